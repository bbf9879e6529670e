/* name_starts.h - the places in a name from which somebody may begin to type it: where its
 * words begin. Knows folding; not where names are stored. */
#ifndef AQ_NAME_STARTS_H
#define AQ_NAME_STARTS_H

#include "base.h"

enum {
    AQ_NAME_PLAIN = 512, /* bytes of a folded name; what is longer is cut */
    AQ_NAME_WORDS = 8     /* of a name that count */
};

/* Writes a name without case and accents, its words one space apart; returns its bytes. */
size_t aq_name_plain(struct aq_slice name, uint8_t out[AQ_NAME_PLAIN]);

/* Where words begin in folded text: behind a space or punctuation. Returns how many. */
uint32_t aq_name_words(struct aq_slice folded, uint16_t at[AQ_NAME_WORDS]);

/* The first eight bytes from `at` on, zeros behind the end, as a number in their order. */
uint64_t aq_name_start(struct aq_slice folded, size_t at);

/* Those of all words, each once; returns how many. */
uint32_t aq_name_starts(struct aq_slice folded, uint64_t starts[AQ_NAME_WORDS]);

#endif
