/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Linux audit system: auditd's files, its records in the kernel's log, SELinux and
 * AppArmor. All context: they record or deny by rule.
 *
 *      type=SYSCALL msg=audit(1767323045.678:99): arch=.. success=yes .. comm="ls" exe=..
 *      type=USER_AUTH msg=audit(..): pid=1 .. msg='op=PAM:.. acct="jo" addr=..
 * res=failed' audit: type=1400 audit(..): apparmor="DENIED" operation="open" profile=".."
 * name=..
 */
#include "decode/dialects.h"
#include "decode/log_says.h"

static const struct yg_kv_pick audit_pick[] = {
    { "node", YG_AS_TEXT, YG_F_HOST_NAME },
    { "comm", YG_AS_TEXT, YG_F_PROCESS_NAME },
    { "acct", YG_AS_TEXT, YG_F_USER_NAME },
    { "AUID", YG_AS_TEXT, YG_F_USER_NAME },
    { "UID", YG_AS_TEXT, YG_F_USER_NAME },
    { "addr", YG_AS_IP, YG_F_SOURCE_IP },
    { "laddr", YG_AS_IP, YG_F_DESTINATION_IP },
    { "cmd", YG_AS_TEXT, YG_F_COMMAND_LINE },
    { "proctitle", YG_AS_TEXT, YG_F_COMMAND_LINE },
    { "name", YG_AS_TEXT, YG_F_FILE_PATH },
    { "path", YG_AS_TEXT, YG_F_FILE_PATH },
    { "unit", YG_AS_TEXT, YG_F_SERVICE_NAME },
    { "profile", YG_AS_TEXT, YG_F_RULE_NAME },
    { "key", YG_AS_TEXT, YG_F_RULE_NAME },
    { "id", YG_AS_TEXT, YG_F_TARGET_USER },
};

struct audit_record {
    struct yg_str type, exe, pid, success, res, apparmor, operation;
};

static const struct yg_kv_slot audit_slot[] = {
    { "exe", offsetof(struct audit_record, exe) },
    { "pid", offsetof(struct audit_record, pid) },
    { "success", offsetof(struct audit_record, success) },
    { "res", offsetof(struct audit_record, res) },
    { "apparmor", offsetof(struct audit_record, apparmor) },
    { "operation", offsetof(struct audit_record, operation) },
};

/* Numbers in "audit(TIME:SERIAL): ", and what stands before and behind. */
static bool audit_parts(struct yg_str s, struct yg_str *before, struct yg_str *time,
                        struct yg_str *behind)
{
    struct yg_str serial;
    double seconds;

    *behind = s;
    if (!yg_until(behind, "audit(", before) || !yg_until(behind, ")", &serial))
        return false;
    *time = yg_str_cut(&serial, ':');
    (void)yg_eat(behind, ":");
    return serial.n > 0 && yg_str_f64(*time, &seconds);
}

static void audit_pairs(struct yg_target *t, struct yg_str rest, struct audit_record *r)
{
    struct yg_kv kv;

    while (yg_kv_next(&rest, (struct yg_kv_style){ '=', ',', false }, &kv)) {
        while (kv.value.n > 0 && (kv.value.p[0] == '"' || kv.value.p[0] == '\''))
            kv.value = yg_skip(kv.value, 1); /* of a record cut off */
        while (kv.value.n > 0 && kv.value.p[kv.value.n - 1] == ')')
            kv.value.n--;
        if (!yg_is(kv.value, "?") && !yg_is(kv.value, "unset") &&
            !yg_kv_keep(r, audit_slot, YG_ARRAY_LEN(audit_slot), &kv))
            yg_kv_put(t, audit_pick, YG_ARRAY_LEN(audit_pick), &kv);
    }
}

/* What programs report stands in quotes within: msg='..' */
static void audit_behind(struct yg_target *t, struct yg_str s, struct audit_record *r)
{
    struct yg_str head, inner = s;

    if (yg_until(&inner, "msg='", &head)) {
        if (inner.n > 0 && inner.p[inner.n - 1] == '\'')
            inner.n--;
        audit_pairs(t, inner, r);
        audit_pairs(t, head, r);
    } else {
        audit_pairs(t, s, r);
    }
}

static void audit_outcome(struct yg_target *t, const struct audit_record *r)
{
    struct yg_str word = r->res.n ? r->res : r->success;

    if (yg_is(word, "yes") || yg_is(word, "success") || yg_is(word, "1"))
        yg_say_outcome(t, YG_SAID_OK);
    else if (yg_is(word, "no") || yg_is(word, "failed") || yg_is(word, "0"))
        yg_say_outcome(t, YG_SAID_FAILED);
}

static int audit_match(const struct yg_logline *l)
{
    struct yg_str before, time, behind;

    return audit_parts(l->body, &before, &time, &behind) ? 93 : 0;
}

static bool audit_read(struct yg_decode *d, struct yg_target *t,
                       const struct yg_logline *l)
{
    struct audit_record r = { .type = YG_STR_NONE };
    struct yg_str before, time, rest, name, type;
    uint64_t n;

    (void)d;
    if (!audit_parts(l->body, &before, &time, &rest))
        return false;
    yg_put_text(t, YG_AS_EPOCH, YG_F_EVENT_ACTION, time);
    type = before;
    if (yg_after(&type, "type=") && yg_word(&type, &name)) {
        YG_PUT(t, TEXT, EVENT_CODE, name);
        r.type = name;
    }
    YG_PUT(t, TEXT, HOST_NAME,
           yg_kv_find(before, (struct yg_kv_style){ .assign = '=' }, "node"));
    if (yg_is(r.type, "EXECVE") && yg_after(&rest, "argc=") && yg_word(&rest, &name))
        YG_PUT(t, TEXT, COMMAND_LINE, yg_str_trim(rest));
    else
        audit_behind(t, rest, &r);
    name = rest;
    if (yg_after(&name, "avc:")) {
        yg_say_outcome(t, yg_has(name, " denied ") ? YG_SAID_FAILED : YG_SAID_OK);
        YG_PUT(t, TEXT, EVENT_ACTION,
               yg_has(name, " denied ") ? YG_STR("denied") : YG_STR("granted"));
    }
    YG_PUT(t, LOWER, EVENT_ACTION, r.apparmor.n ? r.apparmor : r.operation);
    YG_PUT(t, LOWER, EVENT_ACTION, r.type);
    if (yg_is(r.apparmor, "DENIED"))
        yg_say_outcome(t, YG_SAID_FAILED);
    audit_outcome(t, &r);
    YG_PUT(t, TEXT, PROCESS_NAME, r.exe);
    if (yg_str_u64(r.pid, &n))
        YG_PUT(t, U64, PID, r.pid);
    return true;
}

const struct yg_dialect yg_dialect_audit = {
    .name = "audit",
    .doc = "Linux audit: auditd, SELinux, AppArmor",
    .product = "Linux audit",
    .device = YG_DEV_HOST,
    .on_host = true,
    .marks = "audit(",
    .match = audit_match,
    .read = audit_read,
};
