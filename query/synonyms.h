/* synonyms.h - words that mean the same. Owns the form of the rules and how they widen
 * a query's tree; knows nothing of any index or of scores.
 *
 *     # a comment; so is what follows a # after a space
 *     AGI, artificial general intelligence      each finds the other
 *     ELK => eliciting latent knowledge         who types ELK finds both
 *
 * What stands between commas is a *name*: words as in a query, without operators. */
#ifndef AQ_SYNONYMS_H
#define AQ_SYNONYMS_H

#include "analyzer.h"
#include "aq.h"

enum {
    AQ_SYNONYMS_BYTES = 256 << 10, /* of a file */
    AQ_SYNONYMS_RULES = 4096,
    AQ_SYNONYMS_NAMES = 32,        /* of one rule, and of all rules for one name */
    AQ_SYNONYMS_WORDS = 8          /* of one name */
};

struct aq_synonym_name {
    struct aq_slice text; /* words parted by single spaces */
    uint8_t initial;      /* of its first token, in lower case; 0: it is none of ASCII */
};

struct aq_synonym_rule {
    const struct aq_synonym_name *names;
    uint32_t count;
    uint32_t left; /* each of the first so many finds the rest; == count: each finds all others */
};

struct aq_synonyms {
    struct aq_arena arena;
    struct aq_synonym_rule *rules;
    size_t count, cap;
    uint64_t digest[2]; /* of the text they were read from */
};

struct aq_syntax;

/* The rules' left sides as an analyzer reads them, sorted. Kept from query to query,
 * because reading them takes longer than many a query; for the same reason, where a stem
 * begins as its word does, only those are read that begin as some word of a query did. */
struct aq_synonym_table {
    struct aq_arena arena;
    struct aq_synonym_entry *entries;
    size_t count, cap;
    size_t longest; /* tokens of a left side */
    bool made;
    bool read[256]; /* by initial */
    uint64_t digest[2]; /* of the rules it was made from */
    char analyzer[128]; /* identity of the one it was made with */
};
void aq_synonym_table_free(struct aq_synonym_table *t);

/* Replaces words of the query that rules are for by AQ_NODE_SAME: the words as they
 * were first, then their synonyms, a single term as a WORD, others as an ordered NEAR
 * of words side by side. Excluded words, phrases and what NEAR joins are left alone, and
 * what the query says already is not added. Where the bounds on a query's terms leave no
 * room, nothing is added: synonyms never displace what was typed. Texts of new nodes
 * are borrowed from s. t is brought up to date first. */
enum aq_status aq_synonyms_apply(const struct aq_synonyms *s, struct aq_synonym_table *t, struct aq_syntax *syntax,
                                 struct aq_analyzer *a, struct aq_error *err);

#endif
