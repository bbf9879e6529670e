/* spread.h - so that a single thread does not fill the first page: of those hits that are
 * as good a match, further ones of a thread go behind the next best of others. Owns that
 * rule (docs/QUERY.md, "Order"); knows nothing of how hits are found. */
#ifndef AQ_SPREAD_H
#define AQ_SPREAD_H

#include "store.h"
#include "topk.h"

enum {
    AQ_SPREAD_HITS = 10,   /* the hits that are spread */
    AQ_SPREAD_AMONG = 100, /* the best hits, from which they are taken */
    AQ_SPREAD_DEFAULT = 2  /* of a thread */
};

/* Puts the first of `hits`, the best `count` comments in order, into their final order.
 * whole: there are no others. False, and nothing has moved, when others could come among
 * the first ten: find AQ_SPREAD_AMONG and call again. */
bool aq_spread(struct aq_txn *txn, uint32_t per_thread, struct aq_candidate *hits, size_t count, bool whole);

#endif
