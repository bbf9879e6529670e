/* field.h - what may stand behind a field's colon. Owns the names of fields and the forms
 * of their values (docs/QUERY.md, "Fields"); knows nothing of an index. */
#ifndef AQ_FIELD_H
#define AQ_FIELD_H

#include "base.h"

enum aq_field {
    AQ_FIELD_AUTHOR, AQ_FIELD_THREAD, AQ_FIELD_TITLE, AQ_FIELD_TAG, AQ_FIELD_SOURCE, AQ_FIELD_ID,
    AQ_FIELD_IS, AQ_FIELD_HAS, AQ_FIELD_REPLYING_TO, AQ_FIELD_DEPTH, AQ_FIELD_SCORE, AQ_FIELD_DATE,
    AQ_FIELD_AFTER, AQ_FIELD_BEFORE, AQ_FIELD_QUOTES, AQ_FIELD_QUOTED_BY,
    AQ_FIELD_COUNT
};
enum { AQ_IS_A_POST = 1, AQ_IS_A_COMMENT = 2, AQ_HAS_A_QUOTE = 4, AQ_HAS_A_LINK = 8, AQ_HAS_SOME_CODE = 16 };

struct aq_field_value {
    enum aq_field field;
    struct aq_slice text; /* as given, quotation marks removed; borrowed */
    int64_t from, to;     /* depth, score, dates: from <= x <= to; INT64_MIN + 1 and INT64_MAX where open */
    unsigned bits;        /* of IS and HAS */
};

/* The field with this name, in any case, or AQ_FIELD_COUNT. */
enum aq_field aq_field_named(struct aq_slice name);
const char *aq_field_name(enum aq_field field);
/* False when the value makes no sense for the field: then *reason says, in half a sentence, what would. now: of
 * relative dates, seconds since 1970. */
bool aq_field_read(enum aq_field field, struct aq_slice value, int64_t now, struct aq_field_value *out,
                   const char **reason);

/* YYYY, YYYY-MM or YYYY-MM-DD to the first second of that year, month or day
 * (UTC). False when it is none of these or no such day. */
bool aq_parse_date(struct aq_slice s, int64_t *seconds);

#endif
