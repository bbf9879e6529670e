/* search_further.c - see search.h. The threads of the hits are searched together once more,
 * hits by comment: their members lead where they are few, else all matches are looked at. */
#include "hits.h"
#include "search.h"

struct of_thread {
    uint32_t thread, hit;
};

/* What is kept of each thread: as many as are put in order anew, else as many as are told and
 * the hit's own. */
static uint32_t kept_of_thread(const struct aq_search_run *s)
{
    uint32_t told = s->request->further + 1;
    bool changes = aq_search_has_second_stage(s) || aq_search_expands(s);
    return changes && told < AQ_EVIDENCE_AMONG ? AQ_EVIDENCE_AMONG : told;
}

/* ---- finding ---- */

static enum aq_status run(struct aq_search_run *s, const uint32_t *threads, size_t count, struct aq_candidate **found,
                          size_t *found_count, struct aq_error *err)
{
    struct aq_filter filter;
    uint64_t most = aq_search_picks_most(s);
    bool few = false;
    enum aq_status st = aq_filter_within(&filter, &s->filter, &s->txn, s->arena, threads, count, err);
    if (!st && most && s->picked)
        most = s->picks.count < most ? s->picks.count : most;
    if (!st && most)
        st = aq_filter_pick_members(&s->txn, threads, count, (size_t)most, &s->members, &few, err);
    const struct aq_picks *picks = few ? &s->members : s->picked ? &s->picks : NULL;
    bool cut = s->work.cut;
    s->work.cut = false; /* the search's own was: this one has as much work again */
    if (!st)
        st = aq_search_all(s, &s->of_threads, &filter, picks, AQ_GROUP_COMMENT, UINT32_MAX, found, found_count, err);
    s->work.cut |= cut;
    return st;
}

/* ---- thread by thread ---- */

static int by_thread(const void *x, const void *y)
{
    const struct of_thread *a = x, *b = y;
    return (a->thread > b->thread) - (a->thread < b->thread);
}

/* Keeps the best of each thread, where they are; `group` becomes the hit's index. Returns how many. */
static size_t keep_best(struct aq_search_run *s, const struct aq_candidate *hits, const struct of_thread *threads,
                        size_t count, struct aq_candidate *found, size_t found_count, struct aq_further_found *all)
{
    size_t kept = 0;
    uint32_t most = kept_of_thread(s);
    for (size_t i = 0; i < found_count; i++) {
        const struct of_thread key = {.thread = (uint32_t)aq_column_get(&s->txn, AQ_COL_THREAD, found[i].comment)};
        const struct of_thread *t = bsearch(&key, threads, count, sizeof *threads, by_thread);
        if (!t)
            continue; /* the filter let none through */
        struct aq_further_found *f = &all[t->hit];
        f->comments += found[i].comment != hits[t->hit].comment;
        if (f->count == most)
            continue;
        f->count++;
        found[kept] = found[i];
        found[kept++].group = t->hit;
    }
    return kept;
}

static int by_hit(const void *x, const void *y)
{
    const struct aq_candidate *a = x, *b = y;
    if (a->group != b->group)
        return a->group < b->group ? -1 : 1;
    return aq_candidate_before(a, b) ? -1 : aq_candidate_before(b, a);
}

static enum aq_status put_in_order(struct aq_search_run *s, struct aq_candidate *kept, size_t count,
                                   struct aq_error *err)
{
    enum aq_status st = AQ_OK;
    if (aq_search_has_second_stage(s))
        st = aq_search_second_stage(s, kept, count, err);
    if (!st && aq_search_expands(s))
        st = aq_expand_add(s, kept, count, err);
    if (!st && count)
        qsort(kept, count, sizeof *kept, by_hit);
    return st;
}

/* Those of each hit without its own comment. */
static void hand_out(const struct aq_search_run *s, const struct aq_candidate *hits, struct aq_candidate *kept,
                     size_t count, struct aq_further_found *all)
{
    size_t to = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t hit = kept[i].group;
        if (i == 0 || hit != kept[i - 1].group) {
            all[hit].items = kept + to;
            all[hit].count = 0;
        }
        if (kept[i].comment != hits[hit].comment && all[hit].count < s->request->further) {
            all[hit].count++;
            kept[to++] = kept[i];
        }
    }
}

enum aq_status aq_search_further(struct aq_search_run *s, const struct aq_candidate *hits, size_t count,
                                 const struct aq_further_found **out, struct aq_error *err)
{
    struct aq_further_found *all = aq_arena_zalloc(s->arena, (count + 1) * sizeof *all);
    struct of_thread *threads = aq_arena_alloc(s->arena, (count + 1) * sizeof *threads);
    uint32_t *numbers = aq_arena_alloc(s->arena, (count + 1) * sizeof *numbers);
    struct aq_candidate *found = NULL;
    size_t found_count = 0;
    *out = all;
    if (!all || !threads || !numbers)
        return aq_fail_nomem(err);
    if (count == 0)
        return AQ_OK;
    for (size_t i = 0; i < count; i++) {
        numbers[i] = hits[i].group; /* the collector's: that of the thread */
        threads[i] = (struct of_thread){numbers[i], (uint32_t)i};
    }
    qsort(threads, count, sizeof *threads, by_thread);
    enum aq_status st = run(s, numbers, count, &found, &found_count, err);
    if (st)
        return st;
    size_t kept = keep_best(s, hits, threads, count, found, found_count, all);
    st = put_in_order(s, found, kept, err);
    if (!st)
        hand_out(s, hits, found, kept, all);
    return st;
}
