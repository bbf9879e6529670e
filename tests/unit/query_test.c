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

static struct aq_reader *reader;
static char dir[] = "/tmp/aq-query-XXXXXX";

static int make_index(void **state)
{
    struct aq_error err = {0};
    struct aq_writer_options options = {.create = true, .single_thread = true};
    struct aq_writer *w;
    enum aq_outcome outcome;
    (void)state;
    assert_non_null(mkdtemp(dir));
    assert_int_equal(aq_writer_open(dir, &options, &w, &err), AQ_OK);
    for (size_t i = 0; i < AQ_COUNT(comments); i++) {
        struct aq_record r;
        char id[16];
        aq_record_init(&r);
        snprintf(id, sizeof id, "%zu", i);
        r.id = aq_slice_str(id);
        r.text = aq_slice_str(comments[i]);
        r.author = aq_slice_str(i % 2 ? "Ann" : "Bob");
        assert_int_equal(aq_writer_add(w, &r, &outcome, &err), AQ_OK);
    }
    assert_int_equal(aq_writer_flush(w, &err), AQ_OK);
    aq_writer_close(w);
    assert_int_equal(aq_reader_open(dir, &reader, &err), AQ_OK);
    return 0;
}

static int remove_index(void **state)
{
    char command[64];
    (void)state;
    aq_reader_close(reader);
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command);
}

static struct aq_result *search(const char *query)
{
    struct aq_result *r;
    struct aq_error err = {0};
    struct aq_search_request request = {.query = aq_slice_str(query)};
    assert_int_equal(aq_search(reader, &request, &r, &err), AQ_OK);
    return r;
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

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_that_match_nothing_are_told_wherever_they_stand),
        cmocka_unit_test(compounds_with_the_same_parts_are_two_words),
        cmocka_unit_test(a_loose_phrase_needs_all_that_its_compounds_cover),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, make_index, remove_index);
}
