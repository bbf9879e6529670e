/* pending_scan.h - pending comments as one more segment, held in memory: a single
 * pass over their forward records, or an index of these, gathers the lists of a query's
 * terms. Docids are running passage numbers in order of comment. */
#ifndef AQ_PENDING_SCAN_H
#define AQ_PENDING_SCAN_H

#include "pending_index.h"
#include "query.h"

struct aq_pending_list; /* a list being gathered */

struct aq_pending_scan {
    struct aq_pending_passages own;
    const struct aq_pending_index *index; /* instead of a pass; or NULL */
    struct aq_pending_list *gathered;
    struct aq_memory_postings *lists; /* one a query term; df 0 when absent */
    size_t list_count;
};

static inline const struct aq_pending_passages *aq_pending_passages_of(const struct aq_pending_scan *s)
{
    return s->index ? &s->index->passages : &s->own;
}

/* Form codes in the lists are indexes into q->forms, AQ_PENDING_OTHER for forms
 * nobody asked for. Sets `seen` of q's forms. Zero-initialise *s; free it in any case. index:
 * up to date, and to stay so until the free; NULL: the records are passed over. */
#define AQ_PENDING_OTHER UINT16_MAX
enum aq_status aq_pending_scan(struct aq_pending_scan *s, struct aq_txn *txn, struct aq_query *q,
                               const struct aq_pending_index *index, struct aq_error *err);
void aq_pending_scan_free(struct aq_pending_scan *s);

#endif
