/* malformed_test.c - broken, hostile and random input: every case has its expected
 * outcome, and whatever comes in, what comes out is valid UTF-8, in order and
 * counted. AQ_SEED sets the mutations' seed, AQ_SECONDS their time for each reader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../input_fixture.h"

#include <inttypes.h>
#include <time.h>
#include <zlib.h>
#include <zstd.h>

/* ---- helpers ---- */

static void check_counts(const struct reading *r)
{
    size_t skipped = 0;
    for (size_t i = 0; i < r->problem_count; i++)
        skipped += r->problems[i].skipped;
    assert_int_equal(r->progress.records, r->count);
    assert_int_equal(r->progress.skipped, skipped);
    assert_true(r->progress.repaired <= r->count + skipped);
    assert_int_equal(r->invalid, 0);
}

/* What the bytes come out as: records, skipped, a word of the first reason. */
static void expect_bytes(const char *name, const void *bytes, size_t n, size_t records, size_t skipped,
                         const char *reason)
{
    struct reading r = read_bytes(name, bytes, n, NULL);
    if (r.status)
        fail_msg("%s: %s", name, r.message);
    check_counts(&r);
    if (r.count != records || r.progress.skipped != skipped)
        fail_msg("%.*s: %zu records and %d skipped, not %zu and %zu (%s)", (int)(n < 60 ? n : 60),
                 (const char *)bytes, r.count, (int)r.progress.skipped, records, skipped,
                 r.problem_count ? r.problems[0].reason : "no problem");
    if (reason && (!r.problem_count || !strstr(r.problems[0].reason, reason)))
        fail_msg("%.*s: \"%s\" does not say \"%s\"", (int)(n < 60 ? n : 60), (const char *)bytes,
                 r.problem_count ? r.problems[0].reason : "no problem", reason);
    reading_free(&r);
}

static void expect(const char *name, const char *text, size_t records, size_t skipped, const char *reason)
{
    expect_bytes(name, text, strlen(text), records, skipped, reason);
}

static void repeat(struct aq_buf *b, const char *s, size_t times)
{
    for (size_t i = 0; i < times; i++)
        aq_buf_puts(b, s);
    assert_false(b->failed);
}

static void expect_repeated(const char *name, const char *before, const char *s, size_t times,
                            const char *after, size_t records, size_t skipped, const char *reason)
{
    struct aq_buf b = {0};
    aq_buf_puts(&b, before);
    repeat(&b, s, times);
    aq_buf_puts(&b, after);
    expect_bytes(name, b.ptr, b.len, records, skipped, reason);
    aq_buf_free(&b);
}

typedef enum aq_status converter(struct aq_document *, struct aq_slice, struct aq_error *);

static void converts(converter *convert, const char *before, const char *s, size_t times, const char *after,
                     enum aq_status status, const char *message)
{
    struct aq_buf b = {0};
    struct aq_document d = {0};
    struct aq_error err = {0};
    aq_buf_puts(&b, before);
    repeat(&b, s, times);
    aq_buf_puts(&b, after);
    enum aq_status st = convert(&d, aq_slice(b.ptr, b.len), &err);
    if (st != status)
        fail_msg("%zu times %s: status %d (%s)", times, s, st, err.message);
    if (message && !strstr(err.message, message))
        fail_msg("\"%s\" does not say \"%s\"", err.message, message);
    aq_document_free(&d);
    aq_buf_free(&b);
}

/* ---- JSON ---- */

