/* check_text.c - every comment's stored text against everything made of it: its
 * passages' words with the postings and forward records, their hashes with the
 * repeat table, its quotes with the bitmaps, its id, parent, names and thread with
 * the id table and the columns. Which passages there are, the parts before it found
 * out (check_internal.h). */
#include "check_internal.h"

#include "pending.h"
#include "utf8.h"

#include <inttypes.h>

enum {
    LEXICON_MOST = 96 << 20, /* bytes of words before they are forgotten */
    TOKENS_MOST = 255       /* in a passage, its title included */
};

struct reading {
    struct aq_check *c;
    struct aq_arena arena;
    struct aq_passage_hasher hasher;
    uint64_t *words; /* by lexeme id (check_internal.h); 0: not yet */
    size_t word_cap;

    uint32_t comment;
    struct aq_comment text;
    uint32_t title_positions; /* in its first passage */

    /* The passage being looked at. */
    struct aq_token tokens[TOKENS_MOST];
    uint32_t token_count;
    uint64_t hash; /* of the words, the title's left out */
};

static bool word_of(struct reading *r, uint32_t lexeme, uint64_t *word)
{
    if (AQ_UNLIKELY(lexeme >= r->word_cap)) {
        size_t old = r->word_cap;
        if (!aq_grow(&r->words, &r->word_cap, (size_t)lexeme + 1, sizeof *r->words))
            return false;
        memset(r->words + old, 0, (r->word_cap - old) * sizeof *r->words);
    }
    if (AQ_UNLIKELY(!r->words[lexeme])) {
        const struct aq_lexeme *l = aq_analyzer_lexeme(r->c->analyzer, lexeme);
        r->words[lexeme] = aq_check_word(l->term_hash, aq_hash(l->form));
    }
    *word = r->words[lexeme];
    return true;
}

static void forget_words(struct reading *r)
{
    aq_analyzer_forget(r->c->analyzer);
    aq_passage_hasher_free(&r->hasher);
    free(r->words);
    r->words = NULL;
    r->word_cap = 0;
}

/* ---- a passage's words ---- */

static enum aq_status too_many(struct reading *r, uint32_t ordinal)
{
    return aq_check_fault(r->c, "text", "passage %u of comment %u has more than %d words", ordinal, r->comment,
                          TOKENS_MOST);
}

/* Reads the passage's tokens, its title's first, into r. */
static enum aq_status read_words(struct reading *r, uint32_t ordinal)
{
    struct aq_check *c = r->c;
    const struct aq_passage *p = &r->text.passages[ordinal];
    const struct aq_token *tokens;
    size_t count, shift = 0;
    enum aq_status st;

    r->token_count = 0;
    if (p->flags & AQ_PASSAGE_TITLED) {
        st = aq_analyze(c->analyzer, r->text.title, &tokens, &count);
        if (st)
            return aq_fail(c->err, st, "the title of comment %u cannot be analyzed: %s", r->comment,
                           aq_status_name(st));
        if (count > AQ_TITLE_TOKENS)
            count = AQ_TITLE_TOKENS;
        memcpy(r->tokens, tokens, count * sizeof *tokens);
        r->token_count = (uint32_t)count;
        r->title_positions = aq_title_positions(tokens, count);
        if (count)
            shift = r->title_positions + AQ_TITLE_GAP;
    }
    st = aq_analyze(c->analyzer, aq_slice(r->text.text.ptr + p->begin, p->end - p->begin), &tokens, &count);
    if (st)
        return aq_fail(c->err, st, "comment %u cannot be analyzed: %s", r->comment, aq_status_name(st));
    if (!aq_passage_hash_tokens(&r->hasher, c->analyzer, tokens, count, &r->hash))
        return aq_fail_nomem(c->err);
    if (count > TOKENS_MOST - r->token_count)
        return too_many(r, ordinal);
    for (size_t i = 0; i < count; i++) {
        struct aq_token *t = &r->tokens[r->token_count++];
        *t = tokens[i];
        t->position += (uint32_t)shift;
    }
    return AQ_OK;
}

