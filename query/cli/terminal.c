/* terminal.c - see terminal.h: detection, cleaning, widths and links. Wrapping is
 * in styled.c. */
#include "terminal.h"

#include "clusters.h"
#include "places.h"
#include "utf8.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* ---- what it can do ---- */

enum { COLUMNS_LEAST = 10, COLUMNS_MOST = 100, COLUMNS_UNKNOWN = 80 };

/* Terminals that are known to make links; one that does not know them may show
 * the address twice or worse, so the others get plain text. */
static bool makes_links(const char *term)
{
    static const char *const programs[] = {"iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "Tabby"};
    static const char *const signs[] = {"KITTY_WINDOW_ID", "WT_SESSION",       "KONSOLE_VERSION",
                                        "DOMTERM",         "ALACRITTY_WINDOW_ID"};
    static const char *const terms[] = {"xterm-kitty", "alacritty", "foot", "wezterm", "xterm-ghostty"};
    if (aq_env("TMUX") || aq_env("STY")) /* what holds the window is not what draws it */
        return false;
    const char *vte = aq_env("VTE_VERSION");
    if (vte)
        return strtol(vte, NULL, 10) >= 5000;
    for (size_t i = 0; i < AQ_COUNT(signs); i++)
        if (aq_env(signs[i]))
            return true;
    const char *program = aq_env("TERM_PROGRAM");
    for (size_t i = 0; program && i < AQ_COUNT(programs); i++)
        if (strcmp(program, programs[i]) == 0)
            return true;
    for (size_t i = 0; i < AQ_COUNT(terms); i++)
        if (strncmp(term, terms[i], strlen(terms[i])) == 0)
            return true;
    return false;
}

/* By the name of the locale: setting it would cost a start more than the rest of this. */
static bool speaks_utf8(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    const char *locale = NULL;
    for (size_t i = 0; i < AQ_COUNT(variables) && !locale; i++)
        locale = aq_env(variables[i]);
    return locale && (strcasestr(locale, "utf-8") || strcasestr(locale, "utf8"));
}

void aq_terminal_detect(struct aq_terminal *t, int fd, enum aq_color color)
{
    *t = (struct aq_terminal){.utf8 = speaks_utf8()};
    const char *term = aq_env("TERM");
    t->tty = isatty(fd);
    t->dumb = !term || strcmp(term, "dumb") == 0;
    t->color = color == AQ_COLOR_ALWAYS || (color == AQ_COLOR_AUTO && t->tty && !t->dumb && !aq_env("NO_COLOR"));
    t->links = t->tty && t->color && !t->dumb && makes_links(term);
    if (!t->tty)
        return;
    struct winsize size = {0};
    if (ioctl(fd, TIOCGWINSZ, &size) == 0)
        t->rows = size.ws_row;
    const char *columns = aq_env("COLUMNS");
    long wide = columns ? strtol(columns, NULL, 10) : 0;
    if (wide <= 0)
        wide = size.ws_col ? size.ws_col : COLUMNS_UNKNOWN;
    t->columns = (unsigned)(wide < COLUMNS_LEAST ? COLUMNS_LEAST : wide > COLUMNS_MOST ? COLUMNS_MOST : wide);
}

/* ---- cleaning ---- */

void aq_text_clean(struct aq_buf *out, struct aq_slice s)
{
    for (size_t at = 0; at < s.len;) {
        unsigned len;
        uint32_t cp = aq_utf8_decode(s.ptr + at, s.ptr + s.len, &len);
        if (cp == AQ_UTF8_BAD)
            aq_buf_puts(out, "\xef\xbf\xbd");
        else if (aq_is_shown(cp))
            aq_buf_put(out, s.ptr + at, len);
        at += len;
    }
}

void aq_text_clean_line(struct aq_buf *out, struct aq_slice s)
{
    size_t from = out->len;
    aq_text_clean(out, s);
    for (size_t i = from; i < out->len; i++)
        if (out->ptr[i] == '\n' || out->ptr[i] == '\t')
            out->ptr[i] = ' ';
}

/* ---- width ---- */

size_t aq_text_width(struct aq_slice s)
{
    size_t total = 0;
    for (size_t at = 0; at < s.len;) {
        unsigned width;
        at = aq_cluster_next(s, at, &width);
        total += width;
    }
    return total;
}

size_t aq_terminal_room(const struct aq_terminal *t, const char *margin)
{
    if (!t->columns)
        return SIZE_MAX;
    size_t used = aq_text_width(aq_slice_str(margin));
    return used + 2 <= t->columns ? t->columns - used : 2; /* the widest character always fits */
}

/* ---- styles and links ---- */

static const char *const style_codes[AQ_STYLE_COUNT] = {
    [AQ_STYLE_STRONG] = "1", [AQ_STYLE_MATCH] = "1;31", [AQ_STYLE_FAINT] = "2", [AQ_STYLE_KEY] = "36"};

void aq_terminal_put(struct aq_buf *out, const struct aq_terminal *t, enum aq_style style,
                     struct aq_slice text)
{
    const char *code = t->color && text.len ? style_codes[style] : NULL;
    if (code)
        aq_buf_printf(out, "\033[%sm", code);
    aq_buf_put(out, text.ptr, text.len);
    if (code)
        aq_buf_puts(out, "\033[0m");
}

static bool starts_with(struct aq_slice s, const char *prefix)
{
    size_t n = strlen(prefix);
    return s.len >= n && memcmp(s.ptr, prefix, n) == 0;
}

/* The address of a link is printable ASCII, whatever was in the corpus. */
static void put_address(struct aq_buf *out, struct aq_slice url)
{
    for (size_t i = 0; i < url.len; i++)
        if (url.ptr[i] > 0x20 && url.ptr[i] < 0x7f)
            aq_buf_u8(out, url.ptr[i]);
        else
            aq_buf_printf(out, "%%%02X", url.ptr[i]);
}

void aq_terminal_link(struct aq_buf *out, const struct aq_terminal *t, struct aq_slice url, size_t room)
{
    struct aq_buf shown = {0};
    aq_text_clean_line(&shown, url);
    if (shown.failed) {
        out->failed = true;
    } else if (!t->links || !(starts_with(url, "https://") || starts_with(url, "http://"))) {
        aq_terminal_put(out, t, AQ_STYLE_FAINT, aq_slice(shown.ptr, shown.len));
    } else {
        size_t at = 0, end = 0, used = 0;
        while (at < shown.len) {
            unsigned width;
            at = aq_cluster_next(aq_slice(shown.ptr, shown.len), at, &width);
            used += width;
            if (used < room) /* leaves a column for the ellipsis */
                end = at;
        }
        aq_buf_puts(out, "\033]8;;");
        put_address(out, url);
        aq_buf_puts(out, "\033\\");
        if (used <= room)
            end = shown.len;
        else
            shown.len = end;
        aq_buf_puts(out, "\033[2m");
        aq_buf_put(out, shown.ptr, end);
        if (used > room)
            aq_buf_puts(out, "…");
        aq_buf_puts(out, "\033[0m\033]8;;\033\\");
    }
    aq_buf_free(&shown);
}
