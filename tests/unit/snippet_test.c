/* snippet_test.c - highlights and windows, from a query string and a text alone. */
#include "snippets.h"

#include "synonyms.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct fixture {
    struct aq_analyzer *analyzer;
    struct aq_syntax syntax;
    struct aq_query query;
    struct aq_marker marker;
    struct aq_synonyms *synonyms;
    struct aq_synonym_table table;
    char shown[8192];
};

/* Builds the query as if every word and form occurred once in a hundred passages. */
static void ask(struct fixture *f, const char *query)
{
    struct aq_model m;
    aq_syntax_free(&f->syntax);
    aq_query_free(&f->query);
    assert_int_equal(aq_parse(aq_slice_str(query), false, 0, &f->syntax, NULL), AQ_OK);
    assert_int_equal(aq_synonyms_apply(f->synonyms, &f->table, &f->syntax, f->analyzer, NULL), AQ_OK);
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
    struct aq_range ranges[256];
    size_t n = 0, at = 0, len = strlen(text);
    ask(f, query);
    assert_int_equal(aq_mark_text(&f->marker, f->analyzer, &f->query, aq_slice_str(text), NULL), AQ_OK);
    assert_true(f->marker.count <= AQ_COUNT(ranges));
    uint32_t count = aq_mark_ranges(&f->marker, aq_slice_str(text), (struct aq_range){0, (uint32_t)len}, ranges);
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
    struct aq_snippet_source source = {.text = aq_slice_str(text), .marks = &f->marker, .query = &f->query};
    double worth;
    struct aq_range all = {0, (uint32_t)strlen(text)}, r = aq_snippet_window(&source, all, AQ_SNIPPET_COLUMNS, &worth);
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
    aq_synonyms_free(f->synonyms);
    aq_synonym_table_free(&f->table);
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

/* ---- marks of trees ---- */

static void only_groups_that_match_are_marked(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(marked(f, "(cat AND dog) OR bird", "a cat, a bird"), "a cat, a <bird>");
    assert_string_equal(marked(f, "(cat AND dog) OR bird", "a cat, a dog"), "a <cat>, a <dog>");
    assert_string_equal(marked(f, "bird OR (+cat dog)", "a dog, a bird"), "a dog, a <bird>");
    assert_string_equal(marked(f, "bird OR (cat -dog)", "a cat, a dog, a bird"), "a cat, a dog, a <bird>");
    assert_string_equal(marked(f, "bird OR (cat -dog)", "a cat, a bird"), "a <cat>, a <bird>");
    assert_string_equal(marked(f, "bird (cat dog)", "a dog, a bird"), "a <dog>, a <bird>");
}

/* As of a title, whose thread's other words stand elsewhere. */
static void where_nothing_matches_as_a_whole_words_are_marked(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(marked(f, "cat AND dog", "a cat, a bird"), "a <cat>, a bird");
    assert_string_equal(marked(f, "cat AND NOT bird", "a cat, a bird"), "a <cat>, a bird");
}

static void what_is_excluded_is_never_marked(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(marked(f, "cat OR NOT dog", "a cat, a dog"), "a <cat>, a dog");
    assert_string_equal(marked(f, "cat AND -(dog OR bird)", "a cat, dogs, a bird"), "a <cat>, dogs, a bird");
}

static void near_is_marked_where_it_holds(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(marked(f, "cat NEAR/2 dog", "cats and dogs, and much later a cat, one, two, three, the dog"),
                        "<cats> and <dogs>, and much later a cat, one, two, three, the dog");
    assert_string_equal(marked(f, "cat NEAR/2 dog", "a dog, a cat"), "a <dog>, a <cat>");
    assert_string_equal(marked(f, "cat ADJ/2 dog", "a dog, a cat, a dog, dog"), "a dog, a <cat>, a <dog>, dog");
    assert_string_equal(marked(f, "cat NEAR/3 cat", "a cat"), "a cat");
    assert_string_equal(marked(f, "cat NEAR/2 dog NEAR/2 bird", "cat dog bird; dog and bird and a cat; and no more: dog bird"),
                        "<cat> <dog> <bird>; <dog> and bird and a cat; and no more: dog bird");
    assert_string_equal(marked(f, "(cat OR bird) NEAR/1 dog", "bird dog, cat, dog cat"),
                        "<bird> <dog>, <cat>, <dog> <cat>");
    assert_string_equal(marked(f, "\"a cat\" NEAR/3 dog", "a cat or dog, the cat, dog"),
                        "<a> <cat> or <dog>, the cat, dog");
}

static void near_does_not_reach_into_the_next_paragraph(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(marked(f, "cat NEAR/4 dog", "a dog, a cat.\n\nA dog."), "a <dog>, a <cat>.\n\nA dog.");
    assert_string_equal(marked(f, "cat NEAR/20 dog", "a cat.\n\nA dog."), "a <cat>.\n\nA <dog>.");
}

static void a_phrase_with_others_in_between_is_marked_by_its_words(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(marked(f, "\"hard problem\"~1", "hard old problem, a problem, hard and very old problem"),
                        "<hard> old <problem>, a problem, hard and very old problem");
    assert_string_equal(marked(f, "\"the hard problem\"~2", "the very hard old problem; problem hard the"),
                        "<the> very <hard> old <problem>; problem hard the");
}

static void synonyms_are_marked(void **state)
{
    struct fixture *f = *state;
    struct aq_slice rules = aq_slice_str("AGI, artificial general intelligence\n");
    assert_int_equal(aq_synonyms_read(rules, "rules", &f->synonyms, NULL), AQ_OK);
    assert_string_equal(marked(f, "AGI soon", "Artificial general intelligence or AGI, intelligence in general, soon"),
                        "<Artificial> <general> <intelligence> or <AGI>, intelligence in general, <soon>");
    assert_string_equal(marked(f, "\"AGI\" soon", "artificial general intelligence or AGI"),
                        "artificial general intelligence or <AGI>");
    assert_string_equal(marked(f, "artificial general intelligence", "AGI, artificial intelligence"),
                        "<AGI>, <artificial> <intelligence>");
}

static void whole_characters_are_marked(void **state)
{
    struct fixture *f = *state;
    /* Thai: a vowel that is a letter by itself and belongs to the character before it. */
    const char *text = "\xE0\xB8\x81\xE0\xB8\x82\xE0\xB8\x81\xE0\xB8\xB3";
    const char *w = marked(f, "\xE0\xB8\x82\xE0\xB8\x81", text);
    assert_string_equal(w, "\xE0\xB8\x81<\xE0\xB8\x82\xE0\xB8\x81\xE0\xB8\xB3>");
}

/* ---- windows ---- */

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
    assert_true(strlen(w) <= AQ_SNIPPET_COLUMNS);
    assert_true(strlen(w) > AQ_SNIPPET_COLUMNS / 2);
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
    assert_true(strlen(w) % 3 == 0 && strlen(w) <= 3 * AQ_SNIPPET_COLUMNS && strlen(w) > 3);
}

