/* facets.c - see facets.h. Counting is an addition a comment and facet; names are looked
 * up for the values that are told, and for those that tie with the last of them. */
#include "facets.h"

#include "date.h"
#include "reader.h"
#include "topk.h"

#include <stdio.h>

enum {
    DEFAULT_VALUES = 10,
    DAY = 86400,
    DAYS = 3652059, /* in the years 1 to 9999 */
    DAYS_MOST = 31, /* that TIME shows one by one */
    MONTHS_MOST = 36
};
static const int64_t first_date = -62135596800; /* 0001-01-01 */
static const int64_t end_date = 253402300800;   /* 10000-01-01 */

static bool is_time(enum aq_facet_kind kind)
{
    return kind >= AQ_FACET_YEAR;
}

enum aq_status aq_facets_check(const struct aq_search_request *r, struct aq_error *err)
{
    if (r->facet_count > AQ_FACETS_MOST)
        return aq_fail(err, AQ_LIMIT, "%zu facets are asked for; at most %d are allowed", r->facet_count,
                       AQ_FACETS_MOST);
    for (size_t i = 0; i < r->facet_count; i++) {
        if ((unsigned)r->facets[i].kind > AQ_FACET_TIME)
            return aq_fail(err, AQ_INVALID, "no such facet");
        if (r->facets[i].limit > AQ_FACET_VALUES_MOST)
            return aq_fail(err, AQ_LIMIT, "%u values of a facet are asked for; at most %d are allowed",
                           r->facets[i].limit, AQ_FACET_VALUES_MOST);
    }
    return AQ_OK;
}

/* ---- counting ---- */

static bool tally_init(struct aq_tally *t, uint32_t names)
{
    t->size = names + 1;
    if (!t->counts)
        t->counts = calloc(t->size, sizeof *t->counts);
    return t->counts;
}

enum aq_status aq_facets_init(struct aq_facets *f, const struct aq_txn *txn, const struct aq_search_request *request,
                              struct aq_error *err)
{
    *f = (struct aq_facets){.asked = request->facets, .count = request->facet_count, .first_day = DAYS};
    bool got = true;
    for (size_t i = 0; i < f->count && got; i++) {
        switch (f->asked[i].kind) {
        case AQ_FACET_AUTHOR:
            got = tally_init(&f->authors, txn->state.next_author);
            break;
        case AQ_FACET_THREAD:
            got = tally_init(&f->threads, txn->state.next_thread);
            break;
        case AQ_FACET_TAG:
            got = tally_init(&f->tag_sets, txn->state.next_tags);
            break;
        case AQ_FACET_YEAR:
        case AQ_FACET_MONTH:
        case AQ_FACET_DAY:
        case AQ_FACET_TIME:
            if (!f->days) /* only the pages that are counted on take memory */
                f->days = calloc(DAYS, sizeof *f->days);
            got = f->days;
            break;
        }
    }
    return got ? AQ_OK : aq_fail_nomem(err);
}

void aq_facets_free(struct aq_facets *f)
{
    free(f->authors.counts);
    free(f->threads.counts);
    free(f->tag_sets.counts);
    free(f->days);
    *f = (struct aq_facets){0};
}

static void tally(struct aq_tally *t, struct aq_txn *txn, enum aq_column column, uint32_t comment)
{
    if (!t->counts)
        return;
    int64_t number = aq_column_get(txn, column, comment);
    t->counts[number >= 0 && number < t->size - 1 ? (uint32_t)number : t->size - 1]++;
}

static void tally_day(struct aq_facets *f, int64_t date)
{
    if (date < first_date || date >= end_date) { /* AQ_NO_DATE, too */
        f->undated++;
        return;
    }
    uint32_t day = (uint32_t)((date - first_date) / DAY);
    f->days[day]++;
    if (day < f->first_day)
        f->first_day = day;
    if (day > f->last_day)
        f->last_day = day;
}