static void broken_lines_are_skipped_and_the_rest_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *line, *reason;
    } cases[] = {
        {"{\"id\":\"x\",\"text\":\"cut", "ends inside"},
        {"{\"id\":\"x\",\"text\":\"cut off\"", "ends inside"},
        {"{\"id\":\"x\" \"text\":\"no comma\"}", "column"},
        {"{\"id\":\"x\",\"text\":\"comma\",}", "column 26"},
        {"{\"id\":\"x\",\"text\" \"no colon\"}", "column"},
        {"{id:\"x\",\"text\":\"bare name\"}", "column 2"},
        {"{\"id\":\"x\",\"text\":\"two\"} {\"text\":\"values\"}", "column"},
        {"{\"id\":\"x\",\"text\":\"bad \\q escape\"}", "column"},
        {"{\"id\":\"x\",\"text\":\"bad \\u12G4 escape\"}", "column"},
        {"{\"id\":\"x\",\"text\":tru}", "column"},
        {"{\"id\":\"x\",\"text\":\"t\",\"score\":01}", "column"},
        {"{\"id\":\"x\",\"text\":\"t\",\"score\":-}", "column"},
        {"{\"id\":\"x\",\"text\":\"t\"]", "column"},
        {"\"only a string\"", "not a JSON object"},
        {"17", "not a JSON object"},
        {"null", "not a JSON object"},
        {"}", "not a JSON object"},
        {"id,text", "not a JSON object"},
        {"[1]", "not a JSON object"},
        {"{}", "no text, title or id"},
        {"{\"id\":\"x\"}", "neither text nor title"},
        {"{\"id\":\"x\",\"text\":\" \\n\\t\",\"title\":\" \"}", "neither text nor title"},
        {"{\"id\":\"x\",\"text\":{\"no\":\"string\"}}", "neither text nor title"},
    };
    for (size_t i = 0; i < AQ_COUNT(cases); i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "{\"id\":\"a\",\"text\":\"before\"}\n%s\n{\"id\":\"b\",\"text\":\"after\"}\n",
                 cases[i].line);
        struct reading r = read_text("x.jsonl", text);
        check_counts(&r);
        if (r.count != 2 || r.progress.skipped != 1 || r.problems[0].line != 2 || r.problems[0].item != 2)
            fail_msg("%s: %zu records, %zu problems", cases[i].line, r.count, r.problem_count);
        if (!strstr(r.problems[0].reason, cases[i].reason))
            fail_msg("%s: \"%s\" does not say \"%s\"", cases[i].line, r.problems[0].reason, cases[i].reason);
        reading_free(&r);
    }
}

static void odd_but_harmless_json_is_read(void **state)
{
    (void)state;
    expect("x.jsonl", "{\"id\":\"x\",\"id\":\"y\",\"text\":\"twice\"}", 1, 0, NULL);
    expect("x.jsonl", "{\"id\":\"x\",\"text\":\"a\tb\"}", 1, 0, NULL);
    expect("x.jsonl", "{\"id\":\"x\",\"text\":\"t\",\"score\":1e999,\"date\":1e400}", 1, 0, NULL);
    expect("x.jsonl", "{\"id\":\"x\",\"text\":\"t\",\"date\":\"soon\"}", 1, 0, "cannot be read");
    expect("x.jsonl", "{\"id\":\"x\",\"text\":\"t\",\"score\":\"many\"}", 1, 0, "no number");
    expect("x.jsonl", "\r\n \n\n", 0, 0, NULL);
    expect("x.jsonl", "", 0, 0, NULL);
}

static void lone_surrogates_and_nuls_become_replacement_characters(void **state)
{
    (void)state;
    static const struct {
        const char *json, *text;
        size_t problems;
    } cases[] = {
        {"{\"text\":\"a\\ud800b\"}",
         "a\xEF\xBF\xBD"
         "b",
         1},
        {"{\"text\":\"a\\udc00b\"}",
         "a\xEF\xBF\xBD"
         "b",
         1},
        {"{\"text\":\"a\\ud83d\\ude42b\"}",
         "a\xF0\x9F\x99\x82"
         "b",
         0},
        {"{\"text\":\"a\\u0000b\"}",
         "a\xEF\xBF\xBD"
         "b",
         1},
        {"{\"text\":\"a\\\\ud800b\"}", "a\\ud800b", 0},
        {"{\"text\":\"a\\ufffdb\"}",
         "a\xEF\xBF\xBD"
         "b",
         0},
        {"{\"text\":\"a\xFF"
         "b\"}",
         "a\xEF\xBF\xBD"
         "b",
         1},
        {"{\"text\":\"a\xC0\x80"
         "b\"}",
         "a\xEF\xBF\xBD\xEF\xBF\xBD"
         "b",
         1},
        {"{\"text\":\"a\xED\xA0\x80"
         "b\"}",
         "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
         "b",
         1},
        {"{\"text\":\"a\xF4\x90\x80\x80"
         "b\"}",
         "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
         "b",
         1},
        {"{\"text\":\"cut \xE2\x82\"}", "cut \xEF\xBF\xBD", 1},
    };
    for (size_t i = 0; i < AQ_COUNT(cases); i++) {
        struct reading r = read_text("x.jsonl", cases[i].json);
        check_counts(&r);
        assert_int_equal(r.count, 1);
        assert_string_equal(r.records[0].text, cases[i].text);
        if (r.problem_count != cases[i].problems || r.progress.repaired != cases[i].problems)
            fail_msg("%s: %zu problems, %d repaired", cases[i].json, r.problem_count,
                     (int)r.progress.repaired);
        reading_free(&r);
    }
    expect_bytes("x.jsonl", "{\"text\":\"a\0b\"}\n", 15, 1, 0, "replaced by U+FFFD");
}

