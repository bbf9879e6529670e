/* filter.h - which comments may be hits at all: authors, threads and dates, decided
 * from columns. Owns the matching of author names; knows nothing of words or scores. */
#ifndef AQ_FILTER_H
#define AQ_FILTER_H

#include "aq.h"
#include "analyzer.h"
#include "field.h"
#include "store.h"

struct aq_filter {
    uint8_t *authors, *threads;           /* bitmaps by number of those allowed; NULL: all */
    uint8_t *not_authors, *not_threads;   /* of those refused; NULL: none */
    uint32_t author_count, thread_count;  /* bits in each */
    int64_t after, before;                /* date in [after, before); AQ_NO_DATE: open */
    bool active;
};

struct aq_filter_clause {
    const struct aq_field_value *value;
    bool refused;
};

struct aq_filter_source {
    struct aq_txn *txn;
    struct aq_analyzer *analyzer;
    struct aq_arena *arena; /* of the bitmaps */
};

/* Of clauses of one field any must hold, different fields all, refused ones none; and the
 * request's lists (request may be NULL). */
enum aq_status aq_filter_make(struct aq_filter *f, const struct aq_filter_source *from,
                              const struct aq_search_request *request, const struct aq_filter_clause *clauses,
                              size_t count, struct aq_error *err);

bool aq_filter_passes(const struct aq_filter *f, struct aq_txn *txn, uint32_t comment);

/* Whether a name is meant by what was asked for: the same, or its words stand in
 * the name side by side; case and compatibility forms do not matter. Both folded. */
bool aq_name_meant(struct aq_slice folded_name, struct aq_slice folded_wanted);
/* NFKC case folding, appended to out (which is cleared first). False: no memory. */
bool aq_name_fold(struct aq_buf *out, struct aq_slice name);

#endif
