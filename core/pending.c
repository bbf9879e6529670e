/* pending.c - see pending.h. Owns the bytes of forward records (grammar:
 * docs/FORMAT.md, "pend"); knows nothing of where they are kept and takes their
 * checksum for the store's business. */
#include "pending.h"

#include "postings.h"

enum {
    PASSAGE_SIZE = 2,
    HASH_SIZE = 4,
    TF_MAX = 255,
    PLAIN = 1, /* in a term's head: one form, the term itself */
    FLAGS = AQ_PENDING_QUOTE | AQ_PENDING_HIDDEN,
    TERM_LEAST = 4 /* bytes a term record takes at the least: length, head, one posting */
};
#define NOTHING UINT32_MAX

/* ---- encoding ----
 * Tokens are chained by term, terms in order of first sight, in one pass with two
 * small hash tables: lexeme to word (its term and form code) and term id to group. */

struct word {
    uint32_t lexeme;
    uint32_t group;
    uint32_t code;
    uint32_t next; /* word of the group's next form */
};

struct group {
    uint32_t term_id;
    uint32_t first_word, last_word, forms;
    uint32_t first_token, last_token, tokens;
};

struct grouping {
    const struct aq_analyzer *analyzer;
    const struct aq_pending_token *tokens;
    uint32_t count, slots; /* slots: a power of two above 1.5 count */
    uint32_t *word_at, *group_at; /* slots each: number, or NOTHING */
    uint32_t *next;               /* token after this one in its group */
    uint32_t *word_of;            /* a token's word */
    struct word *words;
    struct group *groups;
    uint32_t word_count, group_count;
};

static void grouping_free(struct grouping *g)
{
    free(g->word_at);
    free(g->group_at);
    free(g->next);
    free(g->word_of);
    free(g->words);
    free(g->groups);
}

static bool grouping_alloc(struct grouping *g)
{
    g->slots = 16;
    while (g->slots - g->slots / 3 < g->count)
        g->slots *= 2;
    size_t n = (size_t)g->count + 1;
    g->word_at = malloc(g->slots * sizeof *g->word_at);
    g->group_at = malloc(g->slots * sizeof *g->group_at);
    g->next = malloc(n * sizeof *g->next);
    g->word_of = malloc(n * sizeof *g->word_of);
    g->words = calloc(n, sizeof *g->words);
    g->groups = calloc(n, sizeof *g->groups);
    if (!g->word_at || !g->group_at || !g->next || !g->word_of || !g->words || !g->groups)
        return false;
    memset(g->word_at, 0xff, g->slots * sizeof *g->word_at);
    memset(g->group_at, 0xff, g->slots * sizeof *g->group_at);
    return true;
}

static uint32_t slot_of(const struct grouping *g, uint32_t id)
{
    return (id * 0x9e3779b1u ^ id >> 15) & (g->slots - 1);
}

static uint32_t find_group(struct grouping *g, uint32_t term_id)
{
    uint32_t slot = slot_of(g, term_id);
    for (; g->group_at[slot] != NOTHING; slot = (slot + 1) & (g->slots - 1))
        if (g->groups[g->group_at[slot]].term_id == term_id)
            return g->group_at[slot];
    g->groups[g->group_count] = (struct group){term_id, NOTHING, NOTHING, 0, NOTHING, NOTHING, 0};
    return g->group_at[slot] = g->group_count++;
}

static uint32_t find_word(struct grouping *g, uint32_t lexeme)
{
    uint32_t slot = slot_of(g, lexeme);
    for (; g->word_at[slot] != NOTHING; slot = (slot + 1) & (g->slots - 1))
        if (g->words[g->word_at[slot]].lexeme == lexeme)
            return g->word_at[slot];
    uint32_t number = find_group(g, aq_analyzer_lexeme(g->analyzer, lexeme)->term_id);
    struct group *group = &g->groups[number];
    g->words[g->word_count] = (struct word){lexeme, number, group->forms++, NOTHING};
    if (group->last_word == NOTHING)
        group->first_word = g->word_count;
    else
        g->words[group->last_word].next = g->word_count;
    group->last_word = g->word_count;
    return g->word_at[slot] = g->word_count++;
}

static void group_tokens(struct grouping *g)
{
    for (uint32_t i = 0; i < g->count; i++) {
        uint32_t word = find_word(g, g->tokens[i].lexeme);
        struct group *group = &g->groups[g->words[word].group];
        if (group->last_token == NOTHING)
            group->first_token = i;
        else
            g->next[group->last_token] = i;
        group->last_token = i;
        group->tokens++;
        g->next[i] = NOTHING;
        g->word_of[i] = word;
    }
}

