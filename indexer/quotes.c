/* quotes.c - see quotes.h. */
#include "quotes.h"

struct tag {
    size_t begin, end;
    size_t partner; /* index of the other tag; its own when there is none */
    bool closes;
};

struct tags {
    struct tag *v;
    size_t count, cap;
};

enum { TAG_MOST = 300 }; /* bytes of a tag: a user name, a post, a topic */

static bool letters(const uint8_t *p, const uint8_t *end, const char *word)
{
    for (; *word; word++, p++)
        if (p == end || (*p | 32) != *word)
            return false;
    return true;
}

/* Length of the tag at p (*p is '['), or 0. */
static size_t tag_at(const uint8_t *p, const uint8_t *end, bool *closes)
{
    const uint8_t *q = p + 1;
    *closes = q < end && *q == '/';
    q += *closes;
    if (!letters(q, end, "quote"))
        return 0;
    q += 5;
    if (q < end && *q == ']')
        return (size_t)(q + 1 - p);
    if (*closes || q == end || (*q != '=' && *q != ' '))
        return 0;
    bool quoted = false;
    for (; q < end && q - p < TAG_MOST && *q != '\n'; q++) {
        if (*q == '"')
            quoted = !quoted;
        else if (*q == ']' && !quoted)
            return (size_t)(q + 1 - p);
    }
    return 0;
}

/* Toggles *fenced at each fence line that begins in text[*at, to). */
static void pass_fences(struct aq_slice text, size_t *at, size_t to, bool *fenced)
{
    const uint8_t *p = text.ptr + *at, *end = text.ptr + to;
    if (*at == 0 && to >= 3 && (memcmp(p, "```", 3) == 0 || memcmp(p, "~~~", 3) == 0))
        *fenced = !*fenced;
    while (p < end && (p = memchr(p, '\n', (size_t)(end - p)))) {
        p++;
        if (end - p >= 3 && (memcmp(p, "```", 3) == 0 || memcmp(p, "~~~", 3) == 0))
            *fenced = !*fenced;
    }
    *at = to;
}

static enum aq_status find_tags(struct aq_slice text, struct tags *tags, struct aq_error *err)
{
    const uint8_t *p = text.ptr, *end = text.ptr + text.len;
    size_t seen = 0;
    bool fenced = false;
    while (p < end && (p = memchr(p, '[', (size_t)(end - p)))) {
        bool closes;
        size_t n = tag_at(p, end, &closes);
        if (n == 0) {
            p++;
            continue;
        }
        size_t at = (size_t)(p - text.ptr);
        pass_fences(text, &seen, at, &fenced);
        if (!fenced) {
            if (!aq_grow(&tags->v, &tags->cap, tags->count + 1, sizeof *tags->v))
                return aq_fail_nomem(err);
            tags->v[tags->count] = (struct tag){at, at + n, tags->count, closes};
            tags->count++;
        }
        p += n;
    }
    return AQ_OK;
}

/* The stack of open tags lives in `partner` of the open ones: each points to the
 * one below it until its own partner is known. */
static void match_tags(struct tags *tags)
{
    size_t top = SIZE_MAX;
    for (size_t i = 0; i < tags->count; i++) {
        struct tag *t = &tags->v[i];
        if (!t->closes) {
            t->partner = top;
            top = i;
        } else if (top != SIZE_MAX) {
            size_t open = top;
            top = tags->v[open].partner;
            tags->v[open].partner = i;
            t->partner = open;
        }
    }
    while (top != SIZE_MAX) {
        size_t below = tags->v[top].partner;
        tags->v[top].partner = top;
        top = below;
    }
}

enum aq_status aq_nesting_error(struct aq_slice text, size_t at, struct aq_error *err)
{
    unsigned long long line = 1;
    for (size_t i = 0; i < at && i < text.len; i++)
        line += text.ptr[i] == '\n';
    return aq_fail(err, AQ_LIMIT, "nested deeper than %d at line %llu of the text", AQ_NESTING, line);
}

static bool add_span(struct aq_quote_spans *out, size_t begin, size_t end, unsigned depth)
{
    if (!aq_grow(&out->spans, &out->cap, out->count + 1, sizeof *out->spans))
        return false;
    out->spans[out->count++] = (struct aq_quote_span){begin, end, depth};
    return true;
}

enum aq_status aq_quote_split(struct aq_slice text, struct aq_quote_spans *out, struct aq_error *err)
{
    struct tags tags = {0};
    out->count = 0;
    enum aq_status st = find_tags(text, &tags, err);
    if (!st)
        match_tags(&tags);
    size_t from = 0;
    unsigned depth = 0;
    for (size_t i = 0; !st && i < tags.count; i++) {
        const struct tag *t = &tags.v[i];
        if (t->partner == i)
            continue;
        if (!add_span(out, from, t->begin, depth))
            st = aq_fail_nomem(err);
        from = t->end;
        depth = t->closes ? depth - 1 : depth + 1;
        if (depth > AQ_NESTING)
            st = aq_nesting_error(text, t->begin, err);
    }
    if (!st && out->count && !add_span(out, from, text.len, depth))
        st = aq_fail_nomem(err);
    free(tags.v);
    return st;
}

void aq_quote_spans_free(struct aq_quote_spans *s)
{
    free(s->spans);
    *s = (struct aq_quote_spans){0};
}
