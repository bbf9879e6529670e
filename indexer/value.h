/* value.h - a record's values as fields.c sees them, whoever parsed them: json-c,
 * or json_flat.c where a record is a plain list of strings and numbers. Private to
 * the input side. */
#ifndef AQ_VALUE_H
#define AQ_VALUE_H

#include "base.h"

struct json_object;

enum aq_value_kind {
    AQ_VALUE_NONE, /* null, true, false, or nothing at all */
    AQ_VALUE_STRING,
    AQ_VALUE_INTEGER,
    AQ_VALUE_NUMBER, /* neither end of int64_t is an integer: json-c keeps there what lies beyond */
    AQ_VALUE_LIST,
    AQ_VALUE_OBJECT
};

struct aq_value {
    enum aq_value_kind kind;
    union {
        struct aq_slice string;
        int64_t integer;
        struct json_object *json; /* of a number, list or object */
    };
};

struct aq_member {
    struct aq_slice name;
    struct aq_value value;
};

/* The members of an object: json-c's, or where that is NULL an array. */
struct aq_object {
    struct json_object *json;
    const struct aq_member *members;
    size_t count;
};

#endif
