/* reader.c - opening an index for reading, following it, and what comments are
 * read with. Knows nothing of queries. */
#include "reader.h"

#include <time.h>

#ifndef AQ_RELEASE
#define AQ_RELEASE "unreleased"
#endif

const char *aq_version(void)
{
    return "aq " AQ_RELEASE;
}

/* Words cut or stemmed in another way than the index's would silently miss. */
static enum aq_status check_analyzer(struct aq_reader *r, const struct aq_state *s, struct aq_error *err)
{
    char identity[sizeof s->identity], language[sizeof s->language + 1];
    if (r->analyzer && strncmp(aq_analyzer_identity(r->analyzer), s->identity, sizeof s->identity) == 0)
        return AQ_OK;
    memcpy(language, s->language, sizeof s->language);
    language[sizeof s->language] = 0;
    struct aq_analyzer *a = NULL;
    enum aq_status st = aq_analyzer_open(language, &a, err);
    if (st)
        return st == AQ_INVALID ? aq_fail(err, AQ_VERSION,
                                          "the index is in the language \"%s\", which this aq does not know; make the "
                                          "index again with this version",
                                          language)
                                : st;
    if (strncmp(aq_analyzer_identity(a), s->identity, sizeof s->identity) != 0) {
        memcpy(identity, s->identity, sizeof identity);
        identity[sizeof identity - 1] = 0;
        st = aq_fail(err, AQ_VERSION,
                     "the index was made by the analyzer \"%s\" and this aq has \"%s\"; make the index again with "
                     "this version",
                     identity, aq_analyzer_identity(a));
        aq_analyzer_close(a);
        return st;
    }
    aq_analyzer_close(r->analyzer);
    r->analyzer = a;
    return AQ_OK;
}

enum aq_status aq_reader_begin(struct aq_reader *r, struct aq_txn *txn, struct aq_error *err)
{
    enum aq_status st = aq_store_follow(r->store, err);
    if (!st)
        st = aq_txn_begin(r->store, txn, err);
    if (st)
        return st;
    if ((st = check_analyzer(r, &txn->state, err)))
        aq_txn_end(txn);
    return st;
}

enum aq_status aq_reader_open(const char *dir, struct aq_reader **out, struct aq_error *err)
{
    struct aq_txn txn;
    *out = NULL;
    struct aq_reader *r = calloc(1, sizeof *r);
    if (!r)
        return aq_fail_nomem(err);
    r->count_enough = AQ_COUNT_ENOUGH;
    enum aq_status st = aq_store_open(dir, AQ_STORE_READ, &r->store, err);
    if (!st)
        st = aq_reader_begin(r, &txn, err);
    if (st) {
        aq_reader_close(r);
        return st;
    }
    aq_txn_end(&txn);
    *out = r;
    return AQ_OK;
}

enum aq_status aq_reader_state(struct aq_reader *r, struct aq_reader_state *state, struct aq_error *err)
{
    struct aq_txn txn;
    *state = (struct aq_reader_state){0};
    enum aq_status st = aq_reader_begin(r, &txn, err);
    if (st)
        return st;
    *state = (struct aq_reader_state){.commit = txn.state.commit, .generation = aq_store_generation(r->store)};
    aq_txn_end(&txn);
    return AQ_OK;
}

void aq_reader_close(struct aq_reader *r)
{
    if (!r)
        return;
    aq_analyzer_close(r->analyzer);
    if (r->store)
        aq_store_close(r->store);
    aq_arena_free(&r->arena);
    aq_arena_free(&r->scratch);
    aq_arena_free(&r->letters.arena);
    aq_forest_free(&r->last_thread.tree);
    aq_pending_index_free(&r->pending);
    aq_synonym_table_free(&r->synonyms);
    free(r);
}

uint64_t aq_reader_micros(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000;
}

void aq_reader_bound_analyzer(struct aq_reader *r)
{
    enum { ANALYZER_BYTES = 8 << 20 };
    if (aq_analyzer_memory(r->analyzer) > ANALYZER_BYTES)
        aq_analyzer_forget(r->analyzer);
}

/* ---- what is known of a comment ---- */

enum aq_status aq_reader_text(struct aq_txn *txn, uint32_t comment, struct aq_arena *arena, struct aq_comment *out,
                              struct aq_error *err)
{
    enum aq_status st = aq_text_get(txn, comment, arena, out, err);
    if (st == AQ_NOTFOUND)
        return aq_fail(err, AQ_CORRUPT, "the text of comment %u is missing; `aq check` tells more", comment);
    return st;
}

enum aq_status aq_reader_passage(const struct aq_comment *c, uint32_t comment, uint32_t ordinal,
                                 const struct aq_passage **out, struct aq_error *err)
{
    if (ordinal >= c->passage_count)
        return aq_fail(err, AQ_CORRUPT, "comment %u has no passage %u; `aq check` tells more", comment, ordinal);
    *out = &c->passages[ordinal];
    return AQ_OK;
}

