/* answers.h - what is answered to a request, as bytes, whoever asked over which protocol.
 * Each appends its body to call->out; a status is the caller's to tell. */
#ifndef AQ_SERVER_ANSWERS_H
#define AQ_SERVER_ANSWERS_H

#include "params.h"

struct aq_service;

struct aq_call {
    struct aq_service *service; /* of health and metrics */
    struct aq_reader *reader;
    const struct aq_synonyms *synonyms;
    struct aq_reader_state state;
    struct aq_params params;
    const char *query; /* of the URL, as it was sent; "" without */
    const char *id; /* of a path that names one, decoded */
    const char *title, *public_url; /* aq_serve_settings */
    struct aq_arena *arena;
    struct aq_buf *out;
    bool misplaced; /* after AQ_SYNTAX: something at this place of params.q cannot be meant */
    struct aq_range place;
};

typedef enum aq_status aq_answer(struct aq_call *call, struct aq_error *err);

aq_answer aq_answer_search, aq_answer_related, aq_answer_suggest, aq_answer_concepts, aq_answer_item,
    aq_answer_thread, aq_answer_version, aq_answer_opensearch, aq_answer_openapi, aq_answer_health, aq_answer_metrics;

/* {"error":{"status":...,"message":...,"place":...}} */
void aq_answer_error(struct aq_call *call, const struct aq_error *err);

/* Appends text for XML and HTML, between tags and inside double quotes: five characters are
 * escaped, bad UTF-8 and what XML 1.0 does not allow becomes U+FFFD. */
void aq_escape_text(struct aq_buf *out, struct aq_slice text);

#endif
