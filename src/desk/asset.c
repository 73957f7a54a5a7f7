/* SPDX-License-Identifier: Apache-2.0 */
#include "desk/asset.h"

#include "desk/asset_priv.h"
#include "desk/subject.h"
#include "event/ip.h"

#define CHUNK 32 /* looked up at once: ?1 ... ?32 */

static const char *const state_name[YG_FINDING_STATE_COUNT] = {
#define X(id, name) [YG_FINDING_##id] = name,
    YG_FINDING_STATES(X)
#undef X
};

const char *yg_finding_state_name(unsigned state)
{
    return state < YG_FINDING_STATE_COUNT ? state_name[state] : "?";
}

bool yg_finding_state_of(struct yg_str name, enum yg_finding_state *out)
{
    for (unsigned k = 0; k < YG_FINDING_STATE_COUNT; k++)
        if (yg_str_eq_nocase(name, yg_str_of(state_name[k]))) {
            *out = (enum yg_finding_state)k;
            return true;
        }
    return false;
}

/* ---- rows ------------------------------------------------------------------------- */

struct one {
    struct yg_arena *arena;
    struct yg_asset *out;
};

static enum yg_status read_asset(void *arg, struct yg_db_stmt *s)
{
    struct one *r = arg;
    struct yg_asset *a = r->out;
    struct yg_str net = yg_db_bytes(s, 3);

    *a = (struct yg_asset){ .number = (uint64_t)yg_db_int(s, 0),
                            .network = net.n == YG_NET_FORM &&
                                       (unsigned char)net.p[YG_NET_FORM - 1] < 128,
                            .criticality = (uint8_t)yg_db_int(s, 7),
                            .told_ns = yg_db_int(s, 10),
                            .until_ns = yg_db_int(s, 11) };
    return yg_db_copy(s, 1, r->arena, &a->tenant) &&
                   yg_db_copy(s, 2, r->arena, &a->subject) &&
                   yg_db_copy(s, 4, r->arena, &a->name) &&
                   yg_db_copy(s, 5, r->arena, &a->role) &&
                   yg_db_copy(s, 6, r->arena, &a->owner) &&
                   yg_db_copy(s, 8, r->arena, &a->source) &&
                   yg_db_copy(s, 9, r->arena, &a->told_by)
               ? YG_OK
               : YG_ENOMEM;
}

enum yg_status yg_asset_row(struct yg_desk *d, uint64_t number, int64_t at_ns,
                            struct yg_arena *arena, struct yg_asset *out,
                            struct yg_err *err)
{
    struct one r = { arena, out };

    return yg_desk_row(d, YG_DQ_ASSET_GET, YG_ARGS(YG_INT(number), YG_INT(at_ns)),
                       (struct yg_desk_each){ read_asset, &r }, "asset", err);
}

struct parts {
    struct yg_arena *arena;
    struct yg_software_row *software;
    struct yg_finding_row *finding;
    size_t count;
};

static enum yg_status read_software(void *arg, struct yg_db_stmt *s)
{
    struct parts *p = arg;
    struct yg_software_row *r = &p->software[p->count++];

    *r = (struct yg_software_row){ .id = (uint64_t)yg_db_int(s, 0),
                                   .v = { .from_ns = yg_db_int(s, 5),
                                          .until_ns = yg_db_int(s, 6) } };
    return yg_db_copy(s, 1, p->arena, &r->v.vendor) &&
                   yg_db_copy(s, 2, p->arena, &r->v.product) &&
                   yg_db_copy(s, 3, p->arena, &r->v.version) &&
                   yg_db_copy(s, 4, p->arena, &r->v.cpe)
               ? YG_OK
               : YG_ENOMEM;
}

enum yg_status yg_asset_software(struct yg_desk *d, const struct yg_asset_at *at,
                                 struct yg_arena *arena, struct yg_software_row **out,
                                 size_t *count, struct yg_err *err)
{
    struct parts p = { .arena = arena };

    p.software = yg_arena_alloc(arena, YG_ASSET_SOFTWARE_MAX * sizeof(*p.software));
    if (!p.software)
        return yg_desk_nomem(err);
    enum yg_status st =
        yg_desk_rows(d, YG_DQ_SOFTWARE,
                     YG_ARGS(YG_INT(at->number), YG_INT(yg_asset_when(at->known_ns)),
                             YG_INT(YG_ASSET_SOFTWARE_MAX)),
                     (struct yg_desk_each){ read_software, &p }, err);
    *out = p.software;
    *count = p.count;
    return st;
}

