/* UTF-8: the code points that exist round trip, everything else is refused at the
 * byte where it goes wrong. */
#include "utf8.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static bool is_scalar(uint32_t cp)
{
    return cp <= 0x10FFFF && !(cp >= 0xD800 && cp <= 0xDFFF);
}

static void every_scalar_value_round_trips(void **state)
{
    (void)state;
    for (uint32_t cp = 0; cp <= 0x10FFFF; cp++) {
        if (!is_scalar(cp))
            continue;
        uint8_t bytes[4];
        unsigned n = aq_utf8_encode(cp, bytes), len = 0;
        assert_int_equal(n, cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4);
        assert_int_equal(aq_utf8_decode(bytes, bytes + n, &len), cp);
        assert_int_equal(len, n);
        assert_int_equal(aq_utf8_valid(aq_slice(bytes, n)), n);
    }
}

/* What a direct reading of the definition says the bytes begin with. */
static uint32_t decode_naively(const uint8_t *p, size_t n)
{
    static const struct {
        uint8_t mark, mask;
        uint32_t least;
    } forms[] = {{0x00, 0x7F, 0}, {0xC0, 0x1F, 0x80}, {0xE0, 0x0F, 0x800}, {0xF0, 0x07, 0x10000}};
    for (size_t len = 1; len <= n && len <= 4; len++) {
        if ((p[0] & (uint8_t)~forms[len - 1].mask) != forms[len - 1].mark)
            continue;
        uint32_t cp = p[0] & forms[len - 1].mask;
        bool good = true;
        for (size_t i = 1; i < len; i++) {
            good = good && (p[i] & 0xC0) == 0x80;
            cp = cp << 6 | (p[i] & 0x3F);
        }
        if (good && cp >= forms[len - 1].least && is_scalar(cp))
            return cp;
    }
    return AQ_UTF8_BAD;
}

static void any_three_bytes_decode_as_the_definition_says(void **state)
{
    (void)state;
    static const uint8_t thirds[] = {0x00, 0x41, 0x7F, 0x80, 0xBF, 0xC0, 0xFF};
    for (unsigned a = 0; a < 256; a++)
        for (unsigned b = 0; b < 256; b++)
            for (size_t c = 0; c < AQ_COUNT(thirds); c++) {
                uint8_t bytes[4] = {(uint8_t)a, (uint8_t)b, thirds[c], 0x80};
                for (size_t n = 1; n <= 4; n++) {
                    unsigned len = 0;
                    uint32_t cp = aq_utf8_decode(bytes, bytes + n, &len);
                    assert_int_equal(cp, decode_naively(bytes, n));
                    assert_in_range(len, 1, n);
                }
            }
}

static void assert_bad(const char *bytes, size_t n, unsigned expected_len)
{
    unsigned len = 0;
    const uint8_t *p = (const uint8_t *)bytes;
    assert_int_equal(aq_utf8_decode(p, p + n, &len), AQ_UTF8_BAD);
    assert_int_equal(len, expected_len);
}

static void a_bad_sequence_is_its_maximal_ill_formed_prefix(void **state)
{
    (void)state;
    assert_bad("\x80", 1, 1);
    assert_bad("\xC0\xAF", 2, 1);
    assert_bad("\xC2", 1, 1);
    assert_bad("\xC2 ", 2, 1);
    assert_bad("\xE0\x9F\x80", 3, 1);
    assert_bad("\xED\xA0\x80", 3, 1);
    assert_bad("\xE2\x80", 2, 2);
    assert_bad("\xE2\x80 ", 3, 2);
    assert_bad("\xF0\x8F\xBF\xBF", 4, 1);
    assert_bad("\xF4\x90\x80\x80", 4, 1);
    assert_bad("\xF0\x9F\x99", 3, 3);
    assert_bad("\xF0\x9F\x99z", 4, 3);
    assert_bad("\xF5\x80\x80\x80", 4, 1);
}

static void the_first_invalid_byte_is_found_at_any_offset(void **state)
{
    (void)state;
    uint8_t text[100];
    for (size_t at = 0; at < sizeof text; at++) {
        memset(text, 'x', sizeof text);
        text[at] = 0xFF;
        assert_int_equal(aq_utf8_valid(aq_slice(text, sizeof text)), at);
        assert_int_equal(aq_utf8_valid(aq_slice(text, at)), at);
    }
    assert_int_equal(aq_utf8_valid(aq_slice(NULL, 0)), 0);
}

