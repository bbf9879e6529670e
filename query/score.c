/* score.c - see score.h. */
#include "score.h"

#include "postings.h"

#include <math.h>

static double average_of(uint64_t passages, uint64_t tokens)
{
    return passages && tokens ? (double)tokens / (double)passages : 1;
}

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
    m->average = average_of(passages, tokens);
    for (unsigned length = 0; length < 256; length++) {
        m->norms[length] = aq_length_norm(k1, b, m->average, length);
        for (unsigned tf = 1; tf <= AQ_COMMON_TF; tf++)
            m->shares[tf - 1][length] = (double)tf / ((double)tf + m->norms[length]);
    }
    return AQ_OK;
}

static bool same(double x, double y)
{
    return x >= y && x <= y;
}

enum aq_status aq_model_update(struct aq_model *m, double k1, double b, uint64_t passages, uint64_t tokens,
                               struct aq_error *err)
{
    bool defaults = k1 <= 0 && k1 >= 0 && b <= 0 && b >= 0;
    if (!same(m->k1, defaults ? AQ_DEFAULT_K1 : k1) || !same(m->b, defaults ? AQ_DEFAULT_B : b) ||
        !same(m->average, average_of(passages, tokens)))
        return aq_model_init(m, k1, b, passages, tokens, err);
    m->passages = passages;
    return AQ_OK;
}

double aq_idf(const struct aq_model *m, uint64_t df)
{
    double n = (double)df, all = (double)m->passages;
    if (n > all) /* only in a damaged index */
        n = all;
    return log(1 + (all - n + 0.5) / (n + 0.5));
}
