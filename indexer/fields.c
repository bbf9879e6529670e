/* fields.c - one JSON object to one record. Owns what values mean: numbers as ids,
 * dates, scores, lists, and what the names give away about a body's format. Names
 * are aliases.c's; nothing here knows of files and lines. */
#include "fields.h"

#include "aliases.h"
#include "dates.h"
#include "feed.h"

#include <json-c/json.h>
#include <stdio.h>
#include <strings.h>

static struct aq_slice string_of(struct json_object *v)
{
    return aq_slice(json_object_get_string(v), (size_t)json_object_get_string_len(v));
}

/* json-c keeps what does not fit 64 bits as the nearest value that does. */
static bool integer_of(struct json_object *v, bool *negative, uint64_t *out)
{
    if (json_object_is_type(v, json_type_double)) {
        double d = json_object_get_double(v);
        if (!(d > -9007199254740992.0 && d < 9007199254740992.0) || d != (double)(int64_t)d)
            return false;
        *negative = d < 0;
        *out = (uint64_t)(int64_t)(d < 0 ? -d : d);
        return true;
    }
    int64_t i = json_object_get_int64(v);
    *negative = i < 0;
    *out = i < 0 ? 0 - (uint64_t)i : json_object_get_uint64(v);
    return i != INT64_MIN && *out != UINT64_MAX;
}

static enum aq_status format_into(struct aq_feed *f, struct aq_slice *out, struct aq_error *err,
                                  const char *sign, uint64_t n)
{
    char digits[32];
    int k = snprintf(digits, sizeof digits, "%s%llu", sign, (unsigned long long)n);
    *out = aq_slice(digits, (size_t)k);
    return aq_feed_copy(f, out, err);
}

/* A value as an id or a name. */
static enum aq_status text_of(struct aq_feed *f, const struct aq_found_value *value, const char *what,
                              bool reddit, struct aq_slice *out, bool *good, struct aq_error *err)
{
    struct json_object *v = value->v;
    if (!v)
        return AQ_OK;
    if (json_object_is_type(v, json_type_string)) {
        *out = string_of(v);
        bool strip = reddit || (value->alias && (value->alias->flags & AQ_NAME_FULL));
        if (strip && aq_is_fullname(*out))
            *out = aq_slice(out->ptr + 3, out->len - 3);
        return AQ_OK;
    }
    bool negative;
    uint64_t n;
    if (!integer_of(v, &negative, &n)) {
        aq_feed_skip(f, "the %s is a number that 64 bits do not hold exactly; write it as a string", what);
        *good = false;
        return AQ_OK;
    }
    return format_into(f, out, err, negative ? "-" : "", n);
}

static struct aq_slice name_in(struct json_object *v)
{
    static const char *const names[] = {"name", "displayName", "username", "title", "slug", "text"};
    struct json_object *inner;
    if (json_object_is_type(v, json_type_string))
        return string_of(v);
    if (json_object_is_type(v, json_type_object))
        for (size_t i = 0; i < AQ_COUNT(names); i++)
            if (json_object_object_get_ex(v, names[i], &inner) &&
                json_object_is_type(inner, json_type_string))
                return string_of(inner);
    return (struct aq_slice){0};
}

static enum aq_status join(struct aq_feed *f, struct json_object *list, const char *between,
                           struct aq_slice *out, struct aq_error *err)
{
    struct aq_buf b = {0};
    size_t n = json_object_array_length(list);
    for (size_t i = 0; i < n; i++) {
        struct aq_slice name = name_in(json_object_array_get_idx(list, i));
        if (name.len && b.len)
            aq_buf_puts(&b, between);
        aq_buf_put(&b, name.ptr, name.len);
    }
    enum aq_status st = b.failed ? aq_fail_nomem(err) : AQ_OK;
    *out = aq_slice(b.ptr, b.len);
    if (!st)
        st = aq_feed_copy(f, out, err);
    aq_buf_free(&b);
    return st;
}

