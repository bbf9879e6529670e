/* filter_title.c - which comments have words in their title. A title's words stand at
 * the start of the comment's first passage, and the comment's flags say how far they
 * go: so postings tell, and no text is read. A title is there once in a thread; the
 * thread's other comments have it from the comment that brought it. */
#include "filter_internal.h"

#include "passage.h"
#include "pending_walk.h"

/* The words of one value, distinct. */
struct title_words {
    struct aq_slice terms[AQ_TITLE_TOKENS];
    uint64_t hashes[AQ_TITLE_TOKENS];
    uint32_t count;
    bool too_many; /* for any title */
};

struct search {
    struct aq_txn *txn;
    const struct title_words *words;
    struct aq_number_set *comments; /* with the words of any value in their titles, so far */
    struct aq_postings *lists;  /* one a word, the shortest first */
    struct aq_cursor *cursors;
};

static bool add_term(struct title_words *w, const struct aq_lexeme *lexeme)
{
    for (uint32_t i = 0; i < w->count; i++)
        if (w->hashes[i] == lexeme->term_hash && aq_slice_eq(w->terms[i], lexeme->term))
            return true;
    if (w->count == AQ_TITLE_TOKENS)
        return false;
    w->terms[w->count] = lexeme->term;
    w->hashes[w->count++] = lexeme->term_hash;
    return true;
}

/* A compound is there when its parts are; a whole of one part (C++) stands for that
 * part, which is another word. */
static enum aq_status read_words(struct title_words *w, struct aq_analyzer *analyzer, struct aq_slice text,
                                 struct aq_error *err)
{
    const struct aq_token *tokens;
    size_t count;
    uint32_t covered = UINT32_MAX;
    enum aq_status st = aq_analyze(analyzer, text, &tokens, &count);
    w->count = 0;
    w->too_many = false;
    if (st)
        return st == AQ_NOMEM ? aq_fail_nomem(err) : aq_fail(err, st, "the query could not be analyzed");
    for (size_t i = 0; i < count && !w->too_many; i++) {
        bool whole = tokens[i].flags & AQ_TOKEN_WHOLE;
        if (whole && tokens[i].span == 1)
            covered = tokens[i].position;
        else if (whole || tokens[i].position == covered)
            continue;
        w->too_many = !add_term(w, aq_analyzer_lexeme(analyzer, tokens[i].lexeme));
    }
    return AQ_OK;
}

/* ---- what is found ---- */

/* How many positions the comment's title takes; 0 of a dead one. */
static uint32_t title_length(struct aq_txn *txn, uint32_t comment)
{
    uint32_t flags = (uint32_t)aq_column_get(txn, AQ_COL_FLAGS, comment);
    return flags & AQ_LIVE ? flags >> AQ_TITLE_SHIFT : 0;
}

/* ---- segments ---- */

/* A segment's map and tombstones, chunk by chunk as docids ascend. */
struct places {
    const struct aq_segment *segment;
    const uint8_t *rows, *deleted;
    uint32_t map_chunk, bits_chunk;
};

/* The comment whose first passage this is, AQ_NO_COMMENT of other passages and of dead
 * versions. */
static enum aq_status comment_at(struct places *p, struct aq_txn *txn, uint32_t docid, uint32_t *comment,
                                 struct aq_error *err)
{
    uint32_t map_chunk = docid / AQ_MAP_CHUNK, bits_chunk = docid / AQ_BITS_CHUNK;
    *comment = AQ_NO_COMMENT;
    if (map_chunk != p->map_chunk || !p->rows) {
        p->rows = aq_segment_map(txn, p->segment, map_chunk);
        p->map_chunk = map_chunk;
        if (!p->rows)
            return aq_fail(err, AQ_CORRUPT, "the map of segment %u is damaged; `aq check` tells more",
                           p->segment->info.id);
    }
    if (bits_chunk != p->bits_chunk) {
        p->deleted = aq_segment_bits(txn, p->segment, AQ_BITS_DELETED, bits_chunk);
        p->bits_chunk = bits_chunk;
    }
    const uint8_t *row = p->rows + (size_t)(docid % AQ_MAP_CHUNK) * 6;
    if (aq_load16(row + 4) == 0 && !aq_bit(p->deleted, docid))
        *comment = aq_load32(row);
    return AQ_OK;
}

/* All words before this position of the passage, in any order? */
static bool stand_before(struct search *s, uint32_t docid, uint32_t end)
{
    uint16_t positions[256];
    for (uint32_t i = 0; i < s->words->count; i++)
        if (aq_cursor_seek(&s->cursors[i], docid) != docid)
            return false;
    for (uint32_t i = 0; i < s->words->count; i++)
        if (aq_cursor_positions(&s->cursors[i], positions, NULL) == 0 || positions[0] >= end)
            return false;
    return true;
}

static int by_df(const void *x, const void *y)
{
    const struct aq_postings *a = x, *b = y;
    return (a->df > b->df) - (a->df < b->df);
}

