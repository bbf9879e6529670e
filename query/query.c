/* query.c - see query.h: what of a built query occurs in the index, and what follows from
 * that for words, weights and order. */
#include "query_build.h"

/* ---- what occurs ---- */

static bool phrase_occurs(const struct aq_query *q, const struct aq_query_phrase *p)
{
    for (uint32_t i = 0; i < p->count; i++) {
        const struct aq_query_element *e = &p->elements[i];
        if (q->terms[e->term].df == 0 || (e->form != AQ_ANY_FORM && !q->forms[e->form].seen))
            return false;
    }
    return true;
}

static bool word_occurs(const struct aq_query *q, const struct aq_query_word *w)
{
    for (uint32_t k = 0; k < w->part_count; k++)
        if (q->terms[w->parts[k]].df > 0)
            return true;
    return false;
}

static bool pattern_occurs(const struct aq_query *q, const struct aq_query_pattern *p)
{
    for (uint32_t i = 0; i < p->count; i++)
        if (q->forms[p->members[i].form].seen)
            return true;
    return false;
}

static bool near_occurs(struct aq_query *q, const struct aq_query_near *n)
{
    for (uint32_t i = 0; i < n->count; i++) {
        struct aq_query_side *s = &n->sides[i];
        s->dead = true;
        for (uint32_t k = 0; k < s->span_count; k++) {
            s->spans[k].dead = !phrase_occurs(q, &s->spans[k]);
            s->dead &= s->spans[k].dead;
        }
        for (uint32_t k = 0; k < s->pattern_count; k++)
            s->dead &= !pattern_occurs(q, &q->patterns[s->patterns[k]]);
    }
    for (uint32_t i = 0; i < n->count; i++)
        if (n->sides[i].dead)
            return false;
    return true;
}

static bool leaf_occurs(struct aq_query *q, const struct aq_query_node *n)
{
    switch ((enum aq_node_kind)n->kind) {
    case AQ_NODE_WORD:
        return !q->words[n->leaf].dead;
    case AQ_NODE_PHRASE:
        if (q->tree)
            return near_occurs(q, &q->nears[n->leaf]);
        return !(n->occur == AQ_MUST_NOT ? q->exclusions : q->phrases)[n->leaf].dead;
    case AQ_NODE_NEAR:
        return near_occurs(q, &q->nears[n->leaf]);
    case AQ_NODE_PREFIX:
    case AQ_NODE_FUZZY:
        return pattern_occurs(q, &q->patterns[n->leaf]);
    default:
        return true;
    }
}

/* A group without any word that occurs is passed over, but for its fields and exclusions
 * where it is required. One that asks for no word at all finds by these alone. */
static void resolve_inner(struct aq_query *q, uint32_t at)
{
    bool given = false, occurs = false, filters = false;
    for (uint32_t c = at + 1; c < q->nodes[at].end; c = q->nodes[c].end) {
        const struct aq_query_node *n = &q->nodes[c];
        bool words = n->occur != AQ_MUST_NOT && n->words != AQ_WORDS_NONE;
        given |= words;
        occurs |= words && n->words == AQ_WORDS_OCCUR;
        filters |= !n->dead && (!words || n->words == AQ_WORDS_LOST);
    }
    struct aq_query_node *n = &q->nodes[at];
    n->words = occurs ? AQ_WORDS_OCCUR : given ? AQ_WORDS_LOST : AQ_WORDS_NONE;
    n->dead = n->words == AQ_WORDS_LOST && !(n->required && filters);
}

static void resolve_leaf(struct aq_query *q, struct aq_query_node *n)
{
    n->words = n->kind == AQ_NODE_FIELD ? AQ_WORDS_NONE : leaf_occurs(q, n) ? AQ_WORDS_OCCUR : AQ_WORDS_LOST;
    n->dead = n->words == AQ_WORDS_LOST;
}

