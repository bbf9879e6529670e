/* check_forms.c - the table of forms against what the lists of the same segment have:
 * each form once, in order, under its plain spelling, with its term and its count. */
#include "check_internal.h"

#include "forms.h"
#include "utf8.h"

#include <inttypes.h>

/* Checksums, and that there is a segment; what is in a row is read below. */
static enum aq_status form_row(struct aq_check *c, void *context, struct aq_slice key, struct aq_slice payload)
{
    (void)context;
    (void)payload;
    if (key.len <= 4)
        return aq_check_fault(c, "form", "a key has %zu bytes, too few for a segment and a form", key.len);
    uint32_t id = aq_unkey32(key.ptr);
    if (aq_check_segment_index(c, id) < 0 && id != c->t.state.inflight)
        return aq_check_fault(c, "form", "there are rows of segment %u, which is not listed", id);
    return AQ_OK;
}

static enum aq_status check_form(struct aq_check *c, uint32_t id, struct aq_forms_walk *w)
{
    uint8_t plain[AQ_TERM_MAX];
    char name[AQ_QUOTED_BYTES];
    struct aq_slice form = aq_forms_form(w);
    if (aq_utf8_valid(form) < form.len || form.len > AQ_TERM_MAX)
        return aq_check_fault(c, "form", "segment %u: %s is not a form", id, aq_check_quoted(form, name));
    if (!aq_slice_eq(aq_form_plain(form, plain), aq_forms_plain(w)) || w->accented != (form.len < w->name.len))
        return aq_check_fault(c, "form", "segment %u: %s stands under another spelling", id,
                              aq_check_quoted(form, name));
    return AQ_OK;
}

static enum aq_status check_segment(struct aq_check *c, uint32_t index, struct aq_buf *last)
{
    const struct aq_check_segment *seg = &c->segments[index];
    uint32_t id = c->t.segments[index].info.id;
    struct aq_forms_walk w;
    struct aq_error why = {.message = ""};
    char name[AQ_QUOTED_BYTES];
    uint64_t forms = 0, sum = 0;
    bool found;
    enum aq_status st = aq_forms_open(&c->t, id, &w, &why);

    aq_buf_clear(last);
    if (!st)
        st = aq_forms_seek(&w, (struct aq_slice){0}, &found, &why);
    while (!st && found) {
        if (forms && aq_slice_cmp(aq_slice(last->ptr, last->len), w.name) >= 0)
            st = aq_check_fault(c, "form", "segment %u: %s does not come after the form before it", id,
                                aq_check_quoted(w.name, name));
        else
            st = check_form(c, id, &w);
        if (st)
            break;
        forms++;
        sum += aq_check_form(aq_check_word(aq_hash(aq_forms_term(&w)), aq_hash(aq_forms_form(&w))), w.count);
        aq_buf_clear(last);
        aq_buf_put(last, w.name.ptr, w.name.len);
        st = last->failed ? aq_fail_nomem(c->err) : aq_forms_next(&w, &found, &why);
    }
    aq_forms_close(&w);
    if (st && why.message[0])
        return st == AQ_CORRUPT ? aq_check_fault(c, "form", "%.300s", why.message) : aq_fail(c->err, st, "%s", why.message);
    if (!st && (forms != seg->forms || sum != seg->form_sum))
        st = aq_check_fault(c, "form", "segment %u: the %" PRIu64 " forms are not the %" PRIu64 " that its lists have", id,
                            forms, seg->forms);
    return st;
}

enum aq_status aq_check_forms(struct aq_check *c)
{
    struct aq_buf last = {0};
    enum aq_status st = aq_check_table(c, AQ_TABLE_FORM, form_row, NULL);
    for (uint32_t i = 0; i < c->t.segment_count && st == AQ_OK; i++)
        st = check_segment(c, i, &last);
    aq_buf_free(&last);
    return st;
}
