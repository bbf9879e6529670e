/* thread.c - aq_thread_read: a thread, or what stands around a comment in it. One pass
 * over its members makes the tree (forest.h); texts are read in order of number, so that
 * comments of one frame cost one decompression. */
#include "parent_guess.h"
#include "reader.h"

enum { MOST_COMMENTS = 1000000 };

/* The view and the arena all of it lives in. */
struct box {
    struct aq_thread_view view;
    struct aq_arena arena;
};

/* ---- the tree ---- */

struct gathering {
    struct aq_txn *txn;
    struct aq_forest *tree;
    uint32_t thread;
    bool failed;
};

static bool visit_member(void *context, uint32_t comment)
{
    struct gathering *g = context;
    /* A comment that moved to another thread stays in the list of its old one. */
    if (comment >= g->txn->state.next_comment || aq_column_get(g->txn, AQ_COL_THREAD, comment) != g->thread)
        return true;
    int64_t flags = aq_column_get(g->txn, AQ_COL_FLAGS, comment);
    int64_t parent = aq_column_get(g->txn, AQ_COL_PARENT, comment);
    struct aq_forest_node n = {.comment = comment,
                             .parent = parent >= 0 && parent < AQ_NO_COMMENT ? (uint32_t)parent : AQ_NO_COMMENT,
                             .date = aq_column_get(g->txn, AQ_COL_DATE, comment),
                             .live = flags & AQ_LIVE,
                             .reply = !(flags & AQ_IS_POST)};
    g->failed = !aq_forest_add(g->tree, &n);
    return !g->failed;
}

/* The post that opens the thread. A reply that was given a thread's title is none. */
static uint32_t opener_of(struct aq_txn *txn, const struct aq_thread_info *info)
{
    bool known = info->root < txn->state.next_comment;
    return known && (aq_column_get(txn, AQ_COL_FLAGS, info->root) & AQ_IS_POST) ? info->root : AQ_NO_COMMENT;
}

/* Those that name no parent, or one that is not in the index, get the one they quote. */
static enum aq_status guess_parents(struct aq_txn *txn, uint32_t thread, uint32_t opener, struct aq_forest *tree,
                                    struct aq_error *err)
{
    struct aq_set_reader links;
    enum aq_status st = aq_set_open(txn, AQ_TABLE_LINK, &links, err);
    for (size_t i = 0; i < tree->count && !st; i++) {
        struct aq_forest_node *n = &tree->nodes[i];
        if (n->parent != AQ_NO_COMMENT || n->comment == opener || !n->live)
            continue;
        st = aq_parent_guess(&links, n->comment, thread, &n->parent, err);
        n->guessed = n->parent != AQ_NO_COMMENT;
    }
    aq_set_close(&links);
    return st;
}

static enum aq_status gather(struct aq_txn *txn, uint32_t thread, struct aq_forest *tree, struct aq_error *err)
{
    struct gathering g = {.txn = txn, .tree = tree, .thread = thread};
    struct aq_thread_info info;
    aq_forest_clear(tree);
    enum aq_status st = aq_thread_get(txn, thread, &info);
    if (!st)
        st = aq_thread_members(txn, thread, visit_member, &g);
    if (st == AQ_NOTFOUND)
        return AQ_OK;
    if (st && st != AQ_NOMEM)
        return aq_fail(err, st, "the members of thread %u cannot be read; `aq check` tells more", thread);
    if (st || g.failed)
        return aq_fail_nomem(err);
    uint32_t opener = opener_of(txn, &info);
    st = guess_parents(txn, thread, opener, tree, err);
    return st || aq_forest_build(tree, opener) ? st : aq_fail_nomem(err);
}

enum aq_status aq_reader_tree(struct aq_reader *r, struct aq_txn *txn, uint32_t thread, const struct aq_forest **out,
                              struct aq_error *err)
{
    uint32_t generation = aq_store_generation(r->store);
    bool same = r->last_thread.known && r->last_thread.thread == thread && r->last_thread.generation == generation &&
                r->last_thread.commit == txn->state.commit;
    *out = &r->last_thread.tree;
    if (same)
        return AQ_OK;
    r->last_thread.known = false;
    aq_forest_clear(&r->last_thread.tree);
    enum aq_status st = thread == AQ_NO_COMMENT ? AQ_OK : gather(txn, thread, &r->last_thread.tree, err);
    r->last_thread.known = !st;
    r->last_thread.thread = thread;
    r->last_thread.generation = generation;
    r->last_thread.commit = txn->state.commit;
    return st;
}

