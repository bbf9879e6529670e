/* store_pack.c - from comments to bundles. Each frame is compressed once, when it is
 * full: how small it comes out decides nothing but where the bundle ends. That is
 * where the last of its pages is nearly full, of some twenty places to choose from. */
#include "store_internal.h"

enum {
    FRAME_RAW = 4 << 10,    /* raw bytes of a frame, unless it has few comments */
    FRAME_FEW = 4,          /* with fewer comments it goes on, up to FRAME_MOST */
    FRAME_MOST = 8 << 10,  /* unless one comment has more */
    COUNT_MOST = 4096,      /* comments in a frame */
    BUNDLE_MOST = 64 << 10, /* a bundle ends before it has grown beyond this, if it can */
    TABLE_LOG = 17,         /* of the tables over a dictionary, for much text */
    PAGE = 4096,
    PAGE_HEADER = 16
};

/* A frame of the bundle that is being filled. */
struct packed {
    uint32_t count, raw_size, len;
    bool stored;
};

struct aq_text_writer {
    ZSTD_CCtx *cctx;
    struct aq_dictionary *dictionary; /* shared, or NULL */
    uint32_t number;
    uint32_t first; /* number of the bundle's first comment */
    uint32_t next;  /* number of the comment that would go on */

    /* The frame being gathered. */
    struct aq_buf lengths, bodies;
    uint32_t count;

    /* The bundle being gathered. */
    struct packed *frames;
    size_t frame_count, frame_cap;
    struct aq_buf packed; /* their bodies, end to end */

    struct aq_buf raw, out;
    struct aq_text_writer_stats stats;
};

static bool set(ZSTD_CCtx *c, ZSTD_cParameter parameter, int value)
{
    return !ZSTD_isError(ZSTD_CCtx_setParameter(c, parameter, value));
}

static struct aq_text_writer *make_writer(void)
{
    struct aq_text_writer *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->cctx = ZSTD_createCCtx();
    if (!w->cctx || !set(w->cctx, ZSTD_c_compressionLevel, AQ_TEXT_LEVEL) || !set(w->cctx, ZSTD_c_dictIDFlag, 0)) {
        aq_text_writer_free(w);
        return NULL;
    }
    return w;
}

struct aq_text_writer *aq_text_writer_with(struct aq_dictionary *d, uint32_t number)
{
    struct aq_text_writer *w = make_writer();
    if (!w || !d)
        return w;
    const ZSTD_CDict *digested = aq_dictionary_compress(d);
    if (!digested || ZSTD_isError(ZSTD_CCtx_refCDict(w->cctx, digested))) {
        aq_text_writer_free(w);
        return NULL;
    }
    aq_dictionary_share(d);
    w->dictionary = d;
    w->number = number;
    return w;
}

struct aq_text_writer *aq_text_writer_new(struct aq_slice dictionary, uint32_t number)
{
    struct aq_text_writer *w = make_writer();
    if (!w || dictionary.len == 0)
        return w;
    /* Larger tables find more of the dictionary again: 1.3% of the text. */
    if (!set(w->cctx, ZSTD_c_hashLog, TABLE_LOG) || !set(w->cctx, ZSTD_c_chainLog, TABLE_LOG) ||
        ZSTD_isError(ZSTD_CCtx_loadDictionary(w->cctx, dictionary.ptr, dictionary.len))) {
        aq_text_writer_free(w);
        return NULL;
    }
    w->number = number;
    return w;
}

void aq_text_writer_free(struct aq_text_writer *w)
{
    if (!w)
        return;
    ZSTD_freeCCtx(w->cctx);
    aq_dictionary_release(w->dictionary);
    aq_buf_free(&w->lengths);
    aq_buf_free(&w->bodies);
    aq_buf_free(&w->packed);
    aq_buf_free(&w->raw);
    aq_buf_free(&w->out);
    free(w->frames);
    free(w);
}

