/* merge_internal.h - a merge under way, shared by merge.c (what becomes of passages),
 * merge_lists.c (what becomes of postings) and reorder.c (a better order). */
#ifndef AQ_MERGE_INTERNAL_H
#define AQ_MERGE_INTERNAL_H

#include "bitmap.h"
#include "merge.h"

/* Deleted passages of one input as they were when the merge began, with what it
 * takes to number the others: docid - deleted ones before it. */
struct aq_merge_input {
    uint32_t id, passages;
    uint32_t first;   /* passages of the inputs before this one */
    uint32_t base;    /* live ones among them */
    uint8_t *deleted, *hidden; /* bitmaps, whole chunks */
    uint32_t *before; /* deleted passages before each 512 */
};

struct aq_merging {
    struct aq_store *from, *to;
    struct aq_merge_input *inputs;
    size_t input_count;
    const struct aq_segment **segments; /* the inputs, as the transaction at hand sees them */
    struct aq_segment_info info; /* of the output, as far as it is known */
    struct aq_impact_model model;
    uint8_t *lengths; /* of the output */
    /* Of all passages of all inputs, one after the other, the docids in the output,
     * AQ_DOCID_END for deleted ones. NULL where passages keep their order. */
    uint32_t *docids;
};

/* Sets m->segments; fails where one is no longer there. */
enum aq_status aq_merge_look(struct aq_merging *m, const struct aq_txn *t, struct aq_error *err);

/* The docid in the output of a live passage. */
static inline uint32_t aq_merge_docid(const struct aq_merging *m, const struct aq_merge_input *in, uint32_t docid)
{
    if (m->docids)
        return m->docids[in->first + docid];
    uint32_t gone = in->before[docid / 512];
    for (uint32_t i = docid & ~511u; i < docid; i += 64) {
        uint64_t word = aq_load64(in->deleted + i / 8);
        if (docid - i < 64)
            word &= ((uint64_t)1 << (docid - i)) - 1;
        gone += (uint32_t)__builtin_popcountll(word);
    }
    return in->base + docid - gone;
}

/* merge_lists.c: merges all terms into the output, in transactions of AQ_MERGE_STEP bytes. */
enum aq_status aq_merge_lists(struct aq_merging *m, struct aq_error *err);

/* reorder.c: sets m->docids so that comments with the same terms are neighbours. Takes
 * no more than about `memory` bytes, and does without the rarer terms where those are
 * too few. */
enum aq_status aq_merge_reorder(struct aq_merging *m, size_t memory, bool threaded, struct aq_error *err);

#endif
