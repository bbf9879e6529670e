/* print_text.c - see print_text.h. */
#include "print_text.h"

#include "date.h"

#include <stdarg.h>
#include <stdio.h>

/* ---- small parts ---- */

const char *aq_text_count(uint64_t n, char text[AQ_COUNT_SIZE])
{
    char plain[AQ_COUNT_SIZE];
    int len = snprintf(plain, sizeof plain, "%llu", (unsigned long long)n);
    char *to = text;
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            *to++ = ',';
        *to++ = plain[i];
    }
    *to = 0;
    return text;
}

/* "quote" in the margin: a bar on a terminal, what mail uses elsewhere. */
static void quote_margin(struct aq_buf *margin, const struct aq_terminal *t, const char *indent, unsigned depth)
{
    aq_buf_clear(margin);
    aq_buf_puts(margin, indent);
    for (unsigned i = 0; i < depth; i++)
        aq_buf_puts(margin, t->tty ? "│ " : "> ");
    aq_buf_u8(margin, 0);
}

/* Facts on one line, parted by dots. */
struct facts {
    struct aq_styled line;
};

static void fact(struct facts *f, struct aq_slice text, enum aq_style style)
{
    if (f->line.text.len)
        aq_styled_str(&f->line, " · ", AQ_STYLE_FAINT);
    aq_styled_line(&f->line, text, style);
}

static void fact_count(struct facts *f, const char *before, int64_t n, const char *unit)
{
    char text[80];
    snprintf(text, sizeof text, "%s%lld %s%s", before, (long long)n, unit, n == 1 || n == -1 ? "" : "s");
    fact(f, aq_slice_str(text), AQ_STYLE_FAINT);
}

static void facts_write(struct facts *f, struct aq_output *out, const char *margin)
{
    aq_styled_write(&f->line, &out->buf, &out->terminal, margin);
    aq_styled_free(&f->line);
}

static void fact_person(struct facts *f, struct aq_slice author, int64_t date, bool with_time, int32_t points)
{
    char text[AQ_DATE_SIZE];
    if (author.len)
        fact(f, author, AQ_STYLE_PLAIN);
    if (with_time)
        aq_date_full(date, text);
    else
        aq_date_day(date, text);
    if (*text)
        fact(f, aq_slice_str(text), AQ_STYLE_FAINT);
    if (points != AQ_NO_SCORE)
        fact_count(f, "", points, "point");
}

/* "id  https://..." */
static void write_address(struct aq_output *out, struct aq_slice id, struct aq_slice url, const char *margin)
{
    struct aq_buf clean = {0};
    aq_text_clean(&clean, id);
    for (size_t i = 0; i < clean.len; i++)
        if (clean.ptr[i] == '\n')
            clean.ptr[i] = ' ';
    struct aq_slice shown = {clean.ptr, clean.len};
    size_t room = aq_terminal_room(&out->terminal, margin);
    aq_buf_puts(&out->buf, margin);
    if (!aq_slice_eq(id, url)) {
        aq_terminal_put(&out->buf, &out->terminal, AQ_STYLE_KEY, shown);
        size_t used = aq_text_width(shown) + 2;
        room = room == SIZE_MAX ? room : used < room ? room - used : 1;
        if (url.len)
            aq_buf_puts(&out->buf, "  ");
    }
    if (url.len)
        aq_terminal_link(&out->buf, &out->terminal, url, room);
    aq_buf_u8(&out->buf, '\n');
    out->buf.failed |= clean.failed;
    aq_buf_free(&clean);
}

/* ---- hits ---- */

static const char indent[] = "  ";

/* What stands for a title where there is none. */
static struct aq_slice name_of(struct aq_slice title, struct aq_slice thread, struct aq_slice id)
{
    return title.len ? title : thread.len ? thread : id;
}

