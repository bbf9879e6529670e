/* marks.c - see marks.h. The index has words at positions; here they are found anew from
 * the text, as the analyzer cuts it. */
#include "marks.h"

#include "clusters.h"
#include "passage.h"

#define NOWHERE UINT32_MAX

void aq_marker_free(struct aq_marker *m)
{
    free(m->marks);
    aq_arena_free(&m->arena);
    *m = (struct aq_marker){0};
}

/* ---- the text ---- */

/* One text and query. */
struct marking {
    struct aq_marker *m;
    const struct aq_query *q;
    struct aq_slice text;
    const struct aq_token *tokens;
    uint32_t count;
    uint32_t *terms;     /* of each token: the query's, or AQ_NO_TERM */
    uint32_t *positions; /* of each token, as phrases are looked for */
    bool *present;       /* by term: it is in the text */
    bool failed;         /* no memory */
};

static void mark(struct marking *k, uint32_t token, uint32_t term)
{
    struct aq_marker *m = k->m;
    const struct aq_token *t = &k->tokens[token];
    if (!aq_grow(&m->marks, &m->cap, m->count + 1, sizeof *m->marks)) {
        k->failed = true;
        return;
    }
    m->marks[m->count++] = (struct aq_mark){t->begin, t->end, term, 0};
}

static bool paragraph_between(const struct marking *k, uint32_t a, uint32_t b)
{
    uint32_t end = k->tokens[a].end, begin = k->tokens[b].begin;
    return begin > end && memmem(k->text.ptr + end, begin - end, "\n\n", 2);
}

/* The index parts blocks of a passage by a gap in positions, of which its text shows the
 * ends of paragraphs. */
static void set_positions(struct marking *k, bool parted)
{
    uint32_t gap = 0;
    for (uint32_t i = 0; i < k->count; i++) {
        if (parted && i && paragraph_between(k, i - 1, i))
            gap += AQ_TITLE_GAP;
        k->positions[i] = k->tokens[i].position + gap;
    }
}

static bool read_text(struct marking *k, const struct aq_analyzer *a)
{
    struct aq_arena *arena = &k->m->arena;
    aq_arena_reset(arena);
    k->terms = aq_arena_alloc(arena, (k->count + 1) * sizeof *k->terms);
    k->positions = aq_arena_alloc(arena, (k->count + 1) * sizeof *k->positions);
    k->present = aq_arena_zalloc(arena, k->q->term_count * sizeof *k->present);
    if (!k->terms || !k->positions || !k->present)
        return false;
    for (uint32_t i = 0; i < k->count; i++) {
        k->terms[i] = aq_query_find(k->q, aq_analyzer_lexeme(a, k->tokens[i].lexeme)->term_id);
        if (k->terms[i] != AQ_NO_TERM)
            k->present[k->terms[i]] = true;
    }
    return true;
}

/* ---- phrases ---- */

static bool is_element(const struct marking *k, uint32_t token, const struct aq_query_element *e)
{
    return e->form == AQ_ANY_FORM ? k->terms[token] == e->term : k->tokens[token].lexeme == e->lexeme;
}

/* Whether the phrase stands from token `first` on: its tokens to found. */
static bool phrase_at(const struct marking *k, const struct aq_query_phrase *p, uint32_t first,
                      uint32_t found[AQ_QUERY_PHRASE])
{
    if (!is_element(k, first, &p->elements[0]))
        return false;
    /* A whole stands before its parts at their position: begin where that does. */
    uint32_t at = first;
    while (at > 0 && k->positions[at - 1] == k->positions[first])
        at--;
    found[0] = first;
    for (uint32_t i = 1; i < p->count; i++) {
        uint32_t position = k->positions[first] + p->elements[i].offset;
        while (at < k->count && (k->positions[at] < position ||
                                 (k->positions[at] == position && !is_element(k, at, &p->elements[i]))))
            at++;
        if (at == k->count || k->positions[at] != position)
            return false;
        found[i] = at;
    }
    return true;
}

static void mark_phrase_at(struct marking *k, const struct aq_query_phrase *p, uint32_t first)
{
    uint32_t found[AQ_QUERY_PHRASE];
    if (phrase_at(k, p, first, found))
        for (uint32_t i = 0; i < p->count; i++)
            mark(k, found[i], p->elements[i].term);
}

/* Whether the phrase stands anywhere. */
static bool mark_phrase(struct marking *k, const struct aq_query_phrase *p)
{
    size_t before = k->m->count;
    for (int parted = 1; parted >= 0 && k->m->count == before; parted--) {
        set_positions(k, parted);
        for (uint32_t t = 0; t < k->count; t++)
            mark_phrase_at(k, p, t);
    }
    return k->m->count > before;
}

