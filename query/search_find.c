/* search_find.c - see search.h: plans that look at all matches and plans that do not,
 * threads that must not fill the first page, and places that are left empty. */
#include "search.h"
#include "evidence.h"
#include "spread.h"

struct aq_plan aq_search_plan(struct aq_search_run *s, struct aq_collector *c)
{
    return (struct aq_plan){.leaves = s->leaves,
                            .leaf_count = s->leaf_count,
                            .query = &s->query,
                            .model = s->model,
                            .arena = s->arena,
                            .scratch = s->scratch,
                            .collector = c,
                            .work = &s->work,
                            .filters = s->filters};
}

enum aq_sort aq_search_sort(const struct aq_search_run *s)
{
    /* Without words the newest come first: every score is 0. */
    bool listed = s->kind == AQ_PLAN_LIST || (s->kind == AQ_PLAN_TREE && !s->query.scores);
    return listed && s->request->sort == AQ_SORT_RELEVANCE ? AQ_SORT_DATE : s->request->sort;
}

static enum aq_status open_collector(struct aq_search_run *s, struct aq_collector *c, const struct aq_filter *filter,
                                     enum aq_group group, uint32_t k, struct aq_error *err)
{
    enum aq_status st = aq_collector_init(c, &s->txn, filter, group, aq_search_sort(s), k, s->query.tiered, err);
    if (!st && s->request->snapshot)
        aq_collector_bound(c, s->request->snapshot);
    return st;
}

enum aq_status aq_search_all(struct aq_search_run *s, struct aq_collector *c, const struct aq_filter *filter,
                             const struct aq_picks *picks, enum aq_group group, uint32_t k,
                             struct aq_candidate **hits, size_t *count, struct aq_error *err)
{
    enum aq_status st = open_collector(s, c, filter, group, k, err);
    if (!st && c == &s->collector && s->request->facet_count)
        aq_collector_facets(c, &s->facets);
    struct aq_plan plan = aq_search_plan(s, c);
    plan.picks = picks;
    s->work.left = s->txn.passages * AQ_WORK_PASSAGE + AQ_WORK_LEAST;
    if (!st)
        st = aq_plan_run(&plan, s->kind, err);
    return st ? st : aq_collector_finish(c, hits, count, err);
}

static enum aq_status run(struct aq_search_run *s, struct aq_collector *c, enum aq_group group, uint32_t k,
                          struct aq_candidate **hits, size_t *count, struct aq_error *err)
{
    return aq_search_all(s, c, &s->filter, s->picked ? &s->picks : NULL, group, k, hits, count, err);
}

/* Sorting by columns, groups of several comments, exact totals and facets need every match. */
static bool can_rank(struct aq_search_run *s)
{
    const struct aq_search_request *r = s->request;
    struct aq_plan plan = aq_search_plan(s, NULL);
    return !s->picked && s->txn.passages <= UINT32_MAX && r->sort == AQ_SORT_RELEVANCE &&
           (r->group == AQ_GROUP_COMMENT || r->group == AQ_GROUP_NONE) && !(r->flags & AQ_COUNT_EXACT) &&
           r->facet_count == 0 && aq_plan_can_rank(&plan, s->kind);
}

/* Passing over what cannot be among the best. */
static enum aq_status rank(struct aq_search_run *s, struct aq_collector *c, uint32_t k, uint64_t count_enough,
                           struct aq_candidate **hits, size_t *count, struct aq_error *err)
{
    struct aq_plan plan = aq_search_plan(s, c);
    enum aq_status st = open_collector(s, c, &s->filter, s->request->group, k, err);
    if (st)
        return st;
    aq_collector_rank(c, count_enough);
    st = aq_plan_rank(&plan, s->kind, err);
    return st ? st : aq_collector_finish(c, hits, count, err);
}

static bool names_threads(const struct aq_search_run *s)
{
    const struct aq_syntax *x = &s->syntax;
    for (size_t i = 0; i < x->count; i++)
        if (x->nodes[i].kind == AQ_NODE_FIELD && x->nodes[i].field.field == AQ_FIELD_THREAD &&
            x->nodes[i].occur != AQ_MUST_NOT)
            return true;
    return s->request->thread_count > 0;
}

/* How many comments of a thread may be among the first hits; UINT32_MAX: any number. */
static uint32_t per_thread(const struct aq_search_run *s)
{
    const struct aq_search_request *r = s->request;
    bool spreads = r->group == AQ_GROUP_COMMENT && aq_search_sort(s) == AQ_SORT_RELEVANCE &&
                   !(r->flags & AQ_NO_HITS) && s->txn.state.next_thread > 1 && !names_threads(s);
    return !spreads ? UINT32_MAX : r->per_thread ? r->per_thread : AQ_SPREAD_DEFAULT;
}

