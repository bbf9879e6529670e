/* params.c - see params.h. */
#include "params.h"

#include "date.h"
#include "names.h"
#include "utf8.h"

enum { LIMIT = 10, LIMIT_MOST = 100, OFFSET_MOST = 10000, SNIPPETS_MOST = 5, CONTEXT_MOST = 20, THREAD_MOST = 1000,
       FURTHER_MOST = 20 };

static const char *const units[] = {[0] = "utf16", [1] = "utf8", NULL};
static const char *const counts[] = {"enough", "exact", NULL};

#define FIELD(name) offsetof(struct aq_params, name)

#define QUERY {.name = "q", .kind = AQ_OPTION_TEXT, .field = FIELD(q), .help = "what to search for (docs/QUERY.md)"}
#define LIMIT_UP_TO(most, what) \
    {.name = "limit", .kind = AQ_OPTION_NUMBER, .field = FIELD(limit), .min = 1, .max = (most), .help = (what)}
#define OFFSETS \
    {.name = "offsets", .kind = AQ_OPTION_CHOICE, .field = FIELD(unit), .choices = units, \
     .help = "what ranges count: code units of UTF-16 (default) or bytes of UTF-8"}
/* What searches and related comments have in common. */
#define NARROWING \
    LIMIT_UP_TO(LIMIT_MOST, "hits wanted (default 10)"), \
    {.name = "offset", .kind = AQ_OPTION_NUMBER, .field = FIELD(offset), .max = OFFSET_MOST, \
     .help = "hits to pass over first (default 0)"}, \
    {.name = "sort", .kind = AQ_OPTION_CHOICE, .field = FIELD(sort), .choices = aq_sort_names, \
     .help = "order by relevance (default), date (newest first) or score (most points first)"}, \
    {.name = "group", .kind = AQ_OPTION_CHOICE, .field = FIELD(group), .choices = aq_group_names, \
     .help = "one hit for each comment (default), thread or author; none: every passage"}, \
    {.name = "author", .kind = AQ_OPTION_LIST, .field = FIELD(authors), .help = "only by this author; may be repeated"}, \
    {.name = "thread", .kind = AQ_OPTION_LIST, .field = FIELD(threads), .help = "only in this thread; may be repeated"}, \
    {.name = "after", .kind = AQ_OPTION_TEXT, .field = FIELD(after), .accepts = aq_is_date, .form = aq_date_form, \
     .help = "only from the start of this date on"}, \
    {.name = "before", .kind = AQ_OPTION_TEXT, .field = FIELD(before), .accepts = aq_is_date, .form = aq_date_form, \
     .help = "only earlier than the start of this date"}, \
    {.name = "facets", .kind = AQ_OPTION_LIST, .field = FIELD(facets), .accepts = aq_is_facets, .form = aq_facets_form, \
     .help = "count matching comments by author, thread, tag, year, month or day: author,year:20"}, \
    {.name = "snippets", .kind = AQ_OPTION_NUMBER, .field = FIELD(snippets), .min = 1, .max = SNIPPETS_MOST, \
     .help = "parts of a long passage (default 1)"}, \
    {.name = "explain", .kind = AQ_OPTION_FLAG, .field = FIELD(explain), .help = "say what scores are made of"}, \
    {.name = "per_thread", .kind = AQ_OPTION_NUMBER, .field = FIELD(per_thread), .max = LIMIT_MOST, \
     .help = "comments of one thread among the first ten hits (default 2); 0: any number"}, \
    {.name = "further", .kind = AQ_OPTION_NUMBER, .field = FIELD(further), .max = FURTHER_MOST, \
     .help = "with group=thread: further comments of each thread to tell (default 0)"}, \
    {.name = "snapshot", .kind = AQ_OPTION_NUMBER, .field = FIELD(snapshot), .max = UINT32_MAX, \
     .help = "for further pages: the first page's snapshot"}, \
    {.name = "count", .kind = AQ_OPTION_CHOICE, .field = FIELD(count), .choices = counts, \
     .help = "enough (default): totals are exact up to 1,000; exact: however many"}, \
    {.name = "prefer", .kind = AQ_OPTION_LIST, .field = FIELD(prefer), .accepts = aq_is_preference, \
     .form = aq_preference_form, .help = "of hits that say as much, those with more points, or recent ones"}
