/* snippet_test.c - highlights and windows, from a query string and a text alone. */
#include "snippet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct fixture {
    struct aq_analyzer *analyzer;
    struct aq_syntax syntax;
    struct aq_query query;
    struct aq_marker marker;
    struct aq_arena arena;
    char shown[8192];
};

/* Builds the query as if every word and form occurred once in a hundred passages. */
static void ask(struct fixture *f, const char *query)
{
    struct aq_model m;
    aq_syntax_free(&f->syntax);
    aq_query_free(&f->query);
    assert_int_equal(aq_parse(aq_slice_str(query), false, 0, &f->syntax, NULL), AQ_OK);
    assert_int_equal(aq_query_build(&f->query, &f->syntax, false, f->analyzer, NULL, NULL), AQ_OK);
    assert_int_equal(aq_model_init(&m, 0, 0, 100, 1000, NULL), AQ_OK);
    for (size_t i = 0; i < f->query.term_count; i++)
        f->query.terms[i].df = 1;
    for (size_t i = 0; i < f->query.form_count; i++)
        f->query.forms[i].seen = true;
    aq_query_resolve(&f->query, &m);
}

/* The text with its ranges in angle brackets. */
static const char *marked(struct fixture *f, const char *query, const char *text)
{
    const struct aq_range *ranges;
    uint32_t count;
    size_t n = 0, at = 0, len = strlen(text);
    ask(f, query);
    assert_int_equal(aq_mark_text(&f->marker, f->analyzer, &f->query, aq_slice_str(text), NULL), AQ_OK);
    assert_int_equal(aq_mark_ranges(&f->marker, &f->arena, &ranges, &count), AQ_OK);
    for (uint32_t i = 0; i <= count; i++) {
        size_t begin = i < count ? ranges[i].begin : len, end = i < count ? ranges[i].end : len;
        assert_true(begin >= at && end <= len && begin <= end);
        n += (size_t)snprintf(f->shown + n, sizeof f->shown - n, "%.*s", (int)(begin - at), text + at);
        if (i < count)
            n += (size_t)snprintf(f->shown + n, sizeof f->shown - n, "<%.*s>", (int)(end - begin), text + begin);
        at = end;
    }
    return f->shown;
}

static const char *window(struct fixture *f, const char *query, const char *text)
{
    ask(f, query);
    assert_int_equal(aq_mark_text(&f->marker, f->analyzer, &f->query, aq_slice_str(text), NULL), AQ_OK);
    struct aq_range r = aq_snippet_window(aq_slice_str(text), &f->marker, &f->query);
    assert_true(r.begin <= r.end && r.end <= strlen(text));
    snprintf(f->shown, sizeof f->shown, "%.*s", (int)(r.end - r.begin), text + r.begin);
    return f->shown;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    assert_int_equal(aq_analyzer_open("english", &f->analyzer, NULL), AQ_OK);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    aq_syntax_free(&f->syntax);
    aq_query_free(&f->query);
    aq_marker_free(&f->marker);
    aq_arena_free(&f->arena);
    aq_analyzer_close(f->analyzer);
    free(f);
    return 0;
}

static void bare_words_are_marked_by_stem(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(marked(f, "argue nothing", "He argues; she argued, ARGUING well."),
                        "He <argues>; she <argued>, <ARGUING> well.");
}

static void quoted_words_are_marked_by_form(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(marked(f, "\"argues\"", "He argues; she argued, Argues."), "He <argues>; she argued, <Argues>.");
}

static void phrases_are_marked_where_they_stand(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(marked(f, "\"the hard problem\"", "the problem is hard; The hard problem, the hard"),
                        "the problem is hard; <The> <hard> <problem>, the hard");
    assert_string_equal(marked(f, "\"hard problem\" the", "the hard problem, hard"), "<the> <hard> <problem>, hard");
}

static void a_phrase_of_parts_is_marked_in_a_compound(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(marked(f, "\"x risk\"", "an x-risk, x risk"), "an <x>-<risk>, <x> <risk>");
    assert_string_equal(marked(f, "\"x-risk\"", "an x-risk, x risk"), "an <x-risk>, x risk");
    assert_string_equal(marked(f, "x-risk", "an x-risk, risk"), "an <x-risk>, <risk>");
    assert_string_equal(marked(f, "mother-in-law", "my mother-in-law"), "my <mother-in-law>");
}

static void excluded_words_are_not_marked(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(marked(f, "cat -dog -\"a bird\"", "a cat, a dog, a bird"), "a <cat>, a dog, a bird");
}