static void write_title(struct aq_output *out, const struct aq_hit *hit)
{
    struct aq_styled line = {0};
    struct aq_slice name = name_of(hit->title, hit->thread, hit->id);
    struct aq_range whole = {0, (uint32_t)name.len};
    aq_styled_marked(&line, name, whole, hit->title_ranges, hit->title.len ? hit->title_range_count : 0,
                     AQ_STYLE_STRONG);
    if (hit->parent.len)
        aq_styled_str(&line, " [reply]", AQ_STYLE_FAINT);
    aq_styled_write(&line, &out->buf, &out->terminal, "");
    aq_styled_free(&line);
}

static void write_snippet(struct aq_output *out, const struct aq_hit *hit)
{
    struct aq_styled text = {0};
    struct aq_buf margin = {0};
    struct aq_range part = hit->snippet;
    if (part.end > hit->passage.len || part.begin >= part.end)
        part = (struct aq_range){0, (uint32_t)hit->passage.len};
    if (part.begin > 0)
        aq_styled_str(&text, "…", AQ_STYLE_FAINT);
    aq_styled_marked(&text, hit->passage, part, hit->ranges, hit->range_count, AQ_STYLE_PLAIN);
    while (text.text.len && text.text.ptr[text.text.len - 1] == ' ') {
        text.text.len--;
        text.styles.len--;
    }
    if (part.end < hit->passage.len)
        aq_styled_str(&text, "…", AQ_STYLE_FAINT);
    quote_margin(&margin, &out->terminal, indent, hit->quote_depth);
    if (margin.failed)
        out->buf.failed = true;
    else
        aq_styled_write(&text, &out->buf, &out->terminal, (const char *)margin.ptr);
    aq_buf_free(&margin);
    aq_styled_free(&text);
}

/* note_words: say of this hit that it lacks some word. */
static void write_hit(struct aq_output *out, const struct aq_hit *hit, enum aq_group group, bool note_words)
{
    struct facts facts = {0};
    write_title(out, hit);
    fact_person(&facts, hit->author, hit->date, false, hit->points);
    if (hit->more)
        fact_count(&facts, hit->more_at_least ? "at least " : "", hit->more, "more passage");
    if (hit->more && group == AQ_GROUP_THREAD)
        aq_styled_str(&facts.line, " in the thread", AQ_STYLE_FAINT);
    if (hit->more && group == AQ_GROUP_AUTHOR)
        aq_styled_str(&facts.line, " by this author", AQ_STYLE_FAINT);
    if (hit->quote_depth)
        fact(&facts, aq_slice_str("quote"), AQ_STYLE_FAINT);
    if (note_words)
        fact(&facts, aq_slice_str("not all words"), AQ_STYLE_FAINT);
    facts_write(&facts, out, indent);
    write_snippet(out, hit);
    write_address(out, hit->id, hit->url, indent);
}

enum { WORDS_TIERED = 4 }; /* aq_search puts passages with all words first up to here */

static unsigned count_words(struct aq_slice query)
{
    unsigned n = 0;
    bool inside = false;
    for (size_t i = 0; i < query.len; i++) {
        bool space = query.ptr[i] == ' ' || (query.ptr[i] >= '\t' && query.ptr[i] <= '\r');
        n += !space && !inside;
        inside = !space;
    }
    return n;
}

/* Index of the first hit that lacks a word when none after it has all; else UINT32_MAX. */
static uint32_t first_without(const struct aq_result *result)
{
    uint32_t i = result->hit_count;
    while (i > 0 && !result->hits[i - 1].all_words)
        i--;
    for (uint32_t j = 0; j < i; j++)
        if (!result->hits[j].all_words)
            return UINT32_MAX;
    return i < result->hit_count ? i : UINT32_MAX;
}

void aq_text_hits(struct aq_output *out, const struct aq_search_request *request, const struct aq_result *result)
{
    bool short_query = count_words(request->query) <= WORDS_TIERED;
    bool tiered = short_query && request->sort == AQ_SORT_RELEVANCE;
    uint32_t divide = tiered ? first_without(result) : UINT32_MAX;
    for (uint32_t i = 0; i < result->hit_count; i++) {
        const struct aq_hit *hit = &result->hits[i];
        if (i)
            aq_buf_u8(&out->buf, '\n');
        if (i == divide) {
            aq_text_heading(out, "— not all words —");
            aq_buf_u8(&out->buf, '\n');
        }
        write_hit(out, hit, request->group, short_query && divide == UINT32_MAX && !hit->all_words);
    }
}

