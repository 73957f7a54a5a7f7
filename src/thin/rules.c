/* SPDX-License-Identifier: Apache-2.0 */
#include "thin/rules.h"

#include "base/clock.h"
#include "conf/nearest.h"
#include "conf/textfile.h"
#include "conf/value.h"
#include "conf/yaml.h"
#include "event/ip.h"
#include "thin/tally.h"

#include <stdio.h>

#define SAMPLE_MAX 1000000
#define SPAN_MAX   86400 /* s of a merge */

struct reader {
    struct yg_arena *arena;
    const char *path;
    struct yg_err *err;
};

static const char *const key_name[] = { "name",  "owner", "reason", "expires",
                                        "match", "do",    "by" };

static enum yg_status no_memory(const struct reader *r)
{
    return yg_err_set(r->err, YG_ENOMEM, "no memory for a thinning rule");
}

/* ---- match ------------------------------------------------------------------------- */

/* The names that `match` takes: the first three, then those of the fields. */
static int field_of(struct yg_str name)
{
    if (yg_str_eq(name, YG_STR("tenant")))
        return YG_THIN_TENANT;
    if (yg_str_eq(name, YG_STR("source")))
        return YG_THIN_SOURCE;
    if (yg_str_eq(name, YG_STR("device")))
        return YG_THIN_DEVICE;
    int f = yg_field_by_name(name);
    return f < 0 ? YG_FIELD_COUNT : f;
}

static enum yg_status unknown_field(const struct reader *r, const struct yg_yaml *n,
                                    struct yg_str name, bool of_key)
{
    const char *names[YG_FIELD_COUNT + 3] = { "tenant", "source", "device" };
    char hint[YG_NEAREST_HINT_MAX];

    for (size_t i = 0; i < YG_FIELD_COUNT; i++)
        names[3 + i] = yg_field_info[i].name;
    yg_nearest_hint(name, names, YG_ARRAY_LEN(names), hint);
    if (of_key)
        return yg_yaml_key_error(r->err, r->path, n, "no field \"%.*s\"%s",
                                 YG_STR_ARG(name), hint);
    return yg_yaml_error(r->err, r->path, n, "no field \"%.*s\"%s", YG_STR_ARG(name),
                         hint);
}

static bool read_range(struct yg_str s, struct yg_thin_value *v)
{
    struct yg_str rest = s, least = yg_str_trim(yg_str_cut(&rest, '-'));

    if (!yg_str_u64(least, &v->least))
        return false;
    v->most = v->least;
    return !rest.p || (yg_str_u64(yg_str_trim(rest), &v->most) && v->most >= v->least);
}

static bool read_net(struct yg_str s, struct yg_thin_value *v)
{
    struct yg_str rest = s, address = yg_str_cut(&rest, '/');
    uint64_t bits = 0;

    if (!yg_ip_parse(address, v->ip))
        return false;
    bool v4 = memchr(address.p, ':', address.n) == NULL;
    uint64_t most = v4 ? 32 : 128;
    if (rest.p && (!yg_str_u64(rest, &bits) || bits > most))
        return false;
    v->least = rest.p ? bits + (v4 ? 96 : 0) : 128;
    for (size_t bit = (size_t)v->least; bit < 128; bit++)
        if (v->ip[bit / 8] >> (7 - bit % 8) & 1)
            return false; /* "10.1.2.3/8": which of the two is meant? */
    return true;
}

static bool read_device(struct yg_str s, struct yg_thin_value *v)
{
    enum yg_device device;

    if (!yg_device_of(s, &device))
        return false;
    v->least = v->most = (uint64_t)device;
    return true;
}

/* NULL: read into `*v`; else what the value must look like. */
static const char *read_value(int field, struct yg_str s, struct yg_thin_value *v)
{
    if (field == YG_THIN_DEVICE)
        return read_device(s, v) ? NULL : "a kind of device: ids, host, firewall, ...";
    if (field >= 0 && yg_field_info[field].type == YG_T_U64)
        return read_range(s, v) ? NULL : "a number or a range such as 1024-65535";
    if (field >= 0 && yg_field_info[field].type == YG_T_IP)
        return read_net(s, v) ? NULL : "an address or a network such as 10.0.0.0/8";
    v->text = s;
    return s.n > 0 && s.n <= YG_THIN_PATTERN && yg_value_printable(s)
               ? NULL
               : "a text of 1 to 256 bytes without control characters";
}

