/* SPDX-License-Identifier: Apache-2.0 */
#include "desk/import.h"

#include "base/text.h"
#include "desk/asset_priv.h"
#include "desk/import_priv.h"
#include "desk/subject.h"

#include <stdarg.h>
#include <stdio.h>

#define SALT_SUBJECT 1

struct part {
    struct part *next;
    struct yg_software software;
    struct yg_finding finding;
};

struct yg_imported {
    struct yg_imported *next;
    struct yg_asset a;
    int line;
    struct part *software, *finding; /* the last one first */
    size_t software_count, findings;
    bool software_told;
};

bool yg_imported_problem(struct yg_importing *g, int line, const char *fmt, ...)
{
    struct yg_import *im = g->out;
    va_list ap;

    if (im->problems == YG_IMPORT_PROBLEMS)
        return false;
    im->problem[im->problems].line = line;
    va_start(ap, fmt);
    vsnprintf(im->problem[im->problems].what, YG_IMPORT_WHAT, fmt, ap);
    va_end(ap);
    return ++im->problems < YG_IMPORT_PROBLEMS;
}

/* ---- words ------------------------------------------------------------------------ */

const char *yg_imported_fold(struct yg_str s, char *out, size_t size)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n && n + 1 < size; i++) {
        char c = s.p[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c + ('a' - 'A'));
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            out[n++] = c;
    }
    out[n] = '\0';
    return out;
}

bool yg_imported_word(const char *list, const char *word)
{
    struct yg_str rest = yg_str_of(list);
    const struct yg_str want = yg_str_of(word);

    while (want.n > 0 && rest.p)
        if (yg_str_eq(yg_str_cut(&rest, ' '), want))
            return true;
    return false;
}

bool yg_imported_state(struct yg_str s, uint8_t *out)
{
    static const char *const words[YG_FINDING_STATE_COUNT] = {
#define YG_STATE(id, list) [YG_FINDING_##id] = list,
#include "desk/import_states.def"
#undef YG_STATE
    };
    char word[40];

    (void)yg_imported_fold(s, word, sizeof(word));
    for (unsigned i = 0; i < YG_FINDING_STATE_COUNT; i++)
        if (yg_imported_word(words[i], word)) {
            *out = (uint8_t)i;
            return true;
        }
    return false;
}

bool yg_imported_criticality(struct yg_str s, uint8_t *out)
{
    static const char *const words[] = { "0 none notset", "1 low minor",
                                         "2 medium moderate", "3 high major important",
                                         "4 critical highest veryhigh crownjewel" };
    char word[40];

    (void)yg_imported_fold(s, word, sizeof(word));
    if (word[0] == '\0') {
        *out = 0;
        return true;
    }
    for (unsigned i = 0; i < YG_ARRAY_LEN(words); i++)
        if (yg_imported_word(words[i], word)) {
            *out = (uint8_t)i;
            return true;
        }
    return false;
}

struct yg_str yg_imported_title(struct yg_importing *g, struct yg_str s, size_t most)
{
    struct yg_str out;
    struct yg_buf b;

    s = yg_str_trim(s);
    yg_buf_init(&b, 8 * YG_DESK_TEXT);
    for (s.n = s.n > most ? most : s.n;; s.n -= 1 + (yg_buf_str(&b).n - most) / 4) {
        yg_buf_clear(&b);
        yg_text_safe(&b, s);
        if (yg_buf_str(&b).n <= most) /* what is escaped is longer */
            break;
    }
    out = yg_arena_str(g->arena, yg_buf_str(&b));
    yg_buf_fini(&b);
    if (!out.p)
        g->status = YG_ENOMEM;
    return out;
}

/* The field at `at` of a CPE 2.3, where \: is no end; empty: "*" or "-". */
static struct yg_str cpe_field(struct yg_str cpe, unsigned at)
{
    size_t from = 0;
    unsigned field = 0;

    for (size_t i = 0; i <= cpe.n; i++) {
        if (i < cpe.n && cpe.p[i] == '\\') {
            i++;
            continue;
        }
        if (i < cpe.n && cpe.p[i] != ':')
            continue;
        if (field++ == at) {
            struct yg_str s = { cpe.p + from, i - from };
            return yg_str_eq(s, YG_STR("*")) || yg_str_eq(s, YG_STR("-")) ? YG_STR_NONE
                                                                          : s;
        }
        from = i + 1;
    }
    return YG_STR_NONE;
}

