/* places.h - where a user's files are, by the environment, and what is in them. */
#ifndef AQ_PLACES_H
#define AQ_PLACES_H

#include "base.h"

/* The variable's value; NULL when it is unset or empty. */
const char *aq_env(const char *variable);

/* Replaces *path with dir and name, NUL-terminated. */
void aq_path_set(struct aq_buf *path, const char *dir, size_t dir_len, const char *name);

/* A place of the XDG base directory specification: `name` after the variable's value, or
 * `home_name` after home where it is not set. False when there is no home, either. */
bool aq_path_xdg(struct aq_buf *path, const char *variable, const char *name, const char *home_name);

/* Appends what is in the file, of larger ones more than `most` bytes but not all: the caller
 * refuses them. AQ_IO names the path. */
enum aq_status aq_file_read(const char *path, size_t most, struct aq_buf *text, struct aq_error *err);

#endif
