/* filter_test.c - fields of a query, from what was added to the comments found: while
 * they are pending, in segments, merged, reordered. */
#include "aq.h"
#include "aq_index.h"
#include "base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    char dir[64];
    struct aq_writer *writer;
    struct aq_reader *reader;
    struct aq_search_request request;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct aq_writer_options options = {.create = true, .single_thread = true};
    struct aq_error err = {0};
    assert_non_null(f);
    strcpy(f->dir, "/tmp/aq-filter-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    if (aq_writer_open(f->dir, &options, &f->writer, &err) || aq_reader_open(f->dir, &f->reader, &err))
        fail_msg("%s", err.message);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[128];
    aq_reader_close(f->reader);
    aq_writer_close(f->writer);
    snprintf(command, sizeof command, "rm -rf '%s'", f->dir);
    assert_int_equal(system(command), 0);
    free(f);
    return 0;
}

#define DONE(call)                                                                                                     \
    do {                                                                                                               \
        struct aq_error done_error = {0}, *err = &done_error;                                                          \
        if (call)                                                                                                      \
            fail_msg("%s: %s", #call, err->message);                                                                   \
    } while (0)

/* A record with nothing but these; text NULL: one that no other comment has. */
static struct aq_record record(const char *id, const char *thread, const char *parent, const char *title)
{
    static char texts[16][64];
    static unsigned next;
    struct aq_record r;
    char *text = texts[next++ % 16];
    aq_record_init(&r);
    snprintf(text, sizeof texts[0], "Comment %s speaks for itself.", id);
    r.id = aq_slice_str(id);
    r.thread = aq_slice_str(thread);
    r.parent = aq_slice_str(parent);
    r.title = aq_slice_str(title);
    r.text = aq_slice_str(text);
    return r;
}

static void put(struct fixture *f, struct aq_record r)
{
    DONE(aq_writer_add(f->writer, &r, NULL, err));
}

static void add(struct fixture *f, const char *id, const char *thread, const char *parent, const char *title)
{
    put(f, record(id, thread, parent, title));
}

static void delete(struct fixture *f, const char *id)
{
    DONE(aq_writer_delete(f->writer, aq_slice_str(id), err));
}

static int by_bytes(const void *x, const void *y)
{
    return strcmp(x, y);
}

/* The ids of the comments found, ascending, parted by spaces. */
static const char *found(struct fixture *f, const char *query)
{
    static char out[1024];
    char ids[64][16] = {{0}};
    struct aq_result *result;
    size_t n = 0;
    f->request.query = aq_slice_str(query);
    f->request.limit = 64;
    f->request.flags = AQ_NO_FILL;
    DONE(aq_search(f->reader, &f->request, &result, err));
    for (uint32_t i = 0; i < result->hit_count; i++)
        snprintf(ids[i], sizeof ids[i], "%.*s", (int)result->hits[i].id.len, (const char *)result->hits[i].id.ptr);
    qsort(ids, result->hit_count, sizeof *ids, by_bytes);
    out[0] = 0;
    for (uint32_t i = 0; i < result->hit_count; i++)
        n += (size_t)snprintf(out + n, sizeof out - n, "%s%s", i ? " " : "", ids[i]);
    aq_result_free(result);
    return out;
}

#define FINDS(query, expected) assert_string_equal(found(f, query), expected)

enum form { PENDING, SEGMENT, COMPACTED, REORDERED, FORMS };

/* Brings the index into a form, in which the same must be found, and to be sound. */
static void settle(struct fixture *f, unsigned form)
{
    if (form == PENDING)
        DONE(aq_writer_commit(f->writer, err));
    else if (form == SEGMENT)
        DONE(aq_writer_flush(f->writer, err));
    else
        DONE(aq_writer_compact(f->writer, form == REORDERED ? AQ_COMPACT_REORDER : 0, err));
    DONE(aq_check(f->reader, NULL, NULL, err));
}

/* ---- titles ---- */

static void a_title_finds_all_comments_of_its_thread(void **state)
{
    struct fixture *f = *state;
    add(f, "p1", "t1", "", "Masks of the simulator");
    add(f, "r1", "t1", "p1", "Re: Masks of the simulator");
    add(f, "r2", "t1", "r1", "");
    add(f, "p2", "t2", "", "A simulator of tea");
    add(f, "p3", "t3", "", "");
    for (unsigned form = PENDING; form < FORMS; form++) {
        settle(f, form);
        FINDS("title:simulator", "p1 p2 r1 r2");
        FINDS("title:\"simulators mask\"", "p1 r1 r2");
        FINDS("title:\"tea mask\"", "");
        FINDS("title:tea title:masks", "p1 p2 r1 r2");
        FINDS("-title:mask", "p2 p3");
        FINDS("title:mask is:comment", "r1 r2");
        FINDS("title:nowhere", "");
        FINDS("title:\"...\" title:tea", "p2");
        FINDS("speaks title:mask -title:nowhere", "p1 r1 r2");
    }
}

static void words_of_the_text_are_no_title(void **state)
{
    struct fixture *f = *state;
    struct aq_record r = record("p1", "t1", "", "Tea");
    r.text = aq_slice_str("Coffee, right behind the title. Tea?");
    put(f, r);
    r = record("p2", "t2", "", "");
    r.text = aq_slice_str("Tea without a title.");
    put(f, r);
    r = record("p3", "t3", "", "Alone");
    r.text = aq_slice_str("> Tea in a quote behind a title that stands alone.");
    put(f, r);
    for (unsigned form = PENDING; form < FORMS; form++) {
        settle(f, form);
        FINDS("title:tea", "p1");
        FINDS("title:coffee", "");
        FINDS("title:alone", "p3");
        FINDS("title:quote", "");
    }
}

static void a_title_of_its_own_finds_the_comment_alone(void **state)
{
    struct fixture *f = *state;
    add(f, "p1", "t1", "", "Masks");
    add(f, "r1", "t1", "p1", "Tea (was: Masks)");
    add(f, "r2", "t1", "r1", "");
    for (unsigned form = PENDING; form < FORMS; form++) {
        settle(f, form);
        FINDS("title:tea", "r1");
        FINDS("title:masks", "p1 r1 r2");
    }
}

/* Replies that come before the post they reply to bring the title, and what the thread is
 * called is found all the same. */
static void a_title_that_replies_brought_is_the_threads(void **state)
{
    struct fixture *f = *state;
    add(f, "r0", "t1", "p1", "");
    add(f, "r1", "t1", "p1", "Re: Masks");
    settle(f, PENDING);
    FINDS("title:masks", "r0 r1");
    add(f, "p1", "t1", "", "Masks");
    add(f, "r2", "t1", "p1", "");
    for (unsigned form = PENDING; form < FORMS; form++) {
        settle(f, form);
        FINDS("title:masks", "p1 r0 r1 r2");
    }
}

static void titles_go_with_what_brought_them(void **state)
{
    for (unsigned form = PENDING; form < FORMS; form++) {
        struct fixture *f = *state;
        add(f, "p1", "t1", "", "Masks");
        add(f, "r1", "t1", "p1", "");
        add(f, "p2", "t2", "", "Tea");
        add(f, "r2", "t2", "p2", "");
        settle(f, form);
        add(f, "p1", "t1", "", "");
        delete(f, "p2");
        settle(f, form);
        FINDS("title:masks", "");
        FINDS("title:tea", "");
        FINDS("-title:tea", "p1 r1 r2");
        add(f, "r3", "t2", "r2", "Re: Tea");
        settle(f, form);
        FINDS("title:tea", "r2 r3");
        delete(f, "r3");
        add(f, "r4", "t2", "r2", "Tea");
        add(f, "r5", "t1", "r1", "Masks");
        settle(f, form);
        FINDS("title:tea", "r2 r4");
        FINDS("title:masks", "p1 r1 r5");
        static const char *const left[] = {"p1", "r1", "r2", "r4", "r5"};
        for (size_t i = 0; i < AQ_COUNT(left); i++)
            delete(f, left[i]);
    }
}

static void columns_change_without_the_title(void **state)
{
    struct fixture *f = *state;
    struct aq_record r = record("p1", "t1", "", "Masks");
    r.text = aq_slice_str("See http://example.org/, and\n\n> this quote, and\n\n```\ncode\n```");
    for (unsigned form = PENDING; form < FORMS; form++) {
        enum aq_outcome outcome;
        r.score = (int32_t)form;
        DONE(aq_writer_add(f->writer, &r, &outcome, err));
        assert_int_equal(outcome, form ? AQ_UPDATED : AQ_ADDED);
        settle(f, form);
        FINDS("title:masks has:quote has:link has:code", "p1");
    }
}

static void compounds_in_titles_are_found_by_their_parts(void **state)
{
    struct fixture *f = *state;
    add(f, "p1", "t1", "", "An x-risk");
    add(f, "p2", "t2", "", "Risk of X");
    add(f, "p3", "t3", "", "C++ and you");
    add(f, "p4", "t4", "", "Plan C");
    settle(f, SEGMENT);
    FINDS("title:x-risk", "p1 p2");
    FINDS("title:risks", "p1 p2");
    FINDS("title:c++", "p3");
    FINDS("title:c", "p3 p4");
}

/* What is beyond the 60th word of a title is not kept as such. */
static void long_titles_count_as_far_as_they_are_kept(void **state)
{
    struct fixture *f = *state;
    char title[1200] = "", query[1300];
    for (unsigned i = 0; i < 70; i++)
        snprintf(title + strlen(title), sizeof title - strlen(title), "word%u ", i);
    add(f, "p1", "t1", "", title);
    for (unsigned form = PENDING; form <= SEGMENT; form++) {
        settle(f, form);
        FINDS("title:word59", "p1");
        FINDS("title:word60", "");
    }
    snprintf(query, sizeof query, "title:\"%s\"", title);
    FINDS(query, "");
    *strstr(query, " word60") = 0; /* never closed: it runs to the end */
    FINDS(query, "p1");
}

/* ---- links, code, quotes ---- */

static void quotes_links_and_code_are_found_in_every_format(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *id, *text;
        enum aq_format format;
    } comments[] = {
        {"t1", "Text with nothing [in](it) and `ticks`.", AQ_FORMAT_TEXT},
        {"t2", "Text, see https://example.org/.", AQ_FORMAT_TEXT},
        {"t3", "Text\n\n> that says http://example.org/ in a quote", AQ_FORMAT_TEXT},
        {"t4", "Text with\n\n```\nsome code\n```", AQ_FORMAT_TEXT},
        {"m1", "Markdown \\[in](it) and 5 < 7.", AQ_FORMAT_MARKDOWN},
        {"m2", "Markdown with [a link](/there).", AQ_FORMAT_MARKDOWN},
        {"m3", "Markdown\n\n> with `code` in a quote", AQ_FORMAT_MARKDOWN},
        {"h1", "<p>HTML with <a name=x>an anchor</a></p>", AQ_FORMAT_HTML},
        {"h2", "<p>HTML with <a href='/x'><img src=y></a> a linked picture</p>", AQ_FORMAT_HTML},
        {"h3", "<p>HTML</p><blockquote>with a quote</blockquote><pre>and code</pre>", AQ_FORMAT_HTML},
    };
    for (size_t i = 0; i < AQ_COUNT(comments); i++) {
        struct aq_record r = record(comments[i].id, "", "", "");
        r.text = aq_slice_str(comments[i].text);
        r.format = comments[i].format;
        put(f, r);
    }
    for (unsigned form = PENDING; form < FORMS; form++) {
        settle(f, form);
        FINDS("has:link", "h2 m2 t2 t3");
        FINDS("has:code", "h3 m3 t4");
        FINDS("has:quote", "h3 m3 t3");
        FINDS("has:quote has:code", "h3 m3 t3 t4");
        FINDS("-has:quote -has:code -has:link", "h1 m1 t1");
    }
    struct aq_record r = record("t2", "", "", ""); /* without the address */
    put(f, r);
    settle(f, PENDING);
    FINDS("has:link", "h2 m2 t3");
}