/* ---- which comments ---- */

/* A comment that is read, on its way from the tree to the view. */
struct chosen {
    uint32_t node, at; /* at: index in the view */
};

struct selection {
    const struct aq_forest *tree;
    struct chosen *chosen;
    uint32_t count, total;
    uint32_t asked; /* node */
};

static void choose(struct selection *s, uint32_t node)
{
    s->chosen[s->count] = (struct chosen){node, s->count};
    s->count++;
}

static void choose_all(struct selection *s, uint32_t limit)
{
    s->total = (uint32_t)s->tree->order_count;
    while (s->count < s->total && s->count < limit)
        choose(s, s->tree->order[s->count]);
}

/* What only stands above a comment, because its parent is missing or it has none, is
 * not what it replies to. */
static uint32_t replied_to(const struct aq_forest *t, uint32_t node)
{
    const struct aq_forest_node *n = &t->nodes[node];
    bool is = n->up != AQ_NO_PLACE && (n->up == n->named || n->guessed) && t->nodes[n->up].live;
    return is ? n->up : AQ_NO_PLACE;
}

static uint32_t steps_up(const struct aq_forest *t, uint32_t node, uint32_t most)
{
    uint32_t n = 0;
    while (n < most && (node = replied_to(t, node)) != AQ_NO_PLACE)
        n++;
    return n;
}

/* In the order all that is below a node follows it. */
static void choose_around(struct selection *s, uint32_t above, uint32_t below, uint32_t limit)
{
    const struct aq_forest *t = s->tree;
    uint32_t up = steps_up(t, s->asked, above), base = t->nodes[s->asked].level;
    for (uint32_t at = s->asked, i = up; i-- > 0;) {
        at = replied_to(t, at);
        s->chosen[i] = (struct chosen){at, i};
    }
    s->count = up;
    choose(s, s->asked);
    s->total = s->count;
    bool replies = false;
    for (uint32_t i = t->nodes[s->asked].place + 1; i < t->order_count; i++) {
        uint32_t level = t->nodes[t->order[i]].level;
        if (level <= base)
            break;
        if (level == base + 1)
            replies = replied_to(t, t->order[i]) == s->asked;
        if (!replies || level - base > below)
            continue;
        if (s->total++ - up <= limit)
            choose(s, t->order[i]);
    }
}

/* ---- reading them ---- */

static int by_node(const void *x, const void *y)
{
    const struct chosen *a = x, *b = y;
    return (a->node > b->node) - (a->node < b->node);
}

static uint32_t index_of(const struct selection *s, uint32_t node)
{
    struct chosen wanted = {node, 0};
    const struct chosen *found =
        node == AQ_NO_PLACE ? NULL : bsearch(&wanted, s->chosen, s->count, sizeof wanted, by_node);
    return found ? found->at : AQ_NO_COMMENT;
}

static enum aq_status read_comments(struct box *b, struct aq_txn *txn, struct selection *s, struct aq_error *err)
{
    struct aq_thread_comment *out = aq_arena_zalloc(&b->arena, s->count * sizeof *out);
    struct aq_arena scratch = {0};
    enum aq_status st = out ? AQ_OK : aq_fail_nomem(err);
    qsort(s->chosen, s->count, sizeof *s->chosen, by_node); /* nodes ascend with numbers */
    for (uint32_t i = 0; i < s->count && !st; i++) {
        const struct chosen *c = &s->chosen[i];
        const struct aq_forest_node *n = &s->tree->nodes[c->node];
        struct aq_thread_comment *x = &out[c->at];
        uint32_t thread;
        aq_arena_reset(&scratch);
        *x = (struct aq_thread_comment){.comment = {.comment = n->comment, .thread_title = b->view.title},
                                        .level = n->level,
                                        .parent = index_of(s, aq_forest_above(s->tree, c->node)),
                                        .detached = n->detached};
        st = aq_comment_fill(txn, &x->comment, &b->arena, &scratch, &thread, err);
        if (!st && n->guessed)
            st = aq_reader_id(txn, n->parent, &b->arena, &x->comment.guessed_parent, err);
        if (!st)
            st = aq_comment_replies(s->tree, c->node, &x->comment, &b->arena, err);
    }
    aq_arena_free(&scratch);
    b->view.comments = out;
    b->view.count = s->count;
    b->view.total = s->total;
    b->view.asked = index_of(s, s->asked);
    return st;
}

