/* commit.c - see commit.h. Everything here happens inside one write transaction;
 * any failure aborts it and the last committed state stands. */
#include "commit.h"

#include "bitmap.h"
#include "commit_internal.h"
#include "forms.h"

/* A commit that fills the map is made again with more room: how much the pages that
 * many deletions touch come to is not known beforehand. */
enum { ATTEMPTS = 3 };

/* ---- older versions leave ---- */

static enum aq_status kill_comment(struct aq_commit *c, const struct aq_batch_kill *k, struct aq_error *err)
{
    struct aq_state *state = &c->t.state;
    struct aq_place place;
    enum aq_status st = aq_commit_locate(c, k->number, &place, err);
    int64_t flags = aq_column_get(&c->t, AQ_COL_FLAGS, k->number);

    if (st)
        return st;
    if (flags & AQ_LIVE) {
        state->comments--;
        state->text_bytes -= k->text_bytes < state->text_bytes ? k->text_bytes : state->text_bytes;
    }
    if (place.where == AQ_PLACE_NEW) {
        for (uint32_t i = 0; i < place.count; i++)
            aq_bitmap_set(c->deleted, place.docid + i, true);
    } else if (place.where == AQ_PLACE_SEGMENT) {
        for (uint32_t i = 0; i < place.count && st == AQ_OK; i++)
            st = aq_segment_set_bit(&c->t, place.segment->info.id, AQ_BITS_DELETED, place.docid + i, true, err);
        place.segment->info.deleted += place.count;
        if (st == AQ_OK)
            st = aq_segment_list(&c->t, &place.segment->info, err);
    } else if (place.where == AQ_PLACE_PENDING) {
        uint8_t key[4];
        struct aq_slice record;
        struct aq_pending p;
        aq_key32(key, k->number);
        st = aq_get(&c->t, AQ_TABLE_PEND, aq_slice(key, 4), &record);
        if (st == AQ_OK && (st = aq_pending_parse(&p, record)) == AQ_OK) {
            state->pend_comments--;
            state->pend_passages -= p.passage_count;
            state->pend_tokens -= p.tokens;
            st = aq_del(&c->t, AQ_TABLE_PEND, aq_slice(key, 4), err);
        }
    }
    /* It waits for its parent no more: another version may have another one. */
    if (st == AQ_OK && k->parent_hash && aq_column_get(&c->t, AQ_COL_PARENT, k->number) == (int64_t)AQ_NO_COMMENT)
        st = aq_ids_remove(&c->t, AQ_ID_AWAITED, k->parent_hash, k->number, err);
    if (st)
        return st;
    return aq_column_set(&c->t, AQ_COL_FLAGS, k->number, flags & ~(int64_t)AQ_LIVE, err);
}

/* ---- names ---- */

static enum aq_status intern_names(struct aq_commit *c, struct aq_error *err)
{
    struct aq_batch *b = c->batch;
    uint32_t first_author = c->t.state.next_author;
    c->names = malloc((b->name_count + 1) * sizeof *c->names);
    if (!c->names)
        return aq_fail_nomem(err);
    for (size_t i = 0; i < b->name_count; i++) {
        struct aq_batch_name *n = &b->names[i];
        enum aq_status st = aq_name_intern(&c->t, n->kind, aq_batch_slice(b, n->name), &c->names[i], err);
        if (st)
            return st;
        if (n->kind == AQ_ID_THREAD) {
            struct aq_thread_info info;
            st = aq_thread_get(&c->t, c->names[i], &info);
            if (st)
                return aq_fail(err, st, "thread %u cannot be read: run aq check", c->names[i]);
            n->root = info.root;
            n->title_hash = info.title_hash;
        }
    }
    return aq_commit_author_words(c, first_author, err);
}

int64_t aq_commit_name(const struct aq_commit *c, uint32_t local)
{
    return local == AQ_NONE ? (int64_t)AQ_NO_COMMENT : (int64_t)c->names[local];
}

/* ---- columns, threads ---- */

