/* page_test.c - the search page: nothing that is text gets out of its place, and links say
 * what they were made from. Random cases; AQ_SEED repeats a run. */
#include "aq_index.h"
#include "page.h"
#include "page_parts.h"
#include "utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static uint64_t seed;

static uint32_t rnd(uint32_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 32) % below;
}

/* Bytes of which many mean something in HTML, URLs or UTF-8. */
static struct aq_slice random_text(uint8_t *text, size_t most, bool nul)
{
    static const char odd[] = "<>\"'&;=/%+#? \n\r\t:-~()\\`";
    size_t len = rnd((uint32_t)most);
    for (size_t i = 0; i < len; i++) {
        text[i] = rnd(3) ? (uint8_t)odd[rnd(sizeof odd - 1)] : (uint8_t)rnd(256);
        if (!nul && !text[i])
            text[i] = 'a';
    }
    return aq_slice(text, len);
}


/* What a browser makes of escaped text. Fails at anything that is not escaped. */
static void unescape(struct aq_buf *out, struct aq_slice html)
{
    static const struct {
        const char *entity, *text;
    } entities[] = {{"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}, {"&quot;", "\""}, {"&#39;", "'"}};
    for (size_t at = 0; at < html.len;) {
        struct aq_slice rest = aq_slice(html.ptr + at, html.len - at);
        assert_null(memchr("<>\"'", rest.ptr[0], 4));
        if (rest.ptr[0] != '&') {
            aq_buf_u8(out, rest.ptr[0]);
            at++;
            continue;
        }
        size_t i = 0;
        while (i < AQ_COUNT(entities) && !aq_slice_begins(rest, aq_slice_str(entities[i].entity)))
            i++;
        assert_true(i < AQ_COUNT(entities));
        aq_buf_puts(out, entities[i].text);
        at += strlen(entities[i].entity);
    }
}

/* What escaping may change: bad UTF-8 and control characters become U+FFFD. */
static void repaired(struct aq_buf *out, struct aq_slice text)
{
    unsigned len;
    for (size_t at = 0; at < text.len; at += len) {
        uint32_t cp = aq_utf8_decode(text.ptr + at, text.ptr + text.len, &len);
        bool allowed = cp != AQ_UTF8_BAD && (cp >= 0x20 ? cp != 0xfffe && cp != 0xffff : cp == '\t' || cp == '\n');
        if (allowed)
            aq_buf_put(out, text.ptr + at, len);
        else
            aq_buf_puts(out, "\xef\xbf\xbd");
    }
}

static void assert_same(const struct aq_buf *a, const struct aq_buf *b)
{
    assert_false(a->failed || b->failed);
    assert_int_equal(a->len, b->len);
    assert_true(a->len == 0 || memcmp(a->ptr, b->ptr, a->len) == 0);
}

static void any_bytes_stay_text(void **state)
{
    (void)state;
    uint8_t bytes[64];
    for (unsigned round = 0; round < 200000; round++) {
        struct aq_buf html = {0}, back = {0}, want = {0};
        struct aq_slice text = random_text(bytes, sizeof bytes, true);
        aq_page_put(&html, "%t", text);
        unescape(&back, aq_slice(html.ptr, html.len));
        repaired(&want, text);
        assert_same(&back, &want);
        assert_int_equal(aq_utf8_valid(aq_slice(html.ptr, html.len)), html.len);
        aq_buf_free(&html);
        aq_buf_free(&back);
        aq_buf_free(&want);
    }
}

/* Without its marks, marked text is the text, whatever the ranges. */
static void marks_change_no_text(void **state)
{
    (void)state;
    uint8_t bytes[64];
    for (unsigned round = 0; round < 50000; round++) {
        struct aq_buf html = {0}, plain = {0}, back = {0}, want = {0};
        struct aq_slice text = random_text(bytes, sizeof bytes, true);
        for (size_t i = 0; i < text.len; i++) /* so that no range cuts a character */
            bytes[i] &= 0x7f;
        struct aq_range ranges[5], part = {rnd((uint32_t)text.len + 1), 0};
        part.end = part.begin + rnd((uint32_t)text.len + 1 - part.begin);
        for (unsigned i = 0; i < 5; i++)
            ranges[i] = (struct aq_range){rnd(80), rnd(80)};
        aq_page_put_marked(&html, text, part, ranges, 5);
        for (size_t at = 0; at < html.len;) {
            struct aq_slice rest = aq_slice(html.ptr + at, html.len - at);
            if (aq_slice_begins(rest, aq_slice_str("<mark>"))) {
                at += 6;
            } else if (aq_slice_begins(rest, aq_slice_str("</mark>"))) {
                at += 7;
            } else {
                aq_buf_u8(&plain, html.ptr[at++]);
            }
        }
        unescape(&back, aq_slice(plain.ptr, plain.len));
        repaired(&want, aq_slice(text.ptr + part.begin, part.end - part.begin));
        assert_same(&back, &want);
        aq_buf_free(&html);
        aq_buf_free(&plain);
        aq_buf_free(&back);
        aq_buf_free(&want);
    }
}

