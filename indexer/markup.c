/* markup.c - owns the layout of blocks made from markup: white space, markers,
 * cells, links, titles. Knows neither Markdown nor HTML. */
#include "markup.h"

#include "utf8.h"

/* A body may not unfold to more than so many times its size: reference links and
 * wide tables can repeat a few bytes millions of times. */
enum { GROWTH = 16, GROWTH_FREE = 64 << 10 };

void aq_markup_init(struct aq_markup *m, struct aq_document *doc, size_t size)
{
    *m = (struct aq_markup){.doc = doc, .budget = size * GROWTH + GROWTH_FREE};
}

static bool spend(struct aq_markup *m, size_t n)
{
    if (m->status)
        return false;
    if (n >= m->budget) {
        m->status = AQ_LIMIT;
        return false;
    }
    m->budget -= n;
    return true;
}

/* ---- the open block ---- */

static void add(struct aq_markup *m, unsigned quote, struct aq_slice s)
{
    if (!m->status)
        m->status = aq_document_add(m->doc, m->kind, quote, s);
}

/* Depth of a line's ">" markers; *text is what follows them. */
static unsigned arrows(const uint8_t *p, const uint8_t *end, const uint8_t **text)
{
    unsigned depth = 0;
    *text = p;
    for (;;) {
        while (p < end && *p == ' ')
            p++;
        if (p == end || *p != '>' || (end - p > 1 && (p[1] == '=' || p[1] == '_' || p[1] == '.')))
            return depth;
        depth++;
        *text = ++p;
    }
}

/* A block with lines that begin with ">" falls apart into runs of equal depth. */
static void add_arrows(struct aq_markup *m)
{
    const uint8_t *p = m->line.ptr, *end = p + m->line.len;
    struct aq_buf run = {0};
    unsigned run_depth = 0;
    while (p < end) {
        const uint8_t *nl = memchr(p, '\n', (size_t)(end - p)), *text;
        const uint8_t *stop = nl ? nl : end;
        unsigned depth = arrows(p, stop, &text);
        if (depth != run_depth) {
            add(m, m->quote + run_depth, aq_slice(run.ptr, run.len));
            aq_buf_clear(&run);
            run_depth = depth;
        }
        aq_buf_put(&run, text, (size_t)(stop - text));
        aq_buf_u8(&run, '\n');
        p = nl ? nl + 1 : end;
    }
    if (run.failed)
        m->status = AQ_NOMEM;
    add(m, m->quote + run_depth, aq_slice(run.ptr, run.len));
    aq_buf_free(&run);
}

static bool has_arrow(struct aq_slice s)
{
    const uint8_t *p = s.ptr, *end = p + s.len;
    while (p < end && (p = memchr(p, '>', (size_t)(end - p)))) {
        if (p == s.ptr || p[-1] == '\n')
            return true;
        p++;
    }
    return false;
}

static void take_title(struct aq_markup *m)
{
    enum aq_title_rank rank = m->heading == 1 ? AQ_TITLE_TOP : AQ_TITLE_HEADING;
    if (rank <= m->title_rank || m->quote)
        return;
    const uint8_t *p = m->line.ptr, *end = p + m->line.len;
    while (p < end && aq_is_ascii_space(*p))
        p++;
    while (end > p && aq_is_ascii_space(end[-1]))
        end--;
    if (p == end)
        return;
    aq_buf_clear(&m->doc->title);
    aq_buf_put(&m->doc->title, p, (size_t)(end - p));
    m->title_rank = rank;
}

/* White space at the ends goes when the block is added; a link that is still open
 * loses its target, for its text lies in more than one block. */
static void flush(struct aq_markup *m)
{
    if (m->line.failed)
        m->status = AQ_NOMEM;
    if (m->line.len) {
        struct aq_slice s = aq_slice(m->line.ptr, m->line.len);
        if (m->heading)
            take_title(m);
        if (m->arrows && m->kind == AQ_BLOCK_PARAGRAPH && has_arrow(s))
            add_arrows(m);
        else
            add(m, m->quote, s);
        m->linked = false;
    }
    aq_buf_clear(&m->line);
    m->space = false;
    m->kind = m->heading ? AQ_BLOCK_HEADING : m->pre ? AQ_BLOCK_CODE : AQ_BLOCK_PARAGRAPH;
}

void aq_markup_break(struct aq_markup *m)
{
    if (m->table && !m->layout)
        m->space = m->line.len > 0; /* a paragraph in a cell */
    else
        flush(m);
}

