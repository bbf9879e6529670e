/* analyzer.c - see analyzer.h. Ties the rooms together: cut (tokenizer.c), look up
 * (lexicon.c), and for a form never met before fold (fold.c) and stem. Owns the
 * languages, how a term is derived, and the identity; a change to any rule of these
 * files that could cut, fold or stem a text otherwise raises RULES. */
#include "analyzer.h"

#include "fold.h"
#include "lexicon.h"
#include "tokenizer.h"

#include <libstemmer.h>
#include <stdio.h>
#include <utf8proc.h>

#define RULES "aq1"

enum {
    /* Diacritics are foreign to the language: they go before stemming, so that
     * `resume` and `résumé` meet; elsewhere the stemmer needs them. */
    FOLD_FIRST = 1,
    POSSESSIVE = 2, /* the stemmer takes off 's itself */
    ELIDES = 4,
    NO_STEMMER = 8,
    KEEPS_INITIALS = 16 /* the stemmer takes off endings only */
};

struct language {
    char name[11];
    char codes[2][4]; /* ISO 639-1 and 639-2 or -3 */
    uint8_t traits;
    /* libstemmer tells no version, but two that stem differently will mostly do so
     * on some of these: the identity carries a hash of their stems. */
    const char *probes;
};

/* Languages that some libstemmer knows; what this one lacks is refused at open. */
static const struct language languages[] = {
    {"none", {"", ""}, NO_STEMMER | KEEPS_INITIALS, ""},
    {"english", {"en", "eng"}, FOLD_FIRST | POSSESSIVE | KEEPS_INITIALS,
     "generalizations happily skies dying communism singly evening owed past's organizers"},
    {"arabic", {"ar", "ara"}, 0, "والكتاب المدرسة لاعبون سيكتبون معلماتنا كتابهما"},
    {"armenian", {"hy", "hye"}, 0, "գրքերից մարդկանց գեղեցկությունը խոսելով տներում"},
    {"basque", {"eu", "eus"}, 0, "etxeetan mendietako lagunarekin zoriontasuna liburuak"},
    {"catalan", {"ca", "cat"}, ELIDES, "nacionalitat cantaven ciutadans comprar-ho ràpidament col·leccions"},
    {"danish", {"da", "dan"}, 0, "havemændene virkelighedens undersøgelserne smukkeste løst"},
    {"dutch", {"nl", "nld"}, 0, "lichamelijkheid opheffingen gezelligste kinderen reëel brieven"},
    {"esperanto", {"eo", "epo"}, 0, "esperantistoj rapide legantaj dankon belajn"},
    {"estonian", {"et", "est"}, 0, "raamatutest majadesse kõnelemine ilusamad inimestele"},
    {"finnish", {"fi", "fin"}, 0, "taloissani edellisestä kirjoittaminen kauneimmat ystävänne"},
    {"french", {"fr", "fra"}, ELIDES, "nationalités continuellement majestueuses mangerions jeunesse aiguë"},
    {"german", {"de", "deu"}, 0, "aufeinanderfolgende häusern freundlichkeiten katers bedürfnis straßen"},
    {"greek", {"el", "ell"}, 0, "ανθρώπους βιβλίων ελευθερίας γράφουμε μεγαλύτερος"},
    {"hindi", {"hi", "hin"}, 0, "लड़कियों किताबें जाऊँगा सुंदरता"},
    {"hungarian", {"hu", "hun"}, 0, "házaknak gyermekeitekkel barátságosan könyvekből szebben"},
    {"indonesian", {"id", "ind"}, FOLD_FIRST, "berlarian mempermainkan kebersamaannya bukuku"},
    {"irish", {"ga", "gle"}, 0, "bhfocail eolaíochta n-athair daonlathach beannachtaí"},
    {"italian", {"it", "ita"}, ELIDES, "nazionalità abbandonarono velocemente parlandogli bellezze"},
    {"lithuanian", {"lt", "lit"}, 0, "žmonėmis gražiausiuose rašydamas knygelių"},
    {"nepali", {"ne", "nep"}, 0, "किताबहरूलाई जान्छन् मान्छेको नेपालीहरू"},
    {"norwegian", {"no", "nor"}, 0, "undersøkelsene virkelighetens vakreste løst havnedistriktene"},
    {"polish", {"pl", "pol"}, 0, "książkami najpiękniejszych pisaliśmy wolności"},
    {"porter", {"", ""}, FOLD_FIRST, "generalizations happily skies dying communism singly owed organizers"},
    {"portuguese", {"pt", "por"}, 0, "nacionalidades cheirosas rapidamente falávamos dar-lhe"},
    {"romanian", {"ro", "ron"}, 0, "copiilor frumoasele libertăţile vorbeau naţionalitate"},
    {"russian", {"ru", "rus"}, 0, "важнейшими книгами прекрасного говорившийся ёлками свободнейше"},
    {"serbian", {"sr", "srp"}, 0, "књигама najlepšima говорили слободама"},
    {"spanish", {"es", "spa"}, 0, "habitaciones torneados rápidamente diciéndoselo hermosuras"},
    {"swedish", {"sv", "swe"}, 0, "jaktkarlarnes verkligheten undersökningarna vackraste löst"},
    {"tamil", {"ta", "tam"}, 0, "குழந்தைகள் புத்தகங்களை வந்தார்கள் மனிதனுக்கு"},
    {"turkish", {"tr", "tur"}, 0, "kitaplarımızdan evlerinizdeki güzelliği çocuklarmış"},
    {"yiddish", {"yi", "yid"}, 0, "מענטשלעך ביכער געשריבענע שענסטע"},
};

