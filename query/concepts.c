/* concepts.c - aq_concepts: words and phrases of the passages that are best for a query,
 * against all others. Owns which passages are looked at and which words are concepts. */
#include "association.h"
#include "concept_count.h"
#include "concept_names.h"
#include "search.h"
#include "snippet.h"
#include "text_edges.h"

#include <math.h>

enum {
    DEFAULT_LIMIT = 20,
    MOST_LIMIT = 1000,
    LOOKED_AT = 400,      /* passages */
    FOUND = 2000,         /* those are of the best of */
    OF_THREAD = 4,        /* so many of a thread, half as many where one author has all of it, and of an author */
    OF_AUTHOR = 12,       /* one in so many, where there are others enough */
    OF_AUTHOR_LEAST = 3,
    ENOUGH = 40,
    LEAST_TOGETHER = 3,   /* passages that have a concept, and one in so many; */
    TOGETHER_PART = 60,
    LEAST_SOURCES = 3,    /* and authors they are of, where there are enough */
    LEAST_THREADS = 3,    /* and threads: what one is about is no concept of the others */
    COMMON_PART = 10,     /* what stands in more than one passage of so many is no concept, nor begins or ends one */

    PHRASES = 32,         /* that are looked for in the index */
    EXAMPLE_COLUMNS = 120
};
#define LEAST_LIFT 1.8
#define LEAST_STRENGTH 16.4 /* among a thousand words that are chance one in twenty times, one would pass */
#define LEAST_STRENGTH_FEW 25 /* where fewer than ENOUGH passages were looked at: of one thread or two, mostly */

/* The result and the arena all of it lives in. */
struct answer {
    struct aq_concept_list list;
    struct aq_arena arena;
};

/* A passage that is looked at. */
struct looked_at {
    uint32_t comment, ordinal;
    int64_t source;
    uint32_t rank, thread;
    struct aq_slice text;
};

/* What may be a concept. */
struct candidate {
    const struct aq_concept_count *of;
    uint64_t with;  /* passages of the index that have it */
    double strength;
    bool dropped;
};

struct work {
    struct aq_search_run *search;
    struct aq_concept_counter counter;
    struct looked_at *passages; /* by rank */
    size_t passage_count;
    uint32_t sources, least_sources, least_threads, least_together;
    struct candidate *candidates;
    size_t count;
    double length;         /* of the passages looked at: so many times the average */
    struct aq_word_row known; /* all words that may be part of a concept */
};

/* ---- which passages ---- */

struct tally {
    uint64_t what;
    uint32_t count;
};

/* Whether there is room for one more of it; without a value there always is. */
static bool has_room(struct tally *all, size_t *count, uint64_t what, uint32_t most)
{
    size_t i = 0;
    if (what == AQ_NO_COMMENT)
        return true;
    while (i < *count && all[i].what != what)
        i++;
    if (i == *count)
        all[(*count)++] = (struct tally){what, 0};
    return all[i].count++ < most;
}

/* The author, or the comment itself where that is not known. */
static int64_t source_of(struct work *w, uint32_t comment)
{
    int64_t author = aq_column_get(&w->search->txn, AQ_COL_AUTHOR, comment);
    return author == AQ_NO_COMMENT ? (int64_t)comment + UINT32_MAX : author;
}

/* Takes it in, if it is no quote. */
static enum aq_status take(struct work *w, const struct aq_candidate *x, struct aq_error *err)
{
    struct aq_search_run *s = w->search;
    struct aq_comment c;
    aq_arena_reset(s->scratch);
    const struct aq_passage *p;
    enum aq_status st = aq_reader_text(&s->txn, x->comment, s->scratch, &c, err);
    if (!st)
        st = aq_reader_passage(&c, x->comment, x->ordinal, &p, err);
    if (st)
        return st;
    if (p->quote_depth || p->end <= p->begin)
        return AQ_OK;
    struct aq_slice text = aq_arena_copy(s->arena, aq_slice(c.text.ptr + p->begin, p->end - p->begin));
    if (!text.ptr)
        return aq_fail_nomem(err);
    w->passages[w->passage_count] = (struct looked_at){.comment = x->comment,
                                                       .ordinal = x->ordinal,
                                                       .source = source_of(w, x->comment),
                                                       .rank = (uint32_t)w->passage_count,
                                                       .thread = (uint32_t)aq_column_get(&w->search->txn, AQ_COL_THREAD,
                                                                                         x->comment),
                                                       .text = text};
    w->passage_count++;
    return AQ_OK;
}

