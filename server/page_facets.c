/* page_facets.c - see page_parts.h: counts by author, thread, tag and time, each a link that
 * narrows the search, or takes that back. */
#include "page_parts.h"

enum { SHOWN = 8 };

static const struct aq_facet *facet_of(const struct aq_result *result, enum aq_facet_kind kind)
{
    for (size_t i = 0; result && i < result->facet_count; i++)
        if (result->facets[i].kind == kind)
            return &result->facets[i];
    return NULL;
}

static void put_value(const struct aq_page *page, const struct aq_params *p, const struct aq_facet_value *v,
                      bool chosen)
{
    struct aq_buf *out = page->out;
    aq_buf_puts(out, chosen ? "<li class=\"chosen\"><a aria-current=\"true\"" : "<li><a");
    aq_page_href(out, p);
    aq_page_put(out, "><bdi>%t</bdi></a> <span class=\"count\">%n</span></li>\n", v->title.len ? v->title : v->name,
            (uint64_t)v->comments);
}

static void begin(struct aq_buf *out, const char *title)
{
    aq_page_put(out, "<section class=\"facet\">\n<h2>%s</h2>\n<ul>\n", title);
}

static void end(struct aq_buf *out, const struct aq_facet *f, uint32_t shown)
{
    aq_buf_puts(out, "</ul>\n");
    if (f->distinct > shown)
        aq_page_put(out, "<p class=\"count\">and %n more</p>\n", (uint64_t)(f->distinct - shown));
    aq_buf_puts(out, "</section>\n");
}

/* Authors or threads: of several any will do, so all stay to be chosen. */
static void put_choice(const struct aq_page *page, const struct aq_facet *f, const char *title, bool authors)
{
    const struct aq_option_list *chosen = authors ? &page->params->authors : &page->params->threads;
    if (!f || (f->value_count < 2 && !chosen->count))
        return;
    begin(page->out, title);
    uint32_t shown = 0;
    for (uint32_t i = 0; i < f->value_count; i++) {
        bool is = aq_page_has(chosen, f->values[i].name);
        if (i >= SHOWN && !is)
            continue;
        struct aq_params p = aq_page_again(page);
        struct aq_option_list *list = authors ? &p.authors : &p.threads;
        *list = is ? aq_page_without(page, chosen, f->values[i].name) : aq_page_with(page, chosen, f->values[i].name);
        put_value(page, &p, &f->values[i], is);
        shown++;
    }
    end(page->out, f, shown);
}

/* A tag is a word of the query: there it can be seen, changed and excluded. */
static void put_tags(const struct aq_page *page, const struct aq_facet *f)
{
    if (!f || !f->value_count || page->params->plain)
        return;
    begin(page->out, "Tags");
    uint32_t shown = f->value_count < SHOWN ? f->value_count : SHOWN;
    for (uint32_t i = 0; i < shown; i++) {
        struct aq_params p = aq_page_again(page);
        p.q = aq_page_query_and(page, "tag:", f->values[i].name);
        put_value(page, &p, &f->values[i], false);
    }
    end(page->out, f, shown);
}

void aq_page_facets(const struct aq_page *page)
{
    const struct aq_result *r = page->result;
    const struct aq_facet *time = NULL;
    for (enum aq_facet_kind kind = AQ_FACET_YEAR; kind <= AQ_FACET_DAY && !time; kind++)
        time = facet_of(r, kind);
    if (time)
        aq_page_time(page, time);
    aq_page_words(page);
    put_choice(page, facet_of(page->authors ? page->authors : r, AQ_FACET_AUTHOR), "Authors", true);
    put_choice(page, facet_of(page->threads ? page->threads : r, AQ_FACET_THREAD), "Threads", false);
    put_tags(page, facet_of(r, AQ_FACET_TAG));
}