struct aq_analyzer {
    struct aq_cutting cutting;
    struct aq_lexicon lexicon;
    struct sb_stemmer *stemmer; /* NULL: none */
    unsigned traits;
    char language[16];
    char identity[128];
    uint8_t form[AQ_TERM_MAX];
    uint8_t term[2][AQ_TERM_MAX];
};

/* ---- terms ---- */

static bool is_ascii(struct aq_slice s)
{
    uint8_t bits = 0;
    for (size_t i = 0; i < s.len; i++)
        bits |= s.ptr[i];
    return bits < 0x80;
}

static bool has_byte(struct aq_slice s, uint8_t byte)
{
    return s.len && memchr(s.ptr, byte, s.len);
}

/* 1,000 and 1000 are one term. */
static struct aq_slice without_commas(struct aq_analyzer *a, struct aq_slice s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] != ',')
            a->term[1][n++] = s.ptr[i];
    return aq_slice(a->term[1], n);
}

/* The term of a form; ptr NULL without memory. Valid until the next call. */
static struct aq_slice derive_term(struct aq_analyzer *a, struct aq_slice form)
{
    if (a->traits & NO_STEMMER)
        return form;
    struct aq_slice s = form;
    bool ascii = is_ascii(s);
    if (!ascii && a->traits & FOLD_FIRST)
        s = aq_slice(a->term[0], aq_fold_diacritics(s, a->term[0]));
    if (has_byte(s, ','))
        s = without_commas(a, s);
    if (!(a->traits & POSSESSIVE) && s.len > 2 && memcmp(s.ptr + s.len - 2, "'s", 2) == 0)
        s.len -= 2;
    /* Initials and numbers with a dot are no words of the language. */
    if (!has_byte(s, '.')) {
        const sb_symbol *stem = sb_stemmer_stem(a->stemmer, s.ptr, (int)s.len);
        if (!stem)
            return (struct aq_slice){0};
        s = aq_slice(stem, (size_t)sb_stemmer_length(a->stemmer));
    }
    if (!(ascii || a->traits & FOLD_FIRST) || !is_ascii(s))
        s = aq_slice(a->term[0], aq_fold_diacritics(s, a->term[0]));
    s = aq_cut_at_char(s, AQ_TERM_MAX);
    return s.len ? s : form;
}

/* ---- tokens to lexemes ---- */

