/* terminal_test.c - cleaning, widths, wrapping, styles and links of query/cli/terminal.h. */
#include "cli/terminal.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

static const struct aq_terminal plain = {0};
static const struct aq_terminal wide20 = {.tty = true, .columns = 20};
static const struct aq_terminal colored = {.tty = true, .color = true, .columns = 40};

static void assert_cleans(const char *text, size_t len, const char *want)
{
    struct aq_buf out = {0};
    aq_text_clean(&out, aq_slice(text, len));
    aq_buf_u8(&out, 0);
    assert_string_equal((char *)out.ptr, want);
    aq_buf_free(&out);
}

#define CLEANS(text, want) assert_cleans(text, sizeof text - 1, want)

static void escape_sequences_lose_their_escape(void **state)
{
    (void)state;
    CLEANS("a\033[31mred\033]0;title\007", "a[31mred]0;title");
    CLEANS("\x9b" "1m", "\xef\xbf\xbd" "1m");
    CLEANS("\xc2\x9b" "1m", "1m");
    CLEANS("\0\x01\x1f\x7f.", ".");
}

static void line_feeds_and_tabs_stay(void **state)
{
    (void)state;
    CLEANS("a\n\tb\r\n", "a\n\tb\n");
}

static void bidi_overrides_go_and_joiners_stay(void **state)
{
    (void)state;
    CLEANS("a\u202eb\u202ac\u2066d\u2069", "abcd");
    CLEANS("\u2029\u202f\u2065\u206a", "\u2029\u202f\u2065\u206a");
    CLEANS("\u200b\u200d\ufeff", "\u200b\u200d\ufeff");
}

static void bad_utf8_becomes_replacement_characters(void **state)
{
    (void)state;
    CLEANS("a\xff" "b\xe2\x82", "a\ufffd" "b\ufffd");
}

static void one_line_has_no_line_feeds(void **state)
{
    (void)state;
    struct aq_buf out = {0};
    aq_text_clean_line(&out, aq_slice_str("a\nb\tc"));
    aq_buf_u8(&out, 0);
    assert_string_equal((char *)out.ptr, "a b c");
    aq_buf_free(&out);
}

static void nothing_cleans_to_nothing(void **state)
{
    (void)state;
    struct aq_buf out = {0};
    aq_text_clean(&out, (struct aq_slice){0});
    assert_int_equal(out.len, 0);
    aq_buf_free(&out);
}

static size_t width(const char *s)
{
    return aq_text_width(aq_slice_str(s));
}

static void widths_count_columns_not_bytes(void **state)
{
    (void)state;
    assert_int_equal(width(""), 0);
    assert_int_equal(width("abc"), 3);
    assert_int_equal(width("é"), 1);
    assert_int_equal(width("e\u0301"), 1);
    assert_int_equal(width("日本"), 4);
    assert_int_equal(width("a\u200bb"), 2);
}

static void a_cluster_is_at_most_two_columns(void **state)
{
    (void)state;
    assert_int_equal(width("👩‍👩‍👧"), 2);
    assert_int_equal(width("🇩🇪"), 2);
    assert_int_equal(width("❤\ufe0f"), 2);
    assert_int_equal(width("한"), 2);
}

/* ---- wrapping ---- */

static void assert_wraps(const struct aq_terminal *t, const char *margin, const char *text, const char *want)
{
    struct aq_styled s = {0};
    struct aq_buf out = {0};
    aq_styled_lines(&s, aq_slice_str(text), AQ_STYLE_PLAIN);
    aq_styled_write(&s, &out, t, margin);
    aq_buf_u8(&out, 0);
    assert_string_equal((char *)out.ptr, want);
    aq_buf_free(&out);
    aq_styled_free(&s);
}

static void lines_break_at_spaces(void **state)
{
    (void)state;
    assert_wraps(&wide20, "", "the quick brown fox jumps", "the quick brown fox\njumps\n");
    assert_wraps(&wide20, "", "12345678901234567890 x", "12345678901234567890\nx\n");
    assert_wraps(&wide20, "", "1234567890123456789     x", "1234567890123456789\nx\n");
}

