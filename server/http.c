/* http.c - see http.h. A thread takes connections and hands each to the worker that has the
 * fewest: a daemon of libmicrohttpd with a thread of its own. (Its own pool of threads leaves
 * it to chance which one accepts, and with few connections, as from a proxy, one has them all.)
 *
 * libmicrohttpd closes no connection on which a byte drips now and then: each has a deadline
 * here, for its next request and then for its answer, and one that misses it is shut down. */
#include "http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <microhttpd.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    REQUEST_MS = 10000,  /* for the headers of a request, and between two */
    ANSWER_MS = 30000,   /* for sending an answer */
    HEADERS_MOST = 16384, /* bytes of a request */
    BACKLOG = 1024
};

struct connection {
    struct connection *next, **link;
    int fd;
    _Atomic uint64_t deadline; /* milliseconds */
    bool shut;
};

/* One request, from its first line on. */
struct exchange {
    char *url;
    bool begun;
    uint64_t micros;       /* when it began */
    struct aq_access log;
    size_t route;
    char address[INET6_ADDRSTRLEN];
};

/* A worker with its daemon, and the connections that are theirs. */
struct lane {
    struct aq_http *http;
    struct MHD_Daemon *daemon;
    struct aq_worker *worker;
    atomic_uint connections;
};

struct aq_http {
    struct aq_service *service;
    const struct aq_access_log *log;
    struct lane *lanes;
    unsigned lane_count;
    int listening;
    pthread_t acceptor;
    atomic_bool ending;
    pthread_mutex_t lock; /* of the list */
    struct connection *connections;
};

static uint64_t micros_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* ---- connections ---- */

static void on_connection(void *context, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct lane *lane = context;
    struct aq_http *h = lane->http;
    struct connection *c = *socket_context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        c = calloc(1, sizeof *c);
        *socket_context = c;
        if (!c)
            return; /* this one has no deadline but the library's */
        c->fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        c->deadline = micros_now() / 1000 + REQUEST_MS;
        pthread_mutex_lock(&h->lock);
        c->next = h->connections;
        c->link = &h->connections;
        if (c->next)
            c->next->link = &c->next;
        h->connections = c;
        pthread_mutex_unlock(&h->lock);
        atomic_fetch_add(&h->service->metrics.connections, 1);
        return;
    }
    atomic_fetch_sub(&lane->connections, 1);
    if (c) {
        pthread_mutex_lock(&h->lock);
        *c->link = c->next;
        if (c->next)
            c->next->link = c->link;
        pthread_mutex_unlock(&h->lock);
        atomic_fetch_sub(&h->service->metrics.connections, 1);
        free(c);
    }
}

static void set_deadline(struct MHD_Connection *connection, unsigned ms)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct connection *c = info ? info->socket_context : NULL;
    if (c)
        c->deadline = micros_now() / 1000 + ms;
}

void aq_http_reap(struct aq_http *h)
{
    uint64_t now = micros_now() / 1000;
    pthread_mutex_lock(&h->lock);
    for (struct connection *c = h->connections; c; c = c->next)
        if (!c->shut && c->deadline < now) {
            c->shut = true;
            shutdown(c->fd, SHUT_RDWR); /* its thread sees the end and closes it */
            aq_metrics_add(&h->service->metrics.reaped, 1);
        }
    pthread_mutex_unlock(&h->lock);
}

/* ---- requests ---- */

/* The URL as it was sent: what libmicrohttpd makes of it is not used. */
static void *on_first_line(void *context, const char *url, struct MHD_Connection *connection)
{
    (void)context;
    (void)connection;
    struct exchange *x = calloc(1, sizeof *x);
    if (x && strlen(url) <= AQ_URL_MOST)
        x->url = strdup(url);
    return x;
}

static size_t leave_encoded(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strlen(text);
}

static const char *header(void *context, const char *name)
{
    return MHD_lookup_connection_value(context, MHD_HEADER_KIND, name);
}

/* The library takes "Content-Length : 5" for a header of another name and passes over it, where a
 * proxy before us may not: then they differ about where the request ends. */
