/* parser.c - see parser.h. One pass and one stack: every character that cannot be meant
 * as syntax where it stands is text, and the first such place is noted. Knows nothing of
 * terms. */
#include "parser.h"

#include "utf8.h"

enum { NEAR_DEFAULT = 10, NEAR_MOST = 255, DISTANCE_MOST = 1023, SLOP_MOST = 100, FUZZY_MOST = 2 };
#define BOOST_LEAST 0.01
#define BOOST_MOST 100

/* Operands that wait for what stands behind them, from the one that binds most on. */
enum level { LEVEL_ROW, LEVEL_AND, LEVEL_OR, LEVELS };

struct list {
    uint32_t first, last, count;
};

/* NEAR or ADJ that waits for its right side. */
struct nearness {
    struct aq_slice typed; /* empty: there is none */
    uint16_t distance;
    bool ordered;
};

/* An open bracket, or the whole query. */
struct group {
    struct list waiting[LEVELS];
    struct nearness near; /* that waits for the innermost of its operands */
    const uint8_t *begin; /* at the bracket or the sign before it */
    uint8_t occur;
};

struct scan {
    const uint8_t *start, *p, *end;
    struct aq_syntax *out;
    int64_t now;
    struct group groups[AQ_QUERY_DEPTH + 1];
    uint32_t depth;    /* open brackets that group */
    uint32_t too_deep; /* open brackets beyond those */
    uint32_t leaves;
    bool refuse;       /* a NOT stands before */
    bool nomem;
};

/* ---- characters ---- */

static bool is_space(uint32_t cp)
{
    return cp == ' ' || (cp >= '\t' && cp <= '\r') || cp == 0x85 || cp == 0xA0 || cp == 0x1680 ||
           (cp >= 0x2000 && cp <= 0x200A) || cp == 0x2028 || cp == 0x2029 || cp == 0x202F || cp == 0x205F ||
           cp == 0x3000;
}

/* Double quotation marks of any script. Single ones are apostrophes too often. */
static bool is_quote(uint32_t cp)
{
    static const uint16_t marks[] = {'"',    0xAB,   0xBB,   0x201C, 0x201D, 0x201E, 0x201F, 0x300C,
                                     0x300D, 0x300E, 0x300F, 0x301D, 0x301E, 0x301F, 0xFF02};
    if (cp != '"' && cp < 0xAB)
        return false;
    for (size_t i = 0; i < AQ_COUNT(marks); i++)
        if (marks[i] == cp)
            return true;
    return false;
}

/* A dash that a keyboard or editor made of a minus counts as one. */
static unsigned sign_at(const uint8_t *p, const uint8_t *end, uint8_t *occur)
{
    unsigned n = 0;
    if (p == end)
        return 0;
    uint32_t cp = aq_utf8_decode(p, end, &n);
    *occur = cp == '+' ? AQ_MUST : AQ_MUST_NOT;
    return cp == '+' || cp == '-' || cp == 0x2212 || cp == 0x2013 ? n : 0;
}

static bool at_space(const uint8_t *p, const uint8_t *end)
{
    unsigned n;
    return p == end || is_space(aq_utf8_decode(p, end, &n));
}

static const uint8_t *skip_spaces(const uint8_t *p, const uint8_t *end)
{
    unsigned n;
    while (p < end && is_space(aq_utf8_decode(p, end, &n)))
        p += n;
    return p;
}

/* To the space behind a word, or the bracket that closes a group around it. Brackets
 * that are opened in a word are closed in it. */
static const uint8_t *word_end(const struct scan *s, const uint8_t *p)
{
    uint32_t inside = 0;
    unsigned n;
    for (; p < s->end; p += n) {
        uint32_t cp = aq_utf8_decode(p, s->end, &n);
        if (is_space(cp))
            break;
        if (cp == '(')
            inside++;
        if (cp == ')' && inside == 0 && s->depth + s->too_deep > 0)
            break;
        if (cp == ')' && inside > 0)
            inside--;
    }
    return p;
}

/* A quoted string at p: its inside to *text and where to go on. NULL when there
 * is no quotation mark, or a lone one: unclosed before a space or the end. Any
 * closing mark closes, because keyboards and editors mix them. */
