/* aliases.h - the names that exports give to the fields of a record, and the search
 * for them in an object. Private to fields.c, which makes records of what is found. */
#ifndef AQ_ALIASES_H
#define AQ_ALIASES_H

#include "base.h"

struct json_object;
struct aq_field_table;

enum aq_field {
    AQ_FIELD_ID,
    AQ_FIELD_THREAD,
    AQ_FIELD_PARENT,
    AQ_FIELD_AUTHOR,
    AQ_FIELD_DATE,
    AQ_FIELD_SCORE,
    AQ_FIELD_TITLE,
    AQ_FIELD_URL,
    AQ_FIELD_TAGS,
    AQ_FIELD_SOURCE,
    AQ_FIELD_FORMAT,
    AQ_FIELD_TEXT,
    AQ_FIELD_MAPPABLE, /* those above can be named in --map */
    AQ_FIELD_POST_NUMBER = AQ_FIELD_MAPPABLE,
    AQ_FIELD_REPLY_NUMBER,
    AQ_FIELD_CHILDREN,
    AQ_FIELD_COUNT
};

/* What a name tells. */
enum {
    /* of the record it is in: */
    AQ_NAME_REDDIT = 1,
    AQ_NAME_ALGOLIA = 2,
    AQ_NAME_HN_BY = 4,
    AQ_NAME_HN_TIME = 8,
    AQ_NAME_OF_RECORD = 15,
    /* of its value: */
    AQ_NAME_FULL = 16,     /* "t1_abc": the prefix goes */
    AQ_NAME_ONLY_FULL = 32 /* and the name counts only with it */
};

/* Besides those of enum aq_format. */
enum { AQ_FORMAT_UNSAID = -1, AQ_FORMAT_BODY = -2 /* Markdown on Reddit, else plain */ };

struct aq_alias {
    const char *path;
    uint8_t field;
    uint8_t flags;
    int8_t format; /* of a body under this name */
};

struct aq_found_value {
    struct json_object *v;        /* NULL: the object has no such field */
    const struct aq_alias *alias; /* NULL: from --map */
    uint8_t rank;                 /* among the aliases; 0, which nothing comes before, from --map */
};

struct aq_found {
    struct aq_found_value of[AQ_FIELD_COUNT];
    unsigned flags; /* of the names present, AQ_NAME_OF_RECORD */
};

/* The best value of each field that an object has. */
void aq_fields_find(const struct aq_field_table *t, struct json_object *o, struct aq_found *found);

/* The alias for bodies of exactly that path, or NULL. */
const struct aq_alias *aq_alias_of_body(const char *path);

/* "t1_abc" and its like. */
bool aq_is_fullname(struct aq_slice s);

#endif
