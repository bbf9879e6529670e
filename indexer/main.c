/* main.c - the program aq-index: options, commands, messages, exit status. It
 * reads sources and drives a writer; it knows nothing of what either does inside. */
#include "aq_index.h"
#include "cli/progress.h"
#include "index_dir.h"
#include "options.h"
#include "source.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EXIT_DONE = 0, EXIT_MISSING = 1, EXIT_FAILED = 2, EXIT_INTERRUPTED = 130 };

struct settings {
    const char *index, *language, *source;
    unsigned kind;   /* enum aq_source_kind */
    unsigned format; /* 0: by field name, else enum aq_format + 1 */
    struct aq_option_list maps;
    uint64_t memory; /* MiB */
    bool strict, prune, whole, quiet, purge, reorder, help, version;
};

static const char *const kinds[] = {"auto", "jsonl", "text", "markdown", "html", "mbox", NULL};
static const char *const formats[] = {"auto", "text", "markdown", "html", NULL};

#define FIELD(name) offsetof(struct settings, name)

static const struct aq_option general_options[] = {
    {.name = "index", .letter = 'i', .kind = AQ_OPTION_TEXT, .field = FIELD(index), .value = "DIR",
     .help = "the index; else $AQ_INDEX, .aq here or above, or ~/.local/share/aq"},
    {.name = "quiet", .letter = 'q', .kind = AQ_OPTION_FLAG, .field = FIELD(quiet),
     .help = "no progress and no summary"},
    {.name = "help", .letter = 'h', .kind = AQ_OPTION_FLAG, .field = FIELD(help), .help = "explain, and end"},
    {.name = "version", .kind = AQ_OPTION_FLAG, .field = FIELD(version), .help = "name the version, and end"},
};

static const struct aq_option add_options[] = {
    {.name = "language", .kind = AQ_OPTION_TEXT, .field = FIELD(language), .value = "L",
     .help = "stemming of a new index: english (default), german, fr, none, ..."},
    {.name = "as", .kind = AQ_OPTION_CHOICE, .field = FIELD(kind), .value = "KIND", .choices = kinds,
     .help = "read every file as jsonl, text, markdown, html or mbox, whatever its name"},
    {.name = "format", .kind = AQ_OPTION_CHOICE, .field = FIELD(format), .value = "FORMAT", .choices = formats,
     .help = "format of JSON bodies that do not say: text, markdown or html"},
    {.name = "map", .kind = AQ_OPTION_LIST, .field = FIELD(maps), .value = "FIELD=PATH",
     .help = "take a field from another place in JSON records, such as author=user.name; may be repeated"},
    {.name = "source", .kind = AQ_OPTION_TEXT, .field = FIELD(source), .value = "NAME",
     .help = "the source of records that name none; else the file's name"},
    {.name = "whole", .kind = AQ_OPTION_FLAG, .field = FIELD(whole),
     .help = "a plain text file is one comment, not a thread of paragraphs"},
    {.name = "prune", .kind = AQ_OPTION_FLAG, .field = FIELD(prune),
     .help = "afterwards delete every comment that was not in the input: for full exports"},
    {.name = "strict", .kind = AQ_OPTION_FLAG, .field = FIELD(strict),
     .help = "stop at the first record that cannot be read"},
    {.name = "memory", .kind = AQ_OPTION_NUMBER, .field = FIELD(memory), .value = "MB", .min = 8, .max = 65536,
     .help = "memory to gather postings in (256)"},
};

static const struct aq_option compact_options[] = {
    {.name = "purge", .kind = AQ_OPTION_FLAG, .field = FIELD(purge), .help = "erase text and ids of deleted comments"},
    {.name = "reorder", .kind = AQ_OPTION_FLAG, .field = FIELD(reorder),
     .help = "put comments with the same words side by side: smaller, but takes several times as long"},
    {.name = "memory", .kind = AQ_OPTION_NUMBER, .field = FIELD(memory), .value = "MB", .min = 8, .max = 65536,
     .help = "memory to find that order in (256)"},
};

