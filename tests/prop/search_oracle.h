/* search_oracle.h - what aq_search should find, worked out the slow way: every
 * passage's tokens are scanned and the rules of docs/QUERY.md followed to the letter.
 * Of the index it takes which passages are hidden and, while tombstones count,
 * document frequencies. Only search_test.c includes it. */
#ifndef AQ_SEARCH_ORACLE_H
#define AQ_SEARCH_ORACLE_H

#include "analyzer.h"
#include "aq.h"
#include "pending.h"
#include "store.h"

#include <ctype.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { MOST_TOKENS = 320, MOST_CLAUSES = 12, GAP = 8, TITLE_TOKENS = 60 };

/* A comment as it was last given to the writer. */
struct entry {
    char id[16], author[32], thread[16], title[200];
    char *text;
    int64_t date;
    int32_t score;
    unsigned tags; /* bits of tag_names */
    bool live;
};

/* One comes twice. */
static const char *const tag_names[] = {"ai", "\xC3\xA9t\xC3\xA9", "math", "ai", "a b"};

/* ---- what the oracle knows ---- */

struct token {
    uint32_t lexeme, term, position;
    uint8_t span;
    bool whole;
};

struct passage {
    const struct entry *entry;
    uint32_t comment, ordinal, thread, author;
    struct token tokens[MOST_TOKENS];
    uint32_t count;
    uint8_t quote_depth;
    bool hidden, pending, found;
    struct aq_slice text;
};

struct oracle {
    struct aq_analyzer *analyzer;
    struct aq_store *store;
    struct aq_txn txn;
    struct aq_arena arena;
    struct passage *passages; /* of live comments, by (comment, ordinal) */
    uint32_t count;
    size_t cap;
    bool tombstones;
};

static uint32_t add_tokens(struct oracle *o, struct passage *p, struct aq_slice text, uint32_t most, uint32_t shift)
{
    const struct aq_token *t;
    size_t n;
    uint32_t end = shift;
    assert_int_equal(aq_analyze(o->analyzer, text, &t, &n), AQ_OK);
    for (size_t i = 0; i < n && i < most; i++) {
        assert_true(p->count < MOST_TOKENS);
        p->tokens[p->count++] = (struct token){t[i].lexeme, aq_analyzer_lexeme(o->analyzer, t[i].lexeme)->term_id,
                                               t[i].position + shift, t[i].span, t[i].flags & AQ_TOKEN_WHOLE};
        end = t[i].position + shift + 1;
    }
    return end;
}

/* Blocks are parted by blank lines here, and positions by a gap. */
static void add_blocks(struct oracle *o, struct passage *p, uint32_t shift)
{
    const uint8_t *at = p->text.ptr, *end = at + p->text.len;
    while (at < end) {
        const uint8_t *stop = memmem(at, (size_t)(end - at), "\n\n", 2);
        if (!stop)
            stop = end;
        uint32_t before = p->count;
        uint32_t next = add_tokens(o, p, aq_slice(at, (size_t)(stop - at)), MOST_TOKENS, shift);
        if (p->count > before)
            shift = next + GAP;
        at = stop < end ? stop + 2 : end;
    }
}

static int by_comment(const void *x, const void *y)
{
    const struct passage *a = x, *b = y;
    if (a->comment != b->comment)
        return a->comment < b->comment ? -1 : 1;
    return (a->ordinal > b->ordinal) - (a->ordinal < b->ordinal);
}

/* Notes where the index has a live passage, once, with the right length. */
static void found_in_index(struct oracle *o, uint32_t comment, uint32_t ordinal, uint8_t length, bool hidden,
                           bool pending)
{
    struct passage key = {.comment = comment, .ordinal = ordinal};
    struct passage *p = bsearch(&key, o->passages, o->count, sizeof *p, by_comment);
    assert_non_null(p);
    assert_false(p->found);
    assert_int_equal(p->count, length);
    p->found = true;
    p->hidden = hidden;
    p->pending = pending;
}

