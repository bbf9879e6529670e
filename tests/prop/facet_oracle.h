/* facet_oracle.h - what facets should say, counted naively over the matches that
 * search_flat.h expects. Only search_test.c includes it. */
#ifndef AQ_FACET_ORACLE_H
#define AQ_FACET_ORACLE_H

#include "search_flat.h"

#include <stdio.h>
#include <time.h>

enum { MOST_VALUES = 4096 };

struct counted {
    char name[40];
    uint32_t number, comments; /* number: of the thread, else 0 */
};

struct tallied {
    struct counted values[MOST_VALUES];
    uint32_t count, comments, without;
};

static void count_value(struct tallied *t, const char *name, uint32_t number)
{
    uint32_t i = 0;
    while (i < t->count && strcmp(t->values[i].name, name) != 0)
        i++;
    if (i == t->count) {
        assert_true(t->count < MOST_VALUES);
        snprintf(t->values[t->count].name, sizeof t->values[i].name, "%s", name);
        t->values[t->count].comments = 0;
        t->values[t->count++].number = number;
    }
    t->values[i].comments++;
}

static void count_time(struct tallied *t, enum aq_facet_kind kind, int64_t date)
{
    static const size_t lengths[] = {[AQ_FACET_YEAR] = 4, [AQ_FACET_MONTH] = 7, [AQ_FACET_DAY] = 10};
    char name[40];
    struct tm tm;
    time_t seconds = date;
    assert_non_null(gmtime_r(&seconds, &tm));
    strftime(name, sizeof name, "%Y-%m-%d", &tm);
    name[lengths[kind]] = 0;
    count_value(t, name, 0);
}

static void count_comment(struct tallied *t, enum aq_facet_kind kind, const struct passage *p)
{
    const struct entry *e = p->entry;
    bool has = true;
    if (kind == AQ_FACET_AUTHOR) {
        if ((has = e->author[0]))
            count_value(t, e->author, 0);
    } else if (kind == AQ_FACET_THREAD) {
        count_value(t, e->thread, p->thread);
    } else if (kind == AQ_FACET_TAG) {
        has = e->tags;
        for (uint32_t i = 0; i < AQ_COUNT(tag_names); i++) {
            bool before = false;
            for (uint32_t k = 0; k < i; k++)
                before |= (e->tags >> k & 1) && strcmp(tag_names[i], tag_names[k]) == 0;
            if ((e->tags >> i & 1) && !before)
                count_value(t, tag_names[i], 0);
        }
    } else if ((has = e->date != AQ_NO_DATE)) {
        count_time(t, kind, e->date);
    }
    t->comments++;
    t->without += !has;
}

static int by_comments(const void *x, const void *y)
{
    const struct counted *a = x, *b = y;
    if (a->comments != b->comments)
        return a->comments > b->comments ? -1 : 1;
    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    return strcmp(a->name, b->name);
}

static int by_time(const void *x, const void *y)
{
    return strcmp(((const struct counted *)x)->name, ((const struct counted *)y)->name);
}

static enum aq_facet_kind time_unit(const struct expected *e)
{
    int64_t first = INT64_MAX, last = INT64_MIN;
    for (uint64_t i = 0; i < e->passages; i++) {
        int64_t date = e->all[i].p->entry->date;
        if (date != AQ_NO_DATE && date < first)
            first = date;
        if (date > last)
            last = date;
    }
    if (first > last)
        return AQ_FACET_YEAR;
    struct tm a, b;
    time_t from = first, to = last;
    gmtime_r(&from, &a);
    gmtime_r(&to, &b);
    if (last / 86400 - first / 86400 < 31)
        return AQ_FACET_DAY;
    return b.tm_year * 12 + b.tm_mon - a.tm_year * 12 - a.tm_mon < 36 ? AQ_FACET_MONTH : AQ_FACET_YEAR;
}

/* Matches come in any order: a comment counts when its first passage among them is met. */
static void tally_all(struct tallied *t, const struct expected *e, enum aq_facet_kind kind)
{
    *t = (struct tallied){0};
    uint32_t most = 0;
    for (uint64_t i = 0; i < e->passages; i++)
        most = e->all[i].p->comment > most ? e->all[i].p->comment : most;
    bool *seen = calloc((size_t)most + 1, sizeof *seen);
    assert_non_null(seen);
    for (uint64_t i = 0; i < e->passages; i++) {
        const struct passage *p = e->all[i].p;
        if (!seen[p->comment])
            count_comment(t, kind, p);
        seen[p->comment] = true;
    }
    free(seen);
    qsort(t->values, t->count, sizeof *t->values, kind >= AQ_FACET_YEAR ? by_time : by_comments);
}

static void check_facets(const struct query *q, const struct expected *e, const struct aq_result *r)
{
    static struct tallied t;
    assert_int_equal(r->facet_count, q->request.facet_count);
    for (size_t k = 0; k < r->facet_count; k++) {
        const struct aq_facet_request *asked = &q->request.facets[k];
        const struct aq_facet *f = &r->facets[k];
        enum aq_facet_kind kind = asked->kind == AQ_FACET_TIME ? time_unit(e) : asked->kind;
        bool times = kind >= AQ_FACET_YEAR;
        tally_all(&t, e, kind);
        uint32_t limit = asked->limit ? asked->limit : times ? 10000 : 10;
        uint32_t n = t.count < limit ? t.count : limit, from = times ? t.count - n : 0;
        assert_int_equal(f->kind, kind);
        assert_int_equal(f->comments, t.comments);
        assert_int_equal(f->without, t.without);
        assert_int_equal(f->distinct, t.count);
        assert_int_equal(f->value_count, n);
        for (uint32_t i = 0; i < n; i++) {
            assert_true(aq_slice_eq(f->values[i].name, aq_slice_str(t.values[from + i].name)));
            assert_int_equal(f->values[i].comments, t.values[from + i].comments);
        }
    }
}

#endif
