/* store_registry.c - the environments of this process: one per data file with a
 * count of references, its map's size, its transactions and its handles. Here is
 * every rule of LMDB about processes, threads and handles; it knows no records.
 *
 * A handle's slot is shared by all transactions of the process, and LMDB picks
 * slots by what a transaction knew at its begin. So handles are opened under
 * write_lock only, which every write transaction holds from before its begin. */
#include "store_internal.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FIRST_MAP_SIZE ((size_t)4 << 30)

static struct {
    pthread_mutex_t lock;
    struct aq_env *first;
    size_t map_size; /* 0: FIRST_MAP_SIZE */
} registry = {.lock = PTHREAD_MUTEX_INITIALIZER};

const char *const aq_table_name[AQ_TABLE_COUNT] = {"meta", "seg",  "norm", "map",  "bits",   "pend",
                                                   "col",  "text", "id",   "name", "member", "repeat"};

void aq_store_test_map_size(size_t size)
{
    pthread_mutex_lock(&registry.lock);
    registry.map_size = size;
    pthread_mutex_unlock(&registry.lock);
}

/* ---- errors ---- */

enum aq_status aq_fail_lmdb_at(struct aq_error *err, const char *dir, int code, const char *what)
{
    switch (code) {
    case ENOMEM:
        return aq_fail(err, AQ_NOMEM, "%s: %s failed: out of memory", dir, what);
    case ENOSPC:
    case EDQUOT:
        return aq_fail(err, AQ_IO,
                       "%s: %s failed: the disk is full; make room and run it again, the last committed state stands",
                       dir, what);
    case EIO:
        return aq_fail(err, AQ_IO,
                       "%s: %s failed: disk full or failing (%s); the last committed state stands", dir, what,
                       strerror(code));
    case EACCES:
    case EPERM:
        return aq_fail(err, AQ_IO,
                       "%s: %s failed: permission denied; data.mdb must be readable and lock.mdb readable and writable "
                       "by this user (chmod a+rw the generation's lock.mdb)",
                       dir, what);
    case EROFS:
        return aq_fail(err, AQ_IO, "%s: %s failed: the file system is read-only", dir, what);
    case MDB_VERSION_MISMATCH:
        return aq_fail(err, AQ_VERSION, "%s: %s failed: its files were made by another version of LMDB; rebuild it", dir,
                       what);
    case MDB_INVALID:
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INCOMPATIBLE:
    case MDB_CURSOR_FULL:
        return aq_fail(err, AQ_CORRUPT, "%s: %s failed: the data file is damaged (%s); run aq check, or rebuild it", dir,
                       what, mdb_strerror(code));
    case MDB_PANIC:
        return aq_fail(err, AQ_IO, "%s: %s failed: an earlier write failed; close the index and open it again", dir,
                       what);
    case MDB_READERS_FULL:
        return aq_fail(err, AQ_LIMIT, "%s: %s failed: %d readers have the index open already; close some", dir, what,
                       AQ_MAX_READERS);
    case MDB_MAP_FULL:
        return aq_fail(err, AQ_FULL, "%s: %s failed: the memory map is full; run it again, the map grows first", dir,
                       what);
    case MDB_DBS_FULL:
        return aq_fail(err, AQ_FULL, "%s: %s failed: too many segments; compact the index", dir, what);
    case MDB_TXN_FULL:
        return aq_fail(err, AQ_FULL, "%s: %s failed: too many pages in one transaction; commit more often", dir, what);
    case MDB_BAD_VALSIZE:
        return aq_fail(err, AQ_INVALID, "%s: %s failed: a key or value is too long", dir, what);
    default:
        if (code > 0)
            return aq_fail(err, AQ_IO, "%s: %s failed: %s", dir, what, strerror(code));
        return aq_fail(err, AQ_INTERNAL, "%s: %s failed: %s", dir, what, mdb_strerror(code));
    }
}

enum aq_status aq_fail_lmdb(struct aq_error *err, struct aq_env *e, int code, const char *what)
{
    if (code == MDB_MAP_FULL) {
        pthread_mutex_lock(&e->lock);
        e->grow = true;
        pthread_mutex_unlock(&e->lock);
    }
    return aq_fail_lmdb_at(err, e->dir, code, what);
}

/* ---- opening ---- */

