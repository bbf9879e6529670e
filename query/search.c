/* search.c - aq_search from end to end: query, statistics, plan, hits. What a step
 * does is in its own file; this one owns their order and the result's memory. */
#include "explain.h"
#include "hits.h"
#include "plan.h"
#include "reader.h"
#include "strict.h"

#include <time.h>

enum {
    DEFAULT_LIMIT = 10,
    MOST_LIMIT = 10000,
    MOST_OFFSET = 100000,
    ANALYZER_BYTES = 8 << 20 /* words a reader remembers between queries */
};

struct search {
    const struct aq_search_request *request;
    struct aq_reader *reader;
    struct aq_txn txn;
    struct aq_syntax syntax;
    struct aq_query query;
    struct aq_model *model;  /* the reader's, as the two that follow */
    struct aq_arena *arena;  /* until the call ends */
    struct aq_arena *scratch; /* of plans */
    struct aq_pending_scan pend;
    struct aq_filter filter;   /* that all hits pass */
    struct aq_filter *filters; /* of the query's fields that stand deeper */
    struct aq_leaf *leaves;
    uint32_t leaf_count;
    struct aq_collector collector;
    struct aq_collector filler;
    struct aq_plan_work work;
};

/* The result and the arena all of it lives in. */
struct answer {
    struct aq_result result;
    struct aq_arena arena;
};

static uint64_t now_micros(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000;
}

static enum aq_status check_request(const struct aq_search_request *r, struct aq_error *err)
{
    if (r->limit > MOST_LIMIT)
        return aq_fail(err, AQ_LIMIT, "%u hits are asked for at once; at most %d are allowed", r->limit, MOST_LIMIT);
    if (r->offset > MOST_OFFSET)
        return aq_fail(err, AQ_LIMIT, "an offset of %u is asked for; at most %d is allowed", r->offset, MOST_OFFSET);
    if ((unsigned)r->group > AQ_GROUP_AUTHOR || (unsigned)r->sort > AQ_SORT_SCORE)
        return aq_fail(err, AQ_INVALID, "no such grouping or sorting");
    return AQ_OK;
}

static enum aq_status parse(struct search *s, struct aq_error *err)
{
    const struct aq_search_request *r = s->request;
    bool plain = r->flags & AQ_QUERY_PLAIN;
    int64_t now = r->now ? r->now : (int64_t)time(NULL);
    enum aq_status st = aq_parse(r->query, plain, now, &s->syntax, err);
    if (!st && (r->flags & AQ_QUERY_STRICT))
        st = aq_syntax_strict(&s->syntax, r->query, NULL, err);
    if (!st)
        st = aq_query_build(&s->query, &s->syntax, plain, s->reader->analyzer, &s->txn, err);
    return st;
}

/* The outermost row's fields, with the request's lists; and those of each inner one. */
static enum aq_status make_filters(struct search *s, struct aq_error *err)
{
    const struct aq_query *q = &s->query;
    const struct aq_filter_source from = {&s->txn, s->reader->analyzer, s->arena};
    const struct aq_query_fields *outer = q->filter == AQ_NO_FILTER ? NULL : &q->fields[q->filter];
    enum aq_status st =
        aq_filter_make(&s->filter, &from, s->request, outer ? outer->clauses : NULL, outer ? outer->count : 0, err);
    s->filters = aq_arena_alloc(s->arena, (q->field_count + 1) * sizeof *s->filters);
    if (!s->filters)
        return aq_fail_nomem(err);
    for (uint32_t i = 0; i < q->field_count && !st; i++)
        if (i != q->filter)
            st = aq_filter_make(&s->filters[i], &from, NULL, q->fields[i].clauses, q->fields[i].count, err);
    return st;
}

/* From the query's string to leaves with global statistics. */
static enum aq_status prepare(struct search *s, struct aq_error *err)
{
    const struct aq_search_request *r = s->request;
    enum aq_status st = parse(s, err);
    if (!st)
        st = aq_model_update(s->model, r->k1, r->b, s->txn.passages, s->txn.tokens, err);
    if (!st)
        st = make_filters(s, err);
    if (!st)
        st = aq_pending_scan(&s->pend, &s->txn, &s->query, err);
    if (!st)
        st = aq_leaves_make(&s->txn, &s->query, &s->pend, s->arena, &s->leaves, &s->leaf_count, err);
    if (!st)
        aq_query_resolve(&s->query, s->model);
    return st;
}

static struct aq_plan plan_of(struct search *s, struct aq_collector *c)
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

