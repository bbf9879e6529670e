/* bombs.c - queries made to cost much, one after the other over one index.
 *
 *   bombs INDEX-DIRECTORY [NAME]
 *
 * Prints a line a query: CPU milliseconds (the better of two runs), megabytes of heap at
 * most beyond what a plain query takes, hits, and whether the answer says that it was cut.
 * Exits with 1 where one takes more than 250 ms or 32 MB. */
#include "aq.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST_MILLIS = 250, MOST_MEGABYTES = 32, QUERY_BYTES = 1 << 20 };

/* ---- memory: what is allocated, at its highest ---- */

static size_t heap, heap_peak;

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);
extern void __libc_free(void *p);

static void *counted(void *p)
{
    heap += p ? malloc_usable_size(p) : 0;
    heap_peak = heap > heap_peak ? heap : heap_peak;
    return p;
}

void *malloc(size_t n)
{
    return counted(__libc_malloc(n));
}

void *calloc(size_t n, size_t size)
{
    return counted(__libc_calloc(n, size));
}

void *realloc(void *p, size_t n)
{
    heap -= p ? malloc_usable_size(p) : 0;
    return counted(__libc_realloc(p, n));
}

void free(void *p)
{
    heap -= p ? malloc_usable_size(p) : 0;
    __libc_free(p);
}

/* ---- queries ---- */

static char query[QUERY_BYTES + 64];
static size_t used;

static void add(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(query + used, sizeof query - used, format, args);
    va_end(args);
    used = used + (size_t)n < QUERY_BYTES ? used + (size_t)n : QUERY_BYTES;
}

static void many(const char *what, unsigned times, const char *between)
{
    for (unsigned i = 0; i < times && used < QUERY_BYTES; i++)
        add("%s%s", i ? between : "", what);
}

static const char *const common[] = {
    "the",  "to",   "a",     "and",   "i",    "of",    "is",   "you",  "it",    "that",  "in",   "for",  "not", "on", "but", "be",
    "have", "with", "this",  "are",   "just", "if",    "they", "so",   "like",  "or",    "was",  "what", "get", "do", "my",  "your",
    "as",   "can",  "would", "about", "all",  "people", "at",  "one",  "there", "when",  "from", "an",   "he",  "me", "more", "out"};

static void commons(unsigned n, const char *before, const char *after, const char *between)
{
    for (unsigned i = 0; i < n; i++)
        add("%s%s%s%s", i ? between : "", before, common[i % (sizeof common / sizeof *common)], after);
}

