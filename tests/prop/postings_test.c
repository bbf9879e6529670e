/* Postings against plain arrays: random lists of every awkward size are written
 * and read back by every way there is; then the bytes are damaged. */
#include "postings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

/* ---- randomness ---- */

static uint64_t seed, rng;

static uint32_t random32(void)
{
    rng += 0x9e3779b97f4a7c15u; /* SplitMix64 */
    uint64_t z = rng;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ z >> 31) >> 16);
}

static uint32_t below(uint32_t n)
{
    return (uint32_t)((uint64_t)random32() * n >> 32);
}

/* ---- a list as arrays ---- */

enum { MOST_FORMS = 700, FORM_BYTES = 64 };

struct sample {
    char term[FORM_BYTES];
    char form_text[MOST_FORMS][FORM_BYTES];
    struct aq_form forms[MOST_FORMS];
    uint32_t form_count;
    uint32_t df;
    uint32_t *docids, *starts;
    uint8_t *freqs, *lengths_of; /* lengths_of: one a posting */
    uint16_t *positions, *codes;
    uint64_t ttf;
    struct aq_impact_model model;
    struct aq_slice list, position_value; /* owned copies of exactly their size */
};

static void *allocate(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);
    assert_non_null(p);
    return p;
}

static struct aq_slice exact_copy(struct aq_slice s)
{
    uint8_t *p = allocate(s.len, 1);
    if (s.len)
        memcpy(p, s.ptr, s.len);
    return aq_slice(p, s.len);
}

static void slice_free(struct aq_slice s)
{
    free((void *)(uintptr_t)s.ptr);
}

static void sample_free(struct sample *s)
{
    free(s->docids);
    free(s->starts);
    free(s->freqs);
    free(s->lengths_of);
    free(s->positions);
    free(s->codes);
    slice_free(s->list);
    slice_free(s->position_value);
    free(s);
}

static uint32_t pick_size(void)
{
    static const uint32_t sizes[] = {1, 1, 1, 2, 2, 3, 5, 17, 126, 127, 128, 129, 130, 255, 256, 257, 384, 1000};
    return below(40) == 0 ? 5000 : below(3) == 0 ? 1 + below(600) : sizes[below(AQ_COUNT(sizes))];
}

static uint32_t pick_tf(unsigned style)
{
    switch (style) {
    case 0:
        return 1;
    case 1:
        return 1 + (below(8) == 0) * below(4);
    case 2:
        return below(50) == 0 ? 255 : 1 + below(3);
    default:
        return 1 + below(255);
    }
}

/* Ascending docids with room left for those still to come. */
static void make_docids(struct sample *s)
{
    static const uint32_t spans[] = {1, 2, 10, 1000, 100000, 1u << 24, UINT32_MAX};
    uint32_t span = spans[below(AQ_COUNT(spans))], bursts = below(4) == 0;
    uint64_t next = below(3) ? below(span) : 0;
    for (uint32_t i = 0; i < s->df; i++) {
        uint64_t most = (uint64_t)AQ_DOCID_END - 1 - (s->df - 1 - i);
        if (next > most)
            next = most;
        if (below(500) == 0 && i + 1 == s->df)
            next = most; /* the highest docid there is */
        s->docids[i] = (uint32_t)next++;
        if (!bursts || below(20) == 0)
            next += below(span);
        if (span == UINT32_MAX && below(s->df) != 0) /* huge gaps are few */
            next -= next > s->docids[i] + 1u ? next - s->docids[i] - 1u : 0;
    }
}

static void make_posting(struct sample *s, uint32_t i, uint32_t tf, uint32_t code_bound)
{
    uint16_t *positions = s->positions + s->starts[i], *codes = s->codes + s->starts[i];
    uint32_t spread = below(10) == 0 ? AQ_POSITION_MAX : tf + below(100) + 1;
    if (spread > AQ_POSITION_MAX)
        spread = AQ_POSITION_MAX;
    /* tf of spread places, ascending */
    for (uint32_t place = 0, left = tf; left; place++) {
        if (below(spread - place) < left) {
            positions[tf - left] = (uint16_t)place;
            left--;
        }
    }
    for (uint32_t k = 0; k < tf; k++)
        codes[k] = (uint16_t)(below(6) ? 0 : below(code_bound));
    s->freqs[i] = (uint8_t)tf;
    s->lengths_of[i] = (uint8_t)(tf + below(256 - tf));
}

