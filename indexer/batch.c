/* batch.c - see batch.h. */
#include "batch.h"

void aq_unit_free(struct aq_unit *u)
{
    if (!u)
        return;
    free(u->comments);
    free(u->passages);
    free(u->tokens);
    aq_buf_free(&u->text);
    free(u);
}

void aq_unit_clear(struct aq_unit *u)
{
    u->comment_count = u->passage_count = u->token_count = 0;
    aq_buf_clear(&u->text);
}

size_t aq_unit_bytes(const struct aq_unit *u)
{
    return u->comment_cap * sizeof *u->comments + u->passage_cap * sizeof *u->passages +
           u->token_cap * sizeof *u->tokens + u->text.cap;
}

size_t aq_unit_filled(const struct aq_unit *u)
{
    return u->comment_count * sizeof *u->comments + u->passage_count * sizeof *u->passages +
           u->token_count * sizeof *u->tokens + u->text.len;
}

struct aq_batch *aq_batch_new(uint32_t next_comment)
{
    struct aq_batch *b = calloc(1, sizeof *b);
    if (b)
        b->next_comment = next_comment;
    return b;
}

void aq_batch_free(struct aq_batch *b)
{
    if (!b)
        return;
    free(b->comments);
    free(b->passages);
    free(b->names);
    free(b->removals);
    free(b->kills);
    free(b->updates);
    free(b->texts);
    free(b->prints);
    free(b->gone_prints);
    aq_buf_free(&b->strings);
    aq_buf_free(&b->overrides);
    aq_hashmap_free(&b->by_id);
    aq_hashmap_free(&b->by_number);
    aq_hashmap_free(&b->killed);
    aq_hashmap_free(&b->by_name);
    aq_accumulator_free(b->accumulator);
    aq_text_writer_free(b->packer);
    aq_buf_free(&b->dictionary);
    aq_buf_free(&b->bundles);
    free(b->bundle_spans);
    free(b->pending);
    free(b->pending_flags);
    free(b);
}

/* Counts what the caller's thread fills; the builder adds its own. */
size_t aq_batch_bytes(const struct aq_batch *b)
{
    return b->comment_cap * sizeof *b->comments + b->passage_cap * sizeof *b->passages +
           b->name_cap * sizeof *b->names + b->removal_cap * sizeof *b->removals + b->kill_cap * sizeof *b->kills +
           b->update_cap * sizeof *b->updates + b->text_cap * sizeof *b->texts +
           (b->print_cap + b->gone_print_cap) * sizeof *b->prints + b->strings.cap + b->overrides.cap +
           aq_hashmap_bytes(&b->by_id) + aq_hashmap_bytes(&b->by_number) + aq_hashmap_bytes(&b->killed) +
           aq_hashmap_bytes(&b->by_name);
}

bool aq_batch_empty(const struct aq_batch *b)
{
    return b->comment_count == 0 && b->kill_count == 0 && b->update_count == 0;
}

struct aq_span aq_batch_string(struct aq_batch *b, struct aq_slice s)
{
    if (b->strings.len + s.len >= AQ_NONE)
        return (struct aq_span){0, AQ_NONE};
    struct aq_span span = {(uint32_t)b->strings.len, (uint32_t)s.len};
    aq_buf_put(&b->strings, s.ptr, s.len);
    return b->strings.failed ? (struct aq_span){0, AQ_NONE} : span;
}

uint32_t aq_batch_name(struct aq_batch *b, enum aq_id_kind kind, struct aq_slice name)
{
    uint64_t hash = aq_hash(name) ^ (uint64_t)kind * 0x9e3779b97f4a7c15u;
    size_t at = SIZE_MAX;
    uint32_t i;
    while ((i = aq_hashmap_next(&b->by_name, hash, &at)) != AQ_HASHMAP_NONE)
        if (b->names[i].kind == kind && aq_slice_eq(aq_batch_slice(b, b->names[i].name), name))
            return i;
    struct aq_span span = aq_batch_string(b, name);
    if (span.len == AQ_NONE || !aq_grow(&b->names, &b->name_cap, b->name_count + 1, sizeof *b->names) ||
        !aq_hashmap_add(&b->by_name, hash, (uint32_t)b->name_count))
        return AQ_NONE;
    b->names[b->name_count] = (struct aq_batch_name){kind, span, AQ_NO_COMMENT, 0};
    return (uint32_t)b->name_count++;
}

struct aq_batch_comment *aq_batch_find(const struct aq_batch *b, struct aq_slice id, uint64_t id_hash)
{
    size_t at = SIZE_MAX;
    uint32_t i;
    while ((i = aq_hashmap_next(&b->by_id, id_hash, &at)) != AQ_HASHMAP_NONE)
        if (aq_slice_eq(aq_batch_slice(b, b->comments[i].id), id))
            return &b->comments[i];
    return NULL;
}