static const uint8_t *quoted(const uint8_t *p, const uint8_t *end, struct aq_slice *text, bool *closed)
{
    unsigned n;
    *closed = true;
    if (p == end || !is_quote(aq_utf8_decode(p, end, &n)))
        return NULL;
    const uint8_t *begin = p + n;
    for (p = begin; p < end; p += n) {
        if (is_quote(aq_utf8_decode(p, end, &n))) {
            *text = aq_slice(begin, (size_t)(p - begin));
            return p + n;
        }
    }
    *closed = false;
    if (at_space(begin, end))
        return NULL;
    *text = aq_slice(begin, (size_t)(end - begin));
    return end;
}

/* ---- what is made ---- */

static void trouble(struct scan *s, const uint8_t *begin, const uint8_t *end, const char *message)
{
    if (s->out->troubled)
        return;
    s->out->troubled = true;
    s->out->problem = (struct aq_problem){(uint32_t)(begin - s->start), (uint32_t)(end - s->start), message};
}

static struct aq_slice between(const uint8_t *begin, const uint8_t *end)
{
    return aq_slice(begin, (size_t)(end - begin));
}

static uint32_t make(struct scan *s, enum aq_node_kind kind, struct aq_slice typed)
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

/* AQ_NO_NODE where there are too many. */
static uint32_t make_leaf(struct scan *s, enum aq_node_kind kind, struct aq_slice typed)
{
    if (s->leaves++ < AQ_QUERY_LEAVES)
        return make(s, kind, typed);
    s->out->cut = true;
    return AQ_NO_NODE;
}

static struct aq_node *node(struct scan *s, uint32_t at)
{
    return &s->out->nodes[at];
}

static void append(struct scan *s, struct list *l, uint32_t at)
{
    if (at == AQ_NO_NODE)
        return;
    node(s, at)->next = AQ_NO_NODE;
    if (l->count++ == 0)
        l->first = at;
    else
        node(s, l->last)->next = at;
    l->last = at;
}

static const struct list empty = {AQ_NO_NODE, AQ_NO_NODE, 0};

/* Makes one operand of what waits at a level: itself when it is alone. */
static uint32_t fold(struct scan *s, struct list *l, enum aq_node_kind kind)
{
    struct list all = *l;
    *l = empty;
    if (all.count <= 1)
        return all.first;
    struct aq_slice first = node(s, all.first)->typed, last = node(s, all.last)->typed;
    uint32_t at = make(s, kind, between(first.ptr, last.ptr + last.len));
    if (at == AQ_NO_NODE)
        return all.first;
    node(s, at)->first_child = all.first;
    return at;
}

/* ---- rows ---- */

static struct list *row_of(struct scan *s)
{
    return &s->groups[s->depth].waiting[LEVEL_ROW];
}

static struct nearness *near_of(struct scan *s)
{
    return &s->groups[s->depth].near;
}

static bool is_plain_leaf(const struct aq_node *n)
{
    return n->kind <= AQ_NODE_FUZZY && n->boost == 1 && (n->kind != AQ_NODE_PHRASE || n->distance == 0);
}

static bool can_be_near(struct scan *s, uint32_t at)
{
    const struct aq_node *n = node(s, at);
    if (n->kind != AQ_NODE_OR)
        return is_plain_leaf(n);
    for (uint32_t c = n->first_child; c != AQ_NO_NODE; c = node(s, c)->next)
        if (!is_plain_leaf(node(s, c)) || node(s, c)->occur == AQ_MUST_NOT)
            return false;
    return n->boost == 1;
}

