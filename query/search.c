/* search.c - aq_search from end to end: query, statistics, plan, hits. What a step
 * does is in its own file; this one owns their order and the result's memory. */
#include "explain.h"
#include "hits.h"
#include "plan.h"
#include "reader.h"
#include "snippets.h"
#include "spelling.h"
#include "spread.h"
#include "strict.h"

#include <time.h>

enum {
    DEFAULT_LIMIT = 10,
    MOST_LIMIT = 10000,
    MOST_OFFSET = 100000
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
    struct aq_facets facets;
    struct aq_collector collector; /* its totals are told */
    struct aq_collector wider;
    struct aq_collector filler;
};

/* The result and the arena all of it lives in. */
struct answer {
    struct aq_result result;
    struct aq_arena arena;
};

static enum aq_status check_request(const struct aq_search_request *r, struct aq_error *err)
{
    if (r->limit > MOST_LIMIT)
        return aq_fail(err, AQ_LIMIT, "%u hits are asked for at once; at most %d are allowed", r->limit, MOST_LIMIT);
    if (r->offset > MOST_OFFSET)
        return aq_fail(err, AQ_LIMIT, "an offset of %u is asked for; at most %d is allowed", r->offset, MOST_OFFSET);
    if (r->snippets > AQ_SNIPPETS_MOST)
        return aq_fail(err, AQ_LIMIT, "%u snippets of a hit are asked for; at most %d are allowed", r->snippets,
                       AQ_SNIPPETS_MOST);
    if ((unsigned)r->group > AQ_GROUP_AUTHOR || (unsigned)r->sort > AQ_SORT_SCORE)
        return aq_fail(err, AQ_INVALID, "no such grouping or sorting");
    return aq_facets_check(r, err);
}

