/* parser.c - see parser.h. One pass and one stack: every character that cannot be meant
 * as syntax where it stands is text, and the first such place is noted. Rows, groups and
 * operators; leaves are read in parser_leaf.c. */
#include "parser_internal.h"

#include "utf8.h"

enum { NEAR_DEFAULT = 10, NEAR_MOST = 255, DISTANCE_MOST = 1023 };
#define BOOST_LEAST 0.01
#define BOOST_MOST 100

/* ---- what is made ---- */

void aq_scan_trouble(struct aq_scan *s, const uint8_t *begin, const uint8_t *end, const char *message)
{
    if (s->out->troubled)
        return;
    s->out->troubled = true;
    s->out->problem = (struct aq_problem){(uint32_t)(begin - s->start), (uint32_t)(end - s->start), message};
}

static uint32_t make(struct aq_scan *s, enum aq_node_kind kind, struct aq_slice typed)
{
    struct aq_syntax *out = s->out;
    if (!aq_grow(&out->nodes, &out->cap, out->count + 1, sizeof *out->nodes)) {
        s->nomem = true;
        return AQ_NO_NODE;
    }
    out->nodes[out->count] = (struct aq_node){.kind = (uint8_t)kind,
                                              .boost = 1,
                                              .text = typed,
                                              .typed = typed,
                                              .first_child = AQ_NO_NODE,
                                              .next = AQ_NO_NODE};
    return (uint32_t)out->count++;
}

uint32_t aq_scan_make_leaf(struct aq_scan *s, enum aq_node_kind kind, struct aq_slice typed)
{
    if (s->leaves++ < AQ_QUERY_LEAVES)
        return make(s, kind, typed);
    s->out->cut = true;
    return AQ_NO_NODE;
}

struct aq_node *aq_scan_node(struct aq_scan *s, uint32_t at)
{
    return &s->out->nodes[at];
}

static void append(struct aq_scan *s, struct aq_scan_list *l, uint32_t at)
{
    if (at == AQ_NO_NODE)
        return;
    aq_scan_node(s, at)->next = AQ_NO_NODE;
    if (l->count++ == 0)
        l->first = at;
    else
        aq_scan_node(s, l->last)->next = at;
    l->last = at;
}

static const struct aq_scan_list empty = {AQ_NO_NODE, AQ_NO_NODE, 0};

/* Makes one operand of what waits at a level: itself when it is alone. */
static uint32_t fold(struct aq_scan *s, struct aq_scan_list *l, enum aq_node_kind kind)
{
    struct aq_scan_list all = *l;
    *l = empty;
    if (all.count <= 1)
        return all.first;
    struct aq_slice first = aq_scan_node(s, all.first)->typed, last = aq_scan_node(s, all.last)->typed;
    uint32_t at = make(s, kind, aq_syntax_between(first.ptr, last.ptr + last.len));
    if (at == AQ_NO_NODE)
        return all.first;
    aq_scan_node(s, at)->first_child = all.first;
    return at;
}

/* ---- rows ---- */

static struct aq_scan_list *row_of(struct aq_scan *s)
{
    return &s->groups[s->depth].waiting[AQ_LEVEL_ROW];
}

static struct aq_scan_nearness *near_of(struct aq_scan *s)
{
    return &s->groups[s->depth].near;
}

static bool is_plain_leaf(const struct aq_node *n)
{
    return n->kind <= AQ_NODE_FUZZY && n->boost == 1 && (n->kind != AQ_NODE_PHRASE || n->distance == 0);
}

static bool can_be_near(struct aq_scan *s, uint32_t at)
{
    const struct aq_node *n = aq_scan_node(s, at);
    if (n->kind != AQ_NODE_OR)
        return is_plain_leaf(n);
    for (uint32_t c = n->first_child; c != AQ_NO_NODE; c = aq_scan_node(s, c)->next)
        if (!is_plain_leaf(aq_scan_node(s, c)) || aq_scan_node(s, c)->occur == AQ_MUST_NOT)
            return false;
    return n->boost == 1;
}

/* Whether a row's last operand can be the left side of a NEAR. The last word of a row in
 * brackets is not what stands before it, and a NEAR in brackets does not go on. */
