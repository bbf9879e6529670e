/* config.c - see config.h. */
#include "config.h"

#include "lines.h"
#include "places.h"
#include "utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { SIZE_MOST = 64 * 1024 };

/* ---- the file ---- */

static enum aq_status read_all(int fd, const char *path, struct aq_buf *text, struct aq_error *err)
{
    for (;;) {
        uint8_t *to = aq_buf_reserve(text, SIZE_MOST + 1 - text->len);
        if (!to)
            return aq_fail_nomem(err);
        ssize_t n = read(fd, to, SIZE_MOST + 1 - text->len);
        if (n < 0 && errno != EINTR)
            return aq_fail(err, AQ_IO, "cannot read %.300s: %s (--no-config does without it)", path,
                           strerror(errno));
        if (n == 0)
            return AQ_OK;
        text->len += n > 0 ? (size_t)n : 0;
        if (text->len > SIZE_MOST)
            return aq_fail(err, AQ_SYNTAX, "%.300s is larger than the 64 KB a config file may have", path);
    }
}

/* Something that never ends or never begins, such as a pipe, must not hold us up. */
static enum aq_status load(const char *path, struct aq_buf *text, struct aq_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return AQ_OK;
    if (fd < 0)
        return aq_fail(err, AQ_IO, "cannot open %.300s: %s (--no-config does without it)", path,
                       strerror(errno));
    enum aq_status st = read_all(fd, path, text, err);
    close(fd);
    return st;
}

/* ---- lines ---- */

struct reading {
    struct aq_arena *arena;
    struct aq_config_line line; /* the section, and of the line what is known */
    struct aq_error *err;
};

/* s begins with a quotation mark; *text is what stands in the quotes. */
static enum aq_status unquote(struct reading *r, struct aq_slice s, struct aq_slice *text)
{
    uint8_t *to = aq_arena_bytes(r->arena, s.len);
    if (!to)
        return aq_fail_nomem(r->err);
    size_t len = 0, i = 1;
    for (; i < s.len && s.ptr[i] != '"'; i++) {
        if (s.ptr[i] == '\\') {
            if (i + 1 == s.len || (s.ptr[i + 1] != '"' && s.ptr[i + 1] != '\\'))
                return aq_fail(r->err, AQ_SYNTAX,
                               "in quotes, a backslash is written \\\\ and a quotation mark \\\"");
            i++;
        }
        to[len++] = s.ptr[i];
    }
    if (i == s.len)
        return aq_fail(r->err, AQ_SYNTAX, "the quotation mark is not closed");
    if (aq_line_uncommented(aq_slice(s.ptr + i + 1, s.len - i - 1)).len)
        return aq_fail(r->err, AQ_SYNTAX, "more follows the closing quotation mark; quote all of the value");
    *text = aq_slice(to, len);
    return AQ_OK;
}

static enum aq_status keep(struct reading *r, struct aq_slice s, const char **to)
{
    *to = (const char *)aq_arena_copy(r->arena, s).ptr;
    return *to ? AQ_OK : aq_fail_nomem(r->err);
}

static enum aq_status read_section(struct reading *r, struct aq_slice s)
{
    s = aq_line_uncommented(s);
    if (s.len < 3 || s.ptr[s.len - 1] != ']')
        return aq_fail(r->err, AQ_SYNTAX, "a section is the name of a command in brackets, such as [search]");
    r->line.name = r->line.value = NULL;
    return keep(r, aq_line_trim(aq_slice(s.ptr + 1, s.len - 2)), &r->line.section);
}

static enum aq_status read_setting(struct reading *r, struct aq_slice s)
{
    const uint8_t *equals = memchr(s.ptr, '=', s.len);
    struct aq_slice name = aq_line_trim(aq_slice(s.ptr, equals ? (size_t)(equals - s.ptr) : 0));
    if (!name.len)
        return aq_fail(r->err, AQ_SYNTAX, "a line is an option and its value, such as limit = 20");
    struct aq_slice value = aq_line_trim(aq_slice(equals + 1, (size_t)(s.ptr + s.len - equals) - 1));
    enum aq_status st = AQ_OK;
    if (value.len && *value.ptr == '"')
        st = unquote(r, value, &value);
    else
        value = aq_line_uncommented(value);
    if (!st)
        st = keep(r, name, &r->line.name);
    return st ? st : keep(r, value, &r->line.value);
}

static enum aq_status read_line(struct reading *r, struct aq_slice s, aq_config_take *take, void *context)
{
    if (memchr(s.ptr, 0, s.len) || aq_utf8_valid(s) < s.len)
        return aq_fail(r->err, AQ_SYNTAX, "not UTF-8 text");
    s = aq_line_trim(s);
    if (!s.len || *s.ptr == '#')
        return AQ_OK;
    enum aq_status st = *s.ptr == '[' ? read_section(r, s) : read_setting(r, s);
    return st ? st : take(context, &r->line, r->err);
}

static enum aq_status read_lines(struct reading *r, const char *path, struct aq_slice text,
                                 aq_config_take *take, void *context)
{
    const uint8_t *p = text.ptr, *end = p + text.len;
    if (text.len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) /* byte order mark */
        p += 3;
    for (unsigned number = 1; p < end; number++) {
        const uint8_t *feed = memchr(p, '\n', (size_t)(end - p));
        const uint8_t *stop = feed ? feed : end;
        enum aq_status st = read_line(r, aq_slice(p, (size_t)(stop - p)), take, context);
        if (st) {
            struct aq_error cause = *r->err;
            return aq_fail(r->err, st, "%.200s:%u: %.280s", path, number, cause.message);
        }
        p = feed ? feed + 1 : end;
    }
    return AQ_OK;
}

enum aq_status aq_config_read(struct aq_arena *arena, aq_config_take *take, void *context,
                              struct aq_error *err)
{
    struct aq_buf path = {0}, text = {0};
    struct reading r = {arena, {.section = ""}, err};
    enum aq_status st = AQ_OK;
    if (aq_path_xdg(&path, "XDG_CONFIG_HOME", "/aq/config", "/.config/aq/config"))
        st = path.failed ? aq_fail_nomem(err) : load((const char *)path.ptr, &text, err);
    if (!st && text.len)
        st = read_lines(&r, (const char *)path.ptr, aq_slice(text.ptr, text.len), take, context);
    aq_buf_free(&text);
    aq_buf_free(&path);
    return st;
}

enum aq_status aq_config_path(struct aq_arena *arena, const struct aq_config_line *line, const char **path,
                              struct aq_error *err)
{
    *path = line->value;
    if (*line->value == '/')
        return AQ_OK;
    const char *home = aq_env("HOME");
    if (strncmp(line->value, "~/", 2) != 0 || !home)
        return aq_fail(err, AQ_SYNTAX, "%.60s is a path that starts with / or ~/, not \"%.100s\"", line->name,
                       line->value);
    char *whole = aq_arena_bytes(arena, strlen(home) + strlen(line->value));
    if (!whole)
        return aq_fail_nomem(err);
    stpcpy(stpcpy(whole, home), line->value + 1);
    *path = whole;
    return AQ_OK;
}
