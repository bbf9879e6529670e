/* text_edges.c - see text_edges.h. Rules of thumb: what a sentence is depends on what
 * stands a few bytes around a place, never on a language. */
#include "text_edges.h"

#include "clusters.h"
#include "utf8.h"

#include <utf8proc.h>

#define NOWHERE UINT32_MAX

enum { LINE_MOST = 400 /* bytes; a longer line is a paragraph */, LINE_WRAPPED = 50 };

/* ---- characters ---- */

/* A character of one byte, as most are: the functions below spare themselves the rest. */
static bool is_plain(struct aq_slice text, uint32_t at)
{
    return text.ptr[at] < 0x80 && (at + 1 == text.len || text.ptr[at + 1] < 0x80);
}

/* A letter, mark or digit of ASCII, or whatever else of it is no space. */
static bool is_plain_ink(uint8_t c)
{
    return c < 0x80 && !aq_is_ascii_space(c);
}

static uint32_t step(struct aq_slice text, uint32_t at, unsigned *columns)
{
    unsigned width;
    if (is_plain(text, at)) {
        *columns = 1;
        return at + 1;
    }
    uint32_t next = (uint32_t)aq_cluster_next(text, at, &width), bytes = next - at;
    *columns = bytes / 16 > width ? bytes / 16 : width ? width : 1;
    return next;
}

unsigned aq_text_columns(struct aq_slice text, uint32_t begin, uint32_t end, unsigned most)
{
    unsigned total = 0;
    while (begin < end && total < most) {
        /* Of eight bytes of ASCII the first seven are characters, whatever follows. */
        while (end - begin >= 8 && most - total >= 7 &&
               !(aq_load64(text.ptr + begin) & 0x8080808080808080u)) {
            begin += 7;
            total += 7;
        }
        if (total == most)
            break;
        unsigned columns;
        begin = step(text, begin, &columns);
        total += columns;
    }
    return total;
}

static uint32_t char_at(struct aq_slice text, uint32_t at, unsigned *len)
{
    *len = 0;
    return at < text.len ? aq_utf8_decode(text.ptr + at, text.ptr + text.len, len) : AQ_UTF8_BAD;
}

static uint32_t char_before(struct aq_slice text, uint32_t at, unsigned *len)
{
    uint32_t from = at;
    *len = 0;
    if (at == 0)
        return AQ_UTF8_BAD;
    do
        from--;
    while (from > 0 && at - from < 4 && (text.ptr[from] & 0xC0) == 0x80);
    *len = at - from;
    unsigned n;
    return aq_utf8_decode(text.ptr + from, text.ptr + at, &n);
}

static bool is_one_of(uint32_t cp, const uint16_t *set, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (set[i] == cp)
            return true;
    return false;
}

/* What may follow a stop and belong to its sentence. */
static bool closes(uint32_t cp)
{
    static const uint16_t set[] = {'"', '\'', ')', ']', '*', '_', '`', 0xBB, 0x2019, 0x201D, 0x300D, 0x300F};
    return is_one_of(cp, set, AQ_COUNT(set));
}

static bool stops(uint32_t cp)
{
    return cp == '.' || cp == '!' || cp == '?' || cp == 0x2026 || cp == 0x061F || cp == 0x0964;
}

/* Of scripts that put no space behind them. */
static bool stops_wide(uint32_t cp)
{
    return cp == 0x3002 || cp == 0xFF01 || cp == 0xFF1F || cp == 0xFF61;
}

/* Bullets, rules, and what only closes or continues something; at the front. The
 * closers of directions of text among them. */
static bool empty_in_front(uint32_t cp)
{
    static const uint16_t set[] = {
        '-',    '*',    '+',    '#',    '>',    '|',    '=',    '~',    ')',    ']',    '}',    ',',    ';',
        ':',    '.',    '!',    '?',    '/',    0xB7,   0x2013, 0x2014, 0x2015, 0x2019, 0x201D, 0x2022, 0x2026,
        0x202C, 0x2069, 0x21A9, 0x25AA, 0x25CF, 0x25E6, 0x3001, 0x3002, 0xFE0E, 0xFE0F, 0xFF0C, 0xFF09};
    return is_one_of(cp, set, AQ_COUNT(set));
}

/* The same at the end. */
static bool empty_at_end(uint32_t cp)
{
    static const uint16_t set[] = {'-',    '*',    '+',    '#',    '>',    '|',    '=',    '~',   '(',
                                   '[',    '{',    '/',    0xAB,   0x2013, 0x2014, 0x2015, 0x2018, 0x201C,
                                   0x2022, 0x202A, 0x202B, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0xFF08};
    return is_one_of(cp, set, AQ_COUNT(set));
}

