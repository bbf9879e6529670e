/* Postings, case by case: the bytes themselves, refusals, limits, and every lie a
 * list with a right checksum can tell. Random lists: tests/prop/postings_test.c. */
#include "bitpack.h"
#include "crc32c.h"
#include "postings.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const struct aq_impact_model MODEL = {1.2, 0.75, 30};

struct made {
    struct aq_postings_writer *w;
    struct aq_slice term, list, positions; /* list and positions writable until the next begin */
};

static struct aq_form form(const char *text, uint64_t count)
{
    return (struct aq_form){aq_slice_str(text), count};
}

static uint8_t *writable(struct aq_slice s)
{
    return (uint8_t *)(uintptr_t)s.ptr;
}

/* Postings i * step with tf 1 at position i % 100, but tf 3 for every 50th; form 1
 * where i is a multiple of 10 and there are two forms. */
static struct made make(const char *term, uint32_t df, uint32_t step, bool two_forms)
{
    struct made m = {aq_postings_writer_new(), aq_slice_str(term), {0}, {0}};
    assert_non_null(m.w);
    uint32_t often = (df + 49) / 50, other = (df + 9) / 10, all = df + 2 * often;
    struct aq_form forms[2] = {form(term, all), form("xs", 0)};
    if (two_forms) {
        forms[0].count = all - other;
        forms[1].count = other;
    }
    aq_postings_begin(m.w, m.term, forms, two_forms ? 2 : 1, &MODEL);
    for (uint32_t i = 0; i < df; i++) {
        uint16_t at = (uint16_t)(i % 100);
        uint16_t positions[3] = {at, (uint16_t)(at + 1), (uint16_t)(at + 200)};
        uint16_t codes[3] = {two_forms && i % 10 == 0, 0, 0};
        aq_postings_add(m.w, i * step, 40, i % 50 ? 1 : 3, positions, codes);
    }
    assert_int_equal(aq_postings_end(m.w, &m.list, &m.positions), AQ_OK);
    return m;
}

static void made_free(struct made *m)
{
    aq_postings_writer_free(m->w);
}

static struct aq_postings parse(const struct made *m)
{
    struct aq_postings p;
    assert_int_equal(aq_postings_parse(&p, m->term, m->list, m->positions), AQ_OK);
    return p;
}

/* ---- bytes ---- */

static void a_term_seen_once_costs_three_bytes_and_a_checksum(void **state)
{
    (void)state;
    struct aq_postings_writer *w = aq_postings_writer_new();
    struct aq_form f = form("zeitgeist", 1);
    struct aq_slice list, positions;
    assert_non_null(w);
    aq_postings_begin(w, f.text, &f, 1, &MODEL);
    aq_postings_add(w, 5, 40, 1, (uint16_t[]){3}, (uint16_t[]){0});
    assert_int_equal(aq_postings_end(w, &list, &positions), AQ_OK);
    const uint8_t want[] = {1 << 1, 5 << 1, 3};
    assert_int_equal(list.len, sizeof want + 4);
    assert_memory_equal(list.ptr, want, sizeof want);
    assert_int_equal(aq_load32(list.ptr + 3), aq_crc32c(aq_crc32c(0, "Tzeitgeist", 10), want, sizeof want));
    assert_int_equal(positions.len, 0);
    aq_postings_writer_free(w);
}

