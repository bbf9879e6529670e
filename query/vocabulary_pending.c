/* vocabulary_pending.c - the forms of comments that are in no segment yet, counted and
 * put in order (vocabulary.h). */
#include "vocabulary.h"

#include "pending_walk.h"

struct gathering {
    aq_form_wanted *wanted;
    void *context;
    struct aq_arena *arena;
    struct aq_pending_form *forms;
    size_t count, cap;
    uint32_t *slots; /* by the form's hash: index and 1, 0: empty */
    size_t slot_count;
};

static size_t slot_of(const struct gathering *g, struct aq_slice form)
{
    size_t at = (size_t)aq_hash(form) & (g->slot_count - 1);
    while (g->slots[at] && !aq_slice_eq(g->forms[g->slots[at] - 1].form, form))
        at = (at + 1) & (g->slot_count - 1);
    return at;
}

static bool widen(struct gathering *g)
{
    size_t size = g->slot_count ? g->slot_count * 2 : 256;
    uint32_t *slots = calloc(size, sizeof *slots);
    if (!slots)
        return false;
    free(g->slots);
    g->slots = slots;
    g->slot_count = size;
    for (size_t i = 0; i < g->count; i++)
        slots[slot_of(g, g->forms[i].form)] = (uint32_t)i + 1;
    return true;
}

/* Counts occurrences of a form that is wanted. False: out of memory. */
static bool add(struct gathering *g, struct aq_slice term, struct aq_slice form, struct aq_slice plain, uint64_t count)
{
    uint8_t name[AQ_FORM_NAME_MAX];
    if ((g->count + 1) * 2 > g->slot_count && !widen(g))
        return false;
    size_t at = slot_of(g, form);
    if (g->slots[at]) {
        g->forms[g->slots[at] - 1].count += count;
        return true;
    }
    if (!aq_grow(&g->forms, &g->cap, g->count + 1, sizeof *g->forms))
        return false;
    struct aq_pending_form *f = &g->forms[g->count];
    f->name = aq_arena_copy(g->arena, aq_form_name(form, plain, name));
    f->term = aq_arena_copy(g->arena, term);
    if (!f->name.ptr || !f->term.ptr)
        return false;
    f->plain = aq_slice(f->name.ptr, plain.len);
    f->form = f->name.len == plain.len ? f->plain : aq_slice(f->name.ptr + plain.len + 1, form.len);
    f->count = count;
    g->slots[at] = (uint32_t)++g->count;
    return true;
}

static enum aq_status add_term(struct gathering *g, const struct aq_pending_term *t)
{
    uint16_t positions[256], codes[256];
    for (uint32_t code = 0; code < t->form_count; code++) {
        uint8_t bytes[AQ_TERM_MAX];
        struct aq_slice form;
        uint32_t ordinal, tf;
        uint64_t count = 0;
        size_t at = 0;
        bool bad = false;
        if (!aq_pending_form(t, code, &form) || form.len == 0 || form.len > AQ_TERM_MAX)
            return AQ_CORRUPT;
        struct aq_slice plain = aq_form_plain(form, bytes);
        if (g->wanted && !g->wanted(g->context, plain))
            continue;
        while (aq_pending_posting(t, &at, &ordinal, &tf, positions, codes, &bad))
            for (uint32_t i = 0; i < tf; i++)
                count += codes[i] == code;
        if (!add(g, t->term, form, plain, count))
            return AQ_NOMEM;
    }
    return AQ_OK;
}

static enum aq_status add_record(void *context, uint32_t comment, const struct aq_pending *record, bool *enough,
                                 struct aq_error *err)
{
    struct aq_pending_term term;
    enum aq_status st = AQ_OK;
    size_t at = 0;
    bool bad = false;
    (void)comment;
    (void)enough;
    while (!st && aq_pending_next(record, &at, &term, &bad))
        st = add_term(context, &term);
    if (st == AQ_NOMEM)
        return aq_fail_nomem(err);
    return st || bad ? aq_pending_damaged(err) : AQ_OK;
}

static int by_name(const void *x, const void *y)
{
    const struct aq_pending_form *a = x, *b = y;
    return aq_slice_cmp(a->name, b->name);
}

enum aq_status aq_pending_forms(struct aq_txn *txn, aq_form_wanted *wanted, void *context, struct aq_arena *arena,
                                struct aq_pending_form **forms, size_t *count, struct aq_error *err)
{
    struct gathering g = {.wanted = wanted, .context = context, .arena = arena};
    *forms = NULL;
    *count = 0;
    enum aq_status st = aq_pending_walk(txn, add_record, &g, err);
    if (!st && g.count) {
        qsort(g.forms, g.count, sizeof *g.forms, by_name);
        *forms = aq_arena_alloc(arena, g.count * sizeof **forms);
        if (*forms)
            memcpy(*forms, g.forms, g.count * sizeof **forms);
        else
            st = aq_fail_nomem(err);
        *count = st ? 0 : g.count;
    }
    free(g.forms);
    free(g.slots);
    return st;
}
