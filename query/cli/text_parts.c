/* text_parts.c - see text_parts.h. */
#include "text_parts.h"

#include "date.h"

#include <stdio.h>

void aq_fact(struct aq_facts *f, struct aq_slice text, enum aq_style style)
{
    if (f->line.text.len)
        aq_styled_str(&f->line, " · ", AQ_STYLE_FAINT);
    aq_styled_line(&f->line, text, style);
}

void aq_fact_count(struct aq_facts *f, const char *before, int64_t n, const char *unit)
{
    char text[80];
    snprintf(text, sizeof text, "%s%lld %s%s", before, (long long)n, unit, n == 1 || n == -1 ? "" : "s");
    aq_fact(f, aq_slice_str(text), AQ_STYLE_FAINT);
}

void aq_facts_write(struct aq_facts *f, struct aq_output *out, const char *margin)
{
    aq_styled_write(&f->line, &out->buf, &out->terminal, margin);
    aq_styled_free(&f->line);
}

void aq_fact_person(struct aq_facts *f, struct aq_slice author, int64_t date, bool with_time, int32_t points)
{
    char text[AQ_DATE_SIZE];
    if (author.len)
        aq_fact(f, author, AQ_STYLE_PLAIN);
    if (with_time)
        aq_date_minute(date, text);
    else
        aq_date_day(date, text);
    if (*text)
        aq_fact(f, aq_slice_str(text), AQ_STYLE_FAINT);
    if (points != AQ_NO_SCORE)
        aq_fact_count(f, "", points, "point");
}

void aq_address_write(struct aq_output *out, struct aq_slice id, struct aq_slice url, const char *margin)
{
    struct aq_buf clean = {0};
    aq_text_clean_line(&clean, id);
    struct aq_slice shown = {clean.ptr, clean.len};
    size_t room = aq_terminal_room(&out->terminal, margin);
    aq_buf_puts(&out->buf, margin);
    if (!aq_slice_eq(id, url)) {
        aq_terminal_put(&out->buf, &out->terminal, AQ_STYLE_KEY, shown);
        size_t used = aq_text_width(shown) + 2;
        room = room == SIZE_MAX ? room : used < room ? room - used : 1;
        if (url.len)
            aq_buf_puts(&out->buf, "  ");
    }
    if (url.len)
        aq_terminal_link(&out->buf, &out->terminal, url, room);
    aq_buf_u8(&out->buf, '\n');
    out->buf.failed |= clean.failed;
    aq_buf_free(&clean);
}

void aq_quoted_write(struct aq_output *out, const struct aq_styled *text, const char *margin, unsigned depth)
{
    struct aq_buf all = {0};
    aq_buf_puts(&all, margin);
    for (unsigned i = 0; i < depth; i++)
        aq_buf_puts(&all, out->terminal.tty ? "│ " : "> ");
    aq_buf_u8(&all, 0);
    if (all.failed)
        out->buf.failed = true;
    else
        aq_styled_write(text, &out->buf, &out->terminal, (const char *)all.ptr);
    aq_buf_free(&all);
}

struct aq_slice aq_display_title(struct aq_slice title, struct aq_slice thread, struct aq_slice id)
{
    return title.len ? title : thread.len ? thread : id;
}
