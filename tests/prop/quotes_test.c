/* What quotes what, after any history of additions, replacements, deletions, merges and
 * compactions, is what an index made at once says; and what was quoted by construction is
 * found. AQ_SEED repeats a run, AQ_ROUNDS lengthens it. */
#include "model.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { SLOTS = 36, TEXT_MOST = 6000, STEPS = 90 };

struct slot {
    bool live;
    uint32_t number;
    unsigned thread, author;
    char text[TEXT_MOST];
};

struct world {
    char dir[64];
    struct slot slots[SLOTS];
    struct aq_writer *writer;
    uint64_t rng, seed;
    unsigned step;
};

static int remove_one(const char *path, const struct stat *sb, int flag, struct FTW *ftw)
{
    (void)sb;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static void must(const struct world *w, enum aq_status st, const struct aq_error *err)
{
    if (st)
        fail_msg("AQ_SEED=%llu, step %u: %s", (unsigned long long)w->seed, w->step, err->message);
}

/* ---- texts ---- */

static size_t put_sentence(struct world *w, char *to, size_t room, unsigned words)
{
    size_t n = 0;
    for (unsigned i = 0; i < words && n + 20 < room; i++)
        n += (size_t)snprintf(to + n, room - n, "%sw%u", i ? " " : "", below(&w->rng, 50));
    return n + (size_t)snprintf(to + n, room - n, ".");
}

/* A part of another comment's text, whole lines or not, every line after `mark`; now and
 * then a word of it is another. */
static size_t put_quote(struct world *w, char *to, size_t room, const char *from, const char *mark)
{
    size_t len = strlen(from), begin = below(&w->rng, (uint32_t)len + 1), size = 40 + below(&w->rng, 400), n = 0;
    bool plain = !mark[0] && !one_in(&w->rng, 3);
    if (plain || one_in(&w->rng, 3))
        begin = 0;
    if (plain)
        size = len;
    n += (size_t)snprintf(to, room, "%s", mark);
    for (size_t i = begin; i < len && i < begin + size && n + 8 < room; i++) {
        if (!plain && one_in(&w->rng, 150) && from[i] == 'w')
            n += (size_t)snprintf(to + n, room - n, "x");
        else
            to[n++] = from[i];
        if (from[i] == '\n')
            n += (size_t)snprintf(to + n, room - n, "%s", mark);
    }
    to[n] = 0;
    return n;
}

static void write_text(struct world *w, struct slot *s)
{
    size_t n = 0;
    for (unsigned parts = 1 + below(&w->rng, 4); parts > 0; parts--) {
        const struct slot *other = &w->slots[below(&w->rng, SLOTS)];
        const char *mark = one_in(&w->rng, 4) ? "" : one_in(&w->rng, 4) ? "> > " : "> ";
        if (one_in(&w->rng, 2) && other != s && other->text[0])
            n += put_quote(w, s->text + n, (TEXT_MOST - n) / 2, other->text, mark);
        else
            n += put_sentence(w, s->text + n, (TEXT_MOST - n) / 2, 3 + below(&w->rng, one_in(&w->rng, 3) ? 200 : 30));
        n += (size_t)snprintf(s->text + n, TEXT_MOST - n, "\n\n");
    }
}

/* ---- the index ---- */

static void add(struct world *w, struct aq_writer *to, unsigned i)
{
    struct slot *s = &w->slots[i];
    struct aq_record r;
    struct aq_error err;
    char id[16], thread[16], author[16];
    aq_record_init(&r);
    snprintf(id, sizeof id, "c%u", i);
    snprintf(thread, sizeof thread, "t%u", s->thread);
    snprintf(author, sizeof author, "a%u", s->author);
    r.id = aq_slice_str(id);
    r.thread = aq_slice_str(thread);
    if (s->author)
        r.author = aq_slice_str(author);
    r.text = aq_slice_str(s->text);
    must(w, aq_writer_add(to, &r, NULL, &err), &err);
}

static void change(struct world *w)
{
    unsigned i = below(&w->rng, SLOTS);
    struct slot *s = &w->slots[i];
    struct aq_error err;
    char id[16];
    if (s->live && one_in(&w->rng, 5)) {
        snprintf(id, sizeof id, "c%u", i);
        must(w, aq_writer_delete(w->writer, aq_slice_str(id), &err), &err);
        s->live = false;
        return;
    }
    s->thread = below(&w->rng, 7);
    s->author = below(&w->rng, 4);
    if (!s->text[0] || one_in(&w->rng, 2))
        write_text(w, s);
    add(w, w->writer, i);
    s->live = true;
}

static void check(const struct world *w, struct aq_reader *r)
{
    struct aq_error err;
    must(w, aq_check(r, NULL, NULL, &err), &err);
}

static struct world *ordering;
static int by_number(const void *x, const void *y)
{
    uint32_t a = ordering->slots[*(const unsigned *)x].number, b = ordering->slots[*(const unsigned *)y].number;
    return (a > b) - (a < b);
}

static void compare(struct world *w, struct aq_reader *a, struct aq_reader *b, const unsigned *order, size_t count,
                    unsigned links[3])
{
    for (size_t i = 0; i < count; i++) {
        struct aq_comment_view *x, *y;
        struct aq_error err;
        char id[16];
        snprintf(id, sizeof id, "c%u", order[i]);
        must(w, aq_comment_get(a, aq_slice_str(id), 0, &x, &err), &err);
        must(w, aq_comment_get(b, aq_slice_str(id), 0, &y, &err), &err);
        assert_int_equal(x->passage_count, y->passage_count);
        for (uint32_t k = 0; k < x->passage_count; k++) {
            const struct aq_passage_view *p = &x->passages[k], *q = &y->passages[k];
            if (!aq_slice_eq(p->source_id, q->source_id) || p->coverage != q->coverage)
                fail_msg("AQ_SEED=%llu, step %u: passage %u of %s quotes %.*s (%u%%), in the rebuilt index %.*s (%u%%)",
                         (unsigned long long)w->seed, w->step, k, id, (int)p->source_id.len, p->source_id.ptr,
                         p->coverage, (int)q->source_id.len, q->source_id.ptr, q->coverage);
            links[0] += p->source != AQ_NO_COMMENT && p->quote_depth;
            links[1] += p->source != AQ_NO_COMMENT && !p->quote_depth;
            links[2] += p->source != AQ_NO_COMMENT && p->source > x->comment;
        }
        if (x->quoted_by_count != y->quoted_by_count)
            fail_msg("AQ_SEED=%llu, step %u: %s is quoted by another number", (unsigned long long)w->seed, w->step, id);
        aq_comment_free(x);
        aq_comment_free(y);
    }
}

static void compare_with_rebuilt(struct world *w, unsigned links[3])
{
    struct aq_writer *other;
    struct aq_reader *a, *b;
    struct aq_error err;
    unsigned order[SLOTS];
    size_t count = 0;
    char dir[80];
    must(w, aq_reader_open(w->dir, &a, &err), &err);
    check(w, a);
    for (unsigned i = 0; i < SLOTS; i++) {
        struct aq_comment_view *v;
        char id[16];
        snprintf(id, sizeof id, "c%u", i);
        if (!w->slots[i].live)
            continue;
        must(w, aq_comment_get(a, aq_slice_str(id), 0, &v, &err), &err);
        w->slots[i].number = v->comment;
        aq_comment_free(v);
        order[count++] = i;
    }
    ordering = w;
    qsort(order, count, sizeof *order, by_number);
    snprintf(dir, sizeof dir, "%s-rebuilt", w->dir);
    nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    must(w, aq_writer_open(dir, &(struct aq_writer_options){.create = true}, &other, &err), &err);
    for (size_t i = 0; i < count; i++)
        add(w, other, order[i]);
    must(w, aq_writer_flush(other, &err), &err);
    must(w, aq_reader_open(dir, &b, &err), &err);
    check(w, b);
    compare(w, a, b, order, count, links);
    aq_reader_close(a);
    aq_reader_close(b);
    aq_writer_close(other);
    nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void links_do_not_depend_on_the_history(void **state)
{
    const char *seed = getenv("AQ_SEED"), *rounds = getenv("AQ_ROUNDS");
    uint64_t first = seed ? strtoull(seed, NULL, 10) : (uint64_t)getpid();
    unsigned links[3] = {0};
    (void)state;
    print_message("# AQ_SEED=%llu\n", (unsigned long long)first);
    for (unsigned round = 0; round < (rounds ? (unsigned)atoi(rounds) : 12); round++) {
        struct world *w = calloc(1, sizeof *w);
        struct aq_error err;
        assert_non_null(w);
        w->seed = w->rng = first + round;
        snprintf(w->dir, sizeof w->dir, "/tmp/aq-quotes-%d", (int)getpid());
        nftw(w->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        struct aq_writer_options options = {.create = true, .single_thread = one_in(&w->rng, 2)};
        must(w, aq_writer_open(w->dir, &options, &w->writer, &err), &err);
        for (w->step = 1; w->step <= STEPS; w->step++) {
            change(w);
            if (one_in(&w->rng, 4))
                must(w, aq_writer_commit(w->writer, &err), &err);
            else if (one_in(&w->rng, 12))
                must(w, aq_writer_flush(w->writer, &err), &err);
            else if (one_in(&w->rng, 40))
                must(w, aq_writer_compact(w->writer, one_in(&w->rng, 2) ? AQ_COMPACT_PURGE : 0, &err), &err);
            if (one_in(&w->rng, 12)) {
                must(w, aq_writer_commit(w->writer, &err), &err);
                compare_with_rebuilt(w, links);
            }
        }
        must(w, aq_writer_commit(w->writer, &err), &err);
        compare_with_rebuilt(w, links);
        aq_writer_close(w->writer);
        nftw(w->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        free(w);
    }
    print_message("# %u links of quotes, %u of unmarked text, %u to later comments\n", links[0], links[1], links[2]);
    assert_true(links[0] > 50 && links[1] > 2 && links[2] > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(links_do_not_depend_on_the_history)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
