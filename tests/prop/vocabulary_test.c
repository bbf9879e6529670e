/* vocabulary_test.c - patterns and walks over the forms of random indexes, of several
 * segments, pending, replaced and deleted comments, against a plain list of all forms
 * that is made from the postings and gone through word by word. AQ_SEED repeats a run,
 * AQ_ROUNDS makes it longer. */
#include "aq_index.h"
#include "fold.h"
#include "model.h"
#include "pending.h"
#include "reader.h"
#include "utf8.h"
#include "vocabulary.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

static uint64_t seed, rng;

/* ---- an index ---- */

static const char *const beginnings[] = {"a", "ab", "be", "con", "de", "happ", "optim", "\xC3\xA9t", "r\xC3\xA9",
                                         "\xC3\xA6", "stra\xC3\x9F", "\xD0\xB4\xD0\xBE", "x-", "gpt-", "7", "",
                                         "\xE6\x97\xA5\xE6\x9C\xAC", "na\xC3\xAF", "m\xC3\xBC", "o'"};
static const char *const middles[] = {"", "a", "e", "er", "iz", "ti", "l", "ck", "\xC3\xBC", "ss", "mm", "'", "&b", "n"};
static const char *const endings[] = {"", "s", "y", "ing", "ed", "ation", "e", "ies", "er", "\xC3\xA9", "'s", "9", "++"};

static void random_word(struct aq_buf *out)
{
    aq_buf_puts(out, beginnings[below(&rng, AQ_COUNT(beginnings))]);
    for (uint32_t n = below(&rng, 4); n; n--)
        aq_buf_puts(out, middles[below(&rng, AQ_COUNT(middles))]);
    aq_buf_puts(out, endings[below(&rng, AQ_COUNT(endings))]);
}

static int remove_one(const char *path, const struct stat *sb, int flag, struct FTW *ftw)
{
    (void)sb, (void)flag, (void)ftw;
    return remove(path);
}

static void must(enum aq_status st, const struct aq_error *err)
{
    if (st)
        fail_msg("AQ_SEED=%llu: %s", (unsigned long long)seed, err->message);
}

static void put_comment(struct aq_writer *w, uint32_t id, uint32_t words)
{
    struct aq_record r;
    struct aq_error err;
    struct aq_buf text = {0};
    enum aq_outcome outcome;
    char name[16];
    aq_record_init(&r);
    snprintf(name, sizeof name, "c%u", id);
    r.id = aq_slice_str(name);
    for (uint32_t i = 0; i < words; i++) {
        random_word(&text);
        aq_buf_puts(&text, one_in(&rng, 9) ? ". " : " ");
    }
    r.text = aq_slice(text.ptr, text.len);
    must(aq_writer_add(w, &r, &outcome, &err), &err);
    aq_buf_free(&text);
}

/* Comments in as many segments as come, and pending ones; some replaced, some deleted. */
static void fill(struct aq_writer *w, bool pending)
{
    struct aq_error err;
    uint32_t segments = below(&rng, 4), next = 0;
    for (uint32_t s = 0; s < segments + pending; s++) {
        for (uint32_t n = 1 + below(&rng, 30); n; n--)
            put_comment(w, next && one_in(&rng, 4) ? below(&rng, next) : next++, 1 + below(&rng, one_in(&rng, 8) ? 300 : 30));
        if (next && one_in(&rng, 2)) {
            char name[16];
            snprintf(name, sizeof name, "c%u", below(&rng, next));
            enum aq_status st = aq_writer_delete(w, aq_slice_str(name), &err);
            assert_true(st == AQ_OK || st == AQ_NOTFOUND);
        }
        must(s < segments ? aq_writer_flush(w, &err) : aq_writer_commit(w, &err), &err);
    }
}

/* ---- all forms ---- */

struct form {
    struct aq_slice form, plain, term;
    uint64_t count;
};
struct all {
    struct form *v;
    size_t count, cap;
    struct aq_arena arena;
    struct aq_slice term;
};

