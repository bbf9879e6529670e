/* expand.c - see expand.h. */
#include "expand.h"

#include "concept_count.h"
#include "search.h"

#include <math.h>

static double P(const char *n, double d) { const char *v = getenv(n); return v ? atof(v) : d; }

struct choice {
    const struct aq_concept_count *of;
    double score;
};

void aq_expansion_free(struct aq_expansion *e)
{
    aq_syntax_free(&e->syntax);
    aq_query_free(&e->query);
    aq_pending_scan_free(&e->pend);
    aq_collector_free(&e->collector);
}

/* ---- which words ---- */

/* The words of the best hits' passages. Hits of equal worth weigh alike. */
static enum aq_status count_best(struct aq_search_run *s, const struct aq_candidate *hits, size_t count,
                                 struct aq_concept_counter *c, struct aq_error *err)
{
    double total = 0;
    enum aq_status st = AQ_OK;
    size_t most = (size_t)P("F", 12);
    if (count > most)
        count = most;
    for (size_t i = 0; i < count; i++)
        total += hits[i].score;
    for (size_t i = 0; i < count && !st; i++) {
        struct aq_comment x;
        st = aq_reader_text(&s->txn, hits[i].comment, s->arena, &x, err);
        if (st)
            return st;
        if (hits[i].ordinal >= x.passage_count)
            return aq_fail(err, AQ_CORRUPT, "comment %u has no passage %u; `aq check` tells more", hits[i].comment,
                           hits[i].ordinal);
        const struct aq_passage *p = &x.passages[hits[i].ordinal];
        struct aq_slice text = aq_slice(x.text.ptr + p->begin, p->end - p->begin);
        if (P("WHOLE", 0) > 0) text = x.text;
        const struct aq_concept_passage counted = {
            .text = text, .weight = hits[i].score / total, .rank = (uint32_t)i, .source = hits[i].comment};
        st = aq_concept_count_passage(c, &counted, err);
    }
    return st;
}

/* A query of all words that may be chosen knows in how many passages of the index each is. */
static enum aq_status look_up(struct aq_search_run *s, const struct aq_concept_counter *c, struct aq_query *q,
                              struct aq_error *err)
{
    struct aq_syntax syntax = {0};
    struct aq_pending_scan pend = {0};
    struct aq_leaf *leaves;
    struct aq_buf text = {0};
    uint32_t leaf_count;
    for (size_t i = 0; i < c->count; i++) {
        if (c->all[i].passages < (uint32_t)P("MINP", 2))
            continue;
        struct aq_slice word = aq_concept_spelled(&c->all[i]);
        aq_buf_put(&text, word.ptr, word.len);
        aq_buf_u8(&text, ' ');
    }
    enum aq_status st = text.failed ? aq_fail_nomem(err) : aq_parse(aq_slice(text.ptr, text.len), true, 0, &syntax, err);
    if (!st)
        st = aq_query_build(q, &syntax, true, s->reader->analyzer, &s->txn, err);
    if (!st)
        st = aq_pending_scan(&pend, &s->txn, q, err);
    if (!st)
        st = aq_leaves_make(&s->txn, q, &pend, s->arena, &leaves, &leaf_count, err);
    aq_pending_scan_free(&pend);
    aq_syntax_free(&syntax);
    aq_buf_free(&text);
    return st;
}

static int by_score(const void *x, const void *y)
{
    const struct choice *a = x, *b = y;
    if (a->score > b->score || a->score < b->score)
        return a->score > b->score ? -1 : 1;
    return (a->of > b->of) - (a->of < b->of);
}

