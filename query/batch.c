/* batch.c - see batch.h. */
#include "batch.h"

#include <math.h>

/* ---- opening ---- */

static enum aq_status open_phrases(struct aq_ranking *r)
{
    struct aq_arena *arena = r->plan->scratch;
    const struct aq_query *q = r->plan->query;
    if (q->phrase_count == 0)
        return AQ_OK;
    r->phrase_cursors = aq_arena_zalloc(arena, q->term_count * sizeof(void *));
    if (!r->phrase_cursors)
        return AQ_NOMEM;
    for (size_t i = 0; i < q->phrase_count; i++) {
        const struct aq_query_phrase *p = &q->phrases[i];
        for (uint32_t k = 0; k < p->count && !p->dead; k++) {
            struct aq_cursor **c = &r->phrase_cursors[p->elements[k].term];
            if (*c)
                continue;
            if (!(*c = aq_arena_alloc(arena, sizeof **c)))
                return AQ_NOMEM;
            aq_leaf_cursor_open(r->leaf, p->elements[k].term, *c);
        }
    }
    return AQ_OK;
}

struct aq_ranking *aq_ranking_new(const struct aq_plan *p)
{
    size_t lanes = p->query->term_count < AQ_LANES ? p->query->term_count : AQ_LANES;
    struct aq_ranking *r = aq_arena_alloc(p->arena, sizeof *r);
    if (!r || !(r->lanes = aq_arena_alloc(p->arena, lanes * sizeof *r->lanes)))
        return NULL;
    r->plan = p;
    r->tier = 0;
    r->partly = false;
    memset(r->batch.places, 0, sizeof r->batch.places);
    return r;
}

enum aq_status aq_ranking_open(struct aq_ranking *r, struct aq_leaf *leaf, bool *possible)
{
    const struct aq_plan *p = r->plan;
    const struct aq_query *q = p->query;
    r->leaf = leaf;
    r->phrase_cursors = NULL;
    *possible = false;
    if (!aq_leaf_can_match(leaf, q))
        return AQ_OK;
    r->lane_count = aq_lanes_open(r->lanes, leaf, q, p->model);
    *possible = r->lane_count > 0;
    enum aq_status st = open_phrases(r);
    return st ? st : aq_exclusions_init(&r->out, q, leaf, p->scratch);
}

bool aq_ranking_bad(const struct aq_ranking *r)
{
    for (uint32_t i = 0; i < r->lane_count; i++)
        if (r->lanes[i].cursor.bad)
            return true;
    for (size_t i = 0; r->phrase_cursors && i < r->plan->query->term_count; i++)
        if (r->phrase_cursors[i] && r->phrase_cursors[i]->bad)
            return true;
    return aq_exclusions_bad(&r->out);
}

bool aq_ranking_done(const struct aq_ranking *r)
{
    const struct aq_collector *c = r->plan->collector;
    return !c->counts && c->floor_tier < r->tier;
}

double aq_steps_sum(struct aq_step *steps, uint32_t count)
{
    double rest = 0;
    for (uint32_t i = count; i-- > 0;)
        steps[i].rest = rest += steps[i].bound;
    return rest;
}

/* ---- looking up ---- */

/* What a candidate's sum must reach: -HUGE_VAL while all are counted. */
static double goal(const struct aq_ranking *r)
{
    const struct aq_collector *c = r->plan->collector;
    return c->counts ? -HUGE_VAL : aq_slack_floor(aq_collector_floor(c, r->tier));
}

/* Where `count` candidates stand in the cursor's block; AQ_BLOCK where one does not. Many
 * are looked up in an array over the block's docids. */
static void find_places(struct aq_batch *b, const struct aq_cursor *c, const uint8_t *slots, uint32_t count,
                        uint8_t *places)
{
    enum { MANY = 40 };
    const uint32_t *wanted = b->docids, *docids = c->docids, n = c->count;
    uint32_t base = docids[0], span = docids[n - 1] - base + 1;
    if (count < MANY || span > AQ_BATCH_SPAN) {
        for (uint32_t i = 0; i < count; i++) {
            uint32_t docid = wanted[slots[i]], at = aq_find128(docids, docid);
            places[i] = (uint8_t)(docids[at] == docid ? at : AQ_BLOCK);
        }
        return;
    }
    for (uint32_t k = 0; k < n; k++)
        b->places[docids[k] - base] = (uint8_t)(k ^ AQ_BLOCK); /* never 0 */
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = wanted[slots[i]] - base; /* wraps around before the first */
        uint8_t place = b->places[at < span ? at : 0] ^ AQ_BLOCK;
        places[i] = at < span ? place : AQ_BLOCK;
    }
    for (uint32_t k = 0; k < n; k++)
        b->places[docids[k] - base] = 0;
}

