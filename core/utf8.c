/* utf8.c - see utf8.h. Owns the rules of well-formed UTF-8 (Unicode, section 3.9,
 * table 3-7) and nothing of what the code points mean. */
#include "utf8.h"

#define HIGH_BITS 0x8080808080808080u

/* Second bytes allowed after a lead byte of three or four: the narrowed ranges
 * exclude overlong forms, surrogates and what lies beyond U+10FFFF. */
static inline uint8_t second_low(uint8_t lead)
{
    return lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
}

static inline uint8_t second_high(uint8_t lead)
{
    return lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
}

uint32_t aq_utf8_decode(const uint8_t *p, const uint8_t *end, unsigned *len)
{
    uint8_t lead = p[0];
    size_t left = (size_t)(end - p);
    *len = 1;
    if (lead < 0x80)
        return lead;
    if (lead < 0xC2 || lead > 0xF4 || left < 2)
        return AQ_UTF8_BAD;
    if (p[1] < second_low(lead) || p[1] > second_high(lead))
        return AQ_UTF8_BAD;
    *len = 2;
    if (lead < 0xE0)
        return (uint32_t)(lead & 0x1F) << 6 | (p[1] & 0x3Fu);
    if (left < 3 || (p[2] & 0xC0) != 0x80)
        return AQ_UTF8_BAD;
    *len = 3;
    if (lead < 0xF0)
        return (uint32_t)(lead & 0x0F) << 12 | (uint32_t)(p[1] & 0x3F) << 6 | (p[2] & 0x3Fu);
    if (left < 4 || (p[3] & 0xC0) != 0x80)
        return AQ_UTF8_BAD;
    *len = 4;
    return (uint32_t)(lead & 0x07) << 18 | (uint32_t)(p[1] & 0x3F) << 12 | (uint32_t)(p[2] & 0x3F) << 6 |
           (p[3] & 0x3Fu);
}

unsigned aq_utf8_encode(uint32_t cp, uint8_t out[4])
{
    if (cp < 0x80) {
        out[0] = (uint8_t)cp;
        return 1;
    }
    if (cp < 0x800) {
        out[0] = (uint8_t)(0xC0 | cp >> 6);
        out[1] = (uint8_t)(0x80 | (cp & 0x3F));
        return 2;
    }
    if (cp < 0x10000) {
        out[0] = (uint8_t)(0xE0 | cp >> 12);
        out[1] = (uint8_t)(0x80 | (cp >> 6 & 0x3F));
        out[2] = (uint8_t)(0x80 | (cp & 0x3F));
        return 3;
    }
    out[0] = (uint8_t)(0xF0 | cp >> 18);
    out[1] = (uint8_t)(0x80 | (cp >> 12 & 0x3F));
    out[2] = (uint8_t)(0x80 | (cp >> 6 & 0x3F));
    out[3] = (uint8_t)(0x80 | (cp & 0x3F));
    return 4;
}

/* End of the run of ASCII bytes at p. */
static const uint8_t *skip_ascii(const uint8_t *p, const uint8_t *end)
{
    while (end - p >= 32) {
        uint64_t w[4];
        memcpy(w, p, sizeof w);
        if ((w[0] | w[1] | w[2] | w[3]) & HIGH_BITS)
            break;
        p += 32;
    }
    for (; end - p >= 8; p += 8) {
        uint64_t high = aq_load64(p) & HIGH_BITS;
        if (high)
            return p + __builtin_ctzll(high) / 8;
    }
    while (p < end && *p < 0x80)
        p++;
    return p;
}

size_t aq_utf8_valid(struct aq_slice s)
{
    const uint8_t *p = s.ptr, *end = s.ptr + s.len;
    while (p < end) {
        unsigned len;
        if (*p < 0x80)
            p = skip_ascii(p, end);
        else if (aq_utf8_decode(p, end, &len) != AQ_UTF8_BAD)
            p += len;
        else
            break;
    }
    return (size_t)(p - s.ptr);
}

/* End of the run of ASCII bytes above NUL at p: below 0x80, only NUL less one has the
 * high bit. */
static const uint8_t *skip_ascii_text(const uint8_t *p, const uint8_t *end)
{
    const uint64_t ones = 0x0101010101010101u;
    while (end - p >= 32) {
        uint64_t w[4], other = 0;
        memcpy(w, p, sizeof w);
        for (unsigned i = 0; i < 4; i++)
            other |= w[i] | (w[i] - ones);
        if (other & HIGH_BITS)
            break;
        p += 32;
    }
    for (; end - p >= 8; p += 8) {
        uint64_t w = aq_load64(p), other = (w | (w - ones)) & HIGH_BITS;
        if (other)
            return p + __builtin_ctzll(other) / 8;
    }
    while (p < end && *p < 0x80 && *p)
        p++;
    return p;
}

bool aq_utf8_clean(struct aq_slice s)
{
    const uint8_t *p = s.ptr, *end = s.ptr + s.len;
    for (;;) {
        unsigned len;
        p = skip_ascii_text(p, end);
        if (p == end)
            return true;
        if (*p == 0 || aq_utf8_decode(p, end, &len) == AQ_UTF8_BAD)
            return false;
        p += len;
    }
}

size_t aq_utf8_repair(struct aq_buf *out, struct aq_slice s)
{
    static const uint8_t replacement[3] = {0xEF, 0xBF, 0xBD};
    size_t replaced = 0;
    while (s.len) {
        size_t good = aq_utf8_valid(s);
        const uint8_t *nul = good ? memchr(s.ptr, 0, good) : NULL;
        unsigned bad = 1;
        if (nul)
            good = (size_t)(nul - s.ptr);
        else if (good < s.len)
            (void)aq_utf8_decode(s.ptr + good, s.ptr + s.len, &bad);
        aq_buf_put(out, s.ptr, good);
        if (good == s.len)
            break;
        aq_buf_put(out, replacement, sizeof replacement);
        replaced++;
        s = aq_slice(s.ptr + good + bad, s.len - good - bad);
    }
    return replaced;
}
