/* boolean_leaf.c - see boolean.h: lists, leaves, and where the next window may be. */
#include "boolean.h"

/* A window of a node, in steps of which one adds a term's share to a score. */
enum { STEPS_OF_WINDOW = 64 };

/* ---- opening ---- */

/* Most of a pattern's lists lack the passage, which is seen at once. */
static uint32_t pattern_work(const struct aq_boolean *t, uint32_t pattern)
{
    return t->patterns[pattern].count / 4 + 1;
}

static uint32_t near_lists(const struct aq_query_near *n, const struct aq_boolean *t)
{
    uint32_t lists = 0;
    for (uint32_t i = 0; i < n->count; i++) {
        for (uint32_t k = 0; k < n->sides[i].span_count; k++)
            lists += n->sides[i].spans[k].count;
        for (uint32_t k = 0; k < n->sides[i].pattern_count; k++)
            lists += pattern_work(t, n->sides[i].patterns[k]);
    }
    return lists;
}

/* The most lists that are looked at for a score. */
static uint32_t score_work(const struct aq_boolean *t)
{
    const struct aq_query *q = t->query;
    uint32_t lists = (uint32_t)q->node_count;
    for (size_t i = 0; i < q->node_count; i++) {
        const struct aq_query_node *n = &q->nodes[i];
        if (n->dead || n->literal)
            continue;
        if (n->kind == AQ_NODE_WORD)
            lists += q->words[n->leaf].scored_count;
        else if (n->kind == AQ_NODE_PREFIX || n->kind == AQ_NODE_FUZZY)
            lists += pattern_work(t, n->leaf);
        else if (n->kind == AQ_NODE_PHRASE || n->kind == AQ_NODE_NEAR)
            lists += near_lists(&q->nears[n->leaf], t);
    }
    return lists;
}

static struct aq_boolean_list *new_list(struct aq_boolean *t, uint32_t term, struct aq_arena *arena)
{
    struct aq_boolean_list *l = aq_arena_alloc(arena, sizeof *l);
    if (!l)
        return NULL;
    aq_leaf_cursor(t->leaf, term, &l->cursor);
    l->term = term;
    l->codes = NULL;
    l->code_count = 0;
    l->base = AQ_DOCID_END;
    return l;
}

/* Forms of one term that a pattern matches, members[from .. to - 1], as codes of the leaf.
 * False: no memory. */
static bool take_codes(struct aq_boolean *t, struct aq_boolean_pattern *p, const struct aq_query_member *members,
                       uint32_t count, struct aq_arena *arena)
{
    uint32_t term = members[0].term, n = 0;
    const struct aq_leaf_list *list = &t->leaf->lists[term];
    int32_t *codes = aq_arena_alloc(arena, count * sizeof *codes);
    if (!codes)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (t->leaf->codes[members[i].form] >= 0)
            codes[n++] = t->leaf->codes[members[i].form];
    if (list->df == 0 || n == 0)
        return true;
    struct aq_boolean_list *l = new_list(t, term, arena);
    if (!l)
        return false;
    if (list->in_memory || n < list->list.form_count) {
        l->codes = codes;
        l->code_count = n;
    }
    p->lists[p->count++] = l;
    return true;
}

static bool open_pattern(struct aq_boolean *t, uint32_t at, struct aq_arena *arena)
{
    const struct aq_query_pattern *p = &t->query->patterns[at];
    t->patterns[at] = (struct aq_boolean_pattern){.lists = aq_arena_alloc(arena, (p->count + 1) * sizeof(void *))};
    if (!t->patterns[at].lists)
        return false;
    for (uint32_t from = 0, to; from < p->count; from = to) {
        for (to = from + 1; to < p->count && p->members[to].term == p->members[from].term;)
            to++;
        if (!take_codes(t, &t->patterns[at], p->members + from, to - from, arena))
            return false;
    }
    return true;
}

