/* tokenizer.c - see tokenizer.h. Owns the rules by which text becomes words; must
 * not know how a word is folded, stemmed or stored. A change of the rules is a
 * new version of the analyzer's identity (analyzer.c).
 *
 * Words. A word is a run of letters, digits and marks that begins with a letter or
 * digit (UAX #29 with changes for discussions). Emoji and symbols are no words.
 *   - An apostrophe (' or U+2019) joins when a letter follows: don't, 1980's,
 *     rock'n'roll. Where a language elides (French, Italian, Catalan) it parts.
 *   - `.` joins digits (3.5, v1.2, 192.168.0.1) and single letters (U.S, e.g: one
 *     word, the last dot left out); between other letters it parts ("end.Start").
 *   - `,` joins only groups of three digits: 1,000 is one word, 1,2,3 are three.
 *   - U+00B7, U+05F3 and U+05F4 join letters.
 *   - What Unicode calls ignorable (soft hyphen, joiners, bidi marks, variation
 *     selectors) neither ends a word nor begins one. A zero-width space parts.
 *   - Bytes that are not UTF-8 part words.
 *
 * Compounds. Two to four words joined by one `-`, U+2010, U+2011, `_` or `&` (the
 * last only between words of at most four bytes, and not in `&amp;`) yield the
 * whole and its parts; five words or more only the parts. Words followed by
 * exactly `++`, one letter followed by `#`, and `net` after a dot that follows no
 * word, yield a whole over the one part.
 *
 * Context. What a word is never depends on what lies beyond white space, nor on
 * whether white space or the text's end is beside it: passages are cut there, and
 * must yield alone what they yielded in their block (aq_barrier_at).
 *
 * Runs without spaces. Han, kana and Bopomofo, and apart from them Thai, Lao, Khmer,
 * Burmese and Tai, are cut into overlapping bigrams; a unit of a bigram is a letter
 * and the marks after it. Hangul is written with spaces: ordinary words.
 *
 * URLs (http, https, ftp, www.). Words of host, path and fragment, without scheme
 * and www, without compounds. Left out: the query string, and parts with a percent
 * escape, with letters and digits mixed, of more than 20 letters or 8 digits: ids
 * that nobody types would otherwise be most of the dictionary. */
#include "tokenizer.h"

#include "utf8.h"

#include <utf8proc.h>

enum {
    PARTS_MAX = 4,    /* of a compound */
    AMPERSAND_MAX = 4, /* bytes of a word beside `&` */
    URL_LETTERS = 20,
    URL_DIGITS = 8
};

/* ---- classes ---- */

enum {
    LETTER = 1,
    DIGIT = 2,
    HIGH = 4, /* not ASCII: look further */
    LINK = 8, /* ' - _ . , & join when a word follows at once */
    TAIL = 16, /* + # : may go with the word before */
    WORD = LETTER | DIGIT
};

#define D DIGIT
#define L LETTER
#define H HIGH
#define J LINK
#define T TAIL
#define H16 H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H
static const uint8_t classes[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* 00 */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* 10 */
    0, 0, 0, T, 0, 0, J, J, 0, 0, 0, T, J, J, J, 0, /* 20 */
    D, D, D, D, D, D, D, D, D, D, T, 0, 0, 0, 0, 0, /* 30 */
    0, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, /* 40 */
    L, L, L, L, L, L, L, L, L, L, L, 0, 0, 0, 0, J, /* 50 */
    0, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, /* 60 */
    L, L, L, L, L, L, L, L, L, L, L, 0, 0, 0, 0, 0, /* 70 */
    H16, H16, H16, H16, H16, H16, H16, H16};
#undef D
#undef L
#undef H
#undef J
#undef T
#undef H16

enum glyph_class {
    G_NONE,
    G_LETTER,
    G_DIGIT,
    G_MARK,
    G_IGNORED,
    G_APOSTROPHE,
    G_DOT,
    G_COMMA,
    G_MIDLETTER,
    G_HYPHEN,
    G_AMPERSAND,
    G_CJK,      /* cut into bigrams, as is the next */
    G_SPACELESS
};

struct glyph {
    unsigned len; /* 0 at the end of the text */
    enum glyph_class class;
};

struct range {
    uint32_t first, last;
};

