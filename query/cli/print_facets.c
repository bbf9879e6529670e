/* print_facets.c - print_text.h's facets: names with their counts, and times as a plot
 * of bars that lie down, a line for each year, month or day. */
#include "print_text.h"

#include "clusters.h"
#include "date.h"
#include "names.h"

#include <stdio.h>

enum {
    COLUMNS_UNKNOWN = 80,
    BAR_LEAST = 4,
    TITLE_LEAST = 20, /* columns that a thread's title keeps beside the id */
    EMPTY_MOST = 6,   /* times without a comment that are shown one by one */
    DAY = 86400
};
static const char indent[] = "  ";

static void put(struct aq_output *out, enum aq_style style, const char *text)
{
    aq_terminal_put(&out->buf, &out->terminal, style, aq_slice_str(text));
}

static void spaces(struct aq_output *out, size_t n)
{
    for (; n > 0; n--)
        aq_buf_u8(&out->buf, ' ');
}

/* The count, flush right. */
static void put_count(struct aq_output *out, uint32_t n, size_t width)
{
    char text[AQ_COUNT_SIZE];
    size_t len = strlen(aq_text_count(n, text));
    spaces(out, width > len ? width - len : 0);
    aq_buf_puts(&out->buf, text);
}

static size_t count_width(const struct aq_facet *f)
{
    char text[AQ_COUNT_SIZE];
    size_t most = strlen(aq_text_count(f->without, text));
    for (uint32_t i = 0; i < f->value_count; i++) {
        size_t len = strlen(aq_text_count(f->values[i].comments, text));
        most = len > most ? len : most;
    }
    return most;
}

/* ---- names ---- */

/* Clean text on one line, cut where it is wider than `room`. Returns the columns it took. */
static size_t put_cut(struct aq_output *out, enum aq_style style, struct aq_slice text, size_t room)
{
    struct aq_buf clean = {0};
    size_t end = 0, used = 0, at = 0;
    unsigned width;
    aq_text_clean_line(&clean, text);
    struct aq_slice s = {clean.ptr, clean.len};
    size_t whole = aq_text_width(s);
    const char *dots = out->terminal.utf8 ? "…" : "...";
    size_t dots_width = out->terminal.utf8 ? 1 : 3;
    if (whole <= room) {
        end = s.len;
        used = whole;
    }
    while (whole > room && at < s.len) {
        at = aq_cluster_next(s, at, &width);
        if (used + width + dots_width > room)
            break;
        used += width;
        end = at;
    }
    if (end)
        aq_terminal_put(&out->buf, &out->terminal, style, aq_slice(s.ptr, end));
    if (end < s.len) {
        aq_buf_puts(&out->buf, dots);
        used += dots_width;
    }
    out->buf.failed |= clean.failed;
    aq_buf_free(&clean);
    return used;
}

/* The title with the id behind it, or below where both do not fit. */
static void put_thread(struct aq_output *out, const struct aq_facet_value *v, size_t margin, size_t room)
{
    struct aq_buf clean = {0};
    aq_text_clean_line(&clean, v->name);
    size_t id = aq_text_width(aq_slice(clean.ptr, clean.len));
    size_t left = room == SIZE_MAX ? room : room > id + 2 ? room - id - 2 : 0;
    bool beside = left >= TITLE_LEAST;
    put_cut(out, AQ_STYLE_PLAIN, v->title, beside ? left : room);
    if (beside) {
        aq_buf_puts(&out->buf, "  ");
    } else {
        aq_buf_u8(&out->buf, '\n');
        spaces(out, margin);
    }
    put_cut(out, AQ_STYLE_KEY, v->name, room);
    out->buf.failed |= clean.failed;
    aq_buf_free(&clean);
}

static void write_names(struct aq_output *out, const struct aq_facet *f, size_t width)
{
    size_t margin = sizeof indent - 1 + width + 2;
    size_t columns = out->terminal.columns;
    size_t room = !columns ? SIZE_MAX : columns > margin + BAR_LEAST ? columns - margin : BAR_LEAST;
    for (uint32_t i = 0; i < f->value_count; i++) {
        const struct aq_facet_value *v = &f->values[i];
        aq_buf_puts(&out->buf, indent);
        put_count(out, v->comments, width);
        aq_buf_puts(&out->buf, "  ");
        if (v->title.len)
            put_thread(out, v, margin, room);
        else
            put_cut(out, AQ_STYLE_PLAIN, v->name, room);
        aq_buf_u8(&out->buf, '\n');
    }
}

/* ---- times ---- */

/* Years, months or days, counted from anywhere. */
static int64_t index_of(enum aq_facet_kind kind, struct aq_slice name)
{
    char text[AQ_DATE_SIZE] = {0};
    int64_t date;
    struct aq_civil c;
    memcpy(text, name.ptr, name.len < sizeof text ? name.len : sizeof text - 1);
    if (!aq_date_read(text, &date) || !aq_date_civil(date, &c))
        return 0;
    return kind == AQ_FACET_YEAR ? c.year : kind == AQ_FACET_MONTH ? (int64_t)c.year * 12 + c.month - 1 : date / DAY;
}

