/* print_stats.c - print_text.h's figures. */
#include "print_text.h"

#include "date.h"

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

/* Starts a line of the table; the value and a line feed follow. */
static struct aq_buf *row(struct aq_output *out, const char *name)
{
    char padded[16];
    snprintf(padded, sizeof padded, "%-10s  ", name);
    aq_terminal_put(&out->buf, &out->terminal, AQ_STYLE_FAINT, aq_slice_str(padded));
    return &out->buf;
}

static void text_row(struct aq_output *out, const char *name, struct aq_slice text)
{
    struct aq_buf *b = row(out, name);
    aq_text_clean_line(b, text);
    aq_buf_u8(b, '\n');
}

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

void aq_text_stats(struct aq_output *out, const char *dir, const struct aq_index_stats *s)
{
    char a[AQ_COUNT_SIZE], b[AQ_COUNT_SIZE], c[AQ_COUNT_SIZE], d[AQ_COUNT_SIZE];
    char first[AQ_DATE_SIZE], last[AQ_DATE_SIZE];
    text_row(out, "index", aq_slice_str(dir));
    aq_buf_printf(row(out, "comments"), "%s in %s thread%s by %s author%s\n", aq_text_count(s->comments, a),
                  aq_text_count(s->threads, b), plural(s->threads), aq_text_count(s->authors, c),
                  plural(s->authors));
    if (*aq_date_day(s->first_date, first) && *aq_date_day(s->last_date, last))
        aq_buf_printf(row(out, "dates"), "%s to %s\n", first, last);
    aq_buf_printf(row(out, "passages"), "%s: %s quote%s, %s hidden, %s deleted\n",
                  aq_text_count(s->passages, a), aq_text_count(s->quote_passages, b), plural(s->quote_passages),
                  aq_text_count(s->hidden_passages, c), aq_text_count(s->deleted_passages, d));
    aq_buf_printf(row(out, "words"), "%s\n", aq_text_count(s->tokens, a));
    aq_buf_printf(row(out, "terms"), "%s\n", aq_text_count(s->terms, a));
    aq_buf_printf(row(out, "postings"), "%s\n", aq_text_count(s->postings, a));
    aq_buf_printf(row(out, "segments"), "%u, and %s comment%s pending\n", s->segments,
                  aq_text_count(s->pending_comments, a), plural(s->pending_comments));
    aq_buf_printf(row(out, "text"), "%s, stored in %s\n", bytes_of(s->text_bytes, a),
                  bytes_of(s->stored_text_bytes, b));
    aq_buf_printf(row(out, "tables"), "postings %s, lengths %s, others %s\n", bytes_of(s->posting_bytes, a),
                  bytes_of(s->norm_bytes, b), bytes_of(s->other_bytes, c));
    aq_buf_printf(row(out, "file"), "%s, %s of it free\n", bytes_of(s->file_bytes, a),
                  bytes_of(s->free_bytes, b));
    text_row(out, "language", aq_slice(s->language, strnlen(s->language, sizeof s->language)));
    text_row(out, "analyzer", aq_slice(s->analyzer, strnlen(s->analyzer, sizeof s->analyzer)));
    aq_buf_printf(row(out, "version"), "format %u, generation %u, commit %llu\n", s->format_version,
                  s->generation, (unsigned long long)s->commit);
}