static void a_bad_record_leaves_nothing_in_the_next(void **state)
{
    (void)state;
    struct reading r = read_text("x.jsonl", "{\"id\":\"1\",\"text\":\"\\ud800\\u12G4\"}\n"
                                            "{\"id\":\"2\",\"text\":\"caf\\u00e9\"}\n");
    check_counts(&r);
    assert_int_equal(r.count, 1);
    assert_string_equal(r.records[0].text, "caf\xC3\xA9");
    reading_free(&r);
}

static void deep_nesting_is_refused_without_recursion(void **state)
{
    (void)state;
    expect_repeated("x.jsonl", "{\"id\":\"a\",\"text\":\"t\"}\n", "[", 100000,
                    "\n{\"id\":\"b\",\"text\":\"t\"}\n", 2, 1, "nested deeper than 256");
    expect_repeated("x.jsonl", "{\"id\":\"a\",\"text\":\"t\"}\n{\"x\":", "{\"a\":", 100000,
                    "\n{\"id\":\"b\",\"text\":\"t\"}\n", 2, 1, "nested deeper than 256");
    /* laid out in any way, the brackets of the first value swallow the file */
    expect_repeated("x.json", "", "[", 100000, "", 0, 1, "ends inside");
    expect_repeated("x.json", "", "[{\"a\":\n", 1000, "1", 0, 1, NULL);
    expect_repeated("x.jsonl", "{\"id\":\"a\",\"text\":\"t\",\"deep\":", "[", 250, "1", 0, 1, "ends inside");
    struct aq_buf b = {0};
    aq_buf_puts(&b, "{\"id\":\"a\",\"text\":\"t\",\"deep\":");
    repeat(&b, "[", 250);
    repeat(&b, "]", 250);
    aq_buf_puts(&b, "}");
    expect_bytes("x.jsonl", b.ptr, b.len, 1, 0, NULL);
    aq_buf_free(&b);
}

static void records_beyond_the_limit_are_passed_over(void **state)
{
    (void)state;
    struct aq_buf b = {0};
    aq_buf_puts(&b, "{\"id\":\"a\",\"text\":\"before\"}\n{\"id\":\"b\",\"text\":\"");
    while (b.len < AQ_MAX_RECORD + 1000)
        repeat(&b, "long long long long long long long long long long ", 10000);
    aq_buf_puts(&b, "\"}\n{\"id\":\"c\",\"text\":\"after\"}\n");
    expect_bytes("x.jsonl", b.ptr, b.len, 2, 1, "longer than 16 MB");
    expect_bytes("x.md", b.ptr, b.len, 0, 1, "longer than 16 MB");
    expect_bytes("x.txt", b.ptr, b.len, 2, 1, "longer than 16 MB");
    /* the same in an array */
    b.ptr[0] = '[';
    aq_buf_clear(&b);
    aq_buf_puts(&b, "[{\"id\":\"a\",\"text\":\"before\"},\n{\"id\":\"b\",\"text\":\"");
    while (b.len < AQ_MAX_RECORD + 1000)
        repeat(&b, "long long long long long long long long long long ", 10000);
    aq_buf_puts(&b, "\"},\n{\"id\":\"c\",\"text\":\"after\"}]\n");
    expect_bytes("x.json", b.ptr, b.len, 2, 1, "longer than 16 MB");
    aq_buf_free(&b);
}

static void millions_of_values_in_a_record_are_refused(void **state)
{
    (void)state;
    expect_repeated("x.jsonl", "{\"id\":\"a\",\"text\":\"t\",\"n\":[", "0,", 3000000,
                    "0]}\n{\"id\":\"b\",\"text\":\"t\"}", 1, 1, "values");
}