void aq_facets_count(struct aq_facets *f, struct aq_txn *txn, uint32_t comment)
{
    f->comments++;
    tally(&f->authors, txn, AQ_COL_AUTHOR, comment);
    tally(&f->threads, txn, AQ_COL_THREAD, comment);
    tally(&f->tag_sets, txn, AQ_COL_TAGS, comment);
    if (f->days)
        tally_day(f, aq_column_get(txn, AQ_COL_DATE, comment));
}

/* ---- values by number of comments ---- */

/* A value on its way to the result. */
struct value {
    struct aq_slice name; /* in the map or the result's arena */
    uint32_t number;      /* of the author or thread; of the tag set it comes from */
    uint32_t comments;
};

struct values {
    struct value *at;
    size_t count, cap;
};

static bool add(struct values *v, struct aq_slice name, uint32_t number, uint32_t comments)
{
    if (!aq_grow(&v->at, &v->cap, v->count + 1, sizeof *v->at))
        return false;
    v->at[v->count++] = (struct value){name, number, comments};
    return true;
}

static int by_comments_then_name(const void *x, const void *y)
{
    const struct value *a = x, *b = y;
    if (a->comments != b->comments)
        return a->comments > b->comments ? -1 : 1;
    int order = aq_slice_cmp(a->name, b->name);
    return order ? order : (a->number > b->number) - (a->number < b->number);
}

static int by_name_then_set(const void *x, const void *y)
{
    const struct value *a = x, *b = y;
    int order = aq_slice_cmp(a->name, b->name);
    return order ? order : (a->number > b->number) - (a->number < b->number);
}

static enum aq_status name_of(struct aq_txn *txn, enum aq_id_kind kind, uint32_t number, struct aq_slice *name,
                              struct aq_error *err)
{
    enum aq_status st = aq_name_get(txn, kind, number, name);
    if (st == AQ_NOMEM)
        return aq_fail_nomem(err);
    return st ? aq_fail(err, AQ_CORRUPT, "name %u of kind '%c' cannot be read; `aq check` tells more", number,
                        (char)kind)
              : AQ_OK;
}

/* The first `limit` by number of comments, ties by number of the name; how many have any. */
static enum aq_status rank(const struct aq_tally *t, uint32_t limit, struct aq_topk *best, uint32_t *distinct,
                           struct aq_error *err)
{
    *distinct = 0;
    aq_topk_init(best, limit, false);
    for (uint32_t i = 0; i + 1 < t->size; i++) {
        if (t->counts[i] == 0)
            continue;
        ++*distinct;
        struct aq_candidate c = {.primary = t->counts[i], .comment = i};
        aq_topk_offer(best, &c);
    }
    return best->failed ? aq_fail_nomem(err) : AQ_OK;
}

/* Threads may be as many as comments, all with one: ties stay as they are, so that no
 * others' names need be known. */
static enum aq_status gather_threads(const struct aq_tally *t, uint32_t limit, struct values *v, uint32_t *distinct,
                                     struct aq_error *err)
{
    struct aq_topk best;
    size_t n = 0;
    enum aq_status st = rank(t, limit, &best, distinct, err);
    const struct aq_candidate *told = st ? NULL : aq_topk_finish(&best, &n);
    for (size_t i = 0; i < n && !st; i++)
        if (!add(v, (struct aq_slice){0}, told[i].comment, (uint32_t)told[i].primary))
            st = aq_fail_nomem(err);
    aq_topk_free(&best);
    return st;
}

/* Names are looked up for those that may be told: that have no fewer comments than the
 * last one told. */
static enum aq_status gather_authors(const struct aq_tally *t, struct aq_txn *txn, uint32_t limit, struct values *v,
                                     uint32_t *distinct, struct aq_error *err)
{
    struct aq_topk best;
    enum aq_status st = rank(t, limit, &best, distinct, err);
    const struct aq_candidate *last = aq_topk_worst(&best);
    int64_t least = last ? last->primary : 1;
    aq_topk_free(&best);
    for (uint32_t i = 0; i + 1 < t->size && !st; i++) {
        struct aq_slice name;
        if (t->counts[i] < least)
            continue;
        st = name_of(txn, AQ_ID_AUTHOR, i, &name, err);
        if (!st && !add(v, name, i, t->counts[i]))
            st = aq_fail_nomem(err);
    }
    if (v->count)
        qsort(v->at, v->count, sizeof *v->at, by_comments_then_name);
    return st;
}