static bool can_go_on(struct aq_scan *s, uint32_t last, bool ordered)
{
    const struct aq_node *n = aq_scan_node(s, last);
    if (last == s->groups[s->depth].closed)
        return false;
    return n->kind == AQ_NODE_NEAR ? n->ordered == ordered && n->boost == 1 : can_be_near(s, last);
}

/* The right side of a NEAR: joins the left one, the row's last. False: it cannot. */
static bool join_near(struct aq_scan *s, uint32_t right)
{
    struct aq_scan_list *row = row_of(s);
    if (!can_be_near(s, right) || aq_scan_node(s, right)->occur == AQ_MUST_NOT)
        return false;
    struct aq_node *left = aq_scan_node(s, row->last), *n = aq_scan_node(s, right);
    const uint8_t *end = n->typed.ptr + n->typed.len;
    n->occur = AQ_SHOULD;
    n->next = AQ_NO_NODE;
    if (left->kind == AQ_NODE_NEAR) {
        uint32_t last = left->first_child;
        while (aq_scan_node(s, last)->next != AQ_NO_NODE)
            last = aq_scan_node(s, last)->next;
        aq_scan_node(s, last)->next = right;
        left->typed = left->text = aq_syntax_between(left->typed.ptr, end);
        uint32_t both = (uint32_t)left->distance + near_of(s)->distance;
        left->distance = both < DISTANCE_MOST ? (uint16_t)both : DISTANCE_MOST;
        return true;
    }
    /* The left side moves to a new node: what points at it is to point at the NEAR. */
    uint32_t moved = make(s, AQ_NODE_WORD, left->typed);
    if (moved == AQ_NO_NODE)
        return true; /* no memory */
    left = aq_scan_node(s, row->last);
    *aq_scan_node(s, moved) = *left;
    aq_scan_node(s, moved)->occur = AQ_SHOULD;
    aq_scan_node(s, moved)->next = right;
    struct aq_slice typed = aq_syntax_between(left->typed.ptr, end);
    *left = (struct aq_node){.kind = AQ_NODE_NEAR,
                             .occur = left->occur == AQ_MUST_NOT ? AQ_MUST_NOT : AQ_MUST,
                             .ordered = near_of(s)->ordered,
                             .distance = near_of(s)->distance,
                             .boost = 1,
                             .text = typed,
                             .typed = typed,
                             .first_child = moved,
                             .next = AQ_NO_NODE};
    return true;
}

/* A NEAR whose right side cannot be one is a word. */
static void give_up_near(struct aq_scan *s)
{
    struct aq_slice typed = near_of(s)->typed;
    if (typed.len == 0)
        return;
    near_of(s)->typed.len = 0;
    aq_scan_trouble(s, typed.ptr, typed.ptr + typed.len,
            "NEAR and ADJ stand between words, phrases, patterns, or groups of these with OR");
    append(s, row_of(s), aq_scan_make_leaf(s, AQ_NODE_WORD, typed));
}

void aq_scan_put(struct aq_scan *s, uint32_t at)
{
    if (at == AQ_NO_NODE)
        return;
    if (s->refuse)
        aq_scan_node(s, at)->occur = AQ_MUST_NOT;
    s->refuse = false;
    if (near_of(s)->typed.len && join_near(s, at)) {
        near_of(s)->typed.len = 0;
        return;
    }
    give_up_near(s);
    append(s, row_of(s), at);
}

/* ---- brackets ---- */

static void open_group(struct aq_scan *s, const uint8_t *begin, uint8_t occur)
{
    s->groups[++s->depth] = (struct aq_scan_group){
        .waiting = {empty, empty, empty},
        .closed = AQ_NO_NODE,
        .begin = begin,
        .occur = s->refuse ? AQ_MUST_NOT : occur};
    s->refuse = false;
}

/* What stands in the innermost group, as one operand. */
static uint32_t fold_group(struct aq_scan *s)
{
    struct aq_scan_group *g = &s->groups[s->depth];
    give_up_near(s);
    append(s, &g->waiting[AQ_LEVEL_AND], fold(s, &g->waiting[AQ_LEVEL_ROW], AQ_NODE_ROW));
    append(s, &g->waiting[AQ_LEVEL_OR], fold(s, &g->waiting[AQ_LEVEL_AND], AQ_NODE_AND));
    return fold(s, &g->waiting[AQ_LEVEL_OR], AQ_NODE_OR);
}

