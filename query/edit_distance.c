/* edit_distance.c - see edit_distance.h. Of each row only the cells beside the diagonal
 * are kept: a cell farther away than the bound is above it. */
#include "edit_distance.h"

#include "utf8.h"

void aq_edit_begin(struct aq_edit *e, struct aq_slice text, unsigned bound)
{
    const uint8_t *p = text.ptr, *end = p + text.len;
    unsigned len;
    e->bound = bound;
    e->depth = e->length = 0;
    for (; p < end && e->length < AQ_TERM_MAX; p += len)
        e->text[e->length++] = aq_utf8_decode(p, end, &len);
    e->rows[0] = (struct aq_edit_row){.least = 0};
    for (unsigned k = 0; k <= 2 * bound; k++)
        e->rows[0].cells[k] = (uint8_t)(k < bound || k - bound > e->length ? bound + 1 : k - bound);
}

static uint8_t least_of(uint8_t a, unsigned b)
{
    return b < a ? (uint8_t)b : a;
}

/* The row below rows[depth - 1], for its character. */
static void fill_row(struct aq_edit *e, uint32_t depth)
{
    struct aq_edit_row *row = &e->rows[depth];
    const struct aq_edit_row *above = row - 1;
    unsigned bound = e->bound, most = bound + 1;
    row->least = (uint8_t)most;
    for (unsigned k = 0; k <= 2 * bound; k++) {
        uint32_t column = depth + k; /* and bound more than the column's number */
        uint8_t cell = (uint8_t)most;
        if (column >= bound && column - bound <= e->length) {
            uint32_t j = column - bound;
            if (k < 2 * bound)
                cell = least_of(cell, above->cells[k + 1] + 1u);
            if (k > 0)
                cell = least_of(cell, row->cells[k - 1] + 1u);
            if (j > 0)
                cell = least_of(cell, above->cells[k] + (e->text[j - 1] != row->cp));
            if (j > 1 && depth > 1 && e->text[j - 2] == row->cp && e->text[j - 1] == above->cp)
                cell = least_of(cell, above[-1].cells[k] + 1u);
        }
        row->cells[k] = cell;
        row->least = least_of(row->least, cell);
    }
}

unsigned aq_edit_next(struct aq_edit *e, struct aq_slice word, size_t shared, size_t *dead)
{
    const uint8_t *end = word.ptr + word.len;
    while (e->depth && e->rows[e->depth].end > shared)
        e->depth--;
    for (;;) {
        struct aq_edit_row *row = &e->rows[e->depth];
        size_t at = row->end;
        if (row->least > e->bound) {
            *dead = at;
            return e->bound + 1;
        }
        if (at >= word.len || e->depth == AQ_TERM_MAX) {
            *dead = word.len + 1;
            /* cell `length - depth + bound`, where the row has it */
            uint32_t k = e->length + e->bound - e->depth;
            return at == word.len && k <= 2 * e->bound ? row->cells[k] : e->bound + 1;
        }
        unsigned len;
        row[1].cp = aq_utf8_decode(word.ptr + at, end, &len);
        row[1].end = (uint16_t)(at + len);
        fill_row(e, ++e->depth);
    }
}
