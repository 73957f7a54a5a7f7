/* SPDX-License-Identifier: Apache-2.0 */
/* log_web - what the logs of web servers share. Private to decode. Pure. */
#ifndef YG_DECODE_LOG_WEB_H
#define YG_DECODE_LOG_WEB_H

#include "decode/log.h"

/* A method of HTTP or WebDAV? */
bool yg_web_method(struct yg_str s);

/* A number if it is one (and a port if it should be), quietly nothing if not. */
void yg_web_number(struct yg_target *t, enum yg_how how, enum yg_field field,
                   struct yg_str s);

/* The status of an answer, and the outcome that it means. */
void yg_web_status(struct yg_target *t, struct yg_str s);

/* What a rule of ModSecurity or Coraza found: a text with [id ".."] [msg ".."] behind it.
 * Without an id it is none, and no alert. */
void yg_web_finding(struct yg_target *t, struct yg_str text);

#endif
