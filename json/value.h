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
void aq_json_range(struct aq_buf *out, struct aq_range r); /* [begin,end] */
void aq_json_ranges(struct aq_buf *out, const struct aq_range *ranges, size_t count);

#endif
