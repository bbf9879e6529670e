/* reader_test.c - the calls of aq.h on one small discussion. */
#include "aq.h"
#include "aq_index.h"
#include "base.h"
#include "store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    char dir[64];
    struct aq_writer *writer;
    struct aq_reader *reader;
    struct aq_result *result;
    struct aq_search_request request;
};

struct row {
    const char *id, *thread, *parent, *author, *title, *text;
    int64_t date;
    int32_t score;
};

static const struct row rows[] = {
    {"p1", "t1", "", "Ann Lee", "On Qualia", "Communism is an economic system of some renown.", 1000, 5},
    {"r1", "t1", "p1", "Bob", "", "The community decides. An x-risk is a risk to all.", 2000, AQ_NO_SCORE},
    {"r2", "t1", "p1", "ann lee", "Re: On Qualia", "A community of x people at risk.\n\n> The community decides. An x-risk is a risk to all.", 3000, -2},
    {"r3", "t1", "r1", "", "", "Nobody's words about r\xC3\xA9sum\xC3\xA9s.", AQ_NO_DATE, 0},
    {"p2", "t2", "", "Carol", "Resumes", "Apples and pears.\n\n> Pears and quinces, says an old book nobody has.\n\nApples alone.", 1500, 9},
};

static void add(struct fixture *f, const struct row *x)
{
    static const struct aq_slice tags[] = {{(const uint8_t *)"mind", 4}, {(const uint8_t *)"two words", 9}};
    struct aq_record r;
    struct aq_error err = {0};
    enum aq_outcome outcome;
    aq_record_init(&r);
    r.id = aq_slice_str(x->id);
    r.thread = aq_slice_str(x->thread);
    r.parent = aq_slice_str(x->parent);
    r.author = aq_slice_str(x->author);
    r.title = aq_slice_str(x->title);
    r.text = aq_slice_str(x->text);
    r.url = aq_slice_str("https://example.org/x");
    r.source = aq_slice_str("forum");
    r.date = x->date;
    r.score = x->score;
    r.tags = tags;
    r.tag_count = x->id[0] == 'p' ? 2 : 0;
    if (aq_writer_add(f->writer, &r, &outcome, &err))
        fail_msg("%s", err.message);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct aq_writer_options options = {.create = true, .single_thread = true};
    struct aq_error err = {0};
    assert_non_null(f);
    strcpy(f->dir, "/tmp/aq-reader-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    if (aq_writer_open(f->dir, &options, &f->writer, &err))
        fail_msg("%s", err.message);
    for (size_t i = 0; i < AQ_COUNT(rows); i++)
        add(f, &rows[i]);
    if (aq_writer_commit(f->writer, &err) || aq_reader_open(f->dir, &f->reader, &err))
        fail_msg("%s", err.message);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[128];
    aq_result_free(f->result);
    aq_reader_close(f->reader);
    aq_writer_close(f->writer);
    snprintf(command, sizeof command, "rm -rf '%s'", f->dir);
    assert_int_equal(system(command), 0);
    free(f);
    return 0;
}

/* The ids of the hits, in order, parted by spaces. */
static const char *ids(struct fixture *f, const char *query)
{
    static char out[512];
    struct aq_error err = {0};
    size_t n = 0;
    aq_result_free(f->result);
    f->request.query = aq_slice_str(query);
    if (aq_search(f->reader, &f->request, &f->result, &err))
        fail_msg("%s", err.message);
    out[0] = 0;
    for (uint32_t i = 0; i < f->result->hit_count; i++)
        n += (size_t)snprintf(out + n, sizeof out - n, "%s%.*s", i ? " " : "", (int)f->result->hits[i].id.len,
                              (const char *)f->result->hits[i].id.ptr);
    return out;
}

#define IS(slice, text) assert_true(aq_slice_eq((slice), aq_slice_str(text)))

static void quoted_words_are_exact(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(ids(f, "\"communism\""), "p1");
    assert_string_equal(ids(f, "\"community\""), "r2 r1");
    assert_string_equal(ids(f, "\"the community decides\""), "r1");
    assert_string_equal(ids(f, "\"r\xC3\xA9sum\xC3\xA9s\""), "r3");
    assert_string_equal(ids(f, "\"resumes\""), "p2");
    assert_string_equal(ids(f, "r\xC3\xA9sum\xC3\xA9"), "p2 r3");
}

static void a_compound_in_quotes_is_not_its_parts(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(ids(f, "\"x-risk\""), "r1");
    assert_string_equal(ids(f, "\"x risk\""), "r1");
    assert_string_equal(ids(f, "x-risk"), "r1 r2");
    assert_string_equal(ids(f, "+x-risk"), "r1 r2");
    assert_string_equal(ids(f, "risk -x-risk"), "r2");
}

static void unknown_words_are_told_and_empty_nothing(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(ids(f, "Xyzzy communism +plugh -nix"), "p1");
    assert_int_equal(f->result->ignored_count, 2);
    IS(f->result->ignored[0], "Xyzzy");
    IS(f->result->ignored[1], "plugh");
    assert_string_equal(ids(f, "communism \"foo bar\""), "p1");
    assert_string_equal(ids(f, "xyzzy"), "");
    assert_string_equal(ids(f, "xyzzy author:bob"), "");
}

static void a_query_of_nothing_finds_nothing(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(ids(f, ""), "");
    assert_string_equal(ids(f, " - \" !!! "), "");
    assert_int_equal(f->result->total_passages, 0);
    assert_int_equal(f->result->ignored_count, 0);
}

static void filters_alone_list_the_newest_first(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(ids(f, "author:\"ANN lee\""), "r2 p1");
    assert_string_equal(ids(f, "author:lee"), "r2 p1");
    assert_string_equal(ids(f, "author:ann author:bob -thread:t2"), "r2 r1 p1");
    assert_string_equal(ids(f, "thread:t1"), "r2 r1 p1 r3");
    assert_string_equal(ids(f, "-thread:t1 -\"says an old\""), "p2 p2");
    assert_string_equal(ids(f, "author:le"), "");
    assert_string_equal(ids(f, "-community -pears"), "p2 p1 r3");
    assert_true(f->result->hits[0].score == 0);
}

static void requests_filter_like_queries(void **state)
{
    struct fixture *f = *state;
    const char *authors[] = {"bob", "carol"}, *threads[] = {"t1", "none"};
    f->request.authors = authors;
    f->request.author_count = 2;
    assert_string_equal(ids(f, "-xyzzy"), "r1 p2 p2 p2");
    f->request.threads = threads;
    f->request.thread_count = 2;
    assert_string_equal(ids(f, ""), "r1");
    f->request.author_count = f->request.thread_count = 0;
    f->request.after = 1500;
    f->request.before = 3000;
    assert_string_equal(ids(f, ""), "r1 p2 p2 p2");
    f->request.before = AQ_NO_DATE;
    assert_string_equal(ids(f, ""), "r2 r1 p2 p2 p2");
    f->request.after = AQ_NO_DATE;
    f->request.before = 1500;
    assert_string_equal(ids(f, ""), "p1");
}

static void further_passages_fill_the_places(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(ids(f, "apples pears"), "p2 p2 p2");
    assert_int_equal(f->result->total_groups, 1);
    assert_int_equal(f->result->total_passages, 3);
    assert_int_equal(f->result->hits[0].more, 2);
    assert_int_equal(f->result->hits[0].ordinal, 0);
    f->request.limit = 1;
    assert_string_equal(ids(f, "apples pears"), "p2");
    f->request.offset = 1;
    assert_string_equal(ids(f, "apples pears"), "p2");
    assert_int_equal(f->result->hits[0].ordinal, 2);
    f->request.offset = 3;
    assert_string_equal(ids(f, "apples pears"), "");
    f->request.offset = f->request.limit = 0;
    f->request.group = AQ_GROUP_THREAD;
    assert_string_equal(ids(f, "apples pears"), "p2");
}

static void repeats_are_hidden_and_quotes_come_last(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(ids(f, "decides"), "r1");
    assert_string_equal(ids(f, "pears"), "p2 p2");
    assert_int_equal(f->result->hits[0].quote_depth, 0);
    assert_int_equal(f->result->hits[1].quote_depth, 1);
}

static void a_hit_tells_all_about_its_comment(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(ids(f, "r\xC3\xA9sum\xC3\xA9s nobody"), "r3 p2 p2");
    assert_string_equal(ids(f, "decides x-risk"), "r1 r2");
    const struct aq_hit *h = &f->result->hits[0];
    IS(h->id, "r1");
    IS(h->parent, "p1");
    IS(h->thread, "t1");
    IS(h->author, "Bob");
    IS(h->title, "On Qualia");
    IS(h->source, "forum");
    IS(h->url, "https://example.org/x");
    IS(h->passage, rows[1].text);
    assert_true(h->date == 2000 && h->points == AQ_NO_SCORE);
    assert_int_equal(h->tag_count, 0);
    assert_true(h->all_words);
    assert_int_equal(h->range_count, 3);
    IS(aq_slice(h->passage.ptr + h->ranges[0].begin, h->ranges[0].end - h->ranges[0].begin), "decides");
    IS(aq_slice(h->passage.ptr + h->ranges[1].begin, h->ranges[1].end - h->ranges[1].begin), "x-risk");
    assert_true(h->snippet.begin == 0 && h->snippet.end == h->passage.len);
    assert_false(f->result->hits[1].all_words);
}

static void title_words_are_marked(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(ids(f, "qualia"), "p1");
    const struct aq_hit *h = &f->result->hits[0];
    assert_int_equal(h->title_range_count, 1);
    assert_int_equal(h->title_ranges[0].begin, 3);
    assert_int_equal(h->title_ranges[0].end, 9);
    assert_int_equal(h->range_count, 0);
    assert_int_equal(h->tag_count, 2);
    IS(h->tags[0], "mind");
    IS(h->tags[1], "two words");
}

static void hits_without_text_have_ids_and_scores(void **state)
{
    struct fixture *f = *state;
    f->request.flags = AQ_NO_TEXT;
    assert_string_equal(ids(f, "communism"), "p1");
    assert_true(f->result->hits[0].score > 0);
    assert_int_equal(f->result->hits[0].passage.len, 0);
    assert_int_equal(f->result->hits[0].author.len, 0);
}

static void a_33rd_term_makes_the_answer_partial(void **state)
{
    struct fixture *f = *state;
    char query[1024] = "communism";
    for (int i = 0; i < 32; i++)
        snprintf(query + strlen(query), sizeof query - strlen(query), " w%d", i);
    assert_string_equal(ids(f, query), "p1");
    assert_int_equal(f->result->partial, AQ_PARTIAL_TERMS);
    f->request.flags = AQ_QUERY_PLAIN;
    assert_string_equal(ids(f, query), "p1");
    assert_int_equal(f->result->partial, AQ_PARTIAL_NONE);
    assert_int_equal(f->result->ignored_count, 32);
}

static void out_of_range_requests_are_refused(void **state)
{
    struct fixture *f = *state;
    struct aq_result *result;
    struct aq_error err;
    f->request.query = aq_slice_str("a\xC0");
    assert_int_equal(aq_search(f->reader, &f->request, &result, &err), AQ_SYNTAX);
    assert_null(result);
    f->request.query = aq_slice_str("a");
    f->request.limit = 10001;
    assert_int_equal(aq_search(f->reader, &f->request, &result, &err), AQ_LIMIT);
    f->request.limit = 0;
    f->request.offset = 100001;
    assert_int_equal(aq_search(f->reader, &f->request, &result, &err), AQ_LIMIT);
    f->request.offset = 0;
    f->request.k1 = -1;
    assert_int_equal(aq_search(f->reader, &f->request, &result, &err), AQ_INVALID);
}

static void commits_are_seen_and_old_results_stay(void **state)
{
    struct fixture *f = *state;
    static const struct row more = {"p3", "t3", "", "Dan", "", "Communism again.", 4000, 1};
    struct aq_error err;
    assert_string_equal(ids(f, "communism"), "p1");
    struct aq_result *old = f->result;
    f->result = NULL;
    add(f, &more);
    assert_string_equal(ids(f, "communism"), "p1");
    assert_int_equal(aq_writer_flush(f->writer, &err), AQ_OK);
    assert_string_equal(ids(f, "communism"), "p3 p1");
    assert_true(f->result->commit > old->commit);
    assert_int_equal(f->result->snapshot, old->snapshot + 1);
    assert_int_equal(aq_writer_compact(f->writer, 0, &err), AQ_OK);
    assert_string_equal(ids(f, "communism"), "p3 p1");
    aq_reader_close(f->reader);
    f->reader = NULL;
    IS(old->hits[0].id, "p1");
    aq_result_free(old);
}

/* ---- comments ---- */

static void a_comment_is_read_by_id_and_by_number(void **state)
{
    struct fixture *f = *state;
    struct aq_comment_view *v, *w;
    struct aq_error err;
    assert_int_equal(aq_comment_get(f->reader, aq_slice_str("p1"), 0, &v, &err), AQ_OK);
    IS(v->id, "p1");
    IS(v->text, rows[0].text);
    IS(v->author, "Ann Lee");
    IS(v->title, "On Qualia");
    IS(v->thread_title, "On Qualia");
    assert_int_equal(v->parent_comment, AQ_NO_COMMENT);
    assert_int_equal(v->tag_count, 2);
    assert_int_equal(v->passage_count, 1);
    assert_int_equal(v->reply_count, 2);
    assert_int_equal(aq_comment_get(f->reader, (struct aq_slice){0}, v->replies[1], &w, &err), AQ_OK);
    IS(w->id, "r2");
    IS(w->thread_title, "On Qualia");
    assert_int_equal(w->parent_comment, v->comment);
    assert_int_equal(w->passage_count, 2);
    assert_int_equal(w->passages[1].quote_depth, 1);
    assert_int_equal(w->reply_count, 0);
    aq_comment_free(v);
    aq_comment_free(w);
}

static void a_comment_that_is_not_there_is_not_found(void **state)
{
    struct fixture *f = *state;
    struct aq_comment_view *v;
    struct aq_error err;
    assert_int_equal(aq_comment_get(f->reader, aq_slice_str("nope"), 0, &v, &err), AQ_NOTFOUND);
    assert_null(v);
    assert_non_null(strstr(err.message, "nope"));
    assert_int_equal(aq_comment_get(f->reader, (struct aq_slice){0}, 99, &v, &err), AQ_NOTFOUND);
    assert_int_equal(aq_comment_get(f->reader, (struct aq_slice){0}, AQ_NO_COMMENT, &v, &err), AQ_NOTFOUND);
    assert_int_equal(aq_writer_delete(f->writer, aq_slice_str("r1"), &err), AQ_OK);
    assert_int_equal(aq_writer_commit(f->writer, &err), AQ_OK);
    assert_int_equal(aq_comment_get(f->reader, aq_slice_str("r1"), 0, &v, &err), AQ_NOTFOUND);
    assert_int_equal(aq_comment_get(f->reader, aq_slice_str("r3"), 0, &v, &err), AQ_OK);
    assert_int_equal(v->parent_comment, AQ_NO_COMMENT);
    IS(v->parent, "r1");
    aq_comment_free(v);
    assert_int_equal(aq_comment_get(f->reader, aq_slice_str("p1"), 0, &v, &err), AQ_OK);
    assert_int_equal(v->reply_count, 1);
    aq_comment_free(v);
}

static void freeing_null_is_allowed(void **state)
{
    (void)state;
    aq_result_free(NULL);
    aq_comment_free(NULL);
    aq_reader_close(NULL);
}

/* ---- the index ---- */

static void stats_count_what_is_there(void **state)
{
    struct fixture *f = *state;
    struct aq_index_stats s;
    struct aq_error err;
    for (int flushed = 0; flushed < 2; flushed++) {
        assert_int_equal(aq_reader_stats(f->reader, &s, &err), AQ_OK);
        assert_int_equal(s.comments, 5);
        assert_int_equal(s.threads, 2);
        assert_int_equal(s.passages, 8);
        assert_int_equal(s.quote_passages, 2);
        assert_int_equal(s.hidden_passages, 1);
        assert_int_equal(s.deleted_passages, 0);
        assert_true(s.first_date == 1000 && s.last_date == 3000);
        assert_true(s.file_bytes > 0 && s.stored_text_bytes > 0 && s.other_bytes > 0 && s.text_bytes > 100);
        assert_string_equal(s.language, "english");
        assert_true(s.analyzer[0] != 0);
        if (flushed) {
            assert_int_equal(s.pending_comments, 0);
            assert_int_equal(s.segments, 1);
            assert_true(s.posting_bytes > 0 && s.norm_bytes > 0 && s.terms > 10 && s.postings >= s.terms);
        } else {
            assert_int_equal(s.pending_comments, 5);
        }
        assert_int_equal(aq_writer_flush(f->writer, &err), AQ_OK);
    }
}

static void no_index_is_not_found(void **state)
{
    struct aq_reader *r = (struct aq_reader *)1;
    struct aq_error err;
    (void)state;
    assert_int_equal(aq_reader_open("/nonexistent/aq", &r, &err), AQ_NOTFOUND);
    assert_null(r);
}

static void another_analyzer_is_another_version(void **state)
{
    struct fixture *f = *state;
    char dir[80];
    struct aq_state foreign = {.identity = "somebody else's 1", .language = "english"};
    struct aq_store *store;
    struct aq_reader *r;
    struct aq_error err;
    snprintf(dir, sizeof dir, "%s/foreign", f->dir);
    assert_int_equal(aq_store_create(dir, &foreign, &store, &err), AQ_OK);
    aq_store_close(store);
    assert_int_equal(aq_reader_open(dir, &r, &err), AQ_VERSION);
    assert_null(r);
    assert_non_null(strstr(err.message, "somebody else's 1"));
}

static void the_version_names_the_program(void **state)
{
    (void)state;
    assert_memory_equal(aq_version(), "aq ", 3);
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    static const struct CMUnitTest tests[] = {
        WITH(quoted_words_are_exact),
        WITH(a_compound_in_quotes_is_not_its_parts),
        WITH(unknown_words_are_told_and_empty_nothing),
        WITH(a_query_of_nothing_finds_nothing),
        WITH(filters_alone_list_the_newest_first),
        WITH(requests_filter_like_queries),
        WITH(further_passages_fill_the_places),
        WITH(repeats_are_hidden_and_quotes_come_last),
        WITH(a_hit_tells_all_about_its_comment),
        WITH(title_words_are_marked),
        WITH(hits_without_text_have_ids_and_scores),
        WITH(a_33rd_term_makes_the_answer_partial),
        WITH(out_of_range_requests_are_refused),
        WITH(commits_are_seen_and_old_results_stay),
        WITH(a_comment_is_read_by_id_and_by_number),
        WITH(a_comment_that_is_not_there_is_not_found),
        cmocka_unit_test(freeing_null_is_allowed),
        WITH(stats_count_what_is_there),
        cmocka_unit_test(no_index_is_not_found),
        WITH(another_analyzer_is_another_version),
        cmocka_unit_test(the_version_names_the_program),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