static void a_short_list_with_two_forms_is_laid_out_as_documented(void **state)
{
    (void)state;
    struct aq_postings_writer *w = aq_postings_writer_new();
    struct aq_form forms[] = {form("argues", 3), form("arguing", 1)};
    struct aq_slice list, positions;
    assert_non_null(w);
    aq_postings_begin(w, aq_slice_str("argu"), forms, 2, &MODEL);
    aq_postings_add(w, 7, 40, 1, (uint16_t[]){0}, (uint16_t[]){0});
    aq_postings_add(w, 9, 40, 3, (uint16_t[]){2, 3, 200}, (uint16_t[]){0, 1, 0});
    assert_int_equal(aq_postings_end(w, &list, &positions), AQ_OK);
    const uint8_t want[] = {
        2 << 1 | 1,                        /* df 2, forms follow */
        2, 'e', 's', 3,                    /* cut 0, tail 2; three positions */
        0x80 | 3, 'i', 'n', 'g', 1,        /* last: cut 0, tail 3; one position */
        7 << 1, 0,                         /* docid 7; position 0 */
        1 << 1 | 1, 1, 2, 0, 0xc4, 0x01,   /* docid 7 + 1 + 1, tf 2 + 1: 2, 3, 3 + 1 + 196 */
        0x04                               /* codes 0, 0, 1, 0 */
    };
    assert_int_equal(list.len, sizeof want + 4);
    assert_memory_equal(list.ptr, want, sizeof want);
    assert_int_equal(positions.len, 0);
    aq_postings_writer_free(w);
}

static void the_hundred_and_twenty_eighth_posting_makes_a_block_list(void **state)
{
    (void)state;
    struct made few = make("x", 127, 3, false), many = make("x", 128, 3, false);
    struct aq_postings a = parse(&few), b = parse(&many);
    assert_int_equal(a.blocks, 0);
    assert_int_equal(few.positions.len, 0);
    assert_int_equal(b.blocks, 1);
    assert_int_equal(b.ttf, 128 + 2 * 3);
    assert_true(many.positions.len > 4);
    /* header 20, directory 13; docid gaps of 2 but for the first, which is 0 */
    assert_int_equal(many.list.ptr[0], 0);
    assert_int_equal(aq_load32(many.list.ptr + 4), 128);
    assert_int_equal(aq_load32(many.list.ptr + 20), 127 * 3);
    assert_int_equal(many.list.ptr[33], 2);
    made_free(&few);
    made_free(&many);
}

/* ---- impacts ---- */

static void an_impact_is_the_saturated_tf_rounded_up(void **state)
{
    (void)state;
    /* at the average length, K = k1: 255 / 2.2 = 115.9, 510 / 3.2 = 159.4 */
    assert_int_equal(aq_impact(&MODEL, 1, 30), 116);
    assert_int_equal(aq_impact(&MODEL, 2, 30), 160);
    for (uint32_t tf = 1; tf <= 255; tf++) {
        for (unsigned length = 0; length <= 255; length += 5) {
            double k = MODEL.k1 * (1 - MODEL.b + MODEL.b * fmax(length / MODEL.average_length, 0.25));
            uint8_t impact = aq_impact(&MODEL, tf, (uint8_t)length);
            assert_true(impact >= 255 * tf / (tf + k) && impact < 255 * tf / (tf + k) + 1);
        }
    }
}

static void an_impact_bounds_even_senseless_models(void **state)
{
    (void)state;
    assert_int_equal(aq_impact(&(struct aq_impact_model){0, 0, 0}, 1, 10), 255);
    assert_int_equal(aq_impact(&(struct aq_impact_model){1.2, 0.75, 0}, 1, 0), 168); /* as a quarter of any average */
    assert_int_equal(aq_impact(&(struct aq_impact_model){1e300, 0, 1}, 1, 10), 1);
    assert_int_equal(aq_impact(&(struct aq_impact_model){-5, 0, 1}, 1, 10), 1);
}

/* ---- writing ---- */

static void a_list_without_postings_is_refused(void **state)
{
    (void)state;
    struct aq_postings_writer *w = aq_postings_writer_new();
    struct aq_form f = form("x", 1);
    struct aq_slice list, positions;
    assert_non_null(w);
    aq_postings_begin(w, f.text, &f, 1, &MODEL);
    assert_int_equal(aq_postings_end(w, &list, &positions), AQ_INVALID);
    assert_null(list.ptr);
    aq_postings_writer_free(w);
}

struct broken {
    uint32_t docids[2], tf;
    uint16_t positions[2], codes[2];
    uint64_t count; /* of the first of two forms; the second has 1 */
};

