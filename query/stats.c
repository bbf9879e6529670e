/* stats.c - aq_reader_stats: what an index holds and what it weighs. */
#include "pending_walk.h"
#include "reader.h"

static uint64_t bytes_of(const MDB_stat *s)
{
    return (uint64_t)(s->ms_branch_pages + s->ms_leaf_pages + s->ms_overflow_pages) * s->ms_psize;
}

static uint64_t dbi_bytes(struct aq_txn *txn, MDB_dbi dbi)
{
    MDB_stat s;
    return mdb_stat(txn->txn, dbi, &s) ? 0 : bytes_of(&s);
}

static enum aq_status table_bytes(struct aq_txn *txn, struct aq_index_stats *s, struct aq_error *err)
{
    for (int table = 0; table < AQ_TABLE_COUNT; table++) {
        struct aq_walk w;
        enum aq_status st = aq_walk_open(txn, (enum aq_table)table, false, &w, err);
        if (st)
            return st;
        uint64_t bytes = dbi_bytes(txn, mdb_cursor_dbi(w.cursor));
        aq_walk_close(&w);
        bool text = table == AQ_TABLE_TEXT || table == AQ_TABLE_IDENT;
        *(text ? &s->stored_text_bytes : table == AQ_TABLE_NORM ? &s->norm_bytes : &s->other_bytes) += bytes;
    }
    return AQ_OK;
}

/* LMDB's own two databases: 0 lists free pages (a count, then their numbers, per
 * transaction that freed them), 1 names the others. */
static void page_bytes(struct aq_txn *txn, struct aq_index_stats *s)
{
    MDB_stat stat;
    MDB_cursor *c;
    MDB_val key, value;
    s->other_bytes += dbi_bytes(txn, 1);
    if (mdb_stat(txn->txn, 1, &stat) || mdb_cursor_open(txn->txn, 0, &c))
        return;
    while (mdb_cursor_get(c, &key, &value, MDB_NEXT) == 0) {
        size_t pages;
        if (value.mv_size < sizeof pages)
            continue;
        memcpy(&pages, value.mv_data, sizeof pages);
        s->free_bytes += (uint64_t)pages * stat.ms_psize;
    }
    mdb_cursor_close(c);
}

static uint64_t count_bits(struct aq_txn *txn, const struct aq_segment *seg, enum aq_bits_kind kind)
{
    uint64_t n = 0;
    for (uint32_t chunk = 0; chunk <= (seg->info.passages - 1) / AQ_BITS_CHUNK; chunk++) {
        const uint8_t *bits = aq_segment_bits(txn, seg, kind, chunk);
        for (size_t i = 0; bits && i < AQ_BITS_CHUNK / 8; i += 8)
            n += (uint64_t)__builtin_popcountll(aq_load64(bits + i));
    }
    return n;
}

static void segment_facts(struct aq_txn *txn, struct aq_index_stats *s)
{
    for (uint32_t i = 0; i < txn->segment_count; i++) {
        const struct aq_segment *seg = &txn->segments[i];
        s->deleted_passages += seg->info.deleted;
        s->terms += seg->info.terms;
        s->postings += seg->info.postings;
        s->posting_bytes += dbi_bytes(txn, seg->terms) + dbi_bytes(txn, seg->positions);
        if (seg->info.passages) {
            s->hidden_passages += count_bits(txn, seg, AQ_BITS_HIDDEN);
            s->quote_passages += count_bits(txn, seg, AQ_BITS_QUOTE);
        }
    }
}

static enum aq_status pending_facts(void *context, uint32_t comment, const struct aq_pending *record, bool *enough,
                                    struct aq_error *err)
{
    struct aq_index_stats *s = context;
    (void)comment;
    (void)enough;
    (void)err;
    for (uint32_t i = 0; i < record->passage_count; i++) {
        s->hidden_passages += record->passages[2 * (size_t)i + 1] & AQ_PENDING_HIDDEN ? 1 : 0;
        s->quote_passages += record->passages[2 * (size_t)i + 1] & AQ_PENDING_QUOTE ? 1 : 0;
    }
    return AQ_OK;
}

static void date_range(struct aq_txn *txn, struct aq_index_stats *s)
{
    s->first_date = s->last_date = AQ_NO_DATE;
    for (uint32_t c = 0; c < txn->state.next_comment; c++) {
        int64_t date = aq_column_get(txn, AQ_COL_DATE, c);
        if (date == AQ_NO_DATE || !(aq_column_get(txn, AQ_COL_FLAGS, c) & AQ_LIVE))
            continue;
        if (s->first_date == AQ_NO_DATE || date < s->first_date)
            s->first_date = date;
        if (s->last_date == AQ_NO_DATE || date > s->last_date)
            s->last_date = date;
    }
}

static void copy_text(char *to, size_t size, const char *from, size_t from_size)
{
    size_t n = strnlen(from, from_size);
    if (n >= size)
        n = size - 1;
    memcpy(to, from, n);
    to[n] = 0;
}

enum aq_status aq_reader_stats(struct aq_reader *r, struct aq_index_stats *stats, struct aq_error *err)
{
    struct aq_txn txn;
    *stats = (struct aq_index_stats){0};
    enum aq_status st = aq_reader_begin(r, &txn, err);
    if (st)
        return st;
    const struct aq_state *state = &txn.state;
    stats->comments = state->comments;
    stats->threads = state->next_thread;
    stats->authors = state->next_author;
    stats->passages = txn.passages;
    stats->tokens = txn.tokens;
    stats->text_bytes = state->text_bytes;
    stats->file_bytes = aq_store_file_bytes(r->store);
    stats->segments = txn.segment_count;
    stats->pending_comments = state->pend_comments;
    stats->generation = aq_store_generation(r->store);
    stats->format_version = AQ_FORMAT_VERSION;
    stats->commit = state->commit;
    copy_text(stats->language, sizeof stats->language, state->language, sizeof state->language);
    copy_text(stats->analyzer, sizeof stats->analyzer, state->identity, sizeof state->identity);
    segment_facts(&txn, stats);
    st = table_bytes(&txn, stats, err);
    if (!st)
        st = aq_pending_walk(&txn, pending_facts, stats, err);
    if (!st) {
        page_bytes(&txn, stats);
        date_range(&txn, stats);
    }
    aq_txn_end(&txn);
    return st;
}
