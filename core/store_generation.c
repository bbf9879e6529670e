/* store_generation.c - opening and creating an index, following CURRENT, and
 * replacing a generation by a new one. It knows the order of these steps, and
 * nothing of what is in the tables. */
#include "store_internal.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static struct aq_store *new_store(const char *dir, enum aq_store_mode mode)
{
    struct aq_store *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    pthread_mutex_init(&s->lock, NULL);
    s->mode = mode;
    s->lock_fd = -1;
    s->current.fd = -1;
    s->dir = strdup(dir);
    if (!s->dir) {
        aq_store_close(s);
        return NULL;
    }
    return s;
}

void aq_store_close(struct aq_store *s)
{
    if (!s)
        return;
    aq_env_release(s->env);
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    aq_directory_close_current(&s->current);
    pthread_mutex_destroy(&s->lock);
    free(s->dir);
    free(s);
}

const char *aq_store_dir(const struct aq_store *s)
{
    return s->dir;
}

uint32_t aq_store_generation(const struct aq_store *s)
{
    return s->generation;
}

uint64_t aq_store_file_bytes(const struct aq_store *s)
{
    struct stat sb;
    mdb_filehandle_t fd;
    if (mdb_env_get_fd(s->env->env, &fd) || fstat(fd, &sb))
        return 0;
    return (uint64_t)sb.st_size;
}

/* ---- opening ---- */

static void pause_a_little(void)
{
    const struct timespec t = {.tv_nsec = 1000000};
    nanosleep(&t, NULL);
}

static enum aq_status fail_no_index(const char *dir, struct aq_error *err)
{
    return aq_fail(err, AQ_NOTFOUND, "there is no index at %s; make one with aq-index add", dir);
}

/* Opens what CURRENT names. A generation may go between reading CURRENT and
 * opening it, when a writer has just replaced it: then CURRENT names another. */
static enum aq_status acquire_current(const char *dir, bool writable, struct aq_env **env, uint32_t *generation,
                                      struct aq_error *err)
{
    uint32_t last = 0;
    unsigned same = 0;
    for (unsigned attempt = 0; attempt < 1000; attempt++) {
        char name[32], path[AQ_PATH_BYTES];
        uint32_t now;
        enum aq_status st = aq_directory_read_current(dir, &now, err);
        if (st)
            return st == AQ_NOTFOUND ? fail_no_index(dir, err) : st;
        aq_generation_name(now, name);
        if (!aq_path_join(path, dir, name))
            return aq_fail(err, AQ_INVALID, "%s: the path is too long", dir);
        st = aq_env_acquire(path, dir, writable, false, env, err);
        if (st != AQ_NOTFOUND) {
            *generation = now;
            return st;
        }
        same = now == last ? same + 1 : 0;
        if (same > 5)
            return aq_fail(err, AQ_CORRUPT, "%s/CURRENT names %s, which is missing; restore it or rebuild the index",
                           dir, name);
        last = now;
        pause_a_little();
    }
    return aq_fail(err, AQ_IO, "%s: its generations change too fast to open one; try again", dir);
}

enum aq_status aq_store_open(const char *dir, enum aq_store_mode mode, struct aq_store **out, struct aq_error *err)
{
    uint32_t generation;
    struct aq_store *s;
    enum aq_status st;

    *out = NULL;
    st = aq_directory_check_filesystem(dir, err);
    if (st == AQ_OK)
        st = aq_directory_read_current(dir, &generation, err);
    if (st)
        return st == AQ_NOTFOUND ? fail_no_index(dir, err) : st;
    s = new_store(dir, mode);
    if (!s)
        return aq_fail_nomem(err);
    if (mode == AQ_STORE_WRITE)
        st = aq_directory_lock(dir, &s->lock_fd, err);
    if (st == AQ_OK)
        st = acquire_current(dir, mode == AQ_STORE_WRITE, &s->env, &s->generation, err);
    if (st) {
        aq_store_close(s);
        return st;
    }
    aq_generation_name(s->generation, s->name);
    if (mode == AQ_STORE_WRITE)
        aq_directory_sweep(dir, s->generation);
    *out = s;
    return AQ_OK;
}

