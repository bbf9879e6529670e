/* vocabulary.h - the words of an index as they are written, its forms, and how often
 * they occur, over all segments and pending comments. Finds those that match a
 * pattern. Knows nothing of queries. */
#ifndef AQ_VOCABULARY_H
#define AQ_VOCABULARY_H

#include "store.h"

struct aq_vocabulary_form {
    struct aq_slice term, form;
    uint64_t count; /* occurrences, in passages that are marked deleted too */
};

enum aq_pattern {
    AQ_PATTERN_PREFIX, /* begins with the text; compounds are left out, because their first
                        * part begins so, too, and stands in the same place */
    AQ_PATTERN_FUZZY   /* is at most `distance` changes away */
};

enum { AQ_DISTANCE_MOST = 2 };

/* The commonest `most` forms that match, by count descending, then bytes, in arena;
 * *cut: there were more. text: a form, as the analyzer makes it of what was typed;
 * accents are ignored on both sides. A change puts in, leaves out or replaces a
 * character or swaps two neighbours, none of them twice (optimal string alignment);
 * distance: 1 to AQ_DISTANCE_MOST. */
enum aq_status aq_vocabulary_expand(struct aq_txn *txn, enum aq_pattern kind, struct aq_slice text,
                                    unsigned distance, uint32_t most, struct aq_arena *arena,
                                    struct aq_vocabulary_form **forms, uint32_t *count, bool *cut,
                                    struct aq_error *err);

#endif
