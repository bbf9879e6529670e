/* postings_forms.c - the forms of a term as its list stores them, each against the
 * term's own bytes. Knows nothing of postings but how many positions there are. */
#include "postings_format.h"

bool aq_form_walk_next(struct form_walk *w, size_t term_len)
{
    bool first = ++w->code == 0;
    uint8_t head = aq_read_u8(&w->r);
    uint64_t cut = head >> FORM_CUT_SHIFT & FORM_CUT_MORE, tail = head & FORM_TAIL_MORE;
    if (cut == FORM_CUT_MORE)
        cut += aq_read_varint32(&w->r);
    if (tail == FORM_TAIL_MORE)
        tail += aq_read_varint32(&w->r);
    w->tail = aq_read_raw(&w->r, (size_t)tail);
    w->last = head & FORM_LAST;
    w->count = first && w->last ? 0 : aq_read_varint(&w->r);
    w->cut = (size_t)cut;
    return !w->r.bad && cut <= term_len && term_len - w->cut + w->tail.len <= FORM_MAX && w->code < FORMS_MAX;
}

struct aq_slice aq_form_walk_text(const struct form_walk *w, struct aq_slice term, uint8_t out[FORM_MAX])
{
    size_t kept = term.len - w->cut;
    if (kept)
        memcpy(out, term.ptr, kept);
    if (w->tail.len)
        memcpy(out + kept, w->tail.ptr, w->tail.len);
    return aq_slice(out, kept + w->tail.len);
}

int aq_postings_form_code(const struct aq_postings *p, struct aq_slice form)
{
    if (p->form_bytes.len == 0)
        return aq_slice_eq(form, p->term) ? 0 : -1;
    struct form_walk w = form_walk_of(p->form_bytes.ptr, p->form_bytes.ptr + p->form_bytes.len);
    do {
        if (!aq_form_walk_next(&w, p->term.len))
            return -1;
        size_t kept = p->term.len - w.cut;
        if (form.len == kept + w.tail.len && aq_slice_eq(aq_slice(form.ptr, kept), aq_slice(p->term.ptr, kept)) &&
            aq_slice_eq(aq_slice(form.ptr + kept, w.tail.len), w.tail))
            return (int)w.code;
    } while (!w.last);
    return -1;
}

/* Total positions, counted where a list does not say. */
static bool total_positions(const struct aq_postings *p, uint64_t *ttf)
{
    *ttf = p->ttf;
    if (p->blocks)
        return true;
    struct aq_cursor c;
    aq_cursor_init(&c, p);
    for (uint32_t i = 0; i < c.count; i++)
        *ttf += c.freqs[i];
    return !c.bad;
}

enum aq_status aq_postings_forms(const struct aq_postings *p, aq_form_visit *visit, void *context)
{
    uint64_t ttf = 0;
    if (p->form_count == 1 && !total_positions(p, &ttf))
        return AQ_CORRUPT;
    if (p->form_bytes.len == 0) {
        visit(context, 0, p->term, ttf);
        return AQ_OK;
    }
    struct form_walk w = form_walk_of(p->form_bytes.ptr, p->form_bytes.ptr + p->form_bytes.len);
    do {
        uint8_t text[FORM_MAX];
        if (!aq_form_walk_next(&w, p->term.len) || w.code >= p->form_count)
            return AQ_CORRUPT;
        if (!visit(context, w.code, aq_form_walk_text(&w, p->term, text), p->form_count == 1 ? ttf : w.count))
            return AQ_OK;
    } while (!w.last);
    return w.code + 1 == p->form_count ? AQ_OK : AQ_CORRUPT;
}