enum aq_status aq_store_follow(struct aq_store *s, struct aq_error *err)
{
    struct aq_env *env, *old;
    struct aq_current current;
    uint32_t now;
    if (s->mode != AQ_STORE_READ)
        return AQ_OK;
    pthread_mutex_lock(&s->lock);
    bool same = aq_directory_is_current(&s->current);
    pthread_mutex_unlock(&s->lock);
    if (same)
        return AQ_OK;
    enum aq_status st = aq_directory_open_current(s->dir, &now, &current, err);
    if (st)
        return st == AQ_NOTFOUND ? fail_no_index(s->dir, err) : st;
    pthread_mutex_lock(&s->lock);
    same = now == s->generation;
    if (same) {
        aq_directory_close_current(&s->current);
        s->current = current;
    }
    pthread_mutex_unlock(&s->lock);
    if (same)
        return AQ_OK;
    aq_directory_close_current(&current); /* what is opened now may be a later one */
    st = acquire_current(s->dir, false, &env, &now, err);
    if (st)
        return st;
    pthread_mutex_lock(&s->lock);
    old = s->env;
    s->env = env;
    s->generation = now;
    aq_generation_name(now, s->name);
    pthread_mutex_unlock(&s->lock);
    aq_env_release(old);
    return AQ_OK;
}

/* ---- making generations ---- */

/* A synced, empty generation in the draft directory dir/name. */
static enum aq_status make_draft(const char *dir, const char *name, const struct aq_state *state,
                                 struct aq_error *err)
{
    char path[AQ_PATH_BYTES];
    if (!aq_path_join(path, dir, name))
        return aq_fail(err, AQ_INVALID, "%s: the path is too long", dir);
    aq_directory_remove_generation(dir, name);
    if (mkdir(path, 0777))
        return aq_fail(err, AQ_IO, "%s cannot be made: %s", path, strerror(errno));
    enum aq_status st = aq_env_make(path, dir, state, err);
    if (st == AQ_OK)
        st = aq_directory_sync_generation(dir, name, err);
    if (st)
        aq_directory_remove_generation(dir, name);
    return st;
}

/* A creation killed between naming its generation and writing CURRENT leaves an
 * empty generation: true for that, and only for that. */
static bool generation_is_empty(const char *dir, const char *name)
{
    char path[AQ_PATH_BYTES];
    struct aq_store *s = new_store(dir, AQ_STORE_READ);
    struct aq_txn t;
    bool empty = false;
    if (s && aq_path_join(path, dir, name) && aq_env_acquire(path, dir, false, false, &s->env, NULL) == AQ_OK &&
        aq_txn_begin(s, &t, NULL) == AQ_OK) {
        empty = t.state.commit <= 1 && t.state.next_comment == 0;
        aq_txn_end(&t);
    }
    aq_store_close(s);
    return empty;
}

/* What stands in a directory without CURRENT: nothing that a creation may not remove. */
static enum aq_status check_vacant(const char *dir, struct aq_error *err)
{
    enum aq_directory_content content;
    char found[256];
    enum aq_status st = aq_directory_look(dir, &content, found, err);
    if (st)
        return st;
    if (content == AQ_DIRECTORY_FOREIGN)
        return aq_fail(err, AQ_INVALID, "%s is not an index and not empty (it holds %s); name another directory", dir,
                       found);
    if (content == AQ_DIRECTORY_GENERATIONS && !generation_is_empty(dir, found))
        return aq_fail(err, AQ_CORRUPT, "%s/CURRENT is missing but %s is there; restore it with: echo %s > %s/CURRENT",
                       dir, found, found, dir);
    return AQ_OK;
}

static enum aq_status check_absent(const char *dir, struct aq_error *err)
{
    uint32_t generation;
    enum aq_status st = aq_directory_read_current(dir, &generation, err);
    if (st == AQ_OK)
        return aq_fail(err, AQ_INVALID, "there is an index at %s already", dir);
    return st == AQ_NOTFOUND ? AQ_OK : st;
}

static enum aq_status create_in(struct aq_store *s, const struct aq_state *initial, struct aq_error *err)
{
    char draft[32];
    enum aq_status st = aq_directory_lock(s->dir, &s->lock_fd, err);
    if (st == AQ_OK) /* again, now that nobody else can be creating it */
        st = check_absent(s->dir, err);
    if (st == AQ_OK)
        st = check_vacant(s->dir, err);
    if (st)
        return st;
    aq_directory_sweep(s->dir, 0);
    aq_generation_draft_name(1, draft);
    aq_generation_name(1, s->name);
    st = make_draft(s->dir, draft, initial, err);
    if (st)
        return st;
    st = aq_directory_rename(s->dir, draft, s->name, err);
    if (st == AQ_OK)
        st = aq_directory_write_current(s->dir, 1, err);
    if (st == AQ_OK)
        return acquire_current(s->dir, true, &s->env, &s->generation, err);
    aq_directory_remove_generation(s->dir, draft);
    return st;
}

enum aq_status aq_store_create(const char *dir, const struct aq_state *initial, struct aq_store **out,
                               struct aq_error *err)
{
    *out = NULL;
    enum aq_status st = aq_directory_make(dir, err);
    if (st == AQ_OK)
        st = aq_directory_check_filesystem(dir, err);
    if (st == AQ_OK)
        st = check_absent(dir, err);
    if (st == AQ_OK)
        st = check_vacant(dir, err); /* before writer.lock is made in somebody's directory */
    if (st)
        return st;
    struct aq_store *s = new_store(dir, AQ_STORE_WRITE);
    if (!s)
        return aq_fail_nomem(err);
    st = create_in(s, initial, err);
    if (st) {
        aq_store_close(s);
        return st;
    }
    *out = s;
    return AQ_OK;
}

