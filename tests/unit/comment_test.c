/* The stored form of a comment: what goes in comes out, and nothing else does. */
#include "comment.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct aq_passage THREE[] = {
    {0, 9, 0, AQ_PASSAGE_TITLED | AQ_PASSAGE_HEADING}, {11, 20, 2, 0}, {22, 31, 0, AQ_PASSAGE_CODE}};

static struct aq_comment sample(void)
{
    return (struct aq_comment){.id = aq_slice_str("c-17"),
                               .parent = aq_slice_str("c-3"),
                               .title = aq_slice_str("On titles"),
                               .url = aq_slice_str("https://example.org/17"),
                               .text = aq_slice_str("# Heading\n\nsaid once\n\ncode(); x"),
                               .format = AQ_FORMAT_MARKDOWN,
                               .marks = AQ_COMMENT_CODE,
                               .passages = THREE,
                               .passage_count = 3};
}

static void assert_slice(struct aq_slice a, struct aq_slice b)
{
    assert_true(aq_slice_eq(a, b));
}

static void assert_comment(const struct aq_comment *a, const struct aq_comment *b)
{
    assert_slice(a->id, b->id);
    assert_slice(a->parent, b->parent);
    assert_slice(a->title, b->title);
    assert_slice(a->url, b->url);
    assert_slice(a->text, b->text);
    assert_int_equal(a->format, b->format);
    assert_int_equal(a->marks, b->marks);
    assert_int_equal(a->passage_count, b->passage_count);
    for (uint32_t i = 0; i < a->passage_count; i++) {
        assert_int_equal(a->passages[i].begin, b->passages[i].begin);
        assert_int_equal(a->passages[i].end, b->passages[i].end);
        assert_int_equal(a->passages[i].quote_depth, b->passages[i].quote_depth);
        assert_int_equal(a->passages[i].flags, b->passages[i].flags);
    }
}

/* Decodes an exact heap copy, so that a read past its end is seen. */
static const struct aq_slice ID = {(const uint8_t *)"c-17", 4};

static enum aq_status decode_copy(const uint8_t *bytes, size_t n)
{
    uint8_t *copy = malloc(n ? n : 1);
    assert_non_null(copy);
    if (n)
        memcpy(copy, bytes, n);
    struct aq_arena arena = {0};
    struct aq_comment c;
    struct aq_error err;
    enum aq_status st = aq_comment_decode(&c, aq_slice(copy, n), ID, &arena, &err);
    if (st == AQ_OK)
        for (uint32_t i = 0; i < c.passage_count; i++)
            assert_true(c.passages[i].begin <= c.passages[i].end && c.passages[i].end <= c.text.len);
    aq_arena_free(&arena);
    free(copy);
    return st;
}

static void round_trip(const struct aq_comment *c)
{
    struct aq_buf b = {0};
    struct aq_arena arena = {0};
    struct aq_comment back;
    aq_comment_encode(&b, c);
    assert_false(b.failed);
    assert_int_equal(aq_comment_decode(&back, aq_slice(b.ptr, b.len), c->id, &arena, NULL), AQ_OK);
    assert_comment(c, &back);
    aq_arena_free(&arena);
    aq_buf_free(&b);
}

static void a_full_comment_comes_back(void **state)
{
    (void)state;
    struct aq_comment c = sample();
    round_trip(&c);
}

static void a_bare_comment_comes_back_and_costs_two_bytes(void **state)
{
    (void)state;
    struct aq_comment c = {.id = aq_slice_str("x"), .text = aq_slice_str("hello")};
    round_trip(&c);
    struct aq_buf b = {0};
    aq_comment_encode(&b, &c);
    assert_int_equal(b.len, 2 + 5); /* head, no passages but a rest */
    aq_buf_free(&b);
}

static void every_subset_of_fields_and_format_comes_back(void **state)
{
    (void)state;
    for (unsigned set = 0; set < 32; set++) {
        for (uint8_t format = AQ_FORMAT_TEXT; format <= AQ_FORMAT_HTML; format++) {
            struct aq_comment c = sample();
            struct aq_slice none = {0};
            c.format = format;
            if (set & 1)
                c.parent = none;
            if (set & 2)
                c.title = none;
            if (set & 4)
                c.url = none;
            c.marks = (uint8_t)(set >> 3);
            round_trip(&c);
        }
    }
}

