/* metrics.h - what happened so far, counted without locks, in the text format of
 * Prometheus (version 0.0.4). */
#ifndef AQ_SERVER_METRICS_H
#define AQ_SERVER_METRICS_H

#include "base.h"

#include <stdatomic.h>

enum { AQ_METRICS_ROUTES = 24, AQ_METRICS_BUCKETS = 14 };

struct aq_metrics {
    /* By route (routes.h, in their order) and hundreds of the status: 2xx, 3xx, 4xx, 5xx. */
    atomic_ullong requests[AQ_METRICS_ROUTES][4];
    atomic_ullong buckets[AQ_METRICS_ROUTES][AQ_METRICS_BUCKETS]; /* of time, not summed up */
    atomic_ullong micros[AQ_METRICS_ROUTES];
    atomic_ullong cache_hits, cache_misses, limited, reaped, sent_bytes;
    atomic_long connections;
};

static inline void aq_metrics_add(atomic_ullong *counter, unsigned long long n)
{
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

void aq_metrics_request(struct aq_metrics *m, size_t route, unsigned status, uint64_t micros);

struct aq_metrics_now {
    const char *const *routes; /* their names, NULL after the last */
    uint64_t commit, generation, comments, passages, file_bytes, cache_bytes;
    int64_t started; /* seconds since 1970 */
};
void aq_metrics_write(const struct aq_metrics *m, const struct aq_metrics_now *now, struct aq_buf *out);

#endif
