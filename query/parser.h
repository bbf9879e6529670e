/* parser.h - a query string to a flat list of clauses. Owns the query language's
 * syntax (docs/QUERY.md) and nothing of words' analysis or of any index. */
#ifndef AQ_PARSER_H
#define AQ_PARSER_H

#include "base.h"
#include "field.h"

enum {
    AQ_QUERY_BYTES = 1 << 20,   /* a longer query is AQ_LIMIT */
    AQ_QUERY_CLAUSES = 10000    /* clauses kept; further ones are cut and reported */
};

enum aq_clause_kind {
    AQ_CLAUSE_TEXT,   /* what stands between spaces: one word, compound or run of CJK */
    AQ_CLAUSE_PHRASE, /* between quotation marks */
    AQ_CLAUSE_AUTHOR,
    AQ_CLAUSE_THREAD,
    AQ_CLAUSE_AFTER,  /* date: first second that passes */
    AQ_CLAUSE_BEFORE  /* date: first second that does not */
};

enum aq_occur { AQ_SHOULD, AQ_MUST, AQ_MUST_NOT };

struct aq_clause {
    uint8_t kind;         /* enum aq_clause_kind */
    uint8_t occur;        /* enum aq_occur; dates are always AQ_MUST */
    struct aq_slice text; /* borrowed from the query, operators and quotation marks removed */
    int64_t date;         /* seconds since 1970, of the two date kinds */
};

struct aq_clauses {
    struct aq_clause *items;
    size_t count, cap;
    bool cut; /* the query had more than AQ_QUERY_CLAUSES clauses */
};

/* Zero-initialise *out; free it with aq_clauses_free, after failures too. plain:
 * no character has a meaning but white space. AQ_SYNTAX only for invalid UTF-8,
 * AQ_LIMIT beyond AQ_QUERY_BYTES: nothing that people type is an error. */
enum aq_status aq_parse(struct aq_slice query, bool plain, struct aq_clauses *out, struct aq_error *err);
void aq_clauses_free(struct aq_clauses *c);

#endif
