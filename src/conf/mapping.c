/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/mapping.h"

#include "conf/nearest.h"
#include "conf/yaml.h"
#include "event/ip.h"

struct read {
    struct yg_arena *arena;
    const char *path;
    struct yg_err *err;
    struct yg_mapping *map;
    struct yg_map_rule rule[YG_MAP_RULES_MAX];
};

static enum yg_status no_memory(struct read *r)
{
    yg_err_at(r->err, r->path, 0, 0);
    return yg_err_set(r->err, YG_ENOMEM, "no memory left for this mapping");
}

static enum yg_status want_type(struct read *r, const struct yg_yaml *n,
                                enum yg_yaml_type type)
{
    static const char *const name[] = { "a text", "a list", "a table" };

    if (n->type == type)
        return YG_OK;
    return yg_yaml_key_error(r->err, r->path, n, "\"%.*s\" must be %s, not %s",
                             YG_STR_ARG(n->key.text), name[type], name[n->type]);
}

/* A text that is not empty. */
static enum yg_status want_text(struct read *r, const struct yg_yaml *n,
                                struct yg_str *out)
{
    enum yg_status st = want_type(r, n, YG_YAML_TEXT);

    if (st != YG_OK)
        return st;
    if (n->text.n == 0 || yg_yaml_is_null(n))
        return yg_yaml_key_error(r->err, r->path, n, "\"%.*s\" has no value",
                                 YG_STR_ARG(n->key.text));
    *out = n->text;
    return YG_OK;
}

static enum yg_status want_one_of(struct read *r, const struct yg_yaml *n,
                                  const char *const *names, size_t count, size_t *out)
{
    char hint[YG_NEAREST_HINT_MAX];
    struct yg_str text;
    enum yg_status st = want_text(r, n, &text);

    if (st != YG_OK)
        return st;
    for (size_t i = 0; i < count; i++) {
        if (yg_str_eq(text, yg_str_of(names[i]))) {
            *out = i;
            return YG_OK;
        }
    }
    return yg_yaml_error(r->err, r->path, n, "\"%.*s\" is not a known %.*s%s",
                         YG_STR_ARG(text), YG_STR_ARG(n->key.text),
                         yg_nearest_hint(text, names, count, hint));
}

static enum yg_status read_format(struct read *r, const struct yg_yaml *root)
{
    static const char *const name[] = { "delimited", "jsonl" };
    const struct yg_yaml *n = yg_yaml_get(root, "format");
    size_t i = 0;

    if (!n)
        return yg_yaml_error(r->err, r->path, root,
                             "\"format\" is missing; write format: delimited or jsonl");
    enum yg_status st = want_one_of(r, n, name, YG_ARRAY_LEN(name), &i);
    r->map->shape = i == 0 ? YG_MAP_DELIMITED : YG_MAP_JSONL;
    return st;
}

/* Keys that only make sense for delimited text. */
static enum yg_status only_delimited(struct read *r, const struct yg_yaml *n)
{
    if (r->map->shape == YG_MAP_DELIMITED)
        return YG_OK;
    return yg_yaml_key_error(r->err, r->path, n,
                             "\"%.*s\" is for format: delimited; remove it",
                             YG_STR_ARG(n->key.text));
}

static enum yg_status read_delimiter(struct read *r, const struct yg_yaml *root)
{
    const struct yg_yaml *n = yg_yaml_get(root, "delimiter");
    struct yg_str text;

    r->map->delimiter = ',';
    if (!n)
        return YG_OK;
    enum yg_status st = only_delimited(r, n);
    if (st == YG_OK)
        st = want_text(r, n, &text);
    if (st != YG_OK)
        return st;
    if (yg_str_eq(text, YG_STR("\\t")))
        text = YG_STR("\t");
    unsigned char c = (unsigned char)text.p[0];
    if (text.n != 1 || c == '"' || c == '\r' || c == '\n' || c >= 0x7f)
        return yg_yaml_error(r->err, r->path, n,
                             "the delimiter is one ASCII character other than a quote, "
                             "or \"\\t\"");
    r->map->delimiter = (char)c;
    return YG_OK;
}

static enum yg_status read_columns(struct read *r, const struct yg_yaml *root)
{
    const struct yg_yaml *n = yg_yaml_get(root, "columns");
    size_t i = 0;

