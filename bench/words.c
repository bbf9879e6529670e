/* words.c - what is made of words that are only begun or misspelt: how long patterns and
 * completions take, and how often "did you mean" offers what was meant.
 *
 *   make build/release/bench/words && build/release/bench/words INDEX [QUERIES]
 *
 * Misspelt words: words of the index that are written with small ASCII letters, four or
 * more, and occur 20 times or more, once each as often as another and once as often as they
 * occur; each with one slip (a letter left out, put in, replaced, or two swapped, at random;
 * one of ten in the first letter). QUERIES: a query a line, each asked as it is: what is
 * offered is printed. Numbers are random but the same each time. */
#include "aq.h"
#include "base.h"

#include <ctype.h>
#include <stdio.h>
#include <time.h>

enum { TYPOS = 2000, ROUNDS = 9, PREFIXES = 300 };

static uint64_t seed = 12345;

static uint32_t below(uint32_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((seed >> 33) % n);
}

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void must(enum aq_status st, const struct aq_error *err)
{
    if (!st)
        return;
    fprintf(stderr, "%s\n", err->message);
    exit(2);
}

static struct aq_result *search(struct aq_reader *r, const char *query)
{
    struct aq_search_request request = {.query = aq_slice_str(query), .limit = 1};
    struct aq_error err;
    struct aq_result *result;
    must(aq_search(r, &request, &result, &err), &err);
    return result;
}

