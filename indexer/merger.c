/* merger.c - when segments are merged and which; the thread that does it. */
#include "merge.h"

#include <pthread.h>

struct aq_merger {
    struct aq_store *store;
    bool threaded;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t work, done;
    bool wanted, busy, quit;
    enum aq_status status;
    struct aq_error error;
};

struct candidate {
    uint32_t id;
    uint64_t weight;
};

static int by_weight(const void *x, const void *y)
{
    const struct candidate *a = x, *b = y;
    if (a->weight != b->weight)
        return a->weight < b->weight ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

static int by_id(const void *x, const void *y)
{
    uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
    return (a > b) - (a < b);
}

/* The segments to merge now, ascending; *count 0 when there are few enough. A
 * segment weighs what a merge would write of it: its bytes less its tombstones. */
static enum aq_status choose(struct aq_store *s, uint32_t **ids, size_t *count, struct aq_error *err)
{
    struct aq_txn t;
    enum aq_status st = aq_txn_begin(s, &t, err);
    *ids = NULL;
    *count = 0;
    if (st)
        return st;
    size_t n = t.segment_count;
    if (n > AQ_SEGMENTS_MOST) {
        struct candidate *c = malloc(n * sizeof *c);
        *ids = malloc(n * sizeof **ids);
        if (!c || !*ids) {
            st = aq_fail_nomem(err);
        } else {
            for (size_t i = 0; i < n; i++) {
                const struct aq_segment_info *info = &t.segments[i].info;
                uint64_t live = info->passages - (info->deleted < info->passages ? info->deleted : info->passages);
                c[i] = (struct candidate){info->id, info->passages ? info->bytes * live / info->passages : 0};
            }
            qsort(c, n, sizeof *c, by_weight);
            uint64_t sum = 0;
            size_t least = n - AQ_SEGMENTS_MOST + 1;
            while (*count < n && (*count < least || c[*count].weight <= sum)) {
                sum += c[*count].weight;
                (*ids)[*count] = c[*count].id;
                ++*count;
            }
            qsort(*ids, *count, sizeof **ids, by_id);
        }
        free(c);
    }
    aq_txn_end(&t);
    if (st) {
        free(*ids);
        *ids = NULL;
        *count = 0;
    }
    return st;
}

static enum aq_status merge_all(struct aq_merger *m, struct aq_error *err)
{
    for (;;) {
        uint32_t *ids;
        size_t count;
        enum aq_status st = choose(m->store, &ids, &count, err);
        if (st == AQ_OK && count)
            st = aq_merge(m->store, ids, count, m->store, NULL, err);
        free(ids);
        if (st || !count)
            return st;
    }
}

static void run(struct aq_merger *m)
{
    struct aq_error err = {0};
    enum aq_status st = merge_all(m, &err);
    if (st) {
        pthread_mutex_lock(&m->mutex);
        m->status = st;
        m->error = err;
        pthread_mutex_unlock(&m->mutex);
    }
}

static void *thread_main(void *arg)
{
    struct aq_merger *m = arg;
    pthread_mutex_lock(&m->mutex);
    for (;;) {
        while (!m->wanted && !m->quit)
            pthread_cond_wait(&m->work, &m->mutex);
        if (!m->wanted)
            break;
        m->wanted = false;
        m->busy = true;
        pthread_mutex_unlock(&m->mutex);
        if (m->status == AQ_OK)
            run(m);
        pthread_mutex_lock(&m->mutex);
        m->busy = false;
        pthread_cond_broadcast(&m->done);
    }
    pthread_mutex_unlock(&m->mutex);
    return NULL;
}

enum aq_status aq_merger_open(struct aq_store *store, bool threaded, struct aq_merger **out, struct aq_error *err)
{
    struct aq_merger *m = calloc(1, sizeof *m);
    *out = NULL;
    if (!m)
        return aq_fail_nomem(err);
    m->store = store;
    m->threaded = threaded;
    pthread_mutex_init(&m->mutex, NULL);
    pthread_cond_init(&m->work, NULL);
    pthread_cond_init(&m->done, NULL);
    if (threaded && pthread_create(&m->thread, NULL, thread_main, m) != 0) {
        m->threaded = false;
        aq_merger_close(m);
        return aq_fail(err, AQ_IO, "no thread could be started; try with a higher process limit (ulimit -u)");
    }
    *out = m;
    return AQ_OK;
}

void aq_merger_use(struct aq_merger *m, struct aq_store *store)
{
    m->store = store;
}

void aq_merger_kick(struct aq_merger *m)
{
    if (!m->threaded) {
        if (m->status == AQ_OK)
            run(m);
        return;
    }
    pthread_mutex_lock(&m->mutex);
    m->wanted = true;
    pthread_cond_signal(&m->work);
    pthread_mutex_unlock(&m->mutex);
}

enum aq_status aq_merger_status(struct aq_merger *m, struct aq_error *err)
{
    pthread_mutex_lock(&m->mutex);
    enum aq_status st = m->status;
    if (st && err)
        *err = m->error;
    pthread_mutex_unlock(&m->mutex);
    return st;
}

enum aq_status aq_merger_wait(struct aq_merger *m, struct aq_error *err)
{
    pthread_mutex_lock(&m->mutex);
    while (m->wanted || m->busy)
        pthread_cond_wait(&m->done, &m->mutex);
    pthread_mutex_unlock(&m->mutex);
    return aq_merger_status(m, err);
}

void aq_merger_close(struct aq_merger *m)
{
    if (!m)
        return;
    if (m->threaded) {
        pthread_mutex_lock(&m->mutex);
        m->quit = true;
        pthread_cond_signal(&m->work);
        pthread_mutex_unlock(&m->mutex);
        pthread_join(m->thread, NULL);
    }
    pthread_cond_destroy(&m->work);
    pthread_cond_destroy(&m->done);
    pthread_mutex_destroy(&m->mutex);
    free(m);
}
