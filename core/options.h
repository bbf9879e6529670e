/* options.h - command-line options as a table: what a program accepts, where
 * each value goes, and what --help says. Both programs use it. It knows none of
 * their options, never prints and never exits. */
#ifndef AQ_OPTIONS_H
#define AQ_OPTIONS_H

#include "base.h"

/* The type in brackets is that of the field the value is stored in. */
enum aq_option_kind {
    AQ_OPTION_FLAG,   /* takes no value (bool) */
    AQ_OPTION_TEXT,   /* the last one given counts (const char *) */
    AQ_OPTION_LIST,   /* may be given often (struct aq_option_list) */
    AQ_OPTION_NUMBER, /* whole, between min and max (uint64_t) */
    AQ_OPTION_REAL,   /* between min and max (double) */
    AQ_OPTION_CHOICE  /* one of `choices` (unsigned: its index) */
};

struct aq_option_list {
    const char **items; /* in the order given, in the arena of the parse */
    size_t count;
};

struct aq_option {
    const char *name; /* "sort" for --sort; NULL: a letter only */
    char letter;      /* 'n' for -n; 0: a name only */
    uint8_t kind;     /* enum aq_option_kind */
    size_t field;     /* offsetof in the struct handed to aq_options_parse */
    const char *value; /* what --help calls the value: "N" */
    const char *help;
    uint64_t min, max;
    const char *const *choices; /* ends with NULL */
};

/* Options under one heading of --help. */
struct aq_option_group {
    const char *heading;
    const struct aq_option *options;
    size_t count;
};

/* What is not an option. */
struct aq_option_words {
    const char **items; /* in the arena of the parse */
    size_t count;
};

/* Stores the options of argv[1, argc) in `values` and the words in *words,
 * leaving out argv[skip] (the name of a command; 0: nothing). Accepts `--name V`,
 * `--name=V`, `-nV`, `-n V` and flags in one cluster, anywhere before `--`; `-` is
 * a word. Fields that are not mentioned keep what they hold. Strings are argv's.
 * AQ_SYNTAX says what is wrong with which option. */
enum aq_status aq_options_parse(const struct aq_option_group *groups, size_t group_count, int argc,
                                char *const *argv, int skip, void *values, struct aq_arena *arena,
                                struct aq_option_words *words, struct aq_error *err);

/* Index in argv of the first word before `--`, or 0. Unknown options are taken
 * for flags: this finds a command's name before its options are known. */
int aq_options_first_word(const struct aq_option_group *groups, size_t group_count, int argc,
                          char *const *argv);

/* Appends the options, one paragraph each, wrapped at `width` columns. */
void aq_options_help(struct aq_buf *out, const struct aq_option_group *groups, size_t group_count,
                     unsigned width);

/* For the start of main: opens /dev/null in place of a standard descriptor that is
 * closed. It could become the index's own, and what is printed would go into it. */
void aq_options_occupy_descriptors(void);

#endif
