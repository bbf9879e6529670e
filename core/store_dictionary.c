/* store_dictionary.c - zstd dictionaries, digested once for all environments,
 * transactions and frame writers of the process that use the same bytes. It knows
 * no numbers of dictionaries: bytes are the identity. */
#include "store_internal.h"

#include <zdict.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum {
    FRAME_LEVEL = 3,
    TRAIN_LEAST_SAMPLES = 16,
    TRAIN_LEAST_BYTES = 64 << 10,
    TRAIN_MOST = 1 << 20,
    DICTIONARY_MOST = 112 << 10 /* above 128 KiB zstd takes other, worse parameters */
};

struct aq_dictionary {
    struct aq_dictionary *next;
    unsigned users;
    XXH128_hash_t hash;
    uint8_t *bytes;
    size_t len;
    ZSTD_CDict *compress;
    ZSTD_DDict *decompress;
};

static struct {
    pthread_mutex_t lock;
    struct aq_dictionary *first;
} cache = {.lock = PTHREAD_MUTEX_INITIALIZER};

uint64_t aq_hash(struct aq_slice s)
{
    return XXH3_64bits(s.ptr, s.len);
}

static void free_dictionary(struct aq_dictionary *d)
{
    ZSTD_freeCDict(d->compress);
    ZSTD_freeDDict(d->decompress);
    free(d->bytes);
    free(d);
}

struct aq_dictionary *aq_dictionary_acquire(struct aq_slice bytes)
{
    XXH128_hash_t hash = XXH3_128bits(bytes.ptr, bytes.len);
    pthread_mutex_lock(&cache.lock);
    struct aq_dictionary *d = cache.first;
    while (d && !(d->len == bytes.len && XXH128_isEqual(d->hash, hash)))
        d = d->next;
    if (!d && (d = calloc(1, sizeof *d))) {
        d->hash = hash;
        d->len = bytes.len;
        d->bytes = malloc(bytes.len ? bytes.len : 1);
        if (d->bytes) {
            if (bytes.len)
                memcpy(d->bytes, bytes.ptr, bytes.len);
            d->next = cache.first;
            cache.first = d;
        } else {
            free(d);
            d = NULL;
        }
    }
    if (d)
        d->users++;
    pthread_mutex_unlock(&cache.lock);
    return d;
}

void aq_dictionary_share(struct aq_dictionary *d)
{
    if (!d)
        return;
    pthread_mutex_lock(&cache.lock);
    d->users++;
    pthread_mutex_unlock(&cache.lock);
}

void aq_dictionary_release(struct aq_dictionary *d)
{
    if (!d)
        return;
    pthread_mutex_lock(&cache.lock);
    d->users--; /* kept, digested, until the last environment closes */
    pthread_mutex_unlock(&cache.lock);
}

const ZSTD_CDict *aq_dictionary_compress(struct aq_dictionary *d)
{
    pthread_mutex_lock(&cache.lock);
    if (!d->compress)
        d->compress = ZSTD_createCDict(d->bytes, d->len, FRAME_LEVEL);
    const ZSTD_CDict *c = d->compress;
    pthread_mutex_unlock(&cache.lock);
    return c;
}

const ZSTD_DDict *aq_dictionary_decompress(struct aq_dictionary *d)
{
    pthread_mutex_lock(&cache.lock);
    if (!d->decompress)
        d->decompress = ZSTD_createDDict(d->bytes, d->len);
    const ZSTD_DDict *c = d->decompress;
    pthread_mutex_unlock(&cache.lock);
    return c;
}

void aq_dictionaries_sweep(void)
{
    pthread_mutex_lock(&cache.lock);
    for (struct aq_dictionary **at = &cache.first; *at;) {
        struct aq_dictionary *d = *at;
        if (d->users) {
            at = &d->next;
            continue;
        }
        *at = d->next;
        free_dictionary(d);
    }
    pthread_mutex_unlock(&cache.lock);
}

/* Every k-th sample, so that they are TRAIN_MOST bytes or little more: twice as many
 * take twice the time and make text 0.3% smaller. */
static bool thin(const struct aq_buf *samples, const size_t *sizes, size_t count, struct aq_buf *some,
                 size_t *some_sizes, size_t *some_count)
{
    size_t stride = samples->len / TRAIN_MOST, at = 0;
    if (stride == 0)
        stride = 1;
    *some_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (i % stride == 0) {
            aq_buf_put(some, samples->ptr + at, sizes[i]);
            some_sizes[(*some_count)++] = sizes[i];
        }
        at += sizes[i];
    }
    return !some->failed;
}

enum aq_status aq_dictionary_train(const struct aq_buf *samples, const size_t *sizes, size_t count,
                                   struct aq_buf *out)
{
    aq_buf_clear(out);
    if (count < TRAIN_LEAST_SAMPLES || count > UINT32_MAX || samples->len < TRAIN_LEAST_BYTES)
        return AQ_OK;
    size_t size = samples->len / 16, some_count;
    if (size > DICTIONARY_MOST)
        size = DICTIONARY_MOST;
    if (size < 4096)
        size = 4096;
    struct aq_buf some = {0};
    size_t *some_sizes = malloc(count * sizeof *some_sizes);
    uint8_t *p = aq_buf_reserve(out, size);
    enum aq_status st = some_sizes && p && thin(samples, sizes, count, &some, some_sizes, &some_count) ? AQ_OK : AQ_NOMEM;
    if (st == AQ_OK) {
        size_t n = ZDICT_trainFromBuffer(p, size, some.ptr, some_sizes, (unsigned)some_count);
        if (!ZDICT_isError(n))
            out->len = n; /* else: samples too alike or too few to learn from; do without */
    }
    aq_buf_free(&some);
    free(some_sizes);
    return st;
}
