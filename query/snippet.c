/* snippet.c - see snippet.h. */
#include "snippet.h"

#include "utf8.h"

void aq_marker_free(struct aq_marker *m)
{
    free(m->marks);
    *m = (struct aq_marker){0};
}

/* ---- marking ---- */

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

enum aq_status aq_mark_ranges(const struct aq_marker *m, struct aq_arena *arena, const struct aq_range **ranges,
                              uint32_t *count)
{
    *ranges = NULL;
    *count = 0;
    if (m->count == 0)
        return AQ_OK;
    struct aq_range *out = aq_arena_alloc(arena, m->count * sizeof *out);
    uint32_t n = 0;
    if (!out)
        return AQ_NOMEM;
    for (size_t i = 0; i < m->count; i++) {
        const struct aq_mark *k = &m->marks[i];
        if (n && k->begin <= out[n - 1].end) {
            if (k->end > out[n - 1].end)
                out[n - 1].end = k->end;
        } else {
            out[n++] = (struct aq_range){k->begin, k->end};
        }
    }
    *ranges = out;
    *count = n;
    return AQ_OK;
}

/* ---- choosing ---- */

static bool is_lead(uint8_t byte)
{
    return (byte & 0xC0) != 0x80;
}

static uint32_t chars_in(struct aq_slice text, uint32_t begin, uint32_t end)
{
    uint32_t n = 0;
    for (uint32_t i = begin; i < end; i++)
        n += is_lead(text.ptr[i]);
    return n;
}

/* Marks i to the last that ends within the window that starts with i: what they
 * are worth, and how far they spread. */
static double worth(struct aq_slice text, const struct aq_marker *m, const struct aq_query *q, size_t i,
                    size_t *last, uint32_t *spread)
{
    double sum = 0;
    uint32_t chars = 0, at = m->marks[i].begin;
    *last = i;
    *spread = 0;
    for (size_t k = i; k < m->count; k++) {
        const struct aq_mark *x = &m->marks[k];
        if (x->end > at) {
            chars += chars_in(text, at, x->end);
            at = x->end;
        }
        if (chars > AQ_SNIPPET_CHARS && k > i)
            break;
        if (x->since <= i) { /* new in this window */
            sum += q->terms[x->term].weight;
            *last = k;
            *spread = chars;
        }
    }
    return sum;
}

static bool is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Whether a sentence may begin at i: at the start, after a line's end, or after a
 * stop, closing marks and a space. */
static bool sentence_begins(struct aq_slice text, uint32_t i)
{
    if (i == 0)
        return true;
    if (is_space(text.ptr[i]))
        return false;
    uint32_t k = i;
    bool space = false;
    while (k > 0 && is_space(text.ptr[k - 1])) {
        if (text.ptr[k - 1] == '\n')
            return true;
        space = true;
        k--;
    }
    while (space && k > 0 && strchr("\"')]*_", text.ptr[k - 1]) && text.ptr[k - 1])
        k--;
    if (space && k > 0 && strchr(".!?", text.ptr[k - 1]) && text.ptr[k - 1])
        return true;
    /* CJK stops (U+3002, U+FF01, U+FF1F) need no space; a curly quote may follow a stop. */
    if (k >= 3) {
        const uint8_t *p = text.ptr + k - 3;
        if (memcmp(p, "\xE3\x80\x82", 3) == 0 || memcmp(p, "\xEF\xBC\x81", 3) == 0 ||
            memcmp(p, "\xEF\xBC\x9F", 3) == 0)
            return true;
        if (space && k >= 4 && memcmp(p, "\xE2\x80\x9D", 3) == 0 && strchr(".!?", p[-1]) && p[-1])
            return true;
    }
    return false;
}

static bool word_begins(struct aq_slice text, uint32_t i)
{
    return i == 0 || (!is_space(text.ptr[i]) && is_space(text.ptr[i - 1]));
}

/* Where to begin with at most `budget` characters before `from`: at the nearest
 * sentence start, else at the first word start within a third of the budget. */
static uint32_t begin_before(struct aq_slice text, uint32_t from, uint32_t budget)
{
    uint32_t word = from, used = 0;
    for (uint32_t i = from;; i--) {
        if (!is_lead(text.ptr[i]))
            continue;
        if (sentence_begins(text, i))
            return i;
        if (used <= budget / 3 && word_begins(text, i))
            word = i;
        if (i == 0 || used++ == budget)
            return word;
    }
}

/* Where to end with at most `budget` characters from `from` on: at the last
 * sentence end in the second half, else at the last word end. */
static uint32_t end_after(struct aq_slice text, uint32_t from, uint32_t budget)
{
    uint32_t len = (uint32_t)text.len, i = from, used = 0, word = 0, sentence = 0;
    for (; i < len; i++) {
        if (is_lead(text.ptr[i]) && used++ == budget)
            break;
        if (i == from)
            continue;
        if (is_space(text.ptr[i]) && !is_space(text.ptr[i - 1]))
            word = i;
        if (used * 2 >= budget && sentence_begins(text, i))
            sentence = i;
    }
    if (i == len)
        return len;
    if (is_space(text.ptr[i]) && !is_space(text.ptr[i - 1]))
        word = i;
    return sentence ? sentence : word ? word : from < i && budget ? i : from;
}

struct aq_range aq_snippet_window(struct aq_slice text, const struct aq_marker *m, const struct aq_query *q)
{
    uint32_t len = (uint32_t)text.len;
    if (len <= AQ_SNIPPET_CHARS || chars_in(text, 0, len) <= AQ_SNIPPET_CHARS + AQ_SNIPPET_CHARS / 8)
        return (struct aq_range){0, len};

    uint32_t first = 0, last = 0, best_spread = 0;
    double best = 0;
    for (size_t i = 0; i < m->count; i++) {
        size_t to;
        uint32_t spread;
        double w = worth(text, m, q, i, &to, &spread);
        if (w > best || (w >= best && spread < best_spread)) {
            best = w;
            best_spread = spread;
            first = m->marks[i].begin;
            last = m->marks[to].end;
        }
    }
    uint32_t inside = chars_in(text, first, last);
    uint32_t budget = inside < AQ_SNIPPET_CHARS ? AQ_SNIPPET_CHARS - inside : 0;
    uint32_t begin = begin_before(text, first, budget * 3 / 4);
    inside = chars_in(text, begin, last);
    budget = inside < AQ_SNIPPET_CHARS ? AQ_SNIPPET_CHARS - inside : 0;
    uint32_t end = end_after(text, last, budget);
    if (end == len) { /* what is not needed behind serves in front */
        inside = chars_in(text, begin, end);
        budget = inside < AQ_SNIPPET_CHARS ? AQ_SNIPPET_CHARS - inside : 0;
        for (uint32_t i = begin; budget && i > 0; i--) {
            budget -= is_lead(text.ptr[i - 1]);
            if (is_lead(text.ptr[i - 1]) && word_begins(text, i - 1))
                begin = i - 1;
        }
    }
    while (begin < end && is_space(text.ptr[begin]))
        begin++;
    while (end > begin && is_space(text.ptr[end - 1]))
        end--;
    return (struct aq_range){begin, end};
}