/* ---- posts, replies, depth ---- */

static void posts_have_no_parent(void **state)
{
    struct fixture *f = *state;
    add(f, "p1", "t1", "", "");
    add(f, "r1", "t1", "p1", "");
    add(f, "r2", "t1", "never", "");
    settle(f, PENDING);
    FINDS("is:post", "p1");
    FINDS("is:comment", "r1 r2");
    FINDS("-is:comment", "p1");
    FINDS("is:post is:comment", "p1 r1 r2");
}

static void replies_are_found_by_id_even_before_what_they_reply_to(void **state)
{
    struct fixture *f = *state;
    add(f, "r1", "t1", "p1", "");
    add(f, "r2", "t1", "r1", "");
    settle(f, PENDING);
    FINDS("replying-to:p1", "r1");
    FINDS("replying-to:r1", "r2");
    add(f, "p1", "t1", "", "");
    add(f, "r3", "t1", "p1", "");
    for (unsigned form = PENDING; form < FORMS; form++) {
        settle(f, form);
        FINDS("replying-to:p1", "r1 r3");
        FINDS("replying-to:p1 replying-to:r1", "r1 r2 r3");
        FINDS("-replying-to:p1", "p1 r2");
        FINDS("replying-to:r3", "");
    }
    delete(f, "p1");
    settle(f, PENDING);
    FINDS("replying-to:p1", "r1 r3");
    DONE(aq_writer_compact(f->writer, AQ_COMPACT_PURGE, err));
    FINDS("replying-to:p1", "r1 r3");
}

