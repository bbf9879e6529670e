/* page_thread.c - see page_parts.h: comments of a thread in its order, whole or around one. */
#include "page_parts.h"

#include <stdio.h>

enum {
    LEVELS = 8,            /* further in is not indented further */
    BYTES_MOST = 200 << 10 /* of a page: the rest is a link */
};


/* A passage that comes from another comment names who said it first. */
static void put_source(const struct aq_page *page, const struct aq_passage_view *p)
{
    if (p->source == AQ_NO_COMMENT || !p->source_id.len)
        return;
    aq_buf_puts(page->out, "<p class=\"from\">quotes <a");
    aq_page_read_href(page, p->source_id, false);
    aq_page_put(page->out, "><bdi>%t</bdi></a></p>\n", p->source_author.len ? p->source_author : p->source_id);
}

static void put_passage(const struct aq_page *page, struct aq_slice text, const struct aq_passage_view *p)
{
    struct aq_buf *out = page->out;
    struct aq_slice part = aq_slice(text.ptr + p->range.begin, p->range.end - p->range.begin);
    bool quoted = p->quote_depth || p->source != AQ_NO_COMMENT;
    if (quoted)
        aq_buf_puts(out, "<blockquote>\n");
    if (p->code)
        aq_page_put(out, "<pre><code>%t</code></pre>\n", part);
    else
        aq_page_put_paragraphs(out, part);
    if (quoted) {
        put_source(page, p);
        aq_buf_puts(out, "</blockquote>\n");
    }
}

static void put_text(const struct aq_page *page, const struct aq_comment_view *c)
{
    if (!c->passage_count)
        aq_page_put_paragraphs(page->out, c->text);
    uint32_t i;
    for (i = 0; i < c->passage_count && page->out->len < BYTES_MOST; i++)
        put_passage(page, c->text, &c->passages[i]);
    if (i < c->passage_count)
        aq_buf_puts(page->out, "<p class=\"count\">… and more, which is too long for this page.</p>\n");
}

static void put_facts(const struct aq_page *page, const struct aq_comment_view *c)
{
    struct aq_buf *out = page->out;
    aq_page_put(out, "<ul class=\"facts\"><li><b class=\"author\"><bdi>%t</bdi></b></li>",
            c->author.len ? c->author : aq_slice_str("(no author)"));
    if (c->date != AQ_NO_DATE) {
        aq_buf_puts(out, "<li>");
        aq_page_put_date(out, c->date);
        aq_buf_puts(out, "</li>");
    }
    if (c->points != AQ_NO_SCORE)
        aq_page_put(out, "<li>%s%n point%s</li>", c->points < 0 ? "−" : "",
                (uint64_t)(c->points < 0 ? -(int64_t)c->points : c->points), c->points == 1 ? "" : "s");
    if (c->quoted_by_count)
        aq_page_put(out, "<li>quoted by %n</li>", (uint64_t)c->quoted_by_count);
    if (aq_page_may_link(c->url))
        aq_page_put(out, "<li><a rel=\"noopener\" href=\"%t\">Original</a></li>", c->url);
    aq_buf_puts(out, "<li><a");
    aq_page_read_href(page, c->id, false);
    aq_buf_puts(out, ">Link</a></li></ul>\n");
}

static void put_comment(const struct aq_page *page, const struct aq_thread_comment *c, uint32_t base, bool asked)
{
    uint32_t level = c->level - base < LEVELS ? c->level - base : LEVELS;
    aq_page_put(page->out, asked ? "<li class=\"said asked level-%n\" id=\"asked\" aria-current=\"true\"><article>\n"
                             : "<li class=\"said level-%n\"><article>\n", (uint64_t)level);
    put_facts(page, &c->comment);
    put_text(page, &c->comment);
    aq_buf_puts(page->out, "</article></li>\n");
}

static void put_ways(const struct aq_page *page, const struct aq_thread_view *thread)
{
    struct aq_buf *out = page->out;
    struct aq_params in = {.q = page->params->q};
    in.threads = aq_page_with(page, &in.threads, thread->id);
    aq_buf_puts(out, "<ul class=\"ways\">");
    if (*page->params->q) {
        struct aq_params back = {.q = page->params->q};
        aq_buf_puts(out, "<li><a");
        aq_page_href(out, &back);
        aq_page_put(out, ">← Results for “<bdi>%s</bdi>”</a></li>", page->params->q);
    }
    if (!page->params->whole) {
        aq_buf_puts(out, "<li><a class=\"whole\"");
        aq_page_read_href(page, thread->id, true);
        aq_buf_puts(out, ">The whole thread</a></li>");
    }
    aq_buf_puts(out, "<li><a");
    aq_page_href(out, &in);
    aq_buf_puts(out, ">Search in this thread</a></li></ul>\n");
}

void aq_page_thread(const struct aq_page *page, const struct aq_thread_view *thread)
{
    struct aq_buf *out = page->out;
    uint32_t i, base = UINT32_MAX;
    for (i = 0; i < thread->count; i++)
        base = thread->comments[i].level < base ? thread->comments[i].level : base;
    aq_page_put(out, "<section class=\"thread\">\n<h1 dir=\"auto\">%t</h1>\n",
                thread->title.len ? thread->title : thread->id);
    put_ways(page, thread);
    aq_buf_puts(out, "<ol class=\"comments\">\n");
    for (i = 0; i < thread->count && out->len < BYTES_MOST; i++)
        put_comment(page, &thread->comments[i], base, i == thread->asked);
    aq_buf_puts(out, "</ol>\n");
    if (i < thread->total)
        aq_page_put(out, "<p class=\"count\">%n of %n comments.</p>\n", (uint64_t)i, (uint64_t)thread->total);
    aq_buf_puts(out, "</section>\n");
}