/* Renames codes so that counts descend and every form is used. */
static void settle_forms(struct sample *s, uint32_t code_bound)
{
    uint64_t counts[MOST_FORMS] = {0};
    uint16_t rename[MOST_FORMS];
    bool done[MOST_FORMS] = {false};
    for (uint64_t i = 0; i < s->ttf; i++)
        counts[s->codes[i]]++;
    s->form_count = 0;
    for (;;) {
        uint32_t best = code_bound;
        for (uint32_t f = 0; f < code_bound; f++)
            if (!done[f] && counts[f] && (best == code_bound || counts[f] > counts[best]))
                best = f;
        if (best == code_bound)
            break;
        done[best] = true;
        rename[best] = (uint16_t)s->form_count;
        s->forms[s->form_count++].count = counts[best];
    }
    for (uint64_t i = 0; i < s->ttf; i++)
        s->codes[i] = rename[s->codes[i]];
}

static void name_forms(struct sample *s)
{
    static const char *const stems[] = {"argu", "x", "", "a-rather-long-term-that-has-cuts", "\xc3\xa9l\xc3\xa8v"};
    snprintf(s->term, sizeof s->term, "%s", stems[below(AQ_COUNT(stems))]);
    for (uint32_t f = 0; f < s->form_count; f++) {
        /* Ascending bytes among equal counts: numbered with leading zeros. */
        size_t keep = strlen(s->term);
        if (s->form_count == 1)
            keep = below((uint32_t)keep + 1);
        memcpy(s->form_text[f], s->term, keep);
        snprintf(s->form_text[f] + keep, FORM_BYTES - keep, "%04u", f);
        s->forms[f].text = aq_slice_str(s->form_text[f]);
    }
    if (s->form_count == 1 && below(2))
        s->forms[0].text = aq_slice_str(s->term);
}

static struct sample *sample_make(struct aq_postings_writer *w, uint32_t df)
{
    struct sample *s = allocate(1, sizeof *s);
    unsigned style = below(4);
    uint32_t code_bound = below(3) == 0 ? 1 : below(5) == 0 ? MOST_FORMS : 1 + below(9);
    s->df = df;
    s->docids = allocate(df, sizeof *s->docids);
    s->starts = allocate(df + 1, sizeof *s->starts);
    s->freqs = allocate(df, 1);
    s->lengths_of = allocate(df, 1);
    s->positions = allocate((size_t)df * 255, sizeof *s->positions);
    s->codes = allocate((size_t)df * 255, sizeof *s->codes);
    s->model = (struct aq_impact_model){1.2, 0.75, 1 + below(200)};
    make_docids(s);
    for (uint32_t i = 0; i < df; i++) {
        uint32_t tf = pick_tf(style);
        make_posting(s, i, tf, code_bound);
        s->starts[i + 1] = s->starts[i] + tf;
    }
    s->ttf = s->starts[df];
    settle_forms(s, code_bound);
    name_forms(s);

    struct aq_slice list, positions;
    aq_postings_begin(w, aq_slice_str(s->term), s->forms, s->form_count, &s->model);
    for (uint32_t i = 0; i < df; i++)
        aq_postings_add(w, s->docids[i], s->lengths_of[i], s->freqs[i], s->positions + s->starts[i],
                        s->codes + s->starts[i]);
    assert_int_equal(aq_postings_end(w, &list, &positions), AQ_OK);
    s->list = exact_copy(list);
    s->position_value = exact_copy(positions);
    return s;
}

static struct aq_postings sample_parse(const struct sample *s)
{
    struct aq_postings p;
    assert_int_equal(aq_postings_parse(&p, aq_slice_str(s->term), s->list, s->position_value), AQ_OK);
    return p;
}

static struct aq_memory_postings sample_memory(const struct sample *s)
{
    return (struct aq_memory_postings){s->docids, s->freqs, s->starts, s->positions, s->codes, s->df};
}

/* ---- reading it back ---- */

