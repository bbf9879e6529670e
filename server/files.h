/* files.h - the files of web/, which are part of the program. */
#ifndef AQ_SERVER_FILES_H
#define AQ_SERVER_FILES_H

#include "base.h"

struct aq_file {
    const char *path, *type; /* "/aq-search.js", its media type */
    struct aq_slice bytes, gzip;
    char etag[24]; /* quoted, by its bytes; after aq_files_ready */
    bool for_others; /* pages of other origins load it */
};

/* Once, before threads are there. */
void aq_files_ready(void);
/* The file of exactly this path, or NULL. */
const struct aq_file *aq_file_at(struct aq_slice path);

#endif
