/* styled.c - see terminal.h: building styled text and wrapping it into lines. */
#include "terminal.h"

#include "clusters.h"
#include "utf8.h"

/* ---- building ---- */

void aq_styled_free(struct aq_styled *s)
{
    aq_buf_free(&s->text);
    aq_buf_free(&s->styles);
}

void aq_styled_clear(struct aq_styled *s)
{
    aq_buf_clear(&s->text);
    aq_buf_clear(&s->styles);
}

static void put_bytes(struct aq_styled *s, const void *bytes, size_t n, enum aq_style style)
{
    aq_buf_put(&s->text, bytes, n);
    uint8_t *to = aq_buf_reserve(&s->styles, n);
    if (to) {
        memset(to, (int)style, n);
        s->styles.len += n;
    }
}

static void put_char(struct aq_styled *s, uint32_t cp, const uint8_t *p, unsigned len, bool one_line,
                     enum aq_style style)
{
    if (cp == 0x2028 || cp == 0x2029) { /* line and paragraph separator */
        cp = '\n';
        p = (const uint8_t *)"\n";
        len = 1;
    }
    if (one_line && (cp == ' ' || (cp >= '\t' && cp <= '\r'))) {
        if (s->text.len && s->text.ptr[s->text.len - 1] != ' ')
            put_bytes(s, " ", 1, style);
    } else if (cp == AQ_UTF8_BAD) {
        put_bytes(s, "\xef\xbf\xbd", 3, style);
    } else if (aq_is_shown(cp)) {
        put_bytes(s, p, len, style);
    }
}

static void put_text(struct aq_styled *s, struct aq_slice text, bool one_line, enum aq_style style)
{
    for (size_t at = 0; at < text.len;) {
        size_t word = at;
        while (word < text.len && text.ptr[word] > ' ' && text.ptr[word] < 0x7f)
            word++;
        if (word > at) { /* most of any text: as it is, in one piece */
            put_bytes(s, text.ptr + at, word - at, style);
            at = word;
            continue;
        }
        unsigned len;
        uint32_t cp = aq_utf8_decode(text.ptr + at, text.ptr + text.len, &len);
        put_char(s, cp, text.ptr + at, len, one_line, style);
        at += len;
    }
}

void aq_styled_line(struct aq_styled *s, struct aq_slice text, enum aq_style style)
{
    put_text(s, text, true, style);
}

void aq_styled_lines(struct aq_styled *s, struct aq_slice text, enum aq_style style)
{
    put_text(s, text, false, style);
}

void aq_styled_str(struct aq_styled *s, const char *text, enum aq_style style)
{
    put_bytes(s, text, strlen(text), style);
}

void aq_styled_marked(struct aq_styled *s, struct aq_slice text, struct aq_range from,
                      const struct aq_range *ranges, size_t range_count, enum aq_style style)
{
    size_t end = from.end < text.len ? from.end : text.len;
    size_t r = 0;
    for (size_t at = from.begin; at < end;) {
        unsigned len;
        uint32_t cp = aq_utf8_decode(text.ptr + at, text.ptr + end, &len);
        while (r < range_count && ranges[r].end <= at)
            r++;
        bool marked = r < range_count && ranges[r].begin <= at;
        put_char(s, cp, text.ptr + at, len, true, marked ? AQ_STYLE_MATCH : style);
        at += len;
    }
}

/* ---- wrapping ---- */

/* Ideographs part anywhere, but closing marks stay with what they close. */
static bool keeps_to_previous(uint32_t cp)
{
    static const uint16_t marks[] = {0x3001, 0x3002, 0x3005, 0x3009, 0x300b, 0x300d, 0x300f, 0x3011, 0x30fb,
                                     0x30fc, 0xff01, 0xff09, 0xff0c, 0xff0e, 0xff1a, 0xff1b, 0xff1f};
    for (size_t i = 0; i < AQ_COUNT(marks); i++)
        if (marks[i] == cp)
            return true;
    return false;
}

static bool keeps_to_next(uint32_t cp)
{
    return cp == 0x3008 || cp == 0x300a || cp == 0x300c || cp == 0x300e || cp == 0x3010 || cp == 0xff08;
}

