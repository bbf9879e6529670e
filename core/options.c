/* options.c - see options.h. One loop over argv and one table; the values are
 * stored by offset, so a new option is a line in a table and a field. */
#include "options.h"

#include <fcntl.h>
#include <unistd.h>

#include <errno.h>
#include <math.h>

/* ---- finding ---- */

const struct aq_option *aq_option_named(const struct aq_option_group *groups, size_t group_count,
                                        const char *name, size_t len)
{
    for (size_t g = 0; g < group_count; g++)
        for (size_t i = 0; i < groups[g].count; i++) {
            const struct aq_option *o = &groups[g].options[i];
            if (o->name && strlen(o->name) == len && memcmp(o->name, name, len) == 0)
                return o;
        }
    return NULL;
}

static const struct aq_option *by_letter(const struct aq_option_group *groups, size_t group_count,
                                         char letter)
{
    for (size_t g = 0; g < group_count; g++)
        for (size_t i = 0; i < groups[g].count; i++)
            if (groups[g].options[i].letter == letter && letter)
                return &groups[g].options[i];
    return NULL;
}

enum { NAME_MOST = 32 };

/* Edits (insert, delete, replace) between a and b; names of up to NAME_MOST bytes. */
static unsigned edits(const char *a, size_t a_len, const char *b)
{
    size_t b_len = strlen(b);
    unsigned row[NAME_MOST + 1];
    if (a_len > NAME_MOST || b_len > NAME_MOST)
        return NAME_MOST;
    for (size_t j = 0; j <= b_len; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= a_len; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_len; j++) {
            unsigned best = diagonal + (a[i - 1] != b[j - 1]);
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[b_len];
}

const char *aq_option_nearest(const struct aq_option_group *groups, size_t group_count, const char *name,
                              size_t len)
{
    const char *found = NULL;
    unsigned least = len < 5 ? 2 : 3;
    for (size_t g = 0; g < group_count; g++)
        for (size_t i = 0; i < groups[g].count; i++) {
            const struct aq_option *o = &groups[g].options[i];
            unsigned n = o->name ? edits(name, len, o->name) : least;
            if (n < least) {
                least = n;
                found = o->name;
            }
        }
    return found;
}

static enum aq_status unknown(const struct aq_option_group *groups, size_t group_count, const char *arg,
                              struct aq_error *err)
{
    const char *name = arg[1] == '-' ? arg + 2 : arg + 1;
    const char *guess = aq_option_nearest(groups, group_count, name, strcspn(name, "="));
    return aq_fail(err, AQ_SYNTAX, "no option %.100s%s%s%s; words that start with \"-\" go after \"--\"", arg,
                   guess ? " (did you mean --" : "", guess ? guess : "", guess ? "?)" : "");
}

/* ---- values ---- */

/* As the user wrote it, for messages: "-n" or "--limit". */
struct spelling {
    char text[NAME_MOST + 3];
};

static struct spelling spelled(const struct aq_option *o, bool as_letter)
{
    struct spelling s = {{0}};
    if (as_letter || !o->name) {
        s.text[0] = '-';
        s.text[1] = o->letter;
    } else {
        size_t n = strlen(o->name);
        s.text[0] = s.text[1] = '-';
        memcpy(s.text + 2, o->name, n < NAME_MOST ? n : NAME_MOST);
    }
    return s;
}

static bool read_number(const char *text, uint64_t *out)
{
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    unsigned long long v = strtoull(text, &end, 10);
    *out = v;
    return !errno && !*end;
}

static bool read_real(const char *text, double *out)
{
    char *end;
    if (!*text || strspn(text, "0123456789.eE+-") != strlen(text))
        return false;
    *out = strtod(text, &end);
    return !*end && isfinite(*out);
}

static enum aq_status bad_choice(const struct aq_option *o, const char *name, const char *text,
                                 struct aq_error *err)
{
    struct aq_buf all = {0};
    for (size_t i = 0; o->choices[i]; i++)
        aq_buf_printf(&all, "%s%s", i == 0 ? "" : o->choices[i + 1] ? ", " : " or ", o->choices[i]);
    aq_buf_u8(&all, 0);
    aq_fail(err, AQ_SYNTAX, "%s is %s, not \"%.100s\"", name, all.failed ? "another word" : (char *)all.ptr,
            text);
    aq_buf_free(&all);
    return AQ_SYNTAX;
}

static bool read_flag(const char *text, bool *out)
{
    *out = strcmp(text, "true") == 0;
    return *out || strcmp(text, "false") == 0;
}

static enum aq_status append(struct aq_option_list *list, const char *text, const void *giver,
                             struct aq_arena *arena, struct aq_error *err)
{
    if (list->giver != giver)
        *list = (struct aq_option_list){.giver = giver};
    if (list->count == list->cap) {
        size_t cap = list->cap ? 2 * list->cap : 4;
        const char **items = aq_arena_alloc(arena, cap * sizeof *items);
        if (!items)
            return aq_fail_nomem(err);
        if (list->count)
            memcpy(items, list->items, list->count * sizeof *items);
        list->items = items;
        list->cap = cap;
    }
    list->items[list->count++] = text;
    return AQ_OK;
}

enum aq_status aq_option_assign(const struct aq_option *o, const char *name, const char *text,
                                const void *giver, void *values, struct aq_arena *arena,
                                struct aq_error *err)
{
    void *field = (char *)values + o->field;
    if (o->accepts && !o->accepts(text))
        return aq_fail(err, AQ_SYNTAX, "%s is %s, not \"%.100s\"", name, o->form, text);
    switch ((enum aq_option_kind)o->kind) {
    case AQ_OPTION_FLAG: {
        bool v;
        if (!read_flag(text, &v))
            return aq_fail(err, AQ_SYNTAX, "%s is true or false, not \"%.100s\"", name, text);
        *(bool *)field = v;
        return AQ_OK;
    }
    case AQ_OPTION_TEXT:
        *(const char **)field = text;
        return AQ_OK;
    case AQ_OPTION_LIST:
        return append(field, text, giver, arena, err);
    case AQ_OPTION_NUMBER: {
        uint64_t v;
        if (!read_number(text, &v) || v < o->min || v > o->max)
            return aq_fail(err, AQ_SYNTAX, "%s is a number from %llu to %llu, not \"%.100s\"", name,
                           (unsigned long long)o->min, (unsigned long long)o->max, text);
        *(uint64_t *)field = v;
        return AQ_OK;
    }
    case AQ_OPTION_REAL: {
        double v;
        if (!read_real(text, &v) || v < (double)o->min || v > (double)o->max)
            return aq_fail(err, AQ_SYNTAX, "%s is a number from %llu to %llu, not \"%.100s\"", name,
                           (unsigned long long)o->min, (unsigned long long)o->max, text);
        *(double *)field = v;
        return AQ_OK;
    }
    case AQ_OPTION_CHOICE:
        for (unsigned i = 0; o->choices[i]; i++)
            if (strcmp(o->choices[i], text) == 0) {
                *(unsigned *)field = i;
                return AQ_OK;
            }
        return bad_choice(o, name, text, err);
    }
    return aq_fail(err, AQ_INTERNAL, "option %s has no kind", name);
}

/* ---- the loop ---- */

struct parse {
    const struct aq_option_group *groups;
    size_t group_count;
    char *const *argv;
    int argc;
    void *values;
    struct aq_arena *arena;
    struct aq_error *err;
};

static enum aq_status store(struct parse *p, const struct aq_option *o, const char *name, const char *text)
{
    return aq_option_assign(o, name, text, p->argv, p->values, p->arena, p->err);
}

/* The argument after argv[*at], stepping over argv[skip]; NULL at the end. */
static const char *following(const struct parse *p, int *at, int skip)
{
    int next = *at + 1;
    if (next == skip && skip)
        next++;
    if (next >= p->argc)
        return NULL;
    *at = next;
    return p->argv[next];
}

static enum aq_status long_option(struct parse *p, int *at, int skip)
{
    const char *arg = p->argv[*at] + 2;
    size_t len = strcspn(arg, "=");
    const struct aq_option *o = aq_option_named(p->groups, p->group_count, arg, len);
    if (!o)
        return unknown(p->groups, p->group_count, p->argv[*at], p->err);
    struct spelling name = spelled(o, false);
    const char *text = arg[len] ? arg + len + 1 : o->kind == AQ_OPTION_FLAG ? "true" : NULL;
    bool flag;
    if (o->kind == AQ_OPTION_FLAG && !read_flag(text, &flag))
        return aq_fail(p->err, AQ_SYNTAX, "%s takes no value but true or false", name.text);
    if (!text && !(text = following(p, at, skip)))
        return aq_fail(p->err, AQ_SYNTAX, "%s needs a value: %s %s", name.text, name.text, o->value);
    return store(p, o, name.text, text);
}

static enum aq_status cluster(struct parse *p, int *at, int skip)
{
    const char *whole = p->argv[*at];
    for (const char *c = whole + 1; *c; c++) {
        const struct aq_option *o = by_letter(p->groups, p->group_count, *c);
        if (!o)
            return unknown(p->groups, p->group_count, whole, p->err);
        struct spelling name = spelled(o, true);
        if (o->kind == AQ_OPTION_FLAG) {
            enum aq_status st = store(p, o, name.text, "true");
            if (st)
                return st;
            continue;
        }
        const char *text = c[1] ? c + 1 : following(p, at, skip);
        if (!text)
            return aq_fail(p->err, AQ_SYNTAX, "%s needs a value: %s %s", name.text, name.text, o->value);
        return store(p, o, name.text, text);
    }
    return AQ_OK;
}

enum aq_status aq_options_parse(const struct aq_option_group *groups, size_t group_count, int argc,
                                char *const *argv, int skip, void *values, struct aq_arena *arena,
                                struct aq_option_words *words, struct aq_error *err)
{
    struct parse p = {groups, group_count, argv, argc, values, arena, err};
    bool ended = false;
    *words = (struct aq_option_words){0};
    words->items = aq_arena_alloc(arena, (size_t)(argc > 0 ? argc : 1) * sizeof *words->items);
    if (!words->items)
        return aq_fail_nomem(err);
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i];
        enum aq_status st = AQ_OK;
        if (i == skip)
            continue;
        if (ended || arg[0] != '-' || !arg[1])
            words->items[words->count++] = arg;
        else if (arg[1] != '-')
            st = cluster(&p, &i, skip);
        else if (arg[2])
            st = long_option(&p, &i, skip);
        else
            ended = true;
        if (st)
            return st;
    }
    return AQ_OK;
}

