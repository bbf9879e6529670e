/* dates.c - see dates.h. Knows calendars and nothing else. */
#include "dates.h"

/* Seconds until the year 5138; in milliseconds the same number is 1973. */
enum { DIGITS_MOST = 18 };
#define LARGEST_SECONDS 100000000000

int64_t aq_date_from_number(int64_t n)
{
    while (n >= LARGEST_SECONDS || n <= -LARGEST_SECONDS)
        n /= 1000;
    return n;
}

struct scan {
    const uint8_t *p, *end;
};

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_alpha(uint8_t c)
{
    return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static bool take(struct scan *s, uint8_t c)
{
    if (s->p == s->end || *s->p != c)
        return false;
    s->p++;
    return true;
}

/* Between `least` and `most` digits, as many as there are. */
static bool number(struct scan *s, unsigned least, unsigned most, int64_t *out)
{
    unsigned n = 0;
    int64_t v = 0;
    while (n < most && s->p < s->end && is_digit(*s->p)) {
        v = v * 10 + (*s->p++ - '0');
        n++;
    }
    *out = v;
    return n >= least;
}

/* Days since 1970-01-01 of a date of the proleptic Gregorian calendar: years begin
 * in March, so that the leap day is a year's last. */
static int64_t days_from_civil(int64_t y, int64_t m, int64_t d)
{
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

struct moment {
    int64_t year, month, day, hour, minute, second, offset; /* offset: seconds east */
};

static bool moment_seconds(const struct moment *t, int64_t *out)
{
    static const int8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (t->month < 1 || t->month > 12 || t->day < 1 || t->hour > 24 || t->minute > 59 || t->second > 60)
        return false;
    bool leap = t->year % 4 == 0 && (t->year % 100 != 0 || t->year % 400 == 0);
    if (t->day > lengths[t->month - 1] + (leap && t->month == 2))
        return false;
    if (t->hour == 24 && (t->minute || t->second))
        return false;
    *out = days_from_civil(t->year, t->month, t->day) * 86400 + t->hour * 3600 + t->minute * 60 + t->second -
           t->offset;
    return true;
}

static void blanks(struct scan *s)
{
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\t'))
        s->p++;
}

/* hh:mm[:ss[.fraction]] */
static bool clock_time(struct scan *s, struct moment *t)
{
    int64_t ignored;
    if (!number(s, 1, 2, &t->hour) || !take(s, ':') || !number(s, 2, 2, &t->minute))
        return false;
    if (take(s, ':')) {
        if (!number(s, 2, 2, &t->second))
            return false;
        if (take(s, '.') || take(s, ','))
            while (number(s, 1, 1, &ignored))
                ;
    }
    return true;
}

/* +hh, +hhmm or +hh:mm */
static bool offset(struct scan *s, int64_t *out)
{
    bool west = s->p < s->end && *s->p == '-';
    int64_t h, m = 0;
    s->p++;
    if (!number(s, 2, 2, &h))
        return false;
    bool colon = take(s, ':');
    if ((colon || (s->p < s->end && is_digit(*s->p))) && !number(s, 2, 2, &m))
        return false;
    if (h > 23 || m > 59)
        return false;
    *out = (h * 3600 + m * 60) * (west ? -1 : 1);
    return true;
}

static bool at_end_or_comment(struct scan *s)
{
    blanks(s);
    return s->p == s->end || *s->p == '(';
}

static bool is_word(const uint8_t *p, size_t n, const char *word)
{
    for (size_t i = 0; i < n; i++)
        if (!word[i] || (p[i] | 32) != word[i])
            return false;
    return word[n] == 0;
}

/* Z, an offset, or one of the zone names RFC 5322 still knows. */
static bool zone(struct scan *s, struct moment *t)
{
    static const struct {
        const char *name;
        int8_t hours;
    } names[] = {{"z", 0},    {"ut", 0},   {"utc", 0},  {"gmt", 0},  {"est", -5},
                 {"edt", -4}, {"cst", -6}, {"cdt", -5}, {"mst", -7}, {"mdt", -6},
                 {"pst", -8}, {"pdt", -7}, {"bst", 1},  {"cet", 1},  {"cest", 2}};
    blanks(s);
    if (s->p == s->end)
        return true;
    if (*s->p == '+' || *s->p == '-')
        return offset(s, &t->offset);
    const uint8_t *from = s->p;
    while (s->p < s->end && is_alpha(*s->p))
        s->p++;
    size_t n = (size_t)(s->p - from);
    for (size_t i = 0; n && i < AQ_COUNT(names); i++)
        if (is_word(from, n, names[i].name)) {
            t->offset = names[i].hours * 3600;
            if (names[i].hours == 0 && s->p < s->end && (*s->p == '+' || *s->p == '-')) /* GMT+0100 */
                return offset(s, &t->offset);
            return true;
        }
    return false;
}

/* 2006-01-02T15:04:05.000+00:00 and what is left when its parts are dropped. */
static bool iso(struct scan s, int64_t *out)
{
    struct moment t = {.month = 1, .day = 1};
    if (!number(&s, 4, 4, &t.year))
        return false;
    if (s.p == s.end)
        return t.year >= 1900 && t.year <= 2100 && moment_seconds(&t, out);
    uint8_t sep = *s.p;
    if ((sep != '-' && sep != '/') || !take(&s, sep) || !number(&s, 1, 2, &t.month))
        return false;
    if (s.p < s.end && (!take(&s, sep) || !number(&s, 1, 2, &t.day)))
        return false;
    if (s.p < s.end) {
        if (!take(&s, 'T') && !take(&s, 't') && !take(&s, ' '))
            return false;
        blanks(&s);
        if (s.p < s.end && (!clock_time(&s, &t) || !zone(&s, &t)))
            return false;
    }
    return at_end_or_comment(&s) && moment_seconds(&t, out);
}

static int64_t month_of(const uint8_t *p, size_t n)
{
    static const char *const names[] = {"january",   "february", "march",    "april",
                                        "may",       "june",     "july",     "august",
                                        "september", "october",  "november", "december"};
    for (size_t i = 0; n >= 3 && i < AQ_COUNT(names); i++)
        if (is_word(p, 3, (const char[]){names[i][0], names[i][1], names[i][2], 0}) &&
            (n == 3 || is_word(p, n, names[i])))
            return (int64_t)i + 1;
    return 0;
}

static bool is_weekday(const uint8_t *p, size_t n)
{
    static const char *const names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
    for (size_t i = 0; n >= 3 && i < AQ_COUNT(names); i++)
        if (is_word(p, 3, names[i]))
            return true;
    return false;
}

/* Words in any order: what has a colon is the time, letters are weekday, month or
 * zone, numbers are the day and, longer or later, the year. */
static bool worded(struct scan s, int64_t *out)
{
    struct moment t = {.year = -1};
    bool timed = false;
    for (;;) {
        while (s.p < s.end && (*s.p == ' ' || *s.p == '\t' || *s.p == ',' || *s.p == '.'))
            s.p++;
        if (s.p == s.end || *s.p == '(')
            break;
        const uint8_t *from = s.p;
        if (is_alpha(*s.p)) {
            while (s.p < s.end && is_alpha(*s.p))
                s.p++;
            size_t n = (size_t)(s.p - from);
            int64_t month = t.month ? 0 : month_of(from, n);
            if (month) {
                t.month = month;
            } else if (!is_weekday(from, n)) {
                s.p = from;
                if (!timed || !zone(&s, &t))
                    return false;
            }
        } else if (timed && (*s.p == '+' || *s.p == '-')) {
            if (!offset(&s, &t.offset))
                return false;
        } else if (is_digit(*s.p)) {
            int64_t v;
            number(&s, 1, 4, &v);
            size_t n = (size_t)(s.p - from);
            if (s.p < s.end && *s.p == ':' && !timed) {
                s.p = from;
                if (!clock_time(&s, &t))
                    return false;
                timed = true;
            } else if (n <= 2 && !t.day) {
                t.day = v;
                while (s.p < s.end && is_alpha(*s.p)) /* 2nd */
                    s.p++;
                (void)take(&s, '-'); /* 2-Jan-2006 */
            } else if (t.year < 0 && (n == 4 || n == 2)) {
                t.year = n == 4 ? v : v < 50 ? 2000 + v : 1900 + v;
            } else {
                return false;
            }
        } else if (!(*s.p == '-' && t.month) || timed) {
            return false;
        } else {
            s.p++;
        }
    }
    return t.year >= 0 && t.month && t.day && moment_seconds(&t, out);
}

static bool unix_time(struct scan s, int64_t *out)
{
    bool negative = take(&s, '-');
    int64_t v, ignored;
    if (!number(&s, 1, DIGITS_MOST, &v))
        return false;
    if (take(&s, '.'))
        while (number(&s, 1, 1, &ignored))
            ;
    if (s.p < s.end)
        return false;
    *out = aq_date_from_number(negative ? -v : v);
    return true;
}

bool aq_date_parse(struct aq_slice text, int64_t *out)
{
    struct scan s = {text.ptr, text.ptr + text.len};
    blanks(&s);
    while (s.end > s.p && (s.end[-1] == ' ' || s.end[-1] == '\t' || s.end[-1] == '\r'))
        s.end--;
    if (s.p == s.end)
        return false;
    return iso(s, out) || unix_time(s, out) || worded(s, out);
}
