/* aq.h - the read side of libaq: search an index.
 *
 * A reader follows an index: each call sees the newest committed state, whatever
 * a writer, a merge or a compaction does meanwhile, and holds no lock between
 * calls. A reader is used by one thread at a time; open one per thread. After
 * fork() the child opens its own.
 *
 * What a call hands out (results, comments) is a copy owned by the caller until
 * its _free; it stays valid when the reader is closed. */
#ifndef AQ_H
#define AQ_H

#include "aq_types.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

struct aq_reader;

/* AQ_NOTFOUND: no index at dir. AQ_VERSION: made by another format version or
 * analyzer. On failure *out is NULL. */
AQ_API enum aq_status aq_reader_open(const char *dir, struct aq_reader **out, struct aq_error *err);
AQ_API void aq_reader_close(struct aq_reader *r); /* NULL allowed */

/* Which state a call would see now: changes with every commit, and with the generation when the
 * index was rewritten. Costs a few microseconds. */
struct aq_reader_state {
    uint64_t commit;
    uint32_t generation;
};
AQ_API enum aq_status aq_reader_state(struct aq_reader *r, struct aq_reader_state *state, struct aq_error *err);

/* ---- synonyms ----
 * Rules that say which words mean the same, one a line (the manual of aq): `AGI,
 * artificial general intelligence`. They belong to no reader, do not change once they
 * are read, and may be used by several threads at once. */

struct aq_synonyms;

/* text: UTF-8, at most 256 KiB, borrowed for the call. name: what messages call it, such as
 * its file. AQ_SYNTAX says what is wrong in which line (more than 4,096 rules, 32 names of a
 * rule or 8 words of a name, too), AQ_LIMIT that it is too long. On failure *out is NULL. */
AQ_API enum aq_status aq_synonyms_read(struct aq_slice text, const char *name, struct aq_synonyms **out,
                                       struct aq_error *err);
/* The list that aq uses unless told otherwise: terms of AI alignment. */
AQ_API enum aq_status aq_synonyms_default(struct aq_synonyms **out, struct aq_error *err);
AQ_API void aq_synonyms_free(struct aq_synonyms *s); /* NULL allowed */

/* ---- searching ---- */

enum aq_group { AQ_GROUP_COMMENT, AQ_GROUP_NONE, AQ_GROUP_THREAD, AQ_GROUP_AUTHOR };
enum aq_sort { AQ_SORT_RELEVANCE, AQ_SORT_DATE, AQ_SORT_SCORE }; /* newest, highest first */
enum {
    AQ_QUERY_PLAIN = 1,      /* every character is text: no operators, no fields */
    AQ_COUNT_EXACT = 2,      /* totals exact however many there are: takes many times as long where they are many */
    AQ_NO_TEXT = 4,          /* ids and scores only: no passage text, title, author ... */
    AQ_NO_FILL = 8,          /* AQ_GROUP_COMMENT: one hit a comment, even where that leaves places empty */
    AQ_QUERY_STRICT = 16,    /* what cannot be meant as syntax is AQ_SYNTAX, naming the place, and not text */
    AQ_EXPLAIN = 32,         /* says how the query was understood and what makes up each score */
    AQ_NEED_WORDS = 64,      /* with AQ_QUERY_PLAIN: without any word nothing is found, whatever the filters */
    AQ_FIRST_STAGE = 256,    /* ranks passages by BM25 alone, whatever else their comments say */
    AQ_CONCEPTS = 512,       /* words that stand out in the best hits count for the order, too */
    AQ_NO_HITS = 128         /* totals and facets only; limit and offset do not matter */
};

/* What matching comments are counted by. A comment counts once, whatever hits are grouped
 * by and however many of its passages match; with several tags once for each of them. */
enum aq_facet_kind {
    AQ_FACET_AUTHOR,
    AQ_FACET_THREAD,
    AQ_FACET_TAG,
    AQ_FACET_YEAR, /* "2019", in UTC, as those that follow */
    AQ_FACET_MONTH, /* "2019-05" */
    AQ_FACET_DAY,   /* "2019-05-31" */
    AQ_FACET_TIME   /* days where all dates lie within 31 of them, months within 36, else years */
};

