/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSCAP's evaluations, as Wazuh's agent and syslog carry them. All context: a rule of
 * a benchmark that fails is no attack.
 *
 *      oscap: msg: "xccdf-result", scan-id: "7", .. id: "RULE", result: "fail", ..
 *      oscap: Evaluation finished. Return code: 2, Base score 95.0.
 *      oscap: ERROR: text
 */
#include "decode/dialects.h"
#include "decode/log_json.h"
#include "decode/log_says.h"

static const struct yg_say rows[] = {
    { "Evaluation started. Content: %*, Profile: %*", "f-", "scan-started", 0, 0 },
    { "Evaluation finished. Return code: %s,", "e", "scan-finished", 0, 0 },
};

static const struct yg_kv_pick pick[] = {
    { "msg", YG_AS_LOWER, YG_F_EVENT_ACTION },
    { "content", YG_AS_TEXT, YG_F_FILE_PATH },
    { "id", YG_AS_TEXT, YG_F_EVENT_CODE },
    { "title", YG_AS_TEXT, YG_F_MESSAGE },
};

/* The agent writes the program's name without any envelope. */
static bool oscap_text(const struct yg_logline *l, struct yg_str *text)
{
    *text = l->body;
    return yg_eat(text, "oscap: ") || yg_is(l->app, "oscap");
}

static int oscap_match(const struct yg_logline *l)
{
    struct yg_str text;

    return oscap_text(l, &text) ? 90 : 0;
}

static bool oscap_read(struct yg_decode *d, struct yg_target *t,
                       const struct yg_logline *l)
{
    struct yg_str rest;
    struct yg_kv kv;

    (void)d;
    if (!oscap_text(l, &rest))
        return false;
    if (yg_says(t, rest, rows, YG_ARRAY_LEN(rows)) || yg_say_level(t, &rest))
        return true;
    if (!yg_str_starts(rest, YG_STR("msg: \"")))
        return false;
    while (yg_kv_next(&rest, (struct yg_kv_style){ .assign = ':', .sep = ',' }, &kv)) {
        if (yg_is(kv.key, "result"))
            yg_log_outcome(t, yg_is(kv.value, "pass") ? YG_STR("passed") : kv.value);
        else
            yg_kv_put(t, pick, YG_ARRAY_LEN(pick), &kv);
    }
    return true;
}

const struct yg_dialect yg_dialect_oscap = {
    .name = "oscap",
    .doc = "OpenSCAP evaluations",
    .product = "OpenSCAP",
    .device = YG_DEV_HOST,
    .on_host = true,
    .marks = "oscap",
    .match = oscap_match,
    .read = oscap_read,
};
