/* print_thread.c - print_text.h's threads: a tree of comments in brief, with lines drawn
 * from each comment to its replies.
 *
 *   author · date · points · id
 *   │ its first words
 *   ├ author · ...
 *   │   words of a reply without replies
 *   └ author · ...
 */
#include "brief.h"
#include "date.h"
#include "print_text.h"
#include "text_parts.h"

#include <stdio.h>

/* What lies deeper is drawn at the deepest level, with its own in words: texts keep at
 * least half of the width. */
enum { LEVELS = 20, STEP = 2 /* columns a level */, LEAST_BRIEF = 60 };

struct drawing {
    struct aq_output *out;
    const struct aq_thread_view *thread;
    unsigned deepest;
    bool guessed; /* most replies stand below what they quote */
    bool later[LEVELS + 1]; /* by level: the branch at hand has a later sibling */
    struct aq_buf first, margin; /* of the comment at hand, NUL-terminated */
};

/* Whether most replies stand where they do because of what they quote: the head says it then. */
static bool mostly_guessed(const struct aq_thread_view *t)
{
    uint32_t guessed = 0;
    for (uint32_t i = 0; i < t->count; i++)
        guessed += t->comments[i].comment.guessed_parent.len > 0;
    return guessed > t->count / 2;
}

static unsigned depth_of(const struct drawing *d, uint32_t level)
{
    return level < d->deepest ? level : d->deepest;
}

/* What comes after decides: the next at this depth, before any that is less deep, is a
 * sibling. One bool a comment; NULL: no memory. */
static bool *find_last(const struct drawing *d)
{
    const struct aq_thread_view *t = d->thread;
    bool *last = calloc(t->count + (size_t)1, sizeof *last);
    bool open[LEVELS + 2] = {false};
    for (uint32_t i = t->count; last && i-- > 0;) {
        unsigned depth = depth_of(d, t->comments[i].level);
        last[i] = !open[depth];
        open[depth] = true;
        memset(open + depth + 1, 0, (LEVELS + 1 - depth) * sizeof *open);
    }
    return last;
}

static void draw_margins(struct drawing *d, unsigned depth, bool last, bool has_replies, bool asked)
{
    aq_buf_clear(&d->first);
    for (unsigned i = 1; i < depth; i++)
        aq_buf_puts(&d->first, d->later[i] ? "│ " : "  ");
    aq_buf_clear(&d->margin);
    aq_buf_put(&d->margin, d->first.ptr, d->first.len);
    if (depth) {
        aq_buf_puts(&d->first, last ? "└ " : "├ ");
        aq_buf_puts(&d->margin, last ? "  " : "│ ");
    }
    aq_buf_puts(&d->margin, has_replies ? "│ " : "  ");
    if (asked)
        aq_buf_puts(&d->first, "▸ ");
    aq_buf_u8(&d->first, 0);
    aq_buf_u8(&d->margin, 0);
    d->out->buf.failed |= d->first.failed || d->margin.failed;
}

/* Two lines of text or so, whatever the width. */
static size_t brief_bytes(const struct drawing *d)
{
    size_t room = aq_terminal_room(&d->out->terminal, (const char *)d->margin.ptr);
    if (room > AQ_BRIEF_BYTES)
        return AQ_BRIEF_BYTES;
    size_t two = room * 2 - room / 8; /* a line seldom is full */
    return two > AQ_BRIEF_BYTES ? AQ_BRIEF_BYTES : two < LEAST_BRIEF ? LEAST_BRIEF : two;
}

/* Replies to a post that is missing: many, mostly, so that the head says it once. */
static bool lacks_opener(const struct aq_thread_view *t, const struct aq_thread_comment *x)
{
    return x->detached && x->comment.parent_comment == AQ_NO_COMMENT && aq_slice_eq(x->comment.parent, t->id);
}

static void add_note(const struct drawing *d, struct aq_facts *facts, const struct aq_thread_comment *x)
{
    if (x->comment.guessed_parent.len && !d->guessed)
        aq_fact(facts, aq_slice_str("by what it quotes"), AQ_STYLE_FAINT);
    if (!x->detached || lacks_opener(d->thread, x))
        return;
    aq_fact(facts, aq_slice_str("in reply to "), AQ_STYLE_FAINT);
    aq_styled_line(&facts->line, x->comment.parent, AQ_STYLE_FAINT);
    if (x->comment.parent_comment == AQ_NO_COMMENT)
        aq_styled_str(&facts->line, ", which is not in the index", AQ_STYLE_FAINT);
}

static void write_facts(struct drawing *d, const struct aq_thread_comment *x, bool asked)
{
    const struct aq_comment_view *c = &x->comment;
    struct aq_facts facts = {0};
    char level[32];
    snprintf(level, sizeof level, "level %u", x->level);
    if (x->level > d->deepest)
        aq_fact(&facts, aq_slice_str(level), AQ_STYLE_FAINT);
    if (c->author.len)
        aq_fact(&facts, c->author, asked ? AQ_STYLE_MATCH : AQ_STYLE_STRONG);
    aq_fact_person(&facts, (struct aq_slice){0}, c->date, false, c->points);
    aq_fact(&facts, c->id, AQ_STYLE_KEY);
    add_note(d, &facts, x);
    aq_styled_write_below(&facts.line, &d->out->buf, &d->out->terminal, (const char *)d->first.ptr,
                          (const char *)d->margin.ptr);
    aq_styled_free(&facts.line);
}

