/* cmd_search.c - aq [search] QUERY... */
#include "cli.h"
#include "date.h"
#include "print_json.h"
#include "print_text.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

const char *const aq_sort_names[] = {
    [AQ_SORT_RELEVANCE] = "relevance", [AQ_SORT_DATE] = "date", [AQ_SORT_SCORE] = "score", NULL};
const char *const aq_group_names[] = {[AQ_GROUP_COMMENT] = "comment",
                                      [AQ_GROUP_NONE] = "none",
                                      [AQ_GROUP_THREAD] = "thread",
                                      [AQ_GROUP_AUTHOR] = "author",
                                      NULL};

enum { LIMIT = 10, LIMIT_MOST = 10000, OFFSET_MOST = 100000 };

static bool is_date(const char *text)
{
    int64_t date;
    return aq_date_read(text, &date);
}
static const char date_form[] = "a date such as 2019, 2019-05, 2019-05-31 or 2019-05-31T18:00Z";

#define FIELD(name) offsetof(struct aq_settings, name)
static const struct aq_option options[] = {
    {.name = "limit", .letter = 'n', .kind = AQ_OPTION_NUMBER, .field = FIELD(limit), .value = "N",
     .min = 1, .max = LIMIT_MOST,
     .help = "hits wanted (default 10)"},
    {.name = "offset", .kind = AQ_OPTION_NUMBER, .field = FIELD(offset), .value = "N", .max = OFFSET_MOST,
     .help = "hits to pass over first (default 0)"},
    {.name = "sort", .kind = AQ_OPTION_CHOICE, .field = FIELD(sort), .value = "BY",
     .choices = aq_sort_names,
     .help = "order by relevance (default), date (newest first) or score (most points first)"},
    {.name = "group", .kind = AQ_OPTION_CHOICE, .field = FIELD(group), .value = "BY",
     .choices = aq_group_names,
     .help = "one hit for each comment (default), thread or author; none: every passage is a hit",
     .more = "A hit is the best passage of its group, with the number of its further passages. By comment, "
             "where fewer comments match than hits were wanted, their further passages follow."},
    {.name = "author", .kind = AQ_OPTION_LIST, .field = FIELD(authors), .value = "NAME",
     .help = "only comments by this author; repeat it for any of several"},
    {.name = "thread", .kind = AQ_OPTION_LIST, .field = FIELD(threads), .value = "ID",
     .help = "only comments of this thread; repeat it for any of several"},
    {.name = "after", .kind = AQ_OPTION_TEXT, .field = FIELD(after), .value = "DATE",
     .accepts = is_date, .form = date_form,
     .help = "only from the start of DATE on: 2019, 2019-05 or 2019-05-31",
     .more = "A time may follow, as in `2019-05-31T18:00`. Dates are in UTC unless they end in an offset "
             "such as `+02:00`."},
    {.name = "before", .kind = AQ_OPTION_TEXT, .field = FIELD(before), .value = "DATE",
     .accepts = is_date, .form = date_form,
     .help = "only earlier than the start of DATE"},
    {.name = "count", .kind = AQ_OPTION_FLAG, .field = FIELD(count),
     .help = "print only the exact number of comments that match",
     .more = "By --group it is the number of threads, authors or passages."},
    {.name = "explain", .kind = AQ_OPTION_FLAG, .field = FIELD(explain),
     .help = "show how the query was understood and what each score is made of",
     .more = "The query is shown as a tree, with the words of the index that it asks for and in how many passages "
             "these are. Below each hit stand the shares of its words, which add up to its score."},
    {.name = "strict", .kind = AQ_OPTION_FLAG, .field = FIELD(strict),
     .help = "fail where something in the query cannot be meant as syntax, and show where",
     .more = "Otherwise it is taken for text: nothing that is typed is an error then. For scripts."},
};

static enum aq_status read_dates(const struct aq_settings *set, struct aq_search_request *request,
                                 struct aq_error *err)
{
    if (!set->after && !set->before)
        return AQ_OK;
    request->after = request->before = AQ_NO_DATE;
    if (set->after)
        aq_date_read(set->after, &request->after);
    if (set->before)
        aq_date_read(set->before, &request->before);
    if (set->after && set->before && request->after >= request->before)
        return aq_fail(err, AQ_SYNTAX,
                       "--after %.40s is not earlier than --before %.40s: no date lies between", set->after,
                       set->before);
    return AQ_OK;
}

