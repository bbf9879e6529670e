/* hits.h - from ranked passages to what a caller sees: fields, text, highlights.
 * Knows nothing of how they were ranked.
 *
 *   hits.c          hits
 *   hits_further.c  further comments of their threads */
#ifndef AQ_HITS_H
#define AQ_HITS_H

#include "analyzer.h"
#include "aq.h"
#include "explain.h"
#include "query.h"
#include "store.h"
#include "topk.h"

/* What matches in a thread besides the comment that is the hit. */
struct aq_further_found {
    const struct aq_candidate *items; /* comments, best first: as many as were asked for, if there are */
    uint32_t count;
    uint32_t comments;                /* all of them */
};

struct aq_hit_maker {
    struct aq_txn *txn;
    struct aq_analyzer *analyzer;
    const struct aq_query *query;
    const struct aq_query *concepts; /* what is marked in hits that they alone found */
    unsigned flags;         /* of the request: AQ_NO_TEXT */
    uint32_t snippets;      /* of the request */
    bool alone;             /* every passage is a hit of its own */
    const struct aq_shares *shares; /* of each hit, or NULL */
    const struct aq_further_found *further; /* of each hit's thread, or NULL */
    struct aq_arena *arena; /* everything handed out lives here */
};

enum aq_status aq_hits_make(const struct aq_hit_maker *m, const struct aq_candidate *found, size_t count,
                            const struct aq_hit **hits, struct aq_error *err);

/* Adds what m->further has of each hit; not empty. */
enum aq_status aq_hits_add_further(const struct aq_hit_maker *m, struct aq_hit *hits, size_t count, struct aq_error *err);

#endif
