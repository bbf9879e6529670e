/* pending_scan.h - pending comments as one more segment, held in memory: a single
 * pass over their forward records gathers the lists of a query's terms. Docids are
 * running passage numbers in order of comment. */
#ifndef AQ_PENDING_SCAN_H
#define AQ_PENDING_SCAN_H

#include "query.h"
#include "store.h"

struct aq_pending_list; /* a list being gathered */

struct aq_pending_scan {
    uint32_t passages;
    struct aq_buf lengths;  /* u8 a passage */
    struct aq_buf rows;     /* as in the map table: u32 comment, u16 ordinal */
    struct aq_buf hidden, quote; /* bitmaps, whole chunks of AQ_BITS_CHUNK */
    struct aq_pending_list *gathered;
    struct aq_memory_postings *lists; /* one a query term; df 0 when absent */
    size_t list_count;
};

/* Form codes in the lists are indexes into q->forms, AQ_PENDING_OTHER for forms
 * nobody asked for. Sets `seen` of q's forms. Zero-initialise *s; free it in any case. */
#define AQ_PENDING_OTHER UINT16_MAX
enum aq_status aq_pending_scan(struct aq_pending_scan *s, struct aq_txn *txn, struct aq_query *q,
                               struct aq_error *err);
void aq_pending_scan_free(struct aq_pending_scan *s);

#endif