/* ---- totals ---- */

static void write_ignored(struct aq_styled *line, const char *label, const struct aq_slice *words, uint32_t count)
{
    aq_styled_str(line, label, AQ_STYLE_FAINT);
    for (uint32_t i = 0; i < count; i++) {
        aq_styled_str(line, i ? ", " : " ", AQ_STYLE_FAINT);
        aq_styled_line(line, words[i], AQ_STYLE_PLAIN);
    }
    aq_styled_str(line, "\n", AQ_STYLE_PLAIN);
}

void aq_text_totals(struct aq_buf *out, const struct aq_terminal *t, const struct aq_search_request *request,
                    const struct aq_result *result)
{
    static const char *const units[] = {[AQ_GROUP_COMMENT] = "comment",
                                        [AQ_GROUP_NONE] = "passage",
                                        [AQ_GROUP_THREAD] = "thread",
                                        [AQ_GROUP_AUTHOR] = "author"};
    uint64_t total = request->group == AQ_GROUP_NONE ? result->total_passages : result->total_groups;
    const char *unit = units[request->group];
    char count[AQ_COUNT_SIZE], text[160], time[32];
    double ms = (double)result->micros / 1000;
    snprintf(time, sizeof time, "%.*f ms", ms < 10 ? 1 : 0, ms);
    aq_text_count(total, count);
    const char *least = result->total_at_least ? "at least " : "";
    const char *plural = total == 1 ? "" : "s";
    if (total == 0)
        snprintf(text, sizeof text, "no %s found, %s\n", unit, time);
    else if (result->hit_count == 0)
        snprintf(text, sizeof text, "no more: %s%s %s%s, %s\n", least, count, unit, plural, time);
    else if (request->offset)
        snprintf(text, sizeof text, "%u to %llu of %s%s %s%s, %s\n", request->offset + 1,
                 (unsigned long long)request->offset + result->hit_count, least, count, unit, plural, time);
    else if (result->hit_count < total)
        snprintf(text, sizeof text, "%u of %s%s %s%s, %s\n", result->hit_count, least, count, unit, plural, time);
    else
        snprintf(text, sizeof text, "%s%s %s%s, %s\n", least, count, unit, plural, time);
    struct aq_styled line = {0};
    if (result->hit_count)
        aq_buf_u8(out, '\n');
    aq_styled_str(&line, text, AQ_STYLE_FAINT);
    if (result->ignored_count)
        write_ignored(&line, "no comment has:", result->ignored, result->ignored_count);
    if (result->partial & AQ_PARTIAL_TERMS)
        aq_styled_str(&line, "only the first 32 words were searched for\n", AQ_STYLE_FAINT);
    aq_styled_write(&line, out, t, "");
    aq_styled_free(&line);
}

/* ---- comments ---- */

/* Lines of a passage or of what lies between passages. The line feeds around it are
 * left to the caller. */
static void write_part(struct aq_output *out, struct aq_slice text, unsigned depth)
{
    struct aq_styled styled = {0};
    struct aq_buf margin = {0};
    quote_margin(&margin, &out->terminal, "", depth);
    aq_styled_lines(&styled, text, AQ_STYLE_PLAIN);
    if (margin.failed)
        out->buf.failed = true;
    else
        aq_styled_write(&styled, &out->buf, &out->terminal, (const char *)margin.ptr);
    aq_buf_free(&margin);
    aq_styled_free(&styled);
}

/* Writes text[from, end) with the depth of a quote, after `gaps` line feeds seen
 * since what was written last: one ends that line, more leave a line empty. */
static void write_between(struct aq_output *out, struct aq_slice text, size_t from, size_t end, unsigned depth,
                          bool *started, size_t *gaps)
{
    while (from < end && text.ptr[from] == '\n') {
        from++;
        ++*gaps;
    }
    size_t stop = end;
    while (stop > from && text.ptr[stop - 1] == '\n')
        stop--;
    if (stop == from)
        return;
    if (*started && *gaps > 1)
        aq_buf_u8(&out->buf, '\n');
    write_part(out, aq_slice(text.ptr + from, stop - from), depth);
    *started = true;
    *gaps = end - stop;
}