/* Tags are stored one a line. */
static bool add_tags(struct values *v, struct aq_slice lines, uint32_t set, uint32_t comments)
{
    const uint8_t *p = lines.ptr, *end = p + lines.len;
    while (p < end) {
        const uint8_t *stop = memchr(p, '\n', (size_t)(end - p));
        if (!stop)
            stop = end;
        if (stop > p && !add(v, aq_slice(p, (size_t)(stop - p)), set, comments))
            return false;
        p = stop < end ? stop + 1 : end;
    }
    return true;
}

/* Adds up what the sets have; a set that names a tag twice counts once. */
static void merge_tags(struct values *v)
{
    size_t n = 0;
    if (v->count)
        qsort(v->at, v->count, sizeof *v->at, by_name_then_set);
    for (size_t i = 0; i < v->count; i++) {
        struct value *x = &v->at[i];
        bool same = n > 0 && aq_slice_eq(v->at[n - 1].name, x->name);
        if (same && v->at[n - 1].number == x->number)
            continue;
        if (!same) {
            v->at[n++] = *x;
            continue;
        }
        v->at[n - 1].comments += x->comments;
        v->at[n - 1].number = x->number;
    }
    v->count = n;
}

static enum aq_status gather_tags(const struct aq_tally *t, struct aq_txn *txn, struct values *v, struct aq_error *err)
{
    for (uint32_t i = 0; i + 1 < t->size; i++) {
        struct aq_slice lines;
        if (t->counts[i] == 0)
            continue;
        enum aq_status st = name_of(txn, AQ_ID_TAGS, i, &lines, err);
        if (st)
            return st;
        if (!add_tags(v, lines, i, t->counts[i]))
            return aq_fail_nomem(err);
    }
    merge_tags(v);
    if (v->count)
        qsort(v->at, v->count, sizeof *v->at, by_comments_then_name);
    return AQ_OK;
}

/* ---- values by time ---- */

static struct aq_slice period(enum aq_facet_kind kind, uint32_t day, char text[AQ_DATE_SIZE])
{
    aq_date_day(first_date + (int64_t)day * DAY, text);
    return aq_slice(text, kind == AQ_FACET_YEAR ? 4 : kind == AQ_FACET_MONTH ? 7 : 10);
}

static enum aq_facet_kind time_kind(const struct aq_facets *f)
{
    struct aq_civil a, b;
    if (f->first_day > f->last_day || !aq_date_civil(first_date + (int64_t)f->first_day * DAY, &a) ||
        !aq_date_civil(first_date + (int64_t)f->last_day * DAY, &b))
        return AQ_FACET_YEAR;
    if (f->last_day - f->first_day < DAYS_MOST)
        return AQ_FACET_DAY;
    return b.year * 12 + b.month - a.year * 12 - a.month < MONTHS_MOST ? AQ_FACET_MONTH : AQ_FACET_YEAR;
}

static enum aq_status gather_times(const struct aq_facets *f, enum aq_facet_kind kind, struct values *v,
                                   struct aq_arena *arena, struct aq_error *err)
{
    char text[AQ_DATE_SIZE];
    for (uint32_t day = f->first_day; day <= f->last_day; day++) {
        if (f->days[day] == 0)
            continue;
        struct aq_slice name = period(kind, day, text);
        if (v->count && aq_slice_eq(v->at[v->count - 1].name, name)) {
            v->at[v->count - 1].comments += f->days[day];
            continue;
        }
        name = aq_arena_copy(arena, name);
        if (!name.ptr || !add(v, name, 0, f->days[day]))
            return aq_fail_nomem(err);
    }
    return AQ_OK;
}

/* ---- results ---- */

