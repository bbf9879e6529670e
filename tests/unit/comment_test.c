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
                               .source = aq_slice_str("forum"),
                               .text = aq_slice_str("# Heading\n\nsaid once\n\ncode(); x"),
                               .format = AQ_FORMAT_MARKDOWN,
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
    assert_slice(a->source, b->source);
    assert_slice(a->text, b->text);
    assert_int_equal(a->format, b->format);
    assert_int_equal(a->passage_count, b->passage_count);
    for (uint32_t i = 0; i < a->passage_count; i++) {
        assert_int_equal(a->passages[i].begin, b->passages[i].begin);
        assert_int_equal(a->passages[i].end, b->passages[i].end);
        assert_int_equal(a->passages[i].quote_depth, b->passages[i].quote_depth);
        assert_int_equal(a->passages[i].flags, b->passages[i].flags);
    }
}

/* Decodes an exact heap copy, so that a read past its end is seen. */
static enum aq_status decode_copy(const uint8_t *bytes, size_t n)
{
    uint8_t *copy = malloc(n ? n : 1);
    assert_non_null(copy);
    if (n)
        memcpy(copy, bytes, n);
    struct aq_arena arena = {0};
    struct aq_comment c;
    struct aq_error err;
    enum aq_status st = aq_comment_decode(&c, aq_slice(copy, n), &arena, &err);
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
    assert_int_equal(aq_comment_decode(&back, aq_slice(b.ptr, b.len), &arena, NULL), AQ_OK);
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

static void a_bare_comment_comes_back_and_costs_five_bytes(void **state)
{
    (void)state;
    struct aq_comment c = {.id = aq_slice_str("x"), .text = aq_slice_str("hello")};
    round_trip(&c);
    struct aq_buf b = {0};
    aq_comment_encode(&b, &c);
    assert_int_equal(b.len, 5 + 5); /* head, id and its length, no passages, rest of the text */
    aq_buf_free(&b);
}

static void every_subset_of_fields_and_format_comes_back(void **state)
{
    (void)state;
    for (unsigned set = 0; set < 16; set++) {
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
            if (set & 8)
                c.source = none;
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

static void every_truncation_and_extension_is_corrupt(void **state)
{
    (void)state;
    struct aq_comment c = sample();
    struct aq_buf b = {0};
    aq_comment_encode(&b, &c);
    for (size_t n = 0; n < b.len; n++)
        assert_int_equal(decode_copy(b.ptr, n), AQ_CORRUPT);
    assert_int_equal(decode_copy(b.ptr, b.len), AQ_OK);
    aq_buf_u8(&b, 'x');
    assert_int_equal(decode_copy(b.ptr, b.len), AQ_CORRUPT);
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

static void a_huge_passage_count_allocates_nothing(void **state)
{
    (void)state;
    /* head, id "", 60,000 passages, and nothing there */
    const uint8_t bytes[] = {0, 0, 0xe0, 0xd4, 0x03};
    struct aq_arena arena = {0};
    struct aq_comment c;
    assert_int_equal(aq_comment_decode(&c, aq_slice(bytes, sizeof bytes), &arena, NULL), AQ_CORRUPT);
    assert_int_equal(arena.total, 0);
}

static void an_error_says_what_is_wrong(void **state)
{
    (void)state;
    struct aq_arena arena = {0};
    struct aq_comment c;
    struct aq_error err = {0};
    assert_int_equal(aq_comment_decode(&c, aq_slice("\xff", 1), &arena, &err), AQ_CORRUPT);
    assert_int_equal(err.status, AQ_CORRUPT);
    assert_non_null(strstr(err.message, "head byte"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_comment_comes_back),
        cmocka_unit_test(a_bare_comment_comes_back_and_costs_five_bytes),
        cmocka_unit_test(every_subset_of_fields_and_format_comes_back),
        cmocka_unit_test(the_deepest_quote_and_the_most_passages_come_back),
        cmocka_unit_test(passages_out_of_order_or_text_are_refused),
        cmocka_unit_test(every_truncation_and_extension_is_corrupt),
        cmocka_unit_test(any_changed_byte_decodes_soundly_or_not_at_all),
        cmocka_unit_test(a_huge_passage_count_allocates_nothing),
        cmocka_unit_test(an_error_says_what_is_wrong),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("comment", tests, NULL, NULL);
}
