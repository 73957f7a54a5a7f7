/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rspamd: what became of a message. Infected mail is an alert, spam is context.
 *
 *      2026-01-02 03:04:05 #99(normal) <tag>; task; rspamd_task_write_log: id: <1@a>,
 * qid: <4F5>, ip: 192.0.2.1, from: <a@b>, (default: T (reject): [25.50/15.00] [CLAM_VIRUS
 *      (0.00){Eicar;},..]), len: 512, ..., rcpts: <c@d>, mime_rcpts: <c@d,>
 *
 * Source: docs.rspamd.com, "Logging settings" (log_format), "Antivirus module", whose
 * symbols hold the word VIRUS.
 */
#include "decode/dialects.h"
#include "decode/log_says.h"

/* The symbol of a scanner and what it found: "CLAM_VIRUS(0.00){Eicar;}". */
static bool infected(struct yg_str symbols, struct yg_str *name)
{
    struct yg_str one;

    while (symbols.n > 0) {
        one = yg_str_cut(&symbols, '}');
        struct yg_str rest = one, symbol;
        if (yg_until(&rest, "{", name) && rest.n > 0) {
            const char *comma = memrchr(name->p, ',', name->n);
            symbol = comma ? yg_skip(*name, (size_t)(comma + 1 - name->p)) : *name;
            *name = yg_str_cut(&rest, ';');
            if (yg_has(yg_str_cut(&symbol, '('), "VIRUS") && name->n > 0)
                return true;
        }
        if (!symbols.p)
            break;
    }
    return false;
}

static bool read_(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    struct yg_str text = l->body, rest, part[YG_SCAN_MAX], symbols, name;

    (void)d;
    if (!yg_after(&text, "rspamd_task_write_log: ") || !yg_eat(&text, "id: "))
        return false;
    if (yg_until(&text, ", ", &name))
        yg_say_put(t, 'i', name);
    rest = text;
    if (yg_after(&rest, "ip: "))
        yg_say_put(t, 's', yg_str_cut(&rest, ','));
    rest = text;
    if (yg_after(&rest, "user: "))
        yg_say_put(t, 'u', yg_str_cut(&rest, ','));
    rest = text;
    if (yg_after(&rest, "from: <") && yg_until(&rest, ">", &name))
        yg_say_put(t, 'm', name);
    rest = text;
    if (yg_after(&rest, ", rcpts: <") && yg_until(&rest, ">", &name))
        yg_say_put(t, 'o', name);
    rest = text;
    if (!yg_after(&rest, "(default: ") ||
        yg_scan(rest, "%s (%*): [%*] [%*]), ", part) != 4)
        return true;
    YG_PUT(t, LOWER, EVENT_ACTION, part[1]);
    symbols = part[3];
    if (infected(symbols, &name))
        yg_log_alert(t, name, name, 75);
    return true;
}

static int match(const struct yg_logline *l)
{
    struct yg_str head = l->body, before;

    return yg_until(&head, "rspamd_task_write_log: id: ", &before) && before.n < 80 ? 88
                                                                                    : 0;
}

const struct yg_dialect yg_dialect_rspamd = {
    .name = "rspamd",
    .doc = "rspamd: verdicts on mail",
    .product = "rspamd",
    .device = YG_DEV_MAIL,
    .on_host = true,
    .no_host = true,
    .marks = "rspamd_task_write_log: id: ",
    .match = match,
    .read = read_,
};
