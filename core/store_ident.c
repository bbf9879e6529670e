/* store_ident.c - the external ids of comments, by number: rows of ids that follow
 * one another, each written as it differs from the one before (id.h). An id never
 * changes, so rows are only ever appended to; compaction makes them anew.
 *
 *   row    = bytes base, entry{count}, offset u16{groups - 1}, count u16
 *   entry  = relative id | 7f: purged, and the next one is relative to the one before
 *
 * The first id of each group of sixteen is relative to the base, so that one is read
 * without those of the groups before; offsets say where they begin. */
#include "store_internal.h"

enum { PURGED = 0x7f, COUNT_BYTES = 2, OFFSET_BYTES = 2 };

static uint32_t groups_of(uint32_t count)
{
    return (count + AQ_IDENT_GROUP - 1) / AQ_IDENT_GROUP;
}

/* ---- reading ---- */

enum aq_status aq_ident_parse(struct aq_ident_row *row, struct aq_slice payload)
{
    if (payload.len < COUNT_BYTES)
        return AQ_CORRUPT;
    row->count = aq_load16(payload.ptr + payload.len - COUNT_BYTES);
    size_t tail = row->count ? COUNT_BYTES + OFFSET_BYTES * (size_t)(groups_of(row->count) - 1) : SIZE_MAX;
    if (tail > payload.len)
        return AQ_CORRUPT;
    row->groups = aq_slice(payload.ptr + payload.len - tail, tail - COUNT_BYTES);
    struct aq_reading r = aq_reading_of(aq_slice(payload.ptr, payload.len - tail));
    struct aq_slice base = aq_read_bytes(&r);
    if (r.bad || !aq_id_set(&row->base, base))
        return AQ_CORRUPT;
    row->entries = aq_slice(r.p, aq_reading_left(&r));
    return AQ_OK;
}

/* Where group number `group` begins; beyond the entries' end when its offset is wrong. */
static size_t offset_of(const struct aq_ident_row *row, uint32_t group)
{
    return group ? aq_load16(row->groups.ptr + OFFSET_BYTES * (size_t)(group - 1)) : 0;
}

/* Steps over one entry; *id stays as it is where that is purged. */
static bool read_entry(struct aq_reading *r, struct aq_id *id)
{
    if (aq_reading_left(r) && *r->p == PURGED) {
        r->p++;
        return false;
    }
    aq_id_decode(r, id);
    return true;
}

enum aq_status aq_ident_at(const struct aq_ident_row *row, uint32_t index, struct aq_id *id)
{
    struct aq_reading r = aq_reading_of(row->entries);
    size_t offset = offset_of(row, index / AQ_IDENT_GROUP);
    bool any = false;
    id->len = 0;
    if (offset > row->entries.len)
        return AQ_CORRUPT;
    r.p += offset;
    aq_id_set(id, aq_id_slice(&row->base));
    for (uint32_t i = 0; i <= index % AQ_IDENT_GROUP; i++)
        any = read_entry(&r, id);
    if (!any || r.bad)
        id->len = 0;
    return r.bad || (any && id->len == 0) ? AQ_CORRUPT : AQ_OK;
}

enum aq_status aq_ident_count(struct aq_slice payload, uint32_t *comments)
{
    struct aq_ident_row row;
    struct aq_id id;
    *comments = 0;
    if (aq_ident_parse(&row, payload))
        return AQ_CORRUPT;
    struct aq_reading r = aq_reading_of(row.entries);
    id.len = 0;
    for (uint32_t i = 0; i < row.count && !r.bad; i++) {
        if (i % AQ_IDENT_GROUP == 0) {
            if ((size_t)(r.p - row.entries.ptr) != offset_of(&row, i / AQ_IDENT_GROUP))
                return AQ_CORRUPT;
            aq_id_set(&id, aq_id_slice(&row.base));
        }
        if (read_entry(&r, &id) && id.len == 0)
            return AQ_CORRUPT;
    }
    if (r.bad || r.p != r.end)
        return AQ_CORRUPT;
    *comments = row.count;
    return AQ_OK;
}

static enum aq_status fail_row(struct aq_txn *t, uint32_t first, struct aq_error *err)
{
    return aq_fail(err, AQ_CORRUPT, "%s: the ids from comment %u on are damaged; run aq check, or rebuild the index",
                   t->store->dir, first);
}

enum aq_status aq_ident_get(struct aq_txn *t, uint32_t comment, struct aq_id *id, struct aq_error *err)
{
    struct aq_ident_row row;
    struct aq_slice payload;
    uint32_t first = 0;
    id->len = 0;
    enum aq_status st = !t->write && comment >= t->state.next_comment
                            ? AQ_NOTFOUND
                            : aq_row_at(t, AQ_TABLE_IDENT, comment, &first, &payload, err);
    if (st == AQ_OK) {
        if (aq_ident_parse(&row, payload))
            return fail_row(t, first, err);
        st = comment - first < row.count ? AQ_OK : AQ_NOTFOUND;
    }
    if (st == AQ_OK && aq_ident_at(&row, comment - first, id))
        return fail_row(t, first, err);
    if (st == AQ_OK && id->len == 0)
        st = AQ_NOTFOUND;
    return st == AQ_NOTFOUND ? aq_fail(err, st, "%s has no id of comment %u", t->store->dir, comment) : st;
}

