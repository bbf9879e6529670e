/* members.c - see members.h. */
#include "members.h"

#include "names.h"
#include "value.h"

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

void aq_json_explanation_members(struct aq_buf *out, const struct aq_explanation *x)
{
    aq_json_raw(aq_json_key(out, "nodes"), "[");
    for (uint32_t i = 0; i < x->node_count; i++)
        put_node(out, &x->nodes[i]);
    aq_buf_u8(out, ']');
    aq_json_real_or_null(aq_json_key(out, "k1"), x->k1);
    aq_json_real_or_null(aq_json_key(out, "b"), x->b);
    aq_json_real_or_null(aq_json_key(out, "average_length"), x->average_length);
    aq_json_count(aq_json_key(out, "passages"), x->passages);
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

static void put_snippet(struct aq_buf *out, const struct aq_snippet *s, enum aq_json_unit unit)
{
    aq_json_raw(out, "{");
    aq_json_integer(aq_json_key(out, "ordinal"), s->ordinal);
    aq_json_integer(aq_json_key(out, "quote"), s->quote_depth);
    aq_json_string(aq_json_key(out, "text"), s->text);
    aq_json_ranges(aq_json_key(out, "ranges"), s->text, s->ranges, s->range_count, unit);
    aq_json_bool(aq_json_key(out, "goes_before"), s->goes_before);
    aq_json_bool(aq_json_key(out, "goes_on"), s->goes_on);
    aq_buf_u8(out, '}');
}

static void put_snippets(struct aq_buf *out, const struct aq_hit *hit, enum aq_json_unit unit)
{
    aq_json_raw(out, "[");
    for (uint32_t i = 0; i < hit->snippet_count; i++)
        put_snippet(out, &hit->snippets[i], unit);
    aq_buf_u8(out, ']');
}

static void put_further(struct aq_buf *out, const struct aq_hit *hit, enum aq_json_unit unit)
{
    aq_json_raw(out, "[");
    for (uint32_t i = 0; i < hit->further_count; i++) {
        const struct aq_further *f = &hit->further[i];
        aq_json_raw(out, "{");
        aq_json_string(aq_json_key(out, "id"), f->id);
        aq_json_real_or_null(aq_json_key(out, "score"), f->score);
        aq_json_string_or_null(aq_json_key(out, "author"), f->author);
        aq_json_date_or_null(aq_json_key(out, "date"), f->date);
        aq_json_points_or_null(aq_json_key(out, "points"), f->points);
        aq_json_string_or_null(aq_json_key(out, "url"), f->url);
        aq_json_bool(aq_json_key(out, "all_words"), f->all_words);
        aq_json_key(out, "snippet");
        if (f->snippet.text.len)
            put_snippet(out, &f->snippet, unit);
        else
            aq_json_raw(out, "null");
        aq_buf_u8(out, '}');
    }
    aq_buf_u8(out, ']');
}

void aq_json_hit_members(struct aq_buf *out, const struct aq_hit *hit, enum aq_json_unit unit)
{
    aq_json_string(aq_json_key(out, "id"), hit->id);
    aq_json_integer(aq_json_key(out, "ordinal"), hit->ordinal);
    aq_json_real_or_null(aq_json_key(out, "score"), hit->score);
    aq_json_string_or_null(aq_json_key(out, "author"), hit->author);
    aq_json_date_or_null(aq_json_key(out, "date"), hit->date);
    aq_json_string_or_null(aq_json_key(out, "title"), hit->title);
    aq_json_string_or_null(aq_json_key(out, "thread"), hit->thread);
    aq_json_string_or_null(aq_json_key(out, "url"), hit->url);
    aq_json_string(aq_json_key(out, "passage"), hit->passage);
    aq_json_ranges(aq_json_key(out, "ranges"), hit->passage, hit->ranges, hit->range_count, unit);
    aq_json_range(aq_json_key(out, "snippet"), hit->passage, hit->snippet, unit);
    aq_json_ranges(aq_json_key(out, "title_ranges"), hit->title, hit->title_ranges, hit->title_range_count, unit);
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
    put_snippets(aq_json_key(out, "snippets"), hit, unit);
    aq_json_integer(aq_json_key(out, "quoted_by"), hit->quoted_by);
    put_further(aq_json_key(out, "further"), hit, unit);
    aq_json_integer(aq_json_key(out, "further_comments"), hit->further_comments);
}

void aq_json_facet_members(struct aq_buf *out, const struct aq_facet *f)
{
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

void aq_json_result_members(struct aq_buf *out, const struct aq_result *result)
{
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
}

static void put_passages(struct aq_buf *out, const struct aq_comment_view *c, enum aq_json_unit unit)
{
    struct aq_json_place place = {.text = c->text, .unit = unit};
    aq_json_raw(out, "[");
    for (uint32_t i = 0; i < c->passage_count; i++) {
        const struct aq_passage_view *p = &c->passages[i];
        aq_json_raw(out, "{");
        aq_json_range_at(aq_json_key(out, "range"), &place, p->range);
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

void aq_json_comment_members(struct aq_buf *out, const struct aq_comment_view *c, enum aq_json_unit unit)
{
    static const char *const formats[] = {"text", "markdown", "html"};
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
    put_passages(aq_json_key(out, "passages"), c, unit);
    aq_json_integer(aq_json_key(out, "replies"), c->reply_count);
    aq_json_integer(aq_json_key(out, "quoted_by"), c->quoted_by_count);
    aq_json_string_or_null(aq_json_key(out, "guessed_parent"), c->guessed_parent);
}

void aq_json_suggestion_members(struct aq_buf *out, const struct aq_suggestion *s)
{
    aq_json_str(aq_json_key(out, "kind"), s->kind == AQ_SUGGEST_TITLES    ? "title"
                              : s->kind == AQ_SUGGEST_AUTHORS ? "author"
                                                              : "word");
    aq_json_string(aq_json_key(out, "text"), s->text);
    aq_json_string_or_null(aq_json_key(out, "thread"), s->thread);
    if (s->kind == AQ_SUGGEST_AUTHORS)
        aq_json_raw(aq_json_key(out, "count"), "null");
    else
        aq_json_count(aq_json_key(out, "count"), s->count);
}

void aq_json_concept_members(struct aq_buf *out, const struct aq_concept *c, enum aq_json_unit unit)
{
    aq_json_string(aq_json_key(out, "concept"), c->text);
    aq_json_integer(aq_json_key(out, "words"), c->words);
    aq_json_real_or_null(aq_json_key(out, "strength"), c->strength);
    aq_json_count(aq_json_key(out, "passages"), c->passages);
    aq_json_integer(aq_json_key(out, "together"), c->together);
    aq_json_raw(aq_json_key(out, "example"), "{");
    aq_json_string(aq_json_key(out, "id"), c->id);
    aq_json_integer(aq_json_key(out, "passage"), c->ordinal);
    aq_json_string(aq_json_key(out, "text"), c->example);
    aq_json_range(aq_json_key(out, "range"), c->example, c->range, unit);
    aq_buf_u8(out, '}');
}
