/* comments.c - aq_comment_get: one comment with everything known of it. */
#include "reader.h"

/* The view and the arena all of it lives in. */
struct box {
    struct aq_comment_view view;
    struct aq_arena arena;
};

struct replies {
    struct aq_txn *txn;
    uint32_t parent;
    uint32_t thread;
    uint32_t *numbers;
    size_t count, cap;
    bool failed;
};

static bool is_live(struct aq_txn *txn, uint32_t comment)
{
    return comment < txn->state.next_comment && (aq_column_get(txn, AQ_COL_FLAGS, comment) & AQ_LIVE);
}

static bool visit_member(void *context, uint32_t comment)
{
    struct replies *r = context;
    /* A comment that moved to another thread stays in the list of its old one. */
    if (comment == r->parent || aq_column_get(r->txn, AQ_COL_PARENT, comment) != r->parent ||
        aq_column_get(r->txn, AQ_COL_THREAD, comment) != r->thread || !is_live(r->txn, comment))
        return true;
    if (!aq_grow(&r->numbers, &r->cap, r->count + 1, sizeof *r->numbers)) {
        r->failed = true;
        return false;
    }
    r->numbers[r->count++] = comment;
    return true;
}

static enum aq_status find_replies(struct box *b, struct aq_txn *txn, uint32_t thread, struct aq_error *err)
{
    struct replies r = {.txn = txn, .parent = b->view.comment, .thread = thread};
    enum aq_status st = thread == AQ_NO_COMMENT ? AQ_OK : aq_thread_members(txn, thread, visit_member, &r);
    uint32_t *numbers = r.count ? aq_arena_alloc(&b->arena, r.count * sizeof *numbers) : NULL;
    if (r.failed || st == AQ_NOMEM || (r.count && !numbers))
        st = aq_fail_nomem(err);
    else if (st == AQ_NOTFOUND)
        st = AQ_OK;
    else if (st)
        aq_fail(err, st, "the members of thread %u cannot be read; `aq check` tells more", thread);
    if (!st && numbers)
        memcpy(numbers, r.numbers, r.count * sizeof *numbers);
    free(r.numbers);
    b->view.replies = numbers;
    b->view.reply_count = (uint32_t)r.count;
    return st;
}

static enum aq_status fill(struct box *b, struct aq_txn *txn, struct aq_arena *scratch, struct aq_error *err)
{
    struct aq_comment_view *v = &b->view;
    struct aq_comment c;
    struct aq_facts f;
    enum aq_status st = aq_reader_text(txn, v->comment, scratch, &c, err);
    if (!st)
        st = aq_facts_get(txn, v->comment, &b->arena, &f, err);
    if (st)
        return st;
    const struct {
        struct aq_slice from, *to;
    } copies[] = {{c.id, &v->id},   {c.parent, &v->parent}, {c.title, &v->title},
                  {c.url, &v->url}, {c.text, &v->text}};
    for (size_t i = 0; i < AQ_COUNT(copies); i++)
        if (copies[i].from.len && !(*copies[i].to = aq_arena_copy(&b->arena, copies[i].from)).ptr)
            return aq_fail_nomem(err);
    struct aq_passage_view *passages = aq_arena_alloc(&b->arena, (c.passage_count + 1) * sizeof *passages);
    if (!passages)
        return aq_fail_nomem(err);
    for (uint32_t i = 0; i < c.passage_count; i++) {
        const struct aq_passage *p = &c.passages[i];
        passages[i] = (struct aq_passage_view){.range = {p->begin, p->end},
                                               .quote_depth = p->quote_depth,
                                               .code = p->flags & AQ_PASSAGE_CODE,
                                               .heading = p->flags & AQ_PASSAGE_HEADING};
    }
    v->passages = passages;
    v->passage_count = c.passage_count;
    v->thread = f.thread;
    v->author = f.author;
    v->source = f.source;
    v->tags = f.tags;
    v->tag_count = f.tag_count;
    v->date = f.date;
    v->points = f.points;
    v->format = c.format <= AQ_FORMAT_HTML ? (enum aq_format)c.format : AQ_FORMAT_TEXT;
    int64_t parent = aq_column_get(txn, AQ_COL_PARENT, v->comment);
    v->parent_comment = parent >= 0 && parent < AQ_NO_COMMENT ? (uint32_t)parent : AQ_NO_COMMENT;
    if (v->parent_comment != AQ_NO_COMMENT && !is_live(txn, v->parent_comment))
        v->parent_comment = AQ_NO_COMMENT;
    aq_arena_reset(scratch);
    st = aq_thread_title(txn, f.thread_number, scratch, &b->arena, &v->thread_title, err);
    return st ? st : find_replies(b, txn, f.thread_number, err);
}

enum aq_status aq_comment_get(struct aq_reader *r, struct aq_slice id, uint32_t comment,
                              struct aq_comment_view **out, struct aq_error *err)
{
    struct aq_txn txn;
    struct aq_arena scratch = {0};
    *out = NULL;
    struct box *b = calloc(1, sizeof *b);
    if (!b)
        return aq_fail_nomem(err);
    enum aq_status st = aq_reader_begin(r, &txn, err);
    if (st) {
        free(b);
        return st;
    }
    int shown = id.len < 200 ? (int)id.len : 200;
    if (id.ptr && (id.len == 0 || id.len > AQ_MAX_ID))
        st = AQ_NOTFOUND;
    else if (id.ptr)
        st = aq_comment_find(&txn, id, &comment, err);
    if (!st && !is_live(&txn, comment))
        st = AQ_NOTFOUND;
    if (st == AQ_NOTFOUND)
        aq_fail(err, st, id.ptr ? "there is no comment with the id \"%.*s\"" : "there is no such comment", shown,
                (const char *)id.ptr);
    if (!st) {
        b->view.comment = comment;
        st = fill(b, &txn, &scratch, err);
    }
    aq_arena_free(&scratch);
    aq_txn_end(&txn);
    if (st)
        aq_comment_free(&b->view);
    else
        *out = &b->view;
    return st;
}

void aq_comment_free(struct aq_comment_view *comment)
{
    if (!comment)
        return;
    struct box *b = (struct box *)(void *)((char *)comment - offsetof(struct box, view));
    aq_arena_free(&b->arena);
    free(b);
}
