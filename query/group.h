/* group.h - from matching passages to hits: filters, groups, counts and the best k.
 * Plans hand in passages leaf by leaf; those of one comment one after the other.
 * Knows nothing of how they were found. */
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
    bool tiered;       /* passages without all words go behind */
    bool facts;        /* something must be looked up of each comment */
    struct aq_topk best;

    uint64_t passages; /* that match */
    uint64_t groups;   /* with a match */

    /* The comment that the last passage belonged to. */
    uint32_t comment;
    uint32_t matches;  /* its matching passages */
    bool passes;       /* the filter */
    bool waits;        /* `current` is to be offered when the comment ends */
    struct aq_candidate current;
    int64_t primary;
    uint32_t number;   /* its group */

    /* What is certainly not among the best: a higher tier, or this one with less. */
    unsigned floor_tier;
    double floor_score;

    uint32_t *counts;  /* matching passages by thread or author number */
    uint32_t count_size;
    bool corrupt;
};

/* k: how many hits at the most. Zero-initialise; free in any case. */
enum aq_status aq_collector_init(struct aq_collector *c, struct aq_txn *txn, const struct aq_filter *filter,
                                 enum aq_group group, enum aq_sort sort, uint32_t k, bool tiered,
                                 struct aq_error *err);
void aq_collector_free(struct aq_collector *c);

void aq_collector_turn(struct aq_collector *c, uint32_t comment);
void aq_collector_consider(struct aq_collector *c, struct aq_leaf *leaf, uint32_t docid, uint32_t ordinal,
                           double score, bool all_words);

/* A visible passage that matches. Most are counted and refused right here. */
static inline void aq_collect(struct aq_collector *c, struct aq_leaf *leaf, uint32_t docid, double score,
                              bool all_words)
{
    uint32_t comment, ordinal;
    if (AQ_UNLIKELY(!aq_leaf_locate(leaf, docid, &comment, &ordinal))) {
        c->corrupt = true;
        return;
    }
    if (comment != c->comment) {
        if (c->waits || c->facts)
            aq_collector_turn(c, comment);
        c->comment = comment;
        c->matches = 0;
    }
    if (!c->passes)
        return;
    c->passages++;
    if (c->counts)
        c->groups += c->counts[c->number]++ == 0;
    else
        c->groups += c->matches++ == 0;
    unsigned tier = c->tiered && !all_words ? AQ_TIER_SOME_WORDS : 0;
    if (tier > c->floor_tier || (tier == c->floor_tier && score < c->floor_score))
        return;
    aq_collector_consider(c, leaf, docid, ordinal, score, all_words);
}

/* After a leaf's last passage. */
void aq_collector_leaf_end(struct aq_collector *c);

/* Hits best first; `matches` of each is that of its group. Valid until the free. */
enum aq_status aq_collector_finish(struct aq_collector *c, const struct aq_candidate **hits, size_t *count,
                                   struct aq_error *err);

#endif