/* ---- writing ---- */

/* Goes on with a stored row. */
static enum aq_status resume(struct aq_ident_writer *w, uint32_t first, struct aq_slice payload, struct aq_error *err)
{
    struct aq_ident_row row;
    if (aq_ident_parse(&row, payload))
        return fail_row(w->txn, first, err);
    w->first = first;
    w->next = first + row.count;
    aq_id_set(&w->base, aq_id_slice(&row.base));
    aq_buf_put(&w->entries, row.entries.ptr, row.entries.len);
    aq_buf_put(&w->groups, row.groups.ptr, row.groups.len);
    if (w->entries.failed || w->groups.failed)
        return aq_fail_nomem(err);
    /* The last id that is there: those purged after it are relative to nothing. */
    uint32_t index = row.count - 1;
    enum aq_status st = aq_ident_at(&row, index, &w->last);
    while (st == AQ_OK && w->last.len == 0 && index % AQ_IDENT_GROUP)
        st = aq_ident_at(&row, --index, &w->last);
    if (st)
        return fail_row(w->txn, first, err);
    if (w->last.len == 0)
        aq_id_set(&w->last, aq_id_slice(&w->base));
    return AQ_OK;
}

enum aq_status aq_ident_begin(struct aq_txn *t, struct aq_ident_writer *w, struct aq_error *err)
{
    struct aq_slice payload;
    uint32_t first;
    w->txn = t;
    w->first = w->next = 0;
    w->base.len = w->last.len = 0;
    w->entries = w->groups = (struct aq_buf){0};
    w->changed = false;
    enum aq_status st = aq_row_at(t, AQ_TABLE_IDENT, UINT32_MAX, &first, &payload, err);
    if (st == AQ_OK)
        st = resume(w, first, payload, err);
    return st == AQ_NOTFOUND ? AQ_OK : st;
}

static enum aq_status put_row(struct aq_ident_writer *w, struct aq_error *err)
{
    struct aq_buf row = {0};
    uint8_t key[4];
    aq_buf_bytes(&row, aq_id_slice(&w->base));
    aq_buf_put(&row, w->entries.ptr, w->entries.len);
    aq_buf_put(&row, w->groups.ptr, w->groups.len);
    aq_buf_u16(&row, (uint16_t)(w->next - w->first));
    aq_key32(key, w->first);
    enum aq_status st = row.failed ? aq_fail_nomem(err)
                                   : aq_put(w->txn, AQ_TABLE_IDENT, aq_slice(key, sizeof key),
                                            aq_slice(row.ptr, row.len), err);
    aq_buf_free(&row);
    w->changed = false;
    return st;
}

static bool row_fits(const struct aq_ident_writer *w)
{
    size_t head = w->base.len + (w->base.len < 0x80 ? 1 : 2);
    return head + w->entries.len + w->groups.len + COUNT_BYTES <= AQ_ROW_PAYLOAD;
}

/* Puts one entry at the row's end. */
static void append(struct aq_ident_writer *w, struct aq_slice id)
{
    uint32_t index = w->next - w->first;
    if (w->base.len == 0) /* so far all were purged */
        aq_id_set(&w->base, id);
    if (index % AQ_IDENT_GROUP == 0 && index)
        aq_buf_u16(&w->groups, (uint16_t)w->entries.len);
    if (index % AQ_IDENT_GROUP == 0 || w->last.len == 0)
        aq_id_set(&w->last, aq_id_slice(&w->base));
    if (id.len == 0) {
        aq_buf_u8(&w->entries, PURGED);
        return;
    }
    aq_id_encode(&w->entries, aq_id_slice(&w->last), id);
    aq_id_set(&w->last, id);
}

enum aq_status aq_ident_add(struct aq_ident_writer *w, struct aq_slice id, struct aq_error *err)
{
    size_t entries = w->entries.len, groups = w->groups.len;
    bool based = w->base.len > 0;
    if (id.len > AQ_MAX_ID || w->next == AQ_NO_COMMENT)
        return aq_fail(err, AQ_INVALID, "%s: comment %u cannot have an id of %zu bytes", w->txn->store->dir, w->next,
                       id.len);
    append(w, id);
    if (!row_fits(w)) {
        w->entries.len = entries;
        w->groups.len = groups;
        if (!based)
            w->base.len = 0;
        enum aq_status st = w->changed ? put_row(w, err) : AQ_OK;
        if (st)
            return st;
        aq_buf_clear(&w->entries);
        aq_buf_clear(&w->groups);
        w->first = w->next;
        w->base.len = w->last.len = 0;
        append(w, id);
    }
    if (w->entries.failed || w->groups.failed)
        return aq_fail_nomem(err);
    w->next++;
    w->changed = true;
    return AQ_OK;
}

enum aq_status aq_ident_finish(struct aq_ident_writer *w, struct aq_error *err)
{
    enum aq_status st = w->changed ? put_row(w, err) : AQ_OK;
    aq_ident_abandon(w);
    return st;
}

void aq_ident_abandon(struct aq_ident_writer *w)
{
    aq_buf_free(&w->entries);
    aq_buf_free(&w->groups);
    w->changed = false;
}
