/* search_test.c - aq_search against a naive oracle: small random indexes, with
 * quotes, titles, replacements, deletions, several segments and pending comments,
 * and random queries of every operator, group, sort, filter and offset. The oracle
 * scans every passage's tokens and follows docs/QUERY.md; of the index it takes
 * which passages are hidden and, while tombstones count, document frequencies. */
#include "analyzer.h"
#include "aq.h"
#include "aq_index.h"
#include "pending.h"
#include "store.h"

#include <ctype.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { IDS = 60, MOST_PASSAGES = 4000, MOST_TOKENS = 320, MOST_CLAUSES = 12, GAP = 8, TITLE_TOKENS = 60 };

static uint64_t seed;

static uint32_t below(uint32_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((seed >> 33) % n);
}

/* ---- what goes in ---- */

static const char *const words[] = {"cat", "cats", "dog", "bird", "x-risk", "risk", "x", "na\xC3\xAFve", "naive", "C++",
                                    "c", "don't", "\xE6\x84\x8F\xE8\xAD\x98\xE5\x95\x8F\xE9\xA1\x8C", "foo/bar", "argue",
                                    "argued", "the", "the", "of", "GPT-4", "foo", "bar"};
static const char *const unknown[] = {"xyzzy", "plugh", "cat-plugh", "frob/bird"};
static const char *const authors[] = {"", "Wei Dai", "wei", "Eliezer Yudkowsky", "gwern", "A. B. O'Cat"};

struct entry {
    char id[16], author[32], thread[16], title[200];
    char *text;
    int64_t date;
    int32_t score;
    bool live, touched;
};

static const char *word(void)
{
    /* The square favours the first words. */
    return words[below(1 + below(AQ_COUNT(words)))];
}

static void add_words(struct aq_buf *b, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        aq_buf_puts(b, i ? below(8) ? " " : ", " : "");
        aq_buf_puts(b, word());
    }
}

static char *random_text(void)
{
    struct aq_buf b = {0};
    uint32_t blocks = 1 + below(5);
    for (uint32_t i = 0; i < blocks; i++) {
        if (below(3) == 0)
            aq_buf_puts(&b, "> ");
        add_words(&b, below(20) ? 1 + below(9) : 40 + below(150));
        aq_buf_puts(&b, below(2) ? ".\n\n" : "\n\n");
    }
    aq_buf_u8(&b, 0);
    assert_false(b.failed);
    return (char *)b.ptr;
}

static void random_entry(struct entry *e, uint32_t i)
{
    struct aq_buf title = {0};
    free(e->text);
    snprintf(e->id, sizeof e->id, "id%u", i);
    snprintf(e->author, sizeof e->author, "%s", authors[below(AQ_COUNT(authors))]);
    snprintf(e->thread, sizeof e->thread, "t%u", below(7));
    if (below(3) == 0)
        add_words(&title, 1 + below(5));
    aq_buf_u8(&title, 0);
    snprintf(e->title, sizeof e->title, "%s", (char *)title.ptr);
    aq_buf_free(&title);
    e->text = random_text();
    e->date = below(5) ? 1577836800 + (int64_t)below(40) * 86400 * 20 : AQ_NO_DATE;
    e->score = below(5) ? (int32_t)below(9) - 4 : AQ_NO_SCORE;
    e->live = true;
    e->touched = true;
}

static void put(struct aq_writer *w, const struct entry *e)
{
    struct aq_record r;
    struct aq_error err = {0};
    enum aq_outcome outcome;
    aq_record_init(&r);
    r.id = aq_slice_str(e->id);
    r.author = aq_slice_str(e->author);
    r.thread = aq_slice_str(e->thread);
    r.title = aq_slice_str(e->title);
    r.text = aq_slice_str(e->text);
    r.date = e->date;
    r.score = e->score;
    enum aq_status st = aq_writer_add(w, &r, &outcome, &err);
    if (st)
        fail_msg("aq_writer_add: %s", err.message);
}

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
    bool hidden, pending;
    struct aq_slice text;
};

