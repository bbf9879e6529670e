/* base.c - see base.h. */
#include "base.h"

#include <stdarg.h>
#include <stdio.h>

const char *aq_status_name(enum aq_status status)
{
    static const char *const names[] = {"ok",     "nomem",   "io",    "corrupt",  "version", "locked",
                                        "full",   "syntax",  "invalid", "limit",  "internal", "notfound"};
    return (unsigned)status < AQ_COUNT(names) ? names[status] : "unknown";
}

enum aq_status aq_fail(struct aq_error *err, enum aq_status status, const char *fmt, ...)
{
    if (err) {
        va_list ap;
        err->status = status;
        va_start(ap, fmt);
        vsnprintf(err->message, sizeof err->message, fmt, ap);
        va_end(ap);
    }
    return status;
}

enum aq_status aq_fail_nomem(struct aq_error *err)
{
    return aq_fail(err, AQ_NOMEM, "out of memory");
}

int aq_slice_cmp(struct aq_slice a, struct aq_slice b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int c = n ? memcmp(a.ptr, b.ptr, n) : 0;
    if (c)
        return c;
    return (a.len > b.len) - (a.len < b.len);
}

size_t aq_slice_common(struct aq_slice a, struct aq_slice b)
{
    size_t n = a.len < b.len ? a.len : b.len, i = 0;
    while (i < n && a.ptr[i] == b.ptr[i])
        i++;
    return i;
}

bool aq_grow(void *ptr_to_ptr, size_t *cap, size_t need, size_t size)
{
    if (need <= *cap)
        return true;
    size_t want = *cap ? *cap : 16;
    while (want < need) {
        if (want > SIZE_MAX / 2)
            return false;
        want *= 2;
    }
    if (want > SIZE_MAX / size)
        return false;
    void *old;
    memcpy(&old, ptr_to_ptr, sizeof old);
    void *grown = realloc(old, want * size);
    if (!grown)
        return false;
    memcpy(ptr_to_ptr, &grown, sizeof grown);
    *cap = want;
    return true;
}

/* ---- buffer ---- */

void aq_buf_free(struct aq_buf *b)
{
    free(b->ptr);
    *b = (struct aq_buf){0};
}

uint8_t *aq_buf_reserve(struct aq_buf *b, size_t more)
{
    if (b->failed || more > SIZE_MAX - b->len || !aq_grow(&b->ptr, &b->cap, b->len + more, 1)) {
        b->failed = true;
        return NULL;
    }
    return b->ptr + b->len;
}

void aq_buf_put(struct aq_buf *b, const void *bytes, size_t n)
{
    if (n == 0)
        return;
    uint8_t *p = aq_buf_reserve(b, n);
    if (p) {
        memcpy(p, bytes, n);
        b->len += n;
    }
}

void aq_buf_puts(struct aq_buf *b, const char *s)
{
    aq_buf_put(b, s, strlen(s));
}

void aq_buf_printf(struct aq_buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0) {
        b->failed = true;
        return;
    }
    uint8_t *p = aq_buf_reserve(b, (size_t)n + 1);
    if (!p)
        return;
    va_start(ap, fmt);
    vsnprintf((char *)p, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->len += (size_t)n;
}

void aq_buf_u16(struct aq_buf *b, uint16_t v)
{
    uint8_t *p = aq_buf_reserve(b, 2);
    if (p) {
        aq_store16(p, v);
        b->len += 2;
    }
}

void aq_buf_u32(struct aq_buf *b, uint32_t v)
{
    uint8_t *p = aq_buf_reserve(b, 4);
    if (p) {
        aq_store32(p, v);
        b->len += 4;
    }
}

void aq_buf_u64(struct aq_buf *b, uint64_t v)
{
    uint8_t *p = aq_buf_reserve(b, 8);
    if (p) {
        aq_store64(p, v);
        b->len += 8;
    }
}

