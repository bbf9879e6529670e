/* term_merge.h - the terms of several segments as one ascending sequence. */
#ifndef AQ_TERM_MERGE_H
#define AQ_TERM_MERGE_H

#include "store.h"

/* Stands on a term: `term`, valid until the next step, and for each segment whether it
 * has it; walks[k].postings are its postings there. */
struct aq_term_merge {
    struct aq_slice term;
    bool *has;
    struct aq_term_walk *walks;
    size_t count;
    bool *live; /* private: which walks stand on a term */
};

/* Stands on the first term at or after `from`, or after it. Close also after a
 * failure, and before the transaction ends. */
enum aq_status aq_term_merge_open(struct aq_txn *t, const struct aq_segment *const *segments, size_t count,
                                  struct aq_slice from, bool after, struct aq_term_merge *m, bool *found,
                                  struct aq_error *err);
enum aq_status aq_term_merge_next(struct aq_term_merge *m, bool *found, struct aq_error *err);
void aq_term_merge_close(struct aq_term_merge *m);

#endif
