/* service.c - see service.h. */
#include "service.h"

#include "compress.h"
#include "page.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <strings.h>
#include <time.h>

static void put_header(struct aq_response *out, const char *name, const char *value)
{
    if (out->header_count < AQ_HEADERS_MOST && value) {
        out->headers[out->header_count].name = name;
        out->headers[out->header_count++].value = value;
    }
}

static const char *header_of(const struct aq_request *in, const char *name)
{
    return in->header(in->context, name);
}

/* ---- who asks ---- */

static bool read_address(const char *text, struct in6_addr *out)
{
    struct in_addr v4;
    if (inet_pton(AF_INET, text, &v4) == 1) {
        *out = (struct in6_addr){.s6_addr = {[10] = 0xff, [11] = 0xff}};
        memcpy(out->s6_addr + 12, &v4, 4);
        return true;
    }
    return inet_pton(AF_INET6, text, out) == 1;
}

static bool is_trusted(const struct aq_service *s, const struct in6_addr *address)
{
    struct in6_addr proxy;
    for (size_t i = 0; i < s->set->proxies.count; i++)
        if (read_address(s->set->proxies.items[i], &proxy) && memcmp(&proxy, address, sizeof proxy) == 0)
            return true;
    return false;
}

/* From the nearest on, the first address that is not one of our proxies. */
static void find_client(const struct aq_service *s, const struct aq_request *in, struct in6_addr *client)
{
    *client = in->peer;
    const char *list = s->set->proxies.count ? header_of(in, "X-Forwarded-For") : NULL;
    size_t end = list ? strlen(list) : 0;
    while (end && is_trusted(s, client)) {
        char text[INET6_ADDRSTRLEN];
        size_t from = end;
        while (from && list[from - 1] != ',')
            from--;
        size_t begin = from + strspn(list + from, " \t");
        while (end > begin && (list[end - 1] == ' ' || list[end - 1] == '\t'))
            end--;
        if (end - begin >= sizeof text)
            return;
        snprintf(text, sizeof text, "%.*s", (int)(end - begin), list + begin);
        if (!read_address(text, client))
            return;
        end = from ? from - 1 : 0;
    }
}

/* ---- answers of one kind ---- */

static unsigned http_status(enum aq_status st)
{
    switch (st) {
    case AQ_OK:
        return 200;
    case AQ_SYNTAX:
    case AQ_INVALID:
    case AQ_LIMIT:
        return 400;
    case AQ_NOTFOUND:
        return 404;
    case AQ_NOMEM:
    case AQ_LOCKED:
    case AQ_VERSION:
        return 503;
    case AQ_IO:
    case AQ_CORRUPT:
    case AQ_FULL:
    case AQ_INTERNAL:
        break;
    }
    return 500;
}

/* Replaces what was to be the body. */
static void put_error(struct aq_worker *w, struct aq_call *call, unsigned status, const struct aq_error *err,
                      struct aq_response *out)
{
    aq_buf_clear(&w->out);
    aq_answer_error(call, err);
    out->status = status;
    out->body = w->out.failed ? NULL : aq_body_new(aq_slice(w->out.ptr, w->out.len));
    put_header(out, "Content-Type", "application/json");
    put_header(out, "Cache-Control", "no-store");
}

static void refuse(struct aq_worker *w, struct aq_call *call, unsigned status, enum aq_status st, const char *message,
                   struct aq_response *out)
{
    struct aq_error err;
    aq_fail(&err, st, "%s", message);
    put_error(w, call, status, &err, out);
}

/* ---- other origins ---- */

static bool origin_allowed(const struct aq_service *s, const char *origin, const char **allowed)
{
    for (size_t i = 0; origin && i < s->set->origins.count; i++) {
        const char *item = s->set->origins.items[i];
        if (strcmp(item, "*") == 0 || strcasecmp(item, origin) == 0) {
            *allowed = strcmp(item, "*") == 0 ? "*" : item;
            return true;
        }
    }
    return false;
}

static void put_origin(struct aq_worker *w, const struct aq_request *in, struct aq_response *out)
{
    const char *allowed;
    if (origin_allowed(w->service, header_of(in, "Origin"), &allowed)) {
        put_header(out, "Access-Control-Allow-Origin", allowed);
        put_header(out, "Access-Control-Expose-Headers", "ETag, Retry-After");
    }
}

static void answer_options(struct aq_response *out)
{
    out->status = 204;
    put_header(out, "Allow", "GET, HEAD, OPTIONS");
    put_header(out, "Access-Control-Allow-Methods", "GET, HEAD");
    put_header(out, "Access-Control-Allow-Headers", "If-None-Match");
    put_header(out, "Access-Control-Max-Age", "86400");
}

/* ---- conditions ---- */

/* Whether one of If-None-Match is this tag, weakly compared (RFC 9110, 13.1.2). */
static bool tag_matches(const char *list, const char *etag)
{
    const char *ours = strncmp(etag, "W/", 2) == 0 ? etag + 2 : etag;
    if (!list)
        return false;
    if (strcmp(list, "*") == 0)
        return true;
    size_t len = strlen(ours);
    for (const char *at = strstr(list, ours); at; at = strstr(at + 1, ours)) {
        const char *behind = at + len;
        if (!*behind || *behind == ',' || *behind == ' ' || *behind == '\t')
            return true;
    }
    return false;
}