static enum MHD_Result look_at_header(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
    bool *sound = context;
    (void)kind;
    for (const char *c = name; *c; c++) /* a token (RFC 9110, 5.6.2) */
        *sound &= *c > 0x20 && *c < 0x7f && !strchr("\"(),/:;<=>?@[\\]{}", *c);
    for (const char *c = value; c && *c; c++)
        *sound &= ((uint8_t)*c >= 0x20 && *c != 0x7f) || *c == '\t';
    return *sound && *name ? MHD_YES : MHD_NO;
}

static bool sound_headers(struct MHD_Connection *connection)
{
    bool sound = true;
    MHD_get_connection_values(connection, MHD_HEADER_KIND, look_at_header, &sound);
    return sound;
}

static bool address_of(struct MHD_Connection *connection, struct in6_addr *out)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *a = info ? info->client_addr : NULL;
    *out = (struct in6_addr){0};
    if (a && a->sa_family == AF_INET6)
        *out = ((const struct sockaddr_in6 *)(const void *)a)->sin6_addr;
    else if (a && a->sa_family == AF_INET)
        *out = (struct in6_addr){.s6_addr = {[10] = 0xff, [11] = 0xff}};
    if (a && a->sa_family == AF_INET)
        memcpy(out->s6_addr + 12, &((const struct sockaddr_in *)(const void *)a)->sin_addr, 4);
    return a;
}

static void address_text(const struct in6_addr *a, char text[INET6_ADDRSTRLEN])
{
    if (IN6_IS_ADDR_V4MAPPED(a))
        inet_ntop(AF_INET, a->s6_addr + 12, text, INET6_ADDRSTRLEN);
    else
        inet_ntop(AF_INET6, a, text, INET6_ADDRSTRLEN);
}

static enum MHD_Result queue(struct MHD_Connection *connection, struct aq_response *out)
{
    struct aq_slice bytes = out->body ? aq_body_bytes(out->body) : out->fixed;
    void *data = (void *)(uintptr_t)bytes.ptr;
    struct MHD_Response *r =
        out->body ? MHD_create_response_from_buffer_with_free_callback_cls(bytes.len, data, aq_body_drop, out->body)
                  : MHD_create_response_from_buffer(bytes.len, data, MHD_RESPMEM_PERSISTENT);
    if (!r) {
        aq_body_drop(out->body);
        return MHD_NO;
    }
    for (size_t i = 0; i < out->header_count; i++)
        MHD_add_response_header(r, out->headers[i].name, out->headers[i].value);
    if (out->close)
        MHD_add_response_header(r, "Connection", "close");
    enum MHD_Result queued = MHD_queue_response(connection, out->status, r);
    MHD_destroy_response(r);
    return queued;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload, size_t *upload_size,
                                  void **request_context)
{
    (void)url;
    (void)upload;
    struct lane *lane = context;
    struct aq_http *h = lane->http;
    struct exchange *x = *request_context;
    if (!x)
        return MHD_NO;
    const char *length = header(connection, "Content-Length");
    bool has_body = header(connection, "Transfer-Encoding") || (length && strcmp(length, "0") != 0) || *upload_size;
    bool sound = x->begun || sound_headers(connection);
    /* Answered at the second call, after which a connection may be used again; but a body is
     * not waited for. */
    if (!x->begun && !has_body && sound) {
        x->begun = true;
        x->micros = micros_now();
        return MHD_YES;
    }
    set_deadline(connection, ANSWER_MS);
    struct aq_response out;
    struct aq_request in = {.method = method,
                            .url = x->url,
                            .has_body = has_body,
                            .unsound = !sound,
                            .now = micros_now() / 1000,
                            .header = header,
                            .context = connection};
    address_of(connection, &in.peer);
    aq_service_answer(lane->worker, &in, &out);
    address_text(&out.client, x->address);
    x->route = out.route;
    x->log = (struct aq_access){.address = x->address,
                                .method = method,
                                .url = x->url,
                                .version = version,
                                .status = out.status,
                                .bytes = out.body ? aq_body_bytes(out.body).len : out.fixed.len,
                                .referer = header(connection, "Referer"),
                                .agent = header(connection, "User-Agent"),
                                .time = (int64_t)time(NULL)};
    aq_access_log_write(h->log, &x->log);
    aq_metrics_request(&h->service->metrics, out.route, out.status, x->begun ? micros_now() - x->micros : 0);
    aq_metrics_add(&h->service->metrics.sent_bytes, x->log.bytes);
    return queue(connection, &out);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **request_context,
                         enum MHD_RequestTerminationCode how)
{
    (void)context;
    (void)how;
    struct exchange *x = *request_context;
    set_deadline(connection, REQUEST_MS);
    if (x)
        free(x->url);
    free(x);
    *request_context = NULL;
}

