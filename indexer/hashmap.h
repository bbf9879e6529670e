/* hashmap.h - 64-bit hash to 32-bit value, open addressing. Several values may
 * stand under one hash: callers compare the real bytes. Zero-initialise. */
#ifndef AQ_HASHMAP_H
#define AQ_HASHMAP_H

#include "base.h"

#define AQ_HASHMAP_NONE UINT32_MAX

struct aq_hashmap {
    struct aq_hashmap_slot {
        uint64_t hash;
        uint32_t value; /* AQ_HASHMAP_NONE: empty */
    } *slots;
    size_t mask; /* slots - 1 */
    size_t count;
};

static inline void aq_hashmap_free(struct aq_hashmap *m)
{
    free(m->slots);
    *m = (struct aq_hashmap){0};
}

static inline size_t aq_hashmap_bytes(const struct aq_hashmap *m)
{
    return m->slots ? (m->mask + 1) * sizeof *m->slots : 0;
}

static inline bool aq_hashmap_resize(struct aq_hashmap *m, size_t size)
{
    struct aq_hashmap_slot *slots = malloc(size * sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i < size; i++)
        slots[i].value = AQ_HASHMAP_NONE;
    for (size_t i = 0; m->slots && i <= m->mask; i++) {
        if (m->slots[i].value == AQ_HASHMAP_NONE)
            continue;
        size_t at = m->slots[i].hash & (size - 1);
        while (slots[at].value != AQ_HASHMAP_NONE)
            at = (at + 1) & (size - 1);
        slots[at] = m->slots[i];
    }
    free(m->slots);
    m->slots = slots;
    m->mask = size - 1;
    return true;
}

/* Adds one more value under hash. False: out of memory. */
static inline bool aq_hashmap_add(struct aq_hashmap *m, uint64_t hash, uint32_t value)
{
    if (!m->slots || m->count * 2 > m->mask) {
        if (!aq_hashmap_resize(m, m->slots ? (m->mask + 1) * 2 : 256))
            return false;
    }
    size_t at = hash & m->mask;
    while (m->slots[at].value != AQ_HASHMAP_NONE)
        at = (at + 1) & m->mask;
    m->slots[at] = (struct aq_hashmap_slot){hash, value};
    m->count++;
    return true;
}

/* A hash for a key that is a number: runs of numbers do not become runs of slots,
 * which looking for an absent one would have to walk. */
static inline uint64_t aq_hash_number(uint32_t number)
{
    uint64_t h = (number + (uint64_t)1) * 0x9e3779b97f4a7c15u;
    return h ^ h >> 32;
}

/* Puts another value in the place of one that stands under hash. */
static inline void aq_hashmap_replace(struct aq_hashmap *m, uint64_t hash, uint32_t old, uint32_t value)
{
    size_t at = hash & m->mask;
    while (m->slots[at].value != AQ_HASHMAP_NONE && (m->slots[at].hash != hash || m->slots[at].value != old))
        at = (at + 1) & m->mask;
    if (m->slots[at].value != AQ_HASHMAP_NONE)
        m->slots[at].value = value;
}

/* Walks the values under hash: start with *at = SIZE_MAX; AQ_HASHMAP_NONE ends. */
static inline uint32_t aq_hashmap_next(const struct aq_hashmap *m, uint64_t hash, size_t *at)
{
    if (!m->slots)
        return AQ_HASHMAP_NONE;
    size_t i = *at == SIZE_MAX ? (hash & m->mask) : ((*at + 1) & m->mask);
    for (; m->slots[i].value != AQ_HASHMAP_NONE; i = (i + 1) & m->mask) {
        if (m->slots[i].hash == hash) {
            *at = i;
            return m->slots[i].value;
        }
    }
    return AQ_HASHMAP_NONE;
}

#endif