static const char *make_etag(struct aq_worker *w, const struct aq_route *route, const struct aq_reader_state *state,
                             int64_t hour)
{
    char *text = aq_arena_bytes(&w->arena, 64);
    if (!text)
        return NULL;
    if (route->kind == AQ_ROUTE_FIXED)
        snprintf(text, 64, "W/\"%s\"", aq_version() + strcspn(aq_version(), "0123456789"));
    else
        snprintf(text, 64, "W/\"%x-%llx-%llx\"", state->generation, (unsigned long long)state->commit,
                 (unsigned long long)hour);
    return text;
}

/* ---- files ---- */

static void answer_file(const struct aq_file *file, const struct aq_request *in, struct aq_response *out)
{
    out->status = tag_matches(header_of(in, "If-None-Match"), file->etag) ? 304 : 200;
    put_header(out, "ETag", file->etag);
    put_header(out, "Cache-Control", "public, max-age=300");
    put_header(out, "Vary", "Accept-Encoding");
    if (file->for_others) {
        put_header(out, "Access-Control-Allow-Origin", "*");
        put_header(out, "Cross-Origin-Resource-Policy", "cross-origin");
    }
    if (out->status == 304)
        return;
    put_header(out, "Content-Type", file->type);
    bool gzip = file->gzip.len < file->bytes.len && aq_accepts_gzip(header_of(in, "Accept-Encoding"));
    out->fixed = gzip ? file->gzip : file->bytes;
    if (gzip)
        put_header(out, "Content-Encoding", "gzip");
}

/* ---- routes ---- */

/* Everything the answer depends on. */
static void make_key(struct aq_worker *w, const struct aq_request *in, const char *etag, bool gzip)
{
    aq_buf_clear(&w->key);
    aq_buf_printf(&w->key, "%d%s%s", gzip, etag, in->url);
}

static struct aq_body *make_body(struct aq_worker *w, bool gzip)
{
    struct aq_slice plain = aq_slice(w->out.ptr, w->out.len);
    if (w->out.failed)
        return NULL;
    if (!gzip)
        return aq_body_new(plain);
    struct aq_buf packed = {0};
    struct aq_body *body = aq_gzip(&packed, plain) ? aq_body_new(aq_slice(packed.ptr, packed.len)) : NULL;
    aq_buf_free(&packed);
    return body;
}

/* The body is worked out, or status and error say why not. */
static enum aq_status work_out(struct aq_worker *w, const struct aq_route *route, struct aq_slice id,
                               struct aq_call *call, struct aq_error *err)
{
    enum aq_status st = aq_params_read(route->params, aq_slice_str(call->query), route->kind == AQ_ROUTE_PAGE,
                                       &call->params, &w->arena, err);
    if (!st && route->takes_id)
        st = aq_percent_decode(id, false, &w->arena, &call->id, err);
    if (!st && route->takes_id && strlen(call->id) > AQ_MAX_ID)
        st = aq_fail(err, AQ_SYNTAX, "an id has at most %u bytes", AQ_MAX_ID);
    if (!st)
        st = route->answer(call, err);
    if (!st && w->out.failed)
        st = aq_fail_nomem(err);
    return st;
}

/* From the cache or worked out; etag NULL: not to be kept. */
static enum aq_status find_body(struct aq_worker *w, const struct aq_route *route, struct aq_slice id,
                                const struct aq_request *in, const char *etag, bool gzip, struct aq_call *call,
                                struct aq_response *out, struct aq_error *err)
{
    struct aq_service *s = w->service;
    if (etag) {
        make_key(w, in, etag, gzip);
        out->body = w->key.failed ? NULL : aq_cache_get(s->cache, aq_slice(w->key.ptr, w->key.len));
        aq_metrics_add(out->body ? &s->metrics.cache_hits : &s->metrics.cache_misses, 1);
        if (out->body)
            return AQ_OK;
    }
    enum aq_status st = work_out(w, route, id, call, err);
    if (st)
        return st;
    out->body = make_body(w, gzip && w->out.len >= AQ_COMPRESS_LEAST);
    if (!out->body)
        return aq_fail_nomem(err);
    if (etag && !w->key.failed)
        aq_cache_put(s->cache, aq_slice(w->key.ptr, w->key.len), out->body);
    return AQ_OK;
}

