/* hash_sort.h - sorting what begins with a 64-bit hash, and 64-bit numbers. */
#ifndef AQ_HASH_SORT_H
#define AQ_HASH_SORT_H

#include "base.h"

/* As qsort, for items whose first eight bytes are a uint64_t that `compare` looks at
 * first. Hashes are spread evenly, so their high bits lead each item to a bucket of a
 * few: a third of qsort's time. However they are spread, it is never worse than qsort
 * by more than the spreading. */
void aq_hash_sort(void *items, size_t count, size_t size, int (*compare)(const void *, const void *));

/* Numbers, ascending: by counting bytes where they are many. */
bool aq_sort64(uint64_t *v, size_t count); /* false: out of memory, and nothing is done */

#endif