static void a_broken_element_does_not_take_the_array_with_it(void **state)
{
    (void)state;
    /* a quote is missing: on to the next line that begins as this one did */
    expect("x.json",
           "[\n  {\"id\": \"a\", \"text\": \"x\"},\n  {\"id\": \"b,\n   \"text\": \"y\",\n   \"u\": {\"v\": "
           "1}},\n  {\"id\": \"c\", \"text\": \"z\"}\n]",
           2, 1, "quote or bracket is missing at or before line 3");
    /* a brace is missing: the next one cannot stand where it does */
    expect("x.json",
           "[\n{\"id\": \"a\", \"text\": \"x\"},\n{\"id\": \"b\", \"text\": \"y\",\n{\"id\": \"c\", "
           "\"text\": \"z\"}\n]",
           2, 1, "missing");
    expect("x.json", "[{\"id\":\"a\",\"text\":\"x\",},\n{\"id\":\"b\",\"text\":\"y\"}]", 1, 1, "column");
    expect("x.json", "[{\"id\":\"a\",\"text\":\"x\"}, 3, \"s\", null, {\"id\":\"b\",\"text\":\"y\"}]", 2, 1,
           "not a JSON object");
    expect("x.json", "[{\"id\":\"a\",\"text\":\"x\"},{\"id\":\"b\",\"te", 1, 1, "ends inside");
    expect("x.json", "[{\"id\":\"a\",\"text\":\"x\"}", 1, 0, NULL);
    expect("x.json", "[{\"id\":\"a\",\"text\":\"x\"}]]}],}{", 1, 1, "ends inside");
    expect("x.json", "{\"hits\": 3}", 0, 1, "no text, title or id");
}

/* ---- compressed streams ---- */

static void cut_off_streams_give_what_came_before_and_an_error(void **state)
{
    (void)state;
    struct aq_buf text = {0};
    for (int i = 0; i < 20000; i++)
        aq_buf_printf(&text, "{\"id\":\"%d\",\"text\":\"%x\"}\n", i, i * 2654435761u);
    size_t room = text.len + 1000;
    uint8_t *gz = malloc(room), *zst = malloc(room);
    z_stream z = {0};
    deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    z.next_in = text.ptr;
    z.avail_in = (uInt)text.len;
    z.next_out = gz;
    z.avail_out = (uInt)room;
    deflate(&z, Z_FINISH);
    size_t gz_len = room - z.avail_out, zst_len = ZSTD_compress(zst, room, text.ptr, text.len, 3);
    deflateEnd(&z);
    for (size_t part = 1; part < 10; part++) {
        const struct {
            const uint8_t *p;
            size_t n;
        } cases[] = {
            {gz, gz_len * part / 10}, {zst, zst_len * part / 10}, {gz, gz_len - part}, {zst, zst_len - part}};
        for (size_t i = 0; i < AQ_COUNT(cases); i++) {
            struct reading r = read_bytes("x.jsonl", cases[i].p, cases[i].n, NULL);
            assert_int_equal(r.status, AQ_INVALID);
            assert_non_null(strstr(r.message, "cut off"));
            assert_non_null(strstr(r.message, "x.jsonl"));
            assert_int_equal(r.invalid, 0);
            reading_free(&r);
        }
    }
    gz[gz_len / 2] ^= 0x55;
    gz[gz_len / 2 + 1] ^= 0xFF;
    zst[zst_len / 2] ^= 0x55;
    struct reading r = read_bytes("x.jsonl", gz, gz_len, NULL);
    assert_int_equal(r.status, AQ_INVALID);
    assert_non_null(strstr(r.message, "broken"));
    reading_free(&r);
    r = read_bytes("x.jsonl", zst, zst_len, NULL);
    assert_true(r.status == AQ_INVALID ||
                r.status == AQ_OK); /* without a checksum some flips only change text */
    reading_free(&r);
    free(gz);
    free(zst);
    aq_buf_free(&text);
}

static void a_decompression_bomb_costs_time_not_memory(void **state)
{
    (void)state;
    size_t n = (size_t)64 << 20, room = n / 100;
    uint8_t *zeros = calloc(n, 1), *packed = malloc(room);
    memset(zeros, 'a', n);
    size_t k = ZSTD_compress(packed, room, zeros, n, 1);
    assert_false(ZSTD_isError(k));
    free(zeros);
    expect_bytes("x.jsonl", packed, k, 0, 1, "longer than 16 MB");
    expect_bytes("x.txt", packed, k, 0, 1, "longer than 16 MB");
    expect_bytes("x.html", packed, k, 0, 1, "longer than 16 MB");
    free(packed);
}