/* Letters of the scripts that are cut into bigrams, ascending. */
static const struct range cjk[] = {
    {0x3005, 0x3007},   {0x3021, 0x3029},   {0x3031, 0x3035},   {0x3038, 0x303C},   {0x3041, 0x30FF},
    {0x3105, 0x312F},   {0x31A0, 0x31BF},   {0x31F0, 0x31FF},   {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},
    {0xF900, 0xFAFF},   {0xFF66, 0xFF9F},   {0x16FE2, 0x16FE3}, {0x1AFF0, 0x1B16F}, {0x20000, 0x3FFFF}};
static const struct range spaceless[] = {
    {0x0E01, 0x0EFF}, {0x1000, 0x109F}, {0x1780, 0x17FF}, {0x1950, 0x19DF},
    {0x1A20, 0x1AAF}, {0xA9E0, 0xA9FF}, {0xAA60, 0xAADF}};

static bool in_ranges(uint32_t cp, const struct range *r, size_t n)
{
    if (cp < r[0].first || cp > r[n - 1].last)
        return false;
    for (size_t i = 0; i < n && cp >= r[i].first; i++)
        if (cp <= r[i].last)
            return true;
    return false;
}

static enum glyph_class classify(uint32_t cp)
{
    switch (cp) {
    case 0x2019:
    case 0x02BC:
    case 0xFF07:
        return G_APOSTROPHE;
    case 0x00B7:
    case 0x05F3:
    case 0x05F4:
        return G_MIDLETTER;
    case 0x2010:
    case 0x2011:
        return G_HYPHEN;
    case 0x200B:
        return G_NONE;
    case 0xFF9E: /* half-width voicing marks: letters by category, marks by NFKC */
    case 0xFF9F:
        return G_MARK;
    default:
        break;
    }
    const utf8proc_property_t *property = utf8proc_get_property((utf8proc_int32_t)cp);
    if (property->ignorable)
        return G_IGNORED;
    switch (property->category) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
        return G_LETTER;
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
        if (cp < spaceless[0].first)
            return G_LETTER;
        return in_ranges(cp, cjk, AQ_COUNT(cjk))               ? G_CJK
               : in_ranges(cp, spaceless, AQ_COUNT(spaceless)) ? G_SPACELESS
                                                               : G_LETTER;
    case UTF8PROC_CATEGORY_NL:
        return in_ranges(cp, cjk, AQ_COUNT(cjk)) ? G_CJK : G_DIGIT;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NO:
        return G_DIGIT;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
        return G_MARK;
    default:
        return G_NONE;
    }
}

static struct glyph glyph_at(const uint8_t *p, const uint8_t *end)
{
    if (p >= end)
        return (struct glyph){0, G_NONE};
    uint8_t c = classes[*p];
    if (AQ_LIKELY(c & WORD))
        return (struct glyph){1, c & LETTER ? G_LETTER : G_DIGIT};
    if (c & HIGH) {
        unsigned len;
        uint32_t cp = aq_utf8_decode(p, end, &len);
        enum glyph_class class = cp == AQ_UTF8_BAD ? G_NONE : classify(cp);
        return (struct glyph){len, class};
    }
    switch (*p) {
    case '\'':
        return (struct glyph){1, G_APOSTROPHE};
    case '.':
        return (struct glyph){1, G_DOT};
    case ',':
        return (struct glyph){1, G_COMMA};
    case '-':
    case '_':
        return (struct glyph){1, G_HYPHEN};
    case '&':
        return (struct glyph){1, G_AMPERSAND};
    default:
        return (struct glyph){1, G_NONE};
    }
}

/* The class of the character that ends at p; G_NONE at the start of the text. */
static enum glyph_class class_before(const uint8_t *text, const uint8_t *p)
{
    const uint8_t *start = p;
    if (p == text)
        return G_NONE;
    do
        start--;
    while (start > text && p - start < 4 && (*start & 0xC0) == 0x80);
    struct glyph g = glyph_at(start, p);
    return g.len == p - start ? g.class : G_NONE;
}

/* Whether a word goes on, or begins, with a character of this class. */
static bool is_wordly(enum glyph_class class)
{
    return class == G_LETTER || class == G_DIGIT || class == G_MARK || class == G_IGNORED || class == G_CJK ||
           class == G_SPACELESS;
}

/* ---- output ---- */

struct cutter {
    struct aq_cutting *out;
    const uint8_t *text, *end;
    uint32_t position; /* of the next word */
    unsigned options;
};

