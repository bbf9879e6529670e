/* print_comment.c - print_text.h's comments, whole and in brief. */
#include "print_text.h"
#include "text_parts.h"

void aq_text_heading(struct aq_output *out, const char *heading)
{
    struct aq_styled line = {0};
    aq_styled_line(&line, aq_slice_str(heading), AQ_STYLE_FAINT);
    aq_styled_write(&line, &out->buf, &out->terminal, "");
    aq_styled_free(&line);
}

/* Writes the lines of text[from, end), a stretch of one depth of quotes, with a line
 * left empty before it unless it is the first. */
static void write_stretch(struct aq_output *out, struct aq_slice text, unsigned depth, bool *started)
{
    struct aq_styled styled = {0};
    while (text.len && text.ptr[0] == '\n') {
        text.ptr++;
        text.len--;
    }
    while (text.len && text.ptr[text.len - 1] == '\n')
        text.len--;
    if (text.len && *started)
        aq_buf_u8(&out->buf, '\n');
    *started |= text.len > 0;
    aq_styled_lines(&styled, text, AQ_STYLE_PLAIN);
    aq_quoted_write(out, &styled, "", depth);
    aq_styled_free(&styled);
}

/* Passages cut long paragraphs and leave out what has no words; so stretches run
 * from where the depth changes to where it changes again. */
static void write_body(struct aq_output *out, const struct aq_comment_view *c)
{
    size_t from = 0, end = 0; /* of the stretch, as far as it is known */
    unsigned depth = 0;
    bool started = false;
    if (c->text.len == 0) /* erased */
        return;
    for (uint32_t i = 0; i < c->passage_count; i++) {
        const struct aq_passage_view *p = &c->passages[i];
        if (p->range.begin < end || p->range.end > c->text.len || p->range.begin > p->range.end)
            continue;
        if (p->quote_depth != depth) {
            if (depth == 0) /* what lies between belongs to the author */
                end = p->range.begin;
            write_stretch(out, aq_slice(c->text.ptr + from, end - from), depth, &started);
            from = end;
            if (p->quote_depth) {
                if (depth)
                    write_stretch(out, aq_slice(c->text.ptr + from, p->range.begin - from), 0, &started);
                from = p->range.begin;
            }
            depth = p->quote_depth;
        }
        end = p->range.end;
    }
    write_stretch(out, aq_slice(c->text.ptr + from, (depth ? end : c->text.len) - from), depth, &started);
    if (depth)
        write_stretch(out, aq_slice(c->text.ptr + end, c->text.len - end), 0, &started);
}

void aq_text_comment(struct aq_output *out, const struct aq_comment_view *c)
{
    struct aq_styled title = {0};
    struct aq_facts facts = {0};
    struct aq_slice own = c->title.len ? c->title : c->thread_title;
    aq_styled_line(&title, aq_display_title(own, c->thread, c->id), AQ_STYLE_STRONG);
    if (c->parent.len)
        aq_styled_str(&title, " [reply]", AQ_STYLE_FAINT);
    aq_styled_write(&title, &out->buf, &out->terminal, "");
    aq_styled_free(&title);
    aq_fact_person(&facts, c->author, c->date, true, c->points);
    if (c->thread.len && !aq_slice_eq(c->thread, c->id)) {
        aq_fact(&facts, aq_slice_str("thread "), AQ_STYLE_FAINT);
        aq_styled_line(&facts.line, c->thread, AQ_STYLE_KEY);
    }
    if (c->source.len)
        aq_fact(&facts, c->source, AQ_STYLE_FAINT);
    aq_facts_write(&facts, out, "");
    facts = (struct aq_facts){0};
    for (uint32_t i = 0; i < c->tag_count; i++) {
        aq_styled_str(&facts.line, i ? ", " : "tags: ", AQ_STYLE_FAINT);
        aq_styled_line(&facts.line, c->tags[i], AQ_STYLE_FAINT);
    }
    aq_facts_write(&facts, out, "");
    aq_address_write(out, c->id, c->url, "");
    aq_buf_u8(&out->buf, '\n');
    write_body(out, c);
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
    struct aq_facts facts = {0};
    struct aq_styled text = {0};
    struct aq_buf margin = {0};
    unsigned deep = level < BRIEF_LEVELS ? level : BRIEF_LEVELS;
    aq_buf_printf(&margin, "%*s", (int)(deep * 2), "");
    aq_buf_u8(&margin, 0);
    struct aq_slice words = own_words(c), start = beginning(words, BRIEF_CHARS);
    aq_fact(&facts, c->id, AQ_STYLE_KEY);
    aq_fact_person(&facts, c->author, c->date, false, c->points);
    aq_styled_line(&text, start, AQ_STYLE_PLAIN);
    if (start.len < words.len)
        aq_styled_str(&text, "…", AQ_STYLE_FAINT);
    if (margin.failed) {
        out->buf.failed = true;
        aq_styled_free(&facts.line);
    } else {
        aq_facts_write(&facts, out, (const char *)margin.ptr);
        aq_styled_write(&text, &out->buf, &out->terminal, (const char *)margin.ptr);
    }
    aq_styled_free(&text);
    aq_buf_free(&margin);
}
