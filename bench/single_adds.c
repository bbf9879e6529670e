/* single_adds.c - what one durable one-comment commit costs on an existing index,
 * merges on the way included, and whether a reader sees each at its next query.
 *
 *   single_adds INDEX-DIRECTORY COUNT < one comment text a line
 *
 * Prints median, p90, p99 and maximum of add + commit in milliseconds, inside the
 * process, how many commits a running reader failed to see, and file sizes. */
#include "aq.h"
#include "aq_index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static int ascending(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

static int fail(const struct aq_error *err)
{
    fprintf(stderr, "single_adds: %s\n", err->message);
    return 1;
}

int main(int argc, char **argv)
{
    struct aq_error err = {0};
    struct aq_writer *w;
    struct aq_reader *r;
    char *line = NULL;
    size_t cap = 0;
    long count = argc == 3 ? strtol(argv[2], NULL, 10) : 0, missed = 0, done = 0;
    ssize_t len;

    if (count <= 0) {
        fprintf(stderr, "usage: single_adds INDEX COUNT < texts\n");
        return 2;
    }
    double *times = malloc((size_t)count * sizeof *times);
    if (!times || aq_writer_open(argv[1], NULL, &w, &err) || aq_reader_open(argv[1], &r, &err))
        return fail(&err);
    struct aq_writer_stats before, after;
    aq_writer_get_stats(w, &before);
    for (; done < count && (len = getline(&line, &cap, stdin)) > 0; done++) {
        char id[64], mark[64];
        struct aq_record record;
        snprintf(id, sizeof id, "single-%ld", done);
        snprintf(mark, sizeof mark, "markof%ldsingle", done);
        size_t room = (size_t)len + sizeof mark + 2;
        char *body = malloc(room);
        if (!body)
            return 1;
        int body_len = snprintf(body, room, "%s %s", mark, line);
        aq_record_init(&record);
        record.id = (struct aq_slice){(uint8_t *)id, strlen(id)};
        record.text = (struct aq_slice){(uint8_t *)body, (size_t)body_len};
        record.date = 1700000000 + done;
        double start = now();
        if (aq_writer_add(w, &record, NULL, &err) || aq_writer_commit(w, &err))
            return fail(&err);
        times[done] = now() - start;
        free(body);
        struct aq_search_request request = {.query = {(uint8_t *)mark, strlen(mark)}, .limit = 1, .flags = AQ_NO_TEXT};
        struct aq_result *result;
        if (aq_search(r, &request, &result, &err))
            return fail(&err);
        missed += result->hit_count != 1;
        aq_result_free(result);
    }
    aq_writer_get_stats(w, &after);
    aq_reader_close(r);
    aq_writer_close(w);
    free(line);
    if (done == 0)
        return 1;
    qsort(times, (size_t)done, sizeof *times, ascending);
    printf("adds\t%ld\nmedian ms\t%.3f\np90 ms\t%.3f\np99 ms\t%.3f\nmaximum ms\t%.3f\nnot seen at the next query\t%ld\n",
           done, times[done / 2], times[done * 9 / 10], times[done * 99 / 100], times[done - 1], missed);
    printf("file before\t%llu\nfile after\t%llu\n", (unsigned long long)before.index_bytes,
           (unsigned long long)after.index_bytes);
    free(times);
    return 0;
}
