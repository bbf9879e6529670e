/* aq_types.h - the words both halves of libaq share: status codes, errors,
 * borrowed bytes and limits. aq.h (reading) and aq_index.h (writing) include it. */
#ifndef AQ_TYPES_H
#define AQ_TYPES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define AQ_API __attribute__((visibility("default")))
#define AQ_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#else
#define AQ_API
#define AQ_PRINTF(fmt, first)
#endif

/* Every fallible call returns one of these. AQ_OK is 0, so `if (st)` reads as
 * "if it failed". The numbers are part of the ABI and of `--json` output. */
enum aq_status {
    AQ_OK = 0,
    AQ_NOMEM = 1,    /* an allocation failed; the object is still usable or was closed */
    AQ_IO = 2,       /* the operating system refused: disk full, permission, no such file */
    AQ_CORRUPT = 3,  /* stored bytes contradict themselves; `aq check` names the place */
    AQ_VERSION = 4,  /* another format version or another analyzer made this index */
    AQ_LOCKED = 5,   /* another writer has the index */
    AQ_FULL = 6,     /* a hard bound of the format is reached (comments, map size) */
    AQ_SYNTAX = 7,   /* a query or option cannot be understood */
    AQ_INVALID = 8,  /* the caller broke a documented rule, or a record lacks what it needs */
    AQ_LIMIT = 9,    /* a configured limit was exceeded */
    AQ_INTERNAL = 10, /* a bug in aq */
    AQ_NOTFOUND = 11 /* no such comment, thread or index */
};

/* A short English name such as "corrupt", never NULL, valid for ever. */
AQ_API const char *aq_status_name(enum aq_status status);

/* Filled by a failing call when the caller passes one; untouched on success.
 * The message is one sentence, without a newline, that says what happened and,
 * where there is something to do, what to do. */
struct aq_error {
    enum aq_status status;
    char message[512];
};

/* Borrowed bytes: not NUL-terminated, owned by whoever handed them out. */
struct aq_slice {
    const uint8_t *ptr;
    size_t len;
};

/* The text format of a record's body. */
enum aq_format {
    AQ_FORMAT_TEXT = 0,     /* plain text: paragraphs, `>` quotes, [quote] blocks */
    AQ_FORMAT_MARKDOWN = 1, /* CommonMark with tables, and Discourse [quote] blocks */
    AQ_FORMAT_HTML = 2
};

/* "No value" for dates, scores and comment numbers. */
#define AQ_NO_DATE INT64_MIN
#define AQ_NO_SCORE INT32_MIN
#define AQ_NO_COMMENT UINT32_MAX

/* Hard bounds of the format. */
#define AQ_MAX_ID 1024u              /* bytes in an external comment or thread id */
#define AQ_MAX_RECORD (16u << 20)    /* bytes in one record */
#define AQ_MAX_PASSAGES 65535u       /* passages in one comment */

#ifdef __cplusplus
}
#endif
#endif
