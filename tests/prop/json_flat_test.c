/* What json_flat.c accepts, json-c accepts and reads the same: on random objects,
 * whole and damaged. And it accepts what exports are full of. AQ_SEED repeats a run,
 * AQ_ROUNDS lengthens it. */
#include "json_flat.h"

#include "utf8.h"

#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

static uint64_t seed;

static uint32_t random_below(uint32_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)((seed >> 32) % n);
}

static uint32_t rounds(void)
{
    const char *asked = getenv("AQ_ROUNDS");
    return asked ? (uint32_t)strtoul(asked, NULL, 10) : 100000;
}

/* ---- objects ---- */

static const char *const pieces[] = {"a", "word ", "t1_", " and a longer run of text", "\xC3\xA9",
                                     "\xE2\x80\x99", "\xF0\x9F\x99\x82", "'", "/", "{", "[", ",", ":", "\x7F"};
static const char *const escapes[] = {"\\n", "\\\"", "\\\\", "\\/", "\\t", "\\b\\f\\r", "\\u00e9", "\\u2019",
                                      "\\uD83D\\ude42", "\\u0001", "\\uFFFD"};
static const char *const wrong[] = {"\\u0000", "\\uD83D", "\\uDE42", "\\uD83D\\u0041", "\\uD83Dx", "\\x",
                                    "\\u12", "\\u12g4", "\\'", "\n", "\t", "\x01", "\"", "\\"};
static const char *const names[] = {"id", "text", "body", "author", "i", "n\\u0061me", "", "text2", "score"};
static const char *const values[] = {"0", "7", "-1", "1420070400", "999999999999999999",
                                     "-999999999999999999", "null", "true", "false"};
static const char *const others[] = {"-0", "01", "1.5", "1e3", "-", "9223372036854775807",
                                     "9223372036854775808", "1234567890123456789", "18446744073709551616", "-9223372036854775809",
                                     "NaN", "Infinity", "True", "nul", "truer", "[]", "{}", "[1,2]",
                                     "{\"a\":1}", "'x'", "x", "+1", ".5", "0x10", "1 2", ""};
static const char *const spaces[] = {" ", "  ", "\t", "\n", "\r\n"};

#define PUT_ANY(out, list) aq_buf_puts(out, (list)[random_below(AQ_COUNT(list))])

static void random_space(struct aq_buf *out)
{
    if (random_below(4) == 0)
        PUT_ANY(out, spaces);
}

static void random_string(struct aq_buf *out, bool odd)
{
    aq_buf_u8(out, '"');
    for (uint32_t n = random_below(12); n; n--) {
        if (odd && random_below(8) == 0)
            PUT_ANY(out, wrong);
        else if (random_below(4) == 0)
            PUT_ANY(out, escapes);
        else
            PUT_ANY(out, pieces);
    }
    aq_buf_u8(out, '"');
}

/* odd: now and then with something in it that json_flat.c leaves alone. */
static void random_object(struct aq_buf *out, bool odd)
{
    uint32_t n = 1 + random_below(AQ_COUNT(names));
    random_space(out);
    aq_buf_u8(out, '{');
    for (uint32_t i = 0; i < n; i++) {
        if (i)
            aq_buf_u8(out, ',');
        random_space(out);
        if (odd && random_below(16) == 0)
            random_string(out, odd);
        else
            aq_buf_printf(out, "\"%s\"", names[odd ? random_below(AQ_COUNT(names)) : i]);
        random_space(out);
        aq_buf_u8(out, ':');
        random_space(out);
        if (random_below(2))
            random_string(out, odd);
        else if (odd && random_below(4) == 0)
            PUT_ANY(out, others);
        else
            PUT_ANY(out, values);
        random_space(out);
    }
    aq_buf_u8(out, '}');
    random_space(out);
}

/* A byte changed, dropped or doubled, or the end cut off; still UTF-8 without NUL. */
static void damage(struct aq_buf *b)
{
    static const char bytes[] = "\"\\{}[]:,.-0179eut/ \n\x01";
    size_t at = random_below((uint32_t)b->len);
    switch (random_below(4)) {
    case 0:
        b->ptr[at] = (uint8_t)bytes[random_below(sizeof bytes - 1)];
        break;
    case 1:
        memmove(b->ptr + at, b->ptr + at + 1, b->len - at - 1);
        b->len--;
        break;
    case 2:
        aq_buf_u8(b, ' ');
        memmove(b->ptr + at + 1, b->ptr + at, b->len - at - 1);
        break;
    default:
        b->len = at;
        break;
    }
}

/* ---- json-c's reading ---- */

static void compare_value(const struct aq_value *v, struct json_object *theirs)
{
    switch (v->kind) {
    case AQ_VALUE_STRING:
        assert_true(json_object_is_type(theirs, json_type_string));
        if (!aq_slice_eq(v->string, aq_slice(json_object_get_string(theirs),
                                             (size_t)json_object_get_string_len(theirs))))
            fail_msg("json-c reads '%s', not '%.*s'", json_object_get_string(theirs), (int)v->string.len,
                     (const char *)v->string.ptr);
        break;
    case AQ_VALUE_INTEGER:
        assert_true(json_object_is_type(theirs, json_type_int));
        assert_int_equal(v->integer, json_object_get_int64(theirs));
        break;
    default:
        assert_int_equal(v->kind, AQ_VALUE_NONE);
        assert_true(!theirs || json_object_is_type(theirs, json_type_boolean));
        break;
    }
}

