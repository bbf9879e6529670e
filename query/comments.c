/* comments.c - aq_comment_get: one comment with everything known of it. */
#include "quoting.h"

/* The view and the arena all of it lives in. */
struct box {
    struct aq_comment_view view;
    struct aq_arena arena;
};

static bool is_live(struct aq_txn *txn, uint32_t comment)
{
    return comment < txn->state.next_comment && (aq_column_get(txn, AQ_COL_FLAGS, comment) & AQ_LIVE);
}

enum aq_status aq_reader_find(struct aq_txn *txn, struct aq_slice id, uint32_t *comment, struct aq_error *err)
{
    enum aq_status st = AQ_OK;
    int shown = id.len < 200 ? (int)id.len : 200;
    if (id.ptr && (id.len == 0 || id.len > AQ_MAX_ID))
        st = AQ_NOTFOUND;
    else if (id.ptr)
        st = aq_comment_find(txn, id, comment, err);
    if (!st && !is_live(txn, *comment))
        st = AQ_NOTFOUND;
    if (st == AQ_NOTFOUND)
        aq_fail(err, st, id.ptr ? "there is no comment with the id \"%.*s\"" : "there is no such comment", shown,
                (const char *)id.ptr);
    return st;
}

static enum aq_status fill_quotes(struct aq_txn *txn, struct aq_comment_view *v, struct aq_passage_view *passages,
                                  uint32_t count, struct aq_arena *arena, struct aq_error *err)
{
    struct aq_buf numbers = {0};
    enum aq_status st = aq_quoting_fill(txn, v->comment, passages, count, arena, err);
    if (!st)
        st = aq_quoters(txn, v->comment, &numbers, &v->quoted_by_count, err);
    if (!st && v->quoted_by_count) {
        uint32_t *quoters = aq_arena_alloc(arena, numbers.len);
        if (quoters)
            memcpy(quoters, numbers.ptr, numbers.len);
        else
            st = aq_fail_nomem(err);
        v->quoted_by = quoters;
    }
    aq_buf_free(&numbers);
    return st;
}

enum aq_status aq_comment_fill(struct aq_txn *txn, struct aq_comment_view *v, struct aq_arena *arena,
                               struct aq_arena *scratch, uint32_t *thread, struct aq_error *err)
{
    struct aq_comment c;
    struct aq_facts f;
    enum aq_status st = aq_reader_text(txn, v->comment, scratch, &c, err);
    if (!st)
        st = aq_facts_get(txn, v->comment, arena, &f, err);
    if (st)
        return st;
    const struct {
        struct aq_slice from, *to;
    } copies[] = {{c.id, &v->id},   {c.parent, &v->parent}, {c.title, &v->title},
                  {c.url, &v->url}, {c.text, &v->text}};
    for (size_t i = 0; i < AQ_COUNT(copies); i++)
        if (copies[i].from.len && !(*copies[i].to = aq_arena_copy(arena, copies[i].from)).ptr)
            return aq_fail_nomem(err);
    struct aq_passage_view *passages = aq_arena_alloc(arena, (c.passage_count + 1) * sizeof *passages);
    if (!passages)
        return aq_fail_nomem(err);
    for (uint32_t i = 0; i < c.passage_count; i++) {
        const struct aq_passage *p = &c.passages[i];
        passages[i] = (struct aq_passage_view){.range = {p->begin, p->end},
                                               .quote_depth = p->quote_depth,
                                               .code = p->flags & AQ_PASSAGE_CODE,
                                               .heading = p->flags & AQ_PASSAGE_HEADING,
                                               .source = AQ_NO_COMMENT};
    }
    st = fill_quotes(txn, v, passages, c.passage_count, arena, err);
    if (st)
        return st;
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
    bool known = parent >= 0 && parent < AQ_NO_COMMENT && is_live(txn, (uint32_t)parent);
    v->parent_comment = known ? (uint32_t)parent : AQ_NO_COMMENT;
    *thread = f.thread_number;
    return AQ_OK;
}

enum aq_status aq_comment_replies(const struct aq_forest *tree, uint32_t node, struct aq_comment_view *v,
                                  struct aq_arena *arena, struct aq_error *err)
{
    const struct aq_forest_node *nodes = tree->nodes;
    uint32_t first = nodes[node].reply_first, count = 0;
    for (uint32_t at = first; at != AQ_NO_PLACE; at = nodes[at].reply_next)
        count += nodes[at].live && at != node;
    if (!count)
        return AQ_OK;
    uint32_t *numbers = aq_arena_alloc(arena, count * sizeof *numbers);
    if (!numbers)
        return aq_fail_nomem(err);
    v->replies = numbers;
    v->reply_count = count;
    for (uint32_t at = first; at != AQ_NO_PLACE; at = nodes[at].reply_next)
        if (nodes[at].live && at != node)
            *numbers++ = nodes[at].comment;
    return AQ_OK;
}

static enum aq_status fill(struct box *b, struct aq_reader *r, struct aq_txn *txn, struct aq_arena *scratch,
                           struct aq_error *err)
{
    const struct aq_forest *tree;
    uint32_t thread = AQ_NO_COMMENT;
    enum aq_status st = aq_comment_fill(txn, &b->view, &b->arena, scratch, &thread, err);
    if (st)
        return st;
    aq_arena_reset(scratch);
    st = aq_thread_title(txn, thread, scratch, &b->arena, &b->view.thread_title, err);
    if (!st)
        st = aq_reader_tree(r, txn, thread, &tree, err);
    if (st)
        return st;
    uint32_t node = aq_forest_find(tree, b->view.comment);
    return node == AQ_NO_PLACE ? AQ_OK : aq_comment_replies(tree, node, &b->view, &b->arena, err);
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
    st = aq_reader_find(&txn, id, &comment, err);
    if (!st) {
        b->view.comment = comment;
        st = fill(b, r, &txn, &scratch, err);
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
