/* page.c - the parts of a manual page that the tables say, in mdoc(7). */
#include "manual.h"

#include <stdio.h>

/* ---- words of mdoc ---- */

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_name(char c)
{
    return is_upper(c) || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static uint8_t lower(char c)
{
    return is_upper(c) ? (uint8_t)(c + 'a' - 'A') : (uint8_t)c;
}

static void put_escaped(struct aq_buf *out, const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (s[i] == '\\')
            aq_buf_puts(out, "\\e");
        else if (s[i] == '"')
            aq_buf_puts(out, "\\(dq");
        else
            aq_buf_u8(out, (uint8_t)s[i]);
}

/* What is called by a macro's name, or would be punctuation, as an argument. */
static void put_argument(struct aq_buf *out, const char *s, size_t len)
{
    bool macro = len >= 2 && len <= 3 && is_upper(s[0]) && !is_upper(s[1]);
    if (macro || (len == 1 && strchr(".,:;()[]?!|", *s)))
        aq_buf_puts(out, "\\&");
    put_escaped(out, s, len);
}

/* "DIR" as dir, "FIELD=PATH" as two; after Op or It. */
static void put_value(struct aq_buf *out, const char *value)
{
    aq_buf_puts(out, " Ar ");
    for (; *value; value++)
        if (*value == '=')
            aq_buf_puts(out, " Ns = Ns Ar ");
        else
            aq_buf_u8(out, lower(*value));
}

/* "PATH...|-" as a line of its own or, `inside`, as the rest of one. */
static void put_words(struct aq_buf *out, const char *words, bool inside)
{
    if (!*words)
        return;
    aq_buf_puts(out, inside ? " " : ".");
    for (const char *w = words; *w; w++) {
        if (*w == '[') {
            aq_buf_puts(out, "Op ");
        } else if (is_upper(*w)) {
            aq_buf_puts(out, "Ar ");
            while (is_name(*w) || (*w == '.' && is_name(w[1])))
                aq_buf_u8(out, lower(*w++));
            w--;
        } else if (strncmp(w, "...", 3) == 0) {
            aq_buf_puts(out, " ...");
            w += 2;
        } else if (*w == '|') {
            aq_buf_puts(out, " | ");
        } else if (*w == '-') {
            aq_buf_puts(out, "Fl");
        } else if (*w != ']') {
            aq_buf_u8(out, (uint8_t)*w);
        }
    }
    if (!inside)
        aq_buf_u8(out, '\n');
}

/* ---- text ----
 * Words are gathered into lines; what is known by its looks becomes a macro on a line of
 * its own, with the punctuation around it. */

enum { FILL = 78 };

struct text {
    struct aq_buf *out;
    size_t line;               /* bytes of the line so far */
    const struct aq_option *o; /* whose value and choices are known; or NULL */
};

static void end_line(struct text *t)
{
    if (t->line)
        aq_buf_u8(t->out, '\n');
    t->line = 0;
}

static void put_plain(struct text *t, const char *word, size_t len)
{
    if (t->line && t->line + 1 + len > FILL)
        end_line(t);
    if (t->line) {
        aq_buf_u8(t->out, ' ');
        t->line++;
    } else if (*word == '.' || *word == '\'') {
        aq_buf_puts(t->out, "\\&");
    }
    put_escaped(t->out, word, len);
    t->line += len;
    bool stop = word[len - 1] == '.' || (len > 1 && word[len - 1] == ')' && word[len - 2] == '.');
    if (stop) /* a new sentence begins on a new line */
        end_line(t);
}

static bool equals(const char *s, size_t len, const char *other)
{
    return other && strlen(other) == len && memcmp(s, other, len) == 0;
}

/* The macro for a word without its punctuation, and how many bytes at its start the macro
 * itself says; macro NULL: it is plain text. */
struct look {
    const char *macro;
    size_t skip;
};

static struct look look_of(const struct text *t, const char *w, size_t len)
{
    for (size_t i = 0; t->o && t->o->choices && t->o->choices[i]; i++)
        if (equals(w, len, t->o->choices[i]))
            return (struct look){"Cm", 0};
    if (t->o && equals(w, len, t->o->value))
        return (struct look){"Ar", 0};
    if (len > 3 && w[0] == '-' && w[1] == '-' && is_name(w[2]))
        return (struct look){"Fl", 1};
    if (len > 1 && w[0] == '$' && is_upper(w[1]))
        return memchr(w, '/', len) ? (struct look){"Pa", 0} : (struct look){"Ev", 1};
    if (equals(w, len, ".aq") || (len > 2 && w[0] == '~' && w[1] == '/'))
        return (struct look){"Pa", 0};
    if (len > 3 && is_name(*w) && memcmp(w + len - 3, "(1)", 3) == 0)
        return (struct look){"Xr", 0};
    return (struct look){NULL, 0};
}

static void put_macro(struct text *t, const char *macro, const char *w, size_t len)
{
    aq_buf_printf(t->out, "%s ", macro);
    if (strcmp(macro, "Xr") == 0)
        aq_buf_printf(t->out, "%.*s 1", (int)len - 3, w);
    else if (strcmp(macro, "Ar") == 0)
        for (size_t i = 0; i < len; i++)
            aq_buf_u8(t->out, lower(w[i]));
    else if (strcmp(macro, "Ql") == 0)
        for (size_t i = 0; i < len;) {
            const char *space = memchr(w + i, ' ', len - i);
            size_t end = space ? (size_t)(space - w) : len;
            put_argument(t->out, w + i, end - i);
            if (space)
                aq_buf_u8(t->out, ' ');
            i = end + 1;
        }
    else
        put_escaped(t->out, w, len);
}

/* Length of a word without the punctuation that ends it. */
static size_t core_length(const char *w, size_t len)
{
    while (len > 1 && strchr(".,:;)", w[len - 1]) && !(len > 3 && memcmp(w + len - 3, "(1)", 3) == 0))
        len--;
    return len;
}

/* One word, in which there are spaces only between grave accents. */
static void put_word(struct text *t, const char *word, size_t len)
{
    bool bracket = *word == '(' && len > 1;
    const char *w = word + bracket, *end = word + len;
    const char *close = *w == '`' ? memchr(w + 1, '`', (size_t)(end - w) - 1) : NULL;
    const char *tail = close ? close + 1 : w + core_length(w, (size_t)(end - w));
    struct look look = {"Ql", 1};
    if (!close)
        look = look_of(t, w, (size_t)(tail - w));
    if (!look.macro) {
        put_plain(t, word, len);
        return;
    }
    end_line(t);
    aq_buf_puts(t->out, bracket ? ".Pf ( " : ".");
    put_macro(t, look.macro, w + look.skip, (size_t)((close ? close : tail) - w) - look.skip);
    for (; tail < end; tail++)
        aq_buf_printf(t->out, " %c", *tail);
    aq_buf_u8(t->out, '\n');
}

static void put_paragraph(struct text *t, const char *s, const char *end)
{
    while (s < end) {
        const char *mark = *s == '(' && s + 1 < end ? s + 1 : s;
        const char *close = *mark == '`' ? memchr(mark + 1, '`', (size_t)(end - mark) - 1) : NULL;
        const char *from = close ? close : s;
        const char *space = memchr(from, ' ', (size_t)(end - from));
        const char *stop = space ? space : end;
        put_word(t, s, (size_t)(stop - s));
        s = space ? space + 1 : end;
    }
    end_line(t);
}

static void put_text(struct aq_buf *out, const char *s, const struct aq_option *o)
{
    struct text t = {.out = out, .o = o};
    for (;;) {
        const char *end = strstr(s, "\n\n");
        put_paragraph(&t, s, end ? end : s + strlen(s));
        if (!end)
            return;
        aq_buf_puts(out, ".Pp\n");
        s = end + 2;
    }
}

/* As a sentence: from a capital to a stop. */
static void put_sentence(struct aq_buf *out, const char *s, const struct aq_option *o)
{
    struct aq_buf whole = {0};
    aq_buf_u8(&whole, (uint8_t)(*s >= 'a' && *s <= 'z' ? *s + 'A' - 'a' : *s));
    aq_buf_puts(&whole, s + 1);
    aq_buf_puts(&whole, s[strlen(s) - 1] == '.' ? "" : ".");
    aq_buf_u8(&whole, 0);
    out->failed |= whole.failed;
    if (!whole.failed)
        put_text(out, (const char *)whole.ptr, o);
    aq_buf_free(&whole);
}

/* ---- sections ---- */

static void put_synopsis(struct aq_buf *out, const struct aq_program *p)
{
    for (size_t i = 0; i < p->command_count; i++) {
        const struct aq_usage *c = p->commands[i];
        aq_buf_printf(out, ".Nm\n.%sCm %s\n", c == p->implied ? "Op " : "", c->name);
        for (size_t k = 0; k < c->options.count; k++) {
            const struct aq_option *o = &c->options.options[k];
            if (o->letter)
                aq_buf_printf(out, ".Op Fl %c", o->letter);
            else
                aq_buf_printf(out, ".Op Fl -%s", o->name);
            if (aq_option_takes_value(o))
                put_value(out, o->value);
            aq_buf_u8(out, '\n');
        }
        aq_buf_puts(out, ".Op Ar option ...\n");
        put_words(out, c->words, false);
    }
}

static void put_commands(struct aq_buf *out, const struct aq_program *p)
{
    aq_buf_puts(out, ".Bl -tag -width Ds\n");
    for (size_t i = 0; i < p->command_count; i++) {
        const struct aq_usage *c = p->commands[i];
        aq_buf_printf(out, ".It Cm %s", c->name);
        put_words(out, c->words, true);
        aq_buf_u8(out, '\n');
        put_sentence(out, c->summary, NULL);
        if (c->details)
            put_text(out, c->details, NULL);
    }
    aq_buf_puts(out, ".El\n");
}

static void put_option(struct aq_buf *out, const struct aq_option *o)
{
    aq_buf_puts(out, ".It ");
    if (o->letter)
        aq_buf_printf(out, "Fl %c , ", o->letter);
    aq_buf_printf(out, "Fl -%s", o->name);
    if (aq_option_takes_value(o))
        put_value(out, o->value);
    aq_buf_u8(out, '\n');
    put_sentence(out, o->help, o);
    if (o->kind == AQ_OPTION_NUMBER || o->kind == AQ_OPTION_REAL)
        aq_buf_printf(out, "From %llu to %llu.\n", (unsigned long long)o->min, (unsigned long long)o->max);
    if (o->more)
        put_text(out, o->more, o);
}

static void put_group(struct aq_buf *out, const struct aq_option_group *g)
{
    if (g->count == 0)
        return;
    aq_buf_printf(out, ".Ss %s\n.Bl -tag -width Ds\n", g->heading);
    for (size_t i = 0; i < g->count; i++)
        put_option(out, &g->options[i]);
    aq_buf_puts(out, ".El\n");
}

static void put_options(struct aq_buf *out, const struct aq_program *p)
{
    put_group(out, &p->common);
    for (size_t i = 0; i < p->command_count; i++)
        put_group(out, &p->commands[i]->options);
}

void aq_manual_page(struct aq_buf *out, const struct aq_program *program, const char *template)
{
    static const struct {
        const char *line;
        aq_manual_write *write;
    } parts[] = {{"@SYNOPSIS@", put_synopsis}, {"@COMMANDS@", put_commands}, {"@OPTIONS@", put_options}};
    while (*template) {
        size_t len = strcspn(template, "\n");
        bool part = false;
        for (size_t i = 0; i < AQ_COUNT(parts); i++)
            if (equals(template, len, parts[i].line)) {
                parts[i].write(out, program);
                part = true;
            }
        if (!part) {
            aq_buf_put(out, template, len);
            aq_buf_u8(out, '\n');
        }
        template += len + (template[len] == '\n');
    }
}
