/* prints.h - words as numbers, and the few of their runs by which text that was said
 * before is found: winnowed fingerprints (Schleimer, Wilkerson, Aiken; SIGMOD 2003).
 *
 * A word is a run of letters and digits, ASCII case folded; typographic quotes, dashes
 * and ellipses part words like their ASCII forms, so that "don't" is two words in both.
 * This is coarser than the analyzer, needs none of its state, and takes a nanosecond a
 * byte: a commit reads candidates' texts by it. */
#ifndef AQ_PRINTS_H
#define AQ_PRINTS_H

#include "base.h"

enum {
    AQ_PRINT_RUN = 6,      /* words of a fingerprint */
    AQ_PRINT_WINDOW = 5,   /* of as many runs in a row one at least is kept */
    AQ_PRINT_SHORT = 3,    /* words that a whole text needs for a fingerprint of its own */
    AQ_PRINT_PROBES = 8,   /* fingerprints by which a quote looks for its source */
    AQ_PRINT_OWN_PROBES = 4 /* and what is not marked as one, most of which has none */
};

struct aq_wordlist {
    uint32_t *v;
    size_t count, cap;
};
/* Appends the hashes of the text's words. False: out of memory. */
bool aq_wordlist_add(struct aq_wordlist *w, struct aq_slice text);
void aq_wordlist_free(struct aq_wordlist *w);

/* Fingerprints: even numbers, in the order of the text. */
struct aq_prints {
    uint32_t *v;
    size_t count, cap;
};
/* Appends those of a passage: of its runs, or, where it is shorter than two of them, of
 * all its words together too. False: out of memory. */
bool aq_prints_add(struct aq_prints *p, const uint32_t *words, size_t count);
void aq_prints_free(struct aq_prints *p);
/* Moves the lowest to the front, each once, and returns by how many of them a passage looks
 * for its source. Of a quote no others are kept. */
size_t aq_prints_arrange(struct aq_prints *p, bool quote);

/* A hash of `count` words in order. */
uint32_t aq_wordlist_hash(const uint32_t *words, size_t count);

#endif
