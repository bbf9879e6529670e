/* merge.h - several segments to one, in the background and in small transactions.
 *
 * Policy: at most AQ_SEGMENTS_MOST segments. When there are more, the smallest are
 * merged, together with every next larger one that is not larger than the sum of
 * those before it, so each posting is rewritten O(log n) times.
 *
 * A merge reads its inputs in short read transactions, encodes up to
 * AQ_MERGE_STEP bytes, and writes them under an unlisted segment id in a
 * transaction of that size; a last, small one lists the result, drops the inputs
 * and carries over deletions and hidings made meanwhile. A crash leaves the
 * inputs listed; aq_store_recover drops the rest. */
#ifndef AQ_MERGE_H
#define AQ_MERGE_H

#include "store.h"

enum { AQ_SEGMENTS_MOST = 8, AQ_MERGE_STEP = 4 << 20 };

struct aq_merger;

enum aq_status aq_merger_open(struct aq_store *store, bool threaded, struct aq_merger **out, struct aq_error *err);
/* There may be something to merge. Without a thread the work is done here. */
void aq_merger_kick(struct aq_merger *m);
/* Waits until nothing is left to merge. */
enum aq_status aq_merger_wait(struct aq_merger *m, struct aq_error *err);
/* The first failure, which sticks; merging stopped there, the index is sound. */
enum aq_status aq_merger_status(struct aq_merger *m, struct aq_error *err);
/* Another store (a new generation) from now on; the merger must be idle. */
void aq_merger_use(struct aq_merger *m, struct aq_store *store);
/* Waits for merges under way, then frees. */
void aq_merger_close(struct aq_merger *m);

struct aq_merge_options {
    bool reorder;  /* comments with the same words become neighbours; else all keep their order */
    size_t memory; /* bytes for finding that order */
    bool threaded; /* ... in two threads */
};

/* Merges the segments with these ids (ascending) of `from` into a new segment of
 * `to`: the same store, where the result replaces its inputs, or another one (a
 * new generation), where it is listed. options: NULL for none. */
enum aq_status aq_merge(struct aq_store *from, const uint32_t *inputs, size_t count, struct aq_store *to,
                        const struct aq_merge_options *options, struct aq_error *err);

#endif
