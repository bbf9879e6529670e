/* reorder_test.c - an index whose comments were reordered answers as one whose were
 * not, then and after whatever is done to it later. AQ_SEED repeats a run, AQ_ROUNDS
 * makes it longer. */
#include <setjmp.h>
#include <stdarg.h>

#include "merge.h"
#include "model.h"
#include "store_internal.h"

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { TOPICS = 4, TOPIC_WORDS = 60, COMMON_WORDS = 20, THREADS = 40 };

/* The same comments in two indexes: [0] is compacted, [1] reordered. */
struct twins {
    char dir[2][64];
    struct aq_writer *writer[2];
    struct aq_reader *reader[2];
    uint64_t rng, seed;
    uint32_t ids; /* given so far */
};

static void must(const struct twins *x, enum aq_status st, const struct aq_error *err)
{
    if (st)
        fail_msg("AQ_SEED=%llu: %s", (unsigned long long)x->seed, err->message);
}

static int remove_one(const char *path, const struct stat *sb, int flag, struct FTW *ftw)
{
    (void)sb, (void)flag, (void)ftw;
    return remove(path);
}

static void open_twins(struct twins *x, uint64_t seed)
{
    struct aq_error err;
    *x = (struct twins){.rng = seed, .seed = seed};
    for (unsigned i = 0; i < 2; i++) {
        struct aq_writer_options o = {.create = true, .single_thread = one_in(&x->rng, 2)};
        snprintf(x->dir[i], sizeof x->dir[i], "/tmp/aq-reorder-%u-%d", i, (int)getpid());
        nftw(x->dir[i], remove_one, 16, FTW_DEPTH | FTW_PHYS);
        must(x, aq_writer_open(x->dir[i], &o, &x->writer[i], &err), &err);
        must(x, aq_reader_open(x->dir[i], &x->reader[i], &err), &err);
    }
}

static void close_twins(struct twins *x)
{
    for (unsigned i = 0; i < 2; i++) {
        aq_reader_close(x->reader[i]);
        aq_writer_close(x->writer[i]);
        nftw(x->dir[i], remove_one, 16, FTW_DEPTH | FTW_PHYS);
    }
}

/* ---- comments ---- */

static void put_word(struct aq_buf *out, uint64_t *rng, uint32_t topic)
{
    if (one_in(rng, 3))
        aq_buf_printf(out, "%s", model_words[below(rng, COMMON_WORDS)]);
    else
        aq_buf_printf(out, "topic%cword%u", 'a' + (int)topic, below(rng, below(rng, TOPIC_WORDS) + 1));
}

static void put_text(struct aq_buf *out, uint64_t *rng, uint32_t topic)
{
    for (uint32_t paragraphs = 1 + below(rng, one_in(rng, 5) ? 6 : 2); paragraphs > 0; paragraphs--) {
        if (one_in(rng, 6))
            aq_buf_puts(out, "> ");
        for (uint32_t words = 1 + below(rng, one_in(rng, 6) ? 200 : 25); words > 0; words--) {
            put_word(out, rng, topic);
            aq_buf_puts(out, words > 1 ? " " : ".\n\n");
        }
    }
    if (one_in(rng, 10))
        aq_buf_puts(out, "The same words again and again, said by everyone who passes.\n");
}

/* A new comment, or an old one replaced. */
static void add(struct twins *x, uint32_t number)
{
    struct aq_error err;
    struct aq_record r;
    struct aq_buf text = {0};
    char id[16], thread[16], author[16];
    uint32_t topic = number % TOPICS;
    aq_record_init(&r);
    put_text(&text, &x->rng, topic);
    snprintf(id, sizeof id, "c%u", number);
    snprintf(thread, sizeof thread, "t%u", below(&x->rng, THREADS));
    snprintf(author, sizeof author, "a%u", below(&x->rng, 9));
    r.id = aq_slice_str(id);
    r.thread = aq_slice_str(thread);
    r.author = aq_slice_str(author);
    r.text = aq_slice(text.ptr, text.len);
    r.date = 1400000000 + below(&x->rng, 1000);
    for (unsigned i = 0; i < 2; i++)
        must(x, aq_writer_add(x->writer[i], &r, NULL, &err), &err);
    aq_buf_free(&text);
}

