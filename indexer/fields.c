/* fields.c - one JSON object to one record. Owns the table of aliases and what the
 * names give away about a body's format. Knows nothing of files and lines. */
#include "feed.h"

#include "dates.h"
#include "posts.h"

#include <json-c/json.h>
#include <stdio.h>

enum field {
    F_ID,
    F_THREAD,
    F_PARENT,
    F_AUTHOR,
    F_DATE,
    F_SCORE,
    F_TITLE,
    F_URL,
    F_TAGS,
    F_SOURCE,
    F_FORMAT,
    F_TEXT,
    F_MAPPABLE, /* those above can be named in --map */
    F_POST_NUMBER = F_MAPPABLE,
    F_REPLY_NUMBER,
    F_CHILDREN,
    F_COUNT,
    F_NONE = F_COUNT
};

static const char *const field_names[F_MAPPABLE] = {"id",    "thread", "parent", "author", "date",   "score",
                                                    "title", "url",    "tags",   "source", "format", "text"};

/* What the presence of a name tells. */
enum {
    REDDIT = 1,
    ALGOLIA = 2,
    HN_BY = 4,
    HN_TIME = 8,
    /* of the value, not of the record: */
    FULLNAME = 16,  /* "t1_abc": the prefix goes */
    ONLY_FULLNAME = 32, /* and the alias counts only with it */
};

enum { NO_FORMAT = -1, BODY = -2 /* Markdown on Reddit, else plain */ };

/* In order of preference within a field. */
static const struct alias {
    const char *path;
    uint8_t field;
    uint8_t flags;
    int8_t format;
} aliases[] = {
    {"id", F_ID, 0, 0},
    {"_id", F_ID, 0, 0},
    {"objectID", F_ID, ALGOLIA, 0},
    {"name", F_ID, FULLNAME | ONLY_FULLNAME, 0},
    {"thread", F_THREAD, 0, 0},
    {"postId", F_THREAD, 0, 0},
    {"link_id", F_THREAD, REDDIT | FULLNAME, 0},
    {"topic_id", F_THREAD, 0, 0},
    {"story_id", F_THREAD, 0, 0},
    {"thread_id", F_THREAD, 0, 0},
    {"threadId", F_THREAD, 0, 0},
    {"parent", F_PARENT, 0, 0},
    {"parentCommentId", F_PARENT, 0, 0},
    {"parent_id", F_PARENT, FULLNAME, 0},
    {"parentId", F_PARENT, 0, 0},
    {"in_reply_to", F_PARENT, 0, 0},
    {"author", F_AUTHOR, 0, 0},
    {"user.displayName", F_AUTHOR, 0, 0},
    {"by", F_AUTHOR, HN_BY, 0},
    {"username", F_AUTHOR, 0, 0},
    {"authors", F_AUTHOR, 0, 0},
    {"author.displayName", F_AUTHOR, 0, 0},
    {"author.name", F_AUTHOR, 0, 0},
    {"author.username", F_AUTHOR, 0, 0},
    {"user.username", F_AUTHOR, 0, 0},
    {"user.login", F_AUTHOR, 0, 0},
    {"user.name", F_AUTHOR, 0, 0},
    {"user", F_AUTHOR, 0, 0},
    {"date", F_DATE, 0, 0},
    {"postedAt", F_DATE, 0, 0},
    {"date_published", F_DATE, 0, 0},
    {"created_utc", F_DATE, REDDIT, 0},
    {"time", F_DATE, HN_TIME, 0},
    {"created_at", F_DATE, 0, 0},
    {"created_at_i", F_DATE, ALGOLIA, 0},
    {"createdAt", F_DATE, 0, 0},
    {"timestamp", F_DATE, 0, 0},
    {"score", F_SCORE, 0, 0},
    {"baseScore", F_SCORE, 0, 0},
    {"points", F_SCORE, 0, 0},
    {"ups", F_SCORE, 0, 0},
    {"like_count", F_SCORE, 0, 0},
    {"title", F_TITLE, 0, 0},
    {"topic_title", F_TITLE, 0, 0},
    {"story_title", F_TITLE, 0, 0},
    {"link_title", F_TITLE, 0, 0},
    {"post.title", F_TITLE, 0, 0},
    {"subject", F_TITLE, 0, 0},
    {"pageUrl", F_URL, 0, 0},
    {"permalink", F_URL, 0, 0},
    {"url", F_URL, 0, 0},
    {"html_url", F_URL, 0, 0},
    {"link", F_URL, 0, 0},
    {"tags", F_TAGS, 0, 0},
    {"source", F_SOURCE, 0, 0},
    {"subreddit_name_prefixed", F_SOURCE, REDDIT, 0},
    {"subreddit", F_SOURCE, REDDIT, 0},
    {"format", F_FORMAT, 0, 0},
    {"text", F_TEXT, 0, NO_FORMAT},
    {"raw", F_TEXT, 0, AQ_FORMAT_MARKDOWN},
    {"body", F_TEXT, 0, BODY},
    {"selftext", F_TEXT, REDDIT, AQ_FORMAT_MARKDOWN},
    {"htmlBody", F_TEXT, 0, AQ_FORMAT_HTML},
    {"contents.html", F_TEXT, 0, AQ_FORMAT_HTML},
    {"contents.markdown", F_TEXT, 0, AQ_FORMAT_MARKDOWN},
    {"cooked", F_TEXT, 0, AQ_FORMAT_HTML},
    {"comment_text", F_TEXT, 0, AQ_FORMAT_HTML},
    {"story_text", F_TEXT, 0, AQ_FORMAT_HTML},
    {"content", F_TEXT, 0, NO_FORMAT},
    {"summary", F_TEXT, 0, NO_FORMAT},
    {"post_number", F_POST_NUMBER, 0, 0},
    {"reply_to_post_number", F_REPLY_NUMBER, 0, 0},
    {"children", F_CHILDREN, 0, 0},
    {"comments", F_CHILDREN, 0, 0},
    {"replies", F_CHILDREN, 0, 0},
};

