/* fold.c - see fold.h. */
#include "fold.h"

#include "utf8.h"

#include <utf8proc.h>

enum {
    /* The longest compatibility decomposition has 18 code points, of three bytes. */
    POINTS = (AQ_SPELLING_MAX / 3 + 1) * 18
};

struct aq_slice aq_cut_at_char(struct aq_slice s, size_t most)
{
    if (s.len <= most)
        return s;
    while (most && (s.ptr[most] & 0xC0) == 0x80)
        most--;
    return aq_slice(s.ptr, most);
}

/* Appends cp unless it would pass AQ_TERM_MAX; false when it would. */
static bool append(uint8_t *out, size_t *n, uint32_t cp)
{
    uint8_t bytes[4];
    unsigned len = aq_utf8_encode(cp, bytes);
    if (*n + len > AQ_TERM_MAX)
        return false;
    memcpy(out + *n, bytes, len);
    *n += len;
    return true;
}

/* Decomposes s into points, in canonical order; 0 when s is not valid. */
static size_t decompose(struct aq_slice s, unsigned options, utf8proc_int32_t points[POINTS])
{
    s = aq_cut_at_char(s, AQ_SPELLING_MAX);
    utf8proc_ssize_t n =
        utf8proc_decompose(s.ptr, (utf8proc_ssize_t)s.len, points, POINTS, (utf8proc_option_t)options);
    return n < 0 || n > POINTS ? 0 : (size_t)n;
}

static size_t compose(utf8proc_int32_t *points, size_t n)
{
    utf8proc_ssize_t left = utf8proc_normalize_utf32(points, (utf8proc_ssize_t)n,
                                                     (utf8proc_option_t)(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
    return left < 0 ? 0 : (size_t)left;
}

static uint32_t form_point(uint32_t cp)
{
    switch (cp) {
    case 0x2019:
    case 0x02BC:
        return '\'';
    case 0x2010:
        return '-';
    default:
        return cp;
    }
}

/* Spaces and controls come out of a few compatibility decompositions; an enclosing
 * mark is decoration (keycaps). */
static bool in_no_form(uint32_t cp)
{
    if (cp < 0x80)
        return cp <= ' ' || cp == 0x7F;
    switch (utf8proc_category((utf8proc_int32_t)cp)) {
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CN:
        return true;
    default:
        return false;
    }
}

size_t aq_fold_form(struct aq_slice spelling, uint8_t out[AQ_TERM_MAX])
{
    utf8proc_int32_t points[POINTS];
    const unsigned options =
        UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;
    size_t count = decompose(spelling, options, points);
    size_t n = 0;
    count = compose(points, count);
    for (size_t i = 0; i < count; i++) {
        uint32_t cp = (uint32_t)points[i];
        if (!in_no_form(cp) && !append(out, &n, form_point(cp)))
            break;
    }
    return n;
}

/* Marks that are accents, or vowels that their script mostly leaves out. */
static const struct {
    uint16_t first, last;
} diacritics[] = {{0x0300, 0x036F}, {0x0483, 0x0487}, {0x0591, 0x05C7}, {0x0610, 0x061A},
                  {0x064B, 0x065F}, {0x0670, 0x0670}, {0x06D6, 0x06ED}, {0x1AB0, 0x1AFF},
                  {0x1DC0, 0x1DFF}, {0x20D0, 0x20FF}, {0xFE20, 0xFE2F}};

static bool is_diacritic(uint32_t cp)
{
    for (size_t i = 0; i < AQ_COUNT(diacritics); i++)
        if (cp >= diacritics[i].first && cp <= diacritics[i].last)
            return true;
    return false;
}

/* Folded letters that do not decompose; U+00B7 joins letters in Catalan and is no
 * sound of its own. */
static const struct {
    uint16_t letter;
    char plain[3];
} plain_letters[] = {{0x00B7, ""},   {0x00E6, "ae"}, {0x00F0, "d"}, {0x00F8, "o"}, {0x00FE, "th"},
                     {0x0111, "d"},  {0x0127, "h"},  {0x0131, "i"}, {0x0142, "l"}, {0x0153, "oe"}};

static const char *plain_letter(uint32_t cp)
{
    if (cp < plain_letters[0].letter || cp > plain_letters[AQ_COUNT(plain_letters) - 1].letter)
        return NULL;
    for (size_t i = 0; i < AQ_COUNT(plain_letters); i++)
        if (plain_letters[i].letter == cp)
            return plain_letters[i].plain;
    return NULL;
}

size_t aq_fold_diacritics(struct aq_slice s, uint8_t out[AQ_TERM_MAX])
{
    utf8proc_int32_t points[POINTS];
    size_t count = decompose(s, UTF8PROC_STABLE | UTF8PROC_DECOMPOSE, points);
    size_t kept = 0, n = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t cp = (uint32_t)points[i];
        bool short_i = cp == 0x0306 && kept && points[kept - 1] == 0x0438;
        if (!is_diacritic(cp) || short_i)
            points[kept++] = points[i];
    }
    kept = compose(points, kept);
    for (size_t i = 0; i < kept; i++) {
        const char *plain = plain_letter((uint32_t)points[i]);
        if (plain) {
            for (; *plain; plain++)
                if (!append(out, &n, (uint8_t)*plain))
                    return n;
        } else if (!append(out, &n, (uint32_t)points[i])) {
            return n;
        }
    }
    return n;
}
