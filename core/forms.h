/* forms.h - the forms of a segment by their spelling: the table `form`, in which a
 * word can be looked for that is only begun, or misspelt. Grammar: docs/FORMAT.md,
 * "form". forms_write.c gathers the forms of a segment that is being written and
 * stores them; store_forms.c reads.
 *
 * A form is found by its *plain* spelling, that is without accents. Its *name* orders
 * it: the plain spelling and, where the form is another, a zero byte and the form. */
#ifndef AQ_FORMS_H
#define AQ_FORMS_H

#include "analyzer.h"
#include "store.h"

enum { AQ_FORM_NAME_MAX = 2 * AQ_TERM_MAX + 1 };

/* A form without accents; in `out` where that is not the form itself. Never empty. */
struct aq_slice aq_form_plain(struct aq_slice form, uint8_t out[AQ_TERM_MAX]);

/* Writes a form's name. plain: its plain spelling. */
struct aq_slice aq_form_name(struct aq_slice form, struct aq_slice plain, uint8_t out[AQ_FORM_NAME_MAX]);

/* ---- reading ---- */

/* Stands on a form of a segment. What it tells is valid until it moves. */
struct aq_forms_walk {
    MDB_cursor *cursor;
    struct aq_txn *txn;
    uint32_t segment;
    struct aq_reading row;  /* what is left of it */
    struct aq_slice name;   /* in `bytes` */
    size_t shared;          /* bytes of its name that the form before has, too; 0 after seek */
    uint64_t count;         /* occurrences in the segment */
    bool accented;          /* the form differs from its plain spelling */
    size_t cut;             /* the term is the plain spelling without these bytes */
    struct aq_slice tail;   /* and with these */
    uint8_t bytes[AQ_FORM_NAME_MAX];
    uint8_t term[AQ_TERM_MAX];
};
enum aq_status aq_forms_open(struct aq_txn *t, uint32_t segment, struct aq_forms_walk *w, struct aq_error *err);
/* To the first form whose name is not below `from`. */
enum aq_status aq_forms_seek(struct aq_forms_walk *w, struct aq_slice from, bool *found, struct aq_error *err);
enum aq_status aq_forms_next(struct aq_forms_walk *w, bool *found, struct aq_error *err);
/* To the next one whose name does not have the first `keep` bytes of this one's. */
enum aq_status aq_forms_skip(struct aq_forms_walk *w, size_t keep, bool *found, struct aq_error *err);
void aq_forms_close(struct aq_forms_walk *w);

/* Where it stands. */
struct aq_slice aq_forms_plain(const struct aq_forms_walk *w);
struct aq_slice aq_forms_form(const struct aq_forms_walk *w);
struct aq_slice aq_forms_term(struct aq_forms_walk *w);

/* ---- writing ---- */

/* Zero-initialise. About 40 bytes a form. */
struct aq_forms {
    struct aq_buf bytes;
    struct aq_forms_place {
        uint64_t start; /* the name's first eight bytes */
        size_t at;
    } *places;
    size_t count, cap;
    size_t stored; /* of them, in order */
};
void aq_forms_free(struct aq_forms *f);

/* Takes the forms of a term from its list; each term of a segment once. */
enum aq_status aq_forms_add_list(struct aq_forms *f, struct aq_slice term, struct aq_slice list,
                                 struct aq_slice positions, struct aq_error *err);
/* Stores about `most` bytes of rows; again, in as many transactions as it takes, while
 * f->stored < f->count. No list is added any more. */
enum aq_status aq_forms_put(struct aq_forms *f, struct aq_txn *t, uint32_t segment, size_t most, struct aq_error *err);

#endif
