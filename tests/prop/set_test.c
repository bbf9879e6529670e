/* set_test.c - sorted sets of entries (store_set.c) against an array: batches of every
 * size that add, take out, and do both; seeks and walks from anywhere; rows that are
 * well formed and not wastefully many; damage that is refused. */
#include "store_fixture.h"

enum { UNIVERSE = 6000, WIDTH = AQ_REPEAT_ENTRY };

struct world {
    struct fixture *f;
    uint64_t random;
    uint8_t has[UNIVERSE], saved[UNIVERSE];
};

static uint32_t below(struct world *w, uint32_t n)
{
    return fixture_random(&w->random) % n;
}

/* Member n of the universe: ascending with n, and few bytes apart from its neighbours. */
static void make_entry(uint8_t entry[WIDTH], uint32_t n)
{
    memset(entry, 0, WIDTH);
    aq_key32(entry, n / 7);
    aq_key32(entry + 9, n % 7);
}

static void check_walk(struct world *w, struct aq_txn *t, uint32_t from)
{
    struct aq_set_reader r;
    const uint8_t *entry;
    uint8_t want[WIDTH];
    make_entry(want, from);
    OK(aq_set_open(t, AQ_TABLE_REPEAT, &r, err));
    OK(aq_set_seek(&r, aq_slice(want, WIDTH), &entry, err));
    for (uint32_t n = from; n < UNIVERSE; n++) {
        if (!w->has[n])
            continue;
        make_entry(want, n);
        assert_non_null(entry);
        assert_memory_equal(entry, want, WIDTH);
        OK(aq_set_next(&r, &entry, err));
    }
    assert_null(entry);
    aq_set_close(&r);
}

/* Seeks with one reader, ascending now and then, by whole entries and by prefixes. */
static void check_seeks(struct world *w, struct aq_txn *t)
{
    struct aq_set_reader r;
    const uint8_t *entry;
    uint8_t want[WIDTH];
    uint32_t n = 0;
    OK(aq_set_open(t, AQ_TABLE_REPEAT, &r, err));
    for (unsigned i = 0; i < 300; i++) {
        n = below(w, 4) ? n + below(w, 40) : below(w, UNIVERSE);
        bool prefix = below(w, 2);
        if (n >= UNIVERSE)
            n = 0;
        uint32_t first = prefix ? n / 7 * 7 : n;
        make_entry(want, first);
        OK(aq_set_seek(&r, aq_slice(want, prefix ? 8 : WIDTH), &entry, err));
        while (first < UNIVERSE && !w->has[first])
            first++;
        if (first == UNIVERSE) {
            assert_null(entry);
            continue;
        }
        make_entry(want, first);
        assert_non_null(entry);
        assert_memory_equal(entry, want, WIDTH);
        if (below(w, 3) == 0)
            OK(aq_set_next(&r, &entry, err));
    }
    aq_set_close(&r);
    bool has;
    make_entry(want, n);
    OK(aq_set_has(t, AQ_TABLE_REPEAT, want, &has, err));
    assert_int_equal(has, w->has[n]);
}

static void check_rows(struct world *w, struct aq_txn *t)
{
    struct aq_walk walk;
    bool found;
    size_t rows = 0, entries = 0, most = aq_set_row_most(AQ_TABLE_REPEAT);
    uint8_t last[WIDTH] = {0};
    OK(aq_walk_open(t, AQ_TABLE_REPEAT, true, &walk, err));
    OK(aq_walk_seek(&walk, aq_slice("", 0), &found, err));
    for (; found; rows++) {
        size_t count = walk.payload.len / WIDTH;
        assert_true(walk.checksum_ok);
        assert_int_equal(walk.payload.len % WIDTH, 0);
        assert_in_range(count, 1, most);
        assert_true(memcmp(walk.payload.ptr, walk.key.ptr, WIDTH) >= 0);
        assert_true(rows == 0 || memcmp(last, walk.key.ptr, WIDTH) < 0);
        memcpy(last, walk.payload.ptr + (count - 1) * WIDTH, WIDTH);
        entries += count;
        OK(aq_walk_next(&walk, &found, err));
    }
    aq_walk_close(&walk);
    size_t want = 0;
    for (uint32_t n = 0; n < UNIVERSE; n++)
        want += w->has[n];
    assert_int_equal(entries, want);
}

/* A batch over a stretch of the universe; dense, sparse, or at its end. */
static void change(struct world *w, struct aq_txn *t)
{
    struct aq_buf adds = {0}, removes = {0};
    uint32_t from = below(w, UNIVERSE), span = 1 + below(w, below(w, 3) ? 60 : UNIVERSE), every = 1 + below(w, 9);
    uint32_t mode = below(w, 3); /* adds, removes, both */
    for (uint32_t n = from; n < UNIVERSE && n < from + span; n++) {
        uint8_t entry[WIDTH];
        bool add = mode != 1 && below(w, every) == 0, remove = mode != 0 && below(w, every) == 0;
        make_entry(entry, n);
        if (add)
            aq_buf_put(&adds, entry, WIDTH);
        if (remove)
            aq_buf_put(&removes, entry, WIDTH);
        w->has[n] = add || (w->has[n] && !remove); /* taken out, then put in */
    }
    OK(aq_set_change(t, AQ_TABLE_REPEAT, aq_slice(adds.ptr, adds.len), aq_slice(removes.ptr, removes.len), err));
    aq_buf_free(&adds);
    aq_buf_free(&removes);
}

