/* snippets.h - several windows of one comment: of the passage that was hit and, because
 * forums' comments are long, of its other passages that match. */
#ifndef AQ_SNIPPETS_H
#define AQ_SNIPPETS_H

#include "comment.h"
#include "snippet.h"

enum { AQ_SNIPPETS_MOST = 5, AQ_SNIPPETS_COLUMNS = 160, AQ_SNIPPETS_TEXT = 64 << 10 /* bytes looked at */ };

struct aq_snippets_source {
    const struct aq_comment *comment;
    uint32_t ordinal;              /* of the passage that was hit */
    const struct aq_marker *marks; /* its own */
    struct aq_range first;         /* its best window */
    bool others;                   /* other passages may serve */
    uint32_t most;                 /* windows wanted, the first included */
    struct aq_analyzer *analyzer;
    const struct aq_query *query;
};

/* Windows in the order of the text, copied into arena; the first one is among them. Only
 * as many as are worth it. Of other passages, those that match and are no deeper quotes
 * than the one that was hit, the nearest ones. */
enum aq_status aq_snippets_make(const struct aq_snippets_source *s, struct aq_arena *arena,
                                const struct aq_snippet **out, uint32_t *count, struct aq_error *err);

/* Sets text, ranges and what goes before and on of *out to a window of a passage that is not
 * empty, copied into arena. AQ_NOMEM. */
enum aq_status aq_snippet_copy(struct aq_slice from, const struct aq_marker *marks, struct aq_range range,
                               struct aq_arena *arena, struct aq_snippet *out);

#endif
