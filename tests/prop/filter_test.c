/* filter_test.c - filters against a naive evaluation: random comments (threads, parents
 * that are missing, deleted or in a ring, replacements, deletions; pending and in
 * segments), random fields, refused and given more than once. What a comment is like is
 * taken from the records that were added; parents and titles from the index's columns
 * and texts, which aq_check compares with one another. AQ_SEED repeats a run, AQ_ROUNDS
 * makes it longer. */
#include <setjmp.h>
#include <stdarg.h>

#include "model.h"

#include "filter.h"
#include "reader.h"

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { SLOTS = 150, TITLE_MOST = 60, CLAUSES = 5 };

/* The record of a comment, as small numbers. */
struct shape {
    int thread, parent, author, source; /* -1: none; parents from SLOTS on are never added */
    unsigned tags;                      /* bitmap */
    int title_words;                    /* -1: no title */
    uint64_t title_seed;
    bool quote, link, code;
    enum aq_format format;
    int64_t date;
    int32_t score;
};

struct slot {
    bool known, live;
    uint32_t number;
    struct shape shape;
};

struct world {
    char dir[64];
    struct aq_writer *writer;
    struct aq_reader *reader;
    struct aq_txn txn;
    struct aq_arena arena;
    struct slot slots[SLOTS];
    uint32_t next;
    uint64_t rng, seed;
    unsigned steps, known; /* filters whose comments could be picked */
};

static const char *const authors[] = {"Wei Dai", "wei", "DAI", "anna-wei", "Eve", "c3", "wei dai jr", "c140", "***"};
static const char *const author_asked[] = {"wei",      "Wei Dai", "dai",  "we",  "eve", "jr",
                                           "anna wei", "c3",      "c140", "---", "***"};
static const char *const sources[] = {"Forum", "forum", "list.mbox"};
static const char *const source_asked[] = {"FORUM", "list.mbox", "list", "mbox"};
static const char *const tags[] = {"AI", "AI safety", "ai", "\xC3\x84rger"};
static const char *const tag_asked[] = {"ai", "Ai Safety", "safety", "\xC3\xA4rger", "AI\nai"};
static const char *const title_vocabulary[] = {"mask",   "masks", "tea",   "C++", "C",
                                               "x-risk", "risk",  "green", "Re:"};
static const char *const title_asked[] = {"mask", "tea masks", "c++",     "c",  "x-risk",      "risk",
                                          "x",    "green tea", "nowhere", "--", "tea nowhere", "risk green mask"};
static const char *const numbers_asked[] = {"0",   "1",   "2",    ">0",  ">=1", "<2",   "<=1",   "1..3",
                                            "2..", "..1", ">100", ">40", "33",  "50..", ">=149", "0..200"};
static const char *const dates_asked[] = {"2024",      "2024-01", ">2024-01", "..2023", "2023-06..2024-01",
                                          "2024-01-03", "10d"};

static void must(const struct world *w, enum aq_status st, const struct aq_error *err, const char *what)
{
    if (st)
        fail_msg("AQ_SEED=%llu, step %u, %s: %s", (unsigned long long)w->seed, w->steps, what, err->message);
}

/* ---- records ---- */

static void put_title(struct aq_buf *out, const struct shape *s)
{
    uint64_t rng = s->title_seed;
    for (int i = 0; i < s->title_words; i++) {
        aq_buf_puts(out, i ? " " : "");
        aq_buf_puts(out, title_vocabulary[below(&rng, AQ_COUNT(title_vocabulary))]);
    }
}

