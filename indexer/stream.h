/* stream.h - bytes of a file or of standard input, decompressed. Private to the
 * input side. */
#ifndef AQ_STREAM_H
#define AQ_STREAM_H

#include "base.h"

struct aq_stream;

/* Opens path, "-" being standard input. Whether it is gzip or zstd shows in its
 * first bytes, not in its name. AQ_INVALID for a directory. */
enum aq_status aq_stream_open(const char *path, struct aq_stream **out, struct aq_error *err);

/* Up to cap bytes into out; *got is 0 at the end only. AQ_IO when reading fails,
 * AQ_INVALID when a compressed stream is broken or cut off: what came before it
 * was good. */
enum aq_status aq_stream_read(struct aq_stream *s, uint8_t *out, size_t cap, size_t *got,
                              struct aq_error *err);

/* Bytes taken from the file so far, as stored. */
uint64_t aq_stream_taken(const struct aq_stream *s);

void aq_stream_close(struct aq_stream *s); /* NULL allowed */

#endif
