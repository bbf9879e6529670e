/* store_segment_test.c - segments: their databases, rows, handles and leftovers;
 * and the ids, names and threads beside them. */
#include "store_fixture.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>

/* ---- segments ---- */

enum { TERMS = 300, PASSAGES = 20000 };

static void term_name(uint32_t i, char out[16])
{
    snprintf(out, 16, "w%06u", i * 3);
}

static void append_terms(struct aq_txn *t, const struct aq_segment *seg, uint32_t from, uint32_t to)
{
    struct aq_postings_writer *w = aq_postings_writer_new();
    struct aq_impact_model model = {1.2, 0.75, 10};
    char name[16];
    assert_non_null(w);
    for (uint32_t i = from; i < to; i++) {
        struct aq_slice list, positions;
        uint16_t position = 3, code = 0;
        uint32_t df = i % 7 == 0 ? 500 : 1 + i % 20;
        term_name(i, name);
        struct aq_form form = {aq_slice_str(name), df};
        aq_postings_begin(w, aq_slice_str(name), &form, 1, &model);
        for (uint32_t d = 0; d < df; d++)
            aq_postings_add(w, d * 3, 10, 1, &position, &code);
        OK(aq_postings_end(w, &list, &positions));
        OK(aq_segment_append(t, seg, aq_slice_str(name), list, positions, err));
    }
    aq_postings_writer_free(w);
}

static void put_rows(struct aq_txn *t, uint32_t id, uint32_t passages, uint32_t first_comment)
{
    struct aq_buf lengths = {0}, rows = {0};
    for (uint32_t d = 0; d < passages; d++) {
        aq_buf_u8(&lengths, 10);
        aq_buf_u32(&rows, first_comment + d / 3); /* three passages a comment */
        aq_buf_u16(&rows, (uint16_t)(d % 3));
    }
    OK(aq_segment_put_lengths(t, id, aq_slice(lengths.ptr, lengths.len), err));
    for (uint32_t chunk = 0; chunk * AQ_MAP_CHUNK < passages; chunk++) {
        uint32_t n = passages - chunk * AQ_MAP_CHUNK;
        if (n > AQ_MAP_CHUNK)
            n = AQ_MAP_CHUNK;
        OK(aq_segment_put_map(t, id, chunk, aq_slice(rows.ptr + (size_t)chunk * AQ_MAP_CHUNK * 6, (size_t)n * 6), err));
    }
    aq_buf_free(&lengths);
    aq_buf_free(&rows);
}

static struct aq_segment_info info_of(uint32_t id, uint32_t passages)
{
    return (struct aq_segment_info){.id = id, .passages = passages, .terms = TERMS, .tokens = passages * 10ull,
                                    .postings = 9, .bytes = 10, .k1 = 1.2, .b = 0.75, .average_length = 10};
}

static void make_segment(struct aq_txn *t, uint32_t id, uint32_t passages)
{
    struct aq_segment seg;
    struct aq_segment_info info = info_of(id, passages);
    OK(aq_segment_create(t, id, &seg, err));
    append_terms(t, &seg, 0, TERMS);
    put_rows(t, id, passages, 100);
    OK(aq_segment_list(t, &info, err));
    if (t->state.next_segment <= id)
        t->state.next_segment = id + 1;
}

static void listed_segment_is_read_back(void **state)
{
    struct fixture *f = *state;
    struct aq_txn t;
    struct aq_postings p;
    uint32_t comment, ordinal, docid, count;
    char name[16];
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, 0, err));
    make_segment(&t, 0, PASSAGES);
    t.state.pend_passages = 5;
    t.state.pend_tokens = 50;
    OK(aq_txn_commit(&t, err));
    OK(aq_txn_begin(f->store, &t, err));
    assert_int_equal(t.segment_count, 1);
    assert_int_equal(t.passages, PASSAGES + 5);
    assert_int_equal(t.tokens, PASSAGES * 10 + 50);
    const struct aq_segment *seg = &t.segments[0];
    assert_int_equal(seg->lengths[PASSAGES - 1], 10);
    assert_true(seg->info.k1 == 1.2 && seg->info.average_length == 10);
    for (uint32_t i = 0; i < TERMS; i++) {
        term_name(i, name);
        OK(aq_segment_postings(&t, seg, aq_slice_str(name), &p, err));
        assert_int_equal(p.df, i % 7 == 0 ? 500 : 1 + i % 20);
    }
    assert_int_equal(aq_segment_postings(&t, seg, aq_slice_str("w000001"), &p, NULL), AQ_NOTFOUND);
    assert_int_equal(aq_segment_postings(&t, seg, aq_slice_str(""), &p, NULL), AQ_NOTFOUND);
    uint8_t longest[600];
    memset(longest, 'x', sizeof longest);
    assert_int_equal(aq_segment_postings(&t, seg, aq_slice(longest, 600), &p, NULL), AQ_NOTFOUND);
    for (uint32_t d = 0; d < PASSAGES; d += 61) {
        OK(aq_segment_locate(&t, seg, d, &comment, &ordinal));
        assert_int_equal(comment, 100 + d / 3);
        assert_int_equal(ordinal, d % 3);
        OK(aq_segment_find(&t, seg, comment, &docid, &count));
        assert_int_equal(docid, d - d % 3);
        assert_int_equal(count, docid + 3 <= PASSAGES ? 3 : PASSAGES - docid);
    }
    assert_int_equal(aq_segment_locate(&t, seg, PASSAGES, &comment, &ordinal), AQ_CORRUPT);
    assert_int_equal(aq_segment_find(&t, seg, 99, &docid, &count), AQ_NOTFOUND);
    assert_int_equal(aq_segment_find(&t, seg, 100 + PASSAGES, &docid, &count), AQ_NOTFOUND);
    aq_txn_end(&t);
}

