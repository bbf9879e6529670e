/* links.c - what the passages of a commit quote, and what older ones do now that it has
 * come: the tables of fingerprints and of links, and the hidden marks that follow from
 * the links.
 *
 * What a passage quotes depends on the comments that share a fingerprint with it alone
 * (sources.h). So a commit looks again at the passages of older comments that share one
 * with what came or went, and at what quoted a comment that went; at all others it need
 * not look to come out like an index made at once. */
#include "commit_internal.h"

#include "bitmap.h"
#include "hash_sort.h"
#include "prints.h"
#include "sources.h"

/* Comments of a fingerprint before one that changed, beyond which nobody behind it is
 * concerned: sources.c reads no more of them. */
enum { OWNERS_CONCERNED = 16 };

struct linking {
    struct aq_commit *c;
    uint32_t *batch, *older;       /* live comments of the batch that had a number; others to look at again */
    size_t batch_count, older_count, older_cap;
    struct aq_subject *subjects;
    uint32_t *passages;            /* of the batch, beside subjects; AQ_NONE for older comments' */
    size_t subject_count, subject_cap, passage_cap;
    uint64_t *probes;
    size_t probe_count, probe_cap;
    struct aq_buf adds, removes, reversed_adds, reversed_removes;
};

static int ascending(const void *x, const void *y)
{
    const uint32_t *a = x, *b = y;
    return (*a > *b) - (*a < *b);
}

static size_t sort_unique(uint32_t *v, size_t count)
{
    size_t n = 0;
    if (count)
        qsort(v, count, sizeof *v, ascending);
    for (size_t i = 0; i < count; i++)
        if (n == 0 || v[i] != v[n - 1])
            v[n++] = v[i];
    return n;
}

static bool among(const uint32_t *v, size_t count, uint32_t x)
{
    return count && bsearch(&x, v, count, sizeof x, ascending);
}

static bool look_again(struct linking *l, uint32_t comment)
{
    if (!aq_grow(&l->older, &l->older_cap, l->older_count + 1, sizeof *l->older))
        return false;
    l->older[l->older_count++] = comment;
    return true;
}

/* ---- the table of fingerprints ---- */

/* The comment that a passage of the batch belongs to. */
static const struct aq_batch_comment *comment_of(const struct aq_batch *b, uint32_t passage)
{
    size_t low = 0, high = b->comment_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (b->comments[middle].first_passage <= passage)
            low = middle;
        else
            high = middle;
    }
    /* Comments without a passage begin where the next one does. */
    return &b->comments[low];
}

static size_t sort_entries(uint64_t *v, size_t count, bool *failed)
{
    size_t n = 0;
    *failed |= !aq_sort64(v, count);
    for (size_t i = 0; i < count; i++)
        if (n == 0 || v[i] != v[n - 1])
            v[n++] = v[i];
    return n;
}

/* Fingerprint u32, comment u32 of the batch's live passages, ascending. NULL: out of memory. */
static uint64_t *gather_prints(const struct aq_batch *b, size_t *count)
{
    uint64_t *come = malloc((b->print_count + 1) * sizeof *come);
    bool failed = !come;
    uint32_t passage = AQ_NONE;
    const struct aq_batch_comment *x = NULL;
    *count = 0;
    for (size_t i = 0; i < b->print_count && come; i++) {
        uint32_t p = (uint32_t)b->prints[i] >> 1;
        if (p != passage)
            x = comment_of(b, p);
        passage = p;
        if (x->live)
            come[(*count)++] = (b->prints[i] & ~(uint64_t)UINT32_MAX) | x->number;
    }
    if (come)
        *count = sort_entries(come, *count, &failed);
    if (failed) {
        free(come);
        return NULL;
    }
    return come;
}