static void numbers_have_their_thousands_apart(void **state)
{
    (void)state;
    struct aq_buf out = {0};
    aq_page_put(&out, "%n %n %n 5%", (uint64_t)7, (uint64_t)1234, (uint64_t)1000000);
    aq_buf_u8(&out, 0);
    assert_string_equal((const char *)out.ptr, "7 1,234 1,000,000 5%");
    aq_buf_free(&out);
}

/* ---- links ---- */

static const char *random_value(struct aq_arena *arena)
{
    uint8_t bytes[24];
    struct aq_buf clean = {0};
    (void)aq_utf8_repair(&clean, random_text(bytes, sizeof bytes, false));
    aq_buf_u8(&clean, 'x'); /* an empty one is none */
    struct aq_slice copy = aq_arena_copy(arena, aq_slice(clean.ptr, clean.len));
    aq_buf_free(&clean);
    return (const char *)copy.ptr;
}

static void a_link_is_read_as_what_it_was_made_from(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        struct aq_arena arena = {0};
        struct aq_buf html = {0}, url = {0};
        struct aq_error err;
        const char *authors[2] = {random_value(&arena), random_value(&arena)};
        struct aq_params p = {.q = random_value(&arena), .after = rnd(2) ? "2019-05" : NULL, .sort = rnd(3),
                              .kind = rnd(6), .points = rnd(3) ? 0 : rnd(1000) + 1, .offset = rnd(2) * 10, .explain = rnd(2),
                              .plain = rnd(2), .authors = {.items = authors, .count = rnd(3)}, .per_thread = 2,
                              .like = rnd(2) ? random_value(&arena) : NULL}, got;
        aq_page_href(&html, &p);
        assert_true(html.len > 9 && memcmp(html.ptr, " href=\"?", 8) == 0 && html.ptr[html.len - 1] == '"');
        unescape(&url, aq_slice(html.ptr + 8, html.len - 9));
        assert_int_equal(aq_params_read(&aq_page_params, aq_slice(url.ptr, url.len), false, &got, &arena, &err), AQ_OK);
        assert_string_equal(got.q, p.q);
        assert_true(p.like ? got.like && strcmp(got.like, p.like) == 0 : !got.like);
        assert_int_equal(got.after != NULL, p.after != NULL);
        assert_true(got.sort == p.sort && got.kind == p.kind && got.points == p.points && got.offset == p.offset &&
                    got.explain == p.explain && got.plain == p.plain && got.authors.count == p.authors.count);
        for (size_t i = 0; i < got.authors.count; i++)
            assert_string_equal(got.authors.items[i], authors[i]);
        aq_buf_free(&html);
        aq_buf_free(&url);
        aq_arena_free(&arena);
    }
}

static void links_lead_to_http_alone(void **state)
{
    (void)state;
    static const char *const good[] = {"http://a.example", "https://a.example/x?y#z", "HTTPS://a.example", "/posts/1"};
    static const char *const bad[] = {"", "http://", "javascript:alert(1)", " https://a.example", "java\nscript:x", "//a.example",
                                      "/\\a.example", "data:text/html,x", "ftp://a.example", "posts/1", "/", "httpx://a"};
    for (size_t i = 0; i < AQ_COUNT(good); i++)
        assert_true(aq_page_may_link(aq_slice_str(good[i])));
    for (size_t i = 0; i < AQ_COUNT(bad); i++)
        assert_false(aq_page_may_link(aq_slice_str(bad[i])));
}

/* ---- whole pages, over an index of random bytes ---- */

struct fixture {
    char dir[64];
    struct aq_reader *reader;
};

static int set_up(void **state)
{
    static struct fixture f;
    struct aq_writer *writer = NULL;
    struct aq_writer_options options = {.create = true};
    struct aq_error err = {0};
    enum aq_outcome outcome;
    uint8_t bytes[6][120];
    snprintf(f.dir, sizeof f.dir, "/tmp/aq-page-XXXXXX");
    *state = &f;
    if (!mkdtemp(f.dir) || aq_writer_open(f.dir, &options, &writer, &err)) {
        printf("# %s\n", err.message);
        return -1;
    }
    for (unsigned i = 0; i < 120; i++) {
        struct aq_record r;
        char id[32];
        aq_record_init(&r);
        snprintf(id, sizeof id, "c%u", i);
        memcpy(bytes[0], "walrus ", 7);
        r.id = aq_slice_str(id);
        r.text = aq_slice(bytes[0], random_text(bytes[0] + 7, sizeof bytes[0] - 7, true).len + 7);
        r.author = random_text(bytes[1], 40, true);
        r.title = random_text(bytes[2], 60, true);
        r.thread = random_text(bytes[3], 30, true);
        r.url = random_text(bytes[4], 60, true);
        r.parent = i ? aq_slice_str("c0") : r.parent;
        r.date = (int64_t)rnd(60000) * 86400;
        if (aq_writer_add(writer, &r, &outcome, &err)) {
            printf("# %s\n", err.message);
            return -1;
        }
    }
    if (aq_writer_commit(writer, &err) || aq_reader_open(f.dir, &f.reader, &err))
        return -1;
    aq_writer_close(writer);
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    char command[96];
    aq_reader_close(f->reader);
    snprintf(command, sizeof command, "rm -rf %s", f->dir);
    return system(command);
}

