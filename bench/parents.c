/* parents.c - how well parents are guessed: for each comment whose parent is known and in its
 * thread, the guess that would be made if it were not.
 *
 *   parents INDEX        prints how many there are, guessed and right, as a line
 *   parents INDEX pairs  prints the id of each comment whose parent is not known and of the
 *                        one that is guessed, for bench/parents.py */
#include "parent_guess.h"
#include "reader.h"

#include <stdio.h>

static void print_pair(struct aq_txn *txn, uint32_t comment, uint32_t guess)
{
    struct aq_id a, b;
    if (aq_ident_get(txn, comment, &a, NULL) || aq_ident_get(txn, guess, &b, NULL))
        return;
    struct aq_slice x = aq_id_slice(&a), y = aq_id_slice(&b);
    printf("%.*s\t%.*s\n", (int)x.len, (const char *)x.ptr, (int)y.len, (const char *)y.ptr);
}

int main(int argc, char **argv)
{
    struct aq_error err = {0};
    struct aq_reader *r;
    struct aq_txn txn;
    struct aq_set_reader links;
    uint32_t known = 0, guessed = 0, right = 0, replies = 0, opener = 0;
    bool pairs = argc == 3 && strcmp(argv[2], "pairs") == 0;
    if (argc != 2 && !pairs) {
        fprintf(stderr, "usage: parents INDEX [pairs]\n");
        return 2;
    }
    if (aq_reader_open(argv[1], &r, &err) || aq_reader_begin(r, &txn, &err) ||
        aq_set_open(&txn, AQ_TABLE_LINK, &links, &err)) {
        fprintf(stderr, "parents: %s\n", err.message);
        return 1;
    }
    for (uint32_t i = 0; i < txn.state.next_comment; i++) {
        int64_t parent = aq_column_get(&txn, AQ_COL_PARENT, i), thread = aq_column_get(&txn, AQ_COL_THREAD, i);
        struct aq_thread_info info;
        uint32_t guess;
        if (!(aq_column_get(&txn, AQ_COL_FLAGS, i) & AQ_LIVE))
            continue;
        if (pairs && parent == AQ_NO_COMMENT) {
            if (aq_parent_guess(&links, i, (uint32_t)thread, &guess, &err) == AQ_OK && guess != AQ_NO_COMMENT)
                print_pair(&txn, i, guess);
            continue;
        }
        replies += parent != AQ_NO_COMMENT;
        if (parent == AQ_NO_COMMENT || aq_column_get(&txn, AQ_COL_THREAD, (uint32_t)parent) != thread)
            continue;
        known++;
        if (aq_parent_guess(&links, i, (uint32_t)thread, &guess, &err)) {
            fprintf(stderr, "parents: %s\n", err.message);
            return 1;
        }
        guessed += guess != AQ_NO_COMMENT;
        right += guess == parent;
        opener += aq_thread_get(&txn, (uint32_t)thread, &info) == AQ_OK && info.root == parent;
    }
    if (!pairs)
        printf("known %u (of %u replies), guessed %u, right %u: precision %.4f, recall %.4f; the opener would be right for %u\n",
           known, replies, guessed, right, guessed ? (double)right / guessed : 0, known ? (double)right / known : 0, opener);
    aq_set_close(&links);
    aq_txn_end(&txn);
    aq_reader_close(r);
    return 0;
}