struct program {
    struct settings set;
    struct aq_option_words words;
    struct aq_arena arena;
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

static int open_writer(struct program *p, bool create)
{
    struct aq_error err = {0};
    enum aq_index_dir_origin origin;
    struct aq_writer_options o = {.language = p->set.language,
                                  .memory_limit = (size_t)p->set.memory << 20,
                                  .create = create};
    enum aq_status st = aq_index_dir_find(p->set.index, &p->dir, &origin, &err);
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

static const struct command {
    const char *name, *words, *summary;
    int (*run)(struct program *p);
    const struct aq_option *options;
    size_t option_count;
} commands[] = {
    {"add", "PATH...|-", "read comments from files, directories or standard input", run_add, add_options,
     AQ_COUNT(add_options)},
    {"delete", "ID...", "take comments out of the index", run_delete, NULL, 0},
    {"flush", "", "turn pending comments into a segment", run_flush, NULL, 0},
    {"compact", "", "rewrite everything as one segment", run_compact, compact_options, AQ_COUNT(compact_options)},
};

static int print_help(const struct command *only)
{
    struct aq_buf text = {0};
    if (only) {
        aq_buf_printf(&text, "aq-index %s [options]%s%s\n    %s\n\n", only->name, *only->words ? " " : "", only->words,
                      only->summary);
    } else {
        aq_buf_puts(&text, "aq-index - index online discussions, to be searched with aq\n\n");
        for (size_t i = 0; i < AQ_COUNT(commands); i++)
            aq_buf_printf(&text, "  aq-index %-8s %-10s %s\n", commands[i].name, commands[i].words,
                          commands[i].summary);
        aq_buf_puts(&text, "\n");
    }
    for (size_t i = 0; i < AQ_COUNT(commands); i++) {
        struct aq_option_group g = {commands[i].name, commands[i].options, commands[i].option_count};
        if (g.count && (!only || only == &commands[i]))
            aq_options_help(&text, &g, 1, 80);
    }
    struct aq_option_group general = {"general", general_options, AQ_COUNT(general_options)};
    aq_options_help(&text, &general, 1, 80);
    fwrite(text.ptr, 1, text.len, stdout);
    aq_buf_free(&text);
    return EXIT_DONE;
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < AQ_COUNT(commands); i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static int dispatch(struct program *p, int argc, char **argv)
{
    struct aq_option_group groups[AQ_COUNT(commands) + 1];
    size_t n = 0;
    struct aq_error err = {0};
    for (size_t i = 0; i < AQ_COUNT(commands); i++)
        groups[n++] = (struct aq_option_group){commands[i].name, commands[i].options, commands[i].option_count};
    groups[n++] = (struct aq_option_group){"general", general_options, AQ_COUNT(general_options)};
    int first = aq_options_first_word(groups, n, argc, argv);
    const struct command *command = first ? find_command(argv[first]) : NULL;
    if (first && !command && strcmp(argv[first], "help") != 0 && strcmp(argv[first], "version") != 0) {
        complain(p, "'%s' is not a command; there are add, delete, flush, compact (see aq-index --help)", argv[first]);
        return EXIT_FAILED;
    }
    struct aq_option_group of_command[2] = {{"general", general_options, AQ_COUNT(general_options)}};
    size_t group_count = 1;
    if (command && command->option_count)
        of_command[group_count++] =
            (struct aq_option_group){command->name, command->options, command->option_count};
    if (aq_options_parse(of_command, group_count, argc, argv, first, &p->set, &p->arena, &p->words, &err)) {
        complain(p, "%s", err.message);
        return EXIT_FAILED;
    }
    if (p->set.version || (first && strcmp(argv[first], "version") == 0)) {
        puts("aq-index " AQ_RELEASE);
        return EXIT_DONE;
    }
    if (p->set.help || (first && !command))
        return print_help(command ? command : p->words.count ? find_command(p->words.items[0]) : NULL);
    if (!command) {
        print_help(NULL);
        return EXIT_FAILED;
    }
    return command->run(p);
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
