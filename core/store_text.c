/* store_text.c - the stored text of comments: which bundle and which frame in it has
 * a comment, the frames opened last, and replacing or purging a comment inside its
 * frame. The format of bundles is store_frame.c's, of a comment comment.h's. */
#include "store_internal.h"

#include <stdio.h>

static enum aq_status fail_bundle(struct aq_txn *t, uint32_t first, const char *what, struct aq_error *err)
{
    return aq_fail(err, AQ_CORRUPT, "%s: the text bundle at comment %u %s; run aq check, or rebuild the index",
                   t->store->dir, first, what);
}

/* The bundle that has `comment`, or AQ_NOTFOUND. */
static enum aq_status find_bundle(struct aq_txn *t, uint32_t comment, uint32_t *first, struct aq_bundle *bundle,
                                  struct aq_error *err)
{
    struct aq_slice payload;
    enum aq_status st = aq_row_at(t, AQ_TABLE_TEXT, comment, first, &payload, err);
    if (st)
        return st;
    if (aq_bundle_parse(bundle, payload))
        return fail_bundle(t, *first, "is damaged", err);
    return comment - *first < bundle->count ? AQ_OK : AQ_NOTFOUND;
}

/* Dictionary `number` of this generation; it is looked up each time, because a
 * number may be given anew after its transaction was aborted, but only digested
 * when its checksum is another. NULL with AQ_OK for number 0. */
static enum aq_status dictionary_of(struct aq_txn *t, uint32_t number, struct aq_dictionary **out,
                                    struct aq_error *err)
{
    struct aq_frame_cache *c = &t->scratch->frames;
    struct aq_slice bytes;
    char key[24];
    *out = NULL;
    if (number == 0)
        return AQ_OK;
    snprintf(key, sizeof key, "dict/%u", number);
    if (aq_get(t, AQ_TABLE_META, aq_slice_str(key), &bytes))
        return aq_fail(err, AQ_CORRUPT, "%s: the dictionary %u of its text is missing; rebuild the index",
                       t->store->dir, number);
    uint32_t crc = aq_load32(bytes.ptr + bytes.len);
    if (!c->dictionary || c->dictionary_number != number || c->dictionary_crc != crc) {
        if (crc != aq_record_crc(AQ_TABLE_META, aq_slice_str(key), bytes))
            return aq_fail(err, AQ_CORRUPT, "%s: the dictionary %u of its text is damaged; rebuild the index",
                           t->store->dir, number);
        struct aq_dictionary *d = aq_dictionary_acquire(bytes);
        if (!d)
            return aq_fail_nomem(err);
        aq_dictionary_release(c->dictionary);
        c->dictionary = d;
        c->dictionary_number = number;
        c->dictionary_crc = crc;
    }
    *out = c->dictionary;
    return AQ_OK;
}

/* Opens a bundle's frame into the cache. */
static enum aq_status open_frame(struct aq_txn *t, uint32_t first, const struct aq_bundle *bundle, uint32_t index,
                                 struct aq_open_frame **out, struct aq_error *err)
{
    struct aq_frame_cache *c = &t->scratch->frames;
    struct aq_dictionary *d = NULL;
    struct aq_frame frame;
    uint32_t first_index;
    const ZSTD_DDict *digested = NULL;
    enum aq_status st = dictionary_of(t, bundle->dictionary, &d, err);
    if (st)
        return st;
    if (d && !(digested = aq_dictionary_decompress(d)))
        return aq_fail_nomem(err);
    st = aq_bundle_find(bundle, index, &frame, &first_index) ? aq_frame_unpack(c, &frame, digested, out) : AQ_CORRUPT;
    if (st == AQ_NOMEM)
        return aq_fail_nomem(err);
    if (st)
        return fail_bundle(t, first, "cannot be unpacked", err);
    (*out)->first = first + first_index;
    return AQ_OK;
}

/* The frame that has `comment`, from the cache or opened into it. */
static enum aq_status load_frame(struct aq_txn *t, uint32_t comment, struct aq_open_frame **out, struct aq_error *err)
{
    struct aq_bundle bundle;
    uint32_t first;
    *out = aq_frame_kept(&t->scratch->frames, comment);
    if (*out)
        return AQ_OK;
    enum aq_status st = find_bundle(t, comment, &first, &bundle, err);
    return st ? st : open_frame(t, first, &bundle, comment - first, out, err);
}

