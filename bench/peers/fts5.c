/* fts5.c - the SQLite FTS5 driver of the benchmark. bench/README.md has the protocol.
 *
 *   fts5 index terms|raw DIRECTORY < tsv
 *   fts5 compact DIRECTORY
 *   fts5 serve DIRECTORY
 *
 * terms: a contentless table, detail=full, terms cut at spaces by a tokenizer of our
 * own. raw: porter over unicode61, the text kept in the table. Ids are in a table
 * beside it, by rowid. */
#include <sqlite3.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static void die(sqlite3 *db, const char *what)
{
    fprintf(stderr, "fts5: %s: %s\n", what, db ? sqlite3_errmsg(db) : "out of memory");
    exit(1);
}

static void run(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        die(db, sql);
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK)
        die(db, sql);
    return statement;
}

/* ---- a tokenizer that cuts at spaces ---- */

static int spaces_create(void *context, const char **args, int count, Fts5Tokenizer **out)
{
    static int stateless;
    (void)context, (void)args, (void)count;
    *out = (Fts5Tokenizer *)&stateless;
    return SQLITE_OK;
}

static void spaces_delete(Fts5Tokenizer *t)
{
    (void)t;
}

static int spaces_tokenize(Fts5Tokenizer *t, void *context, int flags, const char *text, int len,
                           int (*token)(void *, int, const char *, int, int, int))
{
    (void)t, (void)flags;
    for (int begin = 0, end; begin < len; begin = end + 1) {
        const char *space = memchr(text + begin, ' ', (size_t)(len - begin));
        end = space ? (int)(space - text) : len;
        if (end == begin)
            continue;
        int st = token(context, 0, text + begin, end - begin, begin, end);
        if (st != SQLITE_OK)
            return st;
    }
    return SQLITE_OK;
}

static void register_spaces(sqlite3 *db)
{
    static fts5_tokenizer spaces = {spaces_create, spaces_delete, spaces_tokenize};
    fts5_api *api = NULL;
    sqlite3_stmt *statement = prepare(db, "SELECT fts5(?1)");
    sqlite3_bind_pointer(statement, 1, (void *)&api, "fts5_api_ptr", NULL);
    sqlite3_step(statement);
    sqlite3_finalize(statement);
    if (!api || api->xCreateTokenizer(api, "spaces", NULL, &spaces, NULL) != SQLITE_OK)
        die(db, "no FTS5");
}

static sqlite3 *open_db(const char *dir)
{
    char path[4096];
    sqlite3 *db;
    mkdir(dir, 0777);
    snprintf(path, sizeof path, "%s/fts5.db", dir);
    if (sqlite3_open(path, &db) != SQLITE_OK)
        die(db, path);
    register_spaces(db);
    run(db, "PRAGMA page_size=4096; PRAGMA mmap_size=8589934592; PRAGMA cache_size=-262144");
    return db;
}

/* ---- writing ---- */

static void make_index(const char *kind, const char *dir)
{
    sqlite3 *db = open_db(dir);
    int raw = strcmp(kind, "raw") == 0;
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;

    run(db, "BEGIN; CREATE TABLE ids(id TEXT)");
    run(db, raw ? "CREATE VIRTUAL TABLE t USING fts5(text, tokenize='porter unicode61')"
                : "CREATE VIRTUAL TABLE t USING fts5(text, content='', tokenize='spaces')");
    sqlite3_stmt *id = prepare(db, "INSERT INTO ids(id) VALUES(?1)");
    sqlite3_stmt *text = prepare(db, "INSERT INTO t(rowid, text) VALUES(?1, ?2)");
    while ((len = getline(&line, &cap, stdin)) > 0) {
        char *tab = memchr(line, '\t', (size_t)len);
        if (!tab)
            exit(2);
        if (line[len - 1] == '\n')
            len--;
        sqlite3_bind_text(id, 1, line, (int)(tab - line), SQLITE_STATIC);
        if (sqlite3_step(id) != SQLITE_DONE || sqlite3_reset(id) != SQLITE_OK)
            die(db, "insert");
        sqlite3_bind_int64(text, 1, sqlite3_last_insert_rowid(db));
        sqlite3_bind_text(text, 2, tab + 1, (int)(line + len - tab - 1), SQLITE_STATIC);
        if (sqlite3_step(text) != SQLITE_DONE || sqlite3_reset(text) != SQLITE_OK)
            die(db, "insert");
    }
    sqlite3_finalize(id);
    sqlite3_finalize(text);
    run(db, "COMMIT");
    sqlite3_close(db);
    free(line);
}

