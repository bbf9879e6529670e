/* text_test.c - frames, bundles, dictionaries, and comments in them. */
#include "store_fixture.h"

/* A comment whose text is `size` bytes of words, different for each number. */
static void encode(struct aq_buf *out, uint32_t number, size_t size, const char *id)
{
    static const char *const words[] = {"persona ", "model ", "alignment ", "the ", "of ", "reward\n\n", "because "};
    struct aq_buf text = {0};
    char parent[32];
    struct aq_comment c = {.id = aq_slice_str(id)};
    struct aq_passage passage = {0};
    snprintf(parent, sizeof parent, "id-%u", number / 8 * 7);
    c.parent = aq_slice_str(parent);
    uint64_t random = number * 977 + 1;
    while (text.len < size) {
        uint32_t r = fixture_random(&random);
        if (r % 5 == 0)
            aq_buf_printf(&text, "%x ", r);
        else
            aq_buf_puts(&text, words[r % AQ_COUNT(words)]);
    }
    text.len = size;
    passage.end = (uint32_t)size;
    c.text = aq_slice(text.ptr, text.len);
    c.passages = &passage;
    c.passage_count = size ? 1 : 0;
    aq_comment_encode(out, &c);
    assert_false(out->failed);
    aq_buf_free(&text);
}

struct bundles {
    struct aq_txn *t;
    unsigned count;
    size_t bytes, largest, pages;
};

/* Ids for the comments of tests that store them one by one. */
static void give_ids(struct aq_txn *t, uint32_t count)
{
    struct aq_ident_writer w;
    char id[32];
    OK(aq_ident_begin(t, &w, err));
    while (w.next < count) {
        snprintf(id, sizeof id, "id-%u", w.next);
        OK(aq_ident_add(&w, aq_slice_str(id), err));
    }
    OK(aq_ident_finish(&w, err));
}

static enum aq_status put_bundle(void *context, uint32_t first, struct aq_slice bundle, struct aq_error *err)
{
    struct bundles *f = context;
    f->count++;
    f->bytes += bundle.len + AQ_CHECKSUM_BYTES;
    f->pages += (bundle.len + AQ_CHECKSUM_BYTES + 16 + 4095) / 4096;
    if (bundle.len > f->largest)
        f->largest = bundle.len;
    return aq_bundle_put(f->t, first, bundle, err);
}

static size_t some_size(uint64_t *random)
{
    uint32_t r = fixture_random(random);
    switch (r % 12) {
    case 0:
        return 0;
    case 1:
        return r / 12 % 40000;
    default:
        return r / 12 % 1500;
    }
}

enum { COMMENTS = 2000 };

static void store_comments(struct aq_txn *t, struct aq_slice dictionary, size_t *sizes, uint64_t *random,
                           struct bundles *out)
{
    struct aq_text_writer *w = aq_text_writer_new(dictionary, dictionary.len ? 1 : 0);
    struct aq_buf b = {0};
    char id[32];
    *out = (struct bundles){.t = t};
    assert_non_null(w);
    for (uint32_t i = 0; i < COMMENTS; i++) {
        sizes[i] = i == 77 ? (size_t)1 << 20 : some_size(random);
        snprintf(id, sizeof id, "id-%u", i);
        aq_buf_clear(&b);
        encode(&b, i, sizes[i], id);
        OK(aq_text_writer_add(w, i, aq_slice(b.ptr, b.len), put_bundle, out, err));
    }
    give_ids(t, COMMENTS);
    OK(aq_text_writer_finish(w, put_bundle, out, err));
    t->state.next_comment = COMMENTS;
    aq_text_writer_free(w);
    aq_buf_free(&b);
}

static void check_comment(struct aq_txn *t, uint32_t number, size_t size)
{
    struct aq_arena arena = {0};
    struct aq_comment c;
    struct aq_buf want = {0};
    struct aq_slice raw;
    char id[32];
    snprintf(id, sizeof id, "id-%u", number);
    encode(&want, number, size, id);
    OK(aq_text_get_raw(t, number, &arena, &raw, err));
    assert_int_equal(raw.len, want.len);
    assert_memory_equal(raw.ptr, want.ptr, want.len);
    OK(aq_text_get(t, number, &arena, &c, err));
    assert_int_equal(c.text.len, size);
    assert_true(aq_slice_eq(c.id, aq_slice_str(id)));
    snprintf(id, sizeof id, "id-%u", number / 8 * 7);
    assert_true(aq_slice_eq(c.parent, aq_slice_str(id)));
    aq_arena_free(&arena);
    aq_buf_free(&want);
}

