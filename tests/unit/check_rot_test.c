/* aq_check finds bytes that rotted: each case damages a row of a copy of one index
 * and leaves its checksum as it was; the fault must name the row's table. */
#include <setjmp.h>
#include <stdarg.h>

#include "check_bench.h"

static void a_sound_index_is_found_sound(void **state)
{
    const struct bench *b = *state;
    struct aq_error err;
    fresh_copy(b);
    must(look(b, &err), &err);
}

static MDB_env *open_raw(const struct bench *b)
{
    char path[200], name[64] = "";
    snprintf(path, sizeof path, "%s/CURRENT", b->copy);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%60s", name), 1);
    fclose(f);
    snprintf(path, sizeof path, "%s/%s", b->copy, name);
    MDB_env *env;
    assert_int_equal(mdb_env_create(&env), 0);
    mdb_env_set_maxdbs(env, 64);
    mdb_env_set_mapsize(env, (size_t)256 << 20);
    assert_int_equal(mdb_env_open(env, path, 0, 0600), 0);
    return env;
}

/* Names of all databases in the environment. */
static size_t list_databases(const struct bench *b, char names[][16], size_t most)
{
    MDB_env *env = open_raw(b);
    MDB_txn *txn;
    MDB_dbi main_table;
    MDB_cursor *cursor;
    MDB_val key, value;
    size_t n = 0;
    assert_int_equal(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn), 0);
    assert_int_equal(mdb_dbi_open(txn, NULL, 0, &main_table), 0);
    assert_int_equal(mdb_cursor_open(txn, main_table, &cursor), 0);
    while (n < most && mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0)
        snprintf(names[n++], 16, "%.*s", (int)key.mv_size, (const char *)key.mv_data);
    mdb_cursor_close(cursor);
    mdb_txn_abort(txn);
    mdb_env_close(env);
    return n;
}

enum rot { FLIP, CUT, SWAP };

/* Damages a random row, checksum left as it was. False: there are too few rows. */
static bool rot_row(struct bench *b, const char *name, enum rot how)
{
    MDB_env *env = open_raw(b);
    MDB_txn *txn;
    MDB_dbi dbi;
    MDB_stat stat;
    bool done = false;
    assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
    assert_int_equal(mdb_dbi_open(txn, name, 0, &dbi), 0);
    mdb_stat(txn, dbi, &stat);
    uint32_t rows = (uint32_t)stat.ms_entries, one = rows ? below(&b->rng, rows) : 0;
    if (rows > (how == SWAP)) {
        uint8_t keys[2][512], *values[2] = {NULL, NULL};
        MDB_val k[2] = {{0, NULL}, {0, NULL}}, v[2] = {{0, NULL}, {0, NULL}}, key, value;
        MDB_cursor *cursor;
        unsigned n = 0;
        if (how == SWAP && one == rows - 1)
            one--;
        assert_int_equal(mdb_cursor_open(txn, dbi, &cursor), 0);
        for (uint32_t i = 0; n < 2 && mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0; i++)
            if (i == one || i == one + 1) {
                memcpy(keys[n], key.mv_data, key.mv_size);
                values[n] = malloc(value.mv_size + 1);
                memcpy(values[n], value.mv_data, value.mv_size);
                k[n] = (MDB_val){key.mv_size, keys[n]};
                v[n] = (MDB_val){value.mv_size, values[n]};
                n++;
            }
        mdb_cursor_close(cursor);
        if (how == SWAP) {
            assert_int_equal(mdb_put(txn, dbi, &k[0], &v[1], 0), 0);
            assert_int_equal(mdb_put(txn, dbi, &k[1], &v[0], 0), 0);
            done = v[0].mv_size != v[1].mv_size || memcmp(values[0], values[1], v[0].mv_size) != 0;
        } else {
            if (how == FLIP)
                values[0][below(&b->rng, (uint32_t)v[0].mv_size)] ^= (uint8_t)(1u << below(&b->rng, 8));
            else
                v[0].mv_size -= 1 + below(&b->rng, v[0].mv_size < 8 ? (uint32_t)v[0].mv_size : 8);
            assert_int_equal(mdb_put(txn, dbi, &k[0], &v[0], 0), 0);
            done = true;
        }
        free(values[0]);
        free(values[1]);
    }
    assert_int_equal(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
    return done;
}

static bool is_segment_database(const char *name)
{
    return strlen(name) == 9 && (name[0] == 't' || name[0] == 'p');
}

static void rot_everywhere(struct bench *b, enum rot how)
{
    char names[64][16];
    uint64_t rounds = env_number("AQ_ROUNDS", 4);
    fresh_copy(b);
    size_t count = list_databases(b, names, AQ_COUNT(names));
    assert_true(count > AQ_TABLE_COUNT + 2);
    for (size_t i = 0; i < count; i++) {
        const char *expected = is_segment_database(names[i]) ? "postings" : names[i];
        for (uint64_t k = 0; k < rounds; k++) {
            struct aq_error err;
            fresh_copy(b);
            if (!rot_row(b, names[i], how))
                continue;
            enum aq_status st = look(b, &err);
            /* A damaged state record or segment list is noticed at opening. */
            bool early = (strcmp(names[i], "meta") == 0 || strcmp(names[i], "seg") == 0 ||
                          strcmp(names[i], "norm") == 0) && (st == AQ_CORRUPT || st == AQ_VERSION);
            if (!early && (st != AQ_CORRUPT || !strstr(err.message, expected)))
                fail_msg("damage %d in %s: status %s, \"%s\"", (int)how, names[i], aq_status_name(st), err.message);
        }
    }
}

static void a_flipped_bit_is_found_in_every_table(void **state)
{
    rot_everywhere(*state, FLIP);
}

static void a_truncated_value_is_found_in_every_table(void **state)
{
    rot_everywhere(*state, CUT);
}

static void exchanged_values_are_found_in_every_table(void **state)
{
    rot_everywhere(*state, SWAP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_index_is_found_sound),
        cmocka_unit_test(a_flipped_bit_is_found_in_every_table),
        cmocka_unit_test(a_truncated_value_is_found_in_every_table),
        cmocka_unit_test(exchanged_values_are_found_in_every_table),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
