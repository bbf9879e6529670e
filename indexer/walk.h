/* walk.h - the files under a path, in byte order of their names. Private to the
 * input side. */
#ifndef AQ_WALK_H
#define AQ_WALK_H

#include "base.h"

struct aq_walk;

/* path: a directory. Hidden entries are left out, links to directories not followed. */
enum aq_status aq_walk_open(const char *path, struct aq_walk **out, struct aq_error *err);

struct aq_walk_file {
    const char *path; /* as path, a slash, name; valid until the next call */
    const char *name; /* relative to the directory opened */
    uint64_t size;
    bool regular;     /* a pipe, device or dead link is not */
};
enum aq_status aq_walk_next(struct aq_walk *w, struct aq_walk_file *file, bool *got, struct aq_error *err);

void aq_walk_close(struct aq_walk *w); /* NULL allowed */

#endif
