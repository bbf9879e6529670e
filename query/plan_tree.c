/* plan_tree.c - any query: each passage that matches the tree, window by window. Windows
 * in which some list that must be there has nothing are passed over. */
#include "boolean.h"

/* False: no more is allowed. */
static bool pay(struct aq_plan_work *w, struct aq_boolean *t)
{
    w->cut |= t->work > w->left;
    w->left -= w->cut ? w->left : t->work;
    t->work = 0;
    return !w->cut;
}

/* The visible passages of a window among which matches are sought: all of them, or those of
 * the plan's picks from *at on, which moves behind the window. */
static void make_mask(const struct aq_plan *p, struct aq_leaf *leaf, const struct aq_docids *picked, size_t *at,
                      uint32_t base, uint64_t mask[AQ_BOOLEAN_WORDS])
{
    memset(mask, 0, AQ_BOOLEAN_WORDS * sizeof *mask);
    for (uint32_t i = 0; !p->picks && i < AQ_BOOLEAN_WORDS && base + i * 64 < leaf->passages; i++)
        mask[i] = aq_leaf_visible64(leaf, base + i * 64);
    for (; *at < picked->count && picked->items[*at] - base < AQ_BOOLEAN_WINDOW; ++*at)
        mask[(picked->items[*at] - base) / 64] |= UINT64_C(1) << (picked->items[*at] % 64);
}

/* The next window's first docid at or after base: where passages are picked, one that has any. */
static uint32_t next_window(const struct aq_plan *p, struct aq_boolean *t, const struct aq_docids *picked, size_t *at,
                            uint32_t base)
{
    while (p->picks) {
        while (*at < picked->count && picked->items[*at] < base)
            ++*at;
        if (*at == picked->count)
            return AQ_DOCID_END;
        uint32_t wanted = picked->items[*at] / AQ_BOOLEAN_WINDOW * AQ_BOOLEAN_WINDOW;
        uint32_t next = aq_boolean_next(t, wanted > base ? wanted : base);
        if (next == AQ_DOCID_END || next <= picked->items[*at])
            return next;
        base = next;
    }
    return aq_boolean_next(t, base);
}

enum aq_status aq_plan_tree(const struct aq_plan *p, struct aq_leaf *leaf)
{
    struct aq_boolean t;
    struct aq_docids picked = {0};
    size_t at = 0;
    enum aq_status st = p->picks ? aq_plan_pick(p, leaf, &picked) : AQ_OK;
    if (!st)
        st = aq_boolean_open(&t, p, leaf, p->scratch);
    if (st)
        return st;
    for (uint32_t base = next_window(p, &t, &picked, &at, 0); base != AQ_DOCID_END && pay(p->work, &t);) {
        uint64_t mask[AQ_BOOLEAN_WORDS];
        make_mask(p, leaf, &picked, &at, base, mask);
        aq_boolean_match(&t, base, mask);
        if (!pay(p->work, &t))
            break;
        for (uint32_t i = 0; i < AQ_BOOLEAN_WORDS; i++) {
            for (uint64_t left = t.match[0][i]; left; left &= left - 1) {
                uint32_t bit = i * 64 + (uint32_t)__builtin_ctzll(left);
                double score = aq_boolean_score(&t, base + bit, NULL, NULL);
                t.work += t.score_work;
                aq_collect(p->collector, leaf, base + bit, score, aq_boolean_has(t.full[0], bit));
            }
        }
        if (leaf->passages - base <= AQ_BOOLEAN_WINDOW)
            break;
        base = next_window(p, &t, &picked, &at, base + AQ_BOOLEAN_WINDOW);
    }
    return aq_boolean_bad(&t) ? AQ_CORRUPT : AQ_OK;
}
