/* word_row.c - see word_row.h. */
#include "word_row.h"

bool aq_word_row_begin(struct aq_word_row *r, size_t most)
{
    struct aq_syntax *x = &r->syntax;
    x->nodes = calloc(most + 1, sizeof *x->nodes);
    if (!x->nodes)
        return false;
    x->nodes[0] = (struct aq_node){.kind = AQ_NODE_ROW, .boost = 1, .first_child = AQ_NO_NODE, .next = AQ_NO_NODE};
    x->count = 1;
    x->cap = most + 1;
    return true;
}

void aq_word_row_free(struct aq_word_row *r)
{
    aq_syntax_free(&r->syntax);
    aq_query_free(&r->query);
    aq_pending_scan_free(&r->pend);
    *r = (struct aq_word_row){0};
}

void aq_word_row_add(struct aq_word_row *r, struct aq_node leaf)
{
    struct aq_syntax *x = &r->syntax;
    uint32_t at = (uint32_t)x->count++;
    leaf.first_child = leaf.next = AQ_NO_NODE;
    x->nodes[at] = leaf;
    if (at == 1)
        x->nodes[0].first_child = at;
    else
        x->nodes[at - 1].next = at;
}

void aq_word_row_add_word(struct aq_word_row *r, struct aq_slice word, enum aq_occur occur, double boost)
{
    aq_word_row_add(
        r, (struct aq_node){
               .kind = AQ_NODE_WORD, .occur = (uint8_t)occur, .boost = boost, .text = word, .typed = word});
}

/* Plain: there are more words than people type. */
enum aq_status aq_word_row_ready(struct aq_word_row *r, struct aq_txn *txn, struct aq_analyzer *a,
                                 const struct aq_model *m, struct aq_arena *arena, struct aq_error *err)
{
    enum aq_status st = aq_query_build(&r->query, &r->syntax, true, a, txn, err);
    if (!st)
        st = aq_pending_scan(&r->pend, txn, &r->query, NULL, err);
    if (!st)
        st = aq_leaves_make(txn, &r->query, &r->pend, arena, &r->leaves, &r->leaf_count, err);
    if (!st)
        aq_query_resolve(&r->query, m);
    return st;
}
