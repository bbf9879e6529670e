/* query_build.c - the parser's tree to what the index is asked: flat where that says all
 * of it, else a tree of leaves. */
#include "query_build.h"

#define NOTHING UINT32_MAX

/* An inner node whose children are being gone through. */
struct open_node {
    uint32_t next;   /* child, of the syntax */
    uint32_t node;   /* of the query */
    uint32_t fields; /* of a row: where its fields are, AQ_NO_FILTER before the first */
    double boost;
    bool literal;
    bool row, both, whole; /* it is a row, AND, no row */
};

struct walk {
    struct aq_query_builder b;
    const struct aq_syntax *syntax;
    struct open_node open[AQ_TREE_DEPTH];
    uint32_t depth;
    uint32_t leaves;
};

static bool is_excluded(const struct aq_node *n)
{
    return n->occur == AQ_MUST_NOT;
}

/* One row of words, exact phrases and fields. */
static bool is_flat(const struct aq_syntax *s)
{
    if (s->nodes[s->root].kind != AQ_NODE_ROW)
        return false;
    for (uint32_t c = s->nodes[s->root].first_child; c != AQ_NO_NODE; c = s->nodes[c].next) {
        const struct aq_node *n = &s->nodes[c];
        if (n->kind != AQ_NODE_WORD && n->kind != AQ_NODE_FIELD && (n->kind != AQ_NODE_PHRASE || n->distance))
            return false;
    }
    return true;
}

/* How many words each pattern may stand for: of many patterns fewer. */
static uint32_t share_of_pattern(const struct aq_syntax *s)
{
    uint32_t patterns = 0;
    for (size_t i = 0; i < s->count; i++)
        patterns += s->nodes[i].kind == AQ_NODE_PREFIX || s->nodes[i].kind == AQ_NODE_FUZZY;
    if (patterns <= AQ_QUERY_PATTERNS / AQ_QUERY_PATTERN)
        return AQ_QUERY_PATTERN;
    return AQ_QUERY_PATTERNS / (patterns < AQ_QUERY_PATTERN_COUNT ? patterns : AQ_QUERY_PATTERN_COUNT);
}

static uint32_t fail(struct aq_query_builder *b)
{
    b->failed = AQ_NOMEM;
    return NOTHING;
}

/* ---- leaves ---- */

/* Whether a pattern's text is one word to the index: else it is a word. */
static bool is_one_word(const struct aq_query_tokens *t)
{
    return t->count == 1;
}

/* As it was typed, without sign and boost. */
static struct aq_slice pattern_typed(const struct aq_node *n)
{
    const uint8_t *p = n->text.ptr + n->text.len + 1, *end = n->typed.ptr + n->typed.len;
    if (n->kind == AQ_NODE_FUZZY && p < end && *p >= '0' && *p <= '9')
        p++;
    return aq_slice(n->text.ptr, (size_t)(p - n->text.ptr));
}

static uint32_t pattern_leaf(struct aq_query_builder *b, const struct aq_node *n, const struct aq_query_tokens *t,
                             bool scores)
{
    return aq_query_add_pattern(b, t, pattern_typed(n), n->kind == AQ_NODE_FUZZY ? n->distance : 0, scores);
}

static bool add_span(struct aq_query_builder *b, struct aq_query_side *side, const struct aq_query_tokens *t,
                     bool exact, bool scores)
{
    if (!aq_query_make_phrase(b, t, exact, scores, &side->spans[side->span_count]))
        return false;
    side->span_count++;
    return true;
}

/* One thing of a side: a word, phrase or pattern. */
static bool add_to_side(struct aq_query_builder *b, struct aq_query_side *side, const struct aq_node *n, bool scores)
{
    struct aq_query_tokens t;
    if (!aq_query_analyze(b, n->text, &t) || t.count == 0)
        return false;
    bool pattern = (n->kind == AQ_NODE_PREFIX || n->kind == AQ_NODE_FUZZY) && is_one_word(&t);
    if (!pattern)
        return add_span(b, side, &t, n->kind == AQ_NODE_PHRASE, scores);
    uint32_t at = pattern_leaf(b, n, &t, scores);
    if (at == NOTHING)
        return false;
    side->patterns[side->pattern_count++] = at;
    return true;
}

