/* options_test.c - the option table of core/options.h. */
#include "options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct values {
    bool loud, brief;
    const char *index;
    uint64_t limit;
    double weight;
    unsigned sort;
    struct aq_option_list authors;
};

static bool is_some(const char *text)
{
    return strcmp(text, "none") != 0;
}

static const char *const sorts[] = {"relevance", "date", "score", NULL};

#define FIELD(name) offsetof(struct values, name)
static const struct aq_option table[] = {
    {.name = "loud", .letter = 'l', .kind = AQ_OPTION_FLAG, .field = FIELD(loud), .help = "say more"},
    {.name = "brief", .letter = 'b', .kind = AQ_OPTION_FLAG, .field = FIELD(brief), .help = "say less"},
    {.name = "index", .letter = 'i', .kind = AQ_OPTION_TEXT, .field = FIELD(index), .value = "DIR",
     .help = "where it is", .accepts = is_some, .form = "some directory"},
    {.name = "limit", .letter = 'n', .kind = AQ_OPTION_NUMBER, .field = FIELD(limit), .value = "N", .min = 1,
     .max = 100, .help = "how many"},
    {.name = "weight", .kind = AQ_OPTION_REAL, .field = FIELD(weight), .value = "X", .max = 2,
     .help = "how heavy"},
    {.name = "sort", .kind = AQ_OPTION_CHOICE, .field = FIELD(sort), .value = "BY", .choices = sorts,
     .help = "in which order"},
    {.name = "author", .kind = AQ_OPTION_LIST, .field = FIELD(authors), .value = "NAME", .help = "by whom"},
};
static const struct aq_option_group group = {"Options", table, AQ_COUNT(table)};

struct parsed {
    struct values v;
    struct aq_option_words words;
    struct aq_error err;
    enum aq_status status;
    struct aq_arena arena;
};

/* main's argv is not const, though nothing writes to it. */
static char *const *as_argv(const char **argv)
{
    char *const *same;
    memcpy(&same, &argv, sizeof same);
    return same;
}

static struct parsed parse(int argc, const char **argv, int skip)
{
    struct parsed p = {.v = {.limit = 10}};
    p.status = aq_options_parse(&group, 1, argc, as_argv(argv), skip, &p.v, &p.arena, &p.words, &p.err);
    return p;
}

#define ARGC(...) (int)AQ_COUNT(((const char *[]){"prog", __VA_ARGS__}))
#define ARGV(...) (const char *[]){"prog", __VA_ARGS__, NULL}
#define PARSE(...) parse(ARGC(__VA_ARGS__), ARGV(__VA_ARGS__), 0)

static void values_go_to_their_fields(void **state)
{
    (void)state;
    struct parsed p = PARSE("-l", "-i", "dir", "--limit=7", "--weight", "0.5", "--sort", "score");
    assert_int_equal(p.status, AQ_OK);
    assert_true(p.v.loud);
    assert_false(p.v.brief);
    assert_string_equal(p.v.index, "dir");
    assert_int_equal(p.v.limit, 7);
    assert_true(p.v.weight > 0.49 && p.v.weight < 0.51);
    assert_int_equal(p.v.sort, 2);
    assert_int_equal(p.words.count, 0);
    aq_arena_free(&p.arena);
}

static void what_is_not_given_keeps_its_default(void **state)
{
    (void)state;
    struct parsed p = PARSE("word");
    assert_int_equal(p.v.limit, 10);
    aq_arena_free(&p.arena);
}

static void options_stand_anywhere_before_two_dashes(void **state)
{
    (void)state;
    struct parsed p = PARSE("a", "-n", "3", "b", "-", "--", "-l", "--", "c");
    assert_int_equal(p.status, AQ_OK);
    assert_int_equal(p.v.limit, 3);
    assert_false(p.v.loud);
    static const char *const want[] = {"a", "b", "-", "-l", "--", "c"};
    assert_int_equal(p.words.count, AQ_COUNT(want));
    for (size_t i = 0; i < AQ_COUNT(want); i++)
        assert_string_equal(p.words.items[i], want[i]);
    aq_arena_free(&p.arena);
}

