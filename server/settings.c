/* settings.c - see settings.h. */
#include "settings.h"

#include <arpa/inet.h>

const struct aq_serve_settings aq_serve_defaults = {
    .listen = "127.0.0.1:8080", .connections = 4096, .cache_mb = 16, .title = "Search"};

/* As browsers send it: a scheme, a host, perhaps a port, nothing behind. */
static bool is_origin(const char *text)
{
    if (strcmp(text, "*") == 0 || strcmp(text, "null") == 0)
        return true;
    const char *host = strncmp(text, "https://", 8) == 0 ? text + 8 : strncmp(text, "http://", 7) == 0 ? text + 7 : "";
    return *host && !strpbrk(host, "/?# ,");
}

static bool is_address(const char *text)
{
    struct in6_addr any;
    return inet_pton(AF_INET, text, &any) == 1 || inet_pton(AF_INET6, text, &any) == 1;
}

static bool is_url(const char *text)
{
    return (strncmp(text, "https://", 8) == 0 && text[8]) || (strncmp(text, "http://", 7) == 0 && text[7]);
}

#define FIELD(name) offsetof(struct aq_serve_settings, name)

static const struct aq_option common[] = {
    {.name = "index", .letter = 'i', .kind = AQ_OPTION_TEXT, .field = FIELD(index), .value = "DIR",
     .help = "the index (default: $AQ_INDEX, else .aq here or above, else the config file's, else "
             "~/.local/share/aq)",
     .complete = AQ_COMPLETE_DIRS},
    {.name = "no-config", .kind = AQ_OPTION_FLAG, .field = FIELD(no_config), .help = "read no config file",
     .more = "Nothing but the index is taken from it."},
    {.name = "help", .letter = 'h', .kind = AQ_OPTION_FLAG, .field = FIELD(help), .help = "print help"},
    {.name = "version", .kind = AQ_OPTION_FLAG, .field = FIELD(version), .help = "print the version"},
};

static const struct aq_option options[] = {
    {.name = "listen", .letter = 'l', .kind = AQ_OPTION_TEXT, .field = FIELD(listen), .value = "ADDRESS:PORT",
     .help = "where to listen (default 127.0.0.1:8080); port 0: any that is free",
     .more = "`[::1]:8080` is an address of IPv6. There is no TLS here: what is open to others belongs behind a "
             "proxy that has it. A socket handed over by systemd is used instead."},
    {.name = "threads", .kind = AQ_OPTION_NUMBER, .field = FIELD(threads), .value = "N", .min = 1, .max = 64,
     .help = "threads that search (default: as many as there are processors, at most 8)"},
    {.name = "connections", .kind = AQ_OPTION_NUMBER, .field = FIELD(connections), .value = "N", .min = 1,
     .max = 100000, .help = "connections at a time (default 4096); more wait to be taken"},
    {.name = "rate", .kind = AQ_OPTION_NUMBER, .field = FIELD(rate), .value = "N", .max = 100000,
     .help = "requests of one address a second (default 0: any number); more are answered with 429",
     .more = "Four times as many may come at once after a rest. Addresses of IPv6 count by their first 64 bits."},
    {.name = "trust-proxy", .kind = AQ_OPTION_LIST, .field = FIELD(proxies), .value = "ADDRESS",
     .accepts = is_address, .form = "an address such as 127.0.0.1 or ::1",
     .help = "believe X-Forwarded-For when it comes from this address; repeat it for several"},
    {.name = "allow-origin", .kind = AQ_OPTION_LIST, .field = FIELD(origins), .value = "ORIGIN",
     .accepts = is_origin, .form = "an origin such as https://forum.example, or *",
     .help = "let pages of this origin search; repeat it for several, * for all"},
    {.name = "cache", .kind = AQ_OPTION_NUMBER, .field = FIELD(cache_mb), .value = "MB", .max = 4096,
     .help = "megabytes of answers to keep (default 16); 0: none",
     .more = "They are dropped when the index changes."},
    {.name = "access-log", .kind = AQ_OPTION_TEXT, .field = FIELD(access_log), .value = "FILE",
     .complete = AQ_COMPLETE_FILES,
     .help = "append a line for each request in the combined log format; -: to standard output",
     .more = "What was searched for is left out."},
    {.name = "log-queries", .kind = AQ_OPTION_FLAG, .field = FIELD(log_queries),
     .help = "in that log, keep what was searched for"},
    {.name = "synonyms", .kind = AQ_OPTION_TEXT, .field = FIELD(synonyms), .value = "FILE",
     .complete = AQ_COMPLETE_FILES, .help = "use the synonyms in FILE, not those that aq has of its own"},
    {.name = "no-synonyms", .kind = AQ_OPTION_FLAG, .field = FIELD(no_synonyms),
     .help = "search for nothing but the words given"},
    {.name = "title", .kind = AQ_OPTION_TEXT, .field = FIELD(title), .value = "TEXT",
     .help = "what the search page is called (default: Search)"},
    {.name = "public-url", .kind = AQ_OPTION_TEXT, .field = FIELD(public_url), .value = "URL", .accepts = is_url,
     .form = "a URL such as https://search.example",
     .help = "where others reach this server; for browsers that add it as a search engine"},
    {.name = "no-page", .kind = AQ_OPTION_FLAG, .field = FIELD(no_page), .help = "JSON only: no search page"},
};

const struct aq_usage aq_serve_usage = {
    .name = "serve",
    .words = "",
    .summary = "answer searches over HTTP, with a page and as JSON",
    .details = "Serves a search page at `/`, an element for other pages at `/aq-search.js`, and JSON at `/search`, "
               "`/suggest`, `/concepts`, `/items/ID`, `/threads/ID` and `/related/ID`; `/openapi.json` describes "
               "them. What is committed to the index is found at once. SIGTERM and SIGINT end it when the "
               "answers under way are sent.\n\n"
               "It reads the index and nothing else: after opening it, the program gives up the right to open "
               "other files and to run other programs (Landlock and seccomp).",
    .options = {"Options of serve", options, AQ_COUNT(options)},
};

static const struct aq_usage *const usages[] = {&aq_serve_usage};

const struct aq_program aq_serve_program = {
    .name = "aq", /* its command "serve" */
    .about = "aq serve answers searches over HTTP.",
    .commands = usages,
    .command_count = AQ_COUNT(usages),
    .common = {"Common options", common, AQ_COUNT(common)},
    .closing = "",
};