static void assert_posting(struct aq_cursor *c, const struct sample *s, uint32_t i, bool with_positions)
{
    assert_int_equal(c->docid, s->docids[i]);
    assert_int_equal(c->block * AQ_BLOCK + c->index, i);
    assert_int_equal(aq_cursor_freq(c), s->freqs[i]);
    if (!with_positions)
        return;
    uint16_t positions[255], codes[255];
    assert_int_equal(aq_cursor_positions(c, positions, codes), s->freqs[i]);
    assert_memory_equal(positions, s->positions + s->starts[i], s->freqs[i] * sizeof *positions);
    assert_memory_equal(codes, s->codes + s->starts[i], s->freqs[i] * sizeof *codes);
    memset(positions, 0xff, sizeof positions);
    assert_int_equal(aq_cursor_positions(c, positions, NULL), s->freqs[i]);
    assert_memory_equal(positions, s->positions + s->starts[i], s->freqs[i] * sizeof *positions);
}

static void assert_end(struct aq_cursor *c)
{
    const uint32_t *docids, *freqs;
    uint32_t n;
    uint16_t positions[255], codes[255];
    assert_int_equal(c->docid, AQ_DOCID_END);
    assert_false(c->bad);
    assert_int_equal(aq_cursor_next(c), AQ_DOCID_END);
    assert_int_equal(aq_cursor_next_block(c), AQ_DOCID_END);
    assert_int_equal(aq_cursor_seek(c, 0), AQ_DOCID_END);
    assert_int_equal(aq_cursor_freq(c), 0);
    assert_int_equal(aq_cursor_positions(c, positions, codes), 0);
    aq_cursor_batch(c, &docids, &freqs, &n);
    assert_int_equal(n, 0);
}

typedef void start_cursor(struct aq_cursor *c, const void *over);

static void start_disk(struct aq_cursor *c, const void *over)
{
    aq_cursor_init(c, over);
}

static void start_memory(struct aq_cursor *c, const void *over)
{
    aq_cursor_init_memory(c, over);
}

static void walk_by_next(const struct sample *s, start_cursor *start, const void *over)
{
    struct aq_cursor c;
    start(&c, over);
    for (uint32_t i = 0; i < s->df; i++) {
        assert_posting(&c, s, i, below(4) == 0);
        aq_cursor_next(&c);
    }
    assert_end(&c);
}

static void walk_by_seek(const struct sample *s, start_cursor *start, const void *over)
{
    struct aq_cursor c;
    start(&c, over);
    uint32_t i = 0;
    while (i < s->df) {
        uint32_t target;
        switch (below(5)) {
        case 0: /* at a posting further on */
            target = s->docids[i + below(s->df - i)];
            break;
        case 1: /* nearby */
            target = s->docids[i] + below(3);
            break;
        case 2: /* backwards: nothing moves */
            target = below(s->docids[i] + 1);
            break;
        case 3: /* just past a posting */
            target = s->docids[i + below(s->df - i < 300 ? s->df - i : 300)] + 1;
            break;
        default:
            target = s->docids[i] + below(AQ_DOCID_END - s->docids[i]) / (1 + below(100000));
        }
        while (i < s->df && s->docids[i] < target)
            i++;
        uint32_t got = aq_cursor_seek(&c, target);
        if (i == s->df)
            break;
        assert_int_equal(got, s->docids[i]);
        assert_posting(&c, s, i, below(2));
        if (below(3) == 0) {
            aq_cursor_next(&c);
            i++;
        }
    }
    assert_end(&c);
}

static void walk_by_batch(const struct sample *s, start_cursor *start, const void *over)
{
    struct aq_cursor c;
    uint32_t i = 0;
    start(&c, over);
    while (c.docid != AQ_DOCID_END) {
        const uint32_t *docids, *freqs;
        uint32_t n;
        for (uint32_t skip = below(3); skip && c.index + 1 < c.count; skip--, i++)
            aq_cursor_next(&c);
        aq_cursor_batch(&c, &docids, &freqs, &n);
        assert_true(n > 0 && n <= AQ_BLOCK && i + n <= s->df);
        for (uint32_t k = 0; k < n; k++, i++) {
            assert_int_equal(docids[k], s->docids[i]);
            assert_int_equal(freqs[k], s->freqs[i]);
        }
        aq_cursor_next_block(&c);
    }
    assert_int_equal(i, s->df);
    assert_end(&c);
}

