/* store.h - the index on disk: a directory of generations, each an LMDB
 * environment, and typed access to its tables. Grammar: docs/FORMAT.md.
 *
 *   DIR/CURRENT           "gen-000001\n", switched by rename
 *   DIR/writer.lock       locked (flock) by the one writer, never replaced
 *   DIR/gen-NNNNNN/       data.mdb and lock.mdb, never shared or renamed over
 *
 * One environment per data file and process, however often it is opened: a
 * registry keeps them (LMDB loses rows otherwise). LMDB's default sync always.
 * This room knows keys, values and transactions; it does not know analyzers,
 * queries or how segments are made. */
#ifndef AQ_STORE_H
#define AQ_STORE_H

#include "base.h"
#include "comment.h"
#include "id.h"
#include "postings.h"

#include <lmdb.h>

#define AQ_FORMAT_VERSION 4u

/* The tables, each a named database. Every value ends in a CRC-32C over the
 * table's letter, the key and the payload. (Postings and positions are in
 * databases of their segment and carry checksums of their own.) Numbers in keys
 * are big-endian, in values little-endian. */
enum aq_table {
    AQ_TABLE_META,   /* name -> record: "state", "dict/N" (zstd dictionaries) */
    AQ_TABLE_SEG,    /* segment u32 -> struct aq_segment_info */
    AQ_TABLE_NORM,   /* segment u32 -> length of each passage, u8 */
    AQ_TABLE_MAP,    /* segment u32, chunk u32 -> (comment u32, ordinal u16) x AQ_MAP_CHUNK; order index */
    AQ_TABLE_BITS,   /* segment u32, enum aq_bits_kind u8, chunk u32 -> AQ_BITS_CHUNK bits */
    AQ_TABLE_PEND,   /* comment u32 -> forward record (pending.h) */
    AQ_TABLE_COL,    /* enum aq_column u8, chunk u32 -> fixed-width values of consecutive comments */
    AQ_TABLE_TEXT,   /* first comment u32 -> bundle of frames of consecutive comments */
    AQ_TABLE_IDENT,  /* first comment u32 -> external ids of consecutive comments */
    AQ_TABLE_ID,     /* set (see below) of kind u8, hash u64, number u32 */
    AQ_TABLE_NAME,   /* kind u8, number u32 -> bytes: authors, threads, tag sets, sources */
    AQ_TABLE_MEMBER, /* set of thread u32, comment u32 */
    AQ_TABLE_REPEAT, /* set of passage hash u64, is it a quote u8, comment u32, ordinal u16 */
    AQ_TABLE_FORM,   /* segment u32, name of a form -> forms (forms.h) */
    AQ_TABLE_PRINT,  /* set of fingerprint u32, comment u32 (prints.h) */
    AQ_TABLE_LINK,   /* set of comment u32, ordinal u16, source u32, how u8: what a passage quotes */
    AQ_TABLE_QUOTED, /* set of source u32, comment u32, ordinal u16: the same the other way */
    AQ_TABLE_COUNT
};

/* 3410 map entries and their checksum fill five pages to the byte. */
enum { AQ_MAP_CHUNK = 3410, AQ_BITS_CHUNK = 8192 };

enum aq_bits_kind {
    AQ_BITS_DELETED, /* tombstones */
    AQ_BITS_HIDDEN,  /* repeats an earlier passage: no hit of its own. Mutable */
    AQ_BITS_QUOTE    /* a quote. Fixed when the segment is made */
};

enum aq_column {
    AQ_COL_FLAGS,  /* u16: AQ_LIVE ... */
    AQ_COL_SCORE,  /* i32, AQ_NO_SCORE */
    AQ_COL_AUTHOR, /* u32 number of a name, AQ_NO_COMMENT without */
    AQ_COL_THREAD, /* u32 number of a name */
    AQ_COL_PARENT, /* u32 comment number, AQ_NO_COMMENT while unknown */
    AQ_COL_TAGS,   /* u32 number of a tag set, AQ_NO_COMMENT without */
    AQ_COL_DATE,   /* i64 seconds, AQ_NO_DATE */
    AQ_COL_DIGEST, /* u64 XXH3 of what a replacement compares (writer) */
    AQ_COL_SOURCE, /* u32 number of a name, AQ_NO_COMMENT without */
    AQ_COLUMN_COUNT
};
extern const uint8_t aq_column_width[AQ_COLUMN_COUNT];