static enum aq_status take_best(struct work *w, const struct aq_candidate *found, size_t count, struct aq_error *err)
{
    struct aq_search_run *s = w->search;
    struct tally *threads = aq_arena_alloc(s->arena, (count + 1) * sizeof *threads);
    struct tally *voices = aq_arena_alloc(s->arena, (count + 1) * sizeof *voices);
    struct tally *authors = aq_arena_alloc(s->arena, (count + 1) * sizeof *authors);
    bool *taken = aq_arena_zalloc(s->arena, count + 1);
    size_t n[3] = {0}, part = (count < LOOKED_AT ? count : LOOKED_AT) / OF_AUTHOR;
    uint32_t of_author = part > OF_AUTHOR_LEAST ? (uint32_t)part : OF_AUTHOR_LEAST;
    enum aq_status st = AQ_OK;
    w->passages = aq_arena_alloc(s->arena, (LOOKED_AT + 1) * sizeof *w->passages);
    if (!threads || !authors || !voices || !taken || !w->passages)
        return aq_fail_nomem(err);
    for (size_t i = 0; i < count && w->passage_count < LOOKED_AT && !st; i++) {
        uint64_t thread = (uint64_t)aq_column_get(&s->txn, AQ_COL_THREAD, found[i].comment);
        uint64_t source = (uint64_t)source_of(w, found[i].comment);
        taken[i] = has_room(threads, &n[0], thread, OF_THREAD) && has_room(authors, &n[1], source, of_author) &&
                   has_room(voices, &n[2], thread ^ source << 32, OF_THREAD / 2);
        if (taken[i])
            st = take(w, &found[i], err);
    }
    for (size_t i = 0; i < count && w->passage_count < ENOUGH && !st; i++)
        if (!taken[i])
            st = take(w, &found[i], err);
    return st;
}

static int by_source(const void *x, const void *y)
{
    const struct looked_at *a = x, *b = y;
    if (a->source != b->source)
        return a->source < b->source ? -1 : 1;
    return (a->rank > b->rank) - (a->rank < b->rank);
}

/* So many of them, a third where there are few. */
static uint32_t some_of(uint32_t all, uint32_t wanted)
{
    return all < wanted * 3 ? (all + 2) / 3 : wanted;
}

/* An author's one after the other. */
static enum aq_status count_all(struct work *w, struct aq_error *err)
{
    struct looked_at *order = aq_arena_alloc(w->search->arena, (w->passage_count + 1) * sizeof *order);
    uint32_t threads = 0;
    enum aq_status st = AQ_OK;
    if (!order)
        return aq_fail_nomem(err);
    if (w->passage_count) {
        memcpy(order, w->passages, w->passage_count * sizeof *order);
        qsort(order, w->passage_count, sizeof *order, by_source);
    }
    for (size_t i = 0; i < w->passage_count && !st; i++) {
        w->sources += i == 0 || order[i].source != order[i - 1].source;
        threads |= 1u << (order[i].thread * 0x9e3779b1u >> 27);
        const struct aq_concept_passage p = {
            .text = order[i].text, .weight = 1, .rank = order[i].rank, .source = w->sources, .thread = order[i].thread};
        st = aq_concept_count_passage(&w->counter, &p, err);
    }
    w->least_sources = some_of(w->sources, LEAST_SOURCES);
    w->least_threads = some_of((uint32_t)__builtin_popcount(threads), LEAST_THREADS);
    w->least_together = w->counter.passages / TOGETHER_PART;
    w->least_together = w->least_together > LEAST_TOGETHER ? w->least_together : LEAST_TOGETHER;
    w->length = !w->counter.passages
                    ? 1
                    : (double)w->counter.tokens / w->counter.passages / w->search->model->average;
    return st;
}

