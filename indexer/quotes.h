/* quotes.h - Discourse's [quote="user, post:1, topic:9"] ... [/quote], which stand
 * above the markup inside them. Private to the input side. */
#ifndef AQ_QUOTES_H
#define AQ_QUOTES_H

#include "base.h"

enum { AQ_NESTING = 256 }; /* of quotes, lists, elements */

/* A stretch of text between two tags, [begin, end), at its depth of quotes. */
struct aq_quote_span {
    size_t begin, end;
    unsigned depth;
};

struct aq_quote_spans {
    struct aq_quote_span *spans;
    size_t count, cap;
};

/* Cuts text at the tags that have a partner outside of fenced code; others stay in
 * the text. count is 0 when there is none: the whole text is one span at depth 0.
 * AQ_LIMIT beyond AQ_NESTING. */
enum aq_status aq_quote_split(struct aq_slice text, struct aq_quote_spans *out, struct aq_error *err);
void aq_quote_spans_free(struct aq_quote_spans *s);

/* "nested deeper than 256 at line N", N being the line of text[at]. */
enum aq_status aq_nesting_error(struct aq_slice text, size_t at, struct aq_error *err);

#endif
