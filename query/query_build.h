/* query_build.h - what is shared by the files that make a query: query_build.c, which goes
 * through the parser's tree, and query_words.c, which turns words into terms. */
#ifndef AQ_QUERY_BUILD_H
#define AQ_QUERY_BUILD_H

#include "query.h"

struct aq_query_builder {
    struct aq_query *q;
    struct aq_analyzer *a;
    struct aq_txn *txn;
    bool plain;
    uint32_t typed_terms; /* terms that are no pattern's */
    uint32_t members;     /* a pattern may have at the most */
    bool full;            /* a bound was met: what is beyond is left out */
    enum aq_status failed;
};

/* The tokens of a leaf's text, valid until the analyzer is asked again. */
struct aq_query_tokens {
    const struct aq_token *at;
    size_t count;
    struct aq_slice text;
};
bool aq_query_analyze(struct aq_query_builder *b, struct aq_slice text, struct aq_query_tokens *t);

/* All return false, or UINT32_MAX, when nothing is left of it, a bound was met or there is
 * no memory. An index into words, phrases or exclusions, where equal ones are one. */
uint32_t aq_query_add_word(struct aq_query_builder *b, const struct aq_query_tokens *t, bool must);
uint32_t aq_query_add_phrase(struct aq_query_builder *b, const struct aq_query_tokens *t, bool exact, bool exclude);
/* Tokens side by side, compounds as wholes. exact: by form, else by term. */
bool aq_query_make_phrase(struct aq_query_builder *b, const struct aq_query_tokens *t, bool exact, bool scores,
                          struct aq_query_phrase *out);
bool aq_query_same_phrase(const struct aq_query_phrase *p, const struct aq_query_phrase *other);
/* The words that a pattern matches: an index into patterns, where equal ones are one.
 * text: one token. distance 0: those that begin with it. typed: with its star or tilde. */
uint32_t aq_query_add_pattern(struct aq_query_builder *b, const struct aq_query_tokens *t, struct aq_slice typed,
                              unsigned distance, bool scores);

/* Once idf of every term is known: lets no synonym weigh more than what was typed. Without
 * that, passages that spell an abbreviation out would come before all others. */
void aq_query_level_synonyms(struct aq_query *q);

#endif
