/* search.c - aq_search from end to end: query, statistics, plan, hits. What a step
 * does is in its own file; this one owns their order and the result's memory. */
#include "search.h"

#include "explain.h"
#include "hits.h"
#include "snippets.h"
#include "strict.h"

#include <time.h>

enum {
    DEFAULT_LIMIT = 10,
    MOST_LIMIT = 10000,
    MOST_OFFSET = 100000,
    MOST_FURTHER = 20
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
    if (r->further > MOST_FURTHER)
        return aq_fail(err, AQ_LIMIT, "%u further comments of a thread are asked for; at most %d are allowed", r->further,
                       MOST_FURTHER);
    if ((unsigned)r->group > AQ_GROUP_AUTHOR || (unsigned)r->sort > AQ_SORT_SCORE)
        return aq_fail(err, AQ_INVALID, "no such grouping or sorting");
    if (r->prefer & ~(unsigned)(AQ_PREFER_POINTS | AQ_PREFER_RECENT))
        return aq_fail(err, AQ_INVALID, "no such preference");
    return aq_facets_check(r, err);
}

static enum aq_status parse(struct aq_search_run *s, struct aq_error *err)
{
    const struct aq_search_request *r = s->request;
    bool plain = r->flags & AQ_QUERY_PLAIN;
    enum aq_status st = aq_parse(r->query, plain, s->evidence.now, &s->syntax, err);
    if (!st && (r->flags & AQ_QUERY_STRICT))
        st = aq_syntax_strict(&s->syntax, r->query, NULL, err);
    if (!st && !plain)
        st = aq_synonyms_apply(r->synonyms, &s->reader->synonyms, &s->syntax, s->reader->analyzer, err);
    if (!st)
        st = aq_query_build(&s->query, &s->syntax, plain, s->reader->analyzer, &s->txn, err);
    return st;
}

/* The outermost row's fields, with the request's lists; and those of each inner one. */
static enum aq_status make_filters(struct aq_search_run *s, struct aq_error *err)
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

enum aq_status aq_search_prepare(struct aq_search_run *s, struct aq_error *err)
{
    const struct aq_search_request *r = s->request;
    enum aq_status st = parse(s, err);
    if (!st)
        st = aq_model_update(s->model, r->k1, r->b, s->txn.passages, s->txn.tokens, err);
    if (!st)
        st = make_filters(s, err);
    const struct aq_pending_index *index = NULL;
    if (!st)
        st = aq_pending_index_get(&s->reader->pending, &s->txn, aq_store_generation(s->reader->store), &index, err);
    if (!st)
        st = aq_pending_scan(&s->pend, &s->txn, &s->query, index, err);
    if (!st)
        st = aq_leaves_make(&s->txn, &s->query, &s->pend, s->arena, &s->leaves, &s->leaf_count, err);
    if (!st)
        aq_query_resolve(&s->query, s->model);
    return st;
}

/* Later pages go by what the first one saw. */
static uint32_t snapshot_of(const struct aq_search_run *s)
{
    uint32_t now = s->txn.state.next_comment, asked = s->request->snapshot;
    return asked && asked < now ? asked : now;
}

static enum aq_status answer(struct aq_search_run *s, struct answer *a, struct aq_error *err)
{
    const struct aq_search_request *r = s->request;
    struct aq_candidate *found = NULL;
    size_t count = 0;
    uint32_t limit = r->limit ? r->limit : DEFAULT_LIMIT;
    uint32_t k = r->flags & AQ_NO_HITS ? 1 : r->offset + limit;
    enum aq_status st = aq_search_prepare(s, err);
    if (!st)
        st = aq_facets_init(&s->facets, &s->txn, r, err);
    if (st)
        return st;
    st = aq_search_find(s, k, &found, &count, err);
    if (st)
        return st;
    size_t skip = r->offset < count && !(r->flags & AQ_NO_HITS) ? r->offset : count;
    const struct aq_candidate *hits = skip ? found + skip : found;
    const struct aq_further_found *further = NULL;
    if (r->further && r->group == AQ_GROUP_THREAD)
        st = aq_search_further(s, hits, count - skip, &further, err);
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
    out->snapshot = snapshot_of(s);
    if (r->query.len && !(out->query = aq_arena_copy(&a->arena, r->query)).ptr)
        return aq_fail_nomem(err);
    const struct aq_plan plan = aq_search_plan(s, NULL);
    const struct aq_shares *shares = NULL;
    st = aq_search_tell(s, out, &a->arena, err);
    if (!st && r->flags & AQ_EXPLAIN)
        st = aq_explain_hits(&plan, &s->txn, &s->evidence, hits, count - skip, &a->arena, &shares, err);
    if (!st && r->flags & AQ_EXPLAIN && out->concept_count)
        st = aq_expand_explain(s, hits, count - skip, &a->arena, &shares, err);
    if (st)
        return st;
    struct aq_hit_maker maker = {.txn = &s->txn,
                                 .analyzer = s->reader->analyzer,
                                 .query = &s->query,
                                 .concepts = &s->expansion.row.query,
                                 .flags = r->flags,
                                 .snippets = r->snippets,
                                 .alone = r->group == AQ_GROUP_NONE,
                                 .shares = shares,
                                 .further = further,
                                 .arena = &a->arena};
    if (r->facet_count) {
        st = aq_facets_make(&s->facets, &s->txn, s->scratch, &a->arena, &out->facets, err);
        out->facet_count = st ? 0 : r->facet_count;
    }
    if (!st)
        st = aq_hits_make(&maker, hits, count - skip, &out->hits, err);
    out->hit_count = st ? 0 : (uint32_t)(count - skip);
    return st;
}

