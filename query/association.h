/* association.h - how far what some passages have in common differs from chance. Numbers
 * only. */
#ifndef AQ_ASSOCIATION_H
#define AQ_ASSOCIATION_H

#include "base.h"

/* The log-likelihood ratio of Dunning ("Accurate Methods for the Statistics of Surprise and
 * Coincidence", Computational Linguistics 19(1), 1993): some `among` of all passages are
 * looked at, and of the `with` that have a word `together` are. 0 where it is no more than
 * elsewhere. */
double aq_association(uint64_t together, uint64_t among, uint64_t with, uint64_t all);

/* How many times as common it is there as in all passages. */
double aq_association_lift(uint64_t together, uint64_t among, uint64_t with, uint64_t all);

#endif
