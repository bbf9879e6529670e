/* near.c - see near.h. */
#include "near.h"

enum { WORDS = AQ_POSITION_MAX / 64 };
#define NOBODY UINT8_MAX

/* ---- making ---- */

static bool add_cursor(struct aq_near_matcher *m, uint32_t term, struct aq_arena *arena)
{
    if (m->by_term[term] || m->leaf->lists[term].df == 0)
        return true;
    struct aq_cursor *c = aq_arena_alloc(arena, sizeof *c);
    if (!c)
        return false;
    aq_leaf_cursor(m->leaf, term, c);
    m->by_term[term] = c;
    m->terms[m->term_count++] = term;
    return true;
}

static bool add_side(struct aq_near_matcher *m, const struct aq_query_side *s, struct aq_arena *arena)
{
    for (uint32_t i = 0; i < s->span_count; i++)
        for (uint32_t k = 0; k < s->spans[i].count; k++)
            if (!add_cursor(m, s->spans[i].elements[k].term, arena))
                return false;
    for (uint32_t i = 0; i < s->pattern_count; i++) {
        const struct aq_query_pattern *p = &m->query->patterns[s->patterns[i]];
        for (uint32_t k = 0; k < p->count; k++)
            if (!add_cursor(m, p->members[k].term, arena))
                return false;
    }
    return true;
}

bool aq_near_init(struct aq_near_matcher *m, struct aq_leaf *leaf, const struct aq_query *q,
                  const struct aq_query_near *near, struct aq_arena *arena)
{
    *m = (struct aq_near_matcher){.leaf = leaf, .query = q, .near = near};
    m->by_term = aq_arena_zalloc(arena, q->term_count * sizeof(void *));
    m->terms = aq_arena_alloc(arena, q->term_count * sizeof *m->terms);
    m->starts = aq_arena_alloc(arena, near->count * sizeof *m->starts);
    m->owner = aq_arena_alloc(arena, AQ_POSITION_MAX * sizeof *m->owner);
    if (!m->by_term || !m->terms || !m->starts || !m->owner)
        return false;
    for (uint32_t i = 0; i < near->count; i++)
        if (!add_side(m, &near->sides[i], arena))
            return false;
    return true;
}

bool aq_near_bad(const struct aq_near_matcher *m)
{
    for (uint32_t i = 0; i < m->term_count; i++)
        if (m->by_term[m->terms[i]]->bad)
            return true;
    return false;
}

/* ---- where sides begin ---- */

static void set(uint64_t bits[WORDS], uint32_t position)
{
    if (position < AQ_POSITION_MAX)
        bits[position / 64] |= (uint64_t)1 << (position % 64);
}

static bool stands(const struct aq_near_matcher *m, uint32_t term, uint32_t docid)
{
    return m->by_term[term] && m->by_term[term]->docid == docid;
}

static void add_span(struct aq_near_matcher *m, const struct aq_query_phrase *p, uint32_t docid, uint64_t bits[WORDS])
{
    uint16_t starts[256];
    if (!aq_phrase_possible(m->leaf, p))
        return;
    for (uint32_t i = 0; i < p->count; i++)
        if (!stands(m, p->elements[i].term, docid))
            return;
    m->work += (uint64_t)AQ_NEAR_POSITIONS_WORK * p->count;
    uint32_t n = aq_phrase_starts(m->leaf, p, m->by_term, starts);
    for (uint32_t i = 0; i < n; i++)
        set(bits, starts[i]);
}

static void add_pattern(struct aq_near_matcher *m, const struct aq_query_pattern *p, uint32_t docid,
                        uint64_t bits[WORDS])
{
    uint16_t positions[256], codes[256];
    uint32_t n = 0, term = AQ_NO_TERM;
    for (uint32_t i = 0; i < p->count; i++) {
        const struct aq_query_member *x = &p->members[i];
        if (x->term != term && stands(m, x->term, docid))
            m->work += AQ_NEAR_POSITIONS_WORK;
        if (x->term != term)
            n = stands(m, x->term, docid) ? aq_cursor_positions(m->by_term[x->term], positions, codes) : 0;
        term = x->term;
        for (uint32_t k = 0; k < n; k++)
            if (codes[k] == m->leaf->codes[x->form])
                set(bits, positions[k]);
    }
}

/* False: some side is not there at all. */
static bool find_starts(struct aq_near_matcher *m, uint32_t docid)
{
    m->work += m->term_count + AQ_NEAR_POSITIONS_WORK + 8 * m->near->count;
    for (uint32_t i = 0; i < m->term_count; i++)
        if (m->by_term[m->terms[i]]->docid < docid)
            aq_cursor_seek(m->by_term[m->terms[i]], docid);
    for (uint32_t i = 0; i < m->near->count; i++) {
        const struct aq_query_side *s = &m->near->sides[i];
        uint64_t *bits = m->starts[i], any = 0;
        memset(bits, 0, sizeof m->starts[i]);
        for (uint32_t k = 0; k < s->span_count; k++)
            add_span(m, &s->spans[k], docid, bits);
        for (uint32_t k = 0; k < s->pattern_count; k++)
            add_pattern(m, &m->query->patterns[s->patterns[k]], docid, bits);
        for (uint32_t k = 0; k < WORDS; k++)
            any |= bits[k];
        if (!any)
            return false;
    }
    return true;
}

