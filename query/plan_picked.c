/* plan_picked.c - where a filter lets few comments through (filter_pick.c), their passages
 * lead: they are looked up in the lists, which is less than to test every match. */
#include "batch.h"

/* ---- from comments to docids ---- */

/* The first docid from `from` on whose comment is not below this one, in a leaf whose
 * comments ascend: steps that double, then halves. False: the map is damaged. */
static bool gallop(struct aq_leaf *leaf, uint32_t from, uint32_t comment, uint32_t *docid)
{
    uint32_t low = from, high = from, step = 1, at, ordinal;
    while (high < leaf->passages) {
        if (!aq_leaf_locate(leaf, high, &at, &ordinal))
            return false;
        if (at >= comment)
            break;
        low = high + 1;
        high = leaf->passages - high > step ? high + step : leaf->passages;
        step *= 2;
    }
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (!aq_leaf_locate(leaf, middle, &at, &ordinal))
            return false;
        if (at < comment)
            low = middle + 1;
        else
            high = middle;
    }
    *docid = low;
    return true;
}

static bool add(struct aq_docids *d, size_t *cap, struct aq_leaf *leaf, uint32_t docid, struct aq_arena *arena)
{
    if (!aq_leaf_visible(leaf, docid))
        return true;
    if (d->count == *cap) {
        size_t more = *cap ? *cap * 2 : 64;
        uint32_t *items = aq_arena_alloc(arena, more * sizeof *items);
        if (!items)
            return false;
        if (d->count)
            memcpy(items, d->items, d->count * sizeof *items);
        d->items = items;
        *cap = more;
    }
    d->items[d->count++] = docid;
    return true;
}

/* Where comments ascend: one walk through the map. */
static enum aq_status pick_in_order(const struct aq_plan *p, struct aq_leaf *leaf, struct aq_docids *out)
{
    size_t cap = 0;
    uint32_t at = 0;
    for (size_t i = 0; i < p->picks->count && at < leaf->passages; i++) {
        uint32_t comment = p->picks->comments[i];
        if (!gallop(leaf, at, comment, &at))
            return AQ_CORRUPT;
        for (; aq_leaf_belongs(leaf, at, comment); at++)
            if (!add(out, &cap, leaf, at, p->scratch))
                return AQ_NOMEM;
    }
    return AQ_OK;
}

static int ascending(const void *x, const void *y)
{
    const uint32_t *a = x, *b = y;
    return (*a > *b) - (*a < *b);
}

/* Where they do not: by the order index, one by one. */
static enum aq_status pick_one_by_one(const struct aq_plan *p, struct aq_leaf *leaf, struct aq_docids *out)
{
    size_t cap = 0;
    for (size_t i = 0; i < p->picks->count; i++) {
        uint32_t first, count;
        enum aq_status st = aq_segment_find(leaf->txn, leaf->segment, p->picks->comments[i], &first, &count);
        if (st == AQ_NOTFOUND)
            continue;
        if (st)
            return st;
        for (uint32_t d = first; d < first + count; d++)
            if (!add(out, &cap, leaf, d, p->scratch))
                return AQ_NOMEM;
    }
    if (out->count)
        qsort(out->items, out->count, sizeof *out->items, ascending);
    return AQ_OK;
}

/* Where they do not and many are picked: all passages, against a bitmap of the picks. */
static enum aq_status pick_from_all(const struct aq_plan *p, struct aq_leaf *leaf, struct aq_docids *out)
{
    size_t cap = 0;
    uint32_t comment, ordinal, last = p->picks->comments[p->picks->count - 1];
    uint8_t *wanted = aq_arena_zalloc(p->scratch, (size_t)last / 8 + 1);
    if (!wanted)
        return AQ_NOMEM;
    for (size_t i = 0; i < p->picks->count; i++)
        wanted[p->picks->comments[i] / 8] |= (uint8_t)(1u << (p->picks->comments[i] % 8));
    for (uint32_t d = 0; d < leaf->passages; d++) {
        if (!aq_leaf_locate(leaf, d, &comment, &ordinal))
            return AQ_CORRUPT;
        if (comment <= last && wanted[comment / 8] >> (comment % 8) & 1 && !add(out, &cap, leaf, d, p->scratch))
            return AQ_NOMEM;
    }
    return AQ_OK;
}

