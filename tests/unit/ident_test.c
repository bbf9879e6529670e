/* ident_test.c - ids as they differ from one another, and the table of them: against
 * plain arrays, at the edges of rows and groups, with purged ones, and damaged. */
#include "store_fixture.h"

static struct aq_slice decode_after(struct aq_id *id, struct aq_slice base, const struct aq_buf *bytes)
{
    uint8_t *copy = malloc(bytes->len + 1); /* of the exact size, for the sanitizers */
    memcpy(copy, bytes->ptr, bytes->len);
    struct aq_reading r = aq_reading_of(aq_slice(copy, bytes->len));
    assert_true(aq_id_set(id, base));
    aq_id_decode(&r, id);
    assert_false(r.bad);
    assert_int_equal(aq_reading_left(&r), 0);
    free(copy);
    return aq_id_slice(id);
}

static size_t cost(struct aq_slice base, struct aq_slice id)
{
    struct aq_buf b = {0};
    struct aq_id back;
    aq_id_encode(&b, base, id);
    assert_false(b.failed);
    assert_true(aq_slice_eq(decode_after(&back, base, &b), id));
    size_t len = b.len;
    aq_buf_free(&b);
    return len;
}

static void ids_cost_what_differs(void **state)
{
    static const struct {
        const char *base, *id;
        size_t cost;
    } cases[] = {
        {"c-17", "c-18", 1},       {"c-17", "c-17", 1},      {"c-17", "c-16", 1},   {"c-99", "c-00", 2},
        {"c-0099", "c-0161", 1},   {"c-0099", "c-0162", 2},  {"c-9", "c-10", 3},    {"c-10", "c-9", 2},
        {"", "", 1},               {"", "abc", 4},           {"abc", "", 1},        {"kx2f9a", "kx2f9c", 2},
        {"a@x.org", "b@x.org", 5}, {"7", "8", 1},            {"x", "7", 2},         {"aaaaaaa", "aaaaaaab", 2},
        {"aba", "ababa", 3},       {"abcdefgh", "abXdefgh", 5}, {"abcdefghij", "abcdefgh01", 3},
        {"t-999999999999999999999", "t-999999999999999999998", 1},
        {"t-000000000000000000", "t-999999999999999999", 10},
        {"\xc3\xa9-1", "\xc3\xa9-2", 1},
    };
    (void)state;
    for (size_t i = 0; i < AQ_COUNT(cases); i++) {
        size_t n = cost(aq_slice_str(cases[i].base), aq_slice_str(cases[i].id));
        if (n != cases[i].cost)
            fail_msg("\"%s\" after \"%s\" costs %zu bytes, not %zu", cases[i].id, cases[i].base, n, cases[i].cost);
    }
}

/* An id like those that forums give: of `style`, near number n. */
static struct aq_slice make_id(char out[AQ_MAX_ID + 1], unsigned style, uint32_t n, uint64_t *random)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    size_t len;
    switch (style) {
    case 0:
        return aq_slice(out, (size_t)snprintf(out, AQ_MAX_ID, "%u", n + fixture_random(random) % 50));
    case 1:
        return aq_slice(out, (size_t)snprintf(out, AQ_MAX_ID, "News-2015-02-%02u-%u", n / 90 % 28, n));
    case 2:
        return aq_slice(out, (size_t)snprintf(out, AQ_MAX_ID, "<%x.%u@mail%u.example.org>", fixture_random(random), n,
                                              fixture_random(random) % 3));
    case 3:
        for (len = 0; len < 17; len++)
            out[len] = digits[fixture_random(random) % 62];
        return aq_slice(out, len);
    case 4: /* anything, rarely as long as may be */
        len = 1 + fixture_random(random) % (fixture_random(random) % 20 ? 40u : AQ_MAX_ID);
        for (size_t i = 0; i < len; i++)
            out[i] = (char)(fixture_random(random) % 4 ? 'a' : '0' + fixture_random(random) % 10);
        return aq_slice(out, len);
    default:
        len = (size_t)snprintf(out, AQ_MAX_ID, "%08u%024u", fixture_random(random), n);
        return aq_slice(out, len);
    }
}

