/* further_test.c - what is told of a hit's thread against the same search in that thread alone:
 * the same comments in the same order, scores equal bit by bit, and as many. */
#include "search_world.h"

#include "reader.h"

static uint64_t asked, told, threads_with;

/* Words, phrases, patterns, groups, exclusions and fields; nothing at all now and then. */
static void random_query(struct aq_buf *b)
{
    /* $: a word */
    static const char *const shapes[] = {"$", "$ $", "+$ $", "\"$ $\"", "$ -$", "$ OR $", "ca* $", "$ NEAR/4 $", "$^2 \"$\"", "$ AND ($)"};
    for (uint32_t i = below(4) ? 1 : below(3); i > 0; i--) {
        aq_buf_puts(b, b->len ? " " : "");
        for (const char *c = shapes[below(AQ_COUNT(shapes))]; *c; c++) {
            if (*c == '$')
                aq_buf_puts(b, word());
            else
                aq_buf_u8(b, (uint8_t)*c);
        }
    }
    if (below(4) == 0)
        aq_buf_printf(b, " %sauthor:\"%s\"", below(3) ? "" : "-", authors[1 + below(AQ_COUNT(authors) - 1)]);
    if (below(6) == 0)
        aq_buf_puts(b, " after:2021");
    assert_false(b->failed);
}

static struct aq_search_request random_request(const struct aq_buf *query, const struct oracle *o)
{
    static const unsigned stages[] = {0, 0, AQ_FIRST_STAGE};
    struct aq_search_request r = {.query = aq_slice(query->ptr, query->len),
                                  .group = AQ_GROUP_THREAD,
                                  .flags = stages[below(AQ_COUNT(stages))] | (below(10) ? 0 : AQ_QUERY_PLAIN),
                                  .limit = below(3) ? 10 : 1 + below(4),
                                  .offset = below(4) ? 0 : below(3),
                                  .sort = (enum aq_sort)(below(2) ? 0 : below(3)),
                                  .prefer = below(4) ? 0 : below(4),
                                  .now = 1700000000,
                                  .further = 1 + below(below(2) ? 4 : 20)};
    if (below(4) == 0)
        r.snapshot = 1 + below(o->txn.state.next_comment + 2);
    if (below(8) == 0) {
        r.k1 = 0.9;
        r.b = 0.4;
    }
    return r;
}

static struct aq_result *search(struct aq_reader *reader, const struct aq_search_request *request)
{
    struct aq_error err;
    struct aq_result *r;
    if (aq_search(reader, request, &r, &err))
        fail_msg("%.*s: %s", (int)request->query.len, (const char *)request->query.ptr, err.message);
    return r;
}

/* The same search in the hit's thread alone. */
static struct aq_result *search_thread(struct aq_reader *reader, const struct aq_search_request *request,
                                       const struct aq_hit *hit)
{
    char id[64];
    const char *thread = id;
    struct aq_search_request alone = *request;
    snprintf(id, sizeof id, "%.*s", (int)hit->thread.len, (const char *)hit->thread.ptr);
    alone.threads = &thread;
    alone.thread_count = 1;
    alone.group = AQ_GROUP_COMMENT;
    alone.flags |= AQ_NO_FILL | AQ_COUNT_EXACT;
    alone.limit = 300;
    alone.offset = alone.further = 0;
    return search(reader, &alone);
}

static void compare_thread(const struct aq_search_request *request, const struct aq_hit *h, const struct aq_result *alone)
{
    const char *query = (const char *)request->query.ptr;
    int len = (int)request->query.len;
    uint32_t n = 0;
    for (uint32_t i = 0; i < alone->hit_count && n < h->further_count; i++) {
        const struct aq_hit *a = &alone->hits[i];
        const struct aq_further *f = &h->further[n];
        if (a->comment == h->comment)
            continue;
        if (f->comment != a->comment || f->score != a->score)
            fail_msg("%.*s: further %u of thread %.*s is comment %u with %.17g, not %u with %.17g", len, query, n,
                     (int)h->thread.len, (const char *)h->thread.ptr, f->comment, f->score, a->comment, a->score);
        assert_true(f->all_words == a->all_words && f->whole == a->whole && f->date == a->date && f->points == a->points);
        assert_true(aq_slice_eq(f->id, a->id) && aq_slice_eq(f->author, a->author) && aq_slice_eq(f->url, a->url));
        if (f->snippet.text.len)
            assert_non_null(memmem(a->passage.ptr, a->passage.len, f->snippet.text.ptr, f->snippet.text.len));
        assert_true(f->snippet.ordinal == a->ordinal && f->snippet.quote_depth == a->quote_depth);
        n++;
    }
    assert_int_equal(n, h->further_count);
    assert_int_equal(h->further_comments, alone->total_groups - 1);
    assert_int_equal(h->further_count, h->further_comments < request->further ? h->further_comments : request->further);
    told += n;
    threads_with += n > 0;
}