static enum yg_status put_value(const struct reader *r, const struct yg_yaml *n,
                                int field, struct yg_thin_value *v)
{
    if (n->type != YG_YAML_TEXT || yg_yaml_is_null(n))
        return yg_yaml_error(r->err, r->path, n, "a value of a match is a text");
    const char *must = read_value(field, n->text, v);
    return must ? yg_yaml_error(r->err, r->path, n, "\"%.*s\" must be %s",
                                YG_STR_ARG(n->text), must)
                : YG_OK;
}

static enum yg_status read_cond(const struct reader *r, const struct yg_yaml *n,
                                struct yg_thin_cond *c)
{
    bool list = n->type == YG_YAML_LIST;
    size_t count = list ? n->count : 1;
    enum yg_status st = YG_OK;

    c->field = field_of(n->key.text);
    if (c->field == YG_FIELD_COUNT)
        return unknown_field(r, n, n->key.text, true);
    if (c->field >= 0 && (yg_field_info[c->field].type == YG_T_BYTES ||
                          yg_field_info[c->field].type == YG_T_TIME))
        return yg_yaml_key_error(r->err, r->path, n,
                                 "a rule cannot match bytes or times");
    if (count == 0 || count > YG_THIN_VALUES)
        return yg_yaml_error(r->err, r->path, n, "write 1 to %d values", YG_THIN_VALUES);
    struct yg_thin_value *v = yg_arena_zalloc(r->arena, count * sizeof(*v));
    if (!v)
        return no_memory(r);
    const struct yg_yaml *item = list ? n->first : n;
    for (size_t i = 0; i < count && st == YG_OK; i++, item = item->next)
        st = put_value(r, item, c->field, &v[i]);
    c->value = v;
    c->values = (uint32_t)count;
    return st;
}

static enum yg_status read_match(const struct reader *r, const struct yg_yaml *n,
                                 struct yg_thin_rule *rule)
{
    enum yg_status st = YG_OK;

    if (n->type != YG_YAML_TABLE || n->count == 0 || n->count > YG_THIN_CONDS)
        return yg_yaml_key_error(r->err, r->path, n,
                                 "match is a table of 1 to %d fields, such as "
                                 "{ device: dns, dns.question.name: \"*.example\" }",
                                 YG_THIN_CONDS);
    for (const struct yg_yaml *c = n->first; c && st == YG_OK; c = c->next)
        st = read_cond(r, c, &rule->cond[rule->conds++]);
    return st;
}

/* ---- what is done ------------------------------------------------------------------ */

static enum yg_status read_do(const struct reader *r, const struct yg_yaml *n,
                              struct yg_thin_rule *rule)
{
    struct yg_str rest = n->text, word = yg_str_cut(&rest, ' ');
    uint64_t s;

    rest = yg_str_trim(rest);
    if (yg_str_eq(word, YG_STR("drop")) && rest.n == 0) {
        rule->what = YG_THIN_DROP;
        return YG_OK;
    }
    if (yg_str_eq(word, YG_STR("count")) && rest.n == 0) {
        rule->what = YG_THIN_COUNT;
        rule->span_ns = 3600 * YG_NS_PER_S;
        return YG_OK;
    }
    if (yg_str_eq(word, YG_STR("sample")) && yg_str_u64(rest, &rule->n) && rule->n >= 2 &&
        rule->n <= SAMPLE_MAX) {
        rule->what = YG_THIN_SAMPLE;
        return YG_OK;
    }
    if (yg_str_eq(word, YG_STR("merge")) && yg_value_unit(rest, yg_span_unit, &s) &&
        s >= 1 && s <= SPAN_MAX) {
        rule->what = YG_THIN_MERGE;
        rule->span_ns = (int64_t)s * YG_NS_PER_S;
        return YG_OK;
    }
    if (yg_str_eq(word, YG_STR("close")) && rest.n == 0) {
        rule->what = YG_THIN_CLOSE;
        return YG_OK;
    }
    return yg_yaml_error(r->err, r->path, n,
                         "do: \"%.*s\" must be drop, sample N (2 to %d), count, merge T "
                         "(1 s to 1 d, such as \"merge 60 s\") or, for alerts, close",
                         YG_STR_ARG(n->text), SAMPLE_MAX);
}

