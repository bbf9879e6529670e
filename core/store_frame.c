/* store_frame.c - reading bundles: values that hold several frames, each of some
 * consecutive comments compressed together. Format only; it knows no table and no
 * transaction. store_pack.c makes them.
 *
 *   bundle = dictionary varint, frames varint, head{frames}, body{frames}
 *   head   = comments << 1 | compressed varint, raw size varint, body size varint
 *   body   = one zstd frame of raw, or raw as it is
 *   raw    = length varint{comments}, then the comments' bytes end to end
 *
 * A length of 0 stands for a purged comment. */
#include "store_internal.h"

enum {
    HEAD_LEAST = 3,         /* bytes of one frame's head */
    RATIO_SLACK = 64 << 10, /* raw bytes allowed whatever the ratio */
    RATIO_MOST = 1000
};

bool aq_frame_plausible(uint64_t raw_size, size_t body_len)
{
    return raw_size <= AQ_FRAME_RAW_MOST && raw_size <= RATIO_SLACK + (uint64_t)body_len * RATIO_MOST;
}

/* ---- directories ---- */

/* Reads the next head; the body is `bodies` from its offset on, as far as it goes. */
static bool read_head(struct aq_reading *r, struct aq_slice bodies, uint64_t *offset, struct aq_frame *f)
{
    uint32_t comments = aq_read_varint32(r);
    f->raw_size = aq_read_varint32(r);
    uint32_t len = aq_read_varint32(r);
    f->stored = !(comments & 1);
    f->count = comments >> 1;
    if (r->bad || len > bodies.len - *offset || f->count == 0 || f->count > f->raw_size ||
        (f->stored ? f->raw_size != len || f->raw_size > AQ_FRAME_RAW_MOST : !aq_frame_plausible(f->raw_size, len)))
        return false;
    f->body = aq_slice(bodies.ptr + *offset, len);
    *offset += len;
    return true;
}

/* Where the heads end and the bodies begin. */
static bool skip_heads(struct aq_reading *r, uint32_t frames)
{
    for (uint64_t i = 0; i < (uint64_t)frames * HEAD_LEAST && !r->bad; i++)
        aq_read_varint32(r);
    return !r->bad;
}

enum aq_status aq_bundle_parse(struct aq_bundle *b, struct aq_slice payload)
{
    struct aq_reading r = aq_reading_of(payload);
    struct aq_frame f;
    uint64_t offset = 0, comments = 0;
    b->dictionary = aq_read_varint32(&r);
    b->frames = aq_read_varint32(&r);
    if (r.bad || b->frames == 0 || b->frames > aq_reading_left(&r) / HEAD_LEAST)
        return AQ_CORRUPT;
    b->heads = aq_slice(r.p, aq_reading_left(&r));
    if (!skip_heads(&r, b->frames))
        return AQ_CORRUPT;
    b->bodies = aq_slice(r.p, aq_reading_left(&r));
    r = aq_reading_of(b->heads);
    for (uint32_t i = 0; i < b->frames; i++) {
        if (!read_head(&r, b->bodies, &offset, &f))
            return AQ_CORRUPT;
        comments += f.count;
    }
    if (offset != b->bodies.len || comments > UINT32_MAX)
        return AQ_CORRUPT;
    b->count = (uint32_t)comments;
    return AQ_OK;
}

enum aq_status aq_bundle_count(struct aq_slice bundle, uint32_t *comments)
{
    struct aq_bundle b;
    enum aq_status st = aq_bundle_parse(&b, bundle);
    *comments = st ? 0 : b.count;
    return st;
}

void aq_bundle_frames(const struct aq_bundle *b, struct aq_frame_walk *w)
{
    *w = (struct aq_frame_walk){.bundle = b, .heads = aq_reading_of(b->heads)};
}

bool aq_bundle_next(struct aq_frame_walk *w, struct aq_frame *f)
{
    if (w->passed == w->bundle->frames)
        return false;
    w->first = w->next;
    if (!read_head(&w->heads, w->bundle->bodies, &w->offset, f))
        return false; /* not after aq_bundle_parse */
    w->next += f->count;
    w->passed++;
    return true;
}

