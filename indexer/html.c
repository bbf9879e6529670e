/* html.c - HTML to blocks, by libxml2's event interface: no tree, no network, no
 * entity of the document's own. Owns the parser and the nesting bound; what an
 * element means is in tags.c. */
#include "markup.h"
#include "quotes.h"
#include "tags.h"

#include <libxml/HTMLparser.h>
#include <libxml/SAX2.h>

struct html_reader {
    struct aq_markup m;
    htmlParserCtxtPtr parser;
    unsigned depth, skip_depth; /* skip_depth: where the dropped element is */
    unsigned quote_asides;      /* open <aside class="quote"> */
    unsigned aside_depth;
    int too_deep_line; /* 0: not */
};

static struct aq_slice slice_of(const xmlChar *s)
{
    return aq_slice(s, s ? strlen((const char *)s) : 0);
}

static void stop_when_done(struct html_reader *h)
{
    if (h->m.status || h->too_deep_line)
        xmlStopParser(h->parser);
}

static bool contains(struct aq_slice s, const char *word)
{
    return s.len && memmem(s.ptr, s.len, word, strlen(word)) != NULL;
}

static void on_start(void *context, const xmlChar *element, const xmlChar **attributes)
{
    struct html_reader *h = context;
    const char *name = (const char *)element;
    struct aq_tag_attributes a = {0};
    if (++h->depth > AQ_NESTING && !h->too_deep_line)
        h->too_deep_line = h->parser->input ? h->parser->input->line : 1;
    if (h->m.skip || h->too_deep_line) {
        stop_when_done(h);
        return;
    }
    for (size_t i = 0; attributes && attributes[i]; i += 2)
        aq_tag_attribute(&a, (const char *)attributes[i], slice_of(attributes[i + 1]));
    /* Discourse: the quoted user's name stands above the quote, in its frame. */
    if (strcmp(name, "aside") == 0 && contains(a.css_class, "quote")) {
        h->quote_asides++;
        h->aside_depth = h->depth;
    }
    bool skipped = aq_tag_skipped(name, &a) || (h->quote_asides && h->depth == h->aside_depth + 1 &&
                                                strcmp(name, "div") == 0 && contains(a.css_class, "title"));
    if (skipped && !aq_tag_is_void(name)) {
        h->m.skip = 1;
        h->skip_depth = h->depth;
        return;
    }
    if (!skipped)
        aq_tag_open(&h->m, name, &a);
    stop_when_done(h);
}

static void on_end(void *context, const xmlChar *element)
{
    struct html_reader *h = context;
    const char *name = (const char *)element;
    if (h->m.skip && h->depth == h->skip_depth)
        h->m.skip = 0;
    else
        aq_tag_close(&h->m, name);
    if (!h->m.skip && h->quote_asides && strcmp(name, "aside") == 0)
        h->quote_asides--;
    if (h->depth)
        h->depth--;
    stop_when_done(h);
}

static void on_text(void *context, const xmlChar *s, int len)
{
    struct html_reader *h = context;
    aq_markup_text(&h->m, aq_slice(s, (size_t)len));
    stop_when_done(h);
}

enum aq_status aq_document_from_html(struct aq_document *d, struct aq_slice text, struct aq_error *err)
{
    struct html_reader h = {0};
    xmlSAXHandler sax = {
        .startElement = on_start, .endElement = on_end, .characters = on_text, .ignorableWhitespace = on_text,
        /* cdataBlock stays NULL: the content of scripts and styles. */
    };
    if (text.len == 0)
        return AQ_OK;
    if (text.len > INT32_MAX)
        return aq_fail(err, AQ_LIMIT, "the text is too long");
    h.parser = htmlNewParserCtxt();
    if (!h.parser)
        return aq_fail_nomem(err);
    aq_markup_init(&h.m, d, text.len);
    h.m.arrows = true;
    *h.parser->sax = sax;
    h.parser->userData = &h;
    /* With a SAX interface of our own there is no document to return. */
    (void)htmlCtxtReadMemory(h.parser, (const char *)text.ptr, (int)text.len, NULL, "UTF-8",
                             HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
                                 HTML_PARSE_NONET | HTML_PARSE_NODEFDTD | HTML_PARSE_IGNORE_ENC);
    int oom = h.parser->errNo == XML_ERR_NO_MEMORY;
    htmlFreeParserCtxt(h.parser);
    enum aq_status st = aq_markup_finish(&h.m);
    if (!st && oom)
        st = AQ_NOMEM;
    if (h.too_deep_line)
        return aq_fail(err, AQ_LIMIT, "nested deeper than %d at line %d of the text", AQ_NESTING,
                       h.too_deep_line);
    if (st)
        return aq_fail(err, st, st == AQ_NOMEM ? "out of memory" : "the text unfolds to many times its size");
    return AQ_OK;
}
