/* accumulator.c - see accumulator.h.
 *
 * Each term owns a stream of varints in chained chunks that double in size:
 *   2 * docid delta + 1         a new posting (delta to the one before, first absolute + 1)
 *   4 * position delta + 2 * f  a position in it; f = 1: the form number follows
 * so a token costs one append of 1 to 3 bytes, and tf is counted when reading. */
#include "accumulator.h"

#include "hashmap.h"

enum { CHUNK_FIRST = 16, CHUNK_MOST = 4096, CHUNK_LINK = sizeof(uint8_t *) };

/* What every token touches, two to a cache line. */
struct tail {
    uint8_t *write, *limit; /* limit: where the link to the next chunk goes */
    uint32_t last_docid;    /* of the newest posting */
    uint32_t df;
    uint16_t last_position; /* in the newest posting */
    uint16_t chunk;         /* size of the newest chunk */
};

/* What a term's first token and its writing touch. */
struct term {
    struct aq_slice text;
    uint8_t *head; /* first chunk */
    uint32_t form_count, form_cap;
    struct aq_slice first_form; /* most terms have one */
    struct aq_slice *forms;     /* form_count > 1: all of them, the first included */
};

struct lexeme_entry {
    uint32_t term, form;
};

struct aq_accumulator {
    struct aq_arena arena; /* chunks, terms' and forms' bytes */
    struct term *terms;
    struct tail *tails; /* beside terms */
    size_t term_count, term_cap, tail_cap;
    struct aq_hashmap by_hash;
    struct lexeme_entry *lexemes; /* by lexeme id; term AQ_HASHMAP_NONE: not met yet */
    size_t lexeme_cap;
    uint8_t *lengths;
    size_t passage_cap;
    uint32_t passages;
    uint64_t tokens, postings;
    size_t form_bytes;
};

struct aq_accumulator *aq_accumulator_new(void)
{
    return calloc(1, sizeof(struct aq_accumulator));
}

void aq_accumulator_free(struct aq_accumulator *a)
{
    if (!a)
        return;
    for (size_t i = 0; i < a->term_count; i++)
        free(a->terms[i].forms);
    aq_arena_free(&a->arena);
    free(a->terms);
    free(a->tails);
    aq_hashmap_free(&a->by_hash);
    free(a->lexemes);
    free(a->lengths);
    free(a);
}

uint32_t aq_accumulator_passage(struct aq_accumulator *a, uint8_t length)
{
    if (!aq_grow(&a->lengths, &a->passage_cap, (size_t)a->passages + 1, 1))
        return AQ_DOCID_END;
    a->lengths[a->passages] = length;
    return a->passages++;
}

uint32_t aq_accumulator_passages(const struct aq_accumulator *a)
{
    return a->passages;
}

uint64_t aq_accumulator_tokens(const struct aq_accumulator *a)
{
    return a->tokens;
}

uint32_t aq_accumulator_terms(const struct aq_accumulator *a)
{
    return (uint32_t)a->term_count;
}

uint64_t aq_accumulator_postings(const struct aq_accumulator *a)
{
    return a->postings;
}

size_t aq_accumulator_bytes(const struct aq_accumulator *a)
{
    return a->arena.total + a->term_cap * sizeof *a->terms + a->tail_cap * sizeof *a->tails + aq_hashmap_bytes(&a->by_hash) +
           a->lexeme_cap * sizeof *a->lexemes + a->passage_cap + a->form_bytes;
}

const uint8_t *aq_accumulator_lengths(const struct aq_accumulator *a)
{
    return a->lengths;
}

void aq_accumulator_forget_lexemes(struct aq_accumulator *a)
{
    free(a->lexemes);
    a->lexemes = NULL;
    a->lexeme_cap = 0;
}

static uint32_t find_term(struct aq_accumulator *a, struct aq_slice text, uint64_t hash)
{
    size_t at = SIZE_MAX;
    uint32_t i;
    while ((i = aq_hashmap_next(&a->by_hash, hash, &at)) != AQ_HASHMAP_NONE)
        if (aq_slice_eq(a->terms[i].text, text))
            return i;
    if (!aq_grow(&a->terms, &a->term_cap, a->term_count + 1, sizeof *a->terms) ||
        !aq_grow(&a->tails, &a->tail_cap, a->term_count + 1, sizeof *a->tails) || a->term_count >= UINT32_MAX - 1)
        return AQ_HASHMAP_NONE;
    struct aq_slice copy = aq_arena_copy(&a->arena, text);
    if (!copy.ptr || !aq_hashmap_add(&a->by_hash, hash, (uint32_t)a->term_count))
        return AQ_HASHMAP_NONE;
    a->terms[a->term_count] = (struct term){.text = copy};
    a->tails[a->term_count] = (struct tail){0};
    return (uint32_t)a->term_count++;
}

