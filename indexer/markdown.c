/* markdown.c - Markdown to blocks, by md4c's callbacks. Owns the dialect (GitHub's
 * tables, strike-through and bare links, TeX math left alone, Discourse's quotes)
 * and the HTML inside it, whose tags are read or dropped. */
#include "entities.h"
#include "markup.h"
#include "quotes.h"
#include "tags.h"
#include "utf8.h"

#include <md4c.h>

/* md4c looks at every open container at every line. Text has some twenty bytes a
 * line and little nesting; where the product comes to more than so many times the
 * text, it was made to take long and is read as plain text. */
enum { WORK = 32 };

struct markdown_reader {
    struct aq_markup m;
    unsigned depth; /* open quotes and list items */
    bool too_deep;
    unsigned html_quotes; /* <blockquote> opened by raw HTML */
    char skipped[16];     /* raw element whose content is dropped; empty: none */
    bool in_html;         /* in a block of raw HTML, which is gathered here: */
    struct aq_buf html;
    struct aq_buf source; /* what md4c reads */
};

static int result(const struct markdown_reader *r)
{
    return r->m.status || r->too_deep ? 1 : 0;
}

/* ---- HTML in Markdown ---- */

static bool is_name_byte(uint8_t c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '-';
}

static const uint8_t *read_name(const uint8_t *p, const uint8_t *end, char name[16])
{
    size_t n = 0;
    for (; p < end && is_name_byte(*p); p++)
        if (n < 15)
            name[n++] = (char)(*p >= 'A' && *p <= 'Z' ? *p | 32 : *p);
    name[n] = 0;
    return p;
}

/* One attribute at p; returns where the next one is looked for. */
static const uint8_t *read_attribute(const uint8_t *p, const uint8_t *end, struct aq_tag_attributes *a)
{
    char name[16];
    const uint8_t *from = p;
    struct aq_slice value = {0};
    p = read_name(p, end, name);
    if (p == from)
        return p + 1;
    while (p < end && aq_is_ascii_space(*p))
        p++;
    if (p < end && *p == '=') {
        p++;
        while (p < end && aq_is_ascii_space(*p))
            p++;
        if (p < end && (*p == '"' || *p == '\'')) {
            const uint8_t *close = memchr(p + 1, *p, (size_t)(end - p - 1));
            value = aq_slice(p + 1, (size_t)((close ? close : end) - (p + 1)));
            p = close ? close + 1 : end;
        } else {
            const uint8_t *v = p;
            while (p < end && !aq_is_ascii_space(*p))
                p++;
            value = aq_slice(v, (size_t)(p - v));
        }
    }
    aq_tag_attribute(a, name, value);
    return p;
}

/* End of the tag that begins at p, past its '>'; NULL when it is not whole. */
static const uint8_t *tag_end(const uint8_t *p, const uint8_t *end)
{
    uint8_t quote = 0;
    if (end - p >= 4 && memcmp(p, "<!--", 4) == 0) {
        const uint8_t *close = memmem(p + 4, (size_t)(end - p - 4), "-->", 3);
        return close ? close + 3 : NULL;
    }
    for (p++; p < end; p++) {
        if (quote)
            quote = *p == quote ? 0 : quote;
        else if (*p == '"' || *p == '\'')
            quote = *p;
        else if (*p == '>')
            return p + 1;
    }
    return NULL;
}

static void raw_tag(struct markdown_reader *r, const uint8_t *p, const uint8_t *end)
{
    char name[16];
    bool closes = p + 1 < end && p[1] == '/';
    const uint8_t *q = read_name(p + 1 + closes, end, name);
    if (name[0] == 0 || q == end)
        return;
    if (r->skipped[0]) {
        if (closes && strcmp(name, r->skipped) == 0)
            r->skipped[0] = 0;
        r->m.skip = r->skipped[0] != 0;
        return;
    }
    struct aq_tag_attributes a = {0};
    while (!closes && q < end - 1)
        q = read_attribute(q, end - 1, &a);
    if (strcmp(name, "blockquote") == 0) {
        if (closes && r->html_quotes == 0)
            return;
        if (closes)
            r->html_quotes--;
        else
            r->html_quotes++;
    }
    if (closes) {
        aq_tag_close(&r->m, name);
    } else if (aq_tag_skipped(name, &a)) {
        if (!aq_tag_is_void(name) && end[-2] != '/') {
            memcpy(r->skipped, name, sizeof name);
            r->m.skip = 1;
        }
    } else if (strcmp(name, "title") != 0) {
        aq_tag_open(&r->m, name, &a);
    }
}

