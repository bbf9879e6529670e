/* prepare.c - see prepare.h. */
#include "prepare.h"

#include "subject.h"
#include "utf8.h"

#include <xxhash.h>

void aq_preparer_free(struct aq_preparer *p)
{
    aq_document_free(&p->document);
    aq_splitter_free(&p->splitter);
    free(p->title);
    free(p->passages);
    aq_buf_free(&p->repaired);
    aq_passage_hasher_free(&p->hasher);
    aq_wordlist_free(&p->words);
    aq_prints_free(&p->prints);
    *p = (struct aq_preparer){0};
}

void aq_preparer_forget(struct aq_preparer *p)
{
    aq_passage_hasher_free(&p->hasher);
}

/* ---- fields ---- */

static enum aq_status check_lengths(const struct aq_record *r, struct aq_error *err)
{
    const struct aq_slice fields[] = {r->id, r->thread, r->parent, r->author, r->title, r->url, r->source, r->text};
    size_t total = 0;
    if (r->id.len > AQ_MAX_ID || r->parent.len > AQ_MAX_ID || r->thread.len > AQ_MAX_ID)
        return aq_fail(err, AQ_INVALID, "an id, parent or thread is longer than %u bytes", AQ_MAX_ID);
    for (size_t i = 0; i < AQ_COUNT(fields); i++)
        total += fields[i].len;
    for (size_t i = 0; i < r->tag_count; i++)
        total += r->tags[i].len;
    if (total > AQ_MAX_RECORD)
        return aq_fail(err, AQ_INVALID, "the record is longer than %u MiB", AQ_MAX_RECORD >> 20);
    return AQ_OK;
}

enum aq_status aq_prepare_fields(struct aq_preparer *p, struct aq_record *r, bool *changed, struct aq_error *err)
{
    struct aq_slice *fields[] = {&r->id, &r->thread, &r->parent, &r->author, &r->title, &r->url, &r->source, &r->text};
    size_t starts[AQ_COUNT(fields)];

    *changed = false;
    if (r->id.len == 0)
        return aq_fail(err, AQ_INVALID, "the record has no id");
    enum aq_status st = check_lengths(r, err);
    if (st)
        return st;
    aq_buf_clear(&p->repaired);
    for (size_t i = 0; i < AQ_COUNT(fields); i++) {
        struct aq_slice s = *fields[i];
        starts[i] = SIZE_MAX;
        if (!aq_utf8_clean(s)) {
            starts[i] = p->repaired.len;
            aq_utf8_repair(&p->repaired, s);
            fields[i]->len = p->repaired.len - starts[i];
            *changed = true;
        }
    }
    if (p->repaired.failed)
        return aq_fail_nomem(err);
    for (size_t i = 0; i < AQ_COUNT(fields); i++)
        if (starts[i] != SIZE_MAX)
            fields[i]->ptr = p->repaired.ptr + starts[i];
    return *changed ? check_lengths(r, err) : AQ_OK; /* a bad byte becomes three */
}

uint64_t aq_record_digest(const struct aq_record *r)
{
    const struct aq_slice fields[] = {r->id, r->thread, r->parent, r->author, r->title, r->url, r->source, r->text};
    uint64_t h = (uint64_t)r->format + 1;
    for (size_t i = 0; i < AQ_COUNT(fields); i++)
        h = XXH3_64bits_withSeed(fields[i].ptr, fields[i].len, h * 31 + i);
    return h ? h : 1;
}

uint64_t aq_title_hash(struct aq_slice title)
{
    struct aq_base_subject base;
    aq_base_subject(&base, title);
    if (base.len == 0)
        return 0;
    uint64_t h = XXH3_64bits(base.text, base.len);
    return h ? h : 1;
}

/* ---- text ---- */

/* What filters ask of a comment without reading it. */
static void describe(struct aq_preparer *p)
{
    const struct aq_document *d = &p->document;
    struct aq_comment c = {.text = aq_slice(d->text.ptr, d->text.len),
                           .passages = p->passages,
                           .passage_count = (uint32_t)p->passage_count};
    c.marks = p->marks = (uint8_t)(d->marks | aq_comment_shown_marks(&c));
    p->flags = aq_comment_flags(&c, aq_title_positions(p->title, p->title_count));
}

enum aq_status aq_prepare_text(struct aq_preparer *p, const struct aq_record *r, bool title_scored,
                               struct aq_error *err)
{
    enum aq_status st;
    size_t title_positions = 0;

    aq_document_clear(&p->document);
    p->title_count = 0;
    if (r->format == AQ_FORMAT_HTML)
        st = aq_document_from_html(&p->document, r->text, err);
    else if (r->format == AQ_FORMAT_MARKDOWN)
        st = aq_document_from_markdown(&p->document, r->text, err);
    else
        st = aq_document_from_text(&p->document, r->text, err);
    if (st)
        return st;
    if (p->document.text.len + r->id.len + r->parent.len + r->title.len + r->url.len + r->source.len > AQ_MAX_RECORD)
        return aq_fail(err, AQ_INVALID, "the record is longer than %u MiB once its markup is read",
                       AQ_MAX_RECORD >> 20);
    if (title_scored && r->title.len) {
        const struct aq_token *tokens;
        size_t count;
        st = aq_analyze(p->analyzer, r->title, &tokens, &count);
        if (st)
            return aq_fail(err, st, "the title cannot be analyzed: %s", aq_status_name(st));
        if (count > AQ_TITLE_TOKENS)
            count = AQ_TITLE_TOKENS;
        if (!aq_grow(&p->title, &p->title_cap, count + 1, sizeof *p->title))
            return aq_fail_nomem(err);
        if (count)
            memcpy(p->title, tokens, count * sizeof *tokens);
        p->title_count = count;
        title_positions = count;
    }
    st = aq_split(&p->splitter, p->analyzer, &p->document, title_positions, err);
    if (st)
        return st;

