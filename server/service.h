/* service.h - a request in, an answer out, whoever carries both: routes, methods, rates,
 * caching, kinds of error. Knows HTTP's meaning (RFC 9110), nothing of sockets. */
#ifndef AQ_SERVER_SERVICE_H
#define AQ_SERVER_SERVICE_H

#include "answers.h"
#include "cache.h"
#include "files.h"
#include "limiter.h"
#include "metrics.h"
#include "routes.h"
#include "settings.h"

struct aq_service {
    const struct aq_serve_settings *set;
    struct aq_synonyms *synonyms;
    struct aq_cache *cache;
    struct aq_limiter *limiter;
    struct aq_metrics metrics;
    int64_t started; /* seconds since 1970 */
};

/* What a thread has to itself. */
struct aq_worker {
    struct aq_service *service;
    struct aq_reader *reader;
    struct aq_arena arena; /* of the request */
    struct aq_buf out, key;
};

enum { AQ_URL_MOST = 8192 }; /* bytes */

/* Lifetime of all strings: the request's. */
struct aq_request {
    const char *method, *url; /* url: a path, perhaps with a query, as it was sent; NULL: above AQ_URL_MOST */
    bool has_body;            /* one is announced, of any length */
    bool unsound;             /* a header cannot be one: where the request ends is in doubt */
    struct in6_addr peer;     /* IPv4 as ::ffff:a.b.c.d */
    uint64_t now;             /* milliseconds of a clock that only goes forward */
    /* The value of a header, NULL without; of several the first. */
    const char *(*header)(void *context, const char *name);
    void *context;
};

enum { AQ_HEADERS_MOST = 16 };
struct aq_response {
    unsigned status;
    struct {
        const char *name, *value;
    } headers[AQ_HEADERS_MOST];
    size_t header_count;
    struct aq_body *body;     /* held for the caller; NULL: `fixed` is the body */
    struct aq_slice fixed;    /* lives as long as the program */
    bool close;               /* nothing more is to be read from this connection */
    size_t route;             /* for metrics */
    struct in6_addr client;   /* whom it is for, proxies believed */
};

/* Never fails: what goes wrong is the answer. Header values are in the worker's arena, until
 * the next call. */
void aq_service_answer(struct aq_worker *worker, const struct aq_request *in, struct aq_response *out);

#endif