static void terms_are_walked_in_order(void **state)
{
    struct fixture *f = *state;
    struct aq_txn t;
    struct aq_term_walk w;
    bool found;
    char name[16];
    uint32_t i = 0;
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, 0, err));
    make_segment(&t, 0, PASSAGES);
    OK(aq_txn_commit(&t, err));
    OK(aq_txn_begin(f->store, &t, err));
    OK(aq_term_walk_open(&t, &t.segments[0], aq_slice_str(""), &w, &found, err));
    for (; found; i++) {
        term_name(i, name);
        assert_true(aq_slice_eq(w.term, aq_slice_str(name)));
        OK(aq_term_walk_next(&w, &found, err));
    }
    assert_int_equal(i, TERMS);
    aq_term_walk_close(&w);
    OK(aq_term_walk_open(&t, &t.segments[0], aq_slice_str("w000004"), &w, &found, err));
    assert_true(found && aq_slice_eq(w.term, aq_slice_str("w000006")));
    aq_term_walk_close(&w);
    aq_txn_end(&t);
}

static void terms_out_of_order_are_refused(void **state)
{
    struct fixture *f = *state;
    struct aq_txn t;
    struct aq_segment seg;
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, 0, err));
    OK(aq_segment_create(&t, 0, &seg, err));
    OK(aq_segment_append(&t, &seg, aq_slice_str("b"), aq_slice("x", 1), aq_slice("", 0), err));
    FAILS(AQ_INVALID, "order", aq_segment_append(&t, &seg, aq_slice_str("a"), aq_slice("x", 1), aq_slice("", 0), err));
    aq_txn_end(&t);
}

static void segment_is_written_over_several_transactions(void **state)
{
    struct fixture *f = *state;
    struct aq_txn t, r;
    struct aq_segment seg;
    struct aq_store *reader;
    struct aq_segment_info info = info_of(3, PASSAGES);
    struct aq_postings p;
    char name[16];
    fixture_create(f);
    OK(aq_store_open(f->dir, AQ_STORE_READ, &reader, err));
    for (uint32_t at = 0; at < TERMS; at += 100) {
        OK(aq_txn_begin_write(f->store, &t, 0, err));
        OK(at ? aq_segment_reopen(&t, 3, &seg, err) : aq_segment_create(&t, 3, &seg, err));
        append_terms(&t, &seg, at, at + 100);
        t.state.inflight = 3;
        if (at + 100 == TERMS) {
            put_rows(&t, 3, PASSAGES, 0);
            OK(aq_segment_list(&t, &info, err));
            t.state.inflight = 0;
        }
        OK(aq_txn_commit(&t, err));
        OK(aq_txn_begin(reader, &r, err));
        assert_int_equal(r.segment_count, at + 100 == TERMS);
        if (r.segment_count) {
            term_name(TERMS - 1, name);
            OK(aq_segment_postings(&r, &r.segments[0], aq_slice_str(name), &p, err));
        }
        aq_txn_end(&r);
    }
    OK(aq_txn_begin_write(f->store, &t, 0, err));
    FAILS(AQ_NOTFOUND, "9", aq_segment_reopen(&t, 9, &seg, err));
    aq_txn_end(&t);
    aq_store_close(reader);
}

static void bits_are_set_and_cleared(void **state)
{
    struct fixture *f = *state;
    struct aq_txn t;
    uint8_t bits[AQ_BITS_CHUNK / 8] = {0};
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, 0, err));
    make_segment(&t, 1, PASSAGES);
    bits[1] = 0x80;
    OK(aq_segment_put_bits(&t, 1, AQ_BITS_QUOTE, 1, bits, err));
    OK(aq_segment_set_bit(&t, 1, AQ_BITS_DELETED, 19999, true, err));
    OK(aq_segment_set_bit(&t, 1, AQ_BITS_DELETED, 3, true, err));
    OK(aq_segment_set_bit(&t, 1, AQ_BITS_DELETED, 3, false, err));
    OK(aq_segment_set_bit(&t, 1, AQ_BITS_HIDDEN, 5, false, err));
    OK(aq_txn_commit(&t, err));
    OK(aq_txn_begin(f->store, &t, err));
    for (unsigned round = 0; round < 2; round++)
        for (uint32_t d = 0; d < PASSAGES; d++) {
            const struct aq_segment *s = &t.segments[0];
            uint32_t chunk = d / AQ_BITS_CHUNK;
            assert_int_equal(aq_bit(aq_segment_bits(&t, s, AQ_BITS_QUOTE, chunk), d), d == AQ_BITS_CHUNK + 15);
            assert_int_equal(aq_bit(aq_segment_bits(&t, s, AQ_BITS_DELETED, chunk), d), d == 19999);
            assert_false(aq_bit(aq_segment_bits(&t, s, AQ_BITS_HIDDEN, chunk), d));
        }
    assert_null(aq_segment_bits(&t, &t.segments[0], AQ_BITS_QUOTE, 99));
    aq_txn_end(&t);
}

/* The map of a segment made of runs of passages: one run a comment, in this order. */
struct run {
    uint32_t comment, passages;
};

