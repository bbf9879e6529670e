/* store_segment.c - a segment's tables: postings and positions in databases of its
 * own, and its rows in norm, map and bits. It hands lists to postings.h unread, and
 * does not know what a merge is. */
#include "store_internal.h"

#include <stdio.h>

enum { BITS_BYTES = AQ_BITS_CHUNK / 8, TERM_MOST = AQ_KEY_BYTES - 1 };

static MDB_val val_of(const void *p, size_t n)
{
    MDB_val v = {n, NULL};
    memcpy(&v.mv_data, &p, sizeof v.mv_data);
    return v;
}

static MDB_val term_key(uint8_t key[AQ_KEY_BYTES], struct aq_slice term)
{
    key[0] = AQ_FIELD_TEXT;
    if (term.len)
        memcpy(key + 1, term.ptr, term.len);
    return (MDB_val){term.len + 1, key};
}

static enum aq_status fail_segment(struct aq_txn *t, const struct aq_segment *seg, const char *what,
                                   struct aq_error *err)
{
    return aq_fail(err, AQ_CORRUPT, "%s: segment %u: %s; run aq check, or rebuild the index", t->store->dir,
                   seg->info.id, what);
}

/* ---- lists ---- */

static bool is_short_list(MDB_val list)
{
    return list.mv_size > 0 && *(const uint8_t *)list.mv_data != 0;
}

static enum aq_status parse_list(struct aq_txn *t, const struct aq_segment *seg, MDB_val *key, MDB_val list,
                                 struct aq_slice term, struct aq_postings *p, struct aq_error *err)
{
    MDB_val positions = {0, NULL};
    /* A short list carries its positions inside: most lookups are spared. */
    int rc = is_short_list(list) ? MDB_NOTFOUND : mdb_get(t->txn, seg->positions, key, &positions);
    if (rc == MDB_NOTFOUND)
        positions = (MDB_val){0, NULL};
    else if (rc)
        return aq_txn_fail(t, err, rc, "reading positions");
    if (aq_postings_parse(p, term, aq_slice(list.mv_data, list.mv_size), aq_slice(positions.mv_data, positions.mv_size)))
        return fail_segment(t, seg, "a postings list is damaged", err);
    p->docid_limit = seg->info.passages;
    aq_will_need(t, list.mv_data, list.mv_size);
    return AQ_OK;
}

enum aq_status aq_segment_postings(struct aq_txn *t, const struct aq_segment *seg, struct aq_slice term,
                                   struct aq_postings *p, struct aq_error *err)
{
    uint8_t bytes[AQ_KEY_BYTES];
    MDB_val list;
    if (term.len > TERM_MOST)
        return AQ_NOTFOUND;
    MDB_val key = term_key(bytes, term);
    int rc = mdb_get(t->txn, seg->terms, &key, &list);
    if (rc == MDB_NOTFOUND)
        return AQ_NOTFOUND;
    if (rc)
        return aq_txn_fail(t, err, rc, "reading postings");
    return parse_list(t, seg, &key, list, term, p, err);
}

static enum aq_status term_walk_to(struct aq_term_walk *w, MDB_val key, MDB_cursor_op op, bool *found,
                                   struct aq_error *err)
{
    MDB_val list;
    *found = false;
    int rc = mdb_cursor_get(w->cursor, &key, &list, op);
    if (rc == MDB_NOTFOUND)
        return AQ_OK;
    if (rc)
        return aq_txn_fail(w->txn, err, rc, "walking terms");
    const uint8_t *bytes = key.mv_data;
    if (key.mv_size == 0 || bytes[0] != AQ_FIELD_TEXT)
        return AQ_OK;
    w->term = aq_slice(bytes + 1, key.mv_size - 1);
    *found = true;
    return parse_list(w->txn, w->segment, &key, list, w->term, &w->postings, err);
}

enum aq_status aq_term_walk_open(struct aq_txn *t, const struct aq_segment *seg, struct aq_slice from,
                                 struct aq_term_walk *w, bool *found, struct aq_error *err)
{
    uint8_t bytes[AQ_KEY_BYTES];
    *w = (struct aq_term_walk){.txn = t, .segment = seg};
    *found = false;
    if (from.len > TERM_MOST)
        from.len = TERM_MOST;
    int rc = mdb_cursor_open(t->txn, seg->terms, &w->cursor);
    if (rc) {
        w->cursor = NULL;
        return aq_txn_fail(t, err, rc, "walking terms");
    }
    return term_walk_to(w, term_key(bytes, from), MDB_SET_RANGE, found, err);
}

