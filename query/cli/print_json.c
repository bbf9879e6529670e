/* print_json.c - see print_json.h. */
#include "print_json.h"

#include "cli.h"
#include "date.h"
#include "utf8.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>

/* ---- values ---- */

static json_t *string_of(struct aq_slice s)
{
    json_t *v = json_stringn(s.len ? (const char *)s.ptr : "", s.len);
    if (v)
        return v;
    struct aq_buf repaired = {0}; /* not UTF-8 */
    aq_utf8_repair(&repaired, s);
    if (!repaired.failed)
        v = json_stringn((const char *)repaired.ptr, repaired.len);
    aq_buf_free(&repaired);
    return v;
}

static json_t *string_or_null(struct aq_slice s)
{
    return s.len ? string_of(s) : json_null();
}

static json_t *date_or_null(int64_t date)
{
    char text[AQ_DATE_SIZE];
    return *aq_date_full(date, text) ? json_string(text) : json_null();
}

static json_t *real_or_null(double v)
{
    return isfinite(v) ? json_real(v) : json_null();
}

static json_t *count_of(uint64_t n)
{
    return json_integer(n > INT64_MAX ? INT64_MAX : (json_int_t)n);
}

static json_t *points_or_null(int32_t points)
{
    return points == AQ_NO_SCORE ? json_null() : json_integer(points);
}

static json_t *range_of(struct aq_range r)
{
    return json_pack("[I, I]", (json_int_t)r.begin, (json_int_t)r.end);
}

/* Takes both; NULL when either is or memory runs out. */
static json_t *with_item(json_t *list, json_t *item)
{
    if (json_array_append_new(list, item) == 0)
        return list;
    json_decref(list);
    return NULL;
}

static json_t *strings_of(const struct aq_slice *items, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < count; i++)
        list = with_item(list, string_of(items[i]));
    return list;
}

static json_t *ranges_of(const struct aq_range *ranges, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < count; i++)
        list = with_item(list, range_of(ranges[i]));
    return list;
}

/* ---- records ---- */

struct record {
    json_t *object;
    bool failed;
    int digits; /* of reals */
};

static struct record record_of(const char *type)
{
    struct record r = {json_object(), false, 17};
    r.failed = !r.object || json_object_set_new(r.object, "type", json_string(type)) != 0;
    return r;
}

/* Takes the value; NULL means that memory ran out. */
static void set(struct record *r, const char *key, json_t *value)
{
    if (json_object_set_new(r->object, key, value) != 0)
        r->failed = true;
}

/* As few digits as read back as the same number. */
static int shortest(double v)
{
    for (int digits = 15; digits < 17; digits++) {
        char text[40];
        snprintf(text, sizeof text, "%.*g", digits, v);
        if (strtod(text, NULL) == v)
            return digits;
    }
    return 17;
}

static int append(const char *bytes, size_t n, void *context)
{
    struct aq_buf *out = context;
    aq_buf_put(out, bytes, n);
    return out->failed ? -1 : 0;
}

/* The characters that aq_char_shown refuses only occur inside of strings here, so
 * that each may become its escape. C0 controls already are. */
static void escape_controls(struct aq_buf *out, size_t from)
{
    size_t at = from;
    while (at < out->len && out->ptr[at] != 0x7f && out->ptr[at] != 0xc2 && out->ptr[at] != 0xe2)
        at++;
    if (at == out->len)
        return;
    struct aq_buf tail = {0};
    aq_buf_put(&tail, out->ptr + at, out->len - at);
    if (tail.failed)
        out->failed = true;
    else
        out->len = at;
    for (size_t i = 0; i < tail.len;) {
        unsigned len;
        uint32_t cp = aq_utf8_decode(tail.ptr + i, tail.ptr + tail.len, &len);
        if (cp == '\n' || aq_char_shown(cp))
            aq_buf_put(out, tail.ptr + i, len);
        else
            aq_buf_printf(out, "\\u%04x", (unsigned)cp & 0xffff);
        i += len;
    }
    aq_buf_free(&tail);
}