/* The first text of an item goes behind its marker. */
static void begin(struct aq_markup *m)
{
    if (m->line.len == 0 && m->marker[0]) {
        if (!m->pre && !m->heading && (!m->table || m->layout)) {
            m->kind = AQ_BLOCK_ITEM;
            aq_buf_puts(&m->line, m->marker);
        }
        m->marker[0] = 0;
    }
}

static void put(struct aq_markup *m, const void *bytes, size_t n)
{
    begin(m);
    if (m->space && m->line.len && !aq_is_ascii_space(m->line.ptr[m->line.len - 1]))
        aq_buf_u8(&m->line, ' ');
    m->space = false;
    aq_buf_put(&m->line, bytes, n);
}

static void put_collapsed(struct aq_markup *m, const uint8_t *p, const uint8_t *end)
{
    while (p < end) {
        const uint8_t *word = p;
        while (p < end && !aq_is_ascii_space(*p) && !(*p == 0xC2 && end - p > 1 && p[1] == 0xA0))
            p++;
        if (p > word)
            put(m, word, (size_t)(p - word));
        if (p < end) {
            m->space = true;
            p += *p == 0xC2 ? 2 : 1; /* a no-break space is a space to a reader */
        }
    }
}

void aq_markup_text(struct aq_markup *m, struct aq_slice s)
{
    if (m->head_title) {
        if (spend(m, s.len))
            aq_buf_put(&m->head, s.ptr, s.len);
        return;
    }
    if (m->skip || !spend(m, s.len))
        return;
    if (m->pre) {
        begin(m);
        aq_buf_put(&m->line, s.ptr, s.len);
    } else {
        put_collapsed(m, s.ptr, s.ptr + s.len);
    }
}

void aq_markup_newline(struct aq_markup *m)
{
    if (m->skip || m->head_title || !spend(m, 1))
        return;
    if (m->table && !m->layout)
        m->space = true;
    else if (m->pre || m->line.len) {
        aq_buf_u8(&m->line, '\n');
        m->space = false;
    }
}

/* ---- blocks ---- */

void aq_markup_heading(struct aq_markup *m, unsigned level)
{
    if (m->table)
        m->layout = true;
    flush(m);
    m->heading = level;
    m->kind = AQ_BLOCK_HEADING;
}

void aq_markup_heading_end(struct aq_markup *m)
{
    if (!m->heading)
        return;
    flush(m);
    m->heading = 0;
    m->kind = AQ_BLOCK_PARAGRAPH;
}

void aq_markup_pre(struct aq_markup *m, bool on)
{
    if (m->table)
        m->layout = true;
    flush(m);
    m->pre = on;
    m->kind = on ? AQ_BLOCK_CODE : AQ_BLOCK_PARAGRAPH;
}

void aq_markup_quote(struct aq_markup *m, bool on)
{
    if (m->table)
        m->layout = true;
    flush(m);
    if (on)
        m->quote++;
    else if (m->quote)
        m->quote--;
}

void aq_markup_list(struct aq_markup *m, bool ordered, unsigned first)
{
    if (m->table)
        m->layout = true;
    flush(m);
    if (m->list_depth < AQ_MARKUP_LISTS) {
        m->lists[m->list_depth].ordered = ordered;
        m->lists[m->list_depth].next = first;
    }
    m->list_depth++;
}

void aq_markup_list_end(struct aq_markup *m)
{
    flush(m);
    m->marker[0] = 0;
    if (m->list_depth)
        m->list_depth--;
}

static void put_number(char *out, unsigned n)
{
    char digits[12];
    size_t k = 0;
    do
        digits[k++] = (char)('0' + n % 10);
    while ((n /= 10));
    while (k)
        *out++ = digits[--k];
    memcpy(out, ". ", 3);
}

void aq_markup_item(struct aq_markup *m)
{
    flush(m);
    unsigned i = m->list_depth ? m->list_depth - 1 : AQ_MARKUP_LISTS;
    if (i < AQ_MARKUP_LISTS && m->lists[i].ordered)
        put_number(m->marker, m->lists[i].next++);
    else
        memcpy(m->marker, "- ", 3);
}

void aq_markup_item_end(struct aq_markup *m)
{
    flush(m);
    m->marker[0] = 0;
}

/* ---- tables ---- */

void aq_markup_table(struct aq_markup *m)
{
    if (m->table++)
        m->layout = true;
    flush(m);
    if (!m->layout)
        m->kind = AQ_BLOCK_TABLE;
    m->row_cells = 0;
}

