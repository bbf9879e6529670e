/* writer.c - the public write side (aq_index.h): decides what a record means for
 * the index, gathers batches, hands them to the builder or commits them as pending
 * comments. It knows no table layout and no file format. */
#include "aq_index.h"

#include "batch.h"
#include "builder.h"
#include "commit.h"
#include "merge.h"
#include "prepare.h"
#include "utf8.h"
#include "writer_internal.h"

enum {
    PENDING_MOST = 1000,           /* pending comments before they become a segment */
    PENDING_TEXT = 4 << 20,        /* bytes of a batch that may still end as pending */
    UNIT_TEXT = 256 << 10,         /* bytes of stored text handed to the builder at once */
    UNIT_FULL = 1 << 20,           /* or of all that is in a unit: text of replaced comments is not */
    LEXICON_MOST = 96 << 20,       /* bytes of lexemes before they are forgotten */
    THREADS_MOST = 1 << 20         /* threads before those that the store knows are forgotten */
};

void aq_record_init(struct aq_record *record)
{
    *record = (struct aq_record){.date = AQ_NO_DATE, .score = AQ_NO_SCORE};
}

/* ---- the batch in flight ---- */

enum aq_status aq_writer_land(struct aq_writer *w, struct aq_error *err)
{
    if (!w->flying)
        return AQ_OK;
    aq_writer_end_lookup(w);
    enum aq_status st = aq_builder_wait(w->builder, err);
    w->stats.repeats += w->flying->repeats;
    if (st == AQ_OK)
        aq_writer_note_ids(w, w->flying);
    aq_batch_free(w->flying);
    w->flying = NULL;
    if (st)
        w->failed = true;
    else
        st = aq_writer_refresh(w, err);
    if (st == AQ_OK)
        aq_merger_kick(w->merger);
    return st;
}

/* ---- what changed ---- */

/* One name of them all, to w->scratch: a line break parts two tags, so none has one. */
static bool join_tags(struct aq_writer *w, const struct aq_record *r)
{
    aq_buf_clear(&w->scratch);
    for (size_t i = 0; i < r->tag_count; i++) {
        if (r->tags[i].len == 0)
            continue;
        if (w->scratch.len)
            aq_buf_u8(&w->scratch, '\n');
        size_t at = w->scratch.len;
        aq_utf8_repair(&w->scratch, r->tags[i]);
        for (; at < w->scratch.len; at++)
            if (w->scratch.ptr[at] == '\n')
                w->scratch.ptr[at] = ' ';
    }
    return !w->scratch.failed;
}

static enum aq_status local_name(struct aq_writer *w, enum aq_id_kind kind, struct aq_slice name, uint32_t *local,
                                 struct aq_error *err)
{
    *local = AQ_NONE;
    if (name.len == 0)
        return AQ_OK;
    *local = aq_batch_name(w->batch, kind, name);
    return *local == AQ_NONE ? aq_fail_nomem(err) : AQ_OK;
}

static enum aq_status update_facts(struct aq_writer *w, const struct aq_standing *s, const struct aq_record *r,
                                   struct aq_error *err)
{
    struct aq_batch *b = w->batch;
    uint32_t tags;
    enum aq_status st = local_name(w, AQ_ID_TAGS, aq_slice(w->scratch.ptr, w->scratch.len), &tags, err);
    if (st)
        return st;
    if (s->here) {
        s->here->date = r->date;
        s->here->score = r->score;
        s->here->tags = tags;
        return AQ_OK;
    }
    size_t at = SIZE_MAX;
    uint32_t i = aq_hashmap_next(&b->by_number, aq_hash_number(s->number), &at);
    if (i == AQ_HASHMAP_NONE) {
        i = (uint32_t)b->update_count;
        if (!aq_grow(&b->updates, &b->update_cap, b->update_count + 1, sizeof *b->updates) ||
            !aq_hashmap_add(&b->by_number, aq_hash_number(s->number), i))
            return aq_fail_nomem(err);
        b->update_count++;
    }
    b->updates[i] = (struct aq_batch_update){s->number, r->date, r->score, tags};
    return AQ_OK;
}