enum { SLOTS = 256 };
_Static_assert(AQ_COUNT(aliases) < 255, "chains are bytes");

struct aq_field_table {
    const struct aq_field_map *map;
    size_t map_count;
    uint8_t *map_fields;        /* enum field of each */
    uint8_t head[SLOTS];        /* 1 + index of the first alias, 0: none */
    uint8_t next[AQ_COUNT(aliases)];
    uint8_t first[AQ_COUNT(aliases)]; /* bytes of the path's first component */
    struct aq_posts posts;
};

static size_t slot_of(const char *s, size_t n)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ (uint8_t)s[i]) * 16777619u;
    return (h ^ h >> 16) & (SLOTS - 1);
}

/* ---- paths of --map: a.b[0].c ---- */

static bool path_is_valid(const char *p)
{
    size_t name = 0;
    for (; *p; p++) {
        if (*p == '.') {
            if (name == 0)
                return false;
            name = 0;
        } else if (*p == '[') {
            size_t digits = strspn(p + 1, "0123456789");
            if (digits == 0 || digits > 6 || p[1 + digits] != ']')
                return false;
            p += digits + 1;
            name = 1;
        } else {
            name++;
        }
    }
    return name > 0;
}

/* A name with a dot in it wins over the path it looks like. */
static struct json_object *follow(struct json_object *o, const char *path)
{
    struct json_object *v = NULL;
    if (json_object_object_get_ex(o, path, &v))
        return v;
    v = o;
    while (*path && v) {
        char name[128];
        if (*path == '[') {
            unsigned long at = strtoul(path + 1, NULL, 10);
            if (!json_object_is_type(v, json_type_array) || at >= json_object_array_length(v))
                return NULL;
            v = json_object_array_get_idx(v, at);
            path = strchr(path, ']') + 1;
        } else {
            size_t n = strcspn(path, ".[");
            if (n >= sizeof name || !json_object_is_type(v, json_type_object))
                return NULL;
            memcpy(name, path, n);
            name[n] = 0;
            struct json_object *inner = NULL;
            if (!json_object_object_get_ex(v, name, &inner))
                return NULL;
            v = inner;
            path += n;
        }
        path += *path == '.';
    }
    return v;
}

