/* SPDX-License-Identifier: Apache-2.0 */
#include "api/sources.h"

#include "api/parts.h"
#include "base/jsonw.h"
#include "base/text.h"

static const struct {
    const char *name, *help;
} counter[YG_IN_COUNT] = {
#define X(id, name, help) [YG_IN_##id] = { name, help },
    YG_INTAKE_COUNTERS(X)
#undef X
};

/* Numbers that are no counts. */
static bool is_count(int c)
{
    return c != YG_IN_LAST_SEEN && c != YG_IN_COMMITTED && c != YG_IN_CLOCK_SKEW;
}

enum yg_status yg_view_sources(const struct yg_view_source *s, struct yg_arena *arena,
                               struct yg_sources *out, struct yg_err *err)
{
    const struct yg_sources_ask ask = { .dir = s->journal,
                                        .store = s->store,
                                        .inputs = s->inputs,
                                        .now_ns = yg_clock_now(s->clock) };

    *out = (struct yg_sources){ 0 };
    enum yg_status st = s->journal ? yg_sources_read(&ask, arena, out, err) : YG_OK;
    size_t n = 0;
    if (st != YG_OK || s->scope.all)
        return st;
    for (size_t i = 0; i < out->count; i++)
        if (yg_scope_has(&s->scope, out->source[i].tenant))
            out->source[n++] = out->source[i];
    out->count = n;
    return YG_OK;
}

/* ---- JSON and metrics ------------------------------------------------------------- */

static double seconds(int64_t ns)
{
    return (double)ns / (double)YG_NS_PER_S;
}

static void json_one(const struct yg_source_now *s, struct yg_jsonw *w)
{
    struct yg_buf why;

    yg_jsonw_open(w, '{');
    yg_jsonw_kstr(w, "tenant", s->tenant);
    yg_jsonw_kstr(w, "source", s->name);
    yg_jsonw_kbool(w, "configured", s->configured);
    for (int c = 0; c < YG_IN_COUNT; c++)
        if (is_count(c))
            yg_jsonw_ku64(w, counter[c].name, s->v[c]);
    yg_jsonw_ku64(w, "in_flight", s->in_flight);
    yg_jsonw_key(w, "last_seen");
    if (s->v[YG_IN_LAST_SEEN]) {
        char text[YG_TIME_TEXT_MAX];
        yg_jsonw_str(w, yg_str_of(yg_time_text((int64_t)s->v[YG_IN_LAST_SEEN], text)));
    } else {
        yg_jsonw_null(w);
    }
    yg_jsonw_kf64(w, "rate", s->rate);
    yg_jsonw_kf64(w, "lag_seconds", seconds(s->lag_ns));
    yg_jsonw_kf64(w, "clock_skew_seconds", seconds((int64_t)s->v[YG_IN_CLOCK_SKEW]));
    yg_jsonw_kbool(w, "silent", s->silence.silent);
    yg_jsonw_kbool(w, "unreadable", s->unread.alarm);
    yg_jsonw_kbool(w, "clock_wrong", s->clock != YG_CLOCK_GOOD);
    yg_buf_init(&why, 1024);
    yg_source_problems(s, &why);
    yg_jsonw_kstr(w, "problem", yg_buf_str(&why));
    yg_buf_fini(&why);
    yg_jsonw_close(w, '}');
}

void yg_json_sources(const struct yg_sources *v, struct yg_buf *out)
{
    struct yg_jsonw w = yg_jsonw_of(out);

    yg_jsonw_open(&w, '{');
    yg_jsonw_key(&w, "sources");
    yg_jsonw_open(&w, '[');
    for (size_t i = 0; i < v->count; i++)
        json_one(&v->source[i], &w);
    yg_jsonw_close(&w, ']');
    yg_jsonw_close(&w, '}');
    yg_buf_char(out, '\n');
}

/* A label's value: backslash, quote and line feed are escaped, other controls left out.
 */
static void label(struct yg_str s, struct yg_buf *out)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '\n')
            yg_buf_str_add(out, YG_STR("\\n"));
        else if (c == '"' || c == '\\')
            yg_buf_printf(out, "\\%c", c);
        else if ((unsigned char)c >= 0x20)
            yg_buf_char(out, c);
    }
}

