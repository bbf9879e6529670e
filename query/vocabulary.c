/* vocabulary.c - see vocabulary.h. Forms of segments and of pending comments are merged
 * by name while they are read, so that a pattern holds what it keeps and no more. */
#include "vocabulary.h"

#include "edit_distance.h"

/* ---- all sources as one ---- */

struct aq_vocabulary_source {
    struct aq_forms_walk walk; /* of a segment */
    const struct aq_pending_form *forms; /* or of pending comments, when there are any */
    size_t count, at;
    bool live;            /* stands on a form: */
    bool here;            /* the one at hand */
    struct aq_slice name; /* its name */
};

/* Looks at where source i has come to. w->starts has the first eight bytes of the names as
 * numbers, by which most are told apart, and the highest number at the end. */
static void look(struct aq_vocabulary_walk *w, size_t i)
{
    struct aq_vocabulary_source *s = &w->sources[i];
    uint8_t bytes[8] = {0};
    w->starts[i] = UINT64_MAX;
    if (!s->live)
        return;
    s->name = s->forms ? s->forms[s->at].name : s->walk.name;
    memcpy(bytes, s->name.ptr, s->name.len < sizeof bytes ? s->name.len : sizeof bytes);
    w->starts[i] = aq_unkey64(bytes);
}

enum aq_status aq_vocabulary_open(struct aq_txn *txn, aq_form_wanted *wanted, void *context, struct aq_arena *arena,
                                  struct aq_vocabulary_walk *w, struct aq_error *err)
{
    struct aq_pending_form *forms;
    size_t count;
    w->sources = w->first = NULL;
    w->source_count = 0;
    w->name = aq_slice(w->bytes, 0);
    enum aq_status st = aq_pending_forms(txn, wanted, context, arena, &forms, &count, err);
    if (st)
        return st;
    w->sources = aq_arena_zalloc(arena, (txn->segment_count + 1) * sizeof *w->sources);
    w->starts = aq_arena_alloc(arena, (txn->segment_count + 1) * sizeof *w->starts);
    if (!w->sources || !w->starts)
        return aq_fail_nomem(err);
    if (count)
        w->sources[w->source_count++] = (struct aq_vocabulary_source){.forms = forms, .count = count};
    for (uint32_t i = 0; i < txn->segment_count && !st; i++)
        st = aq_forms_open(txn, txn->segments[i].info.id, &w->sources[w->source_count++].walk, err);
    return st;
}

void aq_vocabulary_close(struct aq_vocabulary_walk *w)
{
    for (size_t i = 0; i < w->source_count; i++)
        aq_forms_close(&w->sources[i].walk);
    w->source_count = 0;
}

/* The form at hand is the first source's, which is the only one. */
static bool settle_alone(struct aq_vocabulary_walk *w)
{
    struct aq_forms_walk *walk = &w->sources[0].walk;
    if (!w->sources[0].live)
        return false;
    w->first = w->sources;
    w->first->here = true;
    w->name = walk->name;
    w->plain = aq_forms_plain(walk);
    w->form = aq_forms_form(walk);
    w->count = walk->count;
    w->shared = walk->shared;
    return true;
}

/* Stands on the least form of all sources. */
static bool settle(struct aq_vocabulary_walk *w)
{
    uint64_t least = UINT64_MAX;
    struct aq_slice before = w->name;
    if (w->source_count == 1 && !w->sources[0].forms)
        return settle_alone(w);
    for (size_t i = 0; i < w->source_count; i++)
        least = w->starts[i] < least ? w->starts[i] : least;
    w->first = NULL;
    w->count = 0;
    for (size_t i = 0; i < w->source_count; i++) {
        struct aq_vocabulary_source *s = &w->sources[i];
        s->here = s->live && w->starts[i] == least;
        if (!s->here)
            continue;
        int order = w->first ? aq_slice_cmp(s->name, w->first->name) : -1;
        if (order > 0) {
            s->here = false;
            continue;
        }
        if (order < 0) {
            for (struct aq_vocabulary_source *other = w->sources; other < s; other++)
                other->here = false;
            w->first = s;
            w->count = 0;
        }
        w->count += s->forms ? s->forms[s->at].count : s->walk.count;
    }
    if (!w->first)
        return false;
    struct aq_slice name = w->first->name;
    w->shared = aq_slice_common(before, name);
    memcpy(w->bytes + w->shared, name.ptr + w->shared, name.len - w->shared);
    size_t plain = w->first->forms ? w->first->forms[w->first->at].plain.len : aq_forms_plain(&w->first->walk).len;
    w->name = aq_slice(w->bytes, name.len);
    w->plain = aq_slice(w->bytes, plain);
    w->form = plain == name.len ? w->plain : aq_slice(w->bytes + plain + 1, name.len - plain - 1);
    return true;
}