struct yg_software yg_import_software(struct yg_str text)
{
    struct yg_str s = yg_str_trim(text);
    size_t at = s.n;

    if (yg_str_starts(s, YG_STR("cpe:2.3:")))
        return (struct yg_software){ .vendor = cpe_field(s, 3),
                                     .product = cpe_field(s, 4),
                                     .version = cpe_field(s, 5),
                                     .cpe = s };
    while (at > 0 && s.p[at - 1] != ' ')
        at--;
    bool version = at > 1 && ((s.p[at] >= '0' && s.p[at] <= '9') ||
                              ((s.p[at] | 0x20) == 'v' && at + 1 < s.n &&
                               s.p[at + 1] >= '0' && s.p[at + 1] <= '9'));
    if (!version)
        return (struct yg_software){ .product = s };
    return (struct yg_software){
        .product = yg_str_trim((struct yg_str){ s.p, at }),
        .version = { s.p + at, s.n - at },
    };
}

/* ---- assets put together ---------------------------------------------------------- */

static struct yg_imported *gathered(struct yg_importing *g, const struct yg_subject *s,
                                    int line)
{
    const struct yg_str text = yg_str_of(s->text);
    uint64_t *at = yg_map_put(&g->by_subject, yg_hash_str(SALT_SUBJECT, text), NULL);
    struct yg_imported *x;

    if (at && *at)
        return (struct yg_imported *)(uintptr_t)*at;
    if (g->assets == YG_IMPORT_ASSETS) {
        g->status = YG_ELIMIT;
        return NULL;
    }
    x = yg_arena_zalloc(g->arena, sizeof(*x));
    if (!at || !x)
        return NULL;
    x->a.tenant = g->ask->tenant;
    x->a.subject = yg_arena_str(g->arena, text);
    x->line = line;
    x->next = g->last;
    g->last = x;
    g->assets++;
    *at = (uint64_t)(uintptr_t)x;
    return x->a.subject.p ? x : NULL;
}

static bool add_part(struct yg_importing *g, const struct yg_said *said, bool finding,
                     struct yg_imported *x)
{
    struct part *p = yg_arena_alloc(g->arena, sizeof(*p));

    if (g->rows == YG_IMPORT_ROWS)
        g->status = YG_ELIMIT;
    if (!p || g->rows == YG_IMPORT_ROWS)
        return false;
    g->rows++;
    *p = (struct part){ .software = said->software, .finding = said->finding };
    struct part **list = finding ? &x->finding : &x->software;
    p->next = *list;
    *list = p;
    if (finding)
        x->findings++;
    else
        x->software_count++;
    return true;
}

static bool no_room(struct yg_importing *g)
{
    if (g->status == YG_OK)
        g->status = YG_ENOMEM;
    return false;
}

static void take(struct yg_str *to, struct yg_str from)
{
    if (from.n > 0)
        *to = from;
}

bool yg_imported_add(struct yg_importing *g, const struct yg_said *said)
{
    const struct yg_str name = said->asset.subject;
    struct yg_asset one = said->asset;
    struct yg_subject subject;
    struct yg_err err = { .line = 0 };

    const char *wrong = yg_subject_read(name, &subject);
    if (wrong)
        return yg_imported_problem(g, said->line, "\"%.*s\" %s",
                                   (int)(name.n < 60 ? name.n : 60), name.p ? name.p : "",
                                   wrong);
    one.software = said->software.product.n > 0 ? &said->software : NULL;
    one.software_count = one.software != NULL;
    one.finding = &said->finding;
    one.findings = said->finding.cve[0] != '\0';
    if (yg_asset_check(&one, &err) != YG_OK)
        return yg_imported_problem(g, said->line, "%s", err.msg);
    struct yg_imported *x = gathered(g, &subject, said->line);
    if (!x)
        return no_room(g);
    take(&x->a.name, one.name);
    take(&x->a.role, one.role);
    take(&x->a.owner, one.owner);
    if (one.criticality)
        x->a.criticality = one.criticality;
    x->software_told |= said->software_told || one.software;
    if ((one.software && !add_part(g, said, false, x)) ||
        (one.findings && !add_part(g, said, true, x)))
        return no_room(g);
    return true;
}

static bool flatten(struct yg_importing *g, const struct yg_imported *x,
                    struct yg_asset *out)
{
    struct yg_software *s =
        yg_arena_alloc(g->arena, (x->software_count + 1) * sizeof(*s));
    struct yg_finding *f = yg_arena_alloc(g->arena, (x->findings + 1) * sizeof(*f));
    size_t n;

