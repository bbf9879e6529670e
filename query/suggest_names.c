/* suggest_names.c - titles and authors to complete what was typed (suggest.h). Titles are
 * found by their words' postings, which stand at the beginning of the comment that brings
 * a title; of these a bounded number is looked at, the latest of each word. */
#include "suggest.h"

#include "fold.h"
#include "name.h"
#include "pending_walk.h"

enum {
    POSTINGS_MOST = 4096,  /* looked at for titles */
    POSTINGS_LEAST = 64,   /* of each word */
    TERMS_MOST = 32,       /* words that begin as what was typed */
    TITLE_WORDS = 24,      /* positions that a title may have */
    TITLES_MOST = 32,      /* read */
    MEMBERS_MOST = 1000,   /* comments counted of a thread */
    ENTRIES_MOST = 100000, /* authors looked at by number alone */
    AUTHORS_MOST = 64,     /* whose names are read */
    PLAIN_MOST = 512       /* bytes of a name or title that are compared */
};

/* ---- names as they are compared ---- */

/* Appends a word without case and accents; false when it does not fit. */
static bool put_word(uint8_t *out, size_t *n, struct aq_slice word)
{
    uint8_t form[AQ_TERM_MAX], plain[AQ_TERM_MAX];
    size_t len = aq_fold_diacritics(aq_slice(form, aq_fold_form(aq_cut_at_char(word, AQ_SPELLING_MAX), form)), plain);
    if (len == 0)
        return true;
    if (*n + (*n > 0) + len > PLAIN_MOST)
        return false;
    if (*n)
        out[(*n)++] = ' ';
    memcpy(out + *n, plain, len);
    *n += len;
    return true;
}

/* A name or title without case and accents, its words one space apart. */
static struct aq_slice plain_of(struct aq_slice name, uint8_t out[PLAIN_MOST])
{
    size_t n = 0;
    for (size_t at = 0, end; at < name.len; at = end + 1) {
        for (end = at; end < name.len && name.ptr[end] > ' ';)
            end++;
        if (end > at && !put_word(out, &n, aq_slice(name.ptr + at, end - at)))
            break;
    }
    return aq_slice(out, n);
}

static bool in_word(uint8_t b)
{
    return b >= 0x80 || (b >= '0' && b <= '9') || (b >= 'a' && b <= 'z');
}

/* From a byte on, the next at which a word begins; the length when there is none. */
static size_t next_word(struct aq_slice plain, size_t at)
{
    while (at < plain.len && !(in_word(plain.ptr[at]) && (at == 0 || !in_word(plain.ptr[at - 1]))))
        at++;
    return at;
}

/* ---- titles ---- */

struct title {
    struct aq_slice text, thread;
    uint64_t comments;
    bool first; /* begins with what was typed */
};

struct titles {
    struct aq_suggesting *s;
    struct title found[TITLES_MOST];
    uint32_t count, threads[TITLES_MOST], read;
    uint32_t left; /* postings that may be looked at */
    struct aq_arena scratch;
    struct aq_slice typed; /* plain */
    uint8_t typed_bytes[PLAIN_MOST];
};

static bool counts_member(void *context, uint32_t comment)
{
    uint64_t *count = context;
    (void)comment;
    return ++*count < MEMBERS_MOST;
}

/* Whether a title has all words that were typed, and one that begins as the last. */
static enum aq_status has_words(struct titles *t, struct aq_slice title, bool *has)
{
    struct aq_suggesting *s = t->s;
    const struct aq_token *tokens;
    uint8_t begun_bytes[AQ_TERM_MAX], bytes[AQ_TERM_MAX];
    struct aq_slice begun = s->begun.len ? aq_form_plain(s->begun, begun_bytes) : s->begun;
    size_t count;
    if (aq_analyze(s->analyzer, title, &tokens, &count))
        return AQ_NOMEM;
    bool all = s->begun.len == 0;
    for (size_t i = 0; i < count && !all; i++)
        all = aq_slice_begins(aq_form_plain(aq_analyzer_lexeme(s->analyzer, tokens[i].lexeme)->form, bytes), begun);
    for (size_t w = 0; w < s->word_count && all; w++) {
        bool here = false;
        for (size_t i = 0; i < count && !here; i++)
            here = aq_slice_eq(aq_analyzer_lexeme(s->analyzer, tokens[i].lexeme)->term, s->words[w].term);
        all = here;
    }
    *has = all;
    return AQ_OK;
}

