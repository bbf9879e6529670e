/* answers.c - see answers.h: the JSON of each route. */
#include "answers.h"

#include "members.h"
#include "names.h"
#include "utf8.h"

enum { LIMIT = 10, THREAD_LIMIT = 100, REPLIES_MOST = 50 };

static enum aq_json_unit unit_of(const struct aq_call *call)
{
    return call->params.unit ? AQ_JSON_BYTES : AQ_JSON_UTF16;
}

static void begin(struct aq_buf *out)
{
    aq_json_raw(out, "{");
    aq_json_integer(aq_json_key(out, "version"), AQ_JSON_VERSION);
}

static void end(struct aq_buf *out)
{
    aq_buf_puts(out, "}\n");
}

/* ---- searches ---- */

static void put_hits(struct aq_call *call, const struct aq_result *result)
{
    struct aq_buf *out = call->out;
    aq_json_raw(aq_json_key(out, "hits"), "[");
    for (uint32_t i = 0; i < result->hit_count; i++) {
        aq_json_raw(out, "{");
        aq_json_hit_members(out, &result->hits[i], unit_of(call));
        aq_buf_u8(out, '}');
    }
    aq_buf_u8(out, ']');
    aq_json_raw(aq_json_key(out, "facets"), "[");
    for (size_t i = 0; i < result->facet_count; i++) {
        aq_json_raw(out, "{");
        aq_json_facet_members(out, &result->facets[i]);
        aq_buf_u8(out, '}');
    }
    aq_buf_u8(out, ']');
}

static void put_result(struct aq_call *call, const struct aq_search_request *request, const struct aq_result *result)
{
    struct aq_buf *out = call->out;
    begin(out);
    aq_json_string(aq_json_key(out, "query"), result->query);
    aq_json_integer(aq_json_key(out, "limit"), request->limit);
    aq_json_integer(aq_json_key(out, "offset"), request->offset);
    aq_json_str(aq_json_key(out, "sort"), aq_sort_names[request->sort]);
    aq_json_str(aq_json_key(out, "group"), aq_group_names[request->group]);
    put_hits(call, result);
    aq_json_result_members(out, result);
    aq_json_integer(aq_json_key(out, "generation"), call->state.generation);
    aq_json_key(out, "explanation");
    if (request->flags & AQ_EXPLAIN) {
        aq_json_raw(out, "{");
        aq_json_explanation_members(out, &result->explanation);
        aq_buf_u8(out, '}');
    } else {
        aq_json_raw(out, "null");
    }
    end(out);
}

/* Nothing asked for is nothing found, and no error: a search page begins like that. */
enum aq_status aq_answer_search(struct aq_call *call, struct aq_error *err)
{
    struct aq_search_request request;
    struct aq_result *result = NULL;
    enum aq_status st = aq_params_request(&call->params, call->synonyms, call->arena, &request, err);
    if (!st)
        st = aq_search(call->reader, &request, &result, err);
    if (st == AQ_SYNTAX && (request.flags & AQ_QUERY_STRICT)) {
        struct aq_error again;
        call->misplaced = aq_query_check(request.query, request.now, &call->place, &again) == AQ_SYNTAX;
    }
    if (st)
        return st;
    put_result(call, &request, result);
    aq_result_free(result);
    return AQ_OK;
}

static enum aq_status no_such(const char *what, const char *id, struct aq_error *err)
{
    return aq_fail(err, AQ_NOTFOUND, "no %s has the id \"%.200s\"", what, id);
}

enum aq_status aq_answer_related(struct aq_call *call, struct aq_error *err)
{
    struct aq_search_request request;
    struct aq_result *result = NULL;
    enum aq_status st = aq_params_request(&call->params, call->synonyms, call->arena, &request, err);
    if (!st)
        st = aq_related(call->reader, aq_slice_str(call->id), 0, &request, &result, err);
    if (st)
        return st == AQ_NOTFOUND ? no_such("comment", call->id, err) : st;
    put_result(call, &request, result);
    aq_result_free(result);
    return AQ_OK;
}

/* ---- words ---- */

