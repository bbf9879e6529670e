/* concept_count.c - see concept_count.h. */
#include "concept_count.h"

#include "telling.h"
#include "text_edges.h"

#define FREE UINT32_MAX
enum {
    MET_WORDS = 8,   /* of a passage that may have been met before */
    SMOOTHING = 60   /* words that each passage has besides, so that short ones do not count most */
};

void aq_concept_counter_free(struct aq_concept_counter *c)
{
    free(c->all);
    free(c->slots);
    *c = (struct aq_concept_counter){0};
}

/* ---- the table ---- */

static size_t hash_of(const uint32_t terms[AQ_CONCEPT_WORDS], uint32_t words)
{
    uint64_t h = words;
    for (uint32_t i = 0; i < words; i++)
        h = (h ^ terms[i]) * 0x9E3779B97F4A7C15u;
    return (size_t)(h ^ (h >> 32));
}

static bool is(const struct aq_concept_count *x, const uint32_t terms[AQ_CONCEPT_WORDS], uint32_t words)
{
    return x->words == words && memcmp(x->terms, terms, words * sizeof *terms) == 0;
}

static size_t probe(const struct aq_concept_counter *c, const uint32_t terms[AQ_CONCEPT_WORDS], uint32_t words)
{
    size_t mask = c->slot_count - 1, i = hash_of(terms, words) & mask;
    while (c->slots[i] != FREE && !is(&c->all[c->slots[i]], terms, words))
        i = (i + 1) & mask;
    return i;
}

static bool widen(struct aq_concept_counter *c)
{
    if ((c->count + 1) * 2 <= c->slot_count)
        return true;
    size_t size = c->slot_count ? c->slot_count * 2 : 1024;
    uint32_t *slots = malloc(size * sizeof *slots);
    if (!slots)
        return false;
    memset(slots, 0xFF, size * sizeof *slots);
    free(c->slots);
    c->slots = slots;
    c->slot_count = size;
    for (size_t i = 0; i < c->count; i++)
        slots[probe(c, c->all[i].terms, c->all[i].words)] = (uint32_t)i;
    return true;
}

/* NULL: out of memory. Valid until the next call. */
static struct aq_concept_count *entry(struct aq_concept_counter *c, const uint32_t terms[AQ_CONCEPT_WORDS],
                                      uint32_t words)
{
    if (!widen(c) || !aq_grow(&c->all, &c->cap, c->count + 1, sizeof *c->all))
        return NULL;
    size_t slot = probe(c, terms, words);
    if (c->slots[slot] == FREE) {
        struct aq_concept_count *x = &c->all[c->count];
        *x = (struct aq_concept_count){.words = words, .rank = UINT32_MAX, .last = UINT32_MAX};
        memcpy(x->terms, terms, words * sizeof *terms);
        c->slots[slot] = (uint32_t)c->count++;
    }
    return &c->all[c->slots[slot]];
}

const struct aq_concept_count *aq_concept_find(const struct aq_concept_counter *c,
                                               const uint32_t terms[AQ_CONCEPT_WORDS], uint32_t words)
{
    uint32_t at = c->slot_count ? c->slots[probe(c, terms, words)] : FREE;
    return at == FREE ? NULL : &c->all[at];
}

/* ---- spellings ---- */

static void spell(struct aq_concept_count *x, struct aq_slice text)
{
    for (size_t i = 0; i < AQ_CONCEPT_SPELLINGS; i++) {
        struct aq_concept_spelling *s = &x->spellings[i];
        if (s->count == 0)
            s->text = text;
        if (aq_slice_eq(s->text, text)) {
            s->count++;
            return;
        }
    }
}

struct aq_slice aq_concept_spelled(const struct aq_concept_count *x)
{
    const struct aq_concept_spelling *best = &x->spellings[0];
    for (size_t i = 1; i < AQ_CONCEPT_SPELLINGS; i++)
        if (x->spellings[i].count > best->count)
            best = &x->spellings[i];
    return best->text;
}

