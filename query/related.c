/* related.c - aq_related: a comment's most telling words, searched for as any query is. */
#include "related.h"

#include "leaf.h"
#include "passage.h"
#include "reader.h"

#include <math.h>

/* ---- which words ---- */

enum {
    COUNT_MOST = 3,   /* a word that is said often counts no more often than this */
    LEAST_DF = 2,     /* what one passage has alone leads to no other */
    COMMON_PART = 10  /* nor does what stands in more than one passage in ten */
};

static double weight_of(const struct aq_related_word *w)
{
    return (1 + log(w->count)) * w->idf;
}

/* Ties keep the order of the text. */
static int by_weight(const void *x, const void *y)
{
    const struct aq_related_word *a = x, *b = y;
    double u = weight_of(a), v = weight_of(b);
    if (u > v || u < v)
        return u > v ? -1 : 1;
    return (a->typed.ptr > b->typed.ptr) - (a->typed.ptr < b->typed.ptr);
}

void aq_related_query(struct aq_related_word *words, size_t count, uint64_t passages, struct aq_buf *query)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (words[i].df >= LEAST_DF && words[i].df <= passages / COMMON_PART)
            words[n++] = words[i];
    if (n)
        qsort(words, n, sizeof *words, by_weight);
    for (size_t i = 0; i < n && i < AQ_RELATED_WORDS; i++)
        for (uint32_t k = 0; k < words[i].count && k < COUNT_MOST; k++) {
            aq_buf_puts(query, query->len ? " " : "");
            aq_buf_put(query, words[i].typed.ptr, words[i].typed.len);
        }
}

/* How often the text has each of its words, and how many passages do: what a query of
 * all of them would find out. */
static enum aq_status weigh_words(struct aq_reader *r, struct aq_txn *txn, struct aq_slice text, struct aq_arena *arena,
                                  struct aq_related_word **out, size_t *count, struct aq_error *err)
{
    struct aq_clauses clauses = {0};
    struct aq_query q = {0};
    struct aq_pending_scan pend = {0};
    struct aq_leaf *leaves;
    uint32_t leaf_count;
    enum aq_status st = aq_parse(text, true, &clauses, err);
    if (!st)
        st = aq_query_build(&q, &clauses, true, r->analyzer, err);
    if (!st)
        st = aq_model_update(&r->model, 0, 0, txn->passages, txn->tokens, err);
    if (!st)
        st = aq_pending_scan(&pend, txn, &q, err);
    if (!st)
        st = aq_leaves_make(txn, &q, &pend, arena, &leaves, &leaf_count, err);
    struct aq_related_word *words = st ? NULL : aq_arena_alloc(arena, (q.term_count + 1) * sizeof *words);
    if (!st && !words)
        st = aq_fail_nomem(err);
    for (size_t i = 0; !st && i < q.term_count; i++) {
        const struct aq_query_term *t = &q.terms[i];
        words[i] = (struct aq_related_word){t->typed, t->count, t->df, aq_idf(&r->model, t->df)};
    }
    *out = words;
    *count = st ? 0 : q.term_count;
    aq_clauses_free(&clauses);
    aq_query_free(&q);
    aq_pending_scan_free(&pend);
    return st;
}

/* ---- what is left out ---- */

/* A comment that has some of the passages, and how much of the text that is. */
struct sharer {
    uint32_t comment;
    size_t bytes;
};

struct left_out {
    struct sharer *sharers;
    size_t count, cap;
    struct aq_passage_hasher hasher;
    size_t bytes; /* of all passages */
};

enum { SHARERS_MOST = 1000 /* of one passage: more have a phrase in common, not a text */ };

static enum aq_status find_sharers(struct aq_reader *r, struct aq_txn *txn, struct left_out *l, struct aq_slice passage,
                                   struct aq_error *err)
{
    const struct aq_token *tokens;
    const uint8_t *entry = NULL;
    struct aq_set_reader repeats;
    uint8_t from[8];
    size_t count;
    uint64_t hash;
    if (aq_analyze(r->analyzer, passage, &tokens, &count) ||
        !aq_passage_hash_tokens(&l->hasher, r->analyzer, tokens, count, &hash))
        return aq_fail_nomem(err);
    l->bytes += passage.len;
    if (!hash)
        return AQ_OK;
    aq_key64(from, hash);
    enum aq_status st = aq_set_open(txn, AQ_TABLE_REPEAT, &repeats, err);
    if (st)
        return st;
    st = aq_set_seek(&repeats, aq_slice(from, sizeof from), &entry, err);
    for (size_t i = 0; !st && entry && i < SHARERS_MOST && memcmp(entry, from, sizeof from) == 0; i++) {
        if (!aq_grow(&l->sharers, &l->cap, l->count + 1, sizeof *l->sharers))
            st = aq_fail_nomem(err);
        else
            l->sharers[l->count++] = (struct sharer){aq_unkey32(entry + 9), passage.len};
        if (!st)
            st = aq_set_next(&repeats, &entry, err);
    }
    aq_set_close(&repeats);
    return st;
}

static int by_comment(const void *x, const void *y)
{
    const struct sharer *a = x, *b = y;
    return (a->comment > b->comment) - (a->comment < b->comment);
}

