/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/inputs.h"

#include "base/clock.h"
#include "conf/mapping.h"
#include "conf/nearest.h"
#include "conf/secretfile.h"
#include "conf/textfile.h"
#include "conf/value.h"
#include "conf/yaml.h"

#include <stdio.h>
#include <stdlib.h>

#define MAPPING_MAX ((size_t)1 << 20)

enum type { TEXT, ADDRESS, COUNT, SPAN, SIZE, FLAG, ZONE, FILE_NAME, SECRET };
#define TYPE_TEXT    TEXT
#define TYPE_ADDRESS ADDRESS
#define TYPE_COUNT   COUNT
#define TYPE_SPAN    SPAN
#define TYPE_SIZE    SIZE
#define TYPE_FLAG    FLAG
#define TYPE_ZONE    ZONE
#define TYPE_FILE    FILE_NAME
#define TYPE_SECRET  SECRET

static const struct item {
    const char *name, *kinds, *value, *help;
    enum type type;
    uint64_t least, most;
    size_t offset; /* of the member of struct yg_input_conf */
} item[] = {
#define YG_INPUT(type, id, kinds, least, most, value, help)                              \
    { #id,         kinds, value, help,                                                   \
      TYPE_##type, least, most,  offsetof(struct yg_input_conf, id) },
#include "conf/inputs.def"
#undef YG_INPUT
};
#define ITEMS YG_ARRAY_LEN(item)

/* What an input of a kind cannot do without, and the transports it has (first: default).
 */
static const struct kind {
    const char *name, *must[2];
    const char *transport[3];
} kind[] = {
    { "syslog", { "listen", NULL }, { "tcp", "udp", "tls" } },
    { "unix", { "path", NULL }, { "stream", "dgram", NULL } },
    { "http", { "listen", NULL }, { NULL, NULL, NULL } },
    { "file", { "path", NULL }, { NULL, NULL, NULL } },
    { "kafka", { "brokers", "topics" }, { NULL, NULL, NULL } },
    { "opensearch", { "url", NULL }, { NULL, NULL, NULL } },
};

struct reader {
    struct yg_arena *arena;
    const char *path;
    struct yg_err *err;
};

static bool has_word(const char *words, struct yg_str word)
{
    struct yg_str rest = yg_str_of(words);

    while (rest.p) {
        struct yg_str w = yg_str_cut(&rest, ' ');
        if (yg_str_eq(w, word) || yg_str_eq(w, YG_STR("*")))
            return true;
    }
    return false;
}

static const struct kind *kind_of(struct yg_str name)
{
    for (size_t i = 0; i < YG_ARRAY_LEN(kind); i++)
        if (yg_str_eq(name, yg_str_of(kind[i].name)))
            return &kind[i];
    return NULL;
}

static const struct item *item_of(struct yg_str name)
{
    for (size_t i = 0; i < ITEMS; i++)
        if (yg_str_eq(name, yg_str_of(item[i].name)))
            return &item[i];
    return NULL;
}

static struct yg_str text_at(const struct yg_input_conf *c, const char *name)
{
    const struct item *it = item_of(yg_str_of(name));
    struct yg_str s;

    YG_ASSERT(it != NULL);
    memcpy(&s, (const char *)c + it->offset, sizeof(s));
    return s;
}

static bool zone_of(struct yg_str s, int *min)
{
    char probe[48];
    int64_t ns;

    if (s.n == 0 || s.n > 6)
        return false;
    snprintf(probe, sizeof(probe), "2000-01-01T00:00:00%.*s", YG_STR_ARG(s));
    return yg_time_iso(yg_str_of(probe), 0, &ns, min);
}

static enum yg_status read_secret(const struct reader *r, const struct yg_yaml *n,
                                  struct yg_str *inout)
{
    enum yg_status st = yg_conf_secret(r->arena, inout->p, inout, r->err);

    if (st != YG_OK)
        yg_err_at(r->err, r->path, n->line, n->column);
    return st;
}

/* NULL: read into `*u` or `*text`; else what the item must look like. */
static const char *read_value(const struct item *it, struct yg_str s, uint64_t *u,
                              struct yg_str *text)
{
    struct yg_str host;
    uint16_t port;
    int min;

    *text = yg_str_eq(s, YG_STR("none")) ? YG_STR("") : s;
    switch (it->type) {
    case ADDRESS:
        return text->n == 0 ||
                       (yg_address_split(s, &host, &port) && yg_value_printable(s))
                   ? NULL
                   : "host:port";
    case COUNT:
        return yg_str_u64(s, u) ? NULL : "a whole number";
    case SPAN:
        return yg_value_unit(s, yg_span_unit, u) ? NULL
                                                 : "a time such as 30 s, 12 h, 7 d";
    case SIZE:
        return yg_value_unit(s, yg_size_unit, u) ? NULL
                                                 : "a size such as 64 KiB or 1 MiB";
    case FLAG:
        *u = yg_str_eq(s, YG_STR("true"));
        return *u || yg_str_eq(s, YG_STR("false")) ? NULL : "true or false";
    case ZONE:
        if (!zone_of(s, &min))
            return "+09:00, -05:00 or Z";
        *u = (uint64_t)(int64_t)min;
        return NULL;
    case TEXT:
    case FILE_NAME:
    case SECRET:
        break;
    }
    return s.n > 0 && yg_value_printable(s) ? NULL : "a text without control characters";
}

static bool in_range(const struct item *it, uint64_t u, struct yg_str text)
{
    uint64_t x = it->type == TEXT ? text.n : u;

    return (it->least == 0 && it->most == 0) || (x >= it->least && x <= it->most);
}

static void store(struct yg_input_conf *c, const struct item *it, uint64_t u,
                  struct yg_str text)
{
    char *at = (char *)c + it->offset;
    bool flag = u != 0;
    int min = (int)(int64_t)u;

    if (it->type == FLAG)
        memcpy(at, &flag, sizeof(flag));
    else if (it->type == ZONE)
        memcpy(at, &min, sizeof(min));
    else if (it->type == COUNT || it->type == SPAN || it->type == SIZE)
        memcpy(at, &u, sizeof(u));
    else
        memcpy(at, &text, sizeof(text));
}

static enum yg_status set_item(const struct reader *r, struct yg_input_conf *c,
                               const struct item *it, const struct yg_yaml *n)
{
    uint64_t u = 0;
    struct yg_str text;
    enum yg_status st = YG_OK;
    const char *must = read_value(it, n->text, &u, &text);

    if (must)
        return yg_yaml_error(r->err, r->path, n, "%s: \"%.*s\" must be %s", it->name,
                             YG_STR_ARG(n->text), must);
    if (!in_range(it, u, text))
        return yg_yaml_error(r->err, r->path, n,
                             "%s: \"%.*s\" must be from %llu to %llu%s", it->name,
                             YG_STR_ARG(n->text), (unsigned long long)it->least,
                             (unsigned long long)it->most,
                             it->type == SPAN    ? " s"
                             : it->type == COUNT ? ""
                                                 : " bytes");
    if (text.n > 0 && (it->type == FILE_NAME || it->type == SECRET)) {
        text = yg_conf_beside(r->arena, r->path, text);
        if (!text.p)
            return yg_err_set(r->err, YG_ENOMEM, "no memory for an input");
    }
    if (text.n > 0 && it->type == SECRET)
        st = read_secret(r, n, &text);
    if (st == YG_OK)
        store(c, it, u, text);
    return st;
}

static void set_defaults(struct yg_input_conf *c)
{
    *c = (struct yg_input_conf){ .line = 0 };
    for (size_t i = 0; i < ITEMS; i++) {
        uint64_t u = 0;
        struct yg_str text;
        const char *must = read_value(&item[i], yg_str_of(item[i].value), &u, &text);
        YG_ASSERT(must == NULL);
        store(c, &item[i], u, text);
    }
}

/* The mapping says format and kind of record unless the input does. */
static enum yg_status read_mapping(const struct reader *r, const struct yg_yaml *node,
                                   struct yg_input_conf *c)
{
    const struct yg_yaml *at = yg_yaml_get(node, "map");
    bool jsonl = yg_str_eq(c->format, YG_STR("jsonl"));
    bool delimited = yg_str_eq(c->format, YG_STR("delimited"));

    if (c->map.n == 0 && (jsonl || delimited))
        return yg_yaml_error(r->err, r->path, node,
                             "format %s needs a mapping file; write \"map: FILE\"",
                             c->format.p);
    if (c->map.n == 0)
        return YG_OK;
    enum yg_status st =
        yg_textfile_read(r->arena, c->map.p, MAPPING_MAX, &c->mapping_text, r->err);
    if (st == YG_OK)
        st = yg_mapping_parse(r->arena, c->map.p, c->mapping_text, &c->mapping, r->err);
    if (st != YG_OK)
        return st;
    bool lines = c->mapping->shape == YG_MAP_JSONL;
    if (!yg_yaml_get(node, "format"))
        c->format = lines ? YG_STR("jsonl") : YG_STR("delimited");
    else if (lines ? !jsonl : !delimited)
        return yg_yaml_error(r->err, r->path, at, "the mapping is of format %s, not %s",
                             lines ? "jsonl" : "delimited", c->format.p);
    c->log |= c->mapping->log;
    return YG_OK;
}

static enum yg_status check_transport(const struct reader *r, const struct kind *k,
                                      const struct yg_yaml *node, struct yg_input_conf *c)
{
    const struct yg_yaml *at = yg_yaml_get(node, "transport");

    if (c->transport.n == 0 && k->transport[0])
        c->transport = yg_str_of(k->transport[0]);
    for (size_t i = 0; c->transport.n > 0 && i < YG_ARRAY_LEN(k->transport); i++)
        if (k->transport[i] && yg_str_eq(c->transport, yg_str_of(k->transport[i])))
            return YG_OK;
    if (c->transport.n == 0)
        return YG_OK;
    return yg_yaml_error(r->err, r->path, at, "transport of %s must be %s, %s%s%s",
                         k->name, k->transport[0], k->transport[1],
                         k->transport[2] ? " or " : "",
                         k->transport[2] ? k->transport[2] : "");
}

static enum yg_status check_tls(const struct reader *r, const struct yg_yaml *node,
                                const struct yg_input_conf *c)
{
    const char *bad = NULL;

    if ((c->certificate.n > 0) != (c->key.n > 0))
        bad = "`certificate` and `key` go together; write both";
    else if (c->client_ca.n > 0 && c->certificate.n == 0)
        bad = "`client_ca` needs TLS; write `certificate` and `key`, too";
    else if (yg_str_eq(c->transport, YG_STR("tls")) && c->certificate.n == 0)
        bad = "transport tls needs `certificate` and `key`";
    else if (yg_str_eq(c->type, YG_STR("syslog")) && c->certificate.n > 0 &&
             !yg_str_eq(c->transport, YG_STR("tls")))
        bad = "a certificate is of use with \"transport: tls\" only";
    return bad ? yg_yaml_error(r->err, r->path, node, "%s", bad) : YG_OK;
}

/* What concerns more than one item. */
static enum yg_status check_input(const struct reader *r, const struct kind *k,
                                  const struct yg_yaml *node, struct yg_input_conf *c)
{
    static const char *const framing[] = { "auto", "lines", "json" };
    bool framed = false;

    for (size_t i = 0; i < YG_ARRAY_LEN(k->must); i++)
        if (k->must[i] && text_at(c, k->must[i]).n == 0)
            return yg_yaml_error(r->err, r->path, node, "an input of type %s needs `%s`",
                                 k->name, k->must[i]);
    if (c->source.n == 0)
        return yg_yaml_error(r->err, r->path, node,
                             "an input needs `source`, a name that never changes");
    if (c->tenant.n == 0)
        return yg_yaml_error(r->err, r->path, node, "`tenant` must be a name");
    for (size_t i = 0; i < YG_ARRAY_LEN(framing); i++)
        framed |= yg_str_eq(c->framing, yg_str_of(framing[i]));
    if (!framed)
        return yg_yaml_error(r->err, r->path, yg_yaml_get(node, "framing"),
                             "framing must be auto, lines or json");
    enum yg_status st = check_transport(r, k, node, c);
    if (st == YG_OK)
        st = check_tls(r, node, c);
    return st == YG_OK ? read_mapping(r, node, c) : st;
}

/* The names of the items that a kind takes. */
static size_t names_of(const struct kind *k, const char *names[ITEMS])
{
    size_t n = 0;

    for (size_t i = 0; i < ITEMS; i++)
        if (has_word(item[i].kinds, yg_str_of(k->name)))
            names[n++] = item[i].name;
    return n;
}

static enum yg_status kind_error(const struct reader *r, const struct yg_yaml *node,
                                 const struct yg_yaml *type)
{
    const char *names[YG_ARRAY_LEN(kind)];
    char hint[YG_NEAREST_HINT_MAX];

    for (size_t i = 0; i < YG_ARRAY_LEN(kind); i++)
        names[i] = kind[i].name;
    if (!type)
        return yg_yaml_error(r->err, r->path, node,
                             "an input needs `type`: syslog, unix, http, file, kafka or "
                             "opensearch");
    return yg_yaml_error(r->err, r->path, type, "no input of type \"%.*s\"%s",
                         YG_STR_ARG(type->text),
                         yg_nearest_hint(type->text, names, YG_ARRAY_LEN(kind), hint));
}

static enum yg_status read_input(const struct reader *r, const struct yg_yaml *node,
                                 struct yg_input_conf *c)
{
    const struct yg_yaml *type = yg_yaml_get(node, "type");
    const struct kind *k = type ? kind_of(type->text) : NULL;
    const char *names[ITEMS];

    if (node->type != YG_YAML_TABLE)
        return yg_yaml_error(r->err, r->path, node,
                             "an input is a table; write \"- type: syslog\" and so on");
    if (!k)
        return kind_error(r, node, type);
    set_defaults(c);
    c->line = node->line;
    c->written = node;
    enum yg_status st =
        yg_yaml_known_keys(node, r->path, names, names_of(k, names), r->err);
    for (const struct yg_yaml *n = node->first; n && st == YG_OK; n = n->next) {
        if (n->type != YG_YAML_TEXT || yg_yaml_is_null(n))
            return yg_yaml_key_error(r->err, r->path, n, "\"%.*s\" needs one value",
                                     YG_STR_ARG(n->key.text));
        st = set_item(r, c, item_of(n->key.text), n);
    }
    return st == YG_OK ? check_input(r, k, node, c) : st;
}

static enum yg_status check_twin(const struct reader *r, const struct yg_inputs *in,
                                 const struct yg_input_conf *c)
{
    for (uint32_t i = 0; i < in->count; i++) {
        const struct yg_input_conf *o = &in->input[i];
        if (yg_str_eq(o->tenant, c->tenant) && yg_str_eq(o->source, c->source))
            return yg_yaml_error(r->err, r->path, c->written,
                                 "tenant %s has a source %s already (line %d); a name "
                                 "stands for one input",
                                 c->tenant.p, c->source.p, o->line);
    }
    return YG_OK;
}

enum yg_status yg_inputs_parse(struct yg_inputs *out, struct yg_arena *arena,
                               const char *path, struct yg_str text, struct yg_err *err)
{
    struct reader r = { arena, path, err };
    const struct yg_yaml *root = NULL;
    enum yg_status st = yg_yaml_parse(arena, path, text, &root, err);

    out->count = 0;
    const struct yg_yaml *list = st == YG_OK ? yg_yaml_get(root, "inputs") : NULL;
    if (!list || (yg_yaml_is_null(list)))
        return st;
    if (list->type != YG_YAML_LIST)
        return yg_yaml_error(err, path, list,
                             "inputs is a list; begin each with \"- type: ...\"");
    if (list->count > YG_INPUTS_MAX)
        return yg_yaml_error(err, path, list, "at most %d inputs", YG_INPUTS_MAX);
    for (const struct yg_yaml *n = list->first; n && st == YG_OK; n = n->next) {
        struct yg_input_conf c;
        st = read_input(&r, n, &c);
        if (st == YG_OK)
            st = check_twin(&r, out, &c);
        if (st == YG_OK)
            out->input[out->count++] = c;
    }
    return st;
}

enum yg_status yg_inputs_read(struct yg_inputs *out, struct yg_arena *arena,
                              const char *path, struct yg_err *err)
{
    struct yg_str text;
    enum yg_status st = yg_textfile_read(arena, path, YG_YAML_TEXT_MAX, &text, err);

    return st == YG_OK ? yg_inputs_parse(out, arena, path, text, err) : st;
}

struct yg_source yg_input_source(const struct yg_input_conf *c)
{
    return (struct yg_source){ .tenant = c->tenant,
                               .name = c->source,
                               .format = c->format,
                               .path = c->path,
                               .mapping_text = c->mapping_text,
                               .mapping = c->mapping,
                               .offset_min = c->zone,
                               .log_source = c->log };
}

void yg_inputs_print(const struct yg_inputs *in, struct yg_buf *out)
{
    yg_buf_printf(out, "\n# what a running server listens to; items of each input:\n");
    for (size_t i = 0; i < ITEMS; i++) {
        const char *kinds = strcmp(item[i].kinds, "*") == 0 ? "all" : item[i].kinds;
        yg_buf_printf(out, "#   %-21s %s (%s; default %s)\n", item[i].name, item[i].help,
                      kinds, item[i].value);
    }
    if (!in || in->count == 0) {
        yg_buf_printf(out, "inputs: []\n");
        return;
    }
    yg_buf_printf(out, "inputs:\n");
    for (uint32_t i = 0; i < in->count; i++) {
        const char *lead = "  - ";
        for (const struct yg_yaml *n = in->input[i].written->first; n; n = n->next) {
            yg_buf_printf(out, "%s%.*s: ", lead, YG_STR_ARG(n->key.text));
            yg_value_quote(out, n->text);
            yg_buf_char(out, '\n');
            lead = "    ";
        }
    }
}
