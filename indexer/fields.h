/* fields.h - the names that exports give to a record's fields. Private to the
 * input side. */
#ifndef AQ_FIELDS_H
#define AQ_FIELDS_H

#include "aq_index.h"
#include "base.h"

struct json_object;
struct aq_feed;
struct aq_field_map;
struct aq_field_table;

/* The aliases, hashed by their first component, and the user's own paths before
 * them. AQ_INVALID: a field that does not exist, a path that is none. The map is
 * borrowed until the table is freed. */
enum aq_status aq_fields_open(const struct aq_field_map *map, size_t count, struct aq_field_table **out,
                              struct aq_error *err);
void aq_fields_close(struct aq_field_table *t); /* NULL allowed */

/* What a JSON object turned out to be. */
struct aq_json_record {
    bool is_record;                  /* has an id, a text or a title */
    struct json_object *children;    /* array of replies, or NULL */
    struct aq_slice children_thread; /* thread of the children that do not say */
};

/* Fills *r from an object; slices point into it or into the feed's arena.
 * inherit_* are used where the object has none. *good: false when the record was
 * reported and skipped. */
struct aq_inherited {
    struct aq_slice parent, thread, title;
};
enum aq_status aq_fields_read(struct aq_feed *f, struct json_object *o, const struct aq_inherited *inherited,
                              struct aq_record *r, struct aq_json_record *what, bool *good,
                              struct aq_error *err);

#endif
