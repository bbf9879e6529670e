/* postings_positions.c - what a cursor's posting says of positions and forms, one
 * posting at a time. The other half of postings_read.c; trusts no byte either. */
#include "postings_format.h"

/* ---- ranges of a packed array ---- */

/* The first exception at or after value `from`. Most ranges that are read lie behind the
 * one before: the search goes on from where that one began. */
static unsigned first_exception(struct aq_packed *a, uint32_t from)
{
    unsigned k = a->next;
    if (k == 0 || k >= a->exceptions || exception_index(a, k - 1) >= from) {
        k = 0; /* to become the first one, or else the last of all */
        for (unsigned span = a->exceptions; span > 1; span -= span / 2)
            k += exception_index(a, k + span / 2 - 1) < from ? span / 2 : 0;
    }
    while (k < a->exceptions && exception_index(a, k) < from)
        k++;
    a->next = (uint8_t)k;
    return k;
}

/* Adds their high bits to those of values [from, from + n) that are exceptions. */
static void patch_range(struct aq_packed *a, uint32_t from, uint32_t n, uint16_t *out)
{
    for (unsigned k = first_exception(a, from); k < a->exceptions && exception_index(a, k) - from < n; k++) {
        uint32_t at = exception_index(a, k) - from;
        out[at] = (uint16_t)(out[at] + exception_high(a, k));
    }
}

/* Values [from, from + n) of an array whose low bits are laid out one after the
 * other. In a damaged one they may be any 16 bits: the caller looks at them. */
static void unpack_range(struct aq_packed *a, uint32_t from, uint32_t n, uint16_t *out)
{
    size_t bit = (size_t)from * a->width;
    if (a->width == 0)
        memset(out, 0, n * sizeof *out);
    else
        for (uint32_t i = 0; i < n; i++, bit += a->width)
            out[i] = (uint16_t)packed_field(a->low, bit, a->width);
    if (a->exceptions)
        patch_range(a, from, n, out);
}

/* ---- positions of a posting ---- */

/* Where each posting's positions start; returns how many there are. */
static uint32_t set_starts(struct aq_cursor *c)
{
    c->starts[0] = 0;
    if (c->count == AQ_BLOCK) {
        for (uint32_t i = 0; i < AQ_BLOCK; i++)
            c->starts[i + 1] = c->freqs[i] - 1;
        aq_sum128(c->starts + 1, 0);
    } else {
        for (uint32_t i = 0; i < c->count; i++)
            c->starts[i + 1] = c->starts[i] + c->freqs[i];
    }
    return c->starts[c->count];
}

/* Finds a block's positions: where each posting's start, and the packed arrays. */
static bool load_positions(struct aq_cursor *c)
{
    const struct aq_postings *p = c->list;
    size_t size = p->positions.len - POSTINGS_CRC;
    size_t from = aq_load32(directory_positions(p, c->block));
    size_t to = c->block + 1 < p->blocks ? aq_load32(directory_positions(p, c->block + 1)) : size;
    if (from > to || to > size)
        return false;
    uint32_t n = set_starts(c);
    struct aq_reading r = {p->positions.ptr + from, p->positions.ptr + to, false};
    if (!aq_packed_read(&r, n, POSITION_BITS, &c->packed_positions) ||
        (p->form_count > 1 && !aq_packed_read(&r, n, CODE_BITS, &c->packed_codes)))
        return false;
    c->positions_ready = r.p == r.end;
    return c->positions_ready;
}

/* Codes of a short list are one bit-packed run behind the postings. */
static bool short_codes(const struct aq_cursor *c, uint32_t tf, uint16_t *codes)
{
    const struct aq_postings *p = c->list;
    const uint8_t *end = p->list.ptr + p->list.len - POSTINGS_CRC;
    unsigned width = aq_bits(p->form_count - 1);
    size_t at = 0;
    for (uint32_t i = 0; i < c->index; i++)
        at += c->freqs[i];
    if (packed_bytes(at + tf, width) > (size_t)(end - p->body_end))
        return false;
    for (uint32_t i = 0; i < tf; i++)
        codes[i] = (uint16_t)packed_field(p->body_end, (at + i) * width, width);
    return true;
}

/* Position gaps, and codes unless NULL, of the current posting, tf of them. */
static bool unpack_positions(struct aq_cursor *c, uint32_t tf, uint16_t *gaps, uint16_t *codes)
{
    const struct aq_postings *p = c->list;
    if (p->blocks == 0) {
        struct aq_reading r = {p->body + c->starts[c->index], p->body_end, false};
        bool sound = true;
        for (uint32_t i = 0; i < tf; i++) {
            uint64_t gap = aq_read_varint(&r);
            sound &= gap < AQ_POSITION_MAX;
            gaps[i] = (uint16_t)gap;
        }
        return sound && !r.bad && (!codes || short_codes(c, tf, codes));
    }
    if (!c->positions_ready && !load_positions(c))
        return false;
    unpack_range(&c->packed_positions, c->starts[c->index], tf, gaps);
    if (codes)
        unpack_range(&c->packed_codes, c->starts[c->index], tf, codes);
    return true;
}

