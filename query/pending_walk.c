/* pending_walk.c - see pending_walk.h. */
#include "pending_walk.h"

enum aq_status aq_pending_damaged(struct aq_error *err)
{
    return aq_fail(err, AQ_CORRUPT, "a pending comment's record is damaged; `aq check` tells more");
}

enum aq_status aq_pending_walk(struct aq_txn *txn, aq_pending_visit *visit, void *context, struct aq_error *err)
{
    struct aq_walk walk;
    bool found, enough = false;
    if (txn->state.pend_comments == 0)
        return AQ_OK;
    enum aq_status st = aq_walk_open(txn, AQ_TABLE_PEND, false, &walk, err);
    if (st)
        return st;
    st = aq_walk_seek(&walk, (struct aq_slice){0}, &found, err);
    while (!st && found && !enough) {
        struct aq_pending record;
        bool sound = walk.key.len == 4 && aq_pending_parse(&record, walk.payload) == AQ_OK;
        st = sound ? visit(context, aq_unkey32(walk.key.ptr), &record, &enough, err) : aq_pending_damaged(err);
        if (!st && !enough)
            st = aq_walk_next(&walk, &found, err);
    }
    aq_walk_close(&walk);
    return st;
}
