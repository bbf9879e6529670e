/* hits.c - see hits.h. Texts are read in order of comment, so that comments of one
 * frame cost one decompression; titles of threads in order of thread. */
#include "hits.h"

#include "quoting.h"
#include "reader.h"
#include "snippets.h"

struct work {
    const struct aq_hit_maker *maker;
    struct aq_hit *hits;
    struct aq_arena scratch; /* of one comment */
    struct aq_marker marker;
    uint32_t *threads; /* number of each hit's thread */
};

static bool copy(struct aq_arena *arena, struct aq_slice from, struct aq_slice *to)
{
    *to = (struct aq_slice){0};
    return from.len == 0 || (*to = aq_arena_copy(arena, from)).ptr;
}

/* What of it made it a hit. */
static const struct aq_query *query_of(const struct work *w, const struct aq_hit *h)
{
    return h->by_concepts ? w->maker->concepts : w->maker->query;
}

/* Marks the text; *ranges in the result's arena. */
static enum aq_status mark(struct work *w, const struct aq_query *query, struct aq_slice text,
                           const struct aq_range **ranges, uint32_t *count, struct aq_error *err)
{
    const struct aq_hit_maker *m = w->maker;
    enum aq_status st = aq_mark_text(&w->marker, m->analyzer, query, text, err);
    *ranges = NULL;
    *count = 0;
    if (st || w->marker.count == 0)
        return st;
    struct aq_range *out = aq_arena_alloc(m->arena, w->marker.count * sizeof *out);
    if (!out)
        return aq_fail_nomem(err);
    *count = aq_mark_ranges(&w->marker, text, (struct aq_range){0, (uint32_t)text.len}, out);
    *ranges = out;
    return AQ_OK;
}

/* Marks and window of the passage. */
static enum aq_status show_passage(struct work *w, struct aq_hit *h, struct aq_error *err)
{
    struct aq_snippet_source source = {.text = h->passage, .marks = &w->marker, .query = query_of(w, h)};
    double worth;
    enum aq_status st = mark(w, query_of(w, h), h->passage, &h->ranges, &h->range_count, err);
    if (!st)
        h->snippet = aq_snippet_window(&source, (struct aq_range){0, (uint32_t)h->passage.len}, AQ_SNIPPET_COLUMNS,
                                       &worth);
    return st;
}

/* Further windows, where there are marks at all. */
static enum aq_status show_more(struct work *w, struct aq_hit *h, const struct aq_comment *c,
                                const struct aq_candidate *x, struct aq_error *err)
{
    const struct aq_hit_maker *m = w->maker;
    struct aq_snippets_source source = {.comment = c,
                                        .ordinal = x->ordinal,
                                        .marks = &w->marker,
                                        .first = h->snippet,
                                        .others = !m->alone && x->matches != 1,
                                        .most = m->snippets,
                                        .analyzer = m->analyzer,
                                        .query = query_of(w, h)};
    return aq_snippets_make(&source, m->arena, &h->snippets, &h->snippet_count, err);
}

static enum aq_status make_hit(struct work *w, const struct aq_candidate *x, size_t at, struct aq_error *err)
{
    const struct aq_hit_maker *m = w->maker;
    struct aq_hit *h = &w->hits[at];
    struct aq_comment c;
    struct aq_facts f;
    aq_arena_reset(&w->scratch);
    *h = (struct aq_hit){.score = x->score,
                         .comment = x->comment,
                         .ordinal = x->ordinal,
                         .more = x->matches ? x->matches - 1 : 0,
                         .all_words = x->all_words,
                         .by_concepts = x->tier & AQ_TIER_CONCEPTS,
                         .whole = x->whole,
                         .quote_depth = x->tier & AQ_TIER_QUOTE ? 1 : 0,
                         .date = aq_column_get(m->txn, AQ_COL_DATE, x->comment),
                         .points = (int32_t)aq_column_get(m->txn, AQ_COL_SCORE, x->comment)};
    if (m->shares) {
        h->shares = m->shares[at].items;
        h->share_count = m->shares[at].count;
        h->length = m->shares[at].length;
        h->average_length = m->shares[at].average;
    }
    if (m->flags & AQ_NO_TEXT)
        return aq_reader_id(m->txn, x->comment, m->arena, &h->id, err);

