/* association.c - see association.h. */
#include "association.h"

#include <math.h>

/* n * ln(n), 0 at 0. */
static double part(double n)
{
    return n > 0 ? n * log(n) : 0;
}

double aq_association_lift(uint64_t together, uint64_t among, uint64_t with, uint64_t all)
{
    if (!among || !with || !all)
        return 0;
    return (double)together / (double)among / ((double)with / (double)all);
}

double aq_association(uint64_t together, uint64_t among, uint64_t with, uint64_t all)
{
    if (among > all || with > all || together > among || together > with || all - among < with - together ||
        aq_association_lift(together, among, with, all) <= 1)
        return 0;
    double a = (double)together, b = (double)(with - together), c = (double)(among - together), n = (double)all;
    double d = n - a - b - c;
    return 2 * (part(a) + part(b) + part(c) + part(d) + part(n) - part(a + b) - part(c + d) - part(a + c) - part(b + d));
}