static bool parts_after(struct aq_slice text, size_t at, size_t next)
{
    unsigned len;
    uint32_t cp = aq_utf8_decode(text.ptr + at, text.ptr + text.len, &len);
    if (cp < 0x2e80 || keeps_to_next(cp))
        return false;
    uint32_t after = next < text.len ? aq_utf8_decode(text.ptr + next, text.ptr + text.len, &len) : 0;
    return !keeps_to_previous(after);
}

struct line {
    size_t end;  /* of what is shown */
    size_t next; /* where the next line starts */
};

enum { TAB = 8 };

static struct line next_line(struct aq_slice text, size_t from, size_t room)
{
    struct line cut = {0, 0}; /* the last place to part at */
    size_t column = 0;
    size_t at = from;
    while (at < text.len) {
        uint8_t c = text.ptr[at];
        if (c == '\n')
            return (struct line){at, at + 1};
        if (c == ' ' || c == '\t') {
            size_t spaces = at;
            for (; at < text.len && (text.ptr[at] == ' ' || text.ptr[at] == '\t'); at++)
                column = text.ptr[at] == '\t' ? column / TAB * TAB + TAB : column + 1;
            if (spaces > from) /* indentation is no place to part at */
                cut = (struct line){spaces, at};
            continue;
        }
        unsigned width;
        size_t next = aq_cluster_next(text, at, &width);
        if (column + width > room) {
            if (cut.end)
                return cut;
            if (at > from)
                return (struct line){at, at};
        }
        column += width;
        if (width == 2 && parts_after(text, at, next))
            cut = (struct line){next, next};
        at = next;
    }
    return (struct line){at, at};
}

/* Columns by which a line that starts at `at` indents those it continues on: its own
 * indentation and the marker of a list's item. */
static size_t hang_of(struct aq_slice text, size_t at)
{
    size_t i = at;
    while (i < text.len && text.ptr[i] == ' ')
        i++;
    size_t marker = i;
    while (marker < text.len && marker - i < 3 && text.ptr[marker] >= '0' && text.ptr[marker] <= '9')
        marker++;
    bool numbered = marker > i;
    if (marker + 1 >= text.len || text.ptr[marker + 1] != ' ')
        return i - at;
    const char *ends = numbered ? ".)" : "-*";
    return (memchr(ends, text.ptr[marker], 2) ? marker + 2 : i) - at;
}

static void write_run(const struct aq_styled *s, struct aq_buf *out, const struct aq_terminal *t, size_t from,
                      size_t end)
{
    while (from < end) {
        size_t to = from + 1;
        while (to < end && s->styles.ptr[to] == s->styles.ptr[from])
            to++;
        aq_terminal_put(out, t, (enum aq_style)s->styles.ptr[from], aq_slice(s->text.ptr + from, to - from));
        from = to;
    }
}

static void write_margin(struct aq_buf *out, const struct aq_terminal *t, const char *margin, bool empty)
{
    struct aq_slice whole = aq_slice_str(margin), bare = whole;
    while (bare.len && bare.ptr[bare.len - 1] == ' ')
        bare.len--;
    aq_terminal_put(out, t, bare.len ? AQ_STYLE_FAINT : AQ_STYLE_PLAIN, empty ? bare : whole);
}

void aq_styled_write(const struct aq_styled *s, struct aq_buf *out, const struct aq_terminal *t,
                     const char *margin)
{
    aq_styled_write_below(s, out, t, margin, margin);
}

void aq_styled_write_below(const struct aq_styled *s, struct aq_buf *out, const struct aq_terminal *t,
                           const char *first, const char *margin)
{
    if (s->text.failed || s->styles.failed) {
        out->failed = true;
        return;
    }
    struct aq_slice text = {s->text.ptr, s->text.len};
    size_t room = aq_terminal_room(t, margin), hang = 0;
    bool continued = false; /* the line goes on with what did not fit the one before */
    for (size_t at = 0; at < text.len;) {
        if (!continued)
            hang = hang_of(text, at);
        if (hang > room / 2)
            hang = room / 2;
        struct line line = next_line(text, at, continued ? room - hang : room);
        while (line.end > at && (text.ptr[line.end - 1] == ' ' || text.ptr[line.end - 1] == '\t'))
            line.end--;
        write_margin(out, t, at ? margin : first, line.end == at);
        if (continued && line.end > at)
            aq_buf_printf(out, "%*s", (int)hang, "");
        write_run(s, out, t, at, line.end);
        aq_buf_u8(out, '\n');
        continued = line.next > at && text.ptr[line.next - 1] != '\n';
        at = line.next;
    }
}
