/* bash.c - completion for bash: one function that stands alone, without the helpers of
 * bash-completion. */
#include "manual.h"

/* Words for compgen -W: every spelling of the options of a group. */
static void put_spellings(struct aq_buf *out, const struct aq_option_group *g)
{
    for (size_t i = 0; i < g->count; i++) {
        const struct aq_option *o = &g->options[i];
        if (o->letter)
            aq_buf_printf(out, " -%c", o->letter);
        aq_buf_printf(out, " --%s", o->name);
    }
}

static void put_command_names(struct aq_buf *out, const struct aq_program *p)
{
    for (size_t i = 0; i < p->command_count; i++)
        aq_buf_printf(out, "%s%s", i ? " " : "", p->commands[i]->name);
}

static void put_completion(struct aq_buf *out, enum aq_completion complete, const struct aq_program *p)
{
    switch (complete) {
    case AQ_COMPLETE_FILES:
        aq_buf_puts(out, "files=-f");
        break;
    case AQ_COMPLETE_DIRS:
        aq_buf_puts(out, "files=-d");
        break;
    case AQ_COMPLETE_COMMANDS:
        aq_buf_puts(out, "list='");
        put_command_names(out, p);
        aq_buf_u8(out, '\'');
        break;
    case AQ_COMPLETE_NOTHING:
        aq_buf_u8(out, ':');
        break;
    }
}

/* Cases on "command/option" that say what completes its value. */
static void put_values_of(struct aq_buf *out, const struct aq_program *p, const struct aq_option_group *group,
                          const char *name)
{
    for (size_t i = 0; i < group->count; i++) {
        const struct aq_option *o = &group->options[i];
        if (!o->choices && o->complete == AQ_COMPLETE_NOTHING)
            continue;
        aq_buf_printf(out, "        %s/--%s", name, o->name);
        if (o->letter)
            aq_buf_printf(out, " | %s/-%c", name, o->letter);
        aq_buf_puts(out, ") ");
        if (o->choices) {
            aq_buf_puts(out, "list='");
            for (size_t c = 0; o->choices[c]; c++)
                aq_buf_printf(out, "%s%s", c ? " " : "", o->choices[c]);
            aq_buf_u8(out, '\'');
        } else {
            put_completion(out, (enum aq_completion)o->complete, p);
        }
        aq_buf_puts(out, " ;;\n");
    }
}

/* What is for any command comes last, or it would take the place of their own. */
static void put_values(struct aq_buf *out, const struct aq_program *p)
{
    const struct aq_usage *command;
    for (int any = 0; any < 2; any++)
        for (size_t g = 0; g <= p->command_count; g++) {
            const struct aq_option_group *group = aq_manual_group(p, g, &command);
            bool for_any = !command || command == p->implied;
            if (for_any == any)
                put_values_of(out, p, group, for_any ? "*" : command->name);
        }
}

static void put_options(struct aq_buf *out, const struct aq_program *p)
{
    for (size_t i = 0; i < p->command_count; i++) {
        const struct aq_usage *c = p->commands[i];
        if (c == p->implied || !c->options.count)
            continue;
        aq_buf_printf(out, "        %s) list='", c->name);
        put_spellings(out, &c->options);
        aq_buf_puts(out, "' ;;\n");
    }
    for (size_t i = 0; i < p->command_count; i++) /* without any of their own */
        if (!p->commands[i]->options.count)
            aq_buf_printf(out, "        %s) ;;\n", p->commands[i]->name);
    if (p->implied) {
        aq_buf_puts(out, "        *) list='");
        put_spellings(out, &p->implied->options);
        aq_buf_puts(out, "' ;;\n");
    }
}

static void put_arguments(struct aq_buf *out, const struct aq_program *p)
{
    for (size_t i = 0; i < p->command_count; i++) {
        const struct aq_usage *c = p->commands[i];
        if (c->complete == AQ_COMPLETE_NOTHING)
            continue;
        aq_buf_printf(out, "        %s) ", c->name);
        put_completion(out, (enum aq_completion)c->complete, p);
        aq_buf_puts(out, " ;;\n");
    }
}

void aq_manual_bash(struct aq_buf *out, const struct aq_program *p)
{
    aq_buf_printf(out, "# bash completion for %s; made from its tables of options\n\n_", p->name);
    aq_manual_identifier(out, p->name);
    aq_buf_puts(out, "() {\n"
                     "    local current=${COMP_WORDS[COMP_CWORD]}\n"
                     "    local command='' option='' ended='' list='' files='' i\n"
                     "    COMPREPLY=()\n"
                     "    [[ $current != '=' ]] || current=''\n"
                     "    # bash parts words at \"=\": --name=value is three of them\n"
                     "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                     "        case ${COMP_WORDS[i]} in\n"
                     "        --) ended=1; break ;;\n"
                     "        ");
    aq_manual_valued(out, p, " | ");
    aq_buf_puts(out, ")\n"
                     "            option=${COMP_WORDS[i]}\n"
                     "            [[ ${COMP_WORDS[i + 1]} != '=' ]] || ((i++))\n"
                     "            ((++i >= COMP_CWORD)) || option='' ;;\n"
                     "        --*) [[ ${COMP_WORDS[i + 1]} != '=' ]] || ((i += 2)) ;;\n"
                     "        -?*) ;;\n"
                     "        *) command=${command:-${COMP_WORDS[i]}} ;;\n"
                     "        esac\n"
                     "    done\n"
                     "    if [[ -n $option ]]; then\n"
                     "        case $command/$option in\n");
    put_values(out, p);
    aq_buf_puts(out, "        esac\n"
                     "    elif [[ -z $ended && $current == -* ]]; then\n"
                     "        case $command in\n");
    put_options(out, p);
    aq_buf_puts(out, "        esac\n"
                     "        list+='");
    put_spellings(out, &p->common);
    aq_buf_puts(out, "'\n"
                     "    elif [[ -n $command ]]; then\n"
                     "        case $command in\n");
    put_arguments(out, p);
    aq_buf_puts(out, "        esac\n"
                     "    elif [[ -z $ended ]]; then\n"
                     "        list='");
    put_command_names(out, p);
    aq_buf_puts(out, "'\n"
                     "    fi\n"
                     "    if [[ -n $files ]]; then\n"
                     "        compopt -o filenames 2>/dev/null\n"
                     "        mapfile -t COMPREPLY < <(compgen \"$files\" -- \"$current\")\n"
                     "    else\n"
                     "        mapfile -t COMPREPLY < <(compgen -W \"$list\" -- \"$current\")\n"
                     "    fi\n"
                     "}\n"
                     "complete -F _");
    aq_manual_identifier(out, p->name);
    aq_buf_printf(out, " %s\n", p->name);
}
