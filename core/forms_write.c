/* forms_write.c - a segment's forms gathered, sorted and packed into rows (forms.h). */
#include "forms.h"

#include "fold.h"
#include "store_internal.h"

enum { NIBBLE = 15, CUT_MORE = 7, ACCENTED = 0x80 };

/* ---- spellings ---- */

static bool is_ascii(struct aq_slice s)
{
    uint8_t bits = 0;
    for (size_t i = 0; i < s.len; i++)
        bits |= s.ptr[i];
    return bits < 0x80;
}

struct aq_slice aq_form_plain(struct aq_slice form, uint8_t out[AQ_TERM_MAX])
{
    if (is_ascii(form))
        return form;
    size_t n = aq_fold_diacritics(form, out);
    struct aq_slice plain = aq_slice(out, n);
    return n && !aq_slice_eq(plain, form) ? plain : form;
}

struct aq_slice aq_form_name(struct aq_slice form, struct aq_slice plain, uint8_t out[AQ_FORM_NAME_MAX])
{
    size_t n = plain.len;
    memcpy(out, plain.ptr, n);
    if (!aq_slice_eq(plain, form)) {
        out[n++] = 0;
        memcpy(out + n, form.ptr, form.len);
        n += form.len;
    }
    return aq_slice(out, n);
}

/* ---- gathering ----
 * Each form is kept as the length of its name (u16), how its term differs from its plain
 * spelling (bytes cut, u8, and put on, u8), its count (u64), the name, and what is put on. */

enum { KEPT_NAME = 0, KEPT_CUT = 2, KEPT_TAIL = 3, KEPT_COUNT = 4, KEPT_BYTES = 12 };

struct gathering {
    struct aq_forms *forms;
    struct aq_slice term;
    bool bad;
};

static uint64_t start_of(struct aq_slice name)
{
    uint8_t bytes[8] = {0};
    memcpy(bytes, name.ptr, name.len < sizeof bytes ? name.len : sizeof bytes);
    return aq_unkey64(bytes);
}

static bool gather(void *context, uint32_t code, struct aq_slice form, uint64_t count)
{
    struct gathering *g = context;
    struct aq_forms *f = g->forms;
    uint8_t plain_bytes[AQ_TERM_MAX], name_bytes[AQ_FORM_NAME_MAX];
    (void)code;
    if (form.len == 0 || form.len > AQ_TERM_MAX || g->term.len > AQ_TERM_MAX) {
        g->bad = true;
        return false;
    }
    struct aq_slice plain = aq_form_plain(form, plain_bytes), name = aq_form_name(form, plain, name_bytes);
    size_t same = aq_slice_common(plain, g->term);
    if (!aq_grow(&f->places, &f->cap, f->count + 1, sizeof *f->places)) {
        f->bytes.failed = true;
        return false;
    }
    f->places[f->count] = (struct aq_forms_place){start_of(name), f->bytes.len};
    aq_buf_u16(&f->bytes, (uint16_t)name.len);
    aq_buf_u8(&f->bytes, (uint8_t)(plain.len - same));
    aq_buf_u8(&f->bytes, (uint8_t)(g->term.len - same));
    aq_buf_u64(&f->bytes, count);
    aq_buf_put(&f->bytes, name.ptr, name.len);
    aq_buf_put(&f->bytes, g->term.ptr + same, g->term.len - same);
    f->count += !f->bytes.failed;
    return !f->bytes.failed;
}

enum aq_status aq_forms_add_list(struct aq_forms *f, struct aq_slice term, struct aq_slice list,
                                 struct aq_slice positions, struct aq_error *err)
{
    struct gathering g = {.forms = f, .term = term};
    struct aq_postings p;
    enum aq_status st = aq_postings_parse(&p, term, list, positions);
    if (!st)
        st = aq_postings_forms(&p, gather, &g);
    if (f->bytes.failed)
        return aq_fail_nomem(err);
    if (!st && g.bad)
        st = AQ_CORRUPT;
    return st ? aq_fail(err, st, "the forms of '%.*s' cannot be read: %s", (int)term.len, (const char *)term.ptr,
                        aq_status_name(st))
              : AQ_OK;
}

