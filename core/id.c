/* id.c - see id.h. Owns the bytes of a relative id; knows no table.
 *
 *   80 + sign 40 + min(d, 63), [varint d]        the number at the end, d more or less
 *   cut << 4 | tail, bytes                       without the last `cut` bytes (0 to 6), and `tail` others (0 to 15)
 *   70, varint begin, varint end, bytes          other bytes between the first `begin` and the last `end` */
#include "id.h"

enum {
    NUMBERED = 0x80,
    LESS = 0x40,
    STEP_MOST = 63,
    MIDDLE = 0x70,
    CUT_MOST = 6,
    TAIL_MOST = 15,
    DIGITS_MOST = 18
};
/* What DIGITS_MOST digits say at the most: sums stay in 64 bits. */
static const uint64_t NUMBER_MOST = 999999999999999999u;

bool aq_id_set(struct aq_id *id, struct aq_slice s)
{
    if (s.len > AQ_MAX_ID)
        return false;
    if (s.len)
        memcpy(id->bytes, s.ptr, s.len);
    id->len = (uint32_t)s.len;
    return true;
}

/* How many digits s ends in, at most DIGITS_MOST, and what they say. */
static size_t number_at_end(struct aq_slice s, uint64_t *number)
{
    size_t digits = 0;
    *number = 0;
    while (digits < s.len && digits < DIGITS_MOST && s.ptr[s.len - 1 - digits] >= '0' &&
           s.ptr[s.len - 1 - digits] <= '9')
        digits++;
    for (size_t i = s.len - digits; i < s.len; i++)
        *number = *number * 10 + (uint64_t)(s.ptr[i] - '0');
    return digits;
}

/* Is id base with another number of as many digits at its end? */
static bool encode_number(struct aq_buf *out, struct aq_slice base, struct aq_slice id)
{
    uint64_t before, after;
    size_t digits = base.len == id.len ? number_at_end(base, &before) : 0;
    if (digits == 0 || memcmp(base.ptr, id.ptr, id.len - digits) != 0 ||
        number_at_end(aq_slice(id.ptr + id.len - digits, digits), &after) < digits)
        return false;
    uint64_t step = after < before ? before - after : after - before;
    aq_buf_u8(out, (uint8_t)(NUMBERED | (after < before ? LESS : 0) | (step < STEP_MOST ? step : STEP_MOST)));
    if (step >= STEP_MOST)
        aq_buf_varint(out, step);
    return true;
}

void aq_id_encode(struct aq_buf *out, struct aq_slice base, struct aq_slice id)
{
    size_t shorter = base.len < id.len ? base.len : id.len, begin = 0, end = 0;
    if (id.len > AQ_MAX_ID) {
        out->failed = true;
        return;
    }
    if (encode_number(out, base, id))
        return;
    while (begin < shorter && base.ptr[begin] == id.ptr[begin])
        begin++;
    while (end < shorter - begin && base.ptr[base.len - 1 - end] == id.ptr[id.len - 1 - end])
        end++;
    size_t cut = base.len - begin, tail = id.len - begin, middle = tail - end;
    if (cut <= CUT_MOST && tail <= TAIL_MOST && tail <= middle + 3) {
        aq_buf_u8(out, (uint8_t)(cut << 4 | tail));
        aq_buf_put(out, id.ptr + begin, tail);
        return;
    }
    aq_buf_u8(out, MIDDLE);
    aq_buf_varint(out, begin);
    aq_buf_varint(out, end);
    aq_buf_bytes(out, aq_slice(id.ptr + begin, middle));
}

static bool decode_number(struct aq_reading *r, struct aq_id *id, unsigned head)
{
    uint64_t number, step = head & STEP_MOST;
    size_t digits = number_at_end(aq_id_slice(id), &number);
    if (step == STEP_MOST)
        step = aq_read_varint(r);
    if (digits == 0 || step > NUMBER_MOST || (head & LESS && step > number))
        return false;
    number = head & LESS ? number - step : number + step;
    for (uint32_t at = id->len; digits-- > 0; number /= 10)
        id->bytes[--at] = (uint8_t)('0' + number % 10);
    return number == 0; /* else it has more digits than the base */
}

/* Puts `middle` between the first `begin` and the last `end` bytes. */
static bool replace_middle(struct aq_id *id, uint32_t begin, uint32_t end, struct aq_slice middle)
{
    if (begin > id->len || end > id->len - begin || middle.len > AQ_MAX_ID - begin - end)
        return false;
    memmove(id->bytes + begin + middle.len, id->bytes + id->len - end, end);
    if (middle.len)
        memcpy(id->bytes + begin, middle.ptr, middle.len);
    id->len = begin + (uint32_t)middle.len + end;
    return true;
}

void aq_id_decode(struct aq_reading *r, struct aq_id *id)
{
    unsigned head = aq_read_u8(r);
    bool fits;
    if (head & NUMBERED) {
        fits = decode_number(r, id, head);
    } else if (head >= MIDDLE) {
        uint32_t begin = aq_read_varint32(r), end = aq_read_varint32(r);
        struct aq_slice middle = aq_read_bytes(r);
        fits = head == MIDDLE && !r->bad && replace_middle(id, begin, end, middle);
    } else {
        uint32_t cut = head >> 4;
        struct aq_slice tail = aq_read_raw(r, head & TAIL_MOST);
        fits = !r->bad && cut <= id->len && replace_middle(id, id->len - cut, 0, tail);
    }
    if (!fits)
        r->bad = true;
}
