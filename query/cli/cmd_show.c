/* cmd_show.c - aq show ID: one comment whole, what it replies to and its replies in
 * brief. */
#include "cli.h"
#include "print_json.h"
#include "print_text.h"

#include <stdio.h>

enum { CONTEXT_MOST = 100, REPLIES_SHOWN = 500 };

static const struct aq_option options[] = {
    {.name = "context", .letter = 'C', .kind = AQ_OPTION_NUMBER,
     .field = offsetof(struct aq_settings, context), .value = "N", .max = CONTEXT_MOST,
     .help = "levels of parents above and of replies below (default 1; 0: none)"},
};

/* ---- parents ---- */

/* Fetches up to `levels` ancestors, nearest first, into parents[]. What was deleted
 * ends the chain; so does a loop, which the bound on levels cuts. */
static enum aq_status get_parents(struct aq_cli *cli, const struct aq_comment_view *c, uint64_t levels,
                                  struct aq_comment_view *parents[CONTEXT_MOST], size_t *count)
{
    uint32_t up = c->parent_comment;
    *count = 0;
    while (*count < levels && up != AQ_NO_COMMENT && up != c->comment) {
        struct aq_comment_view *parent;
        enum aq_status st = aq_comment_get(cli->reader, (struct aq_slice){0}, up, &parent, &cli->err);
        if (st == AQ_NOTFOUND)
            return AQ_OK;
        if (st)
            return st;
        parents[(*count)++] = parent;
        up = parent->parent_comment;
    }
    return AQ_OK;
}

/* ---- replies ---- */

/* A reply still to be shown. The deepest are last: a stack, first replies on top. */
struct waiting {
    uint32_t comment;
    unsigned level;
};

struct replies {
    struct waiting *stack;
    size_t count, cap;
    size_t shown;
};

static enum aq_status push_replies(struct replies *r, const struct aq_comment_view *c, unsigned level,
                                   struct aq_error *err)
{
    if (!aq_grow(&r->stack, &r->cap, r->count + c->reply_count, sizeof *r->stack))
        return aq_fail_nomem(err);
    for (uint32_t i = c->reply_count; i-- > 0;)
        r->stack[r->count++] = (struct waiting){c->replies[i], level};
    return AQ_OK;
}

static enum aq_status print_replies(struct aq_cli *cli, const struct aq_comment_view *c, uint64_t levels)
{
    struct replies r = {0};
    bool json = cli->set.json;
    enum aq_status st = levels ? push_replies(&r, c, 1, &cli->err) : AQ_OK;
    while (!st && r.count && r.shown < REPLIES_SHOWN) {
        struct waiting next = r.stack[--r.count];
        struct aq_comment_view *reply;
        st = aq_comment_get(cli->reader, (struct aq_slice){0}, next.comment, &reply, &cli->err);
        if (st == AQ_NOTFOUND) { /* deleted */
            st = AQ_OK;
            continue;
        }
        if (st)
            break;
        r.shown++;
        if (json) {
            aq_json_comment(&cli->out.buf, reply, "reply", next.level);
        } else {
            aq_buf_u8(&cli->out.buf, '\n');
            aq_text_brief(&cli->out, reply, next.level);
        }
        if (next.level < levels)
            st = push_replies(&r, reply, next.level + 1, &cli->err);
        aq_comment_free(reply);
    }
    if (!st && r.count && !json) {
        char more[64];
        snprintf(more, sizeof more, "and %zu more", r.count);
        aq_buf_u8(&cli->out.buf, '\n');
        aq_text_heading(&cli->out, more);
    }
    free(r.stack);
    return st;
}

/* ---- the command ---- */

