/* related.c - aq_related: a comment's most telling words, searched for as any query is. */
#include "related.h"

#include "leaf.h"
#include "passage.h"
#include "reader.h"
#include "search.h"
#include "telling.h"

#include <math.h>

/* ---- which words tell most ---- */

enum {
    LEAST_DF = 2,    /* what one passage has alone leads to no other */
    COMMON_PART = 4, /* nor does what stands in more than one passage in four */
    WEAK_PART = 4    /* nor what weighs less than a quarter of the heaviest */
};

/* What is said again and again tells more, but not as much more. */
static double share_of(const struct aq_related_word *w)
{
    return 1 + log(w->count);
}

static double weight_of(const struct aq_related_word *w)
{
    return share_of(w) * w->idf;
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
    size_t n = 0, rare = 0;
    for (size_t i = 0; i < count; i++)
        if (words[i].count && words[i].df >= LEAST_DF)
            words[n++] = words[i];
    for (size_t i = 0; i < n; i++)
        if (words[i].df <= passages / COMMON_PART)
            words[rare++] = words[i];
    if (rare) /* common words are better than none */
        n = rare;
    if (n)
        qsort(words, n, sizeof *words, by_weight);
    for (size_t i = 0; i < n && i < AQ_RELATED_WORDS && weight_of(&words[i]) * WEAK_PART >= weight_of(&words[0]); i++)
        for (long k = lround(share_of(&words[i])); k > 0; k--) {
            if (query->len)
                aq_buf_u8(query, ' ');
            aq_buf_put(query, words[i].typed.ptr, words[i].typed.len);
        }
}

/* ---- who says the same ---- */

/* Another comment that has one of the passages. */
struct sharer {
    uint32_t comment;
    size_t bytes; /* of the passage */
};

struct sharing {
    struct sharer *sharers;
    size_t count, cap;
    size_t bytes; /* of all passages */
    struct aq_passage_hasher hasher;
};

enum { SHARERS_MOST = 1000 /* of one passage: more have a phrase in common, not a text */ };

static enum aq_status find_sharers(struct sharing *s, struct aq_reader *r, struct aq_txn *txn, uint32_t comment,
                                   struct aq_slice passage, size_t *found, struct aq_error *err)
{
    const struct aq_token *tokens;
    const uint8_t *entry = NULL;
    struct aq_set_reader repeats;
    uint8_t from[8];
    size_t count, before = s->count;
    uint64_t hash;
    *found = 0;
    if (aq_analyze(r->analyzer, passage, &tokens, &count) ||
        !aq_passage_hash_tokens(&s->hasher, r->analyzer, tokens, count, &hash))
        return aq_fail_nomem(err);
    s->bytes += passage.len;
    if (!hash) /* no words */
        return AQ_OK;
    aq_key64(from, hash);
    enum aq_status st = aq_set_open(txn, AQ_TABLE_REPEAT, &repeats, err);
    if (st)
        return st;
    st = aq_set_seek(&repeats, aq_slice(from, sizeof from), &entry, err);
    for (size_t i = 0; !st && entry && i < SHARERS_MOST && memcmp(entry, from, sizeof from) == 0; i++) {
        uint32_t number = aq_unkey32(entry + 9);
        if (!aq_grow(&s->sharers, &s->cap, s->count + 1, sizeof *s->sharers))
            st = aq_fail_nomem(err);
        else if (number != comment)
            s->sharers[s->count++] = (struct sharer){number, passage.len};
        if (!st)
            st = aq_set_next(&repeats, &entry, err);
    }
    aq_set_close(&repeats);
    *found = s->count - before;
    return st;
}

static int by_comment(const void *x, const void *y)
{
    const struct sharer *a = x, *b = y;
    return (a->comment > b->comment) - (a->comment < b->comment);
}

/* Those that have at least half of the text, into numbers, which has room for all. */
static size_t list_repeats(struct sharing *s, uint32_t *numbers)
{
    size_t n = 0;
    if (s->count)
        qsort(s->sharers, s->count, sizeof *s->sharers, by_comment);
    for (size_t i = 0, next; i < s->count; i = next) {
        size_t bytes = 0;
        for (next = i; next < s->count && s->sharers[next].comment == s->sharers[i].comment; next++)
            bytes += s->sharers[next].bytes;
        if (bytes >= s->bytes - bytes)
            numbers[n++] = s->sharers[i].comment;
    }
    return n;
}