static enum aq_status parse(struct search *s, struct aq_error *err)
{
    const struct aq_search_request *r = s->request;
    bool plain = r->flags & AQ_QUERY_PLAIN;
    int64_t now = r->now ? r->now : (int64_t)time(NULL);
    enum aq_status st = aq_parse(r->query, plain, now, &s->syntax, err);
    if (!st && (r->flags & AQ_QUERY_STRICT))
        st = aq_syntax_strict(&s->syntax, r->query, NULL, err);
    if (!st && !plain)
        st = aq_synonyms_apply(r->synonyms, &s->reader->synonyms, &s->syntax, s->reader->analyzer, err);
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

static struct aq_plan plan_of(const struct search *s, struct aq_collector *c)
{
    return (struct aq_plan){.leaves = s->leaves,
                            .leaf_count = s->leaf_count,
                            .query = &s->query,
                            .model = s->model,
                            .arena = s->arena,
                            .scratch = s->scratch,
                            .collector = c,
                            .filters = s->filters};
}

/* What the hits are sorted by. */
static enum aq_sort sort_of(const struct search *s, enum aq_plan_kind kind)
{
    /* Without words the newest come first: every score is 0. */
    bool listed = kind == AQ_PLAN_LIST || (kind == AQ_PLAN_TREE && !s->query.scores);
    return listed && s->request->sort == AQ_SORT_RELEVANCE ? AQ_SORT_DATE : s->request->sort;
}

static enum aq_status open_collector(struct search *s, struct aq_collector *c, enum aq_plan_kind kind,
                                     enum aq_group group, uint32_t k, struct aq_error *err)
{
    enum aq_status st =
        aq_collector_init(c, &s->txn, &s->filter, group, sort_of(s, kind), k, s->query.tiered, err);
    if (!st && s->request->snapshot)
        aq_collector_bound(c, s->request->snapshot);
    return st;
}

/* Exhaustively. */
static enum aq_status run(struct search *s, enum aq_plan_kind kind, struct aq_collector *c, enum aq_group group,
                          uint32_t k, struct aq_candidate **hits, size_t *count, struct aq_error *err)
{
    enum aq_status st = open_collector(s, c, kind, group, k, err);
    if (!st && c == &s->collector && s->request->facet_count)
        aq_collector_facets(c, &s->facets);
    struct aq_plan plan = plan_of(s, c);
    if (!st)
        st = aq_plan_run(&plan, kind, err);
    return st ? st : aq_collector_finish(c, hits, count, err);
}

/* Sorting by columns, groups of several comments, exact totals and facets need every match. */
static bool can_rank(struct search *s, enum aq_plan_kind kind)
{
    const struct aq_search_request *r = s->request;
    struct aq_plan plan = plan_of(s, NULL);
    return s->txn.passages <= UINT32_MAX && r->sort == AQ_SORT_RELEVANCE && (r->group == AQ_GROUP_COMMENT || r->group == AQ_GROUP_NONE) &&
           !(r->flags & AQ_COUNT_EXACT) && r->facet_count == 0 && aq_plan_can_rank(&plan, kind);
}

/* Passing over what cannot be among the best. */
static enum aq_status rank(struct search *s, enum aq_plan_kind kind, struct aq_collector *c, uint32_t k,
                           uint64_t count_enough, struct aq_candidate **hits, size_t *count, struct aq_error *err)
{
    struct aq_plan plan = plan_of(s, c);
    enum aq_status st = open_collector(s, c, kind, s->request->group, k, err);
    if (st)
        return st;
    aq_collector_rank(c, count_enough);
    st = aq_plan_rank(&plan, kind, err);
    return st ? st : aq_collector_finish(c, hits, count, err);
}

static bool names_threads(const struct search *s)
{
    const struct aq_syntax *x = &s->syntax;
    for (size_t i = 0; i < x->count; i++)
        if (x->nodes[i].kind == AQ_NODE_FIELD && x->nodes[i].field.field == AQ_FIELD_THREAD &&
            x->nodes[i].occur != AQ_MUST_NOT)
            return true;
    return s->request->thread_count > 0;
}

/* How many comments of a thread may be among the first hits; UINT32_MAX: any number. */
static uint32_t per_thread(const struct search *s, enum aq_plan_kind kind)
{
    const struct aq_search_request *r = s->request;
    bool spreads = r->group == AQ_GROUP_COMMENT && sort_of(s, kind) == AQ_SORT_RELEVANCE &&
                   !(r->flags & AQ_NO_HITS) && s->txn.state.next_thread > 1 && !names_threads(s);
    return !spreads ? UINT32_MAX : r->per_thread ? r->per_thread : AQ_SPREAD_DEFAULT;
}

/* Looking at every match, more of the best cost next to nothing. */
static enum aq_status find_among_all(struct search *s, enum aq_plan_kind kind, uint32_t k, struct aq_candidate **hits,
                                     size_t *count, struct aq_error *err)
{
    uint32_t of_thread = per_thread(s, kind);
    uint32_t wanted = of_thread < k && k < AQ_SPREAD_AMONG ? AQ_SPREAD_AMONG : k;
    enum aq_status st = run(s, kind, &s->collector, s->request->group, wanted, hits, count, err);
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
static enum aq_status find_best(struct search *s, enum aq_plan_kind kind, uint32_t k, struct aq_candidate **hits,
                                size_t *count, struct aq_error *err)
{
    const struct aq_search_request *r = s->request;
    uint32_t of_thread = per_thread(s, kind);
    uint64_t enough = k > s->reader->count_enough ? k : s->reader->count_enough;
    enum aq_status st = rank(s, kind, &s->collector, k, enough, hits, count, err);
    bool settled = st || of_thread >= k;
    for (uint32_t wanted = k; !st && !settled; wanted = more_than(wanted)) {
        if (wanted > k) {
            aq_collector_free(&s->wider);
            st = rank(s, kind, &s->wider, wanted, 0, hits, count, err);
        }
        settled = st || aq_spread(&s->txn, of_thread, *hits, *count, *count < wanted);
    }
    *count = !st && *count > k ? k : *count;
    if (st || r->group != AQ_GROUP_COMMENT || *count == 0 || r->flags & AQ_NO_HITS)
        return st;
    size_t skipped = *count == k ? r->offset : 0;
    struct aq_plan plan = plan_of(s, &s->collector);
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
    if (s->request->group != AQ_GROUP_COMMENT || (s->request->flags & AQ_NO_FILL) || s->request->snippets > 1 || n == 0 || n >= k ||
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

/* Whether it stands in the query; else it is of a synonym. */
static bool was_typed(const struct search *s, struct aq_slice text)
{
    struct aq_slice query = s->request->query;
    return text.ptr >= query.ptr && text.ptr <= query.ptr + query.len;
}

static enum aq_status copy_all(struct answer *a, struct aq_slice *items, uint32_t count, struct aq_error *err)
{
    for (uint32_t i = 0; i < count; i++)
        if (!(items[i] = aq_arena_copy(&a->arena, items[i])).ptr)
            return aq_fail_nomem(err);
    return AQ_OK;
}

static enum aq_status copy_ignored(struct search *s, struct answer *a, struct aq_error *err)
{
    const struct aq_query *q = &s->query;
    size_t room = q->term_count + q->form_count + q->pattern_count + 1;
    struct aq_slice *out = aq_arena_alloc(&a->arena, room * sizeof *out);
    if (!out)
        return aq_fail_nomem(err);
    uint32_t all = aq_query_ignored(q, out), n = 0;
    for (uint32_t i = 0; i < all; i++)
        if (was_typed(s, out[i]))
            out[n++] = out[i];
    a->result.ignored = out;
    a->result.ignored_count = n;
    return copy_all(a, out, n, err);
}

/* Those that the index can have, each once. */
static enum aq_status copy_synonyms(struct search *s, struct answer *a, struct aq_error *err)
{
    const struct aq_query *q = &s->query;
    struct aq_slice *out = aq_arena_alloc(&a->arena, (q->node_count + 1) * sizeof *out);
    uint32_t n = 0;
    if (!out)
        return aq_fail_nomem(err);
    for (uint32_t i = 0; i < q->node_count; i++) {
        const struct aq_query_node *same = &q->nodes[i];
        if (same->kind != AQ_NODE_SAME || same->dead)
            continue;
        for (uint32_t c = i + 1; c < same->end; c = q->nodes[c].end) {
            struct aq_slice name = q->nodes[c].typed;
            bool told = q->nodes[c].dead || was_typed(s, name);
            for (uint32_t k = 0; k < n && !told; k++)
                told = aq_slice_eq(out[k], name);
            if (!told)
                out[n++] = name;
        }
    }
    a->result.synonyms = out;
    a->result.synonym_count = n;
    return copy_all(a, out, n, err);
}

/* Later pages go by what the first one saw. */
static uint32_t snapshot_of(const struct search *s)
{
    uint32_t now = s->txn.state.next_comment, asked = s->request->snapshot;
    return asked && asked < now ? asked : now;
}

/* The words that stand alone in the query, not in exclusions, phrases or patterns, each
 * once; returns whether one of them is worth looking for a better one. */
static bool find_doubted(const struct search *s, struct aq_spelling_word *words, size_t *count)
{
    const struct aq_query *q = &s->query;
    bool any = false;
    *count = 0;
    for (size_t i = 0; i < q->node_count; i++) {
        const struct aq_query_node *n = &q->nodes[i];
        if (n->kind != AQ_NODE_WORD || n->literal || q->words[n->leaf].scored_count != 1)
            continue;
        const struct aq_query_term *t = &q->terms[q->words[n->leaf].scored[0]];
        /* One that was said before, alone or in a phrase, is `typed` there. */
        bool here = t->typed.ptr >= n->typed.ptr && t->typed.ptr + t->typed.len <= n->typed.ptr + n->typed.len;
        if (!here || !was_typed(s, n->typed))
            continue;
        words[(*count)++] = (struct aq_spelling_word){t->typed, t->df};
        any |= aq_spelling_doubts(&s->txn, t->df);
    }
    return any;
}

static enum aq_status suggest(struct search *s, struct answer *a, struct aq_error *err)
{
    struct aq_slice better;
    size_t count;
    if (s->request->flags & (AQ_QUERY_PLAIN | AQ_NO_TEXT | AQ_NO_HITS))
        return AQ_OK;
    struct aq_spelling_word *words = aq_arena_alloc(s->arena, (s->query.node_count + 1) * sizeof *words);
    if (!words)
        return aq_fail_nomem(err);
    if (!find_doubted(s, words, &count))
        return AQ_OK;
    enum aq_status st = aq_spelling_suggest(&s->txn, s->reader->analyzer, s->request->query, words, count, s->arena,
                                            &better, err);
    if (!st && better.len && !(a->result.suggestion = aq_arena_copy(&a->arena, better)).ptr)
        st = aq_fail_nomem(err);
    return st;
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
    uint32_t k = r->flags & AQ_NO_HITS ? 1 : r->offset + limit;
    enum aq_status st = prepare(s, err);
    if (!st)
        st = aq_facets_init(&s->facets, &s->txn, r, err);
    if (st)
        return st;
    enum aq_plan_kind kind = aq_plan_choose(&s->query, s->filter.active && !(r->flags & AQ_NEED_WORDS));
    st = can_rank(s, kind) ? find_best(s, kind, k, &found, &count, err) : find_among_all(s, kind, k, &found, &count, err);
    if (!st && !(r->flags & AQ_NO_HITS))
        st = fill_places(s, kind, k, &found, &count, err);
    if (st)
        return st;

    struct aq_result *out = &a->result;
    /* Counting ended with one more than was enough: 1,000, not 1,001. */
    out->total_passages = s->collector.passages - s->collector.at_least;
    out->total_groups = s->collector.groups - s->collector.at_least;
    out->total_at_least = s->collector.at_least;
    out->partial = (s->query.cut ? AQ_PARTIAL_TERMS : 0u) | (s->query.cut_pattern ? AQ_PARTIAL_PATTERNS : 0u);
    out->commit = s->txn.state.commit;
    out->snapshot = snapshot_of(s);
    if (r->query.len && !(out->query = aq_arena_copy(&a->arena, r->query)).ptr)
        return aq_fail_nomem(err);
    size_t skip = r->offset < count && !(r->flags & AQ_NO_HITS) ? r->offset : count;
    const struct aq_shares *shares;
    st = explain(s, a, skip ? found + skip : found, count - skip, &shares, err);
    if (st)
        return st;
    struct aq_hit_maker maker = {.txn = &s->txn,
                                 .analyzer = s->reader->analyzer,
                                 .query = &s->query,
                                 .flags = r->flags,
                                 .snippets = r->snippets,
                                 .alone = r->group == AQ_GROUP_NONE,
                                 .shares = shares,
                                 .arena = &a->arena};
    st = copy_ignored(s, a, err);
    if (!st && r->facet_count) {
        st = aq_facets_make(&s->facets, &s->txn, s->scratch, &a->arena, &out->facets, err);
        out->facet_count = st ? 0 : r->facet_count;
    }
    if (!st)
        st = copy_synonyms(s, a, err);
    if (!st)
        st = suggest(s, a, err);
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
    aq_collector_free(&s->wider);
    aq_collector_free(&s->filler);
    aq_facets_free(&s->facets);
    aq_arena_reset(s->arena);
    aq_arena_reset(s->scratch);
}

enum aq_status aq_search(struct aq_reader *r, const struct aq_search_request *request, struct aq_result **out,
                         struct aq_error *err)
{
    uint64_t start = aq_reader_micros();
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
        aq_reader_bound_analyzer(r);
        st = answer(s, a, err);
        search_free(s);
        aq_txn_end(&s->txn);
    }
    free(s);
    if (st) {
        aq_result_free(&a->result);
        return st;
    }
    a->result.micros = aq_reader_micros() - start;
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