static inline bool push(struct cutter *t, const uint8_t *begin, const uint8_t *end)
{
    struct aq_cutting *c = t->out;
    if (AQ_UNLIKELY(c->count == c->cap) && !aq_grow(&c->tokens, &c->cap, c->count + 1, sizeof *c->tokens))
        return false;
    c->tokens[c->count++] = (struct aq_token){.begin = (uint32_t)(begin - t->text),
                                              .end = (uint32_t)(end - t->text),
                                              .position = t->position++,
                                              .span = 1};
    return true;
}

/* Puts a whole over text [begin, end) before the last `parts` tokens. */
static bool push_whole(struct cutter *t, const uint8_t *begin, const uint8_t *end, unsigned parts)
{
    if (!push(t, begin, end))
        return false;
    t->position--;
    struct aq_token *first = t->out->tokens + t->out->count - 1 - parts;
    struct aq_token whole = first[parts];
    memmove(first + 1, first, parts * sizeof *first);
    whole.position = first[1].position;
    whole.flags = AQ_TOKEN_WHOLE;
    whole.span = (uint8_t)parts;
    *first = whole;
    return true;
}

/* ---- words ---- */

static bool is_digit(const uint8_t *p, const uint8_t *end)
{
    return p < end && *p >= '0' && *p <= '9';
}

/* Whether the comma at p groups thousands of the word that began at `begin`. */
static bool groups_thousands(const uint8_t *begin, const uint8_t *p, const uint8_t *end)
{
    unsigned before = 0, after = 0;
    while (before < 4 && p - before > begin && is_digit(p - before - 1, end))
        before++;
    while (after < 4 && is_digit(p + 1 + after, end))
        after++;
    return before >= 1 && before <= 3 && after == 3 && glyph_at(p + 4, end).class != G_LETTER;
}

/* The end of the word that begins at p with a letter or digit. */
static const uint8_t *word_end(const struct cutter *t, const uint8_t *p)
{
    const uint8_t *begin = p, *kept = p, *end = t->end;
    enum glyph_class last = G_NONE; /* of the last letter or digit */
    unsigned letters = 0;           /* since the last dot */
    bool initials = true;           /* single letters parted by dots, so far */
    for (;;) {
        struct glyph g = glyph_at(p, end);
        struct glyph next;
        switch (g.class) {
        case G_LETTER:
            letters++;
            last = G_LETTER;
            kept = p += g.len;
            continue;
        case G_DIGIT:
            initials = false;
            last = G_DIGIT;
            kept = p += g.len;
            continue;
        case G_MARK:
            kept = p += g.len;
            continue;
        case G_IGNORED:
            p += g.len;
            continue;
        case G_APOSTROPHE:
            if (t->options & AQ_CUT_ELISION || glyph_at(p + g.len, end).class != G_LETTER)
                return kept;
            initials = false;
            break;
        case G_MIDLETTER:
            if (last != G_LETTER || glyph_at(p + g.len, end).class != G_LETTER)
                return kept;
            initials = false;
            break;
        case G_DOT:
            next = glyph_at(p + 1, end);
            if (last == G_DIGIT && next.class == G_DIGIT)
                break;
            if (!initials || letters != 1 || next.class != G_LETTER)
                return kept;
            next = glyph_at(p + 1 + next.len, end);
            if (next.class == G_LETTER || next.class == G_DIGIT || next.class == G_MARK)
                return kept;
            letters = 0;
            break;
        case G_COMMA:
            if (!groups_thousands(begin, p, end))
                return kept;
            break;
        default:
            return kept;
        }
        p += g.len;
    }
}

/* ---- URLs ---- */

static bool ends_url(uint8_t c)
{
    return c <= ' ' || c >= 0x7F || strchr("<>\"`{}|\\^)]", c);
}

/* Cuts a URL after its scheme; returns where it ends, NULL without memory. */
static const uint8_t *cut_url(struct cutter *t, const uint8_t *p)
{
    const uint8_t *end = p;
    while (end < t->end && !ends_url(*end))
        end++;
    const uint8_t *query = memchr(p, '?', (size_t)(end - p));
    const uint8_t *stop = query ? query : end;
    if (stop - p >= 4 && memcmp(p, "www.", 4) == 0)
        p += 4;
    while (p < stop) {
        const uint8_t *begin = p;
        size_t letters = 0, digits = 0, escapes = 0;
        for (; p < stop && (classes[*p] & WORD || *p == '%'); p++) {
            if (*p == '%')
                escapes++;
            else if (classes[*p] & LETTER)
                letters++;
            else
                digits++;
        }
        bool wanted = escapes == 0 && letters <= URL_LETTERS && digits <= URL_DIGITS && !(letters && digits);
        if (p > begin && wanted && !push(t, begin, p))
            return NULL;
        while (p < stop && !(classes[*p] & WORD) && *p != '%')
            p++;
    }
    return end;
}

