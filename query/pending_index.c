/* pending_index.c - see pending_index.h. */
#include "pending_index.h"

#include "pending_walk.h"

#include <stdlib.h>

enum { MOST_BYTES = 16 << 20 }; /* of records that are copied; more are few, and passed over */

/* ---- passages ---- */

enum aq_status aq_pending_passages_add(struct aq_pending_passages *p, uint32_t comment,
                                       const struct aq_pending *record)
{
    if (record->passage_count > AQ_MAX_PASSAGES || record->passage_count >= AQ_DOCID_END - p->count)
        return AQ_CORRUPT;
    for (uint32_t i = 0; i < record->passage_count; i++, p->count++) {
        if (p->count % AQ_BITS_CHUNK == 0) {
            static const uint8_t zeros[AQ_BITS_CHUNK / 8];
            aq_buf_put(&p->hidden, zeros, sizeof zeros);
            aq_buf_put(&p->quote, zeros, sizeof zeros);
        }
        aq_buf_u8(&p->lengths, record->passages[2 * i]);
        aq_buf_u32(&p->rows, comment);
        aq_buf_u16(&p->rows, (uint16_t)i);
        if (p->hidden.failed || p->quote.failed)
            return AQ_NOMEM;
        uint8_t flags = record->passages[2 * i + 1], bit = (uint8_t)(1u << (p->count & 7));
        if (flags & AQ_PENDING_HIDDEN)
            p->hidden.ptr[p->count >> 3] |= bit;
        if (flags & AQ_PENDING_QUOTE)
            p->quote.ptr[p->count >> 3] |= bit;
    }
    return p->lengths.failed || p->rows.failed ? AQ_NOMEM : AQ_OK;
}

void aq_pending_passages_free(struct aq_pending_passages *p)
{
    aq_buf_free(&p->lengths);
    aq_buf_free(&p->rows);
    aq_buf_free(&p->hidden);
    aq_buf_free(&p->quote);
    *p = (struct aq_pending_passages){0};
}

/* ---- the records ---- */

enum { HASH = 4 };

/* Copies what is looked up later; the pointers follow in settle_places. */
static enum aq_status copy_record(void *context, uint32_t comment, const struct aq_pending *record, bool *enough,
                                  struct aq_error *err)
{
    struct aq_pending_index *x = context;
    size_t hashes = (size_t)record->term_count * HASH;
    struct aq_pending_place place = {*record, x->passages.count};
    if (hashes + record->terms.len > MOST_BYTES - x->bytes.len) {
        *enough = true;
        x->too_large = true;
        return AQ_OK;
    }
    enum aq_status st = aq_pending_passages_add(&x->passages, comment, record);
    aq_buf_put(&x->bytes, record->hashes, hashes);
    aq_buf_put(&x->bytes, record->terms.ptr, record->terms.len);
    if (st == AQ_NOMEM || x->bytes.failed ||
        !aq_grow(&x->places, &x->place_cap, x->place_count + 1, sizeof *x->places))
        return aq_fail_nomem(err);
    x->places[x->place_count++] = place;
    x->entry_count += record->term_count;
    return st ? aq_pending_damaged(err) : AQ_OK;
}

static void settle_places(struct aq_pending_index *x)
{
    const uint8_t *at = x->bytes.ptr;
    for (size_t i = 0; i < x->place_count; i++) {
        struct aq_pending *r = &x->places[i].record;
        r->passages = NULL;
        r->hashes = at;
        at += (size_t)r->term_count * HASH;
        r->terms.ptr = at;
        at += r->terms.len;
    }
}

/* ---- buckets: counted, then filled ---- */

static bool make_buckets(struct aq_pending_index *x)
{
    size_t size = 1;
    while (size < x->entry_count)
        size *= 2;
    x->mask = (uint32_t)(size - 1);
    x->starts = calloc(size + 1, sizeof *x->starts);
    x->entries = malloc((x->entry_count + 1) * sizeof *x->entries);
    if (!x->starts || !x->entries)
        return false;
    for (size_t i = 0; i < x->place_count; i++)
        for (uint32_t k = 0; k < x->places[i].record.term_count; k++)
            x->starts[aq_load32(x->places[i].record.hashes + (size_t)k * HASH) & x->mask]++;
    for (size_t bucket = 0, sum = 0; bucket <= size; bucket++) { /* where each ends */
        sum += x->starts[bucket];
        x->starts[bucket] = (uint32_t)sum;
    }
    return true;
}

/* From the last record to the first: each bucket's end moves to its start. False: damage. */
static bool fill_buckets(struct aq_pending_index *x)
{
    for (size_t i = x->place_count; i-- > 0;) {
        const struct aq_pending *r = &x->places[i].record;
        size_t at = 0;
        bool bad = false;
        for (uint32_t k = 0; k < r->term_count; k++) {
            uint32_t hash = aq_load32(r->hashes + (size_t)k * HASH), here = (uint32_t)at;
            if (!aq_pending_skip(r, &at, &bad))
                return false;
            x->entries[--x->starts[hash & x->mask]] = (struct aq_pending_entry){hash, (uint32_t)i, here};
        }
    }
    return true;
}

/* ---- the index ---- */

void aq_pending_index_free(struct aq_pending_index *x)
{
    aq_pending_passages_free(&x->passages);
    aq_buf_free(&x->bytes);
    free(x->places);
    free(x->entries);
    free(x->starts);
    *x = (struct aq_pending_index){0};
}

/* What is kept of the records, but not of which commit they were. */
static void forget(struct aq_pending_index *x)
{
    const struct aq_pending_index kept = *x;
    aq_pending_index_free(x);
    x->commit = kept.commit;
    x->generation = kept.generation;
    x->seen = kept.seen;
    x->too_large = kept.too_large;
}

static enum aq_status make(struct aq_pending_index *x, struct aq_txn *txn, struct aq_error *err)
{
    enum aq_status st = aq_pending_walk(txn, copy_record, x, err);
    if (st || x->too_large)
        return st;
    settle_places(x);
    if (!make_buckets(x))
        return aq_fail_nomem(err);
    return fill_buckets(x) ? AQ_OK : aq_pending_damaged(err);
}

enum aq_status aq_pending_index_get(struct aq_pending_index *x, struct aq_txn *txn, uint32_t generation,
                                    const struct aq_pending_index **index, struct aq_error *err)
{
    bool again = x->seen && x->commit == txn->state.commit && x->generation == generation;
    enum aq_status st = AQ_OK;
    *index = NULL;
    if (!again) {
        forget(x);
        x->commit = txn->state.commit;
        x->generation = generation;
        x->seen = true;
        x->too_large = false;
    } else if (!x->made && !x->too_large && txn->state.pend_comments) {
        st = make(x, txn, err);
        x->made = !st && !x->too_large;
        if (!x->made)
            forget(x);
    }
    *index = x->made ? x : NULL;
    return st;
}