static const char *name_of(enum aq_facet_kind kind, int64_t index, char text[AQ_DATE_SIZE])
{
    if (kind == AQ_FACET_YEAR)
        snprintf(text, AQ_DATE_SIZE, "%04d", (int)(index % 10000));
    else if (kind == AQ_FACET_MONTH)
        snprintf(text, AQ_DATE_SIZE, "%04d-%02d", (int)(index / 12 % 10000), (int)(index % 12) + 1);
    else
        aq_date_day(index * DAY, text);
    return text;
}

/* In eighths of a column where there are characters for that. What is not nothing is seen. */
static void put_bar(struct aq_output *out, uint32_t n, uint32_t most, size_t room)
{
    bool fine = out->terminal.utf8;
    uint64_t units = room * (fine ? 8 : 1), length = (n * units + most / 2) / most;
    if (n && length == 0)
        length = 1;
    for (; length >= 8 && fine; length -= 8)
        aq_buf_puts(&out->buf, "█");
    for (; length && !fine; length--)
        aq_buf_u8(&out->buf, '#');
    if (length) { /* U+258F is one eighth, U+2589 seven */
        const uint8_t part[] = {0xe2, 0x96, (uint8_t)(0x90 - length)};
        aq_buf_put(&out->buf, part, sizeof part);
    }
    aq_buf_u8(&out->buf, '\n');
}

struct plot {
    enum aq_facet_kind kind;
    uint32_t most;
    size_t width; /* of the counts */
    size_t room;  /* of the bars */
};

static void put_row(struct aq_output *out, const struct plot *p, int64_t index, uint32_t n)
{
    char text[AQ_DATE_SIZE];
    aq_buf_puts(&out->buf, indent);
    put(out, n ? AQ_STYLE_PLAIN : AQ_STYLE_FAINT, name_of(p->kind, index, text));
    aq_buf_puts(&out->buf, "  ");
    if (n == 0) {
        spaces(out, p->width - 1);
        put(out, AQ_STYLE_FAINT, "0\n");
        return;
    }
    put_count(out, n, p->width);
    aq_buf_u8(&out->buf, ' ');
    put_bar(out, n, p->most, p->room);
}

/* Those between two that have comments: few as they are, many in one line. */
static void put_gap(struct aq_output *out, const struct plot *p, int64_t from, int64_t to)
{
    static const char *const units[] = {[AQ_FACET_YEAR] = "years", [AQ_FACET_MONTH] = "months", [AQ_FACET_DAY] = "days"};
    char text[80], count[AQ_COUNT_SIZE];
    if (to - from <= EMPTY_MOST) {
        for (int64_t i = from; i < to; i++)
            put_row(out, p, i, 0);
        return;
    }
    snprintf(text, sizeof text, "%s %s %s without", out->terminal.utf8 ? "⋮" : ":",
             aq_text_count((uint64_t)(to - from), count), units[p->kind]);
    aq_buf_puts(&out->buf, indent);
    put(out, AQ_STYLE_FAINT, text);
    aq_buf_u8(&out->buf, '\n');
}

static void write_times(struct aq_output *out, const struct aq_facet *f, size_t width)
{
    struct plot p = {.kind = f->kind, .width = width};
    size_t columns = out->terminal.columns ? out->terminal.columns : COLUMNS_UNKNOWN;
    size_t used = sizeof indent - 1 + (f->value_count ? f->values[0].name.len : 0) + 2 + width + 1;
    p.room = columns > used + BAR_LEAST ? columns - used : BAR_LEAST;
    for (uint32_t i = 0; i < f->value_count; i++)
        p.most = f->values[i].comments > p.most ? f->values[i].comments : p.most;
    int64_t next = 0;
    for (uint32_t i = 0; i < f->value_count; i++) {
        int64_t index = index_of(f->kind, f->values[i].name);
        if (i && index > next)
            put_gap(out, &p, next, index);
        put_row(out, &p, index, f->values[i].comments);
        next = index + 1;
    }
}

/* ---- facets ---- */

static void write_facet(struct aq_output *out, const struct aq_facet *f)
{
    bool times = f->kind >= AQ_FACET_YEAR;
    const char *name = aq_facet_names[f->kind];
    char text[120], a[AQ_COUNT_SIZE], b[AQ_COUNT_SIZE];
    size_t width = count_width(f);
    if (f->value_count < f->distinct)
        snprintf(text, sizeof text, "by %s: %s%s of %s", name, times ? "the last " : "",
                 aq_text_count(f->value_count, a), aq_text_count(f->distinct, b));
    else
        snprintf(text, sizeof text, "by %s", name);
    aq_text_heading(out, text);
    if (times)
        write_times(out, f, width);
    else
        write_names(out, f, width);
    if (f->without == 0)
        return;
    aq_buf_puts(&out->buf, indent);
    if (times)
        spaces(out, f->value_count ? f->values[0].name.len + 2 : 0);
    put_count(out, f->without, width);
    snprintf(text, sizeof text, "%swithout %s\n", times ? " " : "  ", times ? "a date" : name);
    put(out, AQ_STYLE_FAINT, text);
}

void aq_text_facets(struct aq_output *out, const struct aq_result *result)
{
    for (size_t i = 0; i < result->facet_count; i++) {
        if (i || result->hit_count)
            aq_buf_u8(&out->buf, '\n');
        write_facet(out, &result->facets[i]);
    }
}
