/* group.h - from matching passages to hits: filters, groups, counts and the best k.
 * Plans hand in passages leaf by leaf, in ascending docid within a leaf. Knows
 * nothing of how they were found. */
#ifndef AQ_GROUP_H
#define AQ_GROUP_H

#include "aq.h"
#include "filter.h"
#include "leaf.h"
#include "topk.h"

struct aq_collector {
    struct aq_txn *txn;
    const struct aq_filter *filter;
    enum aq_group group;
    enum aq_sort sort;
    bool tiered;      /* passages without all words go behind */
    struct aq_topk best;

    uint64_t passages, groups; /* that match */

    /* The comment the last passage belonged to: its facts are looked up once. */
    uint32_t comment;
    bool passes;
    int64_t primary;
    uint32_t number;             /* its group */
    struct aq_candidate current; /* its best passage so far, when grouping by comment */
    uint32_t matches;            /* its matching passages */

    uint32_t *counts;      /* by thread or author number */
    uint32_t count_size;
    bool corrupt;
};

/* k: how many hits at the most. Zero-initialise; free in any case. */
enum aq_status aq_collector_init(struct aq_collector *c, struct aq_txn *txn, const struct aq_filter *filter,
                                 enum aq_group group, enum aq_sort sort, uint32_t k, bool tiered,
                                 struct aq_error *err);
void aq_collector_free(struct aq_collector *c);

/* A visible passage that matches. */
void aq_collect(struct aq_collector *c, struct aq_leaf *leaf, uint32_t docid, double score, bool all_words);
/* After a leaf's last passage. */
void aq_collector_leaf_end(struct aq_collector *c);

/* Hits best first; `matches` of each is that of its group. Valid until the free. */
enum aq_status aq_collector_finish(struct aq_collector *c, const struct aq_candidate **hits, size_t *count,
                                   struct aq_error *err);

#endif
