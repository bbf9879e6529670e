/* lane.c - see lane.h. */
#include "lane.h"

#include "bitpack.h"

#include <math.h>

/* An impact is an upper bound, in 255ths, of tf / (tf + K) with K at the segment's
 * average length when it was built. With r = now / then:
 *
 * r <= 1: lengths count for more now, no K is smaller, and the bound holds as it is.
 *
 * r > 1: K is k1 * (1 - b + b * max(length / average, AQ_MIN_LENGTH)). Of the maximum's
 * two sides the first is r times smaller now and the second the same, so the maximum, and
 * 1 - b with it, has been at most r times what it is now: K_then <= r * K_now. Hence
 * (tf / (tf + K_now)) / (tf / (tf + K_then)) = (tf + K_then) / (tf + K_now) <= r.
 *
 * The last factor covers the rounding of the divisions here and in aq_score. */
static double leaf_scale(const struct aq_leaf *leaf, const struct aq_model *m)
{
    double r = leaf->segment ? m->average / leaf->segment->info.average_length : 1;
    return (r > 1 ? r : 1) / 255 * (1 + AQ_SLACK);
}

bool aq_lanes_bounded(const struct aq_leaf *leaves, uint32_t count, const struct aq_model *m)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct aq_segment *seg = leaves[i].segment;
        if (!seg)
            continue;
        bool same = seg->info.k1 >= m->k1 && seg->info.k1 <= m->k1 && seg->info.b >= m->b && seg->info.b <= m->b;
        if (!same || !(seg->info.average_length > 0))
            return false;
    }
    return true;
}

static uint8_t list_impact(const struct aq_leaf_list *l)
{
    return l->in_memory ? 255 : aq_postings_impact(&l->list);
}

static bool takes_part(const struct aq_leaf *leaf, const struct aq_query *q, size_t term)
{
    const struct aq_query_term *t = &q->terms[term];
    return leaf->lists[term].df > 0 && (t->weight > 0 || t->required || t->needed);
}

uint32_t aq_lanes_open(struct aq_lane *lanes, const struct aq_leaf *leaf, const struct aq_query *q,
                       const struct aq_model *m)
{
    double scale = leaf_scale(leaf, m);
    uint32_t count = 0;
    for (size_t i = 0; i < q->term_count && count < AQ_LANES; i++) {
        if (!takes_part(leaf, q, i))
            continue;
        const struct aq_query_term *t = &q->terms[i];
        struct aq_lane *l = &lanes[count++];
        aq_leaf_cursor_open(leaf, (uint32_t)i, &l->cursor);
        l->term = (uint32_t)i;
        l->df = leaf->lists[i].df;
        l->blocks = aq_cursor_blocks(&l->cursor);
        l->weight = t->weight > 0 ? t->weight : 0;
        l->unit = l->weight * scale;
        l->most = l->unit * list_impact(&leaf->lists[i]);
        l->needed = t->needed;
        l->required = t->required;
    }
    return count;
}

double aq_lanes_most(const struct aq_leaf *leaf, const struct aq_query *q, const struct aq_model *m)
{
    double sum = 0;
    for (size_t i = 0; i < q->term_count; i++)
        if (takes_part(leaf, q, i) && q->terms[i].weight > 0)
            sum += q->terms[i].weight * list_impact(&leaf->lists[i]);
    return sum * leaf_scale(leaf, m);
}

/* The quotient may be off by rounding: what it says is tried out. */
uint32_t aq_least_tf(const struct aq_model *m, double weight, double much)
{
    double share = much / weight;
    if (!(share > 0))
        return 1;
    double exact = share < 1 ? share * m->norms[0] / (1 - share) : 256;
    uint32_t tf = exact < 256 ? (uint32_t)exact + 1 : 256;
    while (tf > 1 && aq_score(m, weight, tf - 1, 0) >= much)
        tf--;
    return tf;
}

uint32_t aq_lane_frequent(const struct aq_lane *l, uint32_t least, uint8_t indexes[AQ_BLOCK])
{
    const struct aq_cursor *c = &l->cursor;
    uint32_t n = 0;
    if (least <= 1) {
        for (uint32_t i = 0; i < AQ_BLOCK; i++) /* all, so that the compiler takes many at once */
            indexes[i] = (uint8_t)i;
        return c->count;
    }
    if (c->count == AQ_BLOCK)
        return aq_select128(c->freqs, least, indexes);
    for (uint32_t i = 0; i < c->count; i++) {
        indexes[n] = (uint8_t)i;
        n += c->freqs[i] >= least;
    }
    return n;
}