/* What meeting a random choice of starts must leave, worked out from the arrays. */
static void check_meeting(struct aq_cursor *c, const struct sample *s, uint32_t i)
{
    const uint16_t *positions = s->positions + s->starts[i];
    uint16_t starts[255], want[255];
    const uint16_t *codes = s->codes + s->starts[i];
    uint32_t offset = below(4), count = 0, met = 0, every = 1 + below(4);
    int32_t code = below(2) ? -1 : below(8) ? codes[below(s->freqs[i])] : (int32_t)below(s->form_count + 2);
    for (uint32_t start = below(3); start < AQ_POSITION_MAX && count < 255; start += 1 + below(every)) {
        bool here = false;
        for (uint32_t k = 0; k < s->freqs[i]; k++)
            here |= positions[k] == start + offset && (code < 0 || codes[k] == code);
        if (here)
            want[met++] = (uint16_t)start;
        starts[count++] = (uint16_t)start;
    }
    assert_int_equal(aq_cursor_meet_positions(c, offset, code, starts, count), met);
    assert_memory_equal(starts, want, met * sizeof *want);
}

/* Blocks in any order, docids and freqs in either, and single postings by number. */
static void walk_by_blocks(const struct sample *s, struct aq_cursor *c)
{
    uint32_t blocks = s->df / AQ_BLOCK + (s->df % AQ_BLOCK != 0);
    const uint8_t *impacts = aq_cursor_impacts(c);
    assert_int_equal(aq_cursor_blocks(c), blocks);
    for (uint32_t round = 0; round < 2 * blocks; round++) {
        uint32_t block = below(blocks), from = block * AQ_BLOCK;
        uint32_t count = s->df - from < AQ_BLOCK ? s->df - from : AQ_BLOCK, i = from + below(count);
        assert_true(aq_cursor_block_last(c, block) >= s->docids[from + count - 1]);
        assert_true(!impacts || impacts[block] == aq_cursor_block_impact(c, block));
        assert_true(aq_cursor_block_impact(c, block) >= aq_impact(&s->model, s->freqs[i], s->lengths_of[i]));
        if (below(3) == 0) {
            assert_true(aq_cursor_place(c, i, s->docids[i]));
            assert_posting(c, s, i, true);
            check_meeting(c, s, i);
        }
        assert_true(aq_cursor_enter_block(c, block));
        if (below(2))
            assert_true(aq_cursor_load_freqs(c));
        assert_true(aq_cursor_load_block(c, block) && aq_cursor_load_freqs(c));
        assert_int_equal(c->count, count);
        for (uint32_t k = 0; k < AQ_BLOCK; k++)
            assert_int_equal(c->docids[k], k < count ? s->docids[from + k] : AQ_DOCID_END);
        for (uint32_t k = 0; k < count; k++)
            assert_int_equal(c->freqs[k], s->freqs[from + k]);
        if (below(2))
            check_meeting((aq_cursor_place(c, i, s->docids[i]), c), s, i);
    }
}

/* The block of each docid, going forward. */
static void find_blocks(const struct sample *s, struct aq_cursor *c)
{
    for (uint32_t i = below(300); i < s->df; i += 1 + below(300)) {
        uint32_t block = aq_cursor_find_block(c, s->docids[i]);
        assert_int_equal(block, i / AQ_BLOCK);
        if (below(2))
            assert_true(aq_cursor_load_block(c, block));
    }
    if (s->df >= AQ_SHORT_LIST)
        assert_int_equal(aq_cursor_find_block(c, AQ_DOCID_END), aq_cursor_blocks(c));
}

struct forms_seen {
    const struct sample *s;
    uint32_t n;
};

static bool see_form(void *context, uint32_t code, struct aq_slice form, uint64_t count)
{
    struct forms_seen *seen = context;
    assert_int_equal(code, seen->n);
    assert_true(aq_slice_eq(form, seen->s->forms[code].text));
    assert_int_equal(count, seen->s->forms[code].count);
    seen->n++;
    return true;
}

