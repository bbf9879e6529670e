/* around.c - see around.h. */
#include "around.h"

struct sorting {
    const struct aq_hit *hits;
};

static int by_thread(const void *x, const void *y, void *context)
{
    const struct sorting *s = context;
    const uint32_t *a = x, *b = y;
    int order = aq_slice_cmp(s->hits[*a].thread, s->hits[*b].thread);
    return order ? order : (*a > *b) - (*a < *b);
}

/* In order of thread: each is gone through once, however many hits it has. */
static enum aq_status read_all(struct aq_cli *cli, const struct aq_result *result, uint32_t *order, uint32_t leading,
                               uint32_t count, struct aq_around *around)
{
    enum aq_status st = AQ_OK;
    for (uint32_t i = 0; i < leading; i++)
        order[i] = i;
    qsort_r(order, leading, sizeof *order, by_thread, &(struct sorting){result->hits});
    for (uint32_t i = 0; i < leading && !st; i++) {
        const struct aq_thread_request request = {.comment = result->hits[order[i]].comment,
                                                  .limit = count,
                                                  .around = true,
                                                  .above = count,
                                                  .below = count};
        st = aq_thread_read(cli->reader, &request, &around[order[i]].view, &cli->err);
        if (st == AQ_NOTFOUND) /* deleted since */
            st = AQ_OK;
    }
    return st;
}

enum aq_status aq_around_read(struct aq_cli *cli, const struct aq_result *result, uint32_t leading, uint32_t count,
                              struct aq_around **out)
{
    *out = NULL;
    if (!count || !leading)
        return AQ_OK;
    struct aq_around *around = calloc(result->hit_count, sizeof *around);
    uint32_t *order = malloc(leading * sizeof *order);
    enum aq_status st = around && order ? read_all(cli, result, order, leading, count, around)
                                        : aq_fail_nomem(&cli->err);
    free(order);
    *out = around;
    return st;
}

void aq_around_free(struct aq_around *around, uint32_t hit_count)
{
    for (uint32_t i = 0; around && i < hit_count; i++)
        aq_thread_free(around[i].view);
    free(around);
}
