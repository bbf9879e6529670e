/* marks.c - see marks.h. */
#include "marks.h"

#include "clusters.h"

void aq_marker_free(struct aq_marker *m)
{
    free(m->marks);
    *m = (struct aq_marker){0};
}

static bool mark(struct aq_marker *m, const struct aq_token *t, uint32_t term)
{
    if (!aq_grow(&m->marks, &m->cap, m->count + 1, sizeof *m->marks))
        return false;
    m->marks[m->count++] = (struct aq_mark){t->begin, t->end, term, 0};
    return true;
}

/* The token of `lexeme` at `position`, looking on from `from`; NULL when none. */
static const struct aq_token *token_at(const struct aq_token *from, const struct aq_token *end, uint32_t position,
                                       uint32_t lexeme)
{
    for (; from < end && from->position <= position; from++)
        if (from->position == position && from->lexeme == lexeme)
            return from;
    return NULL;
}

static bool paragraph_between(struct aq_slice text, const struct aq_token *a, const struct aq_token *b)
{
    return b->begin > a->end && memmem(text.ptr + a->end, b->begin - a->end, "\n\n", 2);
}

/* Where the phrase stands from token `first` on: its tokens to found. */
static bool phrase_at(const struct aq_query_phrase *p, struct aq_slice text, const struct aq_token *tokens,
                      const struct aq_token *first, const struct aq_token *end, bool strict,
                      const struct aq_token *found[AQ_QUERY_PHRASE])
{
    if (first->lexeme != p->elements[0].lexeme)
        return false;
    /* A whole stands before its parts at their position: begin where that does. */
    const struct aq_token *from = first;
    while (from > tokens && from[-1].position == first->position)
        from--;
    found[0] = first;
    for (uint32_t i = 1; i < p->count; i++) {
        const struct aq_query_element *e = &p->elements[i];
        found[i] = token_at(from, end, first->position + e->offset, e->lexeme);
        if (!found[i] || (strict && paragraph_between(text, found[i - 1], found[i])))
            return false;
    }
    return true;
}

/* The index parts blocks of a passage by a gap in positions that its text alone does
 * not show: phrases within paragraphs first, and any if there is none. */
static bool mark_phrase(struct aq_marker *m, const struct aq_query_phrase *p, struct aq_slice text,
                        const struct aq_token *tokens, size_t count)
{
    const struct aq_token *end = tokens + count;
    size_t before = m->count;
    for (int strict = 1; strict >= 0 && m->count == before; strict--) {
        for (const struct aq_token *first = tokens; first < end; first++) {
            const struct aq_token *found[AQ_QUERY_PHRASE];
            if (!phrase_at(p, text, tokens, first, end, strict, found))
                continue;
            for (uint32_t i = 0; i < p->count; i++)
                if (!mark(m, found[i], p->elements[i].term))
                    return false;
        }
    }
    return true;
}

static int by_place(const void *x, const void *y)
{
    const struct aq_mark *a = x, *b = y;
    if (a->begin != b->begin)
        return a->begin < b->begin ? -1 : 1;
    if (a->end != b->end)
        return a->end < b->end ? -1 : 1;
    return (a->term > b->term) - (a->term < b->term);
}

enum aq_status aq_mark_text(struct aq_marker *m, struct aq_analyzer *a, const struct aq_query *q,
                            struct aq_slice text, struct aq_error *err)
{
    const struct aq_token *tokens;
    size_t count;
    m->count = 0;
    if (text.len == 0 || q->term_count == 0)
        return AQ_OK;
    enum aq_status st = aq_analyze(a, text, &tokens, &count);
    if (st)
        return st == AQ_NOMEM ? aq_fail_nomem(err) : aq_fail(err, st, "a passage could not be analyzed");
    for (size_t i = 0; i < count; i++) {
        uint32_t term = aq_query_find(q, aq_analyzer_lexeme(a, tokens[i].lexeme)->term_id);
        if (term != AQ_NO_TERM && q->terms[term].loose && !mark(m, &tokens[i], term))
            return aq_fail_nomem(err);
    }
    for (size_t i = 0; i < q->phrase_count; i++)
        if (!q->phrases[i].dead && !mark_phrase(m, &q->phrases[i], text, tokens, count))
            return aq_fail_nomem(err);
    if (m->count)
        qsort(m->marks, m->count, sizeof *m->marks, by_place);
    for (size_t i = 1; i < m->count; i++) {
        size_t k = i;
        while (k > 0 && m->marks[k - 1].term != m->marks[i].term)
            k--;
        m->marks[i].since = (uint32_t)k;
    }
    return AQ_OK;
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
