/* index_dir.c - see index_dir.h. */
#include "index_dir.h"

#include "places.h"

#include <sys/stat.h>
#include <unistd.h>

static bool is_directory(const struct aq_buf *path)
{
    struct stat st;
    return !path->failed && stat((const char *)path->ptr, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Looks for .aq in the working directory and each one above it. */
static bool find_near(struct aq_buf *path)
{
    char *cwd = getcwd(NULL, 0);
    if (!cwd) /* it may have been removed; then nothing is near */
        return false;
    bool found = false;
    size_t len = strlen(cwd);
    while (!found) {
        while (len > 0 && cwd[len - 1] == '/')
            len--;
        aq_path_set(path, cwd, len, "/.aq");
        found = is_directory(path);
        if (len == 0)
            break;
        while (len > 0 && cwd[len - 1] != '/')
            len--;
    }
    free(cwd);
    return found;
}

enum aq_status aq_index_dir_find(const char *given, const char *saved, struct aq_buf *path,
                                 enum aq_index_dir_origin *origin, struct aq_error *err)
{
    const char *dir;
    if (given) {
        *origin = AQ_INDEX_DIR_GIVEN;
        aq_path_set(path, given, strlen(given), "");
    } else if ((dir = aq_env("AQ_INDEX"))) {
        *origin = AQ_INDEX_DIR_ENV;
        aq_path_set(path, dir, strlen(dir), "");
    } else if (find_near(path)) {
        *origin = AQ_INDEX_DIR_NEAR;
    } else if (saved && *saved) {
        *origin = AQ_INDEX_DIR_SAVED;
        aq_path_set(path, saved, strlen(saved), "");
    } else {
        *origin = AQ_INDEX_DIR_DEFAULT;
        if (!aq_path_xdg(path, "XDG_DATA_HOME", "/aq", "/.local/share/aq"))
            return aq_fail(err, AQ_INVALID,
                           "HOME is not set, so there is nowhere to look for an index; name one with -i DIR");
    }
    return path->failed ? aq_fail_nomem(err) : AQ_OK;
}
