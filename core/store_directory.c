/* store_directory.c - an index's directory as the file system sees it: CURRENT,
 * writer.lock, the generations' directories, and what is synced in which order.
 * It opens no LMDB file that an environment of this process may have open. */
#include "store_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

bool aq_path_join(char out[AQ_PATH_BYTES], const char *dir, const char *name)
{
    int n = snprintf(out, AQ_PATH_BYTES, "%s/%s", dir, name);
    return n > 0 && n < AQ_PATH_BYTES;
}

static enum aq_status fail_path(struct aq_error *err, const char *what, const char *dir, const char *name, int code)
{
    const char *advice = code == EACCES || code == EPERM ? "; check its permissions"
                         : code == ENOSPC                ? "; make room and run it again"
                         : code == EROFS                 ? "; the file system is read-only"
                                                         : "";
    return aq_fail(err, code == ENOMEM ? AQ_NOMEM : AQ_IO, "%s/%s cannot be %s: %s%s", dir, name, what,
                   strerror(code), advice);
}

static enum aq_status fail_long(struct aq_error *err, const char *dir)
{
    return aq_fail(err, AQ_INVALID, "%s: the path is too long", dir);
}

/* ---- file systems ---- */

enum aq_status aq_directory_check_filesystem(const char *dir, struct aq_error *err)
{
    /* Where neither mmap nor locks are coherent between machines. */
    static const struct {
        uint32_t magic;
        const char *name;
    } refused[] = {
        {0x6969, "NFS"},       {0x517b, "SMB"},           {0xff534d42, "CIFS"}, {0xfe534d42, "SMB2"},
        {0x00c36400, "Ceph"},  {0x5346414f, "AFS"},       {0x6b414653, "AFS"},  {0x73757245, "Coda"},
    };
    struct statfs fs;
    if (statfs(dir, &fs))
        return errno == ENOENT || errno == ENOTDIR
                   ? AQ_NOTFOUND
                   : aq_fail(err, AQ_IO, "%s cannot be examined: %s", dir, strerror(errno));
    for (size_t i = 0; i < AQ_COUNT(refused); i++)
        if ((uint32_t)fs.f_type == refused[i].magic)
            return aq_fail(err, AQ_IO,
                           "%s is on a network file system (%s), where an index gets damaged; put it on a local disk",
                           dir, refused[i].name);
    return AQ_OK;
}

/* ---- syncing ---- */

static int sync_path(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC);
    int code = 0;
    if (fd < 0)
        return errno;
    /* Some file systems cannot sync a directory: nothing to do about it there. */
    if (fsync(fd) && !(errno == EINVAL && (flags & O_DIRECTORY)))
        code = errno;
    close(fd);
    return code;
}

enum aq_status aq_directory_sync(const char *dir, struct aq_error *err)
{
    int code = sync_path(dir, O_RDONLY | O_DIRECTORY);
    return code ? aq_fail(err, AQ_IO, "%s cannot be synced: %s; the disk is full or failing", dir, strerror(code))
                : AQ_OK;
}

enum aq_status aq_directory_sync_generation(const char *dir, const char *name, struct aq_error *err)
{
    static const char *const files[] = {"data.mdb", "lock.mdb"};
    char path[AQ_PATH_BYTES], file[AQ_PATH_BYTES];
    if (!aq_path_join(path, dir, name))
        return fail_long(err, dir);
    for (size_t i = 0; i < AQ_COUNT(files); i++) {
        if (!aq_path_join(file, path, files[i]))
            return fail_long(err, dir);
        int code = sync_path(file, O_RDONLY);
        if (code)
            return fail_path(err, "synced", path, files[i], code);
    }
    return aq_directory_sync(path, err);
}

enum aq_status aq_directory_make(const char *dir, struct aq_error *err)
{
    char path[AQ_PATH_BYTES];
    size_t n = strlen(dir);
    if (n == 0 || n >= sizeof path)
        return fail_long(err, dir);
    memcpy(path, dir, n + 1);
    for (size_t i = 1; i <= n; i++) {
        if (path[i] != '/' && path[i] != 0)
            continue;
        struct stat sb;
        path[i] = 0;
        if (stat(path, &sb) == 0 && S_ISDIR(sb.st_mode)) {
            path[i] = i < n ? '/' : 0;
            continue;
        }
        if (mkdir(path, 0777) == 0) {
            char parent[AQ_PATH_BYTES];
            memcpy(parent, path, i + 1);
            char *slash = strrchr(parent, '/');
            if (slash && slash != parent)
                *slash = 0;
            else
                memcpy(parent, slash ? "/" : ".", 2);
            enum aq_status st = aq_directory_sync(parent, err);
            if (st)
                return st;
        } else if (errno != EEXIST) {
            return aq_fail(err, AQ_IO, "%s cannot be made: %s", path, strerror(errno));
        }
        path[i] = i < n ? '/' : 0;
    }
    return AQ_OK;
}

