/* The table of forms: rows cut where they are full, names with accents, and what becomes
 * of damage; completions that follow the index. */
#include "store_fixture.h"

#include "aq.h"
#include "aq_index.h"
#include "forms.h"
#include "vocabulary.h"

static void add(struct aq_writer *w, const char *id, const char *title, const char *text)
{
    struct aq_record r;
    enum aq_outcome outcome;
    aq_record_init(&r);
    r.id = aq_slice_str(id);
    r.author = aq_slice_str("Wei Dai");
    r.title = aq_slice_str(title);
    r.text = aq_slice_str(text);
    OK(aq_writer_add(w, &r, &outcome, err));
}

static struct aq_writer *open_writer(struct fixture *f)
{
    struct aq_writer *w;
    const struct aq_writer_options options = {.create = true, .single_thread = true};
    OK(aq_writer_open(f->dir, &options, &w, err));
    return w;
}

/* Two thousand words in one comment's passages: several rows of forms. */
static void add_many(struct aq_writer *w)
{
    struct aq_buf text = {0};
    for (unsigned i = 0; i < 2000; i++)
        aq_buf_printf(&text, "%c%c%cword%u%s", 'a' + i % 26, 'a' + i / 26 % 26, 'a' + i / 3 % 26, i, i % 60 == 59 ? ".\n\n" : " ");
    aq_buf_puts(&text, "r\xC3\xA9sum\xC3\xA9 resume resum\xC3\xA9.");
    aq_buf_u8(&text, 0);
    add(w, "many", "Many words", (const char *)text.ptr);
    aq_buf_free(&text);
}

static void rows_hold_all_forms_in_order(void **state)
{
    struct fixture *f = *state;
    struct aq_writer *w = open_writer(f);
    struct aq_txn t;
    struct aq_walk rows;
    struct aq_forms_walk forms;
    uint8_t last[AQ_FORM_NAME_MAX];
    size_t last_len = 0, count = 0, row_count = 0, accented = 0;
    bool found;
    add_many(w);
    OK(aq_writer_flush(w, err));
    aq_writer_close(w);
    OK(aq_store_open(f->dir, AQ_STORE_READ, &f->store, err));
    OK(aq_txn_begin(f->store, &t, err));
    for (found = first_row(&t, AQ_TABLE_FORM, &rows); found; found = next_row(&rows)) {
        assert_true(rows.payload.len <= AQ_ROW_PAYLOAD);
        row_count++;
    }
    assert_true(row_count > 3);
    OK(aq_forms_open(&t, t.segments[0].info.id, &forms, err));
    OK(aq_forms_seek(&forms, (struct aq_slice){0}, &found, err));
    while (found) {
        assert_true(aq_slice_cmp(aq_slice(last, last_len), forms.name) < 0);
        memcpy(last, forms.name.ptr, forms.name.len);
        last_len = forms.name.len;
        accented += forms.accented;
        count++;
        OK(aq_forms_next(&forms, &found, err));
    }
    assert_int_equal(count, 2005); /* "many" and "words" of the title, and three of resume */
    assert_int_equal(accented, 2);
    /* Beyond the last, and in a segment that is not there. */
    OK(aq_forms_seek(&forms, aq_slice_str("zzzzz"), &found, err));
    assert_false(found);
    aq_forms_close(&forms);
    OK(aq_forms_open(&t, 77, &forms, err));
    OK(aq_forms_seek(&forms, aq_slice_str("a"), &found, err));
    assert_false(found);
    aq_forms_close(&forms);
    aq_txn_end(&t);
}

static void a_dropped_segment_takes_its_forms_along(void **state)
{
    struct fixture *f = *state;
    struct aq_writer *w = open_writer(f);
    struct aq_txn t;
    struct aq_walk rows;
    add_many(w);
    OK(aq_writer_flush(w, err));
    OK(aq_writer_delete(w, aq_slice_str("many"), err));
    add(w, "few", "", "A walrus.");
    OK(aq_writer_compact(w, 0, err));
    aq_writer_close(w);
    OK(aq_store_open(f->dir, AQ_STORE_READ, &f->store, err));
    OK(aq_txn_begin(f->store, &t, err));
    assert_true(first_row(&t, AQ_TABLE_FORM, &rows));
    assert_int_equal(aq_unkey32(rows.key.ptr), t.segments[0].info.id);
    assert_false(next_row(&rows));
    aq_txn_end(&t);
}

/* Any bytes in place of some of a row: a reader fails or answers, and reads nothing that
 * is not there. */