static void add_new(struct twins *x, uint32_t count)
{
    while (count-- > 0)
        add(x, x->ids++);
}

static void change(struct twins *x, uint32_t count)
{
    struct aq_error err;
    while (count-- > 0) {
        uint32_t number = below(&x->rng, x->ids);
        char id[16];
        if (one_in(&x->rng, 2)) {
            add(x, number);
            continue;
        }
        snprintf(id, sizeof id, "c%u", number);
        enum aq_status first = aq_writer_delete(x->writer[0], aq_slice_str(id), &err);
        if (first != AQ_NOTFOUND)
            must(x, first, &err);
        assert_int_equal(aq_writer_delete(x->writer[1], aq_slice_str(id), &err), first);
    }
}

static void flush(struct twins *x)
{
    struct aq_error err;
    for (unsigned i = 0; i < 2; i++)
        must(x, aq_writer_flush(x->writer[i], &err), &err);
}

static void compact(struct twins *x)
{
    struct aq_error err;
    unsigned purge = one_in(&x->rng, 2) ? AQ_COMPACT_PURGE : 0;
    for (unsigned i = 0; i < 2; i++)
        must(x, aq_writer_compact(x->writer[i], purge | (i ? AQ_COMPACT_REORDER : 0), &err), &err);
}

/* ---- answers ---- */

static void put_query(struct aq_buf *out, uint64_t *rng)
{
    uint32_t topic = below(rng, TOPICS);
    bool phrase = one_in(rng, 6);
    if (phrase)
        aq_buf_u8(out, '"');
    for (uint32_t words = 1 + below(rng, phrase ? 2 : 5); words > 0; words--) {
        if (!phrase && one_in(rng, 5))
            aq_buf_u8(out, one_in(rng, 2) ? '+' : '-');
        put_word(out, rng, one_in(rng, 4) ? below(rng, TOPICS) : topic);
        if (words > 1)
            aq_buf_u8(out, ' ');
    }
    if (phrase)
        aq_buf_u8(out, '"');
    if (one_in(rng, 8))
        aq_buf_printf(out, " author:a%u", below(rng, 9));
}

static void expect_same_hit(const struct aq_hit *a, const struct aq_hit *b)
{
    assert_int_equal(a->comment, b->comment);
    assert_int_equal(a->ordinal, b->ordinal);
    assert_memory_equal(&a->score, &b->score, sizeof a->score);
    assert_int_equal(a->more, b->more);
    assert_int_equal(a->quote_depth, b->quote_depth);
    assert_true(aq_slice_eq(a->id, b->id));
    assert_true(aq_slice_eq(a->passage, b->passage));
}

static uint64_t hits_compared;

static void expect_same_answers(struct twins *x, unsigned queries)
{
    struct aq_error err;
    for (unsigned i = 0; i < 2; i++)
        must(x, aq_check(x->reader[i], NULL, NULL, &err), &err);
    for (; queries > 0; queries--) {
        struct aq_buf text = {0};
        struct aq_result *r[2];
        put_query(&text, &x->rng);
        struct aq_search_request q = {.query = aq_slice(text.ptr, text.len),
                                      .limit = 1 + below(&x->rng, one_in(&x->rng, 4) ? 1000 : 20),
                                      .flags = one_in(&x->rng, 3) ? AQ_COUNT_EXACT : 0,
                                      .group = (enum aq_group)below(&x->rng, 4),
                                      .sort = one_in(&x->rng, 4) ? AQ_SORT_DATE : AQ_SORT_RELEVANCE};
        for (unsigned i = 0; i < 2; i++)
            must(x, aq_search(x->reader[i], &q, &r[i], &err), &err);
        assert_int_equal(r[0]->hit_count, r[1]->hit_count);
        assert_int_equal(r[0]->total_at_least, r[1]->total_at_least);
        if (!r[0]->total_at_least) { /* lower bounds depend on what is met first */
            assert_int_equal(r[0]->total_passages, r[1]->total_passages);
            assert_int_equal(r[0]->total_groups, r[1]->total_groups);
        }
        for (uint32_t i = 0; i < r[0]->hit_count; i++)
            expect_same_hit(&r[0]->hits[i], &r[1]->hits[i]);
        hits_compared += r[0]->hit_count;
        for (unsigned i = 0; i < 2; i++)
            aq_result_free(r[i]);
        aq_buf_free(&text);
    }
}

