/* passage.h - what both sides know of a passage's words: how a title stands before
 * them, the hash by which passages that say the same are found, and what a comment's
 * flags say of both. */
#ifndef AQ_PASSAGE_H
#define AQ_PASSAGE_H

#include "analyzer.h"
#include "comment.h"

/* Positions between the title's last word and the text's first: no phrase spans
 * them. Of a longer title the first tokens count. */
enum { AQ_TITLE_GAP = 8, AQ_TITLE_TOKENS = 60 };

/* How many positions a title takes; the text begins AQ_TITLE_GAP behind. */
static inline uint32_t aq_title_positions(const struct aq_token *title, size_t count)
{
    return count ? title[count - 1].position + 1 : 0;
}

/* What AQ_COL_FLAGS says of the comment's text; title_positions: of the title that stands
 * in its first passage, 0 without. */
uint16_t aq_comment_flags(const struct aq_comment *c, uint32_t title_positions);

/* Hashes of the forms met so far, by lexeme id. Zero-initialise; free also after
 * aq_analyzer_forget, when ids mean other words. */
struct aq_passage_hasher {
    uint64_t *forms; /* 0: not yet */
    size_t cap;
};

void aq_passage_hasher_free(struct aq_passage_hasher *h);

/* Hash of a passage's words in order, whatever stands between them, its title not
 * included; 0 without any. False: out of memory. */
bool aq_passage_hash_tokens(struct aq_passage_hasher *h, const struct aq_analyzer *a, const struct aq_token *tokens,
                            size_t count, uint64_t *hash);

#endif
