/* comment.h - the stored form of one comment: what `aq show` prints and what
 * snippets are cut from. Its id is in the table of ids; mutable facts (date, score,
 * author, thread, tags) and its source are columns: not part of it. */
#ifndef AQ_COMMENT_H
#define AQ_COMMENT_H

#include "base.h"

enum {
    AQ_PASSAGE_HEADING = 1, /* the passage begins with a heading */
    AQ_PASSAGE_CODE = 2,    /* it contains code */
    AQ_PASSAGE_TITLED = 4   /* the title's tokens come before its own in the postings */
};

/* One passage: text[begin, end) of the comment. In order, not overlapping. */
struct aq_passage {
    uint32_t begin, end;
    uint8_t quote_depth; /* 0: the author's own words */
    uint8_t flags;
};

struct aq_comment {
    struct aq_slice id; /* not in the record: it is known before */
    struct aq_slice parent, title, url;
    struct aq_slice text;
    uint8_t format; /* enum aq_format the body came in */
    const struct aq_passage *passages;
    uint32_t passage_count;
};

/* Appends the record to out (grammar: docs/FORMAT.md, "comment"). */
void aq_comment_encode(struct aq_buf *out, const struct aq_comment *c);

/* Decodes the bytes of the comment with this id, which the parent's is told by.
 * Slices point into bytes, id and arena. AQ_CORRUPT when anything contradicts itself
 * (ranges outside the text); that bytes end where the text does is for who keeps them. */
enum aq_status aq_comment_decode(struct aq_comment *c, struct aq_slice bytes, struct aq_slice id,
                                 struct aq_arena *arena, struct aq_error *err);

#endif
