/* store_test.c - the directory, generations, environments, transactions, segments,
 * ids and names of an index. */
#include "store_fixture.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

/* ---- creating and opening ---- */

static void created_index_opens_with_its_state(void **state)
{
    struct fixture *f = *state;
    struct aq_store *reader;
    struct aq_txn t;
    fixture_create(f);
    OK(aq_store_open(f->dir, AQ_STORE_READ, &reader, err));
    OK(aq_txn_begin(reader, &t, err));
    assert_string_equal(t.state.language, "english");
    assert_string_equal(t.state.identity, "test");
    assert_int_equal(t.segment_count, 0);
    assert_int_equal(aq_store_generation(reader), 1);
    assert_string_equal(aq_store_dir(reader), f->dir);
    assert_true(aq_store_file_bytes(reader) > 0);
    aq_txn_end(&t);
    aq_store_close(reader);
}

static void create_makes_parent_directories(void **state)
{
    struct fixture *f = *state;
    struct aq_state initial = {0};
    char dir[128];
    snprintf(dir, sizeof dir, "%s/a/b//c/", f->root);
    OK(aq_store_create(dir, &initial, &f->store, err));
}

static void create_refuses_a_directory_with_other_files(void **state)
{
    struct fixture *f = *state;
    struct aq_state initial = {0};
    char path[128];
    assert_int_equal(mkdir(f->dir, 0777), 0);
    snprintf(path, sizeof path, "%s/letter.txt", f->dir);
    close(open(path, O_CREAT | O_WRONLY, 0666));
    FAILS(AQ_INVALID, "letter.txt", aq_store_create(f->dir, &initial, &f->store, err));
    assert_null(f->store);
    snprintf(path, sizeof path, "%s/writer.lock", f->dir);
    assert_int_not_equal(access(path, F_OK), 0);
}

static void create_accepts_what_a_killed_creation_left(void **state)
{
    struct fixture *f = *state;
    struct aq_state initial = {0};
    char path[128];
    fixture_create(f);
    aq_store_close(f->store);
    f->store = NULL;
    snprintf(path, sizeof path, "%s/CURRENT", f->dir);
    assert_int_equal(unlink(path), 0);
    snprintf(path, sizeof path, "%s/new-000001", f->dir);
    assert_int_equal(mkdir(path, 0777), 0);
    OK(aq_store_create(f->dir, &initial, &f->store, err));
}

static void create_keeps_a_filled_generation_without_current(void **state)
{
    struct fixture *f = *state;
    struct aq_state initial = {0};
    struct aq_txn t;
    char path[128];
    fixture_create(f);
    for (unsigned i = 0; i < 2; i++) {
        OK(aq_txn_begin_write(f->store, &t, SMALL, err));
        t.state.next_comment = 7;
        OK(aq_txn_commit(&t, err));
    }
    aq_store_close(f->store);
    f->store = NULL;
    snprintf(path, sizeof path, "%s/CURRENT", f->dir);
    assert_int_equal(unlink(path), 0);
    FAILS(AQ_CORRUPT, "CURRENT is missing", aq_store_create(f->dir, &initial, &f->store, err));
    snprintf(path, sizeof path, "%s/gen-000001/data.mdb", f->dir);
    assert_int_equal(access(path, F_OK), 0);
}

static void create_refuses_an_existing_index(void **state)
{
    struct fixture *f = *state;
    struct aq_store *second;
    struct aq_state initial = {0};
    fixture_create(f);
    FAILS(AQ_INVALID, "already", aq_store_create(f->dir, &initial, &second, err));
}

static void open_where_nothing_is_says_so_and_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    char path[128];
    FAILS(AQ_NOTFOUND, f->dir, aq_store_open(f->dir, AQ_STORE_READ, &f->store, err));
    assert_int_equal(mkdir(f->dir, 0777), 0);
    FAILS(AQ_NOTFOUND, f->dir, aq_store_open(f->dir, AQ_STORE_WRITE, &f->store, err));
    snprintf(path, sizeof path, "%s/writer.lock", f->dir);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_null(f->store);
}

