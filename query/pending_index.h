/* pending_index.h - an index in memory of the pending comments' forward records: of which
 * record has a term, by the low half of its hash. Made when the same commit is searched a
 * second time, since one pass over the records costs less than to index them. */
#ifndef AQ_PENDING_INDEX_H
#define AQ_PENDING_INDEX_H

#include "pending.h"
#include "store.h"

/* The passages of pending comments, numbered in order of comment, as a leaf reads them. */
struct aq_pending_passages {
    uint32_t count;
    struct aq_buf lengths;       /* u8 a passage */
    struct aq_buf rows;          /* as in the map table: u32 comment, u16 ordinal */
    struct aq_buf hidden, quote; /* bitmaps, whole chunks of AQ_BITS_CHUNK */
};

/* Adds a record's; comments ascend. AQ_NOMEM, or AQ_CORRUPT when they are too many. */
enum aq_status aq_pending_passages_add(struct aq_pending_passages *p, uint32_t comment,
                                       const struct aq_pending *record);
void aq_pending_passages_free(struct aq_pending_passages *p);

struct aq_pending_place {
    struct aq_pending record; /* of the index's copy */
    uint32_t base;            /* its first passage */
};

struct aq_pending_entry {
    uint32_t hash, record, at; /* record: of places; at: for aq_pending_next */
};

struct aq_pending_index {
    uint64_t commit; /* the last one seen, and its generation: */
    uint32_t generation;
    bool seen, made, too_large; /* for that one */
    struct aq_pending_passages passages;
    struct aq_buf bytes; /* hashes and terms of all records */
    struct aq_pending_place *places;
    size_t place_count, place_cap;
    size_t entry_count;
    struct aq_pending_entry *entries; /* by the bucket hash & mask, then in order of record */
    uint32_t *starts;                 /* of each bucket, and the end of the last */
    uint32_t mask;
};

/* *index: of the snapshot and good until the next call; NULL when this commit is searched
 * for the first time, or has none or too many pending comments. Zero-initialise *x. */
enum aq_status aq_pending_index_get(struct aq_pending_index *x, struct aq_txn *txn, uint32_t generation,
                                    const struct aq_pending_index **index, struct aq_error *err);
void aq_pending_index_free(struct aq_pending_index *x);

#endif