/* Counts a word, phrase or pattern. False: there are too many. */
static bool count_leaf(struct walk *w)
{
    w->b.full |= w->leaves++ == AQ_QUERY_TREE_LEAVES;
    return !w->b.full;
}

static bool make_side(struct walk *w, uint32_t at, bool scores, struct aq_query_side *side)
{
    struct aq_query_builder *b = &w->b;
    const struct aq_node *nodes = w->syntax->nodes, *n = &nodes[at];
    uint32_t first = n->kind == AQ_NODE_OR ? n->first_child : at, count = 1;
    for (uint32_t c = first; n->kind == AQ_NODE_OR && c != AQ_NO_NODE; c = nodes[c].next)
        count++;
    *side = (struct aq_query_side){.width = 1,
                                   .spans = aq_arena_alloc(&b->q->arena, count * sizeof *side->spans),
                                   .patterns = aq_arena_alloc(&b->q->arena, count * sizeof *side->patterns)};
    if (!side->spans || !side->patterns) {
        fail(b);
        return false;
    }
    if (n->kind != AQ_NODE_OR && count_leaf(w))
        add_to_side(b, side, n, scores);
    for (uint32_t c = first; n->kind == AQ_NODE_OR && c != AQ_NO_NODE && !b->failed && count_leaf(w); c = nodes[c].next)
        add_to_side(b, side, &nodes[c], scores);
    return !b->failed && side->span_count + side->pattern_count > 0;
}

static uint32_t add_near(struct aq_query_builder *b, struct aq_query_near near)
{
    struct aq_query *q = b->q;
    if (near.count == 0)
        return NOTHING;
    if (q->near_count == AQ_QUERY_TERMS) {
        b->full = true;
        return NOTHING;
    }
    if (!aq_grow(&q->nears, &q->near_cap, q->near_count + 1, sizeof *q->nears))
        return fail(b);
    q->nears[q->near_count] = near;
    return (uint32_t)q->near_count++;
}

static uint32_t near_leaf(struct walk *w, uint32_t at, bool scores)
{
    struct aq_query_builder *b = &w->b;
    const struct aq_node *nodes = w->syntax->nodes;
    struct aq_query_near near = {.distance = nodes[at].distance, .ordered = nodes[at].ordered};
    near.sides = aq_arena_alloc(&b->q->arena, AQ_QUERY_PHRASE * sizeof *near.sides);
    if (!near.sides)
        return fail(b);
    for (uint32_t c = nodes[at].first_child; c != AQ_NO_NODE && !b->failed; c = nodes[c].next) {
        if (near.count == AQ_QUERY_PHRASE) {
            b->full = true;
            break;
        }
        near.count += make_side(w, c, scores, &near.sides[near.count]);
    }
    return b->failed ? NOTHING : add_near(b, near);
}

/* Words as they are written, side by side or with others in between; or, exact false, in
 * any inflection. A phrase with others in between is a NEAR of its words, in order. */
static uint32_t phrase_leaf(struct aq_query_builder *b, const struct aq_query_tokens *t, bool exact, bool scores,
                            unsigned slop)
{
    struct aq_query_phrase p;
    if (!aq_query_make_phrase(b, t, exact, scores, &p))
        return NOTHING;
    uint32_t sides = slop ? p.count : 1;
    struct aq_query_near near = {.count = sides, .ordered = true};
    near.sides = aq_arena_zalloc(&b->q->arena, sides * sizeof *near.sides);
    struct aq_query_phrase *spans = aq_arena_alloc(&b->q->arena, sides * sizeof *spans);
    struct aq_query_element *alone = aq_arena_alloc(&b->q->arena, p.count * sizeof *alone);
    if (!near.sides || !spans || !alone)
        return fail(b);
    near.distance = p.elements[p.count - 1].offset + slop;
    for (uint32_t i = 0; i < sides; i++) {
        const struct aq_query_element *e = &p.elements[i];
        alone[i] = *e;
        alone[i].offset = 0;
        spans[i] = slop ? (struct aq_query_phrase){.elements = &alone[i], .count = 1} : p;
        near.sides[i] = (struct aq_query_side){
            .spans = &spans[i], .span_count = 1, .width = i + 1 < sides ? e[1].offset - e->offset : 1};
    }
    return add_near(b, near);
}

