/* postings_write.c - see postings.h. Owns how a list is laid out and which widths
 * make it small; knows nothing of decoding or of where values are stored. */
#include "postings_format.h"

#ifdef __clang__
#pragma STDC FP_CONTRACT OFF /* an impact is the same number on every machine */
#endif

uint8_t aq_impact(const struct aq_impact_model *m, uint32_t tf, uint8_t length)
{
    double norm = aq_length_norm(m->k1, m->b, m->average_length, length);
    double scaled = 255.0 * tf / (tf + norm);
    /* Not for every model a number: 255 bounds anything. */
    if (!(scaled <= 254.0))
        return 255;
    uint8_t floor = scaled > 0 ? (uint8_t)scaled : 0;
    uint8_t up = (uint8_t)(floor + (floor < scaled));
    return up ? up : 1;
}

/* An exception costs a query a little time, so one in docids or freqs must save
 * more than its bytes: half a byte each, and two an array that has any. Positions
 * are decoded one posting at a time and go by size alone. */
struct frugality {
    unsigned max_bits;
    unsigned exception, array; /* surcharge in half bytes */
};
static const struct frugality DOCIDS = {DOCID_BITS, 1, 4}, FREQS = {FREQ_BITS, 1, 4},
                              POSITIONS = {POSITION_BITS, 0, 0}, CODES = {CODE_BITS, 0, 0};

enum { IMPACT_TFS = 8, LENGTHS = 256, EXCEPTIONS_MAX = 255, BLOCK_POSITIONS = AQ_BLOCK * TF_MAX };

struct block_row {
    uint32_t last, body, positions;
    uint8_t impact;
};

struct aq_postings_writer {
    struct aq_slice term;
    const struct aq_form *forms;
    uint32_t form_count;
    enum aq_status status; /* sticks until the next begin */

    struct aq_impact_model model;
    bool model_known;
    uint8_t impacts[IMPACT_TFS][LENGTHS]; /* of tf 1 .. 8, the model's */

    /* The block being filled. */
    uint32_t docids[AQ_BLOCK], freqs[AQ_BLOCK];
    uint32_t filled;
    uint8_t impact;
    uint16_t positions[BLOCK_POSITIONS], codes[BLOCK_POSITIONS];
    uint32_t gaps[BLOCK_POSITIONS]; /* positions or codes on their way into bits */
    size_t position_count;

    /* The list so far. */
    uint32_t df, last;
    uint64_t ttf;
    struct block_row *rows;
    size_t row_count, row_cap;
    struct aq_buf body, positions_value, list;
};

struct aq_postings_writer *aq_postings_writer_new(void)
{
    return calloc(1, sizeof(struct aq_postings_writer));
}

void aq_postings_writer_free(struct aq_postings_writer *w)
{
    if (!w)
        return;
    free(w->rows);
    aq_buf_free(&w->body);
    aq_buf_free(&w->positions_value);
    aq_buf_free(&w->list);
    free(w);
}

static void set_model(struct aq_postings_writer *w, const struct aq_impact_model *m)
{
    if (w->model_known && w->model.k1 == m->k1 && w->model.b == m->b &&
        w->model.average_length == m->average_length)
        return;
    w->model = *m;
    w->model_known = true;
    for (uint32_t tf = 1; tf <= IMPACT_TFS; tf++)
        for (unsigned length = 0; length < LENGTHS; length++)
            w->impacts[tf - 1][length] = aq_impact(m, tf, (uint8_t)length);
}

void aq_postings_begin(struct aq_postings_writer *w, struct aq_slice term, const struct aq_form *forms,
                       uint32_t form_count, const struct aq_impact_model *model)
{
    w->term = term;
    w->forms = forms;
    w->form_count = form_count;
    w->status = form_count == 0 ? AQ_INVALID : form_count > FORMS_MAX ? AQ_FULL : AQ_OK;
    set_model(w, model);
    w->filled = 0;
    w->impact = 0;
    w->position_count = 0;
    w->df = 0;
    w->last = UINT32_MAX; /* one before the first docid */
    w->ttf = 0;
    w->row_count = 0;
    aq_buf_clear(&w->body);
    aq_buf_clear(&w->positions_value);
    aq_buf_clear(&w->list);
}

