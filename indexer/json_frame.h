/* json_frame.h - where the values of a JSON file begin and end: one a line, one
 * after the other over many lines, or the elements of one long array. Looks at
 * brackets and strings only; json-c judges the rest. Private to the input side. */
#ifndef AQ_JSON_FRAME_H
#define AQ_JSON_FRAME_H

#include "input.h"

enum aq_json_layout {
    AQ_JSON_LINES,  /* a value a line */
    AQ_JSON_VALUES, /* objects and arrays of objects, laid out in any way */
};

enum aq_json_fault {
    AQ_JSON_WHOLE,
    AQ_JSON_TOO_LONG,
    AQ_JSON_BROKEN,  /* a string runs over the end of its line, or a bracket is missing */
    AQ_JSON_CUT_OFF, /* the file ends inside */
    AQ_JSON_NO_VALUE /* something that is neither object nor array */
};

struct aq_json_value {
    struct aq_slice text; /* valid until the next call */
    uint64_t line;        /* where it begins */
    uint64_t end_line;    /* where it ends or breaks */
    size_t column;        /* white space before it on its line */
    enum aq_json_fault fault;
};

struct aq_json_frame {
    enum aq_json_layout layout;
    bool in_array; /* the outermost array, whose elements are the values */
    size_t column; /* of the window's first byte, as far as white space goes */
};

/* Looks at the beginning of the file. A file that is one wrapper object ({"posts":
 * [...]}) too long to hold is read from its array on. */
enum aq_status aq_json_frame_open(struct aq_json_frame *j, struct aq_input *in, struct aq_error *err);
enum aq_status aq_json_frame_next(struct aq_json_frame *j, struct aq_input *in, struct aq_json_value *v,
                                  bool *got, struct aq_error *err);

/* The names under which an object keeps the records it wraps, NULL at the end. */
extern const char *const aq_json_wrappers[];

#endif
