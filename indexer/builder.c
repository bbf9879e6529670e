/* builder.c - see builder.h. */
#include "builder.h"

#include "builder_internal.h"
#include "commit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

enum {
    QUEUE_BYTES = 48 << 20,   /* units waiting: the caller waits beyond this */
    HELP_BYTES = 16 << 20,    /* and compresses text itself beyond this */
    DICTIONARY_SAMPLE = 2 << 20, /* stored text that a dictionary is made of */
    DICTIONARY_LEAST = 256 << 10 /* less is not worth one */
};

enum job_kind { JOB_INVERT, JOB_FRAME, JOB_COMMIT };

struct job {
    struct job *next;
    enum job_kind kind;
    struct aq_batch *batch;
    struct aq_unit *unit;
};

struct aq_builder {
    struct aq_store *store;
    const struct aq_analyzer *analyzer;
    bool threaded;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t work, done;
    struct queue {
        struct job *first, **last;
    } jobs, texts;    /* texts: units to be framed, in order, one at a time */
    struct aq_batch *framing; /* whose unit is being framed, by either thread */
    size_t queued;    /* bytes of units in the queues */
    bool busy, quit;
    struct aq_unit *spare;
    enum aq_status status;
    struct aq_error error;
    atomic_size_t inverted_bytes, framed_bytes;

    /* Text waiting for a dictionary, of the batch being built. This and a batch's
     * bundles belong to whoever set `framing`. */
    struct aq_buf sample;
    struct sampled {
        uint32_t number;
        size_t len;
    } *sampled;
    size_t sampled_count, sampled_cap;
    size_t *sample_sizes;
    size_t sample_cap;

    struct aq_buf dictionary; /* that new text is compressed with, empty for none */
    uint32_t dictionary_number;
    /* Being committed, its text packed: what follows it can be begun. Guarded by mutex. */
    const struct aq_batch *leaving;
};

/* ---- framing ---- */

static bool keep_dictionary(struct aq_builder *w, struct aq_slice bytes, uint32_t number)
{
    aq_buf_clear(&w->dictionary);
    aq_buf_put(&w->dictionary, bytes.ptr, bytes.len);
    w->dictionary_number = bytes.len ? number : 0;
    return !w->dictionary.failed;
}

static enum aq_status keep_bundle(void *context, uint32_t first_comment, struct aq_slice bundle, struct aq_error *err)
{
    struct aq_batch *b = context;
    if (!aq_grow(&b->bundle_spans, &b->bundle_cap, b->bundle_count + 1, sizeof *b->bundle_spans))
        return aq_fail_nomem(err);
    b->bundle_spans[b->bundle_count] = (struct aq_bundle_span){first_comment, b->bundles.len, bundle.len};
    aq_buf_put(&b->bundles, bundle.ptr, bundle.len);
    if (b->bundles.failed)
        return aq_fail_nomem(err);
    b->bundle_count++;
    return AQ_OK;
}

/* Ends the sampling: makes a dictionary when there is enough, then frames what waits. */
static enum aq_status start_framing(struct aq_builder *w, struct aq_batch *b, struct aq_error *err)
{
    struct aq_buf dictionary = {0};
    enum aq_status st = AQ_OK;
    size_t at = 0;

    if (w->sample.len >= DICTIONARY_LEAST) {
        if (!aq_grow(&w->sample_sizes, &w->sample_cap, w->sampled_count, sizeof *w->sample_sizes))
            return aq_fail_nomem(err);
        for (size_t i = 0; i < w->sampled_count; i++)
            w->sample_sizes[i] = w->sampled[i].len;
        st = aq_dictionary_make(&w->sample, w->sample_sizes, w->sampled_count, &dictionary);
        if (st) {
            aq_buf_free(&dictionary);
            return aq_fail(err, st, "no compression dictionary could be made: %s", aq_status_name(st));
        }
    }
    uint32_t number = dictionary.len ? 1 : 0;
    b->dictionary = dictionary;
    b->packer = aq_text_writer_new(aq_slice(dictionary.ptr, dictionary.len), number);
    if (!b->packer || !keep_dictionary(w, aq_slice(dictionary.ptr, dictionary.len), number))
        return aq_fail_nomem(err);
    for (size_t i = 0; i < w->sampled_count && st == AQ_OK; i++) {
        st = aq_text_writer_add(b->packer, w->sampled[i].number, aq_slice(w->sample.ptr + at, w->sampled[i].len),
                                 keep_bundle, b, err);
        at += w->sampled[i].len;
    }
    aq_buf_clear(&w->sample);
    w->sampled_count = 0;
    return st;
}

