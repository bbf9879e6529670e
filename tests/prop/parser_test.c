/* parser_test.c - the query language's syntax: random trees are typed in one of the ways
 * that mean them and must come back from the parser; queries that people type are
 * compared with tests/fixtures/queries.golden; mixtures of anything never fail and
 * always say where the trouble is. AQ_SEED repeats a run, AQ_ROUNDS lengthens it. */
#include "parser.h"

#include "utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "query_tree.h"
#include "syntax_text.h"

static uint64_t seed;

static uint32_t below(uint32_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((seed >> 33) % n);
}

static long rounds(long usual)
{
    const char *given = getenv("AQ_ROUNDS");
    return given ? strtol(given, NULL, 10) : usual;
}

/* ---- trees ---- */

/* Words that look like syntax, and are none where they stand. */
static const char *const words[] = {
    "a", "word", "x-risk", "C++", "c#", "don't", "it\xE2\x80\x99s", "and", "or", "not", "near", "ANDY", "NEARLY", "ADJ/", "NEAR/0",
    "NEAR/256", "a+b", "a-", "5\"", "a\"b", "f(x)", "f((x)y)", "http://a.b/c?d=e", "foo:bar", ":", ":/", "@ann",
    "#tag", "a~b", "a~3", "~2", "a*b", "*", "a^", "^2", "a^x", "a^101", "a^0", "$5", "50%", "a,b;c", "\\", "a\\b", "`x`", "'", "'a'",
    "\xE6\x84\x8F\xE8\xAD\x98", "\xF0\x9F\x99\x82", "\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D", "na\xC3\xAFve", "e\xCC\x81", "\xE2\x80\x94",
    "me@example.org", "...", "!!!", "?", "&&", "||", "[x]", "{y}", "<b>", "a=b", "score:", "date:soon", "is:", "has:nothing"};
static const char *const patterns[] = {"a", "interp", "na\xC3\xAFve", "\xE6\x84\x8F", "x-ri", "don't", "42"};
static const char *const phrases[] = {
    "a", "a b", "+a -b", "a AND b", "(a", "a) b", "author:x", "a^2", "a*", "a~1", " a  b ", "C++, c#!", "x-risk",
    "\xE6\x84\x8F\xE8\xAD\x98 \xE5\x95\x8F", "it's", "NOT a", "a\nb", "~", "^", "-", ""};
static const struct {
    enum aq_field field;
    const char *text;
} fields[] = {{AQ_FIELD_AUTHOR, "gwern"},    {AQ_FIELD_AUTHOR, "Wei Dai"}, {AQ_FIELD_THREAD, "t/1"},     {AQ_FIELD_TITLE, "sequence"},
              {AQ_FIELD_TAG, "a b"},         {AQ_FIELD_SOURCE, "x:y"},     {AQ_FIELD_ID, "abc:1"},       {AQ_FIELD_IS, "post"},
              {AQ_FIELD_HAS, "quote"},       {AQ_FIELD_REPLYING_TO, "z"},  {AQ_FIELD_DEPTH, "0..3"},     {AQ_FIELD_SCORE, ">=50"},
              {AQ_FIELD_SCORE, "-5..5"},     {AQ_FIELD_DATE, "2w"},        {AQ_FIELD_DATE, "2023..2024-06"},
              {AQ_FIELD_AFTER, "yesterday"}, {AQ_FIELD_BEFORE, "2024-02-29"}};

static void pick(char *out, size_t size, const char *const *from, size_t count)
{
    snprintf(out, size, "%s", from[below((uint32_t)count)]);
}

static void some_word(char *out, size_t size)
{
    pick(out, size, words, AQ_COUNT(words));
}

static void some_pattern(char *out, size_t size)
{
    pick(out, size, patterns, AQ_COUNT(patterns));
}

static void some_phrase(char *out, size_t size)
{
    pick(out, size, phrases, AQ_COUNT(phrases));
}

static void some_field(struct tree *t)
{
    uint32_t at = below(AQ_COUNT(fields));
    t->field = fields[at].field;
    snprintf(t->text, sizeof t->text, "%s", fields[at].text);
}