/* From AQ_TITLE_SHIFT on: positions at the start of the comment's first passage that are
 * its title's (0: it has none there, as where the thread has the same title already). */
enum {
    AQ_LIVE = 1,
    AQ_IS_POST = 2, /* no parent given */
    AQ_PURGED = 4,  /* text erased */
    AQ_HAS_QUOTE = 8,
    AQ_HAS_LINK = 0x10,
    AQ_HAS_CODE = 0x20,
    AQ_TITLE_SHIFT = 8
};

/* Names and ids are looked up by (kind, XXH3 of the bytes). */
enum aq_id_kind {
    AQ_ID_COMMENT = 'c',
    AQ_ID_AUTHOR = 'a',
    AQ_ID_AUTHOR_WORD = 'n', /* no hash: aq_name_key of a word of a name -> the authors who have it */
    AQ_ID_THREAD = 't',
    AQ_ID_TAGS = 'g',
    AQ_ID_SOURCE = 's',
    AQ_ID_AWAITED = 'w' /* hash of a missing parent's id -> its waiting replies */
};

/* Whole-index facts, one record: what becomes visible does so with it. */
struct aq_state {
    uint64_t commit;        /* grows by one a commit */
    uint32_t next_comment;  /* numbers below are taken; rows beyond are not visible */
    uint32_t next_segment;
    uint32_t next_author, next_thread, next_tags, next_source;
    uint32_t comments;      /* live */
    uint32_t pend_comments; /* totals over the pend table */
    uint32_t pend_passages;
    uint64_t pend_tokens;
    uint32_t dictionary;    /* number of the zstd dictionary for new bundles, 0: none */
    uint32_t inflight;      /* segment id being written ahead, 0: none; its rows are not listed */
    uint64_t text_bytes;    /* stored text of live comments */
    char identity[128];     /* aq_analyzer_identity */
    char language[32];
};

/* A listed segment. */
struct aq_segment_info {
    uint32_t id;
    uint32_t passages;  /* docids are 0 .. passages - 1 */
    uint32_t deleted;   /* tombstones among them */
    uint32_t terms;
    uint32_t longest;   /* passages of the comment that has most: its last ordinal + 1; 0: not known */
    uint64_t tokens;    /* sum of lengths, tombstoned ones included */
    uint64_t postings;
    uint64_t bytes;     /* of lists and positions: what merging weighs */
    double k1, b, average_length; /* the impacts' model */
};

/* ---- opening ---- */

struct aq_store;

enum aq_store_mode { AQ_STORE_READ, AQ_STORE_WRITE };

/* Opens dir's current generation. READ never creates or writes anything but its
 * reader slot. WRITE takes writer.lock until close. AQ_NOTFOUND: no index there.
 * AQ_VERSION, AQ_LOCKED, AQ_IO (with the path, and what to do: permissions,
 * network file systems refused), AQ_INVALID (rule on one environment a process). */
enum aq_status aq_store_open(const char *dir, enum aq_store_mode mode, struct aq_store **out,
                             struct aq_error *err);
/* Makes dir (and parents) and an empty first generation with `initial` in its
 * state record, atomically, then opens it for writing. AQ_INVALID when it exists. */
enum aq_status aq_store_create(const char *dir, const struct aq_state *initial, struct aq_store **out,
                               struct aq_error *err);
void aq_store_close(struct aq_store *s);
/* WRITE, at open: removes what a killed writer wrote ahead of listing it (segment
 * databases and rows, text from next_comment on) and clears state.inflight.
 * Writes nothing when there is nothing to remove. */
