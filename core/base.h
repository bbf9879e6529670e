/* base.h - what every room of aq stands on: error reporting, slices, growable
 * buffers, arenas, little-endian access and varints. Knows nothing of indexes. */
#ifndef AQ_BASE_H
#define AQ_BASE_H

#include "aq_types.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define AQ_LIKELY(x) __builtin_expect(!!(x), 1)
#define AQ_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define AQ_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Records status and message in err (which may be NULL) and returns status, so
 * that a failing function ends in `return aq_fail(err, AQ_IO, ...)`. */
enum aq_status aq_fail(struct aq_error *err, enum aq_status status, const char *fmt, ...) AQ_PRINTF(3, 4);

/* AQ_NOMEM with the standard message. */
enum aq_status aq_fail_nomem(struct aq_error *err);

static inline struct aq_slice aq_slice(const void *ptr, size_t len)
{
    return (struct aq_slice){ptr, len};
}

static inline struct aq_slice aq_slice_str(const char *s)
{
    return (struct aq_slice){(const uint8_t *)s, s ? strlen(s) : 0};
}

static inline bool aq_slice_eq(struct aq_slice a, struct aq_slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Bytewise order, a prefix before its extensions: LMDB's default key order. */
int aq_slice_cmp(struct aq_slice a, struct aq_slice b);

/* How many bytes both begin with. */
size_t aq_slice_common(struct aq_slice a, struct aq_slice b);

static inline bool aq_slice_begins(struct aq_slice s, struct aq_slice with)
{
    return s.len >= with.len && (with.len == 0 || memcmp(s.ptr, with.ptr, with.len) == 0);
}

/* ---- growable byte buffer ----
 * Zero-initialise, append, free. A failed append sets `failed`, which sticks:
 * write a whole record and look once at the end. */
struct aq_buf {
    uint8_t *ptr;
    size_t len, cap;
    bool failed;
};

void aq_buf_free(struct aq_buf *b);
static inline void aq_buf_clear(struct aq_buf *b)
{
    b->len = 0;
    b->failed = false;
}
/* Room for `more` bytes after len; NULL on failure, else where they go. */
uint8_t *aq_buf_reserve(struct aq_buf *b, size_t more);
void aq_buf_put(struct aq_buf *b, const void *bytes, size_t n);
void aq_buf_puts(struct aq_buf *b, const char *s);
void aq_buf_printf(struct aq_buf *b, const char *fmt, ...) AQ_PRINTF(2, 3);
static inline void aq_buf_u8(struct aq_buf *b, uint8_t v)
{
    if (AQ_LIKELY(b->len < b->cap))
        b->ptr[b->len++] = v;
    else
        aq_buf_put(b, &v, 1);
}
void aq_buf_u16(struct aq_buf *b, uint16_t v); /* little-endian, as all that follow */
void aq_buf_u32(struct aq_buf *b, uint32_t v);
void aq_buf_u64(struct aq_buf *b, uint64_t v);
void aq_buf_varint(struct aq_buf *b, uint64_t v); /* LEB128, 1 to 10 bytes */
/* varint length, then the bytes */
void aq_buf_bytes(struct aq_buf *b, struct aq_slice s);

/* Grows *ptr (elements of `size` bytes) so that it holds at least `need`;
 * doubles, updates *cap, keeps contents. False (and nothing changed) when
 * memory or size_t runs out. */
bool aq_grow(void *ptr_to_ptr, size_t *cap, size_t need, size_t size);

/* ---- arena ----
 * Bump allocation, freed all at once. Zero-initialise; memory stays where it is
 * until aq_arena_free or aq_arena_reset (which keeps one chunk to begin again with). */
struct aq_arena_chunk;
struct aq_arena {
    struct aq_arena_chunk *head;
    uint8_t *next, *end;
    size_t total; /* bytes obtained from malloc */
};

void *aq_arena_alloc(struct aq_arena *a, size_t n);       /* 8-byte aligned, NULL on failure */
void *aq_arena_zalloc(struct aq_arena *a, size_t n);
void *aq_arena_bytes(struct aq_arena *a, size_t n);       /* unaligned */
struct aq_slice aq_arena_copy(struct aq_arena *a, struct aq_slice s); /* ptr NULL on failure; a NUL follows */
void aq_arena_reset(struct aq_arena *a);
void aq_arena_free(struct aq_arena *a);

/* ---- bounded reading ----
 * A reader over untrusted bytes: any overrun sets `bad`, which sticks, and every
 * later read yields 0 or an empty slice. Check `bad` before trusting anything. */
struct aq_reading {
    const uint8_t *p, *end;
    bool bad;
};

static inline struct aq_reading aq_reading_of(struct aq_slice s)
{
    return (struct aq_reading){s.ptr, s.ptr + s.len, false};
}
static inline size_t aq_reading_left(const struct aq_reading *r)
{
    return (size_t)(r->end - r->p);
}
uint64_t aq_read_varint_slow(struct aq_reading *r);
static inline uint64_t aq_read_varint(struct aq_reading *r)
{
    if (AQ_LIKELY(r->p < r->end && *r->p < 0x80))
        return *r->p++;
    return aq_read_varint_slow(r);
}
uint32_t aq_read_varint32(struct aq_reading *r); /* bad when above UINT32_MAX */
uint8_t aq_read_u8(struct aq_reading *r);
uint16_t aq_read_u16(struct aq_reading *r);
uint32_t aq_read_u32(struct aq_reading *r);
uint64_t aq_read_u64(struct aq_reading *r);
struct aq_slice aq_read_raw(struct aq_reading *r, size_t n);
struct aq_slice aq_read_bytes(struct aq_reading *r); /* varint length, then the bytes */

/* ---- fixed-width access, any alignment ---- */
static inline uint16_t aq_load16(const void *p)
{
    uint16_t v;
    memcpy(&v, p, 2);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap16(v);
#endif
    return v;
}
static inline uint32_t aq_load32(const void *p)
{
    uint32_t v;
    memcpy(&v, p, 4);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap32(v);
#endif
    return v;
}
static inline uint64_t aq_load64(const void *p)
{
    uint64_t v;
    memcpy(&v, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    return v;
}
static inline void aq_store16(void *p, uint16_t v)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap16(v);
#endif
    memcpy(p, &v, 2);
}
static inline void aq_store32(void *p, uint32_t v)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap32(v);
#endif
    memcpy(p, &v, 4);
}
static inline void aq_store64(void *p, uint64_t v)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    memcpy(p, &v, 8);
}
/* Big-endian: keys, so that LMDB's bytewise order is numeric order. */
static inline void aq_key32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}
static inline uint32_t aq_unkey32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}
static inline void aq_key64(uint8_t *p, uint64_t v)
{
    aq_key32(p, (uint32_t)(v >> 32));
    aq_key32(p + 4, (uint32_t)v);
}
static inline uint64_t aq_unkey64(const uint8_t *p)
{
    return (uint64_t)aq_unkey32(p) << 32 | aq_unkey32(p + 4);
}

#endif