static void look_up(struct oracle *o)
{
    struct aq_walk w;
    bool more;
    for (uint32_t i = 0; i < o->txn.segment_count; i++) {
        const struct aq_segment *seg = &o->txn.segments[i];
        for (uint32_t docid = 0; docid < seg->info.passages; docid++) {
            uint32_t comment, ordinal, chunk = docid / AQ_BITS_CHUNK;
            assert_int_equal(aq_segment_locate(&o->txn, seg, docid, &comment, &ordinal), AQ_OK);
            if (!aq_bit(aq_segment_bits(&o->txn, seg, AQ_BITS_DELETED, chunk), docid))
                found_in_index(o, comment, ordinal, seg->lengths[docid],
                               aq_bit(aq_segment_bits(&o->txn, seg, AQ_BITS_HIDDEN, chunk), docid), false);
        }
    }
    assert_int_equal(aq_walk_open(&o->txn, AQ_TABLE_PEND, false, &w, NULL), AQ_OK);
    assert_int_equal(aq_walk_seek(&w, (struct aq_slice){0}, &more, NULL), AQ_OK);
    while (more) {
        struct aq_pending r;
        assert_int_equal(aq_pending_parse(&r, w.payload), AQ_OK);
        for (uint32_t i = 0; i < r.passage_count; i++)
            found_in_index(o, aq_unkey32(w.key.ptr), i, r.passages[2 * i],
                           r.passages[2 * i + 1] & AQ_PENDING_HIDDEN, true);
        assert_int_equal(aq_walk_next(&w, &more, NULL), AQ_OK);
    }
    aq_walk_close(&w);
    for (uint32_t i = 0; i < o->count; i++)
        assert_true(o->passages[i].found);
}

static void add_comment(struct oracle *o, const struct entry *e)
{
    uint32_t comment;
    struct aq_comment c;
    assert_int_equal(aq_comment_find(&o->txn, aq_slice_str(e->id), &comment, NULL), AQ_OK);
    assert_int_equal(aq_text_get(&o->txn, comment, &o->arena, &c, NULL), AQ_OK);
    for (uint32_t k = 0; k < c.passage_count; k++) {
        uint32_t shift = 0;
        assert_true(aq_grow(&o->passages, &o->cap, o->count + 1, sizeof *o->passages));
        struct passage *p = &o->passages[o->count++];
        *p = (struct passage){.entry = e, .comment = comment, .ordinal = k};
        p->quote_depth = c.passages[k].quote_depth;
        p->thread = (uint32_t)aq_column_get(&o->txn, AQ_COL_THREAD, comment);
        p->author = (uint32_t)aq_column_get(&o->txn, AQ_COL_AUTHOR, comment);
        p->text = aq_slice(c.text.ptr + c.passages[k].begin, c.passages[k].end - c.passages[k].begin);
        if (c.passages[k].flags & AQ_PASSAGE_TITLED)
            shift = add_tokens(o, p, c.title, TITLE_TOKENS, 0) + GAP;
        add_blocks(o, p, shift);
    }
}

static void oracle_open(struct oracle *o, const char *dir, const struct entry *entries, uint32_t n)
{
    struct aq_error err = {0};
    uint64_t tokens = 0;
    *o = (struct oracle){0};
    assert_int_equal(aq_analyzer_open("english", &o->analyzer, &err), AQ_OK);
    if (aq_store_open(dir, AQ_STORE_READ, &o->store, &err) || aq_txn_begin(o->store, &o->txn, &err))
        fail_msg("%s", err.message);
    for (uint32_t i = 0; i < o->txn.segment_count; i++)
        o->tombstones |= o->txn.segments[i].info.deleted > 0;
    for (uint32_t i = 0; i < n; i++)
        if (entries[i].live)
            add_comment(o, &entries[i]);
    if (o->count)
        qsort(o->passages, o->count, sizeof *o->passages, by_comment);
    look_up(o);
    for (uint32_t i = 0; i < o->count; i++)
        tokens += o->passages[i].count;
    assert_true(o->txn.passages >= o->count && o->txn.tokens >= tokens);
    if (!o->tombstones)
        assert_true(o->txn.passages == o->count && o->txn.tokens == tokens);
}

static void oracle_close(struct oracle *o)
{
    aq_txn_end(&o->txn);
    aq_store_close(o->store);
    aq_analyzer_close(o->analyzer);
    aq_arena_free(&o->arena);
    free(o->passages);
}

static uint32_t tf(const struct passage *p, uint32_t term)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->count; i++)
        n += p->tokens[i].term == term;
    return n;
}