static enum aq_status make_request(struct aq_cli *cli, struct aq_search_request *request)
{
    const struct aq_settings *set = &cli->set;
    *request = (struct aq_search_request){
        .query = aq_cli_join_words(cli),
        .limit = (uint32_t)(set->limit ? set->limit : LIMIT),
        .offset = (uint32_t)set->offset,
        .group = (enum aq_group)set->group,
        .sort = (enum aq_sort)set->sort,
        .authors = set->authors.items,
        .author_count = set->authors.count,
        .threads = set->threads.items,
        .thread_count = set->threads.count,
    };
    if (!request->query.ptr)
        return aq_fail_nomem(&cli->err);
    if (set->count || set->quiet) { /* one hit tells whether there are any */
        request->limit = 1;
        request->offset = set->count ? 0 : request->offset;
        request->flags |= AQ_NO_TEXT;
    }
    if (set->count)
        request->flags |= AQ_COUNT_EXACT;
    request->flags |= (set->strict ? AQ_QUERY_STRICT : 0u) | (set->explain && !set->quiet ? AQ_EXPLAIN : 0u);
    return read_dates(set, request, &cli->err);
}

static void print_count(struct aq_cli *cli, const struct aq_search_request *request,
                        const struct aq_result *result)
{
    uint64_t n = request->group == AQ_GROUP_NONE ? result->total_passages : result->total_groups;
    aq_buf_printf(&cli->out.buf, "%llu\n", (unsigned long long)n);
}

/* Records, but no hits for a count. */
static void print_json(struct aq_cli *cli, const struct aq_search_request *request, struct aq_result *result)
{
    aq_json_begin(&cli->out.buf, request, (struct aq_slice){0});
    if (request->flags & AQ_EXPLAIN)
        aq_json_query(&cli->out.buf, result);
    if (cli->set.count)
        result->hit_count = 0;
    for (uint32_t i = 0; i < result->hit_count; i++)
        aq_json_hit(&cli->out.buf, &result->hits[i]);
    aq_json_end(&cli->out.buf, result, (struct aq_slice){0});
}

/* The totals are for people: below the hits on a terminal, else on standard error
 * when that is one, else nowhere. */
static void print_text(struct aq_cli *cli, const struct aq_search_request *request,
                       const struct aq_result *result)
{
    aq_text_hits(&cli->out, request, result);
    if (cli->out.terminal.tty) {
        aq_text_totals(&cli->out.buf, &cli->out.terminal, request, result);
        return;
    }
    struct aq_terminal errors;
    aq_terminal_detect(&errors, STDERR_FILENO, (enum aq_color)cli->set.color);
    if (errors.tty)
        aq_text_totals(&cli->notes, &errors, request, result);
}

static int search(struct aq_cli *cli)
{
    struct aq_search_request request;
    struct aq_result *result = NULL;
    struct aq_range place;
    const struct aq_settings *set = &cli->set;
    bool filtered = set->authors.count || set->threads.count || set->after || set->before;
    if (cli->words.count == 0 && !filtered) {
        aq_fail(&cli->err, AQ_SYNTAX, "nothing to search for; try: aq WORD...   or: aq --help");
        return aq_cli_fail(cli);
    }
    if (make_request(cli, &request))
        return aq_cli_fail(cli);
    if (set->strict && aq_query_check(request.query, time(NULL), &place, &cli->err))
        return aq_cli_fail_at(cli, request.query, place);
    int status = aq_cli_open(cli);
    if (status)
        return status;
    if (aq_search(cli->reader, &request, &result, &cli->err))
        return aq_cli_fail(cli);
    bool found = set->count ? result->total_passages > 0 : result->hit_count > 0;
    if (set->quiet)
        ;
    else if (set->json)
        print_json(cli, &request, result);
    else if (set->count)
        print_count(cli, &request, result);
    else
        print_text(cli, &request, result);
    cli->out.page = !set->json && !set->count && !set->no_pager;
    aq_result_free(result);
    return found ? AQ_EXIT_HIT : AQ_EXIT_NONE;
}

const struct aq_command aq_command_search = {
    {.name = "search",
     .words = "QUERY...",
     .summary = "find the passages that answer a query",
     .details =
         "The words are joined by spaces. Passages with all of two to four words come first, then those with "
         "some. `\"quoted words\"` are an exact phrase, `+word` must be there and `-word` must not; quote "
         "them for the shell: `aq '\"hard problem\" -chess'`. After `--` every argument is a word, also one that "
         "starts with `-`.\n\n"
         "The name of the command may be left out, unless the first word of the query is the name of one: "
         "`aq search stats` searches for the word stats.\n\n"
         "A filter (--author, --thread, --after, --before) is enough of a query: the newest comments that "
         "pass are listed.",
     .options = {"Search options", options, AQ_COUNT(options)}},
    search,
};
