/* field.c - see field.h. Names and forms are tables; a value is copied once into plain
 * ASCII, so that dashes and letters of any kind are met in one place. */
#include "field.h"

#include "utf8.h"

enum { FORM_BYTES = 64, DAY = 86400 };

/* Numbers beyond are as good as this one, and can be counted up and down by one. */
#define NUMBER_MOST INT64_C(100000000000000000)
#define OPEN_BELOW (INT64_MIN + 1) /* INT64_MIN is AQ_NO_DATE */
#define OPEN_ABOVE INT64_MAX
/* From year 0 to year 9999: what relative dates count from. */
#define NOW_LEAST INT64_C(-62167219200)
#define NOW_MOST INT64_C(253402300799)

static const char *const names[AQ_FIELD_COUNT] = {
    [AQ_FIELD_AUTHOR] = "author", [AQ_FIELD_THREAD] = "thread", [AQ_FIELD_TITLE] = "title",
    [AQ_FIELD_TAG] = "tag",       [AQ_FIELD_SOURCE] = "source", [AQ_FIELD_ID] = "id",
    [AQ_FIELD_IS] = "is",         [AQ_FIELD_HAS] = "has",       [AQ_FIELD_REPLYING_TO] = "replying-to",
    [AQ_FIELD_DEPTH] = "depth",   [AQ_FIELD_SCORE] = "score",   [AQ_FIELD_DATE] = "date",
    [AQ_FIELD_AFTER] = "after",   [AQ_FIELD_BEFORE] = "before", [AQ_FIELD_QUOTES] = "quotes",
    [AQ_FIELD_QUOTED_BY] = "quoted-by",
};

/* ---- what is being read ---- */

/* In small letters, dashes of any kind as '-'. */
struct form {
    const char *p, *end;
};

static bool is_dash(uint32_t cp)
{
    return cp == '-' || (cp >= 0x2010 && cp <= 0x2015) || cp == 0x2212 || cp == 0xFE63 || cp == 0xFF0D;
}

/* False when the value is longer than any form, or has other characters. */
static bool form_of(struct aq_slice value, char room[FORM_BYTES], struct form *f)
{
    const uint8_t *p = value.ptr, *end = p + value.len;
    size_t n = 0;
    unsigned len;
    for (; p < end; p += len) {
        uint32_t cp = aq_utf8_decode(p, end, &len);
        if (is_dash(cp))
            cp = '-';
        if (cp >= 0x80 || n == FORM_BYTES)
            return false;
        room[n++] = (char)(cp >= 'A' && cp <= 'Z' ? cp | 0x20 : cp);
    }
    *f = (struct form){room, room + n};
    return true;
}

static void skip_spaces(struct form *f)
{
    while (f->p < f->end && (*f->p == ' ' || (*f->p >= '\t' && *f->p <= '\r')))
        f->p++;
}

static bool ends(struct form *f)
{
    skip_spaces(f);
    return f->p == f->end;
}

static bool take(struct form *f, const char *s)
{
    size_t n = strlen(s);
    if ((size_t)(f->end - f->p) < n || memcmp(f->p, s, n) != 0)
        return false;
    f->p += n;
    return true;
}

static bool is_digit(const struct form *f)
{
    return f->p < f->end && *f->p >= '0' && *f->p <= '9';
}

static bool digits(struct form *f, unsigned least, unsigned most, int64_t *out)
{
    unsigned n = 0;
    int64_t v = 0;
    for (; n < most && is_digit(f); n++) {
        v = v * 10 + (*f->p++ - '0');
        v = v < NUMBER_MOST ? v : NUMBER_MOST;
    }
    *out = v;
    return n >= least;
}

enum aq_field aq_field_named(struct aq_slice name)
{
    char room[FORM_BYTES];
    struct form f;
    if (!form_of(name, room, &f))
        return AQ_FIELD_COUNT;
    for (unsigned i = 0; i < AQ_FIELD_COUNT; i++) {
        struct form rest = f;
        if (take(&rest, names[i]) && rest.p == rest.end)
            return (enum aq_field)i;
    }
    return AQ_FIELD_COUNT;
}

const char *aq_field_name(enum aq_field field)
{
    return field < AQ_FIELD_COUNT ? names[field] : "";
}

/* ---- dates ---- */

struct day {
    int64_t year;
    int month, day;
};

/* Days since 1970-01-01 of a proleptic Gregorian date: years counted from March,
 * so that the leap day ends one. */