static void write_body(struct aq_output *out, const struct aq_comment_view *c)
{
    size_t at = 0, gaps = 0;
    bool started = false;
    for (uint32_t i = 0; i < c->passage_count; i++) {
        const struct aq_passage_view *p = &c->passages[i];
        if (p->range.begin < at || p->range.end > c->text.len || p->range.begin > p->range.end)
            continue;
        write_between(out, c->text, at, p->range.begin, 0, &started, &gaps);
        write_between(out, c->text, p->range.begin, p->range.end, p->quote_depth, &started, &gaps);
        at = p->range.end;
    }
    write_between(out, c->text, at, c->text.len, 0, &started, &gaps);
}

void aq_text_comment(struct aq_output *out, const struct aq_comment_view *c)
{
    struct aq_styled title = {0};
    struct facts facts = {0};
    struct aq_slice own = c->title.len ? c->title : c->thread_title;
    aq_styled_line(&title, name_of(own, c->thread, c->id), AQ_STYLE_STRONG);
    if (c->parent.len)
        aq_styled_str(&title, " [reply]", AQ_STYLE_FAINT);
    aq_styled_write(&title, &out->buf, &out->terminal, "");
    aq_styled_free(&title);
    fact_person(&facts, c->author, c->date, true, c->points);
    if (c->source.len)
        fact(&facts, c->source, AQ_STYLE_FAINT);
    facts_write(&facts, out, "");
    facts = (struct facts){0};
    for (uint32_t i = 0; i < c->tag_count; i++) {
        aq_styled_str(&facts.line, i ? ", " : "tags: ", AQ_STYLE_FAINT);
        aq_styled_line(&facts.line, c->tags[i], AQ_STYLE_FAINT);
    }
    facts_write(&facts, out, "");
    write_address(out, c->id, c->url, "");
    aq_buf_u8(&out->buf, '\n');
    write_body(out, c);
}

void aq_text_heading(struct aq_output *out, const char *heading)
{
    struct aq_styled line = {0};
    aq_styled_str(&line, heading, AQ_STYLE_FAINT);
    aq_styled_write(&line, &out->buf, &out->terminal, "");
    aq_styled_free(&line);
}

enum { BRIEF_CHARS = 160, BRIEF_LEVELS = 8 };

/* The start of what the author wrote: quotes are passed over. */
static struct aq_slice own_words(const struct aq_comment_view *c)
{
    for (uint32_t i = 0; i < c->passage_count; i++) {
        struct aq_range r = c->passages[i].range;
        if (c->passages[i].quote_depth == 0 && r.begin < r.end && r.end <= c->text.len)
            return aq_slice(c->text.ptr + r.begin, r.end - r.begin);
    }
    return c->text;
}

/* Cuts s at a space near `most` bytes, never within a character. */
static struct aq_slice beginning(struct aq_slice s, size_t most)
{
    if (s.len <= most)
        return s;
    size_t end = most;
    while (end > most / 2 && s.ptr[end] != ' ' && s.ptr[end] != '\n')
        end--;
    if (end == most / 2)
        end = most;
    while (end > 0 && (s.ptr[end] & 0xc0) == 0x80)
        end--;
    return aq_slice(s.ptr, end);
}

