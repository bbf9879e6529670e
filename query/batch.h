/* batch.h - up to a block of candidates of one leaf on their way through its lanes:
 * looked up lane by lane, dropped as soon as they cannot be among the best, scored at
 * the end. What plan_every.c and plan_any.c share; chooses no lanes itself. */
#ifndef AQ_BATCH_H
#define AQ_BATCH_H

#include "lane.h"
#include "plan.h"

enum { AQ_BATCH = AQ_BLOCK, AQ_BATCH_SPAN = 4096 };

struct aq_batch {
    uint32_t count;
    uint8_t slots[AQ_BATCH]; /* the candidates left, by ascending docid */
    const uint32_t *docids;  /* by slot, as all that follow */
    double sums[AQ_BATCH];   /* of the lanes looked up so far, in any order: for bounds only */
    uint8_t tf[AQ_LANES][AQ_BATCH];        /* by lane; 0: not in its list */
    uint32_t postings[AQ_LANES][AQ_BATCH]; /* numbers in the list where tf is not 0 */
    uint8_t places[AQ_BATCH_SPAN];         /* of a block's docids, less its first; all 0 between calls */
};

/* A leaf being ranked. */
struct aq_ranking {
    const struct aq_plan *plan;
    struct aq_leaf *leaf;
    struct aq_lane *lanes; /* in query order */
    uint32_t lane_count;
    struct aq_exclusions out;
    struct aq_cursor **phrase_cursors; /* by query term, NULL where no phrase names it */
    unsigned tier;    /* the best a candidate here can have, quotes aside */
    bool partly;      /* passages with all words have been ranked before */
    struct aq_batch batch;
};

/* A lane to look candidates up in. */
struct aq_step {
    uint32_t lane;
    bool must;    /* drops those that the lane lacks */
    double bound; /* no candidate gets more from the lane */
    double rest;  /* nor from this step and all later ones */
};
/* Sets rest of all; returns that of the first. */
double aq_steps_sum(struct aq_step *steps, uint32_t count);

/* Room for the ranking of p's leaves one after the other. */
struct aq_ranking *aq_ranking_new(const struct aq_plan *p);

/* Opens lanes, exclusions and what phrases need. False in *possible:
 * the leaf lacks something that every hit has. */
enum aq_status aq_ranking_open(struct aq_ranking *r, struct aq_leaf *leaf, bool *possible);

/* Ranks the passages of a lane in [from, to), from where its cursor stands on: those
 * that all steps with `must` have, each scored by all lanes. */
void aq_ranking_drive(struct aq_ranking *r, uint32_t lane, const struct aq_step *steps, uint32_t step_count,
                      uint32_t from, uint32_t to);

/* Ranks a few blocks of the lane, those with the highest impacts, so that there is a floor
 * from the start; what they have is met again later, which changes nothing, and is not
 * counted. Leaves cursors and exclusions anywhere: open the leaf again. */
void aq_ranking_prime(struct aq_ranking *r, uint32_t lane, const struct aq_step *steps, uint32_t step_count);

/* The same as aq_ranking_drive for candidates that the batch holds already, in two parts: drops those that
 * the steps show to be none of the best, by sums of all other lanes; and scores and hands
 * over those that are left, once tf of the other lanes is set as well. */
void aq_ranking_filter(struct aq_ranking *r, const struct aq_step *steps, uint32_t step_count);
void aq_ranking_settle(struct aq_ranking *r);

/* Leaves those of the batch's candidates that match, whatever they score. All lanes are
 * steps, in query order; without any `must`, a lane that scores has to have them. */
void aq_ranking_match(struct aq_ranking *r, const struct aq_step *steps, uint32_t step_count);

/* Whether nothing of the leaf can be a hit or need be counted any more. */
bool aq_ranking_done(const struct aq_ranking *r);

bool aq_ranking_bad(const struct aq_ranking *r);

#endif
