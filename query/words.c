/* words.c - aq_words: the words of an index with how often they occur. */
#include "fold.h"
#include "pending_walk.h"
#include "reader.h"
#include "utf8.h"
#include "vocabulary.h"

enum { DEFAULT_LIMIT = 20, MOST_LIMIT = 10000 };

struct answer {
    struct aq_word_list list;
    struct aq_arena arena;
};

static enum aq_status count_in_segments(struct aq_txn *txn, struct aq_word *words, uint32_t count, struct aq_error *err)
{
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < txn->segment_count; k++) {
            struct aq_postings list;
            enum aq_status st = aq_segment_postings(txn, &txn->segments[k], words[i].term, &list, err);
            if (st && st != AQ_NOTFOUND)
                return st;
            words[i].passages += st ? 0 : list.df;
        }
    return AQ_OK;
}

struct counting {
    struct aq_word *words;
    uint64_t *hashes;
    uint32_t count;
};

static enum aq_status count_in_record(void *context, uint32_t comment, const struct aq_pending *record, bool *enough,
                                      struct aq_error *err)
{
    const struct counting *c = context;
    bool bad = false;
    (void)comment;
    (void)enough;
    for (uint32_t i = 0; i < c->count && !bad; i++) {
        uint16_t positions[256], codes[256];
        struct aq_pending_term term;
        uint32_t ordinal, tf;
        size_t at = 0;
        if (!aq_pending_find(record, c->words[i].term, c->hashes[i], &term, &bad))
            continue;
        while (aq_pending_posting(&term, &at, &ordinal, &tf, positions, codes, &bad))
            c->words[i].passages++;
    }
    return bad ? aq_pending_damaged(err) : AQ_OK;
}

static enum aq_status count_in_pending(struct aq_txn *txn, struct aq_word *words, uint32_t count,
                                       struct aq_arena *arena, struct aq_error *err)
{
    struct counting c = {words, aq_arena_alloc(arena, ((size_t)count + 1) * sizeof *c.hashes), count};
    if (!c.hashes)
        return aq_fail_nomem(err);
    for (uint32_t i = 0; i < count; i++)
        c.hashes[i] = aq_hash(words[i].term);
    return count ? aq_pending_walk(txn, count_in_record, &c, err) : AQ_OK;
}

static enum aq_status list_words(struct aq_txn *txn, struct aq_slice beginning, uint32_t limit, struct answer *a,
                                 struct aq_error *err)
{
    uint8_t bytes[AQ_TERM_MAX];
    struct aq_vocabulary_form *forms;
    uint32_t count;
    struct aq_slice form = aq_slice(bytes, beginning.len ? aq_fold_form(beginning, bytes) : 0);
    if (beginning.len && form.len == 0) /* no word begins so */
        return AQ_OK;
    enum aq_status st = aq_vocabulary_expand(txn, AQ_PATTERN_BEGIN, form, 0, limit, &a->arena, &forms, &count,
                                             &a->list.more, err);
    struct aq_word *words = aq_arena_zalloc(&a->arena, ((size_t)count + 1) * sizeof *words);
    if (st || !words)
        return st ? st : aq_fail_nomem(err);
    for (uint32_t i = 0; i < count; i++)
        words[i] = (struct aq_word){.form = forms[i].form, .term = forms[i].term, .count = forms[i].count};
    a->list.words = words;
    a->list.word_count = count;
    st = count_in_segments(txn, words, count, err);
    return st ? st : count_in_pending(txn, words, count, &a->arena, err);
}

enum aq_status aq_words(struct aq_reader *r, struct aq_slice beginning, uint32_t limit, struct aq_word_list **out,
                        struct aq_error *err)
{
    uint64_t start = aq_reader_micros();
    struct aq_txn txn;
    *out = NULL;
    if (limit > MOST_LIMIT)
        return aq_fail(err, AQ_LIMIT, "%u words are asked for at once; at most %d are allowed", limit, MOST_LIMIT);
    if (aq_utf8_valid(beginning) < beginning.len)
        return aq_fail(err, AQ_SYNTAX, "the beginning of a word is not valid UTF-8");
    struct answer *a = calloc(1, sizeof *a);
    if (!a)
        return aq_fail_nomem(err);
    enum aq_status st = aq_reader_begin(r, &txn, err);
    if (!st) {
        a->list.commit = txn.state.commit;
        st = list_words(&txn, beginning, limit ? limit : DEFAULT_LIMIT, a, err);
        aq_txn_end(&txn);
    }
    if (st) {
        aq_words_free(&a->list);
        return st;
    }
    a->list.micros = aq_reader_micros() - start;
    *out = &a->list;
    return AQ_OK;
}

void aq_words_free(struct aq_word_list *words)
{
    if (!words)
        return;
    struct answer *a = (struct answer *)(void *)((char *)words - offsetof(struct answer, list));
    aq_arena_free(&a->arena);
    free(a);
}
