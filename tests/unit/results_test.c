/* results_test.c - what an answer is besides ranking: facets, few hits of one thread on
 * the first page, and pages that stay what they were while a writer is at work. */
#include "aq.h"
#include "aq_index.h"
#include "base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- an index ---- */

struct index {
    char dir[32];
    struct aq_writer *w;
    struct aq_reader *r;
    uint32_t made;
};

static void set_up(struct index *x)
{
    struct aq_error err = {0};
    struct aq_writer_options options = {.create = true, .single_thread = true};
    *x = (struct index){.dir = "/tmp/aq-results-XXXXXX"};
    assert_non_null(mkdtemp(x->dir));
    if (aq_writer_open(x->dir, &options, &x->w, &err) || aq_reader_open(x->dir, &x->r, &err))
        fail_msg("%s", err.message);
}

static void tear_down(struct index *x)
{
    char command[64];
    aq_reader_close(x->r);
    aq_writer_close(x->w);
    snprintf(command, sizeof command, "rm -rf %s", x->dir);
    assert_int_equal(system(command), 0);
}

static void commit(struct index *x)
{
    struct aq_error err = {0};
    if (aq_writer_commit(x->w, &err))
        fail_msg("%s", err.message);
}

static void put(struct index *x, const struct aq_record *r)
{
    struct aq_error err = {0};
    enum aq_outcome outcome;
    if (aq_writer_add(x->w, r, &outcome, &err))
        fail_msg("%s", err.message);
}

/* A comment of forty words: `walrus` so often, one that no other has, others. */
static void put_text(struct index *x, const char *id, const char *thread, uint32_t walruses, const char *also)
{
    struct aq_buf text = {0};
    struct aq_record r;
    for (uint32_t i = 0; i < walruses; i++)
        aq_buf_puts(&text, "walrus ");
    aq_buf_printf(&text, "%s only%u", also, x->made++);
    for (uint32_t i = walruses + 2; i < 40; i++)
        aq_buf_puts(&text, " filler");
    aq_record_init(&r);
    r.id = aq_slice_str(id);
    r.thread = aq_slice_str(thread);
    r.text = aq_slice(text.ptr, text.len);
    put(x, &r);
    aq_buf_free(&text);
}

static void put_many(struct index *x, const char *prefix, const char *thread, uint32_t count, uint32_t walruses)
{
    for (uint32_t i = 0; i < count; i++) {
        char id[32], own[32];
        snprintf(id, sizeof id, "%s%u", prefix, i);
        snprintf(own, sizeof own, "%s%u", thread, i);
        put_text(x, id, *thread == '*' ? own : thread, walruses, "and");
    }
}

static struct aq_result *ask(struct index *x, const struct aq_search_request *request)
{
    struct aq_error err = {0};
    struct aq_result *result;
    if (aq_search(x->r, request, &result, &err))
        fail_msg("%s", err.message);
    return result;
}

static struct aq_search_request about(const char *query)
{
    return (struct aq_search_request){.query = aq_slice_str(query)};
}

/* The ids of a page, each with a space behind it. */
static const char *page(struct index *x, struct aq_search_request request, uint32_t offset, uint32_t limit)
{
    static char text[8192];
    size_t n = 0;
    request.offset = offset;
    request.limit = limit;
    request.flags |= AQ_NO_FILL;
    struct aq_result *result = ask(x, &request);
    text[0] = 0;
    for (uint32_t i = 0; i < result->hit_count; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%.*s ", (int)result->hits[i].id.len,
                              (const char *)result->hits[i].id.ptr);
    aq_result_free(result);
    return text;
}

/* ---- facets ---- */

static void put_dated(struct index *x, const char *id, const char *author, int64_t date)
{
    struct aq_record r;
    char text[64];
    aq_record_init(&r);
    snprintf(text, sizeof text, "A walrus, only%u.", x->made++);
    r.id = aq_slice_str(id);
    r.author = aq_slice_str(author);
    r.date = date;
    r.text = aq_slice_str(text);
    put(x, &r);
}

static int64_t day(int year, int month, int of_month)
{
    struct tm t = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = of_month};
    return timegm(&t);
}