/* Of a flat query: what the plans for these want. */
static uint32_t flat_leaf(struct aq_query_builder *b, const struct aq_node *n, const struct aq_query_tokens *t)
{
    bool exact = n->kind == AQ_NODE_PHRASE;
    if (exact || is_excluded(n))
        return aq_query_add_phrase(b, t, exact, is_excluded(n));
    return aq_query_add_word(b, t, n->occur == AQ_MUST);
}

static uint32_t tree_leaf(struct walk *w, uint32_t at, bool literal, uint8_t *kind)
{
    struct aq_query_builder *b = &w->b;
    const struct aq_node *n = &w->syntax->nodes[at];
    struct aq_query_tokens t;
    if (n->kind == AQ_NODE_NEAR)
        return b->full ? NOTHING : near_leaf(w, at, !literal);
    if (!count_leaf(w))
        return NOTHING;
    if (!aq_query_analyze(b, n->text, &t) || t.count == 0)
        return NOTHING;
    if (n->kind == AQ_NODE_PHRASE)
        return phrase_leaf(b, &t, true, !literal, n->distance);
    if (n->kind != AQ_NODE_WORD && is_one_word(&t))
        return pattern_leaf(b, n, &t, !literal);
    *kind = literal ? AQ_NODE_PHRASE : AQ_NODE_WORD;
    if (literal)
        return phrase_leaf(b, &t, false, false, 0);
    return aq_query_add_word(b, &t, n->occur == AQ_MUST);
}

/* ---- fields ---- */

static uint32_t add_fields(struct aq_query_builder *b)
{
    struct aq_query *q = b->q;
    if (!aq_grow(&q->fields, &q->field_cap, q->field_count + 1, sizeof *q->fields))
        return fail(b);
    q->fields[q->field_count] = (struct aq_query_fields){0};
    return (uint32_t)q->field_count++;
}

static bool add_clause(struct aq_query_builder *b, uint32_t fields, const struct aq_node *n)
{
    struct aq_query_fields *f = &b->q->fields[fields];
    if (!aq_grow(&f->clauses, &f->cap, f->count + 1, sizeof *f->clauses)) {
        fail(b);
        return false;
    }
    f->clauses[f->count++] = (struct aq_filter_clause){.value = &n->field, .refused = is_excluded(n)};
    return true;
}

/* ---- nodes ---- */

static uint32_t add_node(struct walk *w, uint32_t at, uint8_t kind, uint32_t leaf)
{
    struct aq_query *q = w->b.q;
    const struct aq_node *n = &w->syntax->nodes[at];
    const struct open_node *around = w->depth ? &w->open[w->depth - 1] : NULL;
    if (!aq_grow(&q->nodes, &q->node_cap, q->node_count + 1, sizeof *q->nodes))
        return fail(&w->b);
    q->nodes[q->node_count] = (struct aq_query_node){
        .kind = kind,
        .occur = n->occur,
        .whole = n->occur == AQ_MUST || (around && around->whole),
        .literal = (around && around->literal) || is_excluded(n),
        .required = n->occur == AQ_MUST || (around && around->both),
        .depth = (uint16_t)w->depth,
        .boost = n->boost * (around ? around->boost : 1),
        .end = (uint32_t)q->node_count + 1,
        .leaf = leaf,
        .typed = n->typed};
    return (uint32_t)q->node_count++;
}

/* Of a row, all fields are one node; those of the outermost are the query's filter. */
static void put_field(struct walk *w, uint32_t at)
{
    struct aq_query_builder *b = &w->b;
    struct open_node *around = &w->open[w->depth - 1];
    uint32_t fields = around->row ? around->fields : AQ_NO_FILTER;
    uint32_t total = 0;
    for (size_t i = 0; i < b->q->field_count; i++)
        total += (uint32_t)b->q->fields[i].count;
    if (total == AQ_QUERY_FIELDS) {
        b->q->cut = true;
        return;
    }
    if (fields == AQ_NO_FILTER) {
        fields = add_fields(b);
        if (b->failed)
            return;
        around->fields = fields;
        if (w->depth == 1 && around->row) {
            b->q->filter = fields;
        } else {
            uint32_t node = add_node(w, at, AQ_NODE_FIELD, fields);
            if (node == NOTHING)
                return;
            b->q->nodes[node].occur = AQ_MUST;
        }
    }
    add_clause(b, fields, &w->syntax->nodes[at]);
}

