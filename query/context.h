/* context.h - which words come after others, by a sample of the places where these stand.
 * Knows forms and positions; nothing of queries. */
#ifndef AQ_CONTEXT_H
#define AQ_CONTEXT_H

#include "store.h"

enum { AQ_CONTEXT_PLACES = 256 }; /* of a sample, at most */

/* Places after a row of words: of a word, the latest in each segment and of pending
 * comments, as far as they are not marked deleted. */
struct aq_context {
    struct aq_txn *txn;
    uint32_t count;
    struct aq_context_place {
        uint32_t segment;  /* index in txn->segments, or their number: pending */
        uint32_t passage;  /* docid; of pending ones the comment */
        uint32_t ordinal;  /* of pending ones */
        uint16_t position; /* where the next word stands */
    } places[AQ_CONTEXT_PLACES];
};

/* After a form of a term. */
enum aq_status aq_context_begin(struct aq_context *c, struct aq_txn *txn, struct aq_slice term, struct aq_slice form,
                                struct aq_error *err);

/* In how many of the places the form of a term stands. keep: only those stay, and what
 * comes next is what stands behind it. */
enum aq_status aq_context_next(struct aq_context *c, struct aq_slice term, struct aq_slice form, bool keep,
                               uint32_t *count, struct aq_error *err);

#endif