static struct aq_buf train(void)
{
    struct aq_buf samples = {0}, dictionary = {0};
    size_t sizes[600];
    for (uint32_t i = 0; i < AQ_COUNT(sizes); i++) {
        size_t before = samples.len;
        encode(&samples, 100000 + i, 300 + i, "sample");
        sizes[i] = samples.len - before;
    }
    assert_int_equal(aq_dictionary_make(&samples, sizes, AQ_COUNT(sizes), &dictionary), AQ_OK);
    assert_true(dictionary.len > 0);
    aq_buf_free(&samples);
    return dictionary;
}

static void texts_of_all_sizes_come_back(void **state)
{
    struct fixture *f = *state;
    uint64_t random = fixture_seed();
    size_t sizes[COMMENTS];
    struct bundles frames;
    struct aq_txn t;
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, 0, err));
    store_comments(&t, (struct aq_slice){0}, sizes, &random, &frames);
    for (uint32_t i = 0; i < COMMENTS; i += 97) /* in the write transaction too */
        check_comment(&t, i, sizes[i]);
    OK(aq_txn_commit(&t, err));
    OK(aq_txn_begin(f->store, &t, err));
    for (uint32_t i = 0; i < COMMENTS; i++)
        check_comment(&t, i, sizes[i]);
    for (uint32_t i = 0; i < COMMENTS; i++) {
        uint32_t n = i * 1597 % COMMENTS;
        check_comment(&t, n, sizes[n]);
    }
    aq_txn_end(&t);
}

static enum aq_status add_length(void *context, uint32_t first, struct aq_slice bundle, struct aq_error *err)
{
    (void)first, (void)err;
    *(size_t *)context += bundle.len;
    return AQ_OK;
}

/* Bytes of short comments framed one by one, as they are when added one by one:
 * there is nothing but the dictionary to find repetitions in. */
static size_t one_frame_each(struct aq_buf dictionary)
{
    struct aq_buf b = {0};
    size_t bytes = 0;
    for (uint32_t i = 0; i < 200; i++) {
        struct aq_text_writer *w = aq_text_writer_new(aq_slice(dictionary.ptr, dictionary.len), 1);
        aq_buf_clear(&b);
        encode(&b, i, 200, "id");
        assert_int_equal(aq_text_writer_add(w, i, aq_slice(b.ptr, b.len), add_length, &bytes, NULL), AQ_OK);
        assert_int_equal(aq_text_writer_finish(w, add_length, &bytes, NULL), AQ_OK);
        aq_text_writer_free(w);
    }
    aq_buf_free(&b);
    return bytes;
}

static void texts_packed_with_a_dictionary_come_back(void **state)
{
    struct fixture *f = *state;
    uint64_t random = fixture_seed();
    size_t sizes[COMMENTS];
    struct bundles plain, packed;
    struct aq_txn t;
    struct aq_buf d = train();
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, 0, err));
    uint64_t same = random;
    store_comments(&t, (struct aq_slice){0}, sizes, &same, &plain);
    aq_txn_end(&t);
    OK(aq_txn_begin_write(f->store, &t, 0, err));
    OK(aq_put(&t, AQ_TABLE_META, aq_slice_str("dict/1"), aq_slice(d.ptr, d.len), err));
    t.state.dictionary = 1;
    store_comments(&t, aq_slice(d.ptr, d.len), sizes, &random, &packed);
    OK(aq_txn_commit(&t, err));
    assert_true(one_frame_each(d) < one_frame_each((struct aq_buf){0}));
    OK(aq_txn_begin(f->store, &t, err));
    for (uint32_t i = 0; i < COMMENTS; i++)
        check_comment(&t, i, sizes[i]);
    aq_txn_end(&t);
    aq_buf_free(&d);
}

