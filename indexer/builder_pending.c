/* builder_pending.c - pending comments into the batch that becomes a segment. */
#include "builder_internal.h"

static enum aq_status take_postings(struct aq_batch *b, const struct aq_pending *p, struct aq_error *err)
{
    uint16_t positions[256], codes[256];
    struct aq_pending_term term;
    size_t at = 0;
    bool bad = false;
    /* The accumulator wants passage by passage: remember each occurrence, then sort by passage. */
    struct occurrence {
        uint32_t ordinal, term, form;
        uint16_t position;
    } *all = NULL;
    size_t count = 0, cap = 0;
    struct aq_slice *terms = NULL, *forms = NULL;
    size_t term_count = 0, term_cap = 0, form_count = 0, form_cap = 0;
    size_t *ends = calloc((size_t)p->passage_count + 1, sizeof *ends); /* of each passage's occurrences in `order` */
    size_t *order = NULL;
    enum aq_status st = ends ? AQ_OK : aq_fail_nomem(err);

    while (st == AQ_OK && aq_pending_next(p, &at, &term, &bad)) {
        size_t posting = 0;
        uint32_t ordinal, tf;
        size_t first_form = form_count;
        if (!aq_grow(&terms, &term_cap, term_count + 1, sizeof *terms) ||
            !aq_grow(&forms, &form_cap, form_count + term.form_count, sizeof *forms)) {
            st = aq_fail_nomem(err);
            break;
        }
        terms[term_count] = term.term;
        for (uint32_t f = 0; f < term.form_count; f++)
            if (!aq_pending_form(&term, f, &forms[form_count++]))
                bad = true;
        while (!bad && aq_pending_posting(&term, &posting, &ordinal, &tf, positions, codes, &bad)) {
            if (!aq_grow(&all, &cap, count + tf, sizeof *all)) {
                st = aq_fail_nomem(err);
                break;
            }
            for (uint32_t i = 0; i < tf; i++) {
                if (codes[i] >= term.form_count || ordinal >= p->passage_count)
                    bad = true;
                else
                    all[count++] = (struct occurrence){ordinal, (uint32_t)term_count,
                                                       (uint32_t)(first_form + codes[i]), positions[i]};
            }
        }
        term_count++;
    }
    if (st == AQ_OK && bad)
        st = aq_fail(err, AQ_CORRUPT, "a pending comment's record contradicts itself: run aq check");
    if (st == AQ_OK && !(order = malloc((count + 1) * sizeof *order)))
        st = aq_fail_nomem(err);
    /* By counting: each passage's occurrences stay in the order of their terms. */
    if (st == AQ_OK) {
        for (size_t i = 0; i < count; i++)
            ends[all[i].ordinal + 1]++;
        for (size_t k = 1; k <= p->passage_count; k++)
            ends[k] += ends[k - 1];
        for (size_t i = 0; i < count; i++)
            order[ends[all[i].ordinal]++] = i; /* from its first to its end */
    }
    for (uint32_t ordinal = 0; st == AQ_OK && ordinal < p->passage_count; ordinal++) {
        if (aq_accumulator_passage(b->accumulator, p->passages[2 * ordinal]) == AQ_DOCID_END)
            st = aq_fail_nomem(err);
        for (size_t i = ordinal ? ends[ordinal - 1] : 0; st == AQ_OK && i < ends[ordinal]; i++) {
            const struct occurrence *o = &all[order[i]];
            if (!aq_accumulator_token(b->accumulator, terms[o->term], aq_hash(terms[o->term]), forms[o->form],
                                      o->position))
                st = aq_fail_nomem(err);
        }
    }
    free(ends);
    free(order);
    free(all);
    free(terms);
    free(forms);
    return st;
}

enum aq_status aq_builder_take_pending(struct aq_batch *b, uint32_t number, struct aq_slice record,
                                       struct aq_error *err)
{
    struct aq_pending p;
    if (aq_pending_parse(&p, record))
        return aq_fail(err, AQ_CORRUPT, "pending comment %u cannot be read: run aq check", number);
    if (!aq_grow(&b->pending, &b->pending_cap, b->pending_count + 1, sizeof *b->pending) ||
        !aq_grow(&b->pending_flags, &b->pending_flag_cap, b->pending_passages + p.passage_count, 1))
        return aq_fail_nomem(err);
    b->pending[b->pending_count++] =
        (struct aq_batch_pending){number, (uint32_t)b->pending_passages, p.passage_count};
    for (uint32_t i = 0; i < p.passage_count; i++)
        b->pending_flags[b->pending_passages++] = p.passages[2 * i + 1];
    return take_postings(b, &p, err);
}
