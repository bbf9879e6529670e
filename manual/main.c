/* main.c - manual PROGRAM FORM [TEMPLATE]: prints a file made from the tables of aq,
 * aq-index or aq-serve. It runs when they are built and is not installed. */
#include "manual.h"

#include "cli/cli.h"
#include "cli/commands.h"
#include "settings.h"

#include <stdio.h>

static bool read_file(struct aq_buf *text, const char *name)
{
    FILE *f = fopen(name, "re");
    int c;
    if (!f)
        return false;
    while ((c = getc(f)) != EOF)
        aq_buf_u8(text, (uint8_t)c);
    aq_buf_u8(text, 0);
    bool fine = !ferror(f) && !text->failed;
    fclose(f);
    return fine;
}

static aq_manual_write *form_named(const char *name)
{
    static const struct {
        const char *name;
        aq_manual_write *write;
    } forms[] = {
        {"bash", aq_manual_bash}, {"zsh", aq_manual_zsh}, {"fish", aq_manual_fish}, {"list", aq_manual_list}};
    for (size_t i = 0; i < AQ_COUNT(forms); i++)
        if (strcmp(forms[i].name, name) == 0)
            return forms[i].write;
    return NULL;
}

/* By the name of its manual page. */
static const struct aq_program *program_named(const char *name)
{
    static const struct {
        const char *name;
        const struct aq_program *program;
    } programs[] = {{"aq", &aq_program}, {"aq-index", &aq_index_program}, {"aq-serve", &aq_serve_program}};
    for (size_t i = 0; i < AQ_COUNT(programs); i++)
        if (strcmp(programs[i].name, name) == 0)
            return programs[i].program;
    return NULL;
}

int main(int argc, char **argv)
{
    struct aq_buf out = {0}, template = {0};
    const struct aq_program *program = argc > 2 ? program_named(argv[1]) : NULL;
    aq_manual_write *write = argc == 3 ? form_named(argv[2]) : NULL;
    bool page = argc == 4 && strcmp(argv[2], "man") == 0;
    if (!program || (!write && !page)) {
        fprintf(stderr, "usage: manual aq|aq-index|aq-serve man TEMPLATE|bash|zsh|fish|list\n");
        return 2;
    }
    bool fine = true;
    if (write)
        write(&out, program);
    else if ((fine = read_file(&template, argv[3])))
        aq_manual_page(&out, program, (const char *)template.ptr);
    fine = fine && !out.failed && fwrite(out.ptr, 1, out.len, stdout) == out.len && fflush(stdout) == 0;
    if (!fine)
        fprintf(stderr, "manual: cannot read %s or write\n", page ? argv[3] : "the tables");
    aq_buf_free(&template);
    aq_buf_free(&out);
    return fine ? 0 : 1;
}
