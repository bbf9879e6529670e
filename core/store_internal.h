/* store_internal.h - what the store's own files share, and nobody else includes
 * (but its tests). A map of them:
 *
 *   store_error.c       LMDB's codes as statuses and messages
 *   store_registry.c    the process's environments: one per data file, its map, who uses it
 *   store_handles.c     handles of the segments' databases
 *   store_directory.c   CURRENT, writer.lock, generation directories, file systems
 *   store_generation.c  open, create, follow, new generations
 *   store_state.c       bytes of the state record and of the segment list
 *   store_txn.c         transactions: snapshots, views, commits
 *   store_prefetch.c    pages asked for in advance on a cold disk
 *   store_recover.c     what a killed writer left behind
 *   store_records.c     get, put, delete, walk, checksums
 *   store_segment.c     a segment's databases, lengths, map and bitmaps
 *   store_order.c       where comments begin in a segment that has them in no order
 *   store_forms.c       the forms of a segment, by spelling
 *   store_column.c      columns
 *   store_frame.c       bundles and frames, read
 *   store_pack.c        frames and bundles, made
 *   store_dictionary.c  digested zstd dictionaries
 *   store_text.c        comments in frames in bundles
 *   store_ident.c       external ids, by comment number
 *   store_set.c         sorted sets of fixed-width entries in rows
 *   store_names.c       ids, names, threads
 *
 * Lock order: store.lock, then an environment's write_lock, then the registry's
 * lock, then an environment's lock. Nothing waits for a transaction of another
 * thread while it holds one itself. */
#ifndef AQ_STORE_INTERNAL_H
#define AQ_STORE_INTERNAL_H

#include "store.h"

#include <pthread.h>
#include <sys/types.h>
#include <time.h>
#include <zstd.h>

enum {
    AQ_ROW_BYTES = 4080,  /* a value of this size fills one overflow page */
    AQ_CHECKSUM_BYTES = 4,
    AQ_ROW_PAYLOAD = AQ_ROW_BYTES - AQ_CHECKSUM_BYTES,
    AQ_KEY_BYTES = 511,   /* LMDB's longest key */
    AQ_MAX_READERS = 512,
    AQ_MAX_DATABASES = 512
};

extern const char *const aq_table_name[AQ_TABLE_COUNT];

/* ---- environments ---- */

/* Handles of a segment's two databases. */
struct aq_handles {
    uint32_t id;
    MDB_dbi terms, positions;
    uint32_t uses;  /* transactions of this process whose view has the segment */
    uint64_t epoch; /* opened in; a transaction begun before cannot use them */
};

struct aq_scratch;

/* One LMDB environment, shared by everything in this process that has the file open. */
struct aq_env {
    struct aq_env *next;
    dev_t device;
    ino_t inode;
    pid_t process; /* that opened it: a forked child must not use it */
    unsigned references;
    bool read_only;
    MDB_env *env;
    char *dir; /* of the index, for messages */
    MDB_dbi tables[AQ_TABLE_COUNT];

    /* Held by a write transaction from before its begin to after its end, and
     * while handles are opened: LMDB gives one slot to two names otherwise. */
    pthread_mutex_t write_lock;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    bool resizing;
    bool broken;      /* the map was lost while resizing */
    bool grow;        /* the map was full once: double it before the next write */
    bool looked;      /* its first reader has looked whether the disk is cold */
    unsigned asking;  /* coming transactions that ask for pages in advance */
    uint64_t epoch;   /* grows with every opened handle */
    uint64_t remaps;  /* grows with every new map: pointers into the old one are void */
    struct aq_handles *handles;
    size_t handle_count, handle_cap;
    uint32_t *emptied; /* dropped segments whose empty databases wait for their last reader */
    size_t emptied_count, emptied_cap;
    struct aq_scratch *active; /* of the transactions under way */
    struct aq_scratch *idle;   /* reusable */
    unsigned idle_count;
};

/* Opens, or finds, the environment in `path` (a generation's directory) of the
 * index at `dir`, and takes a reference. AQ_NOTFOUND without a message when there
 * is none at path. `fresh`: an unlisted generation, written unsynced. */