static void compact(const char *dir)
{
    sqlite3 *db = open_db(dir);
    run(db, "INSERT INTO t(t) VALUES('optimize')");
    run(db, "VACUUM");
    sqlite3_close(db);
}

/* ---- asking ---- */

static long long now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Each word a string of FTS5's: "a" OR "b", "a" AND "b", "a" + "b". */
static char *write_query(const char *mode, const char *words)
{
    const char *joint = strcmp(mode, "or") == 0 ? "\" OR \"" : strcmp(mode, "and") == 0 ? "\" AND \"" : "\" + \"";
    char *out = malloc(strlen(words) * 8 + 3), *p = out;
    if (!out)
        die(NULL, "query");
    *p++ = '"';
    for (; *words; words++) {
        if (*words == ' ') {
            p = stpcpy(p, joint);
            continue;
        }
        if (*words == '"')
            *p++ = '"';
        *p++ = *words;
    }
    *p++ = '"';
    *p = '\0';
    return out;
}

struct statements {
    sqlite3_stmt *best, *id, *count;
};

static void answer_count(const struct statements *s, const char *mode, const char *words)
{
    char *query = write_query(mode, words);
    long long start = now();
    sqlite3_bind_text(s->count, 1, query, -1, SQLITE_STATIC);
    sqlite3_step(s->count);
    printf("%lld\t%lld\t\n", now() - start, sqlite3_column_int64(s->count, 0));
    sqlite3_reset(s->count);
    free(query);
}

static void answer(const struct statements *s, const char *mode, int k, const char *words)
{
    long long start = now();
    char *query = write_query(mode, words), *ids = NULL;
    size_t size = 0;
    int hits = 0;
    FILE *out = open_memstream(&ids, &size);
    if (!out)
        die(NULL, "answer");
    sqlite3_bind_text(s->best, 1, query, -1, SQLITE_STATIC);
    sqlite3_bind_int(s->best, 2, k);
    for (; sqlite3_step(s->best) == SQLITE_ROW; hits++) {
        sqlite3_bind_int64(s->id, 1, sqlite3_column_int64(s->best, 0));
        if (sqlite3_step(s->id) == SQLITE_ROW)
            fprintf(out, "%s%s", hits ? "\t" : "", (const char *)sqlite3_column_text(s->id, 0));
        sqlite3_reset(s->id);
    }
    sqlite3_reset(s->best);
    fclose(out);
    printf("%lld\t%d\t%s\n", now() - start, hits, ids);
    free(ids);
    free(query);
}

static void serve(const char *dir)
{
    sqlite3 *db = open_db(dir);
    struct statements s = {prepare(db, "SELECT rowid FROM t WHERE t MATCH ?1 ORDER BY rank LIMIT ?2"),
                           prepare(db, "SELECT id FROM ids WHERE rowid = ?1"),
                           prepare(db, "SELECT count(*) FROM t WHERE t MATCH ?1")};
    char *line = NULL;
    size_t cap = 0;
    while (getline(&line, &cap, stdin) > 0) {
        line[strcspn(line, "\n")] = '\0';
        char *k = strchr(line, '\t'), *words = k ? strchr(k + 1, '\t') : NULL;
        if (!words)
            exit(2);
        *k++ = *words++ = '\0';
        int limit = (int)strtol(k, NULL, 10);
        if (limit)
            answer(&s, line, limit, words);
        else
            answer_count(&s, line, words);
        fflush(stdout);
    }
    sqlite3_finalize(s.best);
    sqlite3_finalize(s.id);
    sqlite3_finalize(s.count);
    sqlite3_close(db);
    free(line);
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "index") == 0)
        make_index(argv[2], argv[3]);
    else if (argc == 3 && strcmp(argv[1], "compact") == 0)
        compact(argv[2]);
    else if (argc == 3 && strcmp(argv[1], "serve") == 0)
        serve(argv[2]);
    else if (argc == 2 && strcmp(argv[1], "version") == 0)
        printf("SQLite %s FTS5\n", sqlite3_libversion());
    else {
        fprintf(stderr, "usage: fts5 index terms|raw DIRECTORY | compact DIRECTORY | serve DIRECTORY | version\n");
        return 2;
    }
    return 0;
}
