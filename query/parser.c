/* parser.c - see parser.h. One pass, no recursion: every character that cannot be
 * meant as syntax where it stands is text. Knows nothing of terms. */
#include "parser.h"

#include "utf8.h"

/* A phrase filters: only passages that have it are hits, as if `+` stood before. */
#define UNMARKED_PHRASE AQ_MUST

struct scan {
    const uint8_t *p, *end;
    struct aq_clauses *out;
};

static bool is_space(uint32_t cp)
{
    return cp == ' ' || (cp >= '\t' && cp <= '\r') || cp == 0x85 || cp == 0xA0 || cp == 0x1680 ||
           (cp >= 0x2000 && cp <= 0x200A) || cp == 0x2028 || cp == 0x2029 || cp == 0x202F || cp == 0x205F ||
           cp == 0x3000;
}

/* Double quotation marks of any script. Single ones are apostrophes too often. */
static bool is_quote(uint32_t cp)
{
    static const uint16_t marks[] = {'"',    0xAB,   0xBB,   0x201C, 0x201D, 0x201E, 0x201F, 0x300C,
                                     0x300D, 0x300E, 0x300F, 0x301D, 0x301E, 0x301F, 0xFF02};
    if (cp != '"' && cp < 0xAB)
        return false;
    for (size_t i = 0; i < AQ_COUNT(marks); i++)
        if (marks[i] == cp)
            return true;
    return false;
}

static bool is_bracket(uint8_t c)
{
    return c == '(' || c == '[' || c == '{';
}

static uint32_t peek(const uint8_t *p, const uint8_t *end, unsigned *len)
{
    if (p >= end) {
        *len = 0;
        return AQ_UTF8_BAD;
    }
    return aq_utf8_decode(p, end, len);
}

static const uint8_t *skip_spaces(const uint8_t *p, const uint8_t *end)
{
    unsigned n;
    while (p < end && is_space(peek(p, end, &n)))
        p += n;
    return p;
}

static const uint8_t *word_end(const uint8_t *p, const uint8_t *end)
{
    unsigned n;
    while (p < end && !is_space(peek(p, end, &n)))
        p += n;
    return p;
}

static enum aq_status emit(struct scan *s, enum aq_clause_kind kind, enum aq_occur occur, struct aq_slice text,
                           int64_t date, struct aq_error *err)
{
    struct aq_clauses *c = s->out;
    if (c->count == AQ_QUERY_CLAUSES) {
        c->cut = true;
        return AQ_OK;
    }
    if (!aq_grow(&c->items, &c->cap, c->count + 1, sizeof *c->items))
        return aq_fail_nomem(err);
    c->items[c->count++] = (struct aq_clause){(uint8_t)kind, (uint8_t)occur, text, date};
    return AQ_OK;
}

/* A quoted string at p: its inside to *text and where to go on. NULL when there
 * is no quotation mark, or a lone one: unclosed before a space or the end. Any
 * closing mark closes, because keyboards and editors mix them. */
static const uint8_t *quoted(const uint8_t *p, const uint8_t *end, struct aq_slice *text)
{
    unsigned n;
    if (!is_quote(peek(p, end, &n)))
        return NULL;
    const uint8_t *begin = p + n;
    for (p = begin; p < end; p += n) {
        if (is_quote(peek(p, end, &n))) {
            *text = aq_slice(begin, (size_t)(p - begin));
            return p + n;
        }
    }
    if (begin == end || is_space(peek(begin, end, &n)))
        return NULL;
    *text = aq_slice(begin, (size_t)(end - begin));
    return end;
}

/* ---- fields ---- */

static const struct {
    const char *name;
    uint8_t kind;
} fields[] = {{"author:", AQ_CLAUSE_AUTHOR},
              {"thread:", AQ_CLAUSE_THREAD},
              {"after:", AQ_CLAUSE_AFTER},
              {"before:", AQ_CLAUSE_BEFORE}};

/* A field with a value that makes sense at p, or *next stays NULL: then the same
 * characters are text. */
