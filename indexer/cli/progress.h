/* progress.h - what aq-index says while it works and when it is done. */
#ifndef AQ_PROGRESS_H
#define AQ_PROGRESS_H

#include "aq_index.h"
#include "source.h"

struct aq_progress {
    bool shown;        /* standard error is a terminal and --quiet was not given */
    bool on_screen;    /* a progress line stands there now */
    double started, drawn; /* seconds, monotonic */
    uint64_t base_records, base_skipped, base_repaired; /* of the sources before this one */
    uint64_t base_bytes;
};

double aq_seconds(void); /* monotonic */
void aq_progress_start(struct aq_progress *p, bool quiet);
/* Redraws at most ten times a second. */
void aq_progress_tick(struct aq_progress *p, const struct aq_source *source, const struct aq_writer *writer);
/* Says what is being done, where nothing can be counted. */
void aq_progress_note(struct aq_progress *p, const char *what);
/* Wipes the line, so that something else can be printed. */
void aq_progress_clear(struct aq_progress *p);

struct aq_totals {
    uint64_t read, skipped, repaired;
    uint64_t pruned;
};
/* The summary, on standard output. */
void aq_summary_print(const struct aq_totals *totals, const struct aq_writer_stats *stats, double seconds);

/* "12,345,678"; buffers of 32 bytes. */
const char *aq_thousands(uint64_t n, char out[32]);
/* "12.3 MB" */
const char *aq_bytes_human(uint64_t n, char out[32]);

#endif