static void write_file(const char *dir, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void open_reports_a_current_that_makes_no_sense(void **state)
{
    static const char *const bad[] = {"", "gen-000001", "gen-\n", "gen-0\n", "gen--1\n", "gen-99999999999\n", "x\n",
                                      "gen-000001\nmore"};
    struct fixture *f = *state;
    struct aq_store *s;
    fixture_create(f);
    for (size_t i = 0; i < AQ_COUNT(bad); i++) {
        write_file(f->dir, "CURRENT", bad[i]);
        FAILS(AQ_CORRUPT, "CURRENT", aq_store_open(f->dir, AQ_STORE_READ, &s, err));
    }
    write_file(f->dir, "CURRENT", "gen-000009\n");
    FAILS(AQ_CORRUPT, "missing", aq_store_open(f->dir, AQ_STORE_READ, &s, err));
}

static void open_reports_a_file_that_is_no_database(void **state)
{
    struct fixture *f = *state;
    struct aq_store *s;
    char path[128], junk[8192];
    fixture_create(f);
    aq_store_close(f->store);
    f->store = NULL;
    snprintf(path, sizeof path, "%s/gen-000001/data.mdb", f->dir);
    int fd = open(path, O_WRONLY | O_TRUNC);
    memset(junk, 'x', sizeof junk);
    assert_int_equal(write(fd, junk, sizeof junk), sizeof junk);
    close(fd);
    FAILS(AQ_CORRUPT, "rebuild", aq_store_open(f->dir, AQ_STORE_READ, &s, err));
}

static void another_format_version_is_named(void **state)
{
    struct fixture *f = *state;
    struct aq_txn t, r;
    struct aq_slice payload;
    uint8_t copy[1024];
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, SMALL, err));
    OK(aq_get_verified(&t, AQ_TABLE_META, aq_slice_str("state"), &payload, err));
    memcpy(copy, payload.ptr, payload.len);
    aq_store32(copy, 77);
    OK(aq_put(&t, AQ_TABLE_META, aq_slice_str("state"), aq_slice(copy, payload.len), err));
    assert_int_equal(mdb_txn_commit(t.txn), 0); /* past aq_txn_commit, which would store this version */
    t.txn = NULL;
    aq_txn_end(&t);
    FAILS(AQ_VERSION, "77", aq_txn_begin(f->store, &r, err));
}

static void second_writer_is_told_who_has_the_lock(void **state)
{
    struct fixture *f = *state;
    struct aq_store *second;
    char pid[32];
    fixture_create(f);
    FAILS(AQ_LOCKED, "this process", aq_store_open(f->dir, AQ_STORE_WRITE, &second, err));
    snprintf(pid, sizeof pid, "pid %ld", (long)getpid());
    pid_t child = fork();
    if (child == 0) {
        struct aq_error e;
        enum aq_status st = aq_store_open(f->dir, AQ_STORE_WRITE, &second, &e);
        _exit(st == AQ_LOCKED && strstr(e.message, pid) ? 0 : 1);
    }
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    aq_store_close(f->store);
    f->store = NULL;
    OK(aq_store_open(f->dir, AQ_STORE_WRITE, &f->store, err));
}

static void reader_without_permission_is_told_what_to_change(void **state)
{
    struct fixture *f = *state;
    char path[128];
    if (getuid() != 0) {
        print_message("# only root can become somebody else\n");
        return;
    }
    fixture_create(f);
    chmod(f->root, 0755);
    snprintf(path, sizeof path, "%s/gen-000001/lock.mdb", f->dir);
    chmod(path, 0644);
    pid_t child = fork();
    if (child == 0) {
        struct aq_store *s;
        struct aq_error e = {0};
        if (setgid(65534) || setuid(65534))
            _exit(3);
        enum aq_status st = aq_store_open(f->dir, AQ_STORE_READ, &s, &e);
        if (st != AQ_IO || !strstr(e.message, "lock.mdb"))
            _exit(1);
        st = aq_store_open(f->dir, AQ_STORE_WRITE, &s, &e);
        _exit(st == AQ_IO && strstr(e.message, "writer.lock") ? 0 : 2);
    }
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    chmod(path, 0666);
    child = fork();
    if (child == 0) {
        struct aq_store *s;
        struct aq_txn t;
        if (setgid(65534) || setuid(65534))
            _exit(3);
        if (aq_store_open(f->dir, AQ_STORE_READ, &s, NULL) || aq_txn_begin(s, &t, NULL))
            _exit(1);
        aq_txn_end(&t);
        aq_store_close(s);
        _exit(0);
    }
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
}

/* ---- environments ---- */

static void *overwrite_thirty_times(void *context)
{
    struct fixture *f = context;
    struct aq_txn t;
    for (unsigned round = 0; round < 30; round++) {
        OK(aq_txn_begin_write(f->store, &t, SMALL, err));
        for (uint32_t i = 0; i < 200; i++)
            put_number(&t, i, round);
        OK(aq_txn_commit(&t, err));
    }
    return NULL;
}

