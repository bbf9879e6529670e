/* store_forms.c - reads the table `form` (forms.h). */
#include "forms.h"
#include "store_internal.h"

enum { NIBBLE = 15, CUT_MORE = 7, ACCENTED = 0x80 };

enum aq_status aq_forms_open(struct aq_txn *t, uint32_t segment, struct aq_forms_walk *w, struct aq_error *err)
{
    w->txn = t;
    w->segment = segment;
    w->row = (struct aq_reading){0};
    w->name = aq_slice(w->bytes, 0);
    int rc = mdb_cursor_open(t->txn, t->scratch->env->tables[AQ_TABLE_FORM], &w->cursor);
    if (rc) {
        w->cursor = NULL;
        return aq_txn_fail(t, err, rc, "reading forms");
    }
    return AQ_OK;
}

void aq_forms_close(struct aq_forms_walk *w)
{
    if (w->cursor)
        mdb_cursor_close(w->cursor);
    w->cursor = NULL;
}

static enum aq_status damaged(struct aq_forms_walk *w, struct aq_error *err)
{
    return aq_fail(err, AQ_CORRUPT, "%s: the forms of segment %u are damaged; run aq check, or rebuild the index",
                   w->txn->store->dir, w->segment);
}

/* Enters a row, ahead of its first form. */
static enum aq_status enter(struct aq_forms_walk *w, MDB_val key, MDB_val value, struct aq_error *err)
{
    const uint8_t *bytes = key.mv_data;
    size_t len = key.mv_size - 4;
    if (len == 0 || len > AQ_FORM_NAME_MAX || value.mv_size <= AQ_CHECKSUM_BYTES)
        return damaged(w, err);
    memcpy(w->bytes, bytes + 4, len);
    w->name = aq_slice(w->bytes, len);
    w->row = aq_reading_of(aq_slice(value.mv_data, value.mv_size - AQ_CHECKSUM_BYTES));
    return AQ_OK;
}

static bool is_mine(const struct aq_forms_walk *w, MDB_val key)
{
    return key.mv_size >= 4 && aq_unkey32(key.mv_data) == w->segment;
}

/* A form as its row has it. */
struct entry {
    size_t shared, tail, cut, stem_tail;
    uint64_t count;
    const uint8_t *bytes; /* tail, then stem_tail of them */
    bool accented;
};

static bool read_long_entry(struct aq_reading *r, struct entry *e)
{
    uint8_t head = aq_read_u8(r), stem = aq_read_u8(r);
    e->shared = head >> 4;
    e->tail = head & NIBBLE;
    e->cut = stem >> 4 & CUT_MORE;
    e->stem_tail = stem & NIBBLE;
    e->accented = stem & ACCENTED;
    if (e->shared == NIBBLE)
        e->shared += aq_read_varint32(r);
    if (e->tail == NIBBLE)
        e->tail += aq_read_varint32(r);
    if (e->cut == CUT_MORE)
        e->cut += aq_read_varint32(r);
    if (e->stem_tail == NIBBLE)
        e->stem_tail += aq_read_varint32(r);
    e->count = aq_read_varint(r);
    e->bytes = aq_read_raw(r, e->tail + e->stem_tail).ptr;
    return !r->bad;
}

/* Whether the entry at p is whole and has all its numbers in its first three bytes, as
 * nearly all have. */
static inline bool is_short(const uint8_t *p, const uint8_t *end)
{
    enum { SHORT_MOST = 3 + 2 * (NIBBLE - 1) };
    return AQ_LIKELY(end - p >= SHORT_MOST) && p[0] < NIBBLE << 4 && (p[0] & NIBBLE) < NIBBLE &&
           (p[1] & CUT_MORE << 4) < CUT_MORE << 4 && (p[1] & NIBBLE) < NIBBLE && p[2] < 0x80;
}

static inline const uint8_t *after_short(const uint8_t *p)
{
    return p + 3 + (p[0] & NIBBLE) + (p[1] & NIBBLE);
}

