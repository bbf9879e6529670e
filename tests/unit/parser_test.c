/* parser_test.c - the query language, string to clauses. */
#include "parser.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "syntax_text.h"

/* See syntax_text.h. */
static const char *shown(const char *query, bool plain)
{
    static struct aq_buf out;
    struct aq_syntax s = {0};
    struct aq_error err;
    assert_int_equal(aq_parse(aq_slice_str(query), plain, 0, &s, &err), AQ_OK);
    aq_buf_clear(&out);
    syntax_text(&s, &out);
    aq_buf_u8(&out, 0);
    assert_false(out.failed);
    aq_syntax_free(&s);
    return (const char *)out.ptr;
}

#define PARSES(query, expected) assert_string_equal(shown(query, false), expected)

static void bare_words_are_optional(void **state)
{
    (void)state;
    PARSES("", "");
    PARSES("  \t\n ", "");
    PARSES("corrigibility", "[w corrigibility]");
    PARSES(" x-risk  C++ don't ", "[w x-risk][w C++][w don't]");
    PARSES("\xE3\x80\x80no\xC2\xA0" "break\xE2\x80\x89space", "[w no][w break][w space]");
}

static void plus_and_minus_count_at_the_start_of_a_word(void **state)
{
    (void)state;
    PARSES("+a -b c-d e+f", "[+w a][-w b][w c-d][w e+f]");
    PARSES("(+a) -b", "[+w a][-w b]");
    PARSES("+(a", "[+w a]");
}

static void lone_operators_are_text(void **state)
{
    (void)state;
    PARSES("-", "[w -]");
    PARSES("+ a - b", "[w +][w a][w -][w b]");
    PARSES("--all +-x -+y", "[w --all][w +-x][w -+y]");
    PARSES("\"", "[w \"]");
    PARSES("a \" b", "[w a][w \"][w b]");
    PARSES("-\"", "[-w \"]");
    PARSES("((", "");
}

static void quotes_make_phrases(void **state)
{
    (void)state;
    PARSES("\"exact phrase\"", "[+q exact phrase]");
    PARSES("a \"b c\" d", "[w a][+q b c][w d]");
    PARSES("+\"b c\" -\"d e\"", "[+q b c][-q d e]");
    PARSES("(\"a b\")", "[+q a b]");
    PARSES("\"a\"\"b\"c", "[+q a][+q b][w c]");
    PARSES("\"r\xC3\xA9sum\xC3\xA9, C++!\"", "[+q r\xC3\xA9sum\xC3\xA9, C++!]");
}

static void operators_inside_quotes_are_text(void **state)
{
    (void)state;
    PARSES("\"-a +b author:c\"", "[+q -a +b author:c]");
}

static void unicode_quotes_make_phrases(void **state)
{
    (void)state;
    PARSES("\xE2\x80\x9C" "a b\xE2\x80\x9D c", "[+q a b][w c]");
    PARSES("\xE2\x80\x9E" "a b\xE2\x80\x9C c", "[+q a b][w c]");
    PARSES("\xC2\xAB" "a b\xC2\xBB c", "[+q a b][w c]");
    PARSES("\xE3\x80\x8C\xE6\x84\x8F\xE8\xAD\x98\xE3\x80\x8D", "[+q \xE6\x84\x8F\xE8\xAD\x98]");
    PARSES("\xE2\x80\x9C" "a b\" c", "[+q a b][w c]");
}

static void an_unclosed_quote_runs_to_the_end(void **state)
{
    (void)state;
    PARSES("a \"b c", "[w a][+q b c]");
    PARSES("-\"b c", "[-q b c]");
}

static void a_quote_inside_a_word_is_text(void **state)
{
    (void)state;
    PARSES("5\" disk", "[w 5\"][w disk]");
    PARSES("a\"b c\"", "[w a\"b][w c\"]");
}

