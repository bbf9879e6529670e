/* store_test.c - random histories of the store against plain arrays: transactions
 * that commit or abort, stores that close and open again; and decoders of stored
 * rows on bytes that nobody wrote. */
#include "store_fixture.h"

#include <time.h>

enum { LISTS = 5, NUMBERS = 3000, TEXTS = 400, SEGMENTS = 64, SECONDS = 3 };

struct text {
    uint32_t seed, len; /* len 0: purged or never written */
};

/* What the index should hold. */
struct model {
    uint8_t lists[LISTS][NUMBERS];
    struct text texts[TEXTS];
    uint8_t segments[SEGMENTS]; /* 1: listed */
    uint32_t next_segment;
};

struct history {
    struct fixture *f;
    uint64_t random;
    struct model committed, now;
    unsigned commits, aborts, reopened;
};

static uint32_t below(struct history *h, uint32_t n)
{
    return fixture_random(&h->random) % n;
}

static void fill_text(struct text x, struct aq_buf *out)
{
    uint64_t random = x.seed;
    aq_buf_clear(out);
    while (out->len < x.len) {
        uint32_t r = fixture_random(&random);
        aq_buf_printf(out, r % 3 ? "common words " : "%x ", r);
    }
    out->len = x.len;
}

/* ---- changes ---- */

/* Lists 0 to 2 are numbers under a hash, the others members of a thread. */
static void change_list(struct history *h, struct aq_txn *t)
{
    unsigned list = below(h, LISTS);
    uint32_t start = below(h, NUMBERS), count = below(h, 400), step = below(h, 2) ? 1 : 7;
    bool add = below(h, 3) > 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t n = (start + i * step) % NUMBERS;
        uint8_t entry[AQ_MEMBER_ENTRY];
        aq_member_entry(entry, list, n);
        struct aq_slice change = aq_slice(entry, sizeof entry), none = {0};
        if (list >= 3)
            OK(aq_set_change(t, AQ_TABLE_MEMBER, add ? change : none, add ? none : change, err));
        else if (add)
            OK(aq_ids_add(t, AQ_ID_AWAITED, list, n, err));
        else
            OK(aq_ids_remove(t, AQ_ID_AWAITED, list, n, err));
        h->now.lists[list][n] = add;
    }
}

static void change_text(struct history *h, struct aq_txn *t)
{
    struct aq_buf b = {0};
    for (uint32_t i = below(h, 10); i-- > 0;) {
        uint32_t n = below(h, TEXTS);
        struct text x = {fixture_random(&h->random), below(h, 4) ? 1 + below(h, below(h, 10) ? 900 : 30000) : 0};
        fill_text(x, &b);
        OK(aq_text_replace(t, n, aq_slice(b.ptr, b.len), err));
        h->now.texts[n] = x;
    }
    aq_buf_free(&b);
}

static enum aq_status put_bundle(void *context, uint32_t first, struct aq_slice bundle, struct aq_error *err)
{
    return aq_bundle_put(context, first, bundle, err);
}

/* Packs a tail again, as a flush does. */
static void repack_text(struct history *h, struct aq_txn *t)
{
    uint32_t from = below(h, TEXTS);
    struct aq_arena arena = {0};
    struct aq_slice raw;
    /* A bundle may begin before `from`: only cut where one begins. */
    struct aq_walk w;
    uint8_t key[4];
    bool found;
    aq_key32(key, from);
    OK(aq_walk_open(t, AQ_TABLE_TEXT, false, &w, err));
    OK(aq_walk_seek(&w, aq_slice(key, 4), &found, err));
    from = found ? aq_unkey32(w.key.ptr) : TEXTS;
    aq_walk_close(&w);
    struct aq_text_writer *writer = aq_text_writer_new((struct aq_slice){0}, 0);
    struct aq_slice *texts = calloc(TEXTS, sizeof *texts);
    for (uint32_t n = from; n < TEXTS; n++)
        if (aq_text_get_raw(t, n, &arena, &raw, NULL) == AQ_OK)
            texts[n] = raw;
    OK(aq_bundle_delete_range(t, from, AQ_NO_COMMENT, err));
    for (uint32_t n = from; n < TEXTS; n++)
        OK(aq_text_writer_add(writer, n, texts[n], put_bundle, t, err));
    OK(aq_text_writer_finish(writer, put_bundle, t, err));
    aq_text_writer_free(writer);
    aq_arena_free(&arena);
    free(texts);
}