static void check_header(const struct sample *s, const struct aq_postings *p)
{
    assert_int_equal(p->df, s->df);
    assert_int_equal(p->form_count, s->form_count);
    assert_int_equal(p->blocks, s->df < AQ_SHORT_LIST ? 0 : (s->df + AQ_BLOCK - 1) / AQ_BLOCK);
    assert_int_equal(p->ttf, p->blocks ? s->ttf : 0);
    struct forms_seen seen = {s, 0};
    assert_int_equal(aq_postings_forms(p, see_form, &seen), AQ_OK);
    assert_int_equal(seen.n, s->form_count);
    for (uint32_t f = 0; f < s->form_count; f++)
        assert_int_equal(aq_postings_form_code(p, s->forms[f].text), f);
    assert_int_equal(aq_postings_form_code(p, aq_slice_str("no such form")), -1);
    uint8_t highest = 0;
    for (uint32_t b = 0; b < p->blocks; b++) {
        uint8_t impact = 0;
        uint32_t end = (b + 1) * AQ_BLOCK < s->df ? (b + 1) * AQ_BLOCK : s->df;
        for (uint32_t i = b * AQ_BLOCK; i < end; i++) {
            uint8_t one = aq_impact(&s->model, s->freqs[i], s->lengths_of[i]);
            impact = one > impact ? one : impact;
        }
        assert_int_equal(aq_postings_block_last(p, b), s->docids[end - 1]);
        assert_int_equal(aq_postings_block_impact(p, b), impact);
        highest = impact > highest ? impact : highest;
    }
    assert_int_equal(aq_postings_impact(p), p->blocks ? highest : 255);
}

static void assert_sound(const struct sample *s, const struct aq_postings *p)
{
    char reason[200];
    uint32_t docid_count = s->docids[s->df - 1] + 1;
    const char *wrong = aq_postings_validate(p, NULL, docid_count, NULL, reason, sizeof reason);
    if (wrong)
        fail_msg("%s", wrong);
    wrong = aq_postings_validate(p, NULL, docid_count - 1, NULL, reason, sizeof reason);
    if (docid_count > 1)
        assert_non_null(wrong);
    if (docid_count > 1u << 22)
        return;
    uint8_t *lengths = allocate(docid_count, 1);
    for (uint32_t i = 0; i < s->df; i++)
        lengths[s->docids[i]] = s->lengths_of[i];
    wrong = aq_postings_validate(p, lengths, docid_count, &s->model, reason, sizeof reason);
    if (wrong)
        fail_msg("%s", wrong);
    free(lengths);
}

/* Runs check on random samples for about `seconds`. */
static void for_samples(double seconds, void (*check)(const struct sample *s))
{
    struct aq_postings_writer *w = aq_postings_writer_new();
    assert_non_null(w);
    clock_t until = clock() + (clock_t)(seconds * CLOCKS_PER_SEC);
    do {
        struct sample *s = sample_make(w, pick_size());
        check(s);
        sample_free(s);
    } while (clock() < until);
    aq_postings_writer_free(w);
}

static void read_back(const struct sample *s)
{
    struct aq_postings p = sample_parse(s);
    struct aq_memory_postings m = sample_memory(s);
    check_header(s, &p);
    walk_by_next(s, start_disk, &p);
    walk_by_next(s, start_memory, &m);
    walk_by_batch(s, start_disk, &p);
    walk_by_batch(s, start_memory, &m);
    for (int i = 0; i < 3; i++) {
        walk_by_seek(s, start_disk, &p);
        walk_by_seek(s, start_memory, &m);
    }
    struct aq_cursor c;
    aq_cursor_open(&c, &p);
    walk_by_blocks(s, &c);
    aq_cursor_open(&c, &p);
    find_blocks(s, &c);
    aq_cursor_open_memory(&c, &m);
    walk_by_blocks(s, &c);
    assert_sound(s, &p);
}

static void what_is_written_is_read_back_in_every_way(void **state)
{
    (void)state;
    for_samples(2.0, read_back);
}

/* Both cursors make the same random walk. */
static void walk_together(const struct sample *s)
{
    struct aq_postings p = sample_parse(s);
    struct aq_memory_postings m = sample_memory(s);
    struct aq_cursor a, b;
    aq_cursor_init(&a, &p);
    aq_cursor_init_memory(&b, &m);
    for (uint32_t step = 0; step < 2 * s->df + 3; step++) {
        assert_int_equal(a.docid, b.docid);
        assert_int_equal(a.index, b.index);
        assert_int_equal(a.count, b.count);
        assert_int_equal(aq_cursor_freq(&a), aq_cursor_freq(&b));
        uint32_t move = below(4), target = a.docid + below(1u << below(31));
        if (target < a.docid)
            target = AQ_DOCID_END;
        if (move == 0) {
            aq_cursor_next_block(&a);
            aq_cursor_next_block(&b);
        } else if (move == 1) {
            aq_cursor_seek(&a, target);
            aq_cursor_seek(&b, target);
        } else {
            aq_cursor_next(&a);
            aq_cursor_next(&b);
        }
    }
}