static void fields_filter(void **state)
{
    (void)state;
    PARSES("author:gwern", "[+author gwern]");
    PARSES("AUTHOR:\"Wei Dai\" x", "[+author Wei Dai][w x]");
    PARSES("Author:\xE2\x80\x9CWei Dai\xE2\x80\x9D", "[+author Wei Dai]");
    PARSES("author:\"Wei Dai", "[+author Wei Dai]");
    PARSES("thread:t/1 -thread:t2 -author:bob +author:ann", "[+thread t/1][-thread t2][-author bob][+author ann]");
    PARSES("after:2023 before:2024-02", "[+after 2023][+before 2024-02]");
}

static void what_is_no_field_is_text(void **state)
{
    (void)state;
    PARSES("author:", "[w author:]");
    PARSES("author: bob", "[w author:][w bob]");
    PARSES("author:\"\"", "[w author:\"\"]");
    PARSES("foo:bar http://a.b/c", "[w foo:bar][w http://a.b/c]");
    PARSES("after:lunch before:2023-13 before:2023-02-29",
           "[w after:lunch][w before:2023-13][w before:2023-02-29]");
    PARSES("coauthor:bob", "[w coauthor:bob]");
    PARSES("\"a\"author:b", "[+q a][w author:b]");
}

static void plain_queries_have_no_syntax(void **state)
{
    (void)state;
    assert_string_equal(shown("+a -b \"c d\" author:x", true), "[w +a][w -b][w \"c][w d\"][w author:x]");
}

static void only_bad_utf8_and_length_are_errors(void **state)
{
    struct aq_syntax c = {0};
    struct aq_error err;
    (void)state;
    assert_int_equal(aq_parse(aq_slice_str("a \xFF"), false, 0, &c, &err), AQ_SYNTAX);
    assert_non_null(strstr(err.message, "byte 2"));
    size_t n = AQ_QUERY_BYTES + 1;
    char *big = malloc(n);
    assert_non_null(big);
    memset(big, 'a', n);
    assert_int_equal(aq_parse(aq_slice(big, n), false, 0, &c, &err), AQ_LIMIT);
    assert_int_equal(aq_parse(aq_slice(big, n - 1), false, 0, &c, &err), AQ_OK);
    free(big);
    aq_syntax_free(&c);
}

static void clauses_beyond_the_bound_are_cut(void **state)
{
    struct aq_syntax c = {0};
    struct aq_error err;
    size_t n = 2 * (AQ_QUERY_LEAVES + 1);
    char *big = malloc(n);
    (void)state;
    assert_non_null(big);
    for (size_t i = 0; i < n; i++)
        big[i] = i % 2 ? ' ' : 'a';
    assert_int_equal(aq_parse(aq_slice(big, n), true, 0, &c, &err), AQ_OK);
    assert_int_equal(c.count, AQ_QUERY_LEAVES + 1);
    assert_true(c.cut);
    aq_syntax_free(&c);
    assert_int_equal(aq_parse(aq_slice(big, n - 2), true, 0, &c, &err), AQ_OK);
    assert_false(c.cut);
    aq_syntax_free(&c);
    free(big);
}

/* From the root on: texts lie in the query, every node has one parent, inner ones have
 * children. */
static void check_node(const struct aq_syntax *s, uint32_t at, const char *query, uint8_t *seen)
{
    const struct aq_node *x = &s->nodes[at];
    const char *p = (const char *)x->text.ptr, *typed = (const char *)x->typed.ptr;
    assert_int_equal(seen[at]++, 0);
    assert_true(p >= query && p + x->text.len <= query + strlen(query));
    assert_true(typed >= query && typed + x->typed.len <= query + strlen(query) && x->typed.len > 0);
    assert_true((x->kind >= AQ_NODE_ROW) == (x->first_child != AQ_NO_NODE));
    for (uint32_t c = x->first_child; c != AQ_NO_NODE; c = s->nodes[c].next)
        check_node(s, c, query, seen);
}

static void check_tree(const struct aq_syntax *s, const char *query)
{
    uint8_t seen[256] = {0};
    assert_true(s->count < AQ_COUNT(seen));
    if (s->root == AQ_NO_NODE)
        return;
    assert_true(s->nodes[s->root].kind >= AQ_NODE_ROW && s->nodes[s->root].kind <= AQ_NODE_OR);
    check_node(s, s->root, query, seen);
}