struct occurrence {
    uint32_t place; /* ordinal << 16 | position */
    uint32_t code;
};

static int by_place(const void *x, const void *y)
{
    const struct occurrence *a = x, *b = y;
    return (a->place > b->place) - (a->place < b->place);
}

/* A group's occurrences in order of place. Forms may come one after the other. */
static void gather(const struct grouping *g, const struct group *group, struct occurrence *out)
{
    bool ascends = true;
    uint32_t n = 0;
    for (uint32_t i = group->first_token; i != NOTHING; i = g->next[i], n++) {
        const struct aq_pending_token *t = &g->tokens[i];
        out[n] = (struct occurrence){(uint32_t)t->ordinal << 16 | t->position, g->words[g->word_of[i]].code};
        ascends &= n == 0 || out[n - 1].place < out[n].place;
    }
    if (!ascends)
        qsort(out, n, sizeof *out, by_place);
}

/* Occurrences as postings; false when they cannot be any. */
static bool put_postings(struct aq_buf *out, const struct occurrence *at, uint32_t n, uint32_t forms,
                         uint32_t passage_count)
{
    for (uint32_t i = 0; i < n;) {
        uint32_t ordinal = at[i].place >> 16, end = i;
        while (end < n && at[end].place >> 16 == ordinal)
            end++;
        uint32_t tf = end - i, least = 0;
        if (tf > TF_MAX || ordinal >= passage_count)
            return false;
        aq_buf_varint(out, ordinal << 1 | (tf > 1));
        if (tf > 1)
            aq_buf_varint(out, tf - 2);
        for (; i < end; i++) {
            uint32_t position = at[i].place & 0xffff;
            if (position < least || position >= AQ_POSITION_MAX)
                return false;
            aq_buf_varint(out, position - least);
            least = position + 1;
            if (forms > 1)
                aq_buf_varint(out, at[i].code);
        }
    }
    return true;
}

static enum aq_status put_term(struct aq_buf *out, const struct grouping *g, const struct group *group,
                               struct occurrence *scratch, uint32_t passage_count)
{
    const struct aq_lexeme *first = aq_analyzer_lexeme(g->analyzer, g->words[group->first_word].lexeme);
    bool plain = group->forms == 1 && first->term_is_form;
    if (group->forms > UINT16_MAX + 1u)
        return AQ_FULL;
    aq_buf_varint(out, first->term.len << 1 | (plain ? PLAIN : 0));
    aq_buf_put(out, first->term.ptr, first->term.len);
    if (!plain) {
        aq_buf_varint(out, group->forms);
        for (uint32_t w = group->first_word; w != NOTHING; w = g->words[w].next)
            aq_buf_bytes(out, aq_analyzer_lexeme(g->analyzer, g->words[w].lexeme)->form);
    }
    gather(g, group, scratch);
    return put_postings(out, scratch, group->tokens, group->forms, passage_count) ? AQ_OK : AQ_INVALID;
}

static enum aq_status put_terms(struct aq_buf *out, const struct grouping *g, uint32_t passage_count)
{
    enum aq_status st = AQ_OK;
    struct aq_buf record = {0};
    struct occurrence *scratch = calloc((size_t)g->count + 1, sizeof *scratch);
    if (!scratch)
        return AQ_NOMEM;
    aq_buf_varint(out, g->group_count);
    for (uint32_t i = 0; i < g->group_count; i++)
        aq_buf_u32(out,
                   (uint32_t)aq_analyzer_lexeme(g->analyzer, g->words[g->groups[i].first_word].lexeme)->term_hash);
    for (uint32_t i = 0; i < g->group_count && !st; i++) {
        aq_buf_clear(&record);
        st = put_term(&record, g, &g->groups[i], scratch, passage_count);
        aq_buf_bytes(out, aq_slice(record.ptr, record.len));
        if (record.failed)
            st = AQ_NOMEM;
    }
    free(scratch);
    aq_buf_free(&record);
    return st;
}