static void write_words(struct drawing *d, const struct aq_comment_view *c)
{
    struct aq_styled words = {0};
    bool cut;
    aq_styled_line(&words, aq_comment_brief(c, brief_bytes(d), &cut), AQ_STYLE_PLAIN);
    if (cut)
        aq_styled_str(&words, "…", AQ_STYLE_FAINT);
    aq_styled_write(&words, &d->out->buf, &d->out->terminal, (const char *)d->margin.ptr);
    aq_styled_free(&words);
}

static void write_comment(struct drawing *d, uint32_t at, bool last)
{
    const struct aq_thread_view *t = d->thread;
    const struct aq_thread_comment *x = &t->comments[at];
    unsigned depth = depth_of(d, x->level);
    bool asked = at == t->asked && at > 0;
    bool has_replies = depth < d->deepest && at + 1 < t->count && t->comments[at + 1].level > x->level;
    d->later[depth] = !last;
    draw_margins(d, depth, last, has_replies, asked);
    if (d->out->buf.failed)
        return;
    if (at > 0 && depth == 0)
        aq_buf_u8(&d->out->buf, '\n');
    if (asked)
        aq_output_mark(d->out);
    write_facts(d, x, asked);
    write_words(d, &x->comment);
}

/* From the first to the last day, where dates are known. */
static void add_days(struct aq_facts *facts, const struct aq_thread_view *t)
{
    char from[AQ_DATE_SIZE], to[AQ_DATE_SIZE];
    int64_t first = AQ_NO_DATE, last = AQ_NO_DATE;
    for (uint32_t i = 0; i < t->count; i++) {
        int64_t date = t->comments[i].comment.date;
        if (date != AQ_NO_DATE && (first == AQ_NO_DATE || date < first))
            first = date;
        if (date > last) /* AQ_NO_DATE is the least */
            last = date;
    }
    if (first == AQ_NO_DATE)
        return;
    aq_fact(facts, aq_slice_str(aq_date_day(first, from)), AQ_STYLE_FAINT);
    if (strcmp(from, aq_date_day(last, to)) != 0) {
        aq_styled_str(&facts->line, " to ", AQ_STYLE_FAINT);
        aq_styled_str(&facts->line, to, AQ_STYLE_FAINT);
    }
}

static void write_head(const struct drawing *d)
{
    struct aq_output *out = d->out;
    const struct aq_thread_view *t = d->thread;
    const struct aq_comment_view *top = &t->comments[0].comment;
    struct aq_styled title = {0};
    struct aq_facts facts = {0};
    aq_styled_line(&title, aq_display_title(t->title, t->id, top->id), AQ_STYLE_STRONG);
    aq_styled_write(&title, &out->buf, &out->terminal, "");
    aq_styled_free(&title);
    aq_fact(&facts, aq_slice_str("thread "), AQ_STYLE_FAINT);
    aq_styled_line(&facts.line, t->id, AQ_STYLE_KEY);
    aq_fact_count(&facts, "", t->total, "comment");
    add_days(&facts, t);
    aq_facts_write(&facts, out, "");
    if (d->guessed)
        aq_text_heading(out, "replies stand below what they quote, as they do not say what they answer");
    bool lacking = false;
    for (uint32_t i = 0; i < t->count && !lacking; i++)
        lacking = lacks_opener(t, &t->comments[i]);
    if (lacking) {
        aq_text_heading(out, "the post that opens it is not in the index");
    } else if (top->url.len) {
        aq_terminal_link(&out->buf, &out->terminal, top->url, aq_terminal_room(&out->terminal, ""));
        aq_buf_u8(&out->buf, '\n');
    }
    aq_buf_u8(&out->buf, '\n');
}

static void write_rest(struct aq_output *out, uint32_t rest)
{
    char more[64];
    snprintf(more, sizeof more, "and %u more", rest);
    aq_buf_u8(&out->buf, '\n');
    aq_text_heading(out, more);
}

void aq_text_thread(struct aq_output *out, const struct aq_thread_view *t)
{
    unsigned fit = out->terminal.columns / 2 / STEP;
    struct drawing d = {.out = out, .thread = t, .deepest = fit && fit < LEVELS ? fit : LEVELS,
                        .guessed = mostly_guessed(t)};
    bool *last = find_last(&d);
    out->buf.failed |= !last;
    if (last)
        write_head(&d);
    for (uint32_t i = 0; last && i < t->count && !out->buf.failed; i++)
        write_comment(&d, i, last[i]);
    if (t->count < t->total)
        write_rest(out, t->total - t->count);
    free(last);
    aq_buf_free(&d.first);
    aq_buf_free(&d.margin);
}
