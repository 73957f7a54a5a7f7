/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/settings.h"

#include "conf/secretfile.h"
#include "conf/textfile.h"
#include "conf/value.h"
#include "conf/yaml.h"

#define HTTPS "https://"
#define HTTP  "http://"

static const struct item {
    const char *name, *help;
} item[] = {
    { "issuer", "the provider's name for itself, https://...; where its "
                ".well-known/openid-configuration is" },
    { "client_id", "the name under which this server is registered there" },
    { "client_secret_file", "file with the client's secret; none: a public client" },
    { "console", "https://NAME[:PORT] as browsers know this server; NAME" YG_OIDC_BACK
                 " is where the provider sends them back to" },
    { "label", "what the button says (default: Log in with NAME of the issuer)" },
    { "scopes", "list of what is asked for (default: openid, profile, email)" },
    { "name_claim", "claim that becomes the user's name (default: preferred_username)" },
    { "role_claim", "claim whose values `roles` names; a.b is b in the object a" },
    { "roles", "table: value of the claim: role; the first row that fits counts" },
    { "allow_system_admin", "true: `roles` may name system-admin (default: false)" },
    { "tenant_claim", "claim whose values `tenants` names; without: tenants are the same "
                      "for all" },
    { "tenants",
      "all, or a list; with tenant_claim a table: value of the claim: tenant" },
    { "mail_domains", "list; who has no verified mail address there is not let in" },
    { "ca", "file of certificates in PEM that vouch for the provider (default: the "
            "system's)" },
};

struct reader {
    struct yg_arena *arena;
    const char *path;
    struct yg_err *err;
    const struct yg_yaml *table;
};

static enum yg_status no_memory(const struct reader *r)
{
    return yg_err_set(r->err, YG_ENOMEM, "no memory for the settings of oidc");
}

/* ---- addresses -------------------------------------------------------------------- */

static struct yg_str behind(struct yg_str s, size_t n)
{
    return (struct yg_str){ s.p + n, s.n - n };
}

/* "127.0.0.1", "[::1]", "localhost", with any port. */
static bool is_loopback(struct yg_str host)
{
    static const char *const name[] = { "127.0.0.1", "localhost", "[::1]" };

    for (size_t i = 0; i < YG_ARRAY_LEN(name); i++) {
        struct yg_str n = yg_str_of(name[i]);
        if (yg_str_starts(host, n) && (host.n == n.n || host.p[n.n] == ':'))
            return true;
    }
    return false;
}

/* A host with or without a port: letters, digits, . - : [ ] */
static bool is_host(struct yg_str host)
{
    for (size_t i = 0; i < host.n; i++) {
        char c = host.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              (c >= '0' && c <= '9') || (c && strchr(".-:[]", c))))
            return false;
    }
    return host.n > 0 && host.n < 254 && host.p[0] != ':' && host.p[0] != '.';
}

bool yg_oidc_url(struct yg_str url, bool plain)
{
    bool tls = yg_str_starts(url, YG_STR(HTTPS));

    if (url.n > YG_OIDC_URL_MAX || (!tls && !yg_str_starts(url, YG_STR(HTTP))))
        return false;
    for (size_t i = 0; i < url.n; i++)
        if (url.p[i] <= ' ' || url.p[i] >= 0x7f || strchr("\"<>\\^`{|}#", url.p[i]))
            return false;
    struct yg_str rest = behind(url, tls ? sizeof(HTTPS) - 1 : sizeof(HTTP) - 1);
    struct yg_str host = rest;
    for (host.n = 0; host.n < rest.n && !strchr("/?", rest.p[host.n]); host.n++)
        ;
    return is_host(host) && (tls || (plain && is_loopback(host)));
}

static bool is_origin(struct yg_str s)
{
    return yg_str_starts(s, YG_STR(HTTPS)) && is_host(behind(s, sizeof(HTTPS) - 1));
}

/* ---- items ------------------------------------------------------------------------ */

static enum yg_status wrong(const struct reader *r, const char *name, const char *must)
{
    const struct yg_yaml *n = yg_yaml_get(r->table, name);

    return n ? yg_yaml_error(r->err, r->path, n, "%s must be %s", name, must)
             : yg_yaml_error(r->err, r->path, r->table, "oidc needs `%s`: %s", name,
                             must);
}

/* A text; `otherwise` when it is not there (p NULL: then it stays so). */
static enum yg_status text(const struct reader *r, const char *name,
                           struct yg_str otherwise, struct yg_str *out)
{
    const struct yg_yaml *n = yg_yaml_get(r->table, name);