enum aq_status aq_plan_pick(const struct aq_plan *p, struct aq_leaf *leaf, struct aq_docids *out)
{
    enum { PASSAGES = 512, FEW = 8 }; /* passages: looked at in the time of one look into the order index */
    *out = (struct aq_docids){0};
    if (!leaf->segment || !leaf->txn || aq_segment_ordered(leaf->txn, leaf->segment))
        return pick_in_order(p, leaf, out);
    return p->picks->count > leaf->passages / PASSAGES + FEW ? pick_from_all(p, leaf, out) : pick_one_by_one(p, leaf, out);
}

/* ---- through the lists ---- */

uint64_t aq_plan_breadth(const struct aq_query *q, enum aq_plan_kind kind, uint64_t passages)
{
    uint64_t sum = 0, least = UINT64_MAX;
    if (kind == AQ_PLAN_NOTHING || q->term_count > AQ_LANES)
        return 0;
    for (size_t i = 0; i < q->term_count; i++) {
        sum += kind == AQ_PLAN_TREE || q->terms[i].weight > 0 ? q->terms[i].df : 0;
        if (q->terms[i].required && q->terms[i].df < least)
            least = q->terms[i].df;
    }
    if (kind == AQ_PLAN_ALL)
        return least == UINT64_MAX ? 0 : least;
    return kind == AQ_PLAN_LIST || sum > passages || q->term_count == 0 ? passages : sum;
}

/* Without words every one is a hit. */
static enum aq_status list(const struct aq_plan *p, struct aq_leaf *leaf, const struct aq_docids *d)
{
    struct aq_exclusions out;
    enum aq_status st = aq_exclusions_init(&out, p->query, leaf, p->scratch);
    if (st)
        return st;
    for (size_t i = 0; i < d->count; i++)
        if (!aq_excluded(&out, d->items[i]))
            aq_collect(p->collector, leaf, d->items[i], 0, true);
    return aq_exclusions_bad(&out) ? AQ_CORRUPT : AQ_OK;
}

static void look_up(struct aq_ranking *r, const struct aq_step *steps, const uint32_t *docids, uint32_t count)
{
    struct aq_batch *b = &r->batch;
    b->docids = docids;
    b->count = count;
    for (uint32_t i = 0; i < count; i++) {
        b->slots[i] = (uint8_t)i;
        b->sums[i] = 0;
    }
    aq_ranking_match(r, steps, r->lane_count);
    aq_ranking_settle(r);
}

enum aq_status aq_plan_picked(const struct aq_plan *p, struct aq_leaf *leaf, enum aq_plan_kind kind)
{
    struct aq_docids d;
    struct aq_step steps[AQ_LANES];
    bool possible;
    enum aq_status st = aq_plan_pick(p, leaf, &d);
    if (st || d.count == 0)
        return st;
    if (kind == AQ_PLAN_LIST)
        return list(p, leaf, &d);
    struct aq_ranking *r = aq_ranking_new(p);
    st = r ? aq_ranking_open(r, leaf, &possible) : AQ_NOMEM;
    if (st || !possible)
        return st;
    for (uint32_t i = 0; i < r->lane_count; i++)
        steps[i] = (struct aq_step){.lane = i, .must = r->lanes[i].required};
    for (size_t i = 0; i < d.count; i += AQ_BATCH)
        look_up(r, steps, d.items + i, d.count - i < AQ_BATCH ? (uint32_t)(d.count - i) : AQ_BATCH);
    return aq_ranking_bad(r) ? AQ_CORRUPT : AQ_OK;
}
