/* cmd_search.c - aq [search] QUERY... and aq related ID, which differ only in where the
 * words come from. */
#include "around.h"
#include "cli.h"
#include "date.h"
#include "print_text.h"
#include "records.h"
#include "synonyms_file.h"
#include "template.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { LIMIT = 10, LIMIT_MOST = 10000, OFFSET_MOST = 100000, SNIPPETS_MOST = 5, FURTHER_MOST = 20 };

#define FIELD(name) offsetof(struct aq_settings, name)
static const struct aq_option options[] = {
    {.name = "limit", .letter = 'n', .kind = AQ_OPTION_NUMBER, .field = FIELD(limit), .value = "N",
     .max = LIMIT_MOST,
     .help = "hits wanted (default 10); 0: only totals and facets"},
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
    {.name = "further", .kind = AQ_OPTION_NUMBER, .field = FIELD(further), .value = "N", .max = FURTHER_MOST,
     .help = "with --group thread: the next best comments of each thread to show (default 3); 0: none",
     .more = "They are those that the same search in the thread alone (--thread) has next to the hit. Below them "
             "stands how many more match."},
    {.name = "author", .kind = AQ_OPTION_LIST, .field = FIELD(authors), .value = "NAME",
     .help = "only comments by this author; repeat it for any of several"},
    {.name = "thread", .kind = AQ_OPTION_LIST, .field = FIELD(threads), .value = "ID",
     .help = "only comments of this thread; repeat it for any of several"},
    {.name = "after", .kind = AQ_OPTION_TEXT, .field = FIELD(after), .value = "DATE",
     .accepts = aq_is_date, .form = aq_date_form,
     .help = "only from the start of DATE on: 2019, 2019-05 or 2019-05-31",
     .more = "A time may follow, as in `2019-05-31T18:00`. Dates are in UTC unless they end in an offset "
             "such as `+02:00`."},
    {.name = "before", .kind = AQ_OPTION_TEXT, .field = FIELD(before), .value = "DATE",
     .accepts = aq_is_date, .form = aq_date_form,
     .help = "only earlier than the start of DATE"},
    {.name = "snippets", .kind = AQ_OPTION_NUMBER, .field = FIELD(snippets), .value = "N",
     .min = 1, .max = SNIPPETS_MOST,
     .help = "parts of a long passage to show, up to 5 (default 1)",
     .more = "They do not overlap, and there are only as many as show words that were found. They come from all "
             "passages of a comment that match, which are no hits of their own then."},
    {.name = "synonyms", .kind = AQ_OPTION_TEXT, .field = FIELD(synonyms), .value = "FILE",
     .complete = AQ_COMPLETE_FILES,
     .help = "use the synonyms in FILE, not those that aq has of its own",
     .more = "SYNONYMS below says what is in such a file."},
    {.name = "no-synonyms", .kind = AQ_OPTION_FLAG, .field = FIELD(no_synonyms),
     .help = "search for nothing but the words given"},
    {.name = "concepts", .kind = AQ_OPTION_FLAG, .field = FIELD(concepts),
     .help = "words that stand out in the best hits count for the order, too",
     .more = "What was typed stays what finds hits; where there are fewer than were wanted, such words find more, "
             "behind all others. Which they were is said below the hits. Queries with a phrase have none. A tilde "
             "before a word (`~qualia`) asks for those of this word alone."},
    {.name = "without-concept", .kind = AQ_OPTION_LIST, .field = FIELD(without_concepts), .value = "WORD",
     .help = "but not this one; repeat it for several"},
    {.name = "count", .kind = AQ_OPTION_FLAG, .field = FIELD(count),
     .help = "print only the exact number of comments that match",
     .more = "By --group it is the number of threads, authors or passages."},
    {.name = "context", .letter = 'C', .kind = AQ_OPTION_NUMBER, .field = FIELD(context), .value = "N",
     .max = AQ_AROUND_MOST,
     .help = "with each hit the N comments it answers and the first N below it, in brief (default 0)"},
    {.name = "format", .kind = AQ_OPTION_TEXT, .field = FIELD(template), .value = "TEMPLATE",
     .help = "print each hit as this says: '{id}\\t{author}\\t{snippet}'",
     .more = "See FORMATS."},
    {.name = "facet", .kind = AQ_OPTION_LIST, .field = FIELD(facets), .value = "KIND",
     .accepts = aq_is_facets, .form = aq_facets_form,
     .help = "count matching comments by author, thread, tag, year, month or day; several: author,year",
     .more = "The ten values with most comments are printed, or as many as follow a colon, as in `author:20`; "
             "of years, months and days all. A comment counts once, however many of its passages match and "
             "whatever --group says. Counts are exact, and make totals so. With `-n 0` nothing else is printed.",
     .never_saved = true},
    {.name = "over-time", .kind = AQ_OPTION_FLAG, .field = FIELD(over_time),
     .help = "count matching comments by year, month or day, as the dates are far apart",
     .more = "Days where all lie within 31, months within 36, else years.",
     .never_saved = true},
    {.name = "prefer", .kind = AQ_OPTION_LIST, .field = FIELD(prefer), .value = "WHAT",
     .accepts = aq_is_preference, .form = aq_preference_form,
     .help = "of hits that say as much, those with more points, or more recent ones; repeat it for both",
     .more = "Each adds at most a fifth to a score, and never more than the words are worth. --explain shows how much."},
    {.name = "per-thread", .kind = AQ_OPTION_NUMBER, .field = FIELD(per_thread), .value = "N", .max = LIMIT_MOST,
     .help = "comments of one thread among the first ten hits (default 2); 0: any number",
     .more = "Its further ones go behind the next best of other threads, from among the best hundred that are as "
             "good a match: a hit with some of the words does not go before one with all of them, nor a quote before "
             "an author's own words. Where threads are asked for, and with --group and --sort, it means nothing."},
    {.name = "snapshot", .kind = AQ_OPTION_NUMBER, .field = FIELD(snapshot), .value = "N", .max = UINT32_MAX,
     .help = "for further pages: leave out comments that were added after the first page",
     .more = "N is `snapshot` in the last record that --json prints with the first page.",
     .never_saved = true},
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

static enum aq_status read_facets(struct aq_cli *cli, struct aq_search_request *request)
{
    const struct aq_settings *set = &cli->set;
    size_t most = 1;
    for (size_t i = 0; i < set->facets.count; i++)
        most += strlen(set->facets.items[i]);
    struct aq_facet_request *facets = aq_arena_alloc(&cli->arena, most * sizeof *facets);
    if (!facets)
        return aq_fail_nomem(&cli->err);
    for (size_t i = 0; i < set->facets.count; i++)
        for (const char *text = set->facets.items[i]; text && aq_facet_next(&text, &facets[request->facet_count]);)
            request->facet_count++;
    if (set->over_time)
        facets[request->facet_count++] = (struct aq_facet_request){.kind = AQ_FACET_TIME};
    request->facets = facets;
    if (set->count && request->facet_count)
        return aq_fail(&cli->err, AQ_SYNTAX, "--count prints nothing but a number; for facets without hits: -n 0");
    if (set->template && request->facet_count)
        return aq_fail(&cli->err, AQ_SYNTAX, "--format prints nothing but hits; for facets leave it out, or: -n 0 --json");
    return AQ_OK;
}

static enum aq_status make_request(struct aq_cli *cli, struct aq_search_request *request)
{
    const struct aq_settings *set = &cli->set;
    *request = (struct aq_search_request){
        .query = aq_cli_join_words(cli),
        .limit = (uint32_t)(set->limit == AQ_NOT_GIVEN ? LIMIT : set->limit),
        .offset = (uint32_t)set->offset,
        .group = (enum aq_group)set->group,
        .sort = (enum aq_sort)set->sort,
        .authors = set->authors.items,
        .author_count = set->authors.count,
        .threads = set->threads.items,
        .thread_count = set->threads.count,
        .snippets = (uint32_t)set->snippets,
        .per_thread = set->per_thread ? (uint32_t)set->per_thread : UINT32_MAX,
        .further = (uint32_t)set->further,
        .snapshot = (uint32_t)set->snapshot,
        .flags = set->limit == 0 ? AQ_NO_HITS : 0,
    };
    if (!request->query.ptr)
        return aq_fail_nomem(&cli->err);
    if (!set->quiet && read_facets(cli, request))
        return cli->err.status;
    if (set->count || set->quiet) { /* one hit tells whether there are any */
        request->limit = set->limit == 0 ? 0 : 1;
        request->offset = set->count ? 0 : request->offset;
        request->flags |= AQ_NO_TEXT;
        request->further = 0;
    }
    if (set->count)
        request->flags |= AQ_COUNT_EXACT;
    request->flags |= set->concepts ? AQ_CONCEPTS : 0u;
    request->without_concepts = set->without_concepts.items;
    request->without_concept_count = set->without_concepts.count;
    for (size_t i = 0; i < set->prefer.count; i++)
        request->prefer |= aq_preference_named(set->prefer.items[i]);
    request->flags |= (set->strict ? AQ_QUERY_STRICT : 0u) | (set->explain && !set->quiet ? AQ_EXPLAIN : 0u);
    return read_dates(set, request, &cli->err);
}

static void print_count(struct aq_cli *cli, const struct aq_search_request *request,
                        const struct aq_result *result)
{
    uint64_t n = request->group == AQ_GROUP_NONE ? result->total_passages : result->total_groups;
    aq_buf_printf(&cli->out.buf, "%llu\n", (unsigned long long)n);
}

/* What a hit answers, the nearest first, and what answers it. */
static void print_around(struct aq_cli *cli, const struct aq_thread_view *around)
{
    for (uint32_t i = around ? around->asked : 0; i-- > 0;)
        aq_json_comment(&cli->out.buf, &around->comments[i].comment, "parent", around->asked - i);
    for (uint32_t i = around ? around->asked + 1 : 0; around && i < around->count; i++)
        aq_json_comment(&cli->out.buf, &around->comments[i].comment, "reply",
                        around->comments[i].level - around->comments[around->asked].level);
}

/* Records, but no hits for a count. */
static void print_json(struct aq_cli *cli, const struct aq_search_request *request, struct aq_result *result,
                       const struct aq_around *around)
{
    aq_json_begin(&cli->out.buf, request, (struct aq_slice){0});
    if (request->flags & AQ_EXPLAIN)
        aq_json_query(&cli->out.buf, result);
    if (cli->set.count)
        result->hit_count = 0;
    for (uint32_t i = 0; i < result->hit_count; i++) {
        aq_json_hit(&cli->out.buf, &result->hits[i]);
        print_around(cli, around ? around[i].view : NULL);
    }
    for (size_t i = 0; i < result->facet_count; i++)
        aq_json_facet(&cli->out.buf, &result->facets[i]);
    aq_json_end(&cli->out.buf, result, (struct aq_slice){0});
}

/* The totals are for people: below the hits on a terminal, else on standard error
 * when that is one, else nowhere. */
static void print_text(struct aq_cli *cli, const struct aq_search_request *request,
                       const struct aq_result *result, const struct aq_around *around)
{
    aq_text_hits(&cli->out, request, result, around);
    aq_text_facets(&cli->out, result);
    if (cli->out.terminal.tty) {
        aq_text_totals(&cli->out.buf, &cli->out.terminal, request, result);
        return;
    }
    struct aq_terminal errors;
    aq_terminal_detect(&errors, STDERR_FILENO, (enum aq_color)cli->set.color);
    if (errors.tty)
        aq_text_totals(&cli->notes, &errors, request, result);
}

static void print_formatted(struct aq_cli *cli, const struct aq_template *format, const struct aq_search_request *request,
                            const struct aq_result *result)
{
    for (uint32_t i = 0; i < result->hit_count; i++)
        aq_template_write(format, &cli->out.buf, &(struct aq_hit_record){&result->hits[i], request->offset + i + 1});
}

static enum aq_status print(struct aq_cli *cli, const struct aq_search_request *request, struct aq_result *result,
                            const struct aq_template *format)
{
    const struct aq_settings *set = &cli->set;
    struct aq_around *around = NULL;
    uint32_t context = set->context == AQ_NOT_GIVEN ? 0 : (uint32_t)set->context;
    enum aq_status st = AQ_OK;
    if (context && !set->count && !set->template)
        st = aq_around_read(cli, result, aq_hits_leading(request, result), context, &around);
    if (st)
        ;
    else if (set->json)
        print_json(cli, request, result, around);
    else if (set->count)
        print_count(cli, request, result);
    else if (set->template)
        print_formatted(cli, format, request, result);
    else
        print_text(cli, request, result, around);
    aq_around_free(around, result->hit_count);
    return st;
}

/* The first words of a query that was made, each once: they follow each other as often as
 * they count. */
static void print_words(struct aq_output *out, struct aq_slice query)
{
    enum { SHOWN = 10 };
    struct aq_styled line = {0};
    struct aq_slice last = {0};
    unsigned count = 0;
    aq_styled_str(&line, "searched for", AQ_STYLE_FAINT);
    for (size_t at = 0; at < query.len;) {
        const uint8_t *word = query.ptr + at, *space = memchr(word, ' ', query.len - at);
        struct aq_slice w = aq_slice(word, space ? (size_t)(space - word) : query.len - at);
        at += w.len + 1;
        if (aq_slice_eq(w, last))
            continue;
        last = w;
        if (count++ >= SHOWN)
            continue;
        aq_styled_str(&line, count > 1 ? ", " : " ", AQ_STYLE_FAINT);
        aq_styled_line(&line, w, AQ_STYLE_FAINT);
    }
    char more[48];
    snprintf(more, sizeof more, " and %u more word%s", count - SHOWN, count == SHOWN + 1 ? "" : "s");
    if (count > SHOWN)
        aq_styled_str(&line, more, AQ_STYLE_FAINT);
    aq_styled_write(&line, &out->buf, &out->terminal, "");
    aq_styled_free(&line);
    aq_buf_u8(&out->buf, '\n');
}

/* A search, or (related_to.ptr not NULL) one for what is like a comment. */
static int answer(struct aq_cli *cli, struct aq_search_request *request, struct aq_slice related_to)
{
    const struct aq_settings *set = &cli->set;
    struct aq_result *result = NULL;
    struct aq_template format = {0};
    if (aq_cli_one_form(cli) ||
        (set->template && aq_template_of_hits(set->template, &cli->arena, &format, &cli->err)))
        return aq_cli_fail(cli);
    int status = aq_cli_open(cli);
    if (status)
        return status;
    enum aq_status st = related_to.ptr ? aq_related(cli->reader, related_to, 0, request, &result, &cli->err)
                                       : aq_search(cli->reader, request, &result, &cli->err);
    if (st == AQ_NOTFOUND && related_to.ptr)
        return aq_cli_no_such(cli, "related", "comment", related_to);
    if (st)
        return aq_cli_fail(cli);
    request->query = result->query;
    bool found = set->count || set->limit == 0 ? result->total_passages > 0 : result->hit_count > 0;
    bool for_people = !set->json && !set->count && !set->template && !set->quiet;
    if (related_to.ptr && for_people && cli->out.terminal.tty && result->query.len)
        print_words(&cli->out, result->query);
    if (!set->quiet)
        st = print(cli, request, result, &format);
    cli->out.page = for_people && !set->no_pager;
    aq_result_free(result);
    return st ? aq_cli_fail(cli) : found ? AQ_EXIT_HIT : AQ_EXIT_NONE;
}

static int search(struct aq_cli *cli)
{
    struct aq_search_request request;
    struct aq_synonyms *synonyms;
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
        return place.end ? aq_cli_fail_at(cli, request.query, place) : aq_cli_fail(cli);
    if (aq_synonyms_wanted(cli, &synonyms))
        return aq_cli_fail(cli);
    request.synonyms = synonyms;
    int status = answer(cli, &request, (struct aq_slice){0});
    aq_synonyms_free(synonyms);
    return status;
}

static int related(struct aq_cli *cli)
{
    struct aq_search_request request;
    if (cli->words.count != 1)
        return aq_cli_one_id(cli, "related", "one comment");
    if (make_request(cli, &request))
        return aq_cli_fail(cli);
    request.flags |= AQ_QUERY_PLAIN;
    return answer(cli, &request, request.query);
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

const struct aq_command aq_command_related = {
    {.name = "related",
     .words = "ID",
     .summary = "find comments that are about the same as this one",
     .details = "The words that tell most about the comment, by how often it has them and how few other passages "
                "do, are searched for: up to 25, its quotes left out. The comment itself and those that repeat "
                "it are left out. What the options do, they do for a search.",
     .options = {"Search options", options, AQ_COUNT(options)}},
    related,
};
