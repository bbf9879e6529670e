/* aq.c - answers the benchmark's queries through aq_search(), as `aq` calls it.
 *
 *   aq serve INDEX [text] [passages]
 *
 * text: titles, passages, ranges and snippets too, not only ids and scores.
 * passages: no grouping, each passage is a hit. bench/README.md has the protocol. */
#include "aq.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static long long now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Words parted by spaces, in aq's own syntax: `a b`, `+a +b` or `"a b"`. */
static size_t write_query(char *out, const char *mode, const char *words)
{
    size_t n = 0;
    if (strcmp(mode, "phrase") == 0)
        return (size_t)sprintf(out, "\"%s\"", words);
    for (const char *p = words; *p; p++) {
        if (strcmp(mode, "and") == 0 && (p == words || p[-1] == ' '))
            out[n++] = '+';
        out[n++] = *p;
    }
    return n;
}

static void answer(struct aq_reader *r, struct aq_search_request *request)
{
    struct aq_error err = {0};
    struct aq_result *result;
    long long start = now();
    if (aq_search(r, request, &result, &err)) {
        fprintf(stderr, "aq: %s\n", err.message);
        exit(1);
    }
    long long took = now() - start;
    printf("%lld\t%llu\t", took, (unsigned long long)result->total_groups);
    for (uint32_t i = 0; i < result->hit_count && !(request->flags & AQ_COUNT_EXACT); i++)
        printf("%s%.*s", i ? "\t" : "", (int)result->hits[i].id.len, (const char *)result->hits[i].id.ptr);
    putchar('\n');
    fflush(stdout);
    aq_result_free(result);
}

int main(int argc, char **argv)
{
    struct aq_error err = {0};
    struct aq_reader *r;
    struct aq_search_request request = {.flags = AQ_NO_TEXT | AQ_FIRST_STAGE, .per_thread = UINT32_MAX}; /* as the others rank */
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;

    if (argc < 3 || strcmp(argv[1], "serve") != 0) {
        fprintf(stderr, "usage: aq serve INDEX [text] [passages]\n");
        return 2;
    }
    for (int i = 3; i < argc; i++) {
        if (strcmp(argv[i], "text") == 0)
            request.flags = 0;
        if (strcmp(argv[i], "passages") == 0)
            request.group = AQ_GROUP_NONE;
    }
    if (aq_reader_open(argv[2], &r, &err)) {
        fprintf(stderr, "aq: %s\n", err.message);
        return 1;
    }
    unsigned flags = request.flags;
    while ((len = getline(&line, &cap, stdin)) > 0) {
        line[strcspn(line, "\n")] = '\0';
        char *mode = line, *k = strchr(line, '\t'), *words = k ? strchr(k + 1, '\t') : NULL;
        if (!words)
            return 2;
        *k++ = *words++ = '\0';
        char *query = malloc(2 * strlen(words) + 3);
        if (!query)
            abort();
        request.limit = (uint32_t)strtoul(k, NULL, 10);
        request.flags = flags;
        if (request.limit == 0) {
            request.limit = 1;
            request.flags |= AQ_COUNT_EXACT;
        }
        request.query = (struct aq_slice){(uint8_t *)query, write_query(query, mode, words)};
        answer(r, &request);
        free(query);
    }
    aq_reader_close(r);
    free(line);
    return 0;
}
