/* postings_write.c - see postings.h. Owns how a list is laid out and which widths
 * make it small; knows nothing of decoding or of where values are stored. */
#include "postings_format.h"

/* An exception costs a query a little time, so one in docids or freqs must save
 * more than its bytes: half a byte each, and two an array that has any. Positions
 * are decoded one posting at a time and go by size alone. */
struct frugality {
    unsigned max_bits;
    unsigned exception, array; /* surcharge in half bytes */
};
static const struct frugality DOCIDS = {DOCID_BITS, 1, 4}, FREQS = {FREQ_BITS, 1, 4},
                              POSITIONS = {POSITION_BITS, 0, 0}, CODES = {CODE_BITS, 0, 0};

enum { IMPACT_TFS = 8, LENGTHS = 256, EXCEPTIONS_MAX = 255 };

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
    uint16_t *positions, *codes;
    size_t position_count, position_cap, code_cap;

    /* The list so far. */
    uint32_t df, last;
    uint64_t ttf;
    struct block_row *rows;
    size_t row_count, row_cap;
    struct aq_buf body, positions_value, list;

    uint32_t *scratch; /* one block's position gaps or codes */
    size_t scratch_cap;
};

struct aq_postings_writer *aq_postings_writer_new(void)
{
    return calloc(1, sizeof(struct aq_postings_writer));
}

void aq_postings_writer_free(struct aq_postings_writer *w)
{
    if (!w)
        return;
    free(w->positions);
    free(w->codes);
    free(w->rows);
    free(w->scratch);
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

/* Appends fields LSB first; flush_bits ends an array at a byte. */
struct bit_sink {
    struct aq_buf *out;
    uint64_t bits;
    unsigned filled; /* below 8 between calls */
};

static void put_bits(struct bit_sink *s, uint32_t v, unsigned width)
{
    s->bits |= (uint64_t)v << s->filled;
    for (s->filled += width; s->filled >= 8; s->filled -= 8) {
        aq_buf_u8(s->out, (uint8_t)s->bits);
        s->bits >>= 8;
    }
}

static void flush_bits(struct bit_sink *s)
{
    if (s->filled)
        aq_buf_u8(s->out, (uint8_t)s->bits);
    s->bits = 0;
    s->filled = 0;
}

static uint32_t low_mask(unsigned width)
{
    return (uint32_t)((UINT64_C(1) << width) - 1);
}

static void put_exceptions(struct aq_buf *out, const uint32_t *values, size_t n, const struct packed_plan *plan)
{
    if (!plan->exceptions)
        return;
    uint32_t low = low_mask(plan->width);
    for (size_t i = 0; i < n; i++) {
        if (values[i] <= low)
            continue;
        aq_buf_u8(out, (uint8_t)i);
        if (index_bytes(n) == 2)
            aq_buf_u8(out, (uint8_t)(i >> 8));
    }
    struct bit_sink sink = {out, 0, 0};
    for (size_t i = 0; i < n; i++)
        if (values[i] > low)
            put_bits(&sink, (values[i] >> plan->width) - 1, plan->high_width);
    flush_bits(&sink);
}

static void put_horizontal(struct aq_buf *out, const uint32_t *values, size_t n, const struct packed_plan *plan)
{
    struct bit_sink sink = {out, 0, 0};
    uint32_t low = low_mask(plan->width);
    if (plan->width)
        for (size_t i = 0; i < n; i++)
            put_bits(&sink, values[i] & low, plan->width);
    flush_bits(&sink);
    put_exceptions(out, values, n, plan);
}

static void put_block128(struct aq_buf *out, const uint32_t *values, const struct packed_plan *plan)
{
    uint32_t low[AQ_BLOCK], mask = low_mask(plan->width);
    for (unsigned i = 0; i < AQ_BLOCK; i++)
        low[i] = values[i] & mask;
    size_t n = packed_bytes(AQ_BLOCK, plan->width);
    uint8_t *to = aq_buf_reserve(out, n);
    if (!to)
        return;
    aq_pack128(low, plan->width, to);
    out->len += n;
    put_exceptions(out, values, AQ_BLOCK, plan);
}

/* ---- blocks ---- */

/* Positions of the block: gaps, the first of a posting counted from -1, then codes. */
static void put_positions(struct aq_postings_writer *w)
{
    size_t n = w->position_count;
    if (!aq_grow(&w->scratch, &w->scratch_cap, n, sizeof *w->scratch)) {
        w->status = AQ_NOMEM;
        return;
    }
    size_t at = 0;
    for (uint32_t i = 0; i < w->filled; i++) {
        uint32_t expected = 0;
        for (uint32_t k = 0; k < w->freqs[i]; k++, at++) {
            w->scratch[at] = w->positions[at] - expected;
            expected = w->positions[at] + 1u;
        }
    }
    struct packed_plan gaps = plan_packed(w->scratch, n, &POSITIONS);
    if (w->form_count == 1) {
        put_head(&w->positions_value, &gaps);
        put_horizontal(&w->positions_value, w->scratch, n, &gaps);
        return;
    }
    put_head(&w->positions_value, &gaps);
    size_t code_head = w->positions_value.len; /* belongs here, known later */
    put_horizontal(&w->positions_value, w->scratch, n, &gaps);
    (void)code_head;
    for (size_t i = 0; i < n; i++)
        w->scratch[i] = w->codes[i];
    struct packed_plan codes = plan_packed(w->scratch, n, &CODES);
    put_head(&w->positions_value, &codes);
    put_horizontal(&w->positions_value, w->scratch, n, &codes);
}
