/* lexicon.c - see lexicon.h. Owns the hash tables and the memory behind them. */
#include "lexicon.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { FIRST_SLOTS = 256 };

bool aq_lexicon_open(struct aq_lexicon *l, uint64_t seed)
{
    *l = (struct aq_lexicon){.seed = seed};
    l->slot_mask = l->spelling_mask = l->term_mask = FIRST_SLOTS - 1;
    l->slots = calloc(FIRST_SLOTS, sizeof *l->slots);
    l->spellings = calloc(FIRST_SLOTS, sizeof *l->spellings);
    l->term_slots = calloc(FIRST_SLOTS, sizeof *l->term_slots);
    if (l->slots && l->spellings && l->term_slots)
        return true;
    aq_lexicon_free(l);
    return false;
}

void aq_lexicon_free(struct aq_lexicon *l)
{
    free(l->slots);
    free(l->spellings);
    free(l->term_slots);
    free(l->terms);
    for (size_t i = 0; i < AQ_COUNT(l->chunks); i++)
        free(l->chunks[i]);
    aq_arena_free(&l->bytes);
    *l = (struct aq_lexicon){0};
}

void aq_lexicon_forget(struct aq_lexicon *l)
{
    struct aq_lexicon fresh;
    if (aq_lexicon_open(&fresh, l->seed)) {
        aq_lexicon_free(l);
        *l = fresh;
        return;
    }
    /* No memory for small tables: the large ones will do. */
    memset(l->slots, 0, (l->slot_mask + 1) * sizeof *l->slots);
    memset(l->spellings, 0, (l->spelling_mask + 1) * sizeof *l->spellings);
    memset(l->term_slots, 0, (l->term_mask + 1) * sizeof *l->term_slots);
    l->count = l->spelling_count = l->term_count = 0;
    aq_arena_reset(&l->bytes);
}

size_t aq_lexicon_memory(const struct aq_lexicon *l)
{
    return (l->slot_mask + 1) * sizeof *l->slots + (l->spelling_mask + 1) * sizeof *l->spellings +
           (l->term_mask + 1) * sizeof *l->term_slots + l->term_cap * sizeof *l->terms + l->bytes.total +
           l->count * sizeof(struct aq_lexeme);
}

/* ---- growing: at five eighths full, so that a chain of probes stays short ---- */

static bool crowded(uint32_t count, size_t mask)
{
    return (uint64_t)count * 8 >= ((uint64_t)mask + 1) * 5;
}

static void place(struct aq_lexicon *l, struct aq_key key, uint32_t next_id)
{
    size_t i = aq_lexicon_home(l, key);
    while (l->slots[i].next_id)
        i = (i + 1) & l->slot_mask;
    l->slots[i] = (struct aq_lexicon_slot){key.head, key.tail, next_id};
}

static bool grow_slots(struct aq_lexicon *l)
{
    size_t old_size = l->slot_mask + 1;
    struct aq_lexicon_slot *old = l->slots, *grown = calloc(old_size * 2, sizeof *grown);
    if (!grown)
        return false;
    l->slots = grown;
    l->slot_mask = old_size * 2 - 1;
    for (size_t i = 0; i < old_size; i++)
        if (old[i].next_id)
            place(l, (struct aq_key){old[i].head, old[i].tail}, old[i].next_id);
    free(old);
    return true;
}

static void place_spelling(struct aq_lexicon *l, struct aq_spelling_slot s)
{
    size_t i = s.hash & l->spelling_mask;
    while (l->spellings[i].bytes)
        i = (i + 1) & l->spelling_mask;
    l->spellings[i] = s;
}

static bool grow_spellings(struct aq_lexicon *l)
{
    size_t old_size = l->spelling_mask + 1;
    struct aq_spelling_slot *old = l->spellings, *grown = calloc(old_size * 2, sizeof *grown);
    if (!grown)
        return false;
    l->spellings = grown;
    l->spelling_mask = old_size * 2 - 1;
    for (size_t i = 0; i < old_size; i++)
        if (old[i].bytes)
            place_spelling(l, old[i]);
    free(old);
    return true;
}

static uint32_t term_tag(uint64_t hash)
{
    return (uint32_t)(hash >> 32);
}

static void place_term(struct aq_lexicon *l, uint64_t hash, uint32_t next_id)
{
    size_t i = (hash ^ l->seed) & l->term_mask;
    while (l->term_slots[i].next_id)
        i = (i + 1) & l->term_mask;
    l->term_slots[i] = (struct aq_term_slot){term_tag(hash), next_id};
}

static bool grow_terms(struct aq_lexicon *l)
{
    size_t size = (l->term_mask + 1) * 2;
    struct aq_term_slot *grown = calloc(size, sizeof *grown);
    if (!grown)
        return false;
    free(l->term_slots);
    l->term_slots = grown;
    l->term_mask = size - 1;
    for (uint32_t id = 0; id < l->term_count; id++)
        place_term(l, aq_lexicon_get(l, l->terms[id].lexeme)->term_hash, id + 1);
    return true;
}

/* ---- forms ---- */

struct aq_key aq_lexicon_hashed_key(const struct aq_lexicon *l, struct aq_slice form)
{
    uint64_t hash = XXH3_64bits_withSeed(form.ptr, form.len, l->seed);
    return (struct aq_key){hash, AQ_KEY_HASHED | (uint32_t)form.len};
}

