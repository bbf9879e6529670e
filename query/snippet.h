/* snippet.h - the part of a text to show, around its marks. Works on text, marks and the
 * weights of a query's terms alone. */
#ifndef AQ_SNIPPET_H
#define AQ_SNIPPET_H

#include "marks.h"

/* In columns of a terminal, so that it is as much of any script. By AQ_SNIPPET_OVER a
 * window may be wider, so that it ends with a word or that what is left is not a few. */
enum { AQ_SNIPPET_COLUMNS = 280, AQ_SNIPPET_OVER = 70 };

struct aq_snippet_source {
    struct aq_slice text;
    const struct aq_marker *marks; /* of all of text */
    const struct aq_query *query;
    const bool *shown; /* terms that other parts show: half as interesting here. NULL: none */
};

/* The best window of about `columns` columns in a part of the text: the most weight of
 * distinct terms, then the words closest together, then the earliest; grown to the edges
 * of sentences where they are near, else of words, at least of characters. `free` begins
 * and ends between characters. Without marks there it is the part's beginning and *worth,
 * the weight, 0. */
struct aq_range aq_snippet_window(const struct aq_snippet_source *s, struct aq_range free, unsigned columns,
                                  double *worth);

#endif
