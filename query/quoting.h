/* quoting.h - what the passages of a comment quote, and who quotes it. */
#ifndef AQ_QUOTING_H
#define AQ_QUOTING_H

#include "reader.h"

/* Fills the sources of a comment's passages; slices live in arena. */
enum aq_status aq_quoting_fill(struct aq_txn *txn, uint32_t comment, struct aq_passage_view *passages, uint32_t count,
                               struct aq_arena *arena, struct aq_error *err);

/* The comments that quote it, ascending, each once: appended to numbers (NULL: only
 * counted) as uint32_t. */
enum aq_status aq_quoters(struct aq_txn *txn, uint32_t comment, struct aq_buf *numbers, uint32_t *count,
                          struct aq_error *err);

/* The comments that it quotes, in the order of its passages. */
enum aq_status aq_quoted(struct aq_txn *txn, uint32_t comment, struct aq_buf *numbers, struct aq_error *err);

#endif
