/* routes.h - the paths the server knows, in one table: what is answered there, which
 * parameters it takes, and how the documentation (openapi.c) speaks of it. */
#ifndef AQ_SERVER_ROUTES_H
#define AQ_SERVER_ROUTES_H

#include "answers.h"

enum aq_route_kind {
    AQ_ROUTE_JSON,
    AQ_ROUTE_PAGE,  /* HTML; parameters that are not known are passed over */
    AQ_ROUTE_FIXED, /* depends on the program alone */
    AQ_ROUTE_NOW    /* is about this moment, never kept */
};

struct aq_route {
    const char *name;     /* in metrics, and of the operation */
    const char *path;     /* takes_id: the id follows */
    bool takes_id;
    enum aq_route_kind kind;
    const char *type;     /* of what is answered */
    const struct aq_option_group *params;
    aq_answer *answer;
    const char *summary;
    const char *schema;   /* of the answer, in schemas.json; NULL: it is no JSON */
};

extern const struct aq_route aq_routes[];
extern const size_t aq_route_count;
/* In the order of aq_routes, then "file" and "other"; NULL after the last. */
extern const char *const aq_route_names[];
#define AQ_ROUTE_FILE aq_route_count
#define AQ_ROUTE_OTHER (aq_route_count + 1)

/* The route of a path, as it was sent, or NULL; *id is what follows, still encoded. */
const struct aq_route *aq_route_of(struct aq_slice path, struct aq_slice *id);

#endif
