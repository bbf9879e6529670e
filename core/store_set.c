/* store_set.c - sorted sets of fixed-width entries, many to a row. A table of such
 * entries would cost LMDB a node each (27 bytes for an id's 13) and a descent each;
 * here a batch is merged into the rows it meets, one descent a row.
 *
 *   bound -> entries, ascending, end to end
 *
 * A row's entries are at or above its bound and below the next row's; the first row's
 * bound is all zeros. Entries are compared bytewise: their numbers are big-endian. */
#include "store_internal.h"

enum {
    WIDTH_MOST = 16,
    /* Of 16 parts of a row, how many are filled when one is cut in several. */
    FILL = 14
};

static const uint8_t widths[AQ_TABLE_COUNT] = {
    [AQ_TABLE_ID] = AQ_ID_ENTRY,       [AQ_TABLE_MEMBER] = AQ_MEMBER_ENTRY, [AQ_TABLE_REPEAT] = AQ_REPEAT_ENTRY,
    [AQ_TABLE_PRINT] = AQ_PRINT_ENTRY, [AQ_TABLE_LINK] = AQ_LINK_ENTRY,     [AQ_TABLE_QUOTED] = AQ_QUOTED_ENTRY};

size_t aq_set_width(enum aq_table table)
{
    return widths[table];
}

size_t aq_set_row_most(enum aq_table table)
{
    enum { PACKED_LEAST = 2 };
    return AQ_ROW_PAYLOAD / (aq_set_is_packed(table) ? PACKED_LEAST : widths[table]);
}

/* Bytewise order. Fingerprints are compared most, and as the numbers they are. */
static int compare(const uint8_t *a, const uint8_t *b, size_t width)
{
    if (width != sizeof(uint64_t))
        return memcmp(a, b, width);
    uint64_t x = aq_unkey64(a), y = aq_unkey64(b);
    return (x > y) - (x < y);
}

static enum aq_status fail_row(struct aq_txn *t, enum aq_table table, struct aq_slice key, struct aq_error *err)
{
    char where[80];
    aq_describe_key(table, key, where);
    return aq_fail(err, AQ_CORRUPT, "%s: the row %s is damaged; run aq check, or rebuild the index", t->store->dir,
                   where);
}

/* ---- reading ---- */

enum aq_status aq_set_open(struct aq_txn *t, enum aq_table table, struct aq_set_reader *r, struct aq_error *err)
{
    *r = (struct aq_set_reader){.txn = t, .table = table, .width = widths[table]};
    int rc = mdb_cursor_open(t->txn, t->scratch->env->tables[table], &r->cursor);
    if (rc) {
        r->cursor = NULL;
        return aq_txn_fail(t, err, rc, "reading a set");
    }
    return AQ_OK;
}

void aq_set_close(struct aq_set_reader *r)
{
    if (r->cursor)
        mdb_cursor_close(r->cursor);
    r->cursor = NULL;
    aq_buf_free(&r->unpacked);
}

/* Takes the row that a cursor operation with the outcome rc has led to. */
static enum aq_status take_row(struct aq_set_reader *r, int rc, const MDB_val *k, const MDB_val *v,
                               struct aq_error *err)
{
    r->count = r->index = 0;
    r->key = (struct aq_slice){0};
    if (rc == MDB_NOTFOUND)
        return AQ_OK;
    if (rc)
        return aq_txn_fail(r->txn, err, rc, "reading a set");
    r->key = aq_slice(k->mv_data, k->mv_size);
    r->row = aq_slice(v->mv_data, v->mv_size < AQ_CHECKSUM_BYTES ? 0 : v->mv_size - AQ_CHECKSUM_BYTES);
    struct aq_slice entries = r->row;
    bool fine = k->mv_size == r->width && entries.len;
    if (fine && aq_set_is_packed(r->table)) {
        fine = aq_set_unpack(r->table, r->row, &r->unpacked);
        if (r->unpacked.failed)
            return aq_fail_nomem(err);
        entries = aq_slice(r->unpacked.ptr, r->unpacked.len);
    }
    if (!fine || entries.len % r->width || entries.len / r->width > aq_set_row_most(r->table))
        return fail_row(r->txn, r->table, r->key, err);
    r->entries = entries.ptr;
    r->count = (uint32_t)(entries.len / r->width);
    return AQ_OK;
}