static void closing_one_of_two_openings_leaves_the_other_whole(void **state)
{
    struct fixture *f = *state;
    struct aq_store *a, *b;
    struct aq_txn t, r;
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, SMALL, err));
    for (uint32_t i = 0; i < 200; i++)
        put_number(&t, i, i * 3);
    OK(aq_txn_commit(&t, err));
    OK(aq_store_open(f->dir, AQ_STORE_READ, &a, err));
    OK(aq_store_open(f->dir, AQ_STORE_READ, &b, err));
    assert_ptr_equal(a->env, b->env);
    OK(aq_txn_begin(a, &r, err));
    aq_store_close(b);
    /* Reused pages would show: LMDB opened twice lost the reader's slot here. */
    pthread_t thread;
    pthread_create(&thread, NULL, overwrite_thirty_times, f);
    pthread_join(thread, NULL);
    for (uint32_t i = 0; i < 200; i++)
        assert_int_equal(get_number(&r, i), i * 3);
    aq_txn_end(&r);
    aq_store_close(a);
}

static void writer_after_a_reader_of_this_process_is_refused(void **state)
{
    struct fixture *f = *state;
    struct aq_store *reader, *writer;
    fixture_create(f);
    aq_store_close(f->store);
    f->store = NULL;
    OK(aq_store_open(f->dir, AQ_STORE_READ, &reader, err));
    FAILS(AQ_INVALID, "before any reader", aq_store_open(f->dir, AQ_STORE_WRITE, &writer, err));
    assert_null(writer);
    aq_store_close(reader);
    OK(aq_store_open(f->dir, AQ_STORE_WRITE, &f->store, err));
}

static void child_of_a_fork_opens_an_environment_of_its_own(void **state)
{
    struct fixture *f = *state;
    struct aq_txn t;
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, SMALL, err));
    put_number(&t, 1, 11);
    OK(aq_txn_commit(&t, err));
    pid_t child = fork();
    if (child == 0) {
        struct aq_store *s;
        struct aq_txn r;
        if (aq_store_open(f->dir, AQ_STORE_READ, &s, NULL) || s->env == f->store->env || aq_txn_begin(s, &r, NULL) ||
            get_number(&r, 1) != 11)
            _exit(1);
        aq_txn_end(&r);
        aq_store_close(s);
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
}

static void slots_of_killed_readers_are_taken_back(void **state)
{
    struct fixture *f = *state;
    struct aq_store *s;
    struct aq_txn t;
    fixture_create(f);
    /* More dead readers than the table has slots, several to a process. */
    for (unsigned i = 0; i < AQ_MAX_READERS / 64 + 2; i++) {
        pid_t child = fork();
        if (child == 0) {
            static struct aq_txn r[64];
            if (aq_store_open(f->dir, AQ_STORE_READ, &s, NULL))
                _exit(1);
            for (unsigned k = 0; k < AQ_COUNT(r); k++)
                if (aq_txn_begin(s, &r[k], NULL))
                    _exit(1);
            kill(getpid(), SIGKILL);
        }
        int status;
        waitpid(child, &status, 0);
        assert_true(WIFSIGNALED(status));
    }
    OK(aq_store_open(f->dir, AQ_STORE_READ, &s, err));
    OK(aq_txn_begin(s, &t, err));
    aq_txn_end(&t);
    aq_store_close(s);
}

/* ---- transactions ---- */

static void committed_records_are_read_and_aborted_ones_are_not(void **state)
{
    struct fixture *f = *state;
    struct aq_txn t;
    uint64_t commit;
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, SMALL, err));
    commit = t.state.commit;
    put_number(&t, 5, 55);
    t.state.comments = 9;
    OK(aq_txn_commit(&t, err));
    OK(aq_txn_begin_write(f->store, &t, SMALL, err));
    put_number(&t, 5, 66);
    put_number(&t, 6, 66);
    t.state.comments = 10;
    aq_txn_end(&t);
    OK(aq_txn_begin(f->store, &t, err));
    assert_int_equal(get_number(&t, 5), 55);
    assert_int_equal(get_number(&t, 6), UINT64_MAX);
    assert_int_equal(t.state.comments, 9);
    assert_int_equal(t.state.commit, commit + 1);
    aq_txn_end(&t);
}

