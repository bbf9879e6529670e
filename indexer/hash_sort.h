/* hash_sort.h - sorting things that begin with a 64-bit hash. */
#ifndef AQ_HASH_SORT_H
#define AQ_HASH_SORT_H

#include "base.h"

/* As qsort, for items whose first eight bytes are a uint64_t that `compare` looks at
 * first. Hashes are spread evenly, so their high bits lead each item to a bucket of a
 * few: a third of qsort's time. However they are spread, it is never worse than qsort
 * by more than the spreading. */
void aq_hash_sort(void *items, size_t count, size_t size, int (*compare)(const void *, const void *));

#endif
