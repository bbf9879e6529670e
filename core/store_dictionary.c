/* store_dictionary.c - zstd dictionaries, digested once for all environments,
 * transactions and frame writers of the process that use the same bytes. It knows
 * no numbers of dictionaries: bytes are the identity. */
#include "store_internal.h"

#include <zdict.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum {
    LEAST_SAMPLES = 16,
    LEAST_BYTES = 64 << 10,
    SAMPLES_TO_DICTIONARY = 8,  /* bytes of samples to one of the dictionary */
    MEASURED = 512 << 10,       /* bytes of samples that statistics are taken from */
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
        d->compress = ZSTD_createCDict(d->bytes, d->len, AQ_TEXT_LEVEL);
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

/* A dictionary's content is samples as they are, taken evenly from all of them: one
 * of substrings that zstd's trainer finds packs 0.3% of the text better and takes a
 * fifth of the time of indexing 10 MB to find them. The statistics are of all. */
enum aq_status aq_dictionary_make(const struct aq_buf *samples, const size_t *sizes, size_t count,
                                  struct aq_buf *out)
{
    aq_buf_clear(out);
    if (count < LEAST_SAMPLES || samples->len < LEAST_BYTES)
        return AQ_OK;
    size_t size = samples->len / SAMPLES_TO_DICTIONARY, stride, at = 0, measured = 0, bytes = 0;
    struct aq_buf content = {0};
    if (size > DICTIONARY_MOST)
        size = DICTIONARY_MOST;
    stride = samples->len / size;
    for (size_t i = 0; i < count; at += sizes[i++])
        if (i % stride == 0 && content.len < size)
            aq_buf_put(&content, samples->ptr + at, sizes[i] < size - content.len ? sizes[i] : size - content.len);
    while (measured < count && bytes < MEASURED)
        bytes += sizes[measured++];
    uint8_t *p = content.failed ? NULL : aq_buf_reserve(out, size);
    if (p) {
        const ZDICT_params_t parameters = {.compressionLevel = AQ_TEXT_LEVEL};
        size_t n = ZDICT_finalizeDictionary(p, size, content.ptr, content.len, samples->ptr, sizes,
                                            (unsigned)measured, parameters);
        if (!ZDICT_isError(n))
            out->len = n; /* else: samples too alike to have statistics; do without */
    }
    aq_buf_free(&content);
    return p ? AQ_OK : AQ_NOMEM;
}
