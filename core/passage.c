/* passage.c - see passage.h. */
#include "passage.h"

#include "store.h"

uint16_t aq_comment_flags(const struct aq_comment *c, uint32_t title_positions)
{
    unsigned flags = title_positions << AQ_TITLE_SHIFT;
    if (c->marks & AQ_COMMENT_LINK)
        flags |= AQ_HAS_LINK;
    if (c->marks & AQ_COMMENT_CODE)
        flags |= AQ_HAS_CODE;
    for (uint32_t i = 0; i < c->passage_count; i++)
        if (c->passages[i].quote_depth > 0)
            flags |= AQ_HAS_QUOTE;
    return (uint16_t)flags;
}

void aq_passage_hasher_free(struct aq_passage_hasher *h)
{
    free(h->forms);
    *h = (struct aq_passage_hasher){0};
}

/* The first token of a lexeme, or room for it. */
static bool meet(struct aq_passage_hasher *h, const struct aq_analyzer *a, uint32_t lexeme)
{
    if (lexeme >= h->cap) {
        size_t old = h->cap;
        if (!aq_grow(&h->forms, &h->cap, (size_t)lexeme + 1, sizeof *h->forms))
            return false;
        memset(h->forms + old, 0, (h->cap - old) * sizeof *h->forms);
    }
    if (!h->forms[lexeme])
        h->forms[lexeme] = aq_hash(aq_analyzer_lexeme(a, lexeme)->form) | 1;
    return true;
}

bool aq_passage_hash_tokens(struct aq_passage_hasher *h, const struct aq_analyzer *a, const struct aq_token *tokens,
                            size_t count, uint64_t *hash)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) /* they lie all over memory */
        if (AQ_LIKELY(tokens[i].lexeme < h->cap))
            __builtin_prefetch(&h->forms[tokens[i].lexeme]);
    for (size_t i = 0; i < count; i++) {
        uint32_t lexeme = tokens[i].lexeme;
        if (AQ_UNLIKELY(tokens[i].flags & AQ_TOKEN_WHOLE))
            continue;
        if (AQ_UNLIKELY(lexeme >= h->cap || !h->forms[lexeme]) && !meet(h, a, lexeme))
            return false;
        sum = (sum ^ h->forms[lexeme]) * 0x9e3779b97f4a7c15u;
        sum ^= sum >> 32;
    }
    *hash = sum;
    return true;
}
