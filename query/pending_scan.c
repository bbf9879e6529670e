/* pending_scan.c - see pending_scan.h. A record's term hashes are looked up in a
 * table of the query's, so a pass costs the same for one term and for a thousand. */
#include "pending_scan.h"

#include "pending_walk.h"

struct aq_pending_list {
    uint32_t *docids;
    uint32_t *starts;
    uint8_t *freqs;
    uint16_t *positions, *codes;
    size_t docid_cap, start_cap, freq_cap, position_cap, code_cap;
    uint32_t df, used;
};

/* Query terms by the low half of their hash: chains in a small table. */
struct hash_table {
    uint32_t *heads, *next;
    size_t mask;
};

#define NONE UINT32_MAX

static bool table_make(struct hash_table *t, const struct aq_query *q, struct aq_arena *arena)
{
    size_t size = 256;
    while (size < q->term_count * 4)
        size *= 2;
    t->mask = size - 1;
    t->heads = aq_arena_alloc(arena, size * sizeof *t->heads);
    t->next = aq_arena_alloc(arena, (q->term_count + 1) * sizeof *t->next);
    if (!t->heads || !t->next)
        return false;
    memset(t->heads, 0xFF, size * sizeof *t->heads);
    for (size_t i = 0; i < q->term_count; i++) {
        size_t h = (uint32_t)q->terms[i].hash & t->mask;
        t->next[i] = t->heads[h];
        t->heads[h] = (uint32_t)i;
    }
    return true;
}

static bool list_add(struct aq_pending_list *l, uint32_t docid, uint32_t tf, const uint16_t *positions,
                     const uint16_t *codes)
{
    if (!aq_grow(&l->docids, &l->docid_cap, l->df + 1, sizeof *l->docids) ||
        !aq_grow(&l->freqs, &l->freq_cap, l->df + 1, sizeof *l->freqs) ||
        !aq_grow(&l->starts, &l->start_cap, l->df + 2, sizeof *l->starts) ||
        !aq_grow(&l->positions, &l->position_cap, l->used + tf, sizeof *l->positions) ||
        !aq_grow(&l->codes, &l->code_cap, l->used + tf, sizeof *l->codes))
        return false;
    l->docids[l->df] = docid;
    l->freqs[l->df] = (uint8_t)tf;
    l->starts[l->df] = l->used;
    memcpy(l->positions + l->used, positions, tf * sizeof *positions);
    memcpy(l->codes + l->used, codes, tf * sizeof *codes);
    l->used += tf;
    l->starts[++l->df] = l->used;
    return true;
}

/* The query's number for a record's form. */
static uint16_t code_of(struct aq_query *q, uint32_t term, const struct aq_pending_term *t, uint32_t code)
{
    struct aq_slice form;
    if (q->form_count == 0 || !aq_pending_form(t, code, &form))
        return AQ_PENDING_OTHER;
    for (size_t i = 0; i < q->form_count; i++) {
        if (q->forms[i].term == term && aq_slice_eq(q->forms[i].form, form)) {
            q->forms[i].seen = true;
            return (uint16_t)i;
        }
    }
    return AQ_PENDING_OTHER;
}

static enum aq_status gather_term(struct aq_pending_scan *s, struct aq_query *q, uint32_t term,
                                  const struct aq_pending *record, uint32_t base)
{
    uint16_t positions[256], codes[256];
    struct aq_pending_term found;
    bool bad = false;
    if (!aq_pending_find(record, q->terms[term].term, q->terms[term].hash, &found, &bad))
        return bad ? AQ_CORRUPT : AQ_OK;
    size_t at = 0;
    uint32_t ordinal, tf, after = 0;
    while (aq_pending_posting(&found, &at, &ordinal, &tf, positions, codes, &bad)) {
        if (ordinal >= record->passage_count || ordinal < after || tf == 0 || tf > 255)
            return AQ_CORRUPT;
        after = ordinal + 1;
        for (uint32_t i = 0; i < tf; i++)
            codes[i] = code_of(q, term, &found, codes[i]);
        if (!list_add(&s->gathered[term], base + ordinal, tf, positions, codes))
            return AQ_NOMEM;
    }
    return bad ? AQ_CORRUPT : AQ_OK;
}

