/* query_tree.h - random queries as trees, and how a tree is typed: with brackets, signs,
 * operators, quotation marks and spaces in any of the ways that mean the same. Made from
 * docs/QUERY.md; of the parser it takes only the names of kinds. */
#ifndef AQ_QUERY_TREE_H
#define AQ_QUERY_TREE_H

#include "base.h"
#include "parser.h"

#include <stdio.h>

enum { TREE_CHILDREN = 8, TREE_TEXT = 200, TREE_NODES = 16384 };

struct reading; /* what an oracle makes of a leaf */

/* As the parser has it: `occur` matters in rows, elsewhere only whether it is
 * AQ_MUST_NOT; a row in a row is AQ_MUST or AQ_MUST_NOT, else it is part of that. */
struct tree {
    enum aq_node_kind kind;
    enum aq_occur occur;
    bool ordered;
    uint32_t distance;
    double boost;
    char text[TREE_TEXT]; /* of a FIELD its value */
    enum aq_field field;
    struct tree *child[TREE_CHILDREN];
    uint32_t count;
    struct reading *reading;
};

struct tree_pool {
    struct tree nodes[TREE_NODES];
    uint32_t used;
};

/* Where texts come from. A phrase's text has no quotation mark, a word's no syntax. */
struct tree_texts {
    void (*word)(char *out, size_t size);
    void (*pattern)(char *out, size_t size); /* of letters and digits */
    void (*phrase)(char *out, size_t size);
    void (*field)(struct tree *t); /* sets field and text */
    uint32_t (*below)(uint32_t n);
};

static struct tree *tree_new(struct tree_pool *pool, enum aq_node_kind kind)
{
    struct tree *t = &pool->nodes[pool->used++];
    assert_true(pool->used < TREE_NODES);
    *t = (struct tree){.kind = kind, .boost = 1};
    return t;
}

/* ---- making ---- */

static double tree_boost(const struct tree_texts *from)
{
    static const double boosts[] = {2, 0.5, 3, 0.01, 100, 1.25};
    return from->below(8) ? 1 : boosts[from->below(AQ_COUNT(boosts))];
}

/* What can be a side of a NEAR. */
static struct tree *tree_near_leaf(struct tree_pool *pool, const struct tree_texts *from)
{
    uint32_t k = from->below(10);
    struct tree *t = tree_new(pool, k < 6 ? AQ_NODE_WORD : k < 8 ? AQ_NODE_PHRASE : k == 8 ? AQ_NODE_PREFIX : AQ_NODE_FUZZY);
    if (t->kind == AQ_NODE_WORD)
        from->word(t->text, sizeof t->text);
    else if (t->kind == AQ_NODE_PHRASE)
        from->phrase(t->text, sizeof t->text);
    else
        from->pattern(t->text, sizeof t->text);
    t->distance = t->kind == AQ_NODE_FUZZY ? 1 + from->below(2) : 0;
    return t;
}

static struct tree *tree_near(struct tree_pool *pool, const struct tree_texts *from)
{
    struct tree *t = tree_new(pool, AQ_NODE_NEAR);
    t->ordered = from->below(2);
    t->boost = tree_boost(from);
    t->count = 2 + (from->below(4) == 0) + (from->below(8) == 0);
    for (uint32_t i = 0; i < t->count; i++) {
        t->child[i] = tree_near_leaf(pool, from);
        if (from->below(6) == 0) {
            struct tree *any = tree_new(pool, AQ_NODE_OR);
            any->count = 2 + from->below(2);
            any->child[0] = t->child[i];
            for (uint32_t k = 1; k < any->count; k++)
                any->child[k] = tree_near_leaf(pool, from);
            t->child[i] = any;
        }
    }
    t->distance = t->count - 1 + from->below(from->below(3) ? 6 : 40);
    return t;
}

static struct tree *tree_leaf(struct tree_pool *pool, const struct tree_texts *from)
{
    uint32_t k = from->below(40);
    struct tree *t;
    if (k < 4)
        return tree_near(pool, from);
    if (k < 7 && from->field) {
        t = tree_new(pool, AQ_NODE_FIELD);
        from->field(t);
        return t;
    }
    t = tree_near_leaf(pool, from);
    t->boost = tree_boost(from);
    if (t->kind == AQ_NODE_PHRASE && from->below(3) == 0)
        t->distance = 1 + from->below(from->below(4) ? 3 : 20);
    return t;
}

static struct tree *tree_inner(struct tree_pool *pool, const struct tree_texts *from, enum aq_node_kind kind,
                               uint32_t depth);

