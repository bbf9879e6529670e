/* boolean.c - see boolean.h: inner nodes. Rows, ANDs and ORs of bitmaps, with a stack of open
 * nodes in place of recursion. */
#include "boolean.h"

/* In a row and under AND, what drops most for least is looked at first, and what is left
 * is the mask of what follows. */
enum pass { PASS_FIRST, PASS_SECOND, PASS_THIRD, PASSES };

struct frame {
    uint32_t node, child;
    enum pass pass;
    bool optional; /* some child of a row may, but need not, be there */
    bool must;     /* some child of a row that asks for words must */
    uint64_t mask[AQ_BOOLEAN_WORDS]; /* what still can match */
    uint64_t any[AQ_BOOLEAN_WORDS];  /* of rows: has an optional child; of ORs: a child */
    uint64_t full[AQ_BOOLEAN_WORDS];
};

static enum pass pass_of(const struct aq_query *q, const struct frame *f, const struct aq_query_node *child)
{
    switch (q->nodes[f->node].kind) {
    case AQ_NODE_ROW:
        return child->occur == AQ_MUST ? PASS_FIRST : child->occur == AQ_SHOULD ? PASS_SECOND : PASS_THIRD;
    case AQ_NODE_AND:
        if (child->occur == AQ_MUST_NOT)
            return PASS_THIRD;
        return child->kind == AQ_NODE_WORD ? PASS_FIRST : PASS_SECOND;
    default:
        return PASS_FIRST;
    }
}

static bool is_empty(const uint64_t bits[AQ_BOOLEAN_WORDS])
{
    uint64_t any = 0;
    for (uint32_t i = 0; i < AQ_BOOLEAN_WORDS; i++)
        any |= bits[i];
    return !any;
}

/* The next child to look at; UINT32_MAX when all have been, or nothing can match. */
static uint32_t next_child(const struct aq_query *q, struct frame *f)
{
    const struct aq_query_node *nodes = q->nodes;
    if (is_empty(f->mask))
        return UINT32_MAX;
    for (; f->pass < PASSES; f->pass++, f->child = f->node + 1) {
        while (f->child < nodes[f->node].end) {
            uint32_t c = f->child;
            f->child = nodes[c].end;
            if (!nodes[c].dead && pass_of(q, f, &nodes[c]) == f->pass)
                return c;
        }
    }
    return UINT32_MAX;
}

static void open_frame(struct frame *f, uint32_t node, const uint64_t mask[AQ_BOOLEAN_WORDS])
{
    *f = (struct frame){.node = node, .child = node + 1};
    memcpy(f->mask, mask, sizeof f->mask);
    memset(f->full, 0xFF, sizeof f->full);
}

/* What a child found, into the node that it is in. */
static void take(struct aq_boolean *t, struct frame *f, uint32_t child)
{
    const struct aq_query_node *n = &t->query->nodes[child];
    const uint64_t *match = t->match[child], *full = t->full[child];
    uint8_t kind = t->query->nodes[f->node].kind;
    bool excluded = n->occur == AQ_MUST_NOT;
    if (kind == AQ_NODE_OR || kind == AQ_NODE_SAME) {
        for (uint32_t i = 0; i < AQ_BOOLEAN_WORDS; i++) {
            f->any[i] |= excluded ? ~match[i] : match[i];
            if (kind == AQ_NODE_SAME)
                f->full[i] = f->optional ? f->full[i] | full[i] : full[i];
        }
        f->optional = true;
        return;
    }
    if (kind == AQ_NODE_ROW && n->occur == AQ_SHOULD) {
        f->optional = true;
        for (uint32_t i = 0; i < AQ_BOOLEAN_WORDS; i++) {
            f->any[i] |= match[i];
            f->full[i] &= full[i];
        }
        return;
    }
    f->must |= !excluded && n->words == AQ_WORDS_OCCUR;
    for (uint32_t i = 0; i < AQ_BOOLEAN_WORDS; i++) {
        f->mask[i] &= excluded ? ~match[i] : match[i];
        if (kind == AQ_NODE_ROW && !excluded && n->kind != AQ_NODE_FIELD)
            f->full[i] &= full[i];
    }
}

