/* store_list.c - a set of numbers under a key prefix, in rows of bounded size, so
 * that adding to a long list costs one row and not the list.
 *
 *   prefix               -> numbers u32 ascending, then u8 1 when further rows follow
 *   prefix, bound u32 BE -> numbers u32 ascending, none below the bound
 *
 * All numbers of a row are below the bound of the next one. */
#include "store_internal.h"

enum { PREFIX_MOST = 16 };

struct list_row {
    uint8_t key[PREFIX_MOST + 4];
    size_t key_len;
    const uint8_t *numbers;
    uint32_t count;
    bool more; /* of the first row: others follow */
};

static enum aq_status parse_row(struct list_row *row, struct aq_slice payload)
{
    row->more = payload.len % 4 == 1 && payload.ptr[payload.len - 1] == 1;
    if (payload.len % 4 != (row->more ? 1 : 0))
        return AQ_CORRUPT;
    row->numbers = payload.ptr;
    row->count = (uint32_t)(payload.len / 4);
    return payload.len / 4 > AQ_LIST_ROW ? AQ_CORRUPT : AQ_OK;
}

static enum aq_status fail_row(struct aq_txn *t, enum aq_table table, struct aq_slice prefix, struct aq_error *err)
{
    char where[80];
    aq_describe_key(table, prefix, where);
    return aq_fail(err, AQ_CORRUPT, "%s: the list %s is damaged; run aq check, or rebuild the index", t->store->dir,
                   where);
}

static enum aq_status first_row(struct aq_txn *t, enum aq_table table, struct aq_slice prefix, struct list_row *row)
{
    struct aq_slice payload;
    *row = (struct list_row){.key_len = prefix.len};
    memcpy(row->key, prefix.ptr, prefix.len);
    enum aq_status st = aq_get(t, table, prefix, &payload);
    return st ? st : parse_row(row, payload);
}

/* Makes row the last one whose bound is at most `number`. The first row must have
 * been read into it. */
static enum aq_status row_for(struct aq_txn *t, enum aq_table table, struct aq_slice prefix, uint32_t number,
                              struct list_row *row)
{
    uint8_t key[PREFIX_MOST + 4];
    struct aq_walk w;
    if (!row->more)
        return AQ_OK;
    memcpy(key, prefix.ptr, prefix.len);
    aq_key32(key + prefix.len, number);
    enum aq_status st = aq_walk_open(t, table, false, &w, NULL);
    if (st)
        return st;
    MDB_val k = {prefix.len + 4, key}, v;
    int rc = mdb_cursor_get(w.cursor, &k, &v, MDB_SET_RANGE);
    if (rc == MDB_NOTFOUND)
        rc = mdb_cursor_get(w.cursor, &k, &v, MDB_LAST);
    else if (!rc && (k.mv_size != prefix.len + 4 || memcmp(k.mv_data, key, k.mv_size) != 0))
        rc = mdb_cursor_get(w.cursor, &k, &v, MDB_PREV);
    if (rc)
        st = rc == MDB_NOTFOUND ? AQ_CORRUPT : aq_txn_fail(t, NULL, rc, "reading a list");
    else if (k.mv_size == prefix.len + 4 && memcmp(k.mv_data, prefix.ptr, prefix.len) == 0) {
        memcpy(row->key, k.mv_data, k.mv_size);
        row->key_len = k.mv_size;
        st = v.mv_size < AQ_CHECKSUM_BYTES ? AQ_CORRUPT
                                           : parse_row(row, aq_slice(v.mv_data, v.mv_size - AQ_CHECKSUM_BYTES));
        if (st == AQ_OK && row->more)
            st = AQ_CORRUPT;
    } /* else the first row is the one */
    aq_walk_close(&w);
    return st;
}