struct scan {
    struct aq_pending_scan *result;
    struct aq_query *query;
    struct hash_table table;
};

static enum aq_status scan_record(struct aq_pending_scan *s, struct aq_query *q, const struct hash_table *table,
                                  uint32_t comment, const struct aq_pending *record)
{
    enum aq_status st;
    if (record->passage_count > AQ_MAX_PASSAGES || record->passage_count >= AQ_DOCID_END - s->passages)
        return AQ_CORRUPT;
    uint32_t base = s->passages;
    for (uint32_t i = 0; i < record->passage_count; i++, s->passages++) {
        if (s->passages % AQ_BITS_CHUNK == 0) {
            static const uint8_t zeros[AQ_BITS_CHUNK / 8];
            aq_buf_put(&s->hidden, zeros, sizeof zeros);
            aq_buf_put(&s->quote, zeros, sizeof zeros);
        }
        aq_buf_u8(&s->lengths, record->passages[2 * i]);
        aq_buf_u32(&s->rows, comment);
        aq_buf_u16(&s->rows, (uint16_t)i);
        if (s->hidden.failed || s->quote.failed)
            return AQ_NOMEM;
        uint8_t flags = record->passages[2 * i + 1], bit = (uint8_t)(1u << (s->passages & 7));
        if (flags & AQ_PENDING_HIDDEN)
            s->hidden.ptr[s->passages >> 3] |= bit;
        if (flags & AQ_PENDING_QUOTE)
            s->quote.ptr[s->passages >> 3] |= bit;
    }
    for (uint32_t i = 0; i < record->term_count; i++) {
        uint32_t hash = aq_load32(record->hashes + 4 * (size_t)i);
        for (uint32_t term = table->heads[hash & table->mask]; term != NONE; term = table->next[term]) {
            if ((uint32_t)q->terms[term].hash != hash)
                continue;
            /* Two terms of the record with one hash: the first meeting gathered it. */
            const struct aq_pending_list *l = &s->gathered[term];
            if (l->df && l->docids[l->df - 1] >= base)
                continue;
            if ((st = gather_term(s, q, term, record, base)))
                return st;
        }
    }
    return s->lengths.failed || s->rows.failed ? AQ_NOMEM : AQ_OK;
}

static enum aq_status visit(void *context, uint32_t comment, const struct aq_pending *record, bool *enough,
                            struct aq_error *err)
{
    struct scan *s = context;
    enum aq_status st = scan_record(s->result, s->query, &s->table, comment, record);
    (void)enough;
    if (st == AQ_NOMEM)
        return aq_fail_nomem(err);
    return st ? aq_pending_damaged(err) : AQ_OK;
}

enum aq_status aq_pending_scan(struct aq_pending_scan *s, struct aq_txn *txn, struct aq_query *q,
                               struct aq_error *err)
{
    struct scan scan = {.result = s, .query = q};
    if (txn->state.pend_comments == 0)
        return AQ_OK;
    s->list_count = q->term_count;
    s->gathered = calloc(q->term_count + 1, sizeof *s->gathered);
    s->lists = calloc(q->term_count + 1, sizeof *s->lists);
    if (!s->gathered || !s->lists || !table_make(&scan.table, q, &q->arena))
        return aq_fail_nomem(err);
    enum aq_status st = aq_pending_walk(txn, visit, &scan, err);
    for (size_t i = 0; i < q->term_count; i++) {
        const struct aq_pending_list *l = &s->gathered[i];
        s->lists[i] = (struct aq_memory_postings){l->docids, l->freqs, l->starts, l->positions, l->codes, l->df};
    }
    return st;
}

void aq_pending_scan_free(struct aq_pending_scan *s)
{
    for (size_t i = 0; s->gathered && i < s->list_count; i++) {
        struct aq_pending_list *l = &s->gathered[i];
        free(l->docids);
        free(l->starts);
        free(l->freqs);
        free(l->positions);
        free(l->codes);
    }
    free(s->gathered);
    free(s->lists);
    aq_buf_free(&s->lengths);
    aq_buf_free(&s->rows);
    aq_buf_free(&s->hidden);
    aq_buf_free(&s->quote);
    *s = (struct aq_pending_scan){0};
}
