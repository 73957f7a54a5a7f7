/* SPDX-License-Identifier: Apache-2.0 */
#include "api/note.h"

#include "api/api.h"
#include "api/route.h"
#include "api/seen.h"
#include "base/log.h"

#include <stdio.h>
#include <string.h>

static struct yg_trail_row row_of(const struct yg_call *c)
{
    const struct yg_route *r = c->route;

    return (struct yg_trail_row){
        .outcome = YG_TRAIL_BEGUN,
        .who = c->who.name.n > 0 ? c->who.name : YG_STR("local"),
        .role = yg_str_of(c->api->people ? yg_role_name(c->who.role) : "machine"),
        .via = r->flags & YG_ROUTE_PAGE ? YG_STR("console") : YG_STR("api"),
        .address = c->http->peer,
        .verb = yg_str_of(yg_verb_name(r->verb)),
        .object = yg_str_of(yg_object_name(r->object)),
        .subject = c->id,
        .detail = r->body == YG_BODY_NONE ? c->params.text[YG_P_QUERY]
                                          : c->body.text[YG_M_VERDICT_LEVEL],
    };
}

/* Whose it is as the request itself says. */
static struct yg_str tenant_told(const struct yg_call *c)
{
    for (int i = 0; i < YG_MEMBER_COUNT; i++)
        if (yg_member_info[i].body == c->route->body && c->body.text[i].n > 0 &&
            strcmp(yg_member_info[i].name, "tenant") == 0)
            return c->body.text[i];
    return c->params.text[YG_P_TENANT];
}

/* Whose the thing is that the address names, as far as who asks sees it. */
static struct yg_str tenant_of(struct yg_call *c)
{
    struct yg_store_record rec;
    struct yg_queue_run run;
    struct yg_str tenant;
    struct yg_err unused;

    if (!strstr(c->route->path, "{id}") && tenant_told(c).n > 0)
        return tenant_told(c);
    if (!strstr(c->route->path, "{id}"))
        return !c->source.scope.all && c->source.scope.tenants == 1
                   ? c->source.scope.tenant[0]
                   : YG_STR_NONE;
    if (yg_seen_run(&c->source, c->id, &c->arena, &run, &unused) == YG_OK)
        return run.tenant;
    return yg_seen_alert(&c->source, c->id, &c->arena, &rec, &tenant, &unused) == YG_OK
               ? tenant
               : YG_STR_NONE;
}

static void noted(const struct yg_call *c)
{
    if (c->api->noted)
        c->api->noted(c->api->source.policy_arg);
}

enum yg_status yg_note_begin(struct yg_call *c, struct yg_trail_row *row,
                             struct yg_err *err)
{
    bool reads = yg_http_reads(c->http);

    *row = (struct yg_trail_row){ .seq = 0 };
    if (!c->api->trail || (c->route->flags & YG_ROUTE_PUBLIC) ||
        (reads && c->route->verb != YG_VERB_EXPORT &&
         !((c->route->flags & YG_ROUTE_RAW) && c->source.raw)))
        return YG_OK;
    struct yg_trail_row made = row_of(c);
    made.tenant = tenant_of(c);
    if (reads)
        made.outcome = YG_TRAIL_DONE;
    if (c->route->flags & YG_ROUTE_OWN) {
        made.object = YG_STR("session");
        made.subject = yg_str_of(c->route->path);
        made.verb = YG_STR("change");
    }
    enum yg_status st = yg_trail_add(c->api->trail, &made, err);
    if (st == YG_OK && !reads)
        *row = made;
    else if (st == YG_OK)
        noted(c);
    return st;
}

void yg_note_end(struct yg_call *c, const struct yg_trail_row *row, enum yg_status st)
{
    struct yg_trail_row end = *row;
    struct yg_err err;
    enum yg_trail_outcome outcome = st == YG_OK && c->answer->status < 400 ? YG_TRAIL_DONE
                                    : st == YG_EPERM || c->answer->status == 403
                                        ? YG_TRAIL_REFUSED
                                        : YG_TRAIL_FAILED;

    if (row->seq == 0)
        return;
    if (end.tenant.n == 0)
        end.tenant = c->tenant;
    if (yg_trail_end(c->api->trail, &end, outcome, c->said, &err) != YG_OK)
        yg_log_err(&err, "what came of an act is not in the trail");
    noted(c);
}

/* What is typed where a name belongs may be a password: it must not stay here for good.
 */
static bool like_a_name(struct yg_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') ||
              (i > 0 && s.p[i] && strchr("._-+@", s.p[i]))))
            return false;
    return s.n > 0;
}

enum yg_status yg_note_login(struct yg_call *c, struct yg_str name, bool in,
                             struct yg_err *err)
{
    struct yg_trail_row row = row_of(c);

    if (!c->api->trail)
        return YG_OK;
    row.outcome = in ? YG_TRAIL_DONE : YG_TRAIL_REFUSED;
    row.who = in || like_a_name(name) ? name : YG_STR("?");
    row.role = YG_STR_NONE;
    row.verb = YG_STR("create");
    row.object = YG_STR("session");
    row.detail = c->said;
    enum yg_status st = yg_trail_add(c->api->trail, &row, err);
    if (st == YG_OK)
        noted(c);
    return st;
}
