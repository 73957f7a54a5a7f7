/* SPDX-License-Identifier: Apache-2.0 */
/*
 * close - which alerts an operator's rule asks to be closed.
 *
 *      thin:
 *        - name: nightly-scanner
 *          owner: soc-lead@example.org
 *          reason: our own scanner, change 4711
 *          expires: 2027-03-01
 *          match: { device: ids, source.ip: 192.0.2.10, rule.id: [2010935, 2010936] }
 *          do: close
 *
 * Only asks: whether such an alert is closed is the guarantee's to say (policy/decide.h,
 * docs/thin.md). The first rule that matches counts. A rule is over for an alert that
 * happened or was received when it had expired, and for all when it had at the start.
 *
 * Cost: the conditions of the rules that name the source. Pure but for init and fini.
 */
#ifndef YG_THIN_CLOSE_H
#define YG_THIN_CLOSE_H

#include "base/hash.h"
#include "thin/rules.h"

/* The rules that concern one source. */
struct yg_closing {
    /* private */
    const struct yg_thin_rules *rules;
    uint16_t *rule;
    uint32_t count;
};

/* `rules` (NULL: none) is borrowed, `src` is not kept. YG_ENOMEM. */
enum yg_status yg_closing_init(struct yg_closing *c, const struct yg_thin_rules *rules,
                               const struct yg_source *src) YG_MUST_USE;
void yg_closing_fini(struct yg_closing *c);

/* 1 + the place of the first rule that matches this alert of such a source; 0: none. */
uint16_t yg_closing_of(const struct yg_closing *c, const struct yg_batch *b,
                       const struct yg_event *e, int64_t received_ns);

/* What the rule does: its name, match and expiry, not who owns it and why. */
void yg_closing_digest(const struct yg_thin_rule *r, unsigned char out[YG_DIGEST_SIZE]);

#endif
