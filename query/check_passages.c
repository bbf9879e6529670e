/* check_passages.c - which passages there are, where, and what is marked of them:
 * lengths, bitmaps and maps of segments, forward records of pending comments. Every
 * live comment's passages come to stand in one place; whether they say what its
 * text says is check_text.c's business. */
#include "check_internal.h"

#include "pending.h"

#include <inttypes.h>

enum { MAP_ENTRY = 6, BITS_BYTES = AQ_BITS_CHUNK / 8 };

/* Rows of a segment that is being written, or was when its writer was killed, are
 * there before it is listed: nobody reads them. */
static enum aq_status find_segment(struct aq_check *c, enum aq_table table, uint32_t id, int *index)
{
    *index = aq_check_segment_index(c, id);
    if (*index < 0 && id != c->t.state.inflight)
        return aq_check_fault(c, aq_check_table_name(table), "there are rows of segment %u, which is not listed", id);
    return AQ_OK;
}

/* ---- lengths ---- */

static enum aq_status length_row(struct aq_check *c, void *context, struct aq_slice key, struct aq_slice payload)
{
    int i;
    uint64_t tokens = 0;
    (void)context;
    if (key.len != 4)
        return aq_check_fault(c, "norm", "a key has %zu bytes instead of 4", key.len);
    enum aq_status st = find_segment(c, AQ_TABLE_NORM, aq_unkey32(key.ptr), &i);
    if (st || i < 0)
        return st;
    const struct aq_segment_info *info = &c->t.segments[i].info;
    for (size_t k = 0; k < payload.len; k++)
        tokens += payload.ptr[k];
    if (payload.len != info->passages || tokens != info->tokens)
        return aq_check_fault(c, "norm", "segment %u has lengths of %zu passages with %" PRIu64
                              " words, its record says %u with %" PRIu64, info->id, payload.len, tokens,
                              info->passages, info->tokens);
    c->segments[i].has_lengths = true;
    return AQ_OK;
}

/* ---- bitmaps ---- */

static enum aq_status bits_row(struct aq_check *c, void *context, struct aq_slice key, struct aq_slice payload)
{
    uint8_t *const maps[] = {[AQ_BITS_DELETED] = c->deleted, [AQ_BITS_HIDDEN] = c->hidden, [AQ_BITS_QUOTE] = c->quote};
    int i;
    (void)context;
    if (key.len != 9 || key.ptr[4] >= AQ_COUNT(maps))
        return aq_check_fault(c, "bits", "a row's key is not one of a bitmap");
    uint32_t id = aq_unkey32(key.ptr), chunk = aq_unkey32(key.ptr + 5);
    uint8_t kind = key.ptr[4];
    enum aq_status st = find_segment(c, AQ_TABLE_BITS, id, &i);
    if (st || i < 0)
        return st;
    uint32_t passages = c->t.segments[i].info.passages;
    uint64_t first = (uint64_t)chunk * AQ_BITS_CHUNK;
    if (first >= passages || payload.len != BITS_BYTES)
        return aq_check_fault(c, "bits", "row %u of kind %u of segment %u has %zu bytes, and the segment %u passages",
                              chunk, kind, id, payload.len, passages);
    for (uint32_t k = 0; k < BITS_BYTES; k++) {
        uint64_t docid = first + 8 * (uint64_t)k;
        unsigned most = docid >= passages ? 0 : passages - docid < 8 ? (unsigned)(passages - docid) : 8;
        if (payload.ptr[k] >> most)
            return aq_check_fault(c, "bits", "row %u of kind %u of segment %u marks passages beyond its last, %u",
                                  chunk, kind, id, passages - 1);
        if (payload.ptr[k])
            maps[kind][(c->segments[i].base + docid) >> 3] = payload.ptr[k];
        if (kind == AQ_BITS_DELETED)
            c->segments[i].deleted += (unsigned)__builtin_popcount(payload.ptr[k]);
    }
    return AQ_OK;
}

/* ---- maps ---- */

static enum aq_status map_entry(struct aq_check *c, int i, uint32_t comment, uint32_t ordinal)
{
    struct aq_check_segment *s = &c->segments[i];
    uint32_t id = c->t.segments[i].info.id, docid = s->mapped, passage = s->base + docid;
    bool gone = aq_check_bit(c->deleted, passage);
    bool goes_on = docid > 0 && comment == s->comment && ordinal == s->ordinal + 1;

