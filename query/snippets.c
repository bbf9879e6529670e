/* snippets.c - see snippets.h. The best window is taken, then the next best, where terms
 * that are shown already count half. */
#include "snippets.h"

#include "text_edges.h"

struct window {
    struct aq_range range;
    double worth;
};

/* A passage that windows may come from. */
struct part {
    uint32_t ordinal;
    uint8_t quote_depth;
    struct aq_slice text;
    struct aq_marker own;          /* of other passages than the one that was hit */
    const struct aq_marker *marks;
    struct window next;            /* its best window besides those taken */
    struct aq_range taken[AQ_SNIPPETS_MOST]; /* ascending */
    uint32_t taken_count;
};

struct choosing {
    const struct aq_snippets_source *source;
    struct part *parts;
    size_t count, cap;
    bool *shown; /* by term */
    struct aq_error *err;
};

/* ---- passages ---- */

static enum aq_status add_part(struct choosing *c, uint32_t ordinal, bool hit)
{
    const struct aq_snippets_source *s = c->source;
    const struct aq_passage *p = &s->comment->passages[ordinal];
    if (!aq_grow(&c->parts, &c->cap, c->count + 1, sizeof *c->parts))
        return aq_fail_nomem(c->err);
    struct part *x = &c->parts[c->count];
    *x = (struct part){.ordinal = ordinal,
                       .quote_depth = p->quote_depth,
                       .text = aq_slice(s->comment->text.ptr + p->begin, p->end - p->begin)};
    if (!hit) {
        enum aq_status st = aq_mark_text(&x->own, s->analyzer, s->query, x->text, c->err);
        if (st || !x->own.matches) {
            aq_marker_free(&x->own);
            return st;
        }
    }
    c->count++;
    return AQ_OK;
}

/* The passage that was hit, then its neighbours, ever farther away. */
static enum aq_status add_parts(struct choosing *c)
{
    const struct aq_snippets_source *s = c->source;
    const struct aq_passage *passages = s->comment->passages;
    uint32_t count = s->comment->passage_count, limit = AQ_SNIPPETS_TEXT;
    enum aq_status st = add_part(c, s->ordinal, true);
    for (uint32_t far = 1; far < count && s->others && limit && !st; far++) {
        const uint32_t beside[] = {s->ordinal + far, s->ordinal - far}; /* which wraps before the first */
        for (size_t i = 0; i < AQ_COUNT(beside) && limit && !st; i++) {
            if (beside[i] >= count || passages[beside[i]].quote_depth > passages[s->ordinal].quote_depth)
                continue;
            uint32_t len = passages[beside[i]].end - passages[beside[i]].begin;
            limit = len < limit ? limit - len : 0;
            st = add_part(c, beside[i], false);
        }
    }
    for (size_t i = 0; i < c->count; i++) /* they stay where they are from here on */
        c->parts[i].marks = i ? &c->parts[i].own : s->marks;
    return st;
}

/* ---- windows ---- */

/* The best between those that are taken. */
static void find_next(const struct choosing *c, struct part *p)
{
    struct aq_snippet_source s = {p->text, p->marks, c->source->query, c->shown};
    uint32_t from = 0;
    p->next = (struct window){.worth = 0};
    for (uint32_t i = 0; i <= p->taken_count; i++) {
        struct window w;
        struct aq_range free = {from, i < p->taken_count ? p->taken[i].begin : (uint32_t)p->text.len};
        w.range = aq_snippet_window(&s, free, AQ_SNIPPETS_COLUMNS, &w.worth);
        if (w.worth > p->next.worth)
            p->next = w;
        if (i < p->taken_count)
            from = p->taken[i].end;
    }
}

static void take(const struct choosing *c, struct part *p, struct aq_range range)
{
    uint32_t at = p->taken_count++;
    for (; at > 0 && p->taken[at - 1].begin > range.begin; at--)
        p->taken[at] = p->taken[at - 1];
    p->taken[at] = range;
    for (size_t i = 0; i < p->marks->count; i++)
        if (p->marks->marks[i].begin >= range.begin && p->marks->marks[i].end <= range.end)
            c->shown[p->marks->marks[i].term] = true;
}

static double worth_of_shown(const struct choosing *c)
{
    double worth = 0;
    for (size_t i = 0; i < c->source->query->term_count; i++)
        worth += c->shown[i] ? c->source->query->terms[i].weight : 0;
    return worth;
}

