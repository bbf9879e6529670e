/* openapi.c - the description of the API (OpenAPI 3.1), made from the tables that requests
 * are read by. What answers look like is in schemas.json, written by hand. */
#include "answers.h"
#include "routes.h"
#include "value.h"

#include <stdio.h>

static const char schemas[] = {
#include "schemas.json.inc"
    0};

static void open_object(struct aq_buf *out, const char *name)
{
    aq_json_raw(aq_json_key(out, name), "{");
}

static void close_object(struct aq_buf *out)
{
    aq_buf_u8(out, '}');
}

static void put_text(struct aq_buf *out, const char *name, const char *value)
{
    aq_json_str(aq_json_key(out, name), value);
}

/* The type of one value. */
static void put_type(struct aq_buf *out, const struct aq_option *o)
{
    switch ((enum aq_option_kind)o->kind) {
    case AQ_OPTION_FLAG:
        put_text(out, "type", "boolean");
        break;
    case AQ_OPTION_NUMBER:
        put_text(out, "type", "integer");
        aq_json_count(aq_json_key(out, "minimum"), o->min);
        aq_json_count(aq_json_key(out, "maximum"), o->max);
        break;
    case AQ_OPTION_CHOICE:
        put_text(out, "type", "string");
        aq_json_raw(aq_json_key(out, "enum"), "[");
        for (size_t i = 0; o->choices[i]; i++)
            aq_json_str(out, o->choices[i]);
        aq_buf_u8(out, ']');
        break;
    case AQ_OPTION_TEXT:
    case AQ_OPTION_LIST:
    case AQ_OPTION_REAL:
        put_text(out, "type", "string");
    }
}

static void put_param(struct aq_buf *out, const struct aq_option *o)
{
    bool list = o->kind == AQ_OPTION_LIST;
    aq_json_raw(out, "{");
    put_text(out, "name", o->name);
    put_text(out, "in", "query");
    put_text(out, "description", o->help);
    open_object(out, "schema");
    if (list) {
        put_text(out, "type", "array");
        open_object(out, "items");
    }
    put_type(out, o);
    if (list)
        close_object(out);
    close_object(out);
    if (list) {
        put_text(out, "style", "form");
        aq_json_bool(aq_json_key(out, "explode"), true);
    }
    close_object(out);
}

static void put_id(struct aq_buf *out)
{
    aq_json_raw(out, "{");
    put_text(out, "name", "id");
    put_text(out, "in", "path");
    put_text(out, "description", "percent-encoded; a slash may stay as it is");
    aq_json_bool(aq_json_key(out, "required"), true);
    open_object(out, "schema");
    put_text(out, "type", "string");
    close_object(out);
    close_object(out);
}

static void put_reference(struct aq_buf *out, const char *name)
{
    aq_buf_printf(aq_json_key(out, "$ref"), "\"#/components/%s\"", name);
}

static void put_responses(struct aq_buf *out, const struct aq_route *r)
{
    static const struct {
        const char *status, *name;
        bool kept_only, id_only;
    } others[] = {{"304", "responses/NotModified", true, false}, {"400", "responses/Error", false, false},
                  {"404", "responses/Error", false, true},       {"429", "responses/TooMany", false, false},
                  {"500", "responses/Error", false, false},      {"503", "responses/Error", false, false}};
    open_object(out, "responses");
    open_object(out, "200");
    put_text(out, "description", r->summary);
    open_object(out, "content");
    open_object(out, r->type);
    open_object(out, "schema");
    if (r->schema)
        aq_buf_printf(aq_json_key(out, "$ref"), "\"#/components/schemas/%s\"", r->schema);
    else
        put_text(out, "type", "string");
    for (int i = 0; i < 4; i++)
        close_object(out);
    for (size_t i = 0; i < AQ_COUNT(others); i++) {
        if ((others[i].kept_only && r->kind == AQ_ROUTE_NOW) || (others[i].id_only && !r->takes_id))
            continue;
        open_object(out, others[i].status);
        put_reference(out, others[i].name);
        close_object(out);
    }
    close_object(out);
}

static void put_route(struct aq_buf *out, const struct aq_route *r)
{
    char path[64];
    snprintf(path, sizeof path, "%s%s", r->path, r->takes_id ? "{id}" : "");
    open_object(out, path);
    open_object(out, "get");
    put_text(out, "operationId", r->name);
    put_text(out, "summary", r->summary);
    aq_json_raw(aq_json_key(out, "parameters"), "[");
    if (r->takes_id)
        put_id(out);
    for (size_t i = 0; i < r->params->count; i++)
        put_param(out, &r->params->options[i]);
    aq_buf_u8(out, ']');
    put_responses(out, r);
    close_object(out);
    close_object(out);
}

enum aq_status aq_answer_openapi(struct aq_call *call, struct aq_error *err)
{
    struct aq_buf *out = call->out;
    (void)err;
    aq_json_raw(out, "{");
    put_text(out, "openapi", "3.1.0");
    open_object(out, "info");
    put_text(out, "title", call->title);
    put_text(out, "version", aq_version() + strcspn(aq_version(), "0123456789"));
    put_text(out, "description", "Full-text search of an index of discussions. Parameters that are not listed are "
                                 "refused; ranges count code units of UTF-16 unless offsets=utf8.");
    close_object(out);
    if (*call->public_url) {
        aq_json_raw(aq_json_key(out, "servers"), "[");
        aq_json_raw(out, "{");
        put_text(out, "url", call->public_url);
        aq_buf_puts(out, "}]");
    }
    open_object(out, "paths");
    for (const struct aq_route *r = aq_routes; r < aq_routes + aq_route_count; r++)
        put_route(out, r);
    close_object(out);
    aq_json_raw(aq_json_key(out, "components"), schemas);
    aq_buf_puts(out, "}\n");
    return AQ_OK;
}