/* ---- a passage word by word ---- */

/* An occurrence of a term as the index has it. */
struct occurrence {
    uint32_t tf, position;
    uint8_t form[AQ_TERM_MAX + 1];
    size_t form_len;
};

struct wanted_form {
    uint32_t code;
    struct occurrence *out;
};

static bool keep_form(void *context, uint32_t code, struct aq_slice form, uint64_t count)
{
    struct wanted_form *w = context;
    (void)count;
    if (code != w->code)
        return true;
    w->out->form_len = form.len < sizeof w->out->form ? form.len : sizeof w->out->form;
    if (w->out->form_len)
        memcpy(w->out->form, form.ptr, w->out->form_len);
    return false;
}

/* Occurrence number `nth` of a term in a segment's passage; tf 0 when it is not there. */
static void find_in_segment(struct aq_check *c, const struct aq_segment *seg, uint32_t docid, struct aq_slice term,
                            uint32_t nth, struct occurrence *out)
{
    uint16_t positions[256], codes[256];
    struct aq_postings list;
    struct aq_cursor cursor;
    *out = (struct occurrence){.tf = 0};
    if (aq_segment_postings(&c->t, seg, term, &list, NULL))
        return;
    list.docid_limit = seg->info.passages;
    aq_cursor_init(&cursor, &list);
    if (aq_cursor_seek(&cursor, docid) != docid)
        return;
    out->tf = aq_cursor_positions(&cursor, positions, codes);
    if (nth < out->tf) {
        struct wanted_form w = {codes[nth], out};
        out->position = positions[nth];
        aq_postings_forms(&list, keep_form, &w);
    }
}

static void find_in_pending(const struct aq_pending *p, uint32_t ordinal, const struct aq_lexeme *l, uint32_t nth,
                            struct occurrence *out)
{
    uint16_t positions[256], codes[256];
    struct aq_pending_term term;
    uint32_t at_ordinal, tf;
    size_t at = 0;
    bool bad = false;
    *out = (struct occurrence){.tf = 0};
    if (!aq_pending_find(p, l->term, l->term_hash, &term, &bad))
        return;
    while (aq_pending_posting(&term, &at, &at_ordinal, &tf, positions, codes, &bad)) {
        struct aq_slice form;
        if (at_ordinal != ordinal)
            continue;
        out->tf = tf;
        if (nth < tf && aq_pending_form(&term, codes[nth], &form)) {
            struct wanted_form w = {codes[nth], out};
            out->position = positions[nth];
            keep_form(&w, codes[nth], form, 0);
        }
        return;
    }
}

/* Where a passage's postings are. */
struct holder {
    const struct aq_segment *segment; /* NULL: pending */
    struct aq_pending pending;
    uint32_t docid, length;
    const char *table;
};

static enum aq_status find_holder(struct reading *r, uint32_t ordinal, struct holder *h)
{
    struct aq_check *c = r->c;
    uint32_t passage = c->place[r->comment] + ordinal;
    uint8_t key[4];
    struct aq_slice record;
    *h = (struct holder){.table = "postings"};
    for (uint32_t i = 0; i < c->t.segment_count; i++) {
        uint32_t docid = passage - c->segments[i].base;
        if (docid < c->t.segments[i].info.passages) {
            h->segment = &c->t.segments[i];
            h->docid = docid;
            h->length = h->segment->lengths[docid];
            return AQ_OK;
        }
    }
    aq_key32(key, r->comment);
    h->table = "pend";
    if (aq_get(&c->t, AQ_TABLE_PEND, aq_slice(key, 4), &record) || aq_pending_parse(&h->pending, record) ||
        ordinal >= h->pending.passage_count)
        return aq_check_fault(c, "pend", "the record of comment %u cannot be read", r->comment);
    h->length = h->pending.passages[2 * (size_t)ordinal];
    return AQ_OK;
}