    if (comment >= c->t.state.next_comment && !(gone && comment == AQ_NO_COMMENT))
        return aq_check_fault(c, "map", "docid %u of segment %u belongs to comment %u of %u", docid, id, comment,
                              c->t.state.next_comment);
    bool again = docid > 0 && comment == s->comment && comment != AQ_NO_COMMENT;
    if ((ordinal > 0 ? !goes_on : again) || ordinal >= AQ_MAX_PASSAGES)
        return aq_check_fault(c, "map", "docid %u of segment %u is passage %u of comment %u, but the one before it is "
                              "passage %u of comment %u", docid, id, ordinal, comment, s->ordinal, s->comment);
    if (ordinal > 0 && gone != aq_check_bit(c->deleted, passage - 1))
        return aq_check_fault(c, "bits", "docid %u of segment %u is %sdeleted, other passages of comment %u there "
                              "are%s", docid, id, gone ? "" : "not ", comment, gone ? " not" : "");
    if (docid > 0 && comment < s->comment)
        s->ascending = false;
    s->comments += ordinal == 0 && comment != AQ_NO_COMMENT;
    s->comment = comment;
    s->ordinal = ordinal;
    s->longest = ordinal >= s->longest ? ordinal + 1 : s->longest;
    s->mapped++;
    if (gone)
        return AQ_OK;
    if (!aq_check_live(c, comment))
        return aq_check_fault(c, "map", "docid %u of segment %u belongs to comment %u, which was deleted", docid, id,
                              comment);
    if (ordinal == 0) {
        if (c->place[comment] != AQ_NOWHERE)
            return aq_check_fault(c, "map", "comment %u stands twice in the index, the second time from docid %u of "
                                  "segment %u on", comment, docid, id);
        c->place[comment] = passage;
    }
    c->passages[comment]++;
    return AQ_OK;
}

/* A row of the order index; its segment's map was walked before. Docids differ where
 * comments do, so as many pairs as comments are all of them. */
static enum aq_status order_row(struct aq_check *c, int i, struct aq_slice key, struct aq_slice payload)
{
    struct aq_check_segment *s = &c->segments[i];
    const struct aq_segment *seg = &c->t.segments[i];
    uint32_t id = seg->info.id;
    struct aq_order_row row;

    if (!aq_order_row_read(&row, aq_unkey32(key.ptr + 8), payload))
        return aq_check_fault(c, "map", "a row of the order index of segment %u, of %zu bytes, is not one", id,
                              payload.len);
    for (uint32_t k = 0; k < row.count; k++) {
        uint32_t comment = row.comments[k], docid = row.docids[k];
        uint32_t there = 0, ordinal = 0;
        if ((int64_t)comment <= s->last_ordered)
            return aq_check_fault(c, "map", "the order index of segment %u does not ascend at comment %u", id, comment);
        if (docid >= s->mapped ||
            aq_segment_locate(&c->t, seg, docid, &there, &ordinal) || there != comment || ordinal)
            return aq_check_fault(c, "map", "the order index of segment %u has comment %u at docid %u, where it does "
                                  "not begin", id, comment, docid);
        s->last_ordered = comment;
        s->ordered++;
    }
    return AQ_OK;
}

static enum aq_status map_row(struct aq_check *c, void *context, struct aq_slice key, struct aq_slice payload)
{
    int i;
    (void)context;
    bool order = key.len == 12 && aq_unkey32(key.ptr + 4) == UINT32_MAX;
    if (key.len != 8 && !order)
        return aq_check_fault(c, "map", "a key of %zu bytes is none of a map", key.len);
    uint32_t id = aq_unkey32(key.ptr), chunk = aq_unkey32(key.ptr + 4);
    enum aq_status st = find_segment(c, AQ_TABLE_MAP, id, &i);
    if (st || i < 0)
        return st;
    struct aq_check_segment *s = &c->segments[i];
    uint32_t left = c->t.segments[i].info.passages - s->mapped;
    if (order)
        return order_row(c, i, key, payload);
    if ((uint64_t)chunk * AQ_MAP_CHUNK != s->mapped || left == 0 ||
        payload.len != (size_t)(left < AQ_MAP_CHUNK ? left : AQ_MAP_CHUNK) * MAP_ENTRY)
        return aq_check_fault(c, "map", "row %u of segment %u has %zu bytes; %u passages came before it, %u are left",
                              chunk, id, payload.len, s->mapped, left);
    for (size_t at = 0; at < payload.len && st == AQ_OK; at += MAP_ENTRY)
        st = map_entry(c, i, aq_load32(payload.ptr + at), aq_load16(payload.ptr + at + 4));
    return st;
}