enum aq_status aq_pending_encode(struct aq_buf *out, const struct aq_analyzer *a,
                                 const struct aq_pending_passage *passages, uint32_t passage_count,
                                 const struct aq_pending_token *tokens, size_t token_count)
{
    if (passage_count > AQ_MAX_PASSAGES || token_count > (size_t)AQ_MAX_PASSAGES * TF_MAX)
        return AQ_INVALID;
    struct grouping g = {.analyzer = a, .tokens = tokens, .count = (uint32_t)token_count};
    size_t start = out->len;
    enum aq_status st = AQ_NOMEM;
    if (grouping_alloc(&g)) {
        aq_buf_varint(out, passage_count);
        for (uint32_t i = 0; i < passage_count; i++) {
            aq_buf_u8(out, passages[i].length);
            aq_buf_u8(out, passages[i].flags);
        }
        group_tokens(&g);
        st = put_terms(out, &g, passage_count);
    }
    grouping_free(&g);
    if (!st && out->failed)
        st = AQ_NOMEM;
    if (st)
        out->len = start;
    return st;
}

/* ---- the record ---- */

/* Reads the passages; the reading stands behind them. */
static struct aq_slice read_passages(struct aq_reading *r, uint32_t *count)
{
    *count = aq_read_varint32(r);
    if (*count > AQ_MAX_PASSAGES)
        r->bad = true;
    return aq_read_raw(r, r->bad ? 0 : (size_t)*count * PASSAGE_SIZE);
}

enum aq_status aq_pending_parse(struct aq_pending *p, struct aq_slice bytes)
{
    struct aq_reading r = aq_reading_of(bytes);
    *p = (struct aq_pending){0};
    p->passages = read_passages(&r, &p->passage_count).ptr;
    p->term_count = aq_read_varint32(&r);
    if (r.bad || p->term_count > aq_reading_left(&r) / (HASH_SIZE + TERM_LEAST))
        return AQ_CORRUPT;
    p->hashes = aq_read_raw(&r, (size_t)p->term_count * HASH_SIZE).ptr;
    p->terms = aq_read_raw(&r, aq_reading_left(&r));
    if (p->term_count == 0 && p->terms.len)
        return AQ_CORRUPT;
    for (uint32_t i = 0; i < p->passage_count; i++) {
        if (p->passages[PASSAGE_SIZE * i + 1] & ~FLAGS)
            return AQ_CORRUPT;
        p->tokens += p->passages[PASSAGE_SIZE * i];
    }
    return AQ_OK;
}

enum aq_status aq_pending_set_hidden(uint8_t *bytes, size_t len, uint32_t ordinal, bool hidden)
{
    struct aq_reading r = aq_reading_of(aq_slice(bytes, len));
    uint32_t count;
    size_t at = (size_t)(read_passages(&r, &count).ptr - bytes);
    if (r.bad || ordinal >= count)
        return AQ_CORRUPT;
    uint8_t *flags = bytes + at + (size_t)ordinal * PASSAGE_SIZE + 1;
    *flags = (uint8_t)(hidden ? *flags | AQ_PENDING_HIDDEN : *flags & ~AQ_PENDING_HIDDEN);
    return AQ_OK;
}

/* ---- terms ---- */

/* Whether a term's postings are what the encoder could have written: checked once,
 * so that callers of aq_pending_posting may rely on ascending ordinals. */
static bool postings_sound(const struct aq_pending_term *t, uint32_t passage_count)
{
    uint16_t positions[TF_MAX], codes[TF_MAX];
    uint32_t ordinal = 0, tf = 0, least = 0;
    size_t at = 0;
    bool bad = false;
    while (aq_pending_posting(t, &at, &ordinal, &tf, positions, codes, &bad)) {
        if (ordinal < least || ordinal >= passage_count)
            return false;
        least = ordinal + 1;
    }
    return !bad && least > 0;
}

static bool parse_term(const struct aq_pending *p, struct aq_slice record, struct aq_pending_term *t)
{
    struct aq_reading r = aq_reading_of(record);
    uint32_t head = aq_read_varint32(&r);
    *t = (struct aq_pending_term){.term = aq_read_raw(&r, head >> 1), .form_count = 1};
    if (!(head & PLAIN)) {
        t->form_count = aq_read_varint32(&r);
        if (t->form_count == 0 || t->form_count > aq_reading_left(&r))
            return false;
        const uint8_t *first = r.p;
        for (uint32_t i = 0; i < t->form_count; i++)
            aq_read_bytes(&r);
        if (r.bad)
            return false;
        t->forms = aq_slice(first, (size_t)(r.p - first));
    }
    t->postings = aq_read_raw(&r, aq_reading_left(&r));
    return !r.bad && postings_sound(t, p->passage_count);
}

