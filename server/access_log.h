/* access_log.h - a line for each request in the combined log format (that of Apache and
 * nginx), which log analysers read. What was searched for is left out unless wanted. Safe
 * for several threads: a line is one write. */
#ifndef AQ_SERVER_ACCESS_LOG_H
#define AQ_SERVER_ACCESS_LOG_H

#include "base.h"

struct aq_access_log {
    int fd; /* -1: no log */
    bool queries;
};

struct aq_access {
    const char *address;
    const char *method, *url, *version; /* url: as it was sent */
    unsigned status;
    uint64_t bytes; /* of the body */
    const char *referer, *agent; /* NULL: not sent */
    int64_t time; /* seconds since 1970 */
};

/* file: "-" is standard output. Appends; AQ_IO when it cannot. */
enum aq_status aq_access_log_open(struct aq_access_log *log, const char *file, bool queries, struct aq_error *err);
void aq_access_log_close(struct aq_access_log *log);
void aq_access_log_write(const struct aq_access_log *log, const struct aq_access *access);

#endif
