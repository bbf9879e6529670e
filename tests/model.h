/* model.h - what an index should hold after a random history of changes: the
 * naive double that history_test and the crash test compare with. A model is plain
 * memory without pointers, so that a copy of it is a snapshot; texts are made again
 * from their seeds. Knows the public headers only. */
#ifndef AQ_TESTS_MODEL_H
#define AQ_TESTS_MODEL_H

#include "aq.h"
#include "aq_index.h"
#include "base.h"

#include <ctype.h>
#include <stdio.h>

enum { SLOTS_MOST = 2048, MODEL_WORDS = 26, POOL = 12, TAGS = 4 };

static const char *const model_words[MODEL_WORDS] = {
    "amber", "basalt", "cobalt", "delta",  "ember", "fjord",  "garnet", "harbor", "indigo",
    "jasper", "kelp",  "lagoon", "marble", "nickel", "onyx",  "pebble", "quartz", "ravine",
    "saffron", "tundra", "umber", "violet", "walnut", "xenon", "yarrow", "zephyr"};
/* What an analyzer treats in a way of its own; never searched for. */
static const char *const model_oddities[] = {"x-ray-7", "C++",  "GPT-4.5", "na\xc3\xafve", "AT&T", "1,024",
                                             "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", "o1", "e.g.", "isn't",
                                             "lantern", "Lanterns", "lantern's",
                                             "https://example.org/kiln"};

/* ---- chance ---- */

static inline uint64_t chance(uint64_t *rng)
{
    uint64_t z = *rng += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}
static inline uint32_t below(uint64_t *rng, uint32_t n)
{
    return (uint32_t)(chance(rng) % n);
}
static inline bool one_in(uint64_t *rng, uint32_t n)
{
    return below(rng, n) == 0;
}

static inline uint64_t env_number(const char *name, uint64_t otherwise)
{
    const char *s = getenv(name);
    return s && *s ? strtoull(s, NULL, 0) : otherwise;
}

/* ---- records ---- */

struct model_record {
    uint64_t text_seed;
    int64_t date;
    int32_t score;
    int16_t parent;                     /* slot, -1: none */
    int8_t thread, author, title, url, source; /* -1: none */
    uint8_t tags;                       /* bitmap */
    uint8_t format;
};

struct model_slot {
    bool known, live, seen;
    uint32_t number;
    struct model_record record; /* newest, also of deleted ones */
    char thread[16];
};

struct model {
    uint32_t slot_count, next_number;
    uint32_t text_scale; /* longer texts */
    struct model_slot slots[SLOTS_MOST];
};

/* Appends n words, with sentences. */
static inline void model_put_words(struct aq_buf *out, uint64_t *rng, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        bool odd = one_in(rng, 25);
        const char *w = odd ? model_oddities[below(rng, AQ_COUNT(model_oddities))]
                            : model_words[below(rng, one_in(rng, 2) ? 6 : MODEL_WORDS)];
        if (i)
            aq_buf_u8(out, ' ');
        aq_buf_puts(out, w);
        if (!odd && i + 1 < n && one_in(rng, 9))
            aq_buf_puts(out, one_in(rng, 2) ? "." : ",");
    }
    aq_buf_u8(out, '.');
}

/* One of a few paragraphs that come again and again. */
static inline void model_put_pool(struct aq_buf *out, uint32_t which)
{
    uint64_t rng = 1000 + which;
    model_put_words(out, &rng, which % 3 == 0 ? 5 : which % 3 == 1 ? 70 : 130);
}

static inline void model_put_body(struct aq_buf *out, const struct model_record *r, uint32_t scale)
{
    uint64_t rng = r->text_seed;
    uint32_t blocks = one_in(&rng, 12) ? 0 : 1 + below(&rng, one_in(&rng, 3) ? 6 : 2) * scale;
    bool html = r->format == AQ_FORMAT_HTML;
    if (blocks == 0 && one_in(&rng, 2))
        aq_buf_puts(out, "...");
    for (uint32_t i = 0; i < blocks; i++) {
        bool quote = one_in(&rng, 4);
        struct aq_buf block = {0};
        if (one_in(&rng, 3))
            model_put_pool(&block, below(&rng, POOL));
        else
            model_put_words(&block, &rng, one_in(&rng, 8) ? 100 + below(&rng, 400) : 1 + below(&rng, 45));
        if (i)
            aq_buf_puts(out, "\n\n");
        aq_buf_puts(out, html ? (quote ? "<blockquote><p>" : "<p>") : quote ? "> " : "");
        for (size_t k = 0; k < block.len; k++)
            if (html && block.ptr[k] == '&')
                aq_buf_puts(out, "&amp;");
            else
                aq_buf_u8(out, block.ptr[k]);
        aq_buf_puts(out, html ? (quote ? "</p></blockquote>" : "</p>") : "");
        aq_buf_free(&block);
    }
}

