/* near.h - words near each other: the sides of a NEAR, an ADJ or a phrase in one passage.
 * Owns the arithmetic of distances; knows nothing of which passages to look at. */
#ifndef AQ_NEAR_H
#define AQ_NEAR_H

#include "match.h"

struct aq_near_matcher {
    struct aq_leaf *leaf;
    const struct aq_query *query;
    const struct aq_query_near *near;
    struct aq_cursor **by_term; /* of its terms, NULL where the leaf lacks them */
    uint32_t *terms;            /* those that are not NULL */
    uint32_t term_count;
    uint64_t work;              /* lists looked at, AQ_NEAR_POSITIONS_WORK for each that was read */
    uint64_t (*starts)[AQ_POSITION_MAX / 64]; /* by side: where it begins in the passage */
    uint8_t *owner;             /* by position: the side that has it; of the matching */
};

enum { AQ_NEAR_POSITIONS_WORK = 16 };

/* False: no memory. */
bool aq_near_init(struct aq_near_matcher *m, struct aq_leaf *leaf, const struct aq_query *q,
                  const struct aq_query_near *near, struct aq_arena *arena);
/* Whether it holds in the passage. docids ascend from call to call. */
bool aq_near_here(struct aq_near_matcher *m, uint32_t docid);
bool aq_near_bad(const struct aq_near_matcher *m);

#endif