/* The same words in the same order? *sum is what the occurrences found add up to. */
static enum aq_status compare_words(struct reading *r, uint32_t ordinal, const struct holder *h, uint64_t *sum)
{
    struct aq_check *c = r->c;
    char where[AQ_WHERE_BYTES], name[AQ_QUOTED_BYTES];
    uint32_t last = 0;

    aq_check_where(c, c->place[r->comment] + ordinal, where);
    *sum = 0;
    if (h->length != r->token_count)
        return aq_check_fault(c, h->segment ? "norm" : "pend", "%s has length %u, its text has %u words", where,
                              h->length, r->token_count);
    for (uint32_t i = 0; i < r->token_count; i++) {
        const struct aq_token *t = &r->tokens[i];
        const struct aq_lexeme *l = aq_analyzer_lexeme(c->analyzer, t->lexeme);
        struct occurrence o;
        uint32_t nth = 0;
        for (uint32_t k = 0; k < i; k++)
            nth += aq_analyzer_lexeme(c->analyzer, r->tokens[k].lexeme)->term_id == l->term_id;
        if (h->segment)
            find_in_segment(c, h->segment, h->docid, l->term, nth, &o);
        else
            find_in_pending(&h->pending, ordinal, l, nth, &o);
        aq_check_quoted(l->form, name);
        if (nth >= o.tf)
            return aq_check_fault(c, h->table, "%s lacks the word %s of its text (it has its term %u times)", where,
                                  name, o.tf);
        if (!aq_slice_eq(aq_slice(o.form, o.form_len), l->form))
            return aq_check_fault(c, h->table, "%s has another form of the word %s at position %u", where, name,
                                  o.position);
        /* Positions may lie further apart than the text tells: see aq_check_at. */
        bool same = i > 0 && t->position == r->tokens[i - 1].position;
        if (i > 0 && (same ? o.position != last : o.position <= last))
            return aq_check_fault(c, h->table, "%s has the word %s at position %u, the word before it at %u", where,
                                  name, o.position, last);
        last = o.position;
        *sum += aq_check_at(aq_check_word(l->term_hash, aq_hash(l->form)), o.position);
    }
    return AQ_OK;
}

/* The sums differ: finds out why, or that positions alone do, for a reason. */
static enum aq_status explain(struct reading *r, uint32_t ordinal)
{
    struct aq_check *c = r->c;
    uint32_t passage = c->place[r->comment] + ordinal;
    uint8_t entry[AQ_REPEAT_ENTRY];
    bool has = true;
    struct holder h;
    uint64_t sum;
    char where[AQ_WHERE_BYTES];
    enum aq_status st = find_holder(r, ordinal, &h);

    if (st == AQ_OK)
        st = compare_words(r, ordinal, &h, &sum);
    if (st)
        return st;
    aq_repeat_entry(entry, r->hash, r->text.passages[ordinal].quote_depth > 0, r->comment, ordinal);
    aq_check_where(c, passage, where);
    if (r->hash && aq_set_has(&c->t, AQ_TABLE_REPEAT, entry, &has, NULL) == AQ_NOMEM)
        return aq_fail_nomem(c->err);
    if (!has)
        return aq_check_fault(c, "repeat", "%s has no row under the hash of its words, %016" PRIx64, where, r->hash);
    if (c->sums[passage] != sum + (r->hash ? aq_check_repeat(r->hash) : 0))
        return aq_check_fault(c, "repeat", "%s has a row under another hash than that of its words, %016" PRIx64,
                              where, r->hash);
    return AQ_OK;
}

/* ---- a comment's passages ---- */

static bool between_characters(struct aq_slice text, uint32_t at)
{
    return at >= text.len || (text.ptr[at] & 0xc0) != 0x80;
}