static int by_value(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

/* ---- patterns and completions ---- */

static double search_ms(struct aq_reader *r, const char *query)
{
    double best = 1e9;
    for (int i = 0; i < ROUNDS; i++) {
        double start = cpu_ms();
        aq_result_free(search(r, query));
        double ms = cpu_ms() - start;
        best = ms < best ? ms : best;
    }
    return best;
}

static double suggest_ms(struct aq_reader *r, const char *typed, unsigned kinds)
{
    struct aq_suggest_request request = {.text = aq_slice_str(typed), .kinds = kinds};
    double best = 1e9;
    for (int i = 0; i < ROUNDS; i++) {
        struct aq_suggestions *s;
        struct aq_error err;
        double start = cpu_ms();
        must(aq_suggest(r, &request, &s, &err), &err);
        double ms = cpu_ms() - start;
        best = ms < best ? ms : best;
        aq_suggestions_free(s);
    }
    return best;
}

static void measure_patterns(struct aq_reader *r)
{
    static const char *const patterns[] = {"a*", "e~2", "optimiz*", "interpretab*", "xyzzy*", "recieve~1",
                                           "definately~2", "xqzvwk~2"};
    for (size_t i = 0; i < AQ_COUNT(patterns); i++)
        printf("%-14s %8.3f ms\n", patterns[i], search_ms(r, patterns[i]));
}

static void measure_completions(struct aq_reader *r, const struct aq_word *words, uint32_t count)
{
    static const struct {
        const char *name;
        unsigned kinds;
    } kinds[] = {{"words", AQ_SUGGEST_WORDS}, {"titles", AQ_SUGGEST_TITLES}, {"authors", AQ_SUGGEST_AUTHORS}, {"all", 0}};
    for (size_t letters = 1; letters <= 5; letters++)
        for (size_t k = 0; k < AQ_COUNT(kinds); k++) {
            double ms[PREFIXES];
            uint64_t start = seed;
            for (size_t i = 0; i < PREFIXES; i++) {
                char typed[8];
                const struct aq_word *w = &words[below(count)];
                snprintf(typed, sizeof typed, "%.*s", (int)(letters < w->form.len ? letters : w->form.len), w->form.ptr);
                ms[i] = suggest_ms(r, typed, kinds[k].kinds);
            }
            seed = start; /* the same words for each kind */
            qsort(ms, PREFIXES, sizeof *ms, by_value);
            printf("%zu letters, %-8s %8.3f ms at the median, %.3f at the 95th percentile\n", letters, kinds[k].name,
                   ms[PREFIXES / 2], ms[PREFIXES * 95 / 100]);
        }
}

/* ---- misspelt words ---- */

static void misspell(struct aq_slice word, char out[64])
{
    size_t at = below(10) ? 1 + below((uint32_t)word.len - 1) : 0, n = word.len;
    memcpy(out, word.ptr, n);
    out[n] = 0;
    switch (below(4)) {
    case 0:
        memmove(out + at, out + at + 1, n - at);
        break;
    case 1:
        memmove(out + at + 1, out + at, n - at + 1);
        out[at] = (char)('a' + below(26));
        break;
    case 2:
        out[at] = (char)('a' + below(26));
        break;
    default:
        at = at + 1 < n ? at : n - 2;
        out[at] ^= out[at + 1];
        out[at + 1] ^= out[at];
        out[at] ^= out[at + 1];
    }
}

static const struct aq_word *pick(const struct aq_word *words, uint32_t count, uint64_t occurrences, bool by_use)
{
    if (!by_use)
        return &words[below(count)];
    uint64_t x = ((uint64_t)below(1u << 30) << 24 ^ below(1u << 24)) % occurrences;
    while (x >= words->count)
        x -= words++->count;
    return words;
}

static void measure_typos(struct aq_reader *r, const struct aq_word *words, uint32_t count, bool by_use)
{
    unsigned meant = 0, other = 0, nothing = 0, found = 0;
    uint64_t occurrences = 0;
    double ms = 0;
    for (uint32_t i = 0; i < count; i++)
        occurrences += words[i].count;
    for (unsigned n = 0; n < TYPOS;) {
        char typed[64];
        struct aq_slice word = pick(words, count, occurrences, by_use)->form;
        misspell(word, typed);
        if (aq_slice_eq(aq_slice_str(typed), word))
            continue;
        n++;
        double start = cpu_ms();
        struct aq_result *result = search(r, typed);
        if (result->suggestion.len == 0 && result->hit_count) {
            found++;
        } else {
            ms += cpu_ms() - start;
            if (result->suggestion.len == 0)
                nothing++;
            else if (aq_slice_eq(result->suggestion, word))
                meant++;
            else
                other++;
        }
        aq_result_free(result);
    }
    printf("%s: of %d misspelt words %u are words with hits; of the %u others what was meant is offered for %u (%.1f%%), "
           "another word for %u (%.1f%%), nothing for %u; %.2f ms each\n",
           by_use ? "by use" : "each word alike", TYPOS, found, TYPOS - found, meant, 100.0 * meant / (TYPOS - found), other,
           100.0 * other / (TYPOS - found), nothing, ms / (TYPOS - found));
}

static void measure_queries(struct aq_reader *r, const char *path)
{
    char line[4096];
    unsigned asked = 0, unknown = 0, offered = 0;
    FILE *f = fopen(path, "r");
    if (!f) {
        perror(path);
        exit(2);
    }
    while (fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = 0;
        struct aq_result *result = search(r, line);
        asked++;
        unknown += result->ignored_count > 0;
        if (result->suggestion.len) {
            offered++;
            printf("  %s -> %.*s\n", line, (int)result->suggestion.len, result->suggestion.ptr);
        }
        aq_result_free(result);
    }
    fclose(f);
    printf("%u queries, %u with a word that occurs nowhere; something is offered for %u (%.1f%%)\n", asked, unknown,
           offered, asked ? 100.0 * offered / asked : 0);
}

int main(int argc, char **argv)
{
    struct aq_reader *r;
    struct aq_word_list *list;
    struct aq_error err;
    if (argc < 2) {
        fprintf(stderr, "usage: words INDEX [QUERIES]\n");
        return 2;
    }
    must(aq_reader_open(argv[1], &r, &err), &err);
    must(aq_words(r, (struct aq_slice){0}, 10000, &list, &err), &err);
    struct aq_word *words = malloc((list->word_count + 1) * sizeof *words);
    uint32_t count = 0;
    for (uint32_t i = 0; words && i < list->word_count; i++) {
        const struct aq_word *w = &list->words[i];
        bool plain = w->form.len >= 4 && w->form.len < 60 && w->count >= 20;
        for (size_t k = 0; k < w->form.len; k++)
            plain = plain && islower(w->form.ptr[k]);
        if (plain)
            words[count++] = *w;
    }
    if (count) {
        measure_patterns(r);
        measure_completions(r, words, count);
        measure_typos(r, words, count, false);
        measure_typos(r, words, count, true);
    }
    if (argc > 2)
        measure_queries(r, argv[2]);
    free(words);
    aq_words_free(list);
    aq_reader_close(r);
    return 0;
}