bool aq_scan_boost_fits(struct aq_scan *s, const uint8_t *begin, const uint8_t *end, double boost)
{
    if (boost >= BOOST_LEAST && boost <= BOOST_MOST)
        return true;
    aq_scan_trouble(s, begin, end, "a boost is a number from 0.01 to 100, as in ^2");
    return false;
}

const uint8_t *aq_scan_boost_after(struct aq_scan *s, const uint8_t *p, double *boost)
{
    *boost = 1;
    if (p == s->end || *p != '^')
        return p;
    const uint8_t *end = aq_scan_word_end(s, p);
    double b = 0;
    if (!aq_syntax_boost(p + 1, end, &b))
        b = 0;
    if (!aq_scan_boost_fits(s, p, end, b))
        return p;
    *boost = b;
    return end;
}

/* The innermost group ends: its operand goes into the row around it; a row into a row
 * becomes part of that. Returns where to go on. */
static const uint8_t *close_group(struct aq_scan *s, const uint8_t *p)
{
    uint8_t occur = s->groups[s->depth].occur;
    const uint8_t *begin = s->groups[s->depth].begin;
    uint32_t at = fold_group(s);
    double boost;
    s->depth--;
    p = aq_scan_boost_after(s, p, &boost);
    if (at == AQ_NO_NODE)
        return p;
    bool row = aq_scan_node(s, at)->kind == AQ_NODE_ROW;
    if (occur == AQ_SHOULD && row) {
        give_up_near(s);
        for (uint32_t c = aq_scan_node(s, at)->first_child, next; c != AQ_NO_NODE; c = next) {
            next = aq_scan_node(s, c)->next;
            aq_scan_node(s, c)->boost *= boost;
            append(s, row_of(s), c);
            s->groups[s->depth].closed = c;
        }
        return p;
    }
    if (aq_scan_node(s, at)->occur == AQ_MUST_NOT && occur != AQ_SHOULD) {
        uint32_t inner = at;
        at = make(s, AQ_NODE_ROW, aq_scan_node(s, inner)->typed);
        if (at == AQ_NO_NODE)
            return p;
        aq_scan_node(s, at)->first_child = inner;
    }
    struct aq_node *n = aq_scan_node(s, at);
    n->boost *= boost;
    if (occur != AQ_SHOULD)
        n->occur = occur;
    n->typed = aq_syntax_between(begin, p);
    aq_scan_put(s, at);
    if (aq_scan_node(s, at)->kind == AQ_NODE_NEAR)
        s->groups[s->depth].closed = at;
    return p;
}

/* ---- operators ---- */

enum operator { OP_NONE, OP_AND, OP_OR, OP_NOT, OP_NEAR };

/* NEAR/0 or ADJ/x. */
static void look_for_distance(struct aq_scan *s, const uint8_t *p)
{
    size_t n = (size_t)(s->end - p);
    if ((n > 4 && memcmp(p, "NEAR/", 5) == 0) || (n > 3 && memcmp(p, "ADJ/", 4) == 0))
        aq_scan_trouble(s, p, aq_scan_word_end(s, p),
                        "NEAR and ADJ take a number from 1 to 255, as in NEAR/5; small letters make it a word");
}

/* An operator's word at p, which is fresh; *after is behind it. */
static enum operator operator_at(const struct aq_scan *s, const uint8_t *p, const uint8_t **after,
                                 struct aq_scan_nearness *near)
{
    static const struct {
        const char *name;
        enum operator op;
    } names[] = {{"AND", OP_AND}, {"OR", OP_OR}, {"NOT", OP_NOT}, {"NEAR", OP_NEAR}, {"ADJ", OP_NEAR}};
    if (*p != 'A' && *p != 'O' && *p != 'N') /* nearly always */
        return OP_NONE;
    for (size_t i = 0; i < AQ_COUNT(names); i++) {
        size_t n = strlen(names[i].name);
        if ((size_t)(s->end - p) < n || memcmp(p, names[i].name, n) != 0)
            continue;
        const uint8_t *q = p + n;
        unsigned distance = NEAR_DEFAULT;
        if (names[i].op == OP_NEAR && q < s->end && *q == '/') {
            for (distance = 0, q++; q < s->end && *q >= '0' && *q <= '9' && distance <= NEAR_MOST; q++)
                distance = distance * 10 + (unsigned)(*q - '0');
        }
        if ((!aq_syntax_at_space(q, s->end) && *q != '(') || distance == 0 || distance > NEAR_MOST)
            continue;
        *after = q;
        *near = (struct aq_scan_nearness){aq_syntax_between(p, q), (uint16_t)distance, names[i].name[0] == 'A'};
        return names[i].op;
    }
    return OP_NONE;
}

