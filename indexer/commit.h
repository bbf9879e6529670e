/* commit.h - one batch becomes visible in one transaction. */
#ifndef AQ_COMMIT_H
#define AQ_COMMIT_H

#include "batch.h"

/* BM25 parameters that impacts are computed with. */
#define AQ_K1 1.2
#define AQ_B 0.75

/* Commits comments already in the batch's accumulator as a segment. */
enum aq_status aq_commit_segment(struct aq_store *store, struct aq_batch *batch, struct aq_error *err);

/* Commits the comments of `unit` (NULL: none) as pending forward records. */
enum aq_status aq_commit_pending(struct aq_store *store, struct aq_batch *batch, const struct aq_unit *unit,
                                 const struct aq_analyzer *analyzer, struct aq_error *err);

/* The first comment whose text is not in full frames yet. */
enum aq_status aq_packed_text(struct aq_txn *t, uint32_t *comment, struct aq_error *err);
enum aq_status aq_set_packed_text(struct aq_txn *t, uint32_t comment, struct aq_error *err);

/* The dictionary for new frames; empty without one. Valid until the transaction ends. */
struct aq_slice aq_dictionary(struct aq_txn *t, uint32_t number);

#endif
