/* bitmap.h - a bit for each passage of a segment that is being made, in memory, in
 * whole chunks as the `bits` table stores them. */
#ifndef AQ_BITMAP_H
#define AQ_BITMAP_H

#include "store.h"

static inline size_t aq_bitmap_bytes(uint32_t passages)
{
    return ((size_t)passages / AQ_BITS_CHUNK + 1) * (AQ_BITS_CHUNK / 8);
}

static inline bool aq_bitmap_get(const uint8_t *bits, size_t i)
{
    return bits[i >> 3] >> (i & 7) & 1;
}

static inline void aq_bitmap_set(uint8_t *bits, size_t i, bool value)
{
    if (value)
        bits[i >> 3] |= (uint8_t)(1u << (i & 7));
    else
        bits[i >> 3] &= (uint8_t) ~(1u << (i & 7));
}

/* Stores the chunks that have a bit set. */
enum aq_status aq_bitmap_put(struct aq_txn *t, uint32_t segment, enum aq_bits_kind kind, const uint8_t *bits,
                             uint32_t passages, struct aq_error *err);

#endif