static void postings_that_break_the_rules_are_refused_and_the_next_list_is_fine(void **state)
{
    (void)state;
    static const struct broken cases[] = {
        {{5, 5}, 1, {0, 0}, {0, 1}, 1},               /* docid again */
        {{5, 4}, 1, {0, 0}, {0, 1}, 1},               /* backwards */
        {{5, AQ_DOCID_END}, 1, {0, 0}, {0, 1}, 1},    /* the end is no docid */
        {{5, 6}, 0, {0, 0}, {0, 1}, 1},               /* no occurrence */
        {{5, 6}, 256, {0, 0}, {0, 1}, 1},             /* too many */
        {{5, 6}, 2, {3, 3}, {0, 1}, 3},               /* one position twice */
        {{5, 6}, 1, {AQ_POSITION_MAX, 0}, {0, 1}, 1}, /* too far in */
        {{5, 6}, 1, {0, 0}, {2, 0}, 1},               /* no such form */
        {{5, 6}, 1, {0, 0}, {0, 0}, 9},               /* counts do not add up */
    };
    struct aq_postings_writer *w = aq_postings_writer_new();
    uint16_t positions[256] = {0}, codes[256] = {0};
    assert_non_null(w);
    for (size_t i = 0; i < AQ_COUNT(cases); i++) {
        struct aq_form forms[] = {form("x", cases[i].count), form("xs", 1)};
        struct aq_slice list, at;
        memcpy(positions, cases[i].positions, sizeof cases[i].positions);
        memcpy(codes, cases[i].codes, sizeof cases[i].codes);
        aq_postings_begin(w, forms[0].text, forms, 2, &MODEL);
        for (int k = 0; k < 2; k++)
            aq_postings_add(w, cases[i].docids[k], 40, cases[i].tf, positions, codes);
        assert_int_equal(aq_postings_end(w, &list, &at), AQ_INVALID);

        aq_postings_begin(w, forms[0].text, forms, 1, &MODEL);
        aq_postings_add(w, 1, 40, 1, (uint16_t[]){7}, (uint16_t[]){0});
        assert_int_equal(aq_postings_end(w, &list, &at), AQ_OK);
    }
    aq_postings_writer_free(w);
}

static void more_forms_than_codes_are_refused(void **state)
{
    (void)state;
    struct aq_postings_writer *w = aq_postings_writer_new();
    struct aq_form *forms = calloc((1 << 16) + 1, sizeof *forms);
    struct aq_slice list, positions;
    assert_non_null(w);
    assert_non_null(forms);
    aq_postings_begin(w, aq_slice_str("x"), forms, (1 << 16) + 1, &MODEL);
    aq_postings_add(w, 1, 40, 1, (uint16_t[]){7}, (uint16_t[]){0});
    assert_int_equal(aq_postings_end(w, &list, &positions), AQ_FULL);
    aq_postings_begin(w, aq_slice_str("x"), forms, 0, &MODEL);
    assert_int_equal(aq_postings_end(w, &list, &positions), AQ_INVALID);
    free(forms);
    aq_postings_writer_free(w);
}

static void the_highest_docid_and_the_widest_gap_are_kept(void **state)
{
    (void)state;
    struct aq_postings_writer *w = aq_postings_writer_new();
    struct aq_form f = form("x", 1);
    assert_non_null(w);
    for (uint32_t df = 2; df <= 200; df += 99) { /* varints, then a full block, then a tail */
        struct aq_postings p;
        struct aq_cursor c;
        struct aq_slice list, positions;
        aq_postings_begin(w, f.text, &f, 1, &MODEL);
        for (uint32_t i = 0; i + 1 < df; i++)
            aq_postings_add(w, i, 40, 1, (uint16_t[]){7}, (uint16_t[]){0});
        aq_postings_add(w, AQ_DOCID_END - 1, 40, 1, (uint16_t[]){7}, (uint16_t[]){0});
        assert_int_equal(aq_postings_end(w, &list, &positions), AQ_OK);
        assert_int_equal(aq_postings_parse(&p, f.text, list, positions), AQ_OK);
        aq_cursor_init(&c, &p);
        assert_int_equal(aq_cursor_seek(&c, df - 1), AQ_DOCID_END - 1);
        assert_int_equal(aq_cursor_freq(&c), 1);
        assert_int_equal(aq_cursor_seek(&c, AQ_DOCID_END - 1), AQ_DOCID_END - 1);
        assert_int_equal(aq_cursor_next(&c), AQ_DOCID_END);
        assert_false(c.bad);
    }
    aq_postings_writer_free(w);
}