static void find_dead(struct aq_query *q)
{
    for (size_t i = 0; i < q->phrase_count; i++)
        q->phrases[i].dead = !phrase_occurs(q, &q->phrases[i]);
    for (size_t i = 0; i < q->exclusion_count; i++)
        q->exclusions[i].dead = !phrase_occurs(q, &q->exclusions[i]);
    for (size_t i = 0; i < q->word_count; i++)
        q->words[i].dead = !word_occurs(q, &q->words[i]);
    for (size_t i = q->node_count; i-- > 0;) {
        struct aq_query_node *n = &q->nodes[i];
        if (n->kind >= AQ_NODE_ROW && n->kind != AQ_NODE_NEAR)
            resolve_inner(q, (uint32_t)i);
        else
            resolve_leaf(q, n);
        n->dead &= !n->literal; /* what is excluded is taken as it stands */
    }
}

/* ---- weights ---- */

static void count_phrase(struct aq_query *q, const struct aq_query_phrase *p, double boost)
{
    for (uint32_t i = 0; i < p->count && !p->dead; i++)
        q->terms[p->elements[i].term].times += boost;
}

static void count_pattern(struct aq_query *q, const struct aq_query_pattern *p, double boost)
{
    for (uint32_t i = 0; i < p->count; i++)
        if (i == 0 || p->members[i].term != p->members[i - 1].term)
            q->terms[p->members[i].term].times += boost;
}

static void count_near(struct aq_query *q, const struct aq_query_near *near, double boost)
{
    for (uint32_t i = 0; i < near->count; i++) {
        for (uint32_t k = 0; k < near->sides[i].span_count; k++)
            count_phrase(q, &near->sides[i].spans[k], boost);
        for (uint32_t k = 0; k < near->sides[i].pattern_count; k++)
            count_pattern(q, &q->patterns[near->sides[i].patterns[k]], boost);
    }
}

/* How often each term stands in the query where it scores. */
static void count_times(struct aq_query *q)
{
    for (size_t i = 0; i < q->term_count; i++)
        q->terms[i].times = 0;
    for (size_t i = 0; i < q->node_count; i++) {
        const struct aq_query_node *n = &q->nodes[i];
        if (n->literal || n->dead)
            continue;
        if (n->kind == AQ_NODE_WORD)
            for (uint32_t k = 0; k < q->words[n->leaf].scored_count; k++)
                q->terms[q->words[n->leaf].scored[k]].times += n->boost;
        else if (n->kind == AQ_NODE_PHRASE && !q->tree)
            count_phrase(q, &q->phrases[n->leaf], n->boost);
        else if (n->kind == AQ_NODE_PHRASE || n->kind == AQ_NODE_NEAR)
            count_near(q, &q->nears[n->leaf], n->boost);
        else if (n->kind == AQ_NODE_PREFIX || n->kind == AQ_NODE_FUZZY)
            count_pattern(q, &q->patterns[n->leaf], n->boost);
    }
}

/* ---- what hits need ---- */

/* Where the one is there, with all its parts, the other is. */
static bool same_demand(const struct aq_query_word *w, const struct aq_query_word *other)
{
    return w->part_count == other->part_count && memcmp(w->parts, other->parts, w->part_count * sizeof *w->parts) == 0;
}

/* Whether an earlier word asks for the same. Only asked of the few that can make two to
 * four. */
static bool word_repeats(const struct aq_query *q, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (same_demand(&q->words[i], &q->words[at]))
            return true;
    return false;
}

/* Marks what is required and needed; returns how many different words there are, as far
 * as that is up to four. */
static size_t need_flat(struct aq_query *q)
{
    size_t distinct = 0;
    for (size_t i = 0; i < q->phrase_count; i++) {
        const struct aq_query_phrase *p = &q->phrases[i];
        distinct += !p->dead;
        for (uint32_t k = 0; k < p->count && !p->dead; k++)
            q->terms[p->elements[k].term].required = true;
    }
    for (size_t i = 0; i < q->word_count; i++) {
        const struct aq_query_word *w = &q->words[i];
        for (uint32_t k = 0; k < w->part_count; k++) {
            struct aq_query_term *term = &q->terms[w->parts[k]];
            if (term->df == 0)
                continue;
            q->needed += !term->needed;
            term->needed = true;
            term->required |= w->must;
        }
        if (!w->dead && distinct <= 4)
            distinct += !word_repeats(q, i);
    }
    return distinct;
}