static enum aq_status frame_text(struct aq_builder *w, struct aq_batch *b, uint32_t number, struct aq_slice encoded,
                                 struct aq_error *err)
{
    if (b->packer)
        return aq_text_writer_add(b->packer, number, encoded, keep_bundle, b, err);
    if (!aq_grow(&w->sampled, &w->sampled_cap, w->sampled_count + 1, sizeof *w->sampled))
        return aq_fail_nomem(err);
    w->sampled[w->sampled_count++] = (struct sampled){number, encoded.len};
    aq_buf_put(&w->sample, encoded.ptr, encoded.len);
    if (w->sample.failed)
        return aq_fail_nomem(err);
    return w->sample.len >= DICTIONARY_SAMPLE ? start_framing(w, b, err) : AQ_OK;
}

/* ---- taking in pending comments ---- */

/* Re-frames the texts added one by one since the last full frame. */
static enum aq_status take_pending_text(struct aq_builder *w, struct aq_batch *b, struct aq_txn *t,
                                        struct aq_error *err)
{
    struct aq_arena arena = {0};
    enum aq_status st = aq_packed_text(t, &b->packed_from, err);
    for (uint32_t c = b->packed_from; st == AQ_OK && c < t->state.next_comment; c++) {
        struct aq_slice encoded;
        aq_arena_reset(&arena);
        st = aq_text_get_raw(t, c, &arena, &encoded, err);
        if (st == AQ_NOTFOUND) {
            encoded = (struct aq_slice){0};
            st = AQ_OK;
        }
        if (st == AQ_OK)
            st = frame_text(w, b, c, encoded, err);
    }
    aq_arena_free(&arena);
    return st;
}

/* With the dictionary that there is; without one, text is gathered to make one of. */
static bool make_packer(struct aq_builder *w, struct aq_batch *b)
{
    if (w->dictionary_number)
        b->packer = aq_text_writer_new(aq_slice(w->dictionary.ptr, w->dictionary.len), w->dictionary_number);
    return b->packer || !w->dictionary_number;
}

static enum aq_status begin_building(struct aq_builder *w, struct aq_batch *b, struct aq_error *err)
{
    struct aq_txn t;
    struct aq_walk walk;
    bool found;
    enum aq_status st;

    b->accumulator = aq_accumulator_new();
    if (!b->accumulator)
        return aq_fail_nomem(err);
    st = aq_txn_begin(w->store, &t, err);
    if (st)
        return st;
    if (!keep_dictionary(w, aq_dictionary(&t, t.state.dictionary), t.state.dictionary) || !make_packer(w, b))
        st = aq_fail_nomem(err);
    if (st == AQ_OK)
        st = aq_walk_open(&t, AQ_TABLE_PEND, false, &walk, err);
    if (st == AQ_OK) {
        st = aq_walk_seek(&walk, aq_slice("", 0), &found, err);
        while (st == AQ_OK && found) {
            st = aq_builder_take_pending(b, aq_unkey32(walk.key.ptr), walk.payload, err);
            if (st == AQ_OK)
                st = aq_walk_next(&walk, &found, err);
        }
        aq_walk_close(&walk);
    }
    if (st == AQ_OK)
        st = take_pending_text(w, b, &t, err);
    aq_txn_end(&t);
    return st;
}

/* ---- jobs ---- */