static bool open_term(struct aq_boolean *t, uint32_t term, struct aq_arena *arena)
{
    if (t->terms[term] || t->leaf->lists[term].df == 0)
        return true;
    return (t->terms[term] = new_list(t, term, arena)) != NULL;
}

static bool open_near(struct aq_boolean *t, uint32_t at, struct aq_arena *arena)
{
    const struct aq_query_near *n = &t->query->nears[at];
    for (uint32_t i = 0; i < n->count; i++)
        for (uint32_t k = 0; k < n->sides[i].span_count; k++)
            for (uint32_t e = 0; e < n->sides[i].spans[k].count; e++)
                if (!open_term(t, n->sides[i].spans[k].elements[e].term, arena))
                    return false;
    return aq_near_init(&t->nears[at], t->leaf, t->query, n, arena);
}

enum aq_status aq_boolean_open(struct aq_boolean *t, const struct aq_plan *p, struct aq_leaf *leaf, struct aq_arena *arena)
{
    const struct aq_query *q = p->query;
    *t = (struct aq_boolean){.plan = p, .query = q, .leaf = leaf, .base = AQ_DOCID_END};
    t->terms = aq_arena_zalloc(arena, (q->term_count + 1) * sizeof(void *));
    t->patterns = aq_arena_alloc(arena, (q->pattern_count + 1) * sizeof *t->patterns);
    t->nears = aq_arena_alloc(arena, (q->near_count + 1) * sizeof *t->nears);
    t->match = aq_arena_alloc(arena, (q->node_count + 1) * sizeof *t->match);
    t->full = aq_arena_alloc(arena, (q->node_count + 1) * sizeof *t->full);
    t->bounds = aq_arena_alloc(arena, (q->node_count + 1) * sizeof *t->bounds);
    if (!t->terms || !t->patterns || !t->nears || !t->match || !t->full || !t->bounds)
        return AQ_NOMEM;
    for (size_t i = 0; i < q->word_count; i++)
        for (uint32_t k = 0; k < q->words[i].scored_count; k++)
            if (!open_term(t, q->words[i].scored[k], arena))
                return AQ_NOMEM;
    for (size_t i = 0; i < q->pattern_count; i++)
        if (!open_pattern(t, (uint32_t)i, arena))
            return AQ_NOMEM;
    for (size_t i = 0; i < q->near_count; i++)
        if (!open_near(t, (uint32_t)i, arena))
            return AQ_NOMEM;
    t->score_work = score_work(t);
    return AQ_OK;
}

bool aq_boolean_bad(const struct aq_boolean *t)
{
    if (t->corrupt)
        return true;
    for (size_t i = 0; i < t->query->term_count; i++)
        if (t->terms[i] && t->terms[i]->cursor.bad)
            return true;
    for (size_t i = 0; i < t->query->pattern_count; i++)
        for (uint32_t k = 0; k < t->patterns[i].count; k++)
            if (t->patterns[i].lists[k]->cursor.bad)
                return true;
    for (size_t i = 0; i < t->query->near_count; i++)
        if (aq_near_bad(&t->nears[i]))
            return true;
    return false;
}

/* ---- reading lists ---- */

static void note(struct aq_boolean_list *l, uint32_t at, uint32_t tf)
{
    l->bits[at / 64] |= (uint64_t)1 << (at % 64);
    l->tf[at] = (uint8_t)tf;
}

static void read_all(struct aq_boolean_list *l, uint32_t base, uint32_t end)
{
    struct aq_cursor *c = &l->cursor;
    while (c->docid < end) {
        const uint32_t *docids, *freqs;
        uint32_t n, i;
        aq_cursor_batch(c, &docids, &freqs, &n);
        for (i = 0; i < n && docids[i] < end; i++)
            note(l, docids[i] - base, freqs[i]);
        if (i < n)
            aq_cursor_seek(c, end);
        else if (aq_cursor_next_block(c) == AQ_DOCID_END)
            return;
    }
}

