/* postings_read.c - see postings.h. Owns parsing and the cursor; positions are in
 * postings_positions.c. Trusts no byte: whatever the values hold, it reads only inside
 * them and ends. Knows nothing of writing or of queries. */
#include "postings_format.h"

/* ---- parsing ---- */

static enum aq_status parse_short(struct aq_postings *p, const uint8_t *end)
{
    uint8_t head = p->list.ptr[0];
    const uint8_t *at = p->list.ptr + 1;
    size_t code_bytes = 0;
    p->df = head >> 1;
    p->form_count = 1;
    if (head & SHORT_HAS_FORMS) {
        struct form_walk w = form_walk_of(at, end);
        uint64_t ttf = 0;
        do {
            if (!aq_form_walk_next(&w, p->term.len) || w.count > (uint64_t)AQ_SHORT_LIST * TF_MAX)
                return AQ_CORRUPT;
            ttf += w.count;
        } while (!w.last);
        p->form_count = w.code + 1;
        p->form_bytes = aq_slice(at, (size_t)(w.r.p - at));
        at = w.r.p;
        if (p->form_count > 1) {
            if (ttf > (uint64_t)AQ_SHORT_LIST * TF_MAX)
                return AQ_CORRUPT;
            code_bytes = packed_bytes((size_t)ttf, aq_bits(p->form_count - 1));
        }
    }
    /* A posting has a byte for its docid and one for a position at the least. */
    if (p->positions.len || (size_t)(end - at) < code_bytes + 2 * (size_t)p->df)
        return AQ_CORRUPT;
    p->body = at;
    p->body_end = end - code_bytes;
    return AQ_OK;
}

/* Whether the directory's last docids ascend. Without a branch in the loop, so
 * that a list of a million postings is looked through in a microsecond or two. */
static bool directory_ascends(const struct aq_postings *p)
{
    bool ascends = aq_load32(directory_last(p, p->blocks - 1)) != AQ_DOCID_END;
    for (uint32_t b = 1; b < p->blocks; b++)
        ascends &= aq_load32(directory_last(p, b - 1)) < aq_load32(directory_last(p, b));
    return ascends;
}

static enum aq_status parse_blocks(struct aq_postings *p, const uint8_t *end)
{
    struct aq_slice list = p->list;
    if (list.len < HEADER_SIZE + POSTINGS_CRC || p->positions.len < POSTINGS_CRC)
        return AQ_CORRUPT;
    p->form_count = aq_load16(list.ptr + HEADER_FORM_COUNT) + 1u;
    p->df = aq_load32(list.ptr + HEADER_DF);
    p->ttf = aq_load64(list.ptr + HEADER_TTF);
    if (list.ptr[HEADER_KIND] != 0 || p->df < AQ_SHORT_LIST || p->ttf < p->df ||
        p->ttf > (uint64_t)p->df * TF_MAX)
        return AQ_CORRUPT;
    p->blocks = p->df / AQ_BLOCK + (p->df % AQ_BLOCK != 0);

    struct aq_reading r = {list.ptr + HEADER_SIZE, end, false};
    p->form_bytes = aq_read_raw(&r, aq_load32(list.ptr + HEADER_FORM_BYTES));
    struct aq_slice directory = aq_read_raw(&r, (uint64_t)p->blocks * DIRECTORY_ROW);
    if (r.bad || (p->form_bytes.len == 0 && p->form_count != 1))
        return AQ_CORRUPT;
    p->directory = directory.ptr;
    p->body = r.p;
    p->body_end = end;
    return directory_ascends(p) ? AQ_OK : AQ_CORRUPT;
}

enum aq_status aq_postings_parse(struct aq_postings *p, struct aq_slice term, struct aq_slice list,
                                 struct aq_slice positions)
{
    *p = (struct aq_postings){.list = list, .positions = positions, .term = term, .docid_limit = AQ_DOCID_END};
    if (list.len < 1 + POSTINGS_CRC)
        return AQ_CORRUPT;
    const uint8_t *end = list.ptr + list.len - POSTINGS_CRC;
    return list.ptr[0] > SHORT_HAS_FORMS ? parse_short(p, end) : parse_blocks(p, end);
}

uint32_t aq_postings_block_last(const struct aq_postings *p, uint32_t block)
{
    return aq_load32(directory_last(p, block));
}

uint8_t aq_postings_block_impact(const struct aq_postings *p, uint32_t block)
{
    return *directory_impact(p, block);
}

uint8_t aq_postings_impact(const struct aq_postings *p)
{
    return p->blocks ? p->list.ptr[HEADER_IMPACT] : 255;
}

/* ---- packed arrays ---- */