/* Exhaustively. */
static enum aq_status run(struct search *s, enum aq_plan_kind kind, struct aq_collector *c, enum aq_group group,
                          uint32_t k, struct aq_candidate **hits, size_t *count, struct aq_error *err)
{
    /* Without words the newest come first: every score is 0. */
    bool listed = kind == AQ_PLAN_LIST || (kind == AQ_PLAN_TREE && !s->query.scores);
    enum aq_sort sort = listed && s->request->sort == AQ_SORT_RELEVANCE ? AQ_SORT_DATE : s->request->sort;
    enum aq_status st = aq_collector_init(c, &s->txn, &s->filter, group, sort, k, s->query.tiered, err);
    struct aq_plan plan = plan_of(s, c);
    s->work.left = s->txn.passages * AQ_WORK_PASSAGE + AQ_WORK_LEAST;
    if (!st)
        st = aq_plan_run(&plan, kind, err);
    return st ? st : aq_collector_finish(c, hits, count, err);
}

/* Sorting by columns, groups of several comments and exact totals need every match. */
static bool can_rank(struct search *s, enum aq_plan_kind kind)
{
    const struct aq_search_request *r = s->request;
    struct aq_plan plan = plan_of(s, NULL);
    return s->txn.passages <= UINT32_MAX && r->sort == AQ_SORT_RELEVANCE && (r->group == AQ_GROUP_COMMENT || r->group == AQ_GROUP_NONE) &&
           !(r->flags & AQ_COUNT_EXACT) && aq_plan_can_rank(&plan, kind);
}

/* Passing over what cannot be among the best. Where fewer than k groups are found, they
 * are all there are, and their passages have been counted. */
static enum aq_status rank(struct search *s, enum aq_plan_kind kind, uint32_t k, struct aq_candidate **hits,
                           size_t *count, struct aq_error *err)
{
    const struct aq_search_request *r = s->request;
    struct aq_collector *c = &s->collector;
    struct aq_plan plan = plan_of(s, c);
    enum aq_status st = aq_collector_init(c, &s->txn, &s->filter, r->group, r->sort, k, s->query.tiered, err);
    if (st)
        return st;
    aq_collector_rank(c, k > s->reader->count_enough ? k : s->reader->count_enough);
    st = aq_plan_rank(&plan, kind, err);
    if (!st)
        st = aq_collector_finish(c, hits, count, err);
    if (st || r->group != AQ_GROUP_COMMENT || *count == 0)
        return st;
    size_t skipped = *count == k ? r->offset : 0;
    return aq_plan_count_matches(&plan, kind, *hits + skipped, *count - skipped, err);
}

static int by_comment(const void *x, const void *y)
{
    const struct aq_candidate *a = x, *b = y;
    return (a->comment > b->comment) - (a->comment < b->comment);
}

/* Where fewer comments match than were asked for, their further passages follow
 * in order. The best k passages hold enough of them: at most one a comment leads. */
