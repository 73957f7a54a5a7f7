/* SPDX-License-Identifier: Apache-2.0 */
#include "api/openapi.h"

#include "api/route.h"
#include "base/jsonw.h"

#include <stdio.h>

static const struct {
    const char *place, *name, *schema, *help;
} places[] = {
    { "{id}", "id", "{\"type\":\"string\",\"pattern\":\"^[0-9a-fA-F]{6,32}$\"}",
      "hexadecimal digits of an id, or of its start" },
    { "{name}", "name", "{\"type\":\"string\",\"minLength\":1,\"maxLength\":255}",
      "its name" },
    { "{number}", "number",
      "{\"type\":\"integer\",\"minimum\":1,\"maximum\":9223372036854775807}",
      "its number" },
};

static void raw(struct yg_jsonw *w, const char *key, const char *json)
{
    yg_jsonw_key(w, key);
    yg_jsonw_raw(w, yg_str_of(json));
}

static void ref(struct yg_jsonw *w, const char *name)
{
    char path[80];

    snprintf(path, sizeof(path), "#/components/schemas/%s", name);
    yg_jsonw_key(w, "schema");
    yg_jsonw_open(w, '{');
    yg_jsonw_kcstr(w, "$ref", path);
    yg_jsonw_close(w, '}');
}

static void content(struct yg_jsonw *w, const char *type, const char *name)
{
    yg_jsonw_key(w, "content");
    yg_jsonw_open(w, '{');
    yg_jsonw_key(w, type);
    yg_jsonw_open(w, '{');
    ref(w, name);
    yg_jsonw_close(w, '}');
    yg_jsonw_close(w, '}');
}

static void parameter(struct yg_jsonw *w, int i)
{
    const struct yg_param_info *p = &yg_param_info[i];

    yg_jsonw_open(w, '{');
    yg_jsonw_kcstr(w, "name", p->name);
    yg_jsonw_kcstr(w, "in", "query");
    yg_jsonw_kcstr(w, "description", p->help);
    yg_jsonw_key(w, "schema");
    yg_jsonw_open(w, '{');
    yg_jsonw_kcstr(w, "type", p->max ? "integer" : "string");
    if (p->max) {
        yg_jsonw_ku64(w, "minimum", p->min);
        yg_jsonw_ku64(w, "maximum", p->max);
        if (p->otherwise >= p->min)
            yg_jsonw_ku64(w, "default", p->otherwise);
    } else {
        yg_jsonw_ku64(w, "maxLength", YG_PARAM_TEXT_MAX);
    }
    yg_jsonw_close(w, '}');
    yg_jsonw_close(w, '}');
}

static void parameters(struct yg_jsonw *w, const struct yg_route *r)
{
    yg_jsonw_key(w, "parameters");
    yg_jsonw_open(w, '[');
    for (size_t i = 0; i < YG_ARRAY_LEN(places); i++) {
        if (!strstr(r->path, places[i].place))
            continue;
        yg_jsonw_open(w, '{');
        yg_jsonw_kcstr(w, "name", places[i].name);
        yg_jsonw_kcstr(w, "in", "path");
        yg_jsonw_kbool(w, "required", true);
        yg_jsonw_kcstr(w, "description", places[i].help);
        raw(w, "schema", places[i].schema);
        yg_jsonw_close(w, '}');
    }
    for (int i = 0; i < YG_PARAM_COUNT; i++)
        if (r->params >> i & 1)
            parameter(w, i);
    yg_jsonw_close(w, ']');
}

static void responses(struct yg_jsonw *w, const struct yg_route *r)
{
    const struct yg_reply_info *a = &yg_reply_info[r->answer];

    yg_jsonw_key(w, "responses");
    yg_jsonw_open(w, '{');
    yg_jsonw_key(w, "200");
    yg_jsonw_open(w, '{');
    yg_jsonw_kcstr(w, "description", a->help);
    content(w, a->type, a->name);
    yg_jsonw_close(w, '}');
    yg_jsonw_key(w, "default");
    yg_jsonw_open(w, '{');
    yg_jsonw_kcstr(w, "description", "what is wrong (RFC 9457)");
    content(w, "application/problem+json", "Problem");
    yg_jsonw_close(w, '}');
    yg_jsonw_close(w, '}');
}

static void operation(struct yg_jsonw *w, const struct yg_route *r)
{
    static const char *const method[] = { "get",   "head",   "post", "put",
                                          "patch", "delete", "other" };

    yg_jsonw_key(w, method[r->method]);
    yg_jsonw_open(w, '{');
    yg_jsonw_kcstr(w, "operationId", r->id);
    yg_jsonw_kcstr(w, "summary", r->help);
    yg_jsonw_key(w, "tags");
    yg_jsonw_open(w, '[');
    yg_jsonw_str(w, yg_str_of(yg_object_name(r->object)));
    yg_jsonw_close(w, ']');
    if (!(r->flags & (YG_ROUTE_PUBLIC | YG_ROUTE_OWN))) {
        yg_jsonw_kcstr(w, "x-verb", yg_verb_name(r->verb));
        yg_jsonw_kcstr(w, "x-object", yg_object_name(r->object));
    }
    if (r->flags & YG_ROUTE_PUBLIC)
        raw(w, "security", "[]");
    parameters(w, r);
    if (r->body != YG_BODY_NONE) {
        yg_jsonw_key(w, "requestBody");
        yg_jsonw_open(w, '{');
        yg_jsonw_kbool(w, "required", true);
        content(w,
                yg_body_info[r->body].upload ? yg_body_info[r->body].upload
                                             : "application/json",
                yg_body_info[r->body].name);
        yg_jsonw_close(w, '}');
    }
    responses(w, r);
    yg_jsonw_close(w, '}');
}

