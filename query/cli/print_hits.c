/* print_hits.c - print_text.h's hits and the totals below them. */
#include "print_text.h"
#include "text_parts.h"

#include <stdio.h>

static const char indent[] = "  ";

static void write_title(struct aq_output *out, const struct aq_hit *hit)
{
    struct aq_styled line = {0};
    struct aq_slice name = aq_display_title(hit->title, hit->thread, hit->id);
    struct aq_range whole = {0, (uint32_t)name.len};
    aq_styled_marked(&line, name, whole, hit->title_ranges, hit->title.len ? hit->title_range_count : 0,
                     AQ_STYLE_STRONG);
    if (hit->parent.len)
        aq_styled_str(&line, " [reply]", AQ_STYLE_FAINT);
    aq_styled_write(&line, &out->buf, &out->terminal, "");
    aq_styled_free(&line);
}

/* An ellipsis must not look like a fourth dot. */
static bool ends_with_stop(const struct aq_buf *text)
{
    return text->len && strchr(".!?:;", text->ptr[text->len - 1]) && text->ptr[text->len - 1];
}

static void trim_spaces(struct aq_styled *text)
{
    while (text->text.len && text->text.ptr[text->text.len - 1] == ' ') {
        text->text.len--;
        text->styles.len--;
    }
}

static void add_part(struct aq_styled *text, struct aq_slice of, struct aq_range part, const struct aq_range *ranges,
                     uint32_t range_count)
{
    aq_styled_marked(text, of, part, ranges, range_count, AQ_STYLE_PLAIN);
    trim_spaces(text);
}

/* The passage or its window. */
static void write_snippet(struct aq_output *out, const struct aq_hit *hit)
{
    struct aq_styled text = {0};
    struct aq_range part = hit->snippet;
    if (part.end > hit->passage.len || part.begin >= part.end)
        part = (struct aq_range){0, (uint32_t)hit->passage.len};
    if (part.begin > 0)
        aq_styled_str(&text, "…", AQ_STYLE_FAINT);
    add_part(&text, hit->passage, part, hit->ranges, hit->range_count);
    if (part.end < hit->passage.len)
        aq_styled_str(&text, ends_with_stop(&text.text) ? " …" : "…", AQ_STYLE_FAINT);
    aq_quoted_write(out, &text, indent, hit->quote_depth);
    aq_styled_free(&text);
}

/* Several are one paragraph as long as they are as deep a quote. */
static void write_parts(struct aq_output *out, const struct aq_snippet *all, uint32_t count, const char *margin)
{
    for (uint32_t i = 0; i < count;) {
        struct aq_styled text = {0};
        uint32_t first = i;
        if (all[i].goes_before)
            aq_styled_str(&text, "…", AQ_STYLE_FAINT);
        for (; i < count && all[i].quote_depth == all[first].quote_depth; i++) {
            if (i > first)
                aq_styled_str(&text, " … ", AQ_STYLE_FAINT);
            struct aq_range whole = {0, (uint32_t)all[i].text.len};
            add_part(&text, all[i].text, whole, all[i].ranges, all[i].range_count);
        }
        if (all[i - 1].goes_on)
            aq_styled_str(&text, ends_with_stop(&text.text) ? " …" : "…", AQ_STYLE_FAINT);
        aq_quoted_write(out, &text, margin, all[first].quote_depth);
        aq_styled_free(&text);
    }
}

/* What write_hit leaves in or out. */
enum { NOTE_WORDS = 1 /* that it lacks some word */, NOTE_MORE = 2 /* how many passages it stands for */ };

static void write_hit(struct aq_output *out, const struct aq_hit *hit, enum aq_group group, unsigned notes,
                      const struct aq_thread_view *around)
{
    bool more = (notes & NOTE_MORE) && hit->more;
    struct aq_facts facts = {0};
    write_title(out, hit);
    aq_text_above(out, around);
    aq_fact_person(&facts, hit->author, hit->date, false, hit->points);
    if (more)
        aq_fact_count(&facts, hit->more_at_least ? "at least " : "", hit->more, "more passage");
    if (more && group == AQ_GROUP_THREAD)
        aq_styled_str(&facts.line, " in the thread", AQ_STYLE_FAINT);
    if (more && group == AQ_GROUP_AUTHOR)
        aq_styled_str(&facts.line, " by this author", AQ_STYLE_FAINT);
    if (hit->quote_depth)
        aq_fact(&facts, aq_slice_str("quote"), AQ_STYLE_FAINT);
    if (hit->quoted_by) {
        char quoted[32];
        int n = snprintf(quoted, sizeof quoted, "quoted by %u", hit->quoted_by);
        aq_fact(&facts, aq_slice(quoted, (size_t)n), AQ_STYLE_FAINT);
    }
    if ((notes & NOTE_WORDS) && !hit->all_words)
        aq_fact(&facts, aq_slice_str("not all words"), AQ_STYLE_FAINT);
    aq_facts_write(&facts, out, indent);
    if (hit->snippet_count)
        write_parts(out, hit->snippets, hit->snippet_count, indent);
    else
        write_snippet(out, hit);
    aq_address_write(out, hit->id, hit->url, indent);
}

