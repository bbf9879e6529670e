/* tree.h - the files under a path, in byte order of their names. Private to the
 * input side. */
#ifndef AQ_TREE_H
#define AQ_TREE_H

#include "base.h"

struct aq_tree;

/* path: a directory. Hidden entries are left out, links to directories not followed. */
enum aq_status aq_tree_open(const char *path, struct aq_tree **out, struct aq_error *err);

struct aq_tree_file {
    const char *path; /* as path, a slash, name; valid until the next call */
    const char *name; /* relative to the directory opened */
    uint64_t size;
    bool regular;     /* a pipe, device or dead link is not */
};
enum aq_status aq_tree_next(struct aq_tree *w, struct aq_tree_file *file, bool *got, struct aq_error *err);

void aq_tree_close(struct aq_tree *w); /* NULL allowed */

#endif
