/* query.h - what a query asks for, in terms of the index. Made from the parser's tree
 * with the analyzer that documents go through, and for patterns with the words that the
 * index has.
 *
 * Most queries are *flat*: one row of words, phrases and exclusions. Of those the plans
 * want distinct terms, words, phrases and exclusions, and nothing of any tree. All others
 * are trees: each leaf counts for itself, where it takes part (plan_tree.c). */
#ifndef AQ_QUERY_H
#define AQ_QUERY_H

#include "analyzer.h"
#include "filter.h"
#include "parser.h"
#include "score.h"

enum {
    AQ_QUERY_TERMS = 32,          /* distinct terms of a query that is not plain; as many phrases */
    AQ_QUERY_PHRASE = 64,         /* words of one phrase, sides of one NEAR */
    AQ_QUERY_FIELDS = 32,
    AQ_QUERY_TREE_LEAVES = 256,   /* of a query that is not flat */
    AQ_QUERY_PATTERN = 64,        /* words that stand for one pattern */
    AQ_QUERY_PATTERNS = 256,      /* for all of them */
    AQ_QUERY_PATTERN_COUNT = 16,  /* different ones: each looks through the words of the index */
    AQ_QUERY_PLAIN_TERMS = 20000  /* distinct terms of a plain one */
};
#define AQ_ANY_FORM UINT32_MAX
#define AQ_NO_TERM UINT32_MAX
#define AQ_NO_FILTER UINT32_MAX

struct aq_query_term {
    struct aq_slice term;   /* in the analyzer */
    struct aq_slice typed;  /* in the query string; of a pattern's words the pattern */
    uint64_t hash;
    uint32_t term_id;
    double times;      /* how often words and phrases that score name it, boosts counted; 0: none does */
    bool loose;        /* named outside of phrases */
    bool part;         /* some word wants it to be there */
    bool needed;       /* counts for "has all words" */
    bool required;     /* every hit has it */
    uint64_t df;       /* passages with it in the whole index, from aq_query_resolve on */
    double idf;
    double weight;     /* idf times `times` */
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
    bool dead;      /* has a word that occurs nowhere */
};

/* What stood between two spaces: there when all its parts are. */
struct aq_query_word {
    const uint32_t *parts;
    const uint32_t *scored; /* the terms of all its tokens, wholes of compounds among them */
    uint32_t part_count, scored_count;
    bool must;
    bool dead; /* none of its parts occurs anywhere */
};

/* A word that a pattern matches. */
struct aq_query_member {
    uint32_t term, form, lexeme;
    uint64_t count; /* how often it occurs in the index */
};

struct aq_query_pattern {
    const struct aq_query_member *members; /* those of one term are together */
    uint32_t count;
    uint32_t lexeme;   /* of its text */
    uint16_t distance; /* 0: a prefix */
    bool wanted;       /* somewhere outside of exclusions */
    struct aq_slice typed;
};

/* One side of a NEAR: any of its spans, or a word that the pattern matches. */
struct aq_query_side {
    struct aq_query_phrase *spans;
    uint32_t span_count;
    uint32_t *patterns; /* indexes into patterns */
    uint32_t pattern_count;
    uint32_t width; /* in order, the next side begins at least so many positions on */
    bool dead;
};

/* Phrases of a tree are NEARs with one side. */
struct aq_query_near {
    struct aq_query_side *sides;
    uint32_t count;
    uint32_t distance; /* the most between the first and the last side's first words */
    bool ordered;
};

/* Fields of one row, or one field elsewhere. */
struct aq_query_fields {
    struct aq_filter_clause *clauses;
    size_t count, cap;
};

/* Whether the index has any of a node's words. */
enum aq_query_words { AQ_WORDS_NONE /* it asks for none */, AQ_WORDS_LOST, AQ_WORDS_OCCUR };

/* A node comes before its children, and these in the order of the query. */
struct aq_query_node {
    uint8_t kind;   /* enum aq_node_kind */
    uint8_t occur;  /* enum aq_occur */
    bool whole;     /* of a word: it is there only with all its parts */
    bool literal;   /* under an exclusion: nothing is passed over there, nothing scores */
    bool required;  /* AND or + wants it: its fields and exclusions hold even without its words */
    bool dead;      /* passed over; from aq_query_resolve on, as what follows */
    uint8_t words;  /* enum aq_query_words */
    uint16_t depth; /* 0: the root */
    double boost;   /* its own and those of all around it */
    uint32_t end;   /* one more than the index of its last descendant */
    uint32_t leaf;  /* WORD: of words; PHRASE and NEAR: of nears; PREFIX and FUZZY: of patterns;
                     * FIELD: of fields. In flat queries PHRASE: of phrases, and what is
                     * excluded: of exclusions */
    struct aq_slice typed;
};

struct aq_query {
    struct aq_query_term *terms;
    struct aq_query_form *forms;
    struct aq_query_word *words;         /* distinct if flat */
    struct aq_query_phrase *phrases;     /* flat: distinct; hits have them all */
    struct aq_query_phrase *exclusions;  /* flat: hits have none; forms are AQ_ANY_FORM for words */
    struct aq_query_node *nodes;
    struct aq_query_near *nears;         /* of trees, as what follows */
    struct aq_query_pattern *patterns;
    struct aq_query_fields *fields;
    size_t term_count, form_count, word_count, phrase_count, exclusion_count;
    size_t node_count, near_count, pattern_count, field_count;
    size_t term_cap, form_cap, word_cap, phrase_cap, exclusion_cap;
    size_t node_cap, near_cap, pattern_cap, field_cap;
    uint32_t *by_term; /* open addressing on term_id */
    size_t by_term_size;
    struct aq_arena arena;

    uint32_t filter;   /* the fields that all hits must pass: of fields, or AQ_NO_FILTER */
    bool tree;         /* not flat */
    bool cut;          /* something was left out: AQ_PARTIAL_TERMS */
    bool cut_pattern;  /* a pattern matches more words than stand for it */
    uint32_t needed;   /* terms marked so */
    bool tiered;       /* two to four words: passages with all come first */
    bool scores;       /* some term that occurs somewhere scores */
    bool hopeless;     /* words were given and none occurs anywhere */
};

/* Zero-initialise *q; free it in any case. The analyzer must not forget, and syntax and
 * the query's string must stay, while q lives. plain: the wider bound on terms. txn:
 * where patterns find their words; NULL: nowhere. */
enum aq_status aq_query_build(struct aq_query *q, const struct aq_syntax *syntax, bool plain, struct aq_analyzer *a,
                              struct aq_txn *txn, struct aq_error *err);
void aq_query_free(struct aq_query *q);

/* The term with this analyzer term_id, or AQ_NO_TERM. */
uint32_t aq_query_find(const struct aq_query *q, uint32_t term_id);

/* Once df of every term and seen of every form are known: drops what occurs
 * nowhere, sets weights and what hits need. */
void aq_query_resolve(struct aq_query *q, const struct aq_model *m);

/* What occurs nowhere, as it was typed, into out (room for term_count, form_count and
 * pattern_count together); returns how many. */
uint32_t aq_query_ignored(const struct aq_query *q, struct aq_slice *out);

#endif