static void show_tree(const struct tree *t, const struct tree *parent, struct aq_buf *out)
{
    static const char *const names[] = {
        [AQ_NODE_WORD] = "w",  [AQ_NODE_PHRASE] = "q", [AQ_NODE_PREFIX] = "*", [AQ_NODE_FUZZY] = "~",
        [AQ_NODE_ROW] = "ROW", [AQ_NODE_AND] = "AND",  [AQ_NODE_OR] = "OR",    [AQ_NODE_NEAR] = "NEAR"};
    bool outermost = !parent && t->kind == AQ_NODE_ROW, in_row = parent && parent->kind == AQ_NODE_ROW;
    if (!outermost) {
        aq_buf_printf(out, "[%s%s", t->occur == AQ_MUST_NOT ? "-" : t->occur == AQ_MUST && in_row ? "+" : "",
                      t->kind == AQ_NODE_FIELD                ? aq_field_name(t->field)
                      : t->kind == AQ_NODE_NEAR && t->ordered ? "ADJ"
                                                              : names[t->kind]);
        if (t->distance)
            aq_buf_printf(out, "/%u", t->distance);
        if (t->boost < 1 || t->boost > 1)
            aq_buf_printf(out, "^%g", t->boost);
        aq_buf_printf(out, " %s", t->text);
    }
    for (uint32_t i = 0; i < t->count; i++)
        show_tree(t->child[i], t, out);
    if (!outermost)
        aq_buf_puts(out, "]");
}

static void typed_trees_come_back(void **state)
{
    static struct tree_pool pool;
    static const struct tree_texts from = {some_word, some_pattern, some_phrase, some_field, below};
    struct aq_buf query = {0}, expected = {0}, got = {0};
    (void)state;
    for (long i = rounds(20000); i > 0; i--) {
        struct aq_syntax s = {0};
        const struct tree *t = tree_random(&pool, &from);
        tree_to_query(t, &from, &query);
        aq_buf_clear(&expected);
        aq_buf_clear(&got);
        show_tree(t, NULL, &expected);
        assert_int_equal(aq_parse(aq_slice(query.ptr, query.len), false, 1700000000, &s, NULL), AQ_OK);
        syntax_text(&s, &got);
        if (!aq_slice_eq(aq_slice(got.ptr, got.len), aq_slice(expected.ptr, expected.len)))
            fail_msg("query: %.*s\nexpected: %.*s\ngot: %.*s", (int)query.len, (char *)query.ptr, (int)expected.len,
                     (char *)expected.ptr, (int)got.len, (char *)got.ptr);
        assert_false(s.cut);
        aq_syntax_free(&s);
    }
    aq_buf_free(&query);
    aq_buf_free(&expected);
    aq_buf_free(&got);
}

/* ---- golden ---- */

/* \t \n \u{HEX} and \\ of the fixture. */
static void unescape(const char *s, struct aq_buf *out)
{
    aq_buf_clear(out);
    for (; *s && *s != '\n'; s++) {
        if (*s != '\\') {
            aq_buf_u8(out, (uint8_t)*s);
            continue;
        }
        s++;
        if (*s == 'u') {
            uint8_t bytes[4];
            char *end;
            uint32_t cp = (uint32_t)strtoul(s + 2, &end, 16);
            aq_buf_put(out, bytes, aq_utf8_encode(cp, bytes));
            s = end;
        } else {
            aq_buf_u8(out, *s == 't' ? '\t' : *s == 'n' ? '\n' : (uint8_t)*s);
        }
    }
}

static bool read_line(FILE *f, char *line, size_t size)
{
    if (!fgets(line, (int)size, f))
        return false;
    line[strcspn(line, "\n")] = 0;
    return true;
}

/* A problem as the fixture has it: where it begins, and what is wrong. */
static void show_problem(const struct aq_syntax *s, const struct aq_buf *query, struct aq_buf *out)
{
    if (!s->troubled) {
        aq_buf_puts(out, "ok");
        return;
    }
    assert_true(s->problem.begin < s->problem.end && s->problem.end <= query->len);
    aq_buf_printf(out, "%u: ", s->problem.begin);
    for (uint32_t i = s->problem.begin; i < s->problem.end; i++)
        aq_buf_u8(out, query->ptr[i] < ' ' ? ' ' : query->ptr[i]);
}

static void check_line(const char *path, int line, const char *expected, const struct aq_buf *got)
{
    if (!aq_slice_eq(aq_slice(got->ptr, got->len), aq_slice_str(expected)))
        fail_msg("%s:%d\nexpected: %s\ngot:      %.*s", path, line, expected, (int)got->len, (char *)got->ptr);
}