/* ---- CURRENT ---- */

void aq_generation_name(uint32_t generation, char name[32])
{
    snprintf(name, 32, "gen-%06u", generation);
}

void aq_generation_draft_name(uint32_t generation, char name[32])
{
    snprintf(name, 32, "new-%06u", generation);
}

/* "gen-" and a number without a sign, 1 to UINT32_MAX; ends at `end`. */
static bool parse_generation(const char *s, char end, uint32_t *generation)
{
    uint64_t v = 0;
    if (strncmp(s, "gen-", 4) != 0)
        return false;
    s += 4;
    if (*s == end)
        return false;
    for (; *s >= '0' && *s <= '9'; s++) {
        v = v * 10 + (uint64_t)(*s - '0');
        if (v > UINT32_MAX)
            return false;
    }
    *generation = (uint32_t)v;
    return *s == end && v > 0;
}

enum aq_status aq_directory_open_current(const char *dir, uint32_t *generation, struct aq_current *c,
                                         struct aq_error *err)
{
    char path[AQ_PATH_BYTES], text[32];
    struct stat info;
    c->fd = -1;
    if (!aq_path_join(path, dir, "CURRENT"))
        return fail_long(err, dir);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? AQ_NOTFOUND : fail_path(err, "opened", dir, "CURRENT", errno);
    ssize_t n = fstat(fd, &info) ? -1 : read(fd, text, sizeof text - 1);
    if (n < 0) {
        int code = errno;
        close(fd);
        return fail_path(err, "read", dir, "CURRENT", code);
    }
    text[n] = 0;
    if (!parse_generation(text, '\n', generation) || text[n - 1] != '\n' || strlen(text) != (size_t)n) {
        close(fd);
        return aq_fail(err, AQ_CORRUPT,
                       "%s/CURRENT does not name a generation; write the name of the newest gen-* directory there", dir);
    }
    *c = (struct aq_current){fd, info.st_ctim};
    return AQ_OK;
}

bool aq_directory_is_current(const struct aq_current *c)
{
    struct stat info;
    return c->fd >= 0 && fstat(c->fd, &info) == 0 && info.st_nlink > 0 &&
           info.st_ctim.tv_sec == c->changed.tv_sec && info.st_ctim.tv_nsec == c->changed.tv_nsec;
}

void aq_directory_close_current(struct aq_current *c)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
}

enum aq_status aq_directory_read_current(const char *dir, uint32_t *generation, struct aq_error *err)
{
    struct aq_current c;
    enum aq_status st = aq_directory_open_current(dir, generation, &c, err);
    aq_directory_close_current(&c);
    return st;
}

enum aq_status aq_directory_write_current(const char *dir, uint32_t generation, struct aq_error *err)
{
    char path[AQ_PATH_BYTES], text[34];
    if (!aq_path_join(path, dir, "CURRENT.tmp"))
        return fail_long(err, dir);
    aq_generation_name(generation, text);
    size_t n = strlen(text);
    text[n++] = '\n';
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return fail_path(err, "made", dir, "CURRENT.tmp", errno);
    int code = 0;
    ssize_t written = write(fd, text, n);
    if (written != (ssize_t)n)
        code = written < 0 ? errno : ENOSPC;
    if (!code && fsync(fd))
        code = errno;
    if (close(fd) && !code)
        code = errno;
    if (code) {
        unlink(path);
        return fail_path(err, "written", dir, "CURRENT.tmp", code);
    }
    enum aq_status st = aq_directory_rename(dir, "CURRENT.tmp", "CURRENT", err);
    if (st)
        unlink(path);
    return st;
}

enum aq_status aq_directory_rename(const char *dir, const char *from, const char *to, struct aq_error *err)
{
    char a[AQ_PATH_BYTES], b[AQ_PATH_BYTES];
    if (!aq_path_join(a, dir, from) || !aq_path_join(b, dir, to))
        return fail_long(err, dir);
    if (rename(a, b))
        return fail_path(err, "renamed", dir, from, errno);
    return aq_directory_sync(dir, err);
}

