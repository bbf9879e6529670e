/* parent_guess.c - see parent_guess.h. A reply quotes what it replies to, and with it often
 * what that quoted in turn: of the comments it quotes the latest is its parent. */
#include "parent_guess.h"

/* Numbers tell what was said first where dates do not: comments are added as they come. */
static bool before(struct aq_txn *t, uint32_t a, uint32_t b)
{
    int64_t x = aq_column_get(t, AQ_COL_DATE, a), y = aq_column_get(t, AQ_COL_DATE, b);
    if (x == AQ_NO_DATE || y == AQ_NO_DATE || x == y)
        return a < b;
    return x < y;
}

static bool may_be_parent(struct aq_txn *t, uint32_t source, uint32_t comment, uint32_t thread)
{
    return source != comment && source < t->state.next_comment &&
           aq_column_get(t, AQ_COL_THREAD, source) == thread && before(t, source, comment) &&
           (aq_column_get(t, AQ_COL_FLAGS, source) & AQ_LIVE);
}

enum aq_status aq_parent_guess(struct aq_set_reader *links, uint32_t comment, uint32_t thread, uint32_t *parent,
                               struct aq_error *err)
{
    uint8_t from[4];
    const uint8_t *entry;
    *parent = AQ_NO_COMMENT;
    aq_key32(from, comment);
    enum aq_status st = aq_set_seek(links, aq_slice(from, sizeof from), &entry, err);
    while (st == AQ_OK && entry && memcmp(entry, from, sizeof from) == 0) {
        uint32_t source = aq_link_read(entry).source;
        if (may_be_parent(links->txn, source, comment, thread) &&
            (*parent == AQ_NO_COMMENT || before(links->txn, *parent, source)))
            *parent = source;
        st = aq_set_next(links, &entry, err);
    }
    return st;
}