static uint32_t position_of(const struct list_row *row, uint32_t number)
{
    uint32_t low = 0, high = row->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (aq_load32(row->numbers + (size_t)middle * 4) < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static enum aq_status put_row(struct aq_txn *t, enum aq_table table, struct aq_slice key, const uint8_t *numbers,
                              uint32_t count, bool more, struct aq_error *err)
{
    uint8_t payload[AQ_LIST_ROW * 4 + 1];
    if (count)
        memcpy(payload, numbers, (size_t)count * 4);
    if (more)
        payload[(size_t)count * 4] = 1;
    return aq_put(t, table, key, aq_slice(payload, (size_t)count * 4 + more), err);
}

/* Puts `count` numbers as a further row and notes it in the first. */
static enum aq_status put_further(struct aq_txn *t, enum aq_table table, struct aq_slice prefix,
                                  const uint8_t *numbers, uint32_t count, struct aq_error *err)
{
    uint8_t key[PREFIX_MOST + 4], copy[AQ_LIST_ROW * 4];
    struct list_row first;
    memcpy(key, prefix.ptr, prefix.len);
    aq_key32(key + prefix.len, aq_load32(numbers));
    enum aq_status st = put_row(t, table, aq_slice(key, prefix.len + 4), numbers, count, false, err);
    if (st)
        return st;
    st = first_row(t, table, prefix, &first);
    if (st)
        return fail_row(t, table, prefix, err);
    if (first.more)
        return AQ_OK;
    memcpy(copy, first.numbers, (size_t)first.count * 4);
    return put_row(t, table, prefix, copy, first.count, true, err);
}

enum aq_status aq_list_add(struct aq_txn *t, enum aq_table table, struct aq_slice prefix, uint32_t number,
                           struct aq_error *err)
{
    uint8_t numbers[(AQ_LIST_ROW + 1) * 4];
    struct list_row row;
    enum aq_status st = first_row(t, table, prefix, &row);
    if (st == AQ_NOTFOUND) {
        aq_store32(numbers, number);
        return put_row(t, table, prefix, numbers, 1, false, err);
    }
    if (st == AQ_OK)
        st = row_for(t, table, prefix, number, &row);
    if (st)
        return fail_row(t, table, prefix, err);
    uint32_t at = position_of(&row, number);
    if (at < row.count && aq_load32(row.numbers + (size_t)at * 4) == number)
        return AQ_OK;
    if (at == AQ_LIST_ROW) { /* after a full row */
        aq_store32(numbers, number);
        return put_further(t, table, prefix, numbers, 1, err);
    }
    if (row.count) /* of an emptied first row there may be none */
        memcpy(numbers, row.numbers, (size_t)at * 4);
    aq_store32(numbers + (size_t)at * 4, number);
    if (row.count > at)
        memcpy(numbers + ((size_t)at + 1) * 4, row.numbers + (size_t)at * 4, (size_t)(row.count - at) * 4);
    uint32_t count = row.count + 1, keep = count <= AQ_LIST_ROW ? count : count / 2;
    st = put_row(t, table, aq_slice(row.key, row.key_len), numbers, keep, row.more, err);
    if (st == AQ_OK && keep < count)
        st = put_further(t, table, prefix, numbers + (size_t)keep * 4, count - keep, err);
    return st;
}

enum aq_status aq_list_remove(struct aq_txn *t, enum aq_table table, struct aq_slice prefix, uint32_t number,
                              struct aq_error *err)
{
    uint8_t numbers[AQ_LIST_ROW * 4];
    struct list_row row;
    enum aq_status st = first_row(t, table, prefix, &row);
    if (st == AQ_NOTFOUND)
        return AQ_OK;
    if (st == AQ_OK)
        st = row_for(t, table, prefix, number, &row);
    if (st)
        return fail_row(t, table, prefix, err);
    uint32_t at = position_of(&row, number);
    if (at == row.count || aq_load32(row.numbers + (size_t)at * 4) != number)
        return AQ_OK;
    if (row.count == 1 && !row.more)
        return aq_del(t, table, aq_slice(row.key, row.key_len), err);
    memcpy(numbers, row.numbers, (size_t)at * 4);
    memcpy(numbers + (size_t)at * 4, row.numbers + ((size_t)at + 1) * 4, (size_t)(row.count - at - 1) * 4);
    return put_row(t, table, aq_slice(row.key, row.key_len), numbers, row.count - 1, row.more, err);
}

enum aq_status aq_list_visit(struct aq_txn *t, enum aq_table table, struct aq_slice prefix, aq_member_visit *visit,
                             void *context)
{
    uint8_t numbers[AQ_LIST_ROW * 4]; /* a copy: visit may write */
    struct list_row row;
    struct aq_walk w;
    bool found;
    enum aq_status st = aq_walk_open(t, table, false, &w, NULL);
    if (st)
        return st;
    for (st = aq_walk_seek(&w, prefix, &found, NULL); st == AQ_OK && found;
         st = aq_walk_next(&w, &found, NULL)) {
        bool first = w.key.len == prefix.len;
        if (w.key.len < prefix.len || memcmp(w.key.ptr, prefix.ptr, prefix.len) != 0 ||
            (!first && w.key.len != prefix.len + 4))
            break;
        st = parse_row(&row, w.payload);
        if (st)
            break;
        if (row.count)
            memcpy(numbers, row.numbers, (size_t)row.count * 4);
        bool wanted = true;
        for (uint32_t i = 0; i < row.count && wanted; i++)
            wanted = visit(context, aq_load32(numbers + (size_t)i * 4));
        if (!wanted || (first && !row.more))
            break;
    }
    aq_walk_close(&w);
    return st;
}

static bool gather(void *context, uint32_t number)
{
    aq_buf_u32(context, number);
    return true;
}

enum aq_status aq_list_get(struct aq_txn *t, enum aq_table table, struct aq_slice prefix, const uint8_t **numbers,
                           uint32_t *count)
{
    struct list_row row;
    *numbers = NULL;
    *count = 0;
    enum aq_status st = first_row(t, table, prefix, &row);
    if (st)
        return st == AQ_NOTFOUND ? AQ_OK : st;
    if (!row.more) {
        *count = row.count;
        *numbers = row.count ? row.numbers : NULL;
        return AQ_OK;
    }
    /* Further rows: gathered in the transaction's own memory. */
    struct aq_buf *all = &t->scratch->numbers;
    aq_buf_clear(all);
    st = aq_list_visit(t, table, prefix, gather, all);
    if (st == AQ_OK && all->failed)
        st = AQ_NOMEM;
    if (st)
        return st;
    *count = (uint32_t)(all->len / 4);
    *numbers = *count ? all->ptr : NULL;
    return AQ_OK;
}
