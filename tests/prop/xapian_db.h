/* xapian_db.h - as much of Xapian as xapian_test.c asks: a database in memory, and
 * queries built from the inside out. Queries belong to the database until the next
 * xapian_forget. */
#ifndef AQ_XAPIAN_DB_H
#define AQ_XAPIAN_DB_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct xapian_db;
typedef uint32_t xapian_query;

enum xapian_op { XAPIAN_AND, XAPIAN_OR, XAPIAN_AND_NOT, XAPIAN_AND_MAYBE, XAPIAN_FILTER, XAPIAN_NEAR, XAPIAN_PHRASE, XAPIAN_MAX };

struct xapian_db *xapian_new(void);
void xapian_free(struct xapian_db *db);

/* Documents are numbered from 1 as they are added. wdf 0: the term adds no length. */
void xapian_begin(struct xapian_db *db);
void xapian_posting(struct xapian_db *db, const char *term, uint32_t position, uint32_t wdf);
void xapian_end(struct xapian_db *db);

xapian_query xapian_term(struct xapian_db *db, const char *term);
xapian_query xapian_scale(struct xapian_db *db, xapian_query q, double factor);
xapian_query xapian_everything(struct xapian_db *db);
/* window: of NEAR and PHRASE. */
xapian_query xapian_join(struct xapian_db *db, enum xapian_op op, const xapian_query *from, size_t count, uint32_t window);
void xapian_forget(struct xapian_db *db);

/* Weights by document number, below 0 where the query does not match; room for all. */
void xapian_search(struct xapian_db *db, xapian_query q, double k1, double b, double least_length, double *weights);

#ifdef __cplusplus
}
#endif
#endif