void aq_text_writer_get_stats(const struct aq_text_writer *w, struct aq_text_writer_stats *out)
{
    *out = w->stats;
}

/* ---- bundles ---- */

static size_t varint_size(uint64_t v)
{
    size_t n = 1;
    for (; v >= 0x80; v >>= 7)
        n++;
    return n;
}

static size_t head_size(const struct packed *f)
{
    return varint_size((uint64_t)f->count << 1) + varint_size(f->raw_size) + varint_size(f->len);
}

/* Bytes that a value takes in whole pages, its checksum included. */
static uint64_t page_bytes(uint64_t payload)
{
    return (payload + AQ_CHECKSUM_BYTES + PAGE_HEADER + PAGE - 1) / PAGE * PAGE;
}

/* With how many of its frames, one or more, the bundle wastes the least share. */
static size_t best_end(const struct aq_text_writer *w)
{
    uint64_t size = varint_size(w->number), best_size = 1, best_waste = UINT64_MAX;
    size_t best = 0;
    for (size_t i = 0; i < w->frame_count; i++) {
        size += head_size(&w->frames[i]) + w->frames[i].len;
        uint64_t payload = size + varint_size(i + 1), waste = page_bytes(payload) - payload;
        /* Sizes are below 2^32, wastes below 2^13. */
        if (best == 0 || waste * best_size <= best_waste * payload) {
            best = i + 1;
            best_size = payload;
            best_waste = waste;
        }
    }
    return best;
}

static enum aq_status emit_bundle(struct aq_text_writer *w, size_t frames, aq_bundle_emit *emit, void *context,
                                  struct aq_error *err)
{
    size_t bytes = 0;
    uint32_t comments = 0, first = w->first;
    aq_buf_clear(&w->out);
    aq_buf_varint(&w->out, w->number);
    aq_buf_varint(&w->out, frames);
    for (size_t i = 0; i < frames; i++) {
        const struct packed *f = &w->frames[i];
        aq_buf_varint(&w->out, (uint64_t)f->count << 1 | !f->stored);
        aq_buf_varint(&w->out, f->raw_size);
        aq_buf_varint(&w->out, f->len);
        bytes += f->len;
        comments += f->count;
    }
    aq_buf_put(&w->out, w->packed.ptr, bytes);
    if (w->out.failed)
        return aq_fail_nomem(err);
    memmove(w->packed.ptr, w->packed.ptr + bytes, w->packed.len - bytes);
    w->packed.len -= bytes;
    memmove(w->frames, w->frames + frames, (w->frame_count - frames) * sizeof *w->frames);
    w->frame_count -= frames;
    w->first += comments;
    w->stats.bundles++;
    w->stats.payload_bytes += w->out.len;
    w->stats.page_bytes += page_bytes(w->out.len);
    return emit(context, first, aq_slice(w->out.ptr, w->out.len), err);
}

/* A frame whose body has been put at the end of w->packed. */
static enum aq_status keep_frame(struct aq_text_writer *w, struct packed f, aq_bundle_emit *emit, void *context,
                                 struct aq_error *err)
{
    enum aq_status st = AQ_OK;
    if (w->packed.failed || !aq_grow(&w->frames, &w->frame_cap, w->frame_count + 1, sizeof *w->frames))
        return aq_fail_nomem(err);
    w->frames[w->frame_count++] = f;
    while (st == AQ_OK && w->frame_count && w->packed.len > BUNDLE_MOST)
        st = emit_bundle(w, best_end(w), emit, context, err);
    return st;
}

/* ---- frames ---- */

