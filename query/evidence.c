/* evidence.c - see evidence.h. Hits are looked up in order of docid, all terms of a leaf
 * side by side, so that lists are read forwards. */
#include "evidence.h"

#include "aq.h"

#include <math.h>

const struct aq_evidence_model aq_evidence_default = {.k1 = 2, .b = 0.85, .idf_power = 1.25, .title = 3, .quote = 0.3};

struct evidence {
    const struct aq_plan *plan;
    struct aq_txn *txn;
    const struct aq_evidence_request *request;
    const struct aq_evidence_model *model;
    double average;    /* tokens a comment */
    double *weights;   /* by term: idf^power, 0 where it does not score */
    double length;     /* of the comment at hand, weighted as its words are */
    double *frequencies, *shares; /* by term, of the comment at hand */
    struct aq_cursor **cursors; /* by term, of the leaf at hand; NULL: it lacks the term */
    uint32_t leaf;
};

/* ---- one comment ---- */

/* A comment's passages lie side by side: the docid of its first, and of the one after its
 * last, by doubling steps. */
static void find_passages(struct aq_leaf *leaf, const struct aq_candidate *x, uint32_t *first, uint32_t *end)
{
    uint32_t low = x->docid, step = 1;
    *first = x->docid >= x->ordinal && aq_leaf_belongs(leaf, x->docid - x->ordinal, x->comment) ? x->docid - x->ordinal
                                                                                             : x->docid;
    while (*first > 0 && aq_leaf_belongs(leaf, *first - 1, x->comment))
        --*first;
    while (step < leaf->passages && aq_leaf_belongs(leaf, low + step, x->comment)) {
        low += step;
        step *= 2;
    }
    for (; step > 1; step /= 2)
        if (aq_leaf_belongs(leaf, low + step / 2, x->comment))
            low += step / 2;
    *end = low + 1;
}

static bool is_quote(struct aq_leaf *leaf, uint32_t docid)
{
    return aq_bit(aq_leaf_chunk_of(leaf, docid)->quote, docid);
}

static double length_of(const struct evidence *e, struct aq_leaf *leaf, uint32_t first, uint32_t end)
{
    double length = 0;
    for (uint32_t d = first; d < end; d++)
        length += leaf->lengths[d] * (is_quote(leaf, d) ? e->model->quote : 1);
    return length;
}

/* Of the posting at hand, positions that are the title's. */
static uint32_t in_title(struct aq_cursor *c, uint32_t title)
{
    uint16_t positions[256];
    uint32_t n = aq_cursor_positions(c, positions, NULL), count = 0;
    while (count < n && positions[count] < title)
        count++;
    return count;
}

static double frequency(const struct evidence *e, struct aq_leaf *leaf, struct aq_cursor *c, uint32_t first,
                        uint32_t end, uint32_t title)
{
    double f = 0;
    for (uint32_t d = c->docid < first ? aq_cursor_seek(c, first) : c->docid; d < end; d = aq_cursor_next(c)) {
        f += aq_cursor_freq(c) * (is_quote(leaf, d) ? e->model->quote : 1);
        if (d == first && title)
            f += in_title(c, title) * (e->model->title - 1);
    }
    return f;
}

/* The shares of all terms, each before its boost. */
static void weigh(struct evidence *e, struct aq_leaf *leaf, const struct aq_candidate *x)
{
    const struct aq_query *q = e->plan->query;
    uint32_t first, end, title = (uint32_t)aq_column_get(e->txn, AQ_COL_FLAGS, x->comment) >> AQ_TITLE_SHIFT;
    find_passages(leaf, x, &first, &end);
    e->length = length_of(e, leaf, first, end);
    double k = aq_relative_length_norm(e->model->k1, e->model->b, e->length / e->average);
    for (size_t i = 0; i < q->term_count; i++) {
        double f = e->cursors[i] ? frequency(e, leaf, e->cursors[i], first, end, title) : 0;
        e->frequencies[i] = f;
        e->shares[i] = e->weights[i] * (f / (f + k));
    }
}

/* ---- adding up ----
 * Of what stands for one thing (synonyms, a pattern's words, a side's) the best counts. */

struct sum {
    double total;
    aq_evidence_visit *visit; /* or NULL */
    void *context;
};

static void add_term(const struct evidence *e, struct sum *s, uint32_t term, double boost)
{
    double share = e->shares[term] * boost;
    if (share <= 0)
        return;
    s->total += share;
    if (s->visit)
        s->visit(s->context, &(struct aq_evidence_share){"term", term, e->frequencies[term], boost, share});
}

static void add_phrase(const struct evidence *e, struct sum *s, const struct aq_query_phrase *p, double boost)
{
    for (uint32_t i = 0; i < p->count; i++)
        add_term(e, s, p->elements[i].term, boost);
}

static double worth_of_phrase(const struct evidence *e, const struct aq_query_phrase *p)
{
    struct sum s = {0};
    if (!p->dead)
        add_phrase(e, &s, p, 1);
    return s.total;
}

