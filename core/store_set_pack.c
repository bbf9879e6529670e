/* store_set_pack.c - rows of sets that are packed: those of fingerprints, of which there are
 * more than of all other entries together. What is hashed is spread evenly, so that the
 * difference to the entry before takes two bytes where the number takes four.
 *
 *   row = { difference of the fingerprint varint, comment varint }
 *
 * A row's first fingerprint is its difference to 0. Where the difference is 0 the comment is
 * its distance to the comment before, less 1. */
#include "store_internal.h"

bool aq_set_is_packed(enum aq_table table)
{
    return table == AQ_TABLE_PRINT;
}

static uint32_t step_of(uint64_t before, uint64_t entry)
{
    return (uint32_t)(entry >> 32) - (uint32_t)(before >> 32);
}

static uint32_t comment_of(bool first, uint32_t step, uint64_t before, uint64_t entry)
{
    return first || step ? (uint32_t)entry : (uint32_t)entry - (uint32_t)before - 1;
}

size_t aq_set_pack(struct aq_buf *out, struct aq_slice entries, size_t enough)
{
    size_t taken = 0;
    uint64_t before = 0;
    aq_buf_clear(out);
    for (; taken < entries.len && out->len < enough; taken += AQ_PRINT_ENTRY) {
        uint64_t entry = aq_unkey64(entries.ptr + taken);
        size_t len = out->len;
        uint32_t step = step_of(before, entry);
        aq_buf_varint(out, step);
        aq_buf_varint(out, comment_of(taken == 0, step, before, entry));
        if (out->len > AQ_ROW_PAYLOAD) {
            out->len = len;
            break;
        }
        before = entry;
    }
    return taken;
}

static size_t varint_size(uint32_t v)
{
    return v < 1u << 7 ? 1 : v < 1u << 14 ? 2 : v < 1u << 21 ? 3 : v < 1u << 28 ? 4 : 5;
}

size_t aq_set_packed_size(struct aq_slice entries)
{
    size_t total = 0;
    uint64_t before = 0;
    for (size_t i = 0; i < entries.len; i += AQ_PRINT_ENTRY) {
        uint64_t entry = aq_unkey64(entries.ptr + i);
        uint32_t step = step_of(before, entry);
        total += varint_size(step) + varint_size(comment_of(i == 0, step, before, entry));
        before = entry;
    }
    return total;
}

bool aq_set_unpack(enum aq_table table, struct aq_slice row, struct aq_buf *entries)
{
    size_t width = aq_set_width(table);
    struct aq_reading r = aq_reading_of(row);
    uint32_t print = 0, comment = 0;
    aq_buf_clear(entries);
    if (!aq_set_is_packed(table)) {
        aq_buf_put(entries, row.ptr, row.len);
        return row.len && row.len % width == 0 && row.len / width <= aq_set_row_most(table);
    }
    uint8_t *to = aq_buf_reserve(entries, row.len / 2 * width);
    while (to && aq_reading_left(&r) && !r.bad) {
        uint32_t step = aq_read_varint32(&r), c = aq_read_varint32(&r);
        bool first = entries->len == 0;
        if (!first && !step && c >= UINT32_MAX - comment)
            return false;
        if (step > UINT32_MAX - print)
            return false;
        comment = first || step ? c : comment + c + 1;
        print += step;
        aq_key32(to + entries->len, print);
        aq_key32(to + entries->len + 4, comment);
        entries->len += width;
    }
    return to && !r.bad && row.len && row.len <= AQ_ROW_PAYLOAD;
}