enum aq_status aq_store_recover(struct aq_store *s, struct aq_error *err);

/* READ: moves to the generation CURRENT names now, if that is another. */
enum aq_status aq_store_follow(struct aq_store *s, struct aq_error *err);

/* WRITE: a new, empty generation beside the current one, opened for writing, not
 * synced until its commit. Its state has the current commit, next_comment,
 * next_segment, identity and language; the rest is 0. The current one stays
 * readable and writable meanwhile.
 * commit syncs it, switches CURRENT and removes the old files: from then on `next`
 * is the index's writer, lock included, and `s` only reads the old snapshot until
 * it is closed. On failure `next` is abandoned and `s` stands.
 * abandon removes the new one; NULL is allowed. */
enum aq_status aq_store_generation_begin(struct aq_store *s, struct aq_store **next, struct aq_error *err);
enum aq_status aq_store_generation_commit(struct aq_store *s, struct aq_store *next, struct aq_error *err);
void aq_store_generation_abandon(struct aq_store *s, struct aq_store *next);

const char *aq_store_dir(const struct aq_store *s);
uint64_t aq_store_file_bytes(const struct aq_store *s);   /* size of data.mdb */
uint32_t aq_store_generation(const struct aq_store *s);

/* ---- transactions ---- */

struct aq_segment {
    struct aq_segment_info info;
    MDB_dbi terms, positions;
    const uint8_t *lengths; /* info.passages bytes, from `norm` */
};

/* A consistent view. Fields are read-only for readers; a write transaction edits
 * `state` and calls aq_txn_commit, which stores it. Pointers into the map stay
 * valid until the transaction ends (in write transactions: until the next write). */
struct aq_txn {
    struct aq_store *store;
    MDB_txn *txn;
    bool write;
    struct aq_state state;
    struct aq_segment *segments; /* ascending id */
    uint32_t segment_count;
    uint64_t passages, tokens;   /* over segments (tombstones included) and pend */
    struct aq_scratch *scratch;  /* the store's own caches */
};

/* Begins; stale handles of dropped segments are closed, new ones opened. A write
 * transaction first makes sure of `headroom` bytes of map (0: a default that is
 * enough for 64 MiB of values): growing the map waits until the other threads'
 * transactions have ended, so a thread never waits for another while it holds one.
 * A write in a thread that holds a transaction of the same generation: AQ_INVALID.
 * Each transaction belongs to the thread that began it. AQ_FULL from a write: end
 * it and begin again, the map doubles. Commit ends the transaction, whatever comes
 * of it; aq_txn_end aborts a write, ends a read, and does nothing to an ended one. */
enum aq_status aq_txn_begin(struct aq_store *s, struct aq_txn *t, struct aq_error *err);
enum aq_status aq_txn_begin_write(struct aq_store *s, struct aq_txn *t, size_t headroom, struct aq_error *err);
enum aq_status aq_txn_commit(struct aq_txn *t, struct aq_error *err);
void aq_txn_end(struct aq_txn *t);

/* Hints that [p, p + n) of the map will be read: on a cold disk its pages are fetched
 * together. Costs nothing otherwise. */
void aq_will_need(struct aq_txn *t, const void *p, size_t n);
/* The same for all that hits show of these comments; text: their text, too. */
void aq_comments_will_need(struct aq_txn *t, const uint32_t *numbers, size_t count, bool text);

/* ---- records ---- */

/* Payload without its checksum; AQ_NOTFOUND. `get` does not verify the checksum,
 * `get_verified` does (AQ_CORRUPT names table and key). */
enum aq_status aq_get(struct aq_txn *t, enum aq_table table, struct aq_slice key, struct aq_slice *out);
enum aq_status aq_get_verified(struct aq_txn *t, enum aq_table table, struct aq_slice key,
                               struct aq_slice *out, struct aq_error *err);
enum aq_status aq_put(struct aq_txn *t, enum aq_table table, struct aq_slice key, struct aq_slice payload,
                      struct aq_error *err);
