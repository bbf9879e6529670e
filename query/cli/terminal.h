/* terminal.h - text for a terminal: what the terminal can do, which characters
 * are safe to show, how wide text is, and lines wrapped with styles in them.
 * Knows nothing of hits or comments; writes into buffers only. */
#ifndef AQ_TERMINAL_H
#define AQ_TERMINAL_H

#include "aq.h"
#include "base.h"

enum aq_color { AQ_COLOR_AUTO, AQ_COLOR_ALWAYS, AQ_COLOR_NEVER };

struct aq_terminal {
    bool tty;         /* the descriptor is a terminal */
    bool dumb;        /* it cannot move its cursor, or does not say what it is */
    bool color;
    bool utf8;        /* the locale's characters are UTF-8's */
    bool links;       /* it makes OSC 8 links clickable */
    unsigned columns; /* to wrap at, 10 to 100; 0: do not wrap */
    unsigned rows;    /* 0: unknown */
};

/* Looks at fd and at COLUMNS, NO_COLOR, TERM and what terminals say of themselves. */
void aq_terminal_detect(struct aq_terminal *t, int fd, enum aq_color color);

/* Appends s with what is not shown left out and bad UTF-8 as U+FFFD. */
void aq_text_clean(struct aq_buf *out, struct aq_slice s);
/* The same on one line: line feeds and tabs become spaces. */
void aq_text_clean_line(struct aq_buf *out, struct aq_slice s);

/* Columns that clean text without line feeds takes, counted in grapheme clusters. */
size_t aq_text_width(struct aq_slice s);

/* ---- styled text ---- */

enum aq_style {
    AQ_STYLE_PLAIN,
    AQ_STYLE_STRONG, /* titles */
    AQ_STYLE_MATCH,  /* words of the query */
    AQ_STYLE_FAINT,  /* what is about the text, not of it */
    AQ_STYLE_KEY,    /* ids */
    AQ_STYLE_COUNT
};

/* Clean text with a style for each byte. Zero-initialise. */
struct aq_styled {
    struct aq_buf text;
    struct aq_buf styles;
};

void aq_styled_free(struct aq_styled *s);
void aq_styled_clear(struct aq_styled *s);

/* Append, cleaned. One line: runs of white space become one space, none leads. */
void aq_styled_line(struct aq_styled *s, struct aq_slice text, enum aq_style style);
void aq_styled_lines(struct aq_styled *s, struct aq_slice text, enum aq_style style);
void aq_styled_str(struct aq_styled *s, const char *text, enum aq_style style);

/* One line of text[from.begin, from.end) with the ranges (of text, ascending) in
 * AQ_STYLE_MATCH. Ranges that are nonsense are ignored where they are. */
void aq_styled_marked(struct aq_styled *s, struct aq_slice text, struct aq_range from,
                      const struct aq_range *ranges, size_t range_count, enum aq_style style);

/* Appends the text to out in lines that begin with `margin` (faint) and, margin
 * included, are no wider than the terminal; every line ends with its styles off
 * and a line feed. Breaks at spaces and between ideographs, else in a word; what an item of a
 * list or an indented line continues on is indented as it is. */
void aq_styled_write(const struct aq_styled *s, struct aq_buf *out, const struct aq_terminal *t,
                     const char *margin);
/* The same with another margin, as wide, before the first line. */
void aq_styled_write_below(const struct aq_styled *s, struct aq_buf *out, const struct aq_terminal *t,
                           const char *first, const char *margin);

/* The number of columns `margin` leaves for text; SIZE_MAX without wrapping. */
size_t aq_terminal_room(const struct aq_terminal *t, const char *margin);

/* Appends an http or https URL, as a link where the terminal makes links: then it
 * may be shortened to `room` columns. Other URLs are shown as text. */
void aq_terminal_link(struct aq_buf *out, const struct aq_terminal *t, struct aq_slice url, size_t room);

/* Appends text in a style, the escape sequences only where there is colour. */
void aq_terminal_put(struct aq_buf *out, const struct aq_terminal *t, enum aq_style style,
                     struct aq_slice text);

#endif