static enum aq_status text_or_list(struct aq_feed *f, const struct aq_found_value *value, const char *what,
                                   const char *between, struct aq_slice *out, bool *good,
                                   struct aq_error *err)
{
    if (json_object_is_type(value->v, json_type_array))
        return join(f, value->v, between, out, err);
    return text_of(f, value, what, false, out, good, err);
}

static enum aq_status read_tags(struct aq_feed *f, struct json_object *v, struct aq_record *r,
                                struct aq_error *err)
{
    if (!v)
        return AQ_OK;
    bool list = json_object_is_type(v, json_type_array);
    struct aq_slice rest = {0};
    if (!list)
        rest = string_of(v);
    size_t most = list ? json_object_array_length(v) : 1;
    for (size_t i = 0; i < rest.len; i++)
        most += rest.ptr[i] == ',';
    struct aq_slice *tags = aq_arena_alloc(&f->arena, most * sizeof *tags);
    if (!tags)
        return aq_fail_nomem(err);
    size_t n = 0;
    for (size_t i = 0; i < most; i++) {
        struct aq_slice tag;
        if (list) {
            tag = name_in(json_object_array_get_idx(v, i));
        } else {
            const uint8_t *comma = rest.len ? memchr(rest.ptr, ',', rest.len) : NULL;
            tag = aq_slice(rest.ptr, comma ? (size_t)(comma - rest.ptr) : rest.len);
            size_t used = tag.len + (comma != NULL);
            rest = aq_slice(rest.ptr + used, rest.len - used);
        }
        while (tag.len && *tag.ptr <= ' ')
            tag = aq_slice(tag.ptr + 1, tag.len - 1);
        while (tag.len && tag.ptr[tag.len - 1] <= ' ')
            tag.len--;
        enum aq_status st = aq_feed_repair(f, &tag, err);
        if (st)
            return st;
        if (tag.len)
            tags[n++] = tag;
    }
    r->tags = tags;
    r->tag_count = n;
    return AQ_OK;
}

static void read_date(struct aq_feed *f, struct json_object *v, struct aq_record *r)
{
    if (!v)
        return;
    if (json_object_is_type(v, json_type_string)) {
        struct aq_slice s = string_of(v);
        if (!aq_date_parse(s, &r->date))
            aq_feed_note(f,
                         "the date \"%.*s\" cannot be read, so it has none; write 2006-01-02T15:04:05Z or "
                         "Unix seconds",
                         (int)(s.len < 60 ? s.len : 60), (const char *)s.ptr);
    } else {
        double d = json_object_get_double(v);
        if (d > -9e18 && d < 9e18)
            r->date = aq_date_from_number((int64_t)d);
        else
            aq_feed_note(f, "the date is a number out of range, so it has none");
    }
}

/* "12", "-3.5", "1,234" */
static bool score_from_string(struct aq_slice s, double *out)
{
    double v = 0;
    size_t i = s.len && (s.ptr[0] == '-' || s.ptr[0] == '+'), digits = 0;
    for (; i < s.len && s.ptr[i] != '.'; i++) {
        if (s.ptr[i] == ',' && digits)
            continue;
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
        v = v * 10 + (s.ptr[i] - '0');
        digits++;
    }
    double unit = 0.1;
    for (i++; i < s.len; i++, unit /= 10) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
        v += (s.ptr[i] - '0') * unit;
    }
    *out = s.ptr[0] == '-' ? -v : v;
    return digits > 0;
}

static void read_score(struct aq_feed *f, struct json_object *v, struct aq_record *r)
{
    double d;
    if (!v)
        return;
    if (json_object_is_type(v, json_type_string)) {
        if (!score_from_string(string_of(v), &d)) {
            aq_feed_note(f, "the score is no number, so it has none");
            return;
        }
    } else {
        d = json_object_get_double(v);
    }
    if (d != d)
        return;
    r->score = d >= INT32_MAX    ? INT32_MAX
               : d <= -INT32_MAX ? -INT32_MAX
                                 : (int32_t)(d < 0 ? d - 0.5 : d + 0.5);
}