/* ---- packed arrays ---- */

struct packed_plan {
    unsigned width, exceptions, high_width;
};

static unsigned index_bytes(size_t n)
{
    return n <= PACKED_NARROW ? 1 : 2;
}

/* The width at which low bits and exceptions together are smallest. */
static struct packed_plan plan_packed(const uint32_t *values, size_t n, const struct frugality *f)
{
    unsigned histogram[DOCID_BITS + 1] = {0};
    uint32_t most = 0;
    for (size_t i = 0; i < n; i++) {
        histogram[aq_bits(values[i])]++;
        most = values[i] > most ? values[i] : most;
    }
    unsigned top = aq_bits(most), above = 0;
    struct packed_plan best = {top, 0, 0};
    size_t best_cost = 2 * packed_bytes(n, top);
    for (unsigned width = top; width-- > 0;) {
        above += histogram[width + 1];
        if (above > EXCEPTIONS_MAX || above == n)
            break;
        unsigned high_width = aq_bits((most >> width) - 1);
        size_t cost = 2 * (packed_bytes(n, width) + 2 + above * index_bytes(n) + packed_bytes(above, high_width)) +
                      above * f->exception + f->array;
        if (cost < best_cost) {
            best = (struct packed_plan){width, above, high_width};
            best_cost = cost;
        }
    }
    return best;
}

static void put_head(struct aq_buf *out, const struct packed_plan *plan)
{
    aq_buf_u8(out, (uint8_t)(plan->width | (plan->exceptions ? PACKED_EXCEPTIONS : 0)));
    if (plan->exceptions) {
        aq_buf_u8(out, (uint8_t)plan->exceptions);
        aq_buf_u8(out, (uint8_t)plan->high_width);
    }
}

/* Writes fields LSB first into room reserved for all of them. */
struct bit_sink {
    uint8_t *to;
    uint64_t bits;
    unsigned filled; /* below 32 between calls */
};

static inline void put_bits(struct bit_sink *s, uint32_t v, unsigned width)
{
    s->bits |= (uint64_t)v << s->filled;
    s->filled += width;
    if (s->filled >= 32) {
        aq_store32(s->to, (uint32_t)s->bits);
        s->to += 4;
        s->bits >>= 32;
        s->filled -= 32;
    }
}

static void flush_bits(struct bit_sink *s)
{
    for (unsigned i = 0; i < s->filled; i += 8)
        *s->to++ = (uint8_t)(s->bits >> i);
}

static uint32_t low_mask(unsigned width)
{
    return (uint32_t)((UINT64_C(1) << width) - 1);
}

static void put_exceptions(struct aq_buf *out, const uint32_t *values, size_t n, const struct packed_plan *plan)
{
    size_t indexes = plan->exceptions * index_bytes(n), highs = packed_bytes(plan->exceptions, plan->high_width);
    uint8_t *index = aq_buf_reserve(out, indexes + highs);
    if (!index || !plan->exceptions)
        return;
    uint32_t low = low_mask(plan->width);
    struct bit_sink sink = {index + indexes, 0, 0};
    for (size_t i = 0; i < n; i++) {
        if (AQ_LIKELY(values[i] <= low))
            continue;
        *index++ = (uint8_t)i;
        if (index_bytes(n) == 2)
            *index++ = (uint8_t)(i >> 8);
        put_bits(&sink, (values[i] >> plan->width) - 1, plan->high_width);
    }
    flush_bits(&sink);
    out->len += indexes + highs;
}

