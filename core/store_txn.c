/* store_txn.c - transactions: a reader's snapshot and a writer's change, each with
 * the state record and the segment list. What a transaction caches lives in a
 * struct aq_scratch, which goes back to its environment's pool afterwards, with a
 * reader's caches good for as long as the snapshot stays the same. */
#include "store_internal.h"

enum { IDLE_MOST = 8, HEADROOM_DEFAULT = 256 << 20, BEGIN_ATTEMPTS = 20000 };

/* ---- scratch ---- */

static void forget_view(struct aq_scratch *x)
{
    x->view_valid = false;
    aq_columns_forget(&x->columns);
    for (uint32_t i = 0; i < x->segment_count; i++)
        aq_segment_cache_forget(&x->segment_caches[i]);
    x->segment_count = 0;
    aq_frame_cache_forget(&x->frames);
}

void aq_scratch_free(struct aq_scratch *x)
{
    if (x->reader)
        mdb_txn_abort(x->reader);
    for (size_t i = 0; i < x->segment_cache_cap; i++)
        aq_segment_cache_free(&x->segment_caches[i]);
    aq_columns_free(&x->columns);
    aq_frame_cache_free(&x->frames);
    aq_text_writer_free(x->packer);
    aq_buf_free(&x->bundle);
    aq_buf_free(&x->record);
    aq_buf_free(&x->numbers);
    aq_buf_free(&x->entries);
    aq_buf_free(&x->packed);
    free(x->segments);
    free(x->segment_caches);
    free(x->held);
    free(x->dropped);
    free(x->purged);
    free(x);
}

/* A scratch with a reference on its environment, or NULL when out of memory. */
static struct aq_scratch *take_scratch(struct aq_store *s)
{
    pthread_mutex_lock(&s->lock);
    struct aq_env *e = s->env;
    aq_env_reference(e);
    pthread_mutex_unlock(&s->lock);

    pthread_mutex_lock(&e->lock);
    struct aq_scratch *x = e->idle;
    if (x) {
        e->idle = x->next;
        e->idle_count--;
    }
    pthread_mutex_unlock(&e->lock);
    if (!x)
        x = calloc(1, sizeof *x);
    if (!x) {
        aq_env_release(e);
        return NULL;
    }
    x->env = e;
    return x;
}

static void give_back(struct aq_scratch *x)
{
    struct aq_env *e = x->env;
    enum { KEEP_BYTES = 1 << 20 };
    x->cold = false;
    if (x->record.cap > KEEP_BYTES)
        aq_buf_free(&x->record);
    if (x->numbers.cap > KEEP_BYTES)
        aq_buf_free(&x->numbers);
    struct aq_open_frame *large = &x->frames.kept[0];
    if (large->raw.cap > KEEP_BYTES) {
        large->valid = false;
        aq_buf_free(&large->raw);
    }
    if (x->bundle.cap > KEEP_BYTES)
        aq_buf_free(&x->bundle);
    pthread_mutex_lock(&e->lock);
    bool keep = e->idle_count < IDLE_MOST;
    if (keep) {
        x->next = e->idle;
        e->idle = x;
        e->idle_count++;
    }
    pthread_mutex_unlock(&e->lock);
    if (!keep)
        aq_scratch_free(x);
    aq_env_release(e);
}

/* ---- handles of a transaction ---- */

static struct aq_handles *find_held(struct aq_scratch *x, uint32_t id)
{
    for (size_t i = 0; i < x->held_count; i++)
        if (x->held[i].id == id)
            return &x->held[i];
    return NULL;
}

static struct aq_handles *hold(struct aq_scratch *x, struct aq_handles h)
{
    if (!aq_grow(&x->held, &x->held_cap, x->held_count + 1, sizeof *x->held))
        return NULL;
    x->held[x->held_count] = h;
    return &x->held[x->held_count++];
}

static void release_handles(struct aq_scratch *x, bool committed)
{
    for (size_t i = 0; i < x->held_count; i++) {
        const struct aq_handles *h = &x->held[i];
        if (h->uses)
            aq_env_unuse_handles(x->env, h->id);
        else if (committed) /* out of memory here only means that they are looked up by name again */
            aq_env_publish(x->env, h->id, h->terms, h->positions);
    }
    x->held_count = 0;
}

