/* utf8.h - decoding, checking and repairing UTF-8. */
#ifndef AQ_UTF8_H
#define AQ_UTF8_H

#include "base.h"

#define AQ_UTF8_BAD UINT32_MAX

/* Decodes one code point at p (p < end) and sets *len to its bytes. An invalid
 * sequence (overlong, surrogate, beyond U+10FFFF, truncated) yields AQ_UTF8_BAD
 * with *len the maximal ill-formed prefix (Unicode 3.9, at least 1). */
uint32_t aq_utf8_decode(const uint8_t *p, const uint8_t *end, unsigned *len);

/* Writes code point cp (a scalar value) to out; returns its bytes, 1 to 4. */
unsigned aq_utf8_encode(uint32_t cp, uint8_t out[4]);

/* Offset of the first invalid byte, or s.len when all is valid. Fast on ASCII. */
size_t aq_utf8_valid(struct aq_slice s);

/* Whether all is valid and without NUL: what aq_utf8_repair would leave alone. */
bool aq_utf8_clean(struct aq_slice s);

/* Appends s to out with every ill-formed prefix replaced by U+FFFD and every
 * NUL by U+FFFD too. Returns how many replacements were made. */
size_t aq_utf8_repair(struct aq_buf *out, struct aq_slice s);

/* White space of ASCII, as a byte of any text. */
static inline bool aq_is_ascii_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* White space of Unicode: the property White_Space. */
static inline bool aq_is_space(uint32_t cp)
{
    if (cp < 0x80)
        return aq_is_ascii_space((uint8_t)cp);
    return cp == 0x85 || cp == 0xA0 || cp == 0x1680 || (cp >= 0x2000 && cp <= 0x200A) || cp == 0x2028 ||
           cp == 0x2029 || cp == 0x202F || cp == 0x205F || cp == 0x3000;
}

/* False for what must not reach a terminal: C0 and C1 controls but line feed and tab, DEL, and
 * the characters that turn the direction of text. */
static inline bool aq_is_shown(uint32_t cp)
{
    if (cp < 0x20)
        return cp == '\n' || cp == '\t';
    return !(cp >= 0x7f && cp < 0xa0) && !(cp >= 0x202a && cp <= 0x202e) && !(cp >= 0x2066 && cp <= 0x2069);
}

#endif