    *out = otherwise;
    if (!n)
        return YG_OK;
    if (n->type != YG_YAML_TEXT || yg_yaml_is_null(n) || n->text.n == 0 ||
        n->text.n > YG_OIDC_URL_MAX || !yg_value_printable(n->text))
        return wrong(r, name, "one text without control characters");
    *out = n->text;
    return YG_OK;
}

/* A list of texts, or one; `*n` 0: not there. */
static enum yg_status texts(const struct reader *r, const char *name, struct yg_str **out,
                            size_t *n)
{
    const struct yg_yaml *node = yg_yaml_get(r->table, name);
    size_t count = 0;

    *out = NULL;
    *n = 0;
    if (!node)
        return YG_OK;
    if (node->type == YG_YAML_TABLE || yg_yaml_is_null(node) ||
        node->count > YG_OIDC_ROWS_MAX)
        return wrong(r, name, "a list of texts");
    struct yg_str *v = yg_arena_alloc(r->arena, (node->count + 1) * sizeof(*v));
    if (!v)
        return no_memory(r);
    for (const struct yg_yaml *c = node->type == YG_YAML_LIST ? node->first : node; c;
         c = node->type == YG_YAML_LIST ? c->next : NULL) {
        if (c->type != YG_YAML_TEXT || c->text.n == 0 || !yg_value_printable(c->text))
            return wrong(r, name, "a list of texts");
        v[count++] = c->text;
    }
    *out = v;
    *n = count;
    return YG_OK;
}

static enum yg_status read_issuer(const struct reader *r, struct yg_oidc_settings *s)
{
    enum yg_status st = text(r, "issuer", YG_STR_NONE, &s->issuer);

    if (st != YG_OK)
        return st;
    s->plain = yg_str_starts(s->issuer, YG_STR(HTTP));
    if (!s->issuer.p || !yg_oidc_url(s->issuer, true) ||
        memchr(s->issuer.p, '?', s->issuer.n))
        return wrong(r, "issuer",
                     "https://... without query, as the provider writes it itself (http "
                     "only on this machine)");
    st = text(r, "console", YG_STR_NONE, &s->console);
    if (st == YG_OK && (!s->console.p || !is_origin(s->console)))
        st = wrong(r, "console",
                   "https://soc.example.org, without a path: as browsers know this "
                   "server");
    return st;
}

static enum yg_status read_client(const struct reader *r, struct yg_oidc_settings *s)
{
    enum yg_status st = text(r, "client_id", YG_STR_NONE, &s->client_id);
    const struct yg_yaml *file = yg_yaml_get(r->table, "client_secret_file");
    struct yg_str name;

    if (st == YG_OK && !s->client_id.p)
        st = wrong(r, "client_id", "the name that the provider knows this server by");
    if (st == YG_OK)
        st = text(r, "client_secret_file", YG_STR_NONE, &name);
    if (st == YG_OK && name.p) {
        name = yg_conf_beside(r->arena, r->path, name);
        st = name.p ? yg_conf_secret(r->arena, name.p, &s->secret, r->err) : no_memory(r);
        if (st != YG_OK)
            yg_err_at(r->err, r->path, file->line, file->column);
    }
    if (st == YG_OK)
        st = text(r, "ca", YG_STR_NONE, &s->ca);
    if (st == YG_OK && s->ca.p) {
        s->ca = yg_conf_beside(r->arena, r->path, s->ca);
        st = s->ca.p ? YG_OK : no_memory(r);
    }
    return st;
}

/* "openid profile email" */
static enum yg_status read_scopes(const struct reader *r, struct yg_oidc_settings *s)
{
    struct yg_str *v;
    struct yg_buf all;
    size_t n;
    bool openid = false, clean = true;
    enum yg_status st = texts(r, "scopes", &v, &n);

    s->scopes = YG_STR("openid profile email");
    if (st != YG_OK || n == 0)
        return st;
    yg_buf_init(&all, YG_OIDC_URL_MAX);
    for (size_t i = 0; i < n; i++) {
        openid |= yg_str_eq(v[i], YG_STR("openid"));
        for (size_t k = 0; k < v[i].n; k++)
            clean &= v[i].p[k] > ' ' && v[i].p[k] < 0x7f && !strchr("\"\\", v[i].p[k]);
        yg_buf_printf(&all, "%s%.*s", i ? " " : "", YG_STR_ARG(v[i]));
    }
    if (yg_buf_status(&all) != YG_OK || !openid || !clean)
        st = wrong(r, "scopes", "a list of words, `openid` among them");
    else
        s->scopes = yg_arena_str(r->arena, yg_buf_str(&all));
    yg_buf_fini(&all);
    return st == YG_OK && !s->scopes.p ? no_memory(r) : st;
}