static void margins_stand_before_each_line_and_take_room(void **state)
{
    (void)state;
    assert_wraps(&wide20, "  │ ", "the quick brown fox jumps", "  │ the quick brown\n  │ fox jumps\n");
}

static void long_words_break_where_they_must(void **state)
{
    (void)state;
    assert_wraps(&wide20, "", "a 1234567890123456789012", "a\n12345678901234567890\n12\n");
}

static void clusters_are_never_cut(void **state)
{
    (void)state;
    assert_wraps(&wide20, "", "1234567890123456789e\u0301e\u0301", "1234567890123456789e\u0301\ne\u0301\n");
    assert_wraps(&wide20, "", "1234567890123456789👩‍👩‍👧", "1234567890123456789\n👩‍👩‍👧\n");
}

static void ideographs_part_anywhere_but_before_closing_marks(void **state)
{
    (void)state;
    assert_wraps(&wide20, "", "一二三四五六七八九十壱弐", "一二三四五六七八九十\n壱弐\n");
    assert_wraps(&wide20, "", "一二三四五六七八九十。弐", "一二三四五六七八九\n十。弐\n");
}

static void line_feeds_and_indentation_are_kept(void **state)
{
    (void)state;
    assert_wraps(&wide20, "", "if (x)\n    y();\n\nend", "if (x)\n    y();\n\nend\n");
    assert_wraps(&wide20, "> ", "a\n\nb", "> a\n>\n> b\n");
}

static void items_of_lists_continue_below_their_text(void **state)
{
    (void)state;
    assert_wraps(&wide20, "", "- one two three four five\nsix", "- one two three four\n  five\nsix\n");
    assert_wraps(&wide20, "", "12. one two three four", "12. one two three\n    four\n");
    assert_wraps(&wide20, "> ", "  one two three four", ">   one two three\n>   four\n");
    assert_wraps(&wide20, "", "-one two three four five", "-one two three four\nfive\n");
    assert_wraps(&wide20, "", "-", "-\n");
}

static void without_a_width_nothing_is_wrapped(void **state)
{
    (void)state;
    assert_wraps(&plain, "  ", "the quick brown fox jumps over the lazy dog",
                 "  the quick brown fox jumps over the lazy dog\n");
}

static void a_margin_wider_than_the_terminal_still_ends(void **state)
{
    (void)state;
    const struct aq_terminal narrow = {.tty = true, .columns = 10};
    assert_wraps(&narrow, "            ", "日a", "            日\n            a\n");
}

static void nothing_writes_nothing(void **state)
{
    (void)state;
    assert_wraps(&plain, "  ", "", "");
}

/* No line is wider than the terminal, and leaving out spaces and line feeds gives
 * the text back, whatever the text. */
static void every_line_fits_and_no_text_is_lost(void **state)
{
    (void)state;
    static const char *const pieces[] = {"a",  "word",    " ",          "  ", "\n",           "日",
                                         "- ", "e\u0301", "👩‍👩‍👧", "。", "verylongword", "「"};
    unsigned seed = 12345;
    for (int round = 0; round < 2000; round++) {
        struct aq_styled s = {0};
        struct aq_buf out = {0};
        struct aq_terminal t = {.tty = true, .columns = 10 + (unsigned)round % 30};
        for (int i = 0; i < 40; i++) {
            seed = seed * 1103515245 + 12345;
            aq_styled_lines(&s, aq_slice_str(pieces[(seed >> 16) % AQ_COUNT(pieces)]), AQ_STYLE_PLAIN);
        }
        aq_styled_write(&s, &out, &t, "");
        for (size_t at = 0; at < out.len;) {
            size_t end = at;
            while (out.ptr[end] != '\n')
                end++;
            assert_true(aq_text_width(aq_slice(out.ptr + at, end - at)) <= t.columns);
            at = end + 1;
        }
        size_t i = 0;
        for (size_t j = 0; j < s.text.len; j++) {
            if (s.text.ptr[j] == ' ' || s.text.ptr[j] == '\n')
                continue;
            while (i < out.len && (out.ptr[i] == ' ' || out.ptr[i] == '\n'))
                i++;
            assert_true(i < out.len);
            assert_int_equal(out.ptr[i++], s.text.ptr[j]);
        }
        aq_buf_free(&out);
        aq_styled_free(&s);
    }
}

