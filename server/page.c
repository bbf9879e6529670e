/* page.c - see page.h: what is asked of the index for the page, and the order of its parts. */
#include "page.h"

#include "page_parts.h"
#include "utf8.h"

enum {
    SNIPPETS = 2,
    WORDS = 8,         /* related words */
    THREAD_MOST = 300, /* comments of a thread on a page */
    ABOVE = 4, BELOW = 2, AROUND_MOST = 24
};

static bool is_blank(const char *text)
{
    struct aq_slice s = aq_slice_str(text);
    unsigned len;
    for (size_t at = 0; at < s.len; at += len)
        if (!aq_is_space(aq_utf8_decode(s.ptr + at, s.ptr + s.len, &len)))
            return false;
    return true;
}

static bool is_narrowed(const struct aq_params *p)
{
    return p->authors.count || p->threads.count || p->after || p->before || p->kind || p->points;
}

/* ---- the query that the page's own filters make ----
 * They stand before what was typed, in brackets that its end closes: so an OR in it, or a
 * quotation mark or bracket that is never closed, changes nothing about them. */

/* The quotation marks of docs/QUERY.md. */
static bool is_quotation_mark(uint32_t cp)
{
    return cp == '"' || (cp >= 0x201c && cp <= 0x201f) || cp == 0xab || cp == 0xbb || (cp >= 0x300c && cp <= 0x300f);
}

/* What was typed, to stand in brackets: without brackets that would close them. Where it is
 * in doubt whether a bracket groups (in a phrase, in a word) there is a space instead of it,
 * which means the same there. */
static void put_typed(struct aq_buf *q, struct aq_slice typed)
{
    bool in_phrase = false, in_word = false;
    unsigned depth = 0, len;
    for (size_t at = 0; at < typed.len; at += len) {
        uint32_t cp = aq_utf8_decode(typed.ptr + at, typed.ptr + typed.len, &len);
        bool opens = cp == '(' && !in_phrase && !in_word, closes = cp == ')' && !in_phrase && depth;
        depth += opens;
        depth -= closes;
        if (is_quotation_mark(cp) && (in_phrase || !in_word))
            in_phrase = !in_phrase;
        in_word = !aq_is_space(cp) && cp != '(' && cp != '+' && cp != '-' && (in_word || cp != '~');
        if ((cp == '(' || cp == ')') && !opens && !closes)
            aq_buf_u8(q, ' ');
        else
            aq_buf_put(q, typed.ptr + at, len);
    }
}

static void put_filters(struct aq_buf *q, const struct aq_params *p)
{
    if (p->kind)
        aq_buf_printf(q, "%s ", aq_page_kinds[p->kind].field);
    if (p->points)
        aq_buf_printf(q, "score:>=%llu ", (unsigned long long)p->points);
}

static enum aq_status make_query(const struct aq_page *page, struct aq_search_request *request, size_t *typed_at,
                                 struct aq_error *err)
{
    struct aq_buf q = {0};
    const struct aq_params *p = page->params;
    *typed_at = 0;
    if (!page->browsing && !p->kind && !p->points)
        return AQ_OK;
    put_filters(&q, p);
    if (!is_blank(p->q)) {
        aq_buf_u8(&q, '(');
        *typed_at = q.len;
        put_typed(&q, aq_slice_str(p->q));
    } else if (!q.len) {
        aq_buf_puts(&q, "is:post OR is:comment"); /* everything */
    }
    bool failed = q.failed;
    if (!failed)
        request->query = aq_arena_copy(page->call->arena, aq_slice(q.ptr, q.len));
    aq_buf_free(&q);
    if (failed || !request->query.ptr)
        return aq_fail_nomem(err);
    request->flags &= ~(unsigned)AQ_QUERY_PLAIN; /* filters are operators */
    return AQ_OK;
}

/* ---- searching ---- */

static const struct aq_facet_request facets[] = {
    {AQ_FACET_TIME, 0}, {AQ_FACET_AUTHOR, 20}, {AQ_FACET_THREAD, 20}, {AQ_FACET_TAG, 12}};

/* The counts of one facet as if nothing of its kind were chosen. */
static enum aq_status count_without(struct aq_page *page, struct aq_search_request request, bool authors,
                                    struct aq_result **out, struct aq_error *err)
{
    request.flags |= AQ_NO_HITS;
    request.flags &= ~(unsigned)(AQ_EXPLAIN | AQ_CONCEPTS);
    request.facets = &facets[authors ? 1 : 2];
    request.facet_count = 1;
    if (authors)
        request.author_count = 0;
    else
        request.thread_count = 0;
    return aq_search(page->call->reader, &request, out, err);
}