/* "2020-01:3 2020-02:1 " */
static const char *values(struct index *x, struct aq_search_request request, enum aq_facet_kind kind, uint32_t limit)
{
    static char text[2048];
    size_t n = 0;
    struct aq_facet_request facet = {kind, limit};
    request.facets = &facet;
    request.facet_count = 1;
    struct aq_result *result = ask(x, &request);
    assert_int_equal(result->facet_count, 1);
    assert_false(result->total_at_least);
    text[0] = 0;
    for (uint32_t i = 0; i < result->facets->value_count; i++) {
        const struct aq_facet_value *v = &result->facets->values[i];
        n += (size_t)snprintf(text + n, sizeof text - n, "%.*s:%u ", (int)v->name.len, (const char *)v->name.ptr,
                              v->comments);
    }
    snprintf(text + n, sizeof text - n, "of %u, %u, without %u", result->facets->distinct,
             result->facets->comments, result->facets->without);
    aq_result_free(result);
    return text;
}

static void comments_are_counted_however_hits_are_grouped(void **state)
{
    struct index x;
    struct aq_record r;
    (void)state;
    set_up(&x);
    aq_record_init(&r);
    r.id = aq_slice_str("long");
    r.author = aq_slice_str("Ann");
    r.text = aq_slice_str("> A quoted walrus, said before.\n\nA walrus of my own.\n\n> Another walrus, a quoted one.\n\nSo many.");
    put(&x, &r);
    put_dated(&x, "a", "Ann", AQ_NO_DATE);
    put_dated(&x, "b", "Bob", AQ_NO_DATE);
    put_dated(&x, "c", "", AQ_NO_DATE);
    commit(&x);
    for (enum aq_group group = AQ_GROUP_COMMENT; group <= AQ_GROUP_AUTHOR; group++)
        for (enum aq_sort sort = AQ_SORT_RELEVANCE; sort <= AQ_SORT_SCORE; sort++) {
            struct aq_search_request request = about("walrus");
            request.group = group;
            request.sort = sort;
            request.offset = (uint32_t)sort;
            assert_string_equal(values(&x, request, AQ_FACET_AUTHOR, 0), "Ann:2 Bob:1 of 2, 4, without 1");
        }
    tear_down(&x);
}

static void ties_go_by_name_and_of_threads_by_age(void **state)
{
    struct index x;
    (void)state;
    set_up(&x);
    const char *const names[] = {"m", "c", "z", "a", "c", "z"};
    for (uint32_t i = 0; i < AQ_COUNT(names); i++) {
        char id[8], text[64];
        struct aq_record r;
        aq_record_init(&r);
        snprintf(id, sizeof id, "i%u", i);
        snprintf(text, sizeof text, "A walrus, only%u.", i);
        r.id = aq_slice_str(id);
        r.author = r.thread = aq_slice_str(names[i]);
        r.text = aq_slice_str(text);
        const struct aq_slice tags[] = {r.author, r.author}; /* which is one */
        r.tags = tags;
        r.tag_count = 1 + i % 2;
        put(&x, &r);
    }
    commit(&x);
    for (enum aq_facet_kind kind = AQ_FACET_AUTHOR; kind <= AQ_FACET_TAG; kind++) {
        bool threads = kind == AQ_FACET_THREAD;
        assert_string_equal(values(&x, about("walrus"), kind, 0),
                            threads ? "c:2 z:2 m:1 a:1 of 4, 6, without 0" : "c:2 z:2 a:1 m:1 of 4, 6, without 0");
        assert_string_equal(values(&x, about("walrus"), kind, 3),
                            threads ? "c:2 z:2 m:1 of 4, 6, without 0" : "c:2 z:2 a:1 of 4, 6, without 0");
        assert_string_equal(values(&x, about("walrus"), kind, 1), "c:2 of 4, 6, without 0");
    }
    tear_down(&x);
}

static void over_time_takes_days_then_months_then_years(void **state)
{
    struct index x;
    (void)state;
    set_up(&x);
    struct aq_search_request request = about("walrus");
    put_dated(&x, "none", "", AQ_NO_DATE);
    commit(&x);
    assert_string_equal(values(&x, request, AQ_FACET_TIME, 0), "of 0, 1, without 1");
    put_dated(&x, "first", "", day(2020, 1, 1));
    put_dated(&x, "day 31", "", day(2020, 1, 31) + 86399);
    commit(&x);
    assert_string_equal(values(&x, request, AQ_FACET_TIME, 0), "2020-01-01:1 2020-01-31:1 of 2, 3, without 1");
    put_dated(&x, "day 32", "", day(2020, 2, 1));
    commit(&x);
    assert_string_equal(values(&x, request, AQ_FACET_TIME, 0), "2020-01:2 2020-02:1 of 2, 4, without 1");
    put_dated(&x, "month 36", "", day(2022, 12, 31));
    commit(&x);
    assert_string_equal(values(&x, request, AQ_FACET_TIME, 0), "2020-01:2 2020-02:1 2022-12:1 of 3, 5, without 1");
    assert_string_equal(values(&x, request, AQ_FACET_TIME, 2), "2020-02:1 2022-12:1 of 3, 5, without 1");
    put_dated(&x, "month 37", "", day(2023, 1, 1));
    commit(&x);
    assert_string_equal(values(&x, request, AQ_FACET_TIME, 0), "2020:3 2022:1 2023:1 of 3, 6, without 1");
    assert_string_equal(values(&x, request, AQ_FACET_MONTH, 1), "2023-01:1 of 4, 6, without 1");
    tear_down(&x);
}