static enum aq_status note_gone_prints(struct aq_writer *w, struct aq_slice text, uint32_t number, bool quote,
                                       struct aq_error *err)
{
    struct aq_batch *b = w->batch;
    const struct aq_prints *prints = &w->preparer.prints;
    size_t probes;
    if (aq_passage_prints(&w->preparer, text, quote, &probes) ||
        !aq_grow(&b->gone_prints, &b->gone_print_cap, b->gone_print_count + prints->count, sizeof *b->gone_prints))
        return aq_fail_nomem(err);
    for (size_t i = 0; i < prints->count; i++)
        b->gone_prints[b->gone_print_count++] = (uint64_t)(prints->v[i] | quote) << 32 | number;
    return AQ_OK;
}

/* Takes the stored version of a comment out: notes its passages' hashes. */
static enum aq_status kill_stored(struct aq_writer *w, uint32_t number, struct aq_error *err)
{
    struct aq_batch *b = w->batch;
    struct aq_comment old;
    struct aq_batch_kill kill = {.number = number};

    aq_arena_reset(&w->arena);
    enum aq_status st = aq_text_get(&w->lookup, number, &w->arena, &old, err);
    if (st)
        return st;
    kill.text_bytes = (uint32_t)old.text.len;
    kill.parent_hash = old.parent.len ? aq_hash(old.parent) : 0;
    for (uint32_t i = 0; i < old.passage_count; i++) {
        const struct aq_passage *p = &old.passages[i];
        struct aq_slice text = aq_slice(old.text.ptr + p->begin, p->end - p->begin);
        uint64_t hash;
        st = aq_passage_hash(&w->preparer, text, &hash);
        if (st)
            return aq_fail(err, st, "an older version cannot be analyzed: %s", aq_status_name(st));
        st = note_gone_prints(w, text, number, p->quote_depth > 0, err);
        if (st)
            return st;
        if (!hash)
            continue;
        if (!aq_grow(&b->removals, &b->removal_cap, b->removal_count + 1, sizeof *b->removals))
            return aq_fail_nomem(err);
        b->removals[b->removal_count++] =
            (struct aq_repeat){hash, p->quote_depth > 0, number, (uint16_t)i, AQ_NONE};
    }
    if (!aq_grow(&b->kills, &b->kill_cap, b->kill_count + 1, sizeof *b->kills) ||
        !aq_hashmap_add(&b->killed, aq_hash_number(number), (uint32_t)b->kill_count))
        return aq_fail_nomem(err);
    b->kills[b->kill_count++] = kill;
    return AQ_OK;
}

/* ---- adding ---- */

static enum aq_status new_unit(struct aq_writer *w, struct aq_error *err)
{
    if (!w->unit)
        w->unit = aq_builder_unit(w->builder);
    return w->unit ? AQ_OK : aq_fail_nomem(err);
}

/* Starts the commit of a full batch behind the caller's back. */
static enum aq_status launch(struct aq_writer *w, struct aq_error *err)
{
    enum aq_status st = aq_writer_land(w, err);
    if (st)
        return st;
    if (w->thread_count > THREADS_MOST && (st = aq_writer_forget_threads(w, err)) != AQ_OK)
        return st;
    struct aq_batch *next = aq_batch_new(w->batch->next_comment);
    if (!next)
        return aq_fail_nomem(err);
    w->flying = w->batch;
    w->batch = next;
    return aq_builder_commit(w->builder, w->flying, err);
}

static enum aq_status forget_lexemes(struct aq_writer *w, struct aq_error *err)
{
    enum aq_status st = aq_builder_wait(w->builder, err);
    if (st)
        return st;
    aq_analyzer_forget(w->preparer.analyzer);
    aq_preparer_forget(&w->preparer);
    if (w->batch->accumulator)
        aq_accumulator_forget_lexemes(w->batch->accumulator);
    return AQ_OK;
}

