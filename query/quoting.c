/* quoting.c - see quoting.h. */
#include "quoting.h"

/* ---- what a comment quotes ---- */

static enum aq_status name_source(struct aq_txn *txn, struct aq_passage_view *p, struct aq_arena *arena,
                                  struct aq_error *err)
{
    struct aq_slice name;
    int64_t author = aq_column_get(txn, AQ_COL_AUTHOR, p->source);
    enum aq_status st = aq_reader_id(txn, p->source, arena, &p->source_id, err);
    if (st || author == (int64_t)AQ_NO_COMMENT)
        return st;
    st = aq_name_get(txn, AQ_ID_AUTHOR, (uint32_t)author, &name);
    if (st)
        return aq_fail(err, st, "the author of comment %u cannot be read; `aq check` tells more", p->source);
    p->source_author = aq_arena_copy(arena, name);
    return p->source_author.ptr ? AQ_OK : aq_fail_nomem(err);
}

enum aq_status aq_quoting_fill(struct aq_txn *txn, uint32_t comment, struct aq_passage_view *passages, uint32_t count,
                               struct aq_arena *arena, struct aq_error *err)
{
    struct aq_set_reader r;
    uint8_t from[4];
    const uint8_t *entry;
    const struct aq_passage_view *before = NULL;
    aq_key32(from, comment);
    enum aq_status st = aq_set_open(txn, AQ_TABLE_LINK, &r, err);
    if (!st)
        st = aq_set_seek(&r, aq_slice(from, sizeof from), &entry, err);
    for (; !st && entry && memcmp(entry, from, 4) == 0; st = aq_set_next(&r, &entry, err)) {
        struct aq_link link = aq_link_read(entry);
        if (link.ordinal >= count || link.source >= txn->state.next_comment) {
            st = aq_fail(err, AQ_CORRUPT, "what comment %u quotes cannot be read; `aq check` tells more", comment);
            break;
        }
        struct aq_passage_view *p = &passages[link.ordinal];
        p->source = link.source;
        p->coverage = link.coverage;
        if (before && before->source == p->source) {
            p->source_id = before->source_id;
            p->source_author = before->source_author;
        } else if ((st = name_source(txn, p, arena, err)) != AQ_OK) {
            break;
        }
        before = p;
    }
    aq_set_close(&r);
    return st;
}

/* ---- who quotes it ---- */

enum aq_status aq_quoters(struct aq_txn *txn, uint32_t comment, struct aq_buf *numbers, uint32_t *count,
                          struct aq_error *err)
{
    struct aq_set_reader r;
    uint8_t from[4];
    const uint8_t *entry;
    uint32_t last = AQ_NO_COMMENT;
    *count = 0;
    aq_key32(from, comment);
    enum aq_status st = aq_set_open(txn, AQ_TABLE_QUOTED, &r, err);
    if (!st)
        st = aq_set_seek(&r, aq_slice(from, sizeof from), &entry, err);
    for (; !st && entry && memcmp(entry, from, 4) == 0; st = aq_set_next(&r, &entry, err)) {
        uint32_t by = aq_unkey32(entry + 4);
        if (by == last)
            continue;
        last = by;
        ++*count;
        if (numbers)
            aq_buf_put(numbers, &by, sizeof by);
    }
    aq_set_close(&r);
    if (!st && numbers && numbers->failed)
        st = aq_fail_nomem(err);
    return st;
}

enum aq_status aq_quoted(struct aq_txn *txn, uint32_t comment, struct aq_buf *numbers, struct aq_error *err)
{
    struct aq_set_reader r;
    uint8_t from[4];
    const uint8_t *entry;
    aq_key32(from, comment);
    enum aq_status st = aq_set_open(txn, AQ_TABLE_LINK, &r, err);
    if (!st)
        st = aq_set_seek(&r, aq_slice(from, sizeof from), &entry, err);
    for (; !st && entry && memcmp(entry, from, 4) == 0; st = aq_set_next(&r, &entry, err)) {
        uint32_t source = aq_link_read(entry).source;
        aq_buf_put(numbers, &source, sizeof source);
    }
    aq_set_close(&r);
    return !st && numbers->failed ? aq_fail_nomem(err) : st;
}
