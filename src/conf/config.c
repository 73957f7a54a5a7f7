/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/config.h"

#include "conf/nearest.h"
#include "conf/textfile.h"
#include "conf/value.h"
#include "conf/yaml.h"

#include <stdio.h>
#include <stdlib.h>

const struct yg_config_info yg_config_info[YG_CONFIG_ITEMS] = {
#define YG_ITEM(type, id, unit, least, most, value, help)                                \
    {                                                                                    \
        #id,                                                                             \
        unit,                                                                            \
        value,                                                                           \
        help,                                                                            \
        YG_CONF_##type,                                                                  \
        least,                                                                           \
        most,                                                                            \
        offsetof(struct yg_config, id)                                                   \
    },
#include "conf/config.def"
#undef YG_ITEM
};

/* One item's value between text and its place in struct yg_config. */
struct value {
    struct yg_str text; /* TEXT, ADDRESS: borrowed from what was read */
    uint64_t u;         /* COUNT, SPAN, SIZE, LEVEL */
    double f;           /* RATE */
};

static bool rate(struct yg_str s, double *out)
{
    bool percent = s.n > 0 && s.p[s.n - 1] == '%';

    if (percent)
        s = yg_str_trim((struct yg_str){ s.p, s.n - 1 });
    if (!yg_str_f64(s, out))
        return false;
    if (percent)
        *out /= 100.0;
    return true;
}

bool yg_address_split(struct yg_str address, struct yg_str *host, uint16_t *port)
{
    uint64_t v;
    size_t n = address.n;

    while (n > 0 && address.p[n - 1] != ':')
        n--;
    if (n == 0 || !yg_str_u64((struct yg_str){ address.p + n, address.n - n }, &v) ||
        v > UINT16_MAX)
        return false;
    struct yg_str h = { address.p, n - 1 };
    bool bracket = h.n >= 2 && h.p[0] == '[' && h.p[h.n - 1] == ']';
    if (bracket)
        h = (struct yg_str){ h.p + 1, h.n - 2 };
    if (h.n > 0 && !bracket && memchr(h.p, ':', h.n))
        return false; /* an IPv6 address without brackets is ambiguous */
    for (size_t i = 0; i < h.n; i++)
        if ((unsigned char)h.p[i] <= ' ' || strchr("[]/@", h.p[i]))
            return false;
    *host = h;
    *port = (uint16_t)v;
    return true;
}

/* NULL: read into `*v`; else what the item must look like. */
static const char *read_value(const struct yg_config_info *info, struct yg_str s,
                              struct value *v)
{
    struct yg_str host;
    enum yg_level level;
    uint16_t port;

    v->text = s;
    switch (info->type) {
    case YG_CONF_TEXT:
        return s.n > 0 && yg_value_printable(s) ? NULL
                                                : "a text without control characters";
    case YG_CONF_ADDRESS:
        return yg_address_split(s, &host, &port) && yg_value_printable(s) ? NULL
                                                                          : "host:port";
    case YG_CONF_COUNT:
        return yg_str_u64(s, &v->u) ? NULL : "a whole number";
    case YG_CONF_RATE:
        return rate(s, &v->f) ? NULL : "a share such as 0.05 or 5%";
    case YG_CONF_SPAN:
        return yg_value_unit(s, yg_span_unit, &v->u) ? NULL
                                                     : "a time such as 30 min, 12 h, 7 d";
    case YG_CONF_SIZE:
        return yg_value_unit(s, yg_size_unit, &v->u) ? NULL
                                                     : "a size such as 64 KiB or 1 MiB";
    case YG_CONF_LEVEL:
        if (!yg_level_of(s, &level))
            return "a level: L1, L2, L3 or L4";
        v->u = (uint64_t)level;
        return NULL;
    }
    return "something else";
}

static bool in_range(const struct yg_config_info *info, const struct value *v)
{
    double x = info->type == YG_CONF_RATE ? v->f : (double)v->u;

    return (info->least == 0 && info->most == 0) || (x >= info->least && x <= info->most);
}

