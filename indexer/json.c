/* json.c - records from JSON: a value at a time through json-c, trees of replies
 * and wrappers taken apart. Owns the limits on a value; names of fields are
 * fields.c's.
 *
 * json-c and not jansson: it reads the Reddit corpus three to four times as fast,
 * has a depth limit and turns lone surrogates into U+FFFD where jansson refuses
 * the record. */
#include "feed.h"
#include "json_frame.h"
#include "quotes.h"
#include "utf8.h"

#include <json-c/json.h>

enum {
    /* Values in one record. A value costs json-c some 100 bytes of memory. */
    VALUES_MOST = 1 << 20,
    VALUES_LOOK = 4 << 20 /* bytes from which they are counted */
};

/* A list whose elements are still to be handed out. */
struct level {
    struct json_object *list;
    size_t next;
    struct aq_inherited inherited;
};

struct json_reader {
    struct aq_json_frame frame;
    struct json_tokener *tokener;
    bool failed; /* the last value could not be parsed */
    struct aq_buf repaired; /* the value's bytes, where they were not UTF-8 */
    struct aq_slice bytes;  /* the value's bytes, until its escapes have been looked at */
    struct json_object *root;
    uint64_t line;   /* of root */
    unsigned part;   /* records handed out of it */
    size_t replaced; /* what was repaired in it, told with its first record */
    struct level levels[AQ_NESTING + 1];
    unsigned depth;
    struct json_object *single; /* root itself, before its children */
    struct aq_arena kept;       /* ids that children inherit */
};

static void json_close(void *state)
{
    struct json_reader *j = state;
    if (!j)
        return;
    if (j->root)
        json_object_put(j->root);
    if (j->tokener)
        json_tokener_free(j->tokener);
    aq_buf_free(&j->repaired);
    aq_arena_free(&j->kept);
    free(j);
}

static enum aq_status json_open(struct aq_feed *f, void **state, struct aq_error *err)
{
    struct json_reader *j = calloc(1, sizeof *j);
    if (!j)
        return aq_fail_nomem(err);
    j->tokener = json_tokener_new_ex(AQ_NESTING);
    enum aq_status st = j->tokener ? aq_json_frame_open(&j->frame, &f->input, err) : aq_fail_nomem(err);
    if (st) {
        json_close(j);
        return st;
    }
    json_tokener_set_flags(j->tokener, JSON_TOKENER_STRICT);
    *state = j;
    return AQ_OK;
}

/* ---- one value ---- */

static bool too_many_values(struct aq_slice s)
{
    size_t n = 0;
    bool in_string = false;
    if (s.len < VALUES_LOOK)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.ptr[i];
        if (c == '\\' && in_string)
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string)
            n += c == ',' || c == '[' || c == '{';
    }
    return n > VALUES_MOST;
}

/* Escapes that stand for no character: \u0000 and surrogates without a partner.
 * json-c replaces the latter, the record's last check the former. */
static size_t bad_escapes(struct aq_slice s)
{
    size_t bad = 0;
    const uint8_t *p = s.ptr, *end = s.ptr + s.len;
    bool high = false; /* the escape just before was a high surrogate */
    const uint8_t *after = NULL;
    while (p < end && (p = memchr(p, '\\', (size_t)(end - p)))) {
        if (end - p < 6 || p[1] != 'u') {
            p += 2;
            continue;
        }
        unsigned v = 0;
        for (int i = 2; i < 6; i++)
            v = v * 16 + (p[i] <= '9' ? p[i] & 15u : (p[i] & 15u) + 9);
        bool low = v >= 0xDC00 && v <= 0xDFFF, pairs = high && after == p;
        if (low && pairs)
            high = false;
        else {
            bad += high + low + (v == 0);
            high = v >= 0xD800 && v <= 0xDBFF;
        }
        p += 6;
        after = p;
    }
    return bad + high;
}

/* Where in the value the parser stopped: "at column 17", with the line where that
 * is not the value's first. */
static void report_syntax(struct aq_feed *f, struct aq_slice text, size_t at, const char *why)
{
    uint64_t line = f->line;
    size_t column = 1;
    for (size_t i = 0; i < at && i < text.len; i++) {
        column = text.ptr[i] == '\n' ? 1 : column + 1;
        line += text.ptr[i] == '\n';
    }
    if (line == f->line)
        aq_feed_skip(f, "not valid JSON at column %zu: %s; correct it or export again", column, why);
    else
        aq_feed_skip(f, "not valid JSON at line %llu, column %zu: %s; correct it or export again",
                     (unsigned long long)line, column, why);
}