static void any_id_comes_back_after_any_other(void **state)
{
    uint64_t random = fixture_seed();
    char a[AQ_MAX_ID + 1], b[AQ_MAX_ID + 1];
    (void)state;
    for (uint32_t i = 0; i < 40000; i++) {
        struct aq_slice base = make_id(a, fixture_random(&random) % 6, i, &random);
        struct aq_slice id = make_id(b, fixture_random(&random) % 6, i + fixture_random(&random) % 3, &random);
        cost(base, fixture_random(&random) % 10 ? id : aq_slice(b, 0));
        memcpy(b, a, base.len);
        id = aq_slice(b, base.len);
        b[fixture_random(&random) % base.len] = (char)('0' + fixture_random(&random) % 12);
        cost(base, id);
    }
}

static void garbage_is_refused_or_makes_an_id_within_bounds(void **state)
{
    uint64_t random = fixture_seed();
    unsigned refused = 0, made = 0;
    char text[AQ_MAX_ID + 1];
    (void)state;
    for (uint32_t i = 0; i < 200000; i++) {
        uint8_t bytes[24];
        struct aq_id id;
        size_t len = fixture_random(&random) % sizeof bytes;
        for (size_t k = 0; k < len; k++)
            bytes[k] = (uint8_t)(fixture_random(&random) % (k ? 256 : 3) + (k ? 0 : fixture_random(&random) % 2 * 0x70));
        uint8_t *copy = malloc(len + 1);
        memcpy(copy, bytes, len);
        struct aq_reading r = aq_reading_of(aq_slice(copy, len));
        aq_id_set(&id, make_id(text, fixture_random(&random) % 6, i, &random));
        aq_id_decode(&r, &id);
        assert_true(id.len <= AQ_MAX_ID);
        refused += r.bad;
        made += !r.bad;
        free(copy);
    }
    assert_true(refused > 1000 && made > 1000);
}

static void a_number_beyond_its_digits_is_refused(void **state)
{
    static const struct {
        const char *base;
        uint8_t bytes[11];
        size_t len;
    } cases[] = {
        {"c-99", {0x81}, 1},                    /* 100 */
        {"c-00", {0xc1}, 1},                    /* -1 */
        {"c", {0x81}, 1},                       /* there is no number */
        {"", {0x80}, 1},
        {"c-5", {0xbf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}, 11},
        {"999999999999999999", {0xbf, 0xff, 0xff, 0x8f, 0xbb, 0xba, 0xd6, 0xad, 0xf0, 0x0d}, 10},
        {"abc", {0x41}, 1},                     /* cut more than there is */
        {"abc", {0x70, 2, 2, 0}, 4},            /* begin and end overlap */
        {"abc", {0x71, 0, 0, 0}, 4},            /* nothing */
        {"abc", {0x03, 'x', 'y'}, 3},           /* a tail that is not there */
    };
    (void)state;
    for (size_t i = 0; i < AQ_COUNT(cases); i++) {
        struct aq_id id;
        struct aq_reading r = aq_reading_of(aq_slice(cases[i].bytes, cases[i].len));
        aq_id_set(&id, aq_slice_str(cases[i].base));
        aq_id_decode(&r, &id);
        if (!r.bad)
            fail_msg("case %zu became \"%.*s\"", i, (int)id.len, (const char *)id.bytes);
    }
}

/* ---- the table ---- */

enum { IDS = 20000 };

struct ids {
    char *text[IDS]; /* NULL: purged */
    size_t len[IDS];
    uint32_t count;
};

static void add_ids(struct aq_txn *t, struct ids *m, uint32_t count, unsigned style, uint64_t *random)
{
    struct aq_ident_writer w;
    char text[AQ_MAX_ID + 1];
    OK(aq_ident_begin(t, &w, err));
    assert_int_equal(w.next, m->count);
    for (uint32_t end = m->count + count; m->count < end && m->count < IDS; m->count++) {
        struct aq_slice id = make_id(text, style % 7 == 6 ? fixture_random(random) % 6 : style % 7, m->count, random);
        bool purged = style >= 7 && fixture_random(random) % 3 == 0;
        if (purged)
            id.len = 0;
        OK(aq_ident_add(&w, id, err));
        m->text[m->count] = purged ? NULL : malloc(id.len);
        m->len[m->count] = id.len;
        if (!purged)
            memcpy(m->text[m->count], id.ptr, id.len);
    }
    OK(aq_ident_finish(&w, err));
    t->state.next_comment = m->count;
}

