/* concept_count.h - counts the words of some passages, and what stands side by side in
 * them: in how many each is, and how it is written. Works on texts and an analyzer alone;
 * knows nothing of an index. */
#ifndef AQ_CONCEPT_COUNT_H
#define AQ_CONCEPT_COUNT_H

#include "analyzer.h"

enum {
    AQ_CONCEPT_WORDS = 3,    /* of the longest phrase */
    AQ_CONCEPT_SPELLINGS = 4 /* kept of each, those met first */
};

struct aq_concept_spelling {
    struct aq_slice text; /* in the text that was counted */
    uint32_t count;
};

struct aq_concept_count {
    uint32_t terms[AQ_CONCEPT_WORDS]; /* of the analyzer */
    uint32_t words;
    uint32_t passages;  /* that have it, */
    uint32_t sources;   /* and sources of these */
    uint32_t threads;   /* bits of these by a hash: at least as many threads as bits */
    uint32_t capitals, others; /* how often it begins with a capital, or not, within sentences */
    double weight;      /* share of it among a passage's words, times the passage's weight, summed up */
    struct aq_slice example; /* where it stands in the passage that ranks best, */
    uint32_t rank;           /* and that one's rank */
    uint32_t last, last_source; /* of the passage that had it last */
    struct aq_concept_spelling spellings[AQ_CONCEPT_SPELLINGS];
};

struct aq_concept_passage {
    struct aq_slice text;
    double weight;
    uint32_t rank;   /* lower is better */
    uint32_t source; /* such as its author; those of a source follow each other */
    uint32_t thread;
};

/* Zero-initialise; free it in any case. The analyzer must not forget meanwhile. */
struct aq_concept_counter {
    struct aq_analyzer *analyzer;
    bool phrases; /* count these, too */
    struct aq_concept_count *all;
    size_t count, cap;
    uint32_t *slots; /* open addressing: index into all, or UINT32_MAX */
    size_t slot_count;
    uint32_t passages; /* counted so far, */
    uint64_t tokens;   /* that these have */
    double weight;     /* of these */
};
void aq_concept_counter_free(struct aq_concept_counter *c);

/* The words of one more passage, which stays until the counter is freed. Addresses, numbers,
 * single letters and lines that say who wrote are passed over. With phrases a passage does
 * not count where most of it stood in those before. */
enum aq_status aq_concept_count_passage(struct aq_concept_counter *c, const struct aq_concept_passage *p,
                                        struct aq_error *err);

/* NULL: it was not counted. */
const struct aq_concept_count *aq_concept_find(const struct aq_concept_counter *c,
                                               const uint32_t terms[AQ_CONCEPT_WORDS], uint32_t words);

/* The commonest spelling. */
struct aq_slice aq_concept_spelled(const struct aq_concept_count *x);

#endif