static uint32_t best_member(const struct evidence *e, const struct aq_query_pattern *p, double *most)
{
    uint32_t best = AQ_NO_TERM;
    for (uint32_t i = 0; i < p->count; i++) {
        if (e->shares[p->members[i].term] > *most) {
            best = p->members[i].term;
            *most = e->shares[best];
        }
    }
    return best;
}

static void add_side(const struct evidence *e, struct sum *s, const struct aq_query_side *side, double boost)
{
    const struct aq_query_phrase *span = NULL;
    uint32_t word = AQ_NO_TERM;
    double most = 0;
    for (uint32_t k = 0; k < side->span_count; k++) {
        double worth = worth_of_phrase(e, &side->spans[k]);
        if (worth > most) {
            span = &side->spans[k];
            most = worth;
        }
    }
    for (uint32_t k = 0; k < side->pattern_count; k++) {
        uint32_t best = best_member(e, &e->plan->query->patterns[side->patterns[k]], &most);
        word = best != AQ_NO_TERM ? best : word;
    }
    if (word != AQ_NO_TERM)
        add_term(e, s, word, boost);
    else if (span)
        add_phrase(e, s, span, boost);
}

static void add_near(const struct evidence *e, struct sum *s, const struct aq_query_near *near, double boost)
{
    for (uint32_t i = 0; i < near->count; i++)
        add_side(e, s, &near->sides[i], boost);
}

static void add_leaf(const struct evidence *e, struct sum *s, const struct aq_query_node *n)
{
    const struct aq_query *q = e->plan->query;
    double most = 0;
    uint32_t best;
    switch ((enum aq_node_kind)n->kind) {
    case AQ_NODE_WORD:
        for (uint32_t i = 0; i < q->words[n->leaf].scored_count; i++)
            add_term(e, s, q->words[n->leaf].scored[i], n->boost);
        return;
    case AQ_NODE_PHRASE:
        if (q->tree)
            add_near(e, s, &q->nears[n->leaf], n->boost);
        else
            add_phrase(e, s, &q->phrases[n->leaf], n->boost);
        return;
    case AQ_NODE_NEAR:
        add_near(e, s, &q->nears[n->leaf], n->boost);
        return;
    case AQ_NODE_PREFIX:
    case AQ_NODE_FUZZY:
        if ((best = best_member(e, &q->patterns[n->leaf], &most)) != AQ_NO_TERM)
            add_term(e, s, best, n->boost);
        return;
    default:
        return;
    }
}

static bool counts(const struct aq_query_node *n)
{
    return !n->dead && !n->literal;
}

/* No synonyms within. */
static void add_range(const struct evidence *e, struct sum *s, uint32_t from, uint32_t to)
{
    const struct aq_query_node *nodes = e->plan->query->nodes;
    for (uint32_t i = from; i < to; i = counts(&nodes[i]) ? i + 1 : nodes[i].end)
        if (counts(&nodes[i]))
            add_leaf(e, s, &nodes[i]);
}

static void add_best(const struct evidence *e, struct sum *s, uint32_t node)
{
    const struct aq_query_node *nodes = e->plan->query->nodes;
    uint32_t best = UINT32_MAX;
    double most = 0;
    for (uint32_t c = node + 1; c < nodes[node].end; c = nodes[c].end) {
        struct sum alone = {0};
        add_range(e, &alone, c, nodes[c].end);
        if (alone.total > most) {
            most = alone.total;
            best = c;
        }
    }
    if (best != UINT32_MAX)
        add_range(e, s, best, nodes[best].end);
}

/* Preferences are parts of what the words are worth, so that they never outdo them. */
enum { PART = 5, POINTS_DOUBLED = 10 };
#define YEAR (365.25 * 86400)

static void add_preference(struct sum *s, const char *kind, double words, double part)
{
    double share = words * part / PART;
    if (share <= 0)
        return;
    s->total += share;
    if (s->visit)
        s->visit(s->context, &(struct aq_evidence_share){kind, AQ_NO_TERM, 0, 0, share});
}

static void add_preferences(const struct evidence *e, struct sum *s, uint32_t comment)
{
    double words = s->total;
    if (e->request->prefer & AQ_PREFER_POINTS) {
        int64_t points = aq_column_get(e->txn, AQ_COL_SCORE, comment);
        if (points != AQ_NO_SCORE && points > 0)
            add_preference(s, "points", words, fmin(1, log2(1 + (double)points) / POINTS_DOUBLED));
    }
    if (e->request->prefer & AQ_PREFER_RECENT) {
        int64_t date = aq_column_get(e->txn, AQ_COL_DATE, comment);
        double age = date == AQ_NO_DATE ? HUGE_VAL : (double)e->request->now - (double)date;
        add_preference(s, "recent", words, exp2(-fmax(0, age) / YEAR));
    }
}