/* How a token is to be looked up. */
struct wanted {
    struct aq_key key;
    size_t home;
    bool is_short; /* the key holds the form; else look_up_long does it */
};

enum { BATCH = 32, SHORT_MAX = 12 };

static uint32_t add_form(struct aq_analyzer *a, struct aq_key key, struct aq_slice form)
{
    struct aq_slice term = derive_term(a, form);
    return term.ptr ? aq_lexicon_add(&a->lexicon, key, form, term) : AQ_LEXEME_NONE;
}

static struct aq_key short_key(const uint8_t *p, size_t n)
{
    uint8_t bytes[16] = {0};
    memcpy(bytes, p, n);
    return (struct aq_key){aq_lower8(aq_load64(bytes)), (uint32_t)aq_lower8(aq_load64(bytes + 8))};
}

/* Bytes of a key that belong to a word of n bytes, n up to SHORT_MAX. */
static const struct aq_key key_masks[SHORT_MAX + 1] = {
    {0, 0},          {0xFF, 0},           {0xFFFF, 0},           {0xFFFFFF, 0},           {0xFFFFFFFF, 0},
    {0xFFFFFFFFFF, 0}, {0xFFFFFFFFFFFF, 0}, {0xFFFFFFFFFFFFFF, 0}, {UINT64_MAX, 0},        {UINT64_MAX, 0xFF},
    {UINT64_MAX, 0xFFFF}, {UINT64_MAX, 0xFFFFFF}, {UINT64_MAX, 0xFFFFFFFF}};

static inline struct wanted want(const struct aq_lexicon *l, struct aq_slice text, const struct aq_token *t)
{
    size_t n = t->end - t->begin;
    struct wanted w = {.is_short = false};
    if (AQ_UNLIKELY(n > SHORT_MAX))
        return w;
    const uint8_t *p = text.ptr + t->begin;
    if (AQ_LIKELY(text.len - t->begin >= SHORT_MAX)) {
        w.key.head = aq_lower8(aq_load64(p) & key_masks[n].head);
        w.key.tail = (uint32_t)aq_lower8(aq_load32(p + 8) & key_masks[n].tail);
    } else {
        w.key = short_key(p, n);
    }
    w.is_short = !((w.key.head | w.key.tail) & 0x8080808080808080u);
    w.home = aq_lexicon_home(l, w.key);
    aq_lexicon_prefetch(l, w.home);
    return w;
}

static uint32_t look_up_form(struct aq_analyzer *a, struct aq_slice form)
{
    bool is_short = form.len <= SHORT_MAX && is_ascii(form);
    struct aq_key key = is_short ? short_key(form.ptr, form.len) : aq_lexicon_hashed_key(&a->lexicon, form);
    uint32_t id = is_short ? aq_lexicon_find_short(&a->lexicon, key, aq_lexicon_home(&a->lexicon, key))
                           : aq_lexicon_find_hashed(&a->lexicon, key, form);
    return id != AQ_LEXEME_NONE ? id : add_form(a, key, form);
}

/* A spelling that is long or not ASCII. AQ_OK with *id AQ_LEXEME_NONE when folding
 * leaves nothing of it. */
static enum aq_status look_up_long(struct aq_analyzer *a, struct aq_slice spelling, uint32_t *id)
{
    struct aq_slice s = aq_cut_at_char(spelling, AQ_TERM_MAX);
    if (is_ascii(s)) {
        for (size_t i = 0; i < s.len; i++)
            a->form[i] = s.ptr[i] >= 'A' && s.ptr[i] <= 'Z' ? (uint8_t)(s.ptr[i] | 0x20) : s.ptr[i];
        *id = look_up_form(a, aq_slice(a->form, s.len));
        return *id == AQ_LEXEME_NONE ? AQ_NOMEM : AQ_OK;
    }
    s = aq_cut_at_char(spelling, AQ_SPELLING_MAX);
    uint64_t hash = aq_lexicon_spelling_hash(&a->lexicon, s);
    *id = aq_lexicon_find_spelling(&a->lexicon, hash, s);
    if (*id != AQ_LEXEME_NONE)
        return AQ_OK;
    size_t n = aq_fold_form(s, a->form);
    if (n == 0)
        return AQ_OK;
    *id = look_up_form(a, aq_slice(a->form, n));
    if (*id == AQ_LEXEME_NONE || !aq_lexicon_add_spelling(&a->lexicon, hash, s, *id))
        return AQ_NOMEM;
    return AQ_OK;
}