enum aq_status aq_term_walk_next(struct aq_term_walk *w, bool *found, struct aq_error *err)
{
    return term_walk_to(w, (MDB_val){0, NULL}, MDB_NEXT, found, err);
}

void aq_term_walk_close(struct aq_term_walk *w)
{
    if (w->cursor)
        mdb_cursor_close(w->cursor);
    w->cursor = NULL;
}

/* ---- map and bits: reading ---- */

void aq_segment_cache_forget(struct aq_segment_cache *c)
{
    aq_segment_cache_free(c);
    c->ordered = -1;
}

void aq_segment_cache_free(struct aq_segment_cache *c)
{
    free(c->map);
    for (unsigned k = 0; k < AQ_COUNT(c->bits); k++) {
        free(c->bits[k]);
        free(c->bits_known[k]);
    }
    *c = (struct aq_segment_cache){0};
}

/* NULL for a segment that is not one of the view's own. */
static struct aq_segment_cache *cache_of(struct aq_txn *t, const struct aq_segment *seg)
{
    if (seg < t->segments || seg >= t->segments + t->segment_count)
        return NULL;
    return &t->scratch->segment_caches[seg - t->segments];
}

static uint32_t chunks_of(uint32_t passages, uint32_t per)
{
    return passages / per + (passages % per != 0);
}

static void map_key(uint8_t key[8], uint32_t id, uint32_t chunk)
{
    aq_key32(key, id);
    aq_key32(key + 4, chunk);
}

const uint8_t *aq_segment_map(struct aq_txn *t, const struct aq_segment *seg, uint32_t chunk)
{
    struct aq_segment_cache *c = cache_of(t, seg);
    uint32_t chunks = chunks_of(seg->info.passages, AQ_MAP_CHUNK);
    uint8_t key[8];
    struct aq_slice rows;

    if (c && c->map && c->map[chunk])
        return c->map[chunk];
    uint32_t left = seg->info.passages - chunk * AQ_MAP_CHUNK;
    size_t want = (size_t)(left < AQ_MAP_CHUNK ? left : AQ_MAP_CHUNK) * AQ_MAP_ENTRY;
    map_key(key, seg->info.id, chunk);
    if (aq_get(t, AQ_TABLE_MAP, aq_slice(key, sizeof key), &rows) || rows.len != want)
        return NULL;
    /* A write may move small rows; one with pages of its own stays where it is,
     * since the segment's rows are never rewritten. */
    if (c && (!t->write || want > AQ_ROW_BYTES)) {
        if (!c->map) {
            c->map = calloc(chunks, sizeof *c->map);
            c->map_chunks = chunks;
        }
        if (c->map)
            c->map[chunk] = rows.ptr;
    }
    return rows.ptr;
}

static bool entry_at(struct aq_txn *t, const struct aq_segment *seg, uint32_t docid, uint32_t *comment,
                     uint32_t *ordinal)
{
    const uint8_t *rows = aq_segment_map(t, seg, docid / AQ_MAP_CHUNK);
    if (!rows)
        return false;
    rows += (size_t)(docid % AQ_MAP_CHUNK) * AQ_MAP_ENTRY;
    *comment = aq_load32(rows);
    *ordinal = aq_load16(rows + 4);
    return true;
}

enum aq_status aq_segment_locate(struct aq_txn *t, const struct aq_segment *seg, uint32_t docid, uint32_t *comment,
                                 uint32_t *ordinal)
{
    if (docid >= seg->info.passages || !entry_at(t, seg, docid, comment, ordinal))
        return AQ_CORRUPT;
    return AQ_OK;
}

bool aq_segment_ordered(struct aq_txn *t, const struct aq_segment *seg)
{
    struct aq_segment_cache *c = cache_of(t, seg);
    if (c && c->ordered >= 0)
        return c->ordered;
    bool ordered = !aq_order_exists(t, seg->info.id);
    if (c)
        c->ordered = ordered ? 1 : 0;
    return ordered;
}

/* The first docid whose comment is not below this one. */
static enum aq_status bisect_map(struct aq_txn *t, const struct aq_segment *seg, uint32_t comment, uint32_t *docid)
{
    uint32_t low = 0, high = seg->info.passages, at, ordinal;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (!entry_at(t, seg, middle, &at, &ordinal))
            return AQ_CORRUPT;
        if (at < comment)
            low = middle + 1;
        else
            high = middle;
    }
    *docid = low;
    return AQ_OK;
}

