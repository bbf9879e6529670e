/* cli.c - see cli.h. */
#include "cli.h"

#include "index_dir.h"
#include "records.h"

#include <unistd.h>

static int fail(struct aq_cli *cli, const struct aq_range *place)
{
    if (cli->set.json) {
        cli->out.buf.failed = false;
        aq_json_error(&cli->out.buf, &cli->err, place);
    }
    return AQ_EXIT_ERROR;
}

int aq_cli_fail(struct aq_cli *cli)
{
    aq_output_complain(cli->err.message);
    return fail(cli, NULL);
}

int aq_cli_fail_at(struct aq_cli *cli, struct aq_slice query, struct aq_range place)
{
    enum { SHOWN_MOST = 1000 }; /* bytes; of a longer query the message alone must do */
    struct aq_buf lines = {0};
    if (query.len > SHOWN_MOST) {
        aq_output_complain(cli->err.message);
        return fail(cli, &place);
    }
    aq_buf_puts(&lines, "  ");
    aq_text_clean_line(&lines, query);
    aq_buf_puts(&lines, "\n  ");
    struct aq_buf part = {0};
    aq_text_clean_line(&part, aq_slice(query.ptr, place.begin));
    for (size_t i = aq_text_width(aq_slice(part.ptr, part.len)); i > 0; i--)
        aq_buf_u8(&lines, ' ');
    aq_buf_clear(&part);
    aq_text_clean_line(&part, aq_slice(query.ptr + place.begin, place.end - place.begin));
    size_t marks = aq_text_width(aq_slice(part.ptr, part.len));
    for (size_t i = marks ? marks : 1; i > 0; i--)
        aq_buf_u8(&lines, '^');
    aq_buf_u8(&lines, '\n');
    aq_output_complain(cli->err.message);
    if (!lines.failed && !part.failed)
        aq_write_all(STDERR_FILENO, lines.ptr, lines.len);
    aq_buf_free(&part);
    aq_buf_free(&lines);
    return fail(cli, &place);
}

/* Where it was looked for tells what to do. */
static void explain_no_index(struct aq_cli *cli, enum aq_index_dir_origin origin)
{
    const char *dir = (const char *)cli->dir.ptr;
    switch (origin) {
    case AQ_INDEX_DIR_GIVEN:
        aq_fail(&cli->err, AQ_NOTFOUND, "no index in %.200s; make one with: aq-index add -i %.200s FILE...",
                dir, dir);
        break;
    case AQ_INDEX_DIR_ENV:
        aq_fail(&cli->err, AQ_NOTFOUND, "no index in %.300s ($AQ_INDEX); make one with: aq-index add FILE...",
                dir);
        break;
    case AQ_INDEX_DIR_NEAR:
        aq_fail(&cli->err, AQ_NOTFOUND, "no index in %.300s; make one with: aq-index add FILE...", dir);
        break;
    case AQ_INDEX_DIR_SAVED:
        aq_fail(&cli->err, AQ_NOTFOUND,
                "no index in %.300s (index in the config file); make one with: aq-index add FILE...", dir);
        break;
    case AQ_INDEX_DIR_DEFAULT:
        aq_fail(&cli->err, AQ_NOTFOUND,
                "no index: no .aq directory here or above, none in %.250s; make one with: "
                "aq-index add FILE... (or name one with -i DIR)",
                dir);
        break;
    }
}

int aq_cli_open(struct aq_cli *cli)
{
    enum aq_index_dir_origin origin;
    if (aq_index_dir_find(cli->set.index, cli->saved_index, &cli->dir, &origin, &cli->err))
        return aq_cli_fail(cli);
    enum aq_status st = aq_reader_open((const char *)cli->dir.ptr, &cli->reader, &cli->err);
    if (st == AQ_NOTFOUND)
        explain_no_index(cli, origin);
    return st ? aq_cli_fail(cli) : 0;
}

struct aq_slice aq_cli_join_words(struct aq_cli *cli)
{
    size_t len = 0;
    for (size_t i = 0; i < cli->words.count; i++)
        len += strlen(cli->words.items[i]) + 1;
    char *joined = aq_arena_bytes(&cli->arena, len + 1);
    if (!joined)
        return (struct aq_slice){0};
    char *p = joined;
    for (size_t i = 0; i < cli->words.count; i++) {
        if (i)
            *p++ = ' ';
        p = stpcpy(p, cli->words.items[i]);
    }
    *p = 0;
    return aq_slice(joined, (size_t)(p - joined));
}

const char *aq_cli_words_text(struct aq_cli *cli)
{
    struct aq_slice words = aq_cli_join_words(cli);
    return words.ptr ? (const char *)words.ptr : "...";
}

int aq_cli_no_words(struct aq_cli *cli, const char *command)
{
    if (cli->words.count == 0)
        return 0;
    aq_fail(&cli->err, AQ_SYNTAX,
            "\"%s\" is a command and takes no words; to search for it: aq search %s %.200s", command, command,
            aq_cli_words_text(cli));
    return aq_cli_fail(cli);
}

int aq_cli_one_id(struct aq_cli *cli, const char *command, const char *what)
{
    if (cli->words.count)
        aq_fail(&cli->err, AQ_SYNTAX, "\"%s\" takes the id of %s; to search for these words: aq search %s %.200s",
                command, what, command, aq_cli_words_text(cli));
    else
        aq_fail(&cli->err, AQ_SYNTAX, "\"%s\" takes the id of %s", command, what);
    return aq_cli_fail(cli);
}

int aq_cli_no_such(struct aq_cli *cli, const char *command, const char *what, struct aq_slice id)
{
    int shown = id.len < 200 ? (int)id.len : 200;
    const char *text = (const char *)id.ptr;
    aq_fail(&cli->err, AQ_NOTFOUND,
            "no %s has the id \"%.*s\"; ids are printed below each hit (to search for it: aq search %s %.*s)", what,
            shown, text, command, shown, text);
    aq_cli_fail(cli);
    return AQ_EXIT_NONE;
}

enum aq_status aq_cli_one_form(struct aq_cli *cli)
{
    if (!cli->set.json || !cli->set.template)
        return AQ_OK;
    return aq_fail(&cli->err, AQ_SYNTAX, "--format and --json are two forms of output; choose one");
}