static int64_t days_of(struct day d)
{
    int64_t y = d.month > 2 ? d.year : d.year - 1;
    int64_t from_march = (d.month + 9) % 12;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * from_march + 2) / 5 + d.day - 1 - 719468;
}

/* The other way round (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"). */
static struct day day_of(int64_t days)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t of_era = days - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t from_march = (5 * of_year + 2) / 153;
    int month = (int)(from_march < 10 ? from_march + 3 : from_march - 9);
    return (struct day){year + era * 400 + (month <= 2), month, (int)(of_year - (153 * from_march + 2) / 5) + 1};
}

static int days_in(int64_t year, int month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

/* The first of the day's month, so many months later. */
static struct day add_months(struct day d, int64_t months)
{
    int64_t n = d.year * 12 + (d.month - 1) + months;
    int64_t year = (n >= 0 ? n : n - 11) / 12;
    return (struct day){year, (int)(n - year * 12) + 1, 1};
}

/* A value that may stand alone, behind a comparison, or at the end of a range: all
 * numbers, or seconds, from first to last. */
struct point {
    int64_t first, last;
    bool onwards; /* alone, it means everything from it on */
};

static struct point seconds_of(int64_t first_day, int64_t end_day)
{
    return (struct point){first_day * DAY, end_day * DAY - 1, false};
}

static bool calendar_date(struct form *f, struct point *out)
{
    int64_t year, month = 1, day = 1;
    bool months, days = false;
    if (!digits(f, 4, 4, &year))
        return false;
    months = take(f, "-");
    if (months && (!digits(f, 1, 2, &month) || month < 1 || month > 12))
        return false;
    if (months)
        days = take(f, "-");
    if (days && (!digits(f, 1, 2, &day) || day < 1 || day > days_in(year, (int)month)))
        return false;
    struct day d = {year, (int)month, (int)day};
    int64_t first = days_of(d);
    *out = seconds_of(first, days ? first + 1 : days_of(add_months(d, months ? 1 : 12)));
    return true;
}

/* 31 March less a month is the last day of February. */
static int64_t months_before(int64_t now, int64_t months)
{
    int64_t days = (now >= 0 ? now : now - (DAY - 1)) / DAY;
    struct day today = day_of(days), then = add_months(today, -months);
    int most = days_in(then.year, then.month);
    then.day = today.day < most ? today.day : most;
    return days_of(then) * DAY + (now - days * DAY);
}

static bool relative_date(struct form *f, int64_t now, struct point *out)
{
    int64_t n, then;
    if (!digits(f, 1, 9, &n))
        return false;
    if (take(f, "d"))
        then = now - n * DAY;
    else if (take(f, "w"))
        then = now - n * 7 * DAY;
    else if (take(f, "m"))
        then = months_before(now, n);
    else if (take(f, "y"))
        then = months_before(now, n * 12);
    else
        return false;
    *out = (struct point){then, then, true};
    return true;
}

static bool read_date(struct form *f, int64_t now, struct point *out)
{
    now = now < NOW_LEAST ? NOW_LEAST : now > NOW_MOST ? NOW_MOST : now;
    int64_t today = (now >= 0 ? now : now - (DAY - 1)) / DAY;
    struct form start = *f;
    if (take(f, "today") || take(f, "yesterday")) {
        int64_t day = *start.p == 't' ? today : today - 1;
        *out = seconds_of(day, day + 1);
        return true;
    }
    if (relative_date(f, now, out))
        return true;
    *f = start;
    return calendar_date(f, out);
}

bool aq_parse_date(struct aq_slice s, int64_t *seconds)
{
    struct form f = {(const char *)s.ptr, (const char *)s.ptr + s.len};
    struct point date;
    if (s.len == 0 || !calendar_date(&f, &date) || f.p != f.end)
        return false;
    *seconds = date.first;
    return true;
}

/* ---- numbers ---- */

static bool read_count(struct form *f, int64_t now, struct point *out)
{
    int64_t n;
    (void)now;
    if (!digits(f, 1, FORM_BYTES, &n))
        return false;
    *out = (struct point){n, n, false};
    return true;
}

static bool read_points(struct form *f, int64_t now, struct point *out)
{
    bool below = take(f, "-");
    if (!read_count(f, now, out))
        return false;
    if (below)
        *out = (struct point){-out->first, -out->first, false};
    return true;
}

/* ---- ranges ---- */

typedef bool read_point(struct form *f, int64_t now, struct point *out);

static bool comparison(struct form *f, read_point *read, int64_t now, struct aq_field_value *out)
{
    struct point x;
    bool above = *f->p++ == '>', including = take(f, "=");
    skip_spaces(f);
    if (!read(f, now, &x))
        return false;
    if (above)
        out->from = including ? x.first : x.last + 1;
    else
        out->to = including ? x.last : x.first - 1;
    return ends(f);
}

static bool range(struct form f, read_point *read, int64_t now, struct aq_field_value *out)
{
    struct point x;
    skip_spaces(&f);
    if (f.p < f.end && (*f.p == '>' || *f.p == '<'))
        return comparison(&f, read, now, out);
    bool begins = !take(&f, "..");
    skip_spaces(&f);
    if (!read(&f, now, &x))
        return false;
    if (!begins) {
        out->to = x.last;
        return ends(&f);
    }
    out->from = x.first;
    if (ends(&f)) {
        out->to = x.onwards ? OPEN_ABOVE : x.last;
        return true;
    }
    if (!take(&f, ".."))
        return false;
    if (ends(&f))
        return true;
    if (!read(&f, now, &x))
        return false;
    out->to = x.last;
    return ends(&f);
}

/* ---- values ---- */

static const struct {
    enum aq_field field;
    unsigned bit;
    const char *word;
} marks[] = {
    {AQ_FIELD_IS, AQ_IS_A_POST, "post"},      {AQ_FIELD_IS, AQ_IS_A_COMMENT, "comment"},
    {AQ_FIELD_HAS, AQ_HAS_A_QUOTE, "quote"},  {AQ_FIELD_HAS, AQ_HAS_A_LINK, "link"},
    {AQ_FIELD_HAS, AQ_HAS_SOME_CODE, "code"},
};

static unsigned mark_named(enum aq_field field, struct form f)
{
    skip_spaces(&f);
    for (size_t i = 0; i < AQ_COUNT(marks); i++) {
        struct form rest = f;
        if (marks[i].field == field && take(&rest, marks[i].word) && ends(&rest))
            return marks[i].bit;
    }
    return 0;
}

static bool one_date(struct form f, int64_t now, struct aq_field_value *out)
{
    struct point x;
    skip_spaces(&f);
    if (!read_date(&f, now, &x) || !ends(&f))
        return false;
    if (out->field == AQ_FIELD_AFTER)
        out->from = x.first;
    else
        out->to = x.first - 1;
    return true;
}

static bool is_blank(struct aq_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] > ' ')
            return false;
    return true;
}

