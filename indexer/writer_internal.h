/* writer_internal.h - the writer's state, shared by writer.c and compact.c only. */
#ifndef AQ_WRITER_INTERNAL_H
#define AQ_WRITER_INTERNAL_H

#include "aq_index.h"
#include "batch.h"
#include "builder.h"
#include "merge.h"
#include "prepare.h"

/* What decides whether a title is scored: the thread's first comment with a title. */
struct aq_writer_thread {
    uint32_t root;
    uint64_t title_hash;
};

struct aq_writer {
    struct aq_store *store;
    struct aq_preparer preparer;
    struct aq_builder *builder;
    struct aq_merger *merger;
    struct aq_batch *batch;  /* being filled */
    struct aq_batch *flying; /* being committed by the builder */
    struct aq_unit *unit;    /* of batch, being filled */
    struct aq_state state;   /* as last committed */
    struct aq_txn lookup;
    bool looking;            /* lookup is open */
    bool threaded, failed;
    size_t memory_limit;
    struct aq_writer_stats stats;
    struct aq_hashmap threads; /* hash of a thread's name -> thread_cache */
    struct aq_writer_thread *thread_cache;
    size_t thread_count, thread_cap;
    uint8_t *seen; /* bitmap over comment numbers, for prune */
    size_t seen_cap;
    struct aq_arena arena;
    struct aq_buf scratch;
};

enum aq_status aq_writer_refresh(struct aq_writer *w, struct aq_error *err);
void aq_writer_end_lookup(struct aq_writer *w);

#endif
