/* check_bench.h - an index with something of everything, copies of it to damage, and
 * what aq_check says of them. Include after cmocka's own needs (setjmp.h, stdarg.h). */
#ifndef AQ_TESTS_CHECK_BENCH_H
#define AQ_TESTS_CHECK_BENCH_H

#include "model.h"
#include "store_internal.h"

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { SLOTS = 300 };

struct bench {
    char sound[48], copy[64];
    uint64_t rng;
};

static inline int remove_one(const char *path, const struct stat *sb, int flag, struct FTW *ftw)
{
    (void)sb;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static inline void remove_tree(const char *dir)
{
    nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void must(enum aq_status st, const struct aq_error *err)
{
    if (st)
        fail_msg("%s", err->message);
}

/* A dictionary, segments with tombstones, repeats, quotes, and pending comments. */
static inline void make_index(const char *dir, uint64_t seed)
{
    struct model *m = calloc(1, sizeof *m);
    struct aq_arena arena = {0};
    struct aq_writer *w;
    struct aq_error err;
    uint64_t rng = seed;

    assert_non_null(m);
    m->slot_count = SLOTS;
    m->text_scale = 6;
    must(aq_writer_open(dir, &(struct aq_writer_options){.create = true, .single_thread = true}, &w, &err), &err);
    for (unsigned i = 0; i < 900; i++) {
        struct model_step x;
        struct aq_record r;
        model_next(&x, m, &rng);
        aq_arena_reset(&arena);
        model_fill(&r, m, x.slot, &x.record, &arena);
        if (x.delete) {
            must(aq_writer_delete(w, r.id, &err), &err);
            m->slots[x.slot].live = false;
        } else {
            must(aq_writer_add(w, &r, NULL, &err), &err);
            model_add(m, x.slot, &x.record);
        }
        if (i == 600)
            must(aq_writer_compact(w, 0, &err), &err);
        else if (i == 700 || i == 800)
            must(aq_writer_flush(w, &err), &err);
    }
    must(aq_writer_commit(w, &err), &err);
    aq_writer_close(w);
    aq_arena_free(&arena);
    free(m);
}

static inline int set_up(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    if (!b)
        return -1;
    b->rng = env_number("AQ_SEED", 7);
    print_message("# AQ_SEED=%llu\n", (unsigned long long)b->rng);
    snprintf(b->sound, sizeof b->sound, "/tmp/aq-check-test-%d", (int)getpid());
    snprintf(b->copy, sizeof b->copy, "%s-copy", b->sound);
    remove_tree(b->sound);
    make_index(b->sound, b->rng);
    *state = b;
    return 0;
}

static inline int tear_down(void **state)
{
    struct bench *b = *state;
    remove_tree(b->sound);
    remove_tree(b->copy);
    free(b);
    return 0;
}

static inline void fresh_copy(const struct bench *b)
{
    char command[256];
    remove_tree(b->copy);
    snprintf(command, sizeof command, "cp -a %s %s", b->sound, b->copy);
    assert_int_equal(system(command), 0);
}

/* What aq_check says of the copy; AQ_OK leaves message empty. */
static inline enum aq_status look(const struct bench *b, struct aq_error *err)
{
    struct aq_reader *r;
    *err = (struct aq_error){.message = ""};
    enum aq_status st = aq_reader_open(b->copy, &r, err);
    if (st == AQ_OK)
        st = aq_check(r, NULL, NULL, err);
    aq_reader_close(r);
    return st;
}

#endif
