/* tags.c - see tags.h. The table is in byte order of names: it is searched. */
#include "tags.h"

enum action {
    TAG_INLINE, /* nothing */
    TAG_BLOCK,  /* parts blocks */
    TAG_BREAK,
    TAG_CELL,
    TAG_CODE,
    TAG_HEADING,
    TAG_IMAGE,
    TAG_ITEM,
    TAG_LINK,
    TAG_LIST,
    TAG_LIST_ORDERED,
    TAG_MARKS, /* <q> */
    TAG_PRE,
    TAG_QUOTE,
    TAG_ROW,
    TAG_RULE,
    TAG_SKIP,
    TAG_TABLE,
    TAG_TITLE,
};

static const struct tag {
    const char *name;
    uint8_t action;
    uint8_t level;
} tags[] = {
    {"a", TAG_LINK, 0},         {"address", TAG_BLOCK, 0},    {"article", TAG_BLOCK, 0},
    {"aside", TAG_BLOCK, 0},    {"audio", TAG_SKIP, 0},       {"blockquote", TAG_QUOTE, 0},
    {"body", TAG_BLOCK, 0},     {"br", TAG_BREAK, 0},         {"button", TAG_SKIP, 0},
    {"canvas", TAG_SKIP, 0},    {"caption", TAG_ROW, 0},      {"center", TAG_BLOCK, 0},
    {"code", TAG_CODE, 0},      {"dd", TAG_BLOCK, 0},         {"details", TAG_BLOCK, 0},
    {"div", TAG_BLOCK, 0},      {"dl", TAG_BLOCK, 0},         {"dt", TAG_BLOCK, 0},
    {"fieldset", TAG_BLOCK, 0}, {"figcaption", TAG_BLOCK, 0}, {"figure", TAG_BLOCK, 0},
    {"footer", TAG_BLOCK, 0},   {"form", TAG_BLOCK, 0},       {"h1", TAG_HEADING, 1},
    {"h2", TAG_HEADING, 2},     {"h3", TAG_HEADING, 3},       {"h4", TAG_HEADING, 4},
    {"h5", TAG_HEADING, 5},     {"h6", TAG_HEADING, 6},       {"header", TAG_BLOCK, 0},
    {"hr", TAG_RULE, 0},        {"iframe", TAG_SKIP, 0},      {"img", TAG_IMAGE, 0},
    {"li", TAG_ITEM, 0},        {"listing", TAG_PRE, 0},      {"main", TAG_BLOCK, 0},
    {"menu", TAG_LIST, 0},      {"nav", TAG_SKIP, 0},         {"noscript", TAG_SKIP, 0},
    {"object", TAG_SKIP, 0},    {"ol", TAG_LIST_ORDERED, 0},  {"option", TAG_SKIP, 0},
    {"p", TAG_BLOCK, 0},        {"pre", TAG_PRE, 0},          {"q", TAG_MARKS, 0},
    {"samp", TAG_CODE, 0},      {"script", TAG_SKIP, 0},      {"section", TAG_BLOCK, 0},
    {"select", TAG_SKIP, 0},    {"style", TAG_SKIP, 0},       {"summary", TAG_BLOCK, 0},
    {"svg", TAG_SKIP, 0},       {"table", TAG_TABLE, 0},      {"tbody", TAG_INLINE, 0},
    {"td", TAG_CELL, 0},        {"template", TAG_SKIP, 0},    {"textarea", TAG_SKIP, 0},
    {"tfoot", TAG_INLINE, 0},   {"th", TAG_CELL, 0},          {"thead", TAG_INLINE, 0},
    {"title", TAG_TITLE, 0},    {"tr", TAG_ROW, 0},           {"tt", TAG_CODE, 0},
    {"ul", TAG_LIST, 0},        {"video", TAG_SKIP, 0},       {"xmp", TAG_PRE, 0},
};

static int compare(const void *key, const void *entry)
{
    return strcmp(key, ((const struct tag *)entry)->name);
}

static const struct tag *find(const char *name)
{
    static const struct tag other = {"", TAG_INLINE, 0};
    const struct tag *t = bsearch(name, tags, AQ_COUNT(tags), sizeof tags[0], compare);
    return t ? t : &other;
}

void aq_tag_attribute(struct aq_tag_attributes *a, const char *name, struct aq_slice value)
{
    if (strcmp(name, "href") == 0)
        a->href = value;
    else if (strcmp(name, "alt") == 0)
        a->alt = value;
    else if (strcmp(name, "class") == 0)
        a->css_class = value;
    else if (strcmp(name, "start") == 0)
        a->start = value;
    else if (strcmp(name, "hidden") == 0 ||
             (strcmp(name, "aria-hidden") == 0 && value.len == 4 && memcmp(value.ptr, "true", 4) == 0))
        a->hidden = true;
}

