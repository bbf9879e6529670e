/* strict.h - queries for scripts: what cannot be meant as syntax is an error there. */
#ifndef AQ_STRICT_H
#define AQ_STRICT_H

#include "aq.h"
#include "parser.h"

/* AQ_SYNTAX with the first trouble of a parsed query; AQ_OK without. place may be NULL. */
enum aq_status aq_syntax_strict(const struct aq_syntax *s, struct aq_slice query, struct aq_range *place,
                                struct aq_error *err);

#endif