static enum aq_status set_root(struct aq_commit *c, const struct aq_batch_comment *x, struct aq_error *err)
{
    struct aq_batch_name *thread = &c->batch->names[x->thread];
    bool post = x->flags & AQ_IS_POST;
    /* A post takes the place of a reply that happened to arrive first. */
    bool take = thread->root == AQ_NO_COMMENT || thread->root == x->number ||
                (post && !(aq_column_get(&c->t, AQ_COL_FLAGS, thread->root) & AQ_IS_POST));
    if (!take || (thread->root == x->number && thread->title_hash == x->title_hash))
        return AQ_OK;
    thread->root = x->number;
    thread->title_hash = x->title_hash;
    return aq_thread_set(&c->t, c->names[x->thread], thread->root, thread->title_hash, err);
}

static enum aq_status put_columns(struct aq_commit *c, const struct aq_batch_comment *x, struct aq_error *err)
{
    struct aq_txn *t = &c->t;
    int64_t thread = aq_commit_name(c, x->thread);
    enum aq_status st = aq_column_set(t, AQ_COL_FLAGS, x->number, AQ_LIVE | x->flags, err);

    if (st == AQ_OK)
        st = aq_column_set(t, AQ_COL_SCORE, x->number, x->score, err);
    if (st == AQ_OK)
        st = aq_column_set(t, AQ_COL_AUTHOR, x->number, aq_commit_name(c, x->author), err);
    if (st == AQ_OK)
        st = aq_column_set(t, AQ_COL_THREAD, x->number, thread, err);
    if (st == AQ_OK)
        st = aq_column_set(t, AQ_COL_TAGS, x->number, aq_commit_name(c, x->tags), err);
    if (st == AQ_OK)
        st = aq_column_set(t, AQ_COL_DATE, x->number, x->date, err);
    if (st == AQ_OK)
        st = aq_column_set(t, AQ_COL_DIGEST, x->number, (int64_t)x->digest, err);
    if (st == AQ_OK)
        st = aq_column_set(t, AQ_COL_SOURCE, x->number, aq_commit_name(c, x->source), err);
    return st ? st : set_root(c, x, err);
}

static enum aq_status put_comments(struct aq_commit *c, struct aq_error *err)
{
    struct aq_batch *b = c->batch;
    for (size_t i = 0; i < b->comment_count; i++) {
        const struct aq_batch_comment *x = &b->comments[i];
        if (!x->live)
            continue;
        enum aq_status st = put_columns(c, x, err);
        if (st)
            return st;
        c->t.state.comments++;
        c->t.state.text_bytes += x->text_bytes;
    }
    return AQ_OK;
}

static enum aq_status put_updates(struct aq_commit *c, struct aq_error *err)
{
    for (size_t i = 0; i < c->batch->update_count; i++) {
        const struct aq_batch_update *u = &c->batch->updates[i];
        if (u->number == AQ_NO_COMMENT)
            continue;
        enum aq_status st = aq_column_set(&c->t, AQ_COL_DATE, u->number, u->date, err);
        if (st == AQ_OK)
            st = aq_column_set(&c->t, AQ_COL_SCORE, u->number, u->score, err);
        if (st == AQ_OK)
            st = aq_column_set(&c->t, AQ_COL_TAGS, u->number, aq_commit_name(c, u->tags), err);
        if (st)
            return st;
    }
    return AQ_OK;
}

/* ---- the two ends of a batch ---- */

static enum aq_status find_killed(struct aq_commit *c, struct aq_error *err)
{
    const struct aq_batch *b = c->batch;
    uint32_t *numbers = malloc((b->kill_count + 1) * sizeof *numbers);
    if (!numbers)
        return aq_fail_nomem(err);
    for (size_t i = 0; i < b->kill_count; i++)
        numbers[i] = b->kills[i].number;
    enum aq_status st = aq_commit_find_all(c, numbers, b->kill_count, err);
    free(numbers);
    return st;
}