static void damaged_rows_are_survived(void **state)
{
    struct fixture *f = *state;
    struct aq_writer *w = open_writer(f);
    struct aq_arena arena = {0};
    uint64_t rng = 1;
    add_many(w);
    OK(aq_writer_flush(w, err));
    aq_writer_close(w);
    for (unsigned round = 0; round < 300; round++) {
        struct aq_txn t;
        struct aq_walk rows;
        struct aq_buf key = {0}, row = {0};
        unsigned n = 0;
        OK(aq_store_open(f->dir, AQ_STORE_WRITE, &f->store, err));
        OK(aq_txn_begin_write(f->store, &t, SMALL, err));
        for (bool found = first_row(&t, AQ_TABLE_FORM, &rows); found; found = next_row(&rows)) {
            rng = rng * 6364136223846793005u + 1442695040888963407u;
            if ((rng >> 33) % ++n)
                continue;
            aq_buf_clear(&key);
            aq_buf_clear(&row);
            aq_buf_put(&key, rows.key.ptr, rows.key.len);
            aq_buf_put(&row, rows.payload.ptr, rows.payload.len);
        }
        for (unsigned k = 0; k < 3; k++) {
            rng = rng * 6364136223846793005u + 1442695040888963407u;
            row.ptr[(rng >> 33) % row.len] = (uint8_t)(rng >> 20);
        }
        if (round % 7 == 0)
            row.len -= (size_t)(rng >> 40) % row.len;
        OK(aq_put(&t, AQ_TABLE_FORM, aq_slice(key.ptr, key.len), aq_slice(row.ptr, row.len), err));
        static const char *const texts[] = {"", "a", "resume", "mmm", "zzword"};
        for (size_t i = 0; i < AQ_COUNT(texts); i++) {
            struct aq_vocabulary_form *forms;
            uint32_t count;
            bool cut;
            for (unsigned kind = 0; kind < 3; kind++) {
                enum aq_status st = aq_vocabulary_expand(&t, (enum aq_pattern)kind, aq_slice_str(texts[i]), 1 + i % 2, 50,
                                                         &arena, &forms, &count, &cut, NULL);
                assert_true(st == AQ_OK || st == AQ_CORRUPT);
            }
            aq_arena_reset(&arena);
        }
        aq_txn_end(&t); /* not committed */
        aq_store_close(f->store);
        f->store = NULL;
        aq_buf_free(&key);
        aq_buf_free(&row);
    }
    aq_arena_free(&arena);
}

/* ---- completions ---- */

static void expect(struct aq_reader *r, const char *typed, unsigned kinds, const char *wanted)
{
    struct aq_suggest_request request = {.text = aq_slice_str(typed), .kinds = kinds};
    struct aq_suggestions *s;
    char got[400] = "";
    size_t n = 0;
    OK(aq_suggest(r, &request, &s, err));
    for (uint32_t i = 0; i < s->item_count; i++)
        n += (size_t)snprintf(got + n, sizeof got - n, "%s%.*s", i ? ", " : "", (int)s->items[i].text.len,
                              s->items[i].text.ptr);
    assert_string_equal(got, wanted);
    aq_suggestions_free(s);
}

static void suggestions_follow_the_index(void **state)
{
    struct fixture *f = *state;
    struct aq_writer *w = open_writer(f);
    struct aq_reader *r;
    add(w, "one", "Otters", "Oak, oak, owl.");
    OK(aq_writer_commit(w, err));
    OK(aq_reader_open(f->dir, &r, err));
    expect(r, "o", AQ_SUGGEST_WORDS, "oak, otters, owl");
    expect(r, "o", AQ_SUGGEST_WORDS, "oak, otters, owl");
    add(w, "two", "", "Owl, owl, owl.");
    OK(aq_writer_commit(w, err));
    expect(r, "o", AQ_SUGGEST_WORDS, "owl, oak, otters");
    expect(r, "o", AQ_SUGGEST_TITLES, "Otters");
    OK(aq_writer_compact(w, 0, err));
    expect(r, "o", AQ_SUGGEST_WORDS, "owl, oak, otters");
    expect(r, "o", AQ_SUGGEST_TITLES, "Otters");
    expect(r, "da", AQ_SUGGEST_AUTHORS, "Wei Dai");
    OK(aq_writer_delete(w, aq_slice_str("one"), err));
    OK(aq_writer_commit(w, err));
    expect(r, "o", AQ_SUGGEST_TITLES, "");
    expect(r, "", 0, "");
    expect(r, "  ", 0, "");
    aq_reader_close(r);
    aq_writer_close(w);
}

