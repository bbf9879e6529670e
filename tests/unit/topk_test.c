/* topk_test.c - the heap of hits against sorting everything; and BM25's pieces. */
#include "topk.h"

#include "score.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static uint64_t seed;

static uint32_t below(uint32_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((seed >> 33) % n);
}

static int in_order(const void *x, const void *y)
{
    const struct aq_candidate *a = x, *b = y;
    return aq_candidate_before(a, b) ? -1 : aq_candidate_before(b, a) ? 1 : 0;
}

/* Few values of everything, so that ties and repeated groups abound. */
static size_t make(struct aq_candidate *c, size_t n, uint32_t groups)
{
    for (size_t i = 0; i < n; i++)
        c[i] = (struct aq_candidate){.primary = below(4) ? 0 : below(3),
                                     .score = below(20) / 4.0,
                                     .comment = (uint32_t)i / 3,
                                     .ordinal = (uint32_t)i % 3,
                                     .group = below(groups),
                                     .tier = (uint8_t)below(4)};
    for (size_t i = n; i > 1; i--) {
        size_t k = below((uint32_t)i);
        struct aq_candidate t = c[i - 1];
        c[i - 1] = c[k];
        c[k] = t;
    }
    return n;
}

static void compare(bool by_group)
{
    for (int round = 0; round < 400; round++) {
        struct aq_candidate all[600], expected[600];
        size_t n = make(all, 1 + below(600), 1 + below(200)), wanted = 0, got;
        uint32_t k = 1 + below(round % 4 ? 20 : 700);
        struct aq_topk t;
        aq_topk_init(&t, k, by_group);
        for (size_t i = 0; i < n; i++)
            aq_topk_offer(&t, &all[i]);
        qsort(all, n, sizeof *all, in_order);
        for (size_t i = 0; i < n && wanted < k; i++) {
            bool seen = false;
            for (size_t j = 0; j < wanted && by_group && !seen; j++)
                seen = expected[j].group == all[i].group;
            if (!seen)
                expected[wanted++] = all[i];
        }
        const struct aq_candidate *hits = aq_topk_finish(&t, &got);
        assert_false(t.failed);
        assert_int_equal(got, wanted);
        for (size_t i = 0; i < wanted; i++)
            assert_true(in_order(&hits[i], &expected[i]) == 0 && hits[i].group == expected[i].group);
        aq_topk_free(&t);
    }
}

static void keeps_what_sorting_everything_keeps(void **state)
{
    (void)state;
    compare(false);
}

static void keeps_the_first_of_each_group(void **state)
{
    (void)state;
    compare(true);
}

static void worst_is_told_once_full(void **state)
{
    struct aq_topk t;
    struct aq_candidate a = {.score = 1}, b = {.score = 2, .comment = 1}, c = {.score = 3, .comment = 2};
    (void)state;
    aq_topk_init(&t, 2, false);
    aq_topk_offer(&t, &a);
    assert_null(aq_topk_worst(&t));
    aq_topk_offer(&t, &c);
    assert_true(aq_topk_worst(&t)->score == 1);
    aq_topk_offer(&t, &b);
    assert_true(aq_topk_worst(&t)->score == 2);
    aq_topk_free(&t);
}

static void ties_go_to_the_lower_comment_then_passage(void **state)
{
    struct aq_candidate a = {.score = 1, .comment = 1, .ordinal = 1}, b = {.score = 1, .comment = 1},
                        c = {.score = 1, .ordinal = 9};
    (void)state;
    assert_true(aq_candidate_before(&b, &a));
    assert_true(aq_candidate_before(&c, &b));
    assert_false(aq_candidate_before(&a, &a));
}

static void own_words_go_before_quotes_and_all_words_before_both(void **state)
{
    struct aq_candidate own = {.score = 1}, quote = {.score = 9, .tier = AQ_TIER_QUOTE},
                        some = {.score = 99, .tier = AQ_TIER_SOME_WORDS};
    (void)state;
    assert_true(aq_candidate_before(&own, &quote));
    assert_true(aq_candidate_before(&quote, &some));
}

static void nothing_offered_is_nothing(void **state)
{
    struct aq_topk t;
    size_t n = 7;
    (void)state;
    aq_topk_init(&t, 5, true);
    aq_topk_finish(&t, &n);
    assert_int_equal(n, 0);
    aq_topk_free(&t);
}

/* ---- score ---- */

static void bm25_by_hand(void **state)
{
    struct aq_model m;
    (void)state;
    /* N = 4, average 10, k1 1.2, b 0.75: a length of 20 gives 1.2 * (0.25 + 1.5) = 2.1. */
    assert_int_equal(aq_model_init(&m, 0, 0, 4, 40, NULL), AQ_OK);
    assert_true(fabs(m.norms[20] - 2.1) < 1e-15);
    assert_true(fabs(m.norms[10] - 1.2) < 1e-15);
    /* n = 1: ln(1 + 3.5 / 1.5) = ln(10/3) */
    assert_true(fabs(aq_idf(&m, 1) - 1.2039728043259361) < 1e-15);
    assert_true(fabs(aq_score(&m, aq_idf(&m, 1), 2, 20) - 1.2039728043259361 * 2 / 4.1) < 1e-15);
}

static void idf_is_positive_for_a_word_in_every_passage(void **state)
{
    struct aq_model m;
    (void)state;
    assert_int_equal(aq_model_init(&m, 0, 0, 1000000, 50000000, NULL), AQ_OK);
    assert_true(aq_idf(&m, 1000000) > 0);
    assert_true(aq_idf(&m, 2000000) > 0);
}

static void an_empty_index_has_finite_norms(void **state)
{
    struct aq_model m;
    (void)state;
    assert_int_equal(aq_model_init(&m, 0, 0, 0, 0, NULL), AQ_OK);
    for (int i = 0; i < 256; i++)
        assert_true(isfinite(m.norms[i]));
}

static void parameters_out_of_range_are_refused(void **state)
{
    struct aq_model m;
    (void)state;
    assert_int_equal(aq_model_init(&m, -1, 0.5, 1, 1, NULL), AQ_INVALID);
    assert_int_equal(aq_model_init(&m, 1, 1.5, 1, 1, NULL), AQ_INVALID);
    assert_int_equal(aq_model_init(&m, NAN, 0.5, 1, 1, NULL), AQ_INVALID);
    assert_int_equal(aq_model_init(&m, 0.9, 0.4, 1, 1, NULL), AQ_OK);
    assert_true(m.k1 == 0.9 && m.b == 0.4);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_sorting_everything_keeps),
        cmocka_unit_test(keeps_the_first_of_each_group),
        cmocka_unit_test(worst_is_told_once_full),
        cmocka_unit_test(ties_go_to_the_lower_comment_then_passage),
        cmocka_unit_test(own_words_go_before_quotes_and_all_words_before_both),
        cmocka_unit_test(nothing_offered_is_nothing),
        cmocka_unit_test(bm25_by_hand),
        cmocka_unit_test(idf_is_positive_for_a_word_in_every_passage),
        cmocka_unit_test(an_empty_index_has_finite_norms),
        cmocka_unit_test(parameters_out_of_range_are_refused),
    };
    const char *given = getenv("AQ_SEED");
    seed = given ? strtoull(given, NULL, 10) : 20240501;
    printf("# AQ_SEED=%llu\n", (unsigned long long)seed);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