static uint32_t put_runs(struct aq_txn *t, uint32_t id, const struct run *runs, uint32_t count)
{
    struct aq_buf rows = {0}, lengths = {0}, order = {0};
    struct aq_segment seg;
    uint32_t passages = 0;
    OK(aq_segment_create(t, id, &seg, err));
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t ordinal = 0; ordinal < runs[i].passages; ordinal++, passages++) {
            aq_buf_u32(&rows, runs[i].comment);
            aq_buf_u16(&rows, (uint16_t)ordinal);
            aq_buf_u8(&lengths, 1);
        }
    for (uint32_t chunk = 0; chunk * AQ_MAP_CHUNK < passages; chunk++) {
        size_t at = (size_t)chunk * AQ_MAP_CHUNK * 6, left = rows.len - at;
        OK(aq_segment_put_map(t, id, chunk, aq_slice(rows.ptr + at, left < AQ_MAP_CHUNK * 6 ? left : AQ_MAP_CHUNK * 6),
                              err));
    }
    OK(aq_segment_order(t, id, passages, &order, err));
    OK(aq_segment_put_order(t, id, aq_slice(order.ptr, order.len), err));
    OK(aq_segment_put_lengths(t, id, aq_slice(lengths.ptr, lengths.len), err));
    struct aq_segment_info info = info_of(id, passages);
    OK(aq_segment_list(t, &info, err));
    aq_buf_free(&rows);
    aq_buf_free(&lengths);
    aq_buf_free(&order);
    return passages;
}

/* Rows of the order index; *pairs of them all. */
static uint32_t count_order_rows(struct aq_txn *t, uint32_t id, uint32_t *pairs)
{
    struct aq_walk w;
    struct aq_order_row row;
    bool found;
    uint32_t rows = 0;
    int64_t last = -1;
    *pairs = 0;
    OK(aq_walk_open(t, AQ_TABLE_MAP, true, &w, err));
    OK(aq_walk_seek(&w, aq_slice("", 0), &found, err));
    while (found) {
        if (w.key.len == 12 && aq_unkey32(w.key.ptr) == id) {
            assert_true(w.checksum_ok);
            assert_int_equal(aq_unkey32(w.key.ptr + 4), UINT32_MAX);
            assert_in_range(w.payload.len, 8, AQ_ROW_PAYLOAD);
            assert_true(aq_order_row_read(&row, aq_unkey32(w.key.ptr + 8), w.payload));
            assert_int_equal(row.comments[0], aq_unkey32(w.key.ptr + 8));
            for (uint32_t i = 0; i < row.count; i++, last = row.comments[i - 1])
                assert_true((int64_t)row.comments[i] > last);
            rows++;
            *pairs += row.count;
        }
        OK(aq_walk_next(&w, &found, err));
    }
    aq_walk_close(&w);
    return rows;
}

static void expect_found(struct aq_txn *t, const struct aq_segment *seg, uint32_t comment, uint32_t docid,
                         uint32_t passages)
{
    uint32_t found, count;
    OK(aq_segment_find(t, seg, comment, &found, &count));
    assert_int_equal(found, docid);
    assert_int_equal(count, passages);
}

static void comments_are_found_where_docids_do_not_ascend(void **state)
{
    static const struct run runs[] = {{7, 2}, {2, 1}, {9, 3}, {AQ_NO_COMMENT, 2}, {1, 1}, {AQ_NO_COMMENT, 1}};
    struct fixture *f = *state;
    struct aq_txn t;
    uint32_t docid, count, pairs;
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, 0, err));
    put_runs(&t, 0, runs, AQ_COUNT(runs));
    put_runs(&t, 1, runs + 1, 2); /* its neighbour, ascending */
    OK(aq_txn_commit(&t, err));
    for (unsigned writing = 0; writing < 2; writing++) {
        OK(writing ? aq_txn_begin_write(f->store, &t, 0, err) : aq_txn_begin(f->store, &t, err));
        const struct aq_segment *seg = &t.segments[0];
        expect_found(&t, seg, 7, 0, 2);
        expect_found(&t, seg, 2, 2, 1);
        expect_found(&t, seg, 9, 3, 3);
        expect_found(&t, seg, 1, 8, 1);
        static const uint32_t absent[] = {0, 3, 8, 10, AQ_NO_COMMENT - 1, AQ_NO_COMMENT};
        for (unsigned i = 0; i < AQ_COUNT(absent); i++)
            assert_int_equal(aq_segment_find(&t, seg, absent[i], &docid, &count), AQ_NOTFOUND);
        assert_int_equal(count_order_rows(&t, 0, &pairs), 1);
        assert_int_equal(pairs, 4);
        assert_int_equal(count_order_rows(&t, 1, &pairs), 0);
        expect_found(&t, &t.segments[1], 9, 1, 3);
        aq_txn_end(&t);
    }
}

static void versions_dead_at_birth_behind_all_others_need_no_order(void **state)
{
    static const struct run runs[] = {{3, 1}, {5, 2}, {AQ_NO_COMMENT, 2}, {AQ_NO_COMMENT, 1}};
    static const struct run dead[] = {{AQ_NO_COMMENT, 2}, {AQ_NO_COMMENT, 1}};
    struct fixture *f = *state;
    struct aq_txn t;
    uint32_t docid, count, pairs;
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, 0, err));
    put_runs(&t, 0, runs, AQ_COUNT(runs));
    put_runs(&t, 1, dead, AQ_COUNT(dead));
    OK(aq_txn_commit(&t, err));
    OK(aq_txn_begin(f->store, &t, err));
    assert_int_equal(count_order_rows(&t, 0, &pairs) + count_order_rows(&t, 1, &pairs), 0);
    expect_found(&t, &t.segments[0], 5, 1, 2);
    for (uint32_t i = 0; i < 2; i++)
        assert_int_equal(aq_segment_find(&t, &t.segments[i], AQ_NO_COMMENT, &docid, &count), AQ_NOTFOUND);
    assert_int_equal(aq_segment_find(&t, &t.segments[1], 5, &docid, &count), AQ_NOTFOUND);
    aq_txn_end(&t);
}