enum aq_status aq_check_passages(struct aq_check *c)
{
    enum aq_status st = aq_check_table(c, AQ_TABLE_NORM, length_row, NULL);
    if (st == AQ_OK)
        st = aq_check_table(c, AQ_TABLE_BITS, bits_row, NULL);
    if (st == AQ_OK)
        st = aq_check_table(c, AQ_TABLE_MAP, map_row, NULL);
    for (uint32_t i = 0; i < c->t.segment_count && st == AQ_OK; i++) {
        const struct aq_segment_info *info = &c->t.segments[i].info;
        const struct aq_check_segment *s = &c->segments[i];
        if (!s->has_lengths)
            st = aq_check_fault(c, "norm", "segment %u has no lengths", info->id);
        else if (s->mapped != info->passages)
            st = aq_check_fault(c, "map", "segment %u has entries of %u passages out of %u", info->id, s->mapped,
                                info->passages);
        else if (s->longest != info->longest)
            st = aq_check_fault(c, "map", "segment %u has a comment of %u passages, its record says that %u are most",
                                info->id, s->longest, info->longest);
        else if (s->ordered != (s->ascending ? 0 : s->comments))
            st = aq_check_fault(c, "map", "the order index of segment %u has %u comments, it should have %u", info->id,
                                s->ordered, s->ascending ? 0 : s->comments);
        else if (s->deleted != info->deleted)
            st = aq_check_fault(c, "bits", "segment %u has %u tombstones, its record says %u", info->id, s->deleted,
                                info->deleted);
    }
    return st;
}

/* ---- pending comments ---- */

struct totals {
    uint64_t comments, passages, tokens;
    uint32_t next; /* number of the next pending passage */
};

static enum aq_status parse_pending(struct aq_check *c, struct aq_slice key, struct aq_slice payload,
                                    uint32_t *comment, struct aq_pending *p)
{
    if (key.len != 4)
        return aq_check_fault(c, "pend", "a key has %zu bytes instead of 4", key.len);
    *comment = aq_unkey32(key.ptr);
    if (aq_pending_parse(p, payload) || p->passage_count > AQ_MAX_PASSAGES)
        return aq_check_fault(c, "pend", "the record of comment %u cannot be read", *comment);
    if (*comment >= c->t.state.next_comment || !aq_check_live(c, *comment))
        return aq_check_fault(c, "pend", "there is a record of comment %u, which is not in the index", *comment);
    return AQ_OK;
}

static enum aq_status count_row(struct aq_check *c, void *context, struct aq_slice key, struct aq_slice payload)
{
    struct totals *sum = context;
    struct aq_pending p = {0};
    uint32_t comment = 0;
    enum aq_status st = parse_pending(c, key, payload, &comment, &p);
    if (st)
        return st;
    sum->comments++;
    sum->passages += p.passage_count;
    for (uint32_t i = 0; i < p.passage_count; i++)
        sum->tokens += p.passages[2 * (size_t)i];
    return AQ_OK;
}

enum aq_status aq_check_pending_totals(struct aq_check *c)
{
    const struct aq_state *s = &c->t.state;
    struct totals sum = {0};
    enum aq_status st = aq_check_table(c, AQ_TABLE_PEND, count_row, &sum);
    if (st == AQ_OK && (sum.comments != s->pend_comments || sum.passages != s->pend_passages ||
                        sum.tokens != s->pend_tokens))
        st = aq_check_fault(c, "pend", "there are %" PRIu64 " comments, %" PRIu64 " passages and %" PRIu64
                            " words, the state record says %u, %u and %" PRIu64, sum.comments, sum.passages,
                            sum.tokens, s->pend_comments, s->pend_passages, s->pend_tokens);
    return st;
}

