/* name.h - names of people as others write them: in any case, or only a part of them. */
#ifndef AQ_NAME_H
#define AQ_NAME_H

#include "base.h"

/* NFKC case folding, to out (which is cleared first). False: no memory. */
bool aq_name_fold(struct aq_buf *out, struct aq_slice name);

/* Whether a name is meant by what was asked for: the same, or its words stand in
 * the name side by side; case and compatibility forms do not matter. Both folded. */
bool aq_name_meant(struct aq_slice folded_name, struct aq_slice folded_wanted);

/* The keys of a folded name's words, ascending, each once: by them it is found. Of a longer
 * name its first words. */
enum { AQ_NAME_WORDS = 32 };
size_t aq_name_words(struct aq_slice folded_name, uint64_t keys[AQ_NAME_WORDS]);

/* The first eight bytes of a folded word without accents, zeros behind a shorter one, as a
 * number: words that begin alike are neighbours. */
uint64_t aq_name_key(struct aq_slice folded_word);

#endif
