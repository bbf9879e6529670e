/* entities.c - see entities.h. */
#include "entities.h"

#include "utf8.h"

static const struct {
    const char *name;
    uint32_t cp;
} named[] = {
    {"amp", '&'},      {"lt", '<'},       {"gt", '>'},       {"quot", '"'},      {"apos", '\''},
    {"nbsp", ' '},     {"mdash", 0x2014}, {"ndash", 0x2013}, {"hellip", 0x2026}, {"lsquo", 0x2018},
    {"rsquo", 0x2019}, {"ldquo", 0x201C}, {"rdquo", 0x201D}, {"laquo", 0xAB},    {"raquo", 0xBB},
    {"bull", 0x2022},  {"middot", 0xB7},  {"copy", 0xA9},    {"reg", 0xAE},      {"trade", 0x2122},
    {"deg", 0xB0},     {"times", 0xD7},   {"pound", 0xA3},   {"euro", 0x20AC},   {"sect", 0xA7},
    {"para", 0xB6},    {"eacute", 0xE9},  {"egrave", 0xE8},  {"agrave", 0xE0},   {"ccedil", 0xE7},
    {"auml", 0xE4},    {"ouml", 0xF6},    {"uuml", 0xFC},    {"Auml", 0xC4},     {"Ouml", 0xD6},
    {"Uuml", 0xDC},    {"szlig", 0xDF},   {"ntilde", 0xF1},  {"rarr", 0x2192},   {"larr", 0x2190},
    {"minus", 0x2212}, {"ne", 0x2260},    {"le", 0x2264},    {"ge", 0x2265},     {"zwj", 0x200D},
    {"zwnj", 0x200C},  {"shy", 0xAD},
};

static size_t read_numeric(const uint8_t *p, const uint8_t *end, uint32_t *cp)
{
    const uint8_t *q = p + 2;
    bool hex = q < end && (*q | 32) == 'x';
    uint32_t v = 0;
    unsigned digits = 0;
    q += hex;
    for (; q < end && digits < 8; q++, digits++) {
        uint8_t c = *q;
        if (c >= '0' && c <= '9')
            v = v * (hex ? 16 : 10) + (c - '0');
        else if (hex && (c | 32) >= 'a' && (c | 32) <= 'f')
            v = v * 16 + ((c | 32u) - 'a' + 10);
        else
            break;
    }
    if (digits == 0 || q == end || *q != ';')
        return 0;
    *cp = v == 0 || v > 0x10FFFF || (v >= 0xD800 && v <= 0xDFFF) ? 0xFFFD : v == 0xA0 ? ' ' : v;
    return (size_t)(q + 1 - p);
}

size_t aq_entity_read(const uint8_t *p, const uint8_t *end, uint32_t *cp)
{
    if (end - p < 4)
        return 0;
    if (p[1] == '#')
        return read_numeric(p, end, cp);
    const uint8_t *q = p + 1;
    while (q < end && q - p < 8 && ((*q | 32) >= 'a' && (*q | 32) <= 'z'))
        q++;
    size_t n = (size_t)(q - p) - 1;
    if (q == end || *q != ';' || n < 2)
        return 0;
    for (size_t i = 0; i < AQ_COUNT(named); i++)
        if (strlen(named[i].name) == n && memcmp(named[i].name, p + 1, n) == 0) {
            *cp = named[i].cp;
            return n + 2;
        }
    return 0;
}

bool aq_entities_escaped(struct aq_slice s)
{
    const uint8_t *p = s.ptr, *end = s.ptr + s.len;
    bool any = false;
    /* Most text has no `&` at all: one memchr settles it. */
    while (p < end && (p = memchr(p, '&', (size_t)(end - p)))) {
        uint32_t cp;
        size_t n = aq_entity_read(p, end, &cp);
        if (n == 0)
            return false;
        any |= cp < 0x80 || p[1] == '#';
        p += n;
    }
    return any && !memchr(s.ptr, '<', s.len) && !memchr(s.ptr, '>', s.len);
}

void aq_entities_decode(struct aq_buf *out, struct aq_slice s)
{
    const uint8_t *p = s.ptr, *end = s.ptr + s.len;
    while (p < end) {
        const uint8_t *amp = memchr(p, '&', (size_t)(end - p));
        uint32_t cp = 0;
        if (!amp)
            amp = end;
        aq_buf_put(out, p, (size_t)(amp - p));
        if (amp == end)
            break;
        size_t n = aq_entity_read(amp, end, &cp);
        if (n) {
            uint8_t bytes[4];
            aq_buf_put(out, bytes, aq_utf8_encode(cp, bytes));
        } else {
            aq_buf_u8(out, '&');
        }
        p = amp + (n ? n : 1);
    }
}