static void a_memory_cursor_moves_as_a_disk_cursor_does(void **state)
{
    (void)state;
    for_samples(0.5, walk_together);
}

/* ---- damage ---- */

/* Reads everything there is; whatever it finds, it must end, in bounds, in order. */
static void read_damaged(struct aq_slice term, struct aq_slice list, struct aq_slice positions)
{
    struct aq_postings p;
    if (aq_postings_parse(&p, term, list, positions) != AQ_OK)
        return;
    if (below(2))
        p.docid_limit = 1 + below(100000);
    uint16_t at[255], codes[255];
    struct aq_cursor c;
    uint64_t least = 0, steps = 0;
    for (aq_cursor_init(&c, &p); c.docid != AQ_DOCID_END; aq_cursor_next(&c)) {
        assert_true(c.docid >= least && c.docid < p.docid_limit);
        least = (uint64_t)c.docid + 1;
        uint32_t tf = aq_cursor_positions(&c, at, codes);
        for (uint32_t i = 0; i < tf; i++) {
            assert_true(codes[i] < p.form_count && at[i] < AQ_POSITION_MAX);
            assert_true(i == 0 || at[i - 1] < at[i]);
        }
        assert_true(++steps <= p.df);
    }
    assert_true(c.bad || steps == p.df);
    for (aq_cursor_init(&c, &p); c.docid != AQ_DOCID_END; steps++) {
        uint32_t target = c.docid + 1 + below(1u << below(31));
        if (target <= c.docid)
            break;
        assert_true(aq_cursor_seek(&c, target) >= target);
        assert_true(aq_cursor_freq(&c) <= 255);
    }
    aq_cursor_open(&c, &p);
    for (uint32_t i = 0; i < 20 && aq_cursor_load_block(&c, below(aq_cursor_blocks(&c))); i++) {
        for (uint32_t k = 0; k < c.count; k++)
            assert_true(c.docids[k] < p.docid_limit && (k == 0 || c.docids[k - 1] < c.docids[k]));
        uint32_t posting = c.block * AQ_BLOCK + below(c.count);
        for (uint16_t start = 0; start < 255; start++)
            at[start] = start;
        if (aq_cursor_place(&c, posting, c.docids[posting % AQ_BLOCK]))
            assert_true(aq_cursor_meet_positions(&c, below(3), (int32_t)below(4) - 1, at, 255) <= 255);
    }
    aq_postings_form_code(&p, term);
}

static bool ignore_form(void *context, uint32_t code, struct aq_slice form, uint64_t count)
{
    uint64_t *sum = context;
    *sum += code + count;
    for (size_t i = 0; i < form.len; i++)
        *sum += form.ptr[i];
    return true;
}

static void damage(const struct sample *s, bool positions, struct aq_slice changed)
{
    struct aq_slice term = aq_slice_str(s->term);
    struct aq_slice list = positions ? s->list : changed, at = positions ? changed : s->position_value;
    struct aq_postings p;
    char reason[200];
    uint64_t sum = 0;
    read_damaged(term, list, at);
    if (aq_postings_parse(&p, term, list, at) != AQ_OK)
        return;
    aq_postings_forms(&p, ignore_form, &sum);
    assert_non_null(aq_postings_validate(&p, NULL, 0, NULL, reason, sizeof reason));
}

static void flip_and_cut(const struct sample *s)
{
    for (unsigned round = 0; round < 40; round++) {
        bool positions = s->position_value.len && below(2);
        struct aq_slice whole = positions ? s->position_value : s->list;
        struct aq_slice copy = exact_copy(whole);
        uint8_t *bytes = (uint8_t *)(uintptr_t)copy.ptr;
        uint32_t at = below(3) ? below((uint32_t)copy.len) : below(copy.len < 60 ? (uint32_t)copy.len : 60);
        switch (below(4)) {
        case 0: {
            struct aq_slice cut = exact_copy(aq_slice(copy.ptr, at));
            damage(s, positions, cut);
            slice_free(cut);
            break;
        }
        case 1:
            bytes[at] = (uint8_t)(bytes[at] + 1 + below(255));
            damage(s, positions, copy);
            break;
        case 2: /* a burst of noise */
            bytes[at] ^= 0x80;
            for (uint32_t i = at + 1; i < copy.len && i < at + 4; i++)
                bytes[i] = (uint8_t)random32();
            damage(s, positions, copy);
            break;
        default:
            bytes[at] ^= (uint8_t)(1u << below(8));
            damage(s, positions, copy);
        }
        slice_free(copy);
    }
}