static bool described(const struct yg_route *r)
{
    return !(r->flags & YG_ROUTE_PAGE);
}

/* A path stands once, with all its methods. */
static void paths(struct yg_jsonw *w)
{
    yg_jsonw_key(w, "paths");
    yg_jsonw_open(w, '{');
    for (const struct yg_route *r = yg_routes; r->path; r++) {
        bool first = described(r);
        for (const struct yg_route *q = yg_routes; q < r && first; q++)
            first = !described(q) || strcmp(q->path, r->path) != 0;
        if (!first)
            continue;
        yg_jsonw_key(w, r->path);
        yg_jsonw_open(w, '{');
        for (const struct yg_route *q = r; q->path; q++)
            if (described(q) && strcmp(q->path, r->path) == 0)
                operation(w, q);
        yg_jsonw_close(w, '}');
    }
    yg_jsonw_close(w, '}');
}

/* The schema of a member, but for its description. */
static void member_schema(struct yg_jsonw *w, const struct yg_member_info *m)
{
    static const char *const type[] = { "string", "integer", "boolean", "array" };
    static const char *const least[] = { "minLength", "minimum", NULL, "minItems" };
    static const char *const most[] = { "maxLength", "maximum", NULL, "maxItems" };

    yg_jsonw_kcstr(w, "type", type[m->kind]);
    if (least[m->kind])
        yg_jsonw_ki64(w, least[m->kind],
                      m->must || m->kind != YG_MEMBER_TEXT ? m->least : 0);
    if (most[m->kind])
        yg_jsonw_ki64(w, most[m->kind], m->most);
    if (m->kind == YG_MEMBER_LIST)
        raw(w, "items", "{\"type\":\"string\",\"minLength\":1,\"maxLength\":255}");
}

static void body_schema(struct yg_jsonw *w, int kind)
{
    yg_jsonw_key(w, yg_body_info[kind].name);
    yg_jsonw_open(w, '{');
    if (yg_body_info[kind].upload) {
        yg_jsonw_kcstr(w, "type", "string");
        yg_jsonw_kcstr(w, "description", yg_body_info[kind].help);
        yg_jsonw_close(w, '}');
        return;
    }
    yg_jsonw_kcstr(w, "type", "object");
    yg_jsonw_kcstr(w, "description", yg_body_info[kind].help);
    yg_jsonw_kbool(w, "additionalProperties", false);
    yg_jsonw_key(w, "required");
    yg_jsonw_open(w, '[');
    for (int i = 0; i < YG_MEMBER_COUNT; i++)
        if ((int)yg_member_info[i].body == kind && yg_member_info[i].must)
            yg_jsonw_str(w, yg_str_of(yg_member_info[i].name));
    yg_jsonw_close(w, ']');
    yg_jsonw_key(w, "properties");
    yg_jsonw_open(w, '{');
    for (int i = 0; i < YG_MEMBER_COUNT; i++) {
        const struct yg_member_info *m = &yg_member_info[i];
        if ((int)m->body != kind)
            continue;
        yg_jsonw_key(w, m->name);
        yg_jsonw_open(w, '{');
        member_schema(w, m);
        yg_jsonw_kcstr(w, "description", m->help);
        yg_jsonw_close(w, '}');
    }
    yg_jsonw_close(w, '}');
    yg_jsonw_close(w, '}');
}

static void schemas(struct yg_jsonw *w)
{
    yg_jsonw_key(w, "schemas");
    yg_jsonw_open(w, '{');
    raw(w, "Problem",
        "{\"type\":\"object\",\"required\":[\"title\",\"status\"],\"properties\":{"
        "\"type\":{\"type\":\"string\"},\"title\":{\"type\":\"string\"},"
        "\"status\":{\"type\":\"integer\"},\"detail\":{\"type\":\"string\"}}}");
    for (int i = YG_BODY_NONE + 1; i < YG_BODY_COUNT; i++)
        body_schema(w, i);
    for (int i = 0; i < YG_REPLY_COUNT; i++)
        raw(w, yg_reply_info[i].name, yg_reply_info[i].schema);
    yg_jsonw_close(w, '}');
}

void yg_openapi(struct yg_buf *out)
{
    struct yg_jsonw w = yg_jsonw_of(out);

    yg_jsonw_open(&w, '{');
    yg_jsonw_kcstr(&w, "openapi", "3.1.0");
    raw(&w, "info",
        "{\"title\":\"yagura\",\"version\":\"1\",\"license\":{\"name\":\"Apache-2.0\","
        "\"identifier\":\"Apache-2.0\"},\"description\":\"What the console shows, for "
        "programs. Answers may get members; those there are stay.\"}");
    raw(&w, "servers", "[{\"url\":\"/\"}]");
    paths(&w);
    yg_jsonw_key(&w, "components");
    yg_jsonw_open(&w, '{');
    schemas(&w);
    yg_jsonw_close(&w, '}');
    yg_jsonw_close(&w, '}');
    yg_buf_char(out, '\n');
}
