/* synonyms_test.c - rules from text, and what they make of a query's tree. */
#include "parser.h"
#include "synonyms.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct fixture {
    struct aq_analyzer *analyzer;
    struct aq_synonym_table table;
    struct aq_synonyms *rules;
    struct aq_syntax syntax;
    struct aq_error err;
    struct aq_buf shown;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    assert_int_equal(aq_analyzer_open("english", &f->analyzer, NULL), AQ_OK);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    aq_analyzer_close(f->analyzer);
    aq_synonym_table_free(&f->table);
    aq_synonyms_free(f->rules);
    aq_syntax_free(&f->syntax);
    aq_buf_free(&f->shown);
    free(f);
    return 0;
}

/* ---- reading ---- */

static enum aq_status read_rules(struct fixture *f, const char *text)
{
    aq_synonyms_free(f->rules);
    return aq_synonyms_read(aq_slice_str(text), "words.txt", &f->rules, &f->err);
}

static void rules_are_read_line_by_line(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(read_rules(f, "\xEF\xBB\xBF# a comment\n\nAGI,artificial  general\tintelligence\r\n"
                                   "  elk , deer => eliciting latent knowledge # one way\nC#, c sharp"),
                     AQ_OK);
    assert_int_equal(f->rules->count, 3);
    const struct aq_synonym_rule *r = f->rules->rules;
    assert_int_equal(r[0].count, 2);
    assert_int_equal(r[0].left, 2);
    assert_true(aq_slice_eq(r[0].names[1].text, aq_slice_str("artificial general intelligence")));
    assert_int_equal(r[1].count, 3);
    assert_int_equal(r[1].left, 2);
    assert_true(aq_slice_eq(r[1].names[0].text, aq_slice_str("elk")));
    assert_true(aq_slice_eq(r[1].names[2].text, aq_slice_str("eliciting latent knowledge")));
    assert_true(aq_slice_eq(r[2].names[0].text, aq_slice_str("C#")));
}

static void words_without_a_letter_are_left_out_of_a_name(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(read_rules(f, "AT & T, \"telephone\" -- company"), AQ_OK);
    assert_true(aq_slice_eq(f->rules->rules[0].names[0].text, aq_slice_str("AT T")));
    assert_true(aq_slice_eq(f->rules->rules[0].names[1].text, aq_slice_str("\"telephone\" company")));
}

static void nothing_is_no_rule(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(read_rules(f, ""), AQ_OK);
    assert_int_equal(f->rules->count, 0);
    assert_int_equal(read_rules(f, "\n   \n # nothing\n"), AQ_OK);
    assert_int_equal(f->rules->count, 0);
    aq_synonyms_free(f->rules);
    assert_int_equal(aq_synonyms_read((struct aq_slice){0}, "none", &f->rules, NULL), AQ_OK);
}

static void a_bad_line_is_told_with_its_number(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"a, b\nAGI\n", "words.txt:2: one name alone; write another after a comma or after =>"},
        {"a, b,\n", "words.txt:1: nothing stands beside a comma"},
        {"a,, b\n", "words.txt:1: nothing stands beside a comma"},
        {", b\n", "words.txt:1: nothing stands beside a comma"},
        {"a =>\n", "words.txt:1: nothing stands beside =>"},
        {"=> a\n", "words.txt:1: nothing stands beside =>"},
        {"a => # b\n", "words.txt:1: nothing stands beside =>"},
        {"a => b => c\n", "words.txt:1: a second =>"},
        {"a, --\n", "words.txt:1: a name without a letter or digit"},
        {"a, 1 2 3 4 5 6 7 8 9\n", "words.txt:1: a name of more than 8 words"},
        {"a, b\n\n\n\xFF\n", "words.txt:4: not a text in UTF-8"},
    };
    for (size_t i = 0; i < AQ_COUNT(cases); i++) {
        assert_int_equal(read_rules(f, cases[i].text), AQ_SYNTAX);
        assert_string_equal(f->err.message, cases[i].message);
        assert_null(f->rules);
    }
    assert_int_equal(aq_synonyms_read(aq_slice("a, b\0\n", 6), "words.txt", &f->rules, &f->err), AQ_SYNTAX);
    assert_string_equal(f->err.message, "words.txt:1: not a text in UTF-8");
}

