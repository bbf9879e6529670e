/* compress.h - gzip (RFC 1952) for answers where it pays. */
#ifndef AQ_SERVER_COMPRESS_H
#define AQ_SERVER_COMPRESS_H

#include "base.h"

enum { AQ_COMPRESS_LEAST = 1024 }; /* bytes: smaller ones fit into a packet anyway */

/* Whether the value of Accept-Encoding (NULL: not sent) allows gzip: named, or *, with a
 * weight above 0. */
bool aq_accepts_gzip(const char *accept_encoding);

/* Appends `bytes` compressed. False when memory is out. */
bool aq_gzip(struct aq_buf *out, struct aq_slice bytes);

#endif
