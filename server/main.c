/* main.c - the program aq-serve, which `aq serve` becomes: opens the index once for each
 * thread, gives up all other rights, serves until it is told to end. It links the read
 * side only. */
#include "config.h"
#include "http.h"
#include "index_dir.h"
#include "places.h"
#include "sandbox.h"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

enum { THREADS_MOST = 8, STOP_SECONDS = 5, SPARE_FILES = 64, SYNONYMS_MOST = 1 << 20 };

struct program {
    struct aq_serve_settings set;
    struct aq_option_words words;
    struct aq_arena arena;
    struct aq_buf dir;
    const char *saved_index;
    struct aq_service service;
    struct aq_worker *workers;
    unsigned worker_count;
    struct aq_access_log log;
    struct aq_error err;
};

static void say(const char *what, const char *message)
{
    fprintf(stderr, "aq serve: %s%s\n", what, message);
}

static enum aq_status take_index(void *context, const struct aq_config_line *line, struct aq_error *err)
{
    struct program *p = context;
    if (!line->name || *line->section || strcmp(line->name, "index") != 0)
        return AQ_OK;
    return aq_config_path(&p->arena, line, &p->saved_index, err);
}

static enum aq_status read_options(struct program *p, int argc, char **argv)
{
    const struct aq_option_group groups[] = {aq_serve_usage.options, aq_serve_program.common};
    p->set = aq_serve_defaults;
    enum aq_status st =
        aq_options_parse(groups, AQ_COUNT(groups), argc, argv, 0, &p->set, &p->arena, &p->words, &p->err);
    if (!st && p->words.count)
        st = aq_fail(&p->err, AQ_SYNTAX, "\"%.100s\": serve takes options only; aq serve --help lists them",
                     p->words.items[0]);
    if (!st && !p->set.no_config)
        st = aq_config_read(&p->arena, take_index, p, &p->err);
    return st;
}

/* ---- what it stands on ---- */

static enum aq_status read_synonyms(struct program *p)
{
    struct aq_buf text = {0};
    if (p->set.no_synonyms)
        return AQ_OK;
    if (!p->set.synonyms)
        return aq_synonyms_default(&p->service.synonyms, &p->err);
    enum aq_status st = aq_file_read(p->set.synonyms, SYNONYMS_MOST, &text, &p->err);
    if (!st)
        st = aq_synonyms_read(aq_slice(text.ptr, text.len), p->set.synonyms, &p->service.synonyms, &p->err);
    aq_buf_free(&text);
    return st;
}

static enum aq_status open_index(struct program *p)
{
    enum aq_index_dir_origin origin;
    enum aq_status st = aq_index_dir_find(p->set.index, p->saved_index, &p->dir, &origin, &p->err);
    p->worker_count = (unsigned)p->set.threads;
    if (!p->worker_count)
        p->worker_count = get_nprocs() < THREADS_MOST ? (unsigned)get_nprocs() : THREADS_MOST;
    p->workers = calloc(p->worker_count, sizeof *p->workers);
    if (!st && !p->workers)
        st = aq_fail_nomem(&p->err);
    for (unsigned i = 0; i < p->worker_count && !st; i++) {
        p->workers[i].service = &p->service;
        st = aq_reader_open((const char *)p->dir.ptr, &p->workers[i].reader, &p->err);
    }
    if (st == AQ_NOTFOUND)
        aq_fail(&p->err, st, "no index in %.300s; name one with -i DIR, or make one with: aq-index add -i DIR FILE...",
                (const char *)p->dir.ptr);
    return st;
}

/* A descriptor for each connection. */
static void raise_files(const struct program *p)
{
    struct rlimit limit;
    rlim_t need = p->set.connections + SPARE_FILES;
    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= need)
        return;
    limit.rlim_cur = need < limit.rlim_max ? need : limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < need)
        fprintf(stderr, "aq serve: only %llu files may be open: fewer than --connections %llu need\n",
                (unsigned long long)limit.rlim_cur, (unsigned long long)p->set.connections);
}

static enum aq_status prepare(struct program *p)
{
    enum aq_status st = read_synonyms(p);
    if (!st)
        st = open_index(p);
    if (!st)
        st = aq_access_log_open(&p->log, p->set.access_log, p->set.log_queries, &p->err);
    if (st)
        return st;
    aq_files_ready();
    p->service.set = &p->set;
    p->service.cache = aq_cache_open((size_t)p->set.cache_mb << 20);
    p->service.limiter = aq_limiter_open(p->set.rate);
    p->service.started = (int64_t)time(NULL);
    raise_files(p);
    return p->service.cache && p->service.limiter ? AQ_OK : aq_fail_nomem(&p->err);
}

static void take_down(struct program *p)
{
    for (unsigned i = 0; p->workers && i < p->worker_count; i++) {
        aq_reader_close(p->workers[i].reader);
        aq_arena_free(&p->workers[i].arena);
        aq_buf_free(&p->workers[i].out);
        aq_buf_free(&p->workers[i].key);
    }
    free(p->workers);
    aq_cache_close(p->service.cache);
    aq_limiter_close(p->service.limiter);
    aq_synonyms_free(p->service.synonyms);
    aq_access_log_close(&p->log);
    aq_buf_free(&p->dir);
    aq_arena_free(&p->arena);
}

/* ---- serving ---- */

static void wait_for_end(struct aq_http *http, const sigset_t *ends)
{
    const struct timespec quarter = {.tv_nsec = 250000000};
    while (sigtimedwait(ends, NULL, &quarter) < 0)
        aq_http_reap(http);
}

static enum aq_status serve(struct program *p)
{
    struct aq_http *http = NULL;
    struct aq_error weaker;
    sigset_t ends;
    char url[80];
    int fd = -1;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, NULL); /* in the threads to come, too */
    signal(SIGPIPE, SIG_IGN);
    enum aq_status st = aq_http_listen(&p->set, &fd, &p->err);
    if (st)
        return st;
    if (aq_sandbox_files((const char *)p->dir.ptr, &weaker))
        say("without Landlock: ", weaker.message);
    aq_http_url(fd, url);
    st = aq_http_start(&p->service, p->workers, p->worker_count, &p->log, fd, &http, &p->err);
    if (st) {
        close(fd);
        return st;
    }
    if (aq_sandbox_calls(&weaker))
        say("without seccomp: ", weaker.message);
    fprintf(stderr, "aq serve: %s on %s\n", (const char *)p->dir.ptr, url);
    wait_for_end(http, &ends);
    aq_http_stop(http, STOP_SECONDS);
    return AQ_OK;
}

int main(int argc, char **argv)
{
    struct program p = {.log = {.fd = -1}};
    struct aq_buf help = {0};
    aq_options_occupy_descriptors();
    enum aq_status st = read_options(&p, argc, argv);
    if (!st && p.set.help) {
        aq_usage_help(&help, &aq_serve_program, &aq_serve_usage);
        fwrite(help.ptr, 1, help.len, stdout);
        aq_buf_free(&help);
    } else if (!st && p.set.version) {
        puts(aq_version());
    } else {
        if (!st)
            st = prepare(&p);
        if (!st)
            st = serve(&p);
    }
    if (st)
        say("", p.err.message);
    take_down(&p);
    return st || fflush(stdout) ? 2 : 0;
}
