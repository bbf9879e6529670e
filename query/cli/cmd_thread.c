/* cmd_thread.c - aq thread ID: the tree of a thread, each comment in brief. */
#include "cli.h"
#include "print_text.h"
#include "records.h"
#include "template.h"

enum { FIRST_MOST = 1000000 };

static const struct aq_option options[] = {
    {.name = "first", .kind = AQ_OPTION_NUMBER, .field = offsetof(struct aq_settings, first), .value = "N",
     .min = 1, .max = FIRST_MOST,
     .help = "print no more than the first N comments"},
    {.name = "format", .kind = AQ_OPTION_TEXT, .field = offsetof(struct aq_settings, template),
     .value = "TEMPLATE",
     .help = "print each comment as this says: '{level}\\t{id}\\t{snippet}'",
     .more = "See FORMATS."},
};

static void print_records(struct aq_cli *cli, const struct aq_thread_view *t, const struct aq_template *format)
{
    for (uint32_t i = 0; i < t->count; i++) {
        const struct aq_thread_comment *x = &t->comments[i];
        const char *relation = i == t->asked ? "self" : "thread";
        if (format)
            aq_template_write(format, &cli->out.buf, &(struct aq_comment_record){&x->comment, relation, x->level});
        else
            aq_json_comment(&cli->out.buf, &x->comment, relation, x->level);
    }
}

static int thread(struct aq_cli *cli)
{
    struct aq_thread_view *t = NULL;
    struct aq_template format;
    bool formatted = cli->set.template;
    if (cli->words.count != 1)
        return aq_cli_one_id(cli, "thread", "one thread or of a comment in it");
    if (aq_cli_one_form(cli) ||
        (formatted && aq_template_of_comments(cli->set.template, &cli->arena, &format, &cli->err)))
        return aq_cli_fail(cli);
    int status = aq_cli_open(cli);
    if (status)
        return status;
    struct aq_thread_request request = {.id = aq_slice_str(cli->words.items[0]),
                                        .limit = (uint32_t)cli->set.first};
    enum aq_status st = aq_thread_read(cli->reader, &request, &t, &cli->err);
    if (st == AQ_NOTFOUND)
        return aq_cli_no_such(cli, "thread", "comment or thread", request.id);
    if (!st && !cli->set.quiet) {
        if (cli->set.json || formatted)
            print_records(cli, t, formatted ? &format : NULL);
        else
            aq_text_thread(&cli->out, t);
    }
    aq_thread_free(t);
    cli->out.page = !cli->set.json && !formatted && !cli->set.no_pager;
    return st ? aq_cli_fail(cli) : AQ_EXIT_HIT;
}

const struct aq_command aq_command_thread = {
    {.name = "thread",
     .words = "ID",
     .summary = "print a whole thread as a tree, each comment in brief",
     .details = "The id is that of the thread or of a comment in it, which then is marked and where the pager "
                "opens. Replies stand below what they reply to, joined to it by lines, the earliest first. "
                "Those whose parent is not in the index stand below the comment that opens the thread, with a "
                "note. What is deeper than the terminal has room for is drawn at the deepest level and says "
                "how deep it is.",
     .options = {"Thread options", options, AQ_COUNT(options)}},
    thread,
};
