/* names.h - how a search request's choices are spelt, on the command line and in JSON. */
#ifndef AQ_JSON_NAMES_H
#define AQ_JSON_NAMES_H

#include "aq.h"

/* In the order of their enums, NULL after the last. */
extern const char *const aq_sort_names[];
extern const char *const aq_group_names[];
extern const char *const aq_facet_names[]; /* without AQ_FACET_TIME */

#endif