static void one_byte_anywhere_decides_whether_a_text_is_clean(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        bool clean;
    } cases[] = {{"\x01", 1, true},          {"\x7F", 1, true},      {"\xC3\xA9", 2, true},
                 {"\xE2\x80\x99", 3, true},  {"\0", 1, false},       {"\x80", 1, false},
                 {"\xC3\xC3\xA9", 3, false}, {"\xED\xA0\x80", 3, false}, {"\x01\0", 2, false}};
    for (size_t i = 0; i < AQ_COUNT(cases); i++)
        for (size_t n = 0; n < 80; n++)
            for (size_t at = 0; at <= n; at++) {
                uint8_t text[96];
                memset(text, 'x', sizeof text);
                memcpy(text + at, cases[i].bytes, cases[i].len);
                assert_int_equal(aq_utf8_clean(aq_slice(text, n + cases[i].len)), cases[i].clean);
            }
    assert_true(aq_utf8_clean(aq_slice(NULL, 0)));
}

static void assert_repair(const char *from, size_t n, const char *to, size_t replacements)
{
    struct aq_buf out = {0};
    assert_int_equal(aq_utf8_repair(&out, aq_slice(from, n)), replacements);
    assert_false(out.failed);
    assert_int_equal(out.len, strlen(to));
    if (out.len)
        assert_memory_equal(out.ptr, to, out.len);
    aq_buf_free(&out);
}

static void repair_replaces_each_bad_prefix_and_each_nul_once(void **state)
{
    (void)state;
    assert_repair("", 0, "", 0);
    assert_repair("plain", 5, "plain", 0);
    assert_repair("caf\xC3\xA9", 5, "caf\xC3\xA9", 0);
    assert_repair("a\xFF\xFE" "b", 4, "a\xEF\xBF\xBD\xEF\xBF\xBD" "b", 2);
    assert_repair("a\0b", 3, "a\xEF\xBF\xBD" "b", 1);
    assert_repair("\0\0", 2, "\xEF\xBF\xBD\xEF\xBF\xBD", 2);
    assert_repair("\xF0\x9F\x99", 3, "\xEF\xBF\xBD", 1);
    assert_repair("\xE2\x80xyz\0\xC3", 7, "\xEF\xBF\xBDxyz\xEF\xBF\xBD\xEF\xBF\xBD", 3);
}

static void repair_changes_what_is_not_clean_and_nothing_else(void **state)
{
    (void)state;
    uint32_t seed = 12345;
    for (int round = 0; round < 2000; round++) {
        uint8_t bytes[40];
        for (size_t i = 0; i < sizeof bytes; i++) {
            static const uint8_t likely[] = {'a', 'b', 1, 0, 0x80, 0xBF, 0xC3, 0xE2, 0xED, 0xF0, 0xF4, 0xFF};
            seed = seed * 1103515245 + 12345;
            bytes[i] = likely[(seed >> 16) % AQ_COUNT(likely)];
        }
        struct aq_buf out = {0};
        size_t n = (seed >> 8) % (sizeof bytes + 1);
        bool clean = aq_utf8_clean(aq_slice(bytes, n));
        assert_int_equal(aq_utf8_repair(&out, aq_slice(bytes, n)) == 0, clean);
        assert_int_equal(aq_utf8_valid(aq_slice(out.ptr, out.len)), out.len);
        assert_true(out.len == 0 || !memchr(out.ptr, 0, out.len));
        assert_true(aq_utf8_clean(aq_slice(out.ptr, out.len)));
        aq_buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scalar_value_round_trips),
        cmocka_unit_test(any_three_bytes_decode_as_the_definition_says),
        cmocka_unit_test(a_bad_sequence_is_its_maximal_ill_formed_prefix),
        cmocka_unit_test(the_first_invalid_byte_is_found_at_any_offset),
        cmocka_unit_test(one_byte_anywhere_decides_whether_a_text_is_clean),
        cmocka_unit_test(repair_replaces_each_bad_prefix_and_each_nul_once),
        cmocka_unit_test(repair_changes_what_is_not_clean_and_nothing_else),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
