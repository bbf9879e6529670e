/* records.c - see records.h. */
#include "records.h"

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

static void put_node(struct aq_buf *out, const struct aq_explain_node *n)
{
    const char occur[] = {n->occur, 0};
    aq_json_raw(out, "{");
    aq_json_str(aq_json_key(out, "kind"), n->kind);
    aq_json_string(aq_json_key(out, "typed"), n->typed);
    aq_json_integer(aq_json_key(out, "depth"), n->depth);
    aq_json_string_or_null(aq_json_key(out, "occur"), aq_slice_str(occur));
    aq_json_bool(aq_json_key(out, "passed_over"), n->passed_over);
    aq_json_real_or_null(aq_json_key(out, "boost"), n->boost);
    aq_json_raw(aq_json_key(out, "words"), "[");
    for (uint32_t i = 0; i < n->word_count; i++) {
        aq_json_raw(out, "{");
        aq_json_string(aq_json_key(out, "word"), n->words[i].word);
        aq_json_count(aq_json_key(out, "count"), n->words[i].count);
        aq_buf_u8(out, '}');
    }
    aq_buf_puts(out, "]}");
}

void aq_json_query(struct aq_buf *out, const struct aq_result *result)
{
    const struct aq_explanation *x = &result->explanation;
    size_t from = begin(out, "query");
    aq_json_raw(aq_json_key(out, "nodes"), "[");
    for (uint32_t i = 0; i < x->node_count; i++)
        put_node(out, &x->nodes[i]);
    aq_buf_u8(out, ']');
    aq_json_real_or_null(aq_json_key(out, "k1"), x->k1);
    aq_json_real_or_null(aq_json_key(out, "b"), x->b);
    aq_json_real_or_null(aq_json_key(out, "average_length"), x->average_length);
    aq_json_count(aq_json_key(out, "passages"), x->passages);
    finish(out, from);
}

static void put_shares_or_null(struct aq_buf *out, const struct aq_hit *hit)
{
    if (!hit->shares) {
        aq_json_raw(out, "null");
        return;
    }
    aq_json_raw(out, "{");
    aq_json_bool(aq_json_key(out, "whole"), hit->whole);
    aq_json_real_or_null(aq_json_key(out, "length"), hit->length);
    aq_json_real_or_null(aq_json_key(out, "average_length"), hit->average_length);
    aq_json_raw(aq_json_key(out, "shares"), "[");
    for (uint32_t i = 0; i < hit->share_count; i++) {
        const struct aq_share *s = &hit->shares[i];
        aq_json_raw(out, "{");
        aq_json_str(aq_json_key(out, "kind"), s->kind);
        aq_json_string_or_null(aq_json_key(out, "typed"), s->typed);
        aq_json_string_or_null(aq_json_key(out, "term"), s->term);
        aq_json_real_or_null(aq_json_key(out, "tf"), s->tf);
        aq_json_count(aq_json_key(out, "passages"), s->passages);
        aq_json_real_or_null(aq_json_key(out, "idf"), s->idf);
        aq_json_real_or_null(aq_json_key(out, "boost"), s->boost);
        aq_json_real_or_null(aq_json_key(out, "share"), s->share);
        aq_buf_u8(out, '}');
    }
    aq_buf_puts(out, "]}");
}

static void put_snippets(struct aq_buf *out, const struct aq_hit *hit)
{
    aq_json_raw(out, "[");
    for (uint32_t i = 0; i < hit->snippet_count; i++) {
        const struct aq_snippet *s = &hit->snippets[i];
        aq_json_raw(out, "{");
        aq_json_integer(aq_json_key(out, "ordinal"), s->ordinal);
        aq_json_integer(aq_json_key(out, "quote"), s->quote_depth);
        aq_json_string(aq_json_key(out, "text"), s->text);
        aq_json_ranges(aq_json_key(out, "ranges"), s->ranges, s->range_count);
        aq_json_bool(aq_json_key(out, "goes_before"), s->goes_before);
        aq_json_bool(aq_json_key(out, "goes_on"), s->goes_on);
        aq_buf_u8(out, '}');
    }
    aq_buf_u8(out, ']');
}

