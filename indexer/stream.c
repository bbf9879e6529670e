/* stream.c - owns file descriptors and the two decompressors. Knows nothing of
 * lines, records or character sets. */
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum { STREAM_BUFFER = 128 << 10 };

enum stream_kind { STREAM_UNKNOWN, STREAM_PLAIN, STREAM_GZIP, STREAM_ZSTD };

struct aq_stream {
    int fd;
    char *path;
    enum stream_kind kind;
    uint64_t taken;
    uint8_t *buf; /* bytes as stored: buf[pos, end) is still to be used */
    size_t pos, end;
    bool eof;
    bool inside; /* a gzip member or zstd frame has begun and not ended */
    bool any;    /* one has ended */
    bool inflating;
    z_stream z;
    ZSTD_DCtx *zstd;
};

/* Containers that need a tool of their own; told by their first bytes so that the
 * message can name it. */
static const struct {
    const char *magic;
    size_t len;
    const char *what, *tool;
} foreign[] = {
    {"\xFD"
     "7zXZ",
     5, "xz", "xz -dc"},
    {"BZh", 3, "bzip2", "bzip2 -dc"},
    {"\x04\x22\x4D\x18", 4, "lz4", "lz4 -dc"},
    {"PK\x03\x04", 4, "zip", "unzip -p"},
};

static enum aq_status refill(struct aq_stream *s, struct aq_error *err)
{
    if (s->pos == s->end)
        s->pos = s->end = 0;
    if (s->eof || s->end == STREAM_BUFFER)
        return AQ_OK;
    ssize_t n;
    do
        n = read(s->fd, s->buf + s->end, STREAM_BUFFER - s->end);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return aq_fail(err, AQ_IO, "cannot read %s: %s", s->path, strerror(errno));
    s->eof = n == 0;
    s->end += (size_t)n;
    s->taken += (uint64_t)n;
    return AQ_OK;
}

static bool is_gzip(const uint8_t *p, size_t n)
{
    return n >= 2 && p[0] == 0x1F && p[1] == 0x8B;
}

static bool is_zstd(const uint8_t *p, size_t n)
{
    if (n < 4)
        return false;
    uint32_t magic = aq_load32(p);
    return magic == ZSTD_MAGICNUMBER || (magic & ZSTD_MAGIC_SKIPPABLE_MASK) == ZSTD_MAGIC_SKIPPABLE_START;
}

/* Zlib's init macro casts away const of a version string. */
static bool inflate_start(z_stream *z)
{
    return inflateInit2(z, 15 + 16) == Z_OK; /* 16: gzip framing */
}

static enum aq_status look(struct aq_stream *s, struct aq_error *err)
{
    enum aq_status st = AQ_OK;
    while (!st && !s->eof && s->end < 8)
        st = refill(s, err);
    if (st)
        return st;
    for (size_t i = 0; i < AQ_COUNT(foreign); i++)
        if (s->end >= foreign[i].len && memcmp(s->buf, foreign[i].magic, foreign[i].len) == 0)
            return aq_fail(
                err, AQ_INVALID,
                "%s is compressed with %s, which is not read directly: use `%s %s | aq-index add -`", s->path,
                foreign[i].what, foreign[i].tool, s->path);
    s->kind = STREAM_PLAIN;
    if (is_gzip(s->buf, s->end)) {
        if (!inflate_start(&s->z))
            return aq_fail_nomem(err);
        s->inflating = true;
        s->kind = STREAM_GZIP;
    } else if (is_zstd(s->buf, s->end)) {
        s->zstd = ZSTD_createDCtx();
        if (!s->zstd)
            return aq_fail_nomem(err);
        s->kind = STREAM_ZSTD;
    }
    return AQ_OK;
}

enum aq_status aq_stream_open(const char *path, struct aq_stream **out, struct aq_error *err)
{
    enum aq_status st = AQ_OK;
    struct stat sb;
    *out = NULL;
    struct aq_stream *s = calloc(1, sizeof *s);
    if (!s)
        return aq_fail_nomem(err);
    s->fd = -1;
    s->path = strdup(strcmp(path, "-") == 0 ? "standard input" : path);
    s->buf = malloc(STREAM_BUFFER);
    if (!s->path || !s->buf)
        st = aq_fail_nomem(err);
    if (!st) {
        s->fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                       : open(path, O_RDONLY | O_CLOEXEC);
        if (s->fd < 0)
            st = aq_fail(err, errno == ENOENT ? AQ_NOTFOUND : AQ_IO, "cannot open %s: %s", s->path,
                         strerror(errno));
    }
    if (!st && fstat(s->fd, &sb) == 0 && S_ISDIR(sb.st_mode))
        st = aq_fail(err, AQ_INVALID, "%s is a directory", s->path);
    if (!st)
        st = look(s, err);
    if (st) {
        aq_stream_close(s);
        return st;
    }
    *out = s;
    return AQ_OK;
}

static enum aq_status broken(struct aq_stream *s, const char *what, const char *why, struct aq_error *err)
{
    return aq_fail(err, AQ_INVALID,
                   "%s: the %s stream is broken after %llu bytes (%s); what came before was read, get the "
                   "file again for the rest",
                   s->path, what, (unsigned long long)(s->taken - (s->end - s->pos)), why);
}

