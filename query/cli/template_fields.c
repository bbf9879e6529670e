/* template_fields.c - template.h's fields of hits and comments: what --json calls so, in the
 * same form where that is a string or a number. */
#include "brief.h"
#include "date.h"
#include "template.h"

static void put_slice(struct aq_buf *out, struct aq_slice s)
{
    aq_buf_put(out, s.ptr, s.len);
}

static void put_date(struct aq_buf *out, int64_t date)
{
    char text[AQ_DATE_SIZE];
    aq_buf_puts(out, aq_date_full(date, text));
}

static void put_points(struct aq_buf *out, int32_t points)
{
    if (points != AQ_NO_SCORE)
        aq_buf_printf(out, "%d", points);
}

static void put_tags(struct aq_buf *out, const struct aq_slice *tags, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        aq_buf_puts(out, i ? "," : "");
        put_slice(out, tags[i]);
    }
}

/* Their ids. */
static void put_further(struct aq_buf *out, const struct aq_hit *h)
{
    for (uint32_t i = 0; i < h->further_count; i++) {
        aq_buf_puts(out, i ? "," : "");
        put_slice(out, h->further[i].id);
    }
}

static struct aq_slice part_of(struct aq_slice text, struct aq_range r)
{
    return r.begin < r.end && r.end <= text.len ? aq_slice(text.ptr + r.begin, r.end - r.begin) : text;
}

/* ---- hits ---- */

#define HIT(name, statement)                                        \
    static void hit_##name(struct aq_buf *out, const void *record) \
    {                                                               \
        const struct aq_hit_record *r = record;                     \
        const struct aq_hit *h = r->hit;                            \
        statement;                                                  \
    }

HIT(rank, (void)h; aq_buf_printf(out, "%u", r->rank))
HIT(id, put_slice(out, h->id))
HIT(ordinal, aq_buf_printf(out, "%u", h->ordinal))
HIT(score, aq_buf_printf(out, "%.6g", h->score))
HIT(author, put_slice(out, h->author))
HIT(date, put_date(out, h->date))
HIT(title, put_slice(out, h->title))
HIT(thread, put_slice(out, h->thread))
HIT(url, put_slice(out, h->url))
HIT(passage, put_slice(out, h->passage))
HIT(snippet, put_slice(out, part_of(h->passage, h->snippet)))
HIT(quote, aq_buf_printf(out, "%u", h->quote_depth))
HIT(more, aq_buf_printf(out, "%u", h->more))
HIT(points, put_points(out, h->points))
HIT(parent, put_slice(out, h->parent))
HIT(source, put_slice(out, h->source))
HIT(tags, put_tags(out, h->tags, h->tag_count))
HIT(further, put_further(out, h))
HIT(further_comments, aq_buf_printf(out, "%u", h->further_comments))

enum aq_status aq_template_of_hits(const char *text, struct aq_arena *arena, struct aq_template *out,
                                 struct aq_error *err)
{
    static const struct aq_template_field fields[] = {
        {"rank", hit_rank},       {"id", hit_id},           {"ordinal", hit_ordinal}, {"score", hit_score},
        {"author", hit_author},   {"date", hit_date},       {"title", hit_title},     {"thread", hit_thread},
        {"url", hit_url},         {"passage", hit_passage}, {"snippet", hit_snippet}, {"quote", hit_quote},
        {"more", hit_more},       {"points", hit_points},   {"parent", hit_parent},   {"source", hit_source},
        {"tags", hit_tags},       {"further", hit_further}, {"further_comments", hit_further_comments},
    };
    return aq_template_parse(text, fields, AQ_COUNT(fields), arena, out, err);
}

/* ---- comments ---- */

#define COMMENT(name, statement)                                        \
    static void comment_##name(struct aq_buf *out, const void *record) \
    {                                                                   \
        const struct aq_comment_record *r = record;                     \
        const struct aq_comment_view *c = r->comment;                   \
        statement;                                                      \
    }

COMMENT(relation, (void)c; aq_buf_puts(out, r->relation))
COMMENT(level, (void)c; aq_buf_printf(out, "%u", r->level))
COMMENT(id, put_slice(out, c->id))
COMMENT(author, put_slice(out, c->author))
COMMENT(date, put_date(out, c->date))
COMMENT(points, put_points(out, c->points))
COMMENT(title, put_slice(out, c->title))
COMMENT(thread, put_slice(out, c->thread))
COMMENT(thread_title, put_slice(out, c->thread_title))
COMMENT(parent, put_slice(out, c->parent))
COMMENT(url, put_slice(out, c->url))
COMMENT(source, put_slice(out, c->source))
COMMENT(tags, put_tags(out, c->tags, c->tag_count))
COMMENT(text, put_slice(out, c->text))
COMMENT(snippet, bool cut; put_slice(out, aq_comment_brief(c, AQ_BRIEF_BYTES, &cut)))
COMMENT(replies, aq_buf_printf(out, "%u", c->reply_count))

enum aq_status aq_template_of_comments(const char *text, struct aq_arena *arena, struct aq_template *out,
                                     struct aq_error *err)
{
    static const struct aq_template_field fields[] = {
        {"relation", comment_relation}, {"level", comment_level},   {"id", comment_id},
        {"author", comment_author},     {"date", comment_date},     {"points", comment_points},
        {"title", comment_title},       {"thread", comment_thread}, {"thread_title", comment_thread_title},
        {"parent", comment_parent},     {"url", comment_url},       {"source", comment_source},
        {"tags", comment_tags},         {"text", comment_text},     {"snippet", comment_snippet},
        {"replies", comment_replies},
    };
    return aq_template_parse(text, fields, AQ_COUNT(fields), arena, out, err);
}
