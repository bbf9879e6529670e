/* bisect_test.c - documents with the same terms come together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "bisect.h"
#include "model.h"

enum { DOCUMENTS_MOST = 6000, TERMS_EACH = 12 };

struct documents {
    uint32_t starts[DOCUMENTS_MOST + 1], order[DOCUMENTS_MOST];
    uint16_t terms[DOCUMENTS_MOST * TERMS_EACH];
    struct aq_bisect_graph graph;
};

/* Document i has terms of vocabulary i % vocabularies, `words` a vocabulary, at most
 * `each` of them. */
static struct documents *make(uint32_t count, uint32_t vocabularies, uint32_t words, uint32_t each)
{
    struct documents *d = calloc(1, sizeof *d);
    uint64_t rng = 20190414;
    assert_non_null(d);
    for (uint32_t i = 0, at = 0; i < count; i++) {
        uint32_t stride = words / (each + 1), term = 0;
        for (uint32_t k = 0; k < each && stride; k++) {
            term += 1 + below(&rng, stride);
            d->terms[at++] = (uint16_t)(i % vocabularies * words + term);
        }
        d->starts[i + 1] = at;
        d->order[i] = i;
    }
    d->graph = (struct aq_bisect_graph){d->starts, d->terms, count, vocabularies * words};
    return d;
}

static void bisect(struct documents *d, bool threaded)
{
    struct aq_error err;
    assert_int_equal(aq_bisect(&d->graph, d->order, threaded, &err), AQ_OK);
}

static void expect_every_document_once(const struct documents *d)
{
    bool *seen = calloc(DOCUMENTS_MOST, sizeof *seen);
    assert_non_null(seen);
    for (uint32_t i = 0; i < d->graph.count; i++) {
        assert_in_range(d->order[i], 0, d->graph.count - 1);
        assert_false(seen[d->order[i]]);
        seen[d->order[i]] = true;
    }
    free(seen);
}

static void two_interleaved_vocabularies_come_apart(void **state)
{
    (void)state;
    for (unsigned threaded = 0; threaded < 2; threaded++) {
        struct documents *d = make(4096, 2, 200, TERMS_EACH);
        bisect(d, threaded);
        expect_every_document_once(d);
        for (uint32_t i = 0; i < 4096; i++)
            assert_int_equal(d->order[i] % 2, d->order[i < 2048 ? 0 : 2048] % 2);
        assert_int_not_equal(d->order[0] % 2, d->order[2048] % 2);
        free(d);
    }
}

/* How often neighbours are of different vocabularies. */
static uint32_t changes(const struct documents *d, uint32_t vocabularies)
{
    uint32_t n = 0;
    for (uint32_t i = 1; i < d->graph.count; i++)
        n += d->order[i] % vocabularies != d->order[i - 1] % vocabularies;
    return n;
}

static void several_vocabularies_come_mostly_apart(void **state)
{
    (void)state;
    struct documents *d = make(6000, 5, 150, 10);
    assert_int_equal(changes(d, 5), 5999);
    bisect(d, false);
    expect_every_document_once(d);
    assert_in_range(changes(d, 5), 4, 3000);
    free(d);
}

static void threads_change_nothing_of_the_outcome(void **state)
{
    (void)state;
    for (uint32_t count = 511; count < 6000; count += 1373) {
        struct documents *a = make(count, 3, 90, 9), *b = make(count, 3, 90, 9);
        bisect(a, false);
        bisect(b, true);
        expect_every_document_once(a);
        assert_memory_equal(a->order, b->order, sizeof a->order);
        free(a);
        free(b);
    }
}

static void documents_without_terms_stay_where_they_are(void **state)
{
    (void)state;
    struct documents *d = make(3000, 1, 1, 0);
    bisect(d, true);
    for (uint32_t i = 0; i < 3000; i++)
        assert_int_equal(d->order[i], i);
    free(d);
}

static void few_documents_stay_where_they_are(void **state)
{
    (void)state;
    for (uint32_t count = 0; count < 3; count++) {
        struct documents *d = make(count, 2, 100, 5);
        bisect(d, true);
        for (uint32_t i = 0; i < count; i++)
            assert_int_equal(d->order[i], i);
        free(d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_interleaved_vocabularies_come_apart),
        cmocka_unit_test(several_vocabularies_come_mostly_apart),
        cmocka_unit_test(threads_change_nothing_of_the_outcome),
        cmocka_unit_test(documents_without_terms_stay_where_they_are),
        cmocka_unit_test(few_documents_stay_where_they_are),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
