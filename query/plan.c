/* plan.c - see plan.h: the choice, the run over leaves, exclusions and the list plan. */
#include "plan.h"

enum aq_plan_kind aq_plan_choose(const struct aq_query *q, bool filtered)
{
    if (q->hopeless)
        return AQ_PLAN_NOTHING;
    if (q->tree)
        return AQ_PLAN_TREE;
    for (size_t i = 0; i < q->term_count; i++)
        if (q->terms[i].required)
            return AQ_PLAN_ALL;
    if (q->scores)
        return AQ_PLAN_WINDOWS;
    return filtered || q->exclusion_count ? AQ_PLAN_LIST : AQ_PLAN_NOTHING;
}

enum aq_status aq_plan_run(const struct aq_plan *p, enum aq_plan_kind kind, struct aq_error *err)
{
    static enum aq_status (*const plans[])(const struct aq_plan *, struct aq_leaf *) = {
        [AQ_PLAN_WINDOWS] = aq_plan_windows, [AQ_PLAN_ALL] = aq_plan_all, [AQ_PLAN_LIST] = aq_plan_list,
        [AQ_PLAN_TREE] = aq_plan_tree};
    bool picked = p->picks && kind != AQ_PLAN_TREE;
    enum aq_status st = AQ_OK;
    for (uint32_t i = 0; i < p->leaf_count && !st && kind != AQ_PLAN_NOTHING; i++) {
        aq_arena_reset(p->scratch);
        st = picked ? aq_plan_picked(p, &p->leaves[i], kind) : plans[kind](p, &p->leaves[i]);
        aq_collector_leaf_end(p->collector);
    }
    if (st == AQ_NOMEM)
        return aq_fail_nomem(err);
    return st ? aq_fail(err, st, "a postings list is damaged; `aq check` tells which") : AQ_OK;
}

/* ---- exclusions ---- */

enum aq_status aq_exclusions_init(struct aq_exclusions *x, const struct aq_query *q, const struct aq_leaf *leaf,
                                  struct aq_arena *arena)
{
    *x = (struct aq_exclusions){0};
    if (q->exclusion_count == 0)
        return AQ_OK;
    x->matchers = aq_arena_alloc(arena, q->exclusion_count * sizeof *x->matchers);
    if (!x->matchers)
        return AQ_NOMEM;
    for (size_t i = 0; i < q->exclusion_count; i++) {
        struct aq_matcher *m = &x->matchers[x->count];
        if (aq_matcher_init(m, leaf, q, &q->exclusions[i], arena))
            return AQ_NOMEM;
        x->count += m->docid != AQ_DOCID_END || aq_matcher_bad(m);
    }
    return AQ_OK;
}

bool aq_excluded(struct aq_exclusions *x, uint32_t docid)
{
    for (uint32_t i = 0; i < x->count; i++)
        if (aq_matcher_seek(&x->matchers[i], docid) == docid)
            return true;
    return false;
}

/* One term at any place: block by block. */
static void exclude_term(struct aq_matcher *m, uint32_t base, uint64_t bits[AQ_WINDOW / 64])
{
    struct aq_cursor *c = m->all.cursors[0];
    uint32_t end = base + AQ_WINDOW;
    aq_cursor_seek(c, base);
    while (c->docid < end) {
        const uint32_t *docids, *freqs;
        uint32_t n, i = 0;
        aq_cursor_batch(c, &docids, &freqs, &n);
        for (; i < n && docids[i] < end; i++)
            bits[(docids[i] - base) >> 6] &= ~((uint64_t)1 << (docids[i] & 63));
        if (i < n)
            aq_cursor_seek(c, end);
        else if (aq_cursor_next_block(c) == AQ_DOCID_END)
            break;
    }
    m->docid = m->all.docid = c->docid;
}

void aq_exclude_window(struct aq_exclusions *x, uint32_t base, uint64_t bits[AQ_WINDOW / 64])
{
    for (uint32_t i = 0; i < x->count; i++) {
        struct aq_matcher *m = &x->matchers[i];
        if (m->docid != AQ_DOCID_END && m->all.count == 1 && !m->positions_matter) {
            exclude_term(m, base, bits);
            continue;
        }
        for (uint32_t d = aq_matcher_seek(m, base); d - base < AQ_WINDOW; d = aq_matcher_seek(m, d + 1))
            bits[(d - base) >> 6] &= ~((uint64_t)1 << (d & 63));
    }
}

bool aq_exclusions_bad(const struct aq_exclusions *x)
{
    for (uint32_t i = 0; i < x->count; i++)
        if (aq_matcher_bad(&x->matchers[i]))
            return true;
    return false;
}

/* ---- list ---- */

enum aq_status aq_plan_list(const struct aq_plan *p, struct aq_leaf *leaf)
{
    uint64_t bits[AQ_WINDOW / 64];
    struct aq_exclusions out;
    enum aq_status st = aq_exclusions_init(&out, p->query, leaf, p->scratch);
    if (st)
        return st;
    for (uint32_t base = 0; base < leaf->passages; base += AQ_WINDOW) {
        uint32_t words = leaf->passages - base < AQ_WINDOW ? (leaf->passages - base + 63) / 64 : AQ_WINDOW / 64;
        for (uint32_t w = 0; w < words; w++)
            bits[w] = aq_leaf_visible64(leaf, base + w * 64);
        memset(bits + words, 0, (AQ_WINDOW / 64 - words) * sizeof *bits);
        aq_exclude_window(&out, base, bits);
        for (uint32_t w = 0; w < words; w++)
            for (uint64_t left = bits[w]; left; left &= left - 1)
                aq_collect(p->collector, leaf, base + w * 64 + (uint32_t)__builtin_ctzll(left), 0, true);
        if (base > UINT32_MAX - AQ_WINDOW)
            break;
    }
    return aq_exclusions_bad(&out) ? AQ_CORRUPT : AQ_OK;
}
