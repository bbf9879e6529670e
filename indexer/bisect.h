/* bisect.h - recursive graph bisection: an order of documents in which those with the
 * same terms are neighbours, so that the gaps in the terms' lists are small. Dhulipala
 * and others, KDD 2016; with what Mackenzie and others (ECIR 2019, SIGIR 2021) found to
 * matter in practice. Knows numbers only, no index. */
#ifndef AQ_BISECT_H
#define AQ_BISECT_H

#include "base.h"

#define AQ_BISECT_TERMS 65536u /* terms a graph may have */

/* Documents 0 .. count - 1; the terms of i are terms[starts[i]] up to starts[i + 1],
 * each below term_count and once only. */
struct aq_bisect_graph {
    const uint32_t *starts;
    const uint16_t *terms;
    uint32_t count, term_count;
};

/* Bytes needed for each document and for each term, the graph and order not counted. */
enum { AQ_BISECT_DOCUMENT_BYTES = 8, AQ_BISECT_TERM_BYTES = 36 };

/* Rearranges order, which holds every document once. The better it is, the better the
 * outcome. The same graph and order give the same outcome, in two threads or one. */
enum aq_status aq_bisect(const struct aq_bisect_graph *g, uint32_t *order, bool threaded, struct aq_error *err);

#endif