    if (!n)
        return YG_OK;
    enum yg_status st = only_delimited(r, n);
    if (st == YG_OK)
        st = want_type(r, n, YG_YAML_LIST);
    if (st != YG_OK)
        return st;
    if (n->count == 0 || n->count > YG_MAP_COLUMNS_MAX)
        return yg_yaml_error(r->err, r->path, n, "\"columns\" lists 1 to %d names",
                             YG_MAP_COLUMNS_MAX);
    struct yg_str *column = yg_arena_alloc(r->arena, n->count * sizeof(*column));
    if (!column)
        return no_memory(r);
    for (const struct yg_yaml *c = n->first; c; c = c->next) {
        if (c->type != YG_YAML_TEXT || c->text.n == 0)
            return yg_yaml_error(r->err, r->path, c, "a column's name is a text");
        for (size_t j = 0; j < i; j++)
            if (yg_str_eq(column[j], c->text))
                return yg_yaml_error(r->err, r->path, c, "column \"%.*s\" is named twice",
                                     YG_STR_ARG(c->text));
        column[i++] = c->text;
    }
    r->map->column = column;
    r->map->column_count = i;
    return YG_OK;
}

static enum yg_status read_general(struct read *r, const struct yg_yaml *root)
{
    const struct yg_yaml *product = yg_yaml_get(root, "product");
    const struct yg_yaml *log = yg_yaml_get(root, "log");
    enum yg_status st = read_format(r, root);

    if (st == YG_OK)
        st = read_delimiter(r, root);
    if (st == YG_OK)
        st = read_columns(r, root);
    if (st == YG_OK && product)
        st = want_text(r, product, &r->map->product);
    if (st == YG_OK && log && !yg_yaml_bool(log, &r->map->log))
        st = yg_yaml_key_error(r->err, r->path, log, "\"log\" must be true or false");
    return st;
}

/* `from` of a rule: with a column list it must be one of them. */
static enum yg_status read_from(struct read *r, const struct yg_yaml *n,
                                struct yg_map_rule *rule)
{
    const struct yg_mapping *m = r->map;
    const char *name[YG_MAP_COLUMNS_MAX];
    char hint[YG_NEAREST_HINT_MAX];
    enum yg_status st = want_text(r, n, &rule->from);

    if (st != YG_OK || m->column_count == 0)
        return st;
    for (size_t i = 0; i < m->column_count; i++) {
        if (yg_str_eq(m->column[i], rule->from))
            return YG_OK;
        name[i] = m->column[i].p; /* arena strings end in NUL */
    }
    return yg_yaml_error(r->err, r->path, n, "no column \"%.*s\"%s",
                         YG_STR_ARG(rule->from),
                         yg_nearest_hint(rule->from, name, m->column_count, hint));
}

static enum yg_status read_as(struct read *r, const struct yg_yaml *n,
                              struct yg_map_rule *rule)
{
    static const char *const name[] = {
        [YG_MAP_ISO] = "iso",           [YG_MAP_EPOCH] = "epoch",
        [YG_MAP_EPOCH_MS] = "epoch_ms", [YG_MAP_EPOCH_US] = "epoch_us",
        [YG_MAP_EPOCH_NS] = "epoch_ns",
    };
    size_t i = YG_MAP_ISO;

    if (!n)
        return YG_OK;
    if (rule->target == YG_MAP_TO_DEVICE ||
        (rule->target == YG_MAP_TO_FIELD && yg_field_info[rule->field].type != YG_T_TIME))
        return yg_yaml_key_error(r->err, r->path, n, "\"as\" is for times; remove it");
    enum yg_status st = want_one_of(r, n, name, YG_ARRAY_LEN(name), &i);
    rule->as = (enum yg_map_time)i;
    return st;
}

/* Is `text` readable as what the rule fills? NULL: yes; else what it must be. */
static const char *unfit(const struct yg_map_rule *rule, struct yg_str text)
{
    unsigned char ip[YG_IP_SIZE];
    enum yg_device device;
    enum yg_level level;
    uint64_t u;

    if (text.n == 0)
        return NULL; /* nothing: the field stays unset */
    if (rule->target == YG_MAP_TO_DEVICE)
        return yg_device_of(text, &device)
                   ? NULL
                   : "a kind of device (ids, host, anomaly, firewall, waf, web, proxy, "
                     "dns, mail, antivirus, sandbox, auth, other)";
    if (rule->field == YG_F_VERDICT)
        return yg_level_of(text, &level) ? NULL : "a verdict (FP, L1, L2, L3, L4)";
    switch (yg_field_info[rule->field].type) {
    case YG_T_U64:
        return yg_str_u64(text, &u) ? NULL : "a whole number";
    case YG_T_IP:
        return yg_ip_parse(text, ip) ? NULL : "an address";
    case YG_T_TIME:
        return "read from the record: times have no constants and values";
    case YG_T_STR:
    case YG_T_BYTES:
        break;
    }
    return NULL;
}