static void the_first_and_the_last_day_of_the_calendar_count(void **state)
{
    struct index x;
    (void)state;
    set_up(&x);
    put_dated(&x, "before", "", day(1, 1, 1) - 1);
    put_dated(&x, "first", "", day(1, 1, 1));
    put_dated(&x, "epoch", "", -1);
    put_dated(&x, "last", "", day(9999, 12, 31) + 86399);
    put_dated(&x, "after", "", day(9999, 12, 31) + 86400);
    put_dated(&x, "far", "", INT64_MAX);
    put_dated(&x, "farther", "", INT64_MIN + 1);
    commit(&x);
    assert_string_equal(values(&x, about("walrus"), AQ_FACET_DAY, 0),
                        "0001-01-01:1 1969-12-31:1 9999-12-31:1 of 3, 7, without 4");
    assert_string_equal(values(&x, about("walrus"), AQ_FACET_TIME, 0), "0001:1 1969:1 9999:1 of 3, 7, without 4");
    tear_down(&x);
}

static void what_cannot_be_counted_is_refused(void **state)
{
    struct index x;
    struct aq_error err = {0};
    struct aq_result *result;
    (void)state;
    set_up(&x);
    static const struct aq_facet_request none = {(enum aq_facet_kind)(AQ_FACET_TIME + 1), 0}, much = {AQ_FACET_TAG, 10001};
    struct aq_facet_request many[17] = {{0}};
    struct aq_search_request request = about("walrus");
    request.facets = &none;
    request.facet_count = 1;
    assert_int_equal(aq_search(x.r, &request, &result, &err), AQ_INVALID);
    request.facets = &much;
    assert_int_equal(aq_search(x.r, &request, &result, &err), AQ_LIMIT);
    request.facets = many;
    request.facet_count = AQ_COUNT(many);
    assert_int_equal(aq_search(x.r, &request, &result, &err), AQ_LIMIT);
    assert_null(result);
    request.facet_count--;
    result = ask(&x, &request);
    assert_int_equal(result->facet_count, 16);
    aq_result_free(result);
    tear_down(&x);
}

static void facets_come_without_hits(void **state)
{
    struct index x;
    struct aq_facet_request facet = {AQ_FACET_THREAD, 0};
    (void)state;
    set_up(&x);
    put_many(&x, "a", "one", 3, 5);
    commit(&x);
    struct aq_search_request request = about("walrus");
    request.flags = AQ_NO_HITS;
    request.offset = 90;
    struct aq_result *result = ask(&x, &request);
    assert_int_equal(result->hit_count, 0);
    assert_int_equal(result->total_groups, 3);
    aq_result_free(result);
    request.facets = &facet;
    request.facet_count = 1;
    result = ask(&x, &request);
    assert_int_equal(result->hit_count, 0);
    assert_int_equal(result->total_groups, 3);
    assert_int_equal(result->facets->values[0].comments, 3);
    aq_result_free(result);
    tear_down(&x);
}

/* ---- one thread among many ---- */

static void further_comments_of_a_thread_give_way(void **state)
{
    struct index x;
    (void)state;
    set_up(&x);
    put_many(&x, "a", "one", 5, 9);
    put_many(&x, "b", "two", 3, 8);
    put_many(&x, "c", "*", 9, 7);
    commit(&x);
    struct aq_search_request request = about("walrus");
    assert_string_equal(page(&x, request, 0, 10), "a0 a1 b0 b1 c0 c1 c2 c3 c4 c5 ");
    assert_string_equal(page(&x, request, 10, 10), "a2 a3 a4 b2 c6 c7 c8 ");
    request.per_thread = 1;
    assert_string_equal(page(&x, request, 0, 4), "a0 b0 c0 c1 ");
    request.flags = AQ_COUNT_EXACT; /* by the other kind of plan */
    assert_string_equal(page(&x, request, 0, 4), "a0 b0 c0 c1 ");
    request.flags = 0;
    request.per_thread = 4;
    assert_string_equal(page(&x, request, 0, 10), "a0 a1 a2 a3 b0 b1 b2 c0 c1 c2 ");
    request.per_thread = UINT32_MAX;
    assert_string_equal(page(&x, request, 0, 10), "a0 a1 a2 a3 a4 b0 b1 b2 c0 c1 ");
    tear_down(&x);
}