static void missing_parent(struct aq_cli *cli, struct aq_slice id)
{
    struct aq_buf text = {0};
    aq_buf_puts(&text, "in reply to ");
    aq_text_clean(&text, id);
    aq_buf_puts(&text, ", which is not in the index");
    aq_buf_u8(&text, 0);
    if (text.failed)
        cli->out.buf.failed = true;
    else
        aq_text_heading(&cli->out, (const char *)text.ptr);
    aq_buf_u8(&cli->out.buf, '\n');
    aq_buf_free(&text);
}

/* On a page: parents from the farthest down, the comment, its replies. */
static enum aq_status print_page(struct aq_cli *cli, const struct aq_comment_view *c,
                                 struct aq_comment_view *const *parents, size_t parent_count)
{
    if (parent_count)
        aq_text_heading(&cli->out, "in reply to");
    else if (cli->set.context && c->parent.len)
        missing_parent(cli, c->parent);
    for (size_t i = parent_count; i-- > 0;) {
        if (i + 1 < parent_count)
            aq_buf_u8(&cli->out.buf, '\n');
        aq_text_brief(&cli->out, parents[i], 1);
    }
    if (parent_count)
        aq_buf_u8(&cli->out.buf, '\n');
    aq_text_comment(&cli->out, c);
    if (cli->set.context && c->reply_count) {
        char heading[64];
        snprintf(heading, sizeof heading, "%u repl%s", c->reply_count, c->reply_count == 1 ? "y" : "ies");
        aq_buf_u8(&cli->out.buf, '\n');
        aq_text_heading(&cli->out, heading);
    }
    return print_replies(cli, c, cli->set.context);
}

static enum aq_status print_records(struct aq_cli *cli, const struct aq_comment_view *c,
                                    struct aq_comment_view *const *parents, size_t parent_count)
{
    aq_json_comment(&cli->out.buf, c, "self", 0);
    for (size_t i = 0; i < parent_count; i++)
        aq_json_comment(&cli->out.buf, parents[i], "parent", (unsigned)i + 1);
    return print_replies(cli, c, cli->set.context);
}

static int unknown(struct aq_cli *cli, struct aq_slice id)
{
    aq_fail(&cli->err, AQ_NOTFOUND,
            "no comment has the id \"%.200s\"; ids are printed below each hit (to search for it: "
            "aq search show %.200s)",
            (const char *)id.ptr, (const char *)id.ptr);
    aq_cli_fail(cli);
    return AQ_EXIT_NONE;
}

static int show(struct aq_cli *cli)
{
    struct aq_comment_view *c = NULL, *parents[CONTEXT_MOST];
    size_t parent_count = 0;
    if (cli->words.count != 1) {
        aq_fail(&cli->err, AQ_SYNTAX, "\"show\" takes the id of one comment%s%.200s",
                cli->words.count ? "; to search for these words: aq search show " : "",
                cli->words.count ? aq_cli_words_text(cli) : "");
        return aq_cli_fail(cli);
    }
    int status = aq_cli_open(cli);
    if (status)
        return status;
    struct aq_slice id = aq_slice_str(cli->words.items[0]);
    enum aq_status st = aq_comment_get(cli->reader, id, 0, &c, &cli->err);
    if (st == AQ_NOTFOUND)
        return unknown(cli, id);
    if (!st)
        st = get_parents(cli, c, cli->set.context, parents, &parent_count);
    if (!st && !cli->set.quiet)
        st = (cli->set.json ? print_records : print_page)(cli, c, parents, parent_count);
    for (size_t i = 0; i < parent_count; i++)
        aq_comment_free(parents[i]);
    aq_comment_free(c);
    cli->out.page = !cli->set.json && !cli->set.no_pager;
    return st ? aq_cli_fail(cli) : AQ_EXIT_HIT;
}

const struct aq_command aq_command_show = {
    {.name = "show",
     .words = "ID",
     .summary = "print a comment, what it replies to and its replies",
     .details = "The comment is printed whole; above it, in brief, what it replies to, and below it the "
                "replies. Ids are printed below each hit of a search.",
     .options = {"Show options", options, AQ_COUNT(options)}},
    show,
};
