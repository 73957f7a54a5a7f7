/* SPDX-License-Identifier: Apache-2.0 */
/* The part of import.h that reads CSV: columns by their names, RFC 4180 with line ends
 * within quotes, comma, semicolon or tab between. */
#include "decode/csv.h"
#include "desk/import_priv.h"

#define COLUMNS_MAX 500
#define WHAT_MAX    300 /* bytes kept of a finding's title */

enum column {
#define YG_COLUMN(id, names) COL_##id,
#include "desk/import_columns.def"
#undef YG_COLUMN
    COLS
};

struct table {
    struct yg_importing *g;
    struct yg_str rest;
    int line, next_line; /* of the record, and behind it */
    char delimiter;
    uint8_t is[COLUMNS_MAX]; /* enum column, COLS: none of ours */
    size_t columns;
    bool has[COLS];
    struct yg_str cell[COLS];
    const char *scanner; /* by its own columns */
};

/* The next record, its line end cut off; false at the end. */
static bool next_record(struct table *t, struct yg_str *out)
{
    bool quoted = false;
    size_t n = 0;

    t->line = t->next_line;
    if (t->rest.n == 0)
        return false;
    for (; n < t->rest.n; n++) {
        char c = t->rest.p[n];
        if (c == '"')
            quoted = !quoted;
        t->next_line += c == '\n' && t->next_line < INT32_MAX;
        if (c == '\n' && !quoted)
            break;
    }
    *out = (struct yg_str){ t->rest.p, n };
    if (out->n > 0 && out->p[out->n - 1] == '\r')
        out->n--;
    n += n < t->rest.n;
    t->rest = (struct yg_str){ t->rest.p + n, t->rest.n - n };
    return true;
}

/* The next cell, without its quotes; copied when they were doubled within. */
static bool next_cell(struct table *t, struct yg_str *rest, struct yg_str *out)
{
    if (!yg_csv_cut(rest, t->delimiter, out))
        return false;
    if (out->n < 2 || out->p[0] != '"')
        return true;
    char *p = yg_arena_alloc(t->g->arena, out->n);
    if (!p) {
        t->g->status = YG_ENOMEM;
        return false;
    }
    out->n = yg_csv_unquote(*out, p);
    out->p = p;
    return true;
}

/* ---- the first line -----------------------------------------------------------------
 */

static void choose_delimiter(struct table *t, struct yg_str head)
{
    static const char choice[] = ",;\t";
    size_t best = 0;

    t->delimiter = ',';
    for (size_t c = 0; choice[c]; c++) {
        size_t count = 0;
        for (size_t i = 0; i < head.n; i++)
            count += head.p[i] == choice[c];
        if (count > best) {
            best = count;
            t->delimiter = choice[c];
        }
    }
}

static void name_column(struct table *t, const char *name)
{
    static const char *const names[COLS] = {
#define YG_COLUMN(id, list) [COL_##id] = list,
#include "desk/import_columns.def"
#undef YG_COLUMN
    };
    static const struct {
        const char *column, *scanner;
    } known[] = { { "nvtoid", "openvas" },
                  { "pluginid", "nessus" },
                  { "qid", "qualys" },
                  { "assetipaddress", "insightvm" } };
    uint8_t is = COLS;

    for (uint8_t i = 0; i < COLS && is == COLS; i++)
        if (!t->has[i] && yg_imported_word(names[i], name))
            is = i;
    if (is < COLS)
        t->has[is] = true;
    t->is[t->columns++] = is;
    for (size_t i = 0; i < YG_ARRAY_LEN(known); i++)
        if (strcmp(known[i].column, name) == 0)
            t->scanner = known[i].scanner;
}

static bool read_head(struct table *t)
{
    struct yg_str rest, cell;
    char name[80];

    do {
        if (!next_record(t, &rest))
            return false;
    } while (yg_str_trim(rest).n == 0);
    choose_delimiter(t, rest);
    while (rest.p && t->columns < COLUMNS_MAX) {
        if (!next_cell(t, &rest, &cell)) {
            (void)yg_imported_problem(t->g, t->line,
                                      "a quote does not close in the head");
            return false;
        }
        name_column(t, yg_imported_fold(cell, name, sizeof(name)));
    }
    if (t->has[COL_ADDRESS] || t->has[COL_HOST])
        return true;
    (void)yg_imported_problem(t->g, t->line,
                              "no column is called address, ip, network, host or "
                              "hostname; name the columns in the first line");
    return false;
}

