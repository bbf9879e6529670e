/* lexicon.h - every form met so far, its term, and the way from a spelling to it.
 * Knows neither text nor stemming: its caller brings form and term.
 *
 * A form of up to 12 ASCII bytes is kept whole in its slot, so that the common
 * look-up touches one cache line; others are compared with the lexeme's bytes.
 * Lexemes and their bytes never move: another thread may read a lexeme whose id
 * was handed over through a lock while this one adds more. */
#ifndef AQ_LEXICON_H
#define AQ_LEXICON_H

#include "analyzer.h"

enum {
    AQ_LEXICON_FIRST_BITS = 6, /* lexemes in the first chunk: 64; each chunk doubles */
    AQ_LEXICON_CHUNKS = 33 - AQ_LEXICON_FIRST_BITS
};
#define AQ_LEXEME_NONE UINT32_MAX

/* What a slot is compared with: up to 12 ASCII bytes, zero-padded, or a 64-bit
 * hash with AQ_KEY_HASHED and the length. */
struct aq_key {
    uint64_t head;
    uint32_t tail;
};
#define AQ_KEY_HASHED 0x80000000u

struct aq_lexicon_slot {
    uint64_t head;
    uint32_t tail;
    uint32_t next_id; /* the lexeme's id + 1; 0: empty */
};

/* A spelling that is not ASCII, and the lexeme of its form. */
struct aq_spelling_slot {
    uint64_t hash;
    const uint8_t *bytes; /* NULL: empty */
    uint32_t len;
    uint32_t lexeme;
};

struct aq_term_entry {
    uint32_t lexeme; /* the first with this term */
    uint32_t forms;
};

struct aq_term_slot {
    uint32_t tag;     /* of the hash */
    uint32_t next_id; /* the term's id + 1; 0: empty */
};

struct aq_lexicon {
    struct aq_lexicon_slot *slots; /* a power of two of each */
    struct aq_spelling_slot *spellings;
    struct aq_term_slot *term_slots;
    size_t slot_mask, spelling_mask, term_mask;
    struct aq_term_entry *terms;
    size_t term_cap;
    uint32_t count, spelling_count, term_count;
    uint64_t seed; /* of the tables' order; shows in no result */
    struct aq_arena bytes;
    struct aq_lexeme *chunks[AQ_LEXICON_CHUNKS];
};

bool aq_lexicon_open(struct aq_lexicon *l, uint64_t seed); /* false: out of memory */
void aq_lexicon_free(struct aq_lexicon *l);
void aq_lexicon_forget(struct aq_lexicon *l); /* as after opening; gives memory back */
size_t aq_lexicon_memory(const struct aq_lexicon *l);

/* The key of form bytes that are not ASCII or longer than 12. */
struct aq_key aq_lexicon_hashed_key(const struct aq_lexicon *l, struct aq_slice form);

/* The lexeme of a form, or AQ_LEXEME_NONE. */
uint32_t aq_lexicon_find_hashed(const struct aq_lexicon *l, struct aq_key key, struct aq_slice form);

/* Adds a form that is not there, with its term. Returns its id, or AQ_LEXEME_NONE
 * without memory (or beyond 2^32 - 64 forms); then nothing has changed. */
uint32_t aq_lexicon_add(struct aq_lexicon *l, struct aq_key key, struct aq_slice form, struct aq_slice term);

/* Spellings with other bytes than ASCII. */
uint64_t aq_lexicon_spelling_hash(const struct aq_lexicon *l, struct aq_slice spelling);
uint32_t aq_lexicon_find_spelling(const struct aq_lexicon *l, uint64_t hash, struct aq_slice spelling);
bool aq_lexicon_add_spelling(struct aq_lexicon *l, uint64_t hash, struct aq_slice spelling, uint32_t lexeme);

static inline const struct aq_lexeme *aq_lexicon_get(const struct aq_lexicon *l, uint32_t id)
{
    uint64_t n = (uint64_t)id + (1u << AQ_LEXICON_FIRST_BITS);
    unsigned bits = 63u - (unsigned)__builtin_clzll(n);
    return &l->chunks[bits - AQ_LEXICON_FIRST_BITS][n - (1ull << bits)];
}

static inline size_t aq_lexicon_home(const struct aq_lexicon *l, struct aq_key key)
{
    uint64_t h = (key.head ^ l->seed) * 0x9E3779B97F4A7C15u;
    h = ((h ^ h >> 32) + key.tail) * 0xD6E8FEB86659FD93u;
    return (size_t)(h ^ h >> 32) & l->slot_mask;
}

static inline void aq_lexicon_prefetch(const struct aq_lexicon *l, size_t home)
{
    __builtin_prefetch(&l->slots[home]);
}

/* The lexeme of a form whose key holds all its bytes, or AQ_LEXEME_NONE. */
static inline uint32_t aq_lexicon_find_short(const struct aq_lexicon *l, struct aq_key key, size_t home)
{
    for (size_t i = home;; i = (i + 1) & l->slot_mask) {
        const struct aq_lexicon_slot *s = &l->slots[i];
        if (s->head == key.head && s->tail == key.tail && s->next_id)
            return s->next_id - 1;
        if (s->next_id == 0)
            return AQ_LEXEME_NONE;
    }
}

#endif