/* head, low bits one field after the other, exceptions */
static void put_packed(struct aq_buf *out, const uint32_t *values, size_t n, const struct frugality *f)
{
    struct packed_plan plan = plan_packed(values, n, f);
    put_head(out, &plan);
    size_t bytes = packed_bytes(n, plan.width);
    uint8_t *to = aq_buf_reserve(out, bytes);
    if (!to)
        return;
    struct bit_sink sink = {to, 0, 0};
    if (plan.width) {
        uint32_t mask = low_mask(plan.width);
        for (size_t i = 0; i < n; i++)
            put_bits(&sink, values[i] & mask, plan.width);
        flush_bits(&sink);
    }
    out->len += bytes;
    put_exceptions(out, values, n, &plan);
}

/* The same with low bits as aq_pack128 lays them out: docids and freqs of a block. */
static void put_packed128(struct aq_buf *out, const uint32_t values[AQ_BLOCK], const struct frugality *f)
{
    struct packed_plan plan = plan_packed(values, AQ_BLOCK, f);
    put_head(out, &plan);
    uint32_t low[AQ_BLOCK], mask = low_mask(plan.width);
    for (unsigned i = 0; i < AQ_BLOCK; i++)
        low[i] = values[i] & mask;
    size_t bytes = packed_bytes(AQ_BLOCK, plan.width);
    uint8_t *to = aq_buf_reserve(out, bytes);
    if (!to)
        return;
    aq_pack128(low, plan.width, to);
    out->len += bytes;
    put_exceptions(out, values, AQ_BLOCK, &plan);
}

/* ---- blocks ---- */

