/* print_json.c - see print_json.h. Records are written as they go: there is no tree
 * of values, so a record costs its bytes and memory that runs out is never mistaken
 * for a value that is missing. Owns JSON's spelling; reading it is not done here. */
#include "print_json.h"

#include "cli.h"
#include "date.h"
#include "utf8.h"

#include <math.h>
#include <stdio.h>

/* ---- values ----
 * Each is appended with the comma it needs: none after what opens or names it. */

static struct aq_buf *next(struct aq_buf *out)
{
    uint8_t last = out->len ? out->ptr[out->len - 1] : '{';
    if (last != '{' && last != '[' && last != ':')
        aq_buf_u8(out, ',');
    return out;
}

static void put_raw(struct aq_buf *out, const char *json)
{
    aq_buf_puts(next(out), json);
}

/* C0 in capital digits, the others in small ones: readers may compare bytes. */
static void put_escape(struct aq_buf *out, uint32_t cp)
{
    static const char letters[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r',
                                   ['"'] = '"', ['\\'] = '\\'};
    if (cp < sizeof letters && letters[cp]) {
        aq_buf_u8(out, '\\');
        aq_buf_u8(out, (uint8_t)letters[cp]);
    } else if (cp < 0x20) {
        aq_buf_printf(out, "\\u%04X", (unsigned)cp);
    } else {
        aq_buf_printf(out, "\\u%04x", (unsigned)cp);
    }
}

/* What aq_char_shown refuses lies below U+10000: one escape each. */
static void put_string(struct aq_buf *out, struct aq_slice s)
{
    size_t written = 0;
    unsigned len;
    aq_buf_u8(next(out), '"');
    for (size_t at = 0; at < s.len; at += len) {
        uint32_t cp = aq_utf8_decode(s.ptr + at, s.ptr + s.len, &len);
        bool plain = cp != '"' && cp != '\\' && cp != '\t' && cp != '\n' && aq_char_shown(cp);
        if (plain && cp != AQ_UTF8_BAD)
            continue;
        aq_buf_put(out, s.ptr + written, at - written);
        written = at + len;
        if (cp == AQ_UTF8_BAD)
            aq_buf_puts(out, "\xef\xbf\xbd");
        else
            put_escape(out, cp);
    }
    if (written < s.len)
        aq_buf_put(out, s.ptr + written, s.len - written);
    aq_buf_u8(out, '"');
}

static void put_str(struct aq_buf *out, const char *s)
{
    put_string(out, aq_slice_str(s));
}

static void put_string_or_null(struct aq_buf *out, struct aq_slice s)
{
    if (s.len)
        put_string(out, s);
    else
        put_raw(out, "null");
}

static void put_bool(struct aq_buf *out, bool v)
{
    put_raw(out, v ? "true" : "false");
}

static void put_integer(struct aq_buf *out, int64_t n)
{
    aq_buf_printf(next(out), "%lld", (long long)n);
}

/* Up to what readers with signed numbers take. */
static void put_count(struct aq_buf *out, uint64_t n)
{
    put_integer(out, n > INT64_MAX ? INT64_MAX : (int64_t)n);
}

/* In as few digits, from 15 on, as read back as the same number; always with a point
 * or an exponent, and that without plus and leading zeros: 3.0, 1e22, 1e-7. */
static void put_real_or_null(struct aq_buf *out, double v)
{
    char text[40];
    if (!isfinite(v)) {
        put_raw(out, "null");
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, v);
        if (strtod(text, NULL) == v)
            break;
    }
    char *exponent = strchr(text, 'e');
    if (exponent)
        *exponent = 0;
    put_raw(out, text);
    if (exponent)
        aq_buf_printf(out, "e%ld", strtol(exponent + 1, NULL, 10));
    else if (!strchr(text, '.'))
        aq_buf_puts(out, ".0");
}

