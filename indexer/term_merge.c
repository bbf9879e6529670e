/* term_merge.c - see term_merge.h. */
#include "term_merge.h"

static bool settle(struct aq_term_merge *m)
{
    bool any = false;
    for (size_t k = 0; k < m->count; k++)
        if (m->live[k] && (!any || aq_slice_cmp(m->walks[k].term, m->term) < 0)) {
            m->term = m->walks[k].term;
            any = true;
        }
    for (size_t k = 0; k < m->count; k++)
        m->has[k] = m->live[k] && aq_slice_eq(m->walks[k].term, m->term);
    return any;
}

enum aq_status aq_term_merge_open(struct aq_txn *t, const struct aq_segment *const *segments, size_t count,
                                  struct aq_slice from, bool after, struct aq_term_merge *m, bool *found,
                                  struct aq_error *err)
{
    *m = (struct aq_term_merge){.has = calloc(count + 1, sizeof *m->has),
                                .walks = calloc(count + 1, sizeof *m->walks),
                                .count = count,
                                .live = calloc(count + 1, sizeof *m->live)};
    *found = false;
    if (!m->has || !m->walks || !m->live)
        return aq_fail_nomem(err);
    for (size_t k = 0; k < count; k++) {
        enum aq_status st = aq_term_walk_open(t, segments[k], from, &m->walks[k], &m->live[k], err);
        if (st == AQ_OK && after && m->live[k] && aq_slice_eq(m->walks[k].term, from))
            st = aq_term_walk_next(&m->walks[k], &m->live[k], err);
        if (st)
            return st;
    }
    *found = settle(m);
    return AQ_OK;
}

enum aq_status aq_term_merge_next(struct aq_term_merge *m, bool *found, struct aq_error *err)
{
    *found = false;
    for (size_t k = 0; k < m->count; k++) {
        enum aq_status st = m->has[k] ? aq_term_walk_next(&m->walks[k], &m->live[k], err) : AQ_OK;
        if (st)
            return st;
    }
    *found = settle(m);
    return AQ_OK;
}

void aq_term_merge_close(struct aq_term_merge *m)
{
    for (size_t k = 0; m->walks && k < m->count; k++)
        aq_term_walk_close(&m->walks[k]);
    free(m->has);
    free(m->walks);
    free(m->live);
    *m = (struct aq_term_merge){0};
}
