/* commands.c - the table of the commands of aq and the options they share. */
#include "cli.h"

static const struct aq_usage *const usages[] = {
    &aq_command_search.usage,  &aq_command_show.usage,  &aq_command_thread.usage, &aq_command_related.usage,
    &aq_command_suggest.usage, &aq_command_terms.usage, &aq_command_concepts.usage, &aq_command_stats.usage,
    &aq_command_serve.usage,   &aq_command_run.usage,     &aq_command_check.usage, &aq_command_help.usage,
    &aq_command_version.usage,
};

static const char *const color_names[] = {
    [AQ_COLOR_AUTO] = "auto", [AQ_COLOR_ALWAYS] = "always", [AQ_COLOR_NEVER] = "never", NULL};

#define FIELD(name) offsetof(struct aq_settings, name)
static const struct aq_option common[] = {
    {.name = "index", .letter = 'i', .kind = AQ_OPTION_TEXT, .field = FIELD(index), .value = "DIR",
     .help = "the index (default: $AQ_INDEX, else .aq here or above, else the config file's, else "
             "~/.local/share/aq)",
     .more = "The last is $XDG_DATA_HOME/aq where that variable is set.",
     .complete = AQ_COMPLETE_DIRS},
    {.name = "json", .kind = AQ_OPTION_FLAG, .field = FIELD(json),
     .help = "print JSON, one object a line; errors, too",
     .more = "Of the config file only the index counts then, so that what programs read is the same for "
             "everybody."},
    {.name = "color", .kind = AQ_OPTION_CHOICE, .field = FIELD(color), .value = "WHEN",
     .choices = color_names,
     .help = "use colours: auto (default: on a terminal), always or never"},
    {.name = "no-pager", .kind = AQ_OPTION_FLAG, .field = FIELD(no_pager),
     .help = "print long output straight to the terminal"},
    {.name = "no-config", .kind = AQ_OPTION_FLAG, .field = FIELD(no_config),
     .help = "read no config file",
     .never_saved = true},
    {.name = "quiet", .letter = 'q', .kind = AQ_OPTION_FLAG, .field = FIELD(quiet),
     .help = "print nothing but errors; the exit status tells whether there is a hit"},
    {.name = "help", .letter = 'h', .kind = AQ_OPTION_FLAG, .field = FIELD(help),
     .help = "print help, on the command if one is named",
     .never_saved = true},
    {.name = "version", .kind = AQ_OPTION_FLAG, .field = FIELD(version),
     .help = "print the version",
     .never_saved = true},
};

const struct aq_program aq_program = {
    .name = "aq",
    .about = "aq searches online discussions: forum comments, posts, mails.",
    .commands = usages,
    .command_count = AQ_COUNT(usages),
    .implied = &aq_command_search.usage,
    .common = {"Common options", common, AQ_COUNT(common)},
    .closing = "Examples:\n"
               "  aq persona superintelligence     passages with both words come first\n"
               "  aq '\"hard problem\" -chess'       an exact phrase, and without a word\n"
               "  aq --author 'Ann Lee' --after 2019 --sort date persona\n"
               "  aq show kCqPGtDHCDcLvD6fJ        the comment with this id, and its replies\n"
               "\n"
               "Exit status: 0 something found, 1 nothing found, 2 an error.\n"
               "aq-index makes an index: aq-index add -i DIR FILE... Options can be saved in\n"
               "~/.config/aq/config. `aq help COMMAND` tells more, and all of it is in aq(1).\n",
};

/* A usage is the first member of its command. */
const struct aq_command *aq_command_named(const char *name)
{
    return (const struct aq_command *)aq_usage_named(&aq_program, name);
}
