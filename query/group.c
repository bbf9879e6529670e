/* group.c - see group.h. */
#include "group.h"

#define NO_FLOOR 255

enum aq_status aq_collector_init(struct aq_collector *c, struct aq_txn *txn, const struct aq_filter *filter,
                                 enum aq_group group, enum aq_sort sort, uint32_t k, bool tiered,
                                 struct aq_error *err)
{
    bool many = group == AQ_GROUP_THREAD || group == AQ_GROUP_AUTHOR; /* comments to a group */
    *c = (struct aq_collector){.txn = txn,
                               .filter = filter,
                               .group = group,
                               .sort = sort,
                               .tiered = tiered,
                               .below = AQ_NO_COMMENT,
                               .facts = many || filter->active || sort != AQ_SORT_RELEVANCE,
                               .passes = true,
                               .counts = true,
                               .enough = UINT64_MAX,
                               .comment = AQ_NO_COMMENT,
                               .floor_tier = NO_FLOOR};
    aq_topk_init(&c->best, k, many);
    if (many) {
        /* One place more: comments without an author are a group. */
        c->group_count_size = (group == AQ_GROUP_THREAD ? txn->state.next_thread : txn->state.next_author) + 1;
        c->group_counts = calloc(c->group_count_size, sizeof *c->group_counts);
        if (!c->group_counts)
            return aq_fail_nomem(err);
    }
    return AQ_OK;
}

void aq_collector_bound(struct aq_collector *c, uint32_t below)
{
    c->below = below;
    c->facts |= below < c->txn->state.next_comment;
}

void aq_collector_facets(struct aq_collector *c, struct aq_facets *facets)
{
    c->facets = facets;
    c->facts = true;
}

void aq_collector_rank(struct aq_collector *c, uint64_t enough)
{
    c->ranking = true;
    c->enough = enough;
    c->best.by_group = true; /* ungrouped, each passage is one: it may be met twice */
}

void aq_collector_free(struct aq_collector *c)
{
    aq_topk_free(&c->best);
    free(c->group_counts);
    *c = (struct aq_collector){0};
}

static void offer(struct aq_collector *c, const struct aq_candidate *x)
{
    aq_topk_offer(&c->best, x);
    const struct aq_candidate *worst = aq_topk_worst(&c->best);
    if (worst && c->sort == AQ_SORT_RELEVANCE) {
        c->floor_tier = worst->tier;
        c->floor_score = worst->score;
    }
}

/* Passages of a comment come together: it is whole when another comes. */
static void end_comment(struct aq_collector *c)
{
    if (c->waits) {
        c->current.matches = c->matches;
        offer(c, &c->current);
    }
    c->waits = false;
}

void aq_collector_turn(struct aq_collector *c, uint32_t comment)
{
    end_comment(c);
    if (!c->facts)
        return;
    c->passes = comment < c->below && (!c->filter->active || aq_filter_passes(c->filter, c->txn, comment));
    if (!c->passes)
        return;
    if (c->facets)
        aq_facets_count(c->facets, c->txn, comment);
    if (c->sort != AQ_SORT_RELEVANCE)
        c->primary = aq_column_get(c->txn, c->sort == AQ_SORT_DATE ? AQ_COL_DATE : AQ_COL_SCORE, comment);
    if (c->group_counts) {
        int64_t number = aq_column_get(c->txn, c->group == AQ_GROUP_THREAD ? AQ_COL_THREAD : AQ_COL_AUTHOR, comment);
        c->number = number >= 0 && number < c->group_count_size - 1 ? (uint32_t)number : c->group_count_size - 1;
    }
}

void aq_collector_consider(struct aq_collector *c, struct aq_leaf *leaf, uint32_t docid, uint32_t ordinal,
                           double score, bool all_words)
{
    bool quote = aq_bit(aq_leaf_chunk_of(leaf, docid)->quote, docid);
    struct aq_candidate x = {.primary = c->primary,
                             .score = score,
                             .comment = c->comment,
                             .ordinal = ordinal,
                             .group = c->group_counts              ? c->number
                                      : c->group == AQ_GROUP_NONE ? leaf->first + docid
                                                                  : c->comment,
                             .leaf = leaf->number,
                             .docid = docid,
                             .tier = (uint8_t)((c->tiered && !all_words ? AQ_TIER_SOME_WORDS : 0) |
                                               (quote ? AQ_TIER_QUOTE : 0)),
                             .all_words = all_words};
    if (c->group != AQ_GROUP_COMMENT || c->ranking) {
        offer(c, &x);
    } else if (!c->waits || aq_candidate_before(&x, &c->current)) {
        c->current = x;
        c->waits = true;
    }
}

void aq_collector_leaf_end(struct aq_collector *c)
{
    end_comment(c);
    c->comment = AQ_NO_COMMENT;
}

enum aq_status aq_collector_finish(struct aq_collector *c, struct aq_candidate **hits, size_t *count,
                                   struct aq_error *err)
{
    if (c->best.failed)
        return aq_fail_nomem(err);
    if (c->corrupt)
        return aq_fail(err, AQ_CORRUPT, "a segment's passage map is damaged; `aq check` tells more");
    *hits = aq_topk_finish(&c->best, count);
    for (size_t i = 0; i < *count && c->group_counts; i++)
        c->best.heap[i].matches = c->group_counts[c->best.heap[i].group];
    return AQ_OK;
}