static void put_body(struct aq_buf *out, const struct shape *s, uint64_t *rng)
{
    static const char *const codes[] = {"```\ncode\n```\n\n", "some `code` here\n\n", "<p><tt>code</tt></p>"};
    static const char *const links[] = {"at http://example.org/ there\n\n", "at [this place](/there)\n\n",
                                        "<p><a href='/x'>there</a></p>"};
    bool html = s->format == AQ_FORMAT_HTML;
    unsigned words = below(rng, 4);
    if (s->quote)
        aq_buf_puts(out, html ? "<blockquote>what they said</blockquote>" : "> what they said\n\n");
    if (s->link)
        aq_buf_puts(out, links[s->format]);
    if (s->code)
        aq_buf_puts(out, codes[s->format]);
    /* Words of titles stand in texts too. */
    for (unsigned i = 0; i < words; i++) {
        aq_buf_puts(out, title_vocabulary[below(rng, AQ_COUNT(title_vocabulary) - 1)]);
        aq_buf_puts(out, " ");
    }
}

static void chance_shape(struct shape *s, uint64_t *rng, uint32_t slot)
{
    *s = (struct shape){.thread = (int)below(rng, 8),
                        .parent = one_in(rng, 3) ? -1 : (int)below(rng, SLOTS + 4),
                        .author = (int)below(rng, AQ_COUNT(authors) + 1) - 1,
                        .source = (int)below(rng, AQ_COUNT(sources) + 1) - 1,
                        .tags = one_in(rng, 3) ? below(rng, 1u << AQ_COUNT(tags)) : 0,
                        .title_words = one_in(rng, 2) ? -1 : one_in(rng, 12) ? (int)below(rng, 90) : (int)below(rng, 4),
                        .title_seed = below(rng, 9),
                        .quote = one_in(rng, 3),
                        .link = one_in(rng, 3),
                        .code = one_in(rng, 3),
                        .format = (enum aq_format)below(rng, 3),
                        .date = one_in(rng, 5) ? AQ_NO_DATE : 1672531200 + (int64_t)below(rng, 40000000),
                        .score = one_in(rng, 5) ? AQ_NO_SCORE : (int32_t)below(rng, 8) - 2};
    /* Long chains, and now and then a ring of them. */
    if (one_in(rng, 2) && slot > 0)
        s->parent = (int)slot - 1;
}

static void add(struct world *w, uint32_t slot, const struct shape *s)
{
    struct aq_record r;
    struct aq_error err;
    struct aq_slice own_tags[AQ_COUNT(tags)];
    struct aq_buf title = {0}, body = {0};
    char id[16], thread[16], parent[16];
    uint64_t rng = s->title_seed + slot;
    struct slot *x = &w->slots[slot];
    aq_record_init(&r);
    snprintf(id, sizeof id, "c%u", slot);
    snprintf(thread, sizeof thread, "t%d", s->thread);
    snprintf(parent, sizeof parent, "c%d", s->parent);
    put_title(&title, s);
    put_body(&body, s, &rng);
    r.id = aq_slice_str(id);
    r.thread = aq_slice_str(thread);
    r.parent = s->parent >= 0 ? aq_slice_str(parent) : r.parent;
    r.author = s->author >= 0 ? aq_slice_str(authors[s->author]) : r.author;
    r.source = s->source >= 0 ? aq_slice_str(sources[s->source]) : r.source;
    r.title = aq_slice(title.ptr, title.len);
    r.text = aq_slice(body.ptr, body.len);
    for (unsigned i = 0; i < AQ_COUNT(tags); i++)
        if (s->tags >> i & 1)
            own_tags[r.tag_count++] = aq_slice_str(tags[i]);
    r.tags = own_tags;
    r.format = s->format;
    r.date = s->date;
    r.score = s->score;
    must(w, aq_writer_add(w->writer, &r, NULL, &err), &err, "adding");
    if (!x->known)
        x->number = w->next++;
    x->known = x->live = true;
    x->shape = *s;
    aq_buf_free(&title);
    aq_buf_free(&body);
}

