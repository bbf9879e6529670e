/* hash_sort.c - see hash_sort.h. */
#include "hash_sort.h"

enum {
    SMALL = 256,      /* items that are left to qsort */
    EACH = 4,         /* items a bucket */
    BUCKETS_MOST = 1 << 16,
    INSERTED = 24,    /* items of a bucket that are sorted by insertion */
    SIZE_MOST = 64
};

static size_t bucket_of(const uint8_t *item, unsigned shift)
{
    uint64_t hash;
    memcpy(&hash, item, sizeof hash);
    return (size_t)(hash >> shift);
}

static void insert(uint8_t *items, size_t count, size_t size, int (*compare)(const void *, const void *))
{
    uint8_t held[SIZE_MOST];
    for (size_t i = 1; i < count; i++) {
        size_t at = i;
        while (at > 0 && compare(items + (at - 1) * size, items + i * size) > 0)
            at--;
        if (at == i)
            continue;
        memcpy(held, items + i * size, size);
        memmove(items + (at + 1) * size, items + at * size, (i - at) * size);
        memcpy(items + at * size, held, size);
    }
}

void aq_hash_sort(void *items, size_t count, size_t size, int (*compare)(const void *, const void *))
{
    unsigned bits = 0;
    while ((size_t)1 << bits < count / EACH && (size_t)1 << bits < BUCKETS_MOST)
        bits++;
    uint8_t *from = items, *to = count > SMALL && size <= SIZE_MOST ? malloc(count * size) : NULL;
    size_t *ends = to ? calloc(((size_t)1 << bits) + 1, sizeof *ends) : NULL;
    if (!ends) {
        free(to);
        if (count > 1)
            qsort(items, count, size, compare);
        return;
    }
    unsigned shift = 64 - bits;
    for (size_t i = 0; i < count; i++)
        ends[bucket_of(from + i * size, shift) + 1]++;
    for (size_t b = 1; b <= (size_t)1 << bits; b++)
        ends[b] += ends[b - 1];
    for (size_t i = 0; i < count; i++) /* each bucket's start moves to its end */
        memcpy(to + ends[bucket_of(from + i * size, shift)]++ * size, from + i * size, size);
    for (size_t b = 0, start = 0; b < (size_t)1 << bits; start = ends[b++]) {
        size_t n = ends[b] - start;
        if (n > INSERTED)
            qsort(to + start * size, n, size, compare);
        else if (n > 1)
            insert(to + start * size, n, size, compare);
    }
    memcpy(items, to, count * size);
    free(to);
    free(ends);
}

static int by_value(const void *x, const void *y)
{
    const uint64_t *a = x, *b = y;
    return (*a > *b) - (*a < *b);
}

bool aq_sort64(uint64_t *v, size_t count)
{
    uint64_t *from = v, *to;
    if (count < SMALL) {
        if (count)
            qsort(v, count, sizeof *v, by_value);
        return true;
    }
    if (!(to = malloc(count * sizeof *v)))
        return false;
    uint64_t *spare = to;
    for (unsigned shift = 0; shift < 64; shift += 8) {
        size_t ends[256] = {0}, sum = 0;
        for (size_t i = 0; i < count; i++)
            ends[from[i] >> shift & 0xff]++;
        if (ends[from[0] >> shift & 0xff] == count)
            continue;
        for (size_t b = 0; b < 256; b++) {
            size_t n = ends[b];
            ends[b] = sum;
            sum += n;
        }
        for (size_t i = 0; i < count; i++)
            to[ends[from[i] >> shift & 0xff]++] = from[i];
        uint64_t *was = from;
        from = to;
        to = was;
    }
    if (from != v)
        memcpy(v, from, count * sizeof *v);
    free(spare);
    return true;
}