void aq_json_hit(struct aq_buf *out, const struct aq_hit *hit)
{
    size_t from = begin(out, "hit");
    aq_json_string(aq_json_key(out, "id"), hit->id);
    aq_json_integer(aq_json_key(out, "ordinal"), hit->ordinal);
    aq_json_real_or_null(aq_json_key(out, "score"), hit->score);
    aq_json_string_or_null(aq_json_key(out, "author"), hit->author);
    aq_json_date_or_null(aq_json_key(out, "date"), hit->date);
    aq_json_string_or_null(aq_json_key(out, "title"), hit->title);
    aq_json_string_or_null(aq_json_key(out, "thread"), hit->thread);
    aq_json_string_or_null(aq_json_key(out, "url"), hit->url);
    aq_json_string(aq_json_key(out, "passage"), hit->passage);
    aq_json_ranges(aq_json_key(out, "ranges"), hit->ranges, hit->range_count);
    aq_json_range(aq_json_key(out, "snippet"), hit->snippet);
    aq_json_ranges(aq_json_key(out, "title_ranges"), hit->title_ranges, hit->title_range_count);
    aq_json_bool(aq_json_key(out, "all_words"), hit->all_words);
    aq_json_bool(aq_json_key(out, "by_concepts"), hit->by_concepts);
    aq_json_integer(aq_json_key(out, "quote"), hit->quote_depth);
    aq_json_integer(aq_json_key(out, "more"), hit->more);
    aq_json_bool(aq_json_key(out, "more_at_least"), hit->more_at_least);
    aq_json_points_or_null(aq_json_key(out, "points"), hit->points);
    aq_json_string_or_null(aq_json_key(out, "parent"), hit->parent);
    aq_json_string_or_null(aq_json_key(out, "source"), hit->source);
    aq_json_strings(aq_json_key(out, "tags"), hit->tags, hit->tag_count);
    put_shares_or_null(aq_json_key(out, "explain"), hit);
    put_snippets(aq_json_key(out, "snippets"), hit);
    aq_json_integer(aq_json_key(out, "quoted_by"), hit->quoted_by);
    finish(out, from);
}

void aq_json_facet(struct aq_buf *out, const struct aq_facet *f)
{
    size_t from = begin(out, "facet");
    aq_json_str(aq_json_key(out, "by"), aq_facet_names[f->kind]);
    aq_json_integer(aq_json_key(out, "comments"), f->comments);
    aq_json_integer(aq_json_key(out, "without"), f->without);
    aq_json_integer(aq_json_key(out, "distinct"), f->distinct);
    aq_json_raw(aq_json_key(out, "values"), "[");
    for (uint32_t i = 0; i < f->value_count; i++) {
        const struct aq_facet_value *v = &f->values[i];
        aq_json_raw(out, "{");
        aq_json_string(aq_json_key(out, "value"), v->name);
        aq_json_string_or_null(aq_json_key(out, "title"), v->title);
        aq_json_integer(aq_json_key(out, "comments"), v->comments);
        aq_buf_u8(out, '}');
    }
    aq_buf_u8(out, ']');
    finish(out, from);
}

static void put_added_words(struct aq_buf *out, const struct aq_added_word *words, uint32_t count)
{
    aq_json_raw(out, "[");
    for (uint32_t i = 0; i < count; i++) {
        aq_json_raw(out, "{");
        aq_json_string(aq_json_key(out, "word"), words[i].word);
        aq_json_real_or_null(aq_json_key(out, "boost"), words[i].boost);
        aq_buf_u8(out, '}');
    }
    aq_buf_u8(out, ']');
}

void aq_json_end(struct aq_buf *out, const struct aq_result *result, struct aq_slice query_id)
{
    size_t from = begin(out, "end");
    if (query_id.ptr)
        aq_json_string(aq_json_key(out, "query_id"), query_id);
    aq_json_integer(aq_json_key(out, "hits"), result->hit_count);
    aq_json_raw(aq_json_key(out, "totals"), "{");
    aq_json_count(aq_json_key(out, "groups"), result->total_groups);
    aq_json_count(aq_json_key(out, "passages"), result->total_passages);
    aq_json_bool(aq_json_key(out, "at_least"), result->total_at_least);
    aq_buf_u8(out, '}');
    aq_json_bool(aq_json_key(out, "partial"), result->partial != AQ_PARTIAL_NONE);
    struct aq_slice reasons[3];
    size_t reason_count = 0;
    if (result->partial & AQ_PARTIAL_TERMS)
        reasons[reason_count++] = aq_slice_str("terms");
    if (result->partial & AQ_PARTIAL_PATTERNS)
        reasons[reason_count++] = aq_slice_str("patterns");
    if (result->partial & AQ_PARTIAL_WORK)
        reasons[reason_count++] = aq_slice_str("work");
    aq_json_strings(aq_json_key(out, "partial_reasons"), reasons, reason_count);
    aq_json_strings(aq_json_key(out, "ignored"), result->ignored, result->ignored_count);
    aq_json_string_or_null(aq_json_key(out, "suggestion"), result->suggestion);
    aq_json_integer(aq_json_key(out, "snapshot"), result->snapshot);
    aq_json_count(aq_json_key(out, "commit"), result->commit);
    aq_json_count(aq_json_key(out, "micros"), result->micros);
    aq_json_strings(aq_json_key(out, "synonyms"), result->synonyms, result->synonym_count);
    put_added_words(aq_json_key(out, "concepts"), result->concepts, result->concept_count);
    finish(out, from);
}