static void plain(void) { add("persona superintelligence"); }
static void one_letter(void) { add("a*"); }
static void star(void) { add("*"); }
static void two_changes(void) { add("e~2"); }
static void long_changes(void) { add("internationalization~2"); }
static void many_prefixes(void)
{
    for (unsigned i = 0; i < 26; i++)
        add("%c* ", 'a' + i);
    for (unsigned i = 0; i < 6; i++)
        add("%c%c* ", 't', 'a' + i);
}
static void many_changes(void) { commons(32, "", "~2", " "); }
static void thousands_of_patterns(void) { for (unsigned i = 0; i < 9000; i++) add("%c%u* ", 'a' + i % 26, i); }
static void different_terms(void) { for (unsigned i = 1; i <= 10000; i++) add("%u ", i); }
static void different_terms_or(void) { for (unsigned i = 1; i <= 10000; i++) add("%u OR ", i); add("0"); }
static void same_term(void) { many("the", 10000, " "); }
static void same_term_or(void) { many("a", 10000, " OR "); }
static void same_term_and(void) { many("the", 10000, " AND "); }
static void same_term_near(void) { many("the", 10000, " NEAR "); }
static void same_excluded(void) { many("-the", 10000, " "); }
static void brackets(void) { many("(", 200000, ""); add("a"); many(")", 200000, ""); }
static void open_brackets(void) { many("(", 200000, ""); }
static void closing_brackets(void) { many(")", 200000, ""); }
static void paired_brackets(void) { many("(a OR b) ", 100000, ""); }
static void nested(void)
{
    for (unsigned i = 0; i < 15; i++)
        add("(%s* NEAR/255 %s OR %s AND -(%s ", common[i], common[i + 1], common[i + 2], common[i + 3]);
    add("x");
}
static void nested_ors(void)
{
    for (unsigned i = 0; i < 16; i++)
        add("(%s OR %s AND ", common[2 * i], common[2 * i + 1]);
    add("x");
}
static void near_all(void) { commons(32, "", "", " NEAR/255 "); }
static void near_two(void) { add("the NEAR/255 to"); }
static void near_any(void) { add("("); commons(16, "", "", " OR "); add(") NEAR/255 ("); commons(16, "", "", " OR "); add(")"); }
static void near_many(void) { for (unsigned i = 0; i < 31; i++) add("%s(%s NEAR/255 %s)", i ? " OR " : "", common[i], common[i + 1]); }
static void near_patterns(void) { for (unsigned i = 0; i < 31; i++) add("%s(%c* NEAR/255 %s)", i ? " OR " : "", 'a' + i % 26, common[i]); }
static void adj_many(void) { for (unsigned i = 0; i < 31; i++) add("%s(%s ADJ/255 %s)", i ? " OR " : "", common[i], common[i + 1]); }
static void loose_phrases(void) { for (unsigned i = 0; i < 31; i++) add("%s\"%s %s\"~100", i ? " OR " : "", common[i], common[i + 1]); }
static void exact_phrases(void) { for (unsigned i = 0; i < 31; i++) add("%s\"%s %s\"", i ? " OR " : "", common[i], common[i + 1]); }
static void long_phrase(void) { add("\""); commons(10000, "", "", " "); add("\""); }
static void long_same_phrase(void) { add("\""); many("the", 10000, " "); add("\"~100"); }
static void many_phrases(void) { many("\"of the\"", 10000, " "); }
static void quotes(void) { many("\"", QUERY_BYTES, ""); }
static void signs(void) { many("+-", QUERY_BYTES / 2, ""); }
static void carets(void) { add("a"); many("^", QUERY_BYTES, ""); }
static void tildes(void) { add("a"); many("~", QUERY_BYTES, ""); }
static void stars(void) { many("a*b", QUERY_BYTES / 3, ""); }
static void colons(void) { many("a:", QUERY_BYTES / 2, ""); }
static void one_word(void) { many("a", QUERY_BYTES, ""); }
static void one_compound(void) { many("x-", QUERY_BYTES / 2, ""); }
static void one_run(void) { many("\xE6\x84\x8F\xE8\xAD\x98", QUERY_BYTES / 6, ""); }
static void near_words(void) { many("NEAR", QUERY_BYTES / 5, " "); }
static void not_words(void) { many("NOT", QUERY_BYTES / 4, " "); }
static void or_of_not(void) { commons(32, "-", "", " OR "); }
static void fields(void) { many("author:a", 10000, " "); }
static void fields_or(void) { many("author:a", 10000, " OR "); }
static void dates_or(void) { for (unsigned i = 0; i < 32; i++) add("%s(date:20%02u the)", i ? " OR " : "", i); }
static void ands_of_ors(void) { for (unsigned i = 0; i < 64; i++) add("%s(%s OR %s)", i ? " AND " : "", common[i % 32], common[(i * 7 + 3) % 32]); }
static void full_tree(void) { for (unsigned i = 0; i < 128; i++) add("%s(%s %s)", i ? " OR " : "", common[i % 32], common[(i * 5 + 1) % 32]); }

