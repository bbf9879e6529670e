/* plan_count.c - counts passages that have any of the words, in order of docid, until
 * there are enough. Nothing is scored. */
#include "batch.h"

enum { WINDOW = 2048 };

/* Marks the lane's postings before end; the cursor stops at the first beyond. */
static void mark(struct aq_cursor *c, uint64_t bits[WINDOW / 64], uint32_t base, uint32_t end)
{
    while (c->docid < end) {
        uint32_t i = c->index;
        for (; i < c->count && c->docids[i] < end; i++)
            bits[(c->docids[i] - base) / 64] |= (uint64_t)1 << (c->docids[i] % 64);
        if (i < c->count) {
            c->index = i;
            c->docid = c->docids[i];
            return;
        }
        aq_cursor_next_block(c);
    }
}

static void count_window(struct aq_ranking *r, const uint64_t bits[WINDOW / 64], uint32_t base, uint32_t *before)
{
    struct aq_collector *c = r->plan->collector;
    for (uint32_t i = 0; i < WINDOW / 64; i++) {
        if (!bits[i])
            continue;
        for (uint64_t left = bits[i] & aq_leaf_visible64(r->leaf, base + i * 64); left; left &= left - 1) {
            uint32_t docid = base + i * 64 + (uint32_t)__builtin_ctzll(left);
            if (r->out.count && aq_excluded(&r->out, docid))
                continue;
            aq_collector_tally(c, r->leaf, docid, before);
            if (!c->counts)
                return;
        }
    }
}

static enum aq_status count_leaf(struct aq_ranking *r, struct aq_leaf *leaf)
{
    bool possible;
    uint32_t lowest = AQ_DOCID_END, before = AQ_DOCID_END;
    enum aq_status st = aq_ranking_open(r, leaf, &possible);
    if (st || !possible)
        return st;
    for (uint32_t i = 0; i < r->lane_count; i++) {
        struct aq_lane *l = &r->lanes[i];
        aq_leaf_cursor(leaf, l->term, &l->cursor);
        if (l->weight > 0 && l->cursor.docid < lowest)
            lowest = l->cursor.docid;
    }
    while (lowest < leaf->passages && r->plan->collector->counts) {
        uint64_t bits[WINDOW / 64] = {0};
        uint32_t base = lowest / 64 * 64;
        uint32_t end = leaf->passages - base < WINDOW ? leaf->passages : base + WINDOW;
        lowest = AQ_DOCID_END;
        for (uint32_t i = 0; i < r->lane_count; i++) {
            struct aq_lane *l = &r->lanes[i];
            if (l->weight <= 0)
                continue;
            mark(&l->cursor, bits, base, end);
            if (l->cursor.docid < lowest)
                lowest = l->cursor.docid;
        }
        count_window(r, bits, base, &before);
    }
    return aq_ranking_bad(r) ? AQ_CORRUPT : AQ_OK;
}

enum aq_status aq_plan_count(const struct aq_plan *p, struct aq_ranking *r)
{
    enum aq_status st = AQ_OK;
    for (uint32_t i = 0; i < p->leaf_count && !st && p->collector->counts; i++) {
        aq_arena_reset(p->scratch);
        st = count_leaf(r, &p->leaves[p->order[i]]);
        aq_collector_leaf_end(p->collector);
    }
    return st;
}