/* Takes the title of the thread that a comment opens, if it has what was typed. */
static enum aq_status take_title(struct titles *t, uint32_t comment, struct aq_error *err)
{
    struct aq_suggesting *s = t->s;
    struct aq_thread_info info;
    struct aq_slice title;
    uint8_t plain[PLAIN_MOST];
    bool has;
    int64_t thread = aq_column_get(s->txn, AQ_COL_THREAD, comment);
    if (thread < 0 || thread >= AQ_NO_COMMENT || aq_thread_get(s->txn, (uint32_t)thread, &info) || info.root != comment ||
        info.title_hash == 0)
        return AQ_OK;
    for (uint32_t i = 0; i < t->read; i++)
        if (t->threads[i] == (uint32_t)thread)
            return AQ_OK;
    t->threads[t->read++] = (uint32_t)thread;
    aq_arena_reset(&t->scratch);
    enum aq_status st = aq_thread_title(s->txn, (uint32_t)thread, &t->scratch, s->answer, &title, err);
    if (st || title.len == 0)
        return st;
    if (has_words(t, title, &has))
        return aq_fail_nomem(err);
    if (!has)
        return AQ_OK;
    struct title *x = &t->found[t->count];
    *x = (struct title){.text = title, .thread = aq_arena_copy(s->answer, info.name)};
    x->first = aq_slice_begins(plain_of(title, plain), t->typed);
    if (!x->thread.ptr)
        return aq_fail_nomem(err);
    st = aq_thread_members(s->txn, (uint32_t)thread, counts_member, &x->comments);
    t->count++;
    return st ? aq_fail(err, st, "the comments of a thread cannot be listed; `aq check` tells more") : AQ_OK;
}

/* A title stands at the beginning of the first passage of its comment. */
static enum aq_status look_at(struct titles *t, const struct aq_segment *seg, struct aq_cursor *c, struct aq_error *err)
{
    uint16_t positions[256];
    uint32_t comment, ordinal, docid = c->docid;
    struct aq_txn *txn = t->s->txn;
    if (aq_segment_locate(txn, seg, docid, &comment, &ordinal))
        return aq_fail(err, AQ_CORRUPT, "the map of segment %u cannot be read; `aq check` tells more", seg->info.id);
    if (ordinal || comment == AQ_NO_COMMENT ||
        aq_bit(aq_segment_bits(txn, seg, AQ_BITS_DELETED, docid / AQ_BITS_CHUNK), docid))
        return AQ_OK;
    bool early = aq_cursor_positions(c, positions, NULL) && positions[0] < TITLE_WORDS;
    return early ? take_title(t, comment, err) : AQ_OK;
}

/* Looks at the last `most` postings of a term in each segment. */
static enum aq_status look_through(struct titles *t, struct aq_slice term, uint32_t most, struct aq_error *err)
{
    struct aq_txn *txn = t->s->txn;
    for (uint32_t i = txn->segment_count; i-- > 0 && most && t->read < TITLES_MOST;) {
        const struct aq_segment *seg = &txn->segments[i];
        struct aq_postings list;
        struct aq_cursor c;
        enum aq_status st = aq_segment_postings(txn, seg, term, &list, err);
        if (st == AQ_NOTFOUND)
            continue;
        if (st)
            return st;
        aq_cursor_init(&c, &list);
        if (list.df > most && list.blocks > most / AQ_BLOCK + 1)
            aq_cursor_seek(&c, aq_postings_block_last(&list, list.blocks - most / AQ_BLOCK - 2) + 1);
        for (; most && t->read < TITLES_MOST && c.docid != AQ_DOCID_END; aq_cursor_next(&c), most--, t->left--)
            if ((st = look_at(t, seg, &c, err)))
                return st;
    }
    return AQ_OK;
}