static void a_passage_without_marks_shows_its_beginning(void **state)
{
    struct fixture *f = *state;
    char text[4096] = "Begin ";
    for (int i = 0; i < 100; i++)
        strcat(text, "filler words ");
    assert_ptr_equal(strstr(window(f, "zebra", text), "Begin"), f->shown);
}

static const char *repeated(char *to, size_t size, const char *what, int times)
{
    *to = 0;
    for (int i = 0; i < times; i++)
        snprintf(to + strlen(to), size - strlen(to), "%s", what);
    return to;
}

/* What a window of the text shows for zebra; the text is: lead, then filler that is too
 * much to be shown with it. */
static const char *beginning(struct fixture *f, const char *lead)
{
    char filler[2048], text[8192];
    repeated(filler, sizeof filler, "words that fill a line and say nothing ", 20);
    snprintf(text, sizeof text, "%s. %s %s", filler, lead, filler);
    return window(f, "zebra", text);
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static void bullets_and_rules_are_left_out_in_front(void **state)
{
    struct fixture *f = *state;
    assert_true(begins(beginning(f, "Nothing.\n\n- A zebra"), "A zebra"));
    assert_true(begins(beginning(f, "Nothing.\n\n* A zebra"), "A zebra"));
    assert_true(begins(beginning(f, "Nothing.\n\n\xE2\x80\xA2 A zebra"), "A zebra"));
    assert_true(begins(beginning(f, "Nothing.\n\n12. A zebra"), "A zebra"));
    assert_true(begins(beginning(f, "Nothing.\n\n-----\nA zebra"), "A zebra"));
    assert_true(begins(beginning(f, "Nothing.\n\n**A** zebra"), "**A** zebra"));
    assert_true(begins(beginning(f, "Nothing.\n\n2019 was a zebra"), "2019 was a zebra"));
}

static void lines_that_say_who_wrote_are_left_out(void **state)
{
    struct fixture *f = *state;
    assert_true(begins(beginning(f, "Nothing.\n\nOn Monday, Ann Lee wrote:\nA zebra"), "A zebra"));
    assert_true(begins(beginning(f, "Nothing.\n\nOn Monday, Ann Lee\n<ann@example.org> wrote:\nA zebra"), "A zebra"));
    assert_true(begins(beginning(f, "Nothing.\n\nFrom: Ann\nSubject: animals\n\nA zebra"), "A zebra"));
    assert_true(begins(beginning(f, "Nothing.\n\nFrom: a zebra\n"), "From: a zebra"));
}

static void a_mark_in_a_mail_header_is_worth_less(void **state)
{
    struct fixture *f = *state;
    char filler[2048], text[8192];
    repeated(filler, sizeof filler, "words that fill a line and say nothing ", 20);
    snprintf(text, sizeof text, "From: Ann Zebra\n\n%s\n\nHere is a zebra. %s", filler, filler);
    assert_true(begins(window(f, "zebra", text), "Here is a zebra"));
}

static void abbreviations_end_no_sentence(void **state)
{
    struct fixture *f = *state;
    assert_true(begins(beginning(f, "One sees e.g. Mr. J. Zebra here. "), "One sees e.g. Mr. J. Zebra"));
    assert_true(begins(beginning(f, "Here it ends. Zebra"), "Zebra"));
    assert_true(begins(beginning(f, "So it is (it ends.) Zebra"), "Zebra"));
    assert_false(begins(beginning(f, "so it ends. zebra"), "zebra")); /* no small letter begins one */
}

static void a_broken_line_begins_no_sentence(void **state)
{
    struct fixture *f = *state;
    const char *broken = "This is a line of a mail that was broken after seventy characters by\nZebra Smith";
    assert_true(begins(beginning(f, broken), "This is a line"));
    assert_true(begins(beginning(f, "Nothing.\nA heading\nZebra Smith"), "Zebra Smith"));
}

static void little_that_is_left_is_shown(void **state)
{
    struct fixture *f = *state;
    char filler[2048], text[8192];
    repeated(filler, sizeof filler, "words that fill a line and say nothing ", 20);
    snprintf(text, sizeof text, "About animals.\n\nThe zebra, %s", filler);
    assert_true(begins(window(f, "zebra", text), "About animals."));
}

static void text_without_spaces_is_cut_at_clauses_and_stops(void **state)
{
    struct fixture *f = *state;
    char filler[4096], text[9000];
    repeated(filler, sizeof filler, "\xE6\x84\x8F\xE5\x91\xB3", 100);
    snprintf(text, sizeof text, "%s\xE3\x80\x82\xE7\x94\xB2\xE8\xAD\x98\xE5\x95\x8F%s", filler, filler);
    assert_true(begins(window(f, "\xE8\xAD\x98\xE5\x95\x8F", text), "\xE7\x94\xB2\xE8\xAD\x98\xE5\x95\x8F"));
    snprintf(text, sizeof text, "%s\xE3\x80\x81\xE7\x94\xB2\xE8\xAD\x98\xE5\x95\x8F%s", filler, filler);
    assert_true(begins(window(f, "\xE8\xAD\x98\xE5\x95\x8F", text), "\xE7\x94\xB2\xE8\xAD\x98\xE5\x95\x8F"));
}

static void a_long_address_is_shown_whole_or_not(void **state)
{
    struct fixture *f = *state;
    char path[512], lead[1024];
    repeated(path, sizeof path, "/abcdefghij", 12);
    snprintf(lead, sizeof lead, "Nothing here. The zebra (https://example.org%s) and ", path);
    const char *w = beginning(f, lead);
    assert_non_null(strstr(w, path));
    repeated(path, sizeof path, "/abcdefghij", 40);
    snprintf(lead, sizeof lead, "Nothing here. The zebra https://example.org%s and ", path);
    assert_null(strstr(beginning(f, lead), "http"));
}

/* ---- several windows ---- */

enum { PASSAGES = 4 };

/* Of a comment of four passages the second is hit; the windows, parted by |, each with the
 * number of its passage. */
static const char *windows(struct fixture *f, const char *query, const char *const texts[PASSAGES], uint32_t most)
{
    struct aq_passage passages[PASSAGES];
    struct aq_buf text = {0};
    struct aq_arena arena = {0};
    const struct aq_snippet *out;
    uint32_t count;
    double worth;
    ask(f, query);
    for (int i = 0; i < PASSAGES; i++) {
        uint32_t begin = (uint32_t)text.len;
        aq_buf_puts(&text, texts[i] + (*texts[i] == '>'));
        passages[i] = (struct aq_passage){begin, (uint32_t)text.len, *texts[i] == '>', 0};
        aq_buf_puts(&text, "\n\n");
    }
    assert_false(text.failed);
    struct aq_comment comment = {.text = {text.ptr, text.len}, .passages = passages, .passage_count = PASSAGES};
    struct aq_slice hit = aq_slice(text.ptr + passages[1].begin, passages[1].end - passages[1].begin);
    assert_int_equal(aq_mark_text(&f->marker, f->analyzer, &f->query, hit, NULL), AQ_OK);
    struct aq_snippet_source one = {.text = hit, .marks = &f->marker, .query = &f->query};
    struct aq_snippets_source source = {.comment = &comment,
                                        .ordinal = 1,
                                        .marks = &f->marker,
                                        .others = true,
                                        .most = most,
                                        .analyzer = f->analyzer,
                                        .query = &f->query};
    source.first = aq_snippet_window(&one, (struct aq_range){0, (uint32_t)hit.len}, AQ_SNIPPET_COLUMNS, &worth);
    assert_int_equal(aq_snippets_make(&source, &arena, &out, &count, NULL), AQ_OK);
    assert_true(count <= most);
    size_t n = 0;
    f->shown[0] = 0;
    for (uint32_t i = 0; i < count; i++)
        n += (size_t)snprintf(f->shown + n, sizeof f->shown - n, "%s%u%s%.*s%s", i ? "|" : "", out[i].ordinal,
                              out[i].goes_before ? ".." : ":", (int)out[i].text.len, (const char *)out[i].text.ptr,
                              out[i].goes_on ? ".." : "");
    aq_buf_free(&text);
    aq_arena_free(&arena);
    return f->shown;
}

static void several_windows_come_from_all_passages(void **state)
{
    struct fixture *f = *state;
    const char *const texts[] = {"A dog.", "A cat and a dog.", "Nothing.", "A cat."};
    assert_string_equal(windows(f, "cat dog", texts, 3), "0:A dog.|1:A cat and a dog.|3:A cat.");
    assert_string_equal(windows(f, "cat dog", texts, 2), "0:A dog.|1:A cat and a dog.");
    assert_string_equal(windows(f, "cat +dog", texts, 5), "0:A dog.|1:A cat and a dog.");
    assert_string_equal(windows(f, "bird", texts, 5), "1:A cat and a dog.");
}

static void what_is_not_shown_yet_comes_first(void **state)
{
    struct fixture *f = *state;
    const char *const texts[] = {"A cat.", "Another cat.", "One more cat.", "A dog."};
    assert_string_equal(windows(f, "cat dog", texts, 2), "1:Another cat.|3:A dog.");
}

static void quotes_and_excluded_passages_are_left_out(void **state)
{
    struct fixture *f = *state;
    const char *const texts[] = {">A cat was quoted.", "A cat.", "A cat and a bird.", "The cat."};
    assert_string_equal(windows(f, "cat -bird", texts, 5), "1:A cat.|3:The cat.");
    const char *const quotes[] = {"A cat.", ">A quoted cat.", ">Another.", ">One more cat."};
    assert_string_equal(windows(f, "cat", quotes, 5), "0:A cat.|1:A quoted cat.|3:One more cat.");
}

static void windows_of_one_passage_do_not_overlap(void **state)
{
    struct fixture *f = *state;
    char filler[2048], text[8192];
    repeated(filler, sizeof filler, "Words that fill a line and say nothing at all. ", 12);
    snprintf(text, sizeof text, "%sThe cat is here. %sThe cat and a dog. %sThe dog is there. %s", filler, filler,
             filler, filler);
    const char *const texts[] = {"Nothing.", text, "Nothing.", "Nothing."};
    const char *w = windows(f, "cat dog", texts, 3);
    const char *cat = strstr(w, "The cat is here."), *both = strstr(w, "The cat and a dog.");
    const char *dog = strstr(w, "The dog is");
    assert_true(cat && both && dog && cat < both && both < dog);
    assert_ptr_equal(strchr(strchr(w, '|') + 1, '|'), strrchr(w, '|')); /* two bars */
    assert_null(strstr(both + 1, "The cat and a dog."));
}

static void windows_that_meet_are_one(void **state)
{
    struct fixture *f = *state;
    char text[8192];
    repeated(text, sizeof text, "A cat fills a line and says nothing at all of use here. ", 20);
    text[strlen(text) - 1] = 0;
    const char *const texts[] = {"Nothing.", text, "Nothing.", "Nothing."};
    const char *w = windows(f, "cat", texts, 5);
    assert_null(strchr(w, '|'));
    assert_true(strlen(w) > 2 * AQ_SNIPPET_COLUMNS);
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
        cmocka_unit_test_setup_teardown(only_groups_that_match_are_marked, setup, teardown),
        cmocka_unit_test_setup_teardown(where_nothing_matches_as_a_whole_words_are_marked, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_excluded_is_never_marked, setup, teardown),
        cmocka_unit_test_setup_teardown(near_is_marked_where_it_holds, setup, teardown),
        cmocka_unit_test_setup_teardown(near_does_not_reach_into_the_next_paragraph, setup, teardown),
        cmocka_unit_test_setup_teardown(a_phrase_with_others_in_between_is_marked_by_its_words, setup, teardown),
        cmocka_unit_test_setup_teardown(synonyms_are_marked, setup, teardown),
        cmocka_unit_test_setup_teardown(whole_characters_are_marked, setup, teardown),
        cmocka_unit_test_setup_teardown(a_short_passage_is_its_own_window, setup, teardown),
        cmocka_unit_test_setup_teardown(a_window_begins_and_ends_with_sentences, setup, teardown),
        cmocka_unit_test_setup_teardown(the_window_with_more_words_wins, setup, teardown),
        cmocka_unit_test_setup_teardown(words_closer_together_win, setup, teardown),
        cmocka_unit_test_setup_teardown(windows_are_cut_at_characters_and_words, setup, teardown),
        cmocka_unit_test_setup_teardown(a_passage_without_marks_shows_its_beginning, setup, teardown),
        cmocka_unit_test_setup_teardown(bullets_and_rules_are_left_out_in_front, setup, teardown),
        cmocka_unit_test_setup_teardown(lines_that_say_who_wrote_are_left_out, setup, teardown),
        cmocka_unit_test_setup_teardown(a_mark_in_a_mail_header_is_worth_less, setup, teardown),
        cmocka_unit_test_setup_teardown(abbreviations_end_no_sentence, setup, teardown),
        cmocka_unit_test_setup_teardown(a_broken_line_begins_no_sentence, setup, teardown),
        cmocka_unit_test_setup_teardown(little_that_is_left_is_shown, setup, teardown),
        cmocka_unit_test_setup_teardown(text_without_spaces_is_cut_at_clauses_and_stops, setup, teardown),
        cmocka_unit_test_setup_teardown(a_long_address_is_shown_whole_or_not, setup, teardown),
        cmocka_unit_test_setup_teardown(several_windows_come_from_all_passages, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_shown_yet_comes_first, setup, teardown),
        cmocka_unit_test_setup_teardown(quotes_and_excluded_passages_are_left_out, setup, teardown),
        cmocka_unit_test_setup_teardown(windows_of_one_passage_do_not_overlap, setup, teardown),
        cmocka_unit_test_setup_teardown(windows_that_meet_are_one, setup, teardown),
        cmocka_unit_test_setup_teardown(two_to_four_words_are_tiered, setup, teardown),
        cmocka_unit_test_setup_teardown(a_word_counts_as_often_as_it_stands, setup, teardown),
        cmocka_unit_test_setup_teardown(the_33rd_term_is_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(words_that_occur_nowhere_are_told, setup, teardown),
        cmocka_unit_test_setup_teardown(a_dropped_phrase_takes_all_its_counts_along, setup, teardown),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