static void empty_and_headless_streams_are_told(void **state)
{
    (void)state;
    struct reading r = read_bytes("x.jsonl", "\x1F\x8B", 2, NULL);
    assert_int_equal(r.status, AQ_INVALID);
    reading_free(&r);
    r = read_bytes("x.jsonl", "\x28\xB5\x2F\xFD", 4, NULL);
    assert_int_equal(r.status, AQ_INVALID);
    reading_free(&r);
    expect("x.txt", "", 0, 0, NULL);
    expect("x.md", "", 0, 1, "empty");
    expect("x.html", " \n", 0, 1, "empty");
}

/* ---- bodies ---- */

static void nesting_has_a_limit_in_every_format(void **state)
{
    (void)state;
    converts(aq_document_from_html, "x\n", "<blockquote>", 100000, "y", AQ_LIMIT,
             "deeper than 256 at line 2");
    converts(aq_document_from_html, "", "<ul><li>", 100000, "y", AQ_LIMIT, "deeper than 256");
    converts(aq_document_from_html, "", "<b>", 100000, "y", AQ_LIMIT, "deeper than 256");
    converts(aq_document_from_html, "", "<table><tr><td>", 100000, "y", AQ_LIMIT, "deeper than 256");
    converts(aq_document_from_markdown, "x\n\n", "> ", 100000, "y", AQ_LIMIT, "deeper than 256 at line 3");
    converts(aq_document_from_markdown, "", "- ", 100000, "y", AQ_LIMIT, "deeper than 256 at line 1");
    converts(aq_document_from_markdown, "", "1. ", 100000, "y", AQ_LIMIT, "deeper than 256");
    converts(aq_document_from_markdown, "", "[quote]\n", 100000, "", AQ_OK, NULL);
    converts(aq_document_from_text, "", "> ", 100000, "y", AQ_OK, NULL);
    converts(aq_document_from_text, "", "[quote]\n", 100000, "y", AQ_OK, NULL);
    struct aq_buf b = {0};
    repeat(&b, "[quote]\n", 100000);
    repeat(&b, "[/quote]\n", 100000);
    aq_buf_u8(&b, 0);
    converts(aq_document_from_text, (const char *)b.ptr, "", 0, "", AQ_LIMIT, "deeper than 256 at line 257");
    converts(aq_document_from_markdown, (const char *)b.ptr, "", 0, "", AQ_LIMIT, "deeper than 256");
    aq_buf_free(&b);
    converts(aq_document_from_markdown, "", "> ", 200, "y", AQ_OK, NULL);
    converts(aq_document_from_markdown, "", "* ", 1000, "", AQ_OK, NULL); /* a rule */
    converts(aq_document_from_html, "", "<blockquote>", 200, "y", AQ_OK, NULL);
}

/* Each takes a moment only; a quadratic reader would run for minutes. */
static void markup_made_to_take_long_does_not(void **state)
{
    (void)state;
    static const char *const anything[] = {"<",          "&",        "[",
                                           "](",         "![",       "*a **a ",
                                           "`",          "``a`",     "<!--",
                                           "<a ",        "$a ",      "~~a",
                                           "\\",         "http://a", "www.",
                                           "_a__",       "***",      "|a",
                                           "|-\n",       "\n\n- ",   ">\n",
                                           "[a]: b\n",   "```\n",    "    a\n\n",
                                           "- \n",       "]]>",      "<![CDATA[",
                                           "<?",         "<p>",      "</b>",
                                           "&#x41;",     "[quote=",  "[quote]a[/quote]",
                                           "a|b\n-|-\n", "\r",       ">From a\n",
                                           "1.\n",       "\t",       "=\n",
                                           "~~~\n```\n"};
    for (size_t i = 0; i < AQ_COUNT(anything); i++) {
        size_t times = 200000 / strlen(anything[i]);
        converts(aq_document_from_text, "", anything[i], times, "x", AQ_OK, NULL);
        converts(aq_document_from_markdown, "", anything[i], times, "x", AQ_OK, NULL);
        converts(aq_document_from_html, "", anything[i], times, "x", AQ_OK, NULL);
    }
}