/* False where the segment lacks a word. */
static enum aq_status open_lists(struct search *s, const struct aq_segment *seg, bool *all, struct aq_error *err)
{
    *all = false;
    for (uint32_t i = 0; i < s->words->count; i++) {
        enum aq_status st = aq_segment_postings(s->txn, seg, s->words->terms[i], &s->lists[i], err);
        if (st)
            return st == AQ_NOTFOUND ? AQ_OK : st;
    }
    qsort(s->lists, s->words->count, sizeof *s->lists, by_df);
    for (uint32_t i = 0; i < s->words->count; i++)
        aq_cursor_init(&s->cursors[i], &s->lists[i]);
    *all = true;
    return AQ_OK;
}

static enum aq_status search_segment(struct search *s, const struct aq_segment *seg, struct aq_error *err)
{
    struct places places = {.segment = seg, .bits_chunk = UINT32_MAX};
    struct aq_cursor *rarest = &s->cursors[0];
    bool all;
    enum aq_status st = open_lists(s, seg, &all, err);
    while (!st && all && rarest->docid != AQ_DOCID_END) {
        uint32_t docid = rarest->docid, comment;
        st = comment_at(&places, s->txn, docid, &comment, err);
        uint32_t end = st || aq_number_set_has(s->comments, comment) ? 0 : title_length(s->txn, comment);
        if (end && stand_before(s, docid, end))
            aq_number_set_add(s->comments, comment);
        aq_cursor_next(rarest);
    }
    for (uint32_t i = 0; i < s->words->count && !st && all; i++)
        if (s->cursors[i].bad)
            st = aq_fail(err, AQ_CORRUPT, "a list of segment %u is damaged; `aq check` tells more", seg->info.id);
    return st;
}

/* ---- pending comments ---- */

static enum aq_status search_record(void *context, uint32_t comment, const struct aq_pending *record, bool *enough,
                                    struct aq_error *err)
{
    struct search *s = context;
    uint16_t positions[256], codes[256];
    uint32_t end = title_length(s->txn, comment);
    bool has = end > 0, bad = false;
    (void)enough;
    for (uint32_t i = 0; i < s->words->count && has && !bad; i++) {
        struct aq_pending_term term;
        uint32_t ordinal, tf;
        size_t at = 0;
        has = aq_pending_find(record, s->words->terms[i], s->words->hashes[i], &term, &bad) &&
              aq_pending_posting(&term, &at, &ordinal, &tf, positions, codes, &bad) && ordinal == 0 &&
              positions[0] < end;
    }
    if (bad)
        return aq_pending_damaged(err);
    if (has)
        aq_number_set_add(s->comments, comment);
    return AQ_OK;
}

/* ---- threads ---- */

/* A thread has the title of the comment that opens it; without one there, those that its
 * other comments brought. */
static enum aq_status add_threads(struct aq_txn *txn, const struct aq_number_set *comments,
                                  struct aq_number_set *threads, struct aq_error *err)
{
    for (uint32_t comment = 0; comment < comments->count; comment++) {
        struct aq_thread_info info;
        if (comment % 8 == 0 && comments->bits[comment / 8] == 0) {
            comment += 7;
            continue;
        }
        int64_t thread = aq_number_set_has(comments, comment) ? aq_column_get(txn, AQ_COL_THREAD, comment)
                                                              : (int64_t)AQ_NO_COMMENT;
        if (thread >= threads->count || aq_number_set_has(threads, thread))
            continue;
        if (aq_thread_get(txn, (uint32_t)thread, &info))
            return aq_fail(err, AQ_CORRUPT, "thread %u cannot be read; `aq check` tells more", (uint32_t)thread);
        bool opened = title_length(txn, info.root) > 0 && aq_column_get(txn, AQ_COL_THREAD, info.root) == thread;
        if (!opened || aq_number_set_has(comments, info.root))
            aq_number_set_add(threads, (uint32_t)thread);
    }
    return AQ_OK;
}

enum aq_status aq_find_titles(const struct aq_filter_source *from, const struct aq_wanted *w,
                              struct aq_number_set *comments, struct aq_number_set *threads, bool *asked,
                              struct aq_error *err)
{
    struct title_words words;
    struct search s = {.txn = from->txn, .words = &words, .comments = comments};
    s.lists = aq_arena_alloc(from->arena, AQ_TITLE_TOKENS * sizeof *s.lists);
    s.cursors = aq_arena_alloc(from->arena, AQ_TITLE_TOKENS * sizeof *s.cursors);
    enum aq_status st = AQ_OK;
    *asked = false;
    if (!s.lists || !s.cursors)
        return aq_fail_nomem(err);
    for (size_t i = 0; i < w->count && !st; i++) {
        st = read_words(&words, from->analyzer, w->values[i].text, err);
        if (st || words.count == 0)
            continue;
        *asked = true;
        if (words.too_many)
            continue;
        for (uint32_t k = 0; k < from->txn->segment_count && !st; k++)
            st = search_segment(&s, &from->txn->segments[k], err);
        if (!st && from->txn->state.pend_comments)
            st = aq_pending_walk(s.txn, search_record, &s, err);
    }
    return st ? st : add_threads(from->txn, comments, threads, err);
}
