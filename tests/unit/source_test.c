/* source_test.c - what real exports, mailboxes and files come out as. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../input_fixture.h"

#include "charset.h"
#include "dates.h"
#include "entities.h"
#include "mail.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <zlib.h>
#include <zstd.h>

/* ---- helpers ---- */

static struct reading fixture(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, FIXTURES "%s", name);
    struct reading r = read_path(path, NULL);
    if (r.status)
        fail_msg("%s: %s", path, r.message);
    assert_int_equal(r.invalid, 0);
    assert_int_equal(r.progress.records, r.count);
    return r;
}

static const struct read_record *find(const struct reading *r, const char *id)
{
    for (size_t i = 0; i < r->count; i++)
        if (strcmp(r->records[i].id, id) == 0)
            return &r->records[i];
    fail_msg("no record %s", id);
    return NULL;
}

static size_t skipped(const struct reading *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->problem_count; i++)
        n += r->problems[i].skipped;
    assert_int_equal(n, r->progress.skipped);
    return n;
}

/* One JSON line, its single record. */
static struct reading line(const char *json)
{
    struct reading r = read_text("one.jsonl", json);
    if (r.count != 1)
        fail_msg("%s: %zu records, %s", json, r.count, r.problem_count ? r.problems[0].reason : "no problem");
    return r;
}

static void line_format_is(const char *json, enum aq_format format)
{
    struct reading r = line(json);
    assert_int_equal(r.records[0].format, format);
    reading_free(&r);
}

static void line_text_is(const char *json, const char *text)
{
    struct reading r = line(json);
    assert_string_equal(r.records[0].text, text);
    reading_free(&r);
}

static void date_is(const char *s, int64_t expected)
{
    int64_t t = -1;
    if (!aq_date_parse(aq_slice_str(s), &t))
        fail_msg("%s is not read", s);
    if (t != expected)
        fail_msg("%s is %lld, not %lld", s, (long long)t, (long long)expected);
}

/* ---- the canonical record ---- */

static void a_canonical_record_keeps_every_field(void **state)
{
    (void)state;
    struct reading r = line("{\"id\":\"a\",\"thread\":\"t\",\"parent\":\"p\",\"author\":\"w\",\"date\":"
                            "\"2020-01-02T03:04:05Z\",\"score\":-7,"
                            "\"title\":\"T\",\"url\":\"http://u\",\"tags\":[\"x\",\"y "
                            "z\"],\"source\":\"s\",\"format\":\"html\",\"text\":\"b\"}");
    const struct read_record *k = &r.records[0];
    assert_string_equal(k->id, "a");
    assert_string_equal(k->thread, "t");
    assert_string_equal(k->parent, "p");
    assert_string_equal(k->author, "w");
    assert_int_equal(k->date, 1577934245);
    assert_int_equal(k->score, -7);
    assert_string_equal(k->title, "T");
    assert_string_equal(k->url, "http://u");
    assert_string_equal(k->tags, "x,y z");
    assert_string_equal(k->source, "s");
    assert_int_equal(k->format, AQ_FORMAT_HTML);
    assert_string_equal(k->text, "b");
    reading_free(&r);
}

static void absent_and_null_fields_stay_empty(void **state)
{
    (void)state;
    struct reading r = line("{\"id\":\"a\",\"text\":\"b\",\"parent\":null,\"date\":null,\"score\":null,"
                            "\"tags\":null,\"author\":\"\"}");
    const struct read_record *k = &r.records[0];
    assert_string_equal(k->parent, "");
    assert_string_equal(k->author, "");
    assert_true(k->date == AQ_NO_DATE);
    assert_true(k->score == AQ_NO_SCORE);
    assert_string_equal(k->tags, "");
    assert_string_equal(k->source, "one.jsonl");
    assert_int_equal(r.problem_count, 0);
    reading_free(&r);
}

static void numbers_serve_as_ids_and_strings_as_scores(void **state)
{
    (void)state;
    struct reading r = line(
        "{\"id\":18446744073709551614,\"thread\":-5,\"parent\":2.0,\"score\":\"1,234.6\",\"text\":\"b\"}");
    assert_string_equal(r.records[0].id, "18446744073709551614");
    assert_string_equal(r.records[0].thread, "-5");
    assert_string_equal(r.records[0].parent, "2");
    assert_int_equal(r.records[0].score, 1235);
    reading_free(&r);
}

static void an_id_that_64_bits_do_not_hold_is_refused_rather_than_rounded(void **state)
{
    (void)state;
    struct reading r = read_text(
        "one.jsonl", "{\"id\":123456789012345678901234567890,\"text\":\"b\"}\n{\"id\":1.5,\"text\":\"c\"}\n");
    assert_int_equal(r.count, 0);
    assert_int_equal(skipped(&r), 2);
    assert_non_null(strstr(r.problems[0].reason, "write it as a string"));
    reading_free(&r);
}