static void text_with_entities(struct markdown_reader *r, const uint8_t *p, const uint8_t *end)
{
    struct aq_slice s = aq_slice(p, (size_t)(end - p));
    if (!s.len || !memchr(p, '&', s.len)) {
        aq_markup_text(&r->m, s);
        return;
    }
    struct aq_buf decoded = {0};
    aq_entities_decode(&decoded, s);
    if (decoded.failed)
        r->m.status = AQ_NOMEM;
    aq_markup_text(&r->m, aq_slice(decoded.ptr, decoded.len));
    aq_buf_free(&decoded);
}

static bool begins_tag(const uint8_t *p, const uint8_t *end)
{
    return end - p > 2 && (p[1] == '/' || p[1] == '!' || p[1] == '?' || (p[1] | 32) >= 'a');
}

static void raw_html(struct markdown_reader *r, struct aq_slice s)
{
    const uint8_t *p = s.ptr, *end = p + s.len;
    while (p < end && !r->m.status) {
        const uint8_t *lt = memchr(p, '<', (size_t)(end - p));
        text_with_entities(r, p, lt ? lt : end);
        if (!lt)
            break;
        const uint8_t *close = begins_tag(lt, end) ? tag_end(lt, end) : NULL;
        if (close) {
            raw_tag(r, lt, close);
        } else if (begins_tag(lt, end)) {
            break; /* a tag without an end: so is all that follows */
        } else {
            close = lt + 1;
            aq_markup_text(&r->m, aq_slice(lt, 1));
        }
        p = close;
    }
}

static void end_raw_html(struct markdown_reader *r)
{
    raw_html(r, aq_slice(r->html.ptr, r->html.len));
    if (r->html.failed)
        r->m.status = AQ_NOMEM;
    aq_buf_clear(&r->html);
    r->in_html = false;
    r->skipped[0] = 0;
    r->m.skip = 0;
}

/* ---- md4c's events ---- */

static void deeper(struct markdown_reader *r)
{
    if (++r->depth > AQ_NESTING)
        r->too_deep = true;
}

static int on_block(MD_BLOCKTYPE type, void *detail, void *context)
{
    struct markdown_reader *r = context;
    struct aq_markup *m = &r->m;
    switch (type) {
    case MD_BLOCK_QUOTE:
        deeper(r);
        aq_markup_quote(m, true);
        break;
    case MD_BLOCK_UL:
        aq_markup_list(m, false, 1);
        break;
    case MD_BLOCK_OL:
        aq_markup_list(m, true, ((const MD_BLOCK_OL_DETAIL *)detail)->start);
        break;
    case MD_BLOCK_LI:
        deeper(r);
        aq_markup_item(m);
        break;
    case MD_BLOCK_H:
        aq_markup_heading(m, ((const MD_BLOCK_H_DETAIL *)detail)->level);
        break;
    case MD_BLOCK_CODE:
        aq_markup_pre(m, true);
        break;
    case MD_BLOCK_TABLE:
        aq_markup_table(m);
        break;
    case MD_BLOCK_TR:
        aq_markup_row(m);
        break;
    case MD_BLOCK_TH:
    case MD_BLOCK_TD:
        aq_markup_cell(m);
        break;
    case MD_BLOCK_HTML:
        r->in_html = true;
        aq_markup_break(m);
        break;
    case MD_BLOCK_P:
    case MD_BLOCK_HR:
        aq_markup_break(m);
        break;
    default:
        break;
    }
    return result(r);
}