/* Whether something that the operator could have on its right begins at p. */
static bool operand_at(const struct aq_scan *s, enum operator of, const uint8_t *p)
{
    const uint8_t *after;
    struct aq_scan_nearness near;
    p = aq_syntax_skip_spaces(p, s->end);
    if (p == s->end || (*p == ')' && s->depth + s->too_deep > 0))
        return false;
    enum operator op = operator_at(s, p, &after, &near);
    return op == OP_NONE || (op == OP_NOT && of != OP_NOT);
}

/* The operator at s->p, if it has its sides. False: it is a word. */
static bool operate(struct aq_scan *s)
{
    const uint8_t *after;
    struct aq_scan_nearness near;
    uint8_t occur;
    enum operator op = operator_at(s, s->p, &after, &near);
    if (op == OP_NONE) {
        look_for_distance(s, s->p);
        return false;
    }
    struct aq_scan_group *g = &s->groups[s->depth];
    bool left = g->waiting[AQ_LEVEL_ROW].count > 0 && !s->refuse && g->near.typed.len == 0;
    const uint8_t *right = aq_syntax_skip_spaces(after, s->end);
    if (op == OP_NEAR)
        left = left && can_go_on(s, row_of(s)->last, near.ordered);
    bool signed_right = right < s->end && aq_syntax_sign(right, s->end, &occur) != 0;
    if (!operand_at(s, op, after) || (op != OP_NOT && !left) || ((op == OP_NEAR || op == OP_NOT) && signed_right)) {
        aq_scan_trouble(s, s->p, after,
                        op == OP_NOT ? "NOT needs a word, phrase or group behind it; small letters make it a word"
                                     : "an operator needs something on both sides that it can join; small letters "
                                       "make it a word");
        return false;
    }
    if (op == OP_NOT) {
        s->refuse = true;
    } else if (op == OP_NEAR) {
        g->near = near;
    } else {
        append(s, &g->waiting[AQ_LEVEL_AND], fold(s, &g->waiting[AQ_LEVEL_ROW], AQ_NODE_ROW));
        if (op == OP_OR)
            append(s, &g->waiting[AQ_LEVEL_OR], fold(s, &g->waiting[AQ_LEVEL_AND], AQ_NODE_AND));
    }
    s->p = after;
    return true;
}

/* Behind a tilde that asks for what goes with a word or phrase; p where there is none.
 * Before digits and signs it is text: `~10`, `~/notes`. */
static const uint8_t *behind_tilde(const struct aq_scan *s, const uint8_t *p)
{
    struct aq_slice text;
    bool closed;
    if (s->end - p < 2 || *p != '~' || aq_syntax_at_space(p + 1, s->end))
        return p;
    bool letter = (p[1] | 0x20) >= 'a' && (p[1] | 0x20) <= 'z';
    return letter || p[1] >= 0x80 || aq_syntax_quoted(p + 1, s->end, &text, &closed) ? p + 1 : p;
}

/* The leaf that a tilde at p stands before, if there was room for it. */
static void widen(struct aq_scan *s, size_t leaf, const uint8_t *p)
{
    if (leaf >= s->out->count)
        return;
    struct aq_node *n = aq_scan_node(s, (uint32_t)leaf);
    n->widened = (n->kind == AQ_NODE_WORD || n->kind == AQ_NODE_PHRASE) && n->occur != AQ_MUST_NOT;
    if (!n->widened)
        aq_scan_trouble(s, p, s->p, "~ stands directly before a word or phrase that is not excluded");
}

/* One clause at s->p, which is no space. Signs, brackets and fields count only at the
 * start of a word (`fresh`), so `x-risk` and `a"b` are text. */