/* Two a block: by hand rather than with a call a byte. */
bool aq_packed_read(struct aq_reading *r, uint32_t n, unsigned max_bits, struct aq_packed *a)
{
    const uint8_t *p = r->p;
    size_t left = aq_reading_left(r), head = left && (*p & PACKED_EXCEPTIONS) ? 3 : 1;
    r->bad |= left < head;
    if (r->bad)
        return false;
    *a = (struct aq_packed){.count = n, .width = *p & (uint8_t)~PACKED_EXCEPTIONS};
    if (head == 3) {
        a->exceptions = p[1];
        a->high_width = p[2];
    }
    size_t low = packed_bytes(n, a->width), index = (size_t)a->exceptions << (n > PACKED_NARROW);
    size_t high = packed_bytes(a->exceptions, a->high_width);
    if ((unsigned)a->width + a->high_width > max_bits || left - head < low + index + high) {
        r->bad = true;
        return false;
    }
    a->low = p + head;
    a->index = a->low + low;
    a->high = a->index + index;
    r->p = a->high + high;
    return true;
}

/* ---- decoding a block ---- */

uint32_t aq_cursor_blocks(const struct aq_cursor *c)
{
    if (c->memory)
        return c->memory->df / AQ_BLOCK + (c->memory->df % AQ_BLOCK != 0);
    return c->list->blocks ? c->list->blocks : 1;
}

/* Docids of a full block. Every one of them comes out above base (-1 before the
 * first block) and at most `last`: the gaps' sum is below 2^32 or the order is
 * looked at, so nothing can wrap around unseen. */
static bool unpack_docids(const struct aq_packed *a, uint32_t base, uint32_t last, uint32_t *docids)
{
    aq_unpack128(a->low, a->width, docids);
    for (unsigned k = 0; k < a->exceptions; k++)
        docids[a->index[k] % AQ_BLOCK] += exception_high(a, k);
    aq_sum128(docids, base);
    if (docids[AQ_BLOCK - 1] != last)
        return false;
    uint64_t bound = ((uint64_t)AQ_BLOCK << a->width) + ((uint64_t)a->exceptions << (a->width + a->high_width));
    if (AQ_LIKELY(bound <= UINT32_MAX))
        return true;
    bool ascends = docids[0] + 1 > base + 1;
    for (unsigned i = 1; i < AQ_BLOCK; i++)
        ascends &= docids[i - 1] < docids[i];
    return ascends;
}

static bool unpack_freqs(struct aq_cursor *c)
{
    const struct aq_packed *a = &c->packed_freqs;
    aq_unpack128(a->low, a->width, c->freqs);
    bool fits = true;
    for (unsigned k = 0; k < a->exceptions; k++) {
        uint32_t *value = &c->freqs[a->index[k] % AQ_BLOCK];
        *value += exception_high(a, k);
        fits &= *value < TF_MAX;
    }
    for (unsigned i = 0; i < AQ_BLOCK; i++)
        c->freqs[i]++;
    if (a->width == FREQ_BITS)
        for (unsigned i = 0; i < AQ_BLOCK; i++)
            fits &= c->freqs[i] <= TF_MAX;
    c->freqs_ready = fits;
    return fits;
}

static bool enter_full(struct aq_cursor *c, struct aq_reading *r)
{
    c->count = AQ_BLOCK;
    c->docids_ready = c->freqs_ready = false;
    return aq_packed_read(r, AQ_BLOCK, DOCID_BITS, &c->packed_docids) &&
           aq_packed_read(r, AQ_BLOCK, FREQ_BITS, &c->packed_freqs) && r->p == r->end;
}

static bool unpack_block_docids(struct aq_cursor *c)
{
    const struct aq_postings *p = c->list;
    uint32_t base = c->block ? aq_load32(directory_last(p, c->block - 1)) : UINT32_MAX;
    c->docids_ready = unpack_docids(&c->packed_docids, base, aq_load32(directory_last(p, c->block)), c->docids);
    return c->docids_ready;
}

/* Postings as varints: a list's partial last block, or (inline positions) a short
 * list, whose positions are passed over and their places kept. */
static bool load_varints(struct aq_cursor *c, struct aq_reading *r, uint32_t base, uint32_t count,
                         bool inline_positions)
{
    const uint8_t *body = c->list->body;
    uint64_t next = (uint64_t)base + 1; /* the least docid that may follow */
    if (base == UINT32_MAX)
        next = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t gap = aq_read_varint(r);
        uint64_t tf = gap & 1 ? (uint64_t)aq_read_varint32(r) + 2 : 1;
        next += gap >> 1;
        if (r->bad || next >= AQ_DOCID_END || tf > TF_MAX)
            return false;
        c->docids[i] = (uint32_t)next++;
        c->freqs[i] = (uint32_t)tf;
        if (!inline_positions)
            continue;
        c->starts[i] = (uint32_t)(r->p - body);
        for (uint64_t k = 0; k < tf; k++)
            aq_read_varint(r);
    }
    for (uint32_t i = count; i < AQ_BLOCK; i++)
        c->docids[i] = AQ_DOCID_END;
    c->count = count;
    c->docids_ready = c->freqs_ready = true;
    return !r->bad && r->p == r->end;
}

