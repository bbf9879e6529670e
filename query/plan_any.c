/* plan_any.c - the best of the passages that have any of the words: MaxScore (Turtle and
 * Flood, "Query evaluation: strategies and optimizations", 1995) on windows of docids with
 * the bounds of the blocks that meet the window, as Ding and Suel's block-max indexes
 * (SIGIR 2011) make possible. In each window, lists that together cannot reach the floor
 * are only looked up for candidates that the other lists give. */
#include "batch.h"

#include <math.h>

enum { WINDOW = 4096 };

struct window {
    float sums[WINDOW];       /* of the leading lanes' shares, rounded */
    uint64_t touched[WINDOW / 64]; /* which have any; only where they are sparse */
    uint8_t (*tf)[WINDOW];    /* by lane; all 0 between windows, as what stands above */
    uint32_t docids[AQ_BATCH]; /* candidates among the sums */
    uint32_t from, to;
    struct aq_step steps[AQ_LANES]; /* lanes that meet the window, by descending bound */
    uint32_t step_count, leading;   /* the first ones lead: they give the candidates */
    uint32_t next;                  /* the first docid whose bounds may be others */
};

/* A sum of at most AQ_LANES shares, each rounded to a float and each addition rounded, is
 * off by less than this part of it. */
#define SUM_SLACK 1e-5

static void change_at(struct window *w, uint32_t docid)
{
    w->next = docid < w->next ? docid : w->next;
}

/* Whether a decoded block has nothing in the window, which lies within it. */
static bool passes_over(struct window *w, const struct aq_cursor *c)
{
    uint32_t at = aq_find128(c->docids, w->from);
    uint32_t docid = c->docids[at] < w->from ? AQ_DOCID_END : c->docids[at];
    if (docid < w->to)
        return false;
    change_at(w, docid);
    return true;
}

/* The bound of a lane in the window: from its directory, and where a block is larger than
 * a window from the block, if it has been decoded or is the only one. */
static double window_bound(struct window *w, struct aq_lane *l)
{
    struct aq_cursor *c = &l->cursor;
    uint32_t block = aq_cursor_find_block(c, w->from);
    uint8_t most = 0;
    if (l->blocks == 1 && block == 0 && !aq_cursor_load_block(c, 0))
        return 0;
    if (c->block == block && c->docids_ready && (l->blocks == 1 || aq_cursor_block_last(c, block) >= w->to - 1) &&
        passes_over(w, c))
        return 0;
    for (; block < l->blocks; block++) {
        uint32_t first = block ? aq_cursor_block_last(c, block - 1) + 1 : 0, last;
        if (first >= w->to) {
            change_at(w, first);
            break;
        }
        uint8_t impact = aq_cursor_block_impact(c, block);
        most = impact > most ? impact : most;
        if ((last = aq_cursor_block_last(c, block)) >= w->to - 1) {
            change_at(w, last == AQ_DOCID_END ? last : last + 1);
            break;
        }
    }
    return l->unit * most;
}

/* Which lanes meet the window, and which of them lead. */
static void look_ahead(struct aq_ranking *r, struct window *w, double goal)
{
    w->step_count = 0;
    w->next = AQ_DOCID_END;
    for (uint32_t i = 0; i < r->lane_count; i++) {
        struct aq_step step = {.lane = i, .bound = window_bound(w, &r->lanes[i])};
        if (step.bound <= 0)
            continue;
        uint32_t k = w->step_count++;
        for (; k > 0 && w->steps[k - 1].bound < step.bound; k--)
            w->steps[k] = w->steps[k - 1];
        w->steps[k] = step;
    }
    aq_steps_sum(w->steps, w->step_count);
    w->leading = 0;
    while (w->leading < w->step_count && w->steps[w->leading].rest >= goal)
        w->leading++;
}

/* How many of the block's docids are below this one: blocks of rare words reach over many
 * windows, so that this is asked often. */
static uint32_t before(const struct aq_cursor *c, uint32_t docid)
{
    uint32_t at = aq_find128(c->docids, docid);
    return c->docids[at] < docid || at > c->count ? c->count : at;
}