static inline uint8_t *varint_to(uint8_t *p, uint64_t v)
{
    while (AQ_UNLIKELY(v >= 0x80)) {
        *p++ = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    *p++ = (uint8_t)v;
    return p;
}

/* docid gap and whether tf is above 1, then tf. A gap of 0 is the next docid. */
enum { POSTING_BYTES = 5 + 2 };
static inline uint8_t *posting_to(uint8_t *p, uint32_t gap, uint32_t tf)
{
    p = varint_to(p, (uint64_t)gap << 1 | (tf > 1));
    return tf > 1 ? varint_to(p, tf - 2) : p;
}

/* A posting's positions to gaps: 0 is the position after the previous one. */
static void position_gaps(const uint16_t *positions, uint32_t tf, uint32_t *gaps)
{
    uint32_t next = 0;
    for (uint32_t i = 0; i < tf; i++) {
        gaps[i] = positions[i] - next;
        next = positions[i] + 1u;
    }
}

static void put_block_positions(struct aq_postings_writer *w)
{
    size_t n = w->position_count, at = 0;
    for (uint32_t i = 0; i < w->filled; i++) {
        position_gaps(w->positions + at, w->freqs[i], w->gaps + at);
        at += w->freqs[i];
    }
    put_packed(&w->positions_value, w->gaps, n, &POSITIONS);
    if (w->form_count == 1)
        return;
    for (size_t i = 0; i < n; i++)
        w->gaps[i] = w->codes[i];
    put_packed(&w->positions_value, w->gaps, n, &CODES);
}

static void put_block_postings(struct aq_postings_writer *w, uint32_t base)
{
    uint32_t gaps[AQ_BLOCK] = {0}, freqs[AQ_BLOCK] = {0};
    for (uint32_t i = 0; i < w->filled; i++) {
        gaps[i] = w->docids[i] - base - 1;
        freqs[i] = w->freqs[i] - 1;
        base = w->docids[i];
    }
    if (w->filled == AQ_BLOCK) {
        put_packed128(&w->body, gaps, &DOCIDS);
        put_packed128(&w->body, freqs, &FREQS);
    } else {
        uint8_t *to = aq_buf_reserve(&w->body, (size_t)w->filled * POSTING_BYTES);
        if (!to)
            return;
        for (uint32_t i = 0; i < w->filled; i++)
            to = posting_to(to, gaps[i], w->freqs[i]);
        w->body.len = (size_t)(to - w->body.ptr);
    }
}

/* Writes the gathered postings as the next block. */
static void flush_block(struct aq_postings_writer *w)
{
    if (w->body.len > UINT32_MAX || w->positions_value.len > UINT32_MAX) {
        w->status = AQ_FULL;
        return;
    }
    if (!aq_grow(&w->rows, &w->row_cap, w->row_count + 1, sizeof *w->rows)) {
        w->status = AQ_NOMEM;
        return;
    }
    uint32_t base = w->row_count ? w->rows[w->row_count - 1].last : UINT32_MAX;
    w->rows[w->row_count++] = (struct block_row){w->docids[w->filled - 1], (uint32_t)w->body.len,
                                                 (uint32_t)w->positions_value.len, w->impact};
    put_block_postings(w, base);
    put_block_positions(w);
    w->filled = 0;
    w->impact = 0;
    w->position_count = 0;
}

/* The rules of aq_postings_add. docid + 1 > last + 1 also where last is "none". */
static inline bool posting_fits(const struct aq_postings_writer *w, uint32_t docid, uint32_t tf,
                                const uint16_t *positions, const uint16_t *codes)
{
    if (docid == AQ_DOCID_END || docid + 1 <= w->last + 1 || tf == 0 || tf > TF_MAX)
        return false;
    bool fits = positions[tf - 1] < AQ_POSITION_MAX && codes[0] < w->form_count;
    for (uint32_t i = 1; i < tf; i++)
        fits &= positions[i - 1] < positions[i] && codes[i] < w->form_count;
    return fits;
}

void aq_postings_add(struct aq_postings_writer *w, uint32_t docid, uint8_t length, uint32_t tf,
                     const uint16_t *positions, const uint16_t *codes)
{
    if (w->status)
        return;
    if (!posting_fits(w, docid, tf, positions, codes)) {
        w->status = AQ_INVALID;
        return;
    }
    uint16_t *to_positions = w->positions + w->position_count, *to_codes = w->codes + w->position_count;
    w->position_count += tf;
    to_positions[0] = positions[0];
    to_codes[0] = codes[0];
    for (uint32_t i = 1; i < tf; i++) { /* most often none: no call */
        to_positions[i] = positions[i];
        to_codes[i] = codes[i];
    }
    uint8_t impact = tf <= IMPACT_TFS ? w->impacts[tf - 1][length] : aq_impact(&w->model, tf, length);
    if (impact > w->impact)
        w->impact = impact;
    w->docids[w->filled] = docid;
    w->freqs[w->filled++] = tf;
    w->last = docid;
    w->df++;
    w->ttf += tf;
    if (w->filled == AQ_BLOCK)
        flush_block(w);
}

/* ---- ends ---- */

static bool is_plain(const struct aq_postings_writer *w)
{
    return w->form_count == 1 && aq_slice_eq(w->forms[0].text, w->term);
}

static void put_forms(struct aq_postings_writer *w, struct aq_buf *out)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < w->form_count; i++) {
        struct aq_slice form = w->forms[i].text, term = w->term;
        size_t common = 0;
        while (common < form.len && common < term.len && form.ptr[common] == term.ptr[common])
            common++;
        size_t cut = term.len - common, tail = form.len - common;
        if (form.len > FORM_MAX || w->forms[i].count == 0)
            w->status = AQ_INVALID;
        aq_buf_u8(out, (uint8_t)((i + 1 == w->form_count ? FORM_LAST : 0) |
                                 (cut < FORM_CUT_MORE ? cut : FORM_CUT_MORE) << FORM_CUT_SHIFT |
                                 (tail < FORM_TAIL_MORE ? tail : FORM_TAIL_MORE)));
        if (cut >= FORM_CUT_MORE)
            aq_buf_varint(out, cut - FORM_CUT_MORE);
        if (tail >= FORM_TAIL_MORE)
            aq_buf_varint(out, tail - FORM_TAIL_MORE);
        aq_buf_put(out, form.ptr + common, tail);
        if (w->form_count > 1)
            aq_buf_varint(out, w->forms[i].count);
        sum += w->forms[i].count;
    }
    /* Readers find a short list's codes by this sum. */
    if (w->form_count > 1 && sum != w->ttf)
        w->status = AQ_INVALID;
}

