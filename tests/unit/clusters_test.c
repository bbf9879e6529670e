/* clusters_test.c - where characters begin and end. */
#include "clusters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void clusters_are_kept_whole(void **state)
{
    (void)state;
    static const char *const characters[] = {
        "a", "e\xCC\x81", "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA6",
        "\xF0\x9F\x87\xAB\xF0\x9F\x87\xB7", "\xF0\x9F\x87\xA9\xF0\x9F\x87\xAA",
        "\xE0\xA4\xA8\xE0\xA4\xBF", "\xE6\xBC\xA2", " "};
    char text[512] = "";
    size_t ends[64], n = 0;
    for (size_t i = 0; i < 40; i++) {
        strcat(text, characters[i * 5 % AQ_COUNT(characters)]);
        ends[n++] = strlen(text);
    }
    struct aq_slice s = aq_slice_str(text);
    for (size_t i = 0, at = 0; i < n; at = ends[i++]) {
        unsigned width;
        assert_int_equal(aq_cluster_next(s, at, &width), ends[i]);
        for (size_t inside = at; inside < ends[i]; inside++)
            assert_int_equal(aq_cluster_floor(s, inside), at);
        assert_int_equal(aq_cluster_ceiling(s, at), at);
        if (at + 1 < ends[i])
            assert_int_equal(aq_cluster_ceiling(s, at + 1), ends[i]);
    }
    assert_int_equal(aq_cluster_floor(s, s.len), s.len);
}

/* What no script has is parted: no text makes a window as long as it likes. */
static void a_heap_of_marks_is_parted(void **state)
{
    (void)state;
    char text[1024] = "a";
    for (int i = 0; i < 200; i++)
        strcat(text, "\xCC\x81");
    struct aq_slice s = aq_slice_str(text);
    unsigned width;
    size_t clusters = 0;
    for (size_t at = 0; at < s.len; at = aq_cluster_next(s, at, &width))
        clusters++;
    assert_int_equal(clusters, 4);
    assert_int_equal(aq_cluster_floor(s, 21), 0);
    assert_int_equal(aq_cluster_floor(s, 301), 301);
    assert_int_equal(aq_cluster_floor(s, 302), 301);
}

static void widths_are_those_of_a_terminal(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned width;
    } cases[] = {{"a", 1}, {"e\xCC\x81", 1}, {"\xE6\xBC\xA2", 2}, {"\xF0\x9F\x87\xAB\xF0\x9F\x87\xB7", 2}, {"\n", 0}};
    for (size_t i = 0; i < AQ_COUNT(cases); i++) {
        unsigned width;
        assert_int_equal(aq_cluster_next(aq_slice_str(cases[i].text), 0, &width), strlen(cases[i].text));
        assert_int_equal(width, cases[i].width);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(clusters_are_kept_whole),
        cmocka_unit_test(a_heap_of_marks_is_parted),
        cmocka_unit_test(widths_are_those_of_a_terminal),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