static void the_deepest_quote_and_the_most_passages_come_back(void **state)
{
    (void)state;
    struct aq_passage *many = calloc(AQ_MAX_PASSAGES, sizeof *many);
    char *text = malloc(AQ_MAX_PASSAGES * 2);
    assert_non_null(many);
    assert_non_null(text);
    memset(text, 'a', AQ_MAX_PASSAGES * 2);
    for (uint32_t i = 0; i < AQ_MAX_PASSAGES; i++)
        many[i] = (struct aq_passage){i * 2, i * 2 + 1, (uint8_t)i, (uint8_t)(i & 7)};
    struct aq_comment c = {.id = aq_slice_str("x"),
                           .text = aq_slice(text, AQ_MAX_PASSAGES * 2),
                           .passages = many,
                           .passage_count = AQ_MAX_PASSAGES};
    round_trip(&c);
    free(many);
    free(text);
}

static void passages_out_of_order_or_text_are_refused(void **state)
{
    (void)state;
    const struct aq_passage wrong[][2] = {
        {{0, 5, 0, 0}, {4, 6, 0, 0}}, {{0, 5, 0, 0}, {7, 6, 0, 0}}, {{0, 5, 0, 0}, {5, 32, 0, 0}}, {{0, 5, 0, 8}, {5, 6, 0, 0}}};
    for (size_t i = 0; i < AQ_COUNT(wrong); i++) {
        struct aq_comment c = sample();
        struct aq_buf b = {0};
        c.passages = wrong[i];
        c.passage_count = 2;
        aq_comment_encode(&b, &c);
        assert_true(b.failed);
        aq_buf_free(&b);
    }
}

static void a_comment_of_one_passage_costs_its_head(void **state)
{
    (void)state;
    const struct aq_passage all = {0, 5, 0, 0};
    struct aq_comment c = {.id = ID, .parent = aq_slice_str("c-12"), .text = aq_slice_str("hello"), .passages = &all,
                           .passage_count = 1};
    struct aq_buf b = {0};
    round_trip(&c);
    aq_comment_encode(&b, &c);
    assert_int_equal(b.len, 2 + 5); /* head, and "five less" */
    aq_buf_free(&b);
}

static void a_passage_that_ends_with_the_text_or_before_it_comes_back(void **state)
{
    (void)state;
    const struct aq_passage before[] = {{0, 2, 0, 0}, {2, 4, 1, 0}}, with[] = {{0, 2, 0, 0}, {3, 5, 1, 0}},
                            empty[] = {{0, 5, 0, 0}, {5, 5, 0, AQ_PASSAGE_TITLED}}, late[] = {{1, 5, 0, 0}};
    const struct {
        const struct aq_passage *passages;
        uint32_t count;
    } cases[] = {{before, 2}, {with, 2}, {empty, 2}, {late, 1}, {before, 1}, {NULL, 0}};
    for (size_t i = 0; i < AQ_COUNT(cases); i++) {
        struct aq_comment c = {.id = ID, .text = aq_slice_str("hello"), .passages = cases[i].passages,
                               .passage_count = cases[i].count};
        round_trip(&c);
    }
    const struct aq_passage none = {0};
    struct aq_comment silent = {.id = ID, .passages = &none, .passage_count = 1};
    round_trip(&silent);
    silent.passage_count = 0;
    round_trip(&silent);
}

/* The frame knows where a record ends: a text cut inside its last passage is a text. */
static void a_record_cut_before_its_last_passage_is_corrupt(void **state)
{
    (void)state;
    struct aq_comment c = sample();
    struct aq_buf b = {0};
    aq_comment_encode(&b, &c);
    size_t text = b.len - c.text.len;
    for (size_t n = 0; n < text + THREE[2].begin; n++)
        assert_int_equal(decode_copy(b.ptr, n), AQ_CORRUPT);
    for (size_t n = text + THREE[2].begin; n <= b.len; n++)
        assert_int_equal(decode_copy(b.ptr, n), AQ_OK);
    /* With a rest behind the last passage there is a byte of it. */
    aq_buf_clear(&b);
    c.passage_count = 2;
    aq_comment_encode(&b, &c);
    text = b.len - c.text.len;
    for (size_t n = 0; n <= text + THREE[1].end; n++)
        assert_int_equal(decode_copy(b.ptr, n), AQ_CORRUPT);
    assert_int_equal(decode_copy(b.ptr, text + THREE[1].end + 1), AQ_OK);
    aq_buf_free(&b);
}

static void a_parent_is_told_by_the_id_alone(void **state)
{
    (void)state;
    struct aq_comment c = sample(), back;
    struct aq_buf b = {0};
    struct aq_arena arena = {0};
    aq_comment_encode(&b, &c); /* "c-3" of "c-17": two bytes less, one other */
    assert_int_equal(aq_comment_decode(&back, aq_slice(b.ptr, b.len), aq_slice_str("x"), &arena, NULL), AQ_CORRUPT);
    assert_int_equal(aq_comment_decode(&back, aq_slice(b.ptr, b.len), aq_slice_str("post-99"), &arena, NULL), AQ_OK);
    assert_slice(back.parent, aq_slice_str("post-3"));
    aq_arena_free(&arena);
    aq_buf_free(&b);
}