static void a_record_without_id_is_named_by_file_and_line(void **state)
{
    (void)state;
    struct reading r = read_text("some.jsonl", "\n{\"text\":\"a\"}\n\n[{\"text\":\"b\"},{\"text\":\"c\"}]\n");
    assert_int_equal(r.count, 3);
    assert_string_equal(r.records[0].id, "some.jsonl:2");
    assert_string_equal(r.records[1].id, "some.jsonl:4");
    assert_string_equal(r.records[2].id, "some.jsonl:4.1");
    reading_free(&r);
}

static void mapped_fields_come_before_all_others(void **state)
{
    (void)state;
    const struct aq_field_map map[] = {
        {"id", "meta.key"}, {"text", "parts[1].say"}, {"author", "a.b"}, {"title", "absent"}};
    const struct aq_source_options o = {.body_format = -1, .map = map, .map_count = 4};
    const char *json = "{\"id\":\"no\",\"meta\":{\"key\":9},\"parts\":[0,{\"say\":\"said\"}],\"text\":\"no\","
                       "\"a.b\":\"dotted\",\"title\":\"kept\"}";
    struct reading r = read_bytes("m.jsonl", json, strlen(json), &o);
    assert_int_equal(r.count, 1);
    assert_string_equal(r.records[0].id, "9");
    assert_string_equal(r.records[0].text, "said");
    assert_string_equal(r.records[0].author, "dotted");
    assert_string_equal(r.records[0].title, "kept");
    reading_free(&r);
}

static void a_map_to_an_unknown_field_or_broken_path_is_refused(void **state)
{
    (void)state;
    const struct aq_field_map bad[] = {
        {"karma", "x"}, {"id", ""}, {"id", "a..b"}, {"id", "a[x]"}, {"id", "a."}};
    for (size_t i = 0; i < AQ_COUNT(bad); i++) {
        const struct aq_source_options o = {.body_format = -1, .map = &bad[i], .map_count = 1};
        struct reading r = read_bytes("m.jsonl", "{}", 2, &o);
        assert_int_equal(r.status, AQ_INVALID);
        reading_free(&r);
    }
}

/* ---- exports ---- */

static void forummagnum_exports_read_as_they_are(void **state)
{
    (void)state;
    struct reading r = fixture("forummagnum.jsonl");
    const struct read_record *post = find(&r, "aPost"), *c1 = find(&r, "c1"), *c2 = find(&r, "c2");
    assert_string_equal(post->title, "Concepts & words");
    assert_string_equal(post->author, "Vera Q.");
    assert_string_equal(post->url, "https://forum.example/posts/aPost/concepts");
    assert_string_equal(post->tags, "Language,AI");
    assert_int_equal(post->score, 42);
    assert_int_equal(post->date, 1614834367);
    assert_int_equal(post->format, AQ_FORMAT_HTML);
    assert_string_equal(c1->thread, "aPost");
    assert_string_equal(c1->parent, "");
    assert_string_equal(c1->text, "<p>html wins</p>");
    assert_string_equal(c2->parent, "c1");
    assert_string_equal(c2->text, "only *markdown* here");
    assert_int_equal(c2->format, AQ_FORMAT_MARKDOWN);
    reading_free(&r);
}

static void alignment_research_dataset_records_join_authors(void **state)
{
    (void)state;
    struct reading r = fixture("ard.jsonl");
    assert_string_equal(r.records[0].author, "A. One, B. Two");
    assert_int_equal(r.records[0].date, 1436832000);
    assert_string_equal(r.records[0].text, "Body of the paper.");
    assert_string_equal(r.records[1].text, "First part.\n\nSecond part.");
    assert_true(r.records[1].date == AQ_NO_DATE);
    assert_int_equal(r.problem_count, 1);
    assert_false(r.problems[0].skipped);
    assert_int_equal(r.progress.repaired, 1);
    reading_free(&r);
}

static void reddit_replies_find_their_parents(void **state)
{
    (void)state;
    struct reading r = fixture("reddit.jsonl");
    const struct read_record *post = find(&r, "3abcde"), *a = find(&r, "cn00001"), *b = find(&r, "cn00002");
    assert_string_equal(post->title, "Ask & tell");
    assert_string_equal(post->url, "https://www.reddit.com/r/logic/comments/3abcde/ask_tell/");
    assert_string_equal(a->thread, "3abcde");
    assert_string_equal(a->parent, "3abcde");
    assert_string_equal(b->parent, "cn00001");
    assert_int_equal(a->date, 1420074000);
    assert_int_equal(b->date, 1420077600);
    assert_int_equal(a->score, 5);
    assert_int_equal(a->format, AQ_FORMAT_MARKDOWN);
    reading_free(&r);
}

static void text_escaped_on_export_is_decoded_once(void **state)
{
    (void)state;
    struct reading r = fixture("reddit.jsonl");
    assert_string_equal(find(&r, "3abcde")->text, "Is 1 < 2 *really*?");
    assert_string_equal(find(&r, "cn00001")->text, "> Is 1 < 2\n\nYes & no.");
    /* a bare & shows that nothing was escaped */
    assert_string_equal(find(&r, "cn00002")->text, "R&D & 2 &gt; 1 stays");
    reading_free(&r);
    line_text_is("{\"text\":\"&gt; q\\n\\n&amp;amp; &#39;x&#x27; &nbsp;y\"}", "> q\n\n&amp; 'x'  y");
    line_text_is("{\"text\":\"a < b &gt; c\"}", "a < b &gt; c");
    line_text_is("{\"text\":\"a &unknown; &gt;\"}", "a &unknown; &gt;");
    line_text_is("{\"format\":\"markdown\",\"text\":\"&lt;b&gt;\"}", "&lt;b&gt;");
    line_text_is("{\"format\":\"html\",\"text\":\"&lt;b&gt;\"}", "&lt;b&gt;");
}

