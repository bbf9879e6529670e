/* store_state.c - the two records that say what the index is: its state, and one
 * line of the segment list each. Bytes only; it knows no transaction. */
#include "store_internal.h"

enum { SEGMENT_RECORD = 2 /* version */ };

enum aq_status aq_state_encode(struct aq_buf *out, const struct aq_state *s)
{
    aq_buf_u32(out, AQ_FORMAT_VERSION);
    aq_buf_u64(out, s->commit);
    aq_buf_u32(out, s->next_comment);
    aq_buf_u32(out, s->next_segment);
    aq_buf_u32(out, s->next_author);
    aq_buf_u32(out, s->next_thread);
    aq_buf_u32(out, s->next_tags);
    aq_buf_u32(out, s->next_source);
    aq_buf_u32(out, s->comments);
    aq_buf_u32(out, s->pend_comments);
    aq_buf_u32(out, s->pend_passages);
    aq_buf_u64(out, s->pend_tokens);
    aq_buf_u32(out, s->dictionary);
    aq_buf_u32(out, s->inflight);
    aq_buf_u64(out, s->text_bytes);
    aq_buf_bytes(out, aq_slice(s->identity, strnlen(s->identity, sizeof s->identity - 1)));
    aq_buf_bytes(out, aq_slice(s->language, strnlen(s->language, sizeof s->language - 1)));
    return out->failed ? AQ_NOMEM : AQ_OK;
}

static bool copy_text(char *out, size_t size, struct aq_slice s)
{
    if (s.len >= size || (s.len && memchr(s.ptr, 0, s.len)))
        return false;
    memset(out, 0, size);
    if (s.len)
        memcpy(out, s.ptr, s.len);
    return true;
}

enum aq_status aq_state_decode(struct aq_state *s, struct aq_slice payload, const char *dir, struct aq_error *err)
{
    struct aq_reading r = aq_reading_of(payload);
    uint32_t version = aq_read_u32(&r);
    if (!r.bad && version != AQ_FORMAT_VERSION)
        return aq_fail(err, AQ_VERSION, "%s has format version %u, this program reads version %u; rebuild the index",
                       dir, version, AQ_FORMAT_VERSION);
    s->commit = aq_read_u64(&r);
    s->next_comment = aq_read_u32(&r);
    s->next_segment = aq_read_u32(&r);
    s->next_author = aq_read_u32(&r);
    s->next_thread = aq_read_u32(&r);
    s->next_tags = aq_read_u32(&r);
    s->next_source = aq_read_u32(&r);
    s->comments = aq_read_u32(&r);
    s->pend_comments = aq_read_u32(&r);
    s->pend_passages = aq_read_u32(&r);
    s->pend_tokens = aq_read_u64(&r);
    s->dictionary = aq_read_u32(&r);
    s->inflight = aq_read_u32(&r);
    s->text_bytes = aq_read_u64(&r);
    struct aq_slice identity = aq_read_bytes(&r), language = aq_read_bytes(&r);
    if (r.bad || r.p != r.end || !copy_text(s->identity, sizeof s->identity, identity) ||
        !copy_text(s->language, sizeof s->language, language))
        return aq_fail(err, AQ_CORRUPT, "%s: its state record is damaged; run aq check, or rebuild it", dir);
    return AQ_OK;
}

static void put_double(struct aq_buf *b, double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    aq_buf_u64(b, bits);
}

enum aq_status aq_segment_info_encode(struct aq_buf *out, const struct aq_segment_info *i)
{
    aq_buf_u8(out, SEGMENT_RECORD);
    aq_buf_u32(out, i->passages);
    aq_buf_u32(out, i->deleted);
    aq_buf_u32(out, i->terms);
    aq_buf_u32(out, i->longest);
    aq_buf_u64(out, i->tokens);
    aq_buf_u64(out, i->postings);
    aq_buf_u64(out, i->bytes);
    put_double(out, i->k1);
    put_double(out, i->b);
    put_double(out, i->average_length);
    return out->failed ? AQ_NOMEM : AQ_OK;
}

static double load_double(struct aq_reading *r)
{
    uint64_t bits = aq_read_u64(r);
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

enum aq_status aq_segment_info_decode(struct aq_segment_info *i, struct aq_slice key, struct aq_slice payload)
{
    struct aq_reading r = aq_reading_of(payload);
    *i = (struct aq_segment_info){0};
    if (key.len != 4 || aq_read_u8(&r) != SEGMENT_RECORD)
        return AQ_CORRUPT;
    i->id = aq_unkey32(key.ptr);
    i->passages = aq_read_u32(&r);
    i->deleted = aq_read_u32(&r);
    i->terms = aq_read_u32(&r);
    i->longest = aq_read_u32(&r);
    i->tokens = aq_read_u64(&r);
    i->postings = aq_read_u64(&r);
    i->bytes = aq_read_u64(&r);
    i->k1 = load_double(&r);
    i->b = load_double(&r);
    i->average_length = load_double(&r);
    return r.bad || r.p != r.end || i->deleted > i->passages || i->tokens > (uint64_t)i->passages * 255 ? AQ_CORRUPT
                                                                                                        : AQ_OK;
}
