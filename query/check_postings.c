/* check_postings.c - every list of every segment: sound in itself, in order, adding
 * up to the lengths of the passages and to the totals of the segment's record. */
#include "check_internal.h"

#include "utf8.h"

#include <inttypes.h>

/* Numbers of a list's forms (check_internal.h), by code. */
struct words {
    uint64_t term_hash;
    struct aq_check_segment *segment;
    uint64_t *v;
    size_t count, cap;
    bool failed;
};

static bool add_form(void *context, uint32_t code, struct aq_slice form, uint64_t count)
{
    struct words *w = context;
    (void)code;
    if (!aq_grow(&w->v, &w->cap, w->count + 1, sizeof *w->v)) {
        w->failed = true;
        return false;
    }
    uint64_t word = aq_check_word(w->term_hash, aq_hash(form));
    w->v[w->count++] = word;
    w->segment->forms++;
    w->segment->form_sum += aq_check_form(word, count);
    return true;
}

struct postings_walk {
    struct aq_check *c;
    const struct aq_segment *segment;
    uint32_t base;
    struct words words;
    struct aq_cursor cursor;
    struct aq_buf last; /* the term before */
    uint64_t terms, postings, tokens, bytes, blocked;
};

static enum aq_status list_fault(struct postings_walk *p, struct aq_slice term, const char *what)
{
    static const char prefix[] = "postings: "; /* of what aq_postings_validate says */
    char name[AQ_QUOTED_BYTES];
    if (strncmp(what, prefix, sizeof prefix - 1) == 0)
        what += sizeof prefix - 1;
    return aq_check_fault(p->c, "postings", "segment %u, term %s: %s", p->segment->info.id,
                          aq_check_quoted(term, name), what);
}

/* Adds every occurrence to its passage's sum and takes it off its length. */
static enum aq_status add_occurrences(struct postings_walk *p, const struct aq_postings *list)
{
    uint16_t positions[256], codes[256];
    struct aq_cursor *cursor = &p->cursor;
    struct words *w = &p->words;
    uint64_t *sums = p->c->sums + p->base;
    uint8_t *left = p->c->left + p->base;

    w->count = 0;
    w->term_hash = aq_hash(list->term);
    if (aq_postings_forms(list, add_form, w) || w->count != list->form_count)
        return w->failed ? aq_fail_nomem(p->c->err) : list_fault(p, list->term, "its forms cannot be read");
    for (aq_cursor_init(cursor, list); cursor->docid != AQ_DOCID_END; aq_cursor_next(cursor)) {
        uint32_t docid = cursor->docid, tf = aq_cursor_positions(cursor, positions, codes);
        if (tf == 0 || docid >= p->segment->info.passages)
            break;
        if (tf > left[docid])
            return list_fault(p, list->term, "it stands in a passage more often than the passage's length allows");
        left[docid] = (uint8_t)(left[docid] - tf);
        uint64_t sum = 0;
        for (uint32_t i = 0; i < tf; i++)
            sum += aq_check_at(w->v[codes[i]], positions[i]);
        sums[docid] += sum;
        p->postings++;
        p->tokens += tf;
    }
    return cursor->docid == AQ_DOCID_END && !cursor->bad ? AQ_OK
                                                         : list_fault(p, list->term, "its postings cannot be read");
}

static enum aq_status check_list(struct postings_walk *p, struct aq_postings *list)
{
    const struct aq_segment_info *info = &p->segment->info;
    const struct aq_impact_model model = {info->k1, info->b, info->average_length};
    char reason[200];
    struct aq_slice term = list->term;

