/* parser_internal.h - shared by parser*.c only: a query on its way to its tree.
 *
 *   parser.c       rows, groups, operators: what is made of what was read
 *   parser_leaf.c  words, patterns, phrases and fields
 *   parser_text.c  characters */
#ifndef AQ_PARSER_INTERNAL_H
#define AQ_PARSER_INTERNAL_H

#include "parser.h"

/* Operands that wait for what stands behind them, from the one that binds most on. */
enum aq_scan_level { AQ_LEVEL_ROW, AQ_LEVEL_AND, AQ_LEVEL_OR, AQ_LEVELS };

struct aq_scan_list {
    uint32_t first, last, count;
};

/* NEAR or ADJ that waits for its right side. */
struct aq_scan_nearness {
    struct aq_slice typed; /* empty: there is none */
    uint16_t distance;
    bool ordered;
};

/* An open bracket, or the whole query. */
struct aq_scan_group {
    struct aq_scan_list waiting[AQ_LEVELS];
    struct aq_scan_nearness near; /* that waits for the innermost of its operands */
    uint32_t closed;      /* a NEAR in brackets, or the last of a row in brackets that became part of this one */
    const uint8_t *begin; /* at the bracket or the sign before it */
    uint8_t occur;
};

struct aq_scan {
    const uint8_t *start, *p, *end;
    struct aq_syntax *out;
    int64_t now;
    struct aq_scan_group groups[AQ_QUERY_DEPTH + 1];
    uint32_t depth;    /* open brackets that group */
    uint32_t too_deep; /* open brackets beyond those */
    uint32_t leaves;
    bool refuse;       /* a NOT stands before */
    bool nomem;
};

static inline struct aq_slice aq_syntax_between(const uint8_t *begin, const uint8_t *end)
{
    return aq_slice(begin, (size_t)(end - begin));
}

/* ---- parser_text.c ---- */

/* How many bytes the sign at p takes, 0: there is none; *occur is what it means. */
unsigned aq_syntax_sign(const uint8_t *p, const uint8_t *end, uint8_t *occur);
/* White space, or the end. */
bool aq_syntax_at_space(const uint8_t *p, const uint8_t *end);
const uint8_t *aq_syntax_skip_spaces(const uint8_t *p, const uint8_t *end);
/* To the space behind a word, or the bracket that closes a group around it. Brackets
 * that are opened in a word are closed in it. */
const uint8_t *aq_scan_word_end(const struct aq_scan *s, const uint8_t *p);
/* A double quotation mark of any script. */
bool aq_syntax_is_mark(uint32_t cp);
/* A quoted string at p: its inside to *text and where to go on. NULL when there
 * is no quotation mark, or a lone one: unclosed before a space or the end. */
const uint8_t *aq_syntax_quoted(const uint8_t *p, const uint8_t *end, struct aq_slice *text, bool *closed);
/* All of [p, end) as a number with or without a dot. */
bool aq_syntax_boost(const uint8_t *p, const uint8_t *end, double *boost);

/* ---- parser_leaf.c ----
 * What begins at p, its sign at `begin`: puts it into the row at hand and returns where to
 * go on. */

/* NULL: it is no field, or its value makes no sense; the same characters are text. */
const uint8_t *aq_scan_read_field(struct aq_scan *s, const uint8_t *begin, const uint8_t *p, uint8_t occur);
/* NULL: there is no phrase. */
const uint8_t *aq_scan_read_phrase(struct aq_scan *s, const uint8_t *begin, const uint8_t *p, uint8_t occur);
const uint8_t *aq_scan_read_word(struct aq_scan *s, const uint8_t *begin, const uint8_t *p, uint8_t occur);

/* ---- parser.c ---- */

/* Notes what is wrong, if it is the first such place. */
void aq_scan_trouble(struct aq_scan *s, const uint8_t *begin, const uint8_t *end, const char *message);
/* AQ_NO_NODE where there are too many leaves, or no memory. */
uint32_t aq_scan_make_leaf(struct aq_scan *s, enum aq_node_kind kind, struct aq_slice typed);
/* Valid until another node is made. */
struct aq_node *aq_scan_node(struct aq_scan *s, uint32_t at);
/* Into the row at hand, or beside the NEAR that waits there; AQ_NO_NODE is nothing. */
void aq_scan_put(struct aq_scan *s, uint32_t at);
/* False, and noted, where it is out of range. */
bool aq_scan_boost_fits(struct aq_scan *s, const uint8_t *begin, const uint8_t *end, double boost);
/* `^N` at p, before a space or the end of a group: where to go on, else p. */
const uint8_t *aq_scan_boost_after(struct aq_scan *s, const uint8_t *p, double *boost);

#endif
