/* document_test.c - bodies to blocks, golden cases. A document is written as one
 * line a block: kind (P H I C T), quote depth, text with "\n" for its line feeds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "document.h"

#include <stdio.h>

typedef enum aq_status converter(struct aq_document *, struct aq_slice, struct aq_error *);

static void check(converter *convert, const char *text, const char *expected, const char *title)
{
    struct aq_document d = {0};
    struct aq_error err = {0};
    struct aq_buf shape = {0};
    assert_int_equal(convert(&d, aq_slice_str(text), &err), AQ_OK);
    size_t end = 0;
    for (size_t i = 0; i < d.count; i++) {
        const struct aq_block *b = &d.blocks[i];
        assert_true(b->begin >= end && b->begin < b->end && b->end <= d.text.len);
        for (; end < b->begin; end++)
            assert_int_equal(d.text.ptr[end], '\n');
        end = b->end;
        aq_buf_printf(&shape, "%c%d ", "PHICT"[b->kind], b -> quote_depth);
        for (size_t k = b->begin; k < b->end; k++)
            if (d.text.ptr[k] == '\n')
                aq_buf_puts(&shape, "\\n");
            else
                aq_buf_u8(&shape, d.text.ptr[k]);
        aq_buf_u8(&shape, '\n');
    }
    assert_int_equal(end, d.text.len);
    aq_buf_u8(&shape, 0);
    assert_string_equal((const char *)shape.ptr, expected);
    if (title) {
        aq_buf_u8(&d.title, 0);
        assert_string_equal((const char *)d.title.ptr, title);
    }
    aq_buf_free(&shape);
    aq_document_free(&d);
}

/* Marks of a body: 1 a link, 2 code. What the text shows of links does not count here. */
static void marks(converter *convert, const char *text, unsigned expected)
{
    struct aq_document d = {0};
    struct aq_error err = {0};
    assert_int_equal(convert(&d, aq_slice_str(text), &err), AQ_OK);
    if (d.marks != expected)
        fail_msg("marks %u, not %u: %s", d.marks, expected, text);
    aq_document_clear(&d);
    assert_int_equal(d.marks, 0);
    aq_document_free(&d);
}

#define TEXT(text, expected)     check(aq_document_from_text, text, expected, NULL)
#define MARKDOWN(text, expected) check(aq_document_from_markdown, text, expected, NULL)
#define HTML(text, expected)     check(aq_document_from_html, text, expected, NULL)

/* ---- blocks ---- */

static void blocks_are_trimmed_and_empty_ones_dropped(void **state)
{
    (void)state;
    struct aq_document d = {0};
    assert_int_equal(aq_document_add(&d, AQ_BLOCK_PARAGRAPH, 0, aq_slice_str(" \n one \t\n")), AQ_OK);
    assert_int_equal(aq_document_add(&d, AQ_BLOCK_PARAGRAPH, 0, aq_slice_str(" \n\t ")), AQ_OK);
    assert_int_equal(aq_document_add(&d, AQ_BLOCK_CODE, 99, aq_slice_str("\n  \n  if x:\n    y\n\n")), AQ_OK);
    assert_int_equal(d.count, 2);
    assert_int_equal(d.blocks[1].quote_depth, 15);
    aq_buf_u8(&d.text, 0);
    assert_string_equal((const char *)d.text.ptr, "one\n\n  if x:\n    y");
    aq_document_clear(&d);
    assert_int_equal(d.count, 0);
    assert_int_equal(d.text.len, 0);
    aq_document_free(&d);
}

static void items_stand_close_and_other_blocks_apart(void **state)
{
    (void)state;
    struct aq_document d = {0};
    aq_document_add(&d, AQ_BLOCK_ITEM, 0, aq_slice_str("- a"));
    aq_document_add(&d, AQ_BLOCK_ITEM, 0, aq_slice_str("- b"));
    aq_document_add(&d, AQ_BLOCK_ITEM, 1, aq_slice_str("- c"));
    aq_document_add(&d, AQ_BLOCK_PARAGRAPH, 0, aq_slice_str("d"));
    aq_buf_u8(&d.text, 0);
    assert_string_equal((const char *)d.text.ptr, "- a\n- b\n\n- c\n\nd");
    aq_document_free(&d);
}