static int on_block_end(MD_BLOCKTYPE type, void *detail, void *context)
{
    struct markdown_reader *r = context;
    struct aq_markup *m = &r->m;
    (void)detail;
    switch (type) {
    case MD_BLOCK_QUOTE:
        r->depth--;
        aq_markup_quote(m, false);
        break;
    case MD_BLOCK_UL:
    case MD_BLOCK_OL:
        aq_markup_list_end(m);
        break;
    case MD_BLOCK_LI:
        r->depth--;
        aq_markup_item_end(m);
        break;
    case MD_BLOCK_H:
        end_raw_html(r);
        aq_markup_heading_end(m);
        break;
    case MD_BLOCK_CODE:
        aq_markup_pre(m, false);
        break;
    case MD_BLOCK_TABLE:
        aq_markup_table_end(m);
        break;
    case MD_BLOCK_P:
    case MD_BLOCK_HTML:
        end_raw_html(r);
        aq_markup_break(m);
        break;
    default:
        break;
    }
    return result(r);
}

/* An attribute comes in pieces, its entities apart. */
static void read_href(struct aq_buf *out, const MD_ATTRIBUTE *a)
{
    struct aq_slice s = aq_slice(a->text, a->size);
    if (s.len && memchr(s.ptr, '&', s.len))
        aq_entities_decode(out, s);
    else
        aq_buf_put(out, s.ptr, s.len);
}

static int on_span(MD_SPANTYPE type, void *detail, void *context)
{
    struct markdown_reader *r = context;
    if (type == MD_SPAN_A) {
        struct aq_buf href = {0};
        read_href(&href, &((const MD_SPAN_A_DETAIL *)detail)->href);
        if (href.failed)
            r->m.status = AQ_NOMEM;
        aq_markup_link(&r->m, aq_slice(href.ptr, href.len));
        aq_buf_free(&href);
    } else if (type == MD_SPAN_CODE) {
        aq_markup_code(&r->m);
    } else if (type == MD_SPAN_LATEXMATH || type == MD_SPAN_LATEXMATH_DISPLAY) {
        aq_markup_text(&r->m, aq_slice_str(type == MD_SPAN_LATEXMATH ? "$" : "$$"));
    }
    return result(r);
}

static int on_span_end(MD_SPANTYPE type, void *detail, void *context)
{
    struct markdown_reader *r = context;
    (void)detail;
    if (type == MD_SPAN_A)
        aq_markup_link_end(&r->m);
    else if (type == MD_SPAN_LATEXMATH || type == MD_SPAN_LATEXMATH_DISPLAY)
        aq_markup_text(&r->m, aq_slice_str(type == MD_SPAN_LATEXMATH ? "$" : "$$"));
    return result(r);
}

static int on_text(MD_TEXTTYPE type, const MD_CHAR *text, MD_SIZE size, void *context)
{
    struct markdown_reader *r = context;
    struct aq_slice s = aq_slice(text, size);
    switch (type) {
    case MD_TEXT_NULLCHAR:
        aq_markup_text(&r->m, aq_slice_str("\xEF\xBF\xBD"));
        break;
    case MD_TEXT_BR:
        aq_markup_newline(&r->m);
        break;
    case MD_TEXT_SOFTBR:
        aq_markup_text(&r->m, aq_slice_str(" "));
        break;
    case MD_TEXT_ENTITY:
        text_with_entities(r, s.ptr, s.ptr + s.len);
        break;
    case MD_TEXT_HTML:
        if (r->in_html) /* it comes line by line, tags are cut: wait for the rest */
            aq_buf_put(&r->html, s.ptr, s.len);
        else
            raw_html(r, s);
        break;
    default:
        aq_markup_text(&r->m, s);
        break;
    }
    return result(r);
}

/* ---- nesting ---- */

/* An upper bound of how deep the line's containers nest: what its markers open,
 * and the lists that its indentation can be inside of (two columns each). md4c
 * works through all open containers at every line, so this is asked beforehand. */
static unsigned line_nesting(const uint8_t *p, const uint8_t *end)
{
    unsigned columns = 0, markers = 0;
    uint8_t only = 0;    /* a line of nothing but one of "-*" is a rule, not lists in lists */
    bool marked = false; /* the one blank behind a marker belongs to it */
    for (; p < end; p++) {
        if (*p == ' ' || *p == '\t') {
            columns += *p == '\t' ? 4 : !marked;
            marked = false;
            continue;
        }
        only = markers == 0 || only == *p ? *p : '>';
        if (*p >= '0' && *p <= '9') {
            while (p < end && *p >= '0' && *p <= '9')
                p++;
            if (p == end || (*p != '.' && *p != ')'))
                break;
        } else if (*p != '>' && (!strchr("-*+", *p) || (end - p > 1 && !aq_is_ascii_space(p[1])))) {
            break;
        }
        markers++;
        marked = true;
    }
    bool rule = p == end && (only == '-' || only == '*');
    return markers && !rule ? markers + columns / 2 : 0;
}

