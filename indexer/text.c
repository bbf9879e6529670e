/* text.c - plain text to blocks: paragraphs, `>` quotes, [quote] tags, lists,
 * headings and code where they are plain to see. Owns those rules and no others;
 * when in doubt a line is part of a paragraph. */
#include "document.h"
#include "quotes.h"

struct line {
    const uint8_t *p, *end; /* content: quote markers and the line's end are gone */
    const uint8_t *next;
    unsigned depth; /* markers */
};

struct text_reader {
    struct aq_document *doc;
    const uint8_t *end; /* of the span being read */
    unsigned base;      /* depth of [quote] tags around it */
    /* The open block: a run of the source as long as it can be, else a copy. */
    bool open, copied;
    enum aq_block_kind kind;
    unsigned depth, lines;
    const uint8_t *from, *to;
    struct aq_buf copy;
    /* Looking ahead failed up to here: not to be tried again before. */
    const uint8_t *no_fence[2], *no_code;
    enum aq_status status;
};

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\f' || c == '\v';
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool at(const uint8_t *p, const uint8_t *end, const char *s)
{
    size_t n = strlen(s);
    return (size_t)(end - p) >= n && memcmp(p, s, n) == 0;
}

static const uint8_t *skip_blanks(const uint8_t *p, const uint8_t *end)
{
    while (p < end && is_blank(*p))
        p++;
    return p;
}

/* ---- lines ---- */

/* ">.<", ">:(", ">_>", ">=" and ">>>" alone are faces and signs, not quotes. */
static bool is_sign(const uint8_t *p, const uint8_t *end)
{
    if (end - p < 2)
        return false;
    if (p[1] == '=' || p[1] == '_')
        return true;
    return (p[1] == '.' || p[1] == ':') && end - p >= 3 && !is_blank(p[2]) && p[2] != '.' && p[2] != ':' &&
           p[2] < 'A';
}

static const uint8_t *strip_markers(const uint8_t *p, const uint8_t *end, unsigned *depth)
{
    const uint8_t *content = p;
    *depth = 0;
    for (;;) {
        const uint8_t *q = content;
        while (q < end && q - content < 3 && *q == ' ')
            q++;
        if (q == end || *q != '>')
            break;
        if (*depth == 0 && is_sign(q, end))
            return p;
        ++*depth;
        content = q + 1;
    }
    return *depth && content < end && *content == ' ' ? content + 1 : content;
}

static void read_line(const struct text_reader *r, const uint8_t *p, struct line *l)
{
    const uint8_t *nl = memchr(p, '\n', (size_t)(r->end - p));
    l->end = nl ? nl : r->end;
    l->next = nl ? nl + 1 : r->end;
    l->p = p;
    l->depth = 0;
    if (*p == '>' || *p == ' ')
        l->p = strip_markers(p, l->end, &l->depth);
}

/* Mail stores escape a line that begins with "From ": one such line among lines
 * that are not quotes is that, not a quote. */
static void unescape_from(const struct text_reader *r, const uint8_t *p, struct line *l)
{
    if (l->depth == 1 && at(p, l->end, ">From ") && !(r->open && r->depth > r->base) &&
        !(l->next < r->end && *l->next == '>')) {
        l->p = p + 1;
        l->depth = 0;
    }
}

/* ---- the open block ---- */

static void flush(struct text_reader *r)
{
    if (r->open && !r->status) {
        struct aq_slice s =
            r->copied ? aq_slice(r->copy.ptr, r->copy.len) : aq_slice(r->from, (size_t)(r->to - r->from));
        r->status = r->copy.failed ? AQ_NOMEM : aq_document_add(r->doc, r->kind, r->depth, s);
    }
    r->open = false;
}

static void start(struct text_reader *r, enum aq_block_kind kind, const struct line *l)
{
    flush(r);
    r->open = true;
    r->copied = false;
    r->kind = kind;
    r->depth = r->base + l->depth;
    r->lines = 1;
    r->from = l->p;
    r->to = l->end;
}

