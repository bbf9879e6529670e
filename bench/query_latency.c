/* query_latency.c - how long aq_search() takes, by class of query.
 *
 *   query_latency [-1] [-e] [-t] [-g FURTHER] [-k HITS] [-p COMMENTS] [-r ROUNDS] INDEX-DIRECTORY < queries
 *
 * A line is "class<TAB>query". Every round runs all queries in the order given, so that
 * one query's pages and branches do not stay warm for itself alone. Prints a line a
 * class: queries, median and 99th percentile of all its runs in microseconds, and the
 * hits of one round. -1: the first stage alone; -e: exact totals (exhaustive plans); -t: with texts; -g: hits
 * by thread, each with so many further comments; -p: comments of a thread among the first ten hits (default: any
 * number, which is ranking alone). */
#include "aq.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct query {
    char *class, *text;
    unsigned hits;
};

struct run {
    const char *class;
    double micros;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

static int by_class_and_time(const void *x, const void *y)
{
    const struct run *a = x, *b = y;
    int order = strcmp(a->class, b->class);
    return order ? order : (a->micros > b->micros) - (a->micros < b->micros);
}

static size_t read_queries(struct query **out)
{
    struct query *queries = NULL;
    size_t count = 0, cap = 0, line_cap = 0;
    char *line = NULL;
    while (getline(&line, &line_cap, stdin) > 0) {
        char *tab = strchr(line, '\t');
        if (!tab)
            continue;
        *tab = 0;
        tab[1 + strcspn(tab + 1, "\n")] = 0;
        if (count == cap) {
            cap = cap ? cap * 2 : 64;
            queries = realloc(queries, cap * sizeof *queries);
            if (!queries)
                exit(1);
        }
        queries[count++] = (struct query){strdup(line), strdup(tab + 1), 0};
    }
    free(line);
    *out = queries;
    return count;
}

static void print(struct run *runs, size_t count, const struct query *queries, size_t query_count)
{
    qsort(runs, count, sizeof *runs, by_class_and_time);
    printf("class\tqueries\tmedian\tp99\thits\n");
    for (size_t from = 0, to; from < count; from = to) {
        unsigned hits = 0, of_class = 0;
        for (to = from; to < count && strcmp(runs[to].class, runs[from].class) == 0;)
            to++;
        for (size_t i = 0; i < query_count; i++) {
            bool same = strcmp(queries[i].class, runs[from].class) == 0;
            of_class += same;
            hits += same ? queries[i].hits : 0;
        }
        printf("%s\t%u\t%.1f\t%.1f\t%u\n", runs[from].class, of_class, runs[from + (to - from) / 2].micros,
               runs[from + (to - from) * 99 / 100].micros, hits);
    }
}

int main(int argc, char **argv)
{
    struct aq_error err = {0};
    struct aq_reader *reader;
    struct query *queries;
    unsigned flags = AQ_NO_TEXT, k = 10, per_thread = UINT32_MAX, rounds = 21, further = 0;
    enum aq_group group = AQ_GROUP_COMMENT;
    int option;
    while ((option = getopt(argc, argv, "1etg:k:p:r:")) != -1) {
        if (option == '1')
            flags |= AQ_FIRST_STAGE;
        else if (option == 'e')
            flags |= AQ_COUNT_EXACT;
        else if (option == 't')
            flags &= ~(unsigned)AQ_NO_TEXT;
        else if (option == 'g') {
            group = AQ_GROUP_THREAD;
            further = (unsigned)strtoul(optarg, NULL, 10);
        } else if (option == 'k')
            k = (unsigned)strtoul(optarg, NULL, 10);
        else if (option == 'p')
            per_thread = (unsigned)strtoul(optarg, NULL, 10);
        else if (option == 'r')
            rounds = (unsigned)strtoul(optarg, NULL, 10);
        else
            return 2;
    }
    if (optind + 1 != argc || rounds == 0) {
        fprintf(stderr, "usage: query_latency [-1] [-e] [-t] [-g FURTHER] [-k HITS] [-p COMMENTS] [-r ROUNDS] INDEX < queries\n");
        return 2;
    }
    size_t count = read_queries(&queries), done = 0;
    struct run *runs = calloc(count * rounds + 1, sizeof *runs);
    if (!runs || aq_reader_open(argv[optind], &reader, &err)) {
        fprintf(stderr, "query_latency: %s\n", err.message);
        return 1;
    }
    for (unsigned round = 0; round <= rounds; round++) { /* the first only warms up */
        for (size_t i = 0; i < count; i++) {
            struct aq_search_request request = {.query = {(const uint8_t *)queries[i].text, strlen(queries[i].text)},
                                                .limit = k,
                                                .flags = flags,
                                                .group = group,
                                                .further = further,
                                                .per_thread = per_thread};
            struct aq_result *result;
            double start = now();
            if (aq_search(reader, &request, &result, &err)) {
                fprintf(stderr, "query_latency: %s: %s\n", queries[i].text, err.message);
                return 1;
            }
            double micros = now() - start;
            queries[i].hits = result->hit_count;
            aq_result_free(result);
            if (round)
                runs[done++] = (struct run){queries[i].class, micros};
        }
    }
    print(runs, done, queries, count);
    aq_reader_close(reader);
    for (size_t i = 0; i < count; i++) {
        free(queries[i].class);
        free(queries[i].text);
    }
    free(queries);
    free(runs);
    return 0;
}