/* ---- plain text ---- */

static void blank_lines_part_paragraphs(void **state)
{
    (void)state;
    TEXT("one\ntwo\n\nthree\n \t \n\nfour", "P0 one\\ntwo\nP0 three\nP0 four\n");
    TEXT("one\r\ntwo\r\n\r\nthree\rfour", "P0 one\\ntwo\nP0 three\\nfour\n");
    TEXT("", "");
    TEXT("\n\n  \n", "");
}

static void angle_brackets_give_quote_depth(void **state)
{
    (void)state;
    TEXT("On Friday, X wrote:\n> a\n> b\n>> c\n> > d\n>  > > e\n>\n> f\nreply",
         "P0 On Friday, X wrote:\nP1 a\\nb\nP2 c\\nd\nP3 e\nP1 f\nP0 reply\n");
    TEXT(">no blank\n>after", "P1 no blank\\nafter\n");
}

static void quote_depth_stops_at_fifteen(void **state)
{
    (void)state;
    TEXT(">>>>>>>>>>>>>>>>>>>> deep", "P15 deep\n");
}

static void faces_and_comparisons_are_no_quotes(void **state)
{
    (void)state;
    TEXT(">.< oh", "P0 >.< oh\n");
    TEXT(">:( oh", "P0 >:( oh\n");
    TEXT(">= 3 of them", "P0 >= 3 of them\n");
    TEXT("a > b", "P0 a > b\n");
}

static void an_escaped_from_line_is_no_quote(void **state)
{
    (void)state;
    TEXT("and\n>From here on\nit goes", "P0 and\\nFrom here on\\nit goes\n");
    TEXT("> quoted\n>From him", "P1 quoted\\nFrom him\n");
}

static void discourse_quotes_nest(void **state)
{
    (void)state;
    TEXT("[quote=\"bob, post:1, topic:9\"]\nouter\n[quote=\"amy\"]inner[/quote]\nouter "
         "again\n[/quote]\n\nmine",
         "P1 outer\nP2 inner\nP1 outer again\nP0 mine\n");
    TEXT("[quote=\"bob\"]\n> marked\n[/quote]", "P2 marked\n");
    TEXT("[QUOTE]x[/QUOTE]y", "P1 x\nP0 y\n");
}

static void quote_tags_without_a_partner_are_text(void **state)
{
    (void)state;
    TEXT("[quote]open", "P0 [quote]open\n");
    TEXT("shut[/quote]", "P0 shut[/quote]\n");
    TEXT("[quote][quote]a[/quote]b", "P0 [quote]\nP1 a\nP0 b\n");
    TEXT("[quotes] and [quotex]", "P0 [quotes] and [quotex]\n");
}

static void quote_tags_in_fenced_code_are_code(void **state)
{
    (void)state;
    TEXT("```\n[quote]\n```\n\n[quote]a[/quote]", "C0 [quote]\nP1 a\n");
}

static void lists_are_items(void **state)
{
    (void)state;
    TEXT("Intro:\n- one\n* two\n  goes on\n\n1. three\n2) four\n\nend",
         "P0 Intro:\nI0 - one\nI0 - two\\ngoes on\nI0 1. three\nI0 2. four\nP0 end\n");
    TEXT("\xE2\x80\xA2 dot", "I0 - dot\n");
    TEXT("> - quoted item\n> - other", "I1 - quoted item\nI1 - other\n");
}

static void a_year_at_a_line_start_is_no_item(void **state)
{
    (void)state;
    TEXT("it was in\n198. The end", "P0 it was in\\n198. The end\n");
    TEXT("-5 degrees\n*emphasis* here", "P0 -5 degrees\\n*emphasis* here\n");
}