/* Every byte string over the syntax's own characters parses, and every clause's
 * text lies in the query. */
static void any_mixture_of_syntax_parses(void **state)
{
    static const char *const pieces[] = {"a", "-", "+", "\"", " ", "(", ")", "author:", "after:2020", "\xE2\x80\x9D", ":",
                                         "\xE4\xB8\xAD", " AND ", " OR ", " NOT ", " NEAR/3 ", " ADJ ", "*", "~2", "^3", "score:>1"};
    (void)state;
    uint64_t seed = 12345;
    for (int round = 0; round < 20000; round++) {
        char query[256] = "";
        for (int i = 0; i < 12; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            strcat(query, pieces[(seed >> 33) % AQ_COUNT(pieces)]);
        }
        struct aq_syntax c = {0};
        assert_int_equal(aq_parse(aq_slice_str(query), false, 0, &c, NULL), AQ_OK);
        check_tree(&c, query);
        aq_syntax_free(&c);
    }
}

static void operators_bind_in_order(void **state)
{
    (void)state;
    PARSES("a AND b", "[AND [w a][w b]]");
    PARSES("a OR b AND c", "[OR [w a][AND [w b][w c]]]");
    PARSES("a b AND c", "[AND [ROW [w a][w b]][w c]]");
    PARSES("a b OR c d", "[OR [ROW [w a][w b]][ROW [w c][w d]]]");
    PARSES("a AND -b", "[AND [w a][-w b]]");
    PARSES("a AND NOT b", "[AND [w a][-w b]]");
    PARSES("a OR NOT b", "[OR [w a][-w b]]");
    PARSES("a NOT b", "[w a][-w b]");
    PARSES("NOT (a b)", "[-ROW [w a][w b]]");
    PARSES("a AND b AND c", "[AND [w a][w b][w c]]");
    PARSES("\"a b\" OR c", "[OR [q a b][w c]]");
}

static void operators_without_sides_are_words(void **state)
{
    (void)state;
    PARSES("AND", "[w AND]");
    PARSES("a AND", "[w a][w AND]");
    PARSES("OR a", "[w OR][w a]");
    PARSES("a AND OR b", "[OR [ROW [w a][w AND]][w b]]");
    PARSES("a NOT", "[w a][w NOT]");
    PARSES("NOT -a", "[w NOT][-w a]");
    PARSES("NOT NOT a", "[w NOT][-w a]");
    PARSES("a NEAR ()", "[w a][w NEAR]");
    PARSES("a and b or c", "[w a][w and][w b][w or][w c]");
    PARSES("(a OR) b", "[w a][w OR][w b]");
    PARSES("NEAR a", "[w NEAR][w a]");
    PARSES("a NEAR/0 b NEAR/300 c", "[w a][w NEAR/0][w b][w NEAR/300][w c]");
    PARSES("a NEAR -b", "[w a][w NEAR][-w b]");
    PARSES("a NEAR (b c)", "[w a][w NEAR][w b][w c]");
    PARSES("(b c) NEAR a", "[w b][w c][w NEAR][w a]");
    PARSES("(b c NEAR/2 d) NEAR/2 a", "[w b][+NEAR/2 [w c][w d]][w NEAR/2][w a]");
    PARSES("(a NEAR/2 b) NEAR/2 c", "[+NEAR/2 [w a][w b]][w NEAR/2][w c]");
    PARSES("c NEAR/2 (a NEAR/2 b)", "[w c][w NEAR/2][+NEAR/2 [w a][w b]]");
    PARSES("(b c) d NEAR/2 a", "[w b][w c][+NEAR/2 [w d][w a]]");
    PARSES("author:x NEAR b", "[+author x][w NEAR][w b]");
}