static enum aq_status hand_over(struct aq_writer *w, struct aq_error *err)
{
    struct aq_unit *u = w->unit;
    enum aq_status st;
    aq_writer_end_lookup(w);
    w->unit = NULL;
    w->batch->building = true;
    st = u ? aq_builder_push(w->builder, w->batch, u, err) : AQ_OK;
    if (st)
        return st;
    if (aq_batch_bytes(w->batch) + aq_builder_bytes(w->builder) > w->memory_limit / 4)
        st = launch(w, err);
    if (st == AQ_OK && aq_analyzer_memory(w->preparer.analyzer) > LEXICON_MOST)
        st = forget_lexemes(w, err);
    return st;
}

/* After each change: hands the unit on when it is full and the batch has grown
 * beyond what may stay pending; commits what only deletes and updates when there
 * is much of it. */
static enum aq_status pace(struct aq_writer *w, struct aq_error *err)
{
    const struct aq_unit *u = w->unit;
    enum aq_status st = AQ_OK;
    if (u && (u->text.len >= UNIT_TEXT || aq_unit_filled(u) >= UNIT_FULL)) {
        bool pending = !w->batch->building && !w->flying &&
                       w->state.pend_comments + w->batch->comment_count <= PENDING_MOST &&
                       u->text.len + w->batch->overrides.len < PENDING_TEXT;
        if (!pending)
            st = hand_over(w, err);
    } else if (aq_batch_bytes(w->batch) > w->memory_limit / 4 + UNIT_FULL) {
        st = hand_over(w, err);
    }
    if (st)
        w->failed = true;
    return st;
}

static enum aq_status append_text(struct aq_writer *w, const struct aq_record *r, uint32_t number, bool framed,
                                  struct aq_error *err)
{
    struct aq_batch *b = w->batch;
    struct aq_unit *u = w->unit;
    const struct aq_document *d = &w->preparer.document;
    struct aq_comment c = {.id = r->id,
                           .parent = r->parent,
                           .title = r->title,
                           .url = r->url,
                           .text = aq_slice(d->text.ptr, d->text.len),
                           .format = (uint8_t)r->format,
                           .marks = w->preparer.marks,
                           .passages = w->preparer.passages,
                           .passage_count = (uint32_t)w->preparer.passage_count};
    struct aq_buf *out = framed ? &u->text : &b->overrides;
    size_t at = out->len;

    aq_comment_encode(out, &c);
    if (out->failed || out->len >= AQ_NONE)
        return aq_fail_nomem(err);
    if (!framed) {
        if (!aq_grow(&b->texts, &b->text_cap, b->text_count + 1, sizeof *b->texts))
            return aq_fail_nomem(err);
        b->texts[b->text_count++] = (struct aq_batch_text){number, {(uint32_t)at, (uint32_t)(out->len - at)}};
    }
    if (!aq_grow(&u->comments, &u->comment_cap, u->comment_count + 1, sizeof *u->comments))
        return aq_fail_nomem(err);
    u->comments[u->comment_count++] = (struct aq_unit_comment){number, (uint32_t)u->passage_count,
                                                               (uint32_t)u->token_count, u->text.len, framed};
    return AQ_OK;
}

static enum aq_status describe(struct aq_writer *w, const struct aq_record *r, struct aq_slice thread,
                               struct aq_batch_comment *x, struct aq_error *err)
{
    struct aq_batch *b = w->batch;
    enum aq_status st = local_name(w, AQ_ID_THREAD, thread, &x->thread, err);
    if (st == AQ_OK)
        st = local_name(w, AQ_ID_AUTHOR, r->author, &x->author, err);
    if (st == AQ_OK)
        st = local_name(w, AQ_ID_SOURCE, r->source, &x->source, err);
    if (st == AQ_OK && !join_tags(w, r))
        st = aq_fail_nomem(err);
    if (st == AQ_OK)
        st = local_name(w, AQ_ID_TAGS, aq_slice(w->scratch.ptr, w->scratch.len), &x->tags, err);
    if (st)
        return st;
    x->id = aq_batch_string(b, r->id);
    x->parent = aq_batch_string(b, r->parent);
    if (x->id.len == AQ_NONE || x->parent.len == AQ_NONE)
        return aq_fail_nomem(err);
    return AQ_OK;
}