/* A child: depth is how deep it may be. */
static struct tree *tree_child(struct tree_pool *pool, const struct tree_texts *from, enum aq_node_kind parent,
                               uint32_t depth)
{
    static const enum aq_node_kind kinds[] = {AQ_NODE_ROW, AQ_NODE_AND, AQ_NODE_OR};
    bool leaf = depth == 0 || from->below(3) > 0;
    struct tree *t = leaf ? tree_leaf(pool, from) : tree_inner(pool, from, kinds[from->below(3)], depth - 1);
    uint32_t k = from->below(8);
    if (parent != AQ_NODE_ROW) {
        t->occur = k == 0 ? AQ_MUST_NOT : AQ_SHOULD;
        /* Between operators a row needs no brackets, and would hand on its boost. */
        t->boost = t->kind == AQ_NODE_ROW && k != 0 ? 1 : t->boost;
        return t;
    }
    t->occur = k == 0 ? AQ_MUST_NOT : k == 1 ? AQ_MUST : AQ_SHOULD;
    if (t->occur == AQ_SHOULD && (t->kind == AQ_NODE_PHRASE || t->kind == AQ_NODE_NEAR || t->kind == AQ_NODE_FIELD ||
                                  t->kind == AQ_NODE_ROW))
        t->occur = AQ_MUST;
    return t;
}

static struct tree *tree_inner(struct tree_pool *pool, const struct tree_texts *from, enum aq_node_kind kind,
                               uint32_t depth)
{
    struct tree *t = tree_new(pool, kind);
    t->boost = tree_boost(from);
    t->count = 2 + from->below(from->below(4) ? 2 : 5);
    for (uint32_t i = 0; i < t->count; i++)
        t->child[i] = tree_child(pool, from, kind, depth);
    return t;
}

static struct tree *tree_random(struct tree_pool *pool, const struct tree_texts *from)
{
    uint32_t k = from->below(10), depth = from->below(4);
    pool->used = 0;
    struct tree *t = tree_inner(pool, from, k < 6 ? AQ_NODE_ROW : k < 8 ? AQ_NODE_AND : AQ_NODE_OR, depth);
    /* Of the outermost row there is nothing to write a boost behind. */
    if (t->kind == AQ_NODE_ROW)
        t->boost = 1;
    if (t->kind == AQ_NODE_ROW && from->below(4) == 0) {
        t->count = 1;
        struct tree *only = t->child[0];
        if (only->occur == AQ_SHOULD && only->kind >= AQ_NODE_ROW && only->kind <= AQ_NODE_OR)
            t->child[0] = tree_near_leaf(pool, from);
        if (t->child[0]->kind == AQ_NODE_PHRASE)
            t->child[0]->occur = AQ_MUST;
    }
    return t;
}

/* ---- writing ---- */

struct tree_writer {
    struct aq_buf *out;
    const struct tree_texts *from;
};

static void tree_space(struct tree_writer *w, bool needed)
{
    static const char *const spaces[] = {" ", " ", " ", "  ", "\t", "\n", "\xC2\xA0", "\xE3\x80\x80"};
    if (needed || w->from->below(4) == 0)
        aq_buf_puts(w->out, spaces[w->from->below(AQ_COUNT(spaces))]);
}

static void tree_quote(struct tree_writer *w, const char *text)
{
    static const char *const marks[][2] = {
        {"\"", "\""}, {"\"", "\""}, {"\xE2\x80\x9C", "\xE2\x80\x9D"}, {"\xE2\x80\x9E", "\xE2\x80\x9C"},
        {"\xC2\xAB", "\xC2\xBB"}, {"\xE3\x80\x8C", "\xE3\x80\x8D"}, {"\xE3\x80\x8E", "\xE3\x80\x8F"}, {"\"", "\xC2\xBB"}};
    uint32_t q = w->from->below(AQ_COUNT(marks));
    aq_buf_printf(w->out, "%s%s%s", marks[q][0], text, marks[q][1]);
}

static void tree_write_leaf(struct tree_writer *w, const struct tree *t)
{
    switch (t->kind) {
    case AQ_NODE_PHRASE:
        tree_quote(w, t->text);
        if (t->distance)
            aq_buf_printf(w->out, "~%u", t->distance);
        break;
    case AQ_NODE_FIELD:
        for (const char *c = aq_field_name(t->field); *c; c++)
            aq_buf_u8(w->out, (uint8_t)(*c >= 'a' && w->from->below(6) == 0 ? *c - 32 : *c));
        aq_buf_puts(w->out, ":");
        if (strchr(t->text, ' ') || w->from->below(4) == 0)
            tree_quote(w, t->text);
        else
            aq_buf_puts(w->out, t->text);
        break;
    default:
        aq_buf_puts(w->out, t->text);
        if (t->kind == AQ_NODE_PREFIX)
            aq_buf_puts(w->out, "*");
        if (t->kind == AQ_NODE_FUZZY && (t->distance > 1 || w->from->below(2)))
            aq_buf_printf(w->out, "~%u", t->distance);
        else if (t->kind == AQ_NODE_FUZZY)
            aq_buf_puts(w->out, "~");
        break;
    }
}

