/* SPDX-License-Identifier: Apache-2.0 */
#include "api/search.h"

#include "api/handle.h"
#include "api/parts.h"
#include "api/say_alert.h"
#include "api/seen.h"

const enum yg_field yg_search_usual[YG_SEARCH_USUAL] = {
    YG_F_RULE_NAME, YG_F_MESSAGE,   YG_F_SOURCE_IP,    YG_F_DESTINATION_IP,
    YG_F_HOST_NAME, YG_F_USER_NAME, YG_F_EVENT_DATASET
};

/* ---- gathered --------------------------------------------------------------------- */

static enum yg_status read_fields(struct yg_str names, struct yg_view_search *out,
                                  struct yg_err *err)
{
    out->usual = names.n == 0;
    for (size_t i = 0; out->usual && i < YG_SEARCH_USUAL; i++)
        out->field[out->fields++] = yg_search_usual[i];
    while (names.p && names.n > 0) {
        struct yg_str name = yg_str_trim(yg_str_cut(&names, ','));
        int f = yg_field_by_name(name);
        if (f < 0 || out->fields == YG_SEARCH_FIELDS)
            return yg_err_set(err, YG_EINVAL,
                              f < 0 ? "fields: a name that is no field of a record"
                                    : "fields: too many at once");
        out->field[out->fields++] = (enum yg_field)f;
    }
    return YG_OK;
}

static enum yg_status look(const struct yg_view_source *v, const struct yg_query *query,
                           const struct yg_params *p, struct yg_arena *arena,
                           struct yg_view_search *out, struct yg_err *err)
{
    struct yg_search_ask ask = { .query = query,
                                 .limit = out->limit,
                                 .field = out->field,
                                 .fields = out->fields,
                                 .seconds = YG_VIEW_SEARCH_S,
                                 .workers = 1 };
    struct yg_str after = p->text[YG_P_AFTER];

    ask.go_on = after.n > 0;
    if (ask.go_on && !yg_search_place_of(after, &ask.after))
        return yg_err_set(err, YG_EINVAL, "after: not a place that a search told");
    enum yg_status st = yg_seen_search(v, out->chosen, &ask, arena, &out->page, err);
    if (st == YG_OK)
        st = yg_seen_gone(v, out->chosen, arena, &out->gone_ns, err);
    if (st != YG_OK)
        return st;
    struct yg_query_bounds bounds;
    yg_query_bounds(query, &bounds);
    if (bounds.from_ns > out->gone_ns)
        out->gone_ns = INT64_MIN;
    return YG_OK;
}

enum yg_status yg_view_search(const struct yg_view_source *v, const struct yg_params *p,
                              struct yg_arena *arena, struct yg_view_search *out,
                              struct yg_err *err)
{
    const struct yg_query *query;

    *out = (struct yg_view_search){ .now_ns = yg_clock_now(v->clock),
                                    .who = v->who,
                                    .text = p->text[YG_P_QUERY],
                                    .chosen = p->text[YG_P_TENANT],
                                    .gone_ns = INT64_MIN,
                                    .limit = (size_t)p->number[YG_P_LIMIT] };
    const struct yg_query_clock clock = { .now_ns = out->now_ns };
    enum yg_status st = read_fields(p->text[YG_P_FIELDS], out, err);

    if (st == YG_OK)
        st = yg_seen_tenant(v, out->chosen, err);
    if (st != YG_OK)
        return st;
    st = yg_query_parse(arena, out->text, clock, &query, &out->wrong);
    if (st == YG_EINVAL || st == YG_ELIMIT)
        return YG_OK;
    out->wrong.status = YG_OK;
    return st == YG_OK ? look(v, query, p, arena, out, err) : st;
}

/* ---- as JSON ---------------------------------------------------------------------- */

void yg_json_search(const struct yg_view_search *v, struct yg_buf *out)
{
    struct yg_jsonw w = yg_jsonw_of(out);
    char place[YG_SEARCH_PLACE_TEXT];

    yg_jsonw_open(&w, '{');
    yg_jsonw_key(&w, "alerts");
    yg_jsonw_open(&w, '[');
    for (size_t i = 0; i < v->page.count; i++)
        yg_say_alert_hit(&w, &v->page.hit[i], v->field, v->fields);
    yg_jsonw_close(&w, ']');
    yg_jsonw_kbool(&w, "more", v->page.more);
    yg_jsonw_kbool(&w, "out_of_time", v->page.early);
    if (v->page.more) {
        yg_search_place_text(&v->page.last, place);
        yg_jsonw_kcstr(&w, "after", place);
        yg_jsonw_ktime(&w, "searched_back_to", v->page.last.time_ns);
    }
    if (v->gone_ns != INT64_MIN)
        yg_jsonw_ktime(&w, "gone_up_to", v->gone_ns);
    yg_jsonw_ku64(&w, "records", v->page.records);
    yg_jsonw_ku64(&w, "damaged_blocks", v->page.damaged);
    yg_jsonw_close(&w, '}');
    yg_buf_char(out, '\n');
}

/* ---- as a page -------------------------------------------------------------------- */

static void form(const struct yg_view_search *v, struct yg_buf *out)
{
    yg_html(out, "<form class=\"bar\" action=\"/search\"><label class=\"fill\">Query "
                 "<input name=\"q\" "
                 "size=\"70\" maxlength=\"1024\" autofocus value=\"");
    yg_html_attr(out, v->text);
    yg_html(out, "\"></label> <label>Tenant <input name=\"tenant\" value=\"");
    yg_html_attr(out, v->chosen);
    yg_html(out, "\"></label> <button>Search</button></form>\n"
                 "<p class=\"note\">src:10.0.0.0/8 and not signature:\"ET SCAN\" and "
                 "time:&gt;=now-2h &middot; user:(alice or bob*) &middot; "
                 "verdict:&gt;=L3 &middot; a text or address anywhere</p>\n");
    if (v->wrong.status == YG_OK)
        return;
    yg_buf_printf(out, "<div class=\"note\"><p><strong>At letter %d:</strong> ",
                  v->wrong.column);
    yg_html_text(out, yg_str_of(v->wrong.msg));
    yg_html(out, "</p></div>\n");
}