static enum aq_status pack(struct aq_text_writer *w, aq_bundle_emit *emit, void *context, struct aq_error *err)
{
    if (w->count == 0)
        return AQ_OK;
    aq_buf_clear(&w->raw);
    aq_buf_put(&w->raw, w->lengths.ptr, w->lengths.len);
    aq_buf_put(&w->raw, w->bodies.ptr, w->bodies.len);
    if (w->raw.failed)
        return aq_fail_nomem(err);
    size_t bound = ZSTD_compressBound(w->raw.len);
    uint8_t *body = aq_buf_reserve(&w->packed, bound);
    if (!body)
        return aq_fail_nomem(err);
    size_t len = ZSTD_compress2(w->cctx, body, bound, w->raw.ptr, w->raw.len);
    if (ZSTD_isError(len))
        return aq_fail_nomem(err); /* the only way it fails with room for the bound */
    struct packed f = {w->count, (uint32_t)w->raw.len, (uint32_t)len, false};
    if (len >= w->raw.len || !aq_frame_plausible(w->raw.len, len)) {
        memcpy(body, w->raw.ptr, w->raw.len); /* fits: below the bound */
        f.stored = true;
        f.len = f.raw_size;
    }
    w->packed.len += f.len;
    w->stats.frames++;
    w->stats.raw_bytes += w->raw.len;
    w->stats.body_bytes += f.len;
    aq_buf_clear(&w->lengths);
    aq_buf_clear(&w->bodies);
    w->count = 0;
    return keep_frame(w, f, emit, context, err);
}

/* A gap in the numbers ends the bundle. */
static enum aq_status go_on(struct aq_text_writer *w, uint32_t comment, aq_bundle_emit *emit, void *context,
                            struct aq_error *err)
{
    if ((w->count || w->frame_count) && comment != w->next) {
        enum aq_status st = aq_text_writer_finish(w, emit, context, err);
        if (st)
            return st;
    }
    if (w->count == 0 && w->frame_count == 0)
        w->first = comment;
    return AQ_OK;
}

/* Long comments quote the ones before: a few of them make each other smaller. */
static bool is_full(const struct aq_text_writer *w, size_t more)
{
    size_t bytes = w->bodies.len + more;
    return w->count && (bytes > (w->count < FRAME_FEW ? FRAME_MOST : FRAME_RAW) || w->count == COUNT_MOST);
}

enum aq_status aq_text_writer_add(struct aq_text_writer *w, uint32_t comment, struct aq_slice encoded,
                                  aq_bundle_emit *emit, void *context, struct aq_error *err)
{
    if (encoded.len > AQ_FRAME_RAW_MOST / 2)
        return aq_fail(err, AQ_INVALID, "a comment of %zu bytes is too long to store", encoded.len);
    enum aq_status st = go_on(w, comment, emit, context, err);
    if (st == AQ_OK && is_full(w, encoded.len))
        st = pack(w, emit, context, err);
    if (st)
        return st;
    aq_buf_varint(&w->lengths, encoded.len);
    aq_buf_put(&w->bodies, encoded.ptr, encoded.len);
    if (w->lengths.failed || w->bodies.failed)
        return aq_fail_nomem(err);
    w->count++;
    w->next = comment + 1;
    return AQ_OK;
}

enum aq_status aq_text_writer_add_frame(struct aq_text_writer *w, uint32_t comment, const struct aq_frame *f,
                                        aq_bundle_emit *emit, void *context, struct aq_error *err)
{
    enum aq_status st = go_on(w, comment, emit, context, err);
    if (st == AQ_OK)
        st = pack(w, emit, context, err);
    if (st)
        return st;
    aq_buf_put(&w->packed, f->body.ptr, f->body.len);
    w->next = comment + f->count;
    return keep_frame(w, (struct packed){f->count, f->raw_size, (uint32_t)f->body.len, f->stored}, emit, context, err);
}

enum aq_status aq_text_writer_finish(struct aq_text_writer *w, aq_bundle_emit *emit, void *context,
                                     struct aq_error *err)
{
    enum aq_status st = pack(w, emit, context, err);
    if (st == AQ_OK && w->frame_count)
        st = emit_bundle(w, w->frame_count, emit, context, err);
    return st;
}