static void labels(const struct yg_source_now *s, struct yg_buf *out)
{
    yg_buf_printf(out, "{tenant=\"");
    label(s->tenant, out);
    yg_buf_printf(out, "\",source=\"");
    label(s->name, out);
    yg_buf_printf(out, "\"}");
}

static void metric_name(const char *name, struct yg_buf *out)
{
    yg_buf_printf(out, "yagura_source_");
    for (; *name; name++)
        yg_buf_char(out, *name == '-' ? '_' : *name);
    yg_buf_printf(out, "_total");
}

static void counters(const struct yg_sources *v, struct yg_buf *out)
{
    for (int c = 0; c < YG_IN_COUNT; c++) {
        if (!is_count(c))
            continue;
        yg_buf_printf(out, "# HELP ");
        metric_name(counter[c].name, out);
        yg_buf_printf(out, " Of a source: %s.\n# TYPE ", counter[c].help);
        metric_name(counter[c].name, out);
        yg_buf_printf(out, " counter\n");
        for (size_t i = 0; i < v->count; i++) {
            metric_name(counter[c].name, out);
            labels(&v->source[i], out);
            yg_buf_printf(out, " %llu\n", (unsigned long long)v->source[i].v[c]);
        }
    }
}

static double gauge_of(const struct yg_source_now *s, int which)
{
    switch (which) {
    case 0:
        return (double)s->in_flight;
    case 1:
        return seconds(s->lag_ns);
    case 2:
        return seconds((int64_t)s->v[YG_IN_LAST_SEEN]);
    case 3:
        return seconds((int64_t)s->v[YG_IN_CLOCK_SKEW]);
    case 4:
        return s->silence.silent;
    case 5:
        return s->unread.alarm;
    default:
        return s->clock != YG_CLOCK_GOOD;
    }
}

void yg_metrics_sources(const struct yg_sources *v, struct yg_buf *out)
{
    static const struct {
        const char *name, *help;
    } gauge[] = {
        { "in_flight", "Records received that the store does not have yet." },
        { "lag_seconds", "Age of the newest record the store has, while some wait." },
        { "last_seen_seconds", "Receipt of the newest record, since 1970." },
        { "clock_skew_seconds", "Median of receipt minus event time lately." },
        { "silent", "1: silent for longer than is its habit." },
        { "unreadable", "1: far more is not understood than is its habit." },
        { "clock_wrong", "1: its times are ahead, or far behind." },
    };

    if (v->count == 0)
        return;
    counters(v, out);
    for (int k = 0; k < (int)YG_ARRAY_LEN(gauge); k++) {
        yg_buf_printf(out, "# HELP yagura_source_%s %s\n# TYPE yagura_source_%s gauge\n",
                      gauge[k].name, gauge[k].help, gauge[k].name);
        for (size_t i = 0; i < v->count; i++) {
            yg_buf_printf(out, "yagura_source_%s", gauge[k].name);
            labels(&v->source[i], out);
            yg_buf_printf(out, " %.3f\n", gauge_of(&v->source[i], k));
        }
    }
}

/* ---- text and page ---------------------------------------------------------------- */

/* "3 s ago"; "never". */
static void ago(uint64_t ns, int64_t now_ns, struct yg_buf *out)
{
    int64_t s = (now_ns - (int64_t)ns) / YG_NS_PER_S;

    if (ns == 0)
        yg_buf_printf(out, "never");
    else if (s < 120)
        yg_buf_printf(out, "%lld s ago", (long long)(s < 0 ? 0 : s));
    else if (s < 7200)
        yg_buf_printf(out, "%lld min ago", (long long)(s / 60));
    else
        yg_buf_printf(out, "%lld h ago", (long long)(s / 3600));
}

/* What of the identity, in the order in which it reads. */
static const enum yg_intake_counter identity[] = { YG_IN_RECEIVED, YG_IN_STORED,
                                                   YG_IN_FILTERED, YG_IN_DUPLICATE,
                                                   YG_IN_REFUSED };

