/* store_order.c - the order index: where comments begin in a segment whose docids do
 * not ascend with the comments' numbers. It lies in the map table behind the
 * segment's chunks, under keys that are longer than theirs:
 *
 *   segment u32, ffffffff, first comment u32 -> row of 1 to AQ_ORDER_ROW comments
 *
 * Comments ascend, over all rows, and each has the docid of its first passage.
 * Entries of AQ_NO_COMMENT have none. A segment whose numbers never descend has no
 * such rows: its map is bisected itself. Numbers are as narrow as a row allows,
 * because where documents were reordered there is an entry for every comment. */
#include "store_internal.h"

enum { PAIR = 8, PREFIX = 8, KEY = 12, ROW_HEAD = 7, WIDTH_MOST = 32 };

static void order_key(uint8_t key[KEY], uint32_t id, uint32_t comment)
{
    aq_key32(key, id);
    aq_key32(key + 4, AQ_MAP_ORDER);
    aq_key32(key + PREFIX, comment);
}

/* ---- building ---- */

static int by_comment(const void *x, const void *y)
{
    uint32_t a = aq_load32(x), b = aq_load32(y);
    return (a > b) - (a < b);
}

enum aq_status aq_segment_order(struct aq_txn *t, uint32_t id, uint32_t passages, struct aq_buf *pairs,
                                struct aq_error *err)
{
    bool ascending = true, any = false;
    uint32_t last = 0;
    aq_buf_clear(pairs);
    for (uint32_t docid = 0; docid < passages;) {
        uint8_t key[PREFIX];
        struct aq_slice rows;
        uint32_t left = passages - docid, n = left < AQ_MAP_CHUNK ? left : AQ_MAP_CHUNK;
        aq_key32(key, id);
        aq_key32(key + 4, docid / AQ_MAP_CHUNK);
        if (aq_get(t, AQ_TABLE_MAP, aq_slice(key, sizeof key), &rows) || rows.len != (size_t)n * AQ_MAP_ENTRY)
            return aq_fail(err, AQ_CORRUPT, "%s: the map of segment %u cannot be read; run aq check", t->store->dir,
                           id);
        for (uint32_t i = 0; i < n; i++, docid++) {
            uint32_t comment = aq_load32(rows.ptr + (size_t)i * AQ_MAP_ENTRY);
            ascending = ascending && (!any || comment >= last);
            if (comment != AQ_NO_COMMENT && (!any || comment != last)) {
                aq_buf_u32(pairs, comment);
                aq_buf_u32(pairs, docid);
            }
            last = comment;
            any = true;
        }
    }
    if (pairs->failed)
        return aq_fail_nomem(err);
    if (ascending)
        aq_buf_clear(pairs);
    else
        qsort(pairs->ptr, pairs->len / PAIR, PAIR, by_comment);
    return AQ_OK;
}

/* ---- rows ---- */

static unsigned width_of(uint32_t v)
{
    return v ? 32 - (unsigned)__builtin_clz(v) : 0;
}

static size_t field_bytes(uint32_t n, unsigned width)
{
    return ((size_t)n * width + 7) / 8;
}

static void put_fields(struct aq_buf *out, const uint32_t *values, uint32_t n, unsigned width)
{
    uint64_t bits = 0;
    unsigned filled = 0;
    for (uint32_t i = 0; i < n; i++) {
        bits |= (uint64_t)values[i] << filled;
        for (filled += width; filled >= 8; filled -= 8, bits >>= 8)
            aq_buf_u8(out, (uint8_t)bits);
    }
    if (filled)
        aq_buf_u8(out, (uint8_t)bits);
}

static void read_fields(const uint8_t *p, uint32_t *values, uint32_t n, unsigned width)
{
    uint64_t bits = 0;
    unsigned filled = 0;
    for (uint32_t i = 0; i < n; i++) {
        for (; filled < width; filled += 8)
            bits |= (uint64_t)*p++ << filled;
        values[i] = (uint32_t)(bits & ((UINT64_C(1) << width) - 1));
        bits >>= width;
        filled -= width;
    }
}

/* n pairs, 1 to AQ_ORDER_ROW. */
static void put_row(struct aq_buf *out, const uint8_t *pairs, uint32_t n)
{
    uint32_t gaps[AQ_ORDER_ROW], docids[AQ_ORDER_ROW], least = UINT32_MAX, gap_bits = 0, docid_bits = 0;
    for (uint32_t i = 0; i < n; i++) {
        const uint8_t *pair = pairs + (size_t)i * PAIR;
        gaps[i] = i ? aq_load32(pair) - aq_load32(pair - PAIR) - 1 : 0;
        docids[i] = aq_load32(pair + 4);
        gap_bits |= gaps[i];
        least = docids[i] < least ? docids[i] : least;
    }
    for (uint32_t i = 0; i < n; i++) {
        docids[i] -= least;
        docid_bits |= docids[i];
    }
    aq_buf_u8(out, (uint8_t)(n - 1));
    aq_buf_u8(out, (uint8_t)width_of(gap_bits));
    aq_buf_u8(out, (uint8_t)width_of(docid_bits));
    aq_buf_u32(out, least);
    put_fields(out, gaps + 1, n - 1, width_of(gap_bits));
    put_fields(out, docids, n, width_of(docid_bits));
}

