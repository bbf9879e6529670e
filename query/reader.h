/* reader.h - an open reader, shared by the files that answer its calls, and what of
 * comments and threads several of them read. */
#ifndef AQ_READER_H
#define AQ_READER_H

#include "analyzer.h"
#include "aq.h"
#include "forest.h"
#include "pending_index.h"
#include "score.h"
#include "store.h"
#include "synonyms.h"

/* The commonest words by their first letter, as long as the index stays the same: what
 * aq_suggest needs first of all. */
struct aq_letter_forms {
    uint64_t commit;
    uint32_t generation;
    struct aq_vocabulary_form *forms[128]; /* by the letter's byte; NULL: not looked for */
    uint32_t counts[128];
    struct aq_arena arena;
};

struct aq_reader {
    struct aq_store *store;
    struct aq_analyzer *analyzer;
    struct aq_model model;          /* of the last search */
    struct aq_synonym_table synonyms; /* likewise */
    struct aq_arena arena, scratch; /* a search's, kept so that the next finds their memory warm */
    struct aq_letter_forms letters;
    struct aq_pending_index pending; /* of the commit that is searched more than once */
    /* The thread that was read last: its neighbours are often asked for one by one. */
    struct {
        struct aq_forest tree;
        uint64_t commit; /* of the snapshot it is of, as the generation */
        uint32_t generation, thread;
        bool known;
    } last_thread;
    uint32_t count_enough; /* groups that are counted at the least: AQ_COUNT_ENOUGH, less in tests */
    bool picks_always;     /* filters lead wherever they can: in tests */
};
enum { AQ_COUNT_ENOUGH = 1000 };

/* Moves to the current generation and begins a transaction whose analyzer is the
 * reader's; aq_txn_end it. */
enum aq_status aq_reader_begin(struct aq_reader *r, struct aq_txn *txn, struct aq_error *err);

/* What a clock says that only goes forward, in microseconds. */
uint64_t aq_reader_micros(void);

/* Forgets words of earlier calls when they have become many. Ahead of a call's own. */
void aq_reader_bound_analyzer(struct aq_reader *r);

/* A comment's stored record, AQ_CORRUPT with a message when there is none. */
enum aq_status aq_reader_text(struct aq_txn *txn, uint32_t comment, struct aq_arena *arena, struct aq_comment *out,
                              struct aq_error *err);

/* One of the passages of such a record, AQ_CORRUPT with a message when it has not so many. */
enum aq_status aq_reader_passage(const struct aq_comment *c, uint32_t comment, uint32_t ordinal,
                                 const struct aq_passage **out, struct aq_error *err);

/* A comment's id, copied into arena; AQ_CORRUPT with a message when there is none. */
enum aq_status aq_reader_id(struct aq_txn *txn, uint32_t comment, struct aq_arena *arena, struct aq_slice *out,
                            struct aq_error *err);

/* Title of the comment that opens a thread, copied into arena; empty when there is none. */
enum aq_status aq_thread_title(struct aq_txn *txn, uint32_t thread, struct aq_arena *scratch, struct aq_arena *arena,
                               struct aq_slice *title, struct aq_error *err);

/* The facts that columns and names hold of a comment, copied into arena. */
struct aq_facts {
    struct aq_slice thread, author, source;
    const struct aq_slice *tags;
    uint32_t tag_count;
    uint32_t thread_number; /* AQ_NO_COMMENT without */
    int64_t date;
    int32_t points;
};
enum aq_status aq_facts_get(struct aq_txn *txn, uint32_t comment, struct aq_arena *arena, struct aq_facts *f,
                            struct aq_error *err);

/* The tree of a thread, valid until the next call; AQ_NO_COMMENT: an empty one. */
enum aq_status aq_reader_tree(struct aq_reader *r, struct aq_txn *txn, uint32_t thread, const struct aq_forest **out,
                              struct aq_error *err);

/* The living comment with this id, or (id.ptr NULL) the number that *comment holds;
 * AQ_NOTFOUND with a message. */
enum aq_status aq_reader_find(struct aq_txn *txn, struct aq_slice id, uint32_t *comment, struct aq_error *err);

/* Fills the view of v->comment, all but replies and thread_title, with memory of arena;
 * *thread is the number of its thread or AQ_NO_COMMENT. */
enum aq_status aq_comment_fill(struct aq_txn *txn, struct aq_comment_view *v, struct aq_arena *arena,
                               struct aq_arena *scratch, uint32_t *thread, struct aq_error *err);

/* Replies to the node, in order, as numbers in arena. */
enum aq_status aq_comment_replies(const struct aq_forest *tree, uint32_t node, struct aq_comment_view *v,
                                  struct aq_arena *arena, struct aq_error *err);

#endif