static struct aq_slice body_at(const struct aq_open_frame *o, uint32_t index)
{
    uint32_t begin = index ? o->ends[index - 1] : o->bodies;
    return aq_slice(o->raw.ptr + begin, o->ends[index] - begin);
}

enum aq_status aq_text_get_raw(struct aq_txn *t, uint32_t comment, struct aq_arena *arena, struct aq_slice *out,
                               struct aq_error *err)
{
    struct aq_open_frame *o = NULL;
    *out = (struct aq_slice){0};
    enum aq_status st = !t->write && comment >= t->state.next_comment ? AQ_NOTFOUND : load_frame(t, comment, &o, err);
    if (st == AQ_OK && body_at(o, comment - o->first).len == 0)
        st = AQ_NOTFOUND;
    if (st)
        return st == AQ_NOTFOUND ? aq_fail(err, st, "%s has no text of comment %u", t->store->dir, comment) : st;
    *out = aq_arena_copy(arena, body_at(o, comment - o->first));
    return out->ptr ? AQ_OK : aq_fail_nomem(err);
}

enum aq_status aq_text_get(struct aq_txn *t, uint32_t comment, struct aq_arena *arena, struct aq_comment *out,
                           struct aq_error *err)
{
    struct aq_slice bytes;
    struct aq_id stored;
    enum aq_status st = aq_text_get_raw(t, comment, arena, &bytes, err);
    if (st)
        return st;
    st = aq_ident_get(t, comment, &stored, err);
    if (st)
        return st == AQ_NOTFOUND ? aq_fail(err, AQ_CORRUPT, "%s: comment %u has text and no id", t->store->dir, comment)
                                 : st;
    struct aq_slice id = aq_arena_copy(arena, aq_id_slice(&stored));
    return id.ptr ? aq_comment_decode(out, bytes, id, arena, err) : aq_fail_nomem(err);
}

/* ---- writing ---- */

enum aq_status aq_bundle_put(struct aq_txn *t, uint32_t first_comment, struct aq_slice bundle, struct aq_error *err)
{
    uint8_t key[4];
    struct aq_bundle parsed;
    if (aq_bundle_parse(&parsed, bundle) || parsed.count > AQ_NO_COMMENT - first_comment)
        return aq_fail(err, AQ_INVALID, "%s: this is no bundle of text", t->store->dir);
    aq_frame_cache_forget(&t->scratch->frames);
    aq_key32(key, first_comment);
    return aq_put(t, AQ_TABLE_TEXT, aq_slice(key, sizeof key), bundle, err);
}

enum aq_status aq_bundle_delete_range(struct aq_txn *t, uint32_t from, uint32_t to, struct aq_error *err)
{
    uint8_t bytes[4];
    MDB_cursor *cursor;
    MDB_val key, value;
    if (!t->write)
        return aq_fail(err, AQ_INVALID, "%s: deleting needs a write transaction", t->store->dir);
    aq_frame_cache_forget(&t->scratch->frames);
    int rc = mdb_cursor_open(t->txn, t->scratch->env->tables[AQ_TABLE_TEXT], &cursor);
    if (rc)
        return aq_txn_fail(t, err, rc, "deleting text");
    for (;;) {
        aq_key32(bytes, from);
        key = (MDB_val){sizeof bytes, bytes};
        rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
        if (rc || key.mv_size != sizeof bytes || aq_unkey32(key.mv_data) >= to)
            break;
        rc = mdb_cursor_del(cursor, 0);
        if (rc)
            break;
    }
    mdb_cursor_close(cursor);
    return rc && rc != MDB_NOTFOUND ? aq_txn_fail(t, err, rc, "deleting text") : AQ_OK;
}

static enum aq_status put_emitted(void *context, uint32_t first_comment, struct aq_slice bundle, struct aq_error *err)
{
    return aq_bundle_put(context, first_comment, bundle, err);
}

enum aq_status aq_text_writer_begin(struct aq_txn *t, struct aq_text_writer **out, struct aq_error *err)
{
    struct aq_dictionary *d;
    *out = NULL;
    enum aq_status st = dictionary_of(t, t->state.dictionary, &d, err);
    if (st)
        return st;
    *out = aq_text_writer_with(d, t->state.dictionary);
    return *out ? AQ_OK : aq_fail_nomem(err);
}

static void drop_packer(struct aq_scratch *x)
{
    aq_text_writer_free(x->packer);
    x->packer = NULL;
}