void aq_markup_table_end(struct aq_markup *m)
{
    flush(m);
    if (m->table)
        m->table--;
    if (!m->table)
        m->layout = false;
    m->kind = AQ_BLOCK_PARAGRAPH;
}

void aq_markup_row(struct aq_markup *m)
{
    m->row_cells = 0;
    if (!m->table || m->layout) {
        flush(m);
        return;
    }
    m->space = false;
    if (m->line.len)
        aq_buf_u8(&m->line, '\n');
    m->kind = AQ_BLOCK_TABLE;
}

void aq_markup_cell(struct aq_markup *m)
{
    if (!m->table || m->layout) {
        flush(m);
        return;
    }
    m->space = false;
    if (m->row_cells++ && spend(m, 3))
        aq_buf_puts(&m->line, " | ");
}

/* ---- code, links ---- */

void aq_markup_code(struct aq_markup *m)
{
    if (!m->skip)
        m->doc->marks |= AQ_COMMENT_CODE;
}

static bool has_prefix(struct aq_slice s, const char *prefix)
{
    size_t n = strlen(prefix);
    return s.len >= n && memcmp(s.ptr, prefix, n) == 0;
}

void aq_markup_link(struct aq_markup *m, struct aq_slice href)
{
    m->linked = false;
    if (m->skip || href.len == 0 || href.ptr[0] == '#' || has_prefix(href, "javascript:") ||
        has_prefix(href, "data:"))
        return;
    m->linked = true;
    m->doc->marks |= AQ_COMMENT_LINK;
    aq_buf_clear(&m->href);
    aq_buf_put(&m->href, href.ptr, href.len);
    m->link_begin = m->line.len;
}

static struct aq_slice bare_url(struct aq_slice url)
{
    static const char *const schemes[] = {"https://", "http://", "mailto:"};
    for (size_t i = 0; i < AQ_COUNT(schemes); i++)
        if (has_prefix(url, schemes[i])) {
            size_t n = strlen(schemes[i]);
            url = aq_slice(url.ptr + n, url.len - n);
            break;
        }
    if (url.len && url.ptr[url.len - 1] == '/')
        url.len--;
    return url;
}

/* Some sites cut a long address in its text: "https://example.com/a/b..." */
static bool is_cut_url(struct aq_slice text, struct aq_slice url)
{
    size_t dots = 3; /* bytes, either way */
    if (text.len <= dots || (memcmp(text.ptr + text.len - dots, "...", dots) != 0 &&
                             memcmp(text.ptr + text.len - dots, "\xE2\x80\xA6", dots) != 0))
        return false;
    size_t n = text.len - dots;
    return n >= 8 && url.len >= n && memcmp(text.ptr, url.ptr, n) == 0;
}

void aq_markup_link_end(struct aq_markup *m)
{
    if (!m->linked || m->status)
        return;
    m->linked = false;
    size_t from = m->link_begin;
    while (from < m->line.len && aq_is_ascii_space(m->line.ptr[from]))
        from++;
    if (from >= m->line.len || m->href.failed)
        return; /* a picture without a name */
    struct aq_slice text = aq_slice(m->line.ptr + from, m->line.len - from);
    struct aq_slice url = aq_slice(m->href.ptr, m->href.len);
    if (aq_slice_eq(bare_url(text), bare_url(url)))
        return;
    if (!spend(m, url.len + 3))
        return;
    bool space = m->space;
    if (is_cut_url(bare_url(text), bare_url(url)))
        m->line.len = from;
    else
        aq_buf_put(&m->line, " <", 2);
    size_t opened = m->line.len;
    aq_buf_put(&m->line, url.ptr, url.len);
    if (opened != from)
        aq_buf_u8(&m->line, '>');
    m->space = space;
}

/* ---- the whole ---- */

enum aq_status aq_markup_finish(struct aq_markup *m)
{
    flush(m);
    if (m->title_rank == AQ_TITLE_NONE && m->head.len) {
        /* <title>, white space collapsed */
        m->heading = 0;
        m->pre = false;
        m->skip = 0;
        m->table = 0;
        m->marker[0] = 0;
        put_collapsed(m, m->head.ptr, m->head.ptr + m->head.len);
        aq_buf_clear(&m->doc->title);
        aq_buf_put(&m->doc->title, m->line.ptr, m->line.len);
    }
    if (!m->status && (m->line.failed || m->href.failed || m->head.failed || m->doc->title.failed))
        m->status = AQ_NOMEM;
    aq_buf_free(&m->line);
    aq_buf_free(&m->href);
    aq_buf_free(&m->head);
    return m->status;
}
