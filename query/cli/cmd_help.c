/* cmd_help.c - aq help and aq version: about the program itself, whatever --json says. */
#include "aq.h"
#include "cli.h"

static int help(struct aq_cli *cli)
{
    const struct aq_usage *about = NULL;
    if (cli->words.count > 0 && !(about = aq_usage_named(&aq_program, cli->words.items[0]))) {
        aq_fail(&cli->err, AQ_SYNTAX,
                "no command \"%.100s\" to help with; to search for it: aq search help %.200s",
                cli->words.items[0], aq_cli_words_text(cli));
        return aq_cli_fail(cli);
    }
    aq_usage_help(&cli->out.buf, &aq_program, about);
    return AQ_EXIT_HIT;
}

const struct aq_command aq_command_help = {
    {.name = "help",
     .words = "[COMMAND]",
     .summary = "print help, on a command or on all",
     .complete = AQ_COMPLETE_COMMANDS},
    help,
};

static int version(struct aq_cli *cli)
{
    aq_buf_printf(&cli->out.buf, "%s\n", aq_version());
    return AQ_EXIT_HIT;
}

const struct aq_command aq_command_version = {
    {.name = "version", .words = "", .summary = "print the version"},
    version,
};