static bool mark_flat(struct marking *k)
{
    const struct aq_query *q = k->q;
    bool matches = true;
    for (uint32_t i = 0; i < k->count; i++)
        if (k->terms[i] != AQ_NO_TERM && q->terms[k->terms[i]].loose)
            mark(k, i, k->terms[i]);
    for (size_t i = 0; i < q->phrase_count; i++)
        if (!q->phrases[i].dead)
            matches &= mark_phrase(k, &q->phrases[i]);
    for (size_t i = 0; i < q->term_count && matches; i++)
        matches = !q->terms[i].required || k->present[i];
    size_t marked = k->m->count;
    for (size_t i = 0; i < q->exclusion_count && matches; i++)
        matches = q->exclusions[i].dead || !mark_phrase(k, &q->exclusions[i]);
    k->m->count = marked;
    return matches && marked > 0;
}

/* ---- NEAR ---- */

/* A place where a side of a NEAR begins. */
struct start {
    uint32_t position, token, side;
    uint32_t first;                     /* of a NEAR in order: where what leads to it begins */
    const struct aq_query_phrase *span; /* NULL: a pattern's word */
    bool holds;                         /* the others are near */
};

struct starts {
    struct start *items;
    size_t count, cap;
};

static bool is_member(const struct marking *k, uint32_t token, const struct aq_query_pattern *p)
{
    for (uint32_t i = 0; i < p->count; i++)
        if (p->members[i].term == k->terms[token] && p->members[i].lexeme == k->tokens[token].lexeme)
            return true;
    return false;
}

static void add_start(struct marking *k, struct starts *s, uint32_t token, uint32_t side,
                      const struct aq_query_phrase *span)
{
    if (!aq_grow(&s->items, &s->cap, s->count + 1, sizeof *s->items)) {
        k->failed = true;
        return;
    }
    s->items[s->count++] = (struct start){.position = k->positions[token], .token = token, .side = side, .span = span};
}

/* In order of position. */
static void find_starts(struct marking *k, const struct aq_query_near *near, struct starts *s)
{
    uint32_t found[AQ_QUERY_PHRASE];
    s->count = 0;
    for (uint32_t t = 0; t < k->count; t++) {
        if (k->terms[t] == AQ_NO_TERM)
            continue;
        for (uint32_t side = 0; side < near->count; side++) {
            const struct aq_query_side *x = &near->sides[side];
            for (uint32_t i = 0; i < x->span_count; i++)
                if (phrase_at(k, &x->spans[i], t, found))
                    add_start(k, s, t, side, &x->spans[i]);
            for (uint32_t i = 0; i < x->pattern_count; i++)
                if (is_member(k, t, &k->q->patterns[x->patterns[i]]))
                    add_start(k, s, t, side, NULL);
        }
    }
}

/* One more than the index of the last start at the position of start i. */
static size_t group_end(const struct starts *s, size_t i)
{
    uint32_t position = s->items[i].position;
    while (i < s->count && s->items[i].position == position)
        i++;
    return i;
}

/* A start holds when the latest beginning of what leads to it and the earliest end of what
 * goes on from it are near enough: one pass forwards and one backwards. */
static void hold_in_order(struct starts *s, const struct aq_query_near *near)
{
    uint32_t reached[AQ_QUERY_PHRASE], last = near->count - 1;
    memset(reached, 0xFF, sizeof reached); /* by side: the latest beginning; NOWHERE */
    for (size_t i = 0, end; i < s->count; i = end) {
        end = group_end(s, i); /* no two sides share a position */
        for (size_t k = i; k < end; k++)
            s->items[k].first = s->items[k].side ? reached[s->items[k].side - 1] : s->items[k].position;
        for (size_t k = i; k < end; k++)
            if (s->items[k].first != NOWHERE)
                reached[s->items[k].side] = s->items[k].first;
    }
    memset(reached, 0xFF, sizeof reached); /* the earliest end */
    for (size_t end = s->count, i; end > 0; end = i) {
        i = end - 1;
        while (i > 0 && s->items[i - 1].position == s->items[i].position)
            i--;
        uint32_t ends[AQ_QUERY_PHRASE];
        memcpy(ends, reached, sizeof ends);
        for (size_t k = i; k < end; k++) {
            struct start *x = &s->items[k];
            uint32_t to = x->side == last ? x->position : ends[x->side + 1];
            x->holds = x->first != NOWHERE && to != NOWHERE && to - x->first <= near->distance;
            if (to != NOWHERE)
                reached[x->side] = to;
        }
    }
}

/* What lies in a stretch with all sides holds: any two of it are near enough. Sides that
 * could only share one word are not told apart beyond their number. */