enum aq_status aq_segment_find(struct aq_txn *t, const struct aq_segment *seg, uint32_t comment, uint32_t *docid,
                               uint32_t *count)
{
    uint32_t low = 0, high, at, ordinal;
    bool ordered = aq_segment_ordered(t, seg);
    if (comment == AQ_NO_COMMENT)
        return AQ_NOTFOUND;
    enum aq_status st =
        ordered ? bisect_map(t, seg, comment, &low) : aq_order_find(t, seg->info.id, comment, &low);
    if (st)
        return st;
    for (high = low; high < seg->info.passages; high++) {
        if (!entry_at(t, seg, high, &at, &ordinal))
            return AQ_CORRUPT;
        if (at != comment)
            break;
    }
    if (high <= low) /* what the order index names must be there */
        return ordered ? AQ_NOTFOUND : AQ_CORRUPT;
    *docid = low;
    *count = high - low;
    return AQ_OK;
}

static void bits_key(uint8_t key[9], uint32_t id, enum aq_bits_kind kind, uint32_t chunk)
{
    aq_key32(key, id);
    key[4] = (uint8_t)kind;
    aq_key32(key + 5, chunk);
}

static const uint8_t *find_bits(struct aq_txn *t, uint32_t id, enum aq_bits_kind kind, uint32_t chunk)
{
    uint8_t key[9];
    struct aq_slice row;
    bits_key(key, id, kind, chunk);
    return aq_get(t, AQ_TABLE_BITS, aq_slice(key, sizeof key), &row) == AQ_OK && row.len == BITS_BYTES ? row.ptr
                                                                                                       : NULL;
}

const uint8_t *aq_segment_bits(struct aq_txn *t, const struct aq_segment *seg, enum aq_bits_kind kind,
                               uint32_t chunk)
{
    struct aq_segment_cache *c = t->write ? NULL : cache_of(t, seg);
    uint32_t chunks = chunks_of(seg->info.passages, AQ_BITS_CHUNK);
    if (chunk >= chunks || (unsigned)kind >= AQ_COUNT(c->bits))
        return NULL;
    if (!c)
        return find_bits(t, seg->info.id, kind, chunk);
    if (!c->bits[kind]) {
        c->bits[kind] = calloc(chunks, sizeof *c->bits[kind]);
        c->bits_known[kind] = calloc(chunks, 1);
        if (!c->bits[kind] || !c->bits_known[kind]) {
            free(c->bits[kind]);
            free(c->bits_known[kind]);
            c->bits[kind] = NULL;
            c->bits_known[kind] = NULL;
            return find_bits(t, seg->info.id, kind, chunk);
        }
        c->bits_chunks = chunks;
    }
    if (!c->bits_known[kind][chunk]) {
        c->bits[kind][chunk] = find_bits(t, seg->info.id, kind, chunk);
        c->bits_known[kind][chunk] = 1;
    }
    return c->bits[kind][chunk];
}

/* ---- writing ---- */

enum aq_status aq_segment_set_bit(struct aq_txn *t, uint32_t segment, enum aq_bits_kind kind, uint32_t docid,
                                  bool value, struct aq_error *err)
{
    uint8_t bits[BITS_BYTES];
    const uint8_t *stored = find_bits(t, segment, kind, docid / AQ_BITS_CHUNK);
    uint8_t mask = (uint8_t)(1u << (docid & 7));
    uint32_t at = docid % AQ_BITS_CHUNK / 8;

    if (stored)
        memcpy(bits, stored, sizeof bits);
    else
        memset(bits, 0, sizeof bits);
    if (((bits[at] & mask) != 0) == value)
        return AQ_OK;
    bits[at] ^= mask;
    return aq_segment_put_bits(t, segment, kind, docid / AQ_BITS_CHUNK, bits, err);
}

static enum aq_status make_segment(struct aq_txn *t, uint32_t id, bool make, struct aq_segment *seg,
                                   struct aq_error *err)
{
    struct aq_handles *h;
    *seg = (struct aq_segment){.info.id = id};
    if (!t->write)
        return aq_fail(err, AQ_INVALID, "%s: a segment is written in a write transaction", t->store->dir);
    enum aq_status st = aq_txn_handles(t, id, make, &h, err);
    if (st == AQ_NOTFOUND)
        return aq_fail(err, st, "%s: there is no segment %u", t->store->dir, id);
    if (st)
        return st;
    seg->terms = h->terms;
    seg->positions = h->positions;
    return AQ_OK;
}