static void a_table_of_many_columns_does_not_unfold(void **state)
{
    (void)state;
    struct aq_buf b = {0};
    struct aq_document d = {0};
    struct aq_error err;
    repeat(&b, "|a", 5000);
    aq_buf_puts(&b, "\n");
    repeat(&b, "|-", 5000);
    aq_buf_puts(&b, "\n");
    repeat(&b, "|\n", 5000);
    assert_int_equal(aq_document_from_markdown(&d, aq_slice(b.ptr, b.len), &err), AQ_OK);
    assert_true(d.text.len < b.len * 20);
    aq_document_free(&d);
    aq_buf_free(&b);
}

static void long_indented_lists_over_empty_lines_are_read_quickly(void **state)
{
    (void)state;
    struct aq_buf b = {0};
    struct aq_document d = {0};
    struct aq_error err;
    for (int i = 0; i < 250; i++)
        aq_buf_printf(&b, "%*s- a\n", i * 2, "");
    repeat(&b, "\n", 2000000);
    assert_int_equal(aq_document_from_markdown(&d, aq_slice(b.ptr, b.len), &err), AQ_OK);
    assert_true(d.count >= 1);
    aq_document_free(&d);
    aq_buf_free(&b);
}

static void files_nested_too_deep_are_still_records(void **state)
{
    (void)state;
    struct aq_buf b = {0};
    repeat(&b, "<div>", 1000);
    aq_buf_puts(&b, "x");
    struct reading r = read_bytes("x.html", b.ptr, b.len, NULL);
    check_counts(&r);
    assert_int_equal(r.count, 1);
    assert_int_equal(r.limits, 1); /* the body is refused where it is parsed in earnest */
    reading_free(&r);
    aq_buf_free(&b);
}

/* ---- mail ---- */

#define FROM "From x@y Mon Jan  2 15:04:05 2006\n"
#define MIME "From: x@y\nSubject: s\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"

static void mailboxes_that_are_none_are_told(void **state)
{
    (void)state;
    expect("x.mbox", "no header here\nat all\n", 0, 1, "no mailbox");
    expect("x.mbox", "", 0, 0, NULL);
    expect("x.mbox", "\n\n\n", 0, 0, NULL);
    expect("x.mbox", FROM, 0, 1, NULL);
    expect("x.mbox", FROM "\n\n" FROM "Subject: s\n\nbody\n", 1, 1, NULL);
    expect("x.mbox", FROM "Subject: only a title", 1, 0, NULL);
}

static void broken_mime_is_read_as_far_as_it_goes(void **state)
{
    (void)state;
    expect("x.mbox", FROM MIME "--b\nContent-Type: text/plain\n\nnever closed\n", 1, 0, NULL);
    expect("x.mbox", FROM MIME "no boundary in sight\n", 1, 0, NULL);
    expect(
        "x.mbox",
        FROM MIME
        "--b\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n!!!! n*t b@se64 \xFF\n--b--\n",
        1, 0, NULL);
    expect("x.mbox",
           FROM MIME "--b\nContent-Type: text/plain; charset=\"no-such-set\"\nContent-Transfer-Encoding: "
                     "quoted-printable\n\n=E9=ZZ=\n--b--\n",
           1, 0, NULL);
    expect("x.mbox", FROM "Subject: =?utf-8?B?////?= =?nope?Q?x?= =?utf-8?q?=ZZ\n\nbody\n", 1, 0, NULL);
    expect("x.mbox", FROM "Subject: s\nDate: whenever\n\nbody\n", 1, 0, "date");
    expect("x.mbox", FROM "From: <<<>>>,;:\nMessage-ID: <>\nReferences: < > <\n\nbody\n", 1, 0, NULL);
    static const char nuls[] = FROM "Subject: a\0b\n\nbo\0dy \xFF\n";
    expect_bytes("x.mbox", nuls, sizeof nuls - 1, 1, 0, NULL);
}

