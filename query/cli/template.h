/* template.h - templates for output that scripts read: text with the names of fields in
 * braces, written once for each record. Knows no records: who has them brings a table.
 *
 *   '{id}\t{author}\t{title}'     \t \n \0 \\ and {{ }} stand for themselves
 *
 * Values are on one line: tabs and line feeds in them become spaces, and what a terminal
 * would obey is left out. A template that ends in neither \n nor \0 gets a line feed. */
#ifndef AQ_TEMPLATE_H
#define AQ_TEMPLATE_H

#include "aq.h"
#include "base.h"

/* How a field's value is appended; what is not known is nothing. It is cleaned after. */
struct aq_template_field {
    const char *name;
    void (*put)(struct aq_buf *out, const void *record);
};

struct aq_template_part {
    struct aq_slice text;                /* as it is */
    const struct aq_template_field *field; /* or NULL, and then the value of this */
};

struct aq_template {
    const struct aq_template_part *parts;
    size_t count;
};

/* AQ_SYNTAX names the column of the template and, for an unknown field, the known ones. */
enum aq_status aq_template_parse(const char *text, const struct aq_template_field *fields, size_t field_count,
                               struct aq_arena *arena, struct aq_template *out, struct aq_error *err);

void aq_template_write(const struct aq_template *t, struct aq_buf *out, const void *record);

/* ---- records ---- */

struct aq_hit_record {
    const struct aq_hit *hit;
    uint32_t rank; /* from 1 */
};
struct aq_comment_record {
    const struct aq_comment_view *comment;
    const char *relation;
    unsigned level;
};

/* Parses with the fields of these records, which are called as in --json. */
enum aq_status aq_template_of_hits(const char *text, struct aq_arena *arena, struct aq_template *out,
                                 struct aq_error *err);
enum aq_status aq_template_of_comments(const char *text, struct aq_arena *arena, struct aq_template *out,
                                     struct aq_error *err);

#endif