enum aq_status aq_answer_suggest(struct aq_call *call, struct aq_error *err)
{
    struct aq_suggestions *found = NULL;
    struct aq_suggest_request request = {.text = aq_slice_str(call->params.q),
                                         .limit = call->params.limit ? (uint32_t)call->params.limit : LIMIT};
    enum aq_status st = aq_suggest(call->reader, &request, &found, err);
    if (st)
        return st;
    begin(call->out);
    aq_json_string(aq_json_key(call->out, "query"), request.text);
    aq_json_raw(aq_json_key(call->out, "suggestions"), "[");
    for (uint32_t i = 0; i < found->item_count; i++) {
        aq_json_raw(call->out, "{");
        aq_json_suggestion_members(call->out, &found->items[i]);
        aq_buf_u8(call->out, '}');
    }
    aq_buf_u8(call->out, ']');
    end(call->out);
    aq_suggestions_free(found);
    return AQ_OK;
}

enum aq_status aq_answer_concepts(struct aq_call *call, struct aq_error *err)
{
    struct aq_concept_list *found = NULL;
    struct aq_concepts_request request = {.query = aq_slice_str(call->params.q),
                                          .limit = call->params.limit ? (uint32_t)call->params.limit : LIMIT,
                                          .synonyms = call->synonyms};
    enum aq_status st = aq_concepts(call->reader, &request, &found, err);
    if (st)
        return st;
    begin(call->out);
    aq_json_string(aq_json_key(call->out, "query"), request.query);
    aq_json_raw(aq_json_key(call->out, "concepts"), "[");
    for (uint32_t i = 0; i < found->concept_count; i++) {
        aq_json_raw(call->out, "{");
        aq_json_concept_members(call->out, &found->concepts[i], unit_of(call));
        aq_buf_u8(call->out, '}');
    }
    aq_buf_u8(call->out, ']');
    end(call->out);
    aq_concepts_free(found);
    return AQ_OK;
}

/* ---- comments ---- */

static void put_comment(struct aq_call *call, const struct aq_comment_view *c, unsigned level)
{
    aq_json_raw(call->out, "{");
    aq_json_integer(aq_json_key(call->out, "level"), level);
    aq_json_comment_members(call->out, c, unit_of(call));
    aq_buf_u8(call->out, '}');
}

/* `above` is what the comment replies to, the nearest first; `below` what replies to it. */
enum aq_status aq_answer_item(struct aq_call *call, struct aq_error *err)
{
    struct aq_thread_view *around = NULL;
    uint32_t steps = (uint32_t)call->params.context;
    struct aq_thread_request request = {
        .id = aq_slice_str(call->id), .limit = REPLIES_MOST, .around = true, .above = steps, .below = steps};
    enum aq_status st = aq_thread_read(call->reader, &request, &around, err);
    if (st)
        return st == AQ_NOTFOUND ? no_such("comment", call->id, err) : st;
    uint32_t self = around->asked, base = around->comments[self].level;
    begin(call->out);
    aq_json_key(call->out, "comment");
    put_comment(call, &around->comments[self].comment, 0);
    aq_json_raw(aq_json_key(call->out, "above"), "[");
    for (uint32_t i = self; i-- > 0;)
        put_comment(call, &around->comments[i].comment, self - i);
    aq_buf_u8(call->out, ']');
    aq_json_raw(aq_json_key(call->out, "below"), "[");
    for (uint32_t i = self + 1; i < around->count; i++)
        put_comment(call, &around->comments[i].comment, around->comments[i].level - base);
    aq_buf_u8(call->out, ']');
    end(call->out);
    aq_thread_free(around);
    return AQ_OK;
}

enum aq_status aq_answer_thread(struct aq_call *call, struct aq_error *err)
{
    struct aq_thread_view *thread = NULL;
    struct aq_thread_request request = {.id = aq_slice_str(call->id),
                                        .limit = call->params.limit ? (uint32_t)call->params.limit : THREAD_LIMIT};
    enum aq_status st = aq_thread_read(call->reader, &request, &thread, err);
    if (st)
        return st == AQ_NOTFOUND ? no_such("thread or comment", call->id, err) : st;
    begin(call->out);
    aq_json_string(aq_json_key(call->out, "thread"), thread->id);
    aq_json_string_or_null(aq_json_key(call->out, "title"), thread->title);
    aq_json_integer(aq_json_key(call->out, "total"), thread->total);
    aq_json_raw(aq_json_key(call->out, "comments"), "[");
    for (uint32_t i = 0; i < thread->count; i++)
        put_comment(call, &thread->comments[i].comment, thread->comments[i].level);
    aq_buf_u8(call->out, ']');
    end(call->out);
    aq_thread_free(thread);
    return AQ_OK;
}