static void put_date_or_null(struct aq_buf *out, int64_t date)
{
    char text[AQ_DATE_SIZE];
    put_string_or_null(out, aq_slice_str(aq_date_full(date, text)));
}

static void put_points_or_null(struct aq_buf *out, int32_t points)
{
    if (points == AQ_NO_SCORE)
        put_raw(out, "null");
    else
        put_integer(out, points);
}

static void put_strings(struct aq_buf *out, const struct aq_slice *items, size_t count)
{
    put_raw(out, "[");
    for (size_t i = 0; i < count; i++)
        put_string(out, items[i]);
    aq_buf_u8(out, ']');
}

static void put_range(struct aq_buf *out, struct aq_range r)
{
    aq_buf_printf(next(out), "[%u,%u]", r.begin, r.end);
}

static void put_ranges(struct aq_buf *out, const struct aq_range *ranges, size_t count)
{
    put_raw(out, "[");
    for (size_t i = 0; i < count; i++)
        put_range(out, ranges[i]);
    aq_buf_u8(out, ']');
}

/* ---- records ---- */

/* Names the value that is put next. Returns out, so that both stand on a line. */
static struct aq_buf *key(struct aq_buf *out, const char *name)
{
    aq_buf_u8(next(out), '"');
    aq_buf_puts(out, name);
    aq_buf_puts(out, "\":");
    return out;
}

/* Where the record begins, for finish(). */
static size_t begin(struct aq_buf *out, const char *type)
{
    size_t from = out->len;
    aq_buf_u8(out, '{');
    put_str(key(out, "type"), type);
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
    put_integer(key(out, "version"), AQ_JSON_VERSION);
    if (query_id.ptr)
        put_string(key(out, "query_id"), query_id);
    put_string(key(out, "query"), request->query);
    put_integer(key(out, "limit"), request->limit);
    put_integer(key(out, "offset"), request->offset);
    put_str(key(out, "sort"), aq_sort_names[request->sort]);
    put_str(key(out, "group"), aq_group_names[request->group]);
    finish(out, from);
}

static void put_node(struct aq_buf *out, const struct aq_explain_node *n)
{
    const char occur[] = {n->occur, 0};
    put_raw(out, "{");
    put_str(key(out, "kind"), n->kind);
    put_string(key(out, "typed"), n->typed);
    put_integer(key(out, "depth"), n->depth);
    put_string_or_null(key(out, "occur"), aq_slice_str(occur));
    put_bool(key(out, "passed_over"), n->passed_over);
    put_real_or_null(key(out, "boost"), n->boost);
    put_raw(key(out, "words"), "[");
    for (uint32_t i = 0; i < n->word_count; i++) {
        put_raw(out, "{");
        put_string(key(out, "word"), n->words[i].word);
        put_count(key(out, "count"), n->words[i].count);
        aq_buf_u8(out, '}');
    }
    aq_buf_puts(out, "]}");
}

void aq_json_query(struct aq_buf *out, const struct aq_result *result)
{
    const struct aq_explanation *x = &result->explanation;
    size_t from = begin(out, "query");
    put_raw(key(out, "nodes"), "[");
    for (uint32_t i = 0; i < x->node_count; i++)
        put_node(out, &x->nodes[i]);
    aq_buf_u8(out, ']');
    put_real_or_null(key(out, "k1"), x->k1);
    put_real_or_null(key(out, "b"), x->b);
    put_real_or_null(key(out, "average_length"), x->average_length);
    put_count(key(out, "passages"), x->passages);
    finish(out, from);
}