/* A whole new version makes an update of the same batch moot. */
static void drop_update(struct aq_writer *w, uint32_t number)
{
    size_t at = SIZE_MAX;
    uint32_t i = aq_hashmap_next(&w->batch->by_number, aq_hash_number(number), &at);
    if (i != AQ_HASHMAP_NONE)
        w->batch->updates[i].number = AQ_NO_COMMENT;
}

/* A new version of a comment, or a new comment: the record's text is prepared. */
static enum aq_status store_version(struct aq_writer *w, const struct aq_record *r, const struct aq_standing *s,
                                    struct aq_slice thread, uint64_t id_hash, uint64_t digest, struct aq_error *err)
{
    struct aq_batch *b = w->batch;
    struct aq_batch_comment x = {.id_hash = id_hash,
                                 .digest = digest,
                                 .parent_hash = r->parent.len ? aq_hash(r->parent) : 0,
                                 .title_hash = aq_title_hash(r->title),
                                 .date = r->date,
                                 .score = r->score,
                                 .number = s->known ? s->number : b->next_comment,
                                 .first_passage = (uint32_t)b->passage_count,
                                 .passage_count = (uint32_t)w->preparer.passage_count,
                                 .text_bytes = (uint32_t)w->preparer.document.text.len,
                                 .flags = (uint16_t)(w->preparer.flags | (r->parent.len ? 0 : AQ_IS_POST)),
                                 .numbered = s->known,
                                 .live = true};
    enum aq_status st = describe(w, r, thread, &x, err);

    if (st)
        return st;
    if (x.number >= AQ_NO_COMMENT - 1)
        return aq_fail(err, AQ_FULL, "the index has all the comments it can number (4 billion)");
    uint32_t before = s->here ? (uint32_t)(s->here - b->comments) : AQ_NONE;
    if (!aq_grow(&b->comments, &b->comment_cap, b->comment_count + 1, sizeof *b->comments))
        return aq_fail_nomem(err);
    if (before != AQ_NONE)
        aq_hashmap_replace(&b->by_id, id_hash, before, (uint32_t)b->comment_count);
    else if (!aq_hashmap_add(&b->by_id, id_hash, (uint32_t)b->comment_count))
        return aq_fail_nomem(err);
    st = aq_prepare_append(&w->preparer, b, w->unit, err);
    if (st == AQ_OK)
        st = append_text(w, r, x.number, !s->known, err);
    if (st)
        return st;
    b->comments[b->comment_count++] = x;
    if (s->known)
        drop_update(w, x.number);
    else
        b->next_comment++;
    for (uint32_t i = 0; i < x.passage_count; i++)
        w->stats.quotes += b->passages[x.first_passage + i].quote_depth > 0;
    w->stats.passages += x.passage_count;
    return AQ_OK;
}

static bool mark_seen(struct aq_writer *w, uint32_t number)
{
    size_t old = w->seen_cap;
    if (!aq_grow(&w->seen, &w->seen_cap, (size_t)number / 8 + 1, 1))
        return false;
    memset(w->seen + old, 0, w->seen_cap - old);
    w->seen[number / 8] |= (uint8_t)(1u << (number & 7));
    return true;
}

