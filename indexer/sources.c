/* sources.c - see sources.h. In three steps:
 *
 *   1. The probes are led through the table of fingerprints in its order. Each names
 *      the first OWNERS comments that have the same words as their own; words that five
 *      or more threads have said before (signatures, footers, sayings) name nobody.
 *   2. The CANDIDATES comments that are named most often are read, and the passage's
 *      words are counted that stand there in runs of MATCH.
 *   3. Of those that have enough of them, comments of the same thread come before
 *      others, and the earliest wins among those nearly as good as the best.
 *
 * Only where no earlier comment qualifies can a quote come from a later one: it was
 * added before its source. Numbers tell earlier from later, not dates. */
#include "sources.h"

#include "hash_sort.h"
#include "prints.h"

enum {
    OWNERS = 4,       /* comments that a fingerprint names */
    OWNERS_READ = 12, /* looked at to tell whether its words are common */
    COMMON = 5,       /* threads that make them so */
    CANDIDATES = 12,
    MATCH = 4,        /* words in a row that count as the same */
    QUOTE_LEAST = 80, /* per cent of a quote's words that its source has */
    OWN_LEAST = 100,  /* of what is not marked as one: its author's words must stay to be found */
    NEARLY = 10,      /* per cent that the earliest may have less than the best */
    FAR_RUN = 12,     /* words in a row that tell a source in another thread */
    OWN_WORDS = 8,    /* below, what is not marked is a quote only where nobody is named */
    CACHE = 1024      /* comments whose words are kept */
};

/* A comment's own words, and their runs of MATCH. */
struct own {
    uint32_t comment; /* AQ_NO_COMMENT: none */
    struct aq_wordlist words;
    uint32_t *runs;   /* hash table; 0: empty */
    size_t room;      /* a power of two */
};

struct finder {
    struct aq_txn *t;
    struct aq_subject *subjects;
    uint64_t *named; /* subject u32, owner u32 */
    size_t named_count, named_cap;
    struct own *cache;
    struct aq_arena arena;
    struct aq_comment comment; /* the subject's, in `comment_arena` */
    struct aq_arena comment_arena;
    uint32_t read;             /* its number */
    struct aq_wordlist words;     /* of the subject */
    bool *covered;             /* of each word */
    size_t covered_cap;
};

static uint32_t thread_of(struct aq_txn *t, uint32_t comment)
{
    return (uint32_t)aq_column_get(t, AQ_COL_THREAD, comment);
}

/* AQ_NO_COMMENT: nobody is named. */
static uint32_t author_of(struct aq_txn *t, uint32_t comment)
{
    return (uint32_t)aq_column_get(t, AQ_COL_AUTHOR, comment);
}

/* ---- candidates ---- */

static bool name_owner(struct finder *f, size_t subject, uint32_t owner)
{
    if (!aq_grow(&f->named, &f->named_cap, f->named_count + 1, sizeof *f->named))
        return false;
    f->named[f->named_count++] = (uint64_t)subject << 32 | owner;
    return true;
}

/* The owners of a fingerprint, ascending. */
struct owners {
    uint32_t v[OWNERS_READ], threads[OWNERS_READ];
    size_t count;
    bool threads_read;
};

static enum aq_status read_owners(struct aq_set_reader *r, uint32_t key, struct owners *o, struct aq_error *err)
{
    uint8_t from[4];
    const uint8_t *entry;
    aq_key32(from, key);
    o->count = 0;
    o->threads_read = false;
    enum aq_status st = aq_set_seek(r, aq_slice(from, sizeof from), &entry, err);
    while (st == AQ_OK && entry && o->count < OWNERS_READ && memcmp(entry, from, sizeof from) == 0) {
        o->v[o->count++] = aq_unkey32(entry + 4);
        if (o->count < OWNERS_READ)
            st = aq_set_next(r, &entry, err);
    }
    return st;
}