static void hold_in_stretches(struct starts *s, const struct aq_query_near *near)
{
    uint32_t here[AQ_QUERY_PHRASE] = {0}, sides = 0, places = 0; /* of starts in [from, to) */
    size_t to = 0, held = 0;
    for (size_t from = 0, next; from < s->count; from = next) {
        for (size_t end; to < s->count && s->items[to].position - s->items[from].position <= near->distance; to = end) {
            end = group_end(s, to);
            places++;
            for (size_t k = to; k < end; k++)
                sides += here[s->items[k].side]++ == 0;
        }
        if (sides == near->count && places >= near->count)
            for (held = held > from ? held : from; held < to; held++)
                s->items[held].holds = true;
        next = group_end(s, from);
        places--;
        for (size_t k = from; k < next; k++)
            sides -= --here[s->items[k].side] == 0;
    }
}

/* Finds the starts and which of them hold; whether any does. */
static bool find_near(struct marking *k, const struct aq_query_near *near, struct starts *s)
{
    bool any = false;
    for (int parted = 1; parted >= 0 && !any && !k->failed; parted--) {
        set_positions(k, parted);
        find_starts(k, near, s);
        if (near->ordered)
            hold_in_order(s, near);
        else
            hold_in_stretches(s, near);
        for (size_t i = 0; i < s->count && !any; i++)
            any = s->items[i].holds;
    }
    return any;
}

static void mark_near(struct marking *k, const struct aq_query_near *near, struct starts *s)
{
    if (!find_near(k, near, s))
        return;
    for (size_t i = 0; i < s->count; i++) {
        if (!s->items[i].holds)
            continue;
        if (s->items[i].span)
            mark_phrase_at(k, s->items[i].span, s->items[i].token);
        else
            mark(k, s->items[i].token, k->terms[s->items[i].token]);
    }
}

/* ---- trees ---- */

static bool is_leaf(const struct aq_query_node *n)
{
    return n->kind < AQ_NODE_ROW || n->kind == AQ_NODE_NEAR;
}

static bool word_found(const struct marking *k, const struct aq_query_word *w, bool whole)
{
    uint32_t here = 0, live = 0;
    for (uint32_t i = 0; i < w->part_count; i++) {
        live += k->q->terms[w->parts[i]].df > 0;
        here += k->present[w->parts[i]];
    }
    return here > 0 && (!whole || here >= live);
}

static bool pattern_found(const struct marking *k, const struct aq_query_pattern *p)
{
    for (uint32_t i = 0; i < k->count; i++)
        if (k->terms[i] != AQ_NO_TERM && is_member(k, i, p))
            return true;
    return false;
}

static bool leaf_found(struct marking *k, const struct aq_query_node *n, struct starts *s)
{
    switch ((enum aq_node_kind)n->kind) {
    case AQ_NODE_WORD:
        return word_found(k, &k->q->words[n->leaf], n->whole);
    case AQ_NODE_PREFIX:
    case AQ_NODE_FUZZY:
        return pattern_found(k, &k->q->patterns[n->leaf]);
    case AQ_NODE_PHRASE:
    case AQ_NODE_NEAR:
        return find_near(k, &k->q->nears[n->leaf], s);
    default:
        return true; /* a field: not of the text */
    }
}

static bool inner_found(const struct aq_query *q, uint32_t at, const bool *found)
{
    bool row = q->nodes[at].kind == AQ_NODE_ROW, all = row || q->nodes[at].kind == AQ_NODE_AND;
    bool must = false, may = false, any = false;
    for (uint32_t c = at + 1; c < q->nodes[at].end; c = q->nodes[c].end) {
        const struct aq_query_node *n = &q->nodes[c];
        if (n->dead)
            continue;
        bool holds = found[c] != (n->occur == AQ_MUST_NOT);
        bool optional = !all || (row && n->occur == AQ_SHOULD);
        if (!optional && !holds)
            return false;
        must |= !optional && n->occur != AQ_MUST_NOT && n->kind != AQ_NODE_FIELD;
        may |= optional;
        any |= optional && holds;
    }
    return any || !may || (row && must);
}

/* By node: whether it is found and, where all of the query is, so is each that it stands
 * in. A part of a hit may lack what its title has: then leaves count alone. */
static bool *find_parts(struct marking *k, struct starts *s)
{
    const struct aq_query *q = k->q;
    bool *found = aq_arena_alloc(&k->m->arena, q->node_count * sizeof *found);
    uint32_t around[AQ_TREE_DEPTH + 1];
    if (!found)
        return NULL;
    for (size_t i = q->node_count; i-- > 0;)
        found[i] = !q->nodes[i].dead &&
                   (is_leaf(&q->nodes[i]) ? leaf_found(k, &q->nodes[i], s) : inner_found(q, (uint32_t)i, found));
    for (uint32_t i = 0; i < q->node_count && found[0]; i++) {
        around[q->nodes[i].depth] = i;
        found[i] = found[i] && (i == 0 || found[around[q->nodes[i].depth - 1]]);
    }
    return found;
}

