/* writer_internal.h - the writer's state, shared by writer*.c and compact.c only. */
#ifndef AQ_WRITER_INTERNAL_H
#define AQ_WRITER_INTERNAL_H

#include "aq_index.h"
#include "batch.h"
#include "builder.h"
#include "id_filter.h"
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
    struct aq_id_filter ids; /* of the store, once there were many lookups */
    unsigned lookups;
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
/* Waits for the batch that is being committed and takes its outcome in. */
enum aq_status aq_writer_land(struct aq_writer *w, struct aq_error *err);

/* ---- writer_lookup.c ---- */

/* A read transaction for lookups, held only between two hand-overs: the builder
 * may need to grow the map, which waits for it. */
enum aq_status aq_writer_begin_lookup(struct aq_writer *w, struct aq_error *err);
void aq_writer_end_lookup(struct aq_writer *w);

/* What the index says of an id, this batch included. */
struct aq_standing {
    bool known;                    /* has a number */
    bool live;
    uint32_t number;
    struct aq_batch_comment *here; /* its newest version in this batch */
};
/* Where the id is known from the store, the lookup is open afterwards. */
enum aq_status aq_writer_find(struct aq_writer *w, struct aq_slice id, uint64_t hash, struct aq_standing *s,
                              struct aq_error *err);
/* A batch has been committed: its ids are the store's. */
void aq_writer_note_ids(struct aq_writer *w, const struct aq_batch *b);

/* What may change of a known comment without its text. */
struct aq_writer_facts {
    int64_t date;
    int32_t score;
    struct aq_slice tags;
};
void aq_writer_facts(struct aq_writer *w, const struct aq_standing *s, struct aq_writer_facts *f);

/* ---- writer_threads.c ---- */

/* The thread a record belongs to: its own, its parent's, its parent's id, its id. */
enum aq_status aq_writer_thread_of(struct aq_writer *w, const struct aq_record *r, struct aq_slice *thread,
                                   struct aq_error *err);
/* A title is scored once in a thread, with the comment that brought it: replies that
 * carry "Re: the same" would otherwise all match. *entry is for note_title, AQ_NONE
 * without a title. */
enum aq_status aq_writer_title_scored(struct aq_writer *w, struct aq_slice thread, uint64_t title, uint32_t number,
                                      bool *scored, uint32_t *entry, struct aq_error *err);
/* Once the comment is stored: its title is the thread's if it brought the first
 * one, or brings another now. */
void aq_writer_note_title(struct aq_writer *w, uint32_t entry, uint64_t title, uint32_t number);
/* A version of a comment leaves the index, and with it a title that it brought: the next
 * one brings it anew. The lookup is open, or the version is in the batch. */
void aq_writer_drop_title(struct aq_writer *w, const struct aq_standing *s);
/* With nothing in flight: keeps of the threads only those of the batch, which the
 * store does not know yet. */
enum aq_status aq_writer_forget_threads(struct aq_writer *w, struct aq_error *err);

#endif