static struct aq_slice *term_forms(struct term *t)
{
    return t->forms ? t->forms : &t->first_form;
}

static uint32_t find_form(struct aq_accumulator *a, struct term *t, struct aq_slice text)
{
    struct aq_slice *forms = term_forms(t);
    for (uint32_t i = 0; i < t->form_count; i++)
        if (aq_slice_eq(forms[i], text))
            return i;
    if (t->form_count >= UINT16_MAX)
        return AQ_HASHMAP_NONE;
    struct aq_slice copy = aq_slice_eq(text, t->text) ? t->text : aq_arena_copy(&a->arena, text);
    if (!copy.ptr)
        return AQ_HASHMAP_NONE;
    if (t->form_count == 0) {
        t->first_form = copy;
    } else {
        size_t cap = t->form_cap;
        if (!aq_grow(&t->forms, &cap, (size_t)t->form_count + 1, sizeof *t->forms))
            return AQ_HASHMAP_NONE;
        a->form_bytes += (cap - t->form_cap) * sizeof *t->forms;
        t->form_cap = (uint32_t)cap;
        if (t->form_count == 1)
            t->forms[0] = t->first_form;
        t->forms[t->form_count] = copy;
    }
    return t->form_count++;
}

/* Ends the newest chunk of a stream and starts another. */
static bool next_chunk(struct aq_accumulator *a, uint32_t term)
{
    struct tail *t = &a->tails[term];
    uint32_t size = t->chunk ? t->chunk * 2u : CHUNK_FIRST;
    if (size > CHUNK_MOST)
        size = CHUNK_MOST;
    uint8_t *chunk = aq_arena_bytes(&a->arena, size + CHUNK_LINK);
    if (!chunk)
        return false;
    memset(chunk + size, 0, CHUNK_LINK);
    if (t->write) {
        /* Zeros tell the reader that the rest of a chunk is unused: no entry
         * starts with a zero byte, since position deltas are above 0. */
        memset(t->write, 0, (size_t)(t->limit - t->write));
        memcpy(t->limit, &chunk, CHUNK_LINK);
    } else {
        a->terms[term].head = chunk;
    }
    t->chunk = (uint16_t)size;
    t->write = chunk;
    t->limit = chunk + size;
    return true;
}

static inline uint8_t *put_varint(uint8_t *p, uint64_t v)
{
    while (AQ_UNLIKELY(v >= 0x80)) {
        *p++ = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    *p++ = (uint8_t)v;
    return p;
}

__attribute__((always_inline)) static inline bool append(struct aq_accumulator *a, uint32_t term,
                                                         uint32_t form, uint16_t position)
{
    struct tail *t = &a->tails[term];
    uint32_t docid = a->passages - 1;
    /* docid delta up to 5 bytes, position up to 2, form up to 3 */
    if (AQ_UNLIKELY(t->limit - t->write < 10) && !next_chunk(a, term))
        return false;
    uint8_t *p = t->write;
    uint32_t delta = (uint32_t)position + 1;
    if (t->df == 0 || t->last_docid != docid) {
        p = put_varint(p, (uint64_t)(t->df ? docid - t->last_docid : docid) << 1 | 1);
        t->df++;
        t->last_docid = docid;
        a->postings++;
    } else {
        if (AQ_UNLIKELY(position <= t->last_position))
            return false;
        delta = (uint32_t)position - t->last_position;
    }
    p = put_varint(p, delta << 2 | (form ? 2u : 0u));
    if (form)
        p = put_varint(p, form);
    t->last_position = position;
    t->write = p;
    return true;
}

/* First token of a lexeme. */
static bool meet(struct aq_accumulator *a, const struct aq_lexeme *lexeme, struct lexeme_entry *e)
{
    uint32_t term = find_term(a, lexeme->term, lexeme->term_hash);
    uint32_t form = term == AQ_HASHMAP_NONE ? term : find_form(a, &a->terms[term], lexeme->form);
    if (form == AQ_HASHMAP_NONE)
        return false;
    *e = (struct lexeme_entry){term, form};
    return true;
}

/* Room for every lexeme below `count`. */
static bool make_entries(struct aq_accumulator *a, size_t count)
{
    size_t old = a->lexeme_cap;
    if (!aq_grow(&a->lexemes, &a->lexeme_cap, count, sizeof *a->lexemes))
        return false;
    for (size_t i = old; i < a->lexeme_cap; i++)
        a->lexemes[i].term = AQ_HASHMAP_NONE;
    return true;
}

/* Entries, tails and chunks lie all over memory: each is asked for some tokens
 * before it is needed, and by then what leads to it is there. */
static inline void fetch_ahead(const struct aq_accumulator *a, const struct aq_pending_token *token,
                               size_t known)
{
    enum { AHEAD_ENTRY = 24, AHEAD_TAIL = 12, AHEAD_WRITE = 5 };
    if (AQ_LIKELY(known > AHEAD_ENTRY && token[AHEAD_ENTRY].lexeme < a->lexeme_cap))
        __builtin_prefetch(&a->lexemes[token[AHEAD_ENTRY].lexeme]);
    if (AQ_LIKELY(known > AHEAD_TAIL && token[AHEAD_TAIL].lexeme < a->lexeme_cap)) {
        uint32_t term = a->lexemes[token[AHEAD_TAIL].lexeme].term;
        if (AQ_LIKELY(term != AQ_HASHMAP_NONE))
            __builtin_prefetch(&a->tails[term], 1);
    }
    if (AQ_LIKELY(known > AHEAD_WRITE && token[AHEAD_WRITE].lexeme < a->lexeme_cap)) {
        uint32_t term = a->lexemes[token[AHEAD_WRITE].lexeme].term;
        if (AQ_LIKELY(term != AQ_HASHMAP_NONE))
            __builtin_prefetch(a->tails[term].write, 1);
    }
}

bool aq_accumulator_add(struct aq_accumulator *a, const struct aq_analyzer *analyzer,
                        const struct aq_pending_token *tokens, size_t count, size_t coming)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t id = tokens[i].lexeme;
        if (AQ_UNLIKELY(id >= a->lexeme_cap) && !make_entries(a, (size_t)id + 1))
            return false;
        fetch_ahead(a, tokens + i, count + coming - i);
        struct lexeme_entry *e = &a->lexemes[id];
        if (AQ_UNLIKELY(e->term == AQ_HASHMAP_NONE) && !meet(a, aq_analyzer_lexeme(analyzer, id), e))
            return false;
        if (!append(a, e->term, e->form, tokens[i].position))
            return false;
    }
    a->tokens += count;
    return true;
}

