/* search_oracle.h - an index as a slow and simple searcher sees it: every live passage and
 * its tokens, document frequencies, and in which order matches are hits. Of the index it
 * takes which passages are hidden and, while tombstones count, document frequencies.
 * search_flat.h and language_oracle.h say what matches. */
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

enum { MOST_TOKENS = 320, GAP = 8, TITLE_TOKENS = 60 };

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
static inline uint64_t frequency(struct oracle *o, uint32_t lexeme, bool *seen)
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

/* ---- names and order ---- */

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

static __attribute__((unused)) bool named(const char *name, const char *wanted)
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

/* What aq_search should say. */
struct expected {
    struct match *matches; /* in the order of hits, grouped and filled */
    uint32_t count;
    struct match *all; /* ungrouped */
    uint64_t passages, groups;
    uint32_t ignored; /* words that occur nowhere */
};

static uint32_t group_of(const struct aq_search_request *r, const struct passage *p, uint32_t i)
{
    return r->group == AQ_GROUP_COMMENT  ? p->comment
           : r->group == AQ_GROUP_THREAD ? p->thread
           : r->group == AQ_GROUP_AUTHOR ? p->author
                                         : i;
}

/* Place by place: of the best hundred, among those left of the best tier, the first whose
 * thread is not there often enough; else the first. */
static uint64_t moved; /* hits that gave way, in all */

static void spread(const struct aq_search_request *r, struct match *hits, uint32_t count)
{
    uint32_t most = r->per_thread ? r->per_thread : 2;
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

/* Puts the matches in the order of hits, one a group, and fills up. spreads: few of one
 * thread are among the first. */
static __attribute__((unused)) void arrange(const struct oracle *o, const struct aq_search_request *r, struct match *all, uint32_t n,
                    bool spreads, struct expected *e)
{
    struct match *out = calloc(o->count + 1, sizeof *out);
    bool *leads = calloc(o->count + 1, sizeof *leads);
    uint32_t most = n + o->txn.state.next_comment + o->txn.state.next_thread + o->txn.state.next_author + 1;
    uint32_t *sizes = calloc(most, sizeof *sizes);
    assert_true(out && leads && sizes);
    if (n)
        qsort(all, n, sizeof *all, in_order);
    *e = (struct expected){.matches = out, .all = all, .passages = n};
    for (uint32_t i = 0; i < n; i++) {
        uint32_t g = group_of(r, all[i].p, i);
        leads[i] = sizes[g < most ? g : most - 1]++ == 0;
        e->groups += leads[i];
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t g = group_of(r, all[i].p, i);
        all[i].group_size = sizes[g < most ? g : most - 1];
    }
    for (uint32_t i = 0; i < n; i++)
        if (leads[i])
            out[e->count++] = all[i];
    if (spreads && r->sort == AQ_SORT_RELEVANCE && r->group == AQ_GROUP_COMMENT)
        spread(r, out, e->count);
    for (uint32_t i = 0; i < n && r->group == AQ_GROUP_COMMENT; i++)
        if (!leads[i])
            out[e->count++] = all[i];
    free(sizes);
    free(leads);
}

#endif