static void check_ids(struct aq_txn *t, const struct ids *m)
{
    struct aq_walk w;
    struct aq_id id;
    uint32_t next = 0, count;
    for (uint32_t i = 0; i < m->count; i++) {
        enum aq_status st = aq_ident_get(t, i, &id, NULL);
        assert_int_equal(st, m->text[i] ? AQ_OK : AQ_NOTFOUND);
        assert_true(aq_slice_eq(aq_id_slice(&id), aq_slice(m->text[i], m->len[i])));
    }
    assert_int_equal(aq_ident_get(t, m->count, &id, NULL), AQ_NOTFOUND);
    assert_int_equal(aq_ident_get(t, UINT32_MAX, &id, NULL), AQ_NOTFOUND);
    for (bool more = first_row(t, AQ_TABLE_IDENT, &w); more; more = next_row(&w)) {
        assert_true(w.payload.len <= AQ_ROW_PAYLOAD);
        assert_int_equal(aq_unkey32(w.key.ptr), next);
        assert_int_equal(aq_ident_count(w.payload, &count), AQ_OK);
        next += count;
    }
    assert_int_equal(next, m->count);
}

static void free_ids(struct ids *m)
{
    for (uint32_t i = 0; i < m->count; i++)
        free(m->text[i]);
    free(m);
}

static void ids_come_back_however_they_were_added(void **state)
{
    struct fixture *f = *state;
    uint64_t random = fixture_seed();
    struct ids *m = calloc(1, sizeof *m);
    struct aq_txn t;
    fixture_create(f);
    while (m->count < IDS) {
        uint32_t few = fixture_random(&random) % 3;
        OK(aq_txn_begin_write(f->store, &t, 0, err));
        add_ids(&t, m, few == 0 ? 1 : few == 1 ? fixture_random(&random) % 40 : fixture_random(&random) % 4000,
                fixture_random(&random) % 14, &random);
        if (fixture_random(&random) % 8 == 0)
            check_ids(&t, m); /* in the write transaction too */
        OK(aq_txn_commit(&t, err));
    }
    OK(aq_txn_begin(f->store, &t, err));
    check_ids(&t, m);
    aq_txn_end(&t);
    free_ids(m);
}

/* One by one across the edges of groups and of a row. */
static void ids_added_one_by_one_come_back(void **state)
{
    struct fixture *f = *state;
    uint64_t random = fixture_seed();
    struct ids *m = calloc(1, sizeof *m);
    struct aq_txn t;
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, 0, err));
    for (unsigned i = 0; i < 400; i++) {
        add_ids(&t, m, 1, i % 5 == 0 ? 7 + 3 : 3, &random); /* about 200 a row */
        if (i < 40 || i % 50 == 0)
            check_ids(&t, m);
    }
    OK(aq_txn_commit(&t, err));
    OK(aq_txn_begin(f->store, &t, err));
    check_ids(&t, m);
    aq_txn_end(&t);
    free_ids(m);
}

static void rows_of_purged_ids_alone_come_back(void **state)
{
    struct fixture *f = *state;
    struct aq_txn t;
    struct aq_ident_writer w;
    struct aq_id id;
    char longest[AQ_MAX_ID + 1];
    fixture_create(f);
    memset(longest, 'x', sizeof longest);
    OK(aq_txn_begin_write(f->store, &t, 0, err));
    OK(aq_ident_begin(&t, &w, err));
    for (unsigned i = 0; i < 9000; i++)
        OK(aq_ident_add(&w, aq_slice("", 0), err));
    OK(aq_ident_add(&w, aq_slice(longest, AQ_MAX_ID), err));
    FAILS(AQ_INVALID, "1025", aq_ident_add(&w, aq_slice(longest, sizeof longest), err));
    OK(aq_ident_add(&w, aq_slice_str("last"), err));
    OK(aq_ident_finish(&w, err));
    assert_int_equal(aq_ident_get(&t, 0, &id, NULL), AQ_NOTFOUND);
    assert_int_equal(aq_ident_get(&t, 8999, &id, NULL), AQ_NOTFOUND);
    OK(aq_ident_get(&t, 9000, &id, err));
    assert_int_equal(id.len, AQ_MAX_ID);
    OK(aq_ident_get(&t, 9001, &id, err));
    assert_true(aq_slice_eq(aq_id_slice(&id), aq_slice_str("last")));
    struct aq_walk walk;
    for (bool more = first_row(&t, AQ_TABLE_IDENT, &walk); more; more = next_row(&walk))
        assert_true(walk.payload.len <= AQ_ROW_PAYLOAD);
    aq_txn_end(&t);
}

