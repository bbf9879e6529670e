/* thread_test.c - aq_thread_read and aq_related on a small index. */
#include "aq.h"
#include "aq_index.h"
#include "base.h"
#include "search.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    char dir[64];
    struct aq_writer *writer;
    struct aq_reader *reader;
    struct aq_thread_view *view;
    struct aq_result *result;
};

struct row {
    const char *id, *thread, *parent, *title, *text;
    int64_t date;
};

static const struct row rows[] = {
    {"a", "a", "", "Walrus tusks", "A walrus grows its tusks slowly, says the keeper.", 100},
    {"b", "a", "a", "", "Tusks grow faster in winter, I think.", 300},
    {"c", "a", "b", "", "> Tusks grow faster in winter, I think.\n\nWhose winter?", 400},
    {"d", "a", "a", "", "Ivory, you mean.", 200},
    {"e", "a", "c", "", "Mine.", 500},
    {"f", "a", "gone", "", "An answer to nobody.", 600},
    {"g", "a", "", "", "Said to all.", 700},
    {"h", "h", "e", "", "Said elsewhere, of the walrus and its tusks, by a keeper.", 800},
    {"i", "i", "", "", "An ostrich has no tusks and no keeper.", 900},
    {"j", "j", "", "", "A walrus grows its tusks slowly, says the keeper.", 950},
    {"k", "k", "", "", "Green tea, brewed slowly.", 990},
    {"m", "m", "", "", "Black tea, brewed slowly.", 991},
    {"n", "n", "", "", "Ivory.", 992},
    {"o", "o", "", "", "?!", 993},
};

static void add(struct fixture *f, const struct row *x)
{
    struct aq_record r;
    struct aq_error err = {0};
    enum aq_outcome outcome;
    aq_record_init(&r);
    r.id = aq_slice_str(x->id);
    r.thread = aq_slice_str(x->thread);
    r.parent = aq_slice_str(x->parent);
    r.title = aq_slice_str(x->title);
    r.text = aq_slice_str(x->text);
    r.date = x->date;
    if (aq_writer_add(f->writer, &r, &outcome, &err))
        fail_msg("%s", err.message);
}