static enum aq_status invert(struct aq_builder *w, struct aq_batch *b, const struct aq_unit *u, struct aq_error *err)
{
    size_t token = 0, passage = 0;
    for (size_t i = 0; i < u->comment_count; i++) {
        const struct aq_unit_comment *c = &u->comments[i];
        for (uint16_t ordinal = 0; passage < c->passage_end; passage++, ordinal++) {
            if (aq_accumulator_passage(b->accumulator, u->passages[passage].length) == AQ_DOCID_END)
                return aq_fail_nomem(err);
            size_t first = token;
            while (token < c->token_end && u->tokens[token].ordinal == ordinal)
                token++;
            if (!aq_accumulator_add(b->accumulator, w->analyzer, u->tokens + first, token - first,
                                    u->token_count - token))
                return aq_fail_nomem(err);
        }
    }
    atomic_store(&w->inverted_bytes, aq_accumulator_bytes(b->accumulator));
    return AQ_OK;
}

static enum aq_status frame(struct aq_builder *w, struct aq_batch *b, const struct aq_unit *u, struct aq_error *err)
{
    enum aq_status st = AQ_OK;
    size_t text = 0;
    for (size_t i = 0; i < u->comment_count && st == AQ_OK; i++) {
        const struct aq_unit_comment *c = &u->comments[i];
        if (c->framed)
            st = frame_text(w, b, c->number, aq_slice(u->text.ptr + text, c->text_end - text), err);
        text = c->text_end;
    }
    atomic_store(&w->framed_bytes, b->bundles.cap + w->sample.cap);
    return st;
}

static enum aq_status pack_rest(struct aq_builder *w, struct aq_batch *b, struct aq_error *err)
{
    enum aq_status st = b->packer ? AQ_OK : start_framing(w, b, err);
    return st ? st : aq_text_writer_finish(b->packer, keep_bundle, b, err);
}

/* A batch behind one that is being committed needs nothing of the store: no comment is
 * pending any more, the dictionary is known, and its text follows the other's. The mutex
 * is held. */
static void begin_behind(struct aq_builder *w, struct aq_batch *b)
{
    b->accumulator = aq_accumulator_new();
    b->packed_from = w->leaving->next_comment;
    b->begun = b->accumulator && make_packer(w, b);
    if (!b->begun) { /* tried again when its first unit is inverted */
        aq_accumulator_free(b->accumulator);
        b->accumulator = NULL;
    }
}

static bool can_begin(const struct aq_builder *w, const struct aq_batch *b)
{
    return w->leaving && b != w->leaving && !b->begun && !b->accumulator && !w->status;
}

static enum aq_status finish_batch(struct aq_builder *w, struct aq_batch *b, struct aq_error *err)
{
    enum aq_status st = pack_rest(w, b, err);
    if (st)
        return st;
    atomic_store(&w->framed_bytes, 0);
    pthread_mutex_lock(&w->mutex);
    w->leaving = b;
    if (w->jobs.first && can_begin(w, w->jobs.first->batch))
        begin_behind(w, w->jobs.first->batch);
    pthread_cond_broadcast(&w->done); /* there may be text to frame now */
    pthread_mutex_unlock(&w->mutex);
    st = aq_commit_segment(w->store, b, err);
    atomic_store(&w->inverted_bytes, 0);
    pthread_mutex_lock(&w->mutex);
    w->leaving = NULL;
    pthread_mutex_unlock(&w->mutex);
    return st;
}

/* Does a job, unless one before it failed. The mutex is not held. */
static void run_job(struct aq_builder *w, const struct job *j, bool failed)
{
    struct aq_error err = {0};
    enum aq_status st = AQ_OK;
    if (failed)
        return;
    if (!j->batch->accumulator && j->kind != JOB_FRAME)
        st = begin_building(w, j->batch, &err);
    if (st == AQ_OK && j->kind == JOB_INVERT && j->unit)
        st = invert(w, j->batch, j->unit, &err);
    else if (st == AQ_OK && j->kind == JOB_FRAME)
        st = frame(w, j->batch, j->unit, &err);
    else if (st == AQ_OK && j->kind == JOB_COMMIT)
        st = finish_batch(w, j->batch, &err);
    if (st) {
        pthread_mutex_lock(&w->mutex);
        if (w->status == AQ_OK) {
            w->status = st;
            w->error = err;
        }
        pthread_mutex_unlock(&w->mutex);
    }
}

/* ---- queues; the mutex is held ---- */