enum aq_status aq_env_acquire(const char *path, const char *dir, bool writable, bool fresh, struct aq_env **out,
                              struct aq_error *err);
void aq_env_reference(struct aq_env *e);
void aq_env_release(struct aq_env *e); /* NULL allowed */

/* A reading transaction; a full reader table is first rid of killed readers. */
int aq_lmdb_begin_reading(MDB_env *env, MDB_txn **txn);

/* Makes an environment with all tables and `state` in the empty directory path,
 * synced and closed again. */
enum aq_status aq_env_make(const char *path, const char *dir, const struct aq_state *state, struct aq_error *err);

/* Enters scratch into the active transactions; waits while the map is being
 * replaced, unless this thread has a transaction that the replacement waits for. */
enum aq_status aq_env_enter(struct aq_env *e, struct aq_scratch *x, struct aq_error *err);
void aq_env_leave(struct aq_env *e, struct aq_scratch *x);
/* Does the calling thread have a transaction of this environment? */
bool aq_env_entered(struct aq_env *e);

/* Waits until no transaction is under way, then sets the map's size (0: what
 * another process's writer made it). */
enum aq_status aq_env_remap(struct aq_env *e, size_t size, struct aq_error *err);
/* With write_lock held and no transaction: room for `headroom` more bytes. */
enum aq_status aq_env_make_room(struct aq_env *e, size_t headroom, struct aq_error *err);

/* Finds a segment's handles usable by a transaction of `epoch` and counts a use. */
bool aq_env_use_handles(struct aq_env *e, uint32_t id, uint64_t epoch, MDB_dbi *terms, MDB_dbi *positions);
void aq_env_unuse_handles(struct aq_env *e, uint32_t id);
/* Adds handles that a commit has just published. */
enum aq_status aq_env_publish(struct aq_env *e, uint32_t id, MDB_dbi terms, MDB_dbi positions);
/* Opens what the newest segment list has and the process has not; closes what is stale. */
enum aq_status aq_env_open_segments(struct aq_env *e, struct aq_error *err);
void aq_segment_names(uint32_t id, char terms[16], char positions[16]);

/* Maps an LMDB or system code to a status with a message: what was tried on
 * which index, what happened, what to do. */
enum aq_status aq_fail_lmdb(struct aq_error *err, struct aq_env *e, int code, const char *what);
enum aq_status aq_fail_lmdb_at(struct aq_error *err, const char *dir, int code, const char *what);

/* Tests: size of the map a writer starts with (0: the default). */
void aq_store_test_map_size(size_t size);

/* ---- directories ---- */

enum { AQ_PATH_BYTES = 4096 };

/* Formats "dir/name"; false when too long. */
bool aq_path_join(char out[AQ_PATH_BYTES], const char *dir, const char *name);
enum aq_status aq_directory_check_filesystem(const char *dir, struct aq_error *err);
enum aq_status aq_directory_make(const char *dir, struct aq_error *err);
/* CURRENT, held open: that keeps its inode from being used again, so that it has no name
 * any more exactly when another was renamed over it. One call tells, where opening and
 * reading it again took most of a short query's time. */
struct aq_current {
    int fd; /* -1: none */
    struct timespec changed;
};

/* AQ_NOTFOUND, without a message, when there is no CURRENT. */
enum aq_status aq_directory_read_current(const char *dir, uint32_t *generation, struct aq_error *err);
/* The same, keeping the file open in *c. */
enum aq_status aq_directory_open_current(const char *dir, uint32_t *generation, struct aq_current *c,
                                         struct aq_error *err);