static void ask(struct aq_reader *reader, struct oracle *o)
{
    struct aq_buf query = {0};
    random_query(&query);
    struct aq_search_request request = random_request(&query, o), without = request;
    without.further = 0;
    reader->picks_always = below(3) == 0;
    struct aq_result *r = search(reader, &request), *bare = search(reader, &without);
    assert_int_equal(r->hit_count, bare->hit_count);
    for (uint32_t i = 0; i < r->hit_count; i++) {
        struct aq_result *alone = search_thread(reader, &request, &r->hits[i]);
        assert_true(r->hits[i].comment == bare->hits[i].comment && r->hits[i].score == bare->hits[i].score);
        assert_true(!bare->hits[i].further_count && !bare->hits[i].further_comments);
        compare_thread(&request, &r->hits[i], alone);
        aq_result_free(alone);
    }
    asked++;
    aq_result_free(r);
    aq_result_free(bare);
    aq_buf_free(&query);
}

/* What concepts add depends on all hits and not on the thread alone: the comments are those
 * that are found without, each with no less a score, and in order. */
static void ask_with_concepts(struct aq_reader *reader)
{
    struct aq_buf query = {0};
    aq_buf_printf(&query, "%s %s", word(), word());
    struct aq_search_request request = {.query = aq_slice(query.ptr, query.len), .group = AQ_GROUP_THREAD, .further = 20},
                             widened = request;
    widened.flags = AQ_CONCEPTS;
    struct aq_result *r = search(reader, &widened);
    for (uint32_t i = 0; i < r->hit_count; i++) {
        const struct aq_hit *h = &r->hits[i];
        struct aq_result *alone = search_thread(reader, &request, h);
        for (uint32_t k = 0; k < h->further_count; k++) {
            const struct aq_further *f = &h->further[k];
            uint32_t at = 0;
            while (at < alone->hit_count && alone->hits[at].comment != f->comment)
                at++;
            assert_true(at < alone->hit_count && f->comment != h->comment && f->score >= alone->hits[at].score);
            if (k && f[-1].all_words == f->all_words && !f[-1].snippet.quote_depth == !f->snippet.quote_depth)
                assert_true(f[-1].score >= f->score);
        }
        aq_result_free(alone);
    }
    aq_result_free(r);
    aq_buf_free(&query);
}

/* Without texts the same comments. */
static void ask_without_text(struct aq_reader *reader)
{
    struct aq_search_request request = {.query = aq_slice_str(word()), .group = AQ_GROUP_THREAD, .further = 5};
    struct aq_result *with = search(reader, &request);
    request.flags = AQ_NO_TEXT;
    struct aq_result *r = search(reader, &request);
    assert_int_equal(r->hit_count, with->hit_count);
    for (uint32_t i = 0; i < r->hit_count; i++) {
        assert_int_equal(r->hits[i].further_count, with->hits[i].further_count);
        for (uint32_t k = 0; k < r->hits[i].further_count; k++) {
            const struct aq_further *f = &r->hits[i].further[k], *g = &with->hits[i].further[k];
            assert_true(f->comment == g->comment && f->score == g->score && aq_slice_eq(f->id, g->id));
            assert_int_equal(f->snippet.text.len, 0);
        }
    }
    aq_result_free(with);
    aq_result_free(r);
}

static void compare(struct aq_reader *reader, struct oracle *o, const struct course *course)
{
    for (uint32_t i = 0; i < course->queries; i++)
        ask(reader, o);
    for (uint32_t i = 0; i < course->queries / 4; i++) {
        ask_with_concepts(reader);
        ask_without_text(reader);
    }
}

static void further_comments_are_those_of_a_search_in_the_thread(void **state)
{
    static const struct course course = {.ids = 80, .rounds = 4, .changes = 40, .queries = 20};
    (void)state;
    follow_for(2, &course, compare);
    printf("# %llu queries, %llu threads with further comments, %llu told\n", (unsigned long long)asked,
           (unsigned long long)threads_with, (unsigned long long)told);
    assert_true(threads_with > asked && told > threads_with);
}

static void more_than_are_allowed_are_refused(void **state)
{
    (void)state;
    struct aq_search_request request = {.query = aq_slice_str("cat"), .group = AQ_GROUP_THREAD, .further = 21};
    char dir[] = "/tmp/aq-further-XXXXXX";
    struct aq_error err = {0};
    struct aq_writer_options options = {.create = true, .single_thread = true};
    struct aq_writer *w;
    struct aq_reader *reader;
    struct aq_result *r;
    assert_non_null(mkdtemp(dir));
    if (aq_writer_open(dir, &options, &w, &err) || aq_writer_commit(w, &err) || aq_reader_open(dir, &reader, &err))
        fail_msg("%s", err.message);
    assert_int_equal(aq_search(reader, &request, &r, &err), AQ_LIMIT);
    assert_null(r);
    request.further = 20;
    assert_int_equal(aq_search(reader, &request, &r, &err), AQ_OK);
    aq_result_free(r);
    aq_reader_close(reader);
    aq_writer_close(w);
    remove_dir(dir);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(further_comments_are_those_of_a_search_in_the_thread),
        cmocka_unit_test(more_than_are_allowed_are_refused)};
    take_seed();
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
