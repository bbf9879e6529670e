/* store_column.c - one fixed-width value a comment and column, in rows of
 * consecutive comments. A row ends with its last value that was ever set. Readers
 * remember where each row is for as long as the snapshot stays; a write
 * transaction works on copies and stores the changed ones at its commit. */
#include "store_internal.h"

const uint8_t aq_column_width[AQ_COLUMN_COUNT] = {
    [AQ_COL_FLAGS] = 2,  [AQ_COL_SCORE] = 4, [AQ_COL_AUTHOR] = 4, [AQ_COL_THREAD] = 4,
    [AQ_COL_PARENT] = 4, [AQ_COL_TAGS] = 4,  [AQ_COL_DATE] = 8,   [AQ_COL_DIGEST] = 8,
    [AQ_COL_SOURCE] = 4,
};

enum { PER_CHUNK_2 = AQ_ROW_PAYLOAD / 2, PER_CHUNK_4 = AQ_ROW_PAYLOAD / 4, PER_CHUNK_8 = AQ_ROW_PAYLOAD / 8 };

static const int64_t none_value[AQ_COLUMN_COUNT] = {
    [AQ_COL_SCORE] = AQ_NO_SCORE,    [AQ_COL_AUTHOR] = AQ_NO_COMMENT, [AQ_COL_THREAD] = AQ_NO_COMMENT,
    [AQ_COL_PARENT] = AQ_NO_COMMENT, [AQ_COL_TAGS] = AQ_NO_COMMENT,   [AQ_COL_DATE] = AQ_NO_DATE,
    [AQ_COL_SOURCE] = AQ_NO_COMMENT,
};

uint32_t aq_column_per_chunk(enum aq_column column)
{
    return AQ_ROW_PAYLOAD / aq_column_width[column];
}

static inline int64_t value_at(enum aq_column column, const uint8_t *values, uint32_t index)
{
    switch (aq_column_width[column]) {
    case 2:
        return aq_load16(values + (size_t)index * 2);
    case 4: {
        uint32_t v = aq_load32(values + (size_t)index * 4);
        return column == AQ_COL_SCORE ? (int64_t)(int32_t)v : (int64_t)v;
    }
    default:
        return (int64_t)aq_load64(values + (size_t)index * 8);
    }
}

static void store_at(enum aq_column column, uint8_t *values, uint32_t index, int64_t value)
{
    switch (aq_column_width[column]) {
    case 2:
        aq_store16(values + (size_t)index * 2, (uint16_t)value);
        break;
    case 4:
        aq_store32(values + (size_t)index * 4, (uint32_t)value);
        break;
    default:
        aq_store64(values + (size_t)index * 8, (uint64_t)value);
    }
}

static void row_key(uint8_t key[5], enum aq_column column, uint32_t chunk)
{
    key[0] = (uint8_t)column;
    aq_key32(key + 1, chunk);
}

/* The stored row, values and count; count 0 when there is none. */
static void find_row(struct aq_txn *t, enum aq_column column, uint32_t chunk, struct aq_column_row *row)
{
    uint8_t key[5];
    struct aq_slice payload;
    uint8_t width = aq_column_width[column];
    row_key(key, column, chunk);
    *row = (struct aq_column_row){.known = true};
    if (aq_get(t, AQ_TABLE_COL, aq_slice(key, sizeof key), &payload) == AQ_OK && payload.len % width == 0 &&
        payload.len <= AQ_ROW_PAYLOAD) {
        row->values = payload.ptr;
        row->count = (uint32_t)(payload.len / width);
    }
}

static bool make_slots(struct aq_column_chunks *c, enum aq_column column, size_t need)
{
    size_t old = c->cap[column];
    if (!aq_grow(&c->rows[column], &c->cap[column], need, sizeof **c->rows))
        return false;
    memset(c->rows[column] + old, 0, (c->cap[column] - old) * sizeof **c->rows);
    return true;
}

/* A copy of a row with room for all its values. */
static bool own_row(struct aq_txn *t, struct aq_column_row *row, uint8_t width)
{
    uint8_t *copy = aq_arena_alloc(&t->scratch->columns.copies, AQ_ROW_PAYLOAD);
    if (!copy)
        return false;
    if (row->count)
        memcpy(copy, row->values, (size_t)row->count * width);
    row->values = copy;
    return true;
}

/* Finds a row and remembers it, if there is memory for that. */
static struct aq_column_row look_for_row(struct aq_txn *t, enum aq_column column, uint32_t chunk)
{
    struct aq_column_chunks *c = &t->scratch->columns;
    struct aq_column_row row;
    find_row(t, column, chunk, &row);
    if (make_slots(c, column, (size_t)chunk + 1) && (!t->write || own_row(t, &row, aq_column_width[column])))
        c->rows[column][chunk] = row;
    return row;
}