/* Finds a block's arrays; what is stored as varints is decoded at once. */
static bool enter_list_block(struct aq_cursor *c, uint32_t block)
{
    const struct aq_postings *p = c->list;
    if (p->blocks == 0) {
        struct aq_reading r = {p->body, p->body_end, false};
        bool sound = load_varints(c, &r, UINT32_MAX, p->df, true);
        c->positions_ready = true;
        return sound && c->docids[p->df - 1] < p->docid_limit;
    }
    size_t size = (size_t)(p->body_end - p->body);
    size_t from = aq_load32(directory_body(p, block));
    size_t to = block + 1 < p->blocks ? aq_load32(directory_body(p, block + 1)) : size;
    if (from > to || to > size)
        return false;
    struct aq_reading r = {p->body + from, p->body + to, false};
    c->positions_ready = false;
    if (block + 1 < p->blocks || p->df % AQ_BLOCK == 0)
        return enter_full(c, &r);
    uint32_t base = block ? aq_load32(directory_last(p, block - 1)) : UINT32_MAX;
    return load_varints(c, &r, base, p->df % AQ_BLOCK, false) &&
           c->docids[c->count - 1] == aq_load32(directory_last(p, block));
}

static void load_memory_block(struct aq_cursor *c, uint32_t block)
{
    const struct aq_memory_postings *m = c->memory;
    uint32_t from = block * AQ_BLOCK;
    c->count = m->df - from < AQ_BLOCK ? m->df - from : AQ_BLOCK;
    memcpy(c->docids, m->docids + from, c->count * sizeof *c->docids);
    for (uint32_t i = 0; i < c->count; i++)
        c->freqs[i] = m->freqs[from + i];
    for (uint32_t i = c->count; i < AQ_BLOCK; i++)
        c->docids[i] = AQ_DOCID_END;
    c->docids_ready = c->freqs_ready = c->positions_ready = true;
}

static bool cursor_enter(struct aq_cursor *c, uint32_t block)
{
    c->block = block;
    c->index = 0;
    if (c->memory)
        load_memory_block(c, block);
    else if (AQ_UNLIKELY(!enter_list_block(c, block)))
        return false;
    return true;
}

/* Decodes a block and stands on its first posting. */
static uint32_t cursor_load(struct aq_cursor *c, uint32_t block)
{
    if (AQ_UNLIKELY(!cursor_enter(c, block) || !(c->docids_ready || unpack_block_docids(c))))
        return cursor_fail(c);
    return c->docid = c->docids[0];
}

/* ---- moving ---- */

static void cursor_reset(struct aq_cursor *c, const struct aq_postings *p, const struct aq_memory_postings *m)
{
    c->docid = AQ_DOCID_END;
    c->index = c->count = c->block = 0;
    c->bad = c->docids_ready = c->freqs_ready = c->positions_ready = false;
    c->list = p;
    c->memory = m;
}

void aq_cursor_init(struct aq_cursor *c, const struct aq_postings *p)
{
    cursor_reset(c, p, NULL);
    if (p->blocks && aq_postings_block_last(p, p->blocks - 1) >= p->docid_limit)
        cursor_fail(c);
    else
        cursor_load(c, 0);
}

void aq_cursor_init_memory(struct aq_cursor *c, const struct aq_memory_postings *m)
{
    cursor_reset(c, NULL, m);
    if (m->df)
        cursor_load(c, 0);
}

uint32_t aq_cursor_next_block(struct aq_cursor *c)
{
    if (c->docid == AQ_DOCID_END)
        return AQ_DOCID_END;
    return c->block + 1 < aq_cursor_blocks(c) ? cursor_load(c, c->block + 1) : cursor_end(c);
}

uint32_t aq_cursor_next(struct aq_cursor *c)
{
    if (AQ_LIKELY(c->index + 1 < c->count))
        return c->docid = c->docids[++c->index];
    return aq_cursor_next_block(c);
}

static uint32_t block_last(const struct aq_cursor *c, uint32_t block)
{
    if (!c->memory)
        return c->list->blocks ? aq_load32(directory_last(c->list, block)) : c->list->docid_limit - 1;
    uint32_t end = block + 1 < aq_cursor_blocks(c) ? (block + 1) * AQ_BLOCK : c->memory->df;
    return c->memory->docids[end - 1];
}