static void order_index_spans_rows_and_goes_with_its_segment(void **state)
{
    enum { COMMENTS = 5000, STEP = 1867 }; /* STEP and COMMENTS share no factor */
    struct fixture *f = *state;
    struct aq_txn t;
    struct run *runs = calloc(COMMENTS, sizeof *runs);
    uint32_t *begins = calloc(COMMENTS, sizeof *begins), docid, count, pairs, passages = 0;
    assert_true(runs && begins);
    for (uint32_t i = 0; i < COMMENTS; i++) {
        uint32_t c = i * STEP % COMMENTS;
        runs[i] = (struct run){c * 2, 1 + c % 3};
        begins[c] = passages;
        passages += 1 + c % 3;
    }
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, 0, err));
    for (uint32_t id = 0; id < 3; id++)
        assert_int_equal(put_runs(&t, id, id == 1 ? runs : runs + 2, id == 1 ? COMMENTS : 3), id == 1 ? passages : 8);
    OK(aq_txn_commit(&t, err));
    OK(aq_txn_begin(f->store, &t, err));
    assert_int_equal(count_order_rows(&t, 1, &pairs), (COMMENTS + 255) / 256);
    assert_int_equal(pairs, COMMENTS);
    for (uint32_t c = 0; c < COMMENTS; c++) {
        expect_found(&t, &t.segments[1], 2 * c, begins[c], 1 + c % 3);
        assert_int_equal(aq_segment_find(&t, &t.segments[1], 2 * c + 1, &docid, &count), AQ_NOTFOUND);
    }
    aq_txn_end(&t);
    OK(aq_txn_begin_write(f->store, &t, 0, err));
    OK(aq_segment_drop(&t, 1, err));
    OK(aq_txn_commit(&t, err));
    OK(aq_txn_begin(f->store, &t, err));
    assert_int_equal(count_order_rows(&t, 1, &pairs), 0);
    assert_int_equal(count_order_rows(&t, 0, &pairs), 1);
    assert_int_equal(count_order_rows(&t, 2, &pairs), 1);
    aq_txn_end(&t);
    free(runs);
    free(begins);
}

static struct aq_slice put_pairs(struct aq_buf *b, const uint32_t *numbers, size_t count)
{
    aq_buf_clear(b);
    for (size_t i = 0; i < count; i++)
        aq_buf_u32(b, numbers[i]);
    return aq_slice(b->ptr, b->len);
}

static void wrong_order_index_finds_nothing_wrong(void **state)
{
    static const struct run runs[] = {{7, 2}, {2, 1}, {9, 3}};
    static const uint32_t wrong[] = {2, 999999, 7, 1, 9, 1}, twice[] = {7, 1, 7, 1};
    static const uint8_t key[] = {0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 2};
    struct fixture *f = *state;
    struct aq_txn t;
    struct aq_slice row, pairs;
    struct aq_buf b = {0}, copy = {0};
    uint32_t docid, count;
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, 0, err));
    put_runs(&t, 0, runs, AQ_COUNT(runs));
    pairs = put_pairs(&b, wrong, AQ_COUNT(wrong));
    FAILS(AQ_INVALID, "order index", aq_segment_put_order(&t, 0, aq_slice(pairs.ptr, 23), err));
    OK(aq_segment_put_order(&t, 0, pairs, err));
    OK(aq_txn_commit(&t, err));
    OK(aq_txn_begin(f->store, &t, err));
    assert_int_equal(aq_segment_find(&t, &t.segments[0], 2, &docid, &count), AQ_CORRUPT);
    assert_int_equal(aq_segment_find(&t, &t.segments[0], 9, &docid, &count), AQ_CORRUPT);
    aq_txn_end(&t);
    OK(aq_txn_begin_write(f->store, &t, 0, err));
    OK(aq_get(&t, AQ_TABLE_MAP, aq_slice(key, sizeof key), &row));
    aq_buf_put(&copy, row.ptr, row.len);
    OK(aq_put(&t, AQ_TABLE_MAP, aq_slice(key, sizeof key), aq_slice(copy.ptr, copy.len - 1), err));
    assert_int_equal(aq_segment_find(&t, &t.segments[0], 9, &docid, &count), AQ_CORRUPT);
    FAILS(AQ_INVALID, "ascending", aq_segment_put_order(&t, 0, put_pairs(&b, twice, AQ_COUNT(twice)), err));
    aq_txn_end(&t);
    aq_buf_free(&b);
    aq_buf_free(&copy);
}

static void rows_of_an_order_index_are_as_narrow_as_they_can_be_and_no_wider(void **state)
{
    struct aq_order_row row;
    /* head: two more comments, gaps of 4 bits, docids of 3 from 100 on; comments 5, 5 + 9 + 1, then 1 more */
    const uint8_t sound[] = {2, 4, 3, 100, 0, 0, 0, 0x09, 0x4f, 0x00};
    const uint8_t wraps[] = {1, 32, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff};
    const uint8_t beyond[] = {0, 0, 32, 0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0};
    const uint8_t wide[] = {0, 33, 0, 0, 0, 0, 0}, widest[] = {0, 0, 0xff, 0, 0, 0, 0};
    (void)state;
    assert_true(aq_order_row_read(&row, 5, aq_slice(sound, sizeof sound)));
    assert_int_equal(row.count, 3);
    assert_int_equal(row.comments[1], 15);
    assert_int_equal(row.comments[2], 16);
    assert_int_equal(row.docids[0], 107);
    assert_int_equal(row.docids[1], 101);
    assert_int_equal(row.docids[2], 101);
    for (size_t n = 0; n < sizeof sound; n++)
        assert_false(aq_order_row_read(&row, 5, aq_slice(sound, n)));
    assert_false(aq_order_row_read(&row, AQ_NO_COMMENT - 11, aq_slice(sound, sizeof sound)));
    assert_false(aq_order_row_read(&row, 0, aq_slice(wraps, sizeof wraps)));
    assert_false(aq_order_row_read(&row, 0, aq_slice(beyond, sizeof beyond)));
    assert_false(aq_order_row_read(&row, 0, aq_slice(wide, sizeof wide)));
    assert_false(aq_order_row_read(&row, 0, aq_slice(widest, sizeof widest)));
}

