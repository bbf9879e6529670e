/* print_words.c - print_text.h's words: suggestions and lists of words. */
#include "print_text.h"

#include <stdio.h>

void aq_text_suggestion(struct aq_output *out, const struct aq_suggestion *s)
{
    aq_text_clean_line(&out->buf, s->text);
    if (out->terminal.tty && s->kind != AQ_SUGGEST_WORDS) {
        const char *kind = s->kind == AQ_SUGGEST_TITLES ? "  title" : "  author";
        aq_terminal_put(&out->buf, &out->terminal, AQ_STYLE_FAINT, aq_slice_str(kind));
    }
    aq_buf_u8(&out->buf, '\n');
}

static int digits_of(uint64_t n)
{
    return snprintf(NULL, 0, "%llu", (unsigned long long)n);
}

/* Numbers to the right; what they are is said on a terminal. */
void aq_text_words(struct aq_output *out, const struct aq_word_list *list)
{
    int times = 5, passages = 8; /* the heads' */
    for (uint32_t i = 0; i < list->word_count; i++) {
        int t = digits_of(list->words[i].count), p = digits_of(list->words[i].passages);
        times = t > times ? t : times;
        passages = p > passages ? p : passages;
    }
    if (out->terminal.tty && list->word_count) {
        char head[64];
        snprintf(head, sizeof head, "%*s  %*s  word", times, "times", passages, "passages");
        aq_terminal_put(&out->buf, &out->terminal, AQ_STYLE_FAINT, aq_slice_str(head));
        aq_buf_u8(&out->buf, '\n');
    }
    for (uint32_t i = 0; i < list->word_count; i++) {
        const struct aq_word *w = &list->words[i];
        aq_buf_printf(&out->buf, "%*llu  %*llu  ", times, (unsigned long long)w->count, passages,
                      (unsigned long long)w->passages);
        aq_text_clean_line(&out->buf, w->form);
        aq_buf_u8(&out->buf, '\n');
    }
}
