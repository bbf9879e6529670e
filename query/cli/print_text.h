/* print_text.h - hits, comments and figures as a person reads them. With a terminal
 * the lines are wrapped and coloured; without, the same words come one line each.
 * Text of the corpus is cleaned of what a terminal would obey. */
#ifndef AQ_PRINT_TEXT_H
#define AQ_PRINT_TEXT_H

#include "aq.h"
#include "output.h"

/* What was read around a hit in its thread; NULL: nothing. */
struct aq_around {
    struct aq_thread_view *view;
};

/* around: of each hit, or NULL. */
void aq_text_hits(struct aq_output *out, const struct aq_search_request *request,
                  const struct aq_result *result, const struct aq_around *around);

/* Of a result that was explained: the query as it was understood, and what a hit's score
 * is made of. */
void aq_text_query(struct aq_output *out, const struct aq_result *result);
void aq_text_shares(struct aq_output *out, const struct aq_hit *hit, const char *margin);

/* How many hits of the page stand for a comment, thread or author: where fewer match
 * than were asked for, further passages of the same comments follow them. */
uint32_t aq_hits_leading(const struct aq_search_request *request, const struct aq_result *result);

/* What matching comments were counted by. */
void aq_text_facets(struct aq_output *out, const struct aq_result *result);

/* The line or lines below the hits: how many there are, and what was not searched for. */
void aq_text_totals(struct aq_buf *out, const struct aq_terminal *t, const struct aq_search_request *request,
                    const struct aq_result *result);

/* A whole comment. The passage of this number stands out, and the pager opens at it;
 * AQ_NO_PASSAGE: none does. */
#define AQ_NO_PASSAGE UINT32_MAX
void aq_text_comment(struct aq_output *out, const struct aq_comment_view *c, uint32_t passage);
/* One in brief that belongs to it: `level` steps away. */
void aq_text_brief(struct aq_output *out, const struct aq_comment_view *c, unsigned level);
/* Around a hit (NULL: nothing): above what the hit replies to, below what replies to it. */
void aq_text_above(struct aq_output *out, const struct aq_thread_view *around);
void aq_text_below(struct aq_output *out, const struct aq_thread_view *around);
/* A faint line between those, "3 replies". */
void aq_text_heading(struct aq_output *out, const char *heading);

/* A thread as a tree, each comment in brief. Marks the one asked for, also for the pager. */
void aq_text_thread(struct aq_output *out, const struct aq_thread_view *thread);

/* A line each; of words a table. */
void aq_text_suggestion(struct aq_output *out, const struct aq_suggestion *s);
void aq_text_words(struct aq_output *out, const struct aq_word_list *list);
void aq_text_concepts(struct aq_output *out, const struct aq_concept_list *list);

void aq_text_stats(struct aq_output *out, const char *dir, const struct aq_index_stats *s);

/* 1234567 as "1,234,567". */
enum { AQ_COUNT_SIZE = 32 };
const char *aq_text_count(uint64_t n, char text[AQ_COUNT_SIZE]);

#endif
