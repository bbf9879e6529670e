/* Marks and windows on random texts and queries: whatever the script, ranges lie between
 * characters, what is marked was asked for, and a window shows a mark if there is any.
 * AQ_SEED repeats a run, AQ_ROUNDS lengthens it. */
#include "snippets.h"

#include "utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <utf8proc.h>

#include <cmocka.h>

static uint64_t seed;

static uint32_t random_below(uint32_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)((seed >> 32) % n);
}

static uint32_t rounds(void)
{
    const char *asked = getenv("AQ_ROUNDS");
    return asked ? (uint32_t)strtoul(asked, NULL, 10) : 3000;
}

/* ---- texts ---- */

static const char *const words[] = {
    "cat", "dogs", "Running", "x-risk", "GPT-3.5", "C++", "AT&T", "don't", "1,000", "e.g.", "the",
    "re\xCC\x81sume\xCC\x81",
    "na\xC3\xAFve", "\xD8\xA7\xD9\x84\xD8\xB9\xD8\xB1\xD8\xA8\xD9\x8A\xD8\xA9", "\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D",
    "\xE2\x80\xAB\xD7\x90\xD7\x91\xE2\x80\xAC", "\xE2\x81\xA7\xD7\x90\xE2\x81\xA9",
    "\xE6\x84\x8F\xE8\xAD\x98\xE5\x95\x8F\xE9\xA1\x8C", "\xE3\x81\x8B\xE3\x82\x99\xE3\x81\x8D", "\xE6\xBC\xA2",
    "\xE0\xB8\xA0\xE0\xB8\xB2\xE0\xB8\xA9\xE0\xB8\xB2\xE0\xB9\x84\xE0\xB8\x97\xE0\xB8\xA2\xE0\xB8\x81\xE0\xB8\xB3",
    "\xE0\xA4\xB9\xE0\xA4\xBF\xE0\xA4\xA8\xE0\xA5\x8D\xE0\xA4\xA6\xE0\xA5\x80", "\xED\x95\x9C\xEA\xB5\xAD\xEC\x96\xB4",
    "\xE1\x84\x80\xE1\x85\xA1\xE1\x86\xA8", "https://example.org/a-very/long_path/that/goes/on/and/on?query=1&b=%20",
    "pneumonoultramicroscopicsilicovolcanoconiosis"};
static const char *const pieces[] = {
    "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA6", "\xF0\x9F\x87\xAB\xF0\x9F\x87\xB7",
    "\xF0\x9F\x87\xAB", "\xF0\x9F\x91\x8D\xF0\x9F\x8F\xBD", "1\xEF\xB8\x8F\xE2\x83\xA3", "\xCC\x81",
    "\xCC\x81\xCC\x82\xCC\x83",
    "\xE2\x80\x8D", "\xC2\xAD", "\xE2\x80\x8B", "\xE2\x80\x8F", "\xE0\xB8\xB3", "\xE0\xA4\xBF", "\xD8\x80"};
static const char *const gaps[] = {
    " ", " ", " ", " ", " ", " ", ", ", ". ", ".\n", "\n", "\n\n", "\n- ", "\n1. ", "\n> ", "\nOn Monday Ann wrote:\n",
    "\nFrom: Ann\n", "\n-----\n", "", "\xE3\x80\x82", "\xE3\x80\x81", "! ", " \xE2\x80\x94 ", " (", ") ",
    "\xC2\xA0", "\xE3\x80\x80", "  ", "..."};

static void random_text(struct aq_buf *out, uint32_t n)
{
    uint32_t vocabulary = 1 + random_below(AQ_COUNT(words)), from = random_below(AQ_COUNT(words));
    aq_buf_clear(out);
    for (uint32_t i = 0; i < n; i++) {
        aq_buf_puts(out, words[(from + random_below(vocabulary)) % AQ_COUNT(words)]);
        if (random_below(8) == 0)
            aq_buf_puts(out, pieces[random_below(AQ_COUNT(pieces))]);
        aq_buf_puts(out, random_below(3) ? " " : gaps[random_below(AQ_COUNT(gaps))]);
    }
    assert_false(out->failed);
}