static void put_shares_or_null(struct aq_buf *out, const struct aq_hit *hit)
{
    if (!hit->shares) {
        put_raw(out, "null");
        return;
    }
    put_raw(out, "{");
    put_bool(key(out, "whole"), hit->whole);
    put_real_or_null(key(out, "length"), hit->length);
    put_real_or_null(key(out, "average_length"), hit->average_length);
    put_raw(key(out, "shares"), "[");
    for (uint32_t i = 0; i < hit->share_count; i++) {
        const struct aq_share *s = &hit->shares[i];
        put_raw(out, "{");
        put_str(key(out, "kind"), s->kind);
        put_string_or_null(key(out, "typed"), s->typed);
        put_string_or_null(key(out, "term"), s->term);
        put_real_or_null(key(out, "tf"), s->tf);
        put_count(key(out, "passages"), s->passages);
        put_real_or_null(key(out, "idf"), s->idf);
        put_real_or_null(key(out, "boost"), s->boost);
        put_real_or_null(key(out, "share"), s->share);
        aq_buf_u8(out, '}');
    }
    aq_buf_puts(out, "]}");
}

static void put_snippets(struct aq_buf *out, const struct aq_hit *hit)
{
    put_raw(out, "[");
    for (uint32_t i = 0; i < hit->snippet_count; i++) {
        const struct aq_snippet *s = &hit->snippets[i];
        put_raw(out, "{");
        put_integer(key(out, "ordinal"), s->ordinal);
        put_integer(key(out, "quote"), s->quote_depth);
        put_string(key(out, "text"), s->text);
        put_ranges(key(out, "ranges"), s->ranges, s->range_count);
        put_bool(key(out, "goes_before"), s->goes_before);
        put_bool(key(out, "goes_on"), s->goes_on);
        aq_buf_u8(out, '}');
    }
    aq_buf_u8(out, ']');
}

void aq_json_hit(struct aq_buf *out, const struct aq_hit *hit)
{
    size_t from = begin(out, "hit");
    put_string(key(out, "id"), hit->id);
    put_integer(key(out, "ordinal"), hit->ordinal);
    put_real_or_null(key(out, "score"), hit->score);
    put_string_or_null(key(out, "author"), hit->author);
    put_date_or_null(key(out, "date"), hit->date);
    put_string_or_null(key(out, "title"), hit->title);
    put_string_or_null(key(out, "thread"), hit->thread);
    put_string_or_null(key(out, "url"), hit->url);
    put_string(key(out, "passage"), hit->passage);
    put_ranges(key(out, "ranges"), hit->ranges, hit->range_count);
    put_range(key(out, "snippet"), hit->snippet);
    put_ranges(key(out, "title_ranges"), hit->title_ranges, hit->title_range_count);
    put_bool(key(out, "all_words"), hit->all_words);
    put_bool(key(out, "by_concepts"), hit->by_concepts);
    put_integer(key(out, "quote"), hit->quote_depth);
    put_integer(key(out, "more"), hit->more);
    put_bool(key(out, "more_at_least"), hit->more_at_least);
    put_points_or_null(key(out, "points"), hit->points);
    put_string_or_null(key(out, "parent"), hit->parent);
    put_string_or_null(key(out, "source"), hit->source);
    put_strings(key(out, "tags"), hit->tags, hit->tag_count);
    put_shares_or_null(key(out, "explain"), hit);
    put_snippets(key(out, "snippets"), hit);
    put_integer(key(out, "quoted_by"), hit->quoted_by);
    finish(out, from);
}

void aq_json_facet(struct aq_buf *out, const struct aq_facet *f)
{
    size_t from = begin(out, "facet");
    put_str(key(out, "by"), aq_facet_names[f->kind]);
    put_integer(key(out, "comments"), f->comments);
    put_integer(key(out, "without"), f->without);
    put_integer(key(out, "distinct"), f->distinct);
    put_raw(key(out, "values"), "[");
    for (uint32_t i = 0; i < f->value_count; i++) {
        const struct aq_facet_value *v = &f->values[i];
        put_raw(out, "{");
        put_string(key(out, "value"), v->name);
        put_string_or_null(key(out, "title"), v->title);
        put_integer(key(out, "comments"), v->comments);
        aq_buf_u8(out, '}');
    }
    aq_buf_u8(out, ']');
    finish(out, from);
}