static enum yg_status read_by(const struct reader *r, const struct yg_yaml *n,
                              struct yg_thin_rule *rule)
{
    if (rule->what != YG_THIN_MERGE)
        return n ? yg_yaml_key_error(r->err, r->path, n,
                                     "`by` is of \"do: merge T\" only")
                 : YG_OK;
    if (!n || n->type != YG_YAML_LIST || n->count == 0 || n->count > YG_THIN_BY)
        return yg_yaml_error(
            r->err, r->path, n ? n : rule->written,
            "a merge needs `by`: a list of 1 to %d fields in which equal "
            "records are equal",
            YG_THIN_BY);
    for (const struct yg_yaml *f = n->first; f; f = f->next) {
        int field = f->type == YG_YAML_TEXT ? yg_field_by_name(f->text) : -1;
        if (field < 0)
            return unknown_field(r, f, f->text, false);
        rule->by[rule->bys++] = (uint8_t)field;
    }
    return YG_OK;
}

static enum yg_status read_expiry(const struct reader *r, const struct yg_yaml *n,
                                  struct yg_thin_rule *rule)
{
    char text[40];

    snprintf(text, sizeof(text), "%.*sT00:00:00Z", n->text.n > 10 ? 11 : (int)n->text.n,
             n->text.p);
    return n->text.n == 10 && yg_time_iso(yg_str_of(text), 0, &rule->expires_ns, NULL)
               ? YG_OK
               : yg_yaml_error(r->err, r->path, n,
                               "expires: \"%.*s\" must be a day such as 2027-03-01; the "
                               "rule is over when it begins (UTC)",
                               YG_STR_ARG(n->text));
}

/* ---- a rule ------------------------------------------------------------------------ */

/* What each rule must say in one text. */
static enum yg_status read_text(const struct reader *r, const struct yg_yaml *node,
                                const char *key, struct yg_str *out)
{
    const struct yg_yaml *n = yg_yaml_get(node, key);

    if (!n)
        return yg_yaml_error(r->err, r->path, node, "a rule needs `%s`", key);
    if (n->type != YG_YAML_TEXT || yg_yaml_is_null(n) || n->text.n == 0 ||
        n->text.n > YG_THIN_NAME_MAX || !yg_value_printable(n->text))
        return yg_yaml_key_error(r->err, r->path, n,
                                 "`%s` must be a text of 1 to %d bytes", key,
                                 YG_THIN_NAME_MAX);
    *out = n->text;
    return YG_OK;
}

/* As a person reads which rule it was. */
static enum yg_status write_says(const struct reader *r, struct yg_thin_rule *rule)
{
    char time[YG_TIME_TEXT_MAX];
    struct yg_buf text;

    yg_buf_init(&text, 4096);
    yg_buf_printf(&text, "%.*s (%.*s, %.*s, expires %.10s)", YG_STR_ARG(rule->name),
                  YG_STR_ARG(rule->owner), YG_STR_ARG(rule->reason),
                  yg_time_text(rule->expires_ns, time));
    if (yg_buf_status(&text) == YG_OK)
        rule->says = yg_arena_str(r->arena, yg_buf_str(&text));
    yg_buf_fini(&text);
    return rule->says.p ? YG_OK : no_memory(r);
}

static enum yg_status read_rule(const struct reader *r, const struct yg_yaml *node,
                                struct yg_thin_rule *rule)
{
    struct yg_str text;

    if (node->type != YG_YAML_TABLE)
        return yg_yaml_error(r->err, r->path, node,
                             "a rule is a table; write \"- name: ...\" and so on");
    rule->written = node;
    enum yg_status st =
        yg_yaml_known_keys(node, r->path, key_name, YG_ARRAY_LEN(key_name), r->err);
    if (st == YG_OK)
        st = read_text(r, node, "name", &rule->name);
    if (st == YG_OK)
        st = read_text(r, node, "owner", &rule->owner);
    if (st == YG_OK)
        st = read_text(r, node, "reason", &rule->reason);
    if (st == YG_OK)
        st = read_text(r, node, "expires", &text);
    if (st == YG_OK)
        st = read_expiry(r, yg_yaml_get(node, "expires"), rule);
    if (st == YG_OK && !yg_yaml_get(node, "match"))
        st = yg_yaml_error(r->err, r->path, node, "a rule needs `match`");
    if (st == YG_OK)
        st = read_match(r, yg_yaml_get(node, "match"), rule);
    if (st == YG_OK)
        st = read_text(r, node, "do", &text);
    if (st == YG_OK)
        st = read_do(r, yg_yaml_get(node, "do"), rule);
    if (st == YG_OK)
        st = write_says(r, rule);
    return st == YG_OK ? read_by(r, yg_yaml_get(node, "by"), rule) : st;
}