static void hacker_news_bodies_are_html(void **state)
{
    (void)state;
    struct reading r = fixture("hackernews.jsonl");
    assert_int_equal(skipped(&r), 1); /* deleted */
    const struct read_record *story = find(&r, "8863"), *reply = find(&r, "2921983"),
                             *hit = find(&r, "12701272");
    assert_string_equal(story->title, "My YC app");
    assert_string_equal(story->author, "pg");
    assert_int_equal(story->score, 111);
    assert_string_equal(reply->parent, "2921506");
    assert_int_equal(reply->format, AQ_FORMAT_HTML);
    assert_int_equal(reply->date, 1314211127);
    assert_string_equal(hit->thread, "12700000");
    assert_string_equal(hit->parent, "12701000");
    assert_string_equal(hit->title, "A story");
    assert_int_equal(hit->format, AQ_FORMAT_HTML);
    assert_int_equal(hit->date, 1476370800);
    reading_free(&r);
}

static void discourse_replies_are_resolved_by_post_number(void **state)
{
    (void)state;
    struct reading r = fixture("discourse.jsonl");
    assert_string_equal(find(&r, "501")->title, "Fees");
    assert_string_equal(find(&r, "501")->author, "carla");
    assert_int_equal(find(&r, "501")->format, AQ_FORMAT_MARKDOWN);
    assert_string_equal(find(&r, "502")->parent, "501");
    assert_string_equal(find(&r, "503")->parent, "502");
    assert_int_equal(find(&r, "503")->format, AQ_FORMAT_HTML);
    assert_string_equal(find(&r, "504")->parent, "");
    assert_string_equal(find(&r, "900")->parent, "");
    assert_string_equal(find(&r, "504")->thread, "77");
    reading_free(&r);
}

static void the_body_format_follows_record_then_option_then_field_name(void **state)
{
    (void)state;
    line_format_is("{\"text\":\"x\"}", AQ_FORMAT_TEXT);
    line_format_is("{\"body\":\"x\"}", AQ_FORMAT_TEXT);
    line_format_is("{\"body\":\"x\",\"link_id\":\"t3_a\"}", AQ_FORMAT_MARKDOWN);
    line_format_is("{\"raw\":\"x\",\"cooked\":\"y\"}", AQ_FORMAT_MARKDOWN);
    line_format_is("{\"cooked\":\"x\"}", AQ_FORMAT_HTML);
    line_format_is("{\"cooked\":\"x\",\"format\":\"Text\"}", AQ_FORMAT_TEXT);
    const struct aq_source_options html = {.body_format = AQ_FORMAT_HTML};
    const char *two = "{\"raw\":\"x\"}\n{\"raw\":\"x\",\"format\":\"markdown\"}\n";
    struct reading r = read_bytes("f.jsonl", two, strlen(two), &html);
    assert_int_equal(r.records[0].format, AQ_FORMAT_HTML);
    assert_int_equal(r.records[1].format, AQ_FORMAT_MARKDOWN);
    reading_free(&r);
    struct reading odd = line("{\"text\":\"x\",\"format\":\"rst\"}");
    assert_int_equal(odd.records[0].format, AQ_FORMAT_TEXT);
    assert_int_equal(odd.problem_count, 1);
    assert_false(odd.problems[0].skipped);
    reading_free(&odd);
}

/* ---- layouts of JSON ---- */

static void arrays_and_pretty_printed_values_are_read(void **state)
{
    (void)state;
    struct reading r = fixture("pretty.json");
    assert_int_equal(r.count, 2);
    assert_string_equal(r.records[1].parent, "p1");
    assert_string_equal(r.records[0].author, "Pia");
    reading_free(&r);
    r = read_text("a.json",
                  "{\n \"id\": \"x\",\n \"text\": \"one\"\n}\n{\n \"id\": \"y\", \"text\": \"two\"\n}");
    assert_int_equal(r.count, 2);
    assert_int_equal(r.problem_count, 0);
    reading_free(&r);
    r = read_text("a.json", "[]");
    assert_int_equal(r.count + r.problem_count, 0);
    reading_free(&r);
}

static void wrappers_are_opened(void **state)
{
    (void)state;
    struct reading r = fixture("wrapped.json");
    assert_int_equal(r.count, 2);
    assert_string_equal(r.records[0].id, "w1");
    reading_free(&r);
    r = read_text("g.json", "{\"data\":{\"comments\":{\"results\":[{\"_id\":\"g1\",\"htmlBody\":\"<p>x\"},{"
                            "\"_id\":\"g2\",\"htmlBody\":\"y\"}]}}}");
    assert_int_equal(r.count, 2);
    assert_string_equal(r.records[1].id, "g2");
    reading_free(&r);
    r = read_text("two.json",
                  "{\"posts\":[{\"id\":\"a\",\"text\":\"x\"}],\"comments\":[{\"id\":\"b\",\"text\":\"y\"}]}");
    assert_int_equal(r.count, 2);
    assert_int_equal(r.problem_count, 0);
    reading_free(&r);
}