enum aq_status aq_fields_open(const struct aq_field_map *map, size_t count, struct aq_field_table **out, struct aq_error *err)
{
    *out = NULL;
    struct aq_field_table *t = calloc(1, sizeof *t);
    uint8_t *fields = calloc(count + 1, 1);
    if (!t || !fields) {
        free(t);
        free(fields);
        return aq_fail_nomem(err);
    }
    t->map = map;
    t->map_count = count;
    t->map_fields = fields;
    enum aq_status st = AQ_OK;
    for (size_t i = 0; !st && i < count; i++) {
        size_t field = 0;
        while (field < F_MAPPABLE && strcmp(map[i].field, field_names[field]) != 0)
            field++;
        fields[i] = (uint8_t)field;
        if (field == F_MAPPABLE)
            st = aq_fail(err, AQ_INVALID, "--map %s=%s: there is no field %s; fields are id, thread, parent, author, date, score, title, url, tags, source, format, text",
                         map[i].field, map[i].path, map[i].field);
        else if (!path_is_valid(map[i].path))
            st = aq_fail(err, AQ_INVALID, "--map %s=%s: write the path as names parted by dots, with [n] for the n-th of a list, counting from 0",
                         map[i].field, map[i].path);
    }
    if (st) {
        aq_fields_close(t);
        return st;
    }
    for (size_t i = AQ_COUNT(aliases); i-- > 0;) { /* backwards, so that chains run forwards */
        t->first[i] = (uint8_t)strcspn(aliases[i].path, ".");
        size_t slot = slot_of(aliases[i].path, t->first[i]);
        t->next[i] = t->head[slot];
        t->head[slot] = (uint8_t)(i + 1);
    }
    *out = t;
    return AQ_OK;
}

void aq_fields_close(struct aq_field_table *t)
{
    if (!t)
        return;
    aq_posts_free(&t->posts);
    free(t->map_fields);
    free(t);
}

/* ---- values ---- */

struct value {
    struct json_object *v;
    const struct alias *alias; /* NULL: from --map */
    uint8_t rank;              /* index in aliases; 0, which nothing comes before, from --map */
};

struct values {
    struct value of[F_COUNT];
    unsigned flags;
};

static bool is_fullname(const char *s, size_t n)
{
    return n > 3 && s[0] == 't' && s[1] >= '1' && s[1] <= '6' && s[2] == '_';
}

/* Whether the field can use the value: null, "" and the wrong type count as absent,
 * so that the next alias is asked. */
static bool is_usable(enum field field, const struct alias *alias, struct json_object *v)
{
    switch (json_object_get_type(v)) {
    case json_type_string: {
        int n = json_object_get_string_len(v);
        if (alias && (alias->flags & ONLY_FULLNAME) && !is_fullname(json_object_get_string(v), (size_t)n))
            return false;
        return n > 0 && field != F_CHILDREN;
    }
    case json_type_int:
    case json_type_double:
        return field != F_CHILDREN && field != F_TEXT && field != F_FORMAT && field != F_TAGS && !(alias && (alias->flags & ONLY_FULLNAME));
    case json_type_array:
        return (field == F_AUTHOR || field == F_TAGS || field == F_TEXT || field == F_CHILDREN) && json_object_array_length(v) > 0;
    case json_type_object:
        return field == F_CHILDREN; /* a Reddit listing */
    default:
        return false;
    }
}

static void consider(struct values *found, enum field field, const struct alias *alias, size_t rank, struct json_object *v)
{
    if (alias)
        found->flags |= alias->flags & (REDDIT | ALGOLIA | HN_BY | HN_TIME);
    struct value *best = &found->of[field];
    if ((!best->v || rank < best->rank) && is_usable(field, alias, v))
        *best = (struct value){v, alias, (uint8_t)rank};
}