static bool format_named(struct aq_slice s, enum aq_format *out)
{
    static const struct {
        const char *name;
        enum aq_format format;
    } names[] = {{"text", AQ_FORMAT_TEXT},
                 {"plain", AQ_FORMAT_TEXT},
                 {"plaintext", AQ_FORMAT_TEXT},
                 {"text/plain", AQ_FORMAT_TEXT},
                 {"markdown", AQ_FORMAT_MARKDOWN},
                 {"md", AQ_FORMAT_MARKDOWN},
                 {"text/markdown", AQ_FORMAT_MARKDOWN},
                 {"html", AQ_FORMAT_HTML},
                 {"text/html", AQ_FORMAT_HTML}};
    for (size_t i = 0; i < AQ_COUNT(names); i++)
        if (strlen(names[i].name) == s.len && strncasecmp(names[i].name, (const char *)s.ptr, s.len) == 0) {
            *out = names[i].format;
            return true;
        }
    return false;
}

/* The record's word, then the user's, then what the field's name says. */
static void read_format(struct aq_feed *f, const struct aq_found *found, struct aq_record *r)
{
    struct json_object *said = found->of[AQ_FIELD_FORMAT].v;
    if (said) {
        struct aq_slice s = string_of(said);
        if (format_named(s, &r->format))
            return;
        aq_feed_note(f, "the format \"%.*s\" is unknown; text, markdown and html are known",
                     (int)(s.len < 40 ? s.len : 40), (const char *)s.ptr);
    }
    if (f->options.body_format >= AQ_FORMAT_TEXT && f->options.body_format <= AQ_FORMAT_HTML) {
        r->format = (enum aq_format)f->options.body_format;
        return;
    }
    const struct aq_alias *a = found->of[AQ_FIELD_TEXT].alias;
    for (size_t i = 0; !a && found->of[AQ_FIELD_TEXT].v && i < f->options.map_count; i++)
        if (strcmp(f->options.map[i].field, "text") == 0)
            a = aq_alias_of_body(f->options.map[i].path);
    int format = a ? a->format : AQ_FORMAT_UNSAID;
    if (format == AQ_FORMAT_BODY)
        format = found->flags & AQ_NAME_REDDIT ? AQ_FORMAT_MARKDOWN : AQ_FORMAT_TEXT;
    if (format == AQ_FORMAT_UNSAID) {
        bool hacker_news =
            (found->flags & AQ_NAME_ALGOLIA) ||
            (found->flags & (AQ_NAME_HN_BY | AQ_NAME_HN_TIME)) == (AQ_NAME_HN_BY | AQ_NAME_HN_TIME);
        format = hacker_news ? AQ_FORMAT_HTML : AQ_FORMAT_TEXT;
    }
    r->format = (enum aq_format)format;
}

/* ---- replies known by number, links without a site ---- */

static uint64_t decimal(struct aq_slice s)
{
    uint64_t v = 0;
    if (s.len == 0 || s.len > 18 || (s.ptr[0] == '0' && s.len > 1))
        return 0;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return 0;
        v = v * 10 + (s.ptr[i] - '0');
    }
    return v;
}

static uint64_t count_of(const struct aq_found_value *value)
{
    bool negative = true;
    uint64_t n = 0;
    if (!value->v)
        return 0;
    if (json_object_is_type(value->v, json_type_string))
        return decimal(string_of(value->v));
    return integer_of(value->v, &negative, &n) && !negative ? n : 0;
}

/* Discourse: a reply to nothing is a reply to the topic and has no parent; a
 * parent that has not been seen in this source is unknown. */
