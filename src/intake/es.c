/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/es.h"

#include "base/jsonw.h"

#include <stdio.h>

/* What a client asks before it sends: product, version, licence, nodes. */
void yg_es_root(struct yg_httpapi *a, const struct yg_httpd_request *in,
                struct yg_httpd_reply *out)
{
    struct yg_jsonw j = yg_jsonw_of(&out->body);

    (void)in;
    yg_jsonw_open(&j, '{');
    yg_jsonw_kcstr(&j, "name", "yagura");
    yg_jsonw_kcstr(&j, "cluster_name", "yagura");
    yg_jsonw_kcstr(&j, "cluster_uuid", "yagura");
    yg_jsonw_key(&j, "version");
    yg_jsonw_open(&j, '{');
    yg_jsonw_kstr(&j, "number", a->es_version);
    yg_jsonw_kcstr(&j, "build_flavor", "default");
    yg_jsonw_kcstr(&j, "build_type", "deb");
    yg_jsonw_kcstr(&j, "build_hash", "0");
    yg_jsonw_kcstr(&j, "build_date", "2026-01-01T00:00:00.000Z");
    yg_jsonw_kbool(&j, "build_snapshot", false);
    yg_jsonw_kcstr(&j, "lucene_version", "10.0.0");
    yg_jsonw_kcstr(&j, "minimum_wire_compatibility_version", "7.17.0");
    yg_jsonw_kcstr(&j, "minimum_index_compatibility_version", "7.0.0");
    yg_jsonw_close(&j, '}');
    yg_jsonw_kcstr(&j, "tagline", "You Know, for Search");
    yg_jsonw_close(&j, '}');
}

void yg_es_license(struct yg_httpapi *a, const struct yg_httpd_request *in,
                   struct yg_httpd_reply *out)
{
    (void)a;
    (void)in;
    yg_buf_str_add(
        &out->body,
        YG_STR("{\"license\":{\"status\":\"active\",\"uid\":\"yagura\",\"type\":"
               "\"basic\",\"mode\":\"basic\",\"issued_to\":\"yagura\"}}"));
}

void yg_es_nodes(struct yg_httpapi *a, const struct yg_httpd_request *in,
                 struct yg_httpd_reply *out)
{
    (void)a;
    (void)in;
    yg_buf_str_add(&out->body,
                   YG_STR("{\"_nodes\":{\"total\":0,\"successful\":0,\"failed\":0},"
                          "\"cluster_name\":\"yagura\",\"nodes\":{}}"));
}

void yg_es_empty(struct yg_httpapi *a, const struct yg_httpd_request *in,
                 struct yg_httpd_reply *out)
{
    (void)a;
    (void)in;
    yg_buf_str_add(&out->body, YG_STR("{}"));
}

static const char *error_type(unsigned status)
{
    switch (status) {
    case 401:
    case 403:
        return "security_exception";
    case 413:
        return "content_too_long_exception";
    case 429:
    case 503:
        return "es_rejected_execution_exception";
    default:
        return "illegal_argument_exception";
    }
}

void yg_es_refuse(struct yg_httpd_reply *out, unsigned status, const char *why)
{
    struct yg_jsonw j = yg_jsonw_of(&out->body);

    yg_jsonw_open(&j, '{');
    yg_jsonw_key(&j, "error");
    yg_jsonw_open(&j, '{');
    yg_jsonw_kcstr(&j, "type", error_type(status));
    yg_jsonw_kcstr(&j, "reason", why);
    yg_jsonw_close(&j, '}');
    yg_jsonw_ku64(&j, "status", status);
    yg_jsonw_close(&j, '}');
}

/* ---- _bulk ------------------------------------------------------------------------- */

bool yg_es_line(struct yg_str *rest, struct yg_str *line)
{
    while (rest->p && rest->n > 0) {
        *line = yg_str_trim(yg_str_cut(rest, '\n'));
        if (line->n > 0)
            return true;
    }
    return false;
}