unsigned aq_barrier_at(const uint8_t *p, const uint8_t *end)
{
    if (p >= end)
        return 0;
    if (*p < 0x80)
        return ends_url(*p); /* of ASCII, all that neither words nor URLs take in */
    unsigned len;
    uint32_t cp = aq_utf8_decode(p, end, &len);
    return cp != AQ_UTF8_BAD && classify(cp) == G_NONE ? len : 0;
}

static bool equals_ignoring_case(const uint8_t *p, size_t n, const char *lower)
{
    if (n != strlen(lower))
        return false;
    for (size_t i = 0; i < n; i++)
        if ((p[i] | 0x20) != (uint8_t)lower[i])
            return false;
    return true;
}

/* Where a URL's host begins when [begin, end) is its scheme or `www`; else NULL. */
static const uint8_t *url_host(const struct cutter *t, const uint8_t *begin, const uint8_t *end)
{
    size_t n = (size_t)(end - begin);
    if (t->end - end >= 4 && memcmp(end, "://", 3) == 0 && !ends_url(end[3]))
        if (equals_ignoring_case(begin, n, "http") || equals_ignoring_case(begin, n, "https") ||
            equals_ignoring_case(begin, n, "ftp"))
            return end + 3;
    if (t->end - end >= 2 && *end == '.' && classes[end[1]] & WORD && equals_ignoring_case(begin, n, "www"))
        return end + 1;
    return NULL;
}

/* ---- compounds ---- */

/* The first byte of the word that a joiner at `end` ties to [begin, end), or NULL. */
static const uint8_t *joined_word(const struct cutter *t, const uint8_t *begin, const uint8_t *end)
{
    struct glyph joiner = glyph_at(end, t->end);
    if (joiner.class != G_HYPHEN && joiner.class != G_AMPERSAND)
        return NULL;
    const uint8_t *next = end + joiner.len;
    enum glyph_class class = glyph_at(next, t->end).class;
    if (class != G_LETTER && class != G_DIGIT)
        return NULL;
    if (joiner.class == G_AMPERSAND) {
        const uint8_t *next_end = word_end(t, next);
        bool entity = next_end < t->end && *next_end == ';';
        if (entity || end - begin > AMPERSAND_MAX || next_end - next > AMPERSAND_MAX)
            return NULL;
    }
    return next;
}

/* The end of `++` or `#` that belongs to the word [begin, end), or end. */
static const uint8_t *suffix_end(const struct cutter *t, const uint8_t *begin, const uint8_t *end)
{
    /* What follows is judged by its class, not its bytes: any white space there must
     * do what the end of the text does. */
    size_t left = (size_t)(t->end - end);
    uint8_t third = left > 2 ? end[2] : ' ', second = left > 1 ? end[1] : ' ';
    if (left >= 2 && end[0] == '+' && second == '+' && third != '+' && !(classes[third] & LETTER))
        return end + 2;
    bool one_letter = end - begin == 1 && classes[*begin] & LETTER;
    if (left >= 1 && end[0] == '#' && one_letter && second != '#' && !is_wordly(glyph_at(end + 1, t->end).class))
        return end + 1;
    return end;
}

/* Whether the word at p follows a dot that nothing stands before. */
static bool is_dotted(const struct cutter *t, const uint8_t *p)
{
    if (p == t->text || p[-1] != '.')
        return false;
    if (p - 1 == t->text || classes[p[-2]] == 0)
        return true;
    return classes[p[-2]] & HIGH && class_before(t->text, p - 1) == G_NONE;
}

/* Cuts the word at p and what is joined to it. Returns where it ends, NULL
 * without memory. */