static void start_copy(struct text_reader *r, enum aq_block_kind kind, const struct line *l)
{
    start(r, kind, l);
    r->copied = true;
    aq_buf_clear(&r->copy);
}

static void extend(struct text_reader *r, const struct line *l)
{
    r->lines++;
    if (!r->copied && l->p == r->to + 1) {
        r->to = l->end;
        return;
    }
    if (!r->copied) {
        aq_buf_clear(&r->copy);
        aq_buf_put(&r->copy, r->from, (size_t)(r->to - r->from));
        r->copied = true;
    }
    const uint8_t *p = r->kind == AQ_BLOCK_ITEM ? skip_blanks(l->p, l->end) : l->p;
    aq_buf_u8(&r->copy, '\n');
    aq_buf_put(&r->copy, p, (size_t)(l->end - p));
}

/* ---- what a line may be ---- */

/* Lines of dashes, stars and the like part blocks and say nothing. */
static bool is_rule(const uint8_t *p, const uint8_t *end, uint8_t *only)
{
    size_t n = 0;
    *only = *p;
    for (; p < end; p++) {
        if (is_blank(*p))
            continue;
        if (!strchr("-*_=~+", *p))
            return false;
        if (*p != *only)
            *only = 0;
        n++;
    }
    return n >= 2;
}

/* Marker of a list item at p: writes "- " or "12. " to marker, returns where the
 * text starts, or NULL. */
static const uint8_t *item_text(const uint8_t *p, const uint8_t *end, char marker[8], unsigned *number)
{
    const uint8_t *q = p;
    *number = 0;
    if (*p == '-' || *p == '*') {
        q = p + 1;
    } else if (at(p, end, "\xE2\x80\xA2")) { /* bullet */
        q = p + 3;
    } else {
        while (q < end && q - p < 3 && is_digit(*q))
            *number = *number * 10 + (*q++ - '0');
        if (q == p || q == end || (*q != '.' && *q != ')'))
            return NULL;
        memcpy(marker, p, (size_t)(q - p));
        memcpy(marker + (q - p), ". ", 3);
        q++;
    }
    if (q == end || !is_blank(*q))
        return NULL;
    if (!is_digit(*p))
        memcpy(marker, "- ", 3);
    q = skip_blanks(q, end);
    return q < end ? q : NULL;
}

static bool try_item(struct text_reader *r, const struct line *l, const uint8_t *p)
{
    char marker[8];
    unsigned number;
    bool in_list = r->open && r->kind == AQ_BLOCK_ITEM;
    if (p - l->p > 3 && !in_list &&
        !(r->doc->count && r->doc->blocks[r->doc->count - 1].kind == AQ_BLOCK_ITEM))
        return false;
    const uint8_t *text = item_text(p, l->end, marker, &number);
    /* In running text a line may happen to begin with "1984. ". */
    if (!text || (is_digit(*p) && r->open && !in_list && number != 1))
        return false;
    start_copy(r, AQ_BLOCK_ITEM, l);
    aq_buf_puts(&r->copy, marker);
    aq_buf_put(&r->copy, text, (size_t)(l->end - text));
    return true;
}

static bool line_is_blank(const struct line *l)
{
    return skip_blanks(l->p, l->end) == l->end;
}

/* "## Heading"; a single "#" is as likely a shell prompt, so it must stand alone. */
static bool try_heading(struct text_reader *r, const struct line *l)
{
    const uint8_t *p = l->p, *end = l->end;
    while (p < end && p - l->p < 7 && *p == '#')
        p++;
    size_t level = (size_t)(p - l->p);
    if (level > 6 || p == end || *p != ' ')
        return false;
    if (level == 1) {
        struct line next;
        if (r->open)
            return false;
        if (l->next < r->end) {
            read_line(r, l->next, &next);
            if (!line_is_blank(&next))
                return false;
        }
    }
    while (end > p && (is_blank(end[-1]) || end[-1] == '#'))
        end--;
    start(r, AQ_BLOCK_HEADING, l);
    r->from = p;
    r->to = end;
    flush(r);
    return true;
}