struct oracle {
    struct aq_analyzer *analyzer;
    struct aq_store *store;
    struct aq_txn txn;
    struct aq_arena arena;
    struct passage *passages; /* of live comments, by (comment, ordinal) */
    uint32_t count;
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

/* Whether the index hides the passage, wherever it is stored. */
static void look_up(struct oracle *o, struct passage *p)
{
    uint8_t key[4];
    struct aq_slice record;
    struct aq_pending pending;
    aq_key32(key, p->comment);
    if (aq_get(&o->txn, AQ_TABLE_PEND, aq_slice(key, 4), &record) == AQ_OK) {
        assert_int_equal(aq_pending_parse(&pending, record), AQ_OK);
        assert_true(p->ordinal < pending.passage_count);
        assert_int_equal(pending.passages[2 * p->ordinal], p->count);
        p->hidden = pending.passages[2 * p->ordinal + 1] & AQ_PENDING_HIDDEN;
        p->pending = true;
        return;
    }
    uint32_t found = 0;
    for (uint32_t i = 0; i < o->txn.segment_count; i++) {
        const struct aq_segment *seg = &o->txn.segments[i];
        for (uint32_t docid = 0; docid < seg->info.passages; docid++) {
            uint32_t comment, ordinal;
            assert_int_equal(aq_segment_locate(&o->txn, seg, docid, &comment, &ordinal), AQ_OK);
            if (comment != p->comment || ordinal != p->ordinal ||
                aq_bit(aq_segment_bits(&o->txn, seg, AQ_BITS_DELETED, docid / AQ_BITS_CHUNK), docid))
                continue;
            found++;
            assert_int_equal(seg->lengths[docid], p->count);
            p->hidden = aq_bit(aq_segment_bits(&o->txn, seg, AQ_BITS_HIDDEN, docid / AQ_BITS_CHUNK), docid);
        }
    }
    assert_int_equal(found, 1);
}

static int by_comment(const void *x, const void *y)
{
    const struct passage *a = x, *b = y;
    if (a->comment != b->comment)
        return a->comment < b->comment ? -1 : 1;
    return (a->ordinal > b->ordinal) - (a->ordinal < b->ordinal);
}

static void oracle_open(struct oracle *o, const char *dir, const struct entry *entries, uint32_t n)
{
    struct aq_error err = {0};
    uint64_t tokens = 0;
    *o = (struct oracle){0};
    assert_int_equal(aq_analyzer_open("english", &o->analyzer, &err), AQ_OK);
    if (aq_store_open(dir, AQ_STORE_READ, &o->store, &err) || aq_txn_begin(o->store, &o->txn, &err))
        fail_msg("%s", err.message);
    o->passages = calloc(MOST_PASSAGES, sizeof *o->passages);
    assert_non_null(o->passages);
    for (uint32_t i = 0; i < o->txn.segment_count; i++)
        o->tombstones |= o->txn.segments[i].info.deleted > 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t comment;
        struct aq_comment c;
        if (!entries[i].live)
            continue;
        assert_int_equal(aq_comment_find(&o->txn, aq_slice_str(entries[i].id), &comment, &err), AQ_OK);
        assert_int_equal(aq_text_get(&o->txn, comment, &o->arena, &c, &err), AQ_OK);
        for (uint32_t k = 0; k < c.passage_count; k++) {
            assert_true(o->count < MOST_PASSAGES);
            struct passage *p = &o->passages[o->count++];
            uint32_t shift = 0;
            p->entry = &entries[i];
            p->comment = comment;
            p->ordinal = k;
            p->quote_depth = c.passages[k].quote_depth;
            p->thread = (uint32_t)aq_column_get(&o->txn, AQ_COL_THREAD, comment);
            p->author = (uint32_t)aq_column_get(&o->txn, AQ_COL_AUTHOR, comment);
            p->text = aq_slice(c.text.ptr + c.passages[k].begin, c.passages[k].end - c.passages[k].begin);
            if (c.passages[k].flags & AQ_PASSAGE_TITLED)
                shift = add_tokens(o, p, c.title, TITLE_TOKENS, 0) + GAP;
            add_blocks(o, p, shift);
            look_up(o, p);
            tokens += p->count;
        }
    }
    qsort(o->passages, o->count, sizeof *o->passages, by_comment);
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
};

/* A few words in a row from some passage, so that phrases match now and then. */
static void excerpt(const struct oracle *o, char *out, size_t size)
{
    if (o->count == 0 || below(4) == 0) {
        snprintf(out, size, "%s %s", word(), word());
        return;
    }
    const struct passage *p = &o->passages[below(o->count)];
    char text[4096];
    const char *found[256];
    size_t n = p->text.len < sizeof text ? p->text.len : sizeof text - 1, count = 0;
    for (size_t i = 0; i < n; i++)
        text[i] = isspace(p->text.ptr[i]) ? 0 : (char)p->text.ptr[i];
    text[n] = 0;
    for (size_t i = 0; i < n && count < AQ_COUNT(found); i++)
        if (text[i] && (i == 0 || !text[i - 1]))
            found[count++] = text + i;
    out[0] = 0;
    if (count == 0)
        return;
    size_t from = below((uint32_t)count), take = 1 + below(4);
    for (size_t i = from; i < count && i < from + take && strlen(out) + strlen(found[i]) + 2 < size; i++) {
        strcat(out, i > from ? " " : "");
        strcat(out, found[i]);
    }
}