/* ---- what is known of words ---- */

static bool is_word(const struct aq_concept_count *x)
{
    return x->words == 1;
}

static enum aq_status ready(struct work *w, struct aq_word_row *row, struct aq_error *err)
{
    struct aq_search_run *s = w->search;
    return aq_word_row_ready(row, &s->txn, s->reader->analyzer, s->model, s->arena, err);
}

static bool is_enough(const struct work *w, const struct aq_concept_count *x)
{
    return x->passages >= w->least_together && x->sources >= w->least_sources &&
           (uint32_t)__builtin_popcount(x->threads) >= w->least_threads;
}

/* In how many passages of the index each word is that is in enough of those looked at. */
static enum aq_status look_up_words(struct work *w, struct aq_error *err)
{
    if (!aq_word_row_begin(&w->known, w->counter.count))
        return aq_fail_nomem(err);
    for (size_t i = 0; i < w->counter.count; i++)
        if (is_word(&w->counter.all[i]) && is_enough(w, &w->counter.all[i]))
            aq_word_row_add_word(&w->known, aq_concept_spelled(&w->counter.all[i]), AQ_SHOULD, 1);
    return ready(w, &w->known, err);
}

/* 0: not known. */
static uint64_t passages_with(const struct work *w, uint32_t term_id)
{
    uint32_t term = aq_query_find(&w->known.query, term_id);
    uint64_t df = term == AQ_NO_TERM ? 0 : w->known.query.terms[term].df;
    return df;
}

static bool is_common(const struct work *w, uint32_t term_id)
{
    return passages_with(w, term_id) > w->search->txn.passages / COMMON_PART;
}

static bool was_typed(const struct work *w, uint32_t term_id)
{
    return aq_query_find(&w->search->query, term_id) != AQ_NO_TERM;
}

/* ---- names ---- */

static const struct aq_concept_count *word_of(const struct work *w, uint32_t term)
{
    const uint32_t terms[AQ_CONCEPT_WORDS] = {term};
    return aq_concept_find(&w->counter, terms, 1);
}

static enum aq_status has_name(struct work *w, const struct aq_concept_count *x, bool *has, struct aq_error *err)
{
    enum aq_status st = AQ_OK;
    *has = false;
    for (uint32_t i = 0; i < x->words && !st && !*has; i++) {
        const struct aq_concept_count *word = is_word(x) ? x : word_of(w, x->terms[i]);
        if (word)
            st = aq_concept_is_name(&w->search->txn, word, has, err);
    }
    return st;
}

/* ---- which are concepts ---- */

/* How sure it is that the word is commoner here than elsewhere, and how much commoner: the
 * log-likelihood ratio alone puts words that are common everywhere and a little commoner here
 * before rare ones that are of the matter. Longer passages have more of all words, though not in
 * proportion: each is expected the oftener for it. */
static double strength_of(const struct work *w, const struct candidate *c)
{
    uint64_t all = w->search->txn.passages, among = w->counter.passages, together = c->of->passages;
    double share = (double)c->with / (double)all;
    uint64_t expected = (uint64_t)llround((double)all * (1 - pow(1 - share, sqrt(w->length))));
    expected = expected > together ? expected : together;
    double lift = aq_association_lift(together, among, expected, all);
    double strength = lift > LEAST_LIFT ? aq_association(together, among, expected, all) : 0;
    double least = among < ENOUGH ? LEAST_STRENGTH_FEW : LEAST_STRENGTH;
    return strength < least ? 0 : strength * (1 - LEAST_LIFT / lift);
}