/* One term of a pending comment; its passages begin at number `base`. */
static enum aq_status pending_term(struct aq_check *c, uint32_t comment, uint32_t base,
                                   const struct aq_pending_term *t)
{
    uint16_t positions[256], codes[256];
    char name[AQ_QUOTED_BYTES];
    uint64_t term_hash = aq_hash(t->term);
    size_t at = 0;
    uint32_t ordinal, tf;
    bool bad = false;

    while (aq_pending_posting(t, &at, &ordinal, &tf, positions, codes, &bad)) {
        if (ordinal >= c->passages[comment] || tf > c->left[base + ordinal])
            return aq_check_fault(c, "pend", "comment %u has the term %s in passage %u more often than fits there",
                                  comment, aq_check_quoted(t->term, name), ordinal);
        c->left[base + ordinal] = (uint8_t)(c->left[base + ordinal] - tf);
        for (uint32_t i = 0; i < tf; i++) {
            struct aq_slice form;
            if (codes[i] >= t->form_count || !aq_pending_form(t, codes[i], &form))
                return aq_check_fault(c, "pend", "comment %u has the term %s in a form that is not there", comment,
                                      aq_check_quoted(t->term, name));
            c->sums[base + ordinal] += aq_check_at(aq_check_word(term_hash, aq_hash(form)), positions[i]);
        }
    }
    return bad ? aq_check_fault(c, "pend", "the postings of %s in comment %u cannot be read",
                                aq_check_quoted(t->term, name), comment)
               : AQ_OK;
}

static enum aq_status pending_row(struct aq_check *c, void *context, struct aq_slice key, struct aq_slice payload)
{
    struct totals *sum = context;
    struct aq_pending p = {0};
    struct aq_pending_term term;
    uint32_t comment = 0, base = sum->next, terms = 0;
    size_t at = 0;
    bool bad = false;
    char name[AQ_QUOTED_BYTES];
    enum aq_status st = parse_pending(c, key, payload, &comment, &p);

    if (st)
        return st;
    if (c->place[comment] != AQ_NOWHERE)
        return aq_check_fault(c, "pend", "comment %u is pending and in a segment as well", comment);
    /* A comment without a word has a record and no passages. */
    c->place[comment] = p.passage_count ? base : AQ_NOWHERE;
    c->passages[comment] = (uint16_t)p.passage_count;
    sum->next += p.passage_count;
    for (uint32_t i = 0; i < p.passage_count; i++) {
        c->left[base + i] = p.passages[2 * (size_t)i];
        if (p.passages[2 * (size_t)i + 1] & AQ_PENDING_HIDDEN)
            aq_check_set_bit(c->hidden, base + i);
        if (p.passages[2 * (size_t)i + 1] & AQ_PENDING_QUOTE)
            aq_check_set_bit(c->quote, base + i);
    }
    for (; st == AQ_OK && aq_pending_next(&p, &at, &term, &bad); terms++) {
        if (terms >= p.term_count || aq_load32(p.hashes + 4 * (size_t)terms) != (uint32_t)aq_hash(term.term))
            return aq_check_fault(c, "pend", "term %u of comment %u, %s, stands under another's hash", terms, comment,
                                  aq_check_quoted(term.term, name));
        st = pending_term(c, comment, base, &term);
    }
    if (st == AQ_OK && (bad || terms != p.term_count))
        st = aq_check_fault(c, "pend", "the record of comment %u has %u terms, %u can be read", comment, p.term_count,
                            terms);
    for (uint32_t i = 0; st == AQ_OK && i < p.passage_count; i++)
        if (c->left[base + i])
            st = aq_check_fault(c, "pend", "passage %u of comment %u has %u words, %u of them without a posting", i,
                                comment, p.passages[2 * (size_t)i], c->left[base + i]);
    return st;
}

enum aq_status aq_check_pending(struct aq_check *c)
{
    struct totals sum = {.next = c->pend_base};
    return aq_check_table(c, AQ_TABLE_PEND, pending_row, &sum);
}