/* The right side of a NEAR: joins the left one, the row's last. False: it cannot. */
static bool join_near(struct scan *s, uint32_t right)
{
    struct list *row = row_of(s);
    if (!can_be_near(s, right) || node(s, right)->occur == AQ_MUST_NOT)
        return false;
    struct aq_node *left = node(s, row->last), *n = node(s, right);
    const uint8_t *end = n->typed.ptr + n->typed.len;
    n->occur = AQ_SHOULD;
    n->next = AQ_NO_NODE;
    if (left->kind == AQ_NODE_NEAR) {
        uint32_t last = left->first_child;
        while (node(s, last)->next != AQ_NO_NODE)
            last = node(s, last)->next;
        node(s, last)->next = right;
        left->typed = left->text = between(left->typed.ptr, end);
        uint32_t both = (uint32_t)left->distance + near_of(s)->distance;
        left->distance = both < DISTANCE_MOST ? (uint16_t)both : DISTANCE_MOST;
        return true;
    }
    /* The left side moves to a new node: what points at it is to point at the NEAR. */
    uint32_t moved = make(s, AQ_NODE_WORD, left->typed);
    if (moved == AQ_NO_NODE)
        return true; /* no memory */
    left = node(s, row->last);
    *node(s, moved) = *left;
    node(s, moved)->occur = AQ_SHOULD;
    node(s, moved)->next = right;
    struct aq_slice typed = between(left->typed.ptr, end);
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
static void give_up_near(struct scan *s)
{
    struct aq_slice typed = near_of(s)->typed;
    if (typed.len == 0)
        return;
    near_of(s)->typed.len = 0;
    trouble(s, typed.ptr, typed.ptr + typed.len,
            "NEAR and ADJ stand between words, phrases, patterns, or groups of these with OR");
    append(s, row_of(s), make_leaf(s, AQ_NODE_WORD, typed));
}

static void put(struct scan *s, uint32_t at)
{
    if (at == AQ_NO_NODE)
        return;
    if (s->refuse)
        node(s, at)->occur = AQ_MUST_NOT;
    s->refuse = false;
    if (near_of(s)->typed.len && join_near(s, at)) {
        near_of(s)->typed.len = 0;
        return;
    }
    give_up_near(s);
    append(s, row_of(s), at);
}

/* ---- brackets ---- */

static void open_group(struct scan *s, const uint8_t *begin, uint8_t occur)
{
    s->groups[++s->depth] = (struct group){
        .waiting = {empty, empty, empty}, .begin = begin, .occur = s->refuse ? AQ_MUST_NOT : occur};
    s->refuse = false;
}

/* What stands in the innermost group, as one operand. */
static uint32_t fold_group(struct scan *s)
{
    struct group *g = &s->groups[s->depth];
    give_up_near(s);
    append(s, &g->waiting[LEVEL_AND], fold(s, &g->waiting[LEVEL_ROW], AQ_NODE_ROW));
    append(s, &g->waiting[LEVEL_OR], fold(s, &g->waiting[LEVEL_AND], AQ_NODE_AND));
    return fold(s, &g->waiting[LEVEL_OR], AQ_NODE_OR);
}

static bool read_boost(const uint8_t *p, const uint8_t *end, double *boost)
{
    double whole = 0, part = 0, unit = 1;
    bool digits = false, dot = false;
    for (; p < end && end - p < 16; p++) {
        if (*p == '.' && !dot) {
            dot = true;
            continue;
        }
        if (*p < '0' || *p > '9')
            return false;
        digits = true;
        if (dot)
            part = part * 10 + (*p - '0'), unit *= 10;
        else
            whole = whole * 10 + (*p - '0');
    }
    *boost = whole + part / unit;
    return p == end && digits;
}

static bool boost_fits(struct scan *s, const uint8_t *begin, const uint8_t *end, double boost)
{
    if (boost >= BOOST_LEAST && boost <= BOOST_MOST)
        return true;
    trouble(s, begin, end, "a boost is a number from 0.01 to 100, as in ^2");
    return false;
}

/* `^N` at p, before a space or the end of a group: where to go on, else p. */
static const uint8_t *boost_after(struct scan *s, const uint8_t *p, double *boost)
{
    *boost = 1;
    if (p == s->end || *p != '^')
        return p;
    const uint8_t *end = word_end(s, p);
    double b = 0;
    if (!read_boost(p + 1, end, &b))
        b = 0;
    if (!boost_fits(s, p, end, b))
        return p;
    *boost = b;
    return end;
}

/* The innermost group ends: its operand goes into the row around it; a row into a row
 * becomes part of that. Returns where to go on. */
static const uint8_t *close_group(struct scan *s, const uint8_t *p)
{
    uint8_t occur = s->groups[s->depth].occur;
    const uint8_t *begin = s->groups[s->depth].begin;
    uint32_t at = fold_group(s);
    double boost;
    s->depth--;
    p = boost_after(s, p, &boost);
    if (at == AQ_NO_NODE)
        return p;
    bool row = node(s, at)->kind == AQ_NODE_ROW;
    if (occur == AQ_SHOULD && row) {
        give_up_near(s);
        for (uint32_t c = node(s, at)->first_child, next; c != AQ_NO_NODE; c = next) {
            next = node(s, c)->next;
            node(s, c)->boost *= boost;
            append(s, row_of(s), c);
        }
        return p;
    }
    if (node(s, at)->occur == AQ_MUST_NOT && occur != AQ_SHOULD) {
        uint32_t inner = at;
        at = make(s, AQ_NODE_ROW, node(s, inner)->typed);
        if (at == AQ_NO_NODE)
            return p;
        node(s, at)->first_child = inner;
    }
    struct aq_node *n = node(s, at);
    n->boost *= boost;
    if (occur != AQ_SHOULD)
        n->occur = occur;
    n->typed = between(begin, p);
    put(s, at);
    return p;
}

/* ---- operators ---- */

enum operator { OP_NONE, OP_AND, OP_OR, OP_NOT, OP_NEAR };

/* NEAR/0 or ADJ/x. */
static void look_for_distance(struct scan *s, const uint8_t *p)
{
    size_t n = (size_t)(s->end - p);
    if ((n > 4 && memcmp(p, "NEAR/", 5) == 0) || (n > 3 && memcmp(p, "ADJ/", 4) == 0))
        trouble(s, p, word_end(s, p), "NEAR and ADJ take a number from 1 to 255, as in NEAR/5; small letters make it a word");
}

/* An operator's word at p, which is fresh; *after is behind it. */
static enum operator operator_at(const struct scan *s, const uint8_t *p, const uint8_t **after, struct nearness *near)
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
        if ((!at_space(q, s->end) && *q != '(') || distance == 0 || distance > NEAR_MOST)
            continue;
        *after = q;
        *near = (struct nearness){between(p, q), (uint16_t)distance, names[i].name[0] == 'A'};
        return names[i].op;
    }
    return OP_NONE;
}