static void fenced_code_keeps_its_lines(void **state)
{
    (void)state;
    TEXT("see\n```c\nint x;\n\n  > y;\n```\nafter", "P0 see\nC0 int x;\\n\\n  > y;\nP0 after\n");
    TEXT("> ```\n> code\n> ```", "C1 code\n");
}

static void a_fence_without_an_end_is_text(void **state)
{
    (void)state;
    TEXT("```\nnot code", "P0 ```\\nnot code\n");
}

static void indented_lines_are_code_only_when_they_look_so(void **state)
{
    (void)state;
    TEXT("so:\n\n    int a = f(b);\n    return a;\n\ndone",
         "P0 so:\nC0     int a = f(b);\\n    return a;\nP0 done\n");
    TEXT("so:\n\n    a poem is set\n    like this one\n\ndone",
         "P0 so:\nP0 a poem is set\\n    like this one\nP0 done\n");
}

static void headings_and_rules_are_recognised(void **state)
{
    (void)state;
    TEXT("## Part two ##\ntext\n\n# Alone\n\nTitle\n=====\nx\n\n-----\ny",
         "H0 Part two\nP0 text\nH0 Alone\nH0 Title\nP0 x\nP0 y\n");
    TEXT("# apt-get install\n# reboot", "P0 # apt-get install\\n# reboot\n");
}

/* ---- Markdown ---- */

static void emphasis_and_code_spans_lose_their_marks(void **state)
{
    (void)state;
    MARKDOWN("**bold** _it_ `co*de` ~~gone~~ \\*star\\*", "P0 bold it co*de gone *star*\n");
}

static void links_show_their_target_once(void **state)
{
    (void)state;
    MARKDOWN(
        "[text](http://x.org/a) [http://x.org/b](http://x.org/b) <http://y.org> http://z.org/q www.w.org",
        "P0 text <http://x.org/a> http://x.org/b http://y.org http://z.org/q www.w.org\n");
    MARKDOWN("[up](#top) ![alt](i.png) [![pic](i.png)](http://x.org) [](http://x.org)",
             "P0 up alt pic <http://x.org>\n");
    MARKDOWN("[ref][r] &amp; [e](http://x.org/?a=1&amp;b)\n\n[r]: http://r.org",
             "P0 ref <http://r.org> & e <http://x.org/?a=1&b>\n");
}

static void soft_breaks_are_spaces_and_hard_ones_line_feeds(void **state)
{
    (void)state;
    MARKDOWN("one\ntwo  \nthree\\\nfour", "P0 one two\\nthree\\nfour\n");
}

static void nested_lists_and_quotes_are_flattened(void **state)
{
    (void)state;
    MARKDOWN("- a\n  - b\n    1. c\n- d\n\n  second\n", "I0 - a\nI0 - b\nI0 1. c\nI0 - d\nP0 second\n");
    MARKDOWN("> q\n>> qq\n>\n> - item\n\nown", "P1 q\nP2 qq\nI1 - item\nP0 own\n");
    MARKDOWN("3. three\n4. four", "I0 3. three\nI0 4. four\n");
}

static void tables_are_rows(void **state)
{
    (void)state;
    MARKDOWN("| a | *b* |\n|---|---|\n| 1 | 2 |\n| 3 |\n", "T0 a | b\\n1 | 2\\n3 |\n");
}

static void code_blocks_keep_white_space(void **state)
{
    (void)state;
    MARKDOWN("```py\ndef f():\n    x < 1\n```\n\n    indented\n      more",
             "C0 def f():\\n    x < 1\nC0 indented\\n  more\n");
}

static void tex_stays_as_it_is(void **state)
{
    (void)state;
    MARKDOWN("so $a_1 * b_2 * c_3$ and $$x_i^*$$ but $5", "P0 so $a_1 * b_2 * c_3$ and $$x_i^*$$ but $5\n");
}