static void set_up(struct aq_search_run *s, struct aq_reader *r, const struct aq_search_request *request)
{
    s->request = request;
    s->reader = r;
    s->model = &r->model;
    s->arena = &r->arena;
    s->scratch = &r->scratch;
    s->evidence = (struct aq_evidence_request){.model = &aq_evidence_default,
                                               .prefer = request->prefer,
                                               .now = request->now ? request->now : (int64_t)time(NULL)};
    aq_reader_bound_analyzer(r);
}

enum aq_status aq_search_open(struct aq_search_run *s, struct aq_reader *r, const struct aq_search_request *request,
                              struct aq_error *err)
{
    enum aq_status st = aq_reader_begin(r, &s->txn, err);
    if (!st)
        set_up(s, r, request);
    return st;
}

void aq_search_close(struct aq_search_run *s)
{
    aq_syntax_free(&s->syntax);
    aq_query_free(&s->query);
    aq_pending_scan_free(&s->pend);
    aq_picks_free(&s->picks);
    aq_collector_free(&s->collector);
    aq_collector_free(&s->wider);
    aq_collector_free(&s->filler);
    aq_collector_free(&s->of_threads);
    aq_picks_free(&s->members);
    aq_facets_free(&s->facets);
    aq_expansion_free(&s->expansion);
    aq_arena_reset(s->arena);
    aq_arena_reset(s->scratch);
    aq_txn_end(&s->txn);
}

/* In txn, which is ended. start: when the call began, in microseconds. */
static enum aq_status search_in(struct aq_reader *r, struct aq_txn *txn, const struct aq_search_request *request,
                                uint64_t start, struct aq_result **out, struct aq_error *err)
{
    struct answer *a = calloc(1, sizeof *a);
    struct aq_search_run *s = calloc(1, sizeof *s);
    if (!a || !s) {
        aq_txn_end(txn);
        free(a);
        free(s);
        return aq_fail_nomem(err);
    }
    s->txn = *txn;
    set_up(s, r, request);
    enum aq_status st = answer(s, a, err);
    aq_search_close(s);
    free(s);
    if (st) {
        aq_result_free(&a->result);
        return st;
    }
    a->result.micros = aq_reader_micros() - start;
    *out = &a->result;
    return AQ_OK;
}

enum aq_status aq_search(struct aq_reader *r, const struct aq_search_request *request, struct aq_result **out,
                         struct aq_error *err)
{
    uint64_t start = aq_reader_micros();
    struct aq_txn txn;
    *out = NULL;
    enum aq_status st = check_request(request, err);
    if (!st)
        st = aq_reader_begin(r, &txn, err);
    return st ? st : search_in(r, &txn, request, start, out, err);
}

enum aq_status aq_search_within(struct aq_reader *r, struct aq_txn *txn, const struct aq_search_request *request,
                                struct aq_result **out, struct aq_error *err)
{
    uint64_t start = aq_reader_micros();
    *out = NULL;
    enum aq_status st = check_request(request, err);
    if (!st)
        return search_in(r, txn, request, start, out, err);
    aq_txn_end(txn);
    return st;
}

void aq_result_free(struct aq_result *result)
{
    if (!result)
        return;
    struct answer *a = (struct answer *)(void *)((char *)result - offsetof(struct answer, result));
    aq_arena_free(&a->arena);
    free(a);
}