static void answer_route(struct aq_worker *w, const struct aq_route *route, struct aq_slice id,
                         const struct aq_request *in, struct aq_call *call, struct aq_response *out)
{
    struct aq_error err;
    enum aq_status st = route->kind == AQ_ROUTE_FIXED ? AQ_OK : aq_reader_state(w->reader, &call->state, &err);
    const char *etag = make_etag(w, route, &call->state, time(NULL) / 3600);
    bool kept = route->kind != AQ_ROUTE_NOW;
    if (!st && !etag)
        st = aq_fail_nomem(&err);
    if (st) {
        put_error(w, call, http_status(st), &err, out);
        return;
    }
    put_header(out, "Vary", "Accept-Encoding, Origin");
    if (kept) {
        put_header(out, "ETag", etag);
        if (tag_matches(header_of(in, "If-None-Match"), etag)) {
            put_header(out, "Cache-Control", "no-cache");
            out->status = 304;
            return;
        }
    }
    bool gzip = aq_accepts_gzip(header_of(in, "Accept-Encoding"));
    st = find_body(w, route, id, in, kept ? etag : NULL, gzip, call, out, &err);
    if (st) {
        out->header_count = kept ? out->header_count - 1 : out->header_count; /* no tag: it is told each time */
        put_error(w, call, http_status(st), &err, out);
        return;
    }
    out->status = 200;
    put_header(out, "Cache-Control", kept ? "no-cache" : "no-store");
    put_header(out, "Content-Type", route->type);
    struct aq_slice bytes = aq_body_bytes(out->body);
    if (bytes.len > 2 && bytes.ptr[0] == 0x1f && bytes.ptr[1] == 0x8b)
        put_header(out, "Content-Encoding", "gzip");
}

static void put_security(const struct aq_route *route, struct aq_response *out)
{
    /* With 304, too: the policy there replaces the one of the copy that is shown. */
    bool page = route && route->kind == AQ_ROUTE_PAGE && (out->status == 200 || out->status == 304);
    put_header(out, "X-Content-Type-Options", "nosniff");
    put_header(out, "Referrer-Policy", "no-referrer");
    put_header(out, "Content-Security-Policy",
               page ? AQ_PAGE_POLICY : "default-src 'none'; frame-ancestors 'none'");
}

static void answer_get(struct aq_worker *w, const struct aq_request *in, struct aq_call *call, struct aq_response *out)
{
    struct aq_slice path = aq_slice(in->url, strcspn(in->url, "?")), id = {0};
    const struct aq_file *file = w->service->set->no_page && !aq_slice_eq(path, aq_slice_str("/aq-search.js"))
                                     ? NULL
                                     : aq_file_at(path);
    const struct aq_route *route = file ? NULL : aq_route_of(path, &id);
    if (route && route->kind == AQ_ROUTE_PAGE && w->service->set->no_page)
        route = NULL;
    call->query = in->url + path.len + (in->url[path.len] == '?');
    if (file) {
        out->route = AQ_ROUTE_FILE;
        answer_file(file, in, out);
    } else if (route) {
        out->route = (size_t)(route - aq_routes);
        put_origin(w, in, out);
        answer_route(w, route, id, in, call, out);
    } else {
        refuse(w, call, 404, AQ_NOTFOUND, "there is nothing at this path; /openapi.json lists what there is", out);
    }
    put_security(route, out);
}

void aq_service_answer(struct aq_worker *w, const struct aq_request *in, struct aq_response *out)
{
    struct aq_service *s = w->service;
    aq_arena_reset(&w->arena);
    aq_buf_clear(&w->out);
    *out = (struct aq_response){.route = AQ_ROUTE_OTHER};
    struct aq_call call = {.service = s,
                           .reader = w->reader,
                           .synonyms = s->synonyms,
                           .query = "",
                           .id = "",
                           .title = s->set->title,
                           .public_url = s->set->public_url ? s->set->public_url : "",
                           .arena = &w->arena,
                           .out = &w->out};
    find_client(s, in, &out->client);
    bool get = strcmp(in->method, "GET") == 0 || strcmp(in->method, "HEAD") == 0;
    unsigned wait = aq_limiter_take(s->limiter, &out->client, in->now);
    if (in->unsound) {
        out->close = true;
        refuse(w, &call, 400, AQ_SYNTAX, "a header of the request is malformed", out);
    } else if (in->has_body) {
        out->close = true;
        refuse(w, &call, 400, AQ_SYNTAX, "a request has no body here: what is wanted is said in the URL", out);
    } else if (wait) {
        char *seconds = aq_arena_bytes(&w->arena, 16);
        if (seconds)
            snprintf(seconds, 16, "%u", wait);
        put_header(out, "Retry-After", seconds);
        put_origin(w, in, out);
        aq_metrics_add(&s->metrics.limited, 1);
        refuse(w, &call, 429, AQ_LIMIT, "too many requests from this address; wait a moment", out);
    } else if (!in->url) {
        refuse(w, &call, 414, AQ_LIMIT, "a URL has at most 8,192 bytes", out);
    } else if (in->url[0] != '/') {
        refuse(w, &call, 400, AQ_SYNTAX, "the URL is no path", out);
    } else if (get) {
        answer_get(w, in, &call, out);
    } else if (strcmp(in->method, "OPTIONS") == 0) {
        put_origin(w, in, out);
        answer_options(out);
    } else {
        put_header(out, "Allow", "GET, HEAD, OPTIONS");
        refuse(w, &call, 405, AQ_SYNTAX, "nothing can be changed over HTTP: GET and HEAD read, OPTIONS asks", out);
    }
}