static void lists_end_where_their_segment_does(void **state)
{
    struct fixture *f = *state;
    struct aq_txn t;
    struct aq_postings p;
    struct aq_cursor c;
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, 0, err));
    make_segment(&t, 0, 1497); /* 500 postings, three docids apart: the last is 1497 */
    make_segment(&t, 1, 1498);
    OK(aq_txn_commit(&t, err));
    OK(aq_txn_begin(f->store, &t, err));
    for (uint32_t i = 0; i < 2; i++) {
        OK(aq_segment_postings(&t, &t.segments[i], aq_slice_str("w000000"), &p, err));
        aq_cursor_init(&c, &p);
        assert_int_equal(c.bad, i == 0);
    }
    aq_txn_end(&t);
}

static unsigned count_databases(struct aq_txn *t)
{
    MDB_dbi dbi;
    MDB_stat stat;
    assert_int_equal(mdb_dbi_open(t->txn, NULL, 0, &dbi), 0);
    assert_int_equal(mdb_stat(t->txn, dbi, &stat), 0);
    return (unsigned)stat.ms_entries;
}

static void dropped_segment_leaves_its_older_readers_whole(void **state)
{
    struct fixture *f = *state;
    struct aq_txn t, r, w;
    struct aq_store *reader;
    struct aq_postings p;
    struct aq_term_walk walk;
    bool found;
    uint32_t seen = 0, comment, ordinal;
    fixture_create(f);
    OK(aq_store_open(f->dir, AQ_STORE_READ, &reader, err));
    OK(aq_txn_begin_write(f->store, &t, 0, err));
    make_segment(&t, 0, PASSAGES);
    OK(aq_txn_commit(&t, err));
    OK(aq_txn_begin_write(f->store, &t, 0, err));
    OK(aq_txn_begin(reader, &r, err)); /* older than the drop, by the same environment */
    OK(aq_segment_drop(&t, 0, err));
    make_segment(&t, 1, 60);
    OK(aq_txn_commit(&t, err));
    OK(aq_term_walk_open(&r, &r.segments[0], aq_slice_str(""), &walk, &found, err));
    while (found) {
        seen++;
        OK(aq_term_walk_next(&walk, &found, err));
    }
    aq_term_walk_close(&walk);
    assert_int_equal(seen, TERMS);
    OK(aq_segment_locate(&r, &r.segments[0], PASSAGES - 1, &comment, &ordinal));
    assert_int_equal(r.segments[0].info.id, 0);
    OK(aq_txn_begin(reader, &w, err));
    assert_int_equal(w.segment_count, 1);
    assert_int_equal(w.segments[0].info.id, 1);
    OK(aq_segment_postings(&w, &w.segments[0], aq_slice_str("w000000"), &p, err));
    aq_txn_end(&w);
    aq_txn_end(&r);
    OK(aq_txn_begin_write(f->store, &t, 0, err)); /* removes the emptied databases */
    assert_int_equal(count_databases(&t), AQ_TABLE_COUNT + 2);
    OK(aq_txn_commit(&t, err));
    aq_store_close(reader);
}

static void handles_never_run_out(void **state)
{
    struct fixture *f = *state;
    struct aq_txn t, r;
    struct aq_store *reader;
    struct aq_postings p;
    fixture_create(f);
    OK(aq_store_open(f->dir, AQ_STORE_READ, &reader, err));
    for (uint32_t id = 0; id < AQ_MAX_DATABASES; id++) {
        OK(aq_txn_begin_write(f->store, &t, SMALL, err));
        struct aq_segment seg;
        struct aq_segment_info info = info_of(id, 3);
        OK(aq_segment_create(&t, id, &seg, err));
        append_terms(&t, &seg, 0, 1);
        put_rows(&t, id, 3, 0);
        OK(aq_segment_list(&t, &info, err));
        if (id >= 2)
            OK(aq_segment_drop(&t, id - 2, err));
        if (id % 5 == 4) {
            aq_txn_end(&t); /* aborted: its handles are gone, the next round makes them again */
            id--;
            OK(aq_txn_begin_write(f->store, &t, SMALL, err));
            OK(aq_segment_create(&t, ++id, &seg, err));
            append_terms(&t, &seg, 0, 1);
            put_rows(&t, id, 3, 0);
            OK(aq_segment_list(&t, &info, err));
            OK(aq_segment_drop(&t, id - 2, err));
        }
        OK(aq_txn_commit(&t, err));
        OK(aq_txn_begin(reader, &r, err));
        assert_int_equal(r.segment_count, id ? 2 : 1);
        OK(aq_segment_postings(&r, &r.segments[r.segment_count - 1], aq_slice_str("w000000"), &p, err));
        aq_txn_end(&r);
    }
    aq_store_close(reader);
}

