/* forest_test.c - the reading order of threads (query/forest.h), against a recursive model. */
#include "forest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { MOST = 60 };

static uint32_t seed = 1;
static uint32_t below(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

static struct aq_forest_node node(uint32_t comment, uint32_t parent, int64_t date)
{
    return (struct aq_forest_node){
        .comment = comment, .parent = parent, .date = date, .live = true, .reply = parent != AQ_NO_COMMENT};
}

/* "1 2.1 3.2 4.1?": comments with their levels, in order; ? where detached. */
static const char *order_of(const struct aq_forest *t)
{
    static char text[4096];
    size_t n = 0;
    text[0] = 0;
    for (size_t i = 0; i < t->order_count; i++) {
        const struct aq_forest_node *x = &t->nodes[t->order[i]];
        assert_int_equal(x->place, i);
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%u", i ? " " : "", x->comment);
        if (x->level)
            n += (size_t)snprintf(text + n, sizeof text - n, ".%u", x->level);
        n += (size_t)snprintf(text + n, sizeof text - n, "%s", x->detached ? "?" : "");
        assert_true(n < sizeof text);
    }
    return text;
}

static void assert_order(const struct aq_forest_node *nodes, size_t count, uint32_t opener, const char *want)
{
    struct aq_forest t = {0};
    for (size_t i = 0; i < count; i++)
        assert_true(aq_forest_add(&t, &nodes[i]));
    assert_true(aq_forest_build(&t, opener));
    assert_string_equal(order_of(&t), want);
    aq_forest_free(&t);
}
#define ORDER(opener, want, ...)                                      \
    do {                                                              \
        const struct aq_forest_node nodes[] = {__VA_ARGS__};            \
        assert_order(nodes, AQ_COUNT(nodes), opener, want);           \
    } while (0)
#define NO AQ_NO_COMMENT

static void replies_follow_what_they_reply_to(void **state)
{
    (void)state;
    ORDER(1, "1 2.1 4.2 3.1", node(1, NO, 0), node(2, 1, 1), node(3, 1, 2), node(4, 2, 3));
}

static void siblings_go_by_date_then_number_and_undated_last(void **state)
{
    (void)state;
    ORDER(1, "1 5.1 3.1 4.1 2.1 6.1", node(1, NO, 9), node(2, 1, AQ_NO_DATE), node(3, 1, 7), node(4, 1, 7),
          node(5, 1, -3), node(6, 1, AQ_NO_DATE));
}

static void the_opener_comes_first_whatever_its_date(void **state)
{
    (void)state;
    ORDER(3, "3 1.1 2.1", node(1, NO, 1), node(2, 3, 2), node(3, NO, 99));
}

static void without_an_opener_the_tops_stand_side_by_side(void **state)
{
    (void)state;
    ORDER(NO, "2 1? 3.1", node(1, 77, 2), node(2, NO, 1), node(3, 1, 3));
    ORDER(88, "1 2.1", node(1, NO, 2), node(2, 1, 1));
}

static void what_replies_to_something_missing_hangs_below_the_opener(void **state)
{
    (void)state;
    ORDER(1, "1 2.1? 3.2", node(1, NO, 1), node(2, 77, 2), node(3, 2, 3));
    struct aq_forest_node unknown = node(2, NO, 2);
    unknown.reply = true;
    ORDER(1, "1 2.1?", node(1, NO, 1), unknown);
}

static void replies_to_deleted_comments_stay_in_their_place(void **state)
{
    (void)state;
    struct aq_forest_node gone = node(2, 1, 2), gone_too = node(3, 2, 3);
    gone.live = gone_too.live = false;
    ORDER(1, "1 4.1? 6.2 5.1", node(1, NO, 1), gone, gone_too, node(4, 3, 4), node(5, 1, 5), node(6, 4, 6));
    struct aq_forest_node opener = node(1, NO, 1);
    opener.live = false;
    ORDER(1, "2? 3.1 4?", opener, node(2, 1, 2), node(3, 2, 3), node(4, 1, 4));
    ORDER(1, "", opener);
}

static void loops_are_cut_at_their_lowest_number(void **state)
{
    (void)state;
    ORDER(1, "1 2.1? 3.2 4.3 5.4", node(1, NO, 1), node(2, 4, 9), node(3, 2, 3), node(4, 3, 4), node(5, 4, 5));
    ORDER(1, "1 2.1?", node(1, NO, 1), node(2, 2, 2));
    ORDER(NO, "1? 2.1", node(1, 2, 1), node(2, 1, 2));
    ORDER(1, "1 2.1 3.2", node(1, 3, 1), node(2, 1, 2), node(3, 2, 3)); /* the opener replies to nothing */
}

static void nothing_has_an_empty_order(void **state)
{
    (void)state;
    assert_order(NULL, 0, NO, "");
    assert_order(NULL, 0, 5, "");
}

static void comments_are_found_by_number(void **state)
{
    (void)state;
    struct aq_forest t = {0};
    for (uint32_t i = 0; i < 50; i++) {
        struct aq_forest_node n = node(i * 3 + 1, NO, 0);
        assert_true(aq_forest_add(&t, &n));
    }
    for (uint32_t c = 0; c < 160; c++)
        assert_int_equal(aq_forest_find(&t, c), c % 3 == 1 && c < 150 ? c / 3 : AQ_NO_PLACE);
    assert_int_equal(aq_forest_find(&t, AQ_NO_COMMENT), AQ_NO_PLACE);
    aq_forest_free(&t);
}

/* ---- the model: says the same by recursion and in n * n steps ---- */

struct model {
    const struct aq_forest_node *nodes;
    uint32_t count, opener; /* index, or NO */
    char text[4096];
    size_t len;
};

static uint32_t index_in(const struct model *m, uint32_t comment)
{
    for (uint32_t i = 0; i < m->count; i++)
        if (m->nodes[i].comment == comment)
            return i;
    return NO;
}

static uint32_t named_parent(const struct model *m, uint32_t i)
{
    return i == m->opener ? NO : index_in(m, m->nodes[i].parent);
}

/* The lowest node of a loop that i is on, or NO. */
static uint32_t loop_of(const struct model *m, uint32_t i)
{
    uint32_t at = named_parent(m, i), low = i;
    for (uint32_t steps = 0; at != NO && steps <= m->count; steps++) {
        if (at == i)
            return low;
        low = at < low ? at : low;
        at = named_parent(m, at);
    }
    return NO;
}

static uint32_t model_parent(const struct model *m, uint32_t i)
{
    uint32_t up = loop_of(m, i) == i ? NO : named_parent(m, i);
    return up == NO && i != m->opener ? m->opener : up;
}

static bool model_detached(const struct model *m, uint32_t i)
{
    uint32_t up = named_parent(m, i);
    return i != m->opener && m->nodes[i].reply && (up == NO || !m->nodes[up].live || loop_of(m, i) == i);
}

static bool before(const struct aq_forest_node *a, const struct aq_forest_node *b)
{
    uint64_t x = a->date == AQ_NO_DATE ? UINT64_MAX : (uint64_t)(a->date + 1000);
    uint64_t y = b->date == AQ_NO_DATE ? UINT64_MAX : (uint64_t)(b->date + 1000);
    return x < y || (x == y && a->comment < b->comment);
}

static void tell(struct model *m, uint32_t parent, uint32_t level)
{
    bool told[MOST] = {false};
    for (;;) {
        uint32_t best = NO;
        for (uint32_t i = 0; i < m->count; i++)
            if (!told[i] && model_parent(m, i) == parent && (best == NO || before(&m->nodes[i], &m->nodes[best])))
                best = i;
        if (best == NO)
            return;
        told[best] = true;
        const struct aq_forest_node *n = &m->nodes[best];
        if (n->live) {
            m->len += (size_t)snprintf(m->text + m->len, sizeof m->text - m->len, "%s%u", m->len ? " " : "", n->comment);
            if (level)
                m->len += (size_t)snprintf(m->text + m->len, sizeof m->text - m->len, ".%u", level);
            m->len += (size_t)snprintf(m->text + m->len, sizeof m->text - m->len, "%s", model_detached(m, best) ? "?" : "");
        }
        tell(m, best, level + n->live);
    }
}

static void random_threads_are_ordered_as_the_model_says(void **state)
{
    (void)state;
    struct aq_forest t = {0};
    for (int round = 0; round < 5000; round++) {
        struct aq_forest_node nodes[MOST];
        uint32_t count = 1 + below(round % 4 ? 12 : MOST), number = below(3), step = 1 + below(3);
        uint32_t loops = below(3); /* 0: parents come before, as they mostly do */
        for (uint32_t i = 0; i < count; i++) {
            uint32_t kind = below(10);
            uint32_t span = loops ? count : i;
            uint32_t parent = kind == 0 || !span ? NO : kind == 1 ? 5000 : number + step * below(span);
            nodes[i] = node(number + step * i, parent, below(8) ? (int64_t)below(20) - 5 : AQ_NO_DATE);
            nodes[i].live = below(6) > 0;
            nodes[i].reply |= below(12) == 0;
        }
        uint32_t opener = below(3) ? number + step * below(count) : NO;
        struct model m = {.nodes = nodes, .count = count, .opener = NO};
        m.opener = opener == NO ? NO : index_in(&m, opener);
        tell(&m, NO, 0);
        aq_forest_clear(&t); /* is used again and again */
        for (uint32_t i = 0; i < count; i++)
            assert_true(aq_forest_add(&t, &nodes[i]));
        assert_true(aq_forest_build(&t, opener));
        assert_string_equal(order_of(&t), m.text);
        for (uint32_t i = 0; i < count; i++) {
            uint32_t up = model_parent(&m, i);
            while (up != NO && !nodes[up].live)
                up = model_parent(&m, up);
            assert_int_equal(aq_forest_above(&t, i), up);
            uint32_t names = 0, named = 0; /* replies are all that name a comment, loops or not */
            for (uint32_t k = 0; k < count; k++)
                names += nodes[k].parent == nodes[i].comment;
            for (uint32_t at = t.nodes[i].reply_first, last = AQ_NO_PLACE; at != AQ_NO_PLACE; at = t.nodes[at].reply_next) {
                assert_int_equal(t.nodes[at].parent, nodes[i].comment);
                assert_true(last == AQ_NO_PLACE || before(&nodes[last], &nodes[at]));
                last = at;
                named++;
            }
            assert_int_equal(named, names);
        }
    }
    aq_forest_free(&t);
}

/* Recursion or quadratic steps would be told by the stack or by the clock. */
static void a_chain_and_a_fan_of_many_are_ordered(void **state)
{
    (void)state;
    enum { MANY = 300000 };
    for (int shape = 0; shape < 3; shape++) {
        struct aq_forest t = {0};
        for (uint32_t i = 0; i < MANY; i++) {
            uint32_t parent = i == 0 ? NO : shape == 0 ? i - 1 : shape == 1 ? 0 : (i + 1) % MANY;
            struct aq_forest_node n = node(i, parent, (int64_t)MANY - i);
            assert_true(aq_forest_add(&t, &n));
        }
        assert_true(aq_forest_build(&t, shape == 2 ? NO : 0));
        assert_int_equal(t.order_count, MANY);
        assert_int_equal(t.nodes[MANY - 1].level, shape == 0 ? MANY - 1 : 1);
        assert_int_equal(t.nodes[MANY - 1].place, shape == 0 ? MANY - 1 : 1);
        aq_forest_free(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replies_follow_what_they_reply_to),
        cmocka_unit_test(siblings_go_by_date_then_number_and_undated_last),
        cmocka_unit_test(the_opener_comes_first_whatever_its_date),
        cmocka_unit_test(without_an_opener_the_tops_stand_side_by_side),
        cmocka_unit_test(what_replies_to_something_missing_hangs_below_the_opener),
        cmocka_unit_test(replies_to_deleted_comments_stay_in_their_place),
        cmocka_unit_test(loops_are_cut_at_their_lowest_number),
        cmocka_unit_test(nothing_has_an_empty_order),
        cmocka_unit_test(comments_are_found_by_number),
        cmocka_unit_test(random_threads_are_ordered_as_the_model_says),
        cmocka_unit_test(a_chain_and_a_fan_of_many_are_ordered),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