/* To the row whose range `at` (a whole entry) falls into; none where all begin above it. */
static enum aq_status find_row(struct aq_set_reader *r, const uint8_t *at, struct aq_error *err)
{
    uint8_t bound[WIDTH_MOST];
    memcpy(bound, at, r->width);
    MDB_val k = {r->width, bound}, v;
    int rc = mdb_cursor_get(r->cursor, &k, &v, MDB_SET_RANGE);
    if (rc == MDB_NOTFOUND)
        rc = mdb_cursor_get(r->cursor, &k, &v, MDB_LAST);
    else if (!rc && (k.mv_size != r->width || memcmp(k.mv_data, at, r->width) != 0))
        rc = mdb_cursor_get(r->cursor, &k, &v, MDB_PREV);
    return take_row(r, rc, &k, &v, err);
}

static enum aq_status next_row(struct aq_set_reader *r, struct aq_error *err)
{
    MDB_val k, v;
    int rc = r->count ? mdb_cursor_get(r->cursor, &k, &v, MDB_NEXT) : MDB_NOTFOUND;
    return take_row(r, rc, &k, &v, err);
}

/* The first entry of the row that is not below `at`. */
static uint32_t lower_bound(const struct aq_set_reader *r, const uint8_t *at)
{
    uint32_t low = 0, high = r->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (compare(r->entries + (size_t)middle * r->width, at, r->width) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const uint8_t *current(const struct aq_set_reader *r)
{
    return r->index < r->count ? r->entries + (size_t)r->index * r->width : NULL;
}

/* Is what the reader stands on the answer for `at` too? */
static bool stands_there(const struct aq_set_reader *r, const uint8_t *at)
{
    const uint8_t *entry = current(r);
    return r->sought && compare(r->from, at, r->width) <= 0 && (!entry || compare(at, entry, r->width) <= 0);
}

static bool in_row(const struct aq_set_reader *r, const uint8_t *at)
{
    return r->count && compare(r->entries, at, r->width) <= 0 &&
           compare(r->entries + (size_t)(r->count - 1) * r->width, at, r->width) >= 0;
}

static enum aq_status seek_row(struct aq_set_reader *r, const uint8_t *at, struct aq_error *err)
{
    MDB_val k, v;
    enum aq_status st = find_row(r, at, err);
    if (st == AQ_OK && r->count == 0)
        st = take_row(r, mdb_cursor_get(r->cursor, &k, &v, MDB_FIRST), &k, &v, err);
    return st;
}

/* Seeks in ascending order mostly stay in the row, or before the same entry. */
enum aq_status aq_set_seek(struct aq_set_reader *r, struct aq_slice from, const uint8_t **entry, struct aq_error *err)
{
    uint8_t at[WIDTH_MOST] = {0};
    enum aq_status st = AQ_OK;
    memcpy(at, from.ptr, from.len < r->width ? from.len : r->width);
    if (!stands_there(r, at)) {
        r->sought = false;
        if (!in_row(r, at))
            st = seek_row(r, at, err);
        r->index = st == AQ_OK ? lower_bound(r, at) : 0;
        if (st == AQ_OK && r->count && r->index == r->count)
            st = next_row(r, err);
        r->sought = st == AQ_OK;
        memcpy(r->from, at, r->width);
    }
    *entry = st == AQ_OK ? current(r) : NULL;
    return st;
}

enum aq_status aq_set_next(struct aq_set_reader *r, const uint8_t **entry, struct aq_error *err)
{
    enum aq_status st = AQ_OK;
    r->sought = false;
    if (r->index < r->count && ++r->index == r->count)
        st = next_row(r, err);
    *entry = st == AQ_OK ? current(r) : NULL;
    return st;
}

enum aq_status aq_set_has(struct aq_txn *t, enum aq_table table, const uint8_t *entry, bool *has, struct aq_error *err)
{
    struct aq_set_reader r;
    const uint8_t *found = NULL;
    enum aq_status st = aq_set_open(t, table, &r, err);
    if (st == AQ_OK)
        st = aq_set_seek(&r, aq_slice(entry, r.width), &found, err);
    *has = st == AQ_OK && found && memcmp(found, entry, r.width) == 0;
    aq_set_close(&r);
    return st;
}

bool aq_link_hides(struct aq_txn *t, const struct aq_link *link)
{
    return link->ordinal > 0 || aq_column_get(t, AQ_COL_FLAGS, link->comment) >> AQ_TITLE_SHIFT == 0;
}

enum aq_status aq_link_get(struct aq_txn *t, uint32_t comment, uint32_t ordinal, struct aq_link *link,
                           struct aq_error *err)
{
    struct aq_set_reader r;
    const uint8_t *entry = NULL;
    uint8_t from[AQ_LINK_ENTRY];
    aq_link_entry(from, &(struct aq_link){.comment = comment, .ordinal = (uint16_t)ordinal});
    enum aq_status st = aq_set_open(t, AQ_TABLE_LINK, &r, err);
    if (st == AQ_OK)
        st = aq_set_seek(&r, aq_slice(from, sizeof from), &entry, err);
    if (st == AQ_OK && !(entry && memcmp(entry, from, 6) == 0))
        st = AQ_NOTFOUND;
    if (st == AQ_OK)
        *link = aq_link_read(entry);
    aq_set_close(&r);
    return st;
}

/* ---- changing ---- */

/* Sorted entries that are still to be merged. */
struct feed {
    const uint8_t *p;
    size_t left;
};

static void step(struct feed *f, size_t width)
{
    f->p += width;
    f->left--;
}

/* The smaller head of two feeds: the entry whose row comes next. */
static const uint8_t *lowest(const struct feed *a, const struct feed *b, size_t width)
{
    if (!a->left || !b->left)
        return a->left ? a->p : b->p;
    return compare(a->p, b->p, width) <= 0 ? a->p : b->p;
}

/* One row to be written anew. */
struct rewrite {
    uint8_t bound[WIDTH_MOST], until[WIDTH_MOST]; /* its range; until only if `bounded` */
    bool exists, bounded;
    bool appended; /* whatever came in lies behind what was there */
    struct aq_buf *merged, *packed;
};

static enum aq_status look_at_row(struct aq_set_reader *r, const uint8_t *at, struct rewrite *w, struct aq_error *err)
{
    enum aq_status st = find_row(r, at, err);
    if (st)
        return st;
    memset(w->bound, 0, sizeof w->bound);
    w->exists = r->count > 0;
    if (w->exists) {
        /* What is damaged must not get a good checksum. */
        if (aq_load32(r->row.ptr + r->row.len) != aq_record_crc(r->table, r->key, r->row))
            return fail_row(r->txn, r->table, r->key, err);
        memcpy(w->bound, r->key.ptr, r->width);
    }
    MDB_val k, v;
    int rc = mdb_cursor_get(r->cursor, &k, &v, w->exists ? MDB_NEXT : MDB_FIRST);
    if (rc && rc != MDB_NOTFOUND)
        return aq_txn_fail(r->txn, err, rc, "reading a set");
    w->bounded = rc == 0;
    if (w->bounded && k.mv_size != r->width)
        return fail_row(r->txn, r->table, aq_slice(k.mv_data, k.mv_size), err);
    if (w->bounded)
        memcpy(w->until, k.mv_data, r->width);
    return AQ_OK;
}

static bool in_range(const struct feed *f, const struct rewrite *w, size_t width)
{
    return f->left && (!w->bounded || compare(f->p, w->until, width) < 0);
}

/* The row's entries and the feeds' within its range to w->merged; true if that is another row. */
static bool merge_row(const struct aq_set_reader *r, struct feed *adds, struct feed *removes, struct rewrite *w)
{
    struct feed old = {r->entries, r->count};
    size_t width = r->width;
    bool changed = false;
    w->appended = true;
    aq_buf_clear(w->merged);
    while (old.left || in_range(adds, w, width)) {
        int order = !old.left ? 1 : !in_range(adds, w, width) ? -1 : compare(old.p, adds->p, width);
        const uint8_t *entry = order <= 0 ? old.p : adds->p;
        while (in_range(removes, w, width) && compare(removes->p, entry, width) < 0)
            step(removes, width);
        bool removed = order < 0 && in_range(removes, w, width) && compare(removes->p, entry, width) == 0;
        if (!removed)
            aq_buf_put(w->merged, entry, width);
        w->appended &= order <= 0 || !old.left;
        changed |= removed || order > 0;
        if (order <= 0)
            step(&old, width);
        if (order >= 0)
            step(adds, width);
    }
    while (in_range(removes, w, width))
        step(removes, width);
    return changed;
}

/* The same of packed rows, as full. */
static enum aq_status store_packed(struct aq_set_reader *r, const struct rewrite *w, struct aq_error *err)
{
    struct aq_slice left = aq_slice(w->merged->ptr, w->merged->len);
    size_t total = aq_set_packed_size(left), enough = AQ_ROW_PAYLOAD;
    enum aq_status st = AQ_OK;
    if (total > AQ_ROW_PAYLOAD && !w->appended) {
        size_t target = AQ_ROW_PAYLOAD * FILL / 16, pieces = (total + target - 1) / target;
        enough = (total + pieces - 1) / pieces;
    }
    for (bool first = true; left.len && st == AQ_OK; first = false) {
        size_t taken = aq_set_pack(w->packed, left, enough);
        if (w->packed->failed)
            return aq_fail_nomem(err);
        st = aq_put(r->txn, r->table, aq_slice(first ? w->bound : left.ptr, r->width),
                    aq_slice(w->packed->ptr, w->packed->len), err);
        left = aq_slice(left.ptr + taken, left.len - taken);
    }
    return st;
}

/* Stores the merged entries: as one row if they fit, else as several. Where they came
 * in ascending order more of them will, so those rows are full but the last. */
static enum aq_status store_rows(struct aq_set_reader *r, const struct rewrite *w, struct aq_error *err)
{
    size_t width = r->width, count = w->merged->len / width, most = aq_set_row_most(r->table);
    if (count == 0)
        return w->exists ? aq_del(r->txn, r->table, aq_slice(w->bound, width), err) : AQ_OK;
    if (aq_set_is_packed(r->table))
        return store_packed(r, w, err);
    size_t target = w->appended ? most : most * FILL / 16;
    size_t pieces = count <= most ? 1 : (count + target - 1) / target;
    enum aq_status st = AQ_OK;
    for (size_t i = 0, from = 0; i < pieces && st == AQ_OK; i++) {
        size_t to = i + 1 == pieces ? count : w->appended ? from + most : count * (i + 1) / pieces;
        const uint8_t *first = w->merged->ptr + from * width;
        st = aq_put(r->txn, r->table, aq_slice(i ? first : w->bound, width), aq_slice(first, (to - from) * width), err);
        from = to;
    }
    return st;
}

enum aq_status aq_set_change(struct aq_txn *t, enum aq_table table, struct aq_slice adds, struct aq_slice removes,
                             struct aq_error *err)
{
    struct aq_set_reader r;
    struct rewrite w = {.merged = &t->scratch->entries, .packed = &t->scratch->packed};
    size_t width = widths[table];
    struct feed in = {adds.ptr, adds.len / width}, out = {removes.ptr, removes.len / width};
    enum aq_status st = AQ_OK;

    if (!t->write)
        return aq_fail(err, AQ_INVALID, "%s: a set changes in a write transaction", t->store->dir);
    while (st == AQ_OK && (in.left || out.left)) {
        st = aq_set_open(t, table, &r, err);
        if (st)
            return st;
        st = look_at_row(&r, lowest(&in, &out, width), &w, err);
        bool changed = st == AQ_OK && merge_row(&r, &in, &out, &w);
        aq_set_close(&r); /* before the row it stands on is moved */
        if (st == AQ_OK && w.merged->failed)
            st = aq_fail_nomem(err);
        if (st == AQ_OK && changed)
            st = store_rows(&r, &w, err);
    }
    return st;
}