static void put_leaf(struct walk *w, uint32_t at)
{
    struct aq_query_builder *b = &w->b;
    const struct aq_node *n = &w->syntax->nodes[at];
    bool literal = w->open[w->depth - 1].literal || is_excluded(n);
    uint8_t kind = n->kind;
    uint32_t leaf;
    if (b->q->tree) {
        leaf = tree_leaf(w, at, literal, &kind);
    } else {
        struct aq_query_tokens t;
        if (b->full || !aq_query_analyze(b, n->text, &t) || t.count == 0)
            return;
        leaf = flat_leaf(b, n, &t);
        kind = is_excluded(n) ? AQ_NODE_PHRASE : n->kind;
    }
    if (leaf != NOTHING)
        add_node(w, at, kind, leaf);
}

static void open_inner(struct walk *w, uint32_t at)
{
    const struct aq_node *n = &w->syntax->nodes[at];
    if (w->depth == AQ_TREE_DEPTH) {
        w->b.q->cut = true;
        return;
    }
    uint32_t node = add_node(w, at, n->kind, NOTHING);
    if (node == NOTHING)
        return;
    const struct aq_query_node *made = &w->b.q->nodes[node];
    w->open[w->depth++] = (struct open_node){.next = n->first_child,
                                             .node = node,
                                             .fields = AQ_NO_FILTER,
                                             .boost = made->boost,
                                             .literal = made->literal,
                                             .row = n->kind == AQ_NODE_ROW,
                                             .both = n->kind == AQ_NODE_AND,
                                             .whole = n->kind != AQ_NODE_ROW};
}

/* An inner node without anything in it goes again. */
static void close_inner(struct walk *w)
{
    struct aq_query *q = w->b.q;
    const struct open_node *done = &w->open[--w->depth];
    q->nodes[done->node].end = (uint32_t)q->node_count;
    if (q->node_count == done->node + 1)
        q->node_count--;
}

static void walk_tree(struct walk *w)
{
    const struct aq_syntax *s = w->syntax;
    open_inner(w, s->root);
    while (w->depth && !w->b.failed) {
        struct open_node *o = &w->open[w->depth - 1];
        uint32_t at = o->next;
        if (at == AQ_NO_NODE) {
            close_inner(w);
            continue;
        }
        o->next = s->nodes[at].next;
        if (s->nodes[at].kind == AQ_NODE_FIELD)
            put_field(w, at);
        else if (s->nodes[at].kind < AQ_NODE_ROW || s->nodes[at].kind == AQ_NODE_NEAR)
            put_leaf(w, at);
        else
            open_inner(w, at);
    }
}

enum aq_status aq_query_build(struct aq_query *q, const struct aq_syntax *syntax, bool plain, struct aq_analyzer *a,
                              struct aq_txn *txn, struct aq_error *err)
{
    struct walk w = {.b = {.q = q, .a = a, .txn = txn, .plain = plain}, .syntax = syntax};
    q->filter = AQ_NO_FILTER;
    q->cut = syntax->cut;
    if (syntax->root == AQ_NO_NODE)
        return AQ_OK;
    q->tree = !is_flat(syntax);
    w.b.members = share_of_pattern(syntax);
    walk_tree(&w);
    q->tree &= q->node_count > 0; /* of a tree of nothing but signs its fields are left */
    q->cut |= w.b.full;
    if (w.b.failed == AQ_NOMEM)
        return aq_fail_nomem(err);
    return w.b.failed ? aq_fail(err, w.b.failed, "the query's words could not be looked up; `aq check` tells more") : AQ_OK;
}

void aq_query_free(struct aq_query *q)
{
    for (size_t i = 0; i < q->field_count; i++)
        free(q->fields[i].clauses);
    free(q->terms);
    free(q->forms);
    free(q->words);
    free(q->phrases);
    free(q->exclusions);
    free(q->nodes);
    free(q->nears);
    free(q->patterns);
    free(q->fields);
    free(q->by_term);
    aq_arena_free(&q->arena);
    *q = (struct aq_query){0};
}