static void bounds_are_told(void **state)
{
    struct fixture *f = *state;
    struct aq_buf b = {0};
    for (int i = 0; i <= AQ_SYNONYMS_NAMES; i++)
        aq_buf_printf(&b, "%sw%d", i ? "," : "", i);
    aq_buf_u8(&b, 0);
    assert_int_equal(read_rules(f, (char *)b.ptr), AQ_SYNTAX);
    assert_string_equal(f->err.message, "words.txt:1: more than 32 names");
    *strrchr((char *)b.ptr, ',') = 0;
    assert_int_equal(read_rules(f, (char *)b.ptr), AQ_OK);
    assert_int_equal(f->rules->rules[0].count, AQ_SYNONYMS_NAMES);

    aq_buf_clear(&b);
    for (int i = 0; i < AQ_SYNONYMS_RULES; i++)
        aq_buf_puts(&b, "a,b\n");
    aq_buf_u8(&b, 0);
    assert_int_equal(read_rules(f, (char *)b.ptr), AQ_OK);
    b.len--;
    aq_buf_put(&b, "a,b", sizeof "a,b");
    assert_int_equal(read_rules(f, (char *)b.ptr), AQ_SYNTAX);
    assert_string_equal(f->err.message, "words.txt:4097: more than 4,096 rules");

    aq_buf_clear(&b);
    while (b.len <= AQ_SYNONYMS_BYTES)
        aq_buf_puts(&b, "# nothing\n");
    assert_false(b.failed);
    aq_synonyms_free(f->rules);
    assert_int_equal(aq_synonyms_read(aq_slice(b.ptr, b.len), "words.txt", &f->rules, &f->err), AQ_LIMIT);
    assert_string_equal(f->err.message, "words.txt is larger than the 256 KB that synonyms may have");
    aq_buf_free(&b);
}

/* ---- applying ---- */

static void put(struct fixture *f, struct aq_slice s)
{
    aq_buf_put(&f->shown, s.ptr, s.len);
}

/* Trees of these tests are a few nodes deep. */
static void show(struct fixture *f, uint32_t node)
{
    static const char *const brackets[] = {[AQ_NODE_ROW] = "()", [AQ_NODE_AND] = "&;", [AQ_NODE_OR] = "|;",
                                           [AQ_NODE_NEAR] = "<>", [AQ_NODE_SAME] = "{}"};
    const struct aq_node *n = &f->syntax.nodes[node];
    if (n->occur)
        aq_buf_u8(&f->shown, n->occur == AQ_MUST ? '+' : '-');
    if (n->kind == AQ_NODE_WORD) {
        put(f, n->text);
    } else if (n->kind < AQ_NODE_ROW) {
        aq_buf_u8(&f->shown, '"');
        put(f, n->text);
        aq_buf_u8(&f->shown, '"');
    } else {
        aq_buf_u8(&f->shown, (uint8_t)brackets[n->kind][0]);
        for (uint32_t c = n->first_child; c != AQ_NO_NODE; c = f->syntax.nodes[c].next) {
            if (c != n->first_child)
                aq_buf_puts(&f->shown, n->kind == AQ_NODE_SAME ? " = " : " ");
            show(f, c);
        }
        aq_buf_u8(&f->shown, (uint8_t)brackets[n->kind][1]);
        if (n->kind == AQ_NODE_NEAR)
            aq_buf_printf(&f->shown, "%s%d", n->ordered ? "" : "~", n->distance);
    }
    if (n->boost != 1)
        aq_buf_printf(&f->shown, "^%g", n->boost);
}

/* What the query becomes by the rules of f. */
static const char *widened(struct fixture *f, const char *query)
{
    aq_syntax_free(&f->syntax);
    assert_int_equal(aq_parse(aq_slice_str(query), false, 0, &f->syntax, NULL), AQ_OK);
    assert_int_equal(aq_synonyms_apply(f->rules, &f->table, &f->syntax, f->analyzer, NULL), AQ_OK);
    aq_buf_clear(&f->shown);
    if (f->syntax.root != AQ_NO_NODE)
        show(f, f->syntax.root);
    aq_buf_u8(&f->shown, 0);
    assert_false(f->shown.failed);
    return (char *)f->shown.ptr;
}