/* ---- the text ---- */

enum {
    TEXT_MOST = 64 << 10, /* bytes; what a longer comment is about shows by then */
    TITLE_COUNTS = 2,     /* each word of the title, as if it were said so often */
    PASSAGE_COUNTS = 2,   /* at most: what one passage is full of need not be what the comment is about */
    SAID_BY_MANY = 4      /* more than so many others have the passage: it is a footer or a greeting */
};

/* The title or a passage. */
struct stretch {
    size_t begin, end; /* of the text */
    bool title;
};

/* What the search needs to know of the comment. */
struct likeness {
    struct aq_arena arena, scratch;
    struct aq_buf text, query;
    struct stretch *stretches;
    size_t stretch_count;
    struct sharing sharing;
    struct aq_syntax syntax; /* of the text as a query */
    uint32_t *without;
    size_t without_count;
};

static void add_stretch(struct likeness *l, struct aq_slice text, bool title)
{
    if (!text.len || l->text.len >= TEXT_MOST)
        return;
    if (l->text.len)
        aq_buf_u8(&l->text, '\n');
    size_t begin = l->text.len;
    aq_buf_put(&l->text, text.ptr, text.len);
    l->stretches[l->stretch_count++] = (struct stretch){begin, l->text.len, title};
}

/* Title and own words, and who else has them. */
static enum aq_status read_text(struct likeness *l, struct aq_reader *r, struct aq_txn *txn,
                                const struct aq_comment_view *v, struct aq_error *err)
{
    l->stretches = aq_arena_alloc(&l->arena, (v->passage_count + (size_t)1) * sizeof *l->stretches);
    if (!l->stretches)
        return aq_fail_nomem(err);
    add_stretch(l, v->title, true);
    for (uint32_t i = 0; i < v->passage_count; i++) {
        struct aq_range part = v->passages[i].range;
        if (v->passages[i].quote_depth || part.begin >= part.end)
            continue;
        struct aq_slice passage = aq_slice(v->text.ptr + part.begin, part.end - part.begin);
        size_t sharers;
        enum aq_status st = find_sharers(&l->sharing, r, txn, v->comment, passage, &sharers, err);
        if (st)
            return st;
        if (sharers <= SAID_BY_MANY)
            add_stretch(l, passage, false);
    }
    return l->text.failed ? aq_fail_nomem(err) : AQ_OK;
}

/* ---- its words ---- */

/* A stretch being counted: what its words count for is added to `words`, which go by the
 * numbers of q's terms, as `here` does: how often each stood in it so far. */
struct counting {
    const struct aq_query *q;
    struct aq_analyzer *analyzer;
    struct aq_related_word *words;
    uint32_t *here; /* all 0 between stretches */
};

static uint32_t term_of(const struct counting *c, const struct aq_token *t)
{
    return aq_query_find(c->q, aq_analyzer_lexeme(c->analyzer, t->lexeme)->term_id);
}

/* A compound that leads elsewhere stands for its parts, which a search for it finds, too. */
static enum aq_status count_stretch(struct counting *c, struct aq_slice text, bool title, struct aq_error *err)
{
    const struct aq_token *tokens;
    struct aq_run run = {0};
    size_t count;
    if (aq_analyze(c->analyzer, text, &tokens, &count))
        return aq_fail_nomem(err);
    for (size_t i = 0; i < count; i++) {
        uint32_t term = term_of(c, &tokens[i]);
        if (term == AQ_NO_TERM || aq_in_address(&run, text, tokens[i].begin))
            continue;
        struct aq_related_word *w = &c->words[term];
        if (c->here[term]++ < (title ? 1 : PASSAGE_COUNTS) && aq_is_telling(w->typed))
            w->count += title ? TITLE_COUNTS : 1;
        if ((tokens[i].flags & AQ_TOKEN_WHOLE) && w->df >= LEAST_DF)
            i += tokens[i].span;
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t term = term_of(c, &tokens[i]);
        if (term != AQ_NO_TERM)
            c->here[term] = 0;
    }
    return AQ_OK;
}

/* A plain query of the whole text knows its distinct words and in how many passages of
 * the index each stands. */
