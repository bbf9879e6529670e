/* lane.h - a query term's list in a leaf with upper bounds of what it can add to a
 * score, for plans that pass over what cannot be among the best. Owns the bounds;
 * knows nothing of hits. */
#ifndef AQ_LANE_H
#define AQ_LANE_H

#include "leaf.h"
#include "score.h"

enum { AQ_LANES = AQ_QUERY_TERMS }; /* more than so many run exhaustively */

struct aq_lane {
    struct aq_cursor cursor; /* opened by blocks */
    uint32_t term;           /* of the query */
    uint32_t df;             /* in the leaf */
    uint32_t blocks;
    double weight;           /* 0: does not score */
    double unit;             /* no posting adds more than its impact times this */
    double most;             /* nor more than this */
    bool needed, required;   /* of the term */
};

/* Sums of bounds and scores are made in any order, so either may be off by some 2^-53
 * for each of at most AQ_LANES additions. A passage is passed over only when its bound
 * is below the floor by more than that. */
#define AQ_SLACK 1e-12
static inline double aq_slack_floor(double floor)
{
    return floor > 0 ? floor * (1 - AQ_SLACK) : floor;
}

/* Whether impacts bound scores in all leaves: segments were built with the model's k1 and b. */
bool aq_lanes_bounded(const struct aq_leaf *leaves, uint32_t count, const struct aq_model *m);

/* Opens the lanes of all terms that score, or that hits or "all words" need, in query
 * order: at most AQ_LANES, and no more than the query has terms. Returns how many. */
uint32_t aq_lanes_open(struct aq_lane *lanes, const struct aq_leaf *leaf, const struct aq_query *q,
                       const struct aq_model *m);

/* The best a passage of the leaf can score. */
double aq_lanes_most(const struct aq_leaf *leaf, const struct aq_query *q, const struct aq_model *m);

/* The least tf with which a passage can add this much, however short it is; above 255
 * when none can. */
uint32_t aq_least_tf(const struct aq_model *m, double weight, double much);

/* Indexes of the postings of the current block, freqs loaded, with at least this tf;
 * returns how many. */
uint32_t aq_lane_frequent(const struct aq_lane *l, uint32_t least, uint8_t indexes[AQ_BLOCK]);

/* Index of the first of a block's docids that is not below; the last one's where all are.
 * Without branches: searches for several docids run into one another. */
static inline uint32_t aq_find128(const uint32_t docids[AQ_BLOCK], uint32_t docid)
{
    uint32_t at = docids[63] < docid ? 64 : 0;
    at += docids[at + 31] < docid ? 32 : 0;
    at += docids[at + 15] < docid ? 16 : 0;
    at += docids[at + 7] < docid ? 8 : 0;
    at += docids[at + 3] < docid ? 4 : 0;
    at += docids[at + 1] < docid ? 2 : 0;
    return at + (docids[at] < docid ? 1 : 0);
}

static inline double aq_lane_block_bound(const struct aq_lane *l, uint32_t block)
{
    return l->unit * aq_cursor_block_impact(&l->cursor, block);
}

#endif