/* ---- cursors ---- */

static void seek_past_the_last_block_ends_the_cursor(void **state)
{
    (void)state;
    struct made m = make("x", 1000, 2, false);
    struct aq_postings p = parse(&m);
    struct aq_cursor c;
    aq_cursor_init(&c, &p);
    assert_int_equal(aq_cursor_seek(&c, 1999), AQ_DOCID_END);
    assert_false(c.bad);
    made_free(&m);
}

static void seek_backwards_stays(void **state)
{
    (void)state;
    struct made m = make("x", 1000, 2, false);
    struct aq_postings p = parse(&m);
    struct aq_cursor c;
    aq_cursor_init(&c, &p);
    assert_int_equal(aq_cursor_seek(&c, 1001), 1002);
    assert_int_equal(aq_cursor_seek(&c, 3), 1002);
    assert_int_equal(aq_cursor_next(&c), 1004);
    made_free(&m);
}

static void a_docid_at_the_limit_is_corruption(void **state)
{
    (void)state;
    for (uint32_t df = 20; df <= 200; df += 180) {
        struct made m = make("x", df, 2, false);
        struct aq_postings p = parse(&m);
        struct aq_cursor c;
        p.docid_limit = (df - 1) * 2 + 1;
        aq_cursor_init(&c, &p);
        assert_false(c.bad);
        p.docid_limit--;
        aq_cursor_init(&c, &p);
        assert_true(c.bad);
        assert_int_equal(c.docid, AQ_DOCID_END);
        made_free(&m);
    }
}

static void an_empty_list_in_memory_is_at_its_end(void **state)
{
    (void)state;
    struct aq_memory_postings m = {0};
    struct aq_cursor c;
    aq_cursor_init_memory(&c, &m);
    assert_int_equal(c.docid, AQ_DOCID_END);
    assert_int_equal(aq_cursor_next(&c), AQ_DOCID_END);
    assert_int_equal(aq_cursor_seek(&c, 5), AQ_DOCID_END);
    assert_false(c.bad);
}

static void a_decoding_error_sticks(void **state)
{
    (void)state;
    struct made m = make("x", 300, 2, false);
    struct aq_postings p = parse(&m);
    uint16_t positions[255], codes[255];
    struct aq_cursor c;
    writable(m.positions)[0] = 31; /* a width no position has */
    aq_cursor_init(&c, &p);
    assert_int_equal(aq_cursor_freq(&c), 3);
    assert_int_equal(aq_cursor_positions(&c, positions, codes), 0);
    assert_true(c.bad);
    assert_int_equal(c.docid, AQ_DOCID_END);
    assert_int_equal(aq_cursor_seek(&c, 300), AQ_DOCID_END);
    assert_int_equal(aq_cursor_next(&c), AQ_DOCID_END);
    assert_true(c.bad);
    made_free(&m);
}

/* ---- forms ---- */

static bool stop_at_first(void *context, uint32_t code, struct aq_slice text, uint64_t count)
{
    (void)text;
    (void)count;
    *(uint32_t *)context += 1 + code;
    return false;
}

static void a_visitor_may_stop(void **state)
{
    (void)state;
    struct made m = make("x", 20, 2, true);
    struct aq_postings p = parse(&m);
    uint32_t calls = 0;
    assert_int_equal(aq_postings_forms(&p, stop_at_first, &calls), AQ_OK);
    assert_int_equal(calls, 1);
    made_free(&m);
}