static void put_added_words(struct aq_buf *out, const struct aq_added_word *words, uint32_t count)
{
    put_raw(out, "[");
    for (uint32_t i = 0; i < count; i++) {
        put_raw(out, "{");
        put_string(key(out, "word"), words[i].word);
        put_real_or_null(key(out, "boost"), words[i].boost);
        aq_buf_u8(out, '}');
    }
    aq_buf_u8(out, ']');
}

void aq_json_end(struct aq_buf *out, const struct aq_result *result, struct aq_slice query_id)
{
    size_t from = begin(out, "end");
    if (query_id.ptr)
        put_string(key(out, "query_id"), query_id);
    put_integer(key(out, "hits"), result->hit_count);
    put_raw(key(out, "totals"), "{");
    put_count(key(out, "groups"), result->total_groups);
    put_count(key(out, "passages"), result->total_passages);
    put_bool(key(out, "at_least"), result->total_at_least);
    aq_buf_u8(out, '}');
    put_bool(key(out, "partial"), result->partial != AQ_PARTIAL_NONE);
    struct aq_slice reasons[3];
    size_t reason_count = 0;
    if (result->partial & AQ_PARTIAL_TERMS)
        reasons[reason_count++] = aq_slice_str("terms");
    if (result->partial & AQ_PARTIAL_PATTERNS)
        reasons[reason_count++] = aq_slice_str("patterns");
    if (result->partial & AQ_PARTIAL_WORK)
        reasons[reason_count++] = aq_slice_str("work");
    put_strings(key(out, "partial_reasons"), reasons, reason_count);
    put_strings(key(out, "ignored"), result->ignored, result->ignored_count);
    put_string_or_null(key(out, "suggestion"), result->suggestion);
    put_integer(key(out, "snapshot"), result->snapshot);
    put_count(key(out, "commit"), result->commit);
    put_count(key(out, "micros"), result->micros);
    put_strings(key(out, "synonyms"), result->synonyms, result->synonym_count);
    put_added_words(key(out, "concepts"), result->concepts, result->concept_count);
    finish(out, from);
}

static void put_passages(struct aq_buf *out, const struct aq_comment_view *c)
{
    put_raw(out, "[");
    for (uint32_t i = 0; i < c->passage_count; i++) {
        const struct aq_passage_view *p = &c->passages[i];
        put_raw(out, "{");
        put_range(key(out, "range"), p->range);
        put_integer(key(out, "quote"), p->quote_depth);
        put_bool(key(out, "code"), p->code);
        put_bool(key(out, "heading"), p->heading);
        put_string_or_null(key(out, "source"), p->source_id);
        put_string_or_null(key(out, "source_author"), p->source_author);
        put_integer(key(out, "coverage"), p->coverage);
        aq_buf_u8(out, '}');
    }
    aq_buf_u8(out, ']');
}

void aq_json_comment(struct aq_buf *out, const struct aq_comment_view *c, const char *relation,
                     unsigned level)
{
    static const char *const formats[] = {"text", "markdown", "html"};
    size_t from = begin(out, "comment");
    put_integer(key(out, "version"), AQ_JSON_VERSION);
    put_str(key(out, "relation"), relation);
    put_integer(key(out, "level"), level);
    put_string(key(out, "id"), c->id);
    put_string_or_null(key(out, "author"), c->author);
    put_date_or_null(key(out, "date"), c->date);
    put_points_or_null(key(out, "points"), c->points);
    put_string_or_null(key(out, "title"), c->title);
    put_string_or_null(key(out, "thread"), c->thread);
    put_string_or_null(key(out, "thread_title"), c->thread_title);
    put_string_or_null(key(out, "parent"), c->parent);
    put_string_or_null(key(out, "url"), c->url);
    put_string_or_null(key(out, "source"), c->source);
    put_strings(key(out, "tags"), c->tags, c->tag_count);
    const char *format = (size_t)c->format < AQ_COUNT(formats) ? formats[c->format] : "";
    put_string_or_null(key(out, "format"), aq_slice_str(format));
    put_string(key(out, "text"), c->text);
    put_passages(key(out, "passages"), c);
    put_integer(key(out, "replies"), c->reply_count);
    put_integer(key(out, "quoted_by"), c->quoted_by_count);
    finish(out, from);
}