void aq_text_brief(struct aq_output *out, const struct aq_comment_view *c, unsigned level)
{
    struct facts facts = {0};
    struct aq_styled text = {0};
    struct aq_buf margin = {0};
    unsigned deep = level < BRIEF_LEVELS ? level : BRIEF_LEVELS;
    aq_buf_printf(&margin, "%*s", (int)(deep * 2), "");
    aq_buf_u8(&margin, 0);
    struct aq_slice words = own_words(c), start = beginning(words, BRIEF_CHARS);
    fact(&facts, c->id, AQ_STYLE_KEY);
    fact_person(&facts, c->author, c->date, false, c->points);
    aq_styled_line(&text, start, AQ_STYLE_PLAIN);
    if (start.len < words.len)
        aq_styled_str(&text, "…", AQ_STYLE_FAINT);
    if (margin.failed) {
        out->buf.failed = true;
        aq_styled_free(&facts.line);
    } else {
        facts_write(&facts, out, (const char *)margin.ptr);
        aq_styled_write(&text, &out->buf, &out->terminal, (const char *)margin.ptr);
    }
    aq_styled_free(&text);
    aq_buf_free(&margin);
}

/* ---- figures ---- */

static const char *bytes_of(uint64_t n, char text[AQ_COUNT_SIZE])
{
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB"};
    double v = (double)n;
    size_t unit = 0;
    while (v >= 999.5 && unit + 1 < AQ_COUNT(units)) {
        v /= 1000;
        unit++;
    }
    snprintf(text, AQ_COUNT_SIZE, "%.*f %s", unit && v < 99.95 ? 1 : 0, v, units[unit]);
    return text;
}

static void row(struct aq_output *out, const char *name, const char *fmt, ...) AQ_PRINTF(3, 4);
static void row(struct aq_output *out, const char *name, const char *fmt, ...)
{
    char value[640];
    struct aq_buf padded = {0};
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(value, sizeof value, fmt, ap);
    va_end(ap);
    aq_buf_printf(&padded, "%-14s", name);
    if (!padded.failed)
        aq_terminal_put(&out->buf, &out->terminal, AQ_STYLE_FAINT, aq_slice(padded.ptr, padded.len));
    aq_text_clean(&out->buf, aq_slice_str(value));
    aq_buf_u8(&out->buf, '\n');
    out->buf.failed |= padded.failed;
    aq_buf_free(&padded);
}

void aq_text_stats(struct aq_output *out, const char *dir, const struct aq_index_stats *s)
{
    char a[AQ_COUNT_SIZE], b[AQ_COUNT_SIZE], c[AQ_COUNT_SIZE], d[AQ_COUNT_SIZE];
    char first[AQ_DATE_SIZE], last[AQ_DATE_SIZE];
    row(out, "index", "%.500s", dir);
    row(out, "comments", "%s in %s thread%s by %s author%s", aq_text_count(s->comments, a),
        aq_text_count(s->threads, b), s->threads == 1 ? "" : "s", aq_text_count(s->authors, c),
        s->authors == 1 ? "" : "s");
    if (*aq_date_day(s->first_date, first) && *aq_date_day(s->last_date, last))
        row(out, "dates", "%s to %s", first, last);
    row(out, "passages", "%s: %s quotes, %s hidden, %s deleted", aq_text_count(s->passages, a),
        aq_text_count(s->quote_passages, b), aq_text_count(s->hidden_passages, c),
        aq_text_count(s->deleted_passages, d));
    row(out, "words", "%s", aq_text_count(s->tokens, a));
    row(out, "terms", "%s", aq_text_count(s->terms, a));
    row(out, "postings", "%s", aq_text_count(s->postings, a));
    row(out, "segments", "%u, and %s comment%s pending", s->segments, aq_text_count(s->pending_comments, a),
        s->pending_comments == 1 ? "" : "s");
    row(out, "text", "%s, stored in %s", bytes_of(s->text_bytes, a), bytes_of(s->stored_text_bytes, b));
    row(out, "postings in", "%s, lengths in %s, the rest in %s", bytes_of(s->posting_bytes, a),
        bytes_of(s->norm_bytes, b), bytes_of(s->other_bytes, c));
    row(out, "file", "%s, %s of it free", bytes_of(s->file_bytes, a), bytes_of(s->free_bytes, b));
    row(out, "language", "%.*s", (int)sizeof s->language, s->language);
    row(out, "analyzer", "%.*s", (int)sizeof s->analyzer, s->analyzer);
    row(out, "version", "format %u, generation %u, commit %llu", s->format_version, s->generation,
        (unsigned long long)s->commit);
}
