/* settings.h - what aq-serve can be told on its command line. */
#ifndef AQ_SERVER_SETTINGS_H
#define AQ_SERVER_SETTINGS_H

#include "usage.h"

struct aq_serve_settings {
    const char *index;
    bool no_config, help, version;

    const char *listen; /* "127.0.0.1:8080", "[::1]:8080" */
    uint64_t threads;   /* 0: as many as there are processors, at most 8 */
    uint64_t connections;
    uint64_t rate;      /* requests a second of one address; 0: any number */
    uint64_t cache_mb;
    struct aq_option_list origins, proxies;
    const char *access_log; /* a file, "-" for standard output, NULL: none */
    bool log_queries;
    const char *synonyms;
    bool no_synonyms, no_page;
    const char *title, *public_url;
};

extern const struct aq_program aq_serve_program;
extern const struct aq_usage aq_serve_usage;
extern const struct aq_serve_settings aq_serve_defaults;

#endif
