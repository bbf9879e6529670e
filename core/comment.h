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

/* What is somewhere in the body: its markup, of which the text may show nothing, included. */
enum {
    AQ_COMMENT_LINK = 1, /* an http(s) address, or a link of Markdown or HTML */
    AQ_COMMENT_CODE = 2  /* a block or span of code */
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
    uint8_t marks;  /* AQ_COMMENT_LINK ... */
    const struct aq_passage *passages;
    uint32_t passage_count;
};

/* The marks that text and passages show by themselves. */
uint8_t aq_comment_shown_marks(const struct aq_comment *c);

/* Appends the record to out (grammar: docs/FORMAT.md, "comment"). */
void aq_comment_encode(struct aq_buf *out, const struct aq_comment *c);

/* Decodes the bytes of the comment with this id, which the parent's is told by.
 * Slices point into bytes, id and arena. AQ_CORRUPT when anything contradicts itself
 * (ranges outside the text); that bytes end where the text does is for who keeps them. */
enum aq_status aq_comment_decode(struct aq_comment *c, struct aq_slice bytes, struct aq_slice id,
                                 struct aq_arena *arena, struct aq_error *err);

#endif