static bool tree_is_leaf(const struct tree *t)
{
    return t->kind <= AQ_NODE_FIELD;
}

static void tree_write(struct tree_writer *w, const struct tree *t, const struct tree *parent);

/* NEAR/5 or ADJ/5 between sides, whose distances make up the whole. */
static void tree_write_near(struct tree_writer *w, const struct tree *t)
{
    uint32_t left = t->distance - (t->count - 1);
    for (uint32_t i = 0; i < t->count; i++) {
        if (i) {
            uint32_t d = 1 + (i + 1 < t->count ? w->from->below(left + 1) : left);
            left -= d - 1;
            tree_space(w, true);
            aq_buf_puts(w->out, t->ordered ? "ADJ" : "NEAR");
            if (d != 10 || w->from->below(2))
                aq_buf_printf(w->out, "/%u", d);
            tree_space(w, true);
        }
        tree_write(w, t->child[i], t);
    }
}

static void tree_write_children(struct tree_writer *w, const struct tree *t)
{
    const char *operator= t->kind == AQ_NODE_AND ? "AND" : t->kind == AQ_NODE_OR ? "OR" : NULL;
    if (t->kind == AQ_NODE_NEAR) {
        tree_write_near(w, t);
        return;
    }
    for (uint32_t i = 0; i < t->count; i++) {
        if (i)
            tree_space(w, true);
        if (i && operator) {
            aq_buf_puts(w->out, operator);
            tree_space(w, true);
        }
        tree_write(w, t->child[i], t);
    }
}

/* Whether it means the same without brackets around it. */
static bool tree_stands_bare(const struct tree *t, const struct tree *parent)
{
    if (t->boost < 1 || t->boost > 1 || t->occur == AQ_MUST_NOT)
        return false;
    if (t->kind == AQ_NODE_NEAR)
        return parent->kind != AQ_NODE_NEAR;
    if (t->kind == AQ_NODE_ROW)
        return parent->kind != AQ_NODE_ROW;
    return t->kind == AQ_NODE_AND && parent->kind == AQ_NODE_OR;
}

static void tree_write(struct tree_writer *w, const struct tree *t, const struct tree *parent)
{
    static const char *const refusals[] = {"-", "-", "\xE2\x88\x92", "\xE2\x80\x93", "NOT ", "NOT  "};
    bool leaf = tree_is_leaf(t), bare = !leaf && parent && tree_stands_bare(t, parent) && w->from->below(4) > 0;
    bool always = t->kind == AQ_NODE_PHRASE || t->kind == AQ_NODE_FIELD;
    bool brackets = leaf ? w->from->below(12) == 0 : parent ? !bare : t->boost < 1 || t->boost > 1;
    if (parent && t->occur == AQ_MUST_NOT)
        aq_buf_puts(w->out, refusals[w->from->below(AQ_COUNT(refusals))]);
    else if (parent && parent->kind == AQ_NODE_ROW && t->occur == AQ_MUST && t->kind != AQ_NODE_NEAR &&
             (!always || w->from->below(4) == 0))
        aq_buf_puts(w->out, "+");
    if (brackets) {
        aq_buf_puts(w->out, "(");
        tree_space(w, false);
    }
    if (leaf)
        tree_write_leaf(w, t);
    else
        tree_write_children(w, t);
    if (leaf && (t->boost < 1 || t->boost > 1))
        aq_buf_printf(w->out, "^%g", t->boost);
    if (brackets) {
        tree_space(w, false);
        aq_buf_puts(w->out, ")");
        if (!leaf && (t->boost < 1 || t->boost > 1))
            aq_buf_printf(w->out, "^%g", t->boost);
    }
}

static void tree_to_query(const struct tree *t, const struct tree_texts *from, struct aq_buf *out)
{
    struct tree_writer w = {out, from};
    aq_buf_clear(out);
    tree_space(&w, false);
    tree_write(&w, t, NULL);
    tree_space(&w, false);
    assert_false(out->failed);
}

#endif
