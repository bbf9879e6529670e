/* parser.h - a query string to a tree. Owns the query language's syntax
 * (docs/QUERY.md) and nothing of words' analysis or of any index. */
#ifndef AQ_PARSER_H
#define AQ_PARSER_H

#include "base.h"
#include "field.h"

enum {
    AQ_QUERY_BYTES = 1 << 20,  /* a longer query is AQ_LIMIT */
    AQ_QUERY_LEAVES = 10000,   /* leaves kept; further ones are cut and reported */
    AQ_QUERY_DEPTH = 16,       /* groups in each other */
    AQ_TREE_DEPTH = 64         /* more than nodes in each other */
};

enum aq_node_kind {
    /* leaves */
    AQ_NODE_WORD,   /* what stands between spaces: one word, compound or run of CJK */
    AQ_NODE_PHRASE, /* between quotation marks; distance: other words allowed in between */
    AQ_NODE_PREFIX, /* text without the star */
    AQ_NODE_FUZZY,  /* distance: 1 or 2 */
    AQ_NODE_FIELD,  /* field */
    /* with children */
    AQ_NODE_ROW,    /* side by side, each with its occur */
    AQ_NODE_AND, AQ_NODE_OR, /* children are AQ_MUST_NOT or AQ_SHOULD, which means nothing there */
    AQ_NODE_NEAR,   /* distance, ordered; children: WORD, PHRASE, PREFIX, FUZZY, or OR of these */
    AQ_NODE_SAME    /* synonyms: the best of its children counts. Never made by the parser */
};

enum aq_occur { AQ_SHOULD, AQ_MUST, AQ_MUST_NOT };

#define AQ_NO_NODE UINT32_MAX

struct aq_node {
    uint8_t kind;     /* enum aq_node_kind */
    uint8_t occur;    /* enum aq_occur, in a row; elsewhere only AQ_MUST_NOT matters */
    bool ordered;     /* of NEAR: it is ADJ */
    bool widened;     /* of WORD and PHRASE: a tilde stands before it */
    uint16_t distance;
    double boost;     /* 1 when none was given */
    struct aq_slice text;  /* of a leaf: operators and quotation marks removed; borrowed from the query */
    struct aq_slice typed; /* as it stands in the query, from its first to its last character */
    struct aq_field_value field;
    uint32_t first_child, next; /* AQ_NO_NODE: none, the last */
};

/* Something that could not be meant as syntax and was taken for text. */
struct aq_problem {
    uint32_t begin, end; /* bytes of the query */
    const char *message; /* what is wrong and what to write instead */
};

struct aq_syntax {
    struct aq_node *nodes;
    size_t count, cap;
    uint32_t root;    /* AQ_NO_NODE: nothing was asked; else a ROW, AND or OR */
    bool cut;         /* there were more than AQ_QUERY_LEAVES, or deeper ones than AQ_QUERY_DEPTH */
    bool troubled;    /* `problem` is the first one */
    struct aq_problem problem;
};

/* Zero-initialise *out; free it with aq_syntax_free, after failures too. plain: no
 * character has a meaning but white space. now: what relative dates count from, seconds
 * since 1970. AQ_SYNTAX only for invalid UTF-8, AQ_LIMIT beyond AQ_QUERY_BYTES: nothing
 * that people type is an error. Scripts look at `troubled`. */
enum aq_status aq_parse(struct aq_slice query, bool plain, int64_t now, struct aq_syntax *out, struct aq_error *err);
void aq_syntax_free(struct aq_syntax *s);

#endif
