/* column_test.c - columns against arrays. */
#include "store_fixture.h"

#include <time.h>

static int64_t none(enum aq_column c)
{
    switch (c) {
    case AQ_COL_FLAGS:
    case AQ_COL_DIGEST:
        return 0;
    case AQ_COL_SCORE:
        return AQ_NO_SCORE;
    case AQ_COL_DATE:
        return AQ_NO_DATE;
    default:
        return AQ_NO_COMMENT;
    }
}

static int64_t some_value(enum aq_column c, uint64_t *random)
{
    int64_t v = (int64_t)((uint64_t)fixture_random(random) << 32 | fixture_random(random));
    switch (aq_column_width[c]) {
    case 2:
        return v & 0xffff;
    case 4:
        return c == AQ_COL_SCORE ? (int32_t)v : (int64_t)(uint32_t)v;
    default:
        return v;
    }
}

static void unset_values_read_as_none(void **state)
{
    struct fixture *f = *state;
    struct aq_txn t;
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, SMALL, err));
    t.state.next_comment = 5000;
    OK(aq_column_set(&t, AQ_COL_DATE, 4000, 7, err)); /* leaves gaps before it */
    OK(aq_txn_commit(&t, err));
    OK(aq_txn_begin(f->store, &t, err));
    for (unsigned c = 0; c < AQ_COLUMN_COUNT; c++) {
        assert_int_equal(aq_column_get(&t, c, 0), none(c));
        assert_int_equal(aq_column_get(&t, c, 4999), none(c));
        assert_int_equal(aq_column_get(&t, c, 3999), none(c));
        assert_int_equal(aq_column_get(&t, c, 5000), none(c));
        assert_int_equal(aq_column_get(&t, c, AQ_NO_COMMENT), none(c));
    }
    assert_int_equal(aq_column_get(&t, AQ_COL_DATE, 4000), 7);
    aq_txn_end(&t);
}

static void extreme_values_come_back(void **state)
{
    struct fixture *f = *state;
    struct aq_txn t;
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, SMALL, err));
    t.state.next_comment = 2;
    OK(aq_column_set(&t, AQ_COL_SCORE, 0, INT32_MAX, err));
    OK(aq_column_set(&t, AQ_COL_SCORE, 1, -1, err));
    OK(aq_column_set(&t, AQ_COL_DATE, 0, INT64_MAX, err));
    OK(aq_column_set(&t, AQ_COL_DATE, 1, -86400, err));
    OK(aq_column_set(&t, AQ_COL_DIGEST, 0, -1, err));
    OK(aq_column_set(&t, AQ_COL_AUTHOR, 0, UINT32_MAX - 1, err));
    OK(aq_column_set(&t, AQ_COL_FLAGS, 1, UINT16_MAX, err));
    FAILS(AQ_INVALID, "numbered", aq_column_set(&t, AQ_COL_FLAGS, AQ_NO_COMMENT, 1, err));
    OK(aq_txn_commit(&t, err));
    OK(aq_txn_begin(f->store, &t, err));
    assert_int_equal(aq_column_get(&t, AQ_COL_SCORE, 0), INT32_MAX);
    assert_int_equal(aq_column_get(&t, AQ_COL_SCORE, 1), -1);
    assert_true(aq_column_get(&t, AQ_COL_DATE, 0) == INT64_MAX);
    assert_int_equal(aq_column_get(&t, AQ_COL_DATE, 1), -86400);
    assert_int_equal(aq_column_get(&t, AQ_COL_DIGEST, 0), -1);
    assert_int_equal(aq_column_get(&t, AQ_COL_AUTHOR, 0), UINT32_MAX - 1);
    assert_int_equal(aq_column_get(&t, AQ_COL_FLAGS, 0), 0);
    assert_int_equal(aq_column_get(&t, AQ_COL_FLAGS, 1), UINT16_MAX);
    FAILS(AQ_INVALID, "write transaction", aq_column_set(&t, AQ_COL_FLAGS, 0, 1, err));
    aq_txn_end(&t);
}