static void mails_made_to_break_a_parser_do_not(void **state)
{
    (void)state;
    expect_repeated("x.mbox", FROM "From: ", "a:", 100000, "\n\nbody\n", 1, 0, NULL);
    expect_repeated("x.mbox", FROM MIME "--b\nContent-Type: message/rfc822\n\nTo: ", "a:", 100000,
                    "\n\nbody\n", 1, 0, NULL);
    expect_repeated("x.mbox", FROM "From: ", "(", 100000, "\n\nbody\n", 1, 0, NULL);
    expect_repeated("x.mbox", FROM "Subject: ", "=?utf-8?q?x?= ", 100000, "\n\nbody\n", 1, 0, NULL);
    expect_repeated("x.mbox", FROM, "X-Header: x\n", 100000, "\nbody\n", 1, 0, NULL);
    expect_repeated("x.mbox", FROM MIME, "--b\n\nx\n", 100000, "", 0, 1, "parts");
    struct aq_buf b = {0};
    aq_buf_puts(&b, FROM "Subject: s\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b0\n\n");
    for (int i = 0; i < 5000; i++)
        aq_buf_printf(&b, "--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n", i, i + 1);
    expect_bytes("x.mbox", b.ptr, b.len, 1, 0, NULL);
    aq_buf_free(&b);
    expect_repeated("x.mbox", FROM "Subject: s\nMIME-Version: 1.0\nContent-Type: message/rfc822\n\n",
                    "Content-Type: message/rfc822\n\n", 5000, "body\n", 1, 0, NULL);
}

/* ---- anything at all ---- */

static uint64_t seed;