/* Were these words said in too many threads, by the first n of the owners? */
static bool common(struct aq_txn *t, struct owners *o, size_t n)
{
    size_t threads = 0;
    if (n < COMMON)
        return false;
    for (size_t i = 0; i < o->count && !o->threads_read; i++)
        o->threads[i] = thread_of(t, o->v[i]);
    o->threads_read = true;
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        while (k < i && o->threads[k] != o->threads[i])
            k++;
        threads += k == i;
    }
    return threads >= COMMON;
}

/* What the fingerprint's owners are to one subject. */
static bool name_owners(struct finder *f, size_t subject, struct owners *o)
{
    const struct aq_subject *s = &f->subjects[subject];
    size_t earlier = 0;
    while (earlier < o->count && o->v[earlier] < s->comment)
        earlier++;
    if (earlier ? common(f->t, o, earlier) : !s->quote)
        return true;
    size_t end = earlier ? earlier : o->count;
    for (size_t i = 0, n = 0; i < end && n < OWNERS; i++) {
        if (o->v[i] == s->comment)
            continue;
        n++;
        if (!name_owner(f, subject, o->v[i]))
            return false;
    }
    return true;
}

static enum aq_status find_candidates(struct finder *f, const uint64_t *probes, size_t count, struct aq_error *err)
{
    struct aq_set_reader r;
    struct owners o;
    enum aq_status st = aq_set_open(f->t, AQ_TABLE_PRINT, &r, err);
    for (size_t i = 0; i < count && st == AQ_OK; i++) {
        uint32_t key = (uint32_t)(probes[i] >> 32);
        if (i == 0 || key != probes[i - 1] >> 32)
            st = read_owners(&r, key, &o, err);
        if (st == AQ_OK && !name_owners(f, (uint32_t)probes[i], &o))
            st = aq_fail_nomem(err);
    }
    aq_set_close(&r);
    return st;
}

/* ---- texts ---- */

static enum aq_status read_own_words(struct finder *f, struct own *o, uint32_t number, struct aq_error *err)
{
    struct aq_comment c;
    o->comment = AQ_NO_COMMENT;
    o->words.count = 0;
    aq_arena_reset(&f->arena);
    enum aq_status st = aq_text_get(f->t, number, &f->arena, &c, err);
    for (uint32_t i = 0; st == AQ_OK && i < c.passage_count; i++) {
        const struct aq_passage *p = &c.passages[i];
        if (p->quote_depth == 0 && !aq_wordlist_add(&o->words, aq_slice(c.text.ptr + p->begin, p->end - p->begin)))
            st = aq_fail_nomem(err);
    }
    return st;
}

static uint32_t run_hash(const uint32_t *words)
{
    uint32_t h = aq_wordlist_hash(words, MATCH);
    return h ? h : 1;
}

static size_t run_place(const struct own *o, uint32_t hash)
{
    size_t at = hash & (o->room - 1);
    while (o->runs[at] && o->runs[at] != hash)
        at = (at + 1) & (o->room - 1);
    return at;
}

static enum aq_status own_words(struct finder *f, uint32_t number, const struct own **out, struct aq_error *err)
{
    struct own *o = &f->cache[number % CACHE];
    *out = o;
    if (o->comment == number)
        return AQ_OK;
    enum aq_status st = read_own_words(f, o, number, err);
    if (st)
        return st;
    size_t need = 64;
    while (need < 2 * o->words.count)
        need *= 2;
    if (need > o->room) {
        free(o->runs);
        o->runs = malloc(need * sizeof *o->runs);
        o->room = o->runs ? need : 0;
        if (!o->runs)
            return aq_fail_nomem(err);
    }
    memset(o->runs, 0, o->room * sizeof *o->runs);
    for (size_t i = 0; i + MATCH <= o->words.count; i++) {
        uint32_t h = run_hash(o->words.v + i);
        o->runs[run_place(o, h)] = h;
    }
    o->comment = number;
    return AQ_OK;
}