/* From the environment's table; false when it has none usable by this transaction. */
static bool use_shared(struct aq_scratch *x, uint32_t id, struct aq_handles **out, bool *nomem)
{
    struct aq_handles h = {.id = id, .uses = 1};
    *nomem = false;
    if (!aq_env_use_handles(x->env, id, x->epoch, &h.terms, &h.positions))
        return false;
    *out = hold(x, h);
    if (!*out) {
        aq_env_unuse_handles(x->env, id);
        *nomem = true;
    }
    return true;
}

enum aq_status aq_txn_handles(struct aq_txn *t, uint32_t id, bool make, struct aq_handles **out,
                              struct aq_error *err)
{
    struct aq_scratch *x = t->scratch;
    struct aq_handles h = {.id = id};
    char terms[16], positions[16];
    bool nomem;

    *out = find_held(x, id);
    if (*out)
        return AQ_OK;
    if (use_shared(x, id, out, &nomem))
        return nomem ? aq_fail_nomem(err) : AQ_OK;
    aq_segment_names(id, terms, positions);
    int rc = mdb_dbi_open(t->txn, terms, make ? MDB_CREATE : 0, &h.terms);
    if (!rc)
        rc = mdb_dbi_open(t->txn, positions, make ? MDB_CREATE : 0, &h.positions);
    if (rc)
        return rc == MDB_NOTFOUND ? AQ_NOTFOUND : aq_txn_fail(t, err, rc, "opening a segment");
    *out = hold(x, h);
    return *out ? AQ_OK : aq_fail_nomem(err);
}

static bool push(uint32_t **list, size_t *count, size_t *cap, uint32_t id)
{
    for (size_t i = 0; i < *count; i++)
        if ((*list)[i] == id)
            return true;
    if (!aq_grow(list, cap, *count + 1, sizeof **list))
        return false;
    (*list)[(*count)++] = id;
    return true;
}

enum aq_status aq_txn_drop_databases(struct aq_txn *t, uint32_t id, struct aq_error *err)
{
    struct aq_scratch *x = t->scratch;
    struct aq_handles *h;
    enum aq_status st = aq_txn_handles(t, id, false, &h, err);
    if (st)
        return st == AQ_NOTFOUND ? AQ_OK : st;
    /* Deleting a database closes its handle at once, commit or not. */
    bool shared = h->uses > 0;
    int rc = mdb_drop(t->txn, h->terms, !shared);
    if (!rc)
        rc = mdb_drop(t->txn, h->positions, !shared);
    if (rc)
        return aq_txn_fail(t, err, rc, "dropping a segment");
    if (shared)
        return push(&x->dropped, &x->dropped_count, &x->dropped_cap, id) ? AQ_OK : aq_fail_nomem(err);
    *h = x->held[--x->held_count];
    return AQ_OK;
}

/* Takes the handles of an emptied segment out of the table if nobody uses them. */
static bool claim_emptied(struct aq_env *e, size_t i, uint32_t *id)
{
    bool claimed = false;
    pthread_mutex_lock(&e->lock);
    if (i < e->emptied_count) {
        *id = e->emptied[i];
        claimed = true;
        for (size_t k = 0; k < e->handle_count; k++) {
            if (e->handles[k].id != *id)
                continue;
            if (e->handles[k].uses)
                claimed = false;
            else
                e->handles[k] = e->handles[--e->handle_count];
            break;
        }
    }
    pthread_mutex_unlock(&e->lock);
    return claimed;
}

static enum aq_status purge_emptied(struct aq_txn *t, struct aq_error *err)
{
    struct aq_scratch *x = t->scratch;
    size_t count = x->env->emptied_count; /* changes under write_lock only */
    for (size_t i = 0; i < count; i++) {
        char names[2][16];
        uint32_t id;
        if (!claim_emptied(x->env, i, &id))
            continue;
        if (!push(&x->purged, &x->purged_count, &x->purged_cap, id))
            return aq_fail_nomem(err);
        aq_segment_names(id, names[0], names[1]);
        for (unsigned k = 0; k < 2; k++) {
            MDB_dbi dbi;
            int rc = mdb_dbi_open(t->txn, names[k], 0, &dbi);
            if (!rc)
                rc = mdb_drop(t->txn, dbi, 1);
            if (rc && rc != MDB_NOTFOUND)
                return aq_txn_fail(t, err, rc, "removing a merged segment");
        }
    }
    return AQ_OK;
}

