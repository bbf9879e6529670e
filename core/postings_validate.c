/* postings_validate.c - aq_postings_validate, for check, merge, salvage and tests:
 * everything a list says against everything else it says. Decodes through the
 * cursor, so that what is found sound is what queries read. */
#include "postings_format.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

struct inspection {
    const struct aq_postings *p;
    const uint8_t *lengths;
    uint32_t docid_count;
    const struct aq_impact_model *model;
    char *reason;
    size_t reason_size;

    uint64_t *seen; /* positions of each form */
    uint64_t ttf;
    uint32_t df;

    /* While the forms are visited. */
    uint32_t forms;
    uint64_t previous_count;
    uint8_t previous[FORM_MAX];
    size_t previous_len;
    const char *fault;
};

AQ_PRINTF(2, 3) static const char *fault(struct inspection *in, const char *fmt, ...)
{
    if (!in->reason || in->reason_size == 0)
        return "postings: contradictory list";
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(in->reason, in->reason_size, fmt, ap);
    va_end(ap);
    return in->reason;
}

static bool checksum_holds(struct aq_slice term, struct aq_slice value)
{
    size_t n = value.len - POSTINGS_CRC;
    return postings_crc(term, value.ptr, n) == aq_load32(value.ptr + n);
}

/* The block a cursor has just decoded: order, range, impact. */
static const char *check_block(struct inspection *in, struct aq_cursor *c, uint64_t least)
{
    const uint32_t *docids, *freqs;
    uint32_t n, last = c->docids[c->count - 1];
    for (uint32_t i = 0; i < c->count; i++) {
        if (c->docids[i] < least)
            return fault(in, "postings: docids do not ascend in block %" PRIu32, c->block);
        least = (uint64_t)c->docids[i] + 1;
    }
    if ((in->lengths || in->docid_count) && last >= in->docid_count)
        return fault(in, "postings: docid %" PRIu32 " where there are %" PRIu32, last, in->docid_count);
    aq_cursor_batch(c, &docids, &freqs, &n);
    if (!in->lengths || !in->model || in->p->blocks == 0 || n == 0)
        return NULL;
    uint8_t impact = 0, claimed = aq_postings_block_impact(in->p, c->block);
    for (uint32_t i = 0; i < n; i++) {
        uint8_t one = aq_impact(in->model, freqs[i], in->lengths[docids[i]]);
        impact = one > impact ? one : impact;
    }
    if (impact != claimed)
        return fault(in, "postings: block %" PRIu32 " claims impact %u, its postings reach %u", c->block,
                     (unsigned)claimed, (unsigned)impact);
    return NULL;
}

static const char *check_postings(struct inspection *in)
{
    struct aq_cursor c;
    uint64_t least = 0; /* what the next block must begin at or after */
    for (aq_cursor_init(&c, in->p); c.docid != AQ_DOCID_END; aq_cursor_next(&c)) {
        uint16_t positions[TF_MAX], codes[TF_MAX];
        if (c.index == 0) {
            const char *wrong = check_block(in, &c, least);
            if (wrong)
                return wrong;
            least = (uint64_t)c.docids[c.count - 1] + 1;
        }
        uint32_t tf = aq_cursor_positions(&c, positions, codes);
        for (uint32_t i = 0; i < tf; i++)
            in->seen[codes[i]]++;
        in->ttf += tf;
        in->df++;
    }
    if (c.bad)
        return fault(in, "postings: block %" PRIu32 " cannot be read", c.block);
    if (in->df != in->p->df || (in->p->blocks && in->ttf != in->p->ttf))
        return fault(in, "postings: %" PRIu32 " postings and %" PRIu64 " positions announced, %" PRIu32
                         " and %" PRIu64 " found", in->p->df, in->p->ttf, in->df, in->ttf);
    return NULL;
}

static bool check_form(void *context, uint32_t code, struct aq_slice form, uint64_t count)
{
    struct inspection *in = context;
    if (count != in->seen[code])
        in->fault = fault(in, "postings: form %" PRIu32 " claims %" PRIu64 " positions, has %" PRIu64, code, count,
                          in->seen[code]);
    else if (count == 0)
        in->fault = fault(in, "postings: form %" PRIu32 " is never used", code);
    else if (code && (count > in->previous_count ||
                      (count == in->previous_count &&
                       aq_slice_cmp(aq_slice(in->previous, in->previous_len), form) >= 0)))
        in->fault = fault(in, "postings: form %" PRIu32 " is out of order", code);
    in->previous_count = count;
    in->previous_len = form.len < FORM_MAX ? form.len : FORM_MAX;
    if (in->previous_len)
        memcpy(in->previous, form.ptr, in->previous_len);
    in->forms++;
    return !in->fault;
}

static const char *check_forms(struct inspection *in)
{
    if (aq_postings_forms(in->p, check_form, in) != AQ_OK)
        return fault(in, "postings: the forms cannot be read");
    if (in->fault)
        return in->fault;
    if (in->forms != in->p->form_count)
        return fault(in, "postings: %" PRIu32 " forms where %" PRIu32 " are announced", in->forms,
                     in->p->form_count);
    return NULL;
}

/* Offsets that leave no gap, and a header that knows the highest impact. */
static const char *check_directory(struct inspection *in)
{
    const struct aq_postings *p = in->p;
    if (p->blocks == 0)
        return NULL;
    if (aq_load32(directory_body(p, 0)) != 0 || aq_load32(directory_positions(p, 0)) != 0)
        return fault(in, "postings: the first block does not start where its value does");
    uint8_t highest = 0;
    for (uint32_t b = 0; b < p->blocks; b++) {
        uint8_t impact = aq_postings_block_impact(p, b);
        highest = impact > highest ? impact : highest;
    }
    if (highest != aq_postings_impact(p))
        return fault(in, "postings: header claims impact %u, the directory reaches %u",
                     (unsigned)aq_postings_impact(p), (unsigned)highest);
    return NULL;
}

const char *aq_postings_validate(const struct aq_postings *p, const uint8_t *lengths, uint32_t docid_count,
                                 const struct aq_impact_model *model, char *reason, size_t reason_size)
{
    struct inspection in = {.p = p,
                            .lengths = lengths,
                            .docid_count = docid_count,
                            .model = model,
                            .reason = reason,
                            .reason_size = reason_size};
    if (!checksum_holds(p->term, p->list))
        return fault(&in, "postings: the list's checksum is wrong");
    if (p->blocks && !checksum_holds(p->term, p->positions))
        return fault(&in, "postings: the positions' checksum is wrong");
    in.seen = calloc(p->form_count, sizeof *in.seen);
    if (!in.seen)
        return "postings: out of memory while checking";
    const char *wrong = check_directory(&in);
    if (!wrong)
        wrong = check_postings(&in);
    if (!wrong)
        wrong = check_forms(&in);
    free(in.seen);
    return wrong;
}