enum aq_status aq_del(struct aq_txn *t, enum aq_table table, struct aq_slice key, struct aq_error *err);

/* Ordered walk over a table: seek to the first key >= from, then next. *found is
 * false at the end. Close before the transaction ends. */
struct aq_walk {
    MDB_cursor *cursor;
    struct aq_slice key, payload;
    bool checksum_ok; /* only with verify */
    bool verify;
    struct aq_txn *txn;
    enum aq_table table;
};
enum aq_status aq_walk_open(struct aq_txn *t, enum aq_table table, bool verify, struct aq_walk *w,
                            struct aq_error *err);
enum aq_status aq_walk_seek(struct aq_walk *w, struct aq_slice from, bool *found, struct aq_error *err);
enum aq_status aq_walk_next(struct aq_walk *w, bool *found, struct aq_error *err);
void aq_walk_close(struct aq_walk *w);

/* ---- sets ----
 * Of fixed-width entries in bytewise order, many to a row (store_set.c). Numbers in
 * them are big-endian. */
enum {
    AQ_ID_ENTRY = 1 + 8 + 4,
    AQ_MEMBER_ENTRY = 4 + 4,
    AQ_REPEAT_ENTRY = 8 + 1 + 4 + 2,
    AQ_PRINT_ENTRY = 4 + 4,
    AQ_LINK_ENTRY = 4 + 2 + 4 + 1,
    AQ_QUOTED_ENTRY = 4 + 4 + 2
};
static inline void aq_repeat_entry(uint8_t entry[AQ_REPEAT_ENTRY], uint64_t hash, bool quote, uint32_t comment,
                                   uint32_t ordinal)
{
    aq_key64(entry, hash);
    entry[8] = quote;
    aq_key32(entry + 9, comment);
    entry[13] = (uint8_t)(ordinal >> 8);
    entry[14] = (uint8_t)ordinal;
}
static inline uint32_t aq_repeat_entry_ordinal(const uint8_t *entry)
{
    return (uint32_t)entry[13] << 8 | entry[14];
}

/* The lowest bit of a fingerprint's key in the table: its comment quotes it, and looks
 * for its source by it. Otherwise the words are the comment's own. */
enum { AQ_PRINT_QUOTE = 1 };

/* A passage's source. */
struct aq_link {
    uint32_t comment, source;
    uint16_t ordinal;
    uint8_t coverage; /* per cent of its words that stand there in the same order */
    bool repeats;     /* it is hidden, too, for it says the same as an earlier passage */
};
static inline void aq_link_entry(uint8_t entry[AQ_LINK_ENTRY], const struct aq_link *l)
{
    aq_key32(entry, l->comment);
    entry[4] = (uint8_t)(l->ordinal >> 8);
    entry[5] = (uint8_t)l->ordinal;
    aq_key32(entry + 6, l->source);
    entry[10] = (uint8_t)(l->coverage | l->repeats << 7);
}
static inline struct aq_link aq_link_read(const uint8_t *entry)
{
    return (struct aq_link){.comment = aq_unkey32(entry),
                            .source = aq_unkey32(entry + 6),
                            .ordinal = (uint16_t)(entry[4] << 8 | entry[5]),
                            .coverage = entry[10] & 0x7f,
                            .repeats = entry[10] >> 7};
}
static inline void aq_quoted_entry(uint8_t entry[AQ_QUOTED_ENTRY], const struct aq_link *l)
{
    aq_key32(entry, l->source);
    aq_key32(entry + 4, l->comment);
    entry[8] = (uint8_t)(l->ordinal >> 8);
    entry[9] = (uint8_t)l->ordinal;
}
/* A linked passage is no hit of its own, unless its comment's title is found by it. */
bool aq_link_hides(struct aq_txn *t, const struct aq_link *link);
/* What a comment's passage quotes; AQ_NOTFOUND where nothing is known. */
enum aq_status aq_link_get(struct aq_txn *t, uint32_t comment, uint32_t ordinal, struct aq_link *link,
                           struct aq_error *err);

