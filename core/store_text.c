/* store_text.c - the stored text of comments: which frame has a comment, the last
 * frame opened, and replacing or purging a comment inside its frame. The format of
 * a frame is store_frame.c's, of a comment comment.h's. */
#include "store_internal.h"

#include <stdio.h>

static enum aq_status fail_frame(struct aq_txn *t, uint32_t first, const char *what, struct aq_error *err)
{
    return aq_fail(err, AQ_CORRUPT, "%s: the text frame at comment %u %s; run aq check, or rebuild the index",
                   t->store->dir, first, what);
}

/* The frame that has `comment`, or AQ_NOTFOUND. */
static enum aq_status find_frame(struct aq_txn *t, uint32_t comment, uint32_t *first, struct aq_frame *frame,
                                 struct aq_error *err)
{
    uint8_t bytes[4];
    MDB_cursor *cursor;
    MDB_val key = {sizeof bytes, bytes}, value;
    aq_key32(bytes, comment);
    int rc = mdb_cursor_open(t->txn, t->scratch->env->tables[AQ_TABLE_TEXT], &cursor);
    if (rc)
        return aq_txn_fail(t, err, rc, "reading text");
    rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    if (rc == MDB_NOTFOUND)
        rc = mdb_cursor_get(cursor, &key, &value, MDB_LAST);
    else if (!rc && (key.mv_size != sizeof bytes || memcmp(key.mv_data, bytes, sizeof bytes) != 0))
        rc = mdb_cursor_get(cursor, &key, &value, MDB_PREV);
    mdb_cursor_close(cursor);
    if (rc == MDB_NOTFOUND)
        return AQ_NOTFOUND;
    if (rc)
        return aq_txn_fail(t, err, rc, "reading text");
    if (key.mv_size != sizeof bytes)
        return aq_fail(err, AQ_CORRUPT, "%s: a text frame has a bad key; run aq check, or rebuild the index",
                       t->store->dir);
    *first = aq_unkey32(key.mv_data);
    if (value.mv_size < AQ_CHECKSUM_BYTES ||
        aq_frame_parse(frame, aq_slice(value.mv_data, value.mv_size - AQ_CHECKSUM_BYTES)))
        return fail_frame(t, *first, "is damaged", err);
    return comment - *first < frame->count ? AQ_OK : AQ_NOTFOUND;
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

/* Opens the frame that has `comment` into the cache. */
static enum aq_status load_frame(struct aq_txn *t, uint32_t comment, struct aq_error *err)
{
    struct aq_frame_cache *c = &t->scratch->frames;
    struct aq_dictionary *d = NULL;
    struct aq_frame frame = {0};
    uint32_t first = 0;
    const ZSTD_DDict *digested = NULL;

