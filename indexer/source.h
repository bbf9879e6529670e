/* source.h - where records come from: files, directories, standard input, plain
 * or compressed, in any of the supported formats.
 *
 * A source yields records one by one and knows its place for messages. It knows
 * nothing of the index. */
#ifndef AQ_SOURCE_H
#define AQ_SOURCE_H

#include "aq_index.h"
#include "base.h"

/* --map field=path, e.g. {"author", "user.name"}: path is dotted, [n] indexes. */
struct aq_field_map {
    const char *field;
    const char *path;
};

enum aq_source_kind {
    AQ_SOURCE_AUTO, /* by name, then by looking at the first bytes */
    AQ_SOURCE_JSONL, /* JSON Lines, one JSON array of records, or one JSON object */
    AQ_SOURCE_TEXT,
    AQ_SOURCE_MARKDOWN,
    AQ_SOURCE_HTML,
    AQ_SOURCE_MBOX
};

struct aq_source_options {
    enum aq_source_kind kind;
    bool whole;            /* a plain text file is one comment, not a thread */
    int body_format;       /* enum aq_format for JSON records that do not say, or -1: by field name */
    const char *source;    /* `source` of records that have none; NULL: the file's base name, unpacked */
    const struct aq_field_map *map;
    size_t map_count;
};

/* One problem with the input: skipped record or repaired bytes. line is 1-based,
 * 0 when lines mean nothing (a mail is placed by its number in `item`). */
struct aq_source_problem {
    const char *path; /* as the user gave it or as found in a directory; "-" is standard input */
    uint64_t line;
    uint64_t item; /* 1-based number of the record in its file */
    bool skipped;  /* false: used, but repaired (invalid UTF-8, unreadable date) */
    const char *reason;
};
typedef void aq_source_report(void *context, const struct aq_source_problem *problem);

struct aq_source;

/* Opens PATH: a file, a directory (walked in byte order of names, hidden files
 * skipped, files of unknown kind reported and skipped), or "-". Options are copied.
 *
 * A record without an id gets NAME:LINE, a Markdown, HTML or whole text file the id
 * NAME: the file's path below the directory given, or its base name; "stdin" for
 * "-"; without .gz or .zst, so that packing a file does not change its ids. */
enum aq_status aq_source_open(const char *path, const struct aq_source_options *options,
                              aq_source_report *report, void *context, struct aq_source **out,
                              struct aq_error *err);

/* The next record, its slices valid until the next call. *got is false at the
 * end. Bad records are reported and skipped, never returned. An error ends the
 * source: a file that cannot be read, a broken compressed stream. Records come
 * with `format` set and text valid UTF-8 without NUL. */
enum aq_status aq_source_next(struct aq_source *s, struct aq_record *record, bool *got, struct aq_error *err);

struct aq_source_progress {
    uint64_t bytes_done;  /* of the files as stored (compressed where they are) */
    uint64_t bytes_total; /* 0 when unknown (standard input) */
    uint64_t records;     /* returned */
    uint64_t skipped;
    uint64_t repaired;
    const char *path;     /* current file */
    uint64_t line;
};
void aq_source_get_progress(const struct aq_source *s, struct aq_source_progress *progress);

void aq_source_close(struct aq_source *s); /* NULL allowed */

#endif
