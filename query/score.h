/* score.h - BM25 with Lucene's idf: Robertson and Zaragoza, "The Probabilistic
 * Relevance Framework: BM25 and Beyond" (2009), section 3. Statistics are those of
 * the whole index, so a score does not depend on how it is cut into segments.
 * Knows nothing of queries or lists. */
#ifndef AQ_SCORE_H
#define AQ_SCORE_H

#include "base.h"

#define AQ_DEFAULT_K1 1.2
#define AQ_DEFAULT_B 0.75

enum { AQ_COMMON_TF = 4 }; /* most tf are at most this */

struct aq_model {
    double k1, b;
    uint64_t passages;  /* N, tombstones and pending ones included */
    double average;     /* tokens a passage */
    double norms[256];  /* aq_length_norm, by length */
    double shares[AQ_COMMON_TF][256]; /* tf / (tf + norm) of tf 1, 2, ..., by length */
};

/* k1 and b both 0: the defaults. AQ_INVALID when k1 < 0 or b is outside [0, 1]. */
enum aq_status aq_model_init(struct aq_model *m, double k1, double b, uint64_t passages, uint64_t tokens,
                             struct aq_error *err);

/* The same for a model that was initialised before, or is all zeros: what is the same as
 * then is not worked out again. */
enum aq_status aq_model_update(struct aq_model *m, double k1, double b, uint64_t passages, uint64_t tokens,
                               struct aq_error *err);

/* ln(1 + (N - n + 0.5) / (n + 0.5)): positive for every n from 0 to N. */
double aq_idf(const struct aq_model *m, uint64_t df);

/* A term's share of a passage's score. weight: idf times the term's count in the
 * query. Every plan adds these in query order, so that all give the same sum. */
static inline double aq_score(const struct aq_model *m, double weight, uint32_t tf, uint8_t length)
{
    double share = AQ_LIKELY(tf - 1 < AQ_COMMON_TF) ? m->shares[tf - 1][length]
                                                    : (double)tf / ((double)tf + m->norms[length]);
    return weight * share;
}

#endif
