/* posts.c - see posts.h. An open hash table on a 64-bit hash of topic and number;
 * that two of a few million posts share one is a matter of 1e-6. */
#include "posts.h"

enum { SLOTS_FIRST = 1 << 10, SLOTS_MOST = 1 << 22 };

struct aq_post_slot {
    uint64_t key, id; /* id 0: free */
};

static uint64_t mix(uint64_t h)
{
    h ^= h >> 32;
    h *= 0xD6E8FEB86659FD93u;
    h ^= h >> 32;
    h *= 0xD6E8FEB86659FD93u;
    return h ^ h >> 32;
}

static uint64_t key_of(struct aq_slice topic, uint64_t number)
{
    uint64_t h = 0xCBF29CE484222325u;
    for (size_t i = 0; i < topic.len; i++)
        h = (h ^ topic.ptr[i]) * 0x100000001B3u;
    return mix(mix(h) + number);
}

static struct aq_post_slot *find(const struct aq_posts *p, uint64_t key)
{
    size_t at = key & (p->cap - 1);
    while (p->slots[at].id && p->slots[at].key != key)
        at = (at + 1) & (p->cap - 1);
    return &p->slots[at];
}

static bool grow(struct aq_posts *p)
{
    struct aq_posts bigger = {.cap = p->cap ? p->cap * 2 : SLOTS_FIRST, .count = p->count};
    bigger.slots = calloc(bigger.cap, sizeof *bigger.slots);
    if (!bigger.slots)
        return false;
    for (size_t i = 0; i < p->cap; i++)
        if (p->slots[i].id)
            *find(&bigger, p->slots[i].key) = p->slots[i];
    free(p->slots);
    *p = bigger;
    return true;
}

bool aq_posts_put(struct aq_posts *p, struct aq_slice topic, uint64_t number, uint64_t id)
{
    if (id == 0)
        return true;
    if (p->count * 2 >= p->cap) {
        if (p->cap >= SLOTS_MOST) {
            /* Exports run in order of time: parents are near, so start afresh. */
            memset(p->slots, 0, p->cap * sizeof *p->slots);
            p->count = 0;
        } else if (!grow(p)) {
            return false;
        }
    }
    uint64_t key = key_of(topic, number);
    struct aq_post_slot *slot = find(p, key);
    p->count += slot->id == 0;
    *slot = (struct aq_post_slot){key, id};
    return true;
}

uint64_t aq_posts_get(const struct aq_posts *p, struct aq_slice topic, uint64_t number)
{
    return p->cap ? find(p, key_of(topic, number))->id : 0;
}

void aq_posts_free(struct aq_posts *p)
{
    free(p->slots);
    *p = (struct aq_posts){0};
}