/* The new generation's first state: nothing in it, but commits go on counting and
 * no number of a comment or segment is given twice. */
static enum aq_status inherit_state(struct aq_store *s, struct aq_state *state, struct aq_error *err)
{
    struct aq_txn t;
    enum aq_status st = aq_txn_begin(s, &t, err);
    if (st)
        return st;
    *state = (struct aq_state){.commit = t.state.commit,
                               .next_comment = t.state.next_comment,
                               .next_segment = t.state.next_segment};
    memcpy(state->identity, t.state.identity, sizeof state->identity);
    memcpy(state->language, t.state.language, sizeof state->language);
    aq_txn_end(&t);
    return AQ_OK;
}

enum aq_status aq_store_generation_begin(struct aq_store *s, struct aq_store **next, struct aq_error *err)
{
    struct aq_state state;
    char path[AQ_PATH_BYTES];
    *next = NULL;
    if (s->mode != AQ_STORE_WRITE || s->draft)
        return aq_fail(err, AQ_INVALID, "%s: a new generation needs the index opened for writing", s->dir);
    if (s->generation == UINT32_MAX)
        return aq_fail(err, AQ_FULL, "%s: no generation number is left; rebuild it", s->dir);
    enum aq_status st = inherit_state(s, &state, err);
    if (st)
        return st;
    struct aq_store *n = new_store(s->dir, AQ_STORE_WRITE);
    if (!n)
        return aq_fail_nomem(err);
    n->draft = true;
    n->generation = s->generation + 1;
    aq_generation_draft_name(n->generation, n->name);
    st = make_draft(n->dir, n->name, &state, err);
    if (st == AQ_OK) {
        if (!aq_path_join(path, n->dir, n->name))
            st = aq_fail(err, AQ_INVALID, "%s: the path is too long", n->dir);
        else
            st = aq_env_acquire(path, n->dir, true, true, &n->env, err);
        if (st) {
            aq_directory_remove_generation(n->dir, n->name);
            if (st == AQ_NOTFOUND)
                st = aq_fail(err, AQ_IO, "%s vanished while it was being made", path);
        }
    }
    if (st) {
        aq_store_close(n);
        return st;
    }
    *next = n;
    return AQ_OK;
}

/* Everything of the draft on disk, under its final name, but not yet current. */
static enum aq_status settle_draft(struct aq_store *next, struct aq_error *err)
{
    char name[32];
    int rc = mdb_env_set_flags(next->env->env, MDB_NOSYNC, 0);
    if (!rc)
        rc = mdb_env_sync(next->env->env, 1);
    if (rc)
        return aq_fail_lmdb(err, next->env, rc, "syncing the new generation");
    aq_generation_name(next->generation, name);
    aq_directory_remove_generation(next->dir, name);
    enum aq_status st = aq_directory_rename(next->dir, next->name, name, err);
    if (st == AQ_OK)
        memcpy(next->name, name, sizeof name);
    return st;
}

void aq_store_generation_abandon(struct aq_store *s, struct aq_store *next)
{
    uint32_t current;
    if (!next)
        return;
    aq_env_release(next->env);
    next->env = NULL;
    if (aq_directory_read_current(s->dir, &current, NULL) || current != next->generation)
        aq_directory_remove_generation(s->dir, next->name);
    aq_store_close(next);
}

static enum aq_status switch_to(struct aq_store *s, struct aq_store *next, struct aq_error *err)
{
    enum aq_status st = settle_draft(next, err);
    if (st)
        return st;
    st = aq_directory_write_current(s->dir, next->generation, err);
    if (st) /* the rename may have happened and only its sync failed: point back */
        aq_directory_write_current(s->dir, s->generation, NULL);
    return st;
}

enum aq_status aq_store_generation_commit(struct aq_store *s, struct aq_store *next, struct aq_error *err)
{
    enum aq_status st =
        aq_env_entered(next->env)
            ? aq_fail(err, AQ_INVALID, "%s: end the transactions of a new generation before it is committed", s->dir)
            : switch_to(s, next, err);
    if (st) {
        aq_store_generation_abandon(s, next);
        return st;
    }
    next->draft = false;
    next->lock_fd = s->lock_fd;
    s->lock_fd = -1;
    pthread_mutex_lock(&s->lock);
    s->mode = AQ_STORE_READ;
    pthread_mutex_unlock(&s->lock);
    aq_directory_remove_generation(s->dir, s->name);
    return AQ_OK;
}