static enum aq_status add_version(struct aq_writer *w, const struct aq_record *r, struct aq_standing *s,
                                  uint64_t id_hash, uint64_t digest, struct aq_error *err)
{
    struct aq_slice thread;
    uint64_t title = aq_title_hash(r->title);
    uint32_t entry;
    bool scored;
    enum aq_status st = aq_writer_thread_of(w, r, &thread, err);
    if (st == AQ_OK && s->live)
        aq_writer_drop_title(w, s);
    if (st == AQ_OK)
        st = aq_writer_title_scored(w, thread, title, s->number, &scored, &entry, err);
    if (st == AQ_OK)
        st = aq_prepare_text(&w->preparer, r, scored, err);
    if (st == AQ_LIMIT) {
        st = AQ_INVALID;
        if (err)
            err->status = st;
    }
    if (st)
        return st;
    /* From here on failures lose the batch. thread may point into the lookup's map
     * or the batch's strings, which grow: keep a copy. */
    uint8_t name[AQ_MAX_ID];
    if (thread.len > sizeof name)
        thread.len = sizeof name;
    memcpy(name, thread.ptr, thread.len);
    thread.ptr = name;
    if (s->live) {
        if (s->here)
            s->here->live = false;
        else
            st = kill_stored(w, s->number, err);
    }
    if (st == AQ_OK)
        st = new_unit(w, err);
    if (st == AQ_OK)
        st = store_version(w, r, s, thread, id_hash, digest, err);
    if (st)
        w->failed = true;
    else if (entry != AQ_NONE)
        aq_writer_note_title(w, entry, title, s->number);
    return st;
}

static enum aq_status usable(const struct aq_writer *w, struct aq_error *err)
{
    return w->failed ? aq_fail(err, AQ_INTERNAL, "this writer failed before; close it and open another") : AQ_OK;
}

enum aq_status aq_writer_add(struct aq_writer *w, const struct aq_record *record, enum aq_outcome *outcome,
                             struct aq_error *err)
{
    struct aq_record r = *record;
    struct aq_standing s;
    bool changed;
    enum aq_status st = usable(w, err);

    if (st == AQ_OK)
        st = aq_prepare_fields(&w->preparer, &r, &changed, err);
    if (st)
        return st;
    uint64_t id_hash = aq_hash(r.id), digest = aq_record_digest(&r);
    st = aq_writer_find(w, r.id, id_hash, &s, err);
    if (st)
        return st;
    enum aq_outcome what = s.known && s.live ? AQ_REPLACED : AQ_ADDED;
    if (s.known && s.live) {
        uint64_t old = s.here ? s.here->digest : (uint64_t)aq_column_get(&w->lookup, AQ_COL_DIGEST, s.number);
        if (old == digest) {
            struct aq_writer_facts f;
            aq_writer_facts(w, &s, &f);
            if (!join_tags(w, &r))
                return aq_fail_nomem(err);
            bool same = f.date == r.date && f.score == r.score &&
                        aq_slice_eq(f.tags, aq_slice(w->scratch.ptr, w->scratch.len));
            what = same ? AQ_UNCHANGED : AQ_UPDATED;
            if (!same)
                st = update_facts(w, &s, &r, err);
        }
    }
    if (st == AQ_OK && (what == AQ_ADDED || what == AQ_REPLACED)) {
        if (!s.known)
            s.number = w->batch->next_comment;
        st = add_version(w, &r, &s, id_hash, digest, err);
    }
    if (st == AQ_OK && !mark_seen(w, s.number)) {
        w->failed = true; /* the record is in, and the caller is told that it is not */
        st = aq_fail_nomem(err);
    }
    if (st)
        return st;
    switch (what) {
    case AQ_ADDED: w->stats.added++; break;
    case AQ_REPLACED: w->stats.replaced++; break;
    case AQ_UPDATED: w->stats.updated++; break;
    case AQ_UNCHANGED: w->stats.unchanged++; break;
    }
    w->stats.repaired += changed;
    w->stats.text_bytes += record->text.len;
    if (outcome)
        *outcome = what;
    return what == AQ_UNCHANGED ? AQ_OK : pace(w, err);
}

/* ---- deleting ---- */

enum aq_status aq_writer_delete(struct aq_writer *w, struct aq_slice id, struct aq_error *err)
{
    struct aq_standing s;
    enum aq_status st = usable(w, err);
    if (st == AQ_OK)
        st = aq_writer_find(w, id, aq_hash(id), &s, err);
    if (st)
        return st;
    if (!s.known || !s.live)
        return aq_fail(err, AQ_NOTFOUND, "no comment has the id %.*s", (int)(id.len > 200 ? 200 : id.len),
                       (const char *)id.ptr);
    aq_writer_drop_title(w, &s);
    if (s.here)
        s.here->live = false;
    else
        st = kill_stored(w, s.number, err);
    if (st) {
        w->failed = true;
        return st;
    }
    w->stats.deleted++;
    return pace(w, err);
}