/* What makes one comment better than another that says as much: off unless asked for. */
enum aq_prefer {
    AQ_PREFER_POINTS = 1, /* log2(1 + points) / 10, at most 1, of a fifth of the score */
    AQ_PREFER_RECENT = 2  /* a fifth of the score now, half of that a year ago, a quarter two years ago */
};

struct aq_facet_request {
    enum aq_facet_kind kind;
    uint32_t limit; /* values wanted; 0: 10, of times 10,000; at most 10,000 */
};

/* Zero-initialise for the defaults. Strings are borrowed for the call. */
struct aq_search_request {
    struct aq_slice query;  /* docs/QUERY.md; without AQ_QUERY_STRICT never a syntax error, only AQ_LIMIT or
                             * bad UTF-8 (AQ_SYNTAX) */
    uint32_t limit;         /* hits wanted; 0: 10; at most 10,000 */
    uint32_t offset;        /* hits to pass over first; at most 100,000 */
    enum aq_group group;
    enum aq_sort sort;
    unsigned flags;
    const char *const *authors; /* any of these, besides author: in the query */
    size_t author_count;
    const char *const *threads; /* any of these thread ids */
    size_t thread_count;
    const uint32_t *without; /* numbers of comments that are no hits */
    size_t without_count;
    int64_t after, before;  /* dates in [after, before), seconds since 1970; both 0: no bound. AQ_NO_DATE: open end */
    double k1, b;           /* BM25, k1 >= 0, b from 0 to 1; 0 and 0: 1.2 and 0.75 */
    /* Counted over all matches, none of which is passed over then: totals are exact. */
    const struct aq_facet_request *facets;
    size_t facet_count;     /* at most 16 */
    /* Comments of one thread among the first ten hits, while there are others that are as good a
     * match (docs/QUERY.md, "Order"); 0: 2. UINT32_MAX: no bound. Means nothing where
     * threads are named, hits are grouped otherwise or sorted by another thing than relevance. */
    uint32_t per_thread;
    /* For the pages after the first: the first one's `snapshot`. Comments that have come into the
     * index since are no hits and count nowhere. 0: all are. docs/QUERY.md, "Pages", says
     * what stays as it was. */
    uint32_t snapshot;
    int64_t now;            /* seconds since 1970 that relative dates of the query count from; 0: the clock's time */
    unsigned prefer;        /* enum aq_prefer bits; sorted by relevance, hits by comment, thread or author */
    const struct aq_synonyms *synonyms; /* borrowed for the call; NULL: none. Plain queries have none */
    uint32_t snippets;      /* windows of a hit's text, at most 5. Up to 1: `snippet` alone. More implies
                             * AQ_NO_FILL: windows come from all passages of a comment that match */
    const char *const *without_concepts; /* words that are none of them */
    size_t without_concept_count;
    uint32_t further;       /* AQ_GROUP_THREAD: further comments of each hit's thread, at most 20; 0: none */
};

struct aq_range {
    uint32_t begin, end; /* bytes */
};

/* A part of a comment's text that shows matched words. */
struct aq_snippet {
    struct aq_slice text;          /* UTF-8, cut between words where it can be */
    const struct aq_range *ranges; /* matched words in text, ascending, not overlapping */
    uint32_t range_count;
    uint32_t ordinal;              /* of the passage it is from */
    uint8_t quote_depth;           /* of that */
    bool goes_before, goes_on;     /* the passage has text before it, after it */
};

/* What one term adds to a score. */
struct aq_share {
    const char *kind;       /* "term"; "concept": of a word that was not typed; or of a preference "points" or
                             * "recent", which have no term */
    struct aq_slice typed;  /* what of the query it comes from */
    struct aq_slice term;   /* in the index */
    double tf;              /* how often the passage has it; of a pattern, only what the pattern matches. Of
                             * whole comments: how often they have it, titles and quotes weighed */
    uint64_t passages;      /* that have it in the index */
    double idf;
    double boost;           /* how often the query names it, boosts counted */
    double share;           /* shares add up to the score, in this order */
};

/* Another comment of a hit's thread that matches. */
struct aq_further {
    double score;           /* as a hit's; `whole`, likewise */
    uint32_t comment;
    bool all_words, whole;
    struct aq_slice id, author, url;
    int64_t date;           /* AQ_NO_DATE */
    int32_t points;         /* AQ_NO_SCORE */
    struct aq_snippet snippet; /* the best window of the passage that matches best; its text may be empty: of
                                * what matches by its title alone */
};

