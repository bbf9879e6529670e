/* bitpack.h - packing integers into the fewest bits.
 *
 * Blocks of 128 use the layout of Lemire and Boytsov's SIMD-BP128 (Software:
 * Practice and Experience 45, 2015): value i goes to lane i % 4, lanes are packed
 * as four independent little-endian streams of 32-bit words, interleaved. The
 * bytes are the same on every machine. */
#ifndef AQ_BITPACK_H
#define AQ_BITPACK_H

#include "base.h"

/* Bits needed for v: 0 for 0, 32 at the most. */
static inline unsigned aq_bits(uint32_t v)
{
    return v ? 32u - (unsigned)__builtin_clz(v) : 0;
}

/* 128 values of `bits` bits (0 to 32) to 16 * bits bytes. Values must fit. */
void aq_pack128(const uint32_t in[128], unsigned bits, uint8_t *out);
void aq_unpack128(const uint8_t *in, unsigned bits, uint32_t out[128]);
/* Unpacks gaps of a strictly ascending sequence, each stored less one, and sums
 * them: out[i] = base + (1 + in[0]) + ... + (1 + in[i]), modulo 2^32. */
void aq_unpack128_sum(const uint8_t *in, unsigned bits, uint32_t base, uint32_t out[128]);
/* The summing alone, in place. */
void aq_sum128(uint32_t values[128], uint32_t base);
/* What aq_sum128 does where the processor offers nothing better. */
void aq_sum128_portable(uint32_t values[128], uint32_t base);
/* Indexes of the values that are at least `least`, ascending; returns how many. Values
 * and `least` are below 2^31. */
unsigned aq_select128(const uint32_t values[128], uint32_t least, uint8_t indexes[128]);

#endif