static void random_query(struct aq_buf *out)
{
    static const char *const joins[] = {" ", " ", " ", " AND ", " OR ", " NEAR/3 ", " ADJ/5 ", " -", " +", " (", ") ",
                                        " \"", "\" ", "\"~2 ", " AND NOT ", "^2 "};
    uint32_t n = 1 + random_below(6);
    aq_buf_clear(out);
    for (uint32_t i = 0; i < n; i++) {
        aq_buf_puts(out, words[random_below(AQ_COUNT(words) - 2)]);
        if (i + 1 < n || random_below(4) == 0)
            aq_buf_puts(out, joins[random_below(AQ_COUNT(joins))]);
    }
    assert_false(out->failed);
}

/* ---- what must hold ---- */

struct fixture {
    struct aq_analyzer *analyzer;
    struct aq_syntax syntax;
    struct aq_query query;
    struct aq_marker marker;
    struct aq_buf text, typed;
    bool *edges;      /* by byte: a character begins or ends there */
    size_t edge_cap;
    uint32_t *before; /* by byte: how many characters begin before it */
    size_t before_cap;
};

static struct aq_slice text_of(const struct fixture *f)
{
    return aq_slice(f->text.ptr, f->text.len);
}

/* From the text's beginning on, by utf8proc alone. */
static void find_edges(struct fixture *f)
{
    struct aq_slice s = text_of(f);
    utf8proc_int32_t state = 0;
    uint32_t last = 0, characters = 0;
    assert_true(aq_grow(&f->edges, &f->edge_cap, s.len + 1, sizeof *f->edges));
    assert_true(aq_grow(&f->before, &f->before_cap, s.len + 1, sizeof *f->before));
    memset(f->edges, 0, (s.len + 1) * sizeof *f->edges);
    for (size_t at = 0; at < s.len;) {
        unsigned len;
        uint32_t cp = aq_utf8_decode(s.ptr + at, s.ptr + s.len, &len);
        f->edges[at] =
            at == 0 || utf8proc_grapheme_break_stateful((utf8proc_int32_t)last, (utf8proc_int32_t)cp, &state);
        characters += f->edges[at];
        for (unsigned i = 0; i < len; i++)
            f->before[at + i] = characters - (i == 0);
        last = cp;
        at += len;
    }
    f->edges[s.len] = true;
    f->before[s.len] = characters;
}

static void fail_with(const struct fixture *f, const char *what)
{
    print_message("query: %.*s\ntext: %.*s\n", (int)f->typed.len, (const char *)f->typed.ptr, (int)f->text.len,
                  (const char *)f->text.ptr);
    fail_msg("%s", what);
}

#define must(holds, what) \
    do { \
        if (!(holds)) \
            fail_with(f, what); \
    } while (0)

/* False: nothing was asked. */
static bool ask(struct fixture *f)
{
    struct aq_model m;
    aq_syntax_free(&f->syntax);
    aq_query_free(&f->query);
    assert_int_equal(aq_parse(aq_slice(f->typed.ptr, f->typed.len), false, 0, &f->syntax, NULL), AQ_OK);
    assert_int_equal(aq_query_build(&f->query, &f->syntax, false, f->analyzer, NULL, NULL), AQ_OK);
    assert_int_equal(aq_model_init(&m, 0, 0, 100, 1000, NULL), AQ_OK);
    for (size_t i = 0; i < f->query.term_count; i++)
        f->query.terms[i].df = 1 + random_below(90);
    for (size_t i = 0; i < f->query.form_count; i++)
        f->query.forms[i].seen = true;
    aq_query_resolve(&f->query, &m);
    return f->query.node_count > 0;
}

static bool has_term(struct fixture *f, struct aq_slice text, uint32_t term_id)
{
    const struct aq_token *tokens;
    size_t count;
    assert_int_equal(aq_analyze(f->analyzer, text, &tokens, &count), AQ_OK);
    for (size_t i = 0; i < count; i++)
        if (aq_analyzer_lexeme(f->analyzer, tokens[i].lexeme)->term_id == term_id)
            return true;
    return false;
}

static bool phrase_names(const struct aq_query_phrase *p, uint32_t term)
{
    for (uint32_t i = 0; i < p->count; i++)
        if (p->elements[i].term == term)
            return true;
    return false;
}

static bool near_names(const struct aq_query_near *near, uint32_t term)
{
    for (uint32_t i = 0; i < near->count; i++)
        for (uint32_t k = 0; k < near->sides[i].span_count; k++)
            if (phrase_names(&near->sides[i].spans[k], term))
                return true;
    return false;
}