/* The first block after the current one whose last docid reaches target: strides
 * double (most seeks are short), then the last stride is halved. */
static uint32_t find_block(const struct aq_cursor *c, uint32_t target)
{
    uint32_t blocks = aq_cursor_blocks(c), from = c->block + 1, stride = 1;
    while (from < blocks && stride < blocks - from && block_last(c, from + stride - 1) < target) {
        from += stride;
        stride *= 2;
    }
    uint32_t to = blocks - from < stride ? blocks : from + stride;
    while (from < to) {
        uint32_t half = from + (to - from) / 2;
        if (block_last(c, half) < target)
            from = half + 1;
        else
            to = half;
    }
    return from;
}

uint32_t aq_cursor_seek(struct aq_cursor *c, uint32_t target)
{
    if (target <= c->docid)
        return c->docid;
    if (c->docids[c->count - 1] < target) {
        /* Only block lists and memory have a directory to look in. */
        uint32_t blocks = aq_cursor_blocks(c);
        uint32_t block = c->block + 1 < blocks ? find_block(c, target) : blocks;
        if (block == blocks)
            return cursor_end(c);
        if (cursor_load(c, block) >= target)
            return c->docid;
    }
    /* The first docid at or after target, without branches to mispredict; beyond
     * count the array holds AQ_DOCID_END. */
    const uint32_t *docids = c->docids;
    uint32_t at = 0;
    for (uint32_t half = AQ_BLOCK / 2; half; half /= 2)
        at += docids[at + half - 1] < target ? half : 0;
    c->index = at;
    return c->docid = docids[at];
}

/* ---- by blocks ---- */

static bool need_freqs(struct aq_cursor *c)
{
    if (c->freqs_ready || unpack_freqs(c))
        return true;
    cursor_fail(c);
    return false;
}

void aq_cursor_open(struct aq_cursor *c, const struct aq_postings *p)
{
    cursor_reset(c, p, NULL);
    c->docid = 0;
    c->block = AQ_NO_BLOCK;
    if (p->blocks && aq_postings_block_last(p, p->blocks - 1) >= p->docid_limit)
        cursor_fail(c);
}

void aq_cursor_open_memory(struct aq_cursor *c, const struct aq_memory_postings *m)
{
    cursor_reset(c, NULL, m);
    c->docid = 0;
    c->block = AQ_NO_BLOCK;
}

uint32_t aq_cursor_block_last(const struct aq_cursor *c, uint32_t block)
{
    return block_last(c, block);
}

uint8_t aq_cursor_block_impact(const struct aq_cursor *c, uint32_t block)
{
    return c->memory || c->list->blocks == 0 ? 255 : *directory_impact(c->list, block);
}

const uint8_t *aq_cursor_impacts(const struct aq_cursor *c)
{
    return c->memory || c->list->blocks == 0 ? NULL : directory_impact(c->list, 0);
}

uint32_t aq_cursor_find_block(const struct aq_cursor *c, uint32_t target)
{
    if (c->block != AQ_NO_BLOCK && block_last(c, c->block) >= target)
        return c->block;
    return find_block(c, target);
}

bool aq_cursor_enter_block(struct aq_cursor *c, uint32_t block)
{
    if (AQ_LIKELY(!c->bad && (c->block == block || cursor_enter(c, block))))
        return true;
    cursor_fail(c);
    return false;
}

bool aq_cursor_load_block(struct aq_cursor *c, uint32_t block)
{
    if (!aq_cursor_enter_block(c, block))
        return false;
    if (AQ_LIKELY(c->docids_ready || unpack_block_docids(c)))
        return true;
    cursor_fail(c);
    return false;
}

bool aq_cursor_load_freqs(struct aq_cursor *c)
{
    return need_freqs(c);
}

bool aq_cursor_place(struct aq_cursor *c, uint32_t posting, uint32_t docid)
{
    if (!aq_cursor_enter_block(c, posting / AQ_BLOCK))
        return false;
    c->index = posting % AQ_BLOCK;
    c->docid = docid;
    return true;
}

/* ---- what stands at a posting ---- */

uint32_t aq_cursor_freq(struct aq_cursor *c)
{
    if (c->docid == AQ_DOCID_END || !need_freqs(c))
        return 0;
    return c->freqs[c->index];
}

void aq_cursor_batch(struct aq_cursor *c, const uint32_t **docids, const uint32_t **freqs, uint32_t *n)
{
    if (c->docid != AQ_DOCID_END)
        need_freqs(c);
    *docids = c->docids + c->index;
    *freqs = c->freqs + c->index;
    *n = c->count - c->index;
}