uint32_t aq_lexicon_find_hashed(const struct aq_lexicon *l, struct aq_key key, struct aq_slice form)
{
    for (size_t i = aq_lexicon_home(l, key);; i = (i + 1) & l->slot_mask) {
        const struct aq_lexicon_slot *s = &l->slots[i];
        if (s->next_id == 0)
            return AQ_LEXEME_NONE;
        if (s->head == key.head && s->tail == key.tail &&
            aq_slice_eq(aq_lexicon_get(l, s->next_id - 1)->form, form))
            return s->next_id - 1;
    }
}

static uint32_t find_term(const struct aq_lexicon *l, uint64_t hash, struct aq_slice term)
{
    for (size_t i = (hash ^ l->seed) & l->term_mask;; i = (i + 1) & l->term_mask) {
        const struct aq_term_slot *s = &l->term_slots[i];
        if (s->next_id == 0)
            return AQ_LEXEME_NONE;
        if (s->tag == term_tag(hash) &&
            aq_slice_eq(aq_lexicon_get(l, l->terms[s->next_id - 1].lexeme)->term, term))
            return s->next_id - 1;
    }
}

/* The place of the next lexeme. */
static struct aq_lexeme *next_lexeme(struct aq_lexicon *l)
{
    uint64_t n = (uint64_t)l->count + (1u << AQ_LEXICON_FIRST_BITS);
    unsigned bits = 63u - (unsigned)__builtin_clzll(n);
    struct aq_lexeme **chunk = &l->chunks[bits - AQ_LEXICON_FIRST_BITS];
    if (!*chunk)
        *chunk = malloc(((size_t)1 << bits) * sizeof **chunk);
    return *chunk ? *chunk + (n - (1ull << bits)) : NULL;
}

uint32_t aq_lexicon_add(struct aq_lexicon *l, struct aq_key key, struct aq_slice form, struct aq_slice term)
{
    if (l->count >= UINT32_MAX - (1u << AQ_LEXICON_FIRST_BITS))
        return AQ_LEXEME_NONE;
    if (crowded(l->count, l->slot_mask) && !grow_slots(l))
        return AQ_LEXEME_NONE;
    if (crowded(l->term_count, l->term_mask) && !grow_terms(l))
        return AQ_LEXEME_NONE;
    if (!aq_grow(&l->terms, &l->term_cap, (size_t)l->term_count + 1, sizeof *l->terms))
        return AQ_LEXEME_NONE;
    struct aq_lexeme *x = next_lexeme(l);
    if (!x)
        return AQ_LEXEME_NONE;

    uint64_t hash = XXH3_64bits(term.ptr, term.len);
    uint32_t term_id = find_term(l, hash, term);
    bool new_term = term_id == AQ_LEXEME_NONE;
    bool starts_form = term.len <= form.len && memcmp(term.ptr, form.ptr, term.len) == 0;
    /* A stem is mostly the form's beginning: then both share their bytes. */
    size_t apart = new_term && !starts_form ? term.len : 0;
    uint8_t *bytes = aq_arena_bytes(&l->bytes, form.len + apart);
    if (!bytes)
        return AQ_LEXEME_NONE;
    memcpy(bytes, form.ptr, form.len);
    if (apart)
        memcpy(bytes + form.len, term.ptr, term.len);

    *x = (struct aq_lexeme){.form = aq_slice(bytes, form.len),
                            .term_hash = hash,
                            .id = l->count,
                            .term_is_form = starts_form && term.len == form.len};
    if (new_term) {
        term_id = l->term_count++;
        l->terms[term_id] = (struct aq_term_entry){x->id, 0};
        x->term = aq_slice(apart ? bytes + form.len : bytes, term.len);
        place_term(l, hash, term_id + 1);
    } else {
        x->term = aq_lexicon_get(l, l->terms[term_id].lexeme)->term;
    }
    x->term_id = term_id;
    x->form_number = l->terms[term_id].forms++;
    place(l, key, ++l->count);
    return x->id;
}

/* ---- spellings ---- */

uint64_t aq_lexicon_spelling_hash(const struct aq_lexicon *l, struct aq_slice spelling)
{
    return XXH3_64bits_withSeed(spelling.ptr, spelling.len, l->seed);
}

uint32_t aq_lexicon_find_spelling(const struct aq_lexicon *l, uint64_t hash, struct aq_slice spelling)
{
    for (size_t i = hash & l->spelling_mask;; i = (i + 1) & l->spelling_mask) {
        const struct aq_spelling_slot *s = &l->spellings[i];
        if (!s->bytes)
            return AQ_LEXEME_NONE;
        if (s->hash == hash && aq_slice_eq(aq_slice(s->bytes, s->len), spelling))
            return s->lexeme;
    }
}

bool aq_lexicon_add_spelling(struct aq_lexicon *l, uint64_t hash, struct aq_slice spelling, uint32_t lexeme)
{
    if (crowded(l->spelling_count, l->spelling_mask) && !grow_spellings(l))
        return false;
    uint8_t *bytes = aq_arena_bytes(&l->bytes, spelling.len);
    if (!bytes)
        return false;
    memcpy(bytes, spelling.ptr, spelling.len);
    place_spelling(l, (struct aq_spelling_slot){hash, bytes, (uint32_t)spelling.len, lexeme});
    l->spelling_count++;
    return true;
}