static void store(struct yg_config *c, const struct yg_config_info *info,
                  const struct value *v)
{
    void *at = (char *)c + info->offset;
    enum yg_level level = (enum yg_level)v->u;

    switch (info->type) {
    case YG_CONF_TEXT:
    case YG_CONF_ADDRESS:
        memcpy(at, &v->text, sizeof(v->text));
        break;
    case YG_CONF_RATE:
        memcpy(at, &v->f, sizeof(v->f));
        break;
    case YG_CONF_LEVEL:
        memcpy(at, &level, sizeof(level));
        break;
    case YG_CONF_COUNT:
    case YG_CONF_SPAN:
    case YG_CONF_SIZE:
        memcpy(at, &v->u, sizeof(v->u));
        break;
    }
}

static struct value load(const struct yg_config *c, const struct yg_config_info *info)
{
    const void *at = (const char *)c + info->offset;
    struct value v = { .u = 0 };
    enum yg_level level;

    switch (info->type) {
    case YG_CONF_TEXT:
    case YG_CONF_ADDRESS:
        memcpy(&v.text, at, sizeof(v.text));
        break;
    case YG_CONF_RATE:
        memcpy(&v.f, at, sizeof(v.f));
        break;
    case YG_CONF_LEVEL:
        memcpy(&level, at, sizeof(level));
        v.u = (uint64_t)level;
        break;
    case YG_CONF_COUNT:
    case YG_CONF_SPAN:
    case YG_CONF_SIZE:
        memcpy(&v.u, at, sizeof(v.u));
        break;
    }
    return v;
}

/* The fewest digits that read back equal. */
static void shortest(double v, char *out, size_t size)
{
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(out, size, "%.*g", digits, v);
        if (strtod(out, NULL) == v)
            return;
    }
}

static void print_value(const struct yg_config_info *info, const struct value *v,
                        char *out, size_t size)
{
    switch (info->type) {
    case YG_CONF_TEXT:
    case YG_CONF_ADDRESS:
        snprintf(out, size, "%.*s", YG_STR_ARG(v->text));
        break;
    case YG_CONF_COUNT:
        snprintf(out, size, "%llu", (unsigned long long)v->u);
        break;
    case YG_CONF_RATE:
        shortest(v->f, out, size);
        break;
    case YG_CONF_SPAN:
        yg_value_print_unit(v->u, yg_span_unit, out, size);
        break;
    case YG_CONF_SIZE:
        yg_value_print_unit(v->u, yg_size_unit, out, size);
        break;
    case YG_CONF_LEVEL:
        snprintf(out, size, "%s", yg_level_name((unsigned)v->u));
        break;
    }
}

/* "0.001 to 0.05", in the units people write. */
static const char *range_text(const struct yg_config_info *info, char *out, size_t size)
{
    struct value least = { .u = 0 }, most = { .u = 0 };
    char a[64], b[64];

    if (info->type == YG_CONF_RATE) {
        snprintf(out, size, "%g to %g", info->least, info->most);
        return out;
    }
    least.u = (uint64_t)info->least;
    most.u = (uint64_t)info->most;
    print_value(info, &least, a, sizeof(a));
    print_value(info, &most, b, sizeof(b));
    snprintf(out, size, "%s to %s", a, b);
    return out;
}

static const struct yg_config_info *info_of(struct yg_str name)
{
    for (size_t i = 0; i < YG_CONFIG_ITEMS; i++)
        if (yg_str_eq(name, yg_str_of(yg_config_info[i].name)))
            return &yg_config_info[i];
    return NULL;
}

static void item_names(const char *names[YG_CONFIG_ITEMS])
{
    for (size_t i = 0; i < YG_CONFIG_ITEMS; i++)
        names[i] = yg_config_info[i].name;
}

static enum yg_status set_item(struct yg_config *c, const struct yg_config_info *info,
                               struct yg_str text, struct yg_err *err)
{
    struct value v = { .u = 0 };
    const char *must = read_value(info, text, &v);
    char range[160];

    if (must)
        return yg_err_set(err, YG_EINVAL, "%s: \"%.*s\" must be %s", info->name,
                          YG_STR_ARG(text), must);
    if (!in_range(info, &v))
        return yg_err_set(err, YG_EINVAL, "%s: \"%.*s\" must be from %s", info->name,
                          YG_STR_ARG(text), range_text(info, range, sizeof(range)));
    store(c, info, &v);
    return YG_OK;
}

