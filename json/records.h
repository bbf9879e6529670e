/* records.h - records of --json, one object a line. Offsets are bytes of the
 * UTF-8 strings beside them; keys come in a fixed order; what is missing is null.
 * Characters that a terminal should not see are written as \u escapes. */
#ifndef AQ_JSON_RECORDS_H
#define AQ_JSON_RECORDS_H

#include "aq.h"
#include "base.h"

/* query_id: of a list of queries; ptr NULL: there is none. */
void aq_json_begin(struct aq_buf *out, const struct aq_search_request *request, struct aq_slice query_id);
/* The query as it was understood, of a result that was explained. */
void aq_json_query(struct aq_buf *out, const struct aq_result *result);
void aq_json_hit(struct aq_buf *out, const struct aq_hit *hit);
void aq_json_facet(struct aq_buf *out, const struct aq_facet *f);
void aq_json_end(struct aq_buf *out, const struct aq_result *result, struct aq_slice query_id);

/* relation: "self", "parent" or "reply"; level: steps away, 0 for self. Of a thread "self"
 * or "thread"; level: steps below its top. */
void aq_json_comment(struct aq_buf *out, const struct aq_comment_view *c, const char *relation,
                     unsigned level);
void aq_json_suggestion(struct aq_buf *out, const struct aq_suggestion *s);
void aq_json_word(struct aq_buf *out, const struct aq_word *w);
void aq_json_concept(struct aq_buf *out, const struct aq_concept *c);
void aq_json_stats(struct aq_buf *out, const char *dir, const struct aq_index_stats *s);
void aq_json_checked(struct aq_buf *out, const char *dir, const struct aq_index_stats *s);
/* place: what of the query it is about, or NULL. */
void aq_json_error(struct aq_buf *out, const struct aq_error *err, const struct aq_range *place);

#endif