static enum yg_status read_label(const struct reader *r, struct yg_oidc_settings *s)
{
    struct yg_str host =
        behind(s->issuer, s->plain ? sizeof(HTTP) - 1 : sizeof(HTTPS) - 1);
    struct yg_buf b;
    enum yg_status st = text(r, "label", YG_STR_NONE, &s->label);

    if (st != YG_OK || s->label.p)
        return st;
    yg_buf_init(&b, 2 * YG_OIDC_URL_MAX);
    host = yg_str_cut(&host, '/');
    yg_buf_printf(&b, "Log in with %.*s", YG_STR_ARG(host));
    s->label = yg_arena_str(r->arena, yg_buf_str(&b));
    yg_buf_fini(&b);
    return s->label.p ? YG_OK : no_memory(r);
}

/* ---- what they may ---------------------------------------------------------------- */

static enum yg_status read_role(const struct reader *r, const struct yg_yaml *n,
                                const struct yg_oidc_settings *s,
                                struct yg_oidc_role *out)
{
    out->value = n->key.text;
    if (n->type != YG_YAML_TEXT || !yg_role_of(n->text, &out->role))
        return yg_yaml_error(r->err, r->path, n,
                             "\"%.*s\" is no role; docs/people.md has them",
                             YG_STR_ARG(n->text));
    if (out->role == YG_ROLE_SYSTEM_ADMIN && !s->allow_system_admin)
        return yg_yaml_error(r->err, r->path, n,
                             "the provider may make system-admins only with "
                             "`allow_system_admin: true`");
    if (!s->tenant_claim.p && s->fixed.all && !yg_role_reaches(out->role, true))
        return yg_yaml_error(r->err, r->path, n,
                             "role %s is for named tenants, and `tenants` says all",
                             yg_role_name(out->role));
    return YG_OK;
}

static enum yg_status read_roles(const struct reader *r, struct yg_oidc_settings *s)
{
    const struct yg_yaml *table = yg_yaml_get(r->table, "roles"),
                         *allow = yg_yaml_get(r->table, "allow_system_admin");
    enum yg_status st = text(r, "role_claim", YG_STR_NONE, &s->role_claim);

    if (st == YG_OK && allow && !yg_yaml_bool(allow, &s->allow_system_admin))
        st = wrong(r, "allow_system_admin", "true or false");
    if (st == YG_OK && !s->role_claim.p)
        st = wrong(r, "role_claim", "the claim whose values `roles` names");
    if (st == YG_OK && (!table || table->type != YG_YAML_TABLE || table->count == 0 ||
                        table->count > YG_OIDC_ROWS_MAX))
        st = wrong(r, "roles", "a table: value of the claim: role");
    if (st != YG_OK)
        return st;
    struct yg_oidc_role *role = yg_arena_zalloc(r->arena, table->count * sizeof(*role));
    if (!role)
        return no_memory(r);
    for (const struct yg_yaml *n = table->first; n && st == YG_OK; n = n->next)
        st = read_role(r, n, s, &role[s->roles++]);
    s->role = role;
    return st;
}

static bool is_tenant(struct yg_str name)
{
    return name.n > 0 && name.n <= 100 && yg_value_printable(name);
}

static enum yg_status tenant_table(const struct reader *r, const struct yg_yaml *table,
                                   struct yg_oidc_settings *s)
{
    struct yg_oidc_tenant *row = yg_arena_zalloc(r->arena, table->count * sizeof(*row));

    if (!row)
        return no_memory(r);
    for (const struct yg_yaml *n = table->first; n; n = n->next) {
        if (n->type != YG_YAML_TEXT || !is_tenant(n->text))
            return yg_yaml_error(r->err, r->path, n,
                                 "a tenant's name is 1 to 100 bytes of visible text");
        row[s->tenants++] = (struct yg_oidc_tenant){
            n->key.text, yg_str_eq(n->text, YG_STR("all")) ? YG_STR_NONE : n->text
        };
    }
    s->tenant = row;
    return YG_OK;
}

static enum yg_status read_tenants(const struct reader *r, struct yg_oidc_settings *s)
{
    const struct yg_yaml *node = yg_yaml_get(r->table, "tenants");
    struct yg_str *v;
    size_t n;
    enum yg_status st = text(r, "tenant_claim", YG_STR_NONE, &s->tenant_claim);