    if (term.len == 0 || term.len > AQ_TERM_MAX || aq_utf8_valid(term) < term.len)
        return list_fault(p, term, "this is not a term");
    if (p->terms && aq_slice_cmp(aq_slice(p->last.ptr, p->last.len), term) >= 0)
        return list_fault(p, term, "it does not come after the term before it");
    aq_buf_clear(&p->last);
    aq_buf_put(&p->last, term.ptr, term.len);
    if (p->last.failed)
        return aq_fail_nomem(p->c->err);
    list->docid_limit = info->passages;
    const char *wrong = aq_postings_validate(list, p->segment->lengths, info->passages, &model, reason, sizeof reason);
    if (wrong)
        return list_fault(p, term, wrong);
    p->terms++;
    p->bytes += list->list.len + list->positions.len;
    p->blocked += list->blocks > 0;
    return add_occurrences(p, list);
}

static enum aq_status check_totals(struct postings_walk *p)
{
    const struct aq_segment_info *info = &p->segment->info;
    struct aq_check *c = p->c;
    MDB_stat terms, positions;
    char where[AQ_WHERE_BYTES];

    if (mdb_stat(c->t.txn, p->segment->terms, &terms) || mdb_stat(c->t.txn, p->segment->positions, &positions))
        return aq_check_fault(c, "postings", "the lists of segment %u cannot be counted", info->id);
    if (terms.ms_entries != p->terms || positions.ms_entries != p->blocked)
        return aq_check_fault(c, "postings", "segment %u has %zu lists and %zu lists of positions, terms have %" PRIu64
                              " and %" PRIu64 " of them", info->id, terms.ms_entries, positions.ms_entries, p->terms,
                              p->blocked);
    if (p->terms != info->terms || p->postings != info->postings || p->tokens != info->tokens ||
        p->bytes != info->bytes)
        return aq_check_fault(c, "seg", "segment %u has %" PRIu64 " terms, %" PRIu64 " postings, %" PRIu64
                              " words and %" PRIu64 " bytes; its record says %u, %" PRIu64 ", %" PRIu64 " and %" PRIu64,
                              info->id, p->terms, p->postings, p->tokens, p->bytes, info->terms, info->postings,
                              info->tokens, info->bytes);
    for (uint32_t i = 0; i < info->passages; i++)
        if (c->left[p->base + i])
            return aq_check_fault(c, "postings", "%s has %u words, %u of them without a posting",
                                  aq_check_where(c, p->base + i, where), p->segment->lengths[i], c->left[p->base + i]);
    return AQ_OK;
}

static enum aq_status check_segment(struct postings_walk *p, uint64_t done, uint64_t total)
{
    struct aq_check *c = p->c;
    struct aq_term_walk w;
    struct aq_error why;
    bool found;
    enum aq_status st = aq_term_walk_open(&c->t, p->segment, aq_slice("", 0), &w, &found, &why);

    while (st == AQ_OK && found) {
        st = check_list(p, &w.postings);
        if (st)
            goto done;
        if (p->terms % 1024 == 0)
            aq_check_tell(c, "postings", done + p->bytes, total);
        st = aq_term_walk_next(&w, &found, &why);
    }
    if (st == AQ_CORRUPT)
        st = list_fault(p, w.term, "its list cannot be parsed");
    else if (st)
        aq_fail(c->err, st, "%s", why.message);
    else
        st = check_totals(p);
done:
    aq_term_walk_close(&w);
    return st;
}

enum aq_status aq_check_postings(struct aq_check *c)
{
    struct postings_walk p = {.c = c};
    uint64_t done = 0, total = 0;
    enum aq_status st = AQ_OK;
    for (uint32_t i = 0; i < c->t.segment_count; i++)
        total += c->t.segments[i].info.bytes;
    for (uint32_t i = 0; i < c->t.segment_count && st == AQ_OK; i++) {
        p.segment = &c->t.segments[i];
        p.base = c->segments[i].base;
        p.words.segment = &c->segments[i];
        p.terms = p.postings = p.tokens = p.bytes = p.blocked = 0;
        st = check_segment(&p, done, total);
        done += p.bytes;
    }
    free(p.words.v);
    aq_buf_free(&p.last);
    return st;
}
