/* syntax_text.h - a parsed query as a line of text, for tests to compare: nodes in
 * brackets, "+", "-" or nothing, "~" where concepts are asked for, what it is, distance and boost, then its text or
 * children. Of an outermost row only the children. */
#ifndef AQ_SYNTAX_TEXT_H
#define AQ_SYNTAX_TEXT_H

#include "parser.h"

static void syntax_node_text(const struct aq_syntax *s, uint32_t at, bool in_row, struct aq_buf *out)
{
    static const char *const letters[] = {
        [AQ_NODE_WORD] = "w",  [AQ_NODE_PHRASE] = "q", [AQ_NODE_PREFIX] = "*", [AQ_NODE_FUZZY] = "~",
        [AQ_NODE_ROW] = "ROW", [AQ_NODE_AND] = "AND",  [AQ_NODE_OR] = "OR",    [AQ_NODE_NEAR] = "NEAR"};
    const struct aq_node *x = &s->nodes[at];
    const char *sign = x->occur == AQ_MUST_NOT ? "-" : x->occur == AQ_MUST && in_row ? "+" : "";
    const char *kind = x->kind == AQ_NODE_NEAR && x->ordered ? "ADJ"
                       : x->kind == AQ_NODE_FIELD              ? aq_field_name(x->field.field)
                                                               : letters[x->kind];
    aq_buf_printf(out, "[%s%s%s", sign, x->widened ? "~" : "", kind);
    if (x->distance)
        aq_buf_printf(out, "/%u", x->distance);
    if (x->boost < 1 || x->boost > 1)
        aq_buf_printf(out, "^%g", x->boost);
    aq_buf_puts(out, " ");
    if (x->first_child == AQ_NO_NODE)
        aq_buf_put(out, x->text.ptr, x->text.len);
    for (uint32_t c = x->first_child; c != AQ_NO_NODE; c = s->nodes[c].next)
        syntax_node_text(s, c, x->kind == AQ_NODE_ROW, out);
    aq_buf_puts(out, "]");
}

static void syntax_text(const struct aq_syntax *s, struct aq_buf *out)
{
    if (s->root == AQ_NO_NODE)
        return;
    if (s->nodes[s->root].kind != AQ_NODE_ROW) {
        syntax_node_text(s, s->root, false, out);
        return;
    }
    for (uint32_t c = s->nodes[s->root].first_child; c != AQ_NO_NODE; c = s->nodes[c].next)
        syntax_node_text(s, c, true, out);
}

#endif
