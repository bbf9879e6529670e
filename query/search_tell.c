/* search_tell.c - see search.h: what was passed over, added or better written otherwise. */
#include "explain.h"
#include "search.h"
#include "spelling.h"

/* Whether it stands in the query; else it is of a synonym. */
static bool was_typed(const struct aq_search_run *s, struct aq_slice text)
{
    struct aq_slice query = s->request->query;
    return text.ptr >= query.ptr && text.ptr + text.len <= query.ptr + query.len;
}

static enum aq_status copy_all(struct aq_arena *arena, struct aq_slice *items, uint32_t count,
                              struct aq_error *err)
{
    for (uint32_t i = 0; i < count; i++)
        if (!(items[i] = aq_arena_copy(arena, items[i])).ptr)
            return aq_fail_nomem(err);
    return AQ_OK;
}

static enum aq_status copy_ignored(struct aq_search_run *s, struct aq_result *result, struct aq_arena *arena,
                                   struct aq_error *err)
{
    const struct aq_query *q = &s->query;
    size_t room = q->term_count + q->form_count + q->pattern_count + 1;
    struct aq_slice *out = aq_arena_alloc(arena, room * sizeof *out);
    if (!out)
        return aq_fail_nomem(err);
    uint32_t all = aq_query_ignored(q, out), n = 0;
    for (uint32_t i = 0; i < all; i++)
        if (was_typed(s, out[i]))
            out[n++] = out[i];
    result->ignored = out;
    result->ignored_count = n;
    return copy_all(arena, out, n, err);
}

/* Those that the index can have, each once. */
static enum aq_status copy_synonyms(struct aq_search_run *s, struct aq_result *result, struct aq_arena *arena,
                                    struct aq_error *err)
{
    const struct aq_query *q = &s->query;
    struct aq_slice *out = aq_arena_alloc(arena, (q->node_count + 1) * sizeof *out);
    uint32_t n = 0;
    if (!out)
        return aq_fail_nomem(err);
    for (uint32_t i = 0; i < q->node_count; i++) {
        const struct aq_query_node *same = &q->nodes[i];
        if (same->kind != AQ_NODE_SAME || same->dead)
            continue;
        for (uint32_t c = i + 1; c < same->end; c = q->nodes[c].end) {
            struct aq_slice name = q->nodes[c].typed;
            bool told = q->nodes[c].dead || was_typed(s, name);
            for (uint32_t k = 0; k < n && !told; k++)
                told = aq_slice_eq(out[k], name);
            if (!told)
                out[n++] = name;
        }
    }
    result->synonyms = out;
    result->synonym_count = n;
    return copy_all(arena, out, n, err);
}

/* The words that stand alone in the query, not in exclusions, phrases or patterns, each
 * once; returns whether one of them is worth looking for a better one. */
static bool find_doubted(const struct aq_search_run *s, struct aq_spelling_word *words, size_t *count)
{
    const struct aq_query *q = &s->query;
    bool any = false;
    *count = 0;
    for (size_t i = 0; i < q->node_count; i++) {
        const struct aq_query_node *n = &q->nodes[i];
        if (n->kind != AQ_NODE_WORD || n->literal || q->words[n->leaf].scored_count != 1)
            continue;
        const struct aq_query_term *t = &q->terms[q->words[n->leaf].scored[0]];
        /* One that was said before, alone or in a phrase, is `typed` there. */
        if (!was_typed(s, t->typed) || t->typed.ptr < n->typed.ptr ||
            t->typed.ptr + t->typed.len > n->typed.ptr + n->typed.len)
            continue;
        words[(*count)++] = (struct aq_spelling_word){t->typed, t->df};
        any |= aq_spelling_doubts(&s->txn, t->df);
    }
    return any;
}

static enum aq_status suggest(struct aq_search_run *s, struct aq_result *result, struct aq_arena *arena,
                              struct aq_error *err)
{
    struct aq_slice better;
    size_t count;
    if (s->request->flags & (AQ_QUERY_PLAIN | AQ_NO_TEXT))
        return AQ_OK;
    struct aq_spelling_word *words = aq_arena_alloc(s->arena, (s->query.node_count + 1) * sizeof *words);
    if (!words)
        return aq_fail_nomem(err);
    if (!find_doubted(s, words, &count))
        return AQ_OK;
    enum aq_status st = aq_spelling_suggest(&s->txn, s->reader->analyzer, s->request->query, words, count, s->arena,
                                            &better, err);
    if (!st && better.len && !(result->suggestion = aq_arena_copy(arena, better)).ptr)
        st = aq_fail_nomem(err);
    return st;
}

static enum aq_status explain(struct aq_search_run *s, struct aq_result *result, struct aq_arena *arena,
                              struct aq_error *err)
{
    struct aq_explanation *out = &result->explanation;
    if (!(s->request->flags & AQ_EXPLAIN))
        return AQ_OK;
    out->k1 = s->model->k1;
    out->b = s->model->b;
    out->average_length = s->model->average;
    out->passages = s->model->passages;
    return aq_explain_query(&s->query, arena, out, err);
}

enum aq_status aq_search_tell(struct aq_search_run *s, struct aq_result *result, struct aq_arena *arena,
                              struct aq_error *err)
{
    enum aq_status st = copy_ignored(s, result, arena, err);
    if (!st)
        st = copy_synonyms(s, result, arena, err);
    if (!st)
        st = suggest(s, result, arena, err);
    if (!st)
        st = aq_expand_tell(s, arena, result, err);
    return st ? st : explain(s, result, arena, err);
}
