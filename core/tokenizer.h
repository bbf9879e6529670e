/* tokenizer.h - text to words: where tokens begin and end, and which position
 * each takes. Knows nothing of forms, stems or lexemes. */
#ifndef AQ_TOKENIZER_H
#define AQ_TOKENIZER_H

#include "analyzer.h"

enum { AQ_CUT_ELISION = 1 }; /* an apostrophe parts words: l'homme, dell'arte */

/* Zero-initialise; reuse; free(tokens). */
struct aq_cutting {
    struct aq_token *tokens; /* `lexeme` is 0: not looked up yet */
    size_t count, cap;
};

/* Replaces c's tokens with those of text (below 4 GiB). False: out of memory. */
bool aq_cut(struct aq_cutting *c, struct aq_slice text, unsigned options);

/* Bytes of the character at p if it is a barrier, else 0. No word, compound or URL
 * takes in a barrier or depends on what lies beyond it: a text cut beside one yields,
 * part by part, the tokens of the whole. White space and the end of a text cut as
 * barriers do. */
unsigned aq_barrier_at(const uint8_t *p, const uint8_t *end);

#endif