#define ASKING \
    {.name = "plain", .kind = AQ_OPTION_FLAG, .field = FIELD(plain), .help = "no operators: every character is text"}, \
    {.name = "strict", .kind = AQ_OPTION_FLAG, .field = FIELD(strict), \
     .help = "an error where something cannot be meant as syntax"}, \
    {.name = "concepts", .kind = AQ_OPTION_FLAG, .field = FIELD(concepts), \
     .help = "words that stand out in the best hits count, too"}, \
    {.name = "drop", .kind = AQ_OPTION_LIST, .field = FIELD(drop), .help = "but not this concept; may be repeated"}

static const struct aq_option search[] = {QUERY, ASKING, NARROWING, OFFSETS};
static const struct aq_option related[] = {NARROWING, OFFSETS};
const char *const aq_kind_names[] = {"any", "post", "reply", "quote", "link", "code", NULL};
static const struct aq_option page[] = {
    QUERY, ASKING, NARROWING,
    {.name = "read", .kind = AQ_OPTION_TEXT, .field = FIELD(read), .help = "show this comment, or thread"},
    {.name = "whole", .kind = AQ_OPTION_FLAG, .field = FIELD(whole), .help = "with read: the whole thread"},
    {.name = "like", .kind = AQ_OPTION_TEXT, .field = FIELD(like), .help = "comments like this one"},
    {.name = "kind", .kind = AQ_OPTION_CHOICE, .field = FIELD(kind), .choices = aq_kind_names,
     .help = "only posts, replies, or what has a quote, link or code"},
    {.name = "points", .kind = AQ_OPTION_NUMBER, .field = FIELD(points), .max = 1000000000,
     .help = "only comments with at least so many points"}};
static const struct aq_option suggest[] = {QUERY, LIMIT_UP_TO(LIMIT_MOST, "suggestions wanted (default 10)")};
static const struct aq_option concepts[] = {QUERY, LIMIT_UP_TO(LIMIT_MOST, "concepts wanted (default 10)"), OFFSETS};
static const struct aq_option item[] = {
    {.name = "context", .kind = AQ_OPTION_NUMBER, .field = FIELD(context), .max = CONTEXT_MOST,
     .help = "steps up to what it replies to, and down to what replies to it (default 0)"},
    OFFSETS};
static const struct aq_option thread[] = {
    LIMIT_UP_TO(THREAD_MOST, "comments wanted (default 100)"), OFFSETS};

const struct aq_option_group aq_search_params = {"", search, AQ_COUNT(search)},
                             aq_related_params = {"", related, AQ_COUNT(related)},
                             aq_suggest_params = {"", suggest, AQ_COUNT(suggest)},
                             aq_concepts_params = {"", concepts, AQ_COUNT(concepts)},
                             aq_item_params = {"", item, AQ_COUNT(item)},
                             aq_thread_params = {"", thread, AQ_COUNT(thread)},
                             aq_page_params = {"", page, AQ_COUNT(page)}, aq_no_params = {"", NULL, 0};

/* ---- reading ---- */