static void a_wrapper_too_long_to_hold_is_read_from_its_list(void **state)
{
    (void)state;
    struct aq_buf b = {0};
    aq_buf_puts(&b, "{\"hits\":[\n");
    for (int i = 0; i < 40000; i++)
        aq_buf_printf(&b, "%s{\"id\":%d,\n \"text\":\"%0500d\"}", i ? ",\n" : "", i, i);
    aq_buf_puts(&b, "],\"nbHits\":40000}\n");
    assert_true(b.len > AQ_MAX_RECORD);
    struct reading r = read_bytes("big.json", b.ptr, b.len, NULL);
    assert_int_equal(r.count, 40000);
    assert_string_equal(r.records[39999].id, "39999");
    reading_free(&r);
    aq_buf_free(&b);
}

static void trees_of_replies_are_taken_apart(void **state)
{
    (void)state;
    struct reading r = fixture("tree.json");
    assert_int_equal(r.count, 4);
    assert_string_equal(find(&r, "2")->parent, "1");
    assert_string_equal(find(&r, "3")->parent, "2");
    assert_string_equal(find(&r, "3")->thread, "1");
    assert_string_equal(find(&r, "4")->parent, "1");
    reading_free(&r);
    r = fixture("listing.json");
    assert_int_equal(r.count, 3);
    assert_string_equal(find(&r, "yy2")->parent, "yy1");
    assert_string_equal(find(&r, "yy2")->thread, "zz1");
    reading_free(&r);
    r = fixture("topic.json");
    assert_int_equal(r.count, 2);
    assert_string_equal(find(&r, "12")->parent, "11");
    assert_string_equal(find(&r, "12")->title, "Whole topic");
    reading_free(&r);
}

static void byte_order_marks_blank_lines_and_missing_line_ends_are_fine(void **state)
{
    (void)state;
    struct reading r = read_text(
        "b.jsonl", "\xEF\xBB\xBF\n{\"id\":\"a\",\"text\":\"x\"}\r\n  \r\n\n{\"id\":\"b\",\"text\":\"y\"}");
    assert_int_equal(r.count, 2);
    assert_int_equal(r.problem_count, 0);
    reading_free(&r);
}

static void utf16_is_read(void **state)
{
    (void)state;
    const char json[] = "{\"id\":\"a\",\"text\":\"caf\xC3\xA9 \xF0\x9F\x99\x82\"}\n";
    struct aq_buf le = {0}, be = {0};
    const uint8_t *p = (const uint8_t *)json, *end = p + sizeof json - 1;
    aq_buf_put(&le, "\xFF\xFE", 2);
    aq_buf_put(&be, "\xFE\xFF", 2);
    while (p < end) {
        unsigned n;
        uint32_t cp = aq_utf8_decode(p, end, &n);
        uint16_t units[2] = {(uint16_t)cp, 0};
        if (cp >= 0x10000) {
            units[0] = (uint16_t)(0xD7C0 + (cp >> 10));
            units[1] = (uint16_t)(0xDC00 + (cp & 0x3FF));
        }
        for (int i = 0; i < (cp >= 0x10000 ? 2 : 1); i++) {
            aq_buf_u16(&le, units[i]);
            aq_buf_u8(&be, (uint8_t)(units[i] >> 8));
            aq_buf_u8(&be, (uint8_t)units[i]);
        }
        p += n;
    }
    const struct aq_buf *both[] = {&le, &be};
    for (int i = 0; i < 2; i++) {
        struct reading r = read_bytes("u.jsonl", both[i]->ptr, both[i]->len, NULL);
        assert_int_equal(r.count, 1);
        assert_string_equal(r.records[0].text, "caf\xC3\xA9 \xF0\x9F\x99\x82");
        reading_free(&r);
    }
    aq_buf_free(&le);
    aq_buf_free(&be);
}

/* ---- text, Markdown, HTML ---- */

static void a_text_file_is_a_thread_of_paragraphs(void **state)
{
    (void)state;
    struct reading r = fixture("thread.txt");
    assert_int_equal(r.count, 4);
    assert_string_equal(r.records[0].id, "thread.txt:1");
    assert_string_equal(r.records[0].text, "First paragraph\nof two lines.");
    assert_string_equal(r.records[1].id, "thread.txt:4");
    assert_string_equal(r.records[3].id, "thread.txt:9");
    assert_string_equal(r.records[3].thread, "thread.txt");
    assert_string_equal(r.records[0].title, "thread");
    reading_free(&r);
}