static bool compare_form(void *context, uint32_t code, struct aq_slice text, uint64_t count)
{
    const struct aq_form *f = (const struct aq_form *)context + code;
    assert_true(aq_slice_eq(text, f->text));
    assert_int_equal(count, f->count);
    return true;
}

static void forms_unlike_the_term_keep_their_bytes(void **state)
{
    (void)state;
    static const char term[] = "a-term-of-a-certain-length", tail[] = "a-term-of-a-certain-lengthening-that-goes-on";
    struct aq_form forms[] = {form(tail, 3), form("", 2), form("a-term", 1), form("other", 1), form(term, 1)};
    struct aq_postings_writer *w = aq_postings_writer_new();
    struct aq_slice list, positions;
    struct aq_postings p;
    assert_non_null(w);
    aq_postings_begin(w, aq_slice_str(term), forms, 5, &MODEL);
    for (uint16_t i = 0; i < 8; i++) {
        static const uint16_t code[] = {0, 0, 0, 1, 1, 2, 3, 4};
        aq_postings_add(w, i, 40, 1, &i, &code[i]);
    }
    assert_int_equal(aq_postings_end(w, &list, &positions), AQ_OK);
    assert_int_equal(aq_postings_parse(&p, aq_slice_str(term), list, positions), AQ_OK);
    assert_int_equal(aq_postings_forms(&p, compare_form, forms), AQ_OK);
    for (int i = 0; i < 5; i++)
        assert_int_equal(aq_postings_form_code(&p, forms[i].text), i);
    assert_int_equal(aq_postings_form_code(&p, aq_slice_str("a-ter")), -1);
    aq_postings_writer_free(w);
}

static void a_form_too_long_is_refused(void **state)
{
    (void)state;
    char text[300];
    memset(text, 'a', sizeof text);
    struct aq_form f = {aq_slice(text, 256), 1};
    struct aq_postings_writer *w = aq_postings_writer_new();
    struct aq_slice list, positions;
    assert_non_null(w);
    aq_postings_begin(w, aq_slice_str("a"), &f, 1, &MODEL);
    aq_postings_add(w, 1, 40, 1, (uint16_t[]){7}, (uint16_t[]){0});
    assert_int_equal(aq_postings_end(w, &list, &positions), AQ_INVALID);
    f.text.len = 255;
    aq_postings_begin(w, aq_slice_str("a"), &f, 1, &MODEL);
    aq_postings_add(w, 1, 40, 1, (uint16_t[]){7}, (uint16_t[]){0});
    assert_int_equal(aq_postings_end(w, &list, &positions), AQ_OK);
    aq_postings_writer_free(w);
}

/* ---- lies with a right checksum ---- */

static void sign(struct made *m, struct aq_slice value)
{
    uint32_t crc = aq_crc32c(aq_crc32c(0, "T", 1), m->term.ptr, m->term.len);
    aq_store32(writable(value) + value.len - 4, aq_crc32c(crc, value.ptr, value.len - 4));
}

static void assert_fault(struct made *m, const char *part)
{
    char reason[200];
    uint8_t lengths[1000];
    struct aq_postings p;
    memset(lengths, 40, sizeof lengths);
    sign(m, m->list);
    if (m->positions.len)
        sign(m, m->positions);
    assert_int_equal(aq_postings_parse(&p, m->term, m->list, m->positions), AQ_OK);
    const char *wrong = aq_postings_validate(&p, lengths, sizeof lengths, &MODEL, reason, sizeof reason);
    if (!part) {
        assert_null(wrong);
        return;
    }
    assert_non_null(wrong);
    if (!strstr(wrong, part))
        fail_msg("wanted \"%s\", got \"%s\"", part, wrong);
}

/* Two full blocks and a tail; the directory's three arrays of u32 and one of u8. */
enum { HEADER = 20, BLOCKS = 3, LAST = HEADER, BODY = LAST + 4 * BLOCKS, AT = BODY + 4 * BLOCKS, IMPACT = AT + 4 * BLOCKS };

