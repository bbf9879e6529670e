/* Random histories of an index against a naive model: after every commit the index
 * is sound, holds what the model holds and finds what the model's texts say; in the
 * end it answers like one built at once. AQ_SEED repeats a run, AQ_ROUNDS makes it
 * longer. */
#include "model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>
#include <ftw.h>

#include <cmocka.h>

struct history {
    char dir[64];
    struct aq_writer *writer;
    struct aq_reader *reader;
    struct aq_writer_options options;
    struct model model;
    struct model_reading reading;
    struct aq_arena arena;
    uint64_t rng, seed;
    unsigned steps; /* since the beginning, for messages */
};

static int remove_one(const char *path, const struct stat *sb, int flag, struct FTW *ftw)
{
    (void)sb;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static void remove_tree(const char *dir)
{
    nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void fail_history(const struct history *h, const char *what, const char *why)
{
    fail_msg("AQ_SEED=%llu, step %u, %s: %s", (unsigned long long)h->seed, h->steps, what, why);
}

static void must(const struct history *h, enum aq_status st, const struct aq_error *err, const char *what)
{
    if (st)
        fail_history(h, what, err->message);
}

static void open_both(struct history *h)
{
    struct aq_error err;
    h->options = (struct aq_writer_options){.create = true,
                                            .single_thread = one_in(&h->rng, 2),
                                            .memory_limit = one_in(&h->rng, 2) ? 100000 : 0};
    must(h, aq_writer_open(h->dir, &h->options, &h->writer, &err), &err, "opening the writer");
    must(h, aq_reader_open(h->dir, &h->reader, &err), &err, "opening the reader");
    model_reopen(&h->model);
}

static void close_both(struct history *h)
{
    aq_reader_close(h->reader);
    aq_writer_close(h->writer);
    h->reader = NULL;
    h->writer = NULL;
}

static void begin(struct history *h, const char *name, uint64_t seed, uint32_t slots, uint32_t scale)
{
    memset(h, 0, sizeof *h);
    h->seed = seed;
    h->rng = seed;
    h->model.slot_count = slots;
    h->model.text_scale = scale;
    snprintf(h->dir, sizeof h->dir, "/tmp/aq-%s-%d", name, (int)getpid());
    remove_tree(h->dir);
    open_both(h);
}

static void end(struct history *h)
{
    close_both(h);
    model_reading_free(&h->reading);
    aq_arena_free(&h->arena);
    remove_tree(h->dir);
}

static void compare(struct history *h, const char *what, unsigned searches)
{
    struct aq_error err;
    must(h, aq_check(h->reader, NULL, NULL, &err), &err, what);
    const char *wrong = model_compare(&h->model, h->reader, &h->reading);
    if (!wrong)
        model_mark_repeats(&h->reading);
    for (unsigned i = 0; !wrong && i < searches; i++)
        wrong = model_compare_search(&h->model, h->reader, &h->reading,
                                     searches == MODEL_WORDS ? i : below(&h->rng, MODEL_WORDS));
    if (wrong)
        fail_history(h, what, wrong);
    struct aq_writer_stats stats;
    uint64_t live = 0;
    for (uint32_t i = 0; i < h->model.slot_count; i++)
        live += h->model.slots[i].live;
    aq_writer_get_stats(h->writer, &stats);
    assert_int_equal(stats.comments, live);
}

static void change(struct history *h)
{
    struct model_step x;
    struct aq_error err;
    struct aq_record r;
    enum aq_outcome outcome;

    h->steps++;
    model_next(&x, &h->model, &h->rng);
    aq_arena_reset(&h->arena);
    model_fill(&r, &h->model, x.slot, &x.record, &h->arena);
    if (x.delete) {
        must(h, aq_writer_delete(h->writer, r.id, &err), &err, "deleting");
        h->model.slots[x.slot].live = false;
        return;
    }
    must(h, aq_writer_add(h->writer, &r, &outcome, &err), &err, "adding");
    if (outcome != model_add(&h->model, x.slot, &x.record))
        fail_history(h, "adding", "another outcome than expected");
}

static void finish_step(struct history *h)
{
    struct aq_error err;
    unsigned what = below(&h->rng, 100);
    uint64_t deleted;

    if (what < 50) {
        must(h, aq_writer_commit(h->writer, &err), &err, "committing");
        compare(h, "after a commit", 2);
    } else if (what < 82) {
        must(h, aq_writer_flush(h->writer, &err), &err, "flushing");
        compare(h, "after a flush", 2);
    } else if (what < 87) {
        unsigned reorder = one_in(&h->rng, 2) ? AQ_COMPACT_REORDER : 0;
        must(h, aq_writer_compact(h->writer, reorder, &err), &err, "compacting");
        compare(h, "after compacting", 2);
    } else if (what < 90) {
        must(h, aq_writer_compact(h->writer, AQ_COMPACT_PURGE, &err), &err, "compacting and purging");
        model_purge(&h->model);
        compare(h, "after compacting and purging", 2);
    } else if (what < 93) {
        must(h, aq_writer_prune(h->writer, &deleted, &err), &err, "pruning");
        assert_int_equal(deleted, model_prune(&h->model));
        must(h, aq_writer_commit(h->writer, &err), &err, "committing");
        compare(h, "after pruning", 2);
    } else {
        must(h, aq_writer_commit(h->writer, &err), &err, "committing");
        close_both(h);
        open_both(h);
        compare(h, "after opening again", 2);
    }
}

static int by_number(const void *x, const void *y, void *context)
{
    const struct model *m = context;
    uint32_t a = m->slots[*(const uint32_t *)x].number, b = m->slots[*(const uint32_t *)y].number;
    return (a > b) - (a < b);
}

static void expect_same_answers(struct history *h, struct aq_reader *rebuilt)
{
    for (unsigned k = 0; k < 100; k++) {
        char text[200];
        size_t n = 0;
        for (uint32_t words = 1 + below(&h->rng, 5); words > 0; words--)
            n += (size_t)snprintf(text + n, sizeof text - n, "%s ", model_words[below(&h->rng, MODEL_WORDS)]);
        struct aq_search_request q = {.query = aq_slice_str(text),
                                      .limit = 1 + below(&h->rng, 100),
                                      .group = one_in(&h->rng, 2) ? AQ_GROUP_COMMENT : AQ_GROUP_NONE};
        struct aq_result *a, *b;
        struct aq_error err;
        must(h, aq_search(h->reader, &q, &a, &err), &err, "searching");
        must(h, aq_search(rebuilt, &q, &b, &err), &err, "searching the rebuilt index");
        if (a->hit_count != b->hit_count || a->total_passages != b->total_passages ||
            a->total_groups != b->total_groups)
            fail_history(h, text, "another number of hits than in the rebuilt index");
        for (uint32_t i = 0; i < a->hit_count; i++) {
            const struct aq_hit *x = &a->hits[i], *y = &b->hits[i];
            double off = x->score > y->score ? x->score - y->score : y->score - x->score;
            if (!aq_slice_eq(x->id, y->id) || x->ordinal != y->ordinal || !(off <= 1e-12) || x->more != y->more)
                fail_history(h, text, "another hit than in the rebuilt index");
        }
        aq_result_free(a);
        aq_result_free(b);
    }
}

/* What quotes what does not depend on the order of commits. */
static void expect_same_quotes(struct history *h, struct aq_reader *rebuilt, unsigned *links)
{
    for (uint32_t i = 0; i < h->model.slot_count; i++) {
        struct aq_comment_view *a, *b;
        struct aq_error err;
        char id[16];
        snprintf(id, sizeof id, "c%u", i);
        if (!h->model.slots[i].live)
            continue;
        must(h, aq_comment_get(h->reader, aq_slice_str(id), 0, &a, &err), &err, "reading");
        must(h, aq_comment_get(rebuilt, aq_slice_str(id), 0, &b, &err), &err, "reading from the rebuilt index");
        assert_int_equal(a->passage_count, b->passage_count);
        if (a->quoted_by_count != b->quoted_by_count)
            fail_history(h, id, "quoted by others than in the rebuilt index");
        for (uint32_t k = 0; k < a->passage_count; k++) {
            const struct aq_passage_view *x = &a->passages[k], *y = &b->passages[k];
            *links += x->source != AQ_NO_COMMENT;
            if (!aq_slice_eq(x->source_id, y->source_id) || x->coverage != y->coverage)
                fail_history(h, id, "quotes another comment than in the rebuilt index");
        }
        aq_comment_free(a);
        aq_comment_free(b);
    }
}

/* The incremental index against one made of the same comments at once. */
static void compare_with_rebuilt(struct history *h)
{
    struct aq_error err;
    struct aq_writer *w;
    struct aq_reader *r;
    char dir[80];
    uint32_t order[SLOTS_MOST], count = 0;
    unsigned links = 0;

    must(h, aq_writer_compact(h->writer, 0, &err), &err, "compacting at the end");
    compare(h, "at the end", MODEL_WORDS);
    snprintf(dir, sizeof dir, "%s-rebuilt", h->dir);
    remove_tree(dir);
    must(h, aq_writer_open(dir, &(struct aq_writer_options){.create = true}, &w, &err), &err, "making another index");
    for (uint32_t i = 0; i < h->model.slot_count; i++)
        if (h->model.slots[i].live)
            order[count++] = i;
    if (count)
        qsort_r(order, count, sizeof *order, by_number, &h->model);
    for (uint32_t i = 0; i < count; i++) {
        const struct model_slot *s = &h->model.slots[order[i]];
        struct aq_record record;
        aq_arena_reset(&h->arena);
        model_fill(&record, &h->model, order[i], &s->record, &h->arena);
        record.thread = aq_slice_str(s->thread);
        must(h, aq_writer_add(w, &record, NULL, &err), &err, "adding to another index");
    }
    must(h, aq_writer_compact(w, 0, &err), &err, "compacting another index");
    must(h, aq_reader_open(dir, &r, &err), &err, "opening another index");
    must(h, aq_check(r, NULL, NULL, &err), &err, "checking another index");
    expect_same_answers(h, r);
    expect_same_quotes(h, r, &links);
    print_message("# %u links\n", links);
    aq_reader_close(r);
    aq_writer_close(w);
    remove_tree(dir);
}

static void run(const char *name, uint64_t seed, uint32_t slots, uint32_t scale, uint32_t batches, uint32_t batch)
{
    struct history *h = malloc(sizeof *h);
    assert_non_null(h);
    begin(h, name, seed, slots, scale);
    for (uint32_t i = 0; i < batches; i++) {
        for (uint32_t k = below(&h->rng, batch + 1); k > 0; k--)
            change(h);
        finish_step(h);
    }
    must(h, aq_writer_commit(h->writer, &(struct aq_error){0}), &(struct aq_error){0}, "committing at the end");
    compare_with_rebuilt(h);
    end(h);
    free(h);
}

static uint64_t first_seed(void)
{
    static uint64_t seed;
    if (!seed) {
        seed = env_number("AQ_SEED", 0x5eed);
        print_message("# AQ_SEED=%llu\n", (unsigned long long)seed);
    }
    return seed;
}

static void short_histories_equal_the_model(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < env_number("AQ_ROUNDS", 12); i++)
        run("short", first_seed() + i, 8 + (uint32_t)(i % 3) * 20, 1, 30, 12);
}

/* Enough for segments that are made behind the caller's back, and merges. */
static void long_histories_equal_the_model(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < (env_number("AQ_ROUNDS", 12) + 11) / 12; i++)
        run("long", first_seed() + 1000 + i, 1500, 4, 4, 3000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_histories_equal_the_model),
        cmocka_unit_test(long_histories_equal_the_model),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