/* An underlined line is a heading: "Title" over "=====". */
static bool underlines(const struct text_reader *r, const struct line *l, uint8_t mark)
{
    if (!r->open || r->kind != AQ_BLOCK_PARAGRAPH || r->lines != 1 || r->copied ||
        r->depth != r->base + l->depth)
        return false;
    size_t text = (size_t)(r->to - r->from), rule = (size_t)(l->end - l->p);
    return (mark == '=' && rule >= 3) || (mark == '-' && rule >= 3 && rule + 2 >= text && rule <= text + 2);
}

static void add_code_line(struct text_reader *r, const struct line *l)
{
    aq_buf_put(&r->copy, l->p, (size_t)(l->end - l->p));
    aq_buf_u8(&r->copy, '\n');
}

static bool is_fence(const struct line *l, const char *mark)
{
    const uint8_t *p = l->p;
    while (p < l->end && p - l->p < 3 && *p == ' ')
        p++;
    return at(p, l->end, mark);
}

/* ``` to ```: only with both ends, at one depth. *p is moved past the block. */
static bool try_fence(struct text_reader *r, const struct line *l, const uint8_t **p)
{
    static const char *const marks[] = {"```", "~~~"};
    unsigned which = is_fence(l, marks[1]);
    if (!is_fence(l, marks[which]) || l->next <= r->no_fence[which])
        return false;
    struct line inner;
    const uint8_t *q = l->next;
    for (bool closed = false; !closed; q = inner.next) {
        if (q >= r->end) {
            r->no_fence[which] = q;
            return false;
        }
        read_line(r, q, &inner);
        if (inner.depth < l->depth) {
            r->no_fence[which] = q;
            return false;
        }
        closed = inner.depth == l->depth && is_fence(&inner, marks[which]);
    }
    start_copy(r, AQ_BLOCK_CODE, l);
    for (const uint8_t *c = l->next; c < q; c = inner.next) {
        read_line(r, c, &inner);
        if (l->depth == 0)
            inner.p = c; /* a ">" in code is code */
        if (inner.next < q || !is_fence(&inner, marks[which]))
            add_code_line(r, &inner);
    }
    flush(r);
    *p = q;
    return true;
}

static bool is_indented(const struct line *l)
{
    const uint8_t *p = l->p;
    return p < l->end && (*p == '\t' || at(p, l->end, "    "));
}

static bool looks_like_code(const struct line *l)
{
    const uint8_t *p = skip_blanks(l->p, l->end), *end = l->end;
    while (end > p && is_blank(end[-1]))
        end--;
    if (end == p)
        return false;
    if (at(p, end, "$ ") || at(p, end, "#include") || at(p, end, "//") || at(p, end, "/*"))
        return true;
    unsigned signs = 0;
    for (const uint8_t *q = p; q < end; q++)
        signs += strchr("(){}[]=<>;|&$\\", *q) != NULL;
    return strchr(";{}", end[-1]) || (signs >= 2 && signs * 12 >= (size_t)(end - p));
}

/* A run of indented lines after a blank line, half of which look like code. */
static bool try_indented(struct text_reader *r, const struct line *l, const uint8_t **p)
{
    if (r->open || !is_indented(l) || *p < r->no_code)
        return false;
    size_t lines = 0, code = 0;
    char marker[8];
    unsigned number;
    struct line inner;
    const uint8_t *q = *p, *stop = *p;
    while (q < r->end) {
        read_line(r, q, &inner);
        bool blank = line_is_blank(&inner);
        if (inner.depth != l->depth || (!blank && !is_indented(&inner)))
            break;
        if (!blank) {
            stop = inner.next;
            lines++;
            code += looks_like_code(&inner);
        }
        q = inner.next;
    }
    if (code * 2 < lines || item_text(skip_blanks(l->p, l->end), l->end, marker, &number)) {
        r->no_code = stop;
        return false;
    }
    start_copy(r, AQ_BLOCK_CODE, l);
    for (const uint8_t *c = *p; c < stop; c = inner.next) {
        read_line(r, c, &inner);
        add_code_line(r, &inner);
    }
    flush(r);
    *p = stop;
    return true;
}