static const char rules[] = "AGI, artificial general intelligence\n"
                            "LLM, large language model\n"
                            "ELK => eliciting latent knowledge\n"
                            "x-risk, xrisk, existential risk\n"
                            "risk => danger\n"
                            "LLM => chatbot\n"
                            "\xE4\xBA\xBA\xE5\xB7\xA5\xE6\x99\xBA\xE8\x83\xBD => AI\n";

struct shape {
    const char *query, *tree;
};

static void check(struct fixture *f, const struct shape *cases, size_t count)
{
    assert_int_equal(read_rules(f, rules), AQ_OK);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(widened(f, cases[i].query), cases[i].tree);
}

static void a_word_stands_for_its_synonyms(void **state)
{
    static const struct shape cases[] = {
        {"AGI", "({AGI = <artificial general intelligence>2})"},
        {"the agi's doom", "(the {agi's = <artificial general intelligence>2} doom)"},
        {"nothing here", "(nothing here)"},
        {"", ""},
        {"+AGI^2 x", "(+{AGI = <artificial general intelligence>2}^2 x)"},
        {"LLM", "({LLM = <large language model>2 = chatbot})"},
    };
    check(*state, cases, AQ_COUNT(cases));
}

static void words_in_a_row_stand_for_theirs(void **state)
{
    static const struct shape cases[] = {
        {"artificial general intelligence", "({(artificial general intelligence) = AGI})"},
        {"when large language models lie", "(when {(large language models) = LLM} lie)"},
        {"+large +language +model", "(+{(+large +language +model) = LLM})"},
        {"+large language model", "(+large language model)"},
        {"large^2 language model", "(large^2 language model)"},
        {"large -x language model", "(large -x language model)"},
        {"large \"language\" model", "(large +\"language\" model)"},
    };
    check(*state, cases, AQ_COUNT(cases));
}

static void the_longest_run_comes_first(void **state)
{
    static const struct shape cases[] = {
        {"existential risk", "({(existential risk) = <x-risk>0 = xrisk})"},
        {"existential big risk", "(existential big {risk = danger})"},
        {"risks risk", "({risks = danger} {risk = danger})"},
    };
    check(*state, cases, AQ_COUNT(cases));
}

static void compounds_are_told_from_their_parts(void **state)
{
    static const struct shape cases[] = {
        {"x-risk", "({x-risk = xrisk = <existential risk>1})"},
        {"x risk", "(x {risk = danger})"},
        {"x-risks", "({x-risks = xrisk = <existential risk>1})"},
    };
    check(*state, cases, AQ_COUNT(cases));
}

static void one_way_rules_lead_one_way(void **state)
{
    static const struct shape cases[] = {
        {"ELK", "({ELK = <eliciting latent knowledge>2})"},
        {"eliciting latent knowledge", "(eliciting latent knowledge)"},
        {"danger", "(danger)"},
    };
    check(*state, cases, AQ_COUNT(cases));
}

static void what_is_said_already_is_not_added(void **state)
{
    static const struct shape cases[] = {
        {"AGI artificial general intelligence", "(AGI artificial general intelligence)"},
        {"AGI OR \"artificial general intelligence\"", "|AGI +\"artificial general intelligence\";"},
        {"AGI -\"artificial general intelligence\"", "(AGI -\"artificial general intelligence\")"},
        {"xrisk (y OR x-risk)", "({xrisk = <existential risk>1} |y {x-risk = <existential risk>1};)"},
    };
    check(*state, cases, AQ_COUNT(cases));
}

static void exclusions_phrases_and_near_are_left_alone(void **state)
{
    static const struct shape cases[] = {
        {"doom -AGI", "(doom -AGI)"},
        {"doom -(AGI OR elk)", "(doom -|AGI elk;)"},
        {"\"AGI\"", "(+\"AGI\")"},
        {"AGI NEAR/3 doom", "(+<AGI doom>~3)"},
        {"AGI NEAR/3 (elk OR doom)", "(+<AGI |elk doom;>~3)"},
        {"AGI*", "(\"AGI\")"},
    };
    check(*state, cases, AQ_COUNT(cases));
}