static void where_no_comment_has_the_id_it_is_an_authors_name(void **state)
{
    struct fixture *f = *state;
    struct aq_record r = record("p1", "t1", "", "");
    r.author = aq_slice_str("Wei Dai");
    put(f, r);
    r = record("p2", "t2", "", "");
    r.author = aq_slice_str("p1");
    put(f, r);
    add(f, "r1", "t1", "p1", "");
    add(f, "r2", "t2", "p2", "");
    settle(f, PENDING);
    FINDS("replying-to:wei", "r1");
    FINDS("replying-to:\"wei dai\" replying-to:p2", "r1 r2");
    FINDS("replying-to:p1", "r1");
    delete(f, "p1");
    settle(f, PENDING);
    FINDS("replying-to:wei", "");
}

static void depth_counts_steps_as_far_as_parents_are_there(void **state)
{
    struct fixture *f = *state;
    add(f, "p1", "t1", "", "");
    add(f, "r1", "t1", "p1", "");
    add(f, "r2", "t1", "r1", "");
    add(f, "r3", "t1", "r2", "");
    add(f, "s1", "t2", "missing", "");
    add(f, "s2", "t2", "s1", "");
    add(f, "o1", "t3", "o2", ""); /* a ring, and one below it */
    add(f, "o2", "t3", "o1", "");
    add(f, "o3", "t3", "o2", "");
    add(f, "o4", "t3", "o4", "");
    for (unsigned form = PENDING; form < FORMS; form++) {
        settle(f, form);
        FINDS("depth:0", "p1 s1");
        FINDS("depth:1", "r1 s2");
        FINDS("depth:1..2", "r1 r2 s2");
        FINDS("depth:>=2", "o1 o2 o3 o4 r2 r3");
        FINDS("depth:>100", "o1 o2 o3 o4");
        FINDS("depth:0..100", "p1 r1 r2 r3 s1 s2");
        FINDS("-depth:..100", "o1 o2 o3 o4");
    }
    delete(f, "r1"); /* its replies stay where they are */
    settle(f, SEGMENT);
    FINDS("depth:2", "r2");
}

