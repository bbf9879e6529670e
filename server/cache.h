/* cache.h - answers that were given, by what was asked and in which state of the index.
 * Safe for several threads. Bounded in bytes; CLOCK (Corbato 1968) decides what goes. */
#ifndef AQ_SERVER_CACHE_H
#define AQ_SERVER_CACHE_H

#include "base.h"

/* Bytes that several holders share and nobody changes. */
struct aq_body;
/* A copy with one reference; NULL when memory is out. */
struct aq_body *aq_body_new(struct aq_slice bytes);
struct aq_body *aq_body_hold(struct aq_body *body);
void aq_body_drop(void *body); /* NULL allowed; of this type for libmicrohttpd's sake */
struct aq_slice aq_body_bytes(const struct aq_body *body);

struct aq_cache;
/* bytes: at most, keys and bookkeeping counted; 0 keeps nothing. NULL when memory is out. */
struct aq_cache *aq_cache_open(size_t bytes);
void aq_cache_close(struct aq_cache *cache); /* NULL allowed */

/* The body, held for the caller, or NULL. */
struct aq_body *aq_cache_get(struct aq_cache *cache, struct aq_slice key);
/* Keeps the body where there is room for it: nothing of more than an eighth of all. */
void aq_cache_put(struct aq_cache *cache, struct aq_slice key, struct aq_body *body);

/* Bytes in use, for metrics. */
size_t aq_cache_bytes(struct aq_cache *cache);

#endif