static void damage_is_always_noticed_and_never_dangerous(void **state)
{
    (void)state;
    for_samples(2.0, flip_and_cut);
}

static void every_single_bit_flip_of_small_lists_is_noticed(void **state)
{
    (void)state;
    struct aq_postings_writer *w = aq_postings_writer_new();
    assert_non_null(w);
    for (uint32_t df = 1; df < 160; df += 1 + below(40)) {
        struct sample *s = sample_make(w, df);
        for (int positions = 0; positions < 2; positions++) {
            struct aq_slice copy = exact_copy(positions ? s->position_value : s->list);
            uint8_t *bytes = (uint8_t *)(uintptr_t)copy.ptr;
            for (size_t bit = 0; bit < copy.len * 8 && bit < 40000; bit++) {
                bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
                struct aq_postings p;
                char reason[200];
                struct aq_slice list = positions ? s->list : copy, at = positions ? copy : s->position_value;
                if (aq_postings_parse(&p, aq_slice_str(s->term), list, at) == AQ_OK)
                    assert_non_null(aq_postings_validate(&p, NULL, 0, NULL, reason, sizeof reason));
                bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
            }
            slice_free(copy);
        }
        sample_free(s);
    }
    aq_postings_writer_free(w);
}

static void another_term_is_noticed(void **state)
{
    (void)state;
    struct aq_postings_writer *w = aq_postings_writer_new();
    assert_non_null(w);
    for (int i = 0; i < 50; i++) {
        struct sample *s = sample_make(w, pick_size());
        struct aq_postings p;
        char other[FORM_BYTES + 1], reason[200];
        snprintf(other, sizeof other, "%sx", s->term);
        if (aq_postings_parse(&p, aq_slice_str(other), s->list, s->position_value) == AQ_OK)
            assert_non_null(aq_postings_validate(&p, NULL, 0, NULL, reason, sizeof reason));
        sample_free(s);
    }
    aq_postings_writer_free(w);
}

/* Noise with a valid head gets past parsing more often than damage does. */
static void noise_is_never_dangerous(void **state)
{
    (void)state;
    clock_t until = clock() + CLOCKS_PER_SEC / 2;
    while (clock() < until) {
        uint32_t df = 128 + below(400), blocks = (df + 127) / 128;
        size_t size = 20 + blocks * 13 + below(3000) + 4;
        uint8_t *bytes = allocate(size, 1), *positions = allocate(2000, 1);
        for (size_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)(below(3) ? below(12) : random32());
        for (size_t i = 0; i < 2000; i++)
            positions[i] = (uint8_t)(below(3) ? below(12) : random32());
        memset(bytes, 0, 20);
        bytes[2] = (uint8_t)below(3);
        aq_store32(bytes + 4, df);
        aq_store64(bytes + 8, (uint64_t)df * 2);
        for (uint32_t b = 0; b < blocks; b++) {
            aq_store32(bytes + 20 + 4 * b, (b + 1) * 1000);
            aq_store32(bytes + 20 + 4 * (blocks + b), b * below(600));
            aq_store32(bytes + 20 + 4 * (2 * blocks + b), b * below(400));
        }
        read_damaged(aq_slice_str("term"), aq_slice(bytes, size), aq_slice(positions, 2000));
        bytes[0] = (uint8_t)random32();
        read_damaged(aq_slice_str("term"), aq_slice(bytes, size), aq_slice(NULL, 0));
        free(bytes);
        free(positions);
    }
}

int main(void)
{
    const char *given = getenv("AQ_SEED");
    seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    rng = seed;
    printf("# AQ_SEED=%llu\n", (unsigned long long)seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back_in_every_way),
        cmocka_unit_test(a_memory_cursor_moves_as_a_disk_cursor_does),
        cmocka_unit_test(damage_is_always_noticed_and_never_dangerous),
        cmocka_unit_test(every_single_bit_flip_of_small_lists_is_noticed),
        cmocka_unit_test(another_term_is_noticed),
        cmocka_unit_test(noise_is_never_dangerous),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("postings properties", tests, NULL, NULL);
}