static size_t choose(struct aq_search_run *s, const struct aq_concept_counter *c, const struct aq_query *q,
                     struct choice *out)
{
    size_t n = 0;
    double N = (double)s->txn.passages, tokens = (double)s->txn.tokens;
    for (size_t i = 0; i < c->count; i++) {
        const struct aq_concept_count *x = &c->all[i];
        uint32_t term = aq_query_find(q, x->terms[0]);
        if (term == AQ_NO_TERM || x->passages < (uint32_t)P("MINP", 2) || aq_query_find(&s->query, x->terms[0]) != AQ_NO_TERM)
            continue;
        double df = (double)q->terms[term].df;
        if (df < 1 || df > N * P("COMMON", 0.1))
            continue;
        double ratio = x->weight / (df / tokens);
        double score = x->weight * log(ratio);
        if (P("METHOD", 0) == 1) score = x->weight;
        if (P("METHOD", 0) == 2) score = x->weight * log(N / df);
        if (score > 0)
            out[n++] = (struct choice){x, score};
    }
    if (n)
        qsort(out, n, sizeof *out, by_score);
    size_t m = (size_t)P("M", 20);
    return n < m ? n : m;
}

/* ---- the query of them ---- */

static enum aq_status make_row(struct aq_search_run *s, const struct choice *words, size_t count, struct aq_error *err)
{
    struct aq_syntax *x = &s->expansion.syntax;
    struct aq_node *nodes = calloc(count + 1, sizeof *nodes);
    if (!nodes)
        return aq_fail_nomem(err);
    *x = (struct aq_syntax){.nodes = nodes, .count = count + 1, .cap = count + 1};
    nodes[0] = (struct aq_node){.kind = AQ_NODE_ROW, .boost = 1, .first_child = 1, .next = AQ_NO_NODE};
    double sum = 0, typed = 0;
    for (size_t i = 0; i < count; i++)
        sum += words[i].score;
    for (size_t i = 0; i < s->query.term_count; i++)
        typed += s->query.terms[i].times > 0;
    double mass = P("BETA", 0.1) * pow(typed, P("POW", 0.5));
    for (size_t i = 0; i < count; i++) {
        struct aq_slice word = aq_concept_spelled(words[i].of);
        double b = P("NORM", 0) == 0 ? P("BETA", .1) * words[i].score / words[0].score : mass * words[i].score / sum;
        nodes[i + 1] = (struct aq_node){.kind = AQ_NODE_WORD,
                                        .boost = b,
                                        .text = word,
                                        .typed = word,
                                        .first_child = AQ_NO_NODE,
                                        .next = i + 1 < count ? (uint32_t)i + 2 : AQ_NO_NODE};
    }
    return AQ_OK;
}

struct aq_plan aq_expansion_plan(struct aq_search_run *s, struct aq_collector *c)
{
    struct aq_plan plan = aq_search_plan(s, c);
    plan.query = &s->expansion.query;
    plan.leaves = s->expansion.leaves;
    plan.leaf_count = s->expansion.leaf_count;
    plan.work = &s->expansion.work;
    plan.filters = NULL;
    return plan;
}

static enum aq_status make_query(struct aq_search_run *s, struct aq_error *err)
{
    struct aq_expansion *e = &s->expansion;
    enum aq_status st = aq_query_build(&e->query, &e->syntax, false, s->reader->analyzer, &s->txn, err);
    if (!st)
        st = aq_pending_scan(&e->pend, &s->txn, &e->query, err);
    if (!st)
        st = aq_leaves_make(&s->txn, &e->query, &e->pend, s->arena, &e->leaves, &e->leaf_count, err);
    if (!st)
        aq_query_resolve(&e->query, s->model);
    e->query.tiered = false;
    return st;
}

/* ---- what they add ---- */

struct place {
    uint32_t leaf, docid, hit;
};

static int by_place(const void *x, const void *y)
{
    const struct place *a = x, *b = y;
    if (a->leaf != b->leaf)
        return a->leaf < b->leaf ? -1 : 1;
    return (a->docid > b->docid) - (a->docid < b->docid);
}

static int by_order(const void *x, const void *y)
{
    return aq_candidate_before(x, y) ? -1 : 1;
}

