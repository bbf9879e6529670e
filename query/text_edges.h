/* text_edges.h - where a text may be cut so that people like to read the part: sentences,
 * clauses, words, characters. Knows nothing of queries. */
#ifndef AQ_TEXT_EDGES_H
#define AQ_TEXT_EDGES_H

#include "aq.h"
#include "base.h"

/* Columns of a terminal that text[begin, end) takes; counting ends at `most`. White space
 * counts one, and what takes many bytes for its columns counts more. */
unsigned aq_text_columns(struct aq_slice text, uint32_t begin, uint32_t end, unsigned most);

/* Where to begin at most `columns` before `from`, not before `low`: at the nearest start
 * of a sentence, else at the first start of a word in a third of the columns. All bytes
 * given and returned here and below lie between characters, `from` perhaps excepted. */
uint32_t aq_edge_before(struct aq_slice text, uint32_t from, uint32_t low, unsigned columns);

/* From `begin`, where a text may begin, further to the front: to the first start of a
 * sentence within the columns, else `begin`. */
uint32_t aq_edge_further(struct aq_slice text, uint32_t begin, uint32_t low, unsigned columns);

/* Where to end at most `columns` after `from`, not after `high`: at the last end of a
 * sentence in the second half, else at the last end of a word. */
uint32_t aq_edge_after(struct aq_slice text, uint32_t from, uint32_t high, unsigned columns);

/* The part without white space around it and, where text goes on outside, without what
 * says nothing at an edge: bullets of lists, a bracket that only opens, lines that only
 * say who wrote. All of `keep` stays. */
struct aq_range aq_text_trim(struct aq_slice text, struct aq_range part, struct aq_range keep);

bool aq_text_is_blank(struct aq_slice text, uint32_t begin, uint32_t end);

/* Whether the line that byte `at` is in is of a mail's header or says who wrote what
 * follows. */
bool aq_line_is_header(struct aq_slice text, uint32_t at);

/* Whether a sentence ends at byte `at`. */
bool aq_sentence_ends(struct aq_slice text, uint32_t at);

#endif