static enum aq_status change_prints(struct linking *l, const uint64_t *come, size_t count, const uint64_t *gone,
                                    size_t gone_count, struct aq_error *err)
{
    struct aq_commit *c = l->c;
    aq_buf_clear(&c->scratch);
    uint8_t *to = aq_buf_reserve(&c->scratch, (count + gone_count) * AQ_PRINT_ENTRY);
    if (!to)
        return count + gone_count ? aq_fail_nomem(err) : AQ_OK;
    for (size_t i = 0; i < count; i++)
        aq_key64(to + i * AQ_PRINT_ENTRY, come[i]);
    uint8_t *removes = to + count * AQ_PRINT_ENTRY;
    for (size_t i = 0; i < gone_count; i++)
        aq_key64(removes + i * AQ_PRINT_ENTRY, gone[i]);
    return aq_set_change(&c->t, AQ_TABLE_PRINT, aq_slice(to, count * AQ_PRINT_ENTRY),
                         aq_slice(removes, gone_count * AQ_PRINT_ENTRY), err);
}

/* ---- who is concerned ---- */

/* Those behind a comment that changed, among a fingerprint's, and those that quote it. */
static enum aq_status concern(struct linking *l, struct aq_set_reader *r, uint64_t print, bool own,
                              struct aq_error *err)
{
    uint32_t key = (uint32_t)(print >> 32), comment = (uint32_t)print;
    uint8_t from[4];
    const uint8_t *entry;
    enum aq_status st = AQ_OK;
    if (own) {
        size_t before = 0;
        aq_key32(from, key);
        st = aq_set_seek(r, aq_slice(from, sizeof from), &entry, err);
        for (; st == AQ_OK && entry && memcmp(entry, from, 4) == 0 && before < OWNERS_CONCERNED;
             st = aq_set_next(r, &entry, err)) {
            uint32_t other = aq_unkey32(entry + 4);
            if (other < comment)
                before++;
            else if (!look_again(l, other))
                return aq_fail_nomem(err);
        }
    }
    aq_key32(from, key | AQ_PRINT_QUOTE);
    if (st == AQ_OK)
        st = aq_set_seek(r, aq_slice(from, sizeof from), &entry, err);
    for (; st == AQ_OK && entry && memcmp(entry, from, 4) == 0; st = aq_set_next(r, &entry, err))
        if (!look_again(l, aq_unkey32(entry + 4)))
            return aq_fail_nomem(err);
    return st;
}

/* `own`: others' own words may be concerned too; behind a new comment there are none. */
static enum aq_status concern_all(struct linking *l, const uint64_t *prints, size_t count, bool gone,
                                  struct aq_error *err)
{
    struct aq_set_reader r;
    enum aq_status st = aq_set_open(&l->c->t, AQ_TABLE_PRINT, &r, err);
    for (size_t i = 0; i < count && st == AQ_OK; i++) {
        bool again = !gone && i && prints[i] >> 32 == prints[i - 1] >> 32;
        bool own = gone || among(l->batch, l->batch_count, (uint32_t)prints[i]);
        if (prints[i] >> 32 & AQ_PRINT_QUOTE || (again && !own))
            continue;
        st = concern(l, &r, prints[i], own, err);
    }
    aq_set_close(&r);
    return st;
}

/* Whoever quoted a comment that went. */
static enum aq_status concern_quoters(struct linking *l, uint32_t source, struct aq_error *err)
{
    struct aq_set_reader r;
    uint8_t from[4];
    const uint8_t *entry;
    enum aq_status st = aq_set_open(&l->c->t, AQ_TABLE_QUOTED, &r, err);
    aq_key32(from, source);
    if (st == AQ_OK)
        st = aq_set_seek(&r, aq_slice(from, sizeof from), &entry, err);
    for (; st == AQ_OK && entry && memcmp(entry, from, 4) == 0; st = aq_set_next(&r, &entry, err))
        if (!look_again(l, aq_unkey32(entry + 4))) {
            st = aq_fail_nomem(err);
            break;
        }
    aq_set_close(&r);
    return st;
}

/* Not those of the batch, and none that were deleted. */
static void sift_older(struct linking *l)
{
    size_t n = 0, count = sort_unique(l->older, l->older_count);
    for (size_t i = 0; i < count; i++) {
        uint32_t x = l->older[i];
        if (x < l->c->first_new && !among(l->batch, l->batch_count, x) &&
            aq_column_get(&l->c->t, AQ_COL_FLAGS, x) & AQ_LIVE)
            l->older[n++] = x;
    }
    l->older_count = n;
}