/* Adds a leading lane's postings in the window. */
static void add_up(struct aq_ranking *r, struct window *w, uint32_t lane, bool sparse)
{
    struct aq_lane *l = &r->lanes[lane];
    struct aq_cursor *c = &l->cursor;
    const struct aq_model *m = r->plan->model;
    const uint8_t *lengths = r->leaf->lengths;
    const uint32_t *docids = c->docids, *freqs = c->freqs, from = w->from;
    double weight = l->weight;
    float *sums = w->sums;
    uint8_t *tf = w->tf[lane];
    for (uint32_t block = aq_cursor_find_block(c, w->from); block < l->blocks; block++) {
        if ((block && aq_cursor_block_last(c, block - 1) >= w->to - 1) || !aq_cursor_load_block(c, block) ||
            !aq_cursor_load_freqs(c))
            return;
        uint32_t end = before(c, w->to);
        for (uint32_t i = before(c, from); i < end; i++) {
            uint32_t at = docids[i] - from;
            sums[at] += (float)aq_score(m, weight, freqs[i], lengths[docids[i]]);
            tf[at] = (uint8_t)freqs[i];
            if (sparse)
                w->touched[at / 64] |= (uint64_t)1 << (at % 64);
        }
    }
}

/* Ranks the candidates noted in docids; the other lanes are looked up, the leading ones'
 * tf, and that there are no others, noted for those that are left. */
static void flush(struct aq_ranking *r, struct window *w, uint32_t count)
{
    struct aq_batch *b = &r->batch;
    b->count = count;
    b->docids = w->docids;
    for (uint32_t i = 0; i < count; i++) {
        b->slots[i] = (uint8_t)i;
        b->sums[i] = (double)w->sums[w->docids[i] - w->from] * (1 + SUM_SLACK);
    }
    aq_ranking_filter(r, w->steps + w->leading, w->step_count - w->leading);
    if (b->count == 0)
        return;
    for (uint32_t i = 0; i < r->lane_count; i++) {
        uint32_t k = w->leading;
        while (k < w->step_count && w->steps[k].lane != i)
            k++;
        if (k < w->step_count)
            continue;
        for (uint32_t j = 0; j < b->count; j++)
            b->tf[i][b->slots[j]] = w->tf[i][w->docids[b->slots[j]] - w->from];
    }
    aq_ranking_settle(r);
}

/* Whether any of so many sums is at least the least. */
enum { STRETCH = 16 };
static bool any_reaches(const float sums[STRETCH], float least)
{
    typedef float floats __attribute__((vector_size(16)));
    typedef int32_t masks __attribute__((vector_size(16)));
    masks any = {0};
    for (unsigned i = 0; i < STRETCH / 4; i++) {
        floats v;
        memcpy(&v, sums + (size_t)i * 4, sizeof v);
        any |= v >= least;
    }
    uint64_t halves[2];
    memcpy(halves, &any, sizeof halves);
    return halves[0] | halves[1];
}

static uint32_t note(struct aq_ranking *r, struct window *w, uint32_t count, uint32_t at, float reach)
{
    w->docids[count] = w->from + at;
    count += w->sums[at] >= reach;
    if (count < AQ_BATCH)
        return count;
    flush(r, w, count);
    return 0;
}

/* Candidates where few passages have a posting: they were noted. */
static void rank_touched(struct aq_ranking *r, struct window *w, float reach)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < WINDOW / 64; i++)
        for (uint64_t left = w->touched[i]; left; left &= left - 1)
            count = note(r, w, count, i * 64 + (uint32_t)__builtin_ctzll(left), reach);
    if (count)
        flush(r, w, count);
    for (uint32_t i = 0; i < WINDOW / 64; i++) {
        for (uint64_t left = w->touched[i]; left; left &= left - 1)
            w->sums[i * 64 + (uint32_t)__builtin_ctzll(left)] = 0;
        w->touched[i] = 0;
    }
}

/* Candidates where many have: all sums are looked through. */
static void rank_stretches(struct aq_ranking *r, struct window *w, float reach)
{
    uint32_t count = 0, width = w->to - w->from;
    for (uint32_t from = 0; from < width; from += STRETCH)
        if (any_reaches(w->sums + from, reach))
            for (uint32_t at = from; at < from + STRETCH; at++)
                count = note(r, w, count, at, reach);
    if (count)
        flush(r, w, count);
    memset(w->sums, 0, width * sizeof *w->sums);
}