/* Whether whole comments are looked at in a second stage. BM25 with parameters of one's own
 * is the first stage alone. */
bool aq_search_has_second_stage(const struct aq_search_run *s)
{
    const struct aq_search_request *r = s->request;
    return !(r->flags & (AQ_FIRST_STAGE | AQ_NO_HITS)) && r->k1 == 0 && r->b == 0 && r->group != AQ_GROUP_NONE &&
           aq_search_sort(s) == AQ_SORT_RELEVANCE && s->query.scores && s->query.term_count <= AQ_EVIDENCE_TERMS;
}

enum aq_status aq_search_second_stage(struct aq_search_run *s, struct aq_candidate *hits, size_t count,
                                      struct aq_error *err)
{
    const struct aq_plan plan = aq_search_plan(s, NULL);
    return aq_evidence(&plan, &s->txn, &s->evidence, hits, count, err);
}

static uint32_t at_least(uint32_t k, uint32_t least)
{
    return k > least ? k : least;
}

/* Looking at every match, more of the best cost next to nothing. */
static enum aq_status find_among_all(struct aq_search_run *s, uint32_t k, struct aq_candidate **hits, size_t *count,
                                     struct aq_error *err)
{
    uint32_t of_thread = per_thread(s);
    bool second = aq_search_has_second_stage(s);
    uint32_t wanted = of_thread < k ? at_least(k, AQ_SPREAD_AMONG) : k;
    wanted = second ? at_least(wanted, AQ_EVIDENCE_AMONG) : wanted;
    enum aq_status st = run(s, &s->collector, s->request->group, wanted, hits, count, err);
    if (!st && second)
        st = aq_search_second_stage(s, *hits, *count, err);
    if (!st && of_thread < k)
        aq_spread(&s->txn, of_thread, *hits, *count, true);
    *count = !st && *count > k ? k : *count;
    return st;
}

/* Twenty hits hold ten of enough threads nearly always where there are many threads. */
static uint32_t more_than(uint32_t k)
{
    return k < 2 * AQ_SPREAD_HITS ? 2 * AQ_SPREAD_HITS : AQ_SPREAD_AMONG;
}

/* Most first pages have few of any thread: more are found only where they do not. Where
 * fewer than k comments are found, they are all there are, and their passages are counted. */
static enum aq_status find_best(struct aq_search_run *s, uint32_t k, struct aq_candidate **hits, size_t *count,
                                struct aq_error *err)
{
    const struct aq_search_request *r = s->request;
    uint32_t of_thread = per_thread(s);
    uint64_t enough = k > s->reader->count_enough ? k : s->reader->count_enough;
    bool second = aq_search_has_second_stage(s);
    uint32_t least = second ? at_least(k, AQ_EVIDENCE_AMONG) : k;
    enum aq_status st = rank(s, &s->collector, least, enough, hits, count, err);
    if (!st && second)
        st = aq_search_second_stage(s, *hits, *count, err);
    bool settled = st || of_thread >= k;
    for (uint32_t wanted = least; !st && !settled; wanted = more_than(wanted)) {
        if (wanted > least) {
            aq_collector_free(&s->wider);
            st = rank(s, &s->wider, wanted, 0, hits, count, err);
        }
        settled = st || aq_spread(&s->txn, of_thread, *hits, *count, *count < wanted);
    }
    *count = !st && *count > k ? k : *count;
    if (st || r->group != AQ_GROUP_COMMENT || *count == 0 || r->flags & AQ_NO_HITS)
        return st;
    size_t skipped = *count == k ? r->offset : 0;
    struct aq_plan plan = aq_search_plan(s, &s->collector);
    return aq_plan_count_matches(&plan, s->kind, *hits + skipped, *count - skipped, err);
}

bool aq_search_expands(const struct aq_search_run *s)
{
    return aq_expand_wanted(s) && !(s->request->flags & AQ_NO_HITS) && aq_search_sort(s) == AQ_SORT_RELEVANCE &&
           s->query.scores;
}

/* More of the best than are wanted, which concepts put in order; behind them, while there
 * are places, what concepts alone find. */
