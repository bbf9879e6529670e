/* markup.h - builds a document from the events of a markup parser: text, breaks,
 * elements. markdown.c and html.c share it, so that a list, a link or a quote
 * reads the same from either. Private to the input side. */
#ifndef AQ_MARKUP_H
#define AQ_MARKUP_H

#include "document.h"

enum { AQ_MARKUP_LISTS = 64, AQ_MARKUP_ATTRIBUTES = 16 };

/* Where a title came from; a higher one replaces a lower one. */
enum aq_title_rank { AQ_TITLE_NONE, AQ_TITLE_HEAD, AQ_TITLE_HEADING, AQ_TITLE_TOP };

struct aq_markup {
    struct aq_document *doc;
    struct aq_buf line; /* the open block */
    enum aq_block_kind kind;
    unsigned quote;            /* depth of the open block */
    bool space;                /* white space is due before the next character */
    bool pre;                  /* white space counts */
    bool arrows;               /* lines that begin with ">" are quotes (Hacker News) */
    unsigned skip;             /* elements whose content is dropped, open */
    unsigned heading;          /* level of the open heading, 0: none */
    bool head_title;           /* inside <title> */
    unsigned table, row_cells; /* open tables; cells in the open row */
    bool layout;               /* the table holds blocks: not a table of data */
    char marker[16];           /* of a list item whose text has not begun */
    struct {
        bool ordered;
        unsigned next;
    } lists[AQ_MARKUP_LISTS];
    unsigned list_depth; /* may exceed AQ_MARKUP_LISTS */
    bool linked;
    size_t link_begin;
    struct aq_buf href;
    struct aq_buf head; /* text of <title> */
    enum aq_title_rank title_rank;
    size_t budget;         /* bytes and events left before the input counts as a bomb */
    enum aq_status status; /* first failure, sticks */
};

/* `size` is the input's: a document may not grow beyond a multiple of it. */
void aq_markup_init(struct aq_markup *m, struct aq_document *doc, size_t size);
/* Closes what is open and frees; returns the status. AQ_LIMIT: budget spent. */
enum aq_status aq_markup_finish(struct aq_markup *m);

void aq_markup_text(struct aq_markup *m, struct aq_slice s); /* white space collapses unless pre */
void aq_markup_newline(struct aq_markup *m);                 /* a hard line break */
void aq_markup_break(struct aq_markup *m);                   /* ends the open block */

void aq_markup_heading(struct aq_markup *m, unsigned level);
void aq_markup_heading_end(struct aq_markup *m);
void aq_markup_pre(struct aq_markup *m, bool on);
void aq_markup_quote(struct aq_markup *m, bool on);
void aq_markup_list(struct aq_markup *m, bool ordered, unsigned first);
void aq_markup_list_end(struct aq_markup *m);
void aq_markup_item(struct aq_markup *m);
void aq_markup_item_end(struct aq_markup *m);
void aq_markup_table(struct aq_markup *m);
void aq_markup_table_end(struct aq_markup *m);
void aq_markup_row(struct aq_markup *m);
void aq_markup_cell(struct aq_markup *m);
void aq_markup_code(struct aq_markup *m); /* a span of code begins */
void aq_markup_link(struct aq_markup *m, struct aq_slice href);
void aq_markup_link_end(struct aq_markup *m);

#endif
