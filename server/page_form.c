/* page_form.c - see page_parts.h: the page's head, the form, what stands there before a
 * search, and the foot. */
#include "page_parts.h"

#include "names.h"

const struct aq_page_kind aq_page_kinds[] = {
    {"Anything", ""},           {"Posts that open a thread", "is:post"}, {"Replies", "is:comment"},
    {"With a quote", "has:quote"}, {"With a link", "has:link"},             {"With code", "has:code"},
};

void aq_page_head(const struct aq_page *page)
{
    struct aq_buf *out = page->out;
    const struct aq_params *p = page->params;
    aq_buf_puts(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>");
    if (*p->q)
        aq_page_put(out, "%s – ", p->q);
    aq_page_put(out, "%s</title>\n"
                 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                 "<meta name=\"color-scheme\" content=\"light dark\">\n"
                 "<meta name=\"robots\" content=\"noindex\">\n"
                 "<link rel=\"stylesheet\" href=\"page.css\">\n"
                 "<link rel=\"icon\" href=\"favicon.svg\" type=\"image/svg+xml\">\n", page->call->title);
    if (*page->call->public_url)
        aq_page_put(out, "<link rel=\"search\" href=\"opensearch.xml\" title=\"%s\""
                     " type=\"application/opensearchdescription+xml\">\n", page->call->title);
    aq_page_put(out, "<script src=\"page.js\" defer></script>\n</head>\n<body>\n"
                 "<a class=\"skip\" href=\"#view\">Skip to the results</a>\n"
                 "<header>\n<p class=\"brand\"><a href=\"./\">%s</a></p>\n", page->call->title);
}

/* ---- the form ---- */

static void put_hidden(struct aq_buf *out, const char *name, const char *value)
{
    if (value && *value)
        aq_page_put(out, "<input type=\"hidden\" name=\"%s\" value=\"%s\">\n", name, value);
}

static void put_hidden_list(struct aq_buf *out, const char *name, const struct aq_option_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        put_hidden(out, name, list->items[i]);
}

static void put_kinds(struct aq_buf *out, unsigned chosen)
{
    aq_buf_puts(out, "<label>Kind <select name=\"kind\">\n");
    for (size_t i = 0; i < AQ_COUNT(aq_page_kinds); i++)
        aq_page_put(out, "<option value=\"%s\"%s>%s</option>\n", i ? aq_kind_names[i] : "",
                i == chosen ? " selected" : "", aq_page_kinds[i].label);
    aq_buf_puts(out, "</select></label>\n");
}

static void put_filters(struct aq_buf *out, const struct aq_params *p)
{
    aq_buf_puts(out, "<details class=\"filters\" id=\"filters\">\n<summary>Filters</summary>\n<div class=\"fields\">\n"
                     "<label>Author <input name=\"author\" autocomplete=\"off\" maxlength=\"200\"></label>\n");
    aq_page_put(out, "<label>From <input name=\"after\" value=\"%s\" placeholder=\"2023 or 2023-05-31\" size=\"12\""
                 " autocomplete=\"off\"></label>\n"
                 "<label>Before <input name=\"before\" value=\"%s\" placeholder=\"2024\" size=\"12\""
                 " autocomplete=\"off\"></label>\n",
            p->after ? p->after : "", p->before ? p->before : "");
    put_kinds(out, p->kind);
    aq_buf_puts(out, "<label>At least <input name=\"points\" type=\"number\" min=\"0\" inputmode=\"numeric\" value=\"");
    if (p->points)
        aq_buf_printf(out, "%llu", (unsigned long long)p->points);
    aq_page_put(out, "\"> points</label>\n"
                 "<label class=\"check\"><input type=\"checkbox\" name=\"concepts\" value=\"1\"%s>"
                 " <span>Related words count, too</span></label>\n"
                 "<label class=\"check\"><input type=\"checkbox\" name=\"plain\" value=\"1\"%s>"
                 " <span>Only what I typed, no operators</span></label>\n"
                 "<button class=\"quiet\">Apply</button>\n</div>\n</details>\n",
            p->concepts ? " checked" : "", p->plain ? " checked" : "");
}

void aq_page_form(const struct aq_page *page)
{
    struct aq_buf *out = page->out;
    const struct aq_params *p = page->params;
    aq_page_put(out, "<form id=\"search\" action=\"./\" role=\"search\">\n"
                 "<div class=\"ask\"><label class=\"unseen\" for=\"q\">Search for</label>\n"
                 "<input id=\"q\" name=\"q\" type=\"search\" value=\"%s\" maxlength=\"512\" dir=\"auto\""
                 " placeholder=\"Search discussions\" autocomplete=\"off\" autocapitalize=\"off\""
                 " spellcheck=\"false\" enterkeyhint=\"search\"%s>\n"
                 "<button>Search</button></div>\n", p->q, *p->q || p->read ? "" : " autofocus");
    put_filters(out, p);
    aq_buf_puts(out, "<div id=\"kept\">\n");
    put_hidden(out, "sort", p->sort ? aq_sort_names[p->sort] : "");
    put_hidden(out, "group", p->group ? aq_group_names[p->group] : "");
    put_hidden(out, "explain", p->explain ? "1" : "");
    put_hidden_list(out, "author", &p->authors); /* chips above the hits take them back */
    put_hidden_list(out, "thread", &p->threads);
    put_hidden_list(out, "drop", &p->drop);
    put_hidden_list(out, "prefer", &p->prefer);
    aq_buf_puts(out, "</div>\n</form>\n</header>\n<p id=\"said\" class=\"unseen\" role=\"status\"></p>\n");
}

/* ---- before a search, and the foot ---- */

static void put_example(const struct aq_page *page, const char *q, const char *finds)
{
    struct aq_params p = {.q = q};
    aq_buf_puts(page->out, "<tr><td><a");
    aq_page_href(page->out, &p);
    aq_page_put(page->out, "><code>%s</code></a></td><td>%s</td></tr>\n", q, finds);
}

void aq_page_start(const struct aq_page *page)
{
    struct aq_buf *out = page->out;
    struct aq_index_stats s;
    struct aq_error ignored;
    aq_buf_puts(out, "<section class=\"start\">\n");
    if (!aq_reader_stats(page->call->reader, &s, &ignored) && s.comments)
        aq_page_put(out, "<p class=\"lead\">%n comments in %n threads, by %n authors.</p>\n", s.comments, s.threads,
                    s.authors);
    aq_buf_puts(out, "<h2>Ways to ask</h2>\n<table>\n");
    put_example(page, "corrigibility debate", "any of the words; comments with both come first");
    put_example(page, "\"instrumental convergence\"", "these words side by side, written like this");
    put_example(page, "alignment -chess", "one word without the other");
    put_example(page, "simulator AND (mask OR persona)", "the one, and one of the others");
    put_example(page, "interpretab*", "words that begin so");
    put_example(page, "~qualia", "what goes with the word counts, too");
    put_example(page, "is:post score:>=20", "posts with many points");
    aq_buf_puts(out, "</table>\n</section>\n");
}

void aq_page_foot(const struct aq_page *page)
{
    struct aq_buf *out = page->out;
    aq_page_put(out, "<footer>\n<p>%s</p>\n</footer>\n", aq_version());
    aq_buf_puts(out,
                "<dialog id=\"keys\" aria-labelledby=\"keys-title\">\n<h2 id=\"keys-title\">Keys</h2>\n<dl>\n"
                "<dt><kbd>/</kbd></dt><dd>to the search box</dd>\n"
                "<dt><kbd>j</kbd> <kbd>k</kbd></dt><dd>next and previous result</dd>\n"
                "<dt><kbd>Enter</kbd></dt><dd>open it</dd>\n"
                "<dt><kbd>c</kbd></dt><dd>show what stands around it</dd>\n"
                "<dt><kbd>n</kbd> <kbd>p</kbd></dt><dd>next and previous page</dd>\n"
                "<dt><kbd>Esc</kbd></dt><dd>leave the box, or close this</dd>\n"
                "<dt><kbd>?</kbd></dt><dd>these keys</dd>\n</dl>\n"
                "<form method=\"dialog\"><button>Close</button></form>\n</dialog>\n</body>\n</html>\n");
}
