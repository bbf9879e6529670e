/* names.h - how a search request's choices are spelt, on the command line, in JSON and in a URL. */
#ifndef AQ_JSON_NAMES_H
#define AQ_JSON_NAMES_H

#include "aq.h"

/* In the order of their enums, NULL after the last. */
extern const char *const aq_sort_names[];
extern const char *const aq_group_names[];
extern const char *const aq_facet_names[]; /* without AQ_FACET_TIME */

/* What options and parameters accept, each with its form for messages (options.h). */
bool aq_is_date(const char *text);
bool aq_is_facets(const char *text);
bool aq_is_preference(const char *text);
extern const char aq_date_form[], aq_facets_form[], aq_preference_form[];

/* The next of "author,tag:20"; *text moves behind it, to NULL after the last. False when it
 * is none. */
bool aq_facet_next(const char **text, struct aq_facet_request *facet);
/* 0 for what is none. */
unsigned aq_preference_named(const char *text);

#endif