static void chains_of_thousands_have_depths(void **state)
{
    enum { LONG = 3000 };
    struct fixture *f = *state;
    char id[16], parent[16] = "";
    for (unsigned i = 0; i < LONG; i++) {
        snprintf(id, sizeof id, "c%u", i);
        add(f, id, "t1", parent, "");
        memcpy(parent, id, sizeof parent);
    }
    settle(f, PENDING);
    FINDS("depth:0", "c0");
    FINDS("depth:2999", "c2999");
    FINDS("depth:>=2998", "c2998 c2999");
    FINDS("depth:32..33", "c32 c33");
}

/* ---- names, and the request ---- */

static void tags_and_sources_are_whole_in_any_case(void **state)
{
    struct fixture *f = *state;
    const struct aq_slice tags[] = {aq_slice_str("AI Safety"), aq_slice_str("\xC3\x9C" "ber"), aq_slice_str("x")};
    struct aq_record r = record("p1", "t1", "", "");
    r.tags = tags;
    r.tag_count = 2;
    r.source = aq_slice_str("Forum.Example");
    put(f, r);
    r = record("p2", "t2", "", "");
    r.tags = tags + 1;
    r.tag_count = 2;
    r.source = aq_slice_str("list.mbox");
    put(f, r);
    add(f, "p3", "t3", "", "");
    settle(f, PENDING);
    FINDS("tag:\"ai safety\"", "p1");
    FINDS("tag:AI", "");
    FINDS("tag:\xC3\xBC" "ber", "p1 p2");
    FINDS("tag:X tag:\"AI SAFETY\"", "p1 p2");
    FINDS("-tag:x", "p1 p3");
    FINDS("source:forum.example", "p1");
    FINDS("source:forum", "");
    FINDS("-source:LIST.MBOX", "p1 p3");
}