    enum aq_status st = aq_reader_text(m->txn, x->comment, &w->scratch, &c, err);
    if (!st)
        st = aq_facts_get(m->txn, x->comment, m->arena, &f, err);
    const struct aq_passage *p;
    if (!st)
        st = aq_reader_passage(&c, x->comment, x->ordinal, &p, err);
    if (st)
        return st;
    h->quote_depth = p->quote_depth;
    h->thread = f.thread;
    h->author = f.author;
    h->source = f.source;
    h->tags = f.tags;
    h->tag_count = f.tag_count;
    w->threads[at] = f.thread_number;
    /* A title that stands alone is a passage without text of its own. */
    struct aq_slice part = p->end > p->begin ? aq_slice(c.text.ptr + p->begin, p->end - p->begin) : (struct aq_slice){0};
    if (!copy(m->arena, c.id, &h->id) || !copy(m->arena, c.parent, &h->parent) || !copy(m->arena, c.url, &h->url) ||
        !copy(m->arena, c.title, &h->title) || !copy(m->arena, part, &h->passage))
        return aq_fail_nomem(err);
    enum aq_status shown = aq_quoters(m->txn, x->comment, NULL, &h->quoted_by, err);
    if (!shown)
        shown = show_passage(w, h, err);
    return shown || m->snippets <= 1 ? shown : show_more(w, h, &c, x, err);
}

/* ---- titles ---- */

struct order {
    uint32_t key, at;
};

static int by_key(const void *x, const void *y)
{
    const struct order *a = x, *b = y;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return (a->at > b->at) - (a->at < b->at);
}

static enum aq_status make_titles(struct work *w, struct order *order, size_t count, struct aq_error *err)
{
    const struct aq_hit_maker *m = w->maker;
    struct aq_slice title = {0};
    size_t without = 0;
    for (size_t i = 0; i < count; i++)
        if (w->hits[i].title.len == 0 && w->threads[i] != AQ_NO_COMMENT)
            order[without++] = (struct order){w->threads[i], (uint32_t)i};
    if (without)
        qsort(order, without, sizeof *order, by_key);
    for (size_t i = 0; i < without; i++) {
        if (i == 0 || order[i].key != order[i - 1].key) {
            aq_arena_reset(&w->scratch);
            enum aq_status st = aq_thread_title(m->txn, order[i].key, &w->scratch, m->arena, &title, err);
            if (st)
                return st;
        }
        w->hits[order[i].at].title = title;
    }
    for (size_t i = 0; i < count; i++) {
        struct aq_hit *h = &w->hits[i];
        enum aq_status st = mark(w, query_of(w, h), h->title, &h->title_ranges, &h->title_range_count, err);
        if (st)
            return st;
    }
    return AQ_OK;
}

static enum aq_status make_all(struct work *w, struct order *order, const struct aq_candidate *found, size_t count,
                               struct aq_error *err)
{
    enum aq_status st = AQ_OK;
    for (size_t i = 0; i < count; i++) {
        order[i] = (struct order){found[i].comment, (uint32_t)i};
        w->threads[i] = found[i].comment; /* not needed for threads yet */
    }
    aq_comments_will_need(w->maker->txn, w->threads, count, !(w->maker->flags & AQ_NO_TEXT));
    for (size_t i = 0; i < count; i++)
        w->threads[i] = AQ_NO_COMMENT;
    qsort(order, count, sizeof *order, by_key);
    for (size_t i = 0; i < count && !st; i++)
        st = make_hit(w, &found[order[i].at], order[i].at, err);
    if (!st && !(w->maker->flags & AQ_NO_TEXT))
        st = make_titles(w, order, count, err);
    return st;
}

enum aq_status aq_hits_make(const struct aq_hit_maker *m, const struct aq_candidate *found, size_t count,
                            const struct aq_hit **hits, struct aq_error *err)
{
    struct work w = {.maker = m};
    enum aq_status st;
    *hits = NULL;
    if (count == 0)
        return AQ_OK;
    w.hits = aq_arena_zalloc(m->arena, count * sizeof *w.hits);
    w.threads = malloc(count * sizeof *w.threads);
    struct order *order = malloc(count * sizeof *order);
    if (w.hits && w.threads && order)
        st = make_all(&w, order, found, count, err);
    else
        st = aq_fail_nomem(err);
    if (!st && m->further)
        st = aq_hits_add_further(m, w.hits, count, err);
    *hits = w.hits;
    aq_marker_free(&w.marker);
    aq_arena_free(&w.scratch);
    free(w.threads);
    free(order);
    return st;
}
