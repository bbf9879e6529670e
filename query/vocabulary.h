/* vocabulary.h - the words of an index as they are written, its forms, and how often
 * they occur: over all segments and pending comments, passages that are marked deleted
 * included. Knows nothing of queries. */
#ifndef AQ_VOCABULARY_H
#define AQ_VOCABULARY_H

#include "forms.h"

struct aq_vocabulary_form {
    struct aq_slice term, form;
    uint64_t count; /* occurrences */
};

enum aq_pattern {
    AQ_PATTERN_PREFIX, /* begins with the text; compounds are left out, because their first
                        * part begins so, too, and stands in the same place */
    AQ_PATTERN_BEGIN,  /* the same with compounds */
    AQ_PATTERN_FUZZY   /* is at most `distance` changes away */
};

/* The commonest `most` forms that match, by count descending, then bytes, in arena;
 * *cut: there were more. text: a form, as the analyzer makes it of what was typed;
 * accents are ignored on both sides. A change puts in, leaves out or replaces a
 * character or swaps two neighbours (optimal string alignment); distance: 1 or 2. */
enum aq_status aq_vocabulary_expand(struct aq_txn *txn, enum aq_pattern kind, struct aq_slice text,
                                    unsigned distance, uint32_t most, struct aq_arena *arena,
                                    struct aq_vocabulary_form **forms, uint32_t *count, bool *cut,
                                    struct aq_error *err);

/* ---- one by one ---- */

/* Forms of pending comments by name, in arena: those whose plain spelling is wanted. */
struct aq_pending_form {
    struct aq_slice name, plain, form, term;
    uint64_t count;
};
typedef bool aq_form_wanted(void *context, struct aq_slice plain);
enum aq_status aq_pending_forms(struct aq_txn *txn, aq_form_wanted *wanted, void *context, struct aq_arena *arena,
                                struct aq_pending_form **forms, size_t *count, struct aq_error *err);

/* Stands on a form, in order of names (forms.h). Functions as those of aq_forms_walk. */
struct aq_vocabulary_source;
struct aq_vocabulary_walk {
    struct aq_slice name, plain, form;
    uint64_t count;
    size_t shared;
    struct aq_vocabulary_source *sources, *first; /* first: that has the form at hand */
    size_t source_count;
    uint64_t *starts; /* of the sources' names */
    uint8_t bytes[AQ_FORM_NAME_MAX];
};
/* wanted: of pending comments no other forms are seen; NULL: all. Close also after a
 * failure. */
enum aq_status aq_vocabulary_open(struct aq_txn *txn, aq_form_wanted *wanted, void *context, struct aq_arena *arena,
                                  struct aq_vocabulary_walk *w, struct aq_error *err);
enum aq_status aq_vocabulary_seek(struct aq_vocabulary_walk *w, struct aq_slice from, bool *found,
                                  struct aq_error *err);
enum aq_status aq_vocabulary_next(struct aq_vocabulary_walk *w, bool *found, struct aq_error *err);
enum aq_status aq_vocabulary_skip(struct aq_vocabulary_walk *w, size_t keep, bool *found, struct aq_error *err);
struct aq_slice aq_vocabulary_term(struct aq_vocabulary_walk *w);
/* The commonest forms at most `distance` changes away from text whose plain spelling has
 * this beginning: as aq_vocabulary_expand gives them. Moves the walk. */
enum aq_status aq_vocabulary_near(struct aq_vocabulary_walk *w, struct aq_slice text, unsigned distance,
                                  struct aq_slice beginning, uint32_t most, struct aq_arena *arena,
                                  struct aq_vocabulary_form **forms, uint32_t *count, struct aq_error *err);
void aq_vocabulary_close(struct aq_vocabulary_walk *w);

#endif