/* Whether a term stands where a title may, in a pending comment's first passage. */
static bool stands_early(const struct aq_pending *record, struct aq_slice term, bool *bad)
{
    uint16_t positions[256], codes[256];
    struct aq_pending_term found;
    uint32_t ordinal, tf;
    size_t at = 0;
    return aq_pending_find(record, term, aq_hash(term), &found, bad) &&
           aq_pending_posting(&found, &at, &ordinal, &tf, positions, codes, bad) && ordinal == 0 &&
           positions[0] < TITLE_WORDS;
}

struct looking {
    struct titles *titles;
    const struct aq_slice *terms;
    uint32_t count;
};

static enum aq_status look_at_pending(void *context, uint32_t comment, const struct aq_pending *record, bool *enough,
                                      struct aq_error *err)
{
    const struct looking *l = context;
    bool early = false, bad = false;
    for (uint32_t i = 0; i < l->count && !early && !bad; i++)
        early = stands_early(record, l->terms[i], &bad);
    if (bad)
        return aq_pending_damaged(err);
    enum aq_status st = early ? take_title(l->titles, comment, err) : AQ_OK;
    *enough = l->titles->read >= TITLES_MOST;
    return st;
}

static uint64_t passages_with(struct aq_txn *txn, struct aq_slice term)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < txn->segment_count; i++) {
        struct aq_postings list;
        if (aq_segment_postings(txn, &txn->segments[i], term, &list, NULL) == AQ_OK)
            n += list.df;
    }
    return n;
}

/* By the rarest word that was typed to its end; where there is none, by all that begin as
 * what was typed, the commonest first. */
static enum aq_status find_titles(struct titles *t, struct aq_error *err)
{
    struct aq_suggesting *s = t->s;
    const struct aq_suggest_word *rarest = NULL;
    uint64_t fewest = UINT64_MAX;
    enum aq_status st = AQ_OK;
    t->left = POSTINGS_MOST;
    for (size_t i = 0; i < s->word_count; i++) {
        uint64_t n = passages_with(s->txn, s->words[i].term);
        if (n < fewest) {
            fewest = n;
            rarest = &s->words[i];
        }
    }
    struct aq_slice terms[TERMS_MOST] = {rarest ? rarest->term : (struct aq_slice){0}};
    uint32_t n = rarest ? 1 : 0;
    for (uint32_t i = 0; i < s->form_count && !rarest && n < TERMS_MOST; i++) {
        bool before = false;
        for (uint32_t k = 0; k < n && !before; k++)
            before = aq_slice_eq(terms[k], s->forms[i].term);
        if (!before)
            terms[n++] = s->forms[i].term;
    }
    struct looking pending = {t, terms, n};
    st = n && t->read < TITLES_MOST ? aq_pending_walk(t->s->txn, look_at_pending, &pending, err) : AQ_OK;
    for (uint32_t i = 0; i < n && t->left >= POSTINGS_LEAST && t->read < TITLES_MOST && !st; i++)
        st = look_through(t, terms[i], rarest ? POSTINGS_MOST : t->left / 2 + POSTINGS_LEAST / 2, err);
    return st;
}

static int by_comments(const void *x, const void *y)
{
    const struct title *a = x, *b = y;
    if (a->first != b->first)
        return a->first ? -1 : 1;
    if (a->comments != b->comments)
        return a->comments > b->comments ? -1 : 1;
    int order = aq_slice_cmp(a->text, b->text);
    return order ? order : aq_slice_cmp(a->thread, b->thread);
}

enum aq_status aq_suggest_titles(struct aq_suggesting *s, uint32_t most, struct aq_suggestion *out, uint32_t *count,
                                 struct aq_error *err)
{
    struct titles *t = aq_arena_zalloc(s->arena, sizeof *t);
    *count = 0;
    if (!t)
        return aq_fail_nomem(err);
    t->s = s;
    t->typed = plain_of(s->text, t->typed_bytes);
    enum aq_status st = find_titles(t, err);
    aq_arena_free(&t->scratch);
    if (st)
        return st;
    if (t->count)
        qsort(t->found, t->count, sizeof *t->found, by_comments);
    for (uint32_t i = 0; i < t->count && *count < most; i++) {
        const struct title *x = &t->found[i];
        bool said = false; /* by a thread of the same title */
        for (uint32_t k = 0; k < *count && !said; k++)
            said = aq_slice_eq(out[k].text, x->text);
        if (!said)
            out[(*count)++] = (struct aq_suggestion){
                .kind = AQ_SUGGEST_TITLES, .text = x->text, .thread = x->thread, .count = x->comments};
    }
    return AQ_OK;
}

