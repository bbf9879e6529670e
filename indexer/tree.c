/* tree.c - see tree.h. Keeps a list of names for each open directory, so it needs
 * no recursion and no more descriptors than one. */
#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

enum { LEVELS = 256 };

struct level {
    char **names; /* sorted; those from `next` on are still owned */
    size_t count, next;
    size_t path_len; /* of the directory's own path */
};

struct aq_tree {
    struct aq_buf path; /* NUL-terminated */
    size_t root_len;    /* bytes before a file's relative name */
    struct level levels[LEVELS];
    size_t depth;
};

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void drop_level(struct level *l)
{
    while (l->next < l->count)
        free(l->names[l->next++]);
    free(l->names);
    *l = (struct level){0};
}

static void set_path(struct aq_tree *w, size_t len, const char *name)
{
    w->path.len = len;
    if (name) {
        if (len && w->path.ptr[len - 1] != '/')
            aq_buf_u8(&w->path, '/');
        aq_buf_puts(&w->path, name);
    }
    aq_buf_u8(&w->path, 0);
    w->path.len -= !w->path.failed;
}

static const char *path_of(const struct aq_tree *w)
{
    return (const char *)w->path.ptr;
}

/* Lists the directory at w->path. */
static enum aq_status enter(struct aq_tree *w, struct aq_error *err)
{
    if (w->depth == LEVELS)
        return aq_fail(err, AQ_LIMIT, "%s: directories nested deeper than %d", path_of(w), LEVELS);
    DIR *dir = opendir(path_of(w));
    if (!dir)
        return aq_fail(err, AQ_IO, "cannot open directory %s: %s", path_of(w), strerror(errno));
    struct level l = {.path_len = w->path.len};
    size_t cap = 0;
    enum aq_status st = AQ_OK;
    for (;;) {
        errno = 0;
        const struct dirent *e = readdir(dir);
        if (!e) {
            if (errno)
                st = aq_fail(err, AQ_IO, "cannot read directory %s: %s", path_of(w), strerror(errno));
            break;
        }
        if (e->d_name[0] == '.')
            continue;
        char *name = strdup(e->d_name);
        if (!name || !aq_grow(&l.names, &cap, l.count + 1, sizeof *l.names)) {
            free(name);
            st = aq_fail_nomem(err);
            break;
        }
        l.names[l.count++] = name;
    }
    closedir(dir);
    if (st) {
        drop_level(&l);
        return st;
    }
    if (l.count)
        qsort(l.names, l.count, sizeof *l.names, by_bytes);
    w->levels[w->depth++] = l;
    return AQ_OK;
}

enum aq_status aq_tree_open(const char *path, struct aq_tree **out, struct aq_error *err)
{
    *out = NULL;
    struct aq_tree *w = calloc(1, sizeof *w);
    if (!w)
        return aq_fail_nomem(err);
    size_t n = strlen(path);
    aq_buf_put(&w->path, path, n);
    set_path(w, n, NULL);
    w->root_len = n + (n && path[n - 1] != '/');
    enum aq_status st = w->path.failed ? aq_fail_nomem(err) : enter(w, err);
    if (st) {
        aq_tree_close(w);
        return st;
    }
    *out = w;
    return AQ_OK;
}

enum aq_status aq_tree_next(struct aq_tree *w, struct aq_tree_file *file, bool *got, struct aq_error *err)
{
    *got = false;
    while (w->depth) {
        struct level *l = &w->levels[w->depth - 1];
        if (l->next == l->count) {
            drop_level(l);
            w->depth--;
            continue;
        }
        char *name = l->names[l->next++];
        set_path(w, l->path_len, name);
        free(name);
        if (w->path.failed)
            return aq_fail_nomem(err);
        struct stat sb, target;
        if (lstat(path_of(w), &sb) != 0)
            continue; /* gone meanwhile */
        bool link = S_ISLNK(sb.st_mode);
        if (link && stat(path_of(w), &target) == 0) {
            if (S_ISDIR(target.st_mode))
                continue; /* it could lead back up */
            sb = target;
        }
        if (S_ISDIR(sb.st_mode)) {
            enum aq_status st = enter(w, err);
            if (st)
                return st;
            continue;
        }
        *file = (struct aq_tree_file){path_of(w), path_of(w) + w->root_len, (uint64_t)sb.st_size, S_ISREG(sb.st_mode)};
        *got = true;
        return AQ_OK;
    }
    return AQ_OK;
}

void aq_tree_close(struct aq_tree *w)
{
    if (!w)
        return;
    while (w->depth)
        drop_level(&w->levels[--w->depth]);
    aq_buf_free(&w->path);
    free(w);
}