static enum aq_status resolve_post(struct aq_feed *f, const struct aq_found *found, struct aq_record *r,
                                   struct aq_error *err)
{
    struct aq_posts *posts = &f->posts;
    uint64_t number = count_of(&found->of[AQ_FIELD_POST_NUMBER]),
             reply = count_of(&found->of[AQ_FIELD_REPLY_NUMBER]);
    if (number && r->thread.len && !aq_posts_put(posts, r->thread, number, decimal(r->id)))
        return aq_fail_nomem(err);
    if (!reply || r->parent.len || !r->thread.len)
        return AQ_OK;
    uint64_t parent = aq_posts_get(posts, r->thread, reply);
    return parent ? format_into(f, &r->parent, err, "", parent) : AQ_OK;
}

static enum aq_status complete_url(struct aq_feed *f, const struct aq_found *found, struct aq_record *r,
                                   struct aq_error *err)
{
    static const char site[] = "https://www.reddit.com";
    if (!(found->flags & AQ_NAME_REDDIT) || r->url.len == 0 || r->url.ptr[0] != '/')
        return AQ_OK;
    size_t n = sizeof site - 1;
    uint8_t *to = aq_arena_bytes(&f->arena, n + r->url.len);
    if (!to)
        return aq_fail_nomem(err);
    memcpy(to, site, n);
    memcpy(to + n, r->url.ptr, r->url.len);
    r->url = aq_slice(to, n + r->url.len);
    return AQ_OK;
}

enum aq_status aq_fields_read(struct aq_feed *f, struct json_object *o, const struct aq_inherited *inherited,
                              struct aq_record *r, struct aq_json_record *what, bool *good,
                              struct aq_error *err)
{
    struct aq_found found;
    enum aq_status st;
    aq_fields_find(f->fields, o, &found);
    *what = (struct aq_json_record){.is_record = found.of[AQ_FIELD_ID].v || found.of[AQ_FIELD_TEXT].v ||
                                                 found.of[AQ_FIELD_TITLE].v,
                                    .children = found.of[AQ_FIELD_CHILDREN].v};
    *good = false;
    if (!what->is_record)
        return AQ_OK;
    aq_record_init(r);
    bool fine = true, reddit = (found.flags & AQ_NAME_REDDIT) != 0;
    if ((st = text_of(f, &found.of[AQ_FIELD_ID], "id", reddit, &r->id, &fine, err)) || !fine ||
        (st = text_of(f, &found.of[AQ_FIELD_THREAD], "thread", reddit, &r->thread, &fine, err)) || !fine ||
        (st = text_of(f, &found.of[AQ_FIELD_PARENT], "parent", reddit, &r->parent, &fine, err)) || !fine ||
        (st = text_or_list(f, &found.of[AQ_FIELD_AUTHOR], "author", ", ", &r->author, &fine, err)) || !fine ||
        (st = text_of(f, &found.of[AQ_FIELD_TITLE], "title", false, &r->title, &fine, err)) || !fine ||
        (st = text_of(f, &found.of[AQ_FIELD_URL], "url", false, &r->url, &fine, err)) || !fine ||
        (st = text_of(f, &found.of[AQ_FIELD_SOURCE], "source", false, &r->source, &fine, err)) || !fine ||
        (st = text_or_list(f, &found.of[AQ_FIELD_TEXT], "text", "\n\n", &r->text, &fine, err)) || !fine ||
        (st = read_tags(f, found.of[AQ_FIELD_TAGS].v, r, err)))
        return st;
    read_date(f, found.of[AQ_FIELD_DATE].v, r);
    read_score(f, found.of[AQ_FIELD_SCORE].v, r);
    read_format(f, &found, r);
    if (r->parent.len == 0)
        r->parent = inherited->parent;
    if (r->thread.len == 0)
        r->thread = inherited->thread;
    if (r->title.len == 0)
        r->title = inherited->title;
    if ((st = resolve_post(f, &found, r, err)) || (st = complete_url(f, &found, r, err)))
        return st;
    st = aq_feed_finish(f, r, r->format == AQ_FORMAT_TEXT || reddit, good, err);
    what->children_thread = r->thread.len ? r->thread : r->id;
    return st;
}
