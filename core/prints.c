/* prints.c - see prints.h. */
#include "prints.h"

#define WORD_START 0x811c9dc5u
#define WORD_STEP 0x01000193u
#define RUN_STEP 0x9e3779b97f4a7c15u

void aq_wordlist_free(struct aq_wordlist *w)
{
    free(w->v);
    *w = (struct aq_wordlist){0};
}

void aq_prints_free(struct aq_prints *p)
{
    free(p->v);
    *p = (struct aq_prints){0};
}

/* ---- words ---- */

/* What a byte is of: 0 it parts words, 1 it begins a character that may; else of a word,
 * folded. */
static const uint8_t kinds[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 0, 0, 0, 0, 0, 0,
    0, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 0, 0, 0, 0, 0,
    0, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 0, 0, 0, 0, 0,
    0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f,
    0x90, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f,
    0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf,
    0xb0, 0xb1, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba, 0xbb, 0xbc, 0xbd, 0xbe, 0xbf,
    0xc0, 0xc1, 1, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf,
    0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf,
    0xe0, 0xe1, 1, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xeb, 0xec, 0xed, 0xee, 0xef,
    0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff,
};

/* Bytes of the character at p, of kind 1, if it parts words: Latin-1's signs, and the
 * block of general punctuation. Else 0. */
static unsigned parts_words(const uint8_t *p, const uint8_t *end)
{
    if (*p == 0xc2)
        return end - p >= 2 ? 2 : 0;
    return end - p >= 3 && (p[1] == 0x80 || p[1] == 0x81) ? 3 : 0;
}

bool aq_wordlist_add(struct aq_wordlist *w, struct aq_slice text)
{
    const uint8_t *p = text.ptr, *end = text.ptr + text.len;
    if (!aq_grow(&w->v, &w->cap, w->count + text.len / 2 + 1, sizeof *w->v))
        return false;
    uint32_t *to = w->v + w->count, h = WORD_START;
    while (p < end) {
        uint8_t kind = kinds[*p];
        if (AQ_LIKELY(kind > 1)) {
            h = (h ^ kind) * WORD_STEP;
            p++;
            continue;
        }
        unsigned n = kind ? parts_words(p, end) : 1;
        if (!n) {
            h = (h ^ *p++) * WORD_STEP;
            continue;
        }
        if (h != WORD_START)
            *to++ = h;
        h = WORD_START;
        p += n;
    }
    if (h != WORD_START)
        *to++ = h;
    w->count = (size_t)(to - w->v);
    return true;
}

/* ---- fingerprints ---- */

static uint64_t mix(uint64_t h)
{
    h ^= h >> 33;
    h *= 0xff51afd7ed558ccdu;
    return h ^ h >> 33;
}

static uint64_t sum_words(const uint32_t *words, size_t count)
{
    uint64_t h = 0;
    for (size_t i = 0; i < count; i++)
        h = h * RUN_STEP + words[i];
    return h;
}

uint32_t aq_wordlist_hash(const uint32_t *words, size_t count)
{
    return (uint32_t)mix(sum_words(words, count) + count);
}

/* The lowest bit says what an entry of the table is of (store.h). */
static uint32_t print_of(uint64_t sum)
{
    return (uint32_t)(mix(sum) >> 32) & ~1u;
}

/* Keeps the lowest of each window, the last of equal ones; all of what is shorter. */
static void winnow(struct aq_prints *p, const uint32_t *words, size_t count)
{
    uint32_t run[AQ_PRINT_WINDOW] = {0}; /* the window's, by their place modulo its length */
    uint64_t sum = sum_words(words, AQ_PRINT_RUN), oldest = 1;
    size_t runs = count - AQ_PRINT_RUN + 1, window = runs < AQ_PRINT_WINDOW ? 1 : AQ_PRINT_WINDOW;
    size_t lowest = 0, kept = SIZE_MAX;
    for (unsigned i = 1; i < AQ_PRINT_RUN; i++)
        oldest *= RUN_STEP;
    for (size_t i = 0; i < runs; i++) {
        if (i)
            sum = (sum - words[i - 1] * oldest) * RUN_STEP + words[i + AQ_PRINT_RUN - 1];
        bool left = lowest + window == i; /* the lowest, the window */
        uint32_t least = run[lowest % AQ_PRINT_WINDOW], print = print_of(sum);
        run[i % AQ_PRINT_WINDOW] = print;
        if (left || i == 0 || print <= least)
            lowest = i;
        for (size_t k = i; left && k-- > i + 1 - window;)
            if (run[k % AQ_PRINT_WINDOW] < run[lowest % AQ_PRINT_WINDOW])
                lowest = k;
        if (i + 1 < window)
            continue;
        if (lowest != kept)
            p->v[p->count++] = run[lowest % AQ_PRINT_WINDOW];
        kept = lowest;
    }
}

bool aq_prints_add(struct aq_prints *p, const uint32_t *words, size_t count)
{
    if (!aq_grow(&p->v, &p->cap, p->count + count + 1, sizeof *p->v))
        return false;
    if (count >= AQ_PRINT_SHORT && count < AQ_PRINT_RUN + AQ_PRINT_WINDOW - 1)
        p->v[p->count++] = print_of(sum_words(words, count) + count);
    if (count >= AQ_PRINT_RUN)
        winnow(p, words, count);
    return true;
}

/* The lowest of v to `lowest`, each once, ascending; returns how many. */
static size_t find_lowest(const uint32_t *v, size_t count, uint32_t lowest[AQ_PRINT_PROBES])
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        size_t at = n;
        while (at > 0 && lowest[at - 1] > v[i])
            at--;
        if ((at > 0 && lowest[at - 1] == v[i]) || at == AQ_PRINT_PROBES)
            continue;
        size_t end = n < AQ_PRINT_PROBES ? n++ : AQ_PRINT_PROBES - 1;
        memmove(lowest + at + 1, lowest + at, (end - at) * sizeof *lowest);
        lowest[at] = v[i];
    }
    return n;
}

size_t aq_prints_arrange(struct aq_prints *p, bool quote)
{
    uint32_t lowest[AQ_PRINT_PROBES];
    size_t n = find_lowest(p->v, p->count, lowest), others = 0;
    for (size_t i = 0; i < p->count && !quote; i++)
        if (p->v[i] > lowest[n - 1])
            p->v[others++] = p->v[i];
    if (n) {
        memmove(p->v + n, p->v, others * sizeof *p->v);
        memcpy(p->v, lowest, n * sizeof *lowest);
    }
    p->count = n + others;
    return quote || n < AQ_PRINT_OWN_PROBES ? n : AQ_PRINT_OWN_PROBES;
}