bool aq_order_row_read(struct aq_order_row *row, uint32_t first, struct aq_slice payload)
{
    const uint8_t *p = payload.ptr;
    if (payload.len < ROW_HEAD || p[1] > WIDTH_MOST || p[2] > WIDTH_MOST)
        return false;
    row->count = p[0] + 1u;
    size_t gaps = field_bytes(row->count - 1, p[1]);
    if (payload.len != ROW_HEAD + gaps + field_bytes(row->count, p[2]))
        return false;
    row->comments[0] = 0;
    read_fields(p + ROW_HEAD, row->comments + 1, row->count - 1, p[1]);
    read_fields(p + ROW_HEAD + gaps, row->docids, row->count, p[2]);
    uint64_t comment = first, least = aq_load32(p + 3), most = 0;
    for (uint32_t i = 0; i < row->count; i++) {
        comment += row->comments[i] + (uint64_t)(i > 0);
        most = least + row->docids[i] > most ? least + row->docids[i] : most;
        row->comments[i] = (uint32_t)comment;
        row->docids[i] += (uint32_t)least;
    }
    return comment < AQ_NO_COMMENT && most <= UINT32_MAX;
}

enum aq_status aq_segment_put_order(struct aq_txn *t, uint32_t id, struct aq_slice pairs, struct aq_error *err)
{
    enum { ROW_PAIRS = AQ_ORDER_ROW * PAIR };
    struct aq_buf row = {0};
    bool sound = pairs.len % PAIR == 0;
    for (size_t at = PAIR; sound && at < pairs.len; at += PAIR)
        sound = by_comment(pairs.ptr + at - PAIR, pairs.ptr + at) < 0;
    if (!sound)
        return aq_fail(err, AQ_INVALID, "%s: an order index has pairs of %d bytes, ascending", t->store->dir, PAIR);
    enum aq_status st = AQ_OK;
    for (size_t at = 0; at < pairs.len && st == AQ_OK; at += ROW_PAIRS) {
        uint8_t key[KEY];
        size_t n = pairs.len - at < ROW_PAIRS ? pairs.len - at : ROW_PAIRS;
        aq_buf_clear(&row);
        put_row(&row, pairs.ptr + at, (uint32_t)(n / PAIR));
        order_key(key, id, aq_load32(pairs.ptr + at));
        st = row.failed ? aq_fail_nomem(err)
                        : aq_put(t, AQ_TABLE_MAP, aq_slice(key, sizeof key), aq_slice(row.ptr, row.len), err);
    }
    aq_buf_free(&row);
    return st;
}

/* ---- looking up ---- */

/* The last row that begins at or before `comment`, if it is one of this index; *first
 * is the comment it begins with. */
static int find_row(MDB_cursor *cursor, uint32_t id, uint32_t comment, uint32_t *first, MDB_val *row)
{
    uint8_t bytes[KEY];
    MDB_val key = {sizeof bytes, bytes};
    order_key(bytes, id, comment);
    int rc = mdb_cursor_get(cursor, &key, row, MDB_SET_RANGE);
    if (rc == MDB_NOTFOUND)
        rc = mdb_cursor_get(cursor, &key, row, MDB_LAST);
    else if (!rc && (key.mv_size != sizeof bytes || memcmp(key.mv_data, bytes, sizeof bytes) != 0))
        rc = mdb_cursor_get(cursor, &key, row, MDB_PREV);
    if (rc)
        return rc;
    if (key.mv_size != sizeof bytes || memcmp(key.mv_data, bytes, PREFIX) != 0)
        return MDB_NOTFOUND;
    *first = aq_unkey32((const uint8_t *)key.mv_data + PREFIX);
    return 0;
}

static enum aq_status with_row(struct aq_txn *t, uint32_t id, uint32_t comment, uint32_t *first, MDB_val *row)
{
    MDB_cursor *cursor;
    int rc = mdb_cursor_open(t->txn, t->scratch->env->tables[AQ_TABLE_MAP], &cursor);
    if (!rc) {
        rc = find_row(cursor, id, comment, first, row);
        mdb_cursor_close(cursor);
    }
    return rc == MDB_NOTFOUND ? AQ_NOTFOUND : rc ? AQ_CORRUPT : AQ_OK;
}

bool aq_order_exists(struct aq_txn *t, uint32_t id)
{
    MDB_val row;
    uint32_t first;
    /* Also where it cannot be told: the lookup that follows says why. */
    return with_row(t, id, UINT32_MAX, &first, &row) != AQ_NOTFOUND;
}

enum aq_status aq_order_find(struct aq_txn *t, uint32_t id, uint32_t comment, uint32_t *docid)
{
    MDB_val value;
    struct aq_order_row row;
    uint32_t first, at = 0;
    enum aq_status st = with_row(t, id, comment, &first, &value);
    if (st)
        return st;
    size_t len = value.mv_size < AQ_CHECKSUM_BYTES ? 0 : value.mv_size - AQ_CHECKSUM_BYTES;
    if (!aq_order_row_read(&row, first, aq_slice(value.mv_data, len)))
        return AQ_CORRUPT;
    while (at < row.count && row.comments[at] < comment)
        at++;
    if (at == row.count || row.comments[at] != comment)
        return AQ_NOTFOUND;
    *docid = row.docids[at];
    return AQ_OK;
}