static void bundles_of_short_comments_fill_their_pages(void **state)
{
    struct fixture *f = *state;
    struct aq_text_writer *w = aq_text_writer_new((struct aq_slice){0}, 0);
    struct aq_text_writer_stats stats;
    struct bundles bundles = {0};
    struct aq_buf b = {0};
    struct aq_txn t;
    uint64_t random = 5;
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, 0, err));
    bundles.t = &t;
    for (uint32_t i = 0; i < 10000; i++) {
        aq_buf_clear(&b);
        encode(&b, i, fixture_random(&random) % 600, "id");
        OK(aq_text_writer_add(w, i, aq_slice(b.ptr, b.len), put_bundle, &bundles, err));
    }
    OK(aq_text_writer_finish(w, put_bundle, &bundles, err));
    aq_text_writer_get_stats(w, &stats);
    assert_true(bundles.bytes > 98 * bundles.pages * 4096 / 100);
    assert_in_range(bundles.largest, 32 << 10, 80 << 10);
    assert_in_range(stats.raw_bytes / stats.frames, 7 << 9, 4 << 10); /* a read unpacks no more */
    aq_text_writer_free(w);
    aq_buf_free(&b);
    aq_txn_end(&t);
}

static enum aq_status note_first(void *context, uint32_t first, struct aq_slice bundle, struct aq_error *err)
{
    struct aq_buf *b = context;
    struct aq_bundle parsed;
    (void)err;
    assert_int_equal(aq_bundle_parse(&parsed, bundle), AQ_OK);
    aq_buf_printf(b, "%u+%u ", first, parsed.count);
    return AQ_OK;
}

static void gap_in_the_numbers_ends_a_bundle(void **state)
{
    static const uint32_t numbers[] = {3, 4, 5, 9, 10, 4000000000u};
    struct aq_text_writer *w = aq_text_writer_new((struct aq_slice){0}, 0);
    struct aq_buf b = {0};
    (void)state;
    for (size_t i = 0; i < AQ_COUNT(numbers); i++)
        OK(aq_text_writer_add(w, numbers[i], aq_slice("text", 4), note_first, &b, err));
    OK(aq_text_writer_finish(w, note_first, &b, err));
    aq_buf_u8(&b, 0);
    assert_string_equal(b.ptr, "3+3 9+2 4000000000+1 ");
    aq_text_writer_free(w);
    aq_buf_free(&b);
}

static void comment_that_compresses_beyond_reason_is_stored_plain(void **state)
{
    struct aq_text_writer *w = aq_text_writer_new((struct aq_slice){0}, 0);
    struct aq_buf zeros = {0}, firsts = {0};
    (void)state;
    memset(aq_buf_reserve(&zeros, 4 << 20), 'a', 4 << 20);
    zeros.len = 4 << 20;
    OK(aq_text_writer_add(w, 0, aq_slice(zeros.ptr, zeros.len), note_first, &firsts, err));
    OK(aq_text_writer_finish(w, note_first, &firsts, err));
    assert_true(firsts.len > 0);
    aq_text_writer_free(w);
    aq_buf_free(&zeros);
    aq_buf_free(&firsts);
}

static void replaced_comments_grow_shrink_and_vanish(void **state)
{
    struct fixture *f = *state;
    uint64_t random = fixture_seed();
    size_t sizes[COMMENTS];
    struct bundles frames;
    struct aq_buf b = {0};
    struct aq_txn t;
    struct aq_arena arena = {0};
    struct aq_slice raw;
    char id[32];
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, 0, err));
    store_comments(&t, (struct aq_slice){0}, sizes, &random, &frames);
    OK(aq_txn_commit(&t, err));
    OK(aq_txn_begin_write(f->store, &t, 0, err));
    for (unsigned i = 0; i < 300; i++) {
        uint32_t n = fixture_random(&random) % COMMENTS;
        aq_buf_clear(&b);
        if (i % 3) {
            sizes[n] = fixture_random(&random) % 20000;
            snprintf(id, sizeof id, "id-%u", n);
            encode(&b, n, sizes[n], id);
        } else {
            sizes[n] = SIZE_MAX;
        }
        OK(aq_text_replace(&t, n, aq_slice(b.ptr, b.len), err));
    }
    OK(aq_txn_commit(&t, err));
    OK(aq_txn_begin(f->store, &t, err));
    for (uint32_t i = 0; i < COMMENTS; i++)
        if (sizes[i] == SIZE_MAX)
            FAILS(AQ_NOTFOUND, "no text", aq_text_get_raw(&t, i, &arena, &raw, err));
        else
            check_comment(&t, i, sizes[i]);
    aq_txn_end(&t);
    aq_arena_free(&arena);
    aq_buf_free(&b);
}

