/* input.c - owns the window's buffer and the reading of UTF-16. Knows nothing of
 * what the bytes mean. */
#include "input.h"

#include "utf8.h"

enum { INPUT_CHUNK = 256 << 10, UTF16_CHUNK = 64 << 10 };

static enum aq_status make_room(struct aq_input *in, size_t need, struct aq_error *err)
{
    if (in->cap - in->end >= need)
        return AQ_OK;
    if (in->pos) {
        memmove(in->buf, in->buf + in->pos, in->end - in->pos);
        in->end -= in->pos;
        in->pos = 0;
    }
    if (in->cap - in->end >= need)
        return AQ_OK;
    return aq_grow(&in->buf, &in->cap, in->end + need, 1) ? AQ_OK : aq_fail_nomem(err);
}

static void put_scalar(struct aq_input *in, uint32_t cp)
{
    in->end += aq_utf8_encode(cp, in->buf + in->end);
}

/* A unit yields at most three bytes, and a lone high surrogate before it three more. */
static void put_unit(struct aq_input *in, uint32_t unit)
{
    if (in->utf16.high) {
        uint32_t high = in->utf16.high;
        in->utf16.high = 0;
        if (unit >= 0xDC00 && unit <= 0xDFFF) {
            put_scalar(in, 0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00));
            return;
        }
        put_scalar(in, 0xFFFD);
    }
    if (unit >= 0xD800 && unit <= 0xDBFF)
        in->utf16.high = unit;
    else
        put_scalar(in, unit >= 0xDC00 && unit <= 0xDFFF ? 0xFFFD : unit);
}

static enum aq_status fill_utf16(struct aq_input *in, struct aq_error *err)
{
    size_t got = 0;
    enum aq_status st = make_room(in, (size_t)UTF16_CHUNK * 2 + 8, err);
    if (!st)
        st =
            aq_stream_read(in->stream, in->utf16.raw + in->utf16.len, UTF16_CHUNK - in->utf16.len, &got, err);
    if (st)
        return st;
    if (got == 0) {
        if (in->utf16.high || in->utf16.len)
            put_scalar(in, 0xFFFD);
        in->utf16.high = 0;
        in->utf16.len = 0;
        in->eof = true;
        return AQ_OK;
    }
    size_t n = in->utf16.len + got, i = 0;
    const uint8_t *p = in->utf16.raw;
    for (; i + 2 <= n; i += 2)
        put_unit(in, in->utf16.order == 1 ? (uint32_t)p[i] | (uint32_t)p[i + 1] << 8
                                          : (uint32_t)p[i] << 8 | p[i + 1]);
    if (i < n)
        in->utf16.raw[0] = p[i];
    in->utf16.len = n - i;
    return AQ_OK;
}

static enum aq_status fill(struct aq_input *in, struct aq_error *err)
{
    if (in->eof)
        return AQ_OK;
    if (in->utf16.order)
        return fill_utf16(in, err);
    size_t got = 0;
    /* A quarter is the least worth a system call; a whole chunk is asked for. */
    enum aq_status st = make_room(in, INPUT_CHUNK / 4, err);
    if (!st)
        st = aq_stream_read(in->stream, in->buf + in->end, in->cap - in->end, &got, err);
    if (st)
        return st;
    in->end += got;
    in->eof = got == 0;
    return AQ_OK;
}

enum aq_status aq_input_more(struct aq_input *in, size_t have, struct aq_error *err)
{
    enum aq_status st = AQ_OK;
    while (!st && !in->eof && in->end - in->pos <= have)
        st = fill(in, err);
    return st;
}