/* ---- words and sentences ---- */

static bool word_begins(struct aq_slice text, uint32_t at)
{
    unsigned n;
    if (at == 0 || is_plain_ink(text.ptr[at - 1]))
        return at == 0;
    return aq_is_space(char_before(text, at, &n)) && !aq_is_space(char_at(text, at, &n));
}

static bool word_ends(struct aq_slice text, uint32_t at)
{
    unsigned n;
    if (at == text.len || is_plain_ink(text.ptr[at]))
        return at == text.len;
    return aq_is_space(char_at(text, at, &n)) && !aq_is_space(char_before(text, at, &n));
}

/* Where there are no spaces, a text may be cut between any two characters. */
static bool is_wide(uint32_t cp)
{
    return cp >= 0x1100 && cp != AQ_UTF8_BAD && utf8proc_charwidth((utf8proc_int32_t)cp) == 2;
}

static bool between_wide(struct aq_slice text, uint32_t at)
{
    unsigned n;
    return at > 0 && text.ptr[at - 1] >= 0x80 && is_wide(char_before(text, at, &n)) && is_wide(char_at(text, at, &n));
}

/* The like, of scripts that put no space behind commas. */
static bool clause_ends(struct aq_slice text, uint32_t at)
{
    static const uint16_t set[] = {0x3001, 0xFF0C, 0xFF1A, 0xFF1B};
    unsigned n;
    return at > 0 && text.ptr[at - 1] >= 0x80 && is_one_of(char_before(text, at, &n), set, AQ_COUNT(set));
}

static uint32_t skip_closers_back(struct aq_slice text, uint32_t at)
{
    unsigned n;
    while (closes(char_before(text, at, &n)))
        at -= n;
    return at;
}

/* Whether the dot before `at` is part of the word before it: initials, e.g., Dr. */
static bool dot_abbreviates(struct aq_slice text, uint32_t at)
{
    static const char *const words[] = {"e.g", "i.e", "vs", "mr", "mrs", "ms", "dr", "cf", "st", "fig", "eq", "prof"};
    uint32_t end = at - 1, begin = end;
    while (begin > 0 && end - begin < 6 && (text.ptr[begin - 1] == '.' || ((text.ptr[begin - 1] | 0x20) >= 'a' &&
                                                                         (text.ptr[begin - 1] | 0x20) <= 'z')))
        begin--;
    size_t len = end - begin;
    if (len == 1)
        return text.ptr[begin] != 'I';
    for (size_t i = 0; i < AQ_COUNT(words); i++)
        if (strlen(words[i]) == len && strncasecmp(words[i], (const char *)text.ptr + begin, len) == 0)
            return true;
    return false;
}

bool aq_sentence_ends(struct aq_slice text, uint32_t at)
{
    unsigned n;
    uint32_t stop = char_before(text, skip_closers_back(text, at), &n);
    return stops(stop) || stops_wide(stop);
}

/* Whether the line that ends at `at` is so short that it was not broken for its length. */
static bool line_is_short(struct aq_slice text, uint32_t at)
{
    for (uint32_t n = 0; n < LINE_WRAPPED; n++)
        if (at - n == 0 || text.ptr[at - n - 1] == '\n')
            return true;
    return false;
}

static bool is_bullet(struct aq_slice text, uint32_t at)
{
    unsigned n, m;
    uint32_t cp = char_at(text, at, &n);
    return empty_in_front(cp) && aq_is_space(char_at(text, at + n, &m));
}

/* A sentence begins with no small letter. */
static bool sentence_begins(struct aq_slice text, uint32_t at)
{
    unsigned n, newlines = 0;
    if (at == 0 || is_plain_ink(text.ptr[at - 1]))
        return at == 0;
    uint32_t first = char_at(text, at, &n), before = at;
    if (first == AQ_UTF8_BAD || aq_is_space(first))
        return false;
    while (aq_is_space(char_before(text, before, &n))) {
        newlines += text.ptr[before - n] == '\n';
        before -= n;
    }
    if (before == 0 || newlines >= 2)
        return true;
    if (utf8proc_category((utf8proc_int32_t)first) == UTF8PROC_CATEGORY_LL)
        return false;
    if (newlines && (is_bullet(text, at) || line_is_short(text, before)))
        return true;
    uint32_t end = skip_closers_back(text, before), stop = char_before(text, end, &n);
    if (stops_wide(stop))
        return true;
    return before < at && stops(stop) && !(stop == '.' && dot_abbreviates(text, end));
}

