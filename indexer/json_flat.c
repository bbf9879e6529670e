/* json_flat.c - see json_flat.h. */
#include "json_flat.h"

#include "utf8.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum {
    DIGITS_MOST = 18, /* any so long fit int64_t */
    BYTES_MOST = 1 << 20 /* longer records are rare, and take as much again for their strings */
};

struct flat_reader {
    const uint8_t *p, *end;
    uint8_t *to; /* where the next string with escapes goes */
};

static void skip_space(struct flat_reader *r)
{
    while (r->p < r->end && (*r->p == ' ' || *r->p == '\t' || *r->p == '\n' || *r->p == '\r'))
        r->p++;
}

/* Steps over white space and the byte c. */
static bool take_byte(struct flat_reader *r, uint8_t c)
{
    skip_space(r);
    if (r->p == r->end || *r->p != c)
        return false;
    r->p++;
    return true;
}

/* The first quote, backslash or control character at p or after it, or end. */
static const uint8_t *string_run(const uint8_t *p, const uint8_t *end)
{
    const uint64_t ones = 0x0101010101010101u, high = 0x80 * ones;
#ifdef __SSE2__
    for (; end - p >= 16; p += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"')), slash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
        __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1F)), v);
        unsigned mask = (unsigned)_mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(quote, slash)));
        if (mask)
            return p + __builtin_ctz(mask);
    }
#endif
    for (; end - p >= 8; p += 8) {
        uint64_t v = aq_load64(p), quote = v ^ '"' * ones, slash = v ^ '\\' * ones;
        /* The high bit of each byte that is below 0x20, or zero in quote or slash;
         * of those above the lowest such it may be wrong. */
        uint64_t found = ((v - 0x20 * ones) & ~v) | ((quote - ones) & ~quote) | ((slash - ones) & ~slash);
        if (found & high)
            return p + __builtin_ctzll(found & high) / 8;
    }
    while (p < end && *p != '"' && *p != '\\' && *p >= 0x20)
        p++;
    return p;
}

/* Four hexadecimal digits at p, or -1. */
static int32_t hex4(const uint8_t *p, const uint8_t *end)
{
    int32_t v = 0;
    if (end - p < 4)
        return -1;
    for (unsigned i = 0; i < 4; i++) {
        uint8_t c = p[i], letter = (uint8_t)((c | 0x20) - 'a');
        if (c >= '0' && c <= '9')
            v = v * 16 + (c - '0');
        else if (letter < 6)
            v = v * 16 + letter + 10;
        else
            return -1;
    }
    return v;
}