/* What is put in for a name with quotation marks, or brackets, finds who is called so. */
static void names_with_marks_complete_to_what_finds_them(void **state)
{
    static const struct {
        const char *name, *typed, *inserted;
    } cases[] = {
        {"Bob \"Bo\" Neil", "author:bo", "author:\"Bob Bo Neil\""},
        {"Ann\"Anchor", "author:\"ann", "author:\"Ann Anchor\""},
        {"Zed \xE2\x80\x9EZip\xE2\x80\x9C", "oak author:ze", "oak author:\"Zed Zip\""},
        {"gwern(ash)", "author:gw", "author:\"gwern(ash)\""},
        {"plain", "author:pl", "author:plain"},
    };
    struct fixture *f = *state;
    struct aq_writer *w = open_writer(f);
    struct aq_reader *r;
    for (size_t i = 0; i < AQ_COUNT(cases); i++) {
        struct aq_record record;
        char text[16];
        aq_record_init(&record);
        snprintf(text, sizeof text, "Oak number%zu.", i); /* repeats would be hidden */
        record.id = record.author = aq_slice_str(cases[i].name);
        record.text = aq_slice_str(text);
        OK(aq_writer_add(w, &record, NULL, err));
    }
    OK(aq_writer_commit(w, err));
    OK(aq_reader_open(f->dir, &r, err));
    for (size_t i = 0; i < AQ_COUNT(cases); i++) {
        struct aq_search_request request = {.query = aq_slice_str(cases[i].inserted), .flags = AQ_NO_FILL};
        struct aq_result *result;
        expect(r, cases[i].typed, AQ_SUGGEST_AUTHORS, cases[i].inserted);
        OK(aq_search(r, &request, &result, err));
        assert_int_equal(result->hit_count, 1);
        assert_true(aq_slice_eq(result->hits[0].id, aq_slice_str(cases[i].name)));
        aq_result_free(result);
    }
    aq_reader_close(r);
    aq_writer_close(w);
}

static void requests_are_checked(void **state)
{
    struct fixture *f = *state;
    struct aq_writer *w = open_writer(f);
    struct aq_reader *r;
    struct aq_suggestions *s;
    struct aq_word_list *words;
    struct aq_suggest_request request = {.text = aq_slice_str("a"), .limit = 101};
    add(w, "one", "", "An apple.");
    OK(aq_writer_commit(w, err));
    OK(aq_reader_open(f->dir, &r, err));
    FAILS(AQ_LIMIT, "at most 100", aq_suggest(r, &request, &s, err));
    assert_null(s);
    request = (struct aq_suggest_request){.text = aq_slice("a\xFF", 2)};
    FAILS(AQ_SYNTAX, "UTF-8", aq_suggest(r, &request, &s, err));
    FAILS(AQ_LIMIT, "at most 10000", aq_words(r, aq_slice_str("a"), 10001, &words, err));
    FAILS(AQ_SYNTAX, "UTF-8", aq_words(r, aq_slice("\xC3", 1), 1, &words, err));
    /* Long, and of nothing but what is no word. */
    struct aq_buf text = {0};
    for (unsigned i = 0; i < 5000; i++)
        aq_buf_puts(&text, "ab");
    request = (struct aq_suggest_request){.text = aq_slice(text.ptr, text.len)};
    OK(aq_suggest(r, &request, &s, err));
    assert_int_equal(s->item_count, 0);
    aq_suggestions_free(s);
    request.text.len = 1000;
    OK(aq_suggest(r, &request, &s, err));
    assert_int_equal(s->item_count, 0);
    aq_suggestions_free(s);
    OK(aq_words(r, aq_slice(text.ptr, text.len), 1, &words, err));
    assert_int_equal(words->word_count, 0);
    aq_words_free(words);
    aq_buf_free(&text);
    /* What was handed out outlives the reader. */
    OK(aq_words(r, (struct aq_slice){0}, 1, &words, err));
    aq_reader_close(r);
    aq_writer_close(w);
    assert_int_equal(words->word_count, 1);
    assert_true(words->more);
    assert_true(aq_slice_eq(words->words[0].form, aq_slice_str("an")));
    aq_words_free(words);
    aq_suggestions_free(NULL);
    aq_words_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_hold_all_forms_in_order, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_dropped_segment_takes_its_forms_along, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(damaged_rows_are_survived, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(suggestions_follow_the_index, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(names_with_marks_complete_to_what_finds_them, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(requests_are_checked, fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
