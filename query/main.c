/* main.c - the program aq: finds the command among the words, reads its options,
 * saved ones first, runs it, and sees to the output. It links the read side only. */
#include "cli/cli.h"
#include "cli/saved.h"

#include <signal.h>
#include <unistd.h>

/* Finds the command: the first word, when it names one; else it is part of a query.
 * *at is its place in argv, 0 when there is none. */
static const struct aq_command *find_command(int argc, char **argv, int *at)
{
    *at = aq_usage_first_word(&aq_program, argc, argv);
    const struct aq_command *c = *at ? aq_command_named(argv[*at]) : NULL;
    if (c)
        return c;
    *at = 0;
    return &aq_command_search;
}

/* Bad options must fail in JSON, too, wherever --json stands. */
static bool wants_json(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--json") == 0 || strcmp(argv[i], "--json=true") == 0)
            return true;
    return false;
}

static enum aq_status parse(struct aq_cli *cli, const struct aq_usage *command, int argc, char **argv, int at)
{
    const struct aq_option_group groups[] = {command->options, aq_program.common};
    return aq_options_parse(groups, AQ_COUNT(groups), argc, argv, at, &cli->set, &cli->arena, &cli->words,
                            &cli->err);
}

/* The command line is read twice: it says whether the config file counts, and has the
 * last word. */
static enum aq_status read_options(struct aq_cli *cli, const struct aq_command *command, int argc,
                                   char **argv, int at)
{
    const struct aq_settings defaults = cli->set;
    enum aq_status st = parse(cli, &command->usage, argc, argv, at);
    if (st)
        cli->set.json = wants_json(argc, argv);
    bool explains = command == &aq_command_help || command == &aq_command_version;
    if (st || explains || cli->set.help || cli->set.version || cli->set.no_config)
        return st;
    bool json = cli->set.json;
    bool for_programs = json || cli->set.template || cli->set.format == AQ_RUN_JSON;
    cli->set = defaults;
    st = aq_saved_apply(cli, &command->usage, for_programs);
    cli->set.json |= json;
    return st ? st : parse(cli, &command->usage, argc, argv, at);
}

static int run(struct aq_cli *cli, int argc, char **argv)
{
    int at;
    const struct aq_command *command = find_command(argc, argv, &at);
    if (command == &aq_command_serve) { /* its name stands where what comes before it was, and that behind it */
        memmove(argv + 1, argv, (size_t)at * sizeof *argv);
        cli->argv = argv + 1;
        return command->run(cli);
    }
    if (read_options(cli, command, argc, argv, at))
        return aq_cli_fail(cli);
    aq_terminal_detect(&cli->out.terminal, STDOUT_FILENO, (enum aq_color)cli->set.color);
    if (cli->set.version)
        return aq_command_version.run(cli);
    if (cli->set.help) {
        aq_usage_help(&cli->out.buf, &aq_program, at ? &command->usage : NULL);
        return AQ_EXIT_HIT;
    }
    return command->run(cli);
}

int main(int argc, char **argv)
{
    struct aq_cli cli = {.set = {.limit = AQ_NOT_GIVEN, .per_thread = 2, .further = 3, .context = AQ_NOT_GIVEN,
                                 .passage = AQ_NOT_GIVEN, .k1 = -1, .b = -1}};
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
