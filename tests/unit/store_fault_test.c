/* store_fault_test.c - one story of an index, told again and again with a failure
 * at the next place: each call that writes or syncs, and each allocation. Whatever
 * fails is reported, nothing leaks, and the index opens and takes writes again. */
#include "store_fixture.h"

#include <dlfcn.h>
#include <errno.h>
#include <sys/file.h>
#include <sys/uio.h>

static struct {
    long left; /* calls until the failure; below 0: none */
    int code;
    bool sticky, tripped;
    bool allocations; /* fail these, and not the calls that write */
} fault = {.left = -1};

static bool trip(void)
{
    if (fault.left < 0)
        return false;
    if (fault.left > 0) {
        fault.left--;
        return false;
    }
    fault.tripped = true;
    if (!fault.sticky)
        fault.left = -1;
    errno = fault.code;
    return true;
}

/* ---- what fails ---- */

/* In place of the C library's for LMDB and zstd too, so not hidden. */
#pragma GCC visibility push(default)

#define REPLACE(name, result, parameters, arguments)                                                                   \
    result name parameters;                                                                                            \
    result name parameters                                                                                             \
    {                                                                                                                  \
        static result(*real) parameters;                                                                               \
        if (!real) {                                                                                                   \
            void *found = dlsym(RTLD_NEXT, #name);                                                                     \
            memcpy(&real, &found, sizeof found);                                                                       \
        }                                                                                                              \
        return !fault.allocations && trip() ? -1 : real arguments;                                                                           \
    }

REPLACE(pwrite, ssize_t, (int fd, const void *p, size_t n, off_t at), (fd, p, n, at))
REPLACE(pwritev, ssize_t, (int fd, const struct iovec *v, int n, off_t at), (fd, v, n, at))
REPLACE(fsync, int, (int fd), (fd))
REPLACE(fdatasync, int, (int fd), (fd))
REPLACE(rename, int, (const char *a, const char *b), (a, b))
REPLACE(mkdir, int, (const char *path, mode_t mode), (path, mode))
REPLACE(ftruncate, int, (int fd, off_t n), (fd, n))
REPLACE(unlink, int, (const char *path), (path))
REPLACE(flock, int, (int fd, int operation), (fd, operation))

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && defined(__GLIBC__)
#define ALLOCATIONS 1
extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);
extern void __libc_free(void *p);
static long live;

static bool trip_allocation(void)
{
    return fault.allocations && trip();
}

void *malloc(size_t n)
{
    void *p = trip_allocation() ? NULL : __libc_malloc(n);
    live += p != NULL;
    return p;
}

void *calloc(size_t n, size_t size)
{
    void *p = trip_allocation() ? NULL : __libc_calloc(n, size);
    live += p != NULL;
    return p;
}

void *realloc(void *old, size_t n)
{
    void *p = trip_allocation() ? NULL : __libc_realloc(old, n);
    live += !old && p;
    return p;
}

void free(void *p)
{
    live -= p != NULL;
    __libc_free(p);
}
#endif
#pragma GCC visibility pop

/* ---- the story ---- */

static enum aq_status put_bundle(void *context, uint32_t first, struct aq_slice bundle, struct aq_error *err)
{
    return aq_bundle_put(context, first, bundle, err);
}

#define TRY(call)                                                                                                      \
    do {                                                                                                               \
        if ((st = (call)) != AQ_OK)                                                                                    \
            return st;                                                                                                 \
    } while (0)

struct story {
    struct aq_store *writer, *next, *reader;
    struct aq_txn t;
    struct aq_text_writer *texts;
    struct aq_ident_writer ids;
    struct aq_arena arena;
    uint32_t committed; /* rounds that a commit has acknowledged */
};

static enum aq_status write_round(struct story *s, uint32_t round, struct aq_error *err)
{
    struct aq_segment seg;
    struct aq_segment_info info = {.id = round, .passages = 1, .tokens = 1};
    uint32_t number;
    enum aq_status st;
    TRY(aq_txn_begin_write(s->writer, &s->t, SMALL, err));
    for (uint32_t i = 0; i < 300; i++) {
        TRY(aq_column_set(&s->t, AQ_COL_DATE, i, round, err));
        TRY(aq_ids_add(&s->t, AQ_ID_COMMENT, i % 3, i, err));
    }
    TRY(aq_ident_begin(&s->t, &s->ids, err));
    for (uint32_t i = 0; i < 100; i++)
        TRY(aq_ident_add(&s->ids, aq_slice_str("some id of a comment, as long as a row makes in a hundred of"), err));
    TRY(aq_ident_finish(&s->ids, err));
    TRY(aq_name_intern(&s->t, AQ_ID_AUTHOR, aq_slice_str("Ada"), &number, err));
    TRY(aq_name_intern(&s->t, AQ_ID_THREAD, aq_slice_str("topic"), &number, err));
    TRY(aq_thread_add_member(&s->t, number, round, err));
    s->texts = aq_text_writer_new((struct aq_slice){0}, 0);
    if (!s->texts)
        return aq_fail_nomem(err);
    for (uint32_t i = 0; i < 30; i++)
        TRY(aq_text_writer_add(s->texts, i, aq_slice_str("some words of a comment"), put_bundle, &s->t, err));
    TRY(aq_text_writer_finish(s->texts, put_bundle, &s->t, err));
    aq_text_writer_free(s->texts);
    s->texts = NULL;
    TRY(aq_text_replace(&s->t, 3, aq_slice_str("other words"), err));
    TRY(aq_segment_create(&s->t, round, &seg, err));
    TRY(aq_segment_append(&s->t, &seg, aq_slice_str("a"), aq_slice("x", 1), aq_slice("y", 1), err));
    TRY(aq_segment_put_lengths(&s->t, round, aq_slice("\1", 1), err));
    TRY(aq_segment_put_map(&s->t, round, 0, aq_slice("\0\0\0\0\0\0", 6), err));
    TRY(aq_segment_list(&s->t, &info, err));
    if (round == 2)
        TRY(aq_segment_drop(&s->t, 0, err));
    s->t.state.next_comment = 300;
    s->t.state.next_segment = round + 1;
    TRY(aq_txn_commit(&s->t, err));
    s->committed = round + 1;
    return AQ_OK;
}