/* A word, or a phrase by the rarest of its words: it cannot be in more passages. 0: none. */
static uint64_t most_with(const struct work *w, const struct aq_concept_count *x)
{
    uint64_t least = 0;
    bool typed = true;
    for (uint32_t i = 0; i < x->words; i++) {
        uint64_t df = passages_with(w, x->terms[i]);
        bool edge = i == 0 || i + 1 == x->words;
        if (edge && (df == 0 || is_common(w, x->terms[i])))
            return 0;
        typed &= was_typed(w, x->terms[i]);
        if (df && (!least || df < least))
            least = df;
    }
    return typed ? 0 : least;
}

static int by_strength(const void *x, const void *y)
{
    const struct candidate *a = x, *b = y;
    if (a->strength > b->strength || a->strength < b->strength)
        return a->strength > b->strength ? -1 : 1;
    return (a->of > b->of) - (a->of < b->of);
}

static void sort(struct work *w)
{
    if (w->count)
        qsort(w->candidates, w->count, sizeof *w->candidates, by_strength);
}

static enum aq_status list_candidates(struct work *w, struct aq_error *err)
{
    w->candidates = aq_arena_alloc(w->search->arena, (w->counter.count + 1) * sizeof *w->candidates);
    if (!w->candidates)
        return aq_fail_nomem(err);
    for (size_t i = 0; i < w->counter.count; i++) {
        const struct aq_concept_count *x = &w->counter.all[i];
        if (!is_enough(w, x))
            continue;
        struct candidate c = {.of = x, .with = most_with(w, x)};
        c.strength = c.with ? strength_of(w, &c) : 0;
        if (c.strength > 0)
            w->candidates[w->count++] = c;
    }
    sort(w);
    return AQ_OK;
}

/* A phrase is one where its words stand together more often than apart: at least a third
 * of the passages with its rarest word have it. */
static bool is_tight(const struct work *w, const struct aq_concept_count *x)
{
    uint32_t least = UINT32_MAX;
    for (uint32_t i = 0; i < x->words; i++) {
        const struct aq_concept_count *word = word_of(w, x->terms[i]);
        if (word && word->passages < least && !was_typed(w, x->terms[i]))
            least = word->passages;
    }
    bool bridged = x->words == 3 && is_common(w, x->terms[1]);
    return least != UINT32_MAX && x->passages * (bridged ? 2 : 4) >= least && (!bridged || x->passages >= 5);
}

static enum aq_status count_phrase(struct work *w, const struct aq_word_row *row, const struct aq_query_phrase *p,
                                   uint64_t *count, struct aq_error *err)
{
    struct aq_search_run *s = w->search;
    *count = 0;
    for (uint32_t i = 0; i < row->leaf_count; i++) {
        struct aq_matcher m;
        aq_arena_reset(s->scratch);
        if (aq_matcher_init(&m, &row->leaves[i], &row->query, p, s->scratch))
            return aq_fail_nomem(err);
        for (uint32_t d = m.docid; d != AQ_DOCID_END; d = aq_matcher_seek(&m, d + 1))
            ++*count;
        if (aq_matcher_bad(&m))
            return aq_fail(err, AQ_CORRUPT, "a postings list is damaged; `aq check` tells which");
    }
    return AQ_OK;
}

static bool same_place(struct aq_slice a, struct aq_slice b)
{
    return a.ptr == b.ptr && a.len == b.len;
}

/* Excluded rows of words are phrases in any inflection. */
static enum aq_status count_phrases(struct work *w, struct candidate **phrases, size_t count, struct aq_error *err)
{
    struct aq_word_row row = {0};
    if (!aq_word_row_begin(&row, count))
        return aq_fail_nomem(err);
    for (size_t i = 0; i < count; i++)
        aq_word_row_add_word(&row, aq_concept_spelled(phrases[i]->of), AQ_MUST_NOT, 1);
    enum aq_status st = ready(w, &row, err);
    for (size_t i = 0, k = 0; i < row.query.node_count && !st; i++) {
        const struct aq_query_node *n = &row.query.nodes[i];
        if (n->kind != AQ_NODE_PHRASE)
            continue;
        while (k < count && !same_place(aq_concept_spelled(phrases[k]->of), n->typed))
            k++;
        if (k == count)
            break;
        uint64_t with;
        st = count_phrase(w, &row, &row.query.exclusions[n->leaf], &with, err);
        phrases[k]->with = with > phrases[k]->of->passages ? with : phrases[k]->of->passages;
        phrases[k]->strength = strength_of(w, phrases[k]);
    }
    aq_word_row_free(&row);
    return st;
}

