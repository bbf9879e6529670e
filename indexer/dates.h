/* dates.h - dates as exports write them. Private to the input side. */
#ifndef AQ_DATES_H
#define AQ_DATES_H

#include "base.h"

/* Reads ISO 8601 (date only, blank or T, fraction, Z or offset; without a zone it
 * is UTC), RFC 5322 and its older and looser relatives ("Mon, 2 Jan 2006 15:04:05
 * -0700", "Jan 2, 2006", ctime), and decimal Unix time. False, and *out untouched,
 * when s is none of these or names a day that does not exist. */
bool aq_date_parse(struct aq_slice s, int64_t *out);

/* Unix time in seconds, or in milli-, micro- or nanoseconds where the size says so. */
int64_t aq_date_from_number(int64_t n);

#endif