static void read_forms(struct aq_boolean_list *l, uint32_t base, uint32_t end, uint64_t *work)
{
    uint16_t positions[256], codes[256];
    for (struct aq_cursor *c = &l->cursor; c->docid < end; aq_cursor_next(c)) {
        uint32_t docid = c->docid, n = aq_cursor_positions(c, positions, codes), tf = 0;
        *work += AQ_NEAR_POSITIONS_WORK;
        for (uint32_t i = 0; i < n; i++)
            for (uint32_t k = 0; k < l->code_count; k++)
                tf += codes[i] == l->codes[k];
        if (tf)
            note(l, docid - base, tf);
    }
}

static const uint64_t *read_list(struct aq_boolean *t, struct aq_boolean_list *l)
{
    if (l->base == t->base)
        return l->bits;
    uint32_t left = t->leaf->passages - t->base;
    uint32_t end = left < AQ_BOOLEAN_WINDOW ? t->leaf->passages : t->base + AQ_BOOLEAN_WINDOW;
    l->base = t->base;
    memset(l->bits, 0, sizeof l->bits);
    if (l->cursor.docid < t->base)
        aq_cursor_seek(&l->cursor, t->base);
    if (l->codes)
        read_forms(l, t->base, end, &t->work);
    else
        read_all(l, t->base, end);
    return l->bits;
}

/* ---- leaves ---- */

static void clear(uint64_t bits[AQ_BOOLEAN_WORDS])
{
    memset(bits, 0, AQ_BOOLEAN_WORDS * sizeof *bits);
}

static void join(uint64_t bits[AQ_BOOLEAN_WORDS], const uint64_t other[AQ_BOOLEAN_WORDS])
{
    for (uint32_t i = 0; i < AQ_BOOLEAN_WORDS; i++)
        bits[i] |= other[i];
}

static void meet(uint64_t bits[AQ_BOOLEAN_WORDS], const uint64_t other[AQ_BOOLEAN_WORDS])
{
    for (uint32_t i = 0; i < AQ_BOOLEAN_WORDS; i++)
        bits[i] &= other[i];
}

static void match_word(struct aq_boolean *t, uint32_t node, const uint64_t mask[AQ_BOOLEAN_WORDS])
{
    const struct aq_query *q = t->query;
    const struct aq_query_word *w = &q->words[q->nodes[node].leaf];
    uint64_t *any = t->match[node], *all = t->full[node];
    clear(any);
    memcpy(all, mask, AQ_BOOLEAN_WORDS * sizeof *all);
    for (uint32_t i = 0; i < w->scored_count; i++)
        if (t->terms[w->scored[i]])
            join(any, read_list(t, t->terms[w->scored[i]]));
    meet(any, mask);
    for (uint32_t i = 0; i < w->part_count; i++) {
        if (q->terms[w->parts[i]].df == 0)
            continue; /* it occurs nowhere: passed over */
        if (t->terms[w->parts[i]])
            meet(all, read_list(t, t->terms[w->parts[i]]));
        else
            clear(all);
    }
    if (q->nodes[node].whole)
        memcpy(any, all, AQ_BOOLEAN_WORDS * sizeof *any);
}

static void match_pattern(struct aq_boolean *t, uint32_t pattern, uint64_t bits[AQ_BOOLEAN_WORDS])
{
    for (uint32_t i = 0; i < t->patterns[pattern].count; i++)
        join(bits, read_list(t, t->patterns[pattern].lists[i]));
}

/* Passages that have the words of some span, wherever. */
static void match_span(struct aq_boolean *t, const struct aq_query_phrase *p, uint64_t bits[AQ_BOOLEAN_WORDS])
{
    uint64_t all[AQ_BOOLEAN_WORDS];
    memset(all, 0xFF, sizeof all);
    for (uint32_t i = 0; i < p->count; i++) {
        if (!t->terms[p->elements[i].term])
            return;
        meet(all, read_list(t, t->terms[p->elements[i].term]));
    }
    join(bits, all);
}

