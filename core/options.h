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
    size_t count, cap;
    const void *giver; /* of the items: what another one gives replaces them */
};

/* What a shell offers to complete a value or word with. */
enum aq_completion { AQ_COMPLETE_NOTHING, AQ_COMPLETE_FILES, AQ_COMPLETE_DIRS, AQ_COMPLETE_COMMANDS };

struct aq_option {
    const char *name; /* "sort" for --sort; NULL: a letter only */
    char letter;      /* 'n' for -n; 0: a name only */
    uint8_t kind;     /* enum aq_option_kind */
    uint8_t complete; /* enum aq_completion */
    bool never_saved; /* makes sense on a command line only */
    size_t field;     /* offsetof in the struct handed to aq_options_parse */
    const char *value; /* what --help calls the value: "N" */
    const char *help;
    uint64_t min, max;
    const char *const *choices; /* ends with NULL */
    bool (*accepts)(const char *text); /* of a TEXT or LIST, or NULL */
    const char *form;                  /* what that accepts: "a date such as 2019" */
    const char *more;  /* sentences that follow in the manual (usage.h says how they are written), or NULL */
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
 * a word. A flag that was saved is taken back by `--name=false`. Fields that are not
 * mentioned keep what they hold, mentioned lists only what is given here. Strings are argv's.
 * AQ_SYNTAX says what is wrong with which option. */
enum aq_status aq_options_parse(const struct aq_option_group *groups, size_t group_count, int argc,
                                char *const *argv, int skip, void *values, struct aq_arena *arena,
                                struct aq_option_words *words, struct aq_error *err);

const struct aq_option *aq_option_named(const struct aq_option_group *groups, size_t group_count,
                                        const char *name, size_t len);

/* The name most like this one, or NULL when none is like it. */
const char *aq_option_nearest(const struct aq_option_group *groups, size_t group_count, const char *name,
                              size_t len);

/* Stores one value from elsewhere than a command line: `true` or `false` for a flag.
 * `name` is how messages call the option; `giver` is what the value is from. */
enum aq_status aq_option_assign(const struct aq_option *o, const char *name, const char *text,
                                const void *giver, void *values, struct aq_arena *arena,
                                struct aq_error *err);

/* Index in argv of the first word before `--`, or 0. Unknown options are taken
 * for flags: this finds a command's name before its options are known. */
int aq_options_first_word(const struct aq_option_group *groups, size_t group_count, int argc,
                          char *const *argv);

/* Appends the options, one paragraph each, wrapped at `width` columns. */
void aq_options_help(struct aq_buf *out, const struct aq_option_group *groups, size_t group_count,
                     size_t width);

/* Appends text, its words broken into lines of `width` columns, the first of which is
 * filled to column `at`; the others are indented by `indent`. */
void aq_text_wrap(struct aq_buf *out, const char *text, size_t at, size_t indent, size_t width);

/* For the start of main: opens /dev/null in place of a standard descriptor that is
 * closed. It could become the index's own, and what is printed would go into it. */
void aq_options_occupy_descriptors(void);

#endif