static struct made three_blocks(void)
{
    return make("x", 300, 3, false);
}

static void the_untouched_list_is_sound(void **state)
{
    (void)state;
    struct made m = three_blocks(), s = make("x", 100, 3, true);
    assert_fault(&m, NULL);
    assert_fault(&s, NULL);
    made_free(&m);
    made_free(&s);
}

static void a_wrong_impact_is_noticed(void **state)
{
    (void)state;
    struct made m = three_blocks();
    writable(m.list)[IMPACT + 1]--;
    assert_fault(&m, "block 1 claims impact");
    made_free(&m);
    m = three_blocks();
    writable(m.list)[1]++;
    assert_fault(&m, "header claims impact");
    made_free(&m);
}

static void a_wrong_total_is_noticed(void **state)
{
    (void)state;
    struct made m = three_blocks();
    writable(m.list)[8]++;
    assert_fault(&m, "313 positions announced");
    made_free(&m);
}

static void a_wrong_last_docid_is_noticed(void **state)
{
    (void)state;
    for (uint32_t block = 0; block < BLOCKS; block++) {
        struct made m = three_blocks();
        writable(m.list)[LAST + 4 * block]++;
        assert_fault(&m, "cannot be read");
        made_free(&m);
    }
}

static void wrong_offsets_are_noticed(void **state)
{
    (void)state;
    for (uint32_t block = 0; block < BLOCKS; block++) {
        struct made m = three_blocks();
        writable(m.list)[BODY + 4 * block]++;
        assert_fault(&m, block ? "cannot be read" : "does not start");
        made_free(&m);
        m = three_blocks();
        writable(m.list)[AT + 4 * block + 3] = 0x7f;
        assert_fault(&m, block ? "cannot be read" : "does not start");
        made_free(&m);
    }
}

static void a_docid_beyond_the_segment_is_noticed(void **state)
{
    (void)state;
    struct made m = make("x", 300, 4, false);
    assert_fault(&m, "docid 1020 where there are 1000");
    made_free(&m);
}

static void wrong_form_counts_are_noticed(void **state)
{
    (void)state;
    /* forms: "x" (head 0, count), "xs" (head 0x81, 's', count) */
    struct made m = make("x", 100, 3, true);
    writable(m.list)[2]--;
    writable(m.list)[5]++;
    assert_fault(&m, "form 0 claims 93 positions, has 94");
    made_free(&m);
}

static void a_repeated_form_is_noticed(void **state)
{
    (void)state;
    struct aq_form forms[] = {form("xa", 1), form("xb", 1)};
    struct made m = {aq_postings_writer_new(), aq_slice_str("x"), {0}, {0}};
    assert_non_null(m.w);
    aq_postings_begin(m.w, m.term, forms, 2, &MODEL);
    aq_postings_add(m.w, 1, 40, 2, (uint16_t[]){7, 8}, (uint16_t[]){0, 1});
    assert_int_equal(aq_postings_end(m.w, &m.list, &m.positions), AQ_OK);
    assert_fault(&m, NULL);
    writable(m.list)[5] = 'a';
    assert_fault(&m, "form 1 is out of order");
    made_free(&m);
}

static void trailing_bytes_are_noticed(void **state)
{
    (void)state;
    struct made m = make("x", 20, 3, false);
    uint8_t longer[500];
    assert_true(m.list.len < sizeof longer);
    memcpy(longer, m.list.ptr, m.list.len);
    longer[m.list.len - 4] = 0;
    m.list = aq_slice(longer, m.list.len + 1);
    assert_fault(&m, "cannot be read");
    made_free(&m);
}

static void a_reason_needs_no_buffer(void **state)
{
    (void)state;
    struct made m = three_blocks();
    struct aq_postings p = parse(&m);
    writable(m.list)[m.list.len - 1] ^= 1;
    assert_non_null(aq_postings_validate(&p, NULL, 0, NULL, NULL, 0));
    made_free(&m);
}

