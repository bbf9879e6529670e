/* forest.c - see forest.h. Everything goes by indexes and links: no recursion, no stack. */
#include "forest.h"

#define NONE AQ_NO_PLACE

void aq_forest_clear(struct aq_forest *t)
{
    t->count = t->order_count = 0;
}

void aq_forest_free(struct aq_forest *t)
{
    free(t->nodes);
    free(t->order);
    free(t->sorted);
    *t = (struct aq_forest){0};
}

bool aq_forest_add(struct aq_forest *t, const struct aq_forest_node *node)
{
    if (t->count >= NONE - 1 || !aq_grow(&t->nodes, &t->cap, t->count + 1, sizeof *t->nodes))
        return false;
    struct aq_forest_node *n = &t->nodes[t->count++];
    *n = *node;
    n->up = n->first = n->next = n->named = n->reply_first = n->reply_next = n->place = NONE;
    return true;
}

uint32_t aq_forest_find(const struct aq_forest *t, uint32_t comment)
{
    size_t low = 0, high = t->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (t->nodes[middle].comment < comment)
            low = middle + 1;
        else
            high = middle;
    }
    return low < t->count && t->nodes[low].comment == comment ? (uint32_t)low : NONE;
}

uint32_t aq_forest_above(const struct aq_forest *t, uint32_t node)
{
    uint32_t up = t->nodes[node].up;
    while (up != NONE && !t->nodes[up].live)
        up = t->nodes[up].up;
    return up;
}

/* ---- links ---- */

static void link_parents(struct aq_forest *t, uint32_t opener)
{
    for (size_t i = 0; i < t->count; i++) {
        struct aq_forest_node *n = &t->nodes[i];
        uint32_t parent = n->parent == AQ_NO_COMMENT ? NONE : aq_forest_find(t, n->parent);
        n->named = n->guessed ? NONE : parent;
        n->up = i == opener ? NONE : parent;
        n->detached = i != opener && n->reply && (n->up == NONE || !t->nodes[n->up].live);
    }
}

/* Which link of a loop is cut: one that was guessed, before any that was said; of the lowest number. */
static bool comes_off(const struct aq_forest *t, uint32_t a, uint32_t b)
{
    if (t->nodes[a].guessed != t->nodes[b].guessed)
        return t->nodes[a].guessed;
    return a < b;
}

/* Each node has at most one parent, so a walk upwards that meets its own trail has found
 * a loop. `place` is the walk that met a node first, plus one; 0: none did. */
static void cut_loops(struct aq_forest *t)
{
    for (size_t i = 0; i < t->count; i++)
        t->nodes[i].place = 0;
    for (uint32_t walk = 0; walk < t->count; walk++) {
        uint32_t at = walk;
        while (at != NONE && !t->nodes[at].place) {
            t->nodes[at].place = walk + 1;
            at = t->nodes[at].up;
        }
        if (at == NONE || t->nodes[at].place != walk + 1)
            continue;
        uint32_t cut = at;
        for (uint32_t on = t->nodes[at].up; on != at; on = t->nodes[on].up)
            cut = comes_off(t, on, cut) ? on : cut;
        t->nodes[cut].up = NONE;
        t->nodes[cut].detached = !t->nodes[cut].guessed;
        t->nodes[cut].guessed = false;
    }
}

static int by_date(const void *x, const void *y, void *context)
{
    const struct aq_forest_node *nodes = context, *a = &nodes[*(const uint32_t *)x], *b = &nodes[*(const uint32_t *)y];
    if ((a->date == AQ_NO_DATE) != (b->date == AQ_NO_DATE))
        return a->date == AQ_NO_DATE ? 1 : -1;
    if (a->date != b->date)
        return a->date < b->date ? -1 : 1;
    return (a->comment > b->comment) - (a->comment < b->comment);
}

/* Children in order, below their parents; those without one go below the opener. Gives
 * the first of those that stay at the top. */
static uint32_t link_children(struct aq_forest *t, uint32_t opener)
{
    uint32_t top = NONE;
    for (size_t i = 0; i < t->count; i++)
        t->sorted[i] = (uint32_t)i;
    qsort_r(t->sorted, t->count, sizeof *t->sorted, by_date, t->nodes);
    for (size_t i = t->count; i-- > 0;) { /* each goes before its later siblings */
        struct aq_forest_node *n = &t->nodes[t->sorted[i]];
        if (n->up == NONE && t->sorted[i] != opener)
            n->up = opener;
        uint32_t *head = n->up == NONE ? &top : &t->nodes[n->up].first;
        n->next = *head;
        *head = t->sorted[i];
        if (n->named != NONE) {
            n->reply_next = t->nodes[n->named].reply_first;
            t->nodes[n->named].reply_first = t->sorted[i];
        }
    }
    return top;
}

/* ---- order ---- */

static void put_in_order(struct aq_forest *t, uint32_t at)
{
    uint32_t level = 0;
    while (at != NONE) {
        struct aq_forest_node *n = &t->nodes[at];
        n->level = level;
        n->place = n->live ? (uint32_t)t->order_count : NONE;
        if (n->live)
            t->order[t->order_count++] = at;
        if (n->first != NONE) {
            level += n->live;
            at = n->first;
            continue;
        }
        while (at != NONE && t->nodes[at].next == NONE) {
            at = t->nodes[at].up;
            level -= at != NONE && t->nodes[at].live;
        }
        if (at != NONE)
            at = t->nodes[at].next;
    }
}

bool aq_forest_build(struct aq_forest *t, uint32_t opener)
{
    uint32_t first = opener == AQ_NO_COMMENT ? NONE : aq_forest_find(t, opener);
    t->order_count = 0;
    if (t->count == 0)
        return true;
    if (!aq_grow(&t->order, &t->order_cap, t->count, sizeof *t->order) ||
        !aq_grow(&t->sorted, &t->sorted_cap, t->count, sizeof *t->sorted))
        return false;
    link_parents(t, first);
    cut_loops(t);
    put_in_order(t, link_children(t, first));
    return true;
}