int aq_options_first_word(const struct aq_option_group *groups, size_t group_count, int argc,
                          char *const *argv)
{
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i];
        if (arg[0] != '-' || !arg[1])
            return i;
        if (arg[1] == '-') {
            if (!arg[2])
                return 0;
            size_t len = strcspn(arg + 2, "=");
            const struct aq_option *o = aq_option_named(groups, group_count, arg + 2, len);
            i += o && o->kind != AQ_OPTION_FLAG && !arg[2 + len];
            continue;
        }
        for (const char *c = arg + 1; *c; c++) {
            const struct aq_option *o = by_letter(groups, group_count, *c);
            if (o && o->kind != AQ_OPTION_FLAG) {
                i += !c[1];
                break;
            }
        }
    }
    return 0;
}

/* ---- help ---- */

enum { HELP_COLUMN = 26 };

void aq_text_wrap(struct aq_buf *out, const char *text, size_t at, size_t indent, size_t width)
{
    while (*text) {
        size_t word = strcspn(text, " ");
        if (at > indent && at + 1 + word > width) {
            aq_buf_printf(out, "\n%*s", (int)indent, "");
            at = indent;
        } else if (at > indent) {
            aq_buf_u8(out, ' ');
            at++;
        }
        aq_buf_put(out, text, word);
        at += word;
        text += word;
        text += strspn(text, " ");
    }
    aq_buf_u8(out, '\n');
}