bool aq_accumulator_token(struct aq_accumulator *a, struct aq_slice term, uint64_t term_hash, struct aq_slice form,
                          uint16_t position)
{
    uint32_t t = find_term(a, term, term_hash);
    if (t == AQ_HASHMAP_NONE)
        return false;
    uint32_t f = find_form(a, &a->terms[t], form);
    if (f == AQ_HASHMAP_NONE || !append(a, t, f, position))
        return false;
    a->tokens++;
    return true;
}

/* ---- reading back ---- */

struct stream {
    const uint8_t *p, *limit, *end; /* end: of the whole stream */
    uint32_t chunk;
};

static inline uint64_t get_varint(struct stream *s)
{
    uint64_t v = *s->p++;
    if (AQ_LIKELY(v < 0x80))
        return v;
    v &= 0x7f;
    for (unsigned shift = 7;; shift += 7) {
        uint8_t byte = *s->p++;
        v |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return v;
    }
}

/* True when another entry follows; steps over a chunk's zero rest. */
static inline bool stream_more(struct stream *s)
{
    for (;;) {
        if (s->p == s->end)
            return false;
        if (AQ_LIKELY(s->p < s->limit && *s->p))
            return true;
        uint8_t *next;
        memcpy(&next, s->limit, CHUNK_LINK);
        s->chunk = s->chunk * 2 > CHUNK_MOST ? CHUNK_MOST : s->chunk * 2;
        s->p = next;
        s->limit = next + s->chunk;
    }
}

struct order {
    uint64_t prefix; /* first eight bytes, big-endian: most comparisons end here */
    uint32_t term;
};

struct sorting {
    const struct term *terms;
};

static int by_term(const void *x, const void *y, void *context)
{
    const struct order *a = x, *b = y;
    const struct sorting *s = context;
    if (a->prefix != b->prefix)
        return a->prefix < b->prefix ? -1 : 1;
    return aq_slice_cmp(s->terms[a->term].text, s->terms[b->term].text);
}

struct form_order {
    struct aq_form form;
    uint32_t number;
};

static int by_count(const void *x, const void *y)
{
    const struct form_order *a = x, *b = y;
    if (a->form.count != b->form.count)
        return a->form.count > b->form.count ? -1 : 1;
    return aq_slice_cmp(a->form.text, b->form.text);
}

struct writing {
    struct form_order *order;
    struct aq_form *forms;
    uint16_t *codes; /* form number -> code */
    size_t order_cap, form_cap, code_cap;
};

static struct stream stream_of(const struct aq_accumulator *a, uint32_t term)
{
    const uint8_t *head = a->terms[term].head;
    return (struct stream){head, head + CHUNK_FIRST, a->tails[term].write, CHUNK_FIRST};
}

