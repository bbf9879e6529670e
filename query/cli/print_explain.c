/* print_explain.c - print_text.h's explanations: the query as a tree, and below each hit
 * what its score is made of. */
#include "print_text.h"
#include "text_parts.h"

#include <stdio.h>

enum { WORDS_SHOWN = 12, LABEL_COLUMNS = 28 };

/* What an inner node says of what stands below it. */
static const char *meaning(const struct aq_explain_node *n)
{
    static const struct {
        const char *kind, *meaning;
    } all[] = {{"row", "these, as their signs say"}, {"and", "all of"},  {"or", "any of"},
               {"same", "the best of (synonyms)"},    {"near", "near each other"}};
    for (size_t i = 0; i < AQ_COUNT(all); i++)
        if (strcmp(n->kind, all[i].kind) == 0)
            return all[i].meaning;
    return NULL;
}

static void pad(struct aq_styled *line, size_t used, size_t columns)
{
    do
        aq_styled_lines(line, aq_slice_str(" "), AQ_STYLE_PLAIN);
    while (++used < columns);
}

static void write_words(struct aq_styled *line, const struct aq_explain_node *n)
{
    for (uint32_t i = 0; i < n->word_count && i < WORDS_SHOWN; i++) {
        char count[AQ_COUNT_SIZE], text[AQ_COUNT_SIZE + 4];
        if (i)
            aq_styled_lines(line, aq_slice_str(", "), AQ_STYLE_FAINT);
        aq_styled_line(line, n->words[i].word, AQ_STYLE_PLAIN);
        snprintf(text, sizeof text, " (%s)", aq_text_count(n->words[i].count, count));
        aq_styled_lines(line, aq_slice_str(text), AQ_STYLE_FAINT);
    }
    if (n->word_count > WORDS_SHOWN) {
        char text[40];
        snprintf(text, sizeof text, " and %u more", n->word_count - WORDS_SHOWN);
        aq_styled_lines(line, aq_slice_str(text), AQ_STYLE_FAINT);
    }
}

static void write_node(struct aq_output *out, const struct aq_explain_node *n)
{
    struct aq_styled line = {0};
    char margin[2 * 64 + 3], occur[] = {n->occur ? n->occur : ' ', ' ', 0};
    size_t depth = n->depth < 64 ? n->depth : 64;
    memset(margin, ' ', 2 * depth + 2);
    margin[2 * depth + 2] = 0;
    const char *inner = meaning(n);
    bool words_below = inner && strcmp(n->kind, "near") != 0;
    bool signed_itself = n->typed.len && n->typed.ptr[0] == (uint8_t)n->occur;
    if (n->depth && (words_below || !signed_itself))
        aq_styled_lines(&line, aq_slice_str(occur), AQ_STYLE_STRONG);
    if (words_below)
        aq_styled_str(&line, inner, AQ_STYLE_FAINT);
    else
        aq_styled_line(&line, n->typed, AQ_STYLE_MATCH);
    if (!words_below) {
        size_t used = aq_text_width(n->typed) + 2 * depth - (n->depth && signed_itself ? 2 : 0);
        pad(&line, used, LABEL_COLUMNS);
        aq_styled_lines(&line, aq_slice_str(inner ? inner : n->kind), AQ_STYLE_FAINT);
        if (n->passed_over)
            aq_styled_lines(&line, aq_slice_str(": occurs nowhere, passed over"), AQ_STYLE_FAINT);
        else if (n->word_count)
            aq_styled_lines(&line, aq_slice_str(": "), AQ_STYLE_FAINT);
        if (!n->passed_over)
            write_words(&line, n);
    }
    if (n->boost < 1 || n->boost > 1) {
        char text[32];
        snprintf(text, sizeof text, " ×%g", n->boost);
        aq_styled_lines(&line, aq_slice_str(text), AQ_STYLE_STRONG);
    }
    aq_styled_write(&line, &out->buf, &out->terminal, margin);
    aq_styled_free(&line);
}

void aq_text_query(struct aq_output *out, const struct aq_result *result)
{
    const struct aq_explanation *x = &result->explanation;
    aq_text_heading(out, "the query, and how often the index has its words");
    for (uint32_t i = 0; i < x->node_count; i++)
        write_node(out, &x->nodes[i]);
    aq_buf_u8(&out->buf, '\n');
}

void aq_text_shares(struct aq_output *out, const struct aq_hit *hit, const char *margin)
{
    struct aq_styled lines = {0};
    char text[160];
    snprintf(text, sizeof text, "score %.4f, %.*f words in the %s, %.1f on average\n", hit->score,
             hit->whole ? 1 : 0, hit->length, hit->whole ? "comment" : "passage", hit->average_length);
    aq_styled_lines(&lines, aq_slice_str(text), AQ_STYLE_FAINT);
    for (uint32_t i = 0; i < hit->share_count; i++) {
        const struct aq_share *s = &hit->shares[i];
        snprintf(text, sizeof text, "%9.4f  ", s->share);
        aq_styled_lines(&lines, aq_slice_str(text), AQ_STYLE_PLAIN);
        if (s->term.len == 0) {
            aq_styled_str(&lines, s->kind, AQ_STYLE_PLAIN);
            aq_styled_lines(&lines, aq_slice_str(" (preferred)\n"), AQ_STYLE_FAINT);
            continue;
        }
        aq_styled_line(&lines, s->term, AQ_STYLE_MATCH);
        pad(&lines, aq_text_width(s->term), 20);
        snprintf(text, sizeof text, "%g× here, idf %.3f", s->tf, s->idf);
        aq_styled_lines(&lines, aq_slice_str(text), AQ_STYLE_FAINT);
        if (s->boost < 1 || s->boost > 1) {
            snprintf(text, sizeof text, ", ×%g", s->boost);
            aq_styled_lines(&lines, aq_slice_str(text), AQ_STYLE_FAINT);
        }
        aq_styled_lines(&lines, aq_slice_str("\n"), AQ_STYLE_PLAIN);
    }
    aq_styled_write(&lines, &out->buf, &out->terminal, margin);
    aq_styled_free(&lines);
}
