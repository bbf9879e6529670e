/* output.c - see output.h. */
#include "output.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int aq_write_all(int fd, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    while (n) {
        ssize_t put = write(fd, p, n);
        if (put < 0 && errno != EINTR)
            return errno;
        if (put > 0) {
            p += put;
            n -= (size_t)put;
        }
    }
    return 0;
}

enum aq_status aq_output_flush(struct aq_output *out, struct aq_error *err)
{
    if (out->buf.failed)
        return aq_fail_nomem(err);
    int failure = out->closed ? 0 : aq_write_all(STDOUT_FILENO, out->buf.ptr, out->buf.len);
    aq_buf_clear(&out->buf);
    if (failure == EPIPE)
        out->closed = true;
    else if (failure)
        return aq_fail(err, AQ_IO, "cannot write to standard output: %s", strerror(failure));
    return AQ_OK;
}

/* ---- pager ---- */

/* The command for the shell, "" for none, NULL for less. */
static const char *pager_command(void)
{
    const char *command = getenv("AQ_PAGER");
    if (!command)
        command = getenv("PAGER");
    if (command && strcmp(command, "cat") == 0)
        return "";
    return command;
}

/* Whether the command is less and nothing else, so that options may be added at its end. */
static bool is_less(const char *command)
{
    size_t word = strcspn(command, " \t");
    const char *name = command + word;
    while (name > command && name[-1] != '/')
        name--;
    return (size_t)(command + word - name) == 4 && strncmp(name, "less", 4) == 0 && !strpbrk(command, ";|&<>()`#\n");
}

static size_t count_lines(const struct aq_output *out)
{
    size_t lines = 0;
    for (size_t i = 0; i < out->buf.len; i++)
        lines += out->buf.ptr[i] == '\n';
    return lines;
}

/* less shows the line it is sent to at a third of the screen, below what comes before;
 * near the end it is sent to the end, lest half the screen stay empty. */
static void run_pager(const struct aq_output *out, const char *command)
{
    char jump[32];
    struct aq_buf longer = {0};
    signal(SIGPIPE, SIG_DFL);
    if (out->line + out->terminal.rows - out->terminal.rows / 3 > count_lines(out))
        snprintf(jump, sizeof jump, "+G");
    else
        snprintf(jump, sizeof jump, "+%zug", out->line);
    if (!command) {
        execlp("less", "less", "-FRX", out->line ? "-j.33" : NULL, jump, (char *)NULL);
        _exit(127);
    }
    setenv("LESS", "FRX", 0); /* for those who set PAGER=less */
    if (out->line && is_less(command)) {
        aq_buf_printf(&longer, "%s -j.33 %s", command, jump);
        aq_buf_u8(&longer, 0);
        if (!longer.failed)
            command = (const char *)longer.ptr;
    }
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

/* True when a pager ran and showed the output. */
static bool show_in_pager(const struct aq_output *out, const char *command)
{
    int ends[2];
    if (pipe(ends) != 0)
        return false;
    struct sigaction ignore = {.sa_handler = SIG_IGN}, interrupt, quit;
    pid_t child = fork();
    if (child == 0) {
        close(ends[1]);
        if (ends[0] != STDIN_FILENO) {
            dup2(ends[0], STDIN_FILENO);
            close(ends[0]);
        }
        run_pager(out, command);
    }
    close(ends[0]);
    if (child < 0) {
        close(ends[1]);
        return false;
    }
    /* An interrupt is the pager's to act on: dying first would leave it fighting the
     * shell for the terminal. A pager that is quit early closes the pipe. */
    sigaction(SIGINT, &ignore, &interrupt);
    sigaction(SIGQUIT, &ignore, &quit);
    void (*pipe_was)(int) = signal(SIGPIPE, SIG_IGN);
    aq_write_all(ends[1], out->buf.ptr, out->buf.len);
    close(ends[1]);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    signal(SIGPIPE, pipe_was);
    sigaction(SIGINT, &interrupt, NULL);
    sigaction(SIGQUIT, &quit, NULL);
    return !(WIFEXITED(status) && (WEXITSTATUS(status) == 126 || WEXITSTATUS(status) == 127));
}

void aq_output_mark(struct aq_output *out)
{
    out->line = count_lines(out) + 1;
}

static bool longer_than_screen(const struct aq_output *out)
{
    return count_lines(out) + 1 > out->terminal.rows; /* the prompt that follows takes one */
}

enum aq_status aq_output_finish(struct aq_output *out, struct aq_error *err)
{
    bool fit = out->terminal.tty && !out->terminal.dumb && !out->buf.failed;
    if (out->page && fit && longer_than_screen(out)) {
        const char *command = pager_command();
        if ((!command || *command) && show_in_pager(out, command)) {
            aq_buf_clear(&out->buf);
            return AQ_OK;
        }
    }
    return aq_output_flush(out, err);
}

void aq_output_complain(const char *message)
{
    struct aq_buf line = {0};
    aq_buf_puts(&line, "aq: ");
    aq_text_clean_line(&line, aq_slice_str(message));
    aq_buf_u8(&line, '\n');
    if (!line.failed)
        aq_write_all(STDERR_FILENO, line.ptr, line.len);
    aq_buf_free(&line);
}
