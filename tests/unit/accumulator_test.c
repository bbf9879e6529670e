/* accumulator_test.c - the inverted index in memory gives back what was put in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "accumulator.h"
#include "store.h"

struct expected {
    const char *term;
    uint32_t df, forms;
    uint64_t positions;
};

struct seen {
    char terms[64][32];
    uint32_t df[64], forms[64], positions[64];
    size_t count;
};

static enum aq_status take(void *context, struct aq_slice term, struct aq_slice list, struct aq_slice positions,
                           struct aq_error *err)
{
    struct seen *s = context;
    struct aq_postings p;
    uint16_t at[256], codes[256];
    (void)err;
    assert_int_equal(aq_postings_parse(&p, term, list, positions), AQ_OK);
    snprintf(s->terms[s->count], sizeof s->terms[0], "%.*s", (int)term.len, (const char *)term.ptr);
    s->df[s->count] = p.df;
    s->forms[s->count] = p.form_count;
    struct aq_cursor c;
    for (aq_cursor_init(&c, &p); c.docid != AQ_DOCID_END; aq_cursor_next(&c))
        s->positions[s->count] += aq_cursor_positions(&c, at, codes);
    assert_false(c.bad);
    s->count++;
    return AQ_OK;
}

static void token(struct aq_accumulator *a, const char *term, const char *form, uint16_t position)
{
    struct aq_slice t = aq_slice_str(term);
    assert_true(aq_accumulator_token(a, t, aq_hash(t), aq_slice_str(form), position));
}

static const struct aq_impact_model model = {1.2, 0.75, 3};

static void terms_come_out_in_byte_order_with_their_postings(void **state)
{
    (void)state;
    struct aq_accumulator *a = aq_accumulator_new();
    struct seen s = {0};
    aq_accumulator_passage(a, 3);
    token(a, "emul", "emulation", 0);
    token(a, "qualia", "qualia", 1);
    token(a, "emul", "emulated", 2);
    aq_accumulator_passage(a, 1);
    token(a, "circuit", "circuits", 0);
    aq_accumulator_passage(a, 1);
    token(a, "emul", "emulation", 0);
    assert_int_equal(aq_accumulator_write(a, &model, take, &s, NULL), AQ_OK);
    assert_int_equal(s.count, 3);
    assert_string_equal(s.terms[0], "circuit");
    assert_string_equal(s.terms[1], "emul");
    assert_string_equal(s.terms[2], "qualia");
    assert_int_equal(s.df[1], 2);
    assert_int_equal(s.forms[1], 2);
    assert_int_equal(s.positions[1], 3);
    aq_accumulator_free(a);
}

static void long_streams_cross_chunks(void **state)
{
    (void)state;
    struct aq_accumulator *a = aq_accumulator_new();
    struct seen s = {0};
    char form[16];
    for (unsigned d = 0; d < 20000; d++) {
        aq_accumulator_passage(a, 3);
        for (uint16_t p = 0; p < 3; p++) {
            snprintf(form, sizeof form, "w%u", (d + p) % 5);
            token(a, "word", form, (uint16_t)(p * 32));
        }
    }
    assert_int_equal(aq_accumulator_write(a, &model, take, &s, NULL), AQ_OK);
    assert_int_equal(s.count, 1);
    assert_int_equal(s.df[0], 20000);
    assert_int_equal(s.forms[0], 5);
    assert_int_equal(s.positions[0], 60000);
    assert_int_equal(aq_accumulator_tokens(a), 60000);
    aq_accumulator_free(a);
}

static void positions_must_ascend(void **state)
{
    (void)state;
    struct aq_accumulator *a = aq_accumulator_new();
    aq_accumulator_passage(a, 2);
    token(a, "w", "w", 5);
    assert_false(aq_accumulator_token(a, aq_slice_str("w"), aq_hash(aq_slice_str("w")), aq_slice_str("w"), 5));
    aq_accumulator_free(a);
}

static enum aq_status refuse(void *context, struct aq_slice term, struct aq_slice list, struct aq_slice positions,
                             struct aq_error *err)
{
    (void)context, (void)term, (void)list, (void)positions;
    return aq_fail(err, AQ_FULL, "no more");
}

static void a_failing_sink_stops_the_writing(void **state)
{
    (void)state;
    struct aq_accumulator *a = aq_accumulator_new();
    struct aq_error err;
    aq_accumulator_passage(a, 1);
    token(a, "w", "w", 0);
    assert_int_equal(aq_accumulator_write(a, &model, refuse, NULL, &err), AQ_FULL);
    assert_string_equal(err.message, "no more");
    aq_accumulator_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terms_come_out_in_byte_order_with_their_postings),
        cmocka_unit_test(long_streams_cross_chunks),
        cmocka_unit_test(positions_must_ascend),
        cmocka_unit_test(a_failing_sink_stops_the_writing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