static bool word_names(const struct aq_query_word *w, uint32_t term)
{
    for (uint32_t i = 0; i < w->scored_count; i++)
        if (w->scored[i] == term)
            return true;
    return false;
}

/* Whether some node that is not excluded names the term. */
static bool is_wanted(const struct fixture *f, uint32_t term)
{
    const struct aq_query *q = &f->query;
    for (size_t i = 0; i < q->node_count; i++) {
        const struct aq_query_node *n = &q->nodes[i];
        bool phrase = n->kind == AQ_NODE_PHRASE, near = n->kind == AQ_NODE_NEAR || (phrase && q->tree);
        if (n->literal)
            continue;
        if (n->kind == AQ_NODE_WORD ? word_names(&q->words[n->leaf], term)
            : near                  ? near_names(&q->nears[n->leaf], term)
            : phrase                ? phrase_names(&q->phrases[n->leaf], term)
                                    : false)
            return true;
    }
    return false;
}

static void check_marks(struct fixture *f)
{
    struct aq_slice text = text_of(f);
    for (size_t i = 0; i < f->marker.count; i++) {
        const struct aq_mark *m = &f->marker.marks[i];
        must(m->begin < m->end && m->end <= text.len, "a mark is a part of the text");
        must(i == 0 || m->begin > m[-1].begin || (m->begin == m[-1].begin && m->end >= m[-1].end), "marks ascend");
        struct aq_slice marked = aq_slice(text.ptr + m->begin, m->end - m->begin);
        must(has_term(f, marked, f->query.terms[m->term].term_id), "what is marked has the term");
        must(is_wanted(f, m->term), "the term was asked for");
        size_t since = 0;
        for (size_t k = 0; k < i; k++)
            if (f->marker.marks[k].term == m->term)
                since = k + 1;
        must(m->since == since, "since leads to the last mark of the term");
    }
}

/* In a flat query of words every one is marked, wherever it stands. */
static void check_words(struct fixture *f, const struct aq_range *ranges, uint32_t count)
{
    const struct aq_token *tokens;
    size_t n;
    if (f->query.tree)
        return;
    assert_int_equal(aq_analyze(f->analyzer, text_of(f), &tokens, &n), AQ_OK);
    for (size_t i = 0; i < n; i++) {
        uint32_t term = aq_query_find(&f->query, aq_analyzer_lexeme(f->analyzer, tokens[i].lexeme)->term_id);
        if (term == AQ_NO_TERM || !f->query.terms[term].loose)
            continue;
        bool marked = false;
        for (uint32_t k = 0; k < count; k++)
            marked |= ranges[k].begin <= tokens[i].begin && tokens[i].end <= ranges[k].end;
        must(marked, "each word that was asked for is marked");
    }
}

static void check_ranges(struct fixture *f, const struct aq_range *ranges, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        must(ranges[i].begin < ranges[i].end && ranges[i].end <= f->text.len, "a range is a part of the text");
        must(i == 0 || ranges[i].begin > ranges[i - 1].end, "ranges ascend and do not touch");
        must(f->edges[ranges[i].begin] && f->edges[ranges[i].end], "a range is of whole characters");
    }
}

/* Characters of the longest mark, which no window may cut. */
static uint32_t longest_mark(const struct fixture *f)
{
    uint32_t longest = 0;
    for (size_t i = 0; i < f->marker.count; i++) {
        uint32_t n = f->before[f->marker.marks[i].end] - f->before[f->marker.marks[i].begin] + 2;
        longest = n > longest ? n : longest;
    }
    return longest;
}

static bool shows_mark(const struct fixture *f, struct aq_range w)
{
    for (size_t i = 0; i < f->marker.count; i++)
        if (f->marker.marks[i].begin >= w.begin && f->marker.marks[i].end <= w.end)
            return true;
    return false;
}

static void check_window(struct fixture *f, struct aq_range w, unsigned columns)
{
    must(w.begin <= w.end && w.end <= f->text.len, "a window is a part of the text");
    must(f->edges[w.begin] && f->edges[w.end], "a window is of whole characters");
    must(f->before[w.end] - f->before[w.begin] <= columns + 2 * AQ_SNIPPET_OVER + longest_mark(f), "a window is short");
    must(f->marker.count == 0 || shows_mark(f, w), "a window shows a mark");
}

