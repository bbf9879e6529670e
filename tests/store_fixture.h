/* store_fixture.h - what the store's tests share: a directory of their own, and
 * assertions that show the message of a failed call. */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store_internal.h"

#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define OK(call)                                                                                                       \
    do {                                                                                                               \
        struct aq_error ok_error = {0};                                                                                \
        struct aq_error *err = &ok_error;                                                                              \
        (void)err;                                                                                                     \
        enum aq_status ok_status = (call);                                                                             \
        if (ok_status)                                                                                                 \
            fail_msg("%s: %s: %s", #call, aq_status_name(ok_status), ok_error.message);                                \
    } while (0)

#define FAILS(wanted, part, call)                                                                                      \
    do {                                                                                                               \
        struct aq_error fails_error = {0};                                                                             \
        struct aq_error *err = &fails_error;                                                                           \
        (void)err;                                                                                                     \
        enum aq_status fails_status = (call);                                                                          \
        if (fails_status != (wanted) || !strstr(fails_error.message, (part)))                                          \
            fail_msg("%s: %s: \"%s\", not %s with \"%s\"", #call, aq_status_name(fails_status),                        \
                     fails_error.message, aq_status_name(wanted), (part));                                             \
    } while (0)

struct fixture {
    char root[64], dir[80];
    struct aq_store *store; /* a writer, when the test makes one */
};

static inline int fixture_remove(const char *path, const struct stat *sb, int type, struct FTW *at)
{
    (void)sb, (void)type, (void)at;
    return remove(path);
}

static inline int fixture_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    snprintf(f->root, sizeof f->root, "/tmp/aq-store-XXXXXX");
    if (!mkdtemp(f->root))
        return -1;
    snprintf(f->dir, sizeof f->dir, "%s/index", f->root);
    aq_store_test_map_size((size_t)16 << 20);
    *state = f;
    return 0;
}

static inline int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    aq_store_close(f->store);
    nftw(f->root, fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
    free(f);
    return 0;
}

static inline void fixture_create(struct fixture *f)
{
    struct aq_state initial = {.language = "english", .identity = "test"};
    OK(aq_store_create(f->dir, &initial, &f->store, err));
}

/* A room for tests: small enough not to grow a map of 16 MiB by itself. */
enum { SMALL = 1 << 20 };

static inline void put_number(struct aq_txn *t, uint32_t key, uint64_t value)
{
    uint8_t k[4], v[8];
    aq_key32(k, key);
    aq_store64(v, value);
    OK(aq_put(t, AQ_TABLE_PEND, aq_slice(k, 4), aq_slice(v, 8), err));
}

/* UINT64_MAX when absent. */
static inline uint64_t get_number(struct aq_txn *t, uint32_t key)
{
    uint8_t k[4];
    struct aq_slice v;
    aq_key32(k, key);
    if (aq_get_verified(t, AQ_TABLE_PEND, aq_slice(k, 4), &v, NULL) || v.len != 8)
        return UINT64_MAX;
    return aq_load64(v.ptr);
}

/* Walks a table's rows: first_row, then next_row until it is false; checksums hold. */
static inline bool next_row(struct aq_walk *w)
{
    bool found;
    OK(aq_walk_next(w, &found, err));
    if (found)
        assert_true(w->checksum_ok);
    else
        aq_walk_close(w);
    return found;
}

static inline bool first_row(struct aq_txn *t, enum aq_table table, struct aq_walk *w)
{
    bool found;
    OK(aq_walk_open(t, table, true, w, err));
    OK(aq_walk_seek(w, aq_slice("", 0), &found, err));
    if (found)
        assert_true(w->checksum_ok);
    else
        aq_walk_close(w);
    return found;
}

static inline uint32_t fixture_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

static inline uint64_t fixture_seed(void)
{
    const char *s = getenv("AQ_SEED");
    uint64_t seed = s ? strtoull(s, NULL, 10) : (uint64_t)getpid() * 2654435761u;
    print_message("# AQ_SEED=%llu\n", (unsigned long long)seed);
    return seed;
}

#endif
