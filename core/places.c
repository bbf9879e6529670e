/* places.c - see places.h. */
#include "places.h"

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
