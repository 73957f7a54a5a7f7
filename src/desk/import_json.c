/* SPDX-License-Identifier: Apache-2.0 */
/* The part of import.h that reads JSON: inventories as the API writes them, CycloneDX VEX
 * and OpenVEX. Members that are not ours are passed over. */
#include "desk/import_priv.h"
#include "json/pull.h"

#define WHAT_MAX 300

struct reader {
    struct yg_importing *g;
    struct yg_json_pull *p;
    struct yg_str data;
    size_t counted; /* bytes before it are of lines before `line` */
    int line;
    struct yg_finding vex; /* what holds of all statements: scanner, time */
};

static int line_now(struct reader *r)
{
    size_t at = yg_json_pull_offset(r->p);

    for (; r->counted < at && r->counted < r->data.n; r->counted++)
        r->line += r->data.p[r->counted] == '\n' && r->line < INT32_MAX;
    return r->line;
}

/* The text that is next; anything else is passed over and empty. */
static struct yg_str text(struct reader *r)
{
    struct yg_json_value v;
    char c = yg_json_pull_peek(r->p);

    if (c == '{' || c == '[' || !yg_json_pull_scalar(r->p, &v)) {
        (void)yg_json_pull_skip(r->p, NULL);
        return YG_STR_NONE;
    }
    if (v.type == YG_JSON_NULL || v.type == YG_JSON_BOOL)
        return YG_STR_NONE;
    if (!v.escaped || v.type != YG_JSON_STRING)
        return v.text;
    char *out = yg_arena_alloc(r->g->arena, v.text.n + 1);
    if (!out) {
        r->g->status = YG_ENOMEM;
        return YG_STR_NONE;
    }
    return (struct yg_str){ out, yg_json_unescape(v.text, out) };
}

static bool is(struct yg_str key, const char *names)
{
    char word[64];

    return yg_imported_word(names, yg_imported_fold(key, word, sizeof(word)));
}

static bool read_time(struct yg_str s, int64_t *out)
{
    int used;

    return s.n == 0 || yg_time_iso(s, 0, out, &used);
}

/* ---- inventories --------------------------------------------------------------------
 */

static void read_software(struct reader *r, struct yg_said *said)
{
    struct yg_software s = { .product = YG_STR_NONE };
    struct yg_str key;

    if (!yg_json_pull_into(r->p, '{')) {
        s = yg_import_software(text(r));
    } else {
        while (yg_json_pull_member(r->p, &key)) {
            struct yg_str v = text(r);
            if (is(key, "product name"))
                s.product = v;
            else if (is(key, "version"))
                s.version = v;
            else if (is(key, "vendor publisher"))
                s.vendor = v;
            else if (is(key, "cpe") && v.n > 0)
                s.cpe = v;
        }
        if (s.product.n == 0 && s.cpe.n > 0)
            s = yg_import_software(s.cpe);
    }
    said->software = s;
    said->software_told = true;
}

static bool read_finding(struct reader *r, struct yg_said *said)
{
    struct yg_finding f = { .scanner = r->g->ask->scanner, .seen_ns = r->g->now_ns };
    struct yg_str key, cve = YG_STR_NONE, state = YG_STR_NONE, seen = YG_STR_NONE;

    if (!yg_json_pull_into(r->p, '{')) {
        cve = text(r);
    } else {
        while (yg_json_pull_member(r->p, &key)) {
            struct yg_str v = text(r);
            if (is(key, "cve id name"))
                cve = v;
            else if (is(key, "state status"))
                state = v;
            else if (is(key, "scanner source"))
                f.scanner = v;
            else if (is(key, "seen lastseen timestamp"))
                seen = v;
            else if (is(key, "severity"))
                f.severity = yg_imported_title(r->g, v, YG_DESK_NAME);
            else if (is(key, "reason why justification"))
                f.why = yg_imported_title(r->g, v, WHAT_MAX);
        }
    }
    if (f.scanner.n == 0)
        f.scanner = YG_STR("import");
    said->finding = f;
    if (!yg_json_pull_ok(r->p))
        return false;
    if (!yg_cve_of(cve, said->finding.cve))
        return yg_imported_problem(r->g, line_now(r),
                                   "\"%.*s\" is no CVE; write CVE-2021-44228",
                                   (int)(cve.n < 40 ? cve.n : 40), cve.p ? cve.p : "");
    if ((state.n > 0 && !yg_imported_state(state, &said->finding.state)) ||
        !read_time(seen, &said->finding.seen_ns)) {
        said->finding.cve[0] = '\0';
        return yg_imported_problem(r->g, line_now(r),
                                   "a finding's state is vulnerable, fixed, not-affected "
                                   "or undecided, its time 2026-12-31T12:00:00Z");
    }
    return true;
}