static void comment_without_a_bundle_gets_its_own(void **state)
{
    struct fixture *f = *state;
    struct aq_buf b = {0};
    struct aq_arena arena = {0};
    struct aq_slice raw;
    struct aq_txn t;
    fixture_create(f);
    encode(&b, 5, 100, "id-5");
    OK(aq_txn_begin_write(f->store, &t, SMALL, err));
    give_ids(&t, 6);
    OK(aq_text_replace(&t, 5, aq_slice(b.ptr, b.len), err));
    OK(aq_text_replace(&t, 4, (struct aq_slice){0}, err)); /* nothing to purge */
    check_comment(&t, 5, 100);
    OK(aq_txn_commit(&t, err));
    OK(aq_txn_begin(f->store, &t, err)); /* 5 is not below next_comment: not visible */
    FAILS(AQ_NOTFOUND, "5", aq_text_get_raw(&t, 5, &arena, &raw, err));
    aq_txn_end(&t);
    OK(aq_txn_begin_write(f->store, &t, SMALL, err));
    t.state.next_comment = 6;
    OK(aq_txn_commit(&t, err));
    OK(aq_txn_begin(f->store, &t, err));
    check_comment(&t, 5, 100);
    FAILS(AQ_NOTFOUND, "4", aq_text_get_raw(&t, 4, &arena, &raw, err));
    aq_txn_end(&t);
    aq_arena_free(&arena);
    aq_buf_free(&b);
}

static void deleted_range_of_bundles_is_gone(void **state)
{
    struct fixture *f = *state;
    struct aq_arena arena = {0};
    struct aq_slice raw;
    struct aq_txn t;
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, SMALL, err));
    for (uint32_t i = 0; i < 100; i++)
        OK(aq_text_replace(&t, i, aq_slice("x", 1), err));
    OK(aq_bundle_delete_range(&t, 10, 20, err));
    for (uint32_t i = 0; i < 100; i++)
        assert_int_equal(aq_text_get_raw(&t, i, &arena, &raw, NULL), i >= 10 && i < 20 ? AQ_NOTFOUND : AQ_OK);
    OK(aq_bundle_delete_range(&t, 50, AQ_NO_COMMENT, err));
    assert_int_equal(aq_text_get_raw(&t, 99, &arena, &raw, NULL), AQ_NOTFOUND);
    assert_int_equal(aq_text_get_raw(&t, 49, &arena, &raw, NULL), AQ_OK);
    aq_txn_end(&t);
    aq_arena_free(&arena);
}

static void aborted_dictionary_is_not_remembered(void **state)
{
    struct fixture *f = *state;
    struct aq_buf d = train();
    struct aq_buf b = {0};
    struct aq_txn t;
    fixture_create(f);
    encode(&b, 0, 500, "id-0");
    for (unsigned round = 0; round < 2; round++) {
        OK(aq_txn_begin_write(f->store, &t, SMALL, err));
        /* The second time other bytes under the same number. */
        OK(aq_put(&t, AQ_TABLE_META, aq_slice_str("dict/1"), aq_slice(d.ptr, d.len - round * 1000), err));
        t.state.dictionary = 1;
        t.state.next_comment = 1;
        give_ids(&t, 1);
        OK(aq_text_replace(&t, 0, aq_slice(b.ptr, b.len), err));
        check_comment(&t, 0, 500);
        if (round)
            OK(aq_txn_commit(&t, err));
        else
            aq_txn_end(&t);
    }
    OK(aq_txn_begin(f->store, &t, err));
    check_comment(&t, 0, 500);
    aq_txn_end(&t);
    aq_buf_free(&d);
    aq_buf_free(&b);
}

static void too_few_samples_make_no_dictionary(void **state)
{
    struct aq_buf samples = {0}, out = {0};
    size_t sizes[20];
    (void)state;
    for (uint32_t i = 0; i < AQ_COUNT(sizes); i++) {
        encode(&samples, i, 100, "x");
        sizes[i] = samples.len / (i + 1);
    }
    assert_int_equal(aq_dictionary_make(&samples, sizes, AQ_COUNT(sizes), &out), AQ_OK);
    assert_int_equal(out.len, 0);
    aq_buf_free(&samples);
}

