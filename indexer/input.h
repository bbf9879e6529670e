/* input.h - a window over a stream: lines, look-ahead, whole files, with a bound
 * on what is held. Private to the input side. */
#ifndef AQ_INPUT_H
#define AQ_INPUT_H

#include "stream.h"

/* buf[pos, end) has been read and not yet consumed. A byte order mark is gone and
 * UTF-16 (which has one) is UTF-8 by then. */
struct aq_input {
    struct aq_stream *stream;
    uint8_t *buf;
    size_t pos, end, cap;
    bool eof;
    uint64_t line; /* 1-based, of buf[pos] */
    struct {
        int order; /* 0: not UTF-16, 1: little-endian, 2: big-endian */
        uint8_t *raw;
        size_t len;
        uint32_t high; /* surrogate waiting for its low half */
    } utf16;
};

/* Takes the stream over, also when it fails. */
enum aq_status aq_input_open(struct aq_input *in, struct aq_stream *stream, struct aq_error *err);
void aq_input_close(struct aq_input *in);

static inline struct aq_slice aq_input_window(const struct aq_input *in)
{
    return aq_slice(in->buf + in->pos, in->end - in->pos);
}

/* Reads on until the window has more than `have` bytes, or the end of the input is
 * there. Moves the window. AQ_LIMIT never: the caller bounds `have`. */
enum aq_status aq_input_more(struct aq_input *in, size_t have, struct aq_error *err);

/* Drops n bytes at the front, counting their lines. */
void aq_input_skip(struct aq_input *in, size_t n);

/* The next line without its end, valid until the next call; its number in *line.
 * One longer than AQ_MAX_RECORD is passed over and comes as too_long. */
struct aq_line {
    struct aq_slice text;
    uint64_t number;
    bool too_long;
};
enum aq_status aq_input_line(struct aq_input *in, struct aq_line *line, bool *got, struct aq_error *err);

/* All that is left, up to AQ_MAX_RECORD bytes; *too_long when there is more. */
enum aq_status aq_input_rest(struct aq_input *in, struct aq_slice *text, bool *too_long,
                             struct aq_error *err);

#endif