static enum aq_status field(struct scan *s, const uint8_t *p, enum aq_occur occur, const uint8_t **next,
                            struct aq_error *err)
{
    for (size_t i = 0; i < AQ_COUNT(fields); i++) {
        size_t n = strlen(fields[i].name);
        if ((size_t)(s->end - p) <= n || strncasecmp((const char *)p, fields[i].name, n) != 0)
            continue;
        struct aq_slice value;
        const uint8_t *after = quoted(p + n, s->end, &value);
        if (!after) {
            after = word_end(p + n, s->end);
            value = aq_slice(p + n, (size_t)(after - p) - n);
        }
        int64_t date = 0;
        if (skip_spaces(value.ptr, value.ptr + value.len) == value.ptr + value.len)
            return AQ_OK;
        if (fields[i].kind == AQ_CLAUSE_AFTER || fields[i].kind == AQ_CLAUSE_BEFORE) {
            if (occur == AQ_MUST_NOT || !aq_parse_date(value, &date))
                return AQ_OK;
        }
        *next = after;
        return emit(s, fields[i].kind, occur == AQ_MUST_NOT ? AQ_MUST_NOT : AQ_MUST, value, date, err);
    }
    return AQ_OK;
}

/* ---- clauses ---- */

/* One clause at s->p, which is no space. Operators and fields count only at the
 * start of a word (`fresh`), so `x-risk` and `a"b` are text. */
static enum aq_status clause(struct scan *s, bool fresh, struct aq_error *err)
{
    const uint8_t *p = s->p;
    unsigned n;
    enum aq_occur occur = AQ_SHOULD;
    while (p < s->end && is_bracket(*p))
        p++;
    if (fresh && p < s->end && (*p == '+' || *p == '-')) {
        const uint8_t *after = p + 1;
        while (after < s->end && is_bracket(*after))
            after++;
        if (after < s->end && !is_space(peek(after, s->end, &n)) && *after != '+' && *after != '-') {
            occur = *p == '+' ? AQ_MUST : AQ_MUST_NOT;
            p = after;
        }
    }

    struct aq_slice text;
    const uint8_t *next = quoted(p, s->end, &text);
    if (next) {
        s->p = next;
        return emit(s, AQ_CLAUSE_PHRASE, occur == AQ_SHOULD ? UNMARKED_PHRASE : occur, text, 0, err);
    }
    if (fresh) {
        enum aq_status st = field(s, p, occur, &next, err);
        if (st)
            return st;
        if (next) {
            s->p = next;
            return AQ_OK;
        }
    }
    s->p = word_end(p, s->end);
    if (s->p == p) /* brackets alone */
        return AQ_OK;
    return emit(s, AQ_CLAUSE_TEXT, occur, aq_slice(p, (size_t)(s->p - p)), 0, err);
}

enum aq_status aq_parse(struct aq_slice query, bool plain, struct aq_clauses *out, struct aq_error *err)
{
    if (query.len > AQ_QUERY_BYTES)
        return aq_fail(err, AQ_LIMIT, "the query has %zu bytes; at most %d are allowed", query.len, AQ_QUERY_BYTES);
    if (!query.ptr || query.len == 0)
        return AQ_OK;
    size_t valid = aq_utf8_valid(query);
    if (valid != query.len)
        return aq_fail(err, AQ_SYNTAX, "the query is not valid UTF-8 at byte %zu", valid);
    struct scan s = {query.ptr, query.ptr + query.len, out};
    bool fresh = true;
    enum aq_status st = AQ_OK;
    while (!st) {
        const uint8_t *p = skip_spaces(s.p, s.end);
        fresh = fresh || p != s.p;
        s.p = p;
        if (p == s.end)
            break;
        if (plain) {
            s.p = word_end(p, s.end);
            st = emit(&s, AQ_CLAUSE_TEXT, AQ_SHOULD, aq_slice(p, (size_t)(s.p - p)), 0, err);
        } else {
            st = clause(&s, fresh, err);
        }
        fresh = false;
    }
    return st;
}

void aq_clauses_free(struct aq_clauses *c)
{
    free(c->items);
    *c = (struct aq_clauses){0};
}
