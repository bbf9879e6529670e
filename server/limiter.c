/* limiter.c - see limiter.h. Buckets stand in a table of fixed size, in sets of eight by a
 * hash of the address that outsiders cannot foresee. A new address takes the place of the
 * fullest bucket of its set: who asks often keeps his, and who is forgotten was not near
 * the bound. */
#include "limiter.h"

#include <pthread.h>
#include <sys/random.h>
#include <xxhash.h>

enum { SETS = 2048, WAYS = 8, BURST = 4 };

struct bucket {
    uint64_t tag;  /* of the address; 0: free */
    uint64_t when; /* milliseconds */
    double tokens; /* at that time */
};

struct aq_limiter {
    pthread_mutex_t lock;
    uint64_t seed;
    double rate, most;
    struct bucket sets[SETS][WAYS];
};

struct aq_limiter *aq_limiter_open(uint64_t rate)
{
    struct aq_limiter *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    pthread_mutex_init(&l->lock, NULL);
    l->rate = (double)rate;
    l->most = l->rate * BURST;
    if (getrandom(&l->seed, sizeof l->seed, GRND_NONBLOCK) < 0)
        l->seed = (uintptr_t)l;
    return l;
}

void aq_limiter_close(struct aq_limiter *l)
{
    if (!l)
        return;
    pthread_mutex_destroy(&l->lock);
    free(l);
}

/* A host of IPv6 has 64 bits of address to itself. */
static uint64_t tag_of(const struct aq_limiter *l, const struct in6_addr *a)
{
    size_t len = IN6_IS_ADDR_V4MAPPED(a) ? sizeof *a : sizeof *a / 2;
    return XXH3_64bits_withSeed(a, len, l->seed) | 1;
}

static double tokens_at(const struct aq_limiter *l, const struct bucket *b, uint64_t now)
{
    double tokens = b->tokens + l->rate * (double)(now - b->when) / 1000;
    return tokens < l->most ? tokens : l->most;
}

static struct bucket *bucket_of(struct aq_limiter *l, uint64_t tag, uint64_t now)
{
    struct bucket *set = l->sets[(tag >> 1) % SETS], *fullest = &set[0];
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].tag == tag)
            return &set[i];
        if (fullest->tag && (!set[i].tag || tokens_at(l, &set[i], now) > tokens_at(l, fullest, now)))
            fullest = &set[i];
    }
    *fullest = (struct bucket){.tag = tag, .when = now, .tokens = l->most};
    return fullest;
}

unsigned aq_limiter_take(struct aq_limiter *l, const struct in6_addr *address, uint64_t now)
{
    if (l->rate <= 0)
        return 0;
    unsigned wait = 0;
    pthread_mutex_lock(&l->lock);
    struct bucket *b = bucket_of(l, tag_of(l, address), now);
    b->tokens = tokens_at(l, b, now);
    b->when = now;
    if (b->tokens >= 1)
        b->tokens -= 1;
    else
        wait = 1 + (unsigned)((1 - b->tokens) / l->rate);
    pthread_mutex_unlock(&l->lock);
    return wait;
}
