/* pending_walk.h - the records of pending comments, one after the other. Owns the walk and
 * what is said of damage; what a record means for a search is the visitor's. */
#ifndef AQ_PENDING_WALK_H
#define AQ_PENDING_WALK_H

#include "pending.h"
#include "store.h"

/* *enough set ends the walk. The record is the transaction's. A failure's message is the
 * visitor's: for damage aq_pending_damaged, which returns AQ_CORRUPT. */
typedef enum aq_status aq_pending_visit(void *context, uint32_t comment, const struct aq_pending *record, bool *enough,
                                        struct aq_error *err);
enum aq_status aq_pending_walk(struct aq_txn *txn, aq_pending_visit *visit, void *context, struct aq_error *err);
enum aq_status aq_pending_damaged(struct aq_error *err);

#endif
