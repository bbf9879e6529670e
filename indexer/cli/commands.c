/* commands.c - see commands.h. */
#include "commands.h"

static const char *const kinds[] = {"auto", "jsonl", "text", "markdown", "html", "mbox", NULL};
static const char *const formats[] = {"auto", "text", "markdown", "html", NULL};

#define FIELD(name) offsetof(struct aq_index_settings, name)

static const struct aq_option common[] = {
    {.name = "index", .letter = 'i', .kind = AQ_OPTION_TEXT, .field = FIELD(index), .value = "DIR",
     .help = "the index (default: $AQ_INDEX, else .aq here or above, else the config file's, else "
             "~/.local/share/aq)",
     .more = "The last is $XDG_DATA_HOME/aq where that variable is set. The config file is that of aq(1); "
             "nothing but the index is taken from it.",
     .complete = AQ_COMPLETE_DIRS},
    {.name = "no-config", .kind = AQ_OPTION_FLAG, .field = FIELD(no_config), .help = "read no config file"},
    {.name = "quiet", .letter = 'q', .kind = AQ_OPTION_FLAG, .field = FIELD(quiet),
     .help = "print no progress and no summary, only what went wrong"},
    {.name = "help", .letter = 'h', .kind = AQ_OPTION_FLAG, .field = FIELD(help),
     .help = "print help, on the command if one is named"},
    {.name = "version", .kind = AQ_OPTION_FLAG, .field = FIELD(version), .help = "print the version"},
};

static const struct aq_option add_options[] = {
    {.name = "language", .kind = AQ_OPTION_TEXT, .field = FIELD(language), .value = "L",
     .help = "stem the words of a new index as this language: english (default), german, fr, none, ...",
     .more = "A name or an ISO 639 code; none stems nothing. An index keeps its language."},
    {.name = "as", .kind = AQ_OPTION_CHOICE, .field = FIELD(kind), .value = "KIND", .choices = kinds,
     .help = "read every file as jsonl, text, markdown, html or mbox; auto (default) goes by its name, then "
             "its first bytes"},
    {.name = "format", .kind = AQ_OPTION_CHOICE, .field = FIELD(format), .value = "FORMAT",
     .choices = formats,
     .help = "format of JSON bodies that do not say theirs: text, markdown or html; auto (default) goes by "
             "the name of the field",
     .more = "So `htmlBody` is HTML."},
    {.name = "map", .kind = AQ_OPTION_LIST, .field = FIELD(maps), .value = "FIELD=PATH",
     .help = "take a field of JSON records from another place, such as author=user.name; may be repeated",
     .more = "Elements of arrays are `[N]`, as in `id=post[0].key`."},
    {.name = "source", .kind = AQ_OPTION_TEXT, .field = FIELD(source), .value = "NAME",
     .help = "the source of comments that name none (default: the name of the file)"},
    {.name = "whole", .kind = AQ_OPTION_FLAG, .field = FIELD(whole),
     .help = "a plain text file is one comment, not a thread of paragraphs"},
    {.name = "prune", .kind = AQ_OPTION_FLAG, .field = FIELD(prune),
     .help = "when all was read, delete every comment that was not among it: for full exports"},
    {.name = "strict", .kind = AQ_OPTION_FLAG, .field = FIELD(strict),
     .help = "stop at the first record that cannot be read"},
    {.name = "memory", .kind = AQ_OPTION_NUMBER, .field = FIELD(memory), .value = "MB", .min = 8,
     .max = 65536,
     .help = "megabytes of postings to gather before they are written (default 256)"},
};

const struct aq_usage aq_index_add = {
    .name = "add",
    .words = "PATH...|-",
    .summary = "read comments from files, directories or standard input",
    .details = "Reads JSON Lines, plain text, Markdown, HTML and mbox, compressed or not, from files, from "
               "the files in directories, or from standard input (`-`), and makes the index where there is "
               "none. A comment whose id is in the index replaces it; one that is the same as before costs "
               "nothing; where only points, date or tags have changed, only those are written. So an export "
               "can be added again and again.",
    .options = {"Options of add", add_options, AQ_COUNT(add_options)},
    .complete = AQ_COMPLETE_FILES,
};

const struct aq_usage aq_index_delete = {
    .name = "delete",
    .words = "ID...",
    .summary = "take comments out of the index",
    .details = "They are no longer found. Their text may remain in the file until `compact --purge`.",
};

const struct aq_usage aq_index_flush = {
    .name = "flush",
    .words = "",
    .summary = "turn pending comments into a segment",
    .details = "Comments that were added in small numbers are searched one by one; this makes many of them "
               "as fast to search as the rest. It is never needed: add does it when there are many.",
};

static const struct aq_option compact_options[] = {
    {.name = "purge", .kind = AQ_OPTION_FLAG, .field = FIELD(purge),
     .help = "erase the text and ids of deleted comments from the disk",
     .more = "Without it deleted text can no longer be found, but may remain in the file."},
    {.name = "reorder", .kind = AQ_OPTION_FLAG, .field = FIELD(reorder),
     .help = "put comments with the same words side by side: smaller, but takes several times as long",
     .more = "Finds an order in which comments of one thread, or with the same words, are neighbours in the "
             "index. Answers stay what they are; words take less room where the comments are many and short."},
    {.name = "memory", .kind = AQ_OPTION_NUMBER, .field = FIELD(memory), .value = "MB", .min = 8,
     .max = 65536,
     .help = "megabytes to find that order in (default 256)",
     .more = "Where they are too few, rarer words do not count."},
};

const struct aq_usage aq_index_compact = {
    .name = "compact",
    .words = "",
    .summary = "rewrite everything as one segment",
    .details = "Makes the index as small and as fast to search as it gets, and gives space back to the file "
               "system.",
    .options = {"Options of compact", compact_options, AQ_COUNT(compact_options)},
};

const struct aq_usage aq_index_help = {
    .name = "help",
    .words = "[COMMAND]",
    .summary = "print help, on a command or on all",
    .complete = AQ_COMPLETE_COMMANDS,
};

const struct aq_usage aq_index_version = {.name = "version", .words = "", .summary = "print the version"};

static const struct aq_usage *const usages[] = {
    &aq_index_add, &aq_index_delete, &aq_index_flush, &aq_index_compact, &aq_index_help, &aq_index_version,
};

const struct aq_program aq_index_program = {
    .name = "aq-index",
    .about = "aq-index puts online discussions into an index that aq searches.",
    .commands = usages,
    .command_count = AQ_COUNT(usages),
    .common = {"Common options", common, AQ_COUNT(common)},
    .closing = "Examples:\n"
               "  aq-index add -i .aq export.jsonl.zst      an index for this directory and below\n"
               "  curl -s URL | aq-index add -              what a program prints\n"
               "  aq-index add --map id=key --map text=body.plain dump.json\n"
               "\n"
               "Exit status: 0 done, 1 some id to delete was not there, 2 an error.\n"
               "More is in aq-index(1).\n",
};