static enum aq_status read_round(struct story *s, uint32_t round, struct aq_error *err)
{
    struct aq_slice raw;
    struct aq_id id;
    enum aq_status st;
    TRY(aq_txn_begin(s->reader, &s->t, err));
    for (uint32_t i = 0; i < 30; i++)
        TRY(aq_text_get_raw(&s->t, i, &s->arena, &raw, err));
    for (uint32_t i = 0; i < 100 * (round + 1); i += 7)
        TRY(aq_ident_get(&s->t, i, &id, err));
    assert_int_equal(aq_column_get(&s->t, AQ_COL_DATE, 299), round);
    for (uint32_t i = 0; i < s->t.segment_count; i++) {
        uint32_t comment, ordinal;
        assert_int_equal(aq_segment_locate(&s->t, &s->t.segments[i], 0, &comment, &ordinal), AQ_OK);
        assert_null(aq_segment_bits(&s->t, &s->t.segments[i], AQ_BITS_DELETED, 0));
    }
    aq_txn_end(&s->t);
    return AQ_OK;
}

static enum aq_status tell(struct story *s, const char *dir, struct aq_error *err)
{
    struct aq_state initial = {.language = "english"};
    enum aq_status st;
    TRY(aq_store_create(dir, &initial, &s->writer, err));
    TRY(aq_store_open(dir, AQ_STORE_READ, &s->reader, err));
    for (uint32_t round = 0; round < 3; round++) {
        TRY(write_round(s, round, err));
        TRY(read_round(s, round, err));
    }
    TRY(aq_store_recover(s->writer, err));
    TRY(aq_store_generation_begin(s->writer, &s->next, err));
    TRY(aq_txn_begin_write(s->next, &s->t, SMALL, err));
    TRY(aq_column_set(&s->t, AQ_COL_DATE, 299, 2, err));
    TRY(aq_txn_commit(&s->t, err));
    struct aq_store *next = s->next;
    s->next = NULL;
    TRY(aq_store_generation_commit(s->writer, next, err));
    aq_store_close(s->writer);
    s->writer = next;
    return aq_store_follow(s->reader, err);
}

static void end(struct story *s)
{
    aq_txn_end(&s->t);
    aq_ident_abandon(&s->ids);
    aq_text_writer_free(s->texts);
    if (s->writer)
        aq_store_generation_abandon(s->writer, s->next);
    aq_store_close(s->reader);
    aq_store_close(s->writer);
    aq_arena_free(&s->arena);
}

/* Opens, reads what was acknowledged, and writes. */
static void check_afterwards(const char *dir, const struct story *s)
{
    struct aq_store *w;
    struct aq_txn t;
    struct aq_state initial = {0};
    struct aq_error e;
    enum aq_status st = aq_store_open(dir, AQ_STORE_WRITE, &w, &e);
    if (st == AQ_NOTFOUND && s->committed == 0)
        st = aq_store_create(dir, &initial, &w, &e);
    if (st)
        fail_msg("%s", e.message);
    OK(aq_store_recover(w, err));
    OK(aq_txn_begin_write(w, &t, SMALL, err));
    if (s->committed)
        assert_in_range(aq_column_get(&t, AQ_COL_DATE, 299), s->committed - 1, s->committed);
    OK(aq_txn_commit(&t, err));
    aq_store_close(w);
}

static void tell_with_every_failure(struct fixture *f, int code, bool sticky, enum aq_status wanted)
{
    long points = 0, reported = 0;
    for (;; points++) {
        struct story s = {0};
        struct aq_error e = {0};
        nftw(f->dir, fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
#ifdef ALLOCATIONS
        long before = live;
#endif
        fault.left = points;
        fault.code = code;
        fault.sticky = sticky;
        fault.tripped = false;
        enum aq_status st = tell(&s, f->dir, &e);
        if (wanted == AQ_NOMEM)
            fault.left = -1;
        end(&s);
        fault.left = -1;
        if (st && (st != wanted || !e.message[0] || !fault.tripped))
            fail_msg("failure %ld: %s: %s", points, aq_status_name(st), e.message);
        reported += st != AQ_OK;
#ifdef ALLOCATIONS
        if (live != before)
            fail_msg("failure %ld leaks %ld blocks after: %s", points, live - before, e.message);
#endif
        check_afterwards(f->dir, &s);
        if (!fault.tripped)
            break;
    }
    print_message("# %ld places, %ld reported\n", points, reported);
    assert_true(points > 30 && reported > points / 2);
}

static void every_failing_write_is_reported(void **state)
{
    tell_with_every_failure(*state, EIO, false, AQ_IO);
}

static void every_disk_that_stays_full_is_reported(void **state)
{
    tell_with_every_failure(*state, ENOSPC, true, AQ_IO);
}

static void every_failing_allocation_is_reported(void **state)
{
#ifdef ALLOCATIONS
    fault.allocations = true;
    tell_with_every_failure(*state, ENOMEM, false, AQ_NOMEM);
    fault.allocations = false;
#else
    (void)state;
    print_message("# allocations belong to the sanitizer in this build\n");
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        T(every_failing_write_is_reported),
        T(every_disk_that_stays_full_is_reported),
        T(every_failing_allocation_is_reported),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
