/* config.h - the file of saved options, $XDG_CONFIG_HOME/aq/config or
 * ~/.config/aq/config:
 *
 *     # a comment; so is what follows a # after a space
 *     index = ~/forum.aq
 *     [search]
 *     limit  = 20
 *     author = "Ann Lee"     quotes keep spaces and #; in them \" and \\ are escapes
 *
 * Knows the form of the file; which names there are is its caller's to say. */
#ifndef AQ_CONFIG_H
#define AQ_CONFIG_H

#include "base.h"

/* A line that is not blank. Strings are in the arena of the reading. */
struct aq_config_line {
    const char *section; /* "" before the first [section] */
    const char *name;    /* NULL: the line begins the section */
    const char *value;
};

/* Takes a line; what it fails with is reported with the file and the line. */
typedef enum aq_status aq_config_take(void *context, const struct aq_config_line *line, struct aq_error *err);

/* Hands over the lines in order. A file that is not there is empty. AQ_IO when it cannot
 * be read, AQ_SYNTAX when it is larger than 64 KB, not UTF-8, or has a line of another
 * form. */
enum aq_status aq_config_read(struct aq_arena *arena, aq_config_take *take, void *context,
                              struct aq_error *err);

/* The value as a path: from / or, written ~/, from home. Nobody knows in which directory
 * a saved path would be relative, so AQ_SYNTAX. */
enum aq_status aq_config_path(struct aq_arena *arena, const struct aq_config_line *line, const char **path,
                              struct aq_error *err);

#endif