static void diacritics_do_not_matter_bare_and_do_quoted(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(marked(f, "resume", "r\xC3\xA9sum\xC3\xA9 resume"), "<r\xC3\xA9sum\xC3\xA9> <resume>");
    assert_string_equal(marked(f, "\"r\xC3\xA9sum\xC3\xA9\"", "r\xC3\xA9sum\xC3\xA9 resume"), "<r\xC3\xA9sum\xC3\xA9> resume");
}

static void a_short_passage_is_its_own_window(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(window(f, "cat", "A cat."), "A cat.");
    assert_string_equal(window(f, "cat", ""), "");
}

static void a_window_begins_and_ends_with_sentences(void **state)
{
    struct fixture *f = *state;
    char text[4096] = "";
    for (int i = 0; i < 12; i++)
        strcat(text, "Filler stands here for a while and says very little of use. ");
    strcat(text, "Now the zebra appears at last in this sentence. ");
    for (int i = 0; i < 12; i++)
        strcat(text, "Filler stands here for a while and says very little of use. ");
    const char *w = window(f, "zebra", text);
    assert_non_null(strstr(w, "zebra"));
    assert_true(strlen(w) <= AQ_SNIPPET_CHARS);
    assert_true(strlen(w) > AQ_SNIPPET_CHARS / 2);
    assert_true(w[0] == 'F' || w[0] == 'N');
    assert_true(w[strlen(w) - 1] == '.');
}

static void the_window_with_more_words_wins(void **state)
{
    struct fixture *f = *state;
    char text[4096] = "cat ";
    for (int i = 0; i < 80; i++)
        strcat(text, "filler words ");
    strcat(text, "the cat and the dog meet ");
    for (int i = 0; i < 80; i++)
        strcat(text, "filler words ");
    assert_non_null(strstr(window(f, "cat dog", text), "cat and the dog"));
}

static void words_closer_together_win(void **state)
{
    struct fixture *f = *state;
    char text[4096] = "cat one two three four five six seven dog ";
    for (int i = 0; i < 80; i++)
        strcat(text, "filler words ");
    strcat(text, "cat dog ");
    for (int i = 0; i < 80; i++)
        strcat(text, "filler words ");
    assert_non_null(strstr(window(f, "cat dog", text), "cat dog"));
}

static void windows_are_cut_at_characters_and_words(void **state)
{
    struct fixture *f = *state;
    char text[8192] = "";
    for (int i = 0; i < 300; i++)
        strcat(text, i == 150 ? "zebra " : "\xC3\xA9t\xC3\xA9 ");
    const char *w = window(f, "zebra", text);
    assert_true((uint8_t)w[0] == 0xC3 && (uint8_t)w[strlen(w) - 1] == 0xA9);
    text[0] = 0;
    for (int i = 0; i < 500; i++)
        strcat(text, "\xE6\x84\x8F");
    strcat(text, "\xE8\xAD\x98\xE5\x95\x8F");
    for (int i = 0; i < 500; i++)
        strcat(text, "\xE6\x84\x8F");
    w = window(f, "\xE8\xAD\x98\xE5\x95\x8F", text);
    assert_non_null(strstr(w, "\xE8\xAD\x98\xE5\x95\x8F"));
    assert_true(strlen(w) % 3 == 0 && strlen(w) <= 3 * AQ_SNIPPET_CHARS && strlen(w) > 3);
}

static void a_passage_without_marks_shows_its_beginning(void **state)
{
    struct fixture *f = *state;
    char text[4096] = "Begin ";
    for (int i = 0; i < 100; i++)
        strcat(text, "filler words ");
    assert_ptr_equal(strstr(window(f, "zebra", text), "Begin"), f->shown);
}

/* ---- what becomes of words ---- */

static void two_to_four_words_are_tiered(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *query;
        bool tiered;
    } cases[] = {{"cat", false},         {"cat cats", false},     {"cat dog", true},
                 {"cat \"a dog\"", true}, {"a b c d", true},       {"a b c d e", false},
                 {"x-risk", false},       {"x-risk cat", true},    {"a b c d \"e f\"", false}};
    for (size_t i = 0; i < AQ_COUNT(cases); i++) {
        ask(f, cases[i].query);
        assert_int_equal(f->query.tiered, cases[i].tiered);
    }
}

static void a_word_counts_as_often_as_it_stands(void **state)
{
    struct fixture *f = *state;
    ask(f, "cat cats \"cat\" dog");
    assert_int_equal(f->query.term_count, 2);
    assert_int_equal((int)f->query.terms[0].times, 3);
    assert_int_equal((int)f->query.terms[1].times, 1);
    assert_int_equal(f->query.word_count, 2);
}