/* ---- listening ---- */

/* sd_listen_fds(3): the first of them, or -1. */
static int socket_of_systemd(void)
{
    enum { FIRST = 3 };
    const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
    return pid && count && strtol(pid, NULL, 10) == getpid() && strtol(count, NULL, 10) == 1 ? FIRST : -1;
}

static enum aq_status split_address(const char *text, char host[256], const char **port, struct aq_error *err)
{
    const char *colon = strrchr(text, ':'), *begin = text, *end = colon;
    if (colon && text[0] == '[' && colon > text && colon[-1] == ']') {
        begin++;
        end--;
    } else if (colon && memchr(text, ':', (size_t)(colon - text))) {
        colon = NULL; /* IPv6 without brackets */
    }
    if (!colon || end == begin || end - begin > 255 || !colon[1])
        return aq_fail(err, AQ_SYNTAX, "--listen is ADDRESS:PORT such as 127.0.0.1:8080 or [::1]:8080, not \"%.100s\"",
                       text);
    snprintf(host, 256, "%.*s", (int)(end - begin), begin);
    *port = colon + 1;
    return AQ_OK;
}

static int listen_on(const struct addrinfo *a)
{
    int on = 1, fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, a->ai_addr, a->ai_addrlen) || listen(fd, BACKLOG)) {
        int why = errno;
        close(fd);
        errno = why;
        return -1;
    }
    return fd;
}

enum aq_status aq_http_listen(const struct aq_serve_settings *set, int *fd, struct aq_error *err)
{
    char host[256];
    const char *port = "";
    *fd = socket_of_systemd();
    if (*fd >= 0)
        return AQ_OK;
    enum aq_status st = split_address(set->listen, host, &port, err);
    if (st)
        return st;
    struct addrinfo *found, hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    int failed = getaddrinfo(host, port, &hints, &found);
    if (failed)
        return aq_fail(err, AQ_SYNTAX, "--listen %.100s: %s", set->listen, gai_strerror(failed));
    *fd = listen_on(found);
    freeaddrinfo(found);
    if (*fd < 0)
        return aq_fail(err, AQ_IO, "cannot listen on %.100s: %s%s", set->listen, strerror(errno),
                       errno == EADDRINUSE ? "; another program does, choose another port with --listen" : "");
    return AQ_OK;
}

void aq_http_url(int fd, char url[80])
{
    struct sockaddr_storage a;
    socklen_t len = sizeof a;
    char host[INET6_ADDRSTRLEN] = "", port[8] = "";
    url[0] = 0;
    if (getsockname(fd, (struct sockaddr *)&a, &len) ||
        getnameinfo((struct sockaddr *)&a, len, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV))
        return;
    snprintf(url, 80, strchr(host, ':') ? "http://[%s]:%s/" : "http://%s:%s/", host, port);
}

/* ---- taking connections ---- */

static struct lane *least_busy(struct aq_http *h, unsigned *total)
{
    struct lane *best = h->lanes;
    unsigned fewest = UINT_MAX;
    *total = 0;
    for (struct lane *l = h->lanes; l < h->lanes + h->lane_count; l++) {
        unsigned n = atomic_load_explicit(&l->connections, memory_order_relaxed);
        *total += n;
        if (n < fewest) {
            fewest = n;
            best = l;
        }
    }
    return best;
}

