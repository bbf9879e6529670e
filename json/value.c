/* value.c - see value.h. Owns JSON's spelling; reading it is not done here. */
#include "value.h"

#include "date.h"
#include "utf8.h"

#include <math.h>
#include <stdio.h>

static struct aq_buf *next(struct aq_buf *out)
{
    uint8_t last = out->len ? out->ptr[out->len - 1] : '{';
    if (last != '{' && last != '[' && last != ':')
        aq_buf_u8(out, ',');
    return out;
}

void aq_json_raw(struct aq_buf *out, const char *json)
{
    aq_buf_puts(next(out), json);
}

/* C0 in capital digits, the others in small ones: readers may compare bytes. */
static void put_escape(struct aq_buf *out, uint32_t cp)
{
    static const char letters[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r',
                                   ['"'] = '"', ['\\'] = '\\'};
    if (cp < sizeof letters && letters[cp]) {
        aq_buf_u8(out, '\\');
        aq_buf_u8(out, (uint8_t)letters[cp]);
    } else if (cp < 0x20) {
        aq_buf_printf(out, "\\u%04X", (unsigned)cp);
    } else {
        aq_buf_printf(out, "\\u%04x", (unsigned)cp);
    }
}

/* What aq_is_shown refuses lies below U+10000: one escape each. */
void aq_json_string(struct aq_buf *out, struct aq_slice s)
{
    size_t written = 0;
    unsigned len;
    aq_buf_u8(next(out), '"');
    for (size_t at = 0; at < s.len; at += len) {
        uint32_t cp = aq_utf8_decode(s.ptr + at, s.ptr + s.len, &len);
        bool plain = cp != '"' && cp != '\\' && cp != '\t' && cp != '\n' && aq_is_shown(cp);
        if (plain && cp != AQ_UTF8_BAD)
            continue;
        aq_buf_put(out, s.ptr + written, at - written);
        written = at + len;
        if (cp == AQ_UTF8_BAD)
            aq_buf_puts(out, "\xef\xbf\xbd");
        else
            put_escape(out, cp);
    }
    if (written < s.len)
        aq_buf_put(out, s.ptr + written, s.len - written);
    aq_buf_u8(out, '"');
}

void aq_json_str(struct aq_buf *out, const char *s)
{
    aq_json_string(out, aq_slice_str(s));
}

void aq_json_string_or_null(struct aq_buf *out, struct aq_slice s)
{
    if (s.len)
        aq_json_string(out, s);
    else
        aq_json_raw(out, "null");
}

void aq_json_bool(struct aq_buf *out, bool v)
{
    aq_json_raw(out, v ? "true" : "false");
}

/* A hit has some thirty of these: with printf they would be 4% of a search's instructions. */
static void put_digits(struct aq_buf *out, uint64_t n)
{
    uint8_t digits[20];
    size_t at = sizeof digits;
    do
        digits[--at] = (uint8_t)('0' + n % 10);
    while (n /= 10);
    aq_buf_put(out, digits + at, sizeof digits - at);
}

void aq_json_integer(struct aq_buf *out, int64_t n)
{
    next(out);
    if (n < 0)
        aq_buf_u8(out, '-');
    put_digits(out, n < 0 ? 0 - (uint64_t)n : (uint64_t)n);
}

/* Up to what readers with signed numbers take. */
void aq_json_count(struct aq_buf *out, uint64_t n)
{
    aq_json_integer(out, n > INT64_MAX ? INT64_MAX : (int64_t)n);
}

/* In as few digits, from 15 on, as read back as the same number; always with a point
 * or an exponent, and that without plus and leading zeros: 3.0, 1e22, 1e-7. */
void aq_json_real_or_null(struct aq_buf *out, double v)
{
    char text[40];
    if (!isfinite(v)) {
        aq_json_raw(out, "null");
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, v);
        if (strtod(text, NULL) == v)
            break;
    }
    char *exponent = strchr(text, 'e');
    if (exponent)
        *exponent = 0;
    aq_json_raw(out, text);
    if (exponent)
        aq_buf_printf(out, "e%ld", strtol(exponent + 1, NULL, 10));
    else if (!strchr(text, '.'))
        aq_buf_puts(out, ".0");
}

void aq_json_date_or_null(struct aq_buf *out, int64_t date)
{
    char text[AQ_DATE_SIZE];
    aq_json_string_or_null(out, aq_slice_str(aq_date_full(date, text)));
}

void aq_json_points_or_null(struct aq_buf *out, int32_t points)
{
    if (points == AQ_NO_SCORE)
        aq_json_raw(out, "null");
    else
        aq_json_integer(out, points);
}

void aq_json_strings(struct aq_buf *out, const struct aq_slice *items, size_t count)
{
    aq_json_raw(out, "[");
    for (size_t i = 0; i < count; i++)
        aq_json_string(out, items[i]);
    aq_buf_u8(out, ']');
}

/* Bytes that are not UTF-8 are one unit each time aq_json_string writes U+FFFD for them. */
static uint32_t units_before(struct aq_json_place *place, uint32_t byte)
{
    if (place->unit == AQ_JSON_BYTES)
        return byte;
    if (byte < place->byte)
        place->byte = place->units = 0;
    while (place->byte < byte && place->byte < place->text.len) {
        unsigned len = 1;
        uint32_t cp = place->text.ptr[place->byte];
        if (cp >= 0x80)
            cp = aq_utf8_decode(place->text.ptr + place->byte, place->text.ptr + place->text.len, &len);
        place->byte += len;
        place->units += cp != AQ_UTF8_BAD && cp > 0xffff ? 2 : 1;
    }
    return place->units;
}

void aq_json_range_at(struct aq_buf *out, struct aq_json_place *place, struct aq_range r)
{
    uint32_t begin = units_before(place, r.begin);
    aq_buf_u8(next(out), '[');
    put_digits(out, begin);
    aq_buf_u8(out, ',');
    put_digits(out, units_before(place, r.end));
    aq_buf_u8(out, ']');
}

void aq_json_range(struct aq_buf *out, struct aq_slice text, struct aq_range r, enum aq_json_unit unit)
{
    aq_json_range_at(out, &(struct aq_json_place){.text = text, .unit = unit}, r);
}

void aq_json_ranges(struct aq_buf *out, struct aq_slice text, const struct aq_range *ranges, size_t count,
                    enum aq_json_unit unit)
{
    struct aq_json_place place = {.text = text, .unit = unit};
    aq_json_raw(out, "[");
    for (size_t i = 0; i < count; i++)
        aq_json_range_at(out, &place, ranges[i]);
    aq_buf_u8(out, ']');
}

struct aq_buf *aq_json_key(struct aq_buf *out, const char *name)
{
    aq_buf_u8(next(out), '"');
    aq_buf_puts(out, name);
    aq_buf_puts(out, "\":");
    return out;
}
