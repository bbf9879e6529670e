/* names.c - see names.h. */
#include "names.h"

#include "date.h"

#include <string.h>

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

const char aq_date_form[] = "a date such as 2019, 2019-05, 2019-05-31 or 2019-05-31T18:00Z";
const char aq_facets_form[] = "author, thread, tag, year, month or day, as in author,year or author:20";
const char aq_preference_form[] = "points or recent";

bool aq_is_date(const char *text)
{
    int64_t date;
    return aq_date_read(text, &date);
}

bool aq_facet_next(const char **text, struct aq_facet_request *facet)
{
    enum { VALUES_MOST = 10000 };
    size_t len = strcspn(*text, ":,"), kind = 0;
    const char *at = *text + len;
    while (aq_facet_names[kind] && (strlen(aq_facet_names[kind]) != len || memcmp(aq_facet_names[kind], *text, len) != 0))
        kind++;
    if (!aq_facet_names[kind])
        return false;
    *facet = (struct aq_facet_request){.kind = (enum aq_facet_kind)kind};
    if (*at == ':') {
        for (at++; *at >= '0' && *at <= '9' && facet->limit <= VALUES_MOST; at++)
            facet->limit = facet->limit * 10 + (uint32_t)(*at - '0');
        if (facet->limit == 0 || facet->limit > VALUES_MOST)
            return false;
    }
    *text = *at == ',' ? at + 1 : NULL;
    return *at == ',' || !*at;
}

bool aq_is_facets(const char *text)
{
    struct aq_facet_request facet;
    while (text)
        if (!aq_facet_next(&text, &facet))
            return false;
    return true;
}

unsigned aq_preference_named(const char *text)
{
    return strcmp(text, "points") == 0 ? AQ_PREFER_POINTS : strcmp(text, "recent") == 0 ? AQ_PREFER_RECENT : 0;
}

bool aq_is_preference(const char *text)
{
    return aq_preference_named(text) != 0;
}