/* ---- the writer's lock ---- */

static bool write_process_number(int fd)
{
    char text[32];
    int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    return ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)n, 0) == n;
}

enum aq_status aq_directory_lock(const char *dir, int *out, struct aq_error *err)
{
    char path[AQ_PATH_BYTES], text[32];
    *out = -1;
    if (!aq_path_join(path, dir, "writer.lock"))
        return fail_long(err, dir);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0)
        return fail_path(err, "opened", dir, "writer.lock", errno);
    if (flock(fd, LOCK_EX | LOCK_NB)) {
        int code = errno;
        ssize_t n = pread(fd, text, sizeof text - 1, 0);
        text[n > 0 ? n : 0] = 0;
        long pid = strtol(text, NULL, 10);
        close(fd);
        if (code != EWOULDBLOCK)
            return fail_path(err, "locked", dir, "writer.lock", code);
        if (pid == getpid())
            return aq_fail(err, AQ_LOCKED, "this process is writing to %s already; close that writer first", dir);
        return aq_fail(err, AQ_LOCKED, "another process (pid %ld) is writing to %s; wait for it or stop it", pid, dir);
    }
    (void)write_process_number(fd); /* for that message only: a full disk does not matter here */
    *out = fd;
    return AQ_OK;
}

/* ---- generations ---- */

static bool digits_after(const char *name, const char *prefix)
{
    size_t n = strlen(prefix);
    return strncmp(name, prefix, n) == 0 && name[n] && strspn(name + n, "0123456789") == strlen(name + n);
}

static bool is_generation(const char *name)
{
    return digits_after(name, "gen-");
}

static bool is_leftover(const char *name)
{
    return digits_after(name, "new-") || digits_after(name, "trash-gen-") || digits_after(name, "trash-new-") ||
           strcmp(name, "CURRENT.tmp") == 0;
}

void aq_directory_remove_generation(const char *dir, const char *name)
{
    static const char *const files[] = {"data.mdb", "lock.mdb"};
    char path[AQ_PATH_BYTES], trash[AQ_PATH_BYTES], file[AQ_PATH_BYTES], trash_name[64];

    if (!aq_path_join(path, dir, name))
        return;
    /* Out of the way in one step, so that nobody opens half of it. */
    if (strncmp(name, "trash-", 6) != 0) {
        snprintf(trash_name, sizeof trash_name, "trash-%s", name);
        if (!aq_path_join(trash, dir, trash_name))
            return;
        for (size_t i = 0; i < AQ_COUNT(files); i++)
            if (aq_path_join(file, trash, files[i]))
                unlink(file);
        if (rename(path, trash))
            return;
        memcpy(path, trash, sizeof path);
    }
    for (size_t i = 0; i < AQ_COUNT(files); i++)
        if (aq_path_join(file, path, files[i]))
            unlink(file);
    rmdir(path);
}

void aq_directory_sweep(const char *dir, uint32_t keep)
{
    DIR *d = opendir(dir);
    struct dirent *entry;
    if (!d)
        return;
    while ((entry = readdir(d))) {
        const char *name = entry->d_name;
        uint32_t generation;
        char path[AQ_PATH_BYTES];
        if (strcmp(name, "CURRENT.tmp") == 0) {
            if (aq_path_join(path, dir, name))
                unlink(path);
        } else if (is_leftover(name) || (parse_generation(name, 0, &generation) && generation != keep)) {
            aq_directory_remove_generation(dir, name);
        }
    }
    closedir(d);
}

enum aq_status aq_directory_look(const char *dir, enum aq_directory_content *content, char found[256],
                                 struct aq_error *err)
{
    DIR *d = opendir(dir);
    struct dirent *entry;
    *content = AQ_DIRECTORY_EMPTY;
    if (!d)
        return errno == ENOMEM ? aq_fail_nomem(err)
                               : aq_fail(err, AQ_IO, "%s cannot be listed: %s", dir, strerror(errno));
    while ((entry = readdir(d))) {
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, "writer.lock") == 0 ||
            is_leftover(name))
            continue;
        snprintf(found, 256, "%s", name);
        if (!is_generation(name)) {
            *content = AQ_DIRECTORY_FOREIGN;
            break;
        }
        *content = AQ_DIRECTORY_GENERATIONS;
    }
    closedir(d);
    return AQ_OK;
}