static void read_transaction_keeps_its_snapshot(void **state)
{
    struct fixture *f = *state;
    struct aq_txn r, t;
    struct aq_store *reader;
    fixture_create(f);
    OK(aq_store_open(f->dir, AQ_STORE_READ, &reader, err));
    OK(aq_txn_begin_write(f->store, &t, SMALL, err));
    put_number(&t, 1, 1);
    OK(aq_txn_begin(reader, &r, err)); /* beside an open write of the same thread */
    assert_int_equal(get_number(&r, 1), UINT64_MAX);
    OK(aq_txn_commit(&t, err));
    assert_int_equal(get_number(&r, 1), UINT64_MAX);
    aq_txn_end(&r);
    OK(aq_txn_begin(reader, &r, err));
    assert_int_equal(get_number(&r, 1), 1);
    aq_txn_end(&r);
    aq_store_close(reader);
}

static void write_by_a_thread_with_a_transaction_is_refused(void **state)
{
    struct fixture *f = *state;
    struct aq_txn r, t;
    fixture_create(f);
    OK(aq_txn_begin(f->store, &r, err));
    FAILS(AQ_INVALID, "end it", aq_txn_begin_write(f->store, &t, SMALL, err));
    aq_txn_end(&t); /* harmless */
    aq_txn_end(&r);
    OK(aq_txn_begin_write(f->store, &t, SMALL, err));
    aq_txn_end(&t);
    aq_txn_end(&t);
}

static void write_to_a_reader_is_refused(void **state)
{
    struct fixture *f = *state;
    struct aq_store *reader;
    struct aq_txn t;
    fixture_create(f);
    OK(aq_store_open(f->dir, AQ_STORE_READ, &reader, err));
    FAILS(AQ_INVALID, "reading only", aq_txn_begin_write(reader, &t, SMALL, err));
    OK(aq_txn_begin(reader, &t, err));
    FAILS(AQ_INVALID, "", aq_put(&t, AQ_TABLE_PEND, aq_slice("k", 1), aq_slice("v", 1), err));
    aq_txn_end(&t);
    aq_store_close(reader);
}

/* ---- records ---- */

static void walk_visits_every_record_in_order(void **state)
{
    struct fixture *f = *state;
    struct aq_txn t;
    struct aq_walk w;
    bool found;
    uint32_t seen = 0;
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, SMALL, err));
    for (uint32_t i = 0; i < 3000; i++)
        put_number(&t, i * 7919 % 3000, i);
    for (uint32_t i = 0; i < 3000; i += 3) {
        uint8_t k[4];
        aq_key32(k, i);
        OK(aq_del(&t, AQ_TABLE_PEND, aq_slice(k, 4), err));
    }
    OK(aq_txn_commit(&t, err));
    OK(aq_txn_begin(f->store, &t, err));
    OK(aq_walk_open(&t, AQ_TABLE_PEND, true, &w, err));
    uint32_t want = 1;
    OK(aq_walk_seek(&w, aq_slice("", 0), &found, err));
    while (found) {
        assert_int_equal(aq_unkey32(w.key.ptr), want);
        assert_true(w.checksum_ok);
        want += want % 3 == 2 ? 2 : 1;
        seen++;
        OK(aq_walk_next(&w, &found, err));
    }
    assert_int_equal(seen, 2000);
    uint8_t from[4];
    aq_key32(from, 300);
    OK(aq_walk_seek(&w, aq_slice(from, 4), &found, err));
    assert_true(found);
    assert_int_equal(aq_unkey32(w.key.ptr), 301);
    aq_walk_close(&w);
    aq_txn_end(&t);
}

static void damaged_and_moved_records_are_noticed(void **state)
{
    struct fixture *f = *state;
    struct aq_txn t;
    struct aq_walk w;
    struct aq_slice out;
    bool found;
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, SMALL, err));
    OK(aq_put(&t, AQ_TABLE_PEND, aq_slice("key", 3), aq_slice("payload", 7), err));
    char key[] = "key";
    MDB_val k = {3, key}, v;
    assert_int_equal(mdb_get(t.txn, t.scratch->env->tables[AQ_TABLE_PEND], &k, &v), 0);
    assert_int_equal(v.mv_size, 11);
    uint8_t copy[11];
    memcpy(copy, v.mv_data, 11);
    MDB_val moved = {11, copy};
    assert_int_equal(mdb_put(t.txn, t.scratch->env->tables[AQ_TABLE_REPEAT], &k, &moved, 0), 0);
    FAILS(AQ_CORRUPT, "repeat/key", aq_get_verified(&t, AQ_TABLE_REPEAT, aq_slice("key", 3), &out, err));
    copy[2] ^= 4;
    assert_int_equal(mdb_put(t.txn, t.scratch->env->tables[AQ_TABLE_PEND], &k, &moved, 0), 0);
    FAILS(AQ_CORRUPT, "pend/key", aq_get_verified(&t, AQ_TABLE_PEND, aq_slice("key", 3), &out, err));
    OK(aq_walk_open(&t, AQ_TABLE_PEND, true, &w, err));
    OK(aq_walk_seek(&w, aq_slice("", 0), &found, err));
    assert_true(found);
    assert_false(w.checksum_ok);
    aq_walk_close(&w);
    moved.mv_size = 3;
    assert_int_equal(mdb_put(t.txn, t.scratch->env->tables[AQ_TABLE_PEND], &k, &moved, 0), 0);
    assert_int_equal(aq_get(&t, AQ_TABLE_PEND, aq_slice("key", 3), &out), AQ_CORRUPT);
    aq_txn_end(&t);
}

