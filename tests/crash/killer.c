/* A writer is killed with SIGKILL at random moments, again and again on the same
 * index. After each kill the index is sound and holds exactly what it held at the
 * last commit that was acknowledged, or at the one under way: nothing acknowledged
 * is lost, nothing is half there. AQ_KILLS sets how often (50), AQ_SEED which. */
#include "model.h"

#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { SLOTS = 400, COMMITS_MOST = 60 };

/* What a child does is decided by a seed alone, so that the parent can do it again
 * on its model: `commits` commits of a random size each, ended in a random way. */
enum ending { COMMIT, FLUSH, COMPACT };

struct life {
    uint64_t rng;
    bool compacts; /* each ending is a compaction */
};

static uint32_t changes_of(struct life *l)
{
    if (l->compacts)
        return below(&l->rng, 30);
    return one_in(&l->rng, 12) ? 1100 : below(&l->rng, one_in(&l->rng, 3) ? 120 : 8);
}

static enum ending ending_of(struct life *l)
{
    return l->compacts ? COMPACT : one_in(&l->rng, 3) ? FLUSH : COMMIT;
}

/* ---- the child ---- */

static void tell(int fd, char what)
{
    while (write(fd, &what, 1) < 0 && errno == EINTR)
        ;
}

static void die(int fd, const char *what, const struct aq_error *err)
{
    tell(fd, '!');
    fprintf(stderr, "child: %s: %s\n", what, err->message);
    _exit(3);
}

/* Says 'o' once it is open, 'b' before and 'a' after each commit. */
static void child(const char *dir, struct model *m, struct life l, int fd)
{
    struct aq_writer *w;
    struct aq_error err;
    struct aq_arena arena = {0};
    /* Far above what a commit holds: beyond it, batches become visible in parts. */
    struct aq_writer_options options = {.single_thread = one_in(&l.rng, 3), .memory_limit = (size_t)64 << 20};

    if (aq_writer_open(dir, &options, &w, &err))
        die(fd, "opening", &err);
    tell(fd, 'o');
    for (unsigned i = 0; i < COMMITS_MOST; i++) {
        for (uint32_t k = changes_of(&l); k > 0; k--) {
            struct model_step x;
            struct aq_record r;
            enum aq_status st;
            model_next(&x, m, &l.rng);
            aq_arena_reset(&arena);
            model_fill(&r, m, x.slot, &x.record, &arena);
            if (x.delete) {
                st = aq_writer_delete(w, r.id, &err);
                m->slots[x.slot].live = false;
            } else {
                st = aq_writer_add(w, &r, NULL, &err);
                model_add(m, x.slot, &x.record);
            }
            if (st)
                die(fd, "changing", &err);
        }
        enum ending how = ending_of(&l);
        tell(fd, 'b');
        if (how == COMMIT ? aq_writer_commit(w, &err)
                          : how == FLUSH ? aq_writer_flush(w, &err) : aq_writer_compact(w, 0, &err))
            die(fd, "committing", &err);
        tell(fd, 'a');
    }
    aq_writer_close(w);
    _exit(0);
}

/* ---- the parent ---- */

/* The same changes on the model: all that comes before commit number `commits`. */
static void replay(struct model *m, struct life l, unsigned commits)
{
    (void)one_in(&l.rng, 3); /* the child's threads */
    for (unsigned i = 0; i < commits; i++) {
        for (uint32_t k = changes_of(&l); k > 0; k--) {
            struct model_step x;
            model_next(&x, m, &l.rng);
            if (x.delete)
                m->slots[x.slot].live = false;
            else
                model_add(m, x.slot, &x.record);
        }
        (void)ending_of(&l);
    }
}

struct killing {
    char dir[64];
    struct model *model, *other, *twin;
    struct model_reading reading;
    uint64_t rng, seed;
    unsigned kills, in_commit, under_way, commits;
};

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Reads what the child tells until it has ended. Kills it `after` microseconds
 * after it began, or after it began commit number `in` (counted from 1). */
static void watch(pid_t pid, int fd, int64_t after, unsigned in, unsigned *begun, unsigned *done, bool *failed)
{
    int64_t due = in ? INT64_MAX : now_us() + after;
    *begun = *done = 0;
    *failed = false;
    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int64_t left = due == INT64_MAX ? 10000000 : due - now_us();
        struct timespec wait = {left > 0 ? left / 1000000 : 0, left > 0 ? left % 1000000 * 1000 : 0};
        if (due != INT64_MAX && left <= 0) {
            kill(pid, SIGKILL);
            due = INT64_MAX;
        }
        if (ppoll(&p, 1, &wait, NULL) <= 0)
            continue;
        char what;
        ssize_t n = read(fd, &what, 1);
        if (n == 0)
            return;
        if (n < 0)
            continue;
        *failed = *failed || what == '!';
        *done += what == 'a';
        *begun += what == 'b';
        if (in && what == 'b' && *begun == in)
            due = now_us() + after;
    }
}

