/* word_row.h - a query that nobody typed: a row of words, made to look up how often they
 * occur or to search for them. */
#ifndef AQ_WORD_ROW_H
#define AQ_WORD_ROW_H

#include "leaf.h"

struct aq_word_row {
    struct aq_syntax syntax;
    struct aq_query query;
    struct aq_pending_scan pend;
    struct aq_leaf *leaves;
    uint32_t leaf_count;
};

/* Zero-initialise; free in any case. False: out of memory. most: words that will be added. */
bool aq_word_row_begin(struct aq_word_row *r, size_t most);
void aq_word_row_free(struct aq_word_row *r);

/* A leaf of another query, or a word; what it points at stays. */
void aq_word_row_add(struct aq_word_row *r, struct aq_node leaf);
void aq_word_row_add_word(struct aq_word_row *r, struct aq_slice word, enum aq_occur occur, double boost);

/* Builds the query and its leaves, in arena, and resolves it. */
enum aq_status aq_word_row_ready(struct aq_word_row *r, struct aq_txn *txn, struct aq_analyzer *a,
                                 const struct aq_model *m, struct aq_arena *arena, struct aq_error *err);

#endif
