/* cmd_check.c - aq check: verifies every record of the index. Progress goes to
 * standard error, and only to a terminal. */
#include "cli.h"
#include "print_text.h"
#include "records.h"

#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { REDRAW_MS = 100 };
static const char erase_line[] = "\r\033[K";

struct progress {
    int64_t drawn_ms;
    char stage[64];
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void draw(void *context, const char *stage, uint64_t done, uint64_t total)
{
    struct progress *p = context;
    int64_t now = now_ms();
    if (now - p->drawn_ms < REDRAW_MS && strncmp(stage, p->stage, sizeof p->stage - 1) == 0)
        return;
    p->drawn_ms = now;
    snprintf(p->stage, sizeof p->stage, "%s", stage);
    char line[128];
    int n = total ? snprintf(line, sizeof line, "%schecking %.60s %3.0f%%", erase_line, stage,
                             100 * (double)(done < total ? done : total) / (double)total)
                  : snprintf(line, sizeof line, "%schecking %.60s", erase_line, stage);
    aq_write_all(STDERR_FILENO, line, (size_t)n);
}

/* Leaves the terminal's line clean and then dies of the signal, as the shell expects. */
static void interrupted(int signal_number)
{
    ssize_t unused = write(STDERR_FILENO, erase_line, sizeof erase_line - 1);
    (void)unused;
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static void watch_interrupt(void)
{
    struct sigaction now;
    if (sigaction(SIGINT, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
        signal(SIGINT, interrupted);
}

static void print_ok(struct aq_cli *cli, const struct aq_index_stats *s)
{
    char comments[AQ_COUNT_SIZE], passages[AQ_COUNT_SIZE], pending[AQ_COUNT_SIZE];
    if (cli->set.json) {
        aq_json_checked(&cli->out.buf, (const char *)cli->dir.ptr, s);
        return;
    }
    aq_buf_printf(&cli->out.buf,
                  "ok: %s comments, %s passages, %u segment%s, %s pending: checksums, counts, order and "
                  "bounds of every record hold\n",
                  aq_text_count(s->comments, comments), aq_text_count(s->passages, passages), s->segments,
                  s->segments == 1 ? "" : "s", aq_text_count(s->pending_comments, pending));
}

static int check(struct aq_cli *cli)
{
    struct aq_index_stats s = {0};
    struct progress progress = {0};
    struct aq_terminal errors;
    int status = aq_cli_no_words(cli, "check");
    if (!status)
        status = aq_cli_open(cli);
    if (status)
        return status;
    aq_terminal_detect(&errors, STDERR_FILENO, AQ_COLOR_AUTO);
    bool drawn = errors.tty && !errors.dumb && !cli->set.quiet;
    if (drawn)
        watch_interrupt();
    enum aq_status st = aq_check(cli->reader, drawn ? draw : NULL, &progress, &cli->err);
    if (drawn)
        aq_write_all(STDERR_FILENO, erase_line, sizeof erase_line - 1);
    if (!st)
        st = aq_reader_stats(cli->reader, &s, &cli->err);
    if (st)
        return aq_cli_fail(cli);
    if (!cli->set.quiet)
        print_ok(cli, &s);
    return AQ_EXIT_HIT;
}

const struct aq_command aq_command_check = {
    {.name = "check",
     .words = "",
     .summary = "verify every record of the index",
     .details = "Reads the whole index and verifies checksums, counts, order and bounds. When all is well, "
                "prints a line that starts with `ok:` and exits with 0; else names the first fault and exits "
                "with 2."},
    check,
};
