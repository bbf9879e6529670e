/* aliases.c - see aliases.h and fields.h. Owns the table of names and the paths of
 * --map; what the values mean is fields.c's. */
#include "aliases.h"

#include "fields.h"
#include "source.h"

#include <json-c/json.h>

static const char *const field_names[AQ_FIELD_MAPPABLE] = {
    "id", "thread", "parent", "author", "date", "score", "title", "url", "tags", "source", "format", "text"};

/* In order of preference within a field. */
static const struct aq_alias aliases[] = {
    {"id", AQ_FIELD_ID, 0, 0},
    {"_id", AQ_FIELD_ID, 0, 0},
    {"objectID", AQ_FIELD_ID, AQ_NAME_ALGOLIA, 0},
    {"name", AQ_FIELD_ID, AQ_NAME_FULL | AQ_NAME_ONLY_FULL, 0},
    {"thread", AQ_FIELD_THREAD, 0, 0},
    {"postId", AQ_FIELD_THREAD, 0, 0},
    {"link_id", AQ_FIELD_THREAD, AQ_NAME_REDDIT | AQ_NAME_FULL, 0},
    {"topic_id", AQ_FIELD_THREAD, 0, 0},
    {"story_id", AQ_FIELD_THREAD, 0, 0},
    {"thread_id", AQ_FIELD_THREAD, 0, 0},
    {"threadId", AQ_FIELD_THREAD, 0, 0},
    {"parent", AQ_FIELD_PARENT, 0, 0},
    {"parentCommentId", AQ_FIELD_PARENT, 0, 0},
    {"parent_id", AQ_FIELD_PARENT, AQ_NAME_FULL, 0},
    {"parentId", AQ_FIELD_PARENT, 0, 0},
    {"in_reply_to", AQ_FIELD_PARENT, 0, 0},
    {"author", AQ_FIELD_AUTHOR, 0, 0},
    {"user.displayName", AQ_FIELD_AUTHOR, 0, 0},
    {"by", AQ_FIELD_AUTHOR, AQ_NAME_HN_BY, 0},
    {"username", AQ_FIELD_AUTHOR, 0, 0},
    {"authors", AQ_FIELD_AUTHOR, 0, 0},
    {"author.displayName", AQ_FIELD_AUTHOR, 0, 0},
    {"author.name", AQ_FIELD_AUTHOR, 0, 0},
    {"author.username", AQ_FIELD_AUTHOR, 0, 0},
    {"user.username", AQ_FIELD_AUTHOR, 0, 0},
    {"user.login", AQ_FIELD_AUTHOR, 0, 0},
    {"user.name", AQ_FIELD_AUTHOR, 0, 0},
    {"user", AQ_FIELD_AUTHOR, 0, 0},
    {"date", AQ_FIELD_DATE, 0, 0},
    {"postedAt", AQ_FIELD_DATE, 0, 0},
    {"date_published", AQ_FIELD_DATE, 0, 0},
    {"created_utc", AQ_FIELD_DATE, AQ_NAME_REDDIT, 0},
    {"time", AQ_FIELD_DATE, AQ_NAME_HN_TIME, 0},
    {"created_at", AQ_FIELD_DATE, 0, 0},
    {"created_at_i", AQ_FIELD_DATE, AQ_NAME_ALGOLIA, 0},
    {"createdAt", AQ_FIELD_DATE, 0, 0},
    {"timestamp", AQ_FIELD_DATE, 0, 0},
    {"score", AQ_FIELD_SCORE, 0, 0},
    {"baseScore", AQ_FIELD_SCORE, 0, 0},
    {"points", AQ_FIELD_SCORE, 0, 0},
    {"ups", AQ_FIELD_SCORE, 0, 0},
    {"like_count", AQ_FIELD_SCORE, 0, 0},
    {"title", AQ_FIELD_TITLE, 0, 0},
    {"topic_title", AQ_FIELD_TITLE, 0, 0},
    {"story_title", AQ_FIELD_TITLE, 0, 0},
    {"link_title", AQ_FIELD_TITLE, 0, 0},
    {"post.title", AQ_FIELD_TITLE, 0, 0},
    {"subject", AQ_FIELD_TITLE, 0, 0},
    {"pageUrl", AQ_FIELD_URL, 0, 0},
    {"permalink", AQ_FIELD_URL, 0, 0},
    {"url", AQ_FIELD_URL, 0, 0},
    {"html_url", AQ_FIELD_URL, 0, 0},
    {"link", AQ_FIELD_URL, 0, 0},
    {"tags", AQ_FIELD_TAGS, 0, 0},
    {"source", AQ_FIELD_SOURCE, 0, 0},
    {"subreddit_name_prefixed", AQ_FIELD_SOURCE, AQ_NAME_REDDIT, 0},
    {"subreddit", AQ_FIELD_SOURCE, AQ_NAME_REDDIT, 0},
    {"format", AQ_FIELD_FORMAT, 0, 0},
    {"text", AQ_FIELD_TEXT, 0, AQ_FORMAT_UNSAID},
    {"raw", AQ_FIELD_TEXT, 0, AQ_FORMAT_MARKDOWN},
    {"body", AQ_FIELD_TEXT, 0, AQ_FORMAT_BODY},
    {"selftext", AQ_FIELD_TEXT, AQ_NAME_REDDIT, AQ_FORMAT_MARKDOWN},
    {"htmlBody", AQ_FIELD_TEXT, 0, AQ_FORMAT_HTML},
    {"contents.html", AQ_FIELD_TEXT, 0, AQ_FORMAT_HTML},
    {"contents.markdown", AQ_FIELD_TEXT, 0, AQ_FORMAT_MARKDOWN},
    {"cooked", AQ_FIELD_TEXT, 0, AQ_FORMAT_HTML},
    {"comment_text", AQ_FIELD_TEXT, 0, AQ_FORMAT_HTML},
    {"story_text", AQ_FIELD_TEXT, 0, AQ_FORMAT_HTML},
    {"content", AQ_FIELD_TEXT, 0, AQ_FORMAT_UNSAID},
    {"summary", AQ_FIELD_TEXT, 0, AQ_FORMAT_UNSAID},
    {"post_number", AQ_FIELD_POST_NUMBER, 0, 0},
    {"reply_to_post_number", AQ_FIELD_REPLY_NUMBER, 0, 0},
    {"children", AQ_FIELD_CHILDREN, 0, 0},
    {"comments", AQ_FIELD_CHILDREN, 0, 0},
    {"replies", AQ_FIELD_CHILDREN, 0, 0},
};