static bool read_meta(struct yg_json_pull *p, struct yg_es_item *out)
{
    struct yg_json_value v;
    struct yg_str key;

    if (!yg_json_pull_into(p, '{'))
        return false;
    while (yg_json_pull_member(p, &key)) {
        bool index = yg_str_eq(key, YG_STR("_index")), id = yg_str_eq(key, YG_STR("_id"));
        char next = yg_json_pull_peek(p);
        if ((!index && !id) || next == '{' || next == '[') {
            (void)yg_json_pull_skip(p, NULL);
            continue;
        }
        if (yg_json_pull_scalar(p, &v) && v.type != YG_JSON_NULL)
            *(index ? &out->index : &out->id) = v.text;
    }
    return yg_json_pull_ok(p);
}

static bool read_action(struct yg_json_pull *p, struct yg_str line,
                        struct yg_es_item *out)
{
    static const struct yg_str name[] = {
        { "create", 6 }, { "index", 5 }, { "update", 6 }, { "delete", 6 }
    };
    struct yg_str key;

    if (!yg_json_pull_begin(p, line) || !yg_json_pull_into(p, '{') ||
        !yg_json_pull_member(p, &key))
        return false;
    for (unsigned i = 0; i < YG_ARRAY_LEN(name); i++) {
        if (!yg_str_eq(key, name[i]))
            continue;
        out->op = (enum yg_es_op)i;
        out->name = name[i];
        return read_meta(p, out) && !yg_json_pull_member(p, &key) && yg_json_pull_end(p);
    }
    return false;
}

enum yg_status yg_es_next(struct yg_json_pull *p, struct yg_str *rest,
                          struct yg_es_item *out)
{
    struct yg_str line;

    if (!yg_es_line(rest, &line))
        return YG_EEND;
    /* Most clients say the same before every document (bench/inputs). */
    if (out->action.n == 0 || !yg_str_eq(line, out->action)) {
        *out = (struct yg_es_item){ .index = YG_STR(""), .id = YG_STR("") };
        if (!read_action(p, line, out))
            return YG_EFORMAT;
        out->action = line;
    }
    out->doc = YG_STR_NONE;
    if (out->op != YG_ES_DELETE && !yg_es_line(rest, &out->doc))
        return YG_EFORMAT; /* the body ends between an action and its document */
    return YG_OK;
}

/* index replaces a document: one whose bytes differ is another record. create does not:
 * the first of a name stays. */
static enum yg_status take_named(struct yg_httpapi *a, const struct yg_es_item *it)
{
    unsigned char hash[YG_ID_SIZE];

    yg_buf_clear(&a->made);
    yg_buf_str_add(&a->made, YG_STR("_id "));
    yg_buf_lstr(&a->made, it->index);
    yg_buf_lstr(&a->made, it->id);
    if (it->op == YG_ES_INDEX) {
        yg_hash_id(YG_STR("yagura document"), it->doc, hash);
        yg_buf_add(&a->made, hash, sizeof(hash));
    }
    return yg_buf_status(&a->made) == YG_OK
               ? yg_gather_named(&a->gather, yg_buf_str(&a->made), it->doc)
               : YG_ENOMEM;
}

/* What stands between the braces is for the input's format to read, as with every other
 * input: a client drops what is refused for good, and what cannot be read is kept. */
static bool is_object(struct yg_str doc)
{
    return doc.n >= 2 && doc.p[0] == '{' && doc.p[doc.n - 1] == '}';
}

/* Status of an item: 201 taken, 400 not what can be taken. */
static unsigned take_item(struct yg_httpapi *a, const struct yg_es_item *it)
{
    if (it->op == YG_ES_UPDATE || it->op == YG_ES_DELETE || !is_object(it->doc)) {
        yg_gather_refuse(&a->gather, 1);
        return 400;
    }
    /* What fails here fails the whole request: yg_gather_end says so. */
    enum yg_status st =
        it->id.n ? take_named(a, it) : yg_gather_add(&a->gather, it->doc, it->doc, false);
    return st == YG_OK ? 201 : 429;
}