/* ---- comparing ---- */

struct match {
    uint32_t comment;
    uint8_t coverage;
    bool same_thread, later;
    bool nameless; /* nobody is named as the author of either */
};

/* Of words too few for a run: are they all there, next to each other? */
static bool stands_in(const struct own *o, const struct aq_wordlist *w)
{
    for (size_t i = 0; i + w->count <= o->words.count; i++)
        if (memcmp(o->words.v + i, w->v, w->count * sizeof *w->v) == 0)
            return true;
    return false;
}

/* How much of the subject stands in o: per cent, and the longest run of words. */
static uint8_t cover(struct finder *f, const struct own *o, size_t *longest)
{
    size_t n = f->words.count, covered = 0, run = 0;
    *longest = 0;
    if (n <= MATCH) {
        bool all = stands_in(o, &f->words);
        *longest = all ? n : 0;
        return all ? 100 : 0;
    }
    memset(f->covered, 0, n * sizeof *f->covered);
    for (size_t i = 0; i + MATCH <= n; i++) {
        uint32_t h = run_hash(f->words.v + i);
        if (o->runs[run_place(o, h)])
            memset(f->covered + i, true, MATCH * sizeof *f->covered);
    }
    for (size_t i = 0; i < n; i++) {
        run = f->covered[i] ? run + 1 : 0;
        covered += f->covered[i];
        *longest = run > *longest ? run : *longest;
    }
    return (uint8_t)(100 * covered / n);
}

static bool qualifies(struct finder *f, const struct aq_subject *s, const struct match *m, size_t longest)
{
    if (!m->same_thread && longest < FAR_RUN)
        return false;
    if (s->quote)
        return m->coverage >= QUOTE_LEAST;
    return m->coverage >= OWN_LEAST && (m->nameless || f->words.count >= OWN_WORDS);
}

/* Earlier comments before later ones, those of the thread before others. */
static unsigned rank_of(const struct match *m)
{
    return 2u * m->later + !m->same_thread;
}

static void choose(struct aq_subject *s, const struct match *matches, size_t count)
{
    unsigned rank = 4;
    uint8_t best = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned r = rank_of(&matches[i]);
        if (r < rank || (r == rank && matches[i].coverage > best)) {
            rank = r;
            best = matches[i].coverage;
        }
    }
    for (size_t i = 0; i < count; i++) {
        const struct match *m = &matches[i];
        if (rank_of(m) == rank && m->coverage + NEARLY >= best && m->comment < s->source) {
            s->source = m->comment;
            s->coverage = m->coverage;
        }
    }
}

static enum aq_status read_subject(struct finder *f, const struct aq_subject *s, struct aq_error *err)
{
    enum aq_status st = AQ_OK;
    if (f->read != s->comment) {
        f->read = AQ_NO_COMMENT;
        aq_arena_reset(&f->comment_arena);
        st = aq_text_get(f->t, s->comment, &f->comment_arena, &f->comment, err);
        if (st)
            return st;
        f->read = s->comment;
    }
    if (s->ordinal >= f->comment.passage_count)
        return aq_fail(err, AQ_CORRUPT, "the text of comment %u has no passage %u: run aq check", s->comment,
                       s->ordinal);
    const struct aq_passage *p = &f->comment.passages[s->ordinal];
    f->words.count = 0;
    if (!aq_wordlist_add(&f->words, aq_slice(f->comment.text.ptr + p->begin, p->end - p->begin)) ||
        !aq_grow(&f->covered, &f->covered_cap, f->words.count + 1, sizeof *f->covered))
        return aq_fail_nomem(err);
    return AQ_OK;
}

struct candidate {
    uint32_t comment, times;
};