static void change(struct world *w)
{
    uint32_t slot = below(&w->rng, SLOTS);
    struct slot *x = &w->slots[slot];
    struct shape s = x->shape;
    struct aq_error err;
    char id[16];
    unsigned what = below(&w->rng, 10);
    w->steps++;
    if (x->live && what < 2) {
        snprintf(id, sizeof id, "c%u", slot);
        must(w, aq_writer_delete(w->writer, aq_slice_str(id), &err), &err, "deleting");
        x->live = false;
        return;
    }
    if (!x->live || what < 7) {
        chance_shape(&s, &w->rng, slot);
    } else { /* columns only */
        s.score = (int32_t)below(&w->rng, 9);
        s.tags ^= 1;
    }
    add(w, slot, &s);
}

/* ---- naive evaluation ---- */

static void lower(const char *s, char out[64])
{
    size_t n = 0;
    for (; s[n] && n < 63; n++) {
        bool umlaut = n && (uint8_t)s[n - 1] == 0xC3 && (uint8_t)s[n] < 0x9F;
        out[n] = (char)(umlaut ? s[n] + 0x20 : tolower(s[n]));
    }
    out[n] = 0;
}

/* " wei dai " of "Wei-Dai". */
static void spaced(const char *s, char out[80])
{
    size_t n = 0;
    out[n++] = ' ';
    for (; *s && n < 78; s++) {
        bool word = isalnum((unsigned char)*s);
        if (word)
            out[n++] = (char)tolower(*s);
        else if (out[n - 1] != ' ')
            out[n++] = ' ';
    }
    if (out[n - 1] != ' ')
        out[n++] = ' ';
    out[n] = 0;
}

static bool author_meant(const char *name, const char *wanted)
{
    char a[80], b[80];
    spaced(name, a);
    spaced(wanted, b);
    return strcasecmp(name, wanted) == 0 || (b[1] && strstr(a, b));
}

static bool same_name(const char *name, const char *wanted)
{
    char a[64], b[64];
    lower(name, a);
    lower(wanted, b);
    return strcmp(a, b) == 0;
}

/* A title's tokens one after the other, in small letters: compounds, then their parts. */
static void title_tokens(struct aq_slice title, struct aq_buf *out, unsigned most)
{
    unsigned n = 0;
    aq_buf_clear(out);
    aq_buf_u8(out, ' ');
    for (size_t i = 0; i < title.len;) {
        char word[16] = "";
        size_t len = 0;
        for (; i < title.len && title.ptr[i] != ' '; i++)
            if (len < 15)
                word[len++] = (char)tolower(title.ptr[i]);
        for (; i < title.len && title.ptr[i] == ' '; i++)
            ;
        word[len] = 0;
        const char *tokens = strcmp(word, "c++") == 0     ? "c++ c "
                             : strcmp(word, "x-risk") == 0 ? "x-risk x risk "
                             : strcmp(word, "masks") == 0  ? "mask "
                             : strcmp(word, "re:") == 0    ? "re "
                                                           : NULL;
        char plain[20];
        snprintf(plain, sizeof plain, "%s ", word);
        for (const char *p = tokens ? tokens : plain; *p && n < most; n++)
            do
                aq_buf_u8(out, (uint8_t)*p);
            while (*p++ != ' ');
    }
    aq_buf_u8(out, 0);
}

/* Whether all words are among the tokens; wordless questions have no words. */
static bool tokens_have(const struct aq_buf *tokens, const char *asked)
{
    static const struct {
        const char *asked, *needed[4];
    } needs[] = {{"mask", {" mask "}},         {"tea masks", {" tea ", " mask "}}, {"c++", {" c++ "}},
                 {"c", {" c "}},               {"x-risk", {" x ", " risk "}},      {"risk", {" risk "}},
                 {"x", {" x "}},               {"green tea", {" green ", " tea "}}, {"nowhere", {" nowhere "}},
                 {"tea nowhere", {" nowhere "}}, {"risk green mask", {" risk ", " green ", " mask "}}};
    for (size_t i = 0; i < AQ_COUNT(needs); i++) {
        if (strcmp(needs[i].asked, asked) != 0)
            continue;
        for (unsigned k = 0; needs[i].needed[k]; k++)
            if (!strstr((const char *)tokens->ptr, needs[i].needed[k]))
                return false;
        return true;
    }
    fail_msg("unknown words: %s", asked);
    return false;
}

