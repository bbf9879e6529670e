/* plan_term.c - the best passages for a single word: the blocks of all leaves by
 * descending impact, until no further block can have any of the best. */
#include "batch.h"

#include <math.h>

struct term {
    const struct aq_plan *plan;
    struct aq_lane *lanes; /* one a leaf */
    bool all_words;
    unsigned tier;
};

static double floor_of(const struct term *t)
{
    const struct aq_collector *c = t->plan->collector;
    return c->counts ? -HUGE_VAL : aq_collector_floor(c, t->tier);
}

static void rank_block(struct term *t, struct aq_leaf *leaf, struct aq_lane *l, uint32_t block)
{
    struct aq_cursor *c = &l->cursor;
    const struct aq_model *m = t->plan->model;
    uint8_t slots[AQ_BLOCK];
    double scores[AQ_BLOCK];
    if (!aq_cursor_enter_block(c, block) || !aq_cursor_load_freqs(c))
        return;
    uint32_t n = aq_lane_frequent(l, aq_least_tf(m, l->weight, floor_of(t)), slots);
    if (n == 0 || !aq_cursor_load_block(c, block))
        return;
    double floor = floor_of(t);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint8_t slot = slots[i];
        uint32_t docid = c->docids[slot];
        scores[kept] = aq_score(m, l->weight, c->freqs[slot], leaf->lengths[docid]);
        slots[kept] = slot;
        if (scores[kept] >= floor) {
            aq_leaf_locate_soon(leaf, docid);
            kept++;
        }
    }
    for (uint32_t i = 0; i < kept; i++) {
        uint32_t docid = c->docids[slots[i]];
        if (scores[i] >= floor_of(t) && aq_leaf_visible(leaf, docid))
            aq_collect(t->plan->collector, leaf, docid, scores[i], t->all_words);
    }
}

/* Every posting, in order of docid: where there are few, they are all counted. */
static void rank_all(struct term *t)
{
    const struct aq_plan *p = t->plan;
    for (uint32_t i = 0; i < p->leaf_count; i++) {
        struct aq_lane *l = &t->lanes[i];
        for (uint32_t block = 0; l->df && block < l->blocks; block++)
            rank_block(t, &p->leaves[i], l, block);
        aq_collector_leaf_end(p->collector);
    }
}

/* Blocks with this impact; those that have none stored count as having the highest. */
static void rank_impact(struct term *t, struct aq_leaf *leaf, struct aq_lane *l, uint8_t impact)
{
    const uint8_t *impacts = aq_cursor_impacts(&l->cursor);
    if (!impacts) {
        for (uint32_t block = 0; impact == UINT8_MAX && block < l->blocks; block++)
            rank_block(t, leaf, l, block);
        return;
    }
    const uint8_t *end = impacts + l->blocks;
    for (const uint8_t *at = impacts; (at = memchr(at, impact, (size_t)(end - at))) != NULL; at++)
        rank_block(t, leaf, l, (uint32_t)(at - impacts));
}

static void rank_best(struct term *t)
{
    const struct aq_plan *p = t->plan;
    bool left = true;
    for (unsigned impact = UINT8_MAX; impact > 0 && left; impact--) {
        left = false;
        for (uint32_t i = 0; i < p->leaf_count; i++) {
            struct aq_lane *l = &t->lanes[i];
            if (l->df == 0 || l->unit * impact < floor_of(t))
                continue;
            left = true;
            if (l->unit * impact <= l->most)
                rank_impact(t, &p->leaves[i], l, (uint8_t)impact);
        }
    }
}

enum aq_status aq_plan_term(const struct aq_plan *p, struct aq_ranking *r)
{
    struct aq_collector *c = p->collector;
    struct term t = {.plan = p, .lanes = aq_arena_alloc(p->arena, p->leaf_count * sizeof *t.lanes)};
    uint64_t df = 0;
    enum aq_status st = t.lanes || p->leaf_count == 0 ? AQ_OK : AQ_NOMEM;
    for (uint32_t i = 0; i < p->leaf_count && !st; i++) {
        t.lanes[i].df = 0;
        if (aq_lanes_open(&t.lanes[i], &p->leaves[i], p->query, p->model))
            t.all_words = t.lanes[i].needed == p->query->needed;
        df += t.lanes[i].df;
    }
    t.tier = c->tiered && !t.all_words ? AQ_TIER_SOME_WORDS : 0;
    if (!st && df <= c->enough) {
        rank_all(&t);
    } else if (!st) {
        c->counts = false;
        rank_best(&t);
        aq_collector_leaf_end(c);
        c->counts = true;
        st = aq_plan_count(p, r);
    }
    for (uint32_t i = 0; i < p->leaf_count && !st; i++)
        if (t.lanes[i].df && t.lanes[i].cursor.bad)
            st = AQ_CORRUPT;
    return st;
}