/* ---- who looks ---- */

static enum aq_status add_subject(struct linking *l, struct aq_subject s, uint32_t passage, struct aq_error *err)
{
    if (!aq_grow(&l->subjects, &l->subject_cap, l->subject_count + 1, sizeof *l->subjects) ||
        !aq_grow(&l->passages, &l->passage_cap, l->subject_count + 1, sizeof *l->passages))
        return aq_fail_nomem(err);
    l->passages[l->subject_count] = passage;
    l->subjects[l->subject_count++] = s;
    return AQ_OK;
}

static enum aq_status add_probe(struct linking *l, uint32_t key, struct aq_error *err)
{
    if (!aq_grow(&l->probes, &l->probe_cap, l->probe_count + 1, sizeof *l->probes))
        return aq_fail_nomem(err);
    size_t subject = l->subject_count - 1;
    l->probes[l->probe_count++] = (uint64_t)(key & ~(uint32_t)AQ_PRINT_QUOTE) << 32 | subject;
    l->subjects[subject].probes++;
    return AQ_OK;
}

/* The batch's prints are in the order of its passages, its probes first in each. */
static enum aq_status add_batch(struct linking *l, struct aq_error *err)
{
    const struct aq_batch *b = l->c->batch;
    const struct aq_batch_comment *x = NULL;
    uint32_t passage = AQ_NONE;
    enum aq_status st = AQ_OK;
    for (size_t i = 0; i < b->print_count && st == AQ_OK; i++) {
        uint32_t p = (uint32_t)b->prints[i] >> 1;
        if (p != passage)
            x = comment_of(b, p);
        if (!x->live || !(b->prints[i] & 1))
            continue;
        if (p != passage)
            st = add_subject(l, (struct aq_subject){.comment = x->number,
                                                    .ordinal = (uint16_t)(p - x->first_passage),
                                                    .quote = b->passages[p].quote_depth > 0},
                             p, err);
        passage = p;
        if (st == AQ_OK)
            st = add_probe(l, (uint32_t)(b->prints[i] >> 32), err);
    }
    return st;
}

static enum aq_status add_older(struct linking *l, uint32_t number, struct aq_arena *arena, struct aq_wordlist *words,
                                struct aq_prints *prints, struct aq_error *err)
{
    struct aq_comment comment;
    aq_arena_reset(arena);
    enum aq_status st = aq_text_get(&l->c->t, number, arena, &comment, err);
    for (uint32_t k = 0; st == AQ_OK && k < comment.passage_count; k++) {
        const struct aq_passage *p = &comment.passages[k];
        struct aq_subject s = {.comment = number, .ordinal = (uint16_t)k, .quote = p->quote_depth > 0};
        words->count = prints->count = 0;
        if (!aq_wordlist_add(words, aq_slice(comment.text.ptr + p->begin, p->end - p->begin)) ||
            !aq_prints_add(prints, words->v, words->count))
            return aq_fail_nomem(err);
        size_t probes = aq_prints_arrange(prints, s.quote);
        if (probes)
            st = add_subject(l, s, AQ_NONE, err);
        for (size_t i = 0; i < probes && st == AQ_OK; i++)
            st = add_probe(l, prints->v[i], err);
    }
    return st;
}

static enum aq_status add_all_older(struct linking *l, struct aq_error *err)
{
    struct aq_arena arena = {0};
    struct aq_wordlist words = {0};
    struct aq_prints prints = {0};
    enum aq_status st = AQ_OK;
    for (size_t i = 0; i < l->older_count && st == AQ_OK; i++)
        st = add_older(l, l->older[i], &arena, &words, &prints, err);
    aq_arena_free(&arena);
    aq_wordlist_free(&words);
    aq_prints_free(&prints);
    return st;
}

/* ---- what comes of it ---- */

static void put_link(struct aq_buf *to, struct aq_buf *reversed, const struct aq_link *link)
{
    uint8_t entry[AQ_LINK_ENTRY];
    aq_link_entry(entry, link);
    aq_buf_put(to, entry, AQ_LINK_ENTRY);
    aq_quoted_entry(entry, link);
    aq_buf_put(reversed, entry, AQ_QUOTED_ENTRY);
}

