/* expand.c - see expand.h. */
#include "expand.h"

#include "concept_count.h"
#include "concept_names.h"
#include "search.h"

#include <math.h>

/* Chosen on test collections by cross-validation: docs/RELEVANCE.md, "Concepts". */
enum {
    BEST = 12,        /* hits whose words are looked at, more where these have few */
    BEST_TOKENS = 1200,
    BEST_MOST = 40,
    OF_THREAD = 4,    /* of these */
    FEW = 6,          /* of so few, words of one alone will do */
    WORDS = 20,       /* that are added, at most */
    COMMON_PART = 25, /* none stands in more than one passage of so many */
    LONG_QUERY = 16   /* terms; what has more says itself what it means, and concepts count less */
};
#define MOST_BOOST 0.35 /* of the strongest; the others' by their strength */

struct choice {
    const struct aq_concept_count *of;
    double strength;
};

void aq_expansion_free(struct aq_expansion *e)
{
    aq_word_row_free(&e->row);
    aq_collector_free(&e->collector);
}

static bool has_widened(const struct aq_syntax *x)
{
    for (size_t i = 0; i < x->count; i++)
        if (x->nodes[i].widened && x->nodes[i].occur != AQ_MUST_NOT)
            return true;
    return false;
}

bool aq_expand_wanted(const struct aq_search_run *s)
{
    const struct aq_syntax *x = &s->syntax;
    if (has_widened(x))
        return true;
    for (size_t i = 0; i < x->count; i++)
        if (x->nodes[i].kind == AQ_NODE_PHRASE && x->nodes[i].occur != AQ_MUST_NOT)
            return false;
    return s->request->flags & AQ_CONCEPTS;
}

/* ---- searching ---- */

static enum aq_status ready(struct aq_search_run *s, struct aq_word_row *row, struct aq_error *err)
{
    return aq_word_row_ready(row, &s->txn, s->reader->analyzer, s->model, s->arena, err);
}

static struct aq_plan plan_of(struct aq_search_run *s, const struct aq_word_row *row, struct aq_collector *c)
{
    s->expansion.work.left = s->txn.passages * AQ_WORK_PASSAGE + AQ_WORK_LEAST;
    struct aq_plan plan = aq_search_plan(s, c);
    plan.query = &row->query;
    plan.leaves = row->leaves;
    plan.leaf_count = row->leaf_count;
    plan.work = &s->expansion.work;
    plan.filters = NULL;
    return plan;
}

static enum aq_status find(struct aq_search_run *s, const struct aq_plan *plan, const struct aq_filter *filter,
                           bool tiered, uint32_t k, struct aq_candidate **hits, size_t *count, struct aq_error *err)
{
    struct aq_collector *c = plan->collector;
    enum aq_plan_kind kind = aq_plan_choose(plan->query, false);
    enum aq_status st =
        aq_collector_init(c, &s->txn, filter, AQ_GROUP_COMMENT, AQ_SORT_RELEVANCE, k, tiered, err);
    if (st)
        return st;
    if (s->request->snapshot)
        aq_collector_bound(c, s->request->snapshot);
    if (aq_plan_can_rank(plan, kind)) {
        aq_collector_rank(c, 0);
        st = aq_plan_rank(plan, kind, err);
    } else {
        st = aq_plan_run(plan, kind, err);
    }
    return st ? st : aq_collector_finish(c, hits, count, err);
}

/* ---- which words ---- */

/* Whether the last one's thread was there so often that it would own the words. */
static bool has_enough(const int64_t *threads, size_t last)
{
    uint32_t n = 0;
    for (size_t i = 0; i < last; i++)
        n += threads[i] == threads[last] && threads[i] != AQ_NO_COMMENT;
    return n >= OF_THREAD;
}

/* The words of the best hits' passages, more of those that are a better match. */
static enum aq_status count_best(struct aq_search_run *s, const struct aq_candidate *hits, size_t count,
                                 struct aq_concept_counter *c, struct aq_error *err)
{
    enum aq_status st = AQ_OK;
    int64_t threads[BEST_MOST];
    for (size_t i = 0; i < count && i < BEST_MOST && (i < BEST || c->tokens < BEST_TOKENS) && !st; i++) {
        struct aq_comment x;
        threads[i] = aq_column_get(&s->txn, AQ_COL_THREAD, hits[i].comment);
        if (has_enough(threads, i))
            continue;
        aq_arena_reset(s->scratch);
        const struct aq_passage *p;
        st = aq_reader_text(&s->txn, hits[i].comment, s->scratch, &x, err);
        if (!st)
            st = aq_reader_passage(&x, hits[i].comment, hits[i].ordinal, &p, err);
        if (st)
            return st;
        struct aq_slice text = aq_arena_copy(s->arena, aq_slice(x.text.ptr + p->begin, p->end - p->begin));
        if (!text.ptr)
            return aq_fail_nomem(err);
        const struct aq_concept_passage passage = {
            .text = text, .weight = hits[i].score, .rank = (uint32_t)i, .source = hits[i].comment};
        st = aq_concept_count_passage(c, &passage, err);
    }
    return st;
}

