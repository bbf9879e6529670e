/* store_prefetch.c - a fresh process and a cold disk. A reader's map has no readahead
 * (by default the kernel would fetch megabytes around each page that is touched), so
 * every page is waited for alone, 0.2 ms each on a fast disk. What a first query is sure
 * to touch is asked for here, all at once and without waiting.
 *
 * Only the first transactions of an environment do so, and only where the lengths of a
 * segment's passages are not in memory: in a warm process all this costs is a look. */
#include "store_internal.h"

#include <stdio.h>
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

/* ---- comments ---- */

static void ask_row(struct aq_txn *t, enum aq_table table, uint32_t comment, size_t most)
{
    struct aq_slice payload;
    uint32_t first;
    if (aq_row_at(t, table, comment, &first, &payload, NULL) == AQ_OK)
        ask(payload.ptr, payload.len < most ? payload.len : most);
}

static void ask_columns(struct aq_txn *t, uint32_t comment)
{
    for (unsigned c = 0; c < AQ_COLUMN_COUNT; c++) {
        uint32_t per = aq_column_per_chunk((enum aq_column)c), width = aq_column_width[c];
        size_t at = (size_t)(comment % per) * width;
        uint8_t key[5] = {(uint8_t)c};
        struct aq_slice payload;
        aq_key32(key + 1, comment / per);
        if (aq_get(t, AQ_TABLE_COL, aq_slice(key, sizeof key), &payload) == AQ_OK && at + width <= payload.len)
            ask(payload.ptr + at, width);
    }
}

/* The frame is where the bundle's directory says, which must be read for it. */
static void ask_frame(struct aq_txn *t, uint32_t comment)
{
    struct aq_slice payload;
    struct aq_bundle bundle;
    struct aq_frame frame;
    uint32_t first, in_frame;
    if (aq_row_at(t, AQ_TABLE_TEXT, comment, &first, &payload, NULL) == AQ_OK &&
        aq_bundle_parse(&bundle, payload) == AQ_OK && comment - first < bundle.count &&
        aq_bundle_find(&bundle, comment - first, &frame, &in_frame))
        ask(frame.body.ptr, frame.body.len);
}

void aq_comments_will_need(struct aq_txn *t, const uint32_t *numbers, size_t count, bool text)
{
    enum { DIRECTORY = 4096 }; /* bytes of a bundle that hold its directory, mostly */
    char key[24];
    struct aq_slice dictionary;
    if (!t->scratch->cold)
        return;
    for (size_t i = 0; i < count; i++) {
        ask_row(t, AQ_TABLE_IDENT, numbers[i], AQ_ROW_BYTES);
        ask_columns(t, numbers[i]);
        if (text)
            ask_row(t, AQ_TABLE_TEXT, numbers[i], DIRECTORY);
    }
    if (!text)
        return;
    snprintf(key, sizeof key, "dict/%u", t->state.dictionary);
    if (t->state.dictionary && aq_get(t, AQ_TABLE_META, aq_slice_str(key), &dictionary) == AQ_OK)
        ask(dictionary.ptr, dictionary.len);
    for (size_t i = 0; i < count; i++)
        ask_frame(t, numbers[i]);
}