static int hex(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum aq_status aq_percent_decode(struct aq_slice text, bool plus, struct aq_arena *arena, const char **out,
                                 struct aq_error *err)
{
    uint8_t *to = aq_arena_bytes(arena, text.len + 1), *at = to;
    *out = "";
    if (!to)
        return aq_fail_nomem(err);
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        if (c == '%') {
            int high = i + 2 < text.len ? hex(text.ptr[i + 1]) : -1;
            int low = i + 2 < text.len ? hex(text.ptr[i + 2]) : -1;
            if (high < 0 || low < 0)
                return aq_fail(err, AQ_SYNTAX, "a %% in the URL is not followed by two hexadecimal digits; a percent "
                                               "sign is written %%25");
            c = (uint8_t)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        if (!c)
            return aq_fail(err, AQ_SYNTAX, "the URL has a NUL character in it");
        *at++ = c;
    }
    *at = 0;
    if (aq_utf8_valid(aq_slice(to, (size_t)(at - to))) != (size_t)(at - to))
        return aq_fail(err, AQ_SYNTAX, "the URL is not UTF-8");
    *out = (const char *)to;
    return AQ_OK;
}

/* Forms send "1", "on" or nothing for what is checked. */
static const char *flag_value(const char *value)
{
    if (!*value || strcmp(value, "1") == 0 || strcmp(value, "on") == 0)
        return "true";
    return strcmp(value, "0") == 0 ? "false" : value;
}

static enum aq_status read_one(const struct aq_option_group *table, struct aq_slice pair, bool lenient,
                               struct aq_params *params, struct aq_arena *arena, struct aq_error *err)
{
    const uint8_t *equals = memchr(pair.ptr, '=', pair.len);
    size_t len = equals ? (size_t)(equals - pair.ptr) : pair.len;
    const char *name, *value = "";
    enum aq_status st = aq_percent_decode(aq_slice(pair.ptr, len), true, arena, &name, err);
    if (!st && equals)
        st = aq_percent_decode(aq_slice(equals + 1, pair.len - len - 1), true, arena, &value, err);
    if (st)
        return st;
    const struct aq_option *o = aq_option_named(table, 1, name, strlen(name));
    if (!o) {
        const char *nearest = aq_option_nearest(table, 1, name, strlen(name));
        return aq_fail(err, AQ_SYNTAX, "no parameter \"%.60s\"%s%s%s; /openapi.json lists them", name,
                       nearest ? " (did you mean " : "", nearest ? nearest : "", nearest ? "?)" : "");
    }
    if (o->kind == AQ_OPTION_FLAG)
        value = flag_value(value);
    else if (!*value && (lenient || o->field != FIELD(q))) /* an empty field of a form is not filled in */
        return AQ_OK;
    return aq_option_assign(o, o->name, value, table, params, arena, err);
}

enum aq_status aq_params_read(const struct aq_option_group *table, struct aq_slice query, bool lenient,
                              struct aq_params *params, struct aq_arena *arena, struct aq_error *err)
{
    *params = (struct aq_params){.q = "", .per_thread = 2};
    for (const uint8_t *p = query.ptr, *end = p + query.len; p < end;) {
        const uint8_t *amp = memchr(p, '&', (size_t)(end - p));
        size_t len = (size_t)((amp ? amp : end) - p);
        enum aq_status st = len ? read_one(table, aq_slice(p, len), lenient, params, arena, err) : AQ_OK;
        if (st && !(lenient && st == AQ_SYNTAX))
            return st;
        p += len + 1;
    }
    return AQ_OK;
}

/* ---- a search ---- */

static enum aq_status read_facets(const struct aq_params *params, struct aq_arena *arena,
                                  struct aq_search_request *request, struct aq_error *err)
{
    size_t most = 0;
    for (size_t i = 0; i < params->facets.count; i++)
        most += strlen(params->facets.items[i]);
    struct aq_facet_request *facets = aq_arena_alloc(arena, (most + 1) * sizeof *facets);
    if (!facets)
        return aq_fail_nomem(err);
    for (size_t i = 0; i < params->facets.count; i++)
        for (const char *text = params->facets.items[i];
             text && aq_facet_next(&text, &facets[request->facet_count]);)
            request->facet_count++;
    request->facets = facets;
    return AQ_OK;
}

enum aq_status aq_params_request(const struct aq_params *params, const struct aq_synonyms *synonyms,
                                 struct aq_arena *arena, struct aq_search_request *request, struct aq_error *err)
{
    *request = (struct aq_search_request){
        .query = aq_slice_str(params->q),
        .limit = params->limit ? (uint32_t)params->limit : LIMIT,
        .offset = (uint32_t)params->offset,
        .group = (enum aq_group)params->group,
        .sort = (enum aq_sort)params->sort,
        .authors = params->authors.items,
        .author_count = params->authors.count,
        .threads = params->threads.items,
        .thread_count = params->threads.count,
        .snippets = (uint32_t)params->snippets,
        .per_thread = params->per_thread ? (uint32_t)params->per_thread : UINT32_MAX,
        .further = (uint32_t)params->further,
        .snapshot = (uint32_t)params->snapshot,
        .synonyms = synonyms,
        .without_concepts = params->drop.items,
        .without_concept_count = params->drop.count,
        .flags = (params->plain ? AQ_QUERY_PLAIN : 0u) | (params->strict ? AQ_QUERY_STRICT : 0u) |
                 (params->explain ? AQ_EXPLAIN : 0u) | (params->concepts ? AQ_CONCEPTS : 0u) |
                 (params->count ? AQ_COUNT_EXACT : 0u)};
    for (size_t i = 0; i < params->prefer.count; i++)
        request->prefer |= aq_preference_named(params->prefer.items[i]);
    if (params->after || params->before) {
        request->after = request->before = AQ_NO_DATE;
        if (params->after)
            aq_date_read(params->after, &request->after);
        if (params->before)
            aq_date_read(params->before, &request->before);
        if (params->after && params->before && request->after >= request->before)
            return aq_fail(err, AQ_SYNTAX, "after=%.40s is not earlier than before=%.40s: no date lies between",
                           params->after, params->before);
    }
    return read_facets(params, arena, request, err);
}