/* Opens every frame of a bundle within bounds; false when it is refused. */
static bool open_all(struct aq_frame_cache *cache, const uint8_t *bytes, size_t len)
{
    struct aq_bundle parsed;
    struct aq_frame_walk walk;
    struct aq_frame frame;
    uint8_t *copy = malloc(len ? len : 1); /* of the exact size, for the sanitizers */
    bool fine = true;
    memcpy(copy, bytes, len);
    if (aq_bundle_parse(&parsed, aq_slice(copy, len))) {
        fine = false;
    } else {
        uint32_t comments = 0;
        aq_bundle_frames(&parsed, &walk);
        while (aq_bundle_next(&walk, &frame)) {
            comments += frame.count;
            struct aq_open_frame *open;
            if (aq_frame_unpack(cache, &frame, NULL, &open))
                fine = false;
            else
                assert_true(open->valid && open->ends[open->count - 1] <= open->raw.cap);
        }
        assert_int_equal(comments, parsed.count);
    }
    free(copy);
    return fine;
}

/* Every byte of a bundle changed in turn: refused, or unpacked within bounds. */
static void damaged_bundles_are_refused_within_bounds(void **state)
{
    static const uint8_t heads[] = {0, 2, 3 << 1, 9, 9, 1 << 1, 3, 3};
    struct aq_frame_cache cache = {0};
    struct aq_buf bytes = {0};
    unsigned refused = 0;
    (void)state;
    aq_buf_put(&bytes, heads, sizeof heads);
    aq_buf_put(&bytes, "\1\2\3abbccc\2dd", 12);
    assert_true(open_all(&cache, bytes.ptr, bytes.len));
    for (size_t at = 0; at < bytes.len; at++) {
        uint8_t was = bytes.ptr[at];
        for (unsigned v = 0; v < 256; v++) {
            bytes.ptr[at] = (uint8_t)v;
            refused += !open_all(&cache, bytes.ptr, bytes.len);
        }
        bytes.ptr[at] = was;
    }
    assert_true(refused > 2000);
    for (size_t len = 0; len < bytes.len; len++)
        assert_false(open_all(&cache, bytes.ptr, len));
    aq_frame_cache_free(&cache);
    aq_buf_free(&bytes);
}

static void frame_that_promises_too_much_is_refused(void **state)
{
    static const uint64_t sizes[] = {(uint64_t)AQ_FRAME_RAW_MOST + 1, 1 << 20, UINT32_MAX, 1ull << 40};
    (void)state;
    for (size_t i = 0; i < AQ_COUNT(sizes); i++) {
        struct aq_buf b = {0};
        struct aq_bundle parsed;
        aq_buf_varint(&b, 0);
        aq_buf_varint(&b, 1);
        aq_buf_varint(&b, 1 << 1 | 1);
        aq_buf_varint(&b, sizes[i]);
        aq_buf_varint(&b, 10);
        aq_buf_put(&b, "0123456789", 10);
        assert_int_equal(aq_bundle_parse(&parsed, aq_slice(b.ptr, b.len)), AQ_CORRUPT);
        aq_buf_free(&b);
    }
}

static void bundle_of_more_frames_than_bytes_is_refused(void **state)
{
    static const uint64_t frames[] = {0, 2, 1000, UINT32_MAX, 1ull << 40};
    (void)state;
    for (size_t i = 0; i < AQ_COUNT(frames); i++) {
        struct aq_buf b = {0};
        struct aq_bundle parsed;
        aq_buf_varint(&b, 0);
        aq_buf_varint(&b, frames[i]);
        aq_buf_put(&b, "\2\2\2\1a", 5);
        assert_int_equal(aq_bundle_parse(&parsed, aq_slice(b.ptr, b.len)), AQ_CORRUPT);
        aq_buf_free(&b);
    }
}

/* ---- replacing at the edges of bundles ---- */

/* The first comments of all bundles, which must follow one another from 0 on. */
static uint32_t list_bundles(struct aq_txn *t, uint32_t *firsts, uint32_t most)
{
    struct aq_walk w;
    uint32_t n = 0, next = 0, count;
    for (bool more = first_row(t, AQ_TABLE_TEXT, &w); more; more = next_row(&w)) {
        assert_int_equal(aq_unkey32(w.key.ptr), next);
        assert_int_equal(aq_bundle_count(w.payload, &count), AQ_OK);
        assert_true(n < most);
        firsts[n++] = next;
        next += count;
    }
    assert_int_equal(next, COMMENTS);
    return n;
}

