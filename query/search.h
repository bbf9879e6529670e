/* search.h - a search under way, shared by the files that answer it:
 *
 *   search.c       from the request to its result, and who owns what
 *   search_find.c  which plans run, and the best hits of all
 *   search_further.c  the next best comments of the threads that are hits
 *   search_tell.c  what else the result says of the query */
#ifndef AQ_SEARCH_H
#define AQ_SEARCH_H

#include "evidence.h"
#include "expand.h"
#include "facets.h"
#include "plan.h"
#include "reader.h"

struct aq_search_run {
    const struct aq_search_request *request;
    struct aq_reader *reader;
    struct aq_txn txn;
    struct aq_syntax syntax;
    struct aq_query query;
    struct aq_model *model;  /* the reader's, as the two that follow */
    struct aq_arena *arena;  /* until the call ends */
    struct aq_arena *scratch; /* of plans */
    struct aq_pending_scan pend;
    struct aq_filter filter;   /* that all hits pass */
    struct aq_picks picks;     /* the comments that alone may pass it, where it is so */
    bool picked;
    enum aq_plan_kind kind;
    struct aq_filter *filters; /* of the query's fields that stand deeper */
    struct aq_leaf *leaves;
    uint32_t leaf_count;
    struct aq_facets facets;
    struct aq_collector collector; /* its totals are told */
    struct aq_collector wider;
    struct aq_collector filler;
    struct aq_collector of_threads;
    struct aq_picks members;
    struct aq_plan_work work;
    struct aq_expansion expansion;
    struct aq_evidence_request evidence;
};

/* Begins a search of what the reader's index is now; *s is zeros. The request is borrowed
 * until the close, which is owed where this succeeds. */
enum aq_status aq_search_open(struct aq_search_run *s, struct aq_reader *r, const struct aq_search_request *request,
                              struct aq_error *err);
void aq_search_close(struct aq_search_run *s);

/* aq_search of the snapshot that txn sees, which this ends, whatever it returns. */
enum aq_status aq_search_within(struct aq_reader *r, struct aq_txn *txn, const struct aq_search_request *request,
                                struct aq_result **out, struct aq_error *err);

/* From the request's string to leaves with global statistics. */
enum aq_status aq_search_prepare(struct aq_search_run *s, struct aq_error *err);

/* The best k hits, best first, of which there may be fewer. */
enum aq_status aq_search_find(struct aq_search_run *s, uint32_t k, struct aq_candidate **found, size_t *count,
                              struct aq_error *err);

/* For what looks at the leaves again. */
struct aq_plan aq_search_plan(struct aq_search_run *s, struct aq_collector *c);

/* Once hits are found: what they are sorted by, whether they have been in the second stage,
 * whether concepts count, and up to how many comments picks are less work than all matches. */
enum aq_sort aq_search_sort(const struct aq_search_run *s);
bool aq_search_has_second_stage(const struct aq_search_run *s);
enum aq_status aq_search_second_stage(struct aq_search_run *s, struct aq_candidate *hits, size_t count,
                                      struct aq_error *err);
bool aq_search_expands(const struct aq_search_run *s);
uint64_t aq_search_picks_most(const struct aq_search_run *s);

/* Exhaustively: the k best groups of what passes filter, all of which is among picks (NULL: any). */
enum aq_status aq_search_all(struct aq_search_run *s, struct aq_collector *c, const struct aq_filter *filter,
                             const struct aq_picks *picks, enum aq_group group, uint32_t k,
                             struct aq_candidate **hits, size_t *count, struct aq_error *err);

struct aq_further_found;
/* For each of the hits, one a thread: the comments that a search in its thread alone has
 * next to the hit's own. In s->arena. */
enum aq_status aq_search_further(struct aq_search_run *s, const struct aq_candidate *hits, size_t count,
                                 const struct aq_further_found **out, struct aq_error *err);

/* Words passed over, synonyms, a better spelling and, if asked for, the query as it was
 * understood; in arena. */
enum aq_status aq_search_tell(struct aq_search_run *s, struct aq_result *result, struct aq_arena *arena,
                              struct aq_error *err);

#endif