/* AQ_GOLDEN=show prints the file as the parser would have it. */
static void queries_that_people_type_mean_what_they_meant(void **state)
{
    static const char path[] = "tests/fixtures/queries.golden";
    static char query[8192], tree[8192], problem[8192];
    struct aq_buf text = {0}, got = {0};
    bool show = getenv("AQ_GOLDEN") != NULL;
    FILE *f = fopen(path, "r");
    int line = 0, cases = 0;
    (void)state;
    assert_non_null(f);
    while (read_line(f, query, sizeof query)) {
        struct aq_syntax s = {0};
        line++;
        if (query[0] == '#' || query[0] == 0) {
            if (show)
                printf("%s\n", query);
            continue;
        }
        unescape(query, &text);
        assert_int_equal(aq_parse(aq_slice(text.ptr, text.len), false, 1700000000, &s, NULL), AQ_OK);
        if (!show)
            assert_true(read_line(f, tree, sizeof tree) && read_line(f, problem, sizeof problem));
        aq_buf_clear(&got);
        syntax_text(&s, &got);
        for (size_t i = 0; i < got.len; i++)
            got.ptr[i] = got.ptr[i] < ' ' ? ' ' : got.ptr[i];
        if (show)
            printf("%s\n%.*s\n", query, (int)got.len, (char *)got.ptr);
        else
            check_line(path, line + 1, tree, &got);
        aq_buf_clear(&got);
        show_problem(&s, &text, &got);
        if (show)
            printf("%.*s\n", (int)got.len, (char *)got.ptr);
        else
            check_line(path, line + 2, problem, &got);
        line += 2;
        cases++;
        aq_syntax_free(&s);
    }
    fclose(f);
    printf("# %d queries\n", cases);
    assert_true(cases >= 200);
    aq_buf_free(&text);
    aq_buf_free(&got);
}

/* ---- anything ---- */

static const char *const pieces[] = {
    "a", "b", "word", " ", " ", " ", "(", ")", "\"", "\xE2\x80\x9C", "\xC2\xBB", "+", "-", "\xE2\x88\x92", "~", "^", "*", ":", "/", "AND",
    "OR", "NOT", "NEAR", "ADJ", "/5", "~2", "^2", "^0.5", "~1", "author:", "date:", "score:>", "is:post", "2024", "..", "after:7d",
    "\xE6\x84\x8F", "\xF0\x9F\x99\x82", "\xD7\xA9", "e\xCC\x81", "\xE3\x80\x80", "\xC2\xA0", "\t", "\n", "http://", "\xEF\xBF\xBD", "\x01",
    "C++", "x-risk", ":-)", ";)", "<3", "@", "#", "'", "\xE2\x80\x99", "\\", "%", "&", "|", "!", "?", ",", ".", "=", "[", "]", "{", "}"};

static void random_mixture(struct aq_buf *out)
{
    aq_buf_clear(out);
    uint32_t n = below(below(20) ? 14 : 200);
    for (uint32_t i = 0; i < n; i++) {
        uint8_t bytes[4];
        if (below(10)) {
            aq_buf_puts(out, pieces[below(AQ_COUNT(pieces))]);
            continue;
        }
        uint32_t cp = below(3) ? below(128) : below(2) ? below(0x800) : below(0x110000);
        if (cp < 0xD800 || cp > 0xDFFF)
            aq_buf_put(out, bytes, aq_utf8_encode(cp, bytes));
    }
}

/* Links make a tree of all that can be reached, texts lie in the query. */
static void check_tree(const struct aq_syntax *s, struct aq_slice query)
{
    uint8_t *seen = calloc(s->count + 1, 1);
    uint32_t *waiting = calloc(s->count + 1, sizeof *waiting), n = 0;
    assert_true(seen && waiting);
    if (s->root != AQ_NO_NODE)
        waiting[n++] = s->root;
    assert_true(s->root == AQ_NO_NODE ||
                (s->nodes[s->root].kind >= AQ_NODE_ROW && s->nodes[s->root].kind <= AQ_NODE_OR));
    while (n) {
        uint32_t at = waiting[--n], children = 0;
        const struct aq_node *x = &s->nodes[at];
        assert_true(at < s->count && seen[at]++ == 0);
        assert_true(x->text.ptr >= query.ptr && x->text.ptr + x->text.len <= query.ptr + query.len);
        assert_true(x->typed.ptr >= query.ptr && x->typed.ptr + x->typed.len <= query.ptr + query.len);
        assert_true(x->typed.len > 0 && x->boost > 0);
        for (uint32_t c = x->first_child; c != AQ_NO_NODE; c = s->nodes[c].next, children++) {
            assert_true(n <= s->count);
            waiting[n++] = c;
            if (x->kind == AQ_NODE_ROW)
                assert_true(s->nodes[c].kind != AQ_NODE_ROW || s->nodes[c].occur != AQ_SHOULD);
        }
        assert_true((x->kind >= AQ_NODE_ROW) == (children > 0));
        if (x->kind > AQ_NODE_ROW)
            assert_true(children > 1);
        if (x->kind == AQ_NODE_NEAR)
            assert_true(x->distance + 1u >= children);
    }
    free(seen);
    free(waiting);
}