/* The next best of a hit's thread, each with a mark that it hangs from the hit. */
static void write_further(struct aq_output *out, const struct aq_hit *hit)
{
    static const char first[] = "  ↳ ", margin[] = "    ";
    for (uint32_t i = 0; i < hit->further_count; i++) {
        const struct aq_further *f = &hit->further[i];
        struct aq_facts facts = {0};
        aq_fact_person(&facts, f->author, f->date, false, f->points);
        aq_fact(&facts, f->id, AQ_STYLE_KEY);
        if (f->snippet.quote_depth)
            aq_fact(&facts, aq_slice_str("quote"), AQ_STYLE_FAINT);
        aq_styled_write_below(&facts.line, &out->buf, &out->terminal, first, margin);
        aq_styled_free(&facts.line);
        if (f->snippet.text.len)
            write_parts(out, &f->snippet, 1, margin);
    }
    if (hit->further_comments > hit->further_count) {
        struct aq_facts rest = {0};
        aq_fact_count(&rest, hit->further_count ? "and " : "", hit->further_comments - hit->further_count, "more comment");
        aq_facts_write(&rest, out, margin);
    }
}

enum { WORDS_TIERED = 4 }; /* aq_search puts passages with all words first up to here */

static unsigned count_words(struct aq_slice query)
{
    unsigned n = 0;
    bool inside = false;
    for (size_t i = 0; i < query.len; i++) {
        bool space = query.ptr[i] == ' ' || (query.ptr[i] >= '\t' && query.ptr[i] <= '\r');
        n += !space && !inside;
        inside = !space;
    }
    return n;
}

/* Index of the first of `count` hits that lacks a word when none after it has all;
 * else UINT32_MAX. */
static uint32_t first_without(const struct aq_hit *hits, uint32_t count)
{
    uint32_t i = count;
    while (i > 0 && !hits[i - 1].all_words)
        i--;
    for (uint32_t j = 0; j < i; j++)
        if (!hits[j].all_words)
            return UINT32_MAX;
    return i < count ? i : UINT32_MAX;
}

uint32_t aq_hits_leading(const struct aq_search_request *request, const struct aq_result *result)
{
    if (request->group != AQ_GROUP_COMMENT || result->total_at_least)
        return result->hit_count;
    uint64_t left = result->total_groups > request->offset ? result->total_groups - request->offset : 0;
    return left < result->hit_count ? (uint32_t)left : result->hit_count;
}

static uint32_t count_by_concepts(const struct aq_result *result)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < result->hit_count; i++)
        n += result->hits[i].by_concepts;
    return n;
}

static void write_divider(struct aq_output *out, const char *text)
{
    aq_text_heading(out, text);
    aq_buf_u8(&out->buf, '\n');
}

void aq_text_hits(struct aq_output *out, const struct aq_search_request *request,
                  const struct aq_result *result, const struct aq_around *around)
{
    uint32_t leading = aq_hits_leading(request, result);
    bool plain = request->flags & AQ_QUERY_PLAIN; /* nobody typed these words */
    bool short_query = !plain && count_words(request->query) <= WORDS_TIERED;
    bool tiered = short_query && request->sort == AQ_SORT_RELEVANCE;
    uint32_t divide = tiered ? first_without(result->hits, leading) : UINT32_MAX;
    if (request->flags & AQ_EXPLAIN)
        aq_text_query(out, result);
    for (uint32_t i = 0; i < result->hit_count; i++) {
        if (i)
            aq_buf_u8(&out->buf, '\n');
        if (i == divide)
            write_divider(out, "— not all words —");
        else if (result->hits[i].by_concepts && (i == 0 || !result->hits[i - 1].by_concepts))
            write_divider(out, "— none of these words, but what goes with them —");
        else if (!result->hits[i].by_concepts && i >= leading && (i == leading || result->hits[i - 1].by_concepts))
            write_divider(out, "— more passages of the same comments —");
        bool said = i < leading && divide != UINT32_MAX;
        unsigned notes = (short_query && !said ? NOTE_WORDS : 0u) | (i < leading ? NOTE_MORE : 0u);
        write_hit(out, &result->hits[i], request->group, notes, around ? around[i].view : NULL);
        if (request->flags & AQ_EXPLAIN)
            aq_text_shares(out, &result->hits[i], indent);
        aq_text_below(out, around ? around[i].view : NULL);
        write_further(out, &result->hits[i]);
    }
}

