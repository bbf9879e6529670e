/* commit_text.c - what a commit does with ids and stored text: ids appended, bundles
 * put, the bundles of replaced comments written again. */
#include "commit.h"
#include "commit_internal.h"

#include <stdio.h>

/* The batch's new comments are in order of number, and follow the stored ones. */
enum aq_status aq_commit_idents(struct aq_commit *c, struct aq_error *err)
{
    const struct aq_batch *b = c->batch;
    struct aq_ident_writer w;
    enum aq_status st = aq_ident_begin(&c->t, &w, err);
    for (size_t i = 0; i < b->comment_count && st == AQ_OK; i++) {
        const struct aq_batch_comment *x = &b->comments[i];
        if (x->numbered)
            continue;
        st = x->number == w.next ? aq_ident_add(&w, aq_batch_slice(b, x->id), err)
                                 : aq_fail(err, AQ_CORRUPT, "comment %u comes where an id of comment %u is due: "
                                           "run aq check", x->number, w.next);
    }
    if (st) {
        aq_ident_abandon(&w);
        return st;
    }
    return aq_ident_finish(&w, err);
}

/* ---- text ---- */

static const char PACKED[] = "packed";

enum aq_status aq_packed_text(struct aq_txn *t, uint32_t *comment, struct aq_error *err)
{
    struct aq_slice record;
    enum aq_status st = aq_get(t, AQ_TABLE_META, aq_slice_str(PACKED), &record);
    *comment = 0;
    if (st == AQ_NOTFOUND)
        return AQ_OK;
    if (st || record.len != 4)
        return aq_fail(err, AQ_CORRUPT, "the record of packed text cannot be read: run aq check");
    *comment = aq_load32(record.ptr);
    return AQ_OK;
}

enum aq_status aq_set_packed_text(struct aq_txn *t, uint32_t comment, struct aq_error *err)
{
    uint8_t bytes[4];
    aq_store32(bytes, comment);
    return aq_put(t, AQ_TABLE_META, aq_slice_str(PACKED), aq_slice(bytes, 4), err);
}

struct aq_slice aq_dictionary(struct aq_txn *t, uint32_t number)
{
    char key[32];
    struct aq_slice bytes;
    snprintf(key, sizeof key, "dict/%u", number);
    if (number == 0 || aq_get(t, AQ_TABLE_META, aq_slice_str(key), &bytes))
        return (struct aq_slice){0};
    return bytes;
}

enum aq_status aq_commit_bundles(struct aq_commit *c, struct aq_error *err)
{
    struct aq_batch *b = c->batch;
    enum aq_status st = AQ_OK;
    if (b->dictionary.len) {
        c->t.state.dictionary = 1;
        st = aq_put(&c->t, AQ_TABLE_META, aq_slice_str("dict/1"), aq_slice(b->dictionary.ptr, b->dictionary.len), err);
    }
    if (st == AQ_OK)
        st = aq_bundle_delete_range(&c->t, b->packed_from, AQ_NO_COMMENT, err);
    for (size_t i = 0; i < b->bundle_count && st == AQ_OK; i++)
        st = aq_bundle_put(&c->t, b->bundle_spans[i].first_comment,
                           aq_slice(b->bundles.ptr + b->bundle_spans[i].at, b->bundle_spans[i].len), err);
    return st ? st : aq_set_packed_text(&c->t, b->next_comment, err);
}

enum aq_status aq_commit_replaced_text(struct aq_commit *c, struct aq_error *err)
{
    struct aq_batch *b = c->batch;
    for (size_t i = 0; i < b->text_count; i++) {
        const struct aq_batch_text *x = &b->texts[i];
        enum aq_status st =
            aq_text_replace(&c->t, x->number, aq_slice(b->overrides.ptr + x->bytes.at, x->bytes.len), err);
        if (st)
            return st;
    }
    return AQ_OK;
}

static enum aq_status put_bundle(void *context, uint32_t first_comment, struct aq_slice bundle, struct aq_error *err)
{
    return aq_bundle_put(context, first_comment, bundle, err);
}

enum aq_status aq_commit_unit_text(struct aq_commit *c, const struct aq_unit *u, struct aq_error *err)
{
    struct aq_text_writer *f = NULL;
    enum aq_status st = AQ_OK;
    size_t at = 0;
    for (size_t i = 0; i < u->comment_count && st == AQ_OK; i++) {
        const struct aq_unit_comment *x = &u->comments[i];
        if (x->framed) {
            if (!f)
                st = aq_text_writer_begin(&c->t, &f, err);
            if (st == AQ_OK)
                st = aq_text_writer_add(f, x->number, aq_slice(u->text.ptr + at, x->text_end - at), put_bundle, &c->t,
                                        err);
        }
        at = x->text_end;
    }
    if (st == AQ_OK && f)
        st = aq_text_writer_finish(f, put_bundle, &c->t, err);
    aq_text_writer_free(f);
    return st;
}