static enum aq_status drop_mark(struct aq_input *in, struct aq_error *err)
{
    enum aq_status st = aq_input_more(in, 2, err);
    if (st)
        return st;
    const uint8_t *p = in->buf;
    if (in->end >= 3 && p[0] == 0xEF && p[1] == 0xBB && p[2] == 0xBF) {
        in->pos = 3;
    } else if (in->end >= 2 && ((p[0] == 0xFF && p[1] == 0xFE) || (p[0] == 0xFE && p[1] == 0xFF))) {
        /* What the first reads brought is transcoded from a copy. */
        size_t n = in->end, i = 2;
        uint8_t *copy = malloc(n);
        in->utf16.raw = malloc(UTF16_CHUNK);
        if (!copy || !in->utf16.raw) {
            free(copy);
            return aq_fail_nomem(err);
        }
        memcpy(copy, p, n);
        in->utf16.order = p[0] == 0xFF ? 1 : 2;
        in->end = 0;
        st = make_room(in, n * 2 + 8, err);
        for (; !st && i + 2 <= n; i += 2)
            put_unit(in, in->utf16.order == 1 ? (uint32_t)copy[i] | (uint32_t)copy[i + 1] << 8
                                              : (uint32_t)copy[i] << 8 | copy[i + 1]);
        if (i < n)
            in->utf16.raw[in->utf16.len++] = copy[i];
        free(copy);
    }
    return st;
}

enum aq_status aq_input_open(struct aq_input *in, struct aq_stream *stream, struct aq_error *err)
{
    uint8_t *buf = in->buf; /* of the file before: fresh memory is slow */
    size_t cap = in->cap;
    *in = (struct aq_input){.stream = stream, .buf = buf, .cap = cap, .line = 1};
    enum aq_status st = make_room(in, INPUT_CHUNK, err);
    if (!st)
        st = drop_mark(in, err);
    if (st)
        aq_input_close(in);
    return st;
}

void aq_input_close(struct aq_input *in)
{
    aq_stream_close(in->stream);
    free(in->utf16.raw);
    free(in->buf);
    *in = (struct aq_input){0};
}

void aq_input_skip(struct aq_input *in, size_t n)
{
    const uint8_t *p = in->buf + in->pos, *end = p + n;
    while (p < end && (p = memchr(p, '\n', (size_t)(end - p)))) {
        in->line++;
        p++;
    }
    in->pos += n;
}

/* The rest of a line that is too long to hold. */
static enum aq_status drop_line(struct aq_input *in, struct aq_error *err)
{
    for (;;) {
        const uint8_t *nl = in->pos < in->end ? memchr(in->buf + in->pos, '\n', in->end - in->pos) : NULL;
        if (nl) {
            in->pos = (size_t)(nl - in->buf) + 1;
            in->line++;
            return AQ_OK;
        }
        in->pos = in->end;
        if (in->eof)
            return AQ_OK;
        enum aq_status st = fill(in, err);
        if (st)
            return st;
    }
}

enum aq_status aq_input_line(struct aq_input *in, struct aq_line *line, bool *got, struct aq_error *err)
{
    size_t scanned = 0;
    *got = false;
    for (;;) {
        size_t have = in->end - in->pos;
        const uint8_t *p = in->buf + in->pos;
        const uint8_t *nl = have > scanned ? memchr(p + scanned, '\n', have - scanned) : NULL;
        if (nl || (in->eof && have)) {
            size_t len = nl ? (size_t)(nl - p) : have;
            *line = (struct aq_line){aq_slice(p, len), in->line, len > AQ_MAX_RECORD};
            in->pos += nl ? len + 1 : len;
            in->line += nl != NULL;
            *got = true;
            return AQ_OK;
        }
        if (in->eof)
            return AQ_OK;
        if (have > AQ_MAX_RECORD) {
            *line = (struct aq_line){aq_slice(p, 0), in->line, true};
            *got = true;
            return drop_line(in, err);
        }
        scanned = have;
        enum aq_status st = fill(in, err);
        if (st)
            return st;
    }
}

enum aq_status aq_input_rest(struct aq_input *in, struct aq_slice *text, bool *too_long, struct aq_error *err)
{
    enum aq_status st = aq_input_more(in, AQ_MAX_RECORD, err);
    *text = aq_input_window(in);
    *too_long = text->len > AQ_MAX_RECORD;
    in->pos = in->end;
    while (!st && *too_long && !in->eof) {
        st = fill(in, err);
        in->pos = in->end;
    }
    return st;
}