static void keys_of_every_length_are_answered(void **state)
{
    struct fixture *f = *state;
    struct aq_txn t;
    struct aq_slice out;
    uint8_t key[600] = {0};
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, SMALL, err));
    assert_int_equal(aq_get(&t, AQ_TABLE_META, aq_slice(key, 0), &out), AQ_NOTFOUND);
    assert_int_equal(aq_get(&t, AQ_TABLE_META, aq_slice(key, 512), &out), AQ_NOTFOUND);
    FAILS(AQ_INVALID, "key", aq_put(&t, AQ_TABLE_META, aq_slice(key, 512), aq_slice("v", 1), err));
    FAILS(AQ_INVALID, "key", aq_put(&t, AQ_TABLE_META, aq_slice(key, 0), aq_slice("v", 1), err));
    OK(aq_put(&t, AQ_TABLE_META, aq_slice(key, 511), aq_slice("v", 1), err));
    OK(aq_get_verified(&t, AQ_TABLE_META, aq_slice(key, 511), &out, err));
    aq_txn_end(&t);
}

/* ---- growth ---- */

struct growth {
    struct fixture *f;
    atomic_bool stop;
    atomic_uint reads, failures;
};

static void *read_while_growing(void *context)
{
    struct growth *g = context;
    while (!atomic_load(&g->stop)) {
        struct aq_txn r;
        if (aq_txn_begin(g->f->store, &r, NULL)) {
            atomic_fetch_add(&g->failures, 1);
            continue;
        }
        /* All rows of a commit carry its number. */
        uint32_t last = r.state.next_comment;
        uint64_t stamp = get_number(&r, 0);
        if (last && (stamp == UINT64_MAX || get_number(&r, last - 1) != stamp))
            atomic_fetch_add(&g->failures, 1);
        aq_txn_end(&r);
        atomic_fetch_add(&g->reads, 1);
    }
    return NULL;
}

static int read_in_another_process(const char *dir, const char *stop)
{
    struct aq_store *s;
    unsigned reads = 0;
    if (aq_store_open(dir, AQ_STORE_READ, &s, NULL))
        return 2;
    while (access(stop, F_OK)) {
        struct aq_txn r;
        if (aq_txn_begin(s, &r, NULL))
            return 3;
        uint32_t last = r.state.next_comment;
        uint64_t stamp = get_number(&r, 0);
        if (last && (stamp == UINT64_MAX || get_number(&r, last - 1) != stamp))
            return 4;
        aq_txn_end(&r);
        reads++;
    }
    aq_store_close(s);
    return reads > 10 ? 0 : 5;
}

