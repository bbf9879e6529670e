/* postings.h - the postings format: one term's list in one segment, its writer
 * and its cursor. The byte grammar is in docs/FORMAT.md, "postings"; write and
 * read halves (postings_write.c, postings_read.c) stand or fall together.
 *
 * A list comes in two values: the *list* (df, forms, directory, docids, freqs) and
 * the *positions* (empty for short lists, which carry them inside). A docid is a
 * passage's number in its segment; a freq (tf) is 1 to 255, because a passage has
 * at most 255 tokens; a position is below AQ_POSITION_MAX. Beside each position
 * stands a form code: 0 is the term's most frequent form in the segment. */
#ifndef AQ_POSTINGS_H
#define AQ_POSTINGS_H

#include "base.h"

enum {
    AQ_BLOCK = 128,          /* postings a full block */
    AQ_SHORT_LIST = 128,     /* lists with fewer postings are written as one run of varints */
    AQ_POSITION_MAX = 1024   /* positions are below this */
};
#define AQ_DOCID_END UINT32_MAX /* a docid after all others */

struct aq_form {
    struct aq_slice text;
    uint64_t count; /* positions with this form in the segment */
};

/* BM25's length normalisation at build time, for the impacts. */
struct aq_impact_model {
    double k1, b, average_length;
};

/* A passage shorter than this share of the average length scores as if it had it:
 * a comment of one word is not the best answer about that word. (Xapian's BM25
 * calls it min_normlen.) */
#define AQ_MIN_LENGTH 0.25

/* BM25's length normalisation K: k1 * (1 - b + b * max(length / average, AQ_MIN_LENGTH)). */
static inline double aq_relative_length_norm(double k1, double b, double relative)
{
    return k1 * (1 - b + b * (relative > AQ_MIN_LENGTH ? relative : AQ_MIN_LENGTH));
}
static inline double aq_length_norm(double k1, double b, double average, unsigned length)
{
    return aq_relative_length_norm(k1, b, length / average);
}

/* ceil(255 * tf / (tf + K)), 1 to 255: an upper bound of the saturated tf in 255ths. */
uint8_t aq_impact(const struct aq_impact_model *m, uint32_t tf, uint8_t length);

/* ---- writing ---- */

struct aq_postings_writer;
struct aq_postings_writer *aq_postings_writer_new(void); /* NULL: out of memory */
void aq_postings_writer_free(struct aq_postings_writer *w);

/* Starts a list. forms[code] must be in descending order of count (ties by
 * bytes), at least one, each used at least once; they are borrowed until end. */
void aq_postings_begin(struct aq_postings_writer *w, struct aq_slice term, const struct aq_form *forms,
                       uint32_t form_count, const struct aq_impact_model *model);

/* Adds one posting: docids ascend, positions ascend strictly within it; codes[i]
 * is the form at positions[i]. length is the passage's token count. */
void aq_postings_add(struct aq_postings_writer *w, uint32_t docid, uint8_t length, uint32_t tf,
                     const uint16_t *positions, const uint16_t *codes);

/* Ends the list; both values (checksums included) stay valid until the next
 * begin. AQ_FULL when a value would pass 4 GiB or there are more than 65,536
 * forms; AQ_INVALID when the rules above were broken or nothing was added. */
enum aq_status aq_postings_end(struct aq_postings_writer *w, struct aq_slice *list,
                               struct aq_slice *positions);

/* ---- reading ---- */

/* A parsed header over borrowed values. Parsing checks bounds and the directory's
 * order, not checksums. */
struct aq_postings {
    struct aq_slice list, positions;
    struct aq_slice term;
    uint32_t df;
    uint64_t ttf;        /* total positions; 0 for short lists, which do not say */
    uint32_t blocks;     /* 0: a short list */
    uint32_t form_count;
    /* Docids at or above it are corruption to a cursor. AQ_DOCID_END after parsing;
     * who knows the segment's number of passages sets that, so that no docid ever
     * leads outside an array over them. */
    uint32_t docid_limit;
    struct aq_slice form_bytes; /* empty: one form, the term itself */
    const uint8_t *directory;   /* blocks > 0: see docs/FORMAT.md */
    const uint8_t *body, *body_end;
};

enum aq_status aq_postings_parse(struct aq_postings *p, struct aq_slice term, struct aq_slice list,
                                 struct aq_slice positions);

/* The code of a form, or -1 when the segment never saw it. */
int aq_postings_form_code(const struct aq_postings *p, struct aq_slice form);

/* Calls visit for every form in code order, until it returns false. */
typedef bool aq_form_visit(void *context, uint32_t code, struct aq_slice form, uint64_t count);
enum aq_status aq_postings_forms(const struct aq_postings *p, aq_form_visit *visit, void *context);

/* Directory of a block list, for plans: block in [0, p->blocks). */
uint32_t aq_postings_block_last(const struct aq_postings *p, uint32_t block);
uint8_t aq_postings_block_impact(const struct aq_postings *p, uint32_t block);
/* Highest impact of the list (255 for a short list). */
uint8_t aq_postings_impact(const struct aq_postings *p);

/* A list held in memory (pending comments): arrays owned by the caller. */
struct aq_memory_postings {
    const uint32_t *docids;
    const uint8_t *freqs;
    const uint32_t *starts; /* first index of posting i in positions and codes; df + 1 entries */
    const uint16_t *positions, *codes;
    uint32_t df;
};

