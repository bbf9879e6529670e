/* template.c - see template.h: reading templates and filling them. */
#include "template.h"

#include "terminal.h"

/* ---- reading ---- */

struct reading {
    const char *begin, *at; /* the template; in it */
    const struct aq_template_field *fields;
    size_t field_count;
    struct aq_buf text; /* literal text that is not yet a part */
    struct aq_template_part *parts;
    size_t count, cap;
    bool any; /* field */
    struct aq_arena *arena;
    struct aq_error *err;
};

static size_t column(const struct reading *r, const char *at)
{
    return aq_text_width(aq_slice(r->begin, (size_t)(at - r->begin))) + 1;
}

static enum aq_status add_part(struct reading *r, struct aq_template_part part)
{
    if (!aq_grow(&r->parts, &r->cap, r->count + 1, sizeof *r->parts))
        return aq_fail_nomem(r->err);
    r->parts[r->count++] = part;
    return AQ_OK;
}

static enum aq_status end_text(struct reading *r)
{
    if (r->text.failed)
        return aq_fail_nomem(r->err);
    if (r->text.len == 0)
        return AQ_OK;
    struct aq_slice kept = aq_arena_copy(r->arena, aq_slice(r->text.ptr, r->text.len));
    aq_buf_clear(&r->text);
    return kept.ptr ? add_part(r, (struct aq_template_part){.text = kept}) : aq_fail_nomem(r->err);
}

static enum aq_status unknown_field(struct reading *r, const char *name, size_t len)
{
    struct aq_buf all = {0};
    for (size_t i = 0; i < r->field_count; i++)
        aq_buf_printf(&all, "%s%s", i ? ", " : "", r->fields[i].name);
    aq_buf_u8(&all, 0);
    aq_fail(r->err, AQ_SYNTAX, "--format, column %zu: no field \"%.*s\"; there are %s", column(r, name),
            (int)(len < 40 ? len : 40), name, all.failed ? "others" : (const char *)all.ptr);
    aq_buf_free(&all);
    return AQ_SYNTAX;
}

static enum aq_status read_field(struct reading *r)
{
    const char *name = r->at + 1;
    size_t len = strcspn(name, "{}");
    if (name[len] != '}')
        return aq_fail(r->err, AQ_SYNTAX, "--format, column %zu: this brace is never closed; for a brace write {{",
                       column(r, r->at));
    for (size_t i = 0; i < r->field_count; i++) {
        const struct aq_template_field *f = &r->fields[i];
        if (strlen(f->name) != len || memcmp(f->name, name, len) != 0)
            continue;
        enum aq_status st = end_text(r);
        r->at = name + len + 1;
        r->any = true;
        return st ? st : add_part(r, (struct aq_template_part){.field = f});
    }
    return unknown_field(r, name, len);
}

static enum aq_status read_escape(struct reading *r)
{
    static const char letters[] = "tn0\\", meant[] = "\t\n\0\\";
    const char *found = r->at[1] ? strchr(letters, r->at[1]) : NULL;
    if (!found)
        return aq_fail(r->err, AQ_SYNTAX, "--format, column %zu: after a backslash comes t, n, 0 or another backslash",
                       column(r, r->at));
    aq_buf_u8(&r->text, (uint8_t)meant[found - letters]);
    r->at += 2;
    return AQ_OK;
}

static enum aq_status read_next(struct reading *r)
{
    char c = *r->at;
    if (c == '\\')
        return read_escape(r);
    if ((c == '{' || c == '}') && r->at[1] == c) {
        aq_buf_u8(&r->text, (uint8_t)c);
        r->at += 2;
        return AQ_OK;
    }
    if (c == '{')
        return read_field(r);
    if (c == '}')
        return aq_fail(r->err, AQ_SYNTAX, "--format, column %zu: this brace was never opened; for a brace write }}",
                       column(r, r->at));
    aq_buf_u8(&r->text, (uint8_t)c);
    r->at++;
    return AQ_OK;
}

static enum aq_status finish(struct reading *r, struct aq_template *out)
{
    uint8_t last = r->text.len ? r->text.ptr[r->text.len - 1] : 'x';
    if (!r->any)
        return aq_fail(r->err, AQ_SYNTAX, "--format takes a template with fields in braces, such as '{id}\\t{author}', "
                       "not \"%.100s\"", r->begin);
    if (last != '\n' && last != 0)
        aq_buf_u8(&r->text, '\n');
    enum aq_status st = end_text(r);
    struct aq_template_part *parts = st ? NULL : aq_arena_alloc(r->arena, r->count * sizeof *parts);
    if (!parts)
        return st ? st : aq_fail_nomem(r->err);
    memcpy(parts, r->parts, r->count * sizeof *parts);
    *out = (struct aq_template){parts, r->count};
    return AQ_OK;
}

enum aq_status aq_template_parse(const char *text, const struct aq_template_field *fields, size_t field_count,
                               struct aq_arena *arena, struct aq_template *out, struct aq_error *err)
{
    struct reading r = {.begin = text,
                        .at = text,
                        .fields = fields,
                        .field_count = field_count,
                        .arena = arena,
                        .err = err};
    enum aq_status st = AQ_OK;
    while (*r.at && !st)
        st = read_next(&r);
    if (!st)
        st = finish(&r, out);
    aq_buf_free(&r.text);
    free(r.parts);
    return st;
}

/* ---- writing ---- */

void aq_template_write(const struct aq_template *t, struct aq_buf *out, const void *record)
{
    struct aq_buf value = {0};
    for (size_t i = 0; i < t->count; i++) {
        const struct aq_template_part *p = &t->parts[i];
        if (!p->field) {
            aq_buf_put(out, p->text.ptr, p->text.len);
            continue;
        }
        aq_buf_clear(&value);
        p->field->put(&value, record);
        aq_text_clean_line(out, aq_slice(value.ptr, value.len));
        out->failed |= value.failed;
    }
    aq_buf_free(&value);
}