/* Whether the file kept open still is CURRENT and as it was. */
bool aq_directory_is_current(const struct aq_current *c);
void aq_directory_close_current(struct aq_current *c);
enum aq_status aq_directory_write_current(const char *dir, uint32_t generation, struct aq_error *err);
enum aq_status aq_directory_lock(const char *dir, int *fd, struct aq_error *err);
/* Syncs the files of a closed generation and its directory entry. */
enum aq_status aq_directory_sync_generation(const char *dir, const char *name, struct aq_error *err);
enum aq_status aq_directory_sync(const char *dir, struct aq_error *err);
enum aq_status aq_directory_rename(const char *dir, const char *from, const char *to, struct aq_error *err);
/* Removes dir/name with the files LMDB makes in it, by way of trash-*: best effort. */
void aq_directory_remove_generation(const char *dir, const char *name);
/* Removes what no CURRENT names; keep: the current generation, 0 for none. */
void aq_directory_sweep(const char *dir, uint32_t keep);
enum aq_directory_content { AQ_DIRECTORY_EMPTY, AQ_DIRECTORY_GENERATIONS, AQ_DIRECTORY_FOREIGN };
enum aq_status aq_directory_look(const char *dir, enum aq_directory_content *content, char found[256],
                                 struct aq_error *err);
void aq_generation_name(uint32_t generation, char name[32]);
void aq_generation_draft_name(uint32_t generation, char name[32]);

/* ---- stores ---- */

struct aq_store {
    pthread_mutex_t lock; /* guards env, generation and name */
    struct aq_env *env;
    uint32_t generation;
    char name[32]; /* of the generation's directory */
    enum aq_store_mode mode;
    bool draft;    /* a new generation, not yet current */
    int lock_fd;   /* writer.lock, -1 */
    struct aq_current current; /* READ: what CURRENT was when it was looked at last */
    char *dir;
};

/* ---- a transaction's private half ---- */

struct aq_column_row {
    const uint8_t *values;
    uint32_t count; /* values present; later ones read as none */
    bool known, dirty;
};

struct aq_column_chunks {
    struct aq_column_row *rows[AQ_COLUMN_COUNT];
    size_t cap[AQ_COLUMN_COUNT];
    struct aq_arena copies; /* rows of a write transaction, AQ_ROW_PAYLOAD bytes each */
    bool any_dirty;
};

/* Map and bitmap rows of one listed segment, by chunk. */
struct aq_segment_cache {
    const uint8_t **map;
    const uint8_t **bits[3];
    uint8_t *bits_known[3];
    uint32_t map_chunks, bits_chunks;
    int8_t ordered; /* -1: not looked at */
};

struct aq_dictionary;

/* A frame that was unpacked. */
struct aq_open_frame {
    bool valid;
    uint32_t first, count;
    struct aq_buf raw;
    uint32_t *ends; /* of body i in raw */
    size_t ends_cap;
    uint32_t bodies; /* where they begin */
    uint64_t used;   /* when, as the cache counts */
};
/* The frames that were read last: comments are read again (titles of threads, above all), and
 * unpacking is most of what showing a hit costs. */
enum {
    AQ_FRAMES_KEPT = 32,
    AQ_FRAME_KEPT_MOST = 32 << 10 /* raw bytes: larger ones take the first place, one at a time */
};
struct aq_frame_cache {
    struct aq_open_frame kept[AQ_FRAMES_KEPT];
    uint64_t clock;
    ZSTD_DCtx *dctx;
    struct aq_dictionary *dictionary;
    uint32_t dictionary_number, dictionary_crc;
};

struct aq_scratch {
    struct aq_scratch *next;
    struct aq_env *env;
    pthread_t thread;
    uint64_t epoch;
    bool entered, write;
    bool cold;       /* the transaction under way asks for pages in advance */
    MDB_txn *reader; /* reset, to be renewed */

    /* A reader's view, kept while state.commit stays the same. */
    uint64_t remaps;
    bool view_valid;
    struct aq_state state;
    struct aq_segment *segments;
    struct aq_segment_cache *segment_caches;
    uint32_t segment_count;
    size_t segment_cap, segment_cache_cap;
    uint64_t passages, tokens;

    struct aq_column_chunks columns;
    struct aq_frame_cache frames;
    struct aq_buf record, entries, packed, numbers; /* numbers: of u32 */

    /* Handles this transaction goes by. uses is 1 for one of the environment's,
     * 0 for one opened by this transaction, which its commit publishes. */
    struct aq_handles *held;
    size_t held_count, held_cap;

