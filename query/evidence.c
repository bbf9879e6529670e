/* evidence.c - see evidence.h. Hits are looked up in order of docid, all terms of a leaf
 * side by side, so that lists are read forwards. */
#include "evidence.h"

#include <math.h>

const struct aq_evidence_model aq_evidence_default = {.k1 = 2, .b = 0.85, .idf_power = 1.25, .title = 3, .quote = 0.3};

struct order {
    uint32_t leaf, docid, hit;
};

struct evidence {
    const struct aq_plan *plan;
    struct aq_txn *txn;
    const struct aq_evidence_model *model;
    double average;    /* tokens a comment */
    double *weights;   /* by term: idf^power, 0 where it does not score */
    double *shares;    /* by term, of the comment at hand */
    struct aq_cursor **cursors; /* by term, of the leaf at hand; NULL: it lacks the term */
    uint32_t leaf;
};

/* ---- one comment ---- */

static bool same_comment(struct aq_leaf *leaf, uint32_t docid, uint32_t comment)
{
    uint32_t here, ordinal;
    return docid < leaf->passages && aq_leaf_locate(leaf, docid, &here, &ordinal) && here == comment;
}

/* A comment's passages lie side by side: the docid of its first, and of the one after its
 * last, by doubling steps. */
static void find_passages(struct aq_leaf *leaf, const struct aq_candidate *x, uint32_t *first, uint32_t *end)
{
    uint32_t low = x->docid, step = 1;
    *first = x->docid >= x->ordinal && same_comment(leaf, x->docid - x->ordinal, x->comment) ? x->docid - x->ordinal
                                                                                             : x->docid;
    while (*first > 0 && same_comment(leaf, *first - 1, x->comment))
        --*first;
    while (step < leaf->passages && same_comment(leaf, low + step, x->comment)) {
        low += step;
        step *= 2;
    }
    for (; step > 1; step /= 2)
        if (same_comment(leaf, low + step / 2, x->comment))
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

static void share_out(struct evidence *e, struct aq_leaf *leaf, const struct aq_candidate *x)
{
    const struct aq_query *q = e->plan->query;
    uint32_t first, end, title = (uint32_t)aq_column_get(e->txn, AQ_COL_FLAGS, x->comment) >> AQ_TITLE_SHIFT;
    find_passages(leaf, x, &first, &end);
    double k = aq_relative_length_norm(e->model->k1, e->model->b, length_of(e, leaf, first, end) / e->average);
    for (size_t i = 0; i < q->term_count; i++) {
        double f = e->cursors[i] ? frequency(e, leaf, e->cursors[i], first, end, title) : 0;
        e->shares[i] = e->weights[i] * (f / (f + k));
    }
}

/* ---- adding up ---- */

static double phrase_sum(const struct evidence *e, const struct aq_query_phrase *p)
{
    double sum = 0;
    for (uint32_t i = 0; i < p->count; i++)
        sum += e->shares[p->elements[i].term];
    return sum;
}

static double pattern_best(const struct evidence *e, const struct aq_query_pattern *p)
{
    double most = 0;
    for (uint32_t i = 0; i < p->count; i++)
        most = fmax(most, e->shares[p->members[i].term]);
    return most;
}

static double near_sum(const struct evidence *e, const struct aq_query_near *near)
{
    double sum = 0;
    for (uint32_t i = 0; i < near->count; i++) {
        double most = 0;
        for (uint32_t k = 0; k < near->sides[i].span_count; k++)
            most = fmax(most, phrase_sum(e, &near->sides[i].spans[k]));
        for (uint32_t k = 0; k < near->sides[i].pattern_count; k++)
            most = fmax(most, pattern_best(e, &e->plan->query->patterns[near->sides[i].patterns[k]]));
        sum += most;
    }
    return sum;
}

static double leaf_sum(const struct evidence *e, const struct aq_query_node *n)
{
    const struct aq_query *q = e->plan->query;
    double sum = 0;
    switch ((enum aq_node_kind)n->kind) {
    case AQ_NODE_WORD:
        for (uint32_t i = 0; i < q->words[n->leaf].scored_count; i++)
            sum += e->shares[q->words[n->leaf].scored[i]];
        return sum;
    case AQ_NODE_PHRASE:
        return q->tree ? near_sum(e, &q->nears[n->leaf]) : phrase_sum(e, &q->phrases[n->leaf]);
    case AQ_NODE_NEAR:
        return near_sum(e, &q->nears[n->leaf]);
    case AQ_NODE_PREFIX:
    case AQ_NODE_FUZZY:
        return pattern_best(e, &q->patterns[n->leaf]);
    default:
        return 0;
    }
}

static double range_sum(const struct evidence *e, uint32_t from, uint32_t to)
{
    const struct aq_query_node *nodes = e->plan->query->nodes;
    double sum = 0;
    for (uint32_t i = from; i < to; i = nodes[i].dead || nodes[i].literal ? nodes[i].end : i + 1)
        if (!nodes[i].dead && !nodes[i].literal)
            sum += leaf_sum(e, &nodes[i]) * nodes[i].boost;
    return sum;
}

/* Synonyms: the best of them. */
static double best_sum(const struct evidence *e, uint32_t node)
{
    const struct aq_query_node *nodes = e->plan->query->nodes;
    double most = 0;
    for (uint32_t c = node + 1; c < nodes[node].end; c = nodes[c].end)
        most = fmax(most, range_sum(e, c, nodes[c].end));
    return most;
}

static double score(const struct evidence *e)
{
    const struct aq_query *q = e->plan->query;
    double sum = 0;
    for (uint32_t i = 0; i < q->node_count;) {
        const struct aq_query_node *n = &q->nodes[i];
        if (n->dead || n->literal) {
            i = n->end;
        } else if (n->kind == AQ_NODE_SAME) {
            sum += best_sum(e, i);
            i = n->end;
        } else {
            sum += leaf_sum(e, n) * n->boost;
            i++;
        }
    }
    return sum;
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

static int by_place(const void *x, const void *y)
{
    const struct order *a = x, *b = y;
    if (a->leaf != b->leaf)
        return a->leaf < b->leaf ? -1 : 1;
    return (a->docid > b->docid) - (a->docid < b->docid);
}

static int by_order(const void *x, const void *y)
{
    return aq_candidate_before(x, y) ? -1 : 1;
}

static enum aq_status score_all(struct evidence *e, struct aq_candidate *hits, size_t count)
{
    struct order *order = aq_arena_alloc(e->plan->arena, count * sizeof *order);
    if (!order)
        return AQ_NOMEM;
    for (size_t i = 0; i < count; i++)
        order[i] = (struct order){hits[i].leaf, hits[i].docid, (uint32_t)i};
    qsort(order, count, sizeof *order, by_place);
    for (size_t i = 0; i < count; i++) {
        struct aq_candidate *x = &hits[order[i].hit];
        if (i == 0 || x->leaf != e->leaf) {
            if (i && is_bad(e))
                return AQ_CORRUPT;
            if (!open_leaf(e, x->leaf))
                return AQ_NOMEM;
        }
        share_out(e, &e->plan->leaves[x->leaf], x);
        x->score = score(e);
    }
    return is_bad(e) ? AQ_CORRUPT : AQ_OK;
}

enum aq_status aq_evidence(const struct aq_plan *p, struct aq_txn *txn, const struct aq_evidence_model *m,
                           struct aq_candidate *hits, size_t count, struct aq_error *err)
{
    const struct aq_query *q = p->query;
    struct evidence e = {.plan = p, .txn = txn, .model = m};
    if (count == 0 || !q->scores)
        return AQ_OK;
    e.average = (double)txn->tokens / (txn->state.comments ? txn->state.comments : 1);
    e.weights = aq_arena_alloc(p->arena, q->term_count * sizeof *e.weights);
    e.shares = aq_arena_alloc(p->arena, q->term_count * sizeof *e.shares);
    e.cursors = aq_arena_alloc(p->arena, q->term_count * sizeof(void *));
    if (!e.weights || !e.shares || !e.cursors)
        return aq_fail_nomem(err);
    for (size_t i = 0; i < q->term_count; i++)
        e.weights[i] = q->terms[i].times > 0 ? pow(q->terms[i].idf, m->idf_power) : 0;
    enum aq_status st = score_all(&e, hits, count);
    if (st)
        return st == AQ_NOMEM ? aq_fail_nomem(err) : aq_fail(err, st, "a postings list is damaged; `aq check` tells which");
    qsort(hits, count < AQ_EVIDENCE_AMONG ? count : AQ_EVIDENCE_AMONG, sizeof *hits, by_order);
    return AQ_OK;
}
