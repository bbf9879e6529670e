/* progress.c - see progress.h. */
#include "progress.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

double aq_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

const char *aq_thousands(uint64_t n, char out[32])
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n), at = 0;
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = 0;
    return out;
}

const char *aq_bytes_human(uint64_t n, char out[32])
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    double v = (double)n;
    size_t u = 0;
    while (v >= 999.5 && u + 1 < AQ_COUNT(units)) {
        v /= 1000;
        u++;
    }
    snprintf(out, 32, u && v < 99.5 ? "%.1f %s" : "%.0f %s", v, units[u]);
    return out;
}

void aq_progress_start(struct aq_progress *p, bool quiet)
{
    const char *term = getenv("TERM");
    *p = (struct aq_progress){.started = aq_seconds()};
    p->shown = !quiet && isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
}

static unsigned terminal_width(void)
{
    struct winsize w;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col ? w.ws_col : 80;
}

void aq_progress_tick(struct aq_progress *p, const struct aq_source *source, const struct aq_writer *writer)
{
    double now;
    if (!p->shown || (now = aq_seconds()) - p->drawn < 0.1)
        return;
    struct aq_source_progress s;
    struct aq_writer_stats w;
    char records[32], line[512], left[48] = "";
    double spent = now - p->started;

    p->drawn = now;
    aq_source_get_progress(source, &s);
    aq_writer_get_stats(writer, &w);
    if (s.bytes_total && s.bytes_done && spent > 1) {
        double rest = spent * (double)(s.bytes_total - s.bytes_done) / (double)(p->base_bytes + s.bytes_done);
        snprintf(left, sizeof left, "  %u:%02u left", (unsigned)rest / 60, (unsigned)rest % 60);
    }
    int n = snprintf(line, sizeof line, "%s records  %.1f MB/s%s  %s",
                     aq_thousands(p->base_records + s.records, records), (double)w.text_bytes / 1e6 / (spent + 1e-9),
                     left, s.path ? s.path : "");
    unsigned width = terminal_width() - 1;
    if (n > 0 && (unsigned)n > width)
        line[width] = 0;
    fprintf(stderr, "\r\033[K%s", line);
    fflush(stderr);
    p->on_screen = true;
}

void aq_progress_note(struct aq_progress *p, const char *what)
{
    if (!p->shown)
        return;
    fprintf(stderr, "\r\033[K%.*s", (int)terminal_width() - 1, what);
    fflush(stderr);
    p->on_screen = true;
}

void aq_progress_clear(struct aq_progress *p)
{
    if (p->on_screen) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
    }
    p->on_screen = false;
}

static void count(const char *what, uint64_t n)
{
    char out[32];
    if (n)
        printf("  %s %s", aq_thousands(n, out), what);
}

void aq_summary_print(const struct aq_totals *t, const struct aq_writer_stats *s, double seconds)
{
    char a[32], b[32], c[32], d[32];
    printf("read %s:", aq_thousands(t->read + t->skipped, a));
    count("added", s->added);
    count("replaced", s->replaced);
    count("updated", s->updated);
    count("unchanged", s->unchanged);
    count("skipped", t->skipped);
    count("repaired", t->repaired);
    count("pruned", t->pruned);
    printf("\nnew: %s passage%s, %s of them quotes, %s repeat%s; ", aq_thousands(s->passages, a),
           s->passages == 1 ? "" : "s", aq_thousands(s->quotes, b), aq_thousands(s->repeats, c),
           s->repeats == 1 ? "" : "s");
    printf("%s of text in %.2f s, %.1f MB/s\n", aq_bytes_human(s->text_bytes, c), seconds,
           (double)s->text_bytes / 1e6 / (seconds + 1e-9));
    printf("index: %s comments, %s\n", aq_thousands(s->comments, a), aq_bytes_human(s->index_bytes, d));
}