static struct yg_str first(struct yg_str a, struct yg_str b)
{
    return a.n > 0 ? a : b;
}

static void row(const struct yg_view_search *v, const struct yg_search_hit *h,
                struct yg_buf *out)
{
    yg_html(out, "<tr><td>");
    yg_parts_time(out, h->time_ns);
    yg_html(out, "</td><td>");
    if (h->verdict == YG_LEVEL_NONE)
        yg_html(out, "&ndash;");
    else
        yg_parts_level(out, h->verdict);
    yg_html(out, "</td><td>");
    if (h->blind)
        yg_html(out, "judge without score");
    else if (h->decision == YG_DECISION_NONE)
        yg_html(out, "&ndash;");
    else
        yg_parts_level(out, h->predicted);
    yg_html(out, "</td><td>");
    yg_parts_text(out, h->tenant, "");
    if (v->usual) {
        yg_html(out, "</td><td>");
        yg_parts_text(out, first(h->field[2], h->field[5]), "");
        yg_html(out, "</td><td>");
        yg_parts_text(out, first(h->field[3], h->field[4]), "");
        yg_html(out, "</td><td>");
        yg_parts_text(out, first(h->field[0], first(h->field[1], h->field[6])), "");
    }
    for (size_t i = 0; !v->usual && i < v->fields; i++) {
        yg_html(out, "</td><td>");
        yg_parts_text(out, h->field[i], "");
    }
    yg_html(out, "</td><td>");
    if (h->packets) {
        yg_html(out, "<a href=\"/packets/");
        char hex[2 * YG_ID_SIZE + 1];
        yg_hex(h->id, YG_ID_SIZE, hex);
        yg_buf_printf(out, "%s\">packets</a>", hex);
    }
    yg_html(out, "</td></tr>\n");
}

static void table(const struct yg_view_search *v, struct yg_buf *out)
{
    yg_html(out, "<table><thead><tr><th>Time (UTC)</th><th>Verdict</th><th>Model</th>"
                 "<th>Tenant</th>");
    if (v->usual)
        yg_html(out, "<th>From</th><th>To</th><th>Signature or message</th>");
    for (size_t i = 0; !v->usual && i < v->fields; i++) {
        yg_html(out, "<th>");
        yg_html_text(out, yg_str_of(yg_field_info[v->field[i]].name));
        yg_html(out, "</th>");
    }
    yg_html(out, "<th></th></tr></thead><tbody>\n");
    for (size_t i = 0; i < v->page.count; i++)
        row(v, &v->page.hit[i], out);
    yg_html(out, "</tbody></table>\n");
}

/* Where there may be more, and how far it came. */
static void further(const struct yg_view_search *v, const struct yg_params *p,
                    struct yg_buf *out)
{
    char place[YG_SEARCH_PLACE_TEXT];

    if (!v->page.more)
        return;
    yg_search_place_text(&v->page.last, place);
    yg_html(out, "<nav class=\"pages\"><p>Searched back to ");
    yg_parts_time(out, v->page.last.time_ns);
    yg_html(out, ". <a href=\"/search?q=");
    yg_html_query(out, v->text);
    yg_html(out, "&amp;tenant=");
    yg_html_query(out, v->chosen);
    yg_html(out, "&amp;fields=");
    yg_html_query(out, p->text[YG_P_FIELDS]);
    yg_buf_printf(out, "&amp;limit=%zu&amp;after=%s\">Older</a></p></nav>\n", v->limit,
                  place);
}

void yg_page_search(const struct yg_view_search *v, const struct yg_params *p,
                    struct yg_buf *out)
{
    yg_parts_head(out, YG_STR("Search"), v->now_ns, v->who);
    yg_html(out, "<section>\n<h2>Search</h2>\n");
    form(v, out);
    if (v->wrong.status == YG_OK && v->page.count > 0)
        table(v, out);
    else if (v->wrong.status == YG_OK)
        yg_buf_printf(out, "%s",
                      v->page.more ? "<p>Nothing so far.</p>\n"
                                   : "<p>Nothing is found.</p>\n");
    further(v, p, out);
    if (v->gone_ns != INT64_MIN) {
        yg_html(out, "<p class=\"note\">Records up to ");
        yg_parts_time(out, v->gone_ns);
        yg_html(out, " are gone: they were older than is kept.</p>\n");
    }
    yg_html(out, "</section>\n");
    yg_parts_foot(out);
}

/* ---- the routes ------------------------------------------------------------------- */

enum yg_status yg_handle_search_page(struct yg_call *c, struct yg_err *err)
{
    struct yg_view_search v;
    enum yg_status st = yg_view_search(&c->source, &c->params, &c->arena, &v, err);

    if (st == YG_OK)
        yg_page_search(&v, &c->params, &c->answer->body);
    return st;
}

enum yg_status yg_handle_search_json(struct yg_call *c, struct yg_err *err)
{
    struct yg_view_search v;
    enum yg_status st = yg_view_search(&c->source, &c->params, &c->arena, &v, err);

    if (st == YG_OK && v.wrong.status != YG_OK)
        return yg_err_set(err, YG_EINVAL, "q, at letter %d: %s", v.wrong.column,
                          v.wrong.msg);
    if (st == YG_OK)
        yg_json_search(&v, &c->answer->body);
    return st;
}
