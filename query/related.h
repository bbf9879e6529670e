/* related.h - the words that tell most about a text. Owns how they are chosen
 * (docs/ARCHITECTURE.md tells why); knows nothing of comments or hits. */
#ifndef AQ_RELATED_H
#define AQ_RELATED_H

#include "base.h"

enum { AQ_RELATED_WORDS = 25 };

/* A word of the text: how often it counts there, in how many passages of the index it is. */
struct aq_related_word {
    struct aq_slice typed;
    uint32_t count;
    uint64_t df;
    double idf;
};

/* Appends up to AQ_RELATED_WORDS of them to *query, the most telling first, each as often
 * as it counts. passages: in the index. Reorders words. */
void aq_related_query(struct aq_related_word *words, size_t count, uint64_t passages, struct aq_buf *query);

#endif