/* How often the comments of the reordered index's one segment descend. */
static uint32_t descents(const struct twins *x, bool *indexed)
{
    struct aq_store *s;
    struct aq_txn t;
    struct aq_error err;
    uint32_t n = 0, last = 0, comment, ordinal;
    must(x, aq_store_open(x->dir[1], AQ_STORE_READ, &s, &err), &err);
    must(x, aq_txn_begin(s, &t, &err), &err);
    assert_int_equal(t.segment_count, 1);
    for (uint32_t d = 0; d < t.segments[0].info.passages; d++) {
        assert_int_equal(aq_segment_locate(&t, &t.segments[0], d, &comment, &ordinal), AQ_OK);
        n += comment < last;
        last = comment;
    }
    *indexed = aq_order_exists(&t, t.segments[0].info.id);
    aq_txn_end(&t);
    aq_store_close(s);
    return n;
}

static void reordered_indexes_answer_the_same(void **state)
{
    (void)state;
    uint64_t seed = env_number("AQ_SEED", (uint64_t)getpid());
    print_message("# AQ_SEED=%llu\n", (unsigned long long)seed);
    for (uint64_t round = 0; round < env_number("AQ_ROUNDS", 3); round++) {
        struct twins x;
        bool indexed;
        open_twins(&x, seed + round);
        add_new(&x, 1200 + below(&x.rng, 3000));
        flush(&x);
        change(&x, 200);
        compact(&x);
        assert_in_range(descents(&x, &indexed), THREADS, UINT32_MAX); /* by thread alone there are fewer */
        assert_true(indexed);
        expect_same_answers(&x, 150);
        /* Deletions, replacements and additions: in as many segments as there may be
         * without a merge, which drops what is deleted from the statistics, here sooner
         * than there; then in more. */
        for (unsigned i = 1; i < AQ_SEGMENTS_MOST; i++) {
            add_new(&x, below(&x.rng, 120));
            change(&x, below(&x.rng, 120));
            flush(&x);
            expect_same_answers(&x, 10);
        }
        for (unsigned i = 0; i < 6; i++) {
            add_new(&x, below(&x.rng, 120));
            change(&x, below(&x.rng, 120));
            flush(&x);
            expect_same_answers(&x, 0);
        }
        compact(&x);
        expect_same_answers(&x, 150);
        close_twins(&x);
    }
    assert_in_range(hits_compared, 1000, UINT32_MAX);
}

static void tiny_indexes_are_reordered(void **state)
{
    (void)state;
    for (uint32_t count = 0; count < 4; count++) {
        struct twins x;
        open_twins(&x, count);
        add_new(&x, count);
        compact(&x);
        expect_same_answers(&x, 30);
        add_new(&x, 2);
        compact(&x);
        expect_same_answers(&x, 30);
        if (count)
            change(&x, 6);
        compact(&x);
        expect_same_answers(&x, 30);
        close_twins(&x);
    }
}

/* Less memory than the terms take: then threads alone make the order. */
static void reordering_without_memory_goes_by_thread(void **state)
{
    (void)state;
    struct twins x;
    bool indexed;
    open_twins(&x, 77);
    struct aq_error err;
    aq_writer_close(x.writer[1]);
    must(&x, aq_writer_open(x.dir[1], &(struct aq_writer_options){.memory_limit = 1}, &x.writer[1], &err), &err);
    add_new(&x, 900);
    compact(&x);
    assert_in_range(descents(&x, &indexed), 10, THREADS - 1); /* once a thread */
    assert_true(indexed);
    expect_same_answers(&x, 50);
    close_twins(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reordered_indexes_answer_the_same),
        cmocka_unit_test(tiny_indexes_are_reordered),
        cmocka_unit_test(reordering_without_memory_goes_by_thread),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