/* ---- edges ---- */

uint32_t aq_edge_before(struct aq_slice text, uint32_t from, uint32_t low, unsigned columns)
{
    uint32_t word = NOWHERE, clause = NOWHERE, cut = NOWHERE, far = NOWHERE;
    uint32_t at = (uint32_t)aq_cluster_floor(text, from);
    unsigned used = 0, cost;
    if (at < low)
        at = low;
    uint32_t nearest = at;
    for (;;) {
        if (at == low || sentence_begins(text, at))
            return at;
        bool near = used <= columns / 3;
        if (word_begins(text, at) && near)
            word = at;
        else if (word_begins(text, at) && far == NOWHERE)
            far = at;
        else if (near && clause_ends(text, at))
            clause = at;
        else if (near && between_wide(text, at))
            cut = at;
        uint32_t before = (uint32_t)aq_cluster_floor(text, at - 1);
        step(text, before, &cost);
        used += cost;
        if (used > columns)
            break;
        at = before;
    }
    return word != NOWHERE ? word : clause != NOWHERE ? clause : cut != NOWHERE ? cut : far != NOWHERE ? far : nearest;
}

uint32_t aq_edge_further(struct aq_slice text, uint32_t begin, uint32_t low, unsigned columns)
{
    uint32_t sentence = NOWHERE, word = begin;
    unsigned used = 0, cost;
    for (uint32_t at = begin; at > low;) {
        at = (uint32_t)aq_cluster_floor(text, at - 1);
        step(text, at, &cost);
        used += cost;
        if (used > columns)
            break;
        if (at == low || sentence_begins(text, at))
            sentence = at;
        else if (word_begins(text, at))
            word = at;
    }
    if (sentence != NOWHERE)
        return sentence;
    return sentence_begins(text, begin) ? begin : word;
}

uint32_t aq_edge_after(struct aq_slice text, uint32_t from, uint32_t high, unsigned columns)
{
    uint32_t at = (uint32_t)aq_cluster_ceiling(text, from), word = NOWHERE, cut = NOWHERE, sentence = NOWHERE;
    unsigned used = 0, cost;
    for (;;) {
        if (at >= high)
            return high;
        if (used * 2 >= columns && sentence_begins(text, at))
            sentence = at;
        if (word_ends(text, at))
            word = at;
        else if (between_wide(text, at) || clause_ends(text, at))
            cut = at;
        uint32_t next = step(text, at, &cost);
        used += cost;
        if (used > columns)
            break;
        at = next;
    }
    if (sentence != NOWHERE)
        return sentence;
    if (word == NOWHERE && cut == NOWHERE)
        return at;
    return cut == NOWHERE || (word != NOWHERE && word > cut) ? word : cut;
}

/* ---- lines ---- */

struct line {
    uint32_t begin, end; /* without the line feed */
};

/* The line that `at` is in; false when it is too long to be looked at. */
static bool line_at(struct aq_slice text, uint32_t at, struct line *line)
{
    uint32_t begin = at, end = at, len = (uint32_t)text.len;
    while (begin > 0 && text.ptr[begin - 1] != '\n' && at - begin < LINE_MOST)
        begin--;
    while (end < len && text.ptr[end] != '\n' && end - at < LINE_MOST)
        end++;
    *line = (struct line){begin, end};
    return (begin == 0 || text.ptr[begin - 1] == '\n') && (end == len || text.ptr[end] == '\n');
}

static bool begins_with(struct aq_slice s, const char *with)
{
    size_t n = strlen(with);
    return s.len >= n && memcmp(s.ptr, with, n) == 0;
}

static struct aq_slice trimmed(struct aq_slice text, const struct line *line)
{
    struct aq_slice s = aq_slice(text.ptr + line->begin, line->end - line->begin);
    while (s.len && strchr(" \t\r>", *s.ptr) && *s.ptr) {
        s.ptr++;
        s.len--;
    }
    while (s.len && strchr(" \t\r", s.ptr[s.len - 1]) && s.ptr[s.len - 1])
        s.len--;
    return s;
}

static bool says_who_wrote(struct aq_slice s)
{
    static const char *const ends[] = {"wrote:", "writes:", "crit :", "crit:", "schrieb:"};
    for (size_t i = 0; i < AQ_COUNT(ends); i++) {
        size_t n = strlen(ends[i]);
        if (s.len >= n && memcmp(s.ptr + s.len - n, ends[i], n) == 0)
            return true;
    }
    return false;
}

