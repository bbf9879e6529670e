/* writer_lookup.c - what the index says of an id, with what this writer has changed and
 * not committed yet. Writes nothing. */
#include "writer_internal.h"

enum aq_status aq_writer_begin_lookup(struct aq_writer *w, struct aq_error *err)
{
    if (w->looking)
        return AQ_OK;
    enum aq_status st = aq_txn_begin(w->store, &w->lookup, err);
    w->looking = st == AQ_OK;
    return st;
}

void aq_writer_end_lookup(struct aq_writer *w)
{
    if (w->looking)
        aq_txn_end(&w->lookup);
    w->looking = false;
}

/* ---- ids ---- */

/* Enough lookups that walking the ids once is cheaper than descending to each. */
enum { FEW_LOOKUPS = 1000 };

static enum aq_status fill_filter(struct aq_writer *w, struct aq_error *err)
{
    struct aq_set_reader r;
    const uint8_t *entry = NULL;
    const uint8_t kind = AQ_ID_COMMENT;
    enum aq_status st = aq_writer_begin_lookup(w, err);
    if (st)
        return st;
    if (!aq_id_filter_make(&w->ids, w->state.next_comment))
        return aq_fail_nomem(err);
    st = aq_set_open(&w->lookup, AQ_TABLE_ID, &r, err);
    if (st == AQ_OK)
        st = aq_set_seek(&r, aq_slice(&kind, 1), &entry, err);
    while (st == AQ_OK && entry && entry[0] == kind) {
        aq_id_filter_add(&w->ids, aq_unkey64(entry + 1));
        st = aq_set_next(&r, &entry, err);
    }
    aq_set_close(&r);
    if (st)
        aq_id_filter_free(&w->ids);
    return st;
}

/* Certainly not an id of the store: most records of an export are new. */
static enum aq_status is_absent(struct aq_writer *w, uint64_t hash, bool *absent, struct aq_error *err)
{
    *absent = false;
    if (!w->ids.words) {
        if (++w->lookups < FEW_LOOKUPS && w->state.next_comment)
            return AQ_OK;
        enum aq_status st = fill_filter(w, err);
        if (st)
            return st;
    }
    *absent = !aq_id_filter_may_have(&w->ids, hash);
    return AQ_OK;
}

void aq_writer_note_ids(struct aq_writer *w, const struct aq_batch *b)
{
    if (!w->ids.words)
        return;
    if (aq_id_filter_full(&w->ids)) { /* made anew, larger, when it is asked */
        aq_id_filter_free(&w->ids);
        return;
    }
    for (size_t i = 0; i < b->comment_count; i++)
        aq_id_filter_add(&w->ids, b->comments[i].id_hash);
}

enum aq_status aq_writer_find(struct aq_writer *w, struct aq_slice id, uint64_t hash, struct aq_standing *s,
                              struct aq_error *err)
{
    enum aq_status st;
    *s = (struct aq_standing){0};
    s->here = aq_batch_find(w->batch, id, hash);
    if (s->here) {
        s->known = true;
        s->live = s->here->live;
        s->number = s->here->number;
        return AQ_OK;
    }
    /* The batch in flight is not readable yet: wait for it where it matters. */
    if (w->flying && (aq_batch_find(w->flying, id, hash) || w->flying->kill_count || w->flying->update_count)) {
        st = aq_writer_land(w, err);
        if (st)
            return st;
    }
    bool absent;
    st = is_absent(w, hash, &absent, err);
    if (st || absent)
        return st;
    st = aq_writer_begin_lookup(w, err);
    if (st)
        return st;
    st = aq_comment_find(&w->lookup, id, &s->number, err);
    if (st == AQ_NOTFOUND)
        return AQ_OK;
    if (st)
        return st;
    size_t at = SIZE_MAX;
    s->known = true;
    s->live = (aq_column_get(&w->lookup, AQ_COL_FLAGS, s->number) & AQ_LIVE) &&
              aq_hashmap_next(&w->batch->killed, aq_hash_number(s->number), &at) == AQ_HASHMAP_NONE;
    return AQ_OK;
}

void aq_writer_facts(struct aq_writer *w, const struct aq_standing *s, struct aq_writer_facts *f)
{
    size_t at = SIZE_MAX;
    uint32_t update = aq_hashmap_next(&w->batch->by_number, aq_hash_number(s->number), &at);
    uint32_t tags;
    *f = (struct aq_writer_facts){0};
    if (s->here) {
        f->date = s->here->date;
        f->score = s->here->score;
        if (s->here->tags != AQ_NONE)
            f->tags = aq_batch_slice(w->batch, w->batch->names[s->here->tags].name);
        return;
    }
    if (update != AQ_HASHMAP_NONE) {
        const struct aq_batch_update *u = &w->batch->updates[update];
        f->date = u->date;
        f->score = u->score;
        if (u->tags != AQ_NONE)
            f->tags = aq_batch_slice(w->batch, w->batch->names[u->tags].name);
        return;
    }
    f->date = aq_column_get(&w->lookup, AQ_COL_DATE, s->number);
    f->score = (int32_t)aq_column_get(&w->lookup, AQ_COL_SCORE, s->number);
    tags = (uint32_t)aq_column_get(&w->lookup, AQ_COL_TAGS, s->number);
    if (tags != AQ_NO_COMMENT)
        aq_name_get(&w->lookup, AQ_ID_TAGS, tags, &f->tags);
}
