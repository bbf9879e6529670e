/* cmd_show.c - aq show ID: one comment whole, what it replies to and its replies in
 * brief. */
#include "cli.h"
#include "print_text.h"
#include "records.h"
#include "template.h"

#include <stdio.h>

enum { CONTEXT = 1, CONTEXT_MOST = 100, REPLIES_SHOWN = 500, PASSAGE_MOST = 65535 };

#define FIELD(name) offsetof(struct aq_settings, name)
static const struct aq_option options[] = {
    {.name = "context", .letter = 'C', .kind = AQ_OPTION_NUMBER, .field = FIELD(context), .value = "N",
     .max = CONTEXT_MOST,
     .help = "levels of parents above and of replies below (default 1; 0: none)"},
    {.name = "passage", .kind = AQ_OPTION_NUMBER, .field = FIELD(passage), .value = "N", .max = PASSAGE_MOST,
     .never_saved = true,
     .help = "open the pager at this passage, the ordinal of a hit, and let it stand out"},
    {.name = "format", .kind = AQ_OPTION_TEXT, .field = FIELD(template), .value = "TEMPLATE",
     .help = "print each comment as this says: '{id}\\t{author}\\t{snippet}'",
     .more = "See FORMATS."},
};

/* ---- printing ---- */

static void name_parent(struct aq_cli *cli, const struct aq_comment_view *c)
{
    struct aq_buf text = {0};
    aq_buf_puts(&text, "in reply to ");
    aq_text_clean(&text, c->parent);
    if (c->parent_comment == AQ_NO_COMMENT)
        aq_buf_puts(&text, ", which is not in the index");
    aq_buf_u8(&text, 0);
    if (text.failed)
        cli->out.buf.failed = true;
    else
        aq_text_heading(&cli->out, (const char *)text.ptr);
    aq_buf_u8(&cli->out.buf, '\n');
    aq_buf_free(&text);
}

static void print_replies(struct aq_cli *cli, const struct aq_thread_view *around)
{
    const struct aq_thread_comment *self = &around->comments[around->asked];
    uint32_t count = 0;
    char heading[64];
    for (uint32_t i = around->asked + 1; i < around->count; i++)
        count += around->comments[i].level == self->level + 1;
    count = count > self->comment.reply_count ? count : self->comment.reply_count; /* some may not be shown */
    snprintf(heading, sizeof heading, "%u repl%s", count, count == 1 ? "y" : "ies");
    aq_buf_u8(&cli->out.buf, '\n');
    aq_text_heading(&cli->out, heading);
    for (uint32_t i = around->asked + 1; i < around->count; i++) {
        const struct aq_thread_comment *reply = &around->comments[i];
        aq_buf_u8(&cli->out.buf, '\n');
        aq_text_brief(&cli->out, &reply->comment, reply->level - self->level);
    }
    if (around->count < around->total) {
        snprintf(heading, sizeof heading, "and %u more", around->total - around->count);
        aq_buf_u8(&cli->out.buf, '\n');
        aq_text_heading(&cli->out, heading);
    }
}

enum { QUOTERS_SHOWN = 20 };

static void name_comment(struct aq_styled *line, struct aq_slice author, struct aq_slice id)
{
    if (author.len) {
        aq_styled_line(line, author, AQ_STYLE_FAINT);
        aq_styled_str(line, ", ", AQ_STYLE_FAINT);
    }
    aq_styled_line(line, id, AQ_STYLE_KEY);
}

/* Whom the comment quotes: each source once, in the order of the text; and whether there
 * are quotes whose original is not known. */
static void print_sources(struct aq_cli *cli, const struct aq_comment_view *c)
{
    bool unknown = false, any = false;
    for (uint32_t i = 0; i < c->passage_count && !any; i++)
        any = c->passages[i].quote_depth || c->passages[i].source != AQ_NO_COMMENT;
    if (any)
        aq_buf_u8(&cli->out.buf, '\n');
    for (uint32_t i = 0; i < c->passage_count; i++) {
        const struct aq_passage_view *p = &c->passages[i];
        struct aq_styled line = {0};
        uint32_t before = 0;
        unknown |= p->quote_depth && p->source == AQ_NO_COMMENT;
        while (before < i && c->passages[before].source != p->source)
            before++;
        if (p->source == AQ_NO_COMMENT || before < i)
            continue;
        aq_styled_str(&line, "quoting ", AQ_STYLE_FAINT);
        name_comment(&line, p->source_author, p->source_id);
        aq_styled_write(&line, &cli->out.buf, &cli->out.terminal, "");
        aq_styled_free(&line);
    }
    if (unknown)
        aq_text_heading(&cli->out, "quoting what is not in the index");
}