static void map_grows_under_threads_and_another_process(void **state)
{
    struct fixture *f = *state;
    struct growth g = {.f = f};
    pthread_t threads[2];
    char stop[128];
    MDB_envinfo info;

    fixture_create(f);
    aq_store_close(f->store);
    f->store = NULL;
    snprintf(stop, sizeof stop, "%s/stop", f->root);
    pid_t child = fork();
    if (child == 0)
        _exit(read_in_another_process(f->dir, stop));
    aq_store_test_map_size((size_t)1 << 20);
    OK(aq_store_open(f->dir, AQ_STORE_WRITE, &f->store, err));
    mdb_env_info(f->store->env->env, &info);
    size_t before = info.me_mapsize;
    for (unsigned i = 0; i < AQ_COUNT(threads); i++)
        pthread_create(&threads[i], NULL, read_while_growing, &g);
    uint8_t blob[2000] = {1};
    for (uint32_t commit = 1; commit <= 60; commit++) {
        struct aq_txn t;
        OK(aq_txn_begin_write(f->store, &t, (size_t)3 << 20, err));
        t.state.next_comment = commit;
        for (uint32_t i = 0; i < commit; i++)
            put_number(&t, i, commit);
        for (uint32_t i = 0; i < 300; i++) {
            uint8_t k[8];
            aq_key32(k, commit);
            aq_key32(k + 4, i);
            OK(aq_put(&t, AQ_TABLE_TEXT, aq_slice(k, 8), aq_slice(blob, sizeof blob), err));
        }
        OK(aq_txn_commit(&t, err));
    }
    mdb_env_info(f->store->env->env, &info);
    assert_true(info.me_mapsize >= 8 * before);
    atomic_store(&g.stop, true);
    for (unsigned i = 0; i < AQ_COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    close(open(stop, O_CREAT | O_WRONLY, 0666));
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    assert_int_equal(atomic_load(&g.failures), 0);
    assert_true(atomic_load(&g.reads) > 0);
}

static void full_map_fails_the_write_and_the_next_one_has_room(void **state)
{
    struct fixture *f = *state;
    struct aq_txn t;
    uint8_t blob[4000] = {1};
    aq_store_test_map_size((size_t)1 << 20);
    fixture_create(f);
    enum aq_status st = AQ_OK;
    struct aq_error e;
    unsigned tries = 0;
    do {
        OK(aq_txn_begin_write(f->store, &t, 64 << 10, err));
        for (uint32_t i = 0; i < 1000 && st == AQ_OK; i++) {
            uint8_t k[4];
            aq_key32(k, i);
            st = aq_put(&t, AQ_TABLE_PEND, aq_slice(k, 4), aq_slice(blob, sizeof blob), &e);
        }
        if (st == AQ_OK)
            OK(aq_txn_commit(&t, err));
        else
            assert_int_equal(st, AQ_FULL);
        aq_txn_end(&t);
    } while (st && (st = AQ_OK, ++tries < 10));
    assert_in_range(tries, 1, 5);
}

/* ---- generations ---- */

static void switched_generation_is_followed(void **state)
{
    struct fixture *f = *state;
    struct aq_store *reader, *next;
    struct aq_txn t, r;
    char path[128];
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, SMALL, err));
    t.state.next_comment = 40;
    put_number(&t, 1, 100);
    OK(aq_txn_commit(&t, err));
    OK(aq_store_open(f->dir, AQ_STORE_READ, &reader, err));
    OK(aq_store_generation_begin(f->store, &next, err));
    OK(aq_txn_begin_write(next, &t, SMALL, err));
    assert_int_equal(t.state.next_comment, 40);
    assert_string_equal(t.state.language, "english");
    put_number(&t, 1, 200);
    OK(aq_txn_commit(&t, err));
    OK(aq_txn_begin_write(f->store, &t, SMALL, err)); /* the current one stays writable */
    put_number(&t, 2, 100);
    OK(aq_txn_commit(&t, err));
    OK(aq_store_follow(reader, err));
    OK(aq_txn_begin(reader, &r, err));
    assert_int_equal(get_number(&r, 1), 100);
    aq_txn_end(&r);
    OK(aq_store_generation_commit(f->store, next, err));
    FAILS(AQ_INVALID, "reading only", aq_txn_begin_write(f->store, &t, SMALL, err));
    aq_store_close(f->store);
    f->store = next;
    assert_int_equal(aq_store_generation(f->store), 2);
    OK(aq_txn_begin(reader, &r, err)); /* still the old one: its files are unlinked, not gone */
    assert_int_equal(get_number(&r, 2), 100);
    OK(aq_store_follow(reader, err));
    assert_int_equal(get_number(&r, 2), 100);
    aq_txn_end(&r);
    OK(aq_txn_begin(reader, &r, err));
    assert_int_equal(aq_store_generation(reader), 2);
    assert_int_equal(get_number(&r, 1), 200);
    aq_txn_end(&r);
    aq_store_close(reader);
    snprintf(path, sizeof path, "%s/gen-000001", f->dir);
    assert_int_not_equal(access(path, F_OK), 0);
    OK(aq_txn_begin_write(f->store, &t, SMALL, err));
    assert_int_equal(get_number(&t, 1), 200);
    aq_txn_end(&t);
}