static void collect(const struct aq_field_table *t, struct json_object *o, struct values *found)
{
    *found = (struct values){0};
    for (size_t i = 0; i < t->map_count; i++) {
        struct json_object *v = follow(o, t->map[i].path);
        if (v && !found->of[t->map_fields[i]].v && is_usable(t->map_fields[i], NULL, v))
            found->of[t->map_fields[i]] = (struct value){v, NULL, 0};
    }
    for (const struct lh_entry *e = json_object_get_object(o)->head; e; e = e->next) {
        const char *key = lh_entry_k(e);
        size_t n = strlen(key);
        for (size_t i = t->head[slot_of(key, n)]; i; i = t->next[i - 1]) {
            const struct alias *a = &aliases[i - 1];
            struct json_object *v = lh_entry_v(e);
            if (t->first[i - 1] != n || memcmp(a->path, key, n) != 0)
                continue;
            if (a->path[n] == '.')
                v = json_object_is_type(v, json_type_object) ? follow(v, a->path + n + 1) : NULL;
            consider(found, (enum field)a->field, a, i - 1, v);
        }
    }
}

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

static enum aq_status format_into(struct aq_feed *f, struct aq_slice *out, struct aq_error *err, const char *sign, uint64_t n)
{
    char digits[32];
    int k = snprintf(digits, sizeof digits, "%s%llu", sign, (unsigned long long)n);
    *out = aq_slice(digits, (size_t)k);
    return aq_feed_copy(f, out, err);
}

