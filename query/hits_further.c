/* hits_further.c - see hits.h. Texts are read in order of comment, as those of hits are. */
#include "hits.h"

#include "reader.h"
#include "snippets.h"

struct task {
    const struct aq_candidate *from;
    struct aq_further *to;
};

struct work {
    const struct aq_hit_maker *maker;
    struct aq_arena scratch; /* of one comment */
    struct aq_marker marker;
};

static int by_comment(const void *x, const void *y)
{
    const struct task *a = x, *b = y;
    return (a->from->comment > b->from->comment) - (a->from->comment < b->from->comment);
}

static enum aq_status show(struct work *w, const struct aq_comment *c, const struct aq_candidate *x,
                           struct aq_snippet *out, struct aq_error *err)
{
    const struct aq_hit_maker *m = w->maker;
    const struct aq_passage *p;
    enum aq_status st = aq_reader_passage(c, x->comment, x->ordinal, &p, err);
    if (st)
        return st;
    *out = (struct aq_snippet){.ordinal = x->ordinal, .quote_depth = p->quote_depth};
    if (p->end == p->begin) /* a title that stands alone */
        return AQ_OK;
    struct aq_snippet_source source = {
        .text = aq_slice(c->text.ptr + p->begin, p->end - p->begin), .marks = &w->marker, .query = m->query};
    double worth;
    st = aq_mark_text(&w->marker, m->analyzer, m->query, source.text, err);
    if (st)
        return st;
    struct aq_range window =
        aq_snippet_window(&source, (struct aq_range){0, (uint32_t)source.text.len}, AQ_SNIPPETS_COLUMNS, &worth);
    return aq_snippet_copy(source.text, &w->marker, window, m->arena, out) ? aq_fail_nomem(err) : AQ_OK;
}

static enum aq_status make(struct work *w, const struct task *t, struct aq_error *err)
{
    const struct aq_hit_maker *m = w->maker;
    const struct aq_candidate *x = t->from;
    struct aq_comment c;
    struct aq_facts f;
    aq_arena_reset(&w->scratch);
    *t->to = (struct aq_further){.score = x->score,
                                 .comment = x->comment,
                                 .all_words = x->all_words,
                                 .whole = x->whole,
                                 .date = aq_column_get(m->txn, AQ_COL_DATE, x->comment),
                                 .points = (int32_t)aq_column_get(m->txn, AQ_COL_SCORE, x->comment)};
    if (m->flags & AQ_NO_TEXT)
        return aq_reader_id(m->txn, x->comment, m->arena, &t->to->id, err);
    enum aq_status st = aq_reader_text(m->txn, x->comment, &w->scratch, &c, err);
    if (!st)
        st = aq_facts_get(m->txn, x->comment, m->arena, &f, err);
    if (st)
        return st;
    t->to->author = f.author;
    t->to->id = aq_arena_copy(m->arena, c.id);
    t->to->url = c.url.len ? aq_arena_copy(m->arena, c.url) : (struct aq_slice){0};
    if (!t->to->id.ptr || (c.url.len && !t->to->url.ptr))
        return aq_fail_nomem(err);
    return show(w, &c, x, &t->to->snippet, err);
}

static enum aq_status make_all(struct work *w, struct task *tasks, uint32_t *numbers, size_t count, struct aq_error *err)
{
    enum aq_status st = AQ_OK;
    qsort(tasks, count, sizeof *tasks, by_comment);
    for (size_t i = 0; i < count; i++)
        numbers[i] = tasks[i].from->comment;
    aq_comments_will_need(w->maker->txn, numbers, count, !(w->maker->flags & AQ_NO_TEXT));
    for (size_t i = 0; i < count && !st; i++)
        st = make(w, &tasks[i], err);
    return st;
}

enum aq_status aq_hits_add_further(const struct aq_hit_maker *m, struct aq_hit *hits, size_t count, struct aq_error *err)
{
    struct work w = {.maker = m};
    size_t all = 0;
    for (size_t i = 0; i < count; i++)
        all += m->further[i].count;
    struct aq_further *out = aq_arena_zalloc(m->arena, (all + 1) * sizeof *out);
    struct task *tasks = malloc((all + 1) * sizeof *tasks);
    uint32_t *numbers = malloc((all + 1) * sizeof *numbers);
    bool room = out && tasks && numbers;
    enum aq_status st = room ? AQ_OK : aq_fail_nomem(err);
    for (size_t i = 0, at = 0; room && i < count; i++) {
        hits[i].further = out + at;
        hits[i].further_count = m->further[i].count;
        hits[i].further_comments = m->further[i].comments;
        for (uint32_t k = 0; k < m->further[i].count; k++, at++)
            tasks[at] = (struct task){&m->further[i].items[k], out + at};
    }
    if (room && all)
        st = make_all(&w, tasks, numbers, all, err);
    aq_marker_free(&w.marker);
    aq_arena_free(&w.scratch);
    free(tasks);
    free(numbers);
    return st;
}