static inline bool read_entry(struct aq_reading *r, struct entry *e)
{
    const uint8_t *p = r->p;
    if (AQ_UNLIKELY(!is_short(p, r->end)))
        return read_long_entry(r, e);
    *e = (struct entry){.shared = p[0] >> 4,
                        .tail = p[0] & NIBBLE,
                        .cut = p[1] >> 4 & CUT_MORE,
                        .stem_tail = p[1] & NIBBLE,
                        .count = p[2],
                        .bytes = p + 3,
                        .accented = p[1] & ACCENTED};
    r->p = after_short(p);
    return true;
}

/* Passes over entries that share so many bytes; patterns do it by the thousand. */
static inline void pass_short(struct aq_reading *r, size_t below)
{
    const uint8_t *p = r->p;
    while (is_short(p, r->end) && p[0] >> 4 >= below)
        p = after_short(p);
    r->p = p;
}

/* The next form of the row whose name shares less than `below` bytes with the one
 * before; *found is false at the end of the row. Names passed over share all those
 * bytes, so what the next one shares is in w->bytes still. */
static enum aq_status read_form(struct aq_forms_walk *w, size_t below, bool *found, struct aq_error *err)
{
    struct entry e;
    *found = false;
    do {
        pass_short(&w->row, below);
        if (w->row.p >= w->row.end)
            return AQ_OK;
        if (!read_entry(&w->row, &e))
            return damaged(w, err);
    } while (e.shared >= below);
    if (e.shared > w->name.len || e.shared + e.tail > AQ_FORM_NAME_MAX)
        return damaged(w, err);
    memcpy(w->bytes + e.shared, e.bytes, e.tail);
    w->name.len = e.shared + e.tail;
    w->shared = e.shared;
    w->count = e.count;
    w->accented = e.accented;
    w->cut = e.cut;
    w->tail = aq_slice(e.bytes + e.tail, e.stem_tail);
    *found = true;
    size_t plain = aq_forms_plain(w).len;
    bool sound = plain && plain <= AQ_TERM_MAX && e.cut <= plain && plain - e.cut + e.stem_tail <= AQ_TERM_MAX &&
                 (!e.accented || w->name.len - plain > 1);
    return sound ? AQ_OK : damaged(w, err);
}

/* The first form of the row at hand is its key. */
static enum aq_status read_first(struct aq_forms_walk *w, bool *found, struct aq_error *err)
{
    size_t len = w->name.len;
    enum aq_status st = read_form(w, SIZE_MAX, found, err);
    return st || (*found && w->shared == len && w->name.len == len) ? st : damaged(w, err);
}

enum aq_status aq_forms_seek(struct aq_forms_walk *w, struct aq_slice from, bool *found, struct aq_error *err)
{
    uint8_t bytes[4 + AQ_FORM_NAME_MAX];
    MDB_val key, value;
    *found = false;
    if (from.len > AQ_FORM_NAME_MAX)
        from.len = AQ_FORM_NAME_MAX;
    aq_key32(bytes, w->segment);
    if (from.len)
        memcpy(bytes + 4, from.ptr, from.len);
    key = (MDB_val){4 + from.len, bytes};

    /* The last row that does not begin above, else the first. */
    int rc = mdb_cursor_get(w->cursor, &key, &value, MDB_SET_RANGE);
    bool exact = !rc && key.mv_size == 4 + from.len && memcmp(key.mv_data, bytes, key.mv_size) == 0;
    if (!exact && (!rc || rc == MDB_NOTFOUND)) {
        bool at_end = rc == MDB_NOTFOUND;
        rc = mdb_cursor_get(w->cursor, &key, &value, at_end ? MDB_LAST : MDB_PREV);
        if (!rc && !is_mine(w, key) && !at_end)
            rc = mdb_cursor_get(w->cursor, &key, &value, MDB_NEXT);
        else if (rc == MDB_NOTFOUND && !at_end)
            rc = mdb_cursor_get(w->cursor, &key, &value, MDB_FIRST);
    }
    if (rc == MDB_NOTFOUND || (!rc && !is_mine(w, key)))
        return AQ_OK;
    if (rc)
        return aq_txn_fail(w->txn, err, rc, "reading forms");
    enum aq_status st = enter(w, key, value, err);
    if (!st)
        st = read_first(w, found, err);
    while (!st && *found && aq_slice_cmp(w->name, from) < 0) {
        /* What shares more with this one than `from` does is below it, too. */
        st = read_form(w, aq_slice_common(w->name, from) + 1, found, err);
        if (!st && !*found)
            st = aq_forms_next(w, found, err);
    }
    w->shared = 0;
    return st;
}

