/* batch.h - what one commit makes visible: the comments added since the last one,
 * their tokens on the way to the accumulator, and the deletions and updates of
 * older comments. The writer (writer.c) fills a batch, the builder (builder.c)
 * inverts it, the commit (commit.c) stores it; only one of them has it at a time,
 * but for the units, which are handed over one by one. */
#ifndef AQ_BATCH_H
#define AQ_BATCH_H

#include "accumulator.h"
#include "hashmap.h"
#include "pending.h"
#include "store.h"

#define AQ_NONE UINT32_MAX

struct aq_span {
    uint32_t at, len; /* bytes of aq_batch.strings */
};

/* A version of a comment in the batch. */
struct aq_batch_comment {
    uint64_t id_hash, digest, parent_hash; /* parent_hash 0: no parent */
    uint64_t title_hash;                   /* aq_title_hash, 0 without a title */
    int64_t date;
    int32_t score;
    uint32_t number;
    uint32_t first_passage, passage_count; /* of aq_batch.passages */
    uint32_t thread, author, tags, source; /* local names (aq_batch.names), AQ_NONE without */
    uint32_t text_bytes;                   /* of the stored text */
    struct aq_span id, parent;
    uint16_t flags;  /* of AQ_COL_FLAGS, AQ_LIVE left out */
    bool numbered;   /* the number was given before: by an earlier batch or an earlier version here */
    bool live;       /* false: replaced or deleted later in this batch */
};

struct aq_batch_passage {
    uint64_t hash; /* of its normalised words: aq_passage_hash */
    uint8_t length, quote_depth;
};

/* A passage in the repeat table: the first of a hash in this order is the
 * original, the others repeat it. Own words come before quotes. */
struct aq_repeat {
    uint64_t hash;
    uint8_t quote;    /* 0 own words, 1 quote */
    uint32_t comment;
    uint16_t ordinal;
    uint32_t passage; /* of the batch, AQ_NONE for removals */
};

/* A local name: interned only when the batch is committed. */
struct aq_batch_name {
    enum aq_id_kind kind;
    struct aq_span name;
    /* threads: the comment that opens it and its title, known to the batch */
    uint32_t root;       /* number, AQ_NO_COMMENT: as stored */
    uint64_t title_hash;
};

/* An older version that leaves the index. */
struct aq_batch_kill {
    uint64_t parent_hash; /* 0: no parent */
    uint32_t number;
    uint32_t text_bytes;
};

struct aq_batch_update {
    uint32_t number;
    int64_t date;
    int32_t score;
    uint32_t tags; /* local name */
};

/* A fingerprint of a passage of the batch: key of the table u32, passage u31; the lowest
 * bit says that the passage looks for its source by it. */
static inline uint64_t aq_batch_print(uint32_t key, uint32_t passage, bool probe)
{
    return (uint64_t)key << 32 | passage << 1 | probe;
}

struct aq_batch_text {
    uint32_t number;
    struct aq_span bytes; /* of aq_batch.overrides */
};

/* Tokens and stored text of some consecutive comments of the batch, complete in
 * itself: the builder reads it while the writer goes on filling the batch. */
struct aq_unit_comment {
    uint32_t number;
    uint32_t passage_end, token_end; /* where this comment's passages and tokens end */
    size_t text_end;                 /* and its encoded form (comment.h) */
    bool framed;                     /* its text goes into the bundles, not to aq_batch.texts */
};

struct aq_unit {
    struct aq_unit_comment *comments;
    struct aq_pending_passage *passages;
    struct aq_pending_token *tokens;
    struct aq_buf text;
    size_t comment_count, comment_cap, passage_count, passage_cap, token_count, token_cap;
    struct aq_unit *next; /* while spare */
    unsigned tasks;       /* of the builder's, not done yet */
};

void aq_unit_free(struct aq_unit *u); /* u itself too; NULL allowed */
void aq_unit_clear(struct aq_unit *u); /* keeps memory */
/* What is in it, not what it has room for. */
size_t aq_unit_filled(const struct aq_unit *u);
size_t aq_unit_bytes(const struct aq_unit *u);

struct aq_bundle_span {
    uint32_t first_comment;
    size_t at, len;
};

struct aq_batch {
    struct aq_batch_comment *comments;
    struct aq_batch_passage *passages;
    struct aq_batch_name *names;
    struct aq_repeat *removals;    /* passages of replaced and deleted older comments */
    struct aq_batch_kill *kills;   /* those comments */
    struct aq_batch_update *updates;
    struct aq_batch_text *texts;   /* stored text of replaced comments */
    uint64_t *prints;              /* of its passages: aq_batch_print */
    uint64_t *gone_prints;         /* of older versions: table's key u32, comment u32 */
    size_t comment_count, comment_cap, passage_count, passage_cap, name_count, name_cap;
    size_t removal_count, removal_cap, kill_count, kill_cap, update_count, update_cap;
    size_t text_count, text_cap, print_count, print_cap, gone_print_count, gone_print_cap;
    struct aq_buf strings, overrides;
    struct aq_hashmap by_id;     /* id hash -> index of the comment's newest version */
    struct aq_hashmap by_number; /* aq_hash_number -> index of updates */
    struct aq_hashmap killed;    /* aq_hash_number -> index of kills */
    struct aq_hashmap by_name;   /* hash of kind and name -> name index */
    uint32_t next_comment;       /* state.next_comment once committed */
    uint32_t repeats;            /* passages hidden when committed */

    /* builder's */
    bool building;               /* units went to the accumulator: ends as a segment */
    bool begun;                  /* pending comments are taken in; its units may be framed */
    struct aq_accumulator *accumulator;
    struct aq_text_writer *packer;
    struct aq_buf dictionary;    /* made for this batch, to be stored with it */
    struct aq_buf bundles;
    struct aq_bundle_span *bundle_spans;
    size_t bundle_count, bundle_cap;
    uint32_t packed_from;        /* first comment that the bundles cover */
    /* pending comments that become part of the segment, before the batch's own */
    struct aq_batch_pending {
        uint32_t number, first_docid, passage_count;
    } *pending;
    size_t pending_count, pending_cap;
    uint8_t *pending_flags;      /* AQ_PENDING_*, one a passage */
    size_t pending_passages, pending_flag_cap;
};

struct aq_batch *aq_batch_new(uint32_t next_comment); /* NULL: out of memory */
void aq_batch_free(struct aq_batch *b);
size_t aq_batch_bytes(const struct aq_batch *b);
bool aq_batch_empty(const struct aq_batch *b);

/* Appends bytes to strings; len AQ_NONE when memory runs out. */
struct aq_span aq_batch_string(struct aq_batch *b, struct aq_slice s);
static inline struct aq_slice aq_batch_slice(const struct aq_batch *b, struct aq_span s)
{
    return aq_slice(b->strings.ptr + s.at, s.len);
}
/* The local number of a name, or AQ_NONE when memory runs out. */
uint32_t aq_batch_name(struct aq_batch *b, enum aq_id_kind kind, struct aq_slice name);
/* The newest version of a comment in this batch, live or not, or NULL. */
struct aq_batch_comment *aq_batch_find(const struct aq_batch *b, struct aq_slice id, uint64_t id_hash);

#endif
