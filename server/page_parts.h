/* page_parts.h - the parts of the search page, one file each. A part appends its HTML to
 * page->out and reads nothing but what is in the page: it asks the index for nothing that the
 * page's head does not show. Only page*.c include this. */
#ifndef AQ_SERVER_PAGE_PARTS_H
#define AQ_SERVER_PAGE_PARTS_H

#include "answers.h"

struct aq_page {
    struct aq_call *call;
    struct aq_buf *out; /* call->out */
    const struct aq_params *params;
    struct aq_result *result;            /* NULL: nothing was searched for */
    struct aq_concept_list *words;       /* what goes with the query, or NULL */
    struct aq_result *authors, *threads; /* as if none of them were chosen, or NULL */
    const char *trouble;                 /* why nothing was found that could be, or NULL */
    bool browsing;                       /* neither words nor a comment were given, at most filters */
};

/* ---- writing (page_html.c) ----
 * Markup is a string of ours; everything else goes through aq_escape_text, and only here. */

/* Appends markup with values in it: %s a string, %t a struct aq_slice, %n a uint64_t with its
 * thousands apart. Values are escaped, and may stand between tags or in a quoted attribute. */
void aq_page_put(struct aq_buf *out, const char *markup, ...);
/* The part of text with what lies in ranges (bytes of text, ascending) marked. */
void aq_page_put_marked(struct aq_buf *out, struct aq_slice text, struct aq_range part, const struct aq_range *ranges,
                    uint32_t range_count);
/* Paragraphs: text is parted at line breaks. */
void aq_page_put_paragraphs(struct aq_buf *out, struct aq_slice text);
/* "31 May 2019" as a <time>, or nothing for AQ_NO_DATE. */
void aq_page_put_date(struct aq_buf *out, int64_t date);
extern const char *const aq_page_months[12];

/* ---- addresses (page_link.c) ---- */

/* href of this page with other parameters, as the value of an attribute, quoted. */
void aq_page_href(struct aq_buf *out, const struct aq_params *params);
/* The parameters of the first page of the same search: to be changed, then written. */
struct aq_params aq_page_again(const struct aq_page *page);
/* The list with an item put in or taken out; the list itself stays. In the call's arena; when
 * memory is out the list comes back as it was. */
struct aq_option_list aq_page_with(const struct aq_page *page, const struct aq_option_list *list, struct aq_slice item);
struct aq_option_list aq_page_without(const struct aq_page *page, const struct aq_option_list *list,
                                      struct aq_slice item);
bool aq_page_has(const struct aq_option_list *list, struct aq_slice item);
/* A string of the call's arena; "" when memory is out. */
const char *aq_page_string(const struct aq_page *page, struct aq_slice s);
/* The query with ` before"value"` behind it, or without quotation marks where none are needed. */
const char *aq_page_query_and(const struct aq_page *page, const char *before, struct aq_slice value);

/* Whether a link may lead there: http, https, or a path of this host. */
bool aq_page_may_link(struct aq_slice url);
/* href of where a hit was written, on the words that matched (a text fragment), else of this page. */
void aq_page_permalink(const struct aq_page *page, const struct aq_hit *hit);
/* " href=..." to read a comment among its neighbours. */
void aq_page_read_href(const struct aq_page *page, struct aq_slice id, bool whole);

/* ---- parts, in the order of the page ---- */

void aq_page_head(const struct aq_page *page);                 /* page_form.c: up to the form */
void aq_page_form(const struct aq_page *page);
void aq_page_notes(const struct aq_page *page);                /* page_notes.c: above the hits */
void aq_page_hits(const struct aq_page *page);                 /* page_hits.c */
void aq_page_why(const struct aq_page *page, const struct aq_hit *hit); /* page_why.c: --explain */
void aq_page_understood(const struct aq_page *page);
void aq_page_pager(const struct aq_page *page);                /* page_notes.c */
void aq_page_facets(const struct aq_page *page);               /* page_facets.c */
void aq_page_time(const struct aq_page *page, const struct aq_facet *f); /* page_time.c */
void aq_page_words(const struct aq_page *page);                /* page_notes.c: related words */
void aq_page_start(const struct aq_page *page);                /* page_form.c: before anything is asked */
void aq_page_thread(const struct aq_page *page, const struct aq_thread_view *thread); /* page_thread.c */
void aq_page_foot(const struct aq_page *page);

/* What aq_kind_names are on the page, and in a query. */
struct aq_page_kind {
    const char *label, *field;
};
extern const struct aq_page_kind aq_page_kinds[];

#endif