static const uint8_t *cut_word(struct cutter *t, const uint8_t *p)
{
    const uint8_t *begin = p, *end = word_end(t, p);
    const uint8_t *host = url_host(t, begin, end);
    if (host)
        return cut_url(t, host);
    if (!push(t, begin, end))
        return NULL;
    const uint8_t *tail = suffix_end(t, begin, end);
    if (tail > end)
        return push_whole(t, begin, tail, 1) ? tail : NULL;
    if (is_dotted(t, begin) && equals_ignoring_case(begin, (size_t)(end - begin), "net"))
        return push_whole(t, begin - 1, end, 1) ? end : NULL;
    size_t parts = 1;
    for (const uint8_t *next, *part = begin; (next = joined_word(t, part, end)); parts++) {
        part = next;
        end = word_end(t, part);
        if (!push(t, part, end))
            return NULL;
    }
    if (parts > 1 && parts <= PARTS_MAX && !push_whole(t, begin, end, (unsigned)parts))
        return NULL;
    return end;
}

/* Cuts the run of `class` at p into bigrams; a run of one unit yields that unit. */
static const uint8_t *cut_bigrams(struct cutter *t, const uint8_t *p, enum glyph_class class)
{
    const uint8_t *before = NULL, *unit = p; /* the unit before this one, and this one */
    struct glyph g = glyph_at(p, t->end);
    for (;;) {
        const uint8_t *unit_end = p += g.len;
        while ((g = glyph_at(p, t->end)).class == G_MARK || g.class == G_IGNORED) {
            p += g.len;
            unit_end = p;
        }
        bool more = g.class == class;
        if ((before || !more) && !push(t, before ? before : unit, unit_end))
            return NULL;
        if (!more)
            return p;
        before = unit;
        unit = p;
    }
}

/* Cuts at a place that the fast path does not understand. */
static const uint8_t *cut_slowly(struct cutter *t, const uint8_t *p)
{
    struct glyph g = glyph_at(p, t->end);
    switch (g.class) {
    case G_LETTER:
    case G_DIGIT:
        return cut_word(t, p);
    case G_CJK:
    case G_SPACELESS:
        return cut_bigrams(t, p, g.class);
    default:
        return p + g.len;
    }
}

/* The end of the run of ASCII letters and digits at p. Eight bytes at a time: how
 * long a word is cannot be predicted, so a loop over bytes mispredicts at each. */
static inline const uint8_t *ascii_word_end(const uint8_t *p, const uint8_t *end)
{
    const uint64_t ones = 0x0101010101010101u, high = 0x80 * ones;
    for (; end - p >= 8; p += 8) {
        uint64_t v = aq_load64(p), low7 = v & ~high, lower = low7 | 0x20 * ones;
        uint64_t letters = (lower + (0x80 - 'a') * ones) & ~(lower + (0x7F - 'z') * ones);
        uint64_t digits = (low7 + (0x80 - '0') * ones) & ~(low7 + (0x7F - '9') * ones);
        uint64_t others = ~((letters | digits) & ~v) & high;
        if (AQ_LIKELY(others))
            return p + __builtin_ctzll(others) / 8;
    }
    while (p < end && classes[*p] & WORD)
        p++;
    return p;
}

/* Whether an ASCII word [p, q) ends at q without more ado. */
static inline bool ends_plainly(const struct cutter *t, const uint8_t *p, const uint8_t *q)
{
    if (q == t->end)
        return true;
    uint8_t c = classes[*q];
    if (AQ_LIKELY(c == 0))
        return true;
    if (c & LINK)
        return q + 1 == t->end || !(classes[q[1]] & (WORD | HIGH));
    if (!(c & TAIL))
        return false;
    if (*q == '#')
        return q - p > 1;
    return q + 1 == t->end || q[1] != (*q == ':' ? '/' : '+');
}

bool aq_cut(struct aq_cutting *c, struct aq_slice text, unsigned options)
{
    c->count = 0;
    if (text.len == 0)
        return true;
    struct cutter t = {c, text.ptr, text.ptr + text.len, 0, options};
    const uint8_t *p = text.ptr, *end = t.end;
    for (;;) {
        while (p < end && !(classes[*p] & (WORD | HIGH)))
            p++;
        if (p == end)
            return true;
        const uint8_t *q = ascii_word_end(p, end);
        bool dotted_net = q - p == 3 && p > t.text && p[-1] == '.';
        if (AQ_LIKELY(q > p && !dotted_net && ends_plainly(&t, p, q))) {
            if (!push(&t, p, q))
                return false;
            p = q;
        } else if (!(p = cut_slowly(&t, p))) {
            return false;
        }
    }
}
