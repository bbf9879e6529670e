/* metrics.c - see metrics.h. */
#include "metrics.h"

/* Upper ends in microseconds; the last bucket has none. */
static const uint64_t ends[AQ_METRICS_BUCKETS - 1] = {100,   250,   500,    1000,   2500,   5000,   10000,
                                                      20000, 50000, 100000, 250000, 500000, 1000000};

void aq_metrics_request(struct aq_metrics *m, size_t route, unsigned status, uint64_t micros)
{
    size_t class = status / 100 >= 2 && status / 100 <= 5 ? status / 100 - 2 : 3, bucket = 0;
    while (bucket < AQ_COUNT(ends) && micros > ends[bucket])
        bucket++;
    aq_metrics_add(&m->requests[route][class], 1);
    aq_metrics_add(&m->buckets[route][bucket], 1);
    aq_metrics_add(&m->micros[route], micros);
}

static unsigned long long read_counter(const atomic_ullong *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static void put_head(struct aq_buf *out, const char *name, const char *type, const char *help)
{
    aq_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_one(struct aq_buf *out, const char *name, const char *type, const char *help, uint64_t value)
{
    put_head(out, name, type, help);
    aq_buf_printf(out, "%s %llu\n", name, (unsigned long long)value);
}

static void put_requests(const struct aq_metrics *m, const char *const *routes, struct aq_buf *out)
{
    static const char *const classes[] = {"2xx", "3xx", "4xx", "5xx"};
    put_head(out, "aq_http_requests_total", "counter", "Requests answered, by route and status.");
    for (size_t r = 0; routes[r]; r++)
        for (size_t c = 0; c < AQ_COUNT(classes); c++)
            aq_buf_printf(out, "aq_http_requests_total{route=\"%s\",status=\"%s\"} %llu\n", routes[r], classes[c],
                          read_counter(&m->requests[r][c]));
}

static void put_durations(const struct aq_metrics *m, const char *const *routes, struct aq_buf *out)
{
    put_head(out, "aq_http_request_seconds", "histogram", "Time from the request's headers to its answer.");
    for (size_t r = 0; routes[r]; r++) {
        unsigned long long sum = 0;
        for (size_t b = 0; b < AQ_METRICS_BUCKETS; b++) {
            sum += read_counter(&m->buckets[r][b]);
            aq_buf_printf(out, "aq_http_request_seconds_bucket{route=\"%s\",le=\"", routes[r]);
            if (b < AQ_COUNT(ends))
                aq_buf_printf(out, "%g", (double)ends[b] / 1e6);
            else
                aq_buf_puts(out, "+Inf");
            aq_buf_printf(out, "\"} %llu\n", sum);
        }
        aq_buf_printf(out, "aq_http_request_seconds_sum{route=\"%s\"} %.6f\n", routes[r],
                      (double)read_counter(&m->micros[r]) / 1e6);
        aq_buf_printf(out, "aq_http_request_seconds_count{route=\"%s\"} %llu\n", routes[r], sum);
    }
}

void aq_metrics_write(const struct aq_metrics *m, const struct aq_metrics_now *now, struct aq_buf *out)
{
    put_requests(m, now->routes, out);
    put_durations(m, now->routes, out);
    put_one(out, "aq_http_sent_bytes_total", "counter", "Bytes of bodies sent.", read_counter(&m->sent_bytes));
    put_one(out, "aq_http_limited_total", "counter", "Requests refused because of the rate.",
            read_counter(&m->limited));
    put_one(out, "aq_http_reaped_total", "counter", "Connections closed because they were too slow.",
            read_counter(&m->reaped));
    long connections = atomic_load_explicit(&m->connections, memory_order_relaxed);
    put_one(out, "aq_http_connections", "gauge", "Connections open.", connections > 0 ? (uint64_t)connections : 0);
    put_one(out, "aq_cache_hits_total", "counter", "Answers taken from the cache.", read_counter(&m->cache_hits));
    put_one(out, "aq_cache_misses_total", "counter", "Answers worked out.", read_counter(&m->cache_misses));
    put_one(out, "aq_cache_bytes", "gauge", "Bytes of answers kept.", now->cache_bytes);
    put_one(out, "aq_index_commit", "gauge", "Number of the last commit.", now->commit);
    put_one(out, "aq_index_generation", "gauge", "Number of the generation in use.", now->generation);
    put_one(out, "aq_index_comments", "gauge", "Comments in the index.", now->comments);
    put_one(out, "aq_index_passages", "gauge", "Passages in the index.", now->passages);
    put_one(out, "aq_index_file_bytes", "gauge", "Bytes of the index's file.", now->file_bytes);
    put_one(out, "aq_start_time_seconds", "gauge", "When the server started, in seconds since 1970.",
            (uint64_t)now->started);
}
