/* edit_distance.h - how many changes make one word of another: the distance of optimal
 * string alignment, in characters, to one word from many that come one after the
 * other. Knows words only. */
#ifndef AQ_EDIT_DISTANCE_H
#define AQ_EDIT_DISTANCE_H

#include "analyzer.h"

enum {
    AQ_EDIT_MOST = 2,                     /* the highest bound */
    AQ_EDIT_BAND = 2 * AQ_EDIT_MOST + 1   /* of a row's cells, those that may be within it */
};

/* Row i holds the distances of the first i characters of the word at hand to the
 * beginnings of `text`. Words in bytewise order share beginnings, and what they share
 * is not computed again. */
struct aq_edit {
    uint32_t text[AQ_TERM_MAX];
    uint32_t length; /* of text, in characters */
    unsigned bound;
    uint32_t depth;  /* rows that stand, less the first */
    struct aq_edit_row {
        uint32_t cp;
        uint16_t end; /* of the character, in bytes */
        uint8_t least;
        uint8_t cells[AQ_EDIT_BAND]; /* cell k: to the first i + k - bound characters of text */
    } rows[AQ_TERM_MAX + 1];
};

/* text: valid UTF-8, of at most AQ_TERM_MAX bytes; bound: at most AQ_EDIT_MOST. */
void aq_edit_begin(struct aq_edit *e, struct aq_slice text, unsigned bound);

/* The distance of a word to text, when it is within the bound, else bound + 1. shared:
 * bytes that it has in common with the word before; 0 is always right. *dead: every word
 * that begins with these many bytes of this one is out of bounds, too; the word's length
 * and one more where that can be said of none. */
unsigned aq_edit_next(struct aq_edit *e, struct aq_slice word, size_t shared, size_t *dead);

#endif