static uint32_t memory_positions(const struct aq_cursor *c, uint16_t *positions, uint16_t *codes)
{
    const struct aq_memory_postings *m = c->memory;
    uint32_t i = c->block * AQ_BLOCK + c->index;
    uint32_t tf = m->freqs[i];
    memcpy(positions, m->positions + m->starts[i], tf * sizeof *positions);
    if (codes)
        memcpy(codes, m->codes + m->starts[i], tf * sizeof *codes);
    return tf;
}

uint32_t aq_cursor_positions(struct aq_cursor *c, uint16_t *positions, uint16_t *codes)
{
    uint32_t tf = aq_cursor_freq(c);
    if (tf == 0)
        return 0;
    if (c->memory)
        return memory_positions(c, positions, codes);
    bool several = c->list->form_count > 1;
    bool sound = unpack_positions(c, tf, positions, several ? codes : NULL);
    uint32_t next = 0;
    for (uint32_t i = 0; sound && i < tf; i++) {
        next += positions[i];
        sound = next < AQ_POSITION_MAX;
        positions[i] = (uint16_t)next++;
    }
    for (uint32_t i = 0; codes && sound && i < tf; i++) {
        if (several)
            sound = codes[i] < c->list->form_count;
        else
            codes[i] = 0;
    }
    if (AQ_LIKELY(sound))
        return tf;
    cursor_fail(c);
    return 0;
}

/* ---- positions side by side ---- */

/* Keeps the starts that meet a position, positions given in ascending order. */
struct meeting {
    uint16_t *starts;
    uint32_t offset, count, at, kept;
};

/* Goes to a position. True: a start meets it, and is kept if the caller calls keep. */
static inline bool meets(struct meeting *m, uint32_t position)
{
    while (m->at < m->count && m->starts[m->at] + m->offset < position)
        m->at++;
    return m->at < m->count && m->starts[m->at] + m->offset == position;
}

static inline void keep(struct meeting *m)
{
    m->starts[m->kept++] = m->starts[m->at];
}

/* Value `at` of an array laid out as positions are. */
static uint32_t unpack_one(struct aq_packed *a, uint32_t at)
{
    uint32_t value = a->width ? packed_field(a->low, (size_t)at * a->width, a->width) : 0;
    unsigned k = a->exceptions ? first_exception(a, at) : 0;
    return value + (k < a->exceptions && exception_index(a, k) == at ? exception_high(a, k) : 0);
}

/* The same as decoding all positions and codes first, as far as they are needed. */
static bool meet_packed(struct aq_cursor *c, uint32_t tf, int32_t code, struct meeting *m)
{
    if (!c->positions_ready && !load_positions(c))
        return false;
    struct aq_packed *a = &c->packed_positions;
    uint32_t from = c->starts[c->index], position = 0;
    unsigned k = a->exceptions ? first_exception(a, from) : 0;
    uint32_t exception = k < a->exceptions ? exception_index(a, k) : UINT32_MAX;
    size_t bit = (size_t)from * a->width;
    bool several = code >= 0 && c->list->form_count > 1;
    for (uint32_t i = from; i < from + tf && m->at < m->count; i++, bit += a->width, position++) {
        position += a->width ? packed_field(a->low, bit, a->width) : 0;
        if (i == exception) {
            position += exception_high(a, k);
            exception = ++k < a->exceptions ? exception_index(a, k) : UINT32_MAX;
        }
        if (position >= AQ_POSITION_MAX)
            return false;
        if (meets(m, position) && (!several || unpack_one(&c->packed_codes, i) == (uint32_t)code))
            keep(m);
    }
    return true;
}

uint32_t aq_cursor_meet_positions(struct aq_cursor *c, uint32_t offset, int32_t code, uint16_t *starts,
                                  uint32_t count)
{
    struct meeting m = {starts, offset, count, 0, 0};
    uint32_t tf = aq_cursor_freq(c);
    if (tf && !c->memory && c->list->blocks) {
        if (code > 0 && (uint32_t)code >= c->list->form_count)
            return 0;
        if (AQ_LIKELY(meet_packed(c, tf, code, &m)))
            return m.kept;
        cursor_fail(c);
        return 0;
    }
    uint16_t positions[TF_MAX], codes[TF_MAX];
    tf = aq_cursor_positions(c, positions, code >= 0 ? codes : NULL);
    for (uint32_t i = 0; i < tf; i++)
        if (meets(&m, positions[i]) && (code < 0 || codes[i] == code))
            keep(&m);
    return m.kept;
}
