/* usage.h - a program as it is explained: its commands and options with what they
 * do. --help is made from it here; manual pages and completions for shells are made
 * from it when aq is built (manual/). Knows no program, never prints. */
#ifndef AQ_USAGE_H
#define AQ_USAGE_H

#include "options.h"

/* Longer texts (details, and more of an option) are plain: paragraphs are parted by an
 * empty line and not broken into lines; `what is typed` stands between grave accents;
 * --options, $VARIABLES and pages(1) are known by their looks. */
struct aq_usage {
    const char *name;
    const char *words;   /* what follows it, such as "ID" or "PATH...|-"; "" for nothing */
    const char *summary; /* "print a comment", in a few words without a stop */
    const char *details; /* of --help and the manual, or NULL */
    struct aq_option_group options; /* count 0: none but the common ones */
    uint8_t complete;    /* enum aq_completion, of the words */
};

struct aq_program {
    const char *name, *about; /* about: a sentence */
    const struct aq_usage *const *commands;
    size_t command_count;
    const struct aq_usage *implied; /* the command when none is named, or NULL */
    struct aq_option_group common;  /* options of every command */
    const char *closing;            /* lines that end the overview */
};

/* The command of this name, or NULL. */
const struct aq_usage *aq_usage_named(const struct aq_program *program, const char *name);

/* Appends the help on a command; with NULL the overview. */
void aq_usage_help(struct aq_buf *out, const struct aq_program *program, const struct aq_usage *command);

/* aq_options_first_word by the options of all commands. */
int aq_usage_first_word(const struct aq_program *program, int argc, char *const *argv);

#endif
