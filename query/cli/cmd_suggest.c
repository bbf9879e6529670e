/* cmd_suggest.c - aq suggest PREFIX: what may be about to be typed. */
#include "cli.h"
#include "print_text.h"
#include "records.h"

enum { LIMIT = 10, LIMIT_MOST = 100 };

static const char *const kind_names[] = {"all", "words", "titles", "authors", NULL};
static const unsigned kinds[] = {0, AQ_SUGGEST_WORDS, AQ_SUGGEST_TITLES, AQ_SUGGEST_AUTHORS};

#define FIELD(name) offsetof(struct aq_settings, name)
static const struct aq_option options[] = {
    {.name = "limit", .letter = 'n', .kind = AQ_OPTION_NUMBER, .field = FIELD(limit), .value = "N",
     .min = 1, .max = LIMIT_MOST,
     .help = "suggestions wanted (default 10)"},
    {.name = "kind", .kind = AQ_OPTION_CHOICE, .field = FIELD(kind), .value = "KIND",
     .choices = kind_names,
     .help = "only words, titles or authors (default: all)"},
};

static int suggest(struct aq_cli *cli)
{
    const struct aq_settings *set = &cli->set;
    struct aq_suggestions *found;
    struct aq_suggest_request request = {
        .text = aq_cli_join_words(cli), .limit = LIMIT, .kinds = kinds[set->kind]};
    if (cli->words.count == 0) {
        aq_fail(&cli->err, AQ_SYNTAX, "nothing to complete; try: aq suggest PREFIX");
        return aq_cli_fail(cli);
    }
    /* One that is saved may be meant for searches. */
    if (set->limit != AQ_NOT_GIVEN && set->limit)
        request.limit = set->limit < LIMIT_MOST ? (uint32_t)set->limit : LIMIT_MOST;
    if (!request.text.ptr) {
        aq_fail_nomem(&cli->err);
        return aq_cli_fail(cli);
    }
    int status = aq_cli_open(cli);
    if (status)
        return status;
    if (aq_suggest(cli->reader, &request, &found, &cli->err))
        return aq_cli_fail(cli);
    status = found->item_count ? AQ_EXIT_HIT : AQ_EXIT_NONE;
    for (uint32_t i = 0; i < found->item_count && !set->quiet; i++) {
        if (set->json)
            aq_json_suggestion(&cli->out.buf, &found->items[i]);
        else
            aq_text_suggestion(&cli->out, &found->items[i]);
    }
    aq_suggestions_free(found);
    return status;
}

const struct aq_command aq_command_suggest = {
    {.name = "suggest",
     .words = "PREFIX",
     .summary = "complete what was typed so far",
     .details = "Prints the words that the last word of PREFIX may become, those first that stand behind the words "
                "before it somewhere; then titles of threads with these words, and authors who are called so. After a "
                "space (`aq suggest 'mesa '`) it is the next word that is completed, after `author:` a name. One "
                "suggestion a line.",
     .options = {"Suggest options", options, AQ_COUNT(options)}},
    suggest,
};
