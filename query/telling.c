/* telling.c - see telling.h. */
#include "telling.h"

#include "utf8.h"

bool aq_in_address(struct aq_run *run, struct aq_slice text, size_t at)
{
    if (at < run->end)
        return run->address;
    size_t from = at;
    while (from > 0 && !aq_is_ascii_space(text.ptr[from - 1]))
        from--;
    for (run->end = at + 1; run->end < text.len && !aq_is_ascii_space(text.ptr[run->end]);)
        run->end++;
    run->address = memmem(text.ptr + from, run->end - from, "://", 3) || memmem(text.ptr + from, run->end - from, "www.", 4);
    return run->address;
}

bool aq_is_telling(struct aq_slice word)
{
    bool letter = false;
    size_t characters = 0;
    for (size_t i = 0; i < word.len; i++) {
        uint8_t c = word.ptr[i];
        letter |= c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        characters += (c & 0xc0) != 0x80;
    }
    return letter && characters > 1;
}