/* After a commit: what was dropped waits for its readers, what was purged is gone. */
static void settle_emptied(struct aq_scratch *x)
{
    struct aq_env *e = x->env;
    pthread_mutex_lock(&e->lock);
    for (size_t i = 0; i < x->purged_count; i++)
        for (size_t k = 0; k < e->emptied_count; k++)
            if (e->emptied[k] == x->purged[i]) {
                e->emptied[k] = e->emptied[--e->emptied_count];
                break;
            }
    /* Out of memory: the next writer's recovery removes it. */
    for (size_t i = 0; i < x->dropped_count; i++)
        push(&e->emptied, &e->emptied_count, &e->emptied_cap, x->dropped[i]);
    pthread_mutex_unlock(&e->lock);
}

/* ---- the view ---- */

static enum aq_status read_state(struct aq_txn *t, struct aq_error *err)
{
    struct aq_slice payload;
    enum aq_status st = aq_get_verified(t, AQ_TABLE_META, aq_slice_str("state"), &payload, err);
    if (st)
        return st == AQ_NOTFOUND ? aq_fail(err, AQ_CORRUPT, "%s: its state record is missing; rebuild it", t->store->dir)
                                 : st;
    return aq_state_decode(&t->scratch->state, payload, t->store->dir, err);
}

static enum aq_status add_segment(struct aq_txn *t, struct aq_slice key, struct aq_slice payload,
                                  struct aq_error *err)
{
    struct aq_scratch *x = t->scratch;
    struct aq_slice lengths = {0};
    struct aq_segment seg = {0};
    size_t old_cap = x->segment_cache_cap;

    if (aq_segment_info_decode(&seg.info, key, payload))
        return aq_fail(err, AQ_CORRUPT, "%s: a record of the segment list is damaged; run aq check, or rebuild it",
                       t->store->dir);
    enum aq_status st = aq_get(t, AQ_TABLE_NORM, key, &lengths);
    if (st || lengths.len != seg.info.passages)
        return aq_fail(err, AQ_CORRUPT, "%s: segment %u lacks the lengths of its passages; run aq check, or rebuild it",
                       t->store->dir, seg.info.id);
    seg.lengths = lengths.ptr;
    if (!aq_grow(&x->segments, &x->segment_cap, (size_t)x->segment_count + 1, sizeof *x->segments) ||
        !aq_grow(&x->segment_caches, &x->segment_cache_cap, (size_t)x->segment_count + 1, sizeof *x->segment_caches))
        return aq_fail_nomem(err);
    memset(x->segment_caches + old_cap, 0, (x->segment_cache_cap - old_cap) * sizeof *x->segment_caches);
    x->segments[x->segment_count] = seg;
    x->segment_caches[x->segment_count++].ordered = -1;
    x->passages += seg.info.passages;
    x->tokens += seg.info.tokens;
    return AQ_OK;
}

static enum aq_status read_segments(struct aq_txn *t, struct aq_error *err)
{
    struct aq_scratch *x = t->scratch;
    struct aq_walk w;
    bool found;
    x->passages = x->state.pend_passages;
    x->tokens = x->state.pend_tokens;
    enum aq_status st = aq_walk_open(t, AQ_TABLE_SEG, true, &w, err);
    if (st)
        return st;
    for (st = aq_walk_seek(&w, aq_slice("", 0), &found, err); st == AQ_OK && found;
         st = aq_walk_next(&w, &found, err)) {
        st = w.checksum_ok ? add_segment(t, w.key, w.payload, err)
                           : aq_fail(err, AQ_CORRUPT,
                                     "%s: a record of the segment list is damaged; run aq check, or rebuild it",
                                     t->store->dir);
        if (st)
            break;
    }
    aq_walk_close(&w);
    return st;
}