void aq_forms_free(struct aq_forms *f)
{
    free(f->places);
    aq_buf_free(&f->bytes);
    *f = (struct aq_forms){0};
}

/* ---- storing ---- */

static struct aq_slice name_at(const uint8_t *bytes, size_t at)
{
    return aq_slice(bytes + at + KEPT_BYTES, aq_load16(bytes + at + KEPT_NAME));
}

static int by_name(const void *x, const void *y, void *bytes)
{
    const struct aq_forms_place *a = x, *b = y;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    return aq_slice_cmp(name_at(bytes, a->at), name_at(bytes, b->at));
}

static uint8_t at_most(size_t n, size_t most)
{
    return (uint8_t)(n < most ? n : most);
}

static void put_more(struct aq_buf *out, size_t n, size_t most)
{
    if (n >= most)
        aq_buf_varint(out, n - most);
}

static void put_entry(struct aq_buf *out, struct aq_slice before, const struct aq_forms *f, size_t i)
{
    const uint8_t *kept = f->bytes.ptr + f->places[i].at;
    struct aq_slice name = name_at(f->bytes.ptr, f->places[i].at);
    size_t shared = aq_slice_common(before, name), tail = name.len - shared;
    size_t cut = kept[KEPT_CUT], stem_tail = kept[KEPT_TAIL];
    bool accented = memchr(name.ptr, 0, name.len);
    aq_buf_u8(out, (uint8_t)(at_most(shared, NIBBLE) << 4 | at_most(tail, NIBBLE)));
    aq_buf_u8(out, (uint8_t)((accented ? ACCENTED : 0) | at_most(cut, CUT_MORE) << 4 | at_most(stem_tail, NIBBLE)));
    put_more(out, shared, NIBBLE);
    put_more(out, tail, NIBBLE);
    put_more(out, cut, CUT_MORE);
    put_more(out, stem_tail, NIBBLE);
    aq_buf_varint(out, aq_load64(kept + KEPT_COUNT));
    aq_buf_put(out, name.ptr + shared, tail);
    aq_buf_put(out, name.ptr + name.len, stem_tail);
}

/* As many forms as a row holds, one at the least. */
static enum aq_status put_row(struct aq_forms *f, struct aq_txn *t, uint32_t segment, struct aq_buf *row,
                              struct aq_error *err)
{
    uint8_t key[4 + AQ_FORM_NAME_MAX];
    struct aq_slice first = name_at(f->bytes.ptr, f->places[f->stored].at), before = first;
    aq_key32(key, segment);
    memcpy(key + 4, first.ptr, first.len);
    aq_buf_clear(row);
    while (f->stored < f->count) {
        size_t at = row->len;
        put_entry(row, before, f, f->stored);
        if (row->failed)
            return aq_fail_nomem(err);
        if (at && row->len > AQ_ROW_PAYLOAD) {
            row->len = at;
            break;
        }
        before = name_at(f->bytes.ptr, f->places[f->stored++].at);
    }
    return aq_put(t, AQ_TABLE_FORM, aq_slice(key, 4 + first.len), aq_slice(row->ptr, row->len), err);
}

enum aq_status aq_forms_put(struct aq_forms *f, struct aq_txn *t, uint32_t segment, size_t most, struct aq_error *err)
{
    struct aq_buf row = {0};
    enum aq_status st = AQ_OK;
    if (f->stored == 0 && f->count)
        qsort_r(f->places, f->count, sizeof *f->places, by_name, f->bytes.ptr);
    for (size_t put = 0; put < most && f->stored < f->count && st == AQ_OK; put += row.len)
        st = put_row(f, t, segment, &row, err);
    aq_buf_free(&row);
    return st;
}
