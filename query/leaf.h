/* leaf.h - what a plan runs over: one segment, or the pending comments as one more.
 * Owns the lookups that go from a query's terms and from docids into the store, and
 * keeps their chunks; knows nothing of scoring or of the order of hits. */
#ifndef AQ_LEAF_H
#define AQ_LEAF_H

#include "pending_scan.h"
#include "query.h"
#include "store.h"

struct aq_leaf_list {
    uint32_t df; /* 0: the leaf lacks the term */
    bool in_memory;
    struct aq_postings list;
    struct aq_memory_postings memory;
};

struct aq_leaf_chunk {
    const uint8_t *deleted, *hidden, *quote; /* NULL: all zero */
    bool loaded;
};

struct aq_leaf {
    struct aq_txn *txn;
    const struct aq_segment *segment; /* NULL over pending comments */
    uint32_t number;             /* among the leaves */
    uint32_t first;              /* passages of those before it, modulo 2^32 */
    uint32_t passages;
    uint32_t longest;            /* no comment here has more passages */
    const uint8_t *lengths;
    struct aq_leaf_list *lists;  /* one a query term */
    int32_t *codes;              /* one a query form; -1: not here */
    struct aq_leaf_chunk *chunks;
    const uint8_t **rows;        /* of each AQ_MAP_CHUNK docids, NULL until looked at */
};

/* Leaves over all segments and pend (already scanned; passages may be 0), in
 * segment order, pending last. Adds to df of q's terms and sets seen of its forms.
 * Everything lives in arena and as long as the transaction. */
enum aq_status aq_leaves_make(struct aq_txn *txn, struct aq_query *q, const struct aq_pending_scan *pend,
                              struct aq_arena *arena, struct aq_leaf **leaves, uint32_t *count,
                              struct aq_error *err);

void aq_leaf_cursor(const struct aq_leaf *leaf, uint32_t term, struct aq_cursor *c);
/* The same with nothing decoded: see "reading by blocks" in postings.h. */
void aq_leaf_cursor_open(const struct aq_leaf *leaf, uint32_t term, struct aq_cursor *c);

const struct aq_leaf_chunk *aq_leaf_load_chunk(struct aq_leaf *leaf, uint32_t chunk);
static inline const struct aq_leaf_chunk *aq_leaf_chunk_of(struct aq_leaf *leaf, uint32_t docid)
{
    const struct aq_leaf_chunk *c = &leaf->chunks[docid / AQ_BITS_CHUNK];
    return AQ_LIKELY(c->loaded) ? c : aq_leaf_load_chunk(leaf, docid / AQ_BITS_CHUNK);
}

/* Neither deleted nor a repeat: may be a hit. */
static inline bool aq_leaf_visible(struct aq_leaf *leaf, uint32_t docid)
{
    const struct aq_leaf_chunk *c = aq_leaf_chunk_of(leaf, docid);
    return !aq_bit(c->deleted, docid) && !aq_bit(c->hidden, docid);
}

/* The same for 64 passages from docid (a multiple of 64) on, one bit each; bits
 * beyond the last passage are 0. */
uint64_t aq_leaf_visible64(struct aq_leaf *leaf, uint32_t docid);

/* Where a docid < passages belongs. False: the map is damaged. */
bool aq_leaf_load_rows(struct aq_leaf *leaf, uint32_t chunk);
static inline bool aq_leaf_locate(struct aq_leaf *leaf, uint32_t docid, uint32_t *comment, uint32_t *ordinal)
{
    uint32_t chunk = docid / AQ_MAP_CHUNK;
    if (AQ_UNLIKELY(!leaf->rows[chunk]) && !aq_leaf_load_rows(leaf, chunk))
        return false;
    const uint8_t *row = leaf->rows[chunk] + (size_t)(docid % AQ_MAP_CHUNK) * 6;
    *comment = aq_load32(row);
    *ordinal = aq_load16(row + 4);
    return true;
}

/* Ahead of aq_leaf_locate for several docids: rows lie far apart, and waiting for one after
 * the other is most of what locating costs. */
static inline void aq_leaf_locate_soon(const struct aq_leaf *leaf, uint32_t docid)
{
    const uint8_t *rows = leaf->rows[docid / AQ_MAP_CHUNK];
    if (rows)
        __builtin_prefetch(rows + (size_t)(docid % AQ_MAP_CHUNK) * 6);
}

/* Whether the passage is there and of this comment, whose passages lie side by side. */
static inline bool aq_leaf_belongs(struct aq_leaf *leaf, uint32_t docid, uint32_t comment)
{
    uint32_t here, ordinal;
    return docid < leaf->passages && aq_leaf_locate(leaf, docid, &here, &ordinal) && here == comment;
}

/* A passage to be looked up for one of the hits. In order, lists are read forwards. */
struct aq_place {
    uint32_t leaf, docid, hit;
};
void aq_places_sort(struct aq_place *places, size_t count);

#endif
