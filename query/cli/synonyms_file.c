/* synonyms_file.c - see synonyms_file.h. */
#include "synonyms_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { PIECE = 1 << 16, SIZE_MOST = 1 << 20 /* more is refused anyway: do not read on for ever */ };

static enum aq_status read_all(int fd, const char *path, struct aq_buf *text, struct aq_error *err)
{
    while (text->len < SIZE_MOST) {
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

enum aq_status aq_synonyms_wanted(struct aq_cli *cli, struct aq_synonyms **out)
{
    const char *path = cli->set.synonyms;
    struct aq_buf text = {0};
    *out = NULL;
    if (cli->set.no_synonyms)
        return AQ_OK;
    if (!path)
        return aq_synonyms_default(out, &cli->err);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return aq_fail(&cli->err, AQ_IO, "cannot open %.300s: %s", path, strerror(errno));
    enum aq_status st = read_all(fd, path, &text, &cli->err);
    close(fd);
    if (!st)
        st = aq_synonyms_read(aq_slice(text.ptr, text.len), path, out, &cli->err);
    aq_buf_free(&text);
    return st;
}