/* ---- lines --------------------------------------------------------------------------
 */

static bool digits2(const char *p, int *out)
{
    if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
        return false;
    *out = (p[0] - '0') * 10 + (p[1] - '0');
    return true;
}

/* Qualys writes 01/31/2026 12:00:00. */
static bool american_time(struct yg_str s, int64_t *out)
{
    char iso[] = "0000-00-00T00:00:00Z";
    int month, day, used;

    if (s.n < 10 || !digits2(s.p, &month) || s.p[2] != '/' || !digits2(s.p + 3, &day) ||
        s.p[5] != '/')
        return false;
    memcpy(iso, s.p + 6, 4);
    memcpy(iso + 5, s.p, 2);
    memcpy(iso + 8, s.p + 3, 2);
    if (s.n >= 19)
        memcpy(iso + 11, s.p + 11, 8);
    return yg_time_iso(yg_str_of(iso), 0, out, &used);
}

static bool read_time(const struct table *t, struct yg_str s, int64_t *out)
{
    char day[] = "0000-00-00T00:00:00Z";
    int used;

    if (s.n == 0)
        return true;
    if (s.n == 10 && s.p[4] == '-') {
        memcpy(day, s.p, 10);
        s = yg_str_of(day);
    }
    if (t->scanner && strcmp(t->scanner, "qualys") == 0 && american_time(s, out))
        return true;
    return yg_time_iso(s, 0, out, &used);
}

/* Members of the asset itself. False: it was told what is wrong. */
static bool asset_of(struct table *t, bool report, struct yg_said *said)
{
    struct yg_asset *a = &said->asset;
    const struct yg_str address = yg_str_trim(t->cell[COL_ADDRESS]);
    const struct yg_str host = yg_str_trim(t->cell[COL_HOST]);

    a->subject = address.n > 0 ? address : host;
    a->name = report ? YG_STR_NONE : yg_str_trim(t->cell[COL_NAME]);
    if (a->name.n == 0 && address.n > 0)
        a->name = yg_imported_title(t->g, host, YG_DESK_NAME);
    a->role = yg_str_trim(t->cell[COL_ROLE]);
    a->owner = yg_str_trim(t->cell[COL_OWNER]);
    if (a->subject.n == 0) {
        (void)yg_imported_problem(t->g, t->line, "names no address and no host");
        return false;
    }
    if (!report && !yg_imported_criticality(t->cell[COL_CRITICALITY], &a->criticality)) {
        (void)yg_imported_problem(
            t->g, t->line, "criticality is 1 to 4, or low, medium, high, critical");
        return false;
    }
    return true;
}

static bool finding_of(struct table *t, struct yg_finding *f)
{
    struct yg_importing *g = t->g;
    const struct yg_str what = t->cell[t->has[COL_WHAT] ? COL_WHAT : COL_NAME];
    const struct yg_str state = yg_str_trim(t->cell[COL_STATE]);

    *f = (struct yg_finding){ .state = YG_FINDING_VULNERABLE, .seen_ns = g->now_ns };
    f->scanner = yg_str_trim(t->cell[COL_SCANNER]);
    if (f->scanner.n == 0)
        f->scanner = g->ask->scanner;
    if (f->scanner.n == 0)
        f->scanner = yg_str_of(t->scanner ? t->scanner : "scanner");
    f->why = yg_imported_title(g, what, WHAT_MAX);
    f->severity = yg_imported_title(g, t->cell[COL_SEVERITY], YG_DESK_NAME);
    if (state.n > 0 && !yg_imported_state(state, &f->state)) {
        (void)yg_imported_problem(g, t->line,
                                  "state \"%.*s\" is unknown; write vulnerable, fixed, "
                                  "not-affected or undecided",
                                  (int)(state.n < 40 ? state.n : 40), state.p);
        return false;
    }
    if (read_time(t, yg_str_trim(t->cell[COL_SEEN]), &f->seen_ns))
        return true;
    (void)yg_imported_problem(
        g, t->line,
        "its time is none; write 2026-12-31T12:00:00Z, or leave the "
        "column out");
    return false;
}