static enum aq_status check_passage(struct reading *r, uint32_t ordinal)
{
    struct aq_check *c = r->c;
    const struct aq_passage *p = &r->text.passages[ordinal];
    uint32_t passage = c->place[r->comment] + ordinal;
    char where[AQ_WHERE_BYTES];
    uint64_t sum = 0;

    if (!between_characters(r->text.text, p->begin) || !between_characters(r->text.text, p->end) ||
        (p->flags & AQ_PASSAGE_TITLED && (ordinal || !r->text.title.len)))
        return aq_check_fault(c, "text", "passage %u of comment %u cuts a character, or has a title that is not there",
                              ordinal, r->comment);
    if (aq_check_bit(c->quote, passage) != (p->quote_depth > 0))
        return aq_check_fault(c, passage < c->pend_base ? "bits" : "pend", "%s is %smarked as a quote, its text is at "
                              "depth %u", aq_check_where(c, passage, where), p->quote_depth ? "not " : "",
                              p->quote_depth);
    enum aq_status st = read_words(r, ordinal);
    if (st)
        return st;
    for (uint32_t i = 0; i < r->token_count; i++) {
        uint64_t word;
        if (!word_of(r, r->tokens[i].lexeme, &word))
            return aq_fail_nomem(c->err);
        sum += aq_check_at(word, r->tokens[i].position);
    }
    if (r->hash)
        sum += aq_check_repeat(r->hash);
    return sum == c->sums[passage] ? AQ_OK : explain(r, ordinal);
}

static enum aq_status check_passages(struct reading *r)
{
    struct aq_check *c = r->c;
    uint32_t found = c->place[r->comment] == AQ_NOWHERE ? 0 : c->passages[r->comment];
    enum aq_status st = AQ_OK;
    if (found != r->text.passage_count)
        return aq_check_fault(c, "map", "comment %u has %u passages, %u of them stand in a segment or pending",
                              r->comment, r->text.passage_count, found);
    r->title_positions = 0;
    for (uint32_t i = 0; st == AQ_OK && i < found; i++)
        st = check_passage(r, i);
    return st ? st : aq_check_prints_of(c, r->comment, &r->text);
}

/* After the passages, which say how long the title is. */
static enum aq_status check_flags(struct reading *r)
{
    struct aq_check *c = r->c;
    unsigned flags = (unsigned)aq_column_get(&c->t, AQ_COL_FLAGS, r->comment) & ~(AQ_LIVE | AQ_IS_POST | AQ_PURGED);
    unsigned said = aq_comment_flags(&r->text, r->title_positions), shown = aq_comment_shown_marks(&r->text);
    if (shown & ~r->text.marks)
        return aq_check_fault(c, "text", "comment %u shows a link or code, of which its record says there is none",
                              r->comment);
    return flags == said ? AQ_OK
                         : aq_check_fault(c, "col", "comment %u has flags 0x%04x, its text says 0x%04x", r->comment,
                                          flags, said);
}

/* ---- a comment's facts ---- */

static enum aq_status check_fields(struct reading *r)
{
    const struct aq_comment *t = &r->text;
    const struct aq_slice fields[] = {t->id, t->parent, t->title, t->url, t->text};
    if (t->id.len == 0 || t->id.len > AQ_MAX_ID || t->parent.len > AQ_MAX_ID)
        return aq_check_fault(r->c, "text", "comment %u has an id of %zu and a parent of %zu bytes", r->comment,
                              t->id.len, t->parent.len);
    for (size_t i = 0; i < AQ_COUNT(fields); i++)
        if (aq_utf8_valid(fields[i]) < fields[i].len)
            return aq_check_fault(r->c, "text", "comment %u is not valid UTF-8", r->comment);
    return AQ_OK;
}

/* Before the text is read, which tells the parent's id by the comment's own. An id
 * goes with the text, and only with it. */