static enum yg_status read_finding(void *arg, struct yg_db_stmt *s)
{
    struct parts *p = arg;
    struct yg_finding_row *r = &p->finding[p->count++];
    struct yg_str cve = yg_db_bytes(s, 1);

    *r = (struct yg_finding_row){ .id = (uint64_t)yg_db_int(s, 0),
                                  .v = { .state = (uint8_t)yg_db_int(s, 3),
                                         .seen_ns = yg_db_int(s, 6),
                                         .from_ns = yg_db_int(s, 7),
                                         .until_ns = yg_db_int(s, 8) } };
    if (cve.n < YG_CVE_TEXT)
        memcpy(r->v.cve, cve.p, cve.n);
    return yg_db_copy(s, 2, p->arena, &r->v.scanner) &&
                   yg_db_copy(s, 4, p->arena, &r->v.why) &&
                   yg_db_copy(s, 5, p->arena, &r->v.severity)
               ? YG_OK
               : YG_ENOMEM;
}

enum yg_status yg_asset_findings(struct yg_desk *d, const struct yg_asset_at *at,
                                 struct yg_arena *arena, struct yg_finding_row **out,
                                 size_t *count, struct yg_err *err)
{
    struct parts p = { .arena = arena };

    p.finding = yg_arena_alloc(arena, YG_ASSET_FINDINGS_MAX * sizeof(*p.finding));
    if (!p.finding)
        return yg_desk_nomem(err);
    enum yg_status st =
        yg_desk_rows(d, YG_DQ_FINDINGS,
                     YG_ARGS(YG_INT(at->number), YG_INT(yg_asset_when(at->known_ns)),
                             YG_INT(YG_ASSET_FINDINGS_MAX)),
                     (struct yg_desk_each){ read_finding, &p }, err);
    *out = p.finding;
    *count = p.count;
    return st;
}

/* ---- reading ---------------------------------------------------------------------- */

static enum yg_status with_parts(struct yg_desk *d, const struct yg_asset_at *at,
                                 struct yg_arena *arena, struct yg_asset *a,
                                 struct yg_err *err)
{
    struct yg_software_row *s = NULL;
    struct yg_finding_row *f = NULL;
    enum yg_status st = yg_asset_software(d, at, arena, &s, &a->software_count, err);

    if (st == YG_OK)
        st = yg_asset_findings(d, at, arena, &f, &a->findings, err);
    if (st != YG_OK)
        return st;
    struct yg_software *software =
        yg_arena_alloc(arena, (a->software_count + 1) * sizeof(*software));
    struct yg_finding *finding =
        yg_arena_alloc(arena, (a->findings + 1) * sizeof(*finding));
    if (!software || !finding)
        return yg_desk_nomem(err);
    for (size_t i = 0; i < a->software_count; i++)
        software[i] = s[i].v;
    for (size_t i = 0; i < a->findings; i++)
        finding[i] = f[i].v;
    a->software = software;
    a->finding = finding;
    return YG_OK;
}

enum yg_status yg_asset_get(struct yg_desk *d, const struct yg_desk_by *by,
                            const struct yg_asset_at *at, struct yg_arena *arena,
                            struct yg_asset *out, struct yg_err *err)
{
    const int64_t at_ns = yg_asset_when(at->known_ns);
    struct yg_asset a;
    enum yg_status st = yg_asset_row(d, at->number, at_ns, arena, &a, err);

    if (st == YG_OK && !yg_scope_has(by->scope, a.tenant))
        return yg_desk_none("asset", err);
    if (st == YG_OK)
        st = with_parts(d, at, arena, &a, err);
    if (st == YG_OK)
        *out = a;
    return st;
}

enum yg_status yg_asset_list(struct yg_desk *d, const struct yg_desk_by *by,
                             const struct yg_desk_ask *ask, struct yg_arena *arena,
                             struct yg_assets *out, struct yg_err *err)
{
    const struct yg_desk_pages pages = { ask, YG_DQ_ASSET_IDS, YG_DQ_ASSET_IDS_OF, 0 };
    struct yg_desk_page page = { .count = 0 };
    enum yg_status st = yg_desk_list(d, by, &pages, arena, &page, err);
    struct yg_assets list = { .more = page.more };

    if (st != YG_OK)
        return st;
    list.row = yg_arena_alloc(arena, (page.count + 1) * sizeof(*list.row));
    if (!list.row)
        return yg_desk_nomem(err);
    for (size_t i = 0; st == YG_OK && i < page.count; i++) {
        st = yg_asset_row(d, page.number[i], yg_asset_when(0), arena,
                          &list.row[list.count], err);
        list.count += st == YG_OK;
        if (st == YG_ENOTFOUND)
            st = YG_OK;
    }
    if (st == YG_OK)
        *out = list;
    return st;
}

