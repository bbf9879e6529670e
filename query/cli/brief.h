/* brief.h - a comment in a few words. */
#ifndef AQ_BRIEF_H
#define AQ_BRIEF_H

#include "aq.h"
#include "base.h"

enum { AQ_BRIEF_BYTES = 160 };

/* The start of what the author wrote, quotes passed over: up to about `most` bytes, cut
 * at a space where there is one. *cut: more follows. */
struct aq_slice aq_comment_brief(const struct aq_comment_view *c, size_t most, bool *cut);

#endif