static void clause(struct aq_scan *s, bool fresh)
{
    const uint8_t *begin = s->p, *p = begin, *next;
    uint8_t occur = AQ_SHOULD, sign = AQ_SHOULD, another;
    unsigned n = fresh ? aq_syntax_sign(p, s->end, &sign) : 0;
    if (n) {
        const uint8_t *after = p + n;
        if (aq_syntax_at_space(after, s->end) || aq_syntax_sign(after, s->end, &another) ||
            (*after == ')' && s->depth + s->too_deep > 0)) {
            aq_scan_trouble(s, p, after, "+ and - stand directly before a word, phrase or group");
        } else {
            occur = sign;
            p = after;
        }
    }
    if (fresh && *p == '(') {
        if (s->depth < AQ_QUERY_DEPTH) {
            open_group(s, begin, occur);
        } else {
            s->too_deep++;
            s->out->cut = true;
        }
        s->p = p + 1;
        return;
    }
    const uint8_t *text = fresh ? behind_tilde(s, p) : p;
    size_t leaf = s->out->count; /* the next one's number */
    next = aq_scan_read_phrase(s, begin, text, occur);
    if (!next && fresh && text == p)
        next = aq_scan_read_field(s, begin, p, occur);
    s->p = next ? next : aq_scan_read_word(s, begin, text, occur);
    if (text != p)
        widen(s, leaf, p);
}

static void parse(struct aq_scan *s)
{
    bool fresh = true, closed = false; /* a space, a group's end stands before */
    while (!s->nomem) {
        const uint8_t *p = aq_syntax_skip_spaces(s->p, s->end);
        fresh = fresh || p != s->p;
        s->p = p;
        if (p == s->end)
            break;
        if (*p == ')' && s->too_deep) {
            s->too_deep--;
            s->p = p + 1;
        } else if (*p == ')' && s->depth) {
            s->p = close_group(s, p + 1);
        } else if (!fresh || !operate(s)) {
            bool opens = fresh || (closed && *p == '(');
            clause(s, opens);
            fresh = opens && s->p[-1] == '(';
            closed = false;
            continue;
        } else {
            fresh = true;
            continue;
        }
        fresh = false;
        closed = true;
    }
    while (s->depth && !s->nomem) {
        const uint8_t *begin = s->groups[s->depth].begin;
        aq_scan_trouble(s, begin, s->end, "a bracket is not closed");
        close_group(s, s->end);
    }
}

/* The whole query as a ROW, AND or OR. */
static void finish(struct aq_scan *s)
{
    struct aq_syntax *out = s->out;
    uint32_t at = fold_group(s);
    out->root = at;
    if (at == AQ_NO_NODE || (aq_scan_node(s, at)->kind >= AQ_NODE_ROW && aq_scan_node(s, at)->kind <= AQ_NODE_OR &&
                             aq_scan_node(s, at)->occur == AQ_SHOULD))
        return;
    out->root = make(s, AQ_NODE_ROW, aq_scan_node(s, at)->typed);
    if (out->root != AQ_NO_NODE)
        aq_scan_node(s, out->root)->first_child = at;
}

enum aq_status aq_parse(struct aq_slice query, bool plain, int64_t now, struct aq_syntax *out, struct aq_error *err)
{
    out->root = AQ_NO_NODE;
    if (query.len > AQ_QUERY_BYTES)
        return aq_fail(err, AQ_LIMIT, "the query has %zu bytes; at most %d are allowed", query.len, AQ_QUERY_BYTES);
    if (!query.ptr || query.len == 0)
        return AQ_OK;
    size_t valid = aq_utf8_valid(query);
    if (valid != query.len)
        return aq_fail(err, AQ_SYNTAX, "the query is not valid UTF-8 at byte %zu", valid);
    struct aq_scan s = {.start = query.ptr, .p = query.ptr, .end = query.ptr + query.len, .out = out, .now = now};
    s.groups[0] = (struct aq_scan_group){.waiting = {empty, empty, empty}, .closed = AQ_NO_NODE, .begin = query.ptr};
    if (!plain) {
        parse(&s);
    } else {
        const uint8_t *p = aq_syntax_skip_spaces(s.p, s.end);
        for (const uint8_t *to; p < s.end && !s.nomem; p = aq_syntax_skip_spaces(to, s.end)) {
            to = aq_scan_word_end(&s, p);
            append(&s, row_of(&s), aq_scan_make_leaf(&s, AQ_NODE_WORD, aq_syntax_between(p, to)));
        }
    }
    if (!s.nomem)
        finish(&s);
    return s.nomem ? aq_fail_nomem(err) : AQ_OK;
}

void aq_syntax_free(struct aq_syntax *s)
{
    free(s->nodes);
    *s = (struct aq_syntax){.root = AQ_NO_NODE};
}
