/* comment.c - see comment.h. Owns the bytes of one comment's record (grammar:
 * docs/FORMAT.md, "comment"); knows nothing of frames, columns or checksums. */
#include "comment.h"

#include "aq_types.h"
#include "id.h"

enum {
    FORMAT_MASK = 3,
    PARENT = 4,
    TITLE = 8,
    URL = 0x10,
    WHOLE = 0x20, /* one passage: the author's own words, all of the text */
    MARKS_SHIFT = 6,
    MARKS = AQ_COMMENT_LINK | AQ_COMMENT_CODE,
    PASSAGE_FLAGS = AQ_PASSAGE_HEADING | AQ_PASSAGE_CODE | AQ_PASSAGE_TITLED,
    PASSAGE_DEPTH_SHIFT = 3,
    PASSAGE_LEAST = 2 /* bytes one passage takes at the least */
};

static bool is_alphanumeric(uint8_t c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* An address that begins with http:// or https://, and not inside a word. */
static bool has_address(struct aq_slice text)
{
    const uint8_t *p = text.ptr, *end = p + text.len;
    while (p < end && (p = memmem(p, (size_t)(end - p), "://", 3)) != NULL) {
        const uint8_t *scheme = p;
        p += 3;
        if (scheme - text.ptr >= 5 && (scheme[-1] | 0x20) == 's')
            scheme--;
        if (scheme - text.ptr < 4 || strncasecmp((const char *)scheme - 4, "http", 4) != 0)
            continue;
        scheme -= 4;
        bool inside = scheme > text.ptr && is_alphanumeric(scheme[-1]);
        if (!inside && p < end && (is_alphanumeric(*p) || *p >= 0x80 || *p == '['))
            return true;
    }
    return false;
}

uint8_t aq_comment_shown_marks(const struct aq_comment *c)
{
    unsigned marks = has_address(c->text) ? AQ_COMMENT_LINK : 0;
    for (uint32_t i = 0; i < c->passage_count; i++)
        if (c->passages[i].flags & AQ_PASSAGE_CODE)
            marks |= AQ_COMMENT_CODE;
    return (uint8_t)marks;
}

/* What the record can say: the passages in order and inside the text. */
static bool comment_fits(const struct aq_comment *c)
{
    if (c->format > AQ_FORMAT_HTML || c->passage_count > AQ_MAX_PASSAGES || c->text.len > UINT32_MAX ||
        (c->marks & ~MARKS))
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

/* Most comments are: of these the record says no more. */
static bool is_whole(const struct aq_comment *c)
{
    const struct aq_passage *p = c->passages;
    return c->passage_count == 1 && p->begin == 0 && p->end == c->text.len && p->quote_depth == 0 && p->flags == 0;
}

/* The text's length is what is left of the record, and a last passage that ends with
 * it needs no length of its own. */
static void put_passages(struct aq_buf *out, const struct aq_comment *c)
{
    uint32_t count = c->passage_count, at = 0, end = count ? c->passages[count - 1].end : 0;
    bool rest = end < c->text.len;
    aq_buf_varint(out, (uint64_t)count << 1 | rest);
    for (uint32_t i = 0; i < count; i++) {
        const struct aq_passage *p = &c->passages[i];
        aq_buf_varint(out, (unsigned)p->quote_depth << PASSAGE_DEPTH_SHIFT | p->flags);
        aq_buf_varint(out, p->begin - at);
        if (rest || i + 1 < count)
            aq_buf_varint(out, p->end - p->begin);
        at = p->end;
    }
}

void aq_comment_encode(struct aq_buf *out, const struct aq_comment *c)
{
    if (!comment_fits(c)) {
        out->failed = true;
        return;
    }
    bool whole = is_whole(c);
    aq_buf_u8(out, (uint8_t)(c->format | (c->parent.len ? PARENT : 0) | (c->title.len ? TITLE : 0) |
                             (c->url.len ? URL : 0) | (whole ? WHOLE : 0) | c->marks << MARKS_SHIFT));
    if (c->parent.len)
        aq_id_encode(out, c->id, c->parent);
    if (c->title.len)
        aq_buf_bytes(out, c->title);
    if (c->url.len)
        aq_buf_bytes(out, c->url);
    if (!whole)
        put_passages(out, c);
    aq_buf_put(out, c->text.ptr, c->text.len);
}

/* ---- decoding ---- */

static enum aq_status read_parent(struct aq_reading *r, struct aq_slice id, struct aq_arena *arena,
                                  struct aq_slice *parent, struct aq_error *err)
{
    struct aq_id other;
    if (!aq_id_set(&other, id))
        r->bad = true;
    aq_id_decode(r, &other);
    if (r->bad || other.len == 0) /* an empty field has no bit */
        return aq_fail(err, AQ_CORRUPT, "comment record: its parent cannot be told from its id");
    *parent = aq_arena_copy(arena, aq_id_slice(&other));
    return parent->ptr ? AQ_OK : aq_fail_nomem(err);
}

static struct aq_slice read_field(struct aq_reading *r)
{
    struct aq_slice s = aq_read_bytes(r);
    if (s.len == 0)
        r->bad = true;
    return s;
}

/* Reads the passages but for the end of one that the text ends with: that is
 * UINT32_MAX. */
static void read_passages(struct aq_reading *r, struct aq_passage *passages, uint32_t count, bool rest)
{
    uint64_t at = 0;
    for (uint32_t i = 0; i < count && !r->bad; i++) {
        uint32_t attributes = aq_read_varint32(r);
        uint64_t begin = at + aq_read_varint32(r);
        uint64_t end = rest || i + 1 < count ? begin + aq_read_varint32(r) : UINT32_MAX;
        if (attributes >> PASSAGE_DEPTH_SHIFT > UINT8_MAX || begin > UINT32_MAX || end > UINT32_MAX)
            r->bad = true;
        passages[i] = (struct aq_passage){(uint32_t)begin, (uint32_t)end,
                                          (uint8_t)(attributes >> PASSAGE_DEPTH_SHIFT),
                                          (uint8_t)(attributes & PASSAGE_FLAGS)};
        at = end;
    }
}

/* Passages and text, which is what is left behind them. */
static enum aq_status read_body(struct aq_comment *c, struct aq_reading *r, bool whole, struct aq_arena *arena,
                                struct aq_error *err)
{
    uint32_t head = whole ? 2 : aq_read_varint32(r), count = head >> 1;
    bool rest = head & 1;
    if (r->bad || count > AQ_MAX_PASSAGES || (!whole && count > aq_reading_left(r) / PASSAGE_LEAST))
        return aq_fail(err, AQ_CORRUPT, "comment record: fields run past its end");
    struct aq_passage *passages = count ? aq_arena_zalloc(arena, count * sizeof *passages) : NULL;
    if (count && !passages)
        return aq_fail_nomem(err);
    if (!whole)
        read_passages(r, passages, count, rest);
    size_t len = aq_reading_left(r);
    uint32_t end = count ? passages[count - 1].end : 0;
    if (count && !rest && len <= UINT32_MAX)
        passages[count - 1].end = end = (uint32_t)len;
    if (r->bad || len > UINT32_MAX || (rest ? end >= len : end != len) ||
        (count && passages[count - 1].begin > end))
        return aq_fail(err, AQ_CORRUPT, "comment record: passages and text disagree");
    c->passages = passages;
    c->passage_count = count;
    c->text = aq_read_raw(r, len);
    return AQ_OK;
}

enum aq_status aq_comment_decode(struct aq_comment *c, struct aq_slice bytes, struct aq_slice id,
                                 struct aq_arena *arena, struct aq_error *err)
{
    struct aq_reading r = aq_reading_of(bytes);
    enum aq_status st = AQ_OK;
    unsigned head = aq_read_u8(&r);
    *c = (struct aq_comment){.id = id, .format = (uint8_t)(head & FORMAT_MASK),
                             .marks = (uint8_t)(head >> MARKS_SHIFT)};
    if (r.bad || c->format > AQ_FORMAT_HTML)
        return aq_fail(err, AQ_CORRUPT, "comment record: unknown head byte");
    if (head & PARENT)
        st = read_parent(&r, id, arena, &c->parent, err);
    if (head & TITLE)
        c->title = read_field(&r);
    if (head & URL)
        c->url = read_field(&r);
    return st ? st : read_body(c, &r, head & WHOLE, arena, err);
}