static enum aq_status print_quoters(struct aq_cli *cli, const struct aq_comment_view *c)
{
    char heading[64];
    enum aq_status st = AQ_OK;
    snprintf(heading, sizeof heading, "quoted by %u", c->quoted_by_count);
    aq_buf_u8(&cli->out.buf, '\n');
    aq_text_heading(&cli->out, heading);
    for (uint32_t i = 0; i < c->quoted_by_count && i < QUOTERS_SHOWN && !st; i++) {
        struct aq_comment_view *by;
        struct aq_styled line = {0};
        st = aq_comment_get(cli->reader, (struct aq_slice){0}, c->quoted_by[i], &by, &cli->err);
        if (st)
            break;
        name_comment(&line, by->author, by->id);
        aq_styled_write(&line, &cli->out.buf, &cli->out.terminal, "  ");
        aq_styled_free(&line);
        aq_comment_free(by);
    }
    if (c->quoted_by_count > QUOTERS_SHOWN)
        aq_text_heading(&cli->out, "  and others: search for quotes:ID");
    return st;
}

/* On a page: parents from the farthest down, the comment, its replies. */
static enum aq_status print_page(struct aq_cli *cli, const struct aq_thread_view *around)
{
    const struct aq_comment_view *c = &around->comments[around->asked].comment;
    if (around->asked)
        aq_text_heading(&cli->out, c->guessed_parent.len ? "most likely in reply to" : "in reply to");
    else if (cli->set.context && c->parent.len)
        name_parent(cli, c);
    for (uint32_t i = 0; i < around->asked; i++) {
        if (i)
            aq_buf_u8(&cli->out.buf, '\n');
        aq_text_brief(&cli->out, &around->comments[i].comment, 1);
    }
    if (around->asked)
        aq_buf_u8(&cli->out.buf, '\n');
    uint64_t passage = cli->set.passage;
    aq_text_comment(&cli->out, c, passage == AQ_NOT_GIVEN ? AQ_NO_PASSAGE : (uint32_t)passage);
    if (c->text.len)
        print_sources(cli, c);
    enum aq_status st = c->quoted_by_count ? print_quoters(cli, c) : AQ_OK;
    if (!st && cli->set.context && (c->reply_count || around->count > around->asked + 1))
        print_replies(cli, around);
    return st;
}

/* The comment, its parents from the nearest up, its replies. */
static void print_records(struct aq_cli *cli, const struct aq_thread_view *around, const struct aq_template *format)
{
    uint32_t self = around->asked, base = around->comments[self].level;
    for (uint32_t i = 0; i < around->count; i++) {
        const struct aq_thread_comment *x = &around->comments[i <= self ? self - i : i];
        const char *relation = i == 0 ? "self" : i <= self ? "parent" : "reply";
        unsigned level = i <= self ? i : x->level - base;
        if (format)
            aq_template_write(format, &cli->out.buf, &(struct aq_comment_record){&x->comment, relation, level});
        else
            aq_json_comment(&cli->out.buf, &x->comment, relation, level);
    }
}

/* ---- the command ---- */

static enum aq_status read_around(struct aq_cli *cli, struct aq_slice id, struct aq_thread_view **around)
{
    uint32_t levels = (uint32_t)cli->set.context;
    struct aq_thread_request request = {
        .id = id, .limit = REPLIES_SHOWN, .around = true, .above = levels, .below = levels};
    enum aq_status st = aq_thread_read(cli->reader, &request, around, &cli->err);
    if (st || cli->set.passage == AQ_NOT_GIVEN)
        return st;
    uint32_t count = (*around)->comments[(*around)->asked].comment.passage_count;
    if (cli->set.passage < count)
        return AQ_OK;
    return aq_fail(&cli->err, AQ_SYNTAX, "--passage %llu: the comment has %u passage%s, counted from 0",
                   (unsigned long long)cli->set.passage, count, count == 1 ? "" : "s");
}

static int show(struct aq_cli *cli)
{
    struct aq_thread_view *around = NULL;
    struct aq_template format;
    bool formatted = cli->set.template;
    if (cli->words.count != 1)
        return aq_cli_one_id(cli, "show", "one comment");
    if (cli->set.context == AQ_NOT_GIVEN)
        cli->set.context = CONTEXT;
    if (aq_cli_one_form(cli) ||
        (formatted && aq_template_of_comments(cli->set.template, &cli->arena, &format, &cli->err)))
        return aq_cli_fail(cli);
    int status = aq_cli_open(cli);
    if (status)
        return status;
    struct aq_slice id = aq_slice_str(cli->words.items[0]);
    enum aq_status st = read_around(cli, id, &around);
    if (st == AQ_NOTFOUND)
        return aq_cli_no_such(cli, "show", "comment", id);
    if (!st && !cli->set.quiet) {
        if (cli->set.json || formatted)
            print_records(cli, around, formatted ? &format : NULL);
        else
            st = print_page(cli, around);
    }
    aq_thread_free(around);
    cli->out.page = !cli->set.json && !formatted && !cli->set.no_pager;
    return st ? aq_cli_fail(cli) : AQ_EXIT_HIT;
}

const struct aq_command aq_command_show = {
    {.name = "show",
     .words = "ID",
     .summary = "print a comment, what it replies to and its replies",
     .details = "The comment is printed whole; above it, in brief, what it replies to, and below it the "
                "replies. Ids are printed below each hit of a search. The id of a thread means the comment "
                "that opens it.",
     .options = {"Show options", options, AQ_COUNT(options)}},
    show,
};