static void brackets_group(void **state)
{
    (void)state;
    PARSES("a (b c) d", "[w a][w b][w c][w d]");
    PARSES("a +(b c)", "[w a][+ROW [w b][w c]]");
    PARSES("a -(b c)", "[w a][-ROW [w b][w c]]");
    PARSES("(a OR b) c", "[OR [w a][w b]][w c]");
    PARSES("(a OR b) AND (c OR d)", "[AND [OR [w a][w b]][OR [w c][w d]]]");
    PARSES("(a b)^2 c^3", "[w^2 a][w^2 b][w^3 c]");
    PARSES("(a OR b)^2", "[OR^2 [w a][w b]]");
    PARSES("(a OR (b AND c)^0.5)", "[OR [w a][AND^0.5 [w b][w c]]]");
    PARSES("(a OR b", "[OR [w a][w b]]");
    PARSES("a) b", "[w a)][w b]");
    PARSES("f(x) (g(y) z)", "[w f(x)][w g(y)][w z]");
    PARSES("(a OR b)(c OR d)", "[OR [w a][w b]][OR [w c][w d]]");
    PARSES("(a)(b)c(d)", "[w a][w b][w c(d)]");
    PARSES("()", "");
    PARSES("a ()", "[w a]");
    PARSES("-(-a)", "[-ROW [-w a]]");
    PARSES("NOT (NOT a)", "[-ROW [-w a]]");
    PARSES("+(-a)", "[+ROW [-w a]]");
}

static void near_joins_neighbours(void **state)
{
    (void)state;
    PARSES("a NEAR b", "[+NEAR/10 [w a][w b]]");
    PARSES("a ADJ/3 b c", "[+ADJ/3 [w a][w b]][w c]");
    PARSES("-a NEAR/2 b", "[-NEAR/2 [w a][w b]]");
    PARSES("NOT a NEAR/2 b", "[-NEAR/2 [w a][w b]]");
    PARSES("a NEAR/2 b NEAR/3 c", "[+NEAR/5 [w a][w b][w c]]");
    PARSES("a NEAR/2 b ADJ/3 c", "[+NEAR/2 [w a][w b]][w ADJ/3][w c]");
    PARSES("a* NEAR/2 \"b c\"", "[+NEAR/2 [* a][q b c]]");
    PARSES("(a OR b) NEAR/2 c", "[+NEAR/2 [OR [w a][w b]][w c]]");
    PARSES("x OR a NEAR/2 b", "[OR [w x][NEAR/2 [w a][w b]]]");
    PARSES("NEAR(a b)", "[w NEAR(a][w b)]");
    PARSES("(a NEAR/2 b)^4", "[+NEAR/2^4 [w a][w b]]");
}

static void patterns_and_boosts_end_a_word(void **state)
{
    (void)state;
    PARSES("interp* a~1 b~ c~2", "[* interp][~/1 a][~/1 b][~/2 c]");
    PARSES("* a*b ~1 a~3 a~b", "[w *][w a*b][w ~1][w a~3][w a~b]");
    PARSES("-a* +b~", "[-* a][+~/1 b]");
    PARSES("a^2 \"b c\"^0.5 d*^3 e~2^4", "[w^2 a][+q^0.5 b c][*^3 d][~/2^4 e]");
    PARSES("a^ ^2 a^x a^0 a^101 a^1.5.2", "[w a^][w ^2][w a^x][w a^0][w a^101][w a^1.5.2]");
    PARSES("\"a b\"~3 \"a b\"~3^2 \"a b\"~", "[+q/3 a b][+q/3^2 a b][+q a b][w ~]");
}

static void dashes_are_minus(void **state)
{
    (void)state;
    PARSES("\xE2\x88\x92" "a \xE2\x80\x93" "b", "[-w a][-w b]");
}

static void groups_beyond_the_depth_group_nothing(void **state)
{
    char query[256] = "";
    struct aq_syntax s = {0};
    (void)state;
    for (int i = 0; i < AQ_QUERY_DEPTH + 3; i++)
        strcat(query, "(x OR ");
    strcat(query, "y");
    assert_int_equal(aq_parse(aq_slice_str(query), false, 0, &s, NULL), AQ_OK);
    assert_true(s.cut);
    aq_syntax_free(&s);
    char *deep = malloc(200001);
    assert_non_null(deep);
    memset(deep, '(', 200000);
    deep[200000] = 'a';
    assert_int_equal(aq_parse(aq_slice(deep, 200001), false, 0, &s, NULL), AQ_OK);
    assert_true(s.cut);
    aq_syntax_free(&s);
    free(deep);
}

