/* match.c - see match.h. */
#include "match.h"

/* ---- conjunctions ---- */

void aq_conjunction_init(struct aq_conjunction *c, const struct aq_leaf *leaf, const uint32_t *terms,
                         struct aq_cursor **cursors, uint32_t count)
{
    c->cursors = cursors;
    c->count = count;
    /* Insertion sort by df, on keys re-read from the leaf: at most a few dozen. */
    uint32_t df[AQ_QUERY_TERMS];
    for (uint32_t i = 0; i < count; i++) {
        struct aq_cursor *cursor = cursors[i];
        uint32_t key = leaf->lists[terms[i]].df, k = i;
        for (; k > 0 && df[k - 1] > key; k--) {
            df[k] = df[k - 1];
            cursors[k] = cursors[k - 1];
        }
        df[k] = key;
        cursors[k] = cursor;
    }
    c->docid = 0;
    aq_conjunction_seek(c, 0);
}

uint32_t aq_conjunction_seek(struct aq_conjunction *c, uint32_t target)
{
    if (c->count == 0)
        return c->docid = AQ_DOCID_END;
    uint32_t d = aq_cursor_seek(c->cursors[0], target);
    for (uint32_t i = 1; i < c->count && d != AQ_DOCID_END;) {
        uint32_t e = aq_cursor_seek(c->cursors[i], d);
        if (e == d) {
            i++;
        } else {
            d = aq_cursor_seek(c->cursors[0], e);
            i = 1;
        }
    }
    return c->docid = d;
}

/* ---- phrases ---- */

/* Begins with the element that has the fewest positions; its form is looked at last,
 * where the others do stand beside it. */
uint32_t aq_phrase_starts(const struct aq_leaf *leaf, const struct aq_query_phrase *p,
                          struct aq_cursor *const *by_term, uint16_t starts[256])
{
    uint32_t first = 0, fewest = UINT32_MAX, n = 0;
    for (uint32_t i = 0; i < p->count; i++) {
        uint32_t tf = aq_cursor_freq(by_term[p->elements[i].term]);
        if (tf < fewest) {
            fewest = tf;
            first = i;
        }
    }
    const struct aq_query_element *e = &p->elements[first];
    uint32_t count = aq_cursor_positions(by_term[e->term], starts, NULL);
    for (uint32_t i = 0; i < count; i++)
        if (starts[i] >= e->offset)
            starts[n++] = (uint16_t)(starts[i] - e->offset);
    for (uint32_t i = 1; i <= p->count && n; i++) {
        e = &p->elements[(first + i) % p->count];
        bool any = e->form == AQ_ANY_FORM;
        if (i < p->count || !any)
            n = aq_cursor_meet_positions(by_term[e->term], e->offset, any ? -1 : leaf->codes[e->form], starts, n);
    }
    return n;
}

bool aq_phrase_possible(const struct aq_leaf *leaf, const struct aq_query_phrase *p)
{
    for (uint32_t i = 0; i < p->count; i++) {
        const struct aq_query_element *e = &p->elements[i];
        if (leaf->lists[e->term].df == 0 || (e->form != AQ_ANY_FORM && leaf->codes[e->form] < 0))
            return false;
    }
    return true;
}

bool aq_leaf_can_match(const struct aq_leaf *leaf, const struct aq_query *q)
{
    for (size_t i = 0; i < q->term_count; i++)
        if (q->terms[i].required && leaf->lists[i].df == 0)
            return false;
    for (size_t i = 0; i < q->phrase_count; i++)
        if (!q->phrases[i].dead && !aq_phrase_possible(leaf, &q->phrases[i]))
            return false;
    return true;
}

/* ---- matchers ---- */

/* From docid d of the conjunction to the first one that has the phrase. */
static uint32_t settle(struct aq_matcher *m, uint32_t d)
{
    while (d != AQ_DOCID_END && m->positions_matter && !aq_phrase_here(m->leaf, m->phrase, m->by_term))
        d = aq_conjunction_seek(&m->all, d + 1);
    return m->docid = d;
}

enum aq_status aq_matcher_init(struct aq_matcher *m, const struct aq_leaf *leaf, const struct aq_query *q,
                               const struct aq_query_phrase *p, struct aq_arena *arena)
{
    *m = (struct aq_matcher){.leaf = leaf, .phrase = p, .docid = AQ_DOCID_END};
    if (p->dead || !aq_phrase_possible(leaf, p))
        return AQ_OK;
    uint32_t terms[AQ_QUERY_TERMS], count = 0;
    m->by_term = aq_arena_zalloc(arena, q->term_count * sizeof(void *));
    m->cursors = aq_arena_alloc(arena, p->count * sizeof *m->cursors);
    struct aq_cursor **sorted = aq_arena_alloc(arena, p->count * sizeof(void *));
    if (!m->by_term || !m->cursors || !sorted)
        return AQ_NOMEM;
    for (uint32_t i = 0; i < p->count; i++) {
        uint32_t term = p->elements[i].term;
        if (m->by_term[term])
            continue;
        aq_leaf_cursor(leaf, term, &m->cursors[count]);
        m->by_term[term] = sorted[count] = &m->cursors[count];
        terms[count++] = term;
    }
    m->positions_matter = p->count > 1 || p->elements[0].form != AQ_ANY_FORM;
    aq_conjunction_init(&m->all, leaf, terms, sorted, count);
    settle(m, m->all.docid);
    return AQ_OK;
}

uint32_t aq_matcher_seek(struct aq_matcher *m, uint32_t target)
{
    if (m->docid >= target)
        return m->docid;
    return settle(m, aq_conjunction_seek(&m->all, target));
}

bool aq_matcher_bad(const struct aq_matcher *m)
{
    for (uint32_t i = 0; i < m->all.count; i++)
        if (m->all.cursors[i]->bad)
            return true;
    return false;
}
