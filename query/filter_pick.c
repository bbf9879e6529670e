/* filter_pick.c - which comments may pass a filter, found without looking at any match: of
 * the tests that all must hold, the one that finds its comments with the least work. */
#include "filter_internal.h"

#include <stdlib.h>

enum { FEW = 16, GROUP = 16 }; /* threads whose members are listed; values looked at together */

/* ---- gathering ---- */

struct picking {
    struct aq_txn *txn;
    struct aq_picks *out;
    size_t most;
    bool too_many, failed;
};

/* False: enough, one way or the other. */
static bool pick(void *context, uint32_t comment)
{
    struct picking *p = context;
    struct aq_picks *out = p->out;
    p->too_many = out->count >= p->most;
    p->failed = !p->too_many && !aq_grow(&out->comments, &out->cap, out->count + 1, sizeof *out->comments);
    if (p->too_many || p->failed)
        return false;
    out->comments[out->count++] = comment;
    return true;
}

/* ---- lists and threads ---- */

static void pick_listed(struct picking *p, const struct aq_number_list *l)
{
    for (size_t i = 0; i < l->count && pick(p, l->items[i]); i++)
        ;
}

/* The numbers in a set, the first FEW + 1 of them. */
static uint32_t few_of(const struct aq_number_set *set, uint32_t numbers[FEW + 1])
{
    uint32_t n = 0;
    for (uint32_t byte = 0; byte <= set->count / 8 && n <= FEW; byte++)
        for (unsigned left = set->bits[byte]; left && n <= FEW; left &= left - 1)
            numbers[n++] = byte * 8 + (unsigned)__builtin_ctz(left);
    return n;
}

static int by_number(const void *x, const void *y)
{
    const uint32_t *a = x, *b = y;
    return (*a > *b) - (*a < *b);
}

/* A comment that moved is a member of several threads: it is wanted once. */
static void sort_picks(struct aq_picks *picks)
{
    size_t n = 0;
    if (picks->count)
        qsort(picks->comments, picks->count, sizeof *picks->comments, by_number);
    for (size_t i = 0; i < picks->count; i++)
        if (n == 0 || picks->comments[i] != picks->comments[n - 1])
            picks->comments[n++] = picks->comments[i];
    picks->count = n;
}

static enum aq_status pick_members(struct picking *p, const uint32_t *threads, size_t count, struct aq_error *err)
{
    for (size_t i = 0; i < count && !p->too_many && !p->failed; i++) {
        enum aq_status st = aq_thread_members(p->txn, threads[i], pick, p);
        if (st == AQ_NOMEM)
            return aq_fail_nomem(err);
        if (st && st != AQ_NOTFOUND)
            return aq_fail(err, st, "the members of a thread cannot be read; `aq check` tells more");
    }
    sort_picks(p->out);
    return AQ_OK;
}

/* ---- columns ---- */

/* Whether any of GROUP values is this one: without branches, so that the compiler takes
 * several at once. */
static bool holds(const uint8_t *values, uint32_t number)
{
    uint32_t any = 0;
    for (uint32_t i = 0; i < GROUP; i++)
        any |= aq_load32(values + (size_t)i * 4) == number;
    return any;
}

/* Of a chunk of u32, the comments with a number of the set; `only` is its number, if it
 * has but one. */
static bool pick_numbers(struct picking *p, const struct aq_number_set *set, const uint32_t *only,
                         const uint8_t *values, uint32_t count, uint32_t first)
{
    for (uint32_t at = 0; at < count; at += GROUP) {
        uint32_t n = count - at < GROUP ? count - at : GROUP;
        if (only && n == GROUP && !holds(values + (size_t)at * 4, *only))
            continue;
        for (uint32_t i = at; i < at + n; i++)
            if (aq_number_set_has(set, aq_load32(values + (size_t)i * 4)) && !pick(p, first + i))
                return false;
    }
    return true;
}

/* The same of a chunk of dates. What has none is AQ_NO_DATE, and in no range. */
static bool pick_dates(struct picking *p, const struct aq_filter_test *t, const uint8_t *values, uint32_t count,
                       uint32_t first)
{
    for (uint32_t i = 0; i < count; i++) {
        int64_t date = (int64_t)aq_load64(values + (size_t)i * 8);
        bool in = false;
        for (size_t k = 0; k < t->range_count; k++)
            in |= t->ranges[k].from <= date && date <= t->ranges[k].to;
        if (in && date != AQ_NO_DATE && !pick(p, first + i))
            return false;
    }
    return true;
}