/* Whether something that the operator could have on its right begins at p. */
static bool operand_at(const struct scan *s, enum operator of, const uint8_t *p)
{
    const uint8_t *after;
    struct nearness near;
    p = skip_spaces(p, s->end);
    if (p == s->end || (*p == ')' && s->depth + s->too_deep > 0))
        return false;
    enum operator op = operator_at(s, p, &after, &near);
    return op == OP_NONE || (op == OP_NOT && of != OP_NOT);
}

/* The operator at s->p, if it has its sides. False: it is a word. */
static bool operate(struct scan *s)
{
    const uint8_t *after;
    struct nearness near;
    uint8_t occur;
    enum operator op = operator_at(s, s->p, &after, &near);
    if (op == OP_NONE) {
        look_for_distance(s, s->p);
        return false;
    }
    struct group *g = &s->groups[s->depth];
    bool left = g->waiting[LEVEL_ROW].count > 0 && !s->refuse && g->near.typed.len == 0;
    const uint8_t *right = skip_spaces(after, s->end);
    if (op == OP_NEAR) {
        left = left && (node(s, row_of(s)->last)->kind == AQ_NODE_NEAR
                            ? node(s, row_of(s)->last)->ordered == near.ordered && node(s, row_of(s)->last)->boost == 1
                            : can_be_near(s, row_of(s)->last));
    }
    bool signed_right = right < s->end && sign_at(right, s->end, &occur) != 0;
    if (!operand_at(s, op, after) || (op != OP_NOT && !left) || ((op == OP_NEAR || op == OP_NOT) && signed_right)) {
        trouble(s, s->p, after,
                op == OP_NOT ? "NOT needs a word, phrase or group behind it; small letters make it a word"
                             : "an operator needs something on both sides that it can join; small letters make it a word");
        return false;
    }
    if (op == OP_NOT) {
        s->refuse = true;
    } else if (op == OP_NEAR) {
        g->near = near;
    } else {
        append(s, &g->waiting[LEVEL_AND], fold(s, &g->waiting[LEVEL_ROW], AQ_NODE_ROW));
        if (op == OP_OR)
            append(s, &g->waiting[LEVEL_OR], fold(s, &g->waiting[LEVEL_AND], AQ_NODE_AND));
    }
    s->p = after;
    return true;
}

/* ---- leaves ---- */