size_t aq_set_width(enum aq_table table);    /* bytes an entry */
size_t aq_set_row_most(enum aq_table table); /* entries a row can have */
/* Replaces *entries with those of a stored row, end to end. False when it cannot be one, or
 * memory is out (entries->failed). */
bool aq_set_unpack(enum aq_table table, struct aq_slice row, struct aq_buf *entries);

/* Stands on an entry, which is valid until the next call or write. Close before the
 * transaction ends. Seeks in ascending order are cheap. */
struct aq_set_reader {
    struct aq_txn *txn;
    enum aq_table table;
    size_t width;
    MDB_cursor *cursor;
    struct aq_slice key, row; /* as they are stored */
    const uint8_t *entries;   /* of the row at hand */
    struct aq_buf unpacked;   /* where its entries are, if it is packed */
    uint32_t count, index;
    bool sought;      /* nothing lies between `from` and where it stands */
    uint8_t from[16];
};
enum aq_status aq_set_open(struct aq_txn *t, enum aq_table table, struct aq_set_reader *r, struct aq_error *err);
/* The first entry not below `from`, which stands for itself and zeros; NULL after the last. */
enum aq_status aq_set_seek(struct aq_set_reader *r, struct aq_slice from, const uint8_t **entry, struct aq_error *err);
enum aq_status aq_set_next(struct aq_set_reader *r, const uint8_t **entry, struct aq_error *err);
void aq_set_close(struct aq_set_reader *r);
enum aq_status aq_set_has(struct aq_txn *t, enum aq_table table, const uint8_t *entry, bool *has, struct aq_error *err);

/* Takes entries out, then puts entries in. Both ascending, laid end to end; taking out
 * what is not there and putting in what is change nothing. A row's checksum is verified
 * before it is written anew. */
enum aq_status aq_set_change(struct aq_txn *t, enum aq_table table, struct aq_slice adds, struct aq_slice removes,
                             struct aq_error *err);

/* ---- segments ---- */

/* A term's key in a segment's databases is the field byte, then the term. */
enum { AQ_FIELD_TEXT = 'T' };

/* AQ_NOTFOUND when the segment lacks the term. term is borrowed by *p. */
enum aq_status aq_segment_postings(struct aq_txn *t, const struct aq_segment *seg, struct aq_slice term,
                                   struct aq_postings *p, struct aq_error *err);

/* Ordered walk over a segment's terms with their lists. */
struct aq_term_walk {
    MDB_cursor *cursor;
    struct aq_txn *txn;
    const struct aq_segment *segment;
    struct aq_slice term; /* without the field byte */
    struct aq_postings postings;
};
enum aq_status aq_term_walk_open(struct aq_txn *t, const struct aq_segment *seg, struct aq_slice from,
                                 struct aq_term_walk *w, bool *found, struct aq_error *err);
enum aq_status aq_term_walk_next(struct aq_term_walk *w, bool *found, struct aq_error *err);
void aq_term_walk_close(struct aq_term_walk *w);

/* Docid to (comment, ordinal); AQ_CORRUPT outside the map. */
enum aq_status aq_segment_locate(struct aq_txn *t, const struct aq_segment *seg, uint32_t docid,
                                 uint32_t *comment, uint32_t *ordinal);
/* A chunk's entries, as many as the segment's passages ask for: comment u32, ordinal u16
 * each. NULL when they are damaged. chunk: below passages / AQ_MAP_CHUNK, rounded up. */
const uint8_t *aq_segment_map(struct aq_txn *t, const struct aq_segment *seg, uint32_t chunk);
/* Whether comments ascend with docids. */
bool aq_segment_ordered(struct aq_txn *t, const struct aq_segment *seg);
/* The first docid of a comment and how many follow, or AQ_NOTFOUND. */
enum aq_status aq_segment_find(struct aq_txn *t, const struct aq_segment *seg, uint32_t comment,
                               uint32_t *docid, uint32_t *count);