static uint64_t next_random(uint64_t *s)
{
    *s += 0x9E3779B97F4A7C15u;
    uint64_t z = *s;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static void binary_junk_is_survived_by_every_reader(void **state)
{
    (void)state;
    static const char *const names[] = {"x.jsonl", "x.json", "x.txt", "x.md", "x.html", "x.mbox"};
    uint64_t s = seed;
    uint8_t junk[5000];
    for (size_t round = 0; round < 20; round++)
        for (size_t i = 0; i < AQ_COUNT(names); i++) {
            for (size_t k = 0; k < sizeof junk; k++)
                junk[k] = (uint8_t)next_random(&s);
            junk[0] = round & 1 ? '{' : 'F'; /* not a compressor's magic */
            struct reading r = read_bytes(names[i], junk, sizeof junk, NULL);
            if (r.status == AQ_OK)
                check_counts(&r);
            assert_int_equal(r.invalid, 0);
            reading_free(&r);
        }
}

static void mutate(struct aq_buf *b, uint64_t *s)
{
    static const char *const pieces[] = {"\"",
                                         "{",
                                         "}",
                                         "[",
                                         "]",
                                         "\\",
                                         "\\ud800",
                                         "\n",
                                         "\n\n",
                                         ",",
                                         ":",
                                         "\xFF",
                                         "\xC0\x80",
                                         "\xED\xA0\x80",
                                         "\xEF\xBB\xBF",
                                         "<",
                                         ">",
                                         "> ",
                                         "&#0;",
                                         "&gt;",
                                         "[quote]",
                                         "[/quote]",
                                         "```\n",
                                         "--b\n",
                                         "\nFrom x 1:1\n",
                                         "- ",
                                         "    ",
                                         "=?x?q?y?=",
                                         "<blockquote>",
                                         "</p>",
                                         "\t"};
    size_t edits = 1 + next_random(s) % 6;
    for (size_t e = 0; e < edits && b->len; e++) {
        size_t at = next_random(s) % b->len, n = next_random(s) % 40;
        if (n > b->len - at)
            n = b->len - at;
        switch (next_random(s) % 6) {
        case 0:
            b->ptr[at] ^= (uint8_t)(1u << next_random(s) % 8);
            break;
        case 1:
            memmove(b->ptr + at, b->ptr + at + n, b->len - at - n);
            b->len -= n;
            break;
        case 2:
            b->len = at;
            break;
        case 3:
            b->ptr[at] = 0;
            break;
        default: {
            const char *piece = pieces[next_random(s) % AQ_COUNT(pieces)];
            size_t k = strlen(piece);
            if (!aq_buf_reserve(b, k))
                return;
            memmove(b->ptr + at + k, b->ptr + at, b->len - at);
            memcpy(b->ptr + at, piece, k);
            b->len += k;
        }
        }
    }
}

static void mutants_are_survived(const char *const *files, size_t count)
{
    const char *seconds = getenv("AQ_SECONDS");
    double limit = seconds ? atof(seconds) : 1.0;
    struct timespec t0, t;
    clock_gettime(CLOCK_MONOTONIC, &t0);
    uint64_t s = seed;
    size_t rounds = 0;
    do {
        const char *name = files[next_random(&s) % count];
        char path[256];
        uint64_t mine = s;
        snprintf(path, sizeof path, FIXTURES "%s", name);
        FILE *f = fopen(path, "rb");
        assert_non_null(f);
        struct aq_buf b = {0};
        uint8_t *to = aq_buf_reserve(&b, 64 << 10);
        b.len = fread(to, 1, 64 << 10, f);
        fclose(f);
        mutate(&b, &s);
        struct reading r = read_bytes(name, b.ptr, b.len, NULL);
        if (r.status != AQ_OK && r.status != AQ_INVALID)
            fail_msg("%s from state %" PRIu64 ": %s", name, mine, r.message);
        if (r.status == AQ_OK)
            check_counts(&r);
        if (r.invalid)
            fail_msg("%s from state %" PRIu64 ": invalid text came out", name, mine);
        reading_free(&r);
        aq_buf_free(&b);
        rounds++;
        clock_gettime(CLOCK_MONOTONIC, &t);
    } while ((double)(t.tv_sec - t0.tv_sec) + (double)(t.tv_nsec - t0.tv_nsec) * 1e-9 < limit);
    print_message("# %zu mutants of %s and others\n", rounds, files[0]);
}

static void mutated_json_is_survived(void **state)
{
    (void)state;
    static const char *const files[] = {
        "forummagnum.jsonl", "ard.jsonl",    "reddit.jsonl", "hackernews.jsonl", "discourse.jsonl",
        "pretty.json",       "wrapped.json", "tree.json",    "listing.json",     "topic.json"};
    mutants_are_survived(files, AQ_COUNT(files));
}

static void mutated_text_is_survived(void **state)
{
    (void)state;
    static const char *const files[] = {"thread.txt", "lines.txt"};
    mutants_are_survived(files, AQ_COUNT(files));
}

static void mutated_markdown_is_survived(void **state)
{
    (void)state;
    static const char *const files[] = {"notes.md", "plain.md", "rich.md"};
    mutants_are_survived(files, AQ_COUNT(files));
}

static void mutated_html_is_survived(void **state)
{
    (void)state;
    static const char *const files[] = {"page.html", "latin.html", "rich.html"};
    mutants_are_survived(files, AQ_COUNT(files));
}

static void mutated_mail_is_survived(void **state)
{
    (void)state;
    static const char *const files[] = {"list.mbox", "single.eml"};
    mutants_are_survived(files, AQ_COUNT(files));
}

int main(void)
{
    const char *s = getenv("AQ_SEED");
    seed = s ? strtoull(s, NULL, 10) : (uint64_t)time(NULL);
    printf("# AQ_SEED=%" PRIu64 "\n", seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_lines_are_skipped_and_the_rest_is_read),
        cmocka_unit_test(odd_but_harmless_json_is_read),
        cmocka_unit_test(lone_surrogates_and_nuls_become_replacement_characters),
        cmocka_unit_test(a_bad_record_leaves_nothing_in_the_next),
        cmocka_unit_test(deep_nesting_is_refused_without_recursion),
        cmocka_unit_test(records_beyond_the_limit_are_passed_over),
        cmocka_unit_test(millions_of_values_in_a_record_are_refused),
        cmocka_unit_test(a_broken_element_does_not_take_the_array_with_it),
        cmocka_unit_test(cut_off_streams_give_what_came_before_and_an_error),
        cmocka_unit_test(a_decompression_bomb_costs_time_not_memory),
        cmocka_unit_test(empty_and_headless_streams_are_told),
        cmocka_unit_test(nesting_has_a_limit_in_every_format),
        cmocka_unit_test(markup_made_to_take_long_does_not),
        cmocka_unit_test(a_table_of_many_columns_does_not_unfold),
        cmocka_unit_test(long_indented_lists_over_empty_lines_are_read_quickly),
        cmocka_unit_test(files_nested_too_deep_are_still_records),
        cmocka_unit_test(mailboxes_that_are_none_are_told),
        cmocka_unit_test(broken_mime_is_read_as_far_as_it_goes),
        cmocka_unit_test(mails_made_to_break_a_parser_do_not),
        cmocka_unit_test(binary_junk_is_survived_by_every_reader),
        cmocka_unit_test(mutated_json_is_survived),
        cmocka_unit_test(mutated_text_is_survived),
        cmocka_unit_test(mutated_markdown_is_survived),
        cmocka_unit_test(mutated_html_is_survived),
        cmocka_unit_test(mutated_mail_is_survived),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