/* Fills t. *missing: handles of listed segments must be opened first (readers).
 *
 * The commit number says whether the kept view still holds. mdb_txn_id does not:
 * a reader that takes its number and is then overtaken by two commits reads the
 * later one's roots under the older number. */
static enum aq_status load_view(struct aq_txn *t, bool *missing, struct aq_error *err)
{
    struct aq_scratch *x = t->scratch;
    uint64_t kept = x->state.commit;
    *missing = false;
    enum aq_status st = read_state(t, err);
    if (st) {
        forget_view(x);
        return st;
    }
    if (t->write || !x->view_valid || x->state.commit != kept) {
        forget_view(x);
        st = read_segments(t, err);
        if (st) {
            forget_view(x);
            return st;
        }
        x->view_valid = true;
    }
    for (uint32_t i = 0; i < x->segment_count; i++) {
        struct aq_segment *seg = &x->segments[i];
        struct aq_handles *h = NULL;
        bool nomem = false;
        if (t->write) {
            st = aq_txn_handles(t, seg->info.id, false, &h, err);
            if (st == AQ_NOTFOUND)
                return aq_fail(err, AQ_CORRUPT, "%s: the postings of segment %u are missing; rebuild it", t->store->dir,
                               seg->info.id);
            if (st)
                return st;
        } else if (!use_shared(x, seg->info.id, &h, &nomem)) {
            *missing = true;
            return AQ_OK;
        }
        if (nomem)
            return aq_fail_nomem(err);
        seg->terms = h->terms;
        seg->positions = h->positions;
    }
    t->state = x->state;
    t->segments = x->segments;
    t->segment_count = x->segment_count;
    t->passages = x->passages;
    t->tokens = x->tokens;
    return AQ_OK;
}

/* ---- reading ---- */

static int start_reader(struct aq_scratch *x)
{
    int rc;
    if (x->reader) {
        rc = mdb_txn_renew(x->reader);
        if (rc == 0 || rc == MDB_MAP_RESIZED)
            return rc;
        mdb_txn_abort(x->reader);
        x->reader = NULL;
    }
    rc = aq_lmdb_begin_reading(x->env->env, &x->reader);
    if (rc)
        x->reader = NULL;
    return rc;
}

/* The first reader of all looks whether the disk is cold; if so, it and the next few
 * ask for what they will touch. */
static void look_for_cold(struct aq_txn *t)
{
    enum { TRANSACTIONS = 4 };
    struct aq_env *e = t->scratch->env;
    pthread_mutex_lock(&e->lock);
    if (!e->looked && e->read_only) {
        e->looked = true;
        pthread_mutex_unlock(&e->lock); /* it reads the disk */
        bool cold = aq_prefetch_view(t);
        pthread_mutex_lock(&e->lock);
        if (cold)
            e->asking = TRANSACTIONS;
    }
    t->scratch->cold = e->asking > 0;
    e->asking -= e->asking > 0;
    pthread_mutex_unlock(&e->lock);
}

enum aq_status aq_txn_begin(struct aq_store *s, struct aq_txn *t, struct aq_error *err)
{
    for (unsigned attempt = 0; attempt < BEGIN_ATTEMPTS; attempt++) {
        bool missing = false;
        *t = (struct aq_txn){0};
        struct aq_scratch *x = take_scratch(s);
        if (!x)
            return aq_fail_nomem(err);
        struct aq_env *e = x->env;
        enum aq_status st = aq_env_enter(e, x, err);
        if (st) {
            give_back(x);
            return st;
        }
        int rc = start_reader(x);
        if (rc) {
            aq_env_leave(e, x);
            st = rc == MDB_MAP_RESIZED ? aq_env_remap(e, 0, err) : aq_fail_lmdb(err, e, rc, "reading");
            give_back(x);
            if (st)
                return st;
            continue;
        }
        t->store = s;
        t->txn = x->reader;
        t->scratch = x;
        st = load_view(t, &missing, err);
        if (st == AQ_OK && !missing) {
            look_for_cold(t);
            return AQ_OK;
        }
        aq_env_reference(e);
        aq_txn_end(t);
        if (st == AQ_OK)
            st = aq_env_open_segments(e, err);
        aq_env_release(e);
        if (st)
            return st;
    }
    return aq_fail(err, AQ_INTERNAL, "%s: its segments change too fast to be read; try again", s->dir);
}