/* A chunk's bitmap (AQ_BITS_CHUNK bits, LSB first), or NULL when all are 0. */
const uint8_t *aq_segment_bits(struct aq_txn *t, const struct aq_segment *seg, enum aq_bits_kind kind,
                               uint32_t chunk);
static inline bool aq_bit(const uint8_t *chunk, uint32_t docid)
{
    return chunk && (chunk[(docid % AQ_BITS_CHUNK) >> 3] >> (docid & 7) & 1);
}
enum aq_status aq_segment_set_bit(struct aq_txn *t, uint32_t segment, enum aq_bits_kind kind,
                                  uint32_t docid, bool value, struct aq_error *err);

/* Writing a segment ahead of listing it: databases made, lists appended in key
 * order over as many transactions as it takes, then listed in the last one. */
enum aq_status aq_segment_create(struct aq_txn *t, uint32_t id, struct aq_segment *seg, struct aq_error *err);
/* Opens a created, unlisted segment again in a later write transaction. */
enum aq_status aq_segment_reopen(struct aq_txn *t, uint32_t id, struct aq_segment *seg, struct aq_error *err);
enum aq_status aq_segment_append(struct aq_txn *t, const struct aq_segment *seg, struct aq_slice term,
                                 struct aq_slice list, struct aq_slice positions, struct aq_error *err);
enum aq_status aq_segment_put_lengths(struct aq_txn *t, uint32_t id, struct aq_slice lengths, struct aq_error *err);
/* rows: AQ_MAP_CHUNK entries of 6 bytes (u32 comment, u16 ordinal), fewer in the last chunk. */
enum aq_status aq_segment_put_map(struct aq_txn *t, uint32_t id, uint32_t chunk, struct aq_slice rows,
                                  struct aq_error *err);
/* The order index, by which aq_segment_find finds comments where docids do not ascend
 * with their numbers. After the last chunk: *pairs becomes (comment u32, first docid
 * u32) of all comments, ascending, 8 bytes each; empty where none is needed, because
 * numbers never descend. AQ_NO_COMMENT (a version dead at birth) is no comment. */
enum aq_status aq_segment_order(struct aq_txn *t, uint32_t id, uint32_t passages, struct aq_buf *pairs,
                                struct aq_error *err);
/* A row of it, as check reads it: comments that ascend from `first` on, the number in
 * the row's key. False when the payload is none. */
enum { AQ_ORDER_ROW = 256 };
struct aq_order_row {
    uint32_t count, comments[AQ_ORDER_ROW], docids[AQ_ORDER_ROW];
};
bool aq_order_row_read(struct aq_order_row *row, uint32_t first, struct aq_slice payload);
/* Stores pairs, or, over several transactions, part of them: whole ones, in order. */
enum aq_status aq_segment_put_order(struct aq_txn *t, uint32_t id, struct aq_slice pairs, struct aq_error *err);
enum aq_status aq_segment_put_bits(struct aq_txn *t, uint32_t id, enum aq_bits_kind kind, uint32_t chunk,
                                   const uint8_t bits[AQ_BITS_CHUNK / 8], struct aq_error *err);
enum aq_status aq_segment_list(struct aq_txn *t, const struct aq_segment_info *info, struct aq_error *err);
/* Removes a segment, listed or not, and everything stored under its id. */
enum aq_status aq_segment_drop(struct aq_txn *t, uint32_t id, struct aq_error *err);

/* ---- columns ---- */

/* Value of a comment (sign-extended for signed columns); a comment without a row
 * reads as the column's "none": 0 for flags and digest, AQ_NO_... else. */
int64_t aq_column_get(struct aq_txn *t, enum aq_column column, uint32_t comment);
/* Comments a chunk of this column: chunk = comment / per_chunk. */
uint32_t aq_column_per_chunk(enum aq_column column);
/* For scans: the stored values of a chunk, little-endian and aq_column_width bytes each, of
 * the comments from chunk * per_chunk on; those beyond *count read as "none". NULL where
 * *count is 0. Valid until the transaction ends or sets the column. */
