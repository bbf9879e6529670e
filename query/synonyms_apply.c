/* synonyms_apply.c - a query's tree widened by rules: see synonyms.h. Words are compared
 * by their tokens' terms, wholes of compounds told from other words: written one after
 * the other these are a *key*, and words side by side have the key of what they are
 * together. */
#include "synonyms.h"

#include "parser.h"
#include "query.h"

/* Of a key. Terms are UTF-8 without control characters, so none of these is in one, and
 * a key is found in another at the beginning of a token only. */
enum { KEY_WORD = 1, KEY_WHOLE = 2, KEY_END = 0, KEY_APART = 0xFF };

struct aq_synonym_entry {
    struct aq_slice key;
    uint32_t rule, name;
};

static enum aq_status analyze(struct aq_analyzer *a, struct aq_slice text, const struct aq_token **tokens,
                              size_t *count, struct aq_error *err)
{
    enum aq_status st = aq_analyze(a, text, tokens, count);
    if (!st)
        return AQ_OK;
    return st == AQ_NOMEM ? aq_fail_nomem(err) : aq_fail(err, st, "synonyms could not be analyzed");
}

static void put_key(struct aq_buf *out, const struct aq_analyzer *a, const struct aq_token *tokens, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct aq_slice term = aq_analyzer_lexeme(a, tokens[i].lexeme)->term;
        aq_buf_u8(out, tokens[i].flags & AQ_TOKEN_WHOLE ? KEY_WHOLE : KEY_WORD);
        aq_buf_put(out, term.ptr, term.len);
        aq_buf_u8(out, KEY_END);
    }
}

/* ---- the table ---- */

static int by_key(const void *x, const void *y)
{
    const struct aq_synonym_entry *a = x, *b = y;
    int order = aq_slice_cmp(a->key, b->key);
    if (order)
        return order;
    if (a->rule != b->rule)
        return a->rule < b->rule ? -1 : 1;
    return (a->name > b->name) - (a->name < b->name);
}

static enum aq_status add_entry(struct aq_synonym_table *t, const struct aq_synonyms *s, uint32_t rule, uint32_t name,
                                struct aq_analyzer *a, struct aq_buf *key, struct aq_error *err)
{
    const struct aq_token *tokens;
    size_t count;
    enum aq_status st = analyze(a, s->rules[rule].names[name].text, &tokens, &count, err);
    if (st || count == 0)
        return st;
    aq_buf_clear(key);
    put_key(key, a, tokens, count);
    if (key->failed)
        return aq_fail_nomem(err);
    struct aq_slice kept = aq_arena_copy(&t->arena, aq_slice(key->ptr, key->len));
    if (!kept.ptr || !aq_grow(&t->entries, &t->cap, t->count + 1, sizeof *t->entries))
        return aq_fail_nomem(err);
    t->entries[t->count++] = (struct aq_synonym_entry){kept, rule, name};
    if (count > t->longest)
        t->longest = count;
    return AQ_OK;
}

/* An empty table where the rules or the analyzer are others than before. */
static void begin_table(struct aq_synonym_table *t, const struct aq_synonyms *s, const struct aq_analyzer *a)
{
    const char *identity = aq_analyzer_identity(a);
    size_t n = strlen(identity);
    if (t->made && memcmp(t->digest, s->digest, sizeof t->digest) == 0 && strcmp(t->analyzer, identity) == 0)
        return;
    aq_arena_reset(&t->arena);
    t->count = t->longest = 0;
    memset(t->read, 0, sizeof t->read);
    memcpy(t->digest, s->digest, sizeof t->digest);
    t->made = n < sizeof t->analyzer;
    if (t->made)
        memcpy(t->analyzer, identity, n + 1);
}

/* Takes in the left sides whose first token begins so, or all; in any order. */
static enum aq_status read_initial(struct aq_synonym_table *t, const struct aq_synonyms *s, uint8_t initial, bool all,
                                   struct aq_analyzer *a, struct aq_error *err)
{
    struct aq_buf key = {0};
    enum aq_status st = AQ_OK;
    for (uint32_t rule = 0; rule < s->count; rule++)
        for (uint32_t name = 0; name < s->rules[rule].left && !st; name++)
            if (all || s->rules[rule].names[name].initial == initial)
                st = add_entry(t, s, rule, name, a, &key, err);
    aq_buf_free(&key);
    return st;
}

/* Makes the table ready for queries whose words' terms begin with the bytes of `wanted`. */
static enum aq_status make_table(struct aq_synonym_table *t, const struct aq_synonyms *s, const bool wanted[256],
                                 struct aq_analyzer *a, struct aq_error *err)
{
    bool all = !aq_analyzer_keeps_initials(a), more = false;
    enum aq_status st = AQ_OK;
    begin_table(t, s, a);
    for (int i = 0; i < 256 && !st; i++) {
        if (t->read[i] || !(wanted[i] || i == 0))
            continue;
        st = read_initial(t, s, (uint8_t)i, all, a, err);
        more = true;
        if (all)
            memset(t->read, true, sizeof t->read);
        t->read[i] = true;
    }
    if (more && t->count)
        qsort(t->entries, t->count, sizeof *t->entries, by_key);
    t->made &= !st;
    return st;
}

