/* main.c - the program aq-index: commands, messages, exit status. It reads sources
 * and drives a writer; it knows nothing of what either does inside. */
#include "aq_index.h"
#include "cli/commands.h"
#include "cli/progress.h"
#include "config.h"
#include "index_dir.h"
#include "source.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EXIT_DONE = 0, EXIT_MISSING = 1, EXIT_FAILED = 2, EXIT_INTERRUPTED = 130 };

struct program {
    struct aq_index_settings set;
    struct aq_option_words words;
    struct aq_arena arena;
    const char *saved_index; /* of the config file, or NULL */
    struct aq_buf dir;
    struct aq_writer *writer;
    struct aq_progress progress;
    struct aq_totals totals;
    struct aq_field_map *maps;
    bool stopped; /* by --strict */
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int sig)
{
    interrupted = 1;
    signal(sig, SIG_DFL); /* the second one ends at once */
}

static void complain(struct program *p, const char *fmt, ...) AQ_PRINTF(2, 3);
static void complain(struct program *p, const char *fmt, ...)
{
    char message[4096];
    va_list ap;
    aq_progress_clear(&p->progress);
    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    /* Names of files and ids come from elsewhere: nothing of them may steer a terminal. */
    for (char *c = message; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
    fprintf(stderr, "aq-index: %s\n", message);
}

static int failed(struct program *p, const struct aq_error *err)
{
    complain(p, "%s", err->message);
    return EXIT_FAILED;
}

/* Where the index is should be the same for aq; nothing else is saved for what writes. */
static enum aq_status take_index(void *context, const struct aq_config_line *line, struct aq_error *err)
{
    struct program *p = context;
    if (!line->name || *line->section || strcmp(line->name, "index") != 0)
        return AQ_OK;
    return aq_config_path(&p->arena, line, &p->saved_index, err);
}

static int open_writer(struct program *p, bool create)
{
    struct aq_error err = {0};
    enum aq_index_dir_origin origin;
    struct aq_writer_options o = {.language = p->set.language,
                                  .memory_limit = (size_t)p->set.memory << 20,
                                  .create = create};
    enum aq_status st = AQ_OK;
    if (!p->set.no_config)
        st = aq_config_read(&p->arena, take_index, p, &err);
    if (st == AQ_OK)
        st = aq_index_dir_find(p->set.index, p->saved_index, &p->dir, &origin, &err);
    if (st == AQ_OK)
        st = aq_writer_open((const char *)p->dir.ptr, &o, &p->writer, &err);
    return st ? failed(p, &err) : EXIT_DONE;
}

/* ---- add ---- */

static void report(void *context, const struct aq_source_problem *problem)
{
    struct program *p = context;
    char place[64] = "";
    if (problem->line)
        snprintf(place, sizeof place, ":%llu", (unsigned long long)problem->line);
    else if (problem->item)
        snprintf(place, sizeof place, ": record %llu", (unsigned long long)problem->item);
    complain(p, "%s%s: %s%s", problem->path, place, problem->reason, problem->skipped ? " (skipped)" : "");
    if (problem->skipped && p->set.strict)
        p->stopped = true;
}

static int add_record(struct program *p, struct aq_source *source, const struct aq_record *record)
{
    struct aq_error err = {0};
    enum aq_status st = aq_writer_add(p->writer, record, NULL, &err);
    if (st == AQ_OK) {
        p->totals.read++;
        return EXIT_DONE;
    }
    if (st != AQ_INVALID)
        return failed(p, &err);
    struct aq_source_progress at;
    aq_source_get_progress(source, &at);
    report(p, &(struct aq_source_problem){at.path, at.line, at.records, true, err.message});
    p->totals.skipped++;
    return EXIT_DONE;
}

static int add_path(struct program *p, const char *path)
{
    struct aq_error err = {0};
    struct aq_source *source;
    struct aq_source_options o = {.kind = (enum aq_source_kind)p->set.kind,
                                  .whole = p->set.whole,
                                  .body_format = (int)p->set.format - 1,
                                  .source = p->set.source,
                                  .map = p->maps,
                                  .map_count = p->set.maps.count};
    struct aq_record record;
    struct aq_source_progress at;
    bool got = true;
    int result = EXIT_DONE;

    if (aq_source_open(path, &o, report, p, &source, &err))
        return failed(p, &err);
    while (result == EXIT_DONE && !interrupted && !p->stopped) {
        if (aq_source_next(source, &record, &got, &err))
            result = failed(p, &err);
        else if (!got || p->stopped)
            break;
        else
            result = add_record(p, source, &record);
        aq_progress_tick(&p->progress, source, p->writer);
    }
    aq_source_get_progress(source, &at);
    p->totals.skipped += at.skipped;
    p->totals.repaired += at.repaired;
    p->progress.base_records += at.records;
    p->progress.base_bytes += at.bytes_done;
    aq_source_close(source);
    return result;
}

static int parse_maps(struct program *p)
{
    p->maps = calloc(p->set.maps.count + 1, sizeof *p->maps);
    if (!p->maps) {
        complain(p, "out of memory");
        return EXIT_FAILED;
    }
    for (size_t i = 0; i < p->set.maps.count; i++) {
        const char *map = p->set.maps.items[i], *equals = strchr(map, '=');
        if (!equals || equals == map || !equals[1]) {
            complain(p, "--map %s: write FIELD=PATH, such as author=user.name", map);
            return EXIT_FAILED;
        }
        struct aq_slice field = aq_arena_copy(&p->arena, aq_slice(map, (size_t)(equals - map)));
        if (!field.ptr) {
            complain(p, "out of memory");
            return EXIT_FAILED;
        }
        p->maps[i] = (struct aq_field_map){(const char *)field.ptr, equals + 1};
    }
    return EXIT_DONE;
}

static int finish_add(struct program *p)
{
    struct aq_error err = {0};
    if (aq_writer_commit(p->writer, &err))
        return failed(p, &err);
    if (interrupted) {
        complain(p, "interrupted; what was read so far is indexed, the same command goes on from there");
        return EXIT_INTERRUPTED;
    }
    if (p->set.prune && (aq_writer_prune(p->writer, &p->totals.pruned, &err) || aq_writer_commit(p->writer, &err)))
        return failed(p, &err);
    return EXIT_DONE;
}

static int run_add(struct program *p)
{
    int result = parse_maps(p);
    struct stat ignored;
    if (result)
        return result;
    if (p->words.count == 0) {
        complain(p, "add: name files or directories to read, or - for standard input");
        return EXIT_FAILED;
    }
    /* Before an index is made: a wrong name should leave nothing behind. */
    for (size_t i = 0; i < p->words.count; i++)
        if (strcmp(p->words.items[i], "-") != 0 && stat(p->words.items[i], &ignored) != 0) {
            complain(p, "%s: no such file or directory", p->words.items[i]);
            return EXIT_FAILED;
        }
    result = open_writer(p, true);
    if (result)
        return result;
    struct sigaction interrupt = {.sa_handler = on_interrupt};
    sigaction(SIGINT, &interrupt, NULL);
    sigaction(SIGTERM, &interrupt, NULL);
    aq_progress_start(&p->progress, p->set.quiet);
    for (size_t i = 0; i < p->words.count && result == EXIT_DONE && !interrupted && !p->stopped; i++)
        result = add_path(p, p->words.items[i]);
    if (p->stopped) {
        complain(p, "stopped at the first bad record (--strict); what was not committed is dropped");
        return EXIT_FAILED;
    }
    if (result)
        return result;
    result = finish_add(p);
    if (result == EXIT_FAILED)
        return result;
    struct aq_writer_stats stats;
    double seconds = aq_seconds() - p->progress.started;
    aq_progress_clear(&p->progress);
    aq_writer_get_stats(p->writer, &stats);
    if (!p->set.quiet)
        aq_summary_print(&p->totals, &stats, seconds);
    return result;
}

/* ---- the other commands ---- */

static int run_delete(struct program *p)
{
    struct aq_error err = {0};
    int result, missing = 0;
    if (p->words.count == 0) {
        complain(p, "delete: name the ids of comments");
        return EXIT_FAILED;
    }
    result = open_writer(p, false);
    for (size_t i = 0; i < p->words.count && result == EXIT_DONE; i++) {
        enum aq_status st = aq_writer_delete(p->writer, aq_slice_str(p->words.items[i]), &err);
        if (st == AQ_NOTFOUND) {
            complain(p, "%s", err.message);
            missing = EXIT_MISSING;
        } else if (st) {
            result = failed(p, &err);
        }
    }
    if (result == EXIT_DONE && aq_writer_commit(p->writer, &err))
        result = failed(p, &err);
    if (result)
        return result;
    struct aq_writer_stats stats;
    char n[32];
    aq_writer_get_stats(p->writer, &stats);
    if (!p->set.quiet)
        printf("deleted %s\n", aq_thousands(stats.deleted, n));
    return missing;
}

static int no_words(struct program *p, const char *command)
{
    if (p->words.count == 0)
        return EXIT_DONE;
    complain(p, "%s takes no arguments, got '%s'", command, p->words.items[0]);
    return EXIT_FAILED;
}

static int print_size(struct program *p)
{
    struct aq_writer_stats stats;
    char a[32], b[32];
    aq_writer_get_stats(p->writer, &stats);
    if (!p->set.quiet)
        printf("index: %s comments, %s\n", aq_thousands(stats.comments, a), aq_bytes_human(stats.index_bytes, b));
    return EXIT_DONE;
}

static int run_flush(struct program *p)
{
    struct aq_error err = {0};
    int result = no_words(p, "flush");
    if (result == EXIT_DONE)
        result = open_writer(p, false);
    if (result)
        return result;
    return aq_writer_flush(p->writer, &err) ? failed(p, &err) : print_size(p);
}

static int run_compact(struct program *p)
{
    struct aq_error err = {0};
    struct aq_writer_stats before, after;
    char a[32], b[32];
    unsigned flags = (p->set.purge ? AQ_COMPACT_PURGE : 0) | (p->set.reorder ? AQ_COMPACT_REORDER : 0);
    int result = no_words(p, "compact");
    if (result == EXIT_DONE)
        result = open_writer(p, false);
    if (result)
        return result;
    if (aq_writer_flush(p->writer, &err))
        return failed(p, &err);
    aq_writer_get_stats(p->writer, &before);
    aq_progress_start(&p->progress, p->set.quiet);
    aq_progress_note(&p->progress, p->set.reorder ? "reordering and rewriting everything" : "rewriting everything");
    if (aq_writer_compact(p->writer, flags, &err))
        return failed(p, &err);
    aq_progress_clear(&p->progress);
    aq_writer_get_stats(p->writer, &after);
    if (!p->set.quiet)
        printf("postings: %s before, %s now\n", aq_bytes_human(before.postings_bytes, a),
               aq_bytes_human(after.postings_bytes, b));
    return print_size(p);
}

/* ---- the program ---- */

static int help_on(const struct aq_usage *command, FILE *to)
{
    struct aq_buf text = {0};
    aq_usage_help(&text, &aq_index_program, command);
    fwrite(text.ptr, 1, text.len, to);
    aq_buf_free(&text);
    return to == stdout ? EXIT_DONE : EXIT_FAILED;
}

static int run_help(struct program *p)
{
    const struct aq_usage *about = NULL;
    if (p->words.count > 0 && !(about = aq_usage_named(&aq_index_program, p->words.items[0]))) {
        complain(p, "no command '%s' to help with; aq-index --help lists them", p->words.items[0]);
        return EXIT_FAILED;
    }
    return help_on(about, stdout);
}

static int run_version(struct program *p)
{
    (void)p;
    puts("aq-index " AQ_RELEASE);
    return EXIT_DONE;
}

static const struct {
    const struct aq_usage *usage;
    int (*run)(struct program *p);
} runs[] = {
    {&aq_index_add, run_add},         {&aq_index_delete, run_delete}, {&aq_index_flush, run_flush},
    {&aq_index_compact, run_compact}, {&aq_index_help, run_help},     {&aq_index_version, run_version},
};

static int run_command(struct program *p, const struct aq_usage *command)
{
    for (size_t i = 0; i < AQ_COUNT(runs); i++)
        if (runs[i].usage == command)
            return runs[i].run(p);
    return EXIT_FAILED;
}

static int dispatch(struct program *p, int argc, char **argv)
{
    struct aq_error err = {0};
    int first = aq_usage_first_word(&aq_index_program, argc, argv);
    const struct aq_usage *command = first ? aq_usage_named(&aq_index_program, argv[first]) : NULL;
    if (first && !command) {
        complain(p, "'%s' is not a command; there are add, delete, flush and compact (see aq-index --help)",
                 argv[first]);
        return EXIT_FAILED;
    }
    const struct aq_option_group groups[] = {aq_index_program.common,
                                             command ? command->options : (struct aq_option_group){0}};
    if (aq_options_parse(groups, AQ_COUNT(groups), argc, argv, first, &p->set, &p->arena, &p->words, &err))
        return failed(p, &err);
    if (p->set.version)
        return run_version(p);
    if (p->set.help || !command)
        return help_on(command, p->set.help ? stdout : stderr);
    return run_command(p, command);
}

int main(int argc, char **argv)
{
    struct program p = {0};
    aq_options_occupy_descriptors();
    int result = dispatch(&p, argc, argv);
    aq_writer_close(p.writer);
    free(p.maps);
    aq_buf_free(&p.dir);
    aq_arena_free(&p.arena);
    if (fflush(stdout) != 0 && result == EXIT_DONE) {
        perror("aq-index: standard output");
        result = EXIT_FAILED;
    }
    return result;
}
