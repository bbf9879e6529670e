/* page_why.c - see page_parts.h: how the query was understood, and what scores are made of. */
#include "page_parts.h"

#include <stdio.h>

static void put_real(struct aq_buf *out, double v)
{
    char text[40];
    snprintf(text, sizeof text, "%.3f", v);
    aq_page_put(out, "%s", text);
}

static void put_share(struct aq_buf *out, const struct aq_share *s)
{
    bool word = s->term.len > 0;
    aq_page_put(out, "<tr><th scope=\"row\" dir=\"auto\">%t</th><td>%s</td><td>",
                word ? s->term : aq_slice_str(s->kind),
                word && strcmp(s->kind, "term") == 0 ? "word" : s->kind);
    if (word)
        put_real(out, s->tf);
    aq_buf_puts(out, "</td><td>");
    if (word)
        aq_page_put(out, "%n", s->passages);
    aq_buf_puts(out, "</td><td>");
    put_real(out, s->share);
    aq_buf_puts(out, "</td></tr>\n");
}

void aq_page_why(const struct aq_page *page, const struct aq_hit *hit)
{
    struct aq_buf *out = page->out;
    if (!hit->shares)
        return;
    aq_buf_puts(out, "<div class=\"why\"><table><caption>Score ");
    put_real(out, hit->score);
    aq_page_put(out, ", of %s</caption>\n<thead><tr><th scope=\"col\">What</th><th scope=\"col\">Kind</th>"
                 "<th scope=\"col\">Times</th><th scope=\"col\">Passages with it</th><th scope=\"col\">Adds</th></tr>"
                 "</thead>\n<tbody>\n", hit->whole ? "the whole comment" : "the passage");
    for (uint32_t i = 0; i < hit->share_count; i++)
        put_share(out, &hit->shares[i]);
    aq_buf_puts(out, "</tbody></table></div>\n");
}

static void put_node(struct aq_buf *out, const struct aq_explain_node *n)
{
    const char *occur = n->occur == '+' ? " (must be there)" : n->occur == '-' ? " (must not be there)" : "";
    aq_page_put(out, "<li class=\"depth-%n\"><code dir=\"auto\">%t</code> <span>%s%s%s</span>",
            (uint64_t)(n->depth < 6 ? n->depth : 6), n->typed, n->kind, occur,
            n->passed_over ? ", occurs nowhere: passed over" : "");
    for (uint32_t i = 0; i < n->word_count && i < 8; i++)
        aq_page_put(out, "%s<bdi>%t</bdi> %n", i ? ", " : ": ", n->words[i].word, n->words[i].count);
    if (n->word_count > 8)
        aq_page_put(out, " and %n more", (uint64_t)(n->word_count - 8));
    aq_buf_puts(out, "</li>\n");
}

void aq_page_understood(const struct aq_page *page)
{
    const struct aq_explanation *x = &page->result->explanation;
    if (!page->params->explain || !x->node_count)
        return;
    aq_buf_puts(page->out, "<details class=\"understood\" open>\n"
                           "<summary>How the query was understood</summary>\n<ul>\n");
    for (uint32_t i = 0; i < x->node_count; i++)
        put_node(page->out, &x->nodes[i]);
    aq_buf_puts(page->out, "</ul></details>\n");
}
