/* concepts_test.c - associations worked out by hand, and what is counted of a few passages. */
#include "association.h"
#include "concept_count.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* ---- association ---- */

/* 4 of 10 passages that are looked at have a word that 8 of all 100 have: cells 4, 4, 6, 86.
 * 2 * sum of n * ln(n / expected), expected .8, 7.2, 9.2, 82.8. */
static void strength_is_the_log_likelihood_ratio(void **state)
{
    (void)state;
    double by_hand = 2 * (4 * log(4 / 0.8) + 4 * log(4 / 7.2) + 6 * log(6 / 9.2) + 86 * log(86 / 82.8));
    assert_true(fabs(by_hand - 9.5660) < 1e-3);
    assert_true(fabs(aq_association(4, 10, 8, 100) - by_hand) < 1e-9);
    assert_true(fabs(aq_association_lift(4, 10, 8, 100) - 5) < 1e-12);
}

static void what_is_no_more_than_chance_has_none(void **state)
{
    (void)state;
    assert_true(aq_association(1, 10, 10, 100) == 0);
    assert_true(aq_association(0, 10, 10, 100) == 0);
    assert_true(aq_association(0, 0, 0, 0) == 0);
    assert_true(aq_association(10, 10, 10, 100) > aq_association(9, 10, 10, 100));
    /* numbers that contradict each other */
    assert_true(aq_association(11, 10, 20, 100) == 0);
    assert_true(aq_association(9, 10, 8, 100) == 0);
    assert_true(aq_association(1, 100, 90, 100) == 0);
    assert_true(aq_association(1, 10, 200, 100) == 0);
}

/* ---- counting ---- */

static struct aq_analyzer *analyzer;

static int open_analyzer(void **state)
{
    (void)state;
    return aq_analyzer_open("english", &analyzer, NULL);
}

static int close_analyzer(void **state)
{
    (void)state;
    aq_analyzer_close(analyzer);
    return 0;
}

static void count(struct aq_concept_counter *c, const char *text, uint32_t rank, uint32_t source)
{
    const struct aq_concept_passage p = {.text = aq_slice_str(text), .weight = 1, .rank = rank, .source = source};
    assert_int_equal(aq_concept_count_passage(c, &p, NULL), AQ_OK);
}

static const struct aq_concept_count *find(const struct aq_concept_counter *c, const char *spelled)
{
    for (size_t i = 0; i < c->count; i++)
        if (aq_slice_eq(aq_concept_spelled(&c->all[i]), aq_slice_str(spelled)))
            return &c->all[i];
    return NULL;
}

static void words_and_phrases_are_counted_by_passage(void **state)
{
    struct aq_concept_counter c = {.analyzer = analyzer, .phrases = true};
    (void)state;
    count(&c, "A mesa optimizer is an optimizer.", 1, 7);
    count(&c, "Mesa optimizers deceive.", 0, 7);
    count(&c, "Every mesa. Optimizers too.", 2, 8);
    const struct aq_concept_count *mesa = find(&c, "mesa"), *both = find(&c, "mesa optimizer");
    assert_non_null(mesa);
    assert_non_null(both);
    assert_int_equal(c.passages, 3);
    assert_int_equal(mesa->passages, 3);
    assert_int_equal(mesa->sources, 2);
    assert_int_equal(both->passages, 2); /* no phrase spans a full stop */
    assert_int_equal(both->words, 2);
    assert_int_equal(both->rank, 0);
    assert_true(aq_slice_eq(both->example, aq_slice_str("Mesa optimizers")));
    aq_concept_counter_free(&c);
}

static void what_tells_nothing_is_passed_over(void **state)
{
    struct aq_concept_counter c = {.analyzer = analyzer};
    (void)state;
    count(&c, "On Monday, Ann Lee wrote:\nsee https://example.org/walrus/tusk and 42 and q for more", 0, 0);
    assert_null(find(&c, "Ann"));
    assert_null(find(&c, "walrus"));
    assert_null(find(&c, "42"));
    assert_null(find(&c, "q"));
    assert_non_null(find(&c, "see"));
    aq_concept_counter_free(&c);
}

static void words_are_spelled_as_most_people_do(void **state)
{
    struct aq_concept_counter c = {.analyzer = analyzer};
    (void)state;
    count(&c, "Emulations of brains. AGI is far.", 0, 0);
    count(&c, "the emulation and the AGI", 1, 1);
    count(&c, "an emulation or an agi", 2, 2);
    assert_non_null(find(&c, "emulation"));
    assert_int_equal(find(&c, "emulation")->passages, 3);
    assert_non_null(find(&c, "AGI"));
    assert_null(find(&c, "agi"));
    aq_concept_counter_free(&c);
}

static void a_passage_that_was_met_does_not_count(void **state)
{
    static const char text[] = "the hard problem of consciousness is why there is anything it is like to be";
    struct aq_concept_counter c = {.analyzer = analyzer, .phrases = true};
    (void)state;
    count(&c, text, 0, 0);
    count(&c, "As he says, the hard problem of consciousness is why there is anything it is like to be", 1, 1);
    assert_int_equal(c.passages, 1);
    count(&c, "the hard problem of consciousness has been solved long ago by people who never wrote it down", 2, 2);
    assert_int_equal(c.passages, 2);
    aq_concept_counter_free(&c);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(strength_is_the_log_likelihood_ratio),
        cmocka_unit_test(what_is_no_more_than_chance_has_none),
        cmocka_unit_test_setup_teardown(words_and_phrases_are_counted_by_passage, open_analyzer, close_analyzer),
        cmocka_unit_test_setup_teardown(what_tells_nothing_is_passed_over, open_analyzer, close_analyzer),
        cmocka_unit_test_setup_teardown(words_are_spelled_as_most_people_do, open_analyzer, close_analyzer),
        cmocka_unit_test_setup_teardown(a_passage_that_was_met_does_not_count, open_analyzer, close_analyzer),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
