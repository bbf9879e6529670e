/* store_frame.c - frames: consecutive comments compressed together, near two pages.
 * Format and packing; it knows no table and no transaction.
 *
 *   frame  = kind u8, dictionary varint, count varint, raw size varint, body
 *   kind   = 0x10 body is the raw bytes | 0x11 body is one zstd frame
 *   raw    = count lengths varint, then the comments' bytes end to end
 *
 * A length of 0 stands for a purged comment. A value above AQ_FRAME_BYTES happens
 * only where one comment alone is too big; LMDB gives it whole pages, and the
 * packer fills those with the comments that follow. */
#include "store_internal.h"

#include <stdio.h>

enum {
    KIND_STORED = 0x10,
    KIND_ZSTD = 0x11,
    FRAME_PAYLOAD = AQ_FRAME_BYTES - AQ_CHECKSUM_BYTES, /* two pages */
    PAGE = 4096,
    PAGE_HEADER = 16,
    RAW_TARGET = 96 << 10,  /* raw bytes of a frame, unless one comment is bigger */
    COUNT_MOST = 4096,      /* comments in a frame */
    RATIO_SLACK = 64 << 10, /* raw bytes allowed whatever the ratio */
    RATIO_MOST = 1000,
    ATTEMPTS_MOST = 4,
    HEADER_MOST = 16
};

/* One comment more is tried where it would not quite fit by the estimate: what
 * replies to and quotes its predecessors often compresses better than they did. */
static const double GOOD_FILL = 0.92, FIRST_RATIO = 0.45, LOOKAHEAD = 1.15, ONE_MORE = 0.97, CAUTION = 1.03;

/* ---- reading ---- */

static bool plausible(uint64_t raw_size, size_t body_len)
{
    return raw_size <= AQ_FRAME_RAW_MOST && raw_size <= RATIO_SLACK + (uint64_t)body_len * RATIO_MOST;
}

enum aq_status aq_frame_parse(struct aq_frame *f, struct aq_slice payload)
{
    struct aq_reading r = aq_reading_of(payload);
    uint8_t kind = aq_read_u8(&r);
    f->dictionary = aq_read_varint32(&r);
    f->count = aq_read_varint32(&r);
    f->raw_size = aq_read_varint32(&r);
    f->body = aq_slice(r.p, aq_reading_left(&r));
    f->stored = kind == KIND_STORED;
    if (r.bad || (kind != KIND_STORED && kind != KIND_ZSTD) || f->count == 0 || f->count > f->raw_size ||
        !plausible(f->raw_size, f->body.len) || (f->stored && f->raw_size != f->body.len))
        return AQ_CORRUPT;
    return AQ_OK;
}

static enum aq_status index_bodies(struct aq_frame_cache *c, uint32_t count, uint32_t raw_size)
{
    struct aq_reading r = aq_reading_of(aq_slice(c->raw.ptr, raw_size));
    uint64_t end = 0;
    if (!aq_grow(&c->ends, &c->ends_cap, count, sizeof *c->ends))
        return AQ_NOMEM;
    for (uint32_t i = 0; i < count; i++) {
        end += aq_read_varint32(&r);
        if (r.bad || end > raw_size)
            return AQ_CORRUPT;
        c->ends[i] = (uint32_t)end;
    }
    if (end != aq_reading_left(&r))
        return AQ_CORRUPT;
    c->bodies = (uint32_t)(r.p - c->raw.ptr);
    for (uint32_t i = 0; i < count; i++)
        c->ends[i] += c->bodies;
    return AQ_OK;
}

enum aq_status aq_frame_unpack(struct aq_frame_cache *c, const struct aq_frame *f, const ZSTD_DDict *dictionary)
{
    c->valid = false;
    aq_buf_clear(&c->raw);
    uint8_t *raw = aq_buf_reserve(&c->raw, f->raw_size);
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
    enum aq_status st = index_bodies(c, f->count, f->raw_size);
    if (st)
        return st;
    c->count = f->count;
    c->valid = true;
    return AQ_OK;
}

void aq_frame_cache_free(struct aq_frame_cache *c)
{
    ZSTD_freeDCtx(c->dctx);
    aq_dictionary_release(c->dictionary);
    aq_buf_free(&c->raw);
    free(c->ends);
    *c = (struct aq_frame_cache){0};
}

/* ---- packing ---- */

struct aq_frame_writer {
    ZSTD_CCtx *cctx;
    struct aq_dictionary *dictionary;
    uint32_t number;
    uint32_t first;      /* number of the first gathered comment */
    struct aq_buf bodies; /* of the gathered comments, end to end */
    uint32_t *lengths;
    size_t count, cap;
    double ratio;        /* compressed to raw, of late */
    struct aq_buf raw, best, trial;
    struct aq_frame_writer_stats stats;
};