static enum aq_status parse(struct aq_feed *f, struct json_reader *j, struct aq_slice text,
                            struct aq_error *err)
{
    /* Not json_tokener_reset: after a failure that keeps half of a surrogate pair
     * and puts it into the next record. */
    if (j->failed) {
        json_tokener_free(j->tokener);
        j->tokener = json_tokener_new_ex(AQ_NESTING);
        if (!j->tokener)
            return aq_fail_nomem(err);
    }
    json_tokener_reset(j->tokener);
    j->root = json_tokener_parse_ex(j->tokener, (const char *)text.ptr, (int)text.len);
    j->failed = !j->root;
    if (j->root)
        return AQ_OK;
    aq_feed_begin(f, j->line);
    enum json_tokener_error e = json_tokener_get_error(j->tokener);
    size_t at = json_tokener_get_parse_end(j->tokener);
    if (e == json_tokener_error_depth)
        aq_feed_skip(f, "nested deeper than %d at column %zu; leave out what is nested", AQ_NESTING, at + 1);
    else if (e == json_tokener_continue)
        report_syntax(f, text, text.len,
                      "it ends inside a value, cut off or with a quote or bracket missing");
    else if (e == json_tokener_error_size)
        return aq_fail_nomem(err);
    else
        report_syntax(f, text, at, json_tokener_error_desc(e));
    return AQ_OK;
}

static void report_fault(struct aq_feed *f, const struct aq_json_value *v)
{
    switch (v->fault) {
    case AQ_JSON_TOO_LONG:
        aq_feed_skip(f, "longer than %u MB, the most a record can be; split it", AQ_MAX_RECORD >> 20);
        break;
    case AQ_JSON_BROKEN:
        aq_feed_skip(f,
                     "not valid JSON: a quote or bracket is missing at or before line %llu; correct it or "
                     "export again",
                     (unsigned long long)v->end_line);
        break;
    case AQ_JSON_CUT_OFF:
        aq_feed_skip(
            f, "not valid JSON: the file ends inside a value that begins here; correct it or export again");
        break;
    default:
        aq_feed_skip(f, "not a JSON object: a record begins with {; correct or remove it");
        break;
    }
}

/* Reads the next value into j->root; *got false at the end. A value that cannot be
 * used is reported and leaves root NULL. */
static enum aq_status read_root(struct aq_feed *f, struct json_reader *j, bool *got, struct aq_error *err)
{
    struct aq_json_value v;
    if (j->root)
        json_object_put(j->root);
    j->root = j->single = NULL;
    j->part = 0;
    j->replaced = 0;
    j->bytes = (struct aq_slice){0};
    enum aq_status st = aq_json_frame_next(&j->frame, &f->input, &v, got, err);
    if (st || !*got)
        return st;
    j->line = v.line;
    struct aq_slice text = v.text;
    bool bad = v.fault == AQ_JSON_WHOLE && !aq_utf8_clean(text);
    if (bad) {
        aq_buf_clear(&j->repaired);
        j->replaced = aq_utf8_repair(&j->repaired, text);
        if (j->repaired.failed)
            return aq_fail_nomem(err);
        text = aq_slice(j->repaired.ptr, j->repaired.len);
    }
    if (v.fault != AQ_JSON_WHOLE) {
        aq_feed_begin(f, j->line);
        report_fault(f, &v);
    } else if (too_many_values(text)) {
        aq_feed_begin(f, j->line);
        aq_feed_skip(f, "more than %d values in one record; leave out what is not needed", VALUES_MOST);
    } else {
        st = parse(f, j, text, err);
        j->bytes = text;
    }
    j->single = j->root;
    return st;
}

/* ---- trees ---- */

/* Reddit wraps things as {"kind": "t1", "data": {...}}. */
static struct json_object *unwrap(struct json_object *o)
{
    struct json_object *data, *kind;
    while (json_object_is_type(o, json_type_object) && json_object_object_length(o) <= 3 &&
           json_object_object_get_ex(o, "kind", &kind) && json_object_object_get_ex(o, "data", &data) &&
           json_object_is_type(data, json_type_object))
        o = data;
    return o;
}

static enum aq_status keep(struct json_reader *j, struct aq_slice *s, struct aq_error *err)
{
    struct aq_slice copy = aq_arena_copy(&j->kept, *s);
    if (!copy.ptr)
        return aq_fail_nomem(err);
    *s = copy;
    return AQ_OK;
}

static enum aq_status push(struct aq_feed *f, struct json_reader *j, struct json_object *list,
                           struct aq_inherited inherited, struct aq_error *err)
{
    enum aq_status st;
    if (j->depth == AQ_COUNT(j->levels)) {
        aq_feed_begin(f, j->line);
        aq_feed_skip(f, "replies nested deeper than %d", AQ_NESTING);
        return AQ_OK;
    }
    if ((st = keep(j, &inherited.parent, err)) || (st = keep(j, &inherited.thread, err)) ||
        (st = keep(j, &inherited.title, err)))
        return st;
    j->levels[j->depth++] = (struct level){list, 0, inherited};
    return AQ_OK;
}

static bool has_objects(struct json_object *list)
{
    return json_object_is_type(list, json_type_array) && json_object_array_length(list) &&
           json_object_is_type(json_object_array_get_idx(list, 0), json_type_object);
}

