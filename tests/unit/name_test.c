/* name_test.c - names: folded, by their words, and whether one is meant. */
#include "name.h"
#include "store.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct aq_slice fold(struct aq_buf *b, const char *name)
{
    assert_true(aq_name_fold(b, aq_slice_str(name)));
    return aq_slice(b->ptr, b->len);
}

static bool meant(const char *name, const char *wanted)
{
    struct aq_buf a = {0}, b = {0};
    bool is = aq_name_meant(fold(&a, name), fold(&b, wanted));
    aq_buf_free(&a);
    aq_buf_free(&b);
    return is;
}

static void whole_words_in_a_row_mean_a_name(void **state)
{
    (void)state;
    assert_true(meant("Wei Dai", "wei"));
    assert_true(meant("Wei Dai", "DAI"));
    assert_true(meant("Wei Dai", "wei dai"));
    assert_true(meant("Wei-Dai_3", "dai 3"));
    assert_true(meant("Anna-Wei Dai", "wei, dai"));
    assert_false(meant("Wei Dai", "we"));
    assert_false(meant("Wei Dai", "dai wei"));
    assert_false(meant("Wei Anna Dai", "wei dai"));
    assert_false(meant("Wei", "wei dai"));
    assert_false(meant("Wei", "---"));
    assert_true(meant("---", "---"));
    assert_false(meant("-- -", "---"));
}

static void case_and_compatibility_forms_do_not_matter(void **state)
{
    (void)state;
    assert_true(meant("\xC3\x89mile Zola", "\xC3\xA9mile"));
    assert_true(meant("E\xCC\x81mile", "\xC3\xA9mile"));
    assert_true(meant("\xEF\xBC\xA7wern", "gwern")); /* a fullwidth G */
    assert_true(meant("stra\xC3\x9F" "e", "STRASSE"));
    assert_false(meant("Emile", "\xC3\xA9mile"));
}

static void words_have_keys_once_in_order(void **state)
{
    uint64_t words[AQ_NAME_WORDS];
    struct aq_buf b = {0};
    (void)state;
    assert_int_equal(aq_name_words(fold(&b, "Wei, dai WEI_3"), words), 3);
    assert_true(words[0] < words[1] && words[1] < words[2]);
    const char *const expected[] = {"wei", "dai", "3"};
    for (size_t i = 0; i < AQ_COUNT(expected); i++) {
        bool has = false;
        for (size_t k = 0; k < 3; k++)
            has |= words[k] == aq_name_key(aq_slice_str(expected[i]));
        assert_true(has);
    }
    assert_int_equal(aq_name_words(fold(&b, "***"), words), 0);
    assert_int_equal(aq_name_words((struct aq_slice){0}, words), 0);
    aq_buf_free(&b);
}

static void keys_begin_as_words_do(void **state)
{
    (void)state;
    assert_int_equal(aq_name_key(aq_slice_str("wei")), (uint64_t)0x776569 << 40);
    assert_int_equal(aq_name_key(aq_slice_str("\xC3\xA9mile")), aq_name_key(aq_slice_str("emile")));
    assert_int_equal(aq_name_key(aq_slice_str("yudkowsky")), aq_name_key(aq_slice_str("yudkowski")));
    assert_true(aq_name_key(aq_slice_str("we")) < aq_name_key(aq_slice_str("wei")));
}

static void of_a_long_name_the_first_words_count(void **state)
{
    uint64_t words[AQ_NAME_WORDS];
    struct aq_buf b = {0}, name = {0};
    (void)state;
    for (unsigned i = 0; i < 3 * AQ_NAME_WORDS; i++)
        aq_buf_printf(&name, "w%u ", i);
    aq_buf_u8(&name, 0);
    assert_int_equal(aq_name_words(fold(&b, (const char *)name.ptr), words), AQ_NAME_WORDS);
    for (size_t i = 0; i < AQ_NAME_WORDS; i++)
        assert_true(words[i] != aq_name_key(aq_slice_str("w32")));
    aq_buf_free(&b);
    aq_buf_free(&name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_words_in_a_row_mean_a_name),
        cmocka_unit_test(case_and_compatibility_forms_do_not_matter),
        cmocka_unit_test(words_have_keys_once_in_order),
        cmocka_unit_test(keys_begin_as_words_do), cmocka_unit_test(of_a_long_name_the_first_words_count),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