bool aq_pending_next(const struct aq_pending *p, size_t *at, struct aq_pending_term *term, bool *bad)
{
    if (*at >= p->terms.len)
        return false;
    struct aq_reading r = {p->terms.ptr + *at, p->terms.ptr + p->terms.len, false};
    struct aq_slice record = aq_read_bytes(&r);
    *at = (size_t)(r.p - p->terms.ptr);
    if (!r.bad && parse_term(p, record, term))
        return true;
    *at = p->terms.len;
    *bad = true;
    return false;
}

bool aq_pending_skip(const struct aq_pending *p, size_t *at, bool *bad)
{
    if (*at >= p->terms.len)
        return false;
    struct aq_reading r = {p->terms.ptr + *at, p->terms.ptr + p->terms.len, false};
    aq_read_bytes(&r);
    *at = r.bad ? p->terms.len : (size_t)(r.p - p->terms.ptr);
    *bad |= r.bad;
    return !r.bad;
}

typedef uint32_t aq_hash_lanes __attribute__((vector_size(16)));

/* The first hash equal to `hash` from number i on, or term_count. Sixteen at a
 * time: most records lack most words, and this is what a scan of them costs. */
static uint32_t find_hash(const struct aq_pending *p, uint32_t i, uint32_t hash)
{
    uint8_t stored[HASH_SIZE];
    uint32_t raw;
    aq_store32(stored, hash);
    memcpy(&raw, stored, sizeof raw);
    const aq_hash_lanes wanted = {raw, raw, raw, raw};
    for (; p->term_count - i >= 16; i += 16) {
        aq_hash_lanes v[4];
        memcpy(v, p->hashes + (size_t)i * HASH_SIZE, sizeof v);
        aq_hash_lanes hit = (aq_hash_lanes)(v[0] == wanted) | (aq_hash_lanes)(v[1] == wanted) |
                            (aq_hash_lanes)(v[2] == wanted) | (aq_hash_lanes)(v[3] == wanted);
        uint64_t any[2];
        memcpy(any, &hit, sizeof any);
        if (any[0] | any[1])
            break;
    }
    while (i < p->term_count && aq_load32(p->hashes + (size_t)i * HASH_SIZE) != hash)
        i++;
    return i;
}

bool aq_pending_find(const struct aq_pending *p, struct aq_slice term, uint64_t term_hash,
                     struct aq_pending_term *out, bool *bad)
{
    uint32_t hash = (uint32_t)term_hash, number = 0;
    struct aq_reading r = aq_reading_of(p->terms);
    for (uint32_t i = find_hash(p, 0, hash); i < p->term_count; i = find_hash(p, i + 1, hash)) {
        for (; number < i; number++)
            aq_read_bytes(&r);
        number = i + 1;
        struct aq_slice record = aq_read_bytes(&r);
        if (r.bad || !parse_term(p, record, out)) {
            *bad = true;
            return false;
        }
        if (aq_slice_eq(out->term, term))
            return true;
    }
    return false;
}

bool aq_pending_form(const struct aq_pending_term *t, uint32_t code, struct aq_slice *form)
{
    if (code >= t->form_count)
        return false;
    if (t->forms.len == 0) {
        *form = t->term;
        return true;
    }
    struct aq_reading r = aq_reading_of(t->forms);
    for (uint32_t i = 0; i < code; i++)
        aq_read_bytes(&r);
    *form = aq_read_bytes(&r);
    return !r.bad;
}

bool aq_pending_posting(const struct aq_pending_term *t, size_t *at, uint32_t *ordinal, uint32_t *tf,
                        uint16_t *positions, uint16_t *codes, bool *bad)
{
    if (*at >= t->postings.len)
        return false;
    struct aq_reading r = {t->postings.ptr + *at, t->postings.ptr + t->postings.len, false};
    uint32_t head = aq_read_varint32(&r), n = head & 1 ? aq_read_varint32(&r) : 0;
    n = n <= TF_MAX ? n + 1 + (head & 1) : 0;
    bool sound = n > 0 && n <= TF_MAX;
    uint64_t position = 0;
    for (uint32_t i = 0; sound && i < n; i++) {
        position += aq_read_varint32(&r);
        uint32_t code = t->form_count > 1 ? aq_read_varint32(&r) : 0;
        sound = !r.bad && position < AQ_POSITION_MAX && code < t->form_count && code <= UINT16_MAX;
        positions[i] = (uint16_t)position++;
        codes[i] = (uint16_t)code;
    }
    *at = (size_t)(r.p - t->postings.ptr);
    if (!sound) {
        *at = t->postings.len;
        *bad = true;
        return false;
    }
    *ordinal = head >> 1;
    *tf = n;
    return true;
}
