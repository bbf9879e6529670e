/* print_comment.c - print_text.h's comments, whole and in brief. */
#include "brief.h"
#include "print_text.h"
#include "text_parts.h"

#include <stdio.h>

void aq_text_heading(struct aq_output *out, const char *heading)
{
    struct aq_styled line = {0};
    aq_styled_line(&line, aq_slice_str(heading), AQ_STYLE_FAINT);
    aq_styled_write(&line, &out->buf, &out->terminal, "");
    aq_styled_free(&line);
}

/* A body on its way out. */
struct body {
    struct aq_output *out;
    struct aq_slice marked; /* the part that stands out; ptr NULL: none */
    bool started;
};

/* The line on which text goes on after `before`, which is written at this depth. */
static void mark_after(struct aq_output *out, struct aq_slice before, unsigned depth)
{
    struct aq_output draft = {.terminal = out->terminal};
    struct aq_styled text = {0};
    aq_styled_lines(&text, before, AQ_STYLE_PLAIN);
    aq_quoted_write(&draft, &text, "", depth);
    aq_styled_free(&text);
    aq_output_mark(out);
    for (size_t i = 0; i < draft.buf.len; i++)
        out->line += draft.buf.ptr[i] == '\n';
    if (before.len && before.ptr[before.len - 1] != '\n')
        out->line--;
    out->buf.failed |= draft.buf.failed;
    aq_buf_free(&draft.buf);
}

/* Writes the lines of a stretch of one depth of quotes, with a line left empty before it
 * unless it is the first. */
static void write_stretch(struct body *b, struct aq_slice text, unsigned depth)
{
    struct aq_styled styled = {0};
    while (text.len && text.ptr[0] == '\n') {
        text.ptr++;
        text.len--;
    }
    while (text.len && text.ptr[text.len - 1] == '\n')
        text.len--;
    if (text.len && b->started)
        aq_buf_u8(&b->out->buf, '\n');
    b->started |= text.len > 0;
    if (b->marked.ptr && b->marked.ptr >= text.ptr && b->marked.ptr < text.ptr + text.len) {
        struct aq_slice before = {text.ptr, (size_t)(b->marked.ptr - text.ptr)};
        size_t rest = text.len - before.len, len = b->marked.len < rest ? b->marked.len : rest;
        mark_after(b->out, before, depth);
        aq_styled_lines(&styled, before, AQ_STYLE_PLAIN);
        aq_styled_lines(&styled, aq_slice(b->marked.ptr, len), AQ_STYLE_STRONG);
        text = aq_slice(b->marked.ptr + len, rest - len);
    }
    aq_styled_lines(&styled, text, AQ_STYLE_PLAIN);
    aq_quoted_write(b->out, &styled, "", depth);
    aq_styled_free(&styled);
}

/* Passages cut long paragraphs and leave out what has no words; so stretches run
 * from where the depth changes to where it changes again. */
static void write_body(struct aq_output *out, const struct aq_comment_view *c, uint32_t passage)
{
    struct body b = {.out = out};
    size_t from = 0, end = 0; /* of the stretch, as far as it is known */
    unsigned depth = 0;
    if (c->text.len == 0) /* erased */
        return;
    if (passage < c->passage_count) {
        struct aq_range r = c->passages[passage].range;
        if (r.begin < r.end && r.end <= c->text.len)
            b.marked = aq_slice(c->text.ptr + r.begin, r.end - r.begin);
    }
    for (uint32_t i = 0; i < c->passage_count; i++) {
        const struct aq_passage_view *p = &c->passages[i];
        if (p->range.begin < end || p->range.end > c->text.len || p->range.begin > p->range.end)
            continue;
        if (p->quote_depth != depth) {
            if (depth == 0) /* what lies between belongs to the author */
                end = p->range.begin;
            write_stretch(&b, aq_slice(c->text.ptr + from, end - from), depth);
            from = end;
            if (p->quote_depth) {
                if (depth)
                    write_stretch(&b, aq_slice(c->text.ptr + from, p->range.begin - from), 0);
                from = p->range.begin;
            }
            depth = p->quote_depth;
        }
        end = p->range.end;
    }
    write_stretch(&b, aq_slice(c->text.ptr + from, (depth ? end : c->text.len) - from), depth);
    if (depth)
        write_stretch(&b, aq_slice(c->text.ptr + end, c->text.len - end), 0);
}

void aq_text_comment(struct aq_output *out, const struct aq_comment_view *c, uint32_t passage)
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
    write_body(out, c, passage);
}

enum { BRIEF_LEVELS = 8 };

/* first, as wide as margin, stands before the first line. */
static void write_brief(struct aq_output *out, const struct aq_comment_view *c, const char *first, const char *margin,
                        enum aq_style style)
{
    struct aq_facts facts = {0};
    struct aq_styled text = {0};
    bool cut;
    aq_fact(&facts, c->id, AQ_STYLE_KEY);
    aq_fact_person(&facts, c->author, c->date, false, c->points);
    aq_styled_write_below(&facts.line, &out->buf, &out->terminal, first, margin);
    aq_styled_free(&facts.line);
    aq_styled_line(&text, aq_comment_brief(c, AQ_BRIEF_BYTES, &cut), style);
    if (cut)
        aq_styled_str(&text, "…", AQ_STYLE_FAINT);
    aq_styled_write(&text, &out->buf, &out->terminal, margin);
    aq_styled_free(&text);
}

void aq_text_brief(struct aq_output *out, const struct aq_comment_view *c, unsigned level)
{
    char margin[2 * BRIEF_LEVELS + 1];
    snprintf(margin, sizeof margin, "%*s", (int)(2 * (level < BRIEF_LEVELS ? level : BRIEF_LEVELS)), "");
    write_brief(out, c, margin, margin, AQ_STYLE_PLAIN);
}

void aq_text_above(struct aq_output *out, const struct aq_thread_view *around)
{
    for (uint32_t i = 0; around && i < around->asked; i++)
        write_brief(out, &around->comments[i].comment, "  ↑ ", "    ", AQ_STYLE_FAINT);
}

void aq_text_below(struct aq_output *out, const struct aq_thread_view *around)
{
    for (uint32_t i = around ? around->asked + 1 : 0; around && i < around->count; i++)
        write_brief(out, &around->comments[i].comment, "  ↓ ", "    ", AQ_STYLE_FAINT);
}