static void put_passages(struct aq_buf *out, const struct aq_comment_view *c)
{
    aq_json_raw(out, "[");
    for (uint32_t i = 0; i < c->passage_count; i++) {
        const struct aq_passage_view *p = &c->passages[i];
        aq_json_raw(out, "{");
        aq_json_range(aq_json_key(out, "range"), p->range);
        aq_json_integer(aq_json_key(out, "quote"), p->quote_depth);
        aq_json_bool(aq_json_key(out, "code"), p->code);
        aq_json_bool(aq_json_key(out, "heading"), p->heading);
        aq_json_string_or_null(aq_json_key(out, "source"), p->source_id);
        aq_json_string_or_null(aq_json_key(out, "source_author"), p->source_author);
        aq_json_integer(aq_json_key(out, "coverage"), p->coverage);
        aq_buf_u8(out, '}');
    }
    aq_buf_u8(out, ']');
}

void aq_json_comment(struct aq_buf *out, const struct aq_comment_view *c, const char *relation,
                     unsigned level)
{
    static const char *const formats[] = {"text", "markdown", "html"};
    size_t from = begin(out, "comment");
    aq_json_integer(aq_json_key(out, "version"), AQ_JSON_VERSION);
    aq_json_str(aq_json_key(out, "relation"), relation);
    aq_json_integer(aq_json_key(out, "level"), level);
    aq_json_string(aq_json_key(out, "id"), c->id);
    aq_json_string_or_null(aq_json_key(out, "author"), c->author);
    aq_json_date_or_null(aq_json_key(out, "date"), c->date);
    aq_json_points_or_null(aq_json_key(out, "points"), c->points);
    aq_json_string_or_null(aq_json_key(out, "title"), c->title);
    aq_json_string_or_null(aq_json_key(out, "thread"), c->thread);
    aq_json_string_or_null(aq_json_key(out, "thread_title"), c->thread_title);
    aq_json_string_or_null(aq_json_key(out, "parent"), c->parent);
    aq_json_string_or_null(aq_json_key(out, "url"), c->url);
    aq_json_string_or_null(aq_json_key(out, "source"), c->source);
    aq_json_strings(aq_json_key(out, "tags"), c->tags, c->tag_count);
    const char *format = (size_t)c->format < AQ_COUNT(formats) ? formats[c->format] : "";
    aq_json_string_or_null(aq_json_key(out, "format"), aq_slice_str(format));
    aq_json_string(aq_json_key(out, "text"), c->text);
    put_passages(aq_json_key(out, "passages"), c);
    aq_json_integer(aq_json_key(out, "replies"), c->reply_count);
    aq_json_integer(aq_json_key(out, "quoted_by"), c->quoted_by_count);
    finish(out, from);
}

void aq_json_suggestion(struct aq_buf *out, const struct aq_suggestion *s)
{
    size_t from = begin(out, "suggestion");
    aq_json_integer(aq_json_key(out, "version"), AQ_JSON_VERSION);
    aq_json_str(aq_json_key(out, "kind"), s->kind == AQ_SUGGEST_TITLES    ? "title"
                              : s->kind == AQ_SUGGEST_AUTHORS ? "author"
                                                              : "word");
    aq_json_string(aq_json_key(out, "text"), s->text);
    aq_json_string_or_null(aq_json_key(out, "thread"), s->thread);
    if (s->kind == AQ_SUGGEST_AUTHORS)
        aq_json_raw(aq_json_key(out, "count"), "null");
    else
        aq_json_count(aq_json_key(out, "count"), s->count);
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
    aq_json_string(aq_json_key(out, "concept"), c->text);
    aq_json_integer(aq_json_key(out, "words"), c->words);
    aq_json_real_or_null(aq_json_key(out, "strength"), c->strength);
    aq_json_count(aq_json_key(out, "passages"), c->passages);
    aq_json_integer(aq_json_key(out, "together"), c->together);
    aq_json_raw(aq_json_key(out, "example"), "{");
    aq_json_string(aq_json_key(out, "id"), c->id);
    aq_json_integer(aq_json_key(out, "passage"), c->ordinal);
    aq_json_string(aq_json_key(out, "text"), c->example);
    aq_json_range(aq_json_key(out, "range"), c->range);
    aq_buf_u8(out, '}');
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
        aq_json_range(aq_json_key(out, "place"), *place);
    else
        aq_json_raw(aq_json_key(out, "place"), "null");
    finish(out, from);
}
