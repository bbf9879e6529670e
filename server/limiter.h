/* limiter.h - how many requests an address may make: a token bucket for each (a rate, and
 * four times as many at once after a rest). Safe for several threads. */
#ifndef AQ_SERVER_LIMITER_H
#define AQ_SERVER_LIMITER_H

#include "base.h"

#include <netinet/in.h>

struct aq_limiter;
/* rate: requests a second; 0: any number. NULL when memory is out. */
struct aq_limiter *aq_limiter_open(uint64_t rate);
void aq_limiter_close(struct aq_limiter *limiter); /* NULL allowed */

/* Takes a token at `now` (milliseconds of a clock that only goes forward). 0, or after how
 * many seconds it is worth trying again. */
unsigned aq_limiter_take(struct aq_limiter *limiter, const struct in6_addr *address, uint64_t now);

#endif