static struct aq_slice fold(struct all *all, struct aq_slice form)
{
    uint8_t bytes[AQ_TERM_MAX];
    struct aq_slice plain = aq_slice(bytes, aq_fold_diacritics(form, bytes));
    return aq_arena_copy(&all->arena, plain.len ? plain : form);
}

static void add(struct all *all, struct aq_slice form, uint64_t count)
{
    for (size_t i = 0; i < all->count; i++) {
        if (aq_slice_eq(all->v[i].form, form)) {
            assert_true(aq_slice_eq(all->v[i].term, all->term));
            all->v[i].count += count;
            return;
        }
    }
    assert_true(aq_grow(&all->v, &all->cap, all->count + 1, sizeof *all->v));
    all->v[all->count++] = (struct form){aq_arena_copy(&all->arena, form), fold(all, form),
                                         aq_arena_copy(&all->arena, all->term), count};
}

static bool visit(void *context, uint32_t code, struct aq_slice form, uint64_t count)
{
    (void)code;
    add(context, form, count);
    return true;
}

static void gather(struct all *all, struct aq_txn *t)
{
    struct aq_error err;
    bool found;
    for (uint32_t i = 0; i < t->segment_count; i++) {
        struct aq_term_walk w;
        must(aq_term_walk_open(t, &t->segments[i], (struct aq_slice){0}, &w, &found, &err), &err);
        for (; found; must(aq_term_walk_next(&w, &found, &err), &err)) {
            all->term = w.term;
            assert_int_equal(aq_postings_forms(&w.postings, visit, all), AQ_OK);
        }
        aq_term_walk_close(&w);
    }
    struct aq_walk walk;
    must(aq_walk_open(t, AQ_TABLE_PEND, false, &walk, &err), &err);
    for (must(aq_walk_seek(&walk, (struct aq_slice){0}, &found, &err), &err); found;
         must(aq_walk_next(&walk, &found, &err), &err)) {
        struct aq_pending p;
        struct aq_pending_term term;
        size_t at = 0;
        bool bad = false;
        assert_int_equal(aq_pending_parse(&p, walk.payload), AQ_OK);
        while (aq_pending_next(&p, &at, &term, &bad)) {
            uint16_t positions[256], codes[256];
            uint32_t ordinal, tf;
            size_t posting = 0;
            all->term = term.term;
            while (aq_pending_posting(&term, &posting, &ordinal, &tf, positions, codes, &bad))
                for (uint32_t i = 0; i < tf; i++) {
                    struct aq_slice form;
                    assert_true(aq_pending_form(&term, codes[i], &form));
                    add(all, form, 1);
                }
        }
        assert_false(bad);
    }
    aq_walk_close(&walk);
}

/* ---- matching, the long way ---- */

