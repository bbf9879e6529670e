/* query_test.c - what queries mean to an index of a few lines: cases that random queries
 * have found, and what they would find seldom. */
#include "aq.h"
#include "aq_index.h"

#include "base.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Comment 0, 1, ... Two blank lines part paragraphs. */
static const char *const comments[] = {
    "x-risk is a compound",
    "x_risk is another one",
    "a risk of x",
    "the cat sat by the dog",
    "the cat and, some words later, the dog",
    "cats\n\ndogs",
};

enum { MANY = 16000 }; /* in the second index, numbered */

static struct aq_reader *reader, *large;
static char dir[] = "/tmp/aq-query-XXXXXX", large_dir[] = "/tmp/aq-query-XXXXXX";

static void make_index(char *in, size_t count, struct aq_reader **out)
{
    struct aq_error err = {0};
    struct aq_writer_options options = {.create = true, .single_thread = true};
    struct aq_writer *w;
    enum aq_outcome outcome;
    assert_non_null(mkdtemp(in));
    assert_int_equal(aq_writer_open(in, &options, &w, &err), AQ_OK);
    for (size_t i = 0; i < count; i++) {
        struct aq_record r;
        char id[16], text[64];
        aq_record_init(&r);
        snprintf(id, sizeof id, "%zu", i);
        snprintf(text, sizeof text, "the cat number %zu and the dog", i);
        r.id = aq_slice_str(id);
        r.text = aq_slice_str(count == MANY ? text : comments[i]);
        r.author = aq_slice_str(i % 2 ? "Ann" : "Bob");
        assert_int_equal(aq_writer_add(w, &r, &outcome, &err), AQ_OK);
    }
    assert_int_equal(aq_writer_flush(w, &err), AQ_OK);
    aq_writer_close(w);
    assert_int_equal(aq_reader_open(in, out, &err), AQ_OK);
}

static int make_indexes(void **state)
{
    (void)state;
    make_index(dir, AQ_COUNT(comments), &reader);
    make_index(large_dir, MANY, &large);
    return 0;
}

static int remove_indexes(void **state)
{
    char command[128];
    (void)state;
    aq_reader_close(reader);
    aq_reader_close(large);
    snprintf(command, sizeof command, "rm -rf '%s' '%s'", dir, large_dir);
    return system(command);
}

static struct aq_result *search_in(struct aq_reader *where, const char *query)
{
    struct aq_result *r;
    struct aq_error err = {0};
    struct aq_search_request request = {.query = aq_slice_str(query)};
    assert_int_equal(aq_search(where, &request, &r, &err), AQ_OK);
    return r;
}

static struct aq_result *search(const char *query)
{
    return search_in(reader, query);
}

/* Ids of the comments found, ascending, and behind a bar what occurs nowhere. */
static const char *found(const char *query)
{
    static char out[512];
    struct aq_result *r = search(query);
    size_t n = 0;
    out[0] = 0;
    for (uint32_t c = 0; c < AQ_COUNT(comments); c++)
        for (uint32_t i = 0; i < r->hit_count; i++)
            if (r->hits[i].comment == c)
                n += (size_t)snprintf(out + n, sizeof out - n, "%s%u", n ? " " : "", c);
    for (uint32_t i = 0; i < r->ignored_count; i++)
        n += (size_t)snprintf(out + n, sizeof out - n, "%s%.*s", i ? " " : " | ", (int)r->ignored[i].len,
                              (const char *)r->ignored[i].ptr);
    aq_result_free(r);
    return out;
}

#define FINDS(query, expected) assert_string_equal(found(query), expected)

static double score_of(const char *query, uint32_t comment)
{
    struct aq_result *r = search(query);
    double score = -1;
    for (uint32_t i = 0; i < r->hit_count; i++)
        if (r->hits[i].comment == comment)
            score = r->hits[i].score;
    aq_result_free(r);
    return score;
}

static void patterns_that_match_nothing_are_told_wherever_they_stand(void **state)
{
    (void)state;
    FINDS("cat zq*", "3 4 5 | zq*");
    FINDS("(cat OR zq*) NEAR dog", "3 4 5 | zq*");
    FINDS("+zqqx~2^2 cat", "3 4 5 | zqqx~2");
    FINDS("cat zq* zq*", "3 4 5 | zq*");
    FINDS("cat -zq*", "3 4 5");
}

static void boosts_of_groups_multiply_those_inside(void **state)
{
    (void)state;
    assert_true(fabs(score_of("((cat^2 dog)^3)", 3) - score_of("cat^6 dog^3", 3)) < 1e-9);
    assert_true(fabs(score_of("((cat^100)^100)", 3) - 10000 * score_of("cat", 3)) < 1e-6);
    assert_true(score_of("cat", 3) > 0);
}

static void compounds_with_the_same_parts_are_two_words(void **state)
{
    (void)state;
    assert_true(score_of("x-risk", 0) > score_of("x-risk", 1));
    assert_true(fabs(score_of("x_risk x-risk", 0) - score_of("x-risk x_risk", 0)) < 1e-12);
    assert_true(score_of("x-risk x_risk", 0) > score_of("x-risk x-risk", 2));
    assert_true(score_of("x-risk x_risk", 1) > score_of("x-risk x-risk", 1));
}

