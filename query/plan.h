/* plan.h - how a query is run over leaves. Every plan finds the same passages with
 * the same scores, bit for bit; which one runs is a matter of time only.
 *
 *   windows   any of the words: lists added up, 8,192 passages at a time
 *   all       required words and phrases: the rarest list leads, others seek
 *   list      filters and exclusions alone: every visible passage, score 0 */
#ifndef AQ_PLAN_H
#define AQ_PLAN_H

#include "group.h"
#include "match.h"
#include "score.h"

struct aq_plan {
    struct aq_leaf *leaves;
    uint32_t leaf_count;
    const struct aq_query *query; /* resolved */
    const struct aq_model *model;
    struct aq_collector *collector;
};

enum aq_plan_kind { AQ_PLAN_NOTHING, AQ_PLAN_WINDOWS, AQ_PLAN_ALL, AQ_PLAN_LIST };

/* filtered: some filter is active. */
enum aq_plan_kind aq_plan_choose(const struct aq_query *q, bool filtered);

enum aq_status aq_plan_run(const struct aq_plan *p, enum aq_plan_kind kind, struct aq_error *err);

/* The plans, over one leaf each; scratch is reset by the caller between leaves. */
enum aq_status aq_plan_windows(const struct aq_plan *p, struct aq_leaf *leaf, struct aq_arena *scratch);
enum aq_status aq_plan_all(const struct aq_plan *p, struct aq_leaf *leaf, struct aq_arena *scratch);
enum aq_status aq_plan_list(const struct aq_plan *p, struct aq_leaf *leaf, struct aq_arena *scratch);

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
