/* SPDX-License-Identifier: Apache-2.0 */
/*
 * says - what programs of hosts say, as tables of their messages. Private to decode.
 *
 * Daemons write sentences, not fields. A row is such a sentence with places in it, what
 * each place is, and what it means: tables instead of parsers for sshd, mail servers and
 * the like. Cost: rows whose first word differs cost that comparison. Pure.
 *
 *      { "Failed %s for %+ from %s port %s", "-usp", "login", YG_SAID_FAILED }
 */
#ifndef YG_DECODE_LOG_SAYS_H
#define YG_DECODE_LOG_SAYS_H

#include "decode/log.h"

enum yg_said { YG_SAID, YG_SAID_OK, YG_SAID_FAILED };

struct yg_say {
    const char *pattern; /* of yg_scan, from the text's begin */
    /* A letter a place, "-" for nothing:
     *   u user.name   v user.target.name   s source.ip and port   p source.port
     *   d destination.ip and port   q destination.port   t source.mac
     *   f file.path   c process.command_line   h process.name   N process.pid
     *   r url.original   w url.domain   n service.name   a event.action   e event.code
     *   m email.from.address   o email.to.address   i email.message_id
     *   j email.subject   g dns.question.name   y dns.question.type
     *   x dns.answers.data   z dns.response_code   D user.domain   H host.name
     *   R rule.name   I rule.id
     *   I and R make it no alert: `severity` does. */
    const char *into;
    const char *action; /* event.action; NULL: none, or by a place */
    uint8_t outcome;    /* enum yg_said */
    uint8_t severity;   /* of an alert, 1 to 100; 0: context */
};

/* The first row that fits, its fields set; NULL: none does. Quotes, brackets and commas
 * around what fills a place are taken off. */
const struct yg_say *yg_says(struct yg_target *t, struct yg_str text,
                             const struct yg_say *row, size_t n);

/* One place as above. */
void yg_say_put(struct yg_target *t, char letter, struct yg_str value);

void yg_say_outcome(struct yg_target *t, enum yg_said outcome);

/* "error: ", "Warning: ", "notice: " ... at the front, taken off: event.severity. True:
 * there was one. */
bool yg_say_level(struct yg_target *t, struct yg_str *text);

/* What a PAM module wrote under a program's name; the dialects of programs that log
 * people in ask this first. False: none did. */
bool yg_say_pam(struct yg_target *t, const struct yg_logline *l);

#endif