static uint32_t without(const struct aq_facets *f, enum aq_facet_kind kind)
{
    const struct aq_tally *t = kind == AQ_FACET_AUTHOR   ? &f->authors
                               : kind == AQ_FACET_THREAD ? &f->threads
                                                         : &f->tag_sets;
    return is_time(kind) ? f->undated : t->counts[t->size - 1];
}

static enum aq_status copy_value(struct aq_txn *txn, enum aq_facet_kind kind, const struct value *x,
                                 struct aq_arena *scratch, struct aq_arena *arena, struct aq_facet_value *to,
                                 struct aq_error *err)
{
    struct aq_slice name = x->name;
    enum aq_status st = AQ_OK;
    *to = (struct aq_facet_value){.name = name, .comments = x->comments};
    if (is_time(kind))
        return AQ_OK;
    if (kind == AQ_FACET_THREAD)
        st = name_of(txn, AQ_ID_THREAD, x->number, &name, err);
    if (!st && !(to->name = aq_arena_copy(arena, name)).ptr)
        st = aq_fail_nomem(err);
    if (kind == AQ_FACET_THREAD && !st) {
        aq_arena_reset(scratch);
        st = aq_thread_title(txn, x->number, scratch, arena, &to->title, err);
    }
    return st;
}

/* Those of v that were wanted. */
static enum aq_status tell(struct aq_txn *txn, const struct values *v, uint32_t limit, struct aq_arena *scratch,
                           struct aq_arena *arena, struct aq_facet *to, struct aq_error *err)
{
    size_t n = v->count < limit ? v->count : limit;
    size_t first = is_time(to->kind) ? v->count - n : 0;
    struct aq_facet_value *values = aq_arena_alloc(arena, (n + 1) * sizeof *values);
    enum aq_status st = values ? AQ_OK : aq_fail_nomem(err);
    for (size_t i = 0; i < n && !st; i++)
        st = copy_value(txn, to->kind, &v->at[first + i], scratch, arena, &values[i], err);
    to->values = values;
    to->value_count = (uint32_t)n;
    return st;
}

static enum aq_status make(struct aq_facets *f, struct aq_txn *txn, const struct aq_facet_request *asked,
                           struct aq_arena *scratch, struct aq_arena *arena, struct aq_facet *to,
                           struct aq_error *err)
{
    struct values v = {0};
    uint32_t limit = asked->limit ? asked->limit : is_time(asked->kind) ? AQ_FACET_VALUES_MOST : DEFAULT_VALUES;
    enum aq_status st = AQ_OK;
    *to = (struct aq_facet){.kind = asked->kind == AQ_FACET_TIME ? time_kind(f) : asked->kind,
                            .comments = f->comments,
                            .without = without(f, asked->kind)};
    switch (to->kind) {
    case AQ_FACET_AUTHOR:
        st = gather_authors(&f->authors, txn, limit, &v, &to->distinct, err);
        break;
    case AQ_FACET_THREAD:
        st = gather_threads(&f->threads, limit, &v, &to->distinct, err);
        break;
    case AQ_FACET_TAG:
        st = gather_tags(&f->tag_sets, txn, &v, err);
        to->distinct = (uint32_t)v.count;
        break;
    case AQ_FACET_YEAR:
    case AQ_FACET_MONTH:
    case AQ_FACET_DAY:
    case AQ_FACET_TIME:
        st = gather_times(f, to->kind, &v, arena, err);
        to->distinct = (uint32_t)v.count;
        break;
    }
    if (!st)
        st = tell(txn, &v, limit, scratch, arena, to, err);
    free(v.at);
    return st;
}

enum aq_status aq_facets_make(struct aq_facets *f, struct aq_txn *txn, struct aq_arena *scratch,
                              struct aq_arena *arena, const struct aq_facet **out, struct aq_error *err)
{
    struct aq_facet *facets = aq_arena_zalloc(arena, (f->count + 1) * sizeof *facets);
    enum aq_status st = facets ? AQ_OK : aq_fail_nomem(err);
    for (size_t i = 0; i < f->count && !st; i++)
        st = make(f, txn, &f->asked[i], scratch, arena, &facets[i], err);
    *out = facets;
    return st;
}
