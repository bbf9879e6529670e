/* date.c - see date.h. The proleptic Gregorian calendar, by counting in years that
 * start in March, so that the leap day ends one. */
#include "date.h"

#include <stdio.h>

enum { DAY = 86400, DAYS_400_YEARS = 146097, YEAR_MOST = 9999 };
static const int64_t epoch_day = 719468; /* from 0000-03-01 to 1970-01-01 */

static int64_t days_before(int64_t year, unsigned month, unsigned day)
{
    year -= month <= 2;
    int64_t era = year / 400; /* year >= 0 */
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (int64_t)((month + 9) % 12) + 2) / 5 + day - 1;
    return era * DAYS_400_YEARS + of_era * 365 + of_era / 4 - of_era / 100 + of_year - epoch_day;
}

static unsigned month_days(unsigned year, unsigned month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* From `least` to `most` digits. */
static bool digits(const char **p, unsigned least, unsigned most, unsigned *out)
{
    unsigned v = 0, n = 0;
    for (; n < most && **p >= '0' && **p <= '9'; n++, ++*p)
        v = v * 10 + (unsigned)(**p - '0');
    *out = v;
    return n >= least;
}

static bool after(const char **p, char c)
{
    if (**p != c)
        return false;
    ++*p;
    return true;
}

/* "Z", "+02:00", "-0530" or nothing. */
static bool read_zone(const char **p, int64_t *seconds)
{
    unsigned hours, minutes;
    *seconds = 0;
    if (!**p || after(p, 'Z') || after(p, 'z'))
        return true;
    int sign = **p == '-' ? -1 : 1;
    if (!after(p, '+') && !after(p, '-'))
        return false;
    if (!digits(p, 2, 2, &hours))
        return false;
    after(p, ':');
    if (!digits(p, 2, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *seconds = sign * (int64_t)(hours * 3600 + minutes * 60);
    return true;
}

bool aq_date_read(const char *text, int64_t *out)
{
    const char *p = text;
    unsigned year, month = 1, day = 1, hour = 0, minute = 0, second = 0;
    int64_t zone = 0;
    if (!digits(&p, 4, 4, &year) || year == 0)
        return false;
    if (*p && (!after(&p, '-') || !digits(&p, 1, 2, &month) || month < 1 || month > 12))
        return false;
    bool has_day = *p;
    if (has_day && (!after(&p, '-') || !digits(&p, 1, 2, &day) || day < 1 || day > month_days(year, month)))
        return false;
    if (*p) {
        if (!has_day || !(after(&p, 'T') || after(&p, 't') || after(&p, ' ')))
            return false;
        if (!digits(&p, 2, 2, &hour) || !after(&p, ':') || !digits(&p, 2, 2, &minute))
            return false;
        if (after(&p, ':') && !digits(&p, 2, 2, &second))
            return false;
        if (hour > 23 || minute > 59 || second > 60 || !read_zone(&p, &zone) || *p)
            return false;
    }
    *out = days_before(year, month, day) * DAY + hour * 3600 + minute * 60 + second - zone;
    return true;
}

bool aq_date_civil(int64_t date, struct aq_civil *c)
{
    const int64_t first = days_before(1, 1, 1) * DAY, last = days_before(YEAR_MOST, 12, 31) * DAY + DAY - 1;
    if (date < first || date > last)
        return false;
    int64_t days = date / DAY - (date % DAY < 0);
    c->second = (unsigned)(date - days * DAY);
    days += epoch_day; /* >= 0 from the year 1 on */
    int64_t era = days / DAYS_400_YEARS;
    int64_t of_era = days - era * DAYS_400_YEARS;
    int64_t years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (years * 365 + years / 4 - years / 100);
    unsigned month = (unsigned)((5 * of_year + 2) / 153); /* 0 is March */
    c->day = (unsigned)(of_year - (153 * (int64_t)month + 2) / 5) + 1;
    c->month = month < 10 ? month + 3 : month - 9;
    c->year = (unsigned)(era * 400 + years) + (c->month <= 2);
    return true;
}

const char *aq_date_day(int64_t date, char text[AQ_DATE_SIZE])
{
    struct aq_civil c;
    text[0] = 0;
    if (aq_date_civil(date, &c))
        snprintf(text, AQ_DATE_SIZE, "%04u-%02u-%02u", c.year % 10000, c.month % 100, c.day % 100);
    return text;
}

const char *aq_date_minute(int64_t date, char text[AQ_DATE_SIZE])
{
    struct aq_civil c;
    text[0] = 0;
    if (aq_date_civil(date, &c))
        snprintf(text, AQ_DATE_SIZE, "%04u-%02u-%02u %02u:%02u UTC", c.year % 10000, c.month % 100,
                 c.day % 100, c.second / 3600 % 100, c.second / 60 % 60);
    return text;
}

const char *aq_date_full(int64_t date, char text[AQ_DATE_SIZE])
{
    struct aq_civil c;
    text[0] = 0;
    if (aq_date_civil(date, &c))
        snprintf(text, AQ_DATE_SIZE, "%04u-%02u-%02uT%02u:%02u:%02uZ", c.year % 10000, c.month % 100,
                 c.day % 100, c.second / 3600 % 100, c.second / 60 % 60, c.second % 60);
    return text;
}
