/* print_stats.c - print_text.h's figures. */
#include "print_text.h"

#include "date.h"

#include <stdarg.h>
#include <stdio.h>

const char *aq_text_count(uint64_t n, char text[AQ_COUNT_SIZE])
{
    char plain[AQ_COUNT_SIZE];
    int len = snprintf(plain, sizeof plain, "%llu", (unsigned long long)n);
    char *to = text;
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            *to++ = ',';
        *to++ = plain[i];
    }
    *to = 0;
    return text;
}

static const char *bytes_of(uint64_t n, char text[AQ_COUNT_SIZE])
{
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB"};
    double v = (double)n;
    size_t unit = 0;
    while (v >= 999.5 && unit + 1 < AQ_COUNT(units)) {
        v /= 1000;
        unit++;
    }
    snprintf(text, AQ_COUNT_SIZE, "%.*f %s", unit && v < 99.95 ? 1 : 0, v, units[unit]);
    return text;
}

static void row(struct aq_output *out, const char *name, const char *fmt, ...) AQ_PRINTF(3, 4);
static void row(struct aq_output *out, const char *name, const char *fmt, ...)
{
    char value[640];
    struct aq_buf padded = {0};
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(value, sizeof value, fmt, ap);
    va_end(ap);
    aq_buf_printf(&padded, "%-14s", name);
    if (!padded.failed)
        aq_terminal_put(&out->buf, &out->terminal, AQ_STYLE_FAINT, aq_slice(padded.ptr, padded.len));
    aq_text_clean(&out->buf, aq_slice_str(value));
    aq_buf_u8(&out->buf, '\n');
    out->buf.failed |= padded.failed;
    aq_buf_free(&padded);
}

void aq_text_stats(struct aq_output *out, const char *dir, const struct aq_index_stats *s)
{
    char a[AQ_COUNT_SIZE], b[AQ_COUNT_SIZE], c[AQ_COUNT_SIZE], d[AQ_COUNT_SIZE];
    char first[AQ_DATE_SIZE], last[AQ_DATE_SIZE];
    row(out, "index", "%.500s", dir);
    row(out, "comments", "%s in %s thread%s by %s author%s", aq_text_count(s->comments, a),
        aq_text_count(s->threads, b), s->threads == 1 ? "" : "s", aq_text_count(s->authors, c),
        s->authors == 1 ? "" : "s");
    if (*aq_date_day(s->first_date, first) && *aq_date_day(s->last_date, last))
        row(out, "dates", "%s to %s", first, last);
    row(out, "passages", "%s: %s quotes, %s hidden, %s deleted", aq_text_count(s->passages, a),
        aq_text_count(s->quote_passages, b), aq_text_count(s->hidden_passages, c),
        aq_text_count(s->deleted_passages, d));
    row(out, "words", "%s", aq_text_count(s->tokens, a));
    row(out, "terms", "%s", aq_text_count(s->terms, a));
    row(out, "postings", "%s", aq_text_count(s->postings, a));
    row(out, "segments", "%u, and %s comment%s pending", s->segments, aq_text_count(s->pending_comments, a),
        s->pending_comments == 1 ? "" : "s");
    row(out, "text", "%s, stored in %s", bytes_of(s->text_bytes, a), bytes_of(s->stored_text_bytes, b));
    row(out, "postings in", "%s, lengths in %s, the rest in %s", bytes_of(s->posting_bytes, a),
        bytes_of(s->norm_bytes, b), bytes_of(s->other_bytes, c));
    row(out, "file", "%s, %s of it free", bytes_of(s->file_bytes, a), bytes_of(s->free_bytes, b));
    row(out, "language", "%.*s", (int)sizeof s->language, s->language);
    row(out, "analyzer", "%.*s", (int)sizeof s->analyzer, s->analyzer);
    row(out, "version", "format %u, generation %u, commit %llu", s->format_version, s->generation,
        (unsigned long long)s->commit);
}