static void a_text_file_without_blank_lines_is_a_thread_of_lines(void **state)
{
    (void)state;
    struct reading r = fixture("lines.txt");
    assert_int_equal(r.count, 2);
    assert_string_equal(r.records[1].id, "lines.txt:2");
    assert_string_equal(r.records[1].text, "Line two.");
    reading_free(&r);
}

static void a_whole_text_file_is_one_comment(void **state)
{
    (void)state;
    const struct aq_source_options o = {.whole = true, .body_format = -1};
    struct reading r = read_path(FIXTURES "thread.txt", &o);
    assert_int_equal(r.count, 1);
    assert_string_equal(r.records[0].id, "thread.txt");
    assert_string_equal(r.records[0].title, "thread");
    assert_int_equal(r.blocks, 5);
    reading_free(&r);
}

static void markdown_files_are_titled_by_their_heading(void **state)
{
    (void)state;
    struct reading r = fixture("plain.md");
    assert_int_equal(r.count, 1);
    assert_string_equal(r.records[0].id, "plain.md");
    assert_string_equal(r.records[0].title, "Top level");
    assert_true(r.records[0].date == AQ_NO_DATE);
    reading_free(&r);
    r = read_text("my-old_notes.md", "no heading at all\n");
    assert_string_equal(r.records[0].title, "my old notes");
    reading_free(&r);
}

static void front_matter_is_not_text(void **state)
{
    (void)state;
    struct reading r = fixture("notes.md");
    assert_string_equal(r.records[0].title, "From the front");
    assert_string_equal(r.records[0].author, "Nora");
    assert_int_equal(r.records[0].date, 1580688000);
    assert_null(strstr(r.records[0].text, "---"));
    reading_free(&r);
    r = read_text("rule.md", "---\nJust a rule above\n---\n");
    assert_non_null(strstr(r.records[0].text, "Just a rule above"));
    reading_free(&r);
}

static void html_files_are_titled_and_recoded(void **state)
{
    (void)state;
    struct reading r = fixture("page.html");
    assert_string_equal(r.records[0].title, "Greater");
    reading_free(&r);
    r = fixture("latin.html");
    assert_string_equal(r.records[0].title, "Caf\xC3\xA9 notes");
    assert_non_null(strstr(r.records[0].text, "na\xC3\xAFve \xE2\x80\x9Cquoted\xE2\x80\x9D"));
    reading_free(&r);
}

/* ---- mail ---- */

static void a_mailbox_is_read_mail_by_mail(void **state)
{
    (void)state;
    struct reading r = fixture("list.mbox");
    assert_int_equal(r.count, 4);
    const struct read_record *a = find(&r, "m1@rain.example"), *b = find(&r, "m2@example.org"),
                             *c = find(&r, "m3@example.org"), *d = find(&r, "list.mbox:66");
    assert_string_equal(a->author, "Hal F.");
    assert_string_equal(a->title, "[list] Caf\xC3\xA9 talk");
    assert_int_equal(a->date, 884998916);
    assert_string_equal(b->author, "Bob, B.");
    assert_string_equal(b->parent, "m1@rain.example");
    assert_string_equal(b->thread, "m0@rain.example");
    assert_int_equal(b->date, 885024000);
    assert_string_equal(c->parent, "m2@example.org");
    assert_int_equal(c->format, AQ_FORMAT_HTML);
    assert_string_equal(c->text, "<p>Only <b>html</b> here.</p>");
    assert_true(c->date == AQ_NO_DATE);
    assert_non_null(strstr(d->text, "From the start of a sentence"));
    assert_int_equal(r.problem_count, 1);
    reading_free(&r);
}

static void mail_bodies_lose_signatures_escapes_and_attachments(void **state)
{
    (void)state;
    struct reading r = fixture("list.mbox");
    assert_string_equal(find(&r, "m1@rain.example")->text,
                        "First mail body.\n\nFrom here on it was escaped.\n\n");
    assert_string_equal(find(&r, "m2@example.org")->text,
                        "On Friday Hal wrote:\n> First mail body.\n\nA soft line, na\xC3\xAFve.");
    reading_free(&r);
}

static void a_single_mail_is_read(void **state)
{
    (void)state;
    struct reading r = fixture("single.eml");
    assert_int_equal(r.count, 1);
    assert_string_equal(r.records[0].id, "alone@example.org");
    assert_string_equal(r.records[0].text, "Caf\xC3\xA9 alone.\n");
    assert_int_equal(r.records[0].date, 1136239445);
    reading_free(&r);
}

static void flowed_lines_are_joined_within_their_depth(void **state)
{
    (void)state;
    struct aq_buf b = {0};
    aq_mail_unflow(&b, aq_slice_str("one \ntwo\n> q \n> r\n>> s\n  stuffed\n-- \nsig "), false);
    aq_buf_u8(&b, 0);
    assert_string_equal((const char *)b.ptr, "one two\n> q r\n>> s\n stuffed\n-- \nsig ");
    aq_buf_clear(&b);
    aq_mail_unflow(&b, aq_slice_str("del \nsp"), true);
    aq_buf_u8(&b, 0);
    assert_string_equal((const char *)b.ptr, "delsp");
    aq_buf_free(&b);
}