static void a_loose_phrase_needs_all_that_its_compounds_cover(void **state)
{
    (void)state;
    FINDS("\"x-risk risk\"~1", "");
    FINDS("\"x-risk a\"~1", "0");
    FINDS("\"x-risk compound\"~2", "0");
    FINDS("\"x-risk compound\"~1", "");
}

/* What, n times, with something in between. */
static const char *many(const char *what, unsigned n, const char *between)
{
    static struct aq_buf out;
    aq_buf_clear(&out);
    for (unsigned i = 0; i < n; i++) {
        aq_buf_puts(&out, i ? between : "");
        aq_buf_puts(&out, what);
    }
    aq_buf_u8(&out, 0);
    assert_false(out.failed);
    return (const char *)out.ptr;
}

static unsigned partial(const char *query)
{
    struct aq_result *r = search_in(large, query);
    unsigned bits = r->partial;
    aq_result_free(r);
    return bits;
}

static void work_is_bounded_by_the_passages_of_the_index(void **state)
{
    (void)state;
    assert_int_equal(partial("the AND cat AND dog AND \"cat number\""), AQ_PARTIAL_NONE);
    assert_int_equal(partial(many("the", 20, " OR ")), AQ_PARTIAL_NONE);
    assert_int_equal(partial(many("the", 256, " OR ")), AQ_PARTIAL_WORK);
    assert_int_equal(partial(many("(the NEAR/9 dog)", 32, " OR ")), AQ_PARTIAL_WORK);
    assert_int_equal(partial(many("the", 257, " OR ")), AQ_PARTIAL_WORK | AQ_PARTIAL_TERMS);
}

static void what_is_cut_by_work_is_the_same_again(void **state)
{
    (void)state;
    struct aq_result *a = search_in(large, many("the", 256, " OR ")), *b = search_in(large, many("the", 256, " OR "));
    assert_int_equal(a->total_passages, b->total_passages);
    assert_true(a->total_passages > 0 && a->total_passages < MANY);
    for (uint32_t i = 0; i < a->hit_count; i++)
        assert_int_equal(a->hits[i].comment, b->hits[i].comment);
    aq_result_free(a);
    aq_result_free(b);
}

static void patterns_beyond_16_are_left_out(void **state)
{
    struct aq_buf query = {0};
    (void)state;
    for (unsigned i = 1; i <= 16; i++)
        aq_buf_printf(&query, "%u* ", i);
    aq_buf_u8(&query, 0);
    assert_int_equal(partial((const char *)query.ptr) & AQ_PARTIAL_TERMS, 0);
    query.len--;
    aq_buf_puts(&query, "cat* 99*");
    aq_buf_u8(&query, 0);
    assert_int_equal(partial((const char *)query.ptr) & AQ_PARTIAL_TERMS, AQ_PARTIAL_TERMS);
    assert_int_equal(partial(many("1*", 40, " ")) & AQ_PARTIAL_TERMS, 0);
    aq_buf_free(&query);
}

static void what_stands_beside_a_near_is_counted(void **state)
{
    struct aq_buf query = {0};
    (void)state;
    aq_buf_printf(&query, "dog NEAR/3 (%s)", many("cat", 255, " OR "));
    aq_buf_u8(&query, 0);
    assert_int_equal(partial((const char *)query.ptr) & AQ_PARTIAL_TERMS, 0);
    aq_buf_clear(&query);
    aq_buf_printf(&query, "dog NEAR/3 (%s)", many("cat", 256, " OR "));
    aq_buf_u8(&query, 0);
    assert_int_equal(partial((const char *)query.ptr) & AQ_PARTIAL_TERMS, AQ_PARTIAL_TERMS);
    aq_buf_free(&query);
}

/* Nothing is left of the tree but its fields. */
static void operators_between_signs_find_what_the_fields_do(void **state)
{
    (void)state;
    FINDS("author:ann (! AND !)", "1 3 5");
    FINDS("(! OR ?)", "");
    struct aq_result *r = search("author:ann (! AND !)");
    for (uint32_t i = 0; i < r->hit_count; i++)
        assert_int_equal(r->hits[i].range_count, 0);
    aq_result_free(r);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_that_match_nothing_are_told_wherever_they_stand),
        cmocka_unit_test(boosts_of_groups_multiply_those_inside),
        cmocka_unit_test(compounds_with_the_same_parts_are_two_words),
        cmocka_unit_test(a_loose_phrase_needs_all_that_its_compounds_cover),
        cmocka_unit_test(work_is_bounded_by_the_passages_of_the_index),
        cmocka_unit_test(what_is_cut_by_work_is_the_same_again),
        cmocka_unit_test(patterns_beyond_16_are_left_out),
        cmocka_unit_test(what_stands_beside_a_near_is_counted),
        cmocka_unit_test(operators_between_signs_find_what_the_fields_do),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, make_indexes, remove_indexes);
}
