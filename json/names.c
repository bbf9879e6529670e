/* names.c - see names.h. */
#include "names.h"

#include <stddef.h>

const char *const aq_sort_names[] = {
    [AQ_SORT_RELEVANCE] = "relevance", [AQ_SORT_DATE] = "date", [AQ_SORT_SCORE] = "score", NULL};
const char *const aq_group_names[] = {[AQ_GROUP_COMMENT] = "comment",
                                      [AQ_GROUP_NONE] = "none",
                                      [AQ_GROUP_THREAD] = "thread",
                                      [AQ_GROUP_AUTHOR] = "author",
                                      NULL};
const char *const aq_facet_names[] = {[AQ_FACET_AUTHOR] = "author", [AQ_FACET_THREAD] = "thread",
                                      [AQ_FACET_TAG] = "tag",       [AQ_FACET_YEAR] = "year",
                                      [AQ_FACET_MONTH] = "month",   [AQ_FACET_DAY] = "day",
                                      NULL};
