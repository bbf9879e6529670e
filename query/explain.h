/* explain.h - why a passage is a hit: the query as it was understood, and what each term
 * added to the score. Owns no arithmetic: the shares are those of the plans. */
#ifndef AQ_EXPLAIN_H
#define AQ_EXPLAIN_H

#include "aq.h"
#include "evidence.h"
#include "plan.h"

/* The shares of one hit. */
struct aq_shares {
    const struct aq_share *items;
    uint32_t count;
    bool whole;      /* they are of the whole comment */
    double length, average; /* of the passage or comment and of all, in tokens as scored */
};

/* The nodes of a resolved query; everything handed out lives in arena. */
enum aq_status aq_explain_query(const struct aq_query *q, struct aq_arena *arena, struct aq_explanation *out,
                                struct aq_error *err);

/* Of each of the hits that p found. */
enum aq_status aq_explain_hits(const struct aq_plan *p, struct aq_txn *txn, const struct aq_evidence_request *evidence,
                               const struct aq_candidate *hits, size_t count,
                               struct aq_arena *arena, const struct aq_shares **out, struct aq_error *err);

#endif