struct aq_hit {
    double score;           /* BM25F of the comment if `whole`, else BM25 of the passage */
    uint32_t comment;       /* number in the index, stable across replacements */
    uint32_t ordinal;       /* of the passage in its comment, from 0 */
    uint32_t more;          /* further matching passages of the same group, this one not counted */
    bool more_at_least;     /* `more` is a lower bound */
    bool all_words;         /* has every word of the query */
    bool by_concepts;       /* has none of what was typed: only concepts found it */
    uint8_t quote_depth;    /* 0: the author's own words. With AQ_NO_TEXT 1 for any quote */
    struct aq_slice id, parent, thread, author, source, url;
    struct aq_slice title;  /* its own, else its thread's */
    const struct aq_slice *tags;
    uint32_t tag_count;
    int64_t date;           /* AQ_NO_DATE */
    int32_t points;         /* karma; AQ_NO_SCORE */
    struct aq_slice passage; /* whole text of the passage, UTF-8 */
    const struct aq_range *ranges; /* matched words in passage, ascending, not overlapping */
    uint32_t range_count;
    const struct aq_range *title_ranges; /* matched words in title */
    uint32_t title_range_count;
    struct aq_range snippet; /* the best window of passage, cut at words */
    const struct aq_snippet *snippets; /* where several were asked for: windows in order of the text, that one
                                        * among them, others also from further matching passages of the comment */
    uint32_t snippet_count;
    const struct aq_share *shares; /* with AQ_EXPLAIN */
    uint32_t share_count;
    bool whole;             /* the score is that of the whole comment, docs/QUERY.md, "Order" */
    double length;          /* tokens of the passage, or of the whole comment, as scored; with AQ_EXPLAIN */
    double average_length;  /* of all passages, or comments; with AQ_EXPLAIN */
    uint32_t quoted_by;     /* comments that quote its comment; 0 with AQ_NO_TEXT */
    /* AQ_GROUP_THREAD, where `further` asks for them: the comments that a search in the thread alone
     * has next, in that order. With AQ_NO_TEXT only numbers, ids and scores. */
    const struct aq_further *further;
    uint32_t further_count;
    uint32_t further_comments; /* all comments of the thread that match, this one not counted; 0 where none
                                * were asked for */
};

struct aq_facet_value {
    struct aq_slice name;   /* of the author or tag; id of the thread; year, month or day */
    struct aq_slice title;  /* of the thread */
    uint32_t comments;      /* that match and have it */
};

/* Exact, whatever their number. */
struct aq_facet {
    enum aq_facet_kind kind; /* for AQ_FACET_TIME what it came to: YEAR, MONTH or DAY */
    /* By falling number of comments, then by name, threads by age in the index; times ascending,
     * the latest ones where there are more than were wanted. */
    const struct aq_facet_value *values;
    uint32_t value_count;
    uint32_t distinct;      /* values there are */
    uint32_t comments;      /* that match */
    uint32_t without;       /* those of them that have no value: no author, thread, tag, or date from year 1 to 9999 */
};

/* A word that counts besides what was typed: AQ_CONCEPTS, or `~word` in the query. */
struct aq_added_word {
    struct aq_slice word;
    double boost;           /* what it counts for, where a word that was typed counts 1 */
};

/* The query as it was understood: each node before its children. With AQ_EXPLAIN. */
struct aq_explain_word {
    struct aq_slice word;   /* a term, or a word as it is written */
    uint64_t count;         /* of passages that have its term; of a pattern's word how often it occurs */
};
struct aq_explain_node {
    const char *kind;       /* word phrase prefix fuzzy field row and or near same (synonyms) */
    struct aq_slice typed;  /* as it stands in the query */
    uint32_t depth;         /* 0: the root */
    char occur;             /* '+' must be there, '-' must not, 0 may */
    bool passed_over;       /* it occurs nowhere in the index */
    double boost;           /* its own and those of the nodes around it, multiplied */
    const struct aq_explain_word *words; /* what of the index it is */
    uint32_t word_count;
};
struct aq_explanation {
    const struct aq_explain_node *nodes;
    uint32_t node_count;
    double k1, b;
    double average_length;  /* tokens a passage */
    uint64_t passages;      /* in the index */
};