bool aq_field_read(enum aq_field field, struct aq_slice value, int64_t now, struct aq_field_value *out,
                   const char **reason)
{
    static const char a_date[] = "takes one date: 2024-05-11, 2024-05, 2024, today, yesterday, 7d, 2w, 3m or 1y";
    static const char *const forms[AQ_FIELD_COUNT] = {
        [AQ_FIELD_IS] = "takes post or comment",
        [AQ_FIELD_HAS] = "takes quote, link or code",
        [AQ_FIELD_DEPTH] = "takes a number from 0 on, or a range: 2, >2, >=2, <2, <=2, 1..3, 1.. or ..3",
        [AQ_FIELD_SCORE] = "takes a number or a range: 5, >5, >=5, <5, <=5, 5..10, 5.. or ..10",
        [AQ_FIELD_DATE] = "takes a date or a range of dates: 2024-05-11, 2024, today, 7d, 3m, >2024, 2023..2024-06",
        [AQ_FIELD_AFTER] = a_date,
        [AQ_FIELD_BEFORE] = a_date,
    };
    static read_point *const readers[AQ_FIELD_COUNT] = {
        [AQ_FIELD_DEPTH] = read_count, [AQ_FIELD_SCORE] = read_points, [AQ_FIELD_DATE] = read_date};
    char room[FORM_BYTES];
    struct form f;

    *out = (struct aq_field_value){.field = field, .text = value, .from = OPEN_BELOW, .to = OPEN_ABOVE};
    *reason = "needs a value behind the colon";
    if (field >= AQ_FIELD_COUNT || is_blank(value))
        return false;
    *reason = forms[field];
    if (!*reason)
        return true;
    if (!form_of(value, room, &f))
        return false;
    if (field == AQ_FIELD_AFTER || field == AQ_FIELD_BEFORE)
        return one_date(f, now, out);
    if (!readers[field])
        return (out->bits = mark_named(field, f)) != 0;
    if (!range(f, readers[field], now, out))
        return false;
    *reason = "takes a range from the lower to the higher end";
    return out->from <= out->to;
}