enum aq_status aq_writer_prune(struct aq_writer *w, uint64_t *deleted, struct aq_error *err)
{
    enum aq_status st = aq_writer_commit(w, err);
    uint64_t before = w->stats.deleted;
    for (uint32_t c = 0; st == AQ_OK && c < w->state.next_comment; c++) {
        if (c / 8 < w->seen_cap && (w->seen[c / 8] >> (c & 7) & 1))
            continue;
        st = aq_writer_begin_lookup(w, err);
        if (st || !(aq_column_get(&w->lookup, AQ_COL_FLAGS, c) & AQ_LIVE))
            continue;
        aq_writer_drop_title(w, &(struct aq_standing){.known = true, .live = true, .number = c});
        st = kill_stored(w, c, err);
        w->stats.deleted += st == AQ_OK;
        if (st == AQ_OK)
            st = pace(w, err);
    }
    if (deleted)
        *deleted = w->stats.deleted - before;
    if (st)
        w->failed = true;
    return st;
}

/* ---- committing ---- */

static enum aq_status commit_built(struct aq_writer *w, struct aq_error *err)
{
    enum aq_status st = AQ_OK;
    if (w->unit && w->unit->comment_count) {
        struct aq_unit *u = w->unit;
        w->unit = NULL;
        st = aq_builder_push(w->builder, w->batch, u, err);
    }
    if (st == AQ_OK)
        st = launch(w, err);
    return st ? st : aq_writer_land(w, err);
}

static enum aq_status commit_pending(struct aq_writer *w, struct aq_error *err)
{
    struct aq_batch *next;
    const struct aq_unit *u = w->unit && w->unit->comment_count ? w->unit : NULL;
    enum aq_status st = aq_commit_pending(w->store, w->batch, u, w->preparer.analyzer, err);
    if (st)
        return st;
    if (w->unit)
        aq_unit_clear(w->unit);
    st = aq_writer_refresh(w, err);
    if (st)
        return st;
    next = aq_batch_new(w->state.next_comment);
    if (!next)
        return aq_fail_nomem(err);
    w->stats.repeats += w->batch->repeats;
    aq_writer_note_ids(w, w->batch);
    aq_batch_free(w->batch);
    w->batch = next;
    return AQ_OK;
}

static enum aq_status commit(struct aq_writer *w, bool flush, struct aq_error *err)
{
    enum aq_status st = usable(w, err);
    if (st)
        return st;
    aq_writer_end_lookup(w);
    st = aq_writer_land(w, err);
    if (st == AQ_OK && w->state.pend_comments + w->batch->comment_count > PENDING_MOST)
        w->batch->building = true;
    if (st == AQ_OK && flush && (w->state.pend_comments || w->batch->comment_count))
        w->batch->building = true;
    if (st == AQ_OK) {
        if (w->batch->building)
            st = commit_built(w, err);
        else if (!aq_batch_empty(w->batch))
            st = commit_pending(w, err);
    }
    if (st == AQ_OK && aq_analyzer_memory(w->preparer.analyzer) > LEXICON_MOST)
        st = forget_lexemes(w, err);
    if (st == AQ_OK)
        st = aq_merger_status(w->merger, err);
    if (st)
        w->failed = true;
    return st;
}

enum aq_status aq_writer_commit(struct aq_writer *w, struct aq_error *err)
{
    return commit(w, false, err);
}

enum aq_status aq_writer_flush(struct aq_writer *w, struct aq_error *err)
{
    return commit(w, true, err);
}

void aq_writer_get_stats(const struct aq_writer *w, struct aq_writer_stats *stats)
{
    *stats = w->stats;
    stats->comments = w->state.comments;
    stats->index_bytes = aq_store_file_bytes(w->store);
}
