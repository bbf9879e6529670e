/* parser_text.c - see parser_internal.h: what characters are to the parser. */
#include "parser_internal.h"

#include "utf8.h"

/* Single ones are apostrophes too often. */
bool aq_syntax_is_mark(uint32_t cp)
{
    static const uint16_t marks[] = {'"',    0xAB,   0xBB,   0x201C, 0x201D, 0x201E, 0x201F, 0x300C,
                                     0x300D, 0x300E, 0x300F, 0x301D, 0x301E, 0x301F, 0xFF02};
    if (cp != '"' && cp < 0xAB)
        return false;
    for (size_t i = 0; i < AQ_COUNT(marks); i++)
        if (marks[i] == cp)
            return true;
    return false;
}

/* A dash that a keyboard or editor made of a minus counts as one. */
unsigned aq_syntax_sign(const uint8_t *p, const uint8_t *end, uint8_t *occur)
{
    unsigned n = 0;
    if (p == end)
        return 0;
    uint32_t cp = aq_utf8_decode(p, end, &n);
    *occur = cp == '+' ? AQ_MUST : AQ_MUST_NOT;
    return cp == '+' || cp == '-' || cp == 0x2212 || cp == 0x2013 ? n : 0;
}

bool aq_syntax_at_space(const uint8_t *p, const uint8_t *end)
{
    unsigned n;
    return p == end || aq_is_space(aq_utf8_decode(p, end, &n));
}

const uint8_t *aq_syntax_skip_spaces(const uint8_t *p, const uint8_t *end)
{
    unsigned n;
    while (p < end && aq_is_space(aq_utf8_decode(p, end, &n)))
        p += n;
    return p;
}

const uint8_t *aq_scan_word_end(const struct aq_scan *s, const uint8_t *p)
{
    uint32_t inside = 0;
    unsigned n;
    for (; p < s->end; p += n) {
        uint32_t cp = aq_utf8_decode(p, s->end, &n);
        if (aq_is_space(cp))
            break;
        if (cp == '(')
            inside++;
        if (cp == ')' && inside == 0 && s->depth + s->too_deep > 0)
            break;
        if (cp == ')' && inside > 0)
            inside--;
    }
    return p;
}

/* Any closing mark closes, because keyboards and editors mix them. */
const uint8_t *aq_syntax_quoted(const uint8_t *p, const uint8_t *end, struct aq_slice *text, bool *closed)
{
    unsigned n;
    *closed = true;
    if (p == end || !aq_syntax_is_mark(aq_utf8_decode(p, end, &n)))
        return NULL;
    const uint8_t *begin = p + n;
    for (p = begin; p < end; p += n) {
        if (aq_syntax_is_mark(aq_utf8_decode(p, end, &n))) {
            *text = aq_slice(begin, (size_t)(p - begin));
            return p + n;
        }
    }
    *closed = false;
    if (aq_syntax_at_space(begin, end))
        return NULL;
    *text = aq_slice(begin, (size_t)(end - begin));
    return end;
}

bool aq_syntax_boost(const uint8_t *p, const uint8_t *end, double *boost)
{
    double whole = 0, part = 0, unit = 1;
    bool digits = false, dot = false;
    for (; p < end && end - p < 16; p++) {
        if (*p == '.' && !dot) {
            dot = true;
            continue;
        }
        if (*p < '0' || *p > '9')
            return false;
        digits = true;
        if (dot)
            part = part * 10 + (*p - '0'), unit *= 10;
        else
            whole = whole * 10 + (*p - '0');
    }
    *boost = whole + part / unit;
    return p == end && digits;
}