/* What a lane has to say to candidates that all lie in its current block, or (places
 * NULL) beyond its list: keeps those that are there, or need not be, and can reach the
 * goal. Returns how many; they stand in `kept`, which may overlap slots from below. */
static uint32_t meet(struct aq_ranking *r, const struct aq_step *step, double goal, double rest, const uint8_t *slots,
                     uint32_t count, const uint8_t *places, uint8_t *kept)
{
    const struct aq_lane *l = &r->lanes[step->lane];
    const struct aq_model *m = r->plan->model;
    const uint8_t *lengths = r->leaf->lengths;
    const uint32_t *docids = r->batch.docids, *freqs = l->cursor.freqs, first = l->cursor.block * AQ_BLOCK;
    uint8_t *tf = r->batch.tf[step->lane];
    uint32_t *postings = r->batch.postings[step->lane], n = 0;
    double *sums = r->batch.sums, weight = l->weight;
    bool bounded = goal > -HUGE_VAL, must = step->must;
    for (uint32_t i = 0; i < count; i++) {
        uint8_t slot = slots[i], place = places ? places[i] : AQ_BLOCK;
        if (place == AQ_BLOCK) {
            tf[slot] = 0;
            if (must)
                continue;
        } else {
            tf[slot] = (uint8_t)freqs[place];
            postings[slot] = first + place;
            if (bounded)
                sums[slot] += aq_score(m, weight, freqs[place], lengths[docids[slot]]);
        }
        kept[n] = slot;
        n += !bounded || sums[slot] + rest >= goal;
    }
    return n;
}

/* Drops those of `count` candidates that lack what they must have: without a branch, for
 * most of them do. */
static uint32_t drop_missing(uint8_t *slots, uint8_t *places, uint32_t count)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint8_t slot = slots[i], place = places[i];
        slots[n] = slot;
        places[n] = place;
        n += place != AQ_BLOCK;
    }
    return n;
}

/* The candidates from `from` on, up to `last`, that can reach the goal with this much
 * more, moved together; *to becomes the first one beyond. */
static uint32_t still_live(struct aq_batch *b, uint32_t from, uint32_t last, double more, double goal, uint32_t *to)
{
    const uint32_t *docids = b->docids, count = b->count;
    const double *sums = b->sums;
    uint8_t *slots = b->slots;
    uint32_t live = from, i = from;
    if (goal > -HUGE_VAL) {
        for (; i < count && docids[slots[i]] <= last; i++) {
            uint8_t slot = slots[i];
            slots[live] = slot;
            live += sums[slot] + more >= goal;
        }
    } else {
        while (i < count && docids[slots[i]] <= last)
            i++;
        live = i;
    }
    *to = i;
    return live - from;
}

/* Looks the candidates up in a lane and drops those that lack what they must have or
 * cannot reach the goal. */
static void look_up(struct aq_ranking *r, const struct aq_step *step, double rest, double goal)
{
    struct aq_batch *b = &r->batch;
    struct aq_lane *l = &r->lanes[step->lane];
    struct aq_cursor *c = &l->cursor;
    uint8_t places[AQ_BATCH];
    uint32_t kept = 0, to;
    for (uint32_t from = 0; from < b->count; from = to) {
        uint8_t *slots = b->slots + from;
        uint32_t block = aq_cursor_find_block(c, b->docids[*slots]);
        if (block == l->blocks) {
            kept += meet(r, step, goal, rest, slots, b->count - from, NULL, b->slots + kept);
            break;
        }
        uint32_t live = still_live(b, from, aq_cursor_block_last(c, block), aq_lane_block_bound(l, block) + rest, goal, &to);
        if (live == 0)
            continue;
        if (!aq_cursor_load_block(c, block))
            break;
        find_places(b, c, slots, live, places);
        if (step->must)
            live = drop_missing(slots, places, live);
        if (live == 0)
            continue;
        if (!aq_cursor_load_freqs(c))
            break;
        kept += meet(r, step, goal, rest, slots, live, places, b->slots + kept);
    }
    b->count = kept;
}

/* ---- the end of a candidate's way ---- */

static bool has_phrases(struct aq_ranking *r, uint8_t slot)
{
    const struct aq_query *q = r->plan->query;
    for (uint32_t i = 0; i < r->lane_count; i++) {
        struct aq_cursor *c = r->phrase_cursors[r->lanes[i].term];
        if (c && !aq_cursor_place(c, r->batch.postings[i][slot], r->batch.docids[slot]))
            return false;
    }
    for (size_t i = 0; i < q->phrase_count; i++)
        if (!q->phrases[i].dead && !aq_phrase_here(r->leaf, &q->phrases[i], r->phrase_cursors))
            return false;
    return true;
}

