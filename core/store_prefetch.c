/* store_prefetch.c - a fresh process and a cold disk. A reader's map has no readahead
 * (by default the kernel would fetch megabytes around each page that is touched), so
 * every page is waited for alone, 0.2 ms each on a fast disk. What a first query is sure
 * to touch is asked for here, all at once and without waiting.
 *
 * Only the first transactions of an environment do so, and only where the lengths of a
 * segment's passages are not in memory: in a warm process all this costs is a look. */
#include "store_internal.h"

#include <sys/mman.h>
#include <unistd.h>

enum {
    LOOK_PAGES = 64,             /* of the lengths, to tell cold from warm */
    SMALL_SEGMENT = 4 << 20      /* passages; the map of a larger one is not worth its bytes */
};

static uintptr_t page_of(const void *p, uintptr_t page)
{
    return (uintptr_t)p & ~(page - 1);
}

static bool in_memory(const void *p, size_t n)
{
    unsigned char resident[LOOK_PAGES];
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from = page_of(p, page);
    size_t pages = ((uintptr_t)p + n - from + page - 1) / page;
    if (pages > LOOK_PAGES)
        pages = LOOK_PAGES;
    if (mincore((void *)from, pages * page, resident))
        return true;
    for (size_t i = 0; i < pages; i++)
        if (!(resident[i] & 1))
            return false;
    return true;
}

static void ask(const void *p, size_t n)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from = page_of(p, page);
    if (n)
        madvise((void *)from, (uintptr_t)p + n - from, MADV_WILLNEED);
}

void aq_will_need(struct aq_txn *t, const void *p, size_t n)
{
    if (AQ_UNLIKELY(t->scratch->cold))
        ask(p, n);
}

/* Neighbouring rows in one request. (Rows of bits lie in the leaves of their tree: to
 * find them is to read them.) */
static void ask_map(struct aq_txn *t, uint32_t id)
{
    struct aq_walk w;
    uint8_t prefix[4];
    bool found;
    const uint8_t *from = NULL, *to = NULL;
    aq_key32(prefix, id);
    if (aq_walk_open(t, AQ_TABLE_MAP, false, &w, NULL))
        return;
    enum aq_status st = aq_walk_seek(&w, aq_slice(prefix, sizeof prefix), &found, NULL);
    while (st == AQ_OK && found && w.key.len >= 4 && memcmp(w.key.ptr, prefix, sizeof prefix) == 0) {
        const uint8_t *row = w.payload.ptr;
        if (from && row >= to && row - to <= (ptrdiff_t)AQ_ROW_BYTES) {
            to = row + w.payload.len;
        } else {
            ask(from, (size_t)(to - from));
            from = row;
            to = row + w.payload.len;
        }
        st = aq_walk_next(&w, &found, NULL);
    }
    ask(from, (size_t)(to - from));
    aq_walk_close(&w);
}

bool aq_prefetch_view(struct aq_txn *t)
{
    struct aq_scratch *x = t->scratch;
    bool cold = false;
    for (uint32_t i = 0; i < x->segment_count; i++) {
        const struct aq_segment *seg = &x->segments[i];
        if (in_memory(seg->lengths, seg->info.passages))
            continue;
        cold = true;
        ask(seg->lengths, seg->info.passages);
        if (seg->info.passages <= SMALL_SEGMENT)
            ask_map(t, seg->info.id);
    }
    return cold;
}
