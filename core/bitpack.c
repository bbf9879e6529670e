/* bitpack.c - see bitpack.h. Owns the layout of 128 packed values; knows nothing
 * of postings.
 *
 * The four lanes are one 16-byte vector of the compiler's vector extension, which
 * becomes SSE2 or NEON without intrinsics; these stand where they halve the work. Every width has its own unrolled
 * decoder, made by the macros below from one text in which the width is constant.
 * Packing happens once a block and shares one loop. */
#include "bitpack.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

typedef uint32_t aq_lanes __attribute__((vector_size(16)));

enum { LANES = 4, ROUNDS = 128 / LANES, WORD = 32 };

#ifdef __clang__
#define SHUFFLE(a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k, l)
#else
#define SHUFFLE(a, b, i, j, k, l) __builtin_shuffle(a, b, (aq_lanes){i, j, k, l})
#endif

static inline aq_lanes little_endian(aq_lanes v)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    for (unsigned i = 0; i < LANES; i++)
        v[i] = __builtin_bswap32(v[i]);
#endif
    return v;
}

static inline aq_lanes load_packed(const uint8_t *p)
{
    aq_lanes v;
    memcpy(&v, p, sizeof v);
    return little_endian(v);
}

static inline void store_packed(uint8_t *p, aq_lanes v)
{
    v = little_endian(v);
    memcpy(p, &v, sizeof v);
}

static inline aq_lanes load_values(const uint32_t *p)
{
    aq_lanes v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline void store_values(uint32_t *p, aq_lanes v)
{
    memcpy(p, &v, sizeof v);
}

void aq_pack128(const uint32_t in[128], unsigned bits, uint8_t *out)
{
    if (bits == 0)
        return;
    aq_lanes word = {0};
    unsigned filled = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        aq_lanes v = load_values(in + (size_t)i * LANES);
        word |= v << filled;
        filled += bits;
        if (filled < WORD)
            continue;
        store_packed(out, word);
        out += sizeof word;
        filled -= WORD;
        /* Of the last value, what did not fit; a shift by 32 would be undefined. */
        word = filled ? v >> (bits - filled) : (aq_lanes){0};
    }
}

void aq_sum128_portable(uint32_t values[128], uint32_t base)
{
    const aq_lanes zero = {0};
    aq_lanes before = {base, base, base, base};
    for (unsigned i = 0; i < ROUNDS; i++) {
        aq_lanes v = load_values(values + (size_t)i * LANES) + 1;
        v += SHUFFLE(zero, v, 0, 4, 5, 6);
        v += SHUFFLE(zero, v, 0, 1, 4, 5);
        store_values(values + (size_t)i * LANES, v + before);
        /* Rounds wait for one another in this addition only. */
        before += SHUFFLE(v, v, 3, 3, 3, 3);
    }
}

#ifdef __x86_64__
/* Eight at a time: half the instructions, and a sixth of decoding a block. */
__attribute__((target("avx2"))) static void sum128_avx2(uint32_t values[128], uint32_t base)
{
    const __m256i one = _mm256_set1_epi32(1), last = _mm256_set1_epi32(7), third = _mm256_set1_epi32(3);
    __m256i before = _mm256_set1_epi32((int)base);
    for (unsigned i = 0; i < 128; i += 8) {
        __m256i *at = (__m256i *)(void *)(values + i);
        __m256i v = _mm256_add_epi32(_mm256_loadu_si256(at), one);
        v = _mm256_add_epi32(v, _mm256_slli_si256(v, 4));
        v = _mm256_add_epi32(v, _mm256_slli_si256(v, 8));
        /* Both halves are summed up; the upper one lacks the lower one's total. */
        __m256i lower = _mm256_permutevar8x32_epi32(v, third);
        v = _mm256_add_epi32(v, _mm256_blend_epi32(_mm256_setzero_si256(), lower, 0xf0));
        _mm256_storeu_si256(at, _mm256_add_epi32(v, before));
        before = _mm256_add_epi32(before, _mm256_permutevar8x32_epi32(v, last));
    }
}
#endif

void aq_sum128(uint32_t values[128], uint32_t base)
{
#ifdef __x86_64__
    if (AQ_LIKELY(__builtin_cpu_supports("avx2"))) {
        sum128_avx2(values, base);
        return;
    }
#endif
    aq_sum128_portable(values, base);
}