/* Random sets in random transactions, some aborted, read back from all sides. */
static void columns_agree_with_arrays(void **state)
{
    enum { ROOM = 9000 };
    struct fixture *f = *state;
    uint64_t random = fixture_seed();
    static int64_t committed[AQ_COLUMN_COUNT][ROOM], now[AQ_COLUMN_COUNT][ROOM];
    struct aq_txn t;
    uint32_t next = 0;
    fixture_create(f);
    for (unsigned c = 0; c < AQ_COLUMN_COUNT; c++)
        for (uint32_t i = 0; i < ROOM; i++)
            committed[c][i] = none(c);
    for (unsigned round = 0; round < 40; round++) {
        OK(aq_txn_begin_write(f->store, &t, SMALL, err));
        memcpy(now, committed, sizeof now);
        uint32_t grow = fixture_random(&random) % 400, limit = next + grow < ROOM ? next + grow : ROOM;
        for (unsigned i = 0; i < 600 && limit; i++) {
            enum aq_column c = fixture_random(&random) % AQ_COLUMN_COUNT;
            uint32_t comment = fixture_random(&random) % limit;
            if (fixture_random(&random) % 3) {
                now[c][comment] = some_value(c, &random);
                OK(aq_column_set(&t, c, comment, now[c][comment], err));
            }
            assert_true(aq_column_get(&t, c, comment) == now[c][comment]);
        }
        t.state.next_comment = limit;
        if (fixture_random(&random) % 4 == 0) {
            aq_txn_end(&t);
        } else {
            OK(aq_txn_commit(&t, err));
            memcpy(committed, now, sizeof now);
            next = limit;
        }
        OK(aq_txn_begin(f->store, &t, err));
        for (unsigned c = 0; c < AQ_COLUMN_COUNT; c++)
            for (uint32_t i = 0; i < next; i++)
                if (aq_column_get(&t, c, i) != committed[c][i])
                    fail_msg("round %u column %u comment %u", round, c, i);
        aq_txn_end(&t);
    }
}

static void rows_fit_one_page(void **state)
{
    struct fixture *f = *state;
    struct aq_txn t;
    struct aq_walk w;
    bool found;
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, SMALL, err));
    for (unsigned c = 0; c < AQ_COLUMN_COUNT; c++)
        for (uint32_t i = 0; i < 5000; i++)
            OK(aq_column_set(&t, c, i, i & 0x7f, err));
    t.state.next_comment = 5000;
    OK(aq_txn_commit(&t, err));
    OK(aq_txn_begin(f->store, &t, err));
    OK(aq_walk_open(&t, AQ_TABLE_COL, true, &w, err));
    OK(aq_walk_seek(&w, aq_slice("", 0), &found, err));
    while (found) {
        assert_true(w.checksum_ok);
        assert_in_range(w.payload.len + AQ_CHECKSUM_BYTES, 5, AQ_ROW_BYTES);
        OK(aq_walk_next(&w, &found, err));
    }
    aq_walk_close(&w);
    aq_txn_end(&t);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Says how fast; fails only where something is quadratic. */
static void many_comments_are_written_and_read_quickly(void **state)
{
    enum { MANY = 450000 };
    struct fixture *f = *state;
    struct aq_txn t;
    fixture_create(f);
    double start = seconds();
    OK(aq_txn_begin_write(f->store, &t, 0, err));
    for (uint32_t i = 0; i < MANY; i++)
        for (unsigned c = 0; c < AQ_COLUMN_COUNT; c++)
            if (aq_column_set(&t, c, i, i & 0xff, NULL))
                fail();
    double set = seconds();
    t.state.next_comment = MANY;
    OK(aq_txn_commit(&t, err));
    double commit = seconds();
    int64_t sum = 0;
    double ns[3];
    for (unsigned round = 0; round < 3; round++) {
        double from = seconds();
        OK(aq_txn_begin(f->store, &t, err));
        for (uint32_t i = 0; i < MANY; i++)
            sum += aq_column_get(&t, AQ_COL_DATE, i);
        aq_txn_end(&t);
        ns[round] = (seconds() - from) * 1e9 / MANY;
    }
    assert_int_equal(sum / 3, (int64_t)(MANY / 256) * (255 * 256 / 2) + (int64_t)(MANY % 256) * (MANY % 256 - 1) / 2);
    print_message("# set %.0f ns a comment and 8 columns, commit %.0f ms, get %.2f ns, then %.2f ns\n",
                  (set - start) * 1e9 / MANY, (commit - set) * 1e3, ns[0], ns[2]);
    assert_true(commit - start < 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        T(unset_values_read_as_none),
        T(extreme_values_come_back),
        T(columns_agree_with_arrays),
        T(rows_fit_one_page),
        T(many_comments_are_written_and_read_quickly),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