/* A result text of a rule, checked; null is the empty text. */
static enum yg_status read_result(struct read *r, const struct yg_yaml *n,
                                  const struct yg_map_rule *rule, struct yg_str *out)
{
    if (n->type != YG_YAML_TEXT)
        return yg_yaml_error(r->err, r->path, n, "\"%.*s\" must be a text",
                             YG_STR_ARG(n->key.text));
    struct yg_str text = yg_yaml_is_null(n) ? YG_STR("") : n->text;
    const char *must = unfit(rule, text);
    if (must)
        return yg_yaml_error(r->err, r->path, n, "\"%.*s\" must be %s", YG_STR_ARG(text),
                             must);
    *out = text;
    return YG_OK;
}

static enum yg_status read_values(struct read *r, const struct yg_yaml *n,
                                  struct yg_map_rule *rule)
{
    size_t i = 0;

    if (!n)
        return YG_OK;
    enum yg_status st = want_type(r, n, YG_YAML_TABLE);
    if (st != YG_OK)
        return st;
    if (n->count == 0 || n->count > YG_MAP_VALUES_MAX)
        return yg_yaml_key_error(r->err, r->path, n, "\"values\" has 1 to %d entries",
                                 YG_MAP_VALUES_MAX);
    struct yg_map_value *value = yg_arena_alloc(r->arena, n->count * sizeof(*value));
    if (!value)
        return no_memory(r);
    for (const struct yg_yaml *c = n->first; c && st == YG_OK; c = c->next, i++) {
        struct yg_str match = c->key.text;
        bool prefix = match.n > 0 && match.p[match.n - 1] == '*';
        value[i].match = (struct yg_str){ match.p, match.n - (prefix ? 1 : 0) };
        value[i].prefix = prefix;
        st = read_result(r, c, rule, &value[i].text);
    }
    rule->value = value;
    rule->value_count = n->count;
    return st;
}

static enum yg_status read_rule_table(struct read *r, const struct yg_yaml *n,
                                      struct yg_map_rule *rule)
{
    static const char *const known[] = { "from", "constant", "values", "otherwise",
                                         "as" };
    const struct yg_yaml *from = yg_yaml_get(n, "from");
    const struct yg_yaml *constant = yg_yaml_get(n, "constant");
    const struct yg_yaml *values = yg_yaml_get(n, "values");
    const struct yg_yaml *otherwise = yg_yaml_get(n, "otherwise");
    enum yg_status st =
        yg_yaml_known_keys(n, r->path, known, YG_ARRAY_LEN(known), r->err);

    if (st != YG_OK)
        return st;
    if (!from == !constant || (constant && (values || otherwise)))
        return yg_yaml_key_error(r->err, r->path, n,
                                 "\"%.*s\" needs either \"from\" (with \"values\" and "
                                 "\"otherwise\" as wanted) or \"constant\" alone",
                                 YG_STR_ARG(n->key.text));
    if (constant && constant->text.n == 0)
        return yg_yaml_key_error(r->err, r->path, constant, "\"constant\" has no value");
    st = read_as(r, yg_yaml_get(n, "as"), rule);
    if (st == YG_OK)
        st = from ? read_from(r, from, rule)
                  : read_result(r, constant, rule, &rule->constant);
    if (st == YG_OK)
        st = read_values(r, values, rule);
    if (st == YG_OK && otherwise)
        st = read_result(r, otherwise, rule, &rule->otherwise);
    return st;
}

static enum yg_status read_rule(struct read *r, const struct yg_yaml *n,
                                struct yg_map_rule rule)
{
    if (r->map->rule_count >= YG_MAP_RULES_MAX)
        return yg_yaml_key_error(r->err, r->path, n, "more than %d fields",
                                 YG_MAP_RULES_MAX);
    enum yg_status st =
        n->type == YG_YAML_TABLE ? read_rule_table(r, n, &rule) : read_from(r, n, &rule);
    if (st == YG_OK)
        r->rule[r->map->rule_count++] = rule;
    return st;
}

static enum yg_status read_time(struct read *r, const struct yg_yaml *root)
{
    static const char *const known[] = { "from", "as" };
    const struct yg_yaml *n = yg_yaml_get(root, "time");
    enum yg_status st = YG_OK;

    if (!n)
        return yg_yaml_error(r->err, r->path, root,
                             "\"time\" is missing; write time: { from: ..., as: iso }");
    if (n->type == YG_YAML_TABLE)
        st = yg_yaml_known_keys(n, r->path, known, YG_ARRAY_LEN(known), r->err);
    if (st == YG_OK)
        st = read_rule(r, n, (struct yg_map_rule){ .target = YG_MAP_TO_TIME });
    return st;
}

