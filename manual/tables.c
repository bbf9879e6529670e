/* tables.c - walking the tables, for all forms; and the tables as they are. */
#include "manual.h"

const struct aq_option_group *aq_manual_group(const struct aq_program *program, size_t at,
                                              const struct aq_usage **command)
{
    *command = at < program->command_count ? program->commands[at] : NULL;
    return *command ? &(*command)->options : &program->common;
}

/* Whether a group before this one has an option of this name: it means the same there. */
static bool seen(const struct aq_program *program, size_t before, const char *name)
{
    const struct aq_usage *command;
    for (size_t g = 0; g < before; g++)
        if (aq_option_named(aq_manual_group(program, g, &command), 1, name, strlen(name)))
            return true;
    return false;
}

void aq_manual_valued(struct aq_buf *out, const struct aq_program *program, const char *between)
{
    const struct aq_usage *command;
    const char *before = "";
    for (size_t g = 0; g <= program->command_count; g++) {
        const struct aq_option_group *group = aq_manual_group(program, g, &command);
        for (size_t i = 0; i < group->count; i++) {
            const struct aq_option *o = &group->options[i];
            if (!aq_option_takes_value(o) || seen(program, g, o->name))
                continue;
            if (o->letter)
                aq_buf_printf(out, "%s-%c%s--%s", before, o->letter, between, o->name);
            else
                aq_buf_printf(out, "%s--%s", before, o->name);
            before = between;
        }
    }
}

void aq_manual_identifier(struct aq_buf *out, const char *name)
{
    for (; *name; name++)
        aq_buf_u8(out, *name == '-' ? '_' : (uint8_t)*name);
}

void aq_manual_list(struct aq_buf *out, const struct aq_program *program)
{
    const struct aq_usage *command;
    for (size_t g = 0; g <= program->command_count; g++) {
        const struct aq_option_group *group = aq_manual_group(program, g, &command);
        if (command)
            aq_buf_printf(out, "%s\t\t\t\t\n", command->name);
        for (size_t i = 0; i < group->count; i++) {
            const struct aq_option *o = &group->options[i];
            const char letter[] = {o->letter, 0};
            aq_buf_printf(out, "%s\t%s\t%s\t%s\t", command ? command->name : "", o->name, letter,
                          o->value ? o->value : "");
            for (size_t c = 0; o->choices && o->choices[c]; c++)
                aq_buf_printf(out, "%s%s", c ? " " : "", o->choices[c]);
            aq_buf_u8(out, '\n');
        }
    }
}
