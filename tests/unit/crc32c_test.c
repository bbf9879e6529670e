/* CRC-32C: both paths against long division and the published check values. */
#include "crc32c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { SIZE = 300 };

static void fill(uint8_t *bytes, size_t n)
{
    uint32_t x = 12345;
    for (size_t i = 0; i < n; i++) {
        x = x * 1664525u + 1013904223u;
        bytes[i] = (uint8_t)(x >> 24);
    }
}

/* Bit by bit, straight from the definition. */
static uint32_t by_division(uint32_t crc, const uint8_t *p, size_t n)
{
    crc = ~crc;
    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0x82f63b78u : crc >> 1;
    }
    return ~crc;
}

static void gives_the_published_check_value(void **state)
{
    (void)state;
    assert_int_equal(aq_crc32c(0, "123456789", 9), 0xe3069283u);
    assert_int_equal(aq_crc32c_portable(0, "123456789", 9), 0xe3069283u);
}

/* RFC 3720, B.4 */
static void gives_the_values_of_iscsi(void **state)
{
    (void)state;
    uint8_t bytes[32] = {0};
    assert_int_equal(aq_crc32c(0, bytes, sizeof bytes), 0x8a9136aau);
    memset(bytes, 0xff, sizeof bytes);
    assert_int_equal(aq_crc32c(0, bytes, sizeof bytes), 0x62a8ab43u);
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    assert_int_equal(aq_crc32c(0, bytes, sizeof bytes), 0x46dd794eu);
}

static void of_nothing_is_what_was_before(void **state)
{
    (void)state;
    assert_int_equal(aq_crc32c(0, NULL, 0), 0);
    assert_int_equal(aq_crc32c(0xdeadbeef, "", 0), 0xdeadbeef);
    assert_int_equal(aq_crc32c_portable(0xdeadbeef, "", 0), 0xdeadbeef);
}

static void both_paths_equal_long_division_at_every_length_and_offset(void **state)
{
    (void)state;
    uint8_t bytes[SIZE];
    fill(bytes, sizeof bytes);
    for (size_t offset = 0; offset < 9; offset++) {
        for (size_t n = 0; n + offset <= SIZE; n++) {
            uint32_t want = by_division(7, bytes + offset, n);
            assert_int_equal(aq_crc32c(7, bytes + offset, n), want);
            assert_int_equal(aq_crc32c_portable(7, bytes + offset, n), want);
        }
    }
}

/* Eight bytes in which one differs from zero reach every entry of the tables. */
static void every_table_entry_is_right(void **state)
{
    (void)state;
    for (unsigned place = 0; place < 8; place++) {
        for (unsigned v = 0; v < 256; v++) {
            uint8_t bytes[8] = {0};
            bytes[place] = (uint8_t)v;
            assert_int_equal(aq_crc32c_portable(~0u, bytes, 8), by_division(~0u, bytes, 8));
        }
    }
}

static void a_sum_may_be_continued_anywhere(void **state)
{
    (void)state;
    uint8_t bytes[SIZE];
    fill(bytes, sizeof bytes);
    uint32_t whole = aq_crc32c(0, bytes, SIZE);
    for (size_t cut = 0; cut <= SIZE; cut++) {
        assert_int_equal(aq_crc32c(aq_crc32c(0, bytes, cut), bytes + cut, SIZE - cut), whole);
        assert_int_equal(aq_crc32c_portable(aq_crc32c_portable(0, bytes, cut), bytes + cut, SIZE - cut), whole);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_published_check_value),
        cmocka_unit_test(gives_the_values_of_iscsi),
        cmocka_unit_test(of_nothing_is_what_was_before),
        cmocka_unit_test(both_paths_equal_long_division_at_every_length_and_offset),
        cmocka_unit_test(every_table_entry_is_right),
        cmocka_unit_test(a_sum_may_be_continued_anywhere),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("crc32c", tests, NULL, NULL);
}
