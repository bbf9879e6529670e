/* page_hits.c - see page_parts.h: what was found. */
#include "page_parts.h"

#include <stdio.h>

static void put_title(const struct aq_page *page, const struct aq_hit *hit)
{
    struct aq_buf *out = page->out;
    aq_buf_puts(out, "<h2 dir=\"auto\"><a class=\"to\"");
    aq_page_permalink(page, hit);
    aq_buf_u8(out, '>');
    if (hit->title.len)
        aq_page_put_marked(out, hit->title, (struct aq_range){0, (uint32_t)hit->title.len}, hit->title_ranges,
                       hit->title_range_count);
    else if (hit->author.len)
        aq_page_put(out, "%t, untitled", hit->author);
    else
        aq_page_put(out, "%t", hit->id);
    aq_buf_puts(out, "</a></h2>\n");
}

/* Who wrote what this replies to, where it is known; else its id. */
static void put_parent(const struct aq_page *page, struct aq_slice parent)
{
    struct aq_comment_view *above = NULL;
    struct aq_error ignored;
    bool known = !aq_comment_get(page->call->reader, parent, 0, &above, &ignored);
    if (known) {
        aq_buf_puts(page->out, "<li>in reply to <a");
        aq_page_read_href(page, parent, false);
        aq_page_put(page->out, "><bdi>%t</bdi></a></li>", above->author.len ? above->author : parent);
    }
    aq_comment_free(above);
}

static void put_quoted(const struct aq_page *page, const struct aq_hit *hit)
{
    struct aq_params p = {.q = ""};
    struct aq_page empty = *page;
    empty.params = &p;
    struct aq_params asked = {.q = aq_page_query_and(&empty, "quotes:", hit->id)};
    aq_buf_puts(page->out, "<li><a");
    aq_page_href(page->out, &asked);
    aq_page_put(page->out, ">quoted by %n</a></li>", (uint64_t)hit->quoted_by);
}

static void put_facts(const struct aq_page *page, const struct aq_hit *hit)
{
    struct aq_buf *out = page->out;
    aq_buf_puts(out, "<ul class=\"facts\">");
    if (hit->author.len) {
        struct aq_params p = aq_page_again(page);
        p.authors = aq_page_with(page, &p.authors, hit->author);
        aq_buf_puts(out, "<li><a class=\"author\"");
        aq_page_href(out, &p);
        aq_page_put(out, "><bdi>%t</bdi></a></li>", hit->author);
    }
    if (hit->date != AQ_NO_DATE) {
        aq_buf_puts(out, "<li>");
        aq_page_put_date(out, hit->date);
        aq_buf_puts(out, "</li>");
    }
    if (hit->points != AQ_NO_SCORE)
        aq_page_put(out, "<li>%s%n point%s</li>", hit->points < 0 ? "−" : "",
                (uint64_t)(hit->points < 0 ? -(int64_t)hit->points : hit->points), hit->points == 1 ? "" : "s");
    if (hit->parent.len)
        put_parent(page, hit->parent);
    if (hit->quoted_by)
        put_quoted(page, hit);
    if (hit->by_concepts)
        aq_buf_puts(out, "<li>by related words alone</li>");
    aq_buf_puts(out, "</ul>\n");
}

static void put_window(const struct aq_page *page, struct aq_slice text, struct aq_range part,
                       const struct aq_range *ranges, uint32_t range_count, unsigned quote, bool before, bool after)
{
    struct aq_buf *out = page->out;
    if (part.end <= part.begin)
        return;
    aq_page_put(out, "<%s class=\"text\" dir=\"auto\">%s", quote ? "blockquote" : "p", before ? "… " : "");
    aq_page_put_marked(out, text, part, ranges, range_count);
    aq_page_put(out, "%s</%s>\n", after ? " …" : "", quote ? "blockquote" : "p");
}

static void put_text(const struct aq_page *page, const struct aq_hit *hit)
{
    for (uint32_t i = 0; i < hit->snippet_count; i++) {
        const struct aq_snippet *s = &hit->snippets[i];
        struct aq_range all = {0, (uint32_t)s->text.len};
        put_window(page, s->text, all, s->ranges, s->range_count, s->quote_depth, s->goes_before, s->goes_on);
    }
    if (!hit->snippet_count)
        put_window(page, hit->passage, hit->snippet, hit->ranges, hit->range_count, hit->quote_depth,
                   hit->snippet.begin > 0, hit->snippet.end < hit->passage.len);
}

static void put_ways_on(const struct aq_page *page, const struct aq_hit *hit)
{
    struct aq_buf *out = page->out;
    aq_buf_puts(out, "<ul class=\"ways\"><li><a class=\"around\"");
    aq_page_read_href(page, hit->id, false);
    aq_buf_puts(out, ">Context</a></li>");
    if (hit->thread.len && !aq_page_has(&page->params->threads, hit->thread)) {
        struct aq_params p = aq_page_again(page);
        p.threads = aq_page_with(page, &(struct aq_option_list){0}, hit->thread);
        aq_buf_puts(out, "<li><a");
        aq_page_href(out, &p);
        aq_buf_puts(out, ">Only this thread</a></li>");
    }
    struct aq_params like = {.q = "", .like = aq_page_string(page, hit->id)};
    aq_buf_puts(out, "<li><a");
    aq_page_href(out, &like);
    aq_buf_puts(out, ">More like this</a></li>");
    if (hit->more)
        aq_page_put(out, "<li>%n%s more passage%s match%s</li>", (uint64_t)hit->more, hit->more_at_least ? "+" : "",
                hit->more == 1 ? "" : "s", hit->more == 1 ? "es" : "");
    aq_buf_puts(out, "</ul>\n");
}

void aq_page_hits(const struct aq_page *page)
{
    struct aq_buf *out = page->out;
    aq_buf_puts(out, "<ol class=\"hits\">\n");
    for (uint32_t i = 0; i < page->result->hit_count; i++) {
        const struct aq_hit *hit = &page->result->hits[i];
        aq_buf_puts(out, "<li class=\"hit\"><article>\n");
        put_title(page, hit);
        put_facts(page, hit);
        put_text(page, hit);
        aq_page_why(page, hit);
        put_ways_on(page, hit);
        aq_buf_puts(out, "</article></li>\n");
    }
    aq_buf_puts(out, "</ol>\n");
}
