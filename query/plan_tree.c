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

enum aq_status aq_plan_tree(const struct aq_plan *p, struct aq_leaf *leaf)
{
    struct aq_boolean t;
    enum aq_status st = aq_boolean_open(&t, p, leaf, p->scratch);
    if (st)
        return st;
    for (uint32_t base = aq_boolean_next(&t, 0); base != AQ_DOCID_END && pay(p->work, &t);) {
        uint64_t mask[AQ_BOOLEAN_WORDS] = {0};
        for (uint32_t i = 0; i < AQ_BOOLEAN_WORDS && base + i * 64 < leaf->passages; i++)
            mask[i] = aq_leaf_visible64(leaf, base + i * 64);
        aq_boolean_match(&t, base, mask);
        if (!pay(p->work, &t))
            break;
        for (uint32_t i = 0; i < AQ_BOOLEAN_WORDS; i++) {
            for (uint64_t left = t.match[0][i]; left; left &= left - 1) {
                uint32_t at = i * 64 + (uint32_t)__builtin_ctzll(left);
                double score = aq_boolean_score(&t, base + at, NULL, NULL);
                t.work += t.score_work;
                aq_collect(p->collector, leaf, base + at, score, aq_boolean_has(t.full[0], at));
            }
        }
        if (leaf->passages - base <= AQ_BOOLEAN_WINDOW)
            break;
        base = aq_boolean_next(&t, base + AQ_BOOLEAN_WINDOW);
    }
    return aq_boolean_bad(&t) ? AQ_CORRUPT : AQ_OK;
}
