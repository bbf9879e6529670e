/* The writer at its edges: what a refused record leaves behind, titles that are
 * scored once, batches that stay small, and lists, texts and ids that come again
 * and again. Histories at random are tests/prop/history_test.c's. */
#include "store_fixture.h"

#include "aq.h"
#include "utf8.h"
#include "writer_internal.h"

struct world {
    struct fixture files;
    struct aq_writer *writer;
    struct aq_reader *reader;
};

static void open_writer(struct world *x, size_t memory_limit)
{
    struct aq_writer_options o = {.create = true, .memory_limit = memory_limit};
    OK(aq_writer_open(x->files.dir, &o, &x->writer, err));
}

static int begin(void **state)
{
    struct world *x = calloc(1, sizeof *x);
    snprintf(x->files.root, sizeof x->files.root, "/tmp/aq-writer-XXXXXX");
    if (!x || !mkdtemp(x->files.root))
        return -1;
    snprintf(x->files.dir, sizeof x->files.dir, "%s/index", x->files.root);
    aq_store_test_map_size((size_t)64 << 20);
    open_writer(x, 0);
    *state = x;
    return 0;
}

static int end(void **state)
{
    struct world *x = *state;
    aq_reader_close(x->reader);
    aq_writer_close(x->writer);
    nftw(x->files.root, fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
    free(x);
    return 0;
}

static struct aq_record record_of(const char *id, const char *text)
{
    struct aq_record r;
    aq_record_init(&r);
    r.id = aq_slice_str(id);
    r.text = aq_slice_str(text);
    return r;
}

static void add(struct world *x, const char *id, const char *text)
{
    struct aq_record r = record_of(id, text);
    OK(aq_writer_add(x->writer, &r, NULL, err));
}

static void add_titled(struct world *x, const char *id, const char *thread, const char *title)
{
    struct aq_record r = record_of(id, "nothing to see");
    r.thread = aq_slice_str(thread);
    r.title = aq_slice_str(title);
    OK(aq_writer_add(x->writer, &r, NULL, err));
}

static void commit(struct world *x)
{
    OK(aq_writer_commit(x->writer, err));
    if (!x->reader)
        OK(aq_reader_open(x->files.dir, &x->reader, err));
    OK(aq_check(x->reader, NULL, NULL, err));
}

static void reopen(struct world *x)
{
    aq_reader_close(x->reader);
    x->reader = NULL;
    aq_writer_close(x->writer);
    open_writer(x, 0);
}

static uint64_t hits(struct world *x, const char *query)
{
    struct aq_search_request q = {.query = aq_slice_str(query), .group = AQ_GROUP_COMMENT, .flags = AQ_COUNT_EXACT};
    struct aq_result *result = NULL;
    OK(aq_search(x->reader, &q, &result, err));
    uint64_t n = result->total_groups;
    aq_result_free(result);
    return n;
}

static size_t rows(struct world *x, enum aq_table table)
{
    struct aq_txn t;
    struct aq_walk w;
    bool found;
    size_t n = 0;
    OK(aq_txn_begin(x->writer->store, &t, err));
    OK(aq_walk_open(&t, table, false, &w, err));
    OK(aq_walk_seek(&w, aq_slice("", 0), &found, err));
    for (; found; n++)
        OK(aq_walk_next(&w, &found, err));
    aq_walk_close(&w);
    aq_txn_end(&t);
    return n;
}

/* ---- refusals ---- */

static void a_refused_record_leaves_the_title_to_the_next(void **state)
{
    struct world *x = *state;
    struct aq_buf text = {0};
    for (unsigned i = 0; i < 40000; i++)
        aq_buf_puts(&text, "> a quote\n\nan answer\n\n");
    struct aq_record r = {.date = AQ_NO_DATE, .score = AQ_NO_SCORE};
    r.id = aq_slice_str("big");
    r.thread = aq_slice_str("t");
    r.title = aq_slice_str("Zanzibar");
    r.text = aq_slice(text.ptr, text.len);
    FAILS(AQ_INVALID, "passages", aq_writer_add(x->writer, &r, NULL, err));
    aq_buf_free(&text);
    add(x, "other", "something else");
    add_titled(x, "small", "t", "Re: Zanzibar");
    commit(x);
    assert_int_equal(hits(x, "zanzibar"), 1);
    assert_int_equal(x->writer->state.comments, 2);
}

static void a_record_that_repairing_makes_too_long_is_refused(void **state)
{
    struct world *x = *state;
    size_t n = AQ_MAX_RECORD - 100;
    char *bad = malloc(n);
    memset(bad, 0xff, n);
    struct aq_record r = record_of("x", "");
    r.text = aq_slice(bad, n);
    FAILS(AQ_INVALID, "longer", aq_writer_add(x->writer, &r, NULL, err));
    r = record_of("x", "a text");
    r.id = aq_slice(bad, AQ_MAX_ID);
    FAILS(AQ_INVALID, "longer", aq_writer_add(x->writer, &r, NULL, err));
    free(bad);
    add(x, "y", "a good one");
    commit(x);
    assert_int_equal(hits(x, "good"), 1);
}

static void tags_are_valid_and_one_line_each(void **state)
{
    struct world *x = *state;
    const struct aq_slice tags[] = {aq_slice_str("two\nlines"), aq_slice_str(""), aq_slice_str("bad \xff byte")};
    struct aq_record r = record_of("x", "a text");
    enum aq_outcome outcome;
    struct aq_comment_view *view;
    r.tags = tags;
    r.tag_count = AQ_COUNT(tags);
    OK(aq_writer_add(x->writer, &r, NULL, err));
    commit(x);
    OK(aq_writer_add(x->writer, &r, &outcome, err));
    assert_int_equal(outcome, AQ_UNCHANGED);
    OK(aq_comment_get(x->reader, aq_slice_str("x"), 0, &view, err));
    assert_int_equal(view->tag_count, 2);
    assert_true(aq_slice_eq(view->tags[0], aq_slice_str("two lines")));
    assert_true(aq_slice_eq(view->tags[1], aq_slice_str("bad \xEF\xBF\xBD byte")));
    aq_comment_free(view);
}

static void a_failed_writer_commits_nothing(void **state)
{
    struct world *x = *state;
    add(x, "kept", "a kept text");
    commit(x);
    add(x, "lost", "a lost text");
    x->writer->failed = true;
    FAILS(AQ_INTERNAL, "failed before", aq_writer_commit(x->writer, err));
    reopen(x);
    commit(x);
    assert_int_equal(x->writer->state.comments, 1);
}

/* ---- titles ---- */

static void a_title_is_scored_once_in_a_thread(void **state)
{
    struct world *x = *state;
    add_titled(x, "a", "t", "Zanzibar");
    add_titled(x, "b", "t", "Re: zanzibar");
    commit(x);
    add_titled(x, "c", "t", "RE: Zanzibar");
    commit(x);
    assert_int_equal(hits(x, "zanzibar"), 1);
    reopen(x);
    add_titled(x, "d", "t", "Fwd: Zanzibar");
    commit(x);
    assert_int_equal(hits(x, "zanzibar"), 1);
}

static void replies_do_not_score_the_new_title_of_their_thread(void **state)
{
    struct world *x = *state;
    add_titled(x, "a", "t", "Zanzibar");
    add_titled(x, "a", "t", "Madagascar");
    add_titled(x, "b", "t", "Re: Madagascar");
    add_titled(x, "c", "t", "Re: Madagascar");
    commit(x);
    assert_int_equal(hits(x, "zanzibar"), 0);
    assert_int_equal(hits(x, "madagascar"), 1);
}

static void a_purged_opener_brings_its_title_again(void **state)
{
    struct world *x = *state;
    for (int again = 0; again < 2; again++) {
        add_titled(x, "a", "t", "Zanzibar");
        commit(x);
        assert_int_equal(hits(x, "zanzibar"), 1);
        OK(aq_writer_delete(x->writer, aq_slice_str("a"), err));
        OK(aq_writer_compact(x->writer, AQ_COMPACT_PURGE, err));
        commit(x);
        assert_int_equal(hits(x, "zanzibar"), 0);
        if (again)
            reopen(x);
    }
    add_titled(x, "a", "t", "Zanzibar");
    commit(x);
    assert_int_equal(hits(x, "zanzibar"), 1);
}

static bool file_has(const struct world *x, const char *text)
{
    char path[160], *bytes = NULL;
    snprintf(path, sizeof path, "%s/gen-%06u/data.mdb", x->files.dir, aq_store_generation(x->writer->store));
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t len = 0, cap = 0, got;
    do {
        assert_true(aq_grow(&bytes, &cap, len + 65536, 1));
        got = fread(bytes + len, 1, cap - len, f);
        len += got;
    } while (got);
    fclose(f);
    bool found = memmem(bytes, len, text, strlen(text)) != NULL;
    free(bytes);
    return found;
}

static void purging_erases_the_id_too(void **state)
{
    struct world *x = *state;
    struct aq_txn t;
    struct aq_id id;
    uint32_t number;
    add_titled(x, "before", "thread", "A title");
    add_titled(x, "somebodys-real-name", "thread", "What nobody should see");
    add_titled(x, "after", "thread", "A title");
    commit(x);
    OK(aq_writer_delete(x->writer, aq_slice_str("somebodys-real-name"), err));
    OK(aq_writer_compact(x->writer, 0, err));
    assert_true(file_has(x, "somebodys-real-nam") && file_has(x, "What nobody"));
    OK(aq_writer_compact(x->writer, AQ_COMPACT_PURGE, err));
    assert_false(file_has(x, "somebodys-real-nam"));
    assert_false(file_has(x, "What nobody"));
    OK(aq_txn_begin(x->writer->store, &t, err));
    OK(aq_ident_get(&t, 0, &id, err));
    FAILS(AQ_NOTFOUND, "comment 1", aq_ident_get(&t, 1, &id, err));
    OK(aq_comment_find(&t, aq_slice_str("after"), &number, err));
    assert_int_equal(number, 2);
    aq_txn_end(&t);
    add(x, "somebodys-real-name", "words again");
    commit(x);
    OK(aq_txn_begin(x->writer->store, &t, err));
    OK(aq_comment_find(&t, aq_slice_str("somebodys-real-name"), &number, err));
    assert_int_equal(number, 3);
    aq_txn_end(&t);
}

static void hits_without_text_read_no_text(void **state)
{
    struct world *x = *state;
    struct aq_txn t;
    struct aq_result *result;
    struct aq_search_request request = {.query = aq_slice_str("zanzibar"), .flags = AQ_NO_TEXT};
    add(x, "a", "a trip to zanzibar");
    add(x, "b", "> a trip to zanzibar in the rain\n\nlucky you");
    commit(x);
    OK(aq_txn_begin_write(x->writer->store, &t, SMALL, err));
    OK(aq_bundle_delete_range(&t, 0, AQ_NO_COMMENT, err));
    OK(aq_txn_commit(&t, err));
    OK(aq_search(x->reader, &request, &result, err));
    assert_int_equal(result->hit_count, 2);
    assert_true(aq_slice_eq(result->hits[0].id, aq_slice_str("a")));
    assert_true(aq_slice_eq(result->hits[1].id, aq_slice_str("b")));
    assert_int_equal(result->hits[0].quote_depth, 0);
    assert_int_equal(result->hits[1].quote_depth, 1);
    aq_result_free(result);
    request.flags = 0;
    FAILS(AQ_CORRUPT, "text", aq_search(x->reader, &request, &result, err));
}

/* ---- batches stay small ---- */

static void replacing_much_is_done_in_parts(void **state)
{
    struct world *x = *state;
    char id[20], text[2000];
    size_t units = 0, overrides = 0;
    reopen(x);
    aq_writer_close(x->writer);
    open_writer(x, 4 << 20);
    for (unsigned version = 0; version < 2; version++)
        for (unsigned i = 0; i < 6000; i++) {
            int n = snprintf(text, sizeof text, "version %u of %u", version, i);
            while (n < 1500)
                n += snprintf(text + n, sizeof text - (size_t)n, " word%u", ((unsigned)n * 7 + i) % 100);
            snprintf(id, sizeof id, "c%u", i);
            add(x, id, text);
            if (x->writer->unit && aq_unit_filled(x->writer->unit) > units)
                units = aq_unit_filled(x->writer->unit);
            if (x->writer->batch->overrides.len > overrides)
                overrides = x->writer->batch->overrides.len;
        }
    assert_in_range(units, 1, 5 << 20);
    assert_in_range(overrides, 1, 5 << 20);
    commit(x);
    assert_int_equal(x->writer->state.comments, 6000);
}

static void deleting_and_updating_much_is_done_in_parts(void **state)
{
    struct world *x = *state;
    char id[20];
    size_t kills = 0, updates = 0;
    uint64_t pruned;
    enum { COMMENTS = 30000 };
    for (unsigned i = 0; i < COMMENTS; i++) {
        snprintf(id, sizeof id, "c%u", i);
        add(x, id, id);
    }
    commit(x);
    reopen(x);
    aq_writer_close(x->writer);
    open_writer(x, 1);
    for (unsigned i = 0; i < COMMENTS; i++) {
        snprintf(id, sizeof id, "c%u", i);
        struct aq_record r = record_of(id, id);
        r.score = (int32_t)i;
        enum aq_outcome outcome = AQ_UPDATED;
        if (i % 2)
            OK(aq_writer_delete(x->writer, r.id, err));
        else
            OK(aq_writer_add(x->writer, &r, &outcome, err));
        assert_int_equal(outcome, AQ_UPDATED);
        if (x->writer->batch->kill_count > kills)
            kills = x->writer->batch->kill_count;
        if (x->writer->batch->update_count > updates)
            updates = x->writer->batch->update_count;
    }
    assert_in_range(kills, 1, COMMENTS / 2 - 1);
    assert_in_range(updates, 1, COMMENTS / 2 - 1);
    commit(x);
    assert_int_equal(x->writer->state.comments, COMMENTS / 2);
    reopen(x);
    aq_writer_close(x->writer);
    open_writer(x, 1);
    OK(aq_writer_prune(x->writer, &pruned, err));
    assert_int_equal(pruned, COMMENTS / 2);
    assert_in_range(x->writer->batch->kill_count, 0, COMMENTS / 2 - 1);
    commit(x);
    assert_int_equal(x->writer->state.comments, 0);
    assert_int_equal(rows(x, AQ_TABLE_REPEAT), 0);
}

/* ---- what comes again and again ---- */

static void an_id_added_many_times_is_one_comment(void **state)
{
    struct world *x = *state;
    char text[40];
    for (unsigned i = 0; i < 20000; i++) {
        snprintf(text, sizeof text, "version v%u", i);
        add(x, "same", text);
        if (i % 7 == 3)
            OK(aq_writer_delete(x->writer, aq_slice_str("same"), err));
    }
    assert_in_range(x->writer->batch->by_id.count, 0, 1); /* versions do not pile up under their hash */
    commit(x);
    assert_int_equal(x->writer->state.comments, 1);
    assert_int_equal(hits(x, "v19999"), 1);
    assert_int_equal(hits(x, "version"), 1);
}

static void an_update_a_replacement_and_a_deletion_in_one_batch(void **state)
{
    struct world *x = *state;
    add(x, "c", "the first text");
    commit(x);
    struct aq_record r = record_of("c", "the first text");
    r.score = 7;
    OK(aq_writer_add(x->writer, &r, NULL, err));
    add(x, "c", "the second text");
    OK(aq_writer_delete(x->writer, r.id, err));
    FAILS(AQ_NOTFOUND, "no comment", aq_writer_delete(x->writer, r.id, err));
    commit(x);
    assert_int_equal(x->writer->state.comments, 0);
    assert_int_equal(rows(x, AQ_TABLE_REPEAT), 0);
    add(x, "c", "the first text");
    commit(x);
    assert_int_equal(hits(x, "first"), 1);
    assert_int_equal(x->writer->state.next_comment, 1);
}

static void numbers_in_a_row_leave_no_row_of_slots(void **state)
{
    struct aq_hashmap m = {0};
    size_t run = 0, longest = 0;
    (void)state;
    for (uint32_t i = 0; i < 100000; i++)
        assert_true(aq_hashmap_add(&m, aq_hash_number(i), i));
    for (size_t i = 0; i <= m.mask; i++) {
        run = m.slots[i].value == AQ_HASHMAP_NONE ? 0 : run + 1;
        longest = run > longest ? run : longest;
    }
    assert_in_range(longest, 1, 200);
    aq_hashmap_free(&m);
}

static void waiting_replies_all_get_their_parent(void **state)
{
    struct world *x = *state;
    char id[20];
    enum { REPLIES = 5000 };
    for (unsigned i = 0; i < REPLIES; i++) {
        snprintf(id, sizeof id, "r%u", i);
        struct aq_record r = record_of(id, id);
        r.parent = aq_slice_str("parent");
        OK(aq_writer_add(x->writer, &r, NULL, err));
    }
    commit(x);
    struct aq_record other = record_of("r3", "turns to another");
    other.parent = aq_slice_str("another");
    OK(aq_writer_add(x->writer, &other, NULL, err));
    OK(aq_writer_delete(x->writer, aq_slice_str("r4"), err));
    commit(x);
    add(x, "parent", "here at last");
    commit(x);
    struct aq_txn t;
    OK(aq_txn_begin(x->writer->store, &t, err));
    for (uint32_t i = 0; i < REPLIES; i++)
        assert_int_equal(aq_column_get(&t, AQ_COL_PARENT, i),
                         i == 3 || i == 4 ? (int64_t)AQ_NO_COMMENT : (int64_t)REPLIES);
    aq_txn_end(&t);
}

static void a_long_pending_comment_becomes_a_segment(void **state)
{
    struct world *x = *state;
    struct aq_buf text = {0};
    for (unsigned i = 0; text.len < 3900000; i++)
        aq_buf_printf(&text, "word%u stands in paragraph %u of many.%s", i % 5000, i / 9, i % 9 ? " " : "\n\n");
    struct aq_record r = record_of("long", "");
    r.text = aq_slice(text.ptr, text.len);
    OK(aq_writer_add(x->writer, &r, NULL, err));
    commit(x);
    assert_int_equal(x->writer->state.pend_comments, 1);
    OK(aq_writer_flush(x->writer, err));
    commit(x);
    assert_int_equal(x->writer->state.pend_comments, 0);
    assert_int_equal(hits(x, "word4999"), 1);
    aq_buf_free(&text);
}

/* Replacing puts a low number behind high ones: such segments are found in by walking. */
static void replacements_are_found_in_segments_out_of_order(void **state)
{
    struct world *x = *state;
    char id[20], text[40];
    enum { COMMENTS = 2000 };
    for (unsigned version = 0; version < 4; version++) {
        for (unsigned i = 0; i < COMMENTS; i += version ? 3 : 1) {
            unsigned k = i * 7 % COMMENTS;
            snprintf(id, sizeof id, "c%u", k);
            snprintf(text, sizeof text, "common\n\n> common too\n\nv%u", version);
            add(x, id, text);
        }
        if (version == 2)
            OK(aq_writer_compact(x->writer, 0, err));
        else
            OK(aq_writer_flush(x->writer, err));
        commit(x);
    }
    assert_int_equal(x->writer->state.comments, COMMENTS);
    assert_int_equal(hits(x, "v3"), 1); /* once each: the others repeat it */
    for (unsigned i = 0; i < COMMENTS - 1; i++) {
        snprintf(id, sizeof id, "c%u", i);
        OK(aq_writer_delete(x->writer, aq_slice_str(id), err));
    }
    commit(x);
    assert_int_equal(hits(x, "common"), 1);
}

/* A deleted passage must be taken out under the hash it was put in with, though
 * then only its own text is analyzed. */
static void odd_texts_leave_no_repeat_behind(void **state)
{
    struct world *x = *state;
    static const char *const bits[] = {"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", "a-b-", "x", "C++ ", "1,024", "\xcc\x81", "e.g.",
                                       "\xe0\xb8\x81\xe0\xb8\xb2", "isn\xe2\x80\x99t ", "AT&T", "\xef\xac\x81", "- ", ". ",
                                       "\n", "\n\n> ", "#", "\xf0\x9f\x98\x80", "@", "_", "/", "\xe2\x80\x8d"};
    uint64_t rng = 12345;
    for (unsigned i = 0; i < 500; i++) {
        struct aq_buf text = {0};
        char id[20];
        rng = rng * 6364136223846793005u + 1442695040888963407u;
        unsigned kinds = 1 + (unsigned)(rng >> 40) % 4, n = 1 + (unsigned)(rng >> 50) % 1500, first = (unsigned)(rng >> 33);
        for (unsigned k = 0; k < n; k++) {
            rng = rng * 6364136223846793005u + 1442695040888963407u;
            aq_buf_puts(&text, bits[(first + (unsigned)(rng >> 40) % kinds * 5) % AQ_COUNT(bits)]);
        }
        snprintf(id, sizeof id, "c%u", i);
        struct aq_record r = record_of(id, "");
        r.text = aq_slice(text.ptr, text.len);
        r.format = i % 3 == 2 ? AQ_FORMAT_MARKDOWN : AQ_FORMAT_TEXT;
        OK(aq_writer_add(x->writer, &r, NULL, err));
        commit(x);
        OK(aq_writer_delete(x->writer, r.id, err));
        commit(x);
        if (rows(x, AQ_TABLE_REPEAT))
            fail_msg("text %u (%u bits of %u from %u) left a repeat", i, n, kinds, first % (unsigned)AQ_COUNT(bits));
        aq_buf_free(&text);
    }
}

/* ---- little and nothing ---- */

static void segments_without_a_living_comment_merge_to_nothing(void **state)
{
    struct world *x = *state;
    char id[20];
    for (unsigned i = 0; i < AQ_SEGMENTS_MOST; i++) {
        snprintf(id, sizeof id, "c%u", i);
        add(x, id, id);
        OK(aq_writer_flush(x->writer, err));
    }
    commit(x);
    for (unsigned i = 0; i < AQ_SEGMENTS_MOST; i++) {
        snprintf(id, sizeof id, "c%u", i);
        OK(aq_writer_delete(x->writer, aq_slice_str(id), err));
    }
    commit(x);
    add(x, "one", "more");
    OK(aq_writer_flush(x->writer, err));
    OK(aq_merger_wait(x->writer->merger, err));
    commit(x);
    assert_int_equal(hits(x, "more"), 1);
    OK(aq_writer_delete(x->writer, aq_slice_str("one"), err));
    OK(aq_writer_compact(x->writer, 0, err));
    commit(x);
    assert_int_equal(rows(x, AQ_TABLE_SEG) + rows(x, AQ_TABLE_NORM) + rows(x, AQ_TABLE_MAP) + rows(x, AQ_TABLE_BITS), 0);
}

static void an_empty_index_compacts_and_prunes(void **state)
{
    struct world *x = *state;
    uint64_t pruned = 9;
    OK(aq_writer_flush(x->writer, err));
    for (unsigned i = 0; i < 3; i++)
        OK(aq_writer_compact(x->writer, i ? AQ_COMPACT_PURGE : 0, err));
    OK(aq_writer_prune(x->writer, &pruned, err));
    assert_int_equal(pruned, 0);
    commit(x);
    add(x, "c", "a text");
    commit(x);
    assert_int_equal(hits(x, "text"), 1);
}

static void comments_without_passages_come_and_go(void **state)
{
    struct world *x = *state;
    add(x, "empty", "");
    commit(x);
    OK(aq_writer_flush(x->writer, err));
    commit(x);
    add(x, "dots", "...");
    OK(aq_writer_compact(x->writer, 0, err));
    commit(x);
    assert_int_equal(x->writer->state.comments, 2);
    OK(aq_writer_delete(x->writer, aq_slice_str("empty"), err));
    OK(aq_writer_compact(x->writer, AQ_COMPACT_PURGE, err));
    OK(aq_writer_compact(x->writer, AQ_COMPACT_PURGE, err));
    commit(x);
    add(x, "empty", "no more");
    commit(x);
    assert_int_equal(hits(x, "more"), 1);
    assert_int_equal(x->writer->state.next_comment, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_refused_record_leaves_the_title_to_the_next, begin, end),
        cmocka_unit_test_setup_teardown(a_record_that_repairing_makes_too_long_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(tags_are_valid_and_one_line_each, begin, end),
        cmocka_unit_test_setup_teardown(a_failed_writer_commits_nothing, begin, end),
        cmocka_unit_test_setup_teardown(a_title_is_scored_once_in_a_thread, begin, end),
        cmocka_unit_test_setup_teardown(replies_do_not_score_the_new_title_of_their_thread, begin, end),
        cmocka_unit_test_setup_teardown(a_purged_opener_brings_its_title_again, begin, end),
        cmocka_unit_test_setup_teardown(purging_erases_the_id_too, begin, end),
        cmocka_unit_test_setup_teardown(hits_without_text_read_no_text, begin, end),
        cmocka_unit_test_setup_teardown(replacing_much_is_done_in_parts, begin, end),
        cmocka_unit_test_setup_teardown(deleting_and_updating_much_is_done_in_parts, begin, end),
        cmocka_unit_test_setup_teardown(an_id_added_many_times_is_one_comment, begin, end),
        cmocka_unit_test_setup_teardown(an_update_a_replacement_and_a_deletion_in_one_batch, begin, end),
        cmocka_unit_test(numbers_in_a_row_leave_no_row_of_slots),
        cmocka_unit_test_setup_teardown(waiting_replies_all_get_their_parent, begin, end),
        cmocka_unit_test_setup_teardown(a_long_pending_comment_becomes_a_segment, begin, end),
        cmocka_unit_test_setup_teardown(replacements_are_found_in_segments_out_of_order, begin, end),
        cmocka_unit_test_setup_teardown(odd_texts_leave_no_repeat_behind, begin, end),
        cmocka_unit_test_setup_teardown(segments_without_a_living_comment_merge_to_nothing, begin, end),
        cmocka_unit_test_setup_teardown(an_empty_index_compacts_and_prunes, begin, end),
        cmocka_unit_test_setup_teardown(comments_without_passages_come_and_go, begin, end),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