static bool is_rule(struct aq_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!strchr("-=_*~#", s.ptr[i]) || !s.ptr[i])
            return false;
    return s.len >= 2;
}

bool aq_line_is_header(struct aq_slice text, uint32_t at)
{
    static const char *const names[] = {"From:", "To:", "Cc:", "CC:", "Date:", "Sent:", "Subject:", "Reply-To:"};
    static const char *const dates[] = {"On ", "At ", "Le ", "Am "};
    struct line line, next;
    if (!line_at(text, at, &line))
        return false;
    struct aq_slice s = trimmed(text, &line);
    if (is_rule(s) || says_who_wrote(s))
        return true;
    for (size_t i = 0; i < AQ_COUNT(names); i++)
        if (begins_with(s, names[i]))
            return true;
    if (begins_with(s, "---") && (memmem(s.ptr, s.len, "Original Message", 16) || memmem(s.ptr, s.len, "orwarded", 8)))
        return true;
    if (line.end >= text.len || !line_at(text, line.end + 1, &next))
        return false;
    for (size_t i = 0; i < AQ_COUNT(dates); i++) /* a long one goes on in the next line */
        if (begins_with(s, dates[i]))
            return says_who_wrote(trimmed(text, &next));
    return false;
}

/* ---- trimming ---- */

/* Past the number of a list's item at the beginning of a line; `at` when there is none. */
static uint32_t past_item_number(struct aq_slice text, uint32_t at)
{
    uint32_t end = at;
    if (at > 0 && text.ptr[at - 1] != '\n')
        return at;
    while (end < text.len && text.ptr[end] >= '0' && text.ptr[end] <= '9' && end - at < 4)
        end++;
    return end > at && end < text.len && (text.ptr[end] == '.' || text.ptr[end] == ')') ? end + 1 : at;
}

/* Past a run of characters that say nothing and are followed by a space; `at` when there
 * is no such run. */
static uint32_t past_front_junk(struct aq_slice text, uint32_t at)
{
    unsigned n;
    uint32_t end = past_item_number(text, at);
    while (empty_in_front(char_at(text, end, &n)))
        end += n;
    return end > at && aq_is_space(char_at(text, end, &n)) ? end : at;
}

/* A space that carries a mark is part of a character. */
static uint32_t past_spaces(struct aq_slice text, uint32_t at, uint32_t end)
{
    unsigned n;
    while (at < end && aq_is_space(char_at(text, at, &n)) && aq_cluster_floor(text, at + n) == at + n)
        at += n;
    return at;
}

bool aq_text_is_blank(struct aq_slice text, uint32_t begin, uint32_t end)
{
    return past_spaces(text, begin, end) >= end;
}

static uint32_t before_spaces(struct aq_slice text, uint32_t at, uint32_t begin)
{
    unsigned n;
    while (at > begin && aq_is_space(char_before(text, at, &n)) && aq_cluster_floor(text, at - n) == at - n)
        at -= n;
    return at;
}

static uint32_t trim_front(struct aq_slice text, uint32_t begin, uint32_t keep)
{
    for (;;) {
        struct line line;
        begin = past_spaces(text, begin, keep);
        uint32_t to = begin ? past_front_junk(text, begin) : begin;
        if (to == begin && begin < keep && aq_line_is_header(text, begin) && line_at(text, begin, &line))
            to = line.end;
        if (to == begin || to > keep)
            return begin;
        begin = to;
    }
}

static uint32_t trim_end(struct aq_slice text, uint32_t end, uint32_t keep)
{
    for (;;) {
        struct line line;
        unsigned n;
        end = before_spaces(text, end, keep);
        uint32_t to = end;
        while (to > keep && end < text.len && empty_at_end(char_before(text, to, &n)))
            to -= n;
        if (to > keep && !aq_is_space(char_before(text, to, &n)))
            to = end; /* part of the word */
        if (to == end && end > keep && end < text.len && line_at(text, end - 1, &line) &&
            (past_item_number(text, line.begin) == end || aq_line_is_header(text, end - 1)))
            to = line.begin;
        if (to == end || to < keep)
            return end;
        end = to;
    }
}

struct aq_range aq_text_trim(struct aq_slice text, struct aq_range part, struct aq_range keep)
{
    return (struct aq_range){trim_front(text, part.begin, keep.begin), trim_end(text, part.end, keep.end)};
}