/* Words of plain text or simple HTML, lower case, a space after each: what must
 * survive whatever becomes of white space and markup. */
static inline void model_put_normal(struct aq_buf *out, struct aq_slice text, bool html)
{
    bool space = true;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t b = text.ptr[i];
        if (html && b == '<') {
            while (i < text.len && text.ptr[i] != '>')
                i++;
            b = ' ';
        }
        if (html && b == '&' && text.len - i >= 5 && memcmp(text.ptr + i, "&amp;", 5) == 0)
            i += 4;
        bool word = isalnum(b) || b >= 0x80 || b == '+' || b == '-' || b == '&' || b == '\'';
        if (word)
            aq_buf_u8(out, (uint8_t)tolower(b));
        else if (!space)
            aq_buf_u8(out, ' ');
        space = !word;
    }
    if (!space)
        aq_buf_u8(out, ' ');
}

/* A record in the writer's terms; everything lives in the arena. */
static inline void model_fill(struct aq_record *out, const struct model *m, uint32_t slot,
                              const struct model_record *r, struct aq_arena *arena)
{
    char text[64];
    struct aq_buf body = {0};
    struct aq_slice *tags = aq_arena_alloc(arena, TAGS * sizeof *tags);
#define FIELD(field, condition, ...)                                                                                   \
    do {                                                                                                               \
        if (condition) {                                                                                               \
            snprintf(text, sizeof text, __VA_ARGS__);                                                                  \
            out->field = aq_arena_copy(arena, aq_slice_str(text));                                                     \
        }                                                                                                              \
    } while (0)
    aq_record_init(out);
    FIELD(id, true, "c%u", slot);
    FIELD(parent, r->parent >= 0, "c%d", r->parent);
    FIELD(thread, r->thread >= 0, "t%d", r->thread);
    FIELD(author, r->author >= 0, "author %d", r->author);
    /* Titles differ from comment to comment: the same one is scored once a thread. */
    FIELD(title, r->title >= 0, "%s %s n%u", model_words[r->title % MODEL_WORDS],
          model_words[(unsigned)(r->title * 7 + 3) % MODEL_WORDS], slot);
    FIELD(url, r->url >= 0, "https://example.org/%d", r->url);
    FIELD(source, r->source >= 0, "source %d", r->source);
#undef FIELD
    for (unsigned i = 0; i < TAGS; i++)
        if (r->tags >> i & 1) {
            snprintf(text, sizeof text, "tag %u", i);
            tags[out->tag_count++] = aq_arena_copy(arena, aq_slice_str(text));
        }
    out->tags = tags;
    out->date = r->date;
    out->score = r->score;
    out->format = (enum aq_format)r->format;
    model_put_body(&body, r, m->text_scale);
    out->text = aq_arena_copy(arena, aq_slice(body.ptr, body.len));
    aq_buf_free(&body);
}

static inline void model_chance_record(struct model_record *r, const struct model *m, uint64_t *rng)
{
    *r = (struct model_record){.text_seed = chance(rng),
                               .date = one_in(rng, 5) ? AQ_NO_DATE : 1600000000 + below(rng, 100000),
                               .score = one_in(rng, 5) ? AQ_NO_SCORE : (int32_t)below(rng, 200) - 50,
                               .parent = (int16_t)(one_in(rng, 2) ? -1 : (int)below(rng, m->slot_count)),
                               .thread = (int8_t)(one_in(rng, 2) ? -1 : (int)below(rng, 5)),
                               .author = (int8_t)(one_in(rng, 6) ? -1 : (int)below(rng, 7)),
                               .title = (int8_t)(one_in(rng, 2) ? -1 : (int)below(rng, 100)),
                               .url = (int8_t)((int)below(rng, 4) - 1),
                               .source = (int8_t)((int)below(rng, 3) - 1),
                               .tags = (uint8_t)(one_in(rng, 2) ? 0 : below(rng, 1u << TAGS)),
                               .format = (uint8_t)(one_in(rng, 4) ? below(rng, 3) : AQ_FORMAT_TEXT)};
    /* A few texts come again whole. */
    if (one_in(rng, 5))
        r->text_seed = below(rng, 6);
}