static enum yg_status unknown_field(struct read *r, const struct yg_yaml *n)
{
    const char *name[YG_FIELD_COUNT];
    char hint[YG_NEAREST_HINT_MAX];

    for (size_t i = 0; i < YG_FIELD_COUNT; i++)
        name[i] = yg_field_info[i].name;
    return yg_yaml_key_error(r->err, r->path, n, "no canonical field \"%.*s\"%s",
                             YG_STR_ARG(n->key.text),
                             yg_nearest_hint(n->key.text, name, YG_FIELD_COUNT, hint));
}

static enum yg_status read_fields(struct read *r, const struct yg_yaml *root)
{
    const struct yg_yaml *n = yg_yaml_get(root, "fields");
    bool signature = false;

    if (!n)
        return yg_yaml_error(r->err, r->path, root,
                             "\"fields\" is missing; map at least rule.id");
    enum yg_status st = want_type(r, n, YG_YAML_TABLE);
    for (const struct yg_yaml *c = n->first; c && st == YG_OK; c = c->next) {
        int field = yg_field_by_name(c->key.text);
        if (field < 0)
            return unknown_field(r, c);
        signature = signature || field == YG_F_RULE_ID || field == YG_F_RULE_NAME;
        st = read_rule(r, c,
                       (struct yg_map_rule){ .target = YG_MAP_TO_FIELD,
                                             .field = (enum yg_field)field });
    }
    if (st == YG_OK && !signature && !r->map->log)
        st = yg_yaml_key_error(r->err, r->path, n,
                               "alerts need a signature: map rule.id or rule.name, or "
                               "say log: true");
    return st;
}

static enum yg_status read_root(struct read *r, const struct yg_yaml *root)
{
    static const char *const known[] = { "format", "delimiter", "columns", "product",
                                         "log",    "time",      "device",  "fields" };
    const struct yg_yaml *device;

    if (root->type != YG_YAML_TABLE)
        return yg_yaml_error(r->err, r->path, root,
                             "a mapping is a table; begin with format: delimited");
    enum yg_status st =
        yg_yaml_known_keys(root, r->path, known, YG_ARRAY_LEN(known), r->err);
    if (st == YG_OK)
        st = read_general(r, root);
    if (st == YG_OK)
        st = read_time(r, root);
    if (st == YG_OK && (device = yg_yaml_get(root, "device")) != NULL)
        st = read_rule(r, device, (struct yg_map_rule){ .target = YG_MAP_TO_DEVICE });
    if (st == YG_OK)
        st = read_fields(r, root);
    return st;
}

enum yg_status yg_mapping_parse(struct yg_arena *arena, const char *path,
                                struct yg_str text, const struct yg_mapping **out,
                                struct yg_err *err)
{
    struct read r = { .arena = arena, .path = path, .err = err };
    const struct yg_yaml *root = NULL;
    enum yg_status st = yg_yaml_parse(arena, path, text, &root, err);

    if (st != YG_OK)
        return st;
    r.map = yg_arena_zalloc(arena, sizeof(*r.map));
    if (!r.map)
        return no_memory(&r);
    st = read_root(&r, root);
    if (st != YG_OK)
        return st;
    struct yg_map_rule *rule =
        yg_arena_alloc(arena, r.map->rule_count * sizeof(*r.map->rule));
    if (!rule)
        return no_memory(&r);
    memcpy(rule, r.rule, r.map->rule_count * sizeof(*rule));
    r.map->rule = rule;
    *out = r.map;
    return YG_OK;
}

static struct yg_str text_or_nothing(struct yg_str s)
{
    return s.n > 0 ? s : YG_STR_NONE;
}

struct yg_str yg_mapping_value(const struct yg_map_rule *rule, struct yg_str in)
{
    if (rule->from.n == 0)
        return rule->constant;
    for (size_t i = 0; i < rule->value_count; i++) {
        const struct yg_map_value *v = &rule->value[i];
        if (v->prefix ? yg_str_starts(in, v->match) : yg_str_eq(in, v->match))
            return text_or_nothing(v->text);
    }
    if (rule->otherwise.p)
        return text_or_nothing(rule->otherwise);
    if (rule->value_count > 0 &&
        (rule->target == YG_MAP_TO_DEVICE ||
         (rule->target == YG_MAP_TO_FIELD && rule->field == YG_F_VERDICT)))
        return YG_STR_NONE;
    return text_or_nothing(in);
}
