/* writer_open.c - opening and closing a writer: the index there is, or a new one. */
#include "writer_internal.h"

#include "builder.h"
#include "merge.h"

#include <stdio.h>

#define MEMORY_LIMIT ((size_t)256 << 20)

static enum aq_status check_identity(struct aq_writer *w, const struct aq_state *state, const char *dir,
                                     const char *language, struct aq_error *err)
{
    enum aq_status st = aq_analyzer_open(state->language, &w->preparer.analyzer, err);
    if (st)
        return st;
    if (strcmp(aq_analyzer_identity(w->preparer.analyzer), state->identity) != 0)
        return aq_fail(err, AQ_VERSION,
                       "%s was made with analyzer %s, this program has %s; make a new index from the sources", dir,
                       state->identity, aq_analyzer_identity(w->preparer.analyzer));
    if (language) {
        struct aq_analyzer *asked;
        st = aq_analyzer_open(language, &asked, err);
        if (st)
            return st;
        bool same = strcmp(aq_analyzer_language(asked), aq_analyzer_language(w->preparer.analyzer)) == 0;
        aq_analyzer_close(asked);
        if (!same)
            return aq_fail(err, AQ_INVALID, "%s is an index in %s; leave out --language or use another directory", dir,
                           aq_analyzer_language(w->preparer.analyzer));
    }
    return AQ_OK;
}

static enum aq_status create_index(struct aq_writer *w, const char *dir, const char *language, struct aq_error *err)
{
    struct aq_state state = {.next_segment = 1};
    enum aq_status st = aq_analyzer_open(language ? language : "english", &w->preparer.analyzer, err);
    if (st)
        return st;
    snprintf(state.identity, sizeof state.identity, "%s", aq_analyzer_identity(w->preparer.analyzer));
    snprintf(state.language, sizeof state.language, "%s", aq_analyzer_language(w->preparer.analyzer));
    return aq_store_create(dir, &state, &w->store, err);
}

enum aq_status aq_writer_refresh(struct aq_writer *w, struct aq_error *err)
{
    struct aq_txn t;
    enum aq_status st = aq_txn_begin(w->store, &t, err);
    if (st)
        return st;
    w->state = t.state;
    w->stats.postings_bytes = 0;
    for (uint32_t i = 0; i < t.segment_count; i++)
        w->stats.postings_bytes += t.segments[i].info.bytes;
    aq_txn_end(&t);
    return AQ_OK;
}

static enum aq_status open_index(struct aq_writer *w, const char *dir, const struct aq_writer_options *o,
                                 struct aq_error *err)
{
    enum aq_status st = aq_store_open(dir, AQ_STORE_WRITE, &w->store, err);
    bool fresh = false;
    if (st == AQ_NOTFOUND && o->create) {
        st = create_index(w, dir, o->language, err);
        fresh = true;
    }
    if (st == AQ_OK)
        st = aq_store_recover(w->store, err);
    if (st == AQ_OK)
        st = aq_writer_refresh(w, err);
    if (st == AQ_OK && !fresh)
        st = check_identity(w, &w->state, dir, o->language, err);
    return st;
}

enum aq_status aq_writer_open(const char *dir, const struct aq_writer_options *options, struct aq_writer **out,
                              struct aq_error *err)
{
    static const struct aq_writer_options defaults = {0};
    const struct aq_writer_options *o = options ? options : &defaults;
    struct aq_writer *w = calloc(1, sizeof *w);
    enum aq_status st;

    *out = NULL;
    if (!w)
        return aq_fail_nomem(err);
    w->memory_limit = o->memory_limit ? o->memory_limit : MEMORY_LIMIT;
    w->threaded = !o->single_thread;
    st = open_index(w, dir, o, err);
    if (st == AQ_OK)
        st = aq_builder_open(w->store, w->preparer.analyzer, w->threaded, &w->builder, err);
    if (st == AQ_OK)
        st = aq_merger_open(w->store, w->threaded, &w->merger, err);
    if (st == AQ_OK && !(w->batch = aq_batch_new(w->state.next_comment)))
        st = aq_fail_nomem(err);
    if (st) {
        aq_writer_close(w);
        return st;
    }
    *out = w;
    return AQ_OK;
}

void aq_writer_close(struct aq_writer *w)
{
    if (!w)
        return;
    aq_writer_end_lookup(w);
    aq_builder_close(w->builder);
    aq_merger_close(w->merger);
    aq_unit_free(w->unit);
    aq_batch_free(w->batch);
    aq_batch_free(w->flying);
    struct aq_analyzer *analyzer = w->preparer.analyzer;
    aq_preparer_free(&w->preparer);
    aq_analyzer_close(analyzer);
    aq_store_close(w->store);
    aq_id_filter_free(&w->ids);
    aq_hashmap_free(&w->threads);
    free(w->thread_cache);
    free(w->seen);
    aq_arena_free(&w->arena);
    aq_buf_free(&w->scratch);
    free(w);
}