static inline bool model_same_facts(const struct model_record *a, const struct model_record *b)
{
    return a->date == b->date && a->score == b->score && a->tags == b->tags;
}
static inline bool model_same_rest(const struct model_record *a, const struct model_record *b)
{
    return a->text_seed == b->text_seed && a->parent == b->parent && a->thread == b->thread &&
           a->author == b->author && a->title == b->title && a->url == b->url && a->source == b->source &&
           a->format == b->format;
}

/* ---- changes ---- */

static inline enum aq_outcome model_add(struct model *m, uint32_t slot, const struct model_record *r)
{
    struct model_slot *s = &m->slots[slot];
    enum aq_outcome outcome = AQ_ADDED;
    s->seen = true;
    if (s->live && model_same_rest(&s->record, r)) {
        outcome = model_same_facts(&s->record, r) ? AQ_UNCHANGED : AQ_UPDATED;
        s->record = *r;
        return outcome;
    }
    if (s->live)
        outcome = AQ_REPLACED;
    if (r->thread >= 0) {
        snprintf(s->thread, sizeof s->thread, "t%d", r->thread);
    } else if (r->parent < 0) {
        snprintf(s->thread, sizeof s->thread, "c%u", slot);
    } else if (m->slots[r->parent].known) {
        if ((uint32_t)r->parent != slot)
            memcpy(s->thread, m->slots[r->parent].thread, sizeof s->thread);
    } else {
        snprintf(s->thread, sizeof s->thread, "c%d", r->parent);
    }
    if (!s->known)
        s->number = m->next_number++;
    s->known = s->live = true;
    s->record = *r;
    return outcome;
}

static inline void model_purge(struct model *m)
{
    for (uint32_t i = 0; i < m->slot_count; i++)
        if (!m->slots[i].live)
            m->slots[i].known = false;
}

static inline uint64_t model_prune(struct model *m)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < m->slot_count; i++) {
        n += m->slots[i].live && !m->slots[i].seen;
        m->slots[i].live = m->slots[i].live && m->slots[i].seen;
    }
    return n;
}

static inline void model_reopen(struct model *m)
{
    for (uint32_t i = 0; i < m->slot_count; i++)
        m->slots[i].seen = false;
}

/* The next change of a history; commits and the like are the caller's. */
struct model_step {
    uint32_t slot;
    bool delete;
    struct model_record record;
};

static inline void model_next(struct model_step *x, const struct model *m, uint64_t *rng)
{
    x->slot = below(rng, m->slot_count);
    const struct model_slot *s = &m->slots[x->slot];
    x->delete = s->live && one_in(rng, 5);
    x->record = s->record;
    unsigned what = below(rng, 10);
    if (!s->known || what < 6) {
        model_chance_record(&x->record, m, rng);
    } else if (what < 8) { /* facts alone, or the parent alone */
        if (one_in(rng, 3))
            x->record.parent = (int16_t)((int)below(rng, m->slot_count + 1) - 1);
        else
            x->record.score = (int32_t)below(rng, 200);
        if (one_in(rng, 3))
            x->record.tags ^= 1;
    } /* else the same again */
    /* Which thread a reply to a deleted comment goes to depends on whether the
     * comment was ever committed: say it. */
    const struct model_record *r = &x->record;
    if (r->parent >= 0 && r->thread < 0 && m->slots[r->parent].known && !m->slots[r->parent].live)
        x->record.thread = 0;
}

/* ---- comparing ---- */

struct model_passage {
    uint64_t words_hash;
    bool has_words, quote, linked, hidden;
    uint32_t number, ordinal;
    uint32_t words; /* bitmap of model_words */
};

static inline int model_passage_order(const void *x, const void *y)
{
    const struct model_passage *a = x, *b = y;
    if (a->words_hash != b->words_hash)
        return a->words_hash < b->words_hash ? -1 : 1;
    if (a->quote != b->quote)
        return a->quote ? 1 : -1;
    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    return (a->ordinal > b->ordinal) - (a->ordinal < b->ordinal);
}

/* Gathers what the index holds. */
struct model_reading {
    struct model_passage *passages;
    size_t count, cap;
    char why[400];
};

