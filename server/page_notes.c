/* page_notes.c - see page_parts.h: what is said of a search as a whole, above its hits and
 * below. */
#include "page_parts.h"

#include "names.h"

enum { LIMIT = 10, OFFSET_MOST = 10000 };

/* ---- filters that hold, each to be taken back ---- */

static void put_chip(const struct aq_page *page, const struct aq_params *without, const char *what, const char *name)
{
    aq_page_put(page->out, "<li><a class=\"chip\"");
    aq_page_href(page->out, without);
    aq_page_put(page->out, "><span class=\"unseen\">Without: </span>%s<bdi>%s</bdi><span class=\"cross\""
                           " aria-hidden=\"true\">×</span></a></li>\n", what, name);
}

/* A thread is called by its title where a hit or count brings that along. */
static const char *thread_name(const struct aq_page *page, const char *id)
{
    struct aq_slice wanted = aq_slice_str(id);
    for (uint32_t i = 0; i < page->result->hit_count; i++)
        if (aq_slice_eq(page->result->hits[i].thread, wanted) && page->result->hits[i].title.len)
            return aq_page_string(page, page->result->hits[i].title);
    return id;
}

static void put_chips(const struct aq_page *page)
{
    const struct aq_params *now = page->params;
    for (size_t i = 0; i < now->authors.count; i++) {
        struct aq_params p = aq_page_again(page);
        p.authors = aq_page_without(page, &p.authors, aq_slice_str(now->authors.items[i]));
        put_chip(page, &p, "by ", now->authors.items[i]);
    }
    for (size_t i = 0; i < now->threads.count; i++) {
        struct aq_params p = aq_page_again(page);
        p.threads = aq_page_without(page, &p.threads, aq_slice_str(now->threads.items[i]));
        put_chip(page, &p, "in ", thread_name(page, now->threads.items[i]));
    }
    struct aq_params p = aq_page_again(page);
    p.after = NULL;
    if (now->after)
        put_chip(page, &p, "from ", now->after);
    p = aq_page_again(page);
    p.before = NULL;
    if (now->before)
        put_chip(page, &p, "before ", now->before);
    p = aq_page_again(page);
    p.kind = 0;
    if (now->kind)
        put_chip(page, &p, "", aq_page_kinds[now->kind].label);
    p = aq_page_again(page);
    p.points = 0;
    if (now->points) {
        aq_buf_puts(page->out, "<li><a class=\"chip\"");
        aq_page_href(page->out, &p);
        aq_page_put(page->out, "><span class=\"unseen\">Without: </span>at least %n points<span class=\"cross\""
                           " aria-hidden=\"true\">×</span></a></li>\n", now->points);
    }
}

/* ---- how many, in which order ---- */

static void put_total(const struct aq_page *page)
{
    static const char *const things[][2] = {
        {"comment", "comments"}, {"passage", "passages"}, {"thread", "threads"}, {"author", "authors"}};
    const struct aq_result *r = page->result;
    aq_page_put(page->out, "<p class=\"total\" id=\"total\">%s<b>%n</b> %s", r->total_at_least ? "at least " : "",
            r->total_groups, things[page->params->group][r->total_groups != 1]);
    if (page->params->offset)
        aq_page_put(page->out, ", from number %n on", page->params->offset + 1);
    aq_page_put(page->out, "<span class=\"took\">, %n ms</span></p>\n", (r->micros + 500) / 1000);
}

static void put_order(const struct aq_page *page, const struct aq_params *p, bool is, const char *label)
{
    aq_buf_puts(page->out, is ? "<li><a aria-current=\"true\"" : "<li><a");
    aq_page_href(page->out, p);
    aq_page_put(page->out, ">%s</a></li>\n", label);
}

static void put_orders(const struct aq_page *page)
{
    static const char *const labels[] = {"Best", "Newest", "Most points"};
    struct aq_buf *out = page->out;
    aq_buf_puts(out, "<ul class=\"orders\" aria-label=\"Order\">\n");
    for (unsigned sort = AQ_SORT_RELEVANCE; sort <= AQ_SORT_SCORE; sort++) {
        struct aq_params p = aq_page_again(page);
        if (page->browsing && sort == AQ_SORT_RELEVANCE)
            continue;
        bool is = page->params->sort == sort || (page->browsing && sort == AQ_SORT_DATE && !page->params->sort);
        p.sort = sort;
        put_order(page, &p, is, labels[sort]);
    }
    struct aq_params p = aq_page_again(page);
    p.explain = !p.explain;
    put_order(page, &p, page->params->explain, "Explain");
    aq_buf_puts(out, "<li class=\"jump\"><a href=\"#narrow\">Narrow down</a></li>\n</ul>\n");
}

/* ---- what became of the query ---- */

static void put_suggestion(const struct aq_page *page)
{
    struct aq_params p = aq_page_again(page);
    p.q = aq_page_string(page, page->result->suggestion);
    aq_buf_puts(page->out, "<p class=\"note\">Did you mean <a");
    aq_page_href(page->out, &p);
    aq_page_put(page->out, "><b><bdi>%t</bdi></b></a>?</p>\n", page->result->suggestion);
}

static void put_ignored(const struct aq_page *page)
{
    const struct aq_result *r = page->result;
    aq_buf_puts(page->out, "<p class=\"note\">Occurs nowhere: ");
    for (uint32_t i = 0; i < r->ignored_count; i++)
        aq_page_put(page->out, "%s<b><bdi>%t</bdi></b>", i ? ", " : "", r->ignored[i]);
    aq_buf_puts(page->out, r->hit_count ? ". Searched for the rest.</p>\n" : ".</p>\n");
}

