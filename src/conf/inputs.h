/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inputs - what a running server listens to, as the operator wrote it.
 *
 *      inputs:
 *        - type: syslog
 *          tenant: acme
 *          source: edge-firewall
 *          listen: 0.0.0.0:6514
 *          transport: tls
 *          certificate: /etc/yagura/tls/cert.pem
 *          key: /etc/yagura/tls/key.pem
 *          format: fortigate
 *          zone: "+09:00"
 *
 * The items are rows of inputs.def; an item of another kind of input, an unknown one or
 * one out of range is an error with line, column and the nearest name. (tenant, source)
 * must differ between inputs. Plain data, made at start and constant afterwards.
 */
#ifndef YG_CONF_INPUTS_H
#define YG_CONF_INPUTS_H

#include "conf/config.h"
#include "event/source.h"

#define YG_INPUTS_MAX 256

#define YG_CONFIG_FLAG   bool
#define YG_CONFIG_ZONE   int           /* minutes east of UTC */
#define YG_CONFIG_FILE   struct yg_str /* with the configuration's folder before it */
#define YG_CONFIG_SECRET struct yg_str /* the secret itself, read when the file was */

struct yg_yaml;

struct yg_input_conf {
#define YG_INPUT(type, id, kinds, least, most, value, help) YG_CONFIG_##type id;
#include "conf/inputs.def"
#undef YG_INPUT
    const struct yg_mapping *mapping; /* of `map` */
    struct yg_str mapping_text;
    int line;                      /* where it begins in the file */
    const struct yg_yaml *written; /* private: as it was written */
};

struct yg_inputs {
    struct yg_input_conf input[YG_INPUTS_MAX];
    uint32_t count;
};

/* The list under `inputs` of a configuration's text; none: count 0. Texts are
 * NUL-terminated, empty when they say "none", and live with `arena`. `path` is for
 * messages, and files are named relative to its folder. Mappings and secrets are read; a
 * secret's file that others may read or write is YG_EINVAL. What an input cannot do
 * without (an address, a certificate's key) is there afterwards; `transport` is never
 * empty for kinds that have it. */
enum yg_status yg_inputs_parse(struct yg_inputs *out, struct yg_arena *arena,
                               const char *path, struct yg_str text,
                               struct yg_err *err) YG_MUST_USE;

/* The same from the configuration's file. */
enum yg_status yg_inputs_read(struct yg_inputs *out, struct yg_arena *arena,
                              const char *path, struct yg_err *err) YG_MUST_USE;

/* The source that an input feeds. Borrows from `c`. */
struct yg_source yg_input_source(const struct yg_input_conf *c);

/* Every item with its meaning, as comments of a configuration file, then the list as it
 * was written (`in` NULL or empty: an empty list). Reads back equal in the same folder.
 */
void yg_inputs_print(const struct yg_inputs *in, struct yg_buf *out);

#endif
