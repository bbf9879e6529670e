/* analyzer.h - text to terms. The same analyzer reads documents and queries.
 *
 * A token is a word of the text at a position. Its *form* is what was written,
 * after NFKC and case folding, with diacritics and with U+2019 as "'"; its *term*
 * is the form's Snowball stem with diacritics (and a number's grouping commas)
 * removed. Unquoted words match by term, quoted words by form. An index stores
 * postings by term and a small code for the form beside each position (postings.h).
 *
 * Compounds (`x-risk`, `GPT-4`, `GPT-3.5`, `C++`, `c#`, `AT&T`) yield their parts
 * at successive positions and, at the position of the first part, the whole,
 * marked AQ_TOKEN_WHOLE with the number of positions it covers. `C++` has one
 * part (`c`). A whole whose term is its first part's is left out: no term stands
 * twice at a position. `o1` is an ordinary word. CJK runs (Han, Hiragana, Katakana)
 * and scripts without spaces (Thai and its neighbours) yield overlapping bigrams, one
 * a position; a run of one character yields that one. The rules are in tokenizer.c.
 *
 * No analyzer state outlives the analyzer; it is used by one thread. Only lexemes may
 * be read by another, which was handed their ids through a lock. */
#ifndef AQ_ANALYZER_H
#define AQ_ANALYZER_H

#include "base.h"

enum {
    AQ_TERM_MAX = 200 /* bytes of a form or term; what is longer is cut at a character */
};

/* A form the analyzer has met. Valid until aq_analyzer_forget. */
struct aq_lexeme {
    struct aq_slice form;
    struct aq_slice term;
    uint64_t term_hash; /* XXH3 of the term's bytes */
    uint32_t id;        /* dense from 0, one a form */
    uint32_t term_id;   /* dense from 0, one a term */
    uint32_t form_number; /* dense from 0 within its term, in order of first sight */
    bool term_is_form;  /* form and term are the same bytes */
};

enum { AQ_TOKEN_WHOLE = 1 };

struct aq_token {
    uint32_t begin, end;  /* byte range in the analyzed text */
    uint32_t lexeme;      /* id */
    uint32_t position;    /* from 0; parts of compounds count, wholes do not */
    uint8_t flags;
    uint8_t span;         /* positions covered: 1, or the number of parts of a whole */
};

struct aq_analyzer;

/* language: a libstemmer algorithm name or ISO 639 code ("english", "en", "de"),
 * or "none" for no stemming. AQ_INVALID lists the known ones. */
enum aq_status aq_analyzer_open(const char *language, struct aq_analyzer **out, struct aq_error *err);
void aq_analyzer_close(struct aq_analyzer *a);

/* A string that differs whenever two analyzers could cut or stem differently:
 * our rules' version, language, Unicode version, libstemmer version. */
const char *aq_analyzer_identity(const struct aq_analyzer *a);
/* Whether a term begins with the first byte of its form, if that is ASCII: the language's
 * stemmer takes away endings only. Where it is not known to, false. */
bool aq_analyzer_keeps_initials(const struct aq_analyzer *a);
/* The language's libstemmer name, from which an equal analyzer can be opened. */
const char *aq_analyzer_language(const struct aq_analyzer *a);

/* Cuts text (valid UTF-8; stray bad bytes part words) into tokens, in order of
 * position, a whole before its parts. *tokens stays valid until the next call. */
enum aq_status aq_analyze(struct aq_analyzer *a, struct aq_slice text, const struct aq_token **tokens,
                          size_t *count);

const struct aq_lexeme *aq_analyzer_lexeme(const struct aq_analyzer *a, uint32_t id);
uint32_t aq_analyzer_lexeme_count(const struct aq_analyzer *a);
uint32_t aq_analyzer_term_count(const struct aq_analyzer *a);
size_t aq_analyzer_memory(const struct aq_analyzer *a); /* bytes held by lexemes */

/* Drops all lexemes (ids start again from 0) to bound memory. */
void aq_analyzer_forget(struct aq_analyzer *a);

#endif