/* ---- styles ---- */

static void assert_marks(const struct aq_terminal *t, const char *text, struct aq_range from,
                         const struct aq_range *ranges, size_t count, const char *want)
{
    struct aq_styled s = {0};
    struct aq_buf out = {0};
    aq_styled_marked(&s, aq_slice_str(text), from, ranges, count, AQ_STYLE_PLAIN);
    aq_styled_write(&s, &out, t, "");
    aq_buf_u8(&out, 0);
    assert_string_equal((char *)out.ptr, want);
    aq_buf_free(&out);
    aq_styled_free(&s);
}

static void matched_words_are_marked(void **state)
{
    (void)state;
    const struct aq_range r[] = {{4, 9}, {16, 19}};
    assert_marks(&colored, "the quick brown fox", (struct aq_range){0, 19}, r, 2,
                 "the \033[1;31mquick\033[0m brown \033[1;31mfox\033[0m\n");
    assert_marks(&plain, "the quick brown fox", (struct aq_range){0, 19}, r, 2, "the quick brown fox\n");
}

static void marks_outside_the_window_are_left_out(void **state)
{
    (void)state;
    const struct aq_range r[] = {{0, 3}, {4, 9}, {16, 19}};
    assert_marks(&colored, "the quick brown fox", (struct aq_range){4, 15}, r, 3,
                 "\033[1;31mquick\033[0m brown\n");
}

static void marks_survive_wrapping_and_end_with_each_line(void **state)
{
    (void)state;
    const struct aq_terminal t = {.tty = true, .color = true, .columns = 10};
    const struct aq_range r[] = {{0, 15}};
    assert_marks(&t, "the quick brown", (struct aq_range){0, 15}, r, 1,
                 "\033[1;31mthe quick\033[0m\n\033[1;31mbrown\033[0m\n");
}

static void nonsense_ranges_do_no_harm(void **state)
{
    (void)state;
    const struct aq_range r[] = {{9, 2}, {UINT32_MAX, 0}, {0, UINT32_MAX}};
    assert_marks(&plain, "abc", (struct aq_range){0, UINT32_MAX}, r, 3, "abc\n");
    assert_marks(&plain, "日本", (struct aq_range){1, 4}, r, 3, "\ufffd\ufffd\ufffd\n");
}

static void white_space_collapses_on_one_line(void **state)
{
    (void)state;
    assert_marks(&plain, " \n a \r\n\t b ", (struct aq_range){0, 11}, NULL, 0, "a b\n");
}

static void corpus_text_cannot_start_a_style(void **state)
{
    (void)state;
    assert_marks(&colored, "a\033[31mb\xc2\x9b" "0m", (struct aq_range){0, 100}, NULL, 0, "a[31mb0m\n");
}

/* ---- links ---- */

static void assert_links(const struct aq_terminal *t, const char *url, size_t room, const char *want)
{
    struct aq_buf out = {0};
    aq_terminal_link(&out, t, aq_slice_str(url), room);
    aq_buf_u8(&out, 0);
    assert_string_equal((char *)out.ptr, want);
    aq_buf_free(&out);
}

static const struct aq_terminal linking = {.tty = true, .color = true, .links = true, .columns = 40};

static void links_are_plain_where_the_terminal_makes_none(void **state)
{
    (void)state;
    assert_links(&plain, "https://a.example/x", 10, "https://a.example/x");
}

