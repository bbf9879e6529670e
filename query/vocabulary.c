/* vocabulary.c - see vocabulary.h. */
#include "vocabulary.h"

#include "edit_distance.h"
#include "fold.h"
#include "pending.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

struct matching {
    enum aq_pattern kind;
    struct aq_slice text; /* without accents */
    struct aq_edit edit;
    struct aq_arena *arena;
    struct aq_vocabulary_form *found;
    uint32_t *slots; /* index in found + 1 */
    size_t count, cap, slot_count;
    struct aq_slice term; /* at hand */
    uint8_t text_bytes[AQ_TERM_MAX];
    bool failed;
};

static bool is_ascii(struct aq_slice s)
{
    uint8_t bits = 0;
    for (size_t i = 0; i < s.len; i++)
        bits |= s.ptr[i];
    return bits < 0x80;
}

static struct aq_slice plain_of(struct aq_slice form, uint8_t out[AQ_TERM_MAX])
{
    return is_ascii(form) ? form : aq_slice(out, aq_fold_diacritics(form, out));
}

/* A compound's whole has one of the characters that join or follow its words. */
static bool is_whole(struct aq_slice form)
{
    for (size_t i = 0; i < form.len; i++)
        if (form.ptr[i] < 0x80 && strchr("-_&+#", form.ptr[i]))
            return true;
    return false;
}

static bool matches(struct matching *m, struct aq_slice form)
{
    uint8_t bytes[AQ_TERM_MAX];
    struct aq_slice plain = plain_of(form, bytes);
    size_t dead;
    if (m->kind == AQ_PATTERN_FUZZY)
        return aq_edit_next(&m->edit, plain, 0, &dead) <= m->edit.bound;
    return plain.len >= m->text.len && memcmp(plain.ptr, m->text.ptr, m->text.len) == 0 && !is_whole(form);
}

static bool widen(struct matching *m)
{
    size_t size = m->slot_count ? m->slot_count * 2 : 256;
    uint32_t *slots = calloc(size, sizeof *slots);
    if (!slots)
        return false;
    free(m->slots);
    m->slots = slots;
    m->slot_count = size;
    for (size_t i = 0; i < m->count; i++) {
        size_t at = XXH3_64bits(m->found[i].form.ptr, m->found[i].form.len) & (size - 1);
        while (slots[at])
            at = (at + 1) & (size - 1);
        slots[at] = (uint32_t)i + 1;
    }
    return true;
}

static void add(struct matching *m, struct aq_slice form, uint64_t count)
{
    if ((m->count + 1) * 2 > m->slot_count && !widen(m)) {
        m->failed = true;
        return;
    }
    size_t at = XXH3_64bits(form.ptr, form.len) & (m->slot_count - 1);
    for (; m->slots[at]; at = (at + 1) & (m->slot_count - 1)) {
        struct aq_vocabulary_form *f = &m->found[m->slots[at] - 1];
        if (aq_slice_eq(f->form, form)) {
            f->count += count;
            return;
        }
    }
    struct aq_slice kept = aq_arena_copy(m->arena, form), term = aq_arena_copy(m->arena, m->term);
    if (!kept.ptr || !term.ptr || !aq_grow(&m->found, &m->cap, m->count + 1, sizeof *m->found)) {
        m->failed = true;
        return;
    }
    m->found[m->count++] = (struct aq_vocabulary_form){term, kept, count};
    m->slots[at] = (uint32_t)m->count;
}

static bool visit(void *context, uint32_t code, struct aq_slice form, uint64_t count)
{
    struct matching *m = context;
    (void)code;
    if (form.len <= AQ_TERM_MAX && matches(m, form))
        add(m, form, count);
    return !m->failed;
}

static enum aq_status walk_segment(struct matching *m, struct aq_txn *txn, const struct aq_segment *seg,
                                   struct aq_error *err)
{
    struct aq_term_walk w;
    bool found;
    enum aq_status st = aq_term_walk_open(txn, seg, (struct aq_slice){0}, &w, &found, err);
    while (!st && found) {
        m->term = w.term;
        st = aq_postings_forms(&w.postings, visit, m);
        if (m->failed)
            st = AQ_NOMEM;
        if (st)
            st = aq_fail(err, st, "the forms of a term in segment %u cannot be read: %s", seg->info.id,
                         aq_status_name(st));
        else
            st = aq_term_walk_next(&w, &found, err);
    }
    aq_term_walk_close(&w);
    return st;
}

static enum aq_status visit_pending_term(struct matching *m, const struct aq_pending_term *t)
{
    struct aq_slice form;
    uint16_t positions[256], codes[256];
    m->term = t->term;
    for (uint32_t code = 0; code < t->form_count; code++) {
        size_t at = 0;
        uint32_t ordinal, tf;
        uint64_t count = 0;
        bool bad = false;
        if (!aq_pending_form(t, code, &form))
            return AQ_CORRUPT;
        while (aq_pending_posting(t, &at, &ordinal, &tf, positions, codes, &bad))
            for (uint32_t i = 0; i < tf; i++)
                count += codes[i] == code;
        if (count)
            visit(m, code, form, count);
    }
    return m->failed ? AQ_NOMEM : AQ_OK;
}

static enum aq_status walk_pending(struct matching *m, struct aq_txn *txn, struct aq_error *err)
{
    struct aq_walk w;
    bool found;
    if (txn->state.pend_comments == 0)
        return AQ_OK;
    enum aq_status st = aq_walk_open(txn, AQ_TABLE_PEND, false, &w, err);
    if (st)
        return st;
    st = aq_walk_seek(&w, (struct aq_slice){0}, &found, err);
    while (!st && found) {
        struct aq_pending record;
        struct aq_pending_term term;
        size_t at = 0;
        bool bad = false;
        st = aq_pending_parse(&record, w.payload);
        while (!st && aq_pending_next(&record, &at, &term, &bad))
            st = visit_pending_term(m, &term);
        if (!st && bad)
            st = AQ_CORRUPT;
        if (st)
            st = aq_fail(err, st, "a pending comment's record cannot be read: %s", aq_status_name(st));
        else
            st = aq_walk_next(&w, &found, err);
    }
    aq_walk_close(&w);
    return st;
}

static int by_count(const void *x, const void *y)
{
    const struct aq_vocabulary_form *a = x, *b = y;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return aq_slice_cmp(a->form, b->form);
}

enum aq_status aq_vocabulary_expand(struct aq_txn *txn, enum aq_pattern kind, struct aq_slice text,
                                    unsigned distance, uint32_t most, struct aq_arena *arena,
                                    struct aq_vocabulary_form **forms, uint32_t *count, bool *cut,
                                    struct aq_error *err)
{
    struct matching m = {.kind = kind, .arena = arena};
    enum aq_status st = AQ_OK;
    *forms = NULL;
    *count = 0;
    *cut = false;
    m.text = plain_of(text, m.text_bytes);
    aq_edit_begin(&m.edit, m.text, distance);
    for (uint32_t i = 0; i < txn->segment_count && !st; i++)
        st = walk_segment(&m, txn, &txn->segments[i], err);
    if (!st)
        st = walk_pending(&m, txn, err);
    if (!st && m.count) {
        qsort(m.found, m.count, sizeof *m.found, by_count);
        *cut = m.count > most;
        *count = *cut ? most : (uint32_t)m.count;
        *forms = aq_arena_alloc(arena, *count * sizeof **forms);
        if (!*forms)
            st = aq_fail_nomem(err);
        else
            memcpy(*forms, m.found, *count * sizeof **forms);
    }
    free(m.found);
    free(m.slots);
    return st;
}
