/* store_order.c - the order index: where comments begin in a segment whose docids do
 * not ascend with the comments' numbers. It lies in the map table behind the
 * segment's chunks, under keys that are longer than theirs:
 *
 *   segment u32, ffffffff, first comment u32 -> (comment u32, docid u32) x 1 to 509
 *
 * Pairs ascend by comment, over all rows; docid is the comment's first passage.
 * Entries of AQ_NO_COMMENT have none. A segment whose numbers never descend has no
 * such rows: its map is bisected itself. */
#include "store_internal.h"

enum { PAIR = 8, ROW_PAIRS = AQ_ROW_PAYLOAD / PAIR, ROW_BYTES = ROW_PAIRS * PAIR, PREFIX = 8, KEY = 12 };

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

enum aq_status aq_segment_put_order(struct aq_txn *t, uint32_t id, struct aq_slice pairs, struct aq_error *err)
{
    bool sound = pairs.len % PAIR == 0;
    for (size_t at = PAIR; sound && at < pairs.len; at += PAIR)
        sound = by_comment(pairs.ptr + at - PAIR, pairs.ptr + at) < 0;
    if (!sound)
        return aq_fail(err, AQ_INVALID, "%s: an order index has pairs of %d bytes, ascending", t->store->dir, PAIR);
    enum aq_status st = AQ_OK;
    for (size_t at = 0; at < pairs.len && st == AQ_OK; at += ROW_BYTES) {
        uint8_t key[KEY];
        size_t n = pairs.len - at < ROW_BYTES ? pairs.len - at : ROW_BYTES;
        order_key(key, id, aq_load32(pairs.ptr + at));
        st = aq_put(t, AQ_TABLE_MAP, aq_slice(key, sizeof key), aq_slice(pairs.ptr + at, n), err);
    }
    return st;
}

/* ---- looking up ---- */

/* The last row that begins at or before `comment`, if it is one of this index. */
static int find_row(MDB_cursor *cursor, uint32_t id, uint32_t comment, MDB_val *row)
{
    uint8_t bytes[KEY];
    MDB_val key = {sizeof bytes, bytes};
    order_key(bytes, id, comment);
    int rc = mdb_cursor_get(cursor, &key, row, MDB_SET_RANGE);
    if (rc == MDB_NOTFOUND)
        rc = mdb_cursor_get(cursor, &key, row, MDB_LAST);
    else if (!rc && (key.mv_size != sizeof bytes || memcmp(key.mv_data, bytes, sizeof bytes) != 0))
        rc = mdb_cursor_get(cursor, &key, row, MDB_PREV);
    if (!rc && (key.mv_size != sizeof bytes || memcmp(key.mv_data, bytes, PREFIX) != 0))
        rc = MDB_NOTFOUND;
    return rc;
}

static enum aq_status with_row(struct aq_txn *t, uint32_t id, uint32_t comment, MDB_val *row)
{
    MDB_cursor *cursor;
    int rc = mdb_cursor_open(t->txn, t->scratch->env->tables[AQ_TABLE_MAP], &cursor);
    if (!rc) {
        rc = find_row(cursor, id, comment, row);
        mdb_cursor_close(cursor);
    }
    return rc == MDB_NOTFOUND ? AQ_NOTFOUND : rc ? AQ_CORRUPT : AQ_OK;
}

bool aq_order_exists(struct aq_txn *t, uint32_t id)
{
    MDB_val row;
    /* Also where it cannot be told: the lookup that follows says why. */
    return with_row(t, id, UINT32_MAX, &row) != AQ_NOTFOUND;
}

enum aq_status aq_order_find(struct aq_txn *t, uint32_t id, uint32_t comment, uint32_t *docid)
{
    MDB_val row;
    enum aq_status st = with_row(t, id, comment, &row);
    if (st)
        return st;
    size_t len = row.mv_size < AQ_CHECKSUM_BYTES ? 0 : row.mv_size - AQ_CHECKSUM_BYTES;
    if (len == 0 || len % PAIR)
        return AQ_CORRUPT;
    const uint8_t *pairs = row.mv_data;
    size_t low = 0, high = len / PAIR;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (aq_load32(pairs + middle * PAIR) < comment)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == len / PAIR || aq_load32(pairs + low * PAIR) != comment)
        return AQ_NOTFOUND;
    *docid = aq_load32(pairs + low * PAIR + 4);
    return AQ_OK;
}