static const char *try_model(struct killing *k, struct aq_reader *reader, const struct model *m)
{
    const char *wrong = model_compare(m, reader, &k->reading);
    if (!wrong)
        model_mark_repeats(&k->reading);
    for (unsigned i = 0; !wrong && i < 3; i++)
        wrong = model_compare_search(m, reader, &k->reading, below(&k->rng, MODEL_WORDS));
    return wrong;
}

/* Which of the two states is it? Becomes k->model. */
static void compare(struct killing *k, const struct life *l, unsigned begun, unsigned done)
{
    struct aq_reader *reader;
    struct aq_error err;
    char first[400];

    *k->other = *k->model;
    replay(k->other, *l, done);
    if (aq_reader_open(k->dir, &reader, &err) || aq_check(reader, NULL, NULL, &err))
        fail_msg("AQ_SEED=%llu, kill %u: %s", (unsigned long long)k->seed, k->kills, err.message);
    const char *wrong = try_model(k, reader, k->other);
    if (wrong && begun > done) {
        snprintf(first, sizeof first, "%s", wrong);
        *k->twin = *k->model;
        replay(k->twin, *l, begun);
        wrong = try_model(k, reader, k->twin);
        if (wrong)
            fail_msg("AQ_SEED=%llu, kill %u: neither commit %u (%s) nor %u (%s)", (unsigned long long)k->seed,
                     k->kills, done, first, begun, wrong);
        k->under_way++;
        *k->other = *k->twin;
    } else if (wrong) {
        fail_msg("AQ_SEED=%llu, kill %u: not commit %u: %s", (unsigned long long)k->seed, k->kills, done, wrong);
    }
    *k->model = *k->other;
    model_reopen(k->model);
    aq_reader_close(reader);
}

static void kill_once(struct killing *k, bool compacts)
{
    struct life l = {chance(&k->rng), compacts};
    unsigned begun, done, in = compacts || one_in(&k->rng, 2) ? 1 + below(&k->rng, compacts ? 3 : 25) : 0;
    int64_t after = in ? (int64_t)below(&k->rng, compacts ? 40000 : 8000) : (int64_t)below(&k->rng, 250000);
    int fds[2], status;
    bool failed;

    assert_int_equal(pipe(fds), 0);
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(fds[0]);
        child(k->dir, k->model, l, fds[1]);
    }
    close(fds[1]);
    watch(pid, fds[0], after, in, &begun, &done, &failed);
    close(fds[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (failed || (WIFEXITED(status) && WEXITSTATUS(status)))
        fail_msg("AQ_SEED=%llu, kill %u: the child failed", (unsigned long long)k->seed, k->kills);
    k->kills += WIFSIGNALED(status);
    k->in_commit += begun > done;
    k->commits += done;
    compare(k, &l, begun, done);
}

static int remove_one(const char *path, const struct stat *sb, int flag, struct FTW *ftw)
{
    (void)sb;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static void run(const char *name, uint64_t kills, bool compacts)
{
    struct killing *k = calloc(1, sizeof *k);
    struct aq_writer *w;
    struct aq_error err;
    assert_non_null(k);
    k->model = calloc(1, sizeof *k->model);
    k->other = calloc(1, sizeof *k->other);
    k->twin = calloc(1, sizeof *k->twin);
    assert_true(k->model && k->other && k->twin);
    k->seed = env_number("AQ_SEED", 0xdead);
    k->rng = k->seed + compacts;
    k->model->slot_count = SLOTS;
    k->model->text_scale = 2;
    snprintf(k->dir, sizeof k->dir, "/tmp/aq-%s-%d", name, (int)getpid());
    nftw(k->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    print_message("# AQ_SEED=%llu\n", (unsigned long long)k->seed);
    if (aq_writer_open(k->dir, &(struct aq_writer_options){.create = true}, &w, &err))
        fail_msg("%s", err.message);
    aq_writer_close(w);
    for (uint64_t lives = 0; k->kills < kills && lives < 20 * kills; lives++)
        kill_once(k, compacts);
    print_message("# %u kills, %u during a commit, %u of those kept; %u commits acknowledged\n", k->kills, k->in_commit,
                  k->under_way, k->commits);
    assert_int_equal(k->kills, kills);
    model_reading_free(&k->reading);
    nftw(k->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(k->model);
    free(k->other);
    free(k->twin);
    free(k);
}

static void kill_at_any_time_loses_nothing_acknowledged(void **state)
{
    (void)state;
    run("kill", env_number("AQ_KILLS", 50), false);
}

static void kill_during_compaction_loses_nothing(void **state)
{
    (void)state;
    run("kill-compact", (env_number("AQ_KILLS", 50) + 9) / 10, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kill_at_any_time_loses_nothing_acknowledged),
        cmocka_unit_test(kill_during_compaction_loses_nothing),
    };
    signal(SIGPIPE, SIG_IGN);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