/* A field with a value that makes sense at p; NULL: the same characters are text. */
static const uint8_t *field(struct scan *s, const uint8_t *begin, const uint8_t *p, uint8_t occur)
{
    const uint8_t *colon = p;
    while (colon < s->end && ((*colon | 0x20) >= 'a' && (*colon | 0x20) <= 'z'))
        colon++;
    if (colon + 1 < s->end && *colon == '-' && colon > p)
        for (colon++; colon < s->end && ((*colon | 0x20) >= 'a' && (*colon | 0x20) <= 'z');)
            colon++;
    if (colon == p || colon == s->end || *colon != ':')
        return NULL;
    struct aq_slice value;
    bool closed;
    const char *reason = "no field has this name; in quotation marks it is text";
    const uint8_t *after = quoted(colon + 1, s->end, &value, &closed);
    if (!after) {
        after = word_end(s, colon + 1);
        value = between(colon + 1, after);
    }
    struct aq_field_value read;
    enum aq_field name = aq_field_named(between(p, colon));
    bool blank = skip_spaces(value.ptr, value.ptr + value.len) == value.ptr + value.len;
    if (name == AQ_FIELD_COUNT && (blank || value.ptr[0] == '/'))
        return NULL; /* a colon at the end of a word, or a URL */
    if (name == AQ_FIELD_COUNT || !aq_field_read(name, value, s->now, &read, &reason)) {
        trouble(s, p, after, reason);
        return NULL;
    }
    if (!closed)
        trouble(s, colon + 1, s->end, "a quotation mark is not closed");
    uint32_t at = make_leaf(s, AQ_NODE_FIELD, between(begin, after));
    if (at != AQ_NO_NODE) {
        node(s, at)->occur = occur == AQ_MUST_NOT ? AQ_MUST_NOT : AQ_MUST;
        node(s, at)->text = value;
        node(s, at)->field = read;
        put(s, at);
    }
    return after;
}

/* A phrase, what follows its closing mark included; NULL: there is none. */
static const uint8_t *phrase(struct scan *s, const uint8_t *begin, const uint8_t *p, uint8_t occur)
{
    struct aq_slice text;
    bool closed;
    const uint8_t *after = quoted(p, s->end, &text, &closed);
    if (!closed)
        trouble(s, p, after ? s->end : word_end(s, p), "a quotation mark is not closed");
    if (!after)
        return NULL;
    unsigned slop = 0;
    double boost = 1;
    if (after < s->end && *after == '~') {
        const uint8_t *q = after + 1;
        unsigned n = 0;
        for (; q < s->end && *q >= '0' && *q <= '9' && n <= SLOP_MOST; q++)
            n = n * 10 + (unsigned)(*q - '0');
        if (q > after + 1 && n <= SLOP_MOST && (q == word_end(s, q) || *q == '^')) {
            slop = n;
            after = q;
        } else {
            trouble(s, after, word_end(s, after), "~ behind a phrase takes a number from 0 to 100");
        }
    }
    after = boost_after(s, after, &boost);
    uint32_t at = make_leaf(s, AQ_NODE_PHRASE, between(begin, after));
    if (at != AQ_NO_NODE) {
        struct aq_node *n = node(s, at);
        n->occur = occur == AQ_MUST_NOT ? AQ_MUST_NOT : AQ_MUST;
        n->text = text;
        n->distance = (uint16_t)slop;
        n->boost = boost;
        put(s, at);
    }
    return after;
}

/* `word*` or `word~N` to a pattern; false: a word. */
static bool pattern(struct scan *s, struct aq_slice text, uint32_t at)
{
    struct aq_node *n = node(s, at);
    const uint8_t *end = text.ptr + text.len;
    const uint8_t *star = memchr(text.ptr, '*', text.len), *tilde = memchr(text.ptr, '~', text.len);
    if (star) {
        if (star + 1 == end && text.len > 1 && !tilde) {
            n->kind = AQ_NODE_PREFIX;
            n->text.len = text.len - 1;
            return true;
        }
        trouble(s, star, star + 1, "* stands at the end of a word, with a letter before it");
        return false;
    }
    if (!tilde || tilde == text.ptr)
        return false;
    if (tilde + 1 == end || (tilde + 2 == end && tilde[1] >= '1' && tilde[1] <= '0' + FUZZY_MOST)) {
        n->kind = AQ_NODE_FUZZY;
        n->distance = tilde + 1 == end ? 1 : (uint16_t)(tilde[1] - '0');
        n->text.len = (size_t)(tilde - text.ptr);
        return true;
    }
    trouble(s, tilde, end, "~ behind a word takes 1 or 2, the letters that may differ");
    return false;
}

/* In a word, what closes brackets that were never opened. */
static void look_for_brackets(struct scan *s, const uint8_t *p, const uint8_t *end)
{
    uint32_t inside = 0;
    for (; p < end; p++) {
        inside += *p == '(';
        if (*p == ')' && inside-- == 0) {
            trouble(s, p, p + 1, "a bracket is closed that was never opened");
            return;
        }
    }
}