/* A value as an id or a name. */
static enum aq_status text_of(struct aq_feed *f, const struct value *value, const char *what, bool reddit, struct aq_slice *out, bool *good, struct aq_error *err)
{
    struct json_object *v = value->v;
    if (!v)
        return AQ_OK;
    if (json_object_is_type(v, json_type_string)) {
        *out = string_of(v);
        bool strip = reddit || (value->alias && (value->alias->flags & FULLNAME));
        if (strip && is_fullname((const char *)out->ptr, out->len))
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
            if (json_object_object_get_ex(v, names[i], &inner) && json_object_is_type(inner, json_type_string))
                return string_of(inner);
    return (struct aq_slice){0};
}

static enum aq_status join(struct aq_feed *f, struct json_object *list, const char *between, struct aq_slice *out, struct aq_error *err)
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

static enum aq_status text_or_list(struct aq_feed *f, const struct value *value, const char *what, const char *between, struct aq_slice *out, bool *good, struct aq_error *err)
{
    if (json_object_is_type(value->v, json_type_array))
        return join(f, value->v, between, out, err);
    return text_of(f, value, what, false, out, good, err);
}

static enum aq_status read_tags(struct aq_feed *f, struct json_object *v, struct aq_record *r, struct aq_error *err)
{
    if (!v)
        return AQ_OK;
    bool list = json_object_is_type(v, json_type_array);
    struct aq_slice rest = list ? (struct aq_slice){0} : string_of(v);
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
            aq_feed_note(f, "the date \"%.*s\" cannot be read, so it has none; write 2006-01-02T15:04:05Z or Unix seconds",
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
    r->score = d >= INT32_MAX ? INT32_MAX : d <= -INT32_MAX ? -INT32_MAX : (int32_t)(d < 0 ? d - 0.5 : d + 0.5);
}

static bool format_named(struct aq_slice s, enum aq_format *out)
{
    static const struct {
        const char *name;
        enum aq_format format;
    } names[] = {{"text", AQ_FORMAT_TEXT},         {"plain", AQ_FORMAT_TEXT},          {"plaintext", AQ_FORMAT_TEXT},
                 {"text/plain", AQ_FORMAT_TEXT},   {"markdown", AQ_FORMAT_MARKDOWN},   {"md", AQ_FORMAT_MARKDOWN},
                 {"text/markdown", AQ_FORMAT_MARKDOWN}, {"html", AQ_FORMAT_HTML},      {"text/html", AQ_FORMAT_HTML}};
    for (size_t i = 0; i < AQ_COUNT(names); i++)
        if (strlen(names[i].name) == s.len && strncasecmp(names[i].name, (const char *)s.ptr, s.len) == 0) {
            *out = names[i].format;
            return true;
        }
    return false;
}

static const struct alias *alias_of_path(const char *path)
{
    for (size_t i = 0; i < AQ_COUNT(aliases); i++)
        if (aliases[i].field == F_TEXT && strcmp(aliases[i].path, path) == 0)
            return &aliases[i];
    return NULL;
}

/* The record's word, then the user's, then what the field's name says. */
static void read_format(struct aq_feed *f, const struct values *found, struct aq_record *r)
{
    struct json_object *said = found->of[F_FORMAT].v;
    if (said) {
        struct aq_slice s = string_of(said);
        if (format_named(s, &r->format))
            return;
        aq_feed_note(f, "the format \"%.*s\" is unknown; text, markdown and html are known", (int)(s.len < 40 ? s.len : 40),
                     (const char *)s.ptr);
    }
    if (f->options.body_format >= AQ_FORMAT_TEXT && f->options.body_format <= AQ_FORMAT_HTML) {
        r->format = (enum aq_format)f->options.body_format;
        return;
    }
    const struct alias *a = found->of[F_TEXT].alias;
    for (size_t i = 0; !a && found->of[F_TEXT].v && i < f->options.map_count; i++)
        if (strcmp(f->options.map[i].field, "text") == 0)
            a = alias_of_path(f->options.map[i].path);
    int format = a ? a->format : NO_FORMAT;
    if (format == BODY)
        format = found->flags & REDDIT ? AQ_FORMAT_MARKDOWN : AQ_FORMAT_TEXT;
    if (format == NO_FORMAT) {
        bool hacker_news = (found->flags & ALGOLIA) || (found->flags & (HN_BY | HN_TIME)) == (HN_BY | HN_TIME);
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

static uint64_t count_of(const struct value *value)
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
static enum aq_status resolve_post(struct aq_feed *f, const struct values *found, struct aq_record *r, struct aq_error *err)
{
    struct aq_posts *posts = &f->fields->posts;
    uint64_t number = count_of(&found->of[F_POST_NUMBER]), reply = count_of(&found->of[F_REPLY_NUMBER]);
    if (number && r->thread.len && !aq_posts_put(posts, r->thread, number, decimal(r->id)))
        return aq_fail_nomem(err);
    if (!reply || r->parent.len || !r->thread.len)
        return AQ_OK;
    uint64_t parent = aq_posts_get(posts, r->thread, reply);
    return parent ? format_into(f, &r->parent, err, "", parent) : AQ_OK;
}

static enum aq_status complete_url(struct aq_feed *f, const struct values *found, struct aq_record *r, struct aq_error *err)
{
    static const char site[] = "https://www.reddit.com";
    if (!(found->flags & REDDIT) || r->url.len == 0 || r->url.ptr[0] != '/')
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
                              struct aq_record *r, struct aq_json_record *what, bool *good, struct aq_error *err)
{
    struct values found;
    enum aq_status st;
    collect(f->fields, o, &found);
    *what = (struct aq_json_record){.is_record = found.of[F_ID].v || found.of[F_TEXT].v || found.of[F_TITLE].v,
                                    .children = found.of[F_CHILDREN].v};
    *good = false;
    if (!what->is_record)
        return AQ_OK;
    aq_record_init(r);
    bool fine = true, reddit = (found.flags & REDDIT) != 0;
    if ((st = text_of(f, &found.of[F_ID], "id", reddit, &r->id, &fine, err)) || !fine ||
        (st = text_of(f, &found.of[F_THREAD], "thread", reddit, &r->thread, &fine, err)) || !fine ||
        (st = text_of(f, &found.of[F_PARENT], "parent", reddit, &r->parent, &fine, err)) || !fine ||
        (st = text_or_list(f, &found.of[F_AUTHOR], "author", ", ", &r->author, &fine, err)) || !fine ||
        (st = text_of(f, &found.of[F_TITLE], "title", false, &r->title, &fine, err)) || !fine ||
        (st = text_of(f, &found.of[F_URL], "url", false, &r->url, &fine, err)) || !fine ||
        (st = text_of(f, &found.of[F_SOURCE], "source", false, &r->source, &fine, err)) || !fine ||
        (st = text_or_list(f, &found.of[F_TEXT], "text", "\n\n", &r->text, &fine, err)) || !fine ||
        (st = read_tags(f, found.of[F_TAGS].v, r, err)))
        return st;
    read_date(f, found.of[F_DATE].v, r);
    read_score(f, found.of[F_SCORE].v, r);
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
