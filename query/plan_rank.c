/* plan_rank.c - which ranking plans a query takes, one after the other, and in what order
 * they see the leaves; and, of the hits found, what else of their comments matches. */
#include "batch.h"

#include <math.h>

/* Terms with a lane, and those among them that score. */
static size_t lane_terms(const struct aq_query *q, size_t *scoring)
{
    size_t n = 0;
    *scoring = 0;
    for (size_t i = 0; i < q->term_count; i++) {
        const struct aq_query_term *t = &q->terms[i];
        n += t->weight > 0 || t->needed || t->required;
        *scoring += t->weight > 0;
    }
    return n;
}

bool aq_plan_can_rank(const struct aq_plan *p, enum aq_plan_kind kind)
{
    size_t scoring;
    return (kind == AQ_PLAN_WINDOWS || kind == AQ_PLAN_ALL) && lane_terms(p->query, &scoring) <= AQ_LANES &&
           aq_lanes_bounded(p->leaves, p->leaf_count, p->model);
}

/* The most promising first: the floor is high from early on. */
static uint32_t *order_leaves(const struct aq_plan *p)
{
    uint32_t *order = aq_arena_alloc(p->arena, (p->leaf_count + 1) * sizeof *order);
    double *most = aq_arena_alloc(p->arena, (p->leaf_count + 1) * sizeof *most);
    if (!order || !most)
        return NULL;
    for (uint32_t i = 0; i < p->leaf_count; i++) {
        uint32_t k = i;
        double m = aq_lanes_most(&p->leaves[i], p->query, p->model);
        for (; k > 0 && most[k - 1] < m; k--) {
            most[k] = most[k - 1];
            order[k] = order[k - 1];
        }
        most[k] = m;
        order[k] = i;
    }
    return order;
}

/* Whether there are hits without all words. */
static bool some_do(const struct aq_query *q)
{
    for (size_t i = 0; i < q->term_count; i++)
        if (q->terms[i].needed && !q->terms[i].required)
            return true;
    return false;
}

/* With two to four words, passages with all of them come first: they are ranked before
 * others, and mostly nothing else is left to rank. They are passed over, only counted,
 * when they are met again. */
static enum aq_status rank_all_words(const struct aq_plan *p, struct aq_ranking *r)
{
    p->collector->counts = false;
    enum aq_status st = aq_plan_every(p, r, true);
    p->collector->counts = true;
    r->partly = true;
    r->tier = AQ_TIER_SOME_WORDS;
    return st;
}

static enum aq_status rank(const struct aq_plan *p, enum aq_plan_kind kind, struct aq_ranking *r)
{
    const struct aq_query *q = p->query;
    enum aq_status st = AQ_OK;
    size_t scoring, lanes = lane_terms(q, &scoring);
    if (lanes == 1 && scoring == 1 && q->phrase_count == 0 && q->exclusion_count == 0)
        return aq_plan_term(p, r);
    if (q->tiered && some_do(q))
        st = rank_all_words(p, r);
    if (st)
        return st;
    if (kind == AQ_PLAN_ALL)
        return aq_plan_every(p, r, false);
    st = aq_plan_count(p, r);
    p->collector->counts = false;
    return st ? st : aq_plan_any(p, r);
}

static enum aq_status told(enum aq_status st, struct aq_error *err)
{
    if (st == AQ_NOMEM)
        return aq_fail_nomem(err);
    return st ? aq_fail(err, st, "a postings list is damaged; `aq check` tells which") : AQ_OK;
}

enum aq_status aq_plan_rank(const struct aq_plan *p, enum aq_plan_kind kind, struct aq_error *err)
{
    struct aq_plan ordered = *p;
    struct aq_ranking *r = aq_ranking_new(&ordered);
    ordered.order = order_leaves(p);
    enum aq_status st = r && ordered.order ? rank(&ordered, kind, r) : AQ_NOMEM;
    return told(st, err);
}

enum aq_status aq_plan_count_matches(const struct aq_plan *p, enum aq_plan_kind kind, struct aq_candidate *hits,
                                     size_t count, struct aq_error *err)
{
    return told(aq_plan_matches(p, kind == AQ_PLAN_ALL, hits, count), err);
}