static void links_are_made_and_may_be_shortened(void **state)
{
    (void)state;
    assert_links(&linking, "https://a.example/x", 40,
                 "\033]8;;https://a.example/x\033\\\033[2mhttps://a.example/x\033[0m\033]8;;\033\\");
    assert_links(&linking, "https://a.example/x", 10,
                 "\033]8;;https://a.example/x\033\\\033[2mhttps://a…\033[0m\033]8;;\033\\");
}

static void only_web_addresses_become_links(void **state)
{
    (void)state;
    assert_links(&linking, "javascript:alert(1)", 40, "\033[2mjavascript:alert(1)\033[0m");
    assert_links(&linking, "file:///etc/passwd", 40, "\033[2mfile:///etc/passwd\033[0m");
}

static void addresses_cannot_leave_the_link(void **state)
{
    (void)state;
    assert_links(&linking, "https://a/\033\\\xc2\x9c é", 40,
                 "\033]8;;https://a/%1B\\%C2%9C%20%C3%A9\033\\\033[2mhttps://a/\\ é\033[0m\033]8;;\033\\");
}

/* ---- detection ---- */

static struct aq_terminal detect_file(enum aq_color color)
{
    struct aq_terminal t;
    int fd = open("/dev/null", O_WRONLY);
    aq_terminal_detect(&t, fd, color);
    close(fd);
    return t;
}

static void a_file_is_no_terminal(void **state)
{
    (void)state;
    setenv("TERM", "xterm", 1);
    setenv("COLUMNS", "50", 1);
    struct aq_terminal t = detect_file(AQ_COLOR_AUTO);
    assert_false(t.tty);
    assert_false(t.color);
    assert_false(t.links);
    assert_int_equal(t.columns, 0);
}

static void color_always_means_files_too(void **state)
{
    (void)state;
    setenv("NO_COLOR", "1", 1);
    assert_true(detect_file(AQ_COLOR_ALWAYS).color);
    assert_false(detect_file(AQ_COLOR_NEVER).color);
    unsetenv("NO_COLOR");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escape_sequences_lose_their_escape),
        cmocka_unit_test(line_feeds_and_tabs_stay),
        cmocka_unit_test(bidi_overrides_go_and_joiners_stay),
        cmocka_unit_test(bad_utf8_becomes_replacement_characters),
        cmocka_unit_test(one_line_has_no_line_feeds),
        cmocka_unit_test(nothing_cleans_to_nothing),
        cmocka_unit_test(widths_count_columns_not_bytes),
        cmocka_unit_test(a_cluster_is_at_most_two_columns),
        cmocka_unit_test(lines_break_at_spaces),
        cmocka_unit_test(margins_stand_before_each_line_and_take_room),
        cmocka_unit_test(long_words_break_where_they_must),
        cmocka_unit_test(clusters_are_never_cut),
        cmocka_unit_test(ideographs_part_anywhere_but_before_closing_marks),
        cmocka_unit_test(line_feeds_and_indentation_are_kept),
        cmocka_unit_test(items_of_lists_continue_below_their_text),
        cmocka_unit_test(without_a_width_nothing_is_wrapped),
        cmocka_unit_test(a_margin_wider_than_the_terminal_still_ends),
        cmocka_unit_test(nothing_writes_nothing),
        cmocka_unit_test(every_line_fits_and_no_text_is_lost),
        cmocka_unit_test(matched_words_are_marked),
        cmocka_unit_test(marks_outside_the_window_are_left_out),
        cmocka_unit_test(marks_survive_wrapping_and_end_with_each_line),
        cmocka_unit_test(nonsense_ranges_do_no_harm),
        cmocka_unit_test(white_space_collapses_on_one_line),
        cmocka_unit_test(corpus_text_cannot_start_a_style),
        cmocka_unit_test(links_are_plain_where_the_terminal_makes_none),
        cmocka_unit_test(links_are_made_and_may_be_shortened),
        cmocka_unit_test(only_web_addresses_become_links),
        cmocka_unit_test(addresses_cannot_leave_the_link),
        cmocka_unit_test(a_file_is_no_terminal),
        cmocka_unit_test(color_always_means_files_too),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
