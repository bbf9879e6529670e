/* snippet.h - which words of a passage matched, and the window of it to show.
 * Works on text and a built query alone: no store, no postings. */
#ifndef AQ_SNIPPET_H
#define AQ_SNIPPET_H

#include "aq.h"
#include "query.h"

enum { AQ_SNIPPET_CHARS = 280 };

/* A matched word of a text. */
struct aq_mark {
    uint32_t begin, end; /* bytes */
    uint32_t term;       /* of the query */
    uint32_t since;      /* one more than the index of the mark of the same term before it; 0: none */
};

struct aq_marker {
    struct aq_mark *marks; /* by begin, then end; may overlap (a compound and its parts) */
    size_t count, cap;
};
void aq_marker_free(struct aq_marker *m);

/* Marks every word whose term stands bare in the query and the words of phrases
 * where the phrase stands. Analyzes text anew: tokens held from a are void. */
enum aq_status aq_mark_text(struct aq_marker *m, struct aq_analyzer *a, const struct aq_query *q,
                            struct aq_slice text, struct aq_error *err);

/* The marks as ascending ranges that neither overlap nor touch, in arena. */
enum aq_status aq_mark_ranges(const struct aq_marker *m, struct aq_arena *arena, const struct aq_range **ranges,
                              uint32_t *count);

/* The best window of about AQ_SNIPPET_CHARS characters: the most weight of distinct
 * terms, then the words closest together, then the earliest; grown to sentence edges
 * where they are near, else to spaces. q gives the weights. */
struct aq_range aq_snippet_window(struct aq_slice text, const struct aq_marker *m, const struct aq_query *q);

#endif
