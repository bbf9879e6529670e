/* store_registry.c - the environments of this process: one per data file with a
 * count of references, its map's size and the transactions under way. Here are
 * LMDB's rules about processes and threads; it knows no records. */
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
                                                   "col",  "text", "ident", "id",  "name", "member",
                                                   "repeat", "form", "print", "link", "quoted"};

void aq_store_test_map_size(size_t size)
{
    pthread_mutex_lock(&registry.lock);
    registry.map_size = size;
    pthread_mutex_unlock(&registry.lock);
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

int aq_lmdb_begin_reading(MDB_env *env, MDB_txn **txn)
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
    int rc = aq_lmdb_begin_reading(e->env, &txn);
    if (rc == MDB_MAP_RESIZED && (rc = mdb_env_set_mapsize(e->env, 0)) == 0)
        rc = aq_lmdb_begin_reading(e->env, &txn);
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
        if (!e)
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
        for (struct aq_env **at = &registry.first; *at; at = &(*at)->next)
            if (*at == e) {
                *at = e->next;
                break;
            }
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
