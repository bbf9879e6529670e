/* http.h - the service on the network: libmicrohttpd's threads, connections and their
 * deadlines. */
#ifndef AQ_SERVER_HTTP_H
#define AQ_SERVER_HTTP_H

#include "access_log.h"
#include "service.h"

struct aq_http;

/* Listens on settings->listen, or on the socket that systemd handed over, without taking
 * connections yet. AQ_SYNTAX: the address cannot be understood; AQ_IO. */
enum aq_status aq_http_listen(const struct aq_serve_settings *set, int *fd, struct aq_error *err);

/* "http://127.0.0.1:8080/", where fd listens. */
void aq_http_url(int fd, char url[80]);

/* Takes connections on fd, which is its own from here on. A thread for each worker; they,
 * service and log stay the caller's. AQ_IO, AQ_NOMEM. */
enum aq_status aq_http_start(struct aq_service *service, struct aq_worker *workers, unsigned worker_count,
                             const struct aq_access_log *log, int fd, struct aq_http **out, struct aq_error *err);

/* Closes connections whose time is up: to be called a few times a second. */
void aq_http_reap(struct aq_http *http);

/* Takes no more connections, waits up to `seconds` for the answers under way, and ends. */
void aq_http_stop(struct aq_http *http, unsigned seconds);

#endif
