/* cmd_serve.c - aq serve: becomes a program of its own, so that what a server links costs a
 * search nothing. It reads its options itself. */
#include "cli.h"
#include "libexec.h"

static int serve(struct aq_cli *cli)
{
    if (aq_libexec_become("aq-serve", cli->argv, &cli->err))
        return aq_cli_fail(cli);
    return AQ_EXIT_ERROR;
}

const struct aq_command aq_command_serve = {
    {.name = "serve",
     .words = "",
     .summary = "answer searches over HTTP: a search page and JSON",
     .details = "It has options of its own: see `aq serve --help` and aq-serve(1)."},
    serve,
};