static uint32_t term_of(const struct aq_analyzer *a, uint32_t lexeme)
{
    return aq_lexicon_get(&a->lexicon, lexeme)->term_id;
}

/* Gives all tokens that were cut their lexemes; those left without a form go. */
static enum aq_status look_up(struct aq_analyzer *a, struct aq_slice text)
{
    struct aq_cutting *c = &a->cutting;
    struct aq_lexicon *l = &a->lexicon;
    size_t kept = 0;
    bool after_whole = false; /* the last kept is a whole */
    /* A batch at a time, so that the slots are on their way from memory before
     * the first is needed. */
    for (size_t from = 0; from < c->count; from += BATCH) {
        struct wanted batch[BATCH];
        size_t end = from + BATCH;
        if (end > c->count)
            end = c->count;
        for (size_t i = from; i < end; i++)
            batch[i - from] = want(l, text, &c->tokens[i]);
        for (size_t i = from; i < end; i++) {
            const struct wanted *w = &batch[i - from];
            const struct aq_token *t = &c->tokens[i];
            uint32_t id = AQ_LEXEME_NONE;
            /* Where the table has grown since, this misses and the way below finds. */
            if (AQ_LIKELY(w->is_short))
                id = aq_lexicon_find_short(l, w->key, w->home);
            if (AQ_UNLIKELY(id == AQ_LEXEME_NONE)) {
                struct aq_slice spelling = aq_slice(text.ptr + t->begin, (size_t)t->end - t->begin);
                enum aq_status st = look_up_long(a, spelling, &id);
                if (st)
                    return st;
                if (id == AQ_LEXEME_NONE)
                    continue;
            }
            /* Some stemmers cut a compound back to its first part; one posting
             * cannot stand twice at a position. */
            if (AQ_UNLIKELY(after_whole) && term_of(a, c->tokens[kept - 1].lexeme) == term_of(a, id))
                kept--;
            after_whole = t->flags & AQ_TOKEN_WHOLE;
            if (AQ_UNLIKELY(kept < i))
                c->tokens[kept] = *t;
            c->tokens[kept++].lexeme = id;
        }
    }
    c->count = kept;
    return AQ_OK;
}

enum aq_status aq_analyze(struct aq_analyzer *a, struct aq_slice text, const struct aq_token **tokens,
                          size_t *count)
{
    *tokens = NULL;
    *count = 0;
    if (text.len > UINT32_MAX)
        return AQ_LIMIT;
    if (!aq_cut(&a->cutting, text, a->traits & ELIDES ? AQ_CUT_ELISION : 0))
        return AQ_NOMEM;
    enum aq_status st = look_up(a, text);
    if (st)
        return st;
    *tokens = a->cutting.tokens;
    *count = a->cutting.count;
    return AQ_OK;
}

/* ---- opening ---- */

static bool stemmer_knows(const char *name)
{
    for (const char **known = sb_stemmer_list(); *known; known++)
        if (strcmp(*known, name) == 0)
            return true;
    return false;
}

static enum aq_status unknown_language(const char *asked, struct aq_error *err)
{
    char list[400];
    size_t n = (size_t)snprintf(list, sizeof list, "none");
    for (const char **known = sb_stemmer_list(); *known && n < sizeof list; known++)
        n += (size_t)snprintf(list + n, sizeof list - n, " %s", *known);
    return aq_fail(err, AQ_INVALID, "unknown language '%.32s'; known are: %s", asked, list);
}