static void segment_made_and_dropped_in_one_transaction_is_nowhere(void **state)
{
    struct fixture *f = *state;
    struct aq_txn t;
    struct aq_walk w;
    bool found;
    static const enum aq_table tables[] = {AQ_TABLE_SEG, AQ_TABLE_NORM, AQ_TABLE_MAP, AQ_TABLE_BITS};
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, 0, err));
    make_segment(&t, 4, PASSAGES);
    OK(aq_segment_drop(&t, 4, err));
    OK(aq_segment_drop(&t, 5, err)); /* never was */
    OK(aq_txn_commit(&t, err));
    OK(aq_txn_begin(f->store, &t, err));
    assert_int_equal(t.segment_count, 0);
    assert_int_equal(count_databases(&t), AQ_TABLE_COUNT);
    for (size_t i = 0; i < AQ_COUNT(tables); i++) {
        OK(aq_walk_open(&t, tables[i], false, &w, err));
        OK(aq_walk_seek(&w, aq_slice("", 0), &found, err));
        assert_false(found);
        aq_walk_close(&w);
    }
    aq_txn_end(&t);
}

struct churn {
    struct fixture *f;
    atomic_bool stop;
    atomic_uint reads;
    char problem[300];
};

static void *read_while_segments_come_and_go(void *context)
{
    struct churn *c = context;
    struct aq_error e;
    while (!atomic_load(&c->stop)) {
        struct aq_txn r;
        if (aq_txn_begin(c->f->store, &r, &e)) {
            snprintf(c->problem, sizeof c->problem, "%.250s", e.message);
            break;
        }
        for (uint32_t i = 0; i < r.segment_count; i++) {
            struct aq_term_walk w;
            bool found = false;
            uint32_t terms = 0;
            enum aq_status st = aq_term_walk_open(&r, &r.segments[i], aq_slice_str(""), &w, &found, &e);
            for (; st == AQ_OK && found; terms++)
                st = aq_term_walk_next(&w, &found, &e);
            aq_term_walk_close(&w);
            if (st || terms != 40 + r.segments[i].info.id % 5)
                snprintf(c->problem, sizeof c->problem, "segment %u: %u terms, %.200s", r.segments[i].info.id, terms,
                         st ? e.message : "");
        }
        aq_txn_end(&r);
        atomic_fetch_add(&c->reads, 1);
    }
    return NULL;
}

static int read_segments_in_another_process(const char *dir, const char *stop)
{
    struct fixture f = {0};
    struct churn c = {.f = &f};
    struct aq_error e;
    if (aq_store_open(dir, AQ_STORE_READ, &f.store, &e))
        return 2;
    pthread_t threads[2];
    for (unsigned i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, read_while_segments_come_and_go, &c);
    while (access(stop, F_OK))
        usleep(1000);
    atomic_store(&c.stop, true);
    for (unsigned i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    aq_store_close(f.store);
    if (c.problem[0])
        fprintf(stderr, "# %s\n", c.problem);
    return c.problem[0] ? 3 : atomic_load(&c.reads) > 10 ? 0 : 4;
}

static void segments_come_and_go_under_readers(void **state)
{
    struct fixture *f = *state;
    struct churn c = {.f = f};
    pthread_t threads[2];
    char stop[128];
    fixture_create(f);
    aq_store_close(f->store);
    f->store = NULL;
    snprintf(stop, sizeof stop, "%s/stop", f->root);
    pid_t child = fork();
    if (child == 0)
        _exit(read_segments_in_another_process(f->dir, stop));
    OK(aq_store_open(f->dir, AQ_STORE_WRITE, &f->store, err));
    for (unsigned i = 0; i < AQ_COUNT(threads); i++)
        pthread_create(&threads[i], NULL, read_while_segments_come_and_go, &c);
    for (uint32_t id = 0; id < 300; id++) {
        struct aq_txn t;
        struct aq_segment seg;
        struct aq_segment_info info = info_of(id, 3);
        OK(aq_txn_begin_write(f->store, &t, SMALL, err));
        OK(aq_segment_create(&t, id, &seg, err));
        append_terms(&t, &seg, 1, 41 + id % 5);
        put_rows(&t, id, 3, 0);
        OK(aq_segment_list(&t, &info, err));
        if (id >= 4)
            OK(aq_segment_drop(&t, id - 4, err));
        OK(aq_txn_commit(&t, err));
    }
    close(creat(stop, 0666));
    atomic_store(&c.stop, true);
    for (unsigned i = 0; i < AQ_COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    int status;
    waitpid(child, &status, 0);
    assert_string_equal(c.problem, "");
    assert_int_equal(status, 0);
    assert_true(atomic_load(&c.reads) > 0);
}

static void recovery_removes_what_was_not_listed(void **state)
{
    struct fixture *f = *state;
    struct aq_txn t;
    struct aq_segment seg;
    uint64_t commit;
    uint8_t bits[AQ_BITS_CHUNK / 8] = {1};
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, 0, err));
    make_segment(&t, 0, 60);
    OK(aq_text_replace(&t, 0, aq_slice("seen", 4), err));
    t.state.next_comment = 1;
    OK(aq_segment_create(&t, 1, &seg, err));
    append_terms(&t, &seg, 0, 50);
    put_rows(&t, 1, 60, 0);
    OK(aq_segment_put_bits(&t, 1, AQ_BITS_QUOTE, 0, bits, err));
    OK(aq_segment_put_bits(&t, 2, AQ_BITS_QUOTE, 0, bits, err)); /* rows without databases */
    OK(aq_text_replace(&t, 1, aq_slice("ahead", 5), err));
    t.state.inflight = 1;
    OK(aq_txn_commit(&t, err));
    aq_store_close(f->store);
    f->store = NULL;
    OK(aq_store_open(f->dir, AQ_STORE_WRITE, &f->store, err));
    OK(aq_store_recover(f->store, err));
    OK(aq_txn_begin_write(f->store, &t, 0, err));
    commit = t.state.commit;
    assert_int_equal(t.state.inflight, 0);
    assert_int_equal(t.segment_count, 1);
    assert_int_equal(count_databases(&t), AQ_TABLE_COUNT + 2);
    FAILS(AQ_NOTFOUND, "1", aq_segment_reopen(&t, 1, &seg, err));
    seg.info.id = 2;
    seg.info.passages = 60;
    assert_null(aq_segment_bits(&t, &seg, AQ_BITS_QUOTE, 0));
    struct aq_slice raw;
    struct aq_arena arena = {0};
    OK(aq_text_get_raw(&t, 0, &arena, &raw, err));
    assert_int_equal(aq_text_get_raw(&t, 1, &arena, &raw, NULL), AQ_NOTFOUND);
    aq_arena_free(&arena);
    aq_txn_end(&t);
    OK(aq_store_recover(f->store, err)); /* nothing left: nothing written */
    OK(aq_txn_begin(f->store, &t, err));
    assert_int_equal(t.state.commit, commit);
    aq_txn_end(&t);
}

