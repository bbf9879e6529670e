/* group.h - from matching passages to hits: filters, groups, counts and the best k.
 * Knows nothing of how they were found.
 *
 * An exhaustive plan hands in every match leaf by leaf, passages of one comment one
 * after the other, and groups are counted to the last. A ranking plan leaves out what
 * cannot be among the best: matches are handed in so, each once, while `counts` is set,
 * and in any order and any number of times while it is not. */
#ifndef AQ_GROUP_H
#define AQ_GROUP_H

#include "aq.h"
#include "facets.h"
#include "filter.h"
#include "leaf.h"
#include "topk.h"

#include <math.h>

struct aq_collector {
    struct aq_txn *txn;
    const struct aq_filter *filter;
    struct aq_facets *facets; /* count what passes; NULL: none */
    enum aq_group group;
    enum aq_sort sort;
    uint32_t below;    /* comments with this number or a higher one are no hits */
    bool tiered;       /* passages without all words go behind */
    bool facts;        /* something must be looked up of each comment */
    bool ranking;      /* best passages of comments are found in any order */
    struct aq_topk best;

    bool counts;       /* matches are counted, */
    uint64_t enough;   /* until there are more groups than this: */
    bool at_least;     /* there may be more than were counted */
    uint64_t passages; /* that match */
    uint64_t groups;   /* with a match */

    /* The comment that the last passage belonged to. */
    uint32_t comment;
    uint32_t matches;  /* its matching passages */
    bool passes;       /* the filter */
    bool waits;        /* `current` is to be offered when the comment ends */
    struct aq_candidate current;
    int64_t primary;
    uint32_t number;   /* its group */

    /* What is certainly not among the best: a higher tier, or this one with less. */
    unsigned floor_tier;
    double floor_score;

    uint32_t *group_counts; /* matching passages by thread or author number */
    uint32_t group_count_size;
    bool corrupt;
};

/* k: how many hits at the most. Zero-initialise; free in any case. */
enum aq_status aq_collector_init(struct aq_collector *c, struct aq_txn *txn, const struct aq_filter *filter,
                                 enum aq_group group, enum aq_sort sort, uint32_t k, bool tiered,
                                 struct aq_error *err);
void aq_collector_free(struct aq_collector *c);
/* Before anything is collected: only comments below this number are hits. */
void aq_collector_bound(struct aq_collector *c, uint32_t below);
/* Before anything is collected by an exhaustive plan: comments that match are counted there. */
void aq_collector_facets(struct aq_collector *c, struct aq_facets *facets);
/* Before anything is collected, sorted by relevance, a comment or a passage to a group:
 * a ranking plan will run, which counts at least `enough` groups if there are. */
void aq_collector_rank(struct aq_collector *c, uint64_t enough);

void aq_collector_turn(struct aq_collector *c, uint32_t comment);
void aq_collector_consider(struct aq_collector *c, struct aq_leaf *leaf, uint32_t docid, uint32_t ordinal,
                           double score, bool all_words);

/* The score below which no passage of this tier or a later one is among the best. */
static inline double aq_collector_floor(const struct aq_collector *c, unsigned tier)
{
    return tier > c->floor_tier ? HUGE_VAL : tier == c->floor_tier ? c->floor_score : -HUGE_VAL;
}

/* Goes to a passage's comment. False: it does not pass the filter. */
static inline bool aq_collector_enter(struct aq_collector *c, struct aq_leaf *leaf, uint32_t docid,
                                      uint32_t *ordinal)
{
    uint32_t comment;
    if (AQ_UNLIKELY(!aq_leaf_locate(leaf, docid, &comment, ordinal))) {
        c->corrupt = true;
        return false;
    }
    if (comment != c->comment) {
        if (c->waits || c->facts)
            aq_collector_turn(c, comment);
        c->comment = comment;
        c->matches = 0;
    }
    return c->passes;
}

static inline void aq_collector_count(struct aq_collector *c)
{
    c->passages++;
    if (c->group_counts)
        c->groups += c->group_counts[c->number]++ == 0;
    else
        c->groups += c->matches++ == 0 || c->group == AQ_GROUP_NONE;
    if (AQ_UNLIKELY(c->groups > c->enough)) {
        c->counts = false;
        c->at_least = true;
    }
}

/* Counts a match that is not handed in, for a walk over a leaf that does nothing else:
 * docids ascend, *before is the last one counted there, or AQ_DOCID_END. Of two passages
 * of a comment no more docids lie between than it has passages: most often that alone
 * tells that another comment matches, and the map, memory far away, is not looked at. */
static inline void aq_collector_tally(struct aq_collector *c, struct aq_leaf *leaf, uint32_t docid, uint32_t *before)
{
    uint32_t ordinal = 0, comment, apart = docid - *before;
    if (c->facts || c->group_counts) {
        if (aq_collector_enter(c, leaf, docid, &ordinal))
            aq_collector_count(c);
        return;
    }
    bool same = *before != AQ_DOCID_END && apart < leaf->longest && c->group == AQ_GROUP_COMMENT;
    if (same && AQ_UNLIKELY(!aq_leaf_locate(leaf, docid, &comment, &ordinal)))
        c->corrupt = true;
    c->matches = same && apart <= ordinal;
    *before = docid;
    aq_collector_count(c);
}

/* A visible passage that matches. Most are counted and refused right here. */
static inline void aq_collect(struct aq_collector *c, struct aq_leaf *leaf, uint32_t docid, double score,
                              bool all_words)
{
    uint32_t ordinal;
    bool low = score < aq_collector_floor(c, c->tiered && !all_words ? AQ_TIER_SOME_WORDS : 0);
    if ((low && !c->counts) || !aq_collector_enter(c, leaf, docid, &ordinal))
        return;
    if (c->counts)
        aq_collector_count(c);
    if (!low)
        aq_collector_consider(c, leaf, docid, ordinal, score, all_words);
}

/* After a leaf's last passage. */
void aq_collector_leaf_end(struct aq_collector *c);

/* Hits best first; `matches` of each is that of its group, 0 when ranking. Valid until
 * the free. */
enum aq_status aq_collector_finish(struct aq_collector *c, struct aq_candidate **hits, size_t *count,
                                   struct aq_error *err);

#endif
