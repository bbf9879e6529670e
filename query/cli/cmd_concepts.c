/* cmd_concepts.c - aq concepts QUERY...: what the index associates with words. */
#include "cli.h"
#include "print_text.h"
#include "records.h"

enum { LIMIT = 20, LIMIT_MOST = 1000 };

static const struct aq_option options[] = {
    {.name = "limit", .letter = 'n', .kind = AQ_OPTION_NUMBER, .field = offsetof(struct aq_settings, limit),
     .value = "N", .min = 1, .max = LIMIT_MOST,
     .help = "concepts wanted, the strongest (default 20)"},
};

static int concepts(struct aq_cli *cli)
{
    const struct aq_settings *set = &cli->set;
    struct aq_concept_list *list;
    struct aq_concepts_request request = {.query = aq_cli_join_words(cli), .limit = LIMIT};
    if (cli->words.count == 0) {
        aq_fail(&cli->err, AQ_SYNTAX, "which word or phrase? try: aq concepts WORD...");
        return aq_cli_fail(cli);
    }
    /* One that is saved may be meant for searches. */
    if (set->limit != AQ_NOT_GIVEN && set->limit)
        request.limit = set->limit < LIMIT_MOST ? (uint32_t)set->limit : LIMIT_MOST;
    if (!request.query.ptr) {
        aq_fail_nomem(&cli->err);
        return aq_cli_fail(cli);
    }
    int status = aq_cli_open(cli);
    if (status)
        return status;
    if (aq_concepts(cli->reader, &request, &list, &cli->err))
        return aq_cli_fail(cli);
    status = list->concept_count ? AQ_EXIT_HIT : AQ_EXIT_NONE;
    if (set->json)
        for (uint32_t i = 0; i < list->concept_count && !set->quiet; i++)
            aq_json_concept(&cli->out.buf, &list->concepts[i]);
    else if (!set->quiet)
        aq_text_concepts(&cli->out, list);
    cli->out.page = !set->json && !set->no_pager;
    aq_concepts_free(list);
    return status;
}

const struct aq_command aq_command_concepts = {
    {.name = "concepts",
     .words = "QUERY...",
     .summary = "list what the index associates with a word or phrase",
     .details = "Prints words and phrases that stand in passages with these words more often than elsewhere, the "
                "strongest first: how strong (a log-likelihood ratio, less for what is little commoner there), in how many passages of the index each is, "
                "and where it stands together with them. The best 400 passages are looked at, quotes and repeats "
                "left out, and no more than a few of each thread and author.",
     .options = {"Concepts options", options, AQ_COUNT(options)}},
    concepts,
};