    /* Write transactions. */
    uint32_t *dropped; /* emptied by it */
    size_t dropped_count, dropped_cap;
    uint32_t *purged; /* from the environment's emptied list */
    size_t purged_count, purged_cap;
    struct {
        uint8_t key[32];
        uint8_t len;
        bool known, skip;
    } last[AQ_TABLE_COUNT]; /* no key of the table is above this one */
    struct aq_text_writer *packer; /* of replaced comments, kept from one to the next */
    uint32_t packer_number, packer_crc; /* of its dictionary */
    struct aq_buf bundle; /* the one being written again */
};

void aq_scratch_free(struct aq_scratch *x);

/* The segment's handles in a write transaction, opened if need be, made when
 * `make`; NULL with AQ_NOTFOUND (no message) when there are no such databases. */
enum aq_status aq_txn_handles(struct aq_txn *t, uint32_t id, bool make, struct aq_handles **out,
                              struct aq_error *err);
/* Removes the segment's databases: at once where only this transaction has their
 * handles, else emptied now and removed when their last reader has ended. */
enum aq_status aq_txn_drop_databases(struct aq_txn *t, uint32_t id, struct aq_error *err);

/* ---- records ---- */

/* CRC-32C over the table's letter, the key and the payload. */
uint32_t aq_record_crc(enum aq_table table, struct aq_slice key, struct aq_slice payload);
void aq_describe_key(enum aq_table table, struct aq_slice key, char out[80]);
enum aq_status aq_state_encode(struct aq_buf *out, const struct aq_state *s);
enum aq_status aq_state_decode(struct aq_state *s, struct aq_slice payload, const char *dir, struct aq_error *err);
enum aq_status aq_segment_info_encode(struct aq_buf *out, const struct aq_segment_info *i);
enum aq_status aq_segment_info_decode(struct aq_segment_info *i, struct aq_slice key, struct aq_slice payload);
/* Puts a record with its checksum in a transaction that has no struct aq_txn. */
int aq_put_raw(MDB_txn *txn, MDB_dbi dbi, enum aq_table table, struct aq_slice key, struct aq_slice payload);
/* Deletes all rows of a table with this key prefix. */
enum aq_status aq_del_prefix(struct aq_txn *t, enum aq_table table, struct aq_slice prefix, struct aq_error *err);
/* Ends a transaction with a failure of LMDB in a write. */
enum aq_status aq_txn_fail(struct aq_txn *t, struct aq_error *err, int code, const char *what);

/* ---- pages on a cold disk ---- */

/* Asks for lengths and map of a reader's view, where they are not in memory:
 * then true. */
bool aq_prefetch_view(struct aq_txn *t);

/* ---- maps ---- */

enum { AQ_MAP_ENTRY = 6 };
#define AQ_MAP_ORDER UINT32_MAX /* in place of a chunk number: the order index */

bool aq_order_exists(struct aq_txn *t, uint32_t id);
/* The first docid of a comment as the index has it; AQ_NOTFOUND, AQ_CORRUPT. */
enum aq_status aq_order_find(struct aq_txn *t, uint32_t id, uint32_t comment, uint32_t *docid);

/* ---- columns ---- */

enum aq_status aq_columns_store(struct aq_txn *t, struct aq_error *err);
void aq_columns_forget(struct aq_column_chunks *c);
void aq_columns_free(struct aq_column_chunks *c);
void aq_segment_cache_forget(struct aq_segment_cache *c);
void aq_segment_cache_free(struct aq_segment_cache *c);

/* ---- dictionaries, shared by all that use the same bytes ---- */

struct aq_dictionary *aq_dictionary_acquire(struct aq_slice bytes); /* NULL: out of memory */
void aq_dictionary_share(struct aq_dictionary *d);   /* one more user; NULL allowed */
void aq_dictionary_release(struct aq_dictionary *d); /* NULL allowed */
const ZSTD_CDict *aq_dictionary_compress(struct aq_dictionary *d);   /* NULL: out of memory */
const ZSTD_DDict *aq_dictionary_decompress(struct aq_dictionary *d); /* NULL: out of memory */
/* Frees those without a user. */
void aq_dictionaries_sweep(void);