static void markdown_ends_where_its_text_ends(void **state)
{
    (void)state;
    static const char text[] = "Text with [a link](https://x.ex` and what another record left` here";
    struct aq_document d = {0};
    struct aq_error err;
    assert_int_equal(aq_document_from_markdown(&d, aq_slice(text, 32), &err), AQ_OK);
    assert_int_equal(d.text.len, 32);
    assert_memory_equal(d.text.ptr, "Text with [a link](https://x.ex`", 32);
    aq_document_free(&d);
}

static void html_in_markdown_is_read_or_dropped(void **state)
{
    (void)state;
    MARKDOWN("a<br>b <b>c</b> <span class=\"x\">d</span> 1 < 2 &lt;tag&gt;", "P0 a\\nb c d 1 < 2 <tag>\n");
    MARKDOWN("<div>\nraw <i>x</i> &amp; y\n</div>\n\nafter", "P0 raw x & y\nP0 after\n");
    MARKDOWN("<blockquote>\n\nquoted *md*\n\n</blockquote>\n\nown", "P1 quoted md\nP0 own\n");
    MARKDOWN("<script>\nalert(\"<p>\")\n</script>\n\nafter <!-- gone --> it", "P0 after it\n");
}

static void discourse_quotes_work_in_markdown(void **state)
{
    (void)state;
    MARKDOWN("[quote=\"b, post:1\"]\n*in*\n> deeper\n[/quote]\n\n*out*", "P1 in\nP2 deeper\nP0 out\n");
}

static void the_first_top_heading_is_the_title(void **state)
{
    (void)state;
    check(aq_document_from_markdown, "## Sub\n\n# *Top* one\n\n# Second", "H0 Sub\nH0 Top one\nH0 Second\n",
          "Top one");
    check(aq_document_from_markdown, "text\n\n### Only\n", "P0 text\nH0 Only\n", "Only");
    check(aq_document_from_markdown, "> # Quoted\n\nx", "H1 Quoted\nP0 x\n", "");
}

static void reference_bombs_fall_back_to_plain_text(void **state)
{
    (void)state;
    struct aq_buf b = {0};
    struct aq_document d = {0};
    struct aq_error err = {0};
    aq_buf_puts(&b, "[r]: http://x.org/");
    for (int i = 0; i < 20000; i++)
        aq_buf_u8(&b, 'a');
    aq_buf_puts(&b, "\n\n");
    for (int i = 0; i < 20000; i++)
        aq_buf_puts(&b, "[r] ");
    assert_int_equal(aq_document_from_markdown(&d, aq_slice(b.ptr, b.len), &err), AQ_OK);
    assert_true(d.count > 0 && d.text.len <= b.len + 100);
    aq_buf_free(&b);
    aq_document_free(&d);
}

/* ---- HTML ---- */

static void html_blocks_become_blocks(void **state)
{
    (void)state;
    HTML("<p>one <b>b</b>old<p>two<br>lines<div>three</div>four",
         "P0 one bold\nP0 two\\nlines\nP0 three\nP0 four\n");
    HTML("<h2>Head</h2>text<hr>more", "H0 Head\nP0 text\nP0 more\n");
    HTML("<ul><li>a<li>b<ol start=7><li>c</ol></ul>", "I0 - a\nI0 - b\nI0 7. c\n");
    HTML("<pre>  x\n   y &lt;z&gt;</pre>", "C0   x\\n   y <z>\n");
    HTML("<table><tr><th>a<th>b<tr><td>1<td><p>2</p></table>", "T0 a | b\\n1 | 2\n");
    HTML("<table><tr><td><ul><li>laid out</ul><td>cell</table>", "I0 - laid out\nP0 cell\n");
}

