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

/* What stands around it, on one line, below. */
static void write_example(struct aq_output *out, const struct aq_concept *c)
{
    static const char margin[] = "        ";
    struct aq_slice e = c->example;
    struct aq_buf text = {0};
    aq_buf_puts(&out->buf, margin);
    aq_text_clean_line(&out->buf, aq_slice(e.ptr, c->range.begin));
    aq_text_clean_line(&text, aq_slice(e.ptr + c->range.begin, c->range.end - c->range.begin));
    aq_terminal_put(&out->buf, &out->terminal, AQ_STYLE_MATCH, aq_slice(text.ptr, text.len));
    aq_text_clean_line(&out->buf, aq_slice(e.ptr + c->range.end, e.len - c->range.end));
    aq_buf_puts(&out->buf, "  ");
    aq_buf_clear(&text);
    aq_text_clean_line(&text, c->id);
    aq_terminal_put(&out->buf, &out->terminal, AQ_STYLE_FAINT, aq_slice(text.ptr, text.len));
    aq_buf_u8(&out->buf, '\n');
    aq_buf_free(&text);
}

/* Numbers to the right, as for words. */
void aq_text_concepts(struct aq_output *out, const struct aq_concept_list *list)
{
    int strength = 8, passages = 8; /* the heads' */
    for (uint32_t i = 0; i < list->concept_count; i++) {
        int p = digits_of(list->concepts[i].passages);
        passages = p > passages ? p : passages;
    }
    if (out->terminal.tty && list->concept_count) {
        char head[64];
        snprintf(head, sizeof head, "%*s  %*s  concept", strength, "strength", passages, "passages");
        aq_terminal_put(&out->buf, &out->terminal, AQ_STYLE_FAINT, aq_slice_str(head));
        aq_buf_u8(&out->buf, '\n');
    }
    for (uint32_t i = 0; i < list->concept_count; i++) {
        const struct aq_concept *c = &list->concepts[i];
        struct aq_buf text = {0};
        aq_buf_printf(&out->buf, "%*.0f  %*llu  ", strength, c->strength, passages, (unsigned long long)c->passages);
        aq_text_clean_line(&text, c->text);
        aq_terminal_put(&out->buf, &out->terminal, AQ_STYLE_STRONG, aq_slice(text.ptr, text.len));
        aq_buf_u8(&out->buf, '\n');
        aq_buf_free(&text);
        write_example(out, c);
    }
}
