/* SPDX-License-Identifier: Apache-2.0 */
#include "api/page.h"

#include "api/parts.h"
#include "oidc/settings.h"

static void why_not(const char *why, struct yg_buf *out)
{
    if (!why)
        return;
    yg_html(out, "<p class=\"wrong\" role=\"alert\">");
    yg_html_text(out, yg_str_of(why));
    yg_html(out, "</p>\n");
}

/* Begun under the name to which the provider sends people back: the cookie is its. */
static void provider_button(const struct yg_page_login *p, struct yg_buf *out)
{
    if (!p->provider)
        return;
    yg_html(out, "<p><a class=\"button\" href=\"");
    yg_html_attr(out, p->provider->console);
    yg_html(out, "/login/oidc");
    if (p->to.n > 0) {
        yg_html(out, "?to=");
        yg_html_query(out, p->to);
    }
    yg_html(out, "\">");
    yg_html_text(out, p->provider->label);
    yg_html(out, "</a></p>\n");
}

void yg_page_login(const struct yg_page_login *p, struct yg_buf *out)
{
    yg_parts_head(out, YG_STR("Log in"), 0, NULL);
    yg_html(out, "<section class=\"login\">\n<h2>Log in</h2>\n");
    why_not(p->why, out);
    provider_button(p, out);
    yg_html(out,
            "<form method=\"post\" action=\"/login\">\n<label>Name <input name=\"name\" "
            "maxlength=\"100\" autocomplete=\"username\" required value=\"");
    yg_html_attr(out, p->name);
    yg_html(out,
            "\"></label>\n<label>Password <input name=\"password\" type=\"password\" "
            "maxlength=\"256\" autocomplete=\"current-password\" required></label>\n"
            "<label>Code, if you have an authenticator <input name=\"code\" "
            "maxlength=\"40\" autocomplete=\"one-time-code\"></label>\n"
            "<input type=\"hidden\" name=\"to\" value=\"");
    yg_html_attr(out, p->to);
    yg_html(out, "\"><button>Log in</button>\n</form>\n</section>\n");
    yg_parts_foot(out);
}

void yg_page_entered(struct yg_str to, struct yg_buf *out)
{
    yg_parts_head(out, YG_STR("Logged in"), 0, NULL);
    yg_html(out, "<section class=\"login\">\n<h2>You are logged in</h2>\n<p><a href=\"");
    yg_html_attr(out, to);
    yg_html(out, "\">Go on</a></p>\n</section>\n");
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
