/* store_records.c - one record at a time: payload and checksum under a key, and
 * ordered walks over them. It knows tables by number only, not what is in them. */
#include "store_internal.h"

#include "crc32c.h"

#include <stdio.h>

/* In the checksum, so that a record that landed in another table is noticed. */
static const uint8_t table_letter[AQ_TABLE_COUNT] = {'M', 'S', 'L', 'D', 'B', 'P', 'C', 'T', 'X', 'I', 'N', 'E', 'R', 'F', 'G', 'Q', 'K'};

static MDB_val val_of(struct aq_slice s)
{
    MDB_val v = {s.len, NULL};
    memcpy(&v.mv_data, &s.ptr, sizeof v.mv_data);
    return v;
}

uint32_t aq_record_crc(enum aq_table table, struct aq_slice key, struct aq_slice payload)
{
    uint32_t crc = aq_crc32c(0, &table_letter[table], 1);
    crc = aq_crc32c(crc, key.ptr, key.len);
    return payload.len ? aq_crc32c(crc, payload.ptr, payload.len) : crc;
}

void aq_describe_key(enum aq_table table, struct aq_slice key, char out[80])
{
    size_t n = (size_t)snprintf(out, 80, "%s/", aq_table_name[table]);
    bool printable = true;
    for (size_t i = 0; i < key.len; i++)
        printable = printable && key.ptr[i] >= 0x20 && key.ptr[i] < 0x7f;
    for (size_t i = 0; i < key.len && n + 4 < 80; i++)
        n += (size_t)snprintf(out + n, 80 - n, printable ? "%c" : "%02x", key.ptr[i]);
}

enum aq_status aq_row_at(struct aq_txn *t, enum aq_table table, uint32_t comment, uint32_t *first,
                         struct aq_slice *payload, struct aq_error *err)
{
    uint8_t bytes[4];
    char where[80];
    MDB_cursor *cursor;
    MDB_val key = {sizeof bytes, bytes}, value;
    aq_key32(bytes, comment);
    int rc = mdb_cursor_open(t->txn, t->scratch->env->tables[table], &cursor);
    if (rc)
        return aq_txn_fail(t, err, rc, "reading");
    rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    if (rc == MDB_NOTFOUND)
        rc = mdb_cursor_get(cursor, &key, &value, MDB_LAST);
    else if (!rc && (key.mv_size != sizeof bytes || memcmp(key.mv_data, bytes, sizeof bytes) != 0))
        rc = mdb_cursor_get(cursor, &key, &value, MDB_PREV);
    mdb_cursor_close(cursor);
    if (rc == MDB_NOTFOUND)
        return AQ_NOTFOUND;
    if (rc)
        return aq_txn_fail(t, err, rc, "reading");
    if (key.mv_size != sizeof bytes || value.mv_size < AQ_CHECKSUM_BYTES) {
        aq_describe_key(table, aq_slice(key.mv_data, key.mv_size), where);
        return aq_fail(err, AQ_CORRUPT, "%s: the record %s is damaged; run aq check, or rebuild the index",
                       t->store->dir, where);
    }
    *first = aq_unkey32(key.mv_data);
    *payload = aq_slice(value.mv_data, value.mv_size - AQ_CHECKSUM_BYTES);
    return AQ_OK;
}

/* ---- get, put, delete ---- */

static enum aq_status get_value(struct aq_txn *t, enum aq_table table, struct aq_slice key, struct aq_slice *value)
{
    MDB_val k = val_of(key), v;
    *value = (struct aq_slice){0};
    if (key.len == 0 || key.len > AQ_KEY_BYTES)
        return AQ_NOTFOUND;
    int rc = mdb_get(t->txn, t->scratch->env->tables[table], &k, &v);
    if (rc == MDB_NOTFOUND)
        return AQ_NOTFOUND;
    if (rc)
        return aq_txn_fail(t, NULL, rc, "reading");
    if (v.mv_size < AQ_CHECKSUM_BYTES)
        return AQ_CORRUPT;
    *value = aq_slice(v.mv_data, v.mv_size);
    return AQ_OK;
}