/* The escape at r->p, which is its backslash, to r->to. */
static bool take_escape(struct flat_reader *r)
{
    static const char names[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
    if (r->end - r->p < 2)
        return false;
    if (r->p[1] != 'u') {
        const char *name = r->p[1] ? strchr(names, r->p[1]) : NULL;
        if (!name)
            return false;
        *r->to++ = (uint8_t)bytes[name - names];
        r->p += 2;
        return true;
    }
    int32_t cp = hex4(r->p + 2, r->end);
    if (cp <= 0)
        return false;
    r->p += 6;
    if (cp >= 0xD800 && cp < 0xDC00 && r->end - r->p >= 6 && r->p[0] == '\\' && r->p[1] == 'u') {
        int32_t low = hex4(r->p + 2, r->end);
        if (low < 0xDC00 || low > 0xDFFF)
            return false;
        cp = 0x10000 + ((cp - 0xD800) << 10) + (low - 0xDC00);
        r->p += 6;
    }
    if ((cp & 0xF800) == 0xD800) /* half a pair, or what json-c 0.16 takes for one: U+1D800 */
        return false;
    r->to += aq_utf8_encode((uint32_t)cp, r->to);
    return true;
}

/* The string whose opening quote has been read. */
static bool take_string(struct flat_reader *r, struct aq_slice *s)
{
    const uint8_t *begin = r->p;
    r->p = string_run(begin, r->end);
    if (r->p < r->end && *r->p == '"') {
        *s = aq_slice(begin, (size_t)(r->p++ - begin));
        return true;
    }
    const uint8_t *run = begin, *copy = r->to;
    for (;;) {
        memcpy(r->to, run, (size_t)(r->p - run));
        r->to += r->p - run;
        if (r->p == r->end || *r->p < 0x20)
            return false;
        if (*r->p == '"')
            break;
        if (!take_escape(r))
            return false;
        run = r->p;
        r->p = string_run(run, r->end);
    }
    r->p++;
    *s = aq_slice(copy, (size_t)(r->to - copy));
    return true;
}

/* Whole, of few enough digits, and neither -0 nor with a zero in front. */
static bool take_integer(struct flat_reader *r, int64_t *out)
{
    bool negative = *r->p == '-';
    const uint8_t *first = r->p += negative;
    int64_t v = 0;
    while (r->p < r->end && r->p - first < DIGITS_MOST && *r->p >= '0' && *r->p <= '9')
        v = v * 10 + (*r->p++ - '0');
    if (r->p == first || (*first == '0' && (r->p - first > 1 || negative)))
        return false;
    *out = negative ? -v : v;
    return true;
}

static bool take_word(struct flat_reader *r)
{
    static const char *const words[] = {"null", "true", "false"};
    for (size_t i = 0; i < AQ_COUNT(words); i++) {
        size_t n = strlen(words[i]);
        if ((size_t)(r->end - r->p) >= n && memcmp(r->p, words[i], n) == 0) {
            r->p += n;
            return true;
        }
    }
    return false;
}

static bool take_value(struct flat_reader *r, struct aq_value *v)
{
    skip_space(r);
    if (r->p == r->end)
        return false;
    if (*r->p == '"') {
        r->p++;
        v->kind = AQ_VALUE_STRING;
        return take_string(r, &v->string);
    }
    if (*r->p == '-' || (*r->p >= '0' && *r->p <= '9')) {
        v->kind = AQ_VALUE_INTEGER;
        return take_integer(r, &v->integer);
    }
    v->kind = AQ_VALUE_NONE;
    return take_word(r);
}

/* Of members with one name json-c keeps the last. *met: a bit for each name's hash. */
static bool is_repeated(const struct aq_json_flat *j, struct aq_slice name, uint64_t *met)
{
    uint64_t bit = 1;
    if (name.len)
        bit <<= (name.ptr[0] * 7u + name.ptr[name.len - 1] * 3u + name.len) & 63;
    bool maybe = *met & bit;
    *met |= bit;
    for (size_t i = 0; maybe && i < j->count; i++)
        if (aq_slice_eq(j->members[i].name, name))
            return true;
    return false;
}

bool aq_json_flat_read(struct aq_json_flat *j, struct aq_slice text)
{
    uint64_t met = 0;
    j->count = 0;
    aq_buf_clear(&j->strings);
    /* No string is longer than what stands for it. */
    if (text.len > BYTES_MOST || !aq_buf_reserve(&j->strings, text.len))
        return false;
    struct flat_reader r = {text.ptr, text.ptr + text.len, j->strings.ptr};
    if (!take_byte(&r, '{'))
        return false;
    do {
        struct aq_member *m = &j->members[j->count];
        if (j->count == AQ_FLAT_MEMBERS || !take_byte(&r, '"'))
            return false;
        if (!take_string(&r, &m->name) || is_repeated(j, m->name, &met) || !take_byte(&r, ':') ||
            !take_value(&r, &m->value))
            return false;
        j->count++;
    } while (take_byte(&r, ','));
    if (!take_byte(&r, '}'))
        return false;
    skip_space(&r);
    return r.p == r.end;
}

void aq_json_flat_free(struct aq_json_flat *j)
{
    aq_buf_free(&j->strings);
}
