/* aq_index.h - the write side of libaq: put comments into an index.
 *
 * One process writes an index at a time; any number read it meanwhile (aq.h).
 * What was added and deleted is visible to readers and survives a crash, power
 * failure included, once aq_writer_commit has returned AQ_OK; until then a crash or
 * aq_writer_close may drop it. What passes a quarter of memory_limit is committed in
 * parts on the way, in the order it was given, each part whole or not at all.
 * A writer is used by one thread at a time. */
#ifndef AQ_INDEX_H
#define AQ_INDEX_H

#include "aq_types.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One comment, post or mail as handed to the writer. Zero-initialise, then set
 * date and score to AQ_NO_DATE and AQ_NO_SCORE (aq_record_init does both).
 * Every field but id and text may be empty. Slices are borrowed for the call. */
struct aq_record {
    struct aq_slice id;     /* unique in the index; 1 to AQ_MAX_ID bytes */
    struct aq_slice thread; /* id of the discussion; empty: the parent's thread, else its own id */
    struct aq_slice parent; /* id of the comment this replies to; may arrive later than its reply */
    struct aq_slice author;
    struct aq_slice title;
    struct aq_slice url;
    struct aq_slice source; /* where it came from: a site, list or file name */
    struct aq_slice text;   /* the body, in `format`; invalid UTF-8 becomes U+FFFD */
    const struct aq_slice *tags;
    size_t tag_count;
    enum aq_format format;
    int64_t date;  /* seconds since 1970-01-01T00:00:00Z, or AQ_NO_DATE */
    int32_t score; /* karma, points, likes; or AQ_NO_SCORE */
};

AQ_API void aq_record_init(struct aq_record *record);

/* What became of a record. */
enum aq_outcome {
    AQ_ADDED,
    AQ_REPLACED,  /* the id existed with other text, title, format, parent, ... */
    AQ_UPDATED,   /* only score, date or tags differed: columns written, text untouched */
    AQ_UNCHANGED
};

struct aq_writer_options {
    const char *language;   /* Snowball language of a new index, e.g. "english", "de"; NULL: English.
                               On an existing index it must name the index's own language. */
    size_t memory_limit;    /* bytes of postings gathered before a segment is written; 0: 256 MiB */
    bool create;            /* make the index when the directory holds none */
    bool single_thread;     /* do all work on the calling thread */
};

struct aq_writer;

/* Opens dir for writing. AQ_LOCKED names the process that holds it; AQ_NOTFOUND
 * when there is no index and create is false; AQ_VERSION when another format or
 * analyzer made it. On failure *out is NULL. Leftovers of a killed writer are
 * removed here. In one process, open the writer before any reader of the same
 * index (AQ_INVALID otherwise). */
AQ_API enum aq_status aq_writer_open(const char *dir, const struct aq_writer_options *options,
                                     struct aq_writer **out, struct aq_error *err);

/* Adds or replaces one comment. AQ_INVALID (record refused, writer fine): no id,
 * id too long, too many passages. Any other failure: the uncommitted part is
 * lost and every later call fails with AQ_INTERNAL: close the writer; the last
 * committed state stands. */
AQ_API enum aq_status aq_writer_add(struct aq_writer *w, const struct aq_record *record,
                                    enum aq_outcome *outcome, struct aq_error *err);

/* Removes a comment from search. AQ_NOTFOUND when the id is not in the index.
 * Its text stays on disk until aq_writer_compact with AQ_COMPACT_PURGE. */
AQ_API enum aq_status aq_writer_delete(struct aq_writer *w, struct aq_slice id, struct aq_error *err);

/* Deletes every comment that this writer has not added, replaced, updated or
 * found unchanged since it was opened: for full exports. *deleted counts them. */
AQ_API enum aq_status aq_writer_prune(struct aq_writer *w, uint64_t *deleted, struct aq_error *err);

/* Makes all that was added and deleted so far visible and durable. */
AQ_API enum aq_status aq_writer_commit(struct aq_writer *w, struct aq_error *err);

/* Commits, and turns pending comments into a segment. */
AQ_API enum aq_status aq_writer_flush(struct aq_writer *w, struct aq_error *err);

enum {
    AQ_COMPACT_PURGE = 1,  /* erase the text and ids of deleted comments physically */
    AQ_COMPACT_REORDER = 2 /* comments with the same words become neighbours in the index: the same
                              answers, smaller postings. Takes several times as long, and about
                              memory_limit bytes */
};

/* Commits and rewrites everything as one segment in a new generation, with
 * statistics exact and files as small as they get. Readers move to it at their
 * next query. */
AQ_API enum aq_status aq_writer_compact(struct aq_writer *w, unsigned flags, struct aq_error *err);

struct aq_writer_stats {
    uint64_t added, replaced, updated, unchanged, deleted; /* by this writer */
    uint64_t passages, quotes; /* made by this writer */
    uint64_t repeats;          /* of its passages, said before: committed ones */
    uint64_t text_bytes;                                   /* body bytes read by this writer */
    uint64_t repaired;                                     /* records with invalid UTF-8 */
    uint64_t comments;                                     /* live in the index */
    uint64_t postings_bytes;                               /* of words and their places, compressed */
    uint64_t index_bytes;                                  /* of the generation's data file */
};
AQ_API void aq_writer_get_stats(const struct aq_writer *w, struct aq_writer_stats *stats);

/* Waits for merges and releases everything. What was not committed is dropped.
 * NULL is allowed. */
AQ_API void aq_writer_close(struct aq_writer *w);

#ifdef __cplusplus
}
#endif
#endif
