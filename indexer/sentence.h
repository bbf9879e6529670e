/* sentence.h - how good a place between two words is for cutting a text. Cheap
 * rules by punctuation; knows nothing of passages. */
#ifndef AQ_SENTENCE_H
#define AQ_SENTENCE_H

#include "analyzer.h"

enum aq_break {
    AQ_BREAK_INSIDE, /* no place: apart, the two parts might be other tokens than together */
    AQ_BREAK_WORD,
    AQ_BREAK_CLAUSE, /* after a comma and the like, or at a line end */
    AQ_BREAK_SENTENCE
};

/* Judges the text between two successive tokens and sets *at to where the first
 * part ends, beside a barrier (tokenizer.h); white space around *at belongs to neither. Closing quotes and brackets
 * stay with the sentence they end. `lines`: a line end is a sentence's end (code,
 * tables, lists). */
enum aq_break aq_break_between(struct aq_slice text, const struct aq_token *before,
                               const struct aq_token *after, bool lines, uint32_t *at);

/* Bytes of the white space that begins at p, 0 if none does. */
unsigned aq_space_at(const uint8_t *p, const uint8_t *end);

#endif
