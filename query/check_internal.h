/* check_internal.h - shared by check.c and check_*.c only. A map of them:
 *
 *   check.c           aq_check: the order of things, memory, faults and how they read
 *   check_records.c   meta, columns, bundles, ids, names, thread members, repeats
 *   check_passages.c  lengths, bitmaps and maps of segments; pending comments
 *   check_postings.c  every list of every segment
 *   check_forms.c     the table of forms against those lists
 *   check_links.c     links and fingerprints; the hidden marks
 *   check_text.c      every comment's text against all of the above
 *
 * How text and postings are compared in a few bytes a passage: each occurrence of a
 * word in a passage adds a number made of its term, its form and its position to
 * the passage's sum, first while the postings are walked, term by term, and again
 * while the text is analyzed, passage by passage; the passage's row in the repeat
 * table adds one for its hash. The order of a sum does not matter, so both must
 * come out alike. Where they do not, the passage is looked at word by word. */
#ifndef AQ_CHECK_INTERNAL_H
#define AQ_CHECK_INTERNAL_H

#include "analyzer.h"
#include "aq.h"
#include "passage.h"
#include "store.h"

#define AQ_NOWHERE UINT32_MAX

/* A listed segment, beside t.segments. Its passages are numbered from `base` on
 * among all of the index; bases are multiples of 64. */
struct aq_check_segment {
    uint32_t base;
    uint32_t mapped;           /* passages whose map entry was met, so far */
    uint32_t comment, ordinal; /* of the last of them */
    uint32_t longest;          /* their highest ordinal, and one more */
    uint32_t deleted;          /* tombstones met */
    uint32_t comments;         /* comments that begin in the map, so far */
    uint32_t ordered;          /* of these, met in the order index */
    int64_t last_ordered;      /* the last of them, -1 */
    bool has_lengths, ascending;
    uint64_t forms, form_sum;  /* that its lists have, and what they add up to */
};

struct aq_check {
    struct aq_txn t;
    struct aq_analyzer *analyzer;
    struct aq_error *err;
    aq_check_progress *progress;
    void *context;
    struct aq_check_segment *segments;

    /* One a comment. */
    uint32_t *place;    /* its first passage, AQ_NOWHERE */
    uint16_t *passages; /* how many stand there */
    uint8_t *in_thread; /* bitmap: its thread lists it */
    uint64_t *prints;   /* what its fingerprints add up to */

    /* One a passage of a segment or, from pend_base on, of pending comments. */
    uint32_t passage_count, pend_base;
    uint64_t *sums;
    uint8_t *left;      /* its length, less the occurrences met in postings */
    uint8_t *deleted, *hidden, *quote; /* bitmaps */
    uint8_t *repeats;   /* bitmap: the repeat table says that it repeats another */
    uint8_t *linked;    /* bitmap: it has a link to its source that hides it */

    /* Totals to be compared at the end. */
    uint64_t live, text_bytes, with_text, awaiting, author_words;
    uint64_t listed_ids[256]; /* numbers in the id table, by kind */
};

/* AQ_CORRUPT with a message: the table, what is wrong, what to do. */
enum aq_status aq_check_fault(struct aq_check *c, const char *table, const char *fmt, ...) AQ_PRINTF(3, 4);
/* Bytes for a message: quoted, control characters escaped, cut where too long. */
enum { AQ_QUOTED_BYTES = 120 };
const char *aq_check_quoted(struct aq_slice s, char out[AQ_QUOTED_BYTES]);
/* "passage 2 of comment 17 (segment 3, docid 9)" of a passage by its number. */
enum { AQ_WHERE_BYTES = 120 };
const char *aq_check_where(struct aq_check *c, uint32_t passage, char out[AQ_WHERE_BYTES]);

void aq_check_tell(struct aq_check *c, const char *stage, uint64_t done, uint64_t total);

/* Walks a table, checksums included. */
typedef enum aq_status aq_check_row(struct aq_check *c, void *context, struct aq_slice key, struct aq_slice payload);
enum aq_status aq_check_table(struct aq_check *c, enum aq_table table, aq_check_row *visit, void *context);
const char *aq_check_table_name(enum aq_table table);
/* Walks a set, the form and order of its rows included. */
typedef enum aq_status aq_check_entry(struct aq_check *c, void *context, const uint8_t *entry);
enum aq_status aq_check_set(struct aq_check *c, enum aq_table table, aq_check_entry *entry, void *context);

/* Index of a listed segment in t.segments, or -1. */
int aq_check_segment_index(const struct aq_check *c, uint32_t id);

static inline bool aq_check_bit(const uint8_t *bits, uint32_t i)
{
    return bits[i >> 3] >> (i & 7) & 1;
}
static inline void aq_check_set_bit(uint8_t *bits, uint32_t i)
{
    bits[i >> 3] |= (uint8_t)(1u << (i & 7));
}
static inline bool aq_check_live(struct aq_check *c, uint32_t comment)
{
    return aq_column_get(&c->t, AQ_COL_FLAGS, comment) & AQ_LIVE;
}

/* ---- what occurrences add ---- */

static inline uint64_t aq_check_word(uint64_t term_hash, uint64_t form_hash)
{
    return term_hash * 0x9e3779b97f4a7c15u + form_hash * 0xd1b54a32d192ed02u;
}
/* Positions count modulo 8: blocks of a passage stand AQ_PASSAGE_GAP = 8 positions
 * apart, and where its blocks end is not stored with it. */
static inline uint64_t aq_check_at(uint64_t word, uint32_t position)
{
    unsigned turn = 8 * (position & 7);
    return word << turn | word >> ((64 - turn) & 63);
}
static inline uint64_t aq_check_form(uint64_t word, uint64_t count)
{
    return (word ^ count * 0xff51afd7ed558ccdu) * 0xc4ceb9fe1a85ec53u;
}
static inline uint64_t aq_check_repeat(uint64_t hash)
{
    return (hash ^ 0x2545f4914f6cdd1du) * 0xda942042e4dd58b5u;
}

/* Is number among those under (kind, hash) in the id table? *count: of them. */
enum aq_status aq_check_listed(struct aq_check *c, enum aq_id_kind kind, uint64_t hash, uint32_t number, bool *is,
                               uint32_t *count);

/* ---- the parts, in order ---- */

enum aq_status aq_check_meta(struct aq_check *c);
enum aq_status aq_check_coverage(struct aq_check *c); /* before memory is taken a comment */
enum aq_status aq_check_pending_totals(struct aq_check *c); /* and a pending passage */
enum aq_status aq_check_columns(struct aq_check *c);
enum aq_status aq_check_passages(struct aq_check *c);
enum aq_status aq_check_pending(struct aq_check *c);
enum aq_status aq_check_repeats(struct aq_check *c);
enum aq_status aq_check_links(struct aq_check *c);  /* after the repeats */
enum aq_status aq_check_prints(struct aq_check *c);
/* A live comment's fingerprints against its text. After aq_check_prints. */
enum aq_status aq_check_prints_of(struct aq_check *c, uint32_t comment, const struct aq_comment *text);
enum aq_status aq_check_members(struct aq_check *c);
enum aq_status aq_check_names(struct aq_check *c);
enum aq_status aq_check_postings(struct aq_check *c);
enum aq_status aq_check_forms(struct aq_check *c);    /* after the postings */
enum aq_status aq_check_text(struct aq_check *c);
enum aq_status aq_check_ids(struct aq_check *c);      /* after the text was counted */

#endif