/* Reads markup as we write it: names in small letters, attributes quoted, every element that
 * needs an end ended in order. */
static void assert_well_formed(struct aq_slice html)
{
    static const char *const empty[] = {"meta", "link", "input", "rect", "!doctype"};
    struct aq_slice open[128];
    size_t depth = 0;
    for (const uint8_t *p = html.ptr, *end = p + html.len; p < end;) {
        if (*p++ != '<')
            continue;
        bool closes = *p == '/';
        p += closes;
        const uint8_t *name = p;
        while (p < end && ((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '!'))
            p++;
        struct aq_slice what = aq_slice(name, (size_t)(p - name));
        assert_true(what.len > 0);
        for (bool quoted = false; p < end && (quoted || *p != '>'); p++) {
            assert_true(*p != '<');
            quoted ^= *p == '"';
        }
        assert_true(p < end);
        bool alone = p[-1] == '/';
        for (size_t i = 0; i < AQ_COUNT(empty); i++)
            alone |= aq_slice_eq(what, aq_slice_str(empty[i]));
        if (closes) {
            assert_true(depth > 0 && aq_slice_eq(open[depth - 1], what));
            depth--;
        } else if (!alone) {
            assert_true(depth < AQ_COUNT(open));
            open[depth++] = what;
        }
    }
    assert_int_equal(depth, 0);
}

static void render(struct fixture *f, const struct aq_params *params, struct aq_buf *out, struct aq_arena *arena)
{
    struct aq_error err = {0};
    struct aq_call call = {.reader = f->reader, .params = *params, .query = "", .id = "", .title = "<\"T&'>", .public_url = "",
                           .arena = arena, .out = out};
    if (aq_page_answer(&call, &err))
        fail_msg("%s", err.message);
}

static void pages_are_well_formed_whatever_they_show(void **state)
{
    struct fixture *f = *state;
    for (unsigned round = 0; round < 400; round++) {
        struct aq_arena arena = {0};
        struct aq_buf out = {0};
        char id[32];
        snprintf(id, sizeof id, "c%u", rnd(121));
        const char *authors[1] = {random_value(&arena)};
        struct aq_params p = {.q = rnd(4) ? "walrus" : random_value(&arena), .per_thread = 2, .limit = rnd(30), .sort = rnd(3), .kind = rnd(6),
                              .explain = rnd(2), .concepts = rnd(2), .offset = rnd(3) * 10, .points = rnd(2),
                              .authors = {.items = authors, .count = !rnd(4)}, .after = rnd(3) ? NULL : "2010"};
        if (!rnd(4)) {
            p.read = id;
            p.whole = rnd(2);
        } else if (!rnd(5)) {
            p.like = id;
        }
        render(f, &p, &out, &arena);
        assert_well_formed(aq_slice(out.ptr, out.len));
        assert_int_equal(aq_utf8_valid(aq_slice(out.ptr, out.len)), out.len);
        aq_buf_free(&out);
        aq_arena_free(&arena);
    }
}

static void filters_hold_beside_what_was_typed(void **state)
{
    struct fixture *f = *state;
    static const char *const typed[] = {"walrus", ") OR walrus", "\"(\" ) OR walrus", "x(y) ) OR walrus", "walrus\"( ) OR walrus"};
    for (size_t i = 0; i < AQ_COUNT(typed); i++) {
        struct aq_arena arena = {0};
        struct aq_buf out = {0};
        struct aq_params p = {.q = typed[i], .per_thread = 2, .points = 1}; /* no comment has points */
        render(f, &p, &out, &arena);
        aq_buf_u8(&out, 0);
        assert_non_null(strstr((const char *)out.ptr, "Nothing found"));
        aq_buf_free(&out);
        aq_arena_free(&arena);
    }
}

int main(void)
{
    const char *given = getenv("AQ_SEED");
    seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL) * 2654435761u + (uint64_t)getpid();
    printf("# AQ_SEED=%llu\n", (unsigned long long)seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_bytes_stay_text),
        cmocka_unit_test(marks_change_no_text),
        cmocka_unit_test(numbers_have_their_thousands_apart),
        cmocka_unit_test(a_link_is_read_as_what_it_was_made_from),
        cmocka_unit_test(links_lead_to_http_alone),
        cmocka_unit_test(pages_are_well_formed_whatever_they_show),
        cmocka_unit_test(filters_hold_beside_what_was_typed),
    };
    return cmocka_run_group_tests_name("page", tests, set_up, tear_down);
}
