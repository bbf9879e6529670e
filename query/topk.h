/* topk.h - the best k candidates, one a group if asked: a heap whose root is the
 * worst kept, and a table from group to its place in the heap. Owns the order of
 * hits; knows nothing of postings, segments or texts. */
#ifndef AQ_TOPK_H
#define AQ_TOPK_H

#include "base.h"

/* A matching passage. */
struct aq_candidate {
    int64_t primary;  /* date or points when sorted by them, else 0 */
    double score;
    uint32_t comment, ordinal;
    uint32_t group;   /* comment, thread or author number; the passage's own where each is a group */
    uint32_t matches; /* of the group: filled in by who counts them */
    uint32_t leaf, docid; /* where it was found */
    uint8_t tier;     /* lower goes first: AQ_TIER_* */
    bool all_words;
    bool whole;       /* the score is that of the whole comment (evidence.h) */
};

enum { AQ_TIER_QUOTE = 1, AQ_TIER_SOME_WORDS = 2, AQ_TIER_CONCEPTS = 4 /* without any word of the query */ };

/* The order of hits: primary descending, tier ascending, score descending, comment
 * ascending, ordinal ascending. Total: no two passages are equal. */
static inline bool aq_candidate_before(const struct aq_candidate *a, const struct aq_candidate *b)
{
    if (a->primary != b->primary)
        return a->primary > b->primary;
    if (a->tier != b->tier)
        return a->tier < b->tier;
    if (a->score < b->score || a->score > b->score)
        return a->score > b->score;
    if (a->comment != b->comment)
        return a->comment < b->comment;
    return a->ordinal < b->ordinal;
}

/* Zero-initialise, aq_topk_init, offer, finish, free. */
struct aq_topk {
    struct aq_candidate *heap;
    uint32_t *slot_of;    /* by heap index: slot of the group in `slots` */
    uint32_t *slots;      /* open addressing: heap index, or EMPTY */
    size_t count, cap, slot_cap, slot_count;
    uint32_t k;
    bool by_group;
    bool failed; /* out of memory: sticks */
};

/* k at least 1. Memory grows with what is kept, not with k. */
void aq_topk_init(struct aq_topk *t, uint32_t k, bool by_group);
void aq_topk_free(struct aq_topk *t);

/* Keeps c if it is among the best. Candidates come in any order; with groups, a
 * group stands with the best of what was offered for it, and offering everything
 * gives the same as sorting everything and keeping each group's first. */
void aq_topk_offer(struct aq_topk *t, const struct aq_candidate *c);

/* The worst kept once k are kept, else NULL: what does not go before it is refused. */
static inline const struct aq_candidate *aq_topk_worst(const struct aq_topk *t)
{
    return t->count == t->k ? t->heap : NULL;
}

/* Sorts what was kept, best first, in place; nothing may be offered afterwards. */
struct aq_candidate *aq_topk_finish(struct aq_topk *t, size_t *count);

/* Puts candidates in the order of hits anew, after their scores have changed. */
void aq_candidates_sort(struct aq_candidate *candidates, size_t count);

#endif
