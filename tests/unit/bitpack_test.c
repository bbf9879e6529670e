/* Bit packing against a scalar reading of the layout's definition. */
#include "bitpack.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static uint32_t rng = 1;

static uint32_t random32(void)
{
    rng = rng * 747796405u + 2891336453u;
    uint32_t x = ((rng >> ((rng >> 28) + 4)) ^ rng) * 277803737u;
    return x >> 22 ^ x;
}

static uint32_t mask(unsigned bits)
{
    return (uint32_t)((UINT64_C(1) << bits) - 1);
}

/* Bit k of value i is bit k + (i / 4) * bits of lane i % 4; a lane's 32-bit words
 * are little-endian and 16 bytes apart. */
static void scalar_pack(const uint32_t in[128], unsigned bits, uint8_t *out)
{
    memset(out, 0, 16 * (size_t)bits);
    for (unsigned i = 0; i < 128; i++) {
        for (unsigned k = 0; k < bits; k++) {
            unsigned at = k + i / 4 * bits;
            size_t byte = (size_t)at / 32 * 16 + i % 4 * 4 + at % 32 / 8;
            out[byte] |= (uint8_t)((in[i] >> k & 1) << at % 8);
        }
    }
}

static void fill(uint32_t v[128], unsigned bits, unsigned style)
{
    for (unsigned i = 0; i < 128; i++)
        v[i] = (style == 0 ? random32() : style == 1 ? UINT32_MAX : i % 7 == 0 ? UINT32_MAX : 0) & mask(bits);
}

static void packed_bytes_equal_the_scalar_definition_at_every_width(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits <= 32; bits++) {
        for (unsigned style = 0; style < 3; style++) {
            uint32_t in[128];
            uint8_t want[512 + 1], *got = malloc(16 * bits + 1);
            assert_non_null(got);
            fill(in, bits, style);
            scalar_pack(in, bits, want);
            got[16 * bits] = 0x5a; /* must stay */
            aq_pack128(in, bits, got);
            assert_memory_equal(got, want, 16 * bits);
            assert_int_equal(got[16 * bits], 0x5a);
            free(got);
        }
    }
}

static void unpacking_returns_what_was_packed_at_every_width_and_alignment(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits <= 32; bits++) {
        for (unsigned offset = 0; offset < 4; offset++) {
            uint32_t in[128], out[128];
            uint8_t *packed = malloc(16 * bits + offset + 1); /* exact: ASan sees an overrun */
            assert_non_null(packed);
            fill(in, bits, offset % 3);
            scalar_pack(in, bits, packed + offset);
            aq_unpack128(packed + offset, bits, out);
            assert_memory_equal(out, in, sizeof in);
            free(packed);
        }
    }
}

static void summing_adds_every_gap_and_one(void **state)
{
    (void)state;
    static const uint32_t bases[] = {0, 1, 1000, UINT32_MAX, UINT32_MAX - 5};
    for (unsigned bits = 0; bits <= 32; bits++) {
        for (size_t b = 0; b < AQ_COUNT(bases); b++) {
            uint32_t in[128], out[128], portable[128], sum = bases[b];
            uint8_t packed[513];
            fill(in, bits, 0);
            scalar_pack(in, bits, packed);
            aq_unpack128_sum(packed, bits, bases[b], out);
            memcpy(portable, in, sizeof in);
            aq_sum128(in, bases[b]);
            aq_sum128_portable(portable, bases[b]);
            assert_memory_equal(in, out, sizeof in);
            assert_memory_equal(portable, out, sizeof in);
            aq_unpack128(packed, bits, in);
            for (unsigned i = 0; i < 128; i++) {
                sum += in[i] + 1;
                assert_int_equal(out[i], sum);
            }
        }
    }
}

static void bits_counts_what_a_value_needs(void **state)
{
    (void)state;
    assert_int_equal(aq_bits(0), 0);
    for (unsigned bits = 1; bits <= 32; bits++) {
        assert_int_equal(aq_bits(mask(bits)), bits);
        assert_int_equal(aq_bits((uint32_t)1 << (bits - 1)), bits);
    }
}

static void selected_are_those_that_reach_the_least(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 300; round++) {
        uint32_t in[128], least = 1 + random32() % 9;
        uint8_t got[128];
        unsigned n = 0;
        for (unsigned i = 0; i < 128; i++)
            in[i] = random32() % (round % 3 == 0 ? 3 : round % 3 == 1 ? 10 : 256);
        unsigned count = aq_select128(in, least, got);
        for (unsigned i = 0; i < 128; i++) {
            if (in[i] < least)
                continue;
            assert_true(n < count);
            assert_int_equal(got[n++], i);
        }
        assert_int_equal(n, count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packed_bytes_equal_the_scalar_definition_at_every_width),
        cmocka_unit_test(unpacking_returns_what_was_packed_at_every_width_and_alignment),
        cmocka_unit_test(summing_adds_every_gap_and_one),
        cmocka_unit_test(bits_counts_what_a_value_needs),
        cmocka_unit_test(selected_are_those_that_reach_the_least),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("bitpack", tests, NULL, NULL);
}
