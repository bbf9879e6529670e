/* match.h - several terms in one passage, and side by side. Owns leapfrogging over
 * cursors and the arithmetic of positions; knows nothing of scores. */
#ifndef AQ_MATCH_H
#define AQ_MATCH_H

#include "leaf.h"

/* A conjunction of distinct terms over one leaf. Cursors are borrowed and in any
 * order of query terms: cursors[i] is that of terms[i]. */
struct aq_conjunction {
    struct aq_cursor **cursors; /* rarest first */
    uint32_t count;
    uint32_t docid;
};

/* Orders the cursors (df in the leaf) and stands on the first common docid. */
void aq_conjunction_init(struct aq_conjunction *c, const struct aq_leaf *leaf, const uint32_t *terms,
                         struct aq_cursor **cursors, uint32_t count);
/* To the first common docid >= target; AQ_DOCID_END when there is none. */
uint32_t aq_conjunction_seek(struct aq_conjunction *c, uint32_t target);

/* Where the phrase stands in the passage that its terms' cursors are on: the positions of
 * its first word, ascending; returns how many. by_term: cursor of every query term that
 * the phrase names. */
uint32_t aq_phrase_starts(const struct aq_leaf *leaf, const struct aq_query_phrase *p,
                          struct aq_cursor *const *by_term, uint16_t starts[256]);
static inline bool aq_phrase_here(const struct aq_leaf *leaf, const struct aq_query_phrase *p,
                                  struct aq_cursor *const *by_term)
{
    uint16_t starts[256];
    return aq_phrase_starts(leaf, p, by_term, starts) > 0;
}

/* Whether a leaf can have the phrase at all: its terms and forms occur. */
bool aq_phrase_possible(const struct aq_leaf *leaf, const struct aq_query_phrase *p);
/* Whether it can have all that every hit of the query has. */
bool aq_leaf_can_match(const struct aq_leaf *leaf, const struct aq_query *q);

/* A phrase (or term) as a set of docids, with cursors of its own. */
struct aq_matcher {
    const struct aq_leaf *leaf;
    const struct aq_query_phrase *phrase;
    struct aq_cursor *cursors;
    struct aq_cursor **by_term; /* room for every query term */
    struct aq_conjunction all;
    uint32_t docid;
    bool positions_matter;
};

enum aq_status aq_matcher_init(struct aq_matcher *m, const struct aq_leaf *leaf, const struct aq_query *q,
                               const struct aq_query_phrase *p, struct aq_arena *arena);
/* To the first matching docid >= target. */
uint32_t aq_matcher_seek(struct aq_matcher *m, uint32_t target);
bool aq_matcher_bad(const struct aq_matcher *m);

#endif