/* Several lanes lead: their sums, then the candidates among them. */
static void rank_sums(struct aq_ranking *r, struct window *w, double least)
{
    enum { SPARSE = 8 }; /* passages to a posting at the least */
    uint64_t postings = 0;
    /* A candidate has some posting, and no share is as small as this. */
    float reach = least > 1e-30 ? (float)(least * (1 - SUM_SLACK)) : 1e-30f;
    for (uint32_t i = 0; i < w->leading; i++)
        postings += r->lanes[w->steps[i].lane].df;
    bool sparse = postings * SPARSE < r->leaf->passages;
    for (uint32_t i = 0; i < w->leading; i++)
        add_up(r, w, w->steps[i].lane, sparse);
    if (sparse)
        rank_touched(r, w, reach);
    else
        rank_stretches(r, w, reach);
    for (uint32_t i = 0; i < w->leading; i++)
        memset(w->tf[w->steps[i].lane], 0, w->to - w->from);
}

static void rank_window(struct aq_ranking *r, struct window *w)
{
    double goal = aq_slack_floor(aq_collector_floor(r->plan->collector, r->tier));
    look_ahead(r, w, goal);
    if (w->leading == 0)
        return;
    const struct aq_step *others = w->steps + w->leading;
    uint32_t other_count = w->step_count - w->leading;
    w->next = w->to;
    if (w->leading > 1) {
        rank_sums(r, w, goal - (other_count ? others->rest : 0));
        return;
    }
    uint32_t lane = w->steps[0].lane;
    for (uint32_t i = 0; i < r->lane_count; i++)
        if (i != lane)
            memset(r->batch.tf[i], 0, AQ_BATCH);
    aq_ranking_drive(r, lane, others, other_count, w->from, w->to);
}

/* By the lane that adds most. */
static void prime_leaf(struct aq_ranking *r, struct window *w)
{
    w->step_count = 0;
    for (uint32_t i = 0; i < r->lane_count; i++) {
        struct aq_step step = {.lane = i, .bound = r->lanes[i].most};
        uint32_t k = w->step_count++;
        for (; k > 0 && w->steps[k - 1].bound < step.bound; k--)
            w->steps[k] = w->steps[k - 1];
        w->steps[k] = step;
    }
    aq_steps_sum(w->steps, w->step_count);
    aq_ranking_prime(r, w->steps->lane, w->steps + 1, w->step_count - 1);
}

static enum aq_status rank_leaf(struct aq_ranking *r, struct aq_leaf *leaf, struct window *w, bool prime)
{
    bool possible;
    enum aq_status st = aq_ranking_open(r, leaf, &possible);
    if (st || !possible)
        return st;
    if (prime) {
        prime_leaf(r, w);
        return aq_ranking_bad(r) ? AQ_CORRUPT : AQ_OK;
    }
    for (w->from = 0; w->from < leaf->passages && !aq_ranking_done(r); w->from = w->next) {
        w->to = leaf->passages - w->from < WINDOW ? leaf->passages : w->from + WINDOW;
        rank_window(r, w);
    }
    return aq_ranking_bad(r) ? AQ_CORRUPT : AQ_OK;
}

static enum aq_status rank_leaves(const struct aq_plan *p, struct aq_ranking *r, struct window *w, bool prime)
{
    enum aq_status st = AQ_OK;
    for (uint32_t i = 0; i < p->leaf_count && !st && !aq_ranking_done(r); i++) {
        aq_arena_reset(p->scratch);
        st = rank_leaf(r, &p->leaves[p->order[i]], w, prime);
        aq_collector_leaf_end(p->collector);
    }
    return st;
}

enum aq_status aq_plan_any(const struct aq_plan *p, struct aq_ranking *r)
{
    struct window *w = aq_arena_alloc(p->arena, sizeof *w);
    size_t lanes = p->query->term_count < AQ_LANES ? p->query->term_count : AQ_LANES;
    if (!w || !(w->tf = aq_arena_zalloc(p->arena, lanes * sizeof *w->tf)))
        return AQ_NOMEM;
    memset(w->sums, 0, sizeof w->sums);
    memset(w->touched, 0, sizeof w->touched);
    enum aq_status st = rank_leaves(p, r, w, true);
    return st ? st : rank_leaves(p, r, w, false);
}