static double add_up(const struct evidence *e, uint32_t comment, aq_evidence_visit *visit, void *context)
{
    const struct aq_query *q = e->plan->query;
    struct sum s = {.visit = visit, .context = context};
    for (uint32_t i = 0; i < q->node_count;) {
        const struct aq_query_node *n = &q->nodes[i];
        bool same = counts(n) && n->kind == AQ_NODE_SAME;
        if (same)
            add_best(e, &s, i);
        else if (counts(n))
            add_leaf(e, &s, n);
        i = same || !counts(n) ? n->end : i + 1;
    }
    if (e->request->prefer)
        add_preferences(e, &s, comment);
    return s.total;
}

/* ---- all ---- */

static bool open_leaf(struct evidence *e, uint32_t number)
{
    const struct aq_query *q = e->plan->query;
    struct aq_leaf *leaf = &e->plan->leaves[number];
    aq_arena_reset(e->plan->scratch);
    e->leaf = number;
    for (uint32_t i = 0; i < q->term_count; i++) {
        e->cursors[i] = NULL;
        if (e->weights[i] <= 0 || leaf->lists[i].df == 0)
            continue;
        if (!(e->cursors[i] = aq_arena_alloc(e->plan->scratch, sizeof **e->cursors)))
            return false;
        aq_leaf_cursor(leaf, i, e->cursors[i]);
    }
    return true;
}

static bool is_bad(const struct evidence *e)
{
    for (size_t i = 0; i < e->plan->query->term_count; i++)
        if (e->cursors[i] && e->cursors[i]->bad)
            return true;
    return false;
}

static enum aq_status prepare(struct evidence *e)
{
    const struct aq_query *q = e->plan->query;
    struct aq_arena *arena = e->plan->arena;
    e->average = (double)e->txn->tokens / (e->txn->state.comments ? e->txn->state.comments : 1);
    e->weights = aq_arena_alloc(arena, q->term_count * sizeof *e->weights);
    e->frequencies = aq_arena_alloc(arena, q->term_count * sizeof *e->frequencies);
    e->shares = aq_arena_alloc(arena, q->term_count * sizeof *e->shares);
    e->cursors = aq_arena_alloc(arena, q->term_count * sizeof(void *));
    if (!e->weights || !e->frequencies || !e->shares || !e->cursors)
        return AQ_NOMEM;
    for (size_t i = 0; i < q->term_count; i++)
        e->weights[i] = q->terms[i].times > 0 ? pow(q->terms[i].idf, e->model->idf_power) : 0;
    return AQ_OK;
}

static enum aq_status score_all(struct evidence *e, struct aq_candidate *hits, size_t count)
{
    struct aq_place *order = aq_arena_alloc(e->plan->arena, count * sizeof *order);
    enum aq_status st = order ? prepare(e) : AQ_NOMEM;
    if (st)
        return st;
    for (size_t i = 0; i < count; i++)
        order[i] = (struct aq_place){hits[i].leaf, hits[i].docid, (uint32_t)i};
    aq_places_sort(order, count);
    for (size_t i = 0; i < count; i++) {
        struct aq_candidate *x = &hits[order[i].hit];
        if (i == 0 || x->leaf != e->leaf) {
            if (i && is_bad(e))
                return AQ_CORRUPT;
            if (!open_leaf(e, x->leaf))
                return AQ_NOMEM;
        }
        weigh(e, &e->plan->leaves[x->leaf], x);
        x->score = add_up(e, x->comment, NULL, NULL);
        x->whole = true;
    }
    return is_bad(e) ? AQ_CORRUPT : AQ_OK;
}

enum aq_status aq_evidence(const struct aq_plan *p, struct aq_txn *txn, const struct aq_evidence_request *r,
                           struct aq_candidate *hits, size_t count, struct aq_error *err)
{
    struct evidence e = {.plan = p, .txn = txn, .request = r, .model = r->model};
    if (count == 0)
        return AQ_OK;
    enum aq_status st = score_all(&e, hits, count);
    if (st == AQ_NOMEM)
        return aq_fail_nomem(err);
    if (st)
        return aq_fail(err, st, "a postings list is damaged; `aq check` tells which");
    aq_candidates_sort(hits, count < AQ_EVIDENCE_AMONG ? count : AQ_EVIDENCE_AMONG);
    return AQ_OK;
}

enum aq_status aq_evidence_explain(const struct aq_plan *p, struct aq_txn *txn, const struct aq_evidence_request *r,
                                   const struct aq_candidate *hit, aq_evidence_visit *visit, void *context,
                                   struct aq_evidence_lengths *lengths)
{
    struct evidence e = {.plan = p, .txn = txn, .request = r, .model = r->model};
    enum aq_status st = prepare(&e);
    if (st)
        return st;
    if (!open_leaf(&e, hit->leaf))
        return AQ_NOMEM;
    weigh(&e, &p->leaves[hit->leaf], hit);
    add_up(&e, hit->comment, visit, context);
    *lengths = (struct aq_evidence_lengths){e.length, e.average};
    return is_bad(&e) ? AQ_CORRUPT : AQ_OK;
}