static const uint8_t *word(struct scan *s, const uint8_t *begin, const uint8_t *p, uint8_t occur)
{
    const uint8_t *after = word_end(s, p), *end = after;
    const uint8_t *caret = after > p ? memrchr(p, '^', (size_t)(after - p)) : NULL;
    double boost = 1, b;
    if (after == p)
        return after;
    look_for_brackets(s, p, after);
    if (caret && caret > p && read_boost(caret + 1, after, &b) && boost_fits(s, caret, after, b)) {
        boost = b;
        end = caret;
    }
    uint32_t at = make_leaf(s, AQ_NODE_WORD, between(begin, after));
    if (at == AQ_NO_NODE)
        return after;
    node(s, at)->text = between(p, end);
    pattern(s, between(p, end), at);
    node(s, at)->occur = occur;
    node(s, at)->boost = boost;
    put(s, at);
    return after;
}

/* Behind a tilde that asks for what goes with a word or phrase; p where there is none.
 * Before numbers and signs it is text: `~10`, `~/notes`. */
static const uint8_t *behind_tilde(const struct scan *s, const uint8_t *p)
{
    unsigned n;
    if (s->end - p < 2 || *p != '~')
        return p;
    uint8_t c = p[1];
    bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
    bool lone = is_quote(aq_utf8_decode(p + 1, s->end, &n)) && at_space(p + 1 + n, s->end);
    return letter || c == '"' || c >= 0x80 ? p + !lone : p;
}

/* What was put last is to be widened: a word or a phrase. */
static void widen(struct scan *s, size_t before, const uint8_t *p, const uint8_t *end)
{
    struct aq_syntax *out = s->out;
    for (size_t i = before; i < out->count; i++) {
        struct aq_node *n = node(s, (uint32_t)i);
        if (n->kind == AQ_NODE_WORD || n->kind == AQ_NODE_PHRASE)
            n->widened = n->occur != AQ_MUST_NOT;
        if (n->kind == AQ_NODE_PREFIX || n->kind == AQ_NODE_FUZZY || n->occur == AQ_MUST_NOT)
            trouble(s, p, end, "~ stands directly before a word or phrase that is not excluded");
    }
}

/* One clause at s->p, which is no space. Signs, brackets and fields count only at the
 * start of a word (`fresh`), so `x-risk` and `a"b` are text. */
static void clause(struct scan *s, bool fresh)
{
    const uint8_t *begin = s->p, *p = begin, *next;
    uint8_t occur = AQ_SHOULD, sign = AQ_SHOULD, another;
    unsigned n = fresh ? sign_at(p, s->end, &sign) : 0;
    if (n) {
        const uint8_t *after = p + n;
        if (at_space(after, s->end) || sign_at(after, s->end, &another) ||
            (*after == ')' && s->depth + s->too_deep > 0)) {
            trouble(s, p, after, "+ and - stand directly before a word, phrase or group");
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
    size_t before = s->out->count;
    next = phrase(s, begin, text, occur);
    if (!next && fresh && text == p)
        next = field(s, begin, p, occur);
    s->p = next ? next : word(s, begin, text, occur);
    if (text != p)
        widen(s, before, p, s->p);
}

static void parse(struct scan *s)
{
    bool fresh = true, closed = false; /* a space, a group's end stands before */
    while (!s->nomem) {
        const uint8_t *p = skip_spaces(s->p, s->end);
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
        trouble(s, begin, s->end, "a bracket is not closed");
        close_group(s, s->end);
    }
}

/* The whole query as a ROW, AND or OR. */
static void finish(struct scan *s)
{
    struct aq_syntax *out = s->out;
    uint32_t at = fold_group(s);
    out->root = at;
    if (at == AQ_NO_NODE || (node(s, at)->kind >= AQ_NODE_ROW && node(s, at)->kind <= AQ_NODE_OR &&
                             node(s, at)->occur == AQ_SHOULD))
        return;
    out->root = make(s, AQ_NODE_ROW, node(s, at)->typed);
    if (out->root != AQ_NO_NODE)
        node(s, out->root)->first_child = at;
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
    struct scan s = {.start = query.ptr, .p = query.ptr, .end = query.ptr + query.len, .out = out, .now = now};
    s.groups[0] = (struct group){.waiting = {empty, empty, empty}, .begin = query.ptr};
    if (!plain) {
        parse(&s);
    } else {
        for (const uint8_t *p = skip_spaces(s.p, s.end), *to; p < s.end && !s.nomem; p = skip_spaces(to, s.end)) {
            to = word_end(&s, p);
            append(&s, row_of(&s), make_leaf(&s, AQ_NODE_WORD, between(p, to)));
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
