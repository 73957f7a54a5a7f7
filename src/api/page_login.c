/* SPDX-License-Identifier: Apache-2.0 */
#include "api/page.h"

#include "api/parts.h"

static void why_not(const char *why, struct yg_buf *out)
{
    if (!why)
        return;
    yg_html(out, "<p class=\"wrong\" role=\"alert\">");
    yg_html_text(out, yg_str_of(why));
    yg_html(out, "</p>\n");
}

void yg_page_login(struct yg_str to, struct yg_str name, const char *why,
                   struct yg_buf *out)
{
    yg_parts_head(out, YG_STR("Log in"), 0, NULL);
    yg_html(out, "<section class=\"login\">\n<h2>Log in</h2>\n");
    why_not(why, out);
    yg_html(out,
            "<form method=\"post\" action=\"/login\">\n<label>Name <input name=\"name\" "
            "maxlength=\"100\" autocomplete=\"username\" required value=\"");
    yg_html_attr(out, name);
    yg_html(out,
            "\"></label>\n<label>Password <input name=\"password\" type=\"password\" "
            "maxlength=\"256\" autocomplete=\"current-password\" required></label>\n"
            "<label>Code, if you have an authenticator <input name=\"code\" "
            "maxlength=\"40\" autocomplete=\"one-time-code\"></label>\n"
            "<input type=\"hidden\" name=\"to\" value=\"");
    yg_html_attr(out, to);
    yg_html(out, "\"><button>Log in</button>\n</form>\n</section>\n");
    yg_parts_foot(out);
}

void yg_page_password(const struct yg_view_who *who, bool must, const char *why,
                      struct yg_buf *out)
{
    yg_parts_head(out, YG_STR("Password"), 0, who);
    yg_html(out, "<section class=\"login\">\n<h2>Change your password</h2>\n");
    if (must)
        yg_html(out, "<p>Somebody else gave you the present one: choose your own before "
                     "you go on.</p>\n");
    why_not(why, out);
    yg_html(out, "<form method=\"post\" action=\"/password\">\n");
    yg_parts_csrf(out, who);
    yg_html(out, "<label>Present password <input name=\"password\" type=\"password\" "
                 "maxlength=\"256\" autocomplete=\"current-password\" required></label>\n"
                 "<label>New password, 12 characters or more <input name=\"fresh\" "
                 "type=\"password\" minlength=\"12\" maxlength=\"256\" "
                 "autocomplete=\"new-password\" required></label>\n"
                 "<button>Change</button>\n</form>\n</section>\n");
    yg_parts_foot(out);
}