static enum aq_status find_widened(struct aq_search_run *s, uint32_t k, struct aq_candidate **hits, size_t *count,
                                   struct aq_error *err)
{
    const struct aq_search_request *r = s->request;
    bool ranks = can_rank(s), second = aq_search_has_second_stage(s);
    uint32_t of_thread = per_thread(s), among = at_least(k, AQ_EXPAND_AMONG);
    uint64_t enough = k > s->reader->count_enough ? k : s->reader->count_enough;
    enum aq_status st = ranks ? rank(s, &s->collector, among, enough, hits, count, err)
                              : run(s, &s->collector, r->group, among, hits, count, err);
    if (!st && second)
        st = aq_search_second_stage(s, *hits, *count, err);
    if (!st)
        st = aq_expand(s, *hits, *count, err);
    if (!st && of_thread < k)
        aq_spread(&s->txn, of_thread, *hits, *count, true);
    *count = !st && *count > k ? k : *count;
    if (!st && ranks && r->group == AQ_GROUP_COMMENT && *count) {
        size_t skipped = *count == k ? r->offset : 0;
        struct aq_plan plan = aq_search_plan(s, &s->collector);
        st = aq_plan_count_matches(&plan, s->kind, *hits + skipped, *count - skipped, err);
    }
    return st ? st : aq_expand_fill(s, k, hits, count, err);
}

static int by_comment(const void *x, const void *y)
{
    const struct aq_candidate *a = x, *b = y;
    return (a->comment > b->comment) - (a->comment < b->comment);
}

/* Where fewer comments match than were asked for, their further passages follow
 * in order. The best k passages hold enough of them: at most one a comment leads. */
static enum aq_status fill_places(struct aq_search_run *s, uint32_t k, struct aq_candidate **hits, size_t *count,
                                  struct aq_error *err)
{
    struct aq_candidate *all;
    size_t leader_count = *count, all_count, n = leader_count;
    if (s->request->group != AQ_GROUP_COMMENT || (s->request->flags & AQ_NO_FILL) || s->request->snippets > 1)
        return AQ_OK;
    if (n == 0 || n >= k || s->collector.passages <= n)
        return AQ_OK;
    enum aq_status st = run(s, &s->filler, AQ_GROUP_NONE, k, &all, &all_count, err);
    if (st)
        return st;
    struct aq_candidate *both = aq_arena_alloc(s->arena, (leader_count + all_count) * sizeof *both);
    struct aq_candidate *leaders = aq_arena_alloc(s->arena, leader_count * sizeof *leaders);
    if (!both || !leaders)
        return aq_fail_nomem(err);
    memcpy(both, *hits, leader_count * sizeof *both);
    memcpy(leaders, both, leader_count * sizeof *both);
    qsort(leaders, leader_count, sizeof *leaders, by_comment);
    for (size_t i = 0; i < all_count && n < k; i++) {
        const struct aq_candidate *leader = bsearch(&all[i], leaders, leader_count, sizeof *leaders, by_comment);
        if (!leader || leader->ordinal == all[i].ordinal)
            continue;
        both[n] = all[i];
        both[n++].matches = leader->matches;
    }
    *hits = both;
    *count = n;
    return AQ_OK;
}

/* A comment that is picked costs as much as so many matches that are listed, proved by
 * positions, or scored. */
uint64_t aq_search_picks_most(const struct aq_search_run *s)
{
    enum { LISTED = 4, PROVED = 8, SCORED = 16 };
    uint64_t breadth = aq_plan_breadth(&s->query, s->kind, s->txn.passages);
    if (s->reader->picks_always && breadth)
        return UINT32_MAX;
    return breadth / (s->kind == AQ_PLAN_LIST ? LISTED : s->query.phrase_count ? PROVED : SCORED);
}

/* Whether the filter is to lead, and with which comments: broad filters let enough matches
 * through early. So many values of a column cost as much as one match. */
static enum aq_status pick(struct aq_search_run *s, struct aq_error *err)
{
    enum { VALUES = 64 };
    uint64_t most = s->filter.active ? aq_search_picks_most(s) : 0;
    if (most == 0)
        return AQ_OK;
    bool scan = s->reader->picks_always ||
                aq_plan_breadth(&s->query, s->kind, s->txn.passages) >= s->txn.state.next_comment / VALUES;
    return aq_filter_pick(&s->filter, &s->txn, (size_t)most, scan, &s->picks, &s->picked, err);
}

enum aq_status aq_search_find(struct aq_search_run *s, uint32_t k, struct aq_candidate **found, size_t *count,
                              struct aq_error *err)
{
    bool filtered = s->filter.active && !(s->request->flags & AQ_NEED_WORDS);
    s->kind = aq_plan_choose(&s->query, filtered);
    enum aq_status st = pick(s, err);
    if (!st)
        st = aq_search_expands(s) ? find_widened(s, k, found, count, err)
             : can_rank(s)        ? find_best(s, k, found, count, err)
                                  : find_among_all(s, k, found, count, err);
    if (!st && !(s->request->flags & AQ_NO_HITS))
        st = fill_places(s, k, found, count, err);
    return st;
}
