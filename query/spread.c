/* spread.c - see spread.h. The rule speaks of the whole list and not of a page: what
 * moves to the front depends on the best hundred alone, and all others keep their order,
 * so that pages of any size fit together. */
#include "spread.h"

struct spread {
    struct aq_txn *txn;
    const struct aq_candidate *hits;
    uint32_t per_thread;
    size_t order[AQ_SPREAD_HITS]; /* indexes of the first hits */
    int64_t threads[AQ_SPREAD_HITS];
    size_t placed;
    bool taken[AQ_SPREAD_AMONG];
};

static void take(struct spread *s, size_t i, int64_t thread)
{
    s->taken[i] = true;
    s->threads[s->placed] = thread;
    s->order[s->placed++] = i;
}

/* Comments of the thread among those placed. A comment without one stands for itself. */
static uint32_t placed_of(const struct spread *s, int64_t thread)
{
    uint32_t n = 0;
    for (size_t i = 0; i < s->placed && thread != AQ_NO_COMMENT; i++)
        n += s->threads[i] == thread;
    return n;
}

/* Places hits of one tier: first those that their threads have room for. False when the
 * others were needed. */
static bool place_tier(struct spread *s, size_t from, size_t to)
{
    bool enough = true;
    for (size_t i = from; i < to && s->placed < AQ_SPREAD_HITS; i++) {
        int64_t thread = aq_column_get(s->txn, AQ_COL_THREAD, s->hits[i].comment);
        if (placed_of(s, thread) < s->per_thread)
            take(s, i, thread);
    }
    for (size_t i = from; i < to && s->placed < AQ_SPREAD_HITS; i++) {
        if (s->taken[i])
            continue;
        enough = false;
        take(s, i, aq_column_get(s->txn, AQ_COL_THREAD, s->hits[i].comment));
    }
    return enough;
}

/* Those placed go to the front, the others behind them in the order they have. */
static void reorder(const struct spread *s, struct aq_candidate *hits, size_t count)
{
    struct aq_candidate front[AQ_SPREAD_HITS];
    size_t to = count;
    for (size_t i = 0; i < s->placed; i++)
        front[i] = hits[s->order[i]];
    for (size_t i = count; i-- > 0;)
        if (!s->taken[i])
            hits[--to] = hits[i];
    for (size_t i = 0; i < s->placed; i++)
        hits[i] = front[i];
}

bool aq_spread(struct aq_txn *txn, uint32_t per_thread, struct aq_candidate *hits, size_t count, bool whole)
{
    struct spread s = {.txn = txn, .hits = hits, .per_thread = per_thread};
    size_t among = count < AQ_SPREAD_AMONG ? count : AQ_SPREAD_AMONG;
    bool settled = true;
    for (size_t from = 0, to; from < among && s.placed < AQ_SPREAD_HITS; from = to) {
        for (to = from + 1; to < among && hits[to].tier == hits[from].tier;)
            to++;
        settled = place_tier(&s, from, to);
    }
    if (!settled && !whole && count < AQ_SPREAD_AMONG)
        return false;
    reorder(&s, hits, among);
    return true;
}