/* ---- totals ---- */

static void write_words(struct aq_styled *line, const char *label, const struct aq_slice *words, uint32_t count,
                        enum aq_style style)
{
    aq_styled_str(line, label, AQ_STYLE_FAINT);
    for (uint32_t i = 0; i < count; i++) {
        aq_styled_str(line, i ? ", " : " ", AQ_STYLE_FAINT);
        aq_styled_line(line, words[i], style);
    }
    aq_styled_str(line, "\n", AQ_STYLE_PLAIN);
}

static void write_concepts(struct aq_styled *line, const struct aq_result *result)
{
    aq_styled_str(line, "concepts:", AQ_STYLE_FAINT);
    for (uint32_t i = 0; i < result->concept_count; i++) {
        aq_styled_str(line, i ? ", " : " ", AQ_STYLE_FAINT);
        aq_styled_line(line, result->concepts[i].word, AQ_STYLE_FAINT);
    }
    aq_styled_str(line, "\n", AQ_STYLE_PLAIN);
}

void aq_text_totals(struct aq_buf *out, const struct aq_terminal *t, const struct aq_search_request *request,
                    const struct aq_result *result)
{
    static const char *const units[] = {[AQ_GROUP_COMMENT] = "comment",
                                        [AQ_GROUP_NONE] = "passage",
                                        [AQ_GROUP_THREAD] = "thread",
                                        [AQ_GROUP_AUTHOR] = "author"};
    uint64_t total = request->group == AQ_GROUP_NONE ? result->total_passages : result->total_groups;
    const char *unit = units[request->group];
    uint32_t by_concepts = count_by_concepts(result);
    char count[AQ_COUNT_SIZE], text[160], time[32];
    double ms = (double)result->micros / 1000;
    snprintf(time, sizeof time, "%.*f ms", ms < 10 ? 1 : 0, ms);
    aq_text_count(total, count);
    const char *least = result->total_at_least ? "at least " : "";
    const char *plural = total == 1 ? "" : "s";
    if (total == 0)
        snprintf(text, sizeof text, "no %s found, %s\n", unit, time);
    else if (request->flags & AQ_NO_HITS)
        snprintf(text, sizeof text, "%s%s %s%s, %s\n", least, count, unit, plural, time);
    else if (result->hit_count == 0)
        snprintf(text, sizeof text, "no more: %s%s %s%s, %s\n", least, count, unit, plural, time);
    else if (aq_hits_leading(request, result) + by_concepts < result->hit_count)
        snprintf(text, sizeof text, "%u passage%s of %s %s%s, %s\n", result->hit_count,
                 result->hit_count == 1 ? "" : "s", count, unit, plural, time);
    else if (request->offset)
        snprintf(text, sizeof text, "%u to %llu of %s%s %s%s, %s\n", request->offset + 1,
                 (unsigned long long)request->offset + result->hit_count, least, count, unit, plural, time);
    else if (result->hit_count < total)
        snprintf(text, sizeof text, "%u of %s%s %s%s, %s\n", result->hit_count, least, count, unit, plural,
                 time);
    else
        snprintf(text, sizeof text, "%s%s %s%s, %s\n", least, count, unit, plural, time);
    struct aq_styled line = {0};
    if (result->hit_count || result->facet_count)
        aq_buf_u8(out, '\n');
    aq_styled_str(&line, text, AQ_STYLE_FAINT);
    if (result->ignored_count)
        write_words(&line, "no comment has:", result->ignored, result->ignored_count, AQ_STYLE_PLAIN);
    if (result->synonym_count)
        write_words(&line, "also:", result->synonyms, result->synonym_count, AQ_STYLE_FAINT);
    if (by_concepts) {
        snprintf(text, sizeof text, "and %u with none of these words\n", by_concepts);
        aq_styled_str(&line, text, AQ_STYLE_FAINT);
    }
    if (result->concept_count)
        write_concepts(&line, result);
    if (result->suggestion.len)
        write_words(&line, "did you mean:", &result->suggestion, 1, AQ_STYLE_PLAIN);
    if (result->partial & AQ_PARTIAL_TERMS)
        aq_styled_str(&line, "only the first 32 words were searched for\n", AQ_STYLE_FAINT);
    if (result->partial & AQ_PARTIAL_PATTERNS)
        aq_styled_str(&line, "of many words that match a pattern only the commonest were searched for\n", AQ_STYLE_FAINT);
    if (result->partial & AQ_PARTIAL_WORK)
        aq_styled_str(&line, "not all comments were looked at: the query is too much work\n", AQ_STYLE_FAINT);
    aq_styled_write(&line, out, t, "");
    aq_styled_free(&line);
}