/* One block of 128 by hand: docids as given, then the freqs' bytes. */
static void put_block(struct aq_buf *b, uint32_t last, unsigned width, const uint32_t gaps[128], const void *freqs,
                      size_t n)
{
    uint8_t head[HEADER + 13] = {0};
    aq_store32(head + 4, 128);
    aq_store64(head + 8, 128);
    aq_store32(head + HEADER, last);
    aq_buf_put(b, head, sizeof head);
    aq_buf_u8(b, (uint8_t)width);
    uint8_t *at = aq_buf_reserve(b, 16 * (size_t)width + n);
    assert_non_null(at);
    aq_pack128(gaps, width, at);
    b->len += 16 * (size_t)width;
    aq_buf_put(b, freqs, n);
    aq_buf_u32(b, 0);
}

static void assert_block(const struct aq_buf *b, bool docids_fine, uint32_t freq)
{
    static const uint8_t positions[] = {0, 0, 0, 0, 0};
    struct aq_postings p;
    struct aq_cursor c;
    assert_int_equal(aq_postings_parse(&p, aq_slice_str("x"), aq_slice(b->ptr, b->len), aq_slice(positions, 5)),
                     AQ_OK);
    aq_cursor_init(&c, &p);
    assert_int_equal(c.bad, !docids_fine);
    assert_int_equal(aq_cursor_freq(&c), freq);
    assert_int_equal(c.bad, !docids_fine || freq == 0);
}

static void docids_that_wrap_around_to_the_right_end_are_noticed(void **state)
{
    (void)state;
    struct aq_buf b = {0};
    uint32_t gaps[128] = {3000000000u, 1001u - 128u - 3000000000u};
    put_block(&b, 1000, 32, gaps, "", 1);
    assert_block(&b, false, 0);
    aq_buf_clear(&b);
    gaps[0] = 873;
    gaps[1] = 0;
    put_block(&b, 1000, 32, gaps, "", 1);
    assert_block(&b, true, 1);
    aq_buf_free(&b);
}

static void a_freq_above_255_is_noticed(void **state)
{
    (void)state;
    const uint32_t gaps[128] = {0};
    struct aq_buf b = {0};
    uint8_t wide[129];
    memset(wide, 0xff, sizeof wide);
    wide[0] = 8;
    put_block(&b, 127, 0, gaps, wide, sizeof wide);
    assert_block(&b, true, 0);
    aq_buf_clear(&b);
    memset(wide + 1, 0xfe, sizeof wide - 1);
    put_block(&b, 127, 0, gaps, wide, sizeof wide);
    assert_block(&b, true, 255);
    aq_buf_clear(&b);
    /* width 0, one exception of 8 bits, at index 0 */
    put_block(&b, 127, 0, gaps, "\x80\1\x8\0\xff", 5);
    assert_block(&b, true, 0);
    aq_buf_clear(&b);
    put_block(&b, 127, 0, gaps, "\x80\1\x8\0\xfd", 5);
    assert_block(&b, true, 255);
    aq_buf_free(&b);
}

static void more_positions_than_codes_are_noticed(void **state)
{
    (void)state;
    /* df 1; forms x and xs claim 4 each; docid 0 with tf 9; one byte of codes */
    const uint8_t list[] = {3, 0, 4, 0x81, 's', 4, 1, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xf0, 0, 0, 0, 0};
    uint16_t positions[255], codes[255];
    struct aq_postings p;
    struct aq_cursor c;
    assert_int_equal(aq_postings_parse(&p, aq_slice_str("x"), aq_slice(list, sizeof list), (struct aq_slice){0}),
                     AQ_OK);
    aq_cursor_init(&c, &p);
    assert_int_equal(aq_cursor_freq(&c), 9);
    assert_int_equal(aq_cursor_positions(&c, positions, NULL), 9);
    assert_int_equal(aq_cursor_positions(&c, positions, codes), 0);
    assert_true(c.bad);
}