static enum yg_status check_twin(const struct reader *r, const struct yg_thin_rule *rule,
                                 uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (yg_str_eq(rule[i].name, rule[n].name))
            return yg_yaml_error(r->err, r->path, rule[n].written,
                                 "two rules are named \"%.*s\"; counts are kept by name",
                                 YG_STR_ARG(rule[n].name));
    return YG_OK;
}

enum yg_status yg_thin_parse(struct yg_arena *arena, const char *path, struct yg_str text,
                             int64_t now_ns, struct yg_thin_rules *out,
                             struct yg_err *err)
{
    const struct reader r = { arena, path, err };
    const struct yg_yaml *root = NULL;
    enum yg_status st = yg_yaml_parse(arena, path, text, &root, err);
    const struct yg_yaml *list =
        st == YG_OK && root->type == YG_YAML_TABLE ? yg_yaml_get(root, "thin") : NULL;

    *out = (struct yg_thin_rules){ .count = 0 };
    if (!list || yg_yaml_is_null(list))
        return st;
    if (list->type != YG_YAML_LIST)
        return yg_yaml_key_error(err, path, list, "thin is a list of rules");
    if (list->count > YG_THIN_RULES)
        return yg_yaml_key_error(err, path, list, "at most %d rules", YG_THIN_RULES);
    struct yg_thin_rule *rule = yg_arena_zalloc(arena, (list->count + 1) * sizeof(*rule));
    if (!rule)
        return no_memory(&r);
    uint32_t n = 0;
    for (const struct yg_yaml *node = list->first; node && st == YG_OK;
         node = node->next) {
        st = read_rule(&r, node, &rule[n]);
        rule[n].expired = rule[n].expires_ns <= now_ns;
        if (st == YG_OK)
            st = check_twin(&r, rule, n++);
    }
    if (st == YG_OK)
        *out = (struct yg_thin_rules){ rule, n };
    return st;
}

enum yg_status yg_thin_read(struct yg_arena *arena, const char *path, int64_t now_ns,
                            struct yg_thin_rules *out, struct yg_err *err)
{
    struct yg_str text;
    enum yg_status st = yg_textfile_read(arena, path, YG_YAML_TEXT_MAX, &text, err);

    return st == YG_OK ? yg_thin_parse(arena, path, text, now_ns, out, err) : st;
}

/* ---- as text ----------------------------------------------------------------------- */

static void print_list(const struct yg_yaml *n, struct yg_buf *out)
{
    yg_buf_char(out, '[');
    for (const struct yg_yaml *c = n->first; c; c = c->next) {
        yg_value_quote(out, c->text);
        yg_buf_str_add(out, c->next ? YG_STR(", ") : YG_STR(""));
    }
    yg_buf_char(out, ']');
}

static void print_node(const struct yg_yaml *n, struct yg_buf *out)
{
    if (n->type == YG_YAML_LIST)
        print_list(n, out);
    else
        yg_value_quote(out, n->text);
}

static void print_rule(const struct yg_yaml *node, struct yg_buf *out)
{
    const char *lead = "  - ";

    for (const struct yg_yaml *n = node->first; n; n = n->next) {
        yg_buf_printf(out, "%s%.*s:", lead, YG_STR_ARG(n->key.text));
        lead = "    ";
        if (n->type != YG_YAML_TABLE) {
            yg_buf_char(out, ' ');
            print_node(n, out);
            yg_buf_char(out, '\n');
            continue;
        }
        yg_buf_char(out, '\n');
        for (const struct yg_yaml *c = n->first; c; c = c->next) {
            yg_buf_printf(out, "      %.*s: ", YG_STR_ARG(c->key.text));
            print_node(c, out);
            yg_buf_char(out, '\n');
        }
    }
}

void yg_thin_print(const struct yg_thin_rules *rules, struct yg_buf *out)
{
    yg_buf_printf(out, "\n# rules that leave out context logs or close alerts, the first "
                       "that matches counts (docs/thin.md)\n");
    yg_buf_printf(out, rules->count == 0 ? "thin: []\n" : "thin:\n");
    for (uint32_t i = 0; i < rules->count; i++)
        print_rule(rules->rule[i].written, out);
}
