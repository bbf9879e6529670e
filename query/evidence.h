/* evidence.h - the second stage of ranking: what the whole comment says for a hit. The
 * first stage finds passages by BM25, which is what can be found fast; the best of their
 * comments are put in order here by all their words, titles counting more and quotes less.
 *
 * BM25F (Robertson, Zaragoza and Taylor, "Simple BM25 extension to multiple weighted
 * fields", CIKM 2004) with comments as documents: for each term of the query
 * `times * idf^power * f / (f + K)`, f the weighted sum of its frequencies in own words,
 * title and quotes, K as in BM25 of the comment's length. */
#ifndef AQ_EVIDENCE_H
#define AQ_EVIDENCE_H

#include "plan.h"

enum {
    AQ_EVIDENCE_AMONG = 30, /* the best hits of the first stage, which are put in order anew */
    AQ_EVIDENCE_TERMS = 1000 /* queries with more stay as they are */
};

struct aq_evidence_model {
    double k1, b;
    double idf_power;
    double title, quote; /* weights; own words have 1 */
};
extern const struct aq_evidence_model aq_evidence_default;

/* What a search asks of the second stage. */
struct aq_evidence_request {
    const struct aq_evidence_model *model;
    unsigned prefer; /* enum aq_prefer bits of aq.h */
    int64_t now;     /* seconds since 1970 */
};

/* Sets the scores of hits, the best `count` of the first stage in order, and puts the first
 * AQ_EVIDENCE_AMONG of them in order anew; tiers stay as they are. */
enum aq_status aq_evidence(const struct aq_plan *p, struct aq_txn *txn, const struct aq_evidence_request *r,
                           struct aq_candidate *hits, size_t count, struct aq_error *err);

/* What a term, or a preference, adds to a hit's score. */
struct aq_evidence_share {
    const char *kind; /* "term", "points", "recent" */
    uint32_t term;    /* AQ_NO_TERM of preferences, for which frequency and boost are 0 */
    double frequency; /* in the comment, weighted */
    double boost;
    double share;
};
typedef void aq_evidence_visit(void *context, const struct aq_evidence_share *share);
struct aq_evidence_lengths {
    double comment, average; /* tokens, weighted; of all comments */
};
/* The shares of a hit's score in the order in which they were added up. */
enum aq_status aq_evidence_explain(const struct aq_plan *p, struct aq_txn *txn, const struct aq_evidence_request *r,
                                   const struct aq_candidate *hit, aq_evidence_visit *visit, void *context,
                                   struct aq_evidence_lengths *lengths);

#endif