    if (c->valid && comment - c->first < c->count)
        return AQ_OK;
    enum aq_status st = find_frame(t, comment, &first, &frame, err);
    if (st == AQ_OK)
        st = dictionary_of(t, frame.dictionary, &d, err);
    if (st)
        return st;
    if (d && !(digested = aq_dictionary_decompress(d)))
        return aq_fail_nomem(err);
    st = aq_frame_unpack(c, &frame, digested);
    if (st == AQ_NOMEM)
        return aq_fail_nomem(err);
    if (st)
        return fail_frame(t, first, "cannot be unpacked", err);
    c->first = first;
    return AQ_OK;
}

static struct aq_slice body_at(const struct aq_frame_cache *c, uint32_t index)
{
    uint32_t begin = index ? c->ends[index - 1] : c->bodies;
    return aq_slice(c->raw.ptr + begin, c->ends[index] - begin);
}

enum aq_status aq_text_get_raw(struct aq_txn *t, uint32_t comment, struct aq_arena *arena, struct aq_slice *out,
                               struct aq_error *err)
{
    struct aq_frame_cache *c = &t->scratch->frames;
    *out = (struct aq_slice){0};
    enum aq_status st = !t->write && comment >= t->state.next_comment ? AQ_NOTFOUND : load_frame(t, comment, err);
    if (st == AQ_OK && body_at(c, comment - c->first).len == 0)
        st = AQ_NOTFOUND;
    if (st)
        return st == AQ_NOTFOUND ? aq_fail(err, st, "%s has no text of comment %u", t->store->dir, comment) : st;
    *out = aq_arena_copy(arena, body_at(c, comment - c->first));
    return out->ptr ? AQ_OK : aq_fail_nomem(err);
}

enum aq_status aq_text_get(struct aq_txn *t, uint32_t comment, struct aq_arena *arena, struct aq_comment *out,
                           struct aq_error *err)
{
    struct aq_slice bytes;
    enum aq_status st = aq_text_get_raw(t, comment, arena, &bytes, err);
    return st ? st : aq_comment_decode(out, bytes, arena, err);
}

/* ---- writing ---- */

enum aq_status aq_frame_put(struct aq_txn *t, uint32_t first_comment, struct aq_slice frame, struct aq_error *err)
{
    uint8_t key[4];
    struct aq_frame parsed;
    if (aq_frame_parse(&parsed, frame) || parsed.count > AQ_NO_COMMENT - first_comment)
        return aq_fail(err, AQ_INVALID, "%s: this is no text frame", t->store->dir);
    t->scratch->frames.valid = false;
    aq_key32(key, first_comment);
    return aq_put(t, AQ_TABLE_TEXT, aq_slice(key, sizeof key), frame, err);
}

enum aq_status aq_frame_delete_range(struct aq_txn *t, uint32_t from, uint32_t to, struct aq_error *err)
{
    uint8_t bytes[4];
    MDB_cursor *cursor;
    MDB_val key, value;
    if (!t->write)
        return aq_fail(err, AQ_INVALID, "%s: deleting needs a write transaction", t->store->dir);
    t->scratch->frames.valid = false;
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

static enum aq_status put_emitted(void *context, uint32_t first_comment, struct aq_slice frame, struct aq_error *err)
{
    return aq_frame_put(context, first_comment, frame, err);
}

/* The packer of replaced comments, kept from one to the next. */
static enum aq_status framer_for(struct aq_txn *t, struct aq_frame_writer **out, struct aq_error *err)
{
    struct aq_scratch *x = t->scratch;
    struct aq_dictionary *d;
    enum aq_status st = dictionary_of(t, t->state.dictionary, &d, err);
    if (st)
        return st;
    if (x->framer && (x->framer_dictionary != d || x->framer_number != t->state.dictionary)) {
        aq_frame_writer_free(x->framer);
        aq_dictionary_release(x->framer_dictionary);
        x->framer = NULL;
        x->framer_dictionary = NULL;
    }
    if (!x->framer) {
        x->framer = aq_frame_writer_with(d, t->state.dictionary);
        if (!x->framer)
            return aq_fail_nomem(err);
        aq_dictionary_share(d);
        x->framer_dictionary = d;
        x->framer_number = t->state.dictionary;
    }
    *out = x->framer;
    return AQ_OK;
}

/* Repacks the cached frame with one body replaced. */
static enum aq_status repack(struct aq_txn *t, struct aq_frame_writer *w, uint32_t comment, struct aq_slice encoded,
                             struct aq_error *err)
{
    /* Putting a frame voids the cache: take its memory over meanwhile. */
    struct aq_frame_cache *c = &t->scratch->frames, old = *c;
    enum aq_status st = AQ_OK;
    c->raw = (struct aq_buf){0};
    c->ends = NULL;
    c->ends_cap = 0;
    c->valid = false;
    for (uint32_t i = 0; i < old.count && st == AQ_OK; i++)
        st = aq_frame_writer_add(w, old.first + i, old.first + i == comment ? encoded : body_at(&old, i), put_emitted,
                                 t, err);
    if (st == AQ_OK)
        st = aq_frame_writer_finish(w, put_emitted, t, err);
    aq_buf_free(&c->raw);
    free(c->ends);
    c->raw = old.raw;
    c->ends = old.ends;
    c->ends_cap = old.ends_cap;
    return st;
}

enum aq_status aq_text_replace(struct aq_txn *t, uint32_t comment, struct aq_slice encoded, struct aq_error *err)
{
    struct aq_frame_writer *w = NULL;
    if (!t->write || comment == AQ_NO_COMMENT)
        return aq_fail(err, AQ_INVALID, "%s: text is written in a write transaction, for a numbered comment",
                       t->store->dir);
    enum aq_status st = framer_for(t, &w, err);
    if (st)
        return st;
    st = load_frame(t, comment, err);
    if (st == AQ_OK)
        st = repack(t, w, comment, encoded, err);
    else if (st == AQ_NOTFOUND && encoded.len == 0)
        return AQ_OK; /* nothing to purge */
    else if (st == AQ_NOTFOUND)
        st = aq_frame_writer_add(w, comment, encoded, put_emitted, t, err);
    if (st == AQ_OK)
        st = aq_frame_writer_finish(w, put_emitted, t, err);
    if (st) { /* half a frame may be gathered in it */
        aq_frame_writer_free(t->scratch->framer);
        aq_dictionary_release(t->scratch->framer_dictionary);
        t->scratch->framer = NULL;
        t->scratch->framer_dictionary = NULL;
    }
    return st;
}