/* ---- a span ---- */

static void read_span(struct text_reader *r, const uint8_t *p)
{
    while (p < r->end && !r->status) {
        struct line l;
        read_line(r, p, &l);
        unescape_from(r, p, &l);
        const uint8_t *q = skip_blanks(l.p, l.end);
        if (q == l.end) {
            flush(r);
            p = l.next;
            continue;
        }
        if (r->open && r->depth != r->base + l.depth)
            flush(r);
        uint8_t mark = 0;
        switch (*q) {
        case '`':
        case '~':
            if (try_fence(r, &l, &p))
                continue;
            break;
        case '#':
            if (q == l.p && try_heading(r, &l)) {
                p = l.next;
                continue;
            }
            break;
        default:
            break;
        }
        if (q > l.p && try_indented(r, &l, &p))
            continue;
        p = l.next;
        if (strchr("-*_=~+", *q) && is_rule(q, l.end, &mark)) {
            if (underlines(r, &l, mark))
                r->kind = AQ_BLOCK_HEADING;
            flush(r);
            continue;
        }
        if ((*q == '-' || *q == '*' || *q == 0xE2 || is_digit(*q)) && try_item(r, &l, q))
            continue;
        if (r->open)
            extend(r, &l);
        else
            start(r, AQ_BLOCK_PARAGRAPH, &l);
    }
    flush(r);
}

/* Carriage returns: CR LF and lone CR to LF. */
static bool unify_ends(struct aq_buf *out, struct aq_slice text)
{
    const uint8_t *p = text.ptr, *end = text.ptr + text.len;
    uint8_t *to = aq_buf_reserve(out, text.len);
    if (!to)
        return false;
    for (; p < end; p++) {
        if (*p != '\r')
            *to++ = *p;
        else if (p + 1 == end || p[1] != '\n')
            *to++ = '\n';
    }
    out->len = (size_t)(to - out->ptr);
    return true;
}

enum aq_status aq_document_from_text(struct aq_document *d, struct aq_slice text, struct aq_error *err)
{
    struct text_reader r = {.doc = d};
    struct aq_quote_spans spans = {0};
    struct aq_buf unified = {0};
    enum aq_status st = AQ_OK;
    if (text.len && memchr(text.ptr, '\r', text.len)) {
        if (!unify_ends(&unified, text))
            st = aq_fail_nomem(err);
        text = aq_slice(unified.ptr, unified.len);
    }
    if (!st && text.len && memchr(text.ptr, '[', text.len))
        st = aq_quote_split(text, &spans, err);
    if (!st && text.len) {
        struct aq_quote_span whole = {0, text.len, 0};
        const struct aq_quote_span *span = spans.count ? spans.spans : &whole;
        size_t count = spans.count ? spans.count : 1;
        r.no_fence[0] = r.no_fence[1] = r.no_code = text.ptr;
        for (size_t i = 0; i < count; i++, span++) {
            r.end = text.ptr + span->end;
            r.base = span->depth;
            if (span->begin < span->end)
                read_span(&r, text.ptr + span->begin);
        }
        st = r.status;
        if (st)
            aq_fail(err, st, st == AQ_NOMEM ? "out of memory" : "the text is too long");
    }
    aq_buf_free(&r.copy);
    aq_buf_free(&unified);
    aq_quote_spans_free(&spans);
    return st;
}