static void write_clause(struct aq_buf *b, const struct clause *c)
{
    static const char *const open[] = {"\"", "\xE2\x80\x9C", "\xC2\xAB"}, *const close[] = {"\"", "\xE2\x80\x9D", "\xC2\xBB"};
    static const char *const fields[] = {[AUTHOR] = "author", [THREAD] = "Thread", [AFTER] = "after", [BEFORE] = "BEFORE"};
    uint32_t q = below(3);
    if (c->sign != ' ')
        aq_buf_u8(b, (uint8_t)c->sign);
    if (c->kind == WORD)
        aq_buf_puts(b, c->text);
    else if (c->kind == PHRASE)
        aq_buf_printf(b, "%s%s%s", open[q], c->text, close[q]);
    else if (strchr(c->text, ' ') || below(4) == 0)
        aq_buf_printf(b, "%s:%s%s%s", fields[c->kind], open[q], c->text, close[q]);
    else
        aq_buf_printf(b, "%s:%s", fields[c->kind], c->text);
}

static void random_clause(const struct oracle *o, struct clause *c, bool plain)
{
    static const char *const names[] = {"wei", "Wei Dai", "YUDKOWSKY", "gwern", "nobody", "dai wei", "b o cat", "Eliezer yud"};
    uint32_t k = below(20);
    *c = (struct clause){.kind = WORD, .sign = ' '};
    if (plain || k < 12) {
        snprintf(c->text, sizeof c->text, "%s", below(10) ? word() : unknown[below(AQ_COUNT(unknown))]);
        c->sign = plain ? ' ' : "      +-"[below(8)];
    } else if (k < 16) {
        c->kind = PHRASE;
        excerpt(o, c->text, sizeof c->text);
        if (below(10) == 0)
            strcat(c->text, " plugh");
        c->sign = "   +-"[below(5)];
    } else if (k == 16) {
        c->kind = AUTHOR;
        snprintf(c->text, sizeof c->text, "%s", names[below(AQ_COUNT(names))]);
        c->sign = below(4) ? ' ' : '-';
    } else if (k == 17) {
        c->kind = THREAD;
        snprintf(c->text, sizeof c->text, "t%u", below(8));
        c->sign = below(4) ? ' ' : '-';
    } else {
        c->kind = k == 18 ? AFTER : BEFORE;
        struct tm t = {.tm_year = 120 + (int)below(3), .tm_mday = 1};
        if (below(2)) {
            t.tm_mon = (int)below(12);
            t.tm_mday = 1 + (int)below(28);
            snprintf(c->text, sizeof c->text, "%d-%02d-%02d", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday);
        } else {
            snprintf(c->text, sizeof c->text, "%d", t.tm_year + 1900);
        }
        c->date = timegm(&t);
    }
}

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

