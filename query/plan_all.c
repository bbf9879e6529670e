/* plan_all.c - required words and phrases: passages with all their terms, found by
 * leapfrogging from the rarest, then proved by positions, then scored. */
#include "plan.h"

struct all {
    struct aq_leaf *leaf;
    const struct aq_plan *plan;
    struct aq_cursor **by_term; /* of required terms and of those that score; else NULL */
    struct aq_conjunction required;
    struct aq_exclusions out;
};

/* False in *possible: the leaf lacks something that hits need. */
static enum aq_status open_all(struct all *a, bool *possible)
{
    struct aq_arena *scratch = a->plan->scratch;
    const struct aq_query *q = a->plan->query;
    struct aq_leaf *leaf = a->leaf;
    uint32_t terms[AQ_QUERY_TERMS], count = 0, cursors = 0;
    *possible = false;
    if (!aq_leaf_can_match(leaf, q))
        return AQ_OK;
    *possible = true;

    struct aq_cursor *made = aq_arena_alloc(scratch, q->term_count * sizeof *made);
    struct aq_cursor **sorted = aq_arena_alloc(scratch, q->term_count * sizeof(void *));
    a->by_term = aq_arena_zalloc(scratch, q->term_count * sizeof(void *));
    if (!made || !sorted || !a->by_term)
        return AQ_NOMEM;
    for (size_t i = 0; i < q->term_count; i++) {
        const struct aq_query_term *t = &q->terms[i];
        if (leaf->lists[i].df == 0 || !(t->required || t->weight > 0))
            continue;
        a->by_term[i] = &made[cursors++];
        aq_leaf_cursor(leaf, (uint32_t)i, a->by_term[i]);
        if (t->required && count < AQ_QUERY_TERMS) {
            sorted[count] = a->by_term[i];
            terms[count++] = (uint32_t)i;
        }
    }
    aq_conjunction_init(&a->required, leaf, terms, sorted, count);
    return aq_exclusions_init(&a->out, q, leaf, scratch);
}

static bool has_phrases(const struct all *a)
{
    const struct aq_query *q = a->plan->query;
    for (size_t i = 0; i < q->phrase_count; i++)
        if (!q->phrases[i].dead && !aq_phrase_here(a->leaf, &q->phrases[i], a->by_term))
            return false;
    return true;
}

/* The same additions in the same order as the windows make. */
static double score_here(const struct all *a, uint32_t docid, bool *all_words)
{
    const struct aq_query *q = a->plan->query;
    uint8_t length = a->leaf->lengths[docid];
    uint32_t met = 0;
    double sum = 0;
    for (size_t i = 0; i < q->term_count; i++) {
        struct aq_cursor *c = a->by_term[i];
        if (!c || (c->docid != docid && aq_cursor_seek(c, docid) != docid))
            continue;
        met += q->terms[i].needed;
        if (q->terms[i].weight > 0)
            sum += aq_score(a->plan->model, q->terms[i].weight, aq_cursor_freq(c), length);
    }
    *all_words = met == q->needed;
    return sum;
}

enum aq_status aq_plan_all(const struct aq_plan *p, struct aq_leaf *leaf)
{
    struct all a = {.leaf = leaf, .plan = p};
    bool possible;
    enum aq_status st = open_all(&a, &possible);
    if (st || !possible)
        return st;
    for (uint32_t d = a.required.docid; d < leaf->passages; d = aq_conjunction_seek(&a.required, d + 1)) {
        if (!aq_leaf_visible(leaf, d) || !has_phrases(&a) || aq_excluded(&a.out, d))
            continue;
        bool all_words;
        double score = score_here(&a, d, &all_words);
        aq_collect(p->collector, leaf, d, score, all_words);
    }
    for (size_t i = 0; i < p->query->term_count; i++)
        if (a.by_term[i] && a.by_term[i]->bad)
            return AQ_CORRUPT;
    return aq_exclusions_bad(&a.out) ? AQ_CORRUPT : AQ_OK;
}