struct mark { /* lists are read when the asset is known */
    struct yg_json_mark at;
    bool some;
};

static void asset_member(struct reader *r, struct yg_str key, struct yg_said *said,
                         int line)
{
    struct yg_asset *a = &said->asset;
    struct yg_str v = text(r);

    if (is(key, "subject address ip ipaddress network cidr"))
        a->subject = v;
    else if (is(key, "host hostname fqdn") && a->subject.n == 0)
        a->subject = v;
    else if (is(key, "name"))
        a->name = v;
    else if (is(key, "role function"))
        a->role = v;
    else if (is(key, "owner team"))
        a->owner = v;
    else if (is(key, "criticality importance") &&
             !yg_imported_criticality(v, &a->criticality))
        (void)yg_imported_problem(
            r->g, line, "criticality is 1 to 4, or low, medium, high, critical");
}

/* Each element of a list that was passed over. */
static bool each_of(struct reader *r, const struct mark *m, bool software,
                    const struct yg_said *asset)
{
    const struct yg_json_mark back = yg_json_pull_mark(r->p);
    bool go_on = true;

    if (!m->some)
        return true;
    yg_json_pull_seek(r->p, m->at);
    if (yg_json_pull_into(r->p, '['))
        while (go_on && yg_json_pull_element(r->p)) {
            struct yg_said said = *asset;
            if (software)
                read_software(r, &said);
            else
                go_on = read_finding(r, &said);
            bool some = software || said.finding.cve[0] != '\0';
            go_on = go_on && (!some || yg_imported_add(r->g, &said));
        }
    if (go_on)
        yg_json_pull_seek(r->p, back);
    return go_on;
}

/* One asset; false: stop. */
static bool read_asset(struct reader *r)
{
    struct yg_said said = { .line = line_now(r) };
    struct mark software = { .some = false }, findings = { .some = false };
    struct yg_str key;

    if (!yg_json_pull_into(r->p, '{')) {
        (void)yg_json_pull_skip(r->p, NULL);
        return yg_imported_problem(r->g, said.line, "an asset is an object");
    }
    while (yg_json_pull_member(r->p, &key)) {
        struct mark *m = is(key, "software products")          ? &software
                         : is(key, "vulnerabilities findings") ? &findings
                                                               : NULL;
        if (m && yg_json_pull_peek(r->p) == '[') {
            m->at = yg_json_pull_mark(r->p);
            m->some = yg_json_pull_skip(r->p, NULL);
        } else {
            asset_member(r, key, &said, said.line);
        }
    }
    if (!yg_json_pull_ok(r->p))
        return false;
    said.software_told = software.some;
    if (!yg_imported_add(r->g, &said))
        return false;
    if (r->g->out->problems > 0)
        return true; /* nothing will be imported: its lists are not looked at */
    return each_of(r, &software, true, &said) && each_of(r, &findings, false, &said);
}

static bool read_assets(struct reader *r)
{
    bool go_on = true;

    r->g->out->kind = "inventory";
    if (!yg_json_pull_into(r->p, '['))
        return yg_imported_problem(r->g, line_now(r), "assets is a list");
    while (go_on && r->g->status == YG_OK && yg_json_pull_element(r->p))
        go_on = read_asset(r);
    return go_on;
}

/* ---- VEX ----------------------------------------------------------------------------
 */

static struct yg_str named(struct reader *r, const char *names)
{
    struct yg_str key, out = YG_STR_NONE;

    if (!yg_json_pull_into(r->p, '{'))
        return text(r);
    while (yg_json_pull_member(r->p, &key)) {
        struct yg_str v = text(r);
        if (is(key, names) && out.n == 0)
            out = v;
    }
    return out;
}

/* CycloneDX: {"state": ..., "justification": ...} */
static void read_analysis(struct reader *r, struct yg_str *state, struct yg_str *why,
                          struct yg_str *time)
{
    struct yg_str key;

    if (!yg_json_pull_into(r->p, '{')) {
        (void)yg_json_pull_skip(r->p, NULL);
        return;
    }
    while (yg_json_pull_member(r->p, &key)) {
        struct yg_str v = text(r);
        if (is(key, "state"))
            *state = v;
        else if (is(key, "justification") || (is(key, "detail") && why->n == 0))
            *why = v;
        else if (is(key, "lastupdated"))
            *time = v;
    }
}