static void the_33rd_term_is_cut(void **state)
{
    struct fixture *f = *state;
    char query[1024] = "";
    for (int i = 0; i < AQ_QUERY_TERMS; i++)
        snprintf(query + strlen(query), sizeof query - strlen(query), "w%d ", i);
    ask(f, query);
    assert_false(f->query.cut);
    strcat(query, "one more");
    ask(f, query);
    assert_true(f->query.cut);
    assert_int_equal(f->query.term_count, AQ_QUERY_TERMS);
}

static void words_that_occur_nowhere_are_told(void **state)
{
    struct fixture *f = *state;
    struct aq_model m;
    struct aq_slice ignored[16];
    aq_syntax_free(&f->syntax);
    aq_query_free(&f->query);
    assert_int_equal(aq_parse(aq_slice_str("Cat Xyzzys -gone xyzzy \"cat Plugh\""), false, 0, &f->syntax, NULL), AQ_OK);
    assert_int_equal(aq_query_build(&f->query, &f->syntax, false, f->analyzer, NULL, NULL), AQ_OK);
    assert_int_equal(aq_model_init(&m, 0, 0, 100, 1000, NULL), AQ_OK);
    f->query.terms[0].df = 1;
    f->query.forms[0].seen = true;
    aq_query_resolve(&f->query, &m);
    assert_int_equal(aq_query_ignored(&f->query, ignored), 2);
    assert_memory_equal(ignored[0].ptr, "Xyzzys", 6);
    assert_memory_equal(ignored[1].ptr, "Plugh", 5);
    assert_false(f->query.hopeless);
    assert_true(f->query.phrases[0].dead);
    assert_int_equal((int)f->query.terms[0].times, 1);
}

static void a_dropped_phrase_takes_all_its_counts_along(void **state)
{
    struct fixture *f = *state;
    struct aq_model m;
    assert_int_equal(aq_parse(aq_slice_str("\"cat plugh\" \"cat plugh\" cat"), false, 0, &f->syntax, NULL), AQ_OK);
    assert_int_equal(aq_query_build(&f->query, &f->syntax, false, f->analyzer, NULL, NULL), AQ_OK);
    assert_int_equal(aq_model_init(&m, 0, 0, 100, 1000, NULL), AQ_OK);
    f->query.terms[0].df = f->query.terms[1].df = 1;
    f->query.forms[0].seen = f->query.forms[1].seen = true;
    aq_query_resolve(&f->query, &m);
    assert_int_equal((int)f->query.terms[0].times, 3);
    f->query.terms[1].df = 0;
    f->query.forms[1].seen = false;
    aq_query_resolve(&f->query, &m);
    assert_int_equal((int)f->query.terms[0].times, 1);
    assert_true(f->query.terms[0].weight == aq_idf(&m, 1));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bare_words_are_marked_by_stem, setup, teardown),
        cmocka_unit_test_setup_teardown(quoted_words_are_marked_by_form, setup, teardown),
        cmocka_unit_test_setup_teardown(phrases_are_marked_where_they_stand, setup, teardown),
        cmocka_unit_test_setup_teardown(a_phrase_of_parts_is_marked_in_a_compound, setup, teardown),
        cmocka_unit_test_setup_teardown(excluded_words_are_not_marked, setup, teardown),
        cmocka_unit_test_setup_teardown(diacritics_do_not_matter_bare_and_do_quoted, setup, teardown),
        cmocka_unit_test_setup_teardown(a_short_passage_is_its_own_window, setup, teardown),
        cmocka_unit_test_setup_teardown(a_window_begins_and_ends_with_sentences, setup, teardown),
        cmocka_unit_test_setup_teardown(the_window_with_more_words_wins, setup, teardown),
        cmocka_unit_test_setup_teardown(words_closer_together_win, setup, teardown),
        cmocka_unit_test_setup_teardown(windows_are_cut_at_characters_and_words, setup, teardown),
        cmocka_unit_test_setup_teardown(a_passage_without_marks_shows_its_beginning, setup, teardown),
        cmocka_unit_test_setup_teardown(two_to_four_words_are_tiered, setup, teardown),
        cmocka_unit_test_setup_teardown(a_word_counts_as_often_as_it_stands, setup, teardown),
        cmocka_unit_test_setup_teardown(the_33rd_term_is_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(words_that_occur_nowhere_are_told, setup, teardown),
        cmocka_unit_test_setup_teardown(a_dropped_phrase_takes_all_its_counts_along, setup, teardown),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