static const struct {
    const char *name;
    void (*make)(void);
} bombs[] = {
    {"plain", plain}, {"a*", one_letter}, {"*", star}, {"e~2", two_changes}, {"internationalization~2", long_changes},
    {"32 prefixes", many_prefixes}, {"32 times word~2", many_changes}, {"9,000 patterns", thousands_of_patterns},
    {"10,000 terms", different_terms}, {"10,000 terms with OR", different_terms_or}, {"a term 10,000 times", same_term},
    {"the same with OR", same_term_or}, {"the same with AND", same_term_and}, {"the same with NEAR", same_term_near},
    {"the same excluded", same_excluded}, {"200,000 brackets", brackets}, {"200,000 open brackets", open_brackets},
    {"200,000 closing brackets", closing_brackets}, {"100,000 groups", paired_brackets}, {"groups, NEAR and patterns", nested},
    {"nested OR and AND", nested_ors}, {"NEAR of 32 words", near_all}, {"NEAR of 2 common words", near_two},
    {"NEAR of 16 ORs", near_any}, {"31 NEARs", near_many}, {"31 NEARs of patterns", near_patterns}, {"31 ADJs", adj_many},
    {"31 loose phrases", loose_phrases}, {"31 phrases", exact_phrases}, {"a phrase of 10,000 words", long_phrase},
    {"of the same word, loose", long_same_phrase}, {"10,000 phrases", many_phrases}, {"1 MiB of quotes", quotes},
    {"1 MiB of signs", signs}, {"1 MiB of ^", carets}, {"1 MiB of ~", tildes}, {"1 MiB of a*b", stars}, {"1 MiB of a:", colons},
    {"a word of 1 MiB", one_word}, {"a compound of 1 MiB", one_compound}, {"a CJK run of 1 MiB", one_run},
    {"1 MiB of NEAR", near_words}, {"1 MiB of NOT", not_words}, {"OR of 32 NOTs", or_of_not}, {"10,000 fields", fields},
    {"10,000 fields with OR", fields_or}, {"32 dates with OR", dates_or}, {"AND of 64 ORs", ands_of_ors}, {"OR of 128 rows", full_tree}};

static double cpu_millis(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

struct cost {
    double millis, megabytes;
    unsigned hits, partial;
};

static int run(struct aq_reader *reader, void (*make)(void), struct cost *c)
{
    struct aq_error err;
    struct aq_result *r;
    used = 0;
    make();
    const struct aq_search_request request = {.query = {(const uint8_t *)query, used}};
    *c = (struct cost){.millis = 1e9};
    for (int i = 0; i < 2; i++) {
        double start = cpu_millis();
        heap_peak = heap;
        if (aq_search(reader, &request, &r, &err)) {
            fprintf(stderr, "bombs: %s\n", err.message);
            return 1;
        }
        double millis = cpu_millis() - start;
        c->millis = millis < c->millis ? millis : c->millis;
        c->megabytes = (double)heap_peak / 1e6;
        c->hits = r->hit_count;
        c->partial = r->partial;
        aq_result_free(r);
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct aq_reader *reader;
    struct aq_error err;
    struct cost base, c;
    int failed = 0;
    if (argc < 2) {
        fputs("usage: bombs INDEX-DIRECTORY [NAME]\n", stderr);
        return 2;
    }
    if (aq_reader_open(argv[1], &reader, &err)) {
        fprintf(stderr, "bombs: %s\n", err.message);
        return 2;
    }
    if (run(reader, plain, &base))
        return 2;
    for (size_t i = 0; i < sizeof bombs / sizeof *bombs; i++) {
        if (argc > 2 && strcmp(argv[2], bombs[i].name) != 0)
            continue;
        if (run(reader, bombs[i].make, &c))
            return 2;
        int over = c.millis > MOST_MILLIS || c.megabytes - base.megabytes > MOST_MEGABYTES;
        failed |= over;
        printf("%-26s %8.1f ms %6.1f MB  %2u hits%s%s\n", bombs[i].name, c.millis, c.megabytes - base.megabytes, c.hits,
               c.partial ? ", cut" : "", over ? "  TOO MUCH" : "");
        fflush(stdout);
    }
    aq_reader_close(reader);
    return failed;
}
