/* explain.c - see explain.h. */
#include "explain.h"

#include "boolean.h"

/* ---- the query ---- */

struct words {
    struct aq_arena *arena;
    struct aq_explain_word *items;
    uint32_t count;
    size_t cap;
    bool failed;
};

static void add_word(struct words *w, struct aq_slice word, uint64_t count)
{
    struct aq_slice copy = aq_arena_copy(w->arena, word);
    if (!copy.ptr || !aq_grow(&w->items, &w->cap, w->count + 1, sizeof *w->items)) {
        w->failed = true;
        return;
    }
    w->items[w->count++] = (struct aq_explain_word){copy, count};
}

static void add_phrase(struct words *w, const struct aq_query *q, const struct aq_query_phrase *p)
{
    for (uint32_t i = 0; i < p->count; i++) {
        const struct aq_query_element *e = &p->elements[i];
        add_word(w, e->form == AQ_ANY_FORM ? q->terms[e->term].term : q->forms[e->form].form, q->terms[e->term].df);
    }
}

static void add_pattern(struct words *w, const struct aq_query *q, const struct aq_query_pattern *p)
{
    for (uint32_t i = 0; i < p->count; i++)
        if (q->forms[p->members[i].form].seen)
            add_word(w, q->forms[p->members[i].form].form, p->members[i].count);
}

static void add_near(struct words *w, const struct aq_query *q, const struct aq_query_near *near)
{
    for (uint32_t i = 0; i < near->count; i++) {
        for (uint32_t k = 0; k < near->sides[i].span_count; k++)
            add_phrase(w, q, &near->sides[i].spans[k]);
        for (uint32_t k = 0; k < near->sides[i].pattern_count; k++)
            add_pattern(w, q, &q->patterns[near->sides[i].patterns[k]]);
    }
}

static void add_words(struct words *w, const struct aq_query *q, const struct aq_query_node *n)
{
    switch ((enum aq_node_kind)n->kind) {
    case AQ_NODE_WORD:
        for (uint32_t i = 0; i < q->words[n->leaf].scored_count; i++) {
            const struct aq_query_term *t = &q->terms[q->words[n->leaf].scored[i]];
            add_word(w, t->term, t->df);
        }
        return;
    case AQ_NODE_PHRASE:
        if (q->tree)
            add_near(w, q, &q->nears[n->leaf]);
        else
            add_phrase(w, q, &(n->occur == AQ_MUST_NOT ? q->exclusions : q->phrases)[n->leaf]);
        return;
    case AQ_NODE_NEAR:
        add_near(w, q, &q->nears[n->leaf]);
        return;
    case AQ_NODE_PREFIX:
    case AQ_NODE_FUZZY:
        add_pattern(w, q, &q->patterns[n->leaf]);
        return;
    default:
        return;
    }
}

static const char *const kinds[] = {
    [AQ_NODE_WORD] = "word",   [AQ_NODE_PHRASE] = "phrase", [AQ_NODE_PREFIX] = "prefix", [AQ_NODE_FUZZY] = "fuzzy",
    [AQ_NODE_FIELD] = "field", [AQ_NODE_ROW] = "row",       [AQ_NODE_AND] = "and",       [AQ_NODE_OR] = "or",
    [AQ_NODE_NEAR] = "near",   [AQ_NODE_SAME] = "same"};

static bool explain_node(const struct aq_query *q, const struct aq_query_node *n, struct aq_arena *arena,
                         struct aq_explain_node *out)
{
    struct words w = {.arena = arena};
    *out = (struct aq_explain_node){.kind = kinds[n->kind],
                                    .typed = aq_arena_copy(arena, n->typed),
                                    .depth = n->depth,
                                    .occur = n->occur == AQ_MUST_NOT ? '-' : n->occur == AQ_MUST ? '+' : 0,
                                    .passed_over = n->dead,
                                    .boost = n->boost};
    add_words(&w, q, n);
    struct aq_explain_word *words = aq_arena_alloc(arena, (w.count + 1) * sizeof *words);
    if (words && w.count)
        memcpy(words, w.items, w.count * sizeof *words);
    out->words = words;
    out->word_count = w.count;
    free(w.items);
    return words && !w.failed && out->typed.ptr;
}

