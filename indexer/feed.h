/* feed.h - what the readers of the formats (json.c, mbox.c, files.c) share: the
 * current file, its window, the record being made, and how problems are told.
 * Private to the input side. */
#ifndef AQ_FEED_H
#define AQ_FEED_H

#include "fields.h"
#include "input.h"
#include "posts.h"
#include "source.h"

struct aq_feed {
    struct aq_source_options options; /* strings are the source's own copies */
    struct aq_field_table *fields;
    struct aq_posts posts; /* of all files */
    aq_source_report *report;
    void *context;
    uint64_t records, skipped, repaired; /* over all files */

    const char *path; /* of the current file, for messages */
    const char *name; /* relative to what the user named, without .gz or .zst: for ids */
    const char *base; /* last part of name */
    struct aq_input input;
    uint64_t item;         /* records of this file so far */
    uint64_t line;         /* of the current record */
    unsigned part;         /* of several records on that line, from 0 */
    bool noted;            /* the current record counts as repaired */
    struct aq_arena arena; /* of the current record */
};

/* Starts the next record: clears the arena, numbers it. */
void aq_feed_begin(struct aq_feed *f, uint64_t line);

/* The record begun is passed over, or used although something was wrong. The
 * message says what to do. */
void aq_feed_skip(struct aq_feed *f, const char *fmt, ...) AQ_PRINTF(2, 3);
void aq_feed_note(struct aq_feed *f, const char *fmt, ...) AQ_PRINTF(2, 3);

/* Readers of one file each; state is NULL when the reader needs none. open may
 * look at f->input. next: as aq_source_next; close accepts NULL. */
struct aq_format_reader {
    enum aq_status (*open)(struct aq_feed *f, void **state, struct aq_error *err);
    enum aq_status (*next)(struct aq_feed *f, void *state, struct aq_record *r, bool *got,
                           struct aq_error *err);
    void (*close)(void *state);
};
extern const struct aq_format_reader aq_read_json, aq_read_text, aq_read_markdown, aq_read_html, aq_read_mbox;

/* Makes every field of the record valid UTF-8 without NUL, decodes what a site
 * escaped on export (entities.h) in title and, unless it is HTML, body; gives it
 * id, source and url where it has none; refuses what cannot be indexed (false: it
 * was reported). decode: whether the body may be escaped. */
enum aq_status aq_feed_finish(struct aq_feed *f, struct aq_record *r, bool decode, bool *good,
                              struct aq_error *err);

/* aq_utf8_repair into the arena where needed; counts and reports. */
enum aq_status aq_feed_repair(struct aq_feed *f, struct aq_slice *s, struct aq_error *err);

/* s copied to the arena; AQ_NOMEM. */
enum aq_status aq_feed_copy(struct aq_feed *f, struct aq_slice *s, struct aq_error *err);

/* The file's stem as a person would write it: "my-notes_2.txt.gz" to "my notes 2". */
enum aq_status aq_feed_title(struct aq_feed *f, struct aq_slice *title, struct aq_error *err);

#endif