/* The tokens of the title that the index has with this comment; false without. */
static bool indexed_title(struct world *w, uint32_t comment, struct aq_buf *tokens)
{
    struct aq_comment c;
    struct aq_error err;
    if (!(aq_column_get(&w->txn, AQ_COL_FLAGS, comment) & AQ_LIVE))
        return false;
    must(w, aq_text_get(&w->txn, comment, &w->arena, &c, &err), &err, "reading a text");
    if (c.passage_count == 0 || !(c.passages[0].flags & AQ_PASSAGE_TITLED))
        return false;
    title_tokens(c.title, tokens, TITLE_MOST);
    return true;
}

static bool title_meant(struct world *w, uint32_t comment, const char *asked)
{
    struct aq_thread_info info;
    struct aq_buf tokens = {0};
    int64_t thread = aq_column_get(&w->txn, AQ_COL_THREAD, comment);
    bool meant = indexed_title(w, comment, &tokens) && tokens_have(&tokens, asked);
    assert_int_equal(aq_thread_get(&w->txn, (uint32_t)thread, &info), AQ_OK);
    bool in_it = aq_column_get(&w->txn, AQ_COL_THREAD, info.root) == thread;
    if (!meant && in_it && indexed_title(w, info.root, &tokens)) {
        meant = tokens_have(&tokens, asked);
    } else if (!meant) {
        for (uint32_t c = 0; c < w->next && !meant; c++)
            meant = aq_column_get(&w->txn, AQ_COL_THREAD, c) == thread && indexed_title(w, c, &tokens) &&
                    tokens_have(&tokens, asked);
    }
    aq_buf_free(&tokens);
    return meant;
}

static bool replies_to(struct world *w, const struct slot *x, const char *asked)
{
    bool known = false;
    int id = asked[0] == 'c' && isdigit((unsigned char)asked[1]) ? atoi(asked + 1) : -1;
    for (uint32_t i = 0; i < SLOTS && id >= 0; i++)
        known |= ((int)i == id && w->slots[i].known) || (w->slots[i].live && w->slots[i].shape.parent == id);
    if (known)
        return x->shape.parent == id;
    const struct slot *parent = x->shape.parent >= 0 && x->shape.parent < SLOTS ? &w->slots[x->shape.parent] : NULL;
    return parent && parent->live && parent->shape.author >= 0 && author_meant(authors[parent->shape.author], asked);
}

/* INT64_MAX in a ring and below it. */
static int64_t depth_of(struct world *w, uint32_t comment)
{
    for (int64_t depth = 0; depth <= w->next; depth++) {
        int64_t parent = aq_column_get(&w->txn, AQ_COL_PARENT, comment);
        if (parent == (int64_t)AQ_NO_COMMENT)
            return depth;
        comment = (uint32_t)parent;
    }
    return INT64_MAX;
}

static bool in_range(const struct aq_field_value *v, int64_t x)
{
    return v->from <= x && x <= v->to;
}