/* What stands behind tildes is searched for alone. */
static enum aq_status count_widened(struct aq_search_run *s, struct aq_concept_counter *c, struct aq_error *err)
{
    struct aq_word_row row = {0};
    struct aq_collector collector = {0};
    struct aq_filter all = {0};
    struct aq_candidate *hits;
    size_t count = 0;
    if (!aq_word_row_begin(&row, s->syntax.count))
        return aq_fail_nomem(err);
    for (size_t i = 0; i < s->syntax.count; i++)
        if (s->syntax.nodes[i].widened && s->syntax.nodes[i].occur != AQ_MUST_NOT)
            aq_word_row_add(&row, s->syntax.nodes[i]);
    enum aq_status st = ready(s, &row, err);
    const struct aq_plan plan = plan_of(s, &row, &collector);
    if (!st)
        st = find(s, &plan, &all, row.query.tiered, BEST_MOST, &hits, &count, err);
    if (!st)
        st = count_best(s, hits, count, c, err);
    aq_collector_free(&collector);
    aq_word_row_free(&row);
    return st;
}

static uint32_t least_passages(const struct aq_concept_counter *c)
{
    return c->passages <= FEW ? 1 : 2;
}

/* A row of all words that may be chosen knows in how many passages of the index each is. */
static enum aq_status look_up(struct aq_search_run *s, const struct aq_concept_counter *c, struct aq_word_row *row,
                              struct aq_error *err)
{
    if (!aq_word_row_begin(row, c->count))
        return aq_fail_nomem(err);
    for (size_t i = 0; i < c->count; i++)
        if (c->all[i].passages >= least_passages(c))
            aq_word_row_add_word(row, aq_concept_spelled(&c->all[i]), AQ_SHOULD, 1);
    return ready(s, row, err);
}

/* Whether the query has the word already, be it excluded, or the request wants it left out. */
static enum aq_status is_left_out(struct aq_search_run *s, uint32_t term, bool *out, struct aq_error *err)
{
    *out = aq_query_find(&s->query, term) != AQ_NO_TERM;
    for (size_t i = 0; i < s->request->without_concept_count && !*out; i++) {
        const struct aq_token *tokens;
        size_t count;
        if (aq_analyze(s->reader->analyzer, aq_slice_str(s->request->without_concepts[i]), &tokens, &count))
            return aq_fail_nomem(err);
        for (size_t k = 0; k < count; k++)
            *out |= aq_analyzer_lexeme(s->reader->analyzer, tokens[k].lexeme)->term_id == term;
    }
    return AQ_OK;
}

static int by_strength(const void *x, const void *y)
{
    const struct choice *a = x, *b = y;
    if (a->strength > b->strength || a->strength < b->strength)
        return a->strength > b->strength ? -1 : 1;
    return (a->of > b->of) - (a->of < b->of);
}

/* By how much the hits' words differ from the index's: each word's part of the divergence
 * of Kullback and Leibler. */
static size_t rate(const struct aq_search_run *s, const struct aq_concept_counter *c, const struct aq_query *q,
                   struct choice *out)
{
    double all = (double)s->txn.passages, tokens = (double)s->txn.tokens;
    size_t n = 0;
    for (size_t i = 0; i < c->count; i++) {
        const struct aq_concept_count *x = &c->all[i];
        uint32_t term = x->passages < least_passages(c) ? AQ_NO_TERM : aq_query_find(q, x->terms[0]);
        double df = term == AQ_NO_TERM ? 0 : (double)q->terms[term].df;
        double share = c->weight > 0 ? x->weight / c->weight : 0;
        double strength = df > 0 && df * COMMON_PART <= all ? share * log(share * tokens / df) : 0;
        if (strength > 0)
            out[n++] = (struct choice){x, strength};
    }
    if (n)
        qsort(out, n, sizeof *out, by_strength);
    return n;
}

static double boost_of_strongest(const struct aq_query *typed)
{
    double terms = 0;
    for (size_t i = 0; i < typed->term_count; i++)
        terms += typed->terms[i].times > 0;
    return terms > LONG_QUERY ? MOST_BOOST * LONG_QUERY / terms : MOST_BOOST;
}