static void match_near(struct aq_boolean *t, uint32_t node, const uint64_t mask[AQ_BOOLEAN_WORDS])
{
    uint32_t at = t->query->nodes[node].leaf;
    const struct aq_query_near *near = &t->query->nears[at];
    uint64_t *bits = t->match[node];
    memcpy(bits, mask, AQ_BOOLEAN_WORDS * sizeof *bits);
    for (uint32_t i = 0; i < near->count; i++) {
        uint64_t side[AQ_BOOLEAN_WORDS] = {0};
        for (uint32_t k = 0; k < near->sides[i].span_count; k++)
            match_span(t, &near->sides[i].spans[k], side);
        for (uint32_t k = 0; k < near->sides[i].pattern_count; k++)
            match_pattern(t, near->sides[i].patterns[k], side);
        meet(bits, side);
    }
    for (uint32_t i = 0; i < AQ_BOOLEAN_WORDS; i++)
        for (uint64_t left = bits[i]; left; left &= left - 1)
            if (!aq_near_here(&t->nears[at], t->base + i * 64 + (uint32_t)__builtin_ctzll(left)))
                bits[i] &= ~(left & -left);
    t->work += t->nears[at].work;
    t->nears[at].work = 0;
}

/* A comment's passages lie side by side: it is looked at once. */
static void match_fields(struct aq_boolean *t, uint32_t node, const uint64_t mask[AQ_BOOLEAN_WORDS])
{
    const struct aq_filter *f = &t->plan->filters[t->query->nodes[node].leaf];
    uint64_t *bits = t->match[node];
    uint32_t last = AQ_NO_COMMENT, comment, ordinal;
    bool passes = false;
    memcpy(bits, mask, AQ_BOOLEAN_WORDS * sizeof *bits);
    for (uint32_t i = 0; i < AQ_BOOLEAN_WORDS; i++) {
        for (uint64_t left = bits[i]; left; left &= left - 1) {
            uint32_t docid = t->base + i * 64 + (uint32_t)__builtin_ctzll(left);
            if (!aq_leaf_locate(t->leaf, docid, &comment, &ordinal)) {
                t->corrupt = true;
                return;
            }
            if (comment != last)
                passes = aq_filter_passes(f, t->leaf->txn, comment);
            last = comment;
            if (!passes)
                bits[i] &= ~(left & -left);
        }
    }
}

void aq_boolean_leaf_match(struct aq_boolean *t, uint32_t node, const uint64_t mask[AQ_BOOLEAN_WORDS])
{
    const struct aq_query_node *n = &t->query->nodes[node];
    t->work += STEPS_OF_WINDOW;
    switch ((enum aq_node_kind)n->kind) {
    case AQ_NODE_WORD:
        match_word(t, node, mask);
        return;
    case AQ_NODE_PREFIX:
    case AQ_NODE_FUZZY:
        clear(t->match[node]);
        match_pattern(t, n->leaf, t->match[node]);
        meet(t->match[node], mask);
        break;
    case AQ_NODE_FIELD:
        match_fields(t, node, mask);
        break;
    default:
        match_near(t, node, mask);
        break;
    }
    memcpy(t->full[node], t->match[node], sizeof t->full[node]);
}

/* ---- bounds ---- */

static uint32_t at_least(struct aq_boolean_list *l, uint32_t docid)
{
    if (!l)
        return AQ_DOCID_END;
    return l->cursor.docid < docid ? aq_cursor_seek(&l->cursor, docid) : l->cursor.docid;
}

