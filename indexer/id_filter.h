/* id_filter.h - which ids are certainly not in the store: a Bloom filter over 64-bit
 * hashes, all bits of a hash in one word (Putze, Sanders, Singler, "Cache-, Hash- and
 * Space-Efficient Bloom Filters", 2007). Zero-initialise. */
#ifndef AQ_ID_FILTER_H
#define AQ_ID_FILTER_H

#include "base.h"

struct aq_id_filter {
    uint64_t *words; /* NULL: there is no filter */
    uint32_t count;  /* of words */
    uint64_t added, meant_for;
};

/* For `ids` that are there already and as many to come; at most 64 MiB, beyond which
 * it answers "may have" more often. False: out of memory. */
static inline bool aq_id_filter_make(struct aq_id_filter *f, uint64_t ids)
{
    enum { BITS_EACH = 16, LEAST = 1 << 16, WORDS_MOST = 8 << 20 };
    uint64_t meant_for = ids < LEAST / 2 ? LEAST : ids * 2, words = meant_for * BITS_EACH / 64;
    free(f->words);
    *f = (struct aq_id_filter){.meant_for = meant_for, .count = words < WORDS_MOST ? (uint32_t)words : WORDS_MOST};
    f->words = calloc(f->count, sizeof *f->words);
    return f->words;
}

static inline void aq_id_filter_free(struct aq_id_filter *f)
{
    free(f->words);
    *f = (struct aq_id_filter){0};
}

static inline uint64_t *aq_id_filter_word(const struct aq_id_filter *f, uint64_t hash)
{
    return &f->words[(hash >> 32) * f->count >> 32];
}

/* Five bits of a word. */
static inline uint64_t aq_id_filter_mask(uint64_t hash)
{
    uint64_t mask = 0;
    for (unsigned i = 0; i < 5; i++)
        mask |= (uint64_t)1 << (hash >> 6 * i & 63);
    return mask;
}

static inline void aq_id_filter_add(struct aq_id_filter *f, uint64_t hash)
{
    *aq_id_filter_word(f, hash) |= aq_id_filter_mask(hash);
    f->added++;
}

static inline bool aq_id_filter_may_have(const struct aq_id_filter *f, uint64_t hash)
{
    uint64_t mask = aq_id_filter_mask(hash);
    return (*aq_id_filter_word(f, hash) & mask) == mask;
}

static inline bool aq_id_filter_full(const struct aq_id_filter *f)
{
    return f->added >= f->meant_for;
}

#endif
