/* accumulator.h - an inverted index in memory: takes tokens passage by passage,
 * gives terms in order with their postings. Knows nothing of comments' text, of
 * ids or of the store. */
#ifndef AQ_ACCUMULATOR_H
#define AQ_ACCUMULATOR_H

#include "pending.h"
#include "postings.h"

struct aq_accumulator;

struct aq_accumulator *aq_accumulator_new(void); /* NULL: out of memory */
void aq_accumulator_free(struct aq_accumulator *a);

/* Starts the next passage; returns its docid, counted from 0. length is its number of tokens. */
uint32_t aq_accumulator_passage(struct aq_accumulator *a, uint8_t length);

/* Tokens of the current passage. Positions of a term ascend within the passage.
 * `coming` more tokens stand behind them, for later passages: they are only looked
 * at to fetch memory early. False, as below: out of memory, or positions that do not ascend. */
bool aq_accumulator_add(struct aq_accumulator *a, const struct aq_analyzer *analyzer,
                        const struct aq_pending_token *tokens, size_t count, size_t coming);
/* One token from its bytes, for forward records. */
bool aq_accumulator_token(struct aq_accumulator *a, struct aq_slice term, uint64_t term_hash,
                          struct aq_slice form, uint16_t position);

/* Call after aq_analyzer_forget: lexeme ids mean other words from now on. */
void aq_accumulator_forget_lexemes(struct aq_accumulator *a);

uint32_t aq_accumulator_passages(const struct aq_accumulator *a);
uint64_t aq_accumulator_tokens(const struct aq_accumulator *a);
size_t aq_accumulator_bytes(const struct aq_accumulator *a); /* memory held */
const uint8_t *aq_accumulator_lengths(const struct aq_accumulator *a);

/* Hands every term, in byte order, with its finished list. Stops at the first failure. */
typedef enum aq_status aq_list_sink(void *context, struct aq_slice term, struct aq_slice list,
                                    struct aq_slice positions, struct aq_error *err);
enum aq_status aq_accumulator_write(struct aq_accumulator *a, const struct aq_impact_model *model,
                                    aq_list_sink *sink, void *context, struct aq_error *err);
uint32_t aq_accumulator_terms(const struct aq_accumulator *a);
uint64_t aq_accumulator_postings(const struct aq_accumulator *a);

#endif