const uint8_t *aq_column_values(struct aq_txn *t, enum aq_column column, uint32_t chunk, uint32_t *count);
/* Writes; rows are gathered in the transaction and stored by aq_txn_commit. */
enum aq_status aq_column_set(struct aq_txn *t, enum aq_column column, uint32_t comment, int64_t value,
                             struct aq_error *err);

/* ---- text ---- */

/* Reads one comment, its id too; slices live in arena. AQ_NOTFOUND when its text was purged. */
enum aq_status aq_text_get(struct aq_txn *t, uint32_t comment, struct aq_arena *arena,
                           struct aq_comment *out, struct aq_error *err);
/* The same, as the encoded bytes of comment.h (for merging and check). */
enum aq_status aq_text_get_raw(struct aq_txn *t, uint32_t comment, struct aq_arena *arena,
                               struct aq_slice *out, struct aq_error *err);
/* Replaces one comment's bytes (empty: purges them): its frame is packed again, its
 * bundle stored again. */
enum aq_status aq_text_replace(struct aq_txn *t, uint32_t comment, struct aq_slice encoded, struct aq_error *err);

/* Packs consecutive comments into frames, each compressed once and opened as a whole,
 * and frames into bundles, each one value of the table. Needs no transaction: may run
 * on its own thread; bundles are handed out to be put later. */
struct aq_text_writer;
/* For much text. dictionary: bytes of meta "dict/N" or empty, with its number; they are
 * digested anew, in a millisecond. NULL: out of memory. */
struct aq_text_writer *aq_text_writer_new(struct aq_slice dictionary, uint32_t number);
/* For little text, under the current dictionary of t, digested once for all. */
enum aq_status aq_text_writer_begin(struct aq_txn *t, struct aq_text_writer **out, struct aq_error *err);
void aq_text_writer_free(struct aq_text_writer *w); /* NULL allowed */
typedef enum aq_status aq_bundle_emit(void *context, uint32_t first_comment, struct aq_slice bundle,
                                      struct aq_error *err);
/* Comment numbers ascend; a gap ends the bundle. After a failure only free it. */
enum aq_status aq_text_writer_add(struct aq_text_writer *w, uint32_t comment, struct aq_slice encoded,
                                  aq_bundle_emit *emit, void *context, struct aq_error *err);
enum aq_status aq_text_writer_finish(struct aq_text_writer *w, aq_bundle_emit *emit, void *context,
                                     struct aq_error *err);
enum aq_status aq_bundle_put(struct aq_txn *t, uint32_t first_comment, struct aq_slice bundle, struct aq_error *err);
/* How many comments are in a bundle whose heads are sound, else AQ_CORRUPT. */
enum aq_status aq_bundle_count(struct aq_slice bundle, uint32_t *comments);
/* Deletes all bundles whose first comment is in [from, to). */
enum aq_status aq_bundle_delete_range(struct aq_txn *t, uint32_t from, uint32_t to, struct aq_error *err);
/* Makes a dictionary of samples laid end to end; empty *out when they are too little. */
enum aq_status aq_dictionary_make(const struct aq_buf *samples, const size_t *sizes, size_t count,
                                  struct aq_buf *out);

/* ---- ids ---- */

/* The external id of a comment, visible ones for readers. AQ_NOTFOUND, and *id empty,
 * when there is no such comment or its id was purged with its text. */
enum aq_status aq_ident_get(struct aq_txn *t, uint32_t comment, struct aq_id *id, struct aq_error *err);

/* Appends ids of new comments, in order of number and without a gap: `next` is the
 * first one's. An empty id stands for a purged one. The last row is stored by finish,
 * which ends the writing, as abandon does after a failure. */