/* ---- the server itself ---- */

enum aq_status aq_answer_version(struct aq_call *call, struct aq_error *err)
{
    (void)err;
    begin(call->out);
    aq_json_str(aq_json_key(call->out, "program"), aq_version());
    aq_json_integer(aq_json_key(call->out, "generation"), call->state.generation);
    aq_json_count(aq_json_key(call->out, "commit"), call->state.commit);
    end(call->out);
    return AQ_OK;
}

void aq_answer_error(struct aq_call *call, const struct aq_error *err)
{
    struct aq_buf *out = call->out;
    aq_json_raw(out, "{");
    aq_json_raw(aq_json_key(out, "error"), "{");
    aq_json_str(aq_json_key(out, "status"), aq_status_name(err->status));
    aq_json_str(aq_json_key(out, "message"), err->message);
    aq_json_key(out, "place");
    if (call->misplaced)
        aq_json_range(out, aq_slice_str(call->params.q), call->place, unit_of(call));
    else
        aq_json_raw(out, "null");
    aq_buf_puts(out, "}}\n");
}

void aq_escape_text(struct aq_buf *out, struct aq_slice text)
{
    size_t written = 0;
    unsigned len;
    for (size_t at = 0; at < text.len; at += len) {
        uint32_t cp = aq_utf8_decode(text.ptr + at, text.ptr + text.len, &len);
        const char *instead = cp == '<'    ? "&lt;"
                              : cp == '>'  ? "&gt;"
                              : cp == '&'  ? "&amp;"
                              : cp == '"'  ? "&quot;"
                              : cp == '\'' ? "&#39;"
                                           : NULL;
        bool allowed = cp != AQ_UTF8_BAD && (cp >= 0x20 ? cp != 0xfffe && cp != 0xffff : cp == '\t' || cp == '\n');
        if (!instead && allowed)
            continue;
        aq_buf_put(out, text.ptr + written, at - written);
        aq_buf_puts(out, instead ? instead : "\xef\xbf\xbd");
        written = at + len;
    }
    if (written < text.len)
        aq_buf_put(out, text.ptr + written, text.len - written);
}

enum aq_status aq_answer_opensearch(struct aq_call *call, struct aq_error *err)
{
    struct aq_buf *out = call->out;
    (void)err;
    struct aq_slice url = aq_slice_str(call->public_url);
    while (url.len && url.ptr[url.len - 1] == '/')
        url.len--;
    aq_buf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                     "<OpenSearchDescription xmlns=\"http://a9.com/-/spec/opensearch/1.1/\">\n<ShortName>");
    /* The specification's bound: 16 characters. */
    struct aq_slice name = aq_slice_str(call->title);
    size_t cut = 0;
    unsigned len;
    for (unsigned n = 0; n < 16 && cut < name.len; n++, cut += len)
        aq_utf8_decode(name.ptr + cut, name.ptr + name.len, &len);
    aq_escape_text(out, aq_slice(name.ptr, cut));
    aq_buf_puts(out, "</ShortName>\n<Description>");
    aq_escape_text(out, name);
    aq_buf_puts(out, "</Description>\n<InputEncoding>UTF-8</InputEncoding>\n"
                     "<Image width=\"64\" height=\"64\" type=\"image/svg+xml\">");
    aq_escape_text(out, url);
    aq_buf_puts(out, "/favicon.svg</Image>\n<Url type=\"text/html\" template=\"");
    aq_escape_text(out, url);
    aq_buf_puts(out, "/?q={searchTerms}\"/>\n<Url type=\"application/json\" rel=\"results\" template=\"");
    aq_escape_text(out, url);
    aq_buf_puts(out, "/search?q={searchTerms}\"/>\n</OpenSearchDescription>\n");
    return AQ_OK;
}
