/* page_link.c - see page_parts.h: where the page's links lead. */
#include "page_parts.h"

#include "names.h"
#include "utf8.h"

#include <stdio.h>

enum {
    FRAGMENT_WORDS = 6, /* enough to be met once in a comment, few enough to survive its markup */
    FRAGMENT_MOST = 80  /* bytes */
};

static bool is_unreserved(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '~';
}

/* Also of what a text fragment gives a meaning ("-", ","), nothing is left as it is. */
static void put_percent(struct aq_buf *out, struct aq_slice s)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.ptr[i];
        if (is_unreserved(c)) {
            aq_buf_u8(out, c);
        } else {
            aq_buf_u8(out, '%');
            aq_buf_u8(out, (uint8_t)hex[c >> 4]);
            aq_buf_u8(out, (uint8_t)hex[c & 15]);
        }
    }
}

/* ---- this page with other parameters ---- */

struct query_string {
    struct aq_buf *out;
    bool begun;
};

static void put(struct query_string *q, const char *name, const char *value)
{
    if (!value || !*value)
        return;
    aq_buf_puts(q->out, q->begun ? "&amp;" : "?");
    q->begun = true;
    aq_buf_puts(q->out, name);
    aq_buf_u8(q->out, '=');
    put_percent(q->out, aq_slice_str(value));
}

static void put_list(struct query_string *q, const char *name, const struct aq_option_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        put(q, name, list->items[i]);
}

static void put_number(struct query_string *q, const char *name, uint64_t n)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)n);
    put(q, name, n ? text : "");
}

void aq_page_href(struct aq_buf *out, const struct aq_params *p)
{
    struct query_string q = {.out = out};
    aq_buf_puts(out, " href=\"");
    put(&q, "q", p->q);
    put(&q, "read", p->read);
    put(&q, "like", p->like);
    put(&q, "whole", p->whole ? "1" : "");
    put_list(&q, "author", &p->authors);
    put_list(&q, "thread", &p->threads);
    put(&q, "after", p->after);
    put(&q, "before", p->before);
    put(&q, "kind", p->kind ? aq_kind_names[p->kind] : "");
    put_number(&q, "points", p->points);
    put(&q, "sort", p->sort ? aq_sort_names[p->sort] : "");
    put(&q, "group", p->group ? aq_group_names[p->group] : "");
    put(&q, "plain", p->plain ? "1" : "");
    put(&q, "concepts", p->concepts ? "1" : "");
    put_list(&q, "drop", &p->drop);
    put_list(&q, "prefer", &p->prefer);
    put(&q, "explain", p->explain ? "1" : "");
    put_number(&q, "limit", p->limit);
    put_number(&q, "offset", p->offset);
    put_number(&q, "snapshot", p->snapshot);
    if (!q.begun)
        aq_buf_puts(out, "./");
    aq_buf_u8(out, '"');
}

struct aq_params aq_page_again(const struct aq_page *page)
{
    struct aq_params p = *page->params;
    p.offset = p.snapshot = 0;
    p.read = NULL;
    p.whole = false;
    return p;
}

void aq_page_read_href(const struct aq_page *page, struct aq_slice id, bool whole)
{
    struct aq_params p = {.q = page->params->q, .read = aq_page_string(page, id), .whole = whole};
    aq_page_href(page->out, &p);
    if (!whole) { /* within the quotation mark */
        page->out->len -= page->out->len > 0;
        aq_buf_puts(page->out, "#asked\"");
    }
}

/* ---- lists and queries with something more or less ---- */

const char *aq_page_string(const struct aq_page *page, struct aq_slice s)
{
    struct aq_slice copy = aq_arena_copy(page->call->arena, s);
    return copy.ptr ? (const char *)copy.ptr : "";
}

bool aq_page_has(const struct aq_option_list *list, struct aq_slice item)
{
    for (size_t i = 0; i < list->count; i++)
        if (aq_slice_eq(aq_slice_str(list->items[i]), item))
            return true;
    return false;
}