/* ---- writing ---- */

static void finish_write(struct aq_txn *t, bool committed)
{
    struct aq_scratch *x = t->scratch;
    struct aq_env *e = x->env;
    release_handles(x, committed);
    if (committed)
        settle_emptied(x);
    x->dropped_count = x->purged_count = 0;
    forget_view(x);
    aq_env_leave(e, x);
    pthread_mutex_unlock(&e->write_lock);
    give_back(x);
    *t = (struct aq_txn){0};
}

enum aq_status aq_txn_begin_write(struct aq_store *s, struct aq_txn *t, size_t headroom, struct aq_error *err)
{
    bool missing;
    *t = (struct aq_txn){0};
    if (s->mode != AQ_STORE_WRITE)
        return aq_fail(err, AQ_INVALID, "%s is open for reading only", s->dir);
    struct aq_scratch *x = take_scratch(s);
    if (!x)
        return aq_fail_nomem(err);
    struct aq_env *e = x->env;
    /* Waiting here with a transaction of one's own would wait for ever where the
     * holder of write_lock waits for that transaction to grow the map. */
    if (aq_env_entered(e)) {
        give_back(x);
        return aq_fail(err, AQ_INVALID, "%s: this thread holds a transaction; end it before a write begins", s->dir);
    }
    pthread_mutex_lock(&e->write_lock);
    enum aq_status st = aq_env_make_room(e, headroom ? headroom : HEADROOM_DEFAULT, err);
    if (st == AQ_OK)
        st = aq_env_enter(e, x, err);
    if (st) {
        pthread_mutex_unlock(&e->write_lock);
        give_back(x);
        return st;
    }
    int rc = mdb_txn_begin(e->env, NULL, 0, &t->txn);
    if (rc) {
        aq_env_leave(e, x);
        pthread_mutex_unlock(&e->write_lock);
        give_back(x);
        return aq_fail_lmdb(err, e, rc, "beginning a write");
    }
    t->store = s;
    t->write = true;
    t->scratch = x;
    memset(x->last, 0, sizeof x->last);
    st = load_view(t, &missing, err);
    if (st == AQ_OK)
        st = purge_emptied(t, err);
    if (st)
        aq_txn_end(t);
    return st;
}

enum aq_status aq_txn_fail(struct aq_txn *t, struct aq_error *err, int code, const char *what)
{
    return aq_fail_lmdb(err, t->scratch->env, code, what);
}

enum aq_status aq_txn_commit(struct aq_txn *t, struct aq_error *err)
{
    struct aq_buf record = {0};
    if (!t->txn || !t->write) {
        aq_txn_end(t);
        return aq_fail(err, AQ_INVALID, "only a write transaction can be committed");
    }
    enum aq_status st = aq_columns_store(t, err);
    /* Numbers grow whatever the caller made of t->state: kept views go by them. */
    if (t->state.commit < t->scratch->state.commit)
        t->state.commit = t->scratch->state.commit;
    t->state.commit++;
    if (st == AQ_OK && (st = aq_state_encode(&record, &t->state)))
        aq_fail_nomem(err);
    if (st == AQ_OK)
        st = aq_put(t, AQ_TABLE_META, aq_slice_str("state"), aq_slice(record.ptr, record.len), err);
    aq_buf_free(&record);
    if (st) {
        aq_txn_end(t);
        return st;
    }
    int rc = mdb_txn_commit(t->txn);
    t->txn = NULL; /* gone either way */
    if (rc)
        st = aq_txn_fail(t, err, rc, "committing");
    finish_write(t, rc == 0);
    return st;
}

void aq_txn_end(struct aq_txn *t)
{
    struct aq_scratch *x = t->scratch;
    if (!x)
        return;
    if (t->write) {
        mdb_txn_abort(t->txn);
        finish_write(t, false);
        return;
    }
    mdb_txn_reset(x->reader);
    release_handles(x, false);
    aq_env_leave(x->env, x);
    give_back(x);
    *t = (struct aq_txn){0};
}