static bool read_statement(struct reader *r)
{
    struct yg_said said = { .line = line_now(r), .finding = r->vex };
    struct yg_str key, cve = YG_STR_NONE, state = YG_STR_NONE, why = YG_STR_NONE,
                       time = YG_STR_NONE;

    if (!yg_json_pull_into(r->p, '{')) {
        (void)yg_json_pull_skip(r->p, NULL);
        return yg_imported_problem(r->g, said.line, "a statement is an object");
    }
    while (yg_json_pull_member(r->p, &key)) {
        if (is(key, "vulnerability id"))
            cve = named(r, "name");
        else if (is(key, "status"))
            state = text(r);
        else if (is(key, "justification impactstatement"))
            why = text(r);
        else if (is(key, "timestamp updated"))
            time = text(r);
        else if (is(key, "analysis"))
            read_analysis(r, &state, &why, &time);
        else
            (void)yg_json_pull_skip(r->p, NULL);
    }
    if (!yg_json_pull_ok(r->p))
        return false;
    if (!yg_cve_of(cve, said.finding.cve)) { /* GHSA, vendors' own numbers */
        r->g->out->passed++;
        return true;
    }
    said.asset.subject = r->g->ask->subject;
    said.finding.why = yg_imported_title(r->g, why, WHAT_MAX);
    said.finding.state = YG_FINDING_UNDECIDED;
    if ((state.n > 0 && !yg_imported_state(state, &said.finding.state)) ||
        !read_time(time, &said.finding.seen_ns))
        return yg_imported_problem(
            r->g, said.line, "its state \"%.*s\" or its time is not known",
            (int)(state.n < 40 ? state.n : 40), state.p ? state.p : "");
    return yg_imported_add(r->g, &said);
}

static bool read_statements(struct reader *r)
{
    bool go_on = true;

    r->g->out->kind = "VEX";
    if (r->g->ask->subject.n == 0)
        return yg_imported_problem(
                   r->g, line_now(r),
                   "this is a VEX document: say which asset it is about") &&
               false;
    if (!yg_json_pull_into(r->p, '['))
        return yg_imported_problem(r->g, line_now(r), "statements are a list");
    while (go_on && r->g->status == YG_OK && yg_json_pull_element(r->p))
        go_on = read_statement(r);
    return go_on;
}

/* ---- the document -------------------------------------------------------------------
 */

/* A document of several kinds of lists; `*some`: one of ours was there. */
static bool read_object(struct reader *r, bool *some)
{
    struct yg_json_mark list;
    enum { NONE, ASSETS, STATEMENTS } what = NONE;
    struct yg_str key, time = YG_STR_NONE;

    if (!yg_json_pull_into(r->p, '{'))
        return false;
    while (yg_json_pull_member(r->p, &key)) {
        bool assets = is(key, "assets hosts");
        if (what == NONE && (assets || is(key, "statements vulnerabilities"))) {
            what = assets ? ASSETS : STATEMENTS;
            list = yg_json_pull_mark(r->p);
            (void)yg_json_pull_skip(r->p, NULL);
        } else if (is(key, "timestamp")) {
            time = text(r);
        } else {
            (void)yg_json_pull_skip(r->p, NULL);
        }
    }
    *some = what != NONE;
    if (!yg_json_pull_end(r->p) || what == NONE)
        return yg_json_pull_end(r->p);
    if (!read_time(time, &r->vex.seen_ns))
        r->vex.seen_ns = r->g->now_ns;
    yg_json_pull_seek(r->p, list);
    return what == ASSETS ? read_assets(r) : read_statements(r);
}

enum yg_status yg_import_json(struct yg_importing *g, struct yg_str data,
                              struct yg_err *err)
{
    struct reader r = { .g = g,
                        .data = data,
                        .line = 1,
                        .vex = { .scanner = g->ask->scanner.n > 0 ? g->ask->scanner
                                                                  : YG_STR("vex"),
                                 .seen_ns = g->now_ns } };
    bool some = true, good;

    if (yg_json_pull_new(YG_IMPORT_BYTES, &r.p) != YG_OK)
        return yg_err_set(err, YG_ENOMEM, "no memory for this file");
    good = yg_json_pull_begin(r.p, data);
    if (good && yg_json_pull_peek(r.p) == '[')
        good = read_assets(&r) && yg_json_pull_end(r.p);
    else if (good)
        good = read_object(&r, &some);
    if (good && !some)
        (void)yg_imported_problem(
            g, 1,
            "it has no assets, statements or vulnerabilities; write "
            "{\"assets\": [...]}");
    else if (!good && g->out->problems == 0 && g->status == YG_OK)
        (void)yg_imported_problem(g, line_now(&r), "is no JSON from here on");
    yg_json_pull_free(r.p);
    return YG_OK;
}
