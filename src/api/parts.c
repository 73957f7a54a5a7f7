/* SPDX-License-Identifier: Apache-2.0 */
#include "api/parts.h"

void yg_parts_csrf(struct yg_buf *out, const struct yg_view_who *who)
{
    if (!who || !who->csrf || !who->csrf[0])
        return;
    yg_html(out, "<input type=\"hidden\" name=\"csrf\" value=\"");
    yg_html_attr(out, yg_str_of(who->csrf));
    yg_html(out, "\">");
}

/* Who looks, and the way out; or that nobody is asked. */
static void who_looks(struct yg_buf *out, const struct yg_view_who *who)
{
    if (!who)
        return;
    if (who->open) {
        yg_html(out,
                "<p class=\"nologin\">No login: whoever reaches this address sees and "
                "may do everything</p>");
        return;
    }
    if (who->name.n == 0)
        return;
    yg_html(out, "<form class=\"who\" method=\"post\" action=\"/logout\">");
    yg_parts_csrf(out, who);
    yg_html(out, "<a href=\"/password\">");
    yg_parts_text(out, who->name, "");
    yg_html(out, "</a> <button>Log out</button></form>");
}

void yg_parts_head(struct yg_buf *out, struct yg_str title, int64_t now_ns,
                   const struct yg_view_who *who)
{
    char text[YG_TIME_TEXT_MAX];

    yg_html(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                 "<meta name=\"viewport\" content=\"width=device-width, "
                 "initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light "
                 "dark\">\n<link rel=\"stylesheet\" href=\"/style.css\">\n<title>");
    yg_html_attr(out, title); /* a title holds text only */
    yg_html(out, " - yagura</title>\n</head>\n<body>\n<header class=\"top\"><h1><a "
                 "href=\"/\">yagura</a></h1><nav><a href=\"/\">Queue</a> <a "
                 "href=\"/audits\">Judge blind</a> <a href=\"/guarantee\">Guarantee"
                 "</a> <a href=\"/search\">Search</a> <a href=\"/sources\">Sources"
                 "</a></nav>");
    if (now_ns)
        yg_buf_printf(out, "<p>as of %s UTC</p>", yg_view_time(now_ns, text));
    who_looks(out, who);
    yg_html(out, "</header>\n<main>\n");
}

void yg_parts_foot(struct yg_buf *out)
{
    yg_html(out, "</main>\n</body>\n</html>\n");
}

void yg_parts_level(struct yg_buf *out, unsigned level)
{
    const char *name = level < YG_LEVEL_COUNT ? yg_level_name(level) : "-";

    yg_buf_printf(out, "<span class=\"level l%s\">%s</span>",
                  level < YG_LEVEL_COUNT ? name : "none", name);
}

void yg_parts_id(struct yg_buf *out, const unsigned char id[YG_ID_SIZE])
{
    char hex[2 * YG_ID_SIZE + 1];

    yg_hex(id, YG_ID_SIZE, hex);
    yg_buf_str_add(out, yg_str_of(hex));
}

void yg_parts_time(struct yg_buf *out, int64_t ns)
{
    char full[YG_TIME_TEXT_MAX], text[YG_TIME_TEXT_MAX];

    yg_buf_printf(out, "<time datetime=\"%s\">%s</time>", yg_time_text(ns, full),
                  yg_view_time(ns, text));
}

void yg_parts_number(struct yg_buf *out, uint64_t v)
{
    uint64_t unit = 1;

    while (v / unit >= 1000)
        unit *= 1000;
    yg_buf_printf(out, "%u", (unsigned)(v / unit));
    for (unit /= 1000; unit > 0; unit /= 1000)
        yg_buf_printf(out, ",%03u", (unsigned)(v / unit % 1000));
}

void yg_parts_text(struct yg_buf *out, struct yg_str s, const char *otherwise)
{
    if (s.n == 0) {
        yg_buf_printf(out, "<span class=\"none\">%s</span>", otherwise);
        return;
    }
    yg_html(out, "<bdi>");
    yg_html_text(out, s);
    yg_html(out, "</bdi>");
}

void yg_parts_flow(struct yg_buf *out, const struct yg_queue_run *r)
{
    if (r->source_ip.n == 0 && r->destination_ip.n == 0) {
        yg_html(out, "<span class=\"none\">-</span>");
        return;
    }
    yg_parts_text(out, r->source_ip, "?");
    yg_html(out, " <span class=\"arrow\">&rarr;</span> ");
    yg_parts_text(out, r->destination_ip, "?");
}

void yg_parts_gates(struct yg_buf *out, uint32_t gates)
{
    if (gates == 0)
        return;
    yg_html(out, "<ul class=\"gates\">");
    for (unsigned i = 0; i < YG_GATE_COUNT; i++) {
        if (gates >> i & 1)
            yg_buf_printf(out, "<li>%s</li>", yg_gate_info[i].sentence);
        gates &= ~(1U << i);
    }
    if (gates)
        yg_html(out, "<li>A gate of a newer version objects.</li>");
    yg_html(out, "</ul>");
}

void yg_parts_count(struct yg_buf *out, const char *name, uint64_t v, const char *what)
{
    yg_buf_printf(out, "<div><dt>%s</dt><dd>", name);
    yg_parts_number(out, v);
    yg_buf_printf(out, "</dd><dd class=\"of\">%s</dd></div>\n", what);
}

void yg_parts_fact(struct yg_buf *out, const char *name, struct yg_str value)
{
    yg_buf_printf(out, "<dt>%s</dt><dd>", name);
    yg_parts_text(out, value, "-");
    yg_html(out, "</dd>\n");
}

void yg_parts_limit(struct yg_buf *link, const struct yg_view_paging *p)
{
    if (p->limit != yg_param_info[YG_P_LIMIT].otherwise)
        yg_buf_printf(link, "limit=%llu&amp;", (unsigned long long)p->limit);
}

static void page_link(struct yg_buf *out, struct yg_str link, uint64_t page,
                      const char *text)
{
    yg_html(out, "<a href=\"");
    yg_buf_str_add(out, link);
    yg_buf_printf(out, "page=%llu\">%s</a> ", (unsigned long long)page, text);
}

void yg_parts_pages(struct yg_buf *out, struct yg_str link,
                    const struct yg_view_paging *p, const char *things)
{
    uint64_t pages = yg_view_pages(p), first = (p->page - 1) * p->limit + 1;
    uint64_t last = p->page >= pages ? p->total : p->page * p->limit;

    if (p->total == 0)
        return;
    yg_html(out, "<nav class=\"pages\"><p>");
    if (first <= last) {
        yg_parts_number(out, first);
        yg_html(out, "&ndash;");
        yg_parts_number(out, last);
        yg_html(out, " of ");
    }
    yg_parts_number(out, p->total);
    yg_buf_printf(out, " %s</p><p>", things);
    if (p->page > 2)
        page_link(out, link, 1, "first");
    if (p->page > 1)
        page_link(out, link, p->page - 1 < pages ? p->page - 1 : pages,
                  "&larr; previous");
    if (p->page < pages)
        page_link(out, link, p->page + 1, "next &rarr;");
    yg_html(out, "</p></nav>\n");
}
