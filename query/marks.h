/* marks.h - which words of a text matched. Works on text and a built query alone: no
 * store, no postings. */
#ifndef AQ_MARKS_H
#define AQ_MARKS_H

#include "aq.h"
#include "query.h"

/* A matched word of a text. */
struct aq_mark {
    uint32_t begin, end; /* bytes */
    uint32_t term;       /* of the query */
    uint32_t since;      /* one more than the index of the mark of the same term before it; 0: none */
};

struct aq_marker {
    struct aq_mark *marks; /* by begin, then end; may overlap (a compound and its parts) */
    size_t count, cap;
    bool matches;          /* the text alone matches the query, fields aside */
    struct aq_arena arena; /* of the text at hand */
};
void aq_marker_free(struct aq_marker *m);

/* Marks what of the query the text has: words in any inflection, phrases and NEARs where
 * they hold, of patterns the words that match, synonyms; nothing that is excluded, and of
 * a query that is a tree nothing of a group that does not match here. Analyzes text anew:
 * tokens held from a are void. */
enum aq_status aq_mark_text(struct aq_marker *m, struct aq_analyzer *a, const struct aq_query *q,
                            struct aq_slice text, struct aq_error *err);

/* The marks of the text that lie within a part of it, which begins and ends between
 * characters, as ascending ranges of whole characters that neither overlap nor touch,
 * into out (room for m->count). Returns how many. */
uint32_t aq_mark_ranges(const struct aq_marker *m, struct aq_slice text, struct aq_range within, struct aq_range *out);

#endif
