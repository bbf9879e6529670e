/* id.h - external ids written as what makes them differ from another one. The ids
 * of neighbours are alike, and those of forums often are numbers that go up: one
 * byte says "the same, and 3 more" (grammar: docs/FORMAT.md, "relative ids"). */
#ifndef AQ_ID_H
#define AQ_ID_H

#include "base.h"

struct aq_id {
    uint32_t len;
    uint8_t bytes[AQ_MAX_ID];
};

static inline struct aq_slice aq_id_slice(const struct aq_id *id)
{
    return aq_slice(id->bytes, id->len);
}
/* False, and *id as it was, when s is longer than an id may be. */
bool aq_id_set(struct aq_id *id, struct aq_slice s);

/* Appends id as it differs from base; either may be empty. Too long a one fails out. */
void aq_id_encode(struct aq_buf *out, struct aq_slice base, struct aq_slice id);

/* Makes *id, which holds the base, the id read. r->bad when the bytes do not fit it. */
void aq_id_decode(struct aq_reading *r, struct aq_id *id);

#endif
