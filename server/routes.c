/* routes.c - see routes.h. */
#include "routes.h"

#include "page.h"

#define JSON "application/json"

const struct aq_route aq_routes[] = {
    {"page", "/", false, AQ_ROUTE_PAGE, "text/html; charset=utf-8", &aq_page_params, aq_page_answer,
     "the search page", NULL},
    {"search", "/search", false, AQ_ROUTE_JSON, JSON, &aq_search_params, aq_answer_search,
     "search for passages", "Result"},
    {"suggest", "/suggest", false, AQ_ROUTE_JSON, JSON, &aq_suggest_params, aq_answer_suggest,
     "complete what was typed so far", "Suggestions"},
    {"concepts", "/concepts", false, AQ_ROUTE_JSON, JSON, &aq_concepts_params, aq_answer_concepts,
     "what the index associates with a word or phrase", "Concepts"},
    {"item", "/items/", true, AQ_ROUTE_JSON, JSON, &aq_item_params, aq_answer_item,
     "a comment, what it replies to and its replies", "Item"},
    {"thread", "/threads/", true, AQ_ROUTE_JSON, JSON, &aq_thread_params, aq_answer_thread,
     "a thread, by its id or that of a comment in it", "Thread"},
    {"related", "/related/", true, AQ_ROUTE_JSON, JSON, &aq_related_params, aq_answer_related,
     "comments like this one", "Result"},
    {"health", "/health", false, AQ_ROUTE_NOW, JSON, &aq_no_params, aq_answer_health,
     "whether the index can be read", "Health"},
    {"version", "/version", false, AQ_ROUTE_JSON, JSON, &aq_no_params, aq_answer_version,
     "which program, and which state of the index", "Version"},
    {"metrics", "/metrics", false, AQ_ROUTE_NOW, "text/plain; version=0.0.4; charset=utf-8", &aq_no_params,
     aq_answer_metrics, "counters for Prometheus", NULL},
    {"openapi", "/openapi.json", false, AQ_ROUTE_FIXED, JSON, &aq_no_params, aq_answer_openapi,
     "this description", "OpenApi"},
    {"opensearch", "/opensearch.xml", false, AQ_ROUTE_FIXED, "application/opensearchdescription+xml", &aq_no_params,
     aq_answer_opensearch, "for browsers that add the page as a search engine", NULL},
};
const size_t aq_route_count = AQ_COUNT(aq_routes);

const char *const aq_route_names[] = {"page",    "search", "suggest", "concepts", "item",       "thread", "related",
                                      "health",  "version", "metrics", "openapi", "opensearch", "file",   "other",
                                      NULL};
_Static_assert(AQ_COUNT(aq_route_names) == AQ_COUNT(aq_routes) + 3, "a name for each route, file and other");

const struct aq_route *aq_route_of(struct aq_slice path, struct aq_slice *id)
{
    for (const struct aq_route *r = aq_routes; r < aq_routes + aq_route_count; r++) {
        struct aq_slice known = aq_slice_str(r->path);
        if (r->takes_id ? path.len > known.len && aq_slice_begins(path, known) : aq_slice_eq(path, known)) {
            *id = aq_slice(path.ptr + known.len, path.len - known.len);
            return r;
        }
    }
    return NULL;
}