static bool order_forms(struct aq_accumulator *a, struct writing *w, uint32_t term)
{
    struct term *t = &a->terms[term];
    struct aq_slice *forms = term_forms(t);
    if (!aq_grow(&w->order, &w->order_cap, t->form_count, sizeof *w->order) ||
        !aq_grow(&w->forms, &w->form_cap, t->form_count, sizeof *w->forms) ||
        !aq_grow(&w->codes, &w->code_cap, t->form_count, sizeof *w->codes))
        return false;
    for (uint32_t i = 0; i < t->form_count; i++)
        w->order[i] = (struct form_order){{forms[i], 0}, i};
    if (t->form_count > 1) {
        struct stream s = stream_of(a, term);
        while (stream_more(&s)) {
            uint64_t v = get_varint(&s);
            if (!(v & 1))
                w->order[v & 2 ? get_varint(&s) : 0].form.count++;
        }
        qsort(w->order, t->form_count, sizeof *w->order, by_count);
    } else {
        w->order[0].form.count = 1; /* not stored where there is only one */
    }
    for (uint32_t i = 0; i < t->form_count; i++) {
        w->forms[i] = w->order[i].form;
        w->codes[w->order[i].number] = (uint16_t)i;
    }
    return true;
}

static void write_term(struct aq_accumulator *a, struct aq_postings_writer *out, uint32_t term,
                       const struct writing *w, const struct aq_impact_model *model)
{
    uint16_t positions[256], codes[256];
    struct stream s = stream_of(a, term);
    uint32_t docid = 0, tf = 0, position = 0;
    bool first = true;

    aq_postings_begin(out, a->terms[term].text, w->forms, a->terms[term].form_count, model);
    while (stream_more(&s)) {
        uint64_t v = get_varint(&s);
        if (v & 1) {
            if (!first)
                aq_postings_add(out, docid, a->lengths[docid], tf, positions, codes);
            docid = first ? (uint32_t)(v >> 1) : docid + (uint32_t)(v >> 1);
            first = false;
            tf = 0;
            position = (uint32_t)-1;
            v = get_varint(&s);
        }
        position += (uint32_t)(v >> 2);
        positions[tf] = (uint16_t)position;
        codes[tf++] = w->codes[v & 2 ? get_varint(&s) : 0];
    }
    aq_postings_add(out, docid, a->lengths[docid], tf, positions, codes);
}

/* In the order of their bytes terms lie all over memory, and so do their streams. */
static inline void fetch_lists(const struct aq_accumulator *a, const struct order *order, size_t known)
{
    enum { AHEAD_TERM = 12, AHEAD_STREAM = 6 };
    if (known > AHEAD_TERM) {
        __builtin_prefetch(&a->terms[order[AHEAD_TERM].term]);
        __builtin_prefetch(&a->tails[order[AHEAD_TERM].term]);
    }
    if (known > AHEAD_STREAM) {
        __builtin_prefetch(a->terms[order[AHEAD_STREAM].term].head);
        __builtin_prefetch(a->terms[order[AHEAD_STREAM].term].text.ptr);
    }
}

enum aq_status aq_accumulator_write(struct aq_accumulator *a, const struct aq_impact_model *model,
                                    aq_list_sink *sink, void *context, struct aq_error *err)
{
    enum aq_status st = AQ_OK;
    struct writing w = {0};
    struct order *order = malloc((a->term_count + 1) * sizeof *order);
    struct aq_postings_writer *out = aq_postings_writer_new();

    if (!order || !out) {
        st = aq_fail_nomem(err);
        goto done;
    }
    for (size_t i = 0; i < a->term_count; i++) {
        uint8_t prefix[8] = {0};
        struct aq_slice text = a->terms[i].text;
        memcpy(prefix, text.ptr, text.len < 8 ? text.len : 8);
        order[i] = (struct order){aq_unkey64(prefix), (uint32_t)i};
    }
    qsort_r(order, a->term_count, sizeof *order, by_term, &(struct sorting){a->terms});
    for (size_t i = 0; i < a->term_count && st == AQ_OK; i++) {
        struct term *t = &a->terms[order[i].term];
        struct aq_slice list, positions;
        fetch_lists(a, order + i, a->term_count - i);
        if (!t->head)
            continue;
        if (!order_forms(a, &w, order[i].term)) {
            st = aq_fail_nomem(err);
            break;
        }
        write_term(a, out, order[i].term, &w, model);
        st = aq_postings_end(out, &list, &positions);
        if (st)
            aq_fail(err, st, "the postings of '%.*s' cannot be written: %s", (int)t->text.len,
                    (const char *)t->text.ptr, aq_status_name(st));
        else
            st = sink(context, t->text, list, positions, err);
    }
done:
    free(order);
    free(w.order);
    free(w.forms);
    free(w.codes);
    aq_postings_writer_free(out);
    return st;
}