/* The most often named, earlier ones of equal ones. named: a subject's, ascending. */
static size_t most_named(const uint64_t *named, size_t count, struct candidate best[CANDIDATES])
{
    size_t n = 0;
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && named[end] == named[i];)
            end++;
        struct candidate x = {(uint32_t)named[i], (uint32_t)(end - i)};
        size_t at = n;
        while (at > 0 && best[at - 1].times < x.times)
            at--;
        if (at == CANDIDATES)
            continue;
        size_t last = n < CANDIDATES ? n++ : CANDIDATES - 1;
        memmove(best + at + 1, best + at, (last - at) * sizeof *best);
        best[at] = x;
    }
    return n;
}

/* What is not marked is rarely a quote: who said the same has most of its fingerprints,
 * and is somebody else. */
static size_t sift_unmarked(struct aq_txn *t, const struct aq_subject *s, struct candidate *c, size_t count)
{
    uint32_t author = author_of(t, s->comment);
    size_t n = 0;
    for (size_t i = 0; i < count && 2 * c[i].times >= s->probes; i++)
        if (author == AQ_NO_COMMENT || author_of(t, c[i].comment) != author)
            c[n++] = c[i];
    return n;
}

static enum aq_status find_source(struct finder *f, struct aq_subject *s, const uint64_t *named, size_t count,
                                  struct aq_error *err)
{
    struct candidate candidates[CANDIDATES];
    struct match matches[CANDIDATES];
    size_t n = most_named(named, count, candidates), found = 0;
    if (!s->quote)
        n = sift_unmarked(f->t, s, candidates, n);
    enum aq_status st = n ? read_subject(f, s, err) : AQ_OK;
    for (size_t i = 0; i < n && st == AQ_OK; i++) {
        struct match *m = &matches[found];
        const struct own *o;
        size_t longest;
        st = own_words(f, candidates[i].comment, &o, err);
        if (st)
            break;
        *m = (struct match){candidates[i].comment, cover(f, o, &longest),
                            thread_of(f->t, candidates[i].comment) == thread_of(f->t, s->comment),
                            candidates[i].comment > s->comment,
                            author_of(f->t, s->comment) == AQ_NO_COMMENT &&
                                author_of(f->t, candidates[i].comment) == AQ_NO_COMMENT};
        found += qualifies(f, s, m, longest);
    }
    if (st == AQ_OK)
        choose(s, matches, found);
    return st;
}

static void finder_free(struct finder *f)
{
    for (size_t i = 0; f->cache && i < CACHE; i++) {
        aq_wordlist_free(&f->cache[i].words);
        free(f->cache[i].runs);
    }
    free(f->cache);
    free(f->named);
    free(f->covered);
    aq_wordlist_free(&f->words);
    aq_arena_free(&f->arena);
    aq_arena_free(&f->comment_arena);
}

enum aq_status aq_sources_find(struct aq_txn *t, struct aq_subject *subjects, size_t count, uint64_t *probes,
                               size_t probe_count, struct aq_error *err)
{
    struct finder f = {.t = t, .subjects = subjects, .read = AQ_NO_COMMENT};
    enum aq_status st;
    for (size_t i = 0; i < count; i++)
        subjects[i].source = AQ_NO_COMMENT;
    st = aq_sort64(probes, probe_count) ? find_candidates(&f, probes, probe_count, err) : aq_fail_nomem(err);
    if (st == AQ_OK && f.named_count) {
        f.cache = calloc(CACHE, sizeof *f.cache);
        st = f.cache && aq_sort64(f.named, f.named_count) ? AQ_OK : aq_fail_nomem(err);
        for (size_t i = 0; st == AQ_OK && i < CACHE; i++)
            f.cache[i].comment = AQ_NO_COMMENT;
    }
    for (size_t i = 0, end; i < f.named_count && st == AQ_OK; i = end) {
        uint32_t subject = (uint32_t)(f.named[i] >> 32);
        for (end = i + 1; end < f.named_count && f.named[end] >> 32 == subject;)
            end++;
        st = find_source(&f, &subjects[subject], f.named + i, end - i, err);
    }
    finder_free(&f);
    return st;
}
