/* Base subjects as RFC 5256 has them, and what mail programs add to it. */
#include "subject.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void is(const char *subject, const char *base, bool reply)
{
    struct aq_base_subject b;
    aq_base_subject(&b, aq_slice_str(subject));
    if (b.len != strlen(base) || memcmp(b.text, base, b.len) != 0 || b.reply != reply)
        fail_msg("\"%s\" gave \"%.*s\"%s, not \"%s\"%s", subject, (int)b.len, (const char *)b.text,
                 b.reply ? " (reply)" : "", base, reply ? " (reply)" : "");
}

static void plain_subject_is_its_own_base(void **state)
{
    (void)state;
    is("Tea and  Time", "tea and time", false);
    is("  Reading: a list\t", "reading: a list", false);
    is("Reply to all", "reply to all", false);
    is("", "", false);
}

static void reply_marks_go(void **state)
{
    (void)state;
    is("Re: Tea", "tea", true);
    is("RE: re: Fwd: Tea", "tea", true);
    is("AW: SV: Antw: Tea", "tea", true);
    is("Re[2]: Tea", "tea", true);
    is("Re (3): Tea", "tea", true);
    is("Re^2: Tea", "tea", true);
    is("Re :Tea", "tea", true);
    is("Re:", "", true);
}

static void list_names_go_unless_they_are_all(void **state)
{
    (void)state;
    is("[tea-list] Tea", "tea", false);
    is("[tea-list] Re: [tea-list] Tea", "tea", true);
    is("Re: [tea-list] [kettle] Tea", "tea", true);
    is("[tea-list]", "[tea-list]", false);
    is("Re: [tea-list]", "[tea-list]", true);
    is("[not closed", "[not closed", false);
}

static void forwarded_subjects_are_unwrapped(void **state)
{
    (void)state;
    is("[Fwd: Tea]", "tea", true);
    is("[Fwd: [tea-list] Re: Tea (fwd)]", "tea", true);
    is("Tea (fwd) (FWD)", "tea", true);
    is("[Fwd: Tea", "[fwd: tea", false);
    is("(fwd)", "", true);
}

static void any_length_and_any_bytes_end(void **state)
{
    (void)state;
    static char many[300003];
    for (size_t i = 0; i + 3 < sizeof many; i += 3)
        memcpy(many + i, "re:", 3);
    is(many, "", true);
    memset(many, 'x', sizeof many - 1);
    struct aq_base_subject b;
    aq_base_subject(&b, aq_slice_str(many));
    assert_in_range(b.len, AQ_SUBJECT_BYTES - 2, AQ_SUBJECT_BYTES);
    uint32_t seed = 7;
    for (unsigned round = 0; round < 20000; round++) {
        static const char parts[] = "[]():^ 2rewdfF\t";
        char s[24];
        size_t n = round % sizeof s;
        for (size_t i = 0; i < n; i++)
            s[i] = parts[(seed = seed * 1664525u + 1013904223u) >> 8 & 15 ? (seed >> 12) % (sizeof parts - 1) : 0];
        aq_base_subject(&b, aq_slice(s, n));
        /* What is left has nothing more to strip. */
        struct aq_base_subject again;
        aq_base_subject(&again, aq_slice(b.text, b.len));
        assert_int_equal(again.len, b.len);
        assert_memory_equal(again.text, b.text, b.len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_subject_is_its_own_base),
        cmocka_unit_test(reply_marks_go),
        cmocka_unit_test(list_names_go_unless_they_are_all),
        cmocka_unit_test(forwarded_subjects_are_unwrapped),
        cmocka_unit_test(any_length_and_any_bytes_end),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