static void only_a_short_ending_is_a_signature(void **state)
{
    (void)state;
    const char *text = "a\n-- \nb\n";
    assert_int_equal(aq_mail_unsigned(aq_slice_str(text)), 2);
    struct aq_buf b = {0};
    aq_buf_puts(&b, text);
    for (int i = 0; i < 30; i++)
        aq_buf_puts(&b, "text goes on\n");
    assert_int_equal(aq_mail_unsigned(aq_slice(b.ptr, b.len)), b.len);
    aq_buf_free(&b);
}

/* ---- streams ---- */

static void gzip_of(struct aq_buf *out, const char *text)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t n = strlen(text), room = n + 200;
    uint8_t *to = aq_buf_reserve(out, room);
    z.next_in = (uint8_t *)(uintptr_t)text;
    z.avail_in = (uInt)n;
    z.next_out = to;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    out->len += room - z.avail_out;
    deflateEnd(&z);
}

static void zstd_of(struct aq_buf *out, const char *text)
{
    size_t n = strlen(text), room = ZSTD_compressBound(n);
    uint8_t *to = aq_buf_reserve(out, room);
    out->len += ZSTD_compress(to, room, text, n, 3);
}

static void compressed_files_are_told_by_their_bytes(void **state)
{
    (void)state;
    const char *text = "{\"text\":\"one\"}\n{\"text\":\"two\"}\n";
    struct aq_buf gz = {0}, zst = {0};
    gzip_of(&gz, text);
    zstd_of(&zst, text);
    const struct {
        const char *name;
        const struct aq_buf *b;
    } cases[] = {{"x.jsonl.gz", &gz}, {"x.jsonl.zst", &zst}, {"x.jsonl", &gz}, {"x.jsonl", &zst}};
    for (size_t i = 0; i < AQ_COUNT(cases); i++) {
        struct reading r = read_bytes(cases[i].name, cases[i].b->ptr, cases[i].b->len, NULL);
        assert_int_equal(r.count, 2);
        /* neither id nor source depend on the packing */
        assert_string_equal(r.records[1].id, "x.jsonl:2");
        assert_string_equal(r.records[1].source, "x.jsonl");
        assert_int_equal(r.progress.bytes_done, cases[i].b->len);
        assert_int_equal(r.progress.bytes_total, cases[i].b->len);
        reading_free(&r);
    }
    aq_buf_free(&gz);
    aq_buf_free(&zst);
}

static void several_members_and_frames_are_one_stream(void **state)
{
    (void)state;
    struct aq_buf gz = {0}, zst = {0};
    gzip_of(&gz, "{\"text\":\"o");
    gzip_of(&gz, "");
    gzip_of(&gz, "ne\"}\n{\"text\":\"two\"}\n");
    aq_buf_put(&gz, "\0\0\0\0", 4); /* padding */
    zstd_of(&zst, "{\"text\":\"o");
    aq_buf_put(&zst, "\x50\x2A\x4D\x18\x03\0\0\0abc", 11); /* skippable */
    zstd_of(&zst, "ne\"}\n{\"text\":\"two\"}\n");
    const struct aq_buf *both[] = {&gz, &zst};
    for (int i = 0; i < 2; i++) {
        struct reading r = read_bytes("x.jsonl", both[i]->ptr, both[i]->len, NULL);
        assert_int_equal(r.status, AQ_OK);
        assert_int_equal(r.count, 2);
        assert_string_equal(r.records[0].text, "one");
        reading_free(&r);
    }
    aq_buf_free(&gz);
    aq_buf_free(&zst);
}

static void other_packings_are_named(void **state)
{
    (void)state;
    struct reading r = read_bytes("x.jsonl.xz",
                                  "\xFD"
                                  "7zXZ\0aaaa",
                                  10, NULL);
    assert_int_equal(r.status, AQ_INVALID);
    assert_non_null(strstr(r.message, "xz -dc"));
    reading_free(&r);
}

static void standard_input_is_read(void **state)
{
    (void)state;
    int ends[2], old = dup(STDIN_FILENO);
    assert_int_equal(pipe(ends), 0);
    const char *text = "{\"text\":\"piped\"}\n";
    assert_int_equal(write(ends[1], text, strlen(text)), (ssize_t)strlen(text));
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    struct reading r = read_path("-", NULL);
    dup2(old, STDIN_FILENO);
    close(old);
    assert_int_equal(r.count, 1);
    assert_string_equal(r.records[0].id, "stdin:1");
    assert_int_equal(r.progress.bytes_total, 0);
    reading_free(&r);
}

/* ---- which kind, which files ---- */

static void files_without_a_known_name_are_looked_at(void **state)
{
    (void)state;
    const struct {
        const char *name, *text, *id;
    } cases[] = {
        {"a", " {\"id\":\"j\",\"text\":\"x\"}", "j"},
        {"b", "From x@y Mon Jan  2 15:04:05 2006\nMessage-ID: <m>\n\nbody\n", "m"},
        {"c", "<!DOCTYPE html><p>x", "c"},
        {"d", "just text", "d:1"},
        {"e.log", "{not json}", "e.log:1"},
    };
    for (size_t i = 0; i < AQ_COUNT(cases); i++) {
        struct reading r = read_text(cases[i].name, cases[i].text);
        assert_int_equal(r.count, 1);
        assert_string_equal(r.records[0].id, cases[i].id);
        reading_free(&r);
    }
    struct reading r = read_bytes("f",
                                  "\x7F"
                                  "ELF\0\0\0\1",
                                  8, NULL);
    assert_int_equal(r.status, AQ_INVALID);
    assert_non_null(strstr(r.message, "--as"));
    reading_free(&r);
}