/* Passages with the term; *seen: whether some stored list has the form. */
static uint64_t frequency(struct oracle *o, uint32_t lexeme, bool *seen)
{
    const struct aq_lexeme *l = aq_analyzer_lexeme(o->analyzer, lexeme);
    uint64_t live = 0, stored = 0;
    *seen = false;
    for (uint32_t i = 0; i < o->count; i++) {
        uint32_t n = tf(&o->passages[i], l->term_id);
        live += n > 0;
        stored += n > 0 && o->passages[i].pending;
        for (uint32_t k = 0; k < o->passages[i].count; k++)
            *seen |= o->passages[i].tokens[k].lexeme == lexeme;
    }
    for (uint32_t i = 0; i < o->txn.segment_count; i++) {
        struct aq_postings list;
        if (aq_segment_postings(&o->txn, &o->txn.segments[i], l->term, &list, NULL))
            continue;
        stored += list.df;
        if (o->tombstones)
            *seen |= aq_postings_form_code(&list, l->form) >= 0;
    }
    assert_true(stored >= live);
    if (!o->tombstones)
        assert_true(stored == live);
    return stored;
}

/* ---- queries ---- */

enum kind { WORD, PHRASE, AUTHOR, THREAD, AFTER, BEFORE };

struct clause {
    enum kind kind;
    char sign; /* '+', '-' or ' ' */
    char text[256];
    int64_t date;
    struct token tokens[40];
    uint32_t count;
    uint32_t parts[40], part_count; /* of a positive word: tokens it needs */
    bool alive;
};

struct query {
    struct clause clauses[MOST_CLAUSES];
    uint32_t count;
    struct aq_buf string;
    struct aq_search_request request;
    const char *request_author, *request_thread;
    struct aq_facet_request facets[3];
};

static void analyze_clause(struct oracle *o, struct clause *c)
{
    struct passage whole = {0};
    if (c->kind != WORD && c->kind != PHRASE)
        return;
    add_tokens(o, &whole, aq_slice_str(c->text), MOST_TOKENS, 0);
    for (uint32_t i = 0; i < whole.count; i++) {
        assert_true(c->count < AQ_COUNT(c->tokens));
        c->tokens[c->count++] = whole.tokens[i];
    }
    /* A word needs its parts; a whole of one part stands for it. */
    for (uint32_t i = 0; i < c->count; i++) {
        const struct token *t = &c->tokens[i];
        bool replaced = false;
        for (uint32_t k = 0; k < c->count; k++)
            replaced |= c->tokens[k].whole && c->tokens[k].span == 1 && c->tokens[k].position == t->position && k != i;
        if (t->whole ? t->span == 1 : !replaced)
            c->parts[c->part_count++] = t->term;
    }
}

/* ---- the rules, naively ---- */

/* Names are ASCII here: words are runs of letters and digits. */
static uint32_t name_words(const char *s, char out[8][32])
{
    uint32_t n = 0, len = 0;
    for (;; s++) {
        if (isalnum((unsigned char)*s)) {
            out[n][len++] = (char)tolower((unsigned char)*s);
            continue;
        }
        if (len) {
            out[n++][len] = 0;
            len = 0;
        }
        if (!*s)
            return n;
    }
}

static bool named(const char *name, const char *wanted)
{
    char a[8][32], b[8][32];
    uint32_t n = name_words(name, a), m = name_words(wanted, b);
    for (uint32_t i = 0; m && i + m <= n; i++) {
        uint32_t k = 0;
        while (k < m && strcmp(a[i + k], b[k]) == 0)
            k++;
        if (k == m)
            return true;
    }
    return false;
}

static bool filtered_in(const struct query *q, const struct entry *e)
{
    bool authors_asked = q->request_author, author = q->request_author && named(e->author, q->request_author);
    bool threads_asked = q->request_thread, thread = q->request_thread && strcmp(e->thread, q->request_thread) == 0;
    int64_t after = AQ_NO_DATE, before = AQ_NO_DATE;
    if (q->request.after || q->request.before) {
        after = q->request.after;
        before = q->request.before;
    }
    if ((after != AQ_NO_DATE && (e->date == AQ_NO_DATE || e->date < after)) ||
        (before != AQ_NO_DATE && (e->date == AQ_NO_DATE || e->date >= before)))
        return false;
    for (uint32_t i = 0; i < q->count; i++) {
        const struct clause *c = &q->clauses[i];
        bool is_author = c->kind == AUTHOR && named(e->author, c->text);
        bool is_thread = c->kind == THREAD && strcmp(e->thread, c->text) == 0;
        if (c->sign == '-' && (is_author || is_thread))
            return false;
        if (c->sign != '-') {
            authors_asked |= c->kind == AUTHOR;
            threads_asked |= c->kind == THREAD;
            author |= is_author;
            thread |= is_thread;
        }
        if ((c->kind == AFTER && (e->date == AQ_NO_DATE || e->date < c->date)) ||
            (c->kind == BEFORE && (e->date == AQ_NO_DATE || e->date >= c->date)))
            return false;
    }
    return (!authors_asked || author) && (!threads_asked || thread);
}