/* Writes the line and lets the record go. */
static void finish(struct record *r, struct aq_buf *out)
{
    size_t from = out->len;
    size_t flags = JSON_COMPACT | JSON_REAL_PRECISION((size_t)r->digits);
    if (r->failed || json_dump_callback(r->object, append, out, flags) != 0)
        out->failed = true;
    json_decref(r->object);
    aq_buf_u8(out, '\n');
    if (!out->failed)
        escape_controls(out, from);
}

void aq_json_begin(struct aq_buf *out, const struct aq_search_request *request, struct aq_slice query_id)
{
    struct record r = record_of("begin");
    set(&r, "version", json_integer(AQ_JSON_VERSION));
    if (query_id.ptr)
        set(&r, "query_id", string_of(query_id));
    set(&r, "query", string_of(request->query));
    set(&r, "limit", json_integer(request->limit));
    set(&r, "offset", json_integer(request->offset));
    set(&r, "sort", json_string(aq_sort_names[request->sort]));
    set(&r, "group", json_string(aq_group_names[request->group]));
    finish(&r, out);
}

void aq_json_hit(struct aq_buf *out, const struct aq_hit *hit)
{
    struct record r = record_of("hit");
    r.digits = shortest(hit->score);
    set(&r, "id", string_of(hit->id));
    set(&r, "ordinal", json_integer(hit->ordinal));
    set(&r, "score", real_or_null(hit->score));
    set(&r, "author", string_or_null(hit->author));
    set(&r, "date", date_or_null(hit->date));
    set(&r, "title", string_or_null(hit->title));
    set(&r, "thread", string_or_null(hit->thread));
    set(&r, "url", string_or_null(hit->url));
    set(&r, "passage", string_of(hit->passage));
    set(&r, "ranges", ranges_of(hit->ranges, hit->range_count));
    set(&r, "snippet", range_of(hit->snippet));
    set(&r, "title_ranges", ranges_of(hit->title_ranges, hit->title_range_count));
    set(&r, "all_words", json_boolean(hit->all_words));
    set(&r, "quote", json_integer(hit->quote_depth));
    set(&r, "more", json_integer(hit->more));
    set(&r, "more_at_least", json_boolean(hit->more_at_least));
    set(&r, "points", points_or_null(hit->points));
    set(&r, "parent", string_or_null(hit->parent));
    set(&r, "source", string_or_null(hit->source));
    set(&r, "tags", strings_of(hit->tags, hit->tag_count));
    finish(&r, out);
}

void aq_json_end(struct aq_buf *out, const struct aq_result *result, struct aq_slice query_id)
{
    struct record r = record_of("end");
    if (query_id.ptr)
        set(&r, "query_id", string_of(query_id));
    set(&r, "hits", json_integer(result->hit_count));
    set(&r, "totals",
        json_pack("{s:o, s:o, s:b}", "groups", count_of(result->total_groups), "passages",
                  count_of(result->total_passages), "at_least", (int)result->total_at_least));
    set(&r, "partial", json_boolean(result->partial != AQ_PARTIAL_NONE));
    const struct aq_slice reason = aq_slice_str("terms");
    set(&r, "partial_reasons", strings_of(&reason, result->partial & AQ_PARTIAL_TERMS ? 1 : 0));
    set(&r, "ignored", strings_of(result->ignored, result->ignored_count));
    set(&r, "snapshot", json_integer(result->snapshot));
    set(&r, "commit", count_of(result->commit));
    set(&r, "micros", count_of(result->micros));
    finish(&r, out);
}

static json_t *passages_of(const struct aq_comment_view *c)
{
    json_t *list = json_array();
    for (uint32_t i = 0; list && i < c->passage_count; i++) {
        const struct aq_passage_view *p = &c->passages[i];
        list = with_item(list, json_pack("{s:o, s:i, s:b, s:b}", "range", range_of(p->range), "quote",
                                         (int)p->quote_depth, "code", (int)p->code, "heading",
                                         (int)p->heading));
    }
    return list;
}

