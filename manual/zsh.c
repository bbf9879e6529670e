/* zsh.c - completion for zsh: the command is found as aq finds it, then _arguments is
 * handed the options of it. */
#include "manual.h"

/* Inside single quotes and the brackets of a spec. */
static void put_description(struct aq_buf *out, const char *s)
{
    for (; *s; s++)
        if (*s == '\'')
            aq_buf_puts(out, "'\\''");
        else if (*s == '[' || *s == ']' || *s == ':' || *s == '\\')
            aq_buf_printf(out, "\\%c", *s);
        else
            aq_buf_u8(out, (uint8_t)*s);
}

static void put_action(struct aq_buf *out, enum aq_completion complete, const struct aq_program *p)
{
    static const char *const actions[] = {
        [AQ_COMPLETE_NOTHING] = " ", [AQ_COMPLETE_FILES] = "_files", [AQ_COMPLETE_DIRS] = "_files -/"};
    if (complete != AQ_COMPLETE_COMMANDS) {
        aq_buf_puts(out, actions[complete]);
        return;
    }
    aq_buf_u8(out, '_');
    aq_manual_identifier(out, p->name);
    aq_buf_puts(out, "_commands");
}

static void put_spec(struct aq_buf *out, const struct aq_option *o, const struct aq_program *p)
{
    bool valued = aq_option_takes_value(o), list = o->kind == AQ_OPTION_LIST;
    aq_buf_puts(out, "        ");
    if (list)
        aq_buf_puts(out, "'*'");
    else if (o->letter)
        aq_buf_printf(out, "'(-%c --%s)'", o->letter, o->name);
    if (o->letter)
        aq_buf_printf(out, "{-%c%s,--%s%s}'[", o->letter, valued ? "+" : "", o->name, valued ? "=" : "");
    else
        aq_buf_printf(out, "'--%s%s[", o->name, valued ? "=" : "");
    put_description(out, o->help);
    aq_buf_u8(out, ']');
    if (valued) {
        aq_buf_u8(out, ':');
        put_description(out, o->value);
        aq_buf_u8(out, ':');
        if (o->choices) {
            aq_buf_u8(out, '(');
            for (size_t c = 0; o->choices[c]; c++)
                aq_buf_printf(out, "%s%s", c ? " " : "", o->choices[c]);
            aq_buf_u8(out, ')');
        } else {
            put_action(out, (enum aq_completion)o->complete, p);
        }
    }
    aq_buf_puts(out, "'\n");
}

static void put_specs(struct aq_buf *out, const struct aq_option_group *g, const struct aq_program *p)
{
    for (size_t i = 0; i < g->count; i++)
        put_spec(out, &g->options[i], p);
}

static void put_case(struct aq_buf *out, const char *name, const struct aq_usage *c,
                     const struct aq_program *p)
{
    aq_buf_printf(out, "    (%s) specs+=(\n", name);
    if (c)
        put_specs(out, &c->options, p);
    aq_buf_puts(out, "        '*:word:");
    if (c && c->complete != AQ_COMPLETE_NOTHING)
        put_action(out, (enum aq_completion)c->complete, p);
    else /* no message either: with one, an option would be listed and not inserted */
        aq_buf_puts(out, "{true}");
    aq_buf_puts(out, "') ;;\n");
}

void aq_manual_zsh(struct aq_buf *out, const struct aq_program *p)
{
    aq_buf_printf(out, "#compdef %s\n# made from the tables of options of %s\n\n_", p->name, p->name);
    aq_manual_identifier(out, p->name);
    aq_buf_puts(out, "_commands() {\n    local -a commands=(\n");
    for (size_t i = 0; i < p->command_count; i++) {
        aq_buf_printf(out, "        '%s:", p->commands[i]->name);
        put_description(out, p->commands[i]->summary);
        aq_buf_puts(out, "'\n");
    }
    aq_buf_puts(out, "    )\n    _describe command commands\n}\n\n_");
    aq_manual_identifier(out, p->name);
    aq_buf_puts(out, "() {\n"
                     "    local command\n"
                     "    local -i i\n"
                     "    for ((i = 2; i < CURRENT; i++)); do\n"
                     "        case $words[i] in\n"
                     "        (--) break ;;\n"
                     "        (");
    aq_manual_valued(out, p, "|");
    aq_buf_puts(out, ") ((i++)) ;;\n"
                     "        (-?*) ;;\n"
                     "        (*) command=$words[i]; break ;;\n"
                     "        esac\n"
                     "    done\n"
                     "    local -a specs=(\n");
    put_specs(out, &p->common, p);
    aq_buf_puts(out, "        '1:command:_");
    aq_manual_identifier(out, p->name);
    aq_buf_puts(out, "_commands'\n    )\n    case $command in\n");
    for (size_t i = 0; i < p->command_count; i++)
        if (p->commands[i] != p->implied)
            put_case(out, p->commands[i]->name, p->commands[i], p);
    put_case(out, "*", p->implied, p);
    aq_buf_puts(out, "    esac\n    _arguments -s -S $specs\n}\n\n_");
    aq_manual_identifier(out, p->name);
    aq_buf_puts(out, " \"$@\"\n");
}