static enum aq_status check_id(struct reading *r, bool purged)
{
    struct aq_check *c = r->c;
    struct aq_id id;
    struct aq_error why;
    char quoted[AQ_QUOTED_BYTES];
    uint32_t count, found = r->comment;
    bool is;
    enum aq_status st = aq_ident_get(&c->t, r->comment, &id, &why);
    if (st == AQ_CORRUPT)
        return aq_check_fault(c, "ident", "comment %u: %.300s", r->comment, why.message);
    if (st && st != AQ_NOTFOUND)
        return aq_fail(c->err, st, "%s", why.message);
    if ((st == AQ_NOTFOUND) != purged)
        return aq_check_fault(c, "ident", "comment %u was %spurged, but has %s id", r->comment, purged ? "" : "not ",
                              purged ? "an" : "no");
    if (purged)
        return AQ_OK;
    st = aq_check_listed(c, AQ_ID_COMMENT, aq_hash(aq_id_slice(&id)), r->comment, &is, &count);
    if (st)
        return st;
    if (is && count > 1 && aq_comment_find(&c->t, aq_id_slice(&id), &found, NULL) == AQ_NOMEM)
        return aq_fail_nomem(c->err);
    return is && found == r->comment ? AQ_OK
                                     : aq_check_fault(c, "id", "the id %s does not lead to its comment, %u",
                                                      aq_check_quoted(aq_id_slice(&id), quoted), r->comment);
}

static enum aq_status check_parent(struct reading *r)
{
    struct aq_check *c = r->c;
    int64_t parent = aq_column_get(&c->t, AQ_COL_PARENT, r->comment);
    uint64_t hash = aq_hash(r->text.parent);
    char id[AQ_QUOTED_BYTES];
    uint32_t count;
    bool is;
    enum aq_status st;

    if (r->text.parent.len == 0)
        return parent == (int64_t)AQ_NO_COMMENT
                   ? AQ_OK
                   : aq_check_fault(c, "col", "comment %u has parent %" PRId64 " and names none", r->comment, parent);
    aq_check_quoted(r->text.parent, id);
    if (parent != (int64_t)AQ_NO_COMMENT) {
        if (parent >= c->t.state.next_comment)
            return aq_check_fault(c, "col", "comment %u has parent %" PRId64 " of %u", r->comment, parent,
                                  c->t.state.next_comment);
        st = aq_check_listed(c, AQ_ID_COMMENT, hash, (uint32_t)parent, &is, &count);
        if (st || is)
            return st;
        return count ? aq_check_fault(c, "col", "comment %u replies to %s, but its parent is comment %" PRId64
                                      ", which has another id", r->comment, id, parent)
                     : aq_check_fault(c, "id", "comment %u has parent %" PRId64 ", but nobody has the id it names, %s",
                                      r->comment, parent, id);
    }
    st = aq_check_listed(c, AQ_ID_COMMENT, hash, AQ_NO_COMMENT, &is, &count);
    if (st)
        return st;
    if (count)
        return aq_check_fault(c, "col", "comment %u replies to %s, which is in the index, but has no parent",
                              r->comment, id);
    c->awaiting++;
    st = aq_check_listed(c, AQ_ID_AWAITED, hash, r->comment, &is, &count);
    return st || is ? st
                    : aq_check_fault(c, "id", "comment %u does not wait for its parent, %s", r->comment, id);
}

static enum aq_status check_columns(struct reading *r)
{
    struct aq_check *c = r->c;
    const struct aq_state *s = &c->t.state;
    int64_t thread = aq_column_get(&c->t, AQ_COL_THREAD, r->comment);
    int64_t author = aq_column_get(&c->t, AQ_COL_AUTHOR, r->comment);
    int64_t tags = aq_column_get(&c->t, AQ_COL_TAGS, r->comment);
    int64_t source = aq_column_get(&c->t, AQ_COL_SOURCE, r->comment);
    bool post = aq_column_get(&c->t, AQ_COL_FLAGS, r->comment) & AQ_IS_POST;

