/* parent_guess.h - what a comment replies to when it does not say: the comment of its thread
 * that it quotes. Zawinski's message threading ("message threading", 1997) goes by headers and
 * subjects; this is for what these leave open. Nothing is stored: what is guessed
 * follows from the links between quotes and their sources, whatever the order of commits. */
#ifndef AQ_PARENT_GUESS_H
#define AQ_PARENT_GUESS_H

#include "store.h"

/* links: an open reader of AQ_TABLE_LINK; calls by ascending comment are cheap. *parent:
 * AQ_NO_COMMENT where the comment quotes nothing of its thread that was said before it. */
enum aq_status aq_parent_guess(struct aq_set_reader *links, uint32_t comment, uint32_t thread, uint32_t *parent,
                               struct aq_error *err);

#endif
