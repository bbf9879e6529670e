/* expand.h - a search widened by concepts: words that stand out in the best hits of what
 * was typed are evidence for hits, too (a relevance model: Lavrenko and Croft, "Relevance-
 * Based Language Models", SIGIR 2001). What was typed finds the hits and says which have
 * all words; concepts add to their scores, and find further hits behind all others where
 * places are left. Owns which words are taken and what they weigh. */
#ifndef AQ_EXPAND_H
#define AQ_EXPAND_H

#include "explain.h"
#include "plan.h"
#include "reader.h"
#include "word_row.h"

enum { AQ_EXPAND_AMONG = 300 /* the best hits of what was typed, which are put in order anew */ };

struct aq_search_run;

struct aq_expansion {
    struct aq_word_row row;  /* of the words, and of what was excluded */
    struct aq_collector collector;
    struct aq_plan_work work;
    uint32_t *terms;         /* of the analyzer, one a word of the row */
    uint32_t word_count;
    bool finds; /* hits that have none of what was typed */
};
void aq_expansion_free(struct aq_expansion *e);

/* Whether concepts are to count: asked for, and no phrase in the query, which wants what it
 * says; or some word stands behind a tilde. */
bool aq_expand_wanted(const struct aq_search_run *s);

/* Chooses words by the best hits, which are in order, adds to the scores of all and puts
 * the first AQ_EXPAND_AMONG in order anew. */
enum aq_status aq_expand(struct aq_search_run *s, struct aq_candidate *hits, size_t count, struct aq_error *err);

/* Adds what the words that were chosen say to the scores of further hits; their order stays. */
enum aq_status aq_expand_add(struct aq_search_run *s, struct aq_candidate *hits, size_t count, struct aq_error *err);

/* Hits with concepts alone: appends to the count hits until there are k. *hits: replaced by
 * a list in s->arena. */
enum aq_status aq_expand_fill(struct aq_search_run *s, uint32_t k, struct aq_candidate **hits, size_t *count,
                              struct aq_error *err);

/* Adds what concepts added to the shares of hits. */
enum aq_status aq_expand_explain(struct aq_search_run *s, const struct aq_candidate *hits, size_t count,
                                 struct aq_arena *arena, const struct aq_shares **shares, struct aq_error *err);

/* The words, in arena. */
enum aq_status aq_expand_tell(const struct aq_search_run *s, struct aq_arena *arena, struct aq_result *result,
                              struct aq_error *err);

#endif