static bool holds(struct world *w, uint32_t slot, const struct aq_field_value *v)
{
    const struct slot *x = &w->slots[slot];
    const struct shape *s = &x->shape;
    char asked[64], own[16];
    snprintf(asked, sizeof asked, "%.*s", (int)v->text.len, (const char *)v->text.ptr);
    switch (v->field) {
    case AQ_FIELD_AUTHOR:
        return s->author >= 0 && author_meant(authors[s->author], asked);
    case AQ_FIELD_THREAD:
        snprintf(own, sizeof own, "t%d", s->thread);
        return strcmp(own, asked) == 0;
    case AQ_FIELD_TITLE:
        return title_meant(w, x->number, asked);
    case AQ_FIELD_TAG:
        for (unsigned i = 0; i < AQ_COUNT(tags); i++)
            if (s->tags >> i & 1 && same_name(tags[i], asked))
                return true;
        return false;
    case AQ_FIELD_SOURCE:
        return s->source >= 0 && same_name(sources[s->source], asked);
    case AQ_FIELD_ID:
        snprintf(own, sizeof own, "c%u", slot);
        return strcmp(own, asked) == 0;
    case AQ_FIELD_IS:
        return (v->bits & AQ_IS_A_POST) != 0 ? s->parent < 0 : s->parent >= 0;
    case AQ_FIELD_HAS:
        return v->bits == AQ_HAS_A_QUOTE ? s->quote : v->bits == AQ_HAS_A_LINK ? s->link : s->code;
    case AQ_FIELD_REPLYING_TO:
        return replies_to(w, x, asked);
    case AQ_FIELD_DEPTH:
        return in_range(v, depth_of(w, x->number));
    case AQ_FIELD_SCORE:
        return s->score != AQ_NO_SCORE && in_range(v, s->score);
    case AQ_FIELD_DATE:
    case AQ_FIELD_AFTER:
    case AQ_FIELD_BEFORE:
        return s->date != AQ_NO_DATE && in_range(v, s->date);
    case AQ_FIELD_QUOTES: /* quotes_test.c */
    case AQ_FIELD_QUOTED_BY:
    case AQ_FIELD_COUNT:
        break;
    }
    return false;
}

/* Without a word a title asks for nothing. */
static bool asks(const struct aq_field_value *v)
{
    return v->field != AQ_FIELD_TITLE || !aq_slice_eq(v->text, aq_slice_str("--"));
}

static bool request_holds(struct world *w, uint32_t slot, const struct aq_search_request *r)
{
    int64_t date = w->slots[slot].shape.date;
    bool bounded = r->after != AQ_NO_DATE || r->before != AQ_NO_DATE;
    if ((r->after || r->before) && bounded &&
        (date == AQ_NO_DATE || date < r->after || (r->before != AQ_NO_DATE && date >= r->before)))
        return false;
    return true;
}

static bool should_pass(struct world *w, uint32_t slot, const struct aq_search_request *r,
                        const struct aq_filter_clause *clauses, size_t count)
{
    if (!request_holds(w, slot, r))
        return false;
    for (unsigned field = 0; field < AQ_FIELD_COUNT; field++) {
        bool every = field == AQ_FIELD_AFTER || field == AQ_FIELD_BEFORE, any = false, given = false;
        for (size_t i = 0; i < r->author_count && field == AQ_FIELD_AUTHOR; i++) {
            const struct aq_field_value v = {.field = AQ_FIELD_AUTHOR, .text = aq_slice_str(r->authors[i])};
            given = true;
            any |= holds(w, slot, &v);
        }
        for (size_t i = 0; i < r->thread_count && field == AQ_FIELD_THREAD; i++) {
            const struct aq_field_value v = {.field = AQ_FIELD_THREAD, .text = aq_slice_str(r->threads[i])};
            given = true;
            any |= holds(w, slot, &v);
        }
        for (size_t i = 0; i < count; i++) {
            const struct aq_filter_clause *c = &clauses[i];
            if (c->value->field != field || !asks(c->value))
                continue;
            bool is = holds(w, slot, c->value);
            if (is ? c->refused : every && !c->refused)
                return false;
            given |= !c->refused && !every;
            any |= !c->refused && is;
        }
        if (given && !any)
            return false;
    }
    return true;
}

/* ---- questions ---- */

#define ONE_OF(array) array[below(&w->rng, AQ_COUNT(array))]

