/* files.c - see files.h. */
#include "files.h"

#include <stdio.h>
#include <xxhash.h>

static const uint8_t element[] = {
#include "aq-search.js.inc"
};
static const uint8_t element_gz[] = {
#include "aq-search.js.gz.inc"
};
static const uint8_t page_js[] = {
#include "page.js.inc"
};
static const uint8_t page_js_gz[] = {
#include "page.js.gz.inc"
};
static const uint8_t page_css[] = {
#include "page.css.inc"
};
static const uint8_t page_css_gz[] = {
#include "page.css.gz.inc"
};
static const uint8_t icon[] = {
#include "favicon.svg.inc"
};
static const uint8_t icon_gz[] = {
#include "favicon.svg.gz.inc"
};

#define BOTH(name) {name, sizeof(name)}, {name##_gz, sizeof(name##_gz)}
static struct aq_file files[] = {
    {"/aq-search.js", "text/javascript; charset=utf-8", BOTH(element), "", true},
    {"/page.js", "text/javascript; charset=utf-8", BOTH(page_js), "", false},
    {"/page.css", "text/css; charset=utf-8", BOTH(page_css), "", false},
    {"/favicon.svg", "image/svg+xml", BOTH(icon), "", false},
};

void aq_files_ready(void)
{
    for (size_t i = 0; i < AQ_COUNT(files); i++)
        snprintf(files[i].etag, sizeof files[i].etag, "\"%016llx\"",
                 (unsigned long long)XXH3_64bits(files[i].bytes.ptr, files[i].bytes.len));
}

const struct aq_file *aq_file_at(struct aq_slice path)
{
    for (size_t i = 0; i < AQ_COUNT(files); i++)
        if (aq_slice_eq(path, aq_slice_str(files[i].path)))
            return &files[i];
    return NULL;
}