/* ---- finding ---------------------------------------------------------------------- */

struct nearest {
    uint64_t number;
    unsigned prefix;
};

static enum yg_status take_nearest(void *arg, struct yg_db_stmt *s)
{
    struct nearest *n = arg;
    struct yg_str net = yg_db_bytes(s, 1);
    unsigned prefix = net.n == YG_NET_FORM ? (unsigned char)net.p[YG_NET_FORM - 1] : 0;

    if (prefix > n->prefix)
        *n = (struct nearest){ (uint64_t)yg_db_int(s, 0), prefix };
    return YG_OK;
}

/* The smallest network that holds the address, of those up to `to` bits; 0: none. */
static enum yg_status by_address(struct yg_desk *d, const struct yg_asset_of *of,
                                 unsigned from, uint64_t *number, struct yg_err *err)
{
    unsigned char net[CHUNK][YG_NET_FORM];
    struct yg_desk_arg arg[CHUNK + 2];
    enum yg_status st = YG_OK;

    for (unsigned prefix = 128; st == YG_OK && *number == 0 && prefix >= from;) {
        struct nearest n = { 0, 0 };
        for (size_t i = 0; i < CHUNK; i++) {
            yg_net_form(of->ip, prefix, net[i]);
            arg[i] = (struct yg_desk_arg)YG_BLOB(
                ((struct yg_str){ (const char *)net[i], YG_NET_FORM }));
            prefix -= prefix >= from;
        }
        arg[CHUNK] = (struct yg_desk_arg)YG_TEXT(of->tenant);
        arg[CHUNK + 1] = (struct yg_desk_arg)YG_INT(yg_asset_when(of->known_ns));
        const struct yg_desk_args args = { arg, YG_ARRAY_LEN(arg) };
        st = yg_desk_rows(d, YG_DQ_ASSET_NET, &args,
                          (struct yg_desk_each){ take_nearest, &n }, err);
        *number = n.number;
    }
    return st;
}

static enum yg_status by_name(struct yg_desk *d, const struct yg_asset_of *of,
                              uint64_t *number, struct yg_err *err)
{
    struct yg_subject s;
    int64_t n = 0;

    if (of->host.n == 0 || yg_subject_read(of->host, &s))
        return YG_OK;
    enum yg_status st =
        yg_desk_number(d, YG_DQ_ASSET_SUBJECT,
                       YG_ARGS(YG_TEXT(of->tenant), YG_TEXT(yg_str_of(s.text)),
                               YG_INT(yg_asset_when(of->known_ns))),
                       &n, err);
    *number = (uint64_t)n;
    return st == YG_ENOTFOUND ? YG_OK : st;
}

enum yg_status yg_asset_named(struct yg_desk *d, const struct yg_desk_by *by,
                              struct yg_str tenant, struct yg_str subject,
                              uint64_t *number, struct yg_err *err)
{
    const struct yg_asset_of of = { .tenant = tenant, .host = subject };
    uint64_t n = 0;

    if (!yg_scope_has(by->scope, tenant))
        return yg_desk_none("asset", err);
    enum yg_status st = by_name(d, &of, &n, err);
    if (st == YG_OK && n == 0)
        return yg_desk_none("asset", err);
    if (st == YG_OK)
        *number = n;
    return st;
}

static enum yg_status find(struct yg_desk *d, const struct yg_asset_of *of,
                           uint64_t *number, struct yg_err *err)
{
    enum yg_status st = YG_OK;

    *number = 0;
    if (of->ip)
        st = by_address(d, of, 128, number, err);
    if (st == YG_OK && *number == 0)
        st = by_name(d, of, number, err);
    if (st == YG_OK && *number == 0 && of->ip)
        st = by_address(d, of, yg_net_least(of->ip), number, err);
    return st;
}

enum yg_status yg_asset_find(struct yg_desk *d, const struct yg_desk_by *by,
                             const struct yg_asset_of *of, struct yg_arena *arena,
                             struct yg_asset *out, struct yg_err *err)
{
    struct yg_asset_at at = { .known_ns = of->known_ns };

    if (!yg_scope_has(by->scope, of->tenant))
        return yg_desk_none("asset", err);
    enum yg_status st = find(d, of, &at.number, err);
    if (st == YG_OK && at.number == 0)
        return yg_desk_none("asset", err);
    return st == YG_OK ? yg_asset_get(d, by, &at, arena, out, err) : st;
}
