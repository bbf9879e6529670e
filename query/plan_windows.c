/* plan_windows.c - any of the words. A window of passages is scored list by list,
 * in query order, then read off; so every score is the sum in query order that the
 * other plans make, and a list is decoded once from front to back. */
#include "plan.h"

struct lane {
    struct aq_cursor cursor;
    double weight;
    bool needed; /* counts for "has all words" */
};

struct window {
    double score[AQ_WINDOW];
    uint16_t words[AQ_WINDOW]; /* needed terms met */
    uint64_t touched[AQ_WINDOW / 64];
};

/* Adds the lane's postings in [base, end); the cursor stops at the first beyond. */
static void fill(struct window *w, struct lane *lane, const struct aq_model *m, const uint8_t *lengths,
                 uint32_t base, uint32_t end)
{
    struct aq_cursor *c = &lane->cursor;
    double weight = lane->weight;
    uint16_t one = lane->needed;
    while (c->docid < end) {
        const uint32_t *docids, *freqs;
        uint32_t n, i;
        aq_cursor_batch(c, &docids, &freqs, &n);
        if (n == 0)
            break;
        for (i = 0; i < n && docids[i] < end; i++) {
            uint32_t at = docids[i] - base;
            w->score[at] += aq_score(m, weight, freqs[i], lengths[docids[i]]);
            w->words[at] = (uint16_t)(w->words[at] + one);
            w->touched[at >> 6] |= (uint64_t)1 << (at & 63);
        }
        if (i < n) {
            aq_cursor_seek(c, end);
            break;
        }
        aq_cursor_next_block(c);
    }
}

/* Hands over what can be a hit and empties the window. */
static void drain(struct window *w, const struct aq_plan *p, struct aq_leaf *leaf, uint32_t base,
                  struct aq_exclusions *out)
{
    uint64_t bits[AQ_WINDOW / 64];
    uint32_t needed = p->query->needed;
    for (uint32_t i = 0; i < AQ_WINDOW / 64; i++)
        bits[i] = w->touched[i] ? w->touched[i] & aq_leaf_visible64(leaf, base + i * 64) : 0;
    if (out->count)
        aq_exclude_window(out, base, bits);
    for (uint32_t i = 0; i < AQ_WINDOW / 64; i++) {
        for (uint64_t left = bits[i]; left; left &= left - 1) {
            uint32_t at = i * 64 + (uint32_t)__builtin_ctzll(left);
            aq_collect(p->collector, leaf, base + at, w->score[at], w->words[at] == needed);
        }
        if (w->touched[i]) {
            memset(w->score + i * 64, 0, 64 * sizeof *w->score);
            memset(w->words + i * 64, 0, 64 * sizeof *w->words);
        }
    }
    memset(w->touched, 0, sizeof w->touched);
}

enum aq_status aq_plan_windows(const struct aq_plan *p, struct aq_leaf *leaf)
{
    const struct aq_query *q = p->query;
    struct aq_exclusions out;
    uint32_t lanes = 0, lowest = AQ_DOCID_END;
    for (size_t i = 0; i < q->term_count; i++)
        lanes += q->terms[i].weight > 0 && leaf->lists[i].df > 0;
    if (lanes == 0)
        return AQ_OK;
    struct lane *lane = aq_arena_alloc(p->scratch, lanes * sizeof *lane);
    struct window *w = aq_arena_zalloc(p->scratch, sizeof *w);
    if (!lane || !w)
        return AQ_NOMEM;
    enum aq_status st = aq_exclusions_init(&out, q, leaf, p->scratch);
    if (st)
        return st;
    lanes = 0;
    for (size_t i = 0; i < q->term_count; i++) {
        if (q->terms[i].weight <= 0 || leaf->lists[i].df == 0)
            continue;
        struct lane *l = &lane[lanes++];
        aq_leaf_cursor(leaf, (uint32_t)i, &l->cursor);
        l->weight = q->terms[i].weight;
        l->needed = q->terms[i].needed;
        if (l->cursor.docid < lowest)
            lowest = l->cursor.docid;
    }
    while (lowest < leaf->passages) {
        uint32_t base = lowest / AQ_WINDOW * AQ_WINDOW;
        uint32_t end = leaf->passages - base < AQ_WINDOW ? leaf->passages : base + AQ_WINDOW;
        lowest = AQ_DOCID_END;
        for (uint32_t i = 0; i < lanes; i++) {
            fill(w, &lane[i], p->model, leaf->lengths, base, end);
            if (lane[i].cursor.docid < lowest)
                lowest = lane[i].cursor.docid;
        }
        drain(w, p, leaf, base, &out);
    }
    for (uint32_t i = 0; i < lanes; i++)
        if (lane[i].cursor.bad)
            return AQ_CORRUPT;
    return aq_exclusions_bad(&out) ? AQ_CORRUPT : AQ_OK;
}
