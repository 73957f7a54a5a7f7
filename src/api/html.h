/* SPDX-License-Identifier: Apache-2.0 */
/*
 * html - text of attackers as HTML that shows it and does nothing else.
 *
 * Everything an alert says goes through here: the five characters of markup become
 * entities, and what a reader could not see or would be misled by (control characters,
 * bidirectional overrides, zero-width and other invisible characters, bytes that are not
 * UTF-8) becomes a visible escape. In element content an escape is marked up, so that
 * text that only looks like one is told apart. Pure; about 2 ns a byte.
 */
#ifndef YG_API_HTML_H
#define YG_API_HTML_H

#include "base/buf.h"

/* Our own markup, as it is. */
#define yg_html(out, literal) yg_buf_str_add(out, YG_STR(literal))

/* One line of element content: line ends and tabs are shown too. */
void yg_html_text(struct yg_buf *out, struct yg_str s);
/* The same inside <pre>: line ends and tabs are kept. */
void yg_html_block(struct yg_buf *out, struct yg_str s);
/* A value between double quotes. */
void yg_html_attr(struct yg_buf *out, struct yg_str s);

/* What a request's value must look like behind '=' in a link of our own. */
void yg_html_query(struct yg_buf *out, struct yg_str s);

#endif
