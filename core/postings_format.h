/* postings_format.h - the byte layout of postings that the writing and the reading
 * half share; grammar and reasons: docs/FORMAT.md, "postings". Private to
 * postings_*.c. */
#ifndef AQ_POSTINGS_FORMAT_H
#define AQ_POSTINGS_FORMAT_H

#include "bitpack.h"
#include "crc32c.h"
#include "postings.h"

enum {
    POSTINGS_FIELD = 'T', /* the field byte before the term in the key, part of the checksum */
    POSTINGS_CRC = 4,     /* ends both values */
    TF_MAX = 255,
    FORM_MAX = 255,       /* bytes of a form */
    FORMS_MAX = 1 << 16,  /* a code is 16 bits */

    /* A short list's first byte: df << 1 | HAS_FORMS. Zero begins a block list. */
    SHORT_HAS_FORMS = 1,

    /* Block list: fixed header, forms, directory, blocks. */
    HEADER_KIND = 0,
    HEADER_IMPACT = 1,     /* the highest of the directory */
    HEADER_FORM_COUNT = 2, /* u16, less one */
    HEADER_DF = 4,
    HEADER_TTF = 8,
    HEADER_FORM_BYTES = 16,
    HEADER_SIZE = 20,

    /* Directory: four arrays over the blocks, one after the other. */
    DIRECTORY_ROW = 13, /* bytes a block: last docid u32, offsets u32 and u32, impact u8 */

    /* Form: head byte, then what does not fit it. */
    FORM_LAST = 0x80,
    FORM_CUT_SHIFT = 4,
    FORM_CUT_MORE = 7,  /* bytes cut off the term's end: 0 to 6, or 7 and a varint */
    FORM_TAIL_MORE = 15, /* bytes put after what is left: 0 to 14, or 15 and a varint */

    /* Packed arrays: head byte = width, with this bit when exceptions follow. */
    PACKED_EXCEPTIONS = 0x80,
    PACKED_NARROW = 256, /* up to so many values an index takes one byte, else two */

    /* Widths a value of each kind can have. */
    DOCID_BITS = 32,
    FREQ_BITS = 8,
    POSITION_BITS = 10,
    CODE_BITS = 16
};

static inline const uint8_t *directory_last(const struct aq_postings *p, uint32_t block)
{
    return p->directory + 4 * (size_t)block;
}
static inline const uint8_t *directory_body(const struct aq_postings *p, uint32_t block)
{
    return p->directory + 4 * ((size_t)p->blocks + block);
}
static inline const uint8_t *directory_positions(const struct aq_postings *p, uint32_t block)
{
    return p->directory + 4 * (2 * (size_t)p->blocks + block);
}
static inline const uint8_t *directory_impact(const struct aq_postings *p, uint32_t block)
{
    return p->directory + 12 * (size_t)p->blocks + block;
}

/* The checksum of a value: over the key (field byte and term) and everything in
 * the value before it. */
static inline uint32_t postings_crc(struct aq_slice term, const uint8_t *bytes, size_t n)
{
    const uint8_t field = POSTINGS_FIELD;
    uint32_t crc = aq_crc32c(0, &field, 1);
    crc = aq_crc32c(crc, term.ptr, term.len);
    return aq_crc32c(crc, bytes, n);
}

/* Bytes of n values of `width` bits. */
static inline size_t packed_bytes(size_t n, unsigned width)
{
    return (n * width + 7) / 8;
}

/* Value at bit `bit` of LSB-first fields, width 1 to 32. Touches at most four bytes
 * after the field's last: a value's checksum stands there. */
static inline uint32_t packed_field(const uint8_t *p, size_t bit, unsigned width)
{
    const uint8_t *q = p + (bit >> 3);
    uint64_t v = aq_load32(q) | (uint64_t)q[4] << 32;
    return (uint32_t)(v >> (bit & 7) & ((UINT64_C(1) << width) - 1));
}

/* Reads an array of n values of at most max_bits; false (and r bad) when it cannot be one. */
bool aq_packed_read(struct aq_reading *r, uint32_t n, unsigned max_bits, struct aq_packed *a);

static inline uint32_t exception_index(const struct aq_packed *a, unsigned k)
{
    return a->count > PACKED_NARROW ? aq_load16(a->index + 2 * (size_t)k) : a->index[k];
}

/* What exception k adds to the low bits of its value. */
static inline uint32_t exception_high(const struct aq_packed *a, unsigned k)
{
    uint32_t high = a->high_width ? packed_field(a->high, (size_t)k * a->high_width, a->high_width) : 0;
    return (uint32_t)(((uint64_t)high + 1) << a->width);
}

static inline uint32_t cursor_end(struct aq_cursor *c)
{
    c->index = c->count = 0;
    return c->docid = AQ_DOCID_END;
}

static inline uint32_t cursor_fail(struct aq_cursor *c)
{
    c->bad = true;
    return cursor_end(c);
}

/* Walks the forms section. Form i is the term without its last `cut` bytes and
 * then `tail`; counts are there only when there are several forms. */
struct form_walk {
    struct aq_reading r;
    uint32_t code; /* of the current form */
    size_t cut;
    struct aq_slice tail;
    uint64_t count; /* 0: the only form */
    bool last;
};

/* Reads the next form; false on corruption. Not to be called after `last`. */
bool aq_form_walk_next(struct form_walk *w, size_t term_len);
static inline struct form_walk form_walk_of(const uint8_t *from, const uint8_t *end)
{
    return (struct form_walk){.r = {from, end, false}, .code = UINT32_MAX};
}
/* Writes the current form's bytes (at most FORM_MAX). */
struct aq_slice aq_form_walk_text(const struct form_walk *w, struct aq_slice term, uint8_t out[FORM_MAX]);

#endif