/* ---- ids and names ---- */

static void names_get_numbers_and_keep_them(void **state)
{
    struct fixture *f = *state;
    struct aq_txn t;
    struct aq_slice name;
    uint32_t a, b, again;
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, SMALL, err));
    OK(aq_name_intern(&t, AQ_ID_AUTHOR, aq_slice_str("Ada"), &a, err));
    OK(aq_name_intern(&t, AQ_ID_AUTHOR, aq_slice_str("Bo"), &b, err));
    OK(aq_name_intern(&t, AQ_ID_AUTHOR, aq_slice_str("Ada"), &again, err));
    assert_int_equal(a, 0);
    assert_int_equal(b, 1);
    assert_int_equal(again, a);
    assert_int_equal(t.state.next_author, 2);
    OK(aq_name_intern(&t, AQ_ID_TAGS, aq_slice_str(""), &again, err)); /* an empty set is a name too */
    OK(aq_txn_commit(&t, err));
    OK(aq_txn_begin(f->store, &t, err));
    OK(aq_name_find(&t, AQ_ID_AUTHOR, aq_slice_str("Bo"), &again, err));
    assert_int_equal(again, b);
    OK(aq_name_get(&t, AQ_ID_AUTHOR, b, &name));
    assert_true(aq_slice_eq(name, aq_slice_str("Bo")));
    FAILS(AQ_NOTFOUND, "", aq_name_find(&t, AQ_ID_AUTHOR, aq_slice_str("Cy"), &again, err));
    FAILS(AQ_NOTFOUND, "", aq_name_find(&t, AQ_ID_TAGS, aq_slice_str("Bo"), &again, err));
    assert_int_equal(aq_name_get(&t, AQ_ID_AUTHOR, 2, &name), AQ_NOTFOUND);
    aq_txn_end(&t);
}

static void names_with_one_hash_are_told_apart(void **state)
{
    struct fixture *f = *state;
    struct aq_txn t;
    uint32_t a, b, found;
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, SMALL, err));
    OK(aq_name_intern(&t, AQ_ID_AUTHOR, aq_slice_str("first"), &a, err));
    /* As if "second" had the hash of "first", which holds the lower number. */
    OK(aq_ids_add(&t, AQ_ID_AUTHOR, aq_hash(aq_slice_str("second")), a, err));
    OK(aq_name_intern(&t, AQ_ID_AUTHOR, aq_slice_str("second"), &b, err));
    assert_int_not_equal(a, b);
    OK(aq_name_find(&t, AQ_ID_AUTHOR, aq_slice_str("second"), &found, err));
    assert_int_equal(found, b);
    aq_txn_end(&t);
}

static void put_comment(struct aq_txn *t, uint32_t number, const char *id)
{
    struct aq_ident_writer w;
    OK(aq_ident_begin(t, &w, err));
    assert_int_equal(w.next, number);
    OK(aq_ident_add(&w, aq_slice_str(id), err));
    OK(aq_ident_finish(&w, err));
    OK(aq_ids_add(t, AQ_ID_COMMENT, aq_hash(aq_slice_str(id)), number, err));
}

static void comments_with_one_hash_are_told_apart(void **state)
{
    struct fixture *f = *state;
    struct aq_txn t;
    uint32_t found;
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, SMALL, err));
    put_comment(&t, 0, "alpha");
    put_comment(&t, 1, "beta");
    put_comment(&t, 2, "ahead");
    OK(aq_ids_add(&t, AQ_ID_COMMENT, aq_hash(aq_slice_str("beta")), 0, err));
    OK(aq_ids_add(&t, AQ_ID_COMMENT, aq_hash(aq_slice_str("gone")), 0, err));
    t.state.next_comment = 2;
    OK(aq_txn_commit(&t, err));
    OK(aq_txn_begin(f->store, &t, err));
    OK(aq_comment_find(&t, aq_slice_str("alpha"), &found, err));
    assert_int_equal(found, 0);
    OK(aq_comment_find(&t, aq_slice_str("beta"), &found, err));
    assert_int_equal(found, 1);
    FAILS(AQ_NOTFOUND, "gone", aq_comment_find(&t, aq_slice_str("gone"), &found, err));
    FAILS(AQ_NOTFOUND, "ahead", aq_comment_find(&t, aq_slice_str("ahead"), &found, err));
    FAILS(AQ_NOTFOUND, "", aq_comment_find(&t, aq_slice_str(""), &found, err));
    aq_txn_end(&t);
}

static void a_purged_comment_is_not_found_by_its_id(void **state)
{
    struct fixture *f = *state;
    struct aq_txn t;
    uint32_t found;
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, SMALL, err));
    put_comment(&t, 0, "alpha");
    put_comment(&t, 1, "");
    put_comment(&t, 2, "beta");
    t.state.next_comment = 3;
    OK(aq_ids_add(&t, AQ_ID_COMMENT, aq_hash(aq_slice_str("beta")), 1, err));
    OK(aq_comment_find(&t, aq_slice_str("beta"), &found, err));
    assert_int_equal(found, 2);
    FAILS(AQ_NOTFOUND, "", aq_comment_find(&t, aq_slice_str(""), &found, err));
    aq_txn_end(&t);
}

