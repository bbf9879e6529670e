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

/* What a record has of a term. */
static enum aq_status gather_postings(struct aq_pending_scan *s, struct aq_query *q, uint32_t term,
                                      const struct aq_pending *record, const struct aq_pending_term *found,
                                      uint32_t base)
{
    uint16_t positions[256], codes[256];
    bool bad = false;
    size_t at = 0;
    uint32_t ordinal, tf, after = 0;
    while (aq_pending_posting(found, &at, &ordinal, &tf, positions, codes, &bad)) {
        if (ordinal >= record->passage_count || ordinal < after || tf == 0 || tf > 255)
            return AQ_CORRUPT;
        after = ordinal + 1;
        for (uint32_t i = 0; i < tf; i++)
            codes[i] = code_of(q, term, found, codes[i]);
        if (!list_add(&s->gathered[term], base + ordinal, tf, positions, codes))
            return AQ_NOMEM;
    }
    return bad ? AQ_CORRUPT : AQ_OK;
}

static enum aq_status gather_term(struct aq_pending_scan *s, struct aq_query *q, uint32_t term,
                                  const struct aq_pending *record, uint32_t base)
{
    struct aq_pending_term found;
    bool bad = false;
    if (!aq_pending_find(record, q->terms[term].term, q->terms[term].hash, &found, &bad))
        return bad ? AQ_CORRUPT : AQ_OK;
    return gather_postings(s, q, term, record, &found, base);
}

/* ---- by an index ---- */

static enum aq_status gather_indexed(struct aq_pending_scan *s, struct aq_query *q, uint32_t term)
{
    const struct aq_pending_index *x = s->index;
    uint32_t hash = (uint32_t)q->terms[term].hash, bucket = hash & x->mask;
    enum aq_status st = AQ_OK;
    for (uint32_t i = x->starts[bucket]; i < x->starts[bucket + 1] && !st; i++) {
        const struct aq_pending_entry *e = &x->entries[i];
        const struct aq_pending_place *place = &x->places[e->record];
        struct aq_pending_term found;
        size_t at = e->at;
        bool bad = false;
        if (e->hash != hash)
            continue;
        if (!aq_pending_next(&place->record, &at, &found, &bad))
            return AQ_CORRUPT;
        if (aq_slice_eq(found.term, q->terms[term].term))
            st = gather_postings(s, q, term, &place->record, &found, place->base);
    }
    return st;
}

/* ---- by a pass over all records ---- */

struct scan {
    struct aq_pending_scan *result;
    struct aq_query *query;
    struct hash_table table;
};

static enum aq_status scan_record(struct aq_pending_scan *s, struct aq_query *q, const struct hash_table *table,
                                  uint32_t comment, const struct aq_pending *record)
{
    uint32_t base = s->own.count;
    enum aq_status st = aq_pending_passages_add(&s->own, comment, record);
    if (st)
        return st;
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
    return AQ_OK;
}

static enum aq_status told(enum aq_status st, struct aq_error *err)
{
    if (st == AQ_NOMEM)
        return aq_fail_nomem(err);
    return st ? aq_pending_damaged(err) : AQ_OK;
}

static enum aq_status visit(void *context, uint32_t comment, const struct aq_pending *record, bool *enough,
                            struct aq_error *err)
{
    struct scan *s = context;
    (void)enough;
    return told(scan_record(s->result, s->query, &s->table, comment, record), err);
}

static enum aq_status pass_over(struct aq_pending_scan *s, struct aq_txn *txn, struct aq_query *q, struct aq_error *err)
{
    struct scan scan = {.result = s, .query = q};
    if (!table_make(&scan.table, q, &q->arena))
        return aq_fail_nomem(err);
    return aq_pending_walk(txn, visit, &scan, err);
}

enum aq_status aq_pending_scan(struct aq_pending_scan *s, struct aq_txn *txn, struct aq_query *q,
                               const struct aq_pending_index *index, struct aq_error *err)
{
    enum aq_status st = AQ_OK;
    if (txn->state.pend_comments == 0)
        return AQ_OK;
    s->index = index;
    s->list_count = q->term_count;
    s->gathered = calloc(q->term_count + 1, sizeof *s->gathered);
    s->lists = calloc(q->term_count + 1, sizeof *s->lists);
    if (!s->gathered || !s->lists)
        return aq_fail_nomem(err);
    for (size_t i = 0; index && i < q->term_count && !st; i++)
        st = told(gather_indexed(s, q, (uint32_t)i), err);
    if (!index)
        st = pass_over(s, txn, q, err);
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
    aq_pending_passages_free(&s->own);
    *s = (struct aq_pending_scan){0};
}
