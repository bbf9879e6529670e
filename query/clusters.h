/* clusters.h - characters as people see them: a letter with its marks, the parts of one
 * emoji, a line's end. Text must not be cut inside one. */
#ifndef AQ_CLUSTERS_H
#define AQ_CLUSTERS_H

#include "base.h"

/* What is longer is no character of any script, and is parted. */
enum { AQ_CLUSTER_CODE_POINTS = 64 };

/* Where the cluster that begins at byte `at` < s.len ends, and its columns on a
 * terminal: 0 to 2, none for line feeds and tabs. */
size_t aq_cluster_next(struct aq_slice s, size_t at, unsigned *width);

/* Where the cluster that byte `at` <= s.len is in begins: `at` itself between two. */
size_t aq_cluster_floor(struct aq_slice s, size_t at);

/* Where it ends: `at` itself between two. */
size_t aq_cluster_ceiling(struct aq_slice s, size_t at);

#endif