static void letters_cluster_and_take_values_attached(void **state)
{
    (void)state;
    struct parsed p = PARSE("-lbn5");
    assert_int_equal(p.status, AQ_OK);
    assert_true(p.v.loud && p.v.brief);
    assert_int_equal(p.v.limit, 5);
    aq_arena_free(&p.arena);
}

static void lists_keep_every_value_in_order(void **state)
{
    (void)state;
    struct parsed p = PARSE("--author", "Ann", "--author=Bob", "--author", "");
    assert_int_equal(p.v.authors.count, 3);
    assert_string_equal(p.v.authors.items[0], "Ann");
    assert_string_equal(p.v.authors.items[1], "Bob");
    assert_string_equal(p.v.authors.items[2], "");
    aq_arena_free(&p.arena);
}

static void the_last_of_several_counts(void **state)
{
    (void)state;
    struct parsed p = PARSE("-n", "3", "-n", "4");
    assert_int_equal(p.v.limit, 4);
    aq_arena_free(&p.arena);
}

static void a_flag_that_was_saved_is_taken_back(void **state)
{
    (void)state;
    struct parsed p = {.v = {.loud = true}};
    const char *argv[] = {"prog", "--loud=false", "--brief=true", NULL};
    p.status = aq_options_parse(&group, 1, 3, as_argv(argv), 0, &p.v, &p.arena, &p.words, &p.err);
    assert_int_equal(p.status, AQ_OK);
    assert_false(p.v.loud);
    assert_true(p.v.brief);
    aq_arena_free(&p.arena);
}

static enum aq_status assign(struct parsed *p, const char *name, const char *text)
{
    const struct aq_option *o = aq_option_named(&group, 1, name, strlen(name));
    assert_non_null(o);
    return aq_option_assign(o, o->name, text, table, &p->v, &p->arena, &p->err);
}

static void values_from_elsewhere_are_checked_alike(void **state)
{
    (void)state;
    struct parsed p = {.v = {.limit = 10}};
    assert_int_equal(assign(&p, "limit", "7"), AQ_OK);
    assert_int_equal(p.v.limit, 7);
    assert_int_equal(assign(&p, "limit", "101"), AQ_SYNTAX);
    assert_string_equal(p.err.message, "limit is a number from 1 to 100, not \"101\"");
    assert_int_equal(assign(&p, "loud", "true"), AQ_OK);
    assert_true(p.v.loud);
    assert_int_equal(assign(&p, "loud", "1"), AQ_SYNTAX);
    assert_int_equal(assign(&p, "index", "none"), AQ_SYNTAX);
    assert_string_equal(p.err.message, "index is some directory, not \"none\"");
    assert_null(aq_option_named(&group, 1, "lim", 3));
    assert_string_equal(aq_option_nearest(&group, 1, "limt", 4), "limit");
    assert_null(aq_option_nearest(&group, 1, "frobnicate", 10));
    aq_arena_free(&p.arena);
}

static void lists_grow_and_another_giver_begins_anew(void **state)
{
    (void)state;
    struct parsed p = {.v = {.limit = 10}};
    for (int i = 0; i < 9; i++)
        assert_int_equal(assign(&p, "author", i < 8 ? "Ann" : "Bob"), AQ_OK);
    assert_int_equal(p.v.authors.count, 9);
    assert_string_equal(p.v.authors.items[0], "Ann");
    assert_string_equal(p.v.authors.items[8], "Bob");
    const char *argv[] = {"prog", "--author", "Cy", NULL};
    p.status = aq_options_parse(&group, 1, 3, as_argv(argv), 0, &p.v, &p.arena, &p.words, &p.err);
    assert_int_equal(p.status, AQ_OK);
    assert_int_equal(p.v.authors.count, 1);
    assert_string_equal(p.v.authors.items[0], "Cy");
    aq_arena_free(&p.arena);
}

static void assert_refuses(struct parsed p, const char *part)
{
    assert_int_equal(p.status, AQ_SYNTAX);
    if (!strstr(p.err.message, part))
        fail_msg("\"%s\" lacks \"%s\"", p.err.message, part);
    aq_arena_free(&p.arena);
}