/* ---- the call ---- */

static enum aq_status no_such_thread(struct aq_slice id, struct aq_error *err)
{
    int shown = id.len < 200 ? (int)id.len : 200;
    return aq_fail(err, AQ_NOTFOUND,
                   id.ptr ? "there is no comment or thread with the id \"%.*s\"" : "there is no such comment", shown,
                   (const char *)id.ptr);
}

/* What is asked for: a thread and, unless it was named itself, a comment of it. */
static enum aq_status find(struct aq_txn *txn, const struct aq_thread_request *q, uint32_t *thread, uint32_t *comment,
                           struct aq_error *err)
{
    *comment = q->comment;
    enum aq_status st = aq_reader_find(txn, q->id, comment, err);
    if (!st) {
        int64_t number = aq_column_get(txn, AQ_COL_THREAD, *comment);
        *thread = number >= 0 && number < AQ_NO_COMMENT ? (uint32_t)number : AQ_NO_COMMENT;
        return AQ_OK;
    }
    *comment = AQ_NO_COMMENT;
    if (st != AQ_NOTFOUND || !q->id.ptr || q->id.len == 0 || q->id.len > AQ_MAX_ID)
        return st == AQ_NOTFOUND ? no_such_thread(q->id, err) : st;
    st = aq_name_find(txn, AQ_ID_THREAD, q->id, thread, err);
    return st == AQ_NOTFOUND ? no_such_thread(q->id, err) : st;
}

static enum aq_status read_head(struct box *b, struct aq_txn *txn, uint32_t thread, struct aq_error *err)
{
    struct aq_arena scratch = {0};
    struct aq_thread_info info;
    enum aq_status st = aq_thread_get(txn, thread, &info);
    if (st)
        return st == AQ_NOTFOUND ? AQ_OK : aq_fail(err, st, "thread %u cannot be read; `aq check` tells more", thread);
    if (info.name.len && !(b->view.id = aq_arena_copy(&b->arena, info.name)).ptr)
        return aq_fail_nomem(err);
    st = aq_thread_title(txn, thread, &scratch, &b->arena, &b->view.title, err);
    aq_arena_free(&scratch);
    return st;
}

static enum aq_status read_thread(struct box *b, struct aq_reader *r, struct aq_txn *txn,
                                  const struct aq_thread_request *q, struct aq_error *err)
{
    struct selection s = {.asked = AQ_NO_PLACE};
    uint32_t thread = AQ_NO_COMMENT, comment;
    uint32_t limit = q->limit && q->limit < MOST_COMMENTS ? q->limit : MOST_COMMENTS;
    enum aq_status st = find(txn, q, &thread, &comment, err);
    if (!st)
        st = aq_reader_tree(r, txn, thread, &s.tree, err);
    if (st)
        return st;
    if (comment != AQ_NO_COMMENT)
        s.asked = aq_forest_find(s.tree, comment);
    else if (q->around && s.tree->order_count)
        s.asked = s.tree->order[0];
    if (s.tree->order_count == 0 || (comment != AQ_NO_COMMENT && s.asked == AQ_NO_PLACE))
        return no_such_thread(q->id, err);
    if (!(s.chosen = malloc(s.tree->order_count * sizeof *s.chosen)))
        return aq_fail_nomem(err);
    if (q->around)
        choose_around(&s, q->above, q->below, limit);
    else
        choose_all(&s, limit);
    st = read_head(b, txn, thread, err);
    if (!st)
        st = read_comments(b, txn, &s, err);
    free(s.chosen);
    return st;
}

enum aq_status aq_thread_read(struct aq_reader *r, const struct aq_thread_request *request,
                              struct aq_thread_view **out, struct aq_error *err)
{
    struct aq_txn txn;
    *out = NULL;
    struct box *b = calloc(1, sizeof *b);
    if (!b)
        return aq_fail_nomem(err);
    enum aq_status st = aq_reader_begin(r, &txn, err);
    if (!st) {
        st = read_thread(b, r, &txn, request, err);
        aq_txn_end(&txn);
    }
    if (st)
        aq_thread_free(&b->view);
    else
        *out = &b->view;
    return st;
}

void aq_thread_free(struct aq_thread_view *thread)
{
    if (!thread)
        return;
    struct box *b = (struct box *)(void *)((char *)thread - offsetof(struct box, view));
    aq_arena_free(&b->arena);
    free(b);
}