static void close_frame(struct aq_boolean *t, const struct frame *f)
{
    uint8_t kind = t->query->nodes[f->node].kind;
    bool any = kind == AQ_NODE_OR || kind == AQ_NODE_SAME || (f->optional && !f->must);
    for (uint32_t i = 0; i < AQ_BOOLEAN_WORDS; i++) {
        t->match[f->node][i] = any ? f->mask[i] & f->any[i] : f->mask[i];
        t->full[f->node][i] = t->match[f->node][i] & f->full[i];
    }
}

static bool is_leaf(const struct aq_query_node *n)
{
    return n->kind < AQ_NODE_ROW || n->kind == AQ_NODE_NEAR;
}

void aq_boolean_match(struct aq_boolean *t, uint32_t base, const uint64_t mask[AQ_BOOLEAN_WORDS])
{
    struct frame frames[AQ_TREE_DEPTH];
    uint32_t depth = 1;
    t->base = base;
    open_frame(&frames[0], 0, mask);
    while (depth) {
        struct frame *f = &frames[depth - 1];
        uint32_t child = next_child(t->query, f);
        if (child == UINT32_MAX) {
            close_frame(t, f);
            if (--depth)
                take(t, &frames[depth - 1], f->node);
        } else if (is_leaf(&t->query->nodes[child])) {
            aq_boolean_leaf_match(t, child, f->mask);
            take(t, f, child);
        } else {
            open_frame(&frames[depth++], child, f->mask);
        }
    }
}

/* ---- scores ---- */

struct sum {
    double total;
    aq_boolean_visit *visit;
    void *context;
};

static double share_of(const struct aq_boolean *t, const struct aq_boolean_list *l, double weight, uint32_t docid)
{
    return aq_score(t->plan->model, weight, l->tf[docid - t->base], t->leaf->lengths[docid]);
}

static const struct aq_boolean_list *list_at(const struct aq_boolean *t, uint32_t term, uint32_t docid)
{
    const struct aq_boolean_list *l = t->terms[term];
    return l && l->base == t->base && aq_boolean_has(l->bits, docid - t->base) ? l : NULL;
}

static void add(const struct aq_boolean *t, struct sum *s, uint32_t node, const struct aq_boolean_list *l, uint32_t docid)
{
    double weight = t->query->terms[l->term].idf * t->query->nodes[node].boost;
    struct aq_boolean_share share = {node, l->term, l->tf[docid - t->base], weight, share_of(t, l, weight, docid)};
    s->total += share.share;
    if (s->visit)
        s->visit(s->context, &share);
}

static void add_word(const struct aq_boolean *t, struct sum *s, uint32_t node, uint32_t docid)
{
    const struct aq_query_word *w = &t->query->words[t->query->nodes[node].leaf];
    for (uint32_t i = 0; i < w->scored_count; i++) {
        const struct aq_boolean_list *l = list_at(t, w->scored[i], docid);
        if (l)
            add(t, s, node, l, docid);
    }
}

/* The pattern's word that adds most to the passage; NULL: it has none. */
static const struct aq_boolean_list *best_of(const struct aq_boolean *t, uint32_t pattern, double boost, uint32_t docid,
                                          double *most)
{
    const struct aq_boolean_pattern *p = &t->patterns[pattern];
    const struct aq_boolean_list *best = NULL;
    for (uint32_t i = 0; i < p->count; i++) {
        const struct aq_boolean_list *l = p->lists[i];
        if (l->base != t->base || !aq_boolean_has(l->bits, docid - t->base))
            continue;
        double share = share_of(t, l, t->query->terms[l->term].idf * boost, docid);
        if (!best || share > *most) {
            best = l;
            *most = share;
        }
    }
    return best;
}

/* What a span's words add; below 0: not all are there. */
static double span_sum(const struct aq_boolean *t, const struct aq_query_phrase *p, double boost, uint32_t docid)
{
    double sum = 0;
    for (uint32_t i = 0; i < p->count; i++) {
        const struct aq_boolean_list *l = list_at(t, p->elements[i].term, docid);
        if (!l)
            return -1;
        sum += share_of(t, l, t->query->terms[l->term].idf * boost, docid);
    }
    return sum;
}

