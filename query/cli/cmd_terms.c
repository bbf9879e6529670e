/* cmd_terms.c - aq terms [PREFIX]: the words of the index and how often they occur. */
#include "cli.h"
#include "print_text.h"
#include "records.h"

enum { LIMIT = 20, LIMIT_MOST = 10000 };

static const struct aq_option options[] = {
    {.name = "limit", .letter = 'n', .kind = AQ_OPTION_NUMBER, .field = offsetof(struct aq_settings, limit),
     .value = "N", .min = 1, .max = LIMIT_MOST,
     .help = "words wanted, the commonest (default 20)"},
};

static int terms(struct aq_cli *cli)
{
    const struct aq_settings *set = &cli->set;
    struct aq_word_list *list;
    struct aq_slice beginning = aq_cli_join_words(cli);
    uint32_t limit = set->limit == AQ_NOT_GIVEN || set->limit == 0 ? LIMIT : (uint32_t)set->limit;
    if (cli->words.count > 1) {
        aq_fail(&cli->err, AQ_SYNTAX, "one PREFIX at the most; to search for these words: aq search terms %.200s",
                aq_cli_words_text(cli));
        return aq_cli_fail(cli);
    }
    if (!beginning.ptr) {
        aq_fail_nomem(&cli->err);
        return aq_cli_fail(cli);
    }
    int status = aq_cli_open(cli);
    if (status)
        return status;
    if (aq_words(cli->reader, beginning, limit, &list, &cli->err))
        return aq_cli_fail(cli);
    status = list->word_count ? AQ_EXIT_HIT : AQ_EXIT_NONE;
    if (set->json)
        for (uint32_t i = 0; i < list->word_count && !set->quiet; i++)
            aq_json_word(&cli->out.buf, &list->words[i]);
    else if (!set->quiet)
        aq_text_words(&cli->out, list);
    cli->out.page = !set->json && !set->no_pager;
    aq_words_free(list);
    return status;
}

const struct aq_command aq_command_terms = {
    {.name = "terms",
     .words = "[PREFIX]",
     .summary = "list the words of the index",
     .details = "Prints the commonest words that begin with PREFIX, of all without one: how often each occurs, how "
                "many passages have a word of its stem (which a search for it finds), and the word. Case and accents "
                "do not count. Deleted comments count until their passages are dropped.",
     .options = {"Terms options", options, AQ_COUNT(options)}},
    terms,
};
