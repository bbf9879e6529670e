/* template_test.c - templates of --format (query/cli/template.h). */
#include "cli/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void put_name(struct aq_buf *out, const void *record)
{
    aq_buf_puts(out, record);
}
static void put_nothing(struct aq_buf *out, const void *record)
{
    (void)out;
    (void)record;
}
static const struct aq_template_field fields[] = {{"name", put_name}, {"nil", put_nothing}};

static void assert_writes_bytes(const char *text, const char *record, const char *want, size_t len)
{
    struct aq_arena arena = {0};
    struct aq_template t;
    struct aq_buf out = {0};
    struct aq_error err = {0};
    if (aq_template_parse(text, fields, AQ_COUNT(fields), &arena, &t, &err))
        fail_msg("%s", err.message);
    aq_template_write(&t, &out, record);
    assert_false(out.failed);
    assert_int_equal(out.len, len);
    assert_memory_equal(out.ptr, want, len);
    aq_buf_free(&out);
    aq_arena_free(&arena);
}
#define WRITES(text, record, want) assert_writes_bytes(text, record, want, sizeof want - 1)

static void assert_refuses(const char *text, const char *part)
{
    struct aq_arena arena = {0};
    struct aq_template t;
    struct aq_error err = {0};
    assert_int_equal(aq_template_parse(text, fields, AQ_COUNT(fields), &arena, &t, &err), AQ_SYNTAX);
    if (!strstr(err.message, part))
        fail_msg("\"%s\" is not in \"%s\"", part, err.message);
    aq_arena_free(&arena);
}

static void fields_are_filled_in(void **state)
{
    (void)state;
    WRITES("{name}", "x", "x\n");
    WRITES("<{name}{nil}|{name}>", "x", "<x|x>\n");
}

static void escapes_and_doubled_braces_stand_for_themselves(void **state)
{
    (void)state;
    WRITES("\\t{name}\\\\n{{name}}\\n", "x", "\tx\\n{name}\n");
    WRITES("{{{name}}}", "x", "{x}\n");
    WRITES("{name}\\n\\n", "x", "x\n\n");
}

static void lines_end_unless_the_template_ends_them(void **state)
{
    (void)state;
    WRITES("{name}\\n", "x", "x\n");
    WRITES("{name}\\0", "x", "x\0");
    WRITES("{name}\\t", "x", "x\t\n");
    WRITES("\\n{name}", "x", "\nx\n");
}

static void values_stay_on_their_line(void **state)
{
    (void)state;
    WRITES("{name}", "a\tb\nc\r\nd", "a b c d\n");
    WRITES("{name}", "a\033[31mb\xc2\x9b" "c\xe2\x80\xae" "d\xff", "a[31mbcd\xef\xbf\xbd\n");
    WRITES("{name}", "{nil}\\n", "{nil}\\n\n");
}

static void what_is_wrong_is_told_with_its_place(void **state)
{
    (void)state;
    assert_refuses("{name} {nmae}", "column 9: no field \"nmae\"; there are name, nil");
    assert_refuses("{}{name}", "column 2: no field \"\"");
    assert_refuses("{name}{Name}", "column 8: no field \"Name\"");
    assert_refuses("{name", "column 1: this brace is never closed");
    assert_refuses("{name}{na{me}", "column 7: this brace is never closed");
    assert_refuses("é {name}}", "column 9: this brace was never opened");
    assert_refuses("{name}\\x", "column 7: after a backslash");
    assert_refuses("{name}\\", "column 7: after a backslash");
    assert_refuses("trec", "not \"trec\"");
    assert_refuses("{{name}}", "fields in braces");
    assert_refuses("", "fields in braces");
}

static void names_of_json_are_fields(void **state)
{
    (void)state;
    struct aq_arena arena = {0};
    struct aq_template t;
    struct aq_error err = {0};
    static const char hit[] = "{rank}{id}{ordinal}{score}{author}{date}{title}{thread}{url}{passage}{snippet}{quote}"
                              "{more}{points}{parent}{source}{tags}";
    static const char comment[] = "{relation}{level}{id}{author}{date}{points}{title}{thread}{thread_title}{parent}"
                                  "{url}{source}{tags}{text}{snippet}{replies}";
    assert_int_equal(aq_template_of_hits(hit, &arena, &t, &err), AQ_OK);
    assert_int_equal(aq_template_of_comments(comment, &arena, &t, &err), AQ_OK);
    const struct aq_slice tags[] = {aq_slice_str("a b"), aq_slice_str("c")};
    const struct aq_hit h = {.id = aq_slice_str("i"),
                             .score = 1.5,
                             .date = 0,
                             .points = AQ_NO_SCORE,
                             .passage = aq_slice_str("one two three"),
                             .snippet = {4, 7},
                             .tags = tags,
                             .tag_count = 2};
    struct aq_buf out = {0};
    assert_int_equal(aq_template_of_hits("{rank}|{id}|{score}|{date}|{points}|{snippet}|{author}|{tags}", &arena, &t, &err),
                     AQ_OK);
    aq_template_write(&t, &out, &(struct aq_hit_record){&h, 11});
    aq_buf_u8(&out, 0);
    assert_string_equal((char *)out.ptr, "11|i|1.5|1970-01-01T00:00:00Z||two||a b,c\n");
    aq_buf_free(&out);
    aq_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_filled_in),
        cmocka_unit_test(escapes_and_doubled_braces_stand_for_themselves),
        cmocka_unit_test(lines_end_unless_the_template_ends_them),
        cmocka_unit_test(values_stay_on_their_line),
        cmocka_unit_test(what_is_wrong_is_told_with_its_place),
        cmocka_unit_test(names_of_json_are_fields),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