/* Bit i: whether value i is at least that. */
static void compare128(const uint32_t values[128], uint32_t least, uint64_t bits[2])
{
#ifdef __x86_64__
    const __m128i below = _mm_set1_epi32((int)(least - 1));
    for (unsigned half = 0; half < 2; half++) {
        bits[half] = 0;
        for (unsigned i = 0; i < ROUNDS / 2; i++) {
            __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(values + ((size_t)half * ROUNDS / 2 + i) * LANES));
            int four = _mm_movemask_ps(_mm_castsi128_ps(_mm_cmpgt_epi32(v, below)));
            bits[half] |= (uint64_t)(unsigned)four << (i * LANES);
        }
    }
#else
    for (unsigned half = 0; half < 2; half++) {
        bits[half] = 0;
        for (unsigned i = 0; i < 64; i++)
            bits[half] |= (uint64_t)(values[half * 64 + i] >= least) << i;
    }
#endif
}

unsigned aq_select128(const uint32_t values[128], uint32_t least, uint8_t indexes[128])
{
    uint64_t bits[2];
    unsigned n = 0;
    compare128(values, least, bits);
    for (unsigned half = 0; half < 2; half++)
        for (uint64_t left = bits[half]; left; left &= left - 1)
            indexes[n++] = (uint8_t)(half * 64 + (unsigned)__builtin_ctzll(left));
    return n;
}

/* Value i of each lane, for a constant width b; `word` holds the packed word the
 * previous value ended in. */
#define VALUE(i, b)                                                                                          \
    do {                                                                                                     \
        enum { AT = (i) * (b) / WORD, SHIFT = (i) * (b) % WORD, SPILLS = SHIFT + (b) > WORD };               \
        if (SHIFT == 0)                                                                                      \
            word = load_packed(in + (size_t)AT * 16);                                                        \
        v = word >> SHIFT;                                                                                   \
        if (SPILLS) {                                                                                        \
            word = load_packed(in + (size_t)(AT + SPILLS) * 16);                                             \
            v |= word << ((WORD - SHIFT) % WORD);                                                            \
        }                                                                                                    \
        if (SHIFT + (b) != WORD)                                                                             \
            v &= (uint32_t)((UINT64_C(1) << (b)) - 1);                                                       \
        store_values(out + (size_t)(i) * LANES, v);                                                          \
    } while (0);

#define VALUES4(i, b) VALUE(i, b) VALUE((i) + 1, b) VALUE((i) + 2, b) VALUE((i) + 3, b)
#define VALUES16(i, b) VALUES4(i, b) VALUES4((i) + 4, b) VALUES4((i) + 8, b) VALUES4((i) + 12, b)

#define EACH_WIDTH(X)                                                                                        \
    X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) X(16) X(17) X(18)       \
    X(19) X(20) X(21) X(22) X(23) X(24) X(25) X(26) X(27) X(28) X(29) X(30) X(31) X(32)

#define UNPACK(b)                                                                                            \
    static void unpack_##b(const uint8_t *restrict in, uint32_t *restrict out)                               \
    {                                                                                                        \
        aq_lanes word, v;                                                                                    \
        VALUES16(0, b) VALUES16(16, b)                                                                       \
    }
EACH_WIDTH(UNPACK)

static void unpack_0(const uint8_t *restrict in, uint32_t *restrict out)
{
    (void)in;
    memset(out, 0, 128 * sizeof *out);
}

#define UNPACK_NAME(b) unpack_##b,
static void (*const UNPACKERS[])(const uint8_t *restrict, uint32_t *restrict) = {unpack_0,
                                                                                 EACH_WIDTH(UNPACK_NAME)};

void aq_unpack128(const uint8_t *in, unsigned bits, uint32_t out[128])
{
    UNPACKERS[bits](in, out);
}

/* Summing while unpacking saved 3 of 25 ns a block for twice the code. */
void aq_unpack128_sum(const uint8_t *in, unsigned bits, uint32_t base, uint32_t out[128])
{
    aq_unpack128(in, bits, out);
    aq_sum128(out, base);
}