struct aq_ident_writer {
    struct aq_txn *txn;
    uint32_t first, next; /* of the row being filled; of the comment that goes on */
    struct aq_id base, last;
    struct aq_buf entries, groups; /* of the row */
    bool changed;                  /* the row differs from the stored one */
};
enum aq_status aq_ident_begin(struct aq_txn *t, struct aq_ident_writer *w, struct aq_error *err);
enum aq_status aq_ident_add(struct aq_ident_writer *w, struct aq_slice id, struct aq_error *err);
enum aq_status aq_ident_finish(struct aq_ident_writer *w, struct aq_error *err);
void aq_ident_abandon(struct aq_ident_writer *w);
/* How many comments are in a row that is sound, every id of it, else AQ_CORRUPT. */
enum aq_status aq_ident_count(struct aq_slice row, uint32_t *comments);

/* ---- names ---- */

uint64_t aq_hash(struct aq_slice s); /* XXH3-64 */

/* The comment with this external id among the visible ones, or AQ_NOTFOUND. Deleted
 * comments keep their number and are found (look at AQ_COL_FLAGS). */
enum aq_status aq_comment_find(struct aq_txn *t, struct aq_slice id, uint32_t *comment, struct aq_error *err);
void aq_id_entry(uint8_t entry[AQ_ID_ENTRY], enum aq_id_kind kind, uint64_t hash, uint32_t number);
static inline uint32_t aq_id_entry_number(const uint8_t *entry)
{
    return aq_unkey32(entry + 1 + 8);
}
/* Numbers under (kind, hash), ascending; none is no failure. Not verified on the
 * bytes. Valid until the next aq_ids_* call of the transaction. */
enum aq_status aq_ids_get(struct aq_txn *t, enum aq_id_kind kind, uint64_t hash, const uint32_t **numbers,
                          uint32_t *count);
/* The numbers at a reader of AQ_TABLE_ID that is being led from hash to hash. */
enum aq_status aq_ids_read(struct aq_set_reader *r, enum aq_id_kind kind, uint64_t hash, const uint32_t **numbers,
                           uint32_t *count, struct aq_error *err);
enum aq_status aq_ids_add(struct aq_txn *t, enum aq_id_kind kind, uint64_t hash, uint32_t number, struct aq_error *err);
enum aq_status aq_ids_remove(struct aq_txn *t, enum aq_id_kind kind, uint64_t hash, uint32_t number, struct aq_error *err);

/* Authors, threads, tag sets and sources: bytes to number and back. intern assigns the next
 * number (state.next_*). Thread names carry a root comment and a title hash. */
enum aq_status aq_name_find(struct aq_txn *t, enum aq_id_kind kind, struct aq_slice name, uint32_t *number,
                            struct aq_error *err);
enum aq_status aq_name_intern(struct aq_txn *t, enum aq_id_kind kind, struct aq_slice name, uint32_t *number,
                              struct aq_error *err);
enum aq_status aq_name_get(struct aq_txn *t, enum aq_id_kind kind, uint32_t number, struct aq_slice *name);

struct aq_thread_info {
    struct aq_slice name; /* external id */
    uint32_t root;        /* the comment that opens it, AQ_NO_COMMENT while unknown */
    uint64_t title_hash;  /* of its normalised title, 0 without */
};
enum aq_status aq_thread_get(struct aq_txn *t, uint32_t thread, struct aq_thread_info *info);
enum aq_status aq_thread_set(struct aq_txn *t, uint32_t thread, uint32_t root, uint64_t title_hash,
                             struct aq_error *err);
/* Comments of a thread in ascending number, deleted ones included. */
enum aq_status aq_thread_add_member(struct aq_txn *t, uint32_t thread, uint32_t comment, struct aq_error *err);
static inline void aq_member_entry(uint8_t entry[AQ_MEMBER_ENTRY], uint32_t thread, uint32_t comment)
{
    aq_key32(entry, thread);
    aq_key32(entry + 4, comment);
}
typedef bool aq_member_visit(void *context, uint32_t comment);
enum aq_status aq_thread_members(struct aq_txn *t, uint32_t thread, aq_member_visit *visit, void *context);

#endif