static void put_short(struct aq_postings_writer *w)
{
    enum { POSITION_BYTES = 2 };
    struct aq_buf *out = &w->list;
    bool plain = is_plain(w);
    aq_buf_u8(out, (uint8_t)(w->df << 1 | (plain ? 0 : SHORT_HAS_FORMS)));
    if (!plain)
        put_forms(w, out);
    uint32_t base = UINT32_MAX;
    const uint16_t *position = w->positions;
    uint8_t *to = aq_buf_reserve(out, (size_t)w->filled * POSTING_BYTES + w->position_count * POSITION_BYTES);
    if (!to)
        return;
    for (uint32_t i = 0; i < w->filled; i++) {
        to = posting_to(to, w->docids[i] - base - 1, w->freqs[i]);
        base = w->docids[i];
        uint32_t next = 0;
        for (uint32_t k = 0; k < w->freqs[i]; k++, position++) {
            to = varint_to(to, *position - next);
            next = *position + 1u;
        }
    }
    out->len = (size_t)(to - out->ptr);
    if (w->form_count == 1)
        return;
    unsigned width = aq_bits(w->form_count - 1);
    size_t bytes = packed_bytes(w->position_count, width);
    struct bit_sink sink = {aq_buf_reserve(out, bytes), 0, 0};
    if (!sink.to)
        return;
    for (size_t i = 0; i < w->position_count; i++)
        put_bits(&sink, w->codes[i], width);
    flush_bits(&sink);
    out->len += bytes;
}

static void put_header(struct aq_postings_writer *w)
{
    struct aq_buf *out = &w->list;
    uint8_t highest = 0;
    for (size_t i = 0; i < w->row_count; i++)
        highest = w->rows[i].impact > highest ? w->rows[i].impact : highest;
    aq_buf_u8(out, 0);
    aq_buf_u8(out, highest);
    aq_buf_u16(out, (uint16_t)(w->form_count - 1));
    aq_buf_u32(out, w->df);
    aq_buf_u64(out, w->ttf);
    aq_buf_u32(out, 0);
    if (is_plain(w))
        return;
    put_forms(w, out);
    if (!out->failed)
        aq_store32(out->ptr + HEADER_FORM_BYTES, (uint32_t)(out->len - HEADER_SIZE));
}

static void put_blocks(struct aq_postings_writer *w)
{
    struct aq_buf *out = &w->list;
    put_header(w);
    for (size_t i = 0; i < w->row_count; i++)
        aq_buf_u32(out, w->rows[i].last);
    for (size_t i = 0; i < w->row_count; i++)
        aq_buf_u32(out, w->rows[i].body);
    for (size_t i = 0; i < w->row_count; i++)
        aq_buf_u32(out, w->rows[i].positions);
    for (size_t i = 0; i < w->row_count; i++)
        aq_buf_u8(out, w->rows[i].impact);
    aq_buf_put(out, w->body.ptr, w->body.len);
}

enum aq_status aq_postings_end(struct aq_postings_writer *w, struct aq_slice *list, struct aq_slice *positions)
{
    *list = *positions = (struct aq_slice){0};
    if (!w->status && w->df == 0)
        w->status = AQ_INVALID;
    if (!w->status && w->row_count && w->filled)
        flush_block(w);
    if (w->status)
        return w->status;
    if (w->row_count) {
        put_blocks(w);
        aq_buf_u32(&w->positions_value, postings_crc(w->term, w->positions_value.ptr, w->positions_value.len));
    } else {
        put_short(w);
    }
    aq_buf_u32(&w->list, postings_crc(w->term, w->list.ptr, w->list.len));
    if (!w->status && (w->body.failed || w->positions_value.failed || w->list.failed))
        w->status = AQ_NOMEM;
    if (!w->status && (w->list.len > UINT32_MAX || w->positions_value.len > UINT32_MAX))
        w->status = AQ_FULL;
    if (w->status)
        return w->status;
    *list = aq_slice(w->list.ptr, w->list.len);
    *positions = aq_slice(w->positions_value.ptr, w->positions_value.len);
    return AQ_OK;
}
