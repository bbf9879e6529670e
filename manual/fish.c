/* fish.c - completion for fish: a line an option, under the condition that its command
 * runs. */
#include "manual.h"

struct fish {
    struct aq_buf *out;
    const struct aq_program *program;
    struct aq_buf id; /* the program's name in names of functions, NUL-terminated */
};

static void put_quoted(struct aq_buf *out, const char *s)
{
    aq_buf_u8(out, '\'');
    for (; *s; s++) {
        if (*s == '\'' || *s == '\\')
            aq_buf_u8(out, '\\');
        aq_buf_u8(out, (uint8_t)*s);
    }
    aq_buf_u8(out, '\'');
}

static void put_names(struct fish *f)
{
    for (size_t i = 0; i < f->program->command_count; i++)
        aq_buf_printf(f->out, "%s%s", i ? " " : "", f->program->commands[i]->name);
}

static void put_functions(struct fish *f)
{
    const struct aq_program *p = f->program;
    const char *id = (const char *)f->id.ptr;
    aq_buf_printf(f->out,
                  "function __%s_command --description 'Print the first word that is no option'\n"
                  "    set -l skip 0\n"
                  "    for word in (commandline -opc)[2..-1]\n"
                  "        if test $skip = 1\n"
                  "            set skip 0\n"
                  "            continue\n"
                  "        end\n"
                  "        switch $word\n"
                  "            case --\n"
                  "                return\n"
                  "            case ",
                  id);
    aq_manual_valued(f->out, p, " ");
    aq_buf_printf(f->out,
                  "\n                set skip 1\n"
                  "            case '-?*'\n"
                  "            case '*'\n"
                  "                echo $word\n"
                  "                return\n"
                  "        end\n"
                  "    end\n"
                  "end\n\n"
                  "function __%s_runs --description 'Whether this command is given'\n"
                  "    set -l command (__%s_command)\n",
                  id, id);
    if (p->implied) {
        aq_buf_puts(f->out, "    if not contains -- \"$command\" ");
        put_names(f);
        aq_buf_printf(f->out, "\n        set command %s\n    end\n", p->implied->name);
    }
    aq_buf_puts(f->out, "    test \"$command\" = $argv[1]\nend\n\n");
}

static void put_option(struct fish *f, const struct aq_option *o, const struct aq_usage *command)
{
    aq_buf_printf(f->out, "complete -c %s", f->program->name);
    if (command)
        aq_buf_printf(f->out, " -n '__%s_runs %s'", (const char *)f->id.ptr, command->name);
    if (o->letter)
        aq_buf_printf(f->out, " -s %c", o->letter);
    aq_buf_printf(f->out, " -l %s", o->name);
    if (o->choices) {
        aq_buf_puts(f->out, " -x -a '");
        for (size_t c = 0; o->choices[c]; c++)
            aq_buf_printf(f->out, "%s%s", c ? " " : "", o->choices[c]);
        aq_buf_u8(f->out, '\'');
    } else if (o->complete == AQ_COMPLETE_DIRS) {
        aq_buf_puts(f->out, " -x -a '(__fish_complete_directories)'");
    } else if (aq_option_takes_value(o)) {
        aq_buf_puts(f->out, o->complete == AQ_COMPLETE_FILES ? " -r -F" : " -x");
    }
    aq_buf_puts(f->out, " -d ");
    put_quoted(f->out, o->help);
    aq_buf_u8(f->out, '\n');
}

static void put_command(struct fish *f, const struct aq_usage *c)
{
    const char *id = (const char *)f->id.ptr;
    aq_buf_printf(f->out, "complete -c %s -n 'test -z (__%s_command)' -a %s -d ", f->program->name, id,
                  c->name);
    put_quoted(f->out, c->summary);
    aq_buf_u8(f->out, '\n');
    if (c->complete == AQ_COMPLETE_FILES)
        aq_buf_printf(f->out, "complete -c %s -n '__%s_runs %s' -F\n", f->program->name, id, c->name);
    if (c->complete == AQ_COMPLETE_COMMANDS) {
        aq_buf_printf(f->out, "complete -c %s -n '__%s_runs %s' -a '", f->program->name, id, c->name);
        put_names(f);
        aq_buf_puts(f->out, "'\n");
    }
}

void aq_manual_fish(struct aq_buf *out, const struct aq_program *program)
{
    struct fish f = {.out = out, .program = program};
    const struct aq_usage *command;
    aq_manual_identifier(&f.id, program->name);
    aq_buf_u8(&f.id, 0);
    out->failed |= f.id.failed;
    if (f.id.failed)
        return;
    aq_buf_printf(out, "# fish completion for %s; made from its tables of options\n\n", program->name);
    put_functions(&f);
    aq_buf_printf(out, "complete -c %s -f\n", program->name);
    for (size_t g = 0; g <= program->command_count; g++) {
        const struct aq_option_group *group = aq_manual_group(program, g, &command);
        if (command)
            put_command(&f, command);
        for (size_t i = 0; i < group->count; i++)
            put_option(&f, &group->options[i], command);
    }
    aq_buf_free(&f.id);
}