/* The first position >= from, or AQ_POSITION_MAX. */
static uint32_t next_start(const uint64_t bits[WORDS], uint32_t from)
{
    if (from >= AQ_POSITION_MAX)
        return AQ_POSITION_MAX;
    uint64_t left = bits[from / 64] & (UINT64_MAX << (from % 64));
    for (uint32_t w = from / 64; w < WORDS; left = ++w < WORDS ? bits[w] : 0)
        if (left)
            return w * 64 + (uint32_t)__builtin_ctzll(left);
    return AQ_POSITION_MAX;
}

/* ---- distances ---- */

/* From each start of the first side the others as early as they can be. */
static bool in_order(const struct aq_near_matcher *m)
{
    uint32_t first = next_start(m->starts[0], 0);
    for (; first < AQ_POSITION_MAX; first = next_start(m->starts[0], first + 1)) {
        uint32_t last = first;
        for (uint32_t i = 1; i < m->near->count; i++)
            if ((last = next_start(m->starts[i], last + m->near->sides[i - 1].width)) == AQ_POSITION_MAX)
                return false;
        if (last - first <= m->near->distance)
            return true;
    }
    return false;
}

/* Gives side a position in [from, to], moving other sides to other ones if need be: an
 * augmenting path of Kuhn's matching, found breadth first. */
static bool place(struct aq_near_matcher *m, uint32_t side, uint32_t from, uint32_t to)
{
    uint32_t queue[AQ_QUERY_PHRASE], reached[AQ_QUERY_PHRASE], head = 0, tail = 0; /* by which position */
    bool seen[AQ_QUERY_PHRASE] = {false};
    uint8_t came[AQ_POSITION_MAX]; /* the side from which a position was tried */
    memset(came + from, NOBODY, to - from + 1);
    queue[tail++] = side;
    seen[side] = true;
    reached[side] = AQ_POSITION_MAX;
    while (head < tail) {
        uint32_t s = queue[head++];
        for (uint32_t p = next_start(m->starts[s], from); p <= to; p = next_start(m->starts[s], p + 1)) {
            if (came[p] != NOBODY)
                continue;
            came[p] = (uint8_t)s;
            uint32_t holder = m->owner[p];
            if (holder != NOBODY && !seen[holder]) {
                seen[holder] = true;
                reached[holder] = p;
                queue[tail++] = holder;
            }
            if (holder != NOBODY)
                continue;
            for (uint32_t at = p; at != AQ_POSITION_MAX; at = reached[s]) {
                s = came[at];
                m->owner[at] = (uint8_t)s;
            }
            return true;
        }
    }
    return false;
}

/* Positions from `from` to `to`, as far as there are `enough`. */
static uint32_t count_starts(const uint64_t bits[WORDS], uint32_t from, uint32_t to, uint32_t enough)
{
    uint32_t n = 0;
    for (uint32_t p = next_start(bits, from); p <= to && n < enough; p = next_start(bits, p + 1))
        n++;
    return n;
}

/* Whether all sides find positions of their own in [from, to]; all: those of any side. */
static bool in_stretch(struct aq_near_matcher *m, const uint64_t all[WORDS], uint32_t from, uint32_t to)
{
    uint32_t placed = 0;
    if (count_starts(all, from, to, m->near->count) < m->near->count)
        return false;
    for (uint32_t i = 0; i < m->near->count; i++)
        if (next_start(m->starts[i], from) > to)
            return false;
    memset(m->owner + from, NOBODY, to - from + 1);
    while (placed < m->near->count && place(m, placed, from, to))
        placed++;
    return placed == m->near->count;
}

/* Every stretch that begins where some side does. */
static bool in_any_order(struct aq_near_matcher *m)
{
    uint64_t all[WORDS] = {0};
    for (uint32_t i = 0; i < m->near->count; i++)
        for (uint32_t w = 0; w < WORDS; w++)
            all[w] |= m->starts[i][w];
    for (uint32_t from = next_start(all, 0); from < AQ_POSITION_MAX; from = next_start(all, from + 1)) {
        uint32_t to = from + m->near->distance;
        if (in_stretch(m, all, from, to < AQ_POSITION_MAX ? to : AQ_POSITION_MAX - 1))
            return true;
    }
    return false;
}

bool aq_near_here(struct aq_near_matcher *m, uint32_t docid)
{
    if (!find_starts(m, docid))
        return false;
    if (m->near->count == 1)
        return true;
    return m->near->ordered ? in_order(m) : in_any_order(m);
}