static void enqueue(struct queue *q, struct job *j)
{
    j->next = NULL;
    *q->last = j;
    q->last = &j->next;
}

static struct job *dequeue(struct queue *q)
{
    struct job *j = q->first;
    q->first = j->next;
    if (!q->first)
        q->last = &q->first;
    return j;
}

/* One of a unit's tasks is done: with the last it is spare. */
static void release(struct aq_builder *w, struct aq_unit *u)
{
    if (!u || --u->tasks)
        return;
    w->queued -= aq_unit_bytes(u);
    aq_unit_clear(u);
    u->next = w->spare;
    w->spare = u;
}

static bool can_frame(const struct aq_builder *w)
{
    return w->texts.first && !w->framing && (w->texts.first->batch->begun || w->status);
}

static void frame_one(struct aq_builder *w)
{
    struct job *j = dequeue(&w->texts);
    bool failed = w->status != AQ_OK;
    w->framing = j->batch;
    pthread_mutex_unlock(&w->mutex);
    run_job(w, j, failed);
    pthread_mutex_lock(&w->mutex);
    w->framing = NULL;
    release(w, j->unit);
    free(j);
    pthread_cond_broadcast(&w->done);
    pthread_cond_signal(&w->work);
}

/* Before a batch is committed all its text must be framed. */
static void frame_rest(struct aq_builder *w, const struct aq_batch *b)
{
    while (w->framing == b || (w->texts.first && w->texts.first->batch == b)) {
        if (can_frame(w))
            frame_one(w);
        else
            pthread_cond_wait(&w->done, &w->mutex);
    }
}

static void *thread_main(void *arg)
{
    struct aq_builder *w = arg;
    pthread_mutex_lock(&w->mutex);
    for (;;) {
        while (!w->jobs.first && !can_frame(w) && !w->quit)
            pthread_cond_wait(&w->work, &w->mutex);
        if (!w->jobs.first && can_frame(w)) {
            frame_one(w);
            continue;
        }
        if (!w->jobs.first)
            break;
        struct job *j = dequeue(&w->jobs);
        w->busy = true;
        if (j->kind == JOB_COMMIT)
            frame_rest(w, j->batch);
        bool failed = w->status != AQ_OK;
        pthread_mutex_unlock(&w->mutex);
        run_job(w, j, failed);
        pthread_mutex_lock(&w->mutex);
        w->busy = false;
        j->batch->begun = true;
        release(w, j->unit);
        free(j);
        pthread_cond_broadcast(&w->done);
    }
    pthread_mutex_unlock(&w->mutex);
    return NULL;
}

/* ---- the caller's side ---- */

enum aq_status aq_builder_open(struct aq_store *store, const struct aq_analyzer *analyzer, bool threaded,
                               struct aq_builder **out, struct aq_error *err)
{
    struct aq_builder *w = calloc(1, sizeof *w);
    *out = NULL;
    if (!w)
        return aq_fail_nomem(err);
    w->store = store;
    w->analyzer = analyzer;
    w->threaded = threaded;
    w->jobs.last = &w->jobs.first;
    w->texts.last = &w->texts.first;
    pthread_mutex_init(&w->mutex, NULL);
    pthread_cond_init(&w->work, NULL);
    pthread_cond_init(&w->done, NULL);
    if (threaded && pthread_create(&w->thread, NULL, thread_main, w) != 0) {
        w->threaded = false;
        aq_builder_close(w);
        return aq_fail(err, AQ_IO, "no thread could be started; try with a higher process limit (ulimit -u)");
    }
    *out = w;
    return AQ_OK;
}

void aq_builder_use(struct aq_builder *w, struct aq_store *store)
{
    w->store = store;
}

void aq_builder_close(struct aq_builder *w)
{
    if (!w)
        return;
    if (w->threaded) {
        pthread_mutex_lock(&w->mutex);
        w->quit = true;
        pthread_cond_signal(&w->work);
        pthread_mutex_unlock(&w->mutex);
        pthread_join(w->thread, NULL);
    }
    while (w->spare) {
        struct aq_unit *u = w->spare;
        w->spare = u->next;
        aq_unit_free(u);
    }
    pthread_cond_destroy(&w->work);
    pthread_cond_destroy(&w->done);
    pthread_mutex_destroy(&w->mutex);
    aq_buf_free(&w->sample);
    aq_buf_free(&w->dictionary);
    free(w->sampled);
    free(w->sample_sizes);
    free(w);
}