static void chance_value(struct world *w, struct aq_field_value *v, char text[64])
{
    static const char *const is[] = {"post", "comment"}, *const has[] = {"quote", "link", "code"};
    const char *reason;
    enum aq_field field = (enum aq_field)below(&w->rng, AQ_FIELD_COUNT);
    const char *s = NULL;
    switch (field) {
    case AQ_FIELD_AUTHOR: s = ONE_OF(author_asked); break;
    case AQ_FIELD_TITLE: s = ONE_OF(title_asked); break;
    case AQ_FIELD_TAG: s = ONE_OF(tag_asked); break;
    case AQ_FIELD_SOURCE: s = ONE_OF(source_asked); break;
    case AQ_FIELD_IS: s = ONE_OF(is); break;
    case AQ_FIELD_HAS: s = ONE_OF(has); break;
    case AQ_FIELD_REPLYING_TO: s = one_in(&w->rng, 2) ? ONE_OF(author_asked) : NULL; break;
    case AQ_FIELD_DEPTH:
    case AQ_FIELD_SCORE: s = ONE_OF(numbers_asked); break;
    case AQ_FIELD_DATE: s = ONE_OF(dates_asked); break;
    case AQ_FIELD_AFTER:
    case AQ_FIELD_BEFORE: s = one_in(&w->rng, 2) ? "2024-01" : "2023-09-03"; break;
    default: break;
    }
    if (s)
        snprintf(text, 64, "%s", s);
    else if (field == AQ_FIELD_THREAD)
        snprintf(text, 64, "t%u", below(&w->rng, 9));
    else
        snprintf(text, 64, "c%u", below(&w->rng, SLOTS + 8));
    if (!aq_field_read(field, aq_slice_str(text), 1704700000, v, &reason))
        fail_msg("%s:%s %s", aq_field_name(field), text, reason);
}

static void show(const struct aq_filter_clause *clauses, size_t count, char *out, size_t room)
{
    size_t n = 0;
    out[0] = 0;
    for (size_t i = 0; i < count && n < room; i++)
        n += (size_t)snprintf(out + n, room - n, "%s%s:%.*s ", clauses[i].refused ? "-" : "",
                              aq_field_name(clauses[i].value->field), (int)clauses[i].value->text.len,
                              (const char *)clauses[i].value->text.ptr);
}

/* Whatever is picked, in order and once; `most` is kept; and where picks are known, a live
 * comment that passes is among them. */
static void check_picks(struct world *w, const struct aq_filter *f)
{
    struct aq_picks picks = {0};
    struct aq_error err;
    bool known = false, scan = !one_in(&w->rng, 4);
    size_t most = one_in(&w->rng, 2) ? SIZE_MAX : below(&w->rng, 40);
    if (!f->active)
        return;
    must(w, aq_filter_pick(f, &w->txn, most, scan, &picks, &known, &err), &err, "picking");
    w->known += known;
    assert_true(!known || picks.count <= most);
    for (size_t i = 1; i < picks.count && known; i++)
        assert_true(picks.comments[i - 1] < picks.comments[i]);
    for (uint32_t i = 0; i < SLOTS && known; i++) {
        size_t at = 0;
        if (!w->slots[i].live || !aq_filter_passes(f, &w->txn, w->slots[i].number))
            continue;
        while (at < picks.count && picks.comments[at] != w->slots[i].number)
            at++;
        if (at == picks.count)
            fail_msg("AQ_SEED=%llu, step %u: c%u passes and is not picked", (unsigned long long)w->seed, w->steps, i);
    }
    aq_picks_free(&picks);
}