static void pages_of_any_size_are_parts_of_one_list(void **state)
{
    struct index x;
    char whole[8192];
    (void)state;
    set_up(&x);
    put_many(&x, "a", "one", 60, 9);
    put_many(&x, "b", "two", 50, 8);
    put_many(&x, "c", "*", 40, 7);
    commit(&x);
    struct aq_search_request request = about("walrus");
    snprintf(whole, sizeof whole, "%s", page(&x, request, 0, 150));
    for (uint32_t size = 1; size <= 151; size += size < 26 ? 1 : 25) {
        struct aq_buf pages = {0};
        for (uint32_t from = 0; from < 150; from += size)
            aq_buf_puts(&pages, page(&x, request, from, size));
        assert_true(aq_slice_eq(aq_slice(pages.ptr, pages.len), aq_slice_str(whole)));
        aq_buf_free(&pages);
    }
    /* The hundred best are of two threads: with two hits of each there is nothing else to take. */
    assert_memory_equal(whole, "a0 a1 b0 b1 a2 a3 a4 a5 a6 a7 a8 ", 33);
    tear_down(&x);
}

static void hits_behind_the_best_hundred_do_not_come_forward(void **state)
{
    struct index x;
    (void)state;
    set_up(&x);
    put_many(&x, "a", "one", 99, 9);
    put_text(&x, "hundredth", "two", 8, "and");
    put_text(&x, "next", "three", 7, "and");
    commit(&x);
    assert_string_equal(page(&x, about("walrus"), 0, 5), "a0 a1 hundredth a2 a3 ");
    tear_down(&x);
}

static void worse_matches_do_not_come_forward(void **state)
{
    struct index x;
    (void)state;
    set_up(&x);
    for (uint32_t i = 0; i < 4; i++) {
        char id[8];
        snprintf(id, sizeof id, "a%u", i);
        put_text(&x, id, "one", 2, "carpenter");
    }
    put_many(&x, "b", "*", 4, 9);
    commit(&x);
    assert_string_equal(page(&x, about("walrus carpenter"), 0, 10), "a0 a1 a2 a3 b0 b1 b2 b3 ");
    assert_string_equal(page(&x, about("walrus"), 0, 10), "b0 b1 b2 b3 a0 a1 a2 a3 ");
    tear_down(&x);
}

static void a_thread_that_is_asked_for_is_left_as_it_is(void **state)
{
    struct index x;
    static const char *const threads[] = {"one", "two"};
    (void)state;
    set_up(&x);
    put_many(&x, "a", "one", 4, 9);
    put_many(&x, "b", "two", 2, 8);
    put_many(&x, "c", "*", 2, 7);
    commit(&x);
    struct aq_search_request request = about("walrus");
    request.threads = threads;
    request.thread_count = 2;
    assert_string_equal(page(&x, request, 0, 10), "a0 a1 a2 a3 b0 b1 ");
    assert_string_equal(page(&x, about("walrus thread:one"), 0, 10), "a0 a1 a2 a3 ");
    assert_string_equal(page(&x, about("walrus -thread:two"), 0, 10), "a0 a1 c0 c1 a2 a3 ");
    tear_down(&x);
}

static void a_single_thread_keeps_its_order(void **state)
{
    struct index x;
    (void)state;
    set_up(&x);
    put_many(&x, "a", "one", 12, 9);
    commit(&x);
    assert_string_equal(page(&x, about("walrus"), 0, 12), "a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 a10 a11 ");
    put_text(&x, "b", "two", 0, "nothing");
    commit(&x);
    assert_string_equal(page(&x, about("walrus"), 0, 12), "a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 a10 a11 ");
    tear_down(&x);
}

/* ---- pages while a writer is at work ---- */

static uint32_t snapshot_of(struct index *x)
{
    struct aq_search_request request = about("walrus");
    struct aq_result *result = ask(x, &request);
    uint32_t snapshot = result->snapshot;
    aq_result_free(result);
    return snapshot;
}