static void groups_and_operators_have_synonyms_inside(void **state)
{
    static const struct shape cases[] = {
        {"AGI AND doom", "&{AGI = <artificial general intelligence>2} doom;"},
        {"large language model AND doom", "&({(large language model) = LLM}) doom;"},
        {"doom (elk OR deer)", "(doom |{elk = <eliciting latent knowledge>2} deer;)"},
        {"a AND NOT elk", "&a -elk;"},
    };
    check(*state, cases, AQ_COUNT(cases));
}

static void scripts_without_spaces_match(void **state)
{
    static const struct shape cases[] = {
        {"\xE4\xBA\xBA\xE5\xB7\xA5\xE6\x99\xBA\xE8\x83\xBD",
         "({\xE4\xBA\xBA\xE5\xB7\xA5\xE6\x99\xBA\xE8\x83\xBD = AI})"},
        {"\xE4\xBA\xBA\xE5\xB7\xA5", "(\xE4\xBA\xBA\xE5\xB7\xA5)"},
    };
    check(*state, cases, AQ_COUNT(cases));
}

/* "typed" leads a reader back to the query, and for what was added to the rule. */
static void nodes_know_what_they_are_from(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(read_rules(f, rules), AQ_OK);
    widened(f, "no large language model, please");
    const struct aq_node *nodes = f->syntax.nodes;
    const struct aq_node *same = &nodes[nodes[nodes[f->syntax.root].first_child].next];
    assert_int_equal(same->kind, AQ_NODE_SAME);
    assert_true(aq_slice_eq(same->typed, aq_slice_str("large language model,")));
    const struct aq_node *row = &nodes[same->first_child], *added = &nodes[row->next];
    assert_true(aq_slice_eq(row->typed, same->typed));
    assert_true(aq_slice_eq(added->typed, aq_slice_str("LLM")));
    assert_int_equal(added->next, AQ_NO_NODE);
}

static void synonyms_displace_no_word(void **state)
{
    struct fixture *f = *state;
    char query[512] = "AGI ELK";
    assert_int_equal(read_rules(f, rules), AQ_OK);
    for (int i = 2; i < 26; i++)
        snprintf(query + strlen(query), sizeof query - strlen(query), " w%d", i);
    const char *shown = widened(f, query); /* 26 terms and twice three */
    assert_non_null(strstr(shown, "{AGI = "));
    assert_non_null(strstr(shown, "{ELK = "));
    strcat(query, " w26");
    shown = widened(f, query);
    assert_non_null(strstr(shown, "{AGI = "));
    assert_null(strstr(shown, "{ELK = "));
    for (int i = 27; i < 40; i++)
        snprintf(query + strlen(query), sizeof query - strlen(query), " w%d", i);
    assert_null(strstr(widened(f, query), "{"));
}

static void a_table_follows_its_rules(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(read_rules(f, "cat => dog"), AQ_OK);
    assert_string_equal(widened(f, "cat bird"), "({cat = dog} bird)");
    assert_int_equal(read_rules(f, "bird => egg"), AQ_OK);
    assert_string_equal(widened(f, "cat bird"), "(cat {bird = egg})");
    assert_int_equal(read_rules(f, "# none"), AQ_OK);
    assert_string_equal(widened(f, "cat bird"), "(cat bird)");
    aq_analyzer_forget(f->analyzer);
    assert_int_equal(read_rules(f, "cats, dogs"), AQ_OK);
    assert_string_equal(widened(f, "dog"), "({dog = cats})");
    aq_analyzer_forget(f->analyzer);
    assert_string_equal(widened(f, "dog"), "({dog = cats})");
    aq_analyzer_close(f->analyzer);
    assert_int_equal(aq_analyzer_open("none", &f->analyzer, NULL), AQ_OK);
    assert_string_equal(widened(f, "dog"), "(dog)");
}