static void change_segments(struct history *h, struct aq_txn *t)
{
    uint32_t id = h->now.next_segment;
    if (id < SEGMENTS && below(h, 2)) {
        struct aq_segment seg;
        struct aq_segment_info info = {.id = id, .passages = 1 + id, .tokens = 1 + id, .average_length = 1};
        uint8_t lengths[SEGMENTS], rows[SEGMENTS * 6] = {0};
        memset(lengths, 1, sizeof lengths);
        for (uint32_t i = 0; i <= id; i++)
            aq_store32(rows + i * 6, i);
        OK(aq_segment_create(t, id, &seg, err));
        OK(aq_segment_append(t, &seg, aq_slice_str("term"), aq_slice(lengths, 8), aq_slice("", 0), err));
        OK(aq_segment_put_lengths(t, id, aq_slice(lengths, id + 1), err));
        OK(aq_segment_put_map(t, id, 0, aq_slice(rows, (id + 1) * 6), err));
        OK(aq_segment_list(t, &info, err));
        h->now.segments[id] = 1;
        h->now.next_segment++;
    } else {
        id = below(h, SEGMENTS);
        OK(aq_segment_drop(t, id, err));
        h->now.segments[id] = 0;
    }
}

static void change(struct history *h, struct aq_txn *t)
{
    for (unsigned i = 1 + below(h, 5); i-- > 0;)
        switch (below(h, 4)) {
        case 0:
            change_list(h, t);
            break;
        case 1:
            change_text(h, t);
            break;
        case 2:
            change_segments(h, t);
            break;
        default:
            repack_text(h, t);
        }
}

/* ---- agreement ---- */

static bool visit_number(void *context, uint32_t number)
{
    aq_buf_u32(context, number);
    return true;
}

static void compare(const struct model *m, struct aq_txn *t)
{
    struct aq_buf want = {0}, seen = {0};
    struct aq_arena arena = {0};
    uint32_t listed = 0;
    for (unsigned list = 0; list < LISTS; list++) {
        const uint32_t *numbers;
        uint32_t count;
        aq_buf_clear(&want);
        aq_buf_clear(&seen);
        for (uint32_t n = 0; n < NUMBERS; n++)
            if (m->lists[list][n])
                aq_buf_u32(&want, n);
        if (list < 3) {
            OK(aq_ids_get(t, AQ_ID_AWAITED, list, &numbers, &count));
            for (uint32_t i = 0; i < count; i++)
                aq_buf_u32(&seen, numbers[i]);
        } else {
            OK(aq_thread_members(t, list, visit_number, &seen));
        }
        assert_true(aq_slice_eq(aq_slice(seen.ptr, seen.len), aq_slice(want.ptr, want.len)));
    }
    for (uint32_t n = 0; n < TEXTS; n++) {
        struct aq_slice raw = {0};
        enum aq_status st = aq_text_get_raw(t, n, &arena, &raw, NULL);
        assert_int_equal(st, m->texts[n].len ? AQ_OK : AQ_NOTFOUND);
        fill_text(m->texts[n], &want);
        assert_true(aq_slice_eq(raw, aq_slice(want.ptr, want.len)));
    }
    for (uint32_t id = 0; id < SEGMENTS; id++)
        listed += m->segments[id];
    assert_int_equal(t->segment_count, listed);
    for (uint32_t i = 0; i < listed; i++) {
        const struct aq_segment *seg = &t->segments[i];
        uint32_t docid, count;
        char term[] = "Tterm";
        MDB_val key = {5, term}, value;
        assert_int_equal(m->segments[seg->info.id], 1);
        assert_int_equal(mdb_get(t->txn, seg->terms, &key, &value), 0);
        assert_int_equal(seg->lengths[seg->info.id], 1);
        OK(aq_segment_find(t, seg, seg->info.id, &docid, &count));
        assert_int_equal(docid, seg->info.id);
    }
    aq_buf_free(&want);
    aq_buf_free(&seen);
    aq_arena_free(&arena);
}

static void reopen(struct history *h)
{
    aq_store_close(h->f->store);
    h->f->store = NULL;
    OK(aq_store_open(h->f->dir, AQ_STORE_WRITE, &h->f->store, err));
    OK(aq_store_recover(h->f->store, err));
    h->reopened++;
}