void aq_synonym_table_free(struct aq_synonym_table *t)
{
    aq_arena_free(&t->arena);
    free(t->entries);
    *t = (struct aq_synonym_table){0};
}

/* The first entry with this key, and how many have it. */
static size_t find_entries(const struct aq_synonym_table *t, struct aq_slice key, size_t *count)
{
    size_t low = 0, high = t->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (aq_slice_cmp(t->entries[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (*count = 0; low + *count < t->count && aq_slice_eq(t->entries[low + *count].key, key);)
        ++*count;
    return low;
}

/* ---- what the query says ---- */

struct span {
    size_t begin, end;
};

struct group {
    uint32_t node;
    bool open; /* its words may be replaced */
};

struct widening {
    const struct aq_synonyms *rules;
    struct aq_synonym_table *table;
    struct aq_syntax *syntax;
    struct aq_analyzer *analyzer;
    struct aq_error *err;
    struct group *groups;   /* the query's, an outer one before its inner ones */
    size_t group_count;
    struct aq_buf said;     /* the keys of all words and phrases; neighbours of a row are neighbours here */
    struct span *spans;     /* of a node's key in it */
    size_t terms, windows;  /* at most so many does the query have already: terms, phrases and NEARs */
};

static bool is_group(const struct aq_node *n)
{
    return n->kind == AQ_NODE_ROW || n->kind == AQ_NODE_AND || n->kind == AQ_NODE_OR || n->kind == AQ_NODE_NEAR;
}

static enum aq_status say_leaf(struct widening *w, uint32_t node)
{
    const struct aq_node *n = &w->syntax->nodes[node];
    const struct aq_token *tokens;
    size_t count;
    w->spans[node] = (struct span){w->said.len, w->said.len};
    if (n->kind != AQ_NODE_WORD)
        aq_buf_u8(&w->said, KEY_APART);
    if (n->kind == AQ_NODE_WORD || n->kind == AQ_NODE_PHRASE) {
        enum aq_status st = analyze(w->analyzer, n->text, &tokens, &count, w->err);
        if (st)
            return st;
        put_key(&w->said, w->analyzer, tokens, count);
        w->terms += count;
        w->windows += n->kind == AQ_NODE_PHRASE;
        w->spans[node].end = w->said.len;
        if (n->kind == AQ_NODE_WORD && count)
            return AQ_OK;
    }
    aq_buf_u8(&w->said, KEY_APART);
    return AQ_OK;
}

static enum aq_status say_group(struct widening *w, const struct group *g)
{
    const struct aq_node *nodes = w->syntax->nodes;
    bool near = nodes[g->node].kind == AQ_NODE_NEAR;
    enum aq_status st = AQ_OK;
    w->windows += near;
    aq_buf_u8(&w->said, KEY_APART);
    for (uint32_t c = nodes[g->node].first_child; c != AQ_NO_NODE && !st; c = nodes[c].next) {
        if (!is_group(&nodes[c])) {
            st = say_leaf(w, c);
            continue;
        }
        aq_buf_u8(&w->said, KEY_APART);
        w->groups[w->group_count++] = (struct group){c, g->open && !near && nodes[c].occur != AQ_MUST_NOT};
    }
    return st;
}

/* *full: there are words enough without synonyms. */
static enum aq_status say_query(struct widening *w, bool *full)
{
    const struct aq_node *root = &w->syntax->nodes[w->syntax->root];
    w->groups[w->group_count++] = (struct group){w->syntax->root, root->occur != AQ_MUST_NOT};
    *full = false;
    for (size_t i = 0; i < w->group_count && !*full; i++) {
        const struct group g = w->groups[i];
        enum aq_status st = say_group(w, &g);
        if (st)
            return st;
        *full = w->terms > AQ_QUERY_TERMS;
    }
    return w->said.failed ? aq_fail_nomem(w->err) : AQ_OK;
}

/* ---- replacing ---- */

/* A synonym that comes into the query. */
struct choice {
    struct aq_slice name;
    struct span key;  /* in the keys of the choices */
    size_t terms;
    uint16_t distance; /* from its first word to its last */
};

struct choices {
    struct choice items[AQ_SYNONYMS_NAMES];
    size_t count;
    struct aq_buf keys;
};

static bool has_key(const struct aq_buf *said, const uint8_t *key, size_t len)
{
    return memmem(said->ptr, said->len, key, len);
}

/* Takes the name in unless the query says it or another choice does. */
static enum aq_status choose(struct widening *w, struct choices *c, struct aq_slice name)
{
    const struct aq_token *tokens;
    size_t count, from = c->keys.len;
    if (c->count == AQ_SYNONYMS_NAMES)
        return AQ_OK;
    enum aq_status st = analyze(w->analyzer, name, &tokens, &count, w->err);
    if (st)
        return st;
    bool window = count > 1;
    if (count == 0 || w->terms + count > AQ_QUERY_TERMS || (window && w->windows == AQ_QUERY_TERMS))
        return AQ_OK;
    put_key(&c->keys, w->analyzer, tokens, count);
    if (c->keys.failed)
        return aq_fail_nomem(w->err);
    const uint8_t *key = c->keys.ptr + from;
    size_t len = c->keys.len - from;
    bool known = has_key(&w->said, key, len);
    for (size_t i = 0; i < c->count && !known; i++) {
        struct span k = c->items[i].key;
        known = k.end - k.begin == len && memcmp(c->keys.ptr + k.begin, key, len) == 0;
    }
    if (known) {
        c->keys.len = from;
        return AQ_OK;
    }
    w->terms += count;
    w->windows += window;
    c->items[c->count++] = (struct choice){.name = name, .key = {from, c->keys.len}, .terms = count};
    return AQ_OK;
}

static enum aq_status choose_all(struct widening *w, struct choices *c, size_t entry, size_t count)
{
    enum aq_status st = AQ_OK;
    for (size_t i = entry; i < entry + count; i++) {
        const struct aq_synonym_entry *e = &w->table->entries[i];
        const struct aq_synonym_rule *rule = &w->rules->rules[e->rule];
        for (uint32_t k = rule->left == rule->count ? 0 : rule->left; k < rule->count && !st; k++)
            st = choose(w, c, rule->names[k].text);
    }
    return st;
}

static uint32_t add_node(struct aq_syntax *s, enum aq_node_kind kind, struct aq_slice typed)
{
    s->nodes[s->count] = (struct aq_node){.kind = (uint8_t)kind,
                                          .occur = AQ_SHOULD,
                                          .boost = 1,
                                          .text = kind == AQ_NODE_WORD ? typed : (struct aq_slice){0},
                                          .typed = typed,
                                          .first_child = AQ_NO_NODE,
                                          .next = AQ_NO_NODE};
    return (uint32_t)s->count++;
}

static size_t word_length(struct aq_slice s)
{
    const uint8_t *space = memchr(s.ptr, ' ', s.len);
    return space ? (size_t)(space - s.ptr) : s.len;
}

/* The words of the name side by side. Their distance is one of positions, of which a
 * compound has several. */
static enum aq_status add_window(struct widening *w, struct aq_slice name, uint32_t *added)
{
    const struct aq_token *tokens;
    size_t count, at = 0;
    enum aq_status st = analyze(w->analyzer, name, &tokens, &count, w->err);
    if (st)
        return st;
    struct aq_syntax *s = w->syntax;
    *added = add_node(s, AQ_NODE_NEAR, name);
    uint32_t *link = &s->nodes[*added].first_child;
    for (size_t begin = 0, n; begin < name.len; begin += n + 1) {
        n = word_length(aq_slice(name.ptr + begin, name.len - begin));
        if (at == count || tokens[at].begin >= begin + n)
            continue;
        *link = add_node(s, AQ_NODE_WORD, aq_slice(name.ptr + begin, n));
        link = &s->nodes[*link].next;
        s->nodes[*added].distance = (uint16_t)(tokens[at].position - tokens[0].position);
        while (at < count && tokens[at].begin < begin + n)
            at++;
    }
    s->nodes[*added].ordered = true;
    return AQ_OK;
}

/* The slot of the first word becomes the SAME, so that whatever led to the word leads
 * to it; the word itself moves. */
static enum aq_status replace(struct widening *w, uint32_t first, uint32_t last, const struct choices *c)
{
    struct aq_syntax *s = w->syntax;
    size_t most = 2 + c->count * (1 + AQ_SYNONYMS_WORDS);
    if (!aq_grow(&s->nodes, &s->cap, s->count + most, sizeof *s->nodes))
        return aq_fail_nomem(w->err);
    struct aq_node *nodes = s->nodes; /* stay where they are: there is room */
    const struct aq_node word = nodes[first], end = nodes[last];
    struct aq_slice typed = aq_slice(word.typed.ptr, (size_t)(end.typed.ptr - word.typed.ptr) + end.typed.len);
    uint32_t moved = add_node(s, AQ_NODE_WORD, word.text), original = moved;
    if (first != last) {
        nodes[moved].occur = word.occur;
        nodes[moved].typed = word.typed;
        nodes[moved].next = word.next;
        nodes[last].next = AQ_NO_NODE;
        original = add_node(s, AQ_NODE_ROW, typed);
        nodes[original].first_child = moved;
    }
    nodes[first].kind = AQ_NODE_SAME;
    nodes[first].text = (struct aq_slice){0};
    nodes[first].typed = typed;
    nodes[first].first_child = original;
    nodes[first].next = end.next;
    uint32_t *link = &nodes[original].next;
    for (size_t i = 0; i < c->count; i++) {
        enum aq_status st = AQ_OK;
        if (c->items[i].terms == 1)
            *link = add_node(s, AQ_NODE_WORD, c->items[i].name);
        else
            st = add_window(w, c->items[i].name, link);
        if (st)
            return st;
        link = &nodes[*link].next;
    }
    return AQ_OK;
}

/* ---- finding places ---- */

static bool may_begin(const struct widening *w, uint32_t node)
{
    const struct aq_node *n = &w->syntax->nodes[node];
    return n->kind == AQ_NODE_WORD && n->occur != AQ_MUST_NOT && w->spans[node].end > w->spans[node].begin;
}

/* The most words from `first` on that one rule may be for, into words. */
static size_t run_from(const struct widening *w, uint32_t first, bool row, uint32_t words[AQ_QUERY_TERMS])
{
    const struct aq_node *nodes = w->syntax->nodes;
    size_t count = 0;
    words[count++] = first;
    for (uint32_t c = nodes[first].next; row && c != AQ_NO_NODE && count < w->table->longest; c = nodes[c].next) {
        bool alike = may_begin(w, c) && nodes[c].occur == nodes[first].occur && nodes[c].boost == 1 &&
                     nodes[first].boost == 1;
        if (!alike || count == AQ_QUERY_TERMS)
            break;
        words[count++] = c;
    }
    return count;
}

/* Replaces the longest run of words from *node on that some rule is for. *node becomes
 * what leads on behind them. */
static enum aq_status widen_at(struct widening *w, uint32_t *node, bool row, struct choices *c)
{
    uint32_t words[AQ_QUERY_TERMS];
    size_t count = run_from(w, *node, row, words), entry = 0, entries = 0;
    while (count && !entries) {
        count--;
        size_t begin = w->spans[words[0]].begin, end = w->spans[words[count]].end;
        entry = find_entries(w->table, aq_slice(w->said.ptr + begin, end - begin), &entries);
    }
    if (!entries)
        return AQ_OK;
    uint32_t last = words[count];
    c->count = 0;
    aq_buf_clear(&c->keys);
    enum aq_status st = choose_all(w, c, entry, entries);
    if (st || c->count == 0) {
        *node = last;
        return st;
    }
    return replace(w, *node, last, c);
}

static enum aq_status widen_group(struct widening *w, uint32_t group, struct choices *c)
{
    bool row = w->syntax->nodes[group].kind == AQ_NODE_ROW;
    enum aq_status st = AQ_OK;
    for (uint32_t n = w->syntax->nodes[group].first_child; n != AQ_NO_NODE && !st; n = w->syntax->nodes[n].next)
        if (may_begin(w, n))
            st = widen_at(w, &n, row, c);
    return st;
}

/* The first bytes of all terms that a rule may be looked for by. */
static void find_initials(const struct widening *w, bool initials[256])
{
    for (uint32_t i = 0; i < w->syntax->count; i++)
        if (w->spans[i].end > w->spans[i].begin)
            initials[w->said.ptr[w->spans[i].begin + 1]] = true;
}

static enum aq_status widen_query(struct widening *w)
{
    struct choices c = {.count = 0};
    bool full, initials[256] = {false};
    enum aq_status st = say_query(w, &full);
    if (st || full)
        return st;
    find_initials(w, initials);
    st = make_table(w->table, w->rules, initials, w->analyzer, w->err);
    for (size_t i = 0; i < w->group_count && !st; i++)
        if (w->groups[i].open && w->syntax->nodes[w->groups[i].node].kind != AQ_NODE_NEAR)
            st = widen_group(w, w->groups[i].node, &c);
    aq_buf_free(&c.keys);
    return st;
}

enum aq_status aq_synonyms_apply(const struct aq_synonyms *s, struct aq_synonym_table *t, struct aq_syntax *syntax,
                                 struct aq_analyzer *a, struct aq_error *err)
{
    if (!s || s->count == 0 || syntax->root == AQ_NO_NODE)
        return AQ_OK;
    struct widening w = {.rules = s, .table = t, .syntax = syntax, .analyzer = a, .err = err};
    w.groups = malloc(syntax->count * sizeof *w.groups);
    w.spans = calloc(syntax->count, sizeof *w.spans);
    enum aq_status st = w.groups && w.spans ? widen_query(&w) : aq_fail_nomem(err);
    aq_buf_free(&w.said);
    free(w.groups);
    free(w.spans);
    return st;
}
