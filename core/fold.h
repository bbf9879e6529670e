/* fold.h - a spelling's form, and letters without their diacritics. Knows Unicode
 * (utf8proc), not words or stems. */
#ifndef AQ_FOLD_H
#define AQ_FOLD_H

#include "analyzer.h"

/* Spellings beyond this many bytes are cut before folding: no form of AQ_TERM_MAX
 * bytes needs more than four times as many. */
enum { AQ_SPELLING_MAX = 4 * AQ_TERM_MAX };

/* s without what does not fit in `most` bytes, cut at a character. */
struct aq_slice aq_cut_at_char(struct aq_slice s, size_t most);

/* Lower-cases eight ASCII bytes; bytes from 0x80 stay. */
static inline uint64_t aq_lower8(uint64_t v)
{
    const uint64_t ones = 0x0101010101010101u, high = 0x80 * ones;
    uint64_t low7 = v & ~high;
    uint64_t from_a = low7 + (0x80 - 'A') * ones; /* high bit: 'A' or above */
    uint64_t past_z = low7 + (0x7F - 'Z') * ones; /* high bit: above 'Z' */
    return v | ((from_a & ~past_z & ~v & high) >> 2);
}

/* Writes the form of a spelling (valid UTF-8): NFKC with full case folding,
 * ignorable characters dropped, U+2019 and U+02BC as "'", U+2010 as "-". Returns
 * its bytes, 0 when nothing is left. */
size_t aq_fold_form(struct aq_slice spelling, uint8_t out[AQ_TERM_MAX]);

/* Writes s without diacritics: NFD, marks of Latin, Greek, Cyrillic, Hebrew and
 * Arabic dropped, NFC; and letters that Unicode does not decompose by the table in
 * fold.c. Cyrillic short i keeps its breve: it is a letter of its own, not an
 * accented one. Marks that carry a vowel or a consonant (Indic, Thai, kana) stay. */
size_t aq_fold_diacritics(struct aq_slice s, uint8_t out[AQ_TERM_MAX]);

#endif