static void random_query(struct oracle *o, struct query *q)
{
    bool plain = below(6) == 0;
    *q = (struct query){.count = below(15) ? 1 + below(below(2) ? 3 : 7) : 0};
    for (uint32_t i = 0; i < q->count; i++) {
        random_clause(o, &q->clauses[i], plain);
        analyze_clause(o, &q->clauses[i]);
        aq_buf_puts(&q->string, i ? " " : "");
        write_clause(&q->string, &q->clauses[i]);
    }
    assert_false(q->string.failed);
    struct aq_search_request *r = &q->request;
    r->query = aq_slice(q->string.ptr, q->string.len);
    r->flags = (plain ? AQ_QUERY_PLAIN : 0) | (below(4) ? 0 : AQ_NO_TEXT);
    r->limit = below(3) ? 1 + below(12) : below(2) ? 0 : 300;
    r->offset = below(3) ? 0 : below(20);
    r->group = (enum aq_group)(below(2) ? 0 : below(4));
    r->sort = (enum aq_sort)(below(2) ? 0 : below(3));
    if (below(12) == 0) {
        q->request_author = authors[1 + below(AQ_COUNT(authors) - 1)];
        r->authors = &q->request_author;
        r->author_count = 1;
    }
    if (below(12) == 0) {
        q->request_thread = "t1";
        r->threads = &q->request_thread;
        r->thread_count = 1;
    }
    if (below(12) == 0) {
        r->after = below(2) ? 1600000000 : AQ_NO_DATE;
        r->before = below(2) ? 1620000000 : AQ_NO_DATE;
    }
    if (below(8) == 0) {
        r->k1 = 0.9;
        r->b = 0.4;
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

struct expected {
    struct match *matches; /* in the order of hits, grouped and filled */
    uint32_t count;
    uint64_t passages, groups;
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
    if (p->hidden || !filtered_in(q, p->entry))
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
        m->score += idf * (f / (f + k1 * (1 - b + b * p->count / average)));
        scores = true;
    }
    return scores || listed;
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
    qsort(all, n, sizeof *all, in_order);
    *e = (struct expected){.matches = out, .passages = n};
    for (uint32_t i = 0; i < n; i++) {
        leads[i] = true;
        for (uint32_t k = 0; k < n; k++) {
            bool same = group_of(q, all[i].p, i) == group_of(q, all[k].p, k);
            all[i].group_size += same;
            leads[i] &= !(same && k < i);
        }
        e->groups += leads[i];
    }
    for (uint32_t i = 0; i < n; i++)
        if (leads[i])
            out[leaders++] = all[i];
    e->count = leaders;
    for (uint32_t i = 0; i < n && q->request.group == AQ_GROUP_COMMENT; i++)
        if (!leads[i])
            out[e->count++] = all[i];
    free(all);
    free(leads);
}

/* ---- comparing ---- */

static bool same_text(struct aq_slice a, const char *b)
{
    return aq_slice_eq(a, aq_slice_str(b));
}

static void check_hit(const struct query *q, const struct aq_hit *h, const struct match *m)
{
    const struct entry *e = m->p->entry;
    assert_true(same_text(h->id, e->id));
    assert_int_equal(h->comment, m->p->comment);
    assert_int_equal(h->ordinal, m->p->ordinal);
    assert_true(fabs(h->score - m->score) <= 1e-12 * (1 + m->score));
    assert_int_equal(h->all_words, m->all_words);
    assert_int_equal(h->quote_depth, m->p->quote_depth);
    assert_int_equal(h->more, q->request.group == AQ_GROUP_NONE ? 0 : m->group_size - 1);
    assert_true(h->date == e->date && h->points == e->score);
    if (q->request.flags & AQ_NO_TEXT)
        return;
    assert_true(same_text(h->author, e->author) && same_text(h->thread, e->thread));
    assert_true(e->title[0] == 0 || same_text(h->title, e->title));
    assert_true(aq_slice_eq(h->passage, m->p->text));
    assert_true(h->snippet.begin <= h->snippet.end && h->snippet.end <= h->passage.len);
    for (uint32_t i = 0; i < h->range_count; i++)
        assert_true(h->ranges[i].begin < h->ranges[i].end && h->ranges[i].end <= h->passage.len &&
                    (i == 0 || h->ranges[i - 1].end < h->ranges[i].begin));
    if (m->score > 0)
        assert_true(h->range_count || h->title_range_count || h->passage.len == 0);
}

static void describe(const struct query *q, const struct aq_result *r, const struct expected *e)
{
    fprintf(stderr, "query: %.*s\nflags %u limit %u offset %u group %d sort %d k1 %g author %s thread %s\n",
            (int)q->string.len, (const char *)q->string.ptr, q->request.flags, q->request.limit, q->request.offset,
            q->request.group, q->request.sort, q->request.k1, q->request_author ? q->request_author : "-",
            q->request_thread ? q->request_thread : "-");
    fprintf(stderr, "got %u of %lu/%lu, expected %u of %lu/%lu\n", r->hit_count, (unsigned long)r->total_passages,
            (unsigned long)r->total_groups, e->count, (unsigned long)e->passages, (unsigned long)e->groups);
    for (uint32_t i = 0; i < 20; i++) {
        uint32_t k = i + q->request.offset;
        if (i < r->hit_count)
            fprintf(stderr, "  got %u.%u %.15g all %d more %u", r->hits[i].comment, r->hits[i].ordinal, r->hits[i].score,
                    r->hits[i].all_words, r->hits[i].more);
        if (k < e->count)
            fprintf(stderr, "  expected %u.%u %.15g all %d tier %d size %u pending %d", e->matches[k].p->comment, e->matches[k].p->ordinal,
                    e->matches[k].score, e->matches[k].all_words, e->matches[k].tier, e->matches[k].group_size, e->matches[k].p->pending);
        fprintf(stderr, "\n");
    }
    for (uint32_t k = 0; k < e->count && k < 4; k++)
        fprintf(stderr, "%u.%u: %.*s\n", e->matches[k].p->comment, e->matches[k].p->ordinal,
                (int)e->matches[k].p->text.len, (const char *)e->matches[k].p->text.ptr);
}

static uint64_t compared, hits_compared, with_hits;

static void compare(struct aq_reader *reader, struct oracle *o)
{
    struct query q;
    struct expected e;
    struct aq_result *r;
    struct aq_error err = {0};
    random_query(o, &q);
    expect(o, &q, &e);
    if (aq_search(reader, &q.request, &r, &err))
        fail_msg("aq_search: %s", err.message);
    uint32_t limit = q.request.limit ? q.request.limit : 10;
    uint32_t from = q.request.offset < e.count ? q.request.offset : e.count;
    uint32_t want = e.count - from < limit ? e.count - from : limit;
    bool same = r->hit_count == want && r->total_passages == e.passages && r->total_groups == e.groups;
    for (uint32_t i = 0; i < want && same; i++)
        same = r->hits[i].comment == e.matches[from + i].p->comment &&
               r->hits[i].ordinal == e.matches[from + i].p->ordinal;
    if (!same)
        describe(&q, r, &e);
    assert_true(same);
    for (uint32_t i = 0; i < want; i++)
        check_hit(&q, &r->hits[i], &e.matches[from + i]);
    compared++;
    hits_compared += want;
    with_hits += want > 0;
    aq_result_free(r);
    free(e.matches);
    aq_buf_free(&q.string);
}

/* ---- indexes ---- */

static void remove_dir(const char *dir)
{
    char command[512];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    if (system(command))
        fprintf(stderr, "cannot remove %s\n", dir);
}

static void change(struct aq_writer *w, struct entry *entries, uint32_t *n)
{
    struct aq_error err = {0};
    uint32_t i = below(*n + 1), what = below(10);
    if (*n < IDS && (i == *n || what < 5)) {
        random_entry(&entries[*n], *n);
        put(w, &entries[(*n)++]);
        return;
    }
    i = below(*n);
    struct entry *e = &entries[i];
    if (getenv("ONCE") && e->touched) return;
    e->touched = true;
    if (what < 7 && e->live) {
        assert_int_equal(aq_writer_delete(w, aq_slice_str(e->id), &err), AQ_OK);
        e->live = false;
    } else if (what == 7 && e->live) {
        e->score = (int32_t)below(9);
        put(w, e);
    } else {
        random_entry(e, i);
        put(w, e);
    }
}

static void one_index(void)
{
    char dir[] = "/tmp/aq-search-XXXXXX";
    struct entry entries[IDS] = {0};
    uint32_t n = 0;
    struct aq_error err = {0};
    struct aq_writer_options options = {.create = true, .single_thread = true};
    struct aq_writer *w;
    struct aq_reader *reader;
    assert_non_null(mkdtemp(dir));
    if (aq_writer_open(dir, &options, &w, &err) || aq_reader_open(dir, &reader, &err))
        fail_msg("%s", err.message);
    for (uint32_t round = 0; round < 6; round++) {
        enum aq_status st;
        struct oracle o;
        uint32_t changes = below(25);
        for (uint32_t i = 0; i < n; i++)
            entries[i].touched = false;
        for (uint32_t i = 0; i < changes; i++)
            change(w, entries, &n);
        switch (getenv("NOCOMPACT") ? 1 + below(3) : below(4)) {
        case 0:
            st = aq_writer_compact(w, 0, &err);
            break;
        case 1:
            st = aq_writer_commit(w, &err);
            break;
        default:
            st = aq_writer_flush(w, &err);
        }
        if (st)
            fail_msg("%s", err.message);
        oracle_open(&o, dir, entries, n);
        for (int i = 0; i < 25; i++)
            compare(reader, &o);
        oracle_close(&o);
    }
    aq_reader_close(reader);
    aq_writer_close(w);
    for (uint32_t i = 0; i < n; i++)
        free(entries[i].text);
    remove_dir(dir);
}

static void search_equals_the_oracle(void **state)
{
    (void)state;
    const char *rounds = getenv("AQ_ROUNDS");
    long most = rounds ? strtol(rounds, NULL, 10) : 0;
    time_t start = time(NULL);
    for (long i = 0; most ? i < most : time(NULL) - start < 4; i++) {
        uint64_t begun = seed;
        one_index();
        (void)begun;
    }
    printf("# %llu queries, %llu with hits, %llu hits compared\n", (unsigned long long)compared,
           (unsigned long long)with_hits, (unsigned long long)hits_compared);
    assert_true(with_hits * 3 > compared);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(search_equals_the_oracle)};
    const char *given = getenv("AQ_SEED");
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    seed = given ? strtoull(given, NULL, 10) : (uint64_t)now.tv_sec * 1000003u + (uint64_t)now.tv_nsec;
    printf("# AQ_SEED=%llu\n", (unsigned long long)seed);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
