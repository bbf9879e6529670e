/* parser_test.c - the query language, string to clauses. */
#include "parser.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* Clauses as text: one in brackets each, "+", "-" or nothing, kind letter, text. */
static const char *shown(const char *query, bool plain)
{
    static char out[4096];
    struct aq_clauses c = {0};
    struct aq_error err;
    size_t n = 0;
    assert_int_equal(aq_parse(aq_slice_str(query), plain, &c, &err), AQ_OK);
    out[0] = 0;
    for (size_t i = 0; i < c.count; i++) {
        const struct aq_clause *x = &c.items[i];
        n += (size_t)snprintf(out + n, sizeof out - n, "[%s%c %.*s]",
                              x->occur == AQ_MUST       ? "+"
                              : x->occur == AQ_MUST_NOT ? "-"
                                                        : "",
                              "wqatAB"[x->kind], (int)x->text.len, (const char *)x->text.ptr);
    }
    aq_clauses_free(&c);
    return out;
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
    PARSES("(+a) [-b]", "[+w a)][-w b]]");
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
    PARSES("(\"a b\")", "[+q a b][w )]");
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
    PARSES("author:gwern", "[+a gwern]");
    PARSES("AUTHOR:\"Wei Dai\" x", "[+a Wei Dai][w x]");
    PARSES("Author:\xE2\x80\x9CWei Dai\xE2\x80\x9D", "[+a Wei Dai]");
    PARSES("author:\"Wei Dai", "[+a Wei Dai]");
    PARSES("thread:t/1 -thread:t2 -author:bob +author:ann", "[+t t/1][-t t2][-a bob][+a ann]");
    PARSES("after:2023 before:2024-02", "[+A 2023][+B 2024-02]");
}

static void what_is_no_field_is_text(void **state)
{
    (void)state;
    PARSES("author:", "[w author:]");
    PARSES("author: bob", "[w author:][w bob]");
    PARSES("author:\"\"", "[w author:\"\"]");
    PARSES("foo:bar http://a.b/c", "[w foo:bar][w http://a.b/c]");
    PARSES("after:lunch before:2023-13 before:2023-02-29 -after:2023",
           "[w after:lunch][w before:2023-13][w before:2023-02-29][-w after:2023]");
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
    struct aq_clauses c = {0};
    struct aq_error err;
    (void)state;
    assert_int_equal(aq_parse(aq_slice_str("a \xFF"), false, &c, &err), AQ_SYNTAX);
    assert_non_null(strstr(err.message, "byte 2"));
    size_t n = AQ_QUERY_BYTES + 1;
    char *big = malloc(n);
    assert_non_null(big);
    memset(big, 'a', n);
    assert_int_equal(aq_parse(aq_slice(big, n), false, &c, &err), AQ_LIMIT);
    assert_int_equal(aq_parse(aq_slice(big, n - 1), false, &c, &err), AQ_OK);
    free(big);
    aq_clauses_free(&c);
}

static void clauses_beyond_the_bound_are_cut(void **state)
{
    struct aq_clauses c = {0};
    struct aq_error err;
    size_t n = 2 * (AQ_QUERY_CLAUSES + 1);
    char *big = malloc(n);
    (void)state;
    assert_non_null(big);
    for (size_t i = 0; i < n; i++)
        big[i] = i % 2 ? ' ' : 'a';
    assert_int_equal(aq_parse(aq_slice(big, n), true, &c, &err), AQ_OK);
    assert_int_equal(c.count, AQ_QUERY_CLAUSES);
    assert_true(c.cut);
    aq_clauses_free(&c);
    assert_int_equal(aq_parse(aq_slice(big, n - 2), true, &c, &err), AQ_OK);
    assert_false(c.cut);
    aq_clauses_free(&c);
    free(big);
}

/* Every byte string over the syntax's own characters parses, and every clause's
 * text lies in the query. */
static void any_mixture_of_syntax_parses(void **state)
{
    static const char *const pieces[] = {"a", "-", "+", "\"", " ", "(", "author:", "after:2020", "\xE2\x80\x9D", ":", "\xE4\xB8\xAD"};
    (void)state;
    uint64_t seed = 12345;
    for (int round = 0; round < 20000; round++) {
        char query[256] = "";
        for (int i = 0; i < 12; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            strcat(query, pieces[(seed >> 33) % AQ_COUNT(pieces)]);
        }
        struct aq_clauses c = {0};
        assert_int_equal(aq_parse(aq_slice_str(query), false, &c, NULL), AQ_OK);
        for (size_t i = 0; i < c.count; i++) {
            const char *p = (const char *)c.items[i].text.ptr;
            assert_true(p >= query && p + c.items[i].text.len <= query + strlen(query));
        }
        aq_clauses_free(&c);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
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