static int64_t get_slowly(struct aq_txn *t, enum aq_column column, uint32_t comment, uint32_t chunk, uint32_t index)
{
    /* What was set beyond next_comment in this transaction has a slot already. */
    if (comment >= t->state.next_comment)
        return none_value[column];
    struct aq_column_row row = look_for_row(t, column, chunk);
    return index < row.count ? value_at(column, row.values, index) : none_value[column];
}

const uint8_t *aq_column_values(struct aq_txn *t, enum aq_column column, uint32_t chunk, uint32_t *count)
{
    const struct aq_column_chunks *c = &t->scratch->columns;
    bool known = chunk < c->cap[column] && c->rows[column][chunk].known;
    struct aq_column_row row = known ? c->rows[column][chunk] : look_for_row(t, column, chunk);
    *count = row.count;
    return row.count ? row.values : NULL;
}

int64_t aq_column_get(struct aq_txn *t, enum aq_column column, uint32_t comment)
{
    const struct aq_column_chunks *c = &t->scratch->columns;
    uint32_t chunk, index;
    switch (aq_column_width[column]) { /* so that each division is by a constant */
    case 2:
        chunk = comment / PER_CHUNK_2;
        index = comment % PER_CHUNK_2;
        break;
    case 4:
        chunk = comment / PER_CHUNK_4;
        index = comment % PER_CHUNK_4;
        break;
    default:
        chunk = comment / PER_CHUNK_8;
        index = comment % PER_CHUNK_8;
    }
    if (AQ_LIKELY(chunk < c->cap[column])) {
        const struct aq_column_row *row = &c->rows[column][chunk];
        if (AQ_LIKELY(index < row->count))
            return value_at(column, row->values, index);
        if (row->known)
            return none_value[column];
    }
    return get_slowly(t, column, comment, chunk, index);
}

enum aq_status aq_column_set(struct aq_txn *t, enum aq_column column, uint32_t comment, int64_t value,
                             struct aq_error *err)
{
    struct aq_column_chunks *c = &t->scratch->columns;
    uint32_t per = aq_column_per_chunk(column), chunk = comment / per, index = comment % per;
    if (!t->write || comment == AQ_NO_COMMENT)
        return aq_fail(err, AQ_INVALID, "%s: a column is set in a write transaction, for a numbered comment",
                       t->store->dir);
    if (!make_slots(c, column, (size_t)chunk + 1))
        return aq_fail_nomem(err);
    struct aq_column_row *row = &c->rows[column][chunk];
    if (!row->known) {
        struct aq_column_row found;
        find_row(t, column, chunk, &found);
        if (!own_row(t, &found, aq_column_width[column]))
            return aq_fail_nomem(err);
        *row = found;
    }
    uint8_t *values;
    memcpy(&values, &row->values, sizeof values); /* this transaction's own copy */
    for (; row->count < index; row->count++)
        store_at(column, values, row->count, none_value[column]);
    store_at(column, values, index, value);
    if (row->count == index)
        row->count++;
    row->dirty = true;
    c->any_dirty = true;
    return AQ_OK;
}

enum aq_status aq_columns_store(struct aq_txn *t, struct aq_error *err)
{
    struct aq_column_chunks *c = &t->scratch->columns;
    uint8_t key[5];
    if (!c->any_dirty)
        return AQ_OK;
    for (unsigned column = 0; column < AQ_COLUMN_COUNT; column++)
        for (size_t chunk = 0; chunk < c->cap[column]; chunk++) {
            struct aq_column_row *row = &c->rows[column][chunk];
            if (!row->dirty)
                continue;
            row_key(key, (enum aq_column)column, (uint32_t)chunk);
            enum aq_status st = aq_put(t, AQ_TABLE_COL, aq_slice(key, sizeof key),
                                       aq_slice(row->values, (size_t)row->count * aq_column_width[column]), err);
            if (st)
                return st;
            row->dirty = false;
        }
    c->any_dirty = false;
    return AQ_OK;
}

void aq_columns_forget(struct aq_column_chunks *c)
{
    for (unsigned i = 0; i < AQ_COLUMN_COUNT; i++)
        if (c->cap[i])
            memset(c->rows[i], 0, c->cap[i] * sizeof **c->rows);
    aq_arena_reset(&c->copies);
    c->any_dirty = false;
}

void aq_columns_free(struct aq_column_chunks *c)
{
    for (unsigned i = 0; i < AQ_COLUMN_COUNT; i++)
        free(c->rows[i]);
    aq_arena_free(&c->copies);
    *c = (struct aq_column_chunks){0};
}
