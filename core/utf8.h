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

#endif
