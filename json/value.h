/* value.h - values of JSON (RFC 8259), appended to a buffer as they come: there is no tree
 * of values, so a record costs its bytes, and memory that runs out is never mistaken for a
 * value that is missing. Each value brings the comma it needs: none after what opens or
 * names it. What is opened with aq_json_raw is closed with aq_buf_u8 or aq_buf_puts. */
#ifndef AQ_JSON_VALUE_H
#define AQ_JSON_VALUE_H

#include "aq.h"
#include "base.h"

/* Names the value that is put next. Returns out, so that both stand on a line. */
struct aq_buf *aq_json_key(struct aq_buf *out, const char *name);

void aq_json_raw(struct aq_buf *out, const char *json);
/* UTF-8; what is not becomes U+FFFD. What a terminal should not see is escaped. */
void aq_json_string(struct aq_buf *out, struct aq_slice s);
void aq_json_str(struct aq_buf *out, const char *s);
void aq_json_bool(struct aq_buf *out, bool v);
void aq_json_integer(struct aq_buf *out, int64_t n);
/* Up to INT64_MAX, which readers with signed numbers take. */
void aq_json_count(struct aq_buf *out, uint64_t n);

/* Null for what is empty, no number, AQ_NO_DATE, AQ_NO_SCORE. */
void aq_json_string_or_null(struct aq_buf *out, struct aq_slice s);
void aq_json_real_or_null(struct aq_buf *out, double v);
void aq_json_date_or_null(struct aq_buf *out, int64_t date);
void aq_json_points_or_null(struct aq_buf *out, int32_t points);

void aq_json_strings(struct aq_buf *out, const struct aq_slice *items, size_t count);

/* ---- places in a text ---- */

/* What offsets count: bytes of UTF-8, or code units of UTF-16, as JavaScript cuts strings. */
enum aq_json_unit { AQ_JSON_BYTES, AQ_JSON_UTF16 };

/* A place in a text, moved along while ranges are written: cheap when they ascend. */
struct aq_json_place {
    struct aq_slice text;
    enum aq_json_unit unit;
    size_t byte;
    uint32_t units; /* of UTF-16 before it */
};

/* Ranges are [begin,end], in bytes of `text` as they are handed in. */
void aq_json_range_at(struct aq_buf *out, struct aq_json_place *place, struct aq_range r);
void aq_json_range(struct aq_buf *out, struct aq_slice text, struct aq_range r, enum aq_json_unit unit);
void aq_json_ranges(struct aq_buf *out, struct aq_slice text, const struct aq_range *ranges, size_t count,
                    enum aq_json_unit unit);

#endif