enum aq_status aq_segment_create(struct aq_txn *t, uint32_t id, struct aq_segment *seg, struct aq_error *err)
{
    return make_segment(t, id, true, seg, err);
}

enum aq_status aq_segment_reopen(struct aq_txn *t, uint32_t id, struct aq_segment *seg, struct aq_error *err)
{
    return make_segment(t, id, false, seg, err);
}

enum aq_status aq_segment_append(struct aq_txn *t, const struct aq_segment *seg, struct aq_slice term,
                                 struct aq_slice list, struct aq_slice positions, struct aq_error *err)
{
    uint8_t bytes[AQ_KEY_BYTES];
    if (term.len > TERM_MOST)
        return aq_fail(err, AQ_INVALID, "%s: a term of %zu bytes is too long", t->store->dir, term.len);
    MDB_val key = term_key(bytes, term);
    MDB_val value = val_of(list.ptr, list.len);
    int rc = mdb_put(t->txn, seg->terms, &key, &value, MDB_APPEND);
    if (!rc && positions.len) {
        value = val_of(positions.ptr, positions.len);
        rc = mdb_put(t->txn, seg->positions, &key, &value, MDB_APPEND);
    }
    if (rc == MDB_KEYEXIST)
        return aq_fail(err, AQ_INVALID, "%s: the terms of a segment must be appended in ascending order",
                       t->store->dir);
    return rc ? aq_txn_fail(t, err, rc, "writing postings") : AQ_OK;
}

enum aq_status aq_segment_put_lengths(struct aq_txn *t, uint32_t id, struct aq_slice lengths, struct aq_error *err)
{
    uint8_t key[4];
    aq_key32(key, id);
    return aq_put(t, AQ_TABLE_NORM, aq_slice(key, sizeof key), lengths, err);
}

enum aq_status aq_segment_put_map(struct aq_txn *t, uint32_t id, uint32_t chunk, struct aq_slice rows,
                                  struct aq_error *err)
{
    uint8_t key[8];
    if (rows.len == 0 || rows.len % AQ_MAP_ENTRY || rows.len > (size_t)AQ_MAP_CHUNK * AQ_MAP_ENTRY || chunk == AQ_MAP_ORDER)
        return aq_fail(err, AQ_INVALID, "%s: a map chunk has 1 to %d entries of %d bytes", t->store->dir, AQ_MAP_CHUNK,
                       AQ_MAP_ENTRY);
    map_key(key, id, chunk);
    return aq_put(t, AQ_TABLE_MAP, aq_slice(key, sizeof key), rows, err);
}

enum aq_status aq_segment_put_bits(struct aq_txn *t, uint32_t id, enum aq_bits_kind kind, uint32_t chunk,
                                   const uint8_t bits[AQ_BITS_CHUNK / 8], struct aq_error *err)
{
    uint8_t key[9];
    bits_key(key, id, kind, chunk);
    return aq_put(t, AQ_TABLE_BITS, aq_slice(key, sizeof key), aq_slice(bits, BITS_BYTES), err);
}

enum aq_status aq_segment_list(struct aq_txn *t, const struct aq_segment_info *info, struct aq_error *err)
{
    struct aq_buf b = {0};
    uint8_t key[4];
    aq_key32(key, info->id);
    enum aq_status st = aq_segment_info_encode(&b, info)
                            ? aq_fail_nomem(err)
                            : aq_put(t, AQ_TABLE_SEG, aq_slice(key, sizeof key), aq_slice(b.ptr, b.len), err);
    aq_buf_free(&b);
    return st;
}

enum aq_status aq_segment_drop(struct aq_txn *t, uint32_t id, struct aq_error *err)
{
    static const enum aq_table tables[] = {AQ_TABLE_SEG, AQ_TABLE_NORM, AQ_TABLE_MAP, AQ_TABLE_BITS, AQ_TABLE_FORM};
    uint8_t key[4];
    if (!t->write)
        return aq_fail(err, AQ_INVALID, "%s: a segment is dropped in a write transaction", t->store->dir);
    enum aq_status st = aq_txn_drop_databases(t, id, err);
    aq_key32(key, id);
    for (size_t i = 0; i < AQ_COUNT(tables) && st == AQ_OK; i++)
        st = aq_del_prefix(t, tables[i], aq_slice(key, sizeof key), err);
    return st;
}