static void ids_are_exact(void **state)
{
    struct fixture *f = *state;
    struct aq_record r = record("A", "t1", "", "");
    r.text = aq_slice_str("Repeats nobody.");
    put(f, r);
    add(f, "a", "t1", "", "");
    settle(f, PENDING);
    FINDS("id:a", "a");
    FINDS("id:a id:A id:b", "A a");
    FINDS("-id:a", "A");
    delete(f, "a");
    settle(f, PENDING);
    FINDS("id:a", "");
}

static void points_and_dates_are_in_ranges(void **state)
{
    struct fixture *f = *state;
    static const int64_t dates[] = {1672531199, 1672531200, 1704067199, 1704067200}; /* around 2023 */
    for (unsigned i = 0; i < 5; i++) {
        char id[2] = {(char)('a' + i), 0};
        struct aq_record r = record(id, "t1", "", "");
        r.date = i < 4 ? dates[i] : AQ_NO_DATE;
        r.score = i < 4 ? (int32_t)i - 1 : AQ_NO_SCORE;
        put(f, r);
    }
    settle(f, PENDING);
    FINDS("date:2023", "b c");
    FINDS("date:2022-12-31 date:2024", "a d");
    FINDS("-date:2023", "a d e");
    FINDS("after:2023 before:2024", "b c");
    FINDS("after:2022 after:2024", "d");
    FINDS("-after:2023", "a e");
    FINDS("score:<=0", "a b");
    FINDS("score:-1 score:2..", "a d");
    FINDS("-score:0..", "a e");
    f->request.after = 1672531200;
    f->request.before = AQ_NO_DATE;
    FINDS("before:2024", "b c");
    FINDS("date:2022", "");
}

static void the_requests_names_join_those_of_the_query(void **state)
{
    struct fixture *f = *state;
    static const char *const authors[] = {"ann"}, *const threads[] = {"t1", "t2"};
    for (unsigned i = 0; i < 4; i++) {
        static const char *const ids[] = {"a", "b", "c", "d"}, *const names[] = {"Ann", "Bob", "Ann", "Cy"},
                          *const in[] = {"t1", "t2", "t3", "t1"};
        struct aq_record r = record(ids[i], in[i], "", "");
        r.author = aq_slice_str(names[i]);
        put(f, r);
    }
    settle(f, PENDING);
    f->request.authors = authors;
    f->request.author_count = 1;
    FINDS("", "a c");
    FINDS("author:bob", "a b c");
    f->request.threads = threads;
    f->request.thread_count = 2;
    FINDS("author:bob", "a b");
    FINDS("author:bob -thread:t1", "b");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_title_finds_all_comments_of_its_thread),
        T(words_of_the_text_are_no_title),
        T(a_title_of_its_own_finds_the_comment_alone),
        T(a_title_that_replies_brought_is_the_threads),
        T(titles_go_with_what_brought_them),
        T(columns_change_without_the_title),
        T(compounds_in_titles_are_found_by_their_parts),
        T(long_titles_count_as_far_as_they_are_kept),
        T(quotes_links_and_code_are_found_in_every_format),
        T(posts_have_no_parent),
        T(replies_are_found_by_id_even_before_what_they_reply_to),
        T(where_no_comment_has_the_id_it_is_an_authors_name),
        T(depth_counts_steps_as_far_as_parents_are_there),
        T(chains_of_thousands_have_depths),
        T(tags_and_sources_are_whole_in_any_case),
        T(ids_are_exact),
        T(points_and_dates_are_in_ranges),
        T(the_requests_names_join_those_of_the_query),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