/* Those above the bound wait in the kernel's queue until others have gone. */
static void *accept_all(void *context)
{
    enum { TICK_MS = 100, FULL_MS = 5 };
    struct aq_http *h = context;
    struct pollfd poll_in = {.fd = h->listening, .events = POLLIN};
    while (!h->ending) {
        unsigned total;
        struct lane *lane = least_busy(h, &total);
        bool full = total >= h->service->set->connections;
        if (full)
            poll(NULL, 0, FULL_MS);
        else if (poll(&poll_in, 1, TICK_MS) > 0) {
            struct sockaddr_storage a;
            socklen_t len = sizeof a;
            int fd = accept4(h->listening, (struct sockaddr *)&a, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
            if (fd >= 0) {
                /* Counted here, not when its thread sees it: several come at once. */
                atomic_fetch_add(&lane->connections, 1);
                if (MHD_add_connection(lane->daemon, fd, (struct sockaddr *)&a, len) != MHD_YES) /* it is closed */
                    atomic_fetch_sub(&lane->connections, 1);
            } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                poll(NULL, 0, FULL_MS);
        }
    }
    return NULL;
}

/* ---- life ---- */

static struct MHD_Daemon *start_daemon(struct lane *lane, uint64_t connections)
{
    return MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, on_request, lane,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, lane, MHD_OPTION_NOTIFY_COMPLETED, on_completed, lane,
        MHD_OPTION_URI_LOG_CALLBACK, on_first_line, lane, MHD_OPTION_UNESCAPE_CALLBACK, leave_encoded, NULL,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADERS_MOST,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)connections, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)(ANSWER_MS / 1000), MHD_OPTION_END);
}

static void free_http(struct aq_http *h)
{
    for (unsigned i = 0; i < h->lane_count; i++)
        if (h->lanes[i].daemon)
            MHD_stop_daemon(h->lanes[i].daemon);
    pthread_mutex_destroy(&h->lock);
    free(h->lanes);
    free(h);
}

enum aq_status aq_http_start(struct aq_service *service, struct aq_worker *workers, unsigned worker_count,
                             const struct aq_access_log *log, int fd, struct aq_http **out, struct aq_error *err)
{
    struct aq_http *h = calloc(1, sizeof *h);
    *out = NULL;
    if (!h)
        return aq_fail_nomem(err);
    *h = (struct aq_http){.service = service, .log = log, .listening = fd};
    pthread_mutex_init(&h->lock, NULL);
    h->lanes = calloc(worker_count, sizeof *h->lanes);
    bool fine = h->lanes;
    for (; fine && h->lane_count < worker_count; h->lane_count++) {
        struct lane *lane = &h->lanes[h->lane_count];
        lane->http = h;
        lane->worker = &workers[h->lane_count];
        fine = (lane->daemon = start_daemon(lane, service->set->connections));
    }
    if (fine)
        fine = (errno = pthread_create(&h->acceptor, NULL, accept_all, h)) == 0;
    if (!fine) {
        aq_fail(err, AQ_IO, "the server cannot be started: %s", strerror(errno));
        free_http(h);
        return AQ_IO;
    }
    *out = h;
    return AQ_OK;
}

static bool is_idle(struct aq_http *h)
{
    /* Those that wait for a request have the deadline of one. */
    uint64_t now = micros_now() / 1000;
    bool idle = true;
    pthread_mutex_lock(&h->lock);
    for (const struct connection *c = h->connections; c && idle; c = c->next)
        idle = c->deadline <= now + REQUEST_MS;
    pthread_mutex_unlock(&h->lock);
    return idle;
}

void aq_http_stop(struct aq_http *h, unsigned seconds)
{
    if (!h)
        return;
    h->ending = true;
    pthread_join(h->acceptor, NULL);
    close(h->listening);
    for (unsigned tenths = 0; tenths < seconds * 10 && !is_idle(h); tenths++)
        nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    free_http(h);
}