enum aq_status aq_get(struct aq_txn *t, enum aq_table table, struct aq_slice key, struct aq_slice *out)
{
    enum aq_status st = get_value(t, table, key, out);
    if (st == AQ_OK)
        out->len -= AQ_CHECKSUM_BYTES;
    return st;
}

enum aq_status aq_get_verified(struct aq_txn *t, enum aq_table table, struct aq_slice key, struct aq_slice *out,
                               struct aq_error *err)
{
    char where[80];
    enum aq_status st = aq_get(t, table, key, out);
    if (st == AQ_OK && aq_load32(out->ptr + out->len) == aq_record_crc(table, key, *out))
        return AQ_OK;
    aq_describe_key(table, key, where);
    if (st == AQ_NOTFOUND)
        return aq_fail(err, st, "%s: there is no record %s", t->store->dir, where);
    return aq_fail(err, st ? st : AQ_CORRUPT, "%s: the record %s is damaged; run aq check, or rebuild the index",
                   t->store->dir, where);
}

/* Is key above all others of the table? MDB_APPEND fills pages, other inserts in
 * ascending order leave them half empty. The greatest key is looked up once. */
static bool goes_last(struct aq_txn *t, enum aq_table table, struct aq_slice key)
{
    struct aq_scratch *x = t->scratch;
    if (x->last[table].skip)
        return false;
    if (!x->last[table].known) {
        MDB_cursor *cursor;
        MDB_val k, v;
        x->last[table].known = true;
        x->last[table].len = 0;
        int rc = mdb_cursor_open(t->txn, x->env->tables[table], &cursor);
        if (rc == 0) {
            rc = mdb_cursor_get(cursor, &k, &v, MDB_LAST);
            mdb_cursor_close(cursor);
        }
        if (rc == 0 && k.mv_size <= sizeof x->last[table].key) {
            memcpy(x->last[table].key, k.mv_data, k.mv_size);
            x->last[table].len = (uint8_t)k.mv_size;
        } else if (rc != MDB_NOTFOUND) {
            x->last[table].skip = true;
            return false;
        }
    }
    if (key.len > sizeof x->last[table].key) {
        x->last[table].skip = true;
        return false;
    }
    return aq_slice_cmp(key, aq_slice(x->last[table].key, x->last[table].len)) > 0;
}

enum aq_status aq_put(struct aq_txn *t, enum aq_table table, struct aq_slice key, struct aq_slice payload,
                      struct aq_error *err)
{
    struct aq_scratch *x = t->scratch;
    if (!t->write || key.len == 0 || key.len > AQ_KEY_BYTES)
        return aq_fail(err, AQ_INVALID, "%s: a record needs a write transaction and a key of 1 to %d bytes",
                       t->store->dir, AQ_KEY_BYTES);
    /* Assembled first: payload may lie in a page that the put moves. */
    aq_buf_clear(&x->record);
    uint8_t *bytes = aq_buf_reserve(&x->record, payload.len + AQ_CHECKSUM_BYTES);
    if (!bytes)
        return aq_fail_nomem(err);
    if (payload.len)
        memcpy(bytes, payload.ptr, payload.len);
    aq_store32(bytes + payload.len, aq_record_crc(table, key, payload));

    MDB_val k = val_of(key), v = {payload.len + AQ_CHECKSUM_BYTES, bytes};
    MDB_dbi dbi = x->env->tables[table];
    bool last = goes_last(t, table, key);
    int rc = mdb_put(t->txn, dbi, &k, &v, last ? MDB_APPEND : 0);
    if (rc)
        return aq_txn_fail(t, err, rc, "writing a record");
    if (last) {
        memcpy(x->last[table].key, key.ptr, key.len);
        x->last[table].len = (uint8_t)key.len;
    }
    return AQ_OK;
}

int aq_put_raw(MDB_txn *txn, MDB_dbi dbi, enum aq_table table, struct aq_slice key, struct aq_slice payload)
{
    MDB_val k = val_of(key), v = {payload.len + AQ_CHECKSUM_BYTES, NULL};
    int rc = mdb_put(txn, dbi, &k, &v, MDB_RESERVE);
    if (rc)
        return rc;
    if (payload.len)
        memcpy(v.mv_data, payload.ptr, payload.len);
    aq_store32((uint8_t *)v.mv_data + payload.len, aq_record_crc(table, key, payload));
    return 0;
}