static uint32_t points(struct aq_slice s, uint32_t out[AQ_TERM_MAX])
{
    uint32_t n = 0;
    unsigned len;
    for (const uint8_t *p = s.ptr; p < s.ptr + s.len; p += len)
        out[n++] = aq_utf8_decode(p, s.ptr + s.len, &len);
    return n;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static unsigned distance(struct aq_slice x, struct aq_slice y)
{
    static unsigned d[AQ_TERM_MAX + 1][AQ_TERM_MAX + 1];
    uint32_t a[AQ_TERM_MAX], b[AQ_TERM_MAX], m = points(x, a), n = points(y, b);
    for (uint32_t i = 0; i <= m; i++)
        for (uint32_t j = 0; j <= n; j++) {
            if (i == 0 || j == 0) {
                d[i][j] = i + j;
                continue;
            }
            d[i][j] = least(least(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
        }
    return d[m][n];
}

static bool starts(struct aq_slice s, struct aq_slice with)
{
    return s.len >= with.len && memcmp(s.ptr, with.ptr, with.len) == 0;
}

static bool compound(struct aq_slice form)
{
    for (size_t i = 0; i < form.len; i++)
        if (strchr("-_&+#", form.ptr[i]))
            return true;
    return false;
}

static bool matches(const struct form *f, enum aq_pattern kind, struct aq_slice text, unsigned most)
{
    if (kind == AQ_PATTERN_FUZZY)
        return distance(f->plain, text) <= most;
    return starts(f->plain, text) && (kind == AQ_PATTERN_BEGIN || !compound(f->form));
}

static int by_count(const void *x, const void *y)
{
    const struct form *a = x, *b = y;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return aq_slice_cmp(a->form, b->form);
}

static void compare_pattern(struct all *all, struct aq_txn *t, struct aq_slice text)
{
    struct aq_arena arena = {0};
    struct aq_error err;
    struct aq_vocabulary_form *got;
    uint32_t count, wanted = 0, most = below(&rng, 3) ? below(&rng, 20) : 100000;
    bool cut;
    enum aq_pattern kind = (enum aq_pattern)below(&rng, 3);
    unsigned d = 1 + below(&rng, 2);
    struct aq_slice plain = fold(all, text);
    if (text.len == 0 && kind == AQ_PATTERN_FUZZY)
        kind = AQ_PATTERN_BEGIN;

    must(aq_vocabulary_expand(t, kind, text, d, most, &arena, &got, &count, &cut, &err), &err);
    if (all->count)
        qsort(all->v, all->count, sizeof *all->v, by_count);
    for (size_t i = 0; i < all->count; i++) {
        if (!matches(&all->v[i], kind, plain, d))
            continue;
        if (wanted < count && (!aq_slice_eq(got[wanted].form, all->v[i].form) ||
                               !aq_slice_eq(got[wanted].term, all->v[i].term) || got[wanted].count != all->v[i].count))
            fail_msg("AQ_SEED=%llu: %.*s, kind %d, distance %u: %u is %.*s %llu instead of %.*s %llu",
                     (unsigned long long)seed, (int)text.len, text.ptr, kind, d, wanted, (int)got[wanted].form.len,
                     got[wanted].form.ptr, (unsigned long long)got[wanted].count, (int)all->v[i].form.len,
                     all->v[i].form.ptr, (unsigned long long)all->v[i].count);
        wanted++;
    }
    if (count != (wanted < most ? wanted : most) || cut != (wanted > most))
        fail_msg("AQ_SEED=%llu: %.*s, kind %d, distance %u: %u forms%s of %u, most %u", (unsigned long long)seed,
                 (int)text.len, text.ptr, kind, d, count, cut ? ", cut," : "", wanted, most);
    aq_arena_free(&arena);
}

/* ---- walks ---- */

static int by_name(const void *x, const void *y)
{
    uint8_t a[AQ_FORM_NAME_MAX], b[AQ_FORM_NAME_MAX];
    const struct form *f = x, *g = y;
    return aq_slice_cmp(aq_form_name(f->form, f->plain, a), aq_form_name(g->form, g->plain, b));
}

static size_t common(struct aq_slice a, struct aq_slice b)
{
    size_t n = 0;
    while (n < a.len && n < b.len && a.ptr[n] == b.ptr[n])
        n++;
    return n;
}

/* Seeks, steps and skips at random; after each the walk stands where the list does. */
static void compare_walk(struct all *all, struct aq_txn *t, struct aq_slice from)
{
    struct aq_arena arena = {0};
    struct aq_error err;
    struct aq_vocabulary_walk w;
    uint8_t name[AQ_FORM_NAME_MAX], before[AQ_FORM_NAME_MAX];
    size_t at = 0, before_len = 0;
    bool found;
    if (all->count)
        qsort(all->v, all->count, sizeof *all->v, by_name);
    while (at < all->count && aq_slice_cmp(aq_form_name(all->v[at].form, all->v[at].plain, name), from) < 0)
        at++;
    must(aq_vocabulary_open(t, NULL, NULL, &arena, &w, &err), &err);
    must(aq_vocabulary_seek(&w, from, &found, &err), &err);
    for (uint32_t steps = 0; steps < 200; steps++) {
        assert_int_equal(found, at < all->count);
        if (!found)
            break;
        struct aq_slice want = aq_form_name(all->v[at].form, all->v[at].plain, name);
        if (!aq_slice_eq(want, w.name))
            fail_msg("AQ_SEED=%llu: at %.*s instead of %.*s", (unsigned long long)seed, (int)w.name.len, w.name.ptr,
                     (int)want.len, want.ptr);
        assert_true(aq_slice_eq(w.form, all->v[at].form) && aq_slice_eq(w.plain, all->v[at].plain));
        assert_true(aq_slice_eq(aq_vocabulary_term(&w), all->v[at].term));
        assert_int_equal(w.count, all->v[at].count);
        assert_int_equal(w.shared, common(aq_slice(before, before_len), want));
        memcpy(before, want.ptr, want.len);
        before_len = want.len;
        if (one_in(&rng, 2)) {
            at++;
            must(aq_vocabulary_next(&w, &found, &err), &err);
        } else {
            size_t keep = 1 + below(&rng, (uint32_t)want.len + 1);
            struct aq_slice prefix = aq_slice(before, keep <= before_len ? keep : before_len);
            do
                at++;
            while (keep <= before_len && at < all->count &&
                   starts(aq_form_name(all->v[at].form, all->v[at].plain, name), prefix));
            must(aq_vocabulary_skip(&w, keep, &found, &err), &err);
        }
    }
    aq_vocabulary_close(&w);
    aq_arena_free(&arena);
}

/* ---- rounds ---- */

/* What is asked for: a form that there is, whole, cut or misspelt; or any word. */
static struct aq_slice random_text(struct all *all)
{
    struct aq_buf b = {0};
    if (all->count == 0 || one_in(&rng, 5)) {
        random_word(&b);
    } else {
        struct aq_slice form = all->v[below(&rng, (uint32_t)all->count)].form;
        size_t cut = one_in(&rng, 2) ? form.len : below(&rng, (uint32_t)form.len + 1);
        form = aq_cut_at_char(form, cut);
        aq_buf_put(&b, form.ptr, form.len);
        if (form.len && one_in(&rng, 3)) { /* in front, so that it stays valid */
            aq_buf_clear(&b);
            aq_buf_puts(&b, middles[1 + below(&rng, AQ_COUNT(middles) - 1)]);
            aq_buf_put(&b, form.ptr, form.len);
        }
    }
    struct aq_slice form = {0};
    uint8_t bytes[AQ_TERM_MAX];
    if (b.len)
        form = aq_arena_copy(&all->arena, aq_slice(bytes, aq_fold_form(aq_slice(b.ptr, b.len), bytes)));
    aq_buf_free(&b);
    return form;
}

static void one_index(bool pending)
{
    static const char *const languages[] = {"english", "none", "german", "french"};
    char dir[64];
    struct aq_error err;
    struct aq_writer *w;
    struct aq_reader *r;
    struct aq_txn t;
    struct aq_writer_options options = {
        .create = true, .single_thread = true, .language = languages[below(&rng, AQ_COUNT(languages))]};
    snprintf(dir, sizeof dir, "/tmp/aq-vocabulary-%d", (int)getpid());
    nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    must(aq_writer_open(dir, &options, &w, &err), &err);
    fill(w, pending);
    if (one_in(&rng, 4))
        must(aq_writer_compact(w, 0, &err), &err);
    must(aq_reader_open(dir, &r, &err), &err);
    must(aq_check(r, NULL, NULL, &err), &err);
    must(aq_reader_begin(r, &t, &err), &err);
    struct all all = {0};
    gather(&all, &t);
    for (unsigned i = 0; i < 60; i++) {
        compare_pattern(&all, &t, random_text(&all));
        if (i % 3 == 0)
            compare_walk(&all, &t, random_text(&all));
    }
    aq_arena_free(&all.arena);
    free(all.v);
    aq_txn_end(&t);
    aq_reader_close(r);
    aq_writer_close(w);
    nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void patterns_match_as_a_list_of_all_forms_does(void **state)
{
    (void)state;
    for (uint64_t rounds = env_number("AQ_ROUNDS", 12); rounds; rounds--) {
        rng = seed++;
        one_index(one_in(&rng, 2));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(patterns_match_as_a_list_of_all_forms_does)};
    seed = env_number("AQ_SEED", (uint64_t)getpid() * 1000003);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
