/* query_synonyms.c - what synonyms weigh beside the words that were typed. Owns nothing of
 * where synonyms come from (synonyms_apply.c). */
#include "query_build.h"

static double weight_of_word(const struct aq_query *q, const struct aq_query_word *w)
{
    double weight = 0;
    for (uint32_t i = 0; i < w->scored_count; i++)
        weight += q->terms[w->scored[i]].idf;
    return weight;
}

static double weight_of_near(const struct aq_query *q, const struct aq_query_near *near)
{
    double weight = 0;
    for (uint32_t i = 0; i < near->count; i++)
        for (uint32_t s = 0; s < near->sides[i].span_count; s++)
            for (uint32_t k = 0; k < near->sides[i].spans[s].count; k++)
                weight += q->terms[near->sides[i].spans[s].elements[k].term].idf;
    return weight;
}

/* Of what stands under a SAME: a word, a row of words, or a NEAR of words. */
static double weight_of(const struct aq_query *q, uint32_t at)
{
    double weight = 0;
    for (uint32_t i = at; i < q->nodes[at].end; i++) {
        const struct aq_query_node *n = &q->nodes[i];
        if (n->dead)
            continue;
        if (n->kind == AQ_NODE_WORD)
            weight += weight_of_word(q, &q->words[n->leaf]);
        else if (n->kind == AQ_NODE_NEAR)
            weight += weight_of_near(q, &q->nears[n->leaf]);
    }
    return weight;
}

static void scale(struct aq_query *q, uint32_t at, double by)
{
    for (uint32_t i = at; i < q->nodes[at].end; i++)
        q->nodes[i].boost *= by;
}

void aq_query_level_synonyms(struct aq_query *q)
{
    for (uint32_t i = 0; i < q->node_count; i++) {
        if (q->nodes[i].kind != AQ_NODE_SAME || q->nodes[i].literal)
            continue;
        double typed = weight_of(q, i + 1);
        for (uint32_t c = q->nodes[i + 1].end; c < q->nodes[i].end && typed > 0; c = q->nodes[c].end) {
            double weight = weight_of(q, c);
            if (weight > typed)
                scale(q, c, typed / weight);
        }
    }
}
