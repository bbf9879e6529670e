/* facets.h - matching comments by author, thread, tag or time: counted one by one while
 * a plan runs, named when it has ended. Owns the counts and the order of values; knows
 * nothing of how comments are found. */
#ifndef AQ_FACETS_H
#define AQ_FACETS_H

#include "aq.h"
#include "store.h"

/* Comments by the number of a name, one place more: those without. */
struct aq_tally {
    uint32_t *counts; /* NULL: not asked for */
    uint32_t size;
};

struct aq_facets {
    const struct aq_facet_request *asked;
    size_t count;
    uint32_t comments;
    struct aq_tally authors, threads, tag_sets;
    uint32_t *days;    /* from 0001-01-01 on; NULL: not asked for */
    uint32_t undated;
    uint32_t first_day, last_day; /* of those that have a count; first above last: none has */
};

enum { AQ_FACETS_MOST = 16, AQ_FACET_VALUES_MOST = 10000 };

/* AQ_LIMIT or AQ_INVALID when no such thing can be asked for. */
enum aq_status aq_facets_check(const struct aq_search_request *request, struct aq_error *err);

/* request is borrowed. Zero-initialise; free in any case. */
enum aq_status aq_facets_init(struct aq_facets *f, const struct aq_txn *txn, const struct aq_search_request *request,
                              struct aq_error *err);
void aq_facets_free(struct aq_facets *f);

/* A comment that matches; each once. */
void aq_facets_count(struct aq_facets *f, struct aq_txn *txn, uint32_t comment);

/* One aq_facet for each asked for, in arena. scratch is reset now and then. */
enum aq_status aq_facets_make(struct aq_facets *f, struct aq_txn *txn, struct aq_arena *scratch,
                              struct aq_arena *arena, const struct aq_facet **out, struct aq_error *err);

#endif
