/* forest.h - the comments of a thread as a tree in reading order. Knows numbers, dates and
 * parents; nothing of texts, ids or the store.
 *
 *   p1              every comment comes right after what it replies to and what was
 *   ├ r1            said below its earlier siblings; siblings go by date, those
 *   │ └ r3          without one last, then by number
 *   └ r2
 *
 * A comment whose parent is not here hangs under the one that opens the thread; where
 * none does, it stands beside the others at the top. Deleted comments are not in the
 * order, but still say where their replies belong. */
#ifndef AQ_FOREST_H
#define AQ_FOREST_H

#include "base.h"

#define AQ_NO_PLACE UINT32_MAX /* no node, no place in the order */

struct aq_forest_node {
    /* given */
    uint32_t comment, parent; /* numbers; parent AQ_NO_COMMENT where it is not known */
    int64_t date;             /* AQ_NO_DATE */
    bool live, reply;         /* reply: it says that it has a parent, known or not */
    bool guessed;             /* the parent was: it hangs below it and is none of its replies */
    /* worked out; indexes of nodes, AQ_NO_PLACE for none */
    bool detached;            /* a reply to something that is not in the order */
    uint32_t named;           /* the parent it says it has */
    uint32_t up;              /* what it hangs below: that, unless that is missing or a loop was cut */
    uint32_t first, next;     /* what hangs below it; the next that hangs below the same */
    uint32_t reply_first, reply_next; /* the same by `named` */
    uint32_t level;           /* live comments above it */
    uint32_t place;           /* in the order; of a deleted one AQ_NO_PLACE */
};

struct aq_forest {
    struct aq_forest_node *nodes; /* by ascending comment */
    size_t count, cap;
    uint32_t *order; /* of the live ones */
    size_t order_count, order_cap;
    uint32_t *sorted; /* scratch */
    size_t sorted_cap;
};

/* Zero-initialise, then begin anew for each thread; free it at the end. */
void aq_forest_clear(struct aq_forest *t);
void aq_forest_free(struct aq_forest *t);

/* The given part of a node whose comment is above all before. False: no memory. */
bool aq_forest_add(struct aq_forest *t, const struct aq_forest_node *node);

/* Once all are there. opener: the comment that opens the thread, or AQ_NO_COMMENT. Takes
 * n log n steps, whatever the parents: loops are cut at a link that was guessed, or at
 * their lowest number, which then is detached. False: no memory. */
bool aq_forest_build(struct aq_forest *t, uint32_t opener);

/* Index of a comment's node, or AQ_NO_PLACE. */
uint32_t aq_forest_find(const struct aq_forest *t, uint32_t comment);

/* The nearest live node above, or AQ_NO_PLACE. */
uint32_t aq_forest_above(const struct aq_forest *t, uint32_t node);

#endif
