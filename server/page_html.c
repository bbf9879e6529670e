/* page_html.c - see page_parts.h: the one place where text becomes HTML. */
#include "page_parts.h"

#include "date.h"

#include <stdarg.h>
#include <stdio.h>

static void put_number(struct aq_buf *out, uint64_t n)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            aq_buf_u8(out, ',');
        aq_buf_u8(out, (uint8_t)digits[i]);
    }
}

void aq_page_put(struct aq_buf *out, const char *markup, ...)
{
    va_list values;
    va_start(values, markup);
    for (const char *p = markup;;) {
        size_t plain = strcspn(p, "%");
        aq_buf_put(out, p, plain);
        p += plain;
        if (!*p)
            break;
        if (p[1] == 's')
            aq_escape_text(out, aq_slice_str(va_arg(values, const char *)));
        else if (p[1] == 't')
            aq_escape_text(out, va_arg(values, struct aq_slice));
        else if (p[1] == 'n')
            put_number(out, va_arg(values, uint64_t));
        else
            aq_buf_u8(out, '%');
        p += strchr("stn", p[1]) && p[1] ? 2 : 1;
    }
    va_end(values);
}

void aq_page_put_marked(struct aq_buf *out, struct aq_slice text, struct aq_range part, const struct aq_range *ranges,
                    uint32_t range_count)
{
    uint32_t at = part.begin;
    for (uint32_t i = 0; i < range_count; i++) {
        uint32_t begin = ranges[i].begin > at ? ranges[i].begin : at;
        uint32_t end = ranges[i].end < part.end ? ranges[i].end : part.end;
        if (begin >= end)
            continue;
        aq_page_put(out, "%t<mark>%t</mark>", aq_slice(text.ptr + at, begin - at),
                    aq_slice(text.ptr + begin, end - begin));
        at = end;
    }
    if (at < part.end)
        aq_page_put(out, "%t", aq_slice(text.ptr + at, part.end - at));
}

void aq_page_put_paragraphs(struct aq_buf *out, struct aq_slice text)
{
    for (size_t at = 0; at < text.len;) {
        const uint8_t *line_end = memchr(text.ptr + at, '\n', text.len - at);
        size_t len = line_end ? (size_t)(line_end - text.ptr) - at : text.len - at;
        if (len)
            aq_page_put(out, "<p dir=\"auto\">%t</p>\n", aq_slice(text.ptr + at, len));
        at += len + 1;
    }
}

const char *const aq_page_months[12] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

void aq_page_put_date(struct aq_buf *out, int64_t date)
{
    char full[AQ_DATE_SIZE], minute[AQ_DATE_SIZE];
    struct aq_civil c;
    if (!*aq_date_full(date, full) || !aq_date_civil(date, &c))
        return;
    aq_page_put(out, "<time datetime=\"%s\" title=\"%s\">", full, aq_date_minute(date, minute));
    aq_buf_printf(out, "%u %s %u</time>", c.day, aq_page_months[c.month - 1], c.year);
}
