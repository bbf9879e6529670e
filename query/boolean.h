/* boolean.h - a query that is a tree, over windows of one leaf's passages: which passages
 * match each node, and what each leaf adds to a passage's score. Between plan_tree.c, which
 * goes through all windows, and explain.c, which wants one passage. */
#ifndef AQ_BOOLEAN_H
#define AQ_BOOLEAN_H

#include "near.h"
#include "plan.h"

enum { AQ_BOOLEAN_WINDOW = 2048, AQ_BOOLEAN_WORDS = AQ_BOOLEAN_WINDOW / 64 };

/* A list, as far as it has been read: a term's, or of it only what is written in forms
 * that a pattern matches. */
struct aq_boolean_list {
    struct aq_cursor cursor;
    uint32_t term;
    const int32_t *codes; /* those that count; NULL: all */
    uint32_t code_count;
    uint32_t base;        /* of the window that follows, or AQ_DOCID_END */
    uint64_t bits[AQ_BOOLEAN_WORDS];
    uint8_t tf[AQ_BOOLEAN_WINDOW]; /* where bits are set */
};

struct aq_boolean_pattern {
    struct aq_boolean_list **lists; /* one a term of the pattern that the leaf has */
    uint32_t count;
};

struct aq_boolean {
    const struct aq_plan *plan;
    const struct aq_query *query;
    struct aq_leaf *leaf;
    struct aq_boolean_list **terms; /* by query term; NULL: the leaf has none */
    struct aq_boolean_pattern *patterns;
    struct aq_near_matcher *nears;
    uint64_t (*match)[AQ_BOOLEAN_WORDS]; /* by node: passages of the window */
    uint64_t (*full)[AQ_BOOLEAN_WORDS];  /* by node: those that have all its words */
    uint32_t *bounds;                 /* by node */
    uint32_t base;                    /* of the window */
    uint64_t work;                    /* steps taken, roughly */
    uint32_t score_work;              /* at most for a passage's score */
    bool corrupt;
};

/* What one term adds to a passage's score. */
struct aq_boolean_share {
    uint32_t node, term;
    uint32_t tf;
    double weight; /* idf and boosts */
    double share;
};
typedef void aq_boolean_visit(void *context, const struct aq_boolean_share *share);

enum aq_status aq_boolean_open(struct aq_boolean *t, const struct aq_plan *p, struct aq_leaf *leaf, struct aq_arena *arena);

/* The first window from base on that may have a match; windows begin at multiples of
 * AQ_BOOLEAN_WINDOW. AQ_DOCID_END: there is none. base never descends from call to call. */
uint32_t aq_boolean_next(struct aq_boolean *t, uint32_t base);

/* Sets match and full of all nodes in the window, of passages in `mask`; those of nodes
 * within others that do not match are anything. */
void aq_boolean_match(struct aq_boolean *t, uint32_t base, const uint64_t mask[AQ_BOOLEAN_WORDS]);
/* The score of a matching passage of the window. visit (may be NULL) sees the shares in
 * the order in which they were added up. */
double aq_boolean_score(const struct aq_boolean *t, uint32_t docid, aq_boolean_visit *visit, void *context);

bool aq_boolean_bad(const struct aq_boolean *t);

/* Inside: a leaf's passages in the window, and a bound for its next one. */
void aq_boolean_leaf_match(struct aq_boolean *t, uint32_t node, const uint64_t mask[AQ_BOOLEAN_WORDS]);

static inline bool aq_boolean_has(const uint64_t bits[AQ_BOOLEAN_WORDS], uint32_t at)
{
    return bits[at / 64] >> (at % 64) & 1;
}

#endif