/* Whether a column surely has too many: by values from all over it, because a scan that is
 * given up was for nothing. */
static bool seems_too_broad(struct aq_txn *txn, const struct aq_filter_test *t, size_t most)
{
    enum { SAMPLE = 512, SURE = 6 };
    uint32_t comments = txn->state.next_comment, hits = 0;
    if (comments < SAMPLE)
        return false;
    for (uint32_t i = 0; i < SAMPLE; i++) {
        uint32_t comment = (uint32_t)((uint64_t)comments * i / SAMPLE);
        hits += aq_filter_matches(t, txn, comment);
    }
    return hits >= SURE && (uint64_t)hits * comments / SAMPLE > most + most / 2;
}

static void pick_by_column(struct picking *p, const struct aq_filter_test *t)
{
    uint32_t numbers[FEW + 1], per = aq_column_per_chunk(t->column), comments = p->txn->state.next_comment;
    bool named = t->kind == AQ_TEST_NUMBER, going;
    uint32_t n = named ? few_of(&t->set, numbers) : 0;
    if (named && n == 0)
        return;
    p->too_many = seems_too_broad(p->txn, t, p->most);
    going = !p->too_many;
    for (uint32_t chunk = 0; going && (uint64_t)chunk * per < comments; chunk++) {
        uint32_t count;
        const uint8_t *values = aq_column_values(p->txn, t->column, chunk, &count);
        going = named ? pick_numbers(p, &t->set, n == 1 ? numbers : NULL, values, count, chunk * per)
                      : pick_dates(p, t, values, count, chunk * per);
    }
}

/* ---- which test ---- */

enum cost { LISTED, MEMBERS, NUMBERS, DATES, NO_WAY };

static enum cost cost_of(const struct aq_filter_test *t, bool scan)
{
    uint32_t numbers[FEW + 1];
    if (t->refused)
        return NO_WAY;
    if (t->kind == AQ_TEST_COMMENTS)
        return LISTED;
    if (t->kind == AQ_TEST_NUMBER && t->column == AQ_COL_THREAD && few_of(&t->set, numbers) <= FEW)
        return MEMBERS;
    if (scan && t->kind == AQ_TEST_NUMBER)
        return NUMBERS;
    return scan && t->kind == AQ_TEST_RANGES && t->column == AQ_COL_DATE ? DATES : NO_WAY;
}

enum aq_status aq_filter_pick(const struct aq_filter *f, struct aq_txn *txn, size_t most, bool scan,
                              struct aq_picks *picks, bool *known, struct aq_error *err)
{
    struct picking p = {.txn = txn, .out = picks, .most = most};
    const struct aq_filter_test *best = NULL;
    enum cost least = NO_WAY;
    uint32_t threads[FEW + 1];
    enum aq_status st = AQ_OK;
    *known = false;
    for (uint32_t i = 0; i < f->count; i++) {
        enum cost cost = cost_of(&f->tests[i], scan);
        if (cost < least) {
            least = cost;
            best = &f->tests[i];
        }
    }
    if (!best)
        return AQ_OK;
    if (least == LISTED) {
        pick_listed(&p, &best->list);
        sort_picks(picks);
    } else if (least == MEMBERS) {
        st = pick_members(&p, threads, few_of(&best->set, threads), err);
    } else {
        pick_by_column(&p, best);
    }
    if (p.failed)
        return aq_fail_nomem(err);
    *known = !st && !p.too_many;
    return st;
}

enum aq_status aq_filter_pick_members(struct aq_txn *txn, const uint32_t *threads, size_t count, size_t most,
                                      struct aq_picks *picks, bool *known, struct aq_error *err)
{
    struct picking p = {.txn = txn, .out = picks, .most = most};
    enum aq_status st = pick_members(&p, threads, count, err);
    *known = !st && !p.too_many && !p.failed;
    return p.failed ? aq_fail_nomem(err) : st;
}

void aq_picks_free(struct aq_picks *picks)
{
    free(picks->comments);
    *picks = (struct aq_picks){0};
}