static void html_quotes_nest(void **state)
{
    (void)state;
    HTML("<blockquote>a<blockquote><p>b</blockquote>c</blockquote>d", "P1 a\nP2 b\nP1 c\nP0 d\n");
    HTML("he <q>said</q> so", "P0 he \xE2\x80\x9Csaid\xE2\x80\x9D so\n");
}

static void html_entities_and_white_space_are_resolved(void **state)
{
    (void)state;
    HTML("a&nbsp;&mdash; \n\t b&#39;s &#x2F; &copy;", "P0 a \xE2\x80\x94 b's / \xC2\xA9\n");
    HTML("caf\xC3\xA9 \xE2\x82\xAC", "P0 caf\xC3\xA9 \xE2\x82\xAC\n");
}

static void scripts_styles_and_hidden_parts_are_dropped(void **state)
{
    (void)state;
    HTML("a<script>x<p>y</script><style>z{}</style><template><p>t</template><span "
         "aria-hidden=\"true\">h<b>i</b></span>b<noscript>n</noscript>",
         "P0 ab\n");
    HTML("<head><title>T</title></head><svg><title>no</title><text>no</text></svg><p>yes", "P0 yes\n");
}

static void html_links_follow_the_same_rules(void **state)
{
    (void)state;
    HTML("<a href=\"http://x.org/\">x.org</a> <a href=http://y.org>why</a> <a href=\"#n\">note</a> <a "
         "href=\"javascript:a()\">js</a>",
         "P0 x.org why <http://y.org> note js\n");
    HTML("<a href=\"https://example.com/a/long/path\">https://example.com/a/lo...</a>",
         "P0 https://example.com/a/long/path\n");
    HTML("<a class=\"mention\" href=\"/u/bob\">@bob</a> <img alt=\"a cat\" src=x>", "P0 @bob a cat\n");
}

static void hacker_news_comments_read_well(void **state)
{
    (void)state;
    HTML("Hi<p><i>&gt; quoted</i><p>&gt; also<br>not this<p>1 &gt; 0<pre><code>  code\n</code></pre>",
         "P0 Hi\nP1 quoted\nP1 also\nP0 not this\nP0 1 > 0\nC0   code\n");
}

static void discourse_quote_frames_lose_their_caption(void **state)
{
    (void)state;
    HTML("<aside class=\"quote no-group\" data-post=\"1\"><div "
         "class=\"title\">bob:</div><blockquote><p>said</p></blockquote></aside><p>me</p>",
         "P1 said\nP0 me\n");
}

static void html_titles_prefer_headings(void **state)
{
    (void)state;
    check(aq_document_from_html, "<title> A &amp;\n b </title><p>x", "P0 x\n", "A & b");
    check(aq_document_from_html, "<title>A</title><h2>B</h2><h1>C</h1>", "H0 B\nH0 C\n", "C");
}

static void cut_off_html_is_read_as_far_as_it_goes(void **state)
{
    (void)state;
    HTML("<p>whole</p><a href=\"http://x", "P0 whole\n");
    HTML("<p>text &am", "P0 text &am\n");
    HTML("<blockquote><b>open", "P1 open\n");
}

static void links_are_noted(void **state)
{
    (void)state;
    marks(aq_document_from_markdown, "[a](/b)", 1);
    marks(aq_document_from_markdown, "see http://x.org", 1);
    marks(aq_document_from_markdown, "<http://x.org> [a][1]\n\n[1]: http://y.org", 1);
    marks(aq_document_from_markdown, "> a <a href=\"/b\">tag</a>", 1);
    marks(aq_document_from_html, "<a href=b><img src=c></a>", 1);
    marks(aq_document_from_html, "<a href=\"mailto:a@b.org\">a</a>", 1);
    marks(aq_document_from_markdown, "[a] (b) ![alt](pic.png) [note](#n)", 0);
    marks(aq_document_from_html, "<a name=x>a</a> <a href=\"#n\">n</a> <a href=\"javascript:a()\">js</a>", 0);
    marks(aq_document_from_html, "<a class=\"mention\" href=\"/u/bob\">@bob</a>", 0);
    marks(aq_document_from_html, "<nav><a href=b>c</a></nav> x", 0);
    marks(aq_document_from_text, "[a](/b) http://x.org", 0);
}

