/* entities.h - character references (&amp;, &#39;, ...) and text that was escaped
 * on its way out of a site. Private to the input side. */
#ifndef AQ_ENTITIES_H
#define AQ_ENTITIES_H

#include "base.h"

/* Reads the reference at p (*p is '&'): its bytes, or 0 when there is none. The
 * character goes to *cp. Names: those an escaper writes and the common typographic
 * ones; the full list of HTML belongs to libxml2 and md4c. */
size_t aq_entity_read(const uint8_t *p, const uint8_t *end, uint32_t *cp);

/* Whether s was HTML-escaped as a whole, as Reddit's exports are: it has an
 * escaped `<`, `>`, `&` or quote (or a numeric reference), and not one raw `<`,
 * `>` or `&` that an escaper would have left behind. */
bool aq_entities_escaped(struct aq_slice s);

/* Appends s with its references decoded once. */
void aq_entities_decode(struct aq_buf *out, struct aq_slice s);

#endif