static void abandoned_generation_leaves_no_trace(void **state)
{
    struct fixture *f = *state;
    struct aq_store *next;
    struct aq_txn t;
    char path[128];
    fixture_create(f);
    OK(aq_store_generation_begin(f->store, &next, err));
    snprintf(path, sizeof path, "%s/new-000002", f->dir);
    assert_int_equal(access(path, F_OK), 0);
    aq_store_generation_abandon(f->store, next);
    assert_int_not_equal(access(path, F_OK), 0);
    OK(aq_txn_begin_write(f->store, &t, SMALL, err));
    aq_txn_end(&t);
    OK(aq_store_generation_begin(f->store, &next, err));
    OK(aq_store_generation_commit(f->store, next, err));
    aq_store_close(f->store);
    f->store = next;
    FAILS(AQ_LOCKED, "this process", aq_store_open(f->dir, AQ_STORE_WRITE, &next, err));
}

static void leftovers_of_a_killed_writer_are_swept_at_open(void **state)
{
    static const char *const names[] = {"new-000002", "trash-gen-000001", "gen-000007"};
    struct fixture *f = *state;
    char path[128];
    fixture_create(f);
    aq_store_close(f->store);
    f->store = NULL;
    for (size_t i = 0; i < AQ_COUNT(names); i++) {
        snprintf(path, sizeof path, "%s/%s", f->dir, names[i]);
        assert_int_equal(mkdir(path, 0777), 0);
        write_file(path, "data.mdb", "x");
    }
    write_file(f->dir, "CURRENT.tmp", "gen-");
    OK(aq_store_open(f->dir, AQ_STORE_WRITE, &f->store, err));
    for (size_t i = 0; i < AQ_COUNT(names); i++) {
        snprintf(path, sizeof path, "%s/%s", f->dir, names[i]);
        assert_int_not_equal(access(path, F_OK), 0);
    }
}

static int follow_in_another_process(const char *dir, const char *stop)
{
    struct aq_store *s;
    struct aq_error e;
    uint64_t last = 0;
    while (access(stop, F_OK)) {
        if (aq_store_open(dir, AQ_STORE_READ, &s, &e)) {
            fprintf(stderr, "# open: %s\n", e.message);
            return 2;
        }
        for (unsigned i = 0; i < 20; i++) {
            struct aq_txn r;
            if (aq_store_follow(s, &e) || aq_txn_begin(s, &r, &e)) {
                fprintf(stderr, "# follow: %s\n", e.message);
                return 3;
            }
            uint64_t now = get_number(&r, 0);
            if (now == UINT64_MAX || now < last)
                return 4;
            last = now;
            aq_txn_end(&r);
        }
        aq_store_close(s);
    }
    return last >= 10 ? 0 : 5;
}

static void readers_follow_fifty_switches(void **state)
{
    struct fixture *f = *state;
    struct aq_store *local, *next;
    struct aq_txn t;
    char stop[128];
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, SMALL, err));
    put_number(&t, 0, 0);
    OK(aq_txn_commit(&t, err));
    aq_store_close(f->store);
    f->store = NULL;
    snprintf(stop, sizeof stop, "%s/stop", f->root);
    pid_t children[2];
    for (unsigned i = 0; i < AQ_COUNT(children); i++)
        if ((children[i] = fork()) == 0)
            _exit(follow_in_another_process(f->dir, stop));
    OK(aq_store_open(f->dir, AQ_STORE_WRITE, &f->store, err));
    OK(aq_store_open(f->dir, AQ_STORE_READ, &local, err));
    for (uint64_t i = 1; i <= 50; i++) {
        OK(aq_store_generation_begin(f->store, &next, err));
        OK(aq_txn_begin_write(next, &t, SMALL, err));
        put_number(&t, 0, i);
        OK(aq_txn_commit(&t, err));
        OK(aq_store_generation_commit(f->store, next, err));
        aq_store_close(f->store);
        f->store = next;
        OK(aq_store_follow(local, err));
        OK(aq_txn_begin(local, &t, err));
        assert_int_equal(get_number(&t, 0), i);
        aq_txn_end(&t);
    }
    close(open(stop, O_CREAT | O_WRONLY, 0666));
    for (unsigned i = 0; i < AQ_COUNT(children); i++) {
        int status;
        waitpid(children[i], &status, 0);
        assert_int_equal(status, 0);
    }
    aq_store_close(local);
}

/* ---- killed writers ---- */

/* Each commit writes its number everywhere, then says so; now and then a new
 * generation takes over. */
