/* libexec.c - see libexec.h. */
#include "libexec.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

enum aq_status aq_libexec_become(const char *program, char *const *argv, struct aq_error *err)
{
    char path[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
    if (len <= 0)
        return aq_fail(err, AQ_IO, "cannot tell where this program lies (/proc/self/exe): %s", strerror(errno));
    path[len] = 0;
    for (int up = 0; up < 2; up++) { /* the program's name, then bin */
        char *slash = strrchr(path, '/');
        if (slash)
            *slash = 0;
    }
    size_t used = strlen(path);
    int written = snprintf(path + used, sizeof path - used, "/libexec/aq/%s", program);
    if (written < 0 || (size_t)written >= sizeof path - used)
        return aq_fail(err, AQ_IO, "the path of %s is too long", program);
    execv(path, argv);
    if (errno == ENOENT)
        return aq_fail(err, AQ_NOTFOUND, "%s is not installed: there is no %.400s", program, path);
    return aq_fail(err, AQ_IO, "cannot run %.400s: %s", path, strerror(errno));
}