static void any_changed_byte_decodes_soundly_or_not_at_all(void **state)
{
    (void)state;
    struct aq_comment c = sample();
    struct aq_buf b = {0};
    aq_comment_encode(&b, &c);
    for (size_t i = 0; i < b.len; i++) {
        uint8_t was = b.ptr[i];
        for (unsigned v = 0; v < 256; v++) {
            b.ptr[i] = (uint8_t)v;
            enum aq_status st = decode_copy(b.ptr, b.len);
            assert_true(st == AQ_OK || st == AQ_CORRUPT);
        }
        b.ptr[i] = was;
    }
    aq_buf_free(&b);
}

static void unknown_marks_are_refused(void **state)
{
    (void)state;
    struct aq_comment c = sample();
    struct aq_buf b = {0};
    c.marks = 4;
    aq_comment_encode(&b, &c);
    assert_true(b.failed);
    aq_buf_free(&b);
}

static void addresses_in_the_text_are_links(void **state)
{
    static const char *const links[] = {"http://a", "see HTTPS://x.org/.", "(http://x)", "\"https://\xC3\xA4.de\"",
                                        "http://[::1]/", "ftp://x http://y", "a_http://b", "x:// https://y"},
        *const none[] = {"", "http", "http://", "http:// x", "xhttp://y", "ftp://x", "://x", "s://x", "ttps://x",
                         "https:/x", "http:///x", "8https://y", "www.example.org", "http://)"};
    (void)state;
    for (size_t i = 0; i < AQ_COUNT(links); i++) {
        const struct aq_comment c = {.text = aq_slice_str(links[i])};
        if (aq_comment_shown_marks(&c) != AQ_COMMENT_LINK)
            fail_msg("no link: %s", links[i]);
    }
    for (size_t i = 0; i < AQ_COUNT(none); i++) {
        const struct aq_comment c = {.text = aq_slice_str(none[i])};
        if (aq_comment_shown_marks(&c) != 0)
            fail_msg("a link: %s", none[i]);
    }
}

static void passages_with_code_are_code(void **state)
{
    (void)state;
    struct aq_comment c = sample();
    assert_int_equal(aq_comment_shown_marks(&c), AQ_COMMENT_CODE);
    c.passage_count = 2;
    assert_int_equal(aq_comment_shown_marks(&c), 0);
}

static void a_huge_passage_count_allocates_nothing(void **state)
{
    (void)state;
    /* head, 60,000 passages, and nothing there */
    const uint8_t bytes[] = {0, 0xc0, 0xa9, 0x07};
    struct aq_arena arena = {0};
    struct aq_comment c;
    assert_int_equal(aq_comment_decode(&c, aq_slice(bytes, sizeof bytes), ID, &arena, NULL), AQ_CORRUPT);
    assert_int_equal(arena.total, 0);
}

static void an_error_says_what_is_wrong(void **state)
{
    (void)state;
    struct aq_arena arena = {0};
    struct aq_comment c;
    struct aq_error err = {0};
    assert_int_equal(aq_comment_decode(&c, aq_slice("\xff", 1), ID, &arena, &err), AQ_CORRUPT);
    assert_int_equal(err.status, AQ_CORRUPT);
    assert_non_null(strstr(err.message, "head byte"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_comment_comes_back),
        cmocka_unit_test(a_bare_comment_comes_back_and_costs_two_bytes),
        cmocka_unit_test(every_subset_of_fields_and_format_comes_back),
        cmocka_unit_test(the_deepest_quote_and_the_most_passages_come_back),
        cmocka_unit_test(passages_out_of_order_or_text_are_refused),
        cmocka_unit_test(a_comment_of_one_passage_costs_its_head),
        cmocka_unit_test(a_passage_that_ends_with_the_text_or_before_it_comes_back),
        cmocka_unit_test(a_record_cut_before_its_last_passage_is_corrupt),
        cmocka_unit_test(a_parent_is_told_by_the_id_alone),
        cmocka_unit_test(any_changed_byte_decodes_soundly_or_not_at_all),
        cmocka_unit_test(unknown_marks_are_refused),
        cmocka_unit_test(addresses_in_the_text_are_links),
        cmocka_unit_test(passages_with_code_are_code),
        cmocka_unit_test(a_huge_passage_count_allocates_nothing),
        cmocka_unit_test(an_error_says_what_is_wrong),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("comment", tests, NULL, NULL);
}
