/* spelling.h - did you mean: a query with better words in the places of those that occur
 * nowhere, or hardly. Knows words and how often they occur; not what becomes of the
 * query, which is searched as it was typed. The rules are in docs/QUERY.md, "Did you
 * mean". */
#ifndef AQ_SPELLING_H
#define AQ_SPELLING_H

#include "analyzer.h"
#include "store.h"

/* A bare word of the query that is one word to the index: no part of a phrase, compound,
 * pattern, field or exclusion. */
struct aq_spelling_word {
    struct aq_slice typed; /* within the query */
    uint64_t passages;     /* that have its term */
};

/* Whether a word occurs so rarely that a better one is looked for. Where none does, there
 * is nothing to call. */
bool aq_spelling_doubts(const struct aq_txn *txn, uint64_t passages);

/* words: all of them, in the order they stand. *suggestion: the query as it would be
 * better, in arena; empty where nothing is clearly better. */
enum aq_status aq_spelling_suggest(struct aq_txn *txn, struct aq_analyzer *analyzer, struct aq_slice query,
                                   const struct aq_spelling_word *words, size_t count, struct aq_arena *arena,
                                   struct aq_slice *suggestion, struct aq_error *err);

#endif