static enum aq_status make_row(struct aq_search_run *s, const struct choice *words, size_t count, struct aq_error *err)
{
    struct aq_word_row *row = &s->expansion.row;
    const struct aq_syntax *syntax = &s->syntax;
    enum aq_status st = AQ_OK;
    double most = 0, most_boost = boost_of_strongest(&s->query);
    size_t n = 0;
    s->expansion.terms = aq_arena_alloc(s->arena, WORDS * sizeof *s->expansion.terms);
    if (!s->expansion.terms || !aq_word_row_begin(row, WORDS + syntax->count))
        return aq_fail_nomem(err);
    for (size_t i = 0; i < count && n < WORDS && !st; i++) {
        bool out, name = false;
        st = is_left_out(s, words[i].of->terms[0], &out, err);
        if (!st && !out)
            st = aq_concept_is_name(&s->txn, words[i].of, &name, err);
        if (st || out || name)
            continue;
        struct aq_slice word = aq_concept_spelled(words[i].of);
        most = n ? most : words[i].strength;
        s->expansion.terms[n++] = words[i].of->terms[0];
        aq_word_row_add_word(row, word, AQ_SHOULD, most_boost * (words[i].strength / most));
    }
    s->expansion.word_count = (uint32_t)n;
    /* They find hits of their own where none must be there; of a tree that is not known. */
    s->expansion.finds = n && !s->query.tree && s->request->group == AQ_GROUP_COMMENT;
    for (size_t i = 0; i < s->query.term_count; i++)
        s->expansion.finds &= !s->query.terms[i].required;
    uint32_t at = s->expansion.finds ? syntax->nodes[syntax->root].first_child : AQ_NO_NODE;
    for (; at != AQ_NO_NODE; at = syntax->nodes[at].next)
        if (syntax->nodes[at].occur == AQ_MUST_NOT && syntax->nodes[at].kind != AQ_NODE_FIELD)
            aq_word_row_add(row, syntax->nodes[at]);
    return st;
}

static enum aq_status choose(struct aq_search_run *s, const struct aq_concept_counter *c, struct aq_error *err)
{
    struct aq_word_row known = {0};
    struct choice *words = aq_arena_alloc(s->arena, (c->count + 1) * sizeof *words);
    enum aq_status st = words ? look_up(s, c, &known, err) : aq_fail_nomem(err);
    if (!st)
        st = make_row(s, words, rate(s, c, &known.query, words), err);
    aq_word_row_free(&known);
    return st;
}

/* Of compounds the whole counts and not its parts, which may have been typed. */
static void weigh_words(struct aq_expansion *e)
{
    for (size_t i = 0; i < e->row.query.term_count; i++)
        e->row.query.terms[i].times = e->row.query.terms[i].weight = 0;
    for (uint32_t i = 0; i < e->word_count; i++) {
        uint32_t at = aq_query_find(&e->row.query, e->terms[i]);
        if (at == AQ_NO_TERM)
            continue;
        struct aq_query_term *t = &e->row.query.terms[at];
        t->times = e->row.syntax.nodes[i + 1].boost;
        t->weight = t->idf * t->times;
    }
}

/* ---- what they add ---- */

/* In query order for each hit, so that explained shares add up to the same sum. */
enum aq_status aq_expand_add(struct aq_search_run *s, struct aq_candidate *hits, size_t count, struct aq_error *err)
{
    const struct aq_expansion *e = &s->expansion;
    struct aq_place *places = aq_arena_alloc(s->arena, (count + 1) * sizeof *places);
    struct aq_cursor *c = aq_arena_alloc(s->arena, sizeof *c);
    if (!places || !c)
        return aq_fail_nomem(err);
    for (size_t i = 0; i < count; i++)
        places[i] = (struct aq_place){hits[i].leaf, hits[i].docid, (uint32_t)i};
    aq_places_sort(places, count);
    for (size_t from = 0, to; from < count; from = to) {
        const struct aq_leaf *leaf = &e->row.leaves[places[from].leaf];
        for (to = from + 1; to < count && places[to].leaf == places[from].leaf;)
            to++;
        for (uint32_t t = 0; t < e->row.query.term_count; t++) {
            double weight = e->row.query.terms[t].weight;
            if (weight <= 0 || leaf->lists[t].df == 0)
                continue;
            aq_leaf_cursor(leaf, t, c);
            for (size_t i = from; i < to && c->docid != AQ_DOCID_END; i++)
                if (aq_cursor_seek(c, places[i].docid) == places[i].docid)
                    hits[places[i].hit].score +=
                        aq_score(s->model, weight, aq_cursor_freq(c), leaf->lengths[places[i].docid]);
            if (c->bad)
                return aq_fail(err, AQ_CORRUPT, "a postings list is damaged; `aq check` tells which");
        }
    }
    return AQ_OK;
}

