/* index_dir.h - which directory holds the index, when the user may not have said. */
#ifndef AQ_INDEX_DIR_H
#define AQ_INDEX_DIR_H

#include "base.h"

enum aq_index_dir_origin {
    AQ_INDEX_DIR_GIVEN,   /* -i DIR */
    AQ_INDEX_DIR_ENV,     /* $AQ_INDEX */
    AQ_INDEX_DIR_NEAR,    /* .aq here or in a parent directory */
    AQ_INDEX_DIR_SAVED,   /* index = DIR in the config file: a default of the user's own */
    AQ_INDEX_DIR_DEFAULT  /* $XDG_DATA_HOME/aq, or ~/.local/share/aq */
};

/* Replaces *path with the directory's name, NUL-terminated. `given` and `saved` may be NULL.
 * Whether there is an index in it is for opening to find out. AQ_INVALID when
 * nothing is set and there is no home directory. */
enum aq_status aq_index_dir_find(const char *given, const char *saved, struct aq_buf *path,
                                 enum aq_index_dir_origin *origin, struct aq_error *err);

#endif
