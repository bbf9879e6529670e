/* around.c - see around.h. */
#include "around.h"

static int by_thread(const void *x, const void *y)
{
    const struct aq_hit *const *a = x, *const *b = y;
    int order = aq_slice_cmp((*a)->thread, (*b)->thread);
    return order ? order : (*a > *b) - (*a < *b);
}

/* In order of thread: each is gone through once, however many hits it has. */
static enum aq_status read_all(struct aq_cli *cli, const struct aq_result *result, const struct aq_hit **order,
                               uint32_t leading, uint32_t count, struct aq_thread_view **around)
{
    enum aq_status st = AQ_OK;
    for (uint32_t i = 0; i < leading; i++)
        order[i] = &result->hits[i];
    qsort(order, leading, sizeof *order, by_thread);
    for (uint32_t i = 0; i < leading && !st; i++) {
        const struct aq_thread_request request = {.comment = order[i]->comment,
                                                  .limit = count,
                                                  .around = true,
                                                  .above = count,
                                                  .below = count};
        st = aq_thread_read(cli->reader, &request, &around[order[i] - result->hits], &cli->err);
        if (st == AQ_NOTFOUND) /* deleted since */
            st = AQ_OK;
    }
    return st;
}

enum aq_status aq_around_read(struct aq_cli *cli, const struct aq_result *result, uint32_t leading, uint32_t count,
                              struct aq_thread_view ***out)
{
    *out = NULL;
    if (!count || !leading)
        return AQ_OK;
    struct aq_thread_view **around = calloc(result->hit_count, sizeof *around);
    const struct aq_hit **order = malloc(leading * sizeof *order);
    enum aq_status st = around && order ? read_all(cli, result, order, leading, count, around)
                                        : aq_fail_nomem(&cli->err);
    free(order);
    *out = around;
    return st;
}

void aq_around_free(struct aq_thread_view **around, uint32_t hit_count)
{
    for (uint32_t i = 0; around && i < hit_count; i++)
        aq_thread_free(around[i]);
    free(around);
}
