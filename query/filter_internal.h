/* filter_internal.h - shared by filter*.c only. */
#ifndef AQ_FILTER_INTERNAL_H
#define AQ_FILTER_INTERNAL_H

#include "filter.h"

/* A bitmap over numbers: of authors, comments ... */
struct aq_number_set {
    uint8_t *bits;
    uint32_t count;
};

static inline void aq_number_set_add(struct aq_number_set *s, uint32_t number)
{
    if (number < s->count)
        s->bits[number >> 3] |= (uint8_t)(1u << (number & 7));
}
/* number: a column's value. */
static inline bool aq_number_set_has(const struct aq_number_set *s, int64_t number)
{
    return number >= 0 && number < s->count && (s->bits[number >> 3] >> (number & 7) & 1);
}

/* A few numbers, ascending. */
struct aq_number_list {
    const uint32_t *items;
    size_t count;
};

/* ---- tests ---- */

enum aq_test_kind {
    AQ_TEST_MARKS,    /* what the flags say */
    AQ_TEST_RANGES,   /* a column's value */
    AQ_TEST_NUMBER,   /* a column's value is in the set */
    AQ_TEST_COMMENTS, /* the comment is in the list */
    AQ_TEST_TITLE,    /* the comment is in the set, or its thread in the other */
    AQ_TEST_PARENT,   /* the parent is in the list, or its author in the set; or the comment in the replies */
    AQ_TEST_DEPTH
};

struct aq_interval {
    int64_t from, to; /* both included */
};

struct aq_filter_test {
    uint8_t kind;
    bool refused; /* what matches does not pass */
    uint8_t column;
    unsigned marks;
    struct aq_interval *ranges;
    size_t range_count;
    struct aq_number_set set, threads;
    struct aq_number_list list, replies;
    uint32_t deep;    /* a depth from which on only open ranges differ */
    uint32_t *depths; /* one a comment, where `deep` is far */
};

/* What it says of a comment, before `refused`. */
bool aq_filter_matches(const struct aq_filter_test *t, struct aq_txn *txn, uint32_t comment);

/* ---- making them ---- */

/* All clauses of a field that are refused, or all that are not. */
struct aq_wanted {
    struct aq_field_value *values;
    size_t count;
};

/* ---- filter_names.c ----
 * Adds to the set the numbers of the names that any of the values means. */

/* The whole name, or whole words of it. */
enum aq_status aq_find_authors(const struct aq_filter_source *from, const struct aq_wanted *w,
                               struct aq_number_set *authors, struct aq_error *err);
/* The name, in any case; of tag sets one of the tags. */
enum aq_status aq_find_sources(const struct aq_filter_source *from, const struct aq_wanted *w,
                               struct aq_number_set *sources, struct aq_error *err);
enum aq_status aq_find_tag_sets(const struct aq_filter_source *from, const struct aq_wanted *w,
                                struct aq_number_set *tag_sets, struct aq_error *err);
/* The very id. */
enum aq_status aq_find_threads(const struct aq_filter_source *from, const struct aq_wanted *w,
                               struct aq_number_set *threads, struct aq_error *err);

/* ---- filter_title.c ---- */

/* Adds the comments whose own title has all words of a value, and the threads whose
 * comments all count as having it. *asked: some value had a word. */
enum aq_status aq_find_titles(const struct aq_filter_source *from, const struct aq_wanted *w,
                              struct aq_number_set *comments, struct aq_number_set *threads, bool *asked,
                              struct aq_error *err);

#endif