/* The phrases that may be strongest are counted; all others go. */
static enum aq_status weigh_phrases(struct work *w, struct aq_error *err)
{
    struct candidate *phrases[PHRASES];
    size_t n = 0;
    for (size_t i = 0; i < w->count; i++) {
        struct candidate *c = &w->candidates[i];
        if (is_word(c->of))
            continue;
        c->dropped = n == PHRASES || !is_tight(w, c->of);
        if (!c->dropped)
            phrases[n++] = c;
    }
    enum aq_status st = n ? count_phrases(w, phrases, n, err) : AQ_OK;
    sort(w);
    return st;
}

static bool contains(const struct aq_concept_count *x, const struct aq_concept_count *part)
{
    for (uint32_t i = 0; i + part->words <= x->words; i++)
        if (memcmp(x->terms + i, part->terms, part->words * sizeof *part->terms) == 0)
            return true;
    return false;
}

/* The same but for hyphens and spaces. */
static bool same_text(struct aq_slice a, struct aq_slice b)
{
    size_t i = 0, k = 0;
    for (;;) {
        while (i < a.len && (a.ptr[i] == ' ' || a.ptr[i] == '-'))
            i++;
        while (k < b.len && (b.ptr[k] == ' ' || b.ptr[k] == '-'))
            k++;
        if (i == a.len || k == b.len)
            return i == a.len && k == b.len;
        if ((a.ptr[i++] | 0x20) != (b.ptr[k++] | 0x20))
            return false;
    }
}

/* Candidates are in order: of those spelled alike the strongest stays. */
static void drop_spellings(struct work *w)
{
    for (size_t i = 0; i < w->count; i++)
        for (size_t k = 0; k < i && !w->candidates[i].dropped; k++)
            w->candidates[i].dropped = !w->candidates[k].dropped && same_text(aq_concept_spelled(w->candidates[i].of),
                                                                             aq_concept_spelled(w->candidates[k].of));
}

/* Of a phrase and a part of it one is a concept: the part where it mostly stands without. */
static void drop_parts(struct work *w)
{
    for (size_t i = 0; i < w->count; i++) {
        struct candidate *whole = &w->candidates[i];
        for (size_t k = 0; k < w->count && !whole->dropped && !is_word(whole->of); k++) {
            struct candidate *part = &w->candidates[k];
            if (part->dropped || part->of->words >= whole->of->words || !contains(whole->of, part->of))
                continue;
            if (whole->of->passages * 3 >= part->of->passages * 2)
                part->dropped = true;
            else if (part->of->words > 1)
                whole->dropped = true;
        }
    }
}

/* ---- the answer ---- */

static bool write_example(const struct work *w, const struct candidate *c, struct aq_arena *arena,
                          struct aq_concept *out)
{
    const struct looked_at *p = &w->passages[c->of->rank];
    struct aq_slice word = c->of->example;
    uint32_t at = (uint32_t)(word.ptr - p->text.ptr), end = at + (uint32_t)word.len;
    struct aq_range keep = {at, end};
    struct aq_range part = {aq_edge_before(p->text, at, 0, EXAMPLE_COLUMNS / 2), 0};
    part.end = aq_edge_after(p->text, end, (uint32_t)p->text.len, EXAMPLE_COLUMNS - EXAMPLE_COLUMNS / 2);
    part = aq_text_trim(p->text, part, keep);
    out->comment = p->comment;
    out->ordinal = p->ordinal;
    out->example = aq_arena_copy(arena, aq_slice(p->text.ptr + part.begin, part.end - part.begin));
    out->range = (struct aq_range){at - part.begin, end - part.begin};
    return out->example.ptr != NULL;
}

