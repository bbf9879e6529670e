/* builder.h - the second thread of indexing: inverts units and compresses their
 * text while the caller's thread reads and analyzes the next ones, and commits
 * batches that end as a segment. Compression may be done by either thread: when
 * the builder lags behind, the caller's thread lends a hand instead of waiting. */
#ifndef AQ_BUILDER_H
#define AQ_BUILDER_H

#include "batch.h"

struct aq_builder;

/* threaded false: every call does its work before it returns. */
enum aq_status aq_builder_open(struct aq_store *store, const struct aq_analyzer *analyzer, bool threaded,
                               struct aq_builder **out, struct aq_error *err);
/* Another store (a new generation) from now on. The builder must be idle. */
void aq_builder_use(struct aq_builder *w, struct aq_store *store);
/* Finishes what is queued, then frees everything. */
void aq_builder_close(struct aq_builder *w);

/* Takes the unit; blocks while much is queued. The first unit (or NULL, to build
 * from pending comments alone) of a batch also takes in the pending comments. */
enum aq_status aq_builder_push(struct aq_builder *w, struct aq_batch *batch, struct aq_unit *unit,
                               struct aq_error *err);
/* Queues the commit of a batch whose units have all been pushed. The batch stays
 * the caller's, untouched until the builder is idle. */
enum aq_status aq_builder_commit(struct aq_builder *w, struct aq_batch *batch, struct aq_error *err);
/* Waits until all is done; the first failure since open, which sticks. */
enum aq_status aq_builder_wait(struct aq_builder *w, struct aq_error *err);
/* Bytes held for the batch being built: accumulator and frames. */
size_t aq_builder_bytes(struct aq_builder *w);
/* A cleared unit for reuse, or a new one; NULL: out of memory. */
struct aq_unit *aq_builder_unit(struct aq_builder *w);

#endif