static void write_until_killed(const char *dir, int said)
{
    struct aq_store *s, *next;
    struct aq_txn t;
    if (aq_store_open(dir, AQ_STORE_WRITE, &s, NULL) || aq_store_recover(s, NULL))
        _exit(1);
    for (;;) {
        if (aq_txn_begin_write(s, &t, SMALL, NULL))
            _exit(2);
        uint64_t commit = t.state.commit + 1;
        uint32_t id = t.state.next_segment++;
        struct aq_segment seg;
        for (uint32_t i = 0; i < 50; i++)
            put_number(&t, i, commit);
        if (aq_segment_create(&t, id, &seg, NULL) || aq_segment_put_lengths(&t, id, aq_slice("\1", 1), NULL))
            _exit(3);
        t.state.inflight = id;
        if (aq_txn_commit(&t, NULL) || write(said, &commit, sizeof commit) != sizeof commit)
            _exit(4);
        if (commit % 7 == 0) {
            if (aq_store_generation_begin(s, &next, NULL) || aq_txn_begin_write(next, &t, SMALL, NULL))
                _exit(5);
            commit = t.state.commit + 1;
            for (uint32_t i = 0; i < 50; i++)
                put_number(&t, i, commit);
            if (aq_txn_commit(&t, NULL) || aq_store_generation_commit(s, next, NULL))
                _exit(6);
            aq_store_close(s);
            s = next;
        }
    }
}

static void killed_writer_leaves_a_committed_state(void **state)
{
    struct fixture *f = *state;
    uint64_t random = fixture_seed(), acknowledged = 0;
    struct aq_txn t;
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, SMALL, err));
    for (uint32_t i = 0; i < 50; i++)
        put_number(&t, i, t.state.commit + 1);
    OK(aq_txn_commit(&t, err));
    aq_store_close(f->store);
    f->store = NULL;
    for (unsigned round = 0; round < 20; round++) {
        int said[2];
        uint64_t commit;
        assert_int_equal(pipe(said), 0);
        pid_t child = fork();
        if (child == 0) {
            close(said[0]);
            write_until_killed(f->dir, said[1]);
        }
        close(said[1]);
        struct timespec pause = {.tv_nsec = 1000000 + (long)(fixture_random(&random) % 60000) * 1000};
        nanosleep(&pause, NULL);
        kill(child, SIGKILL);
        while (read(said[0], &commit, sizeof commit) == sizeof commit)
            acknowledged = commit;
        close(said[0]);
        int status;
        waitpid(child, &status, 0);
        assert_true(WIFSIGNALED(status));

        OK(aq_store_open(f->dir, AQ_STORE_WRITE, &f->store, err));
        OK(aq_store_recover(f->store, err));
        OK(aq_txn_begin(f->store, &t, err));
        assert_int_equal(t.state.inflight, 0);
        assert_true(t.state.commit >= acknowledged);
        uint64_t stamp = get_number(&t, 0);
        assert_true(stamp >= acknowledged && stamp <= t.state.commit);
        for (uint32_t i = 0; i < 50; i++)
            assert_int_equal(get_number(&t, i), stamp);
        aq_txn_end(&t);
        aq_store_close(f->store);
        f->store = NULL;
    }
    print_message("# %llu commits\n", (unsigned long long)acknowledged);
    assert_true(acknowledged > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        T(created_index_opens_with_its_state),
        T(create_makes_parent_directories),
        T(create_refuses_a_directory_with_other_files),
        T(create_accepts_what_a_killed_creation_left),
        T(create_keeps_a_filled_generation_without_current),
        T(create_refuses_an_existing_index),
        T(open_where_nothing_is_says_so_and_leaves_nothing),
        T(open_reports_a_current_that_makes_no_sense),
        T(open_reports_a_file_that_is_no_database),
        T(another_format_version_is_named),
        T(second_writer_is_told_who_has_the_lock),
        T(reader_without_permission_is_told_what_to_change),
        T(closing_one_of_two_openings_leaves_the_other_whole),
        T(writer_after_a_reader_of_this_process_is_refused),
        T(child_of_a_fork_opens_an_environment_of_its_own),
        T(slots_of_killed_readers_are_taken_back),
        T(committed_records_are_read_and_aborted_ones_are_not),
        T(read_transaction_keeps_its_snapshot),
        T(write_by_a_thread_with_a_transaction_is_refused),
        T(write_to_a_reader_is_refused),
        T(walk_visits_every_record_in_order),
        T(damaged_and_moved_records_are_noticed),
        T(keys_of_every_length_are_answered),
        T(map_grows_under_threads_and_another_process),
        T(full_map_fails_the_write_and_the_next_one_has_room),
        T(switched_generation_is_followed),
        T(abandoned_generation_leaves_no_trace),
        T(leftovers_of_a_killed_writer_are_swept_at_open),
        T(readers_follow_fifty_switches),
        T(killed_writer_leaves_a_committed_state),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