static void mistakes_are_named(void **state)
{
    (void)state;
    assert_refuses(PARSE("--limt", "3"), "did you mean --limit?");
    assert_refuses(PARSE("-foo"), "no option -foo");
    assert_refuses(PARSE("-foo"), "after \"--\"");
    assert_refuses(PARSE("--x"), "no option --x");
    assert_refuses(PARSE("-n"), "-n needs a value");
    assert_refuses(PARSE("--index"), "--index needs a value: --index DIR");
    assert_refuses(PARSE("--loud=yes"), "--loud takes no value");
    assert_refuses(PARSE("--sort", "size"), "relevance, date or score, not \"size\"");
}

static void numbers_are_checked(void **state)
{
    (void)state;
    static const char *const bad[] = {"",  "0",  "101", "-1", "+1", " 1", "1 ", "1x", "x",
                                      "99999999999999999999", "1e1", "0x1"};
    for (size_t i = 0; i < AQ_COUNT(bad); i++)
        assert_refuses(PARSE("-n", bad[i]), "from 1 to 100");
    static const char *const bad_real[] = {"", "nan", "inf", "-0.1", "2.1", "1..", "0x1", "1e999", "one"};
    for (size_t i = 0; i < AQ_COUNT(bad_real); i++)
        assert_refuses(PARSE("--weight", bad_real[i]), "from 0 to 2");
}

static void the_command_is_left_out_even_as_a_value(void **state)
{
    (void)state;
    const char *argv[] = {"prog", "show", "-n", "3", "id", NULL};
    struct parsed p = parse(5, argv, 1);
    assert_int_equal(p.words.count, 1);
    assert_string_equal(p.words.items[0], "id");
    aq_arena_free(&p.arena);
}

static int first(int argc, const char **argv)
{
    return aq_options_first_word(&group, 1, argc, as_argv(argv));
}
#define FIRST(...) first(ARGC(__VA_ARGS__), ARGV(__VA_ARGS__))

static void the_first_word_is_found_past_options_and_their_values(void **state)
{
    (void)state;
    assert_int_equal(FIRST("show", "x"), 1);
    assert_int_equal(FIRST("-i", "show", "x"), 3);
    assert_int_equal(FIRST("-li", "show", "x"), 3);
    assert_int_equal(FIRST("-idir", "show"), 2);
    assert_int_equal(FIRST("--index", "dir", "show"), 3);
    assert_int_equal(FIRST("--index=dir", "show"), 2);
    assert_int_equal(FIRST("--unknown", "show"), 2);
    assert_int_equal(FIRST("--", "show"), 0);
    assert_int_equal(FIRST("-l"), 0);
    assert_int_equal(FIRST("-i"), 0);
}

static void help_names_every_option_within_its_width(void **state)
{
    (void)state;
    struct aq_buf out = {0};
    aq_options_help(&out, &group, 1, 60);
    aq_buf_u8(&out, 0);
    assert_non_null(strstr((char *)out.ptr, "  -n, --limit N           how many\n"));
    assert_non_null(strstr((char *)out.ptr, "      --author NAME       by whom\n"));
    size_t column = 0;
    for (size_t i = 0; out.ptr[i]; i++) {
        column = out.ptr[i] == '\n' ? 0 : column + 1;
        assert_true(column <= 60);
    }
    aq_buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_go_to_their_fields),
        cmocka_unit_test(what_is_not_given_keeps_its_default),
        cmocka_unit_test(options_stand_anywhere_before_two_dashes),
        cmocka_unit_test(letters_cluster_and_take_values_attached),
        cmocka_unit_test(lists_keep_every_value_in_order),
        cmocka_unit_test(the_last_of_several_counts),
        cmocka_unit_test(a_flag_that_was_saved_is_taken_back),
        cmocka_unit_test(values_from_elsewhere_are_checked_alike),
        cmocka_unit_test(lists_grow_and_another_giver_begins_anew),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(numbers_are_checked),
        cmocka_unit_test(the_command_is_left_out_even_as_a_value),
        cmocka_unit_test(the_first_word_is_found_past_options_and_their_values),
        cmocka_unit_test(help_names_every_option_within_its_width),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