enum aq_partial {
    AQ_PARTIAL_NONE = 0,
    AQ_PARTIAL_TERMS = 1,   /* the query was larger than docs/QUERY.md, "Bounds", allows: the rest was ignored */
    AQ_PARTIAL_PATTERNS = 2, /* a pattern matches more words than stand for it: the commonest do */
    AQ_PARTIAL_WORK = 4     /* the query costs too much: some passages were not looked at */
};

struct aq_result {
    const struct aq_hit *hits;
    uint32_t hit_count;
    /* Both exact up to 1,000 groups, or offset + limit where that is more; with
     * AQ_COUNT_EXACT, facets, another sort or groups of several comments however many. */
    uint64_t total_passages; /* matching */
    uint64_t total_groups;   /* comments (threads, authors; AQ_GROUP_NONE: passages) with a match */
    bool total_at_least;     /* there are more: both totals are lower bounds */
    unsigned partial;        /* enum aq_partial bits */
    uint64_t commit;         /* the state searched */
    uint32_t snapshot;       /* highest comment number that could be a hit, + 1: for further pages */
    uint64_t micros;         /* time spent, in microseconds */
    const struct aq_slice *ignored; /* words of the query that occur nowhere */
    uint32_t ignored_count;
    struct aq_slice suggestion; /* the query with better words for some that occur nowhere, or hardly; mostly empty */
    struct aq_slice query; /* what was searched for: the request's, or what aq_related made */
    const struct aq_slice *synonyms; /* that were searched for besides what was typed */
    uint32_t synonym_count;
    const struct aq_added_word *concepts; /* that count, too, the strongest first */
    uint32_t concept_count;
    const struct aq_facet *facets; /* in the order asked for */
    size_t facet_count;
    struct aq_explanation explanation;
};

/* AQ_LIMIT, AQ_INVALID: a number of the request is out of its bounds, or none of its enum.
 * AQ_SYNTAX: see `query`. AQ_CORRUPT: `aq check` tells more. On failure *out is NULL. */
AQ_API enum aq_status aq_search(struct aq_reader *r, const struct aq_search_request *request,
                                struct aq_result **out, struct aq_error *err);
AQ_API void aq_result_free(struct aq_result *result); /* NULL allowed */

/* More like this comment, named as in aq_comment_get: a plain search for the words that
 * tell most about what its author wrote, quotes left out; the comment itself and those
 * that repeat at least half of it are no hits. All of the request counts but its query,
 * which the result's tells. AQ_NOTFOUND: there is no such comment. */
AQ_API enum aq_status aq_related(struct aq_reader *r, struct aq_slice id, uint32_t comment,
                                 const struct aq_search_request *request, struct aq_result **out,
                                 struct aq_error *err);

/* Whether all of a query can be meant as it stands, without an index: AQ_SYNTAX with the
 * first place that cannot, in bytes of the query (0 to 0 where it is not UTF-8), AQ_LIMIT when
 * it is longer than 1 MiB. now: as in a request, but 0 is 1970. place: not NULL. */
AQ_API enum aq_status aq_query_check(struct aq_slice query, int64_t now, struct aq_range *place,
                                     struct aq_error *err);

/* ---- reading comments ---- */

struct aq_passage_view {
    struct aq_range range; /* of text */
    uint8_t quote_depth;
    bool code, heading;
    /* The comment that these words come from, whether they are marked as a quote or not;
     * AQ_NO_COMMENT: they are the author's own, or the original is not in the index. */
    uint32_t source;
    struct aq_slice source_id, source_author;
    uint8_t coverage; /* per cent of the words that stand there so */
};

struct aq_comment_view {
    uint32_t comment;
    struct aq_slice id, parent, thread, author, title, thread_title, url, source, text;
    const struct aq_slice *tags;
    uint32_t tag_count;
    int64_t date;
    int32_t points;
    enum aq_format format;
    const struct aq_passage_view *passages;
    uint32_t passage_count;
    const uint32_t *replies; /* comment numbers, in the order of the thread */
    uint32_t reply_count;
    uint32_t parent_comment; /* AQ_NO_COMMENT when the parent is not in the index */
    /* Of threads: the id of the comment it stands below because it quotes that one and names no
     * parent that is in the index; else empty. */
    struct aq_slice guessed_parent;
    const uint32_t *quoted_by; /* comments that quote it, by number */
    uint32_t quoted_by_count;
};