struct aq_frame_writer *aq_frame_writer_with(struct aq_dictionary *d, uint32_t number)
{
    struct aq_frame_writer *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->ratio = FIRST_RATIO;
    w->number = number;
    w->cctx = ZSTD_createCCtx();
    bool ready = w->cctx && !ZSTD_isError(ZSTD_CCtx_setParameter(w->cctx, ZSTD_c_compressionLevel, 3)) &&
                 !ZSTD_isError(ZSTD_CCtx_setParameter(w->cctx, ZSTD_c_dictIDFlag, 0));
    if (ready && d) {
        const ZSTD_CDict *digested = aq_dictionary_compress(d);
        ready = digested && !ZSTD_isError(ZSTD_CCtx_refCDict(w->cctx, digested));
    }
    if (!ready) {
        aq_frame_writer_free(w);
        return NULL;
    }
    return w;
}

struct aq_frame_writer *aq_frame_writer_new(struct aq_slice dictionary, uint32_t number)
{
    struct aq_dictionary *d = NULL;
    if (dictionary.len && !(d = aq_dictionary_acquire(dictionary)))
        return NULL;
    struct aq_frame_writer *w = aq_frame_writer_with(d, d ? number : 0);
    if (w)
        w->dictionary = d;
    else
        aq_dictionary_release(d);
    return w;
}

void aq_frame_writer_free(struct aq_frame_writer *w)
{
    if (!w)
        return;
    ZSTD_freeCCtx(w->cctx);
    aq_dictionary_release(w->dictionary);
    aq_buf_free(&w->bodies);
    aq_buf_free(&w->raw);
    aq_buf_free(&w->best);
    aq_buf_free(&w->trial);
    free(w->lengths);
    free(w);
}

void aq_frame_writer_get_stats(const struct aq_frame_writer *w, struct aq_frame_writer_stats *out)
{
    *out = w->stats;
}

static size_t varint_size(uint32_t v)
{
    size_t n = 1;
    for (; v >= 0x80; v >>= 7)
        n++;
    return n;
}

/* The largest payload in as many pages as `payload` needs. */
static size_t whole_pages(size_t payload)
{
    if (payload <= FRAME_PAYLOAD)
        return FRAME_PAYLOAD;
    size_t pages = (payload + AQ_CHECKSUM_BYTES + PAGE_HEADER + PAGE - 1) / PAGE;
    return pages * PAGE - PAGE_HEADER - AQ_CHECKSUM_BYTES;
}

/* Packs the first n gathered comments into *out. */
static enum aq_status pack(struct aq_frame_writer *w, size_t n, struct aq_buf *out, size_t *raw_size)
{
    size_t bytes = 0;
    aq_buf_clear(&w->raw);
    aq_buf_clear(out);
    for (size_t i = 0; i < n; i++) {
        aq_buf_varint(&w->raw, w->lengths[i]);
        bytes += w->lengths[i];
    }
    aq_buf_put(&w->raw, w->bodies.ptr, bytes);
    if (w->raw.failed)
        return AQ_NOMEM;
    *raw_size = w->raw.len;
    size_t bound = ZSTD_compressBound(w->raw.len);
    aq_buf_u8(out, KIND_ZSTD);
    aq_buf_varint(out, w->number);
    aq_buf_varint(out, n);
    aq_buf_varint(out, w->raw.len);
    size_t header = out->len;
    uint8_t *body = aq_buf_reserve(out, bound);
    if (!body)
        return AQ_NOMEM;
    size_t len = ZSTD_compress2(w->cctx, body, bound, w->raw.ptr, w->raw.len);
    if (ZSTD_isError(len))
        return AQ_NOMEM; /* the only way it fails with room for the bound */
    w->stats.compressions++;
    w->stats.compressed_raw += w->raw.len;
    if (len >= w->raw.len || !plausible(w->raw.len, len)) {
        out->ptr[0] = KIND_STORED;
        memcpy(out->ptr + header, w->raw.ptr, w->raw.len); /* fits: below the bound */
        len = w->raw.len;
    }
    out->len = header + len;
    return AQ_OK;
}

/* How many of the gathered comments, 1 to `most`, should fit `limit` at this ratio. */
static size_t guess(const struct aq_frame_writer *w, size_t limit, double ratio, size_t most)
{
    double room = ((double)limit - HEADER_MOST) / ratio;
    double raw = 0;
    size_t n = 0;
    while (n < most) {
        raw += w->lengths[n] + (double)varint_size(w->lengths[n]);
        if (n && raw > room)
            break;
        n++;
    }
    return n;
}