static inline uint32_t model_words_in(struct aq_slice normal)
{
    uint32_t words = 0;
    for (size_t i = 0; i < normal.len;) {
        size_t n = 0;
        while (i + n < normal.len && normal.ptr[i + n] != ' ')
            n++;
        for (unsigned w = 0; w < MODEL_WORDS; w++)
            if (strlen(model_words[w]) == n && memcmp(model_words[w], normal.ptr + i, n) == 0)
                words |= 1u << w;
        i += n + 1;
    }
    return words;
}

static inline void model_keep_passages(struct model_reading *r, const struct aq_comment_view *v)
{
    for (uint32_t i = 0; i < v->passage_count; i++) {
        const struct aq_passage_view *p = &v->passages[i];
        struct aq_buf normal = {0}, title = {0};
        struct model_passage out = {.quote = p->quote_depth > 0,
                                    .linked = p->source != AQ_NO_COMMENT && !(i == 0 && v->title.len),
                                    .number = v->comment,
                                    .ordinal = i};
        model_put_normal(&normal, aq_slice(v->text.ptr + p->range.begin, p->range.end - p->range.begin), false);
        out.has_words = normal.len > 0;
        out.words_hash = 14695981039346656037u;
        for (size_t k = 0; k < normal.len; k++)
            out.words_hash = (out.words_hash ^ normal.ptr[k]) * 1099511628211u;
        out.words = model_words_in(aq_slice(normal.ptr, normal.len));
        if (i == 0 && v->title.len) {
            model_put_normal(&title, v->title, false);
            out.words |= model_words_in(aq_slice(title.ptr, title.len));
        }
        if (aq_grow(&r->passages, &r->cap, r->count + 1, sizeof *r->passages))
            r->passages[r->count++] = out;
        aq_buf_free(&normal);
        aq_buf_free(&title);
    }
}

static inline bool model_text_matches(const struct aq_comment_view *v, const struct aq_record *wanted)
{
    struct aq_buf a = {0}, b = {0};
    model_put_normal(&a, v->text, false);
    model_put_normal(&b, wanted->text, wanted->format == AQ_FORMAT_HTML);
    bool same = aq_slice_eq(aq_slice(a.ptr, a.len), aq_slice(b.ptr, b.len));
    aq_buf_free(&a);
    aq_buf_free(&b);
    return same;
}

static inline const char *model_compare_view(const struct model *m, uint32_t slot, const struct aq_comment_view *v)
{
    const struct model_slot *s = &m->slots[slot];
    struct aq_arena arena = {0};
    struct aq_record w;
    const char *wrong = NULL;
    uint32_t parent = AQ_NO_COMMENT, replies = 0;

    model_fill(&w, m, slot, &s->record, &arena);
    if (s->record.parent >= 0 && m->slots[s->record.parent].live)
        parent = m->slots[s->record.parent].number;
    if (v->comment != s->number)
        wrong = "number";
    else if (!aq_slice_eq(v->id, w.id) || !aq_slice_eq(v->parent, w.parent) || !aq_slice_eq(v->title, w.title) ||
             !aq_slice_eq(v->url, w.url) || !aq_slice_eq(v->source, w.source) || !aq_slice_eq(v->author, w.author))
        wrong = "id, parent, title, url, source or author";
    else if (!aq_slice_eq(v->thread, aq_slice_str(s->thread)))
        wrong = "thread";
    else if (v->date != w.date || v->points != w.score)
        wrong = "date or score";
    else if (v->parent_comment != parent)
        wrong = "parent's number";
    else if (v->format != w.format || !model_text_matches(v, &w))
        wrong = "text";
    else if (v->tag_count != w.tag_count)
        wrong = "number of tags";
    for (uint32_t i = 0; !wrong && i < v->tag_count; i++)
        if (!aq_slice_eq(v->tags[i], w.tags[i]))
            wrong = "tags";
    for (uint32_t i = 0; !wrong && i < m->slot_count; i++) {
        const struct model_slot *o = &m->slots[i];
        if (!o->live || i == slot || o->record.parent != (int)slot || strcmp(o->thread, s->thread) != 0)
            continue;
        bool listed = false;
        for (uint32_t k = 0; k < v->reply_count; k++)
            listed = listed || v->replies[k] == o->number;
        if (!listed)
            wrong = "a reply is missing";
        replies++;
    }
    if (!wrong && replies != v->reply_count)
        wrong = replies < v->reply_count ? "too many replies" : "too few replies";
    aq_arena_free(&arena);
    return wrong;
}