/* Fills *found with the language of that name or code. */
static bool find_language(const char *asked, struct language *found)
{
    for (size_t i = 0; i < AQ_COUNT(languages); i++) {
        const struct language *l = &languages[i];
        bool code = *asked && (strcmp(asked, l->codes[0]) == 0 || strcmp(asked, l->codes[1]) == 0);
        if (code || strcmp(asked, l->name) == 0) {
            *found = *l;
            return l->traits & NO_STEMMER || stemmer_knows(l->name);
        }
    }
    /* A language newer than the table, by its name only. */
    *found = (struct language){.probes = languages[1].probes};
    if (strlen(asked) >= sizeof found->name || !stemmer_knows(asked))
        return false;
    snprintf(found->name, sizeof found->name, "%s", asked);
    return true;
}

/* FNV-1a over the stems of the words in `probes`. */
static bool fingerprint(struct sb_stemmer *stemmer, const char *probes, uint32_t *hash)
{
    *hash = 2166136261u;
    while (*probes) {
        size_t n = strcspn(probes, " ");
        const sb_symbol *stem = sb_stemmer_stem(stemmer, (const sb_symbol *)probes, (int)n);
        if (!stem)
            return false;
        for (int k = 0; k < sb_stemmer_length(stemmer); k++)
            *hash = (*hash ^ stem[k]) * 16777619u;
        *hash = (*hash ^ ' ') * 16777619u;
        probes += n + (probes[n] == ' ');
    }
    return true;
}

enum aq_status aq_analyzer_open(const char *language, struct aq_analyzer **out, struct aq_error *err)
{
    struct language known;
    *out = NULL;
    if (!find_language(language, &known))
        return unknown_language(language, err);
    struct aq_analyzer *a = calloc(1, sizeof *a);
    if (!a)
        return aq_fail_nomem(err);
    a->traits = known.traits;
    snprintf(a->language, sizeof a->language, "%s", known.name);
    /* The address differs from run to run: nobody can aim words at one slot. */
    if (!aq_lexicon_open(&a->lexicon, (uint64_t)(uintptr_t)a * 0x9E3779B97F4A7C15u))
        goto nomem;
    char stems[24] = "";
    if (!(a->traits & NO_STEMMER)) {
        uint32_t hash;
        a->stemmer = sb_stemmer_new(a->language, NULL);
        if (!a->stemmer || !fingerprint(a->stemmer, known.probes, &hash))
            goto nomem;
        snprintf(stems, sizeof stems, ";snowball-%08x", (unsigned)hash);
    }
    snprintf(a->identity, sizeof a->identity, RULES ";%s;unicode%.16s%s", a->language,
             utf8proc_unicode_version(), stems);
    *out = a;
    return AQ_OK;
nomem:
    aq_analyzer_close(a);
    return aq_fail_nomem(err);
}

void aq_analyzer_close(struct aq_analyzer *a)
{
    if (!a)
        return;
    sb_stemmer_delete(a->stemmer);
    aq_lexicon_free(&a->lexicon);
    free(a->cutting.tokens);
    free(a);
}

/* ---- looking in ---- */

const char *aq_analyzer_identity(const struct aq_analyzer *a)
{
    return a->identity;
}

bool aq_analyzer_keeps_initials(const struct aq_analyzer *a)
{
    return a->traits & KEEPS_INITIALS;
}

const char *aq_analyzer_language(const struct aq_analyzer *a)
{
    return a->language;
}

const struct aq_lexeme *aq_analyzer_lexeme(const struct aq_analyzer *a, uint32_t id)
{
    return aq_lexicon_get(&a->lexicon, id);
}

uint32_t aq_analyzer_lexeme_count(const struct aq_analyzer *a)
{
    return a->lexicon.count;
}

uint32_t aq_analyzer_term_count(const struct aq_analyzer *a)
{
    return a->lexicon.term_count;
}

size_t aq_analyzer_memory(const struct aq_analyzer *a)
{
    return aq_lexicon_memory(&a->lexicon);
}

void aq_analyzer_forget(struct aq_analyzer *a)
{
    aq_lexicon_forget(&a->lexicon);
}
