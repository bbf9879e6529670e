/* page_time.c - see page_parts.h: when it was written, as bars that narrow the search to
 * their year, month or day. Drawn as SVG, whose sizes are attributes: the page's policy
 * allows no inline styles. */
#include "page_parts.h"

#include <stdio.h>

enum {
    BARS_MOST = 62, FEW = 12,
    STEP = 10, /* a bar and the gap behind it, in units of the drawing */
    HEIGHT = 60
};

struct period {
    int year, month, day; /* 0: of no meaning for this kind */
};

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[month - 1];
}

/* "2019", "2019-05" or "2019-05-31", as facets name their values. */
static bool read_period(struct aq_slice name, struct period *p)
{
    char text[16];
    *p = (struct period){0};
    if (name.len >= sizeof text)
        return false;
    memcpy(text, name.ptr, name.len);
    text[name.len] = 0;
    int got = sscanf(text, "%4d-%2d-%2d", &p->year, &p->month, &p->day);
    return got >= 1 && p->year > 0 && p->month >= 0 && p->month <= 12 && p->day >= 0 &&
           p->day <= 31 && (p->month || !p->day);
}

static struct period after(struct period p)
{
    if (p.day && ++p.day > days_in(p.year, p.month)) {
        p.day = 1;
        p.month++;
    } else if (!p.day && p.month) {
        p.month++;
    } else if (!p.month) {
        p.year++;
    }
    if (p.month > 12) {
        p.month = 1;
        p.year++;
    }
    return p;
}

static int64_t rank(struct period p)
{
    return ((int64_t)p.year * 16 + p.month) * 32 + p.day;
}

/* As a parameter: 2019-05-31. */
static const char *spell(const struct aq_page *page, struct period p)
{
    char text[40];
    int len = snprintf(text, sizeof text, "%04d", p.year);
    if (p.month)
        len += snprintf(text + len, sizeof text - (size_t)len, "-%02d", p.month);
    if (p.day)
        len += snprintf(text + len, sizeof text - (size_t)len, "-%02d", p.day);
    return aq_page_string(page, aq_slice(text, (size_t)len));
}

/* For people: 31 May 2019. */
static const char *label(const struct aq_page *page, struct period p)
{
    char text[48];
    int len = 0;
    if (p.day)
        len += snprintf(text + len, sizeof text - (size_t)len, "%d ", p.day);
    if (p.month)
        len += snprintf(text + len, sizeof text - (size_t)len, "%s ", aq_page_months[p.month - 1]);
    len += snprintf(text + len, sizeof text - (size_t)len, "%d", p.year);
    return aq_page_string(page, aq_slice(text, (size_t)len));
}

static void put_bar(const struct aq_page *page, struct period p, unsigned at, uint32_t count, uint32_t most)
{
    struct aq_buf *out = page->out;
    unsigned height = (unsigned)((uint64_t)count * (HEIGHT - 4) / most) + 3;
    const char *name = label(page, p);
    struct aq_params narrowed = aq_page_again(page);
    narrowed.after = spell(page, p);
    narrowed.before = spell(page, after(p));
    aq_buf_puts(out, "<a");
    aq_page_href(out, &narrowed);
    aq_page_put(out, " aria-label=\"%s: %n\"><title>%s: %n</title>", name, (uint64_t)count, name, (uint64_t)count);
    aq_buf_printf(out, "<rect class=\"hold\" x=\"%u\" y=\"0\" width=\"%d\" height=\"%d\"/>", at * STEP, STEP, HEIGHT);
    aq_buf_printf(out, "<rect class=\"bar\" x=\"%u\" y=\"%u\" width=\"%d\" height=\"%u\"/></a>\n",
                  at * STEP + 1, HEIGHT - height, STEP - 2, height);
}

/* Periods without comments have a place, too; of more than fit the last are drawn. */
static unsigned count_places(struct period from, struct period to)
{
    unsigned n = 1;
    while (rank(from) < rank(to)) {
        from = after(from);
        n++;
    }
    return n;
}

static void put_ways_back(const struct aq_page *page)
{
    if (!page->params->after && !page->params->before)
        return;
    struct aq_params all = aq_page_again(page);
    all.after = all.before = NULL;
    aq_buf_puts(page->out, "<p class=\"count\"><a");
    aq_page_href(page->out, &all);
    aq_buf_puts(page->out, ">Any time</a></p>\n");
}

static void put_bars(const struct aq_page *page, const struct aq_facet *f, struct period from, unsigned places)
{
    uint32_t most = 1;
    for (uint32_t i = 0; i < f->value_count; i++)
        most = f->values[i].comments > most ? f->values[i].comments : most;
    for (uint32_t i = 0; i < f->value_count; i++) {
        struct period named;
        if (!read_period(f->values[i].name, &named) || rank(named) < rank(from))
            continue;
        unsigned at = count_places(from, named) - 1;
        if (at < places)
            put_bar(page, named, at, f->values[i].comments, most);
    }
}

static void put_drawing(const struct aq_page *page, const struct aq_facet *f, struct period from, struct period to)
{
    struct aq_buf *out = page->out;
    unsigned places = count_places(from, to);
    for (; places > BARS_MOST; places--)
        from = after(from);
    aq_buf_puts(out, places < FEW ? "<div class=\"few\">\n" : "<div>\n"); /* no bars as broad as a wall */
    aq_buf_printf(out, "<svg viewBox=\"0 0 %u %d\" preserveAspectRatio=\"none\" role=\"group\""
                       " aria-label=\"Comments by time\">\n", places * STEP, HEIGHT);
    put_bars(page, f, from, places);
    aq_page_put(out, "</svg>\n<p class=\"ends\"><span>%s</span>", label(page, from));
    if (places > 1)
        aq_page_put(out, "<span>%s</span>", label(page, to));
    aq_buf_puts(out, "</p>\n</div>\n");
}

void aq_page_time(const struct aq_page *page, const struct aq_facet *f)
{
    struct period from, to;
    if (f->value_count < 2 && !page->params->after && !page->params->before)
        return;
    aq_buf_puts(page->out, "<section class=\"facet when\">\n<h2>When</h2>\n");
    if (f->value_count && read_period(f->values[0].name, &from) && read_period(f->values[f->value_count - 1].name, &to))
        put_drawing(page, f, from, to);
    put_ways_back(page);
    aq_buf_puts(page->out, "</section>\n");
}