/* Every id by aq_comment_get. NULL when all is as it should be. */
static inline const char *model_compare(const struct model *m, struct aq_reader *reader, struct model_reading *r)
{
    struct aq_error err;
    r->count = 0;
    for (uint32_t i = 0; i < m->slot_count; i++) {
        struct aq_comment_view *v;
        char id[16];
        snprintf(id, sizeof id, "c%u", i);
        enum aq_status st = aq_comment_get(reader, aq_slice_str(id), 0, &v, &err);
        if (st && st != AQ_NOTFOUND) {
            snprintf(r->why, sizeof r->why, "%s cannot be read: %.300s", id, err.message);
            return r->why;
        }
        if ((st == AQ_OK) != m->slots[i].live) {
            snprintf(r->why, sizeof r->why, "%s should %sbe there", id, m->slots[i].live ? "" : "not ");
            aq_comment_free(v);
            return r->why;
        }
        const char *wrong = v ? model_compare_view(m, i, v) : NULL;
        if (wrong) {
            snprintf(r->why, sizeof r->why, "%s (comment %u) in thread %.*s (%s), %u replies, parent %d: %s", id,
                     v->comment, (int)v->thread.len, (const char *)v->thread.ptr, m->slots[i].thread, v->reply_count,
                     (int)v->parent_comment, wrong);
            aq_comment_free(v);
            return r->why;
        }
        if (v)
            model_keep_passages(r, v);
        aq_comment_free(v);
    }
    return NULL;
}

/* Marks repeats by the documented rule: own words first, then the lowest comment; and
 * what is linked to its source. That links lead to the right ones is others' business. */
static inline void model_mark_repeats(struct model_reading *r)
{
    if (r->count)
        qsort(r->passages, r->count, sizeof *r->passages, model_passage_order);
    for (size_t i = 0; i < r->count; i++)
        r->passages[i].hidden = r->passages[i].linked ||
                                (i > 0 && r->passages[i].has_words && r->passages[i - 1].has_words &&
                                 r->passages[i].words_hash == r->passages[i - 1].words_hash);
}

/* Searches for one word, after model_compare and model_mark_repeats. */
static inline const char *model_compare_search(const struct model *m, struct aq_reader *reader,
                                               struct model_reading *r, unsigned word)
{
    struct aq_search_request q = {
        .query = aq_slice_str(model_words[word]),
        .limit = 10000,
        .flags = AQ_NO_TEXT | AQ_QUERY_PLAIN | AQ_COUNT_EXACT};
    struct aq_result *result;
    struct aq_error err;
    uint8_t *expected = calloc(m->next_number + 1u, 1);
    uint32_t wanted = 0, wrong = AQ_NO_COMMENT;

    for (size_t i = 0; expected && i < r->count; i++)
        if (!r->passages[i].hidden && r->passages[i].words >> word & 1)
            expected[r->passages[i].number] = 1;
    for (uint32_t i = 0; expected && i < m->next_number; i++)
        wanted += expected[i];
    if (!expected || aq_search(reader, &q, &result, &err)) {
        snprintf(r->why, sizeof r->why, "search for %s: %.300s", model_words[word], err.message);
        free(expected);
        return r->why;
    }
    for (uint32_t i = 0; i < result->hit_count; i++) {
        uint32_t n = result->hits[i].comment;
        if (n >= m->next_number || !expected[n])
            wrong = n;
        else
            expected[n] = 2; /* further passages of a comment fill places that are left */
    }
    for (uint32_t i = 0; i < m->next_number && wrong == AQ_NO_COMMENT; i++)
        if (expected[i] == 1)
            wrong = i;
    bool good = wrong == AQ_NO_COMMENT && result->total_groups == wanted;
    if (!good)
        snprintf(r->why, sizeof r->why, "search for %s: %u hits of %llu instead of %u; comment %d is wrong",
                 model_words[word], result->hit_count, (unsigned long long)result->total_groups, wanted, (int)wrong);
    aq_result_free(result);
    free(expected);
    return good ? NULL : r->why;
}

static inline void model_reading_free(struct model_reading *r)
{
    free(r->passages);
    *r = (struct model_reading){0};
}

#endif