static struct yg_str outcome_of(const struct yg_es_item *it, unsigned status)
{
    if (status == 201)
        return YG_STR(
            ",\"status\":201,\"_version\":1,\"result\":\"created\",\"_shards\":{"
            "\"total\":1,\"successful\":1,\"failed\":0},"
            "\"_seq_no\":0,\"_primary_term\":1}}");
    if (status == 429)
        return YG_STR(",\"status\":429,\"error\":{\"type\":\"es_rejected_execution_"
                      "exception\",\"reason\":\"the journal is full; "
                      "send it again\"}}}");
    if (it->op <= YG_ES_INDEX)
        return YG_STR(
            ",\"status\":400,\"error\":{\"type\":\"document_parsing_exception\","
            "\"reason\":\"not a JSON object\"}}}");
    return YG_STR(",\"status\":400,\"error\":{\"type\":\"illegal_argument_exception\","
                  "\"reason\":\"only create and index here\"}}}");
}

static void put_number(struct yg_buf *out, uint64_t n)
{
    char digit[20];
    size_t at = sizeof(digit);

    do
        digit[--at] = (char)('0' + n % 10);
    while ((n /= 10) > 0);
    yg_buf_add(out, digit + at, sizeof(digit) - at);
}

/* Index and _id stand between quotes in the request as they do here. */
static void put_item(struct yg_buf *out, const struct yg_es_item *it, struct yg_str path,
                     uint64_t number, unsigned status)
{
    yg_buf_str_add(out, number ? YG_STR(",{\"") : YG_STR("{\""));
    yg_buf_str_add(out, it->name);
    yg_buf_str_add(out, YG_STR("\":{\"_index\":\""));
    yg_buf_str_add(out, it->index.n ? it->index : path);
    yg_buf_str_add(out, YG_STR("\",\"_id\":\""));
    if (it->id.n) {
        yg_buf_str_add(out, it->id);
    } else {
        yg_buf_str_add(out, YG_STR("yagura-"));
        put_number(out, number);
    }
    yg_buf_char(out, '"');
    yg_buf_str_add(out, outcome_of(it, status));
}

/* The index in "/INDEX/_bulk", if it can stand between quotes. */
static struct yg_str path_index(struct yg_str path)
{
    struct yg_str s = { path.p + 1, path.n > 7 ? path.n - 7 : 0 };

    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '"' || s.p[i] == '\\' || (unsigned char)s.p[i] <= ' ' ||
            (unsigned char)s.p[i] >= 127)
            return YG_STR("");
    return s;
}

/* The items' answer; `status` 0: as each item was found, and taken. */
static bool answer(struct yg_httpapi *a, const struct yg_httpd_request *in,
                   struct yg_httpd_reply *out, bool busy)
{
    struct yg_str rest = in->body, index = path_index(in->path);
    struct yg_es_item it = { .op = YG_ES_CREATE };
    uint64_t n = 0;
    bool errors = busy;

    yg_buf_str_add(&out->body, YG_STR("{\"took\":0,\"items\":["));
    while (yg_es_next(a->body, &rest, &it) == YG_OK) {
        unsigned status = busy ? 429 : take_item(a, &it);
        errors |= status != 201;
        put_item(&out->body, &it, index, n++, status);
    }
    yg_buf_str_add(&out->body,
                   errors ? YG_STR("],\"errors\":true}") : YG_STR("],\"errors\":false}"));
    return errors;
}

/* Two passes: what is malformed is refused whole, before anything of it is taken. */
void yg_es_bulk(struct yg_httpapi *a, const struct yg_httpd_request *in,
                struct yg_httpd_reply *out)
{
    struct yg_str rest = in->body;
    struct yg_es_item it = { .op = YG_ES_CREATE };
    enum yg_status st;
    size_t n = 0;

    while ((st = yg_es_next(a->body, &rest, &it)) == YG_OK)
        n++;
    if (st != YG_EEND || n == 0 || n > YG_GATHER_MAX) {
        char why[128];
        snprintf(why, sizeof(why),
                 n > YG_GATHER_MAX ? "more than %zu items in one request"
                 : n == 0 && st == YG_EEND
                     ? "the request has no items"
                     : "malformed action or document missing at item %zu",
                 n > YG_GATHER_MAX ? YG_GATHER_MAX : n + 1);
        yg_httpapi_refuse(a, in, n > YG_GATHER_MAX ? 413 : 400, why, out);
        return;
    }
    (void)answer(a, in, out, false);
    if (!yg_httpapi_taken(a, out, YG_OK, yg_es_refuse) && out->status == 429) {
        yg_buf_clear(&out->body);
        (void)answer(a, in, out, true);
    }
}