/* ---- bundles and frames ---- */

enum { AQ_FRAME_RAW_MOST = 64 << 20, AQ_TEXT_LEVEL = 3 /* of zstd */ };

struct aq_frame {
    bool stored; /* not compressed */
    uint32_t count, raw_size;
    struct aq_slice body;
};

struct aq_bundle {
    uint32_t dictionary, frames;
    uint32_t count; /* comments of all frames */
    struct aq_slice heads, bodies;
};

/* All heads, bounds checked. */
enum aq_status aq_bundle_parse(struct aq_bundle *b, struct aq_slice payload);
/* The frames of a parsed bundle, in order. */
struct aq_frame_walk {
    const struct aq_bundle *bundle;
    struct aq_reading heads;
    uint64_t offset;
    uint32_t passed;
    uint32_t first, next; /* index of the frame's first comment, and of the next frame's */
};
void aq_bundle_frames(const struct aq_bundle *b, struct aq_frame_walk *w);
bool aq_bundle_next(struct aq_frame_walk *w, struct aq_frame *f);
/* The frame that has comment number `index` of the bundle, and its first one's. */
bool aq_bundle_find(const struct aq_bundle *b, uint32_t index, struct aq_frame *f, uint32_t *first);

/* May a body of this size hold so much? Unpacking takes that much memory. */
bool aq_frame_plausible(uint64_t raw_size, size_t body_len);
/* Into c->raw and c->ends; c->valid only when all of it is sound. */
/* Into the frame that was used longest ago: *out. */
enum aq_status aq_frame_unpack(struct aq_frame_cache *c, const struct aq_frame *f, const ZSTD_DDict *dictionary,
                               struct aq_open_frame **out);
/* The frame that has `comment`, or NULL. */
struct aq_open_frame *aq_frame_kept(struct aq_frame_cache *c, uint32_t comment);
/* What is kept is void. */
void aq_frame_cache_forget(struct aq_frame_cache *c);
void aq_frame_cache_free(struct aq_frame_cache *c);

/* ---- packed rows of sets (store_set_pack.c) ---- */

bool aq_set_is_packed(enum aq_table table);
/* Replaces *out with the first of the entries, until it has `enough` bytes or no more fit into
 * a row. Returns how many bytes of entries went in. */
size_t aq_set_pack(struct aq_buf *out, struct aq_slice entries, size_t enough);
/* Bytes of all entries in one row. */
size_t aq_set_packed_size(struct aq_slice entries);

struct aq_text_writer_stats {
    uint64_t frames, raw_bytes, body_bytes, bundles, payload_bytes, page_bytes;
};
void aq_text_writer_get_stats(const struct aq_text_writer *w, struct aq_text_writer_stats *out);
/* Under a dictionary that others use, too; NULL: without. */
struct aq_text_writer *aq_text_writer_with(struct aq_dictionary *d, uint32_t number);
/* A frame that is packed already, under the writer's dictionary. */
enum aq_status aq_text_writer_add_frame(struct aq_text_writer *w, uint32_t comment, const struct aq_frame *f,
                                        aq_bundle_emit *emit, void *context, struct aq_error *err);

/* The row whose key, a comment number, is the last one not above `comment`: its first
 * comment and its payload. AQ_NOTFOUND without a message. */
enum aq_status aq_row_at(struct aq_txn *t, enum aq_table table, uint32_t comment, uint32_t *first,
                         struct aq_slice *payload, struct aq_error *err);

/* ---- ids of comments ---- */

enum { AQ_IDENT_GROUP = 16 };
struct aq_ident_row {
    struct aq_slice entries, groups; /* groups: offset u16 of each group but the first */
    struct aq_id base;
    uint32_t count;
};
/* Where things are, bounds checked. */
enum aq_status aq_ident_parse(struct aq_ident_row *row, struct aq_slice payload);
/* The id of the row's comment `index`, below count; empty where it was purged. */
enum aq_status aq_ident_at(const struct aq_ident_row *row, uint32_t index, struct aq_id *id);

#endif
