/* store_recover.c - what a killed writer left behind: rows written ahead of being
 * listed. LMDB itself needs no recovery; these rows are committed, only unused. */
#include "store_internal.h"

#include <stdio.h>

struct leftovers {
    struct aq_txn *t;
    uint32_t *ids; /* of unlisted segments */
    size_t count, cap;
    bool text, inflight;
};

static bool listed(const struct aq_txn *t, uint32_t id)
{
    for (uint32_t i = 0; i < t->segment_count; i++)
        if (t->segments[i].info.id == id)
            return true;
    return false;
}

static bool note(struct leftovers *l, uint32_t id)
{
    if (listed(l->t, id))
        return true;
    for (size_t i = 0; i < l->count; i++)
        if (l->ids[i] == id)
            return true;
    if (!aq_grow(&l->ids, &l->cap, l->count + 1, sizeof *l->ids))
        return false;
    l->ids[l->count++] = id;
    return true;
}

/* "t0000000c" and "p0000000c" are the names of segment 12's databases. */
static bool parse_name(MDB_val key, uint32_t *id)
{
    const char *s = key.mv_data;
    if (key.mv_size != 9 || (s[0] != 't' && s[0] != 'p'))
        return false;
    *id = 0;
    for (unsigned i = 1; i < 9; i++) {
        char c = s[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
        *id = *id << 4 | (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return true;
}

static enum aq_status find_databases(struct leftovers *l, struct aq_error *err)
{
    MDB_dbi main_table;
    MDB_cursor *cursor;
    MDB_val key, value;
    uint32_t id;
    int rc = mdb_dbi_open(l->t->txn, NULL, 0, &main_table);
    if (!rc)
        rc = mdb_cursor_open(l->t->txn, main_table, &cursor);
    if (rc)
        return aq_txn_fail(l->t, err, rc, "looking for leftovers");
    bool fits = true;
    while (fits && (rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0)
        if (parse_name(key, &id))
            fits = note(l, id);
    mdb_cursor_close(cursor);
    if (!fits)
        return aq_fail_nomem(err);
    return rc == MDB_NOTFOUND ? AQ_OK : aq_txn_fail(l->t, err, rc, "looking for leftovers");
}

/* Visits each segment id that has rows in the table, from one to the next. */
static enum aq_status find_rows(struct leftovers *l, enum aq_table table, struct aq_error *err)
{
    struct aq_walk w;
    uint8_t key[4] = {0};
    bool found;
    enum aq_status st = aq_walk_open(l->t, table, false, &w, err);
    if (st == AQ_OK)
        st = aq_walk_seek(&w, aq_slice("", 0), &found, err);
    while (st == AQ_OK && found && w.key.len >= 4) {
        uint32_t id = aq_unkey32(w.key.ptr);
        if (!note(l, id))
            st = aq_fail_nomem(err);
        if (st || id == UINT32_MAX)
            break;
        aq_key32(key, id + 1);
        st = aq_walk_seek(&w, aq_slice(key, sizeof key), &found, err);
    }
    aq_walk_close(&w);
    return st;
}

static enum aq_status find_text(struct leftovers *l, struct aq_error *err)
{
    struct aq_walk w;
    uint8_t key[4];
    aq_key32(key, l->t->state.next_comment);
    enum aq_status st = aq_walk_open(l->t, AQ_TABLE_TEXT, false, &w, err);
    if (st == AQ_OK)
        st = aq_walk_seek(&w, aq_slice(key, sizeof key), &l->text, err);
    aq_walk_close(&w);
    return st;
}

static enum aq_status look(struct leftovers *l, struct aq_error *err)
{
    static const enum aq_table tables[] = {AQ_TABLE_NORM, AQ_TABLE_MAP, AQ_TABLE_BITS, AQ_TABLE_FORM};
    l->inflight = l->t->state.inflight != 0;
    enum aq_status st = find_databases(l, err);
    for (size_t i = 0; i < AQ_COUNT(tables) && st == AQ_OK; i++)
        st = find_rows(l, tables[i], err);
    return st ? st : find_text(l, err);
}

enum aq_status aq_store_recover(struct aq_store *s, struct aq_error *err)
{
    struct aq_txn t;
    struct leftovers l = {.t = &t};
    enum aq_status st = aq_txn_begin(s, &t, err);
    if (st)
        return st;
    st = look(&l, err);
    aq_txn_end(&t);
    bool clean = l.count == 0 && !l.text && !l.inflight;
    if (st || clean) {
        free(l.ids);
        return st;
    }
    st = aq_txn_begin_write(s, &t, 0, err);
    if (st) {
        free(l.ids);
        return st;
    }
    for (size_t i = 0; i < l.count && st == AQ_OK; i++)
        st = aq_segment_drop(&t, l.ids[i], err);
    if (st == AQ_OK && l.text)
        st = aq_bundle_delete_range(&t, t.state.next_comment, AQ_NO_COMMENT, err);
    t.state.inflight = 0;
    st = st ? st : aq_txn_commit(&t, err);
    aq_txn_end(&t);
    free(l.ids);
    return st;
}
