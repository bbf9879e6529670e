/* params.h - the parameters of a request: what a URL's query says, read by tables of the
 * same kind as command-line options, so that one description checks them and documents
 * them (openapi.c). */
#ifndef AQ_SERVER_PARAMS_H
#define AQ_SERVER_PARAMS_H

#include "aq.h"
#include "options.h"

struct aq_params {
    const char *q;     /* "" when it is not given */
    uint64_t limit, offset, snippets, per_thread, further, snapshot, context;
    unsigned sort, group, unit, count; /* count: index in {"enough", "exact"} */
    struct aq_option_list authors, threads, drop, facets, prefer;
    const char *after, *before;
    bool plain, strict, explain, concepts;
    /* Of the page alone. */
    const char *read, *like; /* a comment or thread to read; a comment to find others like it */
    uint64_t points;         /* at least */
    unsigned kind;           /* index in aq_kind_names */
    bool whole;              /* the thread, not what stands around the comment */
};

/* Kinds of comments that the page lets choose, NULL after the last; aq_page_kinds says what
 * they are. */
extern const char *const aq_kind_names[];

extern const struct aq_option_group aq_search_params, aq_related_params, aq_suggest_params, aq_concepts_params,
    aq_item_params, aq_thread_params, aq_page_params, aq_no_params;

/* Reads `query`, what stands behind the ? of a URL, into *params. `lenient` passes over
 * parameters that are not in the table and values that cannot be (a page's links outlive
 * its forms); else they are AQ_SYNTAX with a message that names them. Strings are in arena. */
enum aq_status aq_params_read(const struct aq_option_group *table, struct aq_slice query, bool lenient,
                              struct aq_params *params, struct aq_arena *arena, struct aq_error *err);

/* Percent-decodes into arena, NUL-terminated; plus: '+' is a space. AQ_SYNTAX for what is cut
 * short, no hexadecimal, NUL, or not UTF-8. */
enum aq_status aq_percent_decode(struct aq_slice text, bool plus, struct aq_arena *arena, const char **out,
                                 struct aq_error *err);

/* The request for aq_search that the parameters make. Borrows from params, and from arena. */
enum aq_status aq_params_request(const struct aq_params *params, const struct aq_synonyms *synonyms,
                                 struct aq_arena *arena, struct aq_search_request *request, struct aq_error *err);

#endif