static void shift_out(struct aq_frame_writer *w, size_t n)
{
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++)
        bytes += w->lengths[i];
    if (bytes) /* else there may be no buffer at all */
        memmove(w->bodies.ptr, w->bodies.ptr + bytes, w->bodies.len - bytes);
    w->bodies.len -= bytes;
    memmove(w->lengths, w->lengths + n, (w->count - n) * sizeof *w->lengths);
    w->count -= n;
    w->first += (uint32_t)n;
}

/* Makes one frame of as many of the gathered comments as fit: a search between
 * `fits`, the most known to fit, and `over`, the fewest known not to, led by the
 * ratio seen last. Stops when the frame is full enough. */
static enum aq_status cut(struct aq_frame_writer *w, aq_frame_emit *emit, void *context, struct aq_error *err)
{
    size_t fits = 0, over = w->count + 1, limit = FRAME_PAYLOAD;
    double ratio = w->ratio;
    for (unsigned attempt = 0;; attempt++) {
        /* An overshoot costs a compression, a frame a little short costs 3%. */
        size_t n = guess(w, limit, attempt ? ratio : ratio * CAUTION, over - 1), raw_size;
        if (fits && n <= fits)
            n = guess(w, limit, ratio * ONE_MORE, fits + 1);
        if (fits && (n <= fits || attempt >= ATTEMPTS_MOST || (double)w->best.len >= GOOD_FILL * (double)limit))
            break;
        enum aq_status st = pack(w, n, &w->trial, &raw_size);
        if (st)
            return aq_fail_nomem(err);
        ratio = (double)w->trial.len / (double)raw_size;
        if (n == 1 && w->trial.len > limit)
            limit = whole_pages(w->trial.len); /* too big alone */
        if (w->trial.len <= limit) {
            struct aq_buf swap = w->best;
            w->best = w->trial;
            w->trial = swap;
            fits = n;
        } else {
            over = n;
        }
        if (fits + 1 >= over)
            break;
    }
    w->ratio += 0.25 * (ratio - w->ratio);
    w->stats.frames++;
    w->stats.frame_bytes += w->best.len + AQ_CHECKSUM_BYTES;
    w->stats.page_bytes += whole_pages(w->best.len) + AQ_CHECKSUM_BYTES + PAGE_HEADER;
    for (size_t i = 0; i < fits; i++)
        w->stats.raw_bytes += w->lengths[i];
    uint32_t first = w->first;
    shift_out(w, fits);
    return emit(context, first, aq_slice(w->best.ptr, w->best.len), err);
}

/* Enough gathered that the next frame can be cut with some to choose from? */
static bool enough(const struct aq_frame_writer *w)
{
    double packed = (double)(w->bodies.len + 2 * w->count) * w->ratio;
    size_t first = w->lengths[0];
    double limit = (double)whole_pages((size_t)((double)first * w->ratio));
    return packed > limit * LOOKAHEAD || w->bodies.len - first >= RAW_TARGET || w->count >= COUNT_MOST;
}

enum aq_status aq_frame_writer_add(struct aq_frame_writer *w, uint32_t comment, struct aq_slice encoded,
                                   aq_frame_emit *emit, void *context, struct aq_error *err)
{
    enum aq_status st = AQ_OK;
    if (encoded.len > AQ_FRAME_RAW_MOST / 2)
        return aq_fail(err, AQ_INVALID, "a comment of %zu bytes is too long to store", encoded.len);
    if (w->count && comment != w->first + w->count)
        st = aq_frame_writer_finish(w, emit, context, err);
    if (st)
        return st;
    if (w->count == 0)
        w->first = comment;
    if (!aq_grow(&w->lengths, &w->cap, w->count + 1, sizeof *w->lengths))
        return aq_fail_nomem(err);
    aq_buf_put(&w->bodies, encoded.ptr, encoded.len);
    if (w->bodies.failed)
        return aq_fail_nomem(err);
    w->lengths[w->count++] = (uint32_t)encoded.len;
    while (st == AQ_OK && w->count && enough(w))
        st = cut(w, emit, context, err);
    return st;
}

enum aq_status aq_frame_writer_finish(struct aq_frame_writer *w, aq_frame_emit *emit, void *context,
                                      struct aq_error *err)
{
    enum aq_status st = AQ_OK;
    while (st == AQ_OK && w->count)
        st = cut(w, emit, context, err);
    return st;
}