static void the_kind_can_be_told(void **state)
{
    (void)state;
    const struct aq_source_options o = {.kind = AQ_SOURCE_JSONL, .body_format = -1, .source = "here"};
    struct reading r = read_bytes("x.txt", "{\"text\":\"a\"}", 12, &o);
    assert_int_equal(r.count, 1);
    assert_string_equal(r.records[0].text, "a");
    assert_string_equal(r.records[0].source, "here");
    reading_free(&r);
}

static void put_file(const char *dir, const char *name, const char *text)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void directories_are_walked_in_order_of_names(void **state)
{
    (void)state;
    char dir[] = "/tmp/aq-source-XXXXXX", path[4096];
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/b", dir);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/.hidden", dir);
    mkdir(path, 0700);
    put_file(dir, "c.txt", "last\n");
    put_file(dir, "a.md", "# first\n");
    put_file(dir, "b/x.jsonl", "{\"text\":\"second\"}\n");
    put_file(dir, "b/z.txt", "third\n");
    put_file(dir, ".hidden/h.txt", "hidden\n");
    put_file(dir, ".h.txt", "hidden\n");
    put_file(dir, "d.png", "picture");
    put_file(dir, "e", "\1\2\3 no kind known");
    snprintf(path, sizeof path, "%s/loop", dir);
    assert_int_equal(symlink(".", path), 0);
    struct reading r = read_path(dir, NULL);
    assert_int_equal(r.status, AQ_OK);
    assert_int_equal(r.count, 4);
    assert_string_equal(r.records[0].id, "a.md");
    assert_string_equal(r.records[1].id, "b/x.jsonl:1");
    assert_string_equal(r.records[1].source, "x.jsonl");
    assert_string_equal(r.records[2].id, "b/z.txt:1");
    assert_string_equal(r.records[2].thread, "b/z.txt");
    assert_string_equal(r.records[3].id, "c.txt:1");
    assert_int_equal(skipped(&r), 2);
    assert_int_equal(r.problems[0].line, 0);
    assert_int_equal(r.progress.bytes_total - r.progress.bytes_done, strlen("picture"));
    reading_free(&r);
    const char *const files[] = {"b/x.jsonl", "b/z.txt", ".hidden/h.txt", ".h.txt", "c.txt",  "a.md",
                                 "d.png",     "e",       "loop",          "b",      ".hidden"};
    for (size_t i = 0; i < AQ_COUNT(files); i++) {
        snprintf(path, sizeof path, "%s/%s", dir, files[i]);
        remove(path);
    }
    assert_int_equal(rmdir(dir), 0);
}

static void a_missing_file_is_named(void **state)
{
    (void)state;
    struct reading r = read_path("/nonexistent/export.jsonl", NULL);
    assert_int_equal(r.status, AQ_NOTFOUND);
    assert_non_null(strstr(r.message, "/nonexistent/export.jsonl"));
    reading_free(&r);
}

/* ---- dates, entities, character sets ---- */

static void iso_dates_are_read_in_their_usual_shapes(void **state)
{
    (void)state;
    date_is("2015-02-02", 1422835200);
    date_is("2015-02-02T03:04:05Z", 1422846245);
    date_is("2015-02-02 03:04:05", 1422846245);
    date_is("2015-02-02T03:04:05.999+01:00", 1422842645);
    date_is("2015-02-02t03:04-0530", 1422866040);
    date_is("2015-02-02 03:04:05 UTC", 1422846245);
    date_is("2015/02/02", 1422835200);
    date_is("2015-02", 1422748800);
    date_is("2015", 1420070400);
    date_is(" 2016-02-29 ", 1456704000);
    date_is("1969-12-31T23:59:59Z", -1);
    date_is("1900-03-01", -2203891200);
}

static void mail_dates_are_read(void **state)
{
    (void)state;
    date_is("Mon, 02 Jan 2006 15:04:05 -0700", 1136239445);
    date_is("2 Jan 06 22:04 GMT", 1136239440);
    date_is("Mon Jan  2 15:04:05 2006", 1136214245);
    date_is("Fri, 16 Jan 1998 17:01:56 PST (comment)", 884998916);
    date_is("January 2, 2006", 1136160000);
    date_is("2-Jan-2006 15:04:05", 1136214245);
}

static void unix_time_is_read_in_any_unit(void **state)
{
    (void)state;
    date_is("1422835200", 1422835200);
    date_is("1422835200.5", 1422835200);
    date_is("1422835200123", 1422835200);
    date_is("1422835200123456", 1422835200);
    date_is("-5", -5);
    assert_int_equal(aq_date_from_number(1422835200123456789), 1422835200);
}