/* Kills, names, ids, columns, repeats: the same for both. */
static enum aq_status put_facts(struct aq_commit *c, struct aq_error *err)
{
    enum aq_status st = find_killed(c, err);
    c->first_new = c->t.state.next_comment;
    for (size_t i = 0; i < c->batch->kill_count && st == AQ_OK; i++)
        st = kill_comment(c, &c->batch->kills[i], err);
    /* Rows beyond next_comment are not visible, so the batch's own numbers come first. */
    c->t.state.next_comment = c->batch->next_comment;
    if (st == AQ_OK)
        st = aq_commit_idents(c, err);
    if (st == AQ_OK)
        st = intern_names(c, err);
    if (st == AQ_OK)
        st = aq_commit_members(c, err); /* asks for the threads that the columns have */
    if (st == AQ_OK)
        st = put_comments(c, err);
    if (st == AQ_OK)
        st = aq_commit_ids(c, err);
    if (st == AQ_OK)
        st = aq_commit_parents(c, err);
    if (st == AQ_OK)
        st = put_updates(c, err);
    return st ? st : aq_commit_repeats(c, err);
}

static bool make_bitmaps(struct aq_commit *c, uint32_t passages)
{
    size_t bytes = aq_bitmap_bytes(passages);
    c->passages = passages;
    c->hidden = calloc(1, bytes);
    c->deleted = calloc(1, bytes);
    c->quotes = calloc(1, bytes);
    if (!c->hidden || !c->deleted || !c->quotes)
        return false;
    for (size_t i = 0; i < c->batch->pending_passages; i++) {
        aq_bitmap_set(c->hidden, (uint32_t)i, c->batch->pending_flags[i] & AQ_PENDING_HIDDEN);
        aq_bitmap_set(c->quotes, (uint32_t)i, c->batch->pending_flags[i] & AQ_PENDING_QUOTE);
    }
    c->first_docid = (uint32_t)c->batch->pending_passages;
    for (size_t i = 0; i < c->batch->passage_count; i++)
        aq_bitmap_set(c->quotes, c->first_docid + (uint32_t)i, c->batch->passages[i].quote_depth > 0);
    for (size_t i = 0; i < c->batch->comment_count; i++) {
        const struct aq_batch_comment *x = &c->batch->comments[i];
        for (uint32_t k = 0; !x->live && k < x->passage_count; k++)
            aq_bitmap_set(c->deleted, c->first_docid + x->first_passage + k, true);
    }
    return true;
}

static enum aq_status put_map(struct aq_commit *c, struct aq_error *err)
{
    const struct aq_batch *b = c->batch;
    uint32_t chunk = 0, in_chunk = 0, docid = 0;
    size_t pending = 0, own = 0;
    enum aq_status st = AQ_OK;

    aq_buf_clear(&c->scratch);
    while (st == AQ_OK && (pending < b->pending_count || own < b->comment_count)) {
        bool old = pending < b->pending_count;
        uint32_t number = old ? b->pending[pending].number : b->comments[own].number;
        uint32_t count = old ? b->pending[pending].passage_count : b->comments[own].passage_count;
        if (old)
            pending++;
        else
            own++;
        /* A version that is dead already must not be found in place of the live one. */
        if (count && (c->deleted[docid >> 3] >> (docid & 7) & 1))
            number = AQ_NO_COMMENT;
        docid += count;
        if (count > c->info.longest)
            c->info.longest = count;
        for (uint32_t ordinal = 0; ordinal < count && st == AQ_OK; ordinal++) {
            aq_buf_u32(&c->scratch, number);
            aq_buf_u16(&c->scratch, (uint16_t)ordinal);
            if (++in_chunk == AQ_MAP_CHUNK) {
                st = aq_segment_put_map(&c->t, c->info.id, chunk++, aq_slice(c->scratch.ptr, c->scratch.len), err);
                aq_buf_clear(&c->scratch);
                in_chunk = 0;
            }
        }
        if (c->scratch.failed)
            return aq_fail_nomem(err);
    }
    if (st == AQ_OK && in_chunk)
        st = aq_segment_put_map(&c->t, c->info.id, chunk, aq_slice(c->scratch.ptr, c->scratch.len), err);
    if (st == AQ_OK)
        st = aq_segment_order(&c->t, c->info.id, c->passages, &c->scratch, err);
    return st ? st : aq_segment_put_order(&c->t, c->info.id, aq_slice(c->scratch.ptr, c->scratch.len), err);
}

struct list_target {
    struct aq_txn *t;
    struct aq_segment *segment;
    struct aq_segment_info *info;
    struct aq_forms forms;
};