static enum aq_status outcome(const struct aq_builder *w, struct aq_error *err)
{
    if (w->status && err)
        *err = w->error;
    return w->status;
}

/* Everything at once, on the calling thread. */
static enum aq_status work_alone(struct aq_builder *w, struct aq_batch *batch, struct aq_unit *unit, bool commit,
                                 struct aq_error *err)
{
    run_job(w, &(struct job){NULL, commit ? JOB_COMMIT : JOB_INVERT, batch, unit}, w->status != AQ_OK);
    if (unit) {
        run_job(w, &(struct job){NULL, JOB_FRAME, batch, unit}, w->status != AQ_OK);
        aq_unit_clear(unit);
        unit->next = w->spare;
        w->spare = unit;
    }
    return outcome(w, err);
}

enum aq_status aq_builder_push(struct aq_builder *w, struct aq_batch *batch, struct aq_unit *unit,
                               struct aq_error *err)
{
    if (!w->threaded)
        return work_alone(w, batch, unit, false, err);
    struct job *inversion = malloc(sizeof *inversion), *framing = unit ? malloc(sizeof *framing) : NULL;
    if (!inversion || (unit && !framing)) {
        free(inversion);
        free(framing);
        aq_unit_free(unit);
        return aq_fail_nomem(err);
    }
    *inversion = (struct job){NULL, JOB_INVERT, batch, unit};
    pthread_mutex_lock(&w->mutex);
    if (can_begin(w, batch))
        begin_behind(w, batch);
    enqueue(&w->jobs, inversion);
    if (unit) {
        *framing = (struct job){NULL, JOB_FRAME, batch, unit};
        enqueue(&w->texts, framing);
        unit->tasks = 2;
        w->queued += aq_unit_bytes(unit);
    }
    pthread_cond_signal(&w->work);
    while (w->queued > HELP_BYTES && w->status == AQ_OK) {
        if (can_frame(w))
            frame_one(w);
        else if (w->queued > QUEUE_BYTES)
            pthread_cond_wait(&w->done, &w->mutex);
        else
            break;
    }
    enum aq_status st = outcome(w, err);
    pthread_mutex_unlock(&w->mutex);
    return st;
}

enum aq_status aq_builder_commit(struct aq_builder *w, struct aq_batch *batch, struct aq_error *err)
{
    if (!w->threaded)
        return work_alone(w, batch, NULL, true, err);
    struct job *j = malloc(sizeof *j);
    if (!j)
        return aq_fail_nomem(err);
    *j = (struct job){NULL, JOB_COMMIT, batch, NULL};
    pthread_mutex_lock(&w->mutex);
    enqueue(&w->jobs, j);
    pthread_cond_signal(&w->work);
    enum aq_status st = outcome(w, err);
    pthread_mutex_unlock(&w->mutex);
    return st;
}

static bool at_work(const struct aq_builder *w)
{
    return w->jobs.first || w->texts.first || w->busy || w->framing;
}

enum aq_status aq_builder_wait(struct aq_builder *w, struct aq_error *err)
{
    pthread_mutex_lock(&w->mutex);
    while (at_work(w)) {
        if (can_frame(w))
            frame_one(w);
        else
            pthread_cond_wait(&w->done, &w->mutex);
    }
    enum aq_status st = outcome(w, err);
    pthread_mutex_unlock(&w->mutex);
    return st;
}

size_t aq_builder_bytes(struct aq_builder *w)
{
    return atomic_load(&w->inverted_bytes) + atomic_load(&w->framed_bytes);
}

struct aq_unit *aq_builder_unit(struct aq_builder *w)
{
    pthread_mutex_lock(&w->mutex);
    struct aq_unit *u = w->spare;
    if (u)
        w->spare = u->next;
    pthread_mutex_unlock(&w->mutex);
    if (!u)
        u = calloc(1, sizeof *u);
    if (u)
        u->next = NULL;
    return u;
}