static void commit(struct fixture *f)
{
    struct aq_error err;
    assert_int_equal(aq_writer_commit(f->writer, &err), AQ_OK);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct aq_writer_options options = {.create = true, .single_thread = true};
    struct aq_error err = {0};
    assert_non_null(f);
    strcpy(f->dir, "/tmp/aq-thread-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    if (aq_writer_open(f->dir, &options, &f->writer, &err))
        fail_msg("%s", err.message);
    for (size_t i = 0; i < AQ_COUNT(rows); i++)
        add(f, &rows[i]);
    commit(f);
    if (aq_reader_open(f->dir, &f->reader, &err))
        fail_msg("%s", err.message);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[128];
    aq_thread_free(f->view);
    aq_result_free(f->result);
    aq_reader_close(f->reader);
    aq_writer_close(f->writer);
    snprintf(command, sizeof command, "rm -rf '%s'", f->dir);
    assert_int_equal(system(command), 0);
    free(f);
    return 0;
}

/* "a b1 c2": ids with their levels, the asked one in brackets, ? where detached. */
static const char *read_thread(struct fixture *f, const struct aq_thread_request *q)
{
    static char out[512];
    struct aq_error err = {0};
    size_t n = 0;
    aq_thread_free(f->view);
    if (aq_thread_read(f->reader, q, &f->view, &err))
        fail_msg("%s", err.message);
    for (uint32_t i = 0; i < f->view->count; i++) {
        const struct aq_thread_comment *c = &f->view->comments[i];
        bool asked = i == f->view->asked;
        n += (size_t)snprintf(out + n, sizeof out - n, "%s%s%.*s%u%s%s", i ? " " : "", asked ? "[" : "",
                              (int)c->comment.id.len, (const char *)c->comment.id.ptr, c->level, asked ? "]" : "",
                              c->detached ? "?" : "");
    }
    return out;
}

static const char *whole(struct fixture *f, const char *id)
{
    return read_thread(f, &(struct aq_thread_request){.id = aq_slice_str(id)});
}

static const char *around(struct fixture *f, const char *id, uint32_t above, uint32_t below, uint32_t limit)
{
    return read_thread(f, &(struct aq_thread_request){
                              .id = aq_slice_str(id), .around = true, .above = above, .below = below, .limit = limit});
}

static void a_thread_is_read_whole_by_any_of_its_ids(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(whole(f, "a"), "[a0] d1 b1 c2 e3 f1? g1");
    assert_string_equal(whole(f, "e"), "a0 d1 b1 c2 [e3] f1? g1");
    assert_true(aq_slice_eq(f->view->id, aq_slice_str("a")));
    assert_true(aq_slice_eq(f->view->title, aq_slice_str("Walrus tusks")));
    assert_int_equal(f->view->total, 7);
}

static void each_comment_is_whole_and_knows_its_place(void **state)
{
    struct fixture *f = *state;
    whole(f, "c");
    const struct aq_thread_comment *c = &f->view->comments[3];
    assert_int_equal(c->parent, 2);
    assert_int_equal(f->view->comments[0].parent, AQ_NO_COMMENT);
    assert_int_equal(f->view->comments[5].parent, 0);
    assert_int_equal(c->comment.parent_comment, f->view->comments[2].comment.comment);
    assert_int_equal(c->comment.passage_count, 2);
    assert_int_equal(c->comment.reply_count, 1);
    assert_int_equal(c->comment.replies[0], f->view->comments[4].comment.comment);
    assert_int_equal(c->comment.date, 400);
    assert_true(aq_slice_eq(c->comment.thread_title, aq_slice_str("Walrus tusks")));
    /* g and f only hang below a: they do not reply to it. */
    assert_int_equal(f->view->comments[0].comment.reply_count, 2);
}

static void a_limit_keeps_the_first(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(read_thread(f, &(struct aq_thread_request){.id = aq_slice_str("a"), .limit = 3}),
                        "[a0] d1 b1");
    assert_int_equal(f->view->total, 7);
    assert_string_equal(read_thread(f, &(struct aq_thread_request){.id = aq_slice_str("e"), .limit = 3}), "a0 d1 b1");
    assert_int_equal(f->view->asked, AQ_NO_COMMENT);
}

static void around_are_parents_and_replies(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(around(f, "c", 1, 1, 9), "b1 [c2] e3");
    assert_string_equal(around(f, "c", 9, 0, 9), "a0 b1 [c2]");
    assert_string_equal(around(f, "b", 0, 9, 9), "[b1] c2 e3");
    assert_string_equal(around(f, "b", 0, 1, 9), "[b1] c2");
    assert_string_equal(around(f, "b", 0, 9, 1), "[b1] c2");
    assert_int_equal(f->view->total, 3);
    assert_string_equal(around(f, "a", 5, 1, 9), "[a0] d1 b1");
    assert_string_equal(around(f, "a", 5, 0, 9), "[a0]");
    assert_string_equal(around(f, "f", 5, 5, 9), "[f1]?");
    assert_string_equal(around(f, "g", 5, 5, 9), "[g1]");
    assert_string_equal(around(f, "h", 5, 5, 9), "[h0]?");
    assert_string_equal(around(f, "c", UINT32_MAX, UINT32_MAX, 0), "a0 b1 [c2] e3");
}

static void deleted_comments_leave_their_replies_in_place(void **state)
{
    struct fixture *f = *state;
    struct aq_error err;
    assert_int_equal(aq_writer_delete(f->writer, aq_slice_str("b"), &err), AQ_OK);
    commit(f);
    assert_string_equal(whole(f, "a"), "[a0] d1 c1? e2 f1? g1");
    assert_string_equal(around(f, "c", 5, 5, 9), "[c1]? e2");
    assert_int_equal(aq_writer_delete(f->writer, aq_slice_str("a"), &err), AQ_OK);
    commit(f);
    /* The id is now the thread's alone. */
    assert_string_equal(whole(f, "a"), "d0? c0? e1 f0? g0");
    assert_int_equal(f->view->asked, AQ_NO_COMMENT);
    assert_string_equal(around(f, "a", 1, 1, 9), "[d0]?");
    for (size_t i = 2; i < 7; i++)
        assert_int_equal(aq_writer_delete(f->writer, aq_slice_str(rows[i].id), &err), AQ_OK);
    commit(f);
    struct aq_thread_request q = {.id = aq_slice_str("a")};
    struct aq_thread_view *none;
    assert_int_equal(aq_thread_read(f->reader, &q, &none, &err), AQ_NOTFOUND);
    assert_null(none);
}

static void what_is_not_there_is_not_found(void **state)
{
    struct fixture *f = *state;
    struct aq_thread_view *none;
    struct aq_error err;
    const struct aq_thread_request requests[] = {{.id = aq_slice_str("nobody")},
                                                 {.id = aq_slice_str("")},
                                                 {.id = aq_slice_str("gone"), .around = true},
                                                 {.comment = 1000},
                                                 {.comment = AQ_NO_COMMENT}};
    for (size_t i = 0; i < AQ_COUNT(requests); i++) {
        assert_int_equal(aq_thread_read(f->reader, &requests[i], &none, &err), AQ_NOTFOUND);
        assert_null(none);
    }
    assert_non_null(strstr(err.message, "no such comment"));
    aq_thread_free(NULL);
}

static void a_commit_is_seen_though_the_tree_was_kept(void **state)
{
    struct fixture *f = *state;
    static const struct row more = {"l", "a", "d", "", "Late.", 2000};
    struct aq_error err;
    assert_string_equal(whole(f, "d"), "a0 [d1] b1 c2 e3 f1? g1");
    add(f, &more);
    commit(f);
    assert_string_equal(whole(f, "d"), "a0 [d1] l2 b1 c2 e3 f1? g1");
    assert_int_equal(aq_writer_compact(f->writer, 0, &err), AQ_OK);
    assert_string_equal(whole(f, "l"), "a0 d1 [l2] b1 c2 e3 f1? g1");
}

/* ---- related ---- */

static const char *related_with(struct fixture *f, const char *id, struct aq_search_request request)
{
    static char out[512];
    struct aq_error err = {0};
    size_t n = 0;
    aq_result_free(f->result);
    f->result = NULL;
    if (aq_related(f->reader, aq_slice_str(id), 0, &request, &f->result, &err))
        fail_msg("%s", err.message);
    out[0] = 0;
    for (uint32_t i = 0; i < f->result->hit_count; i++)
        n += (size_t)snprintf(out + n, sizeof out - n, "%s%.*s", i ? " " : "", (int)f->result->hits[i].id.len,
                              (const char *)f->result->hits[i].id.ptr);
    return out;
}

/* Of so few passages nearly every word is too common; padding makes them rare. */
static void pad(struct fixture *f)
{
    static char ids[200][16], texts[200][64];
    for (int i = 0; i < 200; i++) {
        snprintf(ids[i], sizeof ids[i], "pad%d", i);
        snprintf(texts[i], sizeof texts[i], "Padding number%d of the keeper's says.", i);
        struct row x = {ids[i], ids[i], "", "", texts[i], 1};
        add(f, &x);
    }
    commit(f);
}

static void related_comments_share_telling_words(void **state)
{
    struct fixture *f = *state;
    const struct aq_search_request request = {.flags = AQ_NO_FILL};
    pad(f);
    /* a and j say the same: neither finds the other, nor itself. */
    assert_string_equal(related_with(f, "j", request), "h b k m i");
    assert_string_equal(related_with(f, "k", request), "m a");
    assert_int_equal(f->result->total_groups, 2);
    assert_string_equal(related_with(f, "d", request), "n");
    assert_string_equal(related_with(f, "pad5", (struct aq_search_request){.limit = 2}), "pad0 pad1"); /* common words */
    assert_string_equal(related_with(f, "o", request), "");
    /* What it quotes does not count: only winter is its own. */
    assert_string_equal(related_with(f, "c", request), "b");
}

static void the_query_tells_the_words_as_often_as_they_count(void **state)
{
    struct fixture *f = *state;
    pad(f);
    related_with(f, "k", (struct aq_search_request){0});
    assert_true(aq_slice_eq(f->result->query, aq_slice_str("tea brewed slowly")));
}

static void requests_count_for_related_ones(void **state)
{
    struct fixture *f = *state;
    uint32_t h = 7;
    pad(f);
    assert_string_equal(related_with(f, "j", (struct aq_search_request){.limit = 1}), "h");
    assert_string_equal(related_with(f, "j", (struct aq_search_request){.limit = 1, .offset = 1}), "b");
    const struct aq_search_request late = {.flags = AQ_NO_FILL, .after = 850, .before = AQ_NO_DATE};
    assert_string_equal(related_with(f, "j", late), "k m i");
    assert_string_equal(
        related_with(f, "j", (struct aq_search_request){.flags = AQ_NO_FILL, .without = &h, .without_count = 1}),
        "b k m i");
    struct aq_search_request much = {.limit = 20000};
    struct aq_result *none;
    struct aq_error err;
    assert_int_equal(aq_related(f->reader, aq_slice_str("j"), 0, &much, &none, &err), AQ_LIMIT);
    assert_null(none);
    assert_int_equal(aq_related(f->reader, aq_slice_str("zzz"), 0, &much, &none, &err), AQ_NOTFOUND);
    assert_null(none);
}

static void *add_later(void *fixture)
{
    static const struct row later = {"p", "p", "", "", "A walrus, later.", 2000};
    add(fixture, &later);
    commit(fixture);
    return NULL;
}

/* What aq_related asks at last it asks of the snapshot that it has learned from. */
static void a_search_within_a_snapshot_sees_nothing_later(void **state)
{
    struct fixture *f = *state;
    const struct aq_search_request request = {.query = aq_slice_str("walrus"), .flags = AQ_NO_FILL};
    struct aq_result *before, *after;
    struct aq_txn txn;
    struct aq_error err;
    assert_int_equal(aq_reader_begin(f->reader, &txn, &err), AQ_OK);
    pthread_t writing; /* a thread that holds a transaction does not write */
    assert_int_equal(pthread_create(&writing, NULL, add_later, f), 0);
    assert_int_equal(pthread_join(writing, NULL), 0);
    assert_int_equal(aq_search_within(f->reader, &txn, &request, &before, &err), AQ_OK);
    assert_int_equal(aq_search(f->reader, &request, &after, &err), AQ_OK);
    assert_int_equal(after->total_groups, before->total_groups + 1);
    aq_result_free(before);
    aq_result_free(after);
}

/* Comments that are left out are left out of any search. */
static void a_search_leaves_out_what_it_is_told_to(void **state)
{
    struct fixture *f = *state;
    const uint32_t without[] = {7, 0};
    struct aq_search_request request = {
        .query = aq_slice_str("walrus"), .flags = AQ_NO_FILL, .without = without, .without_count = 2};
    struct aq_error err;
    assert_int_equal(aq_search(f->reader, &request, &f->result, &err), AQ_OK);
    assert_int_equal(f->result->hit_count, 0); /* j only repeats a */
    request.without_count = 1;
    aq_result_free(f->result);
    assert_int_equal(aq_search(f->reader, &request, &f->result, &err), AQ_OK);
    assert_int_equal(f->result->hit_count, 1);
    assert_int_equal(f->result->hits[0].comment, 0);
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    static const struct CMUnitTest tests[] = {
        WITH(a_thread_is_read_whole_by_any_of_its_ids),
        WITH(each_comment_is_whole_and_knows_its_place),
        WITH(a_limit_keeps_the_first),
        WITH(around_are_parents_and_replies),
        WITH(deleted_comments_leave_their_replies_in_place),
        WITH(what_is_not_there_is_not_found),
        WITH(a_commit_is_seen_though_the_tree_was_kept),
        WITH(related_comments_share_telling_words),
        WITH(the_query_tells_the_words_as_often_as_they_count),
        WITH(requests_count_for_related_ones),
        WITH(a_search_within_a_snapshot_sees_nothing_later),
        WITH(a_search_leaves_out_what_it_is_told_to),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