static void replace(struct aq_txn *t, uint32_t number, size_t size, size_t *sizes)
{
    struct aq_buf b = {0};
    char id[32];
    snprintf(id, sizeof id, "id-%u", number);
    encode(&b, number, size, id);
    OK(aq_text_replace(t, number, aq_slice(b.ptr, b.len), err));
    sizes[number] = size;
    aq_buf_free(&b);
}

static void first_and_last_of_a_bundle_are_replaced(void **state)
{
    static const size_t new_sizes[] = {0, 1, 300, 9000, 70000, 300000};
    struct fixture *f = *state;
    uint64_t random = fixture_seed();
    size_t sizes[COMMENTS];
    uint32_t firsts[COMMENTS];
    struct bundles bundles;
    struct aq_txn t;
    struct aq_buf d = train();
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, 0, err));
    OK(aq_put(&t, AQ_TABLE_META, aq_slice_str("dict/1"), aq_slice(d.ptr, d.len), err));
    store_comments(&t, (struct aq_slice){0}, sizes, &random, &bundles);
    t.state.dictionary = 1; /* for what comes: these bundles stay without */
    OK(aq_txn_commit(&t, err));
    for (size_t i = 0; i < AQ_COUNT(new_sizes); i++) {
        OK(aq_txn_begin_write(f->store, &t, 0, err));
        uint32_t n = list_bundles(&t, firsts, COMMENTS), from = fixture_random(&random) % 3;
        assert_true(n > 20);
        for (uint32_t k = from; k < n; k += 3) {
            replace(&t, firsts[k], new_sizes[i], sizes);
            replace(&t, k + 1 < n ? firsts[k + 1] - 1 : COMMENTS - 1, new_sizes[i], sizes);
        }
        list_bundles(&t, firsts, COMMENTS);
        OK(aq_txn_commit(&t, err));
        OK(aq_txn_begin(f->store, &t, err));
        for (uint32_t k = 0; k < COMMENTS; k++)
            check_comment(&t, k, sizes[k]);
        aq_txn_end(&t);
    }
    aq_buf_free(&d);
}

static void replacing_rewrites_no_other_bundle(void **state)
{
    struct fixture *f = *state;
    uint64_t random = fixture_seed();
    size_t sizes[COMMENTS];
    uint32_t firsts[COMMENTS];
    struct bundles bundles;
    struct aq_txn t;
    fixture_create(f);
    OK(aq_txn_begin_write(f->store, &t, 0, err));
    store_comments(&t, (struct aq_slice){0}, sizes, &random, &bundles);
    OK(aq_txn_commit(&t, err));
    OK(aq_txn_begin_write(f->store, &t, 0, err));
    uint32_t n = list_bundles(&t, firsts, COMMENTS);
    uint64_t before[COMMENTS];
    uint8_t key[4];
    struct aq_slice value;
    for (uint32_t i = 0; i < n; i++) {
        aq_key32(key, firsts[i]);
        OK(aq_get(&t, AQ_TABLE_TEXT, aq_slice(key, 4), &value));
        before[i] = aq_hash(value);
    }
    uint32_t middle = n / 2; /* one with a second comment */
    while (middle + 1 < n && firsts[middle + 1] == firsts[middle] + 1)
        middle++;
    replace(&t, firsts[middle] + 1, 400, sizes);
    for (uint32_t i = 0; i < n; i++) {
        aq_key32(key, firsts[i]);
        OK(aq_get(&t, AQ_TABLE_TEXT, aq_slice(key, 4), &value));
        assert_int_equal(aq_hash(value) == before[i], i != middle);
    }
    aq_txn_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        T(texts_of_all_sizes_come_back),
        T(texts_packed_with_a_dictionary_come_back),
        T(bundles_of_short_comments_fill_their_pages),
        T(gap_in_the_numbers_ends_a_bundle),
        T(comment_that_compresses_beyond_reason_is_stored_plain),
        T(replaced_comments_grow_shrink_and_vanish),
        T(comment_without_a_bundle_gets_its_own),
        T(deleted_range_of_bundles_is_gone),
        T(aborted_dictionary_is_not_remembered),
        T(too_few_samples_make_no_dictionary),
        T(damaged_bundles_are_refused_within_bounds),
        T(frame_that_promises_too_much_is_refused),
        T(bundle_of_more_frames_than_bytes_is_refused),
        T(first_and_last_of_a_bundle_are_replaced),
        T(replacing_rewrites_no_other_bundle),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
