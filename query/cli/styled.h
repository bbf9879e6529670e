/* styled.h - between terminal.c and styled.c. */
#ifndef AQ_STYLED_H
#define AQ_STYLED_H

#include "terminal.h"

/* End of the grapheme cluster that starts at `at` (< s.len), and its columns.
 * Line feeds and tabs count none. */
size_t aq_cluster_next(struct aq_slice s, size_t at, unsigned *width);

#endif