static unsigned ask(struct world *w)
{
    struct aq_field_value values[CLAUSES];
    struct aq_filter_clause clauses[CLAUSES];
    char texts[CLAUSES][64], shown[400];
    const char *own_authors[] = {"dai", "eve"}, *own_threads[] = {"t1", "t2"};
    struct aq_search_request r = {.authors = own_authors, .threads = own_threads};
    struct aq_filter_source from = {&w->txn, w->reader->analyzer, &w->arena};
    struct aq_filter f = {0};
    struct aq_error err;
    size_t count = below(&w->rng, CLAUSES);
    unsigned passed = 0;
    for (size_t i = 0; i < count; i++) {
        clauses[i] = (struct aq_filter_clause){&values[i], one_in(&w->rng, 3)};
        chance_value(w, &values[i], texts[i]);
        if (i && one_in(&w->rng, 3)) { /* the same field again */
            while (values[i].field != values[i - 1].field)
                chance_value(w, &values[i], texts[i]);
        }
    }
    r.author_count = one_in(&w->rng, 8) ? 1 + below(&w->rng, 2) : 0;
    r.thread_count = one_in(&w->rng, 8) ? 1 + below(&w->rng, 2) : 0;
    if (one_in(&w->rng, 6)) {
        r.after = one_in(&w->rng, 3) ? AQ_NO_DATE : 1690000000;
        r.before = one_in(&w->rng, 3) ? AQ_NO_DATE : 1705000000;
    }
    bool none = !r.author_count && !r.thread_count && !r.after && !r.before;
    must(w, aq_filter_make(&f, &from, none && one_in(&w->rng, 2) ? NULL : &r, clauses, count, &err), &err, "a filter");
    if (none && count == 0)
        assert_false(f.active);
    for (uint32_t i = 0; i < SLOTS; i++) {
        if (!w->slots[i].live)
            continue;
        bool should = should_pass(w, i, &r, clauses, count);
        bool passes = !f.active || aq_filter_passes(&f, &w->txn, w->slots[i].number);
        passed += passes;
        if (passes == should)
            continue;
        show(clauses, count, shown, sizeof shown);
        fail_msg("AQ_SEED=%llu, step %u: c%u passes: %d; %s(%zu authors, %zu threads, dates %lld %lld)",
                 (unsigned long long)w->seed, w->steps, i, passes, shown, r.author_count, r.thread_count,
                 (long long)r.after, (long long)r.before);
    }
    check_picks(w, &f);
    aq_arena_reset(&w->arena);
    return passed;
}

/* ---- histories ---- */

static int remove_one(const char *path, const struct stat *sb, int flag, struct FTW *ftw)
{
    (void)sb;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static void settle(struct world *w)
{
    struct aq_error err;
    enum aq_status st;
    switch (below(&w->rng, 6)) {
    case 0: st = aq_writer_flush(w->writer, &err); break;
    case 1: st = aq_writer_compact(w->writer, one_in(&w->rng, 2) ? AQ_COMPACT_REORDER : 0, &err); break;
    default: st = aq_writer_commit(w->writer, &err);
    }
    must(w, st, &err, "committing");
}

static void filters_equal_a_naive_evaluation(void **state)
{
    struct aq_error err;
    uint64_t seed = env_number("AQ_SEED", 411), rounds = env_number("AQ_ROUNDS", 6);
    unsigned passed = 0;
    (void)state;
    print_message("# AQ_SEED=%llu\n", (unsigned long long)seed);
    for (uint64_t round = 0; round < rounds; round++) {
        struct world *w = calloc(1, sizeof *w);
        assert_non_null(w);
        w->rng = w->seed = seed + round;
        snprintf(w->dir, sizeof w->dir, "/tmp/aq-filter-test-%d", (int)getpid());
        nftw(w->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        must(w, aq_writer_open(w->dir, &(struct aq_writer_options){.create = true}, &w->writer, &err), &err, "opening");
        must(w, aq_reader_open(w->dir, &w->reader, &err), &err, "opening");
        for (unsigned i = 0; i < 25; i++) {
            for (unsigned changes = 1 + below(&w->rng, 60); changes > 0; changes--)
                change(w);
            settle(w);
            must(w, aq_check(w->reader, NULL, NULL, &err), &err, "checking");
            must(w, aq_reader_begin(w->reader, &w->txn, &err), &err, "reading");
            for (unsigned k = 0; k < 60; k++)
                passed += ask(w);
            aq_txn_end(&w->txn);
        }
        assert_true(w->known > 0);
        aq_reader_close(w->reader);
        aq_writer_close(w->writer);
        aq_arena_free(&w->arena);
        nftw(w->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        free(w);
    }
    assert_true(passed > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(filters_equal_a_naive_evaluation)};
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