/* Enters the next row; *shared is what its key and the last name have in common. */
static enum aq_status next_row(struct aq_forms_walk *w, size_t *shared, bool *found, struct aq_error *err)
{
    MDB_val key, value;
    *found = false;
    int rc = mdb_cursor_get(w->cursor, &key, &value, MDB_NEXT);
    if (rc == MDB_NOTFOUND || (!rc && !is_mine(w, key)))
        return AQ_OK;
    if (rc)
        return aq_txn_fail(w->txn, err, rc, "reading forms");
    *found = true;
    *shared = aq_slice_common(w->name, aq_slice((const uint8_t *)key.mv_data + 4, key.mv_size - 4));
    return enter(w, key, value, err);
}

enum aq_status aq_forms_next(struct aq_forms_walk *w, bool *found, struct aq_error *err)
{
    enum aq_status st = read_form(w, SIZE_MAX, found, err);
    if (st || *found)
        return st;
    size_t shared;
    st = next_row(w, &shared, found, err);
    if (st || !*found)
        return st;
    st = read_first(w, found, err);
    w->shared = shared;
    return st;
}

enum aq_status aq_forms_skip(struct aq_forms_walk *w, size_t keep, bool *found, struct aq_error *err)
{
    uint8_t prefix[AQ_FORM_NAME_MAX];
    size_t shared;
    if (keep > w->name.len)
        return aq_forms_next(w, found, err);
    memcpy(prefix, w->bytes, keep);
    enum aq_status st = read_form(w, keep, found, err);
    if (st || *found)
        return st;
    /* The next row may begin beyond; else rows are passed over by seeking. */
    st = next_row(w, &shared, found, err);
    if (st || !*found)
        return st;
    if (shared < keep) {
        st = read_first(w, found, err);
        w->shared = shared;
        return st;
    }
    struct aq_slice from = aq_slice(prefix, keep);
    while (from.len && prefix[from.len - 1] == 0xFF)
        from.len--;
    if (from.len == 0) { /* nothing begins beyond */
        *found = false;
        return AQ_OK;
    }
    prefix[from.len - 1]++;
    st = aq_forms_seek(w, from, found, err);
    prefix[from.len - 1]--;
    if (!st && *found)
        w->shared = aq_slice_common(aq_slice(prefix, keep), w->name);
    return st;
}

struct aq_slice aq_forms_plain(const struct aq_forms_walk *w)
{
    const uint8_t *end = w->accented ? memchr(w->bytes, 0, w->name.len) : NULL;
    return aq_slice(w->bytes, end ? (size_t)(end - w->bytes) : w->name.len);
}

struct aq_slice aq_forms_form(const struct aq_forms_walk *w)
{
    size_t plain = aq_forms_plain(w).len;
    return w->accented && plain < w->name.len ? aq_slice(w->bytes + plain + 1, w->name.len - plain - 1) : w->name;
}

struct aq_slice aq_forms_term(struct aq_forms_walk *w)
{
    size_t kept = aq_forms_plain(w).len - w->cut;
    memcpy(w->term, w->bytes, kept);
    if (w->tail.len)
        memcpy(w->term + kept, w->tail.ptr, w->tail.len);
    return aq_slice(w->term, kept + w->tail.len);
}