void aq_options_help(struct aq_buf *out, const struct aq_option_group *groups, size_t group_count,
                     size_t width)
{
    for (size_t g = 0; g < group_count; g++) {
        aq_buf_printf(out, "%s%s:\n", g ? "\n" : "", groups[g].heading);
        for (size_t i = 0; i < groups[g].count; i++) {
            const struct aq_option *o = &groups[g].options[i];
            size_t from = out->len;
            if (o->letter)
                aq_buf_printf(out, "  -%c%s", o->letter, o->name ? ", " : "");
            else
                aq_buf_puts(out, "      ");
            if (o->name)
                aq_buf_printf(out, "--%s", o->name);
            if (o->kind != AQ_OPTION_FLAG)
                aq_buf_printf(out, " %s", o->value);
            size_t at = out->len - from;
            if (at + 2 > HELP_COLUMN)
                aq_buf_printf(out, "\n%*s", HELP_COLUMN, "");
            else
                aq_buf_printf(out, "%*s", (int)(HELP_COLUMN - at), "");
            aq_text_wrap(out, o->help, HELP_COLUMN, HELP_COLUMN, width);
        }
    }
}

void aq_options_occupy_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            (void)open("/dev/null", O_RDONLY); /* takes the lowest free: fd. Writing to it fails */
}