void aq_json_comment(struct aq_buf *out, const struct aq_comment_view *c, const char *relation,
                     unsigned level)
{
    static const char *const formats[] = {"text", "markdown", "html"};
    struct record r = record_of("comment");
    set(&r, "version", json_integer(AQ_JSON_VERSION));
    set(&r, "relation", json_string(relation));
    set(&r, "level", json_integer((json_int_t)level));
    set(&r, "id", string_of(c->id));
    set(&r, "author", string_or_null(c->author));
    set(&r, "date", date_or_null(c->date));
    set(&r, "points", points_or_null(c->points));
    set(&r, "title", string_or_null(c->title));
    set(&r, "thread", string_or_null(c->thread));
    set(&r, "thread_title", string_or_null(c->thread_title));
    set(&r, "parent", string_or_null(c->parent));
    set(&r, "url", string_or_null(c->url));
    set(&r, "source", string_or_null(c->source));
    set(&r, "tags", strings_of(c->tags, c->tag_count));
    set(&r, "format", (size_t)c->format < AQ_COUNT(formats) ? json_string(formats[c->format]) : json_null());
    set(&r, "text", string_of(c->text));
    set(&r, "passages", passages_of(c));
    set(&r, "replies", json_integer(c->reply_count));
    finish(&r, out);
}

void aq_json_stats(struct aq_buf *out, const char *dir, const struct aq_index_stats *s)
{
    const struct {
        const char *key;
        uint64_t value;
    } counts[] = {{"comments", s->comments},
                  {"threads", s->threads},
                  {"authors", s->authors},
                  {"pending_comments", s->pending_comments},
                  {"passages", s->passages},
                  {"quote_passages", s->quote_passages},
                  {"hidden_passages", s->hidden_passages},
                  {"deleted_passages", s->deleted_passages},
                  {"tokens", s->tokens},
                  {"terms", s->terms},
                  {"postings", s->postings},
                  {"segments", s->segments},
                  {"text_bytes", s->text_bytes},
                  {"stored_text_bytes", s->stored_text_bytes},
                  {"posting_bytes", s->posting_bytes},
                  {"norm_bytes", s->norm_bytes},
                  {"other_bytes", s->other_bytes},
                  {"file_bytes", s->file_bytes},
                  {"free_bytes", s->free_bytes},
                  {"commit", s->commit},
                  {"generation", s->generation},
                  {"format_version", s->format_version}};
    struct record r = record_of("stats");
    set(&r, "version", json_integer(AQ_JSON_VERSION));
    set(&r, "directory", string_of(aq_slice_str(dir)));
    for (size_t i = 0; i < AQ_COUNT(counts); i++)
        set(&r, counts[i].key, count_of(counts[i].value));
    set(&r, "first_date", date_or_null(s->first_date));
    set(&r, "last_date", date_or_null(s->last_date));
    set(&r, "language", string_of(aq_slice(s->language, strnlen(s->language, sizeof s->language))));
    set(&r, "analyzer", string_of(aq_slice(s->analyzer, strnlen(s->analyzer, sizeof s->analyzer))));
    finish(&r, out);
}

void aq_json_checked(struct aq_buf *out, const char *dir, const struct aq_index_stats *s)
{
    struct record r = record_of("check");
    set(&r, "version", json_integer(AQ_JSON_VERSION));
    set(&r, "ok", json_true());
    set(&r, "directory", string_of(aq_slice_str(dir)));
    set(&r, "comments", count_of(s->comments));
    set(&r, "passages", count_of(s->passages));
    set(&r, "segments", count_of(s->segments));
    set(&r, "pending_comments", count_of(s->pending_comments));
    set(&r, "commit", count_of(s->commit));
    finish(&r, out);
}

void aq_json_error(struct aq_buf *out, const struct aq_error *err)
{
    struct record r = record_of("error");
    set(&r, "status", json_string(aq_status_name(err->status)));
    set(&r, "message", string_of(aq_slice_str(err->message)));
    finish(&r, out);
}