void aq_json_suggestion(struct aq_buf *out, const struct aq_suggestion *s)
{
    size_t from = begin(out, "suggestion");
    put_integer(key(out, "version"), AQ_JSON_VERSION);
    put_str(key(out, "kind"), s->kind == AQ_SUGGEST_TITLES    ? "title"
                              : s->kind == AQ_SUGGEST_AUTHORS ? "author"
                                                              : "word");
    put_string(key(out, "text"), s->text);
    put_string_or_null(key(out, "thread"), s->thread);
    if (s->kind == AQ_SUGGEST_AUTHORS)
        put_raw(key(out, "count"), "null");
    else
        put_count(key(out, "count"), s->count);
    finish(out, from);
}

void aq_json_word(struct aq_buf *out, const struct aq_word *w)
{
    size_t from = begin(out, "word");
    put_integer(key(out, "version"), AQ_JSON_VERSION);
    put_string(key(out, "word"), w->form);
    put_string(key(out, "stem"), w->term);
    put_count(key(out, "count"), w->count);
    put_count(key(out, "passages"), w->passages);
    finish(out, from);
}

void aq_json_concept(struct aq_buf *out, const struct aq_concept *c)
{
    size_t from = begin(out, "concept");
    put_integer(key(out, "version"), AQ_JSON_VERSION);
    put_string(key(out, "concept"), c->text);
    put_integer(key(out, "words"), c->words);
    put_real_or_null(key(out, "strength"), c->strength);
    put_count(key(out, "passages"), c->passages);
    put_integer(key(out, "together"), c->together);
    put_raw(key(out, "example"), "{");
    put_string(key(out, "id"), c->id);
    put_integer(key(out, "passage"), c->ordinal);
    put_string(key(out, "text"), c->example);
    put_range(key(out, "range"), c->range);
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
    put_integer(key(out, "version"), AQ_JSON_VERSION);
    put_string(key(out, "directory"), aq_slice_str(dir));
    for (size_t i = 0; i < AQ_COUNT(counts); i++)
        put_count(key(out, counts[i].key), counts[i].value);
    put_date_or_null(key(out, "first_date"), s->first_date);
    put_date_or_null(key(out, "last_date"), s->last_date);
    put_string(key(out, "language"), aq_slice(s->language, strnlen(s->language, sizeof s->language)));
    put_string(key(out, "analyzer"), aq_slice(s->analyzer, strnlen(s->analyzer, sizeof s->analyzer)));
    finish(out, from);
}

void aq_json_checked(struct aq_buf *out, const char *dir, const struct aq_index_stats *s)
{
    size_t from = begin(out, "check");
    put_integer(key(out, "version"), AQ_JSON_VERSION);
    put_bool(key(out, "ok"), true);
    put_string(key(out, "directory"), aq_slice_str(dir));
    put_count(key(out, "comments"), s->comments);
    put_count(key(out, "passages"), s->passages);
    put_count(key(out, "segments"), s->segments);
    put_count(key(out, "pending_comments"), s->pending_comments);
    put_count(key(out, "commit"), s->commit);
    finish(out, from);
}

void aq_json_error(struct aq_buf *out, const struct aq_error *err, const struct aq_range *place)
{
    size_t from = begin(out, "error");
    put_str(key(out, "status"), aq_status_name(err->status));
    put_string(key(out, "message"), aq_slice_str(err->message));
    if (place)
        put_range(key(out, "place"), *place);
    else
        put_raw(key(out, "place"), "null");
    finish(out, from);
}