/* *at: offset of the deepest line; *lines: how many there are. */
static unsigned deepest_line(struct aq_slice text, size_t *at, size_t *lines)
{
    const uint8_t *p = text.ptr, *end = p + text.len;
    unsigned deepest = 0;
    *at = *lines = 0;
    for (; p < end; ++*lines) {
        const uint8_t *nl = memchr(p, '\n', (size_t)(end - p));
        unsigned n = line_nesting(p, nl ? nl : end);
        if (n > deepest) {
            deepest = n;
            *at = (size_t)(p - text.ptr);
        }
        p = nl ? nl + 1 : end;
    }
    return deepest;
}

static bool parse_span(struct markdown_reader *r, struct aq_slice text, unsigned quote)
{
    static const MD_PARSER parser = {
        .flags = MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH | MD_FLAG_PERMISSIVEURLAUTOLINKS |
                 MD_FLAG_PERMISSIVEWWWAUTOLINKS | MD_FLAG_LATEXMATHSPANS,
        .enter_block = on_block,
        .leave_block = on_block_end,
        .enter_span = on_span,
        .leave_span = on_span_end,
        .text = on_text,
    };
    r->m.quote = quote;
    r->depth = 0;
    r->html_quotes = 0;
    /* md4c 0.4.8 reads on behind a text that does not end in a line feed, looking
     * for the end of a code span. */
    aq_buf_clear(&r->source);
    aq_buf_put(&r->source, text.ptr, text.len);
    aq_buf_u8(&r->source, '\n');
    if (r->source.failed) {
        r->m.status = AQ_NOMEM;
        return false;
    }
    int rc = md_parse((const MD_CHAR *)r->source.ptr, (MD_SIZE)r->source.len, &parser, r);
    if (rc < 0)
        r->m.status = AQ_NOMEM;
    end_raw_html(r);
    aq_markup_break(&r->m);
    return rc == 0;
}

enum aq_status aq_document_from_markdown(struct aq_document *d, struct aq_slice text, struct aq_error *err)
{
    struct markdown_reader r = {0};
    struct aq_quote_spans spans = {0};
    size_t deep_at, lines;
    if (text.len == 0)
        return AQ_OK;
    if (text.len > INT32_MAX)
        return aq_fail(err, AQ_LIMIT, "the text is too long");
    unsigned deepest = deepest_line(text, &deep_at, &lines);
    if (deepest > AQ_NESTING)
        return aq_nesting_error(text, deep_at, err);
    if (lines * deepest > text.len * WORK)
        return aq_document_from_text(d, text, err);
    enum aq_status st = memchr(text.ptr, '[', text.len) ? aq_quote_split(text, &spans, err) : AQ_OK;
    if (st) {
        aq_quote_spans_free(&spans);
        return st;
    }
    struct aq_quote_span whole = {0, text.len, 0};
    const struct aq_quote_span *span = spans.count ? spans.spans : &whole;
    size_t count = spans.count ? spans.count : 1;
    aq_markup_init(&r.m, d, text.len);
    for (size_t i = 0; i < count; i++, span++)
        if (span->begin < span->end &&
            !parse_span(&r, aq_slice(text.ptr + span->begin, span->end - span->begin), span->depth))
            break;
    st = aq_markup_finish(&r.m);
    aq_buf_free(&r.html);
    aq_buf_free(&r.source);
    aq_quote_spans_free(&spans);
    if (r.too_deep)
        return aq_nesting_error(text, deep_at, err);
    if (st == AQ_LIMIT) {
        /* It unfolds without end (reference links, wide tables): read it as plain text. */
        aq_document_clear(d);
        return aq_document_from_text(d, text, err);
    }
    return st ? aq_fail(err, st, "out of memory") : AQ_OK;
}