void yg_config_init(struct yg_config *c)
{
    *c = (struct yg_config){ .workers = 0 };
    for (size_t i = 0; i < YG_CONFIG_ITEMS; i++) {
        enum yg_status st =
            set_item(c, &yg_config_info[i], yg_str_of(yg_config_info[i].value), NULL);
        YG_ASSERT(st == YG_OK);
    }
}

enum yg_status yg_config_set(struct yg_config *c, struct yg_arena *arena,
                             struct yg_str name, struct yg_str value, struct yg_err *err)
{
    const struct yg_config_info *info = info_of(name);
    const char *names[YG_CONFIG_ITEMS];
    char hint[YG_NEAREST_HINT_MAX];

    yg_err_at(err, "", 0, 0);
    if (!info) {
        item_names(names);
        return yg_err_set(err, YG_EINVAL, "no setting \"%.*s\"%s", YG_STR_ARG(name),
                          yg_nearest_hint(name, names, YG_CONFIG_ITEMS, hint));
    }
    struct yg_str kept = yg_arena_str(arena, value);
    if (!kept.p)
        return yg_err_set(err, YG_ENOMEM, "no memory for a setting");
    return set_item(c, info, kept, err);
}

/* conf/inputs.h, oidc/settings.h, thin/rules.h */
static const char *const elsewhere[] = { "inputs", "oidc", "thin" };

static bool is_elsewhere(struct yg_str key)
{
    for (size_t i = 0; i < YG_ARRAY_LEN(elsewhere); i++)
        if (yg_str_eq(key, yg_str_of(elsewhere[i])))
            return true;
    return false;
}

enum yg_status yg_config_parse(struct yg_config *c, struct yg_arena *arena,
                               const char *path, struct yg_str text, struct yg_err *err)
{
    const char *names[YG_CONFIG_ITEMS + YG_ARRAY_LEN(elsewhere)];
    const struct yg_yaml *root = NULL;
    struct yg_config next = *c;
    enum yg_status st = yg_yaml_parse(arena, path, text, &root, err);

    if (st != YG_OK)
        return st;
    if (root->type != YG_YAML_TABLE)
        return yg_yaml_error(
            err, path, root,
            "a configuration is a table; write one \"key: value\" a line");
    item_names(names);
    memcpy(names + YG_CONFIG_ITEMS, elsewhere, sizeof(elsewhere));
    st = yg_yaml_known_keys(root, path, names, YG_ARRAY_LEN(names), err);
    for (const struct yg_yaml *n = root->first; n && st == YG_OK; n = n->next) {
        if (is_elsewhere(n->key.text))
            continue;
        if (n->type != YG_YAML_TEXT || yg_yaml_is_null(n))
            return yg_yaml_key_error(err, path, n, "\"%.*s\" needs one value",
                                     YG_STR_ARG(n->key.text));
        yg_err_at(err, path, n->line, n->column);
        st = set_item(&next, info_of(n->key.text), n->text, err);
    }
    if (st == YG_OK)
        *c = next;
    return st;
}

enum yg_status yg_config_read(struct yg_config *c, struct yg_arena *arena,
                              const char *path, struct yg_err *err)
{
    struct yg_str text;
    enum yg_status st = yg_textfile_read(arena, path, YG_YAML_TEXT_MAX, &text, err);

    return st == YG_OK ? yg_config_parse(c, arena, path, text, err) : st;
}

void yg_config_print(const struct yg_config *c, struct yg_buf *out)
{
    for (size_t i = 0; i < YG_CONFIG_ITEMS; i++) {
        const struct yg_config_info *info = &yg_config_info[i];
        struct value v = load(c, info);
        char text[160];
        yg_buf_printf(out, "%s# %s\n# default %s", i ? "\n" : "", info->help,
                      info->value);
        if (info->least != 0 || info->most != 0)
            yg_buf_printf(out, "; from %s", range_text(info, text, sizeof(text)));
        yg_buf_printf(out, "\n%s: ", info->name);
        if (info->type == YG_CONF_TEXT || info->type == YG_CONF_ADDRESS) {
            yg_value_quote(out, v.text);
        } else {
            print_value(info, &v, text, sizeof(text));
            yg_buf_str_add(out, yg_str_of(text));
        }
        yg_buf_char(out, '\n');
    }
}
