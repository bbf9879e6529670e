/* synonyms.c - the rules, read from text: see synonyms.h. Words are told from other
 * characters, but not stemmed: the language is that of the index, not of the rules. */
#include "synonyms.h"

#include "lines.h"
#include "tokenizer.h"
#include "utf8.h"

#include <xxhash.h>

/* The state of one reading. */
struct reading {
    struct aq_synonyms *rules;
    struct aq_cutting cutting;
    const char *file;
    size_t line;
    struct aq_error *err;
};

static enum aq_status bad_line(const struct reading *r, const char *what)
{
    return aq_fail(r->err, AQ_SYNTAX, "%.200s:%zu: %.200s", r->file, r->line, what);
}

/* The next word of *s, which it is taken from; empty at the end. */
static struct aq_slice next_word(struct aq_slice *s)
{
    size_t n = 0;
    *s = aq_line_trim(*s);
    while (n < s->len && !aq_is_blank(s->ptr[n]))
        n++;
    struct aq_slice word = aq_slice(s->ptr, n);
    s->ptr += n;
    s->len -= n;
    return word;
}

static uint8_t initial_of(uint8_t c)
{
    uint8_t small = c | 0x20;
    if (small >= 'a' && small <= 'z')
        return small;
    return c >= '0' && c <= '9' ? c : 0;
}

/* A name with its words parted by single spaces. What has no letter or digit is no word
 * of a query, so it is none here. */
static enum aq_status read_name(struct reading *r, struct aq_slice s, struct aq_synonym_name *name)
{
    uint8_t *to = aq_arena_bytes(&r->rules->arena, s.len);
    size_t len = 0, words = 0;
    if (!to)
        return aq_fail_nomem(r->err);
    for (struct aq_slice word = next_word(&s); word.len; word = next_word(&s)) {
        if (!aq_cut(&r->cutting, word, 0))
            return aq_fail_nomem(r->err);
        if (r->cutting.count == 0)
            continue;
        if (words == 0)
            name->initial = initial_of(word.ptr[r->cutting.tokens[0].begin]);
        if (words++)
            to[len++] = ' ';
        memcpy(to + len, word.ptr, word.len);
        len += word.len;
    }
    if (words == 0)
        return bad_line(r, "a name without a letter or digit");
    if (words > AQ_SYNONYMS_WORDS)
        return bad_line(r, "a name of more than 8 words");
    name->text = aq_slice(to, len);
    return AQ_OK;
}

/* The names of s, parted by commas, to `names`. */
static enum aq_status read_names(struct reading *r, struct aq_slice s,
                                 struct aq_synonym_name names[AQ_SYNONYMS_NAMES], uint32_t *count)
{
    uint32_t before = *count;
    for (bool more = true; more;) {
        const uint8_t *comma = memchr(s.ptr, ',', s.len);
        size_t n = comma ? (size_t)(comma - s.ptr) : s.len;
        struct aq_slice name = aq_line_trim(aq_slice(s.ptr, n));
        if (name.len == 0)
            return bad_line(r, comma || *count > before ? "nothing stands beside a comma" : "nothing stands beside =>");
        if (*count == AQ_SYNONYMS_NAMES)
            return bad_line(r, "more than 32 names");
        enum aq_status st = read_name(r, name, &names[*count]);
        if (st)
            return st;
        (*count)++;
        more = comma;
        s.ptr += n + more;
        s.len -= n + more;
    }
    return AQ_OK;
}

static enum aq_status keep_rule(struct reading *r, const struct aq_synonym_name *names, uint32_t count, uint32_t left)
{
    struct aq_synonyms *s = r->rules;
    if (s->count == AQ_SYNONYMS_RULES)
        return bad_line(r, "more than 4,096 rules");
    struct aq_synonym_name *kept = aq_arena_alloc(&s->arena, count * sizeof *kept);
    if (!kept || !aq_grow(&s->rules, &s->cap, s->count + 1, sizeof *s->rules))
        return aq_fail_nomem(r->err);
    memcpy(kept, names, count * sizeof *kept);
    s->rules[s->count++] = (struct aq_synonym_rule){kept, count, left};
    return AQ_OK;
}

static enum aq_status read_line(struct reading *r, struct aq_slice line)
{
    struct aq_synonym_name names[AQ_SYNONYMS_NAMES];
    uint32_t count = 0;
    line = aq_line_uncommented(line);
    if (line.len == 0)
        return AQ_OK;
    const uint8_t *arrow = memmem(line.ptr, line.len, "=>", 2);
    size_t n = arrow ? (size_t)(arrow - line.ptr) : line.len;
    enum aq_status st = read_names(r, aq_slice(line.ptr, n), names, &count);
    uint32_t left = count;
    if (st)
        return st;
    if (arrow) {
        struct aq_slice right = aq_slice(arrow + 2, line.len - n - 2);
        if (memmem(right.ptr, right.len, "=>", 2))
            return bad_line(r, "a second =>");
        st = read_names(r, right, names, &count);
        if (st)
            return st;
    }
    if (count < 2)
        return bad_line(r, "one name alone; write another after a comma or after =>");
    return keep_rule(r, names, count, left);
}

static enum aq_status read_lines(struct reading *r, struct aq_slice text)
{
    enum aq_status st = AQ_OK;
    for (size_t at = 0; at < text.len && !st;) {
        const uint8_t *end = memchr(text.ptr + at, '\n', text.len - at);
        size_t n = end ? (size_t)(end - text.ptr) - at : text.len - at;
        r->line++;
        st = read_line(r, aq_slice(text.ptr + at, n));
        at += n + 1;
    }
    return st;
}

/* Says where the first bad byte is. */
static enum aq_status not_text(struct aq_slice text, const char *name, struct aq_error *err)
{
    const uint8_t *nul = memchr(text.ptr, 0, text.len);
    size_t bad = aq_utf8_valid(text), line = 1;
    if (nul && (size_t)(nul - text.ptr) < bad)
        bad = (size_t)(nul - text.ptr);
    for (size_t i = 0; i < bad; i++)
        line += text.ptr[i] == '\n';
    return aq_fail(err, AQ_SYNTAX, "%.200s:%zu: not a text in UTF-8", name, line);
}

enum aq_status aq_synonyms_read(struct aq_slice text, const char *name, struct aq_synonyms **out, struct aq_error *err)
{
    *out = NULL;
    if (text.len > AQ_SYNONYMS_BYTES)
        return aq_fail(err, AQ_LIMIT, "%.200s is larger than the 256 KB that synonyms may have", name);
    if (text.len >= 3 && memcmp(text.ptr, "\xEF\xBB\xBF", 3) == 0) { /* byte order mark */
        text.ptr += 3;
        text.len -= 3;
    }
    if (text.len == 0)
        text.ptr = (const uint8_t *)"";
    if (!aq_utf8_clean(text))
        return not_text(text, name, err);
    struct aq_synonyms *s = calloc(1, sizeof *s);
    if (!s)
        return aq_fail_nomem(err);
    struct reading r = {.rules = s, .file = name, .err = err};
    enum aq_status st = read_lines(&r, text);
    free(r.cutting.tokens);
    if (st) {
        aq_synonyms_free(s);
        return st;
    }
    XXH128_hash_t digest = XXH3_128bits(text.ptr, text.len);
    s->digest[0] = digest.low64;
    s->digest[1] = digest.high64;
    *out = s;
    return AQ_OK;
}

void aq_synonyms_free(struct aq_synonyms *s)
{
    if (!s)
        return;
    aq_arena_free(&s->arena);
    free(s->rules);
    free(s);
}