static uint32_t lower(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t higher(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static uint32_t word_bound(struct aq_boolean *t, const struct aq_query_node *n, uint32_t base)
{
    const struct aq_query_word *w = &t->query->words[n->leaf];
    uint32_t bound = n->whole ? base : AQ_DOCID_END;
    if (!n->whole) {
        for (uint32_t i = 0; i < w->scored_count; i++)
            bound = lower(bound, at_least(t->terms[w->scored[i]], base));
        return bound;
    }
    for (uint32_t i = 0; i < w->part_count; i++)
        if (t->query->terms[w->parts[i]].df > 0)
            bound = higher(bound, at_least(t->terms[w->parts[i]], base));
    return bound;
}

static uint32_t pattern_bound(struct aq_boolean *t, uint32_t pattern, uint32_t base)
{
    uint32_t bound = AQ_DOCID_END;
    for (uint32_t i = 0; i < t->patterns[pattern].count; i++)
        bound = lower(bound, at_least(t->patterns[pattern].lists[i], base));
    return bound;
}

static uint32_t near_bound(struct aq_boolean *t, const struct aq_query_near *near, uint32_t base)
{
    uint32_t bound = base;
    for (uint32_t i = 0; i < near->count; i++) {
        const struct aq_query_side *s = &near->sides[i];
        uint32_t side = AQ_DOCID_END;
        for (uint32_t k = 0; k < s->span_count; k++) {
            uint32_t span = base;
            for (uint32_t e = 0; e < s->spans[k].count; e++)
                span = higher(span, at_least(t->terms[s->spans[k].elements[e].term], base));
            side = lower(side, span);
        }
        for (uint32_t k = 0; k < s->pattern_count; k++)
            side = lower(side, pattern_bound(t, s->patterns[k], base));
        bound = higher(bound, side);
    }
    return bound;
}

/* From those of its children, which come after it. */
static uint32_t inner_bound(const struct aq_boolean *t, uint32_t at, uint32_t base)
{
    const struct aq_query_node *nodes = t->query->nodes;
    bool any_of = nodes[at].kind == AQ_NODE_OR || nodes[at].kind == AQ_NODE_SAME;
    uint32_t any = AQ_DOCID_END, all = base;
    bool some = false, must = false;
    for (uint32_t c = at + 1; c < nodes[at].end; c = nodes[c].end) {
        if (nodes[c].dead)
            continue;
        bool excluded = nodes[c].occur == AQ_MUST_NOT;
        if (any_of || (!excluded && nodes[at].kind == AQ_NODE_ROW && nodes[c].occur == AQ_SHOULD)) {
            any = lower(any, excluded ? base : t->bounds[c]);
            some = true;
        } else if (!excluded) {
            all = higher(all, t->bounds[c]);
            must |= nodes[c].words == AQ_WORDS_OCCUR;
        }
    }
    if (any_of)
        return any;
    return some && !must ? higher(any, all) : all;
}

static uint32_t root_bound(struct aq_boolean *t, uint32_t base)
{
    const struct aq_query *q = t->query;
    for (size_t i = q->node_count; i-- > 0;) {
        const struct aq_query_node *n = &q->nodes[i];
        uint32_t *bound = &t->bounds[i];
        switch ((enum aq_node_kind)n->kind) {
        case AQ_NODE_WORD:
            *bound = word_bound(t, n, base);
            break;
        case AQ_NODE_PHRASE:
        case AQ_NODE_NEAR:
            *bound = near_bound(t, &q->nears[n->leaf], base);
            break;
        case AQ_NODE_PREFIX:
        case AQ_NODE_FUZZY:
            *bound = pattern_bound(t, n->leaf, base);
            break;
        case AQ_NODE_FIELD:
            *bound = base;
            break;
        default:
            *bound = inner_bound(t, (uint32_t)i, base);
            break;
        }
    }
    return t->bounds[0];
}

uint32_t aq_boolean_next(struct aq_boolean *t, uint32_t base)
{
    for (;;) {
        uint32_t bound = root_bound(t, base);
        if (bound >= t->leaf->passages)
            return AQ_DOCID_END;
        uint32_t window = bound - bound % AQ_BOOLEAN_WINDOW;
        if (window <= base)
            return base;
        base = window;
    }
}