static bool filters(const struct query *q)
{
    bool any = q->request_author || q->request_thread ||
               ((q->request.after || q->request.before) &&
                (q->request.after != AQ_NO_DATE || q->request.before != AQ_NO_DATE));
    for (uint32_t i = 0; i < q->count; i++)
        any |= q->clauses[i].kind > PHRASE;
    return any;
}

/* Tokens of the clause side by side in the passage, compounds as wholes; exact
 * compares forms, else terms. */
static bool stands(const struct passage *p, const struct clause *c, bool exact)
{
    for (uint32_t start = 0; start < 1024; start++) {
        bool all = true;
        uint32_t covered = 0;
        for (uint32_t i = 0; i < c->count && all; i++) {
            const struct token *t = &c->tokens[i];
            if (t->position < covered)
                continue;
            covered = t->position + t->span;
            bool here = false;
            for (uint32_t k = 0; k < p->count && !here; k++)
                here = p->tokens[k].position == start + t->position - c->tokens[0].position &&
                       (exact ? p->tokens[k].lexeme == t->lexeme : p->tokens[k].term == t->term);
            all = here;
        }
        if (all)
            return true;
    }
    return false;
}

static bool positive(const struct clause *c)
{
    return c->sign != '-' && c->count > 0 && (c->kind == WORD || c->kind == PHRASE);
}

struct match {
    const struct passage *p;
    double score;
    int64_t primary;
    int tier;
    bool all_words;
    uint32_t group_size;
};

static int in_order(const void *x, const void *y)
{
    const struct match *a = x, *b = y;
    if (a->primary != b->primary)
        return a->primary > b->primary ? -1 : 1;
    if (a->tier != b->tier)
        return a->tier < b->tier ? -1 : 1;
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    return by_comment(a->p, b->p);
}

struct term {
    uint32_t id, lexeme, count;
    uint64_t df;
};

/* What aq_search should say. */
struct expected {
    struct match *matches; /* in the order of hits, grouped and filled */
    uint32_t count;
    struct match *all; /* ungrouped */
    uint64_t passages, groups;
    uint32_t ignored; /* words that occur nowhere */
};

static bool same_clause(const struct clause *a, const struct clause *b)
{
    if (a->kind != b->kind || (a->kind == WORD ? a->part_count != b->part_count : a->count != b->count))
        return false;
    for (uint32_t i = 0; i < a->part_count && a->kind == WORD; i++)
        if (a->parts[i] != b->parts[i])
            return false;
    for (uint32_t i = 0; i < a->count && a->kind == PHRASE; i++)
        if (a->tokens[i].lexeme != b->tokens[i].lexeme || a->tokens[i].position != b->tokens[i].position)
            return false;
    return true;
}

static uint32_t group_of(const struct query *q, const struct passage *p, uint32_t i)
{
    return q->request.group == AQ_GROUP_COMMENT  ? p->comment
           : q->request.group == AQ_GROUP_THREAD ? p->thread
           : q->request.group == AQ_GROUP_AUTHOR ? p->author
                                                 : i;
}

/* Which clauses live, the terms in query order with counts, and how many distinct
 * words there are. */