static void parsing_refuses_what_cannot_be_a_list(void **state)
{
    (void)state;
    struct aq_slice term = aq_slice_str("x"), none = {0};
    struct aq_postings p;
    assert_int_equal(aq_postings_parse(&p, term, none, none), AQ_CORRUPT);
    assert_int_equal(aq_postings_parse(&p, term, aq_slice("\2\2\2", 3), none), AQ_CORRUPT);
    /* df 0 with forms, df 1 without a posting, a short list with a positions value */
    assert_int_equal(aq_postings_parse(&p, term, aq_slice("\1\2\3....", 7), none), AQ_CORRUPT);
    assert_int_equal(aq_postings_parse(&p, term, aq_slice("\2\2....", 6), none), AQ_CORRUPT);
    assert_int_equal(aq_postings_parse(&p, term, aq_slice("\2\2\3....", 7), aq_slice("....", 4)), AQ_CORRUPT);

    struct made m = three_blocks();
    uint8_t *bytes = writable(m.list);
    aq_store32(bytes + LAST + 4, aq_load32(bytes + LAST)); /* last docids must ascend */
    assert_int_equal(aq_postings_parse(&p, term, m.list, m.positions), AQ_CORRUPT);
    made_free(&m);
    m = three_blocks();
    assert_int_equal(aq_postings_parse(&p, term, m.list, none), AQ_CORRUPT);
    for (size_t n = 0; n < 60; n++)
        assert_int_equal(aq_postings_parse(&p, term, aq_slice(m.list.ptr, n), m.positions), AQ_CORRUPT);
    aq_store32(writable(m.list) + 4, UINT32_MAX); /* a directory larger than the value */
    assert_int_equal(aq_postings_parse(&p, term, m.list, m.positions), AQ_CORRUPT);
    made_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_term_seen_once_costs_three_bytes_and_a_checksum),
        cmocka_unit_test(a_short_list_with_two_forms_is_laid_out_as_documented),
        cmocka_unit_test(the_hundred_and_twenty_eighth_posting_makes_a_block_list),
        cmocka_unit_test(an_impact_is_the_saturated_tf_rounded_up),
        cmocka_unit_test(an_impact_bounds_even_senseless_models),
        cmocka_unit_test(a_list_without_postings_is_refused),
        cmocka_unit_test(postings_that_break_the_rules_are_refused_and_the_next_list_is_fine),
        cmocka_unit_test(more_forms_than_codes_are_refused),
        cmocka_unit_test(the_highest_docid_and_the_widest_gap_are_kept),
        cmocka_unit_test(seek_past_the_last_block_ends_the_cursor),
        cmocka_unit_test(seek_backwards_stays),
        cmocka_unit_test(a_docid_at_the_limit_is_corruption),
        cmocka_unit_test(an_empty_list_in_memory_is_at_its_end),
        cmocka_unit_test(a_decoding_error_sticks),
        cmocka_unit_test(a_visitor_may_stop),
        cmocka_unit_test(forms_unlike_the_term_keep_their_bytes),
        cmocka_unit_test(a_form_too_long_is_refused),
        cmocka_unit_test(the_untouched_list_is_sound),
        cmocka_unit_test(a_wrong_impact_is_noticed),
        cmocka_unit_test(a_wrong_total_is_noticed),
        cmocka_unit_test(a_wrong_last_docid_is_noticed),
        cmocka_unit_test(wrong_offsets_are_noticed),
        cmocka_unit_test(a_docid_beyond_the_segment_is_noticed),
        cmocka_unit_test(wrong_form_counts_are_noticed),
        cmocka_unit_test(a_repeated_form_is_noticed),
        cmocka_unit_test(trailing_bytes_are_noticed),
        cmocka_unit_test(a_reason_needs_no_buffer),
        cmocka_unit_test(docids_that_wrap_around_to_the_right_end_are_noticed),
        cmocka_unit_test(a_freq_above_255_is_noticed),
        cmocka_unit_test(more_positions_than_codes_are_noticed),
        cmocka_unit_test(parsing_refuses_what_cannot_be_a_list),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("postings", tests, NULL, NULL);
}
