/* snippet.c - see snippet.h. Finding the edges is text_edges.c's. */
#include "snippet.h"

#include "text_edges.h"

/* The window that starts with mark i: what it is worth, its last mark, and how far they
 * spread. */
struct span {
    double worth;
    size_t first, last;
    uint32_t begin, end;
    unsigned spread;
};

static double weight_of(const struct aq_snippet_source *s, const struct aq_mark *m)
{
    double weight = s->query->terms[m->term].weight;
    return s->shown && s->shown[m->term] ? weight / 2 : weight;
}

/* Of marks i on, those that end within the columns. */
static struct span span_from(const struct aq_snippet_source *s, size_t i, uint32_t limit, unsigned columns)
{
    const struct aq_mark *marks = s->marks->marks;
    struct span out = {.first = i, .last = i, .begin = marks[i].begin, .end = marks[i].end};
    unsigned spread = 0;
    uint32_t at = marks[i].begin;
    for (size_t k = i; k < s->marks->count && marks[k].end <= limit; k++) {
        if (marks[k].end > at) {
            spread += aq_text_columns(s->text, at, marks[k].end, columns + 1);
            at = marks[k].end;
        }
        if (spread > columns && k > i)
            break;
        if (marks[k].since > i) /* the window has this term */
            continue;
        out.worth += weight_of(s, &marks[k]);
        out.last = k;
        out.end = at;
        out.spread = spread;
    }
    return out;
}

static bool better(const struct span *a, const struct span *b)
{
    return a->worth > b->worth || (a->worth >= b->worth && a->spread < b->spread);
}

static bool best_span(const struct aq_snippet_source *s, struct aq_range free, unsigned columns, struct span *best)
{
    bool found = false;
    for (size_t i = 0; i < s->marks->count; i++) {
        const struct aq_mark *m = &s->marks->marks[i];
        if (m->begin < free.begin || m->end > free.end)
            continue;
        struct span x = span_from(s, i, free.end, columns);
        if (found && !better(&x, best))
            continue;
        /* Who wrote to whom is seldom what was looked for. */
        if (aq_line_is_header(s->text, m->begin))
            x.worth *= 0.75;
        if (!found || better(&x, best))
            *best = x;
        found = true;
    }
    return found;
}

/* Whether leaving it out would save nearly nothing. */
static bool is_short(struct aq_slice text, uint32_t begin, uint32_t end, unsigned columns)
{
    return aq_text_columns(text, begin, end, columns + 1) <= columns;
}

/* What is left of the columns, and always enough to end a word. */
static unsigned left_of(unsigned columns, unsigned used)
{
    enum { LEAST = AQ_SNIPPET_OVER / 2 };
    return used + LEAST < columns ? columns - used : LEAST;
}

struct aq_range aq_snippet_window(const struct aq_snippet_source *s, struct aq_range free, unsigned columns,
                                  double *worth)
{
    struct span best = {.begin = free.begin, .end = free.begin};
    best_span(s, free, columns, &best);
    *worth = best.worth;
    struct aq_range w = {best.begin, best.end}, keep = w;
    if (is_short(s->text, free.begin, free.end, columns + AQ_SNIPPET_OVER / 2))
        return free.begin == 0 && free.end == s->text.len ? free : aq_text_trim(s->text, free, keep);

    unsigned used = aq_text_columns(s->text, w.begin, w.end, UINT32_MAX);
    w.begin = aq_edge_before(s->text, w.begin, free.begin, left_of(columns, used) * 3 / 4);
    used = aq_text_columns(s->text, w.begin, w.end, UINT32_MAX);
    w.end = aq_edge_after(s->text, w.end, free.end, left_of(columns, used));
    used = aq_text_columns(s->text, w.begin, w.end, UINT32_MAX);
    if (w.end == free.end && used < columns) /* what is not needed behind serves in front */
        w.begin = aq_edge_further(s->text, w.begin, free.begin, columns - used);
    else if (used < columns + AQ_SNIPPET_OVER / 2 && is_short(s->text, free.begin, w.begin, AQ_SNIPPET_OVER / 2))
        w.begin = free.begin;
    return aq_text_trim(s->text, w, keep);
}
