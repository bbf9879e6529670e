/* access_log.c - see access_log.h. */
#include "access_log.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

enum { PART_MOST = 2048 }; /* bytes of one part of a line */

enum aq_status aq_access_log_open(struct aq_access_log *log, const char *file, bool queries, struct aq_error *err)
{
    *log = (struct aq_access_log){-1, queries};
    if (!file)
        return AQ_OK;
    log->fd = strcmp(file, "-") == 0 ? dup(STDOUT_FILENO)
                                     : open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
    return log->fd >= 0 ? AQ_OK : aq_fail(err, AQ_IO, "cannot open the access log %.300s: %s", file, strerror(errno));
}

void aq_access_log_close(struct aq_access_log *log)
{
    if (log->fd >= 0)
        close(log->fd);
    log->fd = -1;
}

/* Up to `end` or its own; what could break the line or a terminal as \xHH. */
static void put_part(struct aq_buf *line, const char *text, const char *end)
{
    if (!text || text == end) {
        aq_buf_u8(line, '-');
        return;
    }
    for (size_t n = 0; *text && text != end && n < PART_MOST; text++, n++) {
        uint8_t c = (uint8_t)*text;
        if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
            aq_buf_printf(line, "\\x%02X", c);
        else
            aq_buf_u8(line, c);
    }
}

void aq_access_log_write(const struct aq_access_log *log, const struct aq_access *a)
{
    struct aq_buf line = {0};
    struct tm tm;
    char when[40] = "-";
    time_t t = (time_t)a->time;
    if (log->fd < 0)
        return;
    if (gmtime_r(&t, &tm))
        strftime(when, sizeof when, "%d/%b/%Y:%H:%M:%S +0000", &tm);
    aq_buf_printf(&line, "%s - - [%s] \"", a->address, when);
    put_part(&line, a->method, NULL);
    aq_buf_u8(&line, ' ');
    put_part(&line, a->url, log->queries || !a->url ? NULL : strchr(a->url, '?'));
    aq_buf_u8(&line, ' ');
    put_part(&line, a->version, NULL);
    aq_buf_printf(&line, "\" %u %llu \"", a->status, (unsigned long long)a->bytes);
    put_part(&line, a->referer, log->queries || !a->referer ? NULL : strchr(a->referer, '?'));
    aq_buf_puts(&line, "\" \"");
    put_part(&line, a->agent, NULL);
    aq_buf_puts(&line, "\"\n");
    ssize_t written = line.failed ? 0 : write(log->fd, line.ptr, line.len);
    (void)written; /* a full disk must not stop searches */
    aq_buf_free(&line);
}
