/* search_world.h - small random indexes: comments with quotes, titles, replacements and
 * deletions, in several segments and pending. For programs that ask them something and
 * compare what they get with search_oracle.h. */
#ifndef AQ_SEARCH_WORLD_H
#define AQ_SEARCH_WORLD_H

#include "search_oracle.h"

#include "aq_index.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

static uint64_t seed;

static uint32_t below(uint32_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((seed >> 33) % n);
}

/* AQ_SEED repeats a run. */
static unsigned long long first_seed; /* for messages */

static void take_seed(void)
{
    const char *given = getenv("AQ_SEED");
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    seed = given ? strtoull(given, NULL, 10) : (uint64_t)now.tv_sec * 1000003u + (uint64_t)now.tv_nsec;
    first_seed = seed;
    printf("# AQ_SEED=%llu\n", first_seed);
}

/* ---- what goes in ---- */

/* What texts are made of, the commonest first. */
static const char *const words[] = {"cat", "cats", "dog", "bird", "x-risk", "risk", "x", "na\xC3\xAFve", "naive", "C++",
                                    "c", "don't", "\xE6\x84\x8F\xE8\xAD\x98\xE5\x95\x8F\xE9\xA1\x8C", "foo/bar", "argue",
                                    "argued", "the", "the", "of", "GPT-4", "foo", "bar"};
static const char *const authors[] = {"", "Wei Dai", "wei", "Eliezer Yudkowsky", "gwern", "A. B. O'Cat"};

/* Another program may take other words. */
static const char *const *vocabulary = words;
static uint32_t vocabulary_size = AQ_COUNT(words);

static const char *word(void)
{
    /* The square favours the first words. */
    return vocabulary[below(1 + below(vocabulary_size))];
}

static void add_words(struct aq_buf *b, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        aq_buf_puts(b, i ? below(8) ? " " : ", " : "");
        aq_buf_puts(b, word());
    }
}

static char *random_text(bool small)
{
    struct aq_buf b = {0};
    uint32_t blocks = 1 + below(small ? 2 : 5);
    for (uint32_t i = 0; i < blocks; i++) {
        if (below(3) == 0)
            aq_buf_puts(&b, "> ");
        add_words(&b, small || below(20) ? 1 + below(9) : 40 + below(150));
        aq_buf_puts(&b, below(2) ? ".\n\n" : "\n\n");
    }
    aq_buf_u8(&b, 0);
    assert_false(b.failed);
    return (char *)b.ptr;
}

static void random_entry(struct entry *e, uint32_t i, bool small)
{
    struct aq_buf title = {0};
    free(e->text);
    snprintf(e->id, sizeof e->id, "id%u", i);
    snprintf(e->author, sizeof e->author, "%s", authors[below(AQ_COUNT(authors))]);
    snprintf(e->thread, sizeof e->thread, "t%u", below(7));
    if (below(3) == 0)
        add_words(&title, 1 + below(5));
    aq_buf_u8(&title, 0);
    snprintf(e->title, sizeof e->title, "%s", (char *)title.ptr);
    aq_buf_free(&title);
    e->text = random_text(small);
    e->date = below(5) ? 1577836800 + (int64_t)below(40) * 86400 * 20 : AQ_NO_DATE;
    e->score = below(5) ? (int32_t)below(9) - 4 : AQ_NO_SCORE;
    e->tags = below(3) ? below(1u << AQ_COUNT(tag_names)) : 0;
    e->live = true;
}

static void put(struct aq_writer *w, const struct entry *e)
{
    struct aq_record r;
    struct aq_error err = {0};
    enum aq_outcome outcome;
    aq_record_init(&r);
    r.id = aq_slice_str(e->id);
    r.author = aq_slice_str(e->author);
    r.thread = aq_slice_str(e->thread);
    r.title = aq_slice_str(e->title);
    r.text = aq_slice_str(e->text);
    r.date = e->date;
    r.score = e->score;
    struct aq_slice tags[AQ_COUNT(tag_names)];
    for (uint32_t i = 0; i < AQ_COUNT(tag_names); i++)
        if (e->tags >> i & 1)
            tags[r.tag_count++] = aq_slice_str(tag_names[i]);
    r.tags = tags;
    enum aq_status st = aq_writer_add(w, &r, &outcome, &err);
    if (st)
        fail_msg("aq_writer_add: %s", err.message);
}

/* ---- indexes ---- */

static void remove_dir(const char *dir)
{
    char command[512];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    if (system(command))
        fprintf(stderr, "cannot remove %s\n", dir);
}

/* What one index goes through. */
struct course {
    uint32_t ids, rounds, changes, queries;
    bool small; /* comments of few words */
};

static void change(struct aq_writer *w, struct entry *entries, uint32_t *n, const struct course *course)
{
    struct aq_error err = {0};
    uint32_t i = below(*n + 1), what = below(10);
    if (*n < course->ids && (i == *n || what < 5)) {
        random_entry(&entries[*n], *n, course->small);
        put(w, &entries[(*n)++]);
        return;
    }
    i = below(*n);
    struct entry *e = &entries[i];
    if (what < 7 && e->live) {
        assert_int_equal(aq_writer_delete(w, aq_slice_str(e->id), &err), AQ_OK);
        e->live = false;
    } else if (what == 7 && e->live) {
        e->score = (int32_t)below(9);
        put(w, e);
    } else {
        random_entry(e, i, course->small);
        put(w, e);
    }
}

static enum aq_status settle(struct aq_writer *w, struct aq_error *err)
{
    switch (below(4)) {
    case 0:
        return aq_writer_compact(w, below(2) ? AQ_COMPACT_REORDER : 0, err);
    case 1:
        return aq_writer_commit(w, err);
    default:
        return aq_writer_flush(w, err);
    }
}

/* Called after each round, with the index as it then is. */
typedef void ask_index(struct aq_reader *reader, struct oracle *o, const struct course *course);

static void follow(const struct course *course, ask_index *ask_it)
{
    char dir[] = "/tmp/aq-search-XXXXXX";
    struct entry *entries = calloc(course->ids, sizeof *entries);
    uint32_t n = 0;
    struct aq_error err = {0};
    struct aq_writer_options options = {.create = true, .single_thread = true};
    struct aq_writer *w;
    struct aq_reader *reader;
    assert_non_null(entries);
    assert_non_null(mkdtemp(dir));
    if (aq_writer_open(dir, &options, &w, &err) || aq_reader_open(dir, &reader, &err))
        fail_msg("%s", err.message);
    for (uint32_t round = 0; round < course->rounds; round++) {
        struct oracle o;
        for (uint32_t i = course->small ? course->changes : below(course->changes); i > 0; i--)
            change(w, entries, &n, course);
        if (settle(w, &err))
            fail_msg("%s", err.message);
        oracle_open(&o, dir, entries, n);
        ask_it(reader, &o, course);
        oracle_close(&o);
    }
    aq_reader_close(reader);
    aq_writer_close(w);
    for (uint32_t i = 0; i < n; i++)
        free(entries[i].text);
    free(entries);
    remove_dir(dir);
}

/* AQ_ROUNDS times, else for so many seconds. */
static inline void follow_for(long seconds, const struct course *course, ask_index *ask_it)
{
    const char *given = getenv("AQ_ROUNDS");
    long rounds = given ? strtol(given, NULL, 10) : 0;
    time_t start = time(NULL);
    for (long i = 0; rounds ? i < rounds : time(NULL) - start < seconds; i++)
        follow(course, ask_it);
}

#endif