/* By external id, or (id.ptr NULL) by comment number. AQ_NOTFOUND also for deleted ones. */
AQ_API enum aq_status aq_comment_get(struct aq_reader *r, struct aq_slice id, uint32_t comment,
                                     struct aq_comment_view **out, struct aq_error *err);
AQ_API void aq_comment_free(struct aq_comment_view *comment);

/* ---- reading threads ---- */

/* Zero-initialise for a whole thread. */
struct aq_thread_request {
    struct aq_slice id; /* of a comment, else of a thread; ptr NULL: `comment` is the number of one */
    uint32_t comment;
    uint32_t limit;     /* comments at most, the first ones in order; 0, or more than there may be: 1,000,000 */
    /* Only around the comment: what it replies to, `above` steps up, and up to `limit`
     * replies to it and below them, `below` steps down. A thread's id then means the
     * comment that opens it. */
    bool around;
    uint32_t above, below;
};

struct aq_thread_comment {
    struct aq_comment_view comment;
    uint32_t level;  /* steps below the top of the thread */
    uint32_t parent; /* index among those read, of what it stands below; AQ_NO_COMMENT without */
    bool detached;   /* replies to something that is not in the thread (any more) */
};

struct aq_thread_view {
    struct aq_slice id, title;
    /* Each right after what it replies to and what was said below its earlier siblings;
     * siblings by date, then number. Replies to what is missing stand below what opens
     * the thread, or at the top where nothing does. */
    const struct aq_thread_comment *comments;
    uint32_t count;
    uint32_t total; /* had there been no limit */
    uint32_t asked; /* index of the comment asked for, AQ_NO_COMMENT when it was a thread */
};

/* AQ_NOTFOUND: no comment has the id, and no thread with comments. */
AQ_API enum aq_status aq_thread_read(struct aq_reader *r, const struct aq_thread_request *request,
                                     struct aq_thread_view **out, struct aq_error *err);
AQ_API void aq_thread_free(struct aq_thread_view *thread); /* NULL allowed */

/* ---- words and completions ---- */

enum aq_suggestion_kind {
    AQ_SUGGEST_WORDS = 1,   /* what was typed with its last word completed */
    AQ_SUGGEST_TITLES = 2,  /* a thread's title that has these words */
    AQ_SUGGEST_AUTHORS = 4  /* an author whose name, or a word of it, begins so */
};

/* Zero-initialise for the defaults. */
struct aq_suggest_request {
    struct aq_slice text; /* what was typed so far; UTF-8. Nothing completes more than 1,024 bytes */
    uint32_t limit;       /* 0: 10; at most 100 */
    unsigned kinds;       /* enum aq_suggestion_kind bits; 0: all */
};

struct aq_suggestion {
    enum aq_suggestion_kind kind;
    struct aq_slice text;   /* a query, a title, a name */
    struct aq_slice thread; /* of a title: the thread's id */
    uint64_t count;         /* of a word: how often it and others of its stem that begin so occur; behind other
                             * words: in how many of up to 256 places that were looked at; of a title: comments
                             * of the thread, up to 1,000; of an author: 0 */
};

struct aq_suggestions {
    const struct aq_suggestion *items; /* words, titles, authors; each kind best first */
    uint32_t item_count;
    uint64_t commit; /* the state looked at */
    uint64_t micros; /* time spent, in microseconds */
};

/* Type-ahead: what may be about to be typed. Words are given in the way they are written
 * most often, one for each stem; first those that stand behind the words before it
 * somewhere. Where the text ends in `author:` and the beginning of a name, authors are
 * given, as a query. Never a syntax error, but AQ_SYNTAX for bad UTF-8; AQ_LIMIT. */
AQ_API enum aq_status aq_suggest(struct aq_reader *r, const struct aq_suggest_request *request,
                                 struct aq_suggestions **out, struct aq_error *err);