static size_t first_map_size(void)
{
    return registry.map_size ? registry.map_size : FIRST_MAP_SIZE;
}

static int open_lmdb(const char *path, unsigned flags, size_t map_size, MDB_env **out)
{
    MDB_env *env;
    int rc = mdb_env_create(&env);
    if (rc)
        return rc;
    rc = mdb_env_set_maxreaders(env, AQ_MAX_READERS);
    if (!rc)
        rc = mdb_env_set_maxdbs(env, AQ_MAX_DATABASES);
    if (!rc && map_size)
        rc = mdb_env_set_mapsize(env, map_size);
    if (!rc)
        rc = mdb_env_open(env, path, flags | MDB_NOTLS, 0666);
    if (rc) {
        mdb_env_close(env);
        return rc;
    }
    *out = env;
    return 0;
}

/* Slots of killed readers come back here, so a full table gets one more try. */
static int begin_reading(MDB_env *env, MDB_txn **txn)
{
    int rc = mdb_txn_begin(env, NULL, MDB_RDONLY, txn);
    if (rc == MDB_READERS_FULL) {
        int dead;
        mdb_reader_check(env, &dead);
        rc = mdb_txn_begin(env, NULL, MDB_RDONLY, txn);
    }
    return rc;
}

static enum aq_status open_tables(struct aq_env *e, struct aq_error *err)
{
    MDB_txn *txn;
    int rc = begin_reading(e->env, &txn);
    if (rc == MDB_MAP_RESIZED && (rc = mdb_env_set_mapsize(e->env, 0)) == 0)
        rc = begin_reading(e->env, &txn);
    if (rc)
        return aq_fail_lmdb(err, e, rc, "opening the index");
    for (unsigned i = 0; i < AQ_TABLE_COUNT; i++) {
        rc = mdb_dbi_open(txn, aq_table_name[i], 0, &e->tables[i]);
        if (rc == MDB_NOTFOUND) {
            mdb_txn_abort(txn);
            return aq_fail(err, AQ_CORRUPT, "%s: the table \"%s\" is missing; this is no aq index, or rebuild it",
                           e->dir, aq_table_name[i]);
        }
        if (rc) {
            mdb_txn_abort(txn);
            return aq_fail_lmdb(err, e, rc, "opening the tables");
        }
    }
    rc = mdb_txn_commit(txn);
    return rc ? aq_fail_lmdb(err, e, rc, "opening the tables") : AQ_OK;
}

static void free_env(struct aq_env *e)
{
    while (e->idle) {
        struct aq_scratch *x = e->idle;
        e->idle = x->next;
        aq_scratch_free(x);
    }
    if (e->env)
        mdb_env_close(e->env);
    pthread_mutex_destroy(&e->write_lock);
    pthread_mutex_destroy(&e->lock);
    pthread_cond_destroy(&e->changed);
    free(e->handles);
    free(e->emptied);
    free(e->dir);
    free(e);
}

static enum aq_status open_env(const char *path, const char *dir, bool writable, bool fresh, const struct stat *file,
                               struct aq_env **out, struct aq_error *err)
{
    struct aq_env *e = calloc(1, sizeof *e);
    unsigned flags = writable ? 0 : MDB_RDONLY | MDB_NORDAHEAD;
    enum aq_status st;
    int rc, dead;

    if (!e)
        return aq_fail_nomem(err);
    pthread_mutex_init(&e->write_lock, NULL);
    pthread_mutex_init(&e->lock, NULL);
    pthread_cond_init(&e->changed, NULL);
    e->device = file->st_dev;
    e->inode = file->st_ino;
    e->process = getpid();
    e->references = 1;
    e->read_only = !writable;
    e->dir = strdup(dir);
    if (!e->dir) {
        free_env(e);
        return aq_fail_nomem(err);
    }
    if (fresh)
        flags |= MDB_NOSYNC;
    rc = open_lmdb(path, flags, writable ? first_map_size() : 0, &e->env);
    if (rc) {
        st = rc == ENOENT ? AQ_NOTFOUND : aq_fail_lmdb(err, e, rc, "opening the index");
        free_env(e);
        return st;
    }
    mdb_reader_check(e->env, &dead);
    st = open_tables(e, err);
    if (st) {
        free_env(e);
        return st;
    }
    *out = e;
    return AQ_OK;
}