static enum aq_status append_list(void *context, struct aq_slice term, struct aq_slice list, struct aq_slice positions,
                                  struct aq_error *err)
{
    struct list_target *target = context;
    target->info->bytes += list.len + positions.len;
    enum aq_status st = aq_forms_add_list(&target->forms, term, list, positions, err);
    return st ? st : aq_segment_append(target->t, target->segment, term, list, positions, err);
}

static enum aq_status put_segment(struct aq_commit *c, struct aq_error *err)
{
    struct aq_accumulator *a = c->batch->accumulator;
    struct aq_segment seg;
    enum aq_status st = aq_segment_create(&c->t, c->info.id, &seg, err);
    struct list_target target = {.t = &c->t, .segment = &seg, .info = &c->info};
    struct aq_impact_model model = {c->info.k1, c->info.b, c->info.average_length};

    if (st == AQ_OK)
        st = aq_segment_put_lengths(&c->t, c->info.id, aq_slice(aq_accumulator_lengths(a), c->passages), err);
    if (st == AQ_OK)
        st = put_map(c, err);
    if (st == AQ_OK)
        st = aq_bitmap_put(&c->t, c->info.id, AQ_BITS_QUOTE, c->quotes, c->passages, err);
    if (st == AQ_OK)
        st = aq_bitmap_put(&c->t, c->info.id, AQ_BITS_HIDDEN, c->hidden, c->passages, err);
    if (st == AQ_OK)
        st = aq_bitmap_put(&c->t, c->info.id, AQ_BITS_DELETED, c->deleted, c->passages, err);
    if (st == AQ_OK)
        st = aq_accumulator_write(a, &model, append_list, &target, err);
    if (st == AQ_OK)
        st = aq_forms_put(&target.forms, &c->t, c->info.id, SIZE_MAX, err);
    aq_forms_free(&target.forms);
    for (uint32_t i = 0; i < c->passages; i++)
        c->info.deleted += c->deleted[i >> 3] >> (i & 7) & 1;
    return st ? st : aq_segment_list(&c->t, &c->info, err);
}

/* Every pending comment is in the segment now. */
static enum aq_status drop_pending(struct aq_commit *c, struct aq_error *err)
{
    enum aq_status st = AQ_OK;
    for (size_t i = 0; i < c->batch->pending_count && st == AQ_OK; i++) {
        uint8_t key[4];
        aq_key32(key, c->batch->pending[i].number);
        st = aq_del(&c->t, AQ_TABLE_PEND, aq_slice(key, 4), err);
    }
    c->t.state.pend_comments = 0;
    c->t.state.pend_passages = 0;
    c->t.state.pend_tokens = 0;
    return st;
}

static void commit_free(struct aq_commit *c)
{
    free(c->hidden);
    free(c->deleted);
    free(c->quotes);
    free(c->names);
    free(c->found);
    free(c->flips);
    aq_buf_free(&c->scratch);
}

static enum aq_status commit_segment(struct aq_store *store, struct aq_batch *b, size_t headroom,
                                     struct aq_error *err)
{
    struct aq_commit c = {.batch = b, .segment = true};
    struct aq_accumulator *a = b->accumulator;
    enum aq_status st = aq_txn_begin_write(store, &c.t, headroom, err);

    if (st)
        return st;
    if (!make_bitmaps(&c, aq_accumulator_passages(a))) {
        st = aq_fail_nomem(err);
    } else {
        uint64_t passages = c.passages, tokens = aq_accumulator_tokens(a);
        c.info = (struct aq_segment_info){.id = c.t.state.next_segment,
                                          .passages = c.passages,
                                          .terms = aq_accumulator_terms(a),
                                          .tokens = tokens,
                                          .postings = aq_accumulator_postings(a),
                                          .k1 = AQ_K1,
                                          .b = AQ_B,
                                          .average_length = passages ? (double)tokens / (double)passages : 1};
    }
    if (st == AQ_OK)
        st = put_facts(&c, err);
    if (st == AQ_OK)
        st = aq_commit_bundles(&c, err);
    if (st == AQ_OK)
        st = aq_commit_replaced_text(&c, err);
    if (st == AQ_OK)
        st = aq_commit_links(&c, err);
    if (st == AQ_OK && c.passages) {
        c.t.state.next_segment++;
        st = put_segment(&c, err);
    }
    if (st == AQ_OK)
        st = drop_pending(&c, err);
    if (st == AQ_OK)
        st = aq_txn_commit(&c.t, err);
    else
        aq_txn_end(&c.t);
    commit_free(&c);
    return st;
}