/* In query order for each hit, so that explained shares add up to the same sum. */
static enum aq_status add_shares(struct aq_search_run *s, struct aq_candidate *hits, size_t count, struct aq_error *err)
{
    const struct aq_expansion *e = &s->expansion;
    struct place *places = aq_arena_alloc(s->arena, (count + 1) * sizeof *places);
    struct aq_cursor *c = aq_arena_alloc(s->arena, sizeof *c);
    if (!places || !c)
        return aq_fail_nomem(err);
    for (size_t i = 0; i < count; i++)
        places[i] = (struct place){hits[i].leaf, hits[i].docid, (uint32_t)i};
    qsort(places, count, sizeof *places, by_place);
    for (size_t from = 0, to; from < count; from = to) {
        const struct aq_leaf *leaf = &e->leaves[places[from].leaf];
        for (to = from + 1; to < count && places[to].leaf == places[from].leaf;)
            to++;
        for (uint32_t t = 0; t < e->query.term_count; t++) {
            double weight = e->query.terms[t].weight;
            if (weight <= 0 || leaf->lists[t].df == 0)
                continue;
            aq_leaf_cursor(leaf, t, c);
            for (size_t i = from; i < to && c->docid != AQ_DOCID_END; i++)
                if (aq_cursor_seek(c, places[i].docid) == places[i].docid)
                    hits[places[i].hit].score += aq_score(s->model, weight, aq_cursor_freq(c), leaf->lengths[places[i].docid]);
            if (c->bad)
                return aq_fail(err, AQ_CORRUPT, "a postings list is damaged; `aq check` tells which");
        }
    }
    return AQ_OK;
}

enum aq_status aq_expand(struct aq_search_run *s, struct aq_candidate *hits, size_t count, struct aq_error *err)
{
    struct aq_concept_counter counter = {.analyzer = s->reader->analyzer};
    struct aq_query known = {0};
    size_t n = 0;
    if (count == 0)
        return AQ_OK;
    enum aq_status st = count_best(s, hits, count, &counter, err);
    if (!st)
        st = look_up(s, &counter, &known, err);
    struct choice *words = aq_arena_alloc(s->arena, (counter.count + 1) * sizeof *words);
    if (!st && !words)
        st = aq_fail_nomem(err);
    if (!st && (n = choose(s, &counter, &known, words)))
        st = make_row(s, words, n, err);
    aq_query_free(&known);
    aq_concept_counter_free(&counter);
    if (st || n == 0)
        return st;
    st = make_query(s, err);
    if (!st)
        st = add_shares(s, hits, count, err);
    if (!st)
        qsort(hits, count, sizeof *hits, by_order);
    return st;
}

/* ---- hits of their own ---- */

static int by_comment(const void *x, const void *y)
{
    const struct aq_candidate *a = x, *b = y;
    return (a->comment > b->comment) - (a->comment < b->comment);
}

enum aq_status aq_expand_fill(struct aq_search_run *s, uint32_t k, struct aq_candidate **hits, size_t *count,
                              struct aq_error *err)
{
    struct aq_expansion *e = &s->expansion;
    struct aq_candidate *more;
    size_t n, have = *count;
    if (e->query.node_count == 0 || have >= k)
        return AQ_OK;
    enum aq_status st =
        aq_collector_init(&e->collector, &s->txn, &s->filter, AQ_GROUP_COMMENT, AQ_SORT_RELEVANCE, k + (uint32_t)have, false, err);
    struct aq_plan plan = aq_expansion_plan(s, &e->collector);
    if (!st)
        st = aq_plan_run(&plan, aq_plan_choose(&e->query, false), err);
    if (!st)
        st = aq_collector_finish(&e->collector, &more, &n, err);
    if (st)
        return st;
    struct aq_candidate *all = aq_arena_alloc(s->arena, (k + 1) * sizeof *all);
    struct aq_candidate *known = aq_arena_alloc(s->arena, (have + 1) * sizeof *known);
    if (!all || !known)
        return aq_fail_nomem(err);
    memcpy(all, *hits, have * sizeof *all);
    memcpy(known, *hits, have * sizeof *known);
    if (have)
        qsort(known, have, sizeof *known, by_comment);
    size_t to = have;
    for (size_t i = 0; i < n && to < k; i++)
        if (!bsearch(&more[i], known, have, sizeof *known, by_comment)) {
            all[to] = more[i];
            all[to].all_words = false;
            all[to++].tier |= 4;
        }
    *hits = all;
    *count = to;
    return AQ_OK;
}