/* Where stems begin otherwise than words, all rules are read. */
static void languages_that_change_initials_match(void **state)
{
    struct fixture *f = *state;
    static const char *const languages[] = {"indonesian", "german", "none", "english"};
    for (size_t i = 0; i < AQ_COUNT(languages); i++) {
        aq_analyzer_close(f->analyzer);
        assert_int_equal(aq_analyzer_open(languages[i], &f->analyzer, NULL), AQ_OK);
        assert_int_equal(read_rules(f, "berlari => kabur\n\xC3\xA9lan, verve\n\"zest, verve\n"
                                       "http://walrus.org, verve\n"),
                         AQ_OK);
        assert_int_equal(strchr(widened(f, "lari"), '{') != NULL, i == 0);
        assert_string_equal(widened(f, "\xC3\xA9lan"), "({\xC3\xA9lan = verve})");
        assert_string_equal(widened(f, "ZEST"), "({ZEST = verve})");
        assert_string_equal(widened(f, "walrus.org"), "({walrus.org = verve})");
        assert_string_equal(widened(f, "\xEF\xBC\xBA\xEF\xBC\xA5\xEF\xBC\xB3\xEF\xBC\xB4"),
                            "({\xEF\xBC\xBA\xEF\xBC\xA5\xEF\xBC\xB3\xEF\xBC\xB4 = verve})");
    }
}

static void without_rules_nothing_changes(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(widened(f, "AGI"), "(AGI)");
}

/* ---- the list of the program ---- */

static void the_default_list_has_no_stem_of_a_common_word(void **state)
{
    struct fixture *f = *state;
    static const char common[] = "a fly flies flying meter metre tie ties ass said aged easy risk is us it all sea "
                                 "seas see say lm large language model human machine level fir tay lesson less wrong "
                                 "reinforcement learning general intelligence";
    assert_int_equal(aq_synonyms_default(&f->rules, &f->err), AQ_OK);
    assert_true(f->rules->count > 10);
    for (const char *p = common; *p; p += strspn(p, " ")) {
        char word[32] = "";
        size_t n = strcspn(p, " ");
        memcpy(word, p, n);
        assert_null(strchr(widened(f, word), '{'));
        p += n;
    }
}

static void the_default_list_knows_the_field(void **state)
{
    struct fixture *f = *state;
    static const struct shape cases[] = {
        {"AGI", "({AGI = <artificial general intelligence>2})"},
        {"artificial general intelligence", "= AGI"},
        {"x-risk", "<existential risk>1"},
        {"RLHF", "<reinforcement learning from human feedback>4"},
        {"elk", "<eliciting latent knowledge>2"},
        {"x-risks", "({x-risks = xrisk = <existential risk>1})"},
        {"existential risks", "({(existential risks) = <x risk>1 = xrisk})"},
    };
    assert_int_equal(aq_synonyms_default(&f->rules, &f->err), AQ_OK);
    for (size_t i = 0; i < AQ_COUNT(cases); i++)
        assert_non_null(strstr(widened(f, cases[i].query), cases[i].tree));
    assert_string_equal(widened(f, "eliciting latent knowledge"), "(eliciting latent knowledge)");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    static const struct CMUnitTest tests[] = {
        T(rules_are_read_line_by_line),
        T(words_without_a_letter_are_left_out_of_a_name),
        T(nothing_is_no_rule),
        T(a_bad_line_is_told_with_its_number),
        T(bounds_are_told),
        T(a_word_stands_for_its_synonyms),
        T(words_in_a_row_stand_for_theirs),
        T(the_longest_run_comes_first),
        T(compounds_are_told_from_their_parts),
        T(one_way_rules_lead_one_way),
        T(what_is_said_already_is_not_added),
        T(exclusions_phrases_and_near_are_left_alone),
        T(groups_and_operators_have_synonyms_inside),
        T(scripts_without_spaces_match),
        T(nodes_know_what_they_are_from),
        T(synonyms_displace_no_word),
        T(a_table_follows_its_rules),
        T(languages_that_change_initials_match),
        T(without_rules_nothing_changes),
        T(the_default_list_has_no_stem_of_a_common_word),
        T(the_default_list_knows_the_field),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