/* Of the text as the only passage of a comment. */
static void check_several(struct fixture *f, struct aq_range first)
{
    struct aq_slice text = text_of(f);
    struct aq_passage whole = {0, (uint32_t)text.len, 0, 0};
    struct aq_comment comment = {.text = text, .passages = &whole, .passage_count = 1};
    struct aq_snippets_source source = {.comment = &comment,
                                        .marks = &f->marker,
                                        .first = first,
                                        .others = true,
                                        .most = 1 + random_below(AQ_SNIPPETS_MOST),
                                        .analyzer = f->analyzer,
                                        .query = &f->query};
    struct aq_arena arena = {0};
    const struct aq_snippet *out;
    uint32_t count;
    size_t at = 0;
    assert_int_equal(aq_snippets_make(&source, &arena, &out, &count, NULL), AQ_OK);
    must(count <= source.most, "there are as many windows as were asked for");
    must(count || text.len == 0, "there is one at least");
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *found = memmem(text.ptr + at, text.len - at, out[i].text.ptr, out[i].text.len);
        must(found, "windows are parts of the text, in its order, and do not overlap");
        uint32_t begin = (uint32_t)(found - text.ptr);
        at = begin + out[i].text.len;
        must(f->marker.count == 0 || out[i].range_count, "each window shows a mark");
        for (uint32_t k = 0; k < out[i].range_count; k++) {
            must(out[i].ranges[k].begin < out[i].ranges[k].end && out[i].ranges[k].end <= out[i].text.len,
                 "its ranges are parts of it");
            must(k == 0 || out[i].ranges[k].begin > out[i].ranges[k - 1].end, "and ascend");
        }
    }
    aq_arena_free(&arena);
}

static void windows_and_marks_keep_their_word(void **state)
{
    struct fixture fixture = {0}, *f = &fixture;
    uint32_t marked = 0, long_ones = 0, trees = 0;
    (void)state;
    assert_int_equal(aq_analyzer_open("english", &f->analyzer, NULL), AQ_OK);
    for (uint32_t round = 0, n = rounds(); round < n; round++) {
        random_text(&f->text, random_below(random_below(4) ? 150 : 20));
        random_query(&f->typed);
        find_edges(f);
        if (!ask(f))
            continue;
        struct aq_slice text = text_of(f);
        assert_int_equal(aq_mark_text(&f->marker, f->analyzer, &f->query, text, NULL), AQ_OK);
        check_marks(f);
        struct aq_range *ranges = calloc(f->marker.count + 1, sizeof *ranges), all = {0, (uint32_t)text.len};
        assert_non_null(ranges);
        uint32_t count = aq_mark_ranges(&f->marker, text, all, ranges);
        check_ranges(f, ranges, count);
        check_words(f, ranges, count);
        free(ranges);
        assert_int_equal(aq_mark_text(&f->marker, f->analyzer, &f->query, text, NULL), AQ_OK);
        struct aq_snippet_source source = {.text = text, .marks = &f->marker, .query = &f->query};
        double worth;
        struct aq_range w = aq_snippet_window(&source, all, AQ_SNIPPET_COLUMNS, &worth);
        check_window(f, w, AQ_SNIPPET_COLUMNS);
        check_window(f, aq_snippet_window(&source, all, 40, &worth), 40);
        check_several(f, w);
        marked += f->marker.count > 0;
        long_ones += w.end - w.begin < text.len;
        trees += f->query.tree;
    }
    if (rounds() >= 1000) { /* the texts are what they are meant to be */
        assert_true(marked > rounds() / 4);
        assert_true(long_ones > rounds() / 4);
        assert_true(trees > rounds() / 8);
    }
    aq_syntax_free(&f->syntax);
    aq_query_free(&f->query);
    aq_marker_free(&f->marker);
    aq_buf_free(&f->text);
    aq_buf_free(&f->typed);
    free(f->edges);
    free(f->before);
    aq_analyzer_close(f->analyzer);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(windows_and_marks_keep_their_word)};
    const char *asked = getenv("AQ_SEED");
    seed = asked ? strtoull(asked, NULL, 10) : (uint64_t)time(NULL);
    seed += !seed;
    cmocka_set_message_output(CM_OUTPUT_TAP);
    fprintf(stderr, "# AQ_SEED=%llu\n", (unsigned long long)seed);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