/* Of each side the best of what is there. */
static void add_near(const struct aq_boolean *t, struct sum *s, uint32_t node, uint32_t docid)
{
    const struct aq_query_near *near = &t->query->nears[t->query->nodes[node].leaf];
    double boost = t->query->nodes[node].boost;
    for (uint32_t i = 0; i < near->count; i++) {
        const struct aq_query_side *side = &near->sides[i];
        const struct aq_query_phrase *span = NULL;
        const struct aq_boolean_list *word = NULL;
        double most = -1;
        for (uint32_t k = 0; k < side->span_count; k++) {
            double sum = side->spans[k].dead ? -1 : span_sum(t, &side->spans[k], boost, docid);
            if (sum > most) {
                most = sum;
                span = &side->spans[k];
            }
        }
        for (uint32_t k = 0; k < side->pattern_count; k++) {
            double share = 0;
            const struct aq_boolean_list *l = best_of(t, side->patterns[k], boost, docid, &share);
            if (l && share > most) {
                most = share;
                word = l;
                span = NULL;
            }
        }
        if (word)
            add(t, s, node, word, docid);
        for (uint32_t k = 0; span && k < span->count; k++)
            add(t, s, node, t->terms[span->elements[k].term], docid);
    }
}

static void add_leaf(const struct aq_boolean *t, struct sum *s, uint32_t node, uint32_t docid)
{
    const struct aq_query_node *n = &t->query->nodes[node];
    double most = 0;
    const struct aq_boolean_list *l;
    switch ((enum aq_node_kind)n->kind) {
    case AQ_NODE_WORD:
        add_word(t, s, node, docid);
        return;
    case AQ_NODE_PHRASE:
    case AQ_NODE_NEAR:
        add_near(t, s, node, docid);
        return;
    case AQ_NODE_PREFIX:
    case AQ_NODE_FUZZY:
        if ((l = best_of(t, n->leaf, n->boost, docid, &most)) != NULL)
            add(t, s, node, l, docid);
        return;
    default:
        return;
    }
}

static bool takes_part(const struct aq_boolean *t, uint32_t node, uint32_t at)
{
    const struct aq_query_node *n = &t->query->nodes[node];
    return !n->dead && !n->literal && aq_boolean_has(t->match[node], at);
}

/* Leaves in [from, to) that take part, with all nodes around them. No synonyms within. */
static void add_range(const struct aq_boolean *t, struct sum *s, uint32_t from, uint32_t to, uint32_t docid)
{
    for (uint32_t i = from; i < to;) {
        if (!takes_part(t, i, docid - t->base)) {
            i = t->query->nodes[i].end;
            continue;
        }
        add_leaf(t, s, i, docid);
        i++;
    }
}

/* Of several that mean the same the best, the first of equals. */
static void add_best(const struct aq_boolean *t, struct sum *s, uint32_t node, uint32_t docid)
{
    const struct aq_query_node *nodes = t->query->nodes;
    uint32_t best = UINT32_MAX;
    double most = 0;
    for (uint32_t c = node + 1; c < nodes[node].end; c = nodes[c].end) {
        struct sum alone = {0};
        add_range(t, &alone, c, nodes[c].end, docid);
        if (alone.total > most) {
            most = alone.total;
            best = c;
        }
    }
    if (best != UINT32_MAX)
        add_range(t, s, best, nodes[best].end, docid);
}

double aq_boolean_score(const struct aq_boolean *t, uint32_t docid, aq_boolean_visit *visit, void *context)
{
    const struct aq_query *q = t->query;
    struct sum s = {.visit = visit, .context = context};
    for (uint32_t i = 0; i < q->node_count;) {
        if (!takes_part(t, i, docid - t->base)) {
            i = q->nodes[i].end;
        } else if (q->nodes[i].kind == AQ_NODE_SAME) {
            add_best(t, &s, i, docid);
            i = q->nodes[i].end;
        } else {
            add_leaf(t, &s, i, docid);
            i++;
        }
    }
    return s.total;
}
