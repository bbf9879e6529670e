/* places.c - see places.h. */
#include "places.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

const char *aq_env(const char *variable)
{
    const char *v = getenv(variable);
    return v && *v ? v : NULL;
}

void aq_path_set(struct aq_buf *path, const char *dir, size_t dir_len, const char *name)
{
    aq_buf_clear(path);
    aq_buf_put(path, dir, dir_len);
    aq_buf_puts(path, name);
    aq_buf_u8(path, 0);
}

bool aq_path_xdg(struct aq_buf *path, const char *variable, const char *name, const char *home_name)
{
    const char *dir = aq_env(variable);
    if (!dir || *dir != '/') { /* the specification has relative paths ignored */
        dir = aq_env("HOME");
        name = home_name;
    }
    if (dir)
        aq_path_set(path, dir, strlen(dir), name);
    return dir;
}

static enum aq_status read_all(int fd, const char *path, size_t most, struct aq_buf *text, struct aq_error *err)
{
    enum { PIECE = 1 << 16 };
    while (text->len <= most) {
        uint8_t *to = aq_buf_reserve(text, PIECE);
        if (!to)
            return aq_fail_nomem(err);
        ssize_t n = read(fd, to, PIECE);
        if (n < 0 && errno != EINTR)
            return aq_fail(err, AQ_IO, "cannot read %.300s: %s", path, strerror(errno));
        if (n == 0)
            return AQ_OK;
        text->len += n > 0 ? (size_t)n : 0;
    }
    return AQ_OK;
}

enum aq_status aq_file_read(const char *path, size_t most, struct aq_buf *text, struct aq_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return aq_fail(err, AQ_IO, "cannot open %.300s: %s", path, strerror(errno));
    enum aq_status st = read_all(fd, path, most, text, err);
    close(fd);
    return st;
}
