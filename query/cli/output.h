/* output.h - what aq prints, gathered and then written to standard output or shown
 * in a pager. Knows descriptors and processes; nothing of what is printed. */
#ifndef AQ_OUTPUT_H
#define AQ_OUTPUT_H

#include "terminal.h"

struct aq_output {
    struct aq_buf buf;
    struct aq_terminal terminal; /* of standard output */
    bool page;                   /* a pager is wanted when the output is long */
    size_t line;                 /* it opens there, where it is less; 0: at the top */
    bool closed;                 /* the reader went away: no more is written, and that is no error */
};

/* Writes what is gathered and forgets it. AQ_IO when the system refuses. */
enum aq_status aq_output_flush(struct aq_output *out, struct aq_error *err);

/* The same, at the end: through $AQ_PAGER, $PAGER or less where `page` is set and
 * the lines do not fit the terminal. Waits for the pager. */
enum aq_status aq_output_finish(struct aq_output *out, struct aq_error *err);

/* Sets `line` to the one that comes next. */
void aq_output_mark(struct aq_output *out);

/* Writes "aq: MESSAGE" to standard error, safe for a terminal. */
void aq_output_complain(const char *message);

/* All of it to fd; errno of the failure, or 0. */
int aq_write_all(int fd, const void *bytes, size_t n);

#endif
