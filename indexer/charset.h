/* charset.h - text in other character sets to UTF-8. Private to the input side. */
#ifndef AQ_CHARSET_H
#define AQ_CHARSET_H

#include "base.h"

/* Appends s as UTF-8. charset may be NULL, unknown or wrong: what it does not
 * settle is UTF-8 if it can be, else Windows-1252, of which Latin-1 and ASCII are
 * parts. Bytes that are no characters become U+FFFD. */
void aq_charset_decode(struct aq_buf *out, struct aq_slice s, const char *charset);

/* Takes the first line off rest, without its LF or CR LF; false at the end. */
static inline bool aq_take_line(struct aq_slice *rest, struct aq_slice *line)
{
    if (rest->len == 0)
        return false;
    const uint8_t *nl = memchr(rest->ptr, '\n', rest->len);
    size_t n = nl ? (size_t)(nl - rest->ptr) : rest->len, used = n + (nl != NULL);
    *line = aq_slice(rest->ptr, n);
    if (line->len && line->ptr[line->len - 1] == '\r')
        line->len--;
    *rest = aq_slice(rest->ptr + used, rest->len - used);
    return true;
}

#endif
