/* group.c - see group.h. */
#include "group.h"

enum aq_status aq_collector_init(struct aq_collector *c, struct aq_txn *txn, const struct aq_filter *filter,
                                 enum aq_group group, enum aq_sort sort, uint32_t k, bool tiered,
                                 struct aq_error *err)
{
    *c = (struct aq_collector){.txn = txn,
                               .filter = filter,
                               .group = group,
                               .sort = sort,
                               .tiered = tiered,
                               .comment = AQ_NO_COMMENT};
    aq_topk_init(&c->best, k, group == AQ_GROUP_THREAD || group == AQ_GROUP_AUTHOR);
    if (group == AQ_GROUP_THREAD || group == AQ_GROUP_AUTHOR) {
        /* One place more: comments without an author are a group. */
        c->count_size = (group == AQ_GROUP_THREAD ? txn->state.next_thread : txn->state.next_author) + 1;
        c->counts = calloc(c->count_size, sizeof *c->counts);
        if (!c->counts)
            return aq_fail_nomem(err);
    }
    return AQ_OK;
}

void aq_collector_free(struct aq_collector *c)
{
    aq_topk_free(&c->best);
    free(c->counts);
    *c = (struct aq_collector){0};
}

/* Passages of a comment are consecutive docids of one leaf: its group is whole
 * when another comment comes. */
static void end_comment(struct aq_collector *c)
{
    if (c->group == AQ_GROUP_COMMENT && c->matches) {
        c->groups++;
        c->current.matches = c->matches;
        aq_topk_offer(&c->best, &c->current);
    }
    c->matches = 0;
}

static void begin_comment(struct aq_collector *c, uint32_t comment)
{
    end_comment(c);
    c->comment = comment;
    c->passes = !c->filter->active || aq_filter_passes(c->filter, c->txn, comment);
    if (!c->passes)
        return;
    c->primary = c->sort == AQ_SORT_DATE    ? aq_column_get(c->txn, AQ_COL_DATE, comment)
                 : c->sort == AQ_SORT_SCORE ? aq_column_get(c->txn, AQ_COL_SCORE, comment)
                                            : 0;
    c->number = comment;
    if (c->counts) {
        int64_t number = aq_column_get(c->txn, c->group == AQ_GROUP_THREAD ? AQ_COL_THREAD : AQ_COL_AUTHOR, comment);
        c->number = number >= 0 && number < c->count_size - 1 ? (uint32_t)number : c->count_size - 1;
    }
}

void aq_collect(struct aq_collector *c, struct aq_leaf *leaf, uint32_t docid, double score, bool all_words)
{
    uint32_t comment, ordinal;
    if (AQ_UNLIKELY(!aq_leaf_locate(leaf, docid, &comment, &ordinal))) {
        c->corrupt = true;
        return;
    }
    if (comment != c->comment)
        begin_comment(c, comment);
    if (!c->passes)
        return;
    c->passages++;
    c->matches++;
    bool quote = aq_bit(aq_leaf_chunk_of(leaf, docid)->quote, docid);
    struct aq_candidate x = {.primary = c->primary,
                             .score = score,
                             .comment = comment,
                             .ordinal = ordinal,
                             .group = c->number,
                             .tier = (uint8_t)((c->tiered && !all_words ? AQ_TIER_SOME_WORDS : 0) |
                                               (quote ? AQ_TIER_QUOTE : 0)),
                             .all_words = all_words};
    if (c->group == AQ_GROUP_COMMENT) {
        if (c->matches == 1 || aq_candidate_before(&x, &c->current))
            c->current = x;
        return;
    }
    if (c->counts && c->counts[c->number]++ == 0)
        c->groups++;
    aq_topk_offer(&c->best, &x);
}

void aq_collector_leaf_end(struct aq_collector *c)
{
    end_comment(c);
    c->comment = AQ_NO_COMMENT;
}

enum aq_status aq_collector_finish(struct aq_collector *c, const struct aq_candidate **hits, size_t *count,
                                   struct aq_error *err)
{
    if (c->best.failed)
        return aq_fail_nomem(err);
    if (c->corrupt)
        return aq_fail(err, AQ_CORRUPT, "a segment's passage map is damaged; `aq check` tells more");
    if (c->group == AQ_GROUP_NONE)
        c->groups = c->passages;
    *hits = aq_topk_finish(&c->best, count);
    for (size_t i = 0; i < *count && c->counts; i++)
        c->best.heap[i].matches = c->counts[c->best.heap[i].group];
    return AQ_OK;
}