enum { SLOTS = 256 };
_Static_assert(AQ_COUNT(aliases) < 255, "chains are bytes");

struct aq_field_table {
    const struct aq_field_map *map;
    size_t map_count;
    uint8_t *map_fields; /* enum aq_field of each */
    uint8_t head[SLOTS]; /* 1 + index of the first alias, 0: none */
    uint8_t next[AQ_COUNT(aliases)];
    uint8_t first[AQ_COUNT(aliases)]; /* bytes of the path's first component */
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

enum aq_status aq_fields_open(const struct aq_field_map *map, size_t count, struct aq_field_table **out,
                              struct aq_error *err)
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
        while (field < AQ_FIELD_MAPPABLE && strcmp(map[i].field, field_names[field]) != 0)
            field++;
        fields[i] = (uint8_t)field;
        if (field == AQ_FIELD_MAPPABLE)
            st = aq_fail(err, AQ_INVALID,
                         "--map %s=%s: there is no field %s; fields are id, thread, parent, author, date, "
                         "score, title, url, tags, source, format, text",
                         map[i].field, map[i].path, map[i].field);
        else if (!path_is_valid(map[i].path))
            st = aq_fail(err, AQ_INVALID,
                         "--map %s=%s: write the path as names parted by dots, with [n] for the n-th of a "
                         "list, counting from 0",
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
    free(t->map_fields);
    free(t);
}

/* ---- finding ---- */

bool aq_is_fullname(struct aq_slice s)
{
    return s.len > 3 && s.ptr[0] == 't' && s.ptr[1] >= '1' && s.ptr[1] <= '6' && s.ptr[2] == '_';
}

/* Whether the field can use the value: null, "" and the wrong type count as absent,
 * so that the next alias is asked. */
static bool is_usable(enum aq_field field, const struct aq_alias *alias, struct json_object *v)
{
    switch (json_object_get_type(v)) {
    case json_type_string: {
        int n = json_object_get_string_len(v);
        if (alias && (alias->flags & AQ_NAME_ONLY_FULL) &&
            !aq_is_fullname(aq_slice(json_object_get_string(v), (size_t)n)))
            return false;
        return n > 0 && field != AQ_FIELD_CHILDREN;
    }
    case json_type_int:
    case json_type_double:
        return field != AQ_FIELD_CHILDREN && field != AQ_FIELD_TEXT && field != AQ_FIELD_FORMAT &&
               field != AQ_FIELD_TAGS && !(alias && (alias->flags & AQ_NAME_ONLY_FULL));
    case json_type_array:
        return (field == AQ_FIELD_AUTHOR || field == AQ_FIELD_TAGS || field == AQ_FIELD_TEXT ||
                field == AQ_FIELD_CHILDREN) &&
               json_object_array_length(v) > 0;
    case json_type_object:
        return field == AQ_FIELD_CHILDREN; /* a Reddit listing */
    default:
        return false;
    }
}

static void consider(struct aq_found *found, enum aq_field field, const struct aq_alias *alias, size_t rank,
                     struct json_object *v)
{
    if (alias)
        found->flags |= alias->flags & AQ_NAME_OF_RECORD;
    struct aq_found_value *best = &found->of[field];
    if ((!best->v || rank < best->rank) && is_usable(field, alias, v))
        *best = (struct aq_found_value){v, alias, (uint8_t)rank};
}

void aq_fields_find(const struct aq_field_table *t, struct json_object *o, struct aq_found *found)
{
    *found = (struct aq_found){0};
    for (size_t i = 0; i < t->map_count; i++) {
        struct json_object *v = follow(o, t->map[i].path);
        if (v && !found->of[t->map_fields[i]].v && is_usable(t->map_fields[i], NULL, v))
            found->of[t->map_fields[i]] = (struct aq_found_value){v, NULL, 0};
    }
    for (const struct lh_entry *e = json_object_get_object(o)->head; e; e = e->next) {
        const char *key = lh_entry_k(e);
        size_t n = strlen(key);
        for (size_t i = t->head[slot_of(key, n)]; i; i = t->next[i - 1]) {
            const struct aq_alias *a = &aliases[i - 1];
            struct json_object *v = lh_entry_v(e);
            if (t->first[i - 1] != n || memcmp(a->path, key, n) != 0)
                continue;
            if (a->path[n] == '.')
                v = json_object_is_type(v, json_type_object) ? follow(v, a->path + n + 1) : NULL;
            consider(found, (enum aq_field)a->field, a, i - 1, v);
        }
    }
}

const struct aq_alias *aq_alias_of_body(const char *path)
{
    for (size_t i = 0; i < AQ_COUNT(aliases); i++)
        if (aliases[i].field == AQ_FIELD_TEXT && strcmp(aliases[i].path, path) == 0)
            return &aliases[i];
    return NULL;
}