/* All links of a comment are to go: as it quoted before, or of a version that went. */
static enum aq_status drop_links(struct linking *l, struct aq_set_reader *r, uint32_t comment, struct aq_error *err)
{
    uint8_t from[4];
    const uint8_t *entry;
    aq_key32(from, comment);
    enum aq_status st = aq_set_seek(r, aq_slice(from, sizeof from), &entry, err);
    for (; st == AQ_OK && entry && memcmp(entry, from, 4) == 0; st = aq_set_next(r, &entry, err)) {
        struct aq_link link = aq_link_read(entry);
        put_link(&l->removes, &l->reversed_removes, &link);
    }
    return st;
}

static enum aq_status drop_all_links(struct linking *l, struct aq_error *err)
{
    const struct aq_batch *b = l->c->batch;
    uint32_t *comments = malloc((l->older_count + b->kill_count + 1) * sizeof *comments);
    size_t count = 0;
    struct aq_set_reader r;
    if (!comments)
        return aq_fail_nomem(err);
    for (size_t i = 0; i < l->older_count; i++)
        comments[count++] = l->older[i];
    for (size_t i = 0; i < b->kill_count; i++)
        comments[count++] = b->kills[i].number;
    count = sort_unique(comments, count);
    enum aq_status st = aq_set_open(&l->c->t, AQ_TABLE_LINK, &r, err);
    for (size_t i = 0; i < count && st == AQ_OK; i++)
        st = drop_links(l, &r, comments[i], err);
    aq_set_close(&r);
    free(comments);
    return st;
}

/* Does an older passage say the same as an earlier one? Where it has a link, that says
 * so; else its mark does. */
static enum aq_status old_repeats(struct linking *l, const struct aq_subject *s, bool *linked, bool *repeats,
                                  struct aq_error *err)
{
    struct aq_link before;
    enum aq_status st = aq_link_get(&l->c->t, s->comment, s->ordinal, &before, err);
    *linked = st == AQ_OK;
    *repeats = *linked && before.repeats;
    return st == AQ_NOTFOUND ? aq_commit_is_hidden(l->c, s->comment, s->ordinal, repeats, err) : st;
}

static enum aq_status settle(struct linking *l, size_t i, struct aq_error *err)
{
    struct aq_commit *c = l->c;
    const struct aq_subject *s = &l->subjects[i];
    struct aq_link link = {s->comment, s->source, s->ordinal, s->coverage, false};
    bool found = s->source != AQ_NO_COMMENT, linked = false;
    enum aq_status st = AQ_OK;
    if (l->passages[i] != AQ_NONE) {
        size_t at = (size_t)c->first_docid + l->passages[i];
        link.repeats = c->hidden[at >> 3] >> (at & 7) & 1;
        if (found && aq_link_hides(&c->t, &link))
            aq_bitmap_set(c->hidden, at, true);
    } else {
        st = old_repeats(l, s, &linked, &link.repeats, err);
        if (st == AQ_OK && (found || linked))
            st = aq_commit_set_hidden(c, s->comment, s->ordinal,
                                      link.repeats || (found && aq_link_hides(&c->t, &link)), err);
    }
    if (found)
        put_link(&l->adds, &l->reversed_adds, &link);
    return st;
}

static int by_link(const void *x, const void *y)
{
    return memcmp(x, y, AQ_LINK_ENTRY);
}

static int by_quoted(const void *x, const void *y)
{
    return memcmp(x, y, AQ_QUOTED_ENTRY);
}

static enum aq_status change_set(struct aq_commit *c, enum aq_table table, struct aq_buf *adds, struct aq_buf *removes,
                                 int (*compare)(const void *, const void *), struct aq_error *err)
{
    size_t width = aq_set_width(table);
    const struct aq_slice none = {0};
    if (adds->failed || removes->failed)
        return aq_fail_nomem(err);
    if (adds->len)
        qsort(adds->ptr, adds->len / width, width, compare);
    if (removes->len)
        qsort(removes->ptr, removes->len / width, width, compare);
    enum aq_status st = aq_set_change(&c->t, table, none, aq_slice(removes->ptr, removes->len), err);
    return st ? st : aq_set_change(&c->t, table, aq_slice(adds->ptr, adds->len), none, err);
}

