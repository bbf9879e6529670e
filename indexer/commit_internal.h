/* commit_internal.h - shared by commit*.c and repeats.c only. */
#ifndef AQ_COMMIT_INTERNAL_H
#define AQ_COMMIT_INTERNAL_H

#include "batch.h"

/* An older comment's passages in a segment. */
struct aq_found {
    uint32_t number, segment, docid, count; /* segment: index in aq_txn.segments, AQ_NONE: in none */
};

/* A passage of an older comment that is to be hidden, or shown again. */
struct aq_flip {
    uint32_t number, ordinal;
    bool hidden;
};

/* One commit under way. */
struct aq_commit {
    struct aq_txn t;
    struct aq_batch *batch;
    bool segment;        /* ends as a segment, else as pending records */
    uint32_t passages;   /* of the new segment, or of the unit */
    uint32_t first_new;  /* number that was not given before */
    uint32_t first_docid; /* of the batch's own passages: pending comments' come before */
    uint8_t *hidden, *deleted, *quotes; /* bitmaps over the new passages, whole chunks */
    uint32_t *names;     /* local name -> number */
    struct aq_segment_info info;
    struct aq_buf scratch;
    struct aq_found *found; /* what aq_commit_find_all looked for, ascending by number */
    size_t found_count;
    struct aq_flip *flips;  /* each passage once; applied at the end of aq_commit_repeats */
    size_t flip_count, flip_cap;
};

enum aq_place_kind { AQ_PLACE_NONE, AQ_PLACE_NEW, AQ_PLACE_PENDING, AQ_PLACE_SEGMENT };

/* Where the live passages of an older comment are. */
struct aq_place {
    enum aq_place_kind where;
    struct aq_segment *segment;
    uint32_t docid, count;
};

/* Looks for many comments at once: a segment whose docids do not ascend with the
 * comments (replacements make it so) is walked once, not once for each of them.
 * numbers: in any order. aq_commit_locate and aq_commit_set_hidden know these until
 * the next call. */
enum aq_status aq_commit_find_all(struct aq_commit *c, const uint32_t *numbers, size_t count, struct aq_error *err);

enum aq_status aq_commit_locate(struct aq_commit *c, uint32_t number, struct aq_place *place, struct aq_error *err);
enum aq_status aq_commit_set_hidden(struct aq_commit *c, uint32_t number, uint32_t ordinal, bool hidden,
                                    struct aq_error *err);
enum aq_status aq_commit_is_hidden(struct aq_commit *c, uint32_t number, uint32_t ordinal, bool *hidden,
                                   struct aq_error *err);

/* The number of a local name as a column has it: AQ_NO_COMMENT without. */
int64_t aq_commit_name(const struct aq_commit *c, uint32_t local);

/* The batch's authors from number `first` on are found by the words of their names. */
enum aq_status aq_commit_author_words(struct aq_commit *c, uint32_t first, struct aq_error *err);
/* The batch's comments become members of their threads. Before their columns are set. */
enum aq_status aq_commit_members(struct aq_commit *c, struct aq_error *err);
/* New comments are found by their ids; replies that waited for them get their parent. */
enum aq_status aq_commit_ids(struct aq_commit *c, struct aq_error *err);
/* The batch's replies get their parents, or wait for them. After the ids. */
enum aq_status aq_commit_parents(struct aq_commit *c, struct aq_error *err);

/* Stores the batch's passages in the repeat table, takes removed ones out, and
 * hides whatever is no longer, or not, the first of its kind. */
enum aq_status aq_commit_repeats(struct aq_commit *c, struct aq_error *err);

/* Stores the fingerprints of the batch, finds what its passages quote, and what older
 * ones do now, and hides what is linked. After the repeats and the texts. */
enum aq_status aq_commit_links(struct aq_commit *c, struct aq_error *err);
/* A passage with this link repeats an earlier one from now on, or no more. */
enum aq_status aq_link_set_repeats(struct aq_commit *c, const struct aq_link *link, bool repeats, struct aq_error *err);

/* Gives the batch's new comments their ids, for good. */
enum aq_status aq_commit_idents(struct aq_commit *c, struct aq_error *err);
/* Stores the text that the builder packed, in place of the small bundles it took in. */
enum aq_status aq_commit_bundles(struct aq_commit *c, struct aq_error *err);
/* Packs and stores the text of a unit's new comments. */
enum aq_status aq_commit_unit_text(struct aq_commit *c, const struct aq_unit *u, struct aq_error *err);
/* Stores the text of comments that had some before. */
enum aq_status aq_commit_replaced_text(struct aq_commit *c, struct aq_error *err);

#endif
