/* hash_sort_test.c - aq_hash_sort against qsort: sizes around its bounds, hashes spread
 * evenly, all in one bucket, and many of them equal. */
#include "hash_sort.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct item {
    uint64_t hash;
    uint32_t number, other;
};

static int by_hash(const void *x, const void *y)
{
    const struct item *a = x, *b = y;
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

static uint64_t next(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    uint64_t h = *state ^ *state >> 29;
    return h * 0x9e3779b97f4a7c15u;
}

static void check(size_t count, unsigned kind)
{
    struct item *a = calloc(count + 1, sizeof *a), *b = calloc(count + 1, sizeof *b);
    uint64_t state = count * 7 + kind;
    for (size_t i = 0; i < count; i++) {
        uint64_t h = next(&state);
        a[i].hash = kind == 0 ? h : kind == 1 ? h >> 40 : h % 5 << 61;
        a[i].number = (uint32_t)next(&state) % 1000;
        a[i].other = a[i].number ^ 77;
    }
    memcpy(b, a, (count + 1) * sizeof *a);
    aq_hash_sort(a, count, sizeof *a, by_hash);
    if (count)
        qsort(b, count, sizeof *b, by_hash);
    for (size_t i = 0; i < count; i++) {
        assert_true(a[i].hash == b[i].hash);
        assert_int_equal(a[i].number, b[i].number);
        assert_int_equal(a[i].other, a[i].number ^ 77);
    }
    free(a);
    free(b);
}

static void sorts_as_qsort_does(void **state)
{
    static const size_t counts[] = {0, 1, 2, 3, 255, 256, 257, 258, 1023, 1024, 1025, 5000, 300000};
    (void)state;
    for (size_t i = 0; i < AQ_COUNT(counts); i++)
        for (unsigned kind = 0; kind < 3; kind++)
            check(counts[i], kind);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sorts_as_qsort_does)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