static uint32_t resolve(struct oracle *o, struct query *q, struct term *terms, uint32_t *term_count)
{
    uint32_t distinct = 0, n = 0;
    for (uint32_t i = 0; i < q->count; i++) {
        struct clause *c = &q->clauses[i];
        bool seen;
        if (c->kind > PHRASE || c->count == 0)
            continue;
        c->alive = c->kind == PHRASE;
        for (uint32_t k = 0; k < c->count && c->kind == PHRASE; k++) {
            uint32_t covered = 0;
            for (uint32_t j = 0; j < k; j++)
                covered |= c->tokens[j].whole && c->tokens[k].position < c->tokens[j].position + c->tokens[j].span;
            if (!covered)
                c->alive &= frequency(o, c->tokens[k].lexeme, &seen) > 0 && seen;
        }
        for (uint32_t k = 0; k < c->count && c->kind == WORD; k++)
            for (uint32_t j = 0; j < c->part_count; j++)
                c->alive |= c->parts[j] == c->tokens[k].term && frequency(o, c->tokens[k].lexeme, &seen) > 0;
        bool repeats = false;
        for (uint32_t k = 0; k < i; k++)
            repeats |= positive(&q->clauses[k]) && same_clause(&q->clauses[k], c);
        if (positive(c))
            distinct += c->alive && !repeats;
        uint32_t covered = 0;
        for (uint32_t k = 0; k < c->count; k++) {
            const struct token *t = &c->tokens[k];
            if (c->kind == PHRASE || c->sign == '-') {
                if (t->position < covered)
                    continue;
                covered = t->position + t->span;
            }
            uint32_t at = 0;
            while (at < n && terms[at].id != t->term)
                at++;
            if (at == n)
                terms[n++] = (struct term){t->term, t->lexeme, 0, frequency(o, t->lexeme, &seen)};
            if (positive(c) && (c->kind == WORD || c->alive))
                terms[at].count++;
        }
    }
    *term_count = n;
    return distinct;
}

static bool evaluate(struct oracle *o, const struct query *q, const struct term *terms, uint32_t term_count,
                     const struct passage *p, struct match *m)
{
    double k1 = q->request.k1 > 0 ? q->request.k1 : 1.2, b = q->request.k1 > 0 ? q->request.b : 0.75;
    double average = (double)o->txn.tokens / (double)o->txn.passages, n_all = (double)o->txn.passages;
    bool scores = false, listed = true;
    *m = (struct match){.p = p, .all_words = true};
    if (p->hidden || !filtered_in(q, p->entry) || (q->request.snapshot && p->comment >= q->request.snapshot))
        return false;
    for (uint32_t i = 0; i < q->count; i++) {
        const struct clause *c = &q->clauses[i];
        if (c->kind > PHRASE || c->count == 0)
            continue;
        listed &= !positive(c);
        if (c->sign == '-') {
            if (stands(p, c, c->kind == PHRASE))
                return false;
        } else if (c->kind == PHRASE) {
            if (c->alive && !stands(p, c, true))
                return false;
            scores |= c->alive;
        } else {
            for (uint32_t k = 0; k < c->part_count; k++) {
                uint32_t t = 0;
                while (terms[t].id != c->parts[k])
                    t++;
                if (terms[t].df == 0 || tf(p, c->parts[k]))
                    continue;
                m->all_words = false;
                if (c->sign == '+')
                    return false;
            }
        }
    }
    for (uint32_t i = 0; i < term_count; i++) {
        double f = tf(p, terms[i].id), n = (double)terms[i].df;
        if (f == 0 || terms[i].count == 0)
            continue;
        double idf = log(1 + (n_all - n + 0.5) / (n + 0.5)) * terms[i].count;
        m->score += idf * (f / (f + k1 * (1 - b + b * (p->count / average > 0.25 ? p->count / average : 0.25))));
        scores = true;
    }
    return scores || listed;
}

/* Distinct words that hits would need and that occur nowhere: by stem, and for
 * phrases by form. */
static uint32_t ignored_words(struct oracle *o, const struct query *q)
{
    uint32_t stems[256], forms[256], stem_count = 0, form_count = 0;
    for (int phrases = 0; phrases < 2; phrases++) {
        for (uint32_t i = 0; i < q->count; i++) {
            const struct clause *c = &q->clauses[i];
            uint32_t covered = 0;
            if (!positive(c) || c->kind != (phrases ? PHRASE : WORD))
                continue;
            for (uint32_t k = 0; k < c->count; k++) {
                const struct token *t = &c->tokens[k];
                bool seen, part = false, told = false;
                uint64_t df = frequency(o, t->lexeme, &seen);
                for (uint32_t j = 0; j < c->part_count; j++)
                    part |= c->parts[j] == t->term;
                for (uint32_t j = 0; j < stem_count; j++)
                    told |= stems[j] == t->term;
                if (!phrases) {
                    if (part && df == 0 && !told)
                        stems[stem_count++] = t->term;
                    continue;
                }
                if (t->position < covered)
                    continue;
                covered = t->position + t->span;
                for (uint32_t j = 0; j < form_count; j++)
                    told |= forms[j] == t->lexeme;
                if (!told && !(df && seen))
                    forms[form_count++] = t->lexeme;
            }
        }
    }
    return stem_count + form_count;
}