static void threads_carry_root_and_title(void **state)
{
    struct fixture *f = *state;
    struct aq_txn t;
    struct aq_thread_info info;
    struct aq_slice name;
    uint32_t number;
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, SMALL, err));
    OK(aq_name_intern(&t, AQ_ID_THREAD, aq_slice_str("topic-9"), &number, err));
    OK(aq_thread_get(&t, number, &info));
    assert_int_equal(info.root, AQ_NO_COMMENT);
    assert_int_equal(info.title_hash, 0);
    OK(aq_thread_set(&t, number, 17, 0x123456789abcdef0u, err));
    OK(aq_txn_commit(&t, err));
    OK(aq_txn_begin(f->store, &t, err));
    OK(aq_thread_get(&t, number, &info));
    assert_int_equal(info.root, 17);
    assert_true(info.title_hash == 0x123456789abcdef0u);
    assert_true(aq_slice_eq(info.name, aq_slice_str("topic-9")));
    OK(aq_name_get(&t, AQ_ID_THREAD, number, &name));
    assert_true(aq_slice_eq(name, aq_slice_str("topic-9")));
    assert_int_equal(aq_thread_get(&t, number + 1, &info), AQ_NOTFOUND);
    aq_txn_end(&t);
}

struct members {
    uint32_t count, last, stop_after;
    bool ascending;
};

static bool visit_member(void *context, uint32_t comment)
{
    struct members *m = context;
    m->ascending = m->ascending && (m->count == 0 || comment > m->last);
    m->last = comment;
    return ++m->count != m->stop_after;
}

static void long_lists_stay_sorted_in_rows_of_a_page(void **state)
{
    enum { MANY = 10000 };
    struct fixture *f = *state;
    struct aq_txn t;
    struct aq_walk w;
    const uint32_t *numbers;
    uint32_t count;
    bool found;
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, 0, err));
    for (uint32_t i = 0; i < MANY; i++) {
        OK(aq_ids_add(&t, AQ_ID_AWAITED, 42, i * 7919 % MANY, err)); /* in no order */
        OK(aq_thread_add_member(&t, 5, i, err));
    }
    OK(aq_thread_add_member(&t, 5, 3, err)); /* again: no second time */
    OK(aq_ids_add(&t, AQ_ID_AWAITED, 41, 1, err));
    OK(aq_ids_add(&t, AQ_ID_AWAITED, 43, 1, err));
    OK(aq_ids_get(&t, AQ_ID_AWAITED, 42, &numbers, &count));
    assert_int_equal(count, MANY);
    for (uint32_t i = 0; i < MANY; i++)
        assert_int_equal(numbers[i], i);
    struct members m = {.ascending = true};
    OK(aq_thread_members(&t, 5, visit_member, &m));
    assert_true(m.ascending);
    assert_int_equal(m.count, MANY);
    m = (struct members){.ascending = true, .stop_after = 3000};
    OK(aq_thread_members(&t, 5, visit_member, &m));
    assert_int_equal(m.count, 3000);
    m = (struct members){.ascending = true};
    OK(aq_thread_members(&t, 6, visit_member, &m));
    assert_int_equal(m.count, 0);
    OK(aq_walk_open(&t, AQ_TABLE_ID, true, &w, err));
    OK(aq_walk_seek(&w, aq_slice("", 0), &found, err));
    while (found) {
        assert_true(w.checksum_ok);
        assert_in_range(w.payload.len, 4, AQ_ROW_PAYLOAD);
        OK(aq_walk_next(&w, &found, err));
    }
    aq_walk_close(&w);
    for (uint32_t i = 0; i < MANY; i++)
        OK(aq_ids_remove(&t, AQ_ID_AWAITED, 42, i * 6007 % MANY, err));
    OK(aq_ids_remove(&t, AQ_ID_AWAITED, 42, 1, err));
    OK(aq_ids_get(&t, AQ_ID_AWAITED, 42, &numbers, &count));
    assert_int_equal(count, 0);
    assert_null(numbers);
    OK(aq_ids_get(&t, AQ_ID_AWAITED, 43, &numbers, &count));
    assert_int_equal(count, 1);
    aq_txn_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        T(listed_segment_is_read_back),
        T(terms_are_walked_in_order),
        T(terms_out_of_order_are_refused),
        T(segment_is_written_over_several_transactions),
        T(bits_are_set_and_cleared),
        T(comments_are_found_where_docids_do_not_ascend),
        T(versions_dead_at_birth_behind_all_others_need_no_order),
        T(order_index_spans_rows_and_goes_with_its_segment),
        T(wrong_order_index_finds_nothing_wrong),
        T(rows_of_an_order_index_are_as_narrow_as_they_can_be_and_no_wider),
        T(lists_end_where_their_segment_does),
        T(dropped_segment_leaves_its_older_readers_whole),
        T(handles_never_run_out),
        T(segment_made_and_dropped_in_one_transaction_is_nowhere),
        T(segments_come_and_go_under_readers),
        T(recovery_removes_what_was_not_listed),
        T(names_get_numbers_and_keep_them),
        T(names_with_one_hash_are_told_apart),
        T(comments_with_one_hash_are_told_apart),
        T(a_purged_comment_is_not_found_by_its_id),
        T(threads_carry_root_and_title),
        T(long_lists_stay_sorted_in_rows_of_a_page),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