static void numbers_that_go_up_cost_little_more_than_a_byte(void **state)
{
    struct fixture *f = *state;
    struct aq_txn t;
    struct aq_ident_writer w;
    struct aq_walk walk;
    char id[32];
    size_t bytes = 0;
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, 0, err));
    OK(aq_ident_begin(&t, &w, err));
    for (unsigned i = 0; i < 10000; i++) {
        snprintf(id, sizeof id, "topic-%u", 1000000 + 5 * i);
        OK(aq_ident_add(&w, aq_slice_str(id), err));
    }
    OK(aq_ident_finish(&w, err));
    for (bool more = first_row(&t, AQ_TABLE_IDENT, &walk); more; more = next_row(&walk))
        bytes += walk.payload.len;
    assert_in_range(bytes, 10000, 13500);
    aq_txn_end(&t);
}

static void damaged_rows_are_refused_or_read_within_bounds(void **state)
{
    struct fixture *f = *state;
    uint64_t random = fixture_seed();
    struct ids *m = calloc(1, sizeof *m);
    struct aq_txn t;
    struct aq_slice row;
    unsigned refused = 0;
    uint32_t count;
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, 0, err));
    add_ids(&t, m, 60, 7 + 6, &random);
    OK(aq_get(&t, AQ_TABLE_IDENT, aq_slice("\0\0\0\0", 4), &row));
    for (unsigned i = 0; i < 30000; i++) {
        size_t len = i % 8 ? row.len : fixture_random(&random) % (row.len + 1);
        uint8_t *copy = malloc(len + 1);
        struct aq_ident_row parsed;
        memcpy(copy, row.ptr, len);
        for (unsigned flips = fixture_random(&random) % 4; flips-- > 0 && len;)
            copy[fixture_random(&random) % 3 ? fixture_random(&random) % len : len - 1 - fixture_random(&random) % (len < 9 ? len : 9)] =
                (uint8_t)fixture_random(&random);
        copy = realloc(copy, len ? len : 1);
        if (aq_ident_count(aq_slice(copy, len), &count))
            refused++;
        if (aq_ident_parse(&parsed, aq_slice(copy, len)) == AQ_OK)
            for (unsigned k = 0; k < 20; k++) {
                struct aq_id id;
                aq_ident_at(&parsed, fixture_random(&random) % parsed.count, &id);
                assert_true(id.len <= AQ_MAX_ID);
            }
        free(copy);
    }
    assert_true(refused > 5000);
    aq_txn_end(&t);
    free_ids(m);
}

static void unseen_ids_are_not_found(void **state)
{
    struct fixture *f = *state;
    struct aq_txn t;
    struct aq_ident_writer w;
    struct aq_id id;
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, 0, err));
    FAILS(AQ_NOTFOUND, "comment 0", aq_ident_get(&t, 0, &id, err));
    OK(aq_ident_begin(&t, &w, err));
    OK(aq_ident_add(&w, aq_slice_str("a"), err));
    OK(aq_ident_add(&w, aq_slice_str("b"), err));
    OK(aq_ident_finish(&w, err));
    t.state.next_comment = 1;
    OK(aq_txn_commit(&t, err));
    OK(aq_txn_begin(f->store, &t, err));
    OK(aq_ident_get(&t, 0, &id, err));
    FAILS(AQ_NOTFOUND, "comment 1", aq_ident_get(&t, 1, &id, err)); /* not below next_comment */
    aq_txn_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        T(ids_cost_what_differs),
        T(any_id_comes_back_after_any_other),
        T(garbage_is_refused_or_makes_an_id_within_bounds),
        T(a_number_beyond_its_digits_is_refused),
        T(ids_come_back_however_they_were_added),
        T(ids_added_one_by_one_come_back),
        T(rows_of_purged_ids_alone_come_back),
        T(numbers_that_go_up_cost_little_more_than_a_byte),
        T(damaged_rows_are_refused_or_read_within_bounds),
        T(unseen_ids_are_not_found),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