static struct aq_option_list change(const struct aq_page *page, const struct aq_option_list *list, struct aq_slice less,
                                    const char *more)
{
    struct aq_option_list out = {.items = aq_arena_alloc(page->call->arena, (list->count + 1) * sizeof *out.items)};
    if (!out.items)
        return *list;
    for (size_t i = 0; i < list->count; i++)
        if (!aq_slice_eq(aq_slice_str(list->items[i]), less))
            out.items[out.count++] = list->items[i];
    if (more)
        out.items[out.count++] = more;
    return out;
}

struct aq_option_list aq_page_with(const struct aq_page *page, const struct aq_option_list *list, struct aq_slice item)
{
    return change(page, list, item, aq_page_string(page, item));
}

struct aq_option_list aq_page_without(const struct aq_page *page, const struct aq_option_list *list,
                                      struct aq_slice item)
{
    return change(page, list, item, NULL);
}

const char *aq_page_query_and(const struct aq_page *page, const char *before, struct aq_slice value)
{
    struct aq_buf q = {0};
    bool bare = value.len && !memchr(value.ptr, ' ', value.len) && !memchr(value.ptr, '"', value.len);
    for (size_t i = 0; bare && i < value.len; i++)
        bare = is_unreserved(value.ptr[i]) || value.ptr[i] >= 0x80 || value.ptr[i] == '-';
    aq_buf_puts(&q, page->params->q);
    if (q.len)
        aq_buf_u8(&q, ' ');
    aq_buf_puts(&q, before);
    if (!bare)
        aq_buf_u8(&q, '"');
    for (size_t i = 0; i < value.len; i++)
        if (value.ptr[i] != '"') /* nothing escapes one inside; words beside it match without */
            aq_buf_u8(&q, value.ptr[i]);
    if (!bare)
        aq_buf_u8(&q, '"');
    const char *out = q.failed ? "" : aq_page_string(page, aq_slice(q.ptr, q.len));
    aq_buf_free(&q);
    return out;
}

/* ---- to where it was written ---- */

bool aq_page_may_link(struct aq_slice url)
{
    static const char *const schemes[] = {"https://", "http://"};
    for (size_t i = 0; i < AQ_COUNT(schemes); i++) {
        size_t len = strlen(schemes[i]), at = 0;
        while (at < len && at < url.len && (url.ptr[at] | ((url.ptr[at] >= 'A' && url.ptr[at] <= 'Z') ? 0x20 : 0)) ==
                                               (uint8_t)schemes[i][at])
            at++;
        if (at == len && url.len > len)
            return true;
    }
    return url.len > 1 && url.ptr[0] == '/' && url.ptr[1] != '/' && url.ptr[1] != '\\';
}

/* A few words from the first match on, within its line. */
static struct aq_slice fragment_of(const struct aq_hit *hit)
{
    uint32_t from = hit->range_count ? hit->ranges[0].begin : hit->snippet.begin;
    if (from >= hit->passage.len)
        return aq_slice(NULL, 0);
    struct aq_slice rest = aq_slice(hit->passage.ptr + from, hit->passage.len - from);
    size_t len = 0, words = 0;
    for (size_t at = 0; at < rest.len && words < FRAGMENT_WORDS && at < FRAGMENT_MOST; at++) {
        if (rest.ptr[at] == '\n')
            return aq_slice(rest.ptr, at);
        if (rest.ptr[at] == ' ') {
            words++;
            len = at;
        } else if (at + 1 == rest.len) {
            len = rest.len;
        }
    }
    return aq_slice(rest.ptr, len);
}

void aq_page_permalink(const struct aq_page *page, const struct aq_hit *hit)
{
    struct aq_buf *out = page->out;
    if (!aq_page_may_link(hit->url)) {
        aq_page_read_href(page, hit->id, false);
        return;
    }
    struct aq_slice words = fragment_of(hit);
    aq_page_put(out, " rel=\"noopener\" href=\"%t", hit->url);
    if (words.len) {
        aq_buf_puts(out, memchr(hit->url.ptr, '#', hit->url.len) ? ":~:text=" : "#:~:text=");
        put_percent(out, words);
    }
    aq_buf_u8(out, '"');
}
