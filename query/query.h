/* query.h - what a query asks for, in terms of the index: distinct terms in query
 * order, words, phrases, exclusions. Made from the parser's clauses with the
 * analyzer that documents go through; filters are not its business (filter.h). */
#ifndef AQ_QUERY_H
#define AQ_QUERY_H

#include "analyzer.h"
#include "parser.h"
#include "score.h"

enum {
    AQ_QUERY_TERMS = 32,          /* distinct terms of a query that is not plain, and as many phrases */
    AQ_QUERY_PHRASE = 64,         /* words of one phrase */
    AQ_QUERY_PLAIN_TERMS = 20000  /* distinct terms of a plain one */
};
#define AQ_ANY_FORM UINT32_MAX
#define AQ_NO_TERM UINT32_MAX

struct aq_query_term {
    struct aq_slice term;   /* in the analyzer */
    struct aq_slice typed;  /* in the query string */
    uint64_t hash;
    uint32_t term_id;
    uint32_t count;    /* how often words and phrases that score name it; 0: only exclusions do */
    bool loose;        /* named outside of phrases */
    bool part;         /* some word wants it to be there */
    bool needed;       /* counts for "has all words" */
    bool required;     /* every hit has it */
    uint64_t df;       /* passages with it in the whole index, from aq_query_resolve on */
    double weight;     /* idf times count */
};

/* A form some phrase wants, so that segments are asked once for its code. */
struct aq_query_form {
    uint32_t term;
    uint32_t lexeme;
    struct aq_slice form;
    struct aq_slice typed;
    bool wanted; /* by a phrase that hits have */
    bool seen;   /* some segment or pending comment has it: set by who builds the leaves */
};

/* Terms side by side: element i stands `offset` positions after element 0. */
struct aq_query_element {
    uint32_t term;
    uint32_t form;   /* index into forms, or AQ_ANY_FORM */
    uint32_t lexeme; /* of the form */
    uint32_t offset;
};

struct aq_query_phrase {
    const struct aq_query_element *elements;
    uint32_t count;
    uint32_t times; /* it stands in the query */
    bool dead;      /* has a word that occurs nowhere */
};

/* What stood between two spaces: there when all its terms are. */
struct aq_query_word {
    const uint32_t *terms;
    uint32_t count;
    bool must;
    bool dead; /* none of its terms occurs anywhere */
};

struct aq_query {
    struct aq_query_term *terms;
    struct aq_query_form *forms;
    struct aq_query_word *words;         /* distinct */
    struct aq_query_phrase *phrases;     /* distinct; hits have them all */
    struct aq_query_phrase *exclusions;  /* hits have none; forms are AQ_ANY_FORM for words */
    size_t term_count, form_count, word_count, phrase_count, exclusion_count;
    size_t term_cap, form_cap, word_cap, phrase_cap, exclusion_cap;
    uint32_t *by_term; /* open addressing on term_id */
    size_t by_term_size;
    struct aq_arena arena;

    bool cut;          /* something was left out: AQ_PARTIAL_TERMS */
    uint32_t needed;   /* terms marked so */
    bool tiered;       /* two to four words: passages with all come first */
    bool scores;       /* some term that occurs somewhere scores */
    bool hopeless;     /* words were given and none occurs anywhere */
};

/* Zero-initialise *q; free it in any case. The analyzer must not forget while q
 * lives. plain: the wider bound on terms. */
enum aq_status aq_query_build(struct aq_query *q, const struct aq_clauses *clauses, bool plain,
                              struct aq_analyzer *a, struct aq_error *err);
void aq_query_free(struct aq_query *q);

/* The term with this analyzer term_id, or AQ_NO_TERM. */
uint32_t aq_query_find(const struct aq_query *q, uint32_t term_id);

/* Once df of every term and seen of every form are known: drops what occurs
 * nowhere, sets weights and what hits need. */
void aq_query_resolve(struct aq_query *q, const struct aq_model *m);

/* The words that occur nowhere, as they were typed, into out (room for term_count
 * plus form_count); returns how many. */
uint32_t aq_query_ignored(const struct aq_query *q, struct aq_slice *out);

#endif