static void compare(const struct aq_json_flat *flat, struct aq_slice text)
{
    struct json_tokener *tokener = json_tokener_new();
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    struct json_object *o = json_tokener_parse_ex(tokener, (const char *)text.ptr, (int)text.len);
    assert_non_null(o);
    assert_true(json_object_is_type(o, json_type_object));
    assert_int_equal(flat->count, json_object_object_length(o));
    for (size_t i = 0; i < flat->count; i++) {
        char name[256];
        struct json_object *theirs;
        assert_true(flat->members[i].name.len < sizeof name);
        memcpy(name, flat->members[i].name.ptr, flat->members[i].name.len);
        name[flat->members[i].name.len] = 0;
        if (!json_object_object_get_ex(o, name, &theirs))
            fail_msg("json-c has no member %s in %.*s", name, (int)text.len, (const char *)text.ptr);
        compare_value(&flat->members[i].value, theirs);
    }
    json_object_put(o);
    json_tokener_free(tokener);
}

/* ---- tests ---- */

/* Text at the very end of its memory, so that a byte read too many is found. */
static struct aq_slice exact_copy(const struct aq_buf *b)
{
    uint8_t *copy = malloc(b->len + (b->len == 0));
    assert_non_null(copy);
    memcpy(copy, b->ptr, b->len);
    return aq_slice(copy, b->len);
}

static void whole_objects_are_read_as_json_c_reads_them(void **state)
{
    (void)state;
    struct aq_json_flat flat = {0};
    struct aq_buf b = {0};
    for (uint32_t i = rounds() / 4; i; i--) {
        aq_buf_clear(&b);
        random_object(&b, false);
        struct aq_slice text = exact_copy(&b);
        if (!aq_json_flat_read(&flat, text))
            fail_msg("not accepted: %.*s", (int)text.len, (const char *)text.ptr);
        compare(&flat, text);
        free((void *)(uintptr_t)text.ptr);
    }
    aq_buf_free(&b);
    aq_json_flat_free(&flat);
}

static void what_is_accepted_of_damaged_ones_json_c_reads_the_same(void **state)
{
    (void)state;
    struct aq_json_flat flat = {0};
    struct aq_buf b = {0};
    uint32_t accepted = 0, refused = 0;
    for (uint32_t i = rounds(); i; i--) {
        aq_buf_clear(&b);
        random_object(&b, true);
        for (uint32_t n = random_below(3); n && b.len; n--)
            damage(&b);
        struct aq_slice text = exact_copy(&b);
        if (aq_utf8_valid(text) == text.len) {
            bool read = aq_json_flat_read(&flat, text);
            accepted += read;
            refused += !read;
            if (read)
                compare(&flat, text);
        }
        free((void *)(uintptr_t)text.ptr);
    }
    assert_true(accepted > refused / 20);
    assert_true(refused > accepted / 20);
    aq_buf_free(&b);
    aq_json_flat_free(&flat);
}

static bool accepts(const char *text)
{
    struct aq_json_flat flat = {0};
    bool read = aq_json_flat_read(&flat, aq_slice_str(text));
    aq_json_flat_free(&flat);
    return read;
}

static void what_it_does_not_know_is_left_alone(void **state)
{
    (void)state;
    assert_true(accepts("{\"id\": \"a\", \"n\": -12}"));
    assert_false(accepts(""));
    assert_false(accepts("{}"));
    assert_false(accepts("[{\"id\": \"a\"}]"));
    assert_false(accepts("{\"id\": \"a\"} x"));
    assert_false(accepts("{\"id\": \"a\"}{\"id\": \"b\"}"));
    assert_false(accepts("{\"id\": \"a\",}"));
    assert_false(accepts("{\"id\": \"a\""));
    assert_false(accepts("{\"id\": \"a\", \"id\": \"b\"}"));
    assert_false(accepts("{\"id\": \"a\", \"i\\u0064\": \"b\"}"));
    assert_false(accepts("{\"id\": 1.5}"));
    assert_false(accepts("{\"id\": 1234567890123456789}"));
    assert_false(accepts("{\"id\": -0}"));
    assert_false(accepts("{\"text\": \"\\u0000\"}"));
    assert_false(accepts("{\"text\": \"\\ud83d\"}"));
    assert_false(accepts("{\"text\": \"\\ud836\\ude42\"}"));
    assert_false(accepts("{\"text\": \"\\ude42\\ud83d\"}"));
    assert_false(accepts("{\"children\": []}"));
}

static void as_many_members_as_there_is_room_for(void **state)
{
    (void)state;
    for (unsigned n = AQ_FLAT_MEMBERS - 1; n <= AQ_FLAT_MEMBERS + 1; n++) {
        struct aq_json_flat flat = {0};
        struct aq_buf b = {0};
        for (unsigned i = 0; i < n; i++)
            aq_buf_printf(&b, "%s\"member %u\": %u", i ? ", " : "{", i, i);
        aq_buf_puts(&b, "}");
        struct aq_slice text = aq_slice(b.ptr, b.len);
        assert_int_equal(aq_json_flat_read(&flat, text), n <= AQ_FLAT_MEMBERS);
        if (n <= AQ_FLAT_MEMBERS)
            compare(&flat, text);
        aq_buf_free(&b);
        aq_json_flat_free(&flat);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_objects_are_read_as_json_c_reads_them),
        cmocka_unit_test(what_is_accepted_of_damaged_ones_json_c_reads_the_same),
        cmocka_unit_test(what_it_does_not_know_is_left_alone),
        cmocka_unit_test(as_many_members_as_there_is_room_for),
    };
    const char *asked = getenv("AQ_SEED");
    seed = asked ? strtoull(asked, NULL, 10) : (uint64_t)time(NULL) * 2654435761u;
    seed += seed == 0;
    printf("# AQ_SEED=%llu\n", (unsigned long long)seed);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("flat JSON properties", tests, NULL, NULL);
}
