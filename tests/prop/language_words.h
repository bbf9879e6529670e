/* language_words.h - what random queries are made of: few words, so that everything
 * collides, many numbered ones for patterns to match, and rows of words from passages. */
#ifndef AQ_LANGUAGE_WORDS_H
#define AQ_LANGUAGE_WORDS_H

#include "language_oracle.h"
#include "search_world.h"

static const char *const few[] = {
    "cat", "cats", "dog", "bird", "x-risk", "risk", "x", "x/risk", "x_risk", "na\xC3\xAFve", "naive", "C++", "c", "c#", "don't",
    "\xE6\x84\x8F\xE8\xAD\x98\xE5\x95\x8F\xE9\xA1\x8C", "\xE6\x84\x8F\xE8\xAD\x98", "argue", "argued", "arguing", "the", "of", "GPT-4",
    "GPT", "4", "cart", "act", "cast", "bat", "AT&T", "r\xC3\xA9sum\xC3\xA9", "resume", "foo-bar-baz", "bar", "xrisk", "riskx"};
static const char *const unknown[] = {"xyzzy", "plugh", "cat-plugh", "plugh-xyzzy", "!!!", ":-/", "\xF0\x9F\x99\x82", "c&"};
static const char *const prefixes[] = {"c", "ca", "cat", "x", "na\xC3\xAF", "nai", "k", "k1", "arg", "r", "re", "zz", "\xE6\x84\x8F", "4", "GP",
                                       "x-r", "b", "f", "d", "don"};

enum { NUMBERED = 150 };
static char numbered[NUMBERED][8];
static const char *all_words[AQ_COUNT(few) + NUMBERED];

static void make_vocabulary(void)
{
    memcpy(all_words, few, sizeof few);
    for (uint32_t i = 0; i < NUMBERED; i++) {
        snprintf(numbered[i], sizeof numbered[i], "k%u%c", i, 'a' + (char)(i % 3));
        all_words[AQ_COUNT(few) + i] = numbered[i];
    }
    vocabulary = all_words;
    vocabulary_size = AQ_COUNT(all_words);
}

static void some_word(char *out, size_t size)
{
    snprintf(out, size, "%s", below(12) == 0 ? unknown[below(AQ_COUNT(unknown))]
                              : below(8)     ? few[below(1 + below(AQ_COUNT(few)))]
                                             : word());
}

static void some_pattern(char *out, size_t size)
{
    snprintf(out, size, "%s", below(2) ? prefixes[below(AQ_COUNT(prefixes))] : few[below(AQ_COUNT(few))]);
}

/* Words in a row from some passage, so that phrases match now and then. */
static const struct oracle *excerpts_of;

static void some_phrase(char *out, size_t size)
{
    const struct oracle *o = excerpts_of;
    out[0] = 0;
    if (o->count == 0 || below(3) == 0) {
        char a[32], b[32];
        some_word(a, sizeof a);
        some_word(b, sizeof b);
        snprintf(out, size, "%s %s", a, below(4) ? b : "");
        return;
    }
    struct aq_slice text = o->passages[below(o->count)].text;
    uint32_t starts[64], n = 0;
    for (uint32_t i = 0; i < text.len && n < AQ_COUNT(starts); i++)
        if (text.ptr[i] > ' ' && (i == 0 || text.ptr[i - 1] <= ' '))
            starts[n++] = i;
    uint32_t take = 1 + below(3);
    for (uint32_t i = n ? below(n) : 0; i < n && take > 0; i++, take--) {
        const uint8_t *p = text.ptr + starts[i], *end = p;
        while (end < text.ptr + text.len && *end > ' ')
            end++;
        size_t used = strlen(out);
        if (used + (size_t)(end - p) + 2 < size)
            snprintf(out + used, size - used, "%s%.*s", used ? " " : "", (int)(end - p), (const char *)p);
        i += below(4) == 0; /* one in between is left out */
    }
}

static uint64_t queries(uint64_t usual)
{
    const char *given = getenv("AQ_QUERIES");
    return given ? strtoull(given, NULL, 10) : usual;
}

/* What is beyond docs/QUERY.md's bounds is left out: then there is nothing to compare. */
static bool beyond_bounds(const struct asked *a)
{
    return a->typed_terms > 32 || a->nears > 32 || a->fields > 32 || a->patterns > 16 || a->leaves > 256;
}

#endif