    if (st != YG_OK)
        return st;
    if (s->tenant_claim.p)
        return node && node->type == YG_YAML_TABLE && node->count > 0 &&
                       node->count <= YG_OIDC_ROWS_MAX
                   ? tenant_table(r, node, s)
                   : wrong(r, "tenants",
                           "a table: value of tenant_claim: tenant, or all");
    if (!node || node->type == YG_YAML_TABLE)
        return wrong(r, "tenants", "all, or a list of tenants");
    if (node->type == YG_YAML_TEXT && yg_str_eq(node->text, YG_STR("all"))) {
        s->fixed = YG_SCOPE_ALL;
        return YG_OK;
    }
    st = texts(r, "tenants", &v, &n);
    for (size_t i = 0; st == YG_OK && i < n; i++)
        if (!is_tenant(v[i]))
            st = wrong(r, "tenants", "names of 1 to 100 bytes of visible text");
    if (st == YG_OK && n == 0)
        st = wrong(r, "tenants", "all, or a list of tenants");
    if (st == YG_OK)
        s->fixed = yg_scope_of(v, n);
    return st;
}

static enum yg_status read_domains(const struct reader *r, struct yg_oidc_settings *s)
{
    struct yg_str *v;
    enum yg_status st = texts(r, "mail_domains", &v, &s->domains);

    for (size_t i = 0; st == YG_OK && i < s->domains; i++)
        if (!is_host(v[i]) || memchr(v[i].p, ':', v[i].n))
            st = wrong(r, "mail_domains", "a list such as [example.org]");
    s->domain = v;
    return st;
}

static enum yg_status read_all(const struct reader *r, struct yg_oidc_settings *s)
{
    enum yg_status st = read_issuer(r, s);

    if (st == YG_OK)
        st = read_client(r, s);
    if (st == YG_OK)
        st = read_label(r, s);
    if (st == YG_OK)
        st = read_scopes(r, s);
    if (st == YG_OK)
        st = text(r, "name_claim", YG_STR("preferred_username"), &s->name_claim);
    if (st == YG_OK)
        st = read_tenants(r, s);
    if (st == YG_OK)
        st = read_roles(r, s);
    return st == YG_OK ? read_domains(r, s) : st;
}

enum yg_status yg_oidc_parse(struct yg_arena *arena, const char *path, struct yg_str in,
                             struct yg_oidc_settings *out, struct yg_err *err)
{
    struct reader r = { arena, path, err, NULL };
    const struct yg_yaml *root = NULL;
    const char *names[YG_ARRAY_LEN(item)];
    enum yg_status st = yg_yaml_parse(arena, path, in, &root, err);

    *out = (struct yg_oidc_settings){ .on = false };
    r.table =
        st == YG_OK && root->type == YG_YAML_TABLE ? yg_yaml_get(root, "oidc") : NULL;
    if (!r.table || yg_yaml_is_null(r.table))
        return st;
    struct yg_oidc_settings s = { .on = true, .written = r.table };
    if (r.table->type != YG_YAML_TABLE)
        return yg_yaml_key_error(err, path, r.table, "oidc is a table");
    for (size_t i = 0; i < YG_ARRAY_LEN(item); i++)
        names[i] = item[i].name;
    st = yg_yaml_known_keys(r.table, path, names, YG_ARRAY_LEN(names), err);
    if (st == YG_OK)
        st = read_all(&r, &s);
    if (st == YG_OK)
        *out = s;
    return st;
}

enum yg_status yg_oidc_read(struct yg_arena *arena, const char *path,
                            struct yg_oidc_settings *out, struct yg_err *err)
{
    struct yg_str in;
    enum yg_status st = yg_textfile_read(arena, path, YG_YAML_TEXT_MAX, &in, err);

    return st == YG_OK ? yg_oidc_parse(arena, path, in, out, err) : st;
}

void yg_oidc_print(const struct yg_oidc_settings *s, struct yg_buf *out)
{
    yg_buf_printf(out,
                  "\n# login by an OpenID Connect provider (docs/people.md); items:\n");
    for (size_t i = 0; i < YG_ARRAY_LEN(item); i++)
        yg_buf_printf(out, "#   %-18s  %s\n", item[i].name, item[i].help);
    if (!s->on)
        return;
    yg_buf_printf(out, "oidc:");
    yg_yaml_print(s->written, 2, out);
}
