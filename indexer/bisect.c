/* bisect.c - see bisect.h.
 *
 * A range of the order is cut in the middle, and documents change sides until that
 * does not get better; then the two halves are ranges of their own. The cost of a term
 * with l documents in one half and r in the other is what its gaps take if it is
 * spread evenly in both: l log(n / (l + 1)) + r log(n / (r + 1)). When one of its
 * documents goes over, this changes by D(r + 1) - D(l), where
 *
 *     D(x) = x log(x + 1) - (x - 1) log(x)
 *
 * So a document's pull to the right is a sum over its terms, and exchanging the pairs
 * that gain most, as long as they gain, comes to this: the half with the stronger
 * pulls goes to the right, the other to the left. That needs no sorting, only the
 * median. */
#include "bisect.h"

#include <math.h>
#include <pthread.h>

enum {
    /* A range of as many documents or fewer is left as it is: a block of postings has one
     * width, and within a few blocks the given order is as good as any. */
    LEAF = 512,
    ITERATIONS = 20, /* of a range at the most */
    STILL = 128,     /* a range is done when less than one in STILL documents moves */
    DEPTH_MOST = 32, /* halvings of 2^32 documents */
    STEPS = 4096     /* D of numbers below it is kept in a table */
};

/* Documents with a term in the two halves of the range at hand. */
struct degree {
    uint32_t left, right;
};

/* What a term adds to the pull of a document, in 1,024ths of a bit: a document of all
 * terms there can be stays in 32 bits. Apart from the degrees, because the sums are
 * where the time goes. */
typedef int32_t pull;
enum { PULL_SCALE = 1024 };

struct bisection {
    const struct aq_bisect_graph *graph;
    uint32_t *order; /* of the whole graph, as are the following */
    pull *pulls;
    uint32_t *spare;
    const pull *steps; /* D */
    struct degree *degrees;
    pull *on_left, *on_right; /* of a term in a document on the left, on the right */
    uint16_t *touched;  /* terms of the range */
    uint32_t touched_count;
};

struct range {
    uint32_t from, to;
};

static pull step_of(uint32_t x)
{
    double n = x;
    return x ? (pull)lrint(PULL_SCALE * (n * log2(n + 1) - (n - 1) * log2(n))) : 0;
}

static pull step(const struct bisection *b, uint32_t x)
{
    return AQ_LIKELY(x < STEPS) ? b->steps[x] : step_of(x);
}

static uint32_t middle_of(struct range r)
{
    return r.from + (r.to - r.from) / 2;
}

static void count_terms(struct bisection *b, struct range r)
{
    const struct aq_bisect_graph *g = b->graph;
    uint32_t middle = middle_of(r);
    b->touched_count = 0;
    for (uint32_t i = r.from; i < r.to; i++)
        for (uint32_t at = g->starts[b->order[i]], end = g->starts[b->order[i] + 1]; at < end; at++) {
            struct degree *d = &b->degrees[g->terms[at]];
            if (d->left + d->right == 0)
                b->touched[b->touched_count++] = g->terms[at];
            if (i < middle)
                d->left++;
            else
                d->right++;
        }
}

static void forget_terms(struct bisection *b)
{
    for (uint32_t i = 0; i < b->touched_count; i++)
        b->degrees[b->touched[i]] = (struct degree){0};
}

static pull sum_pulls(const struct aq_bisect_graph *g, uint32_t document, const pull *of_term)
{
    pull sum = 0;
    for (uint32_t at = g->starts[document], end = g->starts[document + 1]; at < end; at++)
        sum += of_term[g->terms[at]];
    return sum;
}

static void weigh(struct bisection *b, struct range r)
{
    uint32_t middle = middle_of(r);
    for (uint32_t i = 0; i < b->touched_count; i++) {
        uint16_t term = b->touched[i];
        struct degree d = b->degrees[term];
        b->on_left[term] = step(b, d.right + 1) - step(b, d.left);
        b->on_right[term] = step(b, d.right) - step(b, d.left + 1);
    }
    for (uint32_t i = r.from; i < r.to; i++)
        b->pulls[i] = sum_pulls(b->graph, b->order[i], i < middle ? b->on_left : b->on_right);
}

/* Pull number n, counted from the least; *below counts those under it. */
static pull select_pull(const pull *pulls, uint32_t count, uint32_t n, uint32_t *below)
{
    const uint32_t sign = 0x80000000u; /* inverted, the bits ascend as the numbers do */
    uint32_t prefix = 0, mask = 0;
    *below = 0;
    for (int shift = 24; shift >= 0; shift -= 8) {
        uint32_t histogram[256] = {0}, digit = 0;
        for (uint32_t i = 0; i < count; i++) {
            uint32_t bits = (uint32_t)pulls[i] ^ sign;
            histogram[bits >> shift & 255] += (bits & mask) == prefix;
        }
        while (n - *below >= histogram[digit])
            *below += histogram[digit++];
        prefix |= digit << shift;
        mask |= 255u << shift;
    }
    return (pull)(prefix ^ sign);
}