static enum aq_status weigh_words(struct likeness *l, struct aq_reader *r, struct aq_txn *txn, struct aq_query *q,
                                  struct aq_related_word **out, struct aq_error *err)
{
    struct aq_pending_scan pend = {0};
    struct aq_leaf *leaves;
    uint32_t leaf_count;
    enum aq_status st = aq_parse(aq_slice(l->text.ptr, l->text.len), true, 0, &l->syntax, err);
    if (!st)
        st = aq_query_build(q, &l->syntax, true, r->analyzer, txn, err);
    if (!st)
        st = aq_model_update(&r->model, 0, 0, txn->passages, txn->tokens, err);
    if (!st)
        st = aq_pending_scan(&pend, txn, q, NULL, err);
    if (!st)
        st = aq_leaves_make(txn, q, &pend, &l->arena, &leaves, &leaf_count, err);
    aq_pending_scan_free(&pend);
    if (st)
        return st;
    struct counting c = {.q = q,
                         .analyzer = r->analyzer,
                         .words = aq_arena_alloc(&l->arena, (q->term_count + 1) * sizeof *c.words),
                         .here = aq_arena_zalloc(&l->arena, (q->term_count + 1) * sizeof *c.here)};
    if (!c.words || !c.here)
        return aq_fail_nomem(err);
    for (size_t i = 0; i < q->term_count; i++)
        c.words[i] = (struct aq_related_word){
            .typed = q->terms[i].typed, .df = q->terms[i].df, .idf = aq_idf(&r->model, q->terms[i].df)};
    for (size_t i = 0; i < l->stretch_count && !st; i++) {
        const struct stretch *s = &l->stretches[i];
        st = count_stretch(&c, aq_slice(l->text.ptr + s->begin, s->end - s->begin), s->title, err);
    }
    *out = c.words;
    return st;
}

/* ---- the call ---- */

/* The comment, its repeats, and what the request leaves out by itself. */
static enum aq_status leave_out(struct likeness *l, uint32_t comment, const struct aq_search_request *request,
                                struct aq_error *err)
{
    size_t most = l->sharing.count + 1;
    if (request->without_count < SIZE_MAX / sizeof *l->without - most)
        l->without = aq_arena_alloc(&l->arena, (most + request->without_count) * sizeof *l->without);
    if (!l->without)
        return aq_fail_nomem(err);
    l->without[0] = comment;
    l->without_count = 1 + list_repeats(&l->sharing, l->without + 1);
    if (request->without_count)
        memcpy(l->without + l->without_count, request->without, request->without_count * sizeof *l->without);
    l->without_count += request->without_count;
    return AQ_OK;
}

static enum aq_status learn(struct likeness *l, struct aq_reader *r, struct aq_txn *txn, uint32_t comment,
                            const struct aq_search_request *request, struct aq_error *err)
{
    struct aq_comment_view v = {.comment = comment};
    struct aq_related_word *words = NULL;
    struct aq_query q = {0};
    uint32_t thread;
    enum aq_status st = aq_comment_fill(txn, &v, &l->arena, &l->scratch, &thread, err);
    if (!st)
        st = read_text(l, r, txn, &v, err);
    if (!st)
        st = leave_out(l, comment, request, err);
    if (!st)
        st = weigh_words(l, r, txn, &q, &words, err);
    if (!st)
        aq_related_query(words, q.term_count, txn->passages, &l->query);
    aq_query_free(&q);
    return !st && l->query.failed ? aq_fail_nomem(err) : st;
}

static void likeness_free(struct likeness *l)
{
    aq_syntax_free(&l->syntax);
    aq_buf_free(&l->text);
    aq_buf_free(&l->query);
    aq_passage_hasher_free(&l->sharing.hasher);
    free(l->sharing.sharers);
    aq_arena_free(&l->arena);
    aq_arena_free(&l->scratch);
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
    st = aq_reader_find(&txn, id, &comment, err);
    if (!st)
        st = learn(&l, r, &txn, comment, request, err);
    if (st) {
        aq_txn_end(&txn);
    } else {
        struct aq_search_request search = *request;
        search.query = aq_slice(l.query.ptr, l.query.len);
        search.flags |= AQ_QUERY_PLAIN | AQ_NEED_WORDS;
        search.without = l.without;
        search.without_count = l.without_count;
        st = aq_search_within(r, &txn, &search, out, err);
    }
    likeness_free(&l);
    return st;
}
