/* saved.c - see saved.h. */
#include "saved.h"

#include "config.h"
#include "places.h"

struct applying {
    struct aq_cli *cli;
    const struct aq_usage *command; /* that runs */
    const struct aq_usage *section; /* NULL before the first */
    bool index_only;
    struct aq_settings others; /* what is not for us is stored here, so that it is checked */
};

static enum aq_status enter(struct applying *a, const char *name, struct aq_error *err)
{
    a->section = aq_usage_named(&aq_program, name);
    if (a->section)
        return AQ_OK;
    struct aq_buf all = {0};
    for (size_t i = 0; i < aq_program.command_count; i++)
        aq_buf_printf(&all, "%s[%s]", i ? ", " : "", aq_program.commands[i]->name);
    aq_buf_u8(&all, 0);
    aq_fail(err, AQ_SYNTAX, "no command \"%.60s\"; the sections are %s", name,
            all.failed ? "named as the commands" : (char *)all.ptr);
    aq_buf_free(&all);
    return AQ_SYNTAX;
}

/* The option of one command by its name, NULL where it has none. */
static const struct aq_option *option_of(const struct aq_usage *command, const char *name)
{
    const struct aq_option_group groups[] = {command->options, aq_program.common};
    return aq_option_named(groups, AQ_COUNT(groups), name, strlen(name));
}

static const struct aq_option *option_of_any(const char *name)
{
    const struct aq_option *o = NULL;
    for (size_t i = 0; !o && i < aq_program.command_count; i++)
        o = option_of(aq_program.commands[i], name);
    return o;
}

/* The name of an option, of the section's or of any command, that was likely meant. */
static const char *guess_name(const struct aq_usage *section, const char *name)
{
    const struct aq_usage *const *commands = section ? &section : aq_program.commands;
    const char *bare = name + strspn(name, "-"), *guess = NULL;
    for (size_t i = 0; !guess && i < (section ? 1 : aq_program.command_count); i++) {
        const struct aq_option_group groups[] = {commands[i]->options, aq_program.common};
        guess = aq_option_nearest(groups, AQ_COUNT(groups), bare, strlen(bare));
    }
    return guess;
}

static enum aq_status unknown(const struct applying *a, const char *name, struct aq_error *err)
{
    const char *section = a->section ? a->section->name : "";
    const char *guess = guess_name(a->section, name);
    return aq_fail(err, AQ_SYNTAX, "no option \"%.60s\"%s%s%s%s%s; aq help %s lists them", name,
                   *section ? " of " : "", section, guess ? " (did you mean " : "", guess ? guess : "",
                   guess ? "?)" : "", *section ? section : "COMMAND");
}

static enum aq_status take(void *context, const struct aq_config_line *line, struct aq_error *err)
{
    struct applying *a = context;
    if (!line->name)
        return enter(a, line->section, err);
    const struct aq_option *ours = option_of(a->command, line->name);
    const struct aq_option *o = a->section ? option_of(a->section, line->name) : ours;
    if (!o && !a->section)
        o = option_of_any(line->name);
    if (!o)
        return unknown(a, line->name, err);
    if (o->never_saved)
        return aq_fail(err, AQ_SYNTAX, "%s is for the command line and cannot be saved", o->name);
    const char *value = line->value;
    bool is_path = o->complete == AQ_COMPLETE_FILES || o->complete == AQ_COMPLETE_DIRS;
    enum aq_status st = is_path ? aq_config_path(&a->cli->arena, line, &value, err) : AQ_OK;
    if (st)
        return st;
    bool meant = o == ours && (!a->section || a->section == a->command) &&
                 (!a->index_only || o->field == offsetof(struct aq_settings, index));
    return aq_option_assign(o, o->name, value, &aq_program, meant ? &a->cli->set : &a->others,
                            &a->cli->arena, err);
}

enum aq_status aq_saved_apply(struct aq_cli *cli, const struct aq_usage *command, bool index_only)
{
    struct applying a = {.cli = cli, .command = command, .index_only = index_only};
    enum aq_status st = aq_config_read(&cli->arena, take, &a, &cli->err);
    if (aq_env("NO_COLOR") && cli->set.color == AQ_COLOR_ALWAYS)
        cli->set.color = AQ_COLOR_AUTO; /* in which NO_COLOR has its say */
    cli->saved_index = cli->set.index;
    cli->set.index = NULL;
    return st;
}