static struct yg_str next_word(struct yg_str *rest, const char *between)
{
    size_t n = 0, from = 0;

    if (rest->n == 0)
        return YG_STR_NONE;
    while (from < rest->n && strchr(between, rest->p[from]) && rest->p[from])
        from++;
    n = from;
    while (n < rest->n && (!strchr(between, rest->p[n]) || !rest->p[n]))
        n++;
    struct yg_str word = { rest->p + from, n - from };
    *rest = (struct yg_str){ rest->p + n, rest->n - n };
    return word;
}

/* A line of a scanner's report: each CVE of it. */
static bool report_line(struct table *t, struct yg_said *said)
{
    struct yg_str rest = t->cell[COL_CVE], word;
    struct yg_finding f;
    size_t found = 0;

    if (!finding_of(t, &f))
        return t->g->out->problems < YG_IMPORT_PROBLEMS;
    for (word = next_word(&rest, " ,;\t\r\n"); word.n > 0;
         word = next_word(&rest, " ,;\t\r\n")) {
        if (!yg_str_starts(word, YG_STR("CVE")) && !yg_str_starts(word, YG_STR("cve")))
            continue; /* NOCVE, N/A, ids of other bodies */
        said->finding = f;
        if (!yg_cve_of(word, said->finding.cve))
            return yg_imported_problem(t->g, t->line,
                                       "\"%.*s\" is no CVE; write CVE-2021-44228",
                                       (int)(word.n < 40 ? word.n : 40), word.p);
        if (!yg_imported_add(t->g, said))
            return false;
        found++;
    }
    if (found > 0)
        return true;
    t->g->out->passed++;
    return yg_imported_add(t->g, said); /* it is there */
}

static bool inventory_line(struct table *t, struct yg_said *said)
{
    struct yg_str rest = t->cell[COL_SOFTWARE], word;

    said->software = (struct yg_software){
        .vendor = yg_str_trim(t->cell[COL_VENDOR]),
        .product = yg_str_trim(t->cell[COL_PRODUCT]),
        .version = yg_str_trim(t->cell[COL_VERSION]),
    };
    if (!yg_imported_add(t->g, said))
        return false;
    for (word = next_word(&rest, ";|\r\n"); word.n > 0;
         word = next_word(&rest, ";|\r\n")) {
        said->software = yg_import_software(word);
        if (said->software.product.n > 0 && !yg_imported_add(t->g, said))
            return false;
    }
    return true;
}

/* False: stop. */
static bool read_line(struct table *t, struct yg_str record, bool report)
{
    struct yg_said said = { .line = t->line };
    struct yg_str rest = record, cell;

    memset(t->cell, 0, sizeof(t->cell));
    for (size_t i = 0; rest.p && i < t->columns; i++) {
        if (!next_cell(t, &rest, &cell)) {
            (void)yg_imported_problem(t->g, t->line,
                                      "a quote does not close before the next delimiter");
            return false;
        }
        if (t->is[i] < COLS)
            t->cell[t->is[i]] = cell;
    }
    if (!asset_of(t, report, &said))
        return t->g->out->problems < YG_IMPORT_PROBLEMS;
    return report ? report_line(t, &said) : inventory_line(t, &said);
}

enum yg_status yg_import_csv(struct yg_importing *g, struct yg_str data,
                             struct yg_err *err)
{
    struct table *t = yg_arena_zalloc(g->arena, sizeof(*t));
    struct yg_str record;

    if (!t)
        return yg_err_set(err, YG_ENOMEM, "no memory for this file");
    t->g = g;
    t->rest = data;
    t->next_line = 1;
    if (!read_head(t))
        return YG_OK; /* what is wrong was told */
    const bool report = t->has[COL_CVE];
    g->out->kind = report ? "scanner's report" : "inventory";
    while (g->status == YG_OK && next_record(t, &record))
        if (yg_str_trim(record).n > 0 && !read_line(t, record, report))
            break;
    return YG_OK;
}