static void seek_pending(struct aq_vocabulary_source *s, size_t from, struct aq_slice name)
{
    size_t low = from, high = s->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (aq_slice_cmp(s->forms[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    s->at = low;
    s->live = low < s->count;
}

enum aq_status aq_vocabulary_seek(struct aq_vocabulary_walk *w, struct aq_slice from, bool *found,
                                  struct aq_error *err)
{
    enum aq_status st = AQ_OK;
    for (size_t i = 0; i < w->source_count && !st; i++) {
        struct aq_vocabulary_source *s = &w->sources[i];
        if (s->forms)
            seek_pending(s, 0, from);
        else
            st = aq_forms_seek(&s->walk, from, &s->live, err);
        look(w, i);
    }
    w->name.len = 0;
    *found = !st && settle(w);
    return st;
}

enum aq_status aq_vocabulary_next(struct aq_vocabulary_walk *w, bool *found, struct aq_error *err)
{
    enum aq_status st = AQ_OK;
    for (size_t i = 0; i < w->source_count && !st; i++) {
        struct aq_vocabulary_source *s = &w->sources[i];
        if (!s->here)
            continue;
        if (s->forms)
            s->live = ++s->at < s->count;
        else
            st = aq_forms_next(&s->walk, &s->live, err);
        look(w, i);
    }
    *found = !st && settle(w);
    return st;
}

enum aq_status aq_vocabulary_skip(struct aq_vocabulary_walk *w, size_t keep, bool *found, struct aq_error *err)
{
    enum aq_status st = AQ_OK;
    struct aq_slice prefix = aq_slice(w->name.ptr, keep);
    if (keep > w->name.len)
        return aq_vocabulary_next(w, found, err);
    for (size_t i = 0; i < w->source_count && !st; i++) {
        struct aq_vocabulary_source *s = &w->sources[i];
        if (!s->live || !aq_slice_begins(s->name, prefix))
            continue;
        if (!s->forms)
            st = aq_forms_skip(&s->walk, keep, &s->live, err);
        while (s->forms && s->live && aq_slice_begins(s->forms[s->at].name, prefix))
            s->live = ++s->at < s->count;
        look(w, i);
    }
    *found = !st && settle(w);
    return st;
}

struct aq_slice aq_vocabulary_term(struct aq_vocabulary_walk *w)
{
    return w->first->forms ? w->first->forms[w->first->at].term : aq_forms_term(&w->first->walk);
}

/* ---- the commonest ---- */

/* A heap with the last in order on top. */
struct best {
    struct aq_vocabulary_form *forms;
    uint32_t count, most;
    struct aq_arena *arena;
    bool cut;
};

/* The commoner first, equal ones in order of bytes. */
static bool comes_before(uint64_t count, struct aq_slice form, const struct aq_vocabulary_form *than)
{
    return count != than->count ? count > than->count : aq_slice_cmp(form, than->form) < 0;
}

static void sink(struct best *b, uint32_t at)
{
    struct aq_vocabulary_form moved = b->forms[at];
    for (uint32_t child = 2 * at + 1; child < b->count; child = 2 * at + 1) {
        const struct aq_vocabulary_form *c = &b->forms[child];
        if (child + 1 < b->count && comes_before(c->count, c->form, c + 1))
            c = &b->forms[++child];
        if (!comes_before(moved.count, moved.form, c))
            break;
        b->forms[at] = *c;
        at = child;
    }
    b->forms[at] = moved;
}

static void rise(struct best *b, uint32_t at)
{
    struct aq_vocabulary_form moved = b->forms[at];
    for (; at && comes_before(b->forms[(at - 1) / 2].count, b->forms[(at - 1) / 2].form, &moved); at = (at - 1) / 2)
        b->forms[at] = b->forms[(at - 1) / 2];
    b->forms[at] = moved;
}

static bool offer(struct best *b, struct aq_vocabulary_walk *w)
{
    bool full = b->count == b->most;
    b->cut |= full;
    if (full && (b->most == 0 || !comes_before(w->count, w->form, &b->forms[0])))
        return true;
    struct aq_vocabulary_form f = {.form = aq_arena_copy(b->arena, w->form),
                                   .term = aq_arena_copy(b->arena, aq_vocabulary_term(w)),
                                   .count = w->count};
    if (!f.form.ptr || !f.term.ptr)
        return false;
    if (full) {
        b->forms[0] = f;
        sink(b, 0);
    } else {
        b->forms[b->count++] = f;
        rise(b, b->count - 1);
    }
    return true;
}

static int by_count(const void *x, const void *y)
{
    const struct aq_vocabulary_form *a = x, *b = y;
    return comes_before(a->count, a->form, b) ? -1 : 1;
}

/* ---- patterns ---- */

struct matching {
    struct aq_slice text; /* without accents */
    struct best best;
    struct aq_edit edit, pending_edit;
};

static bool wants_prefix(void *context, struct aq_slice plain)
{
    const struct matching *m = context;
    return aq_slice_begins(plain, m->text);
}

static bool wants_near(void *context, struct aq_slice plain)
{
    struct matching *m = context;
    size_t dead;
    return aq_edit_next(&m->pending_edit, plain, 0, &dead) <= m->pending_edit.bound;
}

/* The whole of a compound has one of the characters that join or follow its words. */
static bool is_whole(struct aq_slice form)
{
    for (size_t i = 0; i < form.len; i++)
        if (form.ptr[i] == '-' || form.ptr[i] == '_' || form.ptr[i] == '&' || form.ptr[i] == '+' || form.ptr[i] == '#')
            return true;
    return false;
}

static enum aq_status match_prefix(struct matching *m, struct aq_vocabulary_walk *w, bool wholes, struct aq_error *err)
{
    bool found;
    enum aq_status st = aq_vocabulary_seek(w, m->text, &found, err);
    while (!st && found && aq_slice_begins(w->plain, m->text)) {
        bool too_rare = m->best.cut && m->best.count && w->count < m->best.forms[0].count;
        if (!too_rare && (wholes || !is_whole(w->form)) && !offer(&m->best, w))
            return aq_fail_nomem(err);
        st = aq_vocabulary_next(w, &found, err);
    }
    return st;
}

static enum aq_status match_near(struct matching *m, struct aq_vocabulary_walk *w, struct aq_slice beginning,
                                 struct aq_error *err)
{
    bool found;
    enum aq_status st = aq_vocabulary_seek(w, beginning, &found, err);
    while (!st && found && aq_slice_begins(w->plain, beginning)) {
        size_t dead;
        if (aq_edit_next(&m->edit, w->plain, w->shared, &dead) <= m->edit.bound && !offer(&m->best, w))
            return aq_fail_nomem(err);
        st = dead <= w->plain.len ? aq_vocabulary_skip(w, dead, &found, err) : aq_vocabulary_next(w, &found, err);
    }
    return st;
}

static struct matching *matching_make(enum aq_pattern kind, struct aq_slice text, unsigned distance, uint32_t most,
                                      struct aq_arena *arena)
{
    uint8_t bytes[AQ_TERM_MAX];
    struct matching *m = aq_arena_alloc(arena, sizeof *m);
    if (!m)
        return NULL;
    m->text = text.len ? aq_arena_copy(arena, aq_form_plain(text, bytes)) : (struct aq_slice){0};
    m->best = (struct best){.most = most, .arena = arena};
    m->best.forms = aq_arena_alloc(arena, ((size_t)most + 1) * sizeof *m->best.forms);
    if (!m->best.forms || (text.len && !m->text.ptr))
        return NULL;
    if (kind == AQ_PATTERN_FUZZY) {
        aq_edit_begin(&m->edit, m->text, distance);
        m->pending_edit = m->edit;
    }
    return m;
}

static void take_best(struct matching *m, struct aq_vocabulary_form **forms, uint32_t *count, bool *cut)
{
    if (m->best.count)
        qsort(m->best.forms, m->best.count, sizeof *m->best.forms, by_count);
    *forms = m->best.forms;
    *count = m->best.count;
    *cut = m->best.cut;
}

enum aq_status aq_vocabulary_near(struct aq_vocabulary_walk *w, struct aq_slice text, unsigned distance,
                                  struct aq_slice beginning, uint32_t most, struct aq_arena *arena,
                                  struct aq_vocabulary_form **forms, uint32_t *count, struct aq_error *err)
{
    bool cut;
    struct matching *m = matching_make(AQ_PATTERN_FUZZY, text, distance, most, arena);
    *forms = NULL;
    *count = 0;
    enum aq_status st = m ? match_near(m, w, beginning, err) : aq_fail_nomem(err);
    if (!st)
        take_best(m, forms, count, &cut);
    return st;
}

enum aq_status aq_vocabulary_expand(struct aq_txn *txn, enum aq_pattern kind, struct aq_slice text,
                                    unsigned distance, uint32_t most, struct aq_arena *arena,
                                    struct aq_vocabulary_form **forms, uint32_t *count, bool *cut,
                                    struct aq_error *err)
{
    struct aq_vocabulary_walk w;
    bool near = kind == AQ_PATTERN_FUZZY;
    struct matching *m = matching_make(kind, text, distance, most, arena);
    *forms = NULL;
    *count = 0;
    *cut = false;
    if (!m)
        return aq_fail_nomem(err);
    enum aq_status st = aq_vocabulary_open(txn, near ? wants_near : wants_prefix, m, arena, &w, err);
    if (!st)
        st = near ? match_near(m, &w, (struct aq_slice){0}, err) : match_prefix(m, &w, kind == AQ_PATTERN_BEGIN, err);
    aq_vocabulary_close(&w);
    if (!st)
        take_best(m, forms, count, cut);
    return st;
}
