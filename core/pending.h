/* pending.h - the forward record of a comment that is in no segment yet: its
 * terms with their postings, searched by scanning. Grammar: docs/FORMAT.md,
 * "pend". A query compares 32-bit hashes first and then the term itself. */
#ifndef AQ_PENDING_H
#define AQ_PENDING_H

#include "analyzer.h"

enum { AQ_PENDING_QUOTE = 1, AQ_PENDING_HIDDEN = 2 };

struct aq_pending_passage {
    uint8_t length; /* tokens */
    uint8_t flags;
};

/* One occurrence handed to the encoder. */
struct aq_pending_token {
    uint32_t lexeme;
    uint16_t ordinal;  /* passage in the comment */
    uint16_t position; /* in the passage */
};

/* Encodes one comment; tokens are in any order of lexeme but ascending by
 * (ordinal, position) for each. Appends to out, nothing on failure: AQ_NOMEM, or
 * AQ_INVALID when a term stands twice at a place, or outside the passages. */
enum aq_status aq_pending_encode(struct aq_buf *out, const struct aq_analyzer *a,
                                 const struct aq_pending_passage *passages, uint32_t passage_count,
                                 const struct aq_pending_token *tokens, size_t token_count);

struct aq_pending {
    uint32_t passage_count;
    const uint8_t *passages; /* 2 bytes each: length, flags */
    uint32_t term_count;
    const uint8_t *hashes;   /* 4 bytes each, in term order */
    struct aq_slice terms;   /* term_count term records */
    uint64_t tokens;         /* sum of the lengths */
};

/* Over borrowed bytes; AQ_CORRUPT when they contradict themselves. */
enum aq_status aq_pending_parse(struct aq_pending *p, struct aq_slice bytes);

/* Sets or clears AQ_PENDING_HIDDEN of a passage in a writable copy of a record. */
enum aq_status aq_pending_set_hidden(uint8_t *bytes, size_t len, uint32_t ordinal, bool hidden);

/* One term of a pending comment, decoded into the caller's arrays. */
struct aq_pending_term {
    struct aq_slice term;
    uint32_t form_count;
    struct aq_slice forms;    /* for aq_pending_form */
    struct aq_slice postings; /* for aq_pending_postings */
};

/* Iterates terms: starts with *at = 0; false at the end or on corruption (*bad).
 * The postings of a term that comes out are sound: ordinals ascend and are below
 * passage_count, positions ascend, codes are below form_count. */
bool aq_pending_next(const struct aq_pending *p, size_t *at, struct aq_pending_term *term, bool *bad);
/* Passes over a term unread: false at the end or on corruption, as above. */
bool aq_pending_skip(const struct aq_pending *p, size_t *at, bool *bad);
/* Finds a term by the low 32 bits of XXH3(term), then by its bytes. */
bool aq_pending_find(const struct aq_pending *p, struct aq_slice term, uint64_t term_hash,
                     struct aq_pending_term *out, bool *bad);
/* Form number `code`'s bytes. */
bool aq_pending_form(const struct aq_pending_term *t, uint32_t code, struct aq_slice *form);
/* Iterates postings of a term: *at starts at 0. Arrays have room for 255. */
bool aq_pending_posting(const struct aq_pending_term *t, size_t *at, uint32_t *ordinal, uint32_t *tf,
                        uint16_t *positions, uint16_t *codes, bool *bad);

#endif