void yg_text_sources(const struct yg_sources *v, int64_t now_ns, struct yg_buf *out)
{
    if (v->count == 0)
        yg_buf_printf(out, "nothing was ever received here; name inputs in the "
                           "configuration of `yagura serve`\n");
    for (size_t i = 0; i < v->count; i++) {
        const struct yg_source_now *s = &v->source[i];
        yg_text_safe(out, s->tenant);
        yg_buf_char(out, '/');
        yg_text_safe(out, s->name);
        yg_buf_printf(out, "%s, last record ", s->configured ? "" : " (not configured)");
        ago(s->v[YG_IN_LAST_SEEN], now_ns, out);
        yg_buf_printf(out, ", %.1f a second, %.1f s behind\n ", s->rate,
                      seconds(s->lag_ns));
        for (size_t k = 0; k < YG_ARRAY_LEN(identity); k++)
            yg_buf_printf(out, "%s %s %llu",
                          k > 1    ? " +"
                          : k == 1 ? " ="
                                   : "",
                          counter[identity[k]].name,
                          (unsigned long long)s->v[identity[k]]);
        yg_buf_printf(out, " + in flight %llu\n", (unsigned long long)s->in_flight);
        if (s->v[YG_IN_UNREAD] > 0)
            yg_buf_printf(out, "  %llu of the stored were not understood\n",
                          (unsigned long long)s->v[YG_IN_UNREAD]);
        if (!yg_source_is_well(s)) {
            yg_buf_printf(out, "  attention: ");
            yg_source_problems(s, out);
            yg_buf_char(out, '\n');
        }
    }
}

static void page_row(const struct yg_source_now *s, int64_t now_ns, struct yg_buf *out)
{
    struct yg_buf text;

    yg_buf_init(&text, 4096);
    yg_html(out, "<tr><td class=\"what\">");
    yg_parts_text(out, s->name, "-");
    yg_source_problems(s, &text);
    if (yg_buf_str(&text).n > 0) {
        yg_html(out, "<small><strong>Attention:</strong> ");
        yg_html_text(out, yg_buf_str(&text));
        yg_html(out, "</small>");
    }
    yg_html(out, "</td><td class=\"tenant\">");
    yg_parts_text(out, s->tenant, "-");
    yg_html(out, "</td>");
    for (size_t k = 0; k < YG_ARRAY_LEN(identity); k++) {
        yg_html(out, "<td class=\"num\">");
        yg_parts_number(out, s->v[identity[k]]);
        yg_html(out, "</td>");
    }
    yg_html(out, "<td class=\"num\">");
    yg_parts_number(out, s->in_flight);
    yg_html(out, "</td><td class=\"num\">");
    yg_parts_number(out, s->v[YG_IN_UNREAD]);
    yg_buf_printf(out,
                  "</td><td class=\"num\">%.1f</td><td class=\"num\">%.1f s</td>"
                  "<td class=\"when\">",
                  s->rate, seconds(s->lag_ns));
    yg_buf_clear(&text);
    ago(s->v[YG_IN_LAST_SEEN], now_ns, &text);
    yg_html_text(out, yg_buf_str(&text));
    yg_html(out, "</td></tr>\n");
    yg_buf_fini(&text);
}

void yg_page_sources(const struct yg_sources *v, int64_t now_ns,
                     const struct yg_view_who *who, struct yg_buf *out)
{
    yg_parts_head(out, YG_STR("Sources"), now_ns, who);
    yg_html(out, "<h2>Sources</h2>\n");
    if (v->count == 0) {
        yg_html(out, "<p class=\"empty\">This server has no inputs.</p>\n");
        yg_parts_foot(out);
        return;
    }
    yg_html(out,
            "<p>Received = stored + filtered + duplicate + refused + in flight.</p>\n"
            "<table><thead><tr><th>Source</th><th>Tenant</th><th>Received</th>"
            "<th>Stored</th><th>Filtered</th><th>Duplicate</th><th>Refused</th>"
            "<th>In flight</th><th>Not understood</th><th>Per second</th>"
            "<th>Behind</th><th>Last record</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < v->count; i++)
        page_row(&v->source[i], now_ns, out);
    yg_html(out, "</tbody></table>\n");
    yg_parts_foot(out);
}
