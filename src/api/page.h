/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page - the console's pages: whole HTML documents without script.
 *
 * Every value goes through html.h. Meant for a tired reader: what matters first, words
 * instead of codes, what holds for all rows said once. Pure functions.
 */
#ifndef YG_API_PAGE_H
#define YG_API_PAGE_H

#include "api/view.h"

void yg_page_queue(const struct yg_view_queue *v, struct yg_buf *out);
/* `text`: what the packets say, `found`: there are some. */
void yg_page_packets(const struct yg_view_packets *v, bool found, struct yg_str text,
                     struct yg_buf *out);
void yg_page_run(const struct yg_view_run *v, struct yg_buf *out);
struct yg_oidc_settings;
struct yg_page_login {
    struct yg_str to;                        /* where to go then */
    struct yg_str name;                      /* as it was typed before */
    const char *why;                         /* what went wrong before; NULL: nothing */
    const struct yg_oidc_settings *provider; /* who vouches for people; NULL: none */
};
void yg_page_login(const struct yg_page_login *p, struct yg_buf *out);
/* He is in: the browser goes on by itself. `to` is a place of ours. */
void yg_page_entered(struct yg_str to, struct yg_buf *out);
void yg_page_password(const struct yg_view_who *who, bool must, const char *why,
                      struct yg_buf *out);
void yg_page_error(unsigned status, const char *title, struct yg_str detail,
                   struct yg_buf *out);

#endif