static void random_histories_agree_with_arrays(void **state)
{
    struct fixture *f = *state;
    struct history *h = calloc(1, sizeof *h);
    time_t until = time(NULL) + SECONDS;
    struct aq_store *reader;
    struct aq_txn t;
    assert_non_null(h);
    h->f = f;
    h->random = fixture_seed();
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, SMALL, err));
    t.state.next_comment = TEXTS;
    OK(aq_txn_commit(&t, err));
    OK(aq_store_open(f->dir, AQ_STORE_READ, &reader, err));
    while (time(NULL) < until || h->commits < 20) {
        h->now = h->committed;
        OK(aq_txn_begin_write(f->store, &t, below(h, 3) ? SMALL : 0, err));
        change(h, &t);
        if (below(h, 4) == 0) {
            aq_txn_end(&t);
            h->aborts++;
        } else {
            OK(aq_txn_commit(&t, err));
            h->committed = h->now;
            h->commits++;
        }
        OK(aq_txn_begin(reader, &t, err));
        compare(&h->committed, &t);
        aq_txn_end(&t);
        if (below(h, 40) == 0) {
            aq_store_close(reader);
            reopen(h);
            OK(aq_store_open(f->dir, AQ_STORE_READ, &reader, err));
        }
    }
    print_message("# %u commits, %u aborts, %u reopenings\n", h->commits, h->aborts, h->reopened);
    aq_store_close(reader);
    free(h);
}

/* ---- bytes that nobody wrote ---- */

static enum aq_status keep_bundle(void *context, uint32_t first, struct aq_slice bundle, struct aq_error *err)
{
    (void)first, (void)err;
    aq_buf_put(context, bundle.ptr, bundle.len);
    return AQ_OK;
}

static void mutated_bundles_are_refused_or_unpacked_within_bounds(void **state)
{
    struct aq_text_writer *w = aq_text_writer_new((struct aq_slice){0}, 0);
    struct aq_frame_cache cache = {0};
    struct aq_buf bundle = {0};
    uint64_t random = fixture_seed();
    unsigned refused = 0, read = 0;
    (void)state;
    for (uint32_t i = 0; i < 400; i++)
        OK(aq_text_writer_add(w, i, aq_slice_str("words that repeat, and words that repeat 0123456789 abcdef"),
                               keep_bundle, &bundle, err));
    OK(aq_text_writer_finish(w, keep_bundle, &bundle, err));
    for (unsigned round = 0; round < 30000; round++) {
        size_t len = fixture_random(&random) % 8 ? bundle.len : fixture_random(&random) % (bundle.len + 1);
        uint8_t *copy = malloc(len ? len : 1);
        struct aq_bundle parsed;
        memcpy(copy, bundle.ptr, len);
        for (unsigned flips = fixture_random(&random) % 4; flips-- > 0 && len;)
            copy[fixture_random(&random) % len] = (uint8_t)fixture_random(&random);
        struct aq_frame_walk walk;
        struct aq_frame frame;
        bool fine = aq_bundle_parse(&parsed, aq_slice(copy, len)) == AQ_OK;
        if (fine)
            aq_bundle_frames(&parsed, &walk);
        while (fine && aq_bundle_next(&walk, &frame)) {
            struct aq_open_frame *open;
            fine = aq_frame_unpack(&cache, &frame, NULL, &open) == AQ_OK;
            for (uint32_t i = 0; fine && i < open->count; i++)
                assert_true(open->ends[i] >= (i ? open->ends[i - 1] : open->bodies) && open->ends[i] <= frame.raw_size);
        }
        read += fine;
        refused += !fine;
        free(copy);
    }
    assert_true(refused && read);
    aq_frame_cache_free(&cache);
    aq_text_writer_free(w);
    aq_buf_free(&bundle);
}

static void garbage_in_state_and_segment_records_is_refused(void **state)
{
    uint64_t random = fixture_seed();
    struct aq_buf good = {0};
    struct aq_state s = {.commit = 3, .language = "english", .identity = "id"};
    (void)state;
    assert_int_equal(aq_state_encode(&good, &s), AQ_OK);
    for (unsigned round = 0; round < 20000; round++) {
        size_t len = round % 2 ? good.len : fixture_random(&random) % (good.len + 20);
        uint8_t *copy = malloc(len ? len : 1);
        struct aq_state out;
        struct aq_segment_info info;
        for (size_t i = 0; i < len; i++)
            copy[i] = i < good.len && fixture_random(&random) % 16 ? good.ptr[i] : (uint8_t)fixture_random(&random);
        if (aq_state_decode(&out, aq_slice(copy, len), "dir", NULL) == AQ_OK)
            assert_true(strlen(out.language) < sizeof out.language && strlen(out.identity) < sizeof out.identity);
        if (len && aq_segment_info_decode(&info, aq_slice("\0\0\0\1", 4), aq_slice(copy, len)) == AQ_OK)
            assert_true(info.deleted <= info.passages);
        free(copy);
    }
    aq_buf_free(&good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        T(random_histories_agree_with_arrays),
        T(mutated_bundles_are_refused_or_unpacked_within_bounds),
        T(garbage_in_state_and_segment_records_is_refused),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