static bool is_capital(uint8_t c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_any(uint8_t c, const char *of)
{
    return c && strchr(of, c);
}

/* Whether what stands at byte `at` begins a sentence, where a capital tells nothing. */
static bool begins_sentence(struct aq_slice text, uint32_t at)
{
    while (at > 0 && is_any(text.ptr[at - 1], " \t\r\n\"'*_("))
        at--;
    return at == 0 || is_any(text.ptr[at - 1], ".!?:>-");
}

/* ---- one passage ---- */

/* A word of the passage, wholes of compounds for their parts. */
struct word {
    uint32_t term, begin, end;
    bool begins;  /* a sentence */
    bool telling;
};

struct words {
    struct word *at;
    size_t count;
};

static bool put(struct aq_concept_counter *c, const struct aq_concept_passage *p, const struct word *w, uint32_t words,
                double share)
{
    uint32_t terms[AQ_CONCEPT_WORDS] = {0};
    struct aq_slice spelled = aq_slice(p->text.ptr + w->begin, w[words - 1].end - w->begin);
    bool capital = is_capital(p->text.ptr[w->begin]);
    for (uint32_t i = 0; i < words; i++)
        terms[i] = w[i].term;
    struct aq_concept_count *x = entry(c, terms, words);
    if (!x)
        return false;
    x->sources += x->passages == 0 || x->last_source != p->source;
    x->threads |= 1u << (p->thread * 0x9e3779b1u >> 27);
    x->passages += x->last != c->passages;
    x->last = c->passages;
    x->last_source = p->source;
    x->weight += share;
    if (!x->example.ptr || p->rank < x->rank) {
        x->example = spelled;
        x->rank = p->rank;
    }
    if (w->begins && capital && x->spellings[0].count)
        return true;
    x->capitals += !w->begins && capital;
    x->others += !w->begins && !capital;
    spell(x, spelled);
    return true;
}

/* Whether nothing but a space is between two words. */
static bool side_by_side(struct aq_slice text, const struct word *a, const struct word *b)
{
    if (a->end >= b->begin)
        return false;
    for (uint32_t i = a->end; i < b->begin; i++)
        if (!is_any(text.ptr[i], " \t\r\n"))
            return false;
    return true;
}

static size_t list_words(const struct aq_concept_counter *c, struct aq_slice text, const struct aq_token *tokens,
                         size_t count, struct word *out)
{
    struct aq_run run = {0};
    const uint8_t *line_end = text.ptr;
    bool header = false;
    uint32_t covered = 0;
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        const struct aq_token *t = &tokens[i];
        if (t->position < covered)
            continue;
        covered = t->position + (t->span ? t->span : 1);
        if (text.ptr + t->begin >= line_end) {
            header = aq_line_is_header(text, t->begin);
            line_end = memchr(text.ptr + t->begin, '\n', text.len - t->begin);
            line_end = line_end ? line_end : text.ptr + text.len;
        }
        if (header || aq_in_address(&run, text, t->begin))
            continue;
        out[n++] = (struct word){.term = aq_analyzer_lexeme(c->analyzer, t->lexeme)->term_id,
                                 .begin = t->begin,
                                 .end = t->end,
                                 .begins = begins_sentence(text, t->begin),
                                 .telling = aq_is_telling(aq_slice(text.ptr + t->begin, t->end - t->begin))};
    }
    return n;
}

/* Whether most of what stands side by side in it was met before: it quotes without saying so,
 * or is written anew for each of many comments. */
static bool is_met(const struct aq_concept_counter *c, const struct words *all)
{
    size_t met = 0;
    if (!c->phrases || c->count == 0 || all->count < MET_WORDS)
        return false;
    for (size_t i = 0; i + AQ_CONCEPT_WORDS <= all->count; i++) {
        uint32_t terms[AQ_CONCEPT_WORDS];
        for (uint32_t k = 0; k < AQ_CONCEPT_WORDS; k++)
            terms[k] = all->at[i + k].term;
        met += aq_concept_find(c, terms, AQ_CONCEPT_WORDS) != NULL;
    }
    return met * 2 > all->count;
}

/* A word, and those behind it that it may be a phrase with. */
static bool put_from(struct aq_concept_counter *c, const struct aq_concept_passage *p, const struct words *all, size_t i)
{
    const struct word *w = &all->at[i];
    double share = p->weight / (double)(all->count + SMOOTHING);
    if (!w->telling)
        return true;
    if (!put(c, p, w, 1, share))
        return false;
    for (uint32_t k = 2; c->phrases && k <= AQ_CONCEPT_WORDS && i + k <= all->count; k++) {
        if (!w[k - 1].telling || !side_by_side(p->text, &w[k - 2], &w[k - 1]))
            break;
        if (!put(c, p, w, k, share))
            return false;
    }
    return true;
}

enum aq_status aq_concept_count_passage(struct aq_concept_counter *c, const struct aq_concept_passage *p,
                                        struct aq_error *err)
{
    const struct aq_token *tokens;
    size_t count;
    if (aq_analyze(c->analyzer, p->text, &tokens, &count))
        return aq_fail_nomem(err);
    struct words all = {.at = malloc((count + 1) * sizeof *all.at)};
    bool good = all.at != NULL;
    if (good)
        all.count = list_words(c, p->text, tokens, count, all.at);
    if (good && !is_met(c, &all)) {
        for (size_t i = 0; i < all.count && good; i++)
            good = put_from(c, p, &all, i);
        c->passages++;
        c->tokens += count;
        c->weight += p->weight;
    }
    free(all.at);
    return good ? AQ_OK : aq_fail_nomem(err);
}