static void put_synonyms(const struct aq_page *page)
{
    const struct aq_result *r = page->result;
    struct aq_params p = aq_page_again(page);
    p.plain = true;
    aq_buf_puts(page->out, "<p class=\"note\">Means the same, and was searched for, too: ");
    for (uint32_t i = 0; i < r->synonym_count; i++)
        aq_page_put(page->out, "%s<b><bdi>%t</bdi></b>", i ? ", " : "", r->synonyms[i]);
    aq_buf_puts(page->out, ". <a");
    aq_page_href(page->out, &p);
    aq_buf_puts(page->out, ">Only what I typed</a></p>\n");
}

static void put_concepts(const struct aq_page *page)
{
    const struct aq_result *r = page->result;
    aq_buf_puts(page->out, "<p class=\"note\">Counts, too: ");
    for (uint32_t i = 0; i < r->concept_count; i++) {
        struct aq_params p = aq_page_again(page);
        p.drop = aq_page_with(page, &p.drop, r->concepts[i].word);
        aq_buf_puts(page->out, "<a class=\"chip\"");
        aq_page_href(page->out, &p);
        aq_page_put(page->out, "><span class=\"unseen\">Without: </span><bdi>%t</bdi><span class=\"cross\""
                           " aria-hidden=\"true\">×</span></a> ", r->concepts[i].word);
    }
    aq_buf_puts(page->out, "</p>\n");
}

static void put_partial(const struct aq_page *page)
{
    unsigned partial = page->result->partial;
    aq_page_put(page->out, "<p class=\"note\">Not everything was looked at: %s.</p>\n",
            partial & AQ_PARTIAL_TERMS      ? "the query is too long, its end was ignored"
            : partial & AQ_PARTIAL_PATTERNS ? "a pattern stands for too many words, the commonest were taken"
                                            : "this query costs too much");
}

void aq_page_notes(const struct aq_page *page)
{
    const struct aq_result *r = page->result;
    struct aq_buf *out = page->out;
    aq_buf_puts(out, "<div class=\"bar\">\n");
    put_total(page);
    put_orders(page);
    aq_buf_puts(out, "</div>\n<ul class=\"chips\">\n");
    put_chips(page);
    aq_buf_puts(out, "</ul>\n");
    if (page->params->like)
        aq_page_put(out, "<p class=\"note\">Comments that are about the same as <b>%s</b>.</p>\n", page->params->like);
    if (r->suggestion.len)
        put_suggestion(page);
    if (r->ignored_count)
        put_ignored(page);
    if (r->synonym_count)
        put_synonyms(page);
    if (r->concept_count)
        put_concepts(page);
    if (r->partial)
        put_partial(page);
    aq_page_understood(page);
    if (!r->hit_count)
        aq_buf_puts(out, "<p class=\"none\">Nothing found. Fewer or other words may help"
                         " – or fewer filters.</p>\n");
}

/* ---- below ---- */

static void put_step(const struct aq_page *page, const char *rel, const char *label, uint64_t offset)
{
    struct aq_params p = *page->params;
    p.offset = offset;
    p.snapshot = page->result->snapshot; /* comments that come meanwhile move nothing */
    aq_page_put(page->out, "<a rel=\"%s\"", rel);
    aq_page_href(page->out, &p);
    aq_page_put(page->out, ">%s</a>\n", label);
}

void aq_page_pager(const struct aq_page *page)
{
    const struct aq_result *r = page->result;
    uint64_t limit = page->params->limit ? page->params->limit : LIMIT, offset = page->params->offset;
    bool more = r->hit_count == limit && (r->total_at_least || r->total_groups > offset + limit) &&
                offset + limit <= OFFSET_MOST;
    if (!more && !offset)
        return;
    aq_buf_puts(page->out, "<nav class=\"pager\" aria-label=\"Pages\">\n");
    if (offset)
        put_step(page, "prev", "← Previous", offset > limit ? offset - limit : 0);
    aq_page_put(page->out, "<span>Page %n</span>\n", offset / limit + 1);
    if (more)
        put_step(page, "next", "Next →", offset + limit);
    aq_buf_puts(page->out, "</nav>\n");
}

void aq_page_words(const struct aq_page *page)
{
    struct aq_buf *out = page->out;
    if (!page->words || !page->words->concept_count)
        return;
    aq_buf_puts(out, "<section class=\"facet words\">\n<h2>Related words</h2>\n<ul>\n");
    for (uint32_t i = 0; i < page->words->concept_count; i++) {
        struct aq_params p = aq_page_again(page);
        p.q = aq_page_query_and(page, "", page->words->concepts[i].text);
        aq_buf_puts(out, "<li><a");
        aq_page_href(out, &p);
        aq_page_put(out, "><bdi>%t</bdi></a></li>\n", page->words->concepts[i].text);
    }
    aq_buf_puts(out, "</ul>\n");
    struct aq_params p = aq_page_again(page);
    p.concepts = !p.concepts;
    p.drop = (struct aq_option_list){0};
    aq_buf_puts(out, "<p class=\"count\"><a");
    aq_page_href(out, &p);
    aq_page_put(out, ">%s</a></p>\n</section>\n",
            page->params->concepts ? "Let only my words count" : "Let what goes with it count, too");
}
