/* date.h - dates as people write them and as aq prints them, in UTC, without locale
 * or time zone files. */
#ifndef AQ_DATE_H
#define AQ_DATE_H

#include "base.h"

/* YYYY, YYYY-MM, YYYY-MM-DD (months and days also of one digit), or a day with
 * THH:MM[:SS] and Z or +HH:MM (none: UTC): its first second. False when text is none of these. */
bool aq_date_read(const char *text, int64_t *out);

enum { AQ_DATE_SIZE = 24 };

/* "2019-05-01", "2019-05-01 09:30 UTC" and "2019-05-01T09:30:00Z"; "" for AQ_NO_DATE
 * and for years that do not have four digits. Return `text`. */
const char *aq_date_day(int64_t date, char text[AQ_DATE_SIZE]);
const char *aq_date_minute(int64_t date, char text[AQ_DATE_SIZE]);
const char *aq_date_full(int64_t date, char text[AQ_DATE_SIZE]);

/* A second as the calendar has it. False outside the years 1 to 9999. */
struct aq_civil {
    unsigned year, month, day; /* from 1 on */
    unsigned second;           /* of the day */
};
bool aq_date_civil(int64_t date, struct aq_civil *c);

#endif