/* ---- authors ---- */

struct authors {
    uint32_t numbers[AUTHORS_MOST]; /* the lowest, ascending: who came first wrote most, mostly */
    uint32_t count;
};

static void keep_author(struct authors *a, uint32_t number)
{
    uint32_t at = a->count;
    if (at == AUTHORS_MOST && a->numbers[at - 1] <= number)
        return;
    while (at > 0 && a->numbers[at - 1] > number)
        at--;
    if (at > 0 && a->numbers[at - 1] == number)
        return;
    uint32_t moved = a->count < AUTHORS_MOST ? a->count : AUTHORS_MOST - 1;
    memmove(a->numbers + at + 1, a->numbers + at, (moved - at) * sizeof *a->numbers);
    a->numbers[at] = number;
    a->count = moved + 1;
}

/* Those with a word that begins as the text, or, where its first word is ended, with this
 * word, as far as the first eight bytes tell. */
static enum aq_status find_authors(struct aq_txn *txn, struct aq_slice plain, struct authors *a, struct aq_error *err)
{
    struct aq_set_reader r;
    uint8_t key[AQ_ID_ENTRY];
    const uint8_t *entry;
    size_t end = 0;
    while (end < plain.len && in_word(plain.ptr[end]))
        end++;
    if (end == 0)
        return AQ_OK;
    size_t same = 1 + (end < plain.len || end > 8 ? 8 : end);
    aq_id_entry(key, AQ_ID_AUTHOR_WORD, aq_name_key(aq_slice(plain.ptr, end)), 0);
    enum aq_status st = aq_set_open(txn, AQ_TABLE_ID, &r, err);
    if (!st)
        st = aq_set_seek(&r, aq_slice(key, same), &entry, err);
    for (uint32_t n = 0; !st && entry && memcmp(entry, key, same) == 0 && n < ENTRIES_MOST; n++) {
        keep_author(a, aq_id_entry_number(entry));
        st = aq_set_next(&r, &entry, err);
    }
    aq_set_close(&r);
    return st;
}

/* Whether some word of a name, and what follows it, begins as the text; *first: its first word. */
static bool has_name(struct aq_slice name, struct aq_slice text, bool *first)
{
    uint8_t bytes[PLAIN_MOST];
    struct aq_slice plain = plain_of(name, bytes);
    for (size_t at = next_word(plain, 0), words = 0; at < plain.len; at = next_word(plain, at + 1), words++) {
        *first = words == 0;
        if (aq_slice_begins(aq_slice(plain.ptr + at, plain.len - at), text))
            return true;
    }
    return false;
}

enum aq_status aq_suggest_authors(struct aq_suggesting *s, struct aq_slice name, uint32_t most,
                                  struct aq_suggestion *out, uint32_t *count, struct aq_error *err)
{
    uint8_t bytes[PLAIN_MOST];
    struct aq_slice plain = plain_of(name, bytes), names[AUTHORS_MOST];
    struct authors a = {.count = 0};
    bool first[AUTHORS_MOST];
    uint32_t n = 0;
    size_t begin = next_word(plain, 0); /* behind an @ */
    *count = 0;
    plain = aq_slice(plain.ptr + begin, plain.len - begin);
    enum aq_status st = find_authors(s->txn, plain, &a, err);
    for (uint32_t i = 0; i < a.count && !st; i++) {
        st = aq_name_get(s->txn, AQ_ID_AUTHOR, a.numbers[i], &names[n]);
        if (st)
            return aq_fail(err, st, "author %u has no name; `aq check` tells more", a.numbers[i]);
        n += has_name(names[n], plain, &first[n]);
    }
    /* Who is called so first of all; then who has such a name among others. */
    for (int other = 0; other < 2 && !st; other++)
        for (uint32_t i = 0; i < n && *count < most; i++) {
            if (first[i] != !other)
                continue;
            out[*count] = (struct aq_suggestion){.kind = AQ_SUGGEST_AUTHORS, .text = aq_arena_copy(s->answer, names[i])};
            if (!out[(*count)++].text.ptr)
                return aq_fail_nomem(err);
        }
    return st;
}