/* The same additions in the same order as the exhaustive plans make. */
static double score_of(const struct aq_ranking *r, uint8_t slot, bool *all_words)
{
    uint8_t length = r->leaf->lengths[r->batch.docids[slot]];
    uint32_t met = 0;
    double sum = 0;
    for (uint32_t i = 0; i < r->lane_count; i++) {
        const struct aq_lane *l = &r->lanes[i];
        uint8_t tf = r->batch.tf[i][slot];
        if (tf == 0)
            continue;
        met += l->needed;
        if (l->weight > 0)
            sum += aq_score(r->plan->model, l->weight, tf, length);
    }
    *all_words = met == r->plan->query->needed;
    return sum;
}

static void settle(struct aq_ranking *r, uint8_t slot)
{
    struct aq_collector *c = r->plan->collector;
    struct aq_leaf *leaf = r->leaf;
    uint32_t docid = r->batch.docids[slot], ordinal;
    bool all_words;
    double score = score_of(r, slot, &all_words);
    unsigned tier = c->tiered && !all_words ? AQ_TIER_SOME_WORDS : 0;
    bool ranked = r->partly && all_words;
    if (!c->counts && (ranked || score < aq_collector_floor(c, tier)))
        return;
    if (!aq_leaf_visible(leaf, docid) || (r->phrase_cursors && !has_phrases(r, slot)) ||
        (r->out.count && aq_excluded(&r->out, docid)))
        return;
    if (!ranked)
        aq_collect(c, leaf, docid, score, all_words);
    else if (aq_collector_enter(c, leaf, docid, &ordinal))
        aq_collector_count(c);
}

void aq_ranking_filter(struct aq_ranking *r, const struct aq_step *steps, uint32_t step_count)
{
    double least = goal(r);
    for (uint32_t i = 0; i < step_count && r->batch.count; i++)
        look_up(r, &steps[i], i + 1 < step_count ? steps[i + 1].rest : 0, least);
}

void aq_ranking_settle(struct aq_ranking *r)
{
    const struct aq_batch *b = &r->batch;
    for (uint32_t i = 0; i < b->count; i++)
        aq_leaf_locate_soon(r->leaf, b->docids[b->slots[i]]);
    for (uint32_t i = 0; i < b->count; i++)
        settle(r, b->slots[i]);
}

void aq_ranking_match(struct aq_ranking *r, const struct aq_step *steps, uint32_t step_count)
{
    struct aq_batch *b = &r->batch;
    bool musts = false;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < step_count; i++) {
        look_up(r, &steps[i], 0, -HUGE_VAL);
        musts |= steps[i].must;
    }
    for (uint32_t i = 0; i < b->count; i++) {
        uint8_t slot = b->slots[i];
        bool here = musts;
        for (uint32_t k = 0; k < r->lane_count; k++)
            here |= r->lanes[k].weight > 0 && b->tf[k][slot];
        if (!here || (r->phrase_cursors && !has_phrases(r, slot)) ||
            (r->out.count && aq_excluded(&r->out, b->docids[slot])))
            continue;
        b->slots[kept++] = slot;
    }
    b->count = kept;
}

/* ---- driving ---- */

static uint32_t keep_range(struct aq_batch *b, uint32_t count, uint32_t from, uint32_t to)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint8_t slot = b->slots[i];
        b->slots[kept] = slot;
        kept += b->docids[slot] - from < to - from;
    }
    return kept;
}

/* Begins the sums of the driving lane's candidates. */
static uint32_t keep_reaching(struct aq_ranking *r, const struct aq_lane *l, double rest, double goal, uint32_t count)
{
    /* Here as above: the compiler must not think that writing a slot changes these. */
    const struct aq_model *m = r->plan->model;
    const uint8_t *lengths = r->leaf->lengths;
    const uint32_t *docids = l->cursor.docids, *freqs = l->cursor.freqs;
    double *sums = r->batch.sums, weight = l->weight;
    uint8_t *slots = r->batch.slots;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint8_t slot = slots[i];
        sums[slot] = aq_score(m, weight, freqs[slot], lengths[docids[slot]]);
        slots[kept] = slot;
        kept += sums[slot] + rest >= goal;
    }
    return kept;
}

/* Candidates of the lane's current block: docids in [from, to) that can reach the goal,
 * or, while there is none, all of them. */
static bool gather(struct aq_ranking *r, uint32_t lane, double rest, double goal, uint32_t from, uint32_t to)
{
    struct aq_batch *b = &r->batch;
    struct aq_lane *l = &r->lanes[lane];
    struct aq_cursor *c = &l->cursor;
    bool bounded = goal > -HUGE_VAL;
    b->count = 0;
    if (bounded && !aq_cursor_load_freqs(c))
        return false;
    uint32_t n = aq_lane_frequent(l, bounded ? aq_least_tf(r->plan->model, l->weight, goal - rest) : 1, b->slots);
    if (n == 0 || !aq_cursor_load_block(c, c->block))
        return false;
    b->docids = c->docids;
    if (c->docids[0] < from || c->docids[c->count - 1] >= to)
        n = keep_range(b, n, from, to);
    b->count = bounded ? keep_reaching(r, l, rest, goal, n) : n;
    return b->count > 0;
}

