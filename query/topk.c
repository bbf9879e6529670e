/* topk.c - see topk.h. */
#include "topk.h"

#include <assert.h>

#define EMPTY UINT32_MAX

void aq_topk_init(struct aq_topk *t, uint32_t k, bool by_group)
{
    *t = (struct aq_topk){.k = k, .by_group = by_group};
}

void aq_topk_free(struct aq_topk *t)
{
    free(t->heap);
    free(t->slot_of);
    free(t->slots);
    *t = (struct aq_topk){0};
}

/* ---- group table: linear probing, a power of two at most half full ---- */

static size_t home(const struct aq_topk *t, uint32_t group)
{
    return (size_t)(group * 0x9E3779B1u) & (t->slot_count - 1);
}

static size_t find(const struct aq_topk *t, uint32_t group)
{
    size_t i = home(t, group);
    while (t->slots[i] != EMPTY && t->heap[t->slots[i]].group != group)
        i = (i + 1) & (t->slot_count - 1);
    return i;
}

static bool make_room(struct aq_topk *t)
{
    if (t->slots && (t->count + 1) * 2 <= t->slot_count)
        return true;
    size_t want = t->slot_count ? t->slot_count * 2 : 64;
    uint32_t *slots = malloc(want * sizeof *slots);
    if (!slots)
        return false;
    free(t->slots);
    t->slots = slots;
    t->slot_count = want;
    assert(t->count == 0 || (t->heap && t->slot_of));
    memset(slots, 0xFF, want * sizeof *slots);
    for (size_t i = 0; i < t->count; i++) {
        size_t s = find(t, t->heap[i].group);
        slots[s] = (uint32_t)i;
        t->slot_of[i] = (uint32_t)s;
    }
    return true;
}

/* Empties a slot and moves back those that probed over it. */
static void forget(struct aq_topk *t, size_t hole)
{
    size_t mask = t->slot_count - 1;
    for (size_t i = (hole + 1) & mask; t->slots[i] != EMPTY; i = (i + 1) & mask) {
        size_t from = home(t, t->heap[t->slots[i]].group);
        if (((i - from) & mask) >= ((i - hole) & mask)) {
            t->slots[hole] = t->slots[i];
            t->slot_of[t->slots[hole]] = (uint32_t)hole;
            hole = i;
        }
    }
    t->slots[hole] = EMPTY;
}

/* ---- heap ---- */

static void place(struct aq_topk *t, size_t i, const struct aq_candidate *c, uint32_t slot)
{
    assert(t->heap);
    t->heap[i] = *c;
    if (t->by_group) {
        t->slot_of[i] = slot;
        t->slots[slot] = (uint32_t)i;
    }
}

/* Puts c at i or towards the root, over those that go before it. */
static void sift_up(struct aq_topk *t, size_t i, const struct aq_candidate *c, uint32_t slot)
{
    assert(t->heap);
    while (i > 0) {
        size_t parent = (i - 1) / 2;
        if (!aq_candidate_before(&t->heap[parent], c))
            break;
        place(t, i, &t->heap[parent], t->by_group ? t->slot_of[parent] : 0);
        i = parent;
    }
    place(t, i, c, slot);
}

/* Puts c at i or towards the leaves, under those that go after it. */
static void sift_down(struct aq_topk *t, size_t i, const struct aq_candidate *c, uint32_t slot)
{
    assert(t->heap);
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= t->count)
            break;
        if (child + 1 < t->count && aq_candidate_before(&t->heap[child], &t->heap[child + 1]))
            child++;
        if (!aq_candidate_before(c, &t->heap[child]))
            break;
        place(t, i, &t->heap[child], t->by_group ? t->slot_of[child] : 0);
        i = child;
    }
    place(t, i, c, slot);
}

static void push(struct aq_topk *t, const struct aq_candidate *c, uint32_t slot)
{
    if (t->count == t->cap) {
        size_t cap = t->cap;
        if (!aq_grow(&t->heap, &t->cap, t->count + 1, sizeof *t->heap)) {
            t->failed = true;
            return;
        }
        if (t->by_group && !aq_grow(&t->slot_of, &cap, t->cap, sizeof *t->slot_of)) {
            t->cap = t->count;
            t->failed = true;
            return;
        }
    }
    sift_up(t, t->count++, c, slot);
}

void aq_topk_offer(struct aq_topk *t, const struct aq_candidate *c)
{
    const struct aq_candidate *worst = aq_topk_worst(t);
    if (t->failed || (worst && !aq_candidate_before(c, worst)))
        return;
    if (!t->by_group) {
        if (worst)
            sift_down(t, 0, c, 0);
        else
            push(t, c, 0);
        return;
    }
    if (!make_room(t)) {
        t->failed = true;
        return;
    }
    size_t slot = find(t, c->group);
    if (t->slots[slot] != EMPTY) { /* a better one of the group goes away from the root */
        size_t i = t->slots[slot];
        assert(t->heap);
        if (aq_candidate_before(c, &t->heap[i]))
            sift_down(t, i, c, (uint32_t)slot);
    } else if (!worst) {
        push(t, c, (uint32_t)slot);
    } else {
        forget(t, t->slot_of[0]);
        sift_down(t, 0, c, (uint32_t)find(t, c->group));
    }
}

struct aq_candidate *aq_topk_finish(struct aq_topk *t, size_t *count)
{
    size_t n = t->count;
    t->by_group = false;
    /* The root is the worst: taking it off again and again fills from the back. */
    while (t->count > 1) {
        struct aq_candidate worst = t->heap[0], last = t->heap[--t->count];
        sift_down(t, 0, &last, 0);
        t->heap[t->count] = worst;
    }
    t->count = n;
    *count = n;
    return t->heap;
}

static int in_order(const void *x, const void *y)
{
    return aq_candidate_before(x, y) ? -1 : 1;
}

void aq_candidates_sort(struct aq_candidate *candidates, size_t count)
{
    if (count)
        qsort(candidates, count, sizeof *candidates, in_order);
}
