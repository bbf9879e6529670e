/* cmd_stats.c - aq stats: how large the index is and what is in it. */
#include "cli.h"
#include "print_text.h"
#include "records.h"

static int stats(struct aq_cli *cli)
{
    struct aq_index_stats s;
    int status = aq_cli_no_words(cli, "stats");
    if (!status)
        status = aq_cli_open(cli);
    if (status)
        return status;
    if (aq_reader_stats(cli->reader, &s, &cli->err))
        return aq_cli_fail(cli);
    if (cli->set.json)
        aq_json_stats(&cli->out.buf, (const char *)cli->dir.ptr, &s);
    else
        aq_text_stats(&cli->out, (const char *)cli->dir.ptr, &s);
    if (cli->set.quiet)
        aq_buf_clear(&cli->out.buf);
    return AQ_EXIT_HIT;
}

const struct aq_command aq_command_stats = {
    {.name = "stats",
     .words = "",
     .summary = "print how large the index is and what is in it",
     .details = "Counts comments, threads, authors, passages and words, and tells which index was read, how "
                "much of the file each part takes and which language is stemmed."},
    stats,
};
