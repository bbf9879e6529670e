/* members.h - the members of an answer's objects, in their fixed order, for objects that are
 * lines (records.h) and for those inside others. Each is called within an object that is open.
 * Offsets are of the string beside them, in `unit`. */
#ifndef AQ_JSON_MEMBERS_H
#define AQ_JSON_MEMBERS_H

#include "value.h"

enum { AQ_JSON_VERSION = 1 }; /* of the keys and what they mean: docs/JSON.md */

void aq_json_hit_members(struct aq_buf *out, const struct aq_hit *hit, enum aq_json_unit unit);
void aq_json_facet_members(struct aq_buf *out, const struct aq_facet *f);
void aq_json_explanation_members(struct aq_buf *out, const struct aq_explanation *x);
/* What is said of a result as a whole: totals, what was ignored, suggested, added. */
void aq_json_result_members(struct aq_buf *out, const struct aq_result *result);
void aq_json_comment_members(struct aq_buf *out, const struct aq_comment_view *c, enum aq_json_unit unit);
void aq_json_suggestion_members(struct aq_buf *out, const struct aq_suggestion *s);
void aq_json_concept_members(struct aq_buf *out, const struct aq_concept *c, enum aq_json_unit unit);

#endif
