/* concept_names.h - which words are names of the people who write in the index. */
#ifndef AQ_CONCEPT_NAMES_H
#define AQ_CONCEPT_NAMES_H

#include "concept_count.h"
#include "store.h"

/* Whether a word is written as names are, and some author is called so. */
enum aq_status aq_concept_is_name(struct aq_txn *txn, const struct aq_concept_count *word, bool *is,
                                  struct aq_error *err);

#endif