/* What was typed comes back in a suggestion as part of the query that was made of it. */
static void unwrap_suggestion(struct aq_page *page, const struct aq_search_request *request, size_t typed_at)
{
    struct aq_slice *s = &page->result->suggestion;
    if (!typed_at || !s->len || !request->query.ptr)
        return;
    bool whole = s->len > typed_at && aq_slice_begins(*s, aq_slice(request->query.ptr, typed_at));
    *s = whole ? aq_slice(s->ptr + typed_at, s->len - typed_at) : aq_slice(NULL, 0);
}

static enum aq_status find(struct aq_page *page, struct aq_error *err)
{
    struct aq_call *call = page->call;
    struct aq_search_request request;
    size_t typed_at;
    const struct aq_params *p = page->params;
    enum aq_status st = aq_params_request(p, call->synonyms, call->arena, &request, err);
    request.facets = facets;
    request.facet_count = AQ_COUNT(facets);
    request.snippets = p->snippets ? (uint32_t)p->snippets : SNIPPETS;
    request.flags &= ~(unsigned)AQ_QUERY_STRICT;
    if (!st && p->like)
        return aq_related(call->reader, aq_slice_str(p->like), 0, &request, &page->result, err);
    if (!st)
        st = make_query(page, &request, &typed_at, err);
    if (page->browsing && !request.sort)
        request.sort = AQ_SORT_DATE;
    if (!st)
        st = aq_search(call->reader, &request, &page->result, err);
    if (!st)
        unwrap_suggestion(page, &request, typed_at);
    if (!st && p->authors.count)
        st = count_without(page, request, true, &page->authors, err);
    if (!st && p->threads.count)
        st = count_without(page, request, false, &page->threads, err);
    return st;
}

/* A help: where it fails there are results all the same. */
static void find_words(struct aq_page *page)
{
    struct aq_error ignored;
    struct aq_concepts_request request = {
        .query = aq_slice_str(page->params->q), .limit = WORDS, .synonyms = page->call->synonyms};
    if (!is_blank(page->params->q) && !page->params->like && !page->params->offset)
        (void)aq_concepts(page->call->reader, &request, &page->words, &ignored);
}

/* ---- the page ---- */

static void put_found(struct aq_page *page)
{
    struct aq_buf *out = page->out;
    aq_buf_puts(out, "<div class=\"columns\">\n<section class=\"found\" aria-label=\"Results\">\n");
    aq_page_notes(page);
    aq_page_hits(page);
    aq_page_pager(page);
    aq_buf_puts(out, "</section>\n<aside aria-label=\"Narrow the search\" id=\"narrow\">\n");
    aq_page_facets(page);
    aq_buf_puts(out, "</aside>\n</div>\n");
}

static enum aq_status read_thread(struct aq_page *page, struct aq_thread_view **out, struct aq_error *err)
{
    const struct aq_params *p = page->params;
    struct aq_thread_request whole = {.id = aq_slice_str(p->read), .limit = THREAD_MOST};
    struct aq_thread_request around = {
        .id = whole.id, .limit = AROUND_MOST, .around = true, .above = ABOVE, .below = BELOW};
    return aq_thread_read(page->call->reader, p->whole ? &whole : &around, out, err);
}

/* What whoever asked can do something about is said on the page. */
static bool is_theirs(enum aq_status st)
{
    return st == AQ_SYNTAX || st == AQ_LIMIT || st == AQ_INVALID || st == AQ_NOTFOUND;
}

enum aq_status aq_page_answer(struct aq_call *call, struct aq_error *err)
{
    const struct aq_params *p = &call->params;
    struct aq_page page = {.call = call, .out = call->out, .params = p,
                           .browsing = is_blank(p->q) && !p->like};
    struct aq_thread_view *thread = NULL;
    bool asked = !page.browsing || is_narrowed(p) || p->like;
    enum aq_status st = p->read ? read_thread(&page, &thread, err) : asked ? find(&page, err) : AQ_OK;
    if (is_theirs(st)) {
        page.trouble = err->message;
        st = AQ_OK;
    }
    if (!st) {
        if (page.result)
            find_words(&page);
        aq_page_head(&page);
        aq_page_form(&page);
        aq_buf_puts(page.out, "<main id=\"view\" tabindex=\"-1\">\n");
        if (page.trouble)
            aq_page_put(page.out, "<p class=\"none\">%s</p>\n", page.trouble);
        else if (thread)
            aq_page_thread(&page, thread);
        else if (page.result)
            put_found(&page);
        else
            aq_page_start(&page);
        aq_buf_puts(page.out, "</main>\n");
        aq_page_foot(&page);
    }
    aq_thread_free(thread);
    aq_concepts_free(page.words);
    aq_result_free(page.authors);
    aq_result_free(page.threads);
    aq_result_free(page.result);
    return st;
}