enum aq_status aq_env_acquire(const char *path, const char *dir, bool writable, bool fresh, struct aq_env **out,
                              struct aq_error *err)
{
    char file[AQ_PATH_BYTES];
    struct stat sb;
    struct aq_env *e;
    enum aq_status st = AQ_OK;

    *out = NULL;
    if (!aq_path_join(file, path, "data.mdb"))
        return aq_fail(err, AQ_INVALID, "%s: the path is too long", dir);
    pthread_mutex_lock(&registry.lock);
    if (stat(file, &sb)) {
        st = errno == ENOENT || errno == ENOTDIR
                 ? AQ_NOTFOUND
                 : aq_fail(err, AQ_IO, "%s: %s", file, strerror(errno));
        goto done;
    }
    for (e = registry.first; e; e = e->next)
        if (e->device == sb.st_dev && e->inode == sb.st_ino && e->process == getpid())
            break;
    if (e && writable && e->read_only) {
        st = aq_fail(err, AQ_INVALID,
                     "%s is open for reading in this process; open the writer before any reader of the same index", dir);
        goto done;
    }
    if (e) {
        e->references++;
    } else {
        st = open_env(path, dir, writable, fresh, &sb, &e, err);
        if (st)
            goto done;
        e->next = registry.first;
        registry.first = e;
    }
    *out = e;
done:
    pthread_mutex_unlock(&registry.lock);
    return st;
}

void aq_env_reference(struct aq_env *e)
{
    pthread_mutex_lock(&registry.lock);
    e->references++;
    pthread_mutex_unlock(&registry.lock);
}

/* Closing happens under the registry's lock: nobody may open the file between. */
void aq_env_release(struct aq_env *e)
{
    if (!e)
        return;
    pthread_mutex_lock(&registry.lock);
    /* An environment inherited over fork belongs to the parent: only forget it. */
    if (--e->references == 0 && e->process == getpid()) {
        struct aq_env **at = &registry.first;
        while (*at != e)
            at = &(*at)->next;
        *at = e->next;
        free_env(e);
        if (!registry.first)
            aq_dictionaries_sweep();
    }
    pthread_mutex_unlock(&registry.lock);
}

enum aq_status aq_env_make(const char *path, const char *dir, const struct aq_state *state, struct aq_error *err)
{
    struct aq_buf record = {0};
    MDB_env *env = NULL;
    MDB_txn *txn = NULL;
    MDB_dbi tables[AQ_TABLE_COUNT];
    enum aq_status st = aq_state_encode(&record, state);
    int rc;

    if (st) {
        aq_buf_free(&record);
        return aq_fail_nomem(err);
    }
    rc = open_lmdb(path, 0, (size_t)1 << 20, &env);
    if (!rc)
        rc = mdb_txn_begin(env, NULL, 0, &txn);
    for (unsigned i = 0; i < AQ_TABLE_COUNT && !rc; i++)
        rc = mdb_dbi_open(txn, aq_table_name[i], MDB_CREATE, &tables[i]);
    if (!rc)
        rc = aq_put_raw(txn, tables[AQ_TABLE_META], AQ_TABLE_META, aq_slice_str("state"),
                        aq_slice(record.ptr, record.len));
    if (!rc) {
        rc = mdb_txn_commit(txn);
        txn = NULL;
    }
    if (!rc)
        rc = mdb_env_sync(env, 1);
    if (txn)
        mdb_txn_abort(txn);
    if (env)
        mdb_env_close(env);
    aq_buf_free(&record);
    return rc ? aq_fail_lmdb_at(err, dir, rc, "creating the index") : AQ_OK;
}

/* ---- transactions under way ---- */

static bool entered(const struct aq_env *e)
{
    for (const struct aq_scratch *x = e->active; x; x = x->next)
        if (pthread_equal(x->thread, pthread_self()))
            return true;
    return false;
}

bool aq_env_entered(struct aq_env *e)
{
    pthread_mutex_lock(&e->lock);
    bool in = entered(e);
    pthread_mutex_unlock(&e->lock);
    return in;
}

static enum aq_status fail_broken(const struct aq_env *e, struct aq_error *err)
{
    return aq_fail(err, AQ_IO, "%s: its memory map was lost for want of address space; close the index and open it again",
                   e->dir);
}