static enum aq_status settle_all(struct linking *l, struct aq_error *err)
{
    enum aq_status st = aq_commit_find_all(l->c, l->older, l->older_count, err);
    for (size_t i = 0; i < l->subject_count && st == AQ_OK; i++)
        st = settle(l, i, err);
    if (st == AQ_OK)
        st = drop_all_links(l, err);
    if (st == AQ_OK)
        st = change_set(l->c, AQ_TABLE_LINK, &l->adds, &l->removes, by_link, err);
    return st ? st : change_set(l->c, AQ_TABLE_QUOTED, &l->reversed_adds, &l->reversed_removes, by_quoted, err);
}

/* ---- all of it ---- */

static enum aq_status note_batch(struct linking *l, struct aq_error *err)
{
    const struct aq_batch *b = l->c->batch;
    l->batch = malloc((b->comment_count + 1) * sizeof *l->batch);
    if (!l->batch)
        return aq_fail_nomem(err);
    for (size_t i = 0; i < b->comment_count; i++)
        if (b->comments[i].live && b->comments[i].numbered)
            l->batch[l->batch_count++] = b->comments[i].number;
    l->batch_count = sort_unique(l->batch, l->batch_count);
    return AQ_OK;
}

static enum aq_status find_concerned(struct linking *l, const uint64_t *come, size_t count, const uint64_t *gone,
                                     size_t gone_count, struct aq_error *err)
{
    const struct aq_batch *b = l->c->batch;
    enum aq_status st = concern_all(l, gone, gone_count, true, err);
    if (st == AQ_OK && l->c->first_new)
        st = concern_all(l, come, count, false, err);
    for (size_t i = 0; i < b->kill_count && st == AQ_OK; i++)
        st = concern_quoters(l, b->kills[i].number, err);
    if (st == AQ_OK)
        sift_older(l);
    return st;
}

static void linking_free(struct linking *l)
{
    free(l->batch);
    free(l->older);
    free(l->subjects);
    free(l->passages);
    free(l->probes);
    aq_buf_free(&l->adds);
    aq_buf_free(&l->removes);
    aq_buf_free(&l->reversed_adds);
    aq_buf_free(&l->reversed_removes);
}

enum aq_status aq_commit_links(struct aq_commit *c, struct aq_error *err)
{
    const struct aq_batch *b = c->batch;
    struct linking l = {.c = c};
    size_t count = 0;
    bool failed = false;
    uint64_t *come = gather_prints(b, &count);
    size_t gone_count = sort_entries(b->gone_prints, b->gone_print_count, &failed);
    enum aq_status st = come && !failed ? note_batch(&l, err) : aq_fail_nomem(err);

    if (st == AQ_OK)
        st = change_prints(&l, come, count, b->gone_prints, gone_count, err);
    if (st == AQ_OK)
        st = find_concerned(&l, come, count, b->gone_prints, gone_count, err);
    free(come);
    if (st == AQ_OK)
        st = add_batch(&l, err);
    if (st == AQ_OK)
        st = add_all_older(&l, err);
    if (st == AQ_OK)
        st = aq_sources_find(&c->t, l.subjects, l.subject_count, l.probes, l.probe_count, err);
    if (st == AQ_OK)
        st = settle_all(&l, err);
    linking_free(&l);
    return st;
}

/* ---- when a passage begins or ceases to repeat another ---- */

enum aq_status aq_link_set_repeats(struct aq_commit *c, const struct aq_link *link, bool repeats, struct aq_error *err)
{
    struct aq_link after = *link;
    uint8_t old[AQ_LINK_ENTRY], new[AQ_LINK_ENTRY];
    after.repeats = repeats;
    aq_link_entry(old, link);
    aq_link_entry(new, &after);
    return aq_set_change(&c->t, AQ_TABLE_LINK, aq_slice(new, sizeof new), aq_slice(old, sizeof old), err);
}
