/* records.c - see records.h. */
#include "records.h"

#include "members.h"
#include "names.h"
#include "value.h"

/* Where the record begins, for finish(). */
static size_t begin(struct aq_buf *out, const char *type)
{
    size_t from = out->len;
    aq_buf_u8(out, '{');
    aq_json_str(aq_json_key(out, "type"), type);
    return from;
}

/* A record is there whole or not at all: a line cut short must not run into the
 * error that is reported next. */
static void finish(struct aq_buf *out, size_t from)
{
    aq_buf_puts(out, "}\n");
    if (out->failed)
        out->len = from;
}

void aq_json_begin(struct aq_buf *out, const struct aq_search_request *request, struct aq_slice query_id)
{
    size_t from = begin(out, "begin");
    aq_json_integer(aq_json_key(out, "version"), AQ_JSON_VERSION);
    if (query_id.ptr)
        aq_json_string(aq_json_key(out, "query_id"), query_id);
    aq_json_string(aq_json_key(out, "query"), request->query);
    aq_json_integer(aq_json_key(out, "limit"), request->limit);
    aq_json_integer(aq_json_key(out, "offset"), request->offset);
    aq_json_str(aq_json_key(out, "sort"), aq_sort_names[request->sort]);
    aq_json_str(aq_json_key(out, "group"), aq_group_names[request->group]);
    finish(out, from);
}

void aq_json_query(struct aq_buf *out, const struct aq_result *result)
{
    size_t from = begin(out, "query");
    aq_json_explanation_members(out, &result->explanation);
    finish(out, from);
}

void aq_json_hit(struct aq_buf *out, const struct aq_hit *hit)
{
    size_t from = begin(out, "hit");
    aq_json_hit_members(out, hit, AQ_JSON_BYTES);
    finish(out, from);
}

void aq_json_facet(struct aq_buf *out, const struct aq_facet *f)
{
    size_t from = begin(out, "facet");
    aq_json_facet_members(out, f);
    finish(out, from);
}

void aq_json_end(struct aq_buf *out, const struct aq_result *result, struct aq_slice query_id)
{
    size_t from = begin(out, "end");
    if (query_id.ptr)
        aq_json_string(aq_json_key(out, "query_id"), query_id);
    aq_json_integer(aq_json_key(out, "hits"), result->hit_count);
    aq_json_result_members(out, result);
    finish(out, from);
}

void aq_json_comment(struct aq_buf *out, const struct aq_comment_view *c, const char *relation, unsigned level)
{
    size_t from = begin(out, "comment");
    aq_json_integer(aq_json_key(out, "version"), AQ_JSON_VERSION);
    aq_json_str(aq_json_key(out, "relation"), relation);
    aq_json_integer(aq_json_key(out, "level"), level);
    aq_json_comment_members(out, c, AQ_JSON_BYTES);
    finish(out, from);
}

void aq_json_suggestion(struct aq_buf *out, const struct aq_suggestion *s)
{
    size_t from = begin(out, "suggestion");
    aq_json_integer(aq_json_key(out, "version"), AQ_JSON_VERSION);
    aq_json_suggestion_members(out, s);
    finish(out, from);
}

void aq_json_word(struct aq_buf *out, const struct aq_word *w)
{
    size_t from = begin(out, "word");
    aq_json_integer(aq_json_key(out, "version"), AQ_JSON_VERSION);
    aq_json_string(aq_json_key(out, "word"), w->form);
    aq_json_string(aq_json_key(out, "stem"), w->term);
    aq_json_count(aq_json_key(out, "count"), w->count);
    aq_json_count(aq_json_key(out, "passages"), w->passages);
    finish(out, from);
}

void aq_json_concept(struct aq_buf *out, const struct aq_concept *c)
{
    size_t from = begin(out, "concept");
    aq_json_integer(aq_json_key(out, "version"), AQ_JSON_VERSION);
    aq_json_concept_members(out, c, AQ_JSON_BYTES);
    finish(out, from);
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
    size_t from = begin(out, "stats");
    aq_json_integer(aq_json_key(out, "version"), AQ_JSON_VERSION);
    aq_json_string(aq_json_key(out, "directory"), aq_slice_str(dir));
    for (size_t i = 0; i < AQ_COUNT(counts); i++)
        aq_json_count(aq_json_key(out, counts[i].key), counts[i].value);
    aq_json_date_or_null(aq_json_key(out, "first_date"), s->first_date);
    aq_json_date_or_null(aq_json_key(out, "last_date"), s->last_date);
    aq_json_string(aq_json_key(out, "language"), aq_slice(s->language, strnlen(s->language, sizeof s->language)));
    aq_json_string(aq_json_key(out, "analyzer"), aq_slice(s->analyzer, strnlen(s->analyzer, sizeof s->analyzer)));
    finish(out, from);
}

void aq_json_checked(struct aq_buf *out, const char *dir, const struct aq_index_stats *s)
{
    size_t from = begin(out, "check");
    aq_json_integer(aq_json_key(out, "version"), AQ_JSON_VERSION);
    aq_json_bool(aq_json_key(out, "ok"), true);
    aq_json_string(aq_json_key(out, "directory"), aq_slice_str(dir));
    aq_json_count(aq_json_key(out, "comments"), s->comments);
    aq_json_count(aq_json_key(out, "passages"), s->passages);
    aq_json_count(aq_json_key(out, "segments"), s->segments);
    aq_json_count(aq_json_key(out, "pending_comments"), s->pending_comments);
    aq_json_count(aq_json_key(out, "commit"), s->commit);
    finish(out, from);
}

void aq_json_error(struct aq_buf *out, const struct aq_error *err, const struct aq_range *place)
{
    size_t from = begin(out, "error");
    aq_json_str(aq_json_key(out, "status"), aq_status_name(err->status));
    aq_json_string(aq_json_key(out, "message"), aq_slice_str(err->message));
    if (place)
        aq_json_range(aq_json_key(out, "place"), (struct aq_slice){0}, *place, AQ_JSON_BYTES);
    else
        aq_json_raw(aq_json_key(out, "place"), "null");
    finish(out, from);
}