static void what_is_no_date_is_refused(void **state)
{
    (void)state;
    const char *const bad[] = {"",
                               "n/a",
                               "2015-13-01",
                               "2015-02-29",
                               "2015-00-10",
                               "2015-02-02T25:00",
                               "2015-02-02 x",
                               "yesterday",
                               "12:30",
                               "2015-02-02T03:04:05+99:00",
                               "Jan 2006",
                               "2 2 2 2",
                               "0815",
                               "99999999999999999999"};
    for (size_t i = 0; i < AQ_COUNT(bad); i++) {
        int64_t t;
        if (i != 12 && aq_date_parse(aq_slice_str(bad[i]), &t))
            fail_msg("%s is read as %lld", bad[i], (long long)t);
    }
}

static void character_sets_are_guessed_when_unknown(void **state)
{
    (void)state;
    const struct {
        const char *bytes, *charset, *text;
    } cases[] = {
        {"caf\xE9", NULL, "caf\xC3\xA9"},
        {"caf\xC3\xA9", "us-ascii", "caf\xC3\xA9"},
        {"\x93x\x94", "iso-8859-1", "\xE2\x80\x9Cx\xE2\x80\x9D"},
        {"\xEB\xF3", "koi8-r", "\xD0\x9A\xD0\xA1"},
        {"caf\xC3\xA9", "x-none", "caf\xC3\xA9"},
        {"a\xFF\xFF"
         "b",
         "euc-jp",
         "a\xEF\xBF\xBD\xEF\xBF\xBD"
         "b"},
    };
    for (size_t i = 0; i < AQ_COUNT(cases); i++) {
        struct aq_buf b = {0};
        aq_charset_decode(&b, aq_slice_str(cases[i].bytes), cases[i].charset);
        aq_buf_u8(&b, 0);
        assert_string_equal((const char *)b.ptr, cases[i].text);
        aq_buf_free(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_canonical_record_keeps_every_field),
        cmocka_unit_test(absent_and_null_fields_stay_empty),
        cmocka_unit_test(numbers_serve_as_ids_and_strings_as_scores),
        cmocka_unit_test(an_id_that_64_bits_do_not_hold_is_refused_rather_than_rounded),
        cmocka_unit_test(a_record_without_id_is_named_by_file_and_line),
        cmocka_unit_test(mapped_fields_come_before_all_others),
        cmocka_unit_test(a_map_to_an_unknown_field_or_broken_path_is_refused),
        cmocka_unit_test(forummagnum_exports_read_as_they_are),
        cmocka_unit_test(alignment_research_dataset_records_join_authors),
        cmocka_unit_test(reddit_replies_find_their_parents),
        cmocka_unit_test(text_escaped_on_export_is_decoded_once),
        cmocka_unit_test(hacker_news_bodies_are_html),
        cmocka_unit_test(discourse_replies_are_resolved_by_post_number),
        cmocka_unit_test(the_body_format_follows_record_then_option_then_field_name),
        cmocka_unit_test(arrays_and_pretty_printed_values_are_read),
        cmocka_unit_test(wrappers_are_opened),
        cmocka_unit_test(a_wrapper_too_long_to_hold_is_read_from_its_list),
        cmocka_unit_test(trees_of_replies_are_taken_apart),
        cmocka_unit_test(byte_order_marks_blank_lines_and_missing_line_ends_are_fine),
        cmocka_unit_test(utf16_is_read),
        cmocka_unit_test(a_text_file_is_a_thread_of_paragraphs),
        cmocka_unit_test(a_text_file_without_blank_lines_is_a_thread_of_lines),
        cmocka_unit_test(a_whole_text_file_is_one_comment),
        cmocka_unit_test(markdown_files_are_titled_by_their_heading),
        cmocka_unit_test(front_matter_is_not_text),
        cmocka_unit_test(html_files_are_titled_and_recoded),
        cmocka_unit_test(a_mailbox_is_read_mail_by_mail),
        cmocka_unit_test(mail_bodies_lose_signatures_escapes_and_attachments),
        cmocka_unit_test(a_single_mail_is_read),
        cmocka_unit_test(flowed_lines_are_joined_within_their_depth),
        cmocka_unit_test(only_a_short_ending_is_a_signature),
        cmocka_unit_test(compressed_files_are_told_by_their_bytes),
        cmocka_unit_test(several_members_and_frames_are_one_stream),
        cmocka_unit_test(other_packings_are_named),
        cmocka_unit_test(standard_input_is_read),
        cmocka_unit_test(files_without_a_known_name_are_looked_at),
        cmocka_unit_test(the_kind_can_be_told),
        cmocka_unit_test(directories_are_walked_in_order_of_names),
        cmocka_unit_test(a_missing_file_is_named),
        cmocka_unit_test(iso_dates_are_read_in_their_usual_shapes),
        cmocka_unit_test(mail_dates_are_read),
        cmocka_unit_test(unix_time_is_read_in_any_unit),
        cmocka_unit_test(what_is_no_date_is_refused),
        cmocka_unit_test(character_sets_are_guessed_when_unknown),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
