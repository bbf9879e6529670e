/* cache.c - see cache.h. Entries stand in a table of slots that the clock's hand goes
 * around, and in chains by the hash of their keys. An entry of another state of the index
 * is never asked for again; the hand finds it unused. */
#include "cache.h"

#include <pthread.h>
#include <stdatomic.h>
#include <xxhash.h>

struct aq_body {
    atomic_uint holders;
    size_t len;
    uint8_t bytes[];
};

struct aq_body *aq_body_new(struct aq_slice bytes)
{
    struct aq_body *b = malloc(sizeof *b + bytes.len);
    if (!b)
        return NULL;
    atomic_init(&b->holders, 1);
    b->len = bytes.len;
    if (bytes.len)
        memcpy(b->bytes, bytes.ptr, bytes.len);
    return b;
}

struct aq_body *aq_body_hold(struct aq_body *b)
{
    atomic_fetch_add_explicit(&b->holders, 1, memory_order_relaxed);
    return b;
}

void aq_body_drop(void *body)
{
    struct aq_body *b = body;
    if (b && atomic_fetch_sub_explicit(&b->holders, 1, memory_order_acq_rel) == 1)
        free(b);
}

struct aq_slice aq_body_bytes(const struct aq_body *b)
{
    return aq_slice(b->bytes, b->len);
}

enum { NONE = -1, SLOTS = 1 << 14, ENTRY_COST = 128 /* malloc's and ours, about */ };

struct entry {
    uint8_t *key; /* NULL: the slot is free */
    size_t key_len;
    uint64_t hash;
    struct aq_body *body;
    int32_t next; /* of the chain */
    bool used;    /* since the hand came by */
};

struct aq_cache {
    pthread_mutex_t lock;
    struct entry slots[SLOTS];
    int32_t chains[SLOTS];
    size_t bytes, most;
    uint32_t hand;
};

struct aq_cache *aq_cache_open(size_t bytes)
{
    struct aq_cache *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->most = bytes;
    for (size_t i = 0; i < SLOTS; i++)
        c->chains[i] = NONE;
    pthread_mutex_init(&c->lock, NULL);
    return c;
}

static size_t cost(const struct entry *e)
{
    return ENTRY_COST + e->key_len + e->body->len;
}

static int32_t find(const struct aq_cache *c, struct aq_slice key, uint64_t hash)
{
    int32_t i = c->chains[hash % SLOTS];
    while (i != NONE && !(c->slots[i].hash == hash && aq_slice_eq(aq_slice(c->slots[i].key, c->slots[i].key_len), key)))
        i = c->slots[i].next;
    return i;
}

static void evict(struct aq_cache *c, int32_t slot)
{
    struct entry *e = &c->slots[slot];
    int32_t *link = &c->chains[e->hash % SLOTS];
    while (*link != slot)
        link = &c->slots[*link].next;
    *link = e->next;
    c->bytes -= cost(e);
    aq_body_drop(e->body);
    free(e->key);
    *e = (struct entry){0};
}

/* Goes on until there is room, and then to a free slot. */
static int32_t make_room(struct aq_cache *c, size_t need)
{
    for (;;) {
        int32_t slot = (int32_t)(c->hand++ % SLOTS);
        struct entry *e = &c->slots[slot];
        if (e->key && e->used)
            e->used = false;
        else if (e->key)
            evict(c, slot);
        if (!e->key && c->bytes + need <= c->most)
            return slot;
    }
}

void aq_cache_close(struct aq_cache *c)
{
    if (!c)
        return;
    for (int32_t i = 0; i < SLOTS; i++)
        if (c->slots[i].key)
            evict(c, i);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

struct aq_body *aq_cache_get(struct aq_cache *c, struct aq_slice key)
{
    if (!c->most)
        return NULL;
    uint64_t hash = XXH3_64bits(key.ptr, key.len);
    struct aq_body *body = NULL;
    pthread_mutex_lock(&c->lock);
    int32_t slot = find(c, key, hash);
    if (slot != NONE) {
        c->slots[slot].used = true;
        body = aq_body_hold(c->slots[slot].body);
    }
    pthread_mutex_unlock(&c->lock);
    return body;
}

void aq_cache_put(struct aq_cache *c, struct aq_slice key, struct aq_body *body)
{
    uint64_t hash = XXH3_64bits(key.ptr, key.len);
    size_t need = ENTRY_COST + key.len + body->len;
    uint8_t *copy = need <= c->most / 8 ? malloc(key.len + 1) : NULL;
    if (!copy)
        return;
    if (key.len)
        memcpy(copy, key.ptr, key.len);
    pthread_mutex_lock(&c->lock);
    if (find(c, key, hash) == NONE) {
        int32_t slot = make_room(c, need);
        int32_t *chain = &c->chains[hash % SLOTS];
        c->slots[slot] = (struct entry){copy, key.len, hash, aq_body_hold(body), *chain, false};
        *chain = slot;
        c->bytes += need;
        copy = NULL;
    }
    pthread_mutex_unlock(&c->lock);
    free(copy);
}

size_t aq_cache_bytes(struct aq_cache *c)
{
    pthread_mutex_lock(&c->lock);
    size_t bytes = c->bytes;
    pthread_mutex_unlock(&c->lock);
    return bytes;
}
