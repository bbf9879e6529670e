/* plan_every.c - the best of the passages that have required words and phrases, or, to
 * begin with, all words of the query. The rarest list is gone through block by block; as
 * soon as enough matches have been counted, blocks, postings and at last candidates that
 * cannot be among the best are passed over, positions being looked at last of all. */
#include "batch.h"

static bool is_must(const struct aq_lane *l, bool all_words)
{
    return l->required || (all_words && l->needed);
}

/* The others in the order of looking up: what drops most first. The rarest of those that
 * hits must have, then whatever adds most. Returns the lane that drives. */
static uint32_t order_steps(const struct aq_ranking *r, bool all_words, struct aq_step *steps)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < r->lane_count; i++) {
        const struct aq_lane *l = &r->lanes[i];
        struct aq_step step = {.lane = i, .must = is_must(l, all_words), .bound = l->most};
        uint32_t k = count++;
        for (; k > 0; k--) {
            const struct aq_step *before = &steps[k - 1];
            const struct aq_lane *other = &r->lanes[before->lane];
            bool later = step.must != before->must ? step.must
                         : step.must               ? l->df < other->df
                                                   : step.bound > before->bound;
            if (!later)
                break;
            steps[k] = *before;
        }
        steps[k] = step;
    }
    aq_steps_sum(steps + 1, count - 1);
    return steps[0].lane;
}

static bool lacks_words(const struct aq_query *q, const struct aq_leaf *leaf)
{
    for (size_t i = 0; i < q->term_count; i++)
        if (q->terms[i].needed && leaf->lists[i].df == 0)
            return true;
    return false;
}

static enum aq_status rank_leaf(struct aq_ranking *r, struct aq_leaf *leaf, bool all_words, bool prime)
{
    struct aq_step steps[AQ_LANES];
    bool possible;
    if (all_words && lacks_words(r->plan->query, leaf))
        return AQ_OK;
    enum aq_status st = aq_ranking_open(r, leaf, &possible);
    if (st || !possible)
        return st;
    uint32_t driver = order_steps(r, all_words, steps);
    if (prime)
        aq_ranking_prime(r, driver, steps + 1, r->lane_count - 1);
    else
        aq_ranking_drive(r, driver, steps + 1, r->lane_count - 1, 0, AQ_DOCID_END);
    return aq_ranking_bad(r) ? AQ_CORRUPT : AQ_OK;
}

static enum aq_status rank_leaves(const struct aq_plan *p, struct aq_ranking *r, bool all_words, bool prime)
{
    enum aq_status st = AQ_OK;
    for (uint32_t i = 0; i < p->leaf_count && !st && !aq_ranking_done(r); i++) {
        aq_arena_reset(p->scratch);
        st = rank_leaf(r, &p->leaves[p->order[i]], all_words, prime);
        aq_collector_leaf_end(p->collector);
    }
    return st;
}

enum aq_status aq_plan_every(const struct aq_plan *p, struct aq_ranking *r, bool all_words)
{
    enum aq_status st = rank_leaves(p, r, all_words, true);
    return st ? st : rank_leaves(p, r, all_words, false);
}