enum aq_status aq_commit_segment(struct aq_store *store, struct aq_batch *b, struct aq_error *err)
{
    size_t headroom = b->bundles.len + aq_accumulator_bytes(b->accumulator) + b->comment_count * 512 +
                      b->passage_count * 96 + 2 * b->overrides.len + ((size_t)64 << 20);
    enum aq_status st = AQ_FULL;
    for (unsigned attempt = 0; st == AQ_FULL && attempt < ATTEMPTS; attempt++)
        st = commit_segment(store, b, headroom << 2 * attempt, err);
    return st;
}

/* ---- pending ---- */

static enum aq_status put_pending(struct aq_commit *c, const struct aq_unit *u, const struct aq_analyzer *analyzer,
                                  struct aq_error *err)
{
    struct aq_batch *b = c->batch;
    size_t passage = 0, token = 0;
    for (size_t i = 0; i < u->comment_count; i++) {
        const struct aq_unit_comment *x = &u->comments[i];
        uint32_t count = (uint32_t)(x->passage_end - passage);
        struct aq_pending_passage *passages = u->passages + passage;
        uint8_t key[4];
        enum aq_status st;

        for (uint32_t k = 0; k < count; k++)
            if (c->hidden[(passage + k) >> 3] >> ((passage + k) & 7) & 1)
                passages[k].flags |= AQ_PENDING_HIDDEN;
        /* b->comments runs beside the unit: a batch of pending comments has one unit */
        if (b->comments[i].live) {
            aq_buf_clear(&c->scratch);
            st = aq_pending_encode(&c->scratch, analyzer, passages, count, u->tokens + token, x->token_end - token);
            if (st)
                return aq_fail(err, st, "a forward record cannot be made: %s", aq_status_name(st));
            aq_key32(key, x->number);
            st = aq_put(&c->t, AQ_TABLE_PEND, aq_slice(key, 4), aq_slice(c->scratch.ptr, c->scratch.len), err);
            if (st)
                return st;
            c->t.state.pend_comments++;
            c->t.state.pend_passages += count;
            for (uint32_t k = 0; k < count; k++)
                c->t.state.pend_tokens += passages[k].length;
        }
        passage = x->passage_end;
        token = x->token_end;
    }
    return AQ_OK;
}

static enum aq_status commit_pending(struct aq_store *store, struct aq_batch *b, const struct aq_unit *unit,
                                     const struct aq_analyzer *analyzer, size_t headroom, struct aq_error *err)
{
    struct aq_commit c = {.batch = b};
    enum aq_status st = aq_txn_begin_write(store, &c.t, headroom, err);

    if (st)
        return st;
    if (!make_bitmaps(&c, (uint32_t)b->passage_count))
        st = aq_fail_nomem(err);
    else
        st = put_facts(&c, err);
    if (st == AQ_OK && unit)
        st = aq_commit_unit_text(&c, unit, err);
    if (st == AQ_OK)
        st = aq_commit_replaced_text(&c, err);
    if (st == AQ_OK)
        st = aq_commit_links(&c, err);
    if (st == AQ_OK && unit)
        st = put_pending(&c, unit, analyzer, err);
    if (st == AQ_OK)
        st = aq_txn_commit(&c.t, err);
    else
        aq_txn_end(&c.t);
    commit_free(&c);
    return st;
}

enum aq_status aq_commit_pending(struct aq_store *store, struct aq_batch *b, const struct aq_unit *unit,
                                 const struct aq_analyzer *analyzer, struct aq_error *err)
{
    size_t headroom = 0; /* the store's default */
    enum aq_status st = AQ_FULL;
    for (unsigned attempt = 0; st == AQ_FULL && attempt < ATTEMPTS; attempt++) {
        st = commit_pending(store, b, unit, analyzer, headroom, err);
        headroom = (size_t)1 << (30 + 2 * attempt);
    }
    return st;
}
