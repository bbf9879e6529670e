/* posts.h - which post has number N in topic T: Discourse names a reply's parent
 * that way only. Private to the input side. */
#ifndef AQ_POSTS_H
#define AQ_POSTS_H

#include "base.h"

/* Zero-initialise. Bounded: beyond some millions of posts older ones give way. */
struct aq_posts {
    struct aq_post_slot *slots;
    size_t cap, count;
};

/* id 0 is not kept. False: out of memory. */
bool aq_posts_put(struct aq_posts *p, struct aq_slice topic, uint64_t number, uint64_t id);
uint64_t aq_posts_get(const struct aq_posts *p, struct aq_slice topic, uint64_t number); /* 0: unknown */
void aq_posts_free(struct aq_posts *p);

#endif
