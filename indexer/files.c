/* files.c - records from plain text, Markdown and HTML files. Owns what such a
 * file is: a thread of paragraphs, or one comment; and where its title, author and
 * date stand. */
#include "feed.h"

#include "charset.h"
#include "dates.h"
#include "document.h"
#include "utf8.h"

#include <strings.h>

static bool is_blank(struct aq_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] != ' ' && (s.ptr[i] < '\t' || s.ptr[i] > '\r'))
            return false;
    return true;
}

static struct aq_slice name_slice(const struct aq_feed *f)
{
    return aq_slice_str(f->name);
}

/* ---- a file that is one comment ---- */

static enum aq_status recode(struct aq_feed *f, const char *charset, struct aq_slice *s, struct aq_error *err)
{
    struct aq_buf out = {0};
    aq_charset_decode(&out, *s, charset);
    enum aq_status st = out.failed ? aq_fail_nomem(err) : AQ_OK;
    *s = aq_slice(out.ptr, out.len);
    if (!st)
        st = aq_feed_copy(f, s, err);
    aq_buf_free(&out);
    return st;
}

/* What follows `charset=` in the first bytes of an HTML file. */
static void declared_charset(struct aq_slice s, char out[40])
{
    size_t look = s.len < 2048 ? s.len : 2048, n = 0;
    const uint8_t *end = s.ptr + look, *p = memmem(s.ptr, look, "charset=", 8);
    if (p)
        for (p += 8; p < end && n < 39; p++) {
            if (n == 0 && (*p == '"' || *p == '\''))
                continue;
            if (!((*p >= '0' && *p <= '9') || ((*p | 32) >= 'a' && (*p | 32) <= 'z') || *p == '-' ||
                  *p == '_'))
                break;
            out[n++] = (char)*p;
        }
    out[n] = 0;
}

/* ---- front matter: "---", then "name: value" lines, then "---" ---- */

static struct aq_slice unquote(struct aq_slice s)
{
    while (s.len && (*s.ptr == ' ' || *s.ptr == '\t'))
        s = aq_slice(s.ptr + 1, s.len - 1);
    while (s.len && s.ptr[s.len - 1] <= ' ')
        s.len--;
    if (s.len >= 2 && (*s.ptr == '"' || *s.ptr == '\'') && s.ptr[s.len - 1] == *s.ptr)
        s = aq_slice(s.ptr + 1, s.len - 2);
    return s;
}

static bool is_marker(struct aq_slice line)
{
    return line.len >= 3 && memcmp(line.ptr, "---", 3) == 0 && is_blank(aq_slice(line.ptr + 3, line.len - 3));
}

static void take_matter(struct aq_feed *f, struct aq_record *r, struct aq_slice name, struct aq_slice value)
{
    static const char *const names[] = {"title", "author", "url", "thread", "id", "date"};
    struct aq_slice *const fields[] = {&r->title, &r->author, &r->url, &r->thread, &r->id};
    size_t i = 0;
    while (i < AQ_COUNT(names) &&
           !(strlen(names[i]) == name.len && strncasecmp(names[i], (const char *)name.ptr, name.len) == 0))
        i++;
    value = unquote(value);
    if (i < AQ_COUNT(fields) && value.len)
        *fields[i] = value;
    else if (i == AQ_COUNT(fields) && value.len && !aq_date_parse(value, &r->date))
        aq_feed_note(f, "the date \"%.*s\" cannot be read, so it has none; write 2006-01-02T15:04:05Z",
                     (int)(value.len < 60 ? value.len : 60), (const char *)value.ptr);
}

/* Only a block whose every line is blank, indented, a list item or "name: ..." is one. */
static void front_matter(struct aq_feed *f, struct aq_record *r)
{
    struct aq_slice rest = r->text, line;
    if (!aq_take_line(&rest, &line) || !is_marker(line))
        return;
    struct aq_slice block = rest;
    for (;;) {
        if (!aq_take_line(&rest, &line))
            return;
        if (is_marker(line))
            break;
        if (!is_blank(line) && *line.ptr > ' ' && *line.ptr != '-' && *line.ptr != '#' &&
            !memchr(line.ptr, ':', line.len))
            return;
    }
    r->text = rest;
    while (aq_take_line(&block, &line) && !is_marker(line)) {
        const uint8_t *colon = line.len ? memchr(line.ptr, ':', line.len) : NULL;
        if (colon)
            take_matter(f, r, aq_slice(line.ptr, (size_t)(colon - line.ptr)),
                        aq_slice(colon + 1, line.len - (size_t)(colon + 1 - line.ptr)));
    }
}

/* ---- reading it ---- */

static enum aq_status title_from_headings(struct aq_feed *f, struct aq_record *r, struct aq_error *err)
{
    struct aq_document d = {0};
    struct aq_error ignored;
    enum aq_status st = r->format == AQ_FORMAT_HTML ? aq_document_from_html(&d, r->text, &ignored)
                                                    : aq_document_from_markdown(&d, r->text, &ignored);
    if (st == AQ_NOMEM) {
        st = aq_fail_nomem(err);
    } else {
        /* A text nested too deep is for whoever reads it in earnest to refuse. */
        st = AQ_OK;
        if (d.title.len) {
            r->title = aq_slice(d.title.ptr, d.title.len);
            st = aq_feed_copy(f, &r->title, err);
        }
    }
    aq_document_free(&d);
    return st;
}

