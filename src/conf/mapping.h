/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mapping - how columns or dotted JSON paths become canonical fields.
 *
 * A YAML file that the operator writes, so that delimited text (RFC 4180) and JSON lines
 * of any product can be imported without code. Example, every key shown:
 *
 *      format: delimited            # or jsonl
 *      delimiter: ","               # one character, or "\t"; delimited only
 *      columns: [time, name, ip]    # only if the file has no header line
 *      product: AIT-ADS             # observer.product of every record
 *      log: false                   # true: records are context logs, not alerts
 *      time: { from: time, as: epoch }  # iso, epoch, epoch_ms, epoch_us, epoch_ns
 *      device:
 *        from: name
 *        values: { "Suricata: *": ids, "Wazuh: *": host }
 *        otherwise: other
 *      fields:                      # canonical name: path, or a table as here
 *        rule.id: name
 *        host.ip: ip
 *        rule.ruleset: { constant: ait-ads }
 *        yagura.verdict.level: { from: event_label, values: { "-": FP, dirb: L2 } }
 *
 * A value key that ends in "*" matches a prefix; the first match counts; without a
 * match `otherwise` is used, else the text itself for plain fields and nothing for
 * verdicts and devices that have `values`. An empty result ("" or ~) means nothing: the
 * field stays unset. A canonical field of type time takes `as` like `time` does.
 * Unknown keys are errors with line, column and the nearest name.
 */
#ifndef YG_CONF_MAPPING_H
#define YG_CONF_MAPPING_H

#include "base/arena.h"
#include "base/err.h"
#include "event/event.h"

enum yg_map_shape { YG_MAP_DELIMITED, YG_MAP_JSONL };
enum yg_map_time {
    YG_MAP_ISO,
    YG_MAP_EPOCH,
    YG_MAP_EPOCH_MS,
    YG_MAP_EPOCH_US,
    YG_MAP_EPOCH_NS
};
enum yg_map_target { YG_MAP_TO_FIELD, YG_MAP_TO_TIME, YG_MAP_TO_DEVICE };

struct yg_map_value {
    struct yg_str match; /* without the "*" */
    bool prefix;
    struct yg_str text;
};

struct yg_map_rule {
    enum yg_map_target target;
    enum yg_field field;    /* for TO_FIELD */
    enum yg_map_time as;    /* for TO_TIME, and TO_FIELD of type YG_T_TIME */
    struct yg_str from;     /* column name or dotted path; empty: constant */
    struct yg_str constant; /* when `from` is empty */
    const struct yg_map_value *value;
    size_t value_count;
    struct yg_str otherwise; /* {NULL, 0}: none; empty but not NULL: nothing */
};

#define YG_MAP_RULES_MAX   128
#define YG_MAP_COLUMNS_MAX 1024
#define YG_MAP_VALUES_MAX  1024 /* of one rule */

struct yg_mapping {
    enum yg_map_shape shape;
    char delimiter;
    bool log;
    struct yg_str product;
    const struct yg_str *column; /* names, when the file has no header line */
    size_t column_count;
    const struct yg_map_rule *rule;
    size_t rule_count;
};

/* Read a mapping from the text of its file. Everything lives with `arena` (a few times
 * the text's size). `path` is only for messages. What is returned is consistent: every
 * constant and mapped value has the type of its field, verdicts are levels, devices are
 * known, named columns exist when `columns` is given. YG_EINVAL, YG_EFORMAT, YG_ELIMIT
 * (with line and column), YG_ENOMEM. */
enum yg_status yg_mapping_parse(struct yg_arena *arena, const char *path,
                                struct yg_str text, const struct yg_mapping **out,
                                struct yg_err *err) YG_MUST_USE;

/* The text that `rule` makes of `in` (its value table applied, or its constant without
 * looking at `in`); {NULL, 0}: nothing. Borrowed from `in` or the mapping. Pure; costs a
 * comparison per entry of the value table. */
struct yg_str yg_mapping_value(const struct yg_map_rule *rule, struct yg_str in);

#endif