void aq_buf_varint(struct aq_buf *b, uint64_t v)
{
    uint8_t *p = aq_buf_reserve(b, 10);
    if (!p)
        return;
    while (v >= 0x80) {
        *p++ = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    *p++ = (uint8_t)v;
    b->len = (size_t)(p - b->ptr);
}

void aq_buf_bytes(struct aq_buf *b, struct aq_slice s)
{
    aq_buf_varint(b, s.len);
    aq_buf_put(b, s.ptr, s.len);
}

/* ---- arena ---- */

struct aq_arena_chunk {
    struct aq_arena_chunk *older;
    size_t size; /* bytes after this header */
};

enum { ARENA_FIRST = 16 << 10, ARENA_MOST = 1 << 20 };

static void *arena_chunk(struct aq_arena *a, size_t n)
{
    size_t size = a->head ? a->head->size * 2 : ARENA_FIRST;
    if (size > ARENA_MOST)
        size = ARENA_MOST;
    if (size < n)
        size = n;
    if (size > SIZE_MAX - sizeof(struct aq_arena_chunk))
        return NULL;
    struct aq_arena_chunk *c = malloc(sizeof *c + size);
    if (!c)
        return NULL;
    *c = (struct aq_arena_chunk){a->head, size};
    a->head = c;
    a->total += size;
    a->next = (uint8_t *)(c + 1) + n;
    a->end = (uint8_t *)(c + 1) + size;
    return c + 1;
}

void *aq_arena_bytes(struct aq_arena *a, size_t n)
{
    if (AQ_LIKELY(n <= (size_t)(a->end - a->next) && a->next)) {
        void *p = a->next;
        a->next += n;
        return p;
    }
    return arena_chunk(a, n);
}

void *aq_arena_alloc(struct aq_arena *a, size_t n)
{
    size_t skip = (size_t)(-(uintptr_t)a->next & 7);
    if (a->next && skip <= (size_t)(a->end - a->next))
        a->next += skip;
    else if (a->next)
        a->next = a->end;
    if (n > SIZE_MAX - 8)
        return NULL;
    return aq_arena_bytes(a, n);
}

void *aq_arena_zalloc(struct aq_arena *a, size_t n)
{
    void *p = aq_arena_alloc(a, n);
    return p ? memset(p, 0, n) : NULL;
}

struct aq_slice aq_arena_copy(struct aq_arena *a, struct aq_slice s)
{
    uint8_t *p = s.len < SIZE_MAX ? aq_arena_bytes(a, s.len + 1) : NULL;
    if (!p)
        return (struct aq_slice){0};
    if (s.len)
        memcpy(p, s.ptr, s.len);
    p[s.len] = 0;
    return aq_slice(p, s.len);
}

void aq_arena_reset(struct aq_arena *a)
{
    struct aq_arena_chunk *c = a->head;
    if (!c)
        return;
    /* The newest is the largest; one larger than chunks ever grow was made for a single
     * allocation and is not kept. */
    while (c->size > ARENA_MOST && c->older) {
        struct aq_arena_chunk *older = c->older;
        free(c);
        c = older;
    }
    for (struct aq_arena_chunk *older = c->older, *next; older; older = next) {
        next = older->older;
        free(older);
    }
    c->older = NULL;
    a->head = c;
    a->total = c->size;
    a->next = (uint8_t *)(c + 1);
    a->end = a->next + c->size;
}

void aq_arena_free(struct aq_arena *a)
{
    for (struct aq_arena_chunk *c = a->head; c;) {
        struct aq_arena_chunk *older = c->older;
        free(c);
        c = older;
    }
    *a = (struct aq_arena){0};
}

/* ---- bounded reading ---- */

uint64_t aq_read_varint_slow(struct aq_reading *r)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (r->bad || r->p == r->end)
            break;
        uint8_t byte = *r->p++;
        if (shift == 63 && byte > 1)
            break;
        v |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return v;
    }
    r->bad = true;
    r->p = r->end;
    return 0;
}

uint32_t aq_read_varint32(struct aq_reading *r)
{
    uint64_t v = aq_read_varint(r);
    if (v > UINT32_MAX) {
        r->bad = true;
        r->p = r->end;
        return 0;
    }
    return (uint32_t)v;
}

struct aq_slice aq_read_raw(struct aq_reading *r, size_t n)
{
    if (n > aq_reading_left(r)) {
        r->bad = true;
        r->p = r->end;
        return (struct aq_slice){r->end, 0};
    }
    const uint8_t *p = r->p;
    r->p += n;
    return aq_slice(p, n);
}

uint8_t aq_read_u8(struct aq_reading *r)
{
    struct aq_slice s = aq_read_raw(r, 1);
    return s.len ? s.ptr[0] : 0;
}

uint16_t aq_read_u16(struct aq_reading *r)
{
    struct aq_slice s = aq_read_raw(r, 2);
    return s.len ? aq_load16(s.ptr) : 0;
}

uint32_t aq_read_u32(struct aq_reading *r)
{
    struct aq_slice s = aq_read_raw(r, 4);
    return s.len ? aq_load32(s.ptr) : 0;
}

uint64_t aq_read_u64(struct aq_reading *r)
{
    struct aq_slice s = aq_read_raw(r, 8);
    return s.len ? aq_load64(s.ptr) : 0;
}

struct aq_slice aq_read_bytes(struct aq_reading *r)
{
    uint64_t n = aq_read_varint(r);
    if (n > SIZE_MAX)
        n = SIZE_MAX;
    return aq_read_raw(r, (size_t)n);
}
