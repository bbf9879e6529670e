/* writer_threads.c - which thread a record belongs to, and whether its title is scored. */
#include "writer_internal.h"

/* The thread that a comment of the index or of the batch is in; false when none is known. */
static bool thread_name(struct aq_writer *w, const struct aq_standing *s, struct aq_slice *name)
{
    struct aq_thread_info info;
    if (s->here) {
        *name = aq_batch_slice(w->batch, w->batch->names[s->here->thread].name);
        return true;
    }
    int64_t number = aq_column_get(&w->lookup, AQ_COL_THREAD, s->number);
    if (number == (int64_t)AQ_NO_COMMENT || aq_thread_get(&w->lookup, (uint32_t)number, &info))
        return false;
    *name = info.name;
    return true;
}

enum aq_status aq_writer_thread_of(struct aq_writer *w, const struct aq_record *r, struct aq_slice *thread,
                                   struct aq_error *err)
{
    struct aq_standing parent;
    enum aq_status st;
    if (r->thread.len || !r->parent.len) {
        *thread = r->thread.len ? r->thread : r->id;
        return AQ_OK;
    }
    *thread = r->parent;
    st = aq_writer_find(w, r->parent, aq_hash(r->parent), &parent, err);
    if (!st && parent.known)
        thread_name(w, &parent, thread);
    return st;
}

/* The stored version of a comment is dead, or will be with this batch. */
static bool leaves(struct aq_writer *w, uint32_t number)
{
    size_t at = SIZE_MAX;
    return !(aq_column_get(&w->lookup, AQ_COL_FLAGS, number) & AQ_LIVE) ||
           aq_hashmap_next(&w->batch->killed, aq_hash_number(number), &at) != AQ_HASHMAP_NONE;
}

enum aq_status aq_writer_title_scored(struct aq_writer *w, struct aq_slice thread, uint64_t title, uint32_t number,
                                      bool *scored, uint32_t *entry, struct aq_error *err)
{
    uint64_t hash = aq_hash(thread);
    size_t at = SIZE_MAX;
    uint32_t i = aq_hashmap_next(&w->threads, hash, &at);

    *scored = false;
    *entry = AQ_NONE;
    if (!title)
        return AQ_OK;
    if (i == AQ_HASHMAP_NONE) {
        struct aq_writer_thread fresh = {AQ_NO_COMMENT, 0};
        struct aq_thread_info info;
        uint32_t thread_number;
        enum aq_status st = aq_writer_begin_lookup(w, err);
        if (st == AQ_OK)
            st = aq_name_find(&w->lookup, AQ_ID_THREAD, thread, &thread_number, err);
        if (st == AQ_OK && (st = aq_thread_get(&w->lookup, thread_number, &info)) == AQ_OK)
            fresh = (struct aq_writer_thread){info.root, info.title_hash};
        /* What a deleted comment brought, the next one brings anew. */
        if (fresh.root != AQ_NO_COMMENT && fresh.root != number && leaves(w, fresh.root))
            fresh = (struct aq_writer_thread){AQ_NO_COMMENT, 0};
        if (st && st != AQ_NOTFOUND)
            return st;
        i = (uint32_t)w->thread_count;
        if (!aq_grow(&w->thread_cache, &w->thread_cap, w->thread_count + 1, sizeof *w->thread_cache) ||
            !aq_hashmap_add(&w->threads, hash, i))
            return aq_fail_nomem(err);
        w->thread_cache[w->thread_count++] = fresh;
    }
    const struct aq_writer_thread *t = &w->thread_cache[i];
    *scored = t->title_hash != title || t->root == number;
    *entry = i;
    return AQ_OK;
}

void aq_writer_note_title(struct aq_writer *w, uint32_t entry, uint64_t title, uint32_t number)
{
    struct aq_writer_thread *t = &w->thread_cache[entry];
    if (title && (!t->title_hash || t->root == number))
        *t = (struct aq_writer_thread){number, title};
}

void aq_writer_drop_title(struct aq_writer *w, const struct aq_standing *s)
{
    struct aq_slice thread;
    size_t at = SIZE_MAX;
    if (w->thread_count == 0 || !thread_name(w, s, &thread))
        return;
    uint32_t i = aq_hashmap_next(&w->threads, aq_hash(thread), &at);
    if (i != AQ_HASHMAP_NONE && w->thread_cache[i].root == s->number)
        w->thread_cache[i] = (struct aq_writer_thread){AQ_NO_COMMENT, 0};
}

enum aq_status aq_writer_forget_threads(struct aq_writer *w, struct aq_error *err)
{
    const struct aq_batch *b = w->batch;
    struct aq_hashmap kept = {0};
    struct aq_writer_thread *cache = NULL;
    size_t count = 0, cap = 0;
    for (size_t i = 0; i < b->name_count; i++) {
        uint64_t hash = aq_hash(aq_batch_slice(b, b->names[i].name));
        size_t at = SIZE_MAX;
        uint32_t k = b->names[i].kind == AQ_ID_THREAD ? aq_hashmap_next(&w->threads, hash, &at) : AQ_HASHMAP_NONE;
        if (k == AQ_HASHMAP_NONE)
            continue;
        if (!aq_grow(&cache, &cap, count + 1, sizeof *cache) || !aq_hashmap_add(&kept, hash, (uint32_t)count)) {
            free(cache);
            aq_hashmap_free(&kept);
            return aq_fail_nomem(err);
        }
        cache[count++] = w->thread_cache[k];
    }
    aq_hashmap_free(&w->threads);
    free(w->thread_cache);
    w->threads = kept;
    w->thread_cache = cache;
    w->thread_count = count;
    w->thread_cap = cap;
    return AQ_OK;
}