static void change_sides(struct bisection *b, uint32_t document, bool to_right)
{
    const struct aq_bisect_graph *g = b->graph;
    uint32_t change = to_right ? 1u : UINT32_MAX;
    for (uint32_t at = g->starts[document]; at < g->starts[document + 1]; at++) {
        b->degrees[g->terms[at]].right += change;
        b->degrees[g->terms[at]].left -= change;
    }
}

/* The stronger pulls to the right half, the others to the left one, each in the order
 * they were in; of equal ones at the boundary as many as can stay where they are.
 * Returns how many changed sides. */
static uint32_t exchange(struct bisection *b, struct range r)
{
    uint32_t middle = middle_of(r), below, moved = 0;
    pull median = select_pull(b->pulls + r.from, r.to - r.from, middle - r.from, &below);
    uint32_t equal_left = 0, room = middle - r.from - below;
    for (uint32_t i = r.from; i < middle; i++)
        equal_left += b->pulls[i] == median;
    uint32_t staying = equal_left < room ? equal_left : room, coming = room - staying;
    uint32_t left = r.from, right = 0;
    for (uint32_t i = r.from; i < r.to; i++) {
        uint32_t document = b->order[i];
        uint32_t *places = i < middle ? &staying : &coming;
        bool to_right = b->pulls[i] > median;
        if (b->pulls[i] == median) {
            to_right = *places == 0;
            *places -= !to_right;
        }
        if (to_right != (i >= middle)) {
            change_sides(b, document, to_right);
            moved++;
        }
        if (to_right)
            b->spare[r.from + right++] = document;
        else
            b->order[left++] = document;
    }
    memcpy(b->order + middle, b->spare + r.from, (size_t)right * sizeof *b->order);
    return moved;
}

static void cut(struct bisection *b, struct range r)
{
    count_terms(b, r);
    for (unsigned i = 0; i < ITERATIONS; i++) {
        weigh(b, r);
        if (exchange(b, r) <= (r.to - r.from) / STILL)
            break;
    }
    forget_terms(b);
}

static void cut_all(struct bisection *b, struct range whole)
{
    struct range waiting[DEPTH_MOST];
    unsigned count = 0;
    for (struct range r = whole;;) {
        if (r.to - r.from > LEAF) {
            cut(b, r);
            waiting[count++] = (struct range){middle_of(r), r.to};
            r.to = middle_of(r);
        } else if (count) {
            r = waiting[--count];
        } else {
            break;
        }
    }
}

static bool get_tables(struct bisection *b)
{
    b->degrees = calloc(b->graph->term_count + 1, sizeof *b->degrees);
    b->on_left = malloc((b->graph->term_count + 1) * sizeof *b->on_left);
    b->on_right = malloc((b->graph->term_count + 1) * sizeof *b->on_right);
    b->touched = malloc((b->graph->term_count + 1) * sizeof *b->touched);
    return b->degrees && b->on_left && b->on_right && b->touched;
}

static void drop_tables(struct bisection *b)
{
    free(b->degrees);
    free(b->on_left);
    free(b->on_right);
    free(b->touched);
}

struct half {
    struct bisection bisection;
    struct range range;
};

static void *cut_half(void *arg)
{
    struct half *h = arg;
    cut_all(&h->bisection, h->range);
    return NULL;
}

static enum aq_status cut_halves(struct bisection *b, struct aq_error *err)
{
    struct range whole = {0, b->graph->count};
    struct half second = {*b, {middle_of(whole), whole.to}};
    pthread_t thread;
    if (!get_tables(&second.bisection)) {
        drop_tables(&second.bisection);
        return aq_fail_nomem(err);
    }
    cut(b, whole);
    bool apart = pthread_create(&thread, NULL, cut_half, &second) == 0;
    cut_all(b, (struct range){0, middle_of(whole)});
    if (apart)
        pthread_join(thread, NULL);
    else
        cut_half(&second);
    drop_tables(&second.bisection);
    return AQ_OK;
}

enum aq_status aq_bisect(const struct aq_bisect_graph *g, uint32_t *order, bool threaded, struct aq_error *err)
{
    pull *steps = malloc(STEPS * sizeof *steps);
    struct bisection b = {.graph = g,
                          .order = order,
                          .pulls = malloc(((size_t)g->count + 1) * sizeof *b.pulls),
                          .spare = malloc(((size_t)g->count + 1) * sizeof *b.spare),
                          .steps = steps};
    bool ok = get_tables(&b) && steps && b.pulls && b.spare;
    for (uint32_t i = 0; ok && i < STEPS; i++)
        steps[i] = step_of(i);
    enum aq_status st = ok ? AQ_OK : aq_fail_nomem(err);
    if (ok && threaded && g->count > LEAF)
        st = cut_halves(&b, err);
    else if (ok)
        cut_all(&b, (struct range){0, g->count});
    drop_tables(&b);
    free(steps);
    free(b.pulls);
    free(b.spare);
    return st;
}