/* The outermost row's fields are no nodes of the query, but are shown as such. */
static bool explain_filter(const struct aq_query *q, struct aq_arena *arena, struct aq_explain_node *out,
                           uint32_t *count)
{
    const struct aq_query_fields *f = &q->fields[q->filter];
    for (size_t i = 0; i < f->count; i++) {
        struct aq_buf text = {0};
        aq_buf_puts(&text, aq_field_name(f->clauses[i].value->field));
        aq_buf_u8(&text, ':');
        aq_buf_put(&text, f->clauses[i].value->text.ptr, f->clauses[i].value->text.len);
        struct aq_slice typed = aq_arena_copy(arena, aq_slice(text.ptr, text.len));
        bool failed = text.failed || !typed.ptr;
        aq_buf_free(&text);
        if (failed)
            return false;
        out[(*count)++] = (struct aq_explain_node){
            .kind = "field", .typed = typed, .depth = 1, .occur = f->clauses[i].refused ? '-' : '+', .boost = 1};
    }
    return true;
}

enum aq_status aq_explain_query(const struct aq_query *q, struct aq_arena *arena, struct aq_explanation *out,
                                struct aq_error *err)
{
    size_t filters = q->filter == AQ_NO_FILTER ? 0 : q->fields[q->filter].count;
    struct aq_explain_node *nodes = aq_arena_alloc(arena, (q->node_count + filters + 1) * sizeof *nodes);
    uint32_t n = 0;
    if (!nodes)
        return aq_fail_nomem(err);
    if (q->node_count == 0 && filters)
        nodes[n++] = (struct aq_explain_node){.kind = "row", .boost = 1};
    for (size_t i = 0; i < q->node_count; i++)
        if (!explain_node(q, &q->nodes[i], arena, &nodes[n++]))
            return aq_fail_nomem(err);
    if (filters && !explain_filter(q, arena, nodes, &n))
        return aq_fail_nomem(err);
    out->nodes = nodes;
    out->node_count = n;
    return AQ_OK;
}

/* ---- hits ---- */

struct collected {
    const struct aq_query *query;
    struct aq_share *items;
    uint32_t count;
    size_t cap;
    bool failed;
};

static void collect(struct collected *c, uint32_t term, double tf, double boost, double share)
{
    const struct aq_query_term *t = &c->query->terms[term];
    if (!aq_grow(&c->items, &c->cap, c->count + 1, sizeof *c->items)) {
        c->failed = true;
        return;
    }
    c->items[c->count++] = (struct aq_share){.kind = "term",
                                             .typed = t->typed,
                                             .term = t->term,
                                             .tf = tf,
                                             .passages = t->df,
                                             .idf = t->idf,
                                             .boost = boost,
                                             .share = share};
}

static void visit(void *context, const struct aq_boolean_share *s)
{
    struct collected *c = context;
    collect(c, s->term, s->tf, c->query->nodes[s->node].boost, s->share);
}

static void visit_whole(void *context, const struct aq_evidence_share *s)
{
    struct collected *c = context;
    if (s->term != AQ_NO_TERM)
        collect(c, s->term, s->frequency, s->boost, s->share);
    else if (aq_grow(&c->items, &c->cap, c->count + 1, sizeof *c->items))
        c->items[c->count++] = (struct aq_share){.kind = s->kind, .share = s->share};
    else
        c->failed = true;
}