enum aq_status aq_reader_id(struct aq_txn *txn, uint32_t comment, struct aq_arena *arena, struct aq_slice *out,
                            struct aq_error *err)
{
    struct aq_id id;
    enum aq_status st = aq_ident_get(txn, comment, &id, err);
    if (st)
        return st == AQ_NOTFOUND ? aq_fail(err, AQ_CORRUPT, "the id of comment %u is missing; `aq check` tells more",
                                           comment)
                                 : st;
    *out = aq_arena_copy(arena, aq_id_slice(&id));
    return out->ptr ? AQ_OK : aq_fail_nomem(err);
}

enum aq_status aq_thread_title(struct aq_txn *txn, uint32_t thread, struct aq_arena *scratch, struct aq_arena *arena,
                               struct aq_slice *title, struct aq_error *err)
{
    struct aq_thread_info info;
    struct aq_comment root;
    *title = (struct aq_slice){0};
    if (thread == AQ_NO_COMMENT)
        return AQ_OK;
    enum aq_status st = aq_thread_get(txn, thread, &info);
    if (st)
        return st == AQ_NOTFOUND ? AQ_OK : aq_fail(err, st, "thread %u cannot be read; `aq check` tells more", thread);
    if (info.root == AQ_NO_COMMENT)
        return AQ_OK;
    st = aq_text_get(txn, info.root, scratch, &root, err);
    if (st) /* a purged root has no title any more */
        return st == AQ_NOTFOUND ? AQ_OK : st;
    if (root.title.len && !(*title = aq_arena_copy(arena, root.title)).ptr)
        return aq_fail_nomem(err);
    return AQ_OK;
}

/* Tags are stored one a line. */
static enum aq_status split_tags(struct aq_slice stored, struct aq_arena *arena, struct aq_facts *f)
{
    struct aq_slice lines = aq_arena_copy(arena, stored);
    uint32_t count = 1;
    if (!lines.ptr)
        return AQ_NOMEM;
    for (size_t i = 0; i < lines.len; i++)
        count += lines.ptr[i] == '\n';
    struct aq_slice *tags = aq_arena_alloc(arena, count * sizeof *tags);
    if (!tags)
        return AQ_NOMEM;
    const uint8_t *p = lines.ptr, *end = p + lines.len;
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *stop = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
        if (!stop)
            stop = end;
        tags[i] = aq_slice(p, (size_t)(stop - p));
        p = stop < end ? stop + 1 : end;
    }
    f->tags = tags;
    f->tag_count = count;
    return AQ_OK;
}

static enum aq_status copy_name(struct aq_txn *txn, enum aq_id_kind kind, int64_t number, struct aq_arena *arena,
                                struct aq_slice *out, struct aq_error *err)
{
    struct aq_slice name = {0};
    enum aq_status st;
    if (number < 0 || number >= AQ_NO_COMMENT)
        return AQ_OK;
    if (kind == AQ_ID_THREAD) {
        struct aq_thread_info info;
        st = aq_thread_get(txn, (uint32_t)number, &info);
        name = st ? name : info.name;
    } else {
        st = aq_name_get(txn, kind, (uint32_t)number, &name);
    }
    if (st == AQ_NOMEM)
        return aq_fail_nomem(err);
    if (st)
        return aq_fail(err, AQ_CORRUPT, "name %lld of kind '%c' cannot be read; `aq check` tells more",
                       (long long)number, (char)kind);
    if (name.len && !(*out = aq_arena_copy(arena, name)).ptr)
        return aq_fail_nomem(err);
    return AQ_OK;
}

enum aq_status aq_facts_get(struct aq_txn *txn, uint32_t comment, struct aq_arena *arena, struct aq_facts *f,
                            struct aq_error *err)
{
    struct aq_slice tags = {0};
    int64_t thread = aq_column_get(txn, AQ_COL_THREAD, comment);
    *f = (struct aq_facts){.date = aq_column_get(txn, AQ_COL_DATE, comment),
                           .points = (int32_t)aq_column_get(txn, AQ_COL_SCORE, comment),
                           .thread_number = thread >= 0 && thread < AQ_NO_COMMENT ? (uint32_t)thread : AQ_NO_COMMENT};
    enum aq_status st = copy_name(txn, AQ_ID_THREAD, thread, arena, &f->thread, err);
    if (!st)
        st = copy_name(txn, AQ_ID_AUTHOR, aq_column_get(txn, AQ_COL_AUTHOR, comment), arena, &f->author, err);
    if (!st)
        st = copy_name(txn, AQ_ID_SOURCE, aq_column_get(txn, AQ_COL_SOURCE, comment), arena, &f->source, err);
    if (!st)
        st = copy_name(txn, AQ_ID_TAGS, aq_column_get(txn, AQ_COL_TAGS, comment), arena, &tags, err);
    if (!st && tags.len && (st = split_tags(tags, arena, f)))
        return aq_fail_nomem(err);
    return st;
}
