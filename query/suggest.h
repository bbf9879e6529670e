/* suggest.h - between suggest.c, which owns the order of things and what becomes of words,
 * and suggest_names.c, which finds titles and authors. */
#ifndef AQ_SUGGEST_H
#define AQ_SUGGEST_H

#include "reader.h"
#include "vocabulary.h"

enum {
    AQ_SUGGEST_MOST = 100, /* suggestions */
    AQ_SUGGEST_FORMS = 256 /* words that begin so, looked at */
};

/* A word that was typed to its end. */
struct aq_suggest_word {
    struct aq_slice form, term; /* in arena */
};

struct aq_suggesting {
    struct aq_txn *txn;
    struct aq_analyzer *analyzer;
    struct aq_arena *arena;  /* until the call ends */
    struct aq_arena *answer; /* of what is handed out */
    struct aq_slice text;    /* as typed */
    struct aq_suggest_word *words;
    size_t word_count;
    struct aq_slice begun;   /* the form of the word that is not ended; empty: none */
    size_t begun_at;         /* where it begins in the text */
    struct aq_vocabulary_form *forms; /* that begin so, the commonest first */
    uint32_t form_count;
};

/* Up to `most` into out, best first; text in s->answer. */
enum aq_status aq_suggest_titles(struct aq_suggesting *s, uint32_t most, struct aq_suggestion *out, uint32_t *count,
                                 struct aq_error *err);
/* name: the beginning of a name, as typed. */
enum aq_status aq_suggest_authors(struct aq_suggesting *s, struct aq_slice name, uint32_t most,
                                  struct aq_suggestion *out, uint32_t *count, struct aq_error *err);

#endif