/* The packer of replaced comments, under a bundle's dictionary. */
static enum aq_status packer_for(struct aq_txn *t, uint32_t dictionary, struct aq_text_writer **out,
                                 struct aq_error *err)
{
    struct aq_scratch *x = t->scratch;
    struct aq_dictionary *d;
    *out = NULL;
    enum aq_status st = dictionary_of(t, dictionary, &d, err);
    if (st)
        return st;
    uint32_t crc = d ? x->frames.dictionary_crc : 0;
    if (x->packer && (x->packer_number != dictionary || x->packer_crc != crc))
        drop_packer(x);
    if (!x->packer) {
        x->packer = aq_text_writer_with(d, dictionary);
        if (!x->packer)
            return aq_fail_nomem(err);
        x->packer_number = dictionary;
        x->packer_crc = crc;
    }
    *out = x->packer;
    return AQ_OK;
}

/* Packs an open frame again, with one body replaced. */
static enum aq_status repack_frame(struct aq_txn *t, struct aq_text_writer *w, struct aq_open_frame *o,
                                   uint32_t comment, struct aq_slice encoded, struct aq_error *err)
{
    /* Putting a bundle voids the cache: take the frame's memory over meanwhile. */
    struct aq_open_frame own = *o;
    enum aq_status st = AQ_OK;
    *o = (struct aq_open_frame){0};
    for (uint32_t i = 0; i < own.count && st == AQ_OK; i++)
        st = aq_text_writer_add(w, own.first + i, own.first + i == comment ? encoded : body_at(&own, i), put_emitted,
                                t, err);
    aq_buf_free(&own.raw);
    free(own.ends);
    return st;
}

/* Writes a bundle again with one comment replaced. The frames without it stay packed. */
static enum aq_status rewrite(struct aq_txn *t, uint32_t first, const struct aq_bundle *stored, uint32_t comment,
                              struct aq_slice encoded, struct aq_error *err)
{
    struct aq_buf *copy = &t->scratch->bundle;
    struct aq_bundle bundle = *stored;
    struct aq_text_writer *w;
    struct aq_frame_walk walk;
    struct aq_frame frame;
    struct aq_open_frame *open = NULL;
    enum aq_status st = packer_for(t, bundle.dictionary, &w, err);
    if (st == AQ_OK)
        st = open_frame(t, first, &bundle, comment - first, &open, err);
    if (st)
        return st;
    /* What is in the map is void with the first put. */
    aq_buf_clear(copy);
    aq_buf_put(copy, stored->heads.ptr, stored->heads.len);
    if (copy->failed)
        return aq_fail_nomem(err);
    bundle.bodies.ptr = copy->ptr + (stored->bodies.ptr - stored->heads.ptr);
    bundle.heads.ptr = copy->ptr;
    aq_bundle_frames(&bundle, &walk);
    while (st == AQ_OK && aq_bundle_next(&walk, &frame))
        st = comment - first >= walk.first && comment - first < walk.next
                 ? repack_frame(t, w, open, comment, encoded, err)
                 : aq_text_writer_add_frame(w, first + walk.first, &frame, put_emitted, t, err);
    return st ? st : aq_text_writer_finish(w, put_emitted, t, err);
}

/* A comment that has no place yet: a bundle of its own. */
static enum aq_status place_alone(struct aq_txn *t, uint32_t comment, struct aq_slice encoded, struct aq_error *err)
{
    struct aq_text_writer *w;
    enum aq_status st = packer_for(t, t->state.dictionary, &w, err);
    if (st == AQ_OK)
        st = aq_text_writer_add(w, comment, encoded, put_emitted, t, err);
    return st ? st : aq_text_writer_finish(w, put_emitted, t, err);
}

enum aq_status aq_text_replace(struct aq_txn *t, uint32_t comment, struct aq_slice encoded, struct aq_error *err)
{
    struct aq_bundle bundle;
    uint32_t first;
    if (!t->write || comment == AQ_NO_COMMENT)
        return aq_fail(err, AQ_INVALID, "%s: text is written in a write transaction, for a numbered comment",
                       t->store->dir);
    enum aq_status st = find_bundle(t, comment, &first, &bundle, err);
    if (st == AQ_OK)
        st = rewrite(t, first, &bundle, comment, encoded, err);
    else if (st == AQ_NOTFOUND)
        st = encoded.len ? place_alone(t, comment, encoded, err) : AQ_OK; /* nothing to purge */
    if (st)
        drop_packer(t->scratch); /* half a bundle may be gathered in it */
    return st;
}