    if (thread >= s->next_thread)
        return aq_check_fault(c, "col", "comment %u is in thread %" PRId64 " of %u", r->comment, thread,
                              s->next_thread);
    if (!aq_check_bit(c->in_thread, r->comment))
        return aq_check_fault(c, "member", "thread %" PRId64 " does not list its comment %u", thread, r->comment);
    if ((author >= s->next_author && author != (int64_t)AQ_NO_COMMENT) ||
        (tags >= s->next_tags && tags != (int64_t)AQ_NO_COMMENT))
        return aq_check_fault(c, "col", "comment %u has author %" PRId64 " of %u and tags %" PRId64 " of %u",
                              r->comment, author, s->next_author, tags, s->next_tags);
    if (source >= s->next_source && source != (int64_t)AQ_NO_COMMENT)
        return aq_check_fault(c, "col", "comment %u has source %" PRId64 " of %u", r->comment, source,
                              s->next_source);
    if (post != (r->text.parent.len == 0))
        return aq_check_fault(c, "col", "comment %u is %smarked as a post and names %s parent", r->comment,
                              post ? "" : "not ", post ? "a" : "no");
    if (aq_column_get(&c->t, AQ_COL_DIGEST, r->comment) == 0)
        return aq_check_fault(c, "col", "comment %u has no digest", r->comment);
    return AQ_OK;
}

static enum aq_status check_comment(struct reading *r)
{
    struct aq_check *c = r->c;
    int64_t flags = aq_column_get(&c->t, AQ_COL_FLAGS, r->comment);
    struct aq_error why;
    enum aq_status st = check_id(r, flags & AQ_PURGED);
    if (st)
        return st;

    aq_arena_reset(&r->arena);
    st = aq_text_get(&c->t, r->comment, &r->arena, &r->text, &why);
    if (st == AQ_NOTFOUND)
        return flags & AQ_PURGED
                   ? AQ_OK
                   : aq_check_fault(c, "text", "the text of comment %u is missing, and not by a purge", r->comment);
    if (st == AQ_CORRUPT)
        return aq_check_fault(c, "text", "comment %u: %.300s", r->comment, why.message);
    if (st)
        return aq_fail(c->err, st, "%s", why.message);
    if (flags & AQ_PURGED)
        return aq_check_fault(c, "text", "comment %u was purged, but has text", r->comment);
    c->with_text++;
    st = check_fields(r);
    if (st || !(flags & AQ_LIVE))
        return st;
    c->text_bytes += r->text.text.len;
    st = check_columns(r);
    if (st == AQ_OK)
        st = check_parent(r);
    if (st == AQ_OK)
        st = check_passages(r);
    return st ? st : check_flags(r);
}

enum aq_status aq_check_text(struct aq_check *c)
{
    struct reading *r = calloc(1, sizeof *r);
    enum aq_status st = AQ_OK;
    if (!r)
        return aq_fail_nomem(c->err);
    r->c = c;
    for (uint32_t n = 0; st == AQ_OK && n < c->t.state.next_comment; n++) {
        if (n % 1024 == 0) {
            aq_check_tell(c, "text", n, c->t.state.next_comment);
            if (aq_analyzer_memory(c->analyzer) > LEXICON_MOST)
                forget_words(r);
        }
        r->comment = n;
        st = check_comment(r);
    }
    if (st == AQ_OK && c->text_bytes != c->t.state.text_bytes)
        st = aq_check_fault(c, "text", "live comments have %" PRIu64 " bytes of text, the state record says %" PRIu64,
                            c->text_bytes, c->t.state.text_bytes);
    aq_arena_free(&r->arena);
    aq_passage_hasher_free(&r->hasher);
    free(r->words);
    free(r);
    return st;
}