/* What the driving lane knows of the candidates that are left. */
static bool fill_in(struct aq_ranking *r, uint32_t lane)
{
    struct aq_batch *b = &r->batch;
    struct aq_cursor *c = &r->lanes[lane].cursor;
    if (!aq_cursor_load_freqs(c))
        return false;
    for (uint32_t i = 0; i < b->count; i++) {
        uint8_t slot = b->slots[i];
        b->tf[lane][slot] = (uint8_t)c->freqs[slot];
        b->postings[lane][slot] = c->block * AQ_BLOCK + slot;
    }
    return true;
}

/* The most that a lane adds to docids in [from, to], by the blocks that hold them. */
static double range_bound(const struct aq_lane *l, double bound, uint32_t from, uint32_t to)
{
    enum { MANY = 16 }; /* so many blocks have about the list's highest */
    const uint8_t *impacts = aq_cursor_impacts(&l->cursor);
    uint8_t most = 0;
    if (!impacts)
        return bound;
    uint32_t block = aq_cursor_find_block(&l->cursor, from), end = block + MANY;
    for (; block < l->blocks; block++) {
        if (block == end)
            return bound;
        most = impacts[block] > most ? impacts[block] : most;
        if (aq_cursor_block_last(&l->cursor, block) >= to)
            break;
    }
    return l->unit * most < bound ? l->unit * most : bound;
}

/* A block of the driving lane; steps with the bounds of what lies beside it. */
static void rank_block(struct aq_ranking *r, uint32_t lane, uint32_t block, const struct aq_step *steps,
                       uint32_t step_count, uint32_t from, uint32_t to)
{
    struct aq_lane *l = &r->lanes[lane];
    struct aq_cursor *c = &l->cursor;
    struct aq_step near[AQ_LANES];
    double least = goal(r), most = aq_lane_block_bound(l, block), rest = step_count ? steps->rest : 0;
    if (most + rest < least)
        return;
    if (least > 0 && step_count) {
        uint32_t first = block ? aq_cursor_block_last(c, block - 1) + 1 : 0;
        for (uint32_t i = 0; i < step_count; i++) {
            near[i] = steps[i];
            near[i].bound = range_bound(&r->lanes[steps[i].lane], steps[i].bound, first > from ? first : from,
                                        aq_cursor_block_last(c, block));
        }
        rest = aq_steps_sum(near, step_count);
        steps = near;
        if (most + rest < least)
            return;
    }
    if (!aq_cursor_enter_block(c, block) || !gather(r, lane, rest, least, from, to))
        return;
    aq_ranking_filter(r, steps, step_count);
    if (r->batch.count && fill_in(r, lane))
        aq_ranking_settle(r);
}

void aq_ranking_drive(struct aq_ranking *r, uint32_t lane, const struct aq_step *steps, uint32_t step_count,
                      uint32_t from, uint32_t to)
{
    struct aq_lane *l = &r->lanes[lane];
    struct aq_cursor *c = &l->cursor;
    for (uint32_t block = aq_cursor_find_block(c, from); block < l->blocks && !c->bad; block++) {
        if ((block && aq_cursor_block_last(c, block - 1) >= to - 1) || aq_ranking_done(r))
            break;
        rank_block(r, lane, block, steps, step_count, from, to);
    }
}

void aq_ranking_prime(struct aq_ranking *r, uint32_t lane, const struct aq_step *steps, uint32_t step_count)
{
    enum { WORTH = 32, MOST = 6 };
    struct aq_collector *c = r->plan->collector;
    struct aq_lane *l = &r->lanes[lane];
    const uint8_t *impacts = aq_cursor_impacts(&l->cursor);
    uint32_t at[256] = {0}, impact = 255, above = 0;
    bool counts = c->counts;
    if (!impacts || l->blocks < WORTH)
        return;
    for (uint32_t block = 0; block < l->blocks; block++)
        at[impacts[block]]++;
    while (impact > 0 && above + at[impact] < MOST)
        above += at[impact--];
    c->counts = false;
    for (uint32_t block = 0, equal = MOST - above; block < l->blocks && !l->cursor.bad; block++) {
        bool taken = impacts[block] == impact && equal;
        equal -= taken;
        if (taken || impacts[block] > impact)
            rank_block(r, lane, block, steps, step_count, 0, AQ_DOCID_END);
    }
    c->counts = counts;
}
