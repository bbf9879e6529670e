/* bitmap.c - see bitmap.h. */
#include "bitmap.h"

enum aq_status aq_bitmap_put(struct aq_txn *t, uint32_t segment, enum aq_bits_kind kind, const uint8_t *bits,
                             uint32_t passages, struct aq_error *err)
{
    enum aq_status st = AQ_OK;
    for (uint32_t chunk = 0; st == AQ_OK && (uint64_t)chunk * AQ_BITS_CHUNK < passages; chunk++) {
        const uint8_t *p = bits + (size_t)chunk * (AQ_BITS_CHUNK / 8);
        if (p[0] || memcmp(p, p + 1, AQ_BITS_CHUNK / 8 - 1) != 0)
            st = aq_segment_put_bits(t, segment, kind, chunk, p, err);
    }
    return st;
}
