/* compact.c - everything as one segment in a new generation: tombstones gone,
 * statistics exact, text in full bundles under a dictionary of its own corpus, and,
 * on request, the text and ids of deleted comments erased. */
#include "commit.h"
#include "writer_internal.h"

enum {
    COPY_STEP = 8 << 20,         /* bytes a transaction while copying */
    SAMPLE_BYTES = 4 << 20,      /* stored text that the dictionary is made of */
    SAMPLE_LEAST = 256 << 10
};

struct compaction {
    struct aq_store *from, *to;
    struct aq_txn source, target;
    size_t written; /* bytes in target so far */
    bool purge;
    struct aq_arena arena;
};

/* Ends the target transaction when it has grown enough, and begins the next. */
static enum aq_status breathe(struct compaction *c, size_t bytes, struct aq_error *err)
{
    c->written += bytes;
    if (c->written < COPY_STEP)
        return AQ_OK;
    c->written = 0;
    enum aq_status st = aq_txn_commit(&c->target, err);
    return st ? st : aq_txn_begin_write(c->to, &c->target, 0, err);
}

/* Rows of a set that has grown at random are two thirds full: put anew, they get full. */
static enum aq_status copy_table(struct compaction *c, enum aq_table table, bool repack, struct aq_error *err)
{
    struct aq_walk w;
    struct aq_buf entries = {0};
    bool found;
    enum aq_status st = aq_walk_open(&c->source, table, true, &w, err);
    if (st)
        return st;
    st = aq_walk_seek(&w, aq_slice("", 0), &found, err);
    while (st == AQ_OK && found) {
        if (!w.checksum_ok)
            st = aq_fail(err, AQ_CORRUPT, "a record is damaged; run aq check");
        else if (repack && !aq_set_unpack(table, w.payload, &entries))
            st = entries.failed ? aq_fail_nomem(err) : aq_fail(err, AQ_CORRUPT, "a record is damaged; run aq check");
        else if (repack)
            st = aq_set_change(&c->target, table, aq_slice(entries.ptr, entries.len), (struct aq_slice){0}, err);
        else
            st = aq_put(&c->target, table, w.key, w.payload, err);
        if (st == AQ_OK)
            st = breathe(c, w.key.len + w.payload.len + 32, err);
        if (st == AQ_OK)
            st = aq_walk_next(&w, &found, err);
    }
    aq_walk_close(&w);
    aq_buf_free(&entries);
    return st;
}

/* ---- text ---- */

/* A comment's stored bytes; empty when it was, or is now, purged. */
static enum aq_status read_text(struct compaction *c, uint32_t number, struct aq_slice *encoded, bool *purged_now,
                                struct aq_error *err)
{
    aq_arena_reset(&c->arena);
    *purged_now = false;
    enum aq_status st = aq_text_get_raw(&c->source, number, &c->arena, encoded, err);
    if (st == AQ_NOTFOUND) {
        *encoded = (struct aq_slice){0};
        return AQ_OK;
    }
    if (st == AQ_OK && c->purge && !(aq_column_get(&c->source, AQ_COL_FLAGS, number) & AQ_LIVE))
        *purged_now = true;
    return st;
}

/* Every k-th comment, so that all of the corpus has a say. */
static enum aq_status train(struct compaction *c, struct aq_buf *dictionary, struct aq_error *err)
{
    struct aq_buf sample = {0};
    size_t *sizes = NULL, count = 0, cap = 0;
    uint64_t total = c->source.state.text_bytes;
    uint32_t stride = (uint32_t)(total / SAMPLE_BYTES) + 1;
    enum aq_status st = AQ_OK;

    for (uint64_t n = 0; st == AQ_OK && n < c->source.state.next_comment && sample.len < SAMPLE_BYTES; n += stride) {
        struct aq_slice encoded;
        bool purged;
        st = read_text(c, (uint32_t)n, &encoded, &purged, err);
        if (st || purged || encoded.len == 0)
            continue;
        aq_buf_put(&sample, encoded.ptr, encoded.len);
        if (!aq_grow(&sizes, &cap, count + 1, sizeof *sizes) || sample.failed)
            st = aq_fail_nomem(err);
        else
            sizes[count++] = encoded.len;
    }
    if (st == AQ_OK && sample.len >= SAMPLE_LEAST && aq_dictionary_make(&sample, sizes, count, dictionary))
        st = aq_fail(err, AQ_INTERNAL, "no compression dictionary could be made");
    aq_buf_free(&sample);
    free(sizes);
    return st;
}

