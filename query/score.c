/* score.c - see score.h. */
#include "score.h"

#include "postings.h"

#include <math.h>

enum aq_status aq_model_init(struct aq_model *m, double k1, double b, uint64_t passages, uint64_t tokens,
                             struct aq_error *err)
{
    if (!isfinite(k1) || !isfinite(b) || k1 < 0 || b < 0 || b > 1)
        return aq_fail(err, AQ_INVALID, "BM25 needs k1 of 0 or more and b from 0 to 1, not %g and %g", k1, b);
    if (k1 <= 0 && b <= 0) {
        k1 = AQ_DEFAULT_K1;
        b = AQ_DEFAULT_B;
    }
    m->k1 = k1;
    m->b = b;
    m->passages = passages;
    m->average = passages && tokens ? (double)tokens / (double)passages : 1;
    for (unsigned length = 0; length < 256; length++)
        m->norms[length] = aq_length_norm(k1, b, m->average, length);
    return AQ_OK;
}

double aq_idf(const struct aq_model *m, uint64_t df)
{
    double n = (double)df, all = (double)m->passages;
    if (n > all) /* only in a damaged index */
        n = all;
    return log(1 + (all - n + 0.5) / (n + 0.5));
}