    /* A title with nothing of the author's own to lean on is a passage by itself. */
    size_t n = p->splitter.passage_count;
    bool alone = p->title_count && (n == 0 || p->splitter.passages[0].quote_depth > 0);
    if (n + alone > AQ_MAX_PASSAGES)
        return aq_fail(err, AQ_INVALID, "the text has more than %u passages; split it into several comments",
                       AQ_MAX_PASSAGES);
    if (!aq_grow(&p->passages, &p->passage_cap, n + 1, sizeof *p->passages))
        return aq_fail_nomem(err);
    if (alone)
        p->passages[0] = (struct aq_passage){0, 0, 0, 0};
    if (n)
        memcpy(p->passages + alone, p->splitter.passages, n * sizeof *p->passages);
    p->passage_count = n + alone;
    if (p->title_count)
        p->passages[0].flags |= AQ_PASSAGE_TITLED;
    describe(p);
    return AQ_OK;
}

/* ---- hashes ---- */

enum aq_status aq_passage_hash(struct aq_preparer *p, struct aq_slice text, uint64_t *hash)
{
    const struct aq_token *tokens;
    size_t count;
    enum aq_status st = aq_analyze(p->analyzer, text, &tokens, &count);
    if (st)
        return st;
    return aq_passage_hash_tokens(&p->hasher, p->analyzer, tokens, count, hash) ? AQ_OK : AQ_NOMEM;
}

enum aq_status aq_passage_prints(struct aq_preparer *p, struct aq_slice text, bool quote, size_t *probes)
{
    p->words.count = p->prints.count = 0;
    if (!aq_wordlist_add(&p->words, text) || !aq_prints_add(&p->prints, p->words.v, p->words.count))
        return AQ_NOMEM;
    *probes = aq_prints_arrange(&p->prints, quote);
    return AQ_OK;
}

static enum aq_status append_prints(struct aq_preparer *p, struct aq_batch *b, struct aq_slice text, uint32_t passage,
                                    bool quote, struct aq_error *err)
{
    size_t probes;
    if (aq_passage_prints(p, text, quote, &probes) ||
        !aq_grow(&b->prints, &b->print_cap, b->print_count + p->prints.count, sizeof *b->prints))
        return aq_fail_nomem(err);
    for (size_t i = 0; i < p->prints.count; i++)
        b->prints[b->print_count++] = aq_batch_print(p->prints.v[i] | quote, passage, i < probes);
    return AQ_OK;
}

/* ---- output ---- */

/* The unit has room for them. */
static void append_tokens(struct aq_unit *u, const struct aq_token *tokens, size_t count, uint32_t shift,
                          uint32_t ordinal)
{
    struct aq_pending_token *to = u->tokens + u->token_count;
    for (size_t i = 0; i < count; i++)
        to[i] = (struct aq_pending_token){tokens[i].lexeme, (uint16_t)ordinal,
                                          (uint16_t)(tokens[i].position + shift)};
    u->token_count += count;
}

enum aq_status aq_prepare_append(struct aq_preparer *p, struct aq_batch *b, struct aq_unit *u, struct aq_error *err)
{
    const struct aq_splitter *s = &p->splitter;
    size_t alone = p->passage_count - s->passage_count;

    if (!aq_grow(&u->passages, &u->passage_cap, u->passage_count + p->passage_count, sizeof *u->passages) ||
        !aq_grow(&b->passages, &b->passage_cap, b->passage_count + p->passage_count, sizeof *b->passages) ||
        !aq_grow(&u->tokens, &u->token_cap, u->token_count + p->title_count + s->token_count,
                 sizeof *u->tokens))
        return aq_fail_nomem(err);
    for (size_t i = 0; i < p->passage_count; i++) {
        uint64_t hash = 0;
        size_t first = u->token_count;
        uint32_t shift = 0;

        if (i == 0 && p->title_count) {
            append_tokens(u, p->title, p->title_count, 0, 0);
            shift = aq_title_positions(p->title, p->title_count) + AQ_TITLE_GAP;
        }
        if (i >= alone) {
            const struct aq_passage_tokens *range = &s->ranges[i - alone];
            const struct aq_token *tokens = s->tokens + range->first;
            if (!aq_passage_hash_tokens(&p->hasher, p->analyzer, tokens, range->count, &hash))
                return aq_fail_nomem(err);
            append_tokens(u, tokens, range->count, shift, (uint32_t)i);
        }
        size_t length = u->token_count - first;
        if (length > AQ_PASSAGE_TOKENS)
            return aq_fail(err, AQ_INTERNAL, "a passage has %zu tokens", length);
        uint8_t depth = p->passages[i].quote_depth;
        uint32_t begin = p->passages[i].begin, end = p->passages[i].end;
        enum aq_status st = append_prints(p, b, aq_slice(p->document.text.ptr + begin, end - begin),
                                          (uint32_t)b->passage_count, depth > 0, err);
        if (st)
            return st;
        u->passages[u->passage_count++] =
            (struct aq_pending_passage){(uint8_t)length, depth ? AQ_PENDING_QUOTE : 0};
        b->passages[b->passage_count++] = (struct aq_batch_passage){hash, (uint8_t)length, depth};
    }
    return AQ_OK;
}
