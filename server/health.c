/* health.c - answers about the server itself, at this moment. */
#include "service.h"

#include "value.h"

enum aq_status aq_answer_health(struct aq_call *call, struct aq_error *err)
{
    struct aq_reader_state state;
    enum aq_status st = aq_reader_state(call->reader, &state, err);
    if (st)
        return st;
    aq_json_raw(call->out, "{");
    aq_json_str(aq_json_key(call->out, "status"), "ok");
    aq_json_count(aq_json_key(call->out, "commit"), state.commit);
    aq_buf_puts(call->out, "}\n");
    return AQ_OK;
}

enum aq_status aq_answer_metrics(struct aq_call *call, struct aq_error *err)
{
    struct aq_index_stats stats;
    enum aq_status st = aq_reader_stats(call->reader, &stats, err);
    if (st)
        return st;
    struct aq_service *service = call->service;
    const struct aq_metrics_now now = {.routes = aq_route_names,
                                       .commit = stats.commit,
                                       .generation = stats.generation,
                                       .comments = stats.comments,
                                       .passages = stats.passages,
                                       .file_bytes = stats.file_bytes,
                                       .cache_bytes = aq_cache_bytes(service->cache),
                                       .started = service->started};
    aq_metrics_write(&service->metrics, &now, call->out);
    return AQ_OK;
}