/* The lists an object wraps, last first, so that the first is handed out first. */
static enum aq_status open_wrapper(struct aq_feed *f, struct json_reader *j, struct json_object *o,
                                   struct aq_inherited inherited, bool *any, struct aq_error *err)
{
    *any = false;
    for (unsigned hops = 0; o && hops < AQ_NESTING; hops++) {
        struct json_object *inner = NULL;
        for (size_t i = 0; aq_json_wrappers[i]; i++) {
            struct json_object *v;
            if (!json_object_object_get_ex(o, aq_json_wrappers[i], &v))
                continue;
            if (json_object_is_type(v, json_type_array)) {
                enum aq_status st = push(f, j, v, inherited, err);
                if (st)
                    return st;
                *any = true;
            } else if (json_object_is_type(v, json_type_object)) {
                inner = v;
            }
        }
        o = inner;
    }
    return AQ_OK;
}

/* A Discourse topic as its server sends it: posts inside, title outside. */
static struct json_object *topic_posts(struct json_object *o, struct aq_inherited *inherited)
{
    struct json_object *stream, *title;
    if (!json_object_object_get_ex(o, "post_stream", &stream) ||
        !json_object_is_type(stream, json_type_object))
        return NULL;
    if (json_object_object_get_ex(o, "title", &title) && json_object_is_type(title, json_type_string))
        inherited->title = aq_slice(json_object_get_string(title), (size_t)json_object_get_string_len(title));
    return stream;
}

/* Whether it may hold U+FFFD: only then are escapes worth a look. */
static bool has_replacement(struct aq_slice s)
{
    return s.len && memchr(s.ptr, 0xEF, s.len);
}

/* One element: a record (then its children come next), a wrapper, or a problem. */
static enum aq_status take(struct aq_feed *f, struct json_reader *j, struct json_object *o,
                           struct aq_inherited inherited, struct aq_record *r, bool *good,
                           struct aq_error *err)
{
    struct aq_json_record what = {0};
    enum aq_status st = AQ_OK;
    bool any = false;
    *good = false;
    o = unwrap(o);
    if (json_object_is_type(o, json_type_array))
        return push(f, j, o, inherited, err);
    struct json_object *posts = json_object_is_type(o, json_type_object) ? topic_posts(o, &inherited) : NULL;
    if (posts) {
        st = open_wrapper(f, j, posts, inherited, &any, err);
        if (st || any)
            return st;
    }
    aq_feed_begin(f, j->line);
    f->part = j->part;
    if (!json_object_is_type(o, json_type_object)) {
        j->part++;
        aq_feed_skip(f, "not a JSON object: a record is {\"id\": ..., \"text\": ...}; correct or remove it");
        return AQ_OK;
    }
    st = aq_fields_read(f, o, &inherited, r, &what, good, err);
    if (st)
        return st;
    if (!what.is_record) {
        st = open_wrapper(f, j, o, inherited, &any, err);
        if (st)
            return st;
        if (any) {
            f->item--; /* no record after all */
            return AQ_OK;
        }
        j->part++;
        aq_feed_skip(f, "it has no text, title or id under any known name; where they have other names, say "
                        "so with --map text=NAME");
        return AQ_OK;
    }
    j->part++;
    if (*good && j->bytes.len &&
        (has_replacement(r->text) || has_replacement(r->title) || has_replacement(r->author))) {
        j->replaced += bad_escapes(j->bytes);
        j->bytes.len = 0;
    }
    if (*good && j->replaced) {
        if (!f->noted)
            aq_feed_note(f,
                         "%zu byte sequence%s not valid UTF-8 (or NUL), replaced by U+FFFD; export as UTF-8 "
                         "to keep the characters",
                         j->replaced, j->replaced == 1 ? " is" : "s are");
        j->replaced = 0;
    }
    struct json_object *children = what.children ? unwrap(what.children) : NULL, *listed = NULL;
    if (json_object_is_type(children, json_type_object) &&
        json_object_object_get_ex(children, "children", &listed))
        children = listed;
    if (children && has_objects(children))
        st = push(f, j, children, (struct aq_inherited){r->id, what.children_thread, {0}}, err);
    return st;
}

static enum aq_status json_next(struct aq_feed *f, void *state, struct aq_record *r, bool *got,
                                struct aq_error *err)
{
    struct json_reader *j = state;
    for (;;) {
        struct json_object *o = NULL;
        struct aq_inherited inherited = {0};
        if (j->single) {
            o = j->single;
            j->single = NULL;
        } else if (j->depth) {
            struct level *top = &j->levels[j->depth - 1];
            if (top->next == json_object_array_length(top->list)) {
                j->depth--;
                continue;
            }
            o = json_object_array_get_idx(top->list, top->next++);
            inherited = top->inherited;
        } else {
            bool more;
            aq_arena_reset(&j->kept);
            enum aq_status st = read_root(f, j, &more, err);
            *got = false;
            if (st || !more)
                return st;
            continue;
        }
        enum aq_status st = take(f, j, o, inherited, r, got, err);
        if (st || *got)
            return st;
    }
}

const struct aq_format_reader aq_read_json = {json_open, json_next, json_close};
