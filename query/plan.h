/* plan.h - how a query is run over leaves. Every plan finds the same hits with the same
 * scores, bit for bit; which one runs is a matter of time only.
 *
 * Exhaustive plans hand every match to the collector:
 *
 *   windows   any of the words: lists added up, 8,192 passages at a time
 *   all       required words and phrases: the rarest list leads, others seek
 *   list      filters and exclusions alone: every visible passage, score 0
 *   tree      what is not flat: bitmaps of windows, from the leaves up
 *   picked    instead of the first three where a filter lets few comments through: these lead
 *
 * Ranking plans leave out what cannot be among the best hits, by the impacts that lists
 * have block by block, and count no further than the collector finds enough:
 *
 *   term      a single word: blocks by descending impact
 *   every     required words and phrases; or, first, all words of the query
 *   any       any of the words: those with the highest impacts give the candidates */
#ifndef AQ_PLAN_H
#define AQ_PLAN_H

#include "group.h"
#include "match.h"
#include "score.h"

/* A tree may cost each passage many steps: how many are left. Where none is, the
 * passages that follow are not looked at. Counted, not timed: the same query has the same
 * answer again. */
struct aq_plan_work {
    uint64_t left;
    bool cut;
};
enum { AQ_WORK_PASSAGE = 40, AQ_WORK_LEAST = 1 << 21 }; /* for each passage of the index; besides */

struct aq_plan {
    struct aq_leaf *leaves;
    uint32_t leaf_count;
    const struct aq_query *query; /* resolved */
    const struct aq_model *model;
    struct aq_arena *arena;   /* what a plan needs until it ends */
    struct aq_arena *scratch; /* what it needs for a leaf; reset between leaves */
    struct aq_collector *collector;
    const struct aq_filter *filters; /* of a tree's fields, by their number */
    struct aq_plan_work *work; /* of a tree */
    const struct aq_picks *picks; /* comments that alone can be hits, for aq_plan_run; or NULL */
    const uint32_t *order; /* of leaves, the most promising first; set by aq_plan_rank */
};

enum aq_plan_kind { AQ_PLAN_NOTHING, AQ_PLAN_WINDOWS, AQ_PLAN_ALL, AQ_PLAN_LIST, AQ_PLAN_TREE };

/* filtered: some filter is active. */
enum aq_plan_kind aq_plan_choose(const struct aq_query *q, bool filtered);

enum aq_status aq_plan_run(const struct aq_plan *p, enum aq_plan_kind kind, struct aq_error *err);

/* How many passages aq_plan_run looks at without picks, about; 0: picks would not help. */
uint64_t aq_plan_breadth(const struct aq_query *q, enum aq_plan_kind kind, uint64_t passages);

/* Instead of aq_plan_run, after aq_collector_rank: kind is WINDOWS or ALL. */
enum aq_status aq_plan_rank(const struct aq_plan *p, enum aq_plan_kind kind, struct aq_error *err);
/* Whether that can be done. */
bool aq_plan_can_rank(const struct aq_plan *p, enum aq_plan_kind kind);

/* Sets `matches` of hits, one a comment, that a ranking plan found: how many passages of
 * the comment match. */
enum aq_status aq_plan_count_matches(const struct aq_plan *p, enum aq_plan_kind kind, struct aq_candidate *hits,
                                     size_t count, struct aq_error *err);

/* The ranking plans, over all leaves. */
struct aq_ranking;
enum aq_status aq_plan_term(const struct aq_plan *p, struct aq_ranking *r);
enum aq_status aq_plan_any(const struct aq_plan *p, struct aq_ranking *r);
/* all_words: passages with all words of the query, else those with what is required. */
enum aq_status aq_plan_every(const struct aq_plan *p, struct aq_ranking *r, bool all_words);
enum aq_status aq_plan_matches(const struct aq_plan *p, bool required, struct aq_candidate *hits, size_t count);
/* Counts what any of the words finds. */
enum aq_status aq_plan_count(const struct aq_plan *p, struct aq_ranking *r);

/* The exhaustive plans, over one leaf each. */
enum aq_status aq_plan_windows(const struct aq_plan *p, struct aq_leaf *leaf);
enum aq_status aq_plan_all(const struct aq_plan *p, struct aq_leaf *leaf);
enum aq_status aq_plan_list(const struct aq_plan *p, struct aq_leaf *leaf);
enum aq_status aq_plan_tree(const struct aq_plan *p, struct aq_leaf *leaf);
/* kind: whose place it takes; not a tree, whose plan takes picks itself. */
enum aq_status aq_plan_picked(const struct aq_plan *p, struct aq_leaf *leaf, enum aq_plan_kind kind);

/* The visible passages of the plan's picks in the leaf, ascending, in scratch. */
struct aq_docids {
    uint32_t *items;
    size_t count;
};
enum aq_status aq_plan_pick(const struct aq_plan *p, struct aq_leaf *leaf, struct aq_docids *out);

/* ---- what several plans need: the passages that exclusions take away ---- */

enum { AQ_WINDOW = AQ_BITS_CHUNK };

struct aq_exclusions {
    struct aq_matcher *matchers;
    uint32_t count; /* those that can match in the leaf */
};

enum aq_status aq_exclusions_init(struct aq_exclusions *x, const struct aq_query *q, const struct aq_leaf *leaf,
                                  struct aq_arena *arena);
/* docids ascend from call to call. */
bool aq_excluded(struct aq_exclusions *x, uint32_t docid);
/* Clears the bits of excluded passages among the AQ_WINDOW from base on. */
void aq_exclude_window(struct aq_exclusions *x, uint32_t base, uint64_t bits[AQ_WINDOW / 64]);
bool aq_exclusions_bad(const struct aq_exclusions *x);

#endif