/* The comment and those that have half of its own words or more, into *numbers. */
static enum aq_status leave_out(struct aq_reader *r, struct aq_txn *txn, const struct aq_comment_view *v,
                                struct aq_arena *arena, uint32_t **numbers, size_t *number_count, struct aq_error *err)
{
    struct left_out l = {0};
    enum aq_status st = AQ_OK;
    for (uint32_t i = 0; i < v->passage_count && !st; i++) {
        struct aq_range part = v->passages[i].range;
        if (v->passages[i].quote_depth == 0 && part.begin < part.end)
            st = find_sharers(r, txn, &l, aq_slice(v->text.ptr + part.begin, part.end - part.begin), err);
    }
    aq_passage_hasher_free(&l.hasher);
    uint32_t *out = st ? NULL : aq_arena_alloc(arena, (l.count + 1) * sizeof *out);
    if (!st && !out)
        st = aq_fail_nomem(err);
    if (l.count)
        qsort(l.sharers, l.count, sizeof *l.sharers, by_comment);
    size_t n = 0;
    if (!st)
        out[n++] = v->comment;
    for (size_t i = 0, next; !st && i < l.count; i = next) {
        size_t bytes = 0;
        for (next = i; next < l.count && l.sharers[next].comment == l.sharers[i].comment; next++)
            bytes += l.sharers[next].bytes;
        if (bytes >= l.bytes / 2 && l.sharers[i].comment != v->comment)
            out[n++] = l.sharers[i].comment;
    }
    free(l.sharers);
    *numbers = out;
    *number_count = n;
    return st;
}

/* ---- the call ---- */

enum { TEXT_MOST = 64 << 10 /* bytes; what a longer comment is about shows by then */ };

/* Title and own words, whole passages each. */
static void gather_text(const struct aq_comment_view *v, struct aq_buf *text)
{
    aq_buf_put(text, v->title.ptr, v->title.len);
    for (uint32_t i = 0; i < v->passage_count && text->len < TEXT_MOST; i++) {
        struct aq_range part = v->passages[i].range;
        if (v->passages[i].quote_depth || part.begin >= part.end)
            continue;
        aq_buf_u8(text, '\n');
        aq_buf_put(text, v->text.ptr + part.begin, part.end - part.begin);
    }
}

/* What the search needs to know of the comment. */
struct likeness {
    struct aq_arena arena, scratch;
    struct aq_buf text, query;
    uint32_t *without;
    size_t without_count;
};

static enum aq_status learn(struct likeness *l, struct aq_reader *r, struct aq_txn *txn, struct aq_slice id,
                            uint32_t comment, struct aq_error *err)
{
    struct aq_comment_view v = {0};
    struct aq_related_word *words;
    uint32_t thread;
    size_t count;
    enum aq_status st = aq_reader_find(txn, id, &comment, err);
    if (st)
        return st;
    v.comment = comment;
    st = aq_comment_fill(txn, &v, &l->arena, &l->scratch, &thread, err);
    if (st)
        return st;
    gather_text(&v, &l->text);
    st = l->text.failed ? aq_fail_nomem(err) : leave_out(r, txn, &v, &l->arena, &l->without, &l->without_count, err);
    if (!st)
        st = weigh_words(r, txn, aq_slice(l->text.ptr, l->text.len), &l->arena, &words, &count, err);
    if (st)
        return st;
    aq_related_query(words, count, txn->passages, &l->query);
    return l->query.failed ? aq_fail_nomem(err) : AQ_OK;
}

/* What the request leaves out by itself stays left out. */
static bool add_without(struct likeness *l, const struct aq_search_request *request)
{
    if (!request->without_count)
        return true;
    size_t count = l->without_count + request->without_count;
    uint32_t *both = count < SIZE_MAX / sizeof *both ? aq_arena_alloc(&l->arena, count * sizeof *both) : NULL;
    if (!both)
        return false;
    memcpy(both, l->without, l->without_count * sizeof *both);
    memcpy(both + l->without_count, request->without, request->without_count * sizeof *both);
    l->without = both;
    l->without_count = count;
    return true;
}

enum aq_status aq_related(struct aq_reader *r, struct aq_slice id, uint32_t comment,
                          const struct aq_search_request *request, struct aq_result **out, struct aq_error *err)
{
    struct likeness l = {0};
    struct aq_txn txn;
    *out = NULL;
    enum aq_status st = aq_reader_begin(r, &txn, err);
    if (st)
        return st;
    st = learn(&l, r, &txn, id, comment, err);
    aq_txn_end(&txn);
    if (!st && !add_without(&l, request))
        st = aq_fail_nomem(err);
    if (!st) {
        struct aq_search_request search = *request;
        search.query = aq_slice(l.query.ptr, l.query.len);
        search.flags |= AQ_QUERY_PLAIN;
        search.without = l.without;
        search.without_count = l.without_count;
        st = aq_search(r, &search, out, err);
    }
    aq_buf_free(&l.text);
    aq_buf_free(&l.query);
    aq_arena_free(&l.arena);
    aq_arena_free(&l.scratch);
    return st;
}