/* What is worth it: an eighth of the first window, so that one of four words is, and a word
 * like "the" is not. */
static void choose(struct choosing *c)
{
    take(c, &c->parts[0], c->source->first);
    double least = worth_of_shown(c) / 8;
    for (size_t i = 0; i < c->count; i++)
        find_next(c, &c->parts[i]);
    for (uint32_t n = 1; n < c->source->most;) {
        struct part *best = &c->parts[0];
        for (size_t i = 1; i < c->count; i++)
            if (c->parts[i].next.worth > best->next.worth)
                best = &c->parts[i];
        if (best->next.worth <= 0 || best->next.worth < least)
            return;
        double before = best->next.worth;
        find_next(c, best); /* more is shown since it was looked at */
        if (best->next.worth < before)
            continue;
        take(c, best, best->next.range);
        find_next(c, best);
        n++;
    }
}

/* ---- handing out ---- */

static int by_ordinal(const void *x, const void *y)
{
    const struct part *a = x, *b = y;
    return (a->ordinal > b->ordinal) - (a->ordinal < b->ordinal);
}

/* Windows with nothing but white space between them are one. */
static void join(struct part *p)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->taken_count; i++) {
        if (n && aq_text_is_blank(p->text, p->taken[n - 1].end, p->taken[i].begin))
            p->taken[n - 1].end = p->taken[i].end;
        else
            p->taken[n++] = p->taken[i];
    }
    p->taken_count = n;
}

enum aq_status aq_snippet_copy(struct aq_slice from, const struct aq_marker *marks, struct aq_range range,
                               struct aq_arena *arena, struct aq_snippet *out)
{
    struct aq_slice text = aq_arena_copy(arena, aq_slice(from.ptr + range.begin, range.end - range.begin));
    struct aq_range *ranges = aq_arena_alloc(arena, (marks->count + 1) * sizeof *ranges);
    if (!text.ptr || !ranges)
        return AQ_NOMEM;
    uint32_t count = aq_mark_ranges(marks, from, range, ranges);
    for (uint32_t i = 0; i < count; i++)
        ranges[i] = (struct aq_range){ranges[i].begin - range.begin, ranges[i].end - range.begin};
    out->text = text;
    out->ranges = ranges;
    out->range_count = count;
    out->goes_before = range.begin > 0;
    out->goes_on = range.end < from.len;
    return AQ_OK;
}

static enum aq_status hand_out_all(struct choosing *c, struct aq_arena *arena, const struct aq_snippet **out,
                                   uint32_t *count)
{
    struct aq_snippet *snippets = aq_arena_alloc(arena, AQ_SNIPPETS_MOST * sizeof *snippets);
    enum aq_status st = snippets ? AQ_OK : AQ_NOMEM;
    uint32_t n = 0;
    qsort(c->parts, c->count, sizeof *c->parts, by_ordinal);
    for (size_t i = 0; i < c->count; i++) {
        struct part *p = &c->parts[i];
        if (p->marks != c->source->marks)
            p->marks = &p->own; /* sorting has moved it */
        join(p);
        for (uint32_t k = 0; k < p->taken_count && !st; k++) {
            if (p->taken[k].end == p->taken[k].begin) /* a title alone has no text */
                continue;
            snippets[n] = (struct aq_snippet){.ordinal = p->ordinal, .quote_depth = p->quote_depth};
            st = aq_snippet_copy(p->text, p->marks, p->taken[k], arena, &snippets[n++]);
        }
    }
    *out = snippets;
    *count = st ? 0 : n;
    return st;
}

enum aq_status aq_snippets_make(const struct aq_snippets_source *s, struct aq_arena *arena,
                                const struct aq_snippet **out, uint32_t *count, struct aq_error *err)
{
    struct choosing c = {.source = s, .err = err};
    *out = NULL;
    *count = 0;
    c.shown = calloc(s->query->term_count + 1, sizeof *c.shown);
    enum aq_status st = c.shown ? add_parts(&c) : aq_fail_nomem(err);
    if (!st) {
        choose(&c);
        if (hand_out_all(&c, arena, out, count))
            st = aq_fail_nomem(err);
    }
    for (size_t i = 0; i < c.count; i++)
        aq_marker_free(&c.parts[i].own);
    free(c.parts);
    free(c.shown);
    return st;
}
