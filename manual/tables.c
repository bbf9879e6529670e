/* tables.c - walking the tables, for all forms; and the tables as they are. */
#include "manual.h"

#include <stdio.h>

const struct aq_option_group *aq_manual_group(const struct aq_program *program, size_t at,
                                              const struct aq_usage **command)
{
    *command = at < program->command_count ? program->commands[at] : NULL;
    return *command ? &(*command)->options : &program->common;
}

/* The same option may stand in the tables of two commands. */
static void put_once(struct aq_buf *out, const char *spelling, const char *between)
{
    size_t from = out->len, len = strlen(spelling), gap = strlen(between);
    for (size_t at = 0; at + len <= from; at++)
        if (memcmp(out->ptr + at, spelling, len) == 0 &&
            (at + len == from || memcmp(out->ptr + at + len, between, gap) == 0))
            return;
    aq_buf_puts(out, from ? between : "");
    aq_buf_puts(out, spelling);
}

void aq_manual_valued(struct aq_buf *out, const struct aq_program *program, const char *between)
{
    struct aq_buf all = {0};
    const struct aq_usage *command;
    for (size_t g = 0; g <= program->command_count; g++) {
        const struct aq_option_group *group = aq_manual_group(program, g, &command);
        for (size_t i = 0; i < group->count; i++) {
            const struct aq_option *o = &group->options[i];
            char spelling[64];
            if (!aq_option_takes_value(o))
                continue;
            if (o->letter) {
                snprintf(spelling, sizeof spelling, "-%c", o->letter);
                put_once(&all, spelling, between);
            }
            snprintf(spelling, sizeof spelling, "--%s", o->name);
            put_once(&all, spelling, between);
        }
    }
    out->failed |= all.failed;
    aq_buf_put(out, all.ptr, all.len);
    aq_buf_free(&all);
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