static void random_batches_equal_an_array(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    struct aq_txn t;
    w->f = *state;
    w->random = fixture_seed();
    fixture_create(w->f);
    for (unsigned round = 0; round < 120; round++) {
        OK(aq_txn_begin_write(w->f->store, &t, SMALL, err));
        memcpy(w->saved, w->has, sizeof w->has);
        for (unsigned i = 1 + below(w, 6); i-- > 0;) {
            change(w, &t);
            check_seeks(w, &t);
        }
        check_walk(w, &t, below(w, UNIVERSE));
        if (below(w, 4)) {
            OK(aq_txn_commit(&t, err));
        } else {
            aq_txn_end(&t);
            memcpy(w->has, w->saved, sizeof w->has);
        }
        OK(aq_txn_begin(w->f->store, &t, err));
        check_rows(w, &t);
        check_walk(w, &t, 0);
        aq_txn_end(&t);
    }
    free(w);
}

static void entries_that_come_in_order_fill_their_rows(void **state)
{
    struct fixture *f = *state;
    struct aq_txn t;
    struct aq_walk walk;
    bool found;
    size_t most = aq_set_row_most(AQ_TABLE_MEMBER), rows = 0;
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, SMALL, err));
    for (uint32_t i = 0; i < 5 * (uint32_t)most; i++)
        OK(aq_thread_add_member(&t, 1, i, err));
    OK(aq_walk_open(&t, AQ_TABLE_MEMBER, false, &walk, err));
    OK(aq_walk_seek(&walk, aq_slice("", 0), &found, err));
    for (; found; rows++)
        OK(aq_walk_next(&walk, &found, err));
    aq_walk_close(&walk);
    assert_int_equal(rows, 5);
    aq_txn_end(&t);
}

static void an_emptied_set_begins_anew_below_what_it_had(void **state)
{
    struct fixture *f = *state;
    struct aq_txn t;
    const uint32_t *numbers;
    uint32_t count;
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, SMALL, err));
    for (uint32_t i = 0; i < 1000; i++)
        OK(aq_ids_add(&t, AQ_ID_COMMENT, 1000 + i, i, err));
    for (uint32_t i = 0; i < 700; i++) /* the first rows go whole */
        OK(aq_ids_remove(&t, AQ_ID_COMMENT, 1000 + i, i, err));
    OK(aq_ids_get(&t, AQ_ID_COMMENT, 1800, &numbers, &count));
    assert_int_equal(count, 1);
    OK(aq_ids_add(&t, AQ_ID_COMMENT, 3, 9, err));
    OK(aq_ids_get(&t, AQ_ID_COMMENT, 3, &numbers, &count));
    assert_int_equal(count, 1);
    assert_int_equal(numbers[0], 9);
    for (uint32_t i = 700; i < 1000; i++)
        OK(aq_ids_remove(&t, AQ_ID_COMMENT, 1000 + i, i, err));
    OK(aq_ids_remove(&t, AQ_ID_COMMENT, 3, 9, err));
    OK(aq_ids_get(&t, AQ_ID_COMMENT, 3, &numbers, &count));
    assert_int_equal(count, 0);
    aq_txn_end(&t);
}

static void garbage_in_rows_is_refused_or_read_within_bounds(void **state)
{
    struct fixture *f = *state;
    uint64_t random = fixture_seed();
    struct aq_txn t;
    bool damaged = false;
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, 0, err));
    for (unsigned round = 0; round < 3000; round++) {
        uint8_t key[12] = {0}, bytes[6000], entry[AQ_MEMBER_ENTRY];
        uint32_t len = fixture_random(&random) % (round % 50 ? 40u : (uint32_t)sizeof bytes);
        struct aq_set_reader r;
        const uint8_t *at;
        for (uint32_t i = 0; i < len; i++)
            bytes[i] = (uint8_t)(fixture_random(&random) % 3);
        key[3] = (uint8_t)(fixture_random(&random) % 3);
        key[7] = (uint8_t)(fixture_random(&random) % 9);
        OK(aq_put(&t, AQ_TABLE_MEMBER, aq_slice(key, round % 9 ? 8 : 4 + round % 8), aq_slice(bytes, len), err));
        aq_member_entry(entry, fixture_random(&random) % 3, fixture_random(&random) % 9);
        OK(aq_set_open(&t, AQ_TABLE_MEMBER, &r, err));
        enum aq_status st = aq_set_seek(&r, aq_slice(entry, fixture_random(&random) % 9), &at, NULL);
        for (unsigned i = 0; i < 5000 && st == AQ_OK && at; i++)
            st = aq_set_next(&r, &at, NULL);
        aq_set_close(&r);
        damaged |= st == AQ_CORRUPT;
        struct aq_slice change = aq_slice(entry, sizeof entry), none = {0};
        aq_set_change(&t, AQ_TABLE_MEMBER, round & 1 ? change : none, round & 1 ? none : change, NULL);
    }
    assert_true(damaged);
    aq_txn_end(&t);
}

static void a_row_with_a_bad_checksum_is_not_written_anew(void **state)
{
    struct fixture *f = *state;
    struct aq_txn t;
    MDB_val k, v;
    uint8_t key[AQ_MEMBER_ENTRY] = {0};
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, SMALL, err));
    OK(aq_thread_add_member(&t, 1, 2, err));
    k = (MDB_val){sizeof key, key};
    assert_int_equal(mdb_get(t.txn, t.scratch->env->tables[AQ_TABLE_MEMBER], &k, &v), 0);
    ((uint8_t *)v.mv_data)[AQ_MEMBER_ENTRY - 1] ^= 1; /* a page of this transaction's own */
    FAILS(AQ_CORRUPT, "damaged", aq_thread_add_member(&t, 1, 9, err));
    aq_txn_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        T(random_batches_equal_an_array),
        T(entries_that_come_in_order_fill_their_rows),
        T(an_emptied_set_begins_anew_below_what_it_had),
        T(garbage_in_rows_is_refused_or_read_within_bounds),
        T(a_row_with_a_bad_checksum_is_not_written_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