enum aq_status aq_env_enter(struct aq_env *e, struct aq_scratch *x, struct aq_error *err)
{
    pthread_mutex_lock(&e->lock);
    while (e->resizing && !entered(e))
        pthread_cond_wait(&e->changed, &e->lock);
    if (e->broken) {
        pthread_mutex_unlock(&e->lock);
        return fail_broken(e, err);
    }
    x->thread = pthread_self();
    x->epoch = e->epoch;
    if (x->remaps != e->remaps)
        x->view_valid = false;
    x->remaps = e->remaps;
    x->entered = true;
    x->next = e->active;
    e->active = x;
    pthread_mutex_unlock(&e->lock);
    return AQ_OK;
}

void aq_env_leave(struct aq_env *e, struct aq_scratch *x)
{
    pthread_mutex_lock(&e->lock);
    struct aq_scratch **at = &e->active;
    while (*at != x)
        at = &(*at)->next;
    *at = x->next;
    x->entered = false;
    pthread_cond_broadcast(&e->changed);
    pthread_mutex_unlock(&e->lock);
}

/* ---- the map ---- */

/* LMDB unmaps before it maps: try the size on an anonymous map first, since a
 * failure in between leaves nothing to read. */
static bool address_space_for(size_t size)
{
    void *p = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        return false;
    munmap(p, size);
    return true;
}

enum aq_status aq_env_remap(struct aq_env *e, size_t size, struct aq_error *err)
{
    enum aq_status st = AQ_OK;
    pthread_mutex_lock(&e->lock);
    if (entered(e)) {
        st = aq_fail(err, AQ_INVALID,
                     "%s: its memory map must grow, but this thread holds a transaction; end it and begin again",
                     e->dir);
        goto done;
    }
    while (e->resizing)
        pthread_cond_wait(&e->changed, &e->lock);
    e->resizing = true;
    while (e->active)
        pthread_cond_wait(&e->changed, &e->lock);
    if (e->broken) {
        st = fail_broken(e, err);
    } else if (size && !address_space_for(size)) {
        st = aq_fail(err, AQ_FULL, "%s: no address space for a map of %zu MiB; raise the limit (ulimit -v)", e->dir,
                     size >> 20);
    } else {
        int rc = mdb_env_set_mapsize(e->env, size);
        e->remaps++;
        if (rc) {
            e->broken = true;
            st = aq_fail_lmdb_at(err, e->dir, rc, "growing the memory map");
        }
    }
    e->resizing = false;
    pthread_cond_broadcast(&e->changed);
done:
    pthread_mutex_unlock(&e->lock);
    return st;
}

enum aq_status aq_env_make_room(struct aq_env *e, size_t headroom, struct aq_error *err)
{
    MDB_envinfo info;
    MDB_stat stat;
    pthread_mutex_lock(&e->lock);
    bool grow = e->grow;
    pthread_mutex_unlock(&e->lock);
    int rc = mdb_env_info(e->env, &info);
    if (!rc)
        rc = mdb_env_stat(e->env, &stat);
    if (rc)
        return aq_fail_lmdb(err, e, rc, "measuring the index");

    size_t used = (info.me_last_pgno + 1) * stat.ms_psize, size = info.me_mapsize;
    if (grow && size <= SIZE_MAX / 2)
        size *= 2;
    while (size < used || size - used < headroom) {
        if (size > SIZE_MAX / 2)
            return aq_fail(err, AQ_FULL, "%s: no map can be large enough", e->dir);
        size *= 2;
    }
    if (size == info.me_mapsize)
        return AQ_OK;
    enum aq_status st = aq_env_remap(e, size, err);
    if (st == AQ_OK && grow) {
        pthread_mutex_lock(&e->lock);
        e->grow = false;
        pthread_mutex_unlock(&e->lock);
    }
    return st;
}

/* ---- handles ---- */

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

/* Only where no writer of this process keeps handles of unlisted segments. */
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
    int rc = begin_reading(e->env, &txn);
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
    if (!rc && e->read_only) {
        pthread_mutex_lock(&e->lock);
        close_stale(e, ids, id_count);
        pthread_mutex_unlock(&e->lock);
    }
    pthread_mutex_unlock(&e->write_lock);
    free(opened);
    free(ids);
    return st;
}