/* The same additions in the same order as the plans for flat queries make. */
static enum aq_status explain_flat(const struct aq_plan *p, struct aq_leaf *leaf, uint32_t docid,
                                   struct collected *c)
{
    struct aq_cursor *cursor = aq_arena_alloc(p->scratch, sizeof *cursor);
    if (!cursor)
        return AQ_NOMEM;
    for (uint32_t i = 0; i < p->query->term_count; i++) {
        double weight = p->query->terms[i].weight;
        if (weight <= 0 || leaf->lists[i].df == 0)
            continue;
        aq_leaf_cursor(leaf, i, cursor);
        bool here = aq_cursor_seek(cursor, docid) == docid;
        uint32_t tf = here ? aq_cursor_freq(cursor) : 0;
        if (cursor->bad)
            return AQ_CORRUPT;
        if (here)
            collect(c, i, tf, p->query->terms[i].times, aq_score(p->model, weight, tf, leaf->lengths[docid]));
    }
    return AQ_OK;
}

static enum aq_status explain_tree(const struct aq_plan *p, struct aq_leaf *leaf, uint32_t docid,
                                   struct collected *c)
{
    struct aq_boolean b;
    uint64_t mask[AQ_BOOLEAN_WORDS] = {0};
    uint32_t at = docid % AQ_BOOLEAN_WINDOW;
    enum aq_status st = aq_boolean_open(&b, p, leaf, p->scratch);
    if (st)
        return st;
    mask[at / 64] = (uint64_t)1 << (at % 64);
    aq_boolean_match(&b, docid - at, mask);
    aq_boolean_score(&b, docid, visit, c);
    return aq_boolean_bad(&b) ? AQ_CORRUPT : AQ_OK;
}

static enum aq_status explain_whole(const struct aq_plan *p, struct aq_txn *txn,
                                    const struct aq_evidence_request *evidence, const struct aq_candidate *hit,
                                    struct collected *c, struct aq_shares *out)
{
    struct aq_evidence_lengths lengths = {0};
    enum aq_status st = aq_evidence_explain(p, txn, evidence, hit, visit_whole, c, &lengths);
    out->length = lengths.comment;
    out->average = lengths.average;
    return st;
}

static enum aq_status explain_hit(const struct aq_plan *p, struct aq_txn *txn,
                                  const struct aq_evidence_request *evidence, const struct aq_candidate *hit,
                                  struct collected *c, struct aq_arena *arena, struct aq_shares *out)
{
    struct aq_leaf *leaf = &p->leaves[hit->leaf];
    c->count = 0;
    *out = (struct aq_shares){.whole = hit->whole, .length = leaf->lengths[hit->docid], .average = p->model->average};
    aq_arena_reset(p->scratch);
    enum aq_status st = hit->whole       ? explain_whole(p, txn, evidence, hit, c, out)
                        : p->query->tree ? explain_tree(p, leaf, hit->docid, c)
                                         : explain_flat(p, leaf, hit->docid, c);
    struct aq_share *items = aq_arena_alloc(arena, (c->count + 1) * sizeof *items);
    if (st || c->failed || !items)
        return st ? st : AQ_NOMEM;
    for (uint32_t i = 0; i < c->count; i++) {
        items[i] = c->items[i];
        if (items[i].term.len == 0)
            continue; /* a preference */
        items[i].typed = aq_arena_copy(arena, items[i].typed);
        items[i].term = aq_arena_copy(arena, items[i].term);
        if (!items[i].typed.ptr || !items[i].term.ptr)
            return AQ_NOMEM;
    }
    out->items = items;
    out->count = c->count;
    return AQ_OK;
}

enum aq_status aq_explain_hits(const struct aq_plan *p, struct aq_txn *txn, const struct aq_evidence_request *evidence,
                               const struct aq_candidate *hits, size_t count, struct aq_arena *arena, const struct aq_shares **out, struct aq_error *err)
{
    struct collected c = {.query = p->query};
    struct aq_shares *all = aq_arena_zalloc(arena, (count + 1) * sizeof *all);
    enum aq_status st = all ? AQ_OK : AQ_NOMEM;
    for (size_t i = 0; i < count && !st && p->query->scores; i++)
        st = explain_hit(p, txn, evidence, &hits[i], &c, arena, &all[i]);
    free(c.items);
    *out = all;
    if (st == AQ_NOMEM)
        return aq_fail_nomem(err);
    return st ? aq_fail(err, st, "a postings list is damaged; `aq check` tells which") : AQ_OK;
}