static void pages_hold_while_a_writer_adds_and_changes(void **state)
{
    struct index x;
    struct aq_error err = {0};
    char whole[8192];
    struct aq_buf pages = {0};
    (void)state;
    set_up(&x);
    for (uint32_t i = 0; i < 35; i++) {
        char id[8], thread[8];
        snprintf(id, sizeof id, "c%u", i);
        snprintf(thread, sizeof thread, "t%u", i % 9);
        put_text(&x, id, thread, 36 - i, "and");
    }
    commit(&x);
    struct aq_search_request request = about("walrus");
    snprintf(whole, sizeof whole, "%s", page(&x, request, 0, 35));
    request.snapshot = snapshot_of(&x);
    for (uint32_t from = 0; from < 40; from += 10) {
        char id[16];
        aq_buf_puts(&pages, page(&x, request, from, 10));
        /* Newer ones that would come first; and one that was there is written again without a change in what
         * it says of walruses. */
        put_many(&x, from == 0 ? "n" : from == 10 ? "m" : "o", "new", 7, 38);
        snprintf(id, sizeof id, "c%u", 30 - from);
        put_text(&x, id, "t1", 6 + from, "and");
        if (from == 20)
            assert_int_equal(aq_writer_flush(x.w, &err), AQ_OK);
        commit(&x);
        assert_memory_equal(page(&x, about("walrus"), 0, 1), "n0 ", 3);
    }
    assert_true(aq_slice_eq(aq_slice(pages.ptr, pages.len), aq_slice_str(whole)));
    aq_buf_free(&pages);
    tear_down(&x);
}

static void deletions_move_up_what_is_behind_them(void **state)
{
    struct index x;
    struct aq_error err = {0};
    (void)state;
    set_up(&x);
    put_many(&x, "c", "*", 30, 9);
    commit(&x);
    struct aq_search_request request = about("walrus");
    request.snapshot = snapshot_of(&x);
    assert_string_equal(page(&x, request, 0, 5), "c0 c1 c2 c3 c4 ");
    put_many(&x, "n", "*", 5, 12);
    assert_int_equal(aq_writer_delete(x.w, aq_slice_str("c7"), &err), AQ_OK); /* not shown yet */
    commit(&x);
    assert_string_equal(page(&x, request, 5, 5), "c5 c6 c8 c9 c10 ");
    assert_int_equal(aq_writer_delete(x.w, aq_slice_str("c2"), &err), AQ_OK); /* shown */
    commit(&x);
    assert_string_equal(page(&x, request, 10, 5), "c12 c13 c14 c15 c16 "); /* c11 is where the page before ended */
    assert_string_equal(page(&x, request, 9, 5), "c11 c12 c13 c14 c15 ");
    tear_down(&x);
}

static void a_snapshot_holds_for_totals_and_facets_and_is_handed_on(void **state)
{
    struct index x;
    struct aq_facet_request facet = {AQ_FACET_THREAD, 0};
    (void)state;
    set_up(&x);
    put_many(&x, "a", "one", 3, 5);
    commit(&x);
    uint32_t first = snapshot_of(&x);
    put_many(&x, "b", "one", 4, 6);
    commit(&x);
    assert_int_equal(snapshot_of(&x), first + 4);
    struct aq_search_request request = about("walrus");
    request.snapshot = first;
    request.facets = &facet;
    request.facet_count = 1;
    struct aq_result *result = ask(&x, &request);
    assert_int_equal(result->snapshot, first);
    assert_int_equal(result->total_groups, 3);
    assert_int_equal(result->hit_count, 3);
    assert_int_equal(result->facets->values[0].comments, 3);
    aq_result_free(result);
    request.snapshot = UINT32_MAX;
    result = ask(&x, &request);
    assert_int_equal(result->snapshot, first + 4);
    assert_int_equal(result->total_groups, 7);
    aq_result_free(result);
    tear_down(&x);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(comments_are_counted_however_hits_are_grouped),
        cmocka_unit_test(ties_go_by_name_and_of_threads_by_age),
        cmocka_unit_test(over_time_takes_days_then_months_then_years),
        cmocka_unit_test(the_first_and_the_last_day_of_the_calendar_count),
        cmocka_unit_test(what_cannot_be_counted_is_refused),
        cmocka_unit_test(facets_come_without_hits),
        cmocka_unit_test(further_comments_of_a_thread_give_way),
        cmocka_unit_test(pages_of_any_size_are_parts_of_one_list),
        cmocka_unit_test(hits_behind_the_best_hundred_do_not_come_forward),
        cmocka_unit_test(worse_matches_do_not_come_forward),
        cmocka_unit_test(a_thread_that_is_asked_for_is_left_as_it_is),
        cmocka_unit_test(a_single_thread_keeps_its_order),
        cmocka_unit_test(pages_hold_while_a_writer_adds_and_changes),
        cmocka_unit_test(deletions_move_up_what_is_behind_them),
        cmocka_unit_test(a_snapshot_holds_for_totals_and_facets_and_is_handed_on),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
