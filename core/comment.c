/* comment.c - see comment.h. Owns the bytes of one comment's record (grammar:
 * docs/FORMAT.md, "comment"); knows nothing of frames, columns or checksums. */
#include "comment.h"

#include "aq_types.h"

enum {
    FORMAT_MASK = 3,
    /* Bit FIELD_BIT << i of the head: optional field i follows the id. */
    FIELD_BIT = 4,
    FIELDS = 4,
    PASSAGE_FLAGS = AQ_PASSAGE_HEADING | AQ_PASSAGE_CODE | AQ_PASSAGE_TITLED,
    PASSAGE_DEPTH_SHIFT = 3,
    PASSAGE_LEAST = 3 /* bytes one passage takes at the least */
};

/* What the record can say: the passages in order and inside the text. */
static bool comment_fits(const struct aq_comment *c)
{
    if (c->format > AQ_FORMAT_HTML || c->passage_count > AQ_MAX_PASSAGES || c->text.len > UINT32_MAX)
        return false;
    uint32_t at = 0;
    for (uint32_t i = 0; i < c->passage_count; i++) {
        const struct aq_passage *p = &c->passages[i];
        if (p->begin < at || p->end < p->begin || (p->flags & ~PASSAGE_FLAGS))
            return false;
        at = p->end;
    }
    return at <= c->text.len;
}

void aq_comment_encode(struct aq_buf *out, const struct aq_comment *c)
{
    if (!comment_fits(c)) {
        out->failed = true;
        return;
    }
    const struct aq_slice fields[FIELDS] = {c->parent, c->title, c->url, c->source};
    unsigned head = c->format;
    for (unsigned i = 0; i < FIELDS; i++)
        if (fields[i].len)
            head |= (unsigned)FIELD_BIT << i;
    aq_buf_u8(out, (uint8_t)head);
    aq_buf_bytes(out, c->id);
    for (unsigned i = 0; i < FIELDS; i++)
        if (fields[i].len)
            aq_buf_bytes(out, fields[i]);

    aq_buf_varint(out, c->passage_count);
    uint32_t at = 0;
    for (uint32_t i = 0; i < c->passage_count; i++) {
        const struct aq_passage *p = &c->passages[i];
        aq_buf_varint(out, (unsigned)p->quote_depth << PASSAGE_DEPTH_SHIFT | p->flags);
        aq_buf_varint(out, p->begin - at);
        aq_buf_varint(out, p->end - p->begin);
        at = p->end;
    }
    /* The text's length is where the last passage ends and what is left after it,
     * most often nothing: a byte that compresses away. */
    aq_buf_varint(out, c->text.len - at);
    aq_buf_put(out, c->text.ptr, c->text.len);
}

/* Reads count passages; returns where the last one ends. */
static uint32_t read_passages(struct aq_reading *r, struct aq_passage *passages, uint32_t count)
{
    uint64_t at = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t attributes = aq_read_varint32(r);
        uint64_t begin = at + aq_read_varint32(r);
        uint64_t end = begin + aq_read_varint32(r);
        if (attributes >> PASSAGE_DEPTH_SHIFT > UINT8_MAX || end > UINT32_MAX)
            r->bad = true;
        if (r->bad)
            return 0;
        passages[i] = (struct aq_passage){(uint32_t)begin, (uint32_t)end,
                                          (uint8_t)(attributes >> PASSAGE_DEPTH_SHIFT),
                                          (uint8_t)(attributes & PASSAGE_FLAGS)};
        at = end;
    }
    return (uint32_t)at;
}

enum aq_status aq_comment_decode(struct aq_comment *c, struct aq_slice bytes, struct aq_arena *arena,
                                 struct aq_error *err)
{
    struct aq_reading r = aq_reading_of(bytes);
    *c = (struct aq_comment){0};
    unsigned head = aq_read_u8(&r);
    c->format = (uint8_t)(head & FORMAT_MASK);
    if (r.bad || c->format > AQ_FORMAT_HTML || head >= (unsigned)FIELD_BIT << FIELDS)
        return aq_fail(err, AQ_CORRUPT, "comment record: unknown head byte");
    c->id = aq_read_bytes(&r);
    struct aq_slice *const fields[FIELDS] = {&c->parent, &c->title, &c->url, &c->source};
    for (unsigned i = 0; i < FIELDS; i++) {
        if (!(head & (unsigned)FIELD_BIT << i))
            continue;
        *fields[i] = aq_read_bytes(&r);
        if (fields[i]->len == 0)
            r.bad = true; /* an empty field has no bit */
    }
    uint32_t count = aq_read_varint32(&r);
    if (r.bad || count > AQ_MAX_PASSAGES || count > aq_reading_left(&r) / PASSAGE_LEAST)
        return aq_fail(err, AQ_CORRUPT, "comment record: fields run past its end");

    struct aq_passage *passages = NULL;
    if (count) {
        passages = aq_arena_alloc(arena, count * sizeof *passages);
        if (!passages)
            return aq_fail_nomem(err);
    }
    uint32_t end = read_passages(&r, passages, count);
    uint64_t text_len = (uint64_t)end + aq_read_varint32(&r);
    if (r.bad || text_len != aq_reading_left(&r))
        return aq_fail(err, AQ_CORRUPT, "comment record: passages and text disagree");
    c->passages = passages;
    c->passage_count = count;
    c->text = aq_read_raw(&r, (size_t)text_len);
    return AQ_OK;
}
