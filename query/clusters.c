/* clusters.c - see clusters.h: the extended grapheme clusters of UAX #29, as utf8proc
 * knows them. */
#include "clusters.h"

#include "utf8.h"

#include <utf8proc.h>

static unsigned char_width(uint32_t cp)
{
    int w = utf8proc_charwidth((utf8proc_int32_t)cp);
    if (w <= 0 && utf8proc_category((utf8proc_int32_t)cp) == UTF8PROC_CATEGORY_CN)
        w = cp >= 0x1f000 && cp < 0x1fb00 ? 2 : 1; /* newer than the tables: likely an emoji there */
    return w > 0 ? (unsigned)w : 0;
}

/* A cluster is at most two columns: what joins into one picture is drawn as one. */
size_t aq_cluster_next(struct aq_slice s, size_t at, unsigned *width)
{
    const uint8_t *p = s.ptr + at, *end = s.ptr + s.len;
    if (p[0] < 0x80 && (end - p == 1 || p[1] < 0x80)) {
        *width = p[0] >= 0x20;
        return at + 1;
    }
    unsigned len;
    utf8proc_int32_t state = 0;
    uint32_t cp = aq_utf8_decode(p, end, &len);
    unsigned wide = 0;
    for (unsigned n = 1;; n++) {
        if (cp == AQ_UTF8_BAD)
            cp = 0xfffd;
        wide += cp == 0xfe0f ? wide == 1 : char_width(cp); /* the emoji form of a narrow character is wide */
        p += len;
        if (p == end || n == AQ_CLUSTER_CODE_POINTS)
            break;
        uint32_t next = aq_utf8_decode(p, end, &len);
        if (next == AQ_UTF8_BAD ||
            utf8proc_grapheme_break_stateful((utf8proc_int32_t)cp, (utf8proc_int32_t)next, &state))
            break;
        cp = next;
    }
    *width = wide > 2 ? 2 : wide;
    return (size_t)(p - s.ptr);
}

static size_t code_point_floor(struct aq_slice s, size_t at)
{
    for (unsigned n = 0; n < 3 && at > 0 && at < s.len && (s.ptr[at] & 0xC0) == 0x80; n++)
        at--;
    return at;
}

/* Whether one ends between a and b whatever comes before a. A joiner may join what
 * follows it, but only after an emoji, and regional letters go in pairs. */
static bool always_parted(uint32_t a, uint32_t b)
{
    if (a < 0x80 && b < 0x80)
        return true;
    if (a == AQ_UTF8_BAD || b == AQ_UTF8_BAD)
        return true;
    int before = utf8proc_get_property((utf8proc_int32_t)a)->boundclass;
    return before != UTF8PROC_BOUNDCLASS_EXTEND && before != UTF8PROC_BOUNDCLASS_ZWJ &&
           utf8proc_grapheme_break((utf8proc_int32_t)a, (utf8proc_int32_t)b);
}

size_t aq_cluster_floor(struct aq_slice s, size_t at)
{
    const uint8_t *end = s.ptr + s.len;
    if (at == 0 || at >= s.len || (s.ptr[at] < 0x80 && s.ptr[at - 1] < 0x80))
        return at;
    size_t begin = code_point_floor(s, at), from = begin;
    unsigned len, n = 0;
    for (uint32_t b = aq_utf8_decode(s.ptr + from, end, &len); from > 0; n++) {
        size_t before = code_point_floor(s, from - 1);
        uint32_t a = aq_utf8_decode(s.ptr + before, end, &len);
        if (always_parted(a, b))
            break;
        if (n == AQ_CLUSTER_CODE_POINTS)
            return begin;
        from = before;
        b = a;
    }
    for (;;) {
        unsigned width;
        size_t next = aq_cluster_next(s, from, &width);
        if (next > at)
            return from;
        from = next;
        if (from == s.len)
            return at;
    }
}

size_t aq_cluster_ceiling(struct aq_slice s, size_t at)
{
    size_t begin = aq_cluster_floor(s, at);
    unsigned width;
    return begin == at ? at : aq_cluster_next(s, begin, &width);
}