static void code_is_noted(void **state)
{
    (void)state;
    marks(aq_document_from_markdown, "use `x` here", 2);
    marks(aq_document_from_markdown, "```\nx\n```", 2);
    marks(aq_document_from_markdown, "a\n\n    x\n", 2);
    marks(aq_document_from_markdown, "a <code>b</code>", 2);
    marks(aq_document_from_html, "a <code>b</code>", 2);
    marks(aq_document_from_html, "<pre>b</pre>", 2);
    marks(aq_document_from_html, "<a href=b><tt>c</tt></a>", 3);
    marks(aq_document_from_text, "```\nx\n```", 2);
    marks(aq_document_from_text, "a\n\n    if (x) { y(); }\n", 2);
    marks(aq_document_from_markdown, "a \\`b\\` c ` d", 0);
    marks(aq_document_from_html, "<nav><code>a</code></nav> x <kbd>y</kbd>", 0);
    marks(aq_document_from_text, "use `x` here", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_trimmed_and_empty_ones_dropped),
        cmocka_unit_test(items_stand_close_and_other_blocks_apart),
        cmocka_unit_test(blank_lines_part_paragraphs),
        cmocka_unit_test(angle_brackets_give_quote_depth),
        cmocka_unit_test(quote_depth_stops_at_fifteen),
        cmocka_unit_test(faces_and_comparisons_are_no_quotes),
        cmocka_unit_test(an_escaped_from_line_is_no_quote),
        cmocka_unit_test(discourse_quotes_nest),
        cmocka_unit_test(quote_tags_without_a_partner_are_text),
        cmocka_unit_test(quote_tags_in_fenced_code_are_code),
        cmocka_unit_test(lists_are_items),
        cmocka_unit_test(a_year_at_a_line_start_is_no_item),
        cmocka_unit_test(fenced_code_keeps_its_lines),
        cmocka_unit_test(a_fence_without_an_end_is_text),
        cmocka_unit_test(indented_lines_are_code_only_when_they_look_so),
        cmocka_unit_test(headings_and_rules_are_recognised),
        cmocka_unit_test(emphasis_and_code_spans_lose_their_marks),
        cmocka_unit_test(links_show_their_target_once),
        cmocka_unit_test(soft_breaks_are_spaces_and_hard_ones_line_feeds),
        cmocka_unit_test(nested_lists_and_quotes_are_flattened),
        cmocka_unit_test(tables_are_rows),
        cmocka_unit_test(code_blocks_keep_white_space),
        cmocka_unit_test(tex_stays_as_it_is),
        cmocka_unit_test(markdown_ends_where_its_text_ends),
        cmocka_unit_test(html_in_markdown_is_read_or_dropped),
        cmocka_unit_test(discourse_quotes_work_in_markdown),
        cmocka_unit_test(the_first_top_heading_is_the_title),
        cmocka_unit_test(reference_bombs_fall_back_to_plain_text),
        cmocka_unit_test(html_blocks_become_blocks),
        cmocka_unit_test(html_quotes_nest),
        cmocka_unit_test(html_entities_and_white_space_are_resolved),
        cmocka_unit_test(scripts_styles_and_hidden_parts_are_dropped),
        cmocka_unit_test(html_links_follow_the_same_rules),
        cmocka_unit_test(hacker_news_comments_read_well),
        cmocka_unit_test(discourse_quote_frames_lose_their_caption),
        cmocka_unit_test(html_titles_prefer_headings),
        cmocka_unit_test(links_are_noted),
        cmocka_unit_test(code_is_noted),
        cmocka_unit_test(cut_off_html_is_read_as_far_as_it_goes),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
