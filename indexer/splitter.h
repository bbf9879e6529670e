/* splitter.h - a document's blocks to passages: the unit that is indexed and
 * ranked. Paragraphs; short ones joined and long ones cut at sentence ends, about
 * 60 to 180 words, headings kept with what follows; never across a change of
 * quote depth. */
#ifndef AQ_SPLITTER_H
#define AQ_SPLITTER_H

#include "analyzer.h"
#include "comment.h"
#include "document.h"

enum {
    AQ_PASSAGE_JOIN = 60,   /* words below which the next paragraph joins in */
    AQ_PASSAGE_CUT = 180,   /* words above which a cut at a sentence end is sought */
    AQ_PASSAGE_TOKENS = 255, /* tokens at the most, wholes of compounds included: a length is one byte */
    AQ_PASSAGE_TITLE = 127, /* of them a title's at the most */
    AQ_PASSAGE_GAP = 8,     /* positions skipped between the blocks of a passage: no phrase spans them */
    AQ_PASSAGE_POSITIONS = 880 /* positions are below; with a title and a gap before, below AQ_POSITION_MAX */
};

/* Tokens of one passage: tokens[first, first + count) of the splitter's array;
 * positions start from 0 at the passage's first word. */
struct aq_passage_tokens {
    size_t first, count;
};

struct aq_splitter {
    struct aq_token *tokens; /* offsets are into document.text */
    size_t token_count, token_cap;
    struct aq_passage *passages; /* comment.h */
    struct aq_passage_tokens *ranges; /* one a passage */
    size_t passage_count, passage_cap, range_cap;
};

/* Splits and analyzes d. title_tokens is the number of tokens the caller will put
 * before the first passage's own (0 without a title): the first passage is kept
 * that much shorter; AQ_INVALID beyond AQ_PASSAGE_TITLE. A document without a word
 * yields no passage; otherwise the passages' ranges cover every token. AQ_LIMIT
 * beyond AQ_MAX_PASSAGES. Results are valid until the next call. */
enum aq_status aq_split(struct aq_splitter *s, struct aq_analyzer *a, const struct aq_document *d,
                        size_t title_tokens, struct aq_error *err);
void aq_splitter_free(struct aq_splitter *s);

#endif