bool aq_tag_skipped(const char *name, const struct aq_tag_attributes *a)
{
    return a->hidden || find(name)->action == TAG_SKIP;
}

bool aq_tag_is_void(const char *name)
{
    static const char *const names[] = {"area",  "base", "br",   "col",   "embed",  "hr",    "img",
                                        "input", "link", "meta", "param", "source", "track", "wbr"};
    for (size_t i = 0; i < AQ_COUNT(names); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static bool has_class(struct aq_slice classes, const char *name)
{
    size_t n = strlen(name);
    const uint8_t *p = classes.ptr, *end = p + classes.len;
    while (p < end) {
        const uint8_t *from = p;
        while (p < end && *p != ' ')
            p++;
        if ((size_t)(p - from) == n && memcmp(from, name, n) == 0)
            return true;
        p += p < end;
    }
    return false;
}

static unsigned small_number(struct aq_slice s, unsigned otherwise)
{
    unsigned v = 0;
    if (s.len == 0 || s.len > 6)
        return otherwise;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return otherwise;
        v = v * 10 + (s.ptr[i] - '0');
    }
    return v;
}

void aq_tag_open(struct aq_markup *m, const char *name, const struct aq_tag_attributes *a)
{
    const struct tag *t = find(name);
    if (m->skip)
        return;
    switch ((enum action)t->action) {
    case TAG_BLOCK:
    case TAG_RULE:
        aq_markup_break(m);
        break;
    case TAG_BREAK:
        aq_markup_newline(m);
        break;
    case TAG_CELL:
        aq_markup_cell(m);
        break;
    case TAG_CODE:
        aq_markup_code(m);
        break;
    case TAG_HEADING:
        aq_markup_heading(m, t->level);
        break;
    case TAG_IMAGE:
        if (!has_class(a->css_class, "avatar") && !has_class(a->css_class, "emoji"))
            aq_markup_text(m, a->alt);
        break;
    case TAG_ITEM:
        aq_markup_item(m);
        break;
    case TAG_LINK:
        /* A mention's or tag's target says nothing its text does not. */
        if (!has_class(a->css_class, "mention") && !has_class(a->css_class, "hashtag"))
            aq_markup_link(m, a->href);
        break;
    case TAG_LIST:
        aq_markup_list(m, false, 1);
        break;
    case TAG_LIST_ORDERED:
        aq_markup_list(m, true, small_number(a->start, 1));
        break;
    case TAG_MARKS:
        aq_markup_text(m, aq_slice_str("\xE2\x80\x9C"));
        break;
    case TAG_PRE:
        aq_markup_pre(m, true);
        break;
    case TAG_QUOTE:
        aq_markup_quote(m, true);
        break;
    case TAG_ROW:
        aq_markup_row(m);
        break;
    case TAG_TABLE:
        aq_markup_table(m);
        break;
    case TAG_TITLE:
        m->head_title = true;
        break;
    case TAG_INLINE:
    case TAG_SKIP:
        break;
    }
}

void aq_tag_close(struct aq_markup *m, const char *name)
{
    const struct tag *t = find(name);
    if (m->skip)
        return;
    switch ((enum action)t->action) {
    case TAG_BLOCK:
        aq_markup_break(m);
        break;
    case TAG_HEADING:
        aq_markup_heading_end(m);
        break;
    case TAG_ITEM:
        aq_markup_item_end(m);
        break;
    case TAG_LINK:
        aq_markup_link_end(m);
        break;
    case TAG_LIST:
    case TAG_LIST_ORDERED:
        aq_markup_list_end(m);
        break;
    case TAG_MARKS:
        m->space = false;
        aq_markup_text(m, aq_slice_str("\xE2\x80\x9D"));
        break;
    case TAG_PRE:
        aq_markup_pre(m, false);
        break;
    case TAG_QUOTE:
        aq_markup_quote(m, false);
        break;
    case TAG_TABLE:
        aq_markup_table_end(m);
        break;
    case TAG_TITLE:
        m->head_title = false;
        break;
    case TAG_BREAK:
    case TAG_CELL:
    case TAG_CODE:
    case TAG_IMAGE:
    case TAG_INLINE:
    case TAG_ROW:
    case TAG_RULE:
    case TAG_SKIP:
        break;
    }
}