static void mark_word(struct marking *k, const struct aq_query_word *w)
{
    for (uint32_t i = 0; i < k->count; i++)
        for (uint32_t x = 0; x < w->scored_count && k->terms[i] != AQ_NO_TERM; x++)
            if (w->scored[x] == k->terms[i])
                mark(k, i, k->terms[i]);
}

static void mark_pattern(struct marking *k, const struct aq_query_pattern *p)
{
    for (uint32_t i = 0; i < k->count; i++)
        if (k->terms[i] != AQ_NO_TERM && is_member(k, i, p))
            mark(k, i, k->terms[i]);
}

static bool mark_tree(struct marking *k)
{
    const struct aq_query *q = k->q;
    struct starts s = {0};
    bool *found = find_parts(k, &s);
    k->failed |= !found;
    bool matches = found && found[0];
    for (size_t i = 0; i < q->node_count && !k->failed; i++) {
        const struct aq_query_node *n = &q->nodes[i];
        if (!found[i] || n->literal)
            continue;
        if (n->kind == AQ_NODE_WORD)
            mark_word(k, &q->words[n->leaf]);
        else if (n->kind == AQ_NODE_PREFIX || n->kind == AQ_NODE_FUZZY)
            mark_pattern(k, &q->patterns[n->leaf]);
        else if (n->kind == AQ_NODE_PHRASE || n->kind == AQ_NODE_NEAR)
            mark_near(k, &q->nears[n->leaf], &s);
    }
    free(s.items);
    return matches;
}

/* ---- all of a text ---- */

static int by_place(const void *x, const void *y)
{
    const struct aq_mark *a = x, *b = y;
    if (a->begin != b->begin)
        return a->begin < b->begin ? -1 : 1;
    if (a->end != b->end)
        return a->end < b->end ? -1 : 1;
    return (a->term > b->term) - (a->term < b->term);
}

/* Leaves may have marked a word twice. */
static bool sort_marks(struct marking *k)
{
    struct aq_marker *m = k->m;
    size_t n = 0;
    if (m->count == 0)
        return true;
    uint32_t *last = aq_arena_zalloc(&m->arena, k->q->term_count * sizeof *last); /* by term: one more than its index */
    if (!last)
        return false;
    qsort(m->marks, m->count, sizeof *m->marks, by_place);
    for (size_t i = 0; i < m->count; i++) {
        struct aq_mark x = m->marks[i];
        if (n && by_place(&x, &m->marks[n - 1]) == 0)
            continue;
        x.since = last[x.term];
        m->marks[n++] = x;
        last[x.term] = (uint32_t)n;
    }
    m->count = n;
    return true;
}

enum aq_status aq_mark_text(struct aq_marker *m, struct aq_analyzer *a, const struct aq_query *q,
                            struct aq_slice text, struct aq_error *err)
{
    struct marking k = {.m = m, .q = q, .text = text};
    size_t count;
    m->count = 0;
    m->matches = false;
    if (text.len == 0 || q->term_count == 0)
        return AQ_OK;
    enum aq_status st = aq_analyze(a, text, &k.tokens, &count);
    if (st)
        return st == AQ_NOMEM ? aq_fail_nomem(err) : aq_fail(err, st, "a passage could not be analyzed");
    k.count = (uint32_t)count;
    if (!read_text(&k, a))
        return aq_fail_nomem(err);
    m->matches = q->tree ? mark_tree(&k) : mark_flat(&k);
    return k.failed || !sort_marks(&k) ? aq_fail_nomem(err) : AQ_OK;
}

uint32_t aq_mark_ranges(const struct aq_marker *m, struct aq_slice text, struct aq_range within, struct aq_range *out)
{
    uint32_t n = 0;
    for (size_t i = 0; i < m->count; i++) {
        const struct aq_mark *k = &m->marks[i];
        if (k->begin < within.begin || k->end > within.end)
            continue;
        /* Where a script has no spaces, words end inside of characters. */
        uint32_t begin = (uint32_t)aq_cluster_floor(text, k->begin), end = (uint32_t)aq_cluster_ceiling(text, k->end);
        if (begin < within.begin)
            begin = within.begin;
        if (end > within.end)
            end = within.end;
        if (n && begin <= out[n - 1].end) {
            if (end > out[n - 1].end)
                out[n - 1].end = end;
        } else {
            out[n++] = (struct aq_range){begin, end};
        }
    }
    return n;
}