enum aq_status aq_del(struct aq_txn *t, enum aq_table table, struct aq_slice key, struct aq_error *err)
{
    MDB_val k = val_of(key);
    if (!t->write)
        return aq_fail(err, AQ_INVALID, "%s: deleting needs a write transaction", t->store->dir);
    if (key.len == 0 || key.len > AQ_KEY_BYTES)
        return AQ_NOTFOUND;
    int rc = mdb_del(t->txn, t->scratch->env->tables[table], &k, NULL);
    if (rc == MDB_NOTFOUND)
        return AQ_NOTFOUND;
    return rc ? aq_txn_fail(t, err, rc, "deleting a record") : AQ_OK;
}

enum aq_status aq_del_prefix(struct aq_txn *t, enum aq_table table, struct aq_slice prefix, struct aq_error *err)
{
    MDB_cursor *cursor;
    MDB_val k = val_of(prefix), v;
    int rc = mdb_cursor_open(t->txn, t->scratch->env->tables[table], &cursor);
    if (rc)
        return aq_txn_fail(t, err, rc, "deleting records");
    rc = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE);
    while (rc == 0 && k.mv_size >= prefix.len && memcmp(k.mv_data, prefix.ptr, prefix.len) == 0) {
        rc = mdb_cursor_del(cursor, 0);
        if (!rc) {
            k = val_of(prefix);
            rc = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE);
        }
    }
    mdb_cursor_close(cursor);
    return rc && rc != MDB_NOTFOUND ? aq_txn_fail(t, err, rc, "deleting records") : AQ_OK;
}

/* ---- walking ---- */

enum aq_status aq_walk_open(struct aq_txn *t, enum aq_table table, bool verify, struct aq_walk *w,
                            struct aq_error *err)
{
    *w = (struct aq_walk){.verify = verify, .txn = t, .table = table};
    int rc = mdb_cursor_open(t->txn, t->scratch->env->tables[table], &w->cursor);
    if (rc) {
        w->cursor = NULL;
        return aq_txn_fail(t, err, rc, "walking a table");
    }
    return AQ_OK;
}

static enum aq_status walk_to(struct aq_walk *w, MDB_val *k, MDB_cursor_op op, bool *found, struct aq_error *err)
{
    MDB_val v;
    char where[80];
    *found = false;
    int rc = mdb_cursor_get(w->cursor, k, &v, op);
    if (rc == MDB_NOTFOUND)
        return AQ_OK;
    if (rc)
        return aq_txn_fail(w->txn, err, rc, "walking a table");
    w->key = aq_slice(k->mv_data, k->mv_size);
    if (v.mv_size < AQ_CHECKSUM_BYTES) {
        aq_describe_key(w->table, w->key, where);
        return aq_fail(err, AQ_CORRUPT, "%s: the record %s is too short; run aq check, or rebuild the index",
                       w->txn->store->dir, where);
    }
    w->payload = aq_slice(v.mv_data, v.mv_size - AQ_CHECKSUM_BYTES);
    w->checksum_ok = w->verify && aq_load32(w->payload.ptr + w->payload.len) ==
                                      aq_record_crc(w->table, w->key, w->payload);
    *found = true;
    return AQ_OK;
}

enum aq_status aq_walk_seek(struct aq_walk *w, struct aq_slice from, bool *found, struct aq_error *err)
{
    MDB_val k = val_of(from);
    return walk_to(w, &k, from.len ? MDB_SET_RANGE : MDB_FIRST, found, err);
}

enum aq_status aq_walk_next(struct aq_walk *w, bool *found, struct aq_error *err)
{
    MDB_val k;
    return walk_to(w, &k, MDB_NEXT, found, err);
}

void aq_walk_close(struct aq_walk *w)
{
    if (w->cursor)
        mdb_cursor_close(w->cursor);
    w->cursor = NULL;
}