enum aq_status aq_expand(struct aq_search_run *s, struct aq_candidate *hits, size_t count, struct aq_error *err)
{
    struct aq_expansion *e = &s->expansion;
    struct aq_concept_counter counter = {.analyzer = s->reader->analyzer};
    enum aq_status st = has_widened(&s->syntax) ? count_widened(s, &counter, err)
                                                : count_best(s, hits, count, &counter, err);
    if (!st)
        st = choose(s, &counter, err);
    aq_concept_counter_free(&counter);
    if (!st)
        st = ready(s, &e->row, err);
    if (!st)
        weigh_words(e);
    if (!st)
        st = aq_expand_add(s, hits, count, err);
    if (!st && count)
        aq_candidates_sort(hits, count < AQ_EXPAND_AMONG ? count : AQ_EXPAND_AMONG);
    return st;
}

/* ---- hits of their own ---- */

static int by_comment(const void *x, const void *y)
{
    const struct aq_candidate *a = x, *b = y;
    return (a->comment > b->comment) - (a->comment < b->comment);
}

/* Among the best k and as many as were found before are k others, if there are. */
enum aq_status aq_expand_fill(struct aq_search_run *s, uint32_t k, struct aq_candidate **hits, size_t *count,
                              struct aq_error *err)
{
    struct aq_expansion *e = &s->expansion;
    struct aq_candidate *more = NULL;
    size_t n = 0, have = *count, to = have;
    if (!e->finds || have >= k)
        return AQ_OK;
    struct aq_plan plan = plan_of(s, &e->row, &e->collector);
    enum aq_status st = find(s, &plan, &s->filter, false, k + (uint32_t)have, &more, &n, err);
    struct aq_candidate *all = aq_arena_alloc(s->arena, ((size_t)k + 1) * sizeof *all);
    struct aq_candidate *known = aq_arena_alloc(s->arena, (have + 1) * sizeof *known);
    if (st)
        return st;
    if (!all || !known)
        return aq_fail_nomem(err);
    if (have) {
        memcpy(all, *hits, have * sizeof *all);
        memcpy(known, *hits, have * sizeof *known);
        qsort(known, have, sizeof *known, by_comment);
    }
    for (size_t i = 0; i < n && to < k; i++) {
        if (more[i].score <= 0 || (have && bsearch(&more[i], known, have, sizeof *known, by_comment)))
            continue;
        all[to] = more[i];
        all[to].all_words = false;
        all[to++].tier |= AQ_TIER_CONCEPTS;
    }
    *hits = all;
    *count = to;
    return AQ_OK;
}

/* ---- what is told ---- */

enum aq_status aq_expand_explain(struct aq_search_run *s, const struct aq_candidate *hits, size_t count,
                                 struct aq_arena *arena, const struct aq_shares **shares, struct aq_error *err)
{
    const struct aq_plan plan = plan_of(s, &s->expansion.row, NULL);
    const struct aq_shares *added;
    struct aq_candidate *passages = aq_arena_alloc(s->arena, (count + 1) * sizeof *passages);
    struct aq_shares *all = aq_arena_alloc(arena, (count + 1) * sizeof *all);
    if (!passages || !all)
        return aq_fail_nomem(err);
    for (size_t i = 0; i < count; i++) {
        passages[i] = hits[i];
        passages[i].whole = false;
    }
    enum aq_status st = aq_explain_hits(&plan, &s->txn, &s->evidence, passages, count, arena, &added, err);
    for (size_t i = 0; i < count && !st; i++) {
        uint32_t typed = (*shares)[i].count, n = added[i].count;
        struct aq_share *items = aq_arena_alloc(arena, ((size_t)typed + n + 1) * sizeof *items);
        if (!items)
            return aq_fail_nomem(err);
        if (typed)
            memcpy(items, (*shares)[i].items, typed * sizeof *items);
        for (uint32_t k = 0; k < n; k++) {
            items[typed + k] = added[i].items[k];
            items[typed + k].kind = "concept";
        }
        all[i] = (*shares)[i];
        all[i].items = items;
        all[i].count = typed + n;
    }
    *shares = all;
    return st;
}

enum aq_status aq_expand_tell(const struct aq_search_run *s, struct aq_arena *arena, struct aq_result *result,
                              struct aq_error *err)
{
    const struct aq_syntax *row = &s->expansion.row.syntax;
    struct aq_added_word *out = aq_arena_alloc(arena, (row->count + 1) * sizeof *out);
    uint32_t n = 0;
    if (!out)
        return aq_fail_nomem(err);
    for (size_t i = 1; i < row->count && row->nodes[i].occur != AQ_MUST_NOT; i++) {
        out[n] = (struct aq_added_word){aq_arena_copy(arena, row->nodes[i].text), row->nodes[i].boost};
        if (!out[n++].word.ptr)
            return aq_fail_nomem(err);
    }
    result->concepts = out;
    result->concept_count = n;
    return AQ_OK;
}