static enum aq_status put_bundle(void *context, uint32_t first_comment, struct aq_slice bundle, struct aq_error *err)
{
    struct compaction *c = context;
    enum aq_status st = aq_bundle_put(&c->target, first_comment, bundle, err);
    return st ? st : breathe(c, bundle.len, err);
}

/* The columns are copied before: a purged comment's flag and id row go here. */
static enum aq_status purge_comment(struct compaction *c, uint32_t number, struct aq_error *err)
{
    struct aq_id id;
    enum aq_status st = aq_ident_get(&c->source, number, &id, err);
    if (st == AQ_OK)
        st = aq_ids_remove(&c->target, AQ_ID_COMMENT, aq_hash(aq_id_slice(&id)), number, err);
    return st ? st : aq_column_set(&c->target, AQ_COL_FLAGS, number, AQ_PURGED, err);
}

static enum aq_status copy_text(struct compaction *c, struct aq_error *err)
{
    struct aq_buf dictionary = {0};
    struct aq_text_writer *f = NULL;
    enum aq_status st = train(c, &dictionary, err);

    if (st == AQ_OK) {
        f = aq_text_writer_new(aq_slice(dictionary.ptr, dictionary.len), dictionary.len ? 1 : 0);
        st = f ? AQ_OK : aq_fail_nomem(err);
    }
    if (st == AQ_OK && dictionary.len)
        st = aq_put(&c->target, AQ_TABLE_META, aq_slice_str("dict/1"), aq_slice(dictionary.ptr, dictionary.len), err);
    c->target.state.dictionary = dictionary.len ? 1 : 0;
    for (uint32_t n = 0; st == AQ_OK && n < c->source.state.next_comment; n++) {
        struct aq_slice encoded;
        bool purged;
        st = read_text(c, n, &encoded, &purged, err);
        if (st == AQ_OK && purged) {
            st = purge_comment(c, n, err);
            encoded = (struct aq_slice){0};
        }
        if (st == AQ_OK)
            st = aq_text_writer_add(f, n, encoded, put_bundle, c, err);
    }
    if (st == AQ_OK)
        st = aq_text_writer_finish(f, put_bundle, c, err);
    if (st == AQ_OK)
        st = aq_set_packed_text(&c->target, c->source.state.next_comment, err);
    aq_text_writer_free(f);
    aq_buf_free(&dictionary);
    return st;
}

/* After the text, which says who is purged: a purged comment's id goes with it. */
static enum aq_status copy_idents(struct compaction *c, struct aq_error *err)
{
    struct aq_ident_writer w;
    enum aq_status st = aq_ident_begin(&c->target, &w, err);
    for (uint32_t n = 0; st == AQ_OK && n < c->source.state.next_comment; n++) {
        struct aq_id id;
        id.len = 0;
        if (!(aq_column_get(&c->target, AQ_COL_FLAGS, n) & AQ_PURGED))
            st = aq_ident_get(&c->source, n, &id, err);
        if (st == AQ_OK)
            st = aq_ident_add(&w, aq_id_slice(&id), err);
        if (st == AQ_OK)
            st = breathe(c, id.len, err);
    }
    if (st) {
        aq_ident_abandon(&w);
        return st;
    }
    return aq_ident_finish(&w, err);
}

/* Replies to purged comments wait for a parent again: one with its id that comes
 * later has another number. */
static enum aq_status release_replies(struct compaction *c, struct aq_error *err)
{
    enum aq_status st = AQ_OK;
    for (uint32_t n = 0; st == AQ_OK && n < c->source.state.next_comment; n++) {
        int64_t parent = aq_column_get(&c->target, AQ_COL_PARENT, n);
        struct aq_comment comment;
        if (parent == (int64_t)AQ_NO_COMMENT || !(aq_column_get(&c->target, AQ_COL_FLAGS, n) & AQ_LIVE) ||
            !(aq_column_get(&c->target, AQ_COL_FLAGS, (uint32_t)parent) & AQ_PURGED))
            continue;
        aq_arena_reset(&c->arena);
        st = aq_text_get(&c->source, n, &c->arena, &comment, err);
        if (st == AQ_OK)
            st = aq_column_set(&c->target, AQ_COL_PARENT, n, AQ_NO_COMMENT, err);
        if (st == AQ_OK)
            st = aq_ids_add(&c->target, AQ_ID_AWAITED, aq_hash(comment.parent), n, err);
        if (st == AQ_OK)
            st = breathe(c, 128, err);
    }
    return st;
}