static enum aq_status fill_places(struct search *s, enum aq_plan_kind kind, uint32_t k, struct aq_candidate **hits,
                                  size_t *count, struct aq_error *err)
{
    struct aq_candidate *all;
    size_t leader_count = *count, all_count, n = leader_count;
    if (s->request->group != AQ_GROUP_COMMENT || (s->request->flags & AQ_NO_FILL) || n == 0 || n >= k ||
        s->collector.passages <= n)
        return AQ_OK;
    enum aq_status st = run(s, kind, &s->filler, AQ_GROUP_NONE, k, &all, &all_count, err);
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

static enum aq_status copy_ignored(struct search *s, struct answer *a, struct aq_error *err)
{
    const struct aq_query *q = &s->query;
    struct aq_slice *out = aq_arena_alloc(&a->arena, (q->term_count + q->form_count + q->pattern_count + 1) * sizeof *out);
    if (!out)
        return aq_fail_nomem(err);
    uint32_t n = aq_query_ignored(q, out);
    for (uint32_t i = 0; i < n; i++)
        if (!(out[i] = aq_arena_copy(&a->arena, out[i])).ptr)
            return aq_fail_nomem(err);
    a->result.ignored = out;
    a->result.ignored_count = n;
    return AQ_OK;
}

static enum aq_status explain(struct search *s, struct answer *a, const struct aq_candidate *found, size_t count,
                              const struct aq_shares **shares, struct aq_error *err)
{
    struct aq_explanation *out = &a->result.explanation;
    const struct aq_plan plan = plan_of(s, NULL);
    *shares = NULL;
    if (!(s->request->flags & AQ_EXPLAIN))
        return AQ_OK;
    out->k1 = s->model->k1;
    out->b = s->model->b;
    out->average_length = s->model->average;
    out->passages = s->model->passages;
    enum aq_status st = aq_explain_query(&s->query, &a->arena, out, err);
    return st ? st : aq_explain_hits(&plan, found, count, &a->arena, shares, err);
}

static enum aq_status answer(struct search *s, struct answer *a, struct aq_error *err)
{
    const struct aq_search_request *r = s->request;
    struct aq_candidate *found = NULL;
    size_t count = 0;
    uint32_t limit = r->limit ? r->limit : DEFAULT_LIMIT;
    enum aq_status st = prepare(s, err);
    if (st)
        return st;
    enum aq_plan_kind kind = aq_plan_choose(&s->query, s->filter.active && !(r->flags & AQ_NEED_WORDS));
    st = can_rank(s, kind) ? rank(s, kind, r->offset + limit, &found, &count, err)
                           : run(s, kind, &s->collector, r->group, r->offset + limit, &found, &count, err);
    if (!st)
        st = fill_places(s, kind, r->offset + limit, &found, &count, err);
    if (st)
        return st;

    struct aq_result *out = &a->result;
    /* Counting ended with one more than was enough: 1,000, not 1,001. */
    out->total_passages = s->collector.passages - s->collector.at_least;
    out->total_groups = s->collector.groups - s->collector.at_least;
    out->total_at_least = s->collector.at_least;
    out->partial = (s->query.cut ? AQ_PARTIAL_TERMS : 0u) | (s->query.cut_pattern ? AQ_PARTIAL_PATTERNS : 0u) |
                   (s->work.cut ? AQ_PARTIAL_WORK : 0u);
    out->commit = s->txn.state.commit;
    out->snapshot = s->txn.state.next_comment;
    if (r->query.len && !(out->query = aq_arena_copy(&a->arena, r->query)).ptr)
        return aq_fail_nomem(err);
    size_t skip = r->offset < count ? r->offset : count;
    const struct aq_shares *shares;
    st = explain(s, a, skip ? found + skip : found, count - skip, &shares, err);
    if (st)
        return st;
    struct aq_hit_maker maker = {.txn = &s->txn,
                                 .analyzer = s->reader->analyzer,
                                 .query = &s->query,
                                 .flags = r->flags,
                                 .shares = shares,
                                 .arena = &a->arena};
    st = copy_ignored(s, a, err);
    if (!st)
        st = aq_hits_make(&maker, skip ? found + skip : found, count - skip, &out->hits, err);
    out->hit_count = st ? 0 : (uint32_t)(count - skip);
    return st;
}

static void search_free(struct search *s)
{
    aq_syntax_free(&s->syntax);
    aq_query_free(&s->query);
    aq_pending_scan_free(&s->pend);
    aq_collector_free(&s->collector);
    aq_collector_free(&s->filler);
    aq_arena_reset(s->arena);
    aq_arena_reset(s->scratch);
}

enum aq_status aq_search(struct aq_reader *r, const struct aq_search_request *request, struct aq_result **out,
                         struct aq_error *err)
{
    uint64_t start = now_micros();
    *out = NULL;
    enum aq_status st = check_request(request, err);
    if (st)
        return st;
    struct answer *a = calloc(1, sizeof *a);
    struct search *s = calloc(1, sizeof *s);
    if (!a || !s) {
        free(a);
        free(s);
        return aq_fail_nomem(err);
    }
    s->request = request;
    s->reader = r;
    s->model = &r->model;
    s->arena = &r->arena;
    s->scratch = &r->scratch;
    st = aq_reader_begin(r, &s->txn, err);
    if (!st) {
        if (aq_analyzer_memory(r->analyzer) > ANALYZER_BYTES)
            aq_analyzer_forget(r->analyzer);
        st = answer(s, a, err);
        search_free(s);
        aq_txn_end(&s->txn);
    }
    free(s);
    if (st) {
        aq_result_free(&a->result);
        return st;
    }
    a->result.micros = now_micros() - start;
    *out = &a->result;
    return AQ_OK;
}

void aq_result_free(struct aq_result *result)
{
    if (!result)
        return;
    struct answer *a = (struct answer *)(void *)((char *)result - offsetof(struct answer, result));
    aq_arena_free(&a->arena);
    free(a);
}
