/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config - the server's configuration as one table (config.def) and its YAML file.
 *
 * The reader, the printed defaults and the reference come from the table, so they cannot
 * differ. A file holds only what differs from the defaults:
 *
 *      listen: 0.0.0.0:8433
 *      protect: L2
 *      dedup_window: 14 d
 *
 * What stands under `inputs` (conf/inputs.h), `oidc` (oidc/settings.h) and
 * `thin` (thin/rules.h) is
 * passed over here. An unknown key, a value of the wrong type or out of
 * range is an error with line and column. A configuration is plain data, made at start
 * and constant afterwards.
 */
#ifndef YG_CONF_CONFIG_H
#define YG_CONF_CONFIG_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "event/event.h"

#define YG_CONFIG_TEXT    struct yg_str /* NUL-terminated */
#define YG_CONFIG_ADDRESS struct yg_str
#define YG_CONFIG_COUNT   uint64_t
#define YG_CONFIG_RATE    double
#define YG_CONFIG_SPAN    uint64_t
#define YG_CONFIG_SIZE    uint64_t
#define YG_CONFIG_LEVEL   enum yg_level

struct yg_config {
#define YG_ITEM(type, id, unit, least, most, value, help) YG_CONFIG_##type id;
#include "conf/config.def"
#undef YG_ITEM
};

enum yg_config_item {
#define YG_ITEM(type, id, unit, least, most, value, help) YG_CONF_##id,
#include "conf/config.def"
#undef YG_ITEM
    YG_CONFIG_ITEMS
};

enum yg_config_type {
    YG_CONF_TEXT,
    YG_CONF_ADDRESS,
    YG_CONF_COUNT,
    YG_CONF_RATE,
    YG_CONF_SPAN,
    YG_CONF_SIZE,
    YG_CONF_LEVEL
};

extern const struct yg_config_info {
    const char *name, *unit, *value,
        *help; /* value: the default, as one would write it */
    enum yg_config_type type;
    double least, most;
    size_t offset; /* of the member of struct yg_config */
} yg_config_info[YG_CONFIG_ITEMS];

/* Every item at its default. */
void yg_config_init(struct yg_config *c);

/* Set one item from text, as a command-line option does; a text that is kept is copied
 * into `arena`. YG_EINVAL with the nearest name or with what to write instead. */
enum yg_status yg_config_set(struct yg_config *c, struct yg_arena *arena,
                             struct yg_str name, struct yg_str value,
                             struct yg_err *err) YG_MUST_USE;

/* Set what the YAML in `text` says; other items stay. After an error `c` is as before.
 * `path` is only for messages. YG_EINVAL, YG_EFORMAT, YG_ELIMIT, YG_ENOMEM. */
enum yg_status yg_config_parse(struct yg_config *c, struct yg_arena *arena,
                               const char *path, struct yg_str text,
                               struct yg_err *err) YG_MUST_USE;

/* The same from a file; YG_EIO when it cannot be read. */
enum yg_status yg_config_read(struct yg_config *c, struct yg_arena *arena,
                              const char *path, struct yg_err *err) YG_MUST_USE;

/* The whole configuration as a file with its reference as comments. Reads back equal. */
void yg_config_print(const struct yg_config *c, struct yg_buf *out);

/* Split an address: "host:port", "[v6]:port" or ":port" (host empty: all). */
bool yg_address_split(struct yg_str address, struct yg_str *host, uint16_t *port);

#endif
