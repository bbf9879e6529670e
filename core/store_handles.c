/* store_handles.c - handles of the segments' databases: one table an environment,
 * with counts of the transactions that go by them.
 *
 * A handle's slot is shared by all transactions of the process, and LMDB picks
 * slots by what a transaction knew at its begin. So handles are opened under
 * write_lock only, which every write transaction holds from before its begin, and
 * closed only when no transaction counts as a user. */
#include "store_internal.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

void aq_segment_names(uint32_t id, char terms[16], char positions[16])
{
    snprintf(terms, 16, "t%08x", id);
    snprintf(positions, 16, "p%08x", id);
}

static struct aq_handles *find_handles(const struct aq_env *e, uint32_t id)
{
    for (size_t i = 0; i < e->handle_count; i++)
        if (e->handles[i].id == id)
            return &e->handles[i];
    return NULL;
}

bool aq_env_use_handles(struct aq_env *e, uint32_t id, uint64_t epoch, MDB_dbi *terms, MDB_dbi *positions)
{
    pthread_mutex_lock(&e->lock);
    struct aq_handles *h = find_handles(e, id);
    if (h && h->epoch > epoch)
        h = NULL;
    if (h) {
        h->uses++;
        *terms = h->terms;
        *positions = h->positions;
    }
    pthread_mutex_unlock(&e->lock);
    return h != NULL;
}

void aq_env_unuse_handles(struct aq_env *e, uint32_t id)
{
    pthread_mutex_lock(&e->lock);
    struct aq_handles *h = find_handles(e, id);
    if (h)
        h->uses--;
    pthread_mutex_unlock(&e->lock);
}

enum aq_status aq_env_publish(struct aq_env *e, uint32_t id, MDB_dbi terms, MDB_dbi positions)
{
    enum aq_status st = AQ_OK;
    pthread_mutex_lock(&e->lock);
    struct aq_handles *h = find_handles(e, id);
    if (!h && aq_grow(&e->handles, &e->handle_cap, e->handle_count + 1, sizeof *e->handles))
        h = &e->handles[e->handle_count++];
    if (h)
        *h = (struct aq_handles){id, terms, positions, 0, ++e->epoch};
    else
        st = AQ_NOMEM;
    pthread_cond_broadcast(&e->changed);
    pthread_mutex_unlock(&e->lock);
    return st;
}

/* Waits for write_lock, or for the writer that has it to publish a handle. */
static bool lock_for_opening(struct aq_env *e)
{
    if (pthread_mutex_trylock(&e->write_lock) == 0)
        return true;
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 2000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_mutex_lock(&e->lock);
    pthread_cond_timedwait(&e->changed, &e->lock, &until);
    pthread_mutex_unlock(&e->lock);
    return false;
}

static int open_listed(struct aq_env *e, MDB_txn *txn, struct aq_handles **opened, size_t *count, uint32_t **ids,
                       size_t *id_count)
{
    size_t cap = 0, id_cap = 0;
    MDB_cursor *cursor;
    MDB_val key, value;
    int rc = mdb_cursor_open(txn, e->tables[AQ_TABLE_SEG], &cursor);
    if (rc)
        return rc;
    while ((rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
        char terms[16], positions[16];
        if (key.mv_size != 4)
            continue;
        uint32_t id = aq_unkey32(key.mv_data);
        if (!aq_grow(ids, &id_cap, *id_count + 1, sizeof **ids) ||
            !aq_grow(opened, &cap, *count + 1, sizeof **opened)) {
            rc = ENOMEM;
            break;
        }
        (*ids)[(*id_count)++] = id;
        pthread_mutex_lock(&e->lock);
        bool known = find_handles(e, id) != NULL;
        pthread_mutex_unlock(&e->lock);
        if (known)
            continue;
        struct aq_handles *h = &(*opened)[*count];
        *h = (struct aq_handles){.id = id};
        aq_segment_names(id, terms, positions);
        if ((rc = mdb_dbi_open(txn, terms, 0, &h->terms)) || (rc = mdb_dbi_open(txn, positions, 0, &h->positions))) {
            rc = rc == MDB_NOTFOUND ? MDB_CORRUPTED : rc;
            break;
        }
        (*count)++;
    }
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

/* With write_lock held, so that no write goes by one; a writer that comes back to
 * an unlisted segment opens it by name again. */
static void close_stale(struct aq_env *e, const uint32_t *ids, size_t count)
{
    for (size_t i = e->handle_count; i-- > 0;) {
        struct aq_handles *h = &e->handles[i];
        bool listed = false;
        for (size_t k = 0; k < count && !listed; k++)
            listed = ids[k] == h->id;
        if (listed || h->uses)
            continue;
        mdb_dbi_close(e->env, h->terms);
        mdb_dbi_close(e->env, h->positions);
        *h = e->handles[--e->handle_count];
    }
}

enum aq_status aq_env_open_segments(struct aq_env *e, struct aq_error *err)
{
    struct aq_scratch own = {.env = e};
    struct aq_handles *opened = NULL;
    uint32_t *ids = NULL;
    size_t count = 0, id_count = 0;
    MDB_txn *txn;

    if (!lock_for_opening(e))
        return AQ_OK; /* the caller looks again */
    enum aq_status st = aq_env_enter(e, &own, err);
    if (st) {
        pthread_mutex_unlock(&e->write_lock);
        return st;
    }
    int rc = aq_lmdb_begin_reading(e->env, &txn);
    if (!rc) {
        rc = open_listed(e, txn, &opened, &count, &ids, &id_count);
        if (rc)
            mdb_txn_abort(txn); /* closes what it opened */
        else
            rc = mdb_txn_commit(txn);
    }
    aq_env_leave(e, &own);
    if (rc == MDB_MAP_RESIZED)
        st = aq_env_remap(e, 0, err);
    else if (rc)
        st = aq_fail_lmdb(err, e, rc, "opening the segments");
    for (size_t i = 0; i < count && !rc && st == AQ_OK; i++) {
        st = aq_env_publish(e, opened[i].id, opened[i].terms, opened[i].positions);
        if (st)
            aq_fail_nomem(err);
    }
    if (!rc) {
        pthread_mutex_lock(&e->lock);
        close_stale(e, ids, id_count);
        pthread_mutex_unlock(&e->lock);
    }
    pthread_mutex_unlock(&e->write_lock);
    free(opened);
    free(ids);
    return st;
}
