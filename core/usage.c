/* usage.c - see usage.h. */
#include "usage.h"

enum { WIDTH = 80, COMMANDS_MOST = 16, COMMAND_COLUMN = 22 };

const struct aq_usage *aq_usage_named(const struct aq_program *program, const char *name)
{
    for (size_t i = 0; i < program->command_count; i++)
        if (strcmp(program->commands[i]->name, name) == 0)
            return program->commands[i];
    return NULL;
}

int aq_usage_first_word(const struct aq_program *program, int argc, char *const *argv)
{
    struct aq_option_group all[COMMANDS_MOST + 1] = {program->common};
    size_t n = 1;
    for (size_t i = 0; i < program->command_count && n < AQ_COUNT(all); i++)
        all[n++] = program->commands[i]->options;
    return aq_options_first_word(all, n, argc, argv);
}

/* ---- help ---- */

/* One paragraph without its grave accents; what stood between them is quoted when it
 * has a space in it and no quotation mark of its own. */
static void put_paragraph(struct aq_buf *out, const char *text, const char *end)
{
    struct aq_buf plain = {0};
    while (text < end) {
        const char *open = memchr(text, '`', (size_t)(end - text));
        const char *close = open ? memchr(open + 1, '`', (size_t)(end - open) - 1) : NULL;
        if (!close) {
            aq_buf_put(&plain, text, (size_t)(end - text));
            break;
        }
        size_t len = (size_t)(close - open) - 1;
        const char *mark = memchr(open, ' ', len + 1) && !memchr(open, '"', len + 1) ? "\"" : "";
        aq_buf_put(&plain, text, (size_t)(open - text));
        aq_buf_puts(&plain, mark);
        aq_buf_put(&plain, open + 1, len);
        aq_buf_puts(&plain, mark);
        text = close + 1;
    }
    aq_buf_u8(&plain, 0);
    if (!plain.failed)
        aq_text_wrap(out, (const char *)plain.ptr, 0, 0, WIDTH);
    out->failed |= plain.failed;
    aq_buf_free(&plain);
}

static void put_paragraphs(struct aq_buf *out, const char *text)
{
    for (;;) {
        const char *end = strstr(text, "\n\n");
        aq_buf_u8(out, '\n');
        put_paragraph(out, text, end ? end : text + strlen(text));
        if (!end)
            return;
        text = end + 2;
    }
}

static void put_usage(struct aq_buf *out, const struct aq_program *p, const struct aq_usage *c)
{
    bool implied = c == p->implied;
    aq_buf_printf(out, "Usage: %s %s%s%s [OPTION...]%s%s\n", p->name, implied ? "[" : "", c->name,
                  implied ? "]" : "", *c->words ? " " : "", c->words);
}

static void help_on(struct aq_buf *out, const struct aq_program *p, const struct aq_usage *c)
{
    put_usage(out, p, c);
    aq_buf_printf(out, "\n%c%s.\n", c->summary[0] - 'a' + 'A', c->summary + 1);
    if (c->details)
        put_paragraphs(out, c->details);
    struct aq_option_group groups[] = {c->options, p->common};
    size_t none = c->options.count ? 0 : 1;
    aq_buf_u8(out, '\n');
    aq_options_help(out, groups + none, AQ_COUNT(groups) - none, WIDTH);
}

static void help_overview(struct aq_buf *out, const struct aq_program *p)
{
    aq_buf_printf(out, "%s\n\n", p->about);
    if (p->implied)
        aq_buf_printf(out, "Usage: %s [OPTION...] %s\n       %s COMMAND [OPTION...] [WORD...]\n", p->name,
                      p->implied->words, p->name);
    else
        aq_buf_printf(out, "Usage: %s COMMAND [OPTION...] [WORD...]\n", p->name);
    aq_buf_puts(out, "\nCommands:\n");
    for (size_t i = 0; i < p->command_count; i++) {
        const struct aq_usage *c = p->commands[i];
        size_t from = out->len;
        aq_buf_printf(out, "  %s %s", c->name, c->words);
        size_t at = out->len - from;
        aq_buf_printf(out, "%*s%s\n", at < COMMAND_COLUMN ? (int)(COMMAND_COLUMN - at) : 1, "", c->summary);
    }
    for (size_t i = 0; i < p->command_count; i++)
        if (p->commands[i]->options.count && (!p->implied || p->commands[i] == p->implied)) {
            aq_buf_u8(out, '\n');
            aq_options_help(out, &p->commands[i]->options, 1, WIDTH);
        }
    aq_buf_u8(out, '\n');
    aq_options_help(out, &p->common, 1, WIDTH);
    aq_buf_printf(out, "\n%s", p->closing);
}

void aq_usage_help(struct aq_buf *out, const struct aq_program *program, const struct aq_usage *command)
{
    if (command)
        help_on(out, program, command);
    else
        help_overview(out, program);
}