/* An array of small numbers over borrowed bytes: the low `width` bits of each,
 * packed, and for the few that need more, their indexes and high bits. Private to
 * the postings' files. */
struct aq_packed {
    const uint8_t *low, *index, *high;
    uint32_t count;
    uint8_t width, exceptions, high_width;
    uint8_t next; /* exception at which the last range that was read began */
};

/* A cursor stands on a posting or at the end. After init it stands on the first.
 * Decoding errors stick: `bad` is set and the cursor is at the end. */
struct aq_cursor {
    uint32_t docid;  /* current, AQ_DOCID_END at the end */
    uint32_t index;  /* of the current posting in the decoded block */
    uint32_t count;  /* postings in the decoded block */
    uint32_t block;  /* its number */
    bool bad;
    bool docids_ready, freqs_ready, positions_ready; /* of the block */
    const struct aq_postings *list;        /* NULL over memory */
    const struct aq_memory_postings *memory;
    struct aq_packed packed_docids, packed_freqs, packed_positions, packed_codes;
    uint32_t docids[AQ_BLOCK];     /* beyond count: AQ_DOCID_END */
    uint32_t freqs[AQ_BLOCK];
    /* Once positions_ready, where each posting's positions start: an index in the
     * block, or in a short list a byte offset in the body. */
    uint32_t starts[AQ_BLOCK + 1];
};

void aq_cursor_init(struct aq_cursor *c, const struct aq_postings *p);
void aq_cursor_init_memory(struct aq_cursor *c, const struct aq_memory_postings *m);

/* To the next posting; returns its docid. */
uint32_t aq_cursor_next(struct aq_cursor *c);
/* To the first posting with docid >= target (never backwards); returns its docid. */
uint32_t aq_cursor_seek(struct aq_cursor *c, uint32_t target);
/* tf of the current posting; 0 at the end and on corruption. */
uint32_t aq_cursor_freq(struct aq_cursor *c);
/* The rest of the decoded block from the current posting on, as arrays (docids,
 * freqs); *n of them. For plans that work block by block: afterwards
 * aq_cursor_next_block moves to the following block's first posting. */
void aq_cursor_batch(struct aq_cursor *c, const uint32_t **docids, const uint32_t **freqs, uint32_t *n);
uint32_t aq_cursor_next_block(struct aq_cursor *c);
/* Positions and form codes of the current posting; each array has room for 255,
 * codes may be NULL. Returns how many (the freq), 0 at the end and on corruption. */
uint32_t aq_cursor_positions(struct aq_cursor *c, uint16_t *positions, uint16_t *codes);

/* Of `count` ascending starts keeps, in place, those for which the current posting has
 * position start + offset, in the form with this code (negative: in any); returns how
 * many. */
uint32_t aq_cursor_meet_positions(struct aq_cursor *c, uint32_t offset, int32_t code, uint16_t *starts,
                                  uint32_t count);

/* ---- reading by blocks ----
 * For plans that look at bounds before they decode. A cursor that was opened so has
 * nothing decoded and stands nowhere: only these functions, and those of freq and
 * positions after aq_cursor_place, may be called on it. `bad` as above. */
#define AQ_NO_BLOCK UINT32_MAX

void aq_cursor_open(struct aq_cursor *c, const struct aq_postings *p);
void aq_cursor_open_memory(struct aq_cursor *c, const struct aq_memory_postings *m);

/* Blocks of the list: AQ_BLOCK postings each, fewer in the last. A short list is one. */
uint32_t aq_cursor_blocks(const struct aq_cursor *c);
/* The last docid of a block; of a short list, which does not say, a bound for it. */
uint32_t aq_cursor_block_last(const struct aq_cursor *c, uint32_t block);
/* An upper bound of its impacts: 255 where none are stored. */
uint8_t aq_cursor_block_impact(const struct aq_cursor *c, uint32_t block);
/* The impacts of all blocks; NULL where none are stored. */
const uint8_t *aq_cursor_impacts(const struct aq_cursor *c);
/* The first block from the current one on whose last docid is at least target; the
 * number of blocks when there is none. Decodes nothing. */
uint32_t aq_cursor_find_block(const struct aq_cursor *c, uint32_t target);

/* Goes to any block, in any order, and counts its postings. Then, each when asked for:
 * docids[0 .. count - 1] (load_block, which enters by itself) and freqs. All false on
 * corruption. */
bool aq_cursor_enter_block(struct aq_cursor *c, uint32_t block);
bool aq_cursor_load_block(struct aq_cursor *c, uint32_t block);
bool aq_cursor_load_freqs(struct aq_cursor *c);
/* Stands on a posting, by its number in the list, whose docid the caller knows: for
 * aq_cursor_freq and aq_cursor_positions, without decoding the block's docids. */
bool aq_cursor_place(struct aq_cursor *c, uint32_t posting, uint32_t docid);

/* Walks everything with checksums: order, bounds, counts, freqs, positions, form
 * counts, impacts against lengths (u8 a docid; docid_count of them). NULL when
 * sound, else what is wrong and where, in a static or reason buffer. */
const char *aq_postings_validate(const struct aq_postings *p, const uint8_t *lengths, uint32_t docid_count,
                                 const struct aq_impact_model *model, char *reason, size_t reason_size);

#endif
