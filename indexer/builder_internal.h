/* builder_internal.h - shared by builder*.c only. */
#ifndef AQ_BUILDER_INTERNAL_H
#define AQ_BUILDER_INTERNAL_H

#include "batch.h"

/* Takes a pending comment's record, whose passages come after those taken before, into the
 * batch and its accumulator. */
enum aq_status aq_builder_take_pending(struct aq_batch *b, uint32_t number, struct aq_slice record,
                                       struct aq_error *err);

#endif