bool aq_bundle_find(const struct aq_bundle *b, uint32_t index, struct aq_frame *f, uint32_t *first)
{
    struct aq_frame_walk w;
    aq_bundle_frames(b, &w);
    while (aq_bundle_next(&w, f))
        if (index < w.next) {
            *first = w.first;
            return true;
        }
    return false;
}

/* ---- frames ---- */

static enum aq_status index_bodies(struct aq_open_frame *o, uint32_t count, uint32_t raw_size)
{
    struct aq_reading r = aq_reading_of(aq_slice(o->raw.ptr, raw_size));
    uint64_t end = 0;
    if (!aq_grow(&o->ends, &o->ends_cap, count, sizeof *o->ends))
        return AQ_NOMEM;
    for (uint32_t i = 0; i < count; i++) {
        end += aq_read_varint32(&r);
        if (r.bad || end > raw_size)
            return AQ_CORRUPT;
        o->ends[i] = (uint32_t)end;
    }
    if (end != aq_reading_left(&r))
        return AQ_CORRUPT;
    o->bodies = (uint32_t)(r.p - o->raw.ptr);
    for (uint32_t i = 0; i < count; i++)
        o->ends[i] += o->bodies;
    return AQ_OK;
}

struct aq_open_frame *aq_frame_kept(struct aq_frame_cache *c, uint32_t comment)
{
    for (struct aq_open_frame *o = c->kept; o < c->kept + AQ_FRAMES_KEPT; o++)
        if (o->valid && comment - o->first < o->count) {
            o->used = ++c->clock;
            return o;
        }
    return NULL;
}

void aq_frame_cache_forget(struct aq_frame_cache *c)
{
    for (struct aq_open_frame *o = c->kept; o < c->kept + AQ_FRAMES_KEPT; o++)
        o->valid = false;
}

static struct aq_open_frame *choose(struct aq_frame_cache *c, uint32_t raw_size)
{
    struct aq_open_frame *oldest = &c->kept[0];
    if (raw_size > AQ_FRAME_KEPT_MOST)
        return oldest;
    for (struct aq_open_frame *o = c->kept + 1; o < c->kept + AQ_FRAMES_KEPT; o++)
        if (oldest == c->kept || !o->valid || (oldest->valid && o->used < oldest->used))
            oldest = o;
    return oldest;
}

enum aq_status aq_frame_unpack(struct aq_frame_cache *c, const struct aq_frame *f, const ZSTD_DDict *dictionary,
                               struct aq_open_frame **out)
{
    struct aq_open_frame *o = choose(c, f->raw_size);
    *out = o;
    o->valid = false;
    aq_buf_clear(&o->raw);
    uint8_t *raw = aq_buf_reserve(&o->raw, f->raw_size);
    if (!raw)
        return AQ_NOMEM;
    if (f->stored) {
        memcpy(raw, f->body.ptr, f->raw_size);
    } else {
        if (!c->dctx && !(c->dctx = ZSTD_createDCtx()))
            return AQ_NOMEM;
        size_t n = dictionary ? ZSTD_decompress_usingDDict(c->dctx, raw, f->raw_size, f->body.ptr, f->body.len,
                                                           dictionary)
                              : ZSTD_decompressDCtx(c->dctx, raw, f->raw_size, f->body.ptr, f->body.len);
        if (ZSTD_isError(n) || n != f->raw_size)
            return AQ_CORRUPT;
    }
    enum aq_status st = index_bodies(o, f->count, f->raw_size);
    if (st)
        return st;
    o->count = f->count;
    o->valid = true;
    o->used = ++c->clock;
    return AQ_OK;
}

void aq_frame_cache_free(struct aq_frame_cache *c)
{
    ZSTD_freeDCtx(c->dctx);
    aq_dictionary_release(c->dictionary);
    for (struct aq_open_frame *o = c->kept; o < c->kept + AQ_FRAMES_KEPT; o++) {
        aq_buf_free(&o->raw);
        free(o->ends);
    }
    *c = (struct aq_frame_cache){0};
}