static void check_problem(const struct aq_syntax *s, struct aq_slice query)
{
    unsigned length;
    if (!s->troubled)
        return;
    assert_true(s->problem.begin < s->problem.end && s->problem.end <= query.len && s->problem.message);
    assert_true((query.ptr[s->problem.begin] & 0xC0) != 0x80);
    assert_true(s->problem.end == query.len || (query.ptr[s->problem.end] & 0xC0) != 0x80);
    aq_utf8_decode(query.ptr + s->problem.begin, query.ptr + query.len, &length);
}

static void anything_parses_and_nothing_is_lost(void **state)
{
    struct aq_buf query = {0};
    (void)state;
    for (long i = rounds(100000); i > 0; i--) {
        struct aq_syntax s = {0};
        random_mixture(&query);
        /* At the end of its memory, so that reading on is noticed. */
        uint8_t *copy = malloc(query.len + 1);
        assert_non_null(copy);
        if (query.len)
            memcpy(copy, query.ptr, query.len);
        struct aq_slice text = aq_slice(copy, query.len);
        assert_int_equal(aq_parse(text, below(10) == 0, 1700000000, &s, NULL), AQ_OK);
        check_tree(&s, text);
        check_problem(&s, text);
        aq_syntax_free(&s);
        free(copy);
    }
    aq_buf_free(&query);
}

/* Quadratic time would be noticed: each takes minutes then. */
static void repetition_parses_in_one_pass(void **state)
{
    struct aq_buf query = {0};
    (void)state;
    for (size_t i = 0; i < AQ_COUNT(pieces); i++) {
        for (int spaced = 0; spaced < 2; spaced++) {
            struct aq_syntax s = {0};
            aq_buf_clear(&query);
            while (query.len < 500000)
                aq_buf_printf(&query, "%s%s", pieces[i], spaced ? " " : "");
            assert_int_equal(aq_parse(aq_slice(query.ptr, query.len), false, 0, &s, NULL), AQ_OK);
            aq_syntax_free(&s);
        }
    }
    aq_buf_free(&query);
}

/* Letters and digits typed are in the tree, unless they are an operator's, a field's,
 * a boost's or a pattern's: without syntax, all are. */
static void words_are_never_lost(void **state)
{
    struct aq_buf query = {0}, got = {0};
    (void)state;
    for (long i = rounds(20000); i > 0; i--) {
        struct aq_syntax s = {0};
        uint32_t typed = 0, kept = 0;
        aq_buf_clear(&query);
        for (uint32_t n = below(14); n > 0; n--) {
            static const char *const bits[] = {"q", "q", " ", "(", ")", "\"", "+", "-", "*", "~", "^", ":", "OR", "AND", "NOT", "NEAR"};
            aq_buf_puts(&query, bits[below(AQ_COUNT(bits))]);
        }
        for (size_t k = 0; k < query.len; k++)
            typed += query.ptr[k] == 'q';
        assert_int_equal(aq_parse(aq_slice(query.ptr, query.len), false, 0, &s, NULL), AQ_OK);
        aq_buf_clear(&got);
        for (size_t k = 0; k < s.count; k++)
            for (size_t j = 0; j < s.nodes[k].text.len && s.nodes[k].first_child == AQ_NO_NODE; j++)
                kept += s.nodes[k].text.ptr[j] == 'q';
        assert_int_equal(typed, kept);
        aq_syntax_free(&s);
    }
    aq_buf_free(&query);
    aq_buf_free(&got);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(typed_trees_come_back),
        cmocka_unit_test(queries_that_people_type_mean_what_they_meant),
        cmocka_unit_test(anything_parses_and_nothing_is_lost),
        cmocka_unit_test(repetition_parses_in_one_pass),
        cmocka_unit_test(words_are_never_lost),
    };
    const char *given = getenv("AQ_SEED");
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    seed = given ? strtoull(given, NULL, 10) : (uint64_t)now.tv_sec * 1000003u + (uint64_t)now.tv_nsec;
    printf("# AQ_SEED=%llu\n", (unsigned long long)seed);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