static enum aq_status write_all(struct work *w, uint32_t limit, struct answer *a, struct aq_error *err)
{
    struct aq_concept *out = aq_arena_alloc(&a->arena, (w->count + 1) * sizeof *out);
    uint32_t n = 0;
    if (!out)
        return aq_fail_nomem(err);
    for (size_t i = 0; i < w->count && n < limit; i++) {
        const struct candidate *c = &w->candidates[i];
        bool name;
        if (c->dropped || c->strength <= 0)
            continue;
        enum aq_status st = has_name(w, c->of, &name, err);
        if (st)
            return st;
        if (name)
            continue;
        out[n] = (struct aq_concept){.text = aq_arena_copy(&a->arena, aq_concept_spelled(c->of)),
                                     .strength = c->strength,
                                     .passages = c->with,
                                     .together = c->of->passages,
                                     .words = c->of->words};
        if (!out[n].text.ptr || !write_example(w, c, &a->arena, &out[n]))
            return aq_fail_nomem(err);
        st = aq_reader_id(&w->search->txn, out[n].comment, &a->arena, &out[n].id, err);
        if (st)
            return st;
        n++;
    }
    a->list.concepts = out;
    a->list.concept_count = n;
    a->list.looked_at = w->counter.passages;
    a->list.passages = w->search->txn.passages;
    a->list.commit = w->search->txn.state.commit;
    return AQ_OK;
}

static enum aq_status answer(struct work *w, uint32_t limit, struct answer *a, struct aq_error *err)
{
    struct aq_search_run *s = w->search;
    struct aq_candidate *found;
    size_t count;
    enum aq_status st = aq_search_prepare(s, err);
    if (!st)
        st = aq_search_find(s, FOUND, &found, &count, err);
    if (!st)
        st = take_best(w, found, count, err);
    if (!st)
        st = count_all(w, err);
    if (!st)
        st = look_up_words(w, err);
    if (!st)
        st = list_candidates(w, err);
    if (!st)
        st = weigh_phrases(w, err);
    if (st)
        return st;
    drop_spellings(w);
    drop_parts(w);
    return write_all(w, limit, a, err);
}

enum aq_status aq_concepts(struct aq_reader *r, const struct aq_concepts_request *request,
                           struct aq_concept_list **out, struct aq_error *err)
{
    uint64_t start = aq_reader_micros();
    const struct aq_search_request search = {.query = request->query,
                                             .group = AQ_GROUP_NONE,
                                             .flags = AQ_NO_TEXT | AQ_NO_FILL,
                                             .synonyms = request->synonyms};
    *out = NULL;
    if (request->limit > MOST_LIMIT)
        return aq_fail(err, AQ_LIMIT, "%u concepts are asked for; at most %d are allowed", request->limit, MOST_LIMIT);
    struct answer *a = calloc(1, sizeof *a);
    struct aq_search_run *s = calloc(1, sizeof *s);
    if (!a || !s) {
        free(a);
        free(s);
        return aq_fail_nomem(err);
    }
    enum aq_status st = aq_search_open(s, r, &search, err);
    if (!st) {
        struct work w = {.search = s, .counter = {.analyzer = r->analyzer, .phrases = true}};
        st = answer(&w, request->limit ? request->limit : DEFAULT_LIMIT, a, err);
        aq_word_row_free(&w.known);
        aq_concept_counter_free(&w.counter);
        aq_search_close(s);
    }
    free(s);
    if (st) {
        aq_concepts_free(&a->list);
        return st;
    }
    a->list.micros = aq_reader_micros() - start;
    *out = &a->list;
    return AQ_OK;
}

void aq_concepts_free(struct aq_concept_list *concepts)
{
    if (!concepts)
        return;
    struct answer *a = (struct answer *)(void *)((char *)concepts - offsetof(struct answer, list));
    aq_arena_free(&a->arena);
    free(a);
}
