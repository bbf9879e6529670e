/* main.c - the program aq: finds the command among the words, reads its options,
 * runs it, and sees to the output. It links the read side only. */
#include "cli/cli.h"
#include "cli/print_json.h"

#include <signal.h>
#include <unistd.h>

static const struct aq_command *const commands[] = {
    &aq_command_search, &aq_command_show, &aq_command_stats, &aq_command_run, &aq_command_check,
};

static const char *const color_names[] = {
    [AQ_COLOR_AUTO] = "auto", [AQ_COLOR_ALWAYS] = "always", [AQ_COLOR_NEVER] = "never", NULL};

#define FIELD(name) offsetof(struct aq_settings, name)
static const struct aq_option common[] = {
    {.name = "index", .letter = 'i', .kind = AQ_OPTION_TEXT, .field = FIELD(index), .value = "DIR",
     .help = "the index (else $AQ_INDEX, .aq here or above, $XDG_DATA_HOME/aq)"},
    {.name = "json", .kind = AQ_OPTION_FLAG, .field = FIELD(json),
     .help = "print JSON, one object a line"},
    {.name = "color", .kind = AQ_OPTION_CHOICE, .field = FIELD(color), .value = "WHEN",
     .choices = color_names,
     .help = "auto, always or never"},
    {.name = "no-pager", .kind = AQ_OPTION_FLAG, .field = FIELD(no_pager),
     .help = "print long output straight to the terminal"},
    {.name = "quiet", .letter = 'q', .kind = AQ_OPTION_FLAG, .field = FIELD(quiet),
     .help = "print nothing but errors; the exit status tells"},
    {.name = "help", .letter = 'h', .kind = AQ_OPTION_FLAG, .field = FIELD(help),
     .help = "print this"},
    {.name = "version", .kind = AQ_OPTION_FLAG, .field = FIELD(version),
     .help = "print the version"},
};
static const struct aq_option_group common_group = {"Common options", common, AQ_COUNT(common)};

enum { HELP_WIDTH = 80 };

/* ---- help and version ---- */

static const struct aq_command *command_named(const char *name)
{
    for (size_t i = 0; i < AQ_COUNT(commands); i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static void help_on(struct aq_buf *out, const struct aq_command *c)
{
    aq_buf_printf(out, "Usage: aq %s\n\n", c->synopsis);
    aq_buf_printf(out, "%c%s.\n", c->summary[0] - 'a' + 'A', c->summary + 1);
    if (c->details)
        aq_buf_printf(out, "\n%s", c->details);
    struct aq_option_group groups[] = {c->options, common_group};
    aq_buf_u8(out, '\n');
    if (c->options.count)
        aq_options_help(out, groups, 2, HELP_WIDTH);
    else
        aq_options_help(out, groups + 1, 1, HELP_WIDTH);
}

static void help_overview(struct aq_buf *out)
{
    aq_buf_puts(out, "aq searches discussions: forum comments, posts, mails.\n\n");
    for (size_t i = 0; i < AQ_COUNT(commands); i++)
        aq_buf_printf(out, "%s aq %s\n", i ? "      " : "Usage:", commands[i]->synopsis);
    aq_buf_puts(out, "\n");
    for (size_t i = 0; i < AQ_COUNT(commands); i++)
        aq_buf_printf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    aq_buf_puts(out, "  help       print help on a command: aq help show\n"
                     "  version    print the version\n\n");
    struct aq_option_group groups[] = {aq_command_search.options, common_group};
    aq_options_help(out, groups, 2, HELP_WIDTH);
    aq_buf_puts(out, "\nExit status: 0 something found, 1 nothing found, 2 an error.\n"
                     "An index is made with aq-index(1). More in aq(1).\n");
}

static int help(struct aq_cli *cli)
{
    const struct aq_command *c = NULL;
    if (cli->words.count > 0 && !(c = command_named(cli->words.items[0]))) {
        aq_fail(&cli->err, AQ_SYNTAX,
                "no command \"%.100s\" to help with; to search for it: aq search help %.200s",
                cli->words.items[0], aq_cli_words_text(cli));
        return aq_cli_fail(cli);
    }
    if (c)
        help_on(&cli->out.buf, c);
    else
        help_overview(&cli->out.buf);
    return AQ_EXIT_HIT;
}

static int version(struct aq_cli *cli)
{
    aq_buf_printf(&cli->out.buf, "%s\n", aq_version());
    return AQ_EXIT_HIT;
}

/* Commands about the program itself. */
static const struct aq_command command_help = {
    "help", "help [COMMAND]", "print help", NULL, {"", NULL, 0}, help};
static const struct aq_command command_version = {
    "version", "version", "print the version", NULL, {"", NULL, 0}, version};

/* ---- running ---- */

/* Finds the command: the first word, when it names one; else it is part of a query.
 * *at is its place in argv, 0 when there is none. */
static const struct aq_command *find_command(int argc, char **argv, int *at)
{
    struct aq_option_group all[AQ_COUNT(commands) + 1];
    for (size_t i = 0; i < AQ_COUNT(commands); i++)
        all[i] = commands[i]->options;
    all[AQ_COUNT(commands)] = common_group;
    *at = aq_options_first_word(all, AQ_COUNT(all), argc, argv);
    const struct aq_command *c = *at ? command_named(argv[*at]) : NULL;
    if (!c && *at && strcmp(argv[*at], "help") == 0)
        c = &command_help;
    if (!c && *at && strcmp(argv[*at], "version") == 0)
        c = &command_version;
    if (c)
        return c;
    *at = 0;
    return &aq_command_search;
}

/* Bad options must fail in JSON, too, wherever --json stands. */
static bool wants_json(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--json") == 0)
            return true;
    return false;
}

static int run(struct aq_cli *cli, int argc, char **argv)
{
    int at;
    const struct aq_command *command = find_command(argc, argv, &at);
    struct aq_option_group groups[] = {command->options, common_group};
    if (aq_options_parse(groups, AQ_COUNT(groups), argc, argv, at, &cli->set, &cli->arena, &cli->words,
                         &cli->err)) {
        cli->set.json = wants_json(argc, argv);
        return aq_cli_fail(cli);
    }
    aq_terminal_detect(&cli->out.terminal, STDOUT_FILENO, (enum aq_color)cli->set.color);
    if (cli->set.version)
        return version(cli);
    if (cli->set.help && at) {
        help_on(&cli->out.buf, command);
        return AQ_EXIT_HIT;
    }
    if (cli->set.help) {
        help_overview(&cli->out.buf);
        return AQ_EXIT_HIT;
    }
    return command->run(cli);
}

int main(int argc, char **argv)
{
    struct aq_cli cli = {.set = {.context = 1, .k1 = -1, .b = -1}};
    aq_options_occupy_descriptors();
    signal(SIGPIPE, SIG_DFL); /* a reader that has seen enough ends us, whatever we inherited */
    int status = run(&cli, argc, argv);
    aq_reader_close(cli.reader); /* before a pager that may stay open for long */
    if (aq_output_finish(&cli.out, &cli.err)) {
        aq_output_complain(cli.err.message);
        status = AQ_EXIT_ERROR;
    }
    if (!cli.notes.failed)
        aq_write_all(STDERR_FILENO, cli.notes.ptr, cli.notes.len);
    aq_buf_free(&cli.out.buf);
    aq_buf_free(&cli.notes);
    aq_buf_free(&cli.dir);
    aq_arena_free(&cli.arena);
    return status;
}
