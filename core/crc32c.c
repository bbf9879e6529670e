/* crc32c.c - see crc32c.h. Owns the polynomial, its tables and the choice between
 * the processor's instruction and the tables; knows nothing of records. */
#include "crc32c.h"

#include "base.h"
#include "cpu.h"

/* Slicing by 8 (Kounavis and Berry, IEEE Trans. Computers 57, 2008): TABLE[k][i] is
 * byte i's effect on the state once it and k more bytes have passed. The effect is
 * linear in the bits of i, so a row is made from eight constants, those of
 * 0x01, 0x02, ... 0x80; tests/unit/crc32c_test.c checks it against long division. */
#define BIT(i, b, c) ((i) >> (b)&1 ? (c) : 0u)
#define AT(i, a, b, c, d, e, f, g, h)                                                                        \
    (BIT(i, 0, a) ^ BIT(i, 1, b) ^ BIT(i, 2, c) ^ BIT(i, 3, d) ^ BIT(i, 4, e) ^ BIT(i, 5, f) ^               \
     BIT(i, 6, g) ^ BIT(i, 7, h))
#define AT4(i, ...) AT((i), __VA_ARGS__), AT((i) + 1, __VA_ARGS__), AT((i) + 2, __VA_ARGS__), AT((i) + 3, __VA_ARGS__)
#define AT16(i, ...)                                                                                         \
    AT4((i), __VA_ARGS__), AT4((i) + 4, __VA_ARGS__), AT4((i) + 8, __VA_ARGS__), AT4((i) + 12, __VA_ARGS__)
#define AT64(i, ...)                                                                                         \
    AT16((i), __VA_ARGS__), AT16((i) + 16, __VA_ARGS__), AT16((i) + 32, __VA_ARGS__), AT16((i) + 48, __VA_ARGS__)
#define ROW(...)                                                                                             \
    {                                                                                                        \
        AT64(0u, __VA_ARGS__), AT64(64u, __VA_ARGS__), AT64(128u, __VA_ARGS__), AT64(192u, __VA_ARGS__)      \
    }

static const uint32_t TABLE[8][256] = {
    ROW(0xf26b8303u, 0xe13b70f7u, 0xc79a971fu, 0x8ad958cfu, 0x105ec76fu, 0x20bd8edeu, 0x417b1dbcu, 0x82f63b78u),
    ROW(0x13a29877u, 0x274530eeu, 0x4e8a61dcu, 0x9d14c3b8u, 0x3fc5f181u, 0x7f8be302u, 0xff17c604u, 0xfbc3faf9u),
    ROW(0xa541927eu, 0x4f6f520du, 0x9edea41au, 0x38513ec5u, 0x70a27d8au, 0xe144fb14u, 0xc76580d9u, 0x8b277743u),
    ROW(0xdd45aab8u, 0xbf672381u, 0x7b2231f3u, 0xf64463e6u, 0xe964b13du, 0xd725148bu, 0xaba65fe7u, 0x52a0c93fu),
    ROW(0x38116facu, 0x7022df58u, 0xe045beb0u, 0xc5670b91u, 0x8f2261d3u, 0x1ba8b557u, 0x37516aaeu, 0x6ea2d55cu),
    ROW(0xef306b19u, 0xdb8ca0c3u, 0xb2f53777u, 0x6006181fu, 0xc00c303eu, 0x85f4168du, 0x0e045bebu, 0x1c08b7d6u),
    ROW(0x68032cc8u, 0xd0065990u, 0xa5e0c5d1u, 0x4e2dfd53u, 0x9c5bfaa6u, 0x3d5b83bdu, 0x7ab7077au, 0xf56e0ef4u),
    ROW(0x493c7d27u, 0x9278fa4eu, 0x211d826du, 0x423b04dau, 0x847609b4u, 0x0d006599u, 0x1a00cb32u, 0x34019664u),
};

uint32_t aq_crc32c_portable(uint32_t crc, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    crc = ~crc;
    for (; n >= 8; n -= 8, p += 8) {
        uint32_t low = aq_load32(p) ^ crc, high = aq_load32(p + 4);
        crc = TABLE[7][low & 0xff] ^ TABLE[6][low >> 8 & 0xff] ^ TABLE[5][low >> 16 & 0xff] ^
              TABLE[4][low >> 24] ^ TABLE[3][high & 0xff] ^ TABLE[2][high >> 8 & 0xff] ^
              TABLE[1][high >> 16 & 0xff] ^ TABLE[0][high >> 24];
    }
    for (; n; n--)
        crc = crc >> 8 ^ TABLE[0][(crc ^ *p++) & 0xff];
    return ~crc;
}

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) static uint32_t crc32c_sse42(uint32_t crc, const uint8_t *p, size_t n)
{
    uint64_t state = ~crc;
    for (; n >= 8; n -= 8, p += 8)
        state = __builtin_ia32_crc32di(state, aq_load64(p));
    uint32_t rest = (uint32_t)state;
    if (n & 4) {
        rest = __builtin_ia32_crc32si(rest, aq_load32(p));
        p += 4;
    }
    for (n &= 3; n; n--)
        rest = __builtin_ia32_crc32qi(rest, *p++);
    return ~rest;
}

uint32_t aq_crc32c(uint32_t crc, const void *bytes, size_t n)
{
    if (AQ_LIKELY(aq_cpu_has_sse42()))
        return crc32c_sse42(crc, bytes, n);
    return aq_crc32c_portable(crc, bytes, n);
}

#elif defined(__ARM_FEATURE_CRC32)

#include <arm_acle.h>

uint32_t aq_crc32c(uint32_t crc, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    crc = ~crc;
    for (; n >= 8; n -= 8, p += 8)
        crc = __crc32cd(crc, aq_load64(p));
    for (; n; n--)
        crc = __crc32cb(crc, *p++);
    return ~crc;
}

#else

uint32_t aq_crc32c(uint32_t crc, const void *bytes, size_t n)
{
    return aq_crc32c_portable(crc, bytes, n);
}

#endif