/* Between members: zero padding (tapes, block devices) ends a file, anything else
 * that is no member is damage. */
static enum aq_status gzip_next(struct aq_stream *s, bool *more, struct aq_error *err)
{
    *more = false;
    for (;;) {
        while (s->pos < s->end && s->buf[s->pos] == 0)
            s->pos++;
        if (s->end - s->pos >= 2 || s->eof)
            break;
        if (s->pos) {
            memmove(s->buf, s->buf + s->pos, s->end - s->pos);
            s->end -= s->pos;
            s->pos = 0;
        }
        enum aq_status st = refill(s, err);
        if (st)
            return st;
    }
    if (s->pos == s->end)
        return AQ_OK;
    if (!is_gzip(s->buf + s->pos, s->end - s->pos))
        return broken(s, "gzip", "bytes that are not gzip follow", err);
    if (inflateReset(&s->z) != Z_OK)
        return aq_fail(err, AQ_INTERNAL, "zlib refused to start over");
    *more = true;
    return AQ_OK;
}

static enum aq_status read_gzip(struct aq_stream *s, uint8_t *out, size_t cap, size_t *got,
                                struct aq_error *err)
{
    while (*got == 0) {
        enum aq_status st = AQ_OK;
        if (!s->inside) {
            bool more = true;
            if (s->any)
                st = gzip_next(s, &more, err);
            if (st || !more)
                return st;
            s->inside = true;
        }
        if (s->pos == s->end) {
            st = refill(s, err);
            if (st)
                return st;
            if (s->eof)
                return broken(s, "gzip", "it is cut off", err);
        }
        s->z.next_in = s->buf + s->pos;
        s->z.avail_in = (uInt)(s->end - s->pos);
        s->z.next_out = out;
        s->z.avail_out = cap > INT32_MAX ? INT32_MAX : (uInt)cap;
        uInt room = s->z.avail_out;
        int rc = inflate(&s->z, Z_NO_FLUSH);
        s->pos = s->end - s->z.avail_in;
        *got = room - s->z.avail_out;
        if (rc == Z_MEM_ERROR)
            return aq_fail_nomem(err);
        if (rc == Z_STREAM_END) {
            s->inside = false;
            s->any = true;
        } else if (rc != Z_OK && rc != Z_BUF_ERROR) {
            return broken(s, "gzip", s->z.msg ? s->z.msg : "bad data", err);
        }
    }
    return AQ_OK;
}

static enum aq_status read_zstd(struct aq_stream *s, uint8_t *out, size_t cap, size_t *got,
                                struct aq_error *err)
{
    while (*got == 0) {
        if (s->pos == s->end) {
            enum aq_status st = refill(s, err);
            if (st)
                return st;
        }
        bool dry = s->pos == s->end;
        if (dry && !s->inside)
            return AQ_OK;
        ZSTD_inBuffer in = {s->buf, s->end, s->pos};
        ZSTD_outBuffer o = {out, cap, 0};
        size_t rc = ZSTD_decompressStream(s->zstd, &o, &in);
        s->pos = in.pos;
        *got = o.pos;
        if (ZSTD_isError(rc)) {
            /* Pushshift's dumps use a 2 GiB window: that much memory is not taken unasked. */
            if (strstr(ZSTD_getErrorName(rc), "too much memory"))
                return aq_fail(
                    err, AQ_LIMIT,
                    "%s needs more than 128 MiB to decompress: use `zstd -dc --long=31 %s | aq-index add -`",
                    s->path, s->path);
            return broken(s, "zstd", ZSTD_getErrorName(rc), err);
        }
        s->inside = rc != 0;
        if (dry && s->inside && *got == 0)
            return broken(s, "zstd", "it is cut off", err);
    }
    return AQ_OK;
}

static enum aq_status read_plain(struct aq_stream *s, uint8_t *out, size_t cap, size_t *got,
                                 struct aq_error *err)
{
    if (s->pos < s->end) {
        *got = s->end - s->pos < cap ? s->end - s->pos : cap;
        memcpy(out, s->buf + s->pos, *got);
        s->pos += *got;
        return AQ_OK;
    }
    if (s->eof)
        return AQ_OK;
    ssize_t n;
    do
        n = read(s->fd, out, cap);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return aq_fail(err, AQ_IO, "cannot read %s: %s", s->path, strerror(errno));
    s->eof = n == 0;
    s->taken += (uint64_t)n;
    *got = (size_t)n;
    return AQ_OK;
}

enum aq_status aq_stream_read(struct aq_stream *s, uint8_t *out, size_t cap, size_t *got,
                              struct aq_error *err)
{
    *got = 0;
    switch (s->kind) {
    case STREAM_GZIP:
        return read_gzip(s, out, cap, got, err);
    case STREAM_ZSTD:
        return read_zstd(s, out, cap, got, err);
    default:
        return read_plain(s, out, cap, got, err);
    }
}

uint64_t aq_stream_taken(const struct aq_stream *s)
{
    return s->taken;
}

void aq_stream_close(struct aq_stream *s)
{
    if (!s)
        return;
    if (s->inflating)
        inflateEnd(&s->z);
    ZSTD_freeDCtx(s->zstd);
    if (s->fd >= 0)
        close(s->fd);
    free(s->buf);
    free(s->path);
    free(s);
}