AQ_API void aq_suggestions_free(struct aq_suggestions *suggestions); /* NULL allowed */

struct aq_word {
    struct aq_slice form;  /* as it is written, in small letters */
    struct aq_slice term;  /* its stem: words of one stem are found by each other */
    uint64_t count;        /* how often it occurs */
    uint64_t passages;     /* that have a word of this stem */
};

struct aq_word_list {
    const struct aq_word *words; /* the commonest first */
    uint32_t word_count;
    bool more;                   /* there are more */
    uint64_t commit;             /* the state looked at */
    uint64_t micros;             /* time spent, in microseconds */
};

/* The commonest words that begin so, case and accents aside; all, when the text is empty.
 * Passages that are marked deleted count until a merge drops them. limit: 0: 20; more than
 * 10,000 is AQ_LIMIT. AQ_SYNTAX: bad UTF-8. */
AQ_API enum aq_status aq_words(struct aq_reader *r, struct aq_slice beginning, uint32_t limit,
                               struct aq_word_list **out, struct aq_error *err);
AQ_API void aq_words_free(struct aq_word_list *words); /* NULL allowed */

/* ---- concepts ---- */

/* Zero-initialise for the defaults. */
struct aq_concepts_request {
    struct aq_slice query; /* docs/QUERY.md: mostly a word or a phrase */
    uint32_t limit;        /* 0: 20; at most 1,000 */
    const struct aq_synonyms *synonyms; /* NULL: none */
};

/* A word or phrase that stands in passages with the query's words more often than elsewhere. */
struct aq_concept {
    struct aq_slice text;   /* as people write it most often */
    /* Log-likelihood ratio (Dunning 1993) of its passages against all others, times 1 - 1.8 / lift: lift
     * says how many times commoner it is in them. */
    double strength;
    uint64_t passages;      /* of the index that have it */
    uint32_t together;      /* of those looked at */
    uint32_t words;         /* 1, or those of a phrase */
    struct aq_slice id;     /* of a comment with both */
    uint32_t comment, ordinal;
    struct aq_slice example; /* where it stands there: a part of that passage */
    struct aq_range range;  /* of the concept in the example */
};

struct aq_concept_list {
    const struct aq_concept *concepts; /* the strongest first */
    uint32_t concept_count;
    uint32_t looked_at;     /* passages: the best for the query, no quotes, few of each thread and author */
    uint64_t passages;      /* in the index */
    uint64_t commit;
    uint64_t micros;
};

/* What the index itself associates with a word or phrase. The query's own words and names of
 * authors are no concepts. */
AQ_API enum aq_status aq_concepts(struct aq_reader *r, const struct aq_concepts_request *request,
                                  struct aq_concept_list **out, struct aq_error *err);
AQ_API void aq_concepts_free(struct aq_concept_list *concepts); /* NULL allowed */

/* ---- looking after an index ---- */

struct aq_index_stats {
    uint64_t comments, threads, authors;
    uint64_t passages, deleted_passages, hidden_passages, quote_passages;
    uint64_t tokens, terms; /* terms: sum over segments */
    uint64_t postings;
    uint64_t text_bytes; /* plain text of live comments */
    /* pages on disk, in bytes: lists and positions, lengths, text frames, the rest */
    uint64_t posting_bytes, norm_bytes, stored_text_bytes, other_bytes;
    uint64_t file_bytes, free_bytes;
    uint32_t segments, pending_comments, generation, format_version;
    uint64_t commit;
    int64_t first_date, last_date;
    char language[32];
    char analyzer[128];
};
AQ_API enum aq_status aq_reader_stats(struct aq_reader *r, struct aq_index_stats *stats, struct aq_error *err);

/* Walks every record of every table: checksums, counts, order, bounds, and that
 * text, postings, positions, lengths, bitmaps, columns, ids and threads agree.
 * progress (may be NULL) is told what is being looked at. AQ_CORRUPT with the
 * first fault in err. */
typedef void aq_check_progress(void *context, const char *stage, uint64_t done, uint64_t total);
AQ_API enum aq_status aq_check(struct aq_reader *r, aq_check_progress *progress, void *context,
                               struct aq_error *err);

/* "aq 0.1.0" */
AQ_API const char *aq_version(void);

#ifdef __cplusplus
}
#endif
#endif
