/* plan_matches.c - of the comments that were found, how many passages match: a ranking
 * plan has not seen them all. A comment's passages lie side by side in its leaf, so the
 * hit's neighbours are looked up, all hits' together in order of docid. */
#include "batch.h"

struct neighbours {
    struct aq_place *at;
    size_t count, cap;
};

static bool add(struct neighbours *n, struct aq_leaf *leaf, uint32_t docid, uint32_t hit)
{
    if (!aq_leaf_visible(leaf, docid))
        return true;
    if (!aq_grow(&n->at, &n->cap, n->count + 1, sizeof *n->at))
        return false;
    n->at[n->count++] = (struct aq_place){leaf->number, docid, hit};
    return true;
}

static bool add_neighbours(struct neighbours *n, struct aq_leaf *leaf, const struct aq_candidate *hit, uint32_t number)
{
    for (uint32_t d = hit->docid; d > 0 && aq_leaf_belongs(leaf, d - 1, hit->comment); d--)
        if (!add(n, leaf, d - 1, number))
            return false;
    for (uint32_t d = hit->docid; aq_leaf_belongs(leaf, d + 1, hit->comment); d++)
        if (!add(n, leaf, d + 1, number))
            return false;
    return true;
}

/* Counts those of one leaf; at most a batch of them. */
static void count_batch(struct aq_ranking *r, const struct aq_step *steps, const struct aq_place *at, uint32_t count,
                        struct aq_candidate *hits)
{
    uint32_t docids[AQ_BATCH];
    struct aq_batch *b = &r->batch;
    b->docids = docids;
    b->count = count;
    for (uint32_t i = 0; i < count; i++) {
        docids[i] = at[i].docid;
        b->slots[i] = (uint8_t)i;
        b->sums[i] = 0;
    }
    aq_ranking_match(r, steps, r->lane_count);
    for (uint32_t i = 0; i < b->count; i++)
        hits[at[b->slots[i]].hit].matches++;
}

static enum aq_status count_leaf(struct aq_ranking *r, struct aq_leaf *leaf, bool required,
                                 const struct aq_place *at, size_t count, struct aq_candidate *hits)
{
    struct aq_step steps[AQ_LANES];
    bool possible;
    enum aq_status st = aq_ranking_open(r, leaf, &possible);
    if (st || !possible)
        return st;
    for (uint32_t i = 0; i < r->lane_count; i++)
        steps[i] = (struct aq_step){.lane = i, .must = required && r->lanes[i].required, };
    for (size_t i = 0; i < count; i += AQ_BATCH)
        count_batch(r, steps, at + i, count - i < AQ_BATCH ? (uint32_t)(count - i) : AQ_BATCH, hits);
    return aq_ranking_bad(r) ? AQ_CORRUPT : AQ_OK;
}

enum aq_status aq_plan_matches(const struct aq_plan *p, bool required, struct aq_candidate *hits, size_t count)
{
    struct neighbours n = {0};
    struct aq_ranking *r = NULL;
    enum aq_status st = AQ_OK;
    for (size_t i = 0; i < count && !st; i++) {
        hits[i].matches = 1;
        if (!add_neighbours(&n, &p->leaves[hits[i].leaf], &hits[i], (uint32_t)i))
            st = AQ_NOMEM;
    }
    if (n.count && !st) {
        aq_places_sort(n.at, n.count);
        r = aq_ranking_new(p);
        st = r ? AQ_OK : AQ_NOMEM;
    }
    for (size_t from = 0, to; from < n.count && !st; from = to) {
        for (to = from; to < n.count && n.at[to].leaf == n.at[from].leaf;)
            to++;
        aq_arena_reset(p->scratch);
        st = count_leaf(r, &p->leaves[n.at[from].leaf], required, n.at + from, to - from, hits);
    }
    free(n.at);
    return st;
}