/* ---- all of it ---- */

static enum aq_status copy_tables(struct compaction *c, struct aq_error *err)
{
    static const enum aq_table tables[] = {AQ_TABLE_COL, AQ_TABLE_ID, AQ_TABLE_NAME, AQ_TABLE_MEMBER, AQ_TABLE_REPEAT,
                                          AQ_TABLE_LINK, AQ_TABLE_QUOTED};
    const struct aq_state *s = &c->source.state;
    enum aq_status st = aq_txn_begin_write(c->to, &c->target, 0, err);

    if (st)
        return st;
    /* First, so that rows of all comments count as visible while they are copied. */
    uint32_t next_segment = c->target.state.next_segment;
    c->target.state = *s;
    c->target.state.next_segment = next_segment > s->next_segment ? next_segment : s->next_segment;
    c->target.state.inflight = 0;
    c->target.state.dictionary = 0;
    c->written = 0;
    for (size_t i = 0; i < AQ_COUNT(tables) && st == AQ_OK; i++)
        st = copy_table(c, tables[i], false, err);
    if (st == AQ_OK)
        st = copy_table(c, AQ_TABLE_PRINT, true, err);
    /* Columns were put as rows: commit before they are edited value by value. */
    if (st == AQ_OK) {
        c->written = COPY_STEP;
        st = breathe(c, 0, err);
    }
    if (st == AQ_OK)
        st = copy_text(c, err);
    if (st == AQ_OK)
        st = copy_idents(c, err);
    if (st == AQ_OK && c->purge)
        st = release_replies(c, err);
    if (st == AQ_OK)
        return aq_txn_commit(&c->target, err);
    aq_txn_end(&c->target);
    return st;
}

static enum aq_status fill(struct aq_store *from, struct aq_store *to, bool purge,
                           const struct aq_merge_options *merging, struct aq_error *err)
{
    struct compaction c = {.from = from, .to = to, .purge = purge};
    uint32_t *ids = NULL;
    size_t count = 0;
    enum aq_status st = aq_txn_begin(from, &c.source, err);

    if (st)
        return st;
    ids = malloc((c.source.segment_count + 1) * sizeof *ids);
    if (!ids)
        st = aq_fail_nomem(err);
    for (; st == AQ_OK && count < c.source.segment_count; count++)
        ids[count] = c.source.segments[count].info.id;
    if (st == AQ_OK)
        st = copy_tables(&c, err);
    aq_txn_end(&c.source);
    aq_arena_free(&c.arena);
    if (st == AQ_OK && count)
        st = aq_merge(from, ids, count, to, merging, err);
    free(ids);
    return st;
}

enum aq_status aq_writer_compact(struct aq_writer *w, unsigned flags, struct aq_error *err)
{
    struct aq_store *next;
    const struct aq_merge_options merging = {flags & AQ_COMPACT_REORDER, w->memory_limit, w->threaded};
    enum aq_status st = aq_writer_flush(w, err);
    if (st)
        return st;
    aq_writer_end_lookup(w);
    st = aq_merger_wait(w->merger, err);
    if (st)
        return st;
    st = aq_store_generation_begin(w->store, &next, err);
    if (st)
        return st;
    st = fill(w->store, next, flags & AQ_COMPACT_PURGE, &merging, err);
    if (st) {
        aq_store_generation_abandon(w->store, next);
        return st;
    }
    st = aq_store_generation_commit(w->store, next, err);
    if (st)
        return st;
    aq_store_close(w->store);
    w->store = next;
    if (flags & AQ_COMPACT_PURGE) { /* titles of purged comments are nobody's */
        aq_hashmap_free(&w->threads);
        w->thread_count = 0;
    }
    aq_builder_use(w->builder, next);
    aq_merger_use(w->merger, next);
    return aq_writer_refresh(w, err);
}
