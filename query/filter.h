/* filter.h - which comments may be hits at all: what fields ask (field.h) and a
 * request's lists, made into tests of columns and bitmaps, so that no candidate's text
 * is read. Knows nothing of scores.
 *
 *   filter.c        which tests there are, and whether a comment passes
 *   filter_names.c  authors, tags, sources, threads: which numbers are meant
 *   filter_title.c  titles, found by their words' postings
 *   filter_pick.c   the other way round: which comments may pass, where they are few */
#ifndef AQ_FILTER_H
#define AQ_FILTER_H

#include "analyzer.h"
#include "aq.h"
#include "field.h"
#include "store.h"

/* A field in the query. Of clauses with the same field any must hold (of AFTER and
 * BEFORE all), those of different fields all, and none that is refused. */
struct aq_filter_clause {
    const struct aq_field_value *value;
    bool refused;
};

/* What a filter is made of; the arena has all of it. The analyzer must not forget
 * meanwhile. */
struct aq_filter_source {
    struct aq_txn *txn;
    struct aq_analyzer *analyzer;
    struct aq_arena *arena;
};

struct aq_filter_test;

/* Zero-initialised, everything passes. */
struct aq_filter {
    bool active; /* something may not pass */
    struct aq_filter_test *tests; /* all must hold; the cheaper ones first */
    uint32_t count;
};

/* From the clauses and the request's authors, threads and dates, which count as further
 * clauses, and what it leaves out; request NULL: it has none. */
enum aq_status aq_filter_make(struct aq_filter *f, const struct aq_filter_source *from,
                              const struct aq_search_request *request, const struct aq_filter_clause *clauses,
                              size_t count, struct aq_error *err);

/* What passes f and is of one of these threads (their numbers), in *out, with memory of
 * arena; f's is shared. */
enum aq_status aq_filter_within(struct aq_filter *out, const struct aq_filter *f, struct aq_txn *txn,
                                struct aq_arena *arena, const uint32_t *threads, size_t count, struct aq_error *err);

/* Of a live comment. In the transaction that the filter was made in. */
bool aq_filter_passes(const struct aq_filter *f, struct aq_txn *txn, uint32_t comment);

/* Comments that alone may pass a filter. Zero-initialise; free in any case. */
struct aq_picks {
    uint32_t *comments; /* ascending */
    size_t count, cap;
};

/* Finds them if they are at most `most`: by ids and links, which the filter has, by the
 * members of a few threads, or, where `scan` allows that, by a pass over a column. Some of
 * them may not pass, or be deleted. False in *known: they are more, or cannot be found so. */
enum aq_status aq_filter_pick(const struct aq_filter *f, struct aq_txn *txn, size_t most, bool scan,
                              struct aq_picks *picks, bool *known, struct aq_error *err);
/* The same of these threads' members. */
enum aq_status aq_filter_pick_members(struct aq_txn *txn, const uint32_t *threads, size_t count, size_t most,
                                      struct aq_picks *picks, bool *known, struct aq_error *err);
void aq_picks_free(struct aq_picks *picks);

#endif