static enum aq_status whole_file(struct aq_feed *f, enum aq_format format, struct aq_record *r, bool *got,
                                 struct aq_error *err)
{
    struct aq_slice text;
    bool too_long;
    *got = false;
    if (f->item)
        return AQ_OK;
    aq_feed_begin(f, 1);
    enum aq_status st = aq_input_rest(&f->input, &text, &too_long, err);
    if (st)
        return st;
    if (too_long) {
        aq_feed_skip(f, "longer than %u MB, the most a record can be; split it", AQ_MAX_RECORD >> 20);
        return AQ_OK;
    }
    if (is_blank(text)) {
        aq_feed_skip(f, "the file is empty; remove it");
        return AQ_OK;
    }
    aq_record_init(r);
    r->text = text;
    r->format = format;
    if (aq_utf8_valid(text) < text.len && format == AQ_FORMAT_HTML) {
        char charset[40];
        declared_charset(text, charset);
        st = recode(f, charset, &r->text, err);
    } else {
        st = aq_feed_repair(f, &r->text, err);
    }
    if (!st && format == AQ_FORMAT_MARKDOWN)
        front_matter(f, r);
    if (!st && r->id.len == 0)
        r->id = name_slice(f);
    if (!st && format != AQ_FORMAT_TEXT && r->title.len == 0)
        st = title_from_headings(f, r, err);
    if (!st && r->title.len == 0)
        st = aq_feed_title(f, &r->title, err);
    return st ? st : aq_feed_finish(f, r, format == AQ_FORMAT_TEXT, got, err);
}

static enum aq_status markdown_next(struct aq_feed *f, void *state, struct aq_record *r, bool *got,
                                    struct aq_error *err)
{
    (void)state;
    return whole_file(f, AQ_FORMAT_MARKDOWN, r, got, err);
}

static enum aq_status html_next(struct aq_feed *f, void *state, struct aq_record *r, bool *got,
                                struct aq_error *err)
{
    (void)state;
    return whole_file(f, AQ_FORMAT_HTML, r, got, err);
}

static enum aq_status nothing_to_open(struct aq_feed *f, void **state, struct aq_error *err)
{
    (void)f;
    (void)err;
    *state = NULL;
    return AQ_OK;
}

static void nothing_to_close(void *state)
{
    (void)state;
}

const struct aq_format_reader aq_read_markdown = {nothing_to_open, markdown_next, nothing_to_close};
const struct aq_format_reader aq_read_html = {nothing_to_open, html_next, nothing_to_close};

/* ---- a plain text file that is a thread ---- */

struct text_thread {
    bool by_lines; /* no blank lines: each line is a paragraph */
    struct aq_buf paragraph;
};

enum { LOOK_AHEAD = 1 << 20 };

/* Whether a blank line stands between two that are not, as far as one looks. */
static bool has_paragraphs(struct aq_slice s)
{
    struct aq_slice line;
    bool text = false, gap = false;
    while (aq_take_line(&s, &line)) {
        bool blank = is_blank(line);
        if (!blank && gap)
            return true;
        text |= !blank;
        gap |= text && blank;
    }
    return false;
}

static void text_close(void *state)
{
    struct text_thread *t = state;
    if (!t)
        return;
    aq_buf_free(&t->paragraph);
    free(t);
}

static enum aq_status text_open(struct aq_feed *f, void **state, struct aq_error *err)
{
    enum aq_status st = aq_input_more(&f->input, LOOK_AHEAD, err);
    if (st)
        return st;
    struct text_thread *t = calloc(1, sizeof *t);
    if (!t)
        return aq_fail_nomem(err);
    t->by_lines = !has_paragraphs(aq_input_window(&f->input));
    *state = t;
    return AQ_OK;
}

/* The next paragraph's lines; *line is 0 at the end. */
static enum aq_status next_paragraph(struct aq_feed *f, struct text_thread *t, uint64_t *first,
                                     bool *too_long, struct aq_error *err)
{
    struct aq_line line;
    bool got;
    *first = 0;
    *too_long = false;
    aq_buf_clear(&t->paragraph);
    for (;;) {
        enum aq_status st = aq_input_line(&f->input, &line, &got, err);
        if (st || !got)
            return st;
        if (!line.too_long && is_blank(line.text)) {
            if (*first)
                return AQ_OK;
            continue;
        }
        if (!*first)
            *first = line.number;
        if (line.too_long || t->paragraph.len + line.text.len > AQ_MAX_RECORD) {
            *too_long = true;
            aq_buf_clear(&t->paragraph);
        } else if (!*too_long) {
            aq_buf_put(&t->paragraph, line.text.ptr, line.text.len);
            aq_buf_u8(&t->paragraph, '\n');
        }
        if (t->paragraph.failed)
            return aq_fail_nomem(err);
        if (t->by_lines)
            return AQ_OK;
    }
}

static enum aq_status text_next(struct aq_feed *f, void *state, struct aq_record *r, bool *got,
                                struct aq_error *err)
{
    struct text_thread *t = state;
    if (f->options.whole)
        return whole_file(f, AQ_FORMAT_TEXT, r, got, err);
    for (;;) {
        uint64_t line;
        bool too_long;
        *got = false;
        enum aq_status st = next_paragraph(f, t, &line, &too_long, err);
        if (st || !line)
            return st;
        aq_feed_begin(f, line);
        if (too_long) {
            aq_feed_skip(f, "a paragraph longer than %u MB, the most a record can be; split it",
                         AQ_MAX_RECORD >> 20);
            continue;
        }
        aq_record_init(r);
        r->text = aq_slice(t->paragraph.ptr, t->paragraph.len - 1);
        r->thread = name_slice(f);
        st = aq_feed_title(f, &r->title, err);
        if (!st)
            st = aq_feed_finish(f, r, true, got, err);
        if (st || *got)
            return st;
    }
}

const struct aq_format_reader aq_read_text = {text_open, text_next, text_close};