/* Where the first trouble is, in the query's own bytes. */
static void strict_errors_name_the_place(void **state)
{
    static const struct {
        const char *query, *place;
    } cases[] = {{"a AND", "AND"},          {"a OR AND b", "OR"},   {"(a b", "(a b"},      {"a) b", ")"},
                 {"\"a b", "\"a b"},        {"a \" b", "\""},      {"a - b", "-"},        {"a~7", "~7"},
                 {"x a*b", "*"},             {"a^200", "^200"},      {"foo:bar", "foo:bar"}, {"date:lunch", "date:lunch"},
                 {"score:>x", "score:>x"},   {"a NEAR (b c)", "NEAR"}, {"NOT", "NOT"},        {"\"a b\"~x", "~x"}};
    (void)state;
    for (size_t i = 0; i < AQ_COUNT(cases); i++) {
        struct aq_syntax s = {0};
        assert_int_equal(aq_parse(aq_slice_str(cases[i].query), false, 0, &s, NULL), AQ_OK);
        if (!s.troubled)
            fail_msg("no trouble in %s", cases[i].query);
        char place[64];
        snprintf(place, sizeof place, "%.*s", (int)(s.problem.end - s.problem.begin), cases[i].query + s.problem.begin);
        assert_string_equal(place, cases[i].place);
        assert_non_null(s.problem.message);
        aq_syntax_free(&s);
    }
}

static void what_is_meant_is_no_trouble(void **state)
{
    static const char *const queries[] = {
        "a b", "+a -b", "x-risk C++ don't 5\" AT&T", "\"a b\"~2", "(a OR b) AND NOT c", "a NEAR/5 b", "http://a.b/c?d=e",
        "author:\"Wei Dai\" date:2020..2021", "note: this", "12:30", "interp*^2", "f(x) g", "\xE6\x84\x8F\xE8\xAD\x98"};
    (void)state;
    for (size_t i = 0; i < AQ_COUNT(queries); i++) {
        struct aq_syntax s = {0};
        assert_int_equal(aq_parse(aq_slice_str(queries[i]), false, 0, &s, NULL), AQ_OK);
        if (s.troubled)
            fail_msg("%s: %s", queries[i], s.problem.message);
        aq_syntax_free(&s);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(operators_bind_in_order),
        cmocka_unit_test(operators_without_sides_are_words),
        cmocka_unit_test(brackets_group),
        cmocka_unit_test(near_joins_neighbours),
        cmocka_unit_test(patterns_and_boosts_end_a_word),
        cmocka_unit_test(dashes_are_minus),
        cmocka_unit_test(groups_beyond_the_depth_group_nothing),
        cmocka_unit_test(strict_errors_name_the_place),
        cmocka_unit_test(what_is_meant_is_no_trouble),
        cmocka_unit_test(bare_words_are_optional),
        cmocka_unit_test(plus_and_minus_count_at_the_start_of_a_word),
        cmocka_unit_test(lone_operators_are_text),
        cmocka_unit_test(quotes_make_phrases),
        cmocka_unit_test(operators_inside_quotes_are_text),
        cmocka_unit_test(unicode_quotes_make_phrases),
        cmocka_unit_test(an_unclosed_quote_runs_to_the_end),
        cmocka_unit_test(a_quote_inside_a_word_is_text),
        cmocka_unit_test(fields_filter),
        cmocka_unit_test(what_is_no_field_is_text),
        cmocka_unit_test(plain_queries_have_no_syntax),
        cmocka_unit_test(only_bad_utf8_and_length_are_errors),
        cmocka_unit_test(clauses_beyond_the_bound_are_cut),
        cmocka_unit_test(any_mixture_of_syntax_parses),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
