/* cli.h - what the commands of aq share: settings, the running command's state,
 * exit statuses and failing. Commands know aq.h and this directory; nothing of how
 * an index is searched. */
#ifndef AQ_CLI_H
#define AQ_CLI_H

#include "names.h"
#include "output.h"
#include "usage.h"

enum { AQ_EXIT_HIT = 0, AQ_EXIT_NONE = 1, AQ_EXIT_ERROR = 2 };

#define AQ_NOT_GIVEN UINT64_MAX /* of a number whose default is each command's own */

enum aq_run_format { AQ_RUN_TREC, AQ_RUN_JSON };

/* Where options of all commands are stored. An option means the same in each. */
struct aq_settings {
    const char *index;
    unsigned color; /* enum aq_color */
    bool json, quiet, no_pager, no_config, help, version;

    uint64_t limit, offset; /* limit: AQ_NOT_GIVEN */
    unsigned sort;          /* enum aq_sort, by aq_sort_names */
    unsigned group;         /* enum aq_group, by aq_group_names */
    struct aq_option_list authors, threads;
    const char *after, *before;
    bool count, strict, explain;
    uint64_t snippets;
    const char *synonyms; /* a file */
    bool no_synonyms;
    bool concepts;
    struct aq_option_list without_concepts;
    struct aq_option_list facets; /* "author,tag:20" */
    bool over_time;
    struct aq_option_list prefer; /* "points", "recent" */
    uint64_t per_thread; /* 0: any number */
    uint64_t further;
    uint64_t snapshot;   /* 0: none */

    uint64_t context, passage; /* AQ_NOT_GIVEN */
    const char *template;      /* --format of hits and comments, or NULL */
    uint64_t first;            /* thread; 0: all */
    unsigned kind;             /* suggest: of its names of kinds */

    unsigned format; /* run: enum aq_run_format */
    double k1, b;    /* run: below 0 when not given */
};

struct aq_cli {
    char **argv; /* of a command that becomes another program */
    struct aq_settings set;
    struct aq_option_words words;
    struct aq_arena arena;
    struct aq_output out;
    struct aq_buf notes; /* for standard error, once the output is written */
    const char *saved_index; /* of the config file, or NULL */
    struct aq_buf dir; /* of the index, NUL-terminated */
    struct aq_reader *reader;
    struct aq_error err; /* of the call that failed last */
};

struct aq_command {
    struct aq_usage usage;
    int (*run)(struct aq_cli *cli); /* gives the exit status; output is finished after it */
};

extern const struct aq_command aq_command_search, aq_command_show, aq_command_thread, aq_command_related,
    aq_command_suggest, aq_command_terms, aq_command_concepts, aq_command_stats, aq_command_serve, aq_command_run, aq_command_check, aq_command_help,
    aq_command_version;

/* All of them, and the options they have in common. */
extern const struct aq_program aq_program;

/* The command of this name, or NULL. */
const struct aq_command *aq_command_named(const char *name);

/* Opens the index that -i or the environment names. 0, or an exit status after
 * complaining. */
int aq_cli_open(struct aq_cli *cli);

/* Complains with cli->err: on standard error and, with --json, as a record on
 * standard output. Returns AQ_EXIT_ERROR. */
int aq_cli_fail(struct aq_cli *cli);

/* The same with the query below, and a mark under what is wrong in it. */
int aq_cli_fail_at(struct aq_cli *cli, struct aq_slice query, struct aq_range place);

/* The words given, joined by spaces, in the arena and NUL-terminated; ptr NULL when
 * memory is out. */
struct aq_slice aq_cli_join_words(struct aq_cli *cli);

/* The same for messages: never NULL. */
const char *aq_cli_words_text(struct aq_cli *cli);

/* AQ_EXIT_ERROR after complaining when words follow a command that takes none. */
int aq_cli_no_words(struct aq_cli *cli, const char *command);

/* AQ_EXIT_ERROR after complaining that the command takes the id of `what`. */
int aq_cli_one_id(struct aq_cli *cli, const char *command, const char *what);

/* The exit status after complaining that no `what` has the id. */
int aq_cli_no_such(struct aq_cli *cli, const char *command, const char *what, struct aq_slice id);

/* AQ_SYNTAX when --format and --json are both wanted. */
enum aq_status aq_cli_one_form(struct aq_cli *cli);

#endif