static bool same_leaf(const struct aq_query *q, const struct aq_query_node *a, const struct aq_query_node *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == AQ_NODE_WORD)
        return same_demand(&q->words[a->leaf], &q->words[b->leaf]);
    if (a->kind == AQ_NODE_PREFIX || a->kind == AQ_NODE_FUZZY)
        return a->leaf == b->leaf;
    return a->kind == AQ_NODE_PHRASE && q->nears[a->leaf].count == 1 && q->nears[b->leaf].count == 1 &&
           aq_query_same_phrase(&q->nears[a->leaf].sides->spans[0], &q->nears[b->leaf].sides->spans[0]);
}

/* How many things a child of the outermost row asks for: of a row of words that has
 * synonyms as many as without them. */
static size_t count_things(const struct aq_query *q, uint32_t at)
{
    size_t things = 0;
    if (q->nodes[at].kind != AQ_NODE_SAME || q->nodes[at + 1].kind != AQ_NODE_ROW)
        return 1;
    for (uint32_t c = at + 2; c < q->nodes[at + 1].end; c = q->nodes[c].end)
        things += !q->nodes[c].dead;
    return things ? things : 1;
}

/* How many different things the outermost row asks for, none if there is no such row. */
static size_t count_row(const struct aq_query *q)
{
    size_t distinct = 0;
    if (q->node_count == 0 || q->nodes[0].kind != AQ_NODE_ROW)
        return 0;
    for (uint32_t c = 1; c < q->node_count && distinct <= 4; c = q->nodes[c].end) {
        const struct aq_query_node *n = &q->nodes[c];
        bool repeats = n->words != AQ_WORDS_OCCUR || n->occur == AQ_MUST_NOT;
        for (uint32_t other = 1; other < c && !repeats; other = q->nodes[other].end)
            repeats = q->nodes[other].occur != AQ_MUST_NOT && same_leaf(q, &q->nodes[other], n);
        distinct += repeats ? 0 : count_things(q, c);
    }
    return distinct;
}

void aq_query_resolve(struct aq_query *q, const struct aq_model *m)
{
    find_dead(q);
    for (size_t i = 0; i < q->term_count; i++)
        q->terms[i].idf = q->terms[i].df ? aq_idf(m, q->terms[i].df) : 0;
    aq_query_level_synonyms(q);
    count_times(q);
    for (size_t i = 0; i < q->term_count; i++) {
        struct aq_query_term *t = &q->terms[i];
        t->weight = t->idf * t->times;
        q->scores |= t->weight > 0;
    }
    size_t distinct = q->tree ? count_row(q) : need_flat(q);
    q->tiered = distinct >= 2 && distinct <= 4;
    q->hopeless = q->tree ? q->node_count > 0 && q->nodes[0].words == AQ_WORDS_LOST
                          : (q->word_count || q->phrase_count) && distinct == 0;
}

/* ---- what does not occur ---- */

uint32_t aq_query_ignored(const struct aq_query *q, struct aq_slice *out)
{
    uint32_t n = 0;
    for (size_t i = 0; i < q->term_count; i++)
        if (q->terms[i].part && q->terms[i].df == 0)
            out[n++] = q->terms[i].typed;
    for (size_t i = 0; i < q->form_count; i++) {
        const struct aq_query_form *f = &q->forms[i];
        bool said = q->terms[f->term].part && q->terms[f->term].df == 0;
        if (f->wanted && !f->seen && !said)
            out[n++] = f->typed;
    }
    for (size_t i = 0; i < q->pattern_count; i++)
        if (q->patterns[i].wanted && !pattern_occurs(q, &q->patterns[i]))
            out[n++] = q->patterns[i].typed;
    return n;
}