static bool names_threads(const struct query *q)
{
    bool any = q->request_thread;
    for (uint32_t i = 0; i < q->count; i++)
        any |= q->clauses[i].kind == THREAD && q->clauses[i].sign != '-';
    return any;
}

/* Place by place: of the best hundred, among those left of the best tier, the first whose
 * thread is not there often enough; else the first. */
static uint64_t moved; /* hits that gave way, in all */

static void spread(const struct query *q, struct match *hits, uint32_t count)
{
    uint32_t most = q->request.per_thread ? q->request.per_thread : 2;
    uint32_t among = count < 100 ? count : 100;
    for (uint32_t place = 0; place < among && place < 10; place++) {
        uint32_t pick = place;
        for (uint32_t i = place; i < among && hits[i].tier == hits[place].tier; i++) {
            uint32_t there = 0;
            for (uint32_t k = 0; k < place; k++)
                there += hits[k].p->thread == hits[i].p->thread;
            if (there < most) {
                pick = i;
                break;
            }
        }
        moved += pick - place;
        struct match picked = hits[pick];
        memmove(hits + place + 1, hits + place, (pick - place) * sizeof *hits);
        hits[place] = picked;
    }
}

static void expect(struct oracle *o, struct query *q, struct expected *e)
{
    struct term terms[512];
    uint32_t term_count, distinct = resolve(o, q, terms, &term_count), n = 0, leaders = 0;
    bool words_given = false, excludes = false;
    struct match *all = calloc(o->count + 1, sizeof *all), *out = calloc(o->count + 1, sizeof *out);
    bool *leads = calloc(o->count + 1, sizeof *leads);
    assert_true(all && out && leads);
    for (uint32_t i = 0; i < q->count; i++) {
        words_given |= positive(&q->clauses[i]);
        excludes |= q->clauses[i].sign == '-' && q->clauses[i].kind <= PHRASE && q->clauses[i].count;
    }
    bool nothing = words_given ? distinct == 0 : !filters(q) && !excludes;
    for (uint32_t i = 0; i < o->count && !nothing; i++) {
        const struct passage *p = &o->passages[i];
        if (!evaluate(o, q, terms, term_count, p, &all[n]))
            continue;
        all[n].tier = (distinct >= 2 && distinct <= 4 && !all[n].all_words ? 2 : 0) + (p->quote_depth > 0);
        bool dated = q->request.sort == AQ_SORT_DATE || (q->request.sort == AQ_SORT_RELEVANCE && !words_given);
        all[n].primary = dated ? p->entry->date : q->request.sort == AQ_SORT_SCORE ? p->entry->score : 0;
        n++;
    }
    if (n)
        qsort(all, n, sizeof *all, in_order);
    *e = (struct expected){.matches = out, .passages = n, .ignored = ignored_words(o, q)};
    uint32_t most = n + o->txn.state.next_comment + o->txn.state.next_thread + o->txn.state.next_author + 1;
    uint32_t *sizes = calloc(most, sizeof *sizes);
    assert_non_null(sizes);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t g = group_of(q, all[i].p, i);
        leads[i] = sizes[g < most ? g : most - 1]++ == 0;
        e->groups += leads[i];
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t g = group_of(q, all[i].p, i);
        all[i].group_size = sizes[g < most ? g : most - 1];
    }
    free(sizes);
    for (uint32_t i = 0; i < n; i++)
        if (leads[i])
            out[leaders++] = all[i];
    bool by_relevance = q->request.sort == AQ_SORT_RELEVANCE && words_given;
    if (by_relevance && q->request.group == AQ_GROUP_COMMENT && !names_threads(q))
        spread(q, out, leaders);
    e->count = leaders;
    for (uint32_t i = 0; i < n && q->request.group == AQ_GROUP_COMMENT; i++)
        if (!leads[i])
            out[e->count++] = all[i];
    e->all = all;
    free(leads);
}

#endif