    if (!s || !f)
        return false;
    n = x->software_count;
    for (const struct part *p = x->software; p; p = p->next)
        s[--n] = p->software;
    n = x->findings;
    for (const struct part *p = x->finding; p; p = p->next)
        f[--n] = p->finding;
    *out = x->a;
    out->software = x->software_told ? s : NULL;
    out->software_count = x->software_count;
    out->finding = f;
    out->findings = x->findings;
    if (x->software_count > YG_ASSET_SOFTWARE_MAX || x->findings >= YG_ASSET_FINDINGS_MAX)
        (void)yg_imported_problem(
            g, x->line,
            "%s has %zu products and %zu findings; at most %d and %d "
            "are kept of one",
            x->a.subject.p, x->software_count, x->findings, YG_ASSET_SOFTWARE_MAX,
            YG_ASSET_FINDINGS_MAX);
    return true;
}

static enum yg_status finish(struct yg_importing *g, struct yg_err *err)
{
    struct yg_import *im = g->out;
    size_t n = g->assets;

    if (g->status == YG_ELIMIT)
        return yg_err_set(err, YG_ELIMIT,
                          "more than %d assets or %d findings in one file; cut it",
                          YG_IMPORT_ASSETS, YG_IMPORT_ROWS);
    im->row = yg_arena_alloc(g->arena, (n + 1) * sizeof(*im->row));
    for (const struct yg_imported *x = g->last; im->row && x; x = x->next)
        if (!flatten(g, x, &im->row[--n]))
            g->status = YG_ENOMEM;
    if (!im->row || g->status != YG_OK)
        return yg_err_set(err, YG_ENOMEM, "no memory for this file");
    im->count = g->assets;
    for (size_t i = 0; i < im->count; i++)
        im->findings += im->row[i].findings;
    if (im->count == 0 && im->problems == 0)
        (void)yg_imported_problem(g, 1, "there is no asset in it");
    return im->problems > 0 ? yg_err_set(err, YG_EFORMAT, "line %d: %s",
                                         im->problem[0].line, im->problem[0].what)
                            : YG_OK;
}

enum yg_status yg_import_read(const struct yg_import_ask *ask, int64_t now_ns,
                              struct yg_arena *arena, struct yg_import *out,
                              struct yg_err *err)
{
    struct yg_importing g = { .ask = ask, .now_ns = now_ns, .arena = arena, .out = out };
    struct yg_str data = ask->data;
    size_t at = 0;
    enum yg_status st;

    *out = (struct yg_import){ .kind = "file" };
    if (data.n > YG_IMPORT_BYTES)
        return yg_err_set(err, YG_ELIMIT, "a file has at most 64 MiB; cut it");
    if (yg_str_starts(data, YG_STR("\xef\xbb\xbf")))
        data = (struct yg_str){ data.p + 3, data.n - 3 };
    while (at < data.n && strchr(" \t\r\n", data.p[at]) && data.p[at])
        at++;
    yg_map_init(&g.by_subject, YG_IMPORT_ASSETS);
    if (at < data.n && (data.p[at] == '{' || data.p[at] == '['))
        st = yg_import_json(&g, data, err);
    else
        st = yg_import_csv(&g, data, err);
    if (st == YG_OK)
        st = finish(&g, err);
    yg_map_fini(&g.by_subject);
    return st;
}

enum yg_status yg_import(struct yg_desk *d, const struct yg_desk_by *by,
                         const struct yg_import_ask *ask, struct yg_arena *arena,
                         struct yg_import *out, struct yg_err *err)
{
    struct yg_buf source;
    size_t at = 0;
    enum yg_status st = yg_desk_tenant(by, ask->tenant, err);

    if (st == YG_OK)
        st = yg_import_read(ask, yg_desk_now(d), arena, out, err);
    if (st != YG_OK)
        return st;
    yg_buf_init(&source, YG_DESK_NAME);
    yg_buf_printf(&source, "import");
    yg_buf_printf(&source, ask->name.n > 0 ? ": " : "");
    yg_text_safe(&source, ask->name);
    for (size_t i = 0; i < out->count; i++)
        out->row[i].source = yg_buf_str(&source);
    const struct yg_asset_told told = { out->row, out->count };
    st = yg_asset_put_all(d, by, &told, &at, err);
    for (size_t i = 0; i < out->count; i++)
        out->row[i].source = YG_STR_NONE;
    yg_buf_fini(&source);
    return st;
}
